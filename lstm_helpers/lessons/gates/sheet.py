"""Sheet 03: sigmoid, the four layers of the cell, those of a GRU, and what a forget gate's bias means for the memory.

Shapes: ``B`` samples, ``D`` input features, ``H`` units.
"""

import numpy as np

from lstm_helpers.checks.cases import SIZES, add_rounded, finish, weights
from lstm_helpers.checks.compare import beyond, close, first_of, how_many, unequal_digits
from lstm_helpers.checks.sheet import Sheet
from lstm_helpers.lessons.gates import answers

sheet = Sheet.of(answers)


def of_any_shape(name, draw):
    """Cases of a function that works value by value: ``draw(shape)`` makes its one input."""
    shapes = {
        "a vector": 5,
        "other values of the same shape": 5,
        "a matrix": (3, 4),
        "three axes": (2, 3, 4),
        "float32": (4, 3),
    }
    for label, shape in shapes.items():
        yield finish(label, {name: draw(shape)})


def _small_too(got, want, case):
    """As ``close``, but a small number is told from 0: nothing is excused but what (1 + tanh(z / 2)) / 2 rounds."""
    if (text := close(got, want, case)) or any(array.dtype.itemsize < 8 for array in case.values()):
        return text
    if not (wrong := beyond(got, want, (2e-6, np.finfo(float).eps))).any():
        return ""
    at, where = first_of(wrong)
    mine, right = unequal_digits(float(got[at]), float(want[at]))
    return f"{where} {mine}, expected {right}{how_many(wrong)}"


@sheet.check(
    returns="s",
    compare=_small_too,
    ranges={"s": (0, 1)},
    points=2,
    minutes=10,
    quiet=True,
    hints=[
        "`1 / (1 + np.exp(-z))` is the right formula. What does `np.exp` give for 1000, and when is `-z` that large?",
        "`np.exp` of a number that is never positive lies between 0 and 1. `-np.abs(z)` is never positive.",
        "With `e = np.exp(-np.abs(z))`: for z >= 0 sigmoid is `1 / (1 + e)`, for z < 0 it is `e / (1 + e)`. "
        "`np.where(z >= 0, ..., ...)` picks the numerator.",
    ],
)
def sigmoid(rng):
    """The logistic sigmoid of every number of an array, for inputs of any size and without a warning."""
    yield from of_any_shape("z", lambda shape: rng.normal(size=shape) * 3)
    yield "numbers around zero", {"z": np.array([-1e-3, 0.0, 1e-3])}
    yield "small and large numbers together", {"z": np.array([-1e4, -800.0, -30.0, 0.5, 30.0, 800.0, 1e4])}
    yield "large positive numbers", {"z": rng.uniform(720, 1e4, size=4)}
    yield "large negative numbers", {"z": -rng.uniform(720, 1e4, size=4)}
    yield "numbers down to -36", {"z": np.linspace(-36, -21, 6) + rng.uniform(-0.4, 0.4, size=6)}
    yield "large numbers in float32", {"z": np.float32([-1e4, 0.5, 1e4])}


add_rounded(sigmoid, 2, 3, 4, 5)


def layers_by_slices(x, h_prev, W_x, W_h, b):
    """As ``lstm_layers``, one layer after the other, each from its own columns of the three arrays."""
    H = h_prev.shape[-1]
    of_i, of_f, of_g, of_o = slice(0, H), slice(H, 2 * H), slice(2 * H, 3 * H), slice(3 * H, 4 * H)
    i = answers.sigmoid(x @ W_x[:, of_i] + h_prev @ W_h[:, of_i] + b[of_i])
    f = answers.sigmoid(x @ W_x[:, of_f] + h_prev @ W_h[:, of_f] + b[of_f])
    g = np.tanh(x @ W_x[:, of_g] + h_prev @ W_h[:, of_g] + b[of_g])
    o = answers.sigmoid(x @ W_x[:, of_o] + h_prev @ W_h[:, of_o] + b[of_o])
    return i, f, g, o


GRU_SIZES = [(label, B, 4 if H == 1 else D, H) for label, B, D, H in SIZES]  # D is never 3H, but where all are equal


def layer_cases(rng, sizes, layers):
    for label, B, D, H in sizes:
        drawn = weights(rng, D, H)
        case = {"x": rng.normal(size=(B, D)), "h_prev": rng.uniform(-1, 1, size=(B, H))}
        yield finish(label, case | {name: array[..., : layers * H] for name, array in drawn.items()})


@sheet.check(
    returns=("i", "f", "g", "o"),
    ranges={"i": (0, 1), "f": (0, 1), "g": (-1, 1), "o": (0, 1)},
    points=4,
    minutes=15,
    uses=("sigmoid",),
    hints=[
        "All four read the same sum, x @ W_x + h_prev @ W_h + b, of shape (B, 4H). Whose are its first H columns?",
        "`H` is `h_prev.shape[-1]`. The blocks lie in the order i, f, g, o; g alone takes np.tanh.",
        "`z_i, z_f, z_g, z_o = np.split(x @ W_x + h_prev @ W_h + b, 4, axis=1)`.",
    ],
)
def lstm_layers(rng):
    """The input gate, forget gate, candidate and output gate from input, previous hidden state and stacked weights."""
    yield from layer_cases(rng, SIZES, 4)


