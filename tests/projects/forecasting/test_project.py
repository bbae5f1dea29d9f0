"""The project forecasting: its data, its honesty, its model, what is handed in, and the numbers in its text."""

import csv
import functools
import hashlib
import re
import tomllib
from importlib.resources import files

import numpy as np
import pytest

from lstm_helpers import checks, data, yours
from lstm_helpers.baselines import forecasts
from lstm_helpers.checks import judge
from lstm_helpers.data import series
from lstm_helpers.intervals import over_seeds
from lstm_helpers.nn import LSTM
from lstm_helpers.projects.forecasting import __main__ as script
from lstm_helpers.projects.forecasting import answers, experiments, make_data, model, own_model, runs, score
from lstm_helpers.projects.forecasting.own_series import forecast_own, read_series
from lstm_helpers.projects.forecasting.yesterday import is_it_yesterday
from lstm_helpers.projects.held_out import AlreadyOpened
from tests import lessons
from tests.checks.solved import solution

NOTEBOOK = lessons.read("projects/forecasting")
PROSE = lessons.prose(NOTEBOOK)
printed = functools.partial(lessons.printed, NOTEBOOK)
MODELS = files("lstm_helpers.data").joinpath("models")


@pytest.fixture(scope="module")
def weather():
    return series.weather()


@pytest.fixture(scope="module")
def scale(weather):
    return model.Scale.of(weather)


@pytest.fixture(scope="module")
def asked():
    return checks.find("my_forecaster")


# ---------------------------------------------------------------- the data


def test_a_hidden_week_is_missing_at_every_station_and_in_every_column(weather):
    weeks = series.weather(score.HIDDEN)
    away = np.isin(np.arange(len(weather.hours)), [24 * d + k for d in make_data.DAYS for k in range(make_data.WEEK)])
    assert away.sum() == 6 * 168
    for station in model.STATIONS:
        assert np.isnan(weather[station][away]).all()
        assert np.isnan(weeks[station][~away]).all()
        assert np.isfinite(weeks.column(station, "temperature")[away]).mean() > 0.98


def test_the_data_are_made_from_the_rows_of_the_source_with_whole_weeks_taken_out():
    row = {"temp": "39.02", "dewp": "NA", "humid": "59.37", "wind_dir": "270", "wind_speed": "10.35702"}
    row |= {"precip": "0.02", "pressure": "1012", "visib": "10"}
    hours = ["2013-01-01T07:00:00Z", "2013-01-21T06:00:00Z"]  # the second one lies in the first hidden week
    rows = [row | {"origin": name, "time_hour": hour} for name in model.STATIONS for hour in hours]
    shipped, hidden = make_data.weather(rows)
    away = 24 * make_data.DAYS[0]
    for name in model.STATIONS:
        assert shipped[name][1].tolist() == [39, series.MISSING, 594, 9, 270, 2, 10120, 1000]
        assert (shipped[name][away] == series.MISSING).all()
        assert hidden[name][away, 0] == 39
        assert (hidden[name][1] == series.MISSING).all()


def test_the_numbers_are_in_the_units_that_are_said(weather):
    assert 30 < np.nanmax(weather.column("JFK", "temperature")) < 40
    assert 980 < np.nanmin(weather.column("JFK", "pressure")) < 1000
    assert np.nanmax(weather.column("JFK", "visibility")) == pytest.approx(16.09, abs=0.01)
    assert np.nanmax(weather.column("EWR", "wind")) > 400  # the fault that the text shows
    assert np.nanmax(model.features(weather, "EWR")[:, 4]) < model.WIND


def test_the_shares_are_whole():
    stocks = series.stocks()
    assert stocks.prices.shape == stocks.volumes.shape == (3270, 3)
    assert (np.diff(stocks.days).astype(int) > 0).all()
    assert (stocks.prices > 0).all()


def test_what_is_stored_has_its_hash_and_its_licence():
    told = tomllib.loads(MODELS.joinpath("provenance.toml").read_text(encoding="utf-8"))
    for name in ("weather_lstm.npz", "weather_rolling.npz"):
        assert hashlib.sha256(MODELS.joinpath(name).read_bytes()).hexdigest() == told[name]["sha256"]
    assert data.provenance()["weather_2013.npz"]["licence"].startswith("CC0")
    assert data.provenance()["stocks_2013.npz"]["licence"].startswith("public domain")
    size = sum(MODELS.joinpath(name).stat().st_size for name in ("weather_lstm.npz", "weather_rolling.npz"))
    assert size < 4_000_000


