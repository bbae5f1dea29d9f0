"""Pictures of lesson 1: one-hot rows, what follows what, the unrolled network, learning curves, how far back it reads.

Each picture function returns what ``figures.show`` makes of it. Shapes: ``N`` characters, ``V`` symbols of the
vocabulary, ``T`` time steps.
"""

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.colors import LinearSegmentedColormap, PowerNorm
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from lstm_helpers.figures import COLOURS, look, show

INK = "#222222"
PALE_BLUES = LinearSegmentedColormap.from_list("pale blues", ["#ffffff", "#9ecae1", "#4292c6"])  # INK shows on all
WEIGHTS = {"x": "#005a8c", "h": "#a34700", "y": "#00694d"}  # dark enough for text on white
LINE_END, SPACE = "\N{DOWNWARDS ARROW WITH CORNER LEFTWARDS}", "\N{OPEN BOX}"


def visible(character, space=SPACE):
    """A character as it is drawn: a space and a line end get a sign of their own."""
    return {" ": space, "\n": LINE_END}.get(str(character), str(character))


def one_hot_rows(vocab, x):
    """The one-hot rows ``x (N, V)`` of a text, one mark in each; ``vocab (V,)`` holds the characters."""
    ids = x.argmax(axis=1)
    letters = [visible(ch, space="space") for ch in vocab[ids]]
    with look():
        fig, ax = plt.subplots(figsize=(8.6, 0.32 * len(x) + 1.3))
        ax.imshow(1 - x, cmap="gray", vmin=0, vmax=1, aspect="auto", interpolation="nearest")
        marked = sorted(set(ids))
        ax.set_xticks(marked, [visible(vocab[k]) for k in marked])
        ax.set_yticks(range(len(x)), letters)
        ax.set_xticks(np.arange(len(vocab)) - 0.5, minor=True)
        ax.set_yticks(np.arange(len(x)) - 0.5, minor=True)
        ax.grid(visible=False)
        ax.grid(which="minor", color="#dddddd", linewidth=0.6)
        ax.tick_params(which="minor", length=0)
        ax.set(
            xlabel=f"symbol of the vocabulary (columns 0 to {len(vocab) - 1}; {SPACE} is the space)", ylabel="time step"
        )
        ax.set_title(f"{len(x)} characters, {len(x)} rows: one black bar in each, at its symbol's column")
    return show(
        fig,
        f"A grid of {len(x)} rows and {len(vocab)} columns, all white but for one black bar in each row: "
        f"{', '.join(f'{name} in column {k}' for name, k in zip(letters, ids, strict=True))}.",
    )


def what_follows(vocab, p):
    """The table ``p (V, V)`` of a bigram model for the small letters and the space: what follows what.

    The colours go with the square root of the probability, so that small ones can be told apart; the largest have their
    number.
    """
    shown = [k for k, ch in enumerate(vocab) if ch == " " or ("a" <= ch <= "z")]
    names = [visible(vocab[k]) for k in shown]
    table = p[np.ix_(shown, shown)]
    place = {vocab[k]: n for n, k in enumerate(shown)}
    with look():
        fig, ax = plt.subplots(figsize=(7.8, 7.4))
        image = ax.imshow(table, cmap=PALE_BLUES, norm=PowerNorm(0.5, vmin=0, vmax=1))
        for row, column in np.argwhere(table >= 0.3):
            told = f"{table[row, column]:.2f}".lstrip("0")
            ax.text(column, row, told, ha="center", va="center", fontsize=7.9, color=INK)
        ax.set_xticks(range(len(shown)), names)
        ax.set_yticks(range(len(shown)), names)
        ax.grid(visible=False)
        ax.set(xlabel=f"next character ({SPACE} is the space)", ylabel="character just read")
        ax.set_title("After q comes u. After most letters, many may come")
        fig.colorbar(image, label="probability of the next character", shrink=0.8, ticks=[0, 0.01, 0.05, 0.2, 0.5, 1])
    return show(
        fig,
        f"A heat map of {len(shown)} by {len(shown)} squares: the probability of the next character, one row for each "
        f"character just read, darker for likelier. The darkest is u after q, {table[place['q'], place['u']]:.2f}; e "
        f"after v has {table[place['v'], place['e']]:.2f}, h after t {table[place['t'], place['h']]:.2f}; most rows "
        "are spread out over many pale squares.",
    )


