"""How the weights that a student hands in are scored: on weeks of weather that no student has, against ridge+.

The weeks are missing at all three airports, since a neighbour would give them away. The source package, which is
public, holds them: a class that might train on it is given other weeks, by DAYS in ``make_data``.
"""

import functools
from importlib.resources import files

import numpy as np

from lstm_helpers.data import series
from lstm_helpers.projects import judging
from lstm_helpers.projects.forecasting import model

HIDDEN = files("lstm_helpers").joinpath("projects", "forecasting", "hidden_weeks.npz")
LEVELS = model.LEVELS
NAMES = ("W_x", "W_h", "b", "W_y", "b_y")
OUTPUTS = len(model.HORIZONS) * len(LEVELS)
MOST_UNITS = 128  # which the check runs in some seconds
TIERS = ((0.06, 6), (0.04, 4), (0.02, 2))  # the share by which the loss lies below that of ridge+ -> points
# On the weeks that a student has, points are given earlier: there the recipe of ``--own`` lies 4 % below to 2 % above
# ridge+ (four seeds), on the hidden weeks 8 to 12 % below.
EARLIER = 0.08
# From here on a model is taken for one that was made from a stored one, by what ``judging.told`` says of their units:
# of models trained apart it says 0.02 to 0.19, of copies in any disguise that earns a point 0.38 and more.
COPY = 0.3
HABITS = 10  # directions in which weather varies, of as many as there are inputs; in the others it hardly does


def shapes(H):
    """{name: shape} of what is handed in, for H units."""
    D = len(model.INPUTS)
    return {"W_x": (D, 4 * H), "W_h": (H, 4 * H), "b": (4 * H,), "W_y": (H, OUTPUTS), "b_y": (OUTPUTS,)}


@functools.cache
def ground():
    """(Cases to score on, the loss of ridge+ there, the Scale).

    Where a class is graded they are the hidden weeks, at all three airports; in a student's edition the weeks by which
    ``--own`` chooses. Ridge+ has read the same hours as ``--own``, at JFK: one that has read all three airports does
    less well on the hidden weeks.
    """
    weather = series.weather()
    scale, (learned, weeks) = model.Scale.of(weather), model.seasons(weather)
    if HIDDEN.is_file():
        weeks = series.weather(HIDDEN)
    scored = model.together(weeks, model.STATIONS, 0, len(weeks.hours), scale)
    ridge = model.RidgePlus(model.cases(learned, "JFK", 0, len(learned.hours), scale))
    return scored, model.loss_of(ridge.quantiles(scored.X), scored.change), scale


def as_model(given):
    """The Forecaster of {name: array} as it is handed in."""
    told = dict(zip(("lstm.W_x", "lstm.W_h", "lstm.b", "readout.W", "readout.b"), NAMES, strict=True))
    weights = {name: given[short].astype(np.float32) for name, short in told.items()}
    return model.with_weights(weights, ground()[2].change)


def manner(forecaster):
    """What each unit says at the end of made-up windows, (4000, H): on weather, all good models say much the same."""
    return forecaster.hidden(_windows())


@functools.cache
def _windows():
    """Windows (24, 4000, D) that jump about, three times as far as weather does, in the directions in which it varies.

    What a copy was told of the other directions changes none of its forecasts, and shows here as little.
    """
    X = ground()[0].X.reshape(-1, len(model.INPUTS)).astype(np.float64)
    mean = X.mean(axis=0)
    directions = np.linalg.svd(X - mean, full_matrices=False)[2]
    z = 3 * ((X - mean) @ directions.T).std(axis=0) * np.random.default_rng(11).normal(size=(24, 4000, X.shape[1]))
    z[..., HABITS:] = 0
    return (z @ directions + mean).astype(np.float32)


@functools.cache
def of_the_course():
    """What is each stored model's own in its manner."""
    return judging.own_parts([manner(one) for one in model.every_stored(ground()[2]).values()])


def marks(outputs, cases):
    """Points for the weights of a model, by its pinball loss on the hidden weeks beside that of ridge+ there.

    The model is run here and is an LSTM whatever the notebook holds: ridge+ itself cannot be handed in.
    """
    given = dict(zip(NAMES, (outputs[0][name] for name in NAMES), strict=True))
    if trouble := judging.no_model(given, "W_h", shapes, MOST_UNITS, "input"):
        return 0, *trouble
    theirs, (scored, hard, _) = as_model(given), ground()
    if judging.told(manner(theirs), of_the_course()) > COPY:
        return judging.COPIED
    loss = model.loss_of(theirs.quantiles(scored.X), scored.change)
    limits = {points: (1 - share + (0 if HIDDEN.is_file() else EARLIER)) * hard for share, points in TIERS}
    points = next((points for points, limit in limits.items() if loss <= limit), 0)
    asked = ", ".join(f"{points} points from {limits[points]:.3f} down" for points in reversed(limits))
    said = f"a pinball loss of {loss:.3f} degrees where ridge+ has {hard:.3f} ({asked})"
    nothing = np.quantile(scored.change, LEVELS, axis=0).T
    knows_nothing = model.loss_of(np.broadcast_to(nothing, (len(scored.change), *nothing.shape)), scored.change)
    if points:
        return points, said, ""
    if loss < knows_nothing:
        return 0, said, "no better than ridge regression"
    said += (
        f"\nOne that reads nothing, and always says the same quantiles of the change, has {knows_nothing:.3f}. Is this "
        "a trained model? Are the blocks of its columns in the order i, f, g, o? Are its ten numbers the five of 12 "
        "hours ahead, then those of 24, in units of the spread?"
    )
    return 0, said, "no better than a forecast that reads nothing"
