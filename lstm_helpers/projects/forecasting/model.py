"""A forecaster of temperature: one small LSTM that reads two days of weather and gives quantiles of 12 and 24 h ahead.

    python -m lstm_helpers.projects.forecasting --resume

trains the runs of the project; ``--own`` trains one model for the last question of the exercise. Both run on the
student's own LSTM unless told otherwise.
"""

from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

import numpy as np

from lstm_helpers.baselines.forecasts import Ridge, flat
from lstm_helpers.data import series
from lstm_helpers.nn import LSTM, Linear
from lstm_helpers.projects.forecasting.answers import pinball
from lstm_helpers.projects.forecasting.own_model import STORED
from lstm_helpers.projects.stored import read_weights
from lstm_helpers.training import AdamW, cosine, fit, gradients, parameters, warm_up

LENGTH, HORIZONS = 48, (12, 24)  # hours read, hours ahead
LEVELS = np.array([0.05, 0.25, 0.5, 0.75, 0.95])
MIDDLE = 2  # which level is the forecast
CARRIED = 12  # hours for which the last value stands in where a sensor is silent
WIND = 60  # m/s: beyond it, a number is a fault of the sensor (a category 5 hurricane begins at 70)
STATIONS = ("JFK", "EWR", "LGA")
INPUTS = (
    "temperature", "dew point", "humidity", "pressure", "wind", "wind to the east", "wind to the north",
    "precipitation", "visibility", "pressure, change in 3 h", "temperature, change in 1 h",
    "hour, sine", "hour, cosine",
)  # fmt: skip
READ = len(INPUTS)
SETTINGS = {
    "H": 64, "dropout": 0.3, "noise": 0.2, "B": 128, "lr": 2e-3, "weight_decay": 0.01, "clip": 1.0, "epochs": 4,
}  # fmt: skip


def carried(column, most=CARRIED):
    """A column (N,) in which a missing number is the last one before it, for up to ``most`` hours.

    Never the next one: what came later was not known. A straight line between the two would look ahead.
    """
    place = np.where(np.isfinite(column), np.arange(len(column)), -1)
    last = np.maximum.accumulate(place)
    return np.where((last >= 0) & (np.arange(len(column)) - last <= most), column[last], np.nan)


def features(weather, station):
    """What is known at each hour, (N, 13) in the order of INPUTS, unscaled; NaN where it is not known."""
    column = {name: weather.column(station, name).copy() for name in weather.names}
    column["wind"][column["wind"] > WIND] = np.nan
    angle = np.deg2rad(column.pop("wind from"))  # 359 and 1 are neighbours: a vector knows that, a number does not
    east, north = -column["wind"] * np.sin(angle), -column["wind"] * np.cos(angle)
    east, north = (np.where(column["wind"] == 0, 0.0, part) for part in (east, north))
    known = {name: carried(values) for name, values in column.items()}
    day = 2 * np.pi * (weather.hours.astype(int) % 24) / 24
    return np.stack(
        [
            known["temperature"], known["dew point"], known["humidity"], known["pressure"], known["wind"],
            carried(east), carried(north), known["precipitation"], known["visibility"],
            _change(known["pressure"], 3), _change(known["temperature"], 1), np.sin(day), np.cos(day),
        ],
        axis=1,
    )  # fmt: skip


def _change(column, hours):
    return column - np.concatenate([np.full(hours, np.nan), column[:-hours]])


def parts(N):
    """The first and last hour of training, validation and test: {name: (first, end)}. 70, 15 and 15 %, in order."""
    first, second = int(N * 0.7), int(N * 0.85)
    return {"training": (0, first), "validation": (first, second), "test": (second, N)}


WEEK, OWN_WEEKS = 168, (43, 90, 136, 181, 235, 297)  # hours; the days after the first hour on which such a week begins


def seasons(weather):
    """(learned, chosen): the hours before the test without six weeks of all seasons, and those weeks, as two Weathers.

    A model of one's own learns from the one and is chosen by the other, which is like what it is scored on: weeks
    between weeks that it knows. What belongs to the other is missing in each.
    """
    hour = np.arange(len(weather.hours))
    away = np.isin(hour, np.concatenate([24 * day + np.arange(WEEK) for day in OWN_WEEKS]))
    before = hour < parts(len(hour))["validation"][1]
    only = lambda kept: {name: np.where(kept[:, None], a, np.nan) for name, a in weather.stations.items()}  # noqa: E731
    return series.Weather(weather.hours, only(before & ~away)), series.Weather(weather.hours, only(before & away))


