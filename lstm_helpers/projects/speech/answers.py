"""The right answers of the project, as the solution shows them."""

import numpy as np


def greedy(log_p):
    """log_p (T, V), output 0 is blank. Returns the labels (L,) of the likeliest way: repeats once, blanks left out."""
    best = log_p.argmax(axis=1)
    new = np.ones(len(best), bool)
    new[1:] = best[1:] != best[:-1]
    return best[new & (best != 0)]


def word_edits(said, meant):
    """said (N,), meant (M,) integers. Returns the least number of words to change, put in and take out."""
    row = np.arange(len(said) + 1)
    for i, word in enumerate(meant, start=1):
        above, row = row, np.full(len(said) + 1, i)
        for j, heard in enumerate(said, start=1):
            row[j] = min(above[j - 1] + (heard != word), above[j] + 1, row[j - 1] + 1)
    return row[-1]


def ctc_loss(log_p, labels):
    """log_p (T, V), labels (L,) above 0. Returns -log p(labels), one number: inf where T frames are too few."""
    places = np.zeros(2 * len(labels) + 1, int)
    places[1::2] = labels
    skip = np.zeros(len(places), bool)
    skip[2:] = places[2:] != places[:-2]  # of blanks never
    alpha = np.full(len(places), -np.inf)
    alpha[:2] = log_p[0, places[:2]]
    for row in log_p[1:]:
        step = np.concatenate([[-np.inf], alpha[:-1]])
        jump = np.where(skip, np.concatenate([[-np.inf, -np.inf], alpha[:-2]]), -np.inf)
        alpha = np.logaddexp(np.logaddexp(alpha, step), jump) + row[places]
    return -np.logaddexp(alpha[-1], alpha[-2])


def ctc_gradient(alpha, beta, log_p, labels):
    """alpha, beta (T, 2L + 1) logarithms, log_p (T, V), labels (L,). Returns the gradient of the scores (T, V)."""
    places = np.zeros(2 * len(labels) + 1, int)
    places[1::2] = labels
    total = np.logaddexp(alpha[-1, -1], alpha[-1, -2])
    shares = np.exp(alpha + beta - log_p[:, places] - total)
    gradient = np.exp(log_p)
    for s, output in enumerate(places):
        gradient[:, output] -= shares[:, s]
    return gradient


def align(log_p, labels):
    """log_p (T, V), labels (L,) above 0. Returns the outputs (T,) of the likeliest way that says the labels."""
    places = np.zeros(2 * len(labels) + 1, int)
    places[1::2] = labels
    skip = np.zeros(len(places), bool)
    skip[2:] = places[2:] != places[:-2]  # of blanks never
    best = np.full(len(places), -np.inf)
    best[:2] = log_p[0, places[:2]]
    back = []
    for row in log_p[1:]:
        step = np.concatenate([[-np.inf], best[:-1]])
        jump = np.where(skip, np.concatenate([[-np.inf, -np.inf], best[:-2]]), -np.inf)
        ways = np.stack([best, step, jump])
        back.append(ways.argmax(axis=0))
        best = ways.max(axis=0) + row[places]
    s = len(places) - 1 - (best[-2] > best[-1])
    path = [s]
    for came in back[::-1]:
        s -= came[s]
        path.append(s)
    return places[path[::-1]]


def prefix_beam(log_p, K):
    """log_p (T, V), K beams. Returns the labels (L,) of the best prefix and its log-probability."""
    beams = {(): (0.0, -np.inf)}  # prefix: log p of its ways that end in blank, in its label
    for row in log_p:
        new = {}
        for prefix, (blank, label) in beams.items():
            both = np.logaddexp(blank, label)
            ways = [(prefix, both + row[0], -np.inf)]
            if prefix:
                ways.append((prefix, -np.inf, label + row[prefix[-1]]))
            for k in range(1, len(row)):
                before = blank if prefix[-1:] == (k,) else both
                ways.append(((*prefix, k), -np.inf, before + row[k]))
            for longer, *ends in ways:
                new[longer] = np.logaddexp(new.get(longer, (-np.inf, -np.inf)), ends)
        best = sorted(new, key=lambda prefix: -np.logaddexp.reduce(new[prefix]))[:K]
        beams = {prefix: new[prefix] for prefix in best}
    return np.array(best[0], int), np.logaddexp.reduce(beams[best[0]])


LAYERS = ("l0", "l0r", "l1", "l1r")  # the lower layer forwards and backwards, then the upper one
WEIGHTS = (*(f"{name}_{layer}" for layer in LAYERS for name in ("W_x", "W_h", "b")), "W_y", "b_y")


def my_recogniser():
    """Weights of the asked architecture that no training made: the real ones are a student's own."""
    rng, H, weights = np.random.default_rng(0), 2, []
    for D in (26, 26, 2 * H, 2 * H):
        weights += [rng.normal(size=(D, 4 * H)), rng.normal(size=(H, 4 * H)), rng.normal(size=4 * H)]
    return (*weights, rng.normal(size=(2 * H, 11)), np.zeros(11))


__all__ = [
    "greedy",
    "word_edits",
    "ctc_loss",
    "ctc_gradient",
    "align",
    "prefix_beam",
    "my_recogniser",
]
