"""One time step of each layer, written as the equations are.

Shapes everywhere: ``B`` batch, ``D`` input features, ``H`` hidden units; ``x`` is ``(B, D)``, ``h_prev`` and
``c_prev`` are ``(B, H)``. The LSTM's weights stack four gates side by side in the order **i, f, g, o**:
``W_x (D, 4H)``, ``W_h (H, 4H)``, ``b (4H,)``; a gate's own slice is ``W_x[:, gate]``.

These functions are the readable face: lessons quote them, checks compare with them, and the fused kernels
of the layer classes are tested against them.
"""

import numpy as np


def sigmoid(z):
    """Squash every number of ``z`` into the range 0 to 1: 1 / (1 + exp(-z)).

    Shapes: any shape in, the same shape out. Exact for large inputs of either sign, without overflow.
    """
    e = np.exp(-np.abs(z))  # the exponent is never positive, so it cannot overflow
    return np.where(z >= 0, 1, e) / (1 + e)


def rnn_step(x, h_prev, W_x, W_h, b):
    """One step of the plain (Elman) RNN: tanh of input and previous hidden state.

    Shapes: x (B, D), h_prev (B, H), W_x (D, H), W_h (H, H), b (H,). Returns h (B, H).
    """
    return np.tanh(x @ W_x + h_prev @ W_h + b)


def input_gate(x, h_prev, W_x, W_h, b):
    """The input gate layer: which fraction of each candidate value is added to the cell state.

    Shapes: x (B, D), h_prev (B, H), W_x (D, 4H), W_h (H, 4H), b (4H,).
    Returns i (B, H), each value in 0 to 1.
    Source: Hochreiter & Schmidhuber 1997.
    """
    H = h_prev.shape[-1]
    gate = slice(0, H)
    return sigmoid(x @ W_x[:, gate] + h_prev @ W_h[:, gate] + b[gate])


def forget_gate(x, h_prev, W_x, W_h, b):
    """The forget gate: which fraction of each value of the cell state is kept.

    Shapes: x (B, D), h_prev (B, H), W_x (D, 4H), W_h (H, 4H), b (4H,).
    Returns f (B, H), each value in 0 to 1.
    Source: Gers, Schmidhuber & Cummins 2000.
    """
    H = h_prev.shape[-1]
    gate = slice(H, 2 * H)
    return sigmoid(x @ W_x[:, gate] + h_prev @ W_h[:, gate] + b[gate])


def candidate(x, h_prev, W_x, W_h, b):
    """The candidate layer: the new values that could be added to the cell state.

    Shapes: x (B, D), h_prev (B, H), W_x (D, 4H), W_h (H, 4H), b (4H,).
    Returns g (B, H), each value in -1 to 1.
    Source: Hochreiter & Schmidhuber 1997.
    """
    H = h_prev.shape[-1]
    gate = slice(2 * H, 3 * H)
    return np.tanh(x @ W_x[:, gate] + h_prev @ W_h[:, gate] + b[gate])


def output_gate(x, h_prev, W_x, W_h, b):
    """The output gate: which fraction of each squashed cell value is shown as the hidden state.

    Shapes: x (B, D), h_prev (B, H), W_x (D, 4H), W_h (H, 4H), b (4H,).
    Returns o (B, H), each value in 0 to 1.
    Source: Hochreiter & Schmidhuber 1997.
    """
    H = h_prev.shape[-1]
    gate = slice(3 * H, 4 * H)
    return sigmoid(x @ W_x[:, gate] + h_prev @ W_h[:, gate] + b[gate])


def cell_update(f, c_prev, i, g):
    """The new cell state: keep the fraction f of the old one, add the fraction i of the candidate.

    Shapes: all (B, H). Returns c (B, H), not bounded. Source: Gers, Schmidhuber & Cummins 2000.
    """
    return f * c_prev + i * g


def hidden_update(o, c):
    """The new hidden state: the cell state squashed by tanh, let out by the output gate.

    Shapes: o and c (B, H). Returns h (B, H), each value in -1 to 1.
    """
    return o * np.tanh(c)


def lstm_step(x, h_prev, c_prev, W_x, W_h, b):
    """One step of the LSTM: four layers, then the two updates.

    Shapes: x (B, D), h_prev and c_prev (B, H), W_x (D, 4H), W_h (H, 4H), b (4H,). Returns h, c, each (B, H).
    Source: Gers, Schmidhuber & Cummins 2000; gate order i, f, g, o as in torch.nn.LSTMCell.
    """
    i = input_gate(x, h_prev, W_x, W_h, b)
    f = forget_gate(x, h_prev, W_x, W_h, b)
    g = candidate(x, h_prev, W_x, W_h, b)
    o = output_gate(x, h_prev, W_x, W_h, b)
    c = cell_update(f, c_prev, i, g)
    h = hidden_update(o, c)
    return h, c


def lstm_step_stacked(x, h_prev, c_prev, W, b):
    """One step of the LSTM with the weight matrices stacked: [h_prev, x] W + b, as lecture notes write it.

    Shapes: x (B, D), h_prev and c_prev (B, H), W (H + D, 4H) with the rows for h first, b (4H,).
    Returns h, c, each (B, H).
    """
    H = h_prev.shape[-1]
    z = np.concatenate([h_prev, x], axis=1) @ W + b
    i = sigmoid(z[:, :H])
    f = sigmoid(z[:, H : 2 * H])
    g = np.tanh(z[:, 2 * H : 3 * H])
    o = sigmoid(z[:, 3 * H :])
    c = cell_update(f, c_prev, i, g)
    h = hidden_update(o, c)
    return h, c
