"""Pictures of lesson 2: loss against lag, the way back, the gradient's norm, and what clipping does.

Each ``..._picture`` returns what ``figures.show`` makes of it.
"""

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from lstm_helpers.figures import COLOURS, look, show
from lstm_helpers.lessons.why_rnns_forget.experiments import along_the_gradient, difference_errors, share_beyond

INK, PALE, GREY = "#222222", "#999999", "#5F5F5F"
# Darker than the course's colours, since they colour text too. Vanishing is blue.
RADII = {0.5: "#004C7A", 0.9: "#0072B2", 1.0: GREY, 1.1: "#8A5A00", 1.5: "#B34700"}
WITHOUT, WITH = "#B34700", "#0072B2"
BACK = "#B34700"
STARTS = {"torch": ("PyTorch's start", "#0072B2"), "orthogonal": ("orthogonal start", "#B34700")}


# ---------------------------------------------------------------- a network that has to remember


def memory_picture(lags, runs):
    """Loss against lag. runs: name -> losses (seeds, lags), shares of guessing; the lines are medians."""
    with look():
        fig, ax = plt.subplots(figsize=(8.2, 3.6))
        ax.axhline(1, color=PALE, linestyle="--", linewidth=1.6)
        ax.annotate("guessing", ((lags[0] * lags[1]) ** 0.5, 0.97), ha="center", va="top", color=GREY)
        for (name, losses), colour, marker in zip(runs.items(), (WITH, WITHOUT), "os", strict=False):
            ax.plot(lags, np.median(losses, axis=0), color=colour, label=name, zorder=3)
            for row in losses:
                ax.plot(lags, row, marker, color=colour, markersize=7, markeredgecolor="white", zorder=4)
        ax.set_xscale("log")
        ax.set_xticks(lags, [str(lag) for lag in lags])
        ax.minorticks_off()
        ax.set(xlabel="lag (time steps)", ylabel="loss (share of guessing)", ylim=(-0.05, 1.2))
        if len(runs) > 1:
            ax.legend(loc="center left")
            ax.set_title("The same network remembers longer when its gradient keeps its length")
        else:
            ax.set_title("Ten steps are learned, twenty are not")
        fig.tight_layout()
    told = "; ".join(
        f"{name}: " + ", ".join(f"{m:.2f} at lag {lag}" for lag, m in zip(lags, np.median(v, axis=0), strict=True))
        for name, v in runs.items()
    )
    return show(
        fig,
        f"Loss against lag, a dot for each of three runs and a line for their median, as a share of what guessing "
        f"costs. {told}.",
    )


# ---------------------------------------------------------------- the way back


def unrolled_picture():
    """The network unrolled over three steps: forward arrows, and the gradients that come back along them."""
    with look():
        fig, ax = plt.subplots(figsize=(8.8, 3.9))
        for t in range(4):
            x = 3 * t
            _box(ax, x, 1.5, f"$h_{t}$", COLOURS["h"])
            if t:
                _box(ax, x, 0, f"$x_{t}$", COLOURS["x"])
                _box(ax, x, 3, f"$L_{t}$", COLOURS["i"])
                _arrow(ax, (x, 0.4), (x, 1.1), INK)
                _arrow(ax, (x - 0.15, 1.9), (x - 0.15, 2.6), INK)
                _arrow(ax, (x + 0.15, 2.6), (x + 0.15, 1.9), BACK)
                ax.annotate(f"own $dh_{t}$", (x + 0.3, 2.25), va="center", color=BACK)
                _arrow(ax, (x - 2.45, 1.65), (x - 0.55, 1.65), INK)
                _arrow(ax, (x - 0.55, 1.35), (x - 2.45, 1.35), BACK)
                ax.annotate(f"$dz_{t}\\,W_h^\\top$", (x - 1.5, 1.0), ha="center", va="center", color=BACK, fontsize=11)
                ax.annotate("$W_h$", (x - 1.5, 1.88), ha="center", va="center", color=INK)
        ax.set(xlim=(-0.8, 10.6), ylim=(-0.5, 3.5), aspect="equal")
        ax.axis("off")
        ax.set_title("The network unrolled: forward in black, and the way back beside it")
        fig.tight_layout()
    return show(
        fig,
        "A network unrolled over three steps. Black arrows go from the initial state h0 through h1 and h2 to h3, from "
        "each input x up to its hidden state, and from each hidden state up to its loss L. Orange arrows come back: "
        "from each loss down to its hidden state, and from each hidden state to the one before it.",
    )


