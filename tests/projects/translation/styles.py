"""The sheet of the project translation: right but different answers raise no false alarm."""

from collections import Counter

import numpy as np

from lstm_helpers.projects.translation.answers import grams
from tests.checks.mutants import LAST_AXIS

# ---------------------------------------------------------------- teacher forcing


def by_rolling(ids, lengths, start):
    given = np.roll(ids, 1, axis=0)
    given[0] = start
    counts = np.zeros(ids.shape, bool)
    for b, length in enumerate(lengths):
        counts[:length, b] = True
    return given, counts


def by_stacking(ids, lengths, start):
    given = np.vstack([[start] * ids.shape[1], ids])[: len(ids)]
    return given, (np.arange(len(ids)) < lengths[:, None]).T


def by_padding(ids, lengths, start):
    given = np.pad(ids[:-1], ((1, 0), (0, 0)), constant_values=start)
    n, _ = np.indices(ids.shape)
    return [given, n < lengths[None]]


# ---------------------------------------------------------------- copying


def by_one_hot(p, a, source, gate):
    stands = np.eye(p.shape[1])[source]  # (B, T, V)
    return gate * p + (1 - gate) * np.einsum("bt,btv->bv", a, stands)


def by_places(p, a, source, gate):
    mixed = p * gate
    for t in range(a.shape[1]):
        mixed[np.arange(len(p)), source[:, t]] += (1 - gate[:, 0]) * a[:, t]
    return mixed


def by_counting(p, a, source, gate):
    copied = np.stack([np.bincount(s, w, minlength=p.shape[1]) for s, w in zip(source, a, strict=True)])
    return copied + gate * (p - copied)


# ---------------------------------------------------------------- beams that end


def by_changing_rows(log_p, total, ended, end):
    log_p = np.array(log_p)
    log_p[ended] = -np.inf
    log_p[ended, end] = 0
    every = (log_p + total.reshape(-1, 1)).reshape(-1)
    best = np.argsort(every)[::-1][: len(total)]
    line, word = np.divmod(best, log_p.shape[1])
    return every[best], line, word, np.logical_or(ended[line], word == end)


def by_list(log_p, total, ended, end):
    K, V = log_p.shape
    ways = []
    for k in range(K):
        if ended[k]:
            ways.append((total[k], k, int(end), True))
        else:
            ways += [(total[k] + log_p[k, v], k, v, bool(v == end)) for v in range(V)]
    ways.sort(key=lambda way: -way[0])
    return tuple(np.array(part) for part in zip(*ways[:K], strict=True))


def by_partition(log_p, total, ended, end):
    K, V = log_p.shape
    every = np.where(ended[:, None], -np.inf, log_p) + total[:, None]
    every[ended, end] = total[ended]
    flat = every.ravel()
    best = np.argpartition(-flat, K - 1)[:K]
    best = best[np.argsort(-flat[best])]
    line, word = np.unravel_index(best, (K, V))
    return [flat[best], line, word, (word == end) | ended[line]]


# ---------------------------------------------------------------- the best line


def by_first_end(ids, total, end, power):
    has = (ids == end).any(axis=0)
    words = np.where(has, (ids == end).argmax(axis=0) + 1, len(ids))
    return int(np.argmax(total * words ** (-float(power))))


def by_loop(ids, total, end, power):
    best, highest = 0, -np.inf
    for k, line in enumerate(ids.T.tolist()):
        words = line.index(int(end)) + 1 if int(end) in line else len(line)
        if total[k] / words ** float(power) > highest:
            best, highest = k, total[k] / words ** float(power)
    return best


def by_logarithms(ids, total, end, power):
    words = (ids != end).sum(0) + (ids == end).any(0)
    return np.argmin(np.log(-total) - power * np.log(words))


# ---------------------------------------------------------------- BLEU


def by_columns(said, said_lengths, wanted, wanted_lengths):
    pairs = [
        (s[:n].tolist(), w[:m].tolist())
        for s, n, w, m in zip(said.T, said_lengths, wanted.T, wanted_lengths, strict=True)
    ]
    logs = []
    for n in range(1, 5):
        hits = sum(sum((grams(s, n) & grams(w, n)).values()) for s, w in pairs)
        if hits == 0:
            return 0.0
        logs.append(np.log(hits) - np.log(sum(max(len(s) - n + 1, 0) for s, _ in pairs)))
    short = 1 - sum(wanted_lengths) / sum(said_lengths)
    return float(100 * np.exp(min(0, short) + sum(logs) / 4))


def by_removing(said, said_lengths, wanted, wanted_lengths):
    product, B = 1.0, said.shape[1]
    for n in (1, 2, 3, 4):
        hits = runs = 0
        for b in range(B):
            left = [tuple(wanted[k : k + n, b]) for k in range(wanted_lengths[b] - n + 1)]
            for k in range(said_lengths[b] - n + 1):
                runs += 1
                run = tuple(said[k : k + n, b])
                if run in left:
                    left.remove(run)
                    hits += 1
        product *= hits / runs
    c, r = said_lengths.sum(), wanted_lengths.sum()
    return 100 * product**0.25 * (1.0 if c >= r else np.exp(1 - r / c))


def by_minimum(said, said_lengths, wanted, wanted_lengths):
    hits, runs = [0] * 4, [0] * 4
    for b, (n_said, n_wanted) in enumerate(zip(said_lengths, wanted_lengths, strict=True)):
        for n in range(1, 5):
            mine = Counter(zip(*(said[k:n_said, b].tolist() for k in range(n)), strict=False))
            right = Counter(zip(*(wanted[k:n_wanted, b].tolist() for k in range(n)), strict=False))
            hits[n - 1] += sum(min(count, right[run]) for run, count in mine.items())
            runs[n - 1] += sum(mine.values())
    if min(hits) == 0:
        return 0
    ratio = np.sum(wanted_lengths) / np.sum(said_lengths)
    return 100 * np.minimum(1, np.exp(1 - ratio)) * np.prod(np.divide(hits, runs)) ** (1 / 4)


