"""What every recurrent layer shares: parameters, and errors that speak to the person."""

import numpy as np


def expect(name, array, shape, hint=""):
    """Raise ValueError unless ``array`` has ``shape``; letters in ``shape`` stand for any size."""
    got = np.shape(array)
    if len(got) != len(shape) or any(g != w for g, w in zip(got, shape, strict=True) if not isinstance(w, str)):
        wanted = "(" + ", ".join(map(str, shape)) + ("," if len(shape) == 1 else "") + ")"
        raise ValueError(f"expected {name} of shape {wanted}, got {got}" + (f": {hint}" if hint else ""))


def _expect_finite(name, array):
    finite = np.isfinite(array)
    if not finite.all():
        where = tuple(map(int, np.argwhere(~finite)[0]))
        raise ValueError(
            f"expected finite numbers in {name}, got {array[where]} at {where}: "
            "look at where the data come from before the layer sees them"
        )


class Layer:
    """A recurrent layer with ``gates`` blocks of H units side by side.

    params: W_x (D, gates*H), W_h (H, gates*H), b (gates*H,), drawn uniformly from +-1/sqrt(H) as torch.nn
    does, by ``rng``, a NumPy generator. ``dtype`` is float32 or float64, and x must have the same.
    """

    gates_per_unit = 1

    def __init__(self, input_size, hidden_size, *, rng, dtype=np.float32):
        self.input_size, self.hidden_size, self.dtype = input_size, hidden_size, np.dtype(dtype)
        if self.dtype not in (np.float32, np.float64):
            raise TypeError(f"expected dtype float32 or float64, got {self.dtype}: gates are fractions")
        width, bound = self.gates_per_unit * hidden_size, hidden_size**-0.5
        shapes = {"W_x": (input_size, width), "W_h": (hidden_size, width), "b": (width,)}
        self.params = {name: rng.uniform(-bound, bound, shape).astype(self.dtype) for name, shape in shapes.items()}

    def _check_input(self, x):
        D = self.input_size
        hint = "add a time axis with x[None]" if np.ndim(x) == 2 else "time comes first, then the batch"
        expect("x", x, ("T", "B", D), hint)
        if not isinstance(x, np.ndarray) or x.dtype != self.dtype:
            given = x.dtype if isinstance(x, np.ndarray) else f"a {type(x).__name__}"
            raise TypeError(
                f"expected x of {self.dtype}, as the layer, got {given}: convert with np.asarray(x, '{self.dtype}')"
            )
        _expect_finite("x", x)

    def _state(self, name, given, B):
        if given is None:
            return np.zeros((B, self.hidden_size), self.dtype)
        expect(name, given, (B, self.hidden_size), "one row for each sequence of the batch")
        state = np.asarray(given, self.dtype)
        _expect_finite(name, state)
        return state
