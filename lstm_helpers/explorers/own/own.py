"""Your own model: a trained LSTM reads what you type, and shows what its units do at each character.

Try: type a sentence with quotation marks, and pin a unit. Which one knows that a quotation is open?

The browser reads and draws (``own.js``, with ``maths.js``); Python sees the same state and can set it. Where a unit
fires elsewhere in the novel is searched here, once for each model.
"""

import functools
from importlib import resources
from pathlib import Path

import anywidget
import numpy as np
import traitlets

from lstm_helpers import nn, wording
from lstm_helpers.data import pride_and_prejudice
from lstm_helpers.data.letters import Alphabet, split
from lstm_helpers.explorers import shared

HERE = Path(__file__).parent
SCRIPTS = shared.HERE / "maths.js", HERE / "own.js"

MOST_UNITS = 512  # of a model of one's own: as many as the stored novelist has
MOST_CHARACTERS = 300  # of the text
PARTS = ("lstm.W_x", "lstm.W_h", "lstm.b", "readout.W", "readout.b")  # in this order they are sent
NOVELIST = resources.files("lstm_helpers.data").joinpath("models", "pride_lstm.npz")
SHOWS = ("c", "h", "i", "f", "g", "o")
ORDERS = ("as stored", "most moved")
ENDS = ("highest", "lowest")
TEXT = (
    '"My dear Mr. Bennet," said his lady to him one day, "have you heard that Netherfield Park is let at last?" '
    "Mr. Bennet replied that he had not."
)

# The search for loud places: streams read side by side, the characters at the start of each that do not count, how
# many do, how many places are kept of each unit, and how far apart they lie.
STREAMS, WARM, SEARCHED, PLACES, APART = 32, 60, 9_600, 6, 60
CONTEXT = 300  # characters before and after what is searched: what stands around a place can be read there


class OwnExplorer(anywidget.AnyWidget):
    """Units of a character model light up while it reads what you type; without a model, the course's stored novelist.

    model: your trained weights, at most 512 units: a dictionary, or anything with one as ``params``, of lstm.W_x
    (V, 4H) in the order i, f, g, o, lstm.W_h (H, 4H), lstm.b (4H,), readout.W (H, V), readout.b (V,).
    characters: the V characters in the order of the rows of W_x (default: the 75 of the novel, sorted).
    passage: the text in which loud places are searched (default: 9,600 characters of the novel that the novelist was
    not trained on). Of 512 units, as the novelist has, what a character depends on takes a moment.

    Traits, both ways between Python and the browser:

    - ``text``: what is read, at most 300 of the model's characters;
    - ``at``: the place in it that is looked at, from 0;
    - ``unit``: the unit that is pinned; ``shows``: what is drawn of the units, "c", "h", "i", "f", "g" or "o";
    - ``order``: of the units, "as stored" or "most moved"; ``end``: "highest" or "lowest" cell states, of which
      the places in the passage are told.

    Raises ValueError for weights and characters that do not fit, traitlets.TraitError for what is no such state.
    """

    _esm = shared.script(*SCRIPTS)
    _css = shared.style(HERE / "own.css")

    text = traitlets.Unicode().tag(sync=True)
    at = traitlets.Int().tag(sync=True)
    unit = traitlets.Int().tag(sync=True)
    shows = traitlets.Enum(SHOWS, "c").tag(sync=True)
    order = traitlets.Enum(ORDERS, ORDERS[0]).tag(sync=True)
    end = traitlets.Enum(ENDS, ENDS[0]).tag(sync=True)
    weights = traitlets.Bytes(read_only=True).tag(sync=True)  # PARTS, one after the other
    about = traitlets.Dict(read_only=True).tag(sync=True)  # name, units, bits of a weight, characters searched
    characters = traitlets.Unicode(read_only=True).tag(sync=True)
    passage = traitlets.Unicode(read_only=True).tag(sync=True)
    places = traitlets.List(read_only=True).tag(sync=True)  # for each unit {end: [[place in the passage, c], ...]}

    def __init__(self, model=None, characters=None, passage=None, **state):
        if model is None:
            if characters is not None or passage is not None:
                raise ValueError("characters and passage belong to a model of your own: give it, too")
            made = _novelist()
            state = {"unit": 388, **state}  # the one that follows quotations
        else:
            made = _made(model, characters, passage)
        self._params = made["params"]
        for name in ("weights", "about", "characters", "passage", "places"):
            self.set_trait(name, made[name])
        known = set(self.characters)
        text = state.pop("text", TEXT if set(TEXT) <= known else self.passage[CONTEXT : CONTEXT + len(TEXT)])
        at = state.pop("at", max(0, min(len(text) - 1, text.find('?"'))))
        super().__init__(text=text, **state)
        self.at = at

    @traitlets.validate("text")
    def _readable(self, proposal):
        text = proposal.value
        if len(text) > MOST_CHARACTERS:
            said = wording.count(len(text), "character")
            raise traitlets.TraitError(f"text has {said}, expected at most {MOST_CHARACTERS}: cut it")
        if unknown := sorted(set(text) - set(self.characters)):
            raise traitlets.TraitError(f"text: {_unknown(unknown, self.characters)}: replace them")
        return text

    @traitlets.validate("at", "unit")
    def _there(self, proposal):
        name, value = proposal.trait.name, proposal.value
        count = max(1, len(self.text)) if name == "at" else self.about["units"]
        if not 0 <= value < count:
            raise traitlets.TraitError(f"{name} = {value}: expected 0 to {count - 1}")
        return value

    @traitlets.observe("text")
    def _stay_inside(self, change):
        self.at = max(0, min(self.at, len(self.text) - 1))

    def __repr__(self):
        """What stands in its place where it cannot move: in a notebook opened without its kernel, or as a script."""
        reader = f"{self.about['name']} ({wording.count(self.about['units'], 'unit')})"
        start = f"The explorer of your own model. Run this cell to type a text that {reader} reads."
        if not self.text:
            return f"{start} With unit = {self.unit}, at = {self.at} there is no text yet."
        now = self.compute()
        character, value = self.text[self.at], now[self.shows][self.at, self.unit]
        best = int(now["p"][self.at].argmax())
        return (
            f"{start} With unit = {self.unit}, at = {self.at} it has read {character!r}, where the unit's {self.shows} "
            f"is {value:.2f}; next it expects {self.characters[best]!r}, at {now['p'][self.at, best]:.0%}."
        )

    def compute(self):
        """What ``lstm_helpers.nn`` gives for the text, in float64: a dict of c, h, i, f, g, o (T, H), p (T, V), the
        probabilities of what comes next, ``target``, the next character at ``at`` (at the end the likeliest), and
        ``depends`` (at + 1,): gradient times input of its log probability, for each character that was read.
        """
        model = _network(self._params, np.float64)
        ids = np.array([self.characters.index(character) for character in self.text], dtype=int)
        x = np.eye(len(self.characters))[ids][:, None]
        h, _ = model["lstm"].forward(x)
        seen = {name: array[:, 0] for name, array in model["lstm"].gates().items()}
        scores = model["readout"].forward(h)
        p = np.exp(scores - scores.max(axis=2, keepdims=True))
        p /= p.sum(axis=2, keepdims=True)
        target = ids[self.at + 1] if self.at + 1 < len(ids) else p[self.at, 0].argmax()
        dscores = np.zeros_like(p)
        dscores[self.at] = np.eye(len(self.characters))[target] - p[self.at]
        dx, _ = model["lstm"].backward(model["readout"].backward(dscores))
        depends = (dx * x).sum(axis=2)[: self.at + 1, 0]
        return {**seen, "h": h[:, 0], "p": p[:, 0], "target": int(target), "depends": depends}


