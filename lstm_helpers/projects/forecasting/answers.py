"""The right answers of the project, as the solution shows them."""

import numpy as np

from lstm_helpers.nn.functional import lstm_step


def windows(x, y, length, horizon):
    """x (N, D) what is measured hour by hour, y (N,) what is asked. Returns X (length, B, D), target (B,), origin (B,).

    A window whose inputs or target are not all there (NaN) is left out.
    """
    origin = np.arange(length - 1, len(x) - horizon)
    X = np.stack([x[origin - back] for back in range(length - 1, -1, -1)])
    target = y[origin + horizon]
    whole = np.isfinite(X).all(axis=(0, 2)) & np.isfinite(target)
    return X[:, whole], target[whole], origin[whole]


def pinball(q, y, levels):
    """q (B, K) the quantiles, y (B,) what came, levels (K,). Returns the mean loss and its gradient dq (B, K)."""
    over = y[:, None] - q  # how far what came lies above each quantile
    loss = np.where(over > 0, levels * over, (levels - 1) * over).mean()
    dq = np.where(over > 0, -levels, 1 - levels) / q.size
    return loss, dq


def season_ago(y, horizon, period):
    """y (N,) up to now. Returns the forecast of the hours 1 to ``horizon`` from now, (horizon,)."""
    ahead = np.arange(1, horizon + 1)
    back = -(-ahead // period) * period - ahead  # how long before now the newest like hour was
    return y[len(y) - 1 - back]


def rolling_origins(N, first, step, horizon):
    """N hours in all, the first origin, hours between origins. Returns train_end, test_start, test_end, each (K,)."""
    origin = np.arange(first, N - step + 1, step)
    return origin - horizon, origin, origin + step


def just_yesterday(forecast, truth, now, horizon):
    """forecast, truth, now, each (N,): of one hour after the other what was said, came, and was known when it was said.

    Returns skill, a number, and lag, an integer from 0 to horizon.
    """
    skill = 1 - np.abs(forecast - truth).mean() / np.abs(now - truth).mean()
    N = len(truth) - horizon
    fits = [np.abs(forecast[horizon:] - truth[horizon - lag :][:N]).mean() for lag in range(horizon + 1)]
    return skill, int(np.argmin(fits))


def widen(low, high, y, coverage):
    """low, high, y (B,): intervals of a calibration part and what came. Returns the margin to add on both sides."""
    missed = np.maximum(low - y, y - high)  # how far outside, negative inside
    rank = int(np.ceil((len(y) + 1) * coverage))
    return np.sort(missed)[min(rank, len(y)) - 1]


def price_forecasts(prices, log_returns):
    """prices (N,), log_returns (N,): what each day says of the next one. Returns price (N,) and r2, r2_change, numbers.

    The price that each day forecasts of the next; and R2 of the prices, and of their changes, of the days that came.
    """
    price = prices * np.exp(log_returns)
    came, said = prices[1:], price[:-1]
    errors = ((came - said) ** 2).sum()
    r2 = 1 - errors / ((came - came.mean()) ** 2).sum()
    return price, r2, 1 - errors / ((came - prices[:-1]) ** 2).sum()


def forecast_quantiles(x, now, spread, W_x, W_h, b, W_y, b_y):
    """x (T, B, D), now (B,), W_y (H, J * K), b_y (J * K,), spread (J,). Returns quantiles (B, J, K), rising."""
    h = c = np.zeros((x.shape[1], len(W_h)))
    for x_t in x:
        h, c = lstm_step(x_t, h, c, W_x, W_h, b)
    change = (h @ W_y + b_y).reshape(len(now), len(spread), -1) * spread[:, None]
    return np.sort(now[:, None, None] + change, axis=2)


def my_forecaster():
    """The weights of the stored model: W_x (D, 4H), W_h (H, 4H), b (4H,), W_y (H, J * K), b_y (J * K,)."""
    from lstm_helpers.projects.forecasting.model import stored

    p = stored().params
    return p["lstm.W_x"], p["lstm.W_h"], p["lstm.b"], p["readout.W"], p["readout.b"]


__all__ = [
    "windows",
    "pinball",
    "season_ago",
    "rolling_origins",
    "just_yesterday",
    "widen",
    "price_forecasts",
    "forecast_quantiles",
    "my_forecaster",
]
