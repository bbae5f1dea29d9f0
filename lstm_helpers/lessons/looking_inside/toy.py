"""The toy page of lesson 11: text of which it is known, at every symbol, what a reader has to remember.

Three letters at random, one bracket at a time, round or square, and a line end after exactly LINE symbols. What comes
next depends on two facts alone: how far the line is, and which bracket is open. A network that predicts as well as can
be must keep both, and nothing else.
"""

import numpy as np

from lstm_helpers import nn
from lstm_helpers.lessons.looking_inside import readers
from lstm_helpers.training import Adam, cosine, fit

SYMBOLS = "abc()[]\n"
LINE = 10  # symbols before a line end
CHANGE = 0.15  # the chance that a bracket opens, or that the open one closes
NONE, ROUND, SQUARE = range(3)
BRACKETS = {"round": ROUND, "square": SQUARE}
WEIGHTS = readers.MODELS.joinpath("toy_page.npz")
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


def as_text(ids):
    """The symbols (T,) as text, line ends drawn as ¶."""
    return "".join(SYMBOLS[k] for k in ids).replace("\n", "¶")


def trained(seed=SETTINGS["seed"], steps=SETTINGS["steps"]):
    """Train a reader of toy pages on one core, about a minute: the Reader."""
    rng, s = np.random.default_rng(seed), SETTINGS
    model = readers.Reader(len(SYMBOLS), s["H"], rng=rng)
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
    return readers.stored(WEIGHTS, layer)
