"""Pictures of lesson 7: the adding problem, curves of training, what each choice does, and the run of 1997.

Each ``..._picture`` returns what ``figures.show`` makes of it. Shapes here: ``T`` time steps.
"""

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.ticker import FixedLocator, NullLocator

from lstm_helpers.data.tasks import adding
from lstm_helpers.figures import COLOURS, TEXT, look, show
from lstm_helpers.lessons.training_that_works.experiments import (
    ALWAYS_HALF,
    CHOICES,
    FAR,
    PASSES,
    PLATEAU,
    SEEDS,
    STEPS,
    T,
    network,
    reach,
    read_text,
    runs,
    smooth,
)


def sequence_picture():
    """One sequence of the adding problem: values as bars, the two marked ones coloured, what is asked at the end."""
    x, target, lengths = adding(np.random.default_rng(16), T, 1)
    value, marker = x[: lengths[0], 0].T
    marked = np.flatnonzero(marker == 1)
    with look():
        fig, ax = plt.subplots(figsize=(8.6, 2.9), layout="constrained")
        colours = [COLOURS["f"] if m == 1 else "#c9c9c9" for m in marker]
        ax.bar(np.arange(len(value)), value, width=0.8, color=colours)
        for k, t in enumerate(marked, 1):
            at = value[t] + (0.06 if value[t] > 0 else -0.06)
            ax.annotate(f"X{k} = {value[t]:.2f}", (t, at), ha="center", va="bottom" if value[t] > 0 else "top",
                        color=TEXT["f"], weight="bold",
                        bbox={"facecolor": "white", "edgecolor": "none", "pad": 1})  # fmt: skip
        ax.plot(len(value) - 1, 1.25, "v", color=COLOURS["o"], markersize=9, clip_on=False)
        ax.annotate(f"asked here: {target[0]:.3f}", (len(value) - 2, 1.25), ha="right", va="center",
                    color=TEXT["o"], weight="bold")  # fmt: skip
        ax.set(xlabel="time step", ylabel="value", ylim=(-1.35, 1.45), xlim=(-1, len(value)))
        gap = len(value) - 1 - marked[0]
        ax.set_title(f"Two numbers out of {len(value)} count, and the first must be kept for {gap} steps")
    return show(
        fig,
        f"Bar chart of {len(value)} random values between -1 and 1. Two coloured bars are marked: X1 = "
        f"{value[marked[0]]:.2f} at step {marked[0]} and X2 = {value[marked[1]]:.2f} at step {marked[1]}. At the last "
        f"step the answer is asked, {target[0]:.3f}.",
    )


def _losses(ax, run, **style):
    loss = smooth(run.history.loss)
    ax.plot(np.arange(len(loss)) + 20, loss, **style)


def four_starts_picture():
    """Loss curves of SGD and Adam, each with biases as drawn and with chrono biases; three seeds each."""
    rows = {
        "SGD, lr 0.1, biases as drawn": ("SGD, biases as drawn", "#9a9a9a", ":"),
        "SGD, lr 0.1, chrono biases": ("SGD, lr 0.1", "#666666", "--"),
        "Adam, biases as drawn": ("biases as drawn", COLOURS["f"], "-."),
        "Adam, chrono biases": ("the recipe", COLOURS["o"], "-"),
    }
    with look():
        fig, ax = plt.subplots(figsize=(8.6, 3.8), layout="constrained")
        for label, (name, colour, line) in rows.items():
            for run in runs(name):
                _losses(ax, run, color=colour, linestyle=line, linewidth=1.5, label=label)
                label = None
        ax.set(yscale="log", xlabel="step (a batch of 32 sequences)", ylabel="mean squared error (20 steps)")
        ax.set_ylim(top=0.13)
        ax.annotate("nine of twelve runs: the level of a fixed answer", (STEPS, 0.058), ha="right", color=COLOURS["x"])
        ax.set_title("Neither Adam nor the start is enough: together they solve it")
        ax.legend(loc="lower left")
    ends = {name: np.mean([np.mean(run.history.loss[-50:]) for run in runs(name)]) for name, *_ in rows.values()}
    return show(
        fig,
        "Training loss against steps on a logarithmic axis, three seeds each. Both SGD runs and Adam with biases as "
        f"drawn stay near {ends['biases as drawn']:.3f}; Adam with chrono biases falls to {ends['the recipe']:.5f}.",
    )


