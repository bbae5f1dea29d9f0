"""What the recurrent layers share: how they are called, their parameters, states and lengths."""

import numpy as np

from lstm_helpers.nn.base import Layer, expect, expect_finite, expect_lengths, expect_sizes


class Recurrent(Layer):
    """What the recurrent layers share: parameters, the state in and out, lengths, gradients.

    Several threads may call ``forward(..., train=False)`` of one layer at once; one at a time may train it, as there is
    one memory for ``backward``.

    A subclass names its gates (``blocks`` of H columns side by side) and its states, and writes ``_forward`` and
    ``_backward``, which see checked arrays only.

    params: W_x (D, blocks*H), W_h (H, blocks*H), b (blocks*H,), drawn uniformly from +-1/sqrt(H) as torch.nn does, by
    ``rng``, a NumPy generator. ``dtype`` is float32 or float64, and x must have the same. grads: the same names, set by
    ``backward``.
    """

    blocks = 1
    states = ("h",)
    why_floats = ": gates are fractions"
    forward_call = "forward(x)"

    def __init__(self, input_size, hidden_size, *, rng, dtype=np.float32):
        expect_sizes(input_size=input_size, hidden_size=hidden_size)
        self.input_size, self.hidden_size = input_size, hidden_size
        bound = hidden_size**-0.5
        super().__init__({name: rng.uniform(-bound, bound, shape) for name, shape in self._shapes().items()}, dtype)

    def _shapes(self):
        D, H, width = self.input_size, self.hidden_size, self.blocks * self.hidden_size
        return {"W_x": (D, width), "W_h": (H, width), "b": (width,)}

    def forward(self, x, state=None, lengths=None, *, train=True):
        """Run over ``x (T, B, D)`` from ``state``, zeros by default.

        state: one array (B, H), or the pair (h, c). lengths: the number of steps of each sequence, (B,), in any order;
        what lies beyond is padding: h is 0 there, and a sequence's state is that of its own last step.
        train=False keeps nothing for ``backward``.
        Returns h (T, B, H) and the state after the last step, shaped as ``state``.
        Raises ValueError or TypeError with what was given, what was expected and what to do.
        """
        self._check_input(x)
        T, B, _ = x.shape
        lengths = self._check_lengths(lengths, T, B)
        start = self._unpack("state", state, B)
        h, end, cache = self._forward(x, start, lengths, train)
        self._cache = (x.shape, lengths, cache) if train else None
        return h, self._pack(end)

    def backward(self, dh, dstate=None, *, accumulate=False, input_gradient=True):
        """From the gradients of the last ``forward``'s results to those of its inputs; sets ``grads``.

        dh (T, B, H); dstate: the gradient of the returned state, shaped as it, zeros by default. What dh holds beyond
        a sequence's length is ignored. accumulate=True adds to ``grads`` instead of setting them.
        input_gradient=False saves the product that gives dx: data need no gradient, only a layer below does.
        Returns dx (T, B, D), or None without input_gradient, and the gradient of the initial state.
        Raises RuntimeError without a forward pass.
        """
        (T, B, _), lengths, cache = self._forward_cache()
        expect("dh", dh, (T, B, self.hidden_size), "the shape of the h that forward returned")
        dh, dend = np.asarray(dh, self.dtype), self._unpack("dstate", dstate, B)
        ends = {T - 1: slice(None)}
        if lengths is not None:
            dh = np.where(np.arange(T)[:, None, None] < lengths[:, None], dh, 0).astype(self.dtype)
            ends = {int(n) - 1: np.flatnonzero(lengths == n) for n in np.unique(lengths)}
        dx, dstart, grads = self._backward(cache, dh, dend, ends, input_gradient)
        self._set_grads(grads, accumulate)
        return dx, self._pack(dstart)

    def _pack(self, arrays):
        return tuple(arrays) if len(self.states) > 1 else arrays[0]

    def _unpack(self, name, given, B):
        """The parts of a state, each (B, H) but where ``_state_shape`` says otherwise; zeros for what is left out."""
        if given is None:
            return [np.zeros(self._state_shape(part, B), self.dtype) for part in self.states]
        parts = (given,) if len(self.states) == 1 else tuple(given)
        if len(parts) != len(self.states):
            listed = ", ".join(self.states)
            raise ValueError(
                f"expected {name} ({listed}), got {len(parts)} in all: {type(self).__name__} carries "
                f"{len(self.states)} states, ({listed})"
            )
        prefix = "d" if name == "dstate" else ""
        names = [name] if len(parts) == 1 else [prefix + part for part in self.states]
        shapes = [self._state_shape(part, B) for part in self.states]
        return [self._state(*part) for part in zip(names, parts, shapes, strict=True)]

    def _state_shape(self, part, B):
        """The shape of one of ``states``."""
        return B, self.hidden_size

    def _state(self, name, given, shape):
        if given is None:
            return np.zeros(shape, self.dtype)
        expect(name, given, shape, "one row for each sequence of the batch")
        state = np.asarray(given, self.dtype)
        expect_finite(name, state)
        return state

    def _check_input(self, x):
        D = self.input_size
        hint = "add a time axis with x[None]" if np.ndim(x) == 2 else "time comes first, then the batch"
        self._checked("x", x, ("T", "B", D), hint)
        if not len(x):
            raise ValueError(
                f"expected x of one time step or more, got {x.shape}: there is no last state without a step"
            )

    @staticmethod
    def _check_lengths(lengths, T, B):
        if lengths is None:
            return None
        return expect_lengths(lengths, T, B, " steps, the T of x", "cut them, or pad x with zeros")

    def _forward(self, x, start, lengths, train):
        """(h (T, B, H), the end of each state (B, H), what ``_backward`` needs or None). Rows beyond a length are 0."""
        raise NotImplementedError

    def _backward(self, cache, dh, dend, ends, input_gradient):
        """(dx, or None without ``input_gradient``, gradients of the initial states, gradients of the parameters).

        dh is 0 beyond each length. ends: time step -> the rows of the batch that end there, where ``dend`` comes in.
        """
        raise NotImplementedError
