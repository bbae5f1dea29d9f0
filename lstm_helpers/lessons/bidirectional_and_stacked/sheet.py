"""Sheet 09: both directions within lengths, forward and backward; layers; counting weights; a peephole; which end."""

from functools import partial

import numpy as np

from lstm_helpers.checks.cases import ONE_APART, add_rounded, finish, weights
from lstm_helpers.checks.judge import counted, whole_number
from lstm_helpers.checks.sheet import Sheet
from lstm_helpers.lessons.bidirectional_and_stacked import answers, by_pencil

sheet = Sheet.of(answers, profile="after_training")

# label, lengths, D, H: T is the longest of the lengths, but for the case that says otherwise.
BATCHES = [
    ("an ordinary batch", (5, 2, 4), 4, 2),
    ("other values of the same shapes", (3, 5, 1), 4, 2),
    ("one sequence", (4,), 3, 5),
    ("one step", (1, 1, 1), 4, 2),
    ("one hidden unit", (4, 2), 3, 1),
    ("no padding", (4, 4, 4), 4, 2),
    ("as many steps as sequences, features and units", (1, 3, 2), 3, 3),
    ("large positive inputs", (5, 2, 4, 1), 2, 3),
    ("large negative inputs", (5, 2, 4, 1), 2, 3),
    ("a larger batch", (5, 2, 4, 1), 2, 3),
    ("float32", (6, 3), 5, 3),
    ("longer inputs", (6, 3), 5, 3),
    ("padding after the longest", (4, 2, 3), 4, 2),
]


def _steps(label, lengths):
    return max(lengths) + 2 * (label == "padding after the longest")


def _with_lengths(label, case, lengths, scaled=("x",)):
    """The case as its label promises, the whole numbers ``lengths`` behind x, or at the end where there is no x."""
    label, case = finish(label, case, scaled)
    first = {name: case.pop(name) for name in ("x", "h", "c") if name in case}
    return label, {**first, "lengths": np.array(lengths), **case}


@sheet.check(
    returns="reversed",
    points=2,
    minutes=10,
    hints=[
        "Step t of the result is step lengths - 1 - t of the input, while t is below the length; beyond, it is step t.",
        "A loop over the sequences will do: copy x, then turn the first lengths[b] steps of column b. Without a loop: "
        "work out an array (T, B) of source steps with np.where, and index x with it.",
        "In the loop: `n = lengths[b]`, then `out[:n, b] = x[:n, b][::-1]`, with `out = x.copy()` before it.",
    ],
)
def reverse_within(rng):
    """Each sequence of a padded batch backwards within its own length."""
    for label, lengths, D, _ in BATCHES:
        x = rng.normal(size=(_steps(label, lengths), len(lengths), D))
        yield _with_lengths(label, {"x": x}, lengths)


@sheet.check(
    returns=("h_n", "c_n"),
    points=2,
    minutes=8,
    hints=[
        "h has one entry more than there are steps: h[0] is the start, h[t + 1] the state after step t. Where is the "
        "state after the last of n steps?",
        "After n steps it is entry n. n differs from sequence to sequence, so each row b is read at its own entry.",
        "`rows = np.arange(len(lengths))`, then `h[lengths, rows]`: the pairs (lengths[b], b), one for each sequence.",
    ],
)
def end_states(rng):
    """The states after each sequence's own last step."""
    for label, lengths, _, H in BATCHES:
        h = rng.uniform(-1, 1, size=(_steps(label, lengths) + 1, len(lengths), H))
        yield _with_lengths(label, {"h": h, "c": 1.5 * rng.normal(size=h.shape)}, lengths, scaled=("c",))


def _two(rng, label, lengths, D, H):
    """x on which padding is not zero, lengths, and the weights of two directions."""
    back = {f"{name}_r": array for name, array in weights(rng, D, H).items()}
    x = rng.normal(size=(_steps(label, lengths), len(lengths), D))
    return _with_lengths(label, {"x": x, **weights(rng, D, H), **back}, lengths)


@sheet.check(
    returns=("out", "h_n", "c_n"),
    ranges={"out": (-1, 1), "h_n": (-1, 1)},
    points=5,
    minutes=25,
    uses=("reverse_within", "end_states"),
    hints=[
        "Two runs of lstm_forward_cached from zeros: one over x, one over x reversed within the lengths. Each "
        "direction has its own weights.",
        "The states of the second run are in its own order: the ends are read there, as they are; what is put beside "
        "the forward h has to be reversed back first. Its h has one entry more than there are steps: leave h[0] out.",
        "`out = np.concatenate([h[1:], reverse_within(h_r[1:], lengths)], axis=2)`, then 0 where "
        "`np.arange(T)[:, None] < lengths` is false; `h_n = np.stack([h_n_forward, h_n_backward])`, and c_n alike.",
    ],
)
def bidirectional_forward(rng):
    """A bidirectional LSTM over a padded batch, with the end states of both directions."""
    for label, lengths, D, H in BATCHES:
        yield _two(rng, label, lengths, D, H)


