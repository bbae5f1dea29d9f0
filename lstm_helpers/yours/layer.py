"""The student's own layer and optimiser: the interface of ``nn.LSTM`` and ``training.Adam``, their pieces inside."""

import numpy as np

from lstm_helpers.nn.lstm import GATES
from lstm_helpers.nn.recurrent import Recurrent
from lstm_helpers.training.base import SGD
from lstm_helpers.yours.handing import require


def in_use():
    """The Library that is loaded."""
    from lstm_helpers import yours

    require("LSTM")
    return yours.library()


class LSTM(Recurrent):
    """An LSTM that runs on the student's own functions, with the whole interface of ``nn.LSTM``.

    ``forward(x, train=False)`` is their ``lstm_forward``, ``forward(x)`` their ``lstm_forward_cached``, and
    ``backward`` their ``lstm_backward``, or the two functions of their quick one once both are right. A piece that is
    missing or not right is the course's own, and the layer's repr says so. Plain functions are enough: they see
    stretches of time in which no sequence ends, and what ``lengths`` and states need is done here.

    >>> lstm = LSTM(3, 5, rng=np.random.default_rng(0))
    >>> h, (h_last, c_last) = lstm.forward(np.zeros((7, 2, 3), np.float32))
    >>> h.shape, c_last.shape
    ((7, 2, 5), (2, 5))
    """

    blocks = 4
    states = ("h", "c")
    names = GATES

    def __init__(self, input_size, hidden_size, *, rng, dtype=np.float32, forget_bias=None):
        require("LSTM")
        super().__init__(input_size, hidden_size, rng=rng, dtype=dtype)
        if forget_bias is not None:
            self.params["b"][hidden_size : 2 * hidden_size] = forget_bias

    def __repr__(self):
        library = in_use()
        back = ("weight_gradients", "quick backward pass") if library.quick else ("lstm_backward", "backward pass")
        parts = (back, ("lstm_forward_cached", "forward pass"), ("lstm_forward", "forward pass without training"))
        said = ", ".join(library.found[name].said(words) for name, words in parts)
        return f"LSTM({self.input_size}, {self.hidden_size}): {said}"

    def _forward(self, x, start, lengths, train):
        (T, B, _), run = x.shape, in_use()["lstm_forward_cached" if train else "lstm_forward"]
        hs, (h, c), kept = np.zeros((T, B, self.hidden_size), self.dtype), [state.copy() for state in start], []
        for steps, rows in _stretches(lengths, T):
            given = x[steps, rows], h[rows], c[rows], *self._weights()
            if train:
                states, cells, gates = (np.asarray(array, self.dtype) for array in run(*given))
                kept.append((steps, rows, given[0], states, cells, gates))
                hs[steps, rows], h[rows], c[rows] = states[1:], states[-1], cells[-1]
            else:
                hs[steps, rows], (h[rows], c[rows]) = run(*given)
        return hs, [h, c], kept if train else None

    def _backward(self, cache, dh, dend, ends, input_gradient):
        run, (W_x, W_h, _) = in_use().backward(), self._weights()
        dx, (dh_next, dc_next) = np.zeros((*dh.shape[:2], self.input_size), self.dtype), [d.copy() for d in dend]
        grads = {name: np.zeros_like(array) for name, array in self.params.items()}
        for steps, rows, x, h, c, gates in reversed(cache):
            given = dh[steps, rows], dh_next[rows], dc_next[rows], x, h, c, gates, W_x, W_h
            dx[steps, rows], dh_next[rows], dc_next[rows], *of_weights = run(*given)
            for name, gradient in zip(("W_x", "W_h", "b"), of_weights, strict=True):
                grads[name] += gradient
        return dx if input_gradient else None, [dh_next, dc_next], grads

    def _weights(self):
        return [np.asarray(self.params[name], self.dtype) for name in ("W_x", "W_h", "b")]

    def gates(self):
        """What the last forward pass saw: i, f, g, o and the cell state c, each a copy of shape (T, B, H), 0 beyond a
        sequence's length."""
        (T, B, _), _, cache = self._forward_cache("gates()")
        H = self.hidden_size
        seen = {name: np.zeros((T, B, H), self.dtype) for name in (*GATES, "c")}
        for steps, rows, _, _, c, gates in cache:
            for k, name in enumerate(GATES):
                seen[name][steps, rows] = gates[:, :, k * H : (k + 1) * H]
            seen["c"][steps, rows] = c[1:]
        return seen


def _stretches(lengths, T):
    """(steps, rows): the time from one sequence's end to the next one's, and the rows that are not at their end yet.

    The states that one stretch ends with are those that the next one starts from; no step is computed twice.
    """
    if lengths is None:
        return [(slice(0, T), slice(None))]
    ends = [int(n) for n in np.unique(lengths)]
    return [(slice(a, b), np.flatnonzero(lengths >= b)) for a, b in zip([0, *ends], ends, strict=False)]


class Adam(SGD):
    """What ``training.Adam`` is, with the student's own ``adam_step`` inside.

    Raises ValueError for other ``betas`` or ``eps`` than those that the exercise writes into it.
    """

    slots = ("mean", "square")

    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8):
        if (tuple(betas), eps) != ((0.9, 0.999), 1e-8):
            raise ValueError(
                f"expected betas (0.9, 0.999) and eps 1e-8, got {betas} and {eps}: adam_step has them written into it; "
                "training.Adam takes others"
            )
        require("Adam")
        super().__init__(params, lr)
        self.betas, self.eps = betas, eps

    def __repr__(self):
        return f"Adam(lr={self.lr:g}): {in_use().found['adam_step'].said('optimiser')}"

    def _update(self, p, grad, lr, mean, square):
        p[...], mean[...], square[...] = in_use()["adam_step"](p, grad, mean, square, self.steps, lr)
