"""Pictures of the project translation.

Each function returns what ``figures.show`` makes of it.
"""

import re

import numpy as np
from matplotlib import pyplot as plt

from lstm_helpers.figures import COLOURS, TEXT, look, show

GREY = "#5f5f5f"
FIELDS = {"y": TEXT["o"], "M": TEXT["f"], "d": TEXT["i"], "E": TEXT["g"], "": GREY}
NETWORK, RIVAL, OTHER = COLOURS["o"], COLOURS["f"], COLOURS["i"]


def pieces(language, day, pattern):
    """A date as [(text, kind)], kind "y", "M", "d", "E" for the weekday, or "" for what stands between."""
    found = []
    for piece in re.findall(r"\{[^}]*\}|[^{}]+", pattern):
        kind = {"y": "y", "M": "M", "L": "M", "d": "d", "E": "E", "c": "E"}[piece[1]] if piece[0] == "{" else ""
        found.append((language.write(day, piece), kind))
    return found


def same_day(languages, day):
    """One day as each language writes it in full, its parts in colours."""
    with look():
        fig, ax = plt.subplots(figsize=(6.6, 0.25 * len(languages) + 0.5))
        for row, language in enumerate(languages.values()):
            ax.annotate(language.name, (0.37, row), ha="right", va="baseline", color=GREY)
            at, where = (0.40, row), "data"
            for text, kind in pieces(language, day, language.patterns[2]):
                said = ax.annotate(
                    text, at, xycoords=where, va="baseline" if where == "data" else "bottom", color=FIELDS[kind],
                    fontweight="bold" if kind else "normal", annotation_clip=False,
                )  # fmt: skip
                at, where = (1, 0), said
        ax.set(xlim=(0, 1), ylim=(len(languages) - 0.5, -1))
        ax.axis("off")
        ax.set_title("Weekday, day, month and year, wherever a language puts them")
    said = "; ".join(f"{one.name}: {one.write(day, one.patterns[2])}" for one in languages.values())
    return show(fig, f"{day.isoformat()} written in full in {len(languages)} languages. {said}.")


def looks(text, answer, weights):
    """Where the writer looked, (N, T): a row for each character of the answer, a column for each of the text."""
    with look():
        fig, ax = plt.subplots(figsize=(max(6.0, 0.2 * len(text) + 1.0), 3.5))
        ax.imshow(weights, cmap="Blues", vmin=0, vmax=1, aspect="auto")
        ax.set_xticks(range(len(text)), [character.replace(" ", "␣") for character in text])
        ax.set_yticks(range(len(answer)), list(answer))
        ax.set(xlabel="the text, character by character", ylabel="the answer")
        ax.grid(False)
        ax.set_title("Dark: the writer looks here when it writes this character", fontsize=10.5)
    tops = ", ".join(f"{a} at {text[w.argmax()]!r} ({w.argmax() + 1})" for a, w in zip(answer, weights, strict=True))
    return show(fig, f"Where the reader looks in {text!r} when it writes {answer}. The largest weight of each: {tops}.")


def bars(title, groups, names, values, ylabel, low=0.0, colours=(NETWORK, RIVAL, OTHER)):
    """Bars side by side: values[k] (groups,) or (seeds, groups) of names[k]; the median counts, dots are the seeds."""
    x, wide = np.arange(len(groups)), 0.8 / len(names)
    with look():
        fig, ax = plt.subplots(figsize=(8.2, 3.5))
        for k, (name, value) in enumerate(zip(names, values, strict=True)):
            value = np.atleast_2d(value)
            at = x + (k - (len(names) - 1) / 2) * wide
            middle = np.median(value, axis=0)
            ax.bar(at, middle - low, wide * 0.92, bottom=low, color=colours[k], label=name)
            if len(value) > 1:
                ax.plot(np.tile(at, (len(value), 1)), value, ".", color="#222222", markersize=5)
        ax.set_xticks(x, groups)
        ax.set(ylabel=ylabel)
        ax.grid(axis="x", visible=False)
        ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.12), ncols=len(names))
        ax.set_title(title)
    told = []
    for name, value in zip(names, values, strict=True):
        middle = np.median(np.atleast_2d(value), axis=0)
        told.append(f"{name}: " + ", ".join(f"{g} {v:.3g}" for g, v in zip(groups, middle, strict=True)))
    told = "; ".join(told)
    return show(fig, f"Bars, {ylabel}. {told}. Dots are single seeds.")


def refusal(share, right, threshold):
    """Shares of the dates that are answered, and of these that are right, over the threshold: (thresholds,) each."""
    with look():
        fig, ax = plt.subplots(figsize=(7.4, 3.5))
        ax.plot(threshold, right, "o-", color=NETWORK, markersize=4, label="right, of those answered")
        ax.plot(threshold, share, "s--", color=RIVAL, markersize=4, label="answered")
        ax.legend(loc="lower left")
        ax.set(xlabel="least probability of the whole date", ylabel="share of the dates")
        ax.set(ylim=(min(share.min(), right.min()) - 0.08, 1.03))
        ax.set_title("Who refuses the unsure ones is right more often")
    rows = "; ".join(
        f"{t:.2f}: {s:.0%} answered, {r:.1%} right" for t, s, r in zip(threshold, share, right, strict=True)
    )
    return show(fig, f"Two curves over the least probability that is accepted. {rows}.")


def alignment(english, beside, french, weights):
    """Where a translator looked: rows are the French words, columns the English ones and those of the neighbour."""
    with look():
        ratio = [len(english) + 1, len(beside) + 1]
        fig, axes = plt.subplots(
            1, 2, figsize=(8.0, 0.36 * len(french) + 2.1), sharey=True, width_ratios=ratio, layout="constrained"
        )
        T = len(english) + 1
        parts = (english, weights[:, :T], "the English sentence"), (beside, weights[:, T:], "the neighbour's French")
        for ax, (words, part, name) in zip(axes, parts, strict=True):
            ax.imshow(part, cmap="Blues", vmin=0, vmax=1, aspect="auto")
            ax.set_xticks(range(len(words) + 1), [*words, "end"], rotation=55, ha="right", rotation_mode="anchor")
            ax.set_title(name, fontsize=10.5)
            ax.grid(False)
        axes[0].set_yticks(range(len(french) + 1), [*french, "end"])
    columns = [*english, "end", *(f"{word} (neighbour)" for word in [*beside, "end"])]
    tops = ", ".join(f"{word} at {columns[row.argmax()]}" for word, row in zip(french, weights, strict=False))
    return show(fig, f"Where the translator looks for each French word. The largest weight: {tops}.")