@sheet.check(
    returns=("dx", "dW_x", "dW_h", "db", "dW_x_r", "dW_h_r", "db_r"),
    points=6,
    minutes=30,
    uses=("reverse_within",),
    hints=[
        "Take out apart again: the first H columns of dout belong to the forward run, the others, reversed within the "
        "lengths, to the backward run. What stands on the padding does not count: set it to 0 first.",
        "h_n[0] is the forward h after step lengths - 1, so dh_n[0] is added there, to what dout says. In the order "
        "of the backward run, h_n[1] stands at the same place. Work on copies.",
        "Run both directions forward once more for their caches, then `lstm_backward` for each. x was read twice: "
        "`dx + reverse_within(dx_r, lengths)`.",
    ],
)
def bidirectional_backward(rng):
    """The gradients of a bidirectional LSTM: of its input and of both directions' weights."""
    for label, lengths, D, H in [*BATCHES, ("upstream gradients times 100", *BATCHES[0][1:])]:
        label, case = _two(rng, label, lengths, D, H)
        dout, dh_n = rng.normal(size=(*case["x"].shape[:2], 2 * H)), rng.normal(size=(2, len(lengths), H))
        factor = 100 if label.startswith("upstream") else 1
        dtype = case["W_x"].dtype
        yield label, {"dout": (factor * dout).astype(dtype), "dh_n": (factor * dh_n).astype(dtype), **case}
    label, case = _two(rng, "no gradient at the end states", *BATCHES[0][1:])
    T, B = case["x"].shape[:2]
    yield label, {"dout": rng.normal(size=(T, B, 4)), "dh_n": np.zeros((2, B, 2)), **case}


# label, layers, T, B, H
TOWERS = [
    ("two layers", 2, 5, 3, 2),
    ("other values of the same shapes", 2, 5, 3, 2),
    ("one layer", 1, 5, 3, 2),
    ("three layers", 3, 4, 2, 5),
    ("one sequence", 2, 4, 1, 3),
    ("one step", 2, 1, 3, 2),
    ("one hidden unit", 2, 5, 3, 1),
    ("as many layers as steps, sequences and units", 3, 3, 3, 3),
    ("large positive inputs", 2, 5, 4, 3),
    ("large negative inputs", 2, 5, 4, 3),
    ("a larger batch", 2, 5, 4, 3),
    ("float32", 2, 6, 2, 4),
    ("longer inputs", 2, 6, 2, 4),
]


def _tower(rng, label, layers, T, B, H):
    drawn = [weights(rng, H, H) for _ in range(layers)]
    stacked = {name: np.stack([of_layer[name] for of_layer in drawn]) for name in drawn[0]}
    return finish(label, {"x": rng.normal(size=(T, B, H)), **stacked})


@sheet.check(
    returns=("h", "h_n", "c_n"),
    ranges={"h": (-1, 1), "h_n": (-1, 1)},
    points=3,
    minutes=15,
    hints=[
        "A loop over the layers. What does a layer read: x, or what the layer below said?",
        "The h of a layer, without its h[0], is the x of the next one. Each layer starts from zeros of its own.",
        "In the loop: `h, c, _ = lstm_forward_cached(x, zeros, zeros, W_x[layer], W_h[layer], b[layer])`, remember "
        "h[-1] and c[-1], then `x = h[1:]`.",
    ],
)
def stacked_forward(rng):
    """Several LSTM layers on top of one another."""
    for label, *sizes in TOWERS:
        yield _tower(rng, label, *sizes)


@sheet.check(
    returns=("dx", "dW_x", "dW_h", "db"),
    points=4,
    minutes=20,
    hints=[
        "First all layers forward, keeping for each what it read and what lstm_forward_cached returned. Then the "
        "layers from the top down.",
        "The layer below said what this one read. So the dx of a layer is the dh of the one below it.",
        "From the top down: `dh, _, _, dW_x, dW_h, db = lstm_backward(dh, zeros, zeros, x, h, c, gates, W_x[layer], "
        "W_h[layer])`; the last dh is dx. Stack the gradients in the order of the layers.",
    ],
)
def stacked_backward(rng):
    """The gradients of a stack of LSTM layers: of its input and of all weights."""
    for label, layers, T, B, H in [*TOWERS, ("upstream gradients times 100", 2, 5, 3, 2)]:
        label, case = _tower(rng, label, layers, T, B, H)
        dh = (100 if label.startswith("upstream") else 1) * rng.normal(size=(T, B, H))
        yield label, {"dh": dh.astype(case["x"].dtype), **case}


