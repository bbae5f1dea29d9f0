"""Sheet 05: the cell over time: inputs ahead, one product a step, the loop, pieces, padding, own ends, torch's weights.

Shapes: ``T`` time steps, ``B`` sequences, ``D`` input features, ``H`` units. The functions in front of each check are
its readable answers; a later one calls the earlier ones, as a student's may.
"""

import numpy as np

from lstm_helpers.checks.cases import add_tables, finish, weights
from lstm_helpers.checks.judge import close
from lstm_helpers.checks.sheet import Sheet
from lstm_helpers.lessons.forward_through_time.rare_slips import COUNTS, OFTEN, RARE
from lstm_helpers.nn.functional import sigmoid

sheet = Sheet("forward_pass", exercise="05_forward_through_time")

SEQUENCES = [  # label, T, B, D, H
    ("an ordinary batch", 4, 3, 5, 2),
    ("other values of the same shapes", 4, 3, 5, 2),
    ("one time step", 1, 2, 3, 4),
    ("one sequence in the batch", 5, 1, 3, 2),
    ("one hidden unit", 5, 4, 3, 1),
    ("square shapes, T = B = D = H", 3, 3, 3, 3),
    ("large positive inputs", 3, 5, 2, 4),
    ("large negative inputs", 3, 5, 2, 4),
    ("float32", 4, 2, 5, 3),
    ("a larger batch", 3, 5, 2, 4),
    ("longer inputs", 4, 2, 5, 3),
]


def _states(rng, B, H):
    """Initial states that are not zero, the cell state beyond 1."""
    return {"h_0": rng.uniform(-1, 1, size=(B, H)), "c_0": rng.normal(size=(B, H)) * 2}


# ---------------------------------------------------------------- all inputs before the loop


def project_inputs(x, W_x, b):
    """The share that the inputs have in all pre-activations. x (T, B, D), W_x (D, 4H), b (4H,). Returns (T, B, 4H)."""
    return x @ W_x + b


@sheet.check(
    name="project_inputs",
    oracle=project_inputs,
    returns="z_x",
    points=1,
    minutes=4,
    hints=[
        "`@` works on the last axis of `x` and the first of `W_x`, and leaves all other axes of `x` as they are.",
        "(T, B, D) @ (D, 4H) gives (T, B, 4H): no loop over time is needed.",
        "One product and one sum: `x @ W_x`, plus `b`, which is added to every row.",
    ],
)
def inputs_ahead(rng):
    """What the inputs add to all pre-activations of all steps, with the bias, in one product."""
    for label, T, B, D, H in SEQUENCES:
        drawn = weights(rng, D, H)
        yield finish(label, {"x": rng.normal(size=(T, B, D)), "W_x": drawn["W_x"], "b": drawn["b"]})


inputs_ahead.wrong("the bias is missing", (" + b", ""), "Add b: it belongs to every step and every sequence.")
inputs_ahead.wrong("the bias is subtracted", ("+ b", "- b"), "The bias is added.")
inputs_ahead.wrong(
    "only the first step", ("x @", "x[0] @"), "`x[0]` is one step: project the whole x, all T steps at once."
)
inputs_ahead.wrong(
    "only the last step", ("x @", "x[-1] @"), "`x[-1]` is one step: project the whole x, all T steps at once."
)
inputs_ahead.wrong(
    "time and batch are exchanged",
    ("x @", "x.transpose(1, 0, 2) @"),
    "Time stays first, the batch second: x is (T, B, D) and the result (T, B, 4H).",
)
inputs_ahead.wrong(
    "time and batch are one axis",
    ("x @ W_x", "x.reshape(-1, x.shape[-1]) @ W_x"),
    "After `reshape(T * B, D)` and the product, reshape the result back to (T, B, 4H).",
)
inputs_ahead.wrong(
    "reshaped back with time and batch exchanged",
    ("x @ W_x + b", "(x.reshape(-1, x.shape[-1]) @ W_x + b).reshape(x.shape[1], x.shape[0], -1)"),
    "Reshape back to (T, B, 4H), in the order in which x had its axes.",
)
inputs_ahead.wrong(
    "W_x is transposed",
    ("W_x + b", "W_x.T + b"),
    "W_x is (D, 4H) already: (T, B, D) @ (D, 4H) fits without .T.",
)
inputs_ahead.wrong(
    "the result is squashed",
    ("x @ W_x + b", "sigmoid(x @ W_x + b)"),
    "Squash later: the share of h_{t-1} is still to be added.",
)
inputs_ahead.wrong(
    "the steps are summed", ("x @", "x.sum(axis=0) @"), "Each step keeps its own row: nothing is summed."
)
for _name, _change, _advice in (
    ("the bias is added twice", ("+ b", "+ b + b"), "Add b once."),
    ("the bias is multiplied", ("+ b", "* b"), "The bias is added."),
    ("one number of the bias for all", ("+ b", "+ b[0]"), "Every pre-activation has its own bias: add the whole b."),
    (
        "tanh on the result",
        ("x @ W_x + b", "np.tanh(x @ W_x + b)"),
        "Squash later: the share of h_{t-1} is still to be added.",
    ),
    ("the mean over the steps", ("x @", "x.mean(axis=0) @"), "Each step keeps its own row: nothing is averaged."),
    ("the sequences are summed", ("x @", "x.sum(axis=1) @"), "Each sequence keeps its own row: nothing is summed."),
    ("the first sequence alone", ("x @", "x[:, 0] @"), "`x[:, 0]` is one sequence: project the whole x."),
    (
        "the steps pile up",
        ("x @", "np.cumsum(x, axis=0) @"),
        "Each step has its own input alone: nothing is summed over time.",
    ),
    (
        "the first quarter of the columns alone",
        ("x @ W_x + b", "x @ W_x[:, : len(b) // 4] + b[: len(b) // 4]"),
        "All four layers at once: the whole W_x and b, 4H columns.",
    ),
    ("time runs backwards", ("x @", "x[::-1] @"), "Row t of the result belongs to x[t]."),
):
    inputs_ahead.wrong(_name, _change, _advice)


# ---------------------------------------------------------------- one product for four gates


def lstm_step_fused(z_x, h_prev, c_prev, W_h):
    """One step from the projected input. z_x (B, 4H), h_prev and c_prev (B, H), W_h (H, 4H). Returns h, c, (B, H)."""
    z = z_x + h_prev @ W_h
    i, f, g, o = np.split(z, 4, axis=1)
    c = sigmoid(f) * c_prev + sigmoid(i) * np.tanh(g)
    h = sigmoid(o) * np.tanh(c)
    return h, c


@sheet.check(
    name="lstm_step_fused",
    oracle=lstm_step_fused,
    returns=("h", "c"),
    ranges={"h": (-1, 1)},
    points=3,
    minutes=10,
    hints=[
        "z_x holds what the inputs and the bias add. What is missing is the share of h_prev: one product.",
        "`z_x + h_prev @ W_h` is (B, 4H). Cut its columns into four blocks, i, f, g, o: slices of H columns, or "
        "`np.split(z, 4, axis=1)`.",
        "Then the two updates: `c = sigmoid(f) * c_prev + sigmoid(i) * np.tanh(g)` and `h = sigmoid(o) * np.tanh(c)`.",
    ],
)
def step_in_one_product(rng):
    """One step from the projected input, with one product for all four layers."""
    for label, _, B, D, H in SEQUENCES:
        states = _states(rng, B, H)
        case = {
            "z_x": rng.normal(size=(B, 4 * H)) + weights(rng, D, H)["b"],
            "h_prev": states["h_0"],
            "c_prev": states["c_0"],
            "W_h": rng.normal(size=(H, 4 * H)),
        }
        yield finish(label, case, scaled=("z_x",))


