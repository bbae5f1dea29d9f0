"""What is named does not depend on the cases: of every misconception, and of answers that nobody foresaw."""

import os

import numpy as np
import pytest

from lstm_helpers import checks
from tests.checks.misconceptions import WITH_MISCONCEPTIONS, amiss
from tests.checks.mutants import mutants
from tests.checks.solved import compiled, functions

FRESH = [check for check in WITH_MISCONCEPTIONS if check.fresh]
SEEDS = range(12)
ALL_SEEDS = "LSTM_COURSE_ALL_SEEDS"  # in the environment: all twelve for each of five thousand, six times the time


def seeds_of(number):
    """Two seeds, so that six neighbours have all of them between them. The notebook's is test_misconceptions.py's."""
    return [s for s in (SEEDS if os.environ.get(ALL_SEEDS) else SEEDS[number % 6 :: 6]) if s != checks.SEED]


@pytest.mark.parametrize("check", FRESH, ids=lambda c: c.name)
def test_every_misconception_fails_and_is_named_on_its_seeds(check):
    assert not (told := amiss(check, seeds_of)), told


@pytest.mark.parametrize(("exercise", "name", "source"), functions(), ids=lambda v: v if len(v) < 30 else "")
def test_what_is_named_does_not_depend_on_the_cases(exercise, name, source):
    changed = list(mutants(source))
    for k in np.random.default_rng(3).permutation(len(changed))[:3]:
        answer = compiled(changed[k][2], exercise)
        causes = {checks.examine(checks.find(name), answer, seed).cause for seed in range(3)}
        assert len(causes) == 1, (changed[k][2], causes)
