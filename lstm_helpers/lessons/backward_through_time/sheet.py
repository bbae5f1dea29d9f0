"""Sheet 06: the LSTM's backward pass piece by piece, over time, compared with numerical gradients, and by pencil."""

from functools import partial

import numpy as np

from lstm_helpers.checks.cases import ONE_APART, finish, weights
from lstm_helpers.checks.judge import two_decimals
from lstm_helpers.checks.sheet import Sheet, edit
from lstm_helpers.lessons.backward_through_time import answers, by_pencil

sheet = Sheet.of(answers, profile="after_forward")

SIZE = ONE_APART[0][1:]
PIECES = ("hidden_update_backward", "cell_update_backward", "gates_backward", "pre_activation_backward")
TIMES_100 = ("upstream gradients times 100", *SIZE)
ORDINARY = "an ordinary batch"


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


TIMES = dict.fromkeys(("one sample in the batch", "float32", "longer inputs"), 4)
TIMES |= dict.fromkeys(("one hidden unit", "square shapes, B = D = H"), 3)
SEQUENCES = [(label, TIMES.get(label, 5), *sizes) for label, *sizes in ONE_APART] + [("one time step", 1, *SIZE)]


@sheet.check(
    returns=("h", "c", "gates"),
    ranges={"h": (-1, 1), "gates": (-1, 1)},
    points=3,
    minutes=10,
    hints=[
        "Three lists: h and c begin with the initial states, so they get one entry more than there are steps.",
        "In the loop over x: the pre-activations from x_t and h[-1], the four layers' values, then the new c from "
        "c[-1] and the new h from the new c. Append the values i, f, g, o side by side.",
        "`i, f, g, o = sigmoid(z_i), sigmoid(z_f), np.tanh(z_g), sigmoid(z_o)`, "
        "`gates.append(np.concatenate([i, f, g, o], axis=1))`, `c.append(f * c[-1] + i * g)`, "
        "`h.append(o * np.tanh(c[-1]))`.",
    ],
)
def lstm_forward_cached(rng):
    """The forward pass that keeps what the backward pass needs: all states, and the values of all gates."""
    for label, T, B, D, H in SEQUENCES:
        case = {
            "x": rng.normal(size=(T, B, D)),
            "h_0": rng.uniform(-1, 1, size=(B, H)),
            "c_0": rng.normal(size=(B, H)) * 1.5,
            **weights(rng, D, H),
        }
        yield finish(label, case)


@sheet.check(
    returns=("do", "dc"),
    points=2,
    minutes=8,
    hints=[
        "h is a product of two factors, o and tanh(c). The gradient of one factor is dh times the other factor.",
        "c sits inside the tanh: one more factor, the derivative of tanh at c. It is 1 - tanh(c)**2.",
        "`do = dh * np.tanh(c)` and `dc = dh * o * (1 - np.tanh(c) ** 2)`.",
    ],
)
def hidden_update_backward(rng):
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


@sheet.check(
    returns=("df", "dc_prev", "di", "dg"),
    points=2,
    minutes=6,
    hints=[
        "c is a sum of two products. A sum passes dc on to both; in each product a factor gets dc times the other one.",
        "f and c_prev are partners, i and g are partners. Return them in the order of the arguments.",
        "`return dc * c_prev, dc * f, dc * g, dc * i`.",
    ],
)
def cell_update_backward(rng):
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


@sheet.check(
    returns="dz",
    points=3,
    minutes=10,
    hints=[
        "Each layer's gradient is multiplied by the slope of its own squashing, written with the value that came out.",
        "Sigmoid: s * (1 - s). Tanh: 1 - g**2. Three layers have the first, one has the second.",
        "`np.concatenate([di * i * (1 - i), df * f * (1 - f), dg * (1 - g**2), do * o * (1 - o)], axis=1)`.",
    ],
)
def gates_backward(rng):
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