def reach_picture():
    """How far back an untrained network's gradient reaches, for four ways to start."""
    ways = {
        "biases as drawn": ("as drawn", "#666666", ":"),
        "forget bias 1": ("forget bias 1", COLOURS["g"], "-."),
        "forget bias 3": ("forget bias 3", COLOURS["f"], "--"),
        "chrono": ("chrono", COLOURS["o"], "-"),
    }
    with look():
        fig, ax = plt.subplots(figsize=(8.6, 3.6), layout="constrained")
        far = {}
        for label, (start, colour, line) in ways.items():
            size = reach(start)
            far[label] = size[-1]
            ax.plot(size, color=colour, linestyle=line, label=label)
        ax.set(yscale="log", xlabel="steps back from the end", ylabel="gradient, relative to the last step")
        billions = 1e-9 / far["biases as drawn"]
        ax.set_title(f"As drawn, {T - 1} steps make the gradient {billions:.0f} billion times smaller")
        ax.legend(loc="lower left")
    told = "; ".join(f"{label} {value:.1g}" for label, value in far.items())
    return show(
        fig,
        "Size of the gradient with respect to the input against steps back from the end, logarithmic, for an untrained "
        f"network. After {T - 1} steps: {told}.",
    )


def cells_picture():
    """The cell states of one untrained network over one sequence, with the input gate half open and nearly shut."""
    ways = {
        "chrono, forget gate only": "input gate as drawn, about half open",
        "chrono": "input gate nearly shut: chrono",
    }
    x = adding(np.random.default_rng(16), T, 1)[0]
    told = []
    with look():
        fig, axes = plt.subplots(2, 1, figsize=(7.4, 5.6), sharex=True, sharey=True, layout="constrained")
        for ax, (start, name) in zip(axes, ways.items(), strict=True):
            _, lstm, _ = network(0, start)
            lstm.forward(x)
            c = lstm.gates()["c"][:, 0]
            ax.axhspan(-1, 1, color=COLOURS["h"], alpha=0.25, linewidth=0)
            ax.plot(c, color=COLOURS["c"], linewidth=1.4)
            for t in np.flatnonzero(x[:, 0, 1] == 1):
                ax.axvline(t, color=COLOURS["f"], linewidth=1.4, linestyle=":")
            ax.set(ylabel="c of each unit", title=name[0].upper() + name[1:])
            told.append(f"{name}: from {c.min():.1f} to {c.max():.1f}")
        axes[1].set_xlabel("time step (dotted: the two marked ones; band: where tanh is not flat)")
    return show(
        fig,
        "Two panels, the cell states of the eight units of one untrained network over one sequence. "
        f"{'; '.join(told)}.",
    )


def window_picture():
    """Truncated back-propagation: three chunks, the state carried forward over the cuts, the gradient stopped there."""
    with look():
        fig, ax = plt.subplots(figsize=(8.6, 2.6), layout="constrained")
        for k in range(3):
            left = 4.4 * k
            ax.add_patch(plt.Rectangle((left, 0), 3.6, 1.1, facecolor="#f2f2f2", edgecolor="#999999"))
            ax.annotate(f"chunk {k}", (left + 1.8, 0.55), ha="center", va="center")
            arrow = {"arrowstyle": "-|>", "linewidth": 2.2, "shrinkA": 0, "shrinkB": 0}
            ax.annotate("", (left + 4.4, 0.8), (left + 3.6, 0.8), arrowprops=arrow | {"color": COLOURS["c"]})
            ax.annotate("", (left + 0.15, -0.45), (left + 3.45, -0.45), arrowprops=arrow | {"color": COLOURS["f"]})
            ax.plot([left + 0.05] * 2, [-0.7, -0.2], color=COLOURS["f"], linewidth=3)
            ax.annotate("update", (left + 3.45, -0.65), ha="right", va="top", color=COLOURS["x"])
        ax.annotate("state h, c: carried", (4.0, 1.3), ha="center", color=TEXT["c"], weight="bold")
        ax.annotate("gradient: stops at the cut", (0, -1.3), ha="left", color=TEXT["f"], weight="bold")
        ax.set(xlim=(-0.2, 13.4), ylim=(-1.5, 1.7))
        ax.axis("off")
        ax.set_title("Forwards the memory crosses the cuts, backwards nothing does")
    return show(
        fig,
        "Three boxes side by side, chunks 0 to 2 of one long sequence. Arrows to the right carry the state h, c from "
        "each chunk into the next. Below, in each chunk, an arrow to the left, the gradient, stops at its start. "
        "After each chunk the weights are updated.",
    )


