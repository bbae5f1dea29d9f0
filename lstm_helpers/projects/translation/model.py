"""A reader of dates in many languages: both directions of an LSTM read a text, an LSTM with attention writes ISO 8601.

    python -m lstm_helpers.projects.translation --own --resume

trains one for the last question of the exercise, on the student's own LSTM. Shapes here: ``T`` characters of a text,
``B`` texts, ``H`` units of each direction, ``V`` characters of an answer; an answer has 10 characters. The English to
French half of the project is ``french.py``.
"""

from importlib.resources import files
from itertools import islice

import numpy as np

from lstm_helpers import nn
from lstm_helpers.data import world_dates
from lstm_helpers.projects.stored import read_weights
from lstm_helpers.projects.translation.own_model import STORED
from lstm_helpers.training import AdamW, cosine, fit, gradients, parameters, warm_up

START = world_dates.TARGET.index(world_dates.START)
SETTINGS = {
    "H": 64, "E": 32, "B": 64, "steps": 2000, "lr": 6e-3, "weight_decay": 1e-3, "dropout": 0.1, "unknown": 0.15,
}  # fmt: skip
OWN = {**SETTINGS, "H": 48, "steps": 1600, "unknown": 0.05}


class DateReader:
    """Characters -> LSTM in both directions -> LSTM that writes, looking back by attention at every step.

    The writer has 2H units and begins with the last states of the two directions, side by side. What it says comes
    from its own state and, with attention, the context: logits = tanh([h, context] W_c + b_c) W_y + b_y (Luong, Pham &
    Manning 2015, equations 5, 6 and 8). attention=False is the same without looking back.
    layer: the recurrent layer of all three, ``yours.LSTM`` too. dropout: the share of an embedding, and of tanh(...),
    that training does without; unknown: the share of characters that it reads as unknown ones. ``rng`` draws both.
    """

    def __init__(self, H, E, *, rng, layer=nn.LSTM, attention=True, dropout=0.0, unknown=0.0):
        self.H, self.attention, self.dropout, self.unknown, self.rng = H, attention, dropout, unknown, rng
        V = len(world_dates.TARGET)
        self.parts = {
            "read": nn.Embedding(len(world_dates.alphabet()), E, rng=rng),
            "encoder": nn.Stack(layer, E, H, bidirectional=True, rng=rng, forget_bias=1.0),
            "written": nn.Embedding(V, E, rng=rng),
            "decoder": layer(E, 2 * H, rng=rng, forget_bias=1.0),
            "combine": nn.Linear(4 * H if attention else 2 * H, 2 * H, rng=rng),
            "readout": nn.Linear(2 * H, V, rng=rng),
        }
        if attention:
            self.parts["attention"] = nn.GeneralAttention(2 * H, 2 * H, rng=rng)

    @property
    def params(self):
        return parameters(**self.parts)

    def encode(self, source, lengths, train=False):
        """The states of both directions (T, B, 2H), and the writer's first state, two arrays (B, 2H)."""
        read = self.parts["read"].forward(source, train=train)
        if train:
            self._kept_read = self._kept(read.shape)
            read = read * self._kept_read
        keys, last = self.parts["encoder"].forward(read, None, lengths, train=train)
        return keys, tuple(np.concatenate(list(part), axis=1) for part in last)

    def decode(self, given, state, keys, lengths, train=False):
        """Logits (N, B, V) after each of the characters ``given (N, B)``, the state after them, and the weights
        (N, B, T), or None."""
        p, weights = self.parts, None
        h, state = p["decoder"].forward(p["written"].forward(given, train=train), state, train=train)
        if self.attention:
            context, weights = p["attention"].forward(h, keys, lengths, train=train)
            h = np.concatenate([h, context], axis=2)
        out = np.tanh(p["combine"].forward(h, train=train))
        if train:
            self._out, self._kept_out = out, self._kept(out.shape)
            out = out * self._kept_out
        return p["readout"].forward(out, train=train), state, weights

    def learn(self, batch):
        """Loss and gradients of one batch (source, lengths, target), teacher forced."""
        source, lengths, target = batch
        p, H = self.parts, self.H
        source = np.where(self.rng.random(source.shape) < self.unknown, world_dates.UNKNOWN, source)
        keys, state = self.encode(source, lengths, train=True)
        given = np.concatenate([np.full((1, target.shape[1]), START), target[:-1]])
        logits, _, _ = self.decode(given, state, keys, lengths, train=True)
        loss, dlogits = nn.softmax_cross_entropy(logits, target)
        dout = p["readout"].backward(dlogits) * self._kept_out
        dh, dkeys = p["combine"].backward(dout * (1 - self._out**2)), np.zeros_like(keys)
        if self.attention:
            dquery, dkeys = p["attention"].backward(dh[..., 2 * H :])
            dh = dh[..., : 2 * H] + dquery
        dwritten, dstate = p["decoder"].backward(dh)
        p["written"].backward(dwritten)
        dread, _ = p["encoder"].backward(dkeys, tuple(np.stack([d[:, :H], d[:, H:]]) for d in dstate))
        p["read"].backward(dread * self._kept_read)
        return loss, gradients(**p)

    def greedy(self, source, lengths):
        """The likeliest character at each of the 10 steps, its own choice read at the next.

        Returns ids (10, B), the probability of each (10, B), and the weights (10, B, T), or None.
        """
        keys, state = self.encode(source, lengths)
        last, ids, sure, looked = np.full((1, source.shape[1]), START), [], [], []
        for _ in range(10):
            logits, state, weights = self.decode(last, state, keys, lengths)
            p = np.exp(logits[0] - logits[0].max(axis=1, keepdims=True))
            last = logits.argmax(axis=2)
            ids.append(last[0])
            sure.append(p.max(axis=1) / p.sum(axis=1))
            looked.append(weights)
        return np.array(ids), np.array(sure), np.concatenate(looked) if self.attention else None

    def _kept(self, shape):
        """1 / (1 - dropout) where a number stays, 0 where it is dropped."""
        return (self.rng.random(shape, dtype=np.float32) >= self.dropout) * np.float32(1 / (1 - self.dropout))


