"""Every misconception fails its check, and is the one that is named, whatever the cases."""

import os

import pytest

from tests.checks.misconceptions import WITH_MISCONCEPTIONS, amiss

FRESH = [check for check in WITH_MISCONCEPTIONS if check.fresh]
SEEDS = range(12)
ALL_SEEDS = "LSTM_COURSE_ALL_SEEDS"  # in the environment: all twelve for each of five thousand, six times the time


def seeds_of(number):
    """Two seeds, so that six neighbours have all of them between them."""
    return SEEDS if os.environ.get(ALL_SEEDS) else SEEDS[number % 6 :: 6]


@pytest.mark.parametrize("check", FRESH, ids=lambda c: c.name)
def test_every_misconception_fails_and_is_named_on_its_seeds(check):
    assert not (told := amiss(check, seeds_of)), told