@dataclass(frozen=True)
class Cases:
    """X (48, B, 13) what was read, now (B,) the temperature at the origin, change (B, 2) until 12 and 24 h later,
    origin (B,) the hour's place in the year."""

    X: np.ndarray
    now: np.ndarray
    change: np.ndarray
    origin: np.ndarray

    @staticmethod
    def joined(several):
        """Several Cases as one."""
        join = lambda name: np.concatenate([getattr(c, name) for c in several], axis=int(name == "X"))  # noqa: E731
        return Cases(join("X"), join("now"), join("change"), join("origin"))


@dataclass(frozen=True)
class Scale:
    """Mean and spread of the inputs, (13,), and the spread of the change, (2,), all of the training part at JFK."""

    mean: np.ndarray
    spread: np.ndarray
    change: np.ndarray

    @staticmethod
    def of(weather):
        """That of the training part."""
        end = parts(len(weather.hours))["training"][1]
        x, T = features(weather, "JFK")[:end], weather.column("JFK", "temperature")[:end]
        mean, spread = np.nanmean(x, axis=0), np.nanstd(x, axis=0)
        mean[-2:], spread[-2:] = 0, 1  # sine and cosine are of size 1 already
        return Scale(mean, spread, np.array([np.nanstd(T[h:] - T[:-h]) for h in HORIZONS]))


def cases(weather, station, first, end, scale):
    """The Cases of a station whose origins lie from ``first`` up to ``end`` and whose last target lies before ``end``.

    A window that is not whole (a hidden week, a gap of more than 12 hours) is left out, and so is one whose
    temperature 12 or 24 hours on was not measured.
    """
    x, T = features(weather, station), weather.column(station, "temperature")
    origin = np.arange(max(first, LENGTH - 1), min(end, len(x)) - max(HORIZONS))
    now, later = x[origin, 0], np.stack([T[origin + h] for h in HORIZONS], axis=1)
    whole = np.concatenate([[0], np.cumsum(~np.isfinite(x).all(axis=1))])
    good = (whole[origin + 1] == whole[origin + 1 - LENGTH]) & np.isfinite(later).all(axis=1)
    origin, now, later = origin[good], now[good], later[good]
    X = ((x - scale.mean) / scale.spread).astype(np.float32)[origin + np.arange(1 - LENGTH, 1)[:, None]]
    return Cases(X, now, later - now[:, None], origin)


def together(weather, stations, first, end, scale):
    """The Cases of several stations."""
    return Cases.joined([cases(weather, name, first, end, scale) for name in stations])


class Forecaster:
    """Windows -> LSTM -> readout of its last h: quantiles of the change at J horizons, in units of ``spread (J,)``.

    lstm: a layer with the forward and backward of ``nn.LSTM``. dropout: the share of h that the readout does not see
    in training; noise: the spread of what is added to the inputs in training; ``rng`` draws both.
    """

    def __init__(self, lstm, readout, spread, *, dropout=0.0, noise=0.0, rng=None):
        self.lstm, self.readout, self.spread = lstm, readout, np.asarray(spread)
        self.dropout, self.noise, self.rng = dropout, noise, rng

    @property
    def params(self):
        return parameters(lstm=self.lstm, readout=self.readout)

    def hidden(self, X):
        """The last h (B, H) of windows X (T, B, D)."""
        return np.concatenate([self.lstm.forward(p, train=False)[0][-1] for p in _pieces(X)])

    def quantiles(self, X, offset=0.0):
        """The quantiles of the change, (B, J, 5) in degrees, rising. offset (B, J): what the change is added to."""
        said = self.readout.forward(self.hidden(X), train=False).reshape(X.shape[1], len(self.spread), -1)
        return np.sort(said * self.spread[:, None] + np.asarray(offset)[..., None], axis=2)

    def loss(self, X, change):
        """Forward and backward: the pinball loss, in units of the spread, and the gradients. change (B, J), scaled."""
        x = X + self.noise * self.rng.standard_normal(X.shape, dtype=np.float32) if self.noise else X
        h, _ = self.lstm.forward(x)
        kept = (self.rng.random(h[-1].shape) >= self.dropout) / (1 - self.dropout)
        said = self.readout.forward((h[-1] * kept).astype(h.dtype))
        loss, dsaid = pinball(said.reshape(-1, len(LEVELS)), change.ravel(), LEVELS)
        dh = np.zeros_like(h)
        dh[-1] = self.readout.backward(dsaid.reshape(said.shape).astype(h.dtype)) * kept
        self.lstm.backward(dh, input_gradient=False)
        return loss, gradients(lstm=self.lstm, readout=self.readout)


