"""Wrong answers of other hands to sheets 03 and 04, and the cause that each is told, on any seed."""

import numpy as np
import pytest

from lstm_helpers import checks
from tests.checks.solved import compiled

GATE = "x, h_prev, W_x, W_h, b"
STEP = "x, h_prev, c_prev, W_x, W_h, b"
STACKED = "x, h_prev, c_prev, W, b"
ALL_FOUR = "i, f, g, o = (layer(x, h_prev, W_x, W_h, b) for layer in (input_gate, forget_gate, candidate, output_gate))"
TOLD = {  # the cause: (check, arguments, lines)
    "z is cut at 5": ("sigmoid", "z", "return 1 / (1 + np.exp(-np.clip(z, -5, 5)))"),
    "nothing comes out where z is negative": (
        "sigmoid",
        "z",
        "s = np.zeros_like(z)\ns[z >= 0] = 1 / (1 + np.exp(-z[z >= 0]))\nreturn s",
    ),
    "one branch for the whole array": (
        "sigmoid",
        "z",
        "if (z >= 0).all():\n    return 1 / (1 + np.exp(-z))\nreturn np.exp(z) / (1 + np.exp(z))",
    ),
    "the brackets below the fraction are missing where z is negative": (
        "sigmoid",
        "z",
        "e = np.exp(-np.abs(z))\nreturn np.where(z >= 0, 1 / (1 + e), e / 1 + e)",
    ),
    "rounded to 4 decimals": (
        "sigmoid",
        "z",
        "e = np.exp(-np.abs(z))\nreturn (np.where(z >= 0, 1, e) / (1 + e)).round(4)",
    ),
    "the blocks are read in the order f, i, g, o": (
        "lstm_layers",
        GATE,
        "H, z = h_prev.shape[1], x @ W_x + h_prev @ W_h + b\n"
        "i, f, g, o = sigmoid(z[:, H:2*H]), sigmoid(z[:, :H]), np.tanh(z[:, 2*H:3*H]), sigmoid(z[:, 3*H:])\n"
        "return i, f, g, o",
    ),
    "the sigmoid for the candidate": (
        "lstm_layers",
        GATE,
        "return tuple(sigmoid(part) for part in np.split(x @ W_x + h_prev @ W_h + b, 4, axis=-1))",
    ),
    "the layers take turns with the columns": (
        "lstm_layers",
        GATE,
        "z = x @ W_x + h_prev @ W_h + b\n"
        "return sigmoid(z[:, ::4]), sigmoid(z[:, 1::4]), np.tanh(z[:, 2::4]), sigmoid(z[:, 3::4])",
    ),
    "r is multiplied after the product": (
        "gru_layers",
        GATE,
        "(a, p, m), (u, v, w), (s, t, q) = (np.split(k, 3, axis=-1) for k in (W_x, W_h, b))\n"
        "r, z = sigmoid(x @ a + h_prev @ u + s), sigmoid(x @ p + h_prev @ v + t)\n"
        "return r, z, np.tanh(x @ m + r * (h_prev @ w) + q)",
    ),
    "two slips at once: the sign is wrong; and the logarithm to base 2": (
        "gate_bias",
        "p",
        "return np.log2(1 - p) - np.log2(p)",
    ),
    "1e-12 is added above and below": ("gate_bias", "p", "return np.log((p + 1e-12) / (1 - p + 1e-12))"),
    "p is kept 1e-15 away from 0 and 1": (
        "gate_bias",
        "p",
        "q = np.clip(p, 1e-15, 1 - 1e-15)\nreturn np.log(q) - np.log(1 - q)",
    ),
    "axis=1 is taken for the last axis": (
        "from_onnx",
        "a",
        "i, o, f, g = np.split(a, 4, axis=1)\nreturn np.concatenate([i, f, g, o], axis=1)",
    ),
    "axis=1 is taken for the last axis of all but a bias": (
        "from_onnx",
        "a",
        "if a.ndim == 1:\n    i, o, f, g = np.split(a, 4)\n    return np.concatenate([i, f, g, o])\n"
        "i, o, f, g = np.split(a, 4, axis=1)\nreturn np.concatenate([i, f, g, o], axis=1)",
    ),
    "the blocks come out in the order g, f, o, i": (
        "from_onnx",
        "a",
        "H = a.shape[-1] // 4\nreturn np.concatenate([a[..., k * H : k * H + H] for k in (3, 2, 1, 0)], axis=-1)",
    ),
    "1 + exp(-b) is rounded, and a gate of 1 gets infinity": (
        "steps_to_half",
        "b",
        'with np.errstate(divide="ignore"):\n    return np.log(2) / np.log(1 + np.exp(-b))',
    ),
    "f is rounded, and never more than the number just below 1": (
        "steps_to_half",
        "b",
        "f = np.minimum(1 / (1 + np.exp(-b)), 1 - 1.2e-16)\nreturn np.log(0.5) / np.log(f)",
    ),
    "base 10 above, base e below": ("steps_to_half", "b", "return np.log10(2) / np.log1p(np.exp(-b))"),
    "matrix products with a transposed array": ("cell_update", "f, c_prev, i, g", "return f @ c_prev.T + i @ g.T"),
    "g multiplies both terms": ("cell_update", "f, c_prev, i, g", "return (f * c_prev + i) * g"),
    "c is doubled in tanh": ("hidden_update", "o, c", "return o * np.tanh(2 * c)"),
    "the output gate reads the tanh of the new cell state": (
        "lstm_step",
        STEP,
        f"{ALL_FOUR}\nc = f * c_prev + i * g\nh_prev = np.tanh(c)\n"
        "return output_gate(x, h_prev, W_x, W_h, b) * h_prev, c",
    ),
    "c is returned squashed": ("lstm_step", STEP, f"{ALL_FOUR}\nc = np.tanh(f * c_prev + i * g)\nreturn o * c, c"),
    "g is i over again": (
        "lstm_step",
        STEP,
        f"{ALL_FOUR}\ng = input_gate(x, h_prev, W_x, W_h, b)\nc = f * c_prev + i * g\nreturn o * np.tanh(c), c",
    ),
    "two slips at once: f and i are swapped; and tanh(c) is missing in h": (
        "lstm_step",
        STEP,
        f"{ALL_FOUR}\nc = i * c_prev + f * g\nreturn o * c, c",
    ),
    "the slices lie in the order i, o, f, g": (
        "lstm_step",
        STEP,
        "i, o, f, g = np.split(x @ W_x + h_prev @ W_h + b, 4, axis=1)\n"
        "c = sigmoid(f) * c_prev + sigmoid(i) * np.tanh(g)\nreturn sigmoid(o) * np.tanh(c), c",
    ),
    "h_prev and x are joined below each other": (
        "lstm_step_stacked",
        STACKED,
        "z_i, z_f, z_g, z_o = np.split(np.concatenate([h_prev, x]) @ W + b, 4, axis=1)\n"
        "c = sigmoid(z_f) * c_prev + sigmoid(z_i) * np.tanh(z_g)\nreturn sigmoid(z_o) * np.tanh(c), c",
    ),
    "one product through everything, in the shape of f": ("kept_share", "f", "return np.cumprod(f).reshape(f.shape)"),
    "the same array at every step, and f is changed": (
        "kept_share",
        "f",
        "left = f[0]\nevery = [left]\nfor t in range(1, len(f)):\n    left *= f[t]\n    every.append(left)\n"
        "return np.array(every)",
    ),
    "the sum of all weights so far": (
        "memory_weights",
        "i, f",
        "w = np.zeros_like(i)\nw[0] = i[0]\nfor t in range(1, len(i)):\n    w[t] = f[t] * w[t - 1] + i[t]\nreturn w",
    ),
}


