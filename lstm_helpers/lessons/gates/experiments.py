"""Experiments of lesson 3: the layers, the sigmoid's slope, what a gate leaves, one write, one unit over time."""

import re

import numpy as np

from lstm_helpers.nn.functional import (
    candidate,
    cell_update,
    forget_gate,
    hidden_update,
    input_gate,
    output_gate,
    sigmoid,
)


def slope(z):
    """The slope of the sigmoid at each ``z``: sigmoid(z) (1 - sigmoid(z))."""
    return sigmoid(z) * (1 - sigmoid(z))


def part_kept(bias, steps):
    """The part of a memory left after 0 to ``steps`` steps with f = sigmoid(bias) at each. Returns (steps + 1,)."""
    return sigmoid(bias) ** np.arange(steps + 1)


def write_once(steps=60, at=20, value=-0.9, noise=0.3, seed=0):
    """Three ways to add ``value`` to unit 0 at step ``at`` and leave unit 1 alone; everything old is kept (f = 1).

    All pre-activations are disturbed by the same normal noise, as a network's are by inputs that do not matter.
    Returns name -> c (steps + 1, 2), from the start c = [1.5, -0.8].
    """
    rng = np.random.default_rng(seed)
    z_i = np.full((steps, 2), -8.0) + noise * rng.normal(size=(steps, 2))
    z_g = noise * rng.normal(size=(steps, 2))
    z_i[at, 0] += 16
    z_g[at, 0] += np.arctanh(value)
    i, g = sigmoid(z_i), np.tanh(z_g)
    paths = {}
    for name, update in {"sigmoid alone": (i, 1.0), "tanh alone": (1.0, g), "both": (i, g)}.items():
        c = [np.array([1.5, -0.8])]
        for fraction, new in zip(*np.broadcast_arrays(*update, i)[:2], strict=True):
            c.append(cell_update(1.0, c[-1], fraction, new))
        paths[name] = np.array(c)
    return paths


def stored_and_shown(c=1.5, steps=24):
    """A cell value that never changes, and what an output gate that opens twice shows of it.

    Returns o, c, h, each (steps,). The gate's pre-activation is -5, and +5 in steps 6 to 9 and 16 to 19.
    """
    z = np.full(steps, -5.0)
    z[6:10] = z[16:20] = 5.0
    o, cell = sigmoid(z), np.full(steps, c)
    return o, cell, hidden_update(o, cell)


def over_time(f, i, g, c_0=1.5):
    """The cell state of one unit after each step, from its gates and candidates. f, i, g and the result (T,)."""
    c = [c_0]
    for f_t, i_t, g_t in zip(f, i, g, strict=True):
        c.append(cell_update(f_t, c[-1], i_t, g_t))
    return np.array(c[1:])


def layers(x, h_prev, W_x, W_h, b):
    """The four layers' values i, f, g, o, each (B, H), from x (B, D), h_prev (B, H) or (1, H) and the weights."""
    given = x, h_prev, W_x, W_h, b
    return input_gate(*given), forget_gate(*given), candidate(*given), output_gate(*given)


def goes_on(text, t):
    """Whether the sentence goes on after character ``t`` although it looks like an end: the full stop of a title."""
    return re.search(r"\b(?:Mr|Mrs|Dr|St)\.$", text[: t + 1]) is not None


def reordered(a, order="figo"):
    """Weights or biases ``a`` (..., 4H) in the order i, f, g, o, as a program stores them that uses ``order``."""
    blocks = dict(zip("ifgo", np.split(a, 4, axis=-1), strict=True))
    return np.concatenate([blocks[letter] for letter in order], axis=-1)
