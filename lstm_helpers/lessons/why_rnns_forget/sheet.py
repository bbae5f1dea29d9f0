"""Sheet 02: the plain RNN's gradients, by step, through time and cut off; their check, their size, and clipping."""

from functools import partial

import numpy as np

from lstm_helpers.checks.cases import finish
from lstm_helpers.checks.judge import close, two_decimals
from lstm_helpers.checks.sheet import Sheet
from lstm_helpers.lessons.why_rnns_forget import answers, by_pencil

sheet = Sheet.of(answers)

TIMES_100 = "upstream gradients times 100"
SIZES = [  # T, B, D, H all differ, and so does T + 1
    ("an ordinary batch", 6, 3, 4, 2),
    ("other values of the same shapes", 6, 3, 4, 2),
    ("one time step", 1, 3, 5, 4),
    ("one sample in the batch", 6, 1, 3, 4),
    ("one hidden unit", 5, 2, 3, 1),
    ("square shapes, T = B = D = H", 3, 3, 3, 3),
    ("large positive inputs", 6, 4, 2, 3),
    ("large negative inputs", 6, 4, 2, 3),
    (TIMES_100, 3, 2, 5, 6),
    ("float32", 3, 2, 6, 5),
]
OTHER, SQUARE = "other sizes", SIZES[5][0]  # a label names only what the function has


def _finish(label, case, scaled=("x",)):
    if label == TIMES_100:
        case["dh"] = 100 * case["dh"]
    return finish(label, case, scaled)


def _hidden(rng, *shape):
    """Hidden states of both signs, some of them nearly saturated."""
    return np.tanh(1.5 * rng.normal(size=shape))


def _on_or_off(rng, B, H):
    """States behind a ReLU, (B, H): half of the numbers are exactly 0, the others are above 0."""
    on = rng.permuted(np.arange(B * H) % 2 == 0).reshape(B, H)
    return on * rng.uniform(0.2, 3, size=(B, H))


def _weights(rng, D, H):
    return {"W_x": rng.normal(size=(D, H)), "W_h": rng.normal(size=(H, H))}


@sheet.check(
    returns="dz",
    points=1,
    minutes=4,
    hints=[
        "The slope of tanh at z is 1 - tanh(z)². You are given h, and h is tanh(z) already.",
        "The chain rule multiplies: the gradient that arrives times the slope, number by number.",
        "`dh` times `(1 - h**2)`.",
    ],
)
def tanh_backward(rng):
    """The gradient before the tanh, from the one behind it."""
    for label, _, B, _, H in SIZES:
        label = {"one time step": OTHER, SQUARE: "square shapes, B = H"}.get(label, label)
        yield _finish(label, {"dh": rng.normal(size=(B, H)), "h": _hidden(rng, B, H)}, scaled=("dh",))
    ends = (1 - 10.0 ** -np.arange(1, 7)).reshape(2, 3) * [1, -1, 1]
    yield "hidden states close to 1 and -1", {"dh": rng.choice([-1, 1], size=(2, 3)) * rng.uniform(1, 2), "h": ends}


@sheet.check(
    returns=("dx", "dh_prev", "dW_x", "dW_h", "db"),
    points=4,
    minutes=12,
    uses=("tanh_backward",),
    hints=[
        "First go back through the tanh: dz, (B, H). All five results start from dz, none from dh.",
        "Each gradient has the shape of what it belongs to. dz is (B, H): which product with W_x (D, H) gives (B, D)? "
        "Which product with x (B, D) gives (D, H)?",
        "`dz @ W_x.T`, `dz @ W_h.T`, `x.T @ dz`, `h_prev.T @ dz`, and `dz.sum(axis=0)` for the bias.",
    ],
)
def rnn_step_backward(rng):
    """All gradients of one step."""
    for label, _, B, D, H in SIZES:
        label = {"one time step": OTHER, SQUARE: "square shapes, B = D = H"}.get(label, label)
        case = {
            "dh": rng.normal(size=(B, H)),
            "x": rng.normal(size=(B, D)),
            "h_prev": _hidden(rng, B, H),
            "h": _hidden(rng, B, H),
            **_weights(rng, D, H),
        }
        yield _finish(label, case)


