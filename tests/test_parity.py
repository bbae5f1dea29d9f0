"""Weights go both ways between NumPy and torch.nn, and the comparison tells equal from nearly equal."""

import subprocess
import sys

import numpy as np
import pytest
import torch

from lstm_helpers import nn, parity

KINDS = pytest.mark.parametrize("name", ["LSTM", "RNN"])


@KINDS
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_weights_survive_the_way_to_torch_and_back(name, dtype):
    layer = getattr(nn, name)(3, 5, rng=np.random.default_rng(0), dtype=dtype)
    back = parity.from_torch(parity.to_torch(layer))
    assert back.dtype == dtype
    assert all(back.params[k].tobytes() == v.tobytes() for k, v in layer.params.items())


@KINDS
def test_our_layer_in_torch_gives_the_same_output(name):
    layer = getattr(nn, name)(3, 5, rng=np.random.default_rng(0), dtype=np.float64)
    x = np.random.default_rng(1).normal(size=(7, 2, 3))
    with torch.no_grad():
        theirs, _ = parity.to_torch(layer)(torch.from_numpy(x))
    assert parity.compare({"h": layer.forward(x)[0]}, {"h": theirs}, 1e-12).ok


@KINDS
def test_changing_one_side_leaves_the_other_alone(name):
    module = getattr(torch.nn, name)(3, 5)
    layer = parity.from_torch(module)
    before = {k: v.copy() for k, v in layer.params.items()}
    with torch.no_grad():
        for p in module.parameters():
            p.fill_(7)
    assert all((layer.params[k] == v).all() for k, v in before.items())
    copy = parity.to_torch(layer)
    for v in layer.params.values():
        v[...] = 7
    assert all(not (p == 7).any() for p in copy.parameters())


@KINDS
def test_a_module_without_bias_has_b_zero(name):
    module = getattr(torch.nn, name)(3, 5, bias=False)
    layer = parity.from_torch(module)
    assert not layer.params["b"].any()
    x = np.random.default_rng(1).normal(size=(7, 2, 3)).astype(np.float32)
    with torch.no_grad():
        assert parity.compare({"h": layer.forward(x)[0]}, {"h": module(torch.from_numpy(x))[0]}, 1e-6).ok


# what torch.nn has, and what it becomes here
COUNTERPARTS = {
    "tanh RNN": (torch.nn.RNN, {}),
    "relu RNN": (torch.nn.RNN, {"nonlinearity": "relu"}),
    "LSTM": (torch.nn.LSTM, {}),
    "GRU": (torch.nn.GRU, {}),
}
SHAPES = {
    "one layer": {},
    "three layers": {"num_layers": 3},
    "two directions": {"bidirectional": True},
    "two layers, two directions": {"num_layers": 2, "bidirectional": True, "dropout": 0.25},
}
every_counterpart = pytest.mark.parametrize("name", COUNTERPARTS)
every_shape = pytest.mark.parametrize("shape", SHAPES)


def counterpart(name, shape, dtype=torch.float64, **options):
    kind, given = COUNTERPARTS[name]
    module = kind(3, 5, dtype=dtype, **given, **SHAPES[shape], **options).eval()
    with torch.no_grad():
        for k, p in enumerate(module.parameters()):  # no two parameters alike, both biases distinct
            p.copy_(torch.from_numpy(np.random.default_rng(k).uniform(-0.5, 0.5, p.shape)))
    return module


@every_counterpart
@every_shape
@pytest.mark.parametrize("bias", [True, False], ids=["two biases", "no bias"])
def test_every_counterpart_goes_both_ways(name, shape, bias):
    module = counterpart(name, shape, bias=bias)
    layer = parity.from_torch(module)
    back = parity.to_torch(layer).eval()
    assert (back.num_layers, back.bidirectional, back.dropout) == (
        module.num_layers, module.bidirectional, module.dropout,
    )  # fmt: skip
    x = np.random.default_rng(1).normal(size=(7, 2, 3))
    with torch.no_grad():
        theirs, again = module(torch.from_numpy(x))[0], back(torch.from_numpy(x))[0]
    ours = layer.forward(x, train=False)[0]
    assert parity.compare({"h": ours}, {"h": theirs}, 1e-12).ok
    assert parity.compare({"h": ours}, {"h": again}, 1e-12).ok
    second = parity.from_torch(back)
    assert all(second.params[k].tobytes() == v.tobytes() for k, v in layer.params.items())


@every_counterpart
@every_shape
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_dtype_stays(name, shape, dtype):
    layer = parity.from_torch(counterpart(name, shape, getattr(torch, dtype)))
    assert layer.dtype == dtype
    assert all(v.dtype == dtype for v in layer.params.values())
    assert {str(p.dtype) for p in parity.to_torch(layer).parameters()} == {f"torch.{dtype}"}


@every_counterpart
@every_shape
def test_the_second_bias_comes_back_as_zero(name, shape):
    layer = parity.from_torch(counterpart(name, shape))
    for key, p in parity.to_torch(layer).named_parameters():
        if key.startswith("bias_hh"):
            assert not p[:10].any() if name == "GRU" else not p.any()
            assert name != "GRU" or p[10:].all()  # b_hn


@every_counterpart
@every_shape
def test_no_memory_is_shared(name, shape):
    module = counterpart(name, shape)
    layer = parity.from_torch(module)
    before = {k: v.copy() for k, v in layer.params.items()}
    copy = parity.to_torch(layer)
    with torch.no_grad():
        for p in [*module.parameters(), *copy.parameters()]:
            p.fill_(7)
    assert all((layer.params[k] == v).all() for k, v in before.items())