@sheet.check(
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
def pre_activation_backward(rng):
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
    h, c, gates = answers.lstm_forward_cached(**drawn)
    return {"x": drawn["x"], "h": h, "c": c, "gates": gates, "W_x": drawn["W_x"], "W_h": drawn["W_h"]}


@sheet.check(
    returns=("dx", "dh_prev", "dc_prev", "dW_x", "dW_h", "db"),
    points=4,
    minutes=15,
    uses=PIECES,
    hints=[
        "Walk the forward step backwards: hidden update, cell update, squashings, products. Each piece is written "
        "already.",
        "c is used twice: h shows it, and the next step keeps it. So the cell update gets dc + the dc that comes "
        "through h.",
        "`i, f, g, o = np.split(gates, 4, axis=1)`, then the four pieces, the second one with `dc + dc_shown`; return "
        "`dx, dh_prev, dc_prev, dW_x, dW_h, db`.",
    ],
)
def lstm_step_backward(rng):
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
        return edit(answers.lstm_step_backward, *changes)
    return edit(
        answers.lstm_step_backward, (f"{piece.__name__}(", "slipped("), within={"slipped": edit(piece, *changes)}
    )


BACK = "return dx, dh_prev, dc_prev, dW_x, dW_h, db"
FORGET_ADVICE = (
    "c_prev came into c through the forget gate: dc_prev = f times the whole dc. This is the road into the past."
)

lstm_step_backward.wrong(
    "the derivative of tanh(c) is missing",
    _step((" * (1 - np.tanh(c) ** 2)", ""), piece=answers.hidden_update_backward),
    "c goes through tanh before it reaches h: multiply by 1 - tanh(c)**2.",
)
for _letter, _title in zip("ifgo", ("input gate", "forget gate", "candidate", "output gate"), strict=True):
    lstm_step_backward.wrong(
        f"the derivative of the {_title} is missing",
        _step((NAMED[_letter], f"d{_letter}"), piece=answers.gates_backward),
        f"Between z and {_letter} lies a squashing: multiply d{_letter} by its slope.",
    )
lstm_step_backward.wrong(
    "all four derivatives of the gates are missing",
    _step((ROW, "di, df, dg, do"), piece=answers.gates_backward),
    "Between z and the gates lie sigmoid and tanh: multiply each gradient by its slope.",
)

lstm_step_backward.wrong(
    "dz is joined in the order i, f, o, g",
    _step(_in_order("ifog"), piece=answers.gates_backward),
    "The columns of dz lie in the order i, f, g, o, like those of W_x and W_h.",
)

lstm_step_backward.wrong(
    "dz is joined in the order f, i, g, o",
    _step(_in_order("figo"), piece=answers.gates_backward),
    "The columns of dz lie in the order i, f, g, o, like those of W_x and W_h.",
)

OVER_TIME = [(label, TIMES.get(label, 5), *sizes) for label, *sizes in [*ONE_APART, TIMES_100]] + [
    ("one time step", 1, *SIZE),
    ("gradient from the last states alone", 5, *SIZE),
    ("gradient from the last step's h alone", 5, *SIZE),
    ("gradient from every h, none from beyond the end", 5, *SIZE),
]


def _arriving(rng, label, run):
    """A run, and the gradients that arrive: of each h, dh, and from beyond the end, dh_next and dc_next."""
    T, B, width = run["gates"].shape
    H = width // 4
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
    return {name: a.astype(run["gates"].dtype) for name, a in case.items()}


@sheet.check(
    returns=("dx", "dh_0", "dc_0", "dW_x", "dW_h", "db"),
    points=6,
    minutes=20,
    uses=(*PIECES, "lstm_step_backward"),
    hints=[
        "Start at the last step and walk to the first. Two arrays travel with you: dh_next and dc_next.",
        "At step t, h_t gets dh[t] from its own loss and dh_next from the step after. The weights were used at every "
        "step: add up. Before step t the state is h[t], c[t]; after it, c[t + 1].",
        "`for t in reversed(range(len(x))):` and in it `dx[t], dh_next, dc_next, dW_x_t, dW_h_t, db_t = "
        "lstm_step_backward(dh[t] + dh_next, dc_next, x[t], h[t], c[t], c[t + 1], gates[t], W_x, W_h)`, then "
        "`dW_x = dW_x + dW_x_t` and so on.",
    ],
)
def lstm_backward(rng):
    """The whole backward pass through time: gradients of all inputs, of the initial states and of all parameters."""
    for label, T, B, D, H in OVER_TIME:
        yield label, _arriving(rng, label, _run(label, rng, T, B, D, H))


def _backward(*changes, piece=None):
    """lstm_backward written out by someone with a slip in a step, or in one piece of it."""
    return edit(
        answers.lstm_backward, ("lstm_step_backward(", "slipped("), within={"slipped": _step(*changes, piece=piece)}
    )


lstm_backward.wrong(
    "dc through the forget gate is missing",
    _backward((BACK, BACK.replace("dc_prev", "0 * dc_prev"))),
    FORGET_ADVICE,
)
lstm_backward.wrong(
    "the recurrent path is missing",
    _backward((BACK, BACK.replace("dh_prev", "0 * dh_prev"))),
    "h_{t-1} went into all four layers of step t: dh_prev = dz @ W_h.T goes on to the step before.",
)

lstm_backward.wrong(
    "the forget gate is missing in dc_prev",
    _backward(("dc * f", "dc"), piece=answers.cell_update_backward),
    "Only the fraction f of c_{t-1} went into c_t: dc_prev = dc * f.",
)
lstm_backward.wrong(
    "the derivative of tanh(c) is missing",
    _backward((" * (1 - np.tanh(c) ** 2)", ""), piece=answers.hidden_update_backward),
    "c goes through tanh before it reaches h: multiply by 1 - tanh(c)**2.",
)
lstm_backward.wrong(
    "the dc that comes through h is missing",
    _backward(("dc + dc_shown", "dc")),
    "c_t is used twice: add what comes through h = o * tanh(c) to dc_next.",
)
lstm_backward.wrong(
    "the output gate gets no gradient",
    _backward(("gates_backward(di, df, dg, do,", "gates_backward(di, df, dg, 0 * do,")),
    "o is a layer as the others: its gradient do goes into dz, too.",
)
for _letter, _title in zip("ifgo", ("input gate", "forget gate", "candidate", "output gate"), strict=True):
    lstm_backward.wrong(
        f"the derivative of the {_title} is missing",
        _backward((NAMED[_letter], f"d{_letter}"), piece=answers.gates_backward),
        f"Between z and {_letter} lies a squashing: multiply d{_letter} by its slope.",
    )


@sheet.check(
    returns=("dz", "dh_0", "dc_0"),
    points=4,
    minutes=12,
    uses=(*PIECES, "lstm_step_backward"),
    hints=[
        "The loop of question 7, without the products that give dx and the parameters' gradients. It has to hand on "
        "dh_next and dc_next; everything else it needs to keep is dz.",
        "Make dz with the shape of gates and fill dz[t] from your pieces: hidden update, cell update, squashings.",
        "What the step hands on: dc_prev from the cell update becomes dc_next, and `dh_next = dz[t] @ W_h.T`.",
    ],
)
def pre_activation_gradients(rng):
    """The loop of the backward pass alone: the gradients of all pre-activations, and of the initial states."""
    for label, T, B, D, H in OVER_TIME:
        run = _run(label, rng, T, B, D, H)
        yield label, _arriving(rng, label, {name: run[name] for name in ("c", "gates", "W_h")})


@sheet.check(
    returns=("dW_x", "dW_h", "db"),
    points=3,
    minutes=8,
    uses=("pre_activation_backward",),
    hints=[
        "Every step of every sequence is one more row that used the same weights: T * B rows in all.",
        "Reshape dz to (T * B, 4H), x to (T * B, D) and the states before the steps to (T * B, H). Then each gradient "
        "is one product, as in question 5.",
        "The states before the steps are `h[:-1]`. `dW_h = h[:-1].reshape(len(dz), -1).T @ dz`, with dz reshaped "
        "before.",
    ],
)
def weight_gradients(rng):
    """The gradients of both weight matrices and of the bias from those of all pre-activations."""
    for label, T, B, D, H in [*SEQUENCES, ("upstream gradients times 100", 5, *SIZE)]:
        case = {
            "dz": rng.normal(size=(T, B, 4 * H)),
            "x": rng.normal(size=(T, B, D)),
            "h": rng.uniform(-1, 1, size=(T + 1, B, H)),
        }
        yield finish(label, _upstream(label, case, ["dz"]))


@sheet.check(
    returns=("df", "dc_prev", "dg"),
    points=2,
    minutes=6,
    uses=("cell_update_backward",),
    hints=[
        "f stands in two places. What is used twice collects twice: a gradient for each use, added.",
        "As the factor of c_prev it gets dc * c_prev. In 1 - f, the factor of g, it has a minus sign.",
        "`return dc * (c_prev - g), dc * f, dc * (1 - f)`.",
    ],
)
def coupled_update_backward(rng):
    """The gradients of one gate that both keeps and lets in, of the old cell state and of the candidate."""
    for label, B, _, H in [*ONE_APART, TIMES_100]:
        case = {
            "dc": rng.normal(size=(B, H)),
            "f": rng.uniform(0.05, 0.95, size=(B, H)),
            "c_prev": rng.uniform(-3, 3, size=(B, H)),
            "g": rng.uniform(-0.95, 0.95, size=(B, H)),
        }
        yield finish(label, _upstream(label, case, ["dc"]), scaled=("c_prev",))
    case = {"dc": rng.normal(size=(3, 2)), "f": _ends(rng, 3, 2), "c_prev": rng.normal(size=(3, 2))}
    yield EXACT, {**case, "g": rng.choice([-1.0, 0.0, 1.0], size=(3, 2))}


@sheet.check(
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
def gradient_agreement(rng):
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


@sheet.check(
    oracle=by_pencil.GIVEN.work_out(),
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
def pencil_backward(rng):
    """One step backwards worked out by hand, six numbers to two decimals."""
    yield "the numbers of the question", {}


for _name, _changed, _advice in by_pencil.GIVEN.slips():
    pencil_backward.wrong(_name, partial(by_pencil.GIVEN.work_out, **_changed), _advice)
