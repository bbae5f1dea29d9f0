"""Right but different: other algebra, loops, other names, other dtypes. None may raise a false alarm."""

import inspect

import numpy as np
import pytest

from lstm_helpers import checks
from lstm_helpers.checks.judge import integers
from lstm_helpers.nn.functional import lstm_step
from tests.checks import solved
from tests.checks.solved import every_styles, functions, without_outcome

SHEETS = every_styles()
STYLES = {name: styles for sheet in SHEETS for name, styles in sheet.STYLES.items()}
NUMBERS = {sheet.PENCIL: sheet.NUMBERS for sheet in SHEETS if hasattr(sheet, "PENCIL")}
EVERY = [(name, style) for name, styles in STYLES.items() for style in styles]
ROUNDED = [(name, numbers) for name, several in NUMBERS.items() for numbers in several]


@pytest.mark.parametrize(("name", "style"), EVERY, ids=[f"{n}: {s.__name__}" for n, s in EVERY])
def test_a_right_answer_in_another_style_is_correct_on_every_seed(name, style):
    check = checks.find(name)
    for seed in range(20):
        result = checks.examine(without_outcome(check) if seed else check, style, seed)
        assert result.right, f"seed {seed}: {result.text}"


@pytest.mark.parametrize(("name", "numbers"), ROUNDED)
def test_right_numbers_are_correct_however_they_were_rounded(name, numbers):
    assert checks.examine(checks.find(name), numbers).right


def under_other_names(fn):
    """The same function with each argument called otherwise, so that a check can hand them over by place alone."""
    names = [f"its_{name}" for name in inspect.signature(fn).parameters]
    renamed = eval(f"lambda {', '.join(names)}: fn({', '.join(names)})", {"fn": fn})
    renamed.__defaults__ = fn.__defaults__
    return renamed


@pytest.mark.parametrize("name", [f"{exercise}/{name}" for exercise, name, _ in functions()])
def test_a_right_answer_may_call_its_arguments_otherwise(name):
    check = without_outcome(checks.find(name))
    if check.probe != "call" or name == "13_exam/listen":  # its **weights have no place, so their names are kept
        return
    result = checks.examine(check, under_other_names(check.oracle))
    assert result.right, result.text


def test_every_check_has_at_least_three_styles():
    asked = {name for sheet in checks.sheets().values() for name, check in sheet.checks.items() if not check.marks}
    given = STYLES | NUMBERS
    assert not (missing := asked - set(given)), f"three right answers in another style go into styles.py: {missing}"
    assert not (idle := set(given) - asked), f"styles.py has answers to what is no check: {idle}"
    assert not (few := [name for name, several in given.items() if len(several) < 3]), f"fewer than three: {few}"
    assert len(STYLES) == sum(len(sheet.STYLES) for sheet in SHEETS)


@pytest.mark.parametrize(
    ("ids", "says"),
    [
        (np.array([1.0, 0.0]), "integers"),
        (np.array([[1], [0]]), "shape"),
        (np.array([1, 2]), "[1] is 2, expected 0"),
        (np.array([1, 0], np.uint8), ""),
    ],
)
def test_integers_says_what_differs(ids, says):
    text = integers("they are places")(ids, np.array([1, 0]), {})
    assert says in text
    assert bool(text) == bool(says)


# ---------------------------------------------------------------- slips that real students make are told apart


def too_short(ids, h):
    rows = len(ids) // len(h)
    return ids[: rows * len(h)].reshape(len(h), -1).T, ids[1 : rows * len(h) + 1].reshape(len(h), -1).T


def reads_its_own_choice(ids, h, c, W_x, W_h, b, W_y, b_y):
    nats, now = [], ids[0]
    for t in range(len(ids) - 1):
        h, c = lstm_step(np.eye(len(W_x))[now], h, c, W_x, W_h, b)
        scores = h @ W_y + b_y
        nats.append(np.logaddexp.reduce(scores, axis=1) - scores[np.arange(len(h)), ids[t + 1]])
        now = scores.argmax(axis=1)
    return np.stack(nats), h, c


@pytest.mark.parametrize(("name", "slip"), [("streams", too_short), ("score_text", reads_its_own_choice)])
def test_a_slip_outside_the_list_is_not_right_and_gets_no_wrong_name(name, slip):
    result = checks.examine(checks.find(name), slip)
    assert not result.right
    assert result.cause == ""


def test_tests_of_a_lesson_that_lack_a_file_say_which_and_what_belongs_there(tmp_path, monkeypatch):
    monkeypatch.setattr(solved, "ROOT", tmp_path)
    with pytest.raises(AssertionError, match=r"tests/lessons/sequences/styles\.py is missing: write it, with STYLES"):
        solved.every_styles()
    with pytest.raises(AssertionError, match=r"tests/lessons/gates/released\.txt is missing: write it, with the name"):
        solved.released("lessons.gates")
