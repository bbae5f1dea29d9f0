"""The right answers of exercise 04, as the solution shows them."""

import numpy as np

from lstm_helpers.nn.functional import cell_update, hidden_update, lstm_step, lstm_step_stacked, sigmoid


def torch_step(x, h_prev, c_prev, W_ih, W_hh, b_ih, b_hh):
    """One step with PyTorch's arrays: W_ih (4H, D), W_hh (4H, H), b_ih and b_hh (4H,).

    x (B, D), h_prev and c_prev (B, H). Returns h, c, each (B, H).
    """
    H = h_prev.shape[1]
    z = x @ W_ih.T + h_prev @ W_hh.T + b_ih + b_hh
    i = sigmoid(z[:, :H])
    f = sigmoid(z[:, H : 2 * H])
    g = np.tanh(z[:, 2 * H : 3 * H])
    o = sigmoid(z[:, 3 * H :])
    c = f * c_prev + i * g
    h = o * np.tanh(c)
    return h, c


def kept_share(f):
    """f (T, B, H), the forget gates of T steps.

    Returns the share of c_0 that is left after each step, (T, B, H).
    """
    return np.cumprod(f, axis=0)


def memory_weights(i, f):
    """i and f (T, B, H), the input and forget gates of T steps.

    Returns w (T, B, H): how much of each g is in c_T.
    """
    w = np.empty_like(i)
    later = 1.0  # the product of the forget gates after step t
    for t in reversed(range(len(i))):
        w[t] = i[t] * later
        later = later * f[t]
    return w


def lstm_sizes(T, B, D, H):
    """T steps of B sequences, D inputs, H units: four whole numbers.

    Returns parameters, carried, kept: how many numbers each of the three holds.
    """
    parameters = 4 * H * (D + H + 1)
    carried = 2 * B * H
    kept = 2 * (T + 1) * B * H + T * B * 4 * H
    return parameters, carried, kept


def latch():
    """Weights of one LSTM unit, D = 2 and H = 1, columns i, f, g, o.

    Returns W_x (2, 4), W_h (1, 4), b (4,).
    """
    on = [12.0, -12.0, 3.0, 0.0]  # set: open i, forget the old value, write tanh(3) = 0.995
    off = [0.0, -12.0, 0.0, 0.0]  # reset: forget
    W_h = np.zeros((1, 4))  # the commands say it all
    b = np.array([-6.0, 6.0, 0.0, 6.0])  # nothing: shut i, keep, show; sigmoid(6) ** 99 is 0.78
    return np.array([on, off]), W_h, b


__all__ = [
    "cell_update",
    "hidden_update",
    "lstm_step",
    "lstm_step_stacked",
    "torch_step",
    "kept_share",
    "memory_weights",
    "lstm_sizes",
    "latch",
]
