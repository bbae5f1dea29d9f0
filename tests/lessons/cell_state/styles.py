"""Right but different: other algebra, loops, other names, other dtypes. None may raise a false alarm."""

import math

import numpy as np

from tests.checks.mutants import FROM_THE_END, LAST_AXIS, PRODUCT
from tests.checks.solved import solution
from tests.lessons.gates.styles import by_masks, by_tanh

SPACE = {**solution("03_gates")[0], **solution("04_cell_state")[0]}

sigmoid, cell_update, hidden_update = SPACE["sigmoid"], SPACE["cell_update"], SPACE["hidden_update"]


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


def torch_by_our_own(x, h_prev, c_prev, W_ih, W_hh, b_ih, b_hh):
    return step_in_one_product(x, h_prev, c_prev, W_ih.T, W_hh.T, b_ih + b_hh)


def torch_with_columns(x, h_prev, c_prev, W_ih, W_hh, b_ih, b_hh):
    z = (W_ih @ x.T).T + b_ih + (W_hh @ h_prev.T).T + b_hh
    H = W_hh.shape[1]
    i, f, o = (by_tanh(z[:, k * H : k * H + H]) for k in (0, 1, 3))
    c = c_prev * f + i * np.tanh(z[:, 2 * H : 3 * H])
    return o * np.tanh(c), c


def torch_layer_by_layer(x, h_prev, c_prev, W_ih, W_hh, b_ih, b_hh):
    rows = zip(*(np.split(array, 4) for array in (W_ih, W_hh, b_ih, b_hh)), strict=True)
    i, f, g, o = (x @ W.T + h_prev @ U.T + b + b_2 for W, U, b, b_2 in rows)
    c = by_masks(f) * c_prev + by_masks(i) * np.tanh(g)
    return by_masks(o) * np.tanh(c), c


def sizes_by_shapes(T, B, D, H):
    parameters = sum(np.prod(shape) for shape in ((D, 4 * H), (H, 4 * H), (4 * H,)))
    state = np.prod((B, H))
    return parameters, 2 * state, (2 * (T + 1) + 4 * T) * state


def sizes_of_arrays(T, B, D, H):
    arrays = np.empty((D + H, 4 * H)), np.empty(4 * H)
    states, layers = np.empty((2, T + 1, B, H)), np.empty((T, B, 4 * H))
    return sum(a.size for a in arrays), states[:, 0].size, states.size + layers.size


def sizes_layer_by_layer(T, B, D, H):
    total = 0
    for _layer in "ifgo":
        total += D * H + H**2 + H
    return total, B * H + B * H, float(B * H * (6 * T + 2))


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
    "cell_update": (update_by_loop, update_on_a_copy, update_by_calls),
    "hidden_update": (hidden_by_sigmoid, hidden_by_call, hidden_by_loop),
    "lstm_step": (step_in_one_product, step_as_a_list, step_sample_by_sample),
    "lstm_step_stacked": (stacked_by_cutting_rows, stacked_by_hstack, stacked_gate_by_gate),
    "torch_step": (torch_by_our_own, torch_with_columns, torch_layer_by_layer),
    "lstm_sizes": (sizes_by_shapes, sizes_of_arrays, sizes_layer_by_layer),
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
# Mutants of the solution that compute the same: the changed line, and why.
SAME = {
    "H = h_prev.shape[1]": LAST_AXIS,
    "H = h_prev.shape[--1]": LAST_AXIS,
    "H = h_prev.shape[-1]": LAST_AXIS,
    "H = W_hh.shape[1]": "W_hh has a column for each unit",
    "H = c_prev.shape[1]": "c_prev and h_prev have the same shape",
    "H = c_prev.shape[-1]": "c_prev and h_prev have the same shape",
    "f = sigmoid(z[:, H:-2 * H])": FROM_THE_END,
    "g = np.tanh(z[:, -2 * H:3 * H])": FROM_THE_END,
    "c = cell_update(c_prev, f, i, g)": PRODUCT,
    "c = cell_update(f, c_prev, g, i)": PRODUCT,
    "z = np.concatenate([h_prev, x], axis=-1) @ W + b": LAST_AXIS,
    "w = np.empty_like(f)": "i and f have the same shape",
    "for t in reversed(range(len(f))):": "i and f have as many steps",
    "for t in reversed(range(len(w))):": "w has as many steps as i",
    "for t in reversed(range(len(dh))):": "dh has as many steps as x",
    "for t in reversed(range(len(gates))):": "gates has as many steps as x",
}
JUDGED_OTHERWISE = {"lstm_step": "the oracle is the step written out, which shares its slips with the stacked step"}
