"""NumPy's floating-point warnings in a browser, whose processor keeps no record of what overflowed.

Inside ``watched()`` stand functions in the place of NumPy's that look at what went in and came out. So do the
operators and sums of what they gave, of arrays made there, and of what was ``followed`` in. Not seen is what NumPy
computes inside of functions that are no ufuncs, such as ``einsum``, and with numbers out of ``.flat``.
"""

import contextlib
import functools
import operator
import warnings

import numpy as np

POLES = {"divide": (1, [0]), "floor_divide": (1, [0]), "divmod": (1, [0])}  # which input, and where
POLES |= {"reciprocal": (0, [0]), "power": (0, [0]), "float_power": (0, [0]), "arctanh": (0, [-1, 1])}
POLES |= {"log": (0, [0]), "log2": (0, [0]), "log10": (0, [0]), "log1p": (0, [-1])}
SILENT = "spacing"  # gives nan for inf without a word
MIXED = ("add", "multiply", "matmul", "vecdot", "matvec", "vecmat")  # they, or their sums, make one number of many
MIXED += ("sum", "prod", "cumsum", "cumprod", "mean", "average", "var", "std", "diff")
OPERATORS = {"add": "add", "sub": "subtract", "mul": "multiply", "truediv": "divide", "floordiv": "floor_divide"}
OPERATORS |= {"mod": "remainder", "pow": "power"}
WORDS = {"over": "overflow", "divide": "divide by zero", "invalid": "invalid value"}
_array = np.array  # inside ``watched()`` NumPy's is another one


def _makes_floats(function):
    """Whether this is a function of NumPy's that makes floats of floats, number by number."""
    if not isinstance(function, np.ufunc) or function.signature or function.__name__ == SILENT:
        return False
    return any("d" in wanted and "d" in given for wanted, given in (kind.split("->") for kind in function.types))


class _Watched:
    """A function of NumPy's that warns as it does elsewhere. What else it has (``reduce``) is NumPy's own."""

    def __init__(self, function, mixed=False):
        self._function, self._mixed = function, mixed

    def __call__(self, *inputs, **more):
        return _computed(self._function, self._function.__name__, inputs, more, self._mixed)

    def __getattr__(self, name):
        return getattr(self._function, name)


class _Making(_Watched):
    """A function of NumPy's that makes an array, which is followed."""

    def __call__(self, *inputs, **more):
        return followed(self._function(*inputs, **more))


class _Array(np.ndarray):
    """An array whose operators warn."""

    # Not a function of Python's own: its call would hide at which place of the student's code an index is wrong.
    __getitem__ = property(lambda self: functools.partial(_entry, self))

    def __array_ufunc__(self, function, method, *inputs, **more):
        mixed = method != "__call__" or bool(function.signature)
        return _computed(getattr(function, method), function.__name__, inputs, more, mixed)

    def __array_function__(self, function, types, args, kwargs):
        return _computed(function, function.__name__, args, kwargs, mixed=True)

    def __repr__(self):
        return repr(_plain(self))


def _entry(array, key):
    return followed(np.ndarray.__getitem__(array, key))


class _Named(type):
    """The type of a class that is called as NumPy's own: "numpy.ndarray" in errors, and "ndarray"."""

    __name__ = property(lambda cls: next(kind.__name__ for kind in cls.__mro__ if kind.__module__ == "numpy"))


def _number(kind):
    """A class of NumPy's numbers of one ``kind``, whose operators warn."""

    def method(name, turned):
        compute, said = getattr(operator, name), OPERATORS[name]

        def forward(self, other):
            return _computed(compute, said, (self, other), {})

        def reflected(self, other):
            return _computed(compute, said, (other, self), {})

        return reflected if turned else forward

    inside = {f"__{turned * 'r'}{name}__": method(name, turned) for name in OPERATORS for turned in (False, True)}
    inside |= {"__array_ufunc__": _Array.__array_ufunc__, "__neg__": lambda self: followed(-_plain(self))}
    return _Named(f"numpy.{kind.__name__}", (kind,), inside)