CUT, KEEP_ADD = "i, f, g, o = np", "sigmoid(f) * c_prev + sigmoid(i) * np.tanh(g)"
step_in_one_product.wrong(
    "i and f are swapped", (CUT, "f, i, g, o = np"), "The blocks lie in the order i, f, g, o; f scales c_prev."
)
step_in_one_product.wrong(
    "g and o are swapped", (CUT, "i, f, o, g = np"), "The blocks lie in the order i, f, g, o: the candidate is third."
)
step_in_one_product.wrong(
    "the order f, i, o, g", (CUT, "f, i, o, g = np"), "Many lecture notes write that order; here it is i, f, g, o."
)
step_in_one_product.wrong(
    "rows are cut, not columns", ("axis=1", "axis=0"), "A gate is a block of columns: `np.split(z, 4, axis=1)`."
)
step_in_one_product.wrong(
    "every fourth column",
    ("np.split(z, 4, axis=1)", "(z[:, k::4] for k in range(4))"),
    "A gate's H columns lie side by side: z[:, :H], z[:, H:2 * H], and so on.",
)
step_in_one_product.wrong(
    "the share of h_prev is missing", (" + h_prev @ W_h", ""), "z_x knows the inputs alone: add h_prev @ W_h."
)
step_in_one_product.wrong(
    "the share of the inputs is missing", ("z_x + h_prev", "h_prev"), "Add z_x: it holds the inputs and the bias."
)
step_in_one_product.wrong(
    "W_h is transposed",
    ("@ W_h", "@ W_h.T"),
    "W_h is (H, 4H) already: h_prev @ W_h, (B, H) @ (H, 4H), fits without .T.",
)
step_in_one_product.wrong(
    "the sigmoid on everything, then tanh",
    [("z = z_x + h_prev @ W_h", "z = sigmoid(z_x + h_prev @ W_h)"), *((f"sigmoid({k})", k) for k in "ifo")],
    "The candidate sees tanh alone: cut z first, then squash each block once.",
)
step_in_one_product.wrong(
    "H is taken from the number of rows",
    ("np.split(z, 4, axis=1)", "(z[:, k * len(z) : (k + 1) * len(z)] for k in range(4))"),
    "h_prev is (B, H): H, the width of a block, is h_prev.shape[1].",
)
step_in_one_product.wrong(
    "the layers are squashed twice",
    ("axis=1)\n", "axis=1)\n    i, f, g, o = sigmoid(i), sigmoid(f), np.tanh(g), sigmoid(o)\n"),
    "After i = sigmoid(i) the update takes i itself: squash each block once.",
)
step_in_one_product.wrong(
    "the gates are squashed twice",
    ("axis=1)\n", "axis=1)\n    i, f, o = sigmoid(i), sigmoid(f), sigmoid(o)\n"),
    "After i = sigmoid(i) the update takes i itself: squash each block once.",
)
step_in_one_product.wrong(
    "c_prev is multiplied by W_h",
    ("h_prev @ W_h", "c_prev @ W_h"),
    "The layers see the hidden state: h_prev @ W_h. c_prev is multiplied by f alone.",
)
step_in_one_product.wrong(
    "1 - f stands in place of i",
    ("sigmoid(i) *", "(1 - sigmoid(f)) *"),
    "An LSTM has an input gate of its own: sigmoid(i) scales the candidate.",
)
step_in_one_product.wrong(
    "the tanh for h is kept in c",
    [
        (
            "c = sigmoid(f) * c_prev + sigmoid(i) * np.tanh(g)",
            "c = np.tanh(sigmoid(f) * c_prev + sigmoid(i) * np.tanh(g))",
        ),
        ("* np.tanh(c)", "* c"),
    ],
    "c is kept as it is, without bounds; only h shows tanh(c).",
)
step_in_one_product.wrong(
    "reshaped into four, not cut into four",
    ("np.split(z, 4, axis=1)", "z.reshape(4, len(z), -1)"),
    "reshape(4, B, H) cuts along the rows and mixes sequences: cut columns, np.split(z, 4, axis=1).",
)
step_in_one_product.wrong(
    "the two shares are squashed apart",
    [
        ("z = z_x + h_prev @ W_h\n    i, f, g, o = np", "i, f, g, o = np"),
        ("np.split(z, 4, axis=1)", "np.split(sigmoid(z_x) + sigmoid(h_prev @ W_h), 4, axis=1)"),
        ("sigmoid(f) *", "f *"),
        ("sigmoid(i) *", "i *"),
        ("sigmoid(o) *", "o *"),
    ],
    "Add z_x and h_prev @ W_h first, then squash once.",
)
step_in_one_product.wrong(
    "z_x is changed in place",
    ("z = z_x + h_prev @ W_h", "z = z_x\n    z += h_prev @ W_h"),
    "`+=` writes into the caller's array: make a new one with z = z_x + ...",
)
step_in_one_product.wrong(
    "the sigmoid in the candidate", ("np.tanh(g)", "sigmoid(g)"), "The candidate may be negative: tanh."
)
step_in_one_product.wrong("the candidate is not squashed", ("np.tanh(g)", "g"), "g goes through tanh.")
step_in_one_product.wrong("tanh in the gates", ("sigmoid(", "np.tanh("), "A gate is a fraction: the sigmoid.")
step_in_one_product.wrong("the gates are not squashed", ("sigmoid(", "("), "i, f and o go through the sigmoid.")
step_in_one_product.wrong(
    "tanh(c) is missing in h", ("* np.tanh(c)", "* c"), "The cell state has no bounds: h = o * tanh(c)."
)
step_in_one_product.wrong(
    "h is made from the old cell state", ("np.tanh(c)", "np.tanh(c_prev)"), "h shows the new cell state c."
)
step_in_one_product.wrong(
    "the forget gate is missing",
    (KEEP_ADD, "c_prev + sigmoid(i) * np.tanh(g)"),
    "The old cell state is multiplied by f.",
)
step_in_one_product.wrong(
    "h and c are returned in the wrong order", ("return h, c", "return c, h"), "Return h first, then c."
)
step_in_one_product.wrong("c is returned for h", ("return h, c", "return c, c"), "The first result is h = o * tanh(c).")
for _name, _change, _advice in (
    ("the input gate is missing", ("sigmoid(i) * np.tanh(g)", "np.tanh(g)"), "The candidate is multiplied by i."),
    ("the output gate is missing", ("sigmoid(o) * np.tanh(c)", "np.tanh(c)"), "o says how much of tanh(c) is shown."),
    ("the old cell state is not kept", (KEEP_ADD, "sigmoid(i) * np.tanh(g)"), "c = f * c_prev + i * g."),
    ("h_prev in place of c_prev", ("* c_prev", "* h_prev"), "The memory is c: the forget gate scales c_prev."),
    ("1 - f in place of f", ("sigmoid(f) * c_prev", "(1 - sigmoid(f)) * c_prev"), "f is the fraction that is kept."),
    (
        "1 - i in place of f",
        ("sigmoid(f) * c_prev", "(1 - sigmoid(i)) * c_prev"),
        "f is a gate of its own: f * c_prev.",
    ),
    ("tanh on the cell state", (KEEP_ADD, f"np.tanh({KEEP_ADD})"), "c is not squashed; only h sees tanh(c)."),
    ("the new term is subtracted", ("c_prev + sigmoid(i)", "c_prev - sigmoid(i)"), "Old and new are added."),
    ("tanh in the output gate", ("sigmoid(o)", "np.tanh(o)"), "A gate is a fraction: the sigmoid."),
    ("tanh in the forget gate", ("sigmoid(f)", "np.tanh(f)"), "A gate is a fraction: the sigmoid."),
    ("tanh in the input gate", ("sigmoid(i)", "np.tanh(i)"), "A gate is a fraction: the sigmoid."),
    (
        "the old hidden state is added to the new",
        ("h = sigmoid(o)", "h = h_prev + sigmoid(o)"),
        "h = o * tanh(c), and nothing is added.",
    ),
    ("the two shares are multiplied", ("z_x + h_prev @ W_h", "z_x * (h_prev @ W_h)"), "The two shares are added."),
    ("the share of h_prev is subtracted", ("z_x + h_prev", "z_x - h_prev"), "The two shares are added."),
    ("h is returned for c", ("return h, c", "return h, h"), "The second result is c, the new cell state."),
    ("f and o are swapped", (CUT, "i, o, g, f = np"), "The blocks lie in the order i, f, g, o."),
    ("i and o are swapped", (CUT, "o, f, g, i = np"), "The blocks lie in the order i, f, g, o."),
    (
        "f and g are swapped",
        (CUT, "i, g, f, o = np"),
        "The blocks lie in the order i, f, g, o: old TensorFlow cells have another.",
    ),
    (
        "c_prev is changed in place",
        (f"c = {KEEP_ADD}", "c_prev *= sigmoid(f)\n    c_prev += sigmoid(i) * np.tanh(g)\n    c = c_prev"),
        "`*=` and `+=` write into the caller's array: make a new one with c = ...",
    ),
):
    step_in_one_product.wrong(_name, _change, _advice)


# ---------------------------------------------------------------- the loop over time


