"""Sheet of the project speech: greedy decoding, word edits, CTC forwards and backwards, alignment, beams, a model."""

import functools
from importlib.resources import files

import numpy as np

from lstm_helpers.checks.cases import finish
from lstm_helpers.checks.judge import close, integers
from lstm_helpers.checks.sheet import Sheet
from lstm_helpers.data import spoken_digits
from lstm_helpers.projects.judging import COPIED, alike, no_model
from lstm_helpers.projects.speech import answers, model

HIDDEN = files("lstm_helpers").joinpath("projects", "speech", "hidden_digits.npz")
_DATA = files("lstm_helpers").joinpath("data")
READS = (_DATA.joinpath("spoken_digits.npz"), _DATA.joinpath("models", f"{model.STORED}.npz"))
READS += (HIDDEN,) * HIDDEN.is_file()
sheet = Sheet.of(answers, profile="speech", reads=READS)


def _said(rng, T, V, sharp=1.5):
    """Log-probabilities (T, V), no two alike."""
    return model.log_softmax(rng.normal(size=(T, V)) * sharp)


def _way(rng, way, V):
    """Log-probabilities (T, V) whose likeliest outputs are ``way (T,)``, by little."""
    p = rng.uniform(0.2, 1, size=(len(way), V))
    p[np.arange(len(way)), way] = rng.uniform(1.05, 1.5, size=len(way))
    return np.log(p / p.sum(axis=1, keepdims=True))


@sheet.check(
    returns="labels",
    compare=integers("they are numbers of outputs"),
    points=2,
    minutes=8,
    hints=[
        "Three steps, in this order: the likeliest output per frame, each run of equal outputs once, the blanks out.",
        "`best = log_p.argmax(axis=1)`. An output is new if it differs from the one before it; the first one is new.",
        "`new = np.ones(len(best), bool)`, `new[1:] = best[1:] != best[:-1]`, then `best[new & (best != 0)]`.",
    ],
)
def greedy(rng):
    """What the likeliest way says: repeats once, then the blanks left out."""
    for label, way, V in (
        ("an ordinary string", [0, 3, 3, 0, 0, 1, 4, 4, 4, 0], 6),
        ("other values of the same shapes", [2, 2, 2, 0, 5, 5, 0, 1, 1, 1], 6),
        ("the same label twice, a blank between", [0, 2, 2, 0, 2, 0], 4),
        ("the same label in neighbouring frames", [3, 3, 3, 1, 1], 4),
        ("no blank at all", [1, 2, 3, 2, 1], 4),
        ("a label in the first frame and in the last", [4, 0, 0, 1], 5),
        ("nothing but blanks", [0, 0, 0], 5),
        ("one frame", [2], 4),
        ("as many frames as outputs", [0, 1, 1, 0], 4),
        ("float32", [1, 1, 0, 1, 3, 0, 0], 5),
    ):
        label, case = finish(label, {"log_p": _way(rng, way, V)}, scaled=())
        yield label, case


@sheet.check(
    returns="edits",
    points=2,
    minutes=10,
    compare=integers("it is a number of words"),
    hints=[
        "A table: entry (i, j) is the cost of making the first i words meant of the first j words said. The first row "
        "and the first column are 0, 1, 2, ...",
        "Each entry is the least of three: the one above plus 1, the one to the left plus 1, the one diagonally above "
        "plus 1 if the two words differ.",
        "`min(above[j - 1] + (heard != word), above[j] + 1, row[j - 1] + 1)`; the answer is the last entry.",
    ],
)
def word_edits(rng):
    """The least number of words to change, put in and take out."""
    for label, said, meant in (
        ("an ordinary string", [3, 1, 4, 1, 5], [3, 4, 1, 6, 5]),
        ("other words, as many", [2, 7, 1, 8, 2], [7, 1, 8, 2, 8]),
        ("one word too many", [5, 5, 2], [5, 2]),
        ("one word too few", [9, 4], [9, 0, 4]),
        ("two words too many at the end", [4, 7, 9, 8], [4, 7]),
        ("all right", [6, 0, 8], [6, 0, 8]),
        ("all wrong", [1, 2, 3], [4, 5, 6]),
        ("the same words in reverse order", [1, 2, 3, 4], [4, 3, 2, 1]),
        ("the last word alone is right", [8, 6, 7, 4], [1, 4]),
        ("nothing was heard", [], [2, 7, 1]),
        ("nothing was said", [2, 7], []),
        ("one word each", [3], [4]),
        ("the wrong word twice", [7, 7, 7, 1], [7, 1, 1]),
    ):
        yield label, {"said": np.array(said, int), "meant": np.array(meant, int)}


