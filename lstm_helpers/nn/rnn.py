"""The plain RNN over a whole sequence."""

import numpy as np

from lstm_helpers.nn._layer import Layer


class RNN(Layer):
    """Elman's recurrent network: h_t = tanh(x_t W_x + h_{t-1} W_h + b).

    >>> rnn = RNN(3, 5, rng=np.random.default_rng(0))
    >>> h, h_last = rnn.forward(np.zeros((7, 2, 3), np.float32))
    >>> h.shape, h_last.shape
    ((7, 2, 5), (2, 5))
    """

    def forward(self, x, state=None):
        """Run over ``x (T, B, D)`` from ``state (B, H)``, zeros by default.

        Returns h (T, B, H) and h_T (B, H), the state after the last step.
        """
        self._check_input(x)
        T, B, _ = x.shape
        W_h = self.params["W_h"]
        h_prev = self._state("state", state, B)
        z = x @ self.params["W_x"] + self.params["b"]  # all time steps at once: (T, B, H)
        h = np.empty_like(z)
        for t in range(T):
            np.tanh(z[t] + h_prev @ W_h, out=h[t])
            h_prev = h[t]
        return h, h_prev.copy()
