"""The sheet of the project speech: right but different answers raise no false alarm."""

import functools
import itertools
import math

import numpy as np

from tests.checks.mutants import LAST_AXIS

# ---------------------------------------------------------------- greedy decoding


def by_groups(log_p):
    runs = [output for output, _ in itertools.groupby(np.argmax(log_p, axis=1))]
    return np.array([output for output in runs if output != 0], dtype=int)


def by_differences(log_p):
    best = np.argmax(log_p, 1)
    return best[(np.diff(best, prepend=-1) != 0) * (best > 0)]


def by_loop(log_p):
    said, before = [], None
    for row in log_p:
        now = max(range(len(row)), key=row.__getitem__)
        if now != before and now:
            said.append(now)
        before = now
    return np.array(said, np.int64)


# ---------------------------------------------------------------- edits


def by_table(said, meant):
    d = np.zeros((len(meant) + 1, len(said) + 1), int)
    d[0], d[:, 0] = np.arange(len(said) + 1), np.arange(len(meant) + 1)
    for i in range(1, len(meant) + 1):
        for j in range(1, len(said) + 1):
            d[i, j] = min(d[i - 1, j - 1] + (meant[i - 1] != said[j - 1]), d[i - 1, j] + 1, d[i, j - 1] + 1)
    return d[-1, -1]


def by_recursion(said, meant):
    @functools.cache
    def d(i, j):
        if min(i, j) == 0:
            return i + j
        if meant[i - 1] == said[j - 1]:
            return d(i - 1, j - 1)
        return 1 + min(d(i - 1, j - 1), d(i - 1, j), d(i, j - 1))

    return d(len(meant), len(said))


def by_rows(said, meant):
    row = np.arange(len(said) + 1)
    for word in meant:
        best = np.minimum(row[1:] + 1, row[:-1] + (said != word))
        row = np.concatenate([[row[0] + 1], best])
        row = np.minimum.accumulate(row - np.arange(len(row))) + np.arange(len(row))
    return int(row[-1])


# ---------------------------------------------------------------- the loss


def by_loops(log_p, labels):
    places = [0]
    for label in labels:
        places += [int(label), 0]
    alpha = {0: log_p[0, 0], 1: log_p[0, places[1]]}
    for t in range(1, len(log_p)):
        new = {}
        for s, output in enumerate(places):
            ways = [alpha.get(s, -math.inf), alpha.get(s - 1, -math.inf)]
            if output and s > 1 and output != places[s - 2]:
                ways.append(alpha.get(s - 2, -math.inf))
            new[s] = np.logaddexp.reduce(ways) + log_p[t, output]
        alpha = new
    return -np.logaddexp(*(alpha.get(len(places) - back, -math.inf) for back in (1, 2)))


def by_a_table(log_p, labels):
    T, S = log_p.shape[0], 2 * labels.size + 1
    places = np.insert(np.zeros(labels.size + 1, int), np.arange(1, labels.size + 1), labels)
    alpha = np.full((T, S + 2), -np.inf)
    alpha[0, 2:4] = log_p[0, places[:2]]
    barred = np.array([s < 2 or places[s] == 0 or places[s] == places[s - 2] for s in range(S)])
    for t in range(T - 1):
        three = np.stack([alpha[t, 2:], alpha[t, 1:-1], np.where(barred, -np.inf, alpha[t, :-2])])
        alpha[t + 1, 2:] = np.logaddexp.reduce(three) + log_p[t + 1, places]
    return -np.logaddexp.reduce(alpha[-1, -2:])


def from_the_other_end(log_p, labels):
    return by_a_table(log_p[::-1], labels[::-1])


# ---------------------------------------------------------------- its gradient


def with_add_at(alpha, beta, log_p, labels):
    places = np.zeros(alpha.shape[1], int)
    places[1::2] = labels
    both = alpha + beta - log_p[:, places]
    shares = np.exp(both - np.logaddexp.reduce(both, axis=1, keepdims=True))
    gradient = np.exp(log_p)
    np.subtract.at(gradient, (slice(None), places), shares)
    return gradient


def with_one_hot(alpha, beta, log_p, labels):
    places = np.zeros(2 * len(labels) + 1, int)
    places[1::2] = labels
    total = np.logaddexp(alpha[-1, -1], alpha[-1, -2])
    shares = np.exp(alpha + beta - log_p[:, places] - total)
    return np.exp(log_p) - shares @ np.eye(log_p.shape[1])[places]


