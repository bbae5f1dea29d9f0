"""What a network reads, what it says, when that is wrong, and what training on it costs: a problem for each task."""

from dataclasses import dataclass
from functools import partial

import numpy as np

from lstm_helpers.data import tasks, tasks_1997
from lstm_helpers.nn import mean_squared_error, softmax_cross_entropy


@dataclass(frozen=True)
class Batch:
    """Sequences and what is asked of them. x (T, B, D); lengths (B,); target: what training is told; truth: what the
    answers are judged by."""

    x: np.ndarray
    lengths: np.ndarray
    target: np.ndarray
    truth: np.ndarray

    @property
    def inside(self):
        """Which steps belong to a sequence, (T, B)."""
        return np.arange(len(self.x))[:, None] < self.lengths


@dataclass(frozen=True)
class Problem:
    """A task with its judge.

    draw(rng, batch) -> Batch. longest: steps to remember over, of the chrono biases; four times the lag where it is the
    same in each sequence. every: answers are asked after each step, not after the last one alone; then they are
    (T, B, outputs), else (B, outputs).
    """

    draw: object
    inputs: int
    outputs: int
    longest: int
    every: bool = False

    def loss(self, scores, batch):
        """The training loss and its gradient with respect to the scores."""
        raise NotImplementedError

    def errors(self, scores, batch):
        """For each sequence (mean error, largest error) of its answers, as the paper measures them: (B,) and (B,)."""
        raise NotImplementedError


class Regression(Problem):
    """One number after the last step."""

    def loss(self, scores, batch):
        return mean_squared_error(scores, batch.target[:, None])

    def errors(self, scores, batch):
        off = np.abs(scores[:, 0] - batch.truth)
        return off, off


class Symbols(Problem):
    """One of several symbols: its probability is compared with 1, that of the others with 0."""

    def loss(self, scores, batch):
        return softmax_cross_entropy(scores, batch.target, batch.inside if self.every else None)

    def errors(self, scores, batch):
        off = np.abs(softmax(scores) - np.eye(self.outputs)[batch.truth])
        off = off.reshape(-1, *off.shape[-2:])  # (T, B, outputs), of one step where only one is asked
        return off.mean(axis=(0, 2)), off.max(axis=(0, 2))


class LegalSymbols(Symbols):
    """The next symbol where several may come: right if all that may come score above all that may not, at each step.

    Training is told the one that came, never what else might have. An error is 1 for a sequence with a wrong step.
    """

    def errors(self, scores, batch):
        legal = batch.truth > 0
        least = np.where(legal, scores, np.inf).min(axis=2)
        most = np.where(legal, -np.inf, scores).max(axis=2)
        wrong = ((least <= most) & batch.inside).any(axis=0).astype(float)
        return wrong, wrong


def softmax(scores):
    """Probabilities over the last axis."""
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


# ---------------------------------------------------------------- one for each task


def adding(T):
    return Regression(partial(_told, partial(tasks.adding, T=T)), 2, 1, T)


def multiplication(T):
    return Regression(partial(_told, partial(tasks_1997.multiplication, T=T)), 2, 1, T)


def two_sequences(T, N, kind):
    """Where a single step holds all that is asked, it is kept longer than it has to be."""
    return Regression(partial(_two_sequences, T, N, kind), 1, 1, 4 * T if N == 1 else T)


def temporal_order(marks):
    return Symbols(partial(_told, partial(tasks_1997.temporal_order, marks=marks)), 8, 2**marks, 100)


def long_lag(q, p):
    return Symbols(partial(_told, partial(tasks_1997.long_lag, q=q, p=p)), p + 4, 2, q)


def two_words(p, regular):
    """Where the symbols between are random, nobody can know them, and the last one alone is asked."""
    return Symbols(partial(_two_words, p, regular), p + 1, p + 1, 4 * p, every=regular)


def embedded_reber():
    return LegalSymbols(partial(_legal, tasks_1997.embedded_reber), 7, 7, 12, every=True)


def continual_reber(strings):
    return LegalSymbols(partial(_legal, partial(tasks_1997.continual_reber, strings=strings)), 7, 7, 12, every=True)


def counting(letters, high, low=1):
    task = partial(tasks_1997.counting, letters=letters, low=low, high=high)
    return LegalSymbols(partial(_legal, task), letters + 2, letters + 2, 10 * letters, every=True)


def _told(task, rng, batch):
    """Of a task that gives x, target and lengths."""
    x, target, lengths = task(rng, batch=batch)
    return Batch(x, lengths, target, target)


def _two_sequences(T, N, kind, rng, batch):
    x, truth, given, lengths = tasks_1997.two_sequences(rng, T, N, batch, kind)
    return Batch(x, lengths, given, truth)


def _two_words(p, regular, rng, batch):
    x, target = tasks_1997.two_words(rng, p, batch, regular=regular)
    target = target if regular else target[-1]
    return Batch(x, np.full(batch, p), target, target)


def _legal(task, rng, batch):
    """Of a task that gives x, the symbols that may follow, and lengths; after the last step there is only one."""
    x, legal, lengths = task(rng, batch=batch)
    following, end = np.roll(x, -1, axis=0).argmax(axis=2), (lengths - 1, np.arange(batch))
    following[end] = legal[end].argmax(axis=1)
    return Batch(x, lengths, following, legal)
