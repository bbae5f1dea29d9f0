"""The numbers of the pencil question of lesson 12, and what slips change in it."""

from math import exp, log

T, H, BYTES = 500, 100, 4
EARLIER, LATER = (0.4, 2.0), (-1.0, 3.0)  # steps (a, b)
READ, MATCH, M = 0.2, 0.1, log(4)  # C q and n . q as they are held
ONES, WEIGHT = 2, 6.0  # candidates of +1 with weight 1, and one of -1 with this weight
A, B = 0.75, 1.0


def work_out(**given):
    """The numbers of the pencil question; given: those that a slip gives."""
    right = {
        "grown": 2 * T * H * BYTES / 1000,
        "fixed": 2 * H * BYTES / 1000,
        "joined_a": LATER[0] * EARLIER[0],
        "joined_b": LATER[0] * EARLIER[1] + LATER[1],
        "passes": 9.0,
        "mean": (ONES - WEIGHT) / (ONES + WEIGHT),
        "read": READ / max(MATCH, exp(-M)),
        "settles": B / (1 - A),
    }
    return right | given


EXACT = work_out()

SLIPS = [  # of today_by_pencil: (name, what is changed in the calculation, advice)
    (
        "keys without values",
        {"grown": 200.0},
        "Attention keeps two vectors per step, the key and the value: a weight finds a key, and what it weighs is the "
        "value.",
    ),
    (
        "the state of attention for one step",
        {"grown": 0.8},
        "Any later step may ask for any earlier key, so those of all 500 steps are kept.",
    ),
    (
        "h without c",
        {"fixed": 0.4},
        "An LSTM hands on two vectors, h and c.",
    ),
    (
        "the LSTM's state grows with T",
        {"fixed": 400.0},
        "h and c are overwritten at each step: after 500 steps there are still two vectors.",
    ),
    (
        "the weights count as state",
        {"fixed": 8 * H * H * BYTES / 1000},
        "Weights are there once, whatever is read. The state is what a sequence hands from step to step: h and c.",
    ),
    (
        "the two steps are joined in the wrong order",
        {"joined_b": EARLIER[0] * LATER[1] + EARLIER[1]},
        "The later step multiplies what the earlier one added: a' b + b', with a' and b' of the later step.",
    ),
    (
        "the b are added as they are",
        {"joined_b": 5.0},
        "b of the first step goes through the second one, and is multiplied by its a: a' b + b'.",
    ),
    (
        "the a are added",
        {"joined_a": EARLIER[0] + LATER[0]},
        "h is multiplied by the first a, then by the second: the product.",
    ),
    (
        "one pass for each step",
        {"passes": 500.0},
        "Each pass doubles how far a step has looked: 2, 4, 8, ... How many doublings reach 500?",
    ),
    (
        "one pass too few",
        {"passes": 8.0},
        "After 8 passes a step has taken in 256 steps, which is not yet 500.",
    ),
    (
        "the root of T in place of its logarithm",
        {"passes": 23.0},
        "Each pass doubles the reach: the power of 2 that reaches 500.",
    ),
    (
        "the weights are not exponentials",
        {"mean": (ONES * 0 - log(6)) / log(6)},
        "The weight is exp of what is given: exp(0) is 1, exp(ln 6) is 6.",
    ),
    (
        "not divided by the normaliser",
        {"mean": ONES - WEIGHT},
        "h is c / n, and n adds up the weights: 1 + 1 + 6.",
    ),
    (
        "divided by the number of steps",
        {"mean": (ONES - WEIGHT) / 3},
        "The normaliser adds up the weights, 1 + 1 + 6. It does not count steps.",
    ),
    (
        "the 1 of the divisor is left as it was",
        {"read": 0.2},
        "C and n are held divided by exp(m), and so the 1 has to be: exp(-m) = 1/4. Then 0.2 / max(0.1, 0.25).",
    ),
    (
        "no floor in the divisor",
        {"read": 2.0},
        "The divisor is at least exp(-m) = 1/4, and |n . q| is only 0.1: a query that fits nothing must not be divided "
        "by almost 0.",
    ),
    (
        "exp(m) in place of exp(-m)",
        {"read": 0.05},
        "C and n were divided by exp(m), so the 1 is divided by it, too: exp(-m) = 1/4.",
    ),
    (
        "1 - a in place of 1 / (1 - a)",
        {"settles": 0.25},
        "Where h no longer changes, h = 0.75 h + 1, so 0.25 h = 1.",
    ),
    (
        "h after one step",
        {"settles": 1.0},
        "Go on: 1, 1.75, 2.31, ... Where h no longer changes, h = 0.75 h + 1.",
    ),
    (
        "a negative a where it is positive",
        {"settles": B / (1 + A)},
        "h = 0.75 h + 1: bring 0.75 h to the other side, 0.25 h = 1.",
    ),
]
