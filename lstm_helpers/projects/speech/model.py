"""Connected digits by CTC: a bidirectional LSTM reads 25 ms at a time and says a digit or nothing (blank).

    python -m lstm_helpers.projects.speech --resume

trains the stored model and ``--own`` a student's; ``__main__`` has the other words. All of it is NumPy: ``layer=``
decides whose LSTM trains, ``nn.LSTM`` or ``yours.LSTM``.
"""

import sys
from importlib import resources

import numpy as np

from lstm_helpers.data import sound, spoken_digits
from lstm_helpers.nn import LSTM, Linear, Stack
from lstm_helpers.projects import own_weights
from lstm_helpers.projects import stored as storing
from lstm_helpers.projects.speech import answers
from lstm_helpers.projects.speech.own_model import STORED
from lstm_helpers.training import AdamW, fit, gradients, parameters
from lstm_helpers.training import checkpoint as checkpoints

BLANK, OUTPUTS, INPUTS = 0, 11, 26  # digit d is output d + 1; 13 coefficients and how they change
PARTS = {"training": 190, "validation": 40, "test": 40}  # recordings of each digit
SPLIT = 2026
VALIDATION, TEST = 7, 77  # who arranges the strings of the two parts
LOOK = 10  # passes over the recordings between two looks at the validation strings
SETTINGS = {
    "H": 64, "layers": 2, "dropout": 0.3, "bidirectional": True, "B": 16, "lr": 6e-3, "weight_decay": 1e-3, "clip": 1.0,
    "passes": 30, "seed": 0, "tempo": True, "noise": True, "throat": True, "masks": True,
}  # fmt: skip
SMALL = {**SETTINGS, "layers": 1, "passes": 20}  # for a table of many runs
OWN = {**SETTINGS, "H": 56, "seed": 1997}  # another seed: the same one would train the stored model again


def split(digits, seed=SPLIT):
    """{"training", "validation", "test"}: numbers of recordings, so many of each digit as PARTS says.

    Strings are made of the recordings of one part only: cut first, put together after.
    """
    rng = np.random.default_rng(seed)
    cuts = np.cumsum(list(PARTS.values()))[:-1]
    of_each = [np.split(rng.permutation(np.flatnonzero(digits == d)), cuts) for d in range(10)]
    return {name: np.concatenate(parts) for name, parts in zip(PARTS, zip(*of_each, strict=True), strict=True)}


def arranged(chosen, rng, low=2, high=5):
    """The recordings ``chosen``, each once, in random strings of ``low`` to ``high`` of them: a list of arrays."""
    order, strings, k = rng.permutation(chosen), [], 0
    while k < len(order):
        many = int(rng.integers(low, high + 1))
        strings.append(order[k : k + many])
        k += many
    return strings


class Speech:
    """Recordings, their digits, and how the frames are scaled: by mean and deviation of ``learned`` recordings."""

    def __init__(self, recordings, digits, learned):
        frames = np.concatenate([recordings[k] for k in learned])
        self.recordings, self.digits = recordings, digits
        self.mean, self.deviation = frames.mean(axis=0), frames.std(axis=0)

    def string(self, chosen, change=None):
        """(frames (T, 13) one recording after the other, their digits). change: what augments each recording."""
        parts = [self.recordings[k] for k in chosen]
        return np.concatenate(parts if change is None else [change(x) for x in parts]), self.digits[chosen]

    def inputs(self, frames):
        return inputs(frames, self.mean, self.deviation)


def inputs(frames, mean, deviation):
    """frames (T, 13) as the network reads them: scaled, and beside each its change over two frames: (T, 26)."""
    x = ((frames - mean) / deviation).astype(np.float32)
    change = np.zeros_like(x)
    change[1:-1] = (x[2:] - x[:-2]) / 2
    return np.concatenate([x, change], axis=1)


