"""Initialisers fill a layer in place, each with its own law."""

import numpy as np
import pytest

from lstm_helpers import nn
from lstm_helpers.nn.initialisers import chrono, forget_bias, orthogonal, uniform

H = 6
GATES = {gate: slice(k * H, (k + 1) * H) for k, gate in enumerate("ifgo")}


@pytest.fixture(params=[np.float32, np.float64])
def lstm(request):
    return nn.LSTM(3, H, rng=np.random.default_rng(0), dtype=request.param)


def others(params, *changed):
    return {name: p.copy() for name, p in params.items() if name not in changed}


def same(params, before):
    return all(np.array_equal(params[name], p) for name, p in before.items())


def test_uniform_is_what_a_new_layer_draws(lstm):
    arrays = dict(lstm.params)
    uniform(lstm, rng=np.random.default_rng(7))
    new = nn.LSTM(3, H, rng=np.random.default_rng(7), dtype=lstm.dtype)
    assert same(lstm.params, new.params)
    assert all(lstm.params[name] is array for name, array in arrays.items())


def test_uniform_fills_the_range():
    rnn = nn.RNN(50, 100, rng=np.random.default_rng(0))
    uniform(rnn, rng=np.random.default_rng(1))
    for name in ("W_x", "W_h"):
        assert rnn.params[name].min() == pytest.approx(-0.1, abs=1e-3)
        assert rnn.params[name].max() == pytest.approx(0.1, abs=1e-3)
        assert rnn.params[name].std() == pytest.approx(0.1 / np.sqrt(3), rel=0.03)


def test_orthogonal_makes_each_gate_keep_lengths_and_touches_nothing_else(lstm):
    before = others(lstm.params, "W_h")
    orthogonal(lstm, rng=np.random.default_rng(1))
    for gate in GATES.values():
        block = lstm.params["W_h"][:, gate].astype(float)
        np.testing.assert_allclose(block @ block.T, np.eye(H), atol=1e-6 if lstm.dtype == np.float32 else 1e-14)
    blocks = [lstm.params["W_h"][:, gate] for gate in GATES.values()]
    assert not np.array_equal(blocks[0], blocks[1])
    assert same(lstm.params, before)


def test_orthogonal_is_drawn_evenly():
    """Without the signs, QR's q has a diagonal that is never positive on average: a law that is not even."""
    rng, rnn = np.random.default_rng(2), nn.RNN(1, 2, rng=np.random.default_rng(0), dtype=np.float64)
    corners = []
    for _ in range(2000):
        orthogonal(rnn, rng=rng)
        corners.append(rnn.params["W_h"][0, 0])
    assert abs(np.mean(corners)) < 0.06  # its standard error is 0.016


def test_forget_bias_sets_its_slice_only(lstm):
    before, b = others(lstm.params, "b"), lstm.params["b"].copy()
    forget_bias(lstm, 1.5)
    expected = b.copy()
    expected[GATES["f"]] = 1.5
    assert np.array_equal(lstm.params["b"], expected)
    assert same(lstm.params, before)
    made = nn.LSTM(3, H, rng=np.random.default_rng(0), dtype=lstm.dtype, forget_bias=1.5)
    assert same(lstm.params, made.params)


def test_chrono_follows_the_paper():
    lstm = nn.LSTM(1, 4000, rng=np.random.default_rng(0))
    untouched = np.r_[8000:16000]
    before, b = others(lstm.params, "b"), lstm.params["b"][untouched].copy()
    chrono(lstm, 100, rng=np.random.default_rng(1))
    b_i, b_f = lstm.params["b"][:4000], lstm.params["b"][4000:8000]
    assert np.array_equal(b_i, -b_f)
    steps = np.exp(b_f)  # U(1, T - 1)
    assert 1 <= steps.min() < 2
    assert 98 < steps.max() <= 99 * (1 + 1e-6)
    assert steps.mean() == pytest.approx(50, abs=2)
    assert np.array_equal(lstm.params["b"][untouched], b)
    assert same(lstm.params, before)


@pytest.mark.parametrize(
    ("layer_class", "gate"), [(nn.PeepholeLSTM, 1), (nn.LayerNormLSTM, 1), (nn.CoupledLSTM, 0)], ids=lambda c: str(c)
)
def test_the_variants_forget_gate_is_found_by_its_name(layer_class, gate):
    layer = layer_class(3, H, rng=np.random.default_rng(0))
    forget_bias(layer, 9.0)
    assert np.flatnonzero(layer.params["b"] == 9).tolist() == list(range(gate * H, (gate + 1) * H))


