"""Sheet 06: the LSTM's backward pass piece by piece, over time, compared with numerical gradients, and by pencil."""

from functools import partial

import numpy as np

from lstm_helpers.checks.cases import ONE_APART, add_tables, finish, weights
from lstm_helpers.checks.judge import two_decimals
from lstm_helpers.checks.sheet import Sheet, edit
from lstm_helpers.lessons.backward_through_time.rare_slips import OFTEN, PENCIL, RARE
from lstm_helpers.nn.functional import sigmoid

sheet = Sheet("backward_pass", exercise="06_backward_through_time")

SIZE = ONE_APART[0][1:]
TIMES_100 = ("upstream gradients times 100", *SIZE)
ORDINARY = "an ordinary batch"


# ---------------------------------------------------------------- the readable answers


def hidden_update_backward(dh, o, c):
    """From the gradient of h = o * tanh(c) to those of o and c.

    Shapes: all (B, H). Returns do, dc: the part of dL/dc that comes through h.
    """
    do = dh * np.tanh(c)
    dc = dh * o * (1 - np.tanh(c) ** 2)
    return do, dc


def cell_update_backward(dc, f, c_prev, i, g):
    """From the gradient of c = f * c_prev + i * g to those of its four arguments.

    Shapes: all (B, H). Returns df, dc_prev, di, dg.
    """
    return dc * c_prev, dc * f, dc * g, dc * i


def gates_backward(di, df, dg, do, i, f, g, o):
    """From the gradients of the four layers' values to that of the pre-activations, side by side.

    Shapes: all arguments (B, H). Returns dz (B, 4H) in the order i, f, g, o.
    """
    return np.concatenate([di * i * (1 - i), df * f * (1 - f), dg * (1 - g**2), do * o * (1 - o)], axis=1)


def pre_activation_backward(dz, x, h_prev, W_x, W_h):
    """From the gradient of z = x W_x + h_prev W_h + b to those of its five arguments.

    Shapes: dz (B, 4H), x (B, D), h_prev (B, H), W_x (D, 4H), W_h (H, 4H).
    Returns dx (B, D), dh_prev (B, H), dW_x (D, 4H), dW_h (H, 4H), db (4H,).
    """
    return dz @ W_x.T, dz @ W_h.T, x.T @ dz, h_prev.T @ dz, dz.sum(axis=0)


def lstm_step_backward(dh, dc, x, h_prev, c_prev, c, gates, W_x, W_h):
    """One step backwards: from the gradients of h and c to those of all that ``lstm_step`` takes.

    Shapes: dh, dc, h_prev, c_prev, c (B, H), x (B, D), gates (B, 4H) in the order i, f, g, o, W_x (D, 4H),
    W_h (H, 4H). dc is what arrives from the next step; what comes through h is added here.
    Returns dx, dh_prev, dc_prev, dW_x, dW_h, db.
    """
    i, f, g, o = np.split(gates, 4, axis=1)
    do, dc_shown = hidden_update_backward(dh, o, c)
    df, dc_prev, di, dg = cell_update_backward(dc + dc_shown, f, c_prev, i, g)
    dz = gates_backward(di, df, dg, do, i, f, g, o)
    dx, dh_prev, dW_x, dW_h, db = pre_activation_backward(dz, x, h_prev, W_x, W_h)
    return dx, dh_prev, dc_prev, dW_x, dW_h, db


def lstm_backward(dh, dh_next, dc_next, x, h, c, gates, W_x, W_h):
    """All steps backwards, from the last to the first.

    Shapes: dh (T, B, H); dh_next, dc_next (B, H), the gradients of the last states from beyond the end; x (T, B, D);
    h, c (T + 1, B, H), entry t is the state before step t; gates (T, B, 4H); W_x (D, 4H), W_h (H, 4H).
    Returns dx (T, B, D), dh_0, dc_0 (B, H), dW_x, dW_h, db.
    """
    dx = np.empty_like(x)
    dW_x = dW_h = db = 0
    for t in reversed(range(len(x))):
        dx[t], dh_next, dc_next, dW_x_t, dW_h_t, db_t = lstm_step_backward(
            dh[t] + dh_next, dc_next, x[t], h[t], c[t], c[t + 1], gates[t], W_x, W_h
        )
        dW_x, dW_h, db = dW_x + dW_x_t, dW_h + dW_h_t, db + db_t
    return dx, dh_next, dc_next, dW_x, dW_h, db


def gradient_agreement(ours, numerical):
    """How well two gradients of the same array agree, in size and in direction.

    Shapes: any, both alike. Returns two numbers: the largest difference as a part of the largest numerical value, and
    the cosine of the angle between the two.
    """
    relative = np.abs(ours - numerical).max() / np.abs(numerical).max()
    cosine = np.sum(ours * numerical) / (np.linalg.norm(ours) * np.linalg.norm(numerical))
    return relative, cosine


# ---------------------------------------------------------------- 1. through the hidden update


def _near(rng, B, H):
    """Values of a gate next to 0 and next to 1, (B, H), none nearer than a millionth: slopes next to 0."""
    away = rng.permutation(np.logspace(-6, -2, B * H)).reshape(B, H)
    return np.abs(rng.permutation(np.arange(B * H) % 2).reshape(B, H) - away)


EXACT = "gates of exactly 0 and 1, states of exactly 0"  # a sigmoid gives both, and the first state is 0: no divisors


def _ends(rng, B, H):
    """Values of a gate, (B, H), each exactly 0 or exactly 1, both of them there."""
    return rng.permutation(np.arange(B * H) % 2).reshape(B, H).astype(float)


def _upstream(label, case, names):
    """What a label promises of the gradients that arrive: 100 times as large, or none from one side."""
    factor = 100 if label == TIMES_100[0] else 1
    return {name: a * factor if name in names else a for name, a in case.items()}


@sheet.check(
    name="hidden_update_backward",
    oracle=hidden_update_backward,
    returns=("do", "dc"),
    points=2,
    minutes=8,
    hints=[
        "h is a product of two factors, o and tanh(c). The gradient of one factor is dh times the other factor.",
        "c sits inside the tanh: one more factor, the derivative of tanh at c. It is 1 - tanh(c)**2.",
        "`do = dh * np.tanh(c)` and `dc = dh * o * (1 - np.tanh(c) ** 2)`.",
    ],
)
def shown(rng):
    """The gradients of output gate and cell state from that of the hidden state."""
    for label, B, _, H in [*ONE_APART, TIMES_100]:
        case = {
            "dh": rng.normal(size=(B, H)),
            "o": rng.uniform(0.05, 0.95, size=(B, H)),
            "c": rng.normal(size=(B, H)) * 1.5,
        }
        yield finish(label, _upstream(label, case, ["dh"]), scaled=("c",))
    dh, c = rng.normal(size=(2, 3, 2))
    yield EXACT, {"dh": dh, "o": _ends(rng, 3, 2), "c": c * _ends(rng, 3, 2)}


DO, DC = "do = dh * np.tanh(c)", "dc = dh * o * (1 - np.tanh(c) ** 2)"
shown.wrong(
    "the derivative of tanh is missing",
    (DC, "dc = dh * o"),
    "c goes through tanh before it reaches h: multiply by 1 - tanh(c)**2.",
)
shown.wrong(
    "the gradient that arrives is missing",
    [(DO, "do = np.tanh(c)"), (DC, "dc = o * (1 - np.tanh(c) ** 2)")],
    "A local gradient says how h reacts; multiply it by dh, how the loss reacts to h.",
)
shown.wrong(
    "do and dc are returned in the wrong order",
    ("return do, dc", "return dc, do"),
    "One gradient for each argument, in the order of hidden_update(o, c).",
)
shown.wrong("c is not squashed in do", (DO, "do = dh * c"), "The factor beside o is tanh(c), not c.")
shown.wrong(
    "the output gate is missing in dc",
    (DC, "dc = dh * (1 - np.tanh(c) ** 2)"),
    "The factor beside tanh(c) is o: a closed output gate lets no gradient through.",
)
shown.wrong(
    "the derivative of the sigmoid comes too early",
    (DO, "do = dh * np.tanh(c) * o * (1 - o)"),
    "do is the gradient of o itself; its sigmoid is a step of its own, and it comes later.",
)
shown.wrong("tanh is not squared", ("np.tanh(c) ** 2", "np.tanh(c)"), "The derivative of tanh is 1 - tanh(c)**2.")
shown.wrong(
    "c stands in place of tanh(c) in the derivative",
    ("1 - np.tanh(c) ** 2", "1 - c ** 2"),
    "The derivative is 1 - tanh(c)**2: it is written with the value that came out of the tanh.",
)
shown.wrong(
    "the derivative of the sigmoid in place of tanh's",
    ("(1 - np.tanh(c) ** 2)", "np.tanh(c) * (1 - np.tanh(c))"),
    "s * (1 - s) belongs to the sigmoid; c goes through tanh: 1 - tanh(c)**2.",
)
shown.wrong(
    "h itself stands in place of the other factor",
    (DO, "do = dh * o * np.tanh(c)"),
    "The gradient of a factor is dh times the other factor alone: leave o out.",
)
shown.wrong(
    "the two factors are exchanged",
    [(DO, "do = dh * o"), (DC, "dc = dh * np.tanh(c) * (1 - np.tanh(c) ** 2)")],
    "Each factor gets the other one: do has tanh(c), dc has o.",
)
shown.wrong(
    "the derivative of tanh is in do too",
    (DO, "do = dh * (1 - np.tanh(c) ** 2)"),
    "o is multiplied by tanh(c) itself; the derivative of tanh is for c, which sits inside it.",
)

shown.wrong(
    "the square is taken of 1 - tanh(c)",
    ("(1 - np.tanh(c) ** 2)", "(1 - np.tanh(c)) ** 2"),
    "Square tanh(c) alone, then subtract it from 1.",
)
shown.wrong(
    "c is squared before the tanh",
    ("np.tanh(c) ** 2", "np.tanh(c**2)"),
    "Take the tanh first, then square what comes out: np.tanh(c) ** 2.",
)
shown.wrong(
    "dc is built on do",
    (DC, DC.replace("dh *", "do *")),
    "Both start from dh: do is for o, and dc has its own factors, dh * o * (1 - tanh(c)**2).",
)
shown.wrong(
    "the gradient that arrives is added",
    [(DO, "do = dh + np.tanh(c)"), (DC, "dc = dh + o * (1 - np.tanh(c) ** 2)")],
    "The chain rule multiplies: what arrives, dh, times the local gradient.",
)
shown.wrong(
    "h stands in place of tanh(c) in the derivative",
    ("1 - np.tanh(c) ** 2", "1 - (o * np.tanh(c)) ** 2"),
    "1 - h**2 is the plain RNN's slope, where h = tanh(z). Here the tanh saw c: 1 - tanh(c)**2.",
)

