"""Clipping equals torch's, never raises a norm, and keeps the direction."""

from decimal import Decimal

import numpy as np
import pytest
import torch
from hypothesis import given, settings
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


@pytest.mark.parametrize("clip", [clip_by_norm, clip_by_value])
@pytest.mark.parametrize(("bad", "word"), [(np.nan, "NaN"), (np.inf, "inf"), (-np.inf, "inf")])
@pytest.mark.parametrize("limit", [0.1, np.inf])
def test_a_gradient_that_is_not_finite_is_named_and_none_is_changed(clip, bad, word, limit):
    grads = {"good": np.ones(2), "lstm.W_h": np.array([bad, 1.0])}
    with pytest.raises(FloatingPointError, match=f"gradient of lstm.W_h holds {word}"):
        clip(grads, limit)
    assert np.array_equal(grads["good"], [1, 1])
    assert grads["lstm.W_h"][1] == 1


EXTREME = {
    np.float32: st.sampled_from([1e-45, 1e-30, 1e-19, 1.0, 1e19, 1e25, 3e38]),
    np.float64: st.sampled_from([5e-324, 1e-200, 1e-160, 1.0, 1e160, 1e200, 1.7e308]),
}


@pytest.mark.parametrize("dtype", EXTREME)
@settings(deadline=None, derandomize=True)
@given(st.data())
def test_no_size_is_too_extreme_to_be_measured_and_clipped(dtype, data):
    """Squares of such numbers overflow or vanish; the reference is in numbers of any size."""
    grads = {}
    for name in "ab":
        size = data.draw(EXTREME[dtype])
        signs = data.draw(hnp.arrays(dtype, (2, 3), elements=st.sampled_from([-1, 0, 0.5, 1])))
        grads[name] = (signs * dtype(size)).astype(dtype)
    limit = data.draw(st.sampled_from([1e-6, 1.0, 1e6, np.inf]))
    before = {name: [Decimal(float(v)) for v in g.ravel()] for name, g in grads.items()}
    expected = sum(v * v for of in before.values() for v in of).sqrt()
    norm = clip_by_norm(grads, limit)
    assert norm == pytest.approx(float(expected), rel=1e-6, abs=5e-324)
    factor = min(Decimal(1), Decimal(limit) / (expected + Decimal(1e-6))) if limit < np.inf else Decimal(1)
    smallest = float(np.finfo(dtype).smallest_subnormal)
    for name, g in grads.items():
        np.testing.assert_allclose(g.ravel(), [float(v * factor) for v in before[name]], rtol=1e-6, atol=2 * smallest)


def test_an_array_under_two_names_is_measured_and_scaled_once():
    shared = np.array([3.0, 4.0])
    assert clip_by_norm({"a": shared, "b": shared}, 1.0) == 5
    np.testing.assert_allclose(shared, [0.6, 0.8], rtol=1e-6)


@pytest.mark.parametrize("clip", [clip_by_norm, clip_by_value])
@pytest.mark.parametrize("limit", [0, -1.0, np.nan, None])
def test_a_limit_is_above_zero(clip, limit):
    with pytest.raises(ValueError, match="limit above 0"):
        clip({"W": np.ones(2)}, limit)
