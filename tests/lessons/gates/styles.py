"""Right but different: other algebra, loops, other names, other dtypes. None may raise a false alarm."""

import math

import numpy as np

from tests.checks.mutants import BEYOND, LAST_AXIS
from tests.checks.solved import solution

sigmoid = solution("03_gates")[0]["sigmoid"]


def by_tanh(z):
    return 0.5 * (1 + np.tanh(0.5 * z))


def by_masks(z):
    s = np.empty_like(z)
    positive = z >= 0
    s[positive] = 1 / (1 + np.exp(-z[positive]))
    e = np.exp(z[~positive])
    s[~positive] = e / (1 + e)
    return s


def clipped(z):
    return 1 / (1 + np.exp(-np.clip(z, -500, 500))) if z.dtype == np.float64 else by_tanh(z)


def by_loop(z):
    return np.array([1 / (1 + math.exp(-v)) if v > -700 else 0.0 for v in z.ravel().tolist()]).reshape(z.shape)


def silenced(z):
    with np.errstate(over="ignore"):
        return 1 / (1 + np.exp(-z))


def by_logaddexp(z):
    return np.exp(-np.logaddexp(0, -z))


def layers_one_by_one(x, h_prev, W_x, W_h, b):
    H, found = h_prev.shape[1], []
    for k in range(4):
        z = x @ W_x[:, k * H : (k + 1) * H] + h_prev @ W_h[:, k * H : (k + 1) * H] + b[k * H : (k + 1) * H]
        found.append(np.tanh(z) if k == 2 else sigmoid(z))
    return found


def layers_stacked(inputs, hidden, Wx, Wh, bias):
    z = np.hstack([hidden, inputs]) @ np.vstack([Wh, Wx]) + bias
    z = z.reshape(-1, 4, hidden.shape[1])
    return by_tanh(z[:, 0]), by_tanh(z[:, 1]), np.tanh(z[:, 2]), by_tanh(z[:, 3])


def layers_sample_by_sample(x, h_prev, W_x, W_h, b):
    rows = [np.split(W_x.T @ x[n] + W_h.T @ h_prev[n] + b, 4) for n in range(len(x))]
    i, f, g, o = (np.stack(parts) for parts in zip(*rows, strict=True))
    return sigmoid(i), sigmoid(f), np.tanh(g), sigmoid(o)


def layers_by_einsum(x, h_prev, W_x, W_h, b):
    z = np.einsum("bd,dk->bk", x, W_x) + np.einsum("bh,hk->bk", h_prev, W_h)
    z += b
    i, f, g, o = np.split(z, 4, axis=-1)
    return by_masks(i), by_masks(f), np.tanh(g), by_masks(o)


def layers_squashed_before_the_cut(x, h_prev, W_x, W_h, b):
    H, z = W_h.shape[0], x @ W_x + h_prev @ W_h + b
    s = sigmoid(z)
    return s[:, :H], s[:, H : 2 * H], np.tanh(z[:, 2 * H : 3 * H]), s[:, 3 * H :]


def gru_one_by_one(x, h_prev, W_x, W_h, b):
    (x_r, x_z, x_n), (h_r, h_z, h_n), (b_r, b_z, b_n) = (np.split(a, 3, axis=-1) for a in (W_x, W_h, b))
    r = sigmoid(x @ x_r + h_prev @ h_r + b_r)
    z = sigmoid(x @ x_z + h_prev @ h_z + b_z)
    return r, z, np.tanh(x @ x_n + (r * h_prev) @ h_n + b_n)


def gru_inputs_first(x, h_prev, W_x, W_h, b):
    H = W_h.shape[0]
    a = x @ W_x + b
    r = by_tanh(a[:, :H] + h_prev @ W_h[:, :H])
    z = by_tanh(a[:, H : 2 * H] + h_prev @ W_h[:, H : 2 * H])
    return [r, z, np.tanh(a[:, 2 * H :] + np.multiply(h_prev, r) @ W_h[:, 2 * H :])]


def gru_sample_by_sample(x, h_prev, W_x, W_h, b):
    H, found = h_prev.shape[1], []
    for x_n, h_n in zip(x, h_prev, strict=True):
        r, z = (sigmoid(W_x.T[k * H :][:H] @ x_n + W_h.T[k * H :][:H] @ h_n + b[k * H :][:H]) for k in (0, 1))
        found.append((r, z, np.tanh(W_x.T[2 * H :] @ x_n + W_h.T[2 * H :] @ (r * h_n) + b[2 * H :])))
    return tuple(np.stack(parts) for parts in zip(*found, strict=True))


