"""Sheet 04: the two updates, the whole step, stacked weights, a step by pencil, what a memory is made of, a latch."""

import itertools

import numpy as np

from lstm_helpers.checks.cases import ONE_APART, add_rounded, finish, weights
from lstm_helpers.checks.judge import two_decimals
from lstm_helpers.checks.sheet import Sheet
from lstm_helpers.nn import functional as F
from lstm_helpers.nn.functional import sigmoid

sheet = Sheet("cell_state", exercise="04_cell_state")


@sheet.check(
    oracle=F.cell_update,
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


KEEP_ADD = "f * c_prev + i * g"
cell_update.wrong(
    "f and i are swapped",
    (KEEP_ADD, "i * c_prev + f * g"),
    "f scales what was there, i scales what comes in.",
)
cell_update.wrong("the forget gate is missing", ("f * c_prev", "c_prev"), "The old cell state is multiplied by f.")
cell_update.wrong("the input gate is missing", ("i * g", "g"), "The candidate is multiplied by i.")
cell_update.wrong(
    "1 - f in place of f",
    ("f * c_prev", "(1 - f) * c_prev"),
    "f is the fraction that is kept: f = 1 keeps everything.",
)
cell_update.wrong(
    "the input gate is tied to 1 - f",
    ("i * g", "(1 - f) * g"),
    "That is the coupling of the GRU: here i is a gate of its own.",
)
cell_update.wrong(
    "tanh on the new cell state",
    (KEEP_ADD, f"np.tanh({KEEP_ADD})"),
    "The cell state itself is not squashed; only the copy that goes into h is.",
)
cell_update.wrong(
    "tanh on the candidate again",
    ("i * g", "i * np.tanh(g)"),
    "g has been through tanh already.",
)
cell_update.wrong(
    "f multiplies both terms", (KEEP_ADD, "f * (c_prev + i * g)"), "f belongs to the old cell state alone."
)
cell_update.wrong(
    "the new term is subtracted", (KEEP_ADD, "f * c_prev - i * g"), "Old and new are added; g brings the sign."
)
cell_update.wrong("1 - i in place of i", ("i * g", "(1 - i) * g"), "i is the fraction that is added.")
cell_update.wrong(
    "the new cell state is cut to -1 to 1", (KEEP_ADD, f"np.clip({KEEP_ADD}, -1, 1)"), "The cell state has no bounds."
)
cell_update.wrong("a product in place of the sum", (KEEP_ADD, "f * c_prev * i * g"), "Old and new are added.")
cell_update.wrong("the candidate is missing", ("i * g", "i"), "i says how much, g says what: the new term is i * g.")
cell_update.wrong(
    "the new term is missing", (KEEP_ADD, "f * c_prev"), "That is what is kept. Add what comes in: i * g."
)
cell_update.wrong(
    "the mean in place of the sum", (KEEP_ADD, f"({KEEP_ADD}) / 2"), "Old and new are added, not averaged."
)
cell_update.wrong(
    "the old cell state is added twice",
    (KEEP_ADD, f"c_prev + {KEEP_ADD}"),
    "f * c_prev is all that is left of the old cell state.",
)
cell_update.wrong(
    "sums and products are exchanged",
    (KEEP_ADD, "(f + c_prev) * (i + g)"),
    "Each gate multiplies its value; the two products are added.",
)
cell_update.wrong(
    "the gates are squashed once more",
    (KEEP_ADD, "sigmoid(f) * c_prev + sigmoid(i) * g"),
    "f and i are fractions already: they have been through the sigmoid.",
)
for _name, _change, _advice in (
    ("1 - i in place of f", "(1 - i) * c_prev + i * g", "f is a gate of its own: f * c_prev."),
    (
        "the old cell state is squashed",
        "f * np.tanh(c_prev) + i * g",
        "c_prev is used as it is; only h sees a tanh of c.",
    ),
    ("c_prev in place of g", "f * c_prev + i * c_prev", "What comes in is the candidate: i * g."),
    ("i multiplies both terms", "i * (f * c_prev + g)", "i belongs to the candidate alone."),
    ("f is added, not multiplied", "f + c_prev + i * g", "A gate multiplies: f * c_prev."),
    ("i is added, not multiplied", "f * c_prev + i + g", "A gate multiplies: i * g."),
    (
        "both gates multiply both terms",
        "f * i * (c_prev + g)",
        "Each gate has a term of its own: f * c_prev and i * g.",
    ),
    (
        "the candidate goes through the forget gate",
        "f * c_prev + f * g",
        "The candidate is scaled by i, the input gate.",
    ),
    ("the old cell state goes through the input gate", "i * c_prev + i * g", "c_prev is scaled by f, the forget gate."),
    ("relu on the new cell state", f"np.maximum({KEEP_ADD}, 0)", "The cell state may be negative: nothing is cut off."),
    ("the larger of the two terms", "np.maximum(f * c_prev, i * g)", "Old and new are added."),
    (
        "the sign of the candidate is lost",
        "f * c_prev + i * np.abs(g)",
        "g may be negative, and then takes something away.",
    ),
    ("the old cell state is subtracted", "i * g - f * c_prev", "Old and new are added."),
    ("the sum over the units", f"({KEEP_ADD}).sum(axis=1)", "Every unit has its own cell: the result is (B, H)."),
    ("the mean over the batch", f"({KEEP_ADD}).mean(axis=0)", "Every sample has its own cell: the result is (B, H)."),
):
    cell_update.wrong(_name, (KEEP_ADD, _change), _advice)
OWN_CELL = "Every unit of every sample has its own cell: multiply value by value, with `*`."
TWO_TERMS = "Two products are added, f * c_prev and i * g: mind the brackets."
for _name, _change, _advice in (
    ("@ in place of *", "f @ c_prev + i @ g", OWN_CELL),
    ("matrix products with a transposed array", "f @ c_prev.T + i @ g.T", OWN_CELL),
    ("matrix products of transposed arrays", "f.T @ c_prev + i.T @ g", OWN_CELL),
    ("f sums over the units", "f * c_prev.sum(axis=1, keepdims=True) + i * g", OWN_CELL),
    ("g multiplies both terms", "(f * c_prev + i) * g", TWO_TERMS),
    ("c_prev and i are added first", "f * (c_prev + i) * g", TWO_TERMS),
    ("sums and products have changed places", "f + c_prev * i + g", TWO_TERMS),
    ("i scales the old cell state, too, and not the candidate", "f * c_prev * i + g", TWO_TERMS),
    ("f is added, and i and g scale the old cell state", "f + c_prev * i * g", TWO_TERMS),
    ("everything is added", "f + c_prev + i + g", TWO_TERMS),
    ("i in place of the candidate", "f * c_prev + i * i", "The new term is i * g."),
    ("f in place of the old cell state", "f * f + i * g", "What is kept is f * c_prev."),
    ("the candidate in place of the old cell state", "f * g + i * g", "What is kept is f * c_prev."),
    ("the complement of i, subtracted", "f * c_prev - (1 - i) * g", "The new term is i * g, added."),
    (
        "f is turned over in both terms",
        "(1 - f) * c_prev + f * g",
        "f keeps the old: f * c_prev. i lets in the new: i * g.",
    ),
    ("the old cell state less the gate", "c_prev - f + i * g", "A gate multiplies: f * c_prev."),
    ("the sigmoid of the candidate", "f * c_prev + i * sigmoid(g)", "g has been through tanh: use it as it is."),
    ("the forget gate is squashed once more", "sigmoid(f) * c_prev + i * g", "f has been through the sigmoid."),
    ("the input gate is squashed once more", "f * c_prev + sigmoid(i) * g", "i has been through the sigmoid."),
    (
        "everything is squashed once more",
        "sigmoid(f) * c_prev + sigmoid(i) * np.tanh(g)",
        "f, i and g are squashed already.",
    ),
    ("the sigmoid of the new cell state", f"sigmoid({KEEP_ADD})", "The cell state has no bounds."),
    ("the smaller of the two terms", "np.minimum(f * c_prev, i * g)", "Old and new are added."),
    ("f divides the old cell state", "c_prev / f + i * g", "A gate multiplies: f * c_prev."),
    ("i divides the candidate", "f * c_prev + g / i", "A gate multiplies: i * g."),
    ("the old term is doubled", f"f * c_prev + {KEEP_ADD}", "f * c_prev once, and i * g once."),
    ("the new term is doubled", f"{KEEP_ADD} + i * g", "f * c_prev once, and i * g once."),
    ("the gates are made to sum to 1", f"({KEEP_ADD}) / (f + i)", "f and i are two gates; they need not sum to 1."),
    ("the forget gate is rounded to 0 or 1", "np.round(f) * c_prev + i * g", "A gate is a fraction: use it as it is."),
    (
        "both gates are rounded to 0 or 1",
        "np.round(f) * c_prev + np.round(i) * g",
        "A gate is a fraction: use it as it is.",
    ),
    ("the larger gate chooses", "np.where(f > i, c_prev, g)", "Both go in, each scaled: f * c_prev + i * g."),
    ("the sign of everything is turned", f"-({KEEP_ADD})", "Old and new are added, without a minus."),
    ("the sign of the result is lost", f"np.abs({KEEP_ADD})", "The cell state may be negative."),
):
    cell_update.wrong(_name, (KEEP_ADD, _change), _advice, alone=True)
cell_update.wrong("f is returned", (KEEP_ADD, "f"), "The new cell state is f * c_prev + i * g.", plain=True)
cell_update.wrong("c_prev is returned", (KEEP_ADD, "c_prev"), "The new cell state is f * c_prev + i * g.", plain=True)
cell_update.wrong("g is returned", (KEEP_ADD, "g"), "The new cell state is f * c_prev + i * g.", plain=True)
add_rounded(cell_update, 1, 2, 3, 4)
cell_update.wrong(
    "c_prev is changed in place",
    ("return f * c_prev + i * g", "c_prev *= f\n    c_prev += i * g\n    return c_prev"),
    "`*=` and `+=` write into the caller's array: make a new one with c = ...",
)


@sheet.check(
    oracle=F.hidden_update,
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


SHOW = "o * np.tanh(c)"
hidden_update.wrong(
    "tanh(c) is missing",
    ("np.tanh(c)", "c"),
    "The cell state has no bounds: squash it with tanh, h = o * tanh(c).",
)
hidden_update.wrong("tanh around everything", (SHOW, "np.tanh(o * c)"), "Squash c first, then let o scale it.")
hidden_update.wrong(
    "the sigmoid of c",
    ("np.tanh(c)", "sigmoid(c)"),
    "c is squashed with tanh, from -1 to 1: its sign must survive.",
)
hidden_update.wrong("the output gate is missing", (SHOW, "np.tanh(c)"), "o scales tanh(c).")
hidden_update.wrong("a sum in place of the product", (SHOW, "o + np.tanh(c)"), "A gate multiplies.")
hidden_update.wrong("the output gate is squashed, not the cell state", (SHOW, "np.tanh(o) * c"), "tanh belongs to c.")
hidden_update.wrong(
    "tanh on the output gate, too", (SHOW, "np.tanh(o) * np.tanh(c)"), "o is a fraction already: only c is squashed."
)
hidden_update.wrong(
    "the sigmoid on the output gate once more",
    (SHOW, "sigmoid(o) * np.tanh(c)"),
    "o has been through the sigmoid: use it as it is.",
)
for _name, _change, _advice in (
    ("tan in place of tanh", "o * np.tan(c)", "The hyperbolic tangent is np.tanh, with an h."),
    ("arctan in place of tanh", "o * np.arctan(c)", "The squashing function is np.tanh."),
    ("relu in place of tanh", "o * np.maximum(c, 0)", "c may be negative, and has no bounds: np.tanh keeps its sign."),
    ("c is cut off, not squashed", "o * np.clip(c, -1, 1)", "tanh bends: between -1 and 1 it is not c itself."),
    ("tanh twice", "o * np.tanh(np.tanh(c))", "One tanh, of c."),
    ("the sign of c is lost", "o * np.abs(np.tanh(c))", "h may be negative: leave the sign as it is."),
    ("a difference in place of the product", "np.tanh(c) - o", "A gate multiplies: o * tanh(c)."),
    ("o comes in twice", "o * np.tanh(o * c)", "Squash c first, then let o scale it, once."),
    ("the sum over the units", "(o * np.tanh(c)).sum(axis=1)", "Every unit has its own h: (B, H)."),
    (
        "c is halved in tanh",
        "o * (2 * sigmoid(c) - 1)",
        "2 * sigmoid(c) - 1 is tanh(c / 2); tanh(c) is 2 * sigmoid(2 * c) - 1: take np.tanh.",
    ),
):
    hidden_update.wrong(_name, (SHOW, _change), _advice)
OTHER = "Another function has other values: here it is np.tanh."
for _name, _change, _advice in (
    ("@ in place of *", "o @ np.tanh(c)", OWN_CELL),
    ("a matrix product with a transposed array", "o @ np.tanh(c).T", OWN_CELL),
    ("both through the sigmoid", "sigmoid(o) * sigmoid(c)", "o is a fraction already, and c goes through tanh."),
    ("the sigmoid around everything", "sigmoid(o * c)", "Squash c alone, with tanh, then let o scale it."),
    ("the sign alone", "o * np.sign(c)", "tanh bends: only far from 0 it is the sign."),
    ("softsign in place of tanh", "o * c / (1 + np.abs(c))", OTHER),
    ("sinh in place of tanh", "o * np.sinh(c)", OTHER),
    ("cosh in place of tanh", "o * np.cosh(c)", OTHER),
    ("the inverse of tanh", "o * np.arctanh(c)", "np.arctanh undoes np.tanh. Here it is np.tanh."),
    ("sin in place of tanh", "o * np.sin(c)", OTHER),
    ("c is doubled in tanh", "o * np.tanh(2 * c)", "tanh of c as it is."),
    ("the sigmoid of 2 * c", "o * sigmoid(2 * c)", "tanh(c) is 2 * sigmoid(2 * c) - 1: take np.tanh."),
    ("the square of tanh", "o * np.tanh(c) ** 2", "One factor tanh(c): its sign must survive."),
    ("the square of o", "o ** 2 * np.tanh(c)", "One factor o: it scales tanh(c) once."),
    ("o less tanh(c)", "o - np.tanh(c)", "A gate multiplies: o * tanh(c)."),
    ("o is divided by tanh(c)", "o / np.tanh(c)", "A gate multiplies: o * tanh(c)."),
    ("tanh of a sum", "np.tanh(o + c)", "A gate multiplies: o * tanh(c)."),
    ("the sign is turned", "-o * np.tanh(c)", "h = o * tanh(c), without a minus."),
    ("tanh(c) and c are mixed by o", "o * np.tanh(c) + (1 - o) * c", "What o does not show is not shown: o * tanh(c)."),
    ("c in place of o", "np.tanh(c) * c", "h = o * tanh(c): where is o?"),
    ("tanh around everything once more", "np.tanh(o * np.tanh(c))", "One tanh, of c."),
    ("the gate is rounded to 0 or 1", "np.round(o) * np.tanh(c)", "A gate is a fraction: use it as it is."),
    ("c is divided by its largest size", "o * c / np.abs(c).max()", "tanh squashes each value by itself."),
    (
        "c is divided by its largest size in each sample",
        "o * c / np.abs(c).max(axis=1, keepdims=True)",
        "tanh squashes each value by itself.",
    ),
    (
        "softmax in place of tanh",
        "(lambda e: o * e / e.sum(axis=1, keepdims=True))(np.exp(c - c.max(axis=1, keepdims=True)))",
        "Each value is squashed by itself, with tanh: nothing is summed.",
    ),
    (
        "tanh written out overflows",
        "o * (np.exp(c) - np.exp(-c)) / (np.exp(c) + np.exp(-c))",
        "At a large c an exponential is inf, and inf / inf is NaN. np.tanh has no such trouble.",
    ),
    ("the sum over the batch", f"({SHOW}).sum(axis=0)", "Every sample has its own h: (B, H)."),
):
    hidden_update.wrong(_name, (SHOW, _change), _advice, alone=True)
hidden_update.wrong(
    "the slope of tanh",
    (SHOW, "o * (1 - np.tanh(c) ** 2)"),
    "That is for the way back. Here h = o * tanh(c).",
    alone=True,
)
hidden_update.wrong("o is returned", (SHOW, "o"), "h is what the output gate lets out of c: o * tanh(c).", plain=True)
add_rounded(hidden_update, 1, 2, 3, 4)
hidden_update.wrong("1 - o in place of o", (SHOW, "(1 - o) * np.tanh(c)"), "o is the fraction that is shown.")
hidden_update.wrong("tanh(c) is divided by o", (SHOW, "np.tanh(c) / o"), "A gate multiplies.")
hidden_update.wrong("c is returned", (SHOW, "c"), "h is what the output gate lets out of c: o * tanh(c).", plain=True)


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
    name="lstm_step",
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
def lstm_step_cases(rng):
    """One whole step of the LSTM: new hidden state and new cell state."""
    yield from _step_cases(rng)


@sheet.check(
    oracle=F.lstm_step_stacked,
    returns=("h", "c"),
    ranges={"h": (-1, 1)},
    points=3,
    minutes=12,
    uses=("cell_update", "hidden_update"),
    hints=[
        "Put h_prev and x side by side: (B, H) and (B, D) become (B, H + D). The docstring says which comes first.",
        "`np.concatenate([h_prev, x], axis=1) @ W + b` is (B, 4H): all four pre-activations at once. Cut it into four.",
        "`i = sigmoid(z[:, :H])`, `f = sigmoid(z[:, H:2 * H])`, `g = np.tanh(z[:, 2 * H:3 * H])`, "
        "`o = sigmoid(z[:, 3 * H:])`, "
        "then the two updates.",
    ],
)
def lstm_step_stacked(rng):
    """The same step with one weight matrix for [h, x], as lecture notes write it."""
    for label, case in _step_cases(rng):
        W_x, W_h, b = (case.pop(name) for name in ("W_x", "W_h", "b"))
        yield label, {**case, "W": np.concatenate([W_h, W_x]), "b": b}


CUTS = {"i": "z[:, :H]", "f": "z[:, H : 2 * H]", "g": "z[:, 2 * H : 3 * H]", "o": "z[:, 3 * H :]"}
UPDATES = (  # how the new cell state is made: (what is wrong, the line, advice)
    (
        "f and i are swapped",
        "i * c_prev + f * g",
        "f scales c_prev, i scales g; the columns lie in the order i, f, g, o.",
    ),
    ("the forget gate is missing", "c_prev + i * g", "The old cell state is multiplied by f."),
    ("the input gate is missing", "f * c_prev + g", "The candidate is multiplied by i."),
    ("the old cell state is not kept", "i * g", "c = f * c_prev + i * g: the past comes in through c_prev."),
    ("the new term is missing", "f * c_prev", "That is what is kept. Add what comes in: i * g."),
    ("the candidate is missing", "f * c_prev + i", "i says how much, g says what: i * g."),
    ("the input gate is tied to 1 - f", "f * c_prev + (1 - f) * g", "i is a gate of its own."),
    ("1 - f in place of f", "(1 - f) * c_prev + i * g", "f is the fraction that is kept."),
    ("1 - i in place of f", "(1 - i) * c_prev + i * g", "f is a gate of its own: f * c_prev."),
    ("1 - i in place of i", "f * c_prev + (1 - i) * g", "i is the fraction that is added."),
    ("h_prev stands in place of c_prev", "f * h_prev + i * g", "The memory is c: the forget gate scales c_prev."),
    ("h_prev stands in place of the candidate", "f * c_prev + i * h_prev", "What comes in is the candidate: i * g."),
    ("tanh on the cell state", "np.tanh(f * c_prev + i * g)", "c is not squashed; only h sees tanh(c)."),
    ("the old cell state is squashed", "f * np.tanh(c_prev) + i * g", "c_prev is used as it is; only h sees a tanh."),
    ("the candidate is squashed twice", "f * c_prev + i * np.tanh(g)", "g has been through tanh."),
    ("the new term is subtracted", "f * c_prev - i * g", "Old and new are added; g brings the sign."),
    ("f multiplies both terms", "f * (c_prev + i * g)", "f belongs to the old cell state alone."),
)
RARE_UPDATES = (
    ("@ in place of *", "f @ c_prev + i @ g", OWN_CELL),
    ("matrix products with a transposed array", "f @ c_prev.T + i @ g.T", OWN_CELL),
    (
        "f is turned over in both terms",
        "(1 - f) * c_prev + f * g",
        "f keeps the old: f * c_prev. i lets in the new: i * g.",
    ),
    ("g multiplies both terms", "(f * c_prev + i) * g", TWO_TERMS),
    ("sums and products have changed places", "f + c_prev * i + g", TWO_TERMS),
    ("c is added to the old cell state", "c_prev + f * c_prev + i * g", "f * c_prev is all that is left of it."),
    ("o scales the cell state too", "o * (f * c_prev + i * g)", "The output gate acts on what is shown, on h alone."),
    ("h_prev is added to the cell state", "f * c_prev + i * g + h_prev", "c has two terms: f * c_prev and i * g."),
    ("a product in place of the sum", "f * c_prev * i * g", "Old and new are added."),
    (
        "c_prev and i have changed places in the call",
        "f * i + c_prev * g",
        "Arguments go by their place: cell_update takes f, c_prev, i, g.",
    ),
    (
        "the gates are squashed once more",
        "sigmoid(f) * c_prev + sigmoid(i) * g",
        "f and i are fractions already: they have been through the sigmoid.",
    ),
    (
        "the cell state is updated twice",
        "f * (f * c_prev + i * g) + i * g",
        "One step updates the cell state once: c = f * c_prev + i * g, from c_prev.",
    ),
)
REVEALED = (  # how h is made: (what is wrong, the line, advice)
    ("tanh(c) is missing in h", "o * c", "h = o * tanh(c): call hidden_update."),
    ("h is made from the old cell state", "o * np.tanh(c_prev)", "h shows the new cell state c."),
    ("the output gate is missing in h", "np.tanh(c)", "h = o * tanh(c): o says how much is shown."),
    ("the sigmoid of c in h", "o * sigmoid(c)", "c is squashed with tanh: its sign must survive."),
    ("tanh around o * c", "np.tanh(o * c)", "Squash c first, then let o scale it."),
    ("1 - o in place of o", "(1 - o) * np.tanh(c)", "o is the fraction that is shown."),
)
RARE_REVEALED = (
    ("c is squashed twice in h", "o * np.tanh(np.tanh(c))", "One tanh, of c: hidden_update takes it."),
    ("h is added to the old hidden state", "h_prev + o * np.tanh(c)", "h = o * tanh(c), and nothing is added."),
    (
        "o and c have changed places in the call",
        "c * np.tanh(o)",
        "Arguments go by their place: hidden_update takes o, then c.",
    ),
    ("h shows the candidate", "o * g", "h shows the new cell state: o * tanh(c)."),
    ("h shows the tanh of the candidate", "o * np.tanh(g)", "h shows the new cell state: o * tanh(c)."),
    ("h shows the old hidden state", "o * np.tanh(h_prev)", "h shows the new cell state: o * tanh(c)."),
    (
        "old and new h are mixed",
        "o * np.tanh(c) + (1 - o) * h_prev",
        "That is the GRU's way. Here h = o * tanh(c), and nothing of h_prev is kept.",
    ),
    ("o is added to tanh(c)", "o + np.tanh(c)", "A gate multiplies: o * tanh(c)."),
)
RETURNED = (
    ("h and c are returned in the wrong order", "c, h", "Return h first, then c.", False),
    ("h is returned for c", "h, h", "The second result is c, the new cell state.", False),
    ("c is returned for h", "c, c", "The first result is h = o * tanh(c).", False),
    (
        "c is returned squashed",
        "h, np.tanh(c)",
        "c itself is returned as it is: only h sees tanh(c), in h = o * tanh(c).",
        False,
    ),
    ("o is returned for h", "o, c", "The first result is h = o * tanh(c).", False),
    ("the old cell state is returned", "h, c_prev", "The second result is c, the new cell state.", True),
    ("the old hidden state is returned", "h_prev, c", "The first result is h = o * tanh(c), the new one.", True),
)
SQUASHED = (
    ("the sigmoid in the candidate", [("np.tanh(z", "sigmoid(z")], "The candidate may be negative: tanh."),
    ("the candidate is not squashed", [("np.tanh(z", "(z")], "g goes through tanh."),
    ("tanh in the gates", [("sigmoid(z", "np.tanh(z")], "A gate is a fraction: the sigmoid."),
    ("the gates are not squashed", [("sigmoid(z", "(z")], "i, f and o go through the sigmoid."),
    ("tanh in the output gate", [("o = sigmoid(", "o = np.tanh(")], "A gate is a fraction: the sigmoid."),
)
RARE_SQUASHED = (
    (
        "no layer is squashed",
        [("sigmoid(z", "(z"), ("np.tanh(z", "(z")],
        "These are the pre-activations: i, f and o go through the sigmoid, g through tanh.",
    ),
    (
        "sigmoid and tanh in the candidate",
        [(f"np.tanh({CUTS['g']})", f"np.tanh(sigmoid({CUTS['g']}))")],
        "Cut z first: three parts go through the sigmoid, the third of the four through tanh alone.",
    ),
    ("tanh in the input gate", [("i = sigmoid(", "i = np.tanh(")], "A gate is a fraction: the sigmoid."),
    ("tanh in the forget gate", [("f = sigmoid(", "f = np.tanh(")], "A gate is a fraction: the sigmoid."),
    ("the input gate is not squashed", [("i = sigmoid(", "i = (")], "A gate is a fraction: the sigmoid."),
    ("the forget gate is not squashed", [("f = sigmoid(", "f = (")], "A gate is a fraction: the sigmoid."),
    ("the output gate is not squashed", [("o = sigmoid(", "o = (")], "A gate is a fraction: the sigmoid."),
    (
        "1 is added in the forget gate",
        [("f = sigmoid(", "f = sigmoid(1 + ")],
        "A forget bias of 1 belongs into b, before training. The step adds b alone.",
    ),
    (
        "the gates read c_prev, too",
        [("i = sigmoid(", "i = sigmoid(c_prev + "), ("f = sigmoid(", "f = sigmoid(c_prev + ")],
        "Those are peepholes, of another cell. Here all four layers read x and h_prev.",
    ),
)


def _cut(order):
    """The edits that give every layer the columns where ``order`` says that they lie."""
    places = [(CUTS[letter], f"?{letter}") for letter in CUTS]
    return places + [(f"?{letter}", CUTS["ifgo"[order.index(letter)]]) for letter in CUTS]


def _add_step_slips(check, word, sums, keep, reveal):
    """The slips of a step, in either form.

    word: what is cut; sums: the text of the pre-activations, with {h} for what the layers read; keep, reveal: the text
    that makes c and h.
    """
    z = sums.format(h="h_prev")
    for anchor, slips, alone in (
        (keep, UPDATES, False),
        (keep, RARE_UPDATES, True),
        (reveal, REVEALED, False),
        (reveal, RARE_REVEALED, True),
    ):
        for name, line, advice in slips:
            check.wrong(name, (anchor, line), advice, alone=alone)
    for name, line, advice, plain in RETURNED:
        check.wrong(name, ("return h, c", f"return {line}"), advice, plain=plain)
    for slips, alone in ((SQUASHED, False), (RARE_SQUASHED, True)):
        for name, change, advice in slips:
            check.wrong(name, change, advice, alone=alone)
    for name, text, advice in (
        ("the biases are missing", z.removesuffix(" + b"), "Add b to the sum, before you squash."),
        ("the biases are added twice", f"{z} + b", "Add b once, to the whole sum."),
        ("the biases are subtracted", f"{z.removesuffix(' + b')} - b", "b is added."),
        ("the layers read c_prev", sums.format(h="c_prev"), "All four layers read x and h_prev."),
        ("every sum goes through tanh first", f"np.tanh({z})", "i, f and o see the sigmoid alone, g sees tanh alone."),
    ):
        check.wrong(name, (z, text), advice)
    check.wrong(
        "the sigmoid in all four layers, tanh(c) is missing",
        [("np.tanh(z", "sigmoid(z"), (reveal, "o * c")],
        "The candidate goes through tanh, and so does c on its way into h.",
        alone=True,
    )
    check.wrong(
        "the sigmoid in all four layers and in h",
        [("np.tanh(z", "sigmoid(z"), (reveal, "o * sigmoid(c)")],
        "The candidate goes through tanh, and so does c on its way into h.",
        alone=True,
    )
    for letter, cut in CUTS.items():
        check.wrong(
            f"{letter} reads c_prev",
            (cut, f"({sums.format(h='c_prev')}){cut.removeprefix('z')}"),
            "All four layers read x and h_prev.",
            alone=True,
        )
    check.wrong(
        "the gates read c_prev, and the candidate h_prev",
        [(CUTS[k], f"({sums.format(h='c_prev')}){CUTS[k].removeprefix('z')}") for k in "ifo"],
        "All four layers read x and h_prev.",
        alone=True,
    )
    for name, read in (("the new cell state", "c"), ("the tanh of the new cell state", "np.tanh(c)")):
        late = f"sigmoid(({sums.format(h=read)})[:, 3 * H :])"
        check.wrong(
            f"the output gate reads {name}",
            (reveal, f"{late} * np.tanh(c)"),
            "All four layers read x and h_prev, the output gate, too.",
            alone=True,
        )
    check.wrong(
        "the forget gate scales what the candidate reads",
        (CUTS["g"], f"({sums.format(h='(f * h_prev)')}){CUTS['g'].removeprefix('z')}"),
        "That is the reset gate of the GRU. Here the candidate reads h_prev as it is.",
        alone=True,
    )
    for first, second in itertools.permutations(CUTS, 2):  # a copied line, or another letter in a product
        check.wrong(
            f"{second} stands where {first} belongs",
            (CUTS[first], CUTS[second]),
            f"Each layer has columns of its own, in the order i, f, g, o: {first} is made of {CUTS[first]}. And each "
            "has its own place in c = f * c_prev + i * g and h = o * tanh(c).",
            alone=True,
        )
    for gate in "ifo":
        for copy, of, squash in (("g", gate, "sigmoid"), (gate, "g", "np.tanh")):
            mine = f"{'np.tanh' if copy == 'g' else 'sigmoid'}({CUTS[copy]})"
            check.wrong(
                f"{copy} is {of} over again",
                (mine, f"{squash}({CUTS[of]})"),
                f"Each layer has columns and a squashing of its own: {copy} is {mine}.",
                alone=True,
            )
    for what, change in {
        "np.split cuts rows": "np.split(z, 4)",
        "np.split is told to cut rows": "np.split(z, 4, axis=0)",
    }.items():
        first = f"i = sigmoid({CUTS['i']})"
        cuts = [(first, f"z_i, z_f, z_g, z_o = {change}\n    i = sigmoid(z_i)")]
        check.wrong(
            what,
            cuts + [(CUTS[letter], f"z_{letter}") for letter in "fgo"],
            "The layers lie side by side, along the last axis: np.split(z, 4, axis=-1).",
            alone=True,
        )
    check.wrong(
        "rows are cut, not columns",
        [(cut, cut.replace(":, ", "")) for cut in CUTS.values()],
        "Units lie along the columns: cut z[:, :H], with a `:` and a comma before the bounds.",
        alone=True,
    )
    for what, size in {
        "H is read off the batch": "h_prev.shape[0]",
        "H is read off the input": "x.shape[-1]",
        "H is that of the notebook": "2",
    }.items():
        check.wrong(what, ("h_prev.shape[-1]", size), "H is the last size of h_prev: h_prev.shape[-1].", alone=True)
    squash = {"i": "sigmoid", "f": "sigmoid", "g": "np.tanh", "o": "sigmoid"}
    check.wrong(
        "the biases are added after squashing",
        [(z, z.removesuffix(" + b"))]
        + [
            (f"{squash[k]}({cut})", f"{squash[k]}({cut}) + b{cut.removeprefix('z').replace(':, ', '')}")
            for k, cut in CUTS.items()
        ],
        "Add b to the sum, before you squash.",
        alone=True,
    )
    check.wrong(
        "i and g have changed places, or their squashing",
        _cut("gfio"),
        "The order is i, f, g, o. i is a fraction, by the sigmoid; g is a value that may be negative, by tanh.",
        alone=True,
    )
    known = {"fiog": "Many lecture notes write that order", "igfo": "Old TensorFlow cells keep that order"}
    for order in map("".join, itertools.permutations("ifgo")):
        if order in ("ifgo", "figo", "gfio"):  # right; and what has a name of its own
            continue
        check.wrong(
            f"the {word} lie in the order {', '.join(order)}",
            _cut(order),
            f"{known.get(order, 'You cut them in that order')}; here it is i, f, g, o.",
            alone=order not in ("fiog", "igfo", "ifog"),
        )
    check.wrong(
        "every fourth column is taken",
        [(CUTS[letter], f"z[:, {place}::4]") for place, letter in enumerate(CUTS)],
        "The columns of one layer stand together, as a block of H; the layers do not take turns.",
        alone=True,
    )


_add_step_slips(lstm_step_cases, "slices", "x @ W_x + {h} @ W_h + b", "f * c_prev + i * g", "o * np.tanh(c)")
_add_step_slips(
    lstm_step_stacked,
    "columns",
    "np.concatenate([{h}, x], axis=1) @ W + b",
    "cell_update(f, c_prev, i, g)",
    "hidden_update(o, c)",
)
for _name, _change, _advice in (
    ("the previous hidden state is missing", (" + h_prev @ W_h", ""), "Each layer adds h_prev @ W_h[:, gate]."),
    ("the input is missing", ("x @ W_x + ", ""), "Each layer adds x @ W_x[:, gate]."),
    ("the recurrent part is subtracted", ("+ h_prev @ W_h", "- h_prev @ W_h"), "All three parts are added."),
    ("the recurrent part is added twice", ("+ h_prev @ W_h", "+ 2 * h_prev @ W_h"), "Add h_prev @ W_h once."),
    ("the two parts are multiplied", ("x @ W_x + h_prev @ W_h", "(x @ W_x) * (h_prev @ W_h)"), "The parts are added."),
):
    lstm_step_cases.wrong(_name, _change, _advice)
BESIDE, JOINED = (
    "np.concatenate([h_prev, x], axis=1)",
    "Side by side is axis=1: np.concatenate([h_prev, x], axis=1), (B, H + D).",
)
for _name, _change, _advice in (
    ("h_prev and x are joined below each other", (BESIDE, "np.concatenate([h_prev, x])"), JOINED),
    ("x and h_prev are joined below each other", (BESIDE, "np.concatenate([x, h_prev])"), JOINED),
    ("np.vstack joins below each other", (BESIDE, "np.vstack([h_prev, x])"), JOINED),
    ("h_prev and x are stacked on a new axis", (BESIDE, "np.stack([h_prev, x], axis=1)"), JOINED),
    ("a list stands before @", (BESIDE, "[h_prev, x]"), JOINED),
    ("h_prev and x are added", (BESIDE, "(h_prev + x)"), JOINED),
    ("c_prev is joined, too", (BESIDE, "np.concatenate([h_prev, x, c_prev], axis=1)"), "The layers read h_prev and x."),
    (
        "c_prev is joined in place of x",
        (BESIDE, "np.concatenate([h_prev, c_prev], axis=1)"),
        "The layers read h_prev and x.",
    ),
    (
        "the list's brackets are missing",
        (BESIDE, "np.concatenate(h_prev, x, axis=1)"),
        "np.concatenate takes its arrays as one list: np.concatenate([h_prev, x], axis=1).",
    ),
    (
        "W stands before the inputs",
        (f"{BESIDE} @ W", f"W @ {BESIDE}"),
        "(B, H + D) @ (H + D, 4H): the inputs come first.",
    ),
    ("W is transposed", (f"{BESIDE} @ W", f"{BESIDE} @ W.T"), "(B, H + D) @ (H + D, 4H) fits without .T."),
    (
        "both meet the whole of W",
        (f"{BESIDE} @ W", "x @ W + h_prev @ W"),
        "The first H rows of W are for h_prev, the others for x.",
    ),
    (
        "x meets the rows for h_prev",
        (f"{BESIDE} @ W", "x @ W[:H] + h_prev @ W[H:]"),
        "The first H rows of W are for h_prev.",
    ),
    (
        "W is cut after D rows",
        [
            ("H = h_prev.shape[-1]", "H, D = h_prev.shape[-1], x.shape[-1]"),
            (f"{BESIDE} @ W", "h_prev @ W[:D] + x @ W[D:]"),
        ],
        "The first H rows of W are for h_prev: W[:H].",
    ),
    (
        "H is read off W",
        ("h_prev.shape[-1]", "W.shape[0] // 4"),
        "W is (H + D, 4H): W.shape[1] // 4 is H, or h_prev.shape[-1].",
    ),
):
    lstm_step_stacked.wrong(_name, _change, _advice, alone=True)
lstm_step_stacked.wrong("x comes first", ("[h_prev, x]", "[x, h_prev]"), "The rows of W for h come first: [h_prev, x].")
for _name, _change, _advice in (
    (
        "the input alone meets the end of W",
        ("np.concatenate([h_prev, x], axis=1) @ W", "x @ W[H:]"),
        "Both are read: [h_prev, x] @ W.",
    ),
    (
        "h_prev alone meets the start of W",
        ("np.concatenate([h_prev, x], axis=1) @ W", "h_prev @ W[:H]"),
        "Both are read: [h_prev, x] @ W.",
    ),
):
    lstm_step_stacked.wrong(_name, _change, _advice)


def _pencil(gate=sigmoid, squash=np.tanh, update=F.cell_update, reveal=lambda o, c, **_: o * np.tanh(c)):
    """The numbers of the pencil question, or of slips in its four kinds of work: each goes on with what came before."""
    i, f, o, g = gate(0.5), gate(1.0), gate(2.0), squash(-0.9)
    c = update(f=f, c_prev=1.6, i=i, g=g)
    return {"i": i, "f": f, "g": g, "o": o, "c": c, "h": reveal(o=o, c=c, g=g, f=f, i=i)}


@sheet.check(
    oracle=_pencil(),
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


def _key(z):
    """What the tan key of a calculator that is set to degrees gives."""
    return np.tan(np.radians(z))


LAW, SHOWN = "c = f * c_prev + i * g.", "h = o * tanh(c)."
BY_PENCIL = {  # what is worked out: {what is wrong: (how, advice)}
    "gate": {
        "the minus in the exponent is missing": (
            lambda z: sigmoid(-z),
            "sigmoid(z) = 1 / (1 + exp(-z)): a positive z gives more than one half.",
        ),
        "the brackets below the fraction are missing": (
            lambda z: 1 + np.exp(-z),
            "1 / (1 + exp(-z)): work out the sum first. A gate lies between 0 and 1.",
        ),
        "the 1 below the fraction is missing": (np.exp, "1 / (1 + exp(-z)): a gate lies between 0 and 1."),
        "the exponential alone in the gates": (lambda z: np.exp(-z), "1 / (1 + exp(-z)), not exp(-z) alone."),
        "tanh in the gates": (np.tanh, "i, f and o go through the sigmoid; tanh is for g and for c."),
        "i, f and o are not squashed": (lambda z: 1.0 * z, "The numbers given are pre-activations: i = sigmoid(0.5)."),
    },
    "squash": {
        "the sigmoid in the candidate": (sigmoid, "g = tanh(-0.9) is negative."),
        "the candidate is not squashed": (lambda z: z * 1.0, "g = tanh(-0.9), which is smaller in size than 0.9."),
        "the sign of g is lost": (lambda z: -np.tanh(z), "tanh(-0.9) is negative; c and h follow from g."),
        "the tan key in place of tanh in g": (
            _key,
            "tanh is another function: on many calculators press hyp, then tan.",
        ),
        "the tangent in place of tanh in g": (
            np.tan,
            "tanh is another function: on many calculators press hyp, then tan.",
        ),
        "the 2 is missing in the tanh of g": (
            lambda z: np.tanh(z / 2),
            "tanh(z) = 2 * sigmoid(2 * z) - 1, or (exp(2z) - 1) / (exp(2z) + 1): mind the 2.",
        ),
    },
    "update": {
        "f and i are swapped in the update": (
            lambda f, c_prev, i, g: i * c_prev + f * g,
            "f scales the old cell state, i scales the candidate.",
        ),
        "the old cell state is kept whole": (lambda f, c_prev, i, g: c_prev + i * g, LAW),
        "the candidate comes in whole": (lambda f, c_prev, i, g: f * c_prev + g, LAW),
        "the new term is subtracted, or its minus is lost": (
            lambda f, c_prev, i, g: f * c_prev - i * g,
            "Old and new are added, and g brings its sign: here i * g is negative.",
        ),
        "the new term is missing": (lambda f, c_prev, i, g: f * c_prev, LAW),
        "the old cell state is not kept": (lambda f, c_prev, i, g: i * g, LAW),
        "1 - f in place of f": (lambda f, c_prev, i, g: (1 - f) * c_prev + i * g, "f is the fraction that is kept."),
        "the input gate is tied to 1 - f": (
            lambda f, c_prev, i, g: f * c_prev + (1 - f) * g,
            "i is a gate of its own.",
        ),
        "1 - i in place of i": (lambda f, c_prev, i, g: f * c_prev + (1 - i) * g, "i is the fraction that comes in."),
        "the candidate is missing": (lambda f, c_prev, i, g: f * c_prev + i, LAW),
        "tanh on the cell state": (
            lambda f, c_prev, i, g: np.tanh(f * c_prev + i * g),
            "c is not squashed; only h sees tanh(c).",
        ),
        "f multiplies both terms": (lambda f, c_prev, i, g: f * (c_prev + i * g), "f belongs to c_prev alone."),
        "f scales both values": (lambda f, c_prev, i, g: f * c_prev + f * g, "i scales the candidate."),
        "i scales both values": (lambda f, c_prev, i, g: i * c_prev + i * g, "f scales the old cell state."),
        "the gates are added, not multiplied": (lambda f, c_prev, i, g: f + c_prev + i + g, LAW),
        "the old cell state is left out of the product": (lambda f, c_prev, i, g: f + i * g, LAW),
    },
    "reveal": {
        "tanh(c) is missing in h": (lambda o, c, **_: o * c, SHOWN),
        "the output gate is missing in h": (lambda c, **_: np.tanh(c), SHOWN),
        "the sigmoid of c in h": (lambda o, c, **_: o * sigmoid(c), SHOWN),
        "tanh around o * c": (lambda o, c, **_: np.tanh(o * c), SHOWN),
        "h is made from the old cell state": (lambda o, **_: o * np.tanh(1.6), "h shows the new c."),
        "1 - o in place of o": (lambda o, c, **_: (1 - o) * np.tanh(c), "o is the fraction that is shown."),
        "o and c have changed places": (lambda o, c, **_: c * np.tanh(o), "tanh belongs to c: h = o * tanh(c)."),
        "o is squashed once more": (lambda o, c, **_: sigmoid(o) * np.tanh(c), "o has been through the sigmoid."),
        "h shows the candidate": (lambda o, g, **_: o * g, SHOWN),
        "o is added to tanh(c)": (lambda o, c, **_: o + np.tanh(c), SHOWN),
        "the tangent of c in h": (lambda o, c, **_: o * np.tan(c), "tanh is another function than tan."),
        "the tan key in place of tanh in h": (
            lambda o, c, **_: o * _key(c),
            "tanh is another function: hyp, then tan.",
        ),
        "the 2 is missing in the tanh of c": (
            lambda o, c, **_: o * np.tanh(c / 2),
            "tanh(c) = 2 * sigmoid(2 * c) - 1: mind the 2.",
        ),
        "the forget gate in h": (lambda f, c, **_: f * np.tanh(c), SHOWN),
        "the input gate in h": (lambda i, c, **_: i * np.tanh(c), SHOWN),
    },
}
_right = _pencil()
_of = {"i": 0.5, "f": 1.0, "o": 2.0}


def _go_on(**numbers):
    """The numbers of the question where some are others, and what comes after them follows."""
    i, f, g, o = (numbers.get(name, _right[name]) for name in "ifgo")
    c = numbers.get("c", f * 1.6 + i * g)
    return {"i": i, "f": f, "g": g, "o": o, "c": c, "h": numbers.get("h", o * np.tanh(c))}


_known = {  # what is wrong: (the six numbers, advice)
    **{
        f"{name} is what it leaves out of 1": (
            _go_on(**{name: sigmoid(-z)}),
            "sigmoid(z) = 1 / (1 + exp(-z)): a positive z gives more than one half, a missing minus the rest of 1.",
        )
        for name, z in _of.items()
    },
    **{
        f"{name} is the tanh of its number": (_go_on(**{name: np.tanh(z)}), "The three gates go through the sigmoid.")
        for name, z in _of.items()
    },
    "i and f are exchanged from the start": (
        _go_on(i=sigmoid(1.0), f=sigmoid(0.5)),
        "i = sigmoid(0.5), f = sigmoid(1).",
    ),
    "the sign of c is wrong": (
        _go_on(c=-_right["c"]),
        "c = f * c_prev + i * g: what is kept is more than what is taken.",
    ),
    "the sign of h is wrong": ({**_right, "h": -_right["h"]}, "o is positive, so h has the sign of c."),
    "tanh(c) is given for c": ({**_right, "c": np.tanh(_right["c"])}, "c is not squashed; only h sees tanh(c)."),
    "one decimal on the way": (_go_on(i=0.6, f=0.7, g=-0.7, o=0.9), "Keep four decimals on the way, and give two."),
    "the gates are all multiplied": (_go_on(c=_right["f"] * 1.6 * _right["i"] * _right["g"]), "Old and new are added."),
    "f is added, not multiplied": (_go_on(c=_right["f"] + 1.6 + _right["i"] * _right["g"]), LAW),
    "the output gate scales the candidate": (_go_on(c=_right["f"] * 1.6 + _right["o"] * _right["g"]), LAW),
    "o is not squashed in h": ({**_right, "h": 2.0 * np.tanh(_right["c"])}, "h = o * tanh(c), with o = sigmoid(2)."),
    "the tan key in place of tanh": (
        _pencil(squash=_key, reveal=lambda o, c, **_: o * _key(c)),
        "tanh is another function: on many calculators press hyp, then tan.",
    ),
    "the gates are not squashed": (
        _pencil(gate=lambda z: 1.0 * z, squash=lambda z: 1.0 * z),
        "The numbers given are pre-activations: put i, f and o through the sigmoid and g through tanh.",
    ),
    "nothing is squashed": (
        _pencil(gate=lambda z: 1.0 * z, squash=lambda z: 1.0 * z, reveal=lambda o, c, **_: o * c),
        "Put i, f and o through the sigmoid, g and c through tanh.",
    ),
    "the sigmoid in place of each tanh": (
        _pencil(squash=sigmoid, reveal=lambda o, c, **_: o * sigmoid(c)),
        "g = tanh(-0.9) is negative, and h = o * tanh(c).",
    ),
    "g alone has lost its sign": ({**_right, "g": -_right["g"]}, "tanh(-0.9) is negative. c and h are right."),
    "i and f have changed places": (
        {**_right, "i": _right["f"], "f": _right["i"]},
        "i = sigmoid(0.5), f = sigmoid(1).",
    ),
    "c and h have changed places": (
        {**_right, "c": _right["h"], "h": _right["c"]},
        "c comes first, and h is made of it.",
    ),
    **{
        what: (_pencil(**{part: how}), advice)
        for part, slips in BY_PENCIL.items()
        for what, (how, advice) in slips.items()
    },
}


def _two_by_pencil():
    """{"two slips at once: ...": (the six numbers, advice)}, of two kinds of work, where the numbers tell them."""
    pairs = {}
    for one, other in itertools.combinations(BY_PENCIL, 2):
        for (a, (how_a, advice_a)), (b, (how_b, advice_b)) in itertools.product(
            BY_PENCIL[one].items(), BY_PENCIL[other].items()
        ):
            advice = advice_a if advice_a == advice_b else f"{advice_a} {advice_b}"
            pairs[f"two slips at once: {a}; and {b}"] = _pencil(**{one: how_a, other: how_b}), advice
    numbers = [_right, *(n for n, _ in (*_known.values(), *pairs.values()))]
    table = np.array([list(n.values()) for n in numbers])
    alike = (np.abs(table[:, None] - table) <= 0.0203).all(axis=-1).sum(axis=1) > 1  # one answer may be near to both
    return {
        what: pair for (what, pair), other in zip(pairs.items(), alike[1 + len(_known) :], strict=True) if not other
    }


for _name, (_numbers, _advice) in {**_known, **_two_by_pencil()}.items():
    pencil.wrong(_name, _numbers, _advice)


# ---------------------------------------------------------------- 6. what is left of the first cell state


def kept_share(f):
    """f (T, B, H), the forget gates of T steps. Returns the share of c_0 that is left after each step, (T, B, H)."""
    return np.cumprod(f, axis=0)


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
    name="kept_share",
    oracle=kept_share,
    returns="kept",
    ranges={"kept": (0, 1)},
    points=2,
    minutes=6,
    hints=[
        "With the input gate shut, c_1 = f_1 * c_0 and c_2 = f_2 * c_1. Which number stands before c_0 in c_2, in c_3?",
        "It is the product of all forget gates so far: a running product along the first axis, which is time.",
        "NumPy's running product is `np.cumprod`; it needs `axis=0`. A loop over t that multiplies is as good.",
    ],
)
def kept_share_cases(rng):
    """How much of the first cell state is left after each step."""
    yield from _gate_cases(rng, "f")


RUNNING = "np.cumprod(f, axis=0)"
kept_share_cases.wrong(
    "the gates are added",
    (RUNNING, "np.cumsum(f, axis=0)"),
    "Each gate scales what the gates before it have left: multiply.",
)
kept_share_cases.wrong(
    "the mean of the gates so far",
    (RUNNING, "np.cumsum(f, axis=0) / np.arange(1, len(f) + 1)[:, None, None]"),
    "Each gate scales what the gates before it have left: multiply, without a mean.",
)
kept_share_cases.wrong(
    "the product runs along the batch",
    (RUNNING, "np.cumprod(f, axis=1)"),
    "f is (T, B, H): time is the first axis, axis=0.",
)
kept_share_cases.wrong(
    "the product runs along the units",
    (RUNNING, "np.cumprod(f, axis=-1)"),
    "f is (T, B, H): time is the first axis, axis=0. Units do not meet each other.",
)
kept_share_cases.wrong(
    "one product through everything",
    (RUNNING, "np.cumprod(f)"),
    "Without axis=0, np.cumprod runs through all units and all sequences, one after the other.",
)
kept_share_cases.wrong(
    "the end alone", (RUNNING, "np.prod(f, axis=0)"), "Give the share after every step: (T, B, H), a running product."
)
kept_share_cases.wrong(
    "the share before each step",
    (RUNNING, "np.concatenate([np.ones_like(f[:1]), np.cumprod(f, axis=0)[:-1]])"),
    "After step t gate t has acted, too: the first share is f[0], not 1.",
)
kept_share_cases.wrong(
    "the product of the gates that are still to come",
    (RUNNING, "np.cumprod(f[::-1], axis=0)[::-1]"),
    "The share after step t holds the gates of the first step up to step t.",
)
kept_share_cases.wrong(
    "each step's own gate to the power of the steps",
    (RUNNING, "f ** np.arange(1, len(f) + 1)[:, None, None]"),
    "f to the power n holds for a gate that never changes. Here each step has its own: multiply them.",
)
kept_share_cases.wrong(
    "the first gate to the power of the steps",
    (RUNNING, "f[0] ** np.arange(1, len(f) + 1)[:, None, None]"),
    "f to the power n holds for a gate that never changes. Here each step has its own: multiply them.",
)
kept_share_cases.wrong(
    "the gates themselves", (RUNNING, "f.copy()"), "f[t] is the share that step t alone keeps.", plain=True
)
kept_share_cases.wrong(
    "each gate times the one before it alone",
    (RUNNING, "np.concatenate([f[:1], f[1:] * f[:-1]])"),
    "Step t multiplies what all the steps before it have left, not the gate before it alone.",
)
kept_share_cases.wrong(
    "the same array at every step",
    (RUNNING, "np.prod(f, axis=0) + np.zeros_like(f)"),
    "`left *= f[t]` changes the array that is in your list already: write `left = left * f[t]`.",
)
kept_share_cases.wrong(
    "the first gate is left out",
    (RUNNING, "np.concatenate([np.ones_like(f[:1]), np.cumprod(f[1:], axis=0)])"),
    "Step 1 has a gate, too: the first share is f[0], not 1.",
)
kept_share_cases.wrong(
    "each gate to the power of all steps",
    (RUNNING, "f ** len(f)"),
    "f to the power T holds for a gate that never changes. Here each step has its own: multiply them.",
)
for _name, _change, _advice in (
    (
        "the smallest gate so far",
        "np.minimum.accumulate(f, axis=0)",
        "Every gate takes its fraction: multiply them all.",
    ),
    ("the order of time is reversed", f"{RUNNING}[::-1]", "The first row is the share after the first step."),
    ("the square root of the product", f"np.sqrt({RUNNING})", "The product itself, without a root."),
    ("the mean over the batch", f"{RUNNING}.mean(axis=1)", "Each sequence has its own share: (T, B, H)."),
    (
        "the logarithms are added and left there",
        "np.cumsum(np.log(np.maximum(f, 1e-300)), axis=0)",
        "That is the logarithm of the share: np.exp of it, or np.cumprod of the gates.",
    ),
):
    kept_share_cases.wrong(_name, (RUNNING, _change), _advice)
STEPS = "np.arange(1, len(f) + 1)[:, None, None]"
SO_FAR = "The share after step t is the product of f[0] up to f[t], of each unit of each sequence by itself."
for _name, _change, _advice in (
    ("one product through everything, in the shape of f", "np.cumprod(f).reshape(f.shape)", SO_FAR),
    (
        "one product for all units and sequences",
        "np.ones_like(f) * np.cumprod(f.prod(axis=(1, 2)))[:, None, None]",
        SO_FAR,
    ),
    ("the mean gate of the batch", "np.cumprod(np.ones_like(f) * f.mean(axis=1, keepdims=True), axis=0)", SO_FAR),
    ("the first gate comes in twice", f"f[0] * {RUNNING}", "Start from 1, or from f[0] and go on with f[1]."),
    (
        "the product of the gates after the step",
        "np.stack([np.prod(f[t + 1 :], axis=0) for t in range(len(f))])",
        "That is what the later steps keep. The share after step t holds the gates of the first step up to step t.",
    ),
    (
        "the order of time is reversed before the product",
        "np.cumprod(f[::-1], axis=0)",
        "The share after step t holds the gates of the first step up to step t: walk forwards.",
    ),
    ("each gate times the first one", "np.concatenate([f[:1], f[1:] * f[0]])", SO_FAR),
    ("each gate times the first one, the first one, too", "f * f[0]", SO_FAR),
    ("the power counts from 0", f"f ** ({STEPS} - 1)", "Each step has its own gate: a product, not a power."),
    ("the mean gate to the power of the steps", f"f.mean(axis=0) ** {STEPS}", "Multiply the gates themselves."),
    ("the last gate to the power of the steps", f"f[-1] ** {STEPS}", "Each step has its own gate: multiply them."),
    (
        "the gates are multiplied by the number of steps",
        f"f * {STEPS}",
        "Each gate scales what is left: multiply the gates.",
    ),
    ("the share is divided by the steps", f"{RUNNING} / {STEPS}", "The product itself, without a mean."),
    ("the mean factor of a step", f"{RUNNING} ** (1 / {STEPS})", "The product itself, without a root."),
    ("the square of the share", f"{RUNNING} ** 2", "Each gate comes in once."),
    ("per cent", f"100 * {RUNNING}", "A share lies between 0 and 1."),
    (
        "the shares are made to sum to 1",
        f"{RUNNING} / {RUNNING}.sum(axis=0)",
        "Each is a share of c_0, not of the others.",
    ),
    ("what is lost adds up", "1 - np.cumsum(1 - f, axis=0)", "A gate takes its fraction of what is left, not of c_0."),
    (
        "1 less the product of what is lost",
        "1 - np.cumprod(1 - f, axis=0)",
        "What is kept multiplies: np.cumprod of f itself.",
    ),
    (
        "the exponential of what is lost",
        "np.exp(-np.cumsum(1 - f, axis=0))",
        "That holds for gates near 1 only: multiply f.",
    ),
    (
        "the exponential of the sum",
        "np.exp(np.cumsum(f, axis=0))",
        "np.exp undoes np.log: of the sum of log(f), not of f.",
    ),
    (
        "the gates are squashed once more",
        "np.cumprod(sigmoid(f), axis=0)",
        "f has been through the sigmoid: use it as it is.",
    ),
    (
        "the largest gate so far",
        "np.maximum.accumulate(f, axis=0)",
        "Every gate takes its fraction: multiply them all.",
    ),
    ("the gates less the share", f"f - {RUNNING}", "The share after step t is the product alone."),
):
    kept_share_cases.wrong(_name, (RUNNING, _change), _advice, alone=True)
kept_share_cases.wrong(
    "the logarithms are added and left there, and NumPy gives -inf",
    (RUNNING, "np.cumsum(np.log(f), axis=0)"),
    "That is the logarithm of the share: np.exp of it, or np.cumprod of the gates.",
    alone=True,
)
kept_share_cases.wrong(
    "zeros are multiplied",
    (RUNNING, "np.zeros_like(f)"),
    "A product that starts at 0 stays 0: before the first step all of c_0 is there, a share of 1.",
    plain=True,
)
add_rounded(kept_share_cases, 1, 2, 3, 4)
kept_share_cases.wrong("what is lost", (RUNNING, f"1 - {RUNNING}"), "The share that is left is asked for.")
kept_share_cases.wrong(
    "1 - f in place of f",
    (RUNNING, "np.cumprod(1 - f, axis=0)"),
    "f is the fraction that is kept: f = 1 keeps everything.",
)
kept_share_cases.wrong(
    "the same array at every step, and f is changed",
    (
        f"return {RUNNING}",
        "left, every = f[0], [f[0]]\n    for f_t in f[1:]:\n        left *= f_t\n        every.append(left)\n"
        "    return np.stack(every)",
    ),
    "`left = f[0]` is the caller's array, and `left *= f[t]` changes it, in f and in your list: `left = left * f[t]`.",
    alone=True,
)
kept_share_cases.wrong(
    "f is changed in place",
    (f"return {RUNNING}", "for t in range(1, len(f)):\n        f[t] *= f[t - 1]\n    return f"),
    "`f[t] *= ...` writes into the caller's gates: start from a copy, or collect the products in a list.",
)


# ---------------------------------------------------------------- 7. what the cell state is made of


def memory_weights(i, f):
    """i and f (T, B, H), the input and forget gates of T steps. Returns w (T, B, H): how much of each g is in c_T."""
    w = np.empty_like(i)
    later = 1.0  # the product of the forget gates after step t
    for t in reversed(range(len(i))):
        w[t] = i[t] * later
        later = later * f[t]
    return w


@sheet.check(
    name="memory_weights",
    oracle=memory_weights,
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
def memory_weights_cases(rng):
    """How strongly the candidate of each step is in the last cell state."""
    yield from _gate_cases(rng, "i", "f")


WEIGHT, LATER = "w[t] = i[t] * later", "later = later * f[t]"
BACKWARDS = "reversed(range(len(i)))"
memory_weights_cases.wrong(
    "the step's own forget gate is in it",
    [(WEIGHT, "?"), (LATER, WEIGHT), ("?", LATER)],
    "f_t scales the old cell state, before i_t g_t is added: only the gates after step t count.",
)
memory_weights_cases.wrong(
    "the forget gates before the step",
    (BACKWARDS, "range(len(i))"),
    "What came in at step t is scaled by the steps after t: walk from the last step to the first.",
)
memory_weights_cases.wrong(
    "the forget gates up to and with the step",
    [(BACKWARDS, "range(len(i))"), (WEIGHT, "?"), (LATER, WEIGHT), ("?", LATER)],
    "That is what is left of c_0 after step t. What comes in at step t is scaled by the steps after t.",
)
memory_weights_cases.wrong(
    "the step's own forget gate alone",
    (WEIGHT, "w[t] = i[t] * f[t]"),
    "f_t scales the old cell state, not i_t g_t. What scales that are the forget gates of the steps after t.",
)
memory_weights_cases.wrong(
    "each forget gate is that of the step before",
    (LATER, "later = later * f[t - 1]"),
    "What the cell holds after step t - 1 meets f[t] next: `later = later * f[t]`, once w[t] is written.",
)
memory_weights_cases.wrong(
    "one product for all units and sequences",
    (LATER, "later = later * f[t].prod()"),
    "Each unit of each sequence has its own forget gates: np.prod needs axis=0.",
)
memory_weights_cases.wrong(
    "the first step is left out",
    [("np.empty_like", "np.zeros_like"), (BACKWARDS, "reversed(range(1, len(i)))")],
    "range stops before its end: backwards to 0 it is range(T - 1, -1, -1), or reversed(range(T)).",
)
memory_weights_cases.wrong(
    "the last step meets the gates of all the others",
    ("return w", "return i * np.roll(np.cumprod(f[::-1], axis=0)[::-1], -1, axis=0)"),
    "np.roll brings the first product to the end. After the last step there is no gate: its product is 1.",
)
memory_weights_cases.wrong(
    "the input gates pile up",
    (LATER, "later = later * f[t] * i[t]"),
    "The input gate lets g_t in, once: what is carried back is the product of the forget gates alone.",
)
memory_weights_cases.wrong(
    "the input gate is missing", ("i[t] * later", "later"), "Of g_t only the fraction i_t comes in at all."
)
memory_weights_cases.wrong(
    "the forget gates are missing", (LATER, "later = later"), "Every later step keeps only its fraction f.", plain=True
)
memory_weights_cases.wrong(
    "the next forget gate alone",
    (LATER, "later = f[t]"),
    "Every later step scales it once more: a product, `later = later * f[t]`.",
)
memory_weights_cases.wrong(
    "the forget gates are added",
    [
        ("later = 1.0", "later = 0.0"),
        ("i[t] * later", "i[t] * (later + (t == len(i) - 1))"),
        (LATER, "later = later + f[t]"),
    ],
    "Every later step scales what is there: multiply.",
)
memory_weights_cases.wrong(
    "1 - f in place of f", (LATER, "later = later * (1 - f[t])"), "f is the fraction that is kept."
)
memory_weights_cases.wrong(
    "i and f are swapped",
    [("i[t] * later", "f[t] * later"), (LATER, "later = later * i[t]")],
    "The input gate lets g_t in, once. The forget gates of the later steps scale it.",
)
memory_weights_cases.wrong(
    "the product of all forget gates for every step",
    ("return w", "return i * f.prod(axis=0)"),
    "A late candidate has met few forget gates: each step has its own product, of the gates after it.",
)
memory_weights_cases.wrong(
    "a quotient of running products",
    ("return w", "return i * f.prod(axis=0) / np.cumprod(f, axis=0)"),
    "Right on paper, until a gate shuts: then it is 0 / 0. Multiply the later gates instead.",
)
for _name, _change, _advice in (
    (
        "the last forget gate is left out",
        (LATER, "later = later * f[t] if t < len(i) - 1 else later"),
        "The candidates before step T all meet the gate of step T too: `later = later * f[t]` from the last step on.",
    ),
    ("i is added, not multiplied", (WEIGHT, "w[t] = i[t] + later"), "Both are fractions of g_t: multiply."),
    ("1 - i in place of i", (WEIGHT, "w[t] = (1 - i[t]) * later"), "i is the fraction that comes in."),
    ("the first input gate at each step", (WEIGHT, "w[t] = i[0] * later"), "Step t has its own input gate: i[t]."),
    ("the last forget gate at each step", (LATER, "later = later * f[-1]"), "Each step has its own forget gate: f[t]."),
    ("the weights pile up over time", ("return w", "return np.cumsum(w, axis=0)"), "w[t] is the weight of g_t alone."),
):
    memory_weights_cases.wrong(_name, _change, _advice)
AFTER = (
    "What comes in at step t is scaled by the forget gates of the steps after t, once each: f[t + 1] up to f[T - 1]."
)
BACK = "np.cumprod(f[::-1], axis=0)[::-1]"  # the product of each step's forget gate and those after it
ONE = "np.ones_like(f[:1])"
for _name, _change, _advice in (
    ("the gate right after the step is left out", "i * np.concatenate([{back}[2:], {one}, {one}])[: len(i)]", AFTER),
    ("all gates but the first", "i * np.prod(f[1:], axis=0)", AFTER),
    (
        "the last input gate at each step",
        "i[-1] * np.concatenate([{back}[1:], {one}])",
        "Step t has its own input gate: i[t].",
    ),
    (
        "the input gate of the step after",
        "np.concatenate([i[1:], i[-1:]]) * np.concatenate([{back}[1:], {one}])",
        "Step t has its own input gate: i[t].",
    ),
    (
        "the input gate of the step before",
        "np.roll(i, 1, axis=0) * np.concatenate([{back}[1:], {one}])",
        "Step t has its own input gate: i[t]. An index of -1 is the last step.",
    ),
    (
        "1 - f in place of i",
        "(1 - f) * np.concatenate([{back}[1:], {one}])",
        "The input gate is a gate of its own: i[t].",
    ),
    (
        "what is lost on the way",
        "i * (1 - np.concatenate([{back}[1:], {one}]))",
        "The weight holds what is kept: the product itself.",
    ),
    (
        "the step's own gate to the power of the steps after it",
        "i * f ** np.arange(len(i) - 1, -1, -1)[:, None, None]",
        "Each later step has its own forget gate: a product, not a power.",
    ),
    (
        "the next gate to the power of the steps after it",
        "i * np.concatenate([f[1:], {one}]) ** np.arange(len(i) - 1, -1, -1)[:, None, None]",
        "Each later step has its own forget gate: a product, not a power.",
    ),
    (
        "the last step is left out",
        "i * np.concatenate([{back}[1:], 0 * {one}])",
        "After the last step there is no gate: its product is 1.",
    ),
    (
        "the last step meets its own gate",
        "i * np.concatenate([{back}[1:], f[-1:]])",
        "After the last step there is no gate: its product is 1.",
    ),
    (
        "one running product through everything",
        "i * np.cumprod(f[::-1])[::-1].reshape(f.shape)",
        "np.cumprod needs axis=0: time is the first axis.",
    ),
    (
        "the product runs along the batch",
        "i * np.cumprod(f[:, ::-1], axis=1)[:, ::-1]",
        "f is (T, B, H): time is the first axis, axis=0.",
    ),
    (
        "the products of the later gates in the order in which they are found",
        "i * np.concatenate([{one}, np.cumprod(f[::-1], axis=0)[:-1]])",
        "You walked backwards: the first product belongs to the last step. Turn the products round before they meet i.",
    ),
    (
        "the running products of the reversed gates, not turned back",
        "i * np.cumprod(f[::-1], axis=0)",
        "Turn the products round before they meet i; and the step's own gate does not count.",
    ),
    (
        "the shares of c_0, backwards",
        "i * np.cumprod(f, axis=0)[::-1]",
        "A share of c_0 holds the gates from the first step on. Here it starts at the last step: turn f round first.",
    ),
    (
        "the products are moved to the wrong side",
        "i * np.concatenate([{one}, {back}[:-1]])",
        "Step t meets the product from t + 1 on: leave the first one out and put a 1 at the end.",
    ),
    (
        "the running product from the second gate on",
        "i * np.concatenate([np.cumprod(f[1:], axis=0), {one}])",
        "The first step meets all the later gates, a late one few: the product runs backwards.",
    ),
    (
        "the running product from the last gate on, not turned back",
        "i * np.concatenate([np.cumprod(f[:0:-1], axis=0), {one}])",
        "The first step meets all the later gates, a late one few: turn the products round.",
    ),
    (
        "the running product of the moved gates, forwards",
        "i * np.cumprod(np.concatenate([f[1:], {one}]), axis=0)",
        "The first step meets all the later gates, a late one few: the product runs backwards.",
    ),
    (
        "the gates are rolled, so that the first one comes last",
        "i * np.cumprod(np.roll(f, -1, axis=0)[::-1], axis=0)[::-1]",
        "np.roll brings f[0] to the end, and every product holds it. After the last step comes a 1.",
    ),
    (
        "the last gate is in each product twice",
        "i * f[-1] * np.concatenate([{back}[1:], {one}])",
        "Start from 1: after the last step there is no gate.",
    ),
    ("tanh of the input gate", "np.tanh(i) * np.concatenate([{back}[1:], {one}])", "i has been through its sigmoid."),
    (
        "the input gates are turned round, too",
        "i[::-1] * np.concatenate([{back}[1:], {one}])",
        "Step t has its own input gate: i[t].",
    ),
    (
        "input and forget gates all in one product",
        "np.cumprod((i * f)[::-1], axis=0)[::-1]",
        "i[t] comes in once; only forget gates are carried back.",
    ),
    (
        "the smallest gate after the step",
        "i * np.concatenate([np.minimum.accumulate(f[::-1], axis=0)[::-1][1:], {one}])",
        "Every later gate takes its fraction: multiply them all.",
    ),
    (
        "at most two later gates",
        "i * np.stack([np.prod(f[t + 1 : t + 3], axis=0) for t in range(len(f))])",
        "All later gates count, however many steps there are.",
    ),
    (
        "the share of c_0",
        "np.ones_like(i) * f.prod(axis=0)",
        "That is the weight of c_0. Each g_t has its own: i[t] and the gates after it.",
    ),
    (
        "the running product of the forget gates alone",
        "np.cumprod(f, axis=0)",
        "That is what is left of c_0. The weight of g_t is i[t] times the gates after it.",
    ),
    (
        "the mean of the later gates",
        "i * np.stack([f[t + 1 :].mean(axis=0) if t < len(f) - 1 else 1 + 0 * f[0] for t in range(len(f))])",
        "Every later step scales what is there: multiply.",
    ),
):
    memory_weights_cases.wrong(_name, ("return w", f"return {_change.format(back=BACK, one=ONE)}"), _advice, alone=True)


def _piled(i, f):
    w, every = 0 * i[0], []
    for i_t, f_t in zip(i, f, strict=True):
        w = f_t * w + i_t
        every.append(w)
    return np.stack(every)


memory_weights_cases.wrong(
    "the sum of all weights so far",
    _piled,
    "w = f[t] * w + i[t] adds up what all candidates so far weigh. Give the weight of each g_t alone, in c_T.",
)
memory_weights_cases.wrong(
    "zeros are multiplied",
    ("later = 1.0", "later = 0.0"),
    "A product that starts at 0 stays 0. The product of nothing is 1.",
    plain=True,
)
add_rounded(memory_weights_cases, 1, 2, 3, 4)
memory_weights_cases.wrong(
    "the weights are made to sum to 1",
    ("return w", "return w / w.sum(axis=0)"),
    "They are no shares of a whole: the cell state may grow past every candidate.",
)
memory_weights_cases.wrong(
    "the order of time is reversed",
    ("return w", "return w[::-1].copy()"),
    "You walked backwards: the first weight that you found belongs to the last step.",
)
memory_weights_cases.wrong(
    "the weights are added up", ("return w", "return w.sum(axis=0)"), "Give one weight for each step: (T, B, H)."
)
memory_weights_cases.wrong(
    "i is overwritten",
    ("np.empty_like(i)", "i"),
    "`w = i` is the same array under a second name: make a new one, np.empty_like(i).",
)


# ---------------------------------------------------------------- 8. a memory that the student programs


def latch():
    """Weights of one LSTM unit, D = 2 and H = 1. Returns W_x (2, 4), W_h (1, 4), b (4,), columns i, f, g, o."""
    on = [12.0, -12.0, 3.0, 0.0]  # set: open i, forget the old value, write tanh(3) = 0.995
    off = [0.0, -12.0, 0.0, 0.0]  # reset: forget
    W_h = np.zeros((1, 4))  # the commands say it all
    b = np.array([-6.0, 6.0, 0.0, 6.0])  # nothing: shut i, keep, show; sigmoid(6) ** 99 is 0.78
    return np.array([on, off]), W_h, b


ON, OFF = 0.5, 0.1  # h is above ON after a set, below OFF after a reset
STEPS = 100
NOTHING, SET, RESET = range(3)
COMMANDS = "nothing", "set", "reset"
LAYERS = F.input_gate, F.forget_gate, F.candidate, F.output_gate


def _run(commands, W_x, W_h, b):
    """Every layer and both states of one unit that reads ``commands`` (T, B). Returns {letter: (T, B)}."""
    h = c = np.zeros((commands.shape[1], 1))
    seen = []
    for x in np.eye(3)[commands][..., 1:]:  # nothing is a row of zeros
        i, f, g, o = (layer(x, h, W_x, W_h, b) for layer in LAYERS)
        c = F.cell_update(f, c, i, g)
        h = F.hidden_update(o, c)
        seen.append([i, f, g, o, c, h])
    return dict(zip("ifgoch", np.moveaxis(np.array(seen)[..., 0], 1, 0), strict=True))


def _is_set(commands):
    """Whether the last command up to each step was a set, (T, B)."""
    on = np.zeros(commands.shape, bool)
    for t, now in enumerate(commands):
        on[t] = (now == SET) | (on[t - 1] & (now == NOTHING) if t else False)
    return on


def latch_marks(outputs, cases):
    """All points if one LSTM unit with the weights that were given knows the last command at every step."""
    smallest, largest = np.inf, -np.inf
    for given, case in zip(outputs, cases, strict=True):
        if trouble := _no_weights(given):
            return 0, trouble, "the arrays are not the weights of one unit"
        commands, on = case["commands"], _is_set(case["commands"])
        weights = {name: array.astype(np.float64) for name, array in given.items()}
        seen, failing = _try(commands, on, **weights)
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
            now = ", ".join(f"{name} = {values[t, n]:.4g}" for name, values in seen.items())
            want = f"above {ON}" if on[t, n] else f"below {OFF}"
            story = _in_words(commands[: t + 1, n])
            h = seen["h"][t, n]
            return 0, f"After {story}: h = {h:.4g}, expected {want}.\n{why}\nAt that step: {now}.", cause
        smallest = min(smallest, seen["h"][on].min())
        largest = max(largest, seen["h"][~on].max())
    steps = sum(case["commands"].size for case in cases)
    return (
        latch_cases.points,
        f"Your unit knew the last command at each of {steps:,} steps: after a set h was never below {smallest:.2f}, "
        f"and otherwise never above {largest:.2f}.",
        "",
    )


def _try(commands, on, W_x, W_h, b):
    """What a unit does, and where its h does not tell the last command, (T, B)."""
    with np.errstate(all="ignore"):
        seen = _run(commands, W_x, W_h, b)
    return seen, ~np.where(on, seen["h"] > ON, seen["h"] < OFF)


def _repair(commands, on, W_x, W_h, b):
    """The one change that would make a memory of these weights, (cause, sentence), or None."""
    works = lambda W_x, W_h, b: not _try(commands, on, W_x, W_h, b)[1].any()  # noqa: E731
    for order, known in (("fiog", ", as in many lecture notes"), ("igfo", ", as in old TensorFlow"), ("ifog", "")):
        columns = [order.index(letter) for letter in "ifgo"]
        if works(W_x[:, columns], W_h[:, columns], b[columns]):
            return (
                "the columns lie in another order",
                f"Your columns lie in the order {', '.join(order)}{known}. The order here is i, f, g, o: put them so.",
            )
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


def _no_weights(given):
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


def _in_words(commands):
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


@sheet.check(
    name="latch",
    oracle=latch,
    returns=("W_x", "W_h", "b"),
    probe="made",
    marks=latch_marks,
    points=5,
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
def latch_cases(rng):
    """The weights of one LSTM unit that knows whether the last command was a set or a reset."""
    rows = []
    for count in range(4):  # a few commands, then a long wait
        for first in itertools.product((SET, RESET), repeat=count):
            rows.append([*first, *(STEPS - count) * [NOTHING]])
    for many, then in itertools.permutations((NOTHING, SET, RESET), 2):
        rows.append([*(STEPS - 1) * [many], then])
        rows.append([*STEPS // 2 * [many], *STEPS // 2 * [then]])
    for longest in (1, 3, 10, 30, 90):
        for _ in range(6):
            runs = rng.integers(3, size=STEPS), rng.integers(1, longest + 1, size=STEPS)
            rows.append(np.repeat(*runs)[:STEPS])
    yield f"sequences of {STEPS} steps", {"commands": np.array(rows).T}