# What is said, the frames, the outputs: labels in the order of the network's outputs, above 0.
STRINGS = (
    ("an ordinary string", [2, 5, 1], 9, 7),
    ("other values of the same shapes", [3, 1, 6], 9, 7),
    ("the same label twice in a row", [4, 4, 2], 8, 6),
    ("the same label three times", [1, 1, 1], 10, 4),
    ("one label", [3], 5, 6),
    ("a label comes back", [2, 1, 2], 7, 4),
    ("as many frames as labels", [1, 3, 2, 4], 4, 6),
    ("just enough frames for a repeat", [2, 2, 3], 4, 5),
    ("one frame", [2], 1, 4),
    ("a long string", [1, 2, 2, 3, 1], 30, 5),
    ("as many outputs as frames", [5, 3], 6, 6),
    ("float32", [3, 2, 2], 8, 5),
)


@sheet.check(
    returns="loss",
    points=4,
    minutes=20,
    hints=[
        "`places` is blank, label, blank, label, ..., blank: 2L + 1 of them. alpha[s] is the log of the summed "
        "probability of all ways that are at place s now. At the first frame only places 0 and 1 can be reached.",
        "A way comes from the same place, from the one before, or, over a blank, from two before: the last only to a "
        "label that differs from the label two before. Probabilities add: `np.logaddexp`, which takes -inf for none.",
        "`alpha = np.logaddexp(np.logaddexp(alpha, step), jump) + row[places]` for each later frame, where step and "
        "jump are alpha moved on by one and two. At the end `-np.logaddexp(alpha[-1], alpha[-2])`.",
    ],
)
def ctc_loss(rng):
    """Minus the logarithm of the summed probability of all ways that say the labels."""
    for label, labels, T, V in STRINGS:
        label, case = finish(label, {"log_p": _said(rng, T, V)}, scaled=())
        yield label, {**case, "labels": np.array(labels)}
    yield "fewer frames than labels", {"log_p": _said(rng, 2, 5), "labels": np.array([1, 2, 3])}
    yield "no frame for the blank of a repeat", {"log_p": _said(rng, 2, 5), "labels": np.array([2, 2])}
    yield "very unlikely labels", {"log_p": _said(rng, 12, 5, 400), "labels": np.array([4, 1, 3])}


def _ways(log_p, places):
    """The logarithms of the summed probabilities of all ways to each place, frame by frame: (T, 2L + 1)."""
    skip = np.zeros(len(places), bool)
    skip[2:] = (places[2:] != 0) & (places[2:] != places[:-2])
    alpha = np.full((len(log_p), len(places)), -np.inf)
    alpha[0, :2] = log_p[0, places[:2]]
    for t in range(1, len(log_p)):
        before = np.concatenate([[-np.inf, -np.inf], alpha[t - 1]])
        jump = np.where(skip, before[:-2], -np.inf)
        alpha[t] = np.logaddexp(np.logaddexp(before[2:], before[1:-1]), jump) + log_p[t, places]
    return alpha


@sheet.check(
    returns="gradient",
    points=3,
    minutes=15,
    hints=[
        "alpha[t, s] + beta[t, s] counts what frame t emits at place s twice. Take it off once: all ways through that "
        "place at that time are left.",
        "Divided by the probability of all ways (subtract their logarithm, `total`, before np.exp) it is a share; the "
        "shares of a frame sum to 1. An output gathers the shares of all places where it stands.",
        "`gradient = np.exp(log_p)`, then for each place `gradient[:, places[s]] -= shares[:, s]`, in a loop: an "
        "output that stands at several places has to lose them all.",
    ],
)
def ctc_gradient(rng):
    """The gradient of the loss for the scores: what the network says minus what the labels ask for."""
    for label, labels, T, V in STRINGS:
        labels, log_p = np.array(labels), _said(rng, T, V)
        places = np.zeros(2 * len(labels) + 1, int)
        places[1::2] = labels
        beta = _ways(log_p[::-1], places[::-1])[::-1, ::-1]
        case = {"alpha": _ways(log_p, places), "beta": beta.copy(), "log_p": log_p}
        label, case = finish(label, case, scaled=())
        yield label, {**case, "labels": labels}


