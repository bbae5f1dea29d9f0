"""Right but different answers to sheet 12: loops, powers of matrices, other algebra. None raises an alarm."""

import numpy as np

from tests.checks.mutants import LAST_AXIS
from tests.checks.solved import solution

SPACE = solution("12_today")[0]
sigmoid, mlstm_step = SPACE["sigmoid"], SPACE["mlstm_step"]

# ---------------------------------------------------------------- stabilised steps


def slstm_by_log_sigmoid(z, c, n, m):
    H = z.shape[1] // 4
    log_f = np.minimum(z[:, H : 2 * H], 0) - np.log1p(np.exp(-np.abs(z[:, H : 2 * H])))
    new_m = np.maximum(log_f + m, z[:, :H])
    i, f = np.exp(z[:, :H] - new_m), np.exp(log_f + m - new_m)
    c, n = f * c + i * np.tanh(z[:, 2 * H : 3 * H]), f * n + i
    return c / n * sigmoid(z[:, 3 * H :]), c, n, new_m


def slstm_unit_by_unit(z, c, n, m):
    B, H = c.shape
    out = np.empty((4, B, H), z.dtype)
    for b in range(B):
        for u in range(H):
            i, f, g, o = z[b].reshape(4, H)[:, u]
            kept = m[b, u] - np.logaddexp(0, -f)
            top = max(kept, i)
            cell = np.exp(kept - top) * c[b, u] + np.exp(i - top) * np.tanh(g)
            weight = np.exp(kept - top) * n[b, u] + np.exp(i - top)
            out[:, b, u] = cell / weight / (1 + np.exp(-o)), cell, weight, top
    return tuple(out)


def slstm_with_one_exponential(z, c, n, m):
    z = z.reshape(len(z), 4, -1)
    kept = m - np.logaddexp(0, -z[:, 1])
    apart = np.exp(-np.abs(kept - z[:, 0]))
    input_wins = z[:, 0] > kept
    i, f = np.where(input_wins, 1, apart), np.where(input_wins, apart, 1)
    c, n = f * c + i * np.tanh(z[:, 2]), f * n + i
    return [sigmoid(z[:, 3]) * (c / n), c, n, np.where(input_wins, z[:, 0], kept)]


def mlstm_row_by_row(q, k, v, z_i, z_f, C, n, m):
    read, C, n, m = np.empty_like(q), C.copy(), n.copy(), m.copy()
    for b in range(len(q)):
        kept = m[b] - np.logaddexp(0, -z_f[b])
        m[b] = max(kept, z_i[b])
        i, f, key = np.exp(z_i[b] - m[b]), np.exp(kept - m[b]), k[b] / np.sqrt(k.shape[1])
        C[b] = f * C[b] + i * np.outer(v[b], key)
        n[b] = f * n[b] + i * key
        read[b] = C[b] @ q[b] / max(abs(n[b] @ q[b]), np.exp(-m[b]))
    return read, C, n, m


def mlstm_by_einsum(q, k, v, z_i, z_f, C, n, m):
    kept = m - np.logaddexp(0, -z_f)
    m = np.where(kept > z_i, kept, z_i)
    i, f = np.exp(z_i - m), np.exp(kept - m)
    k = k * k.shape[1] ** -0.5
    C = np.einsum("b,bvk->bvk", f, C) + np.einsum("b,bv,bk->bvk", i, v, k)
    n = f[:, None] * n + i[:, None] * k
    divisor = np.clip(np.abs(np.einsum("bk,bk->b", n, q)), np.exp(-m), None)
    return (C @ q[:, :, None])[:, :, 0] / divisor[:, None], C, n, m


def mlstm_with_scaled_gate(q, k, v, z_i, z_f, C, n, m):
    kept = m - np.logaddexp(0, -z_f)
    m = np.maximum(z_i, kept)
    f, i = np.exp(kept - m).reshape(-1, 1), np.exp(z_i - m).reshape(-1, 1) / np.sqrt(q.shape[1]).astype(q.dtype)
    C = C * f[:, :, None] + np.matmul(v[:, :, None], (i * k)[:, None, :])
    n = n * f + i * k
    fit = np.abs(np.sum(n * q, axis=1, keepdims=True))
    return np.sum(C * q[:, None, :], axis=2) / np.maximum(np.exp(-m)[:, None], fit), C, n, m


