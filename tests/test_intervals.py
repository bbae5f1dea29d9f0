"""Intervals of paired differences: they cover what they promise, and pairs make them narrow."""

import numpy as np
import pytest

from lstm_helpers import intervals


def test_over_seeds_is_students_interval():
    mean, half = intervals.over_seeds([3.0, 5.0, 4.0], [1.0, 2.0, 3.0])
    assert (mean, half) == pytest.approx((2.0, 4.303 * 1.0 / 3**0.5))


@pytest.mark.parametrize("N", [2, 3, 5, 10])
def test_over_seeds_covers_the_truth_in_95_of_100(N):
    rng = np.random.default_rng(N)
    ours, theirs = rng.normal(size=(4000, N)) + 0.7, rng.normal(size=(4000, N))
    inside = [abs(mean - 0.7) <= half for mean, half in map(intervals.over_seeds, ours, theirs)]
    assert np.mean(inside) == pytest.approx(0.95, abs=0.015)


@pytest.mark.parametrize(("ours", "theirs"), [([1.0], [2.0]), ([1.0, 2.0], [1.0]), (range(11), range(11))])
def test_over_seeds_says_what_it_needs(ours, theirs):
    with pytest.raises(ValueError, match="the same 2 to 10 seeds"):
        intervals.over_seeds(ours, theirs)


def gap(a, b):
    return a.mean() - b.mean()


def test_over_cases_covers_the_truth_and_needs_its_pairs():
    rng = np.random.default_rng(0)
    covered, paired, apart = 0, [], []
    for trial in range(200):
        hard = rng.normal(size=150)
        a, b = hard + 0.3 + 0.2 * rng.normal(size=150), hard + 0.2 * rng.normal(size=150)
        _, low, high = intervals.over_cases(gap, a, b, draws=300, seed=trial)
        covered += low <= 0.3 <= high
        paired.append(high - low)
        _, low, high = intervals.over_cases(gap, a, rng.permutation(b), draws=300, seed=trial)
        apart.append(high - low)
    assert covered / 200 == pytest.approx(0.95, abs=0.04)
    assert np.mean(apart) > 3 * np.mean(paired)


def test_over_cases_draws_whole_groups():
    copies = np.repeat(np.random.default_rng(0).normal(size=30), 10)
    labels = np.repeat(np.arange(30), 10).astype(str)
    alone = intervals.over_cases(np.mean, copies, draws=500)
    together = intervals.over_cases(np.mean, copies, groups=labels, draws=500)
    assert alone[0] == together[0] == pytest.approx(copies.mean())
    assert together[2] - together[1] > 2 * (alone[2] - alone[1])


def test_over_cases_refuses_columns_that_do_not_belong_together():
    with pytest.raises(ValueError, match=r"an entry for each case in every column, got \[3, 2\]"):
        intervals.over_cases(gap, [1, 2, 3], [1, 2])
    assert intervals.over_cases(np.mean, [1.0, 2.0]) == intervals.over_cases(np.mean, [1.0, 2.0])
