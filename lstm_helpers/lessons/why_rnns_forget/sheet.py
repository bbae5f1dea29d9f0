"""Sheet 02: the plain RNN's gradients, step by step and through time, their check, their size, and clipping."""

import itertools
import re

import numpy as np

from lstm_helpers.checks.cases import finish
from lstm_helpers.checks.judge import close, two_decimals
from lstm_helpers.checks.sheet import Sheet

sheet = Sheet("rnn_gradients", exercise="02_why_rnns_forget")


# ---------------------------------------------------------------- the right answers, as the lesson writes them


def tanh_backward(dh, h):
    """From the gradient of h = tanh(z) to that of z. Shapes: dh, h and the result are alike."""
    return dh * (1 - h**2)


def rnn_step_backward(dh, x, h_prev, h, W_x, W_h):
    """The gradients of one step h = tanh(x W_x + h_prev W_h + b).

    Shapes: dh, h_prev, h (B, H), x (B, D), W_x (D, H), W_h (H, H). Returns dx, dh_prev, dW_x, dW_h, db, each of the
    shape of what it belongs to.
    """
    dz = tanh_backward(dh, h)
    dx = dz @ W_x.T
    dh_prev = dz @ W_h.T
    dW_x = x.T @ dz
    dW_h = h_prev.T @ dz
    db = dz.sum(axis=0)
    return dx, dh_prev, dW_x, dW_h, db


def rnn_backward(dh, x, h, W_x, W_h):
    """Back-propagation through time. Source: Werbos 1990.

    Shapes: dh (T, B, H), the loss's own gradient at each step; x (T, B, D); h (T + 1, B, H), h[0] the initial state.
    Returns dx (T, B, D), the gradient of the initial state (B, H), dW_x, dW_h, db.
    """
    dx = np.empty_like(x)
    carried, dW_x, dW_h, db = 0, 0, 0, 0
    for t in reversed(range(len(x))):
        dx[t], carried, dW_x_t, dW_h_t, db_t = rnn_step_backward(dh[t] + carried, x[t], h[t], h[t + 1], W_x, W_h)
        dW_x, dW_h, db = dW_x + dW_x_t, dW_h + dW_h_t, db + db_t
    return dx, carried, dW_x, dW_h, db


def loss(w, x, y):
    """The mean squared error of tanh(x w) against y. Shapes: w (D, H), x (B, D), y (B, H). Returns a number."""
    return ((np.tanh(x @ w) - y) ** 2).mean()


def central_difference(w, x, y, eps=1e-5):
    """The slope of ``loss`` in each entry of w, measured. Shapes: w and the result (D, H), x (B, D), y (B, H)."""
    grad = np.empty_like(w)
    for k in np.ndindex(w.shape):
        up, down = w.copy(), w.copy()
        up[k] += eps
        down[k] -= eps
        grad[k] = (loss(up, x, y) - loss(down, x, y)) / (2 * eps)
    return grad


def spectral_rescale(W, rho):
    """W scaled so that its spectral radius is rho. Shapes: W and the result (H, H), rho a number."""
    radius = np.abs(np.linalg.eigvals(W)).max()
    return W * rho / radius


def gradient_norm_by_lag(dh, h, W_h):
    """The norm of the gradient that arrives 0, 1, ... T steps before the last one.

    Shapes: dh (B, H), the gradient of h[T]; h (T + 1, B, H), h[0] the initial state; W_h (H, H). Returns (T + 1,).
    """
    norms = [np.linalg.norm(dh)]
    for t in reversed(range(1, len(h))):
        dh = tanh_backward(dh, h[t]) @ W_h.T
        norms.append(np.linalg.norm(dh))
    return np.array(norms)


def clip_by_norm(dW_x, dW_h, db, limit):
    """All gradients scaled by one factor, so that their common norm is at most ``limit``, a number.

    Source: Pascanu, Mikolov & Bengio 2013, algorithm 1.
    """
    norm = np.sqrt((dW_x**2).sum() + (dW_h**2).sum() + (db**2).sum())
    scale = min(1, limit / norm)
    return dW_x * scale, dW_h * scale, db * scale


# ---------------------------------------------------------------- cases

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


def _weights(rng, D, H):
    return {"W_x": rng.normal(size=(D, H)), "W_h": rng.normal(size=(H, H))}


# ---------------------------------------------------------------- 1. through the tanh


@sheet.check(
    name="tanh_backward",
    oracle=tanh_backward,
    returns="dz",
    points=1,
    minutes=4,
    hints=[
        "The slope of tanh at z is 1 - tanh(z)². You are given h, and h is tanh(z) already.",
        "The chain rule multiplies: the gradient that arrives times the slope, number by number.",
        "`dh` times `(1 - h**2)`.",
    ],
)
def tanh_backward_cases(rng):
    """The gradient before the tanh, from the one behind it."""
    for label, _, B, _, H in SIZES:
        label = {"one time step": OTHER, SQUARE: "square shapes, B = H"}.get(label, label)
        yield _finish(label, {"dh": rng.normal(size=(B, H)), "h": _hidden(rng, B, H)}, scaled=("dh",))
    ends = (1 - 10.0 ** -np.arange(1, 7)).reshape(2, 3) * [1, -1, 1]
    yield "hidden states close to 1 and -1", {"dh": rng.choice([-1, 1], size=(2, 3)) * rng.uniform(1, 2), "h": ends}


SLOPE = "dh * (1 - h**2)"
tanh_backward_cases.wrong("the tanh is taken a second time", ("h**2", "np.tanh(h) ** 2"), "h is tanh(z) already.")
for _floor in (1e-2, 1e-3, 1e-4):
    tanh_backward_cases.wrong(
        f"the slope is kept {_floor:g} above 0",
        ("(1 - h**2)", f"np.maximum(1 - h**2, {_floor})"),
        "Where h is close to 1 or -1 the slope is as small as that: cut nothing off.",
        alone=True,
    )
tanh_backward_cases.wrong("the square is missing", ("h**2", "h"), "The slope of tanh is 1 - h².")
tanh_backward_cases.wrong(
    "tanh' is missing", (SLOPE, "dh * 1.0"), "The gradient is multiplied by the slope, 1 - h².", plain=True
)
tanh_backward_cases.wrong(
    "dh is missing", (SLOPE, "1 - h**2"), "The slope alone says nothing of the loss: multiply it by dh."
)
tanh_backward_cases.wrong("the sigmoid's slope", ("(1 - h**2)", "h * (1 - h)"), "h (1 - h) belongs to the sigmoid.")
tanh_backward_cases.wrong("a division in place of the product", ("dh * (", "dh / ("), "The chain rule multiplies.")
tanh_backward_cases.wrong("a plus in place of the minus", ("1 - h", "1 + h"), "The slope of tanh is at most 1: 1 - h².")
tanh_backward_cases.wrong(
    "the brackets are missing", ("(1 - h**2)", "1 - h**2"), "dh multiplies the whole slope: dh * (1 - h**2)."
)
tanh_backward_cases.wrong(
    "a sum in place of the product", (SLOPE, "dh + (1 - h**2)"), "The chain rule multiplies: dh times the slope."
)
tanh_backward_cases.wrong(
    "dh and h are exchanged", (SLOPE, "h * (1 - dh**2)"), "The slope is made from h, and dh is multiplied by it."
)
tanh_backward_cases.wrong("the slope is not subtracted from 1", ("(1 - h**2)", "h**2"), "The slope is 1 - h².")
tanh_backward_cases.wrong(
    "dh is changed in place",
    (f"return {SLOPE}", "dh *= 1 - h**2\n    return dh"),
    "`*=` writes into the caller's array: make a new one.",
)
for _name, _change, _advice in (
    (
        "the bracket is squared",
        (SLOPE, "dh * (1 - h) ** 2"),
        "The square belongs to h alone: 1 - h**2, not (1 - h)**2.",
    ),
    ("h is doubled, not squared", ("h**2", "2 * h"), "h² is h times h, `h**2`."),
    ("h to the power of 3", ("h**2", "h**3"), "The slope of tanh is 1 - h², with a 2."),
    ("the size of h in place of its square", ("h**2", "np.abs(h)"), "The slope of tanh is 1 - h²."),
    ("the root of the slope", (SLOPE, "dh * np.sqrt(1 - h**2)"), "The slope is 1 - h² itself, without a root."),
    ("the slope has the wrong sign", ("(1 - h**2)", "(h**2 - 1)"), "1 - h², not h² - 1: tanh rises everywhere."),
    ("tanh in place of its slope", ("(1 - h**2)", "np.tanh(h)"), "The derivative of tanh is 1 - tanh², here 1 - h**2."),
    ("the slope is made from dh", ("(1 - h**2)", "(1 - dh**2)"), "The slope belongs to h: dh * (1 - h**2)."),
    ("h comes in a second time", (SLOPE, "dh * h * (1 - h**2)"), "The slope is 1 - h**2, without another h before it."),
    ("dh is squared", (SLOPE, "dh**2 * (1 - h**2)"), "The gradient comes in once: dh times the slope."),
    (
        "the inverse of tanh in place of its slope",
        ("(1 - h**2)", "np.arctanh(h)"),
        "Back through tanh means: times its slope, 1 - h**2. The inverse function has no part in it.",
    ),
    (
        "a mean over the batch",
        (SLOPE, f"{SLOPE} / len(h)"),
        "Nothing is averaged here: dh * (1 - h**2), number by number.",
    ),
    ("one slope for the whole batch", ("(1 - h**2)", "(1 - h**2).mean(axis=0)"), "Each number has a slope of its own."),
    ("dh is summed over the batch", ("dh * (", "dh.sum(axis=0) * ("), "Each number has a gradient of its own."),
    ("the slope of the ReLU", ("(1 - h**2)", "(h > 0)"), "That is the ReLU's: the slope of tanh is 1 - h**2."),
):
    tanh_backward_cases.wrong(_name, _change, _advice)


OTHER_SLOPES = {  # name: (what stands in the place of dh * (1 - h**2), advice); they are slips of the later checks too
    "a division in place of the product": ("dh / (1 - h**2)", "The chain rule multiplies: dh * (1 - h**2)."),
    "a plus in place of the minus": ("dh * (1 + h**2)", "The slope of tanh is at most 1: 1 - h**2."),
    "the brackets are missing": ("dh * 1 - h**2", "dh multiplies the whole slope: dh * (1 - h**2)."),
    "a sum in place of the product": ("dh + (1 - h**2)", "The chain rule multiplies: dh times the slope."),
    "the slope is not subtracted from 1": ("dh * h**2", "The slope of tanh is 1 - h²."),
    "the slope has the wrong sign": ("dh * (h**2 - 1)", "1 - h², not h² - 1: tanh rises everywhere."),
    "h is doubled, not squared": ("dh * (1 - 2 * h)", "h² is h times h, `h**2`."),
    "the derivative of 1 - h² is taken once more": (
        "dh * (-2 * h)",
        "1 - h² is the derivative of tanh already: nothing is differentiated again.",
    ),
    "1 minus the tanh of h": (
        "dh * (1 - np.tanh(h))",
        "h is tanh(z) already, and its square is taken from 1: 1 - h**2.",
    ),
    "the slope is squared": ("dh * (1 - h**2) ** 2", "The slope comes in once: dh * (1 - h**2)."),
    "twice the gradient": ("2 * dh * (1 - h**2)", "The slope of tanh is 1 - h**2, without a factor."),
    "half of the gradient": ("0.5 * dh * (1 - h**2)", "The slope of tanh is 1 - h**2, without a factor."),
    "dh is squashed": ("np.tanh(dh) * (1 - h**2)", "The gradient that arrives is multiplied as it is: no tanh of dh."),
    "the slope of z in place of h": (
        "dh * (1 - np.arctanh(h) ** 2)",
        "The slope is 1 - tanh(z)², and tanh(z) is h: no arctanh.",
    ),
    "the sigmoid's slope, of h": (
        "dh * (1 / (1 + np.exp(-h))) * (1 - 1 / (1 + np.exp(-h)))",
        "That is the sigmoid's. Here h is tanh(z), and the slope is 1 - h**2.",
    ),
    "the size of h in place of its square": ("dh * (1 - np.abs(h))", "The slope of tanh is 1 - h²."),
    "dh is squared": ("dh**2 * (1 - h**2)", "The gradient comes in once: dh times the slope."),
    "h comes in a second time": ("dh * h * (1 - h**2)", "The slope is 1 - h**2, without another h before it."),
    "the root of the slope": ("dh * np.sqrt(1 - h**2)", "The slope is 1 - h² itself, without a root."),
    "tanh in place of its slope": ("dh * np.tanh(h)", "The derivative of tanh is 1 - tanh², here 1 - h**2."),
    "the slope of the ReLU": ("dh * (h > 0)", "That is the ReLU's: the slope of tanh is 1 - h**2."),
    "h to the power of 3": ("dh * (1 - h**3)", "The slope of tanh is 1 - h², with a 2."),
    "the slope is made from dh": ("dh * (1 - dh**2)", "The slope belongs to h: dh * (1 - h**2)."),
    "dh and h are exchanged": ("h * (1 - dh**2)", "The slope is made from h, and dh is multiplied by it."),
    "the mean slope of all": ("dh * (1 - h**2).mean()", "Each number has a slope of its own: 1 - h**2."),
}


def _slope_of(expression, dh, h):
    """An expression of OTHER_SLOPES, with the names that a later check gives to dh and h."""
    return re.sub(r"\bdh\b|\bh\b", lambda found: dh if found[0] == "dh" else h, expression)


def _add_slopes(check, new, but="", **how):
    """Add OTHER_SLOPES to a check that has none of that name: ``new`` makes the change of an expression."""
    known = {but, *(misconception.name for misconception in check.misconceptions)}
    for name, (expression, advice) in OTHER_SLOPES.items():
        if name not in known:
            check.wrong(name, new(expression), advice, alone=True, **how)


_add_slopes(tanh_backward_cases, lambda expression: (SLOPE, expression))
for _name, _new, _advice in (
    ("dh in the slope, and not before it", "1 - (dh * h) ** 2", "dh multiplies the slope: dh * (1 - h**2)."),
    ("h in the place of dh", "h * (1 - h**2)", "dh multiplies the slope: dh * (1 - h**2)."),
    ("cut off at -1 and 1", "np.clip(dh * (1 - h**2), -1, 1)", "Nothing is cut off here: dh * (1 - h**2)."),
    ("sinh of h in place of the slope", "dh * np.sinh(h)", "The slope of tanh is 1 - h**2."),
    ("the cosine of h in place of the slope", "dh * np.cos(h)", "The slope of tanh is 1 - h**2."),
    (
        "the first sample's gradient for all",
        "dh[0] * (1 - h**2)",
        "Each number has a gradient of its own: dh, not dh[0].",
    ),
    ("the slope of the mean state", "dh * (1 - h.mean(axis=0) ** 2)", "Each number has a slope of its own: 1 - h**2."),
    (
        "1 minus the sum of the squares",
        "dh * (1 - (h**2).sum(axis=1, keepdims=True))",
        "Number by number: 1 - h**2, without a sum.",
    ),
    ("a matrix product of dh and the slopes", "dh @ (1 - h**2).T", "Number by number, with `*`: dh * (1 - h**2)."),
    ("a matrix product, dh transposed", "dh.T @ (1 - h**2)", "Number by number, with `*`: dh * (1 - h**2)."),
    ("@ in place of *", "dh @ (1 - h**2)", "Number by number, with `*`: dh * (1 - h**2)."),
    ("everything is summed", "(dh * (1 - h**2)).sum()", "dz has the shape of h: nothing is summed."),
    ("summed over the batch", "(dh * (1 - h**2)).sum(axis=0)", "dz has the shape of h: nothing is summed."),
    ("the mean over the batch", "(dh * (1 - h**2)).mean(axis=0)", "dz has the shape of h: no mean."),
    ("the mean of all", "(dh * (1 - h**2)).mean()", "dz has the shape of h: no mean."),
):
    tanh_backward_cases.wrong(_name, (SLOPE, _new), _advice, alone=True)


