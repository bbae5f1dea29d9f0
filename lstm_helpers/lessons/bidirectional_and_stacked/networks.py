"""The networks of this lesson: three real tasks, one network for all of them, and how it is trained.

``runs`` trains it at full length and stores what came out; the lesson trains it in miniature. A stored run belongs to
the text of this file: after a change here, every run is missing.
"""

import time
from dataclasses import dataclass, field

import numpy as np

from lstm_helpers import data, nn
from lstm_helpers.training import Adam, clip_by_norm, cosine, gradients, parameters

BATCH, CLIP = 32, 1.0
MARGIN = 16  # letters at either end of a test window that are not asked: there one side of the context is cut off


@dataclass(frozen=True)
class Batch:
    """Sequences and what is asked. x: symbols (T, B), or frames (T, B, D); lengths (B,) or None; targets (T, B) with
    asked (T, B), true where an answer counts, or (B,) where one answer is given after the last step."""

    x: np.ndarray
    targets: np.ndarray
    lengths: np.ndarray | None = None
    asked: np.ndarray | None = None


def windows(rng, length, steps, batch=BATCH):
    """The places (steps, batch) of random windows in a text of ``length`` characters."""
    return rng.integers(length - steps, size=batch) + np.arange(steps)[:, None]


class NextCharacter:
    """Which character comes next in the novel? Measured in bits per character, on its last tenth."""

    unit, every, inputs, steps = "bits per character", True, 24, 200

    def __init__(self):
        text = data.opening()
        self.alphabet = sorted(set(text))
        codes = np.searchsorted(self.alphabet, list(text))
        self.symbols = self.outputs = len(self.alphabet)
        cut = len(codes) * 9 // 10
        self.train, self.test = codes[:cut], codes[cut:]

    def batch(self, rng):
        at = windows(rng, len(self.train) - 1, 32)
        return Batch(self.train[at], self.train[at + 1])

    def tests(self):
        at = windows(np.random.default_rng(0), len(self.test) - 1, 160, 32)
        yield Batch(self.test[at], self.test[at + 1])

    def measure(self, scores, batch):
        return nn.softmax_cross_entropy(scores, batch.targets)[0] / np.log(2)


class WordEnds:
    """The novel without spaces, as small letters: does a word end after this one? Per cent of letters answered wrongly.

    ``delay``: the answer is given so many letters later, when those after it have been read.
    """

    unit, every, inputs, steps, symbols, outputs = "% of letters wrong", True, 16, 200, 26, 2

    def __init__(self, delay=0):
        self.delay = delay
        words = "".join(c if c.isalpha() else " " for c in data.opening().lower()).split()
        letters = np.frombuffer("".join(words).encode(), np.uint8).astype(int) - ord("a")
        ends = np.zeros(len(letters), int)
        ends[np.cumsum([len(word) for word in words]) - 1] = 1
        cut = len(letters) * 9 // 10
        self.train, self.test = (letters[:cut], ends[:cut]), (letters[cut:], ends[cut:])

    def _at(self, half, at, margin):
        letters, ends = half
        asked = np.zeros(at.shape, bool)
        asked[margin + self.delay : len(at) - margin + self.delay] = True
        return Batch(letters[at], ends[at - self.delay], asked=asked)

    def batch(self, rng):
        at = windows(rng, len(self.train[0]), 64)
        return self._at(self.train, at, MARGIN)

    def tests(self):
        yield self._at(self.test, windows(np.random.default_rng(0), len(self.test[0]), 256, 32), MARGIN)

    def measure(self, scores, batch):
        return 100 * (scores.argmax(axis=2) != batch.targets)[batch.asked].mean()


class SpokenDigits:
    """Which digit is spoken? Per cent of 630 recordings answered wrongly; 2,000 others are learned from.

    The stored runs were tested on 900: 292 of the recordings that no network learned from have been kept back since,
    for the project speech. They learned from the same 2,000. Recordings of more than 30 frames are left out, 70 of
    2,700: a batch is as long as its longest.
    """

    unit, every, inputs, steps, symbols, outputs = "% of recordings wrong", False, 13, 250, None, 10

    def __init__(self):
        recordings, self.digits = data.spoken_digits()
        short = [k for k, recording in enumerate(recordings) if len(recording) <= 30]
        order = np.random.default_rng(0).permutation(short)
        self.learned, self.held = order[:2000], order[2000:2900]
        frames = np.concatenate([recordings[k] for k in self.learned])
        mean, deviation = frames.mean(axis=0), frames.std(axis=0)
        self.recordings = [(recording - mean) / deviation for recording in recordings]

    def _of(self, chosen):
        lengths = np.array([len(self.recordings[k]) for k in chosen])
        x = np.zeros((lengths.max(), len(chosen), self.inputs), np.float32)
        for column, k in enumerate(chosen):
            x[: lengths[column], column] = self.recordings[k]
        return Batch(x, self.digits[chosen], lengths)

    def batch(self, rng):
        return self._of(rng.choice(self.learned, BATCH, replace=False))

    def tests(self):
        for part in np.split(self.held, 9):
            yield self._of(part)

    def measure(self, scores, batch):
        return 100 * (scores.argmax(axis=1) != batch.targets).mean()


