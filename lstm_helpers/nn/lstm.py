"""The LSTM over a whole sequence: one fused kernel, tested against the step functions of ``nn.functional``.

What makes it fast, each measured:

- Inside, a time step is (4H, B): a gate is a block of rows, contiguous in memory.
- One product a step: ``[x, h, 1]`` are kept stacked, so W_x, W_h and b act at once, and their gradients come at once.
- One tanh for all four layers: sigmoid(z) = (1 + tanh(z / 2)) / 2, with the halves put into the weights beforehand.
  The candidate is tanh itself, so that small values lose no digits.
- The blocks lie in the order o, i, f, g: three sigmoids side by side, and three that act through the cell state.
- Local derivatives are worked out for all time steps at once, outside the loop.
- Work arrays are kept from call to call; nothing that is returned shares memory with them.
"""

import itertools

import numpy as np

from lstm_helpers.nn._layer import Recurrent

GATES = ("i", "f", "g", "o")
BLOCK = 32  # time steps whose local derivatives are worked out at once: few calls, and they stay in the cache
SMALL = 10**6  # multiplications up to which OpenBLAS multiplies without packing its arguments first


class LSTM(Recurrent):
    """Long short-term memory, gates in the order i, f, g, o.

    ``forget_bias`` sets the forget gate's slice of b; by default it is drawn like every other parameter.
    Source: Hochreiter & Schmidhuber 1997; forget gate: Gers, Schmidhuber & Cummins 2000.

    >>> lstm = LSTM(3, 5, rng=np.random.default_rng(0))
    >>> h, (h_last, c_last) = lstm.forward(np.zeros((7, 2, 3), np.float32))
    >>> h.shape, c_last.shape
    ((7, 2, 5), (2, 5))
    """

    blocks = 4
    states = ("h", "c")

    def __init__(self, input_size, hidden_size, *, rng, dtype=np.float32, forget_bias=None):
        super().__init__(input_size, hidden_size, rng=rng, dtype=dtype)
        if forget_bias is not None:
            self.params["b"][hidden_size : 2 * hidden_size] = forget_bias
        self._work = {}

    def _array(self, name, *shape):
        """A work array, kept from call to call while its shape stays the same."""
        kept = self._work.get(name)
        if kept is None or kept.shape != shape:
            kept = self._work[name] = np.empty(shape, self.dtype)
        return kept

    @staticmethod
    def _by_rows(W, B):
        """``W (M, K)`` as (blocks, M / blocks, K), so that each block times (K, B) is a small product, if that can be.

        np.matmul then multiplies block by block: on arrays of this size a quarter quicker than in one piece.
        """
        M, K = W.shape
        fitting = (n for n in (1, 2, 4, 8, 16) if M % n == 0 and M // n >= 16 and M // n * K * B <= SMALL)
        return W.reshape(next(fitting, 1), -1, K)

    def _inside(self, *names):
        """Parameters stacked over their rows, columns in the order o, i, f, g, transposed: (4H, rows)."""
        H = self.hidden_size
        stacked = np.concatenate([np.atleast_2d(self.params[name]) for name in names])
        return np.concatenate([stacked[:, 3 * H :], stacked[:, : 3 * H]], axis=1).T.copy()

    def _forward(self, x, start, lengths, train):
        T, B, D = x.shape
        H = self.hidden_size
        W = self._inside("W_x", "W_h", "b")
        W[: 3 * H] *= 0.5
        W = self._by_rows(W, B)
        inputs = self._array("inputs", T + 1, D + H + 1, B)  # [x_t, h_{t-1}, 1] of every step
        inputs[:T, :D], inputs[:, D + H] = x.transpose(0, 2, 1), 1
        h = inputs[:, D : D + H]
        h[0] = start[0].T
        # A step's rows: o, i, f, g, and the cell state before it. Without a backward pass ahead, one step's serve all.
        held = T if train else 1
        gates, tanh_c = self._array("gates", held + 1, 5 * H, B), self._array("tanh_c", held, H, B)
        gates[0, 4 * H :] = start[1].T
        terms, ended = self._array("terms", 2, H, B), np.empty((H, B), self.dtype)
        kept, added = terms
        parts = (gates[:, : 4 * H].reshape(held + 1, len(W), -1, B), gates[:, : 4 * H], gates[:, : 3 * H], gates[:, :H])
        parts += (gates[:, H : 3 * H].reshape(-1, 2, H, B), gates[:, 3 * H :].reshape(-1, 2, H, B))
        parts += (gates[1:, 4 * H :], tanh_c)
        views = zip(*parts, strict=False) if train else itertools.repeat([part[0] for part in parts])
        steps = zip(range(T), inputs, h[1:], views, strict=False)
        for t, x_h, h_t, (blocks, z, sigmoids, o, i_f, g_c, c, show) in steps:
            np.matmul(W, x_h, out=blocks)
            np.tanh(z, out=z)
            sigmoids *= 0.5
            sigmoids += 0.5
            np.multiply(i_f, g_c, out=terms)
            np.add(kept, added, out=c)
            np.tanh(c, out=show)
            np.multiply(o, show, out=h_t)
            if not train:
                gates[0, 4 * H :] = c
            if lengths is not None:
                ended[:, lengths == t + 1] = c[:, lengths == t + 1]
                h_t[:, lengths <= t] = 0
        last = np.full(B, T) if lengths is None else lengths
        end = [h[last, :, np.arange(B)], (c if lengths is None else ended).T.copy()]
        return h[1:].transpose(0, 2, 1).copy(), end, (inputs, gates, tanh_c) if train else None

    def _backward(self, cache, dh, dend, ends):
        inputs, gates, tanh_c = cache
        T, H, B = tanh_c.shape
        D = self.input_size
        W_x, W_h = self._inside("W_x"), self._by_rows(np.ascontiguousarray(self._inside("W_h").T), B)
        above, dc = np.zeros((H, B), self.dtype), np.zeros((H, B), self.dtype)
        into = above.reshape(len(W_h), -1, B)
        # A step's rows: from h to c, then o, i, f, g: local derivatives first, then times the gradient from above.
        work = self._array("work", min(T, BLOCK), 5, H, B)
        flat, stacked = (
            self._array("flat", 4 * H, min(T, BLOCK) * B),
            self._array("stacked", min(T, BLOCK) * B, D + H + 1),
        )
        gradient, dx = np.zeros((4 * H, D + H + 1), self.dtype), np.empty((T, B, D), self.dtype)
        for first in reversed(range(0, T, BLOCK)):
            n = min(BLOCK, T - first)
            q, of = work[:n], slice(first, first + n)
            a, shown = gates[of].reshape(n, 5, H, B), tanh_c[of]
            np.multiply(a[:, :4], a[:, :4], out=q[:, 1:])
            np.subtract(a[:, :3], q[:, 1:4], out=q[:, 1:4])
            np.subtract(1, q[:, 4], out=q[:, 4])
            np.multiply(shown, shown, out=q[:, 0])
            np.subtract(1, q[:, 0], out=q[:, 0])
            q[:, 0] *= a[:, 0]
            q[:, 1] *= shown
            q[:, 2:4] *= a[:, 3:]  # i acts on g, f on the cell state before
            q[:, 4] *= a[:, 1]
            back, dz = slice(None, None, -1), q[:, 1:].reshape(n, 4 * H, B)
            views = zip(
                range(first + n - 1, first - 1, -1),
                dh[of].transpose(0, 2, 1).copy()[back],
                q[back, :2],
                q[back, 0],
                q[back, 2:],
                a[back, 2],
                dz[back],
                strict=True,
            )
            for t, dh_t, by_hidden, part, by_cell, f, dz_t in views:
                if t in ends:
                    above[:, ends[t]] += dend[0].T[:, ends[t]]
                    dc[:, ends[t]] += dend[1].T[:, ends[t]]
                above += dh_t
                by_hidden *= above
                dc += part
                by_cell *= dc
                dc *= f
                np.matmul(W_h, dz_t, out=into)
            columns, lines = flat[:, : n * B], stacked[: n * B]
            columns.reshape(4 * H, n, B)[...] = dz.transpose(1, 0, 2)
            lines.reshape(n, B, D + H + 1)[...] = inputs[of].transpose(0, 2, 1)
            gradient += columns @ lines
            dx[of] = (columns.T @ W_x).reshape(n, B, D)
        gradient = np.concatenate([gradient[H:], gradient[:H]]).T  # back to i, f, g, o
        grads = {"W_x": gradient[:D].copy(), "W_h": gradient[D : D + H].copy(), "b": gradient[D + H].copy()}
        return dx, [above.T.copy(), dc.T.copy()], grads

    def gates(self):
        """What the last forward saw: i, f, g, o and the cell state c, each a copy of shape (T, B, H)."""
        *_, (_, inside, _) = self._kept("gates()")
        H = self.hidden_size
        blocks = dict(zip("oifg", (inside[:-1, k * H : (k + 1) * H] for k in range(4)), strict=True))
        seen = {name: blocks[name] for name in GATES} | {"c": inside[1:, 4 * H :]}
        return {name: values.transpose(0, 2, 1).copy() for name, values in seen.items()}
