"""The synthetic tasks ask what they say they ask."""

import numpy as np
import pytest

from lstm_helpers.data import tasks
from lstm_helpers.data.tasks import adding

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


# ---------------------------------------------------------------- adding, as in the paper

T, MANY = 50, 4000


@pytest.fixture(scope="module")
def drawn():
    return adding(np.random.default_rng(0), T, MANY)


def test_shapes_and_dtypes(drawn):
    x, target, lengths = drawn
    assert x.shape == (T + T // 10, MANY, 2)
    assert target.shape == lengths.shape == (MANY,)
    assert x.dtype == target.dtype == np.float32
    assert lengths.dtype.kind == "i"


def test_every_length_from_t_to_a_tenth_more_occurs(drawn):
    assert set(drawn[2]) == set(range(50, 56))


def test_padding_is_zero_and_values_fill_minus_one_to_one(drawn):
    x, _, lengths = drawn
    inside = np.arange(len(x))[:, None] < lengths
    assert (x[~inside] == 0).all()
    values = x[..., 0][inside]
    assert (np.abs(values) <= 1).all()
    assert values.mean() == pytest.approx(0, abs=0.01)
    assert values.var() == pytest.approx(1 / 3, abs=0.01)


def test_first_and_last_step_are_marked_minus_one_and_all_others_zero_or_one(drawn):
    x, _, lengths = drawn
    marker, every = x[..., 1], np.arange(MANY)
    assert (marker[0] == -1).all()
    assert (marker[lengths - 1, every] == -1).all()
    assert ((marker == -1).sum(axis=0) == 2).all()
    assert set(np.unique(marker)) == {-1, 0, 1}


def test_two_marks_one_of_the_first_ten_and_one_of_the_first_half(drawn):
    marker = drawn[0][..., 1]
    count = (marker == 1).sum(axis=0)
    assert set(count) == {1, 2}  # one, where a mark fell on the first step
    assert ((marker[:10] == 1).sum(axis=0) >= 1)[count == 2].all()
    assert not (marker[T // 2 :] == 1).any()
    assert (marker[T // 2 - 1] == 1).any()  # of the T/2 - 1 others, the last one too
    # the first mark falls on step 0 once in ten, the second once in T/2 - 1 of the rest
    assert (count == 1).mean() == pytest.approx(0.1 + 0.9 / 24, abs=0.02)


def test_the_target_is_a_half_and_a_quarter_of_the_sum(drawn):
    x, target, _ = drawn
    summed = (x[..., 0] * (x[..., 1] == 1)).sum(axis=0)
    np.testing.assert_allclose(target, 0.5 + summed / 4, atol=1e-6)
    assert ((target >= 0) & (target <= 1)).all()


def test_a_seed_gives_the_same_batch_and_the_generator_goes_on():
    rng = np.random.default_rng(5)
    first, second = adding(rng, 20, 3), adding(rng, 20, 3)
    again = adding(np.random.default_rng(5), 20, 3)
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert not np.array_equal(first[0], second[0])


def test_too_short_a_sequence_says_what_is_needed():
    with pytest.raises(ValueError, match="expected T of 20 steps or more, got 12"):
        adding(np.random.default_rng(0), 12, 4)