# ---------------------------------------------------------------- 2. one step


@sheet.check(
    name="rnn_step_backward",
    oracle=rnn_step_backward,
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
def rnn_step_backward_cases(rng):
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


step_wrong = rnn_step_backward_cases.wrong
THROUGH_TANH = "tanh_backward(dh, h)"
step_wrong("tanh' is missing", (THROUGH_TANH, "dh"), "Start with dz = dh * (1 - h**2).")
step_wrong(
    "tanh' of the previous state",
    (THROUGH_TANH, "tanh_backward(dh, h_prev)"),
    "The slope belongs to this step's own output: 1 - h**2.",
)
step_wrong(
    "tanh' is missing on the recurrent path",
    ("dh_prev = dz @", "dh_prev = dh @"),
    "dh_prev = dz @ W_h.T: dz, not dh.",
)
step_wrong(
    "tanh' is missing in the weights and the bias",
    [("x.T @ dz", "x.T @ dh"), ("h_prev.T @ dz", "h_prev.T @ dh"), ("dz.sum", "dh.sum")],
    "dW_x, dW_h and db are made from dz.",
)
step_wrong(
    "tanh' is missing in the weights",
    [("x.T @ dz", "x.T @ dh"), ("h_prev.T @ dz", "h_prev.T @ dh")],
    "x and h_prev come in before the tanh: x.T @ dz and h_prev.T @ dz.",
)
step_wrong(
    "tanh' is missing on the way to x", ("dx = dz @", "dx = dh @"), "x comes in before the tanh: dx = dz @ W_x.T."
)
step_wrong(
    "products in the order for column vectors",
    [
        ("x.T @ dz", "dz @ x.T"),
        ("h_prev.T @ dz", "dz @ h_prev.T"),
        ("dz @ W_x.T", "W_x.T @ dz"),
        ("dz @ W_h.T", "W_h.T @ dz"),
    ],
    "Many books write samples as columns. Here they are rows: dz @ W_h.T, and x.T @ dz.",
)
step_wrong("tanh' is missing in the bias", ("dz.sum", "dh.sum"), "b is added inside the tanh: db is the sum of dz.")
step_wrong("W_h is not transposed", ("dz @ W_h.T", "dz @ W_h"), "Backwards the weights are transposed: dz @ W_h.T.")
step_wrong("W_x is not transposed", ("dz @ W_x.T", "dz @ W_x"), "Backwards the weights are transposed: dz @ W_x.T.")
step_wrong(
    "no weight matrix is transposed",
    [("dz @ W_x.T", "dz @ W_x"), ("dz @ W_h.T", "dz @ W_h")],
    "Backwards the weights are transposed: dz @ W_x.T and dz @ W_h.T.",
)
step_wrong(
    "dW_h is made from the new hidden state",
    ("h_prev.T @", "h.T @"),
    "W_h multiplied h_prev: dW_h = h_prev.T @ dz. Off by one in time.",
)
step_wrong("dW_h is the transpose", ("h_prev.T @ dz", "dz.T @ h_prev"), "Rows of W_h belong to h_prev: h_prev.T @ dz.")
step_wrong("dW_x is the transpose", ("x.T @ dz", "dz.T @ x"), "dW_x has the shape of W_x, (D, H): x.T @ dz.")
step_wrong(
    "dW_x and dW_h are the transposes",
    [("x.T @ dz", "dz.T @ x"), ("h_prev.T @ dz", "dz.T @ h_prev")],
    "A gradient has the shape of its matrix: x.T @ dz and h_prev.T @ dz.",
)
step_wrong("db is not summed over the batch", ("dz.sum(axis=0)", "dz"), "b has shape (H,): db = dz.sum(axis=0).")
step_wrong("db is summed over the units", ("axis=0", "axis=1"), "One number for each unit: sum over the batch, axis 0.")
step_wrong("db is one number", ("sum(axis=0)", "sum()"), "One number for each unit: dz.sum(axis=0).")
step_wrong("db is a mean over the batch", ("dz.sum", "dz.mean"), "Every sample adds its part: a sum, not a mean.")
step_wrong(
    "the weights' gradients are means over the batch",
    [("x.T @ dz", "x.T @ dz / len(x)"), ("h_prev.T @ dz", "h_prev.T @ dz / len(x)"), ("dz.sum", "dz.mean")],
    "Every sample adds its part: sums. Where the loss is a mean, dh has the 1 / B in it already.",
)
step_wrong(
    "dx and dh_prev are returned in the wrong order",
    ("return dx, dh_prev", "return dh_prev, dx"),
    "Return dx, dh_prev, dW_x, dW_h, db.",
)
step_wrong(
    "dh_prev is left out of the way back",
    ("dh_prev = dz @ W_h.T", "dh_prev = dz"),
    "h_prev went through W_h on its way in: dh_prev = dz @ W_h.T.",
)
NEW_DZ = "dz = tanh_backward(dh, h)"
GIVE = "return dx, dh_prev, dW_x, dW_h, db"
for _name, _change, _advice in (
    ("the bracket is squared in tanh'", (THROUGH_TANH, "dh * (1 - h) ** 2"), "The slope of tanh is 1 - h**2."),
    ("the square is missing in tanh'", (THROUGH_TANH, "dh * (1 - h)"), "The slope of tanh is 1 - h**2."),
    ("the sigmoid's slope", (THROUGH_TANH, "dh * h * (1 - h)"), "h (1 - h) belongs to the sigmoid: here 1 - h**2."),
    ("the tanh is taken a second time", (THROUGH_TANH, "tanh_backward(dh, np.tanh(h))"), "h is tanh(z) already."),
    ("dh is missing in dz", (THROUGH_TANH, "1 - h**2"), "dz is dh times the slope: dh * (1 - h**2)."),
    ("tanh' is missing in dW_x", ("x.T @ dz", "x.T @ dh"), "x comes in before the tanh: dW_x = x.T @ dz."),
    ("tanh' is missing in dW_h", ("h_prev.T @ dz", "h_prev.T @ dh"), "h_prev comes in before the tanh: h_prev.T @ dz."),
    (
        "tanh' is missing on the ways to x and h_prev",
        [("dx = dz", "dx = dh"), ("dh_prev = dz", "dh_prev = dh")],
        "Both come in before the tanh: dz @ W_x.T and dz @ W_h.T.",
    ),
    ("dx goes through W_h", ("dz @ W_x.T", "dz @ W_h.T"), "x went in through W_x: dx = dz @ W_x.T."),
    ("dh_prev goes through W_x", ("dz @ W_h.T", "dz @ W_x.T"), "h_prev went in through W_h: dz @ W_h.T."),
    ("dW_h is made from x", ("h_prev.T @ dz", "x.T @ dz"), "W_h multiplied h_prev: dW_h = h_prev.T @ dz."),
    (
        "dW_h is made from dh_prev",
        ("h_prev.T @ dz", "dh_prev.T @ dz"),
        "The state itself, not its gradient: h_prev.T @ dz.",
    ),
    ("dW_x is made from dx", ("x.T @ dz", "dx.T @ dz"), "The input itself, not its gradient: dW_x = x.T @ dz."),
    ("db is that of the first sample", ("dz.sum(axis=0)", "dz[0]"), "Every sample adds its part: dz.sum(axis=0)."),
    ("db keeps an axis of size 1", ("axis=0", "axis=0, keepdims=True"), "b is (H,): sum without keepdims."),
    (
        "dW_x and dW_h are exchanged",
        (GIVE, "return dx, dh_prev, dW_h, dW_x, db"),
        "Return dx, dh_prev, dW_x, dW_h, db.",
    ),
    (
        "h comes before x in the result",
        (GIVE, "return dh_prev, dx, dW_h, dW_x, db"),
        "Return dx, dh_prev, dW_x, dW_h, db: x first.",
    ),
    ("the weights come first in the result", (GIVE, "return dW_x, dW_h, db, dx, dh_prev"), "Return dx, dh_prev first."),
    ("dh is added to dh_prev", ("dh_prev = dz @", "dh_prev = dh + dz @"), "h_prev acts through W_h alone: dz @ W_h.T."),
    (
        "value by value in place of W_h",
        ("dz @ W_h.T", "dz * np.diag(W_h)"),
        "Every unit reads every other: dz @ W_h.T.",
    ),
    (
        "all signs are turned",
        (GIVE, "return -dx, -dh_prev, -dW_x, -dW_h, -db"),
        "No minus: gradients are no steps of a descent, and the slope is 1 - h**2.",
    ),
    (
        "the matrices' gradients are means over the batch",
        (GIVE, "return dx, dh_prev, dW_x / len(x), dW_h / len(x), db"),
        "Every sample adds its part: x.T @ dz is the sum, without a division.",
    ),
    (
        "everything is divided by the batch",
        (NEW_DZ, f"{NEW_DZ} / len(x)"),
        "Where the loss is a mean, dh has the 1 / B in it already.",
    ),
    (
        "dh is changed in place",
        (NEW_DZ, "dh *= 1 - h**2\n    dz = dh"),
        "`*=` writes into the caller's array: make a new one.",
    ),
):
    step_wrong(_name, _change, _advice)


_add_slopes(rnn_step_backward_cases, lambda expression: (THROUGH_TANH, expression), but="the slope has the wrong sign")
for _name, _change, _advice in (
    ("dx: the matrix stands in front", ("dz @ W_x.T", "W_x @ dz"), "Samples are rows: dx = dz @ W_x.T."),
    ("dx: the transposed matrix stands in front", ("dz @ W_x.T", "W_x.T @ dz"), "Samples are rows: dx = dz @ W_x.T."),
    ("dh_prev: the matrix stands in front", ("dz @ W_h.T", "W_h @ dz"), "Samples are rows: dh_prev = dz @ W_h.T."),
    (
        "dh_prev: the transposed matrix stands in front",
        ("dz @ W_h.T", "W_h.T @ dz"),
        "Samples are rows: dh_prev = dz @ W_h.T.",
    ),
    ("dW_x: x is not transposed", ("x.T @ dz", "x @ dz"), "The batch is what is summed over: dW_x = x.T @ dz."),
    (
        "dW_h: h_prev is not transposed",
        ("h_prev.T @ dz", "h_prev @ dz"),
        "The batch is what is summed over: dW_h = h_prev.T @ dz.",
    ),
    ("dW_x is made from h_prev", ("= x.T @ dz", "= h_prev.T @ dz"), "W_x multiplied x: dW_x = x.T @ dz."),
    ("dW_x is made from h", ("= x.T @ dz", "= h.T @ dz"), "W_x multiplied x: dW_x = x.T @ dz."),
    ("db is that of the last sample", ("dz.sum(axis=0)", "dz[-1]"), "Every sample adds its part: dz.sum(axis=0)."),
    ("db is the sum of dh_prev", ("dz.sum(axis=0)", "dh_prev.sum(axis=0)"), "The bias is added to z: dz.sum(axis=0)."),
    ("db is the sum of dW_h", ("dz.sum(axis=0)", "dW_h.sum(axis=0)"), "The bias is added to z: dz.sum(axis=0)."),
    ("dW_x is a mean over the batch", ("x.T @ dz", "x.T @ dz / len(x)"), "Every sample adds its part: x.T @ dz."),
    (
        "dW_h is a mean over the batch",
        ("h_prev.T @ dz", "h_prev.T @ dz / len(x)"),
        "Every sample adds its part: h_prev.T @ dz.",
    ),
    (
        "dh_prev goes through the previous state's tanh as well",
        ("dz @ W_h.T", "dz @ W_h.T * (1 - h_prev**2)"),
        "That tanh belongs to the step before, and its own way back: dh_prev = dz @ W_h.T.",
    ),
    (
        "dh_prev goes through W_h, then the previous state's tanh",
        ("dz @ W_h.T", "dh @ W_h.T * (1 - h_prev**2)"),
        "Backwards this step's tanh comes first, then W_h: dh_prev = dz @ W_h.T.",
    ),
    (
        "dh_prev goes through W_h first, then tanh'",
        ("dz @ W_h.T", "dh @ W_h.T * (1 - h**2)"),
        "Forward it was W_h first and tanh last, so backwards tanh comes first: dz @ W_h.T.",
    ),
    ("dx goes through a tanh of x", ("dz @ W_x.T", "dz @ W_x.T * (1 - x**2)"), "x was not squashed: dx = dz @ W_x.T."),
    (
        "dx is multiplied by x",
        ("dz @ W_x.T", "dz @ W_x.T * x"),
        "The gradient of a product is the other factor: dz @ W_x.T.",
    ),
    (
        "dh_prev is multiplied by h_prev",
        ("dz @ W_h.T", "dz @ W_h.T * h_prev"),
        "The gradient of a product is the other factor: dz @ W_h.T.",
    ),
    (
        "dW_h is made from dh_prev in place of dz",
        ("h_prev.T @ dz", "h_prev.T @ dh_prev"),
        "W_h acted inside the tanh, on h_prev: h_prev.T @ dz.",
    ),
    ("dW_x is made from dx in place of dz", ("x.T @ dz", "x.T @ dx"), "W_x acted inside the tanh, on x: x.T @ dz."),
    (
        "dW_x is multiplied by W_x",
        ("x.T @ dz", "x.T @ dz * W_x"),
        "The gradient of a product is the other factor: x.T @ dz.",
    ),
    (
        "dW_h is multiplied by W_h",
        ("h_prev.T @ dz", "h_prev.T @ dz * W_h"),
        "The gradient of a product is the other factor: h_prev.T @ dz.",
    ),
    (
        "dW_x is that of the first sample",
        ("x.T @ dz", "np.outer(x[0], dz[0])"),
        "Every sample adds its part: x.T @ dz.",
    ),
    (
        "dW_h is that of the first sample",
        ("h_prev.T @ dz", "np.outer(h_prev[0], dz[0])"),
        "Every sample adds its part: h_prev.T @ dz.",
    ),
    (
        "dx is summed over the batch",
        ("dz @ W_x.T", "(dz @ W_x.T).sum(axis=0)"),
        "Each sample has an x of its own: (B, D).",
    ),
    (
        "dh_prev is summed over the batch",
        ("dz @ W_h.T", "(dz @ W_h.T).sum(axis=0)"),
        "Each sample has a state of its own: (B, H).",
    ),
    ("dx is transposed", ("dz @ W_x.T", "(dz @ W_x.T).T"), "dx has the shape of x, (B, D): dz @ W_x.T."),
    ("dh_prev is transposed", ("dz @ W_h.T", "(dz @ W_h.T).T"), "dh_prev has the shape of h_prev, (B, H): dz @ W_h.T."),
    (
        "h is worked out anew, without the bias",
        (THROUGH_TANH, "tanh_backward(dh, np.tanh(x @ W_x + h_prev @ W_h))"),
        "h is given: the slope is 1 - h**2. (The bias is not, so that h cannot be worked out here.)",
    ),
    (
        "the slope of the input's part alone",
        (THROUGH_TANH, "tanh_backward(dh, np.tanh(x @ W_x))"),
        "h is given: the slope is 1 - h**2.",
    ),
    (
        "the slope is made from x",
        (THROUGH_TANH, "dh * (1 - x**2)"),
        "The slope belongs to this step's output: 1 - h**2.",
    ),
    (
        "the weights' gradients have the opposite sign",
        (GIVE, "return dx, dh_prev, -dW_x, -dW_h, -db"),
        "These are gradients, not steps of a descent: no minus.",
    ),
    (
        "tanh' comes in twice in dW_h",
        ("h_prev.T @ dz", "h_prev.T @ (dz * (1 - h**2))"),
        "dz has gone through the tanh already: h_prev.T @ dz.",
    ),
    (
        "tanh' comes in twice in dW_x",
        ("x.T @ dz", "x.T @ (dz * (1 - h**2))"),
        "dz has gone through the tanh: x.T @ dz.",
    ),
    (
        "tanh' comes in twice in db",
        ("dz.sum(axis=0)", "(dz * (1 - h**2)).sum(axis=0)"),
        "dz has gone through the tanh already: dz.sum(axis=0).",
    ),
):
    step_wrong(_name, _change, _advice, alone=True)


# ---------------------------------------------------------------- 3. through time


@sheet.check(
    name="rnn_backward",
    oracle=rnn_backward,
    returns=("dx", "dh_start", "dW_x", "dW_h", "db"),
    points=5,
    minutes=15,
    uses=("tanh_backward", "rnn_step_backward"),
    hints=[
        "Walk from the last step to the first. At each step two gradients of h meet: the loss's own, dh[t], and what "
        "the step after it sends back.",
        "Carry the second one along, 0 at the beginning. The weights are the same at each step: add their gradients.",
        "`for t in reversed(range(T))`, call `rnn_step_backward(dh[t] + carried, x[t], h[t], h[t + 1], W_x, W_h)`. Its "
        "second result is the new carried, and after the loop the gradient of the initial state.",
    ],
)
def rnn_backward_cases(rng):
    """Back-propagation through time: all gradients over a sequence."""
    for label, T, B, D, H in SIZES:
        case = {
            "dh": rng.normal(size=(T, B, H)),
            "x": rng.normal(size=(T, B, D)),
            "h": _hidden(rng, T + 1, B, H),
            **_weights(rng, D, H),
        }
        yield _finish(label, case)


time_wrong = rnn_backward_cases.wrong
ARRIVING, SENT = "dh[t] + carried", ", W_x, W_h)\n"
STEP = "dx[t], carried, dW_x_t"
KEEP_ARRIVED = f"arrived = {ARRIVING}\n        {STEP}"
SUMS = "dW_x + dW_x_t, dW_h + dW_h_t, db + db_t"
time_wrong(
    "the recurrent path is missing",
    (ARRIVING, "dh[t]"),
    "h at step t also acts through step t + 1: add what that step sends back.",
)
time_wrong(
    "only the last step's own gradient comes in",
    (ARRIVING, "(carried if t < len(x) - 1 else dh[t])"),
    "The loss may look at every step: dh[t] + carried, at each t.",
)
time_wrong(
    "the error goes back one step only",
    (SENT, SENT + "        carried = tanh_backward(dh[t], h[t + 1]) @ W_h.T\n"),
    "What is carried holds all later steps: make it from dh[t] + carried, not from dh[t] alone.",
)
time_wrong(
    "what is carried piles up",
    [
        ("dx[t], carried,", "dx[t], back,"),
        (SENT, SENT + "        carried = carried + back\n"),
    ],
    "What a step sends back replaces what was carried: the sum is inside it already.",
)
time_wrong(
    "the weights' gradients are not accumulated over time",
    (SUMS, "dW_x_t, dW_h_t, db_t"),
    "The same weights act at every step: add the gradients of all steps.",
)
time_wrong("db is not accumulated over time", ("db + db_t", "db_t"), "The same bias acts at every step: db + db_t.")
time_wrong("dW_x is not accumulated over time", ("dW_x + dW_x_t", "dW_x_t"), "The same W_x acts at every step.")
time_wrong("dW_h is not accumulated over time", ("dW_h + dW_h_t", "dW_h_t"), "The same W_h acts at every step.")
time_wrong(
    "the weights' gradients are means over time",
    ("return dx, carried, dW_x, dW_h, db", "return dx, carried, dW_x / len(x), dW_h / len(x), db / len(x)"),
    "Every step adds its part: sums.",
)
time_wrong(
    "the loop runs forwards",
    ("reversed(range(len(x)))", "range(len(x))"),
    "The error comes from the future: start with the last step.",
)
time_wrong(
    "every gradient is 0",
    (
        "return dx, carried, dW_x, dW_h, db",
        "return 0 * x, 0 * h[0], 0 * W_x, 0 * W_h, 0 * h[0, 0]",
    ),
    "Does the loop run, and does dh[t] come in? `range(T - 1, -1)` is empty: the third number, -1, makes it "
    "count down, range(T - 1, -1, -1).",
    plain=True,
)
time_wrong(
    "the last step's own gradient comes in twice",
    ("carried, dW_x, dW_h, db = 0,", "carried, dW_x, dW_h, db = dh[-1],"),
    "After the last step nothing comes back: carried starts at 0, and the loop adds dh[T - 1] itself.",
)
time_wrong(
    "the first step is left out",
    [
        ("reversed(range(len(x)))", "reversed(range(1, len(x)))"),
        ("np.empty_like(x)", "np.zeros_like(x)"),
        ("= 0, 0, 0, 0", "= np.zeros_like(h[0]), np.zeros_like(W_x), np.zeros_like(W_h), np.zeros(len(W_h))"),
    ],
    "The loop ends with t = 0: range(T - 1, -1, -1), or reversed(range(T)).",
)
for _name, _start in {
    "the number 0 is": "= 0, np.zeros_like(W_x), np.zeros_like(W_h), np.zeros(len(W_h))",
    "numbers 0 are": "= 0, 0, 0, 0",
}.items():  # with one time step alone they come out as they are
    time_wrong(
        f"the first step is left out, and {_name} what the walk starts with",
        [
            ("reversed(range(len(x)))", "reversed(range(1, len(x)))"),
            ("np.empty_like(x)", "np.zeros_like(x)"),
            ("= 0, 0, 0, 0", _start),
        ],
        "The loop ends with t = 0: range(T - 1, -1, -1), or reversed(range(T)).",
    )
time_wrong(
    "dx is in the order of the walk", ("return dx,", "return dx[::-1],"), "dx[0] belongs to x[0]: reverse the list."
)
time_wrong(
    "the own gradient goes through the tanh twice",
    (ARRIVING, "dh[t] * (1 - h[t + 1] ** 2) + carried"),
    "dh[t] is the gradient of h: rnn_step_backward takes it through the tanh.",
)
time_wrong(
    "off by one in time: h[0] is taken for the first output",
    ("h[t], h[t + 1]", "h[t - 1], h[t]"),
    "h[0] is the initial state: step t reads h[t] and makes h[t + 1].",
)
time_wrong(
    "dW_h is made from the new hidden state",
    ("h[t], h[t + 1]", "h[t + 1], h[t + 1]"),
    "W_h multiplied the previous state, h[t]. Off by one in time.",
)
time_wrong(
    "tanh' of the previous state",
    ("h[t], h[t + 1]", "h[t], h[t]"),
    "Step t made h[t + 1]: the slope is 1 - h[t + 1]**2. Off by one in time.",
)
time_wrong("the old and the new state are swapped", ("h[t], h[t + 1]", "h[t + 1], h[t]"), "First h[t], then h[t + 1].")
time_wrong(
    "the initial state's gradient is the first step's own",
    ("return dx, carried", "return dx, dh[0]"),
    "It is what the first step sends back: the last carried.",
)
time_wrong(
    "the initial state gets no gradient",
    ("return dx, carried", "return dx, 0 * carried"),
    "The initial state acted through the first step: return the last carried.",
    plain=True,
)
time_wrong("tanh' is missing", ("h[t], h[t + 1]", "h[t], 0 * h[t + 1]"), "Each step goes back through its tanh.")
time_wrong(
    "tanh' is missing on the recurrent path",
    [(STEP, KEEP_ARRIVED), (SENT, SENT + "        carried = arrived @ W_h.T\n")],
    "What is carried is dz @ W_h.T: dz, not dh.",
)
time_wrong(
    "W_h is not transposed on the recurrent path",
    [(STEP, KEEP_ARRIVED), (SENT, SENT + "        carried = tanh_backward(arrived, h[t + 1]) @ W_h\n")],
    "Backwards the weights are transposed: dz @ W_h.T.",
)


def _by_hand(dh, x, h, W_x, W_h):
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
for _name, _edits, _advice in (
    (
        "what is carried has not gone through W_h",
        [(CARRY, "carried = dz")],
        "h[t] went in through W_h: carried = dz @ W_h.T.",
    ),
    (
        "value by value in place of W_h",
        [(CARRY, "carried = dz * np.diag(W_h)")],
        "Every unit reads every other: dz @ W_h.T.",
    ),
    (
        "dh is carried along",
        [(CARRY, "carried = dh[t] + dz @ W_h.T")],
        "dh[t] has come in already: carried is dz @ W_h.T alone.",
    ),
    (
        "dh goes on without tanh' and W_h",
        [(CARRY, "carried = dh[t] + carried")],
        "On its way to step t - 1 the gradient goes through tanh' and W_h: carried = dz @ W_h.T.",
    ),
    ("what is carried changes its sign", [(CARRY, "carried = -dz @ W_h.T")], "No minus: carried = dz @ W_h.T."),
    ("what is carried is subtracted", [(OWN, "dh[t] - carried")], "The two gradients of h are added: dh[t] + carried."),
    (
        "the two gradients are multiplied",
        [(OWN, "dh[t] * (carried if t < T - 1 else 1)")],
        "They are added: dh[t] + carried.",
    ),
    ("the last step's own gradient comes in at each step", [(OWN, "dh[-1] + carried")], "Step t has its own: dh[t]."),
    (
        "the sum of all own gradients comes in at each step",
        [(OWN, "dh.sum(axis=0) + carried")],
        "Step t has its own: dh[t].",
    ),
    ("off by one in dh", [(OWN, "dh[t - 1] + carried")], "dh[t] is the gradient of h[t + 1], which step t makes."),
    (
        "dh is read in the order of time",
        [(OWN, "dh[T - 1 - t] + carried")],
        "The walk goes backwards, so dh[t] does too.",
    ),
    ("the square is missing in tanh'", [("h[t + 1] ** 2", "h[t + 1]")], "The slope of tanh is 1 - h²."),
    (
        "the bracket is squared in tanh'",
        [("(1 - h[t + 1] ** 2)", "(1 - h[t + 1]) ** 2")],
        "The slope is 1 - h[t + 1]**2.",
    ),
    ("the tanh is taken a second time", [("h[t + 1] ** 2", "np.tanh(h[t + 1]) ** 2")], "h is tanh(z) already."),
    ("dW_x and dW_h are exchanged", [(RESULTS, "return dx, carried, dW_h, dW_x, db")], "First dW_x, then dW_h."),
    (
        "the initial state's gradient comes last",
        [(RESULTS, "return dx, dW_x, dW_h, db, carried")],
        "It is the second result.",
    ),
    (
        "dz in place of the initial state's gradient",
        [(RESULTS, "return dx, dz, dW_x, dW_h, db")],
        "Through W_h once more: what is carried after the loop.",
    ),
    (
        "the initial state's gradient is summed over the batch",
        [(RESULTS, "return dx, carried.sum(axis=0), dW_x, dW_h, db")],
        "Each sample has an initial state of its own: (B, H).",
    ),
    (
        "the weights' gradients are means over the batch",
        [(RESULTS, "return dx, carried, dW_x / B, dW_h / B, db / B")],
        "Every sample adds its part: sums. Where the loss is a mean, dh has the 1 / B in it already.",
    ),
    (
        "the weights' gradients are means over batch and time",
        [(RESULTS, "return dx, carried, dW_x / (B * T), dW_h / (B * T), db / (B * T)")],
        "Every step and sample adds its part: sums.",
    ),
    ("tanh' is missing in dx", [("dx[t] = dz", f"dx[t] = ({OWN})")], "x comes in before the tanh: dx[t] = dz @ W_x.T."),
    (
        "dx is made from the own gradient, and tanh' is missing",
        [("dx[t] = dz", "dx[t] = dh[t]")],
        "dx[t] = dz @ W_x.T: dz holds all that arrives at step t.",
    ),
    (
        "dx knows nothing of later steps",
        [("dx[t] = dz", "dx[t] = dh[t] * (1 - h[t + 1] ** 2)")],
        "dx[t] = dz @ W_x.T, with the dz that holds what later steps send back.",
    ),
    (
        "dx is added to the earlier steps too",
        [("dx[t] = dz", "dx[: t + 1] += dz")],
        "x[t] was read in step t alone: dx[t] = ...",
    ),
    ("off by one in dx", [("dx[t] =", "dx[t - 1] =")], "Step t read x[t]: its gradient is dx[t]."),
    (
        "carried starts with ones",
        [("carried = np.zeros_like", "carried = np.ones_like")],
        "After the last step nothing comes back: 0.",
    ),
    (
        "carried starts with the last state",
        [("np.zeros_like(h[0])", "h[-1]")],
        "A state is no gradient: carried starts at 0.",
    ),
    ("the last step is left out", [(BACK, "range(T - 2, -1, -1)")], "The first t is T - 1, the last step."),
    ("forwards, and without the last step", [(BACK, "range(T - 1)")], "Count down: range(T - 1, -1, -1)."),
    ("forwards, and without the first step", [(BACK, "range(1, T)")], "Count down: range(T - 1, -1, -1)."),
    ("dW_h is made from the initial state alone", [("h[t].T @", "h[0].T @")], "Step t reads h[t]: h[t].T @ dz."),
    ("dW_x is made from the first input alone", [("x[t].T @", "x[0].T @")], "Step t reads x[t]: x[t].T @ dz."),
    (
        "the inputs are read in the order of time",
        [("x[t].T @", "x[T - 1 - t].T @")],
        "The walk goes backwards: step t reads x[t].",
    ),
    (
        "W_x is not transposed",
        [("dz @ W_x.T", "dz @ W_x")],
        "Backwards the weights are transposed: dx[t] = dz @ W_x.T.",
    ),
):
    time_wrong(_name, _edits, _advice, of=_by_hand)


SLOPE_T, DZ = "(1 - h[t + 1] ** 2)", "dz = (dh[t] + carried) * (1 - h[t + 1] ** 2)"
for _name, _edits, _advice in (
    (
        "dW_h is made from the state one step earlier",
        [("h[t].T @", "h[t - 1].T @")],
        "Step t read h[t]: dW_h += h[t].T @ dz.",
    ),
    (
        "what is carried is made from dh alone, without tanh'",
        [(CARRY, "carried = dh[t] @ W_h.T")],
        "What is carried holds all later steps, and goes through tanh': dz @ W_h.T.",
    ),
    (
        "the loop ends after its first step",
        [(f"    {RESULTS}", f"        {RESULTS}")],
        "`return` stands inside the loop and ends it at the last step of time: move it to the left, under the `for`.",
    ),
    (
        "the whole gradient of h[1] in place of that of the initial state",
        [
            ("dz = (dh[t] + carried)", "whole = dh[t] + carried\n        dz = whole"),
            (RESULTS, "return dx, whole, dW_x, dW_h, db"),
        ],
        "h[0] lies one step further back: through tanh' and W_h once more, which is the last carried.",
    ),
    (
        "the first step's own gradient is added to that of the initial state",
        [(RESULTS, "return dx, carried + dh[0], dW_x, dW_h, db")],
        "dh[0] is the loss's own gradient of h[1]. h[0] has none: return the last carried.",
    ),
    (
        "the initial state's gradient goes through a tanh of its own",
        [(RESULTS, "return dx, carried * (1 - h[0] ** 2), dW_x, dW_h, db")],
        "h[0] is no result of a tanh: return the last carried as it is.",
    ),
    (
        "the initial state's gradient goes through W_h twice",
        [(RESULTS, "return dx, carried @ W_h.T, dW_x, dW_h, db")],
        "The last carried has gone through W_h: return it as it is.",
    ),
    ("tanh' is missing in dW_x", [("x[t].T @ dz", f"x[t].T @ ({OWN})")], "x comes in before the tanh: x[t].T @ dz."),
    ("tanh' is missing in dW_h", [("h[t].T @ dz", f"h[t].T @ ({OWN})")], "h[t] comes in before the tanh: h[t].T @ dz."),
    ("tanh' is missing in the bias", [("dz.sum", f"({OWN}).sum")], "b is added inside the tanh: db is the sum of dz."),
    (
        "tanh' is missing in the weights and the bias",
        [("x[t].T @ dz", f"x[t].T @ ({OWN})"), ("h[t].T @ dz", f"h[t].T @ ({OWN})"), ("dz.sum", f"({OWN}).sum")],
        "dW_x, dW_h and db are made from dz.",
    ),
    (
        "the weights' gradients know nothing of later steps",
        [
            ("x[t].T @ dz", f"x[t].T @ (dh[t] * {SLOPE_T})"),
            ("h[t].T @ dz", f"h[t].T @ (dh[t] * {SLOPE_T})"),
            ("dz.sum", f"(dh[t] * {SLOPE_T}).sum"),
        ],
        "dW_x, dW_h and db are made from the dz that holds what later steps send back.",
    ),
    (
        "what is carried does not go through tanh'",
        [(DZ, f"dz = dh[t] * {SLOPE_T} + carried")],
        "First add both gradients of h, then go through the tanh: (dh[t] + carried) times the slope.",
    ),
    (
        "the own gradient does not go through tanh'",
        [(DZ, f"dz = dh[t] + carried * {SLOPE_T}")],
        "First add both gradients of h, then go through the tanh: (dh[t] + carried) times the slope.",
    ),
    (
        "the own gradient of the step after",
        [(OWN, "(dh[t + 1] if t + 1 < T else 0) + carried")],
        "dh[t] is the gradient of h[t + 1], which step t makes.",
    ),
    ("the input of the step before", [("x[t].T @", "x[t - 1].T @")], "Step t read x[t]: x[t].T @ dz."),
    (
        "the slope of the last state at each step",
        [("h[t + 1] ** 2", "h[-1] ** 2")],
        "Step t has its own slope: 1 - h[t + 1]**2.",
    ),
    (
        "the slope of the initial state at each step",
        [("h[t + 1] ** 2", "h[0] ** 2")],
        "Step t has its own slope: 1 - h[t + 1]**2.",
    ),
    ("dW_h is the transpose", [("h[t].T @ dz", "dz.T @ h[t]")], "Rows of W_h belong to the state before: h[t].T @ dz."),
    ("dW_x is the transpose", [("x[t].T @ dz", "dz.T @ x[t]")], "dW_x has the shape of W_x, (D, H): x[t].T @ dz."),
    ("db is a mean over the batch", [("dz.sum", "dz.mean")], "Every sample adds its part: a sum, not a mean."),
    ("db is one number", [("dz.sum(axis=0)", "dz.sum()")], "One number for each unit: dz.sum(axis=0)."),
    (
        "db is summed over the units",
        [("dz.sum(axis=0)", "dz.sum(axis=1)")],
        "One number for each unit: sum over the batch, axis 0.",
    ),
    ("db is that of the first sample", [("dz.sum(axis=0)", "dz[0]")], "Every sample adds its part: dz.sum(axis=0)."),
    (
        "half of the gradient",
        [(OWN, "(dh[t] + carried) / 2")],
        "The two gradients of h are added, not averaged, and the slope is 1 - h[t + 1]**2, without a factor.",
    ),
    (
        "all later own gradients come in as they are",
        [(OWN, "dh[t:].sum(axis=0) + carried")],
        "Later gradients come through carried, by way of tanh' and W_h: dh[t] + carried.",
    ),
    (
        "all earlier own gradients come in",
        [(OWN, "dh[: t + 1].sum(axis=0) + carried")],
        "Earlier losses do not depend on a later step: dh[t] + carried.",
    ),
    (
        "what is carried is cut off",
        [(CARRY, "carried = np.clip(dz @ W_h.T, -1, 1)")],
        "Nothing is clipped here: carried = dz @ W_h.T.",
    ),
    (
        "tanh' comes in twice on the recurrent path",
        [(CARRY, f"carried = (dz * {SLOPE_T}) @ W_h.T")],
        "dz has gone through this step's tanh already: carried = dz @ W_h.T.",
    ),
    (
        "the tanh of the step before comes in twice on the recurrent path",
        [(CARRY, "carried = dz @ W_h.T * (1 - h[t] ** 2)")],
        "That tanh belongs to step t - 1, which takes it itself: carried = dz @ W_h.T.",
    ),
    ("dW_x is a mean over the batch", [("x[t].T @ dz", "x[t].T @ dz / B")], "Every sample adds its part: x[t].T @ dz."),
    ("dW_h is a mean over the batch", [("h[t].T @ dz", "h[t].T @ dz / B")], "Every sample adds its part: h[t].T @ dz."),
    (
        "all signs are turned",
        [(RESULTS, "return -dx, -carried, -dW_x, -dW_h, -db")],
        "These are gradients, not steps of a descent: no minus.",
    ),
    (
        "dx is that of the first step alone",
        [("dx[t] = dz", "dx = dz")],
        "Each step has its own input, and its row: dx[t] = ...",
    ),
    (
        "dx is summed over time",
        [(RESULTS, "return dx.sum(axis=0), carried, dW_x, dW_h, db")],
        "Each step has its own input: dx is (T, B, D).",
    ),
    (
        "the loop starts one step too late",
        [(BACK, "range(T, -1, -1)")],
        "The last step is T - 1: range(T - 1, -1, -1).",
    ),
    (
        "the first step is left out, and nothing goes back to the initial state",
        [(BACK, "range(T - 1, 0, -1)"), (RESULTS, "return dx, 0 * carried, dW_x, dW_h, db")],
        "The loop ends with t = 0, and the last carried belongs to the initial state: range(T - 1, -1, -1).",
    ),
):
    time_wrong(_name, _edits, _advice, of=_by_hand)
_add_slopes(
    rnn_backward_cases,
    lambda expression: [(DZ, f"dz = {_slope_of(expression, '(dh[t] + carried)', 'h[t + 1]')}")],
    of=_by_hand,
)
time_wrong(
    "all steps at once",
    lambda dh, x, h, W_x, W_h: rnn_step_backward(dh, x, h[:-1], h[1:], W_x, W_h),
    "One step at a time, from the last to the first: each one needs what the step after it sends back.",
)


# ---------------------------------------------------------------- 4. the check of a gradient


def _slopes(got, want, case):
    """As ``close``, but a plain 0 is no tiny number: it tells two moves that cancel from a division gone wrong."""
    if text := close(got, want, case):
        near = got.shape == want.shape and np.abs(got - want).max() < 0.05 * np.abs(want).max()
        return text + (": near, but a central difference with the given eps comes much nearer" if near else "")
    return "holds a 0 where the slope is not 0" if ((got == 0) != (want == 0)).any() else ""


@sheet.check(
    name="central_difference",
    oracle=central_difference,
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
def central_difference_cases(rng):
    """The slope of the loss in every entry of a matrix, measured."""
    for label, _, B, D, H in SIZES[:2] + SIZES[3:6]:
        case = {"w": rng.normal(size=(D, H)), "x": rng.normal(size=(B, D)), "y": rng.uniform(-1, 1, size=(B, H))}
        yield {"one hidden unit": "one column in w"}.get(label, label.removesuffix(", T = B = D = H")), case
    zeros = {"w": rng.normal(size=(4, 2)), "x": rng.normal(size=(3, 4)), "y": rng.uniform(-1, 1, size=(3, 2))}
    zeros["w"][1:3, 1] = 0.0
    yield "weights of 0", zeros
    yield "a single weight", {"w": np.array([[0.4]]), "x": rng.normal(size=(3, 1)), "y": rng.uniform(-1, 1, (3, 1))}


slope_wrong = central_difference_cases.wrong
slope_wrong(
    "a one-sided difference",
    ("loss(down, x, y)) / (2 * eps)", "loss(w, x, y)) / eps"),
    "Go down as well as up: the error of one side alone is thousands of times larger.",
)
slope_wrong(
    "twice the slope",
    ("(2 * eps)", "eps"),
    "From down to up is a distance of 2 * eps, where each side moves by eps: divide by that.",
)
IN_PLACE = (
    "up, down = w.copy(), w.copy()\n        up[k] += eps\n        down[k] -= eps\n        "
    "grad[k] = (loss(up, x, y) - loss(down, x, y)) / (2 * eps)"
)
slope_wrong(
    "one side, and divided by both",
    ("loss(down, x, y)", "loss(w, x, y)"),
    "Half the slope comes out. The second loss belongs to w - eps; `-= eps` after `+= eps` only leads back to w.",
)
slope_wrong(
    "the last move is not taken back",
    (IN_PLACE, "w[k] += eps\n        above = loss(w, x, y)\n        w[k] -= 2 * eps\n"
               "        grad[k] = (above - loss(w, x, y)) / (2 * eps)"),
    "Each entry stays at w - eps while the next one moves: start each from a fresh copy of w.",
)  # fmt: skip
slope_wrong(
    "half of the slope",
    [("up[k] += eps", "up[k] += eps / 2"), ("down[k] -= eps", "down[k] -= eps / 2")],
    "Each side moves by eps, which makes a distance of 2 * eps; moves of eps / 2 make half of it. (And the derivative "
    "of a square has a factor 2.)",
)
slope_wrong(
    "return stands inside the loop",
    [("np.empty_like(w)", "np.zeros_like(w)"), ("\n    return grad", "\n        return grad")],
    "Only the first entry was measured: move `return` to the left, under the `for`.",
)
slope_wrong("not divided by the distance", (" / (2 * eps)", ""), "A slope is rise over run: divide by 2 * eps.")
slope_wrong(
    "multiplied where it should be divided: a bracket is missing", ("(2 * eps)", "2 * eps"), "Write / (2 * eps)."
)
slope_wrong(
    "the gradient is 0 everywhere",
    ("w.copy(), w.copy()", "w, w"),
    "One weight moves up in one loss and down in the other. `up = w` is another name for the same array, in "
    "which both moves cancel: w.copy().",
    plain=True,
)
slope_wrong(
    "one number for the whole matrix",
    ("return grad", "return (loss(w + eps, x, y) - loss(w - eps, x, y)) / (2 * eps)"),
    "Every entry has a slope of its own: move one at a time, in a loop, and keep the slopes apart.",
)
slope_wrong(
    "up and down are swapped",
    ("loss(up, x, y) - loss(down, x, y)", "loss(down, x, y) - loss(up, x, y)"),
    "The slope is positive where the loss grows: up minus down.",
)
slope_wrong(
    "all entries move at once",
    [("up[k] += eps", "up += eps"), ("down[k] -= eps", "down -= eps")],
    "One entry at a time, up[k] and down[k]: else you measure the sum of all slopes.",
)
slope_wrong(
    "a whole row moves at once",
    ("np.ndindex(w.shape)", "range(len(w))"),
    "Move a single entry at a time, w[row, column].",
)
slope_wrong(
    "moved entries are not put back",
    (
        "for k in np.ndindex(w.shape):\n        up, down = w.copy(), w.copy()",
        "up, down = w.copy(), w.copy()\n    for k in np.ndindex(w.shape):",
    ),
    "Start each entry from a fresh copy of w.",
)
slope_wrong(
    "w is put back by adding and subtracting",
    [
        (
            "up, down = w.copy(), w.copy()\n        up[k] += eps\n        down[k] -= eps\n        ",
            "w[k] += eps\n        ",
        ),
        (
            "grad[k] = (loss(up, x, y) - loss(down, x, y)) / (2 * eps)",
            "above = loss(w, x, y)\n        w[k] -= 2 * eps\n        grad[k] = (above - loss(w, x, y)) / (2 * eps)\n"
            "        w[k] += eps",
        ),
    ],
    "Rounding leaves w a little changed, and it is the caller's: work on copies.",
)
slope_wrong(
    "the loss in place of its slope",
    ("(loss(up, x, y) - loss(down, x, y)) / (2 * eps)", "loss(w, x, y)"),
    "A slope is a difference of two losses over the distance: (up - down) / (2 * eps).",
)
QUOTIENT = "(loss(up, x, y) - loss(down, x, y)) / (2 * eps)"
for _name, _change, _advice in (
    (
        "plus in place of minus",
        (QUOTIENT, "(loss(up, x, y) + loss(down, x, y)) / (2 * eps)"),
        "A slope needs a difference: up minus down.",
    ),
    ("divided by 2 and not by eps", ("/ (2 * eps)", "/ 2"), "A slope is rise over run, and the run is 2 * eps."),
    ("divided by the square of eps", ("/ (2 * eps)", "/ eps**2"), "A slope is rise over run, and the run is 2 * eps."),
    ("the size of the slope", (QUOTIENT, f"np.abs({QUOTIENT})"), "A slope has a sign: no np.abs."),
    (
        "the second derivative",
        (QUOTIENT, "(loss(up, x, y) - 2 * loss(w, x, y) + loss(down, x, y)) / eps**2"),
        "That measures how the slope changes. The slope itself: (up - down) / (2 * eps).",
    ),
    (
        "moves in proportion to the weight",
        [("up[k] += eps", "up[k] *= 1 + eps"), ("down[k] -= eps", "down[k] *= 1 - eps")],
        "Add and subtract eps itself: the distance is then 2 * eps, whatever the weight.",
    ),
    (
        "a step relative to the weight",
        [
            ("up[k] += eps", "up[k] *= 1 + eps"),
            ("down[k] -= eps", "down[k] *= 1 - eps"),
            ("(2 * eps)", "(up[k] - down[k])"),
        ],
        "A weight of 0 does not move then, and 0 / 0 is NaN: add and subtract eps itself.",
    ),
    (
        "the weight is replaced by eps",
        [("up[k] += eps", "up[k] = eps"), ("down[k] -= eps", "down[k] = -eps")],
        "`+=` and `-=`: move the weight by eps, do not replace it.",
    ),
    (
        "all other weights are 0",
        ("w.copy(), w.copy()", "np.zeros_like(w), np.zeros_like(w)"),
        "Start each entry from a copy of w.",
    ),
    (
        "a mean over the samples again",
        ("return grad", "return grad / len(x)"),
        "The loss is a mean already: nothing more to divide.",
    ),
    ("the result is transposed", ("return grad", "return grad.T"), "The result has the shape of w, (D, H)."),
    (
        "one slope for each column",
        ("return grad", "return grad.mean(axis=0)"),
        "Every entry has a slope of its own: (D, H).",
    ),
    (
        "the last slope alone",
        (f"grad[k] = {QUOTIENT}", f"grad = {QUOTIENT}"),
        "Write each slope into its own entry: grad[k] = ...",
    ),
    (
        "another eps than the one given",
        ("\n    grad = np.empty_like(w)", "\n    eps = 1e-2\n    grad = np.empty_like(w)"),
        "Use the eps that the function is given.",
    ),
    (
        "an eps so small that rounding takes over",
        ("\n    grad = np.empty_like(w)", "\n    eps = 1e-11\n    grad = np.empty_like(w)"),
        "A move of 1e-11 is lost in rounding: use the eps that the function is given.",
    ),
):
    slope_wrong(_name, _change, _advice)


def _by_two_indices(w, x, y, eps=1e-5):
    """central_difference as it is written with two loops: the slips with row and column are edits of it."""
    grad = np.zeros_like(w)
    for i in range(w.shape[0]):
        for j in range(w.shape[1]):
            up, down = w.copy(), w.copy()
            up[i, j] += eps
            down[i, j] -= eps
            grad[i, j] = (loss(up, x, y) - loss(down, x, y)) / (2 * eps)
    return grad


ROWS, COLUMNS = "range(w.shape[0])", "range(w.shape[1])"
for _name, _edits, _advice in (
    (
        "only the first row was measured",
        [("    return grad", "        return grad")],
        "Does the loop end too early? `return` stands to the left, under the outer `for`.",
    ),
    (
        "the last slope of a row fills it",
        [("grad[i, j] =", "grad[i] =")],
        "Write each slope into its own entry: grad[i, j] = ...",
    ),
    (
        "the last slope of a column fills it",
        [("grad[i, j] =", "grad[:, j] =")],
        "Write each slope into its own entry: grad[i, j] = ...",
    ),
    ("the first row is left out", [(ROWS, "range(1, w.shape[0])")], "Counting starts at 0: range(w.shape[0])."),
    (
        "the last row is left out",
        [(ROWS, "range(w.shape[0] - 1)")],
        "range(n) ends with n - 1 already: range(w.shape[0]).",
    ),
    ("the first column is left out", [(COLUMNS, "range(1, w.shape[1])")], "Counting starts at 0: range(w.shape[1])."),
    (
        "the last column is left out",
        [(COLUMNS, "range(w.shape[1] - 1)")],
        "range(n) ends with n - 1 already: range(w.shape[1]).",
    ),
    (
        "a whole column moves at once",
        [("up[i, j]", "up[:, j]"), ("down[i, j]", "down[:, j]")],
        "Move a single entry at a time, w[row, column].",
    ),
    (
        "row and column are exchanged",
        [("up[i, j]", "up[j, i]"), ("down[i, j]", "down[j, i]")],
        "w is (D, H): the row, up to D, comes first, w[i, j].",
    ),
    (
        "rows and columns are both counted by rows",
        [(COLUMNS, ROWS)],
        "w is (D, H): i runs to w.shape[0], j to w.shape[1].",
    ),
    (
        "rows and columns are both counted by columns",
        [(ROWS, COLUMNS)],
        "w is (D, H): i runs to w.shape[0], j to w.shape[1].",
    ),
    (
        "a fresh copy once a row",
        [
            ("            up, down = w.copy(), w.copy()\n", ""),
            ("        for j", "        up, down = w.copy(), w.copy()\n        for j"),
        ],
        "Start each entry from a fresh copy of w: the one before it is still moved.",
    ),
    (
        "the copy is never moved back",
        [
            ("    for i", "    moved = w.copy()\n    for i"),
            (
                "up, down = w.copy(), w.copy()\n            up[i, j] += eps\n            down[i, j] -= eps",
                "moved[i, j] += eps\n            above = loss(moved, x, y)\n            moved[i, j] -= 2 * eps",
            ),
            ("loss(up, x, y) - loss(down, x, y)", "above - loss(moved, x, y)"),
        ],
        "Each entry stays at w - eps while the next one moves: start each from a fresh copy of w.",
    ),
):
    slope_wrong(_name, _edits, _advice, of=_by_two_indices)
DIFFERENCE = "loss(up, x, y) - loss(down, x, y)"
for _name, _change, _advice in (
    (
        "a one-sided difference, downwards",
        (QUOTIENT, "(loss(w, x, y) - loss(down, x, y)) / eps"),
        "Go up as well as down: the error of one side alone is thousands of times larger.",
    ),
    (
        "the lower side alone, and divided by both",
        (DIFFERENCE, "loss(w, x, y) - loss(down, x, y)"),
        "Half the slope comes out. The first loss belongs to w + eps.",
    ),
    (
        "up is no copy",
        ("w.copy(), w.copy()", "w, w.copy()"),
        "`up = w` is another name for the caller's array: w.copy().",
    ),
    (
        "all entries move up at once",
        ("up[k] += eps", "up += eps"),
        "One entry at a time, up[k]: else you measure the sum of all slopes.",
    ),
    (
        "all entries move down at once",
        ("down[k] -= eps", "down -= eps"),
        "One entry at a time, down[k]: else you measure the sum of all slopes.",
    ),
    (
        "the slope times the number of samples",
        ("return grad", "return grad * len(x)"),
        "The loss is a mean already: the slope of that mean is asked, as it is.",
    ),
    (
        "the slope of the sum of squares",
        ("return grad", "return grad * y.size"),
        "The loss is the mean of the squares, not their sum: take the slope of `loss` as it is given.",
    ),
    (
        "the slope of a mean over the samples alone",
        ("return grad", "return grad * y.shape[1]"),
        "The loss is the mean over samples and units: take the slope of `loss` as it is given.",
    ),
    (
        "worked out, and without tanh'",
        ("return grad", "return x.T @ (2 * (np.tanh(x @ w) - y)) / y.size"),
        "The loss goes through a tanh, whose slope is missing. Measured differences need no derivation.",
    ),
    ("divided by its norm", ("return grad", "return grad / np.linalg.norm(grad)"), "The slopes themselves are asked."),
    ("all slopes in one row", ("return grad", "return grad.ravel()"), "The result has the shape of w, (D, H)."),
    ("the mean slope", ("return grad", "return grad.mean()"), "Every entry has a slope of its own: (D, H)."),
    *(
        (
            f"eps is {eps:g}",
            ("\n    grad = np.empty_like(w)", f"\n    eps = {eps}\n    grad = np.empty_like(w)"),
            "Use the eps that the function is given.",
        )
        for eps in (1.0, 0.5, 0.1, 1e-3, 1e-9, 1e-10, 1e-12)
    ),
):
    slope_wrong(_name, _change, _advice, alone=True)


# ---------------------------------------------------------------- 5. the spectral radius


def _real(got, want, case):
    """As ``close``, with a word on the complex numbers that come of eigenvalues without their absolute value."""
    if np.iscomplexobj(got) != np.iscomplexobj(want):
        return "holds complex numbers: eigenvalues can be complex, and np.abs gives their size"
    if np.iscomplexobj(got):  # beside an answer of ours with that slip
        return close(got.real, want.real, case) or close(got.imag, want.imag, case)
    return close(got, want, case)


@sheet.check(
    name="spectral_rescale",
    oracle=spectral_rescale,
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
def spectral_rescale_cases(rng):
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


RADIUS, rescale_wrong = "np.abs(np.linalg.eigvals(W)).max()", spectral_rescale_cases.wrong
rescale_wrong(
    "the largest real part",
    (RADIUS, "np.linalg.eigvals(W).real.max()"),
    "A negative or complex eigenvalue may be larger.",
)
rescale_wrong(
    "np.abs comes after the maximum",
    (RADIUS, "np.abs(np.linalg.eigvals(W).max())"),
    "The maximum of complex numbers is that of their real parts: take np.abs of all first, then the maximum.",
)
rescale_wrong(
    "eigenvalues of a symmetric matrix",
    (RADIUS, "np.abs(np.linalg.eigvalsh(W)).max()"),
    "eigvalsh looks at one half of the matrix and takes the other to be its mirror image: eigvals.",
)
rescale_wrong(
    "the first eigenvalue",
    (RADIUS, "np.abs(np.linalg.eigvals(W)[0])"),
    "They come in no useful order: take the largest.",
)
rescale_wrong(
    "every column is divided by an eigenvalue of its own",
    (RADIUS, "np.abs(np.linalg.eigvals(W))"),
    "np.abs of the eigenvalues is H numbers: the radius is the largest of them, one factor for the whole matrix.",
)
rescale_wrong(
    "the smallest eigenvalue", (RADIUS, RADIUS.replace("max", "min")), "The radius is the largest absolute value."
)
rescale_wrong("the mean size of the eigenvalues", (RADIUS, RADIUS.replace("max", "mean")), "Take the largest size.")
rescale_wrong(
    "the largest singular value",
    (RADIUS, "np.linalg.norm(W, 2)"),
    "That is the most one step can stretch: use eigvals.",
)
rescale_wrong(
    "the norm of the matrix",
    (RADIUS, "np.linalg.norm(W)"),
    "The root of the sum of squares is no eigenvalue: use eigvals.",
)
rescale_wrong("the largest entry", (RADIUS, "np.abs(W).max()"), "The radius belongs to the eigenvalues: eigvals(W).")
rescale_wrong("scaled to 1", ("W * rho / radius", "W / radius"), "Multiply by rho in the end.")
rescale_wrong(
    "not divided by its own radius", ("W * rho / radius", "W * rho"), "Bring the radius to 1 first: / radius."
)
rescale_wrong(
    "the two radii are swapped",
    ("W * rho / radius", "W * radius / rho"),
    "rho is the radius that is asked for, so it multiplies: W * rho / radius.",
)
for _name, _change, _advice in (
    ("the sum of the eigenvalues' sizes", (RADIUS, RADIUS.replace("max", "sum")), "Take the largest size."),
    (
        "the eigenvalues of W.T @ W",
        (RADIUS, "np.abs(np.linalg.eigvals(W.T @ W)).max()"),
        "Those are squares of singular values: eigvals(W).",
    ),
    (
        "the last eigenvalue",
        (RADIUS, "np.abs(np.linalg.eigvals(W)[-1])"),
        "They come in no useful order: take the largest size.",
    ),
    (
        "the size of the real part",
        (RADIUS, "np.abs(np.linalg.eigvals(W).real).max()"),
        "The size of a complex number has its imaginary part in it: np.abs of the eigenvalue itself.",
    ),
    ("the trace", (RADIUS, "np.abs(np.trace(W))"), "The trace is the sum of all eigenvalues: take the largest size."),
    (
        "the determinant",
        (RADIUS, "np.abs(np.linalg.det(W))"),
        "The determinant is the product of all eigenvalues: take the largest size.",
    ),
    (
        "the norm of all eigenvalues",
        (RADIUS, "np.linalg.norm(np.linalg.eigvals(W))"),
        "Take the largest size, not the root of the sum of squares.",
    ),
    (
        "the largest row sum",
        (RADIUS, "np.linalg.norm(W, np.inf)"),
        "That norm is only an upper bound of the radius: use eigvals.",
    ),
    (
        "the largest column sum",
        (RADIUS, "np.linalg.norm(W, 1)"),
        "That norm is only an upper bound of the radius: use eigvals.",
    ),
    ("the square of the radius", (RADIUS, f"{RADIUS} ** 2"), "No square: the radius is a size."),
    ("the root of the radius", (RADIUS, f"np.sqrt({RADIUS})"), "No root: eigenvalues scale as the matrix does."),
    (
        "the largest entry of the eigenvectors",
        (RADIUS, "np.abs(np.linalg.eig(W)[1]).max()"),
        "np.linalg.eig gives the eigenvalues first, then the vectors: eigvals gives the values alone.",
    ),
    (
        "the largest entry of the diagonal",
        (RADIUS, "np.abs(np.diag(W)).max()"),
        "The diagonal holds eigenvalues only where the matrix is triangular.",
    ),
    (
        "a small number is added to the radius",
        (RADIUS, f"{RADIUS} + 1e-8"),
        "A matrix of small numbers then misses rho: divide by the radius itself.",
    ),
    (
        "multiplied by the radius",
        ("W * rho / radius", "W * rho * radius"),
        "Divide by the radius: that makes it 1. Then times rho.",
    ),
    (
        "only ever shrunk",
        ("W * rho / radius", "W * min(1, rho / radius)"),
        "The radius becomes rho in any case, where it was smaller too.",
    ),
    (
        "only ever enlarged",
        ("W * rho / radius", "W * max(1, rho / radius)"),
        "The radius becomes rho in any case, where it was larger too.",
    ),
    (
        "shifted in place of scaled",
        ("W * rho / radius", "W - radius + rho"),
        "Scale: all entries times one factor, rho / radius.",
    ),
    (
        "clipped at rho",
        ("W * rho / radius", "np.clip(W, -rho, rho)"),
        "Scale: all entries times one factor, rho / radius.",
    ),
    ("rho is added", ("W * rho / radius", "W / radius + rho"), "Multiply by rho, do not add it."),
    (
        "the root of the factor",
        ("W * rho / radius", "W * np.sqrt(rho / radius)"),
        "The radius grows as the factor does: no root.",
    ),
    (
        "the result is transposed",
        ("W * rho / radius", "(W * rho / radius).T"),
        "The same matrix times one factor: no .T.",
    ),
    ("the factor alone", ("W * rho / radius", "rho / radius"), "Return the scaled matrix: W times the factor."),
    (
        "W is changed in place",
        ("return W * rho / radius", "W *= rho / radius\n    return W"),
        "`*=` writes into the caller's matrix: make a new one.",
    ),
):
    rescale_wrong(_name, _change, _advice)


EIGENVALUES, SCALED = "np.linalg.eigvals(W)", "W * rho / radius"
for _name, _old, _new, _advice in (
    (
        "eigenvalues without their size",
        RADIUS,
        f"{EIGENVALUES}.max()",
        "Eigenvalues may be negative or complex: take np.abs of all, then the largest.",
    ),
    (
        "the first eigenvalue without its size",
        RADIUS,
        f"{EIGENVALUES}[0]",
        "They come in no useful order, and may be negative or complex: the largest size.",
    ),
    (
        "the largest entry, without np.abs",
        RADIUS,
        "W.max()",
        "The radius belongs to the eigenvalues: the largest np.abs of eigvals(W).",
    ),
    (
        "the sum of all entries",
        RADIUS,
        "W.sum()",
        "The radius belongs to the eigenvalues: the largest np.abs of eigvals(W).",
    ),
    (
        "the mean size of the entries",
        RADIUS,
        "np.abs(W).mean()",
        "The radius belongs to the eigenvalues: the largest np.abs of eigvals(W).",
    ),
    (
        "the deviation of the entries",
        RADIUS,
        "W.std()",
        "The radius belongs to the eigenvalues: the largest np.abs of eigvals(W).",
    ),
    (
        "the root of the number of units",
        RADIUS,
        "np.sqrt(len(W))",
        "That is only a guess for random entries: measure the radius with eigvals.",
    ),
    (
        "the deviation times the root of the number of units",
        RADIUS,
        "(W.std() * np.sqrt(len(W)))",
        "That is only a guess for random entries: measure the radius with eigvals.",
    ),
    (
        "the trace with its sign",
        RADIUS,
        "np.trace(W)",
        "The trace is the sum of all eigenvalues: take the largest size.",
    ),
    (
        "the determinant with its sign",
        RADIUS,
        "np.linalg.det(W)",
        "The determinant is the product of all eigenvalues: take the largest size.",
    ),
    (
        "the eigenvalues of the entries' sizes",
        RADIUS,
        "np.abs(np.linalg.eigvals(np.abs(W))).max()",
        "np.abs belongs around the eigenvalues, not around W.",
    ),
    (
        "real and imaginary part are added",
        RADIUS,
        f"(np.abs({EIGENVALUES}.real) + np.abs({EIGENVALUES}.imag)).max()",
        "The size is the root of the sum of the squares: np.abs of the eigenvalue itself.",
    ),
    (
        "the eigenvalues of the symmetric part",
        RADIUS,
        "np.abs(np.linalg.eigvals((W + W.T) / 2)).max()",
        "The eigenvalues of W itself are asked: eigvals(W).",
    ),
    (
        "the sum of the singular values",
        RADIUS,
        "np.linalg.norm(W, 'nuc')",
        "Those are singular values: the largest np.abs of eigvals(W).",
    ),
    (
        "each row is divided by its own length",
        RADIUS,
        "np.linalg.norm(W, axis=1, keepdims=True)",
        "One factor for the whole matrix: the largest np.abs of eigvals(W).",
    ),
    (
        "each column is divided by its own length",
        RADIUS,
        "np.linalg.norm(W, axis=0)",
        "One factor for the whole matrix: the largest np.abs of eigvals(W).",
    ),
    (
        "every row is divided by an eigenvalue of its own",
        RADIUS,
        f"np.abs({EIGENVALUES})[:, None]",
        "The radius is the largest of the H sizes, one factor for the whole matrix.",
    ),
    (
        "a radius below 1 is raised to 1",
        RADIUS,
        f"max(1, {RADIUS})",
        "Divide by the radius itself, however small it is.",
    ),
    (
        "1e-6 is added to the radius",
        RADIUS,
        f"({RADIUS} + 1e-6)",
        "A matrix of small numbers then misses rho: divide by the radius itself.",
    ),
    (
        "1e-7 is added to the radius",
        RADIUS,
        f"({RADIUS} + 1e-7)",
        "A matrix of small numbers then misses rho: divide by the radius itself.",
    ),
    (
        "divided by rho as well",
        SCALED,
        "W / rho / radius",
        "Divide by the radius, and multiply by rho: rho is the radius that is asked for.",
    ),
    (
        "a multiple of the unit matrix is added",
        SCALED,
        "W + (rho - radius) * np.eye(len(W))",
        "That moves the eigenvalues, each by the same number. Scale: W times rho / radius.",
    ),
    (
        "multiplied by the difference of the radii",
        SCALED,
        "W * (rho - radius)",
        "The factor is a quotient: rho / radius.",
    ),
    (
        "multiplied by the difference of the radii, turned round",
        SCALED,
        "W * (radius - rho)",
        "The factor is a quotient: rho / radius.",
    ),
    ("1 minus the factor", SCALED, "W * (1 - rho / radius)", "The factor is rho / radius itself."),
    ("1 plus the difference of the radii", SCALED, "W * (1 + rho - radius)", "The factor is a quotient: rho / radius."),
    ("the square of W", SCALED, "W @ W * rho / radius", "W itself is scaled: W times rho / radius."),
    ("the symmetric part of W", SCALED, "(W + W.T) / 2 * rho / radius", "W itself is scaled: W times rho / radius."),
    ("the opposite sign", SCALED, "-W * rho / radius", "The factor is positive: rho / radius."),
    (
        "the signs of W are lost",
        SCALED,
        "np.abs(W) * rho / radius",
        "W itself is scaled, with its signs: no np.abs of W.",
    ),
):
    rescale_wrong(_name, (_old, _new), _advice, alone=True)
rescale_wrong(
    "the symmetric part, scaled to the radius rho",
    [("return W * rho", "return (W + W.T) / 2 * rho"), (RADIUS, "np.abs(np.linalg.eigvals((W + W.T) / 2)).max()")],
    "W itself is scaled, symmetric or not: W times rho / radius.",
    alone=True,
)


# ---------------------------------------------------------------- 6. what arrives


@sheet.check(
    name="gradient_norm_by_lag",
    oracle=gradient_norm_by_lag,
    returns="norms",
    points=3,
    minutes=8,
    uses=("tanh_backward",),
    hints=[
        "It is the recurrent path of rnn_backward, alone: no x, no weights' gradients, no new dh on the way.",
        "Start the list with the norm of dh itself. Each step back: through tanh, through W_h, then note the norm.",
        "For t from T down to 1: `dh = tanh_backward(dh, h[t]) @ W_h.T`, then `norms.append(np.linalg.norm(dh))`.",
    ],
)
def gradient_norm_by_lag_cases(rng):
    """The norm of the gradient that arrives at earlier and earlier steps."""
    for label, T, B, _, H in SIZES:
        if not label.startswith("large"):
            case = {"dh": rng.normal(size=(B, H)), "h": _hidden(rng, T + 1, B, H), "W_h": rng.normal(size=(H, H))}
            yield _finish({SQUARE: "square shapes, T = B = H"}.get(label, label), case, scaled=())


lag_wrong = gradient_norm_by_lag_cases.wrong
lag_wrong("tanh' is missing", ("tanh_backward(dh, h[t])", "dh"), "Each step back goes through tanh: times 1 - h[t]**2.")
lag_wrong("W_h is not transposed", ("@ W_h.T", "@ W_h"), "Backwards the weights are transposed: @ W_h.T.")
lag_wrong(
    "first W_h, then tanh'",
    ("tanh_backward(dh, h[t]) @ W_h.T", "tanh_backward(dh @ W_h.T, h[t])"),
    "Forward it was W_h first and tanh last, so backwards tanh comes first.",
)
lag_wrong(
    "off by one in time",
    ("tanh_backward(dh, h[t])", "tanh_backward(dh, h[t - 1])"),
    "From step t back to t - 1 the slope is that of h[t].",
)
lag_wrong("the loop runs forwards", ("reversed(range(1, len(h)))", "range(1, len(h))"), "Start with the last step.")
lag_wrong("the square of the norm", ("np.linalg.norm(dh)", "(dh**2).sum()"), "Take the root: np.linalg.norm(dh).")
lag_wrong(
    "a mean in place of the norm",
    ("np.linalg.norm(dh)", "np.abs(dh).mean()"),
    "The norm is the root of the sum of squares: np.linalg.norm(dh).",
)
lag_wrong(
    "the largest entry in place of the norm",
    ("np.linalg.norm(dh)", "np.abs(dh).max()"),
    "All entries count: np.linalg.norm(dh).",
)
lag_wrong(
    "ordered by time, not by lag", ("np.array(norms)", "np.array(norms[::-1])"), "norms[0] is lag 0: the last step."
)
lag_wrong(
    "one step too many",
    ("range(1, len(h))", "range(len(h))"),
    "h[0] is the initial state: no tanh made it, and the walk ends there.",
)
lag_wrong(
    "a norm for each sample",
    ("np.linalg.norm(dh)", "np.linalg.norm(dh, axis=1)"),
    "One number for each lag: the root of the sum of all squares.",
)
lag_wrong("the last norm is missing", ("np.array(norms)", "np.array(norms[:-1])"), "T steps back give T + 1 norms.")
lag_wrong(
    "every step starts from the same dh",
    ("dh = tanh_backward(dh, h[t]) @ W_h.T\n        norms.append(np.linalg.norm(dh))",
     "back = tanh_backward(dh, h[t]) @ W_h.T\n        norms.append(np.linalg.norm(back))"),
    "What has gone back one step is the start of the next: dh = ...",
)  # fmt: skip
lag_wrong(
    "the norm is noted before W_h",
    ("dh = tanh_backward(dh, h[t]) @ W_h.T\n        norms.append(np.linalg.norm(dh))",
     "dh = tanh_backward(dh, h[t])\n        norms.append(np.linalg.norm(dh))\n        dh = dh @ W_h.T"),
    "A step back is complete when it has gone through tanh and through W_h.",
)  # fmt: skip
lag_wrong(
    "the spectral norm",
    ("np.linalg.norm(dh)", "np.linalg.norm(dh, 2)"),
    "Without the 2, np.linalg.norm is the root of the sum of all squares.",
)
lag_wrong(
    "the mean of the samples' norms",
    ("np.linalg.norm(dh)", "np.linalg.norm(dh, axis=1).mean()"),
    "One norm of the whole (B, H) array: np.linalg.norm(dh).",
)
lag_wrong(
    "the logarithm of the norm", ("np.array(norms)", "np.log10(norms)"), "The norms themselves are asked, no logarithm."
)
lag_wrong(
    "the law in place of the measurement",
    ("np.array(norms)", "norms[0] * np.abs(np.linalg.eigvals(W_h)).max() ** np.arange(len(norms))"),
    "That is the law without tanh. Walk back and measure.",
)
lag_wrong("lag 0 is missing", ("np.array(norms)", "np.array(norms[1:])"), "norms[0] is the norm of dh itself.")
lag_wrong(
    "divided by the first norm", ("np.array(norms)", "np.array(norms) / norms[0]"), "The norms themselves are asked."
)
lag_wrong(
    "the gradients are added up",
    ("dh = tanh_backward(dh, h[t]) @ W_h.T", "dh = dh + tanh_backward(dh, h[t]) @ W_h.T"),
    "No new gradient comes in on the way: what arrives replaces dh.",
)
PULLED = "tanh_backward(dh, h[t]) @ W_h.T"
NORM = "np.linalg.norm(dh)"
for _name, _change, _advice in (
    ("the bracket is squared in tanh'", (PULLED, "dh * (1 - h[t]) ** 2 @ W_h.T"), "The slope of tanh is 1 - h[t]**2."),
    ("the square is missing in tanh'", (PULLED, "dh * (1 - h[t]) @ W_h.T"), "The slope of tanh is 1 - h[t]**2."),
    (
        "the sigmoid's slope",
        (PULLED, "dh * h[t] * (1 - h[t]) @ W_h.T"),
        "h (1 - h) belongs to the sigmoid: here 1 - h[t]**2.",
    ),
    ("the tanh is taken a second time", (PULLED, "tanh_backward(dh, np.tanh(h[t])) @ W_h.T"), "h is tanh(z) already."),
    ("W_h is missing", (PULLED, "tanh_backward(dh, h[t])"), "Each step back goes through W_h too: @ W_h.T."),
    (
        "dh is missing on the way",
        (PULLED, "(1 - h[t] ** 2) @ W_h.T"),
        "What has arrived is multiplied by the slope: tanh_backward(dh, h[t]).",
    ),
    (
        "the slope of the last state at each step",
        (PULLED, "tanh_backward(dh, h[-1]) @ W_h.T"),
        "Step t has its own slope: h[t].",
    ),
    (
        "value by value in place of W_h",
        (PULLED, "tanh_backward(dh, h[t]) * np.diag(W_h)"),
        "Every unit reads every other: @ W_h.T.",
    ),
    ("a mean over the batch at each step", (PULLED, f"{PULLED} / len(dh)"), "Nothing is averaged on the way."),
    ("the first norm is 1", (f"norms = [{NORM}]", "norms = [1.0]"), "norms[0] is the norm of dh itself."),
    ("the first norm is 0", (f"norms = [{NORM}]", "norms = [0.0]"), "norms[0] is the norm of dh itself."),
    ("the sum of the sizes", (NORM, "np.abs(dh).sum()"), "Squares, then the root: np.linalg.norm(dh)."),
    ("the sum in place of the norm", (NORM, "dh.sum()"), "A sum lets plus and minus cancel: np.linalg.norm(dh)."),
    ("the mean in place of the norm", (NORM, "dh.mean()"), "A mean lets plus and minus cancel: np.linalg.norm(dh)."),
    (
        "the root of the mean square",
        (NORM, "np.sqrt((dh**2).mean())"),
        "The root of the sum of squares, not of their mean.",
    ),
    ("divided by the batch", (NORM, f"{NORM} / len(dh)"), "The norm itself is asked, without a division."),
    (
        "the sum of the samples' norms",
        (NORM, "np.linalg.norm(dh, axis=1).sum()"),
        "One norm of the whole (B, H) array: np.linalg.norm(dh).",
    ),
    (
        "the largest of the samples' norms",
        (NORM, "np.linalg.norm(dh, axis=1).max()"),
        "One norm of the whole (B, H) array: np.linalg.norm(dh).",
    ),
    (
        "the largest column sum",
        (NORM, "np.linalg.norm(dh, 1)"),
        "Without the 1, np.linalg.norm is the root of the sum of all squares.",
    ),
    ("the first sample alone", (NORM, "np.linalg.norm(dh[0])"), "All B samples count: np.linalg.norm(dh)."),
    ("a norm for each unit", (NORM, "np.linalg.norm(dh, axis=0)"), "One number for each lag: np.linalg.norm(dh)."),
    ("the gradients themselves", (NORM, "dh"), "One number for each lag: np.linalg.norm(dh)."),
    ("the norms are added up", ("np.array(norms)", "np.cumsum(norms)"), "norms[k] is the norm at lag k alone."),
    ("the norms are multiplied up", ("np.array(norms)", "np.cumprod(norms)"), "norms[k] is the norm at lag k alone."),
    (
        "divided by the number of steps",
        ("np.array(norms)", "np.array(norms) / len(norms)"),
        "The norms themselves are asked.",
    ),
):
    lag_wrong(_name, _change, _advice)


_add_slopes(
    gradient_norm_by_lag_cases,
    lambda expression: ("tanh_backward(dh, h[t])", f"({_slope_of(expression, 'dh', 'h[t]')})"),
    but="the slope has the wrong sign",  # no norm tells
)
NOTE = "norms.append(np.linalg.norm(dh))"
for _name, _change, _advice in (
    (
        "the slope of the initial state at each step",
        (PULLED, "tanh_backward(dh, h[0]) @ W_h.T"),
        "Step t has its own slope: h[t].",
    ),
    (
        "first W_h, then tanh' of the step before",
        (PULLED, "tanh_backward(dh @ W_h.T, h[t - 1])"),
        "From h[t] back to h[t - 1]: through the tanh of h[t], then through W_h.",
    ),
    (
        "the first norm alone has its root",
        (NOTE, "norms.append((dh**2).sum())"),
        "Take the root at each lag: np.linalg.norm(dh).",
    ),
    (
        "the largest row sum",
        (NORM, "np.linalg.norm(dh, np.inf)"),
        "Without np.inf, np.linalg.norm is the root of the sum of all squares.",
    ),
    (
        "the root of the sum",
        (NORM, "np.sqrt(np.abs(dh.sum()))"),
        "Square every number before you add: np.linalg.norm(dh).",
    ),
    (
        "divided by the root of the batch",
        (NORM, f"{NORM} / np.sqrt(len(dh))"),
        "The norm itself is asked, without a division.",
    ),
    ("divided by the number of entries", (NORM, f"{NORM} / dh.size"), "The norm itself is asked, without a division."),
    ("the last sample alone", (NORM, "np.linalg.norm(dh[-1])"), "All B samples count: np.linalg.norm(dh)."),
    (
        "the norm before, times the norm of W_h",
        (NOTE, "norms.append(norms[-1] * np.linalg.norm(W_h))"),
        "That is an upper bound. Walk back and measure: np.linalg.norm(dh).",
    ),
    (
        "the norm before, times the largest singular value of W_h",
        (NOTE, "norms.append(norms[-1] * np.linalg.norm(W_h, 2))"),
        "That is an upper bound. Walk back and measure: np.linalg.norm(dh).",
    ),
    (
        "the norms of the states",
        ("np.array(norms)", "np.linalg.norm(h, axis=(1, 2))[::-1]"),
        "The norm of the gradient is asked, not that of the state.",
    ),
    (
        "the norm of the last state at each lag",
        (NORM, "np.linalg.norm(h[-1])"),
        "The norm of the gradient is asked, not that of the state.",
    ),
    (
        "the natural logarithm of the norm",
        ("np.array(norms)", "np.log(norms)"),
        "The norms themselves are asked, no logarithm.",
    ),
    (
        "the last norm stays 0",
        ("np.array(norms)", "np.array(norms[:-1] + [0.0])"),
        "All T steps are walked: the last lag, T, is the gradient of h[0].",
    ),
    (
        "the norms stand one place too early",
        ("np.array(norms)", "np.array(norms[1:] + [0.0])"),
        "norms[0] is the norm of dh itself, norms[k] that after k steps.",
    ),
    (
        "the walk starts one step too late",
        ("range(1, len(h))", "range(1, len(h) + 1)"),
        "h has T + 1 rows, and the last one is h[T], with T = len(h) - 1.",
    ),
    (
        "tanh' of two steps at each step",
        (PULLED, f"{PULLED} * (1 - h[t - 1] ** 2)"),
        "One step back is one tanh, that of h[t], and one W_h.",
    ),
    (
        "the gradient is brought to length 1 at each step",
        (NOTE, NOTE + "\n        dh = dh / np.linalg.norm(dh)"),
        "Go on with the gradient as it arrives: nothing is divided.",
    ),
    (
        "the first factor at each step",
        ("np.array(norms)", "norms[0] * (norms[1] / norms[0]) ** np.arange(len(norms))"),
        "Each step has a factor of its own: walk back and measure.",
    ),
    (
        "the largest norm so far",
        ("np.array(norms)", "np.maximum.accumulate(norms)"),
        "norms[k] is the norm at lag k alone.",
    ),
    (
        "each step's slope alone, without W_h and the way",
        ("np.array(norms)", "np.array([np.linalg.norm(h_t * 0 + 1 - h_t**2) for h_t in h[::-1]])"),
        "Follow dh back step by step: through tanh, through W_h.",
    ),
    ("the differences of the norms", ("np.array(norms)", "np.diff(norms)"), "The norms themselves are asked."),
    (
        "the quotients of the norms",
        ("np.array(norms)", "np.array(norms[1:]) / norms[:-1]"),
        "The norms themselves are asked.",
    ),
):
    lag_wrong(_name, _change, _advice, alone=True)


# ---------------------------------------------------------------- 7. clipping


ABOVE_1 = "a norm above 1, below the limit"


@sheet.check(
    name="clip_by_norm",
    oracle=clip_by_norm,
    returns=("dW_x", "dW_h", "db"),
    points=2,
    minutes=8,
    hints=[
        "One norm for all three arrays, as if they were one long vector: the root of the sum of all squares.",
        "If the norm is above the limit, one factor brings it down to the limit. If not, nothing changes.",
        "`scale = min(1, limit / norm)`, then each array times scale.",
    ],
)
def clip_by_norm_cases(rng):
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


clip_wrong = clip_by_norm_cases.wrong
FACTOR, CLIPPED = "min(1, limit / norm)", "return dW_x * scale, dW_h * scale, db * scale"
ALL = "(dW_x**2).sum() + (dW_h**2).sum() + (db**2).sum()"
EACH = "return tuple({} for g in (dW_x, dW_h, db))"
clip_wrong(
    "each array is clipped by itself",
    (CLIPPED, EACH.format("g * min(1, limit / np.linalg.norm(g))")),
    "That turns the direction: one norm and one factor for all three.",
)
clip_wrong(
    "each array is brought to the limit by itself",
    (CLIPPED, EACH.format("g * limit / np.linalg.norm(g)")),
    "One norm and one factor for all three, and only where that norm is above the limit.",
)
clip_wrong(
    "clipped by value",
    (CLIPPED, EACH.format("np.clip(g, -limit, limit)")),
    "That cuts single entries and turns the direction: scale all by one factor.",
)
clip_wrong(
    "small gradients are enlarged to the limit",
    (FACTOR, "limit / norm"),
    "Below the limit nothing changes: min(1, ...).",
)
clip_wrong("the root is missing", (f"np.sqrt({ALL})", f"({ALL})"), "The norm is the root of the sum of squares.")
clip_wrong(
    "a mean in place of the norm",
    (ALL, f"({ALL}) / (dW_x.size + dW_h.size + db.size)"),
    "The norm is the root of the sum of squares, not of their mean.",
)
clip_wrong("the bias is not in the norm", (" + (db**2).sum()", ""), "All three arrays count, db too.")
clip_wrong("W_x is not in the norm", ("(dW_x**2).sum() + ", ""), "All three arrays count, dW_x too.")
clip_wrong(
    "the norms are added up",
    (f"np.sqrt({ALL})", "np.linalg.norm(dW_x) + np.linalg.norm(dW_h) + np.linalg.norm(db)"),
    "Add the squares of all three, then take one root.",
)
clip_wrong(
    "the largest of the three norms",
    (f"np.sqrt({ALL})", "max(np.linalg.norm(dW_x), np.linalg.norm(dW_h), np.linalg.norm(db))"),
    "One vector: add the squares of all three, then take one root.",
)
clip_wrong(
    "the squares of the sums",
    (ALL, "dW_x.sum() ** 2 + dW_h.sum() ** 2 + db.sum() ** 2"),
    "First square every number, then add: (dW_x**2).sum(). A sum lets plus and minus cancel.",
)
clip_wrong(
    "absolute values in place of squares",
    (f"np.sqrt({ALL})", "sum(np.abs(g).sum() for g in (dW_x, dW_h, db))"),
    "The norm is the root of the sum of squares.",
)
clip_wrong(
    "the largest entry in place of the norm",
    (f"np.sqrt({ALL})", "max(np.abs(g).max() for g in (dW_x, dW_h, db))"),
    "The norm is the root of the sum of squares.",
)
clip_wrong(
    "arrays of different shapes are put end to end",
    (f"np.sqrt({ALL})", "np.linalg.norm(np.concatenate([dW_x, dW_h, db]))"),
    "Make each one flat first, `dW_x.ravel()`. Or add the three sums of squares.",
)
clip_wrong(
    "divided by the limit",
    (FACTOR, "(1 / limit if norm > limit else 1)"),
    "The factor that brings norm to limit is limit / norm.",
)
clip_wrong("the factor is inverted", ("limit / norm", "norm / limit"), "The factor is limit / norm.")
clip_wrong(
    "max in place of min",
    (FACTOR, "max(1, limit / norm)"),
    "The factor is at most 1, and below 1 only where the norm is above the limit: min.",
)
clip_wrong("scaled to a norm of 1", (FACTOR, "min(1, 1 / norm)"), "Scaled to the limit: limit / norm.")
clip_wrong(
    "cut to 1 where the limit is passed",
    (FACTOR, "(1 / norm if norm > limit else 1)"),
    "The norm afterwards is the limit, not 1: limit / norm.",
)
clip_wrong("the bias is not scaled", ("db * scale", "db"), "One factor for all three arrays, db too.", plain=True)
clip_wrong(
    "nothing is left above the limit",
    (FACTOR, "float(norm <= limit)"),
    "Above the limit the gradients are scaled, not set to 0.",
)
clip_wrong(
    "the arrays are changed in place",
    (CLIPPED, "dW_x *= scale\n    dW_h *= scale\n    db *= scale\n    return dW_x, dW_h, db"),
    "`*=` writes into the caller's arrays: make new ones.",
)
NORM_OF_ALL = f"np.sqrt({ALL})"
for _name, _change, _advice in (
    (
        "0 / 0 where all gradients are zero",
        (FACTOR, "min(norm, limit) / norm"),
        "Zero gradients have the norm 0, and 0 / 0 is NaN: divide only where the norm is above the limit.",
    ),
    (
        "small gradients are enlarged to the limit, all but zeros",
        (FACTOR, "(limit / norm if norm > 0 else 1)"),
        "Below the limit nothing changes, however small the norm: the factor is min(1, limit / norm).",
    ),
    (
        "divided by the norm in any case, but for zeros",
        (FACTOR, "(1 / norm if norm > 0 else 1)"),
        "Below the limit nothing changes, above it the norm becomes the limit: limit / norm.",
    ),
    (
        "max in place of min, but for zeros",
        (FACTOR, "(max(1, limit / norm) if norm > 0 else 1)"),
        "The factor is at most 1, and below 1 only where the norm is above the limit: min.",
    ),
    (
        "the square of the norm is compared",
        (FACTOR, "(limit / norm if norm**2 > limit else 1)"),
        "Compare the norm itself with the limit, after the root.",
    ),
    (
        "another number than the limit is compared",
        (FACTOR, "(limit / norm if norm > 1 else 1)"),
        "Compare the norm with the limit.",
    ),
    (
        "the limit is the factor",
        (FACTOR, "(limit if norm > limit else 1)"),
        "The factor that brings norm to limit is limit / norm.",
    ),
    (
        "the excess is the factor",
        (FACTOR, "(norm - limit if norm > limit else 1)"),
        "The factor that brings norm to limit is limit / norm.",
    ),
    (
        "divided by the square of the norm",
        (FACTOR, "(limit / norm**2 if norm > limit else 1)"),
        "The factor is limit / norm, without a square.",
    ),
    (
        "the root of the factor",
        (FACTOR, "min(1, np.sqrt(limit / np.maximum(norm, 1e-300)))"),
        "The norm grows as the factor does: no root.",
    ),
    (
        "divided by the norm in any case",
        (FACTOR, "1 / norm"),
        "Below the limit nothing changes, above it the norm becomes the limit: limit / norm.",
    ),
    ("1 minus the factor", (FACTOR, "(1 - limit / norm if norm > limit else 1)"), "The factor is limit / norm."),
    (
        "nothing is left below the limit",
        (FACTOR, "(limit / norm if norm > limit else 0)"),
        "Below the limit the gradients are returned as they are: factor 1.",
    ),
    ("the norm of dW_x alone", (NORM_OF_ALL, "np.linalg.norm(dW_x)"), "All three arrays count, dW_h and db too."),
    ("W_h is not in the norm", (" + (dW_h**2).sum()", ""), "All three arrays count, dW_h too."),
    (
        "means of squares in place of sums",
        (ALL, "(dW_x**2).mean() + (dW_h**2).mean() + (db**2).mean()"),
        "Sums, not means: .sum().",
    ),
    (
        "the mean of the three norms",
        (NORM_OF_ALL, "(np.linalg.norm(dW_x) + np.linalg.norm(dW_h) + np.linalg.norm(db)) / 3"),
        "Add the squares of all three, then take one root.",
    ),
    ("the square of a sum of squares", (NORM_OF_ALL, f"({ALL}) ** 2"), "The norm is the root of the sum of squares."),
    (
        "spectral norms of the matrices",
        (NORM_OF_ALL, "np.sqrt(np.linalg.norm(dW_x, 2) ** 2 + np.linalg.norm(dW_h, 2) ** 2 + (db**2).sum())"),
        "np.linalg.norm of a matrix needs no 2: that gives its largest singular value.",
    ),
    (
        "the squares of the norms are missing",
        (NORM_OF_ALL, "np.sqrt(np.linalg.norm(dW_x) + np.linalg.norm(dW_h) + np.linalg.norm(db))"),
        "Square the three norms before you add them: then take one root.",
    ),
    (
        "cut from above only",
        (CLIPPED, EACH.format("np.minimum(g, limit)")),
        "That cuts single entries and turns the direction: scale all by one factor.",
    ),
    (
        "db and dW_h are exchanged",
        (CLIPPED, "return dW_x * scale, db * scale, dW_h * scale"),
        "Return dW_x, dW_h, db in this order.",
    ),
    (
        "db is divided by the factor",
        ("db * scale", "db / scale"),
        "One factor for all three arrays, db too: times scale.",
    ),
):
    clip_wrong(_name, _change, _advice)


for _name, _change, _advice in (
    (
        "the factor is inverted, above the limit",
        (FACTOR, "(norm / limit if norm > limit else 1)"),
        "The factor is limit / norm: it makes the norm smaller.",
    ),
    (
        "the norm is the factor's numerator as well",
        (FACTOR, "(limit * norm if norm > limit else 1)"),
        "The factor that brings norm to limit is limit / norm.",
    ),
    (
        "the difference is the factor",
        (FACTOR, "(limit - norm if norm > limit else 1)"),
        "The factor that brings norm to limit is limit / norm.",
    ),
    (
        "the factor comes in twice",
        (FACTOR, "min(1, limit / norm) ** 2 if norm else 1"),
        "The norm grows as the factor does: limit / norm, once.",
    ),
    (
        "the factor is one half",
        (FACTOR, "(0.5 if norm > limit else 1)"),
        "The norm afterwards is the limit: the factor is limit / norm.",
    ),
    (
        "below the limit the gradients lose a little",
        (FACTOR, "(limit / norm if norm > limit else 0.999)"),
        "Below the limit the gradients are returned as they are: factor 1.",
    ),
    (
        "the square of the limit is compared",
        (FACTOR, "(limit / norm if norm > limit**2 else 1)"),
        "Compare the norm with the limit itself.",
    ),
    (
        "a third of the sum of squares",
        (NORM_OF_ALL, f"np.sqrt(({ALL}) / 3)"),
        "The norm is the root of the sum of squares, undivided.",
    ),
    (
        "the sum of all numbers",
        (NORM_OF_ALL, "dW_x.sum() + dW_h.sum() + db.sum()"),
        "Square every number, add, take the root. A sum lets plus and minus cancel.",
    ),
    (
        "the size of the sum of all numbers",
        (NORM_OF_ALL, "np.abs(dW_x.sum() + dW_h.sum() + db.sum())"),
        "Square every number, add, take the root. A sum lets plus and minus cancel.",
    ),
    ("the norm of dW_h alone", (NORM_OF_ALL, "np.linalg.norm(dW_h)"), "All three arrays count, dW_x and db too."),
    ("the norm of db alone", (NORM_OF_ALL, "np.linalg.norm(db)"), "All three arrays count, dW_x and dW_h too."),
    (
        "the spectral norm of all rows",
        (NORM_OF_ALL, "np.linalg.norm(np.vstack([dW_x, dW_h, db]), 2)"),
        "np.linalg.norm of a matrix needs no 2: that gives its largest singular value.",
    ),
    (
        "the largest row sum",
        (NORM_OF_ALL, "np.linalg.norm(np.vstack([dW_x, dW_h, db]), np.inf)"),
        "The norm is the root of the sum of squares: no np.inf.",
    ),
    (
        "the norm of a list of arrays",
        (NORM_OF_ALL, "np.linalg.norm([dW_x, dW_h, db])"),
        "The three have different shapes, and are no one array: add their sums of squares.",
    ),
    (
        "the factor is subtracted",
        (CLIPPED, "return (dW_x, dW_h, db) if norm <= limit else (dW_x - scale, dW_h - scale, db - scale)"),
        "The gradients are multiplied by the factor.",
    ),
    (
        "cut off at the factor",
        (
            CLIPPED,
            "return (dW_x, dW_h, db) if norm <= limit else tuple(np.clip(g, -scale, scale) for g in (dW_x, dW_h, db))",
        ),
        "The gradients are multiplied by the factor, not cut off at it.",
    ),
    (
        "the sign is turned above the limit",
        (CLIPPED, "return (dW_x, dW_h, db) if norm <= limit else (-dW_x * scale, -dW_h * scale, -db * scale)"),
        "The direction stays: no minus.",
    ),
    (
        "each array is brought to a norm of 1",
        (CLIPPED, EACH.format("g / np.linalg.norm(g)")),
        "One norm and one factor for all three, and the norm becomes the limit.",
    ),
    (
        "each array is brought to a norm of 1, all but zeros",
        (CLIPPED, EACH.format("g / (np.linalg.norm(g) or 1)")),
        "One norm and one factor for all three, and the norm becomes the limit.",
    ),
    (
        "each array is brought to the limit by itself, all but zeros",
        (CLIPPED, EACH.format("g * limit / (np.linalg.norm(g) or 1)")),
        "One norm and one factor for all three, and only where that norm is above the limit.",
    ),
    (
        "small gradients are enlarged to the limit, and 1e-06 is added to the norm",  # less is not told from nothing
        (FACTOR, "limit / (norm + 1e-6)"),
        "Below the limit nothing changes, however small the norm: the factor is min(1, limit / norm).",
    ),
    (
        "each array is clipped by its largest entry",
        (CLIPPED, EACH.format("g * min(1, limit / np.maximum(np.abs(g).max(), 1e-300))")),
        "One norm and one factor for all three: the root of the sum of all squares.",
    ),
    (
        "each array has a third of the limit",
        (CLIPPED, EACH.format("g * min(1, limit / 3 / np.maximum(np.linalg.norm(g), 1e-300))")),
        "One norm and one factor for all three.",
    ),
    (
        "each row is clipped by itself",
        (
            CLIPPED,
            EACH.format("g * np.minimum(1, limit / np.maximum(np.linalg.norm(g, axis=-1, keepdims=True), 1e-300))"),
        ),
        "That turns the direction: one norm and one factor for all three.",
    ),
    (
        "large entries become the limit, and lose their sign",
        (CLIPPED, EACH.format("np.where(np.abs(g) > limit, limit, g)")),
        "That cuts single entries and turns the direction: scale all by one factor.",
    ),
    (
        "negative entries become 0",
        (CLIPPED, EACH.format("np.clip(g, 0, limit)")),
        "That cuts single entries and turns the direction: scale all by one factor.",
    ),
):
    clip_wrong(_name, _change, _advice, alone=True)
for _name, _change, _advice in (
    ("dW_h is not scaled", ("dW_h * scale", "dW_h"), "One factor for all three arrays, dW_h too."),
    ("dW_x is not scaled", ("dW_x * scale", "dW_x"), "One factor for all three arrays, dW_x too."),
    ("db alone is scaled", [("dW_x * scale", "dW_x"), ("dW_h * scale", "dW_h")], "One factor for all three arrays."),
):
    clip_wrong(_name, _change, _advice, plain=True, alone=True)
TINY = "For tiny gradients the extra number decides: divide by the norm itself, and only where it is above the limit."
for _added in ("1e-3", "1e-4", "1e-5", "1e-6", "1e-7", "1e-8"):
    for _name, _change in (
        (f"{_added} is added to the norm", (FACTOR, f"min(1, limit / (norm + {_added}))")),
        (
            f"{_added} is added to a norm above the limit",
            (FACTOR, f"(limit / (norm + {_added}) if norm > limit else 1)"),
        ),
    ):
        clip_wrong(_name, _change, TINY, alone=True)
for _added in ("1e-6", "1e-8", "1e-12"):
    clip_wrong(f"{_added} is added under the root", (NORM_OF_ALL, f"np.sqrt({ALL} + {_added})"), TINY, alone=True)
clip_wrong(
    "nothing is scaled",
    (CLIPPED, "return dW_x, dW_h, db"),
    "Above the limit all three are multiplied by limit / norm. (Is the norm compared with the limit?)",
    plain=True,
)


# ---------------------------------------------------------------- 8. by pencil


def _pencil(
    *, slopes=(0.36, 0.64), dh_1=lambda dz_2: 0.5 + dz_2 * 1.5,
    dh_0=lambda dz_1: dz_1 * 1.5, dw_h=lambda z2, z1: z2 * 0.6 + z1 * 0.5, db=lambda z2, z1: z2 + z1,
):  # fmt: skip
    """The numbers of the pencil question, or of a slip in it. slopes: those of step 2 and step 1."""
    dz_2 = 1.0 * slopes[0]
    arrived = dh_1(dz_2)
    dz_1 = arrived * slopes[1]
    return {
        "dz_2": dz_2, "dh_1": arrived, "dz_1": dz_1, "dh_0": dh_0(dz_1), "dw_h": dw_h(dz_2, dz_1), "db": db(dz_2, dz_1),
    }  # fmt: skip


@sheet.check(
    oracle=_pencil(),
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


A_SLOPE = "The slope of the tanh is 1 - h²: 0.36 at h_2, 0.64 at h_1."
ARRIVES = "dh_1 = 0.5 + dz_2 w_h = 0.5 + 0.36 * 1.5."
ON_THE_WAY = {  # name: (what the pencil does, advice); slips that give the same numbers share a name
    "one decimal on the way": ({"slopes": (0.4, 0.6)}, "Keep four decimals on the way, and give two."),
    "the square is missing in the slope": ({"slopes": (0.2, 0.4)}, A_SLOPE),
    "the square is missing in the slope of step 2": ({"slopes": (0.2, 0.64)}, A_SLOPE),
    "the square is missing in the slope of step 1": ({"slopes": (0.36, 0.4)}, A_SLOPE),
    "h² for the slope": ({"slopes": (0.64, 0.36)}, A_SLOPE),
    "h² for the slope of step 2, or the slope of step 1": ({"slopes": (0.64, 0.64)}, A_SLOPE),
    "tanh' is missing": ({"slopes": (1.0, 1.0)}, "dz = dh (1 - h²) at each step."),
    "tanh' is missing at step 2": ({"slopes": (1.0, 0.64)}, "dz = dh (1 - h²) at each step: dz_2 = 1 * 0.36."),
    "tanh' is missing at step 1": ({"slopes": (0.36, 1.0)}, "dz = dh (1 - h²) at each step: dz_1 = dh_1 * 0.64."),
    "the sigmoid's slope": ({"slopes": (0.16, 0.24)}, f"h (1 - h) belongs to the sigmoid. {A_SLOPE}"),
    "a plus in the slope": ({"slopes": (1.64, 1.36)}, A_SLOPE),
    "the bracket is squared in the slope": ({"slopes": (0.04, 0.16)}, A_SLOPE),
    "h is doubled, not squared": ({"slopes": (-0.6, -0.2)}, A_SLOPE),
    "the root of the slope": ({"slopes": (0.6, 0.8)}, f"{A_SLOPE} No root."),
    "the tanh is taken a second time": (
        {"slopes": (1 - np.tanh(0.8) ** 2, 1 - np.tanh(0.6) ** 2)},
        f"h is tanh(z) already. {A_SLOPE}",
    ),
    "the slope of the step before": ({"slopes": (0.64, 0.75)}, "dz_2 takes the slope at h_2, dz_1 that at h_1."),
    "the recurrent path is missing": ({"dh_1": lambda dz_2: 0.5}, f"{ARRIVES} Step 2 sends something back."),
    "w_h is missing on the way to step 1, or dh_1's own part has gone through tanh'": (
        {"dh_1": lambda dz_2: 0.5 + dz_2},
        f"{ARRIVES} The own 0.5 comes in as it is, what step 2 sends back goes through w_h.",
    ),
    "the loss's own gradient at step 1 is missing": ({"dh_1": lambda dz_2: dz_2 * 1.5}, ARRIVES),
    "tanh' is missing on the way to step 1": ({"dh_1": lambda dz_2: 2.0}, "Step 2 sends dz_2 w_h back, not dh_2 w_h."),
    "tanh' and w_h are missing on the way to step 1": ({"dh_1": lambda dz_2: 1.5}, ARRIVES),
    "w_h multiplies the own gradient as well": ({"dh_1": lambda dz_2: (0.5 + dz_2) * 1.5}, ARRIVES),
    "the two parts of dh_1 are multiplied": ({"dh_1": lambda dz_2: 0.5 * dz_2 * 1.5}, f"{ARRIVES} They are added."),
    "divided by w_h on the way to step 1": ({"dh_1": lambda dz_2: 0.5 + dz_2 / 1.5}, ARRIVES),
    "w_h is added, not multiplied": ({"dh_1": lambda dz_2: 0.5 + dz_2 + 1.5}, ARRIVES),
    "the two parts of dh_1 are subtracted": ({"dh_1": lambda dz_2: dz_2 * 1.5 - 0.5}, f"{ARRIVES} They are added."),
    "what step 2 sends back is subtracted": ({"dh_1": lambda dz_2: 0.5 - dz_2 * 1.5}, f"{ARRIVES} They are added."),
    "the loss's own gradient at step 1 is taken to be 1": ({"dh_1": lambda dz_2: 1 + dz_2 * 1.5}, ARRIVES),
    "h_1 in the place of w_h": ({"dh_1": lambda dz_2: 0.5 + dz_2 * 0.6}, ARRIVES),
}
BOTH_STEPS = "The same w_h and b act in both steps: add the two parts."
READ = "w_h multiplied the state before: dw_h = dz_2 h_1 + dz_1 h_0."
START = "dh_0 = dz_1 w_h."
AT_THE_END = {
    "dw_h is made from the new hidden states": ({"dw_h": lambda z2, z1: z2 * 0.8 + z1 * 0.6}, READ),
    "only the last step counts for w_h and b": (
        {"dw_h": lambda z2, z1: z2 * 0.6, "db": lambda z2, z1: z2},
        BOTH_STEPS,
    ),
    "the initial state's gradient has not gone through w_h": ({"dh_0": lambda z1: z1}, START),
    "only the last step counts for w_h": ({"dw_h": lambda z2, z1: z2 * 0.6}, BOTH_STEPS),
    "only the last step counts for b": ({"db": lambda z2, z1: z2}, BOTH_STEPS),
    "only the first step counts for w_h and b": (
        {"dw_h": lambda z2, z1: z1 * 0.5, "db": lambda z2, z1: z1},
        BOTH_STEPS,
    ),
    "only the first step counts for w_h": ({"dw_h": lambda z2, z1: z1 * 0.5}, BOTH_STEPS),
    "only the first step counts for b": ({"db": lambda z2, z1: z1}, BOTH_STEPS),
    "means over the two steps": (
        {"dw_h": lambda z2, z1: (z2 * 0.6 + z1 * 0.5) / 2, "db": lambda z2, z1: (z2 + z1) / 2},
        f"{BOTH_STEPS} Nothing is halved.",
    ),
    "dw_h is a mean over the two steps": ({"dw_h": lambda z2, z1: (z2 * 0.6 + z1 * 0.5) / 2}, BOTH_STEPS),
    "db is a mean over the two steps": ({"db": lambda z2, z1: (z2 + z1) / 2}, BOTH_STEPS),
    "h_0 and h_1 are exchanged in dw_h": ({"dw_h": lambda z2, z1: z2 * 0.5 + z1 * 0.6}, READ),
    "h_1 in both parts of dw_h": ({"dw_h": lambda z2, z1: (z2 + z1) * 0.6}, READ),
    "h_0 in both parts of dw_h": ({"dw_h": lambda z2, z1: (z2 + z1) * 0.5}, READ),
    "dw_h without the states": ({"dw_h": lambda z2, z1: z2 + z1}, READ),
    "dw_h is multiplied by w_h": ({"dw_h": lambda z2, z1: (z2 + z1) * 1.5}, READ),
    "the parts of dw_h are subtracted": ({"dw_h": lambda z2, z1: z2 * 0.6 - z1 * 0.5}, BOTH_STEPS),
    "the parts of dw_h are multiplied": ({"dw_h": lambda z2, z1: z2 * 0.6 * z1 * 0.5}, BOTH_STEPS),
    "the parts of db are subtracted": ({"db": lambda z2, z1: z2 - z1}, BOTH_STEPS),
    "the parts of db are multiplied": ({"db": lambda z2, z1: z2 * z1}, BOTH_STEPS),
    "tanh' is missing in db": ({"db": lambda z2, z1: 1 + z1 / 0.64}, "b is added inside the tanh: db = dz_2 + dz_1."),
    "tanh' is missing in dw_h": (
        {"dw_h": lambda z2, z1: 0.6 + z1 / 0.64 * 0.5},
        "w_h acts inside the tanh: dw_h = dz_2 h_1 + dz_1 h_0.",
    ),
    "tanh' is missing in dw_h and db": (
        {"dw_h": lambda z2, z1: 0.6 + z1 / 0.64 * 0.5, "db": lambda z2, z1: 1 + z1 / 0.64},
        "w_h and b act inside the tanh: dw_h = dz_2 h_1 + dz_1 h_0, db = dz_2 + dz_1.",
    ),
    "db is the sum of the loss's own gradients": ({"db": lambda z2, z1: 1.5}, "db = dz_2 + dz_1."),
    "dh_0 is counted in db": ({"db": lambda z2, z1: z2 + z1 + z1 * 1.5}, "b acts in two steps: db = dz_2 + dz_1."),
    "dh_0 is divided by w_h": ({"dh_0": lambda z1: z1 / 1.5}, START),
    "dh_0 goes through a tanh of h_0": ({"dh_0": lambda z1: z1 * 1.5 * 0.75}, f"{START} No step made h_0."),
    "tanh' is missing in dh_0": ({"dh_0": lambda z1: z1 / 0.64 * 1.5}, START),
    "an own gradient is added to dh_0": (
        {"dh_0": lambda z1: z1 * 1.5 + 0.5},
        f"{START} The loss does not look at h_0.",
    ),
    "dh_0 is 0": ({"dh_0": lambda z1: 0.0}, f"{START} h_0 acts through step 1."),
    "dh_0 is multiplied by h_0": ({"dh_0": lambda z1: z1 * 0.5}, START),
}


def _pencil_slips():
    """Yield (name, numbers, advice): a slip, then two at once where nothing else gives numbers that are near theirs."""
    singles = {name: _pencil(**slip) for name, (slip, _) in (ON_THE_WAY | AT_THE_END).items()}
    yield from ((name, numbers, (ON_THE_WAY | AT_THE_END)[name][1]) for name, numbers in singles.items())
    known = [list(numbers.values()) for numbers in (_pencil(), *singles.values())]
    likely = list(AT_THE_END)[:5]  # as a second slip
    pairs = itertools.chain(itertools.product(ON_THE_WAY, likely), itertools.combinations(likely, 2))
    for first, second in pairs:
        (one, advice), (other, more) = (ON_THE_WAY | AT_THE_END)[first], AT_THE_END[second]
        row = list((numbers := _pencil(**one, **other)).values()) if not one.keys() & other.keys() else known[0]
        if np.abs(np.array(known) - row).max(axis=1).min() > 0.03:
            known.append(row)
            yield f"{first}, and {second}", numbers, f"{advice} {more}"


for _name, _numbers, _advice in _pencil_slips():
    pencil_gradients.wrong(_name, _numbers, _advice)