def _unknown(unknown, characters):
    given = "".join(unknown)
    return f"the model does not know {given!r}, it reads {wording.count(len(characters), 'character')}: {characters!r}"


def _network(params, dtype):
    """The two layers with these weights, as this kind of number."""
    V, H = params["lstm.W_x"].shape[0], params["lstm.W_h"].shape[0]
    rng = np.random.default_rng(0)
    layers = {"lstm": nn.LSTM(V, H, rng=rng, dtype=dtype), "readout": nn.Linear(H, V, rng=rng, dtype=dtype)}
    for name in PARTS:
        layer, _, part = name.partition(".")
        layers[layer].params[part][...] = params[name]
    return layers


# ------------------------------------------------------------------------------------------------ the model given


@functools.cache
def _novelist():
    """What the explorer needs of the stored model of the novel."""
    with NOVELIST.open("rb") as stream, np.load(stream) as held:
        params = {name: held[name].astype(np.float32) for name in PARTS}
    return _sent(params, "".join(_letters().characters), _unseen(), "the stored novelist")


def _made(model, characters, passage):
    """The same of a model of one's own. Raises ValueError for what does not fit, with what was given and what to do."""
    params = _weights(model)
    V, H = len(params["lstm.W_x"]), len(params["lstm.W_h"])
    if H > MOST_UNITS:
        raise ValueError(
            f"the model has {wording.count(H, 'unit')}, expected at most {MOST_UNITS}, which the browser reads while "
            "you type: give a smaller one, or look at the course's stored novelist with OwnExplorer()"
        )
    novel = "".join(_letters().characters)
    if characters is None and len(novel) != V:
        raise ValueError(
            f"the model reads {wording.count(V, 'character')}, the novel has {len(novel)}: give characters=, the "
            "model's own, in the order of the rows of lstm.W_x"
        )
    characters = novel if characters is None else "".join(characters)
    if len(characters) != V or len(set(characters)) != V:
        raise ValueError(
            f"expected {V} different characters, one for each row of lstm.W_x, got {len(characters)}, "
            f"{len(set(characters))} of them different: {characters!r}"
        )
    passage = _unseen() if passage is None else passage
    if unknown := sorted(set(passage) - set(characters)):
        raise ValueError(
            f"passage: {_unknown(unknown, characters)}: is this the vocabulary that it was trained with? If so, give "
            "passage=, a text of these characters"
        )
    if len(passage) < MOST_CHARACTERS + STREAMS:
        raise ValueError(
            f"passage has {wording.count(len(passage), 'character')}, expected {MOST_CHARACTERS + STREAMS} or more"
        )
    return _sent(params, characters, passage, "your model")


