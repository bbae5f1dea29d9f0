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
    missing or not right is the course's own, and the layer's repr says so. Plain functions are enough: what ``lengths``
    need is done here. With them ``lstm_forward_cached`` runs always, since it alone tells every cell state.

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
        library, (T, B, _) = in_use(), x.shape
        if lengths is None and not train:
            hs, end = library["lstm_forward"](x, *start, *self._weights())
            return np.asarray(hs, self.dtype), [np.asarray(state, self.dtype) for state in end], None
        # Padding is computed too, from zeros, and nothing of it is shown: one call costs less than one for each end.
        x = _within(lengths, x)
        kept = [np.asarray(array, self.dtype) for array in library["lstm_forward_cached"](x, *start, *self._weights())]
        states, cells, _ = kept
        last = np.full(B, T) if lengths is None else lengths
        end = [array[last, np.arange(B)] for array in (states, cells)]
        return _within(lengths, states[1:]), end, (x, *kept, lengths)

    def _backward(self, cache, dh, dend, ends, input_gradient):
        run, (W_x, W_h, _) = in_use().backward(), self._weights()
        (x, h, c, gates, _), T, (dh_end, dc_end) = cache, len(dh), dend
        dh, dx, at_the_end = dh.copy(), np.zeros(cache[0].shape, self.dtype), ends.get(T - 1, slice(0))
        early = {step: rows for step, rows in ends.items() if step < T - 1}
        for step, rows in early.items():
            dh[step, rows] += dh_end[rows]
        # The gradient of a cell state enters between two calls, so only where there is one is time cut.
        cuts = {step + 1: rows for step, rows in early.items() if dc_end[rows].any()}
        dh_next, dc_next = np.zeros_like(dh_end), np.zeros_like(dc_end)
        dh_next[at_the_end], dc_next[at_the_end] = dh_end[at_the_end], dc_end[at_the_end]
        grads, times = {name: np.zeros_like(array) for name, array in self.params.items()}, [0, *sorted(cuts), T]
        for a, b in reversed([*zip(times, times[1:], strict=False)]):
            given = dh[a:b], dh_next, dc_next, x[a:b], h[a : b + 1], c[a : b + 1], gates[a:b], W_x, W_h
            dx[a:b], dh_next, dc_next, *of_weights = run(*given)
            for name, gradient in zip(("W_x", "W_h", "b"), of_weights, strict=True):
                grads[name] += gradient
            if a in cuts:
                dc_next = np.array(dc_next, self.dtype)
                dc_next[cuts[a]] += dc_end[cuts[a]]
        return dx if input_gradient else None, [np.asarray(d, self.dtype) for d in (dh_next, dc_next)], grads

    def _weights(self):
        return [np.asarray(self.params[name], self.dtype) for name in ("W_x", "W_h", "b")]

    def gates(self):
        """What the last forward pass saw: i, f, g, o and the cell state c, each a copy of shape (T, B, H), 0 beyond a
        sequence's length."""
        *_, (_, _, c, gates, lengths) = self._forward_cache("gates()")
        parts = *np.split(gates, 4, axis=2), c[1:]
        return {name: _within(lengths, part).copy() for name, part in zip((*GATES, "c"), parts, strict=True)}


def _within(lengths, array):
    """An array (T, B, ...) with zeros beyond each sequence's length."""
    if lengths is None:
        return array
    return np.where(np.arange(len(array))[:, None, None] < lengths[:, None], array, array.dtype.type(0))


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