def lstm_forward(x, h_0, c_0, W_x, W_h, b):
    """The cell over x (T, B, D) from h_0 and c_0 (B, H). Returns h (T, B, H) and the pair of the last states."""
    h, c, hs = h_0, c_0, []
    for z_x in project_inputs(x, W_x, b):
        h, c = lstm_step_fused(z_x, h, c, W_h)
        hs.append(h)
    return np.stack(hs), (h, c)


def _run(rng, T, B, D, H):
    return {"x": rng.normal(size=(T, B, D)), **_states(rng, B, H), **weights(rng, D, H)}


@sheet.check(
    name="lstm_forward",
    oracle=lstm_forward,
    returns=("h", ("h_last", "c_last")),
    ranges={"h": (-1, 1), "h_last": (-1, 1)},
    points=4,
    minutes=12,
    uses=("project_inputs", "lstm_step_fused"),
    hints=[
        "Project all inputs before the loop. The loop then goes over the first axis, time, and carries h and c.",
        "`for z_x in project_inputs(x, W_x, b):` gives one (B, 4H) array for each step. Collect each new h in a list.",
        "Start with `h, c = h_0, c_0`; in the loop `h, c = lstm_step_fused(z_x, h, c, W_h)` and `hs.append(h)`; at the "
        "end `return np.stack(hs), (h, c)`.",
    ],
)
def loop_over_time(rng):
    """The whole run: all hidden states, and the last hidden and cell state."""
    for label, *sizes in SEQUENCES:
        yield finish(label, _run(rng, *sizes))
    yield "a longer run", _run(rng, 12, 2, 3, 2)


STEP, START = "h, c = lstm_step_fused(z_x, h, c, W_h)", "h, c, hs = h_0, c_0, []"
loop_over_time.wrong(
    "it starts from zeros",
    (START, "h, c, hs = 0 * h_0, 0 * c_0, []"),
    "The run starts from h_0 and c_0: they may hold what came before.",
)
loop_over_time.wrong(
    "h starts from zeros", (START, "h, c, hs = 0 * h_0, c_0, []"), "Start from both states, h_0 and c_0."
)
loop_over_time.wrong(
    "c starts from zeros", (START, "h, c, hs = h_0, 0 * c_0, []"), "Start from both states, h_0 and c_0."
)
loop_over_time.wrong(
    "h_0 and c_0 are exchanged", (START, "h, c, hs = c_0, h_0, []"), "h starts from h_0 and c from c_0."
)
loop_over_time.wrong(
    "c is not carried",
    (STEP, STEP.replace("h, c, W_h", "h, c_0, W_h")),
    "Each step takes the c of the step before, not c_0 again.",
)
loop_over_time.wrong(
    "h is not carried",
    (STEP, STEP.replace("h, c, W_h", "h_0, c, W_h")),
    "Each step takes the h of the step before, not h_0 again.",
)
loop_over_time.wrong(
    "no state is carried",
    (STEP, STEP.replace("h, c, W_h", "h_0, c_0, W_h")),
    "Each step takes h and c of the step before: assign both in the loop.",
)
loop_over_time.wrong(
    "c is collected in place of h", ("hs.append(h)", "hs.append(c)"), "The first result holds the hidden states h."
)
loop_over_time.wrong(
    "h is collected before the step",
    [(STEP, "hs.append(h)\n        " + STEP), ("\n        hs.append(h)\n    return", "\n    return")],
    "Append the new h, after the step: h[0] is the state after the first input.",
)
loop_over_time.wrong(
    "h_0 is in the list", (START, "h, c, hs = h_0, c_0, [h_0]"), "h has T steps: h_0 is not one of them."
)
loop_over_time.wrong(
    "the loop runs over the batch",
    ("in project_inputs(x, W_x, b)", "in project_inputs(x, W_x, b).transpose(1, 0, 2)"),
    "Time is the first axis: the loop goes over T, and each step does all B sequences at once.",
)
loop_over_time.wrong(
    "the batch comes first",
    ("np.stack(hs)", "np.stack(hs, axis=1)"),
    "Stack along the first axis: h is (T, B, H), np.stack(hs).",
)
loop_over_time.wrong(
    "the steps are joined along the batch",
    ("np.stack(hs)", "np.concatenate(hs)"),
    "np.stack(hs) makes a new first axis for time; np.concatenate makes the batch longer.",
)
loop_over_time.wrong(
    "only the last h is returned", ("np.stack(hs), (h, c)", "h, (h, c)"), "The first result holds the h of every step."
)
loop_over_time.wrong(
    "three results, not two",
    ("np.stack(hs), (h, c)", "np.stack(hs), h, c"),
    "The last states are one pair, in brackets: return np.stack(hs), (h, c).",
    plain=True,
)
loop_over_time.wrong(
    "h and c of the step are taken in the wrong order",
    (STEP, STEP.replace("h, c =", "c, h =")),
    "lstm_step_fused returns h first, then c: h, c = lstm_step_fused(...).",
)
loop_over_time.wrong(
    "h[0] is h_0, and the first step is left out",
    [(START, "h, c, hs = h_0, c_0, [h_0]"), ("in project_inputs(x, W_x, b)", "in project_inputs(x, W_x, b)[1:]")],
    "h[0] is the state after the first input: do the step for x[0], too.",
)
loop_over_time.wrong(
    "the text is read backwards",
    ("in project_inputs(x, W_x, b)", "in project_inputs(x, W_x, b)[::-1]"),
    "The first step comes first.",
)
loop_over_time.wrong(
    "the return stands inside the loop",
    ("hs.append(h)\n", "hs.append(h)\n        return np.stack(hs), (h, c)\n"),
    "The first step already returns: move `return` to the left, below the loop.",
)
loop_over_time.wrong(
    "the first step is left out",
    [(START, "h, c, hs = h_0, c_0, [0 * h_0]"), ("in project_inputs(x, W_x, b)", "in project_inputs(x, W_x, b)[1:]")],
    "Steps are counted from 0: the loop starts with z_x[0].",
)
loop_over_time.wrong(
    "the last step is left out",
    [
        ("in project_inputs(x, W_x, b)", "in project_inputs(x, W_x, b)[:-1]"),
        ("np.stack(hs)", "np.stack([*hs, 0 * h_0])"),
    ],
    "range(len(x)) ends at T - 1 by itself: that is the last step.",
)
loop_over_time.wrong(
    "the inputs are not projected",
    ("in project_inputs(x, W_x, b)", "in x"),
    "The step takes z_x, (B, 4H), not x: loop over project_inputs(x, W_x, b).",
)
loop_over_time.wrong(
    "the pair is in the wrong order", ("(h, c)\n", "(c, h)\n"), "The pair is (h, c), the hidden state first."
)
loop_over_time.wrong(
    "the bias is missing", ("(x, W_x, b)", "(x, W_x, 0 * b)"), "Every step adds b: project_inputs does it once for all."
)
loop_over_time.wrong(
    "the bias is added twice", ("(x, W_x, b)", "(x, W_x, 2 * b)"), "project_inputs has added b already."
)
loop_over_time.wrong(
    "the first states are returned",
    ("(h, c)\n", "(h_0, c_0)\n"),
    "The pair holds the states after the last step.",
    plain=True,
)
for _name, _change, _advice in (
    (
        "the list runs from the last step to the first",
        ("np.stack(hs)", "np.stack(hs[::-1])"),
        "Leave the steps in the order of time.",
    ),
    (
        "the text is read backwards, and each state stands in its own row",
        [
            ("in project_inputs(x, W_x, b)", "in project_inputs(x, W_x, b)[::-1]"),
            ("np.stack(hs)", "np.stack(hs[::-1])"),
        ],
        "The first step comes first: each state knows of what came before it.",
    ),
    (
        "the text is read backwards, and h_last is the last row",
        [
            ("in project_inputs(x, W_x, b)", "in project_inputs(x, W_x, b)[::-1]"),
            ("np.stack(hs), (h, c)", "np.stack(hs[::-1]), (hs[0], c)"),
        ],
        "The first step comes first, and h_last is the state after the last.",
    ),
    (
        "the states are added up",
        ("np.stack(hs)", "np.cumsum(hs, axis=0)"),
        "Row t is the hidden state of step t alone.",
    ),
    (
        "time is the last axis",
        ("np.stack(hs)", "np.stack(hs, axis=-1)"),
        "Stack along the first axis: h is (T, B, H), np.stack(hs).",
    ),
    (
        "the first step's states are returned as the last",
        ("(h, c)\n", "(hs[0], c)\n"),
        "h_last is the hidden state after the last step: hs[-1], or h after the loop.",
    ),
    ("h is returned for c", ("(h, c)\n", "(h, h)\n"), "The pair holds h_last and c_last."),
    ("c is returned for h", ("(h, c)\n", "(c, c)\n"), "The pair holds h_last and c_last."),
    (
        "every step reads the first input",
        ("lstm_step_fused(z_x,", "lstm_step_fused(project_inputs(x, W_x, b)[0],"),
        "Step t reads its own z_x[t].",
    ),
    (
        "every step reads the last input",
        ("lstm_step_fused(z_x,", "lstm_step_fused(project_inputs(x, W_x, b)[-1],"),
        "Step t reads its own z_x[t].",
    ),
    (
        "the mean over time",
        ("np.stack(hs)", "np.mean(hs, axis=0)"),
        "The hidden states of all steps are asked: np.stack(hs).",
    ),
    (
        "all cell states in the pair",
        ("(h, c)\n", "(np.stack(hs), c)\n"),
        "h_last is one state, (B, H): that of the last step.",
    ),
):
    loop_over_time.wrong(_name, _change, _advice)


