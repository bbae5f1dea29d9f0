"""The numbers of the pencil question of lesson 1, and those that slips give."""

from dataclasses import dataclass

import numpy as np

from lstm_helpers.checks import pencil

APART = 0.03  # two slips at once are told only where no other numbers are as near
LN_2 = "ln 2 = 0.6931"
SHARES = {  # how the pencil makes two numbers of the scores of a and b
    "softmax": lambda e: e / e.sum(),
    "none": lambda e: e,
    "each by the other": lambda e: e / e[::-1],
    "each by 1 more": lambda e: e / (1 + e),
}
IN_THE_PRICE = [  # (name, what the pencil makes of the two probabilities, advice); those that are likely come first
    ("nats, not bits", lambda p: -np.log(p), f"Divide ln p by {LN_2} to get bits."),
    (
        "the common logarithm",
        lambda p: -np.log10(p),
        "The key 'log' of many calculators has base 10: bits need base 2.",
    ),
    (
        "the minus sign of the price is missing",
        np.log2,
        "The logarithm of a probability is negative, a price is positive: -log2 p.",
    ),
    (
        "nats, and the minus sign of the price is missing",
        np.log,
        f"A price is positive, -log2 p, and -ln p is divided by {LN_2} to get bits.",
    ),
    (
        "multiplied by ln 2",
        lambda p: -np.log(p) * np.log(2),
        f"ln p is divided by {LN_2} to get bits, not multiplied by it.",
    ),
    ("divided by 2 in place of ln 2", lambda p: -np.log(p) / 2, "ln p is divided by ln 2, which is 0.6931."),
    (
        "each price is weighted with its probability",
        lambda p: -p * np.log2(p),
        "What came, came: its price counts in full, -log2 p. The weights belong to the entropy.",
    ),
    (
        "the entropy in place of two prices",
        lambda p: 0 * p - (p * np.log2(p)).sum(),
        "Each letter has a price of its own, -log2 p: no mean of the two.",
    ),
    (
        "the two prices are exchanged",
        lambda p: -np.log2(p)[::-1],
        "The likelier letter costs less: bits_a is made from p_a.",
    ),
    ("1 minus the probability is taken for the price", lambda p: 1 - p, "The price is a logarithm: -log2 p."),
    (
        "the price is not a logarithm",
        lambda p: 1 / p,
        "1 / p is the number of even choices. Its logarithm is the price.",
    ),
    (
        "a power in place of the logarithm",
        lambda p: 2.0**-p,
        "The price is a logarithm: -log2 p = -ln p / 0.6931.",
    ),
    (
        "nats for a alone",
        lambda p: -np.log(p) / [1, np.log(2)],
        f"Both prices are in bits: divide ln p_a by {LN_2} too.",
    ),
    (
        "nats for b alone",
        lambda p: -np.log(p) / [np.log(2), 1],
        f"Both prices are in bits: divide ln p_b by {LN_2} too.",
    ),
    (
        "the price of b is 1 minus that of a",
        lambda p: np.array([-np.log2(p[0]), 1 + np.log2(p[0])]),
        "The probabilities add up to 1, their prices do not: -log2 p_b.",
    ),
]


