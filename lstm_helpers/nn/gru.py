"""The GRU over a whole sequence, in both conventions of the reset gate.

Inside, as in the LSTM, a time step is (3H, B), so that a block of rows is contiguous, and the sigmoids of r and z are
(1 + tanh(z / 2)) / 2, with the halves put into the weights beforehand.
"""

import numpy as np

from lstm_helpers.nn.recurrent import Recurrent


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

    def _as_rows(self, name):
        """A parameter with its blocks r, z, n as rows, those of r and z halved: a copy."""
        W = self.params[name].T.copy()
        W[: 2 * self.hidden_size] *= 0.5
        return W

    def _forward(self, x, start, lengths, train):
        T, B, _ = x.shape
        H = self.hidden_size
        W_h, b_hn = self._as_rows("W_h"), self.params["b_hn"][:, None] if self.reset_after else None
        a = self._as_rows("W_x") @ np.ascontiguousarray(x.transpose(0, 2, 1))  # of all time steps: (T, 3H, B)
        a += self._as_rows("b")[:, None]
        h, product = np.empty((T + 1, H, B), self.dtype), np.empty((3 * H, B), self.dtype)
        # What W_hn makes of h_prev, or what it is given of it. Without a backward pass ahead, one step's serve all.
        recalled = np.empty((T if train else 1, H, B), self.dtype)
        h[0] = start[0].T
        for t in range(T):
            r_and_z, r, z, n = a[t, : 2 * H], a[t, :H], a[t, H : 2 * H], a[t, 2 * H :]
            recalled_t = recalled[t if train else 0]
            if self.reset_after:
                np.matmul(W_h, h[t], out=product)
                np.add(product[2 * H :], b_hn, out=recalled_t)
            else:
                np.matmul(W_h[: 2 * H], h[t], out=product[: 2 * H])
            r_and_z += product[: 2 * H]
            np.tanh(r_and_z, out=r_and_z)
            r_and_z *= 0.5
            r_and_z += 0.5
            if self.reset_after:
                n += np.multiply(r, recalled_t, out=product[:H])
            else:
                np.multiply(r, h[t], out=recalled_t)
                n += np.matmul(W_h[2 * H :], recalled_t, out=product[2 * H :])
            np.tanh(n, out=n)
            np.subtract(h[t], n, out=h[t + 1])  # h = n + z (h_prev - n)
            h[t + 1] *= z
            h[t + 1] += n
            if lengths is not None:
                h[t + 1][:, lengths <= t] = 0
        last = np.full(B, T) if lengths is None else lengths
        cache = (x.copy(), a, h, recalled) if train else None
        return h[1:].transpose(0, 2, 1).copy(), [h[last, :, np.arange(B)]], cache

    def _slopes(self, a, h_prev, recalled):
        """For all time steps: dh / d(pre-activation), blocks n, r, z, and for reset_after one more, n by ``recalled``.

        Where the reset stands before the product, r acts through W_hn: its block is d(pre-activation of n) / d(of r)
        up to that product.
        """
        T, _, B = a.shape
        H = self.hidden_size
        r, z, n = (a[:, k * H : (k + 1) * H] for k in range(3))
        slopes = np.empty((T, (4 if self.reset_after else 3) * H, B), self.dtype)
        of_n, of_r, of_z = (slopes[:, k * H : (k + 1) * H] for k in range(3))
        of_n[:] = (1 - z) * (1 - n * n)
        of_z[:] = (h_prev - n) * z * (1 - z)
        if self.reset_after:
            by_recalled = slopes[:, 3 * H :]
            np.multiply(of_n, r, out=by_recalled)
            of_r[:] = by_recalled * recalled * (1 - r)
        else:
            of_r[:] = h_prev * r * (1 - r)
        return slopes

    def _backward(self, cache, dh, dend, ends, input_gradient):
        x, a, h, recalled = cache
        T, B, H = dh.shape
        W_x, W_h = self.params["W_x"], np.ascontiguousarray(self.params["W_h"])
        W_rz, W_n = W_h[:, : 2 * H].copy(), W_h[:, 2 * H :].copy()
        da = self._slopes(a, h[:-1], recalled)  # becomes the gradient of the pre-activations, step by step
        above = np.ascontiguousarray(dh.transpose(0, 2, 1))
        carried, by_z = np.zeros((H, B), self.dtype), np.empty((H, B), self.dtype)
        for t in reversed(range(T)):
            if t in ends:
                carried[:, ends[t]] += dend[0].T[:, ends[t]]
            carried += above[t]
            np.multiply(carried, a[t, H : 2 * H], out=by_z)  # what z lets past
            if self.reset_after:
                da[t].reshape(4, H, B)[...] *= carried
                np.matmul(W_h, da[t, H:], out=carried)
            else:
                da[t].reshape(3, H, B)[::2] *= carried
                drecalled = W_n @ da[t, :H]
                da[t, H : 2 * H] *= drecalled
                np.matmul(W_rz, da[t, H:], out=carried)
                carried += np.multiply(drecalled, a[t, :H], out=drecalled)
            carried += by_z
        # One product each for all time steps: columns are (time, sequence).
        da, inputs, h_prev = (
            v.transpose(1, 0, 2).reshape(v.shape[1], T * B) for v in (da, x.transpose(0, 2, 1), h[:-1])
        )
        if self.reset_after:
            dW_h = h_prev @ da[H:].T
        else:
            given = recalled.transpose(1, 0, 2).reshape(H, T * B)
            dW_h = np.concatenate([h_prev @ da[H:].T, given @ da[:H].T], axis=1)
        dz = np.concatenate([da[H : 3 * H], da[:H]])  # r, z, n
        grads = {"W_x": inputs @ dz.T, "W_h": dW_h, "b": dz.sum(axis=1)}
        if self.reset_after:
            grads["b_hn"] = da[3 * H :].sum(axis=1)
        dx = (dz.T @ W_x.T).reshape(x.shape) if input_gradient else None
        return dx, [carried.T.copy()], grads

    def gates(self):
        """What the last forward pass saw: r, z and n, each a copy of shape (T, B, H)."""
        *_, (_, a, _, _) = self._forward_cache("gates()")
        return {
            name: block.transpose(0, 2, 1).copy() for name, block in zip("rzn", np.split(a, 3, axis=1), strict=True)
        }
