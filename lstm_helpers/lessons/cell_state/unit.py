"""The unit that the student programmed as a latch: run, judged, and told what keeps it from remembering."""

import numpy as np

from lstm_helpers.nn import functional as F

POINTS = 5
ON, OFF = 0.5, 0.1  # h is above ON after a set, below OFF after a reset
STEPS = 100
COUNTED = 1.5  # c after many sets, in units of c after the first: above it the sets have been counted
NOTHING, SET, RESET = range(3)
COMMANDS = "nothing", "set", "reset"
LAYERS = F.input_gate, F.forget_gate, F.candidate, F.output_gate


def run(commands, W_x, W_h, b):
    """Every layer and both states of one unit that reads ``commands`` (T, B). Returns {letter: (T, B)}."""
    h = c = np.zeros((commands.shape[1], 1))
    seen = []
    for x in np.eye(3)[commands][..., 1:]:  # nothing is a row of zeros
        i, f, g, o = (layer(x, h, W_x, W_h, b) for layer in LAYERS)
        c = F.cell_update(f, c, i, g)
        h = F.hidden_update(o, c)
        seen.append([i, f, g, o, c, h])
    return dict(zip("ifgoch", np.moveaxis(np.array(seen)[..., 0], 1, 0), strict=True))


def is_set(commands):
    """Whether the last command up to each step was a set, (T, B)."""
    on = np.zeros(commands.shape, bool)
    for t, now in enumerate(commands):
        on[t] = (now == SET) | (on[t - 1] & (now == NOTHING) if t else False)
    return on


def marks(outputs, cases):
    """All points if one LSTM unit with the weights that were given knows the last command at every step."""
    smallest, largest = np.inf, -np.inf
    for given, case in zip(outputs, cases, strict=True):
        if trouble := no_weights(given):
            return 0, trouble, "the arrays are not the weights of one unit"
        commands, on = case["commands"], is_set(case["commands"])
        weights = {name: array.astype(np.float64) for name, array in given.items()}
        seen, failing = failing_steps(commands, on, **weights)
        if failing.any():
            n = failing.any(axis=0).argmax()
            t = failing[:, n].argmax()
            cause, why = (
                _repair(commands, on, **weights)
                or _half_open(seen)
                or (_not_on if on[t, n] else _not_off)(
                    commands[:, n],
                    {name: values[:, n] for name, values in seen.items()},
                    t,
                    "Only b and W_h speak there" if weights["W_h"].any() else "Only b speaks there",
                )
            )
            limit = ON if on[t, n] else OFF
            want = f"{'above' if on[t, n] else 'below'} {limit}"
            story = in_words(commands[: t + 1, n])
            said = f"After {story}: h = {_beside(limit, seen['h'][t, n])}, expected {want}."
            return 0, _told(said, why, seen, t, n), cause
        smallest = min(smallest, seen["h"][on].min())
        largest = max(largest, seen["h"][~on].max())
    seen = many_sets(**weights)
    if counts_sets(seen):
        first, last = seen["c"][[0, -1], 0]
        story = in_words(np.full(len(seen["c"]), SET))
        why = (
            "h knows the last command, but the sets pile up: at a set the forget gate stands at "
            f"f = {seen['f'][-1, 0]:.2g}. Forget the old value there, too, so that a set overwrites and does not count."
        )
        said = f"After {story}: c = {last:.4g}, expected about {first:.2g}, as after one."
        return 0, _told(said, why, seen, -1, 0), "sets pile up"
    steps = sum(case["commands"].size for case in cases)
    return (
        POINTS,
        f"Your unit knew the last command at each of {steps:,} steps: after a set h was never below {smallest:.2f}, "
        f"and otherwise never above {largest:.2f}.",
        "",
    )


def _told(said, why, seen, t, n):
    """The message: what is seen, why, and every layer and state at that step."""
    now = ", ".join(f"{name} = {_beside(ON, values[t, n])}" for name, values in seen.items())
    return f"{said}\n{why}\nAt that step: {now}."


