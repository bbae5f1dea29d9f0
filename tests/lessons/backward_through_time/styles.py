"""Right but different answers to sheet 06: loops, split and stacked weights, other algebra. None raises an alarm."""

import numpy as np

from tests.checks.mutants import LAST_AXIS
from tests.checks.solved import solution

SPACE = solution("06_backward_through_time")[0]
PIECES = ("hidden_update_backward", "cell_update_backward", "gates_backward", "pre_activation_backward")
hidden_update_backward, cell_update_backward, gates_backward, pre_activation_backward = (SPACE[n] for n in PIECES)

# ---------------------------------------------------------------- the pass that keeps its cache


def squash(z):
    return (1 + np.tanh(z / 2)) / 2


def cached_in_arrays(x, h_0, c_0, W_x, W_h, b):
    T, B, _ = x.shape
    H = h_0.shape[1]
    h, c = np.empty((T + 1, B, H), h_0.dtype), np.empty((T + 1, B, H), c_0.dtype)
    gates = np.empty((T, B, 4 * H), x.dtype)
    h[0], c[0] = h_0, c_0
    for t in range(T):
        z = x[t] @ W_x + h[t] @ W_h + b
        values = squash(z)
        values[:, 2 * H : 3 * H] = np.tanh(z[:, 2 * H : 3 * H])
        gates[t] = values
        i, f, g, o = (values[:, k * H : (k + 1) * H] for k in range(4))
        c[t + 1] = f * c[t] + i * g
        h[t + 1] = o * np.tanh(c[t + 1])
    return h, c, gates


def cached_projected_before(x, h_0, c_0, W_x, W_h, b):
    z_x, h, c, gates = x @ W_x + b, [h_0], [c_0], []
    for t in range(len(x)):
        parts = np.split(z_x[t] + np.dot(h[t], W_h), 4, axis=-1)
        i, f, g, o = (np.tanh(z) if k == 2 else squash(z) for k, z in enumerate(parts))
        c += [c[t] * f + g * i]
        h += [np.tanh(c[t + 1]) * o]
        gates += [np.hstack((i, f, g, o))]
    return np.stack(h), np.stack(c), np.stack(gates)


def cached_gate_by_gate(x, h_0, c_0, W_x, W_h, b):
    H = h_0.shape[1]
    all_h, all_c, all_gates = [h_0], [c_0], []
    h, c = h_0, c_0
    for x_t in x:
        values = []
        for k in range(4):
            gate = slice(k * H, (k + 1) * H)
            z = x_t @ W_x[:, gate] + h @ W_h[:, gate] + b[gate]
            values.append(np.tanh(z) if k == 2 else squash(z))
        c = values[1] * c + values[0] * values[2]
        h = values[3] * np.tanh(c)
        all_h, all_c = [*all_h, h], [*all_c, c]
        all_gates.append(np.concatenate(values, axis=1))
    return [np.array(all_h), np.array(all_c), np.array(all_gates)]


# ---------------------------------------------------------------- the pieces


def hidden_by_h(dh, o, c):
    shown = np.tanh(c)
    return shown * dh, o * dh - (o * shown) * shown * dh


def hidden_by_loop(dh, o, c):
    do, dc = np.zeros_like(dh), np.zeros_like(dh)
    for b in range(dh.shape[0]):
        for k in range(dh.shape[1]):
            t = np.tanh(c[b, k])
            do[b, k] = dh[b, k] * t
            dc[b, k] = dh[b, k] * o[b, k] * (1 - t) * (1 + t)
    return do, dc


def hidden_by_cosh(dh, o, c):
    return [dh * np.tanh(c), dh * o / np.cosh(np.clip(c, -300, 300)) ** 2]


def cell_by_calls(upstream, forget, old, insert, new):
    return [np.multiply(upstream, a) for a in (old, forget, new, insert)]


def cell_in_place(dc, f, c_prev, i, g):
    df = dc.copy()
    df *= c_prev
    return df, f * dc, g * dc, i * dc


