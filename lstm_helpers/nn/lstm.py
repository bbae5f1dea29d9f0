"""The LSTM over a whole sequence: one fused kernel, tested against the step functions of ``nn.functional``.

What makes it fast, each measured:

- Inside, a time step is (4H, B): a gate is a block of rows, contiguous in memory.
- One product a step: ``[x, 1, h]`` are kept stacked, so W_x, b and W_h act at once, and their gradients come at once.
- One tanh for all four layers: sigmoid(z) = (1 + tanh(z / 2)) / 2, with the halves put into the weights beforehand.
  The candidate is tanh itself, so that small values lose no digits.
- The blocks lie in the order o, i, f, g: three sigmoids side by side, and i, f beside g, c, which they act on.
- Local derivatives are worked out for several time steps at once, outside the loop, from products that are there
  already: where p = a * b with a = sigmoid(z), dp/dz = b * a * (1 - a) = p - p * a; with a = tanh(z), it is b - p * a.
- Work arrays, and every step's views of them, are kept from call to call; they start on a cache line, as products
  are quicker then. Nothing that is returned shares memory with them.
"""

import numpy as np

from lstm_helpers.nn._layer import Recurrent

GATES = ("i", "f", "g", "o")
NEAR = 2**14  # numbers of one gate whose local derivatives are worked out at once: they stay in the cache
FAR = 2**10  # columns (steps times batch) of one product for the gradients of the weights
SMALL = 10**6  # multiplications up to which OpenBLAS multiplies without packing its arguments first


def _aligned(*shape, dtype):
    """An empty array that starts on a cache line."""
    size = int(np.prod(shape)) * dtype.itemsize
    memory = np.empty(size + 64, np.uint8)
    start = -memory.ctypes.data % 64
    return memory[start : start + size].view(dtype).reshape(shape)