# ---------------------------------------------------------------- what is known


def test_a_gap_is_filled_by_what_was_known_and_no_further_than_twelve_hours():
    column = np.array([1.0, np.nan, np.nan, 4.0] + [np.nan] * 14)
    filled = model.carried(column)
    assert filled[:4].tolist() == [1, 1, 1, 4]
    assert filled[4:16].tolist() == [4] * 12
    assert np.isnan(filled[16:]).all()
    assert np.isnan(model.carried(np.array([np.nan, 1.0]))[0])


def test_no_input_of_a_window_knows_the_future(weather, scale):
    other = {name: table.copy() for name, table in weather.stations.items()}
    for table in other.values():
        table[3000:] += 7
    changed = series.Weather(weather.hours, other)
    known, same = model.features(weather, "JFK")[:3000], model.features(changed, "JFK")[:3000]
    assert np.array_equal(known, same, equal_nan=True)
    found = model.cases(weather, "JFK", 0, 3000, scale)
    assert (found.origin + 24 < 3000).all()


def test_cases_are_the_windows_and_changes_of_their_origins(weather, scale):
    found = model.cases(weather, "JFK", 0, 2000, scale)
    x, T = model.features(weather, "JFK"), weather.column("JFK", "temperature")
    for n in (0, 500, len(found.now) - 1):
        t = found.origin[n]
        assert found.X[:, n] == pytest.approx((x[t - 47 : t + 1] - scale.mean) / scale.spread, abs=1e-4)
        assert found.change[n] == pytest.approx([T[t + 12] - x[t, 0], T[t + 24] - x[t, 0]])
    assert not np.isin(found.origin, 24 * 20 + np.arange(168 + 47)).any()  # nothing reaches into the hidden week


def test_training_windows_end_before_the_validation_part_and_that_before_the_test(weather, scale):
    bounds = model.parts(len(weather.hours))
    for part, (first, end) in bounds.items():
        origin = model.cases(weather, "JFK", first, end, scale).origin
        assert origin.min() >= first, part
        assert origin.max() + 24 < end, part


def test_the_weeks_that_a_model_of_ones_own_is_chosen_by_are_in_no_window_it_learns_from(weather, scale):
    learned, weeks = model.seasons(weather)
    held = {24 * d + k for d in model.OWN_WEEKS for k in range(model.WEEK)}
    assert not held & {24 * d + k for d in make_data.DAYS for k in range(make_data.WEEK)}
    windows = model.cases(learned, "JFK", 0, len(weather.hours), scale)
    read = {int(h) for t in windows.origin for h in (*range(t - 47, t + 1), t + 12, t + 24)}
    assert not held & read
    assert max(read) < model.parts(len(weather.hours))["test"][0]
    assert {*model.cases(weeks, "JFK", 0, len(weather.hours), scale).origin.tolist()} <= held


# ---------------------------------------------------------------- rivals


def test_ridge_is_least_squares_with_the_penalty_of_the_smallest_error_left_out():
    rng = np.random.default_rng(0)
    X, Y = rng.normal(size=(40, 5)), rng.normal(size=(40, 2))
    Y[:, 0] += 3 * X[:, 1]
    found = forecasts.Ridge(X, Y, penalties=(0.1, 10.0, 1000.0))
    for j in range(2):
        errors = []
        for penalty in (0.1, 10.0, 1000.0):
            left = []
            for n in range(40):
                # the mean of all, as the course's own centring: only the weights are fitted anew
                keep = np.arange(40) != n
                A, y = X[keep] - X[keep].mean(0), Y[keep, j] - Y[keep, j].mean()
                w = np.linalg.solve(A.T @ A + penalty * np.eye(5), A.T @ y)
                left.append(Y[n, j] - Y[keep, j].mean() - (X[n] - X[keep].mean(0)) @ w)
            errors.append(np.mean(np.square(left)))
        assert found.penalties[j] == (0.1, 10.0, 1000.0)[int(np.argmin(errors))]
    A = X - X.mean(0)
    w = np.linalg.solve(A.T @ A + found.penalties[0] * np.eye(5), A.T @ (Y[:, 0] - Y[:, 0].mean()))
    assert found.weights[:, 0] == pytest.approx(w)
    assert found.predict(X)[:, 0] == pytest.approx(A @ w + Y[:, 0].mean())


