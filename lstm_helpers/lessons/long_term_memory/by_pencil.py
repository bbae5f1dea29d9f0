"""The numbers of the question ``levels`` of exercise 08, and what slips make of them."""

from dataclasses import dataclass

import numpy as np

from lstm_helpers.checks import pencil
from lstm_helpers.checks.pencil import word

SECOND = "It knows the second mark, so two classes are left, and it guesses between those."
MEMORY = "Chrono: b = ln u, so u = exp(b)."


@dataclass(frozen=True)
class Given:
    """The numbers that the question gives: the marks of the guess and of the loss, each X or Y; up to where the two
    numbers are drawn; the strings of a stream; the forget bias."""

    marks: int = 3
    high: int = 1
    of_loss: int = 2
    strings: int = 4
    bias: float = 3

    def work_out(self, **given):
        """The six numbers, some of them as a slip has them."""
        right = {"guess": 100 / 2**self.marks, "second": 50.0, "fixed": self.high**2 / 4}
        right |= {"loss": np.log(2**self.of_loss), "stream": 100 / 2**self.strings, "memory": np.exp(self.bias)}
        return {**right, **given}

    def slips(self):
        """Of levels: (name, what is changed, advice) of each."""
        right, alone = self.work_out(), [*self._of_marks(), *self._of_the_rest()]
        made = pencil.as_one([(name, self.work_out(**changed), advice, changed) for name, changed, advice in alone])
        return [(name, pencil.changed(numbers, right), advice) for name, numbers, advice, _ in made]

    def _of_marks(self):
        n, classes = self.marks, 2**self.of_loss
        guess = f"{word(n).capitalize()} marks, each X or Y: there are {' * '.join('2' * n)} classes, and a guess is "
        guess += "right in one of them."
        log = f"ln(1/{classes}) = ln {classes}."
        loss = f"{word(classes).capitalize()} classes, each with the probability 1/{classes}: the loss is -{log}"
        half = self.high / 2
        fixed = "The mean of X1 * X2 is the mean of X1 times that of X2, as they are drawn independently: "
        fixed += f"{half:g} * {half:g}."
        error, p = 7 / 144 * self.high**4, 1 / classes
        return [
            *((f"a guess between {word(k)} classes", {"guess": 100 / k}, guess) for k in (2, 4, 2 * n, n, n * n)),
            ("whoever has lost one mark guesses between all classes", {"second": 25.0}, SECOND),
            ("half of the answers are known, and half of the others guessed", {"second": 75.0}, SECOND),
            ("whoever has lost one mark is always wrong", {"second": 0.0}, SECOND),
            ("whoever has lost one mark is always right", {"second": 100.0}, SECOND),
            ("the middle of the targets", {"fixed": self.high**2 / 2}, fixed),
            ("zero as the fixed answer", {"fixed": 0.0}, fixed),
            (
                "the mean of a square",
                {"fixed": self.high**2 / 3},
                "X1 and X2 are two numbers, drawn independently, and no square of one.",
            ),
            (
                "the median of the products",
                {"fixed": 0.1867 * self.high**2},
                "The median has the least absolute error; for the square it is the mean.",
            ),
            ("the mean of a sum", {"fixed": 1.0 * self.high}, fixed),
            (
                "the error in place of the answer",
                {"fixed": error},
                f"The answer is asked; {error:.3g} is its mean square error.",
            ),
            (f"the logarithm of {word(classes // 2)} classes", {"loss": np.log(classes / 2)}, loss),
            (f"the logarithm of {word(2 * classes)} classes", {"loss": np.log(2 * classes)}, loss),
            (
                "the logarithm to base two",
                {"loss": np.log2(classes)},
                f"In nats, with the natural logarithm. {loss}",
            ),
            ("the logarithm to base ten", {"loss": np.log10(classes)}, f"In nats, with the natural logarithm. {loss}"),
            ("the probability in place of the loss", {"loss": p}, loss),
            ("the share of wrong answers in place of the loss", {"loss": 1 - p}, loss),
            ("one minus the probability in the logarithm", {"loss": -np.log(1 - p)}, loss),
            ("the sign of the loss is wrong", {"loss": -np.log(classes)}, loss),
        ]

    def _of_the_rest(self):
        n, b, right = self.strings, self.bias, self.work_out()
        many, u, gate = word(n), right["memory"], 1 / (1 + np.exp(-self.bias))
        stream = f"All {many} guesses have to be right: (1/2)**{n} = 1/{2**n}, in per cent."
        return [
            (f"one guess in place of {many}", {"stream": 50.0}, stream),
            (f"a half divided by {many}", {"stream": 50 / n}, stream),
            (f"{word(n - 1)} guesses", {"stream": 100 / 2 ** (n - 1)}, stream),
            (f"{word(n + 1)} guesses in place of {many}", {"stream": 100 / 2 ** (n + 1)}, stream),
            (f"a quarter for each of the {many}", {"stream": 100 / 4**n}, stream),
            (
                "the share of streams with a mistake",
                {"stream": 100 - right["stream"]},
                f"The streams that are right are asked. {stream}",
            ),
            ("the chance of one mistake", {"stream": 100 * n / 2**n}, stream),
            ("the logarithm in place of the exponential", {"memory": np.log(b)}, MEMORY),
            ("the bias is the memory", {"memory": float(b)}, MEMORY),
            (
                "the gate in place of the memory",
                {"memory": gate},
                f"{gate:.2f} is the gate, sigmoid({b:g}). {MEMORY}",
            ),
            (
                "the half-life in place of the memory",
                {"memory": np.log(0.5) / np.log(gate)},
                f"The half-life is about 0.7 of it. {MEMORY}",
            ),
            ("one over the shut part of the gate", {"memory": 1 + u}, f"The memory is f / (1 - f). {MEMORY}"),
            ("one less than the memory", {"memory": u - 1}, f"u / (u + 1) is the gate. {MEMORY}"),
            ("a power of ten", {"memory": 10.0**b}, f"The natural logarithm belongs to e. {MEMORY}"),
            ("a power of two", {"memory": 2.0**b}, f"The natural logarithm belongs to e. {MEMORY}"),
            (
                "the shares as fractions",
                {name: right[name] / 100 for name in ("guess", "second", "stream")},
                "The three shares are asked in per cent.",
            ),
        ]

    def texts(self):
        """What of these numbers stands in the question, in its hints and in its solution."""
        numbers = pencil.entries(self.work_out())
        return [
            f"with **{word(self.marks)}** marks, X or Y each",
            f"evenly from 0 to {self.high}. Which",
            f"temporal order with {word(self.of_loss)} marks. The softmax",
            f"streams of **{word(self.strings)}** strings",
            f"a forget bias of {self.bias:g}, set",
            numbers,
            f"can {word(self.marks)} marks have?",
            f"stream: {word(self.strings)} coins.",
        ]


GIVEN = Given()
OTHERS = [  # such that no two slips make the same numbers, but for a few that share a name
    Given(5, 6, 3, 6, 2),
    Given(6, 10, 4, 3, 4),
    Given(5, 8, 4, 3, 1.5),
    Given(6, 5, 3, 5, 3.5),
    Given(5, 12, 4, 6, 4.5),
    Given(6, 8, 4, 5, 4),
    Given(5, 10, 3, 3, 3.5),
]
