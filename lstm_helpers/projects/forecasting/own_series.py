"""Bring your own: a CSV with a column of times and one of numbers; a small LSTM, intervals, and the verdict.

>>> own = forecast_own(read_series("work/power.csv"), horizon=24, season=24)
>>> print(own)
"""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lstm_helpers import wording
from lstm_helpers.baselines.forecasts import season_naive
from lstm_helpers.nn import LSTM
from lstm_helpers.projects.forecasting import answers, model
from lstm_helpers.projects.forecasting.yesterday import Verdict, is_it_yesterday
from lstm_helpers.projects.own_files import MISSING, rows_of, separator, text_of

SHORTEST = 200  # rows: 60 % to learn from, 20 % for the intervals, 20 % to measure
LONGEST = 50_000
TIME = re.compile(r"\d{4}([-/]\d{1,2}([-/]\d{1,2}([T ]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?Z?)?)?)?")
COMMA = re.compile(r"-?[\d.]*,[\d.,]*\d")  # a decimal comma, or one between thousands
COVERAGE = 0.9
SETTINGS = model.SETTINGS | {"H": 24, "B": 64, "lr": 4e-3, "dropout": 0.1, "noise": 0.02}
STEPS = 600  # of training, whatever the length


@dataclass(frozen=True)
class Series:
    """times (N,) as text, values (N,), the name of their column, and what one step is, in words."""

    times: list
    values: np.ndarray
    name: str
    step: str


def read_series(path, column=None):
    """The Series of a CSV file: a header, a column of times, a column of numbers.

    Times are like 2024-05-31, 2024-05, 2024 or 2024-05-31 13:00, evenly spaced and in order. column: the name of the
    numbers' column, where there are several. Raises ValueError, saying in which line what was expected, for a file
    that cannot be read so: gaps, text among the numbers, uneven steps, too few rows.
    """
    path = Path(path)
    rows, header = _rows(path)
    time = next((k for k in range(len(header)) if all(TIME.fullmatch(r[k].strip()) for r in rows[:5])), None)
    if time is None:
        raise ValueError(
            f"{path}: no column holds times: expected one like 2024-05-31 or 2024-05-31 13:00, got line 2: {rows[0]}"
        )
    if TIME.fullmatch(header[time]):
        raise ValueError(
            f"{path}: line 1 holds a time, {header[time]}: expected the names of the columns above the rows"
        )
    if len(rows) < SHORTEST:
        count = wording.count(len(rows), "row")
        raise ValueError(f"{path}: {count}, expected at least {SHORTEST}: too few to learn from and to test on")
    place = _number_column(path, header, rows, time, column)
    times, values = [], np.empty(len(rows))
    for n, row in enumerate(rows):
        times.append(row[time].strip())
        values[n] = _number(path, n, row[place], header[place])
    step = _even_step(path, times)
    if len(rows) > LONGEST:
        raise ValueError(f"{path}: {len(rows):,} rows, expected at most {LONGEST:,}: cut a part out of it")
    if np.ptp(values) == 0:
        raise ValueError(f"{path}: {header[place]} is {values[0]:g} in every row: there is nothing to forecast")
    return Series(times, values, header[place], step)


def _rows(path):
    """The rows (lists of text) and the header; blank lines are left out."""
    lines = [line for line in text_of(path).splitlines() if line.strip()]
    if len(lines) < 2:
        raise ValueError(f"{path}: expected a header and rows below it, got {wording.count(len(lines), 'line')}")
    table = rows_of(path, lines, separator(path, lines[0]))
    header = [name.strip() for name in table[0]]
    if len(header) < 2:
        raise ValueError(f"{path}: expected two columns or more, separated by , or ; or tabs, got line 1: {lines[0]!r}")
    for n, row in enumerate(table[1:], start=2):
        if len(row) != len(header):
            raise ValueError(f"{path}, line {n}: {len(row)} columns, expected {len(header)} as in the header: {row}")
    return table[1:], header


