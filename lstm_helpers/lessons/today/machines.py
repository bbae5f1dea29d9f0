"""The two tasks of lesson 12, one network for all layers, and how it is trained.

``runs`` trains it for the stored tables; the lesson trains it live in miniature. A stored run belongs to the text of
this file: after a change here, every run is missing. Shapes: ``T`` steps, ``B`` sequences, ``D`` numbers for a symbol.
"""

import itertools
from functools import partial

import numpy as np

from lstm_helpers import nn
from lstm_helpers.training import Adam, clip_by_norm, cosine, gradients, parameters

LAYERS = {
    "LSTM": nn.LSTM,
    "sLSTM": nn.SLSTM,
    "mLSTM": nn.MLSTM,
    "minLSTM": nn.MinLSTM,
    "minGRU, signed": partial(nn.MinGRU, lowest=-1),
    "attention": nn.SelfAttention,
}
D, CLIP = 32, 1.0
KEYS, VALUES = 32, 16  # symbols of the recall task
BLANK = VALUES  # the value of a step that asks


def permutations(n, *, even=False):
    """The orders of n things, (number of them, n), the identity first; with ``even`` only those of even sign."""
    orders = [p for p in itertools.permutations(range(n)) if not even or _swaps(p) % 2 == 0]
    return np.array(orders)


def _swaps(order):
    return sum(a > b for a, b in itertools.combinations(order, 2))


def moves(name):
    """The machine's table, (V, V): row a, column s is the state that symbol a makes of state s. State 0 is the start.

    name: "parity", "mod 3", "S3" (all orders of three things) or "A5" (the 60 even orders of five).
    """
    if name in ("parity", "mod 3"):
        n = 2 if name == "parity" else 3
        return np.add.outer(np.arange(n), np.arange(n)) % n
    orders = permutations(3) if name == "S3" else permutations(5, even=True)
    number = {tuple(order): k for k, order in enumerate(orders)}
    return np.array([[number[tuple(a[s])] for s in orders] for a in orders])


def words(table, rng, T, B):
    """Random symbols x (1, T, B), and the machine's state after each step, (T, B)."""
    x = rng.integers(len(table), size=(T, B))
    states = np.array(list(itertools.accumulate(x, lambda s, a: table[a, s], initial=np.zeros(B, int))))
    return x[None], states[1:]


def pairs(rng, count, B):
    """Associative recall: ``count`` steps with a key and its value, then every key once more, in another order.

    Returns x (2, 2 count, B), keys and values, targets (2 count, B), and asked (2 count, B): the second half.
    """
    among = rng.permuted(np.tile(np.arange(KEYS), (B, 1)), axis=1)[:, :count].T
    values = rng.integers(VALUES, size=(count, B))
    order = rng.permuted(np.tile(np.arange(count), (B, 1)), axis=1).T
    again, answers = (np.take_along_axis(a, order, axis=0) for a in (among, values))
    x = np.stack([np.concatenate([among, again]), np.concatenate([values, np.full_like(values, BLANK)])])
    asked = np.repeat([False, True], count)[:, None] & np.ones(B, bool)
    return x, np.concatenate([np.zeros_like(answers), answers]), asked


def positions(T, size):
    """Where a step stands, as sines and cosines (T, size). Source: Vaswani et al. 2017, section 3.5."""
    angles = np.arange(T)[:, None] / 10_000 ** (np.arange(0, size, 2) / size)
    return np.concatenate([np.sin(angles), np.cos(angles)], axis=1).astype(np.float32)


class Network:
    """Embeddings, one layer, tanh, scores: the same around every layer.

    symbols: of each part of x; outputs: number of answers. Attention gets positions added to what it reads.
    """

    def __init__(self, layer, H, symbols, outputs, *, rng):
        self.read = [nn.Embedding(n, D, rng=rng) for n in symbols]
        self.layer = layer(D * len(symbols), H, rng=rng)
        self.mixed, self.scored = nn.Linear(H, H, rng=rng), nn.Linear(H, outputs, rng=rng)
        self.parts = {f"read{k}": part for k, part in enumerate(self.read)}
        self.parts |= {"layer": self.layer, "mixed": self.mixed, "scored": self.scored}
        self.params = parameters(**self.parts)

    def scores(self, x, train=False):
        """Scores (T, B, outputs) of the symbols x (parts, T, B)."""
        z = np.concatenate([part.forward(ids, train=train) for part, ids in zip(self.read, x, strict=True)], axis=2)
        if isinstance(self.layer, nn.SelfAttention):
            z += positions(len(z), z.shape[2])[:, None]
        h, _ = self.layer.forward(z, train=train)
        self._out = np.tanh(self.mixed.forward(h, train=train))
        return self.scored.forward(self._out, train=train)

    def learn(self, x, targets, asked=None):
        """Loss and gradients of one batch."""
        loss, d = nn.softmax_cross_entropy(self.scores(x, train=True), targets, asked)
        d = self.mixed.backward(self.scored.backward(d) * (1 - self._out**2))
        d, _ = self.layer.backward(d)
        for part, of in zip(self.read, np.split(d, len(self.read), axis=2), strict=True):
            part.backward(of)
        return loss, gradients(**self.parts)


def train(network, draw, steps, lr=5e-3):
    """Adam along half a cosine; draw(k) makes the batch of step k. Returns the losses."""
    optimiser, rate, losses = Adam(network.params, lr), cosine(lr, steps), []
    for k in range(steps):
        optimiser.lr = rate(k)
        loss, grads = network.learn(*draw(k))
        clip_by_norm(grads, CLIP)
        optimiser.step(grads)
        losses.append(loss)
    return losses


def tracker(layer, task, *, seed, H=32, steps=500, T=16, B=64, growing=False):
    """A network that has learned to follow a machine over T steps; growing: over 2 at first, T from half-way on."""
    rng, table = np.random.default_rng(seed), moves(task)
    network = Network(layer, H, [len(table)], len(table), rng=rng)

    def draw(k):
        length = min(T, 2 + 2 * T * k // steps) if growing else T
        return words(table, rng, length, B * T // length)

    train(network, draw, steps)
    return network


def tracked(network, task, T=256, B=256):
    """Whether the network names the machine's state, on words that no training drew: booleans (T, B)."""
    x, states = words(moves(task), np.random.default_rng(2024), T, B)
    return network.scores(x).argmax(axis=2) == states


def reminder(layer, *, seed, H=32, steps=1500, counts=(2, 4, 8, 16), B=64):
    """A network that has learned to recall: each batch holds one of ``counts`` pairs."""
    rng = np.random.default_rng(seed)
    network = Network(layer, H, [KEYS, VALUES + 1], VALUES, rng=rng)
    train(network, lambda _: pairs(rng, rng.choice(counts), B), steps)
    return network


def recalled(network, count, B=256):
    """The share of values that the network says right after ``count`` pairs."""
    x, targets, asked = pairs(np.random.default_rng(2024), count, B)
    return float((network.scores(x).argmax(axis=2) == targets)[asked].mean())
