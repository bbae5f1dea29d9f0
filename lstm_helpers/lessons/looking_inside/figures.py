"""Pictures of lesson 11: cells over a toy page, saturation, a text in the colours of a cell, pretty against needed.

Each ``..._picture`` returns what ``figures.show`` makes of it.
"""

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.colors import LinearSegmentedColormap

from lstm_helpers.figures import COLOURS, TEXT, look, show
from lstm_helpers.lessons.looking_inside import toy

NAMES = {"i": "input gate", "f": "forget gate", "o": "output gate"}
TINTS = LinearSegmentedColormap.from_list("tints", ["#9fc9e8", "#ffffff", "#f2c48f"])  # black text stays readable


def page_picture(text, seen, b, units, steps=34, start=11):
    """The cell states of some units over one toy page, and their forget gates below. seen: of ``watch``, with f."""
    at = slice(start, start + steps)
    symbols = toy.as_text(text.x[at, b])
    ends = [t for t, s in enumerate(symbols) if s == "¶"]
    with look():
        fig, axes = plt.subplots(len(units), 1, figsize=(7.4, 2.3 * len(units)), sharex=True)
        for ax, unit in zip(axes, units, strict=True):
            ax.plot(seen["c"][at, b, unit], color=COLOURS["c"], marker="o", ms=3.5, label="cell state c")
            ax.plot(seen["f"][at, b, unit], "--", color=COLOURS["f"], lw=1.6, label="forget gate f")
            for t in ends:
                ax.axvline(t, color="#999999", lw=0.8, zorder=0)
            ax.set(title=f"unit {unit}", ylabel="value")
            ax.set_xticks(range(steps), list(symbols))
        axes[-1].set_xlabel("the page, symbol by symbol (¶ is a line end)")
        axes[0].legend(loc="upper center", bbox_to_anchor=(0.5, 1.32), ncols=2)
    said = "; ".join(
        f"unit {unit}: c runs from {seen['c'][at, b, unit].min():.1f} to {seen['c'][at, b, unit].max():.1f}, and is "
        + ", ".join(f"{seen['c'][start + t, b, unit]:.1f}" for t in ends)
        + " at the line ends"
        for unit in units
    )
    return show(fig, f"Cell state and forget gate of {len(units)} units over the page {symbols}: {said}.")


def saturation_picture(seen, below=0.1, above=0.9):
    """A point for each unit: the share of time that a gate is nearly shut, against the share that it is wide open."""
    said = []
    with look():
        fig, axes = plt.subplots(1, 3, figsize=(7.4, 2.9), sharey=True)
        for ax, gate in zip(axes, "ifo", strict=True):
            values = seen[gate]
            shut, wide = (values < below).mean(axis=(0, 1)), (values > above).mean(axis=(0, 1))
            ax.plot(shut, wide, "o", ms=3.5, alpha=0.45, color=COLOURS[gate])
            ax.plot([0, 1], [1, 0], color="#999999", lw=1)
            ax.set(title=NAMES[gate], xlim=(-0.03, 1.03), ylim=(-0.03, 1.03))
            said.append(f"{NAMES[gate]}: the median unit is below {below} for {100 * np.median(shut):.0f} % of the "
                        f"time and above {above} for {100 * np.median(wide):.0f} %")  # fmt: skip
        axes[0].set_ylabel(f"share of time above {above}")
        axes[1].set_xlabel(f"share of time below {below}")
    return show(fig, "Three scatter plots, a point for each of 512 units. " + "; ".join(said) + ".")


