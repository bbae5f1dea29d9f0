"""The memory that a student programs: weights that make one are right, and of others it is said which gate fails."""

import numpy as np
import pytest

from lstm_helpers import checks
from lstm_helpers.checks import judge
from lstm_helpers.lessons.cell_state import unit

LATCH = checks.find("latch")
SET, RESET = (12, -12, 3, 0), (0, -12, 0, 0)
B = (-6, 6, 0, 6)
NONE = (0, 0, 0, 0)


def made(on=SET, off=RESET, b=B, h=NONE):
    """A student's function: the rows of W_x, b and the row of W_h."""
    return lambda: (np.array([on, off]), np.array([h]), np.array(b))


RIGHT = {
    "as the course writes it": LATCH.oracle,
    "a set overwrites": made(),
    "a set forgets the greater part of the old value": made(on=(12, -7, 3, 0)),
    "a reset writes a negative value": made(off=(12, -12, -3, 0)),
    "a set overwrites, and a reset takes away": made(off=(12, 0, -3, 0)),
    "the input gate is always open, and the candidate decides": made(on=(0, -12, 3, 0), b=(6, 6, 0, 6)),
    "the hidden state feeds back, and does no harm": made(h=(0, 3, 0, 3)),
    "the hidden state holds its own forget gate open": made(b=(-6, 2, 0, 6), h=(0, 8, 0, 0)),
    "floats of single precision": lambda: tuple(np.float32(part) for part in made()()),
}


@pytest.mark.parametrize("name", RIGHT)
def test_any_weights_that_make_a_memory_are_right_on_every_seed(name):
    for seed in range(12):
        result = checks.examine(LATCH, RIGHT[name], seed)
        assert (result.state, result.points) == (judge.CORRECT, LATCH.points), result.text


WRONG = {  # what is wrong with the weights: (the student's function, what comes before, what is said)
    "f leaks": (made(b=(-6, 5, 0, 6)), "set, nothing (88 times)", "stands at f = 0.9933"),
    "f is half open": (made(b=(-6, 0, 0, 6)), "set, nothing:", "one step leaves 0.5 of the cell state"),
    "a reset keeps": (made(off=NONE), "set, reset:", "the forget gate stands at f = 1 when the reset arrives"),
    "a reset keeps a half": (made(off=(0, -6, 0, 0)), "set, reset:", "left 0.50 of the 0.99"),
    "sets pile up": (made(on=(12, 0, 3, 0)), "set (99 times), reset", "The sets have piled up to c = 87.26"),
    "sets pile up, and a reset forgets 99 of them": (
        made(on=(12, 0, 3, 0), off=(0, -40, 0, 0), b=(-6, 8, 0, 6)),
        "set (99 times): c = 96.67",
        "expected about 0.99, as after one",
    ),
    "a set keeps a half of the old value": (
        made(on=(12, -6, 3, 0), off=(0, -40, 0, 0)),
        "set (99 times): c = 1.9",
        "the sets pile up: at a set the forget gate stands at f = 0.5",
    ),
    "resets pile up": (made(on=(12, 0, 3, 0), off=(12, 0, -3, 0)), "reset, set:", "The resets have left c = -0.99"),
    "g is negative": (made(on=(12, -12, -3, 0)), "set:", "writes a negative candidate, g = -1"),
    "g is small": (made(on=(12, -12, 0.4, 0)), "set:", "too little to write at a set: g = 0.38"),
    "i stays shut": (made(on=(0, -12, 3, 0)), "set:", "The input gate lets in too little"),
    "i opens half": (made(on=(6, -12, 3, 0)), "set:", "at a set it stands at i = 0.5"),
    "o hides a half": (made(b=(-6, 6, 0, 0)), "set:", "the output gate hides it: at a set it stands at o = 0.5"),
    "o opens at a set alone": (
        made(on=(12, -12, 3, 12), b=(-6, 6, 0, -6)),
        "set, nothing:",
        "at an empty input it stands at o = 0.0025",
    ),
    "a reset hides": (made(off=(0, 0, 0, -12)), "set, reset, nothing:", "hid the value and did not forget it"),
    "a reset writes": (made(off=SET), "reset:", "A reset writes something: i = 1 and g = 1"),
    "it drifts upwards": (made(b=(0, 6, 0.5, 6)), "nothing:", "i = 0.5 and g = 0.46, so each such step adds 0.23"),
    "it drifts downwards": (made(on=(12, -12, 6, 0), b=(0, 6, -0.5, 6)), "set, nothing (2 times)", "adds -0.23"),
    "order f, i, o, g": (
        made(on=(-12, 12, 0, 3), off=(-12, 0, 0, 0), b=(6, -6, 6, 0)),
        "nothing:",
        "in the order f, i, o, g, as in many textbooks",
    ),
    "order i, g, f, o": (made(on=(12, 3, -12, 0), off=(0, 0, -12, 0), b=(-6, 0, 6, 6)), "set:", "order i, g, f, o"),
    "order i, f, o, g": (made(on=(12, -12, 0, 3), b=(-6, 6, 6, 0)), "nothing (92 times):", "order i, f, o, g"),
    "rows exchanged": (made(on=RESET, off=SET), "set:", "The rows of W_x are exchanged"),
    "h feeds back": (made(h=(0, -12, 0, 0)), "set, nothing:", "What h feeds back spoils it"),
    "all zeros": (made(NONE, NONE, NONE), "set:", "every gate stands between 0.50 and 0.50"),
    "the table is taken for weights": (
        made(on=(1, 0, 1, 1), off=(0, 0, 0, 1), b=(0, 1, 0, 1)),
        "set:",
        "every gate stands between 0.50 and 0.88",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_of_weights_that_make_no_memory_it_is_said_when_and_why(name):
    answer, before, why = WRONG[name]
    for seed in range(3):
        result = checks.examine(LATCH, answer, seed)
        assert (result.state, result.points, len(result.hints)) == (judge.WRONG, 0, 3)
        assert f"After {before}" in result.text
        assert why in result.text
        assert "At that step: i = " in result.text
        assert result.cause
        assert not any(sign.isdigit() for sign in result.cause)  # the same for a whole class


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ((np.zeros((4, 2)), np.zeros((1, 4)), np.zeros(4)), "W_x has shape (4, 2), expected (2, 4)"),
        ((np.zeros((2, 4)), np.zeros(4), np.zeros(4)), "W_h has shape (4,), expected (1, 4)"),
        ((np.zeros((2, 4)), np.zeros((1, 4)), np.zeros((1, 4))), "b has shape (1, 4), expected (4,)"),
        ((np.zeros((2, 4)), np.zeros((1, 4)), np.full(4, np.nan)), "b holds NaN"),
        ((np.zeros((2, 4)), np.zeros((1, 4)), np.full(4, 1e300)), "beyond a million"),
        ((np.zeros((2, 4), complex), np.zeros((1, 4)), np.zeros(4)), "W_x has dtype complex128"),
        (([[0] * 4] * 2, np.zeros((1, 4)), np.zeros(4)), "np.array makes one"),
        ((np.zeros((2, 4)), np.zeros(4)), "expected 3 values: W_x, W_h, b"),
        (None, "Is a `return` missing?"),
    ],
)
def test_what_are_no_weights_is_said_in_words(parts, said):
    result = checks.examine(LATCH, lambda: parts)
    assert (result.state, result.points) == (judge.WRONG, 0)
    assert said in result.text
    assert "Likely cause" not in result.text or result.text.splitlines()[1].startswith("Likely cause")


