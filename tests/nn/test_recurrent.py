"""LSTM and RNN forward and backward: equal to torch in every gradient, with lengths, and safe to call again."""

import copy
import pickle

import numpy as np
import pytest
import torch
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from lstm_helpers import nn, parity
from lstm_helpers.nn import _lstm_kernel as kernel

LAYERS = {
    "LSTM": (lambda D, H, **k: nn.LSTM(D, H, **k), 2),
    "RNN tanh": (lambda D, H, **k: nn.RNN(D, H, **k), 1),
    "RNN relu": (lambda D, H, **k: nn.RNN(D, H, nonlinearity="relu", **k), 1),
}
CORNERS = [(1, 1, 1, 1), (1, 3, 4, 5), (7, 1, 4, 5), (7, 3, 1, 5), (7, 3, 4, 1), (17, 2, 3, 4), (33, 4, 5, 3)]
SHAPES = CORNERS + [tuple(map(int, np.random.default_rng(seed).integers(1, 20, 4))) for seed in range(13)]
TOLERANCE = {"float32": 1e-5, "float64": 1e-10}  # max|a - b| / max|b| per tensor
every = pytest.mark.parametrize("name", LAYERS)
both = pytest.mark.parametrize("dtype", TOLERANCE)


def drawn(name, shape, dtype, padded=False, seed=0):
    """A layer, and x, start, dh, dstate, lengths for it."""
    T, B, D, H = shape
    rng = np.random.default_rng([seed, *shape])
    make, states = LAYERS[name]
    layer = make(D, H, rng=rng, dtype=dtype)
    normal = lambda *size: rng.normal(size=size).astype(dtype)  # noqa: E731
    start, dstate = (tuple(normal(B, H) for _ in range(states)) for _ in range(2))
    lengths = rng.integers(1, T + 1, B) if padded else None
    if states == 1:
        (start,), (dstate,) = start, dstate
    return layer, normal(T, B, D), start, normal(T, B, H), dstate, lengths


def as_tuple(state):
    return state if isinstance(state, tuple) else (state,)


def by_torch(layer, x, start, dh, dstate, lengths):
    """The same forward and backward pass by torch: a dictionary of all that our layer gives."""
    kind = type(layer).__name__
    more = {"nonlinearity": layer.nonlinearity} if kind == "RNN" else {}
    dtype = getattr(torch, layer.dtype.name)
    module = getattr(torch.nn, kind)(layer.input_size, layer.hidden_size, dtype=dtype, **more)
    p = layer.params
    with torch.no_grad():
        for ours, theirs in (("W_x", "weight_ih_l0"), ("W_h", "weight_hh_l0"), ("b", "bias_ih_l0")):
            getattr(module, theirs).copy_(torch.tensor(p[ours].T))
        module.bias_hh_l0.zero_()
    x, *states = (torch.tensor(a, requires_grad=True) for a in (x, *as_tuple(start)))
    state = tuple(s[None] for s in states) if len(states) > 1 else states[0][None]
    T = len(x)
    if lengths is None:
        h, end = module(x, state)
    else:
        packed, end = module(pack_padded_sequence(x, torch.tensor(lengths), enforce_sorted=False), state)
        h, _ = pad_packed_sequence(packed, total_length=T)
    end = as_tuple(end)
    loss = (h * torch.tensor(dh)).sum() + sum(
        (e[0] * torch.tensor(d)).sum() for e, d in zip(end, as_tuple(dstate), strict=True)
    )
    loss.backward()
    result = {"h": h, "dx": x.grad, "W_x": module.weight_ih_l0.grad.T, "W_h": module.weight_hh_l0.grad.T}
    result |= {"b": module.bias_ih_l0.grad}
    result |= {f"end {k}": e[0] for k, e in enumerate(end)} | {f"dstart {k}": s.grad for k, s in enumerate(states)}
    return result


def by_us(layer, x, start, dh, dstate, lengths):
    h, end = layer.forward(x, start, lengths)
    dx, dstart = layer.backward(dh, dstate)
    result = {"h": h, "dx": dx, **layer.grads}
    result |= {f"end {k}": e for k, e in enumerate(as_tuple(end))}
    return result | {f"dstart {k}": s for k, s in enumerate(as_tuple(dstart))}


@every
@both
@pytest.mark.parametrize("padded", [False, True], ids=["whole", "padded"])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_outputs_and_all_gradients_equal_torch(name, dtype, padded, shape):
    case = drawn(name, shape, dtype, padded)
    compared = parity.compare(by_us(*case), by_torch(*case), TOLERANCE[dtype])
    assert compared.ok, compared


