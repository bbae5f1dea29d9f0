"""The unit that the student programmed as a counter: run on strings of a and b, judged, and told where it miscounts."""

import numpy as np

from lstm_helpers.lessons.cell_state import unit

POINTS = 6
A, B = 1, 2
LEFT, NONE = 0.5, 0.1  # |h| is above LEFT where the counts differ, below NONE where they are equal
LONGEST = 100  # of a, and of b


def strings(rng):
    """Strings of LONGEST a at most and as many b and a few more, (T, N): n is 1 to 10, 100, and drawn; 0 is padding."""
    counts = [*range(1, 11), *rng.integers(11, LONGEST, 6), LONGEST]
    columns = [[A] * n + [B] * (n + more) for n in counts for more in (0, 3)]
    columns += [[A] * n + [B] * n + [A] * m + [B] * m for n, m in ((3, 2), (20, 30))]
    symbols = np.zeros((max(map(len, columns)), len(columns)), int)
    for column, held in enumerate(columns):
        symbols[: len(held), column] = held
    return symbols


def ahead(symbols):
    """How many more a than b there were up to each step, (T, N)."""
    return np.cumsum((symbols == A).astype(int) - (symbols == B), axis=0)


def failing_steps(symbols, W_x, W_h, b):
    """What a unit does, {letter: (T, N)}, and where its h does not tell the sign of the count, (T, N)."""
    with np.errstate(all="ignore"):
        seen = unit.run(symbols, W_x, W_h, b)
    more, h = ahead(symbols), seen["h"]
    right = np.where(more == 0, np.abs(h) < NONE, np.sign(more) * h > LEFT)
    return seen, ~right & (symbols > 0)


def marks(outputs, cases):
    """All points if h of one LSTM unit tells after each symbol whether a or b is ahead, or neither."""
    ((given,), (case,)) = outputs, cases
    if trouble := unit.no_weights(given):
        return 0, trouble, "the arrays are not the weights of one unit"
    symbols, weights = case["symbols"], {name: array.astype(np.float64) for name, array in given.items()}
    seen, failing = failing_steps(symbols, **weights)
    more = ahead(symbols)
    if failing.any():
        n = failing.any(axis=0).argmax()
        t = failing[:, n].argmax()
        cause, why = _repair(symbols, **weights) or _why(
            symbols[:, n], more[:, n], {name: values[:, n] for name, values in seen.items()}, t
        )
        now = ", ".join(f"{name} = {values[t, n]:.4g}" for name, values in seen.items())
        told = f"After {in_words(symbols[: t + 1, n])}: h = {seen['h'][t, n]:.4g}, expected {_wanted(more[t, n])}."
        return 0, f"{told}\n{why}\nAt that step: {now}.", cause
    even = (more == 0) & (symbols > 0)
    said = (
        f"Your unit counted right at each of {(symbols > 0).sum():,} steps, up to {LONGEST} a: where a and b were even"
    )
    return POINTS, f"{said}, |h| was never above {np.abs(seen['h'][even]).max():.3f}.", ""


def _wanted(more):
    return f"between -{NONE} and {NONE}" if more == 0 else f"above {LEFT}" if more > 0 else f"below -{LEFT}"


def in_words(symbols):
    """As "3 a, 2 b"."""
    ends = [*(np.flatnonzero(np.diff(symbols)) + 1), len(symbols)]
    return ", ".join(f"{n} {' ab'[symbols[end - 1]]}" for n, end in zip(np.diff([0, *ends]), ends, strict=True))


def _repair(symbols, W_x, W_h, b):
    """The one change that would make a counter of these weights, (cause, sentence), or None."""
    works = lambda W_x, W_h, b: not failing_steps(symbols, W_x, W_h, b)[1].any()  # noqa: E731
    if other := unit.in_another_order(works, W_x, W_h, b):
        return other
    if works(W_x[::-1], W_h, b):
        return (
            "it counts downwards at an a",
            "With the rows of W_x exchanged it works: the first row belongs to a, (1, 0), the second to b, (0, 1).",
        )
    if W_h.any() and works(W_x, 0 * W_h, b):
        return (
            "what h feeds back spoils the count",
            "What h feeds back spoils it: with W_h = 0 your weights work. A count needs no feedback: c keeps it.",
        )
    return None


def _why(symbols, more, seen, t):
    """(cause, sentence) for the first wrong step of one string."""
    i, f, o, c = (seen[name] for name in "ifoc")
    wrote = i * seen["g"]
    up, down = wrote[0], wrote[np.argmax(symbols == B)]
    gates = np.concatenate([i, f, o])[np.tile(symbols > 0, 3)]
    if gates.min() > 0.1 and gates.max() < 0.9:
        return (
            "no gate opens or shuts",
            f"Every gate stands between {gates.min():.2f} and {gates.max():.2f}. A gate is a sigmoid: to open it, b "
            "and the weights have to add up to a number like 10.",
        )
    if up <= 0:
        return "an a adds nothing", f"An a has to add to c; yours writes i * g = {up:.3g}. What does column g say at a?"
    if up < 0.5:
        return (
            "an a adds too little",
            f"An a adds i * g = {up:.3g}, and h = o * tanh(c) has to exceed {LEFT} after a single one. tanh(0.995) is "
            "0.76: let it add about 1.",
        )
    if o[t] < 0.7 and abs(np.tanh(c[t])) > LEFT and more[t] != 0:
        return (
            "the output gate hides the count",
            f"c = {c[t]:.3g} holds the count, but the output gate stands at o = {o[t]:.2g}. It may always be open.",
        )
    if symbols[t] == A:
        return (
            "the count leaks while it counts up",
            f"After {more[t]} a the cell holds c = {c[t]:.3g}. The forget gate stands at f = {f[t]:.4g} at an a, "
            "and each a writes the same: then c cannot grow. Keep all of it.",
        )
    if down >= 0:
        return (
            "a b takes nothing away",
            f"A b has to take away what an a has added; yours writes i * g = {down:.3g}. Which sign has column g at b?",
        )
    if abs(up + down) > 1e-3 * up:
        return (
            "a b takes away another amount than an a adds",
            f"An a adds {up:.4g}, a b takes away {-down:.4g}. The difference is small once, and large after {LONGEST}: "
            "they have to be equal. tanh is odd, and the input gate has to stand alike at both.",
        )
    at_a, at_b = f[0], f[np.argmax(symbols == B)]
    if min(at_a, at_b) < 0.1:
        return (
            "the forget gate shuts",
            f"The forget gate stands at {at_a:.3g} at an a and at {at_b:.3g} at a b. Where it is shut the whole count "
            "is gone at once, and only what that step writes is left. Keep the count at both letters: open it.",
        )
    kept = min(at_a, at_b)
    return (
        "the forget gate leaks",
        f"The steps are equal, but c = {c[t]:.3g} where it should be {up * more[t]:.3g}: the forget gate at "
        f"{kept:.6f} lets the count fade. Each a of n is kept over 2n steps at most, and n of them fade at once: the "
        f"loss grows as n squared. With n = {LONGEST} it must stay below {NONE}: how near to 1 does f have to be?",
    )
