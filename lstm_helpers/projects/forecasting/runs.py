"""The runs of the project: each recipe with each seed on the validation part, and what was chosen on the test, once."""

import hashlib
import io
import time
from importlib import resources

import numpy as np

from lstm_helpers import files, runs
from lstm_helpers.baselines import forecasts
from lstm_helpers.data import series
from lstm_helpers.nn import LSTM
from lstm_helpers.projects.forecasting import answers, experiments, model
from lstm_helpers.projects.held_out import HeldOut

TABLE = runs.BENCHMARKS / "forecasting.csv"
COLUMNS = ("recipe", "seed", "part", "mae12", "mae24", "loss", "cover12", "cover24", "seconds", "version")
KINDS = dict.fromkeys(COLUMNS[3:9], float) | {"seed": int}
SEEDS = (0, 1, 2)
ONE, ALL = ("JFK",), model.STATIONS
# Recipe -> what is changed in model.SETTINGS, whose weather it reads, whether it adds to ridge+.
RECIPES = {
    "LSTM": ({}, ALL, False),
    "LSTM, JFK alone": ({"epochs": 12}, ONE, False),
    "LSTM, 16 units": ({"H": 16}, ALL, False),
    "LSTM, no noise": ({"noise": 0.0}, ALL, False),
    "LSTM on ridge+": ({}, ONE, True),
}
FINAL = {"alone": "LSTM", "on ridge+": "LSTM on ridge+"}  # name of the stored weights -> recipe: chosen by validation
ROLLING = "weather_rolling"  # the name of the stored forecasts from rolling origins
TEST = "weather JFK 2013, last 15 %"


def recipe_version(recipe):
    """A hash of all that a run of the recipe depends on."""
    parts = (model.carried, model.features, model.Scale, model.cases, model.Forecaster, model.new_model, model.trained)
    made = runs.code(*parts, model.RidgePlus, answers.pinball, forecasts.Ridge)
    return runs.version(repr(RECIPES[recipe]), repr(model.SETTINGS), made)


def choices():
    """What is measured on the test, all contestants together."""
    return {name: [recipe, repr(RECIPES[recipe]), repr(model.SETTINGS)] for name, recipe in FINAL.items()}


def grounds(part, scale, weather):
    """(first and last hour of what is learned, first and last of what is measured) for "validation" or "test"."""
    bounds = model.parts(len(weather.hours))
    first, end = bounds[part]
    return (0, first), (first, end)


def opened_test(weather, scale, who="course"):
    """The Cases of the test at JFK, opened for the choices of this module."""
    _, (first, end) = grounds("test", scale, weather)
    return HeldOut(TEST, model.cases(weather, "JFK", first, end, scale)).open(choices(), who)


def train(recipe, seed, part, *, layer=LSTM, weather=None, progress=False):
    """(model, the RidgePlus that it adds to or None, seconds) of one run."""
    changed, stations, on_ridge = RECIPES[recipe]
    weather = weather or series.weather()
    scale = model.Scale.of(weather)
    (first, end), _ = grounds(part, scale, weather)
    data = model.together(weather, stations, first, end, scale)
    ridge = model.RidgePlus(data) if on_ridge else None
    began = time.process_time()
    forecaster, history = model.trained(
        data, scale.change, model.SETTINGS | changed, seed, layer=layer, progress=progress,
        offset=ridge and ridge.predict(data.X),
    )  # fmt: skip
    history.whole()
    return forecaster, ridge, time.process_time() - began


def figures_of(quantiles, change):
    """{column: number} of quantiles (B, 2, 5), or of a forecast (B, 2) that has no quantiles."""
    whole = quantiles.ndim == 3
    cover = model.covered(quantiles, change) if whole else (np.nan, np.nan)
    loss = model.loss_of(quantiles, change) if whole else np.nan
    found = dict(zip(("mae12", "mae24"), model.mae(quantiles, change), strict=True)) | {"loss": loss}
    found |= dict(zip(("cover12", "cover24"), cover, strict=True))
    return {name: round(float(value), 4) for name, value in found.items()}


