"""Sheet 05: the cell over time: inputs ahead, one product a step, the loop, pieces, padding, own ends, torch's weights.

Two questions carry it over to what the lesson does not show: new texts in the middle of a batch, and what torch's
second bias does to a step of learning.

Shapes: ``T`` time steps, ``B`` sequences, ``D`` input features, ``H`` units. The functions in front of each check are
its readable answers; a later one calls the earlier ones, as a student's may.
"""

from functools import partial

import numpy as np

from lstm_helpers.checks.cases import ONE_APART, finish, weights
from lstm_helpers.checks.judge import close
from lstm_helpers.checks.sheet import Sheet
from lstm_helpers.lessons.forward_through_time import answers, by_pencil

sheet = Sheet.of(answers, profile="after_cell_state")

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


@sheet.check(
    returns="z_x",
    points=1,
    minutes=4,
    hints=[
        "`@` works on the last axis of `x` and the first of `W_x`, and leaves all other axes of `x` as they are.",
        "(T, B, D) @ (D, 4H) gives (T, B, 4H): no loop over time is needed.",
        "One product and one sum: `x @ W_x`, plus `b`, which is added to every row.",
    ],
)
def project_inputs(rng):
    """What the inputs add to all pre-activations of all steps, with the bias, in one product."""
    for label, T, B, D, H in SEQUENCES:
        drawn = weights(rng, D, H)
        yield finish(label, {"x": rng.normal(size=(T, B, D)), "W_x": drawn["W_x"], "b": drawn["b"]})


