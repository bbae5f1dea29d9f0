"""Sheet of the project forecasting: windows, quantiles, baselines, honest evaluation, and a model of one's own."""

from importlib.resources import files

import numpy as np

from lstm_helpers.checks.cases import ONE_APART, finish, weights, without_units
from lstm_helpers.checks.compare import close, integers, whole_number
from lstm_helpers.checks.sheet import Sheet
from lstm_helpers.projects.forecasting import answers, score

_DATA = files("lstm_helpers").joinpath("data")
READS = (  # the weather, what is scored on, where it is there, and the course's models, with which one is compared
    _DATA.joinpath("weather_2013.npz"),
    _DATA.joinpath("models", "weather_lstm.npz"),
    *([score.HIDDEN] if score.HIDDEN.is_file() else []),
)
sheet = Sheet.of(answers, profile="forecasting", reads=READS)

_HOURS = integers("they are places in the series, or numbers of hours")


@sheet.check(
    returns=("X", "target", "origin"),
    points=2,
    minutes=12,
    compare=_HOURS,
    hints=[
        "The origin is the last hour of a window, the hour at which the forecast is made: from `length - 1` on, up to "
        "the last hour that still has a target.",
        "`origin = np.arange(length - 1, len(x) - horizon)`. The window of an origin holds the rows "
        "`origin - length + 1` to `origin`; stack them with time first.",
        "`X = np.stack([x[origin - back] for back in range(length - 1, -1, -1)])`, then keep those where "
        "`np.isfinite(X).all(axis=(0, 2)) & np.isfinite(y[origin + horizon])`.",
    ],
)
def windows(rng):
    """Windows of a series with gaps, each with the value `horizon` hours after its last hour."""
    for label, N, D, length, horizon, gaps in (
        ("an ordinary series", 15, 2, 4, 2, 0),
        ("other values of the same sizes", 15, 2, 4, 2, 0),
        ("a horizon longer than the window", 17, 3, 2, 5, 0),
        ("windows of one hour", 9, 2, 1, 3, 0),
        ("one input, and the next hour asked", 10, 1, 3, 1, 0),
        ("gaps in the inputs", 26, 3, 3, 2, 2),
        ("a gap in what is asked alone", 16, 2, 3, 4, 1),
        ("a series that just holds one window", 8, 2, 5, 3, 0),
        ("float32", 14, 2, 4, 2, 0),
    ):
        x, y = rng.normal(size=(N, D)), rng.normal(size=N)
        if gaps == 2:
            x[5, 1], x[12], y[20] = np.nan, np.nan, np.nan
        elif gaps == 1:
            y[9] = np.nan
        _, case = finish(label, {"x": x, "y": y})
        yield label, {**case, "length": np.array(length), "horizon": np.array(horizon)}


@sheet.check(
    returns=("loss", "dq"),
    points=3,
    minutes=15,
    hints=[
        "Make y a column, `y[:, None]`, and take the quantiles away: (B, K). Where that is above 0 the quantile was "
        "too low, and each degree costs the level; elsewhere it was too high, and each costs 1 minus the level.",
        "`loss = np.where(over > 0, levels * over, (levels - 1) * over).mean()`.",
        "The slope in q is -levels where the quantile was too low, and 1 - levels elsewhere. The mean is over all "
        "B * K numbers: divide by `q.size`.",
    ],
)
def pinball(rng):
    """The pinball loss of K quantiles, the mean over all of them, and its gradient."""
    for label, B, K, _ in without_units(ONE_APART):
        q, y = rng.normal(size=(B, K)) * 2, rng.normal(size=B) * 2
        q[0, 0] = y[0] + (1.5 if label == "other values of the same shapes" else -1.5)
        levels = np.sort(rng.uniform(0.03, 0.97, size=K))
        yield finish(label, {"q": q, "y": y, "levels": levels}, scaled=("y",))
    for label, side in (("every quantile too low", -1), ("every quantile too high", 1)):
        y, levels = rng.normal(size=4), np.array([0.1, 0.4, 0.8])
        yield label, {"q": y[:, None] + side * rng.uniform(1, 2, size=(4, 3)), "y": y, "levels": levels}


@sheet.check(
    returns="forecast",
    points=2,
    minutes=10,
    hints=[
        "Of the hour `h` from now the newest known value of the same hour of day lies a whole number of periods before "
        "it, as few as reach back to now or before.",
        "That number is `h / period` rounded up: `-(-h // period)`. So its value lies `that * period - h` hours before "
        "now.",
        "`ahead = np.arange(1, horizon + 1)`, `back = -(-ahead // period) * period - ahead`, and now is at "
        "`len(y) - 1`.",
    ],
)
def season_ago(rng):
    """For each hour ahead, the newest known value of the same hour of day."""
    for label, N, horizon, period in (
        ("less than a period ahead", 17, 4, 6),
        ("other values of the same sizes", 17, 4, 6),
        ("a whole period ahead", 13, 5, 5),
        ("more than a period ahead", 16, 11, 4),
        ("two whole periods ahead", 11, 6, 3),
        ("a period of one hour", 7, 5, 1),
        ("one hour ahead", 12, 1, 5),
        ("as many hours as one period", 6, 6, 6),
        ("float32", 15, 7, 4),
    ):
        _, case = finish(label, {"y": rng.normal(size=N)})
        yield label, {**case, "horizon": np.array(horizon), "period": np.array(period)}