BY_O = "A shut output gate is exactly 0, and 0 / 0 is NaN: the other factor is np.tanh(c), worked out from c."
H_BY_O = "(o * np.tanh(c)) / o"
for _name, _change in (
    ("h is divided by o", [(DO, f"do = dh * {H_BY_O}"), (DC, f"dc = dh * o * (1 - ({H_BY_O}) ** 2)")]),
    ("h is divided by o, in do", (DO, f"do = dh * {H_BY_O}")),
    ("h is divided by o, in dc", (DC, f"dc = dh * o * (1 - ({H_BY_O}) ** 2)")),
):
    shown.wrong(_name, _change, BY_O, alone=True)

# ---------------------------------------------------------------- 2. through the cell update


@sheet.check(
    name="cell_update_backward",
    oracle=cell_update_backward,
    returns=("df", "dc_prev", "di", "dg"),
    points=2,
    minutes=6,
    hints=[
        "c is a sum of two products. A sum passes dc on to both; in each product a factor gets dc times the other one.",
        "f and c_prev are partners, i and g are partners. Return them in the order of the arguments.",
        "`return dc * c_prev, dc * f, dc * g, dc * i`.",
    ],
)
def kept(rng):
    """The gradients of forget gate, old cell state, input gate and candidate from that of the new cell state."""
    for label, B, _, H in [*ONE_APART, TIMES_100]:
        case = {
            "dc": rng.normal(size=(B, H)),
            "f": rng.uniform(0.05, 0.95, size=(B, H)),
            "c_prev": rng.uniform(-3, 3, size=(B, H)),
            "i": rng.uniform(0.05, 0.95, size=(B, H)),
            "g": rng.uniform(-0.95, 0.95, size=(B, H)),
        }
        yield finish(label, _upstream(label, case, ["dc"]), scaled=("c_prev",))
    layers = {name: _near(rng, 3, 2) for name in "fig"}
    layers["g"] *= rng.choice([-1, 1], size=(3, 2))
    ends = {"dc": rng.normal(size=(3, 2)), "f": layers.pop("f"), "c_prev": rng.uniform(-3, 3, size=(3, 2)), **layers}
    yield "layers next to the ends of their range", ends
    exact = {name: _ends(rng, 3, 2) for name in ("f", "c_prev", "i", "g")}
    yield EXACT, {"dc": ends["dc"], **exact, "c_prev": 2.5 * exact["c_prev"], "g": -0.75 * exact["g"]}


FOUR = "dc * c_prev, dc * f, dc * g, dc * i"
kept.wrong(
    "each gets itself in place of its partner",
    (FOUR, "dc * f, dc * c_prev, dc * i, dc * g"),
    "The derivative of f * c_prev with respect to f is c_prev: the partner.",
)
kept.wrong(
    "the new cell state stands in place of the old one in df",
    ("dc * c_prev,", "dc * (f * c_prev + i * g),"),
    "f multiplied c_prev, the state of the step before: df = dc * c_prev.",
)
kept.wrong(
    "they are returned in the order di, dg, df, dc_prev",
    (FOUR, "dc * g, dc * i, dc * c_prev, dc * f"),
    "One gradient for each argument, in the order of cell_update(f, c_prev, i, g).",
)
kept.wrong(
    "they are returned in the order df, di, dg, dc_prev",
    (FOUR, "dc * c_prev, dc * g, dc * i, dc * f"),
    "One gradient for each argument, in the order of cell_update(f, c_prev, i, g).",
)
kept.wrong(
    "they are returned in the order di, df, dg, dc_prev",
    (FOUR, "dc * g, dc * c_prev, dc * i, dc * f"),
    "That is the order of the gates; here it is the order of cell_update(f, c_prev, i, g).",
)
kept.wrong(
    "the forget gate is missing in dc_prev",
    ("dc * f", "dc"),
    "Only the fraction f of c_prev went into c, so only the fraction f of dc goes back.",
    plain=True,
)
kept.wrong(
    "no gradient goes back to c_prev",
    ("dc * f", "dc * 0"),
    "c_prev is part of c: dc_prev = dc * f. This is the road into the past.",
    plain=True,
)
kept.wrong(
    "the gradient that arrives is missing",
    (FOUR, "c_prev, f, g, i"),
    "A local gradient says how c reacts; multiply it by dc.",
    plain=True,
)
kept.wrong("the input gate is missing in dg", ("dc * i", "dc"), "g was multiplied by i: dg = dc * i.", plain=True)
kept.wrong("the candidate is missing in di", ("dc * g", "dc"), "i was multiplied by g: di = dc * g.", plain=True)
kept.wrong(
    "the derivatives of sigmoid and tanh come too early",
    (FOUR, "dc * c_prev * f * (1 - f), dc * f, dc * g * i * (1 - i), dc * i * (1 - g**2)"),
    "These are the gradients of f, i and g themselves; their squashings are a step of their own, and it comes later.",
)
kept.wrong(
    "1 - f in place of f",
    ("dc * f", "dc * (1 - f)"),
    "f is the fraction that was kept, so f is the fraction that goes back.",
)
kept.wrong(
    "the input gate's and the forget gate's parts are swapped",
    (FOUR, "dc * g, dc * f, dc * c_prev, dc * i"),
    "f met c_prev and i met g: df = dc * c_prev, di = dc * g.",
)

kept.wrong(
    "all four get dc as it is",
    (FOUR, "dc, dc, dc, dc"),
    "A sum passes dc on as it is, a product does not: each factor gets dc times its partner.",
    plain=True,
)
kept.wrong(
    "dc goes back to c_prev twice",
    ("dc * f", "dc * f + dc"),
    "c_prev is reached through f alone: dc_prev = dc * f.",
)
kept.wrong(
    "df and dc_prev are exchanged",
    ("dc * c_prev, dc * f,", "dc * f, dc * c_prev,"),
    "df comes first, and f's partner is c_prev: df = dc * c_prev.",
)
kept.wrong("di and dg are exchanged", ("dc * g, dc * i", "dc * i, dc * g"), "di comes before dg, and i's partner is g.")

NO_DIVISOR = (
    "It may be exactly 0, and 0 / 0 is NaN: each factor's gradient is dc times its partner, without a division."
)
for _name, _partner, _product in (
    ("f", "dc * c_prev", "f * c_prev"),
    ("c_prev", "dc * f", "f * c_prev"),
    ("i", "dc * g", "i * g"),
    ("g", "dc * i", "i * g"),
):
    _new = FOUR.replace(_partner, f"dc * ({_product}) / {_name}")
    kept.wrong(f"the product is divided by {_name}", (FOUR, _new), NO_DIVISOR, alone=True)

# ---------------------------------------------------------------- 3. through the squashings


@sheet.check(
    name="gates_backward",
    oracle=gates_backward,
    returns="dz",
    points=3,
    minutes=10,
    hints=[
        "Each layer's gradient is multiplied by the slope of its own squashing, written with the value that came out.",
        "Sigmoid: s * (1 - s). Tanh: 1 - g**2. Three layers have the first, one has the second.",
        "`np.concatenate([di * i * (1 - i), df * f * (1 - f), dg * (1 - g**2), do * o * (1 - o)], axis=1)`.",
    ],
)
def squashed(rng):
    """The gradient of the four pre-activations, side by side, from the gradients of the four layers' values."""
    for label, B, _, H in [*ONE_APART, TIMES_100]:
        upstream = {name: rng.normal(size=(B, H)) for name in ("di", "df", "dg", "do")}
        values = {name: rng.uniform(0.05, 0.95, size=(B, H)) for name in "ifgo"}
        values["g"] = rng.uniform(-0.95, 0.95, size=(B, H))
        case = _upstream(label, {**upstream, **values}, upstream)
        yield finish(label, case, scaled=tuple(upstream))
    upstream = {name: rng.normal(size=(3, 2)) for name in ("di", "df", "dg", "do")}
    values = {name: _near(rng, 3, 2) for name in "ifgo"}
    yield "layers next to the ends of their range", {**upstream, **values, "g": 1 - 2 * values["g"]}
    exact = {name: _ends(rng, 3, 2) for name in "ifgo"}
    yield EXACT, {**upstream, **exact, "g": exact["g"] * rng.choice([-1, 1], size=(3, 2))}


BLOCKS = ("di * i * (1 - i)", "df * f * (1 - f)", "dg * (1 - g**2)", "do * o * (1 - o)")
ROW = ", ".join(BLOCKS)
NAMED = dict(zip("ifgo", BLOCKS, strict=True))


def _in_order(order):
    return ROW, ", ".join(NAMED[name] for name in order)


squashed.wrong("the order is i, f, o, g", _in_order("ifog"), "The columns lie in the order i, f, g, o.")
squashed.wrong("the order is f, i, g, o", _in_order("figo"), "The columns lie in the order i, f, g, o.")
squashed.wrong("the order is f, i, o, g", _in_order("fiog"), "The columns lie in the order i, f, g, o.")
for _letter, _title in zip("ifgo", ("input gate", "forget gate", "candidate", "output gate"), strict=True):
    _slope = (
        "1 - g**2, the slope of tanh" if _letter == "g" else f"{_letter} * (1 - {_letter}), the slope of the sigmoid"
    )
    squashed.wrong(
        f"the derivative of the {_title} is missing",
        (NAMED[_letter], f"d{_letter}"),
        f"Multiply d{_letter} by {_slope}.",
    )
