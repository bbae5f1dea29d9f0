"""Pictures of lesson 4: four uses of the two gates, half-lives, what h shows of c, and a cell while it reads.

Each ``..._picture`` returns what ``figures.show`` makes of it.
"""

import numpy as np
from matplotlib import pyplot as plt

from lstm_helpers.figures import COLOURS, TEXT, look, show
from lstm_helpers.lessons.cell_state.experiments import corner_cases, half_life, shown_twice
from lstm_helpers.nn import functional as fn


def corner_case_picture():
    """The four corner cases over 30 steps: the cell state, with the two gates as strips under it."""
    told = {
        "remember": "Remember: f = 1 and i = 0 at every step",
        "forget": "Forget: f = 0 for one step",
        "overwrite": "Overwrite: f = 0 and i = 1 for one step",
        "add": "Add: f = 1, and i = 1 at every third step",
    }
    with look():
        fig, axes = plt.subplots(
            4, 2, figsize=(8.4, 6.6), sharex=True, height_ratios=[4, 1, 4, 1], layout="constrained"
        )
        fig.suptitle("Between two events the cell state stands still", x=0.01, ha="left", weight="bold", fontsize=12.5)
        panels = zip(axes[::2].flat, axes[1::2].flat, corner_cases().items(), strict=True)
        for k, (top, strip, (name, case)) in enumerate(panels):
            step, c = np.arange(len(case["c"])), case["c"]
            top.step(step, c, where="mid", color=COLOURS["c"])
            top.set_title(told[name])
            top.set_ylim((-0.9, 7.4) if name == "add" else (-0.75, 1.25))
            end = f"{c[-1]:.1f}".replace("-", "\N{MINUS SIGN}")
            top.annotate(end, (30, c[-1]), (0, 5), textcoords="offset points", ha="right",
                         color=TEXT["c"], weight="bold")  # fmt: skip
            for row, gate in enumerate("if"):
                strip.bar(step[1:], 0.8 * case[gate][1:], bottom=row, width=0.85, color=COLOURS[gate])
            strip.set_yticks([0.4, 1.4], ["i", "f"], weight="bold")
            strip.set_ylim(0, 1.9)
            strip.grid(False)
            for tick, gate in zip(strip.get_yticklabels(), "if", strict=True):
                tick.set_color(TEXT[gate])
            if k % 2 == 0:
                top.set_ylabel("cell state c (no unit)")
            if k > 1:
                strip.set_xlabel("time step (filled bar: the gate is open)")
    return show(
        fig,
        "Four panels of the cell state over 30 steps. Remember: it stays at 0.8. Forget: at step 10 it falls to 0. "
        "Overwrite: at step 10 it becomes -0.5. Add: it climbs in ten stairs from 0.8 to 5.8.",
    )


def half_life_picture():
    """Above: what is left of a cell value for four constant forget gates. Below: half-life against z_f."""
    with look():
        fig, (above, below) = plt.subplots(2, 1, figsize=(7.6, 7.2), layout="constrained")
        n = np.geomspace(1, 3000, 400)
        for f, alpha in ((0.5, 0.4), (0.9, 0.6), (0.99, 0.8), (0.999, 1)):
            above.plot(n, f**n, color=COLOURS["f"], alpha=alpha)
            above.plot(half_life(f), 0.5, "o", color=COLOURS["f"], alpha=alpha)
            above.annotate(f"f = {f}", (half_life(f), 0.5), (6, 3), textcoords="offset points")
        above.set_xscale("log")
        above.set(
            xlabel="steps (logarithmic)",
            ylabel="fraction of c that is left",
            xlim=(0.8, 4000),
            ylim=(-0.02, 1.05),
        )
        above.set_xticks([1, 10, 100, 1000], ["1", "10", "100", "1,000"])
        above.set_title("How long does a cell value last?")
        z = np.linspace(-1, 8, 200)
        below.plot(z, half_life(fn.sigmoid(z)), color=COLOURS["f"])
        for mark in (0, 1, 3, 5, 7):
            f = fn.sigmoid(np.float64(mark))
            below.plot(mark, half_life(f), "o", color=COLOURS["f"])
            below.annotate(f"f = {f:.4g}", (mark, half_life(f)), (7, -9), textcoords="offset points")
        below.set_yscale("log")
        below.set_yticks([1, 10, 100, 1000], ["1", "10", "100", "1,000"])
        below.set(
            xlabel="forget gate's pre-activation $z_f$ (no unit)", ylabel="half-life of c (steps)", xlim=(-1, 9.4)
        )
        below.set_title("The same in steps, against what goes into the gate's sigmoid")
    return show(
        fig,
        "Above: the fraction of a cell value that is left, against steps on a logarithmic axis, for f of 0.5, 0.9, "
        "0.99 and 0.999; half is left after 1, 6.6, 69 and 693 steps. Below: half-life against the pre-activation z of "
        "the forget gate: from 1 step at z = 0 to about 760 at z = 7, close to a straight line on a logarithmic axis.",
    )


