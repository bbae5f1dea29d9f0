"""The right answers of exercise 06, as the solution shows them."""

import numpy as np


def hidden_update_backward(dh, o, c):
    """From the gradient of h = o * tanh(c) to those of o and c.

    Shapes: all (B, H). Returns do, dc: the part of dL/dc that comes through h.
    """
    do = dh * np.tanh(c)
    dc = dh * o * (1 - np.tanh(c) ** 2)
    return do, dc


def cell_update_backward(dc, f, c_prev, i, g):
    """From the gradient of c = f * c_prev + i * g to those of its four arguments.

    Shapes: all (B, H). Returns df, dc_prev, di, dg.
    """
    return dc * c_prev, dc * f, dc * g, dc * i


def gates_backward(di, df, dg, do, i, f, g, o):
    """From the gradients of the four layers' values to that of the pre-activations, side by side.

    Shapes: all arguments (B, H). Returns dz (B, 4H) in the order i, f, g, o.
    """
    return np.concatenate([di * i * (1 - i), df * f * (1 - f), dg * (1 - g**2), do * o * (1 - o)], axis=1)


def pre_activation_backward(dz, x, h_prev, W_x, W_h):
    """From the gradient of z = x W_x + h_prev W_h + b to those of its five arguments.

    Shapes: dz (B, 4H), x (B, D), h_prev (B, H), W_x (D, 4H), W_h (H, 4H).
    Returns dx (B, D), dh_prev (B, H), dW_x (D, 4H), dW_h (H, 4H), db (4H,).
    """
    return dz @ W_x.T, dz @ W_h.T, x.T @ dz, h_prev.T @ dz, dz.sum(axis=0)


def lstm_step_backward(dh, dc, x, h_prev, c_prev, c, gates, W_x, W_h):
    """One step backwards: from the gradients of h and c to those of all that ``lstm_step`` takes.

    Shapes: dh, dc, h_prev, c_prev, c (B, H), x (B, D), gates (B, 4H) in the order i, f, g, o, W_x (D, 4H),
    W_h (H, 4H). dc is what arrives from the next step; what comes through h is added here.
    Returns dx, dh_prev, dc_prev, dW_x, dW_h, db.
    """
    i, f, g, o = np.split(gates, 4, axis=1)
    do, dc_shown = hidden_update_backward(dh, o, c)
    df, dc_prev, di, dg = cell_update_backward(dc + dc_shown, f, c_prev, i, g)
    dz = gates_backward(di, df, dg, do, i, f, g, o)
    dx, dh_prev, dW_x, dW_h, db = pre_activation_backward(dz, x, h_prev, W_x, W_h)
    return dx, dh_prev, dc_prev, dW_x, dW_h, db


def lstm_backward(dh, dh_next, dc_next, x, h, c, gates, W_x, W_h):
    """All steps backwards, from the last to the first.

    Shapes: dh (T, B, H); dh_next, dc_next (B, H), the gradients of the last states from beyond the end; x (T, B, D);
    h, c (T + 1, B, H), entry t is the state before step t; gates (T, B, 4H); W_x (D, 4H), W_h (H, 4H).
    Returns dx (T, B, D), dh_0, dc_0 (B, H), dW_x, dW_h, db.
    """
    dx = np.empty_like(x)
    dW_x = dW_h = db = 0
    for t in reversed(range(len(x))):
        dx[t], dh_next, dc_next, dW_x_t, dW_h_t, db_t = lstm_step_backward(
            dh[t] + dh_next, dc_next, x[t], h[t], c[t], c[t + 1], gates[t], W_x, W_h
        )
        dW_x, dW_h, db = dW_x + dW_x_t, dW_h + dW_h_t, db + db_t
    return dx, dh_next, dc_next, dW_x, dW_h, db


def gradient_agreement(ours, numerical):
    """How well two gradients of the same array agree, in size and in direction.

    Shapes: any, both alike. Returns two numbers: the largest difference as a part of the largest numerical value, and
    the cosine of the angle between the two.
    """
    relative = np.abs(ours - numerical).max() / np.abs(numerical).max()
    cosine = np.sum(ours * numerical) / (np.linalg.norm(ours) * np.linalg.norm(numerical))
    return relative, cosine


__all__ = [
    "hidden_update_backward",
    "cell_update_backward",
    "gates_backward",
    "pre_activation_backward",
    "lstm_step_backward",
    "lstm_backward",
    "gradient_agreement",
]
