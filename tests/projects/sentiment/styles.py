"""The sheet of the project sentiment: right but different answers raise no false alarm."""

import math

import numpy as np

from tests.checks.mutants import LAST_AXIS

# ---------------------------------------------------------------- backwards, each text in its length


def by_texts(x, lengths):
    turned = x.copy()
    for b, n in enumerate(lengths):
        turned[:n, b] = x[:n, b][::-1]
    return turned


def by_gathering(x, lengths):
    t = np.arange(x.shape[0])[:, None] + np.zeros_like(lengths)
    source = np.where(t >= lengths, t, lengths - t - 1)
    return np.take_along_axis(x, source[:, :, None], axis=0)


def by_rolling(x, lengths):
    return np.stack(
        [np.roll(x[::-1, b], n - len(x), axis=0) if n == len(x) else np.concatenate([x[:n, b][::-1], x[n:, b]])
         for b, n in enumerate(lengths)],
        axis=1,
    )  # fmt: skip


# ---------------------------------------------------------------- the gradient of a shared table


def by_loop_over_pieces(dvectors, pieces, of, table):
    counts = [list(of).count(k) for k in range(len(dvectors))]
    dtable = np.zeros(table.shape, dvectors.dtype)
    for piece, token in zip(pieces, of, strict=True):
        dtable[piece] += dvectors[token] / math.sqrt(counts[token])
    return dtable


def by_one_hot(dvectors, pieces, of, table):
    used = np.zeros((len(table), len(dvectors)), dvectors.dtype)
    for row, token in zip(pieces, of, strict=True):
        used[row, token] += 1
    return (used / np.sqrt(used.sum(axis=0))) @ dvectors


def by_bincount(dvectors, pieces, of, table):
    weight = (1 / np.sqrt(np.bincount(of)))[of]
    V = table.shape[0]
    columns = [np.bincount(pieces, weight * column[of], V) for column in dvectors.T]
    return np.stack(columns, axis=1).astype(dvectors.dtype)


# ---------------------------------------------------------------- attention


def by_text(h, v, mask):
    context, a = np.zeros(h.shape[1:], h.dtype), np.zeros(mask.shape, h.dtype)
    for b in range(h.shape[1]):
        inside = h[mask[:, b], b]
        e = np.tanh(inside) @ v
        w = np.exp(e - e.max())
        a[mask[:, b], b] = w / w.sum()
        context[b] = (w / w.sum()) @ inside
    return context, a


def by_a_large_negative(h, v, mask):
    e = (np.tanh(h) * v).sum(axis=-1)
    e = np.where(mask, e - np.where(mask, e, -1e30).max(axis=0), -1e30)
    w = np.exp(e) * mask
    a = w / w.sum(axis=0, keepdims=True)
    return np.einsum("tb,tbd->bd", a, h), a


def by_log(h, v, mask):
    e = np.where(mask, np.einsum("tbd,d->tb", np.tanh(h), v), -np.inf)
    a = np.exp(e - np.logaddexp.reduce(e, axis=0))
    return [np.sum(h * a[..., None], 0), a]


# ---------------------------------------------------------------- max pooling, backwards


def by_places(dlargest, h, mask):
    B, D = dlargest.shape
    place = np.where(mask[..., None], h, -1e30).argmax(0)
    dh = np.zeros(h.shape, dlargest.dtype)
    b, d = np.meshgrid(np.arange(B), np.arange(D), indexing="ij")
    dh[place, b, d] = dlargest
    return dh


def by_comparison(dlargest, h, mask):
    inside = np.where(mask[:, :, None], h, -np.inf)
    return np.where(inside == inside.max(axis=0), dlargest, 0)


def by_units(dlargest, h, mask):
    dh = 0 * h
    for b, n in enumerate(mask.sum(axis=0)):
        for d in range(h.shape[2]):
            dh[np.argmax(h[:n, b, d]), b, d] = dlargest[b, d]
    return dh


# ---------------------------------------------------------------- the soft loss


def by_cases(z, ratings, sharp):
    q = 0.5 + 0.5 * np.tanh(sharp * ratings / 2)
    costs = np.where(z > 0, z * (1 - q), -z * q) + np.log1p(np.exp(-np.abs(z)))
    p = np.where(z > 0, 1 / (1 + np.exp(-np.abs(z))), np.exp(-np.abs(z)) / (1 + np.exp(-np.abs(z))))
    return costs.sum() / costs.size, (p - q) / z.size