def test_the_season_of_many_origins_is_that_of_each():
    y = np.random.default_rng(0).normal(size=100)
    for horizon in (1, 12, 24, 30):
        said = forecasts.season_naive(y, [60, 80], horizon)
        assert said.tolist() == [answers.season_ago(y[: t + 1], horizon, 24)[-1] for t in (60, 80)]


# ---------------------------------------------------------------- the model


@pytest.fixture
def small():
    rng = np.random.default_rng(1)
    X = rng.normal(size=(6, 9, 3)).astype(np.float32)
    return model.Cases(X, rng.normal(size=9), rng.normal(size=(9, 2)), np.arange(9))


def test_the_gradient_of_the_pinball_loss_and_of_the_whole_model_is_that_of_small_steps(small):
    rng = np.random.default_rng(2)
    one = model.new_model(np.ones(2), rng, D=3, H=4)
    for array in one.params.values():
        array[...] = rng.normal(size=array.shape) * 0.5
    loss, grads = one.loss(small.X, small.change)
    for name, array in one.params.items():
        place = tuple(rng.integers(n) for n in array.shape)
        before, losses = array[place].copy(), []
        for step in (0.01, -0.01):
            array[place] = before + step
            losses.append(one.loss(small.X, small.change)[0])
        array[place] = before
        assert grads[name][place] == pytest.approx((losses[0] - losses[1]) / 0.02, abs=0.02), name
    assert loss == pytest.approx(one.loss(small.X, small.change)[0])


def test_an_untrained_forecaster_says_as_now_and_a_trained_one_says_rising_quantiles(small):
    untrained = model.new_model(np.ones(2), np.random.default_rng(0), D=3, H=4)
    assert (untrained.quantiles(small.X) == 0).all()
    settings = model.SETTINGS | {"H": 4, "epochs": 3, "B": 4}
    trained, history = model.trained(small, np.ones(2), settings, 0)
    assert (np.diff(trained.quantiles(small.X), axis=2) >= 0).all()
    assert len(history.loss) == 9


def test_the_students_layer_trains_the_same_model(small):
    settings = model.SETTINGS | {"H": 4, "epochs": 2, "B": 4}
    ours, theirs = (model.trained(small, np.ones(2), settings, 0, layer=layer)[0] for layer in (LSTM, yours.LSTM))
    for name, array in ours.params.items():
        assert array == pytest.approx(theirs.params[name], abs=1e-4)


def test_the_answer_of_the_exercise_is_what_the_package_computes(weather, scale):
    found = model.cases(weather, "JFK", 0, 600, scale)
    one = model.stored(scale)
    said = answers.forecast_quantiles(found.X.astype(float), 0 * found.now, scale.change, *answers.my_forecaster())
    assert said == pytest.approx(one.quantiles(found.X), abs=1e-3)


# ---------------------------------------------------------------- the runs, and the test that opens once


def test_every_run_of_the_table_is_there_and_of_this_recipe():
    assert runs.missing() == []
    assert {recipe: len(rows) for recipe, rows in runs.table("validation").items()} == dict.fromkeys(runs.RECIPES, 3)


def test_the_test_stays_closed_for_other_choices(weather, scale, monkeypatch):
    assert len(runs.opened_test(weather, scale).now) == 1286
    monkeypatch.setitem(runs.RECIPES, "LSTM", ({"H": 128}, runs.ALL, False))
    with pytest.raises(AlreadyOpened):
        runs.opened_test(weather, scale)


@pytest.fixture(scope="module")
def measured(weather, scale):
    """(the test's Cases, {name: forecasts}) of the rivals and of the stored models."""
    test = runs.opened_test(weather, scale)
    found = runs.baselines(weather, "test", test)
    found |= {name: one.quantiles(test.X) for name, one in model.every_stored(scale).items() if "alone" in name}
    return test, found


def test_the_stored_weights_reach_what_the_table_says(measured):
    test, found = measured
    for row in runs.table("test")["LSTM"]:
        mae = model.mae(found[f"alone {row['seed']}"], test.change)
        assert mae == pytest.approx([row["mae12"], row["mae24"]], abs=0.003)


