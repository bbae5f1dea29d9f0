"""The right answers of exercise 05, as the solution shows them."""

import numpy as np

from lstm_helpers.nn.functional import sigmoid


def project_inputs(x, W_x, b):
    """The share that the inputs have in all pre-activations. x (T, B, D), W_x (D, 4H), b (4H,). Returns (T, B, 4H)."""
    return x @ W_x + b


def lstm_step_fused(z_x, h_prev, c_prev, W_h):
    """One step from the projected input. z_x (B, 4H), h_prev and c_prev (B, H), W_h (H, 4H). Returns h, c, (B, H)."""
    z = z_x + h_prev @ W_h
    i, f, g, o = np.split(z, 4, axis=1)
    c = sigmoid(f) * c_prev + sigmoid(i) * np.tanh(g)
    h = sigmoid(o) * np.tanh(c)
    return h, c


def lstm_forward(x, h_0, c_0, W_x, W_h, b):
    """The cell over x (T, B, D) from h_0 and c_0 (B, H). Returns h (T, B, H) and the pair of the last states."""
    h, c, hs = h_0, c_0, []
    for z_x in project_inputs(x, W_x, b):
        h, c = lstm_step_fused(z_x, h, c, W_h)
        hs.append(h)
    return np.stack(hs), (h, c)


def forward_in_two(x_1, x_2, h_0, c_0, W_x, W_h, b):
    """A text in two pieces, x_1 (T_1, B, D), then x_2 (T_2, B, D). Returns h (T_1 + T_2, B, H) and the last pair."""
    h_1, (h, c) = lstm_forward(x_1, h_0, c_0, W_x, W_h, b)
    h_2, last = lstm_forward(x_2, h, c, W_x, W_h, b)
    return np.concatenate([h_1, h_2]), last


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


def lstm_forward_masked(x, mask, h_0, c_0, W_x, W_h, b):
    """As lstm_forward, and mask (T, B) is 1 on real steps. Beyond a sequence's end h is 0, and its states stay."""
    h, c, hs = h_0, c_0, []
    for t, z_x in enumerate(project_inputs(x, W_x, b)):
        m = mask[t][:, None]
        h_new, c_new = lstm_step_fused(z_x, h, c, W_h)
        h = m * h_new + (1 - m) * h
        c = m * c_new + (1 - m) * c
        hs.append(m * h)
    return np.stack(hs), (h, c)


def weights_from_torch(weight_ih, weight_hh, bias_ih, bias_hh):
    """From weight_ih (4H, D), weight_hh (4H, H), bias_ih and bias_hh (4H,) to W_x (D, 4H), W_h (H, 4H), b (4H,)."""
    return weight_ih.T, weight_hh.T, bias_ih + bias_hh


__all__ = [
    "project_inputs",
    "lstm_step_fused",
    "lstm_forward",
    "forward_in_two",
    "pad",
    "last_states",
    "lstm_forward_masked",
    "weights_from_torch",
]
