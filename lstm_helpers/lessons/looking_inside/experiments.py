"""Experiments of lesson 11: what the units of a trained LSTM follow, and what happens without them.

Two networks are looked into, the reader of toy pages (``toy``) and the character model of the project text generation.
Both are an ``lstm`` and a ``readout`` with parameters of the same names, so that one ablation serves both. Shapes here:
``T`` steps, ``B`` pieces of text side by side, ``H`` units, ``V`` characters.
"""

import copy
import re
import zlib
from dataclasses import dataclass

import numpy as np

from lstm_helpers.data import opening, pride_and_prejudice
from lstm_helpers.data.letters import Alphabet, split
from lstm_helpers.explorers import OwnExplorer
from lstm_helpers.lessons.looking_inside import readers, toy
from lstm_helpers.lessons.looking_inside.readers import log_softmax
from lstm_helpers.lessons.training_that_works.experiments import kept_reader

NOVELIST = readers.MODELS.joinpath("pride_lstm.npz")  # trained by the project text_generation
T, B = 620, 32  # the pieces of the novel that are read
WARM = 20  # steps of each that do not count
LEARNED, BETWEEN = 104_000, 10_200  # characters of the novel that lesson 7 knows, and how many after them are searched
UNCLOSED = (  # a quotation that nobody ends
    '"I am very tired, said the old man, and went up the stairs to his room, where the candle was still burning. He '
    "looked out of the window. The rain had not stopped, and nobody was on the road. After an hour he heard a carriage"
    ", and his sister came in."
)
STOPS = ".,!?"  # after which a quotation may end
GATE = {"i": 0, "f": 1, "g": 2, "o": 3}  # which block of columns

# ---------------------------------------------------------------- the novel, and the truth about it


@dataclass(frozen=True)
class Reading:
    """Pieces of text side by side, each array (T, B): characters ``x``, the next ones ``y``, and facts after reading x.

    place: how many characters of the line have been read; bracket: what is open, 0 for nothing (on toy pages 1 round, 2
    square; in the novel 1, a quotation); words: a number for each word at its last character, -1 elsewhere; where:
    {kind of place: (T, B), whether y is one of it and counts}; text and start (B,): the whole text, and where each
    piece begins in it.
    """

    x: np.ndarray
    y: np.ndarray
    place: np.ndarray
    bracket: np.ndarray
    where: dict
    words: np.ndarray = None
    text: str = ""
    start: np.ndarray = None


def facts(text):
    """(quoted, place, words) of every character of a text, each (N,). A paragraph begins outside quotations."""
    characters = np.array(list(text))
    at = np.arange(len(text))
    ends = characters == "\n"
    place = at - np.maximum.accumulate(np.where(ends, at, -1))
    signs = np.cumsum(characters == '"')
    blank = ends & np.roll(ends, 1)
    quoted = (signs - np.maximum.accumulate(np.where(blank, signs, 0))) % 2 == 1
    words = np.full(len(text), -1)
    for found in re.finditer(r"[A-Za-z']+", text):
        words[found.end() - 1] = zlib.crc32(found[0].lower().encode())
    return quoted, place, words


def reading(letters, part):
    """A Reading of the novel. part: "learned", the text that the model was trained on, or "held", the 5 % after it.

    Each of its B pieces begins with a paragraph; they are spread over the part.
    """
    novel = pride_and_prejudice()
    places = dict(zip(("learned", "held"), split(np.arange(len(novel))), strict=False))[part]
    text = novel[places[0] : places[-1] + 1]
    apart = (len(text) - 2 * T) // B
    start = [text.index("\n\n") + 2]
    for k in range(1, B):  # no two pieces share a character
        start.append(text.index("\n\n", max(k * apart, start[-1] + T)) + 2)
    at = np.array(start) + np.arange(T)[:, None]
    ids = letters.encode(text)
    quoted, place, words = (fact[at] for fact in facts(text))
    y, counts = ids[at + 1], np.arange(T)[:, None] >= WARM
    sign = counts & (y == letters.encode('"')[0])
    where = {"all": counts & (y >= 0), "closing": sign & quoted, "opening": sign & ~quoted}
    where["line end"] = counts & (y == letters.encode("\n")[0])
    return Reading(ids[at], y, place, quoted.astype(int), where, words, text, np.array(start))