def test_c22_the_figures_of_the_test_are_those_of_the_text_and_reach_their_targets(measured):
    test, found = measured
    said = printed("runs.opened_test")
    rows = {name: model.mae(found[name], test.change) for name in ("as now", "same hour, a day ago", "ridge+")}
    for name, recipe in (("LSTM alone", "LSTM"), ("LSTM on ridge+", "LSTM on ridge+")):
        rows[name] = [np.median([r[c] for r in runs.table("test")[recipe]]) for c in ("mae12", "mae24")]
    for name, (twelve, day) in rows.items():
        assert f"{name:<22} 12 h {twelve:.2f}   24 h {day:.2f}\n" in said
    assert rows["LSTM alone"][0] < 2.46
    assert rows["LSTM on ridge+"][0] < 2.40
    assert rows["LSTM on ridge+"][1] < 3.20
    assert rows["ridge+"][0] < rows["LSTM alone"][0] < rows["as now"][0]  # what the text says plainly
    assert f"{rows['LSTM alone'][0]:.2f} degrees 12 hours ahead, where" in PROSE
    assert f"({rows['ridge+'][0]:.2f}) and by a tenth of a degree at 24 ({rows['ridge+'][1]:.2f})" in PROSE


def test_the_coverage_of_the_test_is_that_of_the_text(measured):
    test, found = measured
    said, came, origin = runs.read_rolling()
    one = found["alone 0"]
    raw = experiments.covered_with(one, test.change, np.zeros(2))
    missed = np.concatenate([experiments.misses(said, came), experiments.misses(one, test.change)])
    margins = experiments.moving_margins(missed, np.concatenate([origin, test.origin]), test.origin)
    moved = experiments.covered_with(one, test.change, margins)
    text = printed("covered in November and December")
    assert f"as trained     12 h {raw[0]:.0%}   24 h {raw[1]:.0%}" in text
    assert f"moving margin  12 h {moved[0]:.0%}   24 h {moved[1]:.0%}" in text
    assert (raw < 0.85).all()
    assert (moved > 0.86).all()
    assert f"promise 90 % and cover {100 * raw[0]:.0f} % and {100 * raw[1]:.0f} %" in PROSE
    assert f"The margin that moves on reaches {100 * moved[0]:.0f} % and {100 * moved[1]:.0f} %" in PROSE
    fixed, before = experiments.fixed_margins(said, came), experiments.covered_with(said, came, np.zeros(2))
    assert f"the intervals covered {100 * before.mean():.0f} %, so the margin came out *negative*, by 0.2" in PROSE
    assert fixed == pytest.approx([-0.2, -0.15], abs=0.02)


def test_the_losses_of_the_recipes_are_those_of_the_text(weather, scale):
    held = model.cases(weather, "JFK", *model.parts(len(weather.hours))["validation"], scale)
    hard = model.loss_of(runs.baselines(weather, "validation", held)["ridge+"], held.change)
    loss = {name: [row["loss"] for row in rows] for name, rows in runs.table("validation").items()}
    reached = np.median(loss["LSTM on ridge+"])
    assert f"It reaches {reached:.3f}, where ridge+ alone (the dashed line) has {hard:.3f}" in PROSE
    cost = {name: over_seeds(values, loss["LSTM"]) for name, values in loss.items()}
    assert f"with 16 instead of 64 the loss grows by {cost['LSTM, 16 units'][0]:.2f}" in PROSE
    assert f"To read JFK alone costs {cost['LSTM, JFK alone'][0]:.2f}" in PROSE
    assert cost["LSTM, JFK alone"][0] == pytest.approx(cost["LSTM, JFK alone"][1], abs=0.001)
    assert cost["LSTM, no noise"][0] < cost["LSTM, no noise"][1]


def test_a_moving_margin_uses_what_is_known_at_its_hour_alone():
    rng = np.random.default_rng(0)
    origin, missed = np.arange(200), rng.normal(size=(200, 2))
    before = experiments.moving_margins(missed, origin, origin[100:], last=50)
    later = missed.copy()
    later[150 - 11 :, 0] += 9  # the targets of 12 h come after hour 150
    after = experiments.moving_margins(later, origin, origin[100:], last=50)
    assert np.array_equal(before[:51, 0], after[:51, 0])
    assert (before[51:, 0] != after[51:, 0]).any()
    assert np.array_equal(before[:, 1], after[:, 1])


def test_rolling_blocks_are_forecast_by_models_that_know_nothing_of_them(weather, scale):
    trained = []

    def fit(learned):
        trained.append(int(learned.origin.max()) + 24)
        return lambda X: np.zeros((X.shape[1], 2, 5))

    _, cases = experiments.rolling_blocks(weather, scale, fit)
    starts = [int(cases.origin[cases.origin > t].min()) for t in trained]
    assert len(trained) == 4
    assert all(end <= start for end, start in zip(trained, starts, strict=True))
    assert len(np.unique(cases.origin)) == len(cases.origin)
    assert cases.origin.max() + 24 < model.parts(len(weather.hours))["test"][0]


