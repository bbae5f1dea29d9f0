"""Recurrences that are linear in the state, h_t = keep_t h_{t-1} + new_t: minLSTM, minGRU, and two ways to run them.

The gates see x alone, so all of them are known before the first step. What is left is a chain of products and sums,
which ``loop`` follows step by step and ``scan`` in log2(T) passes over all steps at once.
"""

import numpy as np

from lstm_helpers.nn.functional import sigmoid
from lstm_helpers.nn.recurrent import Recurrent


def loop(keep, new, start):
    """h_t = keep_t * h_{t-1} + new_t, step after step. keep, new (T, B, H); start (B, H). Returns h (T, B, H)."""
    h = np.empty_like(new)
    for t in range(len(new)):
        np.multiply(keep[t], start, out=h[t])
        h[t] += new[t]
        start = h[t]
    return h


def scan(keep, new, start):
    """The same as ``loop`` in log2(T) passes: after each of them every step knows twice as many of those before it.

    A step is the map h -> keep h + new, and two in a row are one such map again: (a, b) then (a', b') is (a' a,
    a' b + b'). That product is associative, so it can be taken in pairs, pairs of pairs, and so on.
    Source: Hillis & Steele 1986, "Data parallel algorithms"; for recurrent networks Martin & Cundy 2018.
    """
    a, b = keep.copy(), new.copy()
    b[0] += a[0] * start
    reach = 1
    while reach < len(b):
        b[reach:] += a[reach:] * b[:-reach]
        a[reach:] *= a[:-reach].copy()
        reach *= 2
    return b


class _LinearRecurrence(Recurrent):
    """h_t = keep_t h_{t-1} + (1 - keep_t) candidate_t; a subclass gives keep from its gates' pre-activations.

    recurrence: ``loop`` or ``scan``. params: W_x (D, blocks*H) and b (blocks*H,); the candidate is the last block.
    """

    def __init__(self, input_size, hidden_size, *, rng, dtype=np.float32, recurrence=loop):
        self.recurrence = recurrence
        super().__init__(input_size, hidden_size, rng=rng, dtype=dtype)

    def _shapes(self):
        shapes = super()._shapes()
        return {name: shapes[name] for name in ("W_x", "b")}

    def _keep(self, z):
        """keep (T, B, H) of the gates' pre-activations z (T, B, (blocks - 1)*H)."""
        raise NotImplementedError

    def _keep_backward(self, dkeep, z, keep):
        """The gradient of those pre-activations, from that of keep."""
        raise NotImplementedError

    def _forward(self, x, start, lengths, train):
        T, B, _ = x.shape
        H = self.hidden_size
        z = x @ self.params["W_x"] + self.params["b"]
        z, candidate = z[..., :-H], z[..., -H:]
        keep = self._keep(z)
        h = self.recurrence(keep, (1 - keep) * candidate, start[0])
        last = np.full(B, T) if lengths is None else lengths
        end = h[last - 1, np.arange(B)]
        out = h if lengths is None else np.where(np.arange(T)[:, None, None] < lengths[:, None], h, 0)
        return out.copy(), [end], (x.copy(), z, candidate, keep, np.concatenate([start, h])) if train else None

    def _backward(self, cache, dh, dend, ends, input_gradient):
        x, z, candidate, keep, h = cache
        above = dh.copy()
        for t, rows in ends.items():
            above[t, rows] += dend[0][rows]
        # The error takes the same recurrence the other way: what h_t owes to step t + 1 comes through keep_{t+1}.
        later = np.concatenate([keep[1:], np.zeros_like(keep[:1])])
        total = self.recurrence(later[::-1], above[::-1], np.zeros_like(h[0]))[::-1]
        dkeep = total * (h[:-1] - candidate)
        dz = np.concatenate([self._keep_backward(dkeep, z, keep), total * (1 - keep)], axis=2)
        grads = {"W_x": np.tensordot(x, dz, ([0, 1], [0, 1])), "b": dz.sum(axis=(0, 1))}
        dx = dz @ self.params["W_x"].T if input_gradient else None
        return dx, [total[0] * keep[0]], grads


class MinLSTM(_LinearRecurrence):
    """minLSTM: gates i and f that see x alone, divided by their sum, and a candidate without tanh. Blocks: i, f, g.

    Source: Feng et al. 2024, "Were RNNs all we needed?" (arXiv 2410.01201), section 3.2.
    """

    blocks = 3

    def _keep(self, z):
        z_i, z_f = np.split(z, 2, axis=2)  # f / (f + i) = sigmoid(log f - log i)
        return sigmoid(np.logaddexp(0, -z_i) - np.logaddexp(0, -z_f))

    def _keep_backward(self, dkeep, z, keep):
        z_i, z_f = np.split(z, 2, axis=2)
        dlog = dkeep * keep * (1 - keep)
        return np.concatenate([-dlog * sigmoid(-z_i), dlog * sigmoid(-z_f)], axis=2)


class MinGRU(_LinearRecurrence):
    """minGRU: h = (1 - z) h_prev + z g, the update gate z and the candidate g seeing x alone. Blocks: z, g.

    lowest: keep = 1 - z lies between ``lowest`` and 1. 0 is the paper's; with -1 a step can turn the sign of the state,
    which is what parity takes (Grazzi et al. 2024, arXiv 2411.12537).
    Source: Feng et al. 2024, section 3.1.
    """

    blocks = 2

    def __init__(self, input_size, hidden_size, *, rng, dtype=np.float32, recurrence=loop, lowest=0):
        if not -1 <= lowest < 1:
            raise ValueError(f"expected lowest from -1 to below 1, got {lowest}: beyond -1 the state grows without end")
        self.lowest = lowest
        super().__init__(input_size, hidden_size, rng=rng, dtype=dtype, recurrence=recurrence)

    def _keep(self, z):
        return 1 - (1 - self.lowest) * sigmoid(z)

    def _keep_backward(self, dkeep, z, keep):
        opened = sigmoid(z)
        return -dkeep * (1 - self.lowest) * opened * (1 - opened)
