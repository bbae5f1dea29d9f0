"""Pictures of lesson 5: what waits for what, a text in pieces, sentences of different lengths, and times.

Each ``..._picture`` returns what ``figures.show`` makes of it. Shapes: ``T`` characters (time steps), ``B`` texts,
``H`` units.
"""

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.patches import Rectangle
from matplotlib.ticker import FixedLocator, NullLocator

from lstm_helpers.figures import COLOURS, look, show
from lstm_helpers.lessons.forward_through_time.experiments import RUNS, cost, slope, speed_against_torch, table

INK = "#222222"
SHADES = [COLOURS[name] for name in "ocifg"]  # one for each sentence: safe for colour-blind eyes


# ---------------------------------------------------------------- one product or eight


def race_picture(races):
    """{batch: what ``race`` returned} as bars, a panel for each batch: milliseconds of a run."""
    names = list(RUNS)
    with look():
        fig, axes = plt.subplots(len(races), 1, figsize=(7.6, 2.4 * len(races)), squeeze=False, layout="constrained")
        for ax, (batch, seconds) in zip(axes[:, 0], races.items(), strict=True):
            times = 1e3 * np.array([seconds[name] for name in names])
            ax.barh(names, times, height=0.62, color=[COLOURS["x"], COLOURS["h"], COLOURS["h"], COLOURS["o"]])
            for k, ms in enumerate(times):
                ax.annotate(f" {ms:.2f} ms", (ms, k), va="center", color=INK)
            ax.grid(axis="y", visible=False)
            ax.set(xlabel="time of one run, 20 steps (ms)", xlim=(0, 1.3 * times.max()))
            ax.set_title(f"B = {batch}: {times[0] / times[-1]:.1f} times as fast in the end")
            ax.invert_yaxis()
    told = "; ".join(
        f"B = {batch}: " + ", ".join(f"{name} {1e3 * seconds[name]:.2f} ms" for name in names)
        for batch, seconds in races.items()
    )
    return show(fig, f"Bars of the time of one run of 20 steps, on the machine that made this page. {told}.")


def flow_picture(steps=4):
    """What can be computed at once, and what has to wait: inputs above, the loop below."""
    with look():
        fig, ax = plt.subplots(figsize=(9.6, 4.9))
        ax.add_patch(Rectangle((-0.8, 2.75), 2.2 * steps + 0.5, 2.6, color="#eef3f7", linewidth=0))
        ax.add_patch(Rectangle((-0.8, -0.25), 2.2 * steps + 0.5, 2.35, color="#fbf3e6", linewidth=0))
        arrow = {"arrowstyle": "-|>", "color": INK, "linewidth": 1.4, "shrinkA": 0, "shrinkB": 0}
        for t in range(steps):
            left = 2.2 * t
            ax.add_patch(Rectangle((left + 0.35, 4.6), 0.9, 0.5, color=COLOURS["x"], alpha=0.35, linewidth=0))
            ax.annotate(f"$x_{t + 1}$", (left + 0.8, 4.85), ha="center", va="center", fontsize=13)
            for k, gate in enumerate("ifgo"):
                spot = (left + 0.4 * k, 3.05)
                ax.add_patch(Rectangle(spot, 0.38, 0.5, color=COLOURS[gate], alpha=0.35, linewidth=0))
                ax.annotate(gate, (spot[0] + 0.19, 3.3), ha="center", va="center", color=INK)
            ax.add_patch(Rectangle((left, 0.75), 1.58, 0.75, facecolor="white", edgecolor=INK, linewidth=1.4))
            ax.annotate("add $h\\,W_h$,\nupdate", (left + 0.79, 1.12), ha="center", va="center", fontsize=10)
            ax.annotate("", (left + 0.8, 3.6), (left + 0.8, 4.55), arrowprops=arrow)
            ax.annotate("", (left + 0.8, 1.53), (left + 0.8, 3.0), arrowprops=arrow)
            ax.annotate("", (left + 0.8, 0.25), (left + 0.8, 0.72), arrowprops=arrow)
            ax.annotate(f"$h_{t + 1}$", (left + 0.8, 0.02), ha="center", va="center", fontsize=13, color="#1f6591")
            ax.annotate("", (left - 0.03, 1.12), (left - 0.6, 1.12), arrowprops=arrow)
            ax.annotate(f"$h_{t}, c_{t}$", (left - 0.31, 1.72), ha="center", va="center", fontsize=11)
        right = 2.2 * steps - 0.1
        ax.annotate("before the loop:\nno step needs another.\nOne product, $x\\,W_x + b$", (right, 4.05), va="center")
        ax.annotate(
            "in the loop:\neach step waits for\nthe one before.\nOne product per step", (right, 0.95), va="center"
        )
        ax.set(xlim=(-0.9, right + 2.6), ylim=(-0.35, 5.45))
        ax.axis("off")
        ax.set_title("Only the product with h has to wait")
    return show(
        fig,
        f"A diagram of {steps} time steps in two bands. Upper band, before the loop: each input x_t goes by one "
        "product to its four blocks i, f, g, o, and no step needs another. Lower band, in the loop: each step adds h "
        "times W_h, updates, gives out h_t, and hands h and c to the step on its right, which has to wait for it. "
        "The first step gets h_0 and c_0.",
    )


