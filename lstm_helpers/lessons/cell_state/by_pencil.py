"""The numbers of the pencil question of lesson 4, and those that slips give, one or two at once."""

import itertools
from dataclasses import dataclass

import numpy as np

from lstm_helpers.checks import pencil
from lstm_helpers.nn import functional as F
from lstm_helpers.nn.functional import sigmoid


def _key(z):
    """What the tan key of a calculator that is set to degrees gives."""
    return np.tan(np.radians(z))


LAW, SHOWN = "c = f * c_prev + i * g.", "h = o * tanh(c)."


@dataclass(frozen=True)
class Given:
    """The numbers that the question gives: the four pre-activations, and the old cell state."""

    z_i: float = 0.5
    z_f: float = 1.0
    z_g: float = -0.9
    z_o: float = 2.0
    c_prev: float = 1.6

    def work_out(self, **given):
        """The numbers of the question; ``given`` takes the place of what is right."""
        return {**self.by(), **given}

    def by(self, gate=sigmoid, squash=np.tanh, update=F.cell_update, reveal=lambda o, c, **_: o * np.tanh(c)):
        """The numbers by four kinds of work, right or with slips: each goes on with what came before."""
        i, f, o, g = gate(self.z_i), gate(self.z_f), gate(self.z_o), squash(self.z_g)
        c = update(f=f, c_prev=self.c_prev, i=i, g=g)
        return {"i": i, "f": f, "g": g, "o": o, "c": c, "h": reveal(o=o, c=c, g=g, f=f, i=i)}

    def by_kind(self):
        """{what is worked out: {what is wrong: (how, advice)}}."""
        return {
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
                "i, f and o are not squashed": (
                    lambda z: 1.0 * z,
                    f"The numbers given are pre-activations: i = sigmoid({self.z_i}).",
                ),
            },
            "squash": {
                "the sigmoid in the candidate": (sigmoid, f"g = tanh({self.z_g}) is negative."),
                "the candidate is not squashed": (
                    lambda z: z * 1.0,
                    f"g = tanh({self.z_g}), which is smaller in size than {-self.z_g}.",
                ),
                "the sign of g is lost": (
                    lambda z: -np.tanh(z),
                    f"tanh({self.z_g}) is negative; c and h follow from g.",
                ),
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
                "1 - f in place of f": (
                    lambda f, c_prev, i, g: (1 - f) * c_prev + i * g,
                    "f is the fraction that is kept.",
                ),
                "the input gate is tied to 1 - f": (
                    lambda f, c_prev, i, g: f * c_prev + (1 - f) * g,
                    "i is a gate of its own.",
                ),
                "1 - i in place of i": (
                    lambda f, c_prev, i, g: f * c_prev + (1 - i) * g,
                    "i is the fraction that comes in.",
                ),
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
                "h is made from the old cell state": (lambda o, **_: o * np.tanh(self.c_prev), "h shows the new c."),
                "1 - o in place of o": (lambda o, c, **_: (1 - o) * np.tanh(c), "o is the fraction that is shown."),
                "o and c have changed places": (
                    lambda o, c, **_: c * np.tanh(o),
                    "tanh belongs to c: h = o * tanh(c).",
                ),
                "o is squashed once more": (
                    lambda o, c, **_: sigmoid(o) * np.tanh(c),
                    "o has been through the sigmoid.",
                ),
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

    def _go_on(self, **numbers):
        """The numbers of the question where some are others, and what comes after them follows."""
        right = self.by()
        i, f, g, o = (numbers.get(name, right[name]) for name in "ifgo")
        c = numbers.get("c", f * self.c_prev + i * g)
        return {"i": i, "f": f, "g": g, "o": o, "c": c, "h": numbers.get("h", o * np.tanh(c))}

    def known(self):
        """{what is wrong: (the six numbers, advice)}."""
        right, pre_activations = self.by(), {"i": self.z_i, "f": self.z_f, "o": self.z_o}
        return {
            **{
                f"{name} is what it leaves out of 1": (
                    self._go_on(**{name: sigmoid(-z)}),
                    "sigmoid(z) = 1 / (1 + exp(-z)): a positive z gives more than one half, "
                    "a missing minus the rest of 1.",
                )
                for name, z in pre_activations.items()
            },
            **{
                f"{name} is the tanh of its number": (
                    self._go_on(**{name: np.tanh(z)}),
                    "The three gates go through the sigmoid.",
                )
                for name, z in pre_activations.items()
            },
            "i and f are exchanged from the start": (
                self._go_on(i=sigmoid(self.z_f), f=sigmoid(self.z_i)),
                f"i = sigmoid({self.z_i}), f = sigmoid({self.z_f}).",
            ),
            "the sign of c is wrong": (
                self._go_on(c=-right["c"]),
                "c = f * c_prev + i * g: what is kept is more than what is taken.",
            ),
            "the sign of h is wrong": ({**right, "h": -right["h"]}, "o is positive, so h has the sign of c."),
            "tanh(c) is given for c": ({**right, "c": np.tanh(right["c"])}, "c is not squashed; only h sees tanh(c)."),
            "one decimal on the way": (
                self._go_on(**{name: round(right[name], 1) for name in "ifgo"}),
                "Keep four decimals on the way, and give two.",
            ),
            "the gates are all multiplied": (
                self._go_on(c=right["f"] * self.c_prev * right["i"] * right["g"]),
                "Old and new are added.",
            ),
            "f is added, not multiplied": (self._go_on(c=right["f"] + self.c_prev + right["i"] * right["g"]), LAW),
            "the output gate scales the candidate": (
                self._go_on(c=right["f"] * self.c_prev + right["o"] * right["g"]),
                LAW,
            ),
            "o is not squashed in h": (
                {**right, "h": self.z_o * np.tanh(right["c"])},
                f"h = o * tanh(c), with o = sigmoid({self.z_o}).",
            ),
            "the tan key in place of tanh": (
                self.by(squash=_key, reveal=lambda o, c, **_: o * _key(c)),
                "tanh is another function: on many calculators press hyp, then tan.",
            ),
            "the gates are not squashed": (
                self.by(gate=lambda z: 1.0 * z, squash=lambda z: 1.0 * z),
                "The numbers given are pre-activations: put i, f and o through the sigmoid and g through tanh.",
            ),
            "nothing is squashed": (
                self.by(gate=lambda z: 1.0 * z, squash=lambda z: 1.0 * z, reveal=lambda o, c, **_: o * c),
                "Put i, f and o through the sigmoid, g and c through tanh.",
            ),
            "the sigmoid in place of each tanh": (
                self.by(squash=sigmoid, reveal=lambda o, c, **_: o * sigmoid(c)),
                f"g = tanh({self.z_g}) is negative, and h = o * tanh(c).",
            ),
            "g alone has lost its sign": (
                {**right, "g": -right["g"]},
                f"tanh({self.z_g}) is negative. c and h are right.",
            ),
            "i and f have changed places": (
                {**right, "i": right["f"], "f": right["i"]},
                f"i = sigmoid({self.z_i}), f = sigmoid({self.z_f}).",
            ),
            "c and h have changed places": (
                {**right, "c": right["h"], "h": right["c"]},
                "c comes first, and h is made of it.",
            ),
            **{
                what: (self.by(**{part: how}), advice)
                for part, slips in self.by_kind().items()
                for what, (how, advice) in slips.items()
            },
        }

    def two_at_once(self):
        """{"two slips at once: ...": (the six numbers, advice)}, of two kinds of work, where the numbers tell them."""
        pairs, kinds, known = {}, self.by_kind(), self.known()
        for one, other in itertools.combinations(kinds, 2):
            for (a, (how_a, advice_a)), (b, (how_b, advice_b)) in itertools.product(
                kinds[one].items(), kinds[other].items()
            ):
                advice = advice_a if advice_a == advice_b else f"{advice_a} {advice_b}"
                pairs[f"two slips at once: {a}; and {b}"] = self.by(**{one: how_a, other: how_b}), advice
        numbers = [self.by(), *(n for n, _ in (*known.values(), *pairs.values()))]
        table = np.array([list(n.values()) for n in numbers])
        near = np.abs(table[:, None] - table) <= 0.0203  # one answer may be near to both
        alike = near.all(axis=-1).sum(axis=1)[1 + len(known) :] > 1
        return {what: pair for (what, pair), other in zip(pairs.items(), alike, strict=True) if not other}

    def slips(self):
        """Of pencil: (name, the numbers that it changes, advice) of each."""
        right = self.by()
        return [
            (name, pencil.changed(numbers, right), advice)
            for name, (numbers, advice) in {**self.known(), **self.two_at_once()}.items()
        ]

    def texts(self):
        """What of these numbers stands in the question, in its hints and in its solution."""
        right = ", ".join(f'"{name}": {number:.2f}' for name, number in self.work_out().items())
        return [
            f"| {self.z_i} | {self.z_f} | {self.z_g} | {self.z_o} | {self.c_prev} |",
            f"sigmoid({self.z_i}), sigmoid({self.z_f}), tanh({self.z_g}), sigmoid({self.z_o})",
            f"c = f * {self.c_prev} + i * g.",
            f"pencil = {{{right}}}",
        ]


GIVEN = Given()
OTHERS = [  # such that no two slips make the same numbers
    Given(0.2, 0.4, -1.2, 1.4, 1.8),
    Given(1.1, 1.3, -1.2, 1.4, 2.4),
    Given(0.2, 2.3, -0.7, 1.2, 2.2),
    Given(0.5, 1.6, -1.7, 0.2, 2.4),
    Given(1.1, 1.5, -0.8, 0.2, 2.3),
    Given(0.3, 1.9, -1.0, 0.2, 2.2),
    Given(2.3, 1.9, -0.7, 0.5, 2.5),
    Given(0.2, 1.9, -0.5, 1.3, 2.5),
    Given(0.7, 0.6, -1.0, 1.7, 1.7),
    Given(0.4, 1.5, -0.7, 0.8, 2.5),
]
