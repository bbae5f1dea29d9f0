"""Right but different: other algebra, loops, other names, other dtypes. None may raise a false alarm."""

import math

import numpy as np

from tests.checks.mutants import BEYOND, FROM_THE_END, LAST_AXIS
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


def layer_styles(k, squash):
    def split(x, h_prev, W_x, W_h, b):
        parts = [np.split(a, 4, axis=-1)[k] for a in (W_x, W_h, b)]
        return squash(x @ parts[0] + h_prev @ parts[1] + parts[2])

    def all_then_cut(x, h_prev, W_x, W_h, b):
        H = h_prev.shape[1]
        z = x @ W_x + h_prev @ W_h + b
        return squash(z[:, k * H : (k + 1) * H])

    def stacked(inputs, hidden, Wx, Wh, bias):
        H = hidden.shape[1]
        z = np.hstack([hidden, inputs]) @ np.vstack([Wh, Wx]) + bias
        return squash(z.reshape(-1, 4, H)[:, k])

    def sample_by_sample(x, h_prev, W_x, W_h, b):
        H = h_prev.shape[1]
        cut = slice(k * H, k * H + H)
        rows = [squash(W_x.T[cut] @ x[n] + W_h.T[cut] @ h_prev[n] + b[cut]) for n in range(len(x))]
        return np.stack(rows)

    def einsum(x, h_prev, W_x, W_h, b):
        H = W_h.shape[0]
        z = np.einsum("bd,dk->bk", x, W_x) + np.einsum("bh,hk->bk", h_prev, W_h)
        z += b
        return squash(z)[:, k * H : (k + 1) * H]

    return split, all_then_cut, stacked, sample_by_sample, einsum


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
    "input_gate": layer_styles(0, sigmoid),
    "forget_gate": layer_styles(1, by_tanh),
    "candidate": layer_styles(2, np.tanh),
    "output_gate": layer_styles(3, by_masks),
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
    "H = c_prev.shape[-1]": "c_prev and h_prev have the same shape",
    "gate = slice(H, -2 * H)": FROM_THE_END,
    "gate = slice(-2 * H, 3 * H)": FROM_THE_END,
    "gate = slice(3 * H, 4 * H + 1)": BEYOND,
    "gate = slice(3 * H, 4 ** H)": BEYOND,
    "gate = slice(3 * H, 5 * H)": BEYOND,
    "gate = slice(3 * H, 8 * H)": BEYOND,
}
CALLS = {"sigmoid": ("np.tanh", "np.exp")}  # what a mutant may call in its place
TRUE_OF = {  # (check, whose answer is given): a name that is right
    ("sigmoid", "softmax"): "softmax in place of the sigmoid",
    ("candidate", "rnn_step"): "all four gates at once",
} | {
    (gate, "rnn_step"): "two slips at once: tanh in place of the sigmoid; and all four gates at once"
    for gate in ("forget_gate", "input_gate", "output_gate")
}
