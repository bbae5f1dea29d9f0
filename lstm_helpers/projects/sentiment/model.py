"""A reader of short messages, in NumPy: hashed embeddings, a bidirectional LSTM, attention and max pooling, one number.

    python -m lstm_helpers.projects.sentiment --resume

trains the three readers that the course stores, on every tweet that ships. ``--own`` trains a smaller one, for the
last question of the exercise, on the student's own LSTM.
"""

import functools
import hashlib
import math
from dataclasses import dataclass
from importlib import resources

import numpy as np

from lstm_helpers import files
from lstm_helpers.data.tweets import tweets
from lstm_helpers.nn import LSTM, Linear, Stack
from lstm_helpers.projects import own_weights
from lstm_helpers.projects.sentiment import text
from lstm_helpers.projects.sentiment.network import Pooling, TokenVectors, soft_loss
from lstm_helpers.projects.sentiment.own_model import STORED
from lstm_helpers.projects.sentiment.split import validation
from lstm_helpers.projects.stored import prepared, write_log, write_weights
from lstm_helpers.training import AdamW, fit, gradients, parameters

SETTINGS = {
    "words": 8192, "pieces": 32768, "E": 32, "H": 48, "dropout": 0.4, "word_dropout": 0.15, "sharp": 2.5,
    "B": 32, "lr": 4e-3, "weight_decay": 0.01, "clip": 1.0, "passes": 7,
}  # fmt: skip
OWN = {**SETTINGS, "words": 4096, "pieces": 16384, "E": 16, "H": 32, "seed": 0}


@dataclass(frozen=True)
class Reading:
    """What a Reader made of a text: its tokens, the logit, the weight of each token in the attention (or None), and
    h (T, D) of every token."""

    tokens: list
    z: float
    weights: np.ndarray
    h: np.ndarray