squashed.wrong(
    "the derivatives of all three sigmoids are missing",
    [(NAMED[name], f"d{name}") for name in "ifo"],
    "i, f and o went through the sigmoid: multiply each by s * (1 - s).",
)
squashed.wrong(
    "all four derivatives are missing",
    (ROW, "di, df, dg, do"),
    "Between z and the gates lie sigmoid and tanh: multiply each gradient by its slope.",
)
squashed.wrong(
    "the derivative of the sigmoid for the candidate",
    ("dg * (1 - g**2)", "dg * g * (1 - g)"),
    "g went through tanh: its slope is 1 - g**2.",
)
squashed.wrong(
    "the derivative of tanh for the gates",
    [(NAMED[name], f"d{name} * (1 - {name}**2)") for name in "ifo"],
    "i, f and o went through the sigmoid: its slope is s * (1 - s).",
)
squashed.wrong("g is not squared", ("1 - g**2", "1 - g"), "The slope of tanh is 1 - g**2.")
squashed.wrong(
    "the values are squashed once more",
    [(NAMED[n], f"d{n} * sigmoid({n}) * (1 - sigmoid({n}))") for n in "ifo"] + [("g**2", "np.tanh(g) ** 2")],
    "i, f, g and o are the values after squashing: the slope is i * (1 - i), without another sigmoid.",
)
squashed.wrong(
    "the four stand below one another", ("axis=1", "axis=0"), "Units lie along the columns: join the four with axis=1."
)
squashed.wrong(
    "the four are added up",
    (f"np.concatenate([{ROW}], axis=1)", " + ".join(BLOCKS)),
    "Each layer keeps its own H columns: join them side by side, (B, 4H).",
)
squashed.wrong(
    "the gradients that arrive are missing",
    (ROW, "i * (1 - i), f * (1 - f), 1 - g**2, o * (1 - o)"),
    "Multiply each slope by the gradient that arrives: di, df, dg, do.",
)

squashed.wrong(
    "the candidate is squashed once more",
    ("1 - g**2", "1 - np.tanh(g) ** 2"),
    "g is the value after tanh: its slope is 1 - g**2.",
)
squashed.wrong(
    "the four lie on an axis of their own",
    (f"np.concatenate([{ROW}], axis=1)", f"np.array([{ROW}])"),
    "dz is (B, 4H): np.concatenate([...], axis=1) puts the four side by side.",
)
squashed.wrong(
    "s is missing in the slope of the sigmoid",
    [(NAMED[name], f"d{name} * (1 - {name})") for name in "ifo"],
    "The slope of the sigmoid is s * (1 - s): both factors.",
)
squashed.wrong(
    "1 + s in the slope of the sigmoid",
    [(NAMED[name], f"d{name} * {name} * (1 + {name})") for name in "ifo"],
    "The slope of the sigmoid is s * (1 - s), with a minus.",
)
squashed.wrong(
    "the square is taken of 1 - g", ("1 - g**2", "(1 - g) ** 2"), "Square g alone, then subtract it from 1: 1 - g**2."
)
squashed.wrong(
    "the slopes are written with the gradients",
    (ROW, "di * (1 - di), df * (1 - df), 1 - dg**2, do * (1 - do)"),
    "A slope is taken at the layer's value, i * (1 - i), and multiplied by the gradient that arrives, di.",
)
squashed.wrong(
    "a list of four, not one array",
    (f"np.concatenate([{ROW}], axis=1)", f"[{ROW}]"),
    "Put the four side by side: np.concatenate([...], axis=1) is (B, 4H). np.stack would make a new axis.",
    plain=True,
)
squashed.wrong(
    "the four are stacked, not joined",
    (f"np.concatenate([{ROW}], axis=1)", f"np.stack([{ROW}], axis=1)"),
    "np.stack makes a new axis. np.concatenate([...], axis=1) makes the rows longer: (B, 4H).",
)
squashed.wrong(
    "np.concatenate is not given one list",
    (f"np.concatenate([{ROW}], axis=1)", f"np.concatenate({ROW})"),
    "np.concatenate takes one list and the axis: np.concatenate([..., ..., ..., ...], axis=1).",
)
squashed.wrong(
    "a tuple of four, not one array",
    (f"np.concatenate([{ROW}], axis=1)", ROW),
    "Return one array: np.concatenate([...], axis=1) puts the four side by side.",
    plain=True,
)

squashed.wrong(
    "the gates are squashed once more",
    [(NAMED[n], f"d{n} * sigmoid({n}) * (1 - sigmoid({n}))") for n in "ifo"],
    "i, f and o are the values after the sigmoid: the slope is i * (1 - i), without another sigmoid.",
)

# ---------------------------------------------------------------- 4. through the products


@sheet.check(
    name="pre_activation_backward",
    oracle=pre_activation_backward,
    returns=("dx", "dh_prev", "dW_x", "dW_h", "db"),
    points=3,
    minutes=12,
    hints=[
        "A gradient has the shape of what it belongs to. Which product of dz (B, 4H) with which partner gives it?",
        "dx (B, D) is (B, 4H) @ (4H, D); dW_x (D, 4H) is (D, B) @ (B, 4H): that sums over the batch. b was added to "
        "every row.",
        "`dz @ W_x.T, dz @ W_h.T, x.T @ dz, h_prev.T @ dz, dz.sum(axis=0)`.",
    ],
)
def summed(rng):
    """The gradients of input, previous hidden state, both weight matrices and bias from that of the pre-activation."""
    for label, B, D, H in [*ONE_APART, TIMES_100]:
        case = {
            "dz": rng.normal(size=(B, 4 * H)),
            "x": rng.normal(size=(B, D)),
            "h_prev": rng.uniform(-1, 1, size=(B, H)),
            **weights(rng, D, H),
        }
        del case["b"]
        yield finish(label, _upstream(label, case, ["dz"]))


FIVE = "dz @ W_x.T, dz @ W_h.T, x.T @ dz, h_prev.T @ dz, dz.sum(axis=0)"
summed.wrong(
    "the bias's gradient is averaged over the batch",
    ("dz.sum(axis=0)", "dz.mean(axis=0)"),
    "b was added to every row, so it collects from every row: a sum. (If the loss is a mean, dz has the 1/B already.)",
)
summed.wrong(
    "all parameters' gradients are averaged over the batch",
    (FIVE, "dz @ W_x.T, dz @ W_h.T, x.T @ dz / len(x), h_prev.T @ dz / len(x), dz.mean(axis=0)"),
    "Every row used the same weights, so they collect the sum. (If the loss is a mean, dz has the 1/B already.)",
)
summed.wrong(
    "the bias's gradient is not summed over the batch",
    ("dz.sum(axis=0)", "dz"),
    "b is (4H,), one for the whole batch: sum dz over the rows.",
    plain=True,
)
summed.wrong(
    "the bias's gradient is summed over the columns",
    ("sum(axis=0)", "sum(axis=1)"),
    "Sum over the batch, which is axis 0: what is left is (4H,).",
)
summed.wrong(
    "the bias's gradient keeps a batch axis",
    ("sum(axis=0)", "sum(axis=0, keepdims=True)"),
    "b is (4H,): sum without keepdims.",
)
summed.wrong(
    "dW_x and dW_h are exchanged",
    ("x.T @ dz, h_prev.T @ dz", "h_prev.T @ dz, x.T @ dz"),
    "One gradient for each argument: dx, dh_prev, dW_x, dW_h, db.",
)
summed.wrong(
    "dx and dh_prev are exchanged",
    ("dz @ W_x.T, dz @ W_h.T", "dz @ W_h.T, dz @ W_x.T"),
    "One gradient for each argument: dx, dh_prev, dW_x, dW_h, db.",
)
summed.wrong(
    "the weights' gradients come first",
    (FIVE, "x.T @ dz, h_prev.T @ dz, dz.sum(axis=0), dz @ W_x.T, dz @ W_h.T"),
    "The order is dx, dh_prev, dW_x, dW_h, db.",
)
summed.wrong(
    "the weights' gradients are transposed",
    ("x.T @ dz, h_prev.T @ dz", "dz.T @ x, dz.T @ h_prev"),
    "dW_x has the shape of W_x, (D, 4H): x.T @ dz.",
)
summed.wrong(
    "dx and dh_prev are another product",
    ("dz @ W_x.T, dz @ W_h.T", "dz @ W_x, dz @ W_h"),
    "dx (B, D) is dz (B, 4H) @ (4H, D): the matrix is W_x.T, and it stands on the right.",
)
summed.wrong(
    "x and h_prev are not transposed",
    ("x.T @ dz, h_prev.T @ dz", "x @ dz, h_prev @ dz"),
    "dW_x (D, 4H) is (D, B) @ (B, 4H): x.T @ dz.",
)
summed.wrong(
    "h_prev gets no gradient",
    ("dz @ W_h.T", "0 * h_prev"),
    "h_prev went into all four layers: dh_prev = dz @ W_h.T.",
    plain=True,
)
summed.wrong(
    "only the first sequence of the batch is used",
    (FIVE, "dz @ W_x.T, dz @ W_h.T, x[:1].T @ dz[:1], h_prev[:1].T @ dz[:1], dz[0]"),
    "The weights met every row of the batch: sum over all of them.",
)
summed.wrong(
    "only one of the four layers is followed back",
    (
        "dz @ W_x.T, dz @ W_h.T",
        "dz[:, : h_prev.shape[1]] @ W_x[:, : h_prev.shape[1]].T, "
        "dz[:, : h_prev.shape[1]] @ W_h[:, : h_prev.shape[1]].T",
    ),
    "x and h_prev went into all four layers: take all 4H columns.",
)
summed.wrong(
    "the bias gets no gradient",
    ("dz.sum(axis=0)", "0 * dz[0]"),
    "b was added to z: its gradient is dz, summed.",
    plain=True,
)

summed.wrong(
    "dW_h is made with x",
    ("h_prev.T @ dz", "x.T @ dz"),
    "W_h met h_prev: dW_h (H, 4H) is h_prev.T @ dz.",
)
summed.wrong(
    "the bias's gradient is 1",
    ("dz.sum(axis=0)", "np.ones(dz.shape[1], dz.dtype)"),
    "1 is the local gradient of b. Multiply by what arrives, dz, and sum over the batch.",
    plain=True,
)
summed.wrong(
    "the bias's gradient is one number",
    ("dz.sum(axis=0)", "dz.sum()"),
    "b holds 4H numbers, each with its own gradient: sum over the batch alone, axis=0.",
)
summed.wrong(
    "dx and dh_prev are transposed",
    ("dz @ W_x.T, dz @ W_h.T", "W_x @ dz.T, W_h @ dz.T"),
    "dx has the shape of x, (B, D): dz @ W_x.T.",
)

