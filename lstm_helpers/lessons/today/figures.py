"""Pictures of lesson 12: cost against T, the passes of a scan, one unit and a word of ones, and the two tables.

Each ``..._picture`` returns what ``figures.show`` makes of it.
"""

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.ticker import NullLocator

from lstm_helpers.figures import COLOURS, look, show

LOOKS = {  # layer: colour, dash, marker
    "LSTM": (COLOURS["f"], "-", "o"),
    "sLSTM": (COLOURS["c"], "-", "v"),
    "mLSTM": (COLOURS["i"], "-.", "s"),
    "minLSTM": (COLOURS["g"], "--", "^"),
    "minGRU": (COLOURS["h"], "--", "P"),
    "minGRU, signed": (COLOURS["h"], "--", "P"),
    "attention": (COLOURS["o"], "-", "X"),
}


def _lines(ax, found, lengths):
    for name, values in found.items():
        colour, dash, marker = LOOKS[name]
        ax.plot(lengths, values, dash, marker=marker, ms=6, color=colour, label=name)
    ax.set_xscale("log", base=2)
    ax.set_yscale("log")
    ax.set_xticks(lengths, [f"{T:,}" for T in lengths])
    ax.xaxis.set_minor_locator(NullLocator())


def cost_picture(times, states, lengths):
    """times: layer -> time at each length over the LSTM's at the shortest; states: layer -> bytes carried."""
    with look():
        fig, (left, right) = plt.subplots(1, 2, figsize=(7.8, 4.3), layout="constrained")
        _lines(left, times, lengths)
        _lines(right, states, lengths)
        left.set(title="Attention's time grows fastest", xlabel="steps T", ylabel=f"LSTM at T = {lengths[0]} is 1")
        right.set(title="Only attention's state grows", xlabel="steps T", ylabel="bytes per sequence")
        handles = dict(zip(*left.get_legend_handles_labels()[::-1], strict=True))
        fig.legend(handles.values(), handles.keys(), loc="outside lower center", ncols=3)
    said = "; ".join(f"{name} from {v[0]:g} to {v[-1]:g}" for name, v in times.items())
    more = "; ".join(f"{name} from {v[0]:,} to {v[-1]:,}" for name, v in states.items())
    return show(
        fig,
        f"Two panels against {lengths[0]} to {lengths[-1]:,} steps, both axes logarithmic. Time, as multiples of the "
        f"LSTM's at {lengths[0]} steps: {said}. Bytes of the state: {more}.",
    )


def scan_picture(T=8):
    """Which steps each number knows after each pass of a scan over T steps."""
    passes = int(np.log2(T))
    with look():
        fig, ax = plt.subplots(figsize=(7.6, 3.9))
        ax.set(xlim=(-1.75, T - 0.4), ylim=(-0.6, passes + 0.6))
        ax.axis("off")
        for k in range(passes + 1):
            y = passes - k
            told = "at first" if k == 0 else f"after pass {k}"
            ax.text(-0.75, y, told, ha="right", va="center")
            for t in range(T):
                first = max(0, t - 2**k + 1)
                done = first == 0
                box = {"boxstyle": "round,pad=0.35", "fc": "#cfe3f1" if done else "white", "ec": "#555555"}
                text = f"{t + 1}" if k == 0 else f"{first + 1}–{t + 1}" if t else "1"
                ax.text(t, y, text, ha="center", va="center", bbox=box, zorder=3, color="black")
                if k < passes:
                    arrow = {"arrowstyle": "-|>", "color": "#555555", "lw": 1.2, "shrinkA": 13, "shrinkB": 13}
                    ax.annotate("", (t, y - 1), (t, y), arrowprops=arrow)
                    if t + 2**k < T:
                        arrow = arrow | {"color": "#B34700", "lw": 1.6, "shrinkA": 15, "shrinkB": 17}
                        ax.annotate("", (t + 2**k, y - 1), (t, y), arrowprops=arrow)
        ax.set_title("A scan: which steps each number has taken in")
    return show(
        fig,
        f"Four rows of {T} boxes with arrows from row to row. At first, box t holds step t alone. In pass 1 each box "
        "takes in its neighbour to the left and holds two steps; in pass 2 the box two to the left, and holds four; in "
        "pass 3 the box four to the left: now box t holds steps 1 to t. Blue boxes are finished.",
    )