def _beside(limit, number):
    """A number with as many digits as tell it from the limit, four at least."""
    texts = (f"{number:.{digits}g}" for digits in range(4, 18))
    return next((text for text in texts if float(text) != limit), f"{number:.4g}")


def many_sets(W_x, W_h, b):
    """What a unit does that reads one set after the other: {letter: (T, 1)}."""
    return run(np.full((STEPS - 1, 1), SET), W_x, W_h, b)


def counts_sets(seen):
    """Whether many sets in a row leave more in the cell than the first one did."""
    return bool(seen["c"].max() > COUNTED * seen["c"][0, 0])


def failing_steps(commands, on, W_x, W_h, b):
    """What a unit does, and where its h does not tell the last command, (T, B)."""
    with np.errstate(all="ignore"):
        seen = run(commands, W_x, W_h, b)
    return seen, ~np.where(on, seen["h"] > ON, seen["h"] < OFF)


def in_another_order(works, W_x, W_h, b):
    """(cause, sentence) where weights do their job with their columns in another order of the gates, or None.

    works(W_x, W_h, b): whether weights do it.
    """
    for order, known in (("fiog", ", as in many textbooks"), ("igfo", ", as in old TensorFlow"), ("ifog", "")):
        columns = [order.index(letter) for letter in "ifgo"]
        if works(W_x[:, columns], W_h[:, columns], b[columns]):
            return (
                "the columns lie in another order",
                f"Your columns lie in the order {', '.join(order)}{known}. The order here is i, f, g, o: put them so.",
            )
    return None


def _repair(commands, on, W_x, W_h, b):
    """The one change that would make a memory of these weights, (cause, sentence), or None."""
    works = lambda W_x, W_h, b: not failing_steps(commands, on, W_x, W_h, b)[1].any()  # noqa: E731
    if other := in_another_order(works, W_x, W_h, b):
        return other
    if works(W_x[::-1], W_h, b):
        why = "The rows of W_x are exchanged: the first belongs to set, (1, 0), the second to reset, (0, 1)."
        return "the rows of W_x are exchanged", why
    if W_h.any() and works(W_x, 0 * W_h, b):
        why = "What h feeds back spoils it: with W_h = 0 your weights work. This memory needs no feedback."
        return "what h feeds back spoils it", why
    return None


def _half_open(seen):
    """(cause, sentence) where no gate ever opens or shuts, or None."""
    gates = np.concatenate([seen[name] for name in "ifo"])
    if gates.min() < 0.1 or gates.max() > 0.9:
        return None
    return (
        "no gate opens or shuts",
        f"Whatever the command, every gate stands between {gates.min():.2f} and {gates.max():.2f}. The 0 and 1 of your "
        "table are what comes out of the sigmoid; what goes in, b and a weight, has to be a number like -6 or 6.",
    )


def no_weights(given):
    """What keeps three arrays from being the weights of one unit with two inputs, or ""."""
    told = {
        "W_x": ((2, 4), "a row for each input, a column for each of i, f, g, o"),
        "W_h": ((1, 4), "one row, since there is one unit; np.zeros((1, 4)) if you do not need it"),
        "b": ((4,), "one number for each of i, f, g, o"),
    }
    for name, (shape, why) in told.items():
        array = given[name]
        if array.shape != shape:
            return f"{name} has shape {array.shape}, expected {shape}: {why}"
        if array.dtype.kind not in "fiu":
            return f"{name} has dtype {array.dtype}, expected numbers"
        if not (np.abs(array.astype(np.float64)) < 1e6).all():
            return f"{name} holds NaN or a number beyond a million. At 20 a sigmoid is 1 to eight digits already"
    return ""


def in_words(commands):
    """As "set, nothing (3 times), reset": the last few of them."""
    ends = [*(np.flatnonzero(np.diff(commands)) + 1), len(commands)]
    runs = zip(np.diff([0, *ends]), (COMMANDS[commands[end - 1]] for end in ends), strict=True)
    said = [f"{name} ({n} times)" if n > 1 else name for n, name in runs]
    return ", ".join(["...", *said[-4:]] if len(said) > 4 else said)