def throats(ratios):
    """For each ratio a matrix (13, 13): x @ matrix is about what a throat so many times as short would have said.

    The coefficients become a smooth spectrum, its frequencies are stretched, and the spectrum becomes coefficients.
    Source: Jaitly & Hinton 2013, "Vocal tract length perturbation".
    """
    middles = np.linspace(0, float(sound.mel(sound.RATE / 2)), sound.BANDS + 2)[1:-1]
    hertz, waves = 700 * (10 ** (middles / 2595) - 1), sound.cosines()
    bands = np.arange(sound.BANDS)
    matrices = []
    for ratio in ratios:
        at = np.interp(sound.mel(hertz / ratio), middles, bands)
        low = np.minimum(at.astype(int), sound.BANDS - 2)
        moved = waves[low] * (1 - (at - low))[:, None] + waves[low + 1] * (at - low)[:, None]
        matrices.append(moved.T @ waves)
    return np.array(matrices, np.float32)


THROATS = throats(np.exp(np.linspace(-0.17, 0.17, 35)))


class Change:
    """What a training recording goes through, anew in each pass: other tempo, throat, level, microphone and noise."""

    def __init__(self, speech, rng, settings):
        self.speech, self.rng, self.settings, self.one_throat = speech, rng, settings, None

    def new_string(self):
        """One throat and one microphone for all recordings of a string half of the time."""
        rng = self.rng
        self.one_throat = int(rng.integers(len(THROATS))) if rng.random() < 0.5 else None

    def __call__(self, x):
        rng, use, deviation = self.rng, self.settings, self.speech.deviation
        if use["tempo"] and rng.random() < 0.8:
            x = at_tempo(x, max(4, round(len(x) * rng.uniform(0.75, 1.3))))
        if use["throat"]:
            x = x @ THROATS[rng.integers(len(THROATS)) if self.one_throat is None else self.one_throat]
        if use["noise"]:
            offset = 0.2 * rng.standard_normal(13)
            offset[0] += 0.4 * rng.standard_normal()
            x = x * (1 + 0.05 * rng.standard_normal(13)) + deviation * offset
            x = x + 0.1 * deviation * rng.standard_normal(x.shape)
        return x.astype(np.float32)

    def masked(self, x):
        """x (T, 26) with a few frames, or a band of coefficients and its changes, set to 0 (Park et al. 2019)."""
        rng = self.rng
        if self.settings["masks"]:
            if rng.random() < 0.5 and len(x) > 12:
                at = int(rng.integers(len(x) - 4))
                x[at : at + int(rng.integers(1, 4))] = 0
            if rng.random() < 0.3:
                at = int(rng.integers(1, 12))
                x[:, [at, at + 1, at + 13, at + 14]] = 0
        return x


def at_tempo(x, length):
    """x (T, D) stretched or squeezed to ``length`` frames, in straight lines between its frames."""
    at = np.linspace(0, len(x) - 1, length)
    low = np.minimum(at.astype(int), len(x) - 2)
    return x[low] + (x[low + 1] - x[low]) * (at - low)[:, None]


def padded(strings):
    """(x (T, B, D), lengths (B,), labels): the strings side by side, 0 beyond the end of each."""
    lengths = np.array([len(x) for x, _ in strings])
    x = np.zeros((lengths.max(), len(strings), strings[0][0].shape[1]), np.float32)
    for column, (frames, _) in enumerate(strings):
        x[: len(frames), column] = frames
    return x, lengths, [np.asarray(digits, int) + 1 for _, digits in strings]


def side_by_side(strings, B, rng=None):
    """Batches of at most B strings of about the same length; with ``rng`` in a random order."""
    order = np.argsort([len(x) for x, _ in strings], kind="stable")
    groups = [order[k : k + B] for k in range(0, len(order), B)]
    for number in range(len(groups)) if rng is None else rng.permutation(len(groups)):
        yield padded([strings[k] for k in groups[number]])


def log_softmax(scores):
    """log p from scores, over the last axis, safe for large ones."""
    shifted = scores - scores.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


def _turned(x, lengths):
    """x (T, B, ...) with each column backwards within its own length."""
    t = np.arange(len(x))[:, None]
    return x[np.where(t < lengths, lengths - 1 - t, t), np.arange(len(lengths))]