def _box(ax, x, y, text, colour):
    ax.add_patch(
        FancyBboxPatch((x - 0.4, y - 0.32), 0.8, 0.64, "round,pad=0.04", facecolor=colour, alpha=0.22, edgecolor=colour)
    )
    ax.annotate(text, (x, y), ha="center", va="center", fontsize=13)


def _arrow(ax, start, end, colour):
    ax.add_patch(FancyArrowPatch(start, end, arrowstyle="-|>", mutation_scale=13, color=colour, linewidth=1.6))


def step_size_picture(loss, array, index, exact):
    """The error of one-sided and central differences against the step, for one entry of ``array``.

    loss(): the loss with the arrays as they are; exact: the slope that back-propagation gives.
    """
    steps = 10.0 ** np.arange(-12, 0.01, 0.25)
    errors = np.array([difference_errors(loss, array, index, exact, eps) for eps in steps])
    with look():
        fig, ax = plt.subplots(figsize=(8.2, 3.6))
        for k, (name, colour) in enumerate((("one-sided", COLOURS["f"]), ("central", COLOURS["o"]))):
            ax.loglog(steps, np.maximum(errors[:, k], 1e-16), color=colour, label=name)
        ax.axvline(1e-5, color=PALE, linestyle=":", linewidth=1.4)
        ax.annotate("the step we use", (1.3e-5, 1e-1), color=GREY)
        ax.annotate("rounding errors\ndivided by a tiny step", (1e-12, 1e-11), color=GREY)
        ax.annotate("the curve bends\nwithin the step", (1.5e-2, 3e-11), color=GREY)
        ax.set(xlabel="step ε ", ylabel="relative error ", ylim=(1e-12, 1e1))
        ax.legend(loc="upper center", bbox_to_anchor=(0.28, 1.0))
        ax.set_title("Smaller is better only up to a point, and two sides beat one")
        fig.tight_layout()
    best = steps[errors.argmin(axis=0)]
    return show(
        fig,
        "Relative error against step size, both on logarithmic axes: two valleys. The one-sided difference is best at "
        f"a step of about 1e{np.log10(best[0]):.0f} with an error of about 1e{np.log10(errors[:, 0].min()):.0f}, the "
        f"central one at about 1e{np.log10(best[1]):.0f} with about 1e{np.log10(errors[:, 1].min()):.0f}.",
    )


# ---------------------------------------------------------------- vanishing and exploding


def turning_picture(way, rho):
    """A gradient of two numbers on its way back: where it points, and how long it is. way (steps + 1, 2)."""
    lengths = np.linalg.norm(way, axis=1)
    with look():
        fig, (top, bottom) = plt.subplots(2, 1, figsize=(8.2, 6.0), height_ratios=(1.15, 1))
        shades = plt.get_cmap("cividis")(np.linspace(0, 0.75, len(way)))
        for k, ((x, y), shade) in enumerate(zip(way, shades, strict=True)):
            top.add_patch(
                FancyArrowPatch((0, 0), (x, y), arrowstyle="-|>", mutation_scale=13, color=shade, linewidth=2)
            )
            if k < 4:
                top.annotate(f"lag {k}", (x, y), (5, 4), textcoords="offset points", color=INK)
        top.annotate(f"lag {k}", (x, y), (0, -18), textcoords="offset points", ha="center", color=INK)
        top.axhline(0, color=PALE, linestyle="--", linewidth=1.4)
        top.set(xlim=(-0.1, 1.8), ylim=(-0.3, 1.2), xlabel="unit 0", ylabel="unit 1")
        top.set_title("Step by step it turns to the eigenvector of the largest eigenvalue (dashed)")
        lags = np.arange(len(way))
        bottom.semilogy(lags, lengths, "o-", color=WITH, label="length of the arrow")
        bottom.semilogy(lags, lengths[-1] * rho ** (lags - lags[-1]), color=INK, linestyle=":", label="$C\\,\\rho^k$")
        bottom.set(xlabel="lag k (time steps back)", ylabel="length", xlim=(-0.3, lags[-1] + 0.3))
        bottom.set_yticks([1, 1.5, 2, 2.5], ["1", "1.5", "2", "2.5"])
        bottom.tick_params(which="minor", labelleft=False)
        bottom.legend(loc="upper right")
        bottom.set_title(f"From then on every step multiplies it by ρ = {rho}")
        fig.tight_layout(h_pad=1.5)
    return show(
        fig,
        "Above: arrows from the origin, one for each lag. The first points straight up; each next one is "
        "turned further towards the horizontal axis, the direction of the eigenvector. Below: their lengths on a "
        f"logarithmic axis, {lengths[0]:.2f} at lag 0, {lengths.max():.2f} at most and {lengths[-1]:.2f} at lag "
        f"{lags[-1]}; after a few lags they lie on the dotted straight line of C times {rho} to the power of the lag.",
    )


