"""Clipping equals torch's, never raises a norm, and keeps the direction."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from lstm_helpers.training import clip_by_norm, clip_by_value

GRADS = st.dictionaries(
    st.text(min_size=1, max_size=3),
    hnp.arrays(
        np.float64, hnp.array_shapes(max_dims=2, max_side=4), elements=st.floats(-1e6, 1e6, allow_subnormal=False)
    ),
    min_size=1,
    max_size=4,
)
LIMITS = st.floats(1e-3, 1e6)


def flat(grads):
    return np.concatenate([g.ravel() for g in grads.values()])


@given(GRADS, LIMITS)
def test_clip_by_norm_equals_torch(grads, limit):
    theirs = [torch.zeros(g.shape, dtype=torch.float64) for g in grads.values()]
    for p, g in zip(theirs, grads.values(), strict=True):
        p.grad = torch.tensor(g)
    expected = torch.nn.utils.clip_grad_norm_(theirs, limit).item()
    norm = clip_by_norm(grads, limit)
    assert norm == pytest.approx(expected, rel=1e-12, abs=1e-150)
    for p, g in zip(theirs, grads.values(), strict=True):
        np.testing.assert_allclose(g, p.grad.numpy(), rtol=1e-12)


@given(GRADS, LIMITS)
def test_clip_by_norm_never_raises_the_norm_and_keeps_the_direction(grads, limit):
    before = flat(grads).copy()
    norm = clip_by_norm(grads, limit)
    after = flat(grads)
    assert np.linalg.norm(after) <= min(np.linalg.norm(before), limit) * (1 + 1e-12)
    np.testing.assert_allclose(after * norm, before * np.linalg.norm(after), rtol=1e-9, atol=1e-300)


@given(GRADS, LIMITS)
def test_clip_by_value_equals_torch_and_never_raises_an_entry(grads, limit):
    theirs = [torch.zeros(g.shape, dtype=torch.float64) for g in grads.values()]
    for p, g in zip(theirs, grads.values(), strict=True):
        p.grad = torch.tensor(g)
    before = flat(grads).copy()
    torch.nn.utils.clip_grad_value_(theirs, limit)
    clip_by_value(grads, limit)
    assert np.array_equal(flat(grads), np.concatenate([p.grad.numpy().ravel() for p in theirs]))
    assert (np.abs(flat(grads)) <= np.abs(before)).all()


def test_large_float32_gradients_have_a_finite_norm():
    grads = {"W": np.full((2, 2), 1e30, np.float32)}
    assert clip_by_norm(grads, 1.0) == pytest.approx(2e30)
    assert grads["W"].dtype == np.float32
    np.testing.assert_allclose(grads["W"], 0.5, rtol=1e-6)


def test_a_broken_norm_leaves_the_gradients_so_that_the_optimiser_can_name_the_one():
    for bad in (np.nan, np.inf):
        grads = {"good": np.ones(2), "bad": np.array([bad, 1.0])}
        assert not np.isfinite(clip_by_norm(grads, 0.1))
        assert np.array_equal(grads["good"], [1, 1])


@pytest.mark.parametrize("clip", [clip_by_norm, clip_by_value])
@pytest.mark.parametrize("limit", [0, -1.0, np.nan])
def test_a_limit_is_above_zero(clip, limit):
    with pytest.raises(ValueError, match="limit above 0"):
        clip({"W": np.ones(2)}, limit)