def _arrow(ax, start, end, colour, bend=0.0):
    """An arrow from one point to another; ``bend`` makes an arc of it."""
    ax.add_patch(
        FancyArrowPatch(
            start, end, arrowstyle="-|>", mutation_scale=13, color=colour, linewidth=1.8,
            connectionstyle=f"arc3,rad={bend}", shrinkA=0, shrinkB=0,
        )
    )  # fmt: skip


def _box(ax, x, y, text, half=0.42, face="#e3f2fb", edge="#1f6fa8", size=14):
    """A rounded box of half width ``half`` around a point, with a text in it."""
    shape = FancyBboxPatch((x - half, y - 0.26), 2 * half, 0.52, boxstyle="round,pad=0.05", fc=face, ec=edge)
    ax.add_patch(shape)
    ax.text(x, y, text, ha="center", va="center", fontsize=size, color=INK)


def _step(ax, x, names):
    """One step of the network at ``x``: input, state, guess, target, with their arrows. ``names``: their four texts."""
    reads, state, target, show_weights = names
    ax.text(x, -1.42, reads, ha="center", va="center", fontsize=11, color=INK)
    _arrow(ax, (x, -1.2), (x, -0.34), WEIGHTS["x"])
    _box(ax, x, 0, state)
    _arrow(ax, (x, 0.34), (x, 1.04), WEIGHTS["y"])
    _box(ax, x, 1.38, "softmax:\nguess", half=0.56, face="#f4f4f4", edge="#777777", size=9.5)
    ax.text(x, 2.12, target, ha="center", va="center", fontsize=11, color=INK)
    if show_weights:
        ax.text(x + 0.1, -0.8, "$W_x$", color=WEIGHTS["x"], fontsize=12, va="center")
        ax.text(x + 0.1, 0.67, "$W_y$", color=WEIGHTS["y"], fontsize=12, va="center")


def unrolled(word):
    """The network as a loop, and beside it the same one drawn once for each character of ``word``."""
    steps = len(word) - 1
    with look():
        fig, ax = plt.subplots(figsize=(9.0, 4.6))
        ax.axis("off")
        _step(ax, 0, ("reads $x_t$", "$h_t$", "target: $x_{t+1}$", True))
        ax.add_patch(
            FancyArrowPatch(
                (0.47, 0.1), (0.47, -0.16), arrowstyle="-|>", mutation_scale=13, color=WEIGHTS["h"], linewidth=1.8,
                connectionstyle="arc,angleA=25,angleB=-25,armA=62,armB=62,rad=26", shrinkA=0, shrinkB=0,
            )
        )  # fmt: skip
        ax.text(1.22, 0.36, "$W_h$", color=WEIGHTS["h"], fontsize=12, ha="center")
        ax.text(2.1, 0, "=", fontsize=24, ha="center", va="center", color=INK)
        ax.text(2.9, 0, "$h_0$", ha="center", va="center", fontsize=14, color=INK)
        for t in range(steps):
            x = 4.3 + 1.75 * t
            _step(ax, x, (f"reads {word[t]!r}", f"$h_{t + 1}$", f"target: {word[t + 1]!r}", True))
            _arrow(ax, (x - 1.14 if t else x - 1.18, 0), (x - 0.5, 0), WEIGHTS["h"])
            ax.text(x - 0.82, 0.2, "$W_h$", color=WEIGHTS["h"], fontsize=12, ha="center")
        ax.text(0, -2.0, "as a loop", ha="center", fontsize=11, color=INK)
        ax.text(
            4.3 + 1.75 * (steps - 1) / 2, -2.0, "unrolled: one copy for each step", ha="center", fontsize=11, color=INK
        )
        ax.set(xlim=(-0.9, 4.3 + 1.75 * (steps - 1) + 0.9), ylim=(-2.2, 2.4))
        ax.set_title("One step that feeds itself: drawn as a loop, and drawn once for each character")
    return show(
        fig,
        "Left, the network as a loop: a box h_t that reads x_t from below through W_x, has an arrow from itself to "
        "itself through W_h, and gives a guess above through W_y and softmax. Right, the same unrolled: "
        f"{steps} boxes side by side, h_1 to h_{steps}, each with an arrow W_h from the one before it, the first from "
        f"h_0. They read {', '.join(word[:-1])}; the targets of their guesses are {', '.join(word[1:])}. All boxes "
        "have the same weights.",
    )