def hidden_state_picture():
    """Above: c counts to 12 and h = tanh(c) stays below 1. Below: a closed output gate hides c, c stays."""
    with look():
        fig, (above, below) = plt.subplots(2, 1, figsize=(7.6, 6.6), layout="constrained")
        step = np.arange(13)
        above.plot(step, step, "o-", color=COLOURS["c"], markersize=4)
        above.plot(step, np.tanh(step), "o-", color=COLOURS["h"], markersize=4)
        above.text(8.6, 10.3, "cell state c", color=TEXT["c"], weight="bold", ha="right")
        above.text(12, 1.4, "hidden state h (o = 1)", color=TEXT["h"], weight="bold", ha="right")
        above.set(xlabel="time step (count)", ylabel="value (no unit)", yticks=[0, 1, 4, 8, 12])
        above.set_title("A count, and what h shows of it")
        _, c, h = shown_twice()
        below.step(np.arange(31), c, where="mid", color=COLOURS["c"])
        below.step(np.arange(31), h, where="mid", color=COLOURS["h"])
        for start, stop in ((11.5, 17.5), (24.5, 30.5)):
            below.axvspan(start, stop, color=COLOURS["o"], alpha=0.12, lw=0)
            below.text((start + stop) / 2, 1.68, "o = 1", color=TEXT["o"], weight="bold", ha="center")
        below.text(6, 1.36, "c", color=TEXT["c"], weight="bold")
        below.text(6, 0.07, "h", color=TEXT["h"], weight="bold")
        below.set(xlabel="time step (count)", ylabel="value (no unit)", ylim=(-0.08, 1.85))
        below.set_title("What is left for the second opening?")
    return show(
        fig,
        "Above: over 12 steps the cell state counts in a straight line to 12 while the hidden state flattens just "
        "below 1. Below: the cell state stays at 1.5 from step 5 on; the hidden state is 0 except while the output "
        "gate is open, where it is 0.91 both times.",
    )


def activity_picture(text, seen, title, units=None):
    """Every layer and both states while the cell reads: a row for each unit, a column for each character.

    ``text`` has n characters, ``seen`` is {i, f, g, o, c, h}, each (n, H). Gates are drawn from 0 (white)
    to 1, g, c and h from -1 (light) to 1 (dark); values beyond are drawn as the end of the scale.
    """
    told = {"i": "input\ngate i", "f": "forget\ngate f", "g": "candi-\ndate g", "o": "output\ngate o",
            "c": "cell\nstate c", "h": "hidden\nstate h"}  # fmt: skip
    n, H = seen["c"].shape
    units = units or [f"unit {k}" for k in range(H)]
    signs = [{" ": "·", "\n": "¶"}.get(character, character) for character in text]
    with look():
        fig, axes = plt.subplots(6, 1, figsize=(7.9, 8.6), layout="constrained")
        fig.suptitle(title, x=0.01, ha="left", weight="bold", fontsize=11.5)
        for k, (ax, name) in enumerate(zip(axes, told, strict=True)):
            gate = name in "ifo"
            image = ax.pcolormesh(
                np.arange(n + 1), np.arange(H + 1), seen[name].T, edgecolors="white", linewidth=0.4,
                cmap="Blues" if gate else "cividis_r", vmin=0 if gate else -1, vmax=1,
            )  # fmt: skip
            ax.invert_yaxis()
            ax.grid(False)
            ax.set_yticks(np.arange(H) + 0.5, units, fontsize=9.5)
            ax.set_xticks([])
            ax.tick_params(length=0)
            ax.spines[:].set_visible(False)
            ax.set_ylabel(told[name], rotation=0, ha="right", va="center", weight="bold", fontsize=10.5, labelpad=10,
                          color=TEXT[name])  # fmt: skip
            if k in (0, 5):
                ax.set_xticks(np.arange(n) + 0.5, signs, family="monospace", fontsize=9.2)
                ax.tick_params(axis="x", top=k == 0, labeltop=k == 0, bottom=k == 5, labelbottom=k == 5, length=0)
            if k in (1, 4):
                bar = fig.colorbar(image, ax=axes[:3] if k == 1 else axes[3:], shrink=0.75, aspect=22, pad=0.01)
                bar.set_label("gates i, f, o" if gate else "g, c and h")
                bar.outline.set_visible(False)
        axes[-1].set_xlabel("characters in reading order (· is a space, ¶ the end of a paragraph)")
    gates = np.concatenate([seen[name] for name in "ifo"])
    held = (f"{unit}, c above one half at {_pieces(text, c > 0.5)}" for unit, c in zip(units, seen["c"].T, strict=True))
    return show(
        fig,
        f"{title}. Heat maps of i, f, g, o, c and h for {H} units over the characters: {text} The gates lie between "
        f"{gates.min():.2f} and {gates.max():.2f}. {'; '.join(held)}.",
    )


def _pieces(text, on):
    """The stretches of text where ``on`` is true, as words for a reader who does not see the picture."""
    marked = "".join(character if here else "\0" for character, here in zip(text, on, strict=True))
    return ", ".join(piece for piece in marked.split("\0") if piece) or "no character"