def toy_reading(T=120, B=64, seed=5):
    """A Reading of fresh toy pages, and what each next symbol costs a reader who knows all that can be known."""
    ids, place, bracket, chance = toy.pages(np.random.default_rng(seed), T + 1, B)
    y, counts = ids[1:], np.arange(T)[:, None] > toy.LINE  # the first line is there to get to know the page
    where = {
        "all": counts & (y >= 0),
        "closing": counts & np.isin(y, [toy.SYMBOLS.index(s) for s in ")]"]),
        "line end": counts & (y == toy.SYMBOLS.index("\n")),
    }
    return Reading(ids[:-1], y, place[:-1], bracket[:-1], where), -np.log2(chance[1:])


def novelist():
    """(model, letters): the stored character model of the novel, 512 units, and its alphabet."""
    return readers.stored(NOVELIST), Alphabet(pride_and_prejudice())


def untrained(letters):
    """A character model of the same size that never learned, with the first weights of the project's."""
    model = readers.Reader(len(letters.characters), 512, rng=np.random.default_rng(0))
    model.lstm.params["W_x"] *= 512**0.5
    return model


def your_reader():
    """The explorer with the small reader that you trained in lesson 7; where none is kept, None, and what to do."""
    try:
        weights, characters = kept_reader()
    except (FileNotFoundError, ValueError) as trouble:
        print(f"Nothing to show: {trouble}")
        return None
    more = opening(LEARNED + BETWEEN)[LEARNED:]  # from where its validation text ends
    passage = "".join(character if character in characters else " " for character in more)
    return OwnExplorer(weights, characters, passage)


# ---------------------------------------------------------------- reading


