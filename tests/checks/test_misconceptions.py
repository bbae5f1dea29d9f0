"""Every misconception fails its check, and is the one that is named; ``test_seeds.py`` has it on other cases."""

import pytest

from lstm_helpers import checks
from lstm_helpers.checks.sheet import edit
from lstm_helpers.nn import functional as F
from tests.checks.misconceptions import ASKED, WITH_MISCONCEPTIONS, amiss
from tests.checks.solved import without_outcome

WITH_AN_ANSWER = [check for check in ASKED if not check.marks]


@pytest.mark.parametrize("check", WITH_MISCONCEPTIONS, ids=lambda c: c.name)
def test_every_misconception_is_a_slip_that_fails_and_is_named(check):
    assert not (told := amiss(check, lambda number: [checks.SEED])), told


@pytest.mark.parametrize("check", WITH_AN_ANSWER, ids=lambda c: c.name)
def test_a_check_knows_at_least_four_misconceptions(check):
    known = [m.name for m in check.misconceptions]
    assert len(known) >= 4, f"{len(known)} slips under the heading `## {check.name}` of its page: at least four"
    assert not (twice := {name for name in known if known.count(name) > 1}), f"the same name twice: {twice}"


@pytest.mark.parametrize("check", ASKED, ids=lambda c: c.name)
def test_a_check_has_three_hints_points_and_minutes(check):
    assert len(check.hints) == 3
    assert check.points > 0
    assert check.minutes > 0


@pytest.mark.parametrize("check", WITH_AN_ANSWER, ids=lambda c: c.name)
def test_the_oracle_passes_on_every_seed(check):
    for seed in range(12):
        assert checks.examine(without_outcome(check) if seed else check, check.oracle, seed).right


def test_check_names_are_unique_over_the_course():
    names = [name for sheet in checks.sheets().values() for name in sheet.checks]
    assert len(names) == len(set(names))


def test_a_misconception_that_lost_its_anchor_says_so():
    with pytest.raises(ValueError, match="lost its anchor"):
        edit(F.hidden_update, ("o * np.sinh(c)", "o * c"))
