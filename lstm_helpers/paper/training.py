"""One network on one row, until the row's rule is met: what was counted, and where it goes on after a kill."""

import time
from collections import deque

import numpy as np

from lstm_helpers import nn
from lstm_helpers.paper.cells import CELLS
from lstm_helpers.training import Adam, clip_by_norm, gradients, parameters
from lstm_helpers.training import checkpoint as checkpoints

PATIENCE = {"LSTM": 4}  # times the paper's sequences after which a run has failed, 2 of the other cells
CLIP = 1.0
SAVE_EVERY = 60  # seconds
TESTED_AT_ONCE = 512


class Run:
    """A network in training on a Row. ``step`` is one batch; ``result`` says how it ended.

    What answers is the running average of the weights, which is steadier than any of them: for the rule, each training
    sequence before it is learned from, and in the end the fresh ones. So the rule is met later than by the weights
    themselves, and by less of a lucky streak.
    """

    def __init__(self, row, cell, seed):
        self.row, self.cell, self.seed = row, cell, seed
        self.rng = np.random.default_rng([seed, 1])  # of training sequences
        self.fresh = np.random.default_rng([seed, 2])  # of sequences for a look
        start, problem = np.random.default_rng([seed, 3]), row.problem
        self.layer = CELLS[cell](problem.inputs, row.hidden, problem.longest, start)
        seen = self.layer.hidden_size + row.shortcut * problem.inputs
        self.readout = nn.Linear(seen, problem.outputs, rng=start)
        self.optimiser = Adam(parameters(layer=self.layer, readout=self.readout), row.lr, row.betas)
        self.mean = {name: p.copy() for name, p in self.optimiser.params.items()}
        held = row.training_set  # sequences
        self.training_set = problem.draw(np.random.default_rng([seed, 4]), held) if held else None
        self.sequences, self.seconds, self.met = 0, 0.0, False
        self.recent = deque(maxlen=getattr(row.rule, "last", 500))

    @property
    def weights(self):
        return sum(p.size for p in self.optimiser.params.values())

    @property
    def limit(self):
        return PATIENCE.get(self.cell, 2) * self.row.paper.sequences

    @property
    def over(self):
        return self.met or self.sequences >= self.limit

    def _scores(self, batch, *, train):
        h, end = self.layer.forward(batch.x, lengths=batch.lengths, train=train)
        self._h = h
        seen = h if self.row.problem.every else last(end)
        seen = np.concatenate([h, batch.x], axis=2) if self.row.shortcut else seen
        return self.readout.forward(seen, train=train)

    def _drawn(self):
        if self.training_set is None:
            return self.row.problem.draw(self.rng, self.row.batch)
        return rows_of(self.training_set, self.rng.integers(self.row.training_set, size=self.row.batch))

    def step(self):
        """Answer a batch, remember how well, learn from it, and look whether the rule is met."""
        start, row = time.perf_counter(), self.row
        batch = self._drawn()
        self.recent.extend(zip(*(errors.tolist() for errors in self._judged(batch)), strict=True))
        self.sequences += row.batch
        self._learn(batch)
        self.met = self.sequences % row.rule.every < row.batch and row.rule.met(self.recent, self)
        self.seconds += time.perf_counter() - start

    def _learn(self, batch):
        row, problem, scores = self.row, self.row.problem, self._scores(batch, train=True)
        _, dscores = problem.loss(scores, batch)
        d = self.readout.backward(dscores.astype(scores.dtype))[..., : self.layer.hidden_size]
        if problem.every:
            self.layer.backward(d, input_gradient=False)
        else:
            self.layer.backward(np.zeros_like(self._h), as_state(self.layer, d), input_gradient=False)
        grads = gradients(layer=self.layer, readout=self.readout)
        clip_by_norm(grads, CLIP)
        before = {name: p.copy() for name, p in self.layer.params.items()}
        self.optimiser.step(grads)
        if row.pace < 1:
            for name, p in self.layer.params.items():
                p[...] = before[name] + row.pace * (p - before[name])
        by = max(1 / row.mean_of, 1 / self.optimiser.steps)
        for name, p in self.optimiser.params.items():
            self.mean[name] += by * (p - self.mean[name])

    def tested(self, number):
        """(mean, largest) errors on fresh sequences, for the stopping rule."""
        return self._judged(self.row.fresh.draw(self.fresh, number))

    def known(self):
        """The same on the training set."""
        return self._judged(self.training_set)

    def _judged(self, batch):
        """(mean, largest) errors of the averaged weights on a batch."""
        now = {name: p.copy() for name, p in self.optimiser.params.items()}
        self._put(self.mean)
        try:
            return self.row.problem.errors(self._scores(batch, train=False), batch)
        finally:
            self._put(now)

    def _put(self, values):
        for name, p in self.optimiser.params.items():
            p[...] = values[name]

    def result(self):
        """What the table says of this run, as text and numbers; the fresh sequences are drawn anew for it."""
        rng = np.random.default_rng([self.seed, 5])
        left, wrong, error = self.row.tested, 0, 0.0
        while left:
            number = min(left, TESTED_AT_ONCE)
            mean, largest = self._judged(self.row.fresh.draw(rng, number))
            wrong, error, left = wrong + int((largest > self.row.rule.far).sum()), error + mean.sum(), left - number
        return {
            "row": self.row.name,
            "cell": self.cell,
            "seed": self.seed,
            "met": int(self.met),
            "sequences": self.sequences,
            "wrong": wrong,
            "of": self.row.tested,
            "error": round(float(error) / self.row.tested, 6),
            "weights": self.weights,
            "seconds": round(self.seconds, 1),
        }

    def save(self, file):
        """Write everything that the run needs to go on, whole or not at all."""
        values = {name: getattr(self, name) for name in ("sequences", "seconds", "mean")}
        values |= {"params": dict(self.optimiser.params), "optimiser": self.optimiser.state()}
        values |= {"recent": np.array(self.recent).reshape(-1, 2)}
        values |= {name: getattr(self, name).bit_generator.state for name in ("rng", "fresh")}
        checkpoints.write(file, values)

    def load(self, file):
        """Go on from what ``save`` wrote. Raises ValueError if it is damaged."""
        saved = checkpoints.read(file)
        self._put(saved["params"])
        self.optimiser.load(saved["optimiser"])
        self.mean = saved["mean"]
        self.sequences, self.seconds = int(saved["sequences"]), float(saved["seconds"])
        self.recent.extend(map(tuple, saved["recent"].tolist()))
        for name in ("rng", "fresh"):
            getattr(self, name).bit_generator.state = saved[name]


def last(end):
    """h of the last state."""
    return end[0] if isinstance(end, tuple) else end


def as_state(layer, dh):
    """The gradient of the last hidden state as the layer takes it: nothing comes back through the others."""
    return dh if len(layer.states) == 1 else (dh, *[None] * (len(layer.states) - 1))


def rows_of(batch, chosen):
    """Some sequences of a batch."""
    target, truth = (a[:, chosen] if a.ndim > 1 else a[chosen] for a in (batch.target, batch.truth))
    return type(batch)(batch.x[:, chosen], batch.lengths[chosen], target, truth)
