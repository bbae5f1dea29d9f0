"""Sheet 04: the two updates, the whole step, stacked weights, a step by pencil, what a memory is made of, a latch."""

import itertools

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
    ("c_prev itself is returned", "c_prev.copy()", "The new cell state is f * c_prev + i * g."),
    ("the sum over the units", f"({KEEP_ADD}).sum(axis=1)", "Every unit has its own cell: the result is (B, H)."),
    ("the mean over the batch", f"({KEEP_ADD}).mean(axis=0)", "Every sample has its own cell: the result is (B, H)."),
):
    cell_update.wrong(_name, (KEEP_ADD, _change), _advice)
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
for _name, _change, _advice in (
    ("tan in place of tanh", "o * np.tan(c)", "The hyperbolic tangent is np.tanh, with an h."),
    ("arctan in place of tanh", "o * np.arctan(c)", "The squashing function is np.tanh."),
    ("relu in place of tanh", "o * np.maximum(c, 0)", "c may be negative, and has no bounds: np.tanh keeps its sign."),
    ("c is cut off, not squashed", "o * np.clip(c, -1, 1)", "tanh bends: between -1 and 1 it is not c itself."),
    ("tanh twice", "o * np.tanh(np.tanh(c))", "One tanh, of c."),
    ("the sign of c is lost", "o * np.abs(np.tanh(c))", "h may be negative: leave the sign as it is."),
    ("o alone", "o.copy()", "o says how much is shown, tanh(c) says of what: o * tanh(c)."),
    ("the slope of tanh", "o * (1 - np.tanh(c) ** 2)", "That is for the way back. Here h = o * tanh(c)."),
    ("a difference in place of the product", "np.tanh(c) - o", "A gate multiplies: o * tanh(c)."),
    ("o comes in twice", "o * np.tanh(o * c)", "Squash c first, then let o scale it, once."),
    ("the sum over the units", "(o * np.tanh(c)).sum(axis=1)", "Every unit has its own h: (B, H)."),
    (
        "the sigmoid made to run from -1 to 1",
        "o * (2 * sigmoid(c) - 1)",
        "tanh(c) is 2 * sigmoid(2 * c) - 1: take np.tanh.",
    ),
):
    hidden_update.wrong(_name, (SHOW, _change), _advice)
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
lstm_step.wrong(
    "the biases are added twice",
    (),
    "Each layer adds its slice of b once, to the whole sum.",
    **dict.fromkeys(ORDER, (" + b[gate]", " + b[gate] + b[gate]")),
)
lstm_step.wrong(
    "the input is missing",
    (),
    "Each layer adds x @ W_x[:, gate].",
    **dict.fromkeys(ORDER, ("x @ W_x[:, gate] + ", "")),
)
lstm_step.wrong(
    "the sigmoid in all four layers, tanh(c) is missing",
    (REVEAL, "o * c"),
    "The candidate goes through tanh, and so does c on its way into h.",
    **SQUASHED,
)
for _first, _second in itertools.permutations(ORDER, 2):  # a copied line whose slice was left as it was
    lstm_step.wrong(
        f"the slice of {_first} is that of {_second}",
        (),
        f"Each layer has a block of its own, in the order i, f, g, o: {_first} has {ORDER[_first]}.",
        **_taken_from(**{_first: _second}),
    )
for _name, _change, _advice in (
    ("the candidate is squashed twice", (UPDATE, "cell_update(f, c_prev, i, np.tanh(g))"), "g has been through tanh."),
    ("c is squashed twice in h", (REVEAL, "hidden_update(o, np.tanh(c))"), "hidden_update takes the tanh: give it c."),
    ("the output gate is missing in h", (REVEAL, "np.tanh(c)"), "h = o * tanh(c): o says how much is shown."),
    ("the input gate is missing", (UPDATE, "f * c_prev + g"), "The candidate is multiplied by i."),
    ("1 - i in place of f", (UPDATE, "cell_update(1 - i, c_prev, i, g)"), "f is a gate of its own: f * c_prev."),
    ("1 - f in place of f", (UPDATE, "cell_update(1 - f, c_prev, i, g)"), "f is the fraction that is kept."),
    ("the candidate is missing", (UPDATE, "f * c_prev + i"), "i says how much, g says what: i * g."),
    ("c is added to the old cell state", (UPDATE, f"c_prev + {UPDATE}"), "f * c_prev is all that is left of it."),
    ("h is added to the old hidden state", (REVEAL, f"h_prev + {REVEAL}"), "h = o * tanh(c), and nothing is added."),
    ("o scales the cell state too", (UPDATE, f"o * {UPDATE}"), "The output gate acts on what is shown, on h alone."),
    ("h is returned for c", ("return h, c", "return h, h"), "The second result is c, the new cell state."),
    ("the old cell state is returned", ("return h, c", "return h, c_prev"), "Return the new cell state, c."),
    ("the old hidden state is returned", ("return h, c", "return h_prev, c"), "Return the new hidden state, h."),
    ("the layers read c_prev", ("x, h_prev, W_x", "x, c_prev, W_x"), "All four layers read x and h_prev."),
):
    lstm_step.wrong(_name, _change, _advice)
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
for _first, _second in itertools.permutations(range(4), 2):  # a copied line whose cut was left as it was
    lstm_step_stacked.wrong(
        f"{'ifgo'[_first]} is cut where {'ifgo'[_second]} lies",
        (CUTS[_first], CUTS[_second]),
        f"The columns lie in the order i, f, g, o: {'ifgo'[_first]} is {CUTS[_first]}.",
    )