# ---------------------------------------------------------------- a text in two pieces


def forward_in_two(x_1, x_2, h_0, c_0, W_x, W_h, b):
    """A text in two pieces, x_1 (T_1, B, D), then x_2 (T_2, B, D). Returns h (T_1 + T_2, B, H) and the last pair."""
    h_1, (h, c) = lstm_forward(x_1, h_0, c_0, W_x, W_h, b)
    h_2, last = lstm_forward(x_2, h, c, W_x, W_h, b)
    return np.concatenate([h_1, h_2]), last


@sheet.check(
    name="forward_in_two",
    oracle=forward_in_two,
    returns=("h", ("h_last", "c_last")),
    ranges={"h": (-1, 1), "h_last": (-1, 1)},
    points=2,
    minutes=8,
    uses=("project_inputs", "lstm_step_fused", "lstm_forward"),
    hints=[
        "Call lstm_forward twice. The second call starts where the first one ended.",
        "lstm_forward returns the pair of its last states: exactly what the next call needs as h_0 and c_0.",
        "`h_1, (h, c) = lstm_forward(x_1, h_0, c_0, ...)`, then `h_2, last = lstm_forward(x_2, h, c, ...)`, and "
        "`np.concatenate([h_1, h_2])`, one list of both, joins them along time.",
    ],
)
def two_pieces(rng):
    """A text read in two pieces, the state carried from the first to the second."""
    for label, T, B, D, H in SEQUENCES:
        case = _run(rng, T, B, D, H)
        more = 3 if T == 3 and B == 3 else T + 2  # the square case has two pieces of the same length
        yield finish(label, {"x_1": case.pop("x"), "x_2": rng.normal(size=(more, B, D)), **case}, ("x_1", "x_2"))


SECOND = "lstm_forward(x_2, h, c,"
two_pieces.wrong(
    "the second piece starts from zeros",
    (SECOND, "lstm_forward(x_2, 0 * h, 0 * c,"),
    "Hand the last states of the first piece to the second: the cell must not forget at the cut.",
)
two_pieces.wrong(
    "the second piece starts from h_0 and c_0",
    (SECOND, "lstm_forward(x_2, h_0, c_0,"),
    "The second piece starts where the first one ended: with its last h and c.",
)
two_pieces.wrong(
    "c is not carried", (SECOND, "lstm_forward(x_2, h, 0 * c,"), "Carry both states: the memory itself is c."
)
two_pieces.wrong("h is not carried", (SECOND, "lstm_forward(x_2, 0 * h, c,"), "Carry both states, h and c.")
two_pieces.wrong(
    "c starts again from c_0", (SECOND, "lstm_forward(x_2, h, c_0,"), "Carry both states: the memory itself is c."
)
two_pieces.wrong("h starts again from h_0", (SECOND, "lstm_forward(x_2, h_0, c,"), "Carry both states, h and c.")
two_pieces.wrong(
    "h and c are exchanged at the cut", (SECOND, "lstm_forward(x_2, c, h,"), "lstm_forward takes h first, then c."
)
two_pieces.wrong(
    "the first h of the first piece is carried",
    (SECOND, "lstm_forward(x_2, h_1[0], c,"),
    "The state at the cut is the last one of the first piece, h_1[-1].",
)
two_pieces.wrong(
    "three results are taken, not two",
    ("h_1, (h, c) =", "h_1, h, c ="),
    "lstm_forward returns two things, and the second is a pair: h_1, (h, c) = lstm_forward(...).",
)
two_pieces.wrong(
    "three results are returned, not two",
    ("np.concatenate([h_1, h_2]), last", "np.concatenate([h_1, h_2]), *last"),
    "The last states are one pair: return h, (h_last, c_last).",
    plain=True,
)
two_pieces.wrong(
    "the list's brackets are missing",
    ("np.concatenate([h_1, h_2])", "np.concatenate(h_1, h_2)"),
    "np.concatenate takes its arrays as one list, with a second pair of brackets: np.concatenate([h_1, h_2]).",
)
two_pieces.wrong(
    "a list of two, not one array",
    ("np.concatenate([h_1, h_2])", "[h_1, h_2]"),
    "Join the two along time: np.concatenate([h_1, h_2]). np.stack asks for pieces of the same length.",
    plain=True,
)
two_pieces.wrong(
    "the pieces are added",
    ("np.concatenate([h_1, h_2])", "h_1 + h_2"),
    "+ adds the numbers of two arrays. To put one behind the other: np.concatenate([h_1, h_2]).",
)
two_pieces.wrong(
    "the pieces become one long row",
    ("np.concatenate([h_1, h_2])", "np.append(h_1, h_2)"),
    "np.append without an axis forgets all axes: np.concatenate([h_1, h_2]).",
)
two_pieces.wrong(
    "the first piece is read twice", (SECOND, "lstm_forward(x_1, h, c,"), "The second call reads the second piece, x_2."
)
two_pieces.wrong(
    "the pieces are stacked",
    ("np.concatenate([h_1, h_2])", "np.stack([h_1, h_2])"),
    "np.stack makes a new axis: np.concatenate makes time longer.",
)
two_pieces.wrong("the pieces are in the wrong order", ("[h_1, h_2]", "[h_2, h_1]"), "The first piece comes first.")
two_pieces.wrong(
    "only the second piece is returned", ("np.concatenate([h_1, h_2])", "h_2"), "Return the h of both pieces."
)
two_pieces.wrong(
    "the pieces are joined along the batch",
    ("np.concatenate([h_1, h_2])", "np.concatenate([h_1, h_2], axis=1)"),
    "Join them along time, the first axis: the sequences stay the same.",
)
two_pieces.wrong(
    "the states at the cut are returned", ("), last", "), (h, c)"), "Return the last states of the second piece."
)
two_pieces.wrong(
    "the first piece starts from zeros",
    ("lstm_forward(x_1, h_0, c_0,", "lstm_forward(x_1, 0 * h_0, 0 * c_0,"),
    "The first piece starts from h_0 and c_0.",
)
for _name, _change, _advice in (
    ("only the first piece is returned", ("np.concatenate([h_1, h_2])", "h_1"), "Return the h of both pieces."),
    (
        "the second piece is read twice",
        ("lstm_forward(x_1, h_0", "lstm_forward(x_2, h_0"),
        "The first call reads the first piece, x_1.",
    ),
    (
        "the pieces are read in the wrong order",
        [
            ("lstm_forward(x_1, h_0", "lstm_forward(?"),
            ("lstm_forward(x_2, h,", "lstm_forward(x_1, h,"),
            ("lstm_forward(?", "lstm_forward(x_2, h_0"),
        ],
        "Read x_1 first, then x_2.",
    ),
    ("h is carried for c", (SECOND, "lstm_forward(x_2, h, h,"), "The third argument is the cell state, c."),
    ("c is carried for h", (SECOND, "lstm_forward(x_2, c, c,"), "The second argument is the hidden state, h."),
    (
        "the mean of the pieces",
        ("np.concatenate([h_1, h_2])", "np.stack([h_1.mean(axis=0), h_2.mean(axis=0)])"),
        "Join all steps along time: np.concatenate([h_1, h_2]).",
    ),
    (
        "the last pair is in the wrong order",
        ("), last", "), last[::-1]"),
        "The pair is (h_last, c_last), the hidden state first.",
    ),
    (
        "the pieces are joined along the units",
        ("np.concatenate([h_1, h_2])", "np.concatenate([h_1[:1], h_2[:1]], axis=2)"),
        "Join them along time, the first axis.",
    ),
    (
        "the step at the cut comes twice",
        ("[h_1, h_2]", "[h_1, h_1[-1:], h_2]"),
        "h_1 has the last step of the first piece already: nothing stands between.",
    ),
    (
        "the first step of the second piece is lost",
        ("[h_1, h_2]", "[h_1, h_2[1:]]"),
        "Every step of both pieces counts: T_1 + T_2.",
    ),
    (
        "the last step of the first piece is lost",
        ("[h_1, h_2]", "[h_1[:-1], h_2]"),
        "Every step of both pieces counts: T_1 + T_2.",
    ),
):
    two_pieces.wrong(_name, _change, _advice)