summed.wrong(
    "the weights' gradients are averaged over the batch",
    ("x.T @ dz, h_prev.T @ dz", "x.T @ dz / len(x), h_prev.T @ dz / len(x)"),
    "Every row used the same weights, so they collect the sum: x.T @ dz, without a division.",
)
summed.wrong(
    "the weights' gradients keep a batch axis",
    ("x.T @ dz, h_prev.T @ dz", "x[:, :, None] * dz[:, None, :], h_prev[:, :, None] * dz[:, None, :]"),
    "The weights are one for the whole batch: x.T @ dz multiplies and sums over the rows at once.",
)

# ---------------------------------------------------------------- 5. the whole step


def _forward(x, h_0, c_0, W_x, W_h, b):
    """Run over x (T, B, D). Returns h, c (T + 1, B, H) with the states before each step, and gates (T, B, 4H)."""
    h, c, gates = [h_0], [c_0], []
    for x_t in x:
        i, f, g, o = np.split(x_t @ W_x + h[-1] @ W_h + b, 4, axis=1)
        gates.append(np.concatenate([sigmoid(i), sigmoid(f), np.tanh(g), sigmoid(o)], axis=1))
        i, f, g, o = np.split(gates[-1], 4, axis=1)
        c.append(f * c[-1] + i * g)
        h.append(o * np.tanh(c[-1]))
    return np.array(h), np.array(c), np.array(gates)


def _run(label, rng, T, B, D, H):
    """Weights, and a forward pass over T steps that starts from states that are not zero: {x, h, c, gates, W_x, W_h}.

    h, c and gates fit together, so that an answer may also work them out anew.
    """
    drawn = {
        "x": rng.normal(size=(T, B, D)),
        "h_0": rng.uniform(-1, 1, size=(B, H)),
        "c_0": rng.normal(size=(B, H)) * 1.5,
        **weights(rng, D, H),
    }
    _, drawn = finish(label, drawn)
    h, c, gates = _forward(**drawn)
    return {"x": drawn["x"], "h": h, "c": c, "gates": gates, "W_x": drawn["W_x"], "W_h": drawn["W_h"]}


@sheet.check(
    name="lstm_step_backward",
    oracle=lstm_step_backward,
    returns=("dx", "dh_prev", "dc_prev", "dW_x", "dW_h", "db"),
    points=4,
    minutes=15,
    uses=("hidden_update_backward", "cell_update_backward", "gates_backward", "pre_activation_backward"),
    hints=[
        "Walk the forward step backwards: hidden update, cell update, squashings, products. Each piece is written "
        "already.",
        "c is used twice: h shows it, and the next step keeps it. So the cell update gets dc + the dc that comes "
        "through h.",
        "`i, f, g, o = np.split(gates, 4, axis=1)`, then the four pieces, the second one with `dc + dc_shown`; return "
        "`dx, dh_prev, dc_prev, dW_x, dW_h, db`.",
    ],
)
def stepped(rng):
    """One step backwards: the gradients of all that went into the step, from those of h and c."""
    for label, B, D, H in [*ONE_APART, TIMES_100, ("no gradient from the next step's cell", *SIZE)]:
        run = _run(label, rng, 1, B, D, H)
        case = {
            "dh": rng.normal(size=(B, H)),
            "dc": rng.normal(size=(B, H)) * (0 if label.startswith("no gradient") else 1),
            "x": run["x"][0],
            "h_prev": run["h"][0],
            "c_prev": run["c"][0],
            "c": run["c"][1],
            "gates": run["gates"][0],
            "W_x": run["W_x"],
            "W_h": run["W_h"],
        }
        case = _upstream(label, case, ["dh", "dc"])
        yield label, {name: a.astype(case["x"].dtype) for name, a in case.items()}


def _step(*changes, piece=None):
    """lstm_step_backward written out by someone with a slip: ``changes`` in ``piece``, or in the step itself.

    The slip is no fault of an earlier function, for which another would stand in, so it gets a name of its own.
    """
    if piece is None:
        return edit(lstm_step_backward, *changes)
    return edit(lstm_step_backward, (f"{piece.__name__}(", "slipped("), slipped=edit(piece, *changes))


BACK = "return dx, dh_prev, dc_prev, dW_x, dW_h, db"
FORGET_ADVICE = (
    "c_prev came into c through the forget gate: dc_prev = f times the whole dc. This is the road into the past."
)

stepped.wrong("c_prev gets no gradient", (BACK, BACK.replace("dc_prev", "0 * dc_prev")), FORGET_ADVICE, plain=True)
stepped.wrong(
    "the forget gate is missing in dc_prev",
    ("dx, dh_prev, dW_x, dW_h, db =", "dc_prev = dc + dc_shown\n    dx, dh_prev, dW_x, dW_h, db ="),
    "Only the fraction f of c_prev went into c: dc_prev = f times the whole dc.",
)
stepped.wrong(
    "h_prev gets no gradient",
    (BACK, BACK.replace("dh_prev", "0 * dh_prev")),
    "h_prev went into all four layers: dh_prev = dz @ W_h.T.",
    plain=True,
)
stepped.wrong(
    "dc of the next step is missing",
    ("dc + dc_shown", "dc_shown"),
    "c is used twice: add the dc that is given to the dc that comes through h.",
)
stepped.wrong(
    "the dc that comes through h is missing",
    ("dc + dc_shown", "dc"),
    "c is used twice: add what comes through h = o * tanh(c) to the dc that is given.",
)
stepped.wrong(
    "the dc that comes through h goes into the gates but not into c_prev",
    (BACK, BACK.replace("dc_prev", "dc * f")),
    "dc_prev is f times the whole dc, the part through h included.",
)
stepped.wrong(
    "the output gate gets no gradient",
    ("gates_backward(di, df, dg, do,", "gates_backward(di, df, dg, 0 * do,"),
    "o is a layer as the others: its gradient do goes into dz, last of the four.",
)
stepped.wrong(
    "the derivative of tanh(c) is missing",
    _step((" * (1 - np.tanh(c) ** 2)", ""), piece=hidden_update_backward),
    "c goes through tanh before it reaches h: multiply by 1 - tanh(c)**2.",
)
for _letter, _title in zip("ifgo", ("input gate", "forget gate", "candidate", "output gate"), strict=True):
    stepped.wrong(
        f"the derivative of the {_title} is missing",
        _step((NAMED[_letter], f"d{_letter}"), piece=gates_backward),
        f"Between z and {_letter} lies a squashing: multiply d{_letter} by its slope.",
    )
stepped.wrong(
    "all four derivatives of the gates are missing",
    _step((ROW, "di, df, dg, do"), piece=gates_backward),
    "Between z and the gates lie sigmoid and tanh: multiply each gradient by its slope.",
)
stepped.wrong(
    "the new cell state stands in place of the old one",
    ("f, c_prev, i, g)", "f, c, i, g)"),
    "The forget gate met c_{t-1}: df = dc * c_prev.",
)
stepped.wrong(
    "the old cell state stands in place of the new one",
    ("hidden_update_backward(dh, o, c)", "hidden_update_backward(dh, o, c_prev)"),
    "h shows the new cell state: tanh and its slope are taken at c, not at c_prev.",
)
stepped.wrong(
    "the gates are taken in the order f, i, g, o",
    ("i, f, g, o = np.split", "f, i, g, o = np.split"),
    "The columns of gates lie in the order i, f, g, o.",
)
stepped.wrong(
    "the gates are taken in the order i, f, o, g",
    ("i, f, g, o = np.split", "i, f, o, g = np.split"),
    "The columns of gates lie in the order i, f, g, o.",
)
stepped.wrong(
    "dz is joined in the order i, f, o, g",
    _step(_in_order("ifog"), piece=gates_backward),
    "The columns of dz lie in the order i, f, g, o, as those of W_x and W_h.",
)
stepped.wrong(
    "the gates are squashed once more",
    (
        "np.split(gates, 4, axis=1)",
        "np.split(gates, 4, axis=1)\n    i, f, g, o = sigmoid(i), sigmoid(f), np.tanh(g), sigmoid(o)",
    ),
    "gates holds i, f, g, o as they came out of sigmoid and tanh, not the pre-activations.",
)
stepped.wrong(
    "the parameters' gradients are averaged over the batch",
    (BACK, "return dx, dh_prev, dc_prev, dW_x / len(x), dW_h / len(x), db / len(x)"),
    "Every row used the same weights, so they collect the sum over the batch.",
)
stepped.wrong(
    "the bias's gradient is averaged over the batch", (BACK, BACK + " / len(x)"), "b collects from every row: a sum."
)
stepped.wrong(
    "the bias gets no gradient", (BACK, BACK.replace("db", "0 * db")), "db is dz, summed over the batch.", plain=True
)
stepped.wrong(
    "dh_prev and dc_prev are returned in the wrong order",
    (BACK, BACK.replace("dh_prev, dc_prev", "dc_prev, dh_prev")),
    "The order is that of lstm_step: dx, dh_prev, dc_prev, dW_x, dW_h, db.",
)