def lag_picture(norms):
    """Gradient norm against lag, measured and by theory. norms: spectral radius -> (lags,), 1 at lag 0."""
    with look():
        fig, ax = plt.subplots(figsize=(8.6, 4.3))
        for rho, colour in RADII.items():
            lags = np.arange(len(norms[rho]))
            _arriving_line(ax, norms[rho], f"ρ = {rho}", colour)
            ax.semilogy(lags, rho**lags, color=INK, linestyle=":", linewidth=1.3)
        # the names of the lines stand outside
        ax.set(xlabel="lag (time steps back)", ylabel="gradient norm (share of lag 0)", xlim=(0, lags[-1]))
        ax.plot([], [], color=PALE, label="measured")
        ax.plot([], [], color=INK, linestyle=":", linewidth=1.3, label="the law without C: $\\rho^k$")
        ax.legend(loc="lower left")
        ax.set_title("Straight lines on a log axis: the slope is log ρ")
        fig.tight_layout()
    told = ", ".join(f"{n[50] / n[0]:.0e} for radius {rho}" for rho, n in norms.items())
    return show(
        fig,
        "The norm of the gradient against the lag from 0 to 150 steps on a logarithmic axis, for five spectral radii: "
        f"straight lines next to dotted lines of slope log rho. At lag 50 the share left is {told}.",
    )


def _arriving_line(ax, norms, name, colour):
    """One gradient norm against lag, as a share of lag 0, with its name behind its end."""
    ax.semilogy(norms / norms[0], color=colour)
    end = len(norms) - 1, norms[-1] / norms[0]
    ax.annotate(
        name,
        end,
        (6, 0),
        textcoords="offset points",
        va="center",
        color=colour,
        fontweight="bold",
        annotation_clip=False,
    )


def shares_picture(parts):
    """What each lag adds to the gradient of W_h. parts: start -> (lags, H, H), as ``experiments.by_lag`` gives."""
    with look():
        fig, ax = plt.subplots(figsize=(8.2, 3.9))
        for start, values in parts.items():
            name, colour = STARTS[start]
            shares = np.linalg.norm(values, axis=(1, 2)) / np.linalg.norm(values.sum(axis=0))
            ax.semilogy(shares, color=colour, label=name)
        ax.set(xlabel="lag (time steps back)", ylabel="norm (share of the whole)", xlim=(0, 50), ylim=(1e-8, 2))
        ax.legend(loc="lower left")
        ax.set_title("What each lag adds to the gradient: near terms drown far ones")
        fig.tight_layout()
    told = "; ".join(
        f"{STARTS[start][0]}: lags of 20 and more make up {share_beyond(values, 20):.1g} of the whole"
        for start, values in parts.items()
    )
    return show(
        fig,
        "The norm of each lag's part of the gradient of the recurrent weights, as a share of the norm of the whole, "
        "against the lag from 0 to 50, on a logarithmic axis. Both lines fall, that of PyTorch's start steeply. "
        f"{told}.",
    )


# ---------------------------------------------------------------- explosion and clipping