# ---------------------------------------------------------------- scan and the way back


def pass_by_loop(a, b, reach):
    new_a, new_b = np.empty_like(a), np.empty_like(b)
    for t in range(len(a)):
        if t < reach:
            new_a[t], new_b[t] = a[t], b[t]
        else:
            new_a[t], new_b[t] = a[t] * a[t - reach], a[t] * b[t - reach] + b[t]
    return new_a, new_b


def pass_by_padding(a, b, reach):
    ones, zeros = np.ones_like(a[:reach]), np.zeros_like(b[:reach])
    return a * np.concatenate([ones, a[:-reach]]), b + a * np.concatenate([zeros, b[:-reach]])


def pass_by_stacking(a, b, reach):
    late_a, late_b, early_a, early_b = a[reach:], b[reach:], a[: len(a) - reach], b[: len(b) - reach]
    return (
        np.concatenate([a[:reach], early_a * late_a]),
        np.concatenate([b[:reach], late_a * early_b + late_b]),
    )


def back_with_a_later_row(dh, a, h, start):
    db = dh.copy()
    for t in range(len(dh) - 2, -1, -1):
        db[t] += a[t + 1] * db[t + 1]
    da = np.empty_like(a)
    da[0], da[1:] = db[0] * start, db[1:] * h[:-1]
    return da, db, a[0] * db[0]


def back_by_products(dh, a, h, start):
    T = len(dh)
    db = np.stack([sum(dh[s] * a[t + 1 : s + 1].prod(axis=0) for s in range(t, T)) for t in range(T)])
    return db * np.vstack([start[None], h])[:T], db, db[0] * a[0]


def back_by_append(dh, a, h, start):
    grads, later = [], 0
    for t in range(len(dh))[::-1]:
        total = dh[t] + later
        grads.append((total * (h[t - 1] if t else start), total))
        later = total * a[t]
    da, db = (np.array(part[::-1]) for part in zip(*grads, strict=True))
    return [da, db, later]


# ---------------------------------------------------------------- machines


def gates_by_where(bits):
    return np.where(bits == 1, -1.0, 1.0), bits.astype(float)


def gates_by_power(bits):
    return (-1.0) ** bits, np.asarray(bits, dtype=np.float64)


def gates_by_table(bits):
    return np.array([1.0, -1.0])[bits], np.array([0.0, 1.0])[bits]


def matrices_by_loop(table):
    V, S = table.shape
    A = np.zeros((V, S, S))
    for v in range(V):
        for s in range(S):
            A[v, table[v, s], s] = 1
    return A


def matrices_by_eye(table):
    return np.eye(table.shape[1])[table].transpose(0, 2, 1)


def matrices_by_comparison(table):
    return (np.arange(table.shape[1])[:, None] == table[:, None, :]).astype(float)


def needed_by_powers(maps):
    states, kinds = np.arange(maps.shape[1]), []
    for turns in maps:
        at, longest = turns, 1
        back = np.full(len(states), 0)
        for steps in range(1, len(states) + 1):
            back = np.where((back == 0) & (at == states), steps, back)
            at = turns[at]
        longest = back.max()
        kinds.append(0 if longest == 1 else 1 if longest == 2 else 2)
    return np.array(kinds)


def needed_by_shrinking(maps):
    out = np.zeros(len(maps), int)
    for n, turns in enumerate(maps.tolist()):
        alive = set(range(len(turns)))
        for _ in turns:
            alive = {turns[s] for s in alive}  # what is left are the cycles
        if any(turns[turns[s]] != s for s in alive):
            out[n] = 2
        elif any(turns[s] != s for s in alive):
            out[n] = 1
    return out


def needed_by_eigenvalues(maps):
    out = []
    for matrix in matrices_by_loop(maps):
        values = np.linalg.eigvals(matrix)
        values = values[np.abs(values) > 0.5]
        out.append(2 if np.abs(values.imag).max() > 0.1 else int(values.real.min() < -0.1))
    return np.array(out)


