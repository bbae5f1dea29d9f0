"""The numbers of the pencil question of lesson 11, and what slips change in it."""

import math
from dataclasses import dataclass


def sigmoid(z):
    """A number between 0 and 1."""
    return 1 / (1 + math.exp(-z))


@dataclass(frozen=True)
class Given:
    """The numbers that the question gives: h at every other step, and the weight by which another unit reads it; the
    values of a gate; accuracies; what a step wrote, and the forget gates after it; how steep the score is."""

    high: float = 0.9
    low: float = 0.5
    weight: float = 2.0
    gate: tuple = (0.05, 0.95, 0.92, 0.5, 0.02, 0.88, 0.99, 0.3, 0.97, 0.91)
    fact: int = 93
    control: int = 81
    wrote: float = 0.9
    kept: tuple = (0.5, 1.0, 0.8)
    steep: float = 8.0

    def work_out(self, **given):
        """The numbers of the pencil question, or those that a slip gives."""
        at = sigmoid(self.steep / 2)
        exact = {
            "by_mean": self.weight * (self.high - self.low) / 2,
            "by_zero": self.weight * self.high,
            "wide": sum(value > 0.9 for value in self.gate) / len(self.gate),
            "selectivity": self.fact - self.control,
            "left": self.wrote * math.prod(self.kept),
            "gradient": self.steep * at * (1 - at),
            "occluded": at - sigmoid(-self.steep / 2),
        }
        return {name: float(given.get(name, value)) for name, value in exact.items()}

    @property
    def gates(self):
        """The forget gates, as they are told."""
        *most, last = (f"{one:g}" for one in self.kept)
        return f"{', '.join(most)} and {last}"

    def slips(self):
        """Of insight_by_pencil: (name, what is changed in the calculation, advice) of each."""
        high, low, w, mean, fact, control = *self._read, self.fact, self.control
        wide, n = sum(value > 0.9 for value in self.gate), len(self.gate)
        nearly = max(value for value in self.gate if value <= 0.9)
        wrote, kept, share, gates = self.wrote, self.kept, math.prod(self.kept), self.gates
        steep, at, right = self.steep, self.steep / 2, self.work_out()
        return [
            (
                "the weight of the reader is left out",
                {"by_mean": (high - low) / 2, "by_zero": high},
                f"The change of h reaches the pre-activation times the weight, {w:g}.",
            ),
            (
                "the mean moves it as far as from high to low",
                {"by_mean": w * (high - low)},
                f"The mean stands in the middle, at {mean:g}: from there it is {high - mean:g} to either value, "
                f"times {w:g}.",
            ),
            (
                "the mean moves nothing",
                {"by_mean": 0.0},
                f"On average the pre-activation stays; at a single step it moves from {high} or {low} to "
                f"{mean:g}, times {w:g}.",
            ),
            (
                "the zero is measured from the mean",
                {"by_zero": w * mean},
                f"The largest move is asked: from {high} to 0, times {w:g}.",
            ),
            (
                "the zero is measured from the low value",
                {"by_zero": w * low},
                f"The largest move is asked, and that is from the high value, {high}, to 0, times {w:g}.",
            ),
            (
                "both ends of the gate are counted",
                {"wide": (wide + sum(value < 0.1 for value in self.gate)) / n},
                "Wide open is above 0.9. The values below 0.1 belong to the other share.",
            ),
            (
                "a value below 0.9 counts as open",
                {"wide": (wide + 1) / n},
                f"{nearly} is not above 0.9.",
            ),
            (
                "a number of values in place of their share",
                {"wide": wide},
                f"A share: {wide} of {n} values.",
            ),
            (
                "the accuracy without its control",
                {"selectivity": fact},
                "Selectivity is the accuracy on the fact less that on the control.",
            ),
            (
                "a share in place of points",
                {"selectivity": (fact - control) / 100},
                f"In points, as the two numbers are: {fact} and {control} of 100.",
            ),
            (
                "measured from one half",
                {"selectivity": fact - 50},
                f"A probe is compared with its own control, {control}, which it has memorised, and not with guessing.",
            ),
            (
                "the ratio in place of the difference",
                {"selectivity": fact / control},
                f"Selectivity is a difference, in points: {fact} - {control}.",
            ),
            (
                "one of the three forget gates is left out",
                {"left": wrote * kept[0] * kept[1]},
                f"Each of the three later steps multiplies what is there by its forget gate: {gates}.",
            ),
            (
                "what is written is not multiplied by the forget gates",
                {"left": wrote},
                f"Each of the three later steps multiplies what is there by its forget gate: {gates}.",
            ),
            (
                "what was forgotten in place of what is left",
                {"left": wrote - right["left"]},
                f"{wrote} * {' * '.join(f'{one:g}' for one in kept)} is what is left; you gave what is gone.",
            ),
            (
                "the share that is left, without what was written",
                {"left": share},
                f"{share:g} of it is left: times the {wrote} that was written.",
            ),
            (
                "the slope of the sigmoid without the factor 8",
                {"gradient": right["gradient"] / steep},
                f"The chain rule: the slope of the sigmoid at {at:g}, times {steep:g}, times the input, 1.",
            ),
            (
                "the factor 8 without the slope of the sigmoid",
                {"gradient": steep},
                f"The chain rule: the slope of the sigmoid at {at:g}, times {steep:g}, times the input, 1.",
            ),
            (
                "the slope in the middle",
                {"gradient": steep / 4},
                f"The input is 1, so the sigmoid stands at {steep:g} - {at:g} = {at:g}, where it is nearly flat.",
            ),
            (
                "the score in place of its fall",
                {"occluded": sigmoid(at)},
                "Occlusion is a difference: the score with the input at 1, less the score with it at 0, "
                f"sigmoid({-at:g}).",
            ),
            (
                "the fall is measured from the middle",
                {"occluded": sigmoid(at) - 0.5},
                f"With the input at 0 the sigmoid stands at {-at:g}, not at 0.",
            ),
            (
                "gradient and occlusion are exchanged",
                {"gradient": right["occluded"], "occluded": right["gradient"]},
                "The gradient is the slope at the input that is there, nearly 0; occlusion takes the whole step, "
                "nearly 1.",
            ),
        ]

    @property
    def _read(self):
        return self.high, self.low, self.weight, (self.high + self.low) / 2

    def texts(self):
        """What of these numbers stands in the question, in its hints and in its solution."""
        high, low, w, mean = self._read
        steep, at, score = f"{self.steep:g}", f"{self.steep / 2:g}", sigmoid(self.steep / 2)
        right = [f'"{name}": {round(number, 2):g}' for name, number in self.work_out().items()]
        reads = f"Another unit reads it with the weight {w:g}."
        return [
            f"A unit's $h$ is {high} at half of the steps and {low} at the others. {reads}",
            f"takes the values {', '.join(map(str, self.gate))}.",
            f"right at {self.fact} of 100 unseen places, its control at {self.control}.",
            f"A step writes $i g = {self.wrote}$ into a cell. Three more steps follow, with forget gates {self.gates}.",
            f"$\\sigma({steep} x - {at})$",
            f"{', '.join(right[:5])},",
            f"{', '.join(right[5:])},",
            f"The mean of {high} and {low} is {mean:g}. What changes in h reaches the reader times {w:g}.",
            f"The slope of sigmoid({steep} x - {at}) is {steep} times s (1 - s), with s = sigmoid({at}) = {score:.4f}. "
            f"Occlusion: sigmoid({at}) less sigmoid(-{at}) = {1 - score:.4f}.",
        ]


GIVEN = Given()
_GATES = (
    (0.93, 0.04, 0.6, 0.98, 0.89, 0.07, 0.03, 0.95, 0.4, 0.2),
    (0.7, 0.96, 0.08, 0.87, 0.02, 0.4, 0.94, 0.55, 0.6, 0.35),
    (0.91, 0.99, 0.06, 0.97, 0.5, 0.88, 0.92, 0.96, 0.8, 0.03),
)
OTHERS = [  # such that no two slips make the same numbers
    Given(0.8, 0.2, 3.0, _GATES[0], 91, 76, 0.7, (0.9, 1.0, 0.5), 6.0),
    Given(0.7, 0.1, 4.0, _GATES[1], 88, 71, 0.8, (0.6, 1.0, 0.7), 7.0),
    Given(0.9, 0.3, 3.0, _GATES[2], 97, 79, 0.6, (0.8, 1.0, 0.4), 6.0),
    Given(0.6, 0.2, 5.0, _GATES[0], 94, 68, 0.9, (0.4, 1.0, 0.7), 7.0),
    Given(0.8, 0.4, 4.0, _GATES[1], 96, 83, 0.7, (0.6, 1.0, 0.8), 6.0),
]
