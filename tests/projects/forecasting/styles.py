"""The sheet of the project forecasting: right but different answers raise no false alarm."""

import math

import numpy as np

from lstm_helpers.nn import LSTM
from lstm_helpers.nn.functional import lstm_step

# ---------------------------------------------------------------- windows


def windows_by_loop(x, y, length, horizon):
    X, target, origin = [], [], []
    for t in range(length - 1, len(x) - horizon):
        window, came = x[t + 1 - length : t + 1], y[t + horizon]
        if not (np.isnan(window).any() or np.isnan(came)):
            X.append(window)
            target.append(came)
            origin.append(t)
    return np.stack(X, axis=1), np.array(target), np.array(origin)


def windows_by_index(x, y, length, horizon):
    origin = np.arange(len(x) - horizon - length + 1) + length - 1
    X = x[origin[None, :] + np.arange(-length + 1, 1)[:, None]]
    good = ~np.isnan(X).any(axis=2).any(axis=0) & ~np.isnan(y[origin + horizon])
    return X[:, good], y[origin[good] + horizon], origin[good]


def windows_by_view(x, y, length, horizon):
    seen = np.lib.stride_tricks.sliding_window_view(x, length, axis=0)[: len(x) - horizon - length + 1]
    X, target = seen.transpose(2, 0, 1), y[length - 1 + horizon :]
    good = np.flatnonzero(np.isfinite(X.sum(axis=(0, 2)) + target))
    return X[:, good].copy(), target[good], good + length - 1


# ---------------------------------------------------------------- pinball loss


def pinball_by_max(q, y, levels):
    e = y.reshape(-1, 1) - q
    return np.maximum(levels * e, (levels - 1) * e).mean(), ((e < 0) - levels) / e.size


def pinball_by_loops(q, y, levels):
    loss, dq = 0.0, np.zeros_like(q)
    for b in range(len(q)):
        for k, level in enumerate(levels):
            if y[b] > q[b, k]:
                loss += level * (y[b] - q[b, k])
                dq[b, k] = -level
            else:
                loss += (1 - level) * (q[b, k] - y[b])
                dq[b, k] = 1 - level
    return loss / q.size, dq / q.size


def pinball_by_halves(q, y, levels):
    e = q - y[:, None]
    loss = np.mean(0.5 * np.abs(e) + (0.5 - levels) * e)
    return float(loss), (0.5 * np.sign(e) + 0.5 - levels) / (len(q) * len(levels))


# ---------------------------------------------------------------- a season ago


def season_by_tiling(y, horizon, period):
    return np.tile(y[-period:], math.ceil(horizon / period))[:horizon]


def season_by_loop(y, horizon, period):
    known = list(y)
    for _ in range(horizon):
        known.append(known[-period])
    return np.array(known[len(y) :])


def season_by_remainder(y, horizon, period):
    return y[len(y) - period + np.arange(horizon) % period]


# ---------------------------------------------------------------- rolling origins


def origins_by_loop(N, first, step, horizon):
    rows = []
    while first + step <= N:
        rows.append((first - horizon, first, first + step))
        first += step
    return tuple(np.array(rows).T)