def ways(emitted, skip):
    """log of the summed probability of all ways to each place: (T, B, S), from the emissions (T, B, S)."""
    T, B, S = emitted.shape
    ways = np.full((T, B, S), -np.inf)
    ways[0, :, :2] = emitted[0, :, :2]
    before = np.full((B, S + 2), -np.inf)
    for t in range(1, T):
        before[:, 2:] = ways[t - 1]
        jump = np.where(skip, before[:, :-2], -np.inf)
        ways[t] = np.logaddexp(np.logaddexp(before[:, 2:], before[:, 1:-1]), jump) + emitted[t]
    return ways


def ctc(scores, lengths, labels):
    """The mean CTC loss of a batch per string, and its gradient for the scores (T, B, V).

    scores (T, B, V); lengths (B,) frames of each string; labels: for each string its outputs, none of them BLANK.
    A string with fewer frames than its labels need costs infinity: it is left out of loss and gradient.
    Source: Graves, Fernandez, Gomez & Schmidhuber 2006, "Connectionist temporal classification", equations 6 to 16.
    """
    T, B, V = scores.shape
    log_p = log_softmax(scores.astype(np.float64))
    many = np.array([len(said) for said in labels])
    S = 2 * many.max() + 1
    places = np.zeros((2, B, S), int)  # blank, label, blank, ..., blank; forwards and backwards
    for column, said in enumerate(labels):
        places[0, column, 1 : 2 * len(said) : 2] = said
        places[1, column, 1 : 2 * len(said) : 2] = said[::-1]
    skip = np.zeros((2, B, S), bool)  # a blank between two different labels may be left out
    skip[:, :, 2:] = (places[:, :, 2:] != BLANK) & (places[:, :, 2:] != places[:, :, :-2])
    emitted = np.take_along_axis(log_p, np.broadcast_to(places[0], (T, B, S)), axis=2)
    backwards = np.take_along_axis(_turned(log_p, lengths), np.broadcast_to(places[1], (T, B, S)), axis=2)
    alpha, beta = ways(emitted, skip[0]), _turned(ways(backwards, skip[1]), lengths)
    for column, k in enumerate(2 * many + 1):
        beta[:, column, :k] = beta[:, column, k - 1 :: -1] if k < S else beta[:, column, ::-1]
        beta[:, column, k:] = -np.inf
    columns = np.arange(B)
    last = alpha[lengths - 1, columns]
    total = np.logaddexp(last[columns, 2 * many], last[columns, 2 * many - 1])
    fits = np.isfinite(total)
    with np.errstate(invalid="ignore"):
        shares = np.exp(alpha + beta - emitted - np.where(fits, total, 0)[:, None])
    gradient = np.exp(log_p)
    for column in columns:
        np.add.at(gradient[:, column].T, places[0, column], -np.nan_to_num(shares[:, column]).T)
    gradient *= fits[:, None] & (np.arange(T)[:, None] < lengths)[:, :, None]
    return -total[fits].mean(), (gradient / max(fits.sum(), 1)).astype(scores.dtype)


class Recogniser:
    """Frames -> recurrent layers in both directions -> dropout -> readout: scores of blank and ten digits per frame."""

    def __init__(self, settings, rng, *, layer=LSTM, mean=0.0, deviation=1.0):
        H, both = settings["H"], settings["bidirectional"]
        self.stack = Stack(
            layer, INPUTS, H, layers=settings["layers"], bidirectional=both, dropout=settings["dropout"], rng=rng
        )
        self.readout = Linear((1 + both) * H, OUTPUTS, rng=rng)
        self.dropout, self.rng, self.mean, self.deviation = settings["dropout"], rng, mean, deviation

    @property
    def params(self):
        return parameters(stack=self.stack, readout=self.readout)

    def scores(self, x, lengths=None):
        """x (T, B, 26) -> (T, B, 11)."""
        return self.readout.forward(self.stack.forward(x, lengths=lengths, train=False)[0], train=False)

    def learn(self, x, lengths, labels):
        """The loss of a batch and the gradients of all parameters."""
        h, _ = self.stack.forward(x, lengths=lengths)
        kept = (self.rng.random(h.shape, dtype=np.float32) >= self.dropout) / np.float32(1 - self.dropout)
        loss, dscores = ctc(self.readout.forward(h * kept), lengths, labels)
        self.stack.backward(self.readout.backward(dscores) * kept, input_gradient=False)
        return loss, gradients(stack=self.stack, readout=self.readout)

    def log_p(self, strings, B=64):
        """For each of the strings [(x (T, 26), digits)] the log-probabilities (T, 11), in their order."""
        order, said = np.argsort([len(x) for x, _ in strings], kind="stable"), [None] * len(strings)
        for k in range(0, len(order), B):
            x, lengths, _ = padded([strings[j] for j in order[k : k + B]])
            scores = self.scores(x, lengths)
            for column, j in enumerate(order[k : k + B]):
                said[j] = log_softmax(scores[: lengths[column], column].astype(np.float64))
        return said


