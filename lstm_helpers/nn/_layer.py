"""What every recurrent layer shares: parameters, and errors that speak to the person."""

import numpy as np


def expect(name, array, shape, hint=""):
    """Raise ValueError unless ``array`` has ``shape``; letters in ``shape`` stand for any size."""
    got = np.shape(array)
    if len(got) != len(shape) or any(g != w for g, w in zip(got, shape, strict=True) if not isinstance(w, str)):
        wanted = "(" + ", ".join(map(str, shape)) + ("," if len(shape) == 1 else "") + ")"
        raise ValueError(f"expected {name} of shape {wanted}, got {got}" + (f": {hint}" if hint else ""))


def expect_sizes(**sizes):
    """Raise ValueError unless every size is an integer of 1 or more."""
    for name, size in sizes.items():
        if not isinstance(size, (int, np.integer)) or size < 1:
            raise ValueError(f"expected {name} to be an integer of 1 or more, got {size}: it counts numbers")


def expect_lengths(lengths, T, B, counted, hint):
    """``lengths`` as a copy in NumPy's own integers (the caller may change theirs), each from 1 to T; or ValueError.

    Small or unsigned integers would not survive the arithmetic of places in time.
    """
    expect("lengths", lengths, (B,), "one number for each sequence of the batch")
    given = np.asarray(lengths)
    if B and (given.dtype.kind not in "iu" or given.min() < 1 or given.max() > T):
        raise ValueError(f"expected lengths of 1 to {T}{counted}, got {given.tolist()}: {hint}")
    return given.astype(np.intp)


def _expect_finite(name, array):
    finite = np.isfinite(array)
    if not finite.all():
        where = tuple(map(int, np.argwhere(~finite)[0]))
        raise ValueError(
            f"expected finite numbers in {name}, got {array[where]} at {where}: "
            "look at where the data come from before the layer sees them"
        )


class Recurrent:
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

    def __init__(self, input_size, hidden_size, *, rng, dtype=np.float32):
        expect_sizes(input_size=input_size, hidden_size=hidden_size)
        self.input_size, self.hidden_size, self.dtype = input_size, hidden_size, np.dtype(dtype)
        if self.dtype not in (np.float32, np.float64):
            raise TypeError(f"expected dtype float32 or float64, got {self.dtype}: gates are fractions")
        bound = hidden_size**-0.5
        self.params = {
            name: rng.uniform(-bound, bound, shape).astype(self.dtype) for name, shape in self._shapes().items()
        }
        self.grads = {}
        self._cache = None

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
        (T, B, _), lengths, cache = self._kept("backward")
        expect("dh", dh, (T, B, self.hidden_size), "the shape of the h that forward returned")
        dh, dend = np.asarray(dh, self.dtype), self._unpack("dstate", dstate, B)
        ends = {T - 1: slice(None)}
        if lengths is not None:
            dh = np.where(np.arange(T)[:, None, None] < lengths[:, None], dh, 0).astype(self.dtype)
            ends = {int(n) - 1: np.flatnonzero(lengths == n) for n in np.unique(lengths)}
        dx, dstart, grads = self._backward(cache, dh, dend, ends, input_gradient)
        if accumulate and self.grads:
            grads = {name: self.grads[name] + g for name, g in grads.items()}
        self.grads = grads
        return dx, self._pack(dstart)

    def _kept(self, asked_by):
        """What the last forward kept: (x.shape, lengths, cache). RuntimeError, naming who asks, if it kept nothing."""
        if self._cache is None:
            raise RuntimeError(f"{asked_by} looks back at a forward pass: call forward(x) first, with train=True")
        return self._cache

    def _pack(self, arrays):
        return tuple(arrays) if len(self.states) > 1 else arrays[0]

    def _unpack(self, name, given, B):
        """The parts of a state, each (B, H); zeros for what is left out."""
        if given is None:
            return [np.zeros((B, self.hidden_size), self.dtype) for _ in self.states]
        parts = (given,) if len(self.states) == 1 else tuple(given)
        if len(parts) != len(self.states):
            pair = ", ".join(self.states)
            raise ValueError(
                f"expected {name} ({pair}), a pair, got {len(parts)} in all: an LSTM carries two states, ({pair})"
            )
        prefix = "d" if name == "dstate" else ""
        names = [name] if len(parts) == 1 else [prefix + part for part in self.states]
        return [self._state(part, array, B) for part, array in zip(names, parts, strict=True)]

    def _state(self, name, given, B):
        if given is None:
            return np.zeros((B, self.hidden_size), self.dtype)
        expect(name, given, (B, self.hidden_size), "one row for each sequence of the batch")
        state = np.asarray(given, self.dtype)
        _expect_finite(name, state)
        return state

    def _check_input(self, x):
        D = self.input_size
        hint = "add a time axis with x[None]" if np.ndim(x) == 2 else "time comes first, then the batch"
        expect("x", x, ("T", "B", D), hint)
        if not isinstance(x, np.ndarray) or x.dtype != self.dtype:
            given = x.dtype if isinstance(x, np.ndarray) else f"a {type(x).__name__}"
            raise TypeError(
                f"expected x of {self.dtype}, as the layer, got {given}: convert with np.asarray(x, '{self.dtype}')"
            )
        if not len(x):
            raise ValueError(
                f"expected x of one time step or more, got {x.shape}: there is no last state without a step"
            )
        _expect_finite("x", x)

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
