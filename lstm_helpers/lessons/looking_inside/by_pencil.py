"""The numbers of the pencil question of lesson 11, and what slips change in it."""

import math

HIGH, LOW, WEIGHT = 0.9, 0.5, 2.0  # h at every other step, and the weight by which another unit reads it
GATE = (0.05, 0.95, 0.92, 0.5, 0.02, 0.88, 0.99, 0.3, 0.97, 0.91)
FACT, CONTROL, WROTE, KEPT, STEEP = 93, 81, 0.9, (0.5, 1.0, 0.8), 8.0


def sigmoid(z):
    """A number between 0 and 1."""
    return 1 / (1 + math.exp(-z))


def work_out(**given):
    """The numbers of the pencil question, or those that a slip gives."""
    left = WROTE * math.prod(KEPT)
    at = sigmoid(STEEP / 2)
    exact = {
        "by_mean": WEIGHT * (HIGH - LOW) / 2,
        "by_zero": WEIGHT * HIGH,
        "wide": sum(value > 0.9 for value in GATE) / len(GATE),
        "selectivity": FACT - CONTROL,
        "left": left,
        "gradient": STEEP * at * (1 - at),
        "occluded": at - sigmoid(-STEEP / 2),
    }
    return {name: float(given.get(name, value)) for name, value in exact.items()}


EXACT = work_out()

SLIPS = [  # of insight_by_pencil: (name, what is changed in the calculation, advice)
    (
        "the weight of the reader is left out",
        {"by_mean": 0.2, "by_zero": 0.9},
        "The change of h reaches the pre-activation times the weight, 2.",
    ),
    (
        "the mean moves it as far as from high to low",
        {"by_mean": 0.8},
        "The mean stands in the middle, at 0.7: from there it is 0.2 to either value, times 2.",
    ),
    (
        "the mean moves nothing",
        {"by_mean": 0.0},
        "On average the pre-activation stays; at a single step it moves from 0.9 or 0.5 to 0.7, times 2.",
    ),
    (
        "the zero is measured from the mean",
        {"by_zero": 1.4},
        "The largest move is asked: from 0.9 to 0, times 2.",
    ),
    (
        "the zero is measured from the low value",
        {"by_zero": 1.0},
        "The largest move is asked, and that is from the high value, 0.9, to 0, times 2.",
    ),
    (
        "both ends of the gate are counted",
        {"wide": 0.7},
        "Wide open is above 0.9. The values below 0.1 belong to the other share.",
    ),
    (
        "a value below 0.9 counts as open",
        {"wide": 0.6},
        "0.88 is not above 0.9.",
    ),
    (
        "a number of values in place of their share",
        {"wide": 5.0},
        "A share: 5 of 10 values.",
    ),
    (
        "the accuracy without its control",
        {"selectivity": 93.0},
        "Selectivity is the accuracy on the fact less that on the control.",
    ),
    (
        "a share in place of points",
        {"selectivity": 0.12},
        "In points, as the two numbers are: 93 and 81 of 100.",
    ),
    (
        "measured from one half",
        {"selectivity": 43.0},
        "A probe is compared with its own control, 81, which it has memorised, and not with guessing.",
    ),
    (
        "the ratio in place of the difference",
        {"selectivity": 93 / 81},
        "Selectivity is a difference, in points: 93 - 81.",
    ),
    (
        "one of the three forget gates is left out",
        {"left": 0.45},
        "Each of the three later steps multiplies what is there by its forget gate: 0.5, 1 and 0.8.",
    ),
    (
        "what is written is not multiplied by the forget gates",
        {"left": 0.9},
        "Each of the three later steps multiplies what is there by its forget gate: 0.5, 1 and 0.8.",
    ),
    (
        "what was forgotten in place of what is left",
        {"left": 0.54},
        "0.9 * 0.5 * 1 * 0.8 is what is left; you gave what is gone.",
    ),
    (
        "the share that is left, without what was written",
        {"left": 0.4},
        "0.4 of it is left: times the 0.9 that was written.",
    ),
    (
        "the slope of the sigmoid without the factor 8",
        {"gradient": sigmoid(4) * (1 - sigmoid(4))},
        "The chain rule: the slope of the sigmoid at 4, times 8, times the input, 1.",
    ),
    (
        "the factor 8 without the slope of the sigmoid",
        {"gradient": 8.0},
        "The chain rule: the slope of the sigmoid at 4, times 8, times the input, 1.",
    ),
    (
        "the slope in the middle",
        {"gradient": 2.0},
        "The input is 1, so the sigmoid stands at 8 - 4 = 4, where it is nearly flat.",
    ),
    (
        "the score in place of its fall",
        {"occluded": sigmoid(4)},
        "Occlusion is a difference: the score with the input at 1, less the score with it at 0, sigmoid(-4).",
    ),
    (
        "the fall is measured from the middle",
        {"occluded": sigmoid(4) - 0.5},
        "With the input at 0 the sigmoid stands at -4, not at 0.",
    ),
    (
        "gradient and occlusion are exchanged",
        {"gradient": work_out()["occluded"], "occluded": work_out()["gradient"]},
        "The gradient is the slope at the input that is there, nearly 0; occlusion takes the whole step, nearly 1.",
    ),
]
