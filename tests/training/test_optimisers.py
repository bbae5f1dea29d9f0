"""Optimisers equal torch.optim, update in place, and refuse a broken gradient by name."""

import numpy as np
import pytest
import torch

from lstm_helpers import nn
from lstm_helpers.training import SGD, Adam, AdamW, gradients, parameters

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