def by_two_terms(z, ratings, sharp):
    q = np.exp(-np.logaddexp(0, -sharp * ratings))
    loss = np.mean(q * np.logaddexp(0, -z) + (1 - q) * np.logaddexp(0, z))
    return float(loss), (np.exp(-np.logaddexp(0, -z)) - q) / len(ratings)


def by_one_text_at_a_time(z, ratings, sharp):
    losses, dz = [], np.zeros_like(z)
    for k, (score, rating) in enumerate(zip(z, ratings, strict=True)):
        q = 1 / (1 + np.exp(-sharp * rating))
        losses.append(max(score, 0) - q * score + np.log1p(np.exp(-abs(score))))
        dz[k] = (0.5 + 0.5 * np.tanh(0.5 * score) - q) / len(z)
    return np.mean(losses), dz


# ---------------------------------------------------------------- calibration


def by_masks(p, y, edges):
    sure = np.where(p > 0.5, p, 1 - p)
    right = np.where(p > 0.5, y, 1 - y)
    total = 0.0
    for low, high in zip(edges[:-1], edges[1:], strict=True):
        inside = (sure >= low) & ((sure < high) | (high == edges[-1]))
        if inside.sum():
            total += inside.sum() / len(p) * abs(np.mean(right[inside]) - np.mean(sure[inside]))
    return total


def by_sums(p, y, edges):
    sure, right = np.abs(p - 0.5) + 0.5, (p > 0.5) == (y > 0)
    place = np.searchsorted(edges[1:-1], sure, side="right")
    gap = np.bincount(place, sure - right, minlength=len(edges) - 1)
    return np.abs(gap).sum() / len(p)


def by_dictionary(p, y, edges):
    bins = {}
    for q, label in zip(p, y, strict=True):
        sure = max(q, 1 - q)
        bins.setdefault(int(np.digitize(sure, edges[1:-1])), []).append((sure, float((q > 0.5) == bool(label))))
    gaps = [len(found) * abs(np.subtract(*np.mean(found, axis=0))) for found in bins.values()]
    return sum(gaps) / len(p)


# ---------------------------------------------------------------- a paired interval


def by_draws(ours, theirs, y, drawn):
    a, b = (np.equal(votes > 0, y == 1) for votes in (ours, theirs))
    found = sorted(a[rows].mean() - b[rows].mean() for rows in drawn)
    return a.mean() - b.mean(), np.quantile(found, 0.025), np.quantile(found, 0.975)


def by_percentile(ours, theirs, y, drawn):
    one = (ours > 0) == y
    other = (theirs > 0) == y
    found = one[drawn].mean(1) - other[drawn].mean(1)
    return [one.mean() - other.mean(), *np.percentile(found, [2.5, 97.5])]


def by_signs(ours, theirs, y, drawn):
    true = 2 * y - 1
    gain = (np.where(ours > 0, 1, -1) == true).astype(int) - (np.where(theirs > 0, 1, -1) == true).astype(int)
    limits = np.quantile(np.take(gain, drawn).sum(axis=1) / drawn.shape[1], (0.025, 0.975))
    return float(np.average(gain)), limits[0], limits[1]


STYLES = {
    "reversed_inside": (by_texts, by_gathering, by_rolling),
    "piece_gradients": (by_loop_over_pieces, by_one_hot, by_bincount),
    "attention_pool": (by_text, by_a_large_negative, by_log),
    "max_pool_backward": (by_places, by_comparison, by_units),
    "soft_loss": (by_cases, by_two_terms, by_one_text_at_a_time),
    "calibration_error": (by_masks, by_sums, by_dictionary),
    "paired_interval": (by_draws, by_percentile, by_signs),
}
# Mutants of the solution that compute the same: the changed line, and why.
SAME = {
    "loss = np.logaddexp(z, 0) - target * z": "log(1 + exp(z)) either way",
    **{
        f"dz = (0.5 * (1 + np.tanh(z / 2)) - target) / len({name})": f"{name} and z have the same length"
        for name in ("loss", "ratings", "target")
    },
    "sure = np.maximum(1 - p, p)": "a maximum does not depend on the order",
    "for k in range(len(edges) - -1):": "two bins more, both empty",
    **dict.fromkeys(
        (f"for k in range(len(edges){end}):" for end in ("", " - 0", " + 1", " * 1", " ** 1")),
        "a bin or two more, which are empty",
    ),
    "error += inside.mean() * abs(right[inside].mean() - sure[inside].mean())": "the size of a difference",
    "low, high = np.quantile(gain[drawn].mean(axis=-1), [0.025, 0.975])": LAST_AXIS,
}
SHOWN_OTHERWISE = {"my_reader": "the oracle takes a stored reader, the notebook the one in its variable my_model"}
