"""What a forecast has to beat: the last value, the value a season ago, ridge regression on everything that is known.

Forecasts are of the change from now, so that 0 says "as now".
"""

import numpy as np

PENALTIES = np.logspace(0, 5, 16)


class Ridge:
    """Linear regression with squared weights held down; the penalty is chosen by leaving out each case in turn.

    X (B, P), Y (B, J). Each column of Y has a penalty of its own, the one of ``penalties`` whose mean squared error on
    the cases left out is lowest (no case is fitted twice for that: the residuals follow from one decomposition).
    Source: Golub, Heath & Wahba 1979, section 2.

    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(50, 3))
    >>> Ridge(X, X[:, :1]).predict(X[:1]).round(2) == X[:1, :1].round(2)
    array([[ True]])
    """

    def __init__(self, X, Y, penalties=PENALTIES):
        X, Y = np.asarray(X, np.float64), np.asarray(Y, np.float64)
        self.center, self.level = X.mean(axis=0), Y.mean(axis=0)
        values, V = np.linalg.eigh((X - self.center).T @ (X - self.center))
        values = np.maximum(values, 0)
        XV = (X - self.center) @ V
        projected, squares = XV.T @ (Y - self.level), XV**2
        self.weights, self.penalties = np.empty((X.shape[1], Y.shape[1])), np.empty(Y.shape[1])
        for j, y in enumerate((Y - self.level).T):
            errors = []
            for penalty in penalties:
                own = squares @ (1 / (values + penalty)) + 1 / len(y)  # the share of each case in its own forecast
                fit = XV @ (projected[:, j] / (values + penalty))
                errors.append(np.mean(((y - fit) / (1 - own)) ** 2))
            self.penalties[j] = penalties[int(np.argmin(errors))]
            self.weights[:, j] = V @ (projected[:, j] / (values + self.penalties[j]))

    def predict(self, X):
        """The forecast (B, J) of X (B, P)."""
        return (np.asarray(X, np.float64) - self.center) @ self.weights + self.level


def flat(X):
    """Windows (T, B, D) as rows (B, T * D), for a model that knows no order."""
    return X.swapaxes(0, 1).reshape(X.shape[1], -1)


def season_naive(y, origins, horizon, period=24):
    """For each of ``origins`` into y (N,), the newest value known there at the hour of day of ``horizon`` hours later.

    NaN where that was not measured.
    """
    back = -(-horizon // period) * period - horizon
    return y[np.asarray(origins) - back]
