"""Pictures of lesson 9: what an output sees, and the stored runs with their intervals.

Each ``..._picture`` returns what ``figures.show`` makes of it.
"""

import numpy as np
from matplotlib import pyplot as plt

from lstm_helpers.figures import TEXT, look, show
from lstm_helpers.lessons.bidirectional_and_stacked import experiments

THERE, BACK, GREY = "#0072B2", "#B34700", "#666666"


def reach_picture(reaches):
    """reaches: title -> what ``experiments.reach`` gives. A square for each: which output sees which input."""
    with look():
        fig, axes = plt.subplots(1, len(reaches), figsize=(7.8, 3.1), sharey=True, layout="constrained")
        for ax, (title, seen) in zip(axes, reaches.items(), strict=True):
            shade = np.where(seen > 0, np.log10(np.maximum(seen, 1e-9)), np.nan)
            image = ax.imshow(shade, vmin=-4, vmax=0)
            ax.set_facecolor("white")
            ax.set(title=title, xlabel="input step", xticks=range(0, 12, 3), yticks=range(0, 12, 3))
            ax.grid(False)
        axes[0].set_ylabel("output step")
        bar = fig.colorbar(image, ax=axes, shrink=0.8, ticks=[-4, -2, 0])
        bar.ax.set_yticklabels(["0.0001", "0.01", "1"])
        bar.set_label("change of the output")
    shares = ", ".join(f"{title} {100 * (seen > 0).mean():.0f} %" for title, seen in reaches.items())
    return show(
        fig,
        "Squares of output step against input step, coloured where the output changes with the input. Forward: on and "
        "below the diagonal. Backward: on and above it. Both: everywhere. The colour fades away from the diagonal. "
        f"Coloured: {shares}.",
    )


# ---------------------------------------------------------------- the stored runs


def _rows(ax, found, unit, colour=THERE):
    """Differences with intervals, one line for each of ``found``: name -> Compared."""
    ax.axvline(0, color="#444444", lw=1.2)
    for y, one in enumerate(found.values()):
        clear = one.verdict != "no clear difference"
        shade = {"lower": THERE, "higher": BACK}.get(one.verdict, GREY)
        ax.plot([one.mean - one.half, one.mean + one.half], [y, y], color=shade, lw=2.4, solid_capstyle="round")
        ax.plot(one.mean, y, "o", color=shade, ms=8, mfc=shade if clear else "white", mew=2)
        ax.plot(one.pairs, np.full(len(one.pairs), y + 0.24), "|", color=shade, ms=6, mew=1.1)
    ax.set_yticks(range(len(found)), list(found))
    ax.set(ylim=(len(found) - 0.4, -0.6), xlabel=f"difference, {unit}")
    ax.grid(axis="y", visible=False)


def _told(found):
    return "; ".join(f"{name} {one}" for name, one in found.items())


def intervals_picture(panels, title):
    """panels: heading -> ({name: Compared}, label of the axis). One below the other."""
    heights = [len(found) + 1.6 for found, _ in panels.values()]
    with look():
        fig, axes = plt.subplots(
            len(panels), 1, figsize=(7.6, 0.42 * sum(heights) + 0.5), height_ratios=heights, squeeze=False,
            layout="constrained",
        )  # fmt: skip
        for ax, (heading, (found, unit)) in zip(axes[:, 0], panels.items(), strict=True):
            _rows(ax, found, unit)
            ax.set_title(heading)
        fig.suptitle(title, x=0.01, ha="left", fontsize=12, weight="bold")
    told = ". ".join(f"{heading}: {_told(found)}" for heading, (found, _) in panels.items())
    return show(
        fig,
        "Mean differences of five seeds with 95 % intervals, a filled dot where the interval leaves out zero, and a "
        f"small stroke for each seed. {told}.",
    )


def context_picture():
    """Per cent of wrong letters of the word ends, five seeds each."""
    found = {name: experiments.figures_of(*where) for name, where in experiments.CONTEXT.items()}
    with look():
        fig, ax = plt.subplots(figsize=(7.4, 3.6), layout="constrained")
        for y, (name, values) in enumerate(found.items()):
            colour = THERE if name.startswith("forward") else BACK
            ax.plot(values, np.full(len(values), y), "o", color=colour, ms=7, alpha=0.6, mew=0)
            ax.plot(values.mean(), y, "|", color=colour, ms=22, mew=2.6)
            ax.text(values.max() + 0.2, y, f"{values.mean():.1f}", va="center", color="#333333")
        ax.set_yticks(range(len(found)), list(found))
        ax.set(ylim=(len(found) - 0.4, -0.6), xlim=(0, None), xlabel="letters answered wrongly, %")
        ax.grid(axis="y", visible=False)
        ax.set_title("Where does a word end? What is known of the future counts")
    told = ", ".join(f"{name} {values.mean():.1f} %" for name, values in found.items())
    return show(fig, f"Wrong letters of each network, five seeds as dots, the mean as a stroke: {told}.")


def rates_picture():
    """What the learning rate does to one LSTM, and what the cell does at its best rate: the trial runs of both "
    "tasks."""
    units = {"spoken digits": "recordings wrong, %", "next character": "bits per character"}
    told = []
    with look():
        fig, axes = plt.subplots(2, 1, figsize=(7.6, 4.6), layout="constrained")
        for ax, (task, unit) in zip(axes, units.items(), strict=True):
            tried = experiments.trials(task)
            best = {name: min(of_rates.values()) for name, of_rates in tried.items() if name != "plain RNN"}
            for y, (values, colour) in enumerate(((list(tried["LSTM"].values()), BACK), (list(best.values()), THERE))):
                ax.plot([min(values), max(values)], [y, y], color=colour, lw=2)
                ax.plot(values, np.full(len(values), y), "o", color=colour, ms=8, alpha=0.6, mew=0)
            for rate, value in tried["LSTM"].items():
                place = {"xytext": (0, -19 if rate == 0.1 else 9), "textcoords": "offset points", "ha": "center"}
                ax.annotate(f"{rate:g}", (value, 0), color=TEXT["f"], **place)
            ax.set_yticks([0, 1], ["one LSTM, four rates", "seven cells, best rate"])
            ax.set(ylim=(1.5, -0.7), xlabel=unit, title=task)
            ax.grid(axis="y", visible=False)
            rates = ", ".join(f"{value:.2f} at rate {rate:g}" for rate, value in tried["LSTM"].items())
            cells = ", ".join(f"{name} {value:.2f}" for name, value in best.items())
            told.append(f"{task}, one LSTM: {rates}; seven cells at the better of two rates: {cells}")
        fig.suptitle("The rate of one LSTM matters more than the choice of a cell", x=0.01, ha="left", weight="bold")
    return show(fig, f"Dots on lines, from trial runs with one seed. {'. '.join(told)}.")