stepped.wrong(
    "dz is joined in the order f, i, g, o",
    _step(_in_order("figo"), piece=gates_backward),
    "The columns of dz lie in the order i, f, g, o, as those of W_x and W_h.",
)
stepped.wrong(
    "cell_update_backward's arguments or results are in another order",
    ("df, dc_prev, di, dg = cell", "di, df, dg, dc_prev = cell"),
    "It takes dc, f, c_prev, i, g and returns df, dc_prev, di, dg: keep to that order.",
)
stepped.wrong(
    "dc is added to dh",
    [("hidden_update_backward(dh, o, c)", "hidden_update_backward(dh + dc, o, c)"), ("dc + dc_shown", "dc_shown")],
    "dh belongs to h and dc to c. Add dc behind the hidden update, to what comes through h: dc + dc_shown.",
)
stepped.wrong(
    "dh and dc are returned, not dh_prev and dc_prev",
    (BACK, BACK.replace("dh_prev, dc_prev", "dh, dc + dc_shown")),
    "What goes back to the step before is dz @ W_h.T for h and f times the whole dc for c.",
)
stepped.wrong(
    "dh goes back to h_prev as well",
    (BACK, BACK.replace("dh_prev", "dh_prev + dh")),
    "h_prev is reached through the four layers alone: dh_prev = dz @ W_h.T.",
)
stepped.wrong(
    "the new hidden state stands in place of the old one in dW_h",
    ("pre_activation_backward(dz, x, h_prev,", "pre_activation_backward(dz, x, o * np.tanh(c),"),
    "The layers read h_{t-1}: dW_h = h_prev.T @ dz.",
)
stepped.wrong(
    "di and df are exchanged",
    ("gates_backward(di, df,", "gates_backward(df, di,"),
    "cell_update_backward returns df, dc_prev, di, dg, and gates_backward takes di, df, dg, do: keep to both orders.",
)
stepped.wrong(
    "the cell update gets dh",
    ("cell_update_backward(dc + dc_shown,", "cell_update_backward(dh,"),
    "The cell update gets the gradient of c: dc + what comes through h.",
)

stepped.wrong(
    "the forget gate is in dc_prev twice",
    (BACK, BACK.replace("dc_prev", "dc_prev * f")),
    "cell_update_backward has multiplied by f already: return its dc_prev as it is.",
)

# ---------------------------------------------------------------- 6. over time

TIMES = dict.fromkeys(("one sample in the batch", "float32", "longer inputs"), 4)
TIMES |= dict.fromkeys(("one hidden unit", "square shapes, B = D = H"), 3)
OVER_TIME = [(label, TIMES.get(label, 5), *sizes) for label, *sizes in [*ONE_APART, TIMES_100]] + [
    ("one time step", 1, *SIZE),
    ("gradient from the last states alone", 5, *SIZE),
    ("gradient from the last step's h alone", 5, *SIZE),
    ("gradient from every h, none from beyond the end", 5, *SIZE),
]


@sheet.check(
    name="lstm_backward",
    oracle=lstm_backward,
    returns=("dx", "dh_0", "dc_0", "dW_x", "dW_h", "db"),
    points=6,
    minutes=20,
    uses=(
        "hidden_update_backward",
        "cell_update_backward",
        "gates_backward",
        "pre_activation_backward",
        "lstm_step_backward",
    ),
    hints=[
        "Start at the last step and walk to the first. Two arrays travel with you: dh_next and dc_next.",
        "At step t, h_t gets dh[t] from its own loss and dh_next from the step after. The weights were used at every "
        "step: add up. Before step t the state is h[t], c[t]; after it, c[t + 1].",
        "`for t in reversed(range(len(x))):` and in it `dx[t], dh_next, dc_next, dW_x_t, dW_h_t, db_t = "
        "lstm_step_backward(dh[t] + dh_next, dc_next, x[t], h[t], c[t], c[t + 1], gates[t], W_x, W_h)`, then "
        "`dW_x = dW_x + dW_x_t` and so on.",
    ],
)
def unrolled(rng):
    """The whole backward pass through time: gradients of all inputs, of the initial states and of all parameters."""
    for label, T, B, D, H in OVER_TIME:
        run = _run(label, rng, T, B, D, H)
        case = {
            "dh": rng.normal(size=(T, B, H)),
            "dh_next": rng.normal(size=(B, H)),
            "dc_next": rng.normal(size=(B, H)),
            **run,
        }
        if label.startswith("gradient from the last"):
            case["dh"][: T if "states" in label else T - 1] = 0
        if "h alone" in label or "none from beyond" in label:
            case["dh_next"], case["dc_next"] = np.zeros((2, B, H))
        case = _upstream(label, case, ["dh", "dh_next", "dc_next"])
        yield label, {name: a.astype(case["x"].dtype) for name, a in case.items()}


ARRIVES = "dh[t] + dh_next, dc_next, x[t], h[t], c[t], c[t + 1]"
ADDED = "dW_x, dW_h, db = dW_x + dW_x_t, dW_h + dW_h_t, db + db_t"
STEPS = "for t in reversed(range(len(x))):"
OUT = "return dx, dh_next, dc_next, dW_x, dW_h, db"


def _backward(*changes, piece=None):
    """lstm_backward written out by someone with a slip in a step, or in one piece of it."""
    return edit(lstm_backward, ("lstm_step_backward(", "slipped("), slipped=_step(*changes, piece=piece))


unrolled.wrong(
    "dc through the forget gate is missing",
    _backward((BACK, BACK.replace("dc_prev", "0 * dc_prev"))),
    FORGET_ADVICE,
)
unrolled.wrong(
    "the recurrent path is missing",
    _backward((BACK, BACK.replace("dh_prev", "0 * dh_prev"))),
    "h_{t-1} went into all four layers of step t: dh_prev = dz @ W_h.T goes on to the step before.",
)
unrolled.wrong(
    "dh of the step after is not added",
    ("dh[t] + dh_next", "dh[t]"),
    "h_t is used twice: by the loss, dh[t], and by step t + 1, dh_next. Add them.",
)
unrolled.wrong(
    "dc of the step after is not passed on",
    ("dh_next, dc_next, x[t]", "dh_next, 0 * dc_next, x[t]"),
    "Give dc_next to the step: it is the gradient that comes back along the cell state.",
)
unrolled.wrong(
    "only the gradient of the last step comes in",
    ("dh[t] + dh_next", "dh[t] * (t == len(x) - 1) + dh_next"),
    "Every h_t has a gradient of its own, dh[t]: add it at every step.",
)
unrolled.wrong(
    "the same dh comes in at every step",
    ("dh[t] + dh_next", "dh[-1] + dh_next"),
    "h_t has its own gradient, dh[t].",
)
unrolled.wrong(
    "the gradients from beyond the end are left out",
    (STEPS, f"dh_next, dc_next = 0 * dh_next, 0 * dc_next\n    {STEPS}"),
    "dh_next and dc_next are given: start from them, not from zeros.",
)
unrolled.wrong(
    "dh_next starts from zeros",
    (STEPS, f"dh_next = 0 * dh_next\n    {STEPS}"),
    "dh_next is given: start from it, not from zeros.",
)
unrolled.wrong(
    "dc_next starts from zeros",
    (STEPS, f"dc_next = 0 * dc_next\n    {STEPS}"),
    "dc_next is given: start from it, not from zeros.",
)
unrolled.wrong(
    "time runs forwards",
    (STEPS, "for t in range(len(x)):"),
    "The gradient of a step needs what the step after passes back: go from the last to the first.",
)
unrolled.wrong(
    "the parameters' gradients are not added up over time",
    (ADDED, "dW_x, dW_h, db = dW_x_t, dW_h_t, db_t"),
    "The same weights were used at every step, so they collect from every step: add.",
)
unrolled.wrong(
    "the weights' gradients are not added up over time",
    (ADDED, "dW_x, dW_h, db = dW_x_t, dW_h_t, db + db_t"),
    "The same weights were used at every step, so they collect from every step: add.",
)
unrolled.wrong(
    "the bias's gradient is not added up over time",
    (ADDED, "dW_x, dW_h, db = dW_x + dW_x_t, dW_h + dW_h_t, db_t"),
    "b was used at every step, so it collects from every step: add.",
)
unrolled.wrong(
    "the parameters' gradients are averaged over time",
    (OUT, "return dx, dh_next, dc_next, dW_x / len(x), dW_h / len(x), db / len(x)"),
    "They are added up over time. If the loss is a mean, dh has the 1/T already.",
)
unrolled.wrong(
    "the parameters' gradients are averaged over the batch",
    (OUT, "return dx, dh_next, dc_next, dW_x / x.shape[1], dW_h / x.shape[1], db / x.shape[1]"),
    "Every sequence used the same weights: they collect the sum over the batch.",
)
unrolled.wrong(
    "c one step late: c_t for c_{t-1}",
    ("c[t], c[t + 1]", "c[t + 1], c[t + 1]"),
    "c[t] is the state before step t: that is c_prev. c[t + 1] is the state after it.",
)
unrolled.wrong(
    "c one step early: c_{t-1} for c_t",
    ("c[t], c[t + 1]", "c[t], c[t]"),
    "c[t + 1] is the state after step t, the one that h_t shows.",
)
unrolled.wrong(
    "c_prev and c are exchanged",
    ("c[t], c[t + 1]", "c[t + 1], c[t]"),
    "c[t] is the state before step t, c[t + 1] the one after it.",
)
unrolled.wrong(
    "h one step late: h_t for h_{t-1}",
    ("h[t], c[t]", "h[t + 1], c[t]"),
    "The layers of step t read the state before it, h[t]; h[t + 1] is what the step gave out.",
)
unrolled.wrong(
    "what is passed back is piled up",
    (ADDED, f"dh_next = dh_next + dh[t]\n        {ADDED}"),
    "dh[t] belongs to h_t alone and has gone through its step: pass on dh_prev, without dh[t].",
)
unrolled.wrong(
    "dx lies backwards in time",
    ("return dx,", "return dx[::-1],"),
    "dx[t] belongs to x[t]: fill place t, also when the loop runs backwards.",
)
unrolled.wrong(
    "dh_0 and dc_0 are returned in the wrong order",
    (OUT, OUT.replace("dh_next, dc_next", "dc_next, dh_next")),
    "The order is dx, dh_0, dc_0, dW_x, dW_h, db.",
)
unrolled.wrong(
    "the forget gate is missing in dc_prev",
    _backward(("dc * f", "dc"), piece=cell_update_backward),
    "Only the fraction f of c_{t-1} went into c_t: dc_prev = dc * f.",
)
unrolled.wrong(
    "the derivative of tanh(c) is missing",
    _backward((" * (1 - np.tanh(c) ** 2)", ""), piece=hidden_update_backward),
    "c goes through tanh before it reaches h: multiply by 1 - tanh(c)**2.",
)
unrolled.wrong(
    "the dc that comes through h is missing",
    _backward(("dc + dc_shown", "dc")),
    "c_t is used twice: add what comes through h = o * tanh(c) to dc_next.",
)
unrolled.wrong(
    "the output gate gets no gradient",
    _backward(("gates_backward(di, df, dg, do,", "gates_backward(di, df, dg, 0 * do,")),
    "o is a layer as the others: its gradient do goes into dz, last of the four.",
)
for _letter, _title in zip("ifgo", ("input gate", "forget gate", "candidate", "output gate"), strict=True):
    unrolled.wrong(
        f"the derivative of the {_title} is missing",
        _backward((NAMED[_letter], f"d{_letter}"), piece=gates_backward),
        f"Between z and {_letter} lies a squashing: multiply d{_letter} by its slope.",
    )