@every
@both
def test_a_padded_batch_equals_its_sequences_one_by_one(name, dtype):
    layer, x, start, dh, dstate, _ = drawn(name, (9, 5, 3, 4), dtype)
    lengths = np.array([4, 9, 1, 7, 4])
    x[8, 0] = 1e4  # padding may hold anything
    together = by_us(layer, x, start, dh, dstate, lengths)
    total = {key: np.zeros_like(g) for key, g in layer.grads.items()}
    row = lambda state, k: tuple(s[k : k + 1] for s in state) if isinstance(state, tuple) else state[k : k + 1]  # noqa: E731
    for k, n in enumerate(lengths):
        alone = by_us(layer, x[:n, k : k + 1], row(start, k), dh[:n, k : k + 1], row(dstate, k), None)
        for key in total:
            total[key] += alone.pop(key)
        mine = {
            key: a[:n, k : k + 1] if key in ("h", "dx") else a[k : k + 1]
            for key, a in together.items()
            if key not in total
        }
        compared = parity.compare(alone, mine, 1e-12 if dtype == "float64" else 1e-6)
        assert compared.ok, compared
        assert not together["h"][n:, k].any()
        assert not together["dx"][n:, k].any()
    assert parity.compare(total, {key: together[key] for key in total}, 1e-11 if dtype == "float64" else 1e-5).ok


@every
def test_inference_gives_the_same_and_keeps_nothing_for_backward(name):
    layer, x, start, dh, dstate, lengths = drawn(name, (20, 3, 4, 5), "float32", padded=True)
    h, end = layer.forward(x, start, lengths)
    h_again, end_again = layer.forward(x, start, lengths, train=False)
    assert np.array_equal(h, h_again)
    assert all(map(np.array_equal, as_tuple(end), as_tuple(end_again)))
    with pytest.raises(RuntimeError, match="train=True"):
        layer.backward(dh, dstate)


@every
def test_backward_may_be_called_again_and_accumulates_on_demand(name):
    case = drawn(name, (6, 3, 4, 5), "float64")
    layer = case[0]
    first = by_us(*case)
    layer.backward(case[3], case[4], accumulate=True)
    assert all(np.allclose(layer.grads[key], 2 * first[key]) for key in layer.params)
    layer.backward(case[3], case[4])
    assert all(np.allclose(layer.grads[key], first[key]) for key in layer.params)


@every
def test_results_share_no_memory_with_the_layer_or_with_each_other(name):
    case = drawn(name, (18, 3, 4, 5), "float32")
    given = [a.copy() for a in (case[1], *as_tuple(case[2]), case[3], *as_tuple(case[4]))]
    first = by_us(*case)
    kept = {key: a.copy() for key, a in first.items()}
    layer = case[0]
    by_us(layer, -case[1], case[2], -case[3], case[4], None)
    assert all(np.array_equal(first[key], kept[key]) for key in kept)
    assert all(map(np.array_equal, given, (case[1], *as_tuple(case[2]), case[3], *as_tuple(case[4]))))
    for array in first.values():
        array.fill(np.nan)
    again = by_us(*case)
    assert all(np.array_equal(again[key], kept[key]) for key in kept)


@every
def test_weights_changed_in_place_are_seen_forward_and_backward(name):
    case = drawn(name, (6, 3, 4, 5), "float64")
    layer = case[0]
    by_us(*case)
    for p in layer.params.values():
        p *= 1.5
    compared = parity.compare(by_us(*case), by_torch(*case), 1e-10)
    assert compared.ok, compared


@pytest.mark.parametrize("name", ["LSTM", "RNN tanh"])  # relu has no bound: its state grows with the input
@pytest.mark.parametrize("sign", [1, -1])
def test_large_inputs_give_finite_gradients_without_a_warning(name, sign):
    layer, x, start, dh, dstate, _ = drawn(name, (12, 3, 4, 5), "float32")
    with np.errstate(all="raise", under="ignore"):
        result = by_us(layer, sign * 1e4 * np.abs(x), start, dh, dstate, None)
    assert all(np.isfinite(a).all() for a in result.values())


def test_small_values_lose_no_digits():
    layer = nn.LSTM(1, 1, rng=np.random.default_rng(0), dtype=np.float32)
    for name, columns in (("W_x", [0, 0, 1, 0]), ("W_h", [0, 0, 0, 0]), ("b", [30, -30, 0, 30])):
        layer.params[name][...] = columns
    _, (_, c) = layer.forward(np.full((1, 1, 1), 1e-4, np.float32))
    assert abs(c.item() - np.tanh(1e-4)) < 1e-7 * 1e-4 * 2


