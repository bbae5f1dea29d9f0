"""The numbers that the project draws: rolling origins, margins that move on, shares."""

import tempfile
from pathlib import Path

import numpy as np

from lstm_helpers.projects.forecasting import answers, model

COVERAGE = 0.9
DAYS = 30  # read of a share, before each forecast
SHARE = model.SETTINGS | {"H": 16, "B": 64, "noise": 0.1, "epochs": 6}


def rolling_blocks(weather, scale, fit, first=0.55, step=0.075, until=0.85):
    """Forecasts from rolling origins at JFK: (quantiles (B, 2, 5), Cases), block after block.

    fit(cases) -> a function of X that gives quantiles; it is trained anew at each origin, on what was known then.
    """
    N = len(weather.hours)
    end, step = int(until * N), int(step * N)
    said, came = [], []
    for train_end, start, stop in zip(
        *answers.rolling_origins(end, int(first * N), step, max(model.HORIZONS)), strict=True
    ):
        learned = model.cases(weather, "JFK", 0, train_end + max(model.HORIZONS), scale)
        tested = model.cases(weather, "JFK", start, min(stop + max(model.HORIZONS), end), scale)
        said.append(fit(learned)(tested.X))
        came.append(tested)
    return np.concatenate(said), model.Cases.joined(came)


def misses(quantiles, change):
    """How far outside of its outer quantiles each change lies, negative inside: (B, 2)."""
    return np.maximum(quantiles[..., 0] - change, change - quantiles[..., -1])


def fixed_margins(quantiles, change, coverage=COVERAGE):
    """One margin for each horizon, (2,), by ``answers.widen`` on what was forecast before."""
    return np.array(
        [answers.widen(quantiles[:, j, 0], quantiles[:, j, -1], change[:, j], coverage) for j in range(change.shape[1])]
    )


def moving_margins(missed, origin, now, last=600, coverage=COVERAGE):
    """For each hour of ``now`` the margins (B, 2) from the ``last`` misses that are known by then.

    missed (N, 2) and origin (N,): of forecasts made before and of those that are scored, in order. A miss is known
    once its target has come.
    """
    margins = np.empty((len(now), missed.shape[1]))
    for j, horizon in enumerate(model.HORIZONS):
        known = np.searchsorted(origin, np.asarray(now) - horizon, side="right")
        for n, end in enumerate(known):
            seen = missed[max(end - last, 0) : end, j]
            margins[n, j] = answers.widen(np.full(len(seen), -np.inf), np.zeros(len(seen)), seen, coverage)
    return margins


def covered_with(quantiles, change, margins):
    """The share covered at each horizon, (2,), with margins on both sides: (2,), or (B, 2)."""
    return (misses(quantiles, change) <= margins).mean(axis=0)


def share_cases(stocks, name="AAPL"):
    """{part: Cases} of a share: 30 days of returns, their sizes and changes of volume of all three shares, and the log
    return of the day after. ``now`` is the price, ``origin`` the day's place. Split 70, 15, 15 %, in order."""
    returns, volume = np.diff(np.log(stocks.prices), axis=0), np.diff(np.log(stocks.volumes), axis=0)
    first, second = int(0.7 * len(returns)), int(0.85 * len(returns))
    x = np.concatenate([returns, np.abs(returns), volume], axis=1)
    x = np.clip((x - x[:first].mean(axis=0)) / x[:first].std(axis=0), -6, 6).astype(np.float32)
    column = stocks.names.index(name)
    X, change, origin = answers.windows(x, returns[:, column], DAYS, 1)
    found = {}
    for part, low, high in ("training", 0, first), ("validation", first, second), ("test", second, len(returns)):
        inside = (
            (origin >= low) & (origin + 1 < high) if part == "training" else (origin + 1 >= low) & (origin + 1 < high)
        )
        price = stocks.prices[origin[inside] + 1, column]  # of the day on which the forecast is made
        found[part] = model.Cases(X[:, inside], price, change[inside][:, None], origin[inside] + 1)
    return found


def share_forecasts(found, seeds, layer=model.LSTM):
    """[forecaster, ...] of log returns of a share, one for each seed, by the training part."""
    learned = found["training"]
    spread = learned.change.std(axis=0)
    return [model.trained(learned, spread, SHARE, seed, layer=layer)[0] for seed in seeds]


def worst(said, cases, horizon, count=3, apart=48):
    """The places of the ``count`` largest errors of ``said (B,)`` at a horizon (its place), ``apart`` hours apart."""
    errors, found = np.abs(said - cases.change[:, horizon]), []
    for n in np.argsort(-errors):
        if all(abs(cases.origin[n] - cases.origin[k]) >= apart for k in found):
            found.append(int(n))
        if len(found) == count:
            break
    return found


def first_gap(column, hours, around=8):
    """The place of the first gap of just so many numbers in a column (N,), ``around`` measured on both sides of it."""
    missing = ~np.isfinite(column)
    wanted = np.concatenate([np.zeros(around, bool), np.ones(hours, bool), np.zeros(around, bool)])
    seen = np.lib.stride_tricks.sliding_window_view(missing, len(wanted))
    return int(np.flatnonzero((seen == wanted).all(axis=1))[0]) + around


def straight(column):
    """A column (N,) with straight lines through its gaps, from the number before to the number after each."""
    there = np.isfinite(column)
    place = np.arange(len(column))
    return np.interp(place, place[there], column[there])


def longest_run(origin):
    """The longest stretch of consecutive hours in ``origin (B,)``, as a slice."""
    edges = np.concatenate([[0], np.flatnonzero(np.diff(origin) != 1) + 1, [len(origin)]])
    longest = int(np.argmax(np.diff(edges)))
    return slice(int(edges[longest]), int(edges[longest + 1]))


def example_csv(weather, without=None):
    """Write the temperature at Newark in early summer as a CSV of times and numbers. Returns its path.

    without: a row that is left out.
    """
    first, count = 24 * 166, 920
    T = model.carried(weather.column("EWR", "temperature"))[first : first + count]
    rows = [
        f"{str(h).replace('T', ' ')}:00,{t:.1f}" for h, t in zip(weather.hours[first : first + count], T, strict=True)
    ]
    if without is not None:
        del rows[without]
    file = Path(tempfile.mkdtemp()) / "temperature.csv"
    file.write_text("\n".join(["time,temperature", *rows]), encoding="utf-8")
    return file