unrolled.wrong(
    "the bias gets no gradient", (OUT, OUT.replace("db", "0 * db")), "db is dz, summed over batch and time.", plain=True
)

FILLED = [
    ("np.empty_like(x)", "np.zeros_like(x)"),
    ("dW_x = dW_h = db = 0", "dW_x, dW_h, db = 0 * W_x, 0 * W_h, 0 * W_x[0]"),
]
unrolled.wrong(
    "what a step passes back is not taken over",
    [
        ("dx[t], dh_next, dc_next, dW_x_t", "dx[t], dh_prev, dc_prev, dW_x_t"),
        (OUT, OUT.replace("dh_next, dc_next", "dh_prev, dc_prev")),
    ],
    "A step's dh_prev and dc_prev are the dh_next and dc_next of the step before it: assign them in the loop.",
)
unrolled.wrong(
    "dh_next comes in twice at the last step",
    (STEPS, f"dh = np.concatenate([dh[:-1], dh[-1:] + dh_next])\n    {STEPS}"),
    "In the loop dh[t] + dh_next adds it already: do not add it to dh[-1] before.",
)
unrolled.wrong(
    "dW_x and dW_h are one array",
    [
        FILLED[0],
        ("dW_x = dW_h = db = 0", "dW_x = dW_h = np.zeros_like(W_x)\n    db = 0"),
        (ADDED, "dW_x += dW_x_t\n        dW_h += dW_h_t\n        db = db + db_t"),
    ],
    "dW_x = dW_h = np.zeros(...) gives one array two names: make two arrays.",
)
unrolled.wrong(
    "dx is added up over time",
    [
        ("dx = np.empty_like(x)", "dx = 0"),
        ("dx[t], dh_next", "dx_t, dh_next"),
        (ADDED, f"dx = dx + dx_t\n        {ADDED}"),
    ],
    "Each x_t is used at one step only, so it keeps a gradient of its own: dx is (T, B, D).",
)
unrolled.wrong(
    "the last step is left out",
    [*FILLED, ("reversed(range(len(x)))", "reversed(range(len(x) - 1))")],
    "range(len(x)) ends at T - 1 by itself: that is the last step.",
)
unrolled.wrong(
    "the first step is left out",
    [*FILLED, ("reversed(range(len(x)))", "reversed(range(1, len(x)))")],
    "Step 0 has a step before it as well: its h and c are the initial states.",
)
unrolled.wrong(
    "the return stands inside the loop",
    [*FILLED, (f"    {OUT}", f"        {OUT}")],
    "One step back, and your function has returned: `return` belongs behind the loop, one level out.",
)
unrolled.wrong(
    "h and c one step early",
    ("h[t], c[t], c[t + 1]", "h[t - 1], c[t - 1], c[t]"),
    "h and c have one entry more than there are steps: h[t] and c[t] are the states before step t.",
)
unrolled.wrong(
    "dc_next stays what it was at the end",
    ("dx[t], dh_next, dc_next, dW_x_t", "dx[t], dh_next, _, dW_x_t"),
    "Each step gives a new dc_prev: it is the dc_next of the step before.",
)
unrolled.wrong(
    "dh_next stays what it was at the end",
    ("dx[t], dh_next, dc_next, dW_x_t", "dx[t], _, dc_next, dW_x_t"),
    "Each step gives a new dh_prev: it is the dh_next of the step before.",
)
unrolled.wrong(
    "dh and dc are exchanged on the way",
    ("dx[t], dh_next, dc_next, dW_x_t", "dx[t], dc_next, dh_next, dW_x_t"),
    "lstm_step_backward returns dx, dh_prev, dc_prev in this order.",
)

unrolled.wrong(
    "dh one step early: dh[t - 1] for dh[t]",
    ("dh[t] + dh_next", "dh[t - 1] + dh_next"),
    "dh has one entry for each step, h one more: dh[t] belongs to what step t gives out, which is h[t + 1].",
)

# ---------------------------------------------------------------- 7. comparing two gradients


@sheet.check(
    name="gradient_agreement",
    oracle=gradient_agreement,
    returns=("relative", "cosine"),
    ranges={"cosine": (-1, 1), "relative": (0, np.inf)},
    points=2,
    minutes=8,
    hints=[
        "The whole array counts, whatever its shape: no number may be left out, and no two errors may cancel.",
        "`np.abs(...).max()` is the largest of all. `np.linalg.norm` is the length of the whole array.",
        "`relative = np.abs(ours - numerical).max() / np.abs(numerical).max()`; the cosine is "
        "`np.sum(ours * numerical)` divided by both lengths.",
    ],
)
def compared(rng):
    """How well two gradients agree: the largest relative difference, and the cosine of the angle between them."""
    shapes = [
        (ORDINARY, (3, 8)),
        ("other values of the same shape", (3, 8)),
        ("a vector", (8,)),
        ("three axes", (4, 3, 2)),
        ("one number", (1,)),
        ("square", (3, 3)),
        ("float32", (2, 12)),
    ]
    for label, shape in shapes:
        numerical = rng.normal(size=shape)
        noise = rng.normal(size=shape) * 0.2
        yield finish(label, {"ours": numerical + noise, "numerical": numerical}, scaled=())
    numerical = rng.normal(size=(4, 3))
    yield "gradients times 100", {"ours": 100 * numerical + rng.normal(size=(4, 3)), "numerical": 100 * numerical}
    yield "one that points the other way", {"ours": -1.1 * numerical, "numerical": numerical}
    one_wrong = numerical.copy()
    one_wrong[2, 1] -= 3
    yield "one wrong number, too small", {"ours": one_wrong, "numerical": numerical}
    yield "all of one sign", {"ours": np.abs(numerical) + 0.1, "numerical": np.abs(numerical) + 0.3}
    tiny = 1e-9 * numerical
    yield "tiny gradients", {"ours": tiny + 1e-10 * rng.normal(size=(4, 3)), "numerical": tiny}


RELATIVE, COSINE = "np.abs(ours - numerical).max() / np.abs(numerical).max()", "np.sum(ours * numerical)"
LENGTHS = "(np.linalg.norm(ours) * np.linalg.norm(numerical))"
compared.wrong(
    "the difference is not divided",
    (" / np.abs(numerical).max()", ""),
    "0.01 is much for a gradient of 0.02 and little for one of 500: divide by the largest numerical value.",
)
compared.wrong(
    "a mean or a sum in place of the largest",
    (RELATIVE, "np.abs(ours - numerical).mean() / np.abs(numerical).mean()"),
    "One wrong number among many vanishes in a mean or a sum: take the largest.",
)
compared.wrong(
    "the sign of the difference is kept",
    ("np.abs(ours - numerical)", "(ours - numerical)"),
    "A number that is too small is wrong as well: take the absolute value of the difference.",
)
compared.wrong(
    "the sign of the gradients is lost",
    ("np.abs(ours - numerical)", "np.abs(np.abs(ours) - np.abs(numerical))"),
    "A gradient with the wrong sign walks uphill: subtract first, then take the absolute value.",
)
compared.wrong(
    "each difference is divided by its own number",
    (RELATIVE, "(np.abs(ours - numerical) / np.abs(numerical)).max()"),
    "A number near zero would make a rounding error look large: divide by the largest of the whole array.",
)
compared.wrong(
    "ours is divided by, not the numerical one",
    ("/ np.abs(numerical).max()", "/ np.abs(ours).max()"),
    "The numerical gradient is the yardstick: divide by its largest value.",
)
compared.wrong(
    "the sign is kept in what is divided by",
    ("/ np.abs(numerical).max()", "/ numerical.max()"),
    "The largest value may be a negative one: take the absolute value first.",
)
compared.wrong(
    "only the sums are compared",
    (RELATIVE, "np.abs(ours.sum() - numerical.sum()) / np.abs(numerical).max()"),
    "Two errors of opposite sign cancel in a sum: compare number by number.",
)
compared.wrong(
    "only the first number is compared",
    (RELATIVE, "np.abs((ours - numerical).ravel()[0]) / np.abs(numerical).max()"),
    "Look at the whole array: take the largest of all differences.",
)
compared.wrong(
    "the cosine is not divided by the lengths",
    (f" / {LENGTHS}", ""),
    "A cosine lies between -1 and 1: divide the sum of products by both lengths.",
)
compared.wrong(
    "the lengths are squared",
    (LENGTHS, "(np.sum(ours**2) * np.sum(numerical**2))"),
    "A length is the root of the sum of squares: np.linalg.norm.",
)
compared.wrong(
    "one minus the cosine",
    (f"{COSINE} /", f"1 - {COSINE} /"),
    "Return the cosine itself: 1 means the same direction.",
)
compared.wrong(
    "the two numbers are returned in the wrong order",
    ("return relative, cosine", "return cosine, relative"),
    "The relative difference comes first.",
)
compared.wrong(
    "the sign of the cosine is lost",
    (f"{COSINE} /", f"np.abs({COSINE}) /"),
    "-1 means that the gradient points the wrong way: keep the sign.",
)

compared.wrong(
    "the absolute value is taken after the maximum",
    (RELATIVE, "np.abs((ours - numerical).max()) / np.abs(numerical).max()"),
    "The largest difference may be a negative one: first the absolute value, then the maximum.",
)
compared.wrong(
    "only the largest values are compared",
    (RELATIVE, "np.abs(np.abs(ours).max() - np.abs(numerical).max()) / np.abs(numerical).max()"),
    "Subtract number by number, then take the largest difference.",
)
compared.wrong(
    "a matrix product in place of the sum of products",
    (COSINE, "np.dot(ours, numerical)"),
    "Multiply number by number and add them all up: np.sum(ours * numerical).",
)
compared.wrong(
    "a matrix product with the transposed in place of the sum of products",
    (COSINE, "ours @ numerical.T"),
    "Multiply number by number and add them all up: np.sum(ours * numerical).",
)
compared.wrong(
    "the cosine is multiplied by the second length",
    (LENGTHS, "np.linalg.norm(ours) * np.linalg.norm(numerical)"),
    "a / b * c is (a / b) * c: put the two lengths in brackets.",
)
compared.wrong(
    "the length of the difference in place of the largest",
    (RELATIVE, "np.linalg.norm(ours - numerical) / np.linalg.norm(numerical)"),
    "One wrong number among many hardly changes a length: take the largest difference.",
)

