"""What a student's own reader of dates earns: fresh dates in languages that it has not met, beside the rules there."""

import functools
import json
from importlib.resources import files

import numpy as np

from lstm_helpers import wording
from lstm_helpers.projects.judging import COPIED, alike, no_model

HIDDEN = files("lstm_helpers").joinpath("projects", "translation", "hidden_dates.json")
DATES = 960  # fresh ones, of all languages together
MOST_UNITS, E = 96, 32
ALIKE = 0.75  # from here on a model is taken for the course's: those that were trained apart have about 0.56
TIERS = ((0.025, 6), (0.012, 4), (0.0, 2))  # share of dates more than the rules read -> points


@functools.cache
def _languages():
    """What ``world_dates.read_languages`` makes of the languages that only the grader has; in a student's edition those
    that the course holds out, and the codes of the languages to score on."""
    from lstm_helpers.data import world_dates

    if HIDDEN.is_file():
        text = HIDDEN.read_text(encoding="utf-8")
        return world_dates.read_languages(text), tuple(json.loads(text)["languages"])
    return world_dates.shipped(), world_dates.HELD_OUT


@functools.cache
def _rules():
    from lstm_helpers.baselines.dates import DateRules
    from lstm_helpers.data import world_dates

    return DateRules(*world_dates.draw(np.random.default_rng(0), 20_000)[:2])


def _dates(seed):
    """Fresh dates of one seed, as many of each language: texts and answers."""
    from lstm_helpers.data import world_dates

    table, codes = _languages()
    rng, texts, right = np.random.default_rng(seed), [], []
    for code in codes:
        more, answer, _ = world_dates.draw(rng, DATES // len(codes), [code], of=None, table=table)
        texts, right = texts + more, right + answer
    return texts, right


def _shapes(H):
    from lstm_helpers.data import world_dates

    V_in, V = len(world_dates.alphabet()), len(world_dates.TARGET)
    one = {"W_x": (E, 4 * H), "W_h": (H, 4 * H), "b": (4 * H,)}
    both = {f"encoder.{way}.{name}": shape for way in ("l0", "l0r") for name, shape in one.items()}
    shapes = {"read.W": (V_in, E), **both, "written.W": (V, E)}
    shapes |= {"decoder.W_x": (E, 8 * H), "decoder.W_h": (2 * H, 8 * H), "decoder.b": (8 * H,)}
    shapes |= {"combine.W": (4 * H, 2 * H), "combine.b": (2 * H,), "readout.W": (2 * H, V), "readout.b": (V,)}
    return shapes | {"attention.W": (2 * H, 2 * H)}


def marks(outputs, cases):
    """Points for the weights of a reader, by the dates that it reads in languages it has not met.

    The reader is run here, by the course's own code: what is handed in is weights and nothing else.
    """
    from lstm_helpers.projects.translation import model

    if trouble := no_model(outputs[0], "encoder.l0.W_h", _shapes, MOST_UNITS, "character"):
        return 0, *trouble
    texts, right = _dates(int(cases[0]["seed"]))
    reader = model.with_weights({name: w.astype(np.float32) for name, w in outputs[0].items()})
    if alike(_h(reader, texts[::2]), _h(model.stored_reader(), texts[::2])) > ALIKE:
        return COPIED
    good = model.exact(reader, texts, right)
    rules = np.array([_rules().read(text) == answer for text, answer in zip(texts, right, strict=True)])
    share, theirs = good.mean(), rules.mean()
    points = next((points for gain, points in TIERS if share >= theirs + gain), 0)
    asked = ", ".join(f"{wording.count(points, 'point')} from {theirs + gain:.1%}" for gain, points in reversed(TIERS))
    said = f"{share:.1%} of {len(texts)} dates read, where the rules read {theirs:.1%} ({asked})"
    cause = "" if points else "fewer dates than the rules read"
    if share < 0.05:
        cause = "hardly a date is read"
        said += "\nIs this a trained model? Are the arrays those of their names, in the order of NAMES?"
    return points, said, cause


def _h(reader, texts):
    """What each unit of both directions says at each character of the texts: (places, 2H)."""
    from lstm_helpers.data import world_dates

    source, lengths = world_dates.numbered(texts)
    return reader.encode(source, lengths)[0][np.arange(len(source))[:, None] < lengths]
