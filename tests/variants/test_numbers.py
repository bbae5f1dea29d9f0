"""Pencil work with other numbers: every slip is computed from them, and none can be taken for another or for right."""

import itertools

import pytest

from lstm_helpers import checks, variants
from lstm_helpers.variants import plans
from tests.variants.kinds import SEEDS, judged, key

BY_PENCIL = [(exercise, name) for exercise, plan in plans.PLANS.items() for name in plan.numbers]
NEAR = 0.0101  # a number that is worked out by hand counts within it


def module(exercise, name):
    return checks.sheets()[exercise].checks[name].within["by_pencil"]


@pytest.mark.parametrize(("exercise", "name"), BY_PENCIL)
def test_no_two_slips_make_the_same_numbers(exercise, name):
    for given in module(exercise, name).OTHERS:
        made = {"right": given.work_out()} | {slip: given.work_out(**how) for slip, how, _ in given.slips()}
        alike = [
            (one, other)
            for (one, a), (other, b) in itertools.combinations(made.items(), 2)
            if all(abs(a[result] - b[result]) <= NEAR for result in a)
        ]
        assert not alike, given


@pytest.mark.parametrize(("exercise", "name"), BY_PENCIL)
def test_every_slip_with_other_numbers_is_named(exercise, name):
    check = variants.sheet(exercise, SEEDS[0]).checks[name]
    for slip in check.misconceptions:
        assert judged(check, slip.build()).cause == slip.name


@pytest.mark.parametrize(("exercise", "name"), BY_PENCIL)
def test_the_numbers_of_the_course_stand_nowhere_in_a_variant(exercise, name):
    course = module(exercise, name).GIVEN
    for seed in SEEDS:
        check = variants.sheet(exercise, seed).checks[name]
        assert check.turn.given != course
        written = "\n".join([*(cell.source for cell in key(exercise, seed).cells), *check.hints])
        assert all(text in written for text in check.turn.given.texts())
        assert not any(text in written for text in course.texts())


@pytest.mark.parametrize(("exercise", "name"), BY_PENCIL)
def test_who_writes_the_numbers_of_the_course_is_told(exercise, name):
    check = variants.sheet(exercise, SEEDS[0]).checks[name]
    result = judged(check, checks.sheets()[exercise].checks[name].oracle)
    assert (result.points, result.cause) == (0, "the course's own numbers")
