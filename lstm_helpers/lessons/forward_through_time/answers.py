"""The right answers of exercise 05, as the solution shows them."""

import numpy as np

from lstm_helpers.nn.lstm import lstm_forward, lstm_forward_masked, lstm_step_fused, project_inputs


def forward_in_two(x_1, x_2, h_0, c_0, W_x, W_h, b):
    """A text in two pieces, x_1 (T_1, B, D), then x_2 (T_2, B, D). Returns h (T_1 + T_2, B, H) and the last pair."""
    h_1, (h, c) = lstm_forward(x_1, h_0, c_0, W_x, W_h, b)
    h_2, last = lstm_forward(x_2, h, c, W_x, W_h, b)
    return np.concatenate([h_1, h_2]), last


def lstm_forward_reset(x, starts, h_0, c_0, W_x, W_h, b):
    """As lstm_forward, and starts (T, B) is 1 where a new text begins. Returns h (T, B, H) and the last pair."""
    h, c, hs = h_0, c_0, []
    for t, z_x in enumerate(project_inputs(x, W_x, b)):
        keep = 1 - starts[t][:, None]
        h, c = lstm_step_fused(z_x, keep * h, keep * c, W_h)
        hs.append(h)
    return np.stack(hs), (h, c)


def pad(rows, lengths):
    """Sequences one after the other in rows (N, D), lengths (B,). Returns x (T, B, D) with zeros, mask (T, B)."""
    T, B, D = lengths.max(), len(lengths), rows.shape[1]
    x, mask = np.zeros((T, B, D)), np.zeros((T, B))
    start = 0
    for k, n in enumerate(lengths):
        x[:n, k] = rows[start : start + n]
        mask[:n, k] = 1
        start += n
    return x, mask


def last_states(h, lengths):
    """From h (T, B, H) and lengths (B,), the hidden state of each sequence at its own last step: (B, H)."""
    return h[lengths - 1, np.arange(h.shape[1])]


def weights_from_torch(weight_ih, weight_hh, bias_ih, bias_hh):
    """From weight_ih (4H, D), weight_hh (4H, H), bias_ih and bias_hh (4H,) to W_x (D, 4H), W_h (H, 4H), b (4H,)."""
    return weight_ih.T, weight_hh.T, bias_ih + bias_hh


def torch_sgd_step(W_x, W_h, b, dW_x, dW_h, db, lr):
    """The weights (D, 4H), (H, 4H), (4H,) after one step of plain gradient descent by torch, which has two biases."""
    return W_x - lr * dW_x, W_h - lr * dW_h, b - 2 * lr * db


__all__ = [
    "project_inputs",
    "lstm_step_fused",
    "lstm_forward",
    "forward_in_two",
    "pad",
    "last_states",
    "lstm_forward_masked",
    "lstm_forward_reset",
    "weights_from_torch",
    "torch_sgd_step",
]
