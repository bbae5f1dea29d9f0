"""Empty shapes, lengths of any integer type, no gradient for x, and one layer in several threads."""

import sys
import threading

import numpy as np
import pytest
import torch

from lstm_helpers import nn
from tests.nn.test_properties import EVERY, arrays_of, passes

every = pytest.mark.parametrize("name", EVERY)
stacked = pytest.mark.parametrize("stacked", [False, True], ids=["layer", "stack"])


def made(name, stacked, D=3, H=4, dtype=np.float64):
    kind, options = EVERY[name]
    rng = np.random.default_rng(0)
    if stacked:
        return nn.Stack(kind, D, H, layers=2, bidirectional=True, rng=rng, dtype=dtype, **options)
    return kind(D, H, rng=rng, dtype=dtype, **options)


# ---- no gradient for x ----------------------------------------------------------------------------------------------


@every
@stacked
@pytest.mark.parametrize("lengths", [None, [40, 3, 17]], ids=["whole", "padded"])
def test_without_the_gradient_of_x_all_other_gradients_stay_the_same(name, stacked, lengths):
    rng = np.random.default_rng(1)
    layer, x = made(name, stacked), rng.normal(size=(40, 3, 3))
    h, end = layer.forward(x, lengths=lengths)
    dh, dend = rng.normal(size=h.shape), end
    dx, dstart = layer.backward(dh, dend)
    assert dx.shape == x.shape
    grads = {key: g.copy() for key, g in layer.grads.items()}
    nothing, dstart_again = layer.backward(dh, dend, input_gradient=False)
    assert nothing is None
    assert all(map(np.array_equal, arrays_of(dstart_again), arrays_of(dstart)))
    assert layer.grads.keys() == grads.keys()
    assert all(np.array_equal(layer.grads[key], grads[key]) for key in grads)


@pytest.mark.parametrize("small", [0, 10**9], ids=["over many steps", "step by step"])
def test_the_products_for_the_gradient_of_x_are_left_out_when_nobody_asks_for_it(monkeypatch, small):
    monkeypatch.setattr("lstm_helpers.nn._lstm_kernel._largest_piece", lambda: small)
    layer, x = nn.LSTM(5, 4, rng=np.random.default_rng(0), dtype=np.float64), np.ones((9, 2, 5))
    h, _ = layer.forward(x)
    asked = []
    matmul = np.matmul

    def watched(a, b, *rest, **options):
        asked.append(b.shape)
        return matmul(a, b, *rest, **options)

    monkeypatch.setattr(np, "matmul", watched)
    layer.backward(h)
    assert (16, 5) in asked  # W_x, transposed
    asked.clear()
    layer.backward(h, input_gradient=False)
    assert (16, 5) not in asked


# ---- empty shapes ---------------------------------------------------------------------------------------------------


@every
@stacked
@pytest.mark.parametrize("lengths", [None, [], np.zeros(0, np.uint8)], ids=["no lengths", "list", "array"])
def test_an_empty_batch_has_empty_results_and_gradients_of_zero(name, stacked, lengths):
    layer = made(name, stacked)
    width, rows = (8, (4, 0, 4)) if stacked else (4, (0, 4))
    h, end = layer.forward(np.zeros((5, 0, 3)), lengths=lengths)
    assert h.shape == (5, 0, width)
    assert all(part.shape == rows for part in arrays_of(end))
    dx, dstart = layer.backward(np.zeros_like(h), end)
    assert dx.shape == (5, 0, 3)
    assert all(part.shape == rows for part in arrays_of(dstart))
    assert layer.grads.keys() == layer.params.keys()
    for key, g in layer.grads.items():
        assert g.shape == layer.params[key].shape
        assert not g.any()
    assert layer.forward(np.zeros((5, 0, 3)), lengths=lengths, train=False)[0].shape == (5, 0, width)


@pytest.mark.parametrize("name", ["RNN", "LSTM", "GRU"])
@pytest.mark.parametrize("shape", [(0, 2, 3, 4), (3, 0, 3, 4), (0, 0, 3, 4), (3, 2, 0, 4), (3, 2, 3, 0), (3, 2, 3, -1)])
def test_an_empty_shape_is_answered_where_torch_answers_and_refused_where_torch_refuses(name, shape):
    T, B, D, H = shape
    try:
        expected = getattr(torch.nn, name)(D, H)(torch.zeros(T, B, D))[0].shape
    except (RuntimeError, ValueError):
        expected = None
    if expected is None:
        with pytest.raises(ValueError, match="of one time step or more|an integer of 1 or more"):
            getattr(nn, name)(D, H, rng=np.random.default_rng(0)).forward(np.zeros((T, B, D), np.float32))
    else:
        layer = getattr(nn, name)(D, H, rng=np.random.default_rng(0))
        assert layer.forward(np.zeros((T, B, D), np.float32))[0].shape == tuple(expected)


@every
@stacked
def test_no_time_step_and_no_units_are_refused(name, stacked):
    for train in (True, False):
        with pytest.raises(ValueError, match=r"expected x of one time step or more, got \(0, 2, 3\)"):
            made(name, stacked).forward(np.zeros((0, 2, 3)), train=train)
    for sizes, word in (({"H": 0}, "hidden_size"), ({"D": 0}, "input_size"), ({"H": 2.5}, "hidden_size")):
        with pytest.raises(ValueError, match=f"expected {word} to be an integer of 1 or more, got"):
            made(name, stacked, **sizes)


ATTENTIONS = {
    "additive": lambda n=3: nn.AdditiveAttention(n, n, 4, rng=np.random.default_rng(0)),
    "general": lambda n=3: nn.GeneralAttention(n, n, rng=np.random.default_rng(0)),
    "dot": lambda n=3: nn.DotAttention(n),
}


