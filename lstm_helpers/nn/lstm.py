"""The LSTM over a whole sequence, with one matrix product for the four gates."""

import numpy as np

from lstm_helpers.nn._layer import Layer
from lstm_helpers.nn.functional import sigmoid

GATES = ("i", "f", "g", "o")


class LSTM(Layer):
    """Long short-term memory, gates in the order i, f, g, o.

    ``forget_bias`` sets the forget gate's slice of b; by default it is drawn like every other parameter.

    >>> lstm = LSTM(3, 5, rng=np.random.default_rng(0))
    >>> h, (h_last, c_last) = lstm.forward(np.zeros((7, 2, 3), np.float32))
    >>> h.shape, c_last.shape
    ((7, 2, 5), (2, 5))
    """

    gates_per_unit = 4

    def __init__(self, input_size, hidden_size, *, rng, dtype=np.float32, forget_bias=None):
        super().__init__(input_size, hidden_size, rng=rng, dtype=dtype)
        if forget_bias is not None:
            self.params["b"][hidden_size : 2 * hidden_size] = forget_bias

    def forward(self, x, state=None):
        """Run over ``x (T, B, D)`` from ``state (h, c)``, each (B, H), zeros by default.

        Returns h (T, B, H) and the state after the last step, (h_T, c_T), each (B, H).
        """
        self._check_input(x)
        T, B, _ = x.shape
        H, W_h = self.hidden_size, self.params["W_h"]
        if state is not None and len(state) != 2:
            raise ValueError(
                f"expected state (h, c), a pair, got {len(state)} parts: an LSTM carries two states, (h, c)"
            )
        h0, c0 = state if state is not None else (None, None)
        h_prev, c_prev = self._state("h", h0, B), self._state("c", c0, B)
        z = x @ self.params["W_x"] + self.params["b"]  # all time steps at once: (T, B, 4H)
        h, c = np.empty((2, T, B, H), self.dtype)
        for t in range(T):
            z[t] += h_prev @ W_h
            g = np.tanh(z[t, :, 2 * H : 3 * H])
            z[t] = sigmoid(z[t])  # three gates and a quarter that is not used
            z[t, :, 2 * H : 3 * H] = g
            i, f, o = z[t, :, :H], z[t, :, H : 2 * H], z[t, :, 3 * H :]
            c[t] = f * c_prev + i * g
            h[t] = o * np.tanh(c[t])
            h_prev, c_prev = h[t], c[t]
        self._seen = {name: z[:, :, k * H : (k + 1) * H] for k, name in enumerate(GATES)} | {"c": c}
        return h, (h_prev.copy(), c_prev.copy())

    def gates(self):
        """What the last forward saw: i, f, g, o and the cell state c, each a copy of shape (T, B, H)."""
        if not hasattr(self, "_seen"):
            raise RuntimeError("gates() looks back at a forward pass: call forward(x) first")
        return {name: values.copy() for name, values in self._seen.items()}
