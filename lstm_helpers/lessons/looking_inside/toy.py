"""The toy page of lesson 11: text of which it is known, at every symbol, what a reader has to remember.

Three letters at random, one bracket at a time, round or square, and a line end after exactly LINE symbols. What comes
next depends on two facts alone: how far the line is, and which bracket is open. A network that predicts as well as can
be must keep both, and nothing else.
"""

from importlib import resources

import numpy as np

from lstm_helpers import nn
from lstm_helpers.training import Adam, cosine, fit, gradients, parameters

SYMBOLS = "abc()[]\n"
LINE = 10  # symbols before a line end
CHANGE = 0.15  # the chance that a bracket opens, or that the open one closes
NONE, ROUND, SQUARE = range(3)
WEIGHTS = resources.files("lstm_helpers.data").joinpath("models", "toy_page.npz")
SETTINGS = {"H": 16, "steps": 2400, "T": 50, "B": 32, "pages": 2000, "lr": 0.01, "seed": 13}


def pages(rng, T, B):
    """B pages of T symbols. Returns ids, place, bracket and chance, each (T, B): the symbol's number, how many symbols
    of the line have been read with it, the bracket that is open after it, and how likely it was."""
    ids, place, bracket = (np.zeros((T, B), int) for _ in range(3))
    chance, at, held = np.empty((T, B)), np.zeros(B, int), np.zeros(B, int)
    for t in range(T):
        ends = at == LINE
        changes = ~ends & (rng.random(B) < CHANGE)
        kind = rng.integers(ROUND, SQUARE + 1, B)  # of a bracket that opens
        opens, closes = changes & (held == NONE), changes & (held != NONE)
        ids[t] = rng.integers(3, size=B)
        ids[t, opens], ids[t, closes] = 1 + 2 * kind[opens], 2 + 2 * held[closes]
        ids[t, ends] = SYMBOLS.index("\n")
        chance[t] = np.select([ends, opens, closes], [1, CHANGE / 2, CHANGE], (1 - CHANGE) / 3)
        held = np.where(opens, kind, np.where(closes, NONE, held))
        at = np.where(ends, 0, at + 1)
        place[t], bracket[t] = at, held
    return ids, place, bracket, chance


def text(ids):
    """The symbols (T,) as text, line ends drawn as ¶."""
    return "".join(SYMBOLS[k] for k in ids).replace("\n", "¶")


class Reader:
    """One-hot symbols, an LSTM, a readout: what comes next on a toy page. layer: whose LSTM, ``yours.LSTM`` too."""

    def __init__(self, H=SETTINGS["H"], *, rng, layer=nn.LSTM):
        V = len(SYMBOLS)
        self.lstm, self.readout = layer(V, H, rng=rng, forget_bias=1.0), nn.Linear(H, V, rng=rng)
        self.one_hot = np.eye(V, dtype=np.float32)

    @property
    def params(self):
        return parameters(lstm=self.lstm, readout=self.readout)

    def learn(self, ids):
        """Loss and gradients of one batch of pages (T + 1, B)."""
        h, _ = self.lstm.forward(self.one_hot[ids[:-1]])
        loss, dscores = nn.softmax_cross_entropy(self.readout.forward(h), ids[1:])
        self.lstm.backward(self.readout.backward(dscores), input_gradient=False)
        return loss, gradients(lstm=self.lstm, readout=self.readout)


def trained(seed=SETTINGS["seed"], steps=SETTINGS["steps"]):
    """Train a reader of toy pages on one core, about a minute: the Reader."""
    rng, s = np.random.default_rng(seed), SETTINGS
    model = Reader(s["H"], rng=rng)
    library = pages(rng, s["T"] + 1, s["pages"])[0]

    def batches(rng):
        for _ in range(steps):
            yield library[:, rng.integers(s["pages"], size=s["B"])]

    fit(
        model.learn, batches, Adam(model.params, s["lr"]), rng=rng, steps=steps, clip=1.0,
        schedule=cosine(s["lr"], steps), progress=False,
    )  # fmt: skip
    return model


def stored(layer=nn.LSTM):
    """The trained Reader that the course stores. layer: whose LSTM reads with its weights."""
    with WEIGHTS.open("rb") as file, np.load(file) as held:
        weights = {name: held[name] for name in held.files}
    model = Reader(len(weights["lstm.W_h"]), rng=np.random.default_rng(0), layer=layer)
    for name, array in model.params.items():
        array[...] = weights[name]
    return model