# ---------------------------------------------------------------- sequences of different lengths


def pad(rows, lengths):
    """Sequences one after the other in rows (N, D), lengths (B,). Returns x (T, B, D) with zeros, mask (T, B)."""
    T, B, D = lengths.max(), len(lengths), rows.shape[1]
    x, mask = np.zeros((T, B, D)), np.zeros((T, B))
    start = 0
    for k, n in enumerate(lengths):
        x[:n, k] = rows[start : start + n]
        mask[:n, k] = 1
        start += n
    return x, mask


LENGTHS = [  # label, the lengths of the sequences, D
    ("lengths of all sorts", (2, 5, 1, 3), 2),
    ("other values of the same shapes", (2, 5, 1, 3), 2),
    ("the longest comes first", (4, 2, 3), 5),
    ("the longest comes last", (1, 3, 6), 4),
    ("one sequence", (4,), 3),
    ("one step each", (1, 1, 1, 1), 2),
    ("equal lengths", (3, 3, 3, 3), 2),
    ("one feature", (2, 5, 1, 3), 1),
    ("real steps that are all zeros", (3, 5, 1, 2), 2),
    ("square shapes", (2, 3, 1), 3),
    ("float32", (2, 5, 1, 3), 2),
]


def close_or_switch(got, want, case):
    """As ``close``, and a mask of True and False is as good as one of 1 and 0."""
    return close(got.astype(np.float64) if got.dtype.kind in "biu" else got, want, case)


@sheet.check(
    name="pad",
    oracle=pad,
    returns=("x", "mask"),
    ranges={"mask": (0, 1)},
    points=3,
    minutes=10,
    compare=close_or_switch,
    hints=[
        "Start with zeros of the right shapes, T the greatest of the lengths. Then write in the sequences.",
        "Sequence k has n = lengths[k] steps: they go to `x[:n, k]`, and `mask[:n, k]` becomes 1. Where in `rows` "
        "does it start? After all those before it.",
        "Keep a number `start`, 0 at first: `x[:n, k] = rows[start : start + n]`, then `start += n`.",
    ],
)
def padding(rng):
    """Sequences of different lengths side by side in one array, and the mask that says which steps are real."""
    for label, lengths, D in [*LENGTHS, ("an empty sequence among them", (3, 0, 2), 2)]:
        label, case = finish(label, {"rows": rng.normal(size=(sum(lengths), D))})
        if label.startswith("real steps"):
            case["rows"][1:3] = 0  # one in the middle of a sequence, and its last one
        yield label, {**case, "lengths": np.array(lengths)}


SIZES_LINE = "T, B, D = lengths.max(), len(lengths), rows.shape[1]"
padding.wrong(
    "every sequence takes the first rows", ("start += n", "start += 0"), "Sequence k starts after those before it."
)
padding.wrong(
    "a sequence starts at the length of the one before it",
    ("start += n", "start = n"),
    "Sequence k starts after all those before it: move the start on by n, `start += n`.",
)
padding.wrong(
    "sequence k starts at row k",
    ("rows[start : start + n]", "rows[k : k + n]"),
    "Sequence k starts after all rows of those before it.",
)
padding.wrong(
    "every sequence is taken to be of the greatest length",
    [("start += n", "start += T"), ("rows[start : start + n]", "np.resize(rows[start % len(rows) :], (n, D))")],
    "The rows of the next sequence start n rows on, not T rows on.",
)
padding.wrong(
    "the padding comes first",
    [("x[:n, k]", "x[T - n :, k]"), ("mask[:n, k]", "mask[T - n :, k]")],
    "A sequence starts at step 0, and the zeros come after its end.",
)
padding.wrong(
    "the batch comes first",
    [
        ("np.zeros((T, B, D)), np.zeros((T, B))", "np.zeros((B, T, D)), np.zeros((B, T))"),
        ("x[:n, k]", "x[k, :n]"),
        ("mask[:n, k]", "mask[k, :n]"),
    ],
    "Time comes first: x is (T, B, D), mask is (T, B).",
)
padding.wrong(
    "the mask is 1 on the padding",
    ("return x, mask", "return x, 1 - mask"),
    "1 says that a step is real, 0 that it is padding.",
)
padding.wrong(
    "the mask is 1 everywhere",
    ("np.zeros((T, B))\n", "np.ones((T, B))\n"),
    "Beyond a sequence's end the mask is 0.",
    plain=True,
)
padding.wrong(
    "the mask ends one step too early", ("mask[:n, k]", "mask[: n - 1, k]"), "`mask[:n]` is n steps, 0 to n - 1."
)
padding.wrong(
    "the mask ends one step too late", ("mask[:n, k]", "mask[: n + 1, k]"), "`mask[:n]` is n steps, 0 to n - 1."
)
padding.wrong(
    "the padding is not zero",
    ("np.zeros((T, B, D))", "np.ones((T, B, D))"),
    "Start x with zeros: they are the padding.",
)
padding.wrong(
    "the last row is repeated",
    ("mask[:n, k] = 1", "mask[:n, k] = 1\n        x[n:, k] = rows[start + n - 1]"),
    "Beyond a sequence's end x is 0.",
)
padding.wrong(
    "one step too many",
    (SIZES_LINE, SIZES_LINE.replace("lengths.max()", "lengths.max() + 1")),
    "T is the greatest of the lengths: the longest sequence has no padding.",
)
padding.wrong(
    "T is the number of all rows",
    ("lengths.max()", "len(rows)"),
    "The sequences lie side by side, so T is the greatest of the lengths: lengths.max().",
)
padding.wrong(
    "each sequence keeps its place in rows",
    [("x[:n, k]", "x[start : start + n, k]"), ("mask[:n, k]", "mask[start : start + n, k]")],
    "`start` counts the rows that were read. In x every sequence begins at step 0: x[:n, k].",
)
padding.wrong(
    "rows is reshaped",
    ("    x, mask =", "    return rows.reshape(T, B, D), (np.arange(T)[:, None] < lengths) * 1.0\n    x, mask ="),
    "The lengths differ, so no reshape fits: write the sequences in one by one.",
)
padding.wrong(
    "the steps are a row, not a column",
    ("return x, mask", "return x, (np.arange(T) < lengths) * 1.0"),
    "Compare a column of steps with the row of lengths: np.arange(T)[:, None] < lengths is (T, B).",
)
padding.wrong(
    "the mask is read off the values of x",
    ("return x, mask", "return x, (x != 0).any(axis=2) * 1.0"),
    "A real step may be all zeros: only the lengths say where a sequence ends.",
)
padding.wrong(
    "the sequences are sorted by length",
    (SIZES_LINE, "lengths = np.sort(lengths)\n    " + SIZES_LINE),
    "Keep the order of the sequences: column k is sequence k.",
)


def last_states(h, lengths):
    """From h (T, B, H) and lengths (B,), the hidden state of each sequence at its own last step: (B, H)."""
    return h[lengths - 1, np.arange(h.shape[1])]


@sheet.check(
    name="last_states",
    oracle=last_states,
    returns="h_end",
    points=2,
    minutes=6,
    hints=[
        "A sequence of n steps has them at places 0 to n - 1. You need one place in time for each sequence.",
        "Two arrays of the same length in one index go together, pair by pair: `h[[4, 1], [0, 1]]` is h[4, 0] and "
        "h[1, 1].",
        "The places in time are `lengths - 1`, the sequences are `np.arange(B)`: `h[..., ...]` with these two.",
    ],
)
def own_ends(rng):
    """The hidden state of each sequence at its own last step."""
    for label, lengths, H in LENGTHS:
        beyond = label.startswith(("lengths", "other", "one sequence"))  # an array longer than any of its sequences
        label, case = finish(label, {"h": rng.uniform(-1, 1, size=(max(lengths) + beyond, len(lengths), H))})
        yield label, {**case, "lengths": np.array(lengths)}


