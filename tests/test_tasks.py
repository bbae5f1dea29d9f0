"""The synthetic tasks ask what they say they ask."""

import numpy as np
import pytest

from lstm_helpers import tasks

# ---------------------------------------------------------------- recall


@pytest.mark.parametrize("lag", [1, 5, 100])
def test_recall_asks_for_the_first_value_lag_steps_later(lag):
    x, target = tasks.recall(np.random.default_rng(0), lag, 7)
    assert x.shape == (lag + 1, 7, 2)
    assert x.dtype == target.dtype == np.float32
    np.testing.assert_array_equal(target, x[0, :, 0])
    np.testing.assert_array_equal(x[0, :, 1], 1)
    np.testing.assert_array_equal(x[1:, :, 1], 0)


def test_the_values_of_recall_fill_the_range_from_minus_1_to_1_evenly():
    x, target = tasks.recall(np.random.default_rng(0), 3, 50_000)
    assert -1 <= x[:, :, 0].min() < -0.99
    assert 0.99 < x[:, :, 0].max() <= 1
    assert np.mean(target**2) == pytest.approx(1 / 3, abs=0.01)
    assert abs(np.corrcoef(target, x[-1, :, 0])[0, 1]) < 0.02  # later values say nothing about the answer


def test_the_target_of_recall_does_not_change_with_the_input():
    x, target = tasks.recall(np.random.default_rng(0), 2, 3)
    before = target.copy()
    x[:] = 0
    np.testing.assert_array_equal(target, before)


def test_the_same_seed_gives_the_same_recall():
    one, other = (tasks.recall(np.random.default_rng(5), 4, 3) for _ in range(2))
    np.testing.assert_array_equal(one[0], other[0])


def test_recall_without_a_lag_is_refused():
    with pytest.raises(ValueError, match="expected a lag of 1 step or more, got 0"):
        tasks.recall(np.random.default_rng(0), 0, 3)