def text_picture():
    """Training and validation loss of the small text, without and with dropout; the lowest validation marked."""
    with look():
        fig, axes = plt.subplots(2, 1, figsize=(7.4, 6.6), sharex=True, sharey=True, layout="constrained")
        told = []
        for ax, dropout in zip(axes, (0.0, 0.5), strict=True):
            curves = [read_text(seed, dropout) for seed in SEEDS]
            at = np.arange(1, PASSES + 1)
            for k, (training, validation) in enumerate(curves):
                ax.plot(at, training, color=COLOURS["x"], linestyle="--", linewidth=1.4, label="" if k else "training")
                ax.plot(at, validation, color=COLOURS["o"], linewidth=1.6, label="" if k else "validation")
                best = validation.argmin()
                ax.plot(best + 1, validation[best], "o", color=COLOURS["f"], label="" if k else "lowest validation")
            lowest, last = (np.mean([f(v) for _, v in curves]) for f in (np.min, lambda v: v[-1]))
            name = f"dropout {dropout}" if dropout else "no dropout"
            ax.set(ylabel="bits per character", xlim=(0, PASSES + 1))
            ax.xaxis.set_major_locator(plt.MultipleLocator(5))
            ax.set_title(f"{name}: lowest {lowest:.2f}, at the end {last:.2f}".capitalize())
            told.append(f"{name}: validation falls to {lowest:.2f} and is {last:.2f} at the end, training ends at "
                        f"{np.mean([t[-1] for t, _ in curves]):.2f}")  # fmt: skip
        axes[1].set_xlabel("passes over the training text")
        axes[1].legend(loc="upper right")
    return show(fig, f"Bits per character against passes, three seeds, training and validation. {'; '.join(told)}.")


def effects_picture():
    """The error of every row of CHOICES, three seeds each, beside the recipe's range and a fixed answer's error."""
    names = [name for name in CHOICES if name != "SGD, biases as drawn"]
    recipe = [run.error for run in runs("the recipe")]
    with look():
        fig, ax = plt.subplots(figsize=(8.2, 5.4), layout="constrained")
        ax.axvspan(min(recipe), max(recipe), color=COLOURS["h"], alpha=0.35, linewidth=0)
        ax.axvline(ALWAYS_HALF, color=COLOURS["x"], linewidth=1.2, linestyle="--")
        for row, name in enumerate(names):
            errors = [run.error for run in runs(name)]
            colour = COLOURS["o"] if np.mean(errors) <= max(recipe) else COLOURS["f"]
            ax.plot(errors, row + np.array([-0.15, 0, 0.15]), "o", color=colour, markersize=5, alpha=0.8)
        ax.set_yticks(range(len(names)), names)
        ax.invert_yaxis()
        ax.set(xscale="log", xlabel="mean absolute error on fresh sequences (a dot for each seed)")
        ax.xaxis.set_major_locator(FixedLocator([0.005, 0.01, 0.02, 0.04, 0.08, 0.16]))
        ax.xaxis.set_minor_locator(NullLocator())
        ax.xaxis.set_major_formatter("{x:g}")
        ax.annotate("always\nanswer 0.5", (ALWAYS_HALF, 0), (-6, 0), textcoords="offset points", ha="right",
                    va="center", color=COLOURS["x"])  # fmt: skip
        ax.set_title("The start and Adam decide; some choices do nothing here")
    told = "; ".join(f"{name} {np.mean([run.error for run in runs(name)]):.3f}" for name in names)
    return show(fig, f"Dot plot of the error of each choice, three seeds, logarithmic axis. Means: {told}.")