OWN = "h[lengths - 1, np.arange(h.shape[1])]"
own_ends.wrong(
    "the last row of the array for all", (OWN, "h[-1]"), "h[-1] lies in the padding of every sequence that is shorter."
)
own_ends.wrong(
    "the end of the longest for all",
    (OWN, "h[lengths.max() - 1]"),
    "Each sequence ends at its own step, lengths - 1.",
)
own_ends.wrong("the first step", (OWN, "h[0]"), "The last real step of sequence k is lengths[k] - 1.")
own_ends.wrong(
    "one step too late",
    ("lengths - 1", "np.minimum(lengths, len(h) - 1)"),
    "Steps are counted from 0: the last of n steps is n - 1.",
)
own_ends.wrong(
    "one step too late, and beyond the array the first step",
    ("lengths - 1", "lengths % len(h)"),
    "Steps are counted from 0: the last of n steps is n - 1.",
)
own_ends.wrong(
    "one step too late, beyond the array", ("lengths - 1", "lengths"), "Steps are counted from 0: the last is n - 1."
)
own_ends.wrong("one step too early", ("lengths - 1", "lengths - 2"), "The last of n steps is n - 1.")
own_ends.wrong(
    "every pair of end and sequence",
    (OWN, "h[lengths - 1]"),
    "Only time is picked: give the sequences too, h[lengths - 1, np.arange(B)].",
)
own_ends.wrong(
    "every end for every sequence",
    (OWN, "h[lengths - 1, :].transpose(1, 0, 2)"),
    "Only time is picked: give the sequences too, h[lengths - 1, np.arange(B)].",
)
own_ends.wrong(
    "time is taken for the second axis",
    (OWN, "h[:, lengths - 1]"),
    "Time is the first axis of h: the ends come first in the index, h[lengths - 1, ...].",
)
own_ends.wrong(
    "the two indices are exchanged",
    (OWN, "h[np.arange(h.shape[1]), lengths - 1]"),
    "h is (T, B, H): first the place in time, lengths - 1, then the sequence.",
)
own_ends.wrong(
    "B is taken from the first axis",
    ("h.shape[1]", "h.shape[0]"),
    "h is (T, B, H): the number of sequences is h.shape[1], or len(lengths).",
)
own_ends.wrong(
    "only the last sequence is returned",
    (OWN, "h[lengths[-1] - 1, -1]"),
    "Give out one row for each sequence, (B, H): collect them all.",
)
own_ends.wrong(
    "the mean of the real steps",
    (OWN, "np.stack([h[:n, k].mean(axis=0) for k, n in enumerate(lengths)])"),
    "Take the one state at the end, not the mean over the sequence.",
)
own_ends.wrong(
    "the first sequence for all", ("np.arange(h.shape[1])", "0"), "The second index goes over the sequences: arange(B)."
)


def close_but_for_the_sign_of_zero(got, want, case):
    """As ``close``; 0 times a negative h is -0, and the feedback shows it as 0."""
    unsigned = lambda array: array + array.dtype.type(0)  # noqa: E731
    return close(unsigned(got), unsigned(want), case)


def lstm_forward_masked(x, mask, h_0, c_0, W_x, W_h, b):
    """As lstm_forward, and mask (T, B) is 1 on real steps. Beyond a sequence's end h is 0, and its states stay."""
    h, c, hs = h_0, c_0, []
    for t, z_x in enumerate(project_inputs(x, W_x, b)):
        m = mask[t][:, None]
        h_new, c_new = lstm_step_fused(z_x, h, c, W_h)
        h = m * h_new + (1 - m) * h
        c = m * c_new + (1 - m) * c
        hs.append(m * h)
    return np.stack(hs), (h, c)


@sheet.check(
    name="lstm_forward_masked",
    oracle=lstm_forward_masked,
    returns=("h", ("h_last", "c_last")),
    ranges={"h": (-1, 1), "h_last": (-1, 1)},
    points=4,
    minutes=12,
    compare=close_but_for_the_sign_of_zero,
    uses=("project_inputs", "lstm_step_fused", "lstm_forward"),
    hints=[
        "Do the step for all rows. Then choose, row by row: the new state where the mask is 1, the old one elsewhere.",
        "`m = mask[t][:, None]` is (B, 1), so that it scales whole rows of (B, H). With m = 1 or 0, "
        "`m * new + (1 - m) * old` picks one of the two.",
        "In the loop: `h_new, c_new = lstm_step_fused(...)`, `h = m * h_new + (1 - m) * h`, the same for c, and "
        "`hs.append(m * h)`, which is 0 beyond the end.",
    ],
)
def masked_loop(rng):
    """The run over padded sequences: each one's state stays at its own end, and h is 0 beyond."""
    for label, T, B, D, H in SEQUENCES:
        lengths = 1 + rng.permutation(max(T, B))[:B] % T
        case = _run(rng, T, B, D, H)  # what lies beyond an end is not zero: no answer may hang on the padding's value
        yield finish(label, {"x": case.pop("x"), "mask": (np.arange(T)[:, None] < lengths).astype(float), **case})
    case = _run(rng, 4, 3, 5, 2)
    case["x"][1] = 0
    mask = (np.arange(4)[:, None] < rng.permutation([2, 3, 4])).astype(float)
    yield "a real step whose inputs are all zero", {"x": case.pop("x"), "mask": mask, **case}