# ---------------------------------------------------------------- neighbours


def by_query(queries, known, leave_out):
    place, similarity = [], []
    lengths = np.sqrt((known**2).sum(axis=1))
    for query, own in zip(queries, leave_out, strict=True):
        length = np.sqrt((query**2).sum())
        cosines = known @ query / (lengths * length) if length else np.zeros(len(known))
        if own >= 0:
            cosines[own] = -np.inf
        place.append(int(cosines.argmax()))
        similarity.append(cosines[place[-1]])
    return np.array(place), np.array(similarity)


def by_safe_lengths(queries, known, leave_out):
    similar = queries @ known.T
    for rows, axis in ((queries, 1), (known, 0)):
        length = np.sqrt(np.sum(rows * rows, axis=1))
        similar = similar / np.expand_dims(np.where(length > 0, length, 1), axis)
    at = np.flatnonzero(leave_out >= 0)
    similar[at, leave_out[at]] = -2
    best = np.argmax(similar, axis=1)
    return best, np.take_along_axis(similar, best[:, None], 1)[:, 0]


def by_order(queries, known, leave_out):
    unit = lambda rows: rows / np.where((n := np.linalg.norm(rows, axis=1)) > 0, n, 1)[:, None]  # noqa: E731
    similar = np.einsum("mv,nv->mn", unit(queries), unit(known))
    similar = np.where(np.arange(len(known))[None] == leave_out.reshape(-1, 1), -1, similar)
    best = np.argsort(-similar, axis=1, kind="stable")[:, 0]
    return [best, similar[np.arange(len(best)), best]]


# ---------------------------------------------------------------- the hybrid


def by_table(validation, test, thresholds):
    takes = validation[0] >= thresholds[:, None]
    quality = np.where(takes, validation[1], validation[2]).mean(axis=1)
    t = thresholds[quality.argmax()]
    return t, np.mean(np.where(test[0] < t, test[2], test[1]))


def by_trying(validation, test, thresholds):
    best = None
    for t in thresholds:
        q = np.mean([n if s >= t else w for s, n, w in validation.T])
        if best is None or q > best[0] + 1e-12:
            best = q, t
    return best[1], sum(n if s >= best[1] else w for s, n, w in test.T) / test.shape[1]


def by_masks(validation, test, thresholds):
    def total(part, t):
        near = part[0] >= t
        return part[1][near].sum() + part[2][~near].sum()

    t = max(thresholds.tolist(), key=lambda t: (round(total(validation, t), 9), -t))
    return t, total(test, t) / len(test[0])


STYLES = {
    "teacher_forcing": (by_rolling, by_stacking, by_padding),
    "copy_or_write": (by_one_hot, by_places, by_counting),
    "beam_with_end": (by_changing_rows, by_list, by_partition),
    "best_line": (by_first_end, by_loop, by_logarithms),
    "bleu": (by_columns, by_removing, by_minimum),
    "nearest": (by_query, by_safe_lengths, by_order),
    "hybrid": (by_table, by_trying, by_masks),
}
# Mutants of the solution that compute the same: the changed line, and why.
ROWS = "all of them have a row for each sentence"
ONLY_END = "only a line that has said `end` has ended, and it can say nothing else: so its word is `end` again"
NOT_ALL_SHORT = "log 0 is -inf, and exp of it is 0: the same, with a warning"
SAME = {
    "first = np.full((1, ids.shape[-1]), start)": "ids has two axes",
    "counts = np.arange(len(given))[:, None] < lengths": "given has as many rows as ids",
    **{f"rows = np.arange(len({name}))[:, None]": ROWS for name in ("a", "gate", "mixed", "source")},
    "return (every[line, word], line, word, ended[line] + (word == end))": "of booleans, + is or",
    "return (every[line, word], line, word, word == end)": ONLY_END,
    "return (every[line, word], line, word, (word == end) | ended[line])": "or does not depend on the order",
    "words = np.minimum(len(ids), (ids != end).sum(axis=0) + 1)": "a minimum does not depend on the order",
    "brevity = min(np.exp(1 - wanted_lengths.sum() / said_lengths.sum()), 1)": "a minimum does not depend on the order",
    "for b in range(len(wanted_lengths)):": ROWS,
    **{f"if not {name}.all():": NOT_ALL_SHORT for name in ("of", "said", "said_lengths", "wanted", "wanted_lengths")},
    "pass": NOT_ALL_SHORT,
    "found[n] += (right & mine).total()": "the smaller of two counts does not depend on the order",
    "similar = queries @ known.T / np.maximum(1e-12, lengths)": "a maximum does not depend on the order",
    "similar = queries @ known.T / np.maximum(lengths, 2e-12)": "a row of zeros is similar to nothing either way",
    "similar[np.arange(len(known)) == leave_out[:, None]] = -2": "no row has a similarity below -1",
    "lengths = np.outer(np.linalg.norm(queries, axis=-1), np.linalg.norm(known, axis=1))": LAST_AXIS,
    "lengths = np.outer(np.linalg.norm(queries, axis=1), np.linalg.norm(known, axis=-1))": LAST_AXIS,
    "return (similar.argmax(axis=-1), similar.max(axis=1))": LAST_AXIS,
    "return (similar.argmax(axis=1), similar.max(axis=-1))": LAST_AXIS,
}
SHOWN_OTHERWISE = {"my_date_reader": "the oracle takes the stored model, the notebook the one in its variable my_model"}