@dataclass(frozen=True)
class Recipe:
    """A network: the cell (a class of ``nn``), its options, and how many there are.

    weights: how many numbers the recurrent layers may learn; hidden_size is then the one that comes nearest.
    """

    cell: type
    options: dict = field(default_factory=dict)
    layers: int = 1
    bidirectional: bool = False
    residual: bool = False

    def stack(self, inputs, hidden_size, rng):
        return nn.Stack(
            self.cell, inputs, hidden_size, layers=self.layers, bidirectional=self.bidirectional,
            residual=self.residual, rng=rng, **self.options,
        )  # fmt: skip

    def fitted(self, inputs, weights):
        """The hidden size whose number of weights is nearest to ``weights``."""
        sizes = range(4, 300)
        return min(sizes, key=lambda size: abs(count(self.stack(inputs, size, np.random.default_rng(0))) - weights))


def count(layer):
    """How many numbers it learns."""
    return sum(p.size for p in layer.params.values())


class Network:
    """Symbols or frames, a stack of recurrent layers, and a readout after each step or after the last one."""

    def __init__(self, task, recipe, hidden_size, *, rng):
        self.task, self.recipe = task, recipe
        self.layers = {"stack": recipe.stack(task.inputs, hidden_size, rng)}
        self.stack = self.layers["stack"]
        self.readout = self.layers["readout"] = nn.Linear(self.stack.directions * hidden_size, task.outputs, rng=rng)
        if task.symbols:
            self.layers["embedding"] = nn.Embedding(task.symbols, task.inputs, rng=rng)

    def scores(self, batch, *, train=False):
        """(T, B, outputs), or (B, outputs) where one answer is asked: from the end state of each direction on top."""
        x = self.layers["embedding"].forward(batch.x, train=train) if self.task.symbols else batch.x
        h, end = self.stack.forward(x, lengths=batch.lengths, train=train)
        if self.task.every:
            return self.readout.forward(h, train=train)
        top = (end[0] if isinstance(end, tuple) else end)[-self.stack.directions :]
        return self.readout.forward(np.concatenate(list(top), axis=1), train=train)

    def learn(self, batch):
        """The loss of a batch and the gradients of all parameters."""
        scores = self.scores(batch, train=True)
        loss, dscores = nn.softmax_cross_entropy(scores, batch.targets, batch.asked)
        d, stack = self.readout.backward(dscores), self.stack
        symbols = self.task.symbols is not None
        if self.task.every:
            dx, _ = stack.backward(d, input_gradient=symbols)
        else:
            top = np.zeros((len(stack.layers), len(d), stack.hidden_size), d.dtype)
            top[-stack.directions :] = np.split(d, stack.directions, axis=1)
            dend = top if len(stack.states) == 1 else (top, None)
            shape = (len(batch.x), len(d), stack.directions * stack.hidden_size)
            dx, _ = stack.backward(np.zeros(shape, d.dtype), dend, input_gradient=symbols)
        if symbols:
            self.layers["embedding"].backward(dx)
        return loss, gradients(**self.layers)

    def tested(self):
        """The task's figure on what was never learned from: lower is better."""
        measured = [self.task.measure(self.scores(batch), batch) for batch in self.task.tests()]
        return float(np.mean(measured))


def trained(task, recipe, *, hidden_size, lr, seed, steps=None):
    """A Network after ``steps`` updates (the task's own number by default), and the processor's seconds for them.

    Networks with the same seed see the same batches in the same order, whatever their recipe.
    """
    steps = steps or task.steps
    network = Network(task, recipe, hidden_size, rng=np.random.default_rng([seed, 1]))
    batches, rate = np.random.default_rng([seed, 2]), cosine(lr, steps)
    optimiser = Adam(parameters(**network.layers), lr)
    start = time.process_time()
    for step in range(steps):
        _, grads = network.learn(task.batch(batches))
        clip_by_norm(grads, CLIP)
        optimiser.lr = rate(step)
        optimiser.step(grads)
    return network, time.process_time() - start
