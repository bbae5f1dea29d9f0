"""The student's own layer and optimiser: the interface of ``nn.LSTM`` and ``training.Adam``, their pieces inside."""

import numpy as np

from lstm_helpers import training
from lstm_helpers.nn.lstm import GATES
from lstm_helpers.nn.recurrent import Recurrent


def in_use():
    """The Library that is loaded."""
    from lstm_helpers import yours

    return yours.library()


class LSTM(Recurrent):
    """An LSTM that runs on the student's own functions, with the whole interface of ``nn.LSTM``.

    ``forward(x, train=False)`` is their ``lstm_forward``, ``forward(x)`` their ``lstm_forward_cached``, and
    ``backward`` their ``lstm_backward``; a piece that is missing or not right is the course's own, and the layer's
    repr says so. They see one length at a time, so that plain functions are enough: what ``lengths`` and states need
    is done here.

    >>> lstm = LSTM(3, 5, rng=np.random.default_rng(0))
    >>> h, (h_last, c_last) = lstm.forward(np.zeros((7, 2, 3), np.float32))
    >>> h.shape, c_last.shape
    ((7, 2, 5), (2, 5))
    """

    blocks = 4
    states = ("h", "c")
    names = GATES

    def __init__(self, input_size, hidden_size, *, rng, dtype=np.float32, forget_bias=None):
        super().__init__(input_size, hidden_size, rng=rng, dtype=dtype)
        if forget_bias is not None:
            self.params["b"][hidden_size : 2 * hidden_size] = forget_bias

    def __repr__(self):
        found = in_use().found
        parts = {"lstm_backward": "backward pass", "lstm_forward_cached": "forward pass"}
        parts |= {"lstm_forward": "forward pass without training"}
        said = ", ".join(found[name].said(words) for name, words in parts.items())
        return f"LSTM({self.input_size}, {self.hidden_size}): {said}"

    def _forward(self, x, start, lengths, train):
        (T, B, _), H = x.shape, self.hidden_size
        run = in_use()["lstm_forward_cached" if train else "lstm_forward"]
        hs, end, kept = np.zeros((T, B, H), self.dtype), [np.empty((B, H), self.dtype) for _ in "hc"], []
        for n, rows in _groups(lengths, T):
            given = (x[:n, rows], *(state[rows] for state in start), *self._weights())
            if train:
                h, c, gates = (np.asarray(array, self.dtype) for array in run(*given))
                kept.append((n, rows, given[0], h, c, gates))
                hs[:n, rows], end[0][rows], end[1][rows] = h[1:], h[-1], c[-1]
            else:
                hs[:n, rows], (end[0][rows], end[1][rows]) = run(*given)
        return hs, end, kept if train else None

    def _backward(self, cache, dh, dend, ends, input_gradient):
        T, B, H = dh.shape
        run, (W_x, W_h, _) = in_use()["lstm_backward"], self._weights()
        dx, dstart = np.zeros((T, B, self.input_size), self.dtype), [np.empty((B, H), self.dtype) for _ in "hc"]
        grads = {name: np.zeros_like(array) for name, array in self.params.items()}
        for n, rows, x, h, c, gates in cache:
            upstream = dh[:n, rows], *(gradient[rows] for gradient in dend)
            dx[:n, rows], dstart[0][rows], dstart[1][rows], *dW = run(*upstream, x, h, c, gates, W_x, W_h)
            for name, gradient in zip(("W_x", "W_h", "b"), dW, strict=True):
                grads[name] += gradient
        return dx if input_gradient else None, dstart, grads

    def _weights(self):
        return [np.asarray(self.params[name], self.dtype) for name in ("W_x", "W_h", "b")]

    def gates(self):
        """What the last forward pass saw: i, f, g, o and the cell state c, each a copy of shape (T, B, H), 0 beyond a
        sequence's length."""
        (T, B, _), _, cache = self._forward_cache("gates()")
        H = self.hidden_size
        seen = {name: np.zeros((T, B, H), self.dtype) for name in (*GATES, "c")}
        for n, rows, _, _, c, gates in cache:
            for k, name in enumerate(GATES):
                seen[name][:n, rows] = gates[:, :, k * H : (k + 1) * H]
            seen["c"][:n, rows] = c[1:]
        return seen


def _groups(lengths, T):
    """(steps, the rows of the batch that have so many) of each length there is."""
    if lengths is None:
        return [(T, slice(None))]
    return [(int(n), np.flatnonzero(lengths == n)) for n in np.unique(lengths)]


class Adam(training.Adam):
    """``training.Adam`` with the student's own ``adam_step`` inside.

    Raises ValueError for other ``betas`` or ``eps`` than those that the exercise writes into it.
    """

    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8):
        if (tuple(betas), eps) != ((0.9, 0.999), 1e-8):
            raise ValueError(
                f"expected betas (0.9, 0.999) and eps 1e-8, got {betas} and {eps}: adam_step has them written into it; "
                "training.Adam takes others"
            )
        super().__init__(params, lr, betas, eps)

    def __repr__(self):
        return f"Adam(lr={self.lr:g}): {in_use().found['adam_step'].said('optimiser')}"

    def _update(self, p, grad, lr, mean, square):
        p[...], mean[...], square[...] = in_use()["adam_step"](p, grad, mean, square, self.steps, lr)