# ---------------------------------------------------------------- a text in pieces


def pieces_picture(carried, lost, size, first, last):
    """The cell state of one unit over a text read in pieces of ``size``: states carried, and set to 0 at each cut.

    carried, lost: (T,), the same unit in both runs; the steps from first up to last are drawn.
    """
    step, carried, lost = np.arange(first, last), carried[first:last], lost[first:last]
    off = np.abs(carried - lost) > 0.5
    with look():
        fig, axes = plt.subplots(2, 1, figsize=(8.6, 3.6), sharex=True, sharey=True, layout="constrained")
        for ax, c, name in zip(axes, (carried, lost), ("carried", "set to 0 at each cut"), strict=True):
            ax.step(step, c, where="post", color=COLOURS["c"], linewidth=1.8)
            for cut in range(first + size, last, size):
                ax.axvline(cut, color=INK, linewidth=1, linestyle=":")
            ax.set(yticks=[0, 1], ylim=(-0.15, 1.25), xlim=(first, last))
            ax.set_ylabel("inside\nquotes (c)")
            ax.set_title(
                f"States {name}" + ("" if ax is axes[0] else f": wrong at {off.mean():.0%} of these characters")
            )
            ax.grid(axis="x", visible=False)
        axes[1].fill_between(step, -0.15, 1.25, where=off, step="post", color=COLOURS["f"], alpha=0.25, linewidth=0)
        axes[1].set_xlabel(f"character (dotted: a cut, every {size})")
    return show(
        fig,
        f"Two curves of the cell state of the unit 'inside quotes' over {len(step)} characters, cut every {size}. "
        f"Above, with states carried, it is 1 inside each quotation. Below, with states set to 0 at each cut, it is "
        f"wrong at {off.mean():.0%} of the characters, which are shaded.",
    )


# ---------------------------------------------------------------- sentences of different lengths


def batch_picture(batch):
    """The array of a padded batch, character by character: time runs to the right, a row for each sentence."""
    T, B = max(map(len, batch)), len(batch)
    padding = 1 - sum(map(len, batch)) / (T * B)
    with look():
        fig, ax = plt.subplots(figsize=(9.8, 0.46 * B + 1.3))
        for k, sentence in enumerate(batch):
            for t in range(T):
                real, last = t < len(sentence), t == len(sentence) - 1
                colour = COLOURS["f"] if last else COLOURS["h"]
                style = {"facecolor": colour, "alpha": 0.4} if real else {"facecolor": "#f4f4f4", "hatch": "////"}
                ax.add_patch(
                    Rectangle((t, k), 0.94, 0.9, edgecolor="white" if real else "#cfcfcf", linewidth=0, **style)
                )
                if real:
                    sign = {" ": "·"}.get(sentence[t], sentence[t])
                    ax.annotate(sign, (t + 0.47, k + 0.47), ha="center", va="center", family="monospace")
        ax.set(xlim=(-0.1, T + 0.1), ylim=(B + 0.05, -0.1), xlabel="time step t (darker: the sentence's own end)")
        ax.set_yticks(np.arange(B) + 0.45, [f"sentence {k}" for k in range(B)])
        ax.set_xticks(np.arange(0, T, 5) + 0.47, range(0, T, 5))
        ax.tick_params(length=0)
        ax.spines[:].set_visible(False)
        ax.grid(False)
        ax.set_title(f"{padding:.0%} of the array is padding (hatched)")
    told = "; ".join(f"{sentence} has {len(sentence)} characters" for sentence in batch)
    return show(fig, f"A grid of {B} sentences over {T} time steps, {padding:.0%} of it padding. {told}.")


def drift_picture(h, lengths, unit=0):
    """One unit's hidden state for each sequence: solid up to its own end, dotted in the padding. h (T, B, H)."""
    T, B, _ = h.shape
    places = np.arange(T)
    shades = [SHADES[k % len(SHADES)] for k in range(B)]
    with look():
        fig, ax = plt.subplots(figsize=(8.6, 3.6), layout="constrained")
        for k in np.argsort(lengths):
            n = lengths[k]
            ax.plot(places[:n], h[:n, k, unit], color=shades[k], linewidth=1.1)
            ax.plot(places[n - 1 :], h[n - 1 :, k, unit], ":", color=shades[k], linewidth=1.8)
            ax.plot(n - 1, h[n - 1, k, unit], "o", color=shades[k], markersize=8)
            ax.annotate(f"{k}", (n - 1, h[n - 1, k, unit]), (8, 7), textcoords="offset points", weight="bold",
                        bbox={"boxstyle": "round,pad=0.15", "facecolor": "white", "linewidth": 0})  # fmt: skip
        ax.set(
            xlabel="time step t (dot: the end of the sentence with that number)", ylabel=f"hidden state of unit {unit}"
        )
        ax.set_title("The cell goes on through the padding (dotted), and its states become alike")
    ends, last = h[lengths - 1, np.arange(B), unit], h[-1, :, unit]
    return show(
        fig,
        f"The hidden state of unit {unit} for {B} sentences over {T} steps, solid up to a dot at each one's own end, "
        f"dotted beyond. At their own ends the values are {_list(ends)}; at the last step they are {_list(last)}.",
    )