def greedy(log_p):
    """The digits of the likeliest output per frame, log_p (T, 11)."""
    return answers.greedy(log_p) - 1


def beams(log_p, K):
    """The digits that a search with K beams finds, log_p (T, 11)."""
    return answers.prefix_beam(log_p, K)[0] - 1


def word_error_rate(said, meant):
    """Edits per word that was meant, over all strings together."""
    return float(sum(map(answers.word_edits, said, meant)) / sum(map(len, meant)))


def fixed(speech, chosen, seed, times=3):
    """``times`` arrangements of the recordings as network inputs: [(x (T, 26), digits)]."""
    made = []
    for k in range(times):
        for string in arranged(chosen, np.random.default_rng([seed, k])):
            frames, digits = speech.string(string)
            made.append((speech.inputs(frames), digits))
    return made


def tested(model, strings):
    """The word error rate of greedy decoding on fixed strings."""
    return word_error_rate([greedy(log_p) for log_p in model.log_p(strings)], [digits for _, digits in strings])


def one_cycle(lr, steps, rise=0.3):
    """step -> learning rate: up from lr / 25 on a cosine, then down to 0 (Smith 2018, "super-convergence")."""
    top = max(1, int(rise * steps))

    def rate(step):
        if step < top:
            return lr * (0.04 + 0.96 * (1 - np.cos(np.pi * step / top)) / 2)
        return lr * (1 + np.cos(np.pi * min(1.0, (step - top) / max(1, steps - top)))) / 2

    return rate


def trained(settings, learned, *, evaluate=None, layer=LSTM, checkpoint=None, progress=False, data=None):
    """(model, Speech, History) of a training on the recordings ``learned`` by ``settings``.

    evaluate(model, speech) -> a number, lower is better, after every fifth pass. data: (recordings, digits), the
    course's own by default. checkpoint, progress: as in ``fit``.
    """
    recordings, digits = spoken_digits() if data is None else data
    rng = np.random.default_rng(settings["seed"])
    speech = Speech(recordings, digits, learned)
    model = Recogniser(settings, rng, layer=layer, mean=speech.mean, deviation=speech.deviation)
    optimiser = AdamW(model.params, settings["lr"], weight_decay=settings["weight_decay"])
    if settings["passes"] < LOOK:
        raise ValueError(f"expected {LOOK} passes or more, got {settings['passes']}: it looks after every {LOOK}")
    passes, a_pass = settings["passes"] // LOOK * LOOK, steps_per_pass(len(learned), settings["B"])

    def batches(rng):
        for _ in range(LOOK):
            change, strings = Change(speech, rng, settings), []
            for string in arranged(learned, rng, low=1):
                change.new_string()
                frames, said = speech.string(string, change)
                strings.append((change.masked(speech.inputs(frames)), said))
            yield from list(side_by_side(strings, settings["B"], rng))[:a_pass]

    history = fit(
        lambda batch: model.learn(*batch), batches, optimiser, rng=rng, epochs=passes // LOOK, clip=settings["clip"],
        schedule=one_cycle(settings["lr"], passes * a_pass), checkpoint=checkpoint,
        evaluate=None if evaluate is None else lambda: evaluate(model, speech),
        progress=progress and passes * a_pass,
    )  # fmt: skip
    return model, speech, history


