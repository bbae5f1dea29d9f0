"""Optimisers equal torch.optim, update in place, and refuse a broken gradient by name."""

import numpy as np
import pytest
import torch

from lstm_helpers import nn
from lstm_helpers.training import SGD, Adam, AdamW, fit, gradients, parameters

SHAPES = {"lstm.W_x": (3, 8), "lstm.b": (8,), "readout.b": ()}

PAIRS = {
    "sgd": (lambda p: SGD(p, 0.1), lambda p: torch.optim.SGD(p, 0.1)),
    "momentum": (lambda p: SGD(p, 0.1, momentum=0.9), lambda p: torch.optim.SGD(p, 0.1, momentum=0.9)),
    "adam": (lambda p: Adam(p), lambda p: torch.optim.Adam(p)),
    "adam, other": (
        lambda p: Adam(p, 0.02, betas=(0.8, 0.95), eps=1e-3),
        lambda p: torch.optim.Adam(p, 0.02, betas=(0.8, 0.95), eps=1e-3),
    ),
    "adamw": (lambda p: AdamW(p), lambda p: torch.optim.AdamW(p)),
    "adamw, other": (
        lambda p: AdamW(p, 0.02, weight_decay=0.3),
        lambda p: torch.optim.AdamW(p, 0.02, weight_decay=0.3),
    ),
}
OURS = {name: ours for name, (ours, _) in PAIRS.items()}


def draw(rng, dtype=np.float64):
    return {name: np.asarray(rng.normal(size=shape), dtype) for name, shape in SHAPES.items()}