def bias_by_two_logs(p):
    return np.log(p) - np.log1p(-p)


def bias_from_the_odds_against(fraction):
    return -np.log((1 - fraction) / fraction)


def bias_by_loop(p):
    return np.array([math.log(v) - math.log(1 - v) for v in p.ravel().tolist()]).reshape(p.shape)


def bias_by_halves(p):
    b = np.log(np.minimum(p, 1 - p) / np.maximum(p, 1 - p))
    return np.where(p < 0.5, b, -b)


def onnx_by_places(a):
    H = a.shape[-1] // 4
    ours = np.empty_like(a)
    for here, there in enumerate((0, 2, 3, 1)):
        ours[..., here * H : (here + 1) * H] = a[..., there * H : (there + 1) * H]
    return ours


def onnx_by_reshaping(weights):
    return weights.reshape(*weights.shape[:-1], 4, -1)[..., [0, 2, 3, 1], :].reshape(weights.shape)


def onnx_by_transposing(a):
    H = a.shape[-1] // 4
    rows = a.T
    return np.concatenate((rows[:H], rows[2 * H : 3 * H], rows[3 * H :], rows[H : 2 * H])).T


def onnx_by_rolling(a):
    ours, H = a.copy(), a.shape[-1] // 4
    ours[..., H:] = np.roll(a[..., H:], -H, axis=-1)
    return ours


def half_by_logaddexp(b):
    return np.log(2) / np.logaddexp(0, -b)


def half_from_what_is_lost(b):
    return -np.log(2) / np.log1p(-sigmoid(-b))


def half_without_a_large_exponent(b):
    return np.log(2) / (np.log1p(np.exp(-np.abs(b))) - np.minimum(b, 0))


def half_by_loop(b):
    steps = [math.log(0.5) / -math.log1p(math.exp(-v)) for v in b.ravel().tolist()]
    return np.array(steps).reshape(b.shape)


def half_by_cases(bias):
    f, lost = sigmoid(bias), sigmoid(-bias)
    return np.log(0.5) / np.where(bias > 0, np.log1p(-lost), np.log(f))


STYLES = {
    "sigmoid": (by_tanh, by_masks, clipped, by_loop, silenced, by_logaddexp),
    "lstm_layers": (
        layers_one_by_one,
        layers_stacked,
        layers_sample_by_sample,
        layers_by_einsum,
        layers_squashed_before_the_cut,
    ),
    "gru_layers": (gru_one_by_one, gru_inputs_first, gru_sample_by_sample),
    "gate_bias": (bias_by_two_logs, bias_from_the_odds_against, bias_by_loop, bias_by_halves),
    "from_onnx": (onnx_by_places, onnx_by_reshaping, onnx_by_transposing, onnx_by_rolling),
    "steps_to_half": (
        half_by_logaddexp,
        half_from_what_is_lost,
        half_without_a_large_exponent,
        half_by_loop,
        half_by_cases,
    ),
}
# Mutants of the solution that compute the same: the changed line, and why.
SAME = {
    "return np.where(z > 0, 1, e) / (1 + e)": "at z = 0 both numerators are 1",
    "H = h_prev.shape[1]": LAST_AXIS,
    "H = h_prev.shape[--1]": LAST_AXIS,
    "z_i, z_f, z_g, z_o = np.split(x @ W_x + h_prev @ W_h + b, 4, axis=-1)": LAST_AXIS,
    "r, z = np.split(sigmoid(x @ W_x[:, gates] + h_prev @ W_h[:, gates] + b[gates]), 2, axis=-1)": LAST_AXIS,
    "gates, new = (slice(0, 2 * H), slice(2 * H, 3 * H + 1))": BEYOND,
    "gates, new = (slice(0, 2 * H), slice(2 * H, 4 * H))": BEYOND,
    "gates, new = (slice(0, 2 * H), slice(2 * H, 6 * H))": BEYOND,
    "gates, new = (slice(0, 2 * H), slice(2 * H, 3 ** H))": BEYOND,
}
CALLS = {"sigmoid": ("np.tanh", "np.exp")}  # what a mutant may call in its place
TRUE_OF = {  # (check, whose answer is given): a name that is right
    ("sigmoid", "softmax"): "softmax in place of the sigmoid",
}