def batches(rng, B, codes=None, at_once=16):
    """Batches of fresh dates without end, each of texts of about the same length."""
    while True:
        texts, answers, _ = world_dates.draw(rng, at_once * B, codes)
        order = np.argsort([len(text) for text in texts], kind="stable")
        for k in rng.permutation(at_once):
            some = order[k * B : (k + 1) * B]
            source, lengths = world_dates.numbered([texts[i] for i in some])
            yield source, lengths, world_dates.answers_as_ids([answers[i] for i in some])


def read(model, texts, at_once=500):
    """What a model makes of texts: a list of dates in ISO 8601, and how sure it is of each, (N,).

    Sure: the product of the probabilities of the 10 characters.
    """
    texts = list(texts)
    order = np.argsort([len(text) for text in texts], kind="stable")
    said, sure = [""] * len(texts), np.zeros(len(texts))
    for some in np.array_split(order, -(-len(texts) // at_once)):
        ids, p, _ = model.greedy(*world_dates.numbered([texts[i] for i in some]))
        sure[some] = p.prod(axis=0)
        for i, answer in zip(some, world_dates.spelled(ids), strict=True):
            said[i] = answer
    return said, sure


def exact(model, texts, answers):
    """Whether each text is read exactly: booleans (N,)."""
    return np.array([said == answer for said, answer in zip(read(model, texts)[0], answers, strict=True)])


def train_dates(
    settings, seed, *, attention=True, layer=nn.LSTM, codes=None, every=200, checkpoint=None, progress=False
):  # fmt: skip
    """Train a DateReader on dates of the training part. Returns the model and the History.

    Every ``every`` steps the share of errors on 1,000 dates of the validation part is taken, and the best is kept.
    """
    rng = np.random.default_rng(seed)
    model = DateReader(
        settings["H"], settings["E"], rng=rng, layer=layer, attention=attention, dropout=settings["dropout"],
        unknown=settings["unknown"],
    )  # fmt: skip
    texts, answers, _ = world_dates.draw(np.random.default_rng(15), 1000, codes, of="validation")
    steps, lr = settings["steps"], settings["lr"]
    history = fit(
        model.learn, lambda rng: islice(batches(rng, settings["B"], codes), steps),
        AdamW(model.params, lr, weight_decay=settings["weight_decay"]), rng=rng, steps=steps, every=every, clip=1.0,
        schedule=warm_up(cosine(lr, steps), 100), evaluate=lambda: 1 - exact(model, texts, answers).mean(),
        checkpoint=checkpoint, progress=progress,
    )  # fmt: skip
    return model, history


def with_weights(weights):
    """The reader with these weights, {name: array}, such as those of ``params``."""
    E, H = weights["encoder.l0.W_x"].shape[0], len(weights["encoder.l0.W_h"])
    reader = DateReader(H, E, rng=np.random.default_rng(0), attention="attention.W" in weights)
    for name, array in reader.params.items():
        array[...] = weights[name]
    return reader


def stored_reader():
    """The reader that the course trained (``runs``): attention, the first seed."""
    return with_weights(read_weights(files("lstm_helpers.data").joinpath("models", f"{STORED}.npz")))