def test_a_stack_of_one_layer_becomes_a_module_of_one_layer():
    stack = nn.Stack(nn.GRU, 3, 5, dropout=0.5, rng=np.random.default_rng(0))
    module = parity.to_torch(stack)
    assert (module.num_layers, module.dropout) == (1, 0)
    assert parity.compare({"b_hn": stack.params["l0.b_hn"]}, {"b_hn": module.bias_hh_l0[10:]}, 0).ok


@pytest.mark.parametrize("cell", ["RNNCell", "LSTMCell", "GRUCell"])
def test_params_of_a_cell(cell):
    module = getattr(torch.nn, cell)(3, 5)
    params = parity.params_from_torch(module)
    extra = ["b_hn"] if cell == "GRUCell" else []
    assert list(params) == ["W_x", "W_h", "b", *extra]
    assert (params["W_h"] == module.weight_hh.detach().numpy().T).all()


def test_the_names_of_a_stack():
    names = list(parity.params_from_torch(counterpart("GRU", "two layers, two directions")))
    assert names[:5] == ["l0.W_x", "l0.W_h", "l0.b", "l0.b_hn", "l0r.W_x"]
    assert names[-1] == "l1r.b_hn"


def test_gradients_take_the_same_names():
    module = counterpart("LSTM", "one layer")
    with pytest.raises(ValueError, match="call backward on the loss first"):
        parity.grads_from_torch(module)
    module(torch.ones(4, 2, 3, dtype=torch.float64))[0].sum().backward()
    grads = parity.grads_from_torch(module)
    assert list(grads) == ["W_x", "W_h", "b"]
    assert (grads["b"] == module.bias_ih_l0.grad.numpy()).all()
    assert (grads["W_h"] == module.weight_hh_l0.grad.numpy().T).all()
    grads["b"][...] = 7
    assert not (module.bias_ih_l0.grad == 7).any()


@pytest.mark.parametrize(
    ("module", "error", "says"),
    [
        (torch.nn.LSTM(2, 3, proj_size=1), ValueError, "got proj_size=1"),
        (torch.nn.Linear(2, 3), TypeError, "torch.nn.LSTM or torch.nn.GRU, got Linear"),
        (torch.nn.LSTMCell(2, 3), TypeError, "got LSTMCell"),
    ],
    ids=["projection", "linear", "cell"],
)
def test_a_module_that_we_do_not_have_is_refused(module, error, says):
    with pytest.raises(error, match=says):
        parity.from_torch(module)


@pytest.mark.parametrize("stacked", [False, True], ids=["layer", "stack"])
@pytest.mark.parametrize(("kind", "options"), [(nn.PeepholeLSTM, {}), (nn.GRU, {"reset_after": False})])
def test_a_layer_that_torch_does_not_have_is_refused(kind, options, stacked):
    options = options | {"rng": np.random.default_rng(0)}
    layer = nn.Stack(kind, 2, 3, **options) if stacked else kind(2, 3, **options)
    with pytest.raises(TypeError, match=f"reset after the product\\), got {kind.__name__}: torch has no other"):
        parity.to_torch(layer)


def test_comparison_says_which_tensor_is_off_and_by_how_much():
    a = {"h": np.ones((2, 3)), "c": np.ones(4)}
    result = parity.compare(a, {"h": a["h"] + 1e-3, "c": torch.ones(4)}, 1e-6)
    assert not result.ok
    header, h, c = str(result).splitlines()
    assert "equal to 1e-06" in header
    assert h.split() == ["h", "(2,", "3)", "no:", "off", "by", "0.001"]
    assert c.split() == ["c", "(4,)", "yes"]
    assert parity.compare(a, a, 0).ok


def test_comparison_is_relative_to_the_largest_value_of_the_tensor():
    large = np.array([1e6, 1.0])
    assert parity.compare({"h": large + 0.5}, {"h": large}, 1e-6).ok
    assert not parity.compare({"h": large + 2}, {"h": large}, 1e-6).ok
    assert not parity.compare({"h": np.array([1e-3])}, {"h": np.array([0.0])}, 1e-6).ok
    assert not parity.compare({"h": np.array([1e-9])}, {"h": np.array([2e-9])}, 1e-6).ok


def test_nan_is_never_equal():
    nan = np.array([np.nan, 1.0])
    assert not parity.compare({"h": nan}, {"h": nan}).ok
    assert not parity.compare({"h": nan}, {"h": np.ones(2)}).ok


def test_comparison_of_unlike_things_is_refused():
    with pytest.raises(ValueError, match="same names on both sides"):
        parity.compare({"h": np.ones(2)}, {"c": np.ones(2)})
    with pytest.raises(ValueError, match=r"expected h of shape \(3,\), as the other side has it, got \(2,\)"):
        parity.compare({"h": np.ones(2)}, {"h": np.ones(3)})


def test_importing_parity_does_not_import_torch():
    code = "import sys, lstm_helpers.parity; print('torch' in sys.modules)"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "False"


def test_a_projection_is_refused_and_not_left_out():
    module = torch.nn.LSTM(2, 3, proj_size=1)
    module(torch.zeros(1, 1, 2))[0].sum().backward()
    for take in (parity.params_from_torch, parity.grads_from_torch, parity.from_torch):
        with pytest.raises(ValueError, match="expected an LSTM without projection, got proj_size=1"):
            take(module)


def test_the_columns_of_a_comparison_stand_below_one_another_whatever_the_names():
    both = {"W_x": np.zeros((2, 3)), "a.longer.name": np.ones(2)}
    head, *rows = str(parity.compare(both, both, 1e-6)).splitlines()
    assert {row.index("(") for row in rows} == {head.index("shape")}
    assert {row.index("yes") for row in rows} == {head.index("equal")}
    assert str(parity.compare({"W_x": np.zeros(2)}, {"W_x": np.zeros(2)}, 1e-6)).startswith("tensor   shape  ")
