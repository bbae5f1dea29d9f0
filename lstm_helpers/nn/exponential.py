"""The LSTMs of 2024 with an exponential input gate: sLSTM with a state for each unit, mLSTM with a matrix.

An exponential gate can grow without bound, so a normaliser n divides what it adds up, and a stabiliser m keeps the
numbers small: c and n are held divided by exp(m), which their quotient does not feel. Source: Beck et al. 2024, "xLSTM:
extended long short-term memory" (arXiv 2405.04517).
"""

import numpy as np

from lstm_helpers.nn.functional import sigmoid
from lstm_helpers.nn.recurrent import Recurrent

FORGET_GATES = ("sigmoid", "exponential")


def stabilised(log_i, log_f, m_prev, empty):
    """The exponential gates as they act on states that are held divided by exp(m): (i, f, m).

    Shapes: any, all alike. log_i, log_f: logarithms of the gates; m_prev: the stabiliser before. Where nothing was held
    (``empty``), m follows the input gate alone. One of i and f is 1, the other at most 1: nothing overflows.
    Source: Beck et al. 2024, equations 15 to 17.
    """
    m = np.where(empty, log_i, np.maximum(log_f + m_prev, log_i))
    return np.exp(log_i - m), np.where(empty, 0, np.exp(np.minimum(log_f + m_prev - m, 0))), m


class _Exponential(Recurrent):
    """What both share: heads, the choice of forget gate, and its logarithm."""

    def __init__(self, input_size, hidden_size, *, rng, dtype=np.float32, heads=1, forget_gate="sigmoid"):
        if heads < 1 or hidden_size % heads:
            raise ValueError(f"expected heads that divide hidden_size {hidden_size}, got {heads}")
        if forget_gate not in FORGET_GATES:
            raise ValueError(f"expected forget_gate 'sigmoid' or 'exponential', got {forget_gate!r}")
        self.heads, self.forget_gate = heads, forget_gate
        super().__init__(input_size, hidden_size, rng=rng, dtype=dtype)

    def _log_forget(self, z):
        """log f of the pre-activation z, and its slope."""
        if self.forget_gate == "exponential":
            return z, np.ones_like(z)
        return -np.logaddexp(0, -z), sigmoid(-z)


