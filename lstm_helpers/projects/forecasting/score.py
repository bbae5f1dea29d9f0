"""How the weights that a student hands in are scored: on weeks of weather that no student has, against ridge+."""

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
TIERS = ((0.06, 6), (0.03, 4), (0.01, 2))  # the share by which the loss lies below that of ridge+ -> points
ALIKE = 0.8  # the correlation from which units are taken for those of the course's own model


def shapes(H):
    """{name: shape} of what is handed in, for H units."""
    D = len(model.INPUTS)
    return {"W_x": (D, 4 * H), "W_h": (H, 4 * H), "b": (4 * H,), "W_y": (H, OUTPUTS), "b_y": (OUTPUTS,)}


@functools.cache
def ground():
    """(Cases to score on, the loss of ridge+ there, the Scale).

    Where a class is graded they are the hidden weeks, at all three airports; in a student's edition the validation
    part. Ridge+ has read the training part at JFK: on these weeks it does better than one that has read all three.
    """
    weather = series.weather()
    scale, parts = model.Scale.of(weather), model.parts(len(weather.hours))
    if HIDDEN.is_file():
        weeks = series.weather(HIDDEN)
        scored = model.together(weeks, model.STATIONS, 0, len(weeks.hours), scale)
    else:
        scored = model.together(weather, model.STATIONS, *parts["validation"], scale)
    ridge = model.RidgePlus(model.cases(weather, "JFK", *parts["training"], scale))
    return scored, model.loss_of(ridge.quantiles(scored.X), scored.change), scale


def as_model(given):
    """The Forecaster of {name: array} as it is handed in."""
    told = dict(zip(("lstm.W_x", "lstm.W_h", "lstm.b", "readout.W", "readout.b"), NAMES, strict=True))
    weights = {name: given[short].astype(np.float32) for name, short in told.items()}
    return model.with_weights(weights, ground()[2].change)


@functools.cache
def of_the_course():
    """What the units of each of the course's stored models say at the end of each window scored on: (B, H) each."""
    return tuple(one.hidden(ground()[0].X) for one in model.every_stored(ground()[2]).values())


def marks(outputs, cases):
    """Points for the weights of a model, by its pinball loss on the hidden weeks beside that of ridge+ there.

    The model is run here and is an LSTM whatever the notebook holds: ridge+ itself cannot be handed in.
    """
    given = dict(zip(NAMES, (outputs[0][name] for name in NAMES), strict=True))
    if trouble := judging.no_model(given, "W_h", shapes, MOST_UNITS, "input"):
        return 0, *trouble
    theirs, (scored, hard, _) = as_model(given), ground()
    h = theirs.hidden(scored.X)
    if max(judging.alike(h, stored) for stored in of_the_course()) > ALIKE:
        said = "These are the weights of a model that the course trained. Train your own: its line is above."
        return 0, said, "the course's own model"
    loss = model.loss_of(theirs.quantiles(scored.X), scored.change)
    points = next((points for share, points in TIERS if loss <= (1 - share) * hard), 0)
    asked = ", ".join(f"{points} points from {(1 - share) * hard:.3f} down" for share, points in reversed(TIERS))
    said = f"a pinball loss of {loss:.3f} degrees where ridge+ has {hard:.3f} ({asked})"
    nothing = np.quantile(scored.change, LEVELS, axis=0).T
    knows_nothing = model.loss_of(np.broadcast_to(nothing, (len(scored.change), *nothing.shape)), scored.change)
    if points:
        return points, said, ""
    if loss < knows_nothing:
        return 0, said, "no better than ridge regression"
    said += (
        f"\nOne that reads nothing, and always says the same quantiles of the change, has {knows_nothing:.3f}. Is this "
        "a trained model? Are the blocks of its columns in the order i, f, g, o?"
    )
    return 0, said, "no better than a forecast that reads nothing"
