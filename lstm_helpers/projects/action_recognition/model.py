"""Hand signs by a bidirectional LSTM on the track of the hand, in NumPy.

    python -m lstm_helpers.projects.action_recognition --resume

trains the one that is stored. Networks that read pixels are in ``networks``.
"""

from importlib import resources

import numpy as np

from lstm_helpers.data import clips
from lstm_helpers.nn import LSTM, Linear, Stack
from lstm_helpers.nn.base import Layer
from lstm_helpers.projects import own_weights
from lstm_helpers.projects.action_recognition.answers import attention_pool, attention_pool_backward, track_features
from lstm_helpers.projects.stored import prepared, read_weights, write_log, write_weights
from lstm_helpers.training import AdamW, cosine, fit, gradients, parameters, warm_up

STORED = "sign_reader"  # the name of the stored files
SETTINGS = {
    "H": 64, "dropout": 0.4, "epochs": 200, "B": 48, "lr": 1e-2, "weight_decay": 0.01, "clip": 1.0, "smoothing": 0.05,
    "augment": True,
}  # fmt: skip
SCALE = np.tile(np.float32([3, 3, 15, 15]), 2)  # places and steps, as spread as each other
D, K = len(SCALE), len(clips.SIGNS)


class AttentionPool(Layer):
    """h (T, B, K) -> its mean over time, weighted by the softmax of h w: (B, K). params: w (K,)."""

    def __init__(self, size, *, rng, dtype=np.float32):
        super().__init__({"w": rng.uniform(-1, 1, size) / size**0.5}, dtype)

    def forward(self, h, *, train=True):
        pooled, self.weights = attention_pool(h, self.params["w"])
        self._cache = h if train else None
        return pooled

    def backward(self, dpooled):
        dh, dw = attention_pool_backward(dpooled, self._forward_cache(), self.params["w"], self.weights)
        self._set_grads({"w": dw}, accumulate=False)
        return dh


class SignReader:
    """Place and step of a hand -> an LSTM in both directions -> attention over time -> a score for each sign.

    layer: ``nn.LSTM``, ``yours.LSTM`` or another recurrent layer. dropout: the share of the pooled state that the
    readout does not see in training. smoothing: the probability that the target gives to all signs alike (Szegedy et
    al. 2016). steps: whether it is told the steps of the hand, too. ``rng`` draws the weights, then what is dropped.
    """

    def __init__(self, H, rng, *, layer=LSTM, bidirectional=True, dropout=0.0, smoothing=0.0, steps=True):
        self.lstm = Stack(layer, D, H, bidirectional=bidirectional, rng=rng)
        self.pool = AttentionPool(self.lstm.directions * H, rng=rng)
        self.readout = Linear(self.lstm.directions * H, K, rng=rng)
        self.rng, self.dropout, self.smoothing = rng, dropout, smoothing
        self.scale = SCALE * np.tile(np.float32([1, 1, steps, steps]), 2)

    @property
    def params(self):
        return parameters(lstm=self.lstm, pool=self.pool, readout=self.readout)

    def scores(self, tracks):
        """The scores (B, 15) of tracks (T, B, 2). What attention looked at is in ``pool.weights``."""
        h, _ = self.lstm.forward(inputs(tracks, self.scale), train=False)
        return self.readout.forward(self.pool.forward(h, train=False), train=False)

    def loss(self, tracks, sign):
        """Forward and backward over a batch: the loss in nats, and the gradients."""
        h, _ = self.lstm.forward(inputs(tracks, self.scale))
        pooled = self.pool.forward(h)
        kept = (self.rng.random(pooled.shape, np.float32) >= self.dropout) / np.float32(1 - self.dropout)
        scores = self.readout.forward(pooled * kept)
        log_p = scores - scores.max(axis=1, keepdims=True)
        log_p -= np.log(np.exp(log_p).sum(axis=1, keepdims=True))
        target = np.full_like(log_p, self.smoothing / K)
        target[np.arange(len(sign)), sign] += 1 - self.smoothing
        dpooled = self.readout.backward((np.exp(log_p) - target) / len(sign)) * kept
        self.lstm.backward(self.pool.backward(dpooled), input_gradient=False)
        loss = -(target * log_p).sum() / len(sign)
        return loss, gradients(lstm=self.lstm, pool=self.pool, readout=self.readout)


def inputs(tracks, scale=SCALE):
    """What the LSTM reads: places around the middle of the picture, and steps, scaled: (22, B, 8) of (45, B, 2)."""
    return track_features(np.asarray(tracks, np.float32) - np.float32(0.5)) * scale


def cross_entropy(scores, sign):
    """The mean of -log softmax(scores)[sign], in nats: scores (B, 15), sign (B,)."""
    shifted = scores - scores.max(axis=1, keepdims=True)
    return float(np.mean(np.log(np.exp(shifted).sum(axis=1)) - shifted[np.arange(len(sign)), sign]))


