"""Attention: a trained network reads a date in your language, and looks back at it for each character that it writes.

Try: Step, then choose another character than it wrote: which of the next ones change?

The browser computes and draws (``attention.js``, with ``maths.js``); Python sees the same values and can set them.
"""

import base64
import math
from functools import cache
from importlib.resources import files
from pathlib import Path

import anywidget
import numpy as np
import traitlets

from lstm_helpers import nn, wording
from lstm_helpers.data import world_dates
from lstm_helpers.explorers import shared

HERE = Path(__file__).parent

STEPS = 10  # characters of an answer
MOST = 44  # characters of a source
FREE = "."  # in `forced`: this step writes what the network says
CHARACTERS = world_dates.TARGET.replace(world_dates.START, "")


class AttentionExplorer(anywidget.AnyWidget):
    """An encoder-decoder with attention turns a date, as people write it in 24 languages, into ISO 8601.

    Both directions of an LSTM read the source, character by character; an LSTM writes ten characters and looks back
    before each: a = softmax(s W k), context = a . k. Any character that it has written can be replaced, and in every
    step one weight can be moved (the others share what is left, in their own proportions); what follows is computed
    anew. Steps and places are counted from 0, as in Python.

    Traits, both ways between Python and the browser:

    - ``source``: the text, 1 to 44 characters; kept in small letters;
    - ``written``: how many characters the decoder has written, 0 to 10;
    - ``forced``: characters in place of the decoder's own, by step; "." leaves a step alone: "....." + "1";
    - ``looks``: {step: [place in the source, weight from 0 to 1]};
    - ``reader``: the network, ``packed(params)`` of a ``DateReader`` with attention; at first that of the course, each
      weight in 8 bits;
    - ``examples``: [[name, text], ...], the dates that are offered.

    Raises traitlets.TraitError for what is not one of these.
    """

    _esm = shared.script(shared.HERE / "maths.js", HERE / "attention.js")
    _css = shared.style(HERE / "attention.css")

    source = traitlets.Unicode("saturday, june 18, 1994").tag(sync=True)
    written = traitlets.Int(0).tag(sync=True)
    forced = traitlets.Unicode("").tag(sync=True)
    looks = traitlets.Dict().tag(sync=True)
    reader = traitlets.Dict().tag(sync=True)
    examples = traitlets.List().tag(sync=True)

    @traitlets.default("reader")
    def _of_the_course(self):
        return _stored()

    @traitlets.default("examples")
    def _in_each_language(self):
        return _examples()

    @traitlets.validate("source")
    def _can_be_read(self, proposal):
        text = world_dates.plain(proposal.value)
        if not 1 <= len(text) <= MOST:
            raise traitlets.TraitError(f"source: expected a date of 1 to {MOST} characters, got {proposal.value!r}")
        return text

    @traitlets.validate("written")
    def _in_range(self, proposal):
        if not 0 <= proposal.value <= STEPS:
            raise traitlets.TraitError(f"written = {proposal.value}: expected 0 to {STEPS}")
        return proposal.value

    @traitlets.validate("forced")
    def _can_be_written(self, proposal):
        text = proposal.value
        if len(text) > STEPS or not set(text) <= {*CHARACTERS, FREE}:
            raise traitlets.TraitError(
                f"forced = {text!r}: expected at most {STEPS} of the characters {CHARACTERS}, {FREE} for a free step"
            )
        return text

    @traitlets.validate("looks")
    def _are_weights(self, proposal):
        found = {}
        for step, look in proposal.value.items():
            try:
                place, weight = look
                fits = int(step) in range(STEPS) and int(place) == place >= 0 and 0 <= weight <= 1
            except (TypeError, ValueError):
                fits = False
            if not fits:
                raise traitlets.TraitError(
                    f"looks: expected {{step from 0 to {STEPS - 1}: [place in the source, weight from 0 to 1]}}, "
                    f"got {step!r}: {look!r}"
                )
            if place >= len(self.source):
                length = wording.count(len(self.source), "character")
                raise traitlets.TraitError(f"looks: place {place} of a source of {length}")
            found[str(int(step))] = [int(place), weight]
        return found

    @traitlets.validate("reader")
    def _has_every_array(self, proposal):
        try:
            _layers(_unpacked(proposal.value))
        except (KeyError, TypeError, ValueError) as why:
            raise traitlets.TraitError(
                f"reader: expected packed(params) of a DateReader with attention; {why}"
            ) from why
        return proposal.value

    @traitlets.observe("source")
    def _drop_what_lies_beyond(self, change):
        self.looks = {step: look for step, look in self.looks.items() if look[0] < len(self.source)}

    def __repr__(self):
        """What stands in its place where it cannot move: in a notebook opened without its kernel, or as a script."""
        now = self.compute()
        changes = f" With forced = {self.forced!r} and looks = {self.looks}" if self.forced or self.looks else " It"
        return (
            f"The attention explorer, written = {self.written} of {STEPS}. Run this cell to step its decoder. "
            f"The source is {self.source!r}.{changes} gives {now['answer']}, "
            f"{now['p'].max(axis=1).prod():.0%} sure of its own choices."
        )

    def compute(self):
        """What ``lstm_helpers.nn`` gives for the source and the changes, in float64.

        Returns a dict: answer, the ten characters; own (10,), what the network says at each step; p (10, V), the
        probabilities over ``world_dates.TARGET``; weights (10, T); keys (T, 2H).
        """
        net = _layers(_unpacked(self.reader))
        ids, lengths = world_dates.numbered([self.source])
        keys, last = net["encoder"].forward(net["read"].forward(ids, train=False), None, lengths, train=False)
        state = tuple(np.concatenate(list(part), axis=1) for part in last)
        said, own, p, weights = world_dates.START, [], [], []
        for n in range(STEPS):
            given = np.array([[world_dates.TARGET.index(said[-1])]])
            h, state = net["decoder"].forward(net["written"].forward(given, train=False), state, train=False)
            a = net["attention"].forward(h, keys, lengths, train=False)[1][0, 0]
            if str(n) in self.looks:
                a = moved(a, *self.looks[str(n)])
            context = (a @ keys[:, 0])[None, None]
            out = np.tanh(net["combine"].forward(np.concatenate([h, context], axis=2), train=False))
            logits = net["readout"].forward(out, train=False)[0, 0]
            e = np.exp(logits - logits.max())
            own.append(world_dates.TARGET[logits.argmax()])
            said += own[-1] if self.forced[n : n + 1] in ("", FREE) else self.forced[n]
            p.append(e / e.sum())
            weights.append(a)
        return {
            "answer": said[1:],
            "own": own,
            "p": np.array(p),
            "weights": np.array(weights),
            "keys": keys[:, 0],
        }


