"""NumPy's floating-point warnings in a browser, whose processor keeps no record of what overflowed.

Inside ``watched()`` stand functions in the place of NumPy's that look at what went in and came out. What an operator
does (``a / b``, ``a ** b``) is not seen.
"""

import contextlib
import warnings

import numpy as np

POLES = {"divide": (1, 0), "reciprocal": (0, 0), "power": (0, 0), "float_power": (0, 0)}  # which input, and where
POLES |= {"log": (0, 0), "log2": (0, 0), "log10": (0, 0), "log1p": (0, -1)}
WATCHED = (*POLES, "true_divide", "exp", "exp2", "expm1", "sqrt", "square", "sinh", "cosh")
WORDS = {"over": "overflow", "divide": "divide by zero", "invalid": "invalid value"}


class _Watched:
    """A function of NumPy's that warns as it does elsewhere. What else it has (``reduce``) is NumPy's own."""

    def __init__(self, function):
        self._function = function

    def __call__(self, *inputs, **more):
        out = self._function(*inputs, **more)
        if kind := _gone_wrong(self._function, inputs[: self._function.nin], out, more.get("where", True)):
            _tell(kind, self._function.__name__)
        return out

    def __getattr__(self, name):
        return getattr(self._function, name)


def _gone_wrong(function, inputs, out, where):
    """The kind of what NumPy warns of elsewhere, or ""."""
    if getattr(out, "dtype", np.dtype(object)).kind != "f":
        return ""
    arrays = np.broadcast_arrays(*(np.asarray(array, float) for array in inputs))
    if (np.isnan(out) & ~np.isnan(arrays).any(axis=0) & where).any():
        return "invalid"
    if (np.isinf(out) & np.isfinite(arrays).all(axis=0) & where).any():
        which, at = POLES.get(function.__name__, (0, np.nan))
        return "divide" if (arrays[which] == at).any() else "over"
    return ""


def _tell(kind, name):
    wanted, text = np.geterr()[kind], f"{WORDS[kind]} encountered in {name}"
    if wanted == "raise":
        raise FloatingPointError(text)
    if wanted == "warn":
        warnings.warn(text, RuntimeWarning, stacklevel=3)


@contextlib.contextmanager
def watched():
    own = {name: vars(np)[name] for name in WATCHED}
    try:
        vars(np).update({name: _Watched(function) for name, function in own.items()})
        yield
    finally:
        vars(np).update(own)
