"""Sheet 04: the updates, the step in three layouts, a step by pencil, what a memory is made of, sizes, a latch."""

import itertools
from functools import partial

import numpy as np

from lstm_helpers.checks.cases import ONE_APART, add_rounded, finish, weights
from lstm_helpers.checks.judge import two_decimals, whole_number
from lstm_helpers.checks.sheet import Sheet
from lstm_helpers.lessons.cell_state import answers, by_pencil, unit
from lstm_helpers.nn.functional import sigmoid

sheet = Sheet.of(answers, profile="after_gates")


@sheet.check(
    returns="c",
    points=1,
    minutes=4,
    hints=[
        "Two terms are added: what is kept of the old cell state, and what is added of the candidate.",
        "Gates multiply, value by value: `*`, not `@`. All four arrays are (B, H).",
        "The forget gate scales `c_prev`, the input gate scales `g`.",
    ],
)
def cell_update(rng):
    """The new cell state from forget gate, old cell state, input gate and candidate."""
    for label, B, _, H in ONE_APART:
        case = {
            "f": rng.uniform(size=(B, H)),
            "c_prev": rng.uniform(-3, 3, size=(B, H)),
            "i": rng.uniform(size=(B, H)),
            "g": rng.uniform(-1, 1, size=(B, H)),
        }
        yield finish(label, case, scaled=("c_prev",))
    yield (
        "gates wide open",
        {
            "f": np.ones((2, 3)),
            "c_prev": rng.normal(size=(2, 3)) * 4,
            "i": np.ones((2, 3)),
            "g": rng.uniform(-1, 1, size=(2, 3)),
        },
    )


add_rounded(cell_update, 1, 2, 3, 4)


@sheet.check(
    returns="h",
    ranges={"h": (-1, 1)},
    points=1,
    minutes=3,
    hints=[
        "The cell state has no bounds, the hidden state lies between -1 and 1: something squashes it.",
        "Squash first, then let the output gate decide how much of it is shown.",
        "`o` times `np.tanh(c)`.",
    ],
)
def hidden_update(rng):
    """The new hidden state from output gate and cell state."""
    for label, B, _, H in ONE_APART:
        yield finish(label, {"o": rng.uniform(size=(B, H)), "c": rng.normal(size=(B, H)) * 3}, scaled=("c",))


add_rounded(hidden_update, 1, 2, 3, 4)


def _step_cases(rng):
    for label, B, D, H in ONE_APART:
        case = {
            "x": rng.normal(size=(B, D)),
            "h_prev": rng.uniform(-1, 1, size=(B, H)),
            "c_prev": rng.normal(size=(B, H)) * 2,
            **weights(rng, D, H),
        }
        yield finish(label, case)


def written_out(x, h_prev, c_prev, W_x, W_h, b):
    """The step with everything in one place, cut as in F.lstm_step_stacked: the two share their slips."""
    H = h_prev.shape[-1]
    z = x @ W_x + h_prev @ W_h + b
    i = sigmoid(z[:, :H])
    f = sigmoid(z[:, H : 2 * H])
    g = np.tanh(z[:, 2 * H : 3 * H])
    o = sigmoid(z[:, 3 * H :])
    c = f * c_prev + i * g
    h = o * np.tanh(c)
    return h, c


@sheet.check(
    oracle=written_out,
    returns=("h", "c"),
    ranges={"h": (-1, 1)},
    points=4,
    minutes=12,
    uses=("cell_update", "hidden_update"),
    hints=[
        "Everything is there: four layers from sheet 03, and your two updates. The step calls them in order.",
        "The two updates need the gates, so the gates come first; h needs the new c, so c comes before h.",
        "`i, f, g, o` from the four functions, `c = cell_update(f, c_prev, i, g)`, `h = hidden_update(o, c)`, then "
        "`return h, c`.",
    ],
)
def lstm_step(rng):
    """One whole step of the LSTM: new hidden state and new cell state."""
    yield from _step_cases(rng)


