"""Pictures of the project sentiment.

Each function returns what ``figures.show`` makes of it.
"""

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.patches import Rectangle

from lstm_helpers.figures import COLOURS, TEXT, look, show

INK, PALE, GREY = "#222222", "#bbbbbb", "#5f5f5f"
POSITIVE, NEGATIVE = COLOURS["o"], COLOURS["f"]
LONGEST = 18  # tokens of a text that a picture has room for


def ratings(values):
    """How many tweets have which mean rating, and which of them are positive."""
    edges = np.arange(-4, 4.01, 0.25)
    with look():
        fig, ax = plt.subplots(figsize=(7.4, 3.2))
        for part, colour in ((values < 0, NEGATIVE), (values > 0, POSITIVE)):
            ax.hist(values[part], edges, color=colour, edgecolor="white", linewidth=0.6)
        tall = ax.get_ylim()[1]
        ax.annotate("negative", (-3.9, 0.8 * tall), color=TEXT["f"], fontweight="bold")
        ax.annotate("positive", (3.9, 0.8 * tall), color=TEXT["o"], fontweight="bold", ha="right")
        ax.axvline(0, color=INK, linewidth=1)
        ax.set(xlabel="mean rating of twenty people, from -4 to 4", ylabel="tweets", xlim=(-4, 4))
        ax.set_title("Many lie close to 0: neither good nor bad, or disputed")
    near = np.mean(np.abs(values) < 0.5)
    return show(
        fig,
        f"Histogram of the mean ratings of {len(values):,} tweets. Most are between 0 and 2; a smaller heap lies "
        f"between -2.5 and 0. {near:.0%} lie within half a point of 0.",
    )


def turned(lines, lengths, back):
    """Texts in a batch as they are read forwards and backwards: lists of tokens with padding, two tables."""
    T = len(lines[0])
    with look():
        fig, axes = plt.subplots(2, 1, figsize=(7.4, 3.9))
        for ax, table, name in zip(
            axes, (lines, back), ("what the forward LSTM reads", "the backward one"), strict=True
        ):
            for b, (line, n) in enumerate(zip(table, lengths, strict=True)):
                for t, token in enumerate(line):
                    colour = COLOURS["h"] if t < n else "#dddddd"
                    ax.add_patch(Rectangle((t + 0.03, b + 0.06), 0.94, 0.86, color=colour, alpha=0.35, linewidth=0))
                    said = token if t < n else "padding"
                    ax.annotate(said, (t + 0.5, b + 0.5), ha="center", va="center", color=INK if t < n else GREY)
            ax.set(xlim=(0, T), ylim=(len(lines), 0))
            ax.axis("off")
            ax.set_title(name, fontsize=11)
        fig.tight_layout()
    return show(
        fig,
        f"A batch of {len(lines)} texts of {', '.join(map(str, lengths))} tokens, forwards and backwards. Backwards "
        "each text begins with its last token, and the padding stays at the end.",
    )


def attention(shown, title):
    """The attention of each token, and how far the logit falls without it, hatched where it rises.

    shown: (tokens, weights, effect) of each text.
    """
    wide = max(9, *(len(tokens[:LONGEST]) for tokens, _, _ in shown))
    with look():
        fig, axes = plt.subplots(len(shown), 1, figsize=(7.4, 1.95 * len(shown)), squeeze=False)
        for ax, (tokens, weights, effect) in zip(axes[:, 0], shown, strict=True):
            tokens, weights, effect = (part[:LONGEST] for part in (tokens, weights, effect))
            t = np.arange(len(tokens))
            ax.bar(t - 0.2, weights, 0.38, color=COLOURS["c"])
            scale = max(np.abs(effect).max(), 1e-9)
            colours = [POSITIVE if e > 0 else NEGATIVE for e in effect]
            bars = ax.bar(t + 0.2, np.abs(effect) / scale * weights.max(), 0.38, color=colours)
            for k in np.flatnonzero(np.asarray(effect) <= 0):
                bars[k].set(hatch="///", edgecolor="white", linewidth=0)
            ax.set_xticks(t, [token[:11] for token in tokens], rotation=35, ha="right", fontsize=10.5)
            ax.set(yticks=[], xlim=(-0.7, wide - 0.3))
            ax.grid(False)
            ax.spines["left"].set_visible(False)
        axes[0, 0].set_title(title)
        axes[-1, 0].set_xlabel("left: attention; right: effect (hatched: towards negative)")
        fig.tight_layout()
    words = "; ".join(
        f"{' '.join(tokens[:LONGEST])}: most attention on {tokens[int(np.argmax(w))]}, largest effect of "
        f"{tokens[int(np.argmax(np.abs(e)))]}"
        for tokens, w, e in shown
    )
    return show(fig, f"Per token a bar for its attention and one for the effect of leaving it out. {words}.")