@sheet.check(
    returns="path",
    compare=integers("they are numbers of outputs"),
    points=3,
    minutes=20,
    hints=[
        "The same places and the same three moves as in the loss. But only the best way to a place counts: a maximum "
        "stands where the loss has a sum. Keep which of the three moves it was, for each frame and place.",
        "`ways = np.stack([best, step, jump])` is (3, 2L + 1); `ways.argmax(axis=0)` is how many places the best move "
        "has come, 0, 1 or 2.",
        "Start at the better of the last two places and walk back: `s -= came[s]` for each frame from the last to the "
        "second. Turn the path round and return `places[path]`.",
    ],
)
def align(rng):
    """The likeliest way that says the labels: one output for each frame."""
    for label, labels, T, V in STRINGS:
        label, case = finish(label, {"log_p": _said(rng, T, V)}, scaled=())
        yield label, {**case, "labels": np.array(labels)}
    yield "very unlikely labels", {"log_p": _said(rng, 12, 5, 400), "labels": np.array([4, 1, 3])}
    log_p = _said(rng, 8, 4)
    log_p[:, 0] = -9
    yield "a repeat, and an unlikely blank", {"log_p": log_p, "labels": np.array([2, 2, 1])}
    log_p = _said(rng, 6, 4)
    log_p[-1, 0] = -9
    yield "it ends in a label", {"log_p": log_p, "labels": np.array([1, 3])}
    log_p = _said(rng, 6, 4)
    log_p[-1, 1:] = -9
    log_p[0, 1:] = -9
    yield "it begins and ends in a blank", {"log_p": log_p, "labels": np.array([2, 1])}


def _labels_and_log_p(got, want, case):
    if want.dtype.kind in "iu":
        return integers("they are numbers of outputs")(got, want, case)
    return close(got, want, case)


@sheet.check(
    returns=("labels", "log_p"),
    compare=_labels_and_log_p,
    points=4,
    minutes=25,
    hints=[
        "A prefix is what has been said so far, a tuple of labels. Keep two logarithms for each: of its ways that end "
        "in blank, and of those that end in its last label. It starts with `{(): (0.0, -np.inf)}`.",
        "A frame does three things to a prefix: blank (it stays, and ends in blank), its last label again (it stays, "
        "from the ways that end in the label), a label k more. If k is the last label, a more only comes from the ways "
        "that end in blank. Ways that come to the same prefix add up.",
        "Collect into a dictionary with `np.logaddexp`; then keep the K prefixes whose two ends have the highest "
        "`np.logaddexp`. The first of them after the last frame is the answer.",
    ],
)
def prefix_beam(rng):
    """The best prefix that a search with K beams finds, and its log-probability."""
    for label, T, V, K, sharp in (
        ("an ordinary string", 6, 4, 3, 1.0),
        ("other values of the same shapes", 6, 4, 3, 1.0),
        ("one beam", 7, 4, 1, 1.0),
        ("two beams", 8, 3, 2, 0.6),
        ("more beams than prefixes", 3, 3, 60, 1.0),
        ("one frame", 1, 5, 2, 1.0),
        ("one label beside the blank", 9, 2, 4, 0.5),
        ("as many frames as outputs", 5, 5, 4, 0.8),
        ("a sure network", 8, 4, 3, 4.0),
        ("float32", 6, 3, 4, 0.7),
    ):
        label, case = finish(label, {"log_p": _said(rng, T, V, sharp)}, scaled=())
        yield label, {**case, "K": np.array(K)}
    flat = np.log(np.array([[0.45, 0.3, 0.25], [0.45, 0.25, 0.3], [0.4, 0.31, 0.29]]))
    yield "what the likeliest way does not say", {"log_p": flat, "K": np.array(6)}
    again = np.log(np.array([[0.1, 0.9], [0.8, 0.2], [0.15, 0.85], [0.3, 0.7]]))
    yield "the same label again", {"log_p": again, "K": np.array(5)}