# ---------------------------------------------------------------- is it just yesterday?


def test_a_copy_is_unmasked_and_a_forecast_is_not():
    wave = np.sin(np.arange(200) / 5) + np.random.default_rng(0).normal(size=200) * 0.05
    now, truth = wave[:-3], wave[3:]
    assert is_it_yesterday(now + 0.001, truth, now, 3).word == "just yesterday"
    assert is_it_yesterday(truth + 0.01, truth, now, 3).word == "more than yesterday"
    half = is_it_yesterday(0.6 * now + 0.4 * truth, truth, now, 3)
    assert (half.word, half.lag > 0) == ("half yesterday", True)
    assert "nearest to what came 3 steps before (of 3)" in str(is_it_yesterday(now + 0.001, truth, now, 3))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"truth": np.zeros(4)}, "of one shape"),
        ({"horizon": 9}, "more than 18 steps"),
        ({"forecast": np.full(12, np.nan)}, "got NaN"),
        ({"now": np.arange(12.0)}, "never changes"),
    ],
)
def test_what_cannot_be_judged_is_said_in_words(change, said):
    given = {"forecast": np.arange(12.0), "truth": np.arange(12.0), "now": np.arange(12.0) - 1, "horizon": 2} | change
    with pytest.raises(ValueError, match=said):
        is_it_yesterday(**given)


def test_share_prices_are_no_better_than_zero_and_the_text_says_so():
    said = printed("HeldOut(")
    zero = float(re.search(r"no change +([\d.]+)", said)[1])
    assert all(float(value) >= zero - 0.02 for value in re.findall(r"LSTM, seed \d +([\d.]+)", said))
    low, high = map(float, re.search(r"\[([-+][\d.]+), ([-+][\d.]+)\]", said).groups())
    assert low < 0 < high
    assert "just yesterday" in printed("figures.copy")
    stocks = series.stocks()
    days = experiments.share_cases(stocks)["validation"]
    _, r2, change = answers.price_forecasts(days.now, np.zeros(len(days.now)))
    assert f"$R^2$ of {r2:.3f} without knowing anything" in PROSE
    assert change == 0


def test_the_returns_of_a_share_are_those_of_the_day_after_its_window():
    stocks = series.stocks()
    found = experiments.share_cases(stocks, "IBM")
    for part in found.values():
        n = len(part.now) // 2
        t = part.origin[n]
        assert part.now[n] == stocks.prices[t, 1]
        assert part.change[n, 0] == pytest.approx(np.log(stocks.prices[t + 1, 1] / stocks.prices[t, 1]))
    assert found["training"].origin.max() + 1 < found["validation"].origin.min() + 2


# ---------------------------------------------------------------- a series of one's own


def table(tmp_path, times, values, mark=",", header="time,value"):
    file = tmp_path / "own.csv"
    lines = [header.replace(",", mark), *(f"{t}{mark}{v}" for t, v in zip(times, values, strict=True))]
    file.write_text("\n".join(lines), encoding="utf-8")
    return file


def daily(count, start="2020-01-01"):
    return [str(np.datetime64(start) + k) for k in range(count)]


def months(count):
    return [str(np.datetime64("1990-01") + k) for k in range(count)]


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_a_table_is_read_whatever_parts_its_columns(tmp_path, mark):
    found = read_series(table(tmp_path, months(240), np.arange(240) % 7, mark))
    assert (len(found.values), found.step, found.name) == (240, "1 month", "value")