@sheet.check(
    returns=("h", "c"),
    ranges={"h": (-1, 1)},
    points=3,
    minutes=8,
    uses=("cell_update", "hidden_update", "lstm_step"),
    hints=[
        "Put h_prev and x side by side: (B, H) and (B, D) become (B, H + D). The docstring says which comes first.",
        "`np.concatenate([h_prev, x], axis=1) @ W + b` is (B, 4H): all four pre-activations at once. Cut it into four.",
        "`i = sigmoid(z[:, :H])`, `f = sigmoid(z[:, H : 2 * H])`, `g = np.tanh(z[:, 2 * H : 3 * H])`, "
        "`o = sigmoid(z[:, 3 * H:])`, "
        "then the two updates.",
    ],
)
def lstm_step_stacked(rng):
    """The same step with one weight matrix for [h, x], as many textbooks write it."""
    for label, case in _step_cases(rng):
        W_x, W_h, b = (case.pop(name) for name in ("W_x", "W_h", "b"))
        yield label, {**case, "W": np.concatenate([W_h, W_x]), "b": b}


@sheet.check(
    returns=("h", "c"),
    ranges={"h": (-1, 1)},
    points=3,
    minutes=10,
    uses=("cell_update", "hidden_update", "lstm_step"),
    hints=[
        "Run it with B, D and H all different. One mistake raises an error. For the other two, print the values in the "
        "step beside those of your own, line by line: which is the first line that differs?",
        "H is the number of units: which of the seven arrays have an axis of that length? Each of the four layers has "
        "H columns of z to itself, in the order i, f, g, o. The old cell state meets one gate only, and so does g.",
        "`H = h_prev.shape[1]`, `g = np.tanh(z[:, 2 * H : 3 * H])`, `c = f * c_prev + i * g`.",
    ],
)
def torch_step(rng):
    """One step with torch's arrays, from given code with three mistakes."""
    for label, case in _step_cases(rng):
        W_x, W_h, b = (case.pop(name) for name in ("W_x", "W_h", "b"))
        b_hh = rng.permutation(b)
        yield label, {**case, "W_ih": W_x.T.copy(), "W_hh": W_h.T.copy(), "b_ih": b, "b_hh": b_hh}


@sheet.check(
    oracle=by_pencil.GIVEN.work_out(),
    returns=("i", "f", "g", "o", "c", "h"),
    points=2,
    minutes=10,
    probe="value",
    compare=two_decimals,
    hints=[
        "Four squashings first: sigmoid(0.5), sigmoid(1.0), tanh(-0.9), sigmoid(2.0). A calculator has exp and tanh.",
        "Then c = f * 1.6 + i * g. The candidate is negative, so the second term takes something away.",
        "Then h = o * tanh(c). Keep four decimals on the way and round at the end.",
    ],
)
def pencil(rng):
    """One step worked out by hand, six numbers to two decimals."""
    yield "the numbers of the question", {}


for _name, _changed, _advice in by_pencil.GIVEN.slips():
    pencil.wrong(_name, partial(by_pencil.GIVEN.work_out, **_changed), _advice)


def _gate_cases(rng, *names):
    """Gates of whole runs, (T, B, H), as the sigmoid gives them: between 0 and 1, and some of them shut for good."""
    for label, T, B, H in (
        ("an ordinary run", 4, 3, 2),
        ("other values of the same shapes", 4, 3, 2),
        ("one sequence in the batch", 5, 1, 3),
        ("one hidden unit", 3, 2, 1),
        ("one step", 1, 3, 2),
        ("square shapes, T = B = H", 3, 3, 3),
        ("a long run", 40, 2, 3),
        ("float32", 5, 2, 3),
    ):
        low = 0.9 if label == "a long run" else 0.1
        yield finish(label, {name: rng.uniform(low, 1, size=(T, B, H)) for name in names}, scaled=())
    shut = {name: rng.uniform(0.1, 1, size=(5, 2, 3)) for name in names}
    shut["f"][2] = 0
    yield "a forget gate that shuts, f = 0", shut
    yield "forget gates that stay open, f = 1", {**shut, "f": np.ones((5, 2, 3))}


@sheet.check(
    returns="kept",
    ranges={"kept": (0, 1)},
    points=2,
    minutes=6,
    hints=[
        "With the input gate shut, c_1 = f_1 * c_0 and c_2 = f_2 * c_1. Which number stands before c_0 in c_2, in c_3?",
        "It is the product of all forget gates so far: a running product along the first axis, which is time.",
        "NumPy's running product is `np.cumprod`; it needs `axis=0`. A loop over t that multiplies works as well.",
    ],
)
def kept_share(rng):
    """How much of the first cell state is left after each step."""
    yield from _gate_cases(rng, "f")