class SLSTM(_Exponential):
    """sLSTM: c = f c_prev + i g, n = f n_prev + i, h = o c / n, with i = exp(z_i). Blocks in the order i, f, g, o.

    h / o is a weighted mean of all candidates so far, so it stays within their range. The states are (h, c, n, m), each
    (B, H), c and n divided by exp(m); m has no gradient. forget_gate: "sigmoid" or "exponential". Units of one of the
    ``heads`` see each other through W_h, those of two do not.
    Source: Beck et al. 2024, equations 8 to 17.

    >>> layer = SLSTM(3, 4, rng=np.random.default_rng(0), heads=2)
    >>> h, (h_last, c, n, m) = layer.forward(np.zeros((7, 2, 3), np.float32))
    >>> h.shape, n.shape
    ((7, 2, 4), (2, 4))
    """

    blocks = 4
    states = ("h", "c", "n", "m")

    def __init__(self, input_size, hidden_size, *, rng, dtype=np.float32, heads=1, forget_gate="sigmoid"):
        super().__init__(input_size, hidden_size, rng=rng, dtype=dtype, heads=heads, forget_gate=forget_gate)
        head = np.arange(hidden_size) * heads // hidden_size
        self._within = np.tile(head[:, None] == head, 4).astype(self.dtype)
        self.params["W_h"] *= self._within

    def _forward(self, x, start, lengths, train):
        T, B, _ = x.shape
        z = x @ self.params["W_x"] + self.params["b"]
        W_h = self.params["W_h"] * self._within
        gates, slope_f = np.empty_like(z), np.empty((T, B, self.hidden_size), self.dtype)
        h, c, n, m = states = np.empty((4, T + 1, B, self.hidden_size), self.dtype)
        states[:, 0] = start
        for t in range(T):
            z_i, z_f, z_g, z_o = np.split(z[t] + h[t] @ W_h, 4, axis=1)
            log_f, slope_f[t] = self._log_forget(z_f)
            i, f, m[t + 1] = stabilised(z_i, log_f, m[t], n[t] == 0)
            g, o = np.tanh(z_g), sigmoid(z_o)
            c[t + 1] = f * c[t] + i * g
            n[t + 1] = f * n[t] + i
            h[t + 1] = o * c[t + 1] / n[t + 1]
            if lengths is not None:
                h[t + 1][lengths <= t] = 0
            gates[t] = np.concatenate([i, f, g, o], axis=1)
        last = np.full(B, T) if lengths is None else lengths
        end = [state[last, np.arange(B)] for state in states]
        return h[1:].copy(), end, (x.copy(), gates, slope_f, h, c, n) if train else None

    def _backward(self, cache, dh, dend, ends, input_gradient):
        x, gates, slope_f, h, c, n = cache
        T, B, H = dh.shape
        W_h = self.params["W_h"] * self._within
        dz = np.empty_like(gates)
        carried, dc, dn = np.zeros((3, B, H), self.dtype)
        for t in reversed(range(T)):
            if t in ends:
                for total, given in zip((carried, dc, dn), dend, strict=False):
                    total[ends[t]] += given[ends[t]]
            i, f, g, o = np.split(gates[t], 4, axis=1)
            mean = c[t + 1] / n[t + 1]
            dh_t = dh[t] + carried
            dmean = dh_t * o / n[t + 1]
            dc, dn = dc + dmean, dn - dmean * mean
            di, df = dc * g + dn, dc * c[t] + dn * n[t]
            dz[t] = np.concatenate(
                [di * i, df * f * slope_f[t], dc * i * (1 - g * g), dh_t * mean * o * (1 - o)], axis=1
            )
            dc, dn = dc * f, dn * f
            carried = dz[t] @ W_h.T
        flat = dz.reshape(T * B, 4 * H)
        grads = {
            "W_x": x.reshape(T * B, self.input_size).T @ flat,
            "W_h": (h[:-1].reshape(T * B, H).T @ flat) * self._within,
            "b": flat.sum(axis=0),
        }
        dx = dz @ self.params["W_x"].T if input_gradient else None
        return dx, [carried, dc, dn, np.zeros_like(dn)], grads

    def gates(self):
        """What the last forward pass saw: i, f, g, o, c and n, each a copy of shape (T, B, H).

        i, f, c and n are as stabilised: i and f at most 1, c and n divided by exp(m).
        """
        *_, (_, gates, _, _, c, n) = self._forward_cache("gates()")
        named = dict(zip("ifgo", np.split(gates, 4, axis=2), strict=True)) | {"c": c[1:], "n": n[1:]}
        return {name: array.copy() for name, array in named.items()}