def cell_by_stack(dc, f, c_prev, i, g):
    return tuple(dc * np.stack([c_prev, f, g, i]))


def gates_by_filling(di, df, dg, do, i, f, g, o):
    B, H = i.shape
    dz = np.zeros((B, 4 * H), dtype=i.dtype)
    for k, (d, s) in enumerate([(di, i), (df, f), (dg, g), (do, o)]):
        slope = 1 - s * s if k == 2 else s - s * s
        dz[:, k * H : (k + 1) * H] = d * slope
    return dz


def gates_by_hstack(di, df, dg, do, i, f, g, o):
    def slope(s):
        return s * (1 - s)

    return np.hstack((slope(i) * di, slope(f) * df, (1 - g) * (1 + g) * dg, slope(o) * do))


def gates_by_logits(di, df, dg, do, i, f, g, o):
    """Back to the pre-activations, and the slope of each squashing there."""
    z_i, z_f, z_o = (np.log(s / (1 - s)) for s in (i, f, o))
    slopes = [1 / (4 * np.cosh(z / 2) ** 2) for z in (z_i, z_f)]
    slopes += [1 / np.cosh(np.arctanh(g)) ** 2, 1 / (4 * np.cosh(z_o / 2) ** 2)]
    return np.concatenate([d * s for d, s in zip((di, df, dg, do), slopes, strict=True)], axis=-1)


def products_gate_by_gate(dz, x, h_prev, W_x, W_h):
    H = h_prev.shape[1]
    dx, dh_prev, dW_x, dW_h = (np.zeros_like(a) for a in (x, h_prev, W_x, W_h))
    for k in range(4):
        gate = slice(k * H, (k + 1) * H)
        dx += dz[:, gate] @ W_x[:, gate].T
        dh_prev += dz[:, gate] @ W_h[:, gate].T
        dW_x[:, gate] = x.T @ dz[:, gate]
        dW_h[:, gate] = h_prev.T @ dz[:, gate]
    return dx, dh_prev, dW_x, dW_h, np.ones(len(x), dz.dtype) @ dz


def products_stacked(dz, x, h_prev, W_x, W_h):
    D = x.shape[1]
    back = dz @ np.vstack([W_x, W_h]).T
    both = np.hstack([x, h_prev, np.ones((len(x), 1), x.dtype)]).T @ dz
    return back[:, :D], back[:, D:], both[:D], both[D:-1], both[-1]


def products_row_by_row(dz, x, h_prev, W_x, W_h):
    dx, dh_prev = [], []
    dW_x, dW_h, db = np.zeros_like(W_x), np.zeros_like(W_h), np.zeros_like(dz[0])
    for row, x_row, h_row in zip(dz, x, h_prev, strict=True):
        dx.append(W_x @ row)
        dh_prev.append(W_h @ row)
        dW_x += np.outer(x_row, row)
        dW_h += np.outer(h_row, row)
        db += row
    return np.array(dx), np.array(dh_prev), dW_x, dW_h, db


def products_einsum(dz, x, h_prev, W_x, W_h):
    back = [np.einsum("bk,jk->bj", dz, W) for W in (W_x, W_h)]
    return *back, np.einsum("bd,bk->dk", x, dz), np.einsum("bh,bk->hk", h_prev, dz), np.einsum("bk->k", dz)


# ---------------------------------------------------------------- one step


def step_in_one_piece(dh, dc, x, h_prev, c_prev, c, gates, W_x, W_h):
    H = dh.shape[1]
    i, f, g, o = (gates[:, k * H : (k + 1) * H] for k in range(4))
    shown = np.tanh(c)
    dc = dc + dh * o * (1 - shown * shown)
    dz_i = dc * g * i * (1 - i)
    dz_f = dc * c_prev * f * (1 - f)
    dz_g = dc * i * (1 - g * g)
    dz_o = dh * shown * o * (1 - o)
    dz = np.hstack([dz_i, dz_f, dz_g, dz_o])
    return dz @ W_x.T, dz @ W_h.T, dc * f, x.T @ dz, h_prev.T @ dz, dz.sum(0)


