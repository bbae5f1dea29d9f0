"""What holds in every shape: gradients of the cells torch lacks, batched as one by one, inference without leftovers."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lstm_helpers import nn

LACKING = {  # cells without a counterpart in torch
    "lstm_1997": (nn.LSTM1997, {}),
    "coupled": (nn.CoupledLSTM, {}),
    "peephole": (nn.PeepholeLSTM, {}),
    "layer_norm": (nn.LayerNormLSTM, {}),
    "gru_reset_before": (nn.GRU, {"reset_after": False}),
}
EVERY = LACKING | {"rnn": (nn.RNN, {}), "lstm": (nn.LSTM, {}), "gru": (nn.GRU, {})}


def arrays_of(state):
    return state if isinstance(state, tuple) else (state,)


def moved_from_special(layer, rng):
    """No gain 1, no bias 0."""
    for p in layer.params.values():
        p += rng.normal(0, 0.3, p.shape).astype(p.dtype)
    return layer


def passes(layer, x, state, dh, dstate, lengths=None):
    """Everything that a pass forward and a pass backward return, by name; the states are tuples."""
    single = len(layer.states) == 1
    h, end = layer.forward(x, state[0] if single else state, lengths)
    dx, dstart = layer.backward(dh, dstate[0] if single else dstate)
    out = {"h": h, "dx": dx} | {f"d{k}": g for k, g in layer.grads.items()}
    out |= {f"end {k}": e for k, e in enumerate(arrays_of(end))}
    return out | {f"dstart {k}": s for k, s in enumerate(arrays_of(dstart))}


SHAPE = st.tuples(*(st.integers(1, top) for top in (6, 4, 4, 4)))  # T, B, D, H


@pytest.mark.parametrize("name", LACKING)
@pytest.mark.parametrize("stacked", [False, True], ids=["layer", "stack"])
@settings(max_examples=12, deadline=None, derandomize=True)
@given(SHAPE, st.booleans(), st.sampled_from([1, 2]), st.booleans(), st.integers(0, 2**32 - 1))
def test_gradients_are_central_differences_in_any_shape(name, stacked, shape, padded, depth, bidirectional, seed):
    T, B, D, H = shape
    rng, (kind, options) = np.random.default_rng(seed), LACKING[name]
    if stacked:
        options = options | {"layers": depth, "bidirectional": bidirectional, "dropout": 0.4}
        layer = nn.Stack(kind, D, H, rng=rng, dtype=np.float64, **options)
        drops, rows = rng.bit_generator.state, len(layer.layers)
        state_shape, width = (rows, B, H), layer.directions * H
    else:
        layer = kind(D, H, rng=rng, dtype=np.float64, **options)
        state_shape, width = (B, H), H
    moved_from_special(layer, np.random.default_rng(seed + 1))
    draw = np.random.default_rng(seed + 2)
    x, dh = draw.normal(size=(T, B, D)), draw.normal(size=(T, B, width))
    state, dstate = (tuple(draw.normal(size=state_shape) for _ in layer.states) for _ in range(2))
    lengths = draw.integers(1, T + 1, B) if padded else None
    single = len(layer.states) == 1

    def same_drops():
        if stacked:
            rng.bit_generator.state = drops

    def loss():
        same_drops()
        h, end = layer.forward(x, state[0] if single else state, lengths)
        return (h * dh).sum() + sum((e * d).sum() for e, d in zip(arrays_of(end), dstate, strict=True))

    same_drops()
    got = passes(layer, x, state, dh, dstate, lengths)
    varied = {"dx": x} | {f"d{k}": p for k, p in layer.params.items()}
    varied |= {f"dstart {k}": s for k, s in enumerate(state)}
    for key, array in varied.items():
        # Along one random direction, all entries of the array at once.
        direction, before = draw.normal(size=array.shape), array.copy()
        slope, expected, step = (got[key] * direction).sum(), 0, 1e-6
        # Four points: a layer norm of nearly equal numbers is steep and bent, and two points would follow the bend.
        for far, weight in ((-2, 1), (-1, -8), (1, 8), (2, -1)):
            array[...] = before + far * step * direction
            expected += weight * loss() / (12 * step)
        array[...] = before
        size = np.abs(got[key] * direction).sum()
        assert abs(slope - expected) <= 1e-5 * size + 1e-7, f"{key}: received {slope}, expected {expected}"


# Batched or one by one is the same mathematics, but BLAS adds up a product of one column in another order than one of
# many, and the steps hand the difference on. In float64 1e-12 holds in every size here. In float32 1e-6 holds while
# sequences are short; beyond, the tolerance is what was measured (beside each case: the other cells, layer norm),
# rounded up. The layer norm's divisions by small deviations enlarge every rounding: it has a column of its own.
BATCHED = [
    # T, B, D, H, float32, float32 with layer norm
    (7, 5, 3, 4, 1e-6, 1e-6),  # 3e-7, 4e-7
    (10, 6, 8, 16, 1e-6, 1e-6),  # 6e-7, 4e-7
    (100, 4, 8, 32, 1e-6, 1e-4),  # 7e-7, 1.3e-6 with one BLAS kernel and 4.0e-5 with another
    (40, 8, 16, 64, 2e-6, 1e-4),  # 8e-7, 2.2e-5
    (100, 16, 32, 128, 2e-5, 5e-4),  # 6e-6, 9e-5
]


def one_by_one(name, T, B, D, H, dtype):
    """The largest difference, over the largest number, of each tensor between the batch and its sequences alone."""
    rng, (kind, options) = np.random.default_rng(T + B + H), EVERY[name]
    layer = kind(D, H, rng=rng, dtype=dtype, **options)
    draw = lambda *shape: rng.normal(size=shape).astype(dtype)  # noqa: E731
    x, dh = draw(T, B, D), draw(T, B, H)
    state, dstate = (tuple(draw(B, H) for _ in layer.states) for _ in range(2))
    lengths = rng.integers(1, T + 1, B)
    together = passes(layer, x, state, dh, dstate, lengths)
    alone = {key: np.zeros_like(value) for key, value in together.items()}
    for b, n in enumerate(lengths):
        row = slice(b, b + 1)
        single = [tuple(s[row] for s in part) for part in (state, dstate)]
        for key, value in passes(layer, x[:n, row], single[0], dh[:n, row], single[1]).items():
            if key in ("h", "dx"):
                alone[key][:n, row] = value
            elif key.startswith(("end", "dstart")):
                alone[key][row] = value
            else:
                alone[key] += value
    return {key: np.abs(together[key] - a).max() / np.abs(a).max() for key, a in alone.items()}


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("case", BATCHED, ids=str)
def test_a_padded_batch_equals_its_sequences_one_by_one(name, case):
    *sizes, plain, layer_norm = case
    for dtype, tolerance in ((np.float32, layer_norm if name == "layer_norm" else plain), (np.float64, 1e-12)):
        off = one_by_one(name, *sizes, dtype)
        assert max(off.values()) <= tolerance, (dtype.__name__, off)


@pytest.mark.parametrize("name", EVERY)
def test_inference_leaves_no_memory_behind(name):
    kind, options = EVERY[name]
    T, B, H = 200, 8, 32
    layer = kind(4, H, rng=np.random.default_rng(0), **options)
    x = np.zeros((T, B, 4), np.float32)
    layer.forward(x)  # a training pass before, whose cache must go
    h = layer.forward(x, train=False)[0]
    assert layer._cache is None
    del h
    if name == "lstm":
        return  # keeps its workspaces from call to call, as its kernel says
    tracemalloc.start()
    layer.forward(x, train=False)
    left = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert left < T * B * H * 4 / 10


@pytest.mark.parametrize("name", EVERY)
def test_what_a_person_writes_into_a_result_does_not_reach_the_backward_pass(name):
    kind, options = EVERY[name]
    layer = kind(3, 4, rng=np.random.default_rng(0), dtype=np.float64, **options)
    x, dh = np.random.default_rng(1).normal(size=(5, 2, 3)), np.random.default_rng(2).normal(size=(5, 2, 4))
    layer.forward(x)
    expected, _ = layer.backward(dh)
    wanted = {key: g.copy() for key, g in layer.grads.items()}
    given = x.copy()
    h, end = layer.forward(given)
    for array in (h, given, *arrays_of(end)):
        array[...] = 7
    dx, _ = layer.backward(dh)
    assert (dx == expected).all()
    assert all((layer.grads[key] == g).all() for key, g in wanted.items())


def test_a_layer_norm_starts_with_gains_of_one_and_no_bias():
    layer = nn.LayerNormLSTM(3, 4, rng=np.random.default_rng(0))
    assert all((layer.params[name] == 1).all() for name in ("gain_x", "gain_h", "gain_c"))
    assert not layer.params["bias_c"].any()


def test_the_layers_around_draw_within_one_over_the_root_of_what_they_read():
    rng = np.random.default_rng(0)
    drawn = {25: nn.Linear(25, 400, rng=rng).params["W"], 16: nn.GeneralAttention(16, 100, rng=rng).params["W"]}
    drawn |= {36: nn.AdditiveAttention(36, 9, 200, rng=rng).params["W_q"]}
    for rows, W in drawn.items():
        assert 0.99 * rows**-0.5 < np.abs(W).max() <= rows**-0.5


def test_a_row_of_small_scores_beside_a_row_of_huge_ones_keeps_its_loss():
    logits = np.array([[[1e4, 0.0]], [[0.0, 0.0]]])
    loss, gradient = nn.softmax_cross_entropy(logits, np.array([[0], [1]]))
    assert loss == pytest.approx(np.log(2) / 2)
    np.testing.assert_allclose(gradient[1, 0], [0.25, -0.25])


def test_losses_are_added_up_in_float64():
    logits = np.array([[[1.5e38, -1.5e38]]] * 4, np.float32)
    assert nn.softmax_cross_entropy(logits, np.ones((4, 1), int))[0] == pytest.approx(3e38)
    assert nn.mean_squared_error(np.full((1, 1, 2), 1e25, np.float32), np.zeros((1, 1, 2)))[0] == pytest.approx(1e50)
