"""Pictures of lesson 10: the network, exact match against length, alignments, and what a change of the source changes.

Each ``..._picture`` returns what ``figures.show`` makes of it.
"""

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.patches import FancyBboxPatch

from lstm_helpers.figures import look, show

LOOKS = {  # (kind, H): colour, dash, name
    ("none", 64): ("#B34700", "-", "one vector"),
    ("general", 64): ("#0072B2", "--", "with attention"),
}


def _box(ax, x, y, text, colour="white", w=0.78, h=0.62):
    corner, style = (x - w / 2, y - h / 2), "round,pad=0.02,rounding_size=0.1"
    ax.add_patch(FancyBboxPatch(corner, w, h, boxstyle=style, fc=colour, ec="#555555", lw=1.2, zorder=3))
    ax.text(x, y, text, ha="center", va="center", zorder=4, color="black")


def _arrow(ax, start, end, colour="#555555", width=1.4):
    style = {"arrowstyle": "-|>", "lw": width, "color": colour, "mutation_scale": 11, "shrinkA": 0, "shrinkB": 0}
    ax.annotate("", end, start, arrowprops=style)


def network_picture():
    """Encoder and decoder, the one vector between them, and the look back."""
    with look():
        fig, ax = plt.subplots(figsize=(7.6, 3.9))
        ax.set(xlim=(-0.7, 9.2), ylim=(-0.75, 4.6))
        ax.axis("off")
        source, read = "3 mar", "^ 0 3"
        for t, character in enumerate(source):
            _box(ax, t, 1, f"$k_{t + 1}$", "#cfe3f1")
            ax.text(t, 0, repr(character), ha="center", va="center")
            _arrow(ax, (t, 0.22), (t, 0.67))
            if t:
                _arrow(ax, (t - 0.59, 1), (t - 0.41, 1))
        for n, character in enumerate(read.split()):
            x = 6 + 1.25 * n
            _box(ax, x, 1, f"$s_{n + 1}$", "#f8dcc4")
            ax.text(x, 0, repr(character), ha="center", va="center")
            _arrow(ax, (x, 0.22), (x, 0.67))
            _arrow(ax, (x - (1.59 if not n else 0.84), 1), (x - 0.41, 1), "#B34700", 2.6 if not n else 1.4)
            _box(ax, x, 3.1, "context", "#e4efe2", w=1.12)
            _arrow(ax, (x, 1.33), (x, 2.77))
            _arrow(ax, (x, 3.43), (x, 3.9))
            ax.text(x, 4.15, repr(("0", "3", "-")[n]), ha="center", va="center")
        for t in range(len(source)):
            _arrow(ax, (t, 1.33), (5.42, 3.1), "#0072B2", 0.6 + 2.6 * (t == 0))
        ax.text(2, -0.6, "the encoder reads the source", ha="center", va="center")
        ax.text(7.25, -0.6, "the decoder reads the answer so far", ha="center", va="center")
        ax.text(4.95, 1.62, "one vector", ha="center", va="center", color="#8a3700")
        ax.text(1.5, 2.75, "attention: a look back\nat every step", ha="center", va="center", color="#005f96")
        ax.set_title("Two ways from the source to the answer")
    return show(
        fig,
        "Left, an encoder reads the characters '3', ' ', 'm', 'a', 'r'; its five states are the keys k1 to k5. Right, "
        "a decoder reads '^', '0', '3' and has the states s1, s2, s3. One thick arrow leads from the last key to the "
        "first decoder state: one vector. Blue arrows of different width lead from all five keys to a box named "
        "context; above each decoder state stands such a box, and out of it comes a character of the answer: '0', '3', "
        "'-'.",
    )


def learning_picture(curves):
    """Loss against batches. curves: name -> losses."""
    with look():
        fig, ax = plt.subplots(figsize=(7, 3.4))
        for (name, losses), (colour, dash) in zip(curves.items(), (("#B34700", "-"), ("#0072B2", "--")), strict=False):
            smooth = np.convolve(losses, np.ones(10) / 10, "valid")
            ax.plot(np.arange(10, len(losses) + 1), smooth, dash, color=colour, label=name)
        ax.set(xlabel="batches of 32 sentences", ylabel="loss (nats per character)", ylim=(0, 1.5))
        ax.set_title("After 500 batches, only a look back has brought the loss to 0")
        ax.legend()
    said = ", ".join(f"{name}: from {losses[0]:.1f} to {losses[-20:].mean():.2f}" for name, losses in curves.items())
    return show(fig, f"Loss against the number of batches, two curves that start alike. {said}.")


def length_picture(runs, ends):
    """Exact match against source length, a line for each network: the median of its seeds, the range shaded."""
    middles = [(low + end) / 2 for low, end in zip((10, *ends), ends, strict=False)]
    said = []
    with look():
        fig, ax = plt.subplots(figsize=(7.2, 4))
        for network, (colour, dash, name) in LOOKS.items():
            of = [[100 * r[f"to_{e}"] for e in ends] for r in runs if (r["kind"], r["H"]) == network]
            middle = np.median(of, axis=0)
            ax.fill_between(middles, np.min(of, axis=0), np.max(of, axis=0), color=colour, alpha=0.15, lw=0)
            ax.plot(middles, middle, dash, marker="o", ms=4, color=colour, label=name)
            said.append(f"{name}: {middle[0]:.0f} % of the shortest, {middle[-1]:.0f} % of the longest")
        ax.set(xlabel="characters of the source", ylabel="answers exactly right (%)", ylim=(-3, 103))
        ax.set_title("One vector fails as sentences grow, a look back does not")
        ax.legend(loc="center right", bbox_to_anchor=(1, 0.45))
    return show(
        fig, "Exact match against the length of the source, median and range of three seeds. " + "; ".join(said)
    )


def alignment_picture(text, answer, weights, flips=None):
    """The weights (N, T) of one answer over the source, as a map; crosses where a change of the source changes it."""
    with look():
        fig, ax = plt.subplots(figsize=(7.4, 3.6))
        ax.imshow(weights, cmap="Blues", vmin=0, vmax=1, aspect="auto")
        ax.set_xticks(range(len(text)), [character if character != " " else "␣" for character in text])
        ax.set_yticks(range(len(answer)), list(answer))
        ax.set(xlabel="source, character by character", ylabel="answer")
        ax.grid(False)
        told = "dark: the decoder looks here"
        if flips is not None:
            n, t = np.nonzero(flips)
            ax.plot(t, n, "x", color="#B34700", ms=8, mew=2.4)
            told = "dark: the decoder looks here; cross: a change here changes the answer"
        ax.set_title(told, fontsize=10.5)
    tops = ", ".join(f"{a} at {text[w.argmax()]!r} ({w.argmax() + 1})" for a, w in zip(answer, weights, strict=True))
    more = "" if flips is None else " Crosses mark the source characters whose change changes the answer's character."
    return show(fig, f"Map of the weights: the answer {answer} from top to bottom, the source from left to right. The "
                     f"largest weight of each step: {tops}.{more}")  # fmt: skip
