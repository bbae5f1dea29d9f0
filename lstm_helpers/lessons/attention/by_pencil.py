"""The numbers of the pencil question of lesson 10, and what slips change in it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Given:
    """The numbers that the question gives: the exponentials of the second score and of the third, which is padding; the
    keys of the three steps; how many numbers a query has, and how many units both networks."""

    second: int = 2
    padding: int = 5
    keys: tuple = (3, 9, 30)
    D: int = 64
    H: int = 128

    def work_out(self, *, weight=None, sign=1.0, **given):
        """The numbers of the pencil question, or of a slip in it: what follows from the first weight follows.

        given: results that a slip gives, whatever leads to them.
        """
        weight = 1 / (1 + self.second) if weight is None else weight
        context = given.get("context", weight * self.keys[0] + (1 - weight) * self.keys[1])
        return {
            "weight": weight,
            "context": context,
            "dscore": given.get("dscore", sign * weight * (self.keys[0] - context)),
            "swapped": given.get("swapped", context),
            "spread": given.get("spread", float(self.D) ** 0.5),
            "crossing": given.get("crossing", 4.0 * self.H),
        }

    def slips(self):
        """Of attention_by_pencil: (name, what is changed in the calculation, advice) of each."""
        (first, second, padded), s, D, H = self.keys, self.second, self.D, self.H
        right, all_three = self.work_out(), 1 + s + self.padding
        mean = right["context"]
        return [
            (
                "the padding has a weight",
                {"weight": 1 / all_three, "context": (first + s * second + self.padding * padded) / all_three},
                f"The third step is padding: its weight is exactly 0, so the other two are divided by 1 + {s}.",
            ),
            (
                "the padding's weight is set to 0 after the division",
                {"weight": 1 / all_three, "context": (first + s * second) / all_three},
                f"Then the two weights do not add up to 1: divide by the sum of those that count, 1 + {s}.",
            ),
            (
                "the exponentials are not divided by their sum",
                {"weight": 1.0, "context": first + s * second},
                f"The weights add up to 1: divide each exponential by 1 + {s}.",
            ),
            (
                "the scores are divided by their sum, without exp",
                {"weight": 0.0},
                f"exp first: the exponentials of ln 1 and ln {s} are 1 and {s}.",
            ),
            (
                "the keys have the same weight",
                {"weight": 1 / 2},
                f"The second score is higher by ln {s}, so its weight is {s} times as large.",
            ),
            (
                "the softmax takes nothing away in the gradient",
                {"dscore": right["weight"] * first},
                f"da is the key, {first}. A higher score also takes weight from the other step: "
                "de = a * (da - the mean of da), and "
                "the mean is the context.",
            ),
            (
                "the gradient of the score has the other sign",
                {"sign": -1.0},
                f"A higher first score pulls the context from {mean:g} towards {first}, downwards: "
                "the gradient is negative.",
            ),
            (
                "the weight is missing in the gradient of the score",
                {"dscore": first - mean},
                "de = a * (da - the mean of da): the factor a_1 is still to come.",
            ),
            (
                "the keys change places and the weights stay",
                {"swapped": first + second - mean},
                f"Each score is made from its own key and moves with it: the same weighted mean, {mean:g}.",
            ),
            (
                "the variance in place of the standard deviation",
                {"spread": float(D)},
                f"Each product has a variance of 1, their sum one of {D}. The standard deviation is its root.",
            ),
            (
                "the spread of one product",
                {"spread": 1.0},
                f"The variances of {D} independent products add up: {D}, and the root of that is {D**0.5:g}. "
                "Divided by the root of D it "
                "would be 1.",
            ),
            (
                "the standard deviations are added",
                {"spread": 2.0 * D},
                f"Variances of independent numbers add up, {D} times 1. The standard deviation is the root of that.",
            ),
            (
                "the T is divided out the wrong way",
                {"crossing": H / 4},
                "2 T T H = 8 T H H: divide both sides by 2 T H.",
            ),
            (
                "one of the two products is left out",
                {"crossing": 8.0 * H},
                "Attention needs T T H products for the scores and as many for the contexts: 2 T T H = 8 T H H.",
            ),
            (
                "the LSTM's product with x is left out",
                {"crossing": 2.0 * H},
                "Two matrices of H times 4H meet each step, one for x and one for h: 8 H H.",
            ),
            (
                "one gate in place of four",
                {"crossing": float(H)},
                "The LSTM has four layers, each with two matrices of H times H: 8 H H per step.",
            ),
        ]

    def texts(self):
        """What of these numbers stands in the question, in its hints and in its solution."""
        first, second, padded = self.keys
        right = ", ".join(f'"{name}": {round(number, 2):g}' for name, number in self.work_out().items())
        return [
            f"$\\ln 1$, $\\ln {self.second}$ and $\\ln {self.padding}$ for the keys {first}, {second} and {padded}",
            f"$D = {self.D}$ numbers each",
            f"$D = H = {self.H}$",
            right,
            f"exp(ln {self.second}) is {self.second};",
            f"{self.D} of them add up to {self.D}",
        ]


GIVEN = Given()
OTHERS = [  # such that no two slips make the same numbers
    Given(3, 4, (2, 10, 40), 100, 96),
    Given(4, 7, (5, 10, 60), 49, 64),
    Given(3, 6, (4, 12, 20), 144, 160),
    Given(4, 3, (1, 6, 25), 81, 200),
    Given(2, 7, (6, 12, 50), 36, 96),
    Given(5, 2, (3, 15, 40), 121, 72),
]
