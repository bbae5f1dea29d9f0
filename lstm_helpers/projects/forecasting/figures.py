"""Pictures of the project forecasting.

Each function returns what ``figures.show`` makes of it.
"""

import numpy as np
from matplotlib import dates as mdates
from matplotlib import pyplot as plt

from lstm_helpers.figures import COLOURS, TEXT, look, show
from lstm_helpers.projects.forecasting import model

INK, PALE, GREY = "#222222", "#bbbbbb", "#5f5f5f"
LSTM, RIVAL, NOW = COLOURS["o"], COLOURS["f"], COLOURS["c"]  # the same colours in every picture


def _months(ax):
    ax.xaxis.set_major_locator(mdates.MonthLocator())
    ax.xaxis.set_major_formatter(mdates.DateFormatter("%b"))


def year(weather):
    """The temperature at JFK over the year, what is used for what, and the weeks that are not there."""
    T, hours = weather.column("JFK", "temperature"), weather.hours.astype("datetime64[m]")
    parts = model.parts(len(T))
    with look():
        fig, ax = plt.subplots(figsize=(8.4, 3.7))
        for (name, (first, end)), of in zip(parts.items(), "oif", strict=True):
            ax.axvspan(hours[first], hours[end - 1], ymin=0.93, color=COLOURS[of], alpha=0.35, linewidth=0)
            ax.annotate(name, (hours[(first + end) // 2], 41.2), ha="center", va="center", color=INK, fontweight="bold")
        gone = _holes(np.isnan(T))
        for first, end in gone:
            ax.axvspan(hours[first], hours[end - 1], ymax=0.93, color=PALE, alpha=0.6, linewidth=0)
        ax.plot(hours, T, color=INK, linewidth=0.7)
        _months(ax)
        ax.set(ylabel="temperature at JFK (°C)", xlabel="2013", ylim=(-14, 43), xlim=(hours[0], hours[-1]))
        ax.set_title(f"A year hour by hour; {len(gone)} weeks (grey) are not in the file")
    return show(
        fig,
        f"Hourly temperature at JFK in 2013, from {np.nanmin(T):.0f} degrees in January to {np.nanmax(T):.0f} in July. "
        f"Grey bands mark {len(gone)} weeks without data. The first 70 % of the year are for training, the next 15 % "
        "for validation, the rest, from November on, for the test.",
    )


def _holes(gone, least=100):
    edges = np.flatnonzero(np.diff(np.concatenate([[0], gone.astype(int), [0]])))
    return [(a, b) for a, b in zip(edges[::2], edges[1::2], strict=True) if b - a >= least]


def gap(hours, measured, straight, carried, name):
    """A stretch of a sensor that fell silent: what a straight line, and what the last value, put into the gap."""
    n = np.arange(len(measured))
    with look():
        fig, ax = plt.subplots(figsize=(7.6, 3.2))
        ax.plot(n, straight, "--", color=RIVAL, label="a straight line between the two")
        ax.plot(n, carried, "-", color=LSTM, label="the last value, carried on", drawstyle="steps-post")
        ax.plot(n, measured, "o", color=INK, label="measured")
        ax.set(xlabel=f"hours from {str(hours[0]).replace('T', ' ')}:00 UTC", ylabel=name)
        ax.legend()
        ax.set_title("Two ways to fill a gap; which one knows what nobody knew?")
    return show(
        fig,
        f"{name} around a gap of {int(np.isnan(measured).sum())} hours. A straight line runs from the last number "
        "before the gap to the first one after it. The carried value stays level until the next number comes.",
    )


def tilts(levels):
    """The pinball loss over how far what came lies above the quantile, for some levels."""
    over = np.linspace(-4, 4, 81)
    with look():
        fig, ax = plt.subplots(figsize=(6.8, 3.3))
        for level, of in zip(levels, "foi", strict=True):
            ax.plot(over, np.maximum(level * over, (level - 1) * over), color=COLOURS[of])
            at = -4 if level < 0.5 else 4
            ax.annotate(
                f"level {level:g}", (at, max(level * at, (level - 1) * at)), color=TEXT[of], fontweight="bold",
                ha="right" if at < 0 else "left", va="center", xytext=(6 if at > 0 else -6, 0),
                textcoords="offset points",
            )  # fmt: skip
        ax.set(
            xlabel="what came minus the quantile (degrees)", ylabel="loss (degrees)", ylim=(0, 4.2), xlim=(-6.2, 6.2)
        )
        ax.set_title("A tilted V: the level says which side is costly")
    return show(
        fig,
        f"The pinball loss for the levels {', '.join(f'{v:g}' for v in levels)}: two straight lines that meet at 0. "
        "For a low level the left arm is steep, for a high level the right arm, for 0.5 both are alike.",
    )


def fan(weather, cases, quantiles, first, count=168, horizon=0):
    """A week: what came, and the quantiles that were said ``HORIZONS[horizon]`` hours before."""
    place = np.flatnonzero((cases.origin >= first) & (cases.origin < first + count))
    ahead = model.HORIZONS[horizon]
    when = weather.hours[cases.origin[place] + ahead].astype("datetime64[m]")
    q = cases.now[place, None] + quantiles[place, horizon]
    came = cases.now[place] + cases.change[place, horizon]
    with look():
        fig, ax = plt.subplots(figsize=(8.4, 3.7))
        ax.fill_between(when, q[:, 0], q[:, -1], color=COLOURS["h"], alpha=0.35, linewidth=0, label="5 % to 95 %")
        ax.fill_between(when, q[:, 1], q[:, -2], color=COLOURS["h"], alpha=0.7, linewidth=0, label="25 % to 75 %")
        ax.plot(when, q[:, model.MIDDLE], color=LSTM, linewidth=1.6, label="median")
        ax.plot(when, came, color=INK, linewidth=1.6, label="what came")
        ax.xaxis.set_major_locator(mdates.DayLocator())
        ax.xaxis.set_major_formatter(mdates.DateFormatter("%d %b"))
        ax.set(ylabel="temperature (°C)", ylim=(q.min() - 1, max(q.max(), came.max()) + 5.5))
        ax.legend(ncols=4, loc="upper left")
        ax.set_title(f"A week, as it was forecast {ahead} hours before")
    inside = np.mean((came >= q[:, 0]) & (came <= q[:, -1]))
    return show(
        fig,
        f"A week of hourly temperature and the quantiles forecast {ahead} hours before: a median line in two bands. "
        f"{inside:.0%} of the hours lie inside the wide band.",
    )


def recipes(rows, lines, column, unit="°C"):
    """A dot for each seed of each recipe; lines: name -> what a rival reaches."""
    with look():
        fig, ax = plt.subplots(figsize=(7.8, 0.5 * len(rows) + 1.9))
        for place, seeds in enumerate(rows.values()):
            values = [row[column] for row in seeds]
            ax.plot(values, [place] * len(values), "o", color=LSTM, markersize=8, alpha=0.75)
            ax.plot([np.median(values)] * 2, [place - 0.28, place + 0.28], color=INK)
        for (name, value), of in zip(lines.items(), "fc", strict=False):
            ax.axvline(value, color=COLOURS[of], linestyle="--")
            ax.annotate(f"{name} {value:.3f}", (value, -0.75), color=TEXT[of], ha="left", va="center", xytext=(4, 0),
                        textcoords="offset points")  # fmt: skip
        ax.set_yticks(range(len(rows)), rows)
        ax.set(ylim=(len(rows) - 0.4, -1.2), xlabel=f"{column} on the validation part ({unit}; lower is better)")
        ax.grid(axis="y", visible=False)
        ax.set_title("Each dot is a training, each bar the median of three")
    said = "; ".join(f"{n}: {', '.join(f'{r[column]:.3f}' for r in seeds)}" for n, seeds in rows.items())
    return show(
        fig,
        f"{column} of three seeds for each recipe. {said}. Lines: "
        f"{', '.join(f'{k} {v:.3f}' for k, v in lines.items())}.",
    )


def coverage(rows, wanted=0.9):
    """Bars of the share covered at both horizons; rows: name -> (12 h, 24 h)."""
    with look():
        fig, ax = plt.subplots(figsize=(7.6, 3.5))
        places = np.arange(len(rows))
        for k, (of, hours) in enumerate(zip("oh", model.HORIZONS, strict=True)):
            values = [pair[k] for pair in rows.values()]
            ax.bar(places + (k - 0.5) * 0.38, values, 0.36, color=COLOURS[of], label=f"{hours} h ahead")
            for x, v in zip(places + (k - 0.5) * 0.38, values, strict=True):
                above = max(v, wanted) if v > wanted - 0.1 else v  # clear of the line
                ax.annotate(f"{v:.0%}", (x, above + 0.015), ha="center", va="bottom", color=INK)
        ax.axhline(wanted, color=RIVAL, linestyle="--", label=f"promised: {wanted:.0%}")
        ax.set_xticks(places, rows)
        ax.set(ylim=(0, 1.2), ylabel="share covered", xlim=(-0.6, len(rows) - 0.4))
        ax.set_yticks(np.arange(0, 1.1, 0.2))
        ax.legend(loc="upper right", ncols=3)
        ax.grid(axis="x", visible=False)
        ax.set_title("How many hours lie inside the 90 % interval")
    said = "; ".join(f"{n}: {a:.0%} and {b:.0%}" for n, (a, b) in rows.items())
    return show(
        fig, f"The share of hours covered by the intervals, 12 and 24 hours ahead. {said}. Promised: {wanted:.0%}."
    )


def copy(days, truth, forecast, fits):
    """Above: prices and their forecast. Below: how far the forecast is from the truth of some days before."""
    with look():
        fig, (above, below) = plt.subplots(2, 1, figsize=(8, 6.2), height_ratios=(2, 1.1))
        above.plot(days, truth, "o-", color=INK, markersize=4, label="what came")
        above.plot(days, forecast, "o--", color=RIVAL, markersize=4, label="what was forecast")
        above.xaxis.set_major_formatter(mdates.DateFormatter("%d %b %Y"))
        above.xaxis.set_major_locator(mdates.AutoDateLocator(maxticks=6))
        above.set(ylabel="price (dollars)")
        above.legend()
        above.set_title("Look at the turning points")
        below.bar(np.arange(len(fits)), fits, 0.6, color=[RIVAL if v == min(fits) else PALE for v in fits])
        below.set_xticks(range(len(fits)))
        below.set(xlabel="days by which the truth is moved", ylabel="mean distance (dollars)")
        below.set_title("The forecast is nearest to the truth of the day before")
        below.grid(axis="x", visible=False)
        fig.tight_layout()
    return show(
        fig,
        f"Above, {len(truth)} trading days: the forecast repeats each turn of the true price one day later. Below, "
        f"the mean distance of forecast and truth when the truth is moved by 0 to {len(fits) - 1} days: "
        f"{', '.join(f'{v:.2f}' for v in fits)}; the smallest at {int(np.argmin(fits))}.",
    )


def misses(weather, cases, quantiles, places, horizon=1, before=48):
    """The worst forecasts, one below the other: what was read, what was said, what came."""
    ahead = model.HORIZONS[horizon]
    T = weather.column("JFK", "temperature")
    with look():
        fig, axes = plt.subplots(len(places), 1, figsize=(8, 2.3 * len(places) + 0.4), sharex=True)
        for ax, n in zip(np.atleast_1d(axes), places, strict=True):
            origin, q = cases.origin[n], cases.now[n] + quantiles[n, horizon]
            past, future = np.arange(-before + 1, 1), np.arange(0, ahead + 1)
            ax.plot(past, T[origin + past], color=GREY)
            ax.plot(future, T[origin + future], color=INK)
            ax.errorbar(ahead, q[2], [[q[2] - q[0]], [q[-1] - q[2]]], fmt="o", color=LSTM, capsize=5, linewidth=2.5)
            ax.plot(ahead, T[origin + ahead], "o", color=RIVAL, markersize=8)
            ax.axvline(0, color=PALE, linewidth=1)
            when = str(weather.hours[origin]).replace("T", " ")
            ax.annotate(f"made on {when}:00 UTC", (-before + 1, 1.03), xycoords=("data", "axes fraction"), color=INK)
            ax.set(ylabel="°C", ylim=(min(T[origin + past].min(), T[origin + future].min(), q[0]) - 2, None))
        ax.set(xlabel="hours from the moment of the forecast")
        fig.suptitle(f"The worst forecasts {ahead} hours ahead: said (with its 90 %) and came (dot)",
                     x=0.01, ha="left", fontweight="bold", fontsize=11.5)  # fmt: skip
        fig.tight_layout()
    said = "; ".join(
        f"{weather.hours[cases.origin[n]]}: said {cases.now[n] + quantiles[n, horizon, 2]:.0f}, came "
        f"{cases.now[n] + cases.change[n, horizon]:.0f}"
        for n in places
    )
    return show(
        fig, f"The temperature of two days before each forecast and the {ahead} hours after it, in degrees. {said}."
    )
