"""Sheet 04: the two updates, the whole step, the step with stacked weights, and one step by pencil."""

import numpy as np

from lstm_helpers.checks.cases import SIZES, finish, weights
from lstm_helpers.checks.judge import two_decimals
from lstm_helpers.checks.sheet import Sheet
from lstm_helpers.nn import functional as F

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
    for label, B, _, H in SIZES:
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
cell_update.wrong("the forget gate is missing", (KEEP_ADD, "c_prev + i * g"), "The old cell state is multiplied by f.")
cell_update.wrong("the input gate is missing", (KEEP_ADD, "f * c_prev + g"), "The candidate is multiplied by i.")
cell_update.wrong(
    "1 - f in place of f",
    (KEEP_ADD, "(1 - f) * c_prev + i * g"),
    "f is the fraction that is kept: f = 1 keeps everything.",
)
cell_update.wrong(
    "the input gate is tied to 1 - f",
    (KEEP_ADD, "f * c_prev + (1 - f) * g"),
    "That is the coupling of the GRU: here i is a gate of its own.",
)
cell_update.wrong(
    "tanh on the new cell state",
    (KEEP_ADD, f"np.tanh({KEEP_ADD})"),
    "The cell state itself is not squashed; only the copy that goes into h is.",
)
cell_update.wrong(
    "tanh on the candidate again",
    (KEEP_ADD, "f * c_prev + i * np.tanh(g)"),
    "g has been through tanh already.",
)
cell_update.wrong(
    "f multiplies both terms", (KEEP_ADD, "f * (c_prev + i * g)"), "f belongs to the old cell state alone."
)
cell_update.wrong(
    "the new term is subtracted", (KEEP_ADD, "f * c_prev - i * g"), "Old and new are added; g brings the sign."
)
cell_update.wrong("1 - i in place of i", (KEEP_ADD, "f * c_prev + (1 - i) * g"), "i is the fraction that is added.")
cell_update.wrong(
    "the new cell state is cut to -1 to 1", (KEEP_ADD, f"np.clip({KEEP_ADD}, -1, 1)"), "The cell state has no bounds."
)
cell_update.wrong("a product in place of the sum", (KEEP_ADD, "f * c_prev * i * g"), "Old and new are added.")
cell_update.wrong(
    "the candidate is missing", (KEEP_ADD, "f * c_prev + i"), "i says how much, g says what: the new term is i * g."
)
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
    for label, B, _, H in SIZES:
        yield finish(label, {"o": rng.uniform(size=(B, H)), "c": rng.normal(size=(B, H)) * 3}, scaled=("c",))