def one_step_picture(run, limit):
    """The loss down the largest gradient of a run: where a clipped and a whole step lead."""
    far = along_the_gradient(run, [0])[1]
    short = run.worst["lr"] * limit
    ends = along_the_gradient(run, [0, short, far])[0]
    lengths = np.linspace(0, 1.12 * far, 400)
    with look():
        fig, ax = plt.subplots(figsize=(8.2, 4.0))
        ax.plot(lengths, along_the_gradient(run, lengths)[0], color=INK, linewidth=1.6)
        ax.axhline(1, color=PALE, linestyle="--", linewidth=1.4)
        ax.annotate("guessing", (1.1 * far, 0.92), va="top", ha="right", color=GREY)
        _step_end(ax, 0, ends[0], f"before: {ends[0]:.2f}", INK)
        _step_end(ax, short, ends[1], f"clipped step: {ends[1]:.2f}", WITH, (6, -17))
        _step_end(ax, far, ends[2], f"whole step: {ends[2]:.2f}", WITHOUT, (-110, -12))
        ax.set(ylabel="loss (share of guessing)", xlim=(-0.03 * far, 1.12 * far), ylim=(-0.2, 4.6))
        ax.set_xlabel("distance down the gradient")
        ax.set_title("The gradient points the right way; the whole step is far too long")
        fig.tight_layout()
    return show(
        fig,
        f"The loss against the distance walked down the largest gradient. Before the step it is {ends[0]:.2f} times "
        f"guessing; it falls, and the clipped step of length {short:.2f} ends at {ends[1]:.2f}. Then it rises steeply: "
        f"the whole step of length {far:.2f} ends at {ends[2]:.2f}.",
    )


def _step_end(ax, length, loss, text, colour, offset=(9, 6)):
    ax.plot(length, loss, "o", color=colour, markersize=9, zorder=4)
    ax.annotate(text, (length, loss), offset, textcoords="offset points", color=colour, fontweight="bold")


def clipping_picture(without, clipped, limit):
    """Loss and gradient norm over the updates of two Runs, without and with clipping at ``limit``."""
    with look():
        fig, axes = plt.subplots(2, 1, figsize=(8.2, 5.8), sharex=True)
        for run, colour in ((without, WITHOUT), (clipped, WITH)):
            updates = np.arange(1, len(run.losses) + 1)
            axes[0].plot(updates, run.losses, color=colour, linewidth=1.4)
            axes[1].semilogy(updates, np.maximum(run.norms, 1e-12), color=colour, linewidth=1.0)
        axes[0].axhline(1, color=PALE, linestyle="--", linewidth=1.4)
        end = len(updates)
        axes[0].annotate("guessing", (0.7 * end, 1.08), ha="right", color=GREY)
        axes[0].annotate("without clipping", (end, 6.3), ha="right", color=WITHOUT, fontweight="bold")
        axes[0].annotate("with clipping", (end, 0.35), ha="right", color=WITH, fontweight="bold")
        axes[0].set(ylabel="loss (share of guessing)", ylim=(-0.3, 7.2))
        axes[0].set_title("Thrown out of reach without clipping; clipped, it learns")
        axes[1].axhline(limit, color=INK, linestyle="--", linewidth=1.4)
        axes[1].annotate(f"limit {limit}", (end, 1.6 * limit), ha="right", va="bottom", color=INK)
        axes[1].annotate("with clipping", (end, 0.03), ha="right", va="top", color=WITH, fontweight="bold")
        axes[1].annotate("without clipping", (end, 1e-3), ha="right", color=WITHOUT, fontweight="bold")
        axes[1].set(xlabel="update", ylabel="gradient norm", xlim=(0, len(updates)), ylim=(1e-6, 1e3))
        fig.tight_layout()
    cut = np.mean(np.array(clipped.norms) > limit)
    return show(
        fig,
        f"Two panels over {len(updates)} updates. Loss: without clipping it jumps and stays near "
        f"{np.median(without.losses[-100:]):.0f} times guessing; with clipping it falls to "
        f"{np.median(clipped.losses[-100:]):.2f}. Gradient norm: without clipping it jumps, collapses and "
        f"ends near 1e{np.log10(np.median(without.norms[-100:])):.0f}; with clipping it stays near "
        f"{np.median(clipped.norms[-100:]):.1f}, and exceeds the limit of {limit} in {cut:.0%} of the updates.",
    )
