"""The pictures that questions of the bank ask about: PICTURES, {name: function giving (figure, alternative text)}.

Numbers are computed: gradients, gates and cell states are those of the equations for the weights given here.
"""

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.patches import Circle, FancyArrowPatch, FancyBboxPatch

from lstm_helpers.figures import COLOURS, TEXT, look

INK, WIDE = "#1f2328", (6.0, 3.2)


def _axes(x, y, size=WIDE):
    fig, ax = plt.subplots(figsize=size, layout="constrained")
    ax.set(xlabel=x, ylabel=y)
    return fig, ax


def _letter(ax, x, y, letter):
    ax.text(x, y, letter, weight="bold", fontsize=13, color=INK, va="center")


def cell():
    """The cell with letters in place of names."""
    with look():
        fig, ax = plt.subplots(figsize=(6.4, 3.9), layout="constrained")
        ax.set(xlim=(0, 10.4), ylim=(0, 6.2), aspect="equal")
        ax.axis("off")
        line = {"color": INK, "lw": 1.8, "zorder": 1}

        def arrow(a, b, **more):
            ax.add_patch(
                FancyArrowPatch(a, b, arrowstyle="-|>", mutation_scale=12, shrinkA=0, shrinkB=0, **line, **more)
            )

        def sign(x, y, text):
            ax.add_patch(Circle((x, y), 0.32, facecolor="white", edgecolor=INK, lw=1.5, zorder=3))
            ax.text(x, y - 0.02, text, ha="center", va="center", zorder=4, fontsize=12)

        def box(x, letter, squash):
            ax.add_patch(
                FancyBboxPatch((x - 0.5, 1.6), 1, 0.8, boxstyle="round,pad=0.05", facecolor="#eeeeee", edgecolor=INK)
            )
            ax.text(x, 2.0, letter, ha="center", va="center", weight="bold", fontsize=13)
            ax.text(x + 0.12, 1.32, squash, ha="left", va="center", fontsize=10)

        arrow((0.2, 5), (9.9, 5))
        ax.plot([0.2, 7.3], [0.8, 0.8], **line)
        for x in (2, 3.9, 5.4, 7.3):
            arrow((x, 0.8), (x, 1.55))
        box(2, "A", "sigmoid"), box(3.9, "B", "sigmoid"), box(5.4, "C", "tanh"), box(7.3, "D", "sigmoid")
        arrow((2, 2.45), (2, 4.68)), sign(2, 5, "×")
        ax.plot([3.9, 3.9], [2.45, 3.5], **line), arrow((3.9, 3.5), (4.33, 3.5))
        ax.plot([5.4, 5.4], [2.45, 3.5], **line), arrow((5.4, 3.5), (4.97, 3.5))
        sign(4.65, 3.5, "×"), arrow((4.65, 3.82), (4.65, 4.68)), sign(4.65, 5, "+")
        ax.plot([7.3, 7.3], [2.45, 3.2], **line), arrow((7.3, 3.2), (8.28, 3.2))
        arrow((8.6, 5), (8.6, 3.52)), sign(8.6, 3.2, "×"), arrow((8.6, 2.88), (8.6, 0.5))
        ax.text(8.75, 4.2, "tanh", fontsize=10, va="center")
        ax.text(0.2, 5.55, "from the step before", fontsize=10)
        ax.text(0.2, 0.28, r"$x_t$ and $h_{t-1}$", fontsize=11)
        _letter(ax, 10.0, 5, "E"), _letter(ax, 8.75, 0.6, "F")
    return fig, (
        "Drawing of a cell. An upper line runs from left to right to E: it is multiplied by what comes from box A "
        "(sigmoid); then the product of boxes B (sigmoid) and C (tanh) is added. Behind that a branch goes down "
        "through tanh, is multiplied by what comes from box D (sigmoid), and leaves as F. All boxes read x_t and "
        "h_(t-1)."
    )


def gradient_by_lag():
    """Three straight lines on a logarithmic axis: factors 0.8, 0.985 and 1.08 per step."""
    lags = np.arange(101)
    with look():
        fig, ax = _axes("lag k (steps)", "size of the gradient")
        for letter, factor, colour in (("A", 0.8, "f"), ("B", 0.985, "o"), ("C", 1.08, "i")):
            ax.semilogy(lags, factor**lags, color=COLOURS[colour])
            _letter(ax, 102, factor**100, letter)
        ax.set(xlim=(0, 108), ylim=(1e-10, 1e5))
    return fig, (
        "Three straight lines on a logarithmic axis, all from 1 at lag 0: at lag 100, A is at about 10 to the minus "
        "10, B at about 0.2, C at about 2,000."
    )


def loss_cliff():
    """Two training losses that agree, until one jumps."""
    steps = np.arange(121)
    rng = np.random.default_rng(3)
    loss = 1.2 + 3 * np.exp(-steps / 25) + 0.04 * rng.normal(size=121)
    jumped = np.where(steps < 70, loss + 0.03, 4.9 + 0.12 * rng.normal(size=121))
    with look():
        fig, ax = _axes("training step", "training loss (nats)")
        ax.plot(steps, jumped, color=COLOURS["f"]), ax.plot(steps, loss, color=COLOURS["o"], ls="--")
        _letter(ax, 122, 4.9, "A"), _letter(ax, 122, 1.25, "B")
        ax.set(xlim=(0, 128), ylim=(0, 5.6))
    return fig, (
        "Two loss curves. Both fall from 4.2 to about 1.4 in 70 steps and lie on each other. At step 70, A jumps "
        "within one step to 4.9 and stays there; B goes on falling to 1.2."
    )


