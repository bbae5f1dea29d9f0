"""The sheet of the project text generation: right but different answers raise no false alarm."""

import math

import numpy as np

from lstm_helpers.nn import LSTM
from lstm_helpers.nn.functional import lstm_step
from tests.checks.mutants import LAST_AXIS

# ---------------------------------------------------------------- counts, smoothed


def by_rows(counts, below):
    p = np.empty_like(below)
    for n, (row, lower) in enumerate(zip(counts, below, strict=True)):
        s, u = row.sum(), np.count_nonzero(row)
        p[n] = (row + u * lower) / (s + u) if s else lower
    return p


def by_mixing(counts, below):
    s, u = counts.sum(1)[:, None], (counts != 0).sum(1)[:, None]
    weight = np.where(s > 0, s / np.maximum(s + u, 1), 0)
    return weight * counts / np.maximum(s, 1) + (1 - weight) * below


def by_where(counts, below):
    s = counts.sum(axis=-1, keepdims=True)
    u = np.sign(counts).sum(axis=-1, keepdims=True)
    with np.errstate(invalid="ignore"):
        return np.where(s == 0, below, (counts + below * u) / (s + u))


# ---------------------------------------------------------------- bits per character


def by_indices(log_p, targets, mask):
    T, B, _ = log_p.shape
    t, b = np.meshgrid(np.arange(T), np.arange(B), indexing="ij")
    return -log_p[t, b, targets][mask].mean() / math.log(2)


def by_one_hot(log_p, targets, mask):
    chosen = (np.eye(log_p.shape[2])[targets] * log_p / np.log(2)).sum(2)
    return float(-np.average(chosen, weights=mask))


def by_loops(log_p, targets, mask):
    total = n = 0
    for t in range(targets.shape[0]):
        for b in range(targets.shape[1]):
            if mask[t, b]:
                total -= log_p[t, b, targets[t, b]] * np.log2(np.e)
                n += 1
    return total / n


# ---------------------------------------------------------------- streams


def by_columns(ids, h):
    rows = (len(ids) - 1) // h.shape[0]
    starts = np.arange(h.shape[0]) * rows
    return (
        np.stack([ids[s : s + rows] for s in starts], axis=1),
        np.stack([ids[s + 1 : s + rows + 1] for s in starts], axis=1),
    )


def by_places(ids, h):
    B = h.shape[0]
    rows = (ids.size - 1) // B
    places = np.arange(rows)[:, None] + rows * np.arange(B)
    return [ids[places], ids[places + 1]]


def by_order(text, state):
    B = state.shape[0]
    N = (len(text) - 1) // B * B
    return text[:N].reshape((-1, B), order="F"), np.swapaxes(text[1:][:N].reshape(B, -1), 0, 1)


# ---------------------------------------------------------------- temperature


def by_logsumexp(scores, tau):
    z = scores / tau
    return np.exp(z - np.logaddexp.reduce(z, axis=1, keepdims=True))


def shifted_first(scores, tau):
    e = np.exp((scores - scores.max(-1)[:, None]) / tau)
    return e / np.sum(e, 1)[:, None]


def row_by_row(scores, tau):
    rows = [np.exp((row - max(row)) / t[0]) for row, t in zip(scores, tau, strict=True)]
    return np.array([row / row.sum() for row in rows])


# ---------------------------------------------------------------- nucleus


def by_argsort(p, top):
    order = np.argsort(p, axis=1)[:, ::-1]
    ranked = np.take_along_axis(p, order, axis=1)
    many = (np.cumsum(ranked, axis=1) >= top).argmax(axis=1)
    q = np.zeros_like(p)
    for n, last in enumerate(many):
        q[n, order[n, : last + 1]] = ranked[n, : last + 1]
    return q / q.sum(axis=1, keepdims=True)


def by_walking(p, top):
    q = np.zeros(p.shape)
    for n in range(len(p)):
        held = 0.0
        for k in sorted(range(p.shape[1]), key=lambda k, n=n: -p[n, k]):
            q[n, k] = p[n, k]
            held += p[n, k]
            if held >= top[n, 0]:
                break
        q[n] /= held
    return q


def by_comparison(p, top):
    more_likely = (p[:, None, :] > p[:, :, None]) * p[:, None, :]  # what is likelier than each
    q = p * (more_likely.sum(axis=2) < top)
    return q / q.sum(axis=1)[:, None]


# ---------------------------------------------------------------- beams


def by_unravel(log_p, total):
    every = log_p + total.reshape(-1, 1)
    best = np.argsort(every, axis=None)[::-1][: len(total)]
    line, character = np.unravel_index(best, every.shape)
    return every[line, character], line, character


def by_partition(log_p, total):
    K, V = log_p.shape
    every = (total[:, None] + log_p).reshape(-1)
    best = np.argpartition(-every, K - 1)[:K]
    best = best[np.argsort(every[best])[::-1]]
    return [every[best], *np.divmod(best, V)]