def test_what_cannot_be_read_is_refused_with_its_line_and_what_to_do(tmp_path):
    days, values = daily(260), list(range(260))
    gap = days[:100] + [str(np.datetime64(d) + 1) for d in days[100:]]
    twice = [*days[:50], days[49], *days[50:-1]]
    wrong = {
        r"line 102: a gap, 2020-04-09 and then 2020-04-11.*step is 1 day: expected one row for each step": (
            gap,
            values,
        ),
        r"line 52: a time twice": (twice, values),
        r"line 6: value is 'warm': expected a number": (days, [*values[:4], "warm", *values[5:]]),
        r"line 6: value is empty: fill the gap": (days, [*values[:4], "", *values[5:]]),
        r"line 6: value is '3,5': write decimals with a point": (days, [*values[:4], '"3,5"', *values[5:]]),
        r"150 rows, expected at least 200: too few": (days[:150], values[:150]),
        r"is 5 in every row: there is nothing to forecast": (days, [5] * 260),
        r"no column holds times": ([f"day {k}" for k in range(260)], values),
        r"no column holds numbers beside": (days, ["x"] * 260),
        r"1 row, expected at least 200": (days[:1], values[:1]),
        r"2020-09-16 comes before 2020-09-15: sort the rows, oldest first": (days[::-1], values),
        r"line 2: value is empty: fill the gap": (days, ["", *values[1:]]),
        r"a quotation mark \" is opened and not closed": (days, [*values[:4], '"3', *values[5:]]),
    }
    for said, (times, numbers) in wrong.items():
        with pytest.raises(ValueError, match=said):
            read_series(table(tmp_path, times, numbers))
    weekdays = [d for d in daily(400) if np.is_busday(np.datetime64(d))]
    with pytest.raises(ValueError, match="a gap, .*Share prices have no weekends"):
        read_series(table(tmp_path, weekdays, range(len(weekdays))))


def test_a_table_without_a_header_or_with_decimal_commas_is_told_so(tmp_path):
    with pytest.raises(ValueError, match="line 1 holds a time, 2020-01-01: expected the names of the columns"):
        read_series(table(tmp_path, daily(250)[1:], range(249), header="2020-01-01,0"))
    with pytest.raises(ValueError, match="line 2: value is '0,5': write decimals with a point"):
        read_series(table(tmp_path, daily(250), [f"{k},5" for k in range(250)], ";"))


def test_steps_of_milliseconds_are_named_in_the_largest_unit_that_fits(tmp_path):
    minutes = [f"{np.datetime64('2020-01-01T00:00:00.500') + np.timedelta64(60_000 * k, 'ms')}Z" for k in range(240)]
    assert read_series(table(tmp_path, minutes, range(240))).step == "1 minute"


@pytest.mark.parametrize("given", [{"horizon": 2.5}, {"horizon": 0}, {"horizon": 3, "season": -3}])
def test_a_horizon_and_a_season_are_whole_numbers_of_steps(tmp_path, given):
    found = read_series(table(tmp_path, daily(400), np.arange(400) % 7))
    with pytest.raises(ValueError, match="expected a whole number of steps, 1 or more"):
        forecast_own(found, **given)


def test_files_that_are_no_tables_are_refused(tmp_path):
    with pytest.raises(ValueError, match="this is a folder"):
        read_series(tmp_path)
    with pytest.raises(ValueError, match="there is no such file"):
        read_series(tmp_path / "nothing.csv")
    tmp_path.joinpath("picture.csv").write_bytes(b"\x89PNG\xff\xfe\x00")
    with pytest.raises(ValueError, match=r"picture\.csv is binary"):
        read_series(tmp_path / "picture.csv")
    two = table(tmp_path, daily(250), [f"{k},{k}" for k in range(250)], header="time,a,b")
    with pytest.raises(ValueError, match="several columns hold numbers, a, b: say which, column='a'"):
        read_series(two)
    assert read_series(two, "b").name == "b"


def test_a_series_of_ones_own_gets_a_forecast_an_interval_and_a_verdict(tmp_path):
    season = 10 * np.sin(2 * np.pi * np.arange(420) / 12) + np.random.default_rng(0).normal(size=420)
    own = forecast_own(read_series(table(tmp_path, months(420), season.round(3))), horizon=3, season=12)
    assert own.errors["LSTM"] < 0.6 * own.errors["as now"]
    assert own.low < own.middle < own.high
    assert own.covered > 0.75
    walk = 50 + np.random.default_rng(1).normal(size=600).cumsum()
    own = forecast_own(read_series(table(tmp_path, daily(600), walk.round(3))), horizon=1)
    assert own.verdict.word == "just yesterday"
    assert "just yesterday" in str(own)
    with pytest.raises(ValueError, match="a shorter horizon or season, or more rows"):
        forecast_own(read_series(table(tmp_path, daily(300), walk[:300])), horizon=30)


# ---------------------------------------------------------------- the script


