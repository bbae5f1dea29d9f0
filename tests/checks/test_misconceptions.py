"""Every misconception fails its check, and is the one that is named, whatever the cases."""

import os

import pytest

from lstm_helpers import checks
from lstm_helpers.checks import judge
from lstm_helpers.checks.sheet import edit
from lstm_helpers.nn import functional as F

EVERY = [
    (check, m) for sheet in checks.sheets().values() for check in sheet.checks.values() for m in check.misconceptions
]
ASKED = [check for sheet in checks.sheets().values() for check in sheet.checks.values()]
WITH_AN_ANSWER = [check for check in ASKED if not check.marks]
SEEDS = range(12)
ALL_SEEDS = "LSTM_COURSE_ALL_SEEDS"  # in the environment: all twelve for each of five thousand, six times the time


def seeds_of(check, wrong):
    """Two seeds, so that six neighbours have all of them between them; one for a case that is always the same."""
    if not check.fresh:
        return (0,)
    return SEEDS if os.environ.get(ALL_SEEDS) else SEEDS[check.misconceptions.index(wrong) % 6 :: 6]


@pytest.mark.parametrize(("check", "wrong"), EVERY, ids=[f"{c.name}: {m.name}" for c, m in EVERY])
def test_a_misconception_fails_and_is_named_on_every_seed(check, wrong):
    for seed in seeds_of(check, wrong):
        result = checks.examine(check, wrong.build(), seed)
        assert result.state in (judge.WRONG, judge.ERROR)
        assert result.points == 0
        assert result.candidates == [wrong.name], f"seed {seed}: {result.text}"
        assert wrong.advice in result.text


@pytest.mark.parametrize(("check", "wrong"), EVERY, ids=[f"{c.name}: {m.name}" for c, m in EVERY])
def test_a_misconception_is_a_slip_and_no_misspelt_edit(check, wrong):
    assert {seen.kind for seen in judge.observe(check, wrong.build(), check.draw(0))} & {
        "NameError",
        "SyntaxError",
    } == set()


@pytest.mark.parametrize("check", WITH_AN_ANSWER, ids=lambda c: c.name)
def test_a_check_knows_at_least_four_misconceptions(check):
    assert len(check.misconceptions) >= 4
    assert len({m.name for m in check.misconceptions}) == len(check.misconceptions)


@pytest.mark.parametrize("check", ASKED, ids=lambda c: c.name)
def test_a_check_has_three_hints_points_and_minutes(check):
    assert len(check.hints) == 3
    assert check.points > 0
    assert check.minutes > 0


@pytest.mark.parametrize("check", WITH_AN_ANSWER, ids=lambda c: c.name)
def test_the_oracle_passes_on_every_seed(check):
    for seed in SEEDS:
        assert checks.examine(check, check.oracle, seed).right


def test_check_names_are_unique_over_the_course():
    names = [name for sheet in checks.sheets().values() for name in sheet.checks]
    assert len(names) == len(set(names))


def test_a_misconception_that_lost_its_anchor_says_so():
    with pytest.raises(ValueError, match="lost its anchor"):
        edit(F.hidden_update, ("o * np.sinh(c)", "o * c"))
