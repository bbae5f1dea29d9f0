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


@pytest.mark.parametrize(
    ("module", "error", "says"),
    [
        (torch.nn.LSTM(2, 3, num_layers=2), ValueError, "take one layer at a time"),
        (torch.nn.RNN(2, 3, bidirectional=True), ValueError, "one layer in one direction"),
        (torch.nn.LSTM(2, 3, proj_size=1), ValueError, "got proj_size=1"),
        (torch.nn.RNN(2, 3, nonlinearity="relu"), TypeError, "with tanh, got RNN"),
        (torch.nn.GRU(2, 3), TypeError, "got GRU"),
    ],
    ids=["two layers", "two directions", "projection", "relu", "GRU"],
)
def test_a_module_that_we_do_not_have_is_refused(module, error, says):
    with pytest.raises(error, match=says):
        parity.from_torch(module)


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