def by_list(log_p, total):
    K, V = log_p.shape
    every = sorted(((total[k] + log_p[k, v], k, v) for k in range(K) for v in range(V)), reverse=True)[:K]
    return tuple(np.array(part) for part in zip(*every, strict=True))


# ---------------------------------------------------------------- the whole model


def by_layer(ids, h, c, W_x, W_h, b, W_y, b_y):
    V, H = W_x.shape[0], W_h.shape[0]
    lstm = LSTM(V, H, rng=np.random.default_rng(0), dtype=W_x.dtype)
    lstm.params.update(W_x=W_x, W_h=W_h, b=b)
    hs, (h, c) = lstm.forward(np.eye(V, dtype=W_x.dtype)[ids[:-1]], (h, c), train=False)
    scores = hs @ W_y + b_y
    chosen = np.take_along_axis(scores, ids[1:, :, None], 2)[:, :, 0]
    highest = scores.max(2)
    return np.log(np.exp(scores - highest[:, :, None]).sum(2)) + highest - chosen, h, c


def by_rows_of_the_weights(ids, h, c, W_x, W_h, b, W_y, b_y):
    nats = np.empty((ids.shape[0] - 1, ids.shape[1]))
    H = h.shape[1]
    for t, (now, following) in enumerate(zip(ids[:-1], ids[1:], strict=True)):
        z = W_x[now] + h @ W_h + b
        i, f, o = (0.5 * (1 + np.tanh(z[:, k * H : k * H + H] / 2)) for k in (0, 1, 3))
        c = f * c + i * np.tanh(z[:, 2 * H : 3 * H])
        h = o * np.tanh(c)
        scores = h @ W_y + b_y
        nats[t] = np.logaddexp.reduce(scores, axis=1) - scores[range(len(h)), following]
    return nats, h, c


def stream_by_stream(ids, h, c, W_x, W_h, b, W_y, b_y):
    nats, h, c = [], h.copy(), c.copy()
    for k in range(ids.shape[1]):
        costs, one = [], slice(k, k + 1)
        for t in range(len(ids) - 1):
            x = np.zeros((1, len(W_x)))
            x[0, ids[t, k]] = 1
            h[one], c[one] = lstm_step(x, h[one], c[one], W_x, W_h, b)
            scores = (h[one] @ W_y + b_y)[0].astype(float)
            scores -= scores.max()
            costs.append(np.log(np.exp(scores).sum()) - scores[ids[t + 1, k]])
        nats.append(costs)
    return np.array(nats).T, h, c


STYLES = {
    "witten_bell": (by_rows, by_mixing, by_where),
    "bits_per_character": (by_indices, by_one_hot, by_loops),
    "streams": (by_columns, by_places, by_order),
    "with_temperature": (by_logsumexp, shifted_first, row_by_row),
    "nucleus": (by_argsort, by_walking, by_comparison),
    "beam_step": (by_unravel, by_partition, by_list),
    "score_text": (by_layer, by_rows_of_the_weights, stream_by_stream),
}
# Mutants of the solution that compute the same: the changed line, and why.
SAME = {
    "s = counts.sum(axis=-1, keepdims=True)": LAST_AXIS,
    "u = np.maximum((counts > 0).sum(axis=-1, keepdims=True), 1)": LAST_AXIS,
    "u = np.maximum((counts != 0).sum(axis=1, keepdims=True), 1)": "counts are never negative",
    "u = np.maximum(1, (counts > 0).sum(axis=1, keepdims=True))": "a maximum does not depend on the order",
    "chosen = np.take_along_axis(log_p, targets[..., None])[..., 0]": "the default axis is the last",
    "chosen = np.take_along_axis(log_p, targets[..., None], axis=2)[..., -1]": "that axis has one entry",
    "e = np.exp(z - z.max(axis=-1, keepdims=True))": LAST_AXIS,
    "ranked = -np.sort(-p)": "np.sort sorts along the last axis",
    "ranked = -np.sort(-p, axis=-1)": LAST_AXIS,
    "before = np.cumsum(ranked, axis=-1) - ranked": LAST_AXIS,
    "least = np.where(before < top, ranked, 1).min(axis=-1, keepdims=True)": LAST_AXIS,
    "least = np.where(before < top, ranked, 2).min(axis=1, keepdims=True)": "no probability is above 1",
    "return kept / kept.sum(axis=-1, keepdims=True)": LAST_AXIS,
    "x = np.eye(len(b_y))[ids[t]]": "W_x and b_y both have V entries",
    "nats.append(-log_p[np.arange(len(c)), ids[t + 1]])": "c and h have the same rows",
    "nats.append(-log_p[np.arange(len(log_p)), ids[t + 1]])": "log_p and h have the same rows",
    "nats.append(-log_p[np.arange(len(x)), ids[t + 1]])": "x and h have the same rows",
}
SHOWN_OTHERWISE = {"my_weights": "the oracle takes the stored model, the notebook the one in its variable my_model"}
