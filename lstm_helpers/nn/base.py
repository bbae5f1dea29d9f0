"""What all layers share: checks of what they are given, parameters, gradients, the look back at a forward pass."""

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


def expect_integers(name, array, below, hint, where=True):
    """``array``, if it holds integers from 0 to below - 1 (where ``where`` is true); errors say what is wrong."""
    array = np.asarray(array)
    if array.dtype.kind not in "iu":
        raise TypeError(f"expected integers in {name}, got {array.dtype}: convert with .astype(int)")
    wrong = ((array < 0) | (array >= below)) & where
    if wrong.any():
        place = tuple(map(int, np.argwhere(wrong)[0]))
        raise ValueError(f"expected {name} from 0 to {below - 1}, got {array[place]} at {place}: {hint}")
    return array


def expect_lengths(lengths, T, B, counted, hint):
    """``lengths`` as a copy in NumPy's own integers (the caller may change theirs), each from 1 to T; or ValueError.

    Small or unsigned integers would not survive the arithmetic of places in time.
    """
    expect("lengths", lengths, (B,), "one number for each sequence of the batch")
    given = np.asarray(lengths)
    if B and (given.dtype.kind not in "iu" or given.min() < 1 or given.max() > T):
        raise ValueError(f"expected lengths of 1 to {T}{counted}, got {given.tolist()}: {hint}")
    return given.astype(np.intp)


def expect_finite(name, array):
    """Raise ValueError, with the first place that is not, unless every number of ``array`` is finite."""
    finite = np.isfinite(array)
    if not finite.all():
        where = tuple(map(int, np.argwhere(~finite)[0]))
        raise ValueError(
            f"expected finite numbers in {name}, got {array[where]} at {where}: "
            "look at where the data come from before the layer sees them"
        )


def expect_forward_pass(cache, caller="backward", call="forward(x)"):
    """``cache``, what a layer's last forward pass left; or RuntimeError, naming the caller, if it left nothing."""
    if cache is None:
        raise RuntimeError(f"{caller} looks back at a forward pass: call {call} first, with train=True")
    return cache


class Layer:
    """A layer that learns: ``params``, and by the same names ``grads``, set or added to by its backward pass.

    params: arrays by name. ``dtype`` is float32 or float64, that of ``params``, and inputs must have the same.
    """

    why_floats = ""  # ends the error about another dtype
    forward_call = "forward"  # as errors write it

    def __init__(self, params, dtype):
        self.dtype = np.dtype(dtype)
        if self.dtype not in (np.float32, np.float64):
            raise TypeError(f"expected dtype float32 or float64, got {self.dtype}{self.why_floats}")
        self.params = {name: array.astype(self.dtype) for name, array in params.items()}
        self.grads = {}
        self._cache = None  # what the forward pass leaves for the backward pass

    def _checked(self, name, array, shape, hint):
        """``array``, if it has ``shape``, the layer's dtype and finite numbers; errors say what is wrong."""
        expect(name, array, shape, hint)
        if not isinstance(array, np.ndarray) or array.dtype != self.dtype:
            given = array.dtype if isinstance(array, np.ndarray) else f"a {type(array).__name__}"
            raise TypeError(
                f"expected {name} of {self.dtype}, as the layer, got {given}: "
                f"convert with np.asarray({name}, '{self.dtype}')"
            )
        expect_finite(name, array)
        return array

    def _forward_cache(self, caller="backward"):
        """What the last forward pass left; or RuntimeError, naming the caller, if it left nothing."""
        return expect_forward_pass(self._cache, caller, self.forward_call)

    def _set_grads(self, grads, accumulate):
        if accumulate and self.grads:
            grads = {name: self.grads[name] + g for name, g in grads.items()}
        self.grads = grads