@pytest.mark.parametrize("name", PAIRS)
def test_50_steps_equal_torch(name):
    rng = np.random.default_rng(0)
    params = draw(rng)
    theirs = {k: torch.tensor(p, requires_grad=True) for k, p in params.items()}
    ours, optimiser = PAIRS[name][0](params), PAIRS[name][1](list(theirs.values()))
    for step in range(50):
        grads = {k: g * 10.0 ** rng.integers(-4, 3) for k, g in draw(rng).items()}
        ours.lr = optimiser.param_groups[0]["lr"] = 0.01 * (1 + step % 3)
        for k, p in theirs.items():
            p.grad = torch.tensor(grads[k])
        ours.step(grads)
        optimiser.step()
    for k, p in theirs.items():
        np.testing.assert_allclose(params[k], p.detach().numpy(), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("make", OURS.values(), ids=OURS)
def test_a_loaded_state_goes_on_to_the_last_bit(make):
    rng = np.random.default_rng(1)
    straight = draw(rng)
    grads = [draw(rng) for _ in range(6)]
    first = make(straight)
    for g in grads[:3]:
        first.step(g)
    state, copy = first.state(), {k: p.copy() for k, p in straight.items()}
    for g in grads[3:]:
        first.step(g)  # must not reach into the state that was given out
    second = make(copy)
    second.lr = 99.0
    second.load(state)
    for g in grads[3:]:
        second.step(g)
    assert all(np.array_equal(copy[k], straight[k]) for k in SHAPES)


@pytest.mark.parametrize("make", OURS.values(), ids=OURS)
def test_parameters_keep_their_place_and_precision_and_gradients_are_left_alone(make):
    rng = np.random.default_rng(2)
    params, grads = draw(rng, np.float32), draw(rng, np.float32)
    arrays, before = dict(params), {k: p.copy() for k, p in params.items()}
    grads_before = {k: g.copy() for k, g in grads.items()}
    optimiser = make(params)
    optimiser.lr = np.float64(0.1)  # what a schedule may return
    optimiser.step(grads)
    for k in SHAPES:
        assert params[k] is arrays[k]
        assert params[k].dtype == np.float32
        assert not np.array_equal(params[k], before[k])
        assert np.array_equal(grads[k], grads_before[k])
    plain = make(before)
    plain.lr = 0.1
    plain.step(grads)
    assert all(np.array_equal(params[k], before[k]) for k in SHAPES)


@pytest.mark.parametrize(("bad", "word"), [(np.nan, "NaN"), (np.inf, "inf")])
def test_a_broken_gradient_names_the_parameter_and_changes_nothing(bad, word):
    rng = np.random.default_rng(3)
    params, grads = draw(rng), draw(rng)
    before = {k: p.copy() for k, p in params.items()}
    grads["lstm.b"][2] = bad
    optimiser = Adam(params)
    with pytest.raises(FloatingPointError, match=rf"gradient of lstm\.b holds {word}.*Lower lr, clip"):
        optimiser.step(grads)
    assert all(np.array_equal(params[k], before[k]) for k in SHAPES)
    assert optimiser.steps == 0


def test_gradients_that_do_not_fit_are_refused():
    rng = np.random.default_rng(4)
    optimiser, grads = SGD(draw(rng), 0.1), draw(rng)
    with pytest.raises(ValueError, match=r"no gradient for \['lstm\.b'\]: call backward first"):
        optimiser.step({k: g for k, g in grads.items() if k != "lstm.b"})
    with pytest.raises(ValueError, match=r"no parameter named \['other'\]"):
        optimiser.step(grads | {"other": np.zeros(1)})
    with pytest.raises(ValueError, match=r"shape \(8,\) for lstm\.b, got \(1,\)"):
        optimiser.step(grads | {"lstm.b": np.zeros(1)})


def test_the_state_of_another_optimiser_is_refused():
    params = draw(np.random.default_rng(5))
    with pytest.raises(ValueError, match="state of Adam .* does not match"):
        Adam(params).load(SGD(params, 0.1).state())
    other = {k: np.zeros((2, 2)) for k in params}
    with pytest.raises(ValueError, match=r"mean\.lstm\.W_x does not match"):
        Adam(params).load(Adam(other).state())


def test_several_layers_share_one_dictionary_and_see_the_update():
    rng = np.random.default_rng(6)
    first, second = nn.LSTM(3, 4, rng=rng), nn.RNN(4, 2, rng=rng)
    params = parameters(first=first, second=second)
    assert list(params) == ["first.W_x", "first.W_h", "first.b", "second.W_x", "second.W_h", "second.b"]
    x = rng.normal(size=(5, 2, 3)).astype(np.float32)
    h, _ = first.forward(x)
    y, _ = second.forward(h)
    dh, _ = second.backward(np.ones_like(y))
    first.backward(dh)
    SGD(params, 0.1).step(gradients(first=first, second=second))
    assert not np.array_equal(first.forward(x)[0], h)
    assert params["second.b"] is second.params["b"]


# ---- tied weights ---------------------------------------------------------------------------------------------------


def tied_layers():
    """An embedding and a readout that share one matrix, and the same in torch."""
    rng = np.random.default_rng(0)
    embedding, readout = nn.Embedding(5, 3, rng=rng, dtype=np.float64), nn.Linear(3, 5, rng=rng, dtype=np.float64)
    readout.params["W"] = embedding.params["W"].T
    theirs = torch.nn.Embedding(5, 3, dtype=torch.float64), torch.nn.Linear(3, 5, dtype=torch.float64)
    with torch.no_grad():
        theirs[0].weight[...] = torch.tensor(embedding.params["W"])
        theirs[1].weight = theirs[0].weight
        theirs[1].bias[...] = torch.tensor(readout.params["b"])
    return embedding, readout, *theirs


def test_tied_weights_are_clipped_and_stepped_once_as_in_torch():
    embedding, readout, their_embedding, their_readout = tied_layers()
    ids, targets = np.array([[1, 2], [3, 1]]), np.array([[2, 0], [4, 1]])
    layers = {"embedding": embedding, "readout": readout}
    optimiser = Adam(parameters(**layers), 0.1)
    assert list(optimiser.params) == ["embedding.W", "readout.b"]
    their_params = torch.nn.ModuleList([their_embedding, their_readout]).parameters()
    theirs = torch.optim.Adam(list(their_params), 0.1)

    def step(batch):
        loss, dscores = nn.softmax_cross_entropy(readout.forward(embedding.forward(ids)), targets)
        embedding.backward(readout.backward(dscores))
        return loss, gradients(**layers)

    for _ in range(5):
        theirs.zero_grad()
        scores = their_readout(their_embedding(torch.tensor(ids)))
        torch.nn.functional.cross_entropy(scores.reshape(-1, 5), torch.tensor(targets.ravel())).backward()
        torch.nn.utils.clip_grad_norm_(list(theirs.param_groups[0]["params"]), 0.01)
        theirs.step()
    fit(step, lambda rng: range(5), optimiser, rng=np.random.default_rng(0), epochs=1, clip=0.01, progress=False)
    np.testing.assert_allclose(embedding.params["W"], their_embedding.weight.detach().numpy(), rtol=1e-10)
    np.testing.assert_allclose(readout.params["b"], their_readout.bias.detach().numpy(), rtol=1e-10)
    assert readout.params["W"].base is embedding.params["W"]


def test_one_array_under_two_names_takes_one_step_with_the_sum_of_its_gradients():
    w, g, h = np.zeros(3), np.array([1.0, 2.0, 3.0]), np.array([10.0, 20.0, 30.0])
    optimiser = SGD({"a": w, "b": w}, lr=1.0)
    optimiser.step({"a": g, "b": h})
    assert w.tolist() == [-11, -22, -33]
    assert (g.tolist(), h.tolist()) == ([1, 2, 3], [10, 20, 30])
    optimiser.step({"a": g, "b": g})  # one gradient under both names counts once
    assert w.tolist() == [-12, -24, -36]


def test_the_loop_clips_the_sum_of_the_gradients_of_one_array():
    w = np.zeros(2)
    step = lambda batch: (0.0, {"a": np.array([3.0, 0.0]), "b": np.array([0.0, 4.0])})  # noqa: E731
    optimiser = SGD({"a": w, "b": w}, lr=1.0)
    rng = np.random.default_rng(0)
    history = fit(step, lambda rng: [0], optimiser, rng=rng, epochs=1, clip=1.0, progress=False)
    assert history.norm == [5]
    np.testing.assert_allclose(w, [-0.6, -0.8], rtol=1e-6)


def test_one_layer_under_two_names_counts_once():
    lstm = nn.LSTM(2, 3, rng=np.random.default_rng(0))
    h, _ = lstm.forward(np.ones((4, 2, 2), np.float32))
    lstm.backward(np.ones_like(h))
    assert list(parameters(one=lstm, other=lstm)) == ["one.W_x", "one.W_h", "one.b"]
    assert all(np.array_equal(g, lstm.grads[n[4:]]) for n, g in gradients(one=lstm, other=lstm).items())


def test_arrays_that_share_a_part_of_their_memory_are_refused():
    w = np.zeros(6)
    with pytest.raises(ValueError, match="a and b share a part of their memory"):
        SGD({"a": w[:4], "b": w[2:]}, 0.1)
    SGD({"a": w[::2], "b": w[1::2], "empty": np.zeros((0, 2)), "also empty": np.zeros((0, 2))}, 0.1)


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("shape", [(300, 200), (3, 50_000), (70_000,), (2, 3, 4000)])
def test_large_parameters_equal_torch_whatever_their_layout(shape, order):
    rng = np.random.default_rng(0)
    start = rng.normal(size=shape)
    w, theirs = np.array(start, order=order), torch.tensor(start, requires_grad=True)
    ours, framework = Adam({"w": w}, 0.01), torch.optim.Adam([theirs], 0.01)
    for _ in range(3):
        g = rng.normal(size=shape)
        theirs.grad = torch.tensor(g)
        ours.step({"w": g})
        framework.step()
    np.testing.assert_allclose(w, theirs.detach().numpy(), rtol=1e-10, atol=1e-12)