def test_whatever_the_weights_there_is_an_answer_and_it_names_a_cause():
    rng = np.random.default_rng(5)
    for scale in (0.1, 1, 5, 30, 1000):
        for _ in range(12):
            parts = [scale * rng.normal(size=shape) for shape in ((2, 4), (1, 4), 4)]
            result = checks.examine(LATCH, lambda parts=parts: parts)
            assert result.state == judge.CORRECT or len(result.text.splitlines()) == 4, result.text
            assert "nan" not in result.text


def test_an_h_that_is_just_below_its_limit_is_told_with_the_digits_that_show_it():
    c = unit.run(np.array([[unit.SET]]), *made()())["c"].item()
    o = 0.49998 / np.tanh(c)
    text = checks.examine(LATCH, made(b=(-6, 6, 0, np.log(o / (1 - o))))).text
    assert "After set: h = 0.49998, expected above 0.5." in text
    assert "h = 0.49998." in text.splitlines()[-1]


def test_a_sequence_is_told_by_its_last_commands():
    nothing, on, off = unit.NOTHING, unit.SET, unit.RESET
    assert unit.in_words(np.array([on, nothing, nothing, off])) == "set, nothing (2 times), reset"
    assert unit.in_words(np.array([on, off] * 4)) == "..., set, reset, set, reset"


def test_the_sequences_ask_for_a_memory_of_99_steps_and_for_99_commands_in_a_row():
    ((_, case),) = LATCH.draw(7)
    runs = [tuple(column) for column in case["commands"].T]
    assert case["commands"].shape[0] == unit.STEPS == 100
    assert (unit.SET, *[unit.NOTHING] * 99) in runs
    assert (*[unit.SET] * 99, unit.RESET) in runs
    assert (*[unit.RESET] * 99, unit.SET) in runs
    assert not np.array_equal(case["commands"], LATCH.draw(8)[0][1]["commands"])


def test_the_last_command_is_known_by_plain_python():
    ((_, case),) = LATCH.draw(3)
    for column, on in zip(case["commands"].T, unit.is_set(case["commands"]).T, strict=True):
        said = [command for command in column if command]
        assert on[-1] == (bool(said) and said[-1] == unit.SET)
        assert not on[: np.argmax(column > 0)].any() or column[0] > 0


def test_what_passes_also_knows_the_last_command_of_sequences_that_no_check_has_asked():
    rng = np.random.default_rng(3)
    runs = [np.repeat(rng.integers(3, size=100), rng.choice([1, 2, 5, 30, 98], size=100))[:100] for _ in range(400)]
    commands = np.array(runs).T
    on = unit.is_set(commands)
    verdicts = []
    for seed in range(80):
        parts = [np.float64(part) for part in made()()]
        for _ in range(3):
            part = parts[rng.integers(3)]
            part[tuple(rng.integers(n) for n in part.shape)] += rng.uniform(-8, 8)
        passes = checks.examine(LATCH, lambda parts=parts: parts, seed).state == judge.CORRECT
        knows = not unit.failing_steps(commands, on, *parts)[1].any()
        verdicts.append((passes, knows and not unit.counts_sets(unit.many_sets(*parts))))
    assert all(passes == knows for passes, knows in verdicts)
    assert len(set(verdicts)) == 2