def test_a_model_of_ones_own_trains_stops_and_goes_on(tmp_path, monkeypatch):
    monkeypatch.setattr(model, "STATIONS", ("JFK",))
    settings = model.SETTINGS | {"H": 3, "epochs": 1, "B": 1500}
    result = script.own(tmp_path, False, LSTM, 7, settings, progress=False)
    assert result["ended"] == "finished"
    with pytest.raises(FileExistsError, match="go on with --resume"):
        script.own(tmp_path, False, LSTM, 7, settings, progress=False)
    longer = script.own(tmp_path, True, LSTM, 7, settings | {"epochs": 2}, progress=False)
    assert longer["ended"] == "finished"
    rows = list(csv.DictReader(tmp_path.joinpath(f"{own_model.STORED}.csv").open()))
    assert len(rows) == 2
    assert min(float(r["validation"]) for r in rows) == pytest.approx(longer["validation loss"], abs=1e-3)


def test_the_line_in_the_exercise_is_the_one_that_trains():
    assert own_model.TRAINING.command().endswith("-m lstm_helpers.projects.forecasting --own")


# ---------------------------------------------------------------- a model handed in, and what is none


def handed_in(**change):
    """An answer to the last question: the weights of the model that the solution trained, some of them changed."""
    params = solution("forecasting")[0]["my_model"].params
    weights = dict(zip(score.NAMES, (params[n] for n in ORDER), strict=True))
    return lambda: tuple(change.get(name, lambda w: w)(w) for name, w in weights.items())


ORDER = ("lstm.W_x", "lstm.W_h", "lstm.b", "readout.W", "readout.b")


def test_a_model_of_ones_own_earns_by_the_hidden_weeks(asked):
    result = checks.examine(asked, handed_in())
    assert (result.state, result.points) == (judge.CORRECT, 6)
    loss, hard = map(float, re.search(r"loss of ([\d.]+) degrees where ridge\+ has ([\d.]+)", result.text).groups())
    assert loss < 0.94 * hard
    timid = {checks.examine(asked, handed_in(W_y=lambda w, s=s: s * w)).points for s in np.linspace(0.5, 1, 26)}
    assert timid == {0, 2, 4, 6}


def test_without_the_hidden_weeks_others_stand_in(asked, monkeypatch, tmp_path):
    monkeypatch.setattr(score, "HIDDEN", tmp_path / "not there")
    score.ground.cache_clear()
    try:
        result = checks.examine(asked, handed_in())
        assert result.points > 0
        scored, hard, _ = score.ground()
        assert len(scored.now) > 1500
        assert 0.7 < hard < 0.85
    finally:
        score.ground.cache_clear()