def steps_per_pass(recordings, B):
    """How many batches of B strings a pass has: strings of 1 to 5 recordings have 3 on average."""
    return max(1, int(recordings / 3 / B))


def train(folder, resume, settings=SETTINGS, layer=LSTM, progress=True):
    """Train by ``settings`` on the training part; checkpoint, weights and log lie in ``folder``. Returns the result.

    What is kept is the model after the look with the lowest validation value. The test part is not read here.
    Stopped before the first look there is a checkpoint, but no result yet: None.
    Raises FileExistsError for a checkpoint that is there already, unless ``resume``.
    """
    folder, checkpoint = storing.prepared(folder, STORED, resume)
    recordings, digits = spoken_digits()
    parts = split(digits)
    if progress:
        many = settings["passes"] * steps_per_pass(len(parts["training"]), settings["B"])
        print(f"{settings['passes']} passes over {len(parts['training']):,} recordings. Ctrl-C stops and saves.")
        print(f"loss: CTC, per string. validation: word error rate, after every {LOOK} passes.")
        if checkpoint.exists():
            print(f"It goes on after step {len(checkpoints.read(checkpoint)['history']['step']):,} of {many:,}.")
        sys.stdout.flush()
    heard = []

    def evaluate(model, speech):
        if not heard:
            heard.extend(fixed(speech, parts["validation"], VALIDATION))
        return tested(model, heard)

    model, _, history = trained(
        settings, parts["training"], evaluate=evaluate, layer=layer, checkpoint=checkpoint, progress=progress,
        data=(recordings, digits),
    )  # fmt: skip
    if not history.validation:
        return None
    storing.write_log(folder / f"{STORED}.csv", history)
    return {
        "settings": settings,
        "ended": history.ended,
        "validation word error rate": round(history.best[1], 4),
        "seconds": round(history.seconds[-1]),
        "sha256": storing.write_weights(folder / f"{STORED}.npz", model.params),
    }


def stored():
    """(model, log) of the long training: float16 weights, and one row for each look.

    Raises FileNotFoundError when nothing is stored yet: run the script.
    """
    folder = resources.files("lstm_helpers.data").joinpath("models")
    log = [
        {name: float(value) for name, value in row.items()} for row in own_weights.log(folder.joinpath(f"{STORED}.csv"))
    ]
    return with_weights(storing.read_weights(folder.joinpath(f"{STORED}.npz"))), log


def with_weights(weights):
    """The Recogniser with these weights, {name: array}, as ``params`` names them."""
    H = len(weights["stack.l0.W_h"])
    layers = max(int(name[7]) for name in weights if name.startswith("stack.l")) + 1
    settings = {"H": H, "layers": layers, "dropout": 0.0, "bidirectional": "stack.l0r.W_h" in weights}
    recordings, digits = spoken_digits()
    speech = Speech(recordings, digits, split(digits)["training"])
    model = Recogniser(settings, np.random.default_rng(0), mean=speech.mean, deviation=speech.deviation)
    for name, array in model.params.items():
        array[...] = weights[name]
    return model


def from_weights(given):
    """The Recogniser whose fourteen arrays ``answers.WEIGHTS`` names."""
    names = {"W_y": "readout.W", "b_y": "readout.b"}
    for layer in answers.LAYERS:
        names |= {f"{name}_{layer}": f"stack.{layer}.{name}" for name in ("W_x", "W_h", "b")}
    return with_weights({names[name]: array for name, array in given.items()})


def units(model, strings):
    """What each unit of the lowest layer says at each frame of the strings: (frames, directions * H)."""
    lowest = Stack(LSTM, INPUTS, model.stack.hidden_size, bidirectional=model.stack.bidirectional, rng=model.rng)
    for name, array in lowest.params.items():
        array[...] = model.stack.params[name]
    said = []
    for x, lengths, _ in side_by_side(strings, 64):
        h, _ = lowest.forward(x, lengths=lengths, train=False)
        said += [h[:length, column] for column, length in enumerate(lengths)]
    return np.concatenate(said)