def riddle_picture():
    """Six training curves without their names, to be read."""
    shown = {  # which of the three runs shows best what it is
        "lr 10 times larger": 0,
        "biases as drawn": 1,
        "the recipe": 1,
        "a spoiled batch, no clipping": 1,
        "lr 10 times smaller": 2,
    }
    with look():
        fig, axes = plt.subplots(3, 2, figsize=(7.4, 7.4), layout="constrained")
        for letter, ax, (name, seed) in zip("ABCDE", axes.flat, shown.items(), strict=False):
            ax.axhline(PLATEAU, color=COLOURS["x"], linewidth=1, linestyle="--")
            ax.plot(runs(name)[seed].history.loss, color=COLOURS["o"], linewidth=0.8)
            ax.set(yscale="log", ylim=(2e-5, 30), title=letter, xlabel="step", ylabel="mean squared error")
        training, validation = read_text(0, 0.0)
        ax = axes.flat[-1]
        at = np.arange(1, PASSES + 1)
        ax.plot(at, training, "--", color=COLOURS["x"], label="training")
        ax.plot(at, validation, color=COLOURS["o"], label="validation")
        ax.set(title="F", xlabel="pass", ylabel="bits per character", xticks=range(4, PASSES + 1, 4))
        ax.legend()
        fig.suptitle("Six curves: what would you change?", x=0.01, ha="left", weight="bold")
    return show(
        fig,
        "Six loss curves, A to E with the level of a fixed answer, 0.04. A leaps up, falls in fits and starts, and "
        "still jumps by a factor of ten at the end. B stays at the level. C rests there, then falls by a factor of "
        "several hundred. D falls, shoots up at step 200, returns to the level and recovers in part. E is flat and "
        "begins to fall at the end. F: training falls all the time, validation turns and rises.",
    )


def solved_picture(errors):
    """The run of the adding problem: the mean of the 2,000 most recent errors, and how many of them are wrong.

    errors: a list of arrays, the absolute errors of each training sequence in order, one array a seed.
    """
    window = 2000
    with look():
        fig, (upper, lower) = plt.subplots(2, 1, figsize=(7.4, 6.2), sharex=True, layout="constrained")
        for e in errors:
            n = np.arange(window, len(e) + 1)
            upper.plot(n, smooth(e, window), color=COLOURS["o"], linewidth=1.3)
            lower.plot(n, window * smooth(e > FAR, window), color=COLOURS["f"], linewidth=1.3)
            upper.plot(n[-1], np.mean(e[-window:]), "o", color=COLOURS["o"], markersize=5)
            lower.plot(n[-1], 0.7, "o", color=COLOURS["f"], markersize=5)
        upper.axhline(0.01, color=COLOURS["x"], linestyle="--", linewidth=1.2)
        upper.set(yscale="log", ylabel="mean of the 2,000 latest errors")
        lower.set(yscale="log", ylabel="wrong among the 2,000 latest", xlabel="training sequences", ylim=(0.5, 2500))
        for ax in (upper, lower):
            ax.axvline(74_000, color=COLOURS["x"], linewidth=1.2)
            ax.annotate("1997", (74_000, 0.97), (-4, 0), xycoords=("data", "axes fraction"),
                        textcoords="offset points", ha="right", va="top", color=COLOURS["x"])  # fmt: skip
            ax.set_xlim(0, 78_000)
            ax.xaxis.set_major_locator(plt.MultipleLocator(20_000))
            ax.xaxis.set_major_formatter("{x:,.0f}")
        few, many = min(map(len, errors)), max(map(len, errors))
        upper.set_title(f"Solved after {few:,} to {many:,} sequences")
        lower.set_title("Wrong answers: from about 1,700 to none")
    return show(
        fig,
        f"Two panels against training sequences, {len(errors)} seeds: the mean of the 2,000 latest errors falls below "
        f"0.01, and the number of wrong answers among them falls from about 1,700 to 0, after {few:,} to {many:,} "
        "sequences. A line marks the 74,000 of the paper of 1997.",
    )