@sheet.check(
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
def lstm_step_fused(rng):
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


def _run(rng, T, B, D, H):
    return {"x": rng.normal(size=(T, B, D)), **_states(rng, B, H), **weights(rng, D, H)}


@sheet.check(
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
def lstm_forward(rng):
    """The whole run: all hidden states, and the last hidden and cell state."""
    for label, *sizes in SEQUENCES:
        yield finish(label, _run(rng, *sizes))
    yield "a longer run", _run(rng, 12, 2, 3, 2)


@sheet.check(
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
def forward_in_two(rng):
    """A text read in two pieces, the state carried from the first to the second."""
    for label, T, B, D, H in SEQUENCES:
        case = _run(rng, T, B, D, H)
        more = 3 if T == 3 and B == 3 else T + 2  # the square case has two pieces of the same length
        yield finish(label, {"x_1": case.pop("x"), "x_2": rng.normal(size=(more, B, D)), **case}, ("x_1", "x_2"))


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
def pad(rng):
    """Sequences of different lengths side by side in one array, and the mask that says which steps are real."""
    for label, lengths, D in [*LENGTHS, ("an empty sequence among them", (3, 0, 2), 2)]:
        label, case = finish(label, {"rows": rng.normal(size=(sum(lengths), D))})
        if label.startswith("real steps"):
            case["rows"][1:3] = 0  # one in the middle of a sequence, and its last one
        yield label, {**case, "lengths": np.array(lengths)}


@sheet.check(
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
def last_states(rng):
    """The hidden state of each sequence at its own last step."""
    for label, lengths, H in LENGTHS:
        beyond = label.startswith(("lengths", "other", "one sequence"))  # an array longer than any of its sequences
        label, case = finish(label, {"h": rng.uniform(-1, 1, size=(max(lengths) + beyond, len(lengths), H))})
        yield label, {**case, "lengths": np.array(lengths)}


def close_but_for_the_sign_of_zero(got, want, case):
    """As ``close``; 0 times a negative h is -0, and the feedback shows it as 0."""
    unsigned = lambda array: array + array.dtype.type(0)  # noqa: E731
    return close(unsigned(got), unsigned(want), case)


@sheet.check(
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
def lstm_forward_masked(rng):
    """The run over padded sequences: each one's state stays at its own end, and h is 0 beyond."""
    for label, T, B, D, H in SEQUENCES:
        lengths = 1 + rng.permutation(max(T, B))[:B] % T
        case = _run(rng, T, B, D, H)  # what lies beyond an end is not zero: no answer may hang on the padding's value
        yield finish(label, {"x": case.pop("x"), "mask": (np.arange(T)[:, None] < lengths).astype(float), **case})
    case = _run(rng, 4, 3, 5, 2)
    case["x"][1] = 0
    mask = (np.arange(4)[:, None] < rng.permutation([2, 3, 4])).astype(float)
    yield "a real step whose inputs are all zero", {"x": case.pop("x"), "mask": mask, **case}


@sheet.check(
    returns=("h", ("h_last", "c_last")),
    ranges={"h": (-1, 1), "h_last": (-1, 1)},
    points=3,
    minutes=8,
    compare=close_but_for_the_sign_of_zero,
    uses=("project_inputs", "lstm_step_fused", "lstm_forward"),
    hints=[
        "A text that begins at step t must find both states at 0 when that step is done. The other rows read on.",
        "`starts[t][:, None]` is (B, 1), 1 for the rows that begin. Which number has to multiply the states before the "
        "step: 0 for these rows, 1 for the others?",
        "In the loop, before the step: `keep = 1 - starts[t][:, None]`, then `lstm_step_fused(z_x, keep * h, keep * c, "
        "W_h)`. The new h goes into the list as it is.",
    ],
)
def lstm_forward_reset(rng):
    """The run over streams in which a new text may begin at any step, in each row at its own."""
    for label, T, B, D, H in SEQUENCES:
        case = _run(rng, T, B, D, H)
        starts = np.zeros((T, B))
        starts.flat[rng.permutation(T * B)[: max(1, T * B // 3)]] = 1
        if T > 1 and B > 1:
            starts[:2, :2] = [[1, 0], [0, 1]]  # one row begins at the first step, one at the second
            starts[1:, 0] = 0
        yield finish(label, {"x": case.pop("x"), "starts": starts, **case})
    for label, starts in [
        ("no text begins", np.zeros((5, 3))),
        ("every text begins at the first step", np.eye(5)[0][:, None] * np.ones(3)),
        ("a new text at every step", np.ones((5, 3))),
        ("two texts begin in one row", np.array([[0, 0, 1, 0, 1], [0, 1, 0, 0, 0], [0, 0, 0, 0, 0]]).T.astype(float)),
    ]:
        case = _run(rng, 5, 3, 4, 2)
        yield label, {"x": case.pop("x"), "starts": starts, **case}


@sheet.check(
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
def weights_from_torch(rng):
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


@sheet.check(
    returns=("W_x", "W_h", "b"),
    points=2,
    minutes=8,
    hints=[
        "torch adds bias_ih and bias_hh to the same pre-activation. Raise one of them a little: how does the loss "
        "react, and how if you raise the sum, b, by as much?",
        "So both biases have the gradient db, and torch moves both. Your b is their sum: how far does it move?",
        "bias_ih becomes bias_ih - lr * db, and bias_hh becomes bias_hh - lr * db. Add the two. Each matrix is there "
        "once.",
    ],
)
def torch_sgd_step(rng):
    """The course's weights after torch's layer has made one step of plain gradient descent."""
    for label, _, D, H in ONE_APART:
        drawn = weights(rng, D, H)
        case = {**drawn, **{f"d{name}": rng.normal(size=array.shape) for name, array in drawn.items()}}
        label = {"one sample in the batch": "other sizes", "a larger batch": "more sizes"}.get(label, label)
        label = label.replace("an ordinary batch", "an ordinary step").replace("inputs", "gradients")
        label, case = finish(label, case, scaled=("dW_x", "dW_h", "db"))
        lr = np.array(rng.uniform(0.05, 0.4), case["b"].dtype)
        yield label, {**case, "lr": lr}


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


@sheet.check(
    oracle=by_pencil.GIVEN.work_out(),
    returns=tuple(by_pencil.GIVEN.work_out()),
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


for _name, _changed, _advice in by_pencil.GIVEN.slips():
    pencil_counts.wrong(_name, partial(by_pencil.GIVEN.work_out, **_changed), _advice)