@pytest.mark.parametrize("run", ["alone 0", "alone 2", "on ridge+ 1"])
@pytest.mark.parametrize(
    "how",
    [
        *("as it is", "in another order", "cut", "signs turned", "noise", "among idle units", "where weather is not"),
        "split",
    ],
)
def test_the_models_that_the_course_trained_earn_nothing_in_any_disguise(asked, scale, run, how):
    rng = np.random.default_rng(0)
    params = model.every_stored(scale)[run].params
    W_x, W_h, b, W_y, b_y = (params[name].astype(float) for name in ORDER)
    H = len(W_h)
    order, sign = np.arange(H), np.ones(H)
    if how == "in another order":
        order = rng.permutation(H)
    elif how == "cut":
        order = rng.permutation(H)[: H // 2]
    elif how == "signs turned":
        sign = rng.choice([-1.0, 1.0], H)
    columns = np.concatenate([order + k * H for k in range(4)])
    whole = np.concatenate([np.ones(2 * H), sign, np.ones(H)])
    W_x, W_h, b, W_y = W_x * whole, sign[:, None] * W_h * whole, b * whole, sign[:, None] * W_y
    theirs = [W_x[:, columns], W_h[order][:, columns], b[columns], W_y[order], b_y]
    if how == "noise":
        theirs = [w + 0.1 * w.std() * rng.normal(size=w.shape) for w in theirs]
    elif how == "where weather is not":  # inputs that hardly occur are read otherwise
        X = score.ground()[0].X.reshape(-1, len(model.INPUTS)).astype(float)
        least = np.linalg.svd(X - X.mean(axis=0), full_matrices=False)[2][-1:]
        more = 0.4 * least.T @ rng.normal(size=(1, 4 * H))
        theirs[0], theirs[2] = theirs[0] + more, theirs[2] - X.mean(axis=0) @ more
    elif how == "split":  # two for each unit, one more at work where the other is less
        twice, more = np.arange(4 * H).reshape(4, 1, H).repeat(2, axis=1).ravel(), rng.normal(size=(len(W_x), H))
        parts = W_x[:, twice], np.tile(W_h[:, twice], (2, 1)) / 2, b[twice], np.tile(W_y, (2, 1)) / 2, b_y
        theirs = list(parts)
        theirs[0][:, 6 * H :] += 0.3 * np.hstack([more, -more])
    elif how == "among idle units":
        theirs = [with_idle_units(w, name, H) for w, name in zip(theirs, score.NAMES, strict=True)]
    result = checks.examine(asked, lambda: tuple(theirs))
    assert (result.state, result.points) == (judge.WRONG, 0)
    assert result.cause == "the course's own model" or how == "cut"  # half of the units say no more than nothing


def with_idle_units(w, name, H):
    """The weights of H more units that say nothing."""
    if name in ("W_h", "W_y"):
        w = np.concatenate([w, np.zeros((H, w.shape[1]))])
    if name in ("W_x", "W_h", "b"):
        blocks = np.split(w, 4, axis=-1)
        w = np.concatenate([np.concatenate([block, 0 * block], axis=-1) for block in blocks], axis=-1)
    return w


def test_a_stored_model_that_is_trained_on_for_a_pass_is_still_the_courses(asked, weather, scale):
    learned, _ = model.seasons(weather)
    found = model.cases(learned, "JFK", 0, len(weather.hours), scale)
    one = model.every_stored(scale)["alone 1"]
    one.rng = np.random.default_rng(3)
    optimiser = model.AdamW(one.params, 1e-3)
    for rows in np.array_split(one.rng.permutation(len(found.now)), 30):
        optimiser.step(one.loss(found.X[:, rows], found.change[rows] / scale.change)[1])
    result = checks.examine(asked, lambda: tuple(one.params[name] for name in ORDER))
    assert (result.points, result.cause) == (0, "the course's own model")


def test_a_baseline_cannot_be_handed_in_and_a_lookup_earns_nothing(weather, scale):
    scored, hard, _ = score.ground()
    always = np.broadcast_to(np.quantile(scored.change, score.LEVELS, axis=0).T, (len(scored.now), 2, 5))
    assert model.loss_of(always, scored.change) > 1.2 * hard  # the best that reads nothing, told the answers' spread
    learned, _ = model.seasons(weather)
    shipped = model.together(learned, model.STATIONS, 0, len(weather.hours), scale)
    keys, wanted = (c.X[::6].swapaxes(0, 1).reshape(len(c.now), -1) for c in (shipped, scored))
    distance = (keys**2).sum(1) - 2 * wanted @ keys.T
    for count in (1, 20, 100):
        near = np.argpartition(distance, count, axis=1)[:, :count]
        looked_up = np.quantile(shipped.change[near], score.LEVELS, axis=1).transpose(1, 2, 0)
        assert model.loss_of(looked_up, scored.change) > 1.0 * hard  # every window of every file a student has


def test_a_neighbour_would_give_a_hidden_week_away_which_is_why_none_is_shipped(weather):
    weeks = series.weather(score.HIDDEN)
    here, there = (weeks.column(name, "temperature") for name in ("JFK", "LGA"))
    assert np.nanmean(np.abs(here - there)) < 1.5  # a lookup at LaGuardia: half of what ridge+ is off by


def test_what_is_no_model_is_said_in_words(asked):
    slips = {
        "W_x has shape (256, 13), expected (13, 256) with W_h of 64 units: transpose it": handed_in(W_x=np.transpose),
        "W_y has shape (64, 9), expected (64, 10)": handed_in(W_y=lambda w: w[:, :9]),
        "W_h has shape (200, 800), expected (H, 4H) with 1 to 128": handed_in(W_h=lambda w: np.zeros((200, 800))),
        "b_y holds NaN": handed_in(b_y=lambda b: b * np.nan),
        "One that reads nothing": handed_in(W_y=lambda w: -4 * w),
    }
    for said, slip in slips.items():
        result = checks.examine(asked, slip)
        assert (result.state, result.points) == (judge.WRONG, 0)
        assert said in result.text
    assert checks.examine(asked, lambda: ...).state == judge.NOT_ATTEMPTED
    weak = checks.examine(asked, handed_in(W_y=lambda w: 0.5 * w))
    assert (weak.points, weak.cause) == (0, "no better than ridge regression")
