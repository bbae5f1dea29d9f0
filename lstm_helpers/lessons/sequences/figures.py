"""Pictures of lesson 1: one-hot rows, what follows what, the unrolled network, learning curves, how far back it reads.

Each picture function returns what ``figures.show`` makes of it. Shapes: ``N`` characters, ``V`` symbols of the
vocabulary, ``T`` time steps.
"""

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from lstm_helpers.figures import COLOURS, look, show

INK, PALE = "#222222", "#bbbbbb"
LINE_END, SPACE = "\N{DOWNWARDS ARROW WITH CORNER LEFTWARDS}", "\N{OPEN BOX}"


def visible(character, space=SPACE):
    """A character as it is drawn: a space and a line end get a sign of their own."""
    return {" ": space, "\n": LINE_END}.get(str(character), str(character))


def one_hot_rows(vocab, x):
    """The one-hot rows ``x (N, V)`` of a text, one mark a row; ``vocab (V,)`` holds the characters."""
    ids = x.argmax(axis=1)
    letters = [visible(ch, space="space") for ch in vocab[ids]]
    with look():
        fig, ax = plt.subplots(figsize=(9.6, 0.32 * len(x) + 1.3))
        ax.imshow(1 - x, cmap="gray", vmin=0, vmax=1, aspect="auto", interpolation="nearest")
        ax.set_xticks(range(len(vocab)), [visible(ch) for ch in vocab], fontsize=7)
        ax.set_yticks(range(len(x)), letters)
        ax.set_xticks(np.arange(len(vocab)) - 0.5, minor=True)
        ax.set_yticks(np.arange(len(x)) - 0.5, minor=True)
        ax.grid(visible=False)
        ax.grid(which="minor", color="#dddddd", linewidth=0.6)
        ax.tick_params(which="minor", length=0)
        signs = f"{LINE_END} ends a line, {SPACE} is the space"
        ax.set(xlabel=f"symbol of the vocabulary (columns 0 to {len(vocab) - 1}; {signs})", ylabel="time step")
        ax.set_title(f"{len(x)} characters, {len(x)} rows: one black square in each, at its symbol's column")
    return show(
        fig,
        f"A grid of {len(x)} rows and {len(vocab)} columns, all white but for one black square a row: "
        f"{', '.join(f'{name} in column {k}' for name, k in zip(letters, ids, strict=True))}.",
    )


def what_follows(vocab, p):
    """The table ``p (V, V)`` of a bigram model for the small letters and the space: what follows what."""
    shown = [k for k, ch in enumerate(vocab) if ch == " " or ("a" <= ch <= "z")]
    names = [visible(vocab[k]) for k in shown]
    table = p[np.ix_(shown, shown)]
    place = {vocab[k]: n for n, k in enumerate(shown)}
    with look():
        fig, ax = plt.subplots(figsize=(7.4, 6.2))
        image = ax.imshow(table, cmap="cividis", vmin=0, vmax=1)
        ax.set_xticks(range(len(shown)), names)
        ax.set_yticks(range(len(shown)), names)
        ax.grid(visible=False)
        ax.set(xlabel=f"next character ({SPACE} is the space)", ylabel="character just read")
        ax.set_title("After q comes u. After most letters, many may come")
        fig.colorbar(image, label="probability of the next character", shrink=0.8)
    return show(
        fig,
        f"A heat map of {len(shown)} by {len(shown)} squares: the probability of the next character, one row for each "
        f"character just read. The brightest is u after q, {table[place['q'], place['u']]:.2f}; e after v has "
        f"{table[place['v'], place['e']]:.2f}, h after t {table[place['t'], place['h']]:.2f}; most rows "
        "are spread out.",
    )


