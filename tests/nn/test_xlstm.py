"""sLSTM and mLSTM are equal to the package xlstm, which the authors of the paper publish."""

import numpy as np
import pytest
import torch
from xlstm.blocks.mlstm.backends import parallel_stabilized_simple, recurrent_step_stabilized_simple
from xlstm.blocks.slstm.src.vanilla import slstm_forward, slstm_forward_pointwise_slstm

from lstm_helpers import nn

T, B, D, H = 50, 3, 5, 8


def drawn(kind, heads, scale):
    """A layer whose weights are ``scale`` times as large as usual, and its input."""
    rng = np.random.default_rng(heads)
    layer = kind(D, H, rng=rng, dtype=np.float64, heads=heads)
    for array in layer.params.values():
        array *= scale
    return layer, rng.normal(size=(T, B, D))


@pytest.mark.parametrize("heads", [1, 2, 4])
def test_slstm_is_that_of_the_authors_package(heads):
    layer, x = drawn(nn.SLSTM, heads, scale=3)
    d = H // heads
    by_gate = layer.params["W_h"].reshape(heads, d, 4, heads, d)
    R = np.stack([by_gate[k, :, :, k].transpose(1, 2, 0).reshape(4 * d, d) for k in range(heads)])
    states, last, _ = slstm_forward(
        torch.tensor(x @ layer.params["W_x"]),
        torch.zeros(4, B, H, dtype=torch.float64),
        torch.tensor(R),
        torch.tensor(layer.params["b"]),
        slstm_forward_pointwise_slstm,
    )
    h, end = layer.forward(x)
    np.testing.assert_allclose(h, states[0, 1:], rtol=0, atol=1e-10)
    for ours, theirs in zip(end, last, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-10, atol=1e-10)


def mlstm_inputs(layer, x):
    """q, k, v, gates as the package takes them, (B, heads, T, ...), and the output gate (T, B, H)."""
    z = x @ layer.params["W_x"] + layer.params["b"]
    q, k, v, o = np.split(z[..., : 4 * H], 4, axis=2)
    i, f = np.split(z[..., 4 * H :], 2, axis=2)
    in_heads = [a.reshape(T, B, layer.heads, -1).transpose(1, 2, 0, 3).copy() for a in (q, k, v, i, f)]
    return [torch.tensor(a) for a in in_heads], 1 / (1 + np.exp(-o))


def read(theirs, o):
    """h (T, B, H) of what the package returns, (B, heads, T, d), and the output gate."""
    return theirs.numpy().transpose(2, 0, 1, 3).reshape(T, B, H) * o


def side_by_side(heads, eps, scale):
    """h of both, each (T, B, H), and the final states (C, n, m) of both; the package's m at every step, (T, B, H)."""
    layer, x = drawn(nn.MLSTM, heads, scale)
    given, o = mlstm_inputs(layer, x)
    d, steps, ms = H // heads, [], []
    state = [torch.zeros(B, heads, *shape, dtype=torch.float64) for shape in ((d, d), (d, 1), (1, 1))]
    for t in range(T):
        out, state = recurrent_step_stabilized_simple(
            *state, *(part[:, :, t : t + 1].clone() for part in given), eps=eps
        )
        steps.append(out)
        ms.append(state[2].numpy().reshape(B, heads).repeat(d, axis=1))
    ours, end = layer.forward(x)
    C, n, m = (part.numpy() for part in state)
    theirs = (C.swapaxes(2, 3), n[..., 0], m[..., 0, 0])
    at_once = read(parallel_stabilized_simple(*given, eps=eps), o)
    return ours, read(torch.cat(steps, dim=2), o), at_once, end, theirs, np.stack(ms)


@pytest.mark.parametrize("scale", [1, 3])
@pytest.mark.parametrize("heads", [1, 2, 4])
def test_mlstm_is_that_of_the_authors_package_with_an_eps_of_0_as_ours(heads, scale):
    ours, stepwise, at_once, end, theirs, _ = side_by_side(heads, 0.0, scale)
    np.testing.assert_allclose(ours, stepwise, rtol=0, atol=1e-10)
    np.testing.assert_allclose(ours, at_once, rtol=0, atol=1e-10)
    for part, other in zip(end[:2], theirs, strict=False):  # held divided by exp(m), and the two start m differently
        axes = (..., *[None] * (part.ndim - 2))
        np.testing.assert_allclose(part * np.exp(end[2])[axes], other * np.exp(theirs[2])[axes], rtol=1e-9)


@pytest.mark.parametrize("heads", [1, 2, 4])
def test_with_the_packages_own_eps_mlstm_differs_by_no_more_than_that_eps_over_the_floor_of_the_divisor(heads):
    ours, theirs, _, _, _, m = side_by_side(heads, 1e-6, 1)
    off, most = np.abs(ours - theirs), 1e-6 * np.exp(m) * np.abs(ours)
    assert (off <= most + 1e-10).all()
    assert (m <= 0).any()  # there the floor exp(-m) is 1 or more,
    assert (off <= 1e-6 * np.abs(ours) + 1e-10)[m <= 0].all()