compared.wrong(
    "both gradients are divided by, not the numerical one",
    ("/ np.abs(numerical).max()", "/ (np.abs(ours) + np.abs(numerical)).max()"),
    "Some books divide by the sum of both. Here the numerical gradient alone is the yardstick.",
)

# ---------------------------------------------------------------- 8. by pencil


SHOWN = np.tanh(1.5)


def _pencil(
    *, shown=SHOWN, slope_c=None, gate=0.7, above=2.0, dc=1.0, seen=2.0, kept=0.9, back=None, entered=0.5,
    slope_f=0.9 * 0.1, slope_g=1 - 0.6**2, **given,
):  # fmt: skip
    """The numbers of the pencil question, or of a slip in it: i = 0.5, f = 0.9, g = -0.6, o = 0.7, dh = 2.

    dc: what arrives; given: results that a slip gives, whatever leads to them. What follows from them follows.
    """
    do = given.get("do", 2.0 * shown)
    dc = dc + above * gate * (1 - shown**2 if slope_c is None else slope_c)
    df = given.get("df", dc * seen)
    dc_prev = given.get("dc_prev", (dc if back is None else back) * kept)
    dz_f, dz_g = given.get("dz_f", df * slope_f), given.get("dz_g", dc * entered * slope_g)
    return {"do": do, "dc": given.get("dc_given", dc), "df": df, "dc_prev": dc_prev, "dz_f": dz_f, "dz_g": dz_g}


@sheet.check(
    name="pencil_backward",
    oracle=_pencil(),
    returns=("do", "dc", "df", "dc_prev", "dz_f", "dz_g"),
    points=3,
    minutes=12,
    probe="value",
    compare=two_decimals,
    hints=[
        "First the hidden update: do is dh times tanh(c). What comes through h is dh times o times 1 - tanh(c)**2; "
        "add the dc that arrives.",
        "Then the cell update with that whole dc: df is dc times c_prev, dc_prev is dc times f, dg is dc times i.",
        "Last the squashings: dz_f is df times f times (1 - f), dz_g is dg times (1 - g**2). tanh(1.5) is 0.9051.",
    ],
)
def by_hand(rng):
    """One step backwards worked out by hand, six numbers to two decimals."""
    yield "the numbers of the question", {}


by_hand.wrong(
    "the derivative of tanh(c) is missing", partial(_pencil, slope_c=1.0), "dh * o is multiplied by 1 - tanh(c)**2."
)
by_hand.wrong(
    "the dc that arrives is not added", partial(_pencil, dc=0.0), "c is used twice: dc = 1.0 + what comes through h."
)
by_hand.wrong(
    "the new cell state in df", partial(_pencil, seen=1.5), "The forget gate met the old cell state: df = dc times 2.0."
)
by_hand.wrong("the forget gate is missing in dc_prev", partial(_pencil, kept=1.0), "dc_prev = dc times f.")
by_hand.wrong(
    "the derivative of the forget gate is missing", partial(_pencil, slope_f=1.0), "dz_f = df times f times (1 - f)."
)
by_hand.wrong(
    "the derivative of the candidate is missing", partial(_pencil, slope_g=1.0), "dz_g = dg times (1 - g**2)."
)
by_hand.wrong(
    "the derivative of the sigmoid for the candidate",
    partial(_pencil, slope_g=-0.6 * 1.6),
    "g went through tanh: its slope is 1 - g**2.",
)
by_hand.wrong(
    "dc_prev without the part that comes through h",
    partial(_pencil, back=1.0),
    "dc_prev is f times the whole dc, the part through h included.",
)
by_hand.wrong("g is not squared", partial(_pencil, slope_g=1.6), "The slope of tanh is 1 - g**2.")
by_hand.wrong(
    "f is missing in the slope of the forget gate",
    partial(_pencil, slope_f=0.1),
    "The slope of the sigmoid has two factors: dz_f = df times f times (1 - f).",
)
by_hand.wrong(
    "the output gate is in do",
    partial(_pencil, do=2.0 * 0.7 * SHOWN),
    "The factor beside o is tanh(c): do = dh times tanh(c), without o.",
)
by_hand.wrong(
    "df and dc_prev are exchanged",
    partial(_pencil, df=_pencil()["dc_prev"], dc_prev=_pencil()["df"], dz_f=_pencil()["dz_f"]),
    "Each factor gets its partner: df = dc times c_prev, dc_prev = dc times f.",
)
for _name, _change, _advice in (
    (
        "tanh in place of its derivative",
        (DC, "dc = dh * o * np.tanh(c)"),
        "Back through the tanh means: times 1 - tanh(c)**2.",
    ),
    ("do is the gate itself", (DO, "do = dh * o"), "The gradient of a factor is dh times the other factor: tanh(c)."),
    (
        "the derivative of tanh has the wrong sign",
        (DC, "dc = dh * o * (np.tanh(c) ** 2 - 1)"),
        "1 - tanh(c)**2: tanh rises everywhere.",
    ),
    (
        "1 + tanh(c)**2",
        (DC, "dc = dh * o * (1 + np.tanh(c) ** 2)"),
        "The derivative of tanh is at most 1: 1 - tanh(c)**2.",
    ),
    ("dh is missing in do", (DO, "do = np.tanh(c)"), "Multiply by what arrives: dh."),
    ("dh is missing in dc", (DC, "dc = o * (1 - np.tanh(c) ** 2)"), "Multiply by what arrives: dh."),
    ("the sigmoid of c in do", (DO, "do = dh * sigmoid(c)"), "c goes through tanh: do = dh * tanh(c)."),
    ("1 - o in dc", (DC, "dc = dh * (1 - o) * (1 - np.tanh(c) ** 2)"), "The factor beside tanh(c) is o itself."),
    (
        "the slope of o's sigmoid in dc",
        (DC, "dc = dh * o * (1 - o) * (1 - np.tanh(c) ** 2)"),
        "The sigmoid of o is a step of its own, and has no part in dc.",
    ),
    (
        "the gradients are averaged over the batch",
        [("return do, dc", "return do / len(dh), dc / len(dh)")],
        "Nothing is averaged here, number by number.",
    ),
):
    shown.wrong(_name, _change, _advice)
for _name, _change, _advice in (
    ("dc_prev goes through the input gate", "dc * c_prev, dc * i, dc * g, dc * i", "c_prev met f: dc_prev = dc * f."),
    ("dg goes through the forget gate", "dc * c_prev, dc * f, dc * g, dc * f", "g met i: dg = dc * i."),
    (
        "the coupling of the GRU",
        "dc * (c_prev - g), dc * f, dc * g, dc * i",
        "i is a gate of its own: f met c_prev alone.",
    ),
    (
        "tanh of the old cell state",
        "dc * np.tanh(c_prev), dc * f, dc * g, dc * i",
        "c_prev came in as it is: df = dc * c_prev.",
    ),
    (
        "1 - i in place of i",
        "dc * c_prev, dc * f, dc * g, dc * (1 - i)",
        "The fraction i of g came in, so the fraction i of dc goes back.",
    ),
    (
        "the signs of the new term are turned",
        "dc * c_prev, dc * f, -dc * g, -dc * i",
        "The two terms are added, so dc reaches both with a plus.",
    ),
    (
        "the signs of the old term are turned",
        "-dc * c_prev, -dc * f, dc * g, dc * i",
        "The two terms are added, so dc reaches both with a plus.",
    ),
    (
        "dc is divided by the partner",
        "dc / c_prev, dc / f, dc / g, dc / i",
        "The chain rule multiplies: dc times the partner.",
    ),
    (
        "the gradients are averaged over the batch",
        "dc * c_prev / len(dc), dc * f / len(dc), dc * g / len(dc), dc * i / len(dc)",
        "Nothing is averaged here, number by number.",
    ),
):
    kept.wrong(_name, (FOUR, _change), _advice)
for _name, _change, _advice in (
    ("the order is i, g, f, o", (ROW, ", ".join(NAMED[k] for k in "igfo")), "The columns lie in the order i, f, g, o."),
    (
        "the order is reversed",
        (ROW, ", ".join(NAMED[k] for k in "ogfi")),
        "The columns lie in the order i, f, g, o.",
    ),
    (
        "the slopes of i and f are exchanged",
        [("i * (1 - i)", "?"), ("f * (1 - f)", "i * (1 - i)"), ("?", "f * (1 - f)")],
        "Each gradient meets the slope of its own layer.",
    ),
    (
        "the square is taken of 1 - s",
        [(f"(1 - {k})", f"(1 - {k}) ** 2") for k in "ifo"],
        "The slope of the sigmoid is s * (1 - s).",
    ),
    (
        "s is squared",
        [(f"{k} * (1 - {k})", f"{k}**2 * (1 - {k})") for k in "ifo"],
        "The slope of the sigmoid is s * (1 - s).",
    ),
    (
        "1 - s squared in place of s * (1 - s)",
        [(f"{k} * (1 - {k})", f"(1 - {k}**2 * {k})") for k in "ifo"],
        "The slope of the sigmoid is s * (1 - s).",
    ),
    ("the slope of tanh has the wrong sign", ("(1 - g**2)", "(g**2 - 1)"), "1 - g**2: tanh rises everywhere."),
    (
        "the slope of the sigmoid has the wrong sign",
        [(f"(1 - {k})", f"({k} - 1)") for k in "ifo"],
        "s * (1 - s): the sigmoid rises everywhere.",
    ),
    ("1 + g**2", ("(1 - g**2)", "(1 + g**2)"), "The slope of tanh is at most 1: 1 - g**2."),
    (
        "a sum in place of the product",
        [(f"d{k} * ", f"d{k} + ") for k in "ifgo"],
        "The chain rule multiplies: what arrives times the slope.",
    ),
    (
        "the gradients are divided by the slopes",
        [(f"d{k} * {k} * (1 - {k})", f"d{k} / ({k} * (1 - {k}))") for k in "ifo"],
        "Backwards the slopes multiply too, as the chain rule says.",
    ),
    (
        "the gradients are averaged over the batch",
        ("axis=1)", "axis=1) / len(di)"),
        "Nothing is averaged here, number by number.",
    ),
    (
        "di comes in four times",
        [(f"d{k} *", "di *") for k in "fgo"],
        "Each layer has its own gradient: di, df, dg, do.",
    ),
):
    squashed.wrong(_name, _change, _advice)