@every
@pytest.mark.parametrize(
    ("lengths", "says"),
    [
        ([1, 2], r"expected lengths of shape \(3,\), got \(2,\)"),
        ([1, 2, 7], r"expected lengths of 1 to 6 steps, the T of x, got \[1, 2, 7\]: cut them, or pad x"),
        ([1, 0, 2], "expected lengths of 1 to 6 steps"),
        ([1.0, 2.0, 3.0], "expected lengths of 1 to 6 steps"),
    ],
)
def test_wrong_lengths_are_explained(name, lengths, says):
    layer, x, *_ = drawn(name, (6, 3, 4, 5), "float32")
    with pytest.raises(ValueError, match=says):
        layer.forward(x, lengths=lengths)


@every
def test_backward_explains_what_it_misses(name):
    layer, x, _, dh, _, _ = drawn(name, (6, 3, 4, 5), "float32")
    with pytest.raises(RuntimeError, match="call forward"):
        layer.backward(dh)
    layer.forward(x)
    with pytest.raises(ValueError, match=r"expected dh of shape \(6, 3, 5\), got \(5, 3, 5\)"):
        layer.backward(dh[:5])


@every
def test_lengths_changed_after_forward_do_not_reach_backward(name):
    layer, x, start, dh, dstate, lengths = drawn(name, (9, 4, 3, 5), "float64", padded=True)
    before = by_us(layer, x, start, dh, dstate, lengths)
    layer.forward(x, start, given := lengths.copy())
    given[...] = 1
    dx, _ = layer.backward(dh, dstate)
    assert np.array_equal(dx, before["dx"])


# Sizes at which the kernel works in several blocks of time: many sequences, many steps, wide gates, and remainders.
@pytest.mark.parametrize("shape", [(70, 33, 2, 5), (33, 96, 3, 24), (5, 40, 4, 130), (45, 1, 2, 3)], ids=str)
def test_blocks_of_time_meet_without_a_seam(shape):
    case = drawn("LSTM", shape, "float64", padded=True)
    compared = parity.compare(by_us(*case), by_torch(*case), 1e-10)
    assert compared.ok, compared


@every
@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, lambda layer: pickle.loads(pickle.dumps(layer))])
def test_a_copy_goes_its_own_way(name, duplicate):
    case = drawn(name, (6, 3, 4, 5), "float64")
    layer, x = case[0], case[1]
    first = by_us(*case)
    twin = duplicate(layer)
    by_us(twin, -x, *case[2:])
    assert np.array_equal(layer.backward(case[3], case[4])[0], first["dx"])
    twin.params = {key: 2 * p for key, p in twin.params.items()}
    again, changed = by_us(*case), by_us(twin, *case[1:])
    assert all(np.array_equal(again[key], first[key]) for key in first)
    assert parity.compare(changed, by_torch(twin, *case[1:]), 1e-10).ok


@every
@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda layer: pickle.loads(pickle.dumps(layer))])
def test_a_deep_copy_has_weights_of_its_own(name, duplicate):
    layer, *_ = case = drawn(name, (6, 3, 4, 5), "float64")
    first, twin = by_us(*case), duplicate(layer)
    for p in twin.params.values():
        p *= 2
    again = by_us(*case)
    assert all(np.array_equal(again[key], first[key]) for key in first)


def test_a_product_in_one_piece_or_in_several_gives_the_same(monkeypatch):
    case = drawn("LSTM", (5, 7, 3, 32), "float64", padded=True)
    results = []
    # Whole: it is small, or pieces do not pay, or a second thread shares it. In pieces: with AVX-512, or one thread.
    for small, shared, threads, avx512, pieces in (
        (10**6, 0, 1, True, 1),
        (5000, 0, 1, False, 1),
        (5000, 0, 2, False, 1),
        (5000, 0, 1, True, 8),
        (5000, 10**6, 2, False, 8),
    ):
        monkeypatch.setattr(kernel, "_avx512", lambda avx512=avx512: avx512)
        monkeypatch.setattr(kernel, "UNPACKED_PRODUCT", small)
        monkeypatch.setattr(kernel, "ONE_THREAD_PRODUCT", small)
        monkeypatch.setattr(kernel, "TWO_THREAD_PRODUCT", shared)
        monkeypatch.setattr(kernel, "_threads", lambda threads=threads: threads)
        monkeypatch.setattr(case[0]._kernel, "_workspaces", {})
        assert kernel.product_in_pieces(128, 36, 7)[0] == ((128,) if pieces == 1 else (pieces, 128 // pieces))
        results.append(by_us(*case))
    for other in results[1:]:
        assert parity.compare(other, results[0], 1e-12).ok
