"""Lesson 5: how fast the LSTM of ``nn`` is, drawn from the tables that ``make bench`` stored with the package."""

import csv
from importlib.resources import files

import numpy as np

from lstm_helpers.figures import COLOURS, look, show


def table(name):
    """A stored table of ``data/benchmarks``: its rows as dictionaries, and the machine it was measured on."""
    text = files("lstm_helpers.data").joinpath("benchmarks", f"{name}.csv").read_text(encoding="utf-8")
    head, *rows, machine = csv.reader(text.splitlines())
    return [dict(zip(head, row, strict=True)) for row in rows], machine[0].removeprefix("machine: ")


def speed_against_torch():
    """{(threads, "training" or "inference"): {(T, B, D, H): our time / torch's}}, with the mean as "all"."""
    rows, _ = table("lstm_speed")
    ratios = {}
    for row in rows:
        case = "all" if row["T"] == "all" else tuple(int(row[size]) for size in "TBDH")
        for kind in ("training", "inference"):
            ratios.setdefault((int(row["threads"]), kind), {})[case] = float(row[f"{kind} / torch"])
    return ratios


def cost(varied):
    """(sizes, seconds) of one forward and backward pass, both (n,), where ``varied`` ("T" or "B") changes alone."""
    rows = [row for row in table("cost")[0] if row["varied"] == varied]
    return np.array([int(row[varied]) for row in rows]), np.array([float(row["ms"]) for row in rows]) / 1e3


def slope(sizes, seconds):
    """The slope of the straight line through the logarithms: 1 means twice the work for twice the size."""
    return np.polyfit(np.log(sizes), np.log(seconds), 1)[0]


def speed_picture():
    """Our LSTM's time over torch's in every case, for training and inference, on one and two threads."""
    from matplotlib import pyplot
    from matplotlib.ticker import FixedLocator, NullLocator

    ratios, machine = speed_against_torch(), table("lstm_speed")[1]
    cases = [case for case in ratios[1, "training"] if case != "all"]
    names = [", ".join(map(str, case)) for case in cases] + ["geometric mean"]
    with look():
        fig, axes = pyplot.subplots(1, 2, figsize=(9.6, 4.4), sharey=True, sharex=True, layout="constrained")
        for ax, kind in zip(axes, ("training", "inference"), strict=True):
            for threads, colour, marker, shift in ((1, COLOURS["o"], "o", -0.13), (2, COLOURS["f"], "s", 0.13)):
                values = [ratios[threads, kind][case] for case in [*cases, "all"]]
                label = f"{threads} thread{'s' * (threads > 1)}"
                ax.plot(values, np.arange(len(values)) + shift, marker, color=colour, label=label, markersize=6)
            ax.axvline(1, color=COLOURS["x"], linewidth=1.2)
            ax.axhline(len(cases) - 0.5, color=COLOURS["x"], linewidth=0.6)
            ax.set(xscale="log", xlabel="our time / torch's time (left of 1: ours is faster)")
            ax.xaxis.set_major_locator(FixedLocator([0.5, 0.75, 1, 1.5, 2, 3]))
            ax.xaxis.set_minor_locator(NullLocator())
            ax.xaxis.set_major_formatter("{x:g}")
            one, two = (ratios[threads, kind]["all"] for threads in (1, 2))
            ax.set_title(f"{kind.capitalize()}: {one:.2f} on one thread, {two:.2f} on two")
            ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.17), ncols=2)
        axes[0].set_yticks(range(len(names)), names)
        axes[0].invert_yaxis()
        axes[0].set_ylabel("T, B, D, H")
        fig.suptitle(f"NumPy beside torch.nn.LSTM, case by case ({machine})", x=0.01, ha="left", fontsize=9.5)
    means = "; ".join(f"{kind} on {n} thread{'s' * (n > 1)} {of['all']:.2f}" for (n, kind), of in ratios.items())
    return show(
        fig,
        f"Two panels of dots, training and inference: our LSTM's time divided by torch's in {len(cases)} cases, on one "
        f"and on two threads, with a line at 1 where both are equal. Geometric means: {means}.",
    )


def cost_picture():
    """The time of a forward and a backward pass against T and against B, on logarithmic axes, with lines of slope 1."""
    from matplotlib import pyplot

    (T, by_T), (B, by_B) = cost("T"), cost("B")
    told = {
        "T": (f"{T[0]} to {T[-1]:,} steps: slope {slope(T, by_T):.2f}", "time steps T (B = 8, H = 32)"),
        "B": (f"The last doubling of B: {by_B[-1] / by_B[-2]:.1f} times the time", "batch B (T = 100, H = 32)"),
    }
    with look():
        fig, axes = pyplot.subplots(1, 2, figsize=(9.6, 3.9), layout="constrained")
        for ax, (name, (title, label)), sizes, seconds in zip(axes, told.items(), (T, B), (by_T, by_B), strict=True):
            line = seconds[-1] * sizes / sizes[-1]
            ax.plot(sizes, 1e3 * line, "--", color=COLOURS["x"], linewidth=1.4, label=f"slope 1: time grows as {name}")
            ax.plot(sizes, 1e3 * seconds, "o-", color=COLOURS["o"], markersize=5, label="measured")
            ax.set(xscale="log", yscale="log", xlabel=label, ylabel="forward and backward (ms)")
            ax.xaxis.set_major_formatter("{x:,g}")
            ax.yaxis.set_major_formatter("{x:,g}")
            ax.set_title(title)
            ax.legend(loc="upper left")
        fig.suptitle(table("cost")[1], x=0.01, ha="left", fontsize=9.5)
    return show(
        fig,
        "Two panels with logarithmic axes: milliseconds of a forward and a backward pass. Left: against time steps "
        f"from {T[0]} to {T[-1]}: from {1e3 * by_T[0]:.2g} to {1e3 * by_T[-1]:.0f}, along a line of slope 1. Right: "
        f"against the batch from {B[0]} to {B[-1]}: from {1e3 * by_B[0]:.2g} to {1e3 * by_B[-1]:.2g}, slower than B at "
        "first, while calling NumPy is what costs, then bending towards slope 1.",
    )
