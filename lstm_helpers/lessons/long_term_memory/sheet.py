"""Sheet 08: a task and its grammar, the rule of 1997, its cell, what it forgets and cannot forget, and a counter."""

from functools import partial

import numpy as np

from lstm_helpers.checks.cases import ONE_APART, add_rounded, finish
from lstm_helpers.checks.compare import first_of, how_many
from lstm_helpers.checks.judge import two_decimals
from lstm_helpers.checks.sheet import Sheet
from lstm_helpers.lessons.long_term_memory import answers, by_pencil, counting

sheet = Sheet.of(answers)


def numbers(got, want, case):
    """Comparison for an array of whole numbers, of whatever kind they are."""
    if got.shape != want.shape:
        return f"has shape {got.shape}, expected {want.shape}"
    if got.dtype.kind not in "biuf":
        return f"has dtype {got.dtype}, expected numbers"
    wrong = got != want
    if not wrong.any():
        return ""
    at, where = first_of(wrong)
    return f"{where} {got[at] + 0:g}, expected {want[at] + 0:g}{how_many(wrong)}"


@sheet.check(
    returns=("x", "target"),
    compare=numbers,
    points=3,
    minutes=12,
    hints=[
        "Work on a copy of letters, in places of the eight symbols: E (0) at the first step, B (1) at each sequence's "
        "last one, 6 or 7 at the places of the marks. One-hot comes at the end.",
        "`every = np.arange(len(lengths))` names the columns: `index[lengths - 1, every] = 1`. With places and marks "
        "of shape (M, B), `index[places, every] = 6 + marks` sets all of them at once.",
        "`x = np.eye(8)[index]` is one-hot; `x[np.arange(len(x))[:, None] >= lengths] = 0` clears the padding. The "
        "class: start with 0, and for each row of marks `target = 2 * target + mark`.",
    ],
)
def order_sequences(rng):
    """One batch of the temporal order problem, from what was drawn: x one-hot, and the class of each sequence."""
    for label, T, B, M in (
        ("two marks", 14, 5, 2),
        ("other values of the same shapes", 14, 5, 2),
        ("three marks", 20, 4, 3),
        ("one sequence", 15, 1, 2),
        ("one mark", 10, 6, 1),
        ("as many sequences as steps", 9, 9, 2),
        ("all of one length", 12, 7, 3),
    ):
        first = 3 * M + 3
        lengths = rng.integers(first, T + 1, B)
        if B > 1:
            lengths[:2] = first, T
        if label.startswith("all"):
            lengths[:] = T
        places = np.sort(rng.permuted(np.tile(np.arange(1, first - 1), (B, 1)), axis=1)[:, :M], axis=1).T
        marks = rng.integers(2, size=(M, B))
        marks[0, 0], marks[-1, 0] = 1, 0 if M > 1 else 1
        yield (
            label,
            {"letters": rng.integers(2, 6, (T, B)), "places": places, "marks": marks, "lengths": lengths},
        )


def _embedded(rng, outer, steps):
    """An embedded string as places in BTPSXVE, with an inner string of so many symbols or more."""
    inner, node = "", 0
    while node is not None:
        choices = list(answers.GRAMMAR[node].items())
        if len(inner) < steps - 1 and len(choices) > 1:  # go round until it is long enough
            choices = [(letter, after) for letter, after in choices if after not in (5, 6)] or choices
        letter, node = choices[rng.integers(len(choices))]
        inner += letter
    return [answers.LETTERS.index(letter) for letter in f"B{outer}{inner}{outer}E"]


def letters(got, want, case):
    """Comparison of what may follow, in letters: the first row that differs, and what had been read."""
    said = numbers(got, want, case)
    if not said or got.shape != want.shape or want.shape[1:] != (len(answers.LETTERS),):  # a slip's need not be rows
        return said
    t = int(np.argwhere((got != want).any(axis=1))[0, 0])
    if not np.isin(got[t], (0, 1)).all():
        return said
    read = "".join(answers.LETTERS[symbol] for symbol in case["symbols"].astype(int)[: t + 1])
    yours, right = (
        " or ".join(answers.LETTERS[k] for k in np.flatnonzero(row)) or "nothing" for row in (got[t], want[t])
    )
    return f"[{t}] lets {yours} follow, expected {right}, after {read}"