@sheet.check(
    returns="weights",
    compare=whole_number,
    points=3,
    minutes=10,
    hints=[
        "One gate of one layer: a weight for each input, one for each hidden unit, and a bias, for each of its H "
        "units.",
        "The lowest layer reads D numbers. The layers above read the h of the layer below: of both directions, if "
        "there are two. Each direction has weights of its own.",
        "For each layer add `directions * blocks * H * (inputs + H + 1)`, with inputs = D in the lowest and "
        "directions * H above.",
    ],
)
def stack_weights(rng):
    """How many numbers a stack of recurrent layers learns."""
    drawn = lambda: (int(n) for n in rng.integers(2, 13, 2))  # noqa: E731
    for label, layers, directions, blocks in [
        ("an LSTM of two layers", 2, 1, 4),
        ("the same with other sizes", 2, 1, 4),
        ("one layer", 1, 1, 4),
        ("both directions", 1, 2, 4),
        ("both directions, two layers", 2, 2, 4),
        ("five layers", 5, 1, 4),
        ("both directions, four layers", 4, 2, 4),
        ("a GRU of three layers", 3, 1, 3),
        ("a plain RNN in both directions, two layers", 2, 2, 1),
    ]:
        D, H = drawn()
        D += D == H
        given = {"D": D, "H": H, "layers": layers, "directions": directions, "blocks": blocks}
        yield label, {name: np.array(value) for name, value in given.items()}
    yield "one feature, one unit", {n: np.array(v) for n, v in zip(given, (1, 1, 2, 1, 4), strict=True)}
    yield "as many features as units", {n: np.array(v) for n, v in zip(given, (7, 7, 2, 2, 3), strict=True)}


@sheet.check(
    returns=("h", "c"),
    ranges={"h": (-1, 1)},
    points=4,
    minutes=12,
    hints=[
        "It is lstm_step with three more summands: p_i * c_prev in the input gate, p_f * c_prev in the forget gate, "
        "and one in the output gate. Value by value: a unit's gate sees its own cell and no other.",
        "The output gate decides what of the *new* cell state is shown, so it sees the new one. Then the order of the "
        "lines matters: i, f and g first, then c, then o, then h.",
        "`i = sigmoid(z_i + p_i * c_prev)`, f alike, `c = f * c_prev + i * np.tanh(z_g)`, "
        "`o = sigmoid(z_o + p_o * c)`, `h = o * np.tanh(c)`; p_i, p_f, p_o are the three thirds of p.",
    ],
)
def peephole_step(rng):
    """One step of the LSTM whose gates see the cell state."""
    for label, B, D, H in ONE_APART:
        case = {
            "x": rng.normal(size=(B, D)),
            "h_prev": rng.uniform(-1, 1, size=(B, H)),
            "c_prev": rng.normal(size=(B, H)) * 1.5,
            **weights(rng, D, H),
            "p": rng.permutation(np.linspace(-1.6, 1.9, 3 * H)),
        }
        yield finish(label, case)
    B, D, H = 3, 4, 2
    case = {"x": rng.normal(size=(B, D)), "h_prev": rng.uniform(-1, 1, size=(B, H)), "c_prev": np.zeros((B, H))}
    yield "a cell state of zero", {**case, **weights(rng, D, H), "p": rng.permutation(np.linspace(-1.6, 1.9, 3 * H))}


@sheet.check(
    oracle=by_pencil.GIVEN.work_out(),
    returns=tuple(by_pencil.GIVEN.work_out()),
    points=3,
    minutes=12,
    probe="value",
    compare=counted,
    hints=[
        "Draw two rows of boxes, one for each sequence, and write the steps 0 to 5 over them. Follow the forward "
        "half from the left, and the backward half from the last box that is no padding.",
        "A half has read everything from where it starts to the place where you look, that place included. The "
        "backward half ends at step 0.",
        "In a stack, h_n holds for each layer from the lowest up: first its forward, then its backward direction.",
    ],
)
def which_end(rng):
    """Where the end states of a bidirectional LSTM lie, and what its halves have read: six whole numbers."""
    yield "the numbers of the question", {}


for _name, _changed, _advice in by_pencil.GIVEN.slips():
    which_end.wrong(_name, partial(by_pencil.GIVEN.work_out, **_changed), _advice)

add_rounded(sheet.checks["peephole_step"], 2, 3, 4)