def _number_column(path, header, rows, time, column):
    if column is not None:
        if column not in header:
            raise ValueError(f"{path}: no column {column!r}: expected one of {', '.join(header)}")
        return header.index(column)
    numbers = [k for k in range(len(header)) if k != time and any(_meant(row[k]) for row in rows)]
    if len(numbers) > 1:
        found = ", ".join(header[k] for k in numbers)
        raise ValueError(f"{path}: several columns hold numbers, {found}: say which, column={header[numbers[0]]!r}")
    if not numbers:
        raise ValueError(f"{path}: no column holds numbers beside the times, got line 2: {rows[0]}")
    return numbers[0]


def _meant(text):
    """Whether a number was meant, if need be one with a comma."""
    return _is_number(text) or bool(COMMA.fullmatch(text.strip()))


def _is_number(text):
    try:
        return bool(np.isfinite(float(text)))
    except ValueError:
        return False


def _number(path, n, text, name):
    if _is_number(text):
        return float(text)
    if text.strip().lower() in MISSING:
        said = "is empty: fill the gap, say by the value before it, or cut the file there"
    elif COMMA.fullmatch(text.strip()):
        said = f"is {text!r}: write decimals with a point, and nothing between thousands"
    else:
        said = f"is {text!r}: expected a number"
    raise ValueError(f"{path}, line {n + 2}: {name} {said}")


def _even_step(path, times):
    """What one step is, in words."""
    plain = [t.removesuffix("Z").replace("/", "-").replace(" ", "T") for t in times]
    for n, time in enumerate(plain):
        try:
            np.datetime64(time)
        except ValueError:
            raise ValueError(
                f"{path}, line {n + 2}: {times[n]!r} is no time of the calendar: expected one like {times[0]}"
            ) from None
    stamps = np.array(plain, "datetime64")
    unit = np.datetime_data(stamps.dtype)[0]
    steps = np.diff(stamps).astype(int)
    usual = int(np.median(steps)) if len(steps) else 0
    if usual < 0:
        raise ValueError(f"{path}: {times[0]} comes before {times[1]}: sort the rows, oldest first")
    odd = np.flatnonzero(steps != usual)
    if len(odd) or usual == 0:
        n = int(odd[0]) if len(odd) else 0
        what = "a time twice" if steps[n] == 0 else "times out of order" if steps[n] < 0 else "a gap"
        if len(odd) > 0.2 * len(steps):
            what = "uneven steps"
        step = _in_words(usual, unit)
        said = f"{path}, line {n + 3}: {what}, {times[n]} and then {times[n + 1]}, where the usual step is {step}"
        raise ValueError(f"{said}: expected one row for each step, in order{_way_out(stamps, what, usual)}")
    if unit == "Y":
        return f"{_in_words(usual, unit)} (or whatever these numbers count)"
    return _in_words(usual, unit)


def _way_out(stamps, what, usual):
    """What to do about days that are not evenly spaced since the calendar is not, or "". usual: the usual step."""
    if np.datetime_data(stamps.dtype)[0] != "D":
        return ""
    if usual >= 28 and len(np.unique(stamps - stamps.astype("datetime64[M]"))) == 1:
        return f". Months are not equally long: write them as {stamps[0].astype('datetime64[M]')}, without the day"
    if usual == 1 and what in ("a gap", "uneven steps"):
        return ". Share prices have no weekends: number the trading days (1000, 1001, ...)"
    return ""


def _in_words(step, unit):
    """ "1 hour" of 60 and "m"."""
    for small, large, count in ("ms", "s", 1000), ("s", "m", 60), ("m", "h", 60), ("h", "D", 24):
        if unit == small and step and step % count == 0:
            step, unit = step // count, large
    return wording.count(
        step,
        {"Y": "year", "M": "month", "D": "day", "h": "hour", "m": "minute", "ms": "millisecond"}.get(unit, "second"),
    )