HOLD_H, HOLD_C = "h = m * h_new + (1 - m) * h", "c = m * c_new + (1 - m) * c"
masked_loop.wrong(
    "the mask is not used",
    [(HOLD_H, "h = h_new"), (HOLD_C, "c = c_new"), ("m * h)", "h)")],
    "Beyond a sequence's end its states must stay: the cell goes on through padding if nothing stops it.",
)
masked_loop.wrong(
    "only h is masked, the states go on",
    [(HOLD_H, "h = h_new"), (HOLD_C, "c = c_new")],
    "What is carried must stay, too: h = m * h_new + (1 - m) * h. The step's result and the old state need two names, "
    "h_new and h.",
)
masked_loop.wrong(
    "a real step whose inputs are all zero is taken for padding",
    ("mask[t][:, None]", "mask[t][:, None] * (np.abs(x[t]).sum(axis=1, keepdims=True) > 0)"),
    "The mask alone says what is real: an input of zeros may be a step like any other.",
)
masked_loop.wrong("c does not stay", (HOLD_C, "c = c_new"), "Hold both states beyond the end, c like h.")
masked_loop.wrong("h does not stay", (HOLD_H, "h = h_new"), "Hold both states beyond the end, h like c.")
masked_loop.wrong(
    "the states become 0 at the end",
    [(HOLD_H, "h = m * h_new"), (HOLD_C, "c = m * c_new")],
    "Where the mask is 0 the old state stays: add (1 - m) times the old one.",
)
masked_loop.wrong(
    "c becomes 0 at the end", (HOLD_C, "c = m * c_new"), "Where the mask is 0 the old c stays: add (1 - m) * c."
)
masked_loop.wrong(
    "the first states come back at the end",
    [(HOLD_H, "h = m * h_new + (1 - m) * h_0"), (HOLD_C, "c = m * c_new + (1 - m) * c_0")],
    "The old state is that of the step before, h and c, not h_0 and c_0.",
)
masked_loop.wrong(
    "h is not 0 beyond the end", ("hs.append(m * h)", "hs.append(h)"), "Give out m * h: 0 where a step is padding."
)
masked_loop.wrong(
    "the mask is inverted",
    ("m = mask[t]", "m = 1 - mask[t]"),
    "1 says that a step is real: there the new state counts.",
)
masked_loop.wrong(
    "the inputs are masked and nothing else",
    [("(x, W_x, b)", "(x * mask[:, :, None], W_x, b)"), (HOLD_H, "h = h_new"), (HOLD_C, "c = c_new"), ("m * h)", "h)")],
    "Zeros as inputs do not stop the cell: its bias and its h go on. The states must be held.",
)
masked_loop.wrong(
    "the mask scales the inputs and h, not the states",
    [("(x, W_x, b)", "(x * mask[:, :, None], W_x, b)"), (HOLD_H, "h = h_new"), (HOLD_C, "c = c_new")],
    "Zeros as inputs do not stop the cell: its bias and its h go on. The states must be held.",
)
masked_loop.wrong(
    "h_last is 0 for a sequence that has ended",
    ("(h, c)\n", "(hs[-1], c)\n"),
    "The row that is given out becomes 0, the h that is carried stays: h = m * h_new + (1 - m) * h, and return that.",
)
masked_loop.wrong(
    "the states are masked before the step",
    [("(z_x, h, c, W_h)", "(z_x, m * h, m * c, W_h)"), (HOLD_H, "h = h_new"), (HOLD_C, "c = c_new"), ("m * h)", "h)")],
    "m * h before the step sets a state to 0. Do the step first, then choose between its result and the old state.",
)
masked_loop.wrong(
    "h is right at each end, c is that of the last step",
    [
        ("h = m * h_new", "c_held = m * c_new + (1 - m) * (c if t == 0 else c_held)\n        h = m * h_new"),
        (HOLD_H, "h_held = m * h_new + (1 - m) * (h if t == 0 else h_held)"),
        (HOLD_C, "h, c = h_new, c_new"),
        ("hs), (h, c)", "hs), (h_held, c)"),
    ],
    "Question 6 gives h at each end and no c. Hold both states inside the loop.",
)
masked_loop.wrong(
    "the new and the old state are exchanged",
    [(HOLD_H, "h = m * h + (1 - m) * h_new"), (HOLD_C, "c = m * c + (1 - m) * c_new")],
    "Where the mask is 1 the step is real and the new state counts; where it is 0 the old one stays.",
)
masked_loop.wrong(
    "the mask's last row is used for every step",
    [("m * h)", "h)"), ("np.stack(hs)", "m * np.stack(hs)")],
    "After the loop m is the row of the last step: scale h inside the loop, hs.append(m * h).",
)
masked_loop.wrong(
    "three results, not two",
    ("np.stack(hs), (h, c)", "np.stack(hs), h, c"),
    "The last states are one pair, in brackets: return np.stack(hs), (h, c).",
    plain=True,
)
masked_loop.wrong(
    "the mask lies along the units",
    ("mask[t][:, None]", "mask[t][None, :]"),
    "mask[t] has one number per sequence: [:, None] makes it (B, 1), a column beside (B, H).",
)
masked_loop.wrong(
    "it starts from zeros",
    (START, "h, c, hs = 0 * h_0, 0 * c_0, []"),
    "The run starts from h_0 and c_0.",
)
masked_loop.wrong(
    "the pair is in the wrong order", ("(h, c)\n", "(c, h)\n"), "The pair is (h, c), the hidden state first."
)
for _name, _change, _advice in (
    (
        "the mask is 1 on the last real step alone",
        ("mask[:n, k] = 1", "mask[n - 1 : n, k] = 1"),
        "All n real steps have a 1: mask[:n, k].",
    ),
    (
        "the mask counts the steps",
        ("mask[:n, k] = 1", "mask[:n, k] = np.arange(1, n + 1)"),
        "1 on every real step, 0 elsewhere.",
    ),
    ("the mask holds the length", ("mask[:n, k] = 1", "mask[:n, k] = n"), "1 on every real step, 0 elsewhere."),
    (
        "one row of each sequence is lost",
        ("x[:n, k] = rows[start : start + n]", "x[: max(n - 1, 0), k] = rows[start : start + max(n - 1, 0)]"),
        "`rows[start : start + n]` has n rows: Python leaves the end out by itself.",
    ),
    (
        "the first row of each sequence is lost",
        ("x[:n, k] = rows[start : start + n]", "x[1:n, k] = rows[start + 1 : start + n]"),
        "Steps are counted from 0: x[:n, k].",
    ),
    (
        "sequences run backwards",
        ("rows[start : start + n]", "rows[start : start + n][::-1]"),
        "Leave the rows in their order.",
    ),
    (
        "there is a gap between the sequences",
        [("start += n", "start += n + 1"), ("rows[start : start + n]", "np.resize(rows[start % len(rows) :], (n, D))")],
        "The next sequence begins right after this one: start += n.",
    ),
    (
        "T is the number of sequences",
        ("lengths.max(), len(lengths)", "max(len(lengths), lengths.max()), len(lengths)"),
        "T is the greatest of the lengths, and no more.",
    ),
    ("the mask is (B, T)", ("return x, mask", "return x, mask.T"), "Time comes first: the mask is (T, B)."),
    ("x is (B, T, D)", ("return x, mask", "return x.transpose(1, 0, 2), mask"), "Time comes first: x is (T, B, D)."),
    (
        "the mask has D numbers for each step",
        ("return x, mask", "return x, np.repeat(mask[:, :, None], D, axis=2)"),
        "One number for each step of each sequence: (T, B).",
    ),
    ("mask and x are exchanged", ("return x, mask", "return mask, x"), "Return x first, then the mask."),
):
    padding.wrong(_name, _change, _advice)
for _name, _change, _advice in (
    (
        "the ends in reverse order",
        (OWN, "h[lengths[::-1] - 1, np.arange(h.shape[1])]"),
        "Sequence k ends at lengths[k] - 1.",
    ),
    ("the sequences in reverse order", (OWN, f"{OWN}[::-1]"), "Row k of the result belongs to sequence k."),
    (
        "the end of the first sequence for all",
        (OWN, "h[lengths[0] - 1]"),
        "Each sequence ends at its own step, lengths - 1.",
    ),
    (
        "the end of the shortest for all",
        (OWN, "h[lengths.min() - 1]"),
        "Each sequence ends at its own step, lengths - 1.",
    ),
    ("the largest state over time", (OWN, "h.max(axis=0)"), "Take the one state at the end."),
    ("the mean over all steps", (OWN, "h.mean(axis=0)"), "Take the one state at the end."),
    (
        "the sum of the real steps",
        (OWN, "np.stack([h[:n, k].sum(axis=0) for k, n in enumerate(lengths)])"),
        "Take the one state at the end.",
    ),
    (
        "all real steps",
        (OWN, "np.concatenate([h[:n, k] for k, n in enumerate(lengths)])"),
        "One row for each sequence: h[n - 1, k].",
    ),
    (
        "counted from the end of the array",
        (OWN, "h[-lengths, np.arange(h.shape[1])]"),
        "A sequence begins at step 0: its end is lengths - 1, counted from the front.",
    ),
    ("an axis of size 1 is left", (OWN, f"{OWN}[None]"), "One row for each sequence: (B, H)."),
):
    own_ends.wrong(_name, _change, _advice)
for _name, _change, _advice in (
    (
        "the old state is added at every step",
        [(HOLD_H, "h = m * h_new + h"), (HOLD_C, "c = m * c_new + c")],
        "The old state counts where the mask is 0 alone: (1 - m) * old.",
    ),
    (
        "h of the old step is given out",
        ("hs.append(m * h)", "hs.append((1 - m) * h)"),
        "Give out m * h: the new h on real steps, 0 beyond.",
    ),
    ("h starts from zeros", ("h, c, hs = h_0, c_0", "h, c, hs = 0 * h_0, c_0"), "The run starts from h_0 and c_0."),
    ("c starts from zeros", ("h, c, hs = h_0, c_0", "h, c, hs = h_0, 0 * c_0"), "The run starts from h_0 and c_0."),
    ("c is not carried", ("(z_x, h, c, W_h)", "(z_x, h, c_0, W_h)"), "Each step takes the c of the step before."),
    ("h is not carried", ("(z_x, h, c, W_h)", "(z_x, h_0, c, W_h)"), "Each step takes the h of the step before."),
    (
        "the bias is missing",
        ("(x, W_x, b)", "(x, W_x, 0 * b)"),
        "Every step adds b: project_inputs does it once for all.",
    ),
    ("the batch comes first", ("np.stack(hs)", "np.stack(hs, axis=1)"), "h is (T, B, H), np.stack(hs)."),
    ("the mask of the step before", ("mask[t]", "mask[max(t - 1, 0)]"), "Step t has its own row of the mask, mask[t]."),
    (
        "the mask of the next step",
        ("mask[t]", "mask[min(t + 1, len(mask) - 1)]"),
        "Step t has its own row of the mask, mask[t].",
    ),
    ("h is returned for c", ("(h, c)\n", "(h, h)\n"), "The pair holds h_last and c_last."),
    (
        "only the last h is returned",
        ("np.stack(hs), (h, c)", "h, (h, c)"),
        "The first result holds the h of every step.",
    ),
    (
        "c is collected in place of h",
        ("hs.append(m * h)", "hs.append(m * c)"),
        "The first result holds the hidden states h.",
    ),
):
    masked_loop.wrong(_name, _change, _advice)