def with_masks(alpha, beta, log_p, labels):
    places = np.array([0, *(x for label in labels for x in (label, 0))])
    total = np.logaddexp.reduce(beta[0, :2])
    ways = np.exp(alpha + beta - log_p[:, places] - total)
    asked = [ways[:, places == k].sum(axis=1) for k in range(log_p.shape[1])]
    return np.exp(log_p) - np.stack(asked, axis=1)


# ---------------------------------------------------------------- alignment


def by_memory(log_p, labels):
    places = [0, *(x for label in labels for x in (int(label), 0))]
    best = {s: (log_p[0, places[s]], [places[s]]) for s in (0, 1)}
    for row in log_p[1:]:
        new = {}
        for s, output in enumerate(places):
            moves = [s, s - 1] + ([s - 2] if s > 1 and output and output != places[s - 2] else [])
            ways = [best[m] for m in moves if m in best]
            if ways:
                value, path = max(ways, key=lambda way: way[0])
                new[s] = (value + row[output], [*path, output])
        best = new
    ends = [best[s] for s in (len(places) - 1, len(places) - 2) if s in best]
    return np.array(max(ends, key=lambda way: way[0])[1])


def by_back_table(log_p, labels):
    T, S = len(log_p), 2 * len(labels) + 1
    places = np.zeros(S, int)
    places[1::2] = labels
    score, back = np.full((T, S), -np.inf), np.zeros((T, S), int)
    score[0, :2] = log_p[0, places[:2]]
    for t in range(1, T):
        for s in range(S):
            from_ = [s, s - 1][: s + 1]
            if s > 1 and places[s] != 0 and places[s] != places[s - 2]:
                from_.append(s - 2)
            back[t, s] = max(from_, key=lambda k, t=t: score[t - 1, k])
            score[t, s] = score[t - 1, back[t, s]] + log_p[t, places[s]]
    path = np.empty(T, int)
    path[-1] = S - 1 if score[-1, -1] > score[-1, -2] else S - 2
    for t in range(T - 1, 0, -1):
        path[t - 1] = back[t, path[t]]
    return places[path]


def backwards(log_p, labels):
    return by_back_table(log_p[::-1], labels[::-1])[::-1]


# ---------------------------------------------------------------- prefix beams


def by_default(log_p, K):
    alive = {(): [0.0, -np.inf]}
    for row in log_p:
        new = {}

        def add(prefix, end, value, new=new):
            ends = new.setdefault(prefix, [-np.inf, -np.inf])
            ends[end] = np.logaddexp(ends[end], value)

        for prefix, ends in alive.items():
            both = np.logaddexp.reduce(ends)
            add(prefix, 0, both + row[0])
            for k in range(1, row.size):
                if prefix and prefix[-1] == k:
                    add(prefix, 1, ends[1] + row[k])
                    add((*prefix, k), 1, ends[0] + row[k])
                else:
                    add((*prefix, k), 1, both + row[k])
        ranked = sorted(new.items(), key=lambda item: np.logaddexp.reduce(item[1]), reverse=True)
        alive = dict(ranked[:K])
    prefix, ends = next(iter(alive.items()))
    return np.array(prefix, dtype=int), np.logaddexp.reduce(ends)


def by_two_dictionaries(log_p, K):
    blank, label = {(): 0.0}, {}
    none = -np.inf
    for row in np.asarray(log_p, float):
        new_blank, new_label = {}, {}
        for prefix in {*blank, *label}:
            b, n = blank.get(prefix, none), label.get(prefix, none)
            new_blank[prefix] = np.logaddexp(b, n) + row[0]
            for k in range(1, len(row)):
                same = bool(prefix) and prefix[-1] == k
                longer = prefix + (k,)
                way = (b if same else np.logaddexp(b, n)) + row[k]
                new_label[longer] = np.logaddexp(new_label.get(longer, none), way)
                if same:
                    new_label[prefix] = np.logaddexp(new_label.get(prefix, none), n + row[k])
        value = {p: np.logaddexp(new_blank.get(p, none), new_label.get(p, none)) for p in {*new_blank, *new_label}}
        kept = sorted(value, key=value.get)[-int(K) :]
        blank, label = ({p: part[p] for p in kept if p in part} for part in (new_blank, new_label))
    return np.array(kept[-1], int), value[kept[-1]]