def moved(a, place, weight):
    """Attention weights a (T,) with another one at ``place``: the others share the rest in their own proportions."""
    others = np.arange(len(a)) != place
    if not others.any():
        return a  # the weights of one character are 1
    left = a[others].sum()
    new = np.where(others, a / left if left > 0 else 1 / others.sum(), 0) * (1 - weight)
    new[place] = weight
    return new


def packed(params):
    """The network {name: array} of a ``DateReader``, each weight in 8 bits, as a dict that the browser can be sent."""
    arrays = {}
    for name, array in params.items():
        scale = float(np.abs(array).max()) / 127 or 1.0
        whole = np.round(np.asarray(array, float) / scale).astype(np.int8)
        data = base64.b64encode(whole.tobytes()).decode()
        arrays[name] = {"shape": list(whole.shape), "scale": scale, "data": data}
    return {"alphabet": world_dates.alphabet(), "arrays": arrays}


def _unpacked(reader):
    """{name: array} in float64."""
    found = {}
    for name, one in reader["arrays"].items():
        if not math.isfinite(one["scale"]):
            raise ValueError(f"{name} has the scale {one['scale']}")
        whole = np.frombuffer(base64.b64decode(one["data"], validate=True), np.int8)
        found[name] = whole.reshape(one["shape"]) * one["scale"]
    return found


def _layers(arrays):
    """The layers of nn, in float64, that have these arrays."""
    E, H = arrays["read.W"].shape[1], len(arrays["encoder.l0.W_h"])
    V = len(world_dates.TARGET)
    new = {"rng": np.random.default_rng(0), "dtype": np.float64}
    net = {
        "read": nn.Embedding(len(world_dates.alphabet()), E, **new),
        "encoder": nn.Stack(nn.LSTM, E, H, bidirectional=True, **new),
        "written": nn.Embedding(V, E, **new),
        "decoder": nn.LSTM(E, 2 * H, **new),
        "combine": nn.Linear(4 * H, 2 * H, **new),
        "readout": nn.Linear(2 * H, V, **new),
        "attention": nn.GeneralAttention(2 * H, 2 * H, **new),
    }
    for part, layer in net.items():
        for name, place in layer.params.items():
            given = arrays[f"{part}.{name}"]
            if given.shape != place.shape:
                raise ValueError(f"{part}.{name} has the shape {given.shape}, expected {place.shape}")
            place[...] = given
    return net


@cache
def _stored():
    """The reader that the project translation trained, packed."""
    file = files("lstm_helpers.data").joinpath("models", "world_dates.npz")
    with file.open("rb") as stream, np.load(stream, allow_pickle=False) as saved:
        return packed({name: saved[name] for name in saved.files})


@cache
def _examples():
    """A date with the name of its month in each language of the data, those that were not trained last."""
    rng, trained = np.random.default_rng(10), world_dates.trained()
    found = []
    for code, language in world_dates.languages().items():
        while True:
            (text,), _, _ = world_dates.draw(rng, 1, [code], of="test")
            if sum(map(str.isalpha, text)) > 4:
                break
        found.append([language.name if code in trained else f"{language.name} (not trained)", text])
    return found


# What attention.svg shows, and in words: the first step that follows from the change.
STILL = {"written": STEPS, "forced": "...-"}
STILL_STEP = 4
ALT = (
    "Attention over the source “saturday, june 18, 1994”. On its own the decoder writes 1994-06-18. Here a person has "
    "replaced the fourth character by a dash: 199-. Step 5 has always been a dash; now it looks at the month and "
    "writes 0, and the decoder goes on from there: 199-06-18-. What it looks at depends on what it has just read, "
    "not on a count of its steps. Below the source the weights of step 5 as bars, nearly all of it on the u of june; "
    "below them a row of squares for each step, with one large square in almost every row."
)


def attention_picture():
    """A dash in place of a year's last digit as a still picture, for a page without a kernel. Returns HTML with alt."""
    return shared.still(shared.read(HERE / "attention.svg"), ALT, width=760)
