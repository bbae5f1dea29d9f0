"""Right but different: other algebra, loops, other names, other dtypes. None may raise a false alarm."""

import math

import numpy as np

from tests.checks.solved import solution

SPACE = {**solution("03_gates")[0], **solution("04_cell_state")[0]}
sigmoid, cell_update, hidden_update = SPACE["sigmoid"], SPACE["cell_update"], SPACE["hidden_update"]


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


def update_by_loop(f, c_prev, i, g):
    c = np.zeros_like(c_prev)
    for n in range(c.shape[0]):
        for k in range(c.shape[1]):
            c[n, k] = f[n, k] * c_prev[n, k] + i[n, k] * g[n, k]
    return c


def update_on_a_copy(f, c_prev, i, g):
    c = c_prev.copy()
    c *= f
    c += i * g
    return c


def update_by_calls(forget, old, insert, new):
    return np.add(np.multiply(forget, old), np.multiply(insert, new))


def hidden_by_sigmoid(o, c):
    return o * (2 * by_tanh(2 * c) - 1)


def hidden_by_call(o, c):
    return np.multiply(np.tanh(c), o)


def hidden_by_loop(o, c):
    return np.array([[a * math.tanh(b) for a, b in zip(p, q, strict=True)] for p, q in zip(o, c, strict=True)])


def step_in_one_product(x, h_prev, c_prev, W_x, W_h, b):
    i, f, g, o = np.split(x @ W_x + h_prev @ W_h + b, 4, axis=1)
    c = sigmoid(f) * c_prev + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(c), c


def step_as_a_list(x, h, c, Wx, Wh, b):
    H = h.shape[1]
    z = (np.concatenate((x, h), 1) @ np.concatenate((Wx, Wh), 0) + b).reshape(len(x), 4, H)
    s = by_tanh(z)
    c = s[:, 1] * c + s[:, 0] * np.tanh(z[:, 2])
    return [s[:, 3] * np.tanh(c), c]


def step_sample_by_sample(x, h_prev, c_prev, W_x, W_h, b):
    hs, cs = np.empty_like(h_prev), np.empty_like(c_prev)
    for n in range(x.shape[0]):
        hs[n : n + 1], cs[n : n + 1] = step_in_one_product(
            x[n : n + 1], h_prev[n : n + 1], c_prev[n : n + 1], W_x, W_h, b
        )
    return hs, cs


def stacked_by_cutting_rows(x, h_prev, c_prev, W, b):
    H = h_prev.shape[1]
    return step_in_one_product(x, h_prev, c_prev, W[H:], W[:H], b)


def stacked_by_hstack(x, h_prev, c_prev, W, b):
    z = np.hstack((h_prev, x)).dot(W)
    z += b
    H = len(b) // 4
    i, f, o = (by_tanh(z[:, k * H : k * H + H]) for k in (0, 1, 3))
    c = cell_update(f, c_prev, i, np.tanh(z[:, 2 * H : -H]))
    return hidden_update(o, c), c


def stacked_gate_by_gate(x, h_prev, c_prev, W, b):
    H = h_prev.shape[1]
    both = np.c_[h_prev, x]
    pre = [both @ W[:, k * H : (k + 1) * H] + b[k * H : (k + 1) * H] for k in range(4)]
    c = by_masks(pre[1]) * c_prev + by_masks(pre[0]) * np.tanh(pre[2])
    return by_masks(pre[3]) * np.tanh(c), c


def kept_by_loop(f):
    left, every = np.ones_like(f[0]), []
    for f_t in f:
        left = left * f_t
        every.append(left)
    return np.stack(every)


def kept_by_recursion(f):
    return f if len(f) < 2 else np.concatenate([kept_by_recursion(f[:-1]), f[:-1].prod(axis=0, keepdims=True) * f[-1:]])


def kept_on_a_copy(gates):
    kept = gates.copy()
    for t in range(1, gates.shape[0]):
        kept[t] *= kept[t - 1]
    return kept


def kept_by_accumulate(f):
    return np.multiply.accumulate(f)


def weights_by_running_product(i, f):
    later = np.cumprod(f[::-1], axis=0)[::-1]
    return i * np.concatenate([later[1:], np.ones_like(f[:1])])


def weights_by_products(i, f):
    return np.stack([i[t] * np.prod(f[t + 1 :], axis=0) for t in range(i.shape[0])])


def weights_by_scaling_what_is_there(i, f):
    w = np.zeros_like(i)
    for t in range(len(f)):
        w *= f[t]
        w[t] = i[t]
    return w


def weights_by_trying(i, f):
    every = []
    for t in range(len(i)):
        c = np.zeros(i.shape[1:], i.dtype)
        for s in range(len(i)):
            c = cell_update(f[s], c, i[s], np.asarray(s == t, i.dtype))
        every.append(c)
    return np.array(every)


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
    "cell_update": (update_by_loop, update_on_a_copy, update_by_calls),
    "hidden_update": (hidden_by_sigmoid, hidden_by_call, hidden_by_loop),
    "lstm_step": (step_in_one_product, step_as_a_list, step_sample_by_sample),
    "lstm_step_stacked": (stacked_by_cutting_rows, stacked_by_hstack, stacked_gate_by_gate),
    "kept_share": (kept_by_loop, kept_by_recursion, kept_on_a_copy, kept_by_accumulate),
    "memory_weights": (
        weights_by_running_product,
        weights_by_products,
        weights_by_scaling_what_is_there,
        weights_by_trying,
    ),
}
ROUNDED_ON_THE_WAY = {"i": 0.62, "f": 0.73, "g": -0.72, "o": 0.88, "c": 0.72, "h": 0.54}
PENCIL = "pencil"
NUMBERS = (
    {"i": 0.6225, "f": 0.7311, "g": -0.7163, "o": 0.8808, "c": 0.7238, "h": 0.5454},
    ROUNDED_ON_THE_WAY,
    dict(zip("ifgoch", np.float32([0.62, 0.73, -0.72, 0.88, 0.72, 0.55]), strict=True)),
)
