"""The layers give what the readable functions beside them give: outputs, gates and every gradient, in any shape."""

from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lstm_helpers import nn
from lstm_helpers.nn import _lstm_kernel
from lstm_helpers.nn import functional as F
from lstm_helpers.nn.lstm import (
    lstm_backward,
    lstm_forward,
    lstm_forward_cached,
    lstm_forward_masked,
    pre_activation_gradients,
    weight_gradients,
)
from lstm_helpers.nn.rnn import rnn_backward, rnn_forward
from tests.nn.test_properties import arrays_of, passes

TOLERANCE = {"float32": 1e-5, "float64": 1e-12}  # largest difference over the largest value (or 1), whole tensor
OVER_TIME = {"h", "dx", "i", "f", "g", "o", "c"}  # (T, B, ...); all others belong to a sequence, or to the parameters


def lstm_passes(p, x, start, dh, dstate):
    """Everything that a pass forward and a pass backward give by the equations."""
    h, end = lstm_forward(x, *start, **p)
    hs, cs, gates = np.concatenate([start[0][None], h]), [start[1]], {name: [] for name in "ifgo"}
    layers = dict(zip("ifgo", (F.input_gate, F.forget_gate, F.candidate, F.output_gate), strict=True))
    for t in range(len(x)):
        now = {name: layer(x[t], hs[t], **p) for name, layer in layers.items()}
        cs.append(F.cell_update(now["f"], cs[t], now["i"], now["g"]))
        for name, value in now.items():
            gates[name].append(value)
    gates, cs = {name: np.stack(values) for name, values in gates.items()}, np.stack(cs)
    side_by_side = np.concatenate(list(gates.values()), axis=-1)
    dx, *dstart, dW_x, dW_h, db = lstm_backward(dh, *dstate, x, hs, cs, side_by_side, p["W_x"], p["W_h"])
    out = {"h": h, "dx": dx, "dW_x": dW_x, "dW_h": dW_h, "db": db, "c": cs[1:], **gates}
    return out | {f"end {k}": e for k, e in enumerate(end)} | {f"dstart {k}": s for k, s in enumerate(dstart)}


def rnn_passes(p, x, start, dh, dstate):
    h = rnn_forward(x, *start, **p)
    dh = dh.copy()
    dh[-1] += dstate[0]  # the last state is the last h
    dx, dstart, dW_x, dW_h, db = rnn_backward(dh, x, np.concatenate([start[0][None], h]), p["W_x"], p["W_h"])
    return {"h": h, "dx": dx, "dW_x": dW_x, "dW_h": dW_h, "db": db, "end 0": h[-1], "dstart 0": dstart}


def one_by_one(by_equations, p, x, start, dh, dstate, lengths):
    """The same for sequences that end where ``lengths`` says: each of them alone, without its padding."""
    T, B, _ = x.shape
    out = {}
    for k, n in enumerate(lengths):
        row = slice(k, k + 1)
        of_row, dof_row = (tuple(s[row] for s in state) for state in (start, dstate))
        alone = by_equations(p, x[:n, row], of_row, dh[:n, row], dof_row)
        for name, value in alone.items():
            if name in OVER_TIME:
                out.setdefault(name, np.zeros((T, B, value.shape[-1]), value.dtype))[:n, k] = value[:, 0]
            elif name.startswith(("end", "dstart")):
                out.setdefault(name, np.zeros((B, value.shape[-1]), value.dtype))[k] = value[0]
            else:
                out[name] = out.get(name, 0) + value
    return out


def assert_close(got, expected):
    assert got.keys() == expected.keys()
    for name, want in expected.items():
        assert got[name].dtype == want.dtype, name
        largest = max(1, np.abs(want).max())
        np.testing.assert_allclose(got[name], want, rtol=0, atol=TOLERANCE[want.dtype.name] * largest, err_msg=name)