def answer(name, arguments, lines, before=""):
    body = "\n    ".join(lines.splitlines())
    return compiled(f"{before}def {name}({arguments}):\n    {body}\n", checks.find(name).sheet.exercise)


@pytest.mark.parametrize(("cause", "name", "arguments", "lines"), [(c, *of) for c, of in TOLD.items()], ids=TOLD)
def test_the_cause_is_told(cause, name, arguments, lines):
    given = answer(name, arguments, lines)
    for seed in range(3):
        result = checks.examine(checks.find(name), given, seed)
        assert (result.points, result.cause) == (0, cause), result.text


@pytest.mark.parametrize("before", ["", "import numpy as np\n"], ids=["apart", "in the same cell"])
def test_an_error_is_told_wherever_numpy_is_imported(before):
    cause = "np.split is told to cut rows"
    lines = (
        "z = x @ W_x + h_prev @ W_h + b\ni, f, g, o = np.split(z, 4, axis=0)\n"
        "c = sigmoid(f) * c_prev + sigmoid(i) * np.tanh(g)\nreturn sigmoid(o) * np.tanh(c), c"
    )
    assert checks.examine(checks.find("lstm_step"), answer("lstm_step", STEP, lines, before)).cause == cause


PENCIL = {  # i, f, g, o, c, h
    "two slips at once: the sigmoid in the candidate; and tanh(c) is missing in h": "0.62 0.73 0.29 0.88 1.35 1.19",
    "the new term is subtracted, or its minus is lost": "0.62 0.73 -0.72 0.88 1.62 0.81",
    "two slips at once: the new term is subtracted, or its minus is lost; and tanh(c) is missing in h": (
        "0.62 0.73 -0.72 0.88 1.62 1.42"
    ),
    "the brackets below the fraction are missing": "1.61 1.37 -0.72 1.14 1.04 0.88",
    "the tangent in place of tanh in g": "0.62 0.73 -1.26 0.88 0.39 0.32",
    "f is what it leaves out of 1": "0.62 0.27 -0.72 0.88 -0.02 -0.01",
    "the sign of h is wrong": "0.62 0.73 -0.72 0.88 0.72 -0.55",
    "g alone has lost its sign": "0.62 0.73 0.72 0.88 0.72 0.55",
    "one decimal on the way": "0.6 0.7 -0.7 0.9 0.7 0.54",
}


@pytest.mark.parametrize("cause", PENCIL)
def test_the_cause_of_wrong_numbers_by_pencil_is_told(cause):
    numbers = dict(zip("ifgoch", map(float, PENCIL[cause].split()), strict=True))
    assert checks.examine(checks.find("pencil"), numbers).cause == cause


def test_every_pair_of_slips_by_pencil_that_is_named_is_told_from_all_others():
    known = checks.find("pencil").misconceptions
    table = np.array([list(m.build().values()) for m in known])
    near = (np.abs(table[:, None] - table) <= 0.0203).all(axis=-1)
    assert not any(near[k].sum() > 1 for k, m in enumerate(known) if m.name.startswith("two slips at once: "))