ARRAY = _Named("numpy.ndarray", (_Array,), {})
NUMBERS = {kind: _number(kind) for kind in (np.float64, np.float32)}
PLAIN = {number: kind for kind, number in NUMBERS.items()}


def followed(value):
    """The same array or number, or the same of several, with operators that warn."""
    if type(value) is np.ndarray and value.dtype.kind == "f":
        return value.view(ARRAY)
    if type(value) in NUMBERS:
        return NUMBERS[type(value)](value)
    return type(value)(map(followed, value)) if type(value) in (tuple, list) else value


def _plain(value):
    """What is followed, as NumPy made it."""
    if type(value) in (tuple, list):
        return type(value)(map(_plain, value))
    if isinstance(value, ARRAY):
        return value.view(np.ndarray)
    return PLAIN[type(value)](value) if type(value) in PLAIN else value


def _computed(compute, name, inputs, more, mixed=False):
    """What came out, after a warning where NumPy gives one elsewhere.

    mixed: a number that comes out may be made of all that went in, as in a sum.
    """
    inputs, given = _plain(inputs), more.get("out")
    before = inputs
    if given is not None:  # of ``a /= b`` nothing is left after it
        before = [value.copy() if isinstance(value, np.ndarray) else value for value in inputs]
    out = compute(*inputs, **{name: _plain(value) for name, value in more.items()})
    for kind in sorted(_gone_wrong(name, before, out, more, mixed)):
        _tell(kind, name)
    if given is None:
        return followed(out)
    return given[0] if type(given) is tuple and len(given) == 1 else given


def _gone_wrong(name, inputs, out, more, mixed=False):
    """The kinds of what NumPy warns of elsewhere."""
    parts = [part for part in (out if type(out) is tuple else (out,)) if isinstance(part, (np.ndarray, np.floating))]
    parts = [part for part in parts if part.dtype.kind == "f" and not np.isfinite(part).all()]
    if not parts or name == SILENT or (mixed and name not in MIXED):
        return set()
    there = True if mixed else more.get("where", True)
    given = [value for value in (*inputs, *more.values()) if not isinstance(value, (str, type, type(None)))]
    arrays = [_array(value, float) for value in (given if mixed else inputs)]
    if mixed:
        arrays = [np.concatenate([array.ravel() for array in arrays])]
    nan, finite = np.isnan(arrays[0]), np.isfinite(arrays[0])
    for array in arrays[1:]:
        nan, finite = nan | np.isnan(array), finite & np.isfinite(array)
    if mixed:
        nan, finite = nan.any(), finite.all()
    which, poles = POLES.get(name, (0, []))
    pole, kinds = np.any([arrays[which] == at for at in poles], axis=0), set()
    for part in parts:
        endless = np.isinf(part) & finite & there
        found = {"invalid": np.isnan(part) & ~nan & there, "divide": endless & pole, "over": endless & ~pole}
        kinds |= {kind for kind, where in found.items() if np.any(where)}
    return kinds


def _tell(kind, name):
    wanted, text = np.geterr()[kind], f"{WORDS[kind]} encountered in {name}"
    if wanted == "raise":
        raise FloatingPointError(text)
    if wanted == "warn":
        warnings.warn(text, RuntimeWarning, stacklevel=4)


MADE = ("array", "asarray", "arange", "linspace", "zeros", "ones", "empty", "full")
WATCHED = {name: _Watched(value) for name, value in vars(np).items() if _makes_floats(value)}
WATCHED |= {name: _Watched(vars(np)[name], mixed=True) for name in MIXED if name in vars(np).keys() - WATCHED.keys()}
WATCHED |= {name: _Making(vars(np)[name]) for name in MADE}


@contextlib.contextmanager
def watched():
    own = {name: vars(np)[name] for name in WATCHED}
    try:
        vars(np).update(WATCHED)
        yield
    finally:
        vars(np).update(own)