def baselines(weather, part, cases):
    """{name: quantiles (B, 2, 5) or forecast (B, 2)} of the rivals, fitted on all before the part, at JFK."""
    scale = model.Scale.of(weather)
    (first, end), _ = grounds(part, scale, weather)
    learned = model.cases(weather, "JFK", first, end, scale)
    T = model.carried(weather.column("JFK", "temperature"))
    past = np.stack([forecasts.season_naive(T, cases.origin, h) for h in model.HORIZONS], axis=1)
    short = lambda c: model.Cases(c.X[-24:][..., [*range(9), 11, 12]], c.now, c.change, c.origin)  # noqa: E731
    ridge = model.RidgePlus(short(learned))
    return {
        "as now": np.zeros_like(cases.change),
        "same hour, a day ago": past - cases.now[:, None],
        "ridge, 24 h": ridge.quantiles(short(cases).X),
        "ridge+": model.RidgePlus(learned).quantiles(cases.X),
    }


def missing():
    """(recipe, seed, part) of the runs that the table does not hold, or holds of another version."""
    have = {(r["recipe"], r["seed"], r["part"], r["version"]) for r in runs.read(TABLE, KINDS)}
    asked = [(recipe, seed, "validation") for recipe in RECIPES for seed in SEEDS]
    asked += [(recipe, seed, "test") for recipe in FINAL.values() for seed in SEEDS]
    return [(r, s, p) for r, s, p in asked if (r, s, p, recipe_version(r)) not in have]


def run(recipe, seed, part, layer=LSTM, progress=False):
    """One run, added to the table. Returns its row and the weights."""
    weather = series.weather()
    scale = model.Scale.of(weather)
    _, (first, end) = grounds(part, scale, weather)
    forecaster, ridge, seconds = train(recipe, seed, part, layer=layer, weather=weather, progress=progress)
    measured = opened_test(weather, scale) if part == "test" else model.cases(weather, "JFK", first, end, scale)
    said = forecaster.quantiles(measured.X, ridge.predict(measured.X) if ridge else 0.0)
    row = {"recipe": recipe, "seed": seed, "part": part, **figures_of(said, measured.change)}
    row |= {"seconds": round(seconds, 1), "version": recipe_version(recipe)}
    runs.add(row, TABLE, COLUMNS)
    return row, dict(forecaster.params)


def table(part):
    """The newest run of each recipe and seed on a part: {recipe: [row, ...] by seed}."""
    found = {}
    for row in runs.read(TABLE, KINDS):
        if row["part"] == part and row["recipe"] in RECIPES and row["version"] == recipe_version(row["recipe"]):
            found.setdefault(row["recipe"], {})[row["seed"]] = row
    return {recipe: [rows[seed] for seed in sorted(rows)] for recipe, rows in found.items()}


def rolling(layer=LSTM, seed=0):
    """What an LSTM said from rolling origins before the test: (quantiles (B, 2, 5), Cases at JFK).

    It is trained anew at each origin, on JFK alone, with as many passes as the recipe "LSTM, JFK alone".
    """
    weather = series.weather()
    scale = model.Scale.of(weather)
    settings = model.SETTINGS | RECIPES["LSTM, JFK alone"][0]

    def fit(cases):
        return model.trained(cases, scale.change, settings, seed, layer=layer)[0].quantiles

    return experiments.rolling_blocks(weather, scale, fit)


def write_rolling(file, forecasts):
    """Write what ``rolling`` returned, but for what was read, in 16 bits. Returns the SHA-256 of the file."""
    quantiles, cases = forecasts
    packed = io.BytesIO()
    halves = {"quantiles": quantiles.astype(np.float16), "change": cases.change.astype(np.float16)}
    np.savez_compressed(packed, **halves, origin=cases.origin.astype(np.int32))
    files.write(file, packed.getvalue())
    return hashlib.sha256(packed.getvalue()).hexdigest()


def read_rolling():
    """(quantiles (B, 2, 5), change (B, 2), origin (B,)) of the stored forecasts from rolling origins."""
    file = resources.files("lstm_helpers.data").joinpath("models", f"{ROLLING}.npz")
    with file.open("rb") as stream, np.load(stream, allow_pickle=False) as held:
        return held["quantiles"].astype(float), held["change"].astype(float), held["origin"].astype(int)