def _pieces(X, size=512):
    return (X[:, k : k + size] for k in range(0, X.shape[1], size))


def new_model(spread, rng, *, D=READ, H=SETTINGS["H"], layer=LSTM, **options):
    """An untrained forecaster of D inputs that says "as now". layer: ``nn.LSTM``, ``yours.LSTM`` or the like."""
    readout = Linear(H, len(spread) * len(LEVELS), rng=rng)
    for array in readout.params.values():
        array[...] = 0
    return Forecaster(layer(D, H, rng=rng, forget_bias=1.0), readout, spread, rng=rng, **options)


def trained(data, spread, settings, seed, *, layer=LSTM, offset=None, evaluate=None, checkpoint=None, progress=False):
    """(model, history) of one training on Cases. offset (B, J): a forecast of the change to which the model adds.

    evaluate(model) -> a number, taken after each pass; the weights end as they were at the lowest.
    """
    rng = np.random.default_rng(seed)
    model = new_model(
        spread, rng, D=data.X.shape[2], H=settings["H"], layer=layer,
        dropout=settings["dropout"], noise=settings["noise"],
    )  # fmt: skip
    change = (data.change - (0 if offset is None else offset)) / spread
    optimiser = AdamW(model.params, settings["lr"], weight_decay=settings["weight_decay"])
    a_pass = -(-len(change) // settings["B"])
    steps = settings["epochs"] * a_pass

    def batches(rng):
        order = rng.permutation(len(change))
        for rows in np.array_split(order, a_pass):
            yield data.X[:, rows], change[rows]

    history = fit(
        lambda batch: model.loss(*batch), batches, optimiser, rng=rng, epochs=settings["epochs"], clip=settings["clip"],
        schedule=warm_up(cosine(settings["lr"], steps), steps // 4), checkpoint=checkpoint,
        evaluate=evaluate and (lambda: evaluate(model)), progress=progress and steps,
    )  # fmt: skip
    return model, history


@dataclass
class RidgePlus:
    """Ridge regression on the whole window: the same inputs as the network, in one row, for both horizons.

    ``quantiles`` adds the quantiles of its own residuals, the same at every hour.
    """

    data: Cases

    def __post_init__(self):
        self.ridge = Ridge(flat(self.data.X), self.data.change)
        self.spread = np.quantile(self.data.change - self.predict(self.data.X), LEVELS, axis=0).T  # (2, 5)

    def predict(self, X):
        """The change (B, 2), in degrees."""
        return self.ridge.predict(flat(X))

    def quantiles(self, X):
        """(B, 2, 5), in degrees."""
        return self.predict(X)[..., None] + self.spread


def mae(said, change):
    """The mean size of the error, for each horizon: (2,). said (B, 2) or quantiles (B, 2, 5)."""
    return np.abs((said[..., MIDDLE] if said.ndim == 3 else said) - change).mean(axis=0)


def loss_of(quantiles, change):
    """The pinball loss in degrees, the mean over both horizons and all levels."""
    return pinball(quantiles.reshape(-1, len(LEVELS)), change.ravel(), LEVELS)[0]


def covered(quantiles, change):
    """The share of what came that lies between the lowest and the highest quantile, for each horizon: (2,)."""
    return ((change >= quantiles[..., 0]) & (change <= quantiles[..., -1])).mean(axis=0)


def with_weights(weights, spread):
    """The model with these weights: {"lstm.W_x", "lstm.W_h", "lstm.b", "readout.W", "readout.b"}."""
    model = new_model(spread, np.random.default_rng(0), H=len(weights["lstm.W_h"]))
    for name, array in model.params.items():
        array[...] = weights[name]
    return model


@lru_cache
def _kept():
    file = resources.files("lstm_helpers.data").joinpath("models", f"{STORED}.npz")
    runs = {}
    for name, array in read_weights(file).items():
        run, _, weight = name.partition("/")
        runs.setdefault(run, {})[weight] = array
    return runs


def every_stored(scale):
    """{"alone 0": Forecaster, ...}: the models of the long training, three seeds of each recipe."""
    return {run: with_weights(weights, scale.change) for run, weights in _kept().items()}


def stored(scale=None):
    """One of the stored models, of three airports, seed 0."""
    return every_stored(scale or Scale.of(series.weather()))["alone 0"]