@sheet.check(
    returns=("dx", "dh_prev", "dW_x", "dW_h", "db"),
    points=2,
    minutes=6,
    hints=[
        "The matrix products are those of the tanh step. Only the way from dh to dz is another one.",
        "max(0, z) rises with slope 1 where z is positive, and is flat where it is not. Which of the two a number is, "
        "h tells.",
        "`dz = dh * (h > 0)`; from there on as in rnn_step_backward.",
    ],
)
def relu_step_backward(rng):
    """All gradients of one step with a ReLU in place of the tanh."""
    for label, _, B, D, H in SIZES:
        label = {"one time step": OTHER, SQUARE: "square shapes, B = D = H"}.get(label, label)
        case = {
            "dh": rng.normal(size=(B, H)),
            "x": rng.normal(size=(B, D)),
            "h_prev": _on_or_off(rng, B, H),
            "h": _on_or_off(rng, B, H),
            **_weights(rng, D, H),
        }
        yield _finish(label, case)


@sheet.check(
    returns=("dx", "dh_start", "dW_x", "dW_h", "db"),
    points=5,
    minutes=15,
    uses=("tanh_backward", "rnn_step_backward"),
    hints=[
        "Walk from the last step to the first. At each step two gradients of h meet: the loss's own, dh[t], and what "
        "the step after it sends back.",
        "Carry the second one along, 0 at the beginning. The weights are the same at each step: add their gradients.",
        "`for t in reversed(range(T))`, call `rnn_step_backward(dh[t] + carried, x[t], h[t], h[t + 1], W_x, W_h)`. Its "
        "dh_prev is the new carried, and after the loop the gradient of the initial state.",
    ],
)
def rnn_backward(rng):
    """Back-propagation through time: all gradients over a sequence."""
    for label, T, B, D, H in SIZES:
        case = {
            "dh": rng.normal(size=(T, B, H)),
            "x": rng.normal(size=(T, B, D)),
            "h": _hidden(rng, T + 1, B, H),
            **_weights(rng, D, H),
        }
        yield _finish(label, case)


def by_hand(dh, x, h, W_x, W_h):
    """rnn_backward as it is written out: the slips on the way are edits of it."""
    T, B = x.shape[:2]
    dx, dW_x, dW_h, db = np.zeros_like(x), np.zeros_like(W_x), np.zeros_like(W_h), np.zeros_like(h[0, 0])
    carried = np.zeros_like(h[0])
    for t in range(T - 1, -1, -1):
        dz = (dh[t] + carried) * (1 - h[t + 1] ** 2)
        dx[t] = dz @ W_x.T
        dW_x += x[t].T @ dz
        dW_h += h[t].T @ dz
        db += dz.sum(axis=0)
        carried = dz @ W_h.T
    return dx, carried, dW_x, dW_h, db


OWN, CARRY, BACK, RESULTS = (
    "dh[t] + carried",
    "carried = dz @ W_h.T",
    "range(T - 1, -1, -1)",
    "return dx, carried, dW_x, dW_h, db",
)


LENGTHS = (2, 4, 1, 3, 2, 2, 3, 5, 2, 2)  # of the pieces, for the SIZES


@sheet.check(
    returns=("dx", "dW_x", "dW_h", "db"),
    points=3,
    minutes=10,
    uses=("tanh_backward", "rnn_step_backward", "rnn_backward"),
    hints=[
        "Within a piece nothing changes: it is rnn_backward. The question is only where nothing is carried on.",
        "Either walk back through the whole sequence and set what is carried to 0 at the right place, or call "
        "rnn_backward once for each piece and add up what it gives for the weights.",
        "In the loop of rnn_backward, after step t: `if t % length == 0:` the next step back lies in another piece, so "
        "`carried = 0`.",
    ],
)
def truncated_backward(rng):
    """Back-propagation through time that stops where a piece begins."""
    sizes = [(*size, length) for size, length in zip(SIZES, LENGTHS, strict=True)]
    more = [
        ("pieces of one step", 6, 3, 4, 2, 1),
        ("one piece, as long as the sequence", 6, 3, 4, 2, 6),
        ("a piece that is longer than the sequence", 5, 3, 4, 2, 8),
        ("a last piece of one step", 7, 2, 3, 4, 3),
    ]
    for label, T, B, D, H, length in sizes + more:
        case = {
            "dh": rng.normal(size=(T, B, H)),
            "x": rng.normal(size=(T, B, D)),
            "h": _hidden(rng, T + 1, B, H),
            **_weights(rng, D, H),
        }
        label, case = _finish(label, case)
        yield label, {**case, "length": np.array(length)}


def by_pieces(dh, x, h, W_x, W_h, length):
    """truncated_backward piece by piece: the slips with the bounds of a piece are edits of it."""
    T = len(x)
    dx, dW_x, dW_h, db = np.zeros_like(x), np.zeros_like(W_x), np.zeros_like(W_h), np.zeros_like(h[0, 0])
    for a in range(0, T, length):
        e = min(a + length, T)
        dx[a:e], _, dW_x_piece, dW_h_piece, db_piece = answers.rnn_backward(dh[a:e], x[a:e], h[a : e + 1], W_x, W_h)
        dW_x, dW_h, db = dW_x + dW_x_piece, dW_h + dW_h_piece, db + db_piece
    return dx, dW_x, dW_h, db