def step_with_its_own_cell_state(dh, dc, x, h_prev, c_prev, c, gates, W_x, W_h):
    i, f, g, o = np.split(gates, 4, axis=-1)
    return step_in_one_piece(dh, dc, x, h_prev, c_prev, f * c_prev + i * g, gates, W_x, W_h)


def step_sample_by_sample(dh, dc, x, h_prev, c_prev, c, gates, W_x, W_h):
    rows = [
        step_in_one_piece(*(a[n : n + 1] for a in (dh, dc, x, h_prev, c_prev, c, gates)), W_x, W_h)
        for n in range(len(x))
    ]
    columns = list(zip(*rows, strict=True))
    return *(np.concatenate(column) for column in columns[:3]), *(sum(column) for column in columns[3:])


def step_stacked(dh, dc, x, h_prev, c_prev, c, gates, W_x, W_h):
    i, f, g, o = np.split(gates, 4, axis=1)
    do, through = hidden_update_backward(dh, o, c)
    df, dc_prev, di, dg = cell_update_backward(through + dc, f, c_prev, i, g)
    dz = gates_by_hstack(di, df, dg, do, i, f, g, o)
    dx, dh_prev, dW_x, dW_h, db = products_stacked(dz, x, h_prev, W_x, W_h)
    return [dx, dh_prev, dc_prev, dW_x, dW_h, db]


# ---------------------------------------------------------------- over time


def unrolled_in_place(dh, dh_next, dc_next, x, h, c, gates, W_x, W_h):
    T = x.shape[0]
    dx, dW_x, dW_h = np.zeros_like(x), np.zeros_like(W_x), np.zeros_like(W_h)
    db = np.zeros(W_x.shape[1], W_x.dtype)
    for t in range(T - 1, -1, -1):
        step = step_in_one_piece(dh[t] + dh_next, dc_next, x[t], h[t], c[t], c[t + 1], gates[t], W_x, W_h)
        dx[t], dh_next, dc_next = step[:3]
        dW_x += step[3]
        dW_h += step[4]
        db += step[5]
    return dx, dh_next, dc_next, dW_x, dW_h, db


def unrolled_products_after_the_loop(dh, dh_next, dc_next, x, h, c, gates, W_x, W_h):
    """All local derivatives before the loop, one product for each parameter after it."""
    T, B, H = dh.shape
    i, f, g, o = np.split(gates, 4, axis=2)
    shown = np.tanh(c[1:])
    slopes = np.concatenate([g * i * (1 - i), c[:-1] * f * (1 - f), i * (1 - g * g)], axis=2)
    dz = np.empty_like(gates)
    dh_t, dc_t = dh_next, dc_next
    for t in reversed(range(T)):
        dh_t = dh_t + dh[t]
        dc_t = dc_t + dh_t * o[t] * (1 - shown[t] ** 2)
        dz[t, :, : 3 * H] = np.tile(dc_t, 3) * slopes[t]
        dz[t, :, 3 * H :] = dh_t * shown[t] * o[t] * (1 - o[t])
        dh_t, dc_t = dz[t] @ W_h.T, dc_t * f[t]
    flat = dz.reshape(T * B, -1)
    dW_x = x.reshape(T * B, -1).T @ flat
    dW_h = np.tensordot(h[:-1], dz, ([0, 1], [0, 1]))
    return dz @ W_x.T, dh_t, dc_t, dW_x, dW_h, dz.sum(axis=(0, 1))


def unrolled_by_recursion(dh, dh_next, dc_next, x, h, c, gates, W_x, W_h):
    t = len(x) - 1
    dx, dh_prev, dc_prev, *params = step_stacked(
        dh[t] + dh_next, dc_next, x[t], h[t], c[t], c[t + 1], gates[t], W_x, W_h
    )
    if t == 0:
        return dx[None], dh_prev, dc_prev, *params
    before = unrolled_by_recursion(dh[:t], dh_prev, dc_prev, x[:t], h[: t + 1], c[: t + 1], gates[:t], W_x, W_h)
    sums = [a + b for a, b in zip(before[3:], params, strict=True)]
    return np.concatenate([before[0], dx[None]]), before[1], before[2], *sums