@sheet.check(
    returns=("train_end", "test_start", "test_end"),
    points=2,
    minutes=10,
    compare=_HOURS,
    hints=[
        "An origin every `step` hours from `first` on, as long as a whole block of `step` hours fits behind it.",
        "`origin = np.arange(first, N - step + 1, step)`; the block tested is `origin` up to, not including, "
        "`origin + step`.",
        "A window that ends at hour t has its target at t + horizon. So that no target of the training lies in the "
        "block, the windows end before `origin - horizon`.",
    ],
)
def rolling_origins(rng):
    """Where training ends and testing begins and ends, for an origin that moves on through a series."""
    for label, N, first, step, horizon in (
        ("an ordinary series", 100, 40, 15, 6),
        ("a block that just fits", 90, 30, 20, 4),
        ("hours left over", 47, 20, 12, 3),
        ("one origin alone", 35, 20, 10, 5),
        ("blocks of one hour", 24, 18, 1, 2),
        ("a horizon longer than a block", 60, 30, 7, 9),
    ):
        shift = rng.integers(4)
        case = {"N": N + shift, "first": first + shift, "step": step, "horizon": horizon}
        yield label, {name: np.array(value) for name, value in case.items()}


def _skill_and_lag(got, want, case):
    return whole_number(got, want, case) if want.dtype.kind in "iu" else close(got, want, case)


@sheet.check(
    returns=("skill", "lag"),
    points=3,
    minutes=18,
    compare=_skill_and_lag,
    hints=[
        "The skill is 1 minus the mean absolute error of the forecast over that of `now`, taken as a forecast.",
        "For a lag of k hours, compare `forecast[n]` with `truth[n - k]`. To compare all lags on the same hours, leave "
        "the first `horizon` forecasts out.",
        "`N = len(truth) - horizon`; for each lag from 0 to horizon the mean of "
        "`np.abs(forecast[horizon:] - truth[horizon - lag:][:N])`; then `np.argmin`, as an int.",
    ],
)
def just_yesterday(rng):
    """How much better than `now` a forecast is, and by how many hours it follows the truth."""
    for label, N, horizon, lag, quality in (
        ("a forecast that follows", 30, 3, 3, 0.02),
        ("other values of the same sizes", 30, 3, 3, 0.02),
        ("a forecast that is on time", 25, 4, 0, 0.3),
        ("a forecast that is one hour late", 28, 4, 1, 0.1),
        ("half way between", 40, 4, 2, 0.1),
        ("worse than now", 26, 2, 1, 3.0),
        ("one hour ahead", 20, 1, 1, 0.1),
        ("a forecast far too high", 22, 3, 1, 0.5),
        ("a forecast a little too high", 30, 4, 2, 0.1),
        ("float32", 24, 3, 2, 0.1),
        ("a bad start", 30, 3, 0, 0.1),
        ("one wild hour", 28, 4, 1, 0.1),
        ("a series that rises, and a forecast too low", 30, 4, 0, 0.1),
    ):
        series = rng.normal(size=N + horizon).cumsum() + 0.4 * rng.normal(size=N + horizon)
        if label == "a forecast a little too high":  # of no trend: differences that may cancel tell another lag
            series = rng.normal(size=N + horizon)
        if label == "one wild hour":  # a peak, and below an error: squares of differences follow them to lag 0
            series[horizon + 12] += 20
        if label.startswith("a series that rises"):  # nearest to what came two hours before, most like its own hour
            series += 3 * np.arange(len(series))
        truth, now = series[horizon:], series[:-horizon]
        forecast = series[horizon - lag : len(series) - lag] + quality * rng.normal(size=N)
        if label == "a forecast far too high":
            forecast = forecast + 40
        if label == "a forecast a little too high":
            forecast = forecast + 0.3
        if label == "a bad start":  # a lag that leaves these hours out seems nearer
            forecast[:horizon] += 100
        if label == "one wild hour":
            forecast[12] += 200
        if label.startswith("a series that rises"):
            forecast = forecast - 6
        _, case = finish(label, {"forecast": forecast, "truth": truth, "now": now}, scaled=())
        yield label, {**case, "horizon": np.array(horizon)}