def watch(model, x, gates="", stretch=62):
    """What the units do while the model reads x (T, B): {"c": (T, B, H)}, and the gates that are named, in 16 bits."""
    seen, state = {name: [] for name in ("c", *gates)}, None
    for part in np.array_split(x, max(1, len(x) // stretch)):
        _, state = model.lstm.forward(model.one_hot[part], state)
        now = model.lstm.gates()
        for name, kept in seen.items():
            kept.append(now[name] if name == "c" else now[name].astype(np.float16))
    return {name: np.concatenate(kept) for name, kept in seen.items()}


def log_p(model, x, stretch=62):
    """Log-probabilities (T, B, V), in bits, of what comes after each of x (T, B)."""
    parts, state = [], None
    for part in np.array_split(x, max(1, len(x) // stretch)):
        h, state = model.lstm.forward(model.one_hot[part], state, train=False)
        parts.append(log_softmax(model.readout.forward(h, train=False)))
    return np.concatenate(parts) / np.log(2)


def costs(model, x, y):
    """What each next character costs, in bits: (T, B)."""
    return -np.take_along_axis(log_p(model, x), y[..., None], axis=2)[..., 0]


def correlation(values, fact):
    """The correlation of each unit's values (..., H) with a fact (...): (H,); 0 for a unit that never moves."""
    v = values.reshape(-1, values.shape[-1]) - values.mean(axis=tuple(range(values.ndim - 1)))
    y = fact.ravel() - fact.mean()
    spread = np.sqrt((v**2).sum(axis=0) * (y**2).sum())
    return np.where(spread > 0, y.astype(v.dtype) @ v / np.where(spread > 0, spread, 1), 0)


# ---------------------------------------------------------------- taking away


def without_unit(model, unit, value):
    """A copy of the model in which everybody who reads h of this unit, or of these units, reads ``value`` instead."""
    model = copy.deepcopy(model)
    for rows, bias in (("lstm.W_h", "lstm.b"), ("readout.W", "readout.b")):
        model.params[bias][...] += np.atleast_1d(value).astype(np.float32) @ model.params[rows][np.atleast_1d(unit)]
        model.params[rows][unit] = 0
    return model


def with_gate_held(model, gate, unit, value):
    """A copy of the model in which a gate of this unit, or of these units, stands at ``value`` whatever is read."""
    model, H = copy.deepcopy(model), len(model.params["lstm.W_h"])
    columns = GATE[gate] * H + np.atleast_1d(unit)
    for name in ("lstm.W_x", "lstm.W_h"):
        model.params[name][:, columns] = 0
    value = np.clip(np.float64(value), 1e-4, 1 - 1e-4)
    model.params["lstm.b"][columns] = np.log(value / (1 - value))
    return model


def damage(model, text, before):
    """What a change of the model costs, in bits per character, at each kind of place. before: costs (T, B) without."""
    more = costs(model, text.x, text.y) - before
    return {name: float(more[where].mean()) for name, where in text.where.items()}


# ---------------------------------------------------------------- probes


def fit_probe(states, yes, strength):
    """Weights (H + 1,) of a linear probe: least squares to +1 and -1, held small by ``strength``; the bias last."""
    A = np.column_stack([states, np.ones(len(states))]).astype(np.float64)
    held = strength * np.eye(A.shape[1])
    held[-1, -1] = 0
    return np.linalg.solve(A.T @ A + held, A.T @ np.where(yes, 1.0, -1.0))


def probe_accuracy(w, states, yes):
    """The share of states (N, H) that the probe puts on the right side."""
    return float(np.mean((states @ w[:-1] + w[-1] > 0) == yes))


def probe(train, test, strength=100.0):
    """(accuracy on the fact, accuracy on its control) of a linear probe that reads at the last character of each word.

    train, test: pairs (c (T, B, H), Reading). The control is a coin that was flipped once for each word: the same for
    all its uses, and nothing that the model can know (Hewitt & Liang 2019).
    """
    (c, text), (c_test, text_test), found = train, test, []
    at, at_test = text.words >= 0, text_test.words >= 0
    at[:WARM] = at_test[:WARM] = False
    for fact in (lambda r: r.bracket == 1, lambda r: r.words % 2 == 1):
        w = fit_probe(c[at], fact(text)[at], strength)
        found.append(probe_accuracy(w, c_test[at_test], fact(text_test)[at_test]))
    return tuple(found)


def explained(train, test, strength=100.0):
    """The share of the variance of ``place`` that a linear probe of c explains on the second text."""
    (c, text), (c_test, text_test) = train, test
    A, A_test = (np.column_stack([v[WARM:].reshape(-1, v.shape[2]), np.ones(v[WARM:, :, 0].size)]) for v in (c, c_test))
    held = strength * np.eye(A.shape[1])
    held[-1, -1] = 0
    A = A.astype(np.float64)
    w = np.linalg.solve(A.T @ A + held, A.T @ text.place[WARM:].ravel())
    right = text_test.place[WARM:].ravel()
    return float(1 - np.mean((A_test @ w - right) ** 2) / right.var())


# ---------------------------------------------------------------- the lesson's own steps


def mean_h(model, text):
    """The mean of every unit's h on a Reading: (H,)."""
    h, _ = model.lstm.forward(model.one_hot[text.x], train=False)
    return h[text.where["all"]].mean(axis=0, dtype=np.float64)


def mean_gate(seen, gate, text):
    """The mean of a gate of every unit where a Reading counts: (H,). seen: what ``watch`` gave."""
    return seen[gate][text.where["all"]].mean(axis=0, dtype=np.float64)


def loudest(text, values, count=8, apart=60, before=44):
    """Where a unit's values (T, B) are highest: (value, whether a bracket is open, the text up to there).

    No two of the places lie within ``apart`` steps of each other in one piece.
    """
    values, found = np.where(text.where["all"], values, -np.inf), []
    for _ in range(count):
        t, b = np.unravel_index(values.argmax(), values.shape)
        end = text.start[b] + t + 1
        found.append((float(values[t, b]), bool(text.bracket[t, b]), text.text[end - before : end]))
        values[max(0, t - apart) : t + apart + 1, b] = -np.inf
    return found


def after_marks(letters, text, seen, unit, opening, steps=5):
    """Medians of i, f and c of a unit at opening or closing quotation marks, and at the characters after them: for each
    of ``steps`` characters, the mark first, a row (i, f, c)."""
    t, b = np.nonzero((text.x == letters.encode('"')[0]) & (text.bracket == opening) & text.where["all"])
    use = t < len(text.x) - steps
    return [[float(np.median(seen[p][t[use] + n, b[use], unit])) for p in "ifc"] for n in range(steps)]


def rewritten(model, letters, text, unit, value, at=300, on=120):
    """The mean probability of a quotation mark after a full stop, comma, ! or ?, when c of a unit is set to ``value``
    at step ``at`` and nothing else is touched: (pieces that stood outside a quotation, pieces inside).

    The next ``on`` steps count, up to the first quotation mark. value None leaves the cell as it is.
    """
    _, (h, c) = model.lstm.forward(model.one_hot[text.x[:at]], train=False)
    c = c.copy()
    if value is not None:
        c[:, unit] = value
    x, sign = text.x[at : at + on], letters.encode('"')[0]
    h, _ = model.lstm.forward(model.one_hot[x], (h, c), train=False)
    p = np.exp(log_softmax(model.readout.forward(h, train=False)))[..., sign]
    asked = np.isin(x, letters.encode(STOPS)) & (np.cumsum(x == sign, axis=0) == 0)
    inside = text.bracket[at - 1] == 1
    return float(p[asked & ~inside].mean()), float(p[asked & inside].mean())


def line_end_by_place(model, letters, text):
    """[(from, to, probability that the model gives a line end, share of line ends)] at ends of words, by place."""
    p = 2 ** log_p(model, text.x)[..., letters.encode("\n")[0]]
    word_ends = text.where["all"] & np.isin(text.y, letters.encode(" \n"))
    rows = []
    for low, high in ((1, 20), (20, 40), (40, 60), (60, 66), (66, 76)):
        at = word_ends & (text.place >= low) & (text.place < high)
        rows.append((low, high, float(p[at].mean()), float(text.where["line end"][at].mean())))
    return rows


@dataclass(frozen=True)
class Attribution:
    """What the last step of toy pages depends on. x (T, N); opener (N,): the step that opened the bracket that is still
    open; score, swapped (N,): the score of the right closing bracket less that of the other, as it is and with the
    opener's kind exchanged; gradient, occlusion (T, N): the attribution of every step by the two methods.
    """

    x: np.ndarray
    opener: np.ndarray
    score: np.ndarray
    swapped: np.ndarray
    gradient: np.ndarray
    occlusion: np.ndarray


def attribution(model, T=40, count=400, seed=5):
    """Gradient times input, and occlusion, of the score of the closing bracket on toy pages that end inside brackets
    opened 5 to 20 steps before."""
    ids, _, bracket, _ = toy.pages(np.random.default_rng(seed), T, count)
    opened = np.isin(ids, [toy.SYMBOLS.index(s) for s in "(["])
    opener = T - 1 - opened[::-1].argmax(axis=0)
    use = (bracket[-1] > 0) & (opener <= T - 6) & (opener >= T - 21)
    x, opener = ids[:, use], opener[use]
    each, sign = np.arange(len(opener)), np.where(bracket[-1, use] == toy.ROUND, 1.0, -1.0)
    right, other = (toy.SYMBOLS.index(s) for s in ")]")
    aim = (model.readout.params["W"][:, right] - model.readout.params["W"][:, other]).astype(np.float32)

    def scores(x, train=False):
        h, _ = model.lstm.forward(model.one_hot[x], train=train)
        return sign * (h[-1] @ aim), h

    score, h = scores(x, train=True)
    dh = np.zeros_like(h)
    dh[-1] = sign[:, None] * aim
    dx, _ = model.lstm.backward(dh)
    occlusion = np.empty(x.shape)
    for t in range(T):
        changed = x.copy()
        changed[t] = np.where(x[t] == 0, 1, 0)  # another letter
        occlusion[t] = score - scores(changed)[0]
    swapped = x.copy()
    swapped[opener, each] = 8 - x[opener, each]  # "(" is 3, "[" is 5
    gradient = (dx * model.one_hot[x]).sum(axis=2)
    return Attribution(x, opener, score, scores(swapped)[0], gradient, occlusion)


def first(attributed, opener):
    """The share of pages on which no step has a larger attribution, whatever its sign, than the opener."""
    size = np.abs(attributed)
    return float(np.mean(size.argmax(axis=0) == opener))