def unrolled(word):
    """The network of one step, drawn once for each character of ``word``; the same weights stand at each step."""
    with look():
        fig, ax = plt.subplots(figsize=(9.6, 3.7))
        ax.axis("off")
        steps = len(word) - 1

        def arrow(start, end, label="", colour=INK, shift=(0.08, 0.0)):
            ax.add_patch(FancyArrowPatch(start, end, arrowstyle="-|>", mutation_scale=14, color=colour, linewidth=1.8))
            if label:
                middle = (start[0] + end[0]) / 2 + shift[0], (start[1] + end[1]) / 2 + shift[1]
                ax.annotate(label, middle, color=colour, fontsize=11, va="center")

        for t in range(steps):
            x = 2.0 * t
            ax.add_patch(
                FancyBboxPatch(
                    (x - 0.42, -0.3), 0.84, 0.6, boxstyle="round,pad=0.05", facecolor="#e3f2fb", edgecolor=COLOURS["h"]
                )
            )
            ax.annotate(f"$h_{t + 1}$", (x, 0), ha="center", va="center", fontsize=15, color=INK)
            ax.annotate(f"reads {word[t]!r}", (x, -1.42), ha="center", va="center", fontsize=11.5)
            ax.annotate(f"asked: {word[t + 1]!r}", (x, 1.42), ha="center", va="center", fontsize=11.5)
            arrow((x, -1.22), (x, -0.38), "$W_x$", COLOURS["o"])
            arrow((x, 0.38), (x, 1.22), "$W_y$", COLOURS["i"])
            arrow((x - 1.53, 0), (x - 0.49, 0), "$W_h$", COLOURS["f"], shift=(-0.18, 0.2))
        ax.annotate("$h_0$", (-1.72, 0), ha="center", va="center", fontsize=15, color=INK)
        ax.set(xlim=(-2.0, 2.0 * steps - 0.9), ylim=(-1.75, 1.75))
        ax.set_title("One step, used again and again: only the hidden state goes from step to step")
    return show(
        fig,
        f"{steps} boxes side by side, h_1 to h_{steps}. Box t reads one character from below through W_x and the box "
        f"before it from the left through W_h, and above it stands the character that is asked for, through W_y. They "
        f"read {', '.join(word[:-1])} and are asked for {', '.join(word[1:])}. The weights are the same in every box.",
    )


def learning_curve(steps, bits, counted):
    """Bits per character ``bits`` after ``steps``, both lists, with lines for counts: ``counted`` name -> bits."""
    below = {
        name: next((s for s, v in zip(steps, bits, strict=True) if v < line), None) for name, line in counted.items()
    }
    shades = dict(zip(counted, (COLOURS["x"], COLOURS["o"], COLOURS["f"], COLOURS["g"]), strict=True))
    with look():
        fig, ax = plt.subplots(figsize=(9.0, 4.3))
        for name, line in counted.items():
            ax.axhline(line, color=shades[name], linestyle="--", linewidth=1.4)
            ax.annotate(f"{name} counts: {line:.2f}", (1.01, line), xycoords=("axes fraction", "data"),
                        color=shades[name], va="center")  # fmt: skip
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
        fig, axes = plt.subplots(1, len(rows), figsize=(9.6, 3.1), sharey=True, layout="constrained")
        for ax, row, temperature in zip(axes, rows, temperatures, strict=True):
            ax.bar(range(len(first)), row[first], color=COLOURS["i"])
            ax.set_xticks(range(len(first)), names)
            ax.set_title(f"temperature {temperature:g}")
            ax.set_xlabel("next character")
            ax.grid(axis="x", visible=False)
        axes[0].set(ylabel="probability", ylim=(0, 1.15 * max(tops)))
        fig.suptitle(
            f"After \N{LEFT DOUBLE QUOTATION MARK}{context}\N{RIGHT DOUBLE QUOTATION MARK}: cold is sure, hot is even",
            x=0.01,
            ha="left",
            fontweight="bold",
        )
    told = "; ".join(f"{p:.2f} at temperature {t:g}" for p, t in zip(tops, temperatures, strict=True))
    return show(
        fig,
        f"Bar charts of the eight likeliest characters after the text {context!r}, one for each temperature. The "
        f"likeliest, {str(names[0])!r}, has {told}: the colder, the surer.",
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
