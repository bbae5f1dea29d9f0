"""The numbers of the pencil question of lesson 12, and what slips change in it."""

from dataclasses import dataclass
from math import ceil, log

BYTES = 4


@dataclass(frozen=True)
class Given:
    """The numbers that the question gives: steps and units; two steps (a, b); the weight of the third candidate; what
    an mLSTM holds, C q and n . q, and the exponential of its m; the factor of a state that settles."""

    T: int = 500
    H: int = 100
    earlier: tuple = (0.4, 2.0)
    later: tuple = (-1.0, 3.0)
    weight: int = 6
    held: float = 0.2
    match: float = 0.1
    exp_m: int = 4
    factor: float = 0.75

    def work_out(self, **given):
        """The numbers of the pencil question; given: those that a slip gives."""
        right = {
            "grown": 2 * self.T * self.H * BYTES / 1000,
            "fixed": 2 * self.H * BYTES / 1000,
            "joined_a": self.later[0] * self.earlier[0],
            "joined_b": self.later[0] * self.earlier[1] + self.later[1],
            "passes": float(ceil(log(self.T, 2))),
            "mean": (2.0 - self.weight) / (2 + self.weight),
            "read": self.held / max(self.match, 1 / self.exp_m),
            "settles": 1 / (1 - self.factor),
        }
        return right | given

    def slips(self):
        """Of today_by_pencil: (name, what is changed in the calculation, advice) of each."""
        T, H, (a, b), (a_later, b_later), w = self.T, self.H, self.earlier, self.later, self.weight
        held, match, k, s, right = self.held, self.match, self.exp_m, self.factor, self.work_out()
        passes, settled, past = right["passes"], f"h = {s} h + 1", s / (1 - s)
        return [
            (
                "keys without values",
                {"grown": right["grown"] / 2},
                "Attention keeps two vectors per step, the key and the value: a weight finds a key, and what it "
                "weighs is the "
                "value.",
            ),
            (
                "the state of attention for one step",
                {"grown": right["grown"] / T},
                f"Any later step may ask for any earlier key, so those of all {T} steps are kept.",
            ),
            (
                "numbers are counted, not bytes",
                {"grown": right["grown"] / BYTES, "fixed": right["fixed"] / BYTES},
                "A float32 takes 4 bytes.",
            ),
            (
                "bytes where thousands are asked",
                {"grown": 1000 * right["grown"], "fixed": 1000 * right["fixed"]},
                "Right in bytes: divide by 1,000.",
            ),
            (
                "divided by 1,024",
                {"grown": 2 * T * H * BYTES / 1024, "fixed": 2 * H * BYTES / 1024},
                "A thousand bytes are 1,000 here.",
            ),
            (
                "8 bytes a number",
                {"grown": 2 * right["grown"], "fixed": 2 * right["fixed"]},
                "That is float64. A float32 takes 4 bytes.",
            ),
            (
                "h without c",
                {"fixed": right["fixed"] / 2},
                "An LSTM hands on two vectors, h and c.",
            ),
            (
                "the LSTM's state grows with T",
                {"fixed": right["grown"]},
                f"h and c are overwritten at each step: after {T} steps there are still two vectors.",
            ),
            (
                "the weights count as state",
                {"fixed": 8 * H * H * BYTES / 1000},
                "Weights are there once, whatever is read. The state is what a sequence hands from step to step: "
                "h and c.",
            ),
            (
                "the two steps are joined in the wrong order",
                {"joined_b": a * b_later + b},
                "The later step multiplies what the earlier one added: a' b + b', with a' and b' of the later step.",
            ),
            (
                "the b are added as they are",
                {"joined_b": b + b_later},
                "b of the first step goes through the second one, and is multiplied by its a: a' b + b'.",
            ),
            (
                "the a are added",
                {"joined_a": a + a_later},
                "h is multiplied by the first a, then by the second: the product.",
            ),
            (
                "one pass for each step",
                {"passes": float(T)},
                f"Each pass doubles how far a step has looked: 2, 4, 8, ... How many doublings reach {T}?",
            ),
            (
                "one pass too few",
                {"passes": passes - 1},
                f"After {passes - 1:g} passes a step has taken in {2 ** (passes - 1):g} steps, which is not yet {T}.",
            ),
            (
                "a part of a pass",
                {"passes": log(T, 2)},
                f"A pass is made or not: round up, so that the reach gets beyond {T}.",
            ),
            (
                "one pass too many",
                {"passes": passes + 1},
                f"After {passes:g} passes a step has taken in {2**passes:g} steps, and there are only {T}.",
            ),
            (
                "the root of T in place of its logarithm",
                {"passes": float(ceil(T**0.5))},
                f"Each pass doubles the reach: the power of 2 that reaches {T}.",
            ),
            (
                "the weights are not exp of what is given",
                {"mean": -1.0},
                f"exp(0) is 1, and exp(ln {w}) is {w}: neither ln {w} itself nor exp({w}).",
            ),
            (
                f"ln {w} as the weight itself",
                {"mean": (2 - log(w)) / (2 + log(w))},
                f"What is given is the logarithm of the weight: the weight is exp(ln {w}) = {w}.",
            ),
            (
                "one candidate of +1 in place of two",
                {"mean": (1 - w) / (1 + w)},
                "There are two of them, with weight 1 each.",
            ),
            (
                "not divided by the normaliser",
                {"mean": 2.0 - w},
                f"h is c / n, and n adds up the weights: 1 + 1 + {w}.",
            ),
            (
                "divided by the number of steps",
                {"mean": (2 - w) / 3},
                f"The normaliser adds up the weights, 1 + 1 + {w}. It does not count steps.",
            ),
            (
                "the 1 of the divisor is left as it was",
                {"read": held},
                f"C and n are held divided by exp(m), and so the 1 has to be: exp(-m) = 1/{k}. Then {held} / "
                f"max({match}, {1 / k:g}).",
            ),
            (
                "no floor in the divisor",
                {"read": held / match},
                f"The divisor is at least exp(-m) = 1/{k}, and |n . q| is only {match}: a query that fits nothing "
                "must not be divided "
                "by almost 0.",
            ),
            (
                "exp(m) in place of exp(-m)",
                {"read": held / k},
                f"C and n were divided by exp(m), so the 1 is divided by it, too: exp(-m) = 1/{k}.",
            ),
            (
                "floor and match are added",
                {"read": held / (match + 1 / k)},
                "The divisor is the larger of the two.",
            ),
            (
                "m itself in place of exp(-m)",
                {"read": held / log(k)},
                f"The 1 is divided by exp(m), as C and n are: exp(-m) = 1/{k}.",
            ),
            (
                "1 - a in place of 1 / (1 - a)",
                {"settles": 1 - s},
                f"Where h no longer changes, {settled}, so {1 - s:g} h = 1.",
            ),
            (
                "h after one step",
                {"settles": 1.0},
                f"Go on: 1, {1 + s:g}, {1 + s + s * s:.2f}, ... Where h no longer changes, {settled}.",
            ),
            (
                "h after two steps",
                {"settles": 1 + s},
                f"Go on: 1, {1 + s:g}, {1 + s + s * s:.2f}, ... Where h no longer changes, {settled}.",
            ),
            (
                "1 / a in place of 1 / (1 - a)",
                {"settles": 1 / s},
                f"{settled}: bring {s} h to the other side, {1 - s:g} h = 1.",
            ),
            (
                "the new part is left out",
                {"settles": s / (1 - s)},
                f"Where h no longer changes, {settled}. Put {past:g} in: {s} * {past:g} + 1 is {s * past + 1:g}, "
                "so it still grows.",
            ),
            (
                "a negative a where it is positive",
                {"settles": 1 / (1 + s)},
                f"{settled}: bring {s} h to the other side, {1 - s:g} h = 1.",
            ),
        ]

    def texts(self):
        """What of these numbers stands in the question, in its hints and in its solution."""
        (a, b), (a_later, b_later), s, k = self.earlier, self.later, self.factor, self.exp_m
        right = [f'"{name}": {round(number, 2):g}' for name, number in self.work_out().items()]
        return [
            f"$H = {self.H}$ units, float32 (4 bytes a number), one sequence of $T = {self.T}$ steps",
            f"first $a = {a:g}$, $b = {b:g}$, then $a = {a_later:g}$, $b = {b_later:g}$",
            f"those {self.T} steps",
            f"$\\tilde i = \\ln {self.weight}$",
            f"$C q = {self.held}$ and $n \\cdot q = {self.match}$, with $m = \\ln {k}$",
            f"$h_t = {s}\\, h_{{t-1}} + 1$",
            f"{', '.join(right[:4])},",
            f"{', '.join(right[4:])},",
            f"exp(-ln {k}) is 1/{k}.",
            f"h = {s} h + 1.",
        ]


GIVEN = Given()
OTHERS = [  # such that no two slips make the same numbers
    Given(300, 60, (0.5, 3.0), (-2.0, 4.0), 8, 0.3, 0.15, 5, 0.8),
    Given(900, 50, (0.3, 4.0), (-1.0, 2.5), 10, 0.6, 0.2, 4, 0.6),
    Given(200, 90, (0.6, 2.0), (-3.0, 5.0), 7, 0.4, 0.1, 5, 0.9),
    Given(700, 80, (0.7, 3.0), (-2.0, 1.5), 14, 0.5, 0.3, 2, 0.8),
    Given(400, 70, (0.2, 5.0), (-1.0, 4.0), 18, 0.7, 0.1, 5, 0.6),
]