def _slopes(got, want, case):
    """As ``close``, but a plain 0 is no tiny number: it tells two moves that cancel from a division gone wrong."""
    if text := close(got, want, case):
        near = got.shape == want.shape and np.abs(got - want).max() < 0.05 * np.abs(want).max()
        return text + (": near, but a central difference with the given eps comes much nearer" if near else "")
    return "holds a 0 where the slope is not 0" if ((got == 0) != (want == 0)).any() else ""


@sheet.check(
    returns="grad",
    compare=_slopes,
    points=2,
    minutes=8,
    hints=[
        "One entry at a time: everything else stays as it is. `np.ndindex(w.shape)` walks over all index pairs.",
        "Loss with the entry a little up, minus loss with it a little down, divided by the whole distance.",
        "In the loop: `up, down = w.copy(), w.copy()`, `up[k] += eps`, `down[k] -= eps`, and "
        "`grad[k] = (loss(up, x, y) - loss(down, x, y)) / (2 * eps)`.",
    ],
)
def central_difference(rng):
    """The slope of the loss in every entry of a matrix, measured."""
    for label, _, B, D, H in SIZES[:2] + SIZES[3:6]:
        case = {"w": rng.normal(size=(D, H)), "x": rng.normal(size=(B, D)), "y": rng.uniform(-1, 1, size=(B, H))}
        yield {"one hidden unit": "one column in w"}.get(label, label.removesuffix(", T = B = D = H")), case
    zeros = {"w": rng.normal(size=(4, 2)), "x": rng.normal(size=(3, 4)), "y": rng.uniform(-1, 1, size=(3, 2))}
    zeros["w"][1:3, 1] = 0.0
    yield "weights of 0", zeros
    yield "a single weight", {"w": np.array([[0.4]]), "x": rng.normal(size=(3, 1)), "y": rng.uniform(-1, 1, (3, 1))}
    other = {"w": rng.normal(size=(3, 2)), "x": rng.normal(size=(2, 3)), "y": rng.uniform(-1, 1, size=(2, 2))}
    yield "another eps", {**other, "eps": np.array(2e-5)}


def by_two_indices(w, x, y, eps=1e-5):
    """central_difference as it is written with two loops: the slips with row and column are edits of it."""
    grad = np.zeros_like(w)
    for i in range(w.shape[0]):
        for j in range(w.shape[1]):
            up, down = w.copy(), w.copy()
            up[i, j] += eps
            down[i, j] -= eps
            grad[i, j] = (answers.loss(up, x, y) - answers.loss(down, x, y)) / (2 * eps)
    return grad


def _real(got, want, case):
    """As ``close``, with a word on the complex numbers that come of eigenvalues without their absolute value."""
    if np.iscomplexobj(got) != np.iscomplexobj(want):
        return "holds complex numbers: eigenvalues can be complex, and np.abs gives their size"
    if np.iscomplexobj(got):  # beside an answer of ours with that slip
        return close(got.real, want.real, case) or close(got.imag, want.imag, case)
    return close(got, want, case)


@sheet.check(
    returns="W",
    compare=_real,
    points=2,
    minutes=6,
    hints=[
        "The spectral radius is the largest absolute value of the eigenvalues. `np.linalg.eigvals(W)` gives them.",
        "They may be negative or complex: `np.abs` gives the size of either. Then take the largest.",
        "Divide W by its own radius, and multiply by the wanted one.",
    ],
)
def spectral_rescale(rng):
    """A matrix with another spectral radius, and else the same."""
    angle = rng.uniform(0.5, 1.2)
    rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    symmetric = rng.normal(size=(4, 4))
    for label, W, rho in [
        ("an ordinary matrix", rng.normal(size=(5, 5)), 0.9),
        ("other values of the same shape", rng.normal(size=(5, 5)), 1.5),
        ("one hidden unit, a negative weight", np.array([[-1.7]]), 1.1),
        ("a turn by an angle: a complex pair", 2.3 * rotation, 0.5),
        ("the largest eigenvalue negative", np.triu(rng.normal(size=(3, 3)), 1) + np.diag([0.3, -2.0, 1.0]), 1.1),
        ("a symmetric matrix", symmetric + symmetric.T, 0.9),
        ("large numbers", 1e3 * rng.normal(size=(6, 6)), 1.5),
        ("small numbers", 1e-6 * rng.normal(size=(4, 4)), 1.2),
        ("float32", rng.normal(size=(4, 4)), 0.5),
        ("a radius that has to grow", np.diag([0.4, -0.7, 0.2]) + np.triu(rng.normal(size=(3, 3)), 1), 1.2),
    ]:
        yield finish(label, {"W": W, "rho": np.array(rho)}, scaled=())