def augment(tracks, rng):
    """The tracks (T, B, 2) as another video might have shown them: turned, stretched, moved, faster here and slower
    there, a little unsteady."""
    T, B, _ = tracks.shape
    angle, stretch = np.deg2rad(12) * rng.standard_normal(B), np.exp(0.12 * rng.standard_normal((B, 2)))
    turn = np.stack([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]]).transpose(2, 0, 1)
    centre = tracks.mean(axis=0)
    moved = np.einsum("tbi,bij->tbj", (tracks - centre) * stretch, turn)
    moved += centre + 0.05 * rng.standard_normal((B, 2))
    even = np.linspace(0, 1, T)[:, None]
    bends = sum(rng.uniform(-0.12, 0.12, B) / k * np.sin(np.pi * k * even) for k in (1, 2, 3))
    start, end = rng.uniform(0, 0.06, (2, B))
    when = np.maximum.accumulate(np.clip(start + (even + bends) * (1 - start - end), 0, 1), axis=0) * (T - 1)
    before = np.minimum(when.astype(int), T - 2)
    share, clip = (when - before)[..., None], np.arange(B)
    warped = moved[before, clip] * (1 - share) + moved[before + 1, clip] * share
    return (warped + 0.004 * rng.standard_normal(tracks.shape)).astype(np.float32)


def train_signs(tracks, sign, settings, seed, *, layer=LSTM, held=None, checkpoint=None, progress=False, **net):
    """A SignReader trained on tracks (T, B, 2) and their signs (B,), and its History.

    held: (tracks, sign) of a validation part, looked at every ten passes: the weights end as they were when its signs
    were likeliest; without it, as they are after the last pass. net: options of the SignReader.
    """
    rng = np.random.default_rng(seed)
    kinds = {name: settings[name] for name in ("dropout", "smoothing")}
    reader = SignReader(settings["H"], rng, layer=layer, **kinds, **net)
    optimiser = AdamW(reader.params, settings["lr"], weight_decay=settings["weight_decay"])
    a_pass = -(-len(sign) // settings["B"])
    steps = settings["epochs"] * a_pass

    def batches(rng):
        order = rng.permutation(len(sign))
        shown = augment(tracks[:, order], rng) if settings["augment"] else tracks[:, order]
        for k in range(0, len(sign), settings["B"]):
            yield shown[:, k : k + settings["B"]], sign[order[k : k + settings["B"]]]

    history = fit(
        lambda batch: reader.loss(*batch), batches, optimiser, rng=rng, epochs=settings["epochs"],
        clip=settings["clip"], schedule=warm_up(cosine(settings["lr"], steps), steps // 4), checkpoint=checkpoint,
        evaluate=(lambda: cross_entropy(reader.scores(held[0]), held[1])) if held else None, every=10 * a_pass,
        progress=progress and steps,
    )  # fmt: skip
    return reader, history


def accuracy(reader, tracks, sign):
    return float(np.mean(reader.scores(tracks).argmax(axis=1) == sign))


def parts():
    """((tracks, sign) of the training part, (tracks, sign) of the validation part) for the model that is stored.

    Copies of a clip are in the same part.
    """
    tracks, sign = clips.hand_signs()
    held = clips.folds(clips.groups(tracks), sign, 8, seed=1509) == 0
    return tuple((tracks[:, rows], sign[rows]) for rows in (~held, held))


def stored():
    """(SignReader, log) of the model that ships: weights in 16 bits, and a row for each look at the validation part."""
    folder = resources.files("lstm_helpers.data").joinpath("models")
    rows = own_weights.log(folder.joinpath(f"{STORED}.csv"))
    reader = with_weights(read_weights(folder.joinpath(f"{STORED}.npz")))
    return reader, [{name: float(value) for name, value in row.items()} for row in rows]


def with_weights(weights):
    """The SignReader with these weights, {name: array}."""
    reader = SignReader(len(weights["lstm.l0.W_h"]), np.random.default_rng(0))
    for name, array in reader.params.items():
        array[...] = weights[name]
    return reader


def train(folder, resume, settings=SETTINGS, *, seed, layer=LSTM, progress=True):
    """Train on the training part by ``settings``; checkpoint and result lie in ``folder``. Returns the result.

    layer: as in SignReader. Stopped before the first look at the validation part, there is no result yet: None.
    Raises FileExistsError for a checkpoint that is there already, unless ``resume``.
    """
    folder, checkpoint = prepared(folder, STORED, resume)
    (tracks, sign), (held, right) = parts()
    if progress:
        print(f"{settings['epochs']} passes over {len(sign)} clips. Ctrl-C stops and saves.")
        print("validation: nats per clip of the validation part, every 10 passes.", flush=True)
    reader, history = train_signs(
        tracks, sign, settings, seed, layer=layer, held=(held, right), checkpoint=checkpoint, progress=progress
    )
    if not history.validation:
        return None
    write_log(folder / f"{STORED}.csv", history)
    return {
        "settings": settings | {"seed": seed},
        "ended": history.ended,
        "validation nats": round(history.best[1], 4),
        "validation signs right": f"{round(accuracy(reader, held, right) * len(right))} of {len(right)}",
        "seconds": round(history.seconds[-1]),
        "sha256": write_weights(folder / f"{STORED}.npz", reader.params),
    }