def ones_picture(units, T=16):
    """units: label -> h_1 ... h_T of a unit that reads nothing but ones. Above each other with the parity asked."""
    steps = np.arange(1, T + 1)
    with look():
        fig, axes = plt.subplots(len(units), 1, figsize=(7.4, 1.65 * len(units)), sharex=True, layout="constrained")
        for ax, (label, h) in zip(axes, units.items(), strict=True):
            odd = steps % 2 == 1
            ax.plot(steps, h, color="#999999", lw=1.4, zorder=1)
            ax.plot(steps[odd], h[odd], "o", color=COLOURS["f"], label="odd number of ones")
            ax.plot(steps[~odd], h[~odd], "s", color=COLOURS["o"], label="even number of ones")
            ax.set(title=label, ylabel="h", ylim=(-0.15 * max(h.max(), 1), 1.2 * max(h.max(), 1)))
        axes[0].legend(ncols=2, loc="lower right")
        axes[-1].set_xlabel("steps, each of them a 1")
    said = " ".join(f"{name}: {', '.join(f'{v:.2f}' for v in h[:6])} and so on." for name, h in units.items())
    return show(
        fig,
        "The state of one linear unit over 16 steps that all read a 1; filled circles where their number is odd, "
        f"squares where it is even. {said}",
    )


def tracking_picture(found, columns):
    """found: layer -> {(task, T): per cent right, median of the seeds}; columns: the (task, T) in order."""
    tasks = list(dict.fromkeys(task for task, _ in columns))
    shares = np.array([[found[layer][column] for column in columns] for layer in found])
    with look():
        fig, ax = plt.subplots(figsize=(7.8, 3.6), layout="constrained")
        ax.imshow(shares, cmap="Blues", vmin=0, vmax=180, aspect="auto")  # pale enough for black numbers
        for (row, column), share in np.ndenumerate(shares):
            ax.text(column, row, f"{share:.0f}", ha="center", va="center", color="black")
        ax.set_yticks(range(len(found)), list(found))
        ax.set_xticks(range(len(columns)), [str(T) for _, T in columns])
        each = len(columns) // len(tasks)
        for k, task in enumerate(tasks):
            ax.text(each * (k + 0.5) - 0.5, -0.72, task, ha="center", va="bottom", weight="bold")
            if k:
                ax.axvline(each * k - 0.5, color="white", lw=5)
        ax.grid(False)
        ax.spines[:].set_visible(False)
        ax.set_xlabel("steps read (16 were learned)")
        ax.set_title("States named rightly (%)", pad=24)
    said = "; ".join(
        f"{layer}: " + ", ".join(f"{task} {found[layer][task, T]:.0f} at {T}" for task, T in columns) for layer in found
    )
    return show(fig, f"Table of per cent right, a row for each layer, median of three seeds. {said}.")


def recall_picture(found, counts):
    """found: layer -> per cent right for each number of pairs, (seeds, counts)."""
    with look():
        fig, ax = plt.subplots(figsize=(7.4, 4))
        for layer, shares in found.items():
            colour, dash, marker = LOOKS[layer]
            middle = np.median(shares, axis=0)
            ax.fill_between(counts, np.min(shares, axis=0), np.max(shares, axis=0), color=colour, alpha=0.15, lw=0)
            ax.plot(counts, middle, dash, marker=marker, ms=6, color=colour, label=layer)
        ax.axhline(100 / 16, color="#444444", lw=1, ls=":")
        ax.text(2.05, 100 / 16 - 1, "guessing", va="top", color="#444444")
        ax.set_xscale("log", base=2)
        ax.set_xticks(counts, [str(n) for n in counts])
        ax.xaxis.set_minor_locator(NullLocator())
        ax.set(xlabel="pairs to remember (2 to 16 were learned)", ylabel="values said rightly (%)", ylim=(-4, 104))
        ax.set_title("Who remembers more pairs?")
        ax.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    said = "; ".join(
        f"{layer} " + ", ".join(f"{share:.0f}" for share in np.median(shares, axis=0))
        for layer, shares in found.items()
    )
    return show(fig, f"Per cent of values said rightly after {', '.join(map(str, counts))} pairs, medians of three "
                     f"seeds, the range shaded. {said}.")  # fmt: skip
