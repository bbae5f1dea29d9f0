"""The right answers of exercise 03, as the solution shows them."""

import numpy as np

from lstm_helpers.nn.functional import sigmoid


def lstm_layers(x, h_prev, W_x, W_h, b):
    """The four layers i, f, g, o, each (B, H), of x (B, D), h_prev (B, H), W_x (D, 4H), W_h (H, 4H), b (4H,)."""
    z_i, z_f, z_g, z_o = np.split(x @ W_x + h_prev @ W_h + b, 4, axis=1)
    return sigmoid(z_i), sigmoid(z_f), np.tanh(z_g), sigmoid(z_o)


def gru_layers(x, h_prev, W_x, W_h, b):
    """The layers r, z, n of a GRU, each (B, H): reset gate, update gate, and the candidate, which reads r * h_prev.

    Shapes: x (B, D), h_prev (B, H), W_x (D, 3H), W_h (H, 3H), b (3H,), columns in the order r, z, n.
    Source: Cho et al. 2014, equations 5, 6 and 8.
    """
    H = h_prev.shape[-1]
    gates, new = slice(0, 2 * H), slice(2 * H, 3 * H)
    r, z = np.split(sigmoid(x @ W_x[:, gates] + h_prev @ W_h[:, gates] + b[gates]), 2, axis=1)
    n = np.tanh(x @ W_x[:, new] + (r * h_prev) @ W_h[:, new] + b[new])
    return r, z, n


def gate_bias(p):
    """p: fractions between 0 and 1, any shape. Returns b, the same shape: sigmoid(b) is p."""
    return np.log(p / (1 - p))


def from_onnx(a):
    """a (..., 4H): blocks in the order i, o, f, g along the last axis. Returns a new array with them as i, f, g, o."""
    i, o, f, g = np.split(a, 4, axis=-1)
    return np.concatenate([i, f, g, o], axis=-1)


def steps_to_half(b):
    """b: biases of a forget gate that reads zeros, any shape. Returns n, the same shape: sigmoid(b) ** n is 1/2."""
    return np.log(2) / np.log1p(np.exp(-b))


__all__ = [
    "sigmoid",
    "lstm_layers",
    "gru_layers",
    "gate_bias",
    "from_onnx",
    "steps_to_half",
]
