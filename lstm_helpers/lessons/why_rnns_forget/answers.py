"""The right answers of exercise 02, as the solution shows them."""

import numpy as np

from lstm_helpers.nn.rnn import rnn_backward, rnn_step_backward, tanh_backward


def relu_step_backward(dh, x, h_prev, h, W_x, W_h):
    """The gradients of one step h = max(0, x W_x + h_prev W_h + b).

    Shapes: dh, h_prev, h (B, H), x (B, D), W_x (D, H), W_h (H, H). Returns dx, dh_prev, dW_x, dW_h, db.
    """
    dz = dh * (h > 0)
    dx = dz @ W_x.T
    dh_prev = dz @ W_h.T
    dW_x = x.T @ dz
    dW_h = h_prev.T @ dz
    db = dz.sum(axis=0)
    return dx, dh_prev, dW_x, dW_h, db


def truncated_backward(dh, x, h, W_x, W_h, length):
    """Back-propagation through time, truncated: no gradient leaves a piece of ``length`` steps.

    Shapes: dh (T, B, H), the loss's own gradient at each step; x (T, B, D); h (T + 1, B, H), h[0] the initial state.
    The first piece begins with step 0; the last one may be shorter. Returns dx (T, B, D), dW_x, dW_h, db.
    Source: Williams & Peng 1990.
    """
    dx = np.empty_like(x)
    carried, dW_x, dW_h, db = 0, 0, 0, 0
    for t in reversed(range(len(x))):
        dx[t], carried, dW_x_t, dW_h_t, db_t = rnn_step_backward(dh[t] + carried, x[t], h[t], h[t + 1], W_x, W_h)
        dW_x, dW_h, db = dW_x + dW_x_t, dW_h + dW_h_t, db + db_t
        if t % length == 0:
            carried = 0
    return dx, dW_x, dW_h, db


def loss(w, x, y):
    """The mean squared error of tanh(x w) against y. Shapes: w (D, H), x (B, D), y (B, H). Returns a number."""
    return ((np.tanh(x @ w) - y) ** 2).mean()


def central_difference(w, x, y, eps=1e-5):
    """The slope of ``loss`` in each entry of w, measured. Shapes: w and the result (D, H), x (B, D), y (B, H)."""
    grad = np.empty_like(w)
    for k in np.ndindex(w.shape):
        up, down = w.copy(), w.copy()
        up[k] += eps
        down[k] -= eps
        grad[k] = (loss(up, x, y) - loss(down, x, y)) / (2 * eps)
    return grad


def spectral_rescale(W, rho):
    """W scaled so that its spectral radius is rho. Shapes: W and the result (H, H), rho a number."""
    radius = np.abs(np.linalg.eigvals(W)).max()
    return W * rho / radius


def gradient_norm_by_lag(dh, h, W_h):
    """The norm of the gradient that arrives 0, 1, ... T steps before the last one.

    Shapes: dh (B, H), the gradient of h[T]; h (T + 1, B, H), h[0] the initial state; W_h (H, H). Returns (T + 1,).
    """
    norms = [np.linalg.norm(dh)]
    for t in reversed(range(1, len(h))):
        dh = tanh_backward(dh, h[t]) @ W_h.T
        norms.append(np.linalg.norm(dh))
    return np.array(norms)


def clip_by_norm(dW_x, dW_h, db, limit):
    """All gradients scaled by one factor, so that their common norm is at most ``limit``, a number.

    Source: Pascanu, Mikolov & Bengio 2013, algorithm 1.
    """
    norm = np.sqrt((dW_x**2).sum() + (dW_h**2).sum() + (db**2).sum())
    scale = min(1, limit / norm)
    return dW_x * scale, dW_h * scale, db * scale


__all__ = [
    "tanh_backward",
    "rnn_step_backward",
    "relu_step_backward",
    "rnn_backward",
    "truncated_backward",
    "central_difference",
    "spectral_rescale",
    "gradient_norm_by_lag",
    "clip_by_norm",
]