def unrolled_with_lists(dh, dh_next, dc_next, x, h, c, gates, W_x, W_h):
    dx, found = [], []
    for t in range(len(x))[::-1]:
        dx_t, dh_next, dc_next, *more = step_sample_by_sample(
            dh_next + dh[t], dc_next, x[t], h[t], c[t], c[t + 1], gates[t], W_x, W_h
        )
        dx.insert(0, dx_t)
        found.append(more)
    return np.stack(dx), dh_next, dc_next, *(sum(parts) for parts in zip(*found, strict=True))


# ---------------------------------------------------------------- the loop, and the products after it


def loop_with_slopes_before(dh, dh_next, dc_next, c, gates, W_h):
    T, _, H = dh.shape
    i, f, g, o = np.split(gates, 4, axis=2)
    shown = np.tanh(c[1:])
    dz = np.zeros_like(gates)
    for t in range(T)[::-1]:
        dh_next = dh_next + dh[t]
        dc_next = dc_next + dh_next * o[t] * (1 - shown[t] ** 2)
        dz[t, :, :H] = dc_next * g[t] * i[t] * (1 - i[t])
        dz[t, :, H : 2 * H] = dc_next * c[t] * f[t] * (1 - f[t])
        dz[t, :, 2 * H : 3 * H] = dc_next * i[t] * (1 - g[t] ** 2)
        dz[t, :, 3 * H :] = dh_next * shown[t] * o[t] * (1 - o[t])
        dh_next, dc_next = dz[t] @ W_h.T, dc_next * f[t]
    return dz, dh_next, dc_next


def loop_into_a_list(dh, dh_next, dc_next, c, gates, W_h):
    dz = []
    for dh_t, c_t, c_old, values in zip(dh[::-1], c[:0:-1], c[-2::-1], gates[::-1], strict=True):
        i, f, g, o = np.split(values, 4, axis=1)
        do, dc = hidden_update_backward(dh_t + dh_next, o, c_t)
        df, dc_next, di, dg = cell_update_backward(dc + dc_next, f, c_old, i, g)
        dz.insert(0, gates_by_filling(di, df, dg, do, i, f, g, o))
        dh_next = (W_h @ dz[0].T).T
    return np.array(dz), dh_next, dc_next


def loop_sequence_by_sequence(dh, dh_next, dc_next, c, gates, W_h):
    rows = [slice(n, n + 1) for n in range(dh.shape[1])]
    parts = [loop_with_slopes_before(dh[:, n], dh_next[n], dc_next[n], c[:, n], gates[:, n], W_h) for n in rows]
    dz, dh_0, dc_0 = zip(*parts, strict=True)
    return np.concatenate(dz, axis=1), np.concatenate(dh_0), np.concatenate(dc_0)


def weights_by_einsum(dz, x, h):
    return np.einsum("tbd,tbk->dk", x, dz), np.einsum("tbh,tbk->hk", h[:-1], dz), dz.sum(axis=(0, 1))


def weights_by_tensordot(dz, x, h):
    axes = ([0, 1], [0, 1])
    return [np.tensordot(x, dz, axes), np.tensordot(h[: len(x)], dz, axes), np.sum(dz, (0, 1))]


def weights_step_by_step(dz, x, h):
    dW_x, dW_h, db = 0, 0, 0
    for t in range(len(x)):
        dW_x = dW_x + x[t].T @ dz[t]
        dW_h = dW_h + h[t].T @ dz[t]
        db = db + dz[t].sum(axis=0)
    return dW_x, dW_h, db


# ---------------------------------------------------------------- comparing


def agreement_of_vectors(ours, numerical):
    a, n = ours.ravel(), numerical.ravel()
    return max(abs(a - n)) / max(abs(n)), a @ n / np.sqrt((a @ a) * (n @ n))


def agreement_by_norms(ours, numerical):
    a, n = ours.flatten(), numerical.flatten()
    relative = np.linalg.norm(n - a, np.inf) / np.linalg.norm(n, np.inf)
    return relative, np.dot(a / np.linalg.norm(a), n / np.linalg.norm(n))