def test_uniform_leaves_the_layer_norm_at_its_start():
    layer = nn.LayerNormLSTM(3, H, rng=np.random.default_rng(0))
    before = others(layer.params, "W_x", "W_h", "b")
    uniform(layer, rng=np.random.default_rng(1))
    assert before
    assert same(layer.params, before)


def test_a_layer_without_the_gate_is_refused_and_left_as_it_was():
    rng = np.random.default_rng(0)
    for layer in (nn.RNN(3, H, rng=rng), nn.GRU(3, H, rng=rng), nn.LSTM1997(3, H, rng=rng)):
        with pytest.raises(TypeError, match=f"a gate f, got {type(layer).__name__}: use an LSTM"):
            forget_bias(layer, 1.0)
    coupled = nn.CoupledLSTM(3, H, rng=rng)
    before = others(coupled.params)
    with pytest.raises(TypeError, match="a gate i, got CoupledLSTM"):
        chrono(coupled, 10, rng=rng)
    assert same(coupled.params, before)
    with pytest.raises(ValueError, match="3 time steps or more, got 2"):
        chrono(nn.LSTM(3, H, rng=rng), 2, rng=rng)


# ---- stacks ---------------------------------------------------------------------------------------------------------

KINDS = [nn.RNN, nn.LSTM, nn.GRU, nn.LSTM1997, nn.CoupledLSTM, nn.PeepholeLSTM, nn.LayerNormLSTM]


def stack_of(kind, seed=0):
    return nn.Stack(kind, 3, H, layers=2, bidirectional=True, rng=np.random.default_rng(seed))


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_uniform_on_a_stack_is_what_a_new_stack_draws(kind):
    stack = stack_of(kind)
    for p in stack.params.values():
        p[...] = 1  # gains are at their start; everything else is drawn anew
    for layer in stack.layers.values():
        layer.params["b"][...] = 5
        if "bias_c" in layer.params:
            layer.params["bias_c"][...] = 0
    uniform(stack, rng=np.random.default_rng(7))
    rng = np.random.default_rng(7)
    for name, layer in stack.layers.items():
        new = kind(6 * 2 if name.startswith("l1") else 3, H, rng=np.random.default_rng(0))
        uniform(new, rng=rng)
        assert same(layer.params, new.params)
        for gain in (key for key in layer.params if key.startswith("gain")):
            assert (layer.params[gain] == 1).all()


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_orthogonal_on_a_stack_reaches_every_block_and_nothing_else(kind):
    stack = stack_of(kind)
    before = others(stack.params, *(f"{name}.W_h" for name in stack.layers))
    orthogonal(stack, rng=np.random.default_rng(1))
    for layer in stack.layers.values():
        for block in np.split(layer.params["W_h"].astype(float), layer.blocks, axis=1):
            np.testing.assert_allclose(block @ block.T, np.eye(H), atol=1e-6)
    assert same(stack.params, before)


def test_the_biases_of_a_stack_are_set_in_every_layer():
    stack = stack_of(nn.LSTM)
    forget_bias(stack, 1.5)
    assert all((layer.params["b"][GATES["f"]] == 1.5).all() for layer in stack.layers.values())
    chrono(stack, 50, rng=np.random.default_rng(1))
    biases = [layer.params["b"] for layer in stack.layers.values()]
    assert all(np.array_equal(b[GATES["i"]], -b[GATES["f"]]) for b in biases)
    assert not np.array_equal(biases[0][GATES["f"]], biases[1][GATES["f"]])
    with pytest.raises(TypeError, match="a gate f, got RNN"):
        forget_bias(stack_of(nn.RNN), 1.0)


@pytest.mark.parametrize("act", [uniform, orthogonal, lambda layer, rng: forget_bias(layer, 1.0)])
def test_a_layer_that_is_not_recurrent_is_refused(act):
    rng = np.random.default_rng(0)
    with pytest.raises(TypeError, match="expected a recurrent layer or a stack of them, got Linear"):
        act(nn.Linear(3, 4, rng=rng), rng=rng)