def _not_on(commands, seen, t, speaks):
    """(cause, sentence): why h is too small although the last command was a set."""
    i, f, g, o, c = (seen[name][t] for name in "ifgoc")
    before = seen["c"][t - 1] if t else 0.0
    here = "a set" if commands[t] == SET else "an empty input"
    if o <= np.tanh(c):
        why = f"The cell holds it, c = {c:.2f}, but the output gate hides it: at {here} it stands at o = {o:.2g}."
        return "the output gate hides what the cell holds", why
    if commands[t] == SET:
        if f * before < -OFF:
            return (
                "resets pile up",
                f"The resets have left c = {before:.2f}, and a set adds only i * g = {i * g:.2f} to what is left of "
                "that. Forget the old value at a set, or let a reset empty the cell rather than count downwards.",
            )
        if g < 0:
            why = f"A set writes a negative candidate, g = {g:.2g}. What weight has the set in column g?"
            return "a set writes a negative candidate", why
        if i <= g:
            why = (
                f"The input gate lets in too little of the candidate: at a set it stands at i = {i:.2g}. Open it there."
            )
            return "the input gate lets in too little at a set", why
        why = f"The candidate has too little to write at a set: g = {g:.2g}. What weight has the set in column g?"
        return "the candidate has too little to write at a set", why
    start = np.flatnonzero(commands[: t + 1] == SET)[-1]
    written, left = seen["c"][start], seen["c"][start] * np.prod(seen["f"][start + 1 : t + 1])
    if written - left < left - c:
        return _drift(seen, start + 1 + np.argmin((seen["i"] * seen["g"])[start + 1 : t + 1]), speaks)
    return (
        "the forget gate leaks",
        f"The memory leaks: c has fallen from {written:.2f} to {c:.2f} since the set. At an empty input the forget "
        f"gate stands at f = {f:.4g}, and {'one step leaves' if t - start == 1 else f'{t - start} such steps leave'} "
        f"{left / written:.2g} of the cell state. {speaks}: what must be said in column f?",
    )


def _not_off(commands, seen, t, speaks):
    """(cause, sentence): why h is too large although there was no set, or a reset since."""
    o, c = seen["o"][t], seen["c"][t]
    resets = np.flatnonzero(commands[: t + 1] == RESET)
    start = resets[-1] if len(resets) else -1
    if commands[t] == NOTHING and (start < 0 or c > seen["c"][start] + OFF / 2):
        return _drift(seen, start + 1 + np.argmax((seen["i"] * seen["g"])[start + 1 : t + 1]), speaks)
    i, f, g, shown, after = (seen[name][start] for name in "ifgoc")
    before = seen["c"][start - 1] if start else 0.0
    if commands[t] == NOTHING and shown < o / 2:
        return (
            "a reset hides the value and does not forget it",
            f"The reset hid the value and did not forget it: with o = {shown:.2g} nothing showed, but c was still "
            f"{after:.2f}. Leave the output gate open and let the forget gate do it.",
        )
    if i * g > f * before:
        why = f"A reset writes something: i = {i:.2g} and g = {g:.2g}, so it adds {i * g:.2f}. Shut one of them."
        return "a reset writes something", why
    if before > 1.5:
        return (
            "sets pile up",
            f"The sets have piled up to c = {before:.2f}, and a reset leaves f = {f:.2g} of that. Forget the old value "
            "at a set, too, so that it overwrites and does not count; or shut the gate harder at a reset.",
        )
    return (
        "a reset does not forget",
        f"The reset left {f * before:.2f} of the {before:.2f} in the cell: the forget gate stands at f = {f:.2g} when "
        "the reset arrives, and it has to shut.",
    )


def _drift(seen, t, speaks):
    """(cause, sentence): the cell changes at empty inputs."""
    i, g = seen["i"][t], seen["g"][t]
    return (
        "the cell drifts without a command",
        f"The cell writes although no command came: at an empty input i = {i:.2g} and g = {g:.2g}, so each such step "
        f"adds {i * g:.2g}. {speaks}: shut the input gate, or make the candidate 0.",
    )