def _weights(model):
    """{name: float32 array}, whole, finite and of fitting shapes."""
    given = model if isinstance(model, dict) else getattr(model, "params", None)
    if not isinstance(given, dict) or not set(PARTS) <= set(given):
        has = ", ".join(map(str, given)) if isinstance(given, dict) else f"a {type(model).__name__}"
        raise ValueError(f"expected a model whose params hold {', '.join(PARTS)}, got {has}")
    params = {name: np.asarray(given[name], np.float32) for name in PARTS}
    V, H = (params[name].shape[0] if params[name].ndim == 2 else 0 for name in ("lstm.W_x", "lstm.W_h"))
    shapes = dict(zip(PARTS, [(V, 4 * H), (H, 4 * H), (4 * H,), (H, V), (V,)], strict=True))
    for name, shape in shapes.items():
        if not all(shape) or params[name].shape != shape:
            raise ValueError(
                f"{name} has the shape {params[name].shape}, expected {shape}: for V characters and H units W_x is "
                "(V, 4H), W_h (H, 4H), b (4H,), W (H, V), b (V,)"
            )
        if not np.isfinite(params[name]).all():
            raise ValueError(f"{name} holds numbers that are not finite: has its training exploded?")
    return params


def _letters():
    return Alphabet(pride_and_prejudice())


def _unseen():
    """The first characters of the novel that its stored model was not trained on."""
    return split(pride_and_prejudice())[1][: CONTEXT + SEARCHED + CONTEXT]


def _sent(params, characters, passage, name):
    """All that goes to the browser. Weights that are 16-bit numbers already are sent in 16 bits, others in 32."""
    whole = np.concatenate([params[part].ravel() for part in PARTS])
    bits = 16 if np.array_equal(whole.astype(np.float16), whole) else 32
    searched, places = _loud_places(params, characters, passage)
    return {
        "params": params,
        "weights": whole.astype(f"<f{bits // 8}").tobytes(),
        "about": {"name": name, "units": len(params["lstm.W_h"]), "bits": bits, "searched": searched},
        "characters": characters,
        "passage": passage,
        "places": places,
    }


def _loud_places(params, characters, passage):
    """How many characters are searched, and for each unit {end: [[place, c], ...]}: where its cell state is highest and
    lowest, no two within APART characters of each other. The passage is read in streams side by side, each begun WARM
    characters early.
    """
    start = min(CONTEXT, len(passage) // 3)
    length = (len(passage) - 2 * start) // STREAMS
    at = start + np.arange(STREAMS) * length + np.arange(-WARM, length)[:, None]
    numbers = {character: k for k, character in enumerate(characters)}
    ids = np.array([numbers[character] for character in passage])[at]
    lstm = _network(params, np.float32)["lstm"]
    one_hot, state, kept = np.eye(len(characters), dtype=np.float32), None, []
    for part in np.array_split(ids, max(1, len(ids) // 60)):  # bounded memory
        _, state = lstm.forward(one_hot[part], state)
        kept.append(lstm.gates()["c"])
    c = np.concatenate(kept)[WARM:]
    c = c.transpose(2, 1, 0).reshape(c.shape[2], -1)  # (H, searched), in the order of the text
    places = [{} for _ in c]
    for end, sign in zip(ENDS, (1, -1), strict=True):
        left = sign * c
        for unit, values in enumerate(left):
            found = []
            for _ in range(PLACES):
                place = int(values.argmax())
                if values[place] == -np.inf:
                    break
                found.append([start + place, round(float(c[unit, place]), 2)])
                values[max(0, place - APART) : place + APART + 1] = -np.inf
            places[unit][end] = found
    return c.shape[1], places


# What own.svg shows: the novelist at its start values, 16 units.
ALT = (
    "The stored novelist has read two sentences; its unit 388 is pinned. The text stands on its colour: the cell state "
    "rises right after each opening quotation mark, stays at about 2 while the quotation lasts, and is gone one "
    "character after the closing mark. Below, its gates: the input gate opens after the opening marks and hardly "
    "elsewhere, the forget gate stands near 1 but for the marks. Then 16 of the 512 units, one row each: most change "
    "from letter to letter, a few stay for long. Bars under the text say what the closing mark that comes next depends "
    "on: the question mark and the letters just read; the opening mark, which the cell remembers, has next to no bar."
)


def own_picture():
    """The stored novelist over two sentences as a still picture, for a page without a kernel. Returns HTML with alt."""
    return shared.still(shared.read(HERE / "own.svg"), ALT, width=900)
