"""The numbers of the question ``levels`` of exercise 08, and what slips make of them."""

import numpy as np


def work_out(**given):
    """The six numbers, some of them as a slip has them."""
    right = {"guess": 100 / 8, "second": 50.0, "fixed": 0.25, "loss": np.log(4), "stream": 100 / 16}
    return {**right, "memory": np.exp(3.0), **given}


GUESS = "Three marks, each X or Y: there are 2 * 2 * 2 classes, and a guess is right in one of them."
SECOND = "It knows the second mark, so two classes are left, and it guesses between those."
FIXED = "The mean of X1 * X2 is the mean of X1 times that of X2, as they are drawn independently: 0.5 * 0.5."
LOSS = "Four classes, each with the probability 1/4: the loss is -ln(1/4) = ln 4."
STREAM = "All four guesses have to be right: (1/2)**4 = 1/16, in per cent."
MEMORY = "Chrono: b = ln u, so u = exp(b)."

SLIPS = [  # (name, what is changed, advice)
    ("a guess between two classes", {"guess": 50.0}, GUESS),
    ("a guess between four classes", {"guess": 25.0}, GUESS),
    ("a guess between six classes", {"guess": 100 / 6}, GUESS),
    ("a guess between three classes", {"guess": 100 / 3}, GUESS),
    ("a guess between nine classes", {"guess": 100 / 9}, GUESS),
    ("whoever has lost one mark guesses between all classes", {"second": 25.0}, SECOND),
    ("half of the answers are known, and half of the others guessed", {"second": 75.0}, SECOND),
    ("whoever has lost one mark is always wrong", {"second": 0.0}, SECOND),
    ("whoever has lost one mark is always right", {"second": 100.0}, SECOND),
    ("the middle of the targets", {"fixed": 0.5}, FIXED),
    ("zero as the fixed answer", {"fixed": 0.0}, FIXED),
    ("the mean of a square", {"fixed": 1 / 3}, "X1 and X2 are two numbers, drawn independently, and no square of one."),
    ("the median of the products", {"fixed": 0.1867}, "The median has the least absolute error; for the square it is "
     "the mean."),
    ("the mean of a sum", {"fixed": 1.0}, FIXED),
    ("the error in place of the answer", {"fixed": 7 / 144}, "The answer is asked; 0.0486 is its mean square error."),
    ("the logarithm of two classes", {"loss": np.log(2)}, LOSS),
    ("the logarithm of eight classes", {"loss": np.log(8)}, LOSS),
    ("the logarithm to base two", {"loss": 2.0}, f"In nats, with the natural logarithm. {LOSS}"),
    ("the logarithm to base ten", {"loss": np.log10(4)}, f"In nats, with the natural logarithm. {LOSS}"),
    ("the probability in place of the loss", {"loss": 0.25}, LOSS),
    ("the share of wrong answers in place of the loss", {"loss": 0.75}, LOSS),
    ("one minus the probability in the logarithm", {"loss": -np.log(0.75)}, LOSS),
    ("the sign of the loss is wrong", {"loss": -np.log(4)}, LOSS),
    ("one guess in place of four", {"stream": 50.0}, STREAM),
    ("a half divided by four, or three guesses", {"stream": 12.5}, STREAM),
    ("five guesses in place of four", {"stream": 3.125}, STREAM),
    ("a quarter for each of the four", {"stream": 100 / 256}, STREAM),
    ("the share of streams with a mistake", {"stream": 100 - 6.25}, f"The streams that are right are asked. {STREAM}"),
    ("the chance of four mistakes or of one", {"stream": 25.0}, STREAM),
    ("the logarithm in place of the exponential", {"memory": np.log(3)}, MEMORY),
    ("the bias is the memory", {"memory": 3.0}, MEMORY),
    ("the gate in place of the memory", {"memory": 1 / (1 + np.exp(-3))}, f"0.95 is the gate, sigmoid(3). {MEMORY}"),
    ("the half-life in place of the memory", {"memory": np.log(0.5) / np.log(1 / (1 + np.exp(-3)))},
     f"The half-life is about 0.7 of it. {MEMORY}"),
    ("one over the shut part of the gate", {"memory": 1 + np.exp(3.0)}, f"The memory is f / (1 - f). {MEMORY}"),
    ("one less than the memory", {"memory": np.exp(3.0) - 1}, f"u / (u + 1) is the gate. {MEMORY}"),
    ("a power of ten", {"memory": 1000.0}, f"The natural logarithm belongs to e. {MEMORY}"),
    ("a power of two", {"memory": 8.0}, f"The natural logarithm belongs to e. {MEMORY}"),
    ("the shares as fractions", {"guess": 1 / 8, "second": 0.5, "stream": 1 / 16}, "The three shares are asked in per "
     "cent."),
]  # fmt: skip