@pytest.mark.parametrize("kind", [nn.LSTM, nn.RNN])
@settings(max_examples=200, deadline=None, derandomize=True)
@given(
    st.tuples(*(st.integers(1, top) for top in (9, 4, 5, 9))),
    st.sampled_from(sorted(TOLERANCE)),
    st.booleans(),
    # Where the kernel cuts time and products, so that small shapes meet every seam that large ones meet.
    st.tuples(st.sampled_from([1, 20, 2**15]), st.sampled_from([1, 8, 2**10]), st.sampled_from([0, 300, 10**9])),
    st.integers(0, 2**32 - 1),
)
def test_a_layer_gives_what_its_equations_give(kind, shape, dtype, padded, cuts, seed):
    (T, B, D, H), rng = shape, np.random.default_rng(seed)
    layer = kind(D, H, rng=rng, dtype=dtype)
    draw = lambda *size: rng.normal(size=size).astype(dtype)  # noqa: E731
    x, dh = draw(T, B, D), draw(T, B, H)
    start, dstate = (tuple(draw(B, H) for _ in layer.states) for _ in range(2))
    lengths = rng.integers(1, T + 1, B) if padded else None
    by_equations = lstm_passes if kind is nn.LSTM else rnn_passes
    if padded:
        expected = one_by_one(by_equations, layer.params, x, start, dh, dstate, lengths)
    else:
        expected = by_equations(layer.params, x, start, dh, dstate)
    chunk_size, product_columns, largest_piece = cuts
    patched = {"CHUNK_SIZE": chunk_size, "PRODUCT_COLUMNS": product_columns, "_largest_piece": lambda: largest_piece}
    with mock.patch.multiple(_lstm_kernel, **patched):
        got = passes(layer, x, start, dh, dstate, lengths)
        real = np.ones((T, B)) if lengths is None else np.arange(T)[:, None] < lengths
        if kind is nn.LSTM:  # what the gates of padding are does not matter
            got |= {name: np.where(real[..., None], values, 0).astype(dtype) for name, values in layer.gates().items()}
        inferred = layer.forward(x, start if len(start) > 1 else start[0], lengths, train=False)
    assert_close(got, expected)
    results = {"h": inferred[0]} | {f"end {k}": e for k, e in enumerate(arrays_of(inferred[1]))}
    assert_close(results, {name: expected[name] for name in results})
    if kind is nn.LSTM:
        h, (h_last, c_last) = lstm_forward_masked(x, real.astype(dtype), *start, **layer.params)
        masked = {"h": h, "end 0": h_last, "end 1": c_last}
        assert_close({name: got[name] for name in masked}, masked)


@settings(max_examples=50, deadline=None, derandomize=True)
@given(st.tuples(*(st.integers(1, top) for top in (7, 4, 5, 6))), st.integers(0, 2**32 - 1))
def test_the_cached_pass_and_the_products_after_the_loop_give_what_the_plain_ones_give(sizes, seed):
    T, B, D, H = sizes
    rng = np.random.default_rng(seed)
    x, (h_0, c_0), dh = rng.normal(size=(T, B, D)), rng.normal(size=(2, B, H)), rng.normal(size=(T, B, H))
    W_x, W_h, b = rng.normal(size=(D, 4 * H)), rng.normal(size=(H, 4 * H)), rng.normal(size=4 * H)
    h, c, gates = lstm_forward_cached(x, h_0, c_0, W_x, W_h, b)
    plain_h, (h_n, c_n) = lstm_forward(x, h_0, c_0, W_x, W_h, b)
    for got, wanted in ((h[0], h_0), (h[1:], plain_h), (h[-1], h_n), (c[0], c_0), (c[-1], c_n)):
        np.testing.assert_allclose(got, wanted, atol=1e-13)
    dh_n, dc_n = rng.normal(size=(2, B, H))
    dz, dh_0, dc_0 = pre_activation_gradients(dh, dh_n, dc_n, c, gates, W_h)
    quick = dz @ W_x.T, dh_0, dc_0, *weight_gradients(dz, x, h)
    for got, wanted in zip(quick, lstm_backward(dh, dh_n, dc_n, x, h, c, gates, W_x, W_h), strict=True):
        np.testing.assert_allclose(got, wanted, atol=1e-11)