def gates_over_time():
    """Gates and states of one unit: written at step 5, shown and erased at step 20."""
    t = np.arange(1, 31)
    i = np.where(t == 5, 1.0, 0.0)
    f = np.where(t == 21, 0.0, 1.0)
    o = np.where(t == 20, 1.0, 0.0)
    c = np.zeros(31)
    for k in t:
        c[k] = f[k - 1] * c[k - 1] + i[k - 1]
    h = o * np.tanh(c[1:])
    with look():
        fig, axes = plt.subplots(5, 1, figsize=(6.0, 4.6), sharex=True, layout="constrained")
        rows = (("i", i), ("f", f), ("o", o), ("c", c[1:]), ("h", h))
        for ax, (name, values) in zip(axes, rows, strict=True):
            ax.step(t, values, where="mid", color=COLOURS[name])
            ax.set(ylim=(-0.15, 1.2), yticks=[0, 1])
            ax.set_ylabel(name, rotation=0, labelpad=12, color=TEXT[name], fontsize=12, weight="bold", va="center")
        axes[-1].set_xlabel("step")
    return fig, (
        "Five rows over 30 steps. i is 1 at step 5 and 0 elsewhere. f is 1 but for step 21, where it is 0. o is 1 at "
        "step 20 and 0 elsewhere. c is 0 until step 4, 1 from step 5 to 20, then 0. h is 0 but for 0.76 at step 20."
    )


def overfitting():
    """A training loss that keeps falling, and a validation loss that turns at epoch 24."""
    epochs = np.arange(1, 61)
    train = 0.25 + 2.0 * np.exp(-epochs / 13)
    valid = 0.85 + 1.45 * np.exp(-epochs / 7) + 0.00032 * np.clip(epochs - 14, 0, None) ** 2
    with look():
        fig, ax = _axes("epoch", "loss (nats)")
        ax.plot(epochs, train, color=COLOURS["o"], label="training")
        ax.plot(epochs, valid, color=COLOURS["f"], ls="--", label="validation")
        ax.legend(loc="upper center", ncols=2)
        ax.set(xlim=(0, 61), ylim=(0, 2.9))
    return fig, (
        "Training loss falls all the way, from 2.1 at epoch 1 to 0.27 at epoch 60. Validation loss falls to about "
        "0.93 near epoch 24, then rises to 1.5 at epoch 60."
    )


def lagged_forecast():
    """A walk, and the same shifted by one step."""
    rng = np.random.default_rng(11)
    price = 100 + np.cumsum(rng.normal(size=41))
    days = np.arange(41)
    with look():
        fig, ax = _axes("day", "price")
        ax.plot(days, price, color=INK, label="what came")
        ax.plot(days[1:], price[:-1], color=COLOURS["f"], ls="--", label="forecast")
        ax.legend(loc="best")
    return fig, (
        "Two jagged curves over 40 days. The dashed one has every turn of the solid one, at the same height, one day "
        "further to the right."
    )


def alignment():
    """Weights of a translation in which two words change places."""
    a = np.full((5, 5), 0.04)
    for row, column in enumerate((0, 1, 3, 2, 4)):
        a[row, column] = 0.84
    with look():
        fig, ax = plt.subplots(figsize=(4.6, 3.8), layout="constrained")
        image = ax.imshow(a, cmap="Greys", vmin=0, vmax=1)
        ax.set(xticks=range(5), yticks=range(5), xticklabels=range(1, 6), yticklabels=range(1, 6))
        ax.set(xlabel="source word", ylabel="written word")
        ax.grid(False)
        fig.colorbar(image, label="weight")
    return fig, (
        "Grid of five written words (rows) by five source words (columns). Dark cells: row 1 column 1, row 2 column 2, "
        "row 3 column 4, row 4 column 3, row 5 column 5. All others are pale."
    )


def counter():
    """A counting cell over a string of five a and three b."""
    c = np.cumsum([0] + [1] * 5 + [-1] * 3)
    with look():
        fig, ax = _axes("symbols read", "cell state")
        ax.plot(range(9), c, marker="o", color=COLOURS["c"])
        ax.set(xticks=range(9), yticks=range(6))
    return fig, "The cell state goes from 0 up to 5 in five equal steps, then down to 2 in three equal steps."


def growing_state():
    """Two cells on a stream: one is only added to, the other is erased every 12 steps."""
    rng = np.random.default_rng(5)
    added = 0.12 * rng.normal(size=120) + 0.08
    only = np.cumsum(added)
    erased, c = [], 0.0
    for t, value in enumerate(added):
        c = (0.0 if t % 12 == 0 else c) + value
        erased.append(c)
    with look():
        fig, ax = _axes("step of the stream", "cell state")
        ax.plot(only, color=COLOURS["f"]), ax.plot(erased, color=COLOURS["o"])
        _letter(ax, 121, only[-1], "A"), _letter(ax, 121, erased[-1], "B")
        ax.set(xlim=(0, 128))
    return fig, (
        f"Two curves over 120 steps. A climbs, with small ups and downs, from 0 to about {only[-1]:.0f}. B stays "
        f"between {min(erased):.0f} and {max(erased):.0f} and falls back to near 0 every 12 steps."
    )


PICTURES = {
    each.__name__: each
    for each in (
        cell,
        gradient_by_lag,
        loss_cliff,
        gates_over_time,
        overfitting,
        lagged_forecast,
        alignment,
        counter,
        growing_state,
    )
}
