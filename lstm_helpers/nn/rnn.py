"""The plain RNN over a whole sequence: first as the equations are, forward and backward, then as a layer that trains.

The functions are what the lessons derive and the checks compare with; the layer, which adds lengths and relu, is tested
against them.
"""

import numpy as np

from lstm_helpers.nn.functional import rnn_step
from lstm_helpers.nn.recurrent import Recurrent


def rnn_forward(x, h_0, W_x, W_h, b):
    """x (T, B, D), h_0 (B, H), W_x (D, H), W_h (H, H), b (H,). Returns the hidden states of all steps, (T, B, H)."""
    h, states = h_0, []
    for x_t in x:
        h = rnn_step(x_t, h, W_x, W_h, b)
        states.append(h)
    return np.stack(states)


def tanh_backward(dh, h):
    """From the gradient of h = tanh(z) to that of z. Shapes: dh, h and the result are alike."""
    return dh * (1 - h**2)


def rnn_step_backward(dh, x, h_prev, h, W_x, W_h):
    """The gradients of one step h = tanh(x W_x + h_prev W_h + b).

    Shapes: dh, h_prev, h (B, H), x (B, D), W_x (D, H), W_h (H, H). Returns dx, dh_prev, dW_x, dW_h, db, each of the
    shape of what it belongs to.
    """
    dz = tanh_backward(dh, h)
    dx = dz @ W_x.T
    dh_prev = dz @ W_h.T
    dW_x = x.T @ dz
    dW_h = h_prev.T @ dz
    db = dz.sum(axis=0)
    return dx, dh_prev, dW_x, dW_h, db


def rnn_backward(dh, x, h, W_x, W_h):
    """Back-propagation through time. Source: Werbos 1990.

    Shapes: dh (T, B, H), the loss's own gradient at each step; x (T, B, D); h (T + 1, B, H), h[0] the initial state.
    Returns dx (T, B, D), the gradient of the initial state (B, H), dW_x, dW_h, db.
    """
    dx = np.empty_like(x)
    carried, dW_x, dW_h, db = 0, 0, 0, 0
    for t in reversed(range(len(x))):
        dx[t], carried, dW_x_t, dW_h_t, db_t = rnn_step_backward(dh[t] + carried, x[t], h[t], h[t + 1], W_x, W_h)
        dW_x, dW_h, db = dW_x + dW_x_t, dW_h + dW_h_t, db + db_t
    return dx, carried, dW_x, dW_h, db


class RNN(Recurrent):
    """Elman's recurrent network: h_t = tanh(x_t W_x + h_{t-1} W_h + b), or relu in place of tanh.

    Source: Elman 1990, "Finding structure in time".

    >>> rnn = RNN(3, 5, rng=np.random.default_rng(0))
    >>> h, h_last = rnn.forward(np.zeros((7, 2, 3), np.float32))
    >>> h.shape, h_last.shape
    ((7, 2, 5), (2, 5))
    """

    def __init__(self, input_size, hidden_size, *, rng, dtype=np.float32, nonlinearity="tanh"):
        if nonlinearity not in ("tanh", "relu"):
            raise ValueError(f"expected nonlinearity 'tanh' or 'relu', got {nonlinearity!r}")
        super().__init__(input_size, hidden_size, rng=rng, dtype=dtype)
        self.nonlinearity = nonlinearity

    def _forward(self, x, start, lengths, train):
        T, B, _ = x.shape
        W_h = self.params["W_h"]
        z = x @ self.params["W_x"] + self.params["b"]  # all time steps at once: (T, B, H)
        h = np.empty((T + 1, B, self.hidden_size), self.dtype)
        h[0] = start[0]
        for t in range(T):
            z[t] += h[t] @ W_h
            if self.nonlinearity == "tanh":
                np.tanh(z[t], out=h[t + 1])
            else:
                np.maximum(z[t], 0, out=h[t + 1])
            if lengths is not None:
                h[t + 1][lengths <= t] = 0
        end = h[T] if lengths is None else h[lengths, np.arange(B)]
        return h[1:].copy(), [end.copy()], (x.copy(), h) if train else None

    def _backward(self, cache, dh, dend, ends, input_gradient):
        x, h = cache
        W_x, W_h = self.params["W_x"], self.params["W_h"]
        slope = 1 - h[1:] ** 2 if self.nonlinearity == "tanh" else (h[1:] > 0).astype(self.dtype)
        dz = np.empty_like(slope)
        carried = np.zeros_like(h[0])
        for t in reversed(range(len(dz))):
            if t in ends:
                carried[ends[t]] += dend[0][ends[t]]
            dz[t] = (dh[t] + carried) * slope[t]
            carried = dz[t] @ W_h.T
        flat = dz.reshape(-1, self.hidden_size)
        grads = {
            "W_x": x.reshape(-1, self.input_size).T @ flat,
            "W_h": h[:-1].reshape(-1, self.hidden_size).T @ flat,
            "b": flat.sum(axis=0),
        }
        return dz @ W_x.T if input_gradient else None, [carried], grads