def origins_by_count(N, first, step, horizon):
    start = first + step * np.arange((N - first) // step)
    return [start - horizon, start, start + step]


def origins_by_range(N, first, step, horizon):
    start = np.array([s for s in range(first, N, step) if s + step <= N])
    return np.subtract(start, horizon), start, np.add(start, step)


# ---------------------------------------------------------------- just yesterday?


def yesterday_by_loop(forecast, truth, now, horizon):
    best = (math.inf, 0)
    for lag in range(horizon + 1):
        errors = [abs(forecast[n] - truth[n - lag]) for n in range(horizon, len(truth))]
        best = min(best, (sum(errors), lag))
    ours, theirs = (sum(abs(a - b) for a, b in zip(one, truth, strict=True)) for one in (forecast, now))
    return (theirs - ours) / theirs, best[1]


def yesterday_by_roll(forecast, truth, now, horizon):
    lags = np.arange(horizon + 1)
    moved = np.stack([np.roll(truth, lag)[horizon:] for lag in lags])
    errors = np.abs(moved - forecast[horizon:]).sum(axis=1)
    return 1 - np.sum(np.abs(truth - forecast)) / np.sum(np.abs(truth - now)), lags[errors.argmin()]


def yesterday_by_index(forecast, truth, now, horizon):
    n = np.arange(horizon, len(truth))
    fits = {lag: np.mean(np.abs(forecast[n] - truth[n - lag])) for lag in range(horizon + 1)}
    return 1 - np.mean(np.abs(forecast - truth)) / np.mean(np.abs(now - truth)), min(fits, key=fits.get)


# ---------------------------------------------------------------- wider intervals


def widen_by_list(low, high, y, coverage):
    missed = sorted(max(a - v, v - b) for a, b, v in zip(low, high, y, strict=True))
    return missed[min(math.ceil((len(missed) + 1) * coverage), len(missed)) - 1]


def widen_by_partition(low, high, y, coverage):
    missed, n = np.where(y > (low + high) / 2, y - high, low - y), len(y)
    k = min(int(-(-(n + 1) * coverage // 1)), n) - 1
    return np.partition(missed, k)[k]


def widen_by_counting(low, high, y, coverage):
    missed = np.max([low - y, y - high], axis=0)
    within = (missed[:, None] <= missed[None]).sum(axis=0)  # how many lie at or below each
    enough = missed[within >= (len(y) + 1) * coverage]
    return enough.min() if enough.size else missed.max()


# ---------------------------------------------------------------- prices


def prices_by_logs(prices, log_returns):
    price = np.exp(np.log(prices) + log_returns)
    gap, change = prices[1:] - price[:-1], np.diff(prices)
    spread = np.var(prices[1:]) * len(gap)
    return price, 1 - np.sum(gap**2) / spread, 1 - np.sum(gap**2) / np.sum(change**2)


def prices_by_dots(prices, log_returns):
    price = np.exp(log_returns) * prices
    came = prices[1:]
    gap, around, step = came - price[:-1], came - np.mean(came), came - prices[:-1]
    return price, 1 - gap @ gap / (around @ around), 1 - gap @ gap / (step @ step)


def prices_by_means(prices, log_returns):
    price = prices * np.e**log_returns
    mse = np.mean((price[:-1] - prices[1:]) ** 2)
    return [price, 1 - mse / prices[1:].var(), (np.mean(np.diff(prices) ** 2) - mse) / np.mean(np.diff(prices) ** 2)]


# ---------------------------------------------------------------- the whole model


def quantiles_by_layer(x, now, spread, W_x, W_h, b, W_y, b_y):
    lstm = LSTM(x.shape[2], len(W_h), rng=np.random.default_rng(0), dtype=x.dtype)
    lstm.params.update(W_x=W_x, W_h=W_h, b=b)
    hs, _ = lstm.forward(x, train=False)
    said = (hs[-1] @ W_y + b_y).reshape(x.shape[1], len(spread), -1)
    return np.sort(said * spread[None, :, None] + now[:, None, None])


def quantiles_by_horizon(x, now, spread, W_x, W_h, b, W_y, b_y):
    B, H, J = x.shape[1], W_h.shape[0], len(spread)
    h, c = np.zeros((B, H)), np.zeros((B, H))
    for t in range(len(x)):
        h, c = lstm_step(x[t], h, c, W_x, W_h, b)
    K = len(b_y) // J
    parts = [h @ W_y[:, j * K : j * K + K] + b_y[j * K : j * K + K] for j in range(J)]
    return np.stack([np.sort(now[:, None] + spread[j] * part, axis=1) for j, part in enumerate(parts)], axis=1)


def quantiles_one_by_one(x, now, spread, W_x, W_h, b, W_y, b_y):
    rows = []
    for n in range(x.shape[1]):
        h, c = np.zeros((1, len(W_h))), np.zeros((1, len(W_h)))
        for x_t in x[:, n : n + 1]:
            h, c = lstm_step(x_t, h, c, W_x, W_h, b)
        said = (h[0] @ W_y + b_y).reshape(len(spread), -1)
        rows.append([sorted(now[n] + s * v for v in line) for s, line in zip(spread, said, strict=True)])
    return np.array(rows)


STYLES = {
    "windows": (windows_by_loop, windows_by_index, windows_by_view),
    "pinball": (pinball_by_max, pinball_by_loops, pinball_by_halves),
    "season_ago": (season_by_tiling, season_by_loop, season_by_remainder),
    "rolling_origins": (origins_by_loop, origins_by_count, origins_by_range),
    "just_yesterday": (yesterday_by_loop, yesterday_by_roll, yesterday_by_index),
    "widen": (widen_by_list, widen_by_partition, widen_by_counting),
    "price_forecasts": (prices_by_logs, prices_by_dots, prices_by_means),
    "forecast_quantiles": (quantiles_by_layer, quantiles_by_horizon, quantiles_one_by_one),
}
# Mutants of the solution that compute the same: the changed line, and why.
TURNED = "the square of a difference does not depend on its sign"
ONE_EACH = "they have an entry for each case, as y or truth has"
SIZE = "a distance does not depend on its sign"
SAME = {
    "whole = np.isfinite(X).all(axis=(0, 2)) * np.isfinite(target)": "the product of booleans is `and`",
    "whole = np.isfinite(target) & np.isfinite(X).all(axis=(0, 2))": "`and` does not depend on the order",
    "origin = np.arange(length - 1, len(y) - horizon)": "x and y have a row for each hour",
    "whole = np.isfinite(X).all(axis=(2, 0)) & np.isfinite(target)": "`all` does not depend on the order of its axes",
    "dq = np.where(over >= 0, -levels, 1 - levels) / q.size": "no y is equal to a quantile",
    "loss = np.where(over >= 0, levels * over, (levels - 1) * over).mean()": "at 0 both cost nothing",
    "dq = np.where(over > 0, -levels, 1 - levels) / over.size": "over and q have the same shape",
    "return (skill, np.argmin(fits))": "a NumPy integer is one, too",
    "N = len(forecast) - horizon": ONE_EACH,
    "N = len(now) - horizon": ONE_EACH,
    "fits = [np.abs(truth[horizon - lag:][:N] - forecast[horizon:]).mean() for lag in range(horizon + 1)]": SIZE,
    "skill = 1 - np.abs(truth - forecast).mean() / np.abs(now - truth).mean()": SIZE,
    "skill = 1 - np.abs(forecast - truth).mean() / np.abs(truth - now).mean()": SIZE,
    "missed = np.maximum(y - high, low - y)": "a maximum does not depend on the order",
    "return np.sort(missed)[min(len(y), rank) - 1]": "a minimum does not depend on the order",
    **{f"return np.sort(missed)[min(rank, len({name})) - 1]": ONE_EACH for name in ("high", "low", "missed")},
    **{f"rank = int(np.ceil((len({name}) + 1) * coverage))": ONE_EACH for name in ("high", "low", "missed")},
    "errors = ((said - came) ** 2).sum()": TURNED,
    "r2 = 1 - errors / ((came.mean() - came) ** 2).sum()": TURNED,
    "return (price, r2, 1 - errors / ((prices[:-1] - came) ** 2).sum())": TURNED,
    "return np.sort(now[:, None, None] + change)": "np.sort sorts along the last axis",
    "h = c = np.zeros((x.shape[1], len(W_y)))": "W_h and W_y have a row for each unit",
    **{
        f"change = (h @ W_y + b_y).reshape(len({name}), len(spread), -1) * spread[:, None]": "a row for each window"
        for name in ("c", "h", "x_t")
    },
    "change = (h @ W_y + b_y).reshape(len(now), len(spread), -2) * spread[:, None]": "any negative size is found",
}
SHOWN_OTHERWISE = {"my_forecaster": "the oracle takes a stored model, the notebook the one in its variable my_model"}