# ---------------------------------------------------------------- weights from torch, and counting


def weights_from_torch(weight_ih, weight_hh, bias_ih, bias_hh):
    """From weight_ih (4H, D), weight_hh (4H, H), bias_ih and bias_hh (4H,) to W_x (D, 4H), W_h (H, 4H), b (4H,)."""
    return weight_ih.T, weight_hh.T, bias_ih + bias_hh


@sheet.check(
    name="weights_from_torch",
    oracle=weights_from_torch,
    returns=("W_x", "W_h", "b"),
    points=2,
    minutes=5,
    hints=[
        "torch computes `weight_ih @ x`, with x a column; here it is `x @ W_x`, with x a row. What turns one into the "
        "other?",
        "Both biases are added to the same pre-activations. Only their sum matters.",
        "`.T` for the two matrices, `+` for the two biases. The gates lie in the same order, i, f, g, o.",
    ],
)
def copied_weights(rng):
    """The weights of torch.nn.LSTM, given as arrays, in the shapes and with the one bias of this course."""
    for label, _, _, D, H in SEQUENCES:
        drawn = weights(rng, D, H)
        case = {
            "weight_ih": drawn["W_x"].T.copy(),
            "weight_hh": drawn["W_h"].T.copy(),
            "bias_ih": drawn["b"],
            "bias_hh": rng.normal(size=4 * H),
        }
        yield finish(label, case, scaled=("weight_ih", "bias_hh"))


BIASES = "bias_ih + bias_hh"
copied_weights.wrong("bias_hh is forgotten", (BIASES, "bias_ih"), "torch adds both biases: b is their sum.", plain=True)
copied_weights.wrong("bias_ih is forgotten", (BIASES, "bias_hh"), "torch adds both biases: b is their sum.", plain=True)
copied_weights.wrong("the mean of the biases", (BIASES, "(bias_ih + bias_hh) / 2"), "torch adds both biases: no half.")
copied_weights.wrong(
    "the biases one after the other",
    (BIASES, "np.concatenate([bias_ih, bias_hh])"),
    "Each has 4H numbers already, one for each pre-activation: add them.",
)
copied_weights.wrong(
    "the biases are two rows",
    (BIASES, "np.stack([bias_ih, bias_hh])"),
    "b is (4H,): the sum of the two, one number for each pre-activation.",
)
copied_weights.wrong(
    "four results, not three",
    (BIASES, "bias_ih, bias_hh"),
    "This course has one bias: return their sum as third.",
    plain=True,
)
copied_weights.wrong(
    "bias_ih is changed in place",
    [("return ", "bias_ih += bias_hh\n    return "), (BIASES, "bias_ih")],
    "`+=` writes into torch's own array: make a new one with bias_ih + bias_hh.",
)
copied_weights.wrong(
    "nothing is transposed",
    ("weight_ih.T, weight_hh.T", "weight_ih, weight_hh"),
    "torch keeps (4H, D) and (4H, H): here both are transposed.",
    plain=True,
)
copied_weights.wrong(
    "weight_hh is not transposed", ("weight_hh.T", "weight_hh"), "W_h is (H, 4H): transpose it too.", plain=True
)
copied_weights.wrong(
    "weight_ih is not transposed", ("weight_ih.T", "weight_ih"), "W_x is (D, 4H): transpose it too.", plain=True
)
copied_weights.wrong(
    "reshaped, not transposed",
    [(f"weight_{kind}.T", f"weight_{kind}.reshape(-1, len(weight_{kind}))") for kind in ("ih", "hh")],
    "reshape gives the right shape and mixes the numbers: .T turns rows into columns.",
)
copied_weights.wrong(
    "W_x and W_h are exchanged", ("weight_ih.T, weight_hh.T", "weight_hh.T, weight_ih.T"), "ih is input to hidden: W_x."
)
copied_weights.wrong(
    "the gates are put in another order",
    [
        ("return ", "H = weight_hh.shape[1]\n    order = np.r_[0 : 2 * H, 3 * H : 4 * H, 2 * H : 3 * H]\n    return "),
        ("weight_ih.T, weight_hh.T", "weight_ih[order].T, weight_hh[order].T"),
        (BIASES, f"({BIASES})[order]"),
    ],
    "torch has the order i, f, g, o as well: nothing is to be moved.",
)


def whole(got, want, case):
    """Comparison for a number that is counted by pencil: exact, or a fraction rounded to two decimals or more. It
    never shows the right one.
    """
    rounded = lambda number: min(abs(number - round(float(want), digits)) for digits in (2, 3, 4, 16)) < 1e-6  # noqa: E731
    if rounded(got):
        return ""
    if rounded(got / 100):
        return f"is {float(got):g}: write a fraction, not per cent"
    return f"is {float(got):g}: not the number that the question asks for"


def _counted(D=10, H=20, T=50, lengths=(50, 40, 30, 20)):
    """The numbers of the question."""
    one = D * 4 * H + H * 4 * H + 4 * H
    return {
        "parameters": one,
        "in_torch": one + 4 * H,
        "products_by_gate": 8 * T,
        "products_fused": T + 1,
        "padding": 1 - sum(lengths) / (T * len(lengths)),
    }


@sheet.check(
    oracle=_counted(),
    returns=tuple(_counted()),
    points=2,
    minutes=8,
    probe="value",
    compare=whole,
    hints=[
        "W_x has D times 4H numbers, W_h has H times 4H, b has 4H. What does torch keep in addition?",
        "Gate by gate, each of the four layers needs two products at every step. Fused, one product is done before the "
        "loop, and one at each step.",
        "The array holds T times B steps, the sequences have 50 + 40 + 30 + 20. The padding is the rest, as a fraction "
        "of all.",
    ],
)
def pencil_counts(rng):
    """Parameters, products and padding of one run, counted by pencil."""
    yield "the numbers of the question", {}


_right = _counted()
pencil_counts.wrong(
    "the bias is not counted",
    {**_right, "parameters": _right["parameters"] - 80, "in_torch": _right["in_torch"] - 80},
    "b has 4H numbers, and they are parameters too.",
)
pencil_counts.wrong(
    "one gate is counted, not four",
    {**_right, "parameters": 620, "in_torch": 640},
    "All four layers have weights: W_x is (D, 4H), W_h (H, 4H), b (4H,).",
)
pencil_counts.wrong(
    "torch has one bias",
    {**_right, "in_torch": _right["parameters"]},
    "torch keeps bias_ih and bias_hh, 4H numbers each.",
)
pencil_counts.wrong(
    "torch's second bias has H numbers",
    {**_right, "in_torch": _right["parameters"] + 20},
    "bias_hh has one number for each pre-activation: 4H.",
)
pencil_counts.wrong(
    "one product per gate", {**_right, "products_by_gate": 200}, "Each layer multiplies twice: x by W_x and h by W_h."
)
pencil_counts.wrong(
    "each sequence is counted",
    {**_right, "products_by_gate": 1600, "products_fused": 204},
    "One @ does the step for all B sequences: B does not count.",
)
pencil_counts.wrong(
    "each sequence is counted, gate by gate",
    {**_right, "products_by_gate": 1600},
    "One @ does the step for all B sequences: B does not count.",
)
pencil_counts.wrong(
    "the real steps of all sequences are counted",
    {**_right, "products_by_gate": 1120, "products_fused": 141},
    "One @ does a step for all B sequences, padding included: there are T = 50 steps.",
)
pencil_counts.wrong(
    "the inputs are multiplied at every step, and once before the loop",
    {**_right, "products_fused": 101},
    "The product before the loop does the inputs of all steps: in the loop only h is left.",
)
pencil_counts.wrong(
    "the inputs are multiplied at every step",
    {**_right, "products_fused": 100},
    "All inputs are there before the loop: one product for all steps.",
)
pencil_counts.wrong(
    "the product before the loop is not counted",
    {**_right, "products_fused": 50},
    "One product for each step, and one before the loop.",
)
pencil_counts.wrong(
    "the padding is divided by the real steps",
    {**_right, "padding": 60 / 140},
    "The fraction is that of all T times B steps, the padding included.",
)
pencil_counts.wrong(
    "the share of real steps", {**_right, "padding": 0.7}, "0.7 of the array is real: the padding is the rest."
)

# ---------------------------------------------------------------- more slips

add_tables(sheet, OFTEN, RARE)
for _name, _numbers, _advice in COUNTS:
    pencil_counts.wrong(_name, {**_right, **_numbers}, _advice)