STYLES = {
    "slstm_step": (slstm_by_log_sigmoid, slstm_unit_by_unit, slstm_with_one_exponential),
    "mlstm_step": (mlstm_row_by_row, mlstm_by_einsum, mlstm_with_scaled_gate),
    "scan_pass": (pass_by_loop, pass_by_padding, pass_by_stacking),
    "recurrence_backward": (back_with_a_later_row, back_by_products, back_by_append),
    "parity_gates": (gates_by_where, gates_by_power, gates_by_table),
    "machine_matrices": (matrices_by_loop, matrices_by_eye, matrices_by_comparison),
    "eigenvalues_needed": (needed_by_powers, needed_by_shrinking, needed_by_eigenvalues),
}
PENCIL = "today_by_pencil"
NUMBERS = (
    {"grown": 400, "fixed": 0.8, "joined_a": -0.4, "joined_b": 1, "passes": 9, "mean": -0.5, "read": 0.8, "settles": 4},
    {
        "grown": 400.0, "fixed": 0.80, "joined_a": -0.4, "joined_b": 1.0, "passes": 9.0, "mean": -4 / 8,
        "read": 0.2 / 0.25, "settles": 1 / 0.25,
    },
    {
        "grown": np.int64(400), "fixed": np.float32(0.8), "joined_a": -0.40, "joined_b": 1, "passes": 9,
        "mean": np.float32(-0.5), "read": 0.8, "settles": 4,
    },
)  # fmt: skip
# Mutants of the solution that compute the same: the changed line, and why.
EITHER_WAY = "the larger of two, in either order"
OVERLAP = "NumPy reads all of the right side before it writes"
D_NUMBERS = "all of them have d numbers"
ALIKE = "all of them are (T, B, H)"
FROM_ITS_END = "of each cycle one state goes all the way round: the largest, or the smallest"
ROUND_OR_NOT = "after S steps a state is back, or never will be"
SAME = {
    "m = np.maximum(z_i, kept)": EITHER_WAY,
    "divisor = np.maximum(np.exp(-m), match)": EITHER_WAY,
    "kept = m - np.logaddexp(-z_f, 0)": "log(exp(a) + exp(b)), in either order",
    "z_i, z_f, z_g, z_o = np.split(z, 4, axis=-1)": LAST_AXIS,
    "match = np.abs((n * q).sum(axis=-1))": LAST_AXIS,
    "k = k / k.shape[-1] ** 0.5": LAST_AXIS,
    "C = f[..., None] * C + (i * v)[:, :, None] @ k[:, None]": "a column times a row is the outer product",
    "k = k / C.shape[1] ** 0.5": D_NUMBERS,
    "k = k / n.shape[1] ** 0.5": D_NUMBERS,
    "k = k / q.shape[1] ** 0.5": D_NUMBERS,
    "k = k / v.shape[1] ** 0.5": D_NUMBERS,
    "new_a[reach:] *= new_a[:-reach]": OVERLAP,
    "new_b[reach:] += a[reach:] * new_b[:-reach]": OVERLAP,
    "db, arriving = (np.empty_like(a), np.zeros_like(start))": ALIKE,
    "db, arriving = (np.empty_like(before), np.zeros_like(start))": ALIKE,
    "db, arriving = (np.empty_like(h), np.zeros_like(start))": ALIKE,
    "for t in reversed(range(len(a))):": ALIKE,
    "for t in reversed(range(len(before))):": ALIKE,
    "for t in reversed(range(len(db))):": ALIKE,
    "for t in reversed(range(len(h))):": ALIKE,
    "longest = -1": "every map has a cycle, and its length is 1 or more",
    "longest = 0": "every map has a cycle, and its length is 1 or more",
    "while at < state and steps < len(turns):": FROM_ITS_END,
    "while at > state and steps < len(turns):": FROM_ITS_END,
    "while at != state and steps <= len(turns):": ROUND_OR_NOT,
    "while at != state and steps != len(turns):": "steps grows by 1",
    "longest = max(steps, longest)": EITHER_WAY,
    "needed.append(min(3, longest) - 1)": "the smaller of two, in either order",
}