@sheet.check(
    returns=("r", "z", "n"),
    ranges={"r": (0, 1), "z": (0, 1), "n": (-1, 1)},
    points=3,
    minutes=12,
    uses=("sigmoid",),
    hints=[
        "r and z are gates as you know them, from the first and the second H columns. n needs r, so it comes last.",
        "n reads r * h_prev in place of h_prev: shapes (B, H) * (B, H), then @ W_h[:, 2 * H :], its own H columns.",
        "`n = np.tanh(x @ W_x[:, 2 * H :] + (r * h_prev) @ W_h[:, 2 * H :] + b[2 * H :])`.",
    ],
)
def gru_layers(rng):
    """The reset gate, update gate and candidate of a GRU, whose candidate reads the reset hidden state."""
    yield from layer_cases(rng, GRU_SIZES, 3)


for _layers in (lstm_layers, gru_layers):
    for _n in (2, 3, 4):
        _layers.wrong(
            f"rounded to {_n} decimals",
            lambda _check=_layers, _n=_n, **case: tuple(np.round(part, _n) for part in _check.oracle(**case)),
            "Do not round: the check compares all digits, and whatever is computed from them next loses them.",
        )


@sheet.check(
    returns="b",
    points=2,
    minutes=8,
    hints=[
        "With zeros as inputs only the bias is left: p = sigmoid(b). Solve 1 / (1 + exp(-b)) = p for b.",
        "Both sides inverted: 1 + exp(-b) = 1 / p, so exp(-b) = (1 - p) / p. Then the logarithm; mind the minus.",
        "`np.log(p / (1 - p))`. It is better than `-np.log(1 / p - 1)`: near 1 the difference `1 - p` is exact, and "
        "`1 / p` is rounded.",
    ],
)
def gate_bias(rng):
    """The bias at which a gate that reads zeros stands at the fraction p, for p very near 0 and 1, too."""
    yield from of_any_shape("p", lambda shape: rng.uniform(0.03, 0.97, size=shape))
    yield "fractions around one half", {"p": np.array([0.499, 0.5, 0.501])}
    yield "fractions very near 0", {"p": 10 ** -rng.uniform(30, 300, size=4)}
    yield "fractions very near 1", {"p": 1 - 2.0 ** -np.array([*rng.integers(40, 50, size=2), 40, 53])}


add_rounded(gate_bias, 2, 3, 4)


@sheet.check(
    returns="result",
    points=2,
    minutes=8,
    hints=[
        "Cut the last axis into four blocks of H columns. Give each the name of its layer, in their order: i, o, f, g.",
        "Then put the four side by side in our order. `np.split` and `np.concatenate` both take `axis=-1`, the last "
        "axis of a matrix and of a vector.",
        "`i, o, f, g = np.split(a, 4, axis=-1)`, then `np.concatenate([i, f, g, o], axis=-1)`.",
    ],
)
def from_onnx(rng):
    """Weights or biases from ONNX's order of the layers, i, o, f, c, into that of the course, i, f, g, o."""
    shapes = [
        ("weights of the input", (3, 8)),
        ("other values of the same shape", (3, 8)),
        ("weights of the hidden state", (3, 12)),
        ("a bias", (20,)),
        ("a bias of one hidden unit", (4,)),
        ("one hidden unit", (3, 4)),
        ("as many rows as columns", (8, 8)),
        ("three axes", (2, 3, 8)),
        ("float32", (5, 12)),
    ]
    for label, shape in shapes:
        yield finish(label, {"a": rng.normal(size=shape)})


def _tail_rolled(a, by, axis):
    ours, H = a.copy(), a.shape[-1] // 4
    ours[..., H:] = np.roll(a[..., H:], -H if by == "H" else -1, axis=axis)
    return ours


@sheet.check(
    returns="n",
    ranges={"n": (0, np.inf)},
    points=3,
    minutes=12,
    uses=("sigmoid",),
    quiet=True,
    hints=[
        "f ** n = 1/2. The logarithm of both sides: n * log(f) = log(1/2), and f = sigmoid(b).",
        "From b = 37 on f is rounded to 1, and log(1) is 0. So never make f: log(sigmoid(b)) = -log(1 + exp(-b)) on "
        "paper, and there the small number is still to be seen.",
        "`1 + np.exp(-b)` would round it away again. `np.log1p(x)` is log(1 + x) without that sum: "
        "`np.log(2) / np.log1p(np.exp(-b))`.",
    ],
)
def steps_to_half(rng):
    """After how many steps half of the cell state is left, from the bias of the forget gate alone."""
    yield from of_any_shape("b", lambda shape: rng.uniform(-3, 5, size=shape))
    yield "biases around 0", {"b": np.array([-1e-3, 0.0, 1e-3])}
    yield "gates that are nearly shut", {"b": np.append(rng.uniform(-20, -5, size=3), -19.9)}
    yield "gates that are nearly open", {"b": rng.uniform(27, 30, size=4)}
    yield "gates so open that sigmoid(b) is rounded to 1", {"b": rng.uniform(38, 40, size=4)}


def _quiet_half(f):
    with np.errstate(divide="ignore"):
        return np.log(0.5) / np.log(f)


add_rounded(steps_to_half, 1, 2, 3)
