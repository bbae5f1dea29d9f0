"""Right answers to exercise 09, as the solution shows them. What the checks compare with.

Shapes: ``T`` time steps, ``B`` batch, ``D`` input features, ``H`` hidden units, ``L`` layers; ``lengths`` (B,) whole
numbers from 1 to T, in any order.
"""

import numpy as np

from lstm_helpers.nn.lstm import lstm_backward, lstm_forward_cached
from lstm_helpers.nn.relatives import peephole_step


def reverse_within(x, lengths):
    """Each sequence backwards within its own length; the padding stays where it is.

    Shapes: x (T, B, N), lengths (B,). Returns (T, B, N).
    """
    t = np.arange(len(x))[:, None]
    source = np.where(t < lengths, lengths - 1 - t, t)
    return x[source, np.arange(len(lengths))]


def end_states(h, c, lengths):
    """The states after each sequence's own last step.

    Shapes: h, c (T + 1, B, H), entry t is the state before step t; lengths (B,). Returns h_n, c_n, each (B, H).
    """
    rows = np.arange(len(lengths))
    return h[lengths, rows], c[lengths, rows]


def bidirectional_forward(x, lengths, W_x, W_h, b, W_x_r, W_h_r, b_r):
    """Two LSTMs over a padded batch: one reads from the first step on, the other (_r) from each sequence's last.

    Shapes: x (T, B, D), lengths (B,), W_x, W_x_r (D, 4H), W_h, W_h_r (H, 4H), b, b_r (4H,).
    Returns out (T, B, 2H), the forward h beside the backward one at the same place, 0 on the padding; and the end
    states h_n, c_n (2, B, H) of the two directions. Source: Schuster & Paliwal 1997; order as in torch.nn.LSTM.
    """
    zeros = np.zeros((len(lengths), len(W_h)))
    x_r = reverse_within(x, lengths)
    h, c, _ = lstm_forward_cached(x, zeros, zeros, W_x, W_h, b)
    h_r, c_r, _ = lstm_forward_cached(x_r, zeros, zeros, W_x_r, W_h_r, b_r)
    ends = end_states(h, c, lengths)
    ends_r = end_states(h_r, c_r, lengths)
    out = np.concatenate([h[1:], reverse_within(h_r[1:], lengths)], axis=2)
    inside = np.arange(len(x))[:, None] < lengths
    out = np.where(inside[:, :, None], out, 0)
    return out, np.stack([ends[0], ends_r[0]]), np.stack([ends[1], ends_r[1]])


def bidirectional_backward(dout, dh_n, x, lengths, W_x, W_h, b, W_x_r, W_h_r, b_r):
    """From the gradients of out and h_n to those of the input and of both directions' weights.

    Shapes: dout (T, B, 2H), whatever stands on the padding does not count; dh_n (2, B, H); the rest as in
    ``bidirectional_forward``. Returns dx (T, B, D), dW_x, dW_h, db, dW_x_r, dW_h_r, db_r.
    """
    H, rows = len(W_h), np.arange(len(lengths))
    zero = np.zeros((len(lengths), H))
    inside = np.arange(len(x))[:, None] < lengths
    dout = np.where(inside[:, :, None], dout, 0)
    dh = dout[:, :, :H].copy()
    dh_r = reverse_within(dout[:, :, H:], lengths)
    dh[lengths - 1, rows] += dh_n[0]
    dh_r[lengths - 1, rows] += dh_n[1]
    x_r = reverse_within(x, lengths)
    one = lstm_forward_cached(x, zero, zero, W_x, W_h, b)
    two = lstm_forward_cached(x_r, zero, zero, W_x_r, W_h_r, b_r)
    dx, _, _, dW_x, dW_h, db = lstm_backward(dh, zero, zero, x, *one, W_x, W_h)
    dx_r, _, _, dW_x_r, dW_h_r, db_r = lstm_backward(dh_r, zero, zero, x_r, *two, W_x_r, W_h_r)
    dx = dx + reverse_within(dx_r, lengths)
    return dx, dW_x, dW_h, db, dW_x_r, dW_h_r, db_r


def stacked_forward(x, W_x, W_h, b):
    """L layers on top of one another: each reads the h of the one below, the lowest reads x.

    Shapes: x (T, B, H): as many features as units; W_x, W_h (L, H, 4H), b (L, 4H).
    Returns h (T, B, H) of the layer on top, and the last states h_n, c_n (L, B, H) of all layers.
    """
    zeros = np.zeros((x.shape[1], W_h.shape[1]))
    h_n, c_n = [], []
    for layer in range(len(W_x)):
        h, c, _ = lstm_forward_cached(x, zeros, zeros, W_x[layer], W_h[layer], b[layer])
        h_n.append(h[-1])
        c_n.append(c[-1])
        x = h[1:]
    return x, np.array(h_n), np.array(c_n)


def stacked_backward(dh, x, W_x, W_h, b):
    """From the gradient of the h on top to those of the input and of all layers' weights.

    Shapes: dh (T, B, H), the rest as in ``stacked_forward``. Returns dx (T, B, H), dW_x, dW_h (L, H, 4H), db (L, 4H).
    """
    zeros = np.zeros((x.shape[1], W_h.shape[1]))
    kept = []
    for layer in range(len(W_x)):
        states = lstm_forward_cached(x, zeros, zeros, W_x[layer], W_h[layer], b[layer])
        kept.append((x, *states))
        x = states[0][1:]
    grads = []
    for layer in reversed(range(len(W_x))):
        dh, _, _, *own = lstm_backward(dh, zeros, zeros, *kept[layer], W_x[layer], W_h[layer])
        grads.insert(0, own)
    dW_x, dW_h, db = (np.array(of_layers) for of_layers in zip(*grads, strict=True))
    return dh, dW_x, dW_h, db


def stack_weights(D, H, layers, directions, blocks):
    """How many numbers a stack of gated layers learns, one bias for each column: a whole number.

    D: input features; H: hidden units of each layer and direction; directions: 1 or 2; blocks: 4 for an LSTM, 3 for a
    GRU or coupled gates, 1 for a plain RNN.
    """
    total = 0
    for layer in range(layers):
        inputs = D if layer == 0 else directions * H
        total += directions * blocks * H * (inputs + H + 1)
    return total


__all__ = [
    "reverse_within",
    "end_states",
    "bidirectional_forward",
    "bidirectional_backward",
    "stacked_forward",
    "stacked_backward",
    "stack_weights",
    "peephole_step",
]
