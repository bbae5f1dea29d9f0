"""The GRU over a whole sequence, in both conventions of the reset gate."""

import numpy as np

from lstm_helpers.nn._layer import Recurrent
from lstm_helpers.nn.functional import sigmoid


class GRU(Recurrent):
    """Gated recurrent unit, blocks in the order r (reset), z (update), n (new values): h = (1 - z) n + z h_prev.

    reset_after=True, as torch.nn.GRU: n = tanh(x W_xn + b_n + r (h_prev W_hn + b_hn)), with b_hn (H,) in ``params``.
    reset_after=False, as the paper: n = tanh(x W_xn + b_n + (r h_prev) W_hn), without b_hn.
    Source: Cho et al. 2014, "Learning phrase representations using RNN encoder-decoder".

    >>> gru = GRU(3, 5, rng=np.random.default_rng(0))
    >>> h, h_last = gru.forward(np.zeros((7, 2, 3), np.float32))
    >>> h.shape, h_last.shape
    ((7, 2, 5), (2, 5))
    """

    blocks = 3

    def __init__(self, input_size, hidden_size, *, rng, dtype=np.float32, reset_after=True):
        self.reset_after = reset_after
        super().__init__(input_size, hidden_size, rng=rng, dtype=dtype)

    def _shapes(self):
        return super()._shapes() | ({"b_hn": (self.hidden_size,)} if self.reset_after else {})

    def _split(self, a):
        """The blocks r, z, n of an array (..., 3H), as views."""
        return np.split(a, 3, axis=-1)

    def _forward(self, x, start, lengths, train):
        T, B, _ = x.shape
        H, W_h, b_hn = self.hidden_size, self.params["W_h"], self.params.get("b_hn")
        a = x @ self.params["W_x"] + self.params["b"]  # pre-activations of all time steps, then gates: (T, B, 3H)
        h = np.empty((T + 1, B, H), self.dtype)
        recalled = np.empty((T, B, H), self.dtype)  # what W_hn makes of h_prev, or what it is given of it
        h[0] = start[0]
        for t in range(T):
            r, z, n = self._split(a[t])
            r_and_z = a[t, :, : 2 * H]
            if self.reset_after:
                product = h[t] @ W_h
                r_and_z[:] = sigmoid(r_and_z + product[:, : 2 * H])
                recalled[t] = product[:, 2 * H :] + b_hn
                n += r * recalled[t]
            else:
                r_and_z[:] = sigmoid(r_and_z + h[t] @ W_h[:, : 2 * H])
                recalled[t] = r * h[t]
                n += recalled[t] @ W_h[:, 2 * H :]
            np.tanh(n, out=n)
            h[t + 1] = (1 - z) * n + z * h[t]
            if lengths is not None:
                h[t + 1][lengths <= t] = 0
        end = h[T] if lengths is None else h[lengths, np.arange(B)]
        return h[1:].copy(), [end.copy()], (x.copy(), a, h, recalled) if train else None

    def _backward(self, cache, dh, dend, ends):
        x, a, h, recalled = cache
        T, B, H = dh.shape
        W_x, W_h = self.params["W_x"], self.params["W_h"]
        r, z, n = self._split(a)
        # dh_t / d(pre-activation), for all time steps at once; r acts through n.
        slope_r, slope_z, slope_n = r * (1 - r), (h[:-1] - n) * z * (1 - z), (1 - z) * (1 - n * n)
        da = np.empty_like(a)
        da_r, da_z, da_n = self._split(da)
        carried = np.zeros((B, H), self.dtype)
        for t in reversed(range(T)):
            if t in ends:
                carried[ends[t]] += dend[0][ends[t]]
            dh_t = dh[t] + carried
            da_z[t] = dh_t * slope_z[t]
            da_n[t] = dh_t * slope_n[t]
            if self.reset_after:
                da_r[t] = da_n[t] * recalled[t] * slope_r[t]
                direct, through_n = 0, r[t] * da_n[t]
                carried = np.concatenate([da[t, :, : 2 * H], through_n], axis=1) @ W_h.T
            else:
                drecalled = da_n[t] @ W_h[:, 2 * H :].T
                da_r[t] = drecalled * h[t] * slope_r[t]
                direct = drecalled * r[t]
                carried = da[t, :, : 2 * H] @ W_h[:, : 2 * H].T
            carried += dh_t * z[t] + direct
        flat, h_prev = da.reshape(-1, 3 * H), h[:-1].reshape(-1, H)
        if self.reset_after:
            dproduct = np.concatenate([da_r, da_z, r * da_n], axis=-1).reshape(-1, 3 * H)
            dW_h = h_prev.T @ dproduct
        else:
            dW_h = np.concatenate([h_prev.T @ flat[:, : 2 * H], recalled.reshape(-1, H).T @ flat[:, 2 * H :]], axis=1)
        grads = {"W_x": x.reshape(-1, self.input_size).T @ flat, "W_h": dW_h, "b": flat.sum(axis=0)}
        if self.reset_after:
            grads["b_hn"] = dproduct[:, 2 * H :].sum(axis=0)
        return da @ W_x.T, [carried], grads

    def gates(self):
        """What the last forward pass saw: r, z and n, each a copy of shape (T, B, H)."""
        *_, (_, a, _, _) = self._kept("gates()")
        return {name: block.copy() for name, block in zip("rzn", self._split(a), strict=True)}