@sheet.check(
    returns="legal",
    compare=letters,
    points=4,
    minutes=20,
    hints=[
        "Walk along the symbols and remember where you are: before the first B, at the outer symbol, at a node of the "
        "grammar, at the outer symbol once more, at the last E. Each symbol moves you on; what may come next follows.",
        "Two things have to be remembered: the node, and the outer symbol. At a node, `GRAMMAR[node][letter]` is the "
        "next node, and the letters that may follow are the keys of `GRAMMAR[next]`. After the inner E (None) only the "
        "outer symbol may follow; after that E; after that the B of the next string.",
        '`if node == "first B": node, after = "outer", "TP"`, `elif node == "outer": outer, node, after = letter, 0, '
        '"B"`, and so on; at the end of each turn `legal[t, [LETTERS.index(each) for each in after]] = 1`.',
    ],
)
def may_follow(rng):
    """After each symbol of a stream of embedded Reber strings: which symbols may come next."""
    for label, strings in (
        ("one string, T outside", [("T", 1)]),
        ("one string, P outside", [("P", 6)]),
        ("a long string", [("P", 20)]),
        ("another long string", [("T", 25)]),
        ("a stream of two strings", [("T", 1), ("P", 5)]),
        ("a stream of four strings", [("P", 2), ("T", 7), ("T", 1), ("P", 3)]),
    ):
        yield label, {"symbols": np.array([s for outer, steps in strings for s in _embedded(rng, outer, steps)])}
    whole = _embedded(rng, "P", 8)
    yield "a stream that ends within a string", {"symbols": np.array([*_embedded(rng, "T", 4), *whole[:6]])}
    yield "a single symbol", {"symbols": np.array(whole[:1])}


@sheet.check(
    returns="n",
    compare=numbers,
    points=3,
    minutes=12,
    hints=[
        "First the errors of all outputs, (N, K): the right answer is 1 at the target and 0 elsewhere, a row of "
        "np.eye(K). Then look, for each n, at the last `window` rows before n.",
        "A sequence is wrong if one of its outputs is off by more than 0.3, so none is wrong if the largest error of "
        "the whole stretch is at most 0.3. The mean is taken over the same stretch, all outputs included.",
        "`for n in range(window, len(outputs) + 1): recent = error[n - window : n]`, and where `np.max(recent) <= 0.3 "
        "and np.mean(recent) < 0.1`, return n. After the loop return 0.",
    ],
)
def order_solved_after(rng):
    """After how many training sequences temporal order is solved, by the rule of 1997."""

    def answered(target, off, K, each=False):
        """Outputs whose error is ``off`` (N,): at the right class, at another one in every second row, or at each."""
        outputs = np.eye(K)[target]
        for n, size in enumerate(off):
            at = slice(None) if each else target[n] if n % 2 else (target[n] + 1) % K
            outputs[n, at] += size * np.where(outputs[n, at] == 1, -1, 1)
        return outputs

    for label, off, window, K, each in [
        ("an ordinary run", [0.8, 0.6, 0.5, 0.2, 0.1, 0.4, 0.2, 0.1, 0.1, 0.2, 0.1, 0.05], 4, 4, False),
        ("other values of the same shapes", [0.9, 0.2, 0.5, 0.4, 0.1, 0.1, 0.2, 0.1, 0.6, 0.2, 0.1, 0.1], 4, 4, False),
        ("the right class on top, but not near enough", [0.45] * 9, 3, 4, False),
        ("each output is off by a little, and the mean by too much", [0.2] * 5 + [0.05] * 7, 4, 4, True),
        ("never solved", [0.7, 0.2, 0.5, 0.1, 0.9, 0.2], 3, 4, False),
        ("right from the start", [0.1] * 8, 3, 8, False),
        ("solved at the last sequence", [0.9, 0.9, 0.1, 0.1, 0.2], 3, 4, False),
        ("one sequence too few", [0.9, 0.9, 0.1, 0.2], 3, 4, False),
        ("fewer sequences than the window", [0.1, 0.1], 3, 4, False),
        ("wrong once in a long window", [0.05] * 7 + [0.5] + [0.05] * 12, 9, 8, False),
        ("solved, then wrong, then solved again", [0.8] + [0.1] * 5 + [0.9] * 3 + [0.1] * 6, 4, 4, False),
        ("very small errors", [0.9, 0.2, 0.1, 0.15, 0.1, 0.008, 0.006, 0.004, 0.002], 4, 4, False),
        ("eight classes", [0.5] * 6 + [0.25] * 8, 5, 8, False),
        ("an output of exactly 0.3 where 0 is right", [0.9, 0.9, 0.3, 0.1], 1, 4, False),
        (
            "small errors at most steps, and the mean too large",
            [0.28, 0.02, 0.02] * 2 + [0.28] + [0.02] * 6,
            5,
            4,
            True,
        ),
    ]:
        target = rng.integers(K, size=len(off))
        jitter = 1 if "exactly" in label else rng.uniform(0.95, 1.05, len(off))
        outputs = answered(target, np.array(off) * jitter, K, each)
        yield label, {"outputs": outputs, "target": target, "window": np.array(window)}
    top = answered(np.arange(8), np.full(8, 0.02), 8)
    top[3, 3], top[3, 5] = 0.45, 0.5
    yield "another class on top, once", {"outputs": top, "target": np.arange(8), "window": np.array(4)}
    exact = np.array([[1.0, 0.1, 0.1, 0.2], [0.1, 1.0, 0.2, 0.1], [0.0, 0.1, 1.0, 0.1]])
    yield "a mean of exactly 0.1", {"outputs": exact, "target": np.arange(3), "window": np.array(1)}