@dataclass(frozen=True)
class Given:
    """The numbers that the question gives: the letter's row of W_x, the old state, W_h and b; W_y of a and of b, and
    b_y of b. W_h is negative, the sum of the parts is not."""

    x: float = 0.8
    h_prev: float = 0.5
    W_h: float = -0.6
    b: float = 0.1
    W_y: tuple = (2.0, -1.0)
    b_y: float = 0.5

    def work_out(self, **given):
        """The five numbers of the question; ``given`` takes the place of what is right."""
        return {**self.by(), **given}

    @property
    def z(self):
        """The pre-activation."""
        return round(self.x + self.h_prev * self.W_h + self.b, 4)

    def by(self, *, z=None, h=None, scores=lambda h, W, b: W * h + b, power=np.exp, share="softmax", bits=None):
        """The five numbers by right work, or with slips in it: state, probabilities of a and b, their prices."""
        h = np.tanh(self.z if z is None else z) if h is None else h
        p_a, p_b = p = SHARES[share](power(scores(h, np.array(self.W_y), np.array([0.0, self.b_y]))))
        bits_a, bits_b = bits(p) if bits else -np.log2(p)
        return {"h": h, "p_a": p_a, "p_b": p_b, "bits_a": bits_a, "bits_b": bits_b}

    @property
    def _told(self):
        """The past's part as a product, and the whole sum, as a hint tells them."""
        past = self.h_prev * self.W_h
        return f"{self.h_prev} * ({self.W_h})", f"{self.x} - {-past:g} + {self.b} = {self.z:g}"

    def _of_the_sum(self):
        """(name, what the pencil does, advice) of slips in the sum inside the tanh."""
        x, h, W, b, z = self.x, self.h_prev, self.W_h, self.b, self.z
        product, whole = self._told
        inside = f"{x} + {product} + {b}"
        first = f"First the product, then the sum: {inside}."
        doubled = f"W_h is {W}: {whole}, and h is the tanh of that."
        past = f"The past's part is h_prev * W_h = {product}, and h is the tanh of the whole sum: {whole}."
        slips = [
            ("the previous state is left out", x + b, f"The sum has three parts: add h_prev * W_h = {product}."),
            ("the sign of W_h is lost", x - h * W + b, doubled),
            ("the sum is doubled", 2 * z, doubled),
            (
                "the sum inside the tanh is not complete",
                x + h * W,
                f"All three parts stand inside one tanh, the bias too: {inside} = {z:g}.",
            ),
            ("the bias is subtracted", x + h * W - b, f"The bias is added: {whole}."),
            ("the bias is added twice", z + b, f"{whole.replace(' =', ' is')}: the bias counts once."),
            ("the input's part is left out", h * W + b, f"The sum has three parts: the input's is {x}."),
            ("the input's part alone", x, f"The sum has three parts: add {product} and {b}."),
            ("h_prev is left out of its product", x + W + b, past),
            ("the sum is halved", z / 2, past),
            (
                "W_h is left out of its product",
                x + h + b,
                f"The past's part is a product: h_prev * W_h = {product} = {h * W:g}.",
            ),
            ("the input is multiplied by h_prev", x * h + h * W + b, f"{x} is x W_x already: it is added as it is."),
            ("W_h multiplies more than h_prev", (x + h) * W + b, first),
            (
                "the bias goes into the product",
                x + h * (W + b),
                f"First the product, then the sum: {x} + ({product}) + {b}.",
            ),
        ]
        no_tanh = ("tanh is missing", {"h": z}, f"h = tanh({z:g}), which is less than {z:g}.")
        return [no_tanh, *((name, {"z": wrong}, advice) for name, wrong, advice in slips)]

    def _of_the_tanh(self):
        """(name, what the pencil does, advice) of slips at the tanh."""
        z, after = self.z, round(self.x + self.h_prev * self.W_h, 4)
        slips = [
            ("h is rounded to one decimal", np.round(np.tanh(z), 1), "Keep four decimals on the way."),
            (
                "the bias is added after the tanh",
                np.tanh(after) + self.b,
                f"b stands inside the brackets: tanh({after:g} + {self.b}).",
            ),
            (
                "the old state is added to the new",
                np.tanh(z) + self.h_prev,
                f"The new state is tanh({z:g}), and nothing more.",
            ),
            ("the sigmoid in place of tanh", 1 / (1 + np.exp(-z)), "The plain RNN squashes with tanh."),
            (
                "the tangent in place of tanh",
                np.tan(z),
                f"The key is tanh, or hyp and tan: tanh({z:g}) is less than {z:g}.",
            ),
            (
                f"the tangent of {z:g} degrees",
                np.tan(np.radians(z)),
                "The key is tanh, or hyp and tan, and has no degrees.",
            ),
            ("sinh in place of tanh", np.sinh(z), f"h = tanh({z:g}): sinh divided by cosh, less than {z:g}."),
            ("tanh is taken twice", np.tanh(np.tanh(z)), f"h = tanh({z:g}), once."),
            (
                "the slope of tanh in place of tanh",
                1 - np.tanh(z) ** 2,
                f"h = tanh({z:g}) itself, not 1 - tanh².",
            ),
        ]
        if z < 1:  # no other number has one
            slips.append(
                ("the inverse of tanh", np.arctanh(z), f"h = tanh({z:g}), which is less than {z:g}: not its inverse.")
            )
        return [(name, {"h": wrong}, advice) for name, wrong, advice in slips]

    @property
    def _scores(self):
        """The scores of a and of b, as a hint tells them."""
        of_a, of_b = ({1: "h", -1: "-h"}.get(w, f"{w:g}h") for w in self.W_y)
        return of_a, f"{of_b} + {self.b_y}"

    def _of_the_scores(self):
        """(name, what the pencil does, advice) of slips between the state and the probabilities."""
        z, bias, (of_a, of_b) = self.z, self.b_y, self._scores
        w_b = self.W_y[1]
        slips = [
            (
                "the bias b_y is left out, or added to both scores",
                lambda h, W, b: W * h,
                f"Only b has a bias: its score is W_y h + b_y = {of_b}, that of a is {of_a}.",
            ),
            (
                "the bias b_y counts for a, or with a minus",
                lambda h, W, b: W * h - b,
                f"The bias {bias} belongs to b and is added: its score is {of_b}, that of a is {of_a}.",
            ),
            (
                "the sign of W_y for b is lost",
                lambda h, W, b: np.abs(W) * h + b,
                f"W_y for b is {w_b:g}: its score is {of_b}.",
            ),
            ("W_y and h are added", lambda h, W, b: W + h + b, "A score is a product and a bias: W_y h + b_y."),
            (
                "the sum before the tanh in the scores",
                lambda h, W, b: W * z + b,
                f"The scores are made from h, after the tanh: {of_a} and {of_b}.",
            ),
            (
                "b_y is multiplied by h as well",
                lambda h, W, b: (W + b) * h,
                f"First the product, then the bias: {of_b}.",
            ),
            (
                "the two letters are exchanged, or the signs of their scores",
                lambda h, W, b: (W * h + b)[::-1],
                f"The score of a is {of_a}, that of b {of_b}, and softmax takes e^score: a is the likelier letter.",
            ),
        ]
        return [
            *((name, {"scores": scores}, advice) for name, scores, advice in slips),
            (
                "powers of 2 in place of exponentials",
                {"power": np.exp2},
                "Softmax takes e^score. Base 2 comes in at the price.",
            ),
            (
                "powers of 10 in place of exponentials",
                {"power": lambda s: 10.0**s},
                "Softmax takes e^score: the key e^x, not 10^x.",
            ),
            (
                "the scores in place of their exponentials",
                {"power": np.abs},
                "Softmax takes the exponential of each score, then divides by their sum.",
            ),
            (
                "the exponentials are not divided by their sum",
                {"share": "none"},
                "Probabilities add up to 1: divide both by their sum. A price is never negative.",
            ),
            (
                "each exponential is divided by the other",
                {"share": "each by the other"},
                "Below the line stands the sum of both exponentials.",
            ),
            (
                "the sigmoid of each score",
                {"share": "each by 1 more"},
                "Below the line stands the sum of both exponentials, not 1 and one of them. The two add up to 1.",
            ),
        ]

    def slips(self):
        """Of pencil_bits: (name, the numbers that it changes, advice): a slip, then two at once where nothing else
        gives numbers that are as good as theirs.
        """
        before = self._made([*self._of_the_sum(), *self._of_the_tanh(), *self._of_the_scores()])
        price = self._made([(name, {"bits": bits}, advice) for name, bits, advice in IN_THE_PRICE])
        right, made = self.by(), [(name, numbers, advice) for name, numbers, advice, _ in (*before, *price)]
        known = [list(numbers.values()) for numbers in (right, *(numbers for _, numbers, _ in made))]
        for first, _, advice, one in before:
            for second, _, more, other in price[:5]:
                numbers = self.by(**one, **other)
                row = list(numbers.values())
                if np.isfinite(row).all() and np.abs(np.array(known) - row).max(axis=1).min() > APART:
                    known.append(row)
                    made.append((f"{first}, and then {second}", numbers, f"{advice} {more}"))
        made += self._rounded()
        return [(name, pencil.changed(numbers, right), advice) for name, numbers, advice in made]

    def _made(self, slips):
        return pencil.as_one([(name, self.by(**how), advice, how) for name, how, advice in slips])

    def _rounded(self):
        right, advice = self.by()["h"], "Keep four decimals on the way, and give two."
        two = self.by(h=np.round(right, 2), bits=lambda p: -np.log2(p.round(2)))
        one = self.by(h=np.round(right, 1), bits=lambda p: -np.log2(p.round(1)))
        one |= {name: np.round(one[name], 1) for name in ("p_a", "p_b")}
        return [("two decimals on the way", two, advice), ("one decimal on the way", one, advice)]

    def texts(self):
        """What of these numbers stands in the question, in its hints and in its solution."""
        (of_a, of_b), (w_a, w_b), product = self._scores, self.W_y, self._told[0]
        right = pencil.entries(self.work_out())
        return [
            f"single number {self.x}. The other",
            f"| {self.h_prev} | {self.W_h} | {self.b} | {w_a} | {w_b} | 0.0 | {self.b_y} |",
            f"pencil_bits = {{{right}}}",
            f"h = tanh({self.x} + {product} + {self.b}). The input is one-hot: its product with W_x is {self.x}.",
            f"Scores: {of_a} for a, {of_b} for b.",
        ]


GIVEN = Given()
OTHERS = [  # such that no two slips make the same numbers
    Given(0.9, 0.4, -1.4, 0.2, (2.0, -2.0), 0.5),
    Given(1.1, 0.7, -1.2, 0.3, (1.5, -1.5), 0.5),
    Given(0.6, 0.3, -0.5, 0.2, (3.0, -1.0), 0.6),
    Given(0.7, 0.8, -0.6, 0.4, (2.0, -1.5), 0.8),
    Given(1.0, 0.6, -1.3, 0.3, (2.0, -1.5), 0.7),
    Given(0.7, 0.4, -1.1, 0.3, (2.5, -1.0), 0.8),
    Given(0.9, 0.3, -1.5, 0.2, (2.5, -1.0), 0.4),
    Given(1.1, 0.8, -0.7, 0.1, (2.5, -1.0), 0.8),
    Given(0.6, 0.2, -0.9, 0.4, (1.0, -1.5), 0.5),
    Given(0.6, 0.3, -1.2, 0.5, (2.0, -1.5), 0.5),
]
