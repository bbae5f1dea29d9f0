"""The counter that a student programmes: weights that count are right, and of others it is said where they miscount."""

import numpy as np
import pytest

from lstm_helpers import checks
from lstm_helpers.checks import judge
from lstm_helpers.lessons.long_term_memory import counting

COUNTER = checks.find("counter")
UP, DOWN, OPEN = (0, 0, 3, 0), (0, 0, -3, 0), (10, 20, 0, 10)


def made(a=UP, b=DOWN, bias=OPEN, h=(0, 0, 0, 0)):
    """A student's function: the rows of W_x, b and the row of W_h."""
    return lambda: (np.array([a, b]), np.array([h]), np.array(bias))


RIGHT = {
    "as the course writes it": COUNTER.oracle,
    "the input gate opens at both letters": made(a=(12, 0, 3, 0), b=(12, 0, -3, 0), bias=(-6, 20, 0, 10)),
    "a half at a time would be too little, nine tenths are enough": made(a=(0, 0, 1.5, 0), b=(0, 0, -1.5, 0)),
    "a forget gate that is just open enough": made(bias=(10, 13, 0, 10)),
    "single precision": lambda: tuple(np.float32(part) for part in made()()),
}


@pytest.mark.parametrize("name", RIGHT)
def test_any_weights_that_count_are_right_on_every_seed(name):
    for seed in range(6):
        result = checks.examine(COUNTER, RIGHT[name], seed)
        assert (result.state, result.points) == (judge.CORRECT, COUNTER.points), result.text


WRONG = {  # what is wrong with the weights: (the student's function, what comes before, what is said)
    "all zeros": (made((0,) * 4, (0,) * 4, (0,) * 4), "1 a:", "Every gate stands between 0.50 and 0.50"),
    "the latch of lesson 4": (
        made(a=(12, -12, 3, 0), b=(0, -12, 0, 0), bias=(-6, 6, 0, 6)),
        "1 a, 2 b:",
        "A b has to take away",
    ),
    "f is open for the latch, and not for a count": (made(bias=(10, 6, 0, 10)), "a", "the loss grows as n squared"),
    "f is half open": (made(bias=(10, 0, 0, 10)), "1 a, 1 b:", "the forget gate"),
    "a b writes nothing": (made(b=(0, 0, 0, 0)), "1 a, 1 b:", "yours writes i * g = 0"),
    "a b forgets": (made(b=(0, -40, 0, 0)), "1 a, 2 b:", "A b has to take away"),
    "a b takes away more": (made(a=(0, 0, 1, 0)), "b", "they have to be equal"),
    "the input gate opens at an a alone": (made(a=(20, 0, 3, 0), bias=(-10, 20, 0, 10)), "1 a, 1 b:", "take"),
    "an a adds too little": (made(a=(0, 0, 0.3, 0), b=(0, 0, -0.3, 0)), "1 a:", "let it add about 1"),
    "rows exchanged": (made(a=DOWN, b=UP), "1 a:", "With the rows of W_x exchanged it works"),
    "order f, i, o, g": (
        made(a=(0, 0, 0, 3), b=(0, 0, 0, -3), bias=(20, 10, 10, 0)),
        "1 a, 2 b:",
        "in the order f, i, o, g, as in many textbooks",
    ),
    "order i, g, f, o": (made(a=(0, 3, 0, 0), b=(0, -3, 0, 0), bias=(10, 0, 20, 10)), "1 a, 1 b:", "order i, g, f, o"),
    "h feeds back": (made(h=(0, 0, -3, 0)), "a", "with W_h = 0"),
    "the output gate is half open": (made(bias=(10, 20, 0, 0)), "1 a:", "the output gate stands at o = 0.5"),
    "the output gate is shut": (made(bias=(10, 20, 0, -10)), "1 a:", "the output gate"),
    "the table is taken for weights": (
        made(a=(1, 1, 1, 1), b=(1, 1, -1, 1), bias=(0, 0, 0, 0)),
        "1 a:",
        "Every gate stands between",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_of_weights_that_miscount_it_is_said_where_and_why(name):
    answer, before, why = WRONG[name]
    for seed in range(3):
        result = checks.examine(COUNTER, answer, seed)
        assert (result.state, result.points, len(result.hints)) == (judge.WRONG, 0, 3)
        assert "After " in result.text
        assert before in result.text
        assert why in result.text, result.text
        assert "At that step: i = " in result.text
        assert result.cause
        assert not any(sign.isdigit() for sign in result.cause)  # the same for a whole class


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ((np.zeros((4, 2)), np.zeros((1, 4)), np.zeros(4)), "W_x has shape (4, 2), expected (2, 4)"),
        ((np.zeros((2, 4)), np.zeros((1, 4)), np.full(4, np.nan)), "b holds NaN"),
        ((np.zeros((2, 4)), np.zeros(4)), "expected 3 values: W_x, W_h, b"),
        (None, "Is a `return` missing?"),
    ],
)
def test_what_are_no_weights_is_said_in_words(parts, said):
    result = checks.examine(COUNTER, lambda: parts)
    assert (result.state, result.points) == (judge.WRONG, 0)
    assert said in result.text


def test_whatever_the_weights_there_is_an_answer_and_it_names_a_cause():
    rng = np.random.default_rng(5)
    for scale in (0.1, 1, 5, 30, 1000):
        for _ in range(12):
            parts = [scale * rng.normal(size=shape) for shape in ((2, 4), (1, 4), 4)]
            result = checks.examine(COUNTER, lambda parts=parts: parts)
            assert result.state == judge.CORRECT or result.cause, result.text
            assert "nan" not in result.text


def test_the_strings_are_a_then_b_and_some_have_too_many_b():
    symbols = counting.strings(np.random.default_rng(0))
    more = counting.ahead(symbols)
    assert more.max() == counting.LONGEST
    assert more.min() == -3
    ends = [more[(symbols[:, n] > 0).sum() - 1, n] for n in range(symbols.shape[1])]
    assert set(ends) == {0, -3}
    assert counting.in_words(symbols[symbols[:, 0] > 0, 0]) == "1 a, 1 b"