@sheet.check(
    returns="norms",
    points=3,
    minutes=8,
    uses=("tanh_backward", "rnn_step_backward"),
    hints=[
        "It is the recurrent path of rnn_backward, alone: no x, no weights' gradients, no new dh on the way.",
        "Start the list with the norm of dh itself. Each step back: through tanh, through W_h, then note the norm.",
        "For t from T down to 1: `dh = tanh_backward(dh, h[t]) @ W_h.T`, then `norms.append(np.linalg.norm(dh))`.",
    ],
)
def gradient_norm_by_lag(rng):
    """The norm of the gradient that arrives at earlier and earlier steps."""
    for label, T, B, _, H in SIZES:
        if not label.startswith("large"):
            case = {"dh": rng.normal(size=(B, H)), "h": _hidden(rng, T + 1, B, H), "W_h": rng.normal(size=(H, H))}
            yield _finish({SQUARE: "square shapes, T = B = H"}.get(label, label), case, scaled=())


ABOVE_1 = "a norm above 1, below the limit"


@sheet.check(
    returns=("dW_x", "dW_h", "db"),
    points=2,
    minutes=8,
    hints=[
        "One norm for all three arrays, as if they were one long vector: the root of the sum of all squares.",
        "If the norm is above the limit, one factor brings it down to the limit. If not, nothing changes.",
        "`scale = min(1, limit / norm)`, then each array times scale.",
    ],
)
def clip_by_norm(rng):
    """Three gradients brought to a common norm of at most the limit, in the same direction."""
    for label, D, H, size, part in [
        ("above the limit", 4, 3, 1.0, 0.3),
        ("other values of the same shapes", 4, 3, 2.0, 0.6),
        ("below the limit", 4, 3, 1.0, 1.25),
        ("above the limit, no single array is", 5, 2, 1.0, 0.95),
        ("one hidden unit", 3, 1, 2.0, 0.2),
        ("square shapes, D = H", 3, 3, 1.0, 0.7),
        ("an explosion", 2, 5, 1e6, 1e-5),
        ("far below the limit", 2, 5, 1e-2, 40.0),
        (ABOVE_1, 4, 2, 1.0, 5 / 3),  # its square is below the limit, too
        ("tiny gradients, above the limit", 3, 2, 2e-5, 0.9),  # a small number added to the norm shows
        ("tiny gradients, just below the limit", 3, 2, 2e-5, 1 + 1e-5),
        ("float32", 5, 3, 1.0, 0.4),
    ]:
        case = {
            name: size * rng.normal(size=shape) for name, shape in (("dW_x", (D, H)), ("dW_h", (H, H)), ("db", (H,)))
        }
        if label == ABOVE_1:
            case = {name: a * 1.5 / np.sqrt(sum((g**2).sum() for g in case.values())) for name, a in case.items()}
        if "no single" in label:  # three arrays of the same norm
            case = {name: a / np.linalg.norm(a) for name, a in case.items()}
            part = 0.75
        norm = np.sqrt(sum((a**2).sum() for a in case.values()))
        yield finish(label, {**case, "limit": np.array(part * norm)}, scaled=())
    zeros = {"dW_x": np.zeros((4, 3)), "dW_h": np.zeros((3, 3)), "db": np.zeros(3)}
    yield "all gradients are zero", {**zeros, "limit": np.array(1.5)}


@sheet.check(
    oracle=by_pencil.GIVEN.work_out(),
    returns=("dz_2", "dh_1", "dz_1", "dh_0", "dw_h", "db"),
    points=2,
    minutes=10,
    probe="value",
    compare=two_decimals,
    hints=[
        "Begin at the end: dz_2 is dh_2 times the slope at h_2, and the slope is 1 - h_2².",
        "h_1 gets two gradients: its own, 0.5, and what step 2 sends back, dz_2 times w_h. Add them.",
        "w_h multiplied h_1 in step 2 and h_0 in step 1: dw_h = dz_2 h_1 + dz_1 h_0. The bias: dz_2 + dz_1.",
    ],
)
def pencil_gradients(rng):
    """Two steps back by hand, six numbers to two decimals."""
    yield "the numbers of the question", {}


for _name, _changed, _advice in by_pencil.GIVEN.slips():
    pencil_gradients.wrong(_name, partial(by_pencil.GIVEN.work_out, **_changed), _advice)
