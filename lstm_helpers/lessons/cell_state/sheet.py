"""Sheet 04: the two updates, the whole step, stacked weights, a step by pencil, what a memory is made of, a latch."""

import itertools

import numpy as np

from lstm_helpers.checks.cases import ONE_APART, add_rounded, finish, weights
from lstm_helpers.checks.judge import two_decimals
from lstm_helpers.checks.sheet import Sheet
from lstm_helpers.lessons.cell_state import answers
from lstm_helpers.nn import functional as F
from lstm_helpers.nn.functional import sigmoid

sheet = Sheet.of(answers)


@sheet.check(
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


add_rounded(cell_update, 1, 2, 3, 4)


@sheet.check(
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


add_rounded(hidden_update, 1, 2, 3, 4)


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
def lstm_step(rng):
    """One whole step of the LSTM: new hidden state and new cell state."""
    yield from _step_cases(rng)


@sheet.check(
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
def kept_share(rng):
    """How much of the first cell state is left after each step."""
    yield from _gate_cases(rng, "f")


STEPS = "np.arange(1, len(f) + 1)[:, None, None]"

add_rounded(kept_share, 1, 2, 3, 4)


@sheet.check(
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
def memory_weights(rng):
    """How strongly the candidate of each step is in the last cell state."""
    yield from _gate_cases(rng, "i", "f")


add_rounded(memory_weights, 1, 2, 3, 4)

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
        latch.points,
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
def latch(rng):
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
