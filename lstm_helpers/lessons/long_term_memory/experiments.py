"""Experiments of lesson 8: the tasks of 1997 and of those who came after, learned by any layer, judged as they were.

Shapes here: ``T`` time steps, ``B`` sequences in a batch, ``H`` hidden units. The tasks are ``data.tasks_1997``; what a
network reads, what it is told and when it is wrong is ``paper.problems``, as in ``make paper``.
"""

import numpy as np

from lstm_helpers import nn, runs
from lstm_helpers.data import tasks_1997
from lstm_helpers.nn import initialisers
from lstm_helpers.paper import problems
from lstm_helpers.paper.training import rows_of
from lstm_helpers.training import Adam, clip_by_norm, gradients, parameters

# ---------------------------------------------------------------- a network that learns one of them

CELLS = {  # name: (layer, whether its biases are set by chrono, learning rate)
    "RNN": (nn.RNN, False, 0.01),
    "GRU": (nn.GRU, False, 0.03),
    "LSTM, as drawn": (nn.LSTM, False, 0.03),
    "LSTM, chrono": (nn.LSTM, True, 0.03),
    "cell of 1997": (nn.LSTM1997, False, 0.03),
}


class Network:
    """A recurrent layer and a readout, learning a task with Adam, gradients clipped at a norm of 1.

    cell: a name of CELLS. layer: what takes the place of its layer, such as ``yours.LSTM``.
    """

    def __init__(self, task, cell, seed, *, layer=None, H=8, lr=None):
        made, chrono, rate = CELLS[cell]
        start = np.random.default_rng([seed, 0])
        self.task, self.rng = task, np.random.default_rng([seed, 1])
        self.layer = (layer or made)(task.inputs, H, rng=start)
        if chrono:
            initialisers.chrono(self.layer, task.longest, rng=start)
        self.readout = nn.Linear(H, task.outputs, rng=start)
        self.optimiser = Adam(parameters(layer=self.layer, readout=self.readout), lr or rate)

    def scores(self, batch, *, train=False):
        """One row of scores for each step (T, B, outputs), or for each sequence (B, outputs)."""
        self._h, end = self.layer.forward(batch.x, lengths=batch.lengths, train=train)
        last = end[0] if isinstance(end, tuple) else end
        return self.readout.forward(self._h if self.task.every else last, train=train)

    def errors(self, batch):
        """(mean, largest) error of each sequence, (B,) and (B,), as the paper measures them."""
        return self.task.errors(self.scores(batch), batch)

    def learn(self, batch):
        """One update. Returns the errors that the batch had before it."""
        scores = self.scores(batch, train=True)
        errors = self.task.errors(scores, batch)
        d = self.readout.backward(self.task.loss(scores, batch)[1].astype(scores.dtype))
        if self.task.every:
            self.layer.backward(d, input_gradient=False)
        else:
            dend = d if len(self.layer.states) == 1 else (d, None)
            self.layer.backward(np.zeros_like(self._h), dend, input_gradient=False)
        grads = gradients(layer=self.layer, readout=self.readout)
        clip_by_norm(grads, 1.0)
        self.optimiser.step(grads)
        return errors

    def practise(self, updates, batch=16):
        """So many updates on fresh batches. Returns the network."""
        for _ in range(updates):
            self.learn(self.task.draw(self.rng, batch))
        return self


# ---------------------------------------------------------------- the rules


def learn_strings(net, most=24_000, batch=16, count=256):
    """Experiment 1: learn from 256 strings until all of them and 256 others are right. Returns (met, sequences)."""
    draw = lambda key: net.task.draw(np.random.default_rng([1, key]), count)  # noqa: E731
    training, other = draw(0), draw(1)
    for sequences in range(batch, most + 1, batch):
        chosen = net.rng.integers(count, size=batch)
        net.learn(rows_of(training, chosen))
        if sequences % 320 == 0 and not any(net.errors(held)[1].any() for held in (training, other)):
            return True, sequences
    return False, sequences


def learn_until(net, window, far, error=1.0, most=24_000, batch=32):
    """Learn from fresh sequences until none of the ``window`` most recent was off by more than ``far``, and their mean
    error was below ``error``. Returns (met, sequences)."""
    mean, largest = np.ones((2, 0))
    for sequences in range(batch, most + 1, batch):
        errors = net.learn(net.task.draw(net.rng, batch))
        mean, largest = (np.append(kept, new)[-window:] for kept, new in zip((mean, largest), errors, strict=True))
        if len(mean) == window and largest.max() <= far and mean.mean() < error:
            return True, sequences
    return False, sequences


