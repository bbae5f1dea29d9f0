"""Is the forecast just yesterday? A check for any forecast of any series.

>>> truth = np.sin(np.arange(50.0))
>>> print(is_it_yesterday(truth[:-1], truth[1:], truth[:-1], horizon=1))
just yesterday: error 0.0 % below that of "as now", nearest to what came 1 step before (of 1)
"""

from dataclasses import dataclass

import numpy as np

from lstm_helpers.projects.forecasting.answers import just_yesterday

LEAST = 0.02  # the share by which the error has to fall below that of "as now", to count at all


@dataclass(frozen=True)
class Verdict:
    """skill: 1 - error / error of the rival. lag: how many steps back the truth lies to which the forecast is nearest;
    horizon: how many steps ahead it was meant to be; rival: what it is compared with, in words."""

    skill: float
    lag: int
    horizon: int
    rival: str = "as now"

    @property
    def word(self):
        """ "just yesterday", "half yesterday" or "more than yesterday"."""
        if self.skill < LEAST:
            return "just yesterday"
        return "half yesterday" if self.lag else "more than yesterday"

    def __str__(self):
        side, share = ("below", self.skill) if self.skill >= 0 else ("above", -self.skill)
        steps = f"{self.lag} step{'' if self.lag == 1 else 's'} before (of {self.horizon})" if self.lag else "on time"
        return f'{self.word}: error {100 * share:.1f} % {side} that of "{self.rival}", nearest to what came {steps}'


def is_it_yesterday(forecast, truth, now, horizon, rival="as now"):
    """The Verdict on forecasts of consecutive steps.

    forecast, truth, now (N,): what was said of step n, what came, and what was known ``horizon`` steps before, when it
    was said. In place of ``now``, another cheap forecast that was known then, such as a season ago, and its name in
    ``rival``. Raises ValueError for arrays of other shapes, too few steps, or numbers that are missing.
    """
    arrays = [np.asarray(a, float) for a in (forecast, truth, now)]
    if len({a.shape for a in arrays}) > 1 or arrays[0].ndim != 1:
        raise ValueError(
            f"expected forecast, truth and now of one shape (N,), got {', '.join(str(a.shape) for a in arrays)}"
        )
    if len(arrays[0]) <= 2 * horizon:
        raise ValueError(f"expected more than {2 * horizon} steps for a horizon of {horizon}, got {len(arrays[0])}")
    if not all(np.isfinite(a).all() for a in arrays):
        raise ValueError("expected numbers alone, got NaN: leave out the steps of which something is missing")
    if not np.abs(arrays[2] - arrays[1]).any():
        raise ValueError("the series never changes within the horizon: there is nothing to forecast")
    skill, lag = just_yesterday(*arrays, horizon)
    return Verdict(float(skill), lag, horizon, rival)
