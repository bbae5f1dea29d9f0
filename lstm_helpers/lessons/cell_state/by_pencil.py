"""The numbers of the pencil question of lesson 4, and those that slips give, one or two at once."""

import itertools

import numpy as np

from lstm_helpers.nn import functional as F
from lstm_helpers.nn.functional import sigmoid


def work_out(gate=sigmoid, squash=np.tanh, update=F.cell_update, reveal=lambda o, c, **_: o * np.tanh(c)):
    """The numbers of the pencil question, or of slips in its four kinds of work: each goes on with what came before."""
    i, f, o, g = gate(0.5), gate(1.0), gate(2.0), squash(-0.9)
    c = update(f=f, c_prev=1.6, i=i, g=g)
    return {"i": i, "f": f, "g": g, "o": o, "c": c, "h": reveal(o=o, c=c, g=g, f=f, i=i)}


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
RIGHT = work_out()
PRE_ACTIVATIONS = {"i": 0.5, "f": 1.0, "o": 2.0}


def _go_on(**numbers):
    """The numbers of the question where some are others, and what comes after them follows."""
    i, f, g, o = (numbers.get(name, RIGHT[name]) for name in "ifgo")
    c = numbers.get("c", f * 1.6 + i * g)
    return {"i": i, "f": f, "g": g, "o": o, "c": c, "h": numbers.get("h", o * np.tanh(c))}


KNOWN = {  # what is wrong: (the six numbers, advice)
    **{
        f"{name} is what it leaves out of 1": (
            _go_on(**{name: sigmoid(-z)}),
            "sigmoid(z) = 1 / (1 + exp(-z)): a positive z gives more than one half, a missing minus the rest of 1.",
        )
        for name, z in PRE_ACTIVATIONS.items()
    },
    **{
        f"{name} is the tanh of its number": (_go_on(**{name: np.tanh(z)}), "The three gates go through the sigmoid.")
        for name, z in PRE_ACTIVATIONS.items()
    },
    "i and f are exchanged from the start": (
        _go_on(i=sigmoid(1.0), f=sigmoid(0.5)),
        "i = sigmoid(0.5), f = sigmoid(1).",
    ),
    "the sign of c is wrong": (
        _go_on(c=-RIGHT["c"]),
        "c = f * c_prev + i * g: what is kept is more than what is taken.",
    ),
    "the sign of h is wrong": ({**RIGHT, "h": -RIGHT["h"]}, "o is positive, so h has the sign of c."),
    "tanh(c) is given for c": ({**RIGHT, "c": np.tanh(RIGHT["c"])}, "c is not squashed; only h sees tanh(c)."),
    "one decimal on the way": (_go_on(i=0.6, f=0.7, g=-0.7, o=0.9), "Keep four decimals on the way, and give two."),
    "the gates are all multiplied": (_go_on(c=RIGHT["f"] * 1.6 * RIGHT["i"] * RIGHT["g"]), "Old and new are added."),
    "f is added, not multiplied": (_go_on(c=RIGHT["f"] + 1.6 + RIGHT["i"] * RIGHT["g"]), LAW),
    "the output gate scales the candidate": (_go_on(c=RIGHT["f"] * 1.6 + RIGHT["o"] * RIGHT["g"]), LAW),
    "o is not squashed in h": ({**RIGHT, "h": 2.0 * np.tanh(RIGHT["c"])}, "h = o * tanh(c), with o = sigmoid(2)."),
    "the tan key in place of tanh": (
        work_out(squash=_key, reveal=lambda o, c, **_: o * _key(c)),
        "tanh is another function: on many calculators press hyp, then tan.",
    ),
    "the gates are not squashed": (
        work_out(gate=lambda z: 1.0 * z, squash=lambda z: 1.0 * z),
        "The numbers given are pre-activations: put i, f and o through the sigmoid and g through tanh.",
    ),
    "nothing is squashed": (
        work_out(gate=lambda z: 1.0 * z, squash=lambda z: 1.0 * z, reveal=lambda o, c, **_: o * c),
        "Put i, f and o through the sigmoid, g and c through tanh.",
    ),
    "the sigmoid in place of each tanh": (
        work_out(squash=sigmoid, reveal=lambda o, c, **_: o * sigmoid(c)),
        "g = tanh(-0.9) is negative, and h = o * tanh(c).",
    ),
    "g alone has lost its sign": ({**RIGHT, "g": -RIGHT["g"]}, "tanh(-0.9) is negative. c and h are right."),
    "i and f have changed places": (
        {**RIGHT, "i": RIGHT["f"], "f": RIGHT["i"]},
        "i = sigmoid(0.5), f = sigmoid(1).",
    ),
    "c and h have changed places": (
        {**RIGHT, "c": RIGHT["h"], "h": RIGHT["c"]},
        "c comes first, and h is made of it.",
    ),
    **{
        what: (work_out(**{part: how}), advice)
        for part, slips in BY_PENCIL.items()
        for what, (how, advice) in slips.items()
    },
}


def two_at_once():
    """{"two slips at once: ...": (the six numbers, advice)}, of two kinds of work, where the numbers tell them."""
    pairs = {}
    for one, other in itertools.combinations(BY_PENCIL, 2):
        for (a, (how_a, advice_a)), (b, (how_b, advice_b)) in itertools.product(
            BY_PENCIL[one].items(), BY_PENCIL[other].items()
        ):
            advice = advice_a if advice_a == advice_b else f"{advice_a} {advice_b}"
            pairs[f"two slips at once: {a}; and {b}"] = work_out(**{one: how_a, other: how_b}), advice
    numbers = [RIGHT, *(n for n, _ in (*KNOWN.values(), *pairs.values()))]
    table = np.array([list(n.values()) for n in numbers])
    alike = (np.abs(table[:, None] - table) <= 0.0203).all(axis=-1).sum(axis=1) > 1  # one answer may be near to both
    return {what: pair for (what, pair), other in zip(pairs.items(), alike[1 + len(KNOWN) :], strict=True) if not other}