SHOW = "o * np.tanh(c)"
hidden_update.wrong(
    "tanh(c) is missing",
    (SHOW, "o * c"),
    "The cell state has no bounds: squash it with tanh, h = o * tanh(c).",
)
hidden_update.wrong("tanh around everything", (SHOW, "np.tanh(o * c)"), "Squash c first, then let o scale it.")
hidden_update.wrong(
    "the sigmoid of c",
    (SHOW, "o * sigmoid(c)"),
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
hidden_update.wrong("1 - o in place of o", (SHOW, "(1 - o) * np.tanh(c)"), "o is the fraction that is shown.")
hidden_update.wrong("tanh(c) is divided by o", (SHOW, "np.tanh(c) / o"), "A gate multiplies.")
hidden_update.wrong("c is returned", (SHOW, "c"), "h is what the output gate lets out of c: o * tanh(c).")


def _step_cases(rng):
    for label, B, D, H in SIZES:
        case = {
            "x": rng.normal(size=(B, D)),
            "h_prev": rng.uniform(-1, 1, size=(B, H)),
            "c_prev": rng.normal(size=(B, H)) * 2,
            **weights(rng, D, H),
        }
        yield finish(label, case)


@sheet.check(
    oracle=F.lstm_step,
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


UPDATE, REVEAL = "cell_update(f, c_prev, i, g)", "hidden_update(o, c)"
SQUASHED = {"candidate": ("np.tanh(", "sigmoid(")}
ORDER = {  # where each gate's slice lies, in the readable solution
    "input_gate": "slice(0, H)",
    "forget_gate": "slice(H, 2 * H)",
    "candidate": "slice(2 * H, 3 * H)",
    "output_gate": "slice(3 * H, 4 * H)",
}


def _taken_from(**sources):
    """Edits that make each named layer read the slice of another."""
    return {name: (ORDER[name], ORDER[source]) for name, source in sources.items()}


lstm_step.wrong("tanh(c) is missing in h", (REVEAL, "o * c"), "h = o * tanh(c): call hidden_update.")
lstm_step.wrong(
    "h is made from the old cell state", (REVEAL, "hidden_update(o, c_prev)"), "h shows the new cell state c."
)
lstm_step.wrong(
    "f and i are swapped",
    (UPDATE, "cell_update(i, c_prev, f, g)"),
    "f scales c_prev, i scales g; the slices lie in the order i, f, g, o.",
)
lstm_step.wrong(
    "the slices of g and o are swapped",
    (),
    "The gates lie in the order i, f, g, o: the candidate is third.",
    **_taken_from(candidate="output_gate", output_gate="candidate"),
)
lstm_step.wrong(
    "the slices lie in the order f, i, o, g",
    (),
    "Many lecture notes write that order; here it is i, f, g, o.",
    **_taken_from(input_gate="forget_gate", forget_gate="input_gate", candidate="output_gate", output_gate="candidate"),
)
lstm_step.wrong("the sigmoid in the candidate", (), "The candidate may be negative: tanh.", **SQUASHED)
lstm_step.wrong(
    "the biases are missing",
    (),
    "Each layer adds its slice of b.",
    **dict.fromkeys(ORDER, (" + b[gate]", "")),
)
lstm_step.wrong(
    "the previous hidden state is missing",
    (),
    "Each layer adds h_prev @ W_h[:, gate].",
    **dict.fromkeys(ORDER, (" + h_prev @ W_h[:, gate]", "")),
)
lstm_step.wrong(
    "h_prev stands in the place of c_prev",
    (UPDATE, "cell_update(f, h_prev, i, g)"),
    "The memory is c: the forget gate scales c_prev.",
)
lstm_step.wrong("the candidate is not squashed", (), "g goes through tanh.", candidate=("np.tanh(", "("))
lstm_step.wrong(
    "tanh in the output gate", (), "A gate is a fraction: the sigmoid.", output_gate=("sigmoid(", "np.tanh(")
)
lstm_step.wrong(
    "the gates are not squashed",
    (),
    "i, f and o go through the sigmoid.",
    **{name: ("sigmoid(", "(") for name in ORDER if name != "candidate"},
)
lstm_step.wrong(
    "the old cell state is not kept",
    (UPDATE, "i * g"),
    "c = f * c_prev + i * g: the past comes in through c_prev.",
)
lstm_step.wrong("the forget gate is missing", (UPDATE, "c_prev + i * g"), "The old cell state is multiplied by f.")
lstm_step.wrong(
    "the input gate is tied to 1 - f", (UPDATE, "cell_update(f, c_prev, 1 - f, g)"), "i is a gate of its own."
)
lstm_step.wrong("tanh on the cell state", (UPDATE, f"np.tanh({UPDATE})"), "c is not squashed; only h sees tanh(c).")
lstm_step.wrong(
    "c_prev and i have changed places in the call",
    (UPDATE, "cell_update(f, i, c_prev, g)"),
    "Arguments go by their place: cell_update takes f, c_prev, i, g.",
)
lstm_step.wrong(
    "o and c have changed places in the call",
    (REVEAL, "hidden_update(c, o)"),
    "Arguments go by their place: hidden_update takes o, then c.",
)
lstm_step.wrong(
    "no layer is squashed",
    (),
    "These are the pre-activations: i, f and o go through the sigmoid, g through tanh.",
    **{name: (SQUASHED["candidate"][0] if name == "candidate" else "sigmoid(", "(") for name in ORDER},
)
lstm_step.wrong(
    "the slices lie in the order i, g, f, o",
    (),
    "Old TensorFlow cells keep that order; here it is i, f, g, o.",
    **_taken_from(forget_gate="candidate", candidate="forget_gate"),
)
lstm_step.wrong(
    "the output gate reads the new cell state",
    (
        "output_gate(x, h_prev, W_x, W_h, b)\n    c = cell_update(f, c_prev, i, g)",
        "...\n    c = cell_update(f, c_prev, i, g)\n    o = output_gate(x, c, W_x, W_h, b)",
    ),
    "All four layers read x and h_prev.",
)
lstm_step.wrong("h and c are returned in the wrong order", ("return h, c", "return c, h"), "Return h first, then c.")
lstm_step.wrong("c is returned for h", ("return h, c", "return c, c"), "The first result is h = o * tanh(c).")


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


CUTS = ("z[:, :H]", "z[:, H : 2 * H]", "z[:, 2 * H : 3 * H]", "z[:, 3 * H :]")
lstm_step_stacked.wrong("x comes first", ("[h_prev, x]", "[x, h_prev]"), "The rows of W for h come first: [h_prev, x].")
lstm_step_stacked.wrong(
    "f and i are swapped",
    (UPDATE, "cell_update(i, c_prev, f, g)"),
    "The columns lie in the order i, f, g, o; f scales c_prev.",
)
lstm_step_stacked.wrong(
    "the columns of g and o are swapped",
    [(CUTS[2], "?"), (CUTS[3], CUTS[2]), ("?", CUTS[3])],
    "The columns lie in the order i, f, g, o: the candidate is third.",
)
lstm_step_stacked.wrong(
    "the columns lie in the order f, i, o, g",
    [(CUTS[0], "?0"), (CUTS[1], CUTS[0]), ("?0", CUTS[1]), (CUTS[2], "?2"), (CUTS[3], CUTS[2]), ("?2", CUTS[3])],
    "Many lecture notes write that order; here it is i, f, g, o.",
)
lstm_step_stacked.wrong(
    "the columns lie in the order i, g, f, o",
    [(CUTS[1], "?"), (CUTS[2], CUTS[1]), ("?", CUTS[2])],
    "Old TensorFlow cells keep that order; here it is i, f, g, o.",
)
lstm_step_stacked.wrong(
    "the candidate is squashed twice",
    ("np.tanh(z[:, 2 * H : 3 * H])", "np.tanh(sigmoid(z[:, 2 * H : 3 * H]))"),
    "Cut z first: three parts go through the sigmoid, the third of the four through tanh alone.",
)
lstm_step_stacked.wrong(
    "the sigmoid in the candidate", ("np.tanh(z", "sigmoid(z"), "The candidate may be negative: tanh."
)
lstm_step_stacked.wrong("tanh in the gates", ("sigmoid(z", "np.tanh(z"), "A gate is a fraction: the sigmoid.")
lstm_step_stacked.wrong("the bias is missing", (" @ W + b", " @ W"), "Add b to z.")
lstm_step_stacked.wrong("tanh(c) is missing in h", (REVEAL, "o * c"), "h = o * tanh(c): call hidden_update.")
lstm_step_stacked.wrong(
    "h is made from the old cell state", (REVEAL, "hidden_update(o, c_prev)"), "h shows the new cell state c."
)
lstm_step_stacked.wrong(
    "h and c are returned in the wrong order", ("return h, c", "return c, h"), "Return h first, then c."
)
lstm_step_stacked.wrong("c is returned for h", ("return h, c", "return c, c"), "The first result is h = o * tanh(c).")


def _pencil(*, c_prev=1.6, squash=np.tanh, i=0.5, f=1.0, g=-0.9, o=2.0, reveal=np.tanh, keep=None):
    """The numbers of the pencil question, or of a slip in it."""
    i, f, g, o = F.sigmoid(i), F.sigmoid(f), squash(g), F.sigmoid(o)
    c = (f if keep is None else keep) * c_prev + i * g
    return {"i": i, "f": f, "g": g, "o": o, "c": c, "h": o * reveal(c)}


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


_right = _pencil()
pencil.wrong("tanh(c) is missing in h", _pencil(reveal=lambda c: c), "h = o * tanh(c).")
pencil.wrong(
    "f and i are swapped in the update",
    {**_right, "c": (c := _right["i"] * 1.6 + _right["f"] * _right["g"]), "h": _right["o"] * np.tanh(c)},
    "f scales the old cell state, i scales the candidate.",
)
pencil.wrong("the sigmoid in the candidate", _pencil(squash=F.sigmoid), "g = tanh(-0.9) is negative.")
pencil.wrong(
    "the candidate is not squashed",
    _pencil(squash=lambda z: z * 1.0),
    "g = tanh(-0.9), which is smaller in size than 0.9.",
)
pencil.wrong(
    "the sign of g is lost",
    _pencil(squash=lambda z: -np.tanh(z)),
    "tanh(-0.9) is negative; c and h follow from g.",
)
pencil.wrong(
    "the minus in the exponent is missing",
    _pencil(i=-0.5, f=-1.0, o=-2.0),
    "sigmoid(z) = 1 / (1 + exp(-z)): a positive z gives more than one half.",
)
pencil.wrong(
    "the tan key in place of tanh",
    _pencil(squash=lambda z: np.tan(np.radians(z)), reveal=lambda c: np.tan(np.radians(c))),
    "tanh is another function: on many calculators press hyp, then tan.",
)
pencil.wrong("the output gate is missing in h", {**_right, "h": np.tanh(_right["c"])}, "h = o * tanh(c).")
pencil.wrong("the sigmoid of c in h", _pencil(reveal=F.sigmoid), "h = o * tanh(c).")
pencil.wrong("h is made from the old cell state", {**_right, "h": _right["o"] * np.tanh(1.6)}, "h shows the new c.")
pencil.wrong("the old cell state is kept whole", _pencil(keep=1.0), "c = f * c_prev + i * g.")
pencil.wrong(
    "the gates are not squashed",
    {"i": 0.5, "f": 1.0, "g": -0.9, "o": 2.0, "c": 1.15, "h": 2 * np.tanh(1.15)},
    "The numbers given are pre-activations: put i, f and o through the sigmoid and g through tanh.",
)