def text_picture(text, values, b, start, lines=11):
    """A piece of a text on a ground coloured by a unit's value: blue below zero, orange and underlined above."""
    at, shown = start, [[]]
    while len(shown) <= lines and at < len(text.x):
        character = text.text[text.start[b] + at]
        if character == "\n":
            shown.append([])
        else:
            shown[-1].append((character, float(values[at, b])))
        at += 1
    shown = shown[:lines]
    widest, strongest = max(map(len, shown)), np.abs(values[start:at, b]).max()
    with look():
        fig, ax = plt.subplots(figsize=(7.6, 0.235 * len(shown) + 0.45))
        for row, line in enumerate(shown):
            for column, (character, value) in enumerate(line):
                colour = TINTS(0.5 + 0.5 * value / strongest)
                ax.add_patch(plt.Rectangle((column - 0.5, -row - 0.5), 1, 1, fc=colour, lw=0))
                ax.text(column, -row, character, ha="center", va="center", family="monospace", fontsize=9.6)
                if value > 0:
                    ax.plot([column - 0.5, column + 0.5], [-row - 0.42] * 2, color=TEXT["f"], lw=1.2)
        ax.set(xlim=(-0.5, widest - 0.5), ylim=(-len(shown) + 0.5, 0.5))
        ax.set_title("underlined: c is positive, elsewhere negative; stronger is farther from 0", fontsize=10.5)
        ax.axis("off")
    open_, shut = (values[start:at, b][text.bracket[start:at, b] == k] for k in (1, 0))
    return show(
        fig,
        f"{len(shown)} lines of the novel, the ground of each character coloured by the cell state of a unit. Its "
        f"median is {np.median(open_):.1f} inside quotations and {np.median(shut):.1f} outside them.",
    )


def needed_picture(r, rows, named):
    """A point for each unit: how well it follows quotations, against what its ablation costs at closing marks."""
    cost = np.array([row["closing"] for row in rows])
    with look():
        fig, ax = plt.subplots(figsize=(7.2, 3.9))
        ax.plot(np.abs(r), cost, "o", ms=4, alpha=0.4, color=COLOURS["o"])
        for unit in named:
            ax.plot(abs(r[unit]), cost[unit], "o", ms=7, color=COLOURS["f"])
            ax.annotate(f"unit {unit}", (abs(r[unit]), cost[unit]), xytext=(0, 9), textcoords="offset points",
                        ha="center", color=TEXT["f"])  # fmt: skip
        ax.set(
            xlabel="how well the unit follows quotations, |r|", ylabel="cost of its ablation at a\nclosing mark (bits)"
        )
        ax.set(ylim=(-0.15, 1.2), xlim=(0, 1))
        ax.set_title("Does a unit that looks like quotations matter for them?")
    said = ", ".join(f"unit {unit} at ({abs(r[unit]):.2f}, {cost[unit]:.2f})" for unit in named)
    return show(fig, "Scatter plot of 512 units: correlation with quotations, and cost of ablation at a closing mark. "
                     f"{said}. Every other unit costs between {np.delete(cost, named[0]).min():.2f} and "
                     f"{np.delete(cost, named[0]).max():.2f} bits.")  # fmt: skip


def attribution_picture(told, page):
    """Both attributions of every symbol of one page, its opener marked."""
    symbols, opener = toy.as_text(told.x[:, page]), told.opener[page]
    with look():
        fig, axes = plt.subplots(2, 1, figsize=(7.4, 4.3), sharex=True)
        parts = ("occlusion", told.occlusion), ("gradient times input", told.gradient)
        for ax, (name, values) in zip(axes, parts, strict=True):
            colours = [COLOURS["f"] if t == opener else COLOURS["o"] for t in range(len(symbols))]
            bars = ax.bar(range(len(symbols)), values[:, page], color=colours)
            bars[opener].set(hatch="///", edgecolor="white", linewidth=0)
            ax.axhline(0, color="#555555", lw=0.8)
            ax.set(title=name, ylabel="attribution")
            ax.set_xticks(range(len(symbols)), list(symbols))
        axes[1].set_xlabel("the page; hatched: the bracket that is open at its end")
    return show(
        fig,
        f"Two bar charts over the page {symbols}. The bracket that is still open at the end was opened "
        f"{len(symbols) - 1 - opener} steps before. By occlusion its bar is {told.occlusion[opener, page]:.1f}; by "
        f"gradient times input it is {told.gradient[opener, page]:.3f}, and the largest bar there is "
        f"{np.abs(told.gradient[:, page]).max():.2f}.",
    )
