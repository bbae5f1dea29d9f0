"""The fused kernel behind ``nn.LSTM``: what the functions of ``nn.lstm`` compute, in as few calls a step as can be.

What makes it fast, each measured:

- Inside, a time step is (4H, B): a gate is a block of rows, contiguous in memory.
- One product a step: ``[x, 1, h]`` are kept stacked, so W_x, b and W_h act at once, and their gradients come at once.
- Three of the four are sigmoid(z) = 1 / (1 + exp(-z)), with the signs put into the weights beforehand: NumPy's exp
  takes half as long as its tanh. The candidate is tanh itself, so that small values lose no digits.
- The blocks lie in the order tanh(c), o, i, f, g, c_prev: the sigmoids are neighbours, and so are the pairs i, f and
  g, c_prev that one call multiplies. The local derivatives of these blocks lie in the same order: the first two are
  multiplied by dL/dh in one call, the last four by dL/dc.
- Local derivatives are worked out for a chunk of time steps at once, outside the loop, from products that are there
  already: where p = a * b with a = sigmoid(z), dp/dz = b * a * (1 - a) = p * (1 - a); with a = tanh(z) it is b - p * a.
- The gradient that c_t passes to c_{t-1} is one more row of the same product as those that it passes to i, f, g.
- The gradients of the weights are one product for a batch of chunks.
- A few steps without training (a text that is generated one character at a time) use the weights where they lie:
  laying them out takes longer than such a call. Nothing made of the weights is kept from call to call, so that a
  change in them, made by whatever means, is never missed.
- Workspaces, and every step's views of them, are kept from call to call; they start on a cache line, as products
  are quicker then. Nothing that is returned shares memory with them.
"""

import functools
import math
import os

import numpy as np

CHUNK_SIZE = 2**15  # numbers of one gate whose local derivatives are worked out at once: few calls, still in the cache
PRODUCT_COLUMNS = 2**10  # columns (steps times batch) of one product for the gradients of the weights
UNPACKED_PRODUCT = 10**6  # multiplications up to which OpenBLAS, with AVX-512, multiplies without packing arguments
ONE_THREAD_PRODUCT = 2**18  # multiplications up to which OpenBLAS leaves a product to one thread when it has more
TWO_THREAD_PRODUCT = 4 * 10**6  # multiplications from which on it pays to wake a second thread
FEW_STEPS = 4  # steps that are quicker with the weights as they lie in params
TILE = 16  # columns that are transposed at once: the cache lines that they share stay in the cache


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


def _largest_piece():
    """How many multiplications one piece of a product may have.

    On one thread, pieces help where OpenBLAS has a way of its own for small products: a quarter quicker with AVX-512;
    with AVX2 a fifth slower (256 units, a batch of 32, backwards), as each packs its arguments anew.

    A second thread that was woken for a small product spins until the next one comes and takes a core from whoever
    else computes. With two threads, pieces that OpenBLAS leaves to one of them took 0.6 of the time of larger ones
    (inference, 64 units, a batch of 32 to 64, on a machine with other work to do), and were as quick elsewhere.
    """
    if _threads() > 1:
        return ONE_THREAD_PRODUCT
    return UNPACKED_PRODUCT if _avx512() else math.inf


