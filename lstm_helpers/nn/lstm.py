"""The LSTM over a whole sequence: one fused kernel, tested against the step functions of ``nn.functional``.

What makes it fast, each measured:

- Inside, a time step is (4H, B): a gate is a block of rows, contiguous in memory.
- One product a step: ``[x, 1, h]`` are kept stacked, so W_x, b and W_h act at once, and their gradients come at once.
- Three of the four are sigmoid(z) = 1 / (1 + exp(-z)), with the signs put into the weights beforehand: NumPy's exp
  takes half as long as its tanh. The candidate is tanh itself, so that small values lose no digits.
- The blocks lie in the order tanh(c), o, i, f, g, c_prev: the sigmoids are neighbours, and so are the pairs i, f and
  g, c_prev that one call multiplies. The local derivatives of these blocks lie in the same order: the first two are
  multiplied by dL/dh in one call, the last four by dL/dc.
- Local derivatives are worked out for several time steps at once, outside the loop, from products that are there
  already: where p = a * b with a = sigmoid(z), dp/dz = b * a * (1 - a) = p * (1 - a); with a = tanh(z) it is b - p * a.
- The gradient that c_t passes to c_{t-1} is one more row of the same product as those that it passes to i, f, g.
- A few steps without training (a text that is generated one character at a time) use the weights where they lie:
  laying them out takes longer than such a call. Nothing made of the weights is kept from call to call, so that a
  change in them, made by whatever means, is never missed.
- Work arrays, and every step's views of them, are kept from call to call; they start on a cache line, as products
  are quicker then. Nothing that is returned shares memory with them.
"""

import functools
import math
import os

import numpy as np

from lstm_helpers.nn._layer import Recurrent

GATES = ("i", "f", "g", "o")
NEAR = 2**15  # numbers of one gate whose local derivatives are worked out at once: few calls, still in the cache
FAR = 2**10  # columns (steps times batch) of one product for the gradients of the weights
SMALL = 10**6  # multiplications up to which OpenBLAS, with AVX-512, multiplies without packing its arguments first
FEW = 4  # steps that are quicker with the weights as they lie in params
TILE = 16  # columns that are transposed at once: the cache lines that they share stay in the cache
ALONE = 2**18  # multiplications up to which OpenBLAS leaves a product to one thread when it has more
SHARED = 4 * 10**6  # multiplications from which on it pays to wake a second thread


def _aligned(*shape, dtype):
    """An empty array that starts on a cache line."""
    size = math.prod(shape) * dtype.itemsize
    memory = np.empty(size + 64, np.uint8)
    start = -memory.__array_interface__["data"][0] % 64
    return memory[start : start + size].view(dtype).reshape(shape)


def _threads():
    """How many threads NumPy's products may use, by the rules of OpenBLAS. A wrong guess costs time, nothing else."""
    given = os.environ.get("OPENBLAS_NUM_THREADS") or os.environ.get("OMP_NUM_THREADS") or ""
    return int(given) if given.isdecimal() else os.cpu_count() or 1


@functools.cache
def _avx512():
    """Whether NumPy, and so OpenBLAS, found a processor with AVX-512."""
    found = np.show_config(mode="dicts").get("SIMD Extensions", {}).get("found", [])
    return not {"X86_V4", "AVX512_SKX"}.isdisjoint(found)


def _small():
    """How many multiplications one block of a product may have.

    On one thread, blocks help where OpenBLAS has a way of its own for small products: a quarter quicker with AVX-512;
    with AVX2 a fifth slower (256 units, a batch of 32, backwards), as each packs its arguments anew.

    A second thread that was woken for a small product spins until the next one comes and takes a core from whoever
    else computes. With two threads, blocks that OpenBLAS leaves to one of them took 0.6 of the time of larger ones
    (inference, 64 units, a batch of 32 to 64, on a machine with other work to do), and were as quick elsewhere.
    """
    if _threads() > 1:
        return ALONE
    return SMALL if _avx512() else math.inf