def agreement_by_loop(ours, numerical):
    furthest = largest = products = a_squares = n_squares = 0.0
    for a, n in zip(ours.ravel().tolist(), numerical.ravel().tolist(), strict=True):
        furthest, largest = max(furthest, abs(a - n)), max(largest, abs(n))
        products, a_squares, n_squares = products + a * n, a_squares + a * a, n_squares + n * n
    return furthest / largest, products / (a_squares**0.5 * n_squares**0.5)


STYLES = {
    "lstm_forward_cached": (cached_in_arrays, cached_projected_before, cached_gate_by_gate),
    "hidden_update_backward": (hidden_by_h, hidden_by_loop, hidden_by_cosh),
    "cell_update_backward": (cell_by_calls, cell_in_place, cell_by_stack),
    "gates_backward": (gates_by_filling, gates_by_hstack, gates_by_logits),
    "pre_activation_backward": (products_gate_by_gate, products_stacked, products_row_by_row, products_einsum),
    "lstm_step_backward": (step_in_one_piece, step_with_its_own_cell_state, step_sample_by_sample, step_stacked),
    "lstm_backward": (
        unrolled_in_place,
        unrolled_products_after_the_loop,
        unrolled_by_recursion,
        unrolled_with_lists,
    ),
    "pre_activation_gradients": (loop_with_slopes_before, loop_into_a_list, loop_sequence_by_sequence),
    "weight_gradients": (weights_by_einsum, weights_by_tensordot, weights_step_by_step),
    "gradient_agreement": (agreement_of_vectors, agreement_by_norms, agreement_by_loop),
}
PENCIL = "pencil_backward"
NUMBERS = (
    {"do": 1.8103, "dc": 1.2530, "df": 2.5060, "dc_prev": 1.1277, "dz_f": 0.2255, "dz_g": 0.4010},
    {"do": 1.81, "dc": 1.25, "df": 2.5, "dc_prev": 1.13, "dz_f": 0.23, "dz_g": 0.4},  # rounded on the way
    dict(
        zip(
            ["do", "dc", "df", "dc_prev", "dz_f", "dz_g"], np.float32([1.81, 1.25, 2.51, 1.13, 0.23, 0.40]), strict=True
        )
    ),
)
ANY_NEGATIVE = "NumPy takes any negative size for the one that is left"
# Mutants of the solution that compute the same: the changed line, and why.
SAME = {
    "for t in reversed(range(len(dz))):": "dz has as many steps as gates",
    "dz = dz.reshape(-2, dz.shape[2])": ANY_NEGATIVE,
    "dW_x = x.reshape(len(dz), -2).T @ dz": ANY_NEGATIVE,
    "dW_h = h[:-1].reshape(len(dz), -2).T @ dz": ANY_NEGATIVE,
    "z_i, z_f, z_g, z_o = np.split(x_t @ W_x + h[-1] @ W_h + b, 4, axis=-1)": LAST_AXIS,
    "gates.append(np.concatenate([i, f, g, o], axis=-1))": LAST_AXIS,
    "i, f, g, o = np.split(gates[t], 4, axis=-1)": LAST_AXIS,
    "return np.concatenate([di * i * (1 - i), df * f * (1 - f), dg * (1 - g ** 2), do * o * (1 - o)], axis=-1)": LAST_AXIS,  # noqa: E501
    "i, f, g, o = np.split(gates, 4, axis=-1)": LAST_AXIS,
    "for t in reversed(range(len(f))):": "i and f have as many steps",
    "for t in reversed(range(len(w))):": "w has as many steps as i",
    "for t in reversed(range(len(dh))):": "dh has as many steps as x",
    "for t in reversed(range(len(dx))):": "dx has as many steps as x",
    "for t in reversed(range(len(gates))):": "gates has as many steps as x",
    "relative = np.abs(numerical - ours).max() / np.abs(numerical).max()": "a distance does not depend on the order",
}