def product_in_pieces(M, K, B):
    """How to multiply (M, K) by (K, B): the shape to give the M rows, and the function.

    It is cut into pieces of rows where ``_largest_piece`` says that this pays. Large ones are left whole when there is
    a second thread to share them: from TWO_THREAD_PRODUCT on, both threads together are quicker than one, busy machine
    or not.
    """
    largest = _largest_piece()
    fitting = (n for n in (1, 2, 4, 8, 16, 32, 64) if M % n == 0 and M // n >= 16 and M // n * K * B <= largest)
    pieces = 1 if M * K * B > TWO_THREAD_PRODUCT and _threads() > 1 else next(fitting, 1)
    # The method dot is quicker to call than np.dot, which first looks for arrays that are not NumPy's.
    return ((M,), np.ndarray.dot) if pieces == 1 else ((pieces, M // pieces), np.matmul)


class Kernel:
    """Forward and backward pass of one LSTM layer, and the workspaces for them.

    D is ``input_size``, H ``hidden_size``. The weights stay the layer's own: both passes are given its ``params``.
    """

    def __init__(self, input_size, hidden_size, dtype):
        self.input_size, self.hidden_size, self.dtype = input_size, hidden_size, dtype
        self._workspaces = {}

    def _borrow(self, make, *sizes):
        """The workspace that ``make(*sizes)`` lays out, the one of the last call if its sizes were the same.

        It is taken out for as long as a call lasts: another thread that comes meanwhile lays out its own.
        """
        last_sizes, workspace = self._workspaces.pop((make.__name__, sizes[2:]), (None, None))
        return workspace if last_sizes == sizes else make(*sizes)

    def _put_back(self, workspace, make, *sizes):
        """Keep a workspace for the next call; training and inference, which differ in what follows T and B, apart."""
        self._workspaces[make.__name__, sizes[2:]] = sizes, workspace

    def _forward_workspace(self, T, B, train):
        """Inputs, gates, and for each step the views of them that it reads and writes.

        inputs (T + 1, D + 1 + H, B): the rows of a step are x_t, 1, h_{t-1}.
        gates (T + 1, 6H, B): tanh(c_t), o, i, f, g, c_{t-1}. Without a backward pass ahead, one step's serve all.
        """
        D, H = self.input_size, self.hidden_size
        inputs = _aligned(T + 1, D + 1 + H, B, dtype=self.dtype)
        gates = _aligned(T + 1 if train else 1, 6 * H, B, dtype=self.dtype)
        terms = _aligned(2, H, B, dtype=self.dtype)
        inputs[:, D] = 1
        shape, _ = product_in_pieces(4 * H, D + 1 + H, B)
        steps = []
        for t in range(T):
            now, after = (gates[t], gates[t + 1]) if train else (gates[0], gates[0])
            tanh_c, o, g, c = now[:H], now[H : 2 * H], now[4 * H : 5 * H], after[5 * H :]
            i_f, g_c = now[2 * H : 4 * H].reshape(2, H, B), now[4 * H :].reshape(2, H, B)
            z, sigmoids = now[H : 5 * H].reshape(*shape, B), now[H : 4 * H]
            steps.append((inputs[t], z, sigmoids, g, i_f, g_c, c, tanh_c, o, inputs[t + 1, -H:]))
        return inputs, gates, terms, steps

    def _backward_workspace(self, T, B):
        """Local derivatives of a chunk and their views step by step, and dz and inputs of a batch of chunks."""
        K, H = self.input_size + 1 + self.hidden_size, self.hidden_size
        chunk = max(1, min(T, 32, CHUNK_SIZE // max(1, H * B)))  # steps
        block = chunk * -(-min(T, max(1, PRODUCT_COLUMNS // max(1, B))) // chunk)  # steps of one product
        # A step's rows: from h to c, o, i, f, g, from c to c_prev: local derivatives first, then gradients.
        local, terms = _aligned(chunk, 6, H, B, dtype=self.dtype), _aligned(chunk, 2, H, B, dtype=self.dtype)
        dhs = _aligned(chunk, H, B, dtype=self.dtype)
        steps = [(dh, q[:2], q[0], q[2:], q[5], q[1:5].reshape(4 * H, B)) for dh, q in zip(dhs, local, strict=True)]
        dz_columns, input_columns = (_aligned(rows, block, B, dtype=self.dtype) for rows in (4 * H, K))
        return local, terms, dhs, steps, dz_columns, input_columns

    def _kernel_order(self, W):
        """A copy of W (..., 4H) with its columns in the order o, i, f, g."""
        H = self.hidden_size
        return np.concatenate([W[:, 3 * H :], W[:, : 3 * H]], axis=1, dtype=self.dtype, casting="same_kind")

    def _stacked_weights(self, params):
        """All weights as (4H, D + 1 + H), for the inputs x_t, 1, h_{t-1}: rows -o, -i, -f, g."""
        H = self.hidden_size
        W, first = _aligned(4 * H, self.input_size + 1 + H, dtype=self.dtype), 0
        for name in ("W_x", "b", "W_h"):
            rows = np.atleast_2d(params[name])
            for start in range(0, len(rows), TILE):
                tile = rows[start : start + TILE].T
                to = W[:, first + start : first + start + tile.shape[1]]
                np.negative(tile[3 * H :], out=to[:H], casting="same_kind")
                np.negative(tile[: 2 * H], out=to[H : 3 * H], casting="same_kind")
                to[3 * H :] = tile[2 * H : 3 * H]
            first += len(rows)
        return W

    def _few_steps(self, params, x, h, c):
        """The equations with the weights as they lie; one tanh for all four layers, as 2 sigmoid(z) = 1 + tanh(z/2)."""
        (T, B, _), H = x.shape, self.hidden_size
        W_x, W_h, b = (np.asarray(params[name], self.dtype) for name in ("W_x", "W_h", "b"))
        scale = np.full(4 * H, 0.5, self.dtype)
        scale[2 * H : 3 * H] = 1
        shift, hs = 1 - scale, np.empty((T, B, H), self.dtype)
        for t in range(T):
            z = np.dot(x[t], W_x)
            z += np.dot(h, W_h)
            z += b
            z *= scale
            np.tanh(z, z)
            z *= scale
            z += shift
            i, f, g, o = z[:, :H], z[:, H : 2 * H], z[:, 2 * H : 3 * H], z[:, 3 * H :]
            c = f * c
            c += np.multiply(i, g, i)
            h = np.multiply(o, np.tanh(c), hs[t])
        return hs, [h.copy(), c], None

    def forward(self, params, x, start, lengths, train):
        """Run over ``x (T, B, D)`` from ``start``, h and c (B, H) each; lengths (B,) or None.

        Returns h (T, B, H), the last states [h, c], and with ``train`` what ``backward`` and ``gates`` need, else None.
        That is good until the next call with ``train``, which may write over it.
        """
        T, B, D = x.shape
        H = self.hidden_size
        if T <= FEW_STEPS and lengths is None and not train:
            return self._few_steps(params, x, *start)
        workspace = self._borrow(self._forward_workspace, T, B, train)
        inputs, gates, terms, steps = workspace
        W = self._stacked_weights(params)
        shape, product = product_in_pieces(*W.shape, B)
        W = W.reshape(*shape, D + 1 + H)
        inputs[:T, :D], inputs[0, -H:], gates[0, 5 * H :] = x.transpose(0, 2, 1), start[0].T, start[1].T
        (i_g, f_c), last_c = terms, np.empty((H, B), self.dtype)
        one = np.array(1, self.dtype)  # an array: a number would be made one at every call
        add, multiply, divide, exp, tanh = np.add, np.multiply, np.divide, np.exp, np.tanh
        with np.errstate(over="ignore"):  # exp(-z) of a gate that is shut: 1 / inf is the 0 it should be
            for t, (x_h, z, sigmoids, g, i_f, g_c, c, tanh_c, o, h) in enumerate(steps):
                product(W, x_h, z)
                exp(sigmoids, sigmoids)
                add(sigmoids, one, sigmoids)
                divide(one, sigmoids, sigmoids)
                tanh(g, g)
                multiply(i_f, g_c, terms)
                add(i_g, f_c, c)
                tanh(c, tanh_c)
                multiply(o, tanh_c, h)
                if lengths is not None:
                    last_c[:, lengths == t + 1] = c[:, lengths == t + 1]
                    h[:, lengths <= t] = 0
        last = np.full(B, T) if lengths is None else lengths
        hs = inputs[:, -H:]
        end = [hs[last, :, np.arange(B)], (c if lengths is None else last_c).T.copy()]
        h = hs[1:].transpose(0, 2, 1).copy()
        self._put_back(workspace, self._forward_workspace, T, B, train)
        return h, end, (inputs, gates) if train else None

    def _local_derivatives(self, gates, h, terms, local):
        """Fill ``local`` for some steps: of h to c, of h to o, of c to i, f, g and c_prev."""
        i_f, g_c = gates[:, 2:4], gates[:, 4:]
        np.multiply(i_f, g_c, terms)  # i * g and f * c_prev
        np.subtract(1, gates[:, 1:4], local[:, 1:4])
        np.multiply(local[:, 1], h, local[:, 1])
        np.multiply(local[:, 2:4], terms, local[:, 2:4])
        np.multiply(gates[:, 0], h, local[:, 0])
        np.multiply(gates[:, 4], terms[:, 0], local[:, 4])
        np.subtract(gates[:, 1:3], local[:, :5:4], local[:, :5:4])
        local[:, 5] = gates[:, 3]

    def backward(self, params, cache, dh, dend, ends, input_gradient):
        """From dh (T, B, H) and the gradients ``dend`` of the last states to those of everything ``forward`` read.

        ends: time step -> the rows of the batch that end there, where ``dend`` comes in; dh is 0 beyond a length.
        Returns dx (T, B, D), or None without ``input_gradient``, [dh_0, dc_0], (B, H) each, and those of ``params``.
        """
        inputs, gates = cache
        T, (_, K, B) = len(inputs) - 1, inputs.shape
        D, H = self.input_size, self.hidden_size
        workspace = self._borrow(self._backward_workspace, T, B)
        local, terms, dhs, steps, dz_columns, input_columns = workspace
        chunk, block = len(local), dz_columns.shape[1]
        W_h = self._kernel_order(params["W_h"])
        shape, product = product_in_pieces(*W_h.shape, B)
        W_h = W_h.reshape(*shape, 4 * H)
        dh_next, dc_carried = np.zeros((2, H, B), self.dtype)  # dL/dh and dL/dc before a step's own share
        dh_pieces = dh_next.reshape(*shape, B)
        by_step = input_gradient and _largest_piece() >= 4 * H * D * B  # a product for each dx_t, in the kernel's order
        if input_gradient:
            W_x = self._kernel_order(params["W_x"]) if by_step else np.asarray(params["W_x"], self.dtype)
            W_x = np.ascontiguousarray(W_x.T)
        dx = np.empty((T, B, D), self.dtype) if input_gradient else None
        gradient = np.empty((K, 4 * H), self.dtype)  # of W_x, b and W_h, one below the other
        gates = gates.reshape(T + 1, 6, H, B)
        add, multiply = np.add, np.multiply
        for first in reversed(range(0, T, block)):
            end = min(first + block, T)
            for low in reversed(range(first, end, chunk)):
                n, now, dc_next = min(chunk, end - low), slice(low, min(low + chunk, end)), dc_carried
                self._local_derivatives(gates[now], inputs[low + 1 : low + 1 + n, -H:], terms[:n], local[:n])
                dhs[:n] = dh[now].transpose(0, 2, 1)
                for k in range(n - 1, -1, -1):
                    t, (dh_t, from_h, dc, from_c, dc_prev, dz) = low + k, steps[k]
                    if t in ends:
                        dh_next[:, ends[t]] += dend[0].T[:, ends[t]]
                        dc_next[:, ends[t]] += dend[1].T[:, ends[t]]
                    add(dh_next, dh_t, dh_next)
                    multiply(from_h, dh_next, from_h)
                    add(dc, dc_next, dc)
                    multiply(from_c, dc, from_c)
                    dc_next = dc_prev
                    product(W_h, dz, dh_pieces)
                dc_carried[...] = dc_next
                dzs = local[:n, 1:5].reshape(n, 4 * H, B)
                if by_step:
                    np.matmul(dzs.transpose(0, 2, 1), W_x, out=dx[now])
                here = slice(low - first, low - first + n)  # the gates as they lie in params: i, f, g, o
                dz_columns[: 3 * H, here] = dzs[:, H:].transpose(1, 0, 2)
                dz_columns[3 * H :, here] = dzs[:, :H].transpose(1, 0, 2)
            input_columns[:, : end - first] = inputs[first:end].transpose(1, 0, 2)
            dz, x_h = (a.reshape(len(a), block * B)[:, : (end - first) * B] for a in (dz_columns, input_columns))
            if end == T:
                np.dot(x_h, dz.T, gradient)
            else:
                gradient += x_h @ dz.T
            if input_gradient and not by_step:
                np.matmul(dz.T, W_x, out=dx[first:end].reshape(-1, D))
        self._put_back(workspace, self._backward_workspace, T, B)
        grads = {"W_x": gradient[:D], "W_h": gradient[D + 1 :], "b": gradient[D]}
        return dx, [dh_next.T.copy(), dc_carried.T.copy()], grads

    def gates(self, cache):
        """i, f, g, o and the cell state c of the forward pass that left ``cache``: copies of shape (T, B, H)."""
        _, gates = cache
        H = self.hidden_size
        blocks = {name: gates[:-1, k * H : (k + 1) * H] for k, name in enumerate("oifg", start=1)}
        blocks["c"] = gates[1:, 5 * H :]
        return {name: blocks[name].transpose(0, 2, 1).copy() for name in "ifgoc"}
