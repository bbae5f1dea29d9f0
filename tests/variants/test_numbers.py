"""Pencil work with other numbers: every slip is computed from them, and none can be taken for another or for right."""

import numpy as np
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
        names, changed, _ = zip(("right", {}, ""), *given.slips(), strict=True)
        table = np.array([list(given.work_out(**how).values()) for how in changed])
        near = (np.abs(table[:, None] - table) <= NEAR).all(axis=-1)
        assert not [(names[a], names[b]) for a, b in np.argwhere(near) if a < b], given


@pytest.mark.parametrize(("exercise", "name"), BY_PENCIL)
def test_every_slip_with_other_numbers_is_named(exercise, name):
    check = variants.sheet(exercise, SEEDS[0]).checks[name]
    for slip in check.misconceptions[:: 1 + len(check.misconceptions) // 100]:
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


@pytest.mark.parametrize(("exercise", "name"), BY_PENCIL)
def test_who_writes_the_numbers_of_another_class_is_told(exercise, name):
    check = variants.sheet(exercise, SEEDS[0]).checks[name]
    for other in module(exercise, name).OTHERS:
        right = other == check.turn.given
        assert judged(check, other.work_out()).cause == ("" if right else "the numbers of another class")