def _product(M, K, B):
    """How to multiply (M, K) by (K, B): the shape to give the M rows, and the function.

    Cut into blocks of rows, each small, it is a quarter quicker than in one piece on arrays of this size.
    """
    fitting = (n for n in (1, 2, 4, 8, 16) if M % n == 0 and M // n >= 16 and M // n * K * B <= SMALL)
    pieces = next(fitting, 1)
    return ((M,), np.dot) if pieces == 1 else ((pieces, M // pieces), np.matmul)


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

    def __getstate__(self):
        # A copy makes its own work arrays: views that were copied one by one would look at nothing.
        return {**self.__dict__, "_work": {}}

    def _again(self, make, *sizes):
        """The work that ``make(*sizes)`` lays out, kept from call to call while the sizes stay the same."""
        name = make.__name__, sizes[2:]
        if name not in self._work or self._work[name][0] != sizes:
            self._work[name] = sizes, make(*sizes)
        return self._work[name][1]

    def _forward_work(self, T, B, train):
        """Inputs, gates, and for each step the views of them that it reads and writes.

        inputs (T + 1, D + 1 + H, B): the rows of a step are x_t, 1, h_{t-1}.
        gates (T + 1, 6H, B): o, i, f, g, c_{t-1}, tanh(c_t). Without a backward pass ahead, one step's serve all.
        """
        D, H = self.input_size, self.hidden_size
        inputs = _aligned(T + 1, D + 1 + H, B, dtype=self.dtype)
        gates = _aligned(T + 1 if train else 1, 6 * H, B, dtype=self.dtype)
        terms = _aligned(2, H, B, dtype=self.dtype)
        inputs[:, D] = 1
        shape, _ = _product(4 * H, D + 1 + H, B)
        steps = []
        for t in range(T):
            now, after = (gates[t], gates[t + 1]) if train else (gates[0], gates[0])
            z, pairs = now[: 4 * H], now[H : 5 * H].reshape(2, 2, H, B)  # (i, f) and (g, c)
            views = (z.reshape(*shape, B), z, z[: 3 * H], *pairs, after[4 * H : 5 * H], now[5 * H :], z[:H])
            steps.append((inputs[t], *views, inputs[t + 1, -H:]))
        return inputs, gates, terms, steps

    def _backward_work(self, T, B):
        """Local derivatives and their views step by step, and the columns and rows of one product over many steps."""
        K, H = self.input_size + 1 + self.hidden_size, self.hidden_size
        near = max(1, min(T, 32, NEAR // (H * B)))
        far = near * -(-min(T, max(1, FAR // B)) // near)
        # A step's rows: o, i, f, g, and from h to c: local derivatives first, then times the gradient from above.
        local, terms = _aligned(near, 5, H, B, dtype=self.dtype), _aligned(near, 2, H, B, dtype=self.dtype)
        steps = [(q[::4], q[4], q[1:4], q[:4].reshape(4 * H, B)) for q in local]
        columns, rows = _aligned(4 * H, far, B, dtype=self.dtype), _aligned(K, far, B, dtype=self.dtype)
        return local, terms, steps, columns, rows

    def _inside(self, name):
        """Columns of a parameter in the order o, i, f, g."""
        H = self.hidden_size
        W = np.atleast_2d(self.params[name])
        return np.concatenate([W[:, 3 * H :], W[:, : 3 * H]], axis=1)

    def _forward(self, x, start, lengths, train):
        T, B, D = x.shape
        H = self.hidden_size
        inputs, gates, terms, steps = self._again(self._forward_work, T, B, train)
        W = _aligned(4 * H, D + 1 + H, dtype=self.dtype)
        W[...] = np.concatenate([self._inside(name) for name in ("W_x", "b", "W_h")]).T
        W[: 3 * H] *= 0.5
        shape, product = _product(*W.shape, B)
        W = W.reshape(*shape, D + 1 + H)
        inputs[:T, :D], inputs[0, -H:], gates[0, 4 * H : 5 * H] = x.transpose(0, 2, 1), start[0].T, start[1].T
        (added, kept), half, ended = terms, np.array(0.5, self.dtype), np.empty((H, B), self.dtype)
        add, multiply, tanh = np.add, np.multiply, np.tanh
        for t, (x_h, blocks, z, sigmoids, i_f, g_c, c, shown, o, h) in enumerate(steps):
            product(W, x_h, blocks)
            tanh(z, z)
            multiply(sigmoids, half, sigmoids)
            add(sigmoids, half, sigmoids)
            multiply(i_f, g_c, terms)
            add(kept, added, c)
            tanh(c, shown)
            multiply(o, shown, h)
            if lengths is not None:
                ended[:, lengths == t + 1] = c[:, lengths == t + 1]
                h[:, lengths <= t] = 0
        last = np.full(B, T) if lengths is None else lengths
        hs = inputs[:, -H:]
        end = [hs[last, :, np.arange(B)], (c if lengths is None else ended).T.copy()]
        return hs[1:].transpose(0, 2, 1).copy(), end, (inputs, gates) if train else None

    def _local_derivatives(self, gates, h, terms, local):
        """Fill ``local`` for some steps: of h and c to the rows o, i, f, g, and of h to c."""
        o, i, f, g, _, shown = gates.swapaxes(0, 1)
        i_f, by_i_f = gates[:, 1:3], local[:, 1:3]
        np.multiply(i_f, gates[:, 3:5], terms)  # what is added, what is kept
        np.multiply(i_f, terms, by_i_f)
        np.subtract(terms, by_i_f, by_i_f)
        for whole, part, other, by in ((i, g, terms[:, 0], 3), (h, o, h, 0), (o, shown, h, 4)):
            np.multiply(part, other, local[:, by])
            np.subtract(whole, local[:, by], local[:, by])

    def _backward(self, cache, dh, dend, ends):
        inputs, gates = cache
        T, (_, K, B) = len(inputs) - 1, inputs.shape
        D, H = self.input_size, self.hidden_size
        local, terms, steps, columns, rows = self._again(self._backward_work, T, B)
        near, far = len(local), columns.shape[1]
        W_x, W_h = self._inside("W_x"), self._inside("W_h")
        shape, product = _product(*W_h.shape, B)
        W_h = W_h.reshape(*shape, 4 * H)
        above, dc = np.zeros((2, H, B), self.dtype)
        into = above.reshape(*shape, B)
        gradient, dx = np.zeros((4 * H, K), self.dtype), np.empty((T, B, D), self.dtype)
        gates, hs, forget = gates.reshape(T + 1, 6, H, B), inputs[1:, -H:], gates[:, 2 * H : 3 * H]
        add, multiply = np.add, np.multiply
        for first in reversed(range(0, T, far)):
            end = min(first + far, T)
            for low in reversed(range(first, end, near)):
                n, of = min(near, end - low), slice(low, min(low + near, end))
                self._local_derivatives(gates[of], hs[of], terms[:n], local[:n])
                dhs = dh[of].transpose(0, 2, 1).copy()
                for k in range(n - 1, -1, -1):
                    t, (by_h, by_shown, by_c, dz) = low + k, steps[k]
                    if t in ends:
                        above[:, ends[t]] += dend[0].T[:, ends[t]]
                        dc[:, ends[t]] += dend[1].T[:, ends[t]]
                    add(above, dhs[k], above)
                    multiply(by_h, above, by_h)
                    add(dc, by_shown, dc)
                    multiply(by_c, dc, by_c)
                    multiply(dc, forget[t], dc)
                    product(W_h, dz, into)
                columns[:, low - first : low - first + n] = local[:n, :4].reshape(n, 4 * H, B).transpose(1, 0, 2)
            rows[:, : end - first] = inputs[first:end].transpose(1, 0, 2)
            dz, seen = (a.reshape(len(a), -1)[:, : (end - first) * B] for a in (columns, rows))
            gradient += dz @ seen.T
            dx[first:end] = (W_x @ dz).reshape(D, -1, B).transpose(1, 2, 0)
        gradient = np.concatenate([gradient[H:], gradient[:H]]).T  # back to i, f, g, o
        grads = {"W_x": gradient[:D].copy(), "W_h": gradient[D + 1 :].copy(), "b": gradient[D].copy()}
        return dx, [above.T.copy(), dc.T.copy()], grads

    def gates(self):
        """What the last forward saw: i, f, g, o and the cell state c, each a copy of shape (T, B, H)."""
        *_, (_, inside) = self._kept("gates()")
        H = self.hidden_size
        blocks = dict(zip("oifg", (inside[:-1, k * H : (k + 1) * H] for k in range(4)), strict=True))
        seen = {name: blocks[name] for name in GATES} | {"c": inside[1:, 4 * H : 5 * H]}
        return {name: values.transpose(0, 2, 1).copy() for name, values in seen.items()}