@dataclass(frozen=True)
class OwnForecast:
    """The errors on the last fifth, the share covered there, the verdict, and the forecast from the last row on."""

    series: Series
    horizon: int
    errors: dict
    covered: float
    verdict: Verdict
    low: float
    middle: float
    high: float

    def __str__(self):
        count = f"{len(self.series.values):,} rows"
        lines = [
            f"{self.series.name}: {count}, one every {self.series.step}; {wording.count(self.horizon, 'step')} ahead"
        ]
        lines += [f"  mean absolute error, {name:<16} {value:.4g}" for name, value in self.errors.items()]
        lines += [
            f"  {COVERAGE:.0%} intervals covered {self.covered:.0%} of the last fifth",
            f"  verdict: {self.verdict}",
        ]
        lines += [f"  from the last row on: {self.middle:.4g}, between {self.low:.4g} and {self.high:.4g}"]
        return "\n".join(lines)


def forecast_own(series, horizon, season=None, *, layer=LSTM, seed=0):
    """Train a small LSTM on a Series and say how good it is: an OwnForecast.

    horizon: steps ahead. season: after how many steps it repeats, if it does (24 hours, 12 months). layer: ``nn.LSTM``
    or ``yours.LSTM``. The first 60 % are learned, the next 20 % widen the intervals, the last 20 % measure.
    Raises ValueError for what is no Series, and for a horizon or a season that is too long for it.
    """
    if not isinstance(series, Series):
        raise ValueError(f"expected a Series, got {series!r:.80}: for a file, forecast_own(read_series(path), ...)")
    for name, steps in ("horizon", horizon), ("season", 1 if season is None else season):
        if not isinstance(steps, (int, np.integer)) or steps < 1:
            raise ValueError(f"{name} = {steps}: expected a whole number of steps, 1 or more")
    y, length = series.values, max(24, min(96, 2 * (season or 12)))
    if length + 5 * horizon > 0.2 * len(y):
        raise ValueError(
            f"a horizon of {horizon} with windows of {length} steps needs {5 * length + 25 * horizon} rows, got "
            f"{len(y)}: a shorter horizon or season, or more rows"
        )
    first, second, origin = int(0.6 * len(y)), int(0.8 * len(y)), np.arange(length - 1, len(y))
    now, change = y[origin], y[np.minimum(origin + horizon, len(y) - 1)] - y[origin]
    ends = origin + horizon  # of the last windows what came is not known
    learn, widen, test = ends < first, (origin >= first) & (ends < second), (origin >= second) & (ends < len(y))
    spread, level, size = np.std(change[learn]) or 1.0, y[:first].mean(), y[:first].std() or 1.0
    seen = y[origin + np.arange(1 - length, 1)[:, None]]
    parts = [(seen - now) / spread, (seen - level) / size]
    if season:
        angle = 2 * np.pi * (origin + np.arange(1 - length, 1)[:, None]) / season
        parts += [np.sin(angle), np.cos(angle)]
    X = np.stack(parts, axis=2).astype(np.float32)
    learned = model.Cases(X[:, learn], now[learn], change[learn][:, None], origin[learn])
    settings = SETTINGS | {"epochs": max(2, round(STEPS * SETTINGS["B"] / learn.sum()))}
    forecaster, history = model.trained(learned, np.array([spread]), settings, seed, layer=layer)
    history.whole()
    q = now[:, None] + forecaster.quantiles(X)[:, 0]
    margin = answers.widen(q[widen, 0], q[widen, -1], (now + change)[widen], COVERAGE)
    low, middle, high = q[:, 0] - margin, q[:, model.MIDDLE], q[:, -1] + margin
    rivals, came = {"LSTM": middle, "as now": now}, (now + change)[test]
    if season:
        rivals["a season ago"] = season_naive(y, origin, horizon, season)
    errors = {name: float(np.abs(said[test] - came).mean()) for name, said in rivals.items()}
    inside = float(((came >= low[test]) & (came <= high[test])).mean())
    best = min(list(rivals)[1:], key=errors.get)  # the cheap forecast that is harder to beat
    verdict = is_it_yesterday(middle[test], came, rivals[best][test], horizon, best)
    return OwnForecast(series, horizon, errors, inside, verdict, *(float(v[-1]) for v in (low, middle, high)))
