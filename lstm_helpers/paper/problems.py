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


class Problem:
    """A task with its judge.

    draw(rng, batch) -> Batch. every: answers are asked after each step, not after the last one alone; then they are
    (T, B, outputs), else (B, outputs). longest: steps to remember over, for the start of the gates' biases.
    """

    every = False

    def __init__(self, draw, inputs, outputs, longest):
        self.draw, self.inputs, self.outputs, self.longest = draw, inputs, outputs, longest

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


class Classes(Problem):
    """One class after the last step: probabilities, compared with 1 for the right class and 0 for the others."""

    def loss(self, scores, batch):
        return softmax_cross_entropy(scores, batch.target)

    def errors(self, scores, batch):
        off = np.abs(softmax(scores) - np.eye(self.outputs)[batch.truth])
        return off.mean(axis=1), off.max(axis=1)


class NextSymbol(Problem):
    """The next symbol after each step; the largest error is taken over all steps, or over the last one alone.

    ``last``: judge the last step alone, as where nobody can know the others.
    """

    every = True

    def __init__(self, *given, last=False):
        super().__init__(*given)
        self.last = last

    def loss(self, scores, batch):
        return softmax_cross_entropy(scores, batch.target)

    def errors(self, scores, batch):
        off = np.abs(softmax(scores) - np.eye(self.outputs)[batch.truth])
        off = off[-1:] if self.last else off
        return off.mean(axis=(0, 2)), off.max(axis=(0, 2))


class LegalSymbols(Problem):
    """The next symbol where several may come: right if all that may come score above all that may not, at each step.

    Training is told the one that came, never what else might have. An error is 1 for a sequence with a wrong step.
    """

    every = True

    def loss(self, scores, batch):
        inside = np.arange(len(batch.x))[:, None] < batch.lengths
        return softmax_cross_entropy(scores, batch.target, inside)

    def errors(self, scores, batch):
        inside = np.arange(len(batch.x))[:, None] < batch.lengths
        legal = batch.truth > 0
        least = np.where(legal, scores, np.inf).min(axis=2)
        most = np.where(legal, -np.inf, scores).max(axis=2)
        wrong = ((least <= most) & inside).any(axis=0).astype(float)
        return wrong, wrong


def softmax(scores):
    """Probabilities over the last axis."""
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


# ---------------------------------------------------------------- one for each task


def adding(T):
    return Regression(partial(_regression, tasks.adding, T), 2, 1, T)


def multiplication(T):
    return Regression(partial(_regression, tasks_1997.multiplication, T), 2, 1, T)


def two_sequences(T, N, kind):
    return Regression(partial(_two_sequences, T, N, kind), 1, 1, T)


def temporal_order(marks):
    return Classes(partial(_classes, tasks_1997.temporal_order, marks=marks), 8, 2**marks, 100)


def long_lag(q, p):
    return Classes(partial(_long_lag, q, p), p + 4, 2, q)


def two_words(p, regular):
    return NextSymbol(partial(_two_words, p, regular), p + 1, p + 1, p, last=not regular)


def embedded_reber():
    return LegalSymbols(_reber, 7, 7, 12)


def _regression(task, T, rng, batch):
    x, target, lengths = task(rng, T, batch)
    return Batch(x, lengths, target, target)


def _two_sequences(T, N, kind, rng, batch):
    x, truth, given, lengths = tasks_1997.two_sequences(rng, T, N, batch, kind)
    return Batch(x, lengths, given, truth)


def _classes(task, rng, batch, **options):
    x, target, lengths = task(rng, batch, **options)
    return Batch(x, lengths, target, target)


def _long_lag(q, p, rng, batch):
    x, target, lengths = tasks_1997.long_lag(rng, q, p, batch)
    return Batch(x, lengths, target, target)


def _two_words(p, regular, rng, batch):
    x, target = tasks_1997.two_words(rng, p, batch, regular=regular)
    return Batch(x, np.full(batch, p), target, target)


def _reber(rng, batch):
    x, legal, lengths = tasks_1997.embedded_reber(rng, batch)
    following = np.zeros(x.shape[:2], int)
    following[:-1] = x[1:].argmax(axis=2)
    following[lengths - 1, np.arange(batch)] = tasks_1997.REBER.index("E")
    return Batch(x, lengths, following, legal)