TIMES = 3  # arrangements of the hidden recordings in strings
TIERS = ((0.018, 6), (0.024, 4), (0.03, 2))  # word error rate -> points; the rival has 0.033 at its best price
ALIKE = 0.8  # from here on a model is taken for the course's: two that were trained apart have 0.47 to 0.55
MOST_UNITS = 128


@functools.cache
def _heard():
    """(Speech of the recordings that a class is scored on, their numbers): hidden ones, which no student has.

    In a student's edition it is the validation part.
    """
    recordings, digits = spoken_digits()
    learned = model.split(digits)["training"]
    shipped = model.Speech(recordings, digits, learned)
    if not HIDDEN.is_file():
        return shipped, model.split(digits)["validation"]
    with HIDDEN.open("rb") as file, np.load(file) as held:
        frames, lengths, digits = (held[name] for name in ("X", "lengths", "y"))
    shipped.recordings = np.split(frames.astype(np.float32), np.cumsum(lengths.astype(int))[:-1])
    shipped.digits = digits.astype(int)
    return shipped, np.arange(len(digits))


def marks(outputs, cases):
    """Points for the weights of a model, by its word error rate on strings of recordings that no student has."""
    given = outputs[0]
    if trouble := no_model(given, "W_h_l0", _shapes, MOST_UNITS, "input"):
        return 0, *trouble
    own = model.from_weights(given)
    speech, _ = _heard()
    strings = [speech.string(row[row >= 0]) for row in cases[0]["strings"]]
    strings = [(speech.inputs(frames), digits) for frames, digits in strings]
    if alike(model.units(own, _compared()), _stored_units()) > ALIKE:
        return COPIED
    rate = model.tested(own, strings)
    points = next((points for limit, points in TIERS if rate <= limit), 0)
    asked = ", ".join(f"{points} points from {limit:.1%} down" for limit, points in reversed(TIERS))
    cause = "" if points else "no better than cutting and judging pieces"
    said = f"word error rate {rate:.1%} ({asked})"
    if rate > 0.9:
        cause = "worse than a model that knows little"
        said += (
            "\nIs this a trained model? Are the blocks of its columns in the order i, f, g, o, and the two directions "
            "in their places?"
        )
    return points, said, cause


def _shapes(H):
    shapes = {}
    for layer in answers.LAYERS:
        D = model.INPUTS if layer.startswith("l0") else 2 * H
        shapes |= {f"W_x_{layer}": (D, 4 * H), f"W_h_{layer}": (H, 4 * H), f"b_{layer}": (4 * H,)}
    return {**shapes, "W_y": (2 * H, model.OUTPUTS), "b_y": (model.OUTPUTS,)}


@functools.cache
def _compared():
    """Strings on which the units of two models are compared."""
    return model.fixed(*_heard(), 0, 1)[:60]


@functools.cache
def _stored_units():
    return model.units(model.stored()[0], _compared())


@sheet.check(
    returns=answers.WEIGHTS,
    probe="made",
    marks=marks,
    points=6,
    minutes=15,
    hints=[
        "`my_model.params` is a dictionary of arrays. Print its keys, and the shape of each array.",
        "Fourteen arrays: W_x, W_h and b of `stack.l0`, which reads forwards, of `stack.l0r`, which reads backwards, "
        "of `stack.l1` and of `stack.l1r` above them, then W and b of `readout`.",
        '`p = my_model.params`, then `return (*(p[f"stack.{layer}.{name}"] for layer in ("l0", "l0r", "l1", "l1r") for '
        'name in ("W_x", "W_h", "b")), p["readout.W"], p["readout.b"])`. Right, but too few points? Train for more '
        "passes, with more units, and watch the validation value.",
    ],
)
def my_recogniser(rng):
    """Your own model on recordings it has not heard."""
    _, chosen = _heard()
    rows = [row for _ in range(TIMES) for row in model.arranged(chosen, rng)]
    strings = np.full((len(rows), 5), -1)
    for k, row in enumerate(rows):
        strings[k, : len(row)] = row
    yield f"{len(rows)} strings", {"strings": strings}
