"""The right answers of the project, as the solution shows them."""

from collections import Counter

import numpy as np


def teacher_forcing(ids, lengths, start):
    """ids (N, B) answers in columns, lengths (B,). Returns what is read, and which places count, both (N, B)."""
    first = np.full((1, ids.shape[1]), start)
    given = np.concatenate([first, ids[:-1]])
    counts = np.arange(len(ids))[:, None] < lengths
    return given, counts


def copy_or_write(p, a, source, gate):
    """p (B, V), a (B, T) attention, source (B, T) numbers of words, gate (B, 1). Returns probabilities (B, V)."""
    mixed = gate * p
    rows = np.arange(len(p))[:, None]
    np.add.at(mixed, (rows, source), (1 - gate) * a)  # a word that stands twice is copied from both places
    return mixed


def beam_with_end(log_p, total, ended, end):
    """log_p (K, V), total (K,), ended (K,) booleans. Returns total, line, word and ended, each (K,)."""
    K, V = log_p.shape
    stay = np.where(np.arange(V) == end, 0, -np.inf)
    every = total[:, None] + np.where(ended[:, None], stay, log_p)
    best = np.argsort(-every.ravel())[:K]
    line, word = best // V, best % V
    return every[line, word], line, word, ended[line] | (word == end)


def best_line(ids, total, end, power):
    """ids (N, K) finished lines in columns, total (K,). Returns the number of the best line."""
    words = np.minimum((ids != end).sum(axis=0) + 1, len(ids))  # the end counts; a line that was cut off has none
    return (total / words**power).argmax()


def grams(words, n):
    """How often each run of n words occurs in a list of words."""
    return Counter(tuple(words[k : k + n]) for k in range(len(words) - n + 1))


def bleu(said, said_lengths, wanted, wanted_lengths):
    """said (N, B), wanted (M, B) in columns, their lengths (B,). Returns one number from 0 to 100."""
    found, of = np.zeros(4), np.zeros(4)
    for b in range(len(said_lengths)):
        ours = said[: said_lengths[b], b].tolist()
        theirs = wanted[: wanted_lengths[b], b].tolist()
        for n in range(4):
            mine, right = grams(ours, n + 1), grams(theirs, n + 1)
            found[n] += (mine & right).total()
            of[n] += mine.total()
    if not found.all():
        return 0.0
    brevity = min(1, np.exp(1 - wanted_lengths.sum() / said_lengths.sum()))
    return 100 * brevity * np.exp(np.log(found / of).mean())


def nearest(queries, known, leave_out):
    """queries (M, V), known (N, V), leave_out (M,). Returns the nearest known row and its similarity, both (M,)."""
    lengths = np.outer(np.linalg.norm(queries, axis=1), np.linalg.norm(known, axis=1))
    similar = queries @ known.T / np.maximum(lengths, 1e-12)
    similar[np.arange(len(known)) == leave_out[:, None]] = -1
    return similar.argmax(axis=1), similar.max(axis=1)


def hybrid(validation, test, thresholds):
    """validation (3, B), test (3, M): similarity, quality of the neighbour, quality of the network; thresholds (C,).

    Returns the threshold and the mean quality on the test.
    """

    def quality(part, t):
        similar, neighbour, network = part
        return np.where(similar >= t, neighbour, network).mean()

    chosen = thresholds[np.argmax([quality(validation, t) for t in thresholds])]
    return chosen, quality(test, chosen)


NAMES = (
    "read.W", "encoder.l0.W_x", "encoder.l0.W_h", "encoder.l0.b", "encoder.l0r.W_x", "encoder.l0r.W_h", "encoder.l0r.b",
    "written.W", "decoder.W_x", "decoder.W_h", "decoder.b", "combine.W", "combine.b", "readout.W", "readout.b",
    "attention.W",
)  # fmt: skip


def my_date_reader():
    """The weights of the stored model, in the order of NAMES."""
    from lstm_helpers.projects.translation.model import stored_reader

    p = stored_reader().params
    return tuple(p[name] for name in NAMES)


__all__ = [
    "teacher_forcing",
    "copy_or_write",
    "beam_with_end",
    "best_line",
    "bleu",
    "nearest",
    "hybrid",
    "my_date_reader",
]