@pytest.mark.parametrize("kind", ATTENTIONS)
@pytest.mark.parametrize(("T_q", "T", "B"), [(2, 5, 0), (0, 5, 2), (0, 5, 0)])
@pytest.mark.parametrize("padded", [False, True])
def test_attention_of_no_queries_or_an_empty_batch_is_empty(kind, T_q, T, B, padded):
    attention = ATTENTIONS[kind]()
    query, keys = np.zeros((T_q, B, 3), np.float32), np.ones((T, B, 3), np.float32)
    context, weights = attention.forward(query, keys, np.full(B, 2, np.uint64) if padded else None)
    assert (context.shape, weights.shape) == ((T_q, B, 3), (T_q, B, T))
    dquery, dkeys = attention.backward(context, weights)
    assert (dquery.shape, dkeys.shape) == (query.shape, keys.shape)
    assert not dkeys.any()
    assert not any(g.any() for g in attention.grads.values())
    assert {k: g.shape for k, g in attention.grads.items()} == {k: p.shape for k, p in attention.params.items()}


@pytest.mark.parametrize("kind", ATTENTIONS)
def test_attention_to_no_keys_is_refused(kind):
    with pytest.raises(ValueError, match=r"expected one key or more, got keys \(0, 2, 3\)"):
        ATTENTIONS[kind]().forward(np.zeros((1, 2, 3), np.float32), np.zeros((0, 2, 3), np.float32))
    with pytest.raises(ValueError, match="an integer of 1 or more, got 0"):
        ATTENTIONS[kind](0)


@pytest.mark.parametrize("shape", [(0, 2), (3, 0), (0, 0)])
def test_the_layers_around_answer_nothing_with_nothing(shape):
    rng = np.random.default_rng(0)
    embedding, linear = nn.Embedding(5, 3, rng=rng), nn.Linear(3, 4, rng=rng)
    y = linear.forward(embedding.forward(np.zeros(shape, int)))
    assert y.shape == (*shape, 4)
    dx = linear.backward(y)
    embedding.backward(dx)
    for layer in (embedding, linear):
        assert {k: g.shape for k, g in layer.grads.items()} == {k: p.shape for k, p in layer.params.items()}
        assert not any(g.any() for g in layer.grads.values())
    with pytest.raises(ValueError, match="at least one step that counts, got arrays with none"):
        nn.softmax_cross_entropy(y, np.zeros(shape, int))
    with pytest.raises(ValueError, match="at least one step that counts, got arrays with none"):
        nn.mean_squared_error(y, y)


def test_no_classes_and_layers_of_no_numbers_are_refused():
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="one number or more in a step"):
        nn.softmax_cross_entropy(np.zeros((2, 3, 0)), np.zeros((2, 3), int))
    for kind, *sizes in ((nn.Linear, 0, 3), (nn.Linear, 3, 0), (nn.Embedding, 0, 3)):
        with pytest.raises(ValueError, match="an integer of 1 or more, got 0"):
            kind(*sizes, rng=rng)


# ---- lengths --------------------------------------------------------------------------------------------------------


@every
@stacked
@pytest.mark.parametrize("dtype", ["u1", "i1", "u2", "i4", "u4", "u8", ">i8", "list"])
def test_lengths_may_be_integers_of_any_type(name, stacked, dtype):
    layer, rng = made(name, stacked), np.random.default_rng(1)
    T, B = 130, 3  # beyond what a signed byte counts
    x, width = rng.normal(size=(T, B, 3)), 8 if stacked else 4
    state, dstate = ([rng.normal(size=(4, B, 4) if stacked else (B, 4)) for _ in layer.states] for _ in range(2))
    dh, lengths = rng.normal(size=(T, B, width)), np.array([7, 127, 90])
    expected = passes(layer, x, tuple(state), dh, tuple(dstate), lengths)
    given = lengths.tolist() if dtype == "list" else lengths.astype(dtype)
    for key, value in passes(layer, x, tuple(state), dh, tuple(dstate), given).items():
        assert np.array_equal(value, expected[key]), key


# ---- threads --------------------------------------------------------------------------------------------------------


def in_threads(count, act):
    """What ``act(k)`` returns for each thread k, all started together."""
    results, barrier = [None] * count, threading.Barrier(count)

    def run(k):
        barrier.wait()
        results[k] = act(k)

    threads = [threading.Thread(target=run, args=(k,)) for k in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


@every
@stacked
def test_one_layer_reads_in_several_threads(name, stacked):
    layer = made(name, stacked, D=8, H=32, dtype=np.float32)
    rng = np.random.default_rng(2)
    given = [[rng.normal(size=(20, 4, 8)).astype(np.float32) for _ in range(12)] for _ in range(4)]
    expected = [[layer.forward(x, train=False)[0] for x in of] for of in given]
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)  # threads take turns as often as they can
    try:
        got = in_threads(4, lambda k: [layer.forward(x, train=False)[0] for x in given[k]])
    finally:
        sys.setswitchinterval(before)
    for mine, theirs in zip(got, expected, strict=True):
        assert all(map(np.array_equal, mine, theirs))


@every
@stacked
def test_layers_of_their_own_train_in_several_threads(name, stacked):
    rng = np.random.default_rng(3)
    x = rng.normal(size=(4, 15, 3, 3))
    dh = rng.normal(size=(15, 3, 8 if stacked else 4))

    def train(k):
        layer, results = made(name, stacked), []
        for _ in range(8):
            h, _ = layer.forward(x[k])
            results += [h, layer.backward(dh)[0], *layer.grads.values()]
        return results

    expected = [train(k) for k in range(4)]
    for mine, theirs in zip(in_threads(4, train), expected, strict=True):
        assert all(map(np.array_equal, mine, theirs))
