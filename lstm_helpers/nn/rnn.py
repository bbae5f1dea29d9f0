"""The plain RNN over a whole sequence."""

import numpy as np

from lstm_helpers.nn.recurrent import Recurrent


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