def share_right(net, far=0.5, count=1000):
    """The share of fresh sequences in which no output is off by more than ``far``."""
    return float((net.errors(net.task.draw(np.random.default_rng(1997), count))[1] <= far).mean())


# ---------------------------------------------------------------- what a network knows, step by step


def wrong_steps(net, batch):
    """Where a symbol that may come scores no higher than one that may not, (T, B); and which steps are there at all."""
    scores, legal = net.scores(batch), batch.truth > 0
    least, most = np.where(legal, scores, np.inf).min(axis=2), np.where(legal, -np.inf, scores).max(axis=2)
    return (least <= most) & batch.inside, batch.inside


def read_stream(net, strings=100, batch=20, seed=99):
    """Read streams of so many strings. Returns (median number of symbols before the first mistake, share of wrong
    steps, mean |c| at each step (T,))."""
    drawn = problems.continual_reber(strings).draw(np.random.default_rng(seed), batch)
    wrong, inside = wrong_steps(net, drawn)
    first = np.where(wrong.any(axis=0), wrong.argmax(axis=0), drawn.lengths)
    net.scores(drawn, train=True)
    c = net.layer.gates()["c"][: drawn.lengths.min()] if len(net.layer.states) == 2 else np.zeros((1, 1, 1))
    return int(np.median(first)), float(wrong.sum() / inside.sum()), np.abs(c).mean(axis=(1, 2))


def forget_gates(net, strings=100, batch=20, seed=99):
    """Mean forget gate of each unit while it reads streams: at the first symbol of a string, the very first string
    apart, and at all other symbols; (H,) and (H,)."""
    drawn = problems.continual_reber(strings).draw(np.random.default_rng(seed), batch)
    net.scores(drawn, train=True)
    f, symbol, begins = net.layer.gates()["f"], drawn.x.argmax(axis=2), np.zeros_like(drawn.inside)
    B, E = (tasks_1997.REBER.index(letter) for letter in "BE")
    begins[1:] = (symbol[1:] == B) & (symbol[:-1] == E) & drawn.inside[1:]
    return f[begins].mean(axis=0), f[drawn.inside & ~begins].mean(axis=0)


def string_of(letters, n):
    """A batch of the one string a^n b^n, or a^n b^n c^n."""
    return problems.counting(letters, n, low=n).draw(np.random.default_rng(0), 1)


def counts_to(net, letters, most=300):
    """The largest n up to which every string is right, from n = 1 on; at most ``most``."""
    for n in range(1, most + 1):
        if net.errors(string_of(letters, n))[1].any():
            return n - 1
    return most


# ---------------------------------------------------------------- one success, taken apart


def states_at(net, batch, t):
    """h and c after the first t steps, each (B, H)."""
    return net.layer.forward(batch.x[:t], train=False)[1]


def answers_from(net, batch, t, h, c):
    """The class that is answered, (B,), after going on from step t with these states."""
    _, (end, _) = net.layer.forward(batch.x[t:], (h, c), batch.lengths - t, train=False)
    return net.readout.forward(end, train=False).argmax(axis=1)


def transplant(net, t, count=500):
    """Pairs of sequences with different first marks exchange a state after step t. Returns {what was exchanged: the
    share of answers whose first mark is then that of the other sequence}."""
    batch = net.task.draw(np.random.default_rng(7), 4 * count)
    first = batch.truth // 2
    keep = min((first == 0).sum(), (first == 1).sum(), count)
    own, other = (np.flatnonzero(first == k)[:keep] for k in (0, 1))
    h, c = states_at(net, batch, t)
    ways = {"h": (h[other], c[own]), "c": (h[own], c[other]), "both": (h[other], c[other]), "neither": (h[own], c[own])}
    return {
        name: float((answers_from(net, rows_of(batch, own), t, *given) // 2 == 1).mean())
        for name, given in ways.items()
    }


# ---------------------------------------------------------------- stored runs of five cells (cells.py)


LAGS = 10, 20, 50, 100


def stored():
    """The stored runs of ``cells``: dictionaries with task, size, cell, seed, met, sequences, score."""
    table = runs.BENCHMARKS / "long_term_memory.csv"
    return runs.read(table, {"size": int, "seed": int, "met": int, "sequences": int, "score": float})


def of(task, size, cell):
    """The stored runs of one cell on one task."""
    return [run for run in stored() if (run["task"], run["size"], run["cell"]) == (task, size, cell)]