def learning_curve(steps, bits, counted):
    """Bits per character ``bits`` after ``steps``, both lists, with lines for counts: ``counted`` name -> bits."""
    below = {
        name: next((s for s, v in zip(steps, bits, strict=True) if v < line), None) for name, line in counted.items()
    }
    shades = dict(zip(counted, (COLOURS["x"], COLOURS["o"], COLOURS["f"], COLOURS["g"]), strict=True))
    with look():
        fig, ax = plt.subplots(figsize=(8.2, 4.3))
        for name, line in counted.items():
            ax.axhline(line, color=shades[name], linestyle="--", linewidth=1.4)
            ax.annotate(f"{name} counts: {line:.2f}", (1.01, line), xycoords=("axes fraction", "data"),
                        color=INK, va="center")  # fmt: skip
        ax.plot(steps, bits, "o-", color=COLOURS["h"], markersize=4)
        ax.annotate(f"RNN: {bits[-1]:.1f}", (steps[-1], bits[-1]), (0, -16), textcoords="offset points", ha="right")
        ax.set(xlabel="training steps", ylabel="bits per character", ylim=(1.5, max(bits) + 0.3))
        ax.set_title("Trigram counts are beaten early, 4-gram counts stay ahead")
    told = "; ".join(f"{name} {line:.2f}" for name, line in counted.items())
    passed = "; ".join(f"{name} by step {step:,}" for name, step in below.items() if step is not None)
    return show(
        fig,
        f"A falling curve of bits per character against training steps, from {bits[0]:.1f} to {bits[-1]:.1f} after "
        f"{steps[-1]:,} steps, with dashed lines for counts: {told}. The curve is below {passed}.",
    )


def tempered(vocab, rows, temperatures, context):
    """The probabilities ``rows (n, V)`` of the likeliest next characters, one panel for each temperature."""
    first = np.argsort(rows[list(temperatures).index(1.0)])[::-1][:8]
    names = [visible(vocab[k]) for k in first]
    tops = [row[first[0]] for row in rows]
    with look():
        fig, axes = plt.subplots(len(rows), 1, figsize=(7.0, 5.6), sharex=True, sharey=True, layout="constrained")
        for ax, row, temperature in zip(axes, rows, temperatures, strict=True):
            ax.bar(range(len(first)), row[first], color=COLOURS["i"])
            ax.set_title(f"temperature {temperature:g}")
            ax.set(ylabel="probability", ylim=(0, 1.15 * max(tops)))
            ax.grid(axis="x", visible=False)
        axes[-1].set_xticks(range(len(first)), names)
        axes[-1].set_xlabel("next character")
        fig.suptitle(
            f"After \N{LEFT DOUBLE QUOTATION MARK}{context}\N{RIGHT DOUBLE QUOTATION MARK}: "
            "low temperatures sharpen the guess",
            x=0.01,
            ha="left",
            fontweight="bold",
        )
    told = "; ".join(f"{p:.2f} at temperature {t:g}" for p, t in zip(tops, temperatures, strict=True))
    return show(
        fig,
        f"Bar charts of the eight likeliest characters after the text {context!r}, one below the other for each "
        f"temperature. The likeliest, {str(names[0])!r}, has {told}: the lower, the more certain.",
    )


def reach(read, bits):
    """Bits per character ``bits`` when the network reads only the last ``read`` characters, both lists."""
    gain = bits[list(read).index(10)] - bits[-1]
    with look():
        fig, ax = plt.subplots(figsize=(8.0, 3.9))
        ax.plot(read, bits, "o-", color=COLOURS["h"])
        for k, v in zip(read, bits, strict=True):
            if k in (1, 3, 5, 10, 100):
                beside = (11, 5) if k < 7 else (0, 9)  # to the right of the curve where it is steep
                ax.annotate(f"{v:.1f}", (k, v), beside, textcoords="offset points", ha="center")
        ax.set_xscale("log")
        ax.set_xticks(list(read), [str(k) for k in read])
        ax.minorticks_off()
        ax.set(xlabel="characters read before the guess", ylabel="bits per character", ylim=(1.5, max(bits) + 0.5))
        ax.set_title("What lies more than ten characters back hardly helps")
    return show(
        fig,
        "A curve of bits per character against the number of characters read before each guess, on a logarithmic axis: "
        + "; ".join(f"{v:.1f} after {k}" for k, v in zip(read, bits, strict=True))
        + f". From 10 characters to 100 it falls by {gain:.2f} only.",
    )