def by_strings(log_p, K):
    beams = [("", 0.0, -np.inf)]
    for row in log_p:
        found = {}
        for text, b, n in beams:
            both = np.logaddexp(b, n)
            ways = [(text, 0, both + row[0])] + [(text, 1, n + row[ord(last)]) for last in text[-1:]]
            ways += [(text + chr(k), 1, (b if text[-1:] == chr(k) else both) + row[k]) for k in range(1, len(row))]
            for longer, end, value in ways:
                found.setdefault(longer, ([], []))[end].append(value)
        ends = [(t, *(np.logaddexp.reduce(part or [-np.inf]) for part in parts)) for t, parts in found.items()]
        beams = sorted(ends, key=lambda beam: -np.logaddexp(beam[1], beam[2]))[:K]
    text, b, n = beams[0]
    return [np.array([ord(c) for c in text], int), np.logaddexp(b, n)]


STYLES = {
    "greedy": (by_groups, by_differences, by_loop),
    "word_edits": (by_table, by_recursion, by_rows),
    "ctc_loss": (by_loops, by_a_table, from_the_other_end),
    "ctc_gradient": (with_add_at, with_one_hot, with_masks),
    "align": (by_memory, by_back_table, backwards),
    "prefix_beam": (by_default, by_two_dictionaries, by_strings),
}
# Mutants of the solution that compute the same: the changed line, and why.
NO_JUMP = "the first two places are never jumped to"
SUM = "a sum of probabilities does not depend on their order"
LEAST = "a minimum does not depend on the order"
EQUALS = "no two ways are equally likely"
AS_MANY = "there are as many of them as places"
SAME = {
    "best = log_p.argmax(axis=-1)": LAST_AXIS,
    "return best[new * (best != 0)]": "the product of two booleans is their and",
    "return best[(best != 0) & new]": "and does not depend on the order",
    "return best[new & (best > 0)]": "outputs are never negative",
    "new = np.ones(len(log_p), bool)": "best has an entry per frame",
    "row[j] = min(above[j] + 1, above[j - 1] + (heard != word), row[j - 1] + 1)": LEAST,
    "row[j] = min(row[j - 1] + 1, above[j] + 1, above[j - 1] + (heard != word))": LEAST,
    "row[j] = min(above[j - 1] + (heard != word), row[j - 1] + 1, above[j] + 1)": LEAST,
    "return -np.logaddexp(alpha[-2], alpha[-1])": SUM,
    "alpha = np.full(len(skip), -np.inf)": AS_MANY,
    "alpha = np.logaddexp(jump, np.logaddexp(alpha, step)) + row[places]": SUM,
    "alpha = np.logaddexp(np.logaddexp(step, alpha), jump) + row[places]": SUM,
    "jump = np.where(skip, np.concatenate([[np.inf, -np.inf], alpha[:-2]]), -np.inf)": NO_JUMP,
    "jump = np.where(skip, np.concatenate([[-np.inf, np.inf], alpha[:-2]]), -np.inf)": NO_JUMP,
    "total = np.logaddexp(alpha[-1, -2], alpha[-1, -1])": SUM,
    "s = len(places) - 1 - (best[-2] >= best[-1])": EQUALS,
    "best = np.full(len(skip), -np.inf)": AS_MANY,
    "s = len(best) - 1 - (best[-2] > best[-1])": AS_MANY,
    "s = len(skip) - 1 - (best[-2] > best[-1])": AS_MANY,
    "jump = np.where(skip, np.concatenate([[np.inf, -np.inf], best[:-2]]), -np.inf)": NO_JUMP,
    "jump = np.where(skip, np.concatenate([[-np.inf, np.inf], best[:-2]]), -np.inf)": NO_JUMP,
    "beams = {(): (-np.inf, 0.0)}": "the empty prefix has no last label, so only both ends together count",
    "both = np.logaddexp(label, blank)": SUM,
    "new[longer] = np.logaddexp(ends, new.get(longer, (-np.inf, -np.inf)))": SUM,
    "return (np.array(best[0], int), np.logaddexp.reduce(new[best[0]]))": "beams takes them from new",
}
SHOWN_OTHERWISE = {
    "my_recogniser": "the oracle takes any weights, the notebook those of the model in its variable my_model"
}