def _product(M, K, B):
    """How to multiply (M, K) by (K, B): the shape to give the M rows, and the function.

    It is cut into blocks of rows where ``_small`` says that this pays. Large ones are left whole when there is a second
    thread to share them: from SHARED on, both threads together are quicker than one, busy machine or not.
    """
    small = _small()
    fitting = (n for n in (1, 2, 4, 8, 16, 32, 64) if M % n == 0 and M // n >= 16 and M // n * K * B <= small)
    pieces = 1 if M * K * B > SHARED and _threads() > 1 else next(fitting, 1)
    # The method dot is quicker to call than np.dot, which first looks for arrays that are not NumPy's.
    return ((M,), np.ndarray.dot) if pieces == 1 else ((pieces, M // pieces), np.matmul)


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

    def _take(self, make, *sizes):
        """The work that ``make(*sizes)`` lays out, kept from call to call while the sizes stay the same.

        It is taken out for as long as a call lasts: another thread that comes meanwhile lays out its own.
        """
        kept_sizes, work = self._work.pop((make.__name__, sizes[2:]), (None, None))
        return work if kept_sizes == sizes else make(*sizes)

    def _give_back(self, work, make, *sizes):
        self._work[make.__name__, sizes[2:]] = sizes, work

    def _forward_work(self, T, B, train):
        """Inputs, gates, and for each step the views of them that it reads and writes.

        inputs (T + 1, D + 1 + H, B): the rows of a step are x_t, 1, h_{t-1}.
        gates (T + 1, 6H, B): tanh(c_t), o, i, f, g, c_{t-1}. Without a backward pass ahead, one step's serve all.
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
            shown, o, g, c = now[:H], now[H : 2 * H], now[4 * H : 5 * H], after[5 * H :]
            i_f, g_c = now[2 * H : 4 * H].reshape(2, H, B), now[4 * H :].reshape(2, H, B)
            z, sigmoids = now[H : 5 * H].reshape(*shape, B), now[H : 4 * H]
            steps.append((inputs[t], z, sigmoids, g, i_f, g_c, c, shown, o, inputs[t + 1, -H:]))
        return inputs, gates, terms, steps

    def _backward_work(self, T, B):
        """Local derivatives and their views step by step, and the columns and rows of one product over many steps."""
        K, H = self.input_size + 1 + self.hidden_size, self.hidden_size
        near = max(1, min(T, 32, NEAR // max(1, H * B)))
        far = near * -(-min(T, max(1, FAR // max(1, B))) // near)
        # A step's rows: from h to c, o, i, f, g, from c to c_prev: local derivatives first, then gradients.
        local, terms = _aligned(near, 6, H, B, dtype=self.dtype), _aligned(near, 2, H, B, dtype=self.dtype)
        dhs = _aligned(near, H, B, dtype=self.dtype)
        steps = [(dh, q[:2], q[0], q[2:], q[5], q[1:5].reshape(4 * H, B)) for dh, q in zip(dhs, local, strict=True)]
        columns, rows = _aligned(4 * H, far, B, dtype=self.dtype), _aligned(K, far, B, dtype=self.dtype)
        return local, terms, dhs, steps, columns, rows

    def _inside(self, name):
        """A parameter with its columns in the order o, i, f, g."""
        W, H = np.atleast_2d(self.params[name]), self.hidden_size
        return np.concatenate([W[:, 3 * H :], W[:, : 3 * H]], axis=1, dtype=self.dtype, casting="same_kind")

    def _laid_out(self):
        """All weights as (4H, D + 1 + H), for the inputs x_t, 1, h_{t-1}: rows -o, -i, -f, g."""
        H = self.hidden_size
        W, first = _aligned(4 * H, self.input_size + 1 + H, dtype=self.dtype), 0
        for name in ("W_x", "b", "W_h"):
            rows = np.atleast_2d(self.params[name])
            for start in range(0, len(rows), TILE):
                tile = rows[start : start + TILE].T
                to = W[:, first + start : first + start + tile.shape[1]]
                np.negative(tile[3 * H :], out=to[:H], casting="same_kind")
                np.negative(tile[: 2 * H], out=to[H : 3 * H], casting="same_kind")
                to[3 * H :] = tile[2 * H : 3 * H]
            first += len(rows)
        return W

    def _few_steps(self, x, h, c):
        """The equations with the weights as they lie; one tanh for all four layers, as 2 sigmoid(z) = 1 + tanh(z/2)."""
        (T, B, _), H = x.shape, self.hidden_size
        W_x, W_h, b = (np.asarray(self.params[name], self.dtype) for name in ("W_x", "W_h", "b"))
        by = np.full(4 * H, 0.5, self.dtype)
        by[2 * H : 3 * H] = 1
        plus, hs = 1 - by, np.empty((T, B, H), self.dtype)
        for t in range(T):
            z = np.dot(x[t], W_x)
            z += np.dot(h, W_h)
            z += b
            z *= by
            np.tanh(z, z)
            z *= by
            z += plus
            i, f, g, o = z[:, :H], z[:, H : 2 * H], z[:, 2 * H : 3 * H], z[:, 3 * H :]
            c = f * c
            c += np.multiply(i, g, i)
            h = np.multiply(o, np.tanh(c), hs[t])
        return hs, [h.copy(), c], None

    def _forward(self, x, start, lengths, train):
        T, B, D = x.shape
        H = self.hidden_size
        if T <= FEW and lengths is None and not train:
            return self._few_steps(x, *start)
        work = self._take(self._forward_work, T, B, train)
        inputs, gates, terms, steps = work
        W = self._laid_out()
        shape, product = _product(*W.shape, B)
        W = W.reshape(*shape, D + 1 + H)
        inputs[:T, :D], inputs[0, -H:], gates[0, 5 * H :] = x.transpose(0, 2, 1), start[0].T, start[1].T
        (added, kept), ended = terms, np.empty((H, B), self.dtype)
        one = np.array(1, self.dtype)  # an array: a number would be made one at every call
        add, multiply, divide, exp, tanh = np.add, np.multiply, np.divide, np.exp, np.tanh
        with np.errstate(over="ignore"):  # exp(-z) of a gate that is shut: 1 / inf is the 0 it should be
            for t, (x_h, z, sigmoids, g, i_f, g_c, c, shown, o, h) in enumerate(steps):
                product(W, x_h, z)
                exp(sigmoids, sigmoids)
                add(sigmoids, one, sigmoids)
                divide(one, sigmoids, sigmoids)
                tanh(g, g)
                multiply(i_f, g_c, terms)
                add(added, kept, c)
                tanh(c, shown)
                multiply(o, shown, h)
                if lengths is not None:
                    ended[:, lengths == t + 1] = c[:, lengths == t + 1]
                    h[:, lengths <= t] = 0
        last = np.full(B, T) if lengths is None else lengths
        hs = inputs[:, -H:]
        end = [hs[last, :, np.arange(B)], (c if lengths is None else ended).T.copy()]
        h = hs[1:].transpose(0, 2, 1).copy()
        self._give_back(work, self._forward_work, T, B, train)
        return h, end, (inputs, gates) if train else None

    def _local_derivatives(self, gates, h, terms, local):
        """Fill ``local`` for some steps: of h to c, of h to o, of c to i, f, g and c_prev."""
        i_f, g_c = gates[:, 2:4], gates[:, 4:]
        np.multiply(i_f, g_c, terms)  # what is added to the cell, what is kept
        np.subtract(1, gates[:, 1:4], local[:, 1:4])
        np.multiply(local[:, 1], h, local[:, 1])
        np.multiply(local[:, 2:4], terms, local[:, 2:4])
        np.multiply(gates[:, 0], h, local[:, 0])
        np.multiply(gates[:, 4], terms[:, 0], local[:, 4])
        np.subtract(gates[:, 1:3], local[:, :5:4], local[:, :5:4])
        local[:, 5] = gates[:, 3]

    def _backward(self, cache, dh, dend, ends, input_gradient):
        inputs, gates = cache
        T, (_, K, B) = len(inputs) - 1, inputs.shape
        D, H = self.input_size, self.hidden_size
        work = self._take(self._backward_work, T, B)
        local, terms, dhs, steps, columns, rows = work
        near, far = len(local), columns.shape[1]
        W_h = self._inside("W_h")
        shape, product = _product(*W_h.shape, B)
        W_h = W_h.reshape(*shape, 4 * H)
        above, carried = np.zeros((2, H, B), self.dtype)  # dL/dh and dL/dc before a step's own share
        into = above.reshape(*shape, B)
        by_step = input_gradient and _small() >= 4 * H * D * B  # one product for each step's dx, gates as inside
        if input_gradient:
            W_x = self._inside("W_x") if by_step else np.asarray(self.params["W_x"], self.dtype)
            W_x = np.ascontiguousarray(W_x.T)
        dx = np.empty((T, B, D), self.dtype) if input_gradient else None
        gradient = np.empty((K, 4 * H), self.dtype)  # of W_x, b and W_h, one below the other
        gates = gates.reshape(T + 1, 6, H, B)
        add, multiply = np.add, np.multiply
        for first in reversed(range(0, T, far)):
            end = min(first + far, T)
            for low in reversed(range(first, end, near)):
                n, of, dc = min(near, end - low), slice(low, min(low + near, end)), carried
                self._local_derivatives(gates[of], inputs[low + 1 : low + 1 + n, -H:], terms[:n], local[:n])
                dhs[:n] = dh[of].transpose(0, 2, 1)
                for k in range(n - 1, -1, -1):
                    t, (dh_t, by_h, to_c, by_c, to_c_prev, dz) = low + k, steps[k]
                    if t in ends:
                        above[:, ends[t]] += dend[0].T[:, ends[t]]
                        dc[:, ends[t]] += dend[1].T[:, ends[t]]
                    add(above, dh_t, above)
                    multiply(by_h, above, by_h)
                    add(to_c, dc, to_c)
                    multiply(by_c, to_c, by_c)
                    dc = to_c_prev
                    product(W_h, dz, into)
                carried[...] = dc
                dzs = local[:n, 1:5].reshape(n, 4 * H, B)
                if by_step:
                    np.matmul(dzs.transpose(0, 2, 1), W_x, out=dx[of])
                here = slice(low - first, low - first + n)  # the gates as they lie in params: i, f, g, o
                columns[: 3 * H, here] = dzs[:, H:].transpose(1, 0, 2)
                columns[3 * H :, here] = dzs[:, :H].transpose(1, 0, 2)
            rows[:, : end - first] = inputs[first:end].transpose(1, 0, 2)
            dz, seen = (a.reshape(len(a), far * B)[:, : (end - first) * B] for a in (columns, rows))
            if end == T:
                np.dot(seen, dz.T, gradient)
            else:
                gradient += seen @ dz.T
            if input_gradient and not by_step:
                np.matmul(dz.T, W_x, out=dx[first:end].reshape(-1, D))
        self._give_back(work, self._backward_work, T, B)
        grads = {"W_x": gradient[:D], "W_h": gradient[D + 1 :], "b": gradient[D]}
        return dx, [above.T.copy(), carried.T.copy()], grads

    def gates(self):
        """What the last forward saw: i, f, g, o and the cell state c, each a copy of shape (T, B, H)."""
        *_, (_, inside) = self._kept("gates()")
        H = self.hidden_size
        blocks = dict(zip("oifg", (inside[:-1, k * H : (k + 1) * H] for k in range(1, 5)), strict=True))
        seen = {name: blocks[name] for name in GATES} | {"c": inside[1:, 5 * H :]}
        return {name: values.transpose(0, 2, 1).copy() for name, values in seen.items()}
