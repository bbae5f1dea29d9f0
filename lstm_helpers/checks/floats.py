"""NumPy's floating-point warnings in a browser, whose processor keeps no record of what overflowed.

Inside ``watched()`` stand functions in the place of NumPy's that look at what went in and came out. So do
operators on what they gave. What an operator does with other arrays (``2.7**z``) is not seen.
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
        before = [np.array(_plain(array)) for array in inputs[: self._function.nin]]
        return _followed(_told(self._function, before, self._function(*inputs, **more), more))

    def __getattr__(self, name):
        return getattr(self._function, name)


class _Followed(np.ndarray):
    """What a watched function gave."""

    def __array_ufunc__(self, function, method, *inputs, **more):
        before = [np.array(_plain(array)) for array in inputs]  # of ``a /= b`` nothing is left after it
        inputs, given = map(_plain, inputs), more.get("out", ())
        out = getattr(function, method)(*inputs, **more | ({"out": tuple(map(_plain, given))} if given else {}))
        if method == "__call__" and function.__name__ in WATCHED:
            _told(function, before, out, more)
        return given[0] if given else _followed(out)


def _plain(array):
    return array.view(np.ndarray) if isinstance(array, _Followed) else array


def _followed(out):
    return out.view(_Followed) if type(out) is np.ndarray and out.dtype.kind == "f" else out


def _told(function, inputs, out, more):
    """What came out, after a warning where NumPy gives one elsewhere."""
    if kind := _gone_wrong(function, inputs, _plain(out), more.get("where", True)):
        _tell(kind, function.__name__)
    return out


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
        warnings.warn(text, RuntimeWarning, stacklevel=4)


@contextlib.contextmanager
def watched():
    own = {name: vars(np)[name] for name in WATCHED}
    try:
        vars(np).update({name: _Watched(function) for name, function in own.items()})
        yield
    finally:
        vars(np).update(own)