for _name, _change, _advice in (
    ("the bias is added twice", (" @ W + b", " @ W + b + b"), "Add b once."),
    ("tanh on the cell state", (UPDATE, f"np.tanh({UPDATE})"), "c is not squashed; only h sees tanh(c)."),
    ("the forget gate is missing", (UPDATE, "c_prev + i * g"), "The old cell state is multiplied by f."),
    ("the input gate is missing", (UPDATE, "f * c_prev + g"), "The candidate is multiplied by i."),
    ("the old cell state is not kept", (UPDATE, "i * g"), "c = f * c_prev + i * g."),
    ("the input gate is tied to 1 - f", (UPDATE, "cell_update(f, c_prev, 1 - f, g)"), "i is a gate of its own."),
    ("1 - i in place of f", (UPDATE, "cell_update(1 - i, c_prev, i, g)"), "f is a gate of its own: f * c_prev."),
    ("h_prev in place of c_prev", (UPDATE, "cell_update(f, h_prev, i, g)"), "The forget gate scales c_prev."),
    ("the candidate is not squashed", ("np.tanh(z", "(z"), "g goes through tanh."),
    ("the gates are not squashed", ("sigmoid(z", "(z"), "i, f and o go through the sigmoid."),
    ("tanh in the output gate", (f"sigmoid({CUTS[3]})", f"np.tanh({CUTS[3]})"), "A gate is a fraction: the sigmoid."),
    ("the output gate is missing in h", (REVEAL, "np.tanh(c)"), "h = o * tanh(c): o says how much is shown."),
    ("h is returned for c", ("return h, c", "return h, h"), "The second result is c, the new cell state."),
    ("the old cell state is returned", ("return h, c", "return h, c_prev"), "Return the new cell state, c."),
    ("[c_prev, x] in place of [h_prev, x]", ("[h_prev, x]", "[c_prev, x]"), "The layers read h_prev and x."),
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
kept_share_cases.wrong("the gates themselves", (RUNNING, "f.copy()"), "f[t] is the share that step t alone keeps.")
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
    ("the order of time is turned round", f"{RUNNING}[::-1]", "The first row is the share after the first step."),
    ("the square root of the product", f"np.sqrt({RUNNING})", "The product itself, without a root."),
    ("the mean over the batch", f"{RUNNING}.mean(axis=1)", "Each sequence has its own share: (T, B, H)."),
    (
        "the logarithms are added and left there",
        "np.cumsum(np.log(np.maximum(f, 1e-300)), axis=0)",
        "That is the logarithm of the share: np.exp of it, or np.cumprod of the gates.",
    ),
):
    kept_share_cases.wrong(_name, (RUNNING, _change), _advice)
kept_share_cases.wrong("what is lost", (RUNNING, f"1 - {RUNNING}"), "The share that is left is asked for.")
kept_share_cases.wrong(
    "1 - f in place of f",
    (RUNNING, "np.cumprod(1 - f, axis=0)"),
    "f is the fraction that is kept: f = 1 keeps everything.",
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
    "the input gate is missing", (WEIGHT, "w[t] = later"), "Of g_t only the fraction i_t comes in at all."
)
memory_weights_cases.wrong(
    "the forget gates are missing", (LATER, "later = later"), "Every later step keeps only its fraction f."
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
memory_weights_cases.wrong(
    "the weights are made to sum to 1",
    ("return w", "return w / w.sum(axis=0)"),
    "They are no shares of a whole: the cell state may grow past every candidate.",
)
memory_weights_cases.wrong(
    "the order of time is turned round",
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
            cause, why = _repair(commands, on, **weights) or (_not_on if on[t, n] else _not_off)(
                commands[:, n],
                {name: values[:, n] for name, values in seen.items()},
                t,
                "Only b and W_h speak there" if weights["W_h"].any() else "Only b speaks there",
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