def compared(rows, title, unit="accuracy"):
    """Contestants and their figures: {name: (value of each seed, low, high) or (values, None, None)}, best below."""
    with look():
        fig, ax = plt.subplots(figsize=(7.4, 0.62 * len(rows) + 1.2))
        for k, (name, (values, low, high)) in enumerate(rows.items()):
            ours = name.startswith("LSTM")
            colour = COLOURS["o"] if ours else COLOURS["f"] if "LR" in name or "ridge" in name else GREY
            if low is not None:
                ax.plot([low, high], [k, k], color=colour, linewidth=5, alpha=0.3, solid_capstyle="round")
            ax.plot(values, [k] * len(values), "o", color=colour, markersize=7)
            ax.annotate(f"{np.median(values):.3f}", (1.01, k), xycoords=("axes fraction", "data"), va="center")
        ax.set_yticks(range(len(rows)), rows)
        ax.invert_yaxis()
        ax.set(xlabel=unit)
        ax.set_title(title)
    said = "; ".join(f"{name} {np.median(values):.3f}" for name, (values, _, _) in rows.items())
    return show(fig, f"{unit} of each contestant, median of its seeds: {said}.")


def reliability(before, after, edges, title):
    """How often right over how sure, in bins: (counts, sure, right) of one model before and after its temperature."""
    with look():
        fig, axes = plt.subplots(1, 2, figsize=(7.4, 3.7), sharey=True)
        for ax, (counts, sure, right), name in zip(
            axes, (before, after), ("as trained", "after temperature"), strict=True
        ):
            ax.plot([0.5, 1], [0.5, 1], "--", color=GREY, linewidth=1.2)
            there = counts > 0
            width = np.diff(edges)[there] * 0.9
            ax.bar(edges[:-1][there] + width / 1.8, right[there], width, color=COLOURS["h"], alpha=0.55)
            ax.plot(sure[there], right[there], "o", color=COLOURS["o"])
            ax.set(xlabel="how sure the model is", xlim=(0.5, 1), ylim=(0.4, 1.02))
            ax.set_title(name, fontsize=11)
        axes[0].set_ylabel("how often it is right")
        fig.suptitle(title, x=0.02, ha="left", fontsize=11.5, fontweight="bold")
        fig.tight_layout()
    gaps = [f"{np.nansum(c * np.abs(s - r)) / c.sum():.3f}" for c, s, r in (before, after)]
    return show(
        fig,
        "Reliability diagrams, how often the model is right over how sure it is, before and after temperature; on the "
        f"dashed diagonal both are the same. Mean distance {gaps[0]} before, {gaps[1]} after.",
    )


def swapped(groups, title):
    """How far each filler moves the logit of sentences that say nothing good or bad: {group: {filler: mean shift}}."""
    with look():
        fig, axes = plt.subplots(len(groups), 1, figsize=(7.4, 1.15 * len(groups) + 0.9), sharex=True)
        for ax, (name, shifts) in zip(axes, groups.items(), strict=True):
            ordered = sorted(shifts, key=shifts.get)
            ax.axvline(0, color=GREY, linewidth=1)
            ax.plot([shifts[f] for f in ordered], np.zeros(len(ordered)), "o", color=COLOURS["o"], alpha=0.7)
            for k, ha in ((0, "left"), (-1, "right")):
                ax.annotate(ordered[k], (shifts[ordered[k]], 0.35), ha=ha, color=INK)
            ax.set(yticks=[], ylim=(-0.6, 1.3))
            ax.set_title(name, fontsize=11)
            ax.spines["left"].set_visible(False)
        axes[-1].set_xlabel("shift of the logit (below 0: towards negative)")
        fig.suptitle(title, x=0.02, ha="left", fontsize=11.5, fontweight="bold")
        fig.tight_layout()
    said = "; ".join(
        f"{name}: from {min(s, key=s.get)} {min(s.values()):+.2f} to {max(s, key=s.get)} {max(s.values()):+.2f}"
        for name, s in groups.items()
    )
    return show(fig, f"The mean shift of the logit for each word in the gap of neutral sentences. {said}.")
