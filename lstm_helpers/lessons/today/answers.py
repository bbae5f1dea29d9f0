"""The right answers of exercise 12, as the solution shows them."""

import numpy as np

from lstm_helpers.nn.functional import sigmoid


def slstm_step(z, c, n, m):
    """One step of sLSTM from the pre-activations, with c and n held divided by exp(m). Source: Beck et al. 2024,
    equations 8 to 17, with a sigmoid forget gate.

    Shapes: z (B, 4H), blocks i, f, g, o; c, n, m (B, H). Returns h, c, n, m, each (B, H).
    """
    z_i, z_f, z_g, z_o = np.split(z, 4, axis=1)
    kept = m - np.logaddexp(0, -z_f)
    m = np.maximum(kept, z_i)
    i, f = np.exp(z_i - m), np.exp(kept - m)
    c = f * c + i * np.tanh(z_g)
    n = f * n + i
    return sigmoid(z_o) * c / n, c, n, m


def mlstm_step(q, k, v, z_i, z_f, C, n, m):
    """One step of mLSTM's memory, with C and n held divided by exp(m). Source: Beck et al. 2024, equations 19 to 27.

    Shapes: q, k, v, n (B, d), z_i, z_f, m (B,), C (B, d, d). Returns what is read (B, d), C, n, m.
    """
    kept = m - np.logaddexp(0, -z_f)
    m = np.maximum(kept, z_i)
    i, f = np.exp(z_i - m)[:, None], np.exp(kept - m)[:, None]
    k = k / k.shape[1] ** 0.5
    C = f[..., None] * C + (i * v)[:, :, None] * k[:, None]
    n = f * n + i * k
    match = np.abs((n * q).sum(axis=1))
    divisor = np.maximum(match, np.exp(-m))
    return np.einsum("bvk,bk->bv", C, q) / divisor[:, None], C, n, m


def scan_pass(a, b, reach):
    """One pass of a scan: every step from ``reach`` on takes in the one ``reach`` places before it.

    Shapes: a, b (T, B, H), the steps h = a h_prev + b. Returns the new a and b. Source: Hillis & Steele 1986.
    """
    new_a, new_b = a.copy(), b.copy()
    new_a[reach:] *= a[:-reach]
    new_b[reach:] += a[reach:] * b[:-reach]
    return new_a, new_b


def recurrence_backward(dh, a, h, start):
    """Back through h_t = a_t h_{t-1} + b_t, where h_{-1} is ``start``.

    Shapes: dh, a, h (T, B, H), start (B, H). Returns da, db (T, B, H), dstart (B, H).
    """
    before = np.concatenate([start[None], h[:-1]])
    db, arriving = np.empty_like(dh), np.zeros_like(start)
    for t in reversed(range(len(dh))):
        db[t] = dh[t] + arriving
        arriving = a[t] * db[t]
    return db * before, db, arriving


def parity_gates(bits):
    """a and b with which h_t = a_t h_{t-1} + b_t, from 0, is 1 after an odd number of ones and 0 after an even one.

    Shapes: bits (T, B), whole numbers 0 and 1. Returns a, b (T, B), floats.
    """
    return 1.0 - 2 * bits, 1.0 * bits


def machine_matrices(table):
    """A matrix for each symbol, so that A[symbol] @ one_hot(state) is one_hot(the next state).

    table (V, S): the state that symbol v makes of state s. Returns A (V, S, S), floats.
    """
    V, S = table.shape
    A = np.zeros((V, S, S))
    A[np.arange(V)[:, None], table, np.arange(S)] = 1
    return A


def eigenvalues_needed(maps):
    """What a linear recurrence needs to follow one symbol for ever: 0, eigenvalues from 0 to 1; 1, also negative ones;
    2, complex ones. Source: Grazzi et al. 2025, theorems 1 and 2.

    maps (N, S): map n turns state s into maps[n, s]. Returns whole numbers (N,).
    """
    needed = []
    for turns in maps:
        longest = 1
        for state in range(len(turns)):
            at, steps = turns[state], 1
            while at != state and steps < len(turns):
                at, steps = turns[at], steps + 1
            if at == state:
                longest = max(longest, steps)
        needed.append(min(longest, 3) - 1)
    return np.array(needed)


__all__ = [
    "slstm_step",
    "mlstm_step",
    "scan_pass",
    "recurrence_backward",
    "parity_gates",
    "machine_matrices",
    "eigenvalues_needed",
]