@sheet.check(
    returns="margin",
    points=3,
    minutes=15,
    hints=[
        "How far outside is each y? Above `high` by `y - high`, below `low` by `low - y`; inside, both are negative, "
        "and the larger of the two is what counts.",
        "`missed = np.maximum(low - y, y - high)`. The margin is one of these numbers: of the n sorted ones that of "
        "rank (n + 1) * coverage, rounded up.",
        "`rank = int(np.ceil((len(y) + 1) * coverage))`, at most n; ranks count from 1, places from 0: "
        "`np.sort(missed)[min(rank, len(y)) - 1]`.",
    ],
)
def widen(rng):
    """The margin by which intervals have to be widened, or narrowed, to cover what they should."""
    for label, B, coverage in (
        ("an ordinary part", 25, 0.9),
        ("other values of the same sizes", 25, 0.9),
        ("half of it", 12, 0.53),
        ("a rank that is whole", 7, 0.75),
        ("too few for so high a coverage", 6, 0.97),
        ("one case", 1, 0.4),
        ("intervals that are too wide", 31, 0.8),
        ("many cases", 120, 0.93),
        ("float32", 17, 0.85),
        ("intervals that lie too low", 22, 0.9),
    ):
        y = rng.normal(size=B) * 4
        half = rng.uniform(4, 9, size=B) if label == "intervals that are too wide" else rng.uniform(0.2, 2, size=B)
        middle = y + rng.normal(size=B) * (0.3 if label == "intervals that are too wide" else 2) + 0.5
        if label == "intervals that lie too low":
            middle = middle - 4
        _, case = finish(label, {"low": middle - half, "high": middle + 1.3 * half, "y": y})
        yield label, {**case, "coverage": np.array(coverage)}


@sheet.check(
    returns=("price", "r2", "r2_change"),
    points=2,
    minutes=12,
    hints=[
        "A log return r takes a price to price * exp(r). Entry n of `price` speaks of day n + 1, so the last one has "
        "nothing to be compared with yet.",
        "What came is `prices[1:]`, what was said of it `price[:-1]`. R2 is 1 minus the sum of squared errors over the "
        "sum of squares around the mean.",
        "For the changes the rival is the price of the day before: divide by "
        "`((prices[1:] - prices[:-1]) ** 2).sum()`, the errors of the forecast 0.",
    ],
)
def price_forecasts(rng):
    """Prices from forecast returns, and R2 twice: of the prices, and of their changes."""
    for label, N, size in (
        ("an ordinary share", 20, 0.02),
        ("other values of the same sizes", 20, 0.02),
        ("days that hardly move", 14, 0.002),
        ("wild days", 17, 0.3),
        ("two days", 3, 0.05),
        ("a forecast of no change", 15, 0.03),
        ("a share of some thousands", 18, 0.04),
        ("float32", 16, 0.05),
    ):
        start = 4000 if label.startswith("a share of") else 50
        prices = start * np.exp((size * rng.normal(size=N)).cumsum())
        said = 0.5 * size * rng.normal(size=N) * (label != "a forecast of no change")
        yield finish(label, {"prices": prices, "log_returns": said}, scaled=())


@sheet.check(
    returns="quantiles",
    points=4,
    minutes=20,
    hints=[
        "One pass of a loop for each hour, oldest first; h and c start at 0. Only the last h is read.",
        "`h @ W_y + b_y` is (B, J * K): for each of the J horizons K numbers side by side. Reshape it to (B, J, K).",
        "Each horizon has its own `spread`: `change * spread[:, None]`. Add `now[:, None, None]`, then sort along the "
        "last axis, so that no quantile lies below a lower one.",
    ],
)
def forecast_quantiles(rng):
    """An LSTM reads windows of weather and says K quantiles of the temperature for each of J horizons."""
    for label, B, D, H in ONE_APART:
        T, J, K = (3, 3, 3) if label.startswith("square") else (5, 2, 4) if H != 2 else (6, 3, 2)
        case = {
            "x": rng.normal(size=(T, B, D)),
            "now": rng.normal(size=B) * 5 + 3,
            "spread": rng.uniform(0.5, 4, size=J),
            **weights(rng, D, H),
            "W_y": rng.normal(size=(H, J * K)) * 2,
            "b_y": rng.permutation(J * K) / (J * K) - 0.45,
        }
        yield finish(label, case)


@sheet.check(
    returns=("W_x", "W_h", "b", "W_y", "b_y"),
    probe="made",
    marks=score.marks,
    points=6,
    minutes=20,
    hints=[
        "`my_model.params` is a dictionary of arrays. Print its keys, and the shape of each array.",
        "Five arrays, in this order: `lstm.W_x`, `lstm.W_h`, `lstm.b`, `readout.W`, `readout.b`.",
        '`p = my_model.params`, then `return p["lstm.W_x"], p["lstm.W_h"], p["lstm.b"], p["readout.W"], '
        'p["readout.b"]`. Right, but too few points? Another seed, more passes, more noise: choose by the validation '
        "value.",
    ],
)
def my_forecaster(rng):
    """Your own model on weeks it has not seen: it has to know more than ridge regression on the same inputs."""
    yield "weeks that nobody has", {"levels": score.LEVELS}