class MLSTM(_Exponential):
    """mLSTM: a matrix for each head as its memory, written by keys and read by queries.

    C = f C_prev + i v k^T, n = f n_prev + i k, h = o (C q) / max(|n q|, 1); the gates i = exp(z_i) and f are one number
    for a head. Nothing sees h_prev, so all steps could be computed at once. Columns of W_x (D, 4H + 2 heads) and b: q,
    k, v and o, H each, then z_i and z_f; k is divided by the root of its size d = H / heads. The states are (C, n, m):
    (B, heads, d, d), (B, heads, d) and (B, heads). C and n are held divided by exp(m), so the 1 becomes exp(-m); m has
    no gradient.
    Source: Beck et al. 2024, equations 19 to 27.

    >>> layer = MLSTM(3, 4, rng=np.random.default_rng(0), heads=2)
    >>> h, (C, n, m) = layer.forward(np.zeros((7, 2, 3), np.float32))
    >>> h.shape, C.shape
    ((7, 2, 4), (2, 2, 2, 2))
    """

    states = ("C", "n", "m")

    def _shapes(self):
        width = 4 * self.hidden_size + 2 * self.heads
        return {"W_x": (self.input_size, width), "b": (width,)}

    def _state_shape(self, part, B):
        d = self.hidden_size // self.heads
        return (B, self.heads) + {"C": (d, d), "n": (d,), "m": ()}[part]

    def _projected(self, x):
        """For all steps: q, k, v and z_o, each (T, B, heads, d), and z_i and z_f, each (T, B, heads)."""
        T, B, _ = x.shape
        z, H = x @ self.params["W_x"] + self.params["b"], self.hidden_size
        q, k, v, z_o = (
            part.reshape(T, B, self.heads, H // self.heads) for part in np.split(z[..., : 4 * H], 4, axis=2)
        )
        z_i, z_f = np.split(z[..., 4 * H :], 2, axis=2)
        return q, k / np.sqrt(k.shape[-1], dtype=self.dtype), v, z_o, z_i, z_f

    def _forward(self, x, start, lengths, train):
        T, B, _ = x.shape
        q, k, v, z_o, z_i, z_f = self._projected(x)
        o, (log_f, slope_f) = sigmoid(z_o), self._log_forget(z_f)
        C, n, m = ([part] for part in start)
        i, f, read, divisor = np.empty_like(z_i), np.empty_like(z_i), np.empty_like(q), np.empty_like(z_i)
        for t in range(T):
            i[t], f[t], now = stabilised(z_i[t], log_f[t], m[-1], ~n[-1].any(axis=-1))
            m.append(now)
            by_f, by_i = f[t, ..., None], i[t, ..., None]
            C.append(by_f[..., None] * C[-1] + (by_i * v[t])[..., :, None] * k[t][..., None, :])
            n.append(by_f * n[-1] + by_i * k[t])
            divisor[t] = np.maximum(np.abs((n[-1] * q[t]).sum(axis=-1)), _inverse_exp(now))
            read[t] = np.einsum("bhvk,bhk->bhv", C[-1], q[t]) / divisor[t][..., None]
        h = (o * read).reshape(T, B, self.hidden_size)
        last = np.full(B, T) if lengths is None else lengths
        if lengths is not None:
            h[np.arange(T)[:, None] >= lengths] = 0
        C, n, m = map(np.stack, (C, n, m))
        end = [state[last, np.arange(B)] for state in (C, n, m)]
        return h, end, (x.copy(), (q, k, v, o), (i, f, slope_f), read, divisor, C, n, m) if train else None

    def _backward(self, cache, dh, dend, ends, input_gradient):
        x, (q, k, v, o), (i, f, slope_f), read, divisor, C, n, m = cache
        T, B, H = dh.shape
        dh = dh.reshape(q.shape)
        dq, dk, dv, di, df = (np.empty_like(array) for array in (q, k, v, i, f))
        dC, dn = np.zeros_like(C[0]), np.zeros_like(n[0])
        for t in reversed(range(T)):
            if t in ends:
                dC[ends[t]] += dend[0][ends[t]]
                dn[ends[t]] += dend[1][ends[t]]
            dread = dh[t] * o[t] / divisor[t][..., None]
            match = (n[t + 1] * q[t]).sum(axis=-1)
            dmatch = np.where(np.abs(match) > _inverse_exp(m[t + 1]), -(dread * read[t]).sum(axis=-1), 0)
            dmatch = (dmatch * np.sign(match))[..., None]
            dC = dC + dread[..., :, None] * q[t][..., None, :]
            dn = dn + dmatch * q[t]
            dq[t] = np.einsum("bhvk,bhv->bhk", C[t + 1], dread) + dmatch * n[t + 1]
            written = np.einsum("bhvk,bhk->bhv", dC, k[t])
            by_i, by_f = i[t][..., None], f[t][..., None]
            di[t] = (written * v[t]).sum(axis=-1) + (dn * k[t]).sum(axis=-1)
            df[t] = (dC * C[t]).sum(axis=(-2, -1)) + (dn * n[t]).sum(axis=-1)
            dv[t] = by_i * written
            dk[t] = by_i * (np.einsum("bhvk,bhv->bhk", dC, v[t]) + dn)
            dC, dn = by_f[..., None] * dC, by_f * dn
        dk /= np.sqrt(k.shape[-1], dtype=self.dtype)
        dz_o = dh * read * o * (1 - o)
        dz = [part.reshape(T, B, H) for part in (dq, dk, dv, dz_o)] + [di * i, df * f * slope_f]
        flat = np.concatenate(dz, axis=2)
        grads = {"W_x": np.tensordot(x, flat, ([0, 1], [0, 1])), "b": flat.sum(axis=(0, 1))}
        dx = flat @ self.params["W_x"].T if input_gradient else None
        return dx, [dC, dn, np.zeros_like(m[0])], grads


def _inverse_exp(m):
    """exp(-m), and where that is too large for the dtype, the largest number that is not."""
    return np.exp(np.minimum(-m, np.log(np.finfo(m.dtype).max) - 1))