add_rounded(kept_share, 1, 2, 3, 4)


@sheet.check(
    returns="w",
    ranges={"w": (0, 1)},
    points=3,
    minutes=15,
    hints=[
        "Write T = 3 out. c_3 = f_3 c_2 + i_3 g_3, then put c_2 = f_2 c_1 + i_2 g_2 in its place, then c_1. What "
        "stands before g_3, g_2, g_1?",
        "Before g_t stands i_t times the forget gates of all steps after t. For the last step there are none: the "
        "product of nothing is 1.",
        "Walk from the last step to the first with `later = 1.0`: `w[t] = i[t] * later`, and only then "
        "`later = later * f[t]`.",
    ],
)
def memory_weights(rng):
    """How strongly the candidate of each step is in the last cell state."""
    yield from _gate_cases(rng, "i", "f")


add_rounded(memory_weights, 1, 2, 3, 4)


@sheet.check(
    returns=("parameters", "carried", "kept"),
    compare=whole_number,
    points=2,
    minutes=8,
    hints=[
        "Write the shapes down and multiply: W_x (D, 4H), W_h (H, 4H), b (4H,); h and c (B, H). Which of them exist "
        "once, and which once for each step?",
        "Parameters: one set for all steps and all sequences, so neither T nor B is in it. Carried: two states, a row "
        "for each sequence. Kept: T + 1 values of each state, and the four layers of T steps.",
        "`4 * H * (D + H + 1)`, `2 * B * H`, `2 * (T + 1) * B * H + T * B * 4 * H`.",
    ],
)
def lstm_sizes(rng):
    """How many parameters an LSTM has, how many numbers it carries on, and how many it keeps to learn from a run."""
    for label, sizes in (
        ("an ordinary run", (5, 3, 4, 2)),
        ("twice the steps", (10, 3, 4, 2)),
        ("twice the units", (5, 3, 4, 4)),
        ("one sequence", (7, 1, 3, 5)),
        ("one step", (1, 4, 2, 3)),
        ("one unit", (6, 2, 5, 1)),
        ("one input", (4, 5, 1, 6)),
        ("sizes that are drawn", tuple(rng.choice(np.arange(2, 30), size=4, replace=False))),
        ("a network that people train", (64, 32, 62, 128)),
    ):
        yield label, {name: np.array(size) for name, size in zip("TBDH", sizes, strict=True)}


@sheet.check(
    returns=("W_x", "W_h", "b"),
    probe="made",
    marks=unit.marks,
    points=unit.POINTS,
    minutes=20,
    hints=[
        "Fill in the table first. Nothing: keep all (f = 1) and write nothing (i * g = 0). Set: write a 1. Reset: "
        "forget (f = 0). And o = 1 in every row, since h has to tell at every step.",
        "At an empty input only b speaks. At a set the first row of W_x is added to it, at a reset the second. W_h may "
        "be 0. How near to 1 must f be, so that enough is left after 99 steps? Think of the half-life.",
        "Output gate: b = 6, no weights. Candidate: 3 at a set. Input gate: b = -6, and 12 more at a set. Forget gate: "
        "b = 6, and -12 at a reset. One more: if a set does not forget, 99 sets count to 99. So -12 at a set, too.",
    ],
)
def latch(rng):
    """The weights of one LSTM unit that knows whether the last command was a set or a reset."""
    rows = []
    for count in range(4):  # a few commands, then a long wait
        for first in itertools.product((unit.SET, unit.RESET), repeat=count):
            rows.append([*first, *(unit.STEPS - count) * [unit.NOTHING]])
    for many, then in itertools.permutations((unit.NOTHING, unit.SET, unit.RESET), 2):
        rows.append([*(unit.STEPS - 1) * [many], then])
        rows.append([*unit.STEPS // 2 * [many], *unit.STEPS // 2 * [then]])
    for longest in (1, 3, 10, 30, 90):
        for _ in range(6):
            commands, times = rng.integers(3, size=unit.STEPS), rng.integers(1, longest + 1, size=unit.STEPS)
            rows.append(np.repeat(commands, times.astype(np.intp))[: unit.STEPS])  # 32 bits in the browser
    yield f"sequences of {unit.STEPS} steps", {"commands": np.array(rows).T}