def _list(numbers):
    return ", ".join(f"{number:.2f}" for number in numbers)


# ---------------------------------------------------------------- the stored times of ``nn.LSTM``


def speed_picture():
    """Our LSTM's time over torch's in every case, for training and inference, on one and two threads."""
    ratios, machine = speed_against_torch(), table("lstm_speed")[1]
    cases = [case for case in ratios[1, "training"] if case != "all"]
    names = [", ".join(map(str, case)) for case in cases] + ["geometric mean"]
    with look():
        fig, axes = plt.subplots(2, 1, figsize=(7.6, 8), sharex=True, layout="constrained")
        for ax, kind in zip(axes, ("training", "inference"), strict=True):
            for threads, colour, marker, shift in ((1, COLOURS["o"], "o", -0.13), (2, COLOURS["f"], "s", 0.13)):
                values = [ratios[threads, kind][case] for case in [*cases, "all"]]
                label = f"{threads} thread{'s' * (threads > 1)}"
                ax.plot(values, np.arange(len(values)) + shift, marker, color=colour, label=label, markersize=6)
            ax.axvline(1, color=COLOURS["x"], linewidth=1.2)
            ax.axhline(len(cases) - 0.5, color=COLOURS["x"], linewidth=0.6)
            ax.set(xscale="log", ylabel="T, B, D, H")
            ax.xaxis.set_major_locator(FixedLocator([0.5, 0.75, 1, 1.5, 2, 3]))
            ax.xaxis.set_minor_locator(NullLocator())
            ax.xaxis.set_major_formatter("{x:g}")
            one, two = (ratios[threads, kind]["all"] for threads in (1, 2))
            ax.set_title(f"{kind.capitalize()}: {one:.2f} on one thread, {two:.2f} on two")
            ax.set_yticks(range(len(names)), names)
            ax.invert_yaxis()
            ax.legend(loc="lower left")
        axes[1].set_xlabel("our time / torch's time (left of 1: ours is faster)")
        fig.suptitle(f"NumPy beside torch.nn.LSTM, case by case ({machine})", x=0.01, ha="left", fontsize=9.5)
    means = "; ".join(f"{kind} on {n} thread{'s' * (n > 1)} {of['all']:.2f}" for (n, kind), of in ratios.items())
    return show(
        fig,
        f"Two panels of dots, training and inference: our LSTM's time divided by torch's in {len(cases)} cases, on one "
        f"and on two threads, with a line at 1 where both are equal. Geometric means: {means}.",
    )


def cost_picture():
    """The time of a forward and a backward pass against T and against B, on logarithmic axes, with lines of slope 1."""
    (T, by_T), (B, by_B) = cost("T"), cost("B")
    told = {
        "T": (f"{T[0]} to {T[-1]:,} steps: slope {slope(T, by_T):.2f}", "time steps T (B = 8, H = 32)"),
        "B": (f"The last doubling of B: {by_B[-1] / by_B[-2]:.1f} times the time", "batch B (T = 100, H = 32)"),
    }
    with look():
        fig, axes = plt.subplots(2, 1, figsize=(7.6, 6.6), layout="constrained")
        for ax, (name, (title, label)), sizes, seconds in zip(axes, told.items(), (T, B), (by_T, by_B), strict=True):
            line = seconds[-1] * sizes / sizes[-1]
            ax.plot(sizes, 1e3 * line, "--", color=COLOURS["x"], linewidth=1.4, label=f"slope 1: time grows as {name}")
            ax.plot(sizes, 1e3 * seconds, "o-", color=COLOURS["o"], markersize=5, label="measured")
            ax.set(xscale="log", yscale="log", xlabel=label, ylabel="forward and backward (ms)")
            ax.xaxis.set_major_formatter("{x:,g}")
            ax.yaxis.set_major_formatter("{x:,g}")
            ax.set_title(title)
            ax.legend(loc="upper left")
        fig.suptitle(table("cost")[1], x=0.01, ha="left", fontsize=9.5)
    return show(
        fig,
        "Two panels with logarithmic axes: milliseconds of a forward and a backward pass. Above: against time steps "
        f"from {T[0]} to {T[-1]}: from {1e3 * by_T[0]:.2g} to {1e3 * by_T[-1]:.0f}, along a line of slope 1. Below: "
        f"against the batch from {B[0]} to {B[-1]}: from {1e3 * by_B[0]:.2g} to {1e3 * by_B[-1]:.2g}, slower than B at "
        "first, while calling NumPy is what costs, then bending towards slope 1.",
    )