class Reader:
    """Tokens -> vectors -> LSTM in both directions -> pooling -> a logit z: above 0 the text is taken for positive.

    settings: as SETTINGS. layer: ``nn.LSTM``, or ``yours.LSTM``. ways: as in Pooling. directions: 2, or 1.
    characters=False reads whole words alone. ``rng`` draws the weights, then what is dropped.
    """

    def __init__(self, settings, rng, *, layer=LSTM, ways=("attention", "max"), directions=2, characters=True):
        self.settings, self.rng = settings, rng
        E, H = settings["E"], settings["H"]
        self.vectors = TokenVectors(settings["words"], settings["pieces"] if characters else 0, E, rng=rng)
        self.lstm = Stack(layer, E, H, bidirectional=directions == 2, rng=rng)
        self.pooling = Pooling(directions * H, ways, rng=rng)
        self.readout = Linear(directions * H * len(ways), 1, rng=rng)

    @property
    def layers(self):
        return {"vectors": self.vectors, "lstm": self.lstm, "pooling": self.pooling, "readout": self.readout}

    @property
    def params(self):
        return {name: array for name, array in parameters(**self.layers).items() if array.size}

    def _batch(self, lines):
        return text.batch(lines, self.settings["words"], self.settings["pieces"])

    def read(self, texts, together=128):
        """A Reading of each text, a string or a list of tokens."""
        lines = [text.tokens(line) if isinstance(line, str) else line for line in texts]
        readings = [None] * len(lines)
        order = np.argsort([len(line) for line in lines], kind="stable")
        for rows in np.array_split(order, -(-len(order) // together) or 1):
            if not len(rows):
                continue
            batch = self._batch([lines[k] for k in rows])
            h, _ = self.lstm.forward(self.vectors.forward(batch, train=False), lengths=batch.lengths, train=False)
            z = self.readout.forward(self.pooling.forward(h, batch.mask, train=False), train=False)[:, 0]
            attention = self.pooling.ways.get("attention")
            for b, k in enumerate(rows):
                n = batch.lengths[b]
                weights = attention.weights[:n, b] if attention else None
                readings[k] = Reading(lines[k], float(z[b]), weights, h[:n, b])
        return readings

    def logits(self, texts):
        """(N,): the logit of each text."""
        return np.array([reading.z for reading in self.read(texts)])

    def loss(self, lines, ratings):
        """Forward and backward over lists of tokens with their ratings (B,): the loss, and the gradients."""
        batch, settings = self._batch(lines), self.settings
        x = self.vectors.forward(batch)
        kept = self._kept(x.shape, settings["dropout"]) * (self._kept((*x.shape[:2], 1), settings["word_dropout"]) > 0)
        h, _ = self.lstm.forward(x * kept, lengths=batch.lengths)
        pooled = self.pooling.forward(h, batch.mask)
        seen = self._kept(pooled.shape, settings["dropout"])
        z = self.readout.forward(pooled * seen)
        loss, dz = soft_loss(z[:, 0].astype(np.float64), ratings, settings["sharp"])
        dh = self.pooling.backward(self.readout.backward(dz[:, None]) * seen)
        dx, _ = self.lstm.backward(dh)
        self.vectors.backward(dx * kept)
        found = gradients(**self.layers)
        return loss, {name: found[name] for name in self.params}

    def _kept(self, shape, chance):
        """1 / (1 - chance) where a number stays, 0 where it is dropped."""
        return (self.rng.random(shape, dtype=np.float32) >= chance) * np.float32(1 / (1 - chance))


def train(reader, tweets, *, evaluate=None, checkpoint=None, progress=True):
    """Train a Reader on Tweets by its settings. Returns a History.

    The rate climbs for three tenths of the steps and falls to 0 by a cosine (Smith & Topin 2018). Texts of about the
    same length are read together.
    """
    settings = reader.settings
    lines = [text.tokens(line) for line in tweets.texts]
    lengths = np.array([len(line) for line in lines])
    a_pass = -(-len(lines) // settings["B"])
    steps = settings["passes"] * a_pass
    climb = round(0.3 * steps)

    def batches(rng):
        order = np.argsort(lengths + 4 * rng.random(len(lengths)))
        parts = np.array_split(order, a_pass)
        return [parts[k] for k in rng.permutation(a_pass)]

    def step(rows):
        return reader.loss([lines[k] for k in rows], tweets.ratings[rows])

    def rate(step):
        turn = math.pi * (step / climb if step < climb else 1 + (step - climb) / (steps - climb))
        return settings["lr"] * max((1 - math.cos(turn)) / 2, 0.04 if step < climb else 0)

    optimiser = AdamW(reader.params, settings["lr"], weight_decay=settings["weight_decay"])
    return fit(
        step, batches, optimiser, rng=reader.rng, epochs=settings["passes"], clip=settings["clip"], schedule=rate,
        evaluate=evaluate, checkpoint=checkpoint, progress=progress and steps,
    )  # fmt: skip


# ---- the long training, and what it leaves ---------------------------------------------------------------------------

READERS = 3  # of the stored ensemble


def with_weights(weights):
    """The Reader with these weights, {name: array} as in ``Reader.params``."""
    sizes = {"words": len(weights["vectors.words"]), "pieces": len(weights["vectors.pieces"])}
    sizes |= {"E": weights["vectors.words"].shape[1], "H": len(weights["lstm.l0.W_h"])}
    reader = Reader(SETTINGS | sizes, np.random.default_rng(0))
    for name, array in reader.params.items():
        array[...] = weights[name]
    return reader


@functools.cache
def stored():
    """The three Readers of the long training, which were trained on every tweet that ships.

    Raises FileNotFoundError when nothing is stored yet: run the script.
    """
    path = resources.files("lstm_helpers.data").joinpath("models", f"{STORED}.npz")
    named = own_weights.loaded(path.read_bytes())
    return [
        with_weights({name.partition(" ")[2]: w for name, w in named.items() if name.startswith(f"{k} ")})
        for k in range(READERS)
    ]


def train_ensemble(folder, resume, settings=SETTINGS, progress=True):
    """Train READERS readers on all tweets, one after the other; checkpoints, weights and log lie in ``folder``.

    Returns what is to be written down of it, or None when it was interrupted.
    Raises FileExistsError for checkpoints that are there already, unless ``resume``.
    """
    folder, _ = prepared(folder, STORED, resume)
    weights, rows, held = {}, [], tweets()
    for k in range(READERS):
        reader = Reader(settings, np.random.default_rng([1, k]))
        history = train(reader, held, checkpoint=folder / f"{STORED}.checkpoint{k}.npz", progress=progress)
        if history.ended == "interrupted":
            return None
        weights |= {f"{k} {name}": array for name, array in reader.params.items()}
        per_pass = np.reshape(history.loss, (settings["passes"], -1)).mean(axis=1)
        rows += [f"{k},{n},{loss:.4f}\n" for n, loss in enumerate(per_pass, start=1)]
        seconds = round(history.seconds[-1])
    files.write(folder / f"{STORED}.csv", "".join(["reader,pass,loss\n", *rows]))
    packed = own_weights.saved(weights)
    files.write(folder / f"{STORED}.npz", packed)
    return {"settings": settings, "seconds": seconds, "sha256": hashlib.sha256(packed).hexdigest()}


def train_own(folder, resume, settings=OWN, layer=LSTM, progress=True):
    """Train one reader on the tweets without a ninth of their families, which choose the pass. Returns what came out:
    the share of those that it gets wrong; None when it was interrupted before its first pass was over.

    Raises FileExistsError for a checkpoint that is there already, unless ``resume``.
    """
    folder, checkpoint = prepared(folder, STORED, resume)
    learned, held = validation(tweets())
    reader = Reader(settings, np.random.default_rng(settings["seed"]), layer=layer)

    def wrong():
        return np.mean((reader.logits(held.texts) > 0) != held.positive)

    history = train(reader, learned, evaluate=wrong, checkpoint=checkpoint, progress=progress)
    if not history.validation:
        return None
    write_log(folder / f"{STORED}.csv", history)
    digest = write_weights(folder / f"{STORED}.npz", reader.params)
    return {"validation": round(history.best[1], 4), "ended": history.ended, "sha256": digest}
