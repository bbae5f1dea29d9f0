"""Step by step, as text is generated: the numbers of one long call, and no change of a weight is ever missed."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lstm_helpers import nn, parity
from lstm_helpers.nn._lstm_kernel import FEW_STEPS
from lstm_helpers.nn.functional import lstm_step
from lstm_helpers.training import SGD, Adam

NAMES = ("W_x", "W_h", "b")


def by_optimiser(lstm, make, rng):
    make(lstm.params).step({name: rng.normal(size=p.shape) for name, p in lstm.params.items()})


def in_a_view(lstm, name, view, rng):
    """The view was taken before the first call, as a person keeps one."""
    view[...] = rng.normal(size=view.shape)


def replaced(lstm, name, rng, order):
    lstm.params[name] = np.asarray(rng.normal(size=lstm.params[name].shape), order=order)


CHANGES = {
    "nothing": lambda lstm, name, view, rng: None,
    "-=": lambda lstm, name, view, rng: np.subtract(lstm.params[name], 0.3, out=lstm.params[name]),
    "one number": lambda lstm, name, view, rng: lstm.params[name].__setitem__((-1,) * lstm.params[name].ndim, 0.7),
    "a view kept": in_a_view,
    "replaced": lambda lstm, name, view, rng: replaced(lstm, name, rng, "C"),
    "replaced, transposed in memory": lambda lstm, name, view, rng: replaced(lstm, name, rng, "F"),
    "swapped, so that sums stay": lambda lstm, name, view, rng: lstm.params[name].__setitem__(
        ..., np.flip(lstm.params[name].copy())
    ),
    "SGD": lambda lstm, name, view, rng: by_optimiser(lstm, lambda p: SGD(p, 0.1), rng),
    "Adam": lambda lstm, name, view, rng: by_optimiser(lstm, lambda p: Adam(p, 0.1), rng),
}


@settings(deadline=None, derandomize=True, max_examples=150)
@given(
    st.tuples(st.integers(0, 3), st.integers(1, 4), st.integers(1, 5)),
    st.lists(
        st.tuples(st.sampled_from(sorted(CHANGES)), st.sampled_from(NAMES), st.integers(1, FEW_STEPS + 2)),
        min_size=1,
        max_size=6,
    ),
    st.integers(0, 2**32 - 1),
)
def test_a_changed_weight_is_never_missed(shape, calls, seed):
    (B, D, H), rng = shape, np.random.default_rng(seed)
    lstm = nn.LSTM(D, H, rng=rng, dtype=np.float64)
    views = {name: array.T[:1] for name, array in lstm.params.items()}
    state = tuple(rng.normal(size=(2, B, H)))
    for change, name, T in calls:
        CHANGES[change](lstm, name, views[name], rng)
        x, (h, c), expected = rng.normal(size=(T, B, D)), state, []
        for t in range(T):
            h, c = lstm_step(x[t], h, c, *(lstm.params[key] for key in NAMES))
            expected.append(h)
        got, state = lstm.forward(x, state, train=False)
        np.testing.assert_allclose(got, expected, rtol=0, atol=1e-12)
        np.testing.assert_allclose(state, (h, c), rtol=0, atol=1e-12)


@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 1e-5), ("float64", 1e-10)])
@pytest.mark.parametrize("stacked", [False, True], ids=["layer", "stack"])
def test_generation_equals_torch(stacked, dtype, tolerance):
    torch.manual_seed(0)
    module = torch.nn.LSTM(7, 24, num_layers=2 if stacked else 1, dtype=getattr(torch, dtype))
    ours, rng = parity.from_torch(module), np.random.default_rng(0)
    state = theirs = None
    for T in (1, 1, 1, FEW_STEPS, FEW_STEPS + 1, 1):
        x = rng.normal(size=(T, 3, 7)).astype(dtype)
        h, state = ours.forward(x, state, train=False)
        with torch.inference_mode():
            expected, theirs = module(torch.tensor(x), theirs)
        np.testing.assert_allclose(h, expected.numpy(), rtol=0, atol=tolerance)
        assert h.dtype == dtype
    for own, other in zip(state, theirs, strict=True):
        np.testing.assert_allclose(own if stacked else own[None], other.numpy(), rtol=0, atol=tolerance)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("T", [1, FEW_STEPS + 1])
@pytest.mark.parametrize("sign", [-1, 1])
def test_gates_that_are_quite_shut_or_open_give_no_warning(dtype, T, sign):
    lstm = nn.LSTM(1, 3, rng=np.random.default_rng(0), dtype=dtype)
    lstm.params["W_x"][...] = sign
    x = np.full((T, 2, 1), 1e4, dtype)
    for train in (False, True):
        h, (_, c) = lstm.forward(x, (np.zeros((2, 3)), np.ones((2, 3))), train=train)
        if sign < 0:
            assert not h.any()
            assert not c.any()
        else:
            assert (c == T + 1).all()


def test_a_few_steps_share_no_memory_with_what_was_given():
    lstm, rng = nn.LSTM(2, 3, rng=np.random.default_rng(0)), np.random.default_rng(1)
    x, state = rng.normal(size=(2, 2, 2)).astype("f4"), tuple(rng.normal(size=(2, 2, 3)).astype("f4"))
    before = [a.copy() for a in (x, *state)]
    h, end = lstm.forward(x, state, train=False)
    results = [h, *end]
    for k, result in enumerate(results):
        others = (x, *state, *lstm.params.values(), *(r for n, r in enumerate(results) if n != k))
        assert not any(np.shares_memory(result, other) for other in others)
    assert all(map(np.array_equal, before, (x, *state)))