for _name, _change, _advice in (
    (
        "dW_h is made with dh_prev",
        ("h_prev.T @ dz", "(dz @ W_h.T).T @ dz"),
        "The state itself, not its gradient: h_prev.T @ dz.",
    ),
    ("dW_x is made with dx", ("x.T @ dz", "(dz @ W_x.T).T @ dz"), "The input itself, not its gradient: x.T @ dz."),
    (
        "all signs are turned",
        (FIVE, "-dz @ W_x.T, -dz @ W_h.T, -x.T @ dz, -h_prev.T @ dz, -dz.sum(axis=0)"),
        "These are gradients, not steps of a descent: no minus.",
    ),
    (
        "everything is averaged over the batch",
        (FIVE, "dz @ W_x.T / len(x), dz @ W_h.T / len(x), x.T @ dz / len(x), h_prev.T @ dz / len(x), dz.mean(axis=0)"),
        "If the loss is a mean, dz has the 1/B already.",
    ),
    (
        "the bias's gradient is that of the last row",
        ("dz.sum(axis=0)", "dz[-1]"),
        "b was added to every row, so it collects from every row: a sum.",
    ),
    ("the largest row for the bias", ("dz.sum(axis=0)", "dz.max(axis=0)"), "b collects from every row: a sum."),
    (
        "the sizes are summed for the bias",
        ("dz.sum(axis=0)", "np.abs(dz).sum(axis=0)"),
        "Plus and minus may cancel here: sum dz itself.",
    ),
):
    summed.wrong(_name, _change, _advice)
for _name, _change, _advice in (
    (
        "dc of the next step comes in twice",
        ("dc + dc_shown", "dc + dc + dc_shown"),
        "Two parts, each once: dc + dc_shown.",
    ),
    (
        "dc and the part through h are subtracted",
        ("dc + dc_shown", "dc - dc_shown"),
        "c is used twice, and the two gradients are added.",
    ),
    (
        "dc and the part through h are multiplied",
        ("dc + dc_shown", "dc * dc_shown"),
        "c is used twice, and the two gradients are added.",
    ),
    (
        "dW_x and dW_h are exchanged",
        (BACK, "return dx, dh_prev, dc_prev, dW_h, dW_x, db"),
        "The order is dx, dh_prev, dc_prev, dW_x, dW_h, db.",
    ),
    (
        "the parameters' gradients come first",
        (BACK, "return dW_x, dW_h, db, dx, dh_prev, dc_prev"),
        "The order is dx, dh_prev, dc_prev, dW_x, dW_h, db.",
    ),
    (
        "do and dc_shown are taken in the wrong order",
        ("do, dc_shown = hidden", "dc_shown, do = hidden"),
        "hidden_update_backward returns do first, then dc.",
    ),
    (
        "dx and dh_prev are exchanged",
        (BACK, "return dh_prev, dx, dc_prev, dW_x, dW_h, db"),
        "The order is dx, dh_prev, dc_prev, dW_x, dW_h, db.",
    ),
    (
        "all signs are turned",
        (BACK, "return -dx, -dh_prev, -dc_prev, -dW_x, -dW_h, -db"),
        "These are gradients, not steps of a descent: no minus.",
    ),
    (
        "dc_prev is added to dh_prev",
        (BACK, "return dx, dh_prev + dc_prev, dc_prev, dW_x, dW_h, db"),
        "The two go back on roads of their own: dh_prev to h, dc_prev to c.",
    ),
    (
        "the input gate in dc_prev",
        (BACK, "return dx, dh_prev, i * (dc + dc_shown), dW_x, dW_h, db"),
        "c_prev met f: dc_prev = f times the whole dc.",
    ),
):
    stepped.wrong(_name, _change, _advice)
for _name, _change, _advice in (
    (
        "dh[t] is dropped",
        ("dh[t] + dh_next", "dh_next"),
        "h_t has a gradient of its own from the loss, dh[t]: add it at every step.",
    ),
    (
        "what the step after passes back is subtracted",
        ("dh[t] + dh_next", "dh[t] - dh_next"),
        "h_t is used twice, and the two gradients are added.",
    ),
    (
        "dh is read from the first step on",
        ("dh[t] + dh_next", "dh[len(dh) - 1 - t] + dh_next"),
        "The walk goes backwards, and dh[t] goes with it.",
    ),
    (
        "the inputs are read from the first step on",
        ("dc_next, x[t]", "dc_next, x[len(x) - 1 - t]"),
        "The walk goes backwards, and x[t] goes with it.",
    ),
    (
        "the gates are read from the first step on",
        ("gates[t]", "gates[len(x) - 1 - t]"),
        "The walk goes backwards, and gates[t] goes with it.",
    ),
    ("the gates of the step before", ("gates[t]", "gates[t - 1]"), "gates[t] are those of step t itself."),
    (
        "dx one step early",
        ("dx[t], dh_next, dc_next, dW_x_t", "dx[t - 1], dh_next, dc_next, dW_x_t"),
        "Step t read x[t]: its gradient is dx[t].",
    ),
    (
        "dc_next is added to dh",
        ("dh[t] + dh_next, dc_next", "dh[t] + dh_next + dc_next, dc_next"),
        "dc_next belongs to c: it goes in as the second argument alone.",
    ),
    (
        "dW_x and dW_h are exchanged",
        (OUT, "return dx, dh_next, dc_next, dW_h, dW_x, db"),
        "The order is dx, dh_0, dc_0, dW_x, dW_h, db.",
    ),
    (
        "all signs are turned",
        (OUT, "return -dx, -dh_next, -dc_next, -dW_x, -dW_h, -db"),
        "These are gradients, not steps of a descent: no minus.",
    ),
    ("dW_h is not added up over time", ("dW_h + dW_h_t", "dW_h_t"), "The same W_h was used at every step: add."),
    ("dW_x is not added up over time", ("dW_x + dW_x_t", "dW_x_t"), "The same W_x was used at every step: add."),
):
    unrolled.wrong(_name, _change, _advice)
for _name, _change, _advice in (
    (
        "a small number is added below",
        [
            (RELATIVE, f"{RELATIVE[: -len(' / np.abs(numerical).max()')]} / (np.abs(numerical).max() + 1e-8)"),
            (LENGTHS, f"({LENGTHS} + 1e-8)"),
        ],
        "Neither array is all zero, so nothing is divided by 0; and for tiny gradients the extra number decides.",
    ),
    (
        "a small number is added below the difference",
        (RELATIVE, f"{RELATIVE[: -len(' / np.abs(numerical).max()')]} / (np.abs(numerical).max() + 1e-8)"),
        "Neither array is all zero, so nothing is divided by 0; and for tiny gradients the extra number decides.",
    ),
    (
        "a small number is added to the lengths",
        (LENGTHS, f"({LENGTHS} + 1e-8)"),
        "Neither array is all zero, so nothing is divided by 0; and for tiny gradients the extra number decides.",
    ),
    (
        "divided by the larger of the largest value and 1",
        (RELATIVE, RELATIVE.replace("np.abs(numerical).max()", "max(np.abs(numerical).max(), 1)")),
        "A small gradient is to be compared with its own size: divide by its largest value.",
    ),
    (
        "the smallest difference",
        (RELATIVE, RELATIVE.replace("(ours - numerical).max()", "(ours - numerical).min()")),
        "One wrong number must show: the largest difference.",
    ),
    (
        "the sum of the differences",
        (RELATIVE, RELATIVE.replace("(ours - numerical).max()", "(ours - numerical).sum()")),
        "The largest difference is asked, not their sum.",
    ),
    (
        "the difference is squared",
        (RELATIVE, "((ours - numerical) ** 2).max() / np.abs(numerical).max()"),
        "The absolute value of the difference, without a square.",
    ),
    (
        "divided by the mean",
        (RELATIVE, RELATIVE.replace("np.abs(numerical).max()", "np.abs(numerical).mean()")),
        "Divide by the largest numerical value.",
    ),
    (
        "divided by the smallest",
        (RELATIVE, RELATIVE.replace("np.abs(numerical).max()", "np.abs(numerical).min()")),
        "Divide by the largest numerical value.",
    ),
    ("per cent", (RELATIVE, f"100 * {RELATIVE}"), "A plain fraction is asked: no factor 100."),
    (
        "the mean of the products in the cosine",
        (COSINE, "np.mean(ours * numerical)"),
        "The products are summed: a mean makes the cosine too small.",
    ),
    (
        "the angle in place of its cosine",
        (f"{COSINE} / {LENGTHS}", f"np.arccos(np.clip({COSINE} / {LENGTHS}, -1, 1))"),
        "The cosine itself is asked, not the angle.",
    ),
    (
        "the lengths are added",
        (LENGTHS, "(np.linalg.norm(ours) + np.linalg.norm(numerical))"),
        "Divide by the product of the two lengths.",
    ),
    (
        "one length twice",
        (LENGTHS, "np.linalg.norm(numerical) ** 2"),
        "Divide by both lengths, that of ours and that of the numerical one.",
    ),
    ("the root of the product is taken", (LENGTHS, f"np.sqrt{LENGTHS}"), "np.linalg.norm has taken the root already."),
    (
        "True and False",
        ("return relative, cosine", "return float(relative < 1e-6), float(cosine > 0.999)"),
        "Return the two numbers themselves; what is small enough is judged later.",
    ),
):
    compared.wrong(_name, _change, _advice)

# ---------------------------------------------------------------- more slips

add_tables(sheet, OFTEN, RARE)
for _name, _changed, _advice in PENCIL:
    by_hand.wrong(_name, partial(_pencil, **_changed), _advice)