@sheet.check(
    returns=("h", "c"),
    points=4,
    minutes=12,
    hints=[
        "Three blocks of columns instead of four: i, g, o. Split the pre-activations in three.",
        "4 * sigmoid(z) - 2 lies between -2 and 2; 2 * sigmoid(c) - 1 between -1 and 1. Both gates are sigmoids, as "
        "today. What is kept of c_prev: all of it.",
        "`z_i, z_g, z_o = np.split(x @ W_x + h_prev @ W_h + b, 3, axis=1)`, then `c = c_prev + i * g` and "
        "`h = o * (2 * sigmoid(c) - 1)`.",
    ],
)
def lstm1997_step(rng):
    """One step of the cell of 1997: no forget gate, and its own squashings."""
    for label, B, D, H in ONE_APART:
        case = {
            "x": rng.normal(size=(B, D)),
            "h_prev": rng.uniform(-1, 1, size=(B, H)),
            "c_prev": rng.normal(size=(B, H)) * 1.5,
            "W_x": rng.normal(size=(D, 3 * H)),
            "W_h": rng.normal(size=(H, 3 * H)),
            "b": rng.permutation(3 * H) / (2 * H) - 0.61,
        }
        yield finish(label, case)


add_rounded(lstm1997_step, 2, 4)


@sheet.check(
    returns="t",
    compare=numbers,
    points=3,
    minutes=12,
    hints=[
        "Without a forget gate, and from c = 0 on, the cell state is the sum of all i * g up to and with step t.",
        "`np.cumsum` along time gives all of them. The slope of tanh(c) is 1 - tanh(c)**2. Where is it below least?",
        "`deaf.argmax(axis=0)` is the first True, but it is 0 as well where there is none: look with "
        "`deaf.any(axis=0)`, and give len(i) there.",
    ],
)
def deaf_after(rng):
    """The first step after which a cell without a forget gate hardly changes what it shows."""
    for label, T, B, H, least in (
        ("an ordinary run", 30, 3, 2, 0.1),
        ("other values of the same shapes", 30, 3, 2, 0.1),
        ("another slope", 30, 3, 2, 0.5),
        ("one sequence", 40, 1, 4, 0.05),
        ("one unit", 25, 4, 1, 0.2),
        ("one step", 1, 3, 2, 0.7),
        ("square shapes, T = B = H", 5, 5, 5, 0.5),
        ("it never happens", 12, 3, 2, 0.001),
        ("at the very first step, and later not", 8, 3, 2, 0.6),
        ("a slope of exactly 1 at first", 6, 3, 2, 1.0),
    ):
        i, g = rng.uniform(0.05, 0.95, (T, B, H)), rng.uniform(-1, 1, (T, B, H))
        if T > 10:  # most cells drift, in one direction or in the other; one comes back
            g += rng.choice([-0.5, 0.5], size=(B, H))
            g[T // 2 :, 0, 0] *= -2
            g[:, -1, -1] = 0.02 * rng.choice([-1, 1], size=T)
        if label.startswith("a slope of"):
            g[:2] = 0
        if label.startswith("at the very"):
            i[0], g[0] = 0.95, 0.95
            g[1:] = -0.3
        yield label, {"i": i, "g": np.clip(g, -1, 1), "least": np.array(least)}


@sheet.check(
    returns="b",
    points=2,
    minutes=8,
    hints=[
        "A gate that stands at f leaves f after one step, f * f after two. After `steps` of them share is to be left.",
        "So f is the steps-th root of share: `share ** (1 / steps)`. And which b has sigmoid(b) = f?",
        "f = 1 / (1 + exp(-b)), so exp(-b) = (1 - f) / f, and b = log(f / (1 - f)).",
    ],
)
def bias_to_keep(rng):
    """The forget bias that leaves a given share of the cell state after a given number of steps."""
    for label, steps, K in (
        ("a hundred steps", (100, 100), 3),
        ("other values of the same shapes", (100, 100), 3),
        ("all sorts of lengths", (2, 200), 7),
        ("one step", (1, 1), 4),
        ("thousands of steps", (1000, 9000), 5),
        ("one gate", (5, 60), 1),
    ):
        yield label, {"share": rng.uniform(0.05, 0.95, K), "steps": rng.integers(steps[0], steps[1] + 1, K)}
    yield "half of it", {"share": np.full(4, 0.5), "steps": np.array([1, 10, 20, 1000])}


add_rounded(bias_to_keep, 1, 2, 3)


@sheet.check(
    returns=("W_x", "W_h", "b"),
    probe="made",
    marks=counting.marks,
    points=counting.POINTS,
    minutes=20,
    hints=[
        "What does c have to be? The number of a minus the number of b. So an a adds 1 or nearly, a b takes the same "
        "away, and nothing is ever forgotten. The sign of h then says who is ahead.",
        "All three gates stay open at every step, so b opens them, and W_x has nothing to say there. Column g: the "
        "candidate is about 1 at an a, and exactly minus that at a b. tanh is odd.",
        "How open must f be? After n a and n b what has been lost is about n * n * (1 - f) steps. With n = 100 and "
        "|h| below 0.1, 1 - f has to be below 0.00001: then b is above 11.5. Is 6 enough, as in lesson 4?",
    ],
)
def counter(rng):
    """The weights of one LSTM unit that counts: whether there have been more a than b, fewer, or as many."""
    yield f"strings of up to {counting.LONGEST} a", {"symbols": counting.strings(rng)}


@sheet.check(
    oracle=by_pencil.GIVEN.work_out(),
    returns=tuple(by_pencil.GIVEN.work_out()),
    probe="value",
    compare=two_decimals,
    points=3,
    minutes=12,
    hints=[
        "guess: how many orders can three marks have? second: it knows half of what it is asked. fixed: the answer "
        "with the least mean square error is the mean; what is the mean of a product of two independent numbers?",
        "loss: each of the classes gets the same probability p, and the loss is -ln p. stream: four coins.",
        "memory: chrono gives b = ln u to a gate that is to remember for u steps. Turn it round: u = exp(b).",
    ],
)
def levels(rng):
    """What answers are worth that remember nothing, or half: six numbers to two decimals."""
    yield "the numbers of the question", {}


for _name, _changed, _advice in by_pencil.GIVEN.slips():
    levels.wrong(_name, partial(by_pencil.GIVEN.work_out, **_changed), _advice)
