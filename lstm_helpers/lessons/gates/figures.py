"""Pictures of lesson 3: what a gate is, what each of the four layers does, and a gate drawn over a text.

Each picture function returns what ``figures.show`` makes of it. Shapes: ``H`` units, ``D`` features, ``T`` characters
of a text.
"""

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.patches import Rectangle

from lstm_helpers.figures import COLOURS, TEXT, look, show
from lstm_helpers.lessons.gates.experiments import part_kept, slope, stored_and_shown, write_once
from lstm_helpers.nn.functional import sigmoid

INK, GREY, PALE = "#222222", "#595959", "#bbbbbb"
# Darker shades of the colours, for text on white: at least 4.5:1.
MINUS = "\N{MINUS SIGN}"


def _number(value, places=2):
    return f"{value:.{places}f}".replace("-", MINUS)


# ---------------------------------------------------------------- 1. a gate is a fraction


def gated_memory(memory, gate):
    """Each memory value as an outline, and the part that its gate lets through, filled. Both arguments (H,)."""
    through = gate * memory + 0.0  # + 0.0 makes a plain zero of -0.0
    units = np.arange(len(memory))
    with look():
        fig, ax = plt.subplots(figsize=(6.4, 3.1))
        ax.bar(units, memory, width=0.55, facecolor="none", edgecolor=PALE, linewidth=1.8)
        ax.bar(units, through, width=0.55, color=COLOURS["c"])
        for k, (m, t) in enumerate(zip(memory, through, strict=True)):
            ax.annotate(_number(t), (k + 0.31, t + 0.09 * (t == 0)), va="center", color=INK, fontweight="bold")
            if abs(m - t) > 0.15:
                ax.annotate(f"of {_number(m)}", (k + 0.31, m), va="center", color=GREY)
        ax.axhline(0, color=INK, linewidth=1)
        ax.set_xticks(units, [f"gate {g:g}" for g in gate])
        ax.set_xlim(-0.5, len(memory) - 0.2)
        ax.set_ylim(min(memory.min(), 0) - 0.25, max(memory.max(), 0) + 0.25)
        ax.grid(axis="x", visible=False)
        ax.set_ylabel("memory value")
        ax.set_title("A gate of 1 keeps all, 0 removes all, 0.5 keeps half")
    return show(
        fig,
        "Bar chart of three memory values. Outlines are the values before the gate: "
        f"{', '.join(_number(m) for m in memory)}. The filled parts after gates of "
        f"{', '.join(f'{g:g}' for g in gate)} are {', '.join(_number(t) for t in through)}.",
    )


def sigmoid_and_slope():
    """Above: the sigmoid beside a hard switch. Below: their slopes. No arguments."""
    z = np.linspace(-8, 8, 801)
    with look():
        fig, (above, below) = plt.subplots(2, 1, figsize=(7.6, 5.4), sharex=True)
        above.plot([-8, 0, 0, 8], [0, 0, 1, 1], color=PALE, linestyle="--")
        above.plot(z, sigmoid(z), color=COLOURS["sigmoid"])
        for at, (dx, dy) in {-4.0: (-1.6, 0.08), 0.0: (0.5, -0.02), 4.0: (-0.2, -0.12)}.items():
            above.plot(at, sigmoid(at), "o", color=COLOURS["sigmoid"], markersize=7)
            above.annotate(f"{sigmoid(at):.3f}", (at, sigmoid(at)), (at + dx, sigmoid(at) + dy), va="center")
        above.annotate("sigmoid", (1.3, 0.68), color=TEXT["o"], fontweight="bold")
        above.annotate("switch", (-0.3, 0.9), ha="right", color=GREY, fontweight="bold")
        above.set(ylabel="gate (fraction)", ylim=(-0.04, 1.06))
        above.set_title("Any number becomes a fraction")
        below.axhline(0, color=PALE, linestyle="--")
        below.plot(z, slope(z), color=COLOURS["sigmoid"])
        below.plot(0, 0.25, "o", color=COLOURS["sigmoid"], markersize=7)
        below.annotate("0.25 at z = 0", (0.6, 0.25), va="center")
        below.annotate("switch: slope 0,\nnothing to follow", (-7.8, 0.2), color=GREY)
        below.set(xlabel="pre-activation z", ylabel="slope per unit of z", ylim=(-0.012, 0.28))
        below.set_xticks(range(-8, 9, 4))
        below.set_title("Only the sigmoid has a slope to learn from")
        fig.tight_layout(h_pad=1.5)
    return show(
        fig,
        "Two plots against z from -8 to 8. Above: the sigmoid rises smoothly from 0 to 1 through 0.018 at -4, 0.5 at 0 "
        "and 0.982 at 4; a dashed switch jumps from 0 to 1 at 0. Below: the slope of the sigmoid is a hill with its "
        "top of 0.25 at 0; the slope of the switch is 0 everywhere.",
    )


# ---------------------------------------------------------------- 2. four layers, four slices


def four_blocks(W_x, W_h, b):
    """W_x (D, 4H), W_h (H, 4H) and b (4H,) with their numbers, the columns of each layer in its own colour."""
    (D, width), H = W_x.shape, W_h.shape[0]
    names = {"i": "input gate", "f": "forget gate", "g": "candidate", "o": "output gate"}
    parts = [("$W_x$", W_x, [f"x[{k}]" for k in range(D)]), ("$W_h$", W_h, [f"h[{k}]" for k in range(H)])]
    parts.append(("$b$", b[None], [""]))
    with look():
        fig, ax = plt.subplots(figsize=(9.2, 4.3))
        y = 0.0
        for label, block, rows in parts:
            ax.annotate(label, (-1.25, y + len(rows) / 2), ha="center", va="center", fontsize=14)
            for row, values in zip(rows, block, strict=True):
                ax.annotate(row, (-0.15, y + 0.5), ha="right", va="center", family="monospace", color=GREY)
                for k, value in enumerate(values):
                    left = k + 0.35 * (k // H)
                    colour = COLOURS["ifgo"[k // H]]
                    ax.add_patch(Rectangle((left, y), 0.96, 0.92, color=colour, alpha=0.22, linewidth=0))
                    ax.annotate(_number(value, 1), (left + 0.48, y + 0.47), ha="center", va="center", color=INK)
                y += 1
            y += 0.35
        for n, (letter, name) in enumerate(names.items()):
            left = n * (H + 0.35)
            ax.add_patch(Rectangle((left, -0.28), H - 0.04, 0.13, color=COLOURS[letter], linewidth=0))
            ax.annotate(
                f"{letter}  {name}",
                (left + H / 2, -0.85),
                ha="center",
                va="center",
                fontweight="bold",
                color=TEXT[letter],
            )
            ax.annotate(f"columns {n * H} to {(n + 1) * H - 1}", (left + H / 2, y - 0.05), ha="center", va="center")
        ax.set(xlim=(-1.6, width + 1.2), ylim=(y + 0.3, -1.2))
        ax.axis("off")
        ax.set_title(f"Each layer owns {H} neighbouring columns of the same three arrays")
    return show(
        fig,
        f"Three number tables above one another: W_x with {D} rows, W_h with {H} rows and b with one row, all {width} "
        f"columns wide. From left to right {H} columns each belong to the input gate i, the forget gate f, the "
        "candidate g and the output gate o, each in its own colour.",
    )


# ---------------------------------------------------------------- 3. the forget gate


def forgetting(steps=50):
    """What is left of a memory step by step, for the forget biases 0, 1, 3 and 5."""
    with look():
        fig, ax = plt.subplots(figsize=(8.2, 3.6))
        labels = {0: (3, 10, 0.14), 1: (4, 10, 0.29), 3: (25, 28, 0.36), 5: (25, 28, 0.90)}
        for shade, (bias, (at, x, y)) in zip((0.45, 0.6, 0.8, 1), labels.items(), strict=True):
            left = part_kept(bias, steps)
            ax.plot(left, color=COLOURS["f"], alpha=shade)
            ax.annotate(
                f"bias {bias}: f = {sigmoid(bias):.3f}",
                (at, left[at]),
                (x, y),
                va="center",
                color=INK,
                bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.5},
                arrowprops={"arrowstyle": "-", "color": "#888888", "linewidth": 0.9},
            )
        ax.set_title("A little more bias, a much longer memory")
        ax.set(xlabel="time step", ylabel="part of the memory left", xlim=(0, steps), ylim=(0, 1.06))
    return show(
        fig,
        f"Four falling curves over {steps} time steps: the part of a memory that is left when the forget gate keeps "
        "0.500, 0.731, 0.953 or 0.993 of it at each step (biases 0, 1, 3, 5). The first two are near zero after 7 and "
        f"15 steps; after {steps} steps the third has {part_kept(3, steps)[-1]:.0%} left and the fourth "
        f"{part_kept(5, steps)[-1]:.0%}.",
    )


# ---------------------------------------------------------------- 4. and 5. input gate and candidate


def choosing(x_0, i):
    """The input gate of two units as one feature of the input changes. x_0 (N,), i (N, 2)."""
    with look():
        fig, ax = plt.subplots(figsize=(8.2, 3.3))
        for unit, style in ((0, "-"), (1, "--")):
            ax.plot(x_0, i[:, unit], style, color=COLOURS["i"])
            k = len(x_0) - 1 if i[-1, unit] > 0.5 else 0
            ax.annotate(
                f"unit {unit}",
                (x_0[k], i[k, unit]),
                (0, -6) if k else (24, 0),
                textcoords="offset points",
                ha="right" if k else "left",
                va="top" if k else "center",
                fontweight="bold",
                color=TEXT["i"],
            )
        ax.set(xlabel="first feature of the input, x[0]", ylabel="input gate (fraction)", ylim=(-0.03, 1.05))
        ax.set_title("The same input opens one unit for writing and closes the other")
    return show(
        fig,
        "Two S-shaped curves of the input gate against the first input feature from "
        f"{x_0[0]:g} to {x_0[-1]:g}. Unit 0 rises from {i[0, 0]:.2f} to {i[-1, 0]:.2f}, unit 1 falls from "
        f"{i[0, 1]:.2f} to {i[-1, 1]:.2f}.",
    )


def writing():
    """The two units of ``write_once`` in its three ways, beside what was wanted. No arguments."""
    paths = write_once()
    titles = {
        "sigmoid alone": "i alone: it cannot subtract",
        "tanh alone": "g alone: it cannot stay out",
        "both": "i times g: it writes the value, once",
    }
    colours = {"sigmoid alone": COLOURS["i"], "tanh alone": COLOURS["g"], "both": COLOURS["c"]}
    with look():
        fig, axes = plt.subplots(3, 1, figsize=(7.6, 7.2), sharex=True, sharey=True)
        for ax, (name, c) in zip(axes, paths.items(), strict=True):
            steps = np.arange(len(c))
            wanted = np.where(steps[:, None] > 20, [0.6, -0.8], [1.5, -0.8])
            ax.plot(steps, wanted, color="#999999", linestyle=":", linewidth=1.6)
            ax.plot(steps, c[:, 0], color=colours[name])
            ax.plot(steps, c[:, 1], color=colours[name], linestyle="--")
            ax.set_title(titles[name])
            ax.set_ylabel("memory value")
        axes[-1].set_xlabel("time step")
        axes[0].annotate("unit 0", (2, 1.62), color=INK)
        axes[0].annotate("unit 1", (2, -0.66), color=INK)
        axes[0].annotate("wanted", (46, 0.68), color=GREY)
        fig.tight_layout(h_pad=1.2)
    ends = {name: f"{_number(c[-1, 0])} and {_number(c[-1, 1])}" for name, c in paths.items()}
    return show(
        fig,
        "Three plots of two memory values over 60 time steps; wanted is one write of -0.9 into unit 0 at step 20, from "
        "1.5 to 0.6, and unit 1 at rest at -0.8. At the end units 0 and 1 stand at "
        f"{ends['sigmoid alone']} with i alone (the write went up), at {ends['tanh alone']} with g alone "
        f"(both wander), and at {ends['both']} with both (as wanted).",
    )


# ---------------------------------------------------------------- 6. the output gate


def showing():
    """The cell value and the hidden value of ``stored_and_shown``. No arguments."""
    o, c, h = stored_and_shown()
    steps = np.arange(len(c))
    with look():
        fig, ax = plt.subplots(figsize=(8.2, 3.3))
        for first, last in ((6, 9), (16, 19)):
            ax.axvspan(first - 0.5, last + 0.5, color=COLOURS["o"], alpha=0.12, linewidth=0)
            ax.annotate("gate open", ((first + last) / 2, 1.16), ha="center", color=INK)
        ax.step(steps, c, where="mid", color=COLOURS["c"])
        ax.step(steps, h, where="mid", color=COLOURS["h"])
        ax.annotate(f"stored: c = {c[0]:g}", (0, 1.57), color=TEXT["c"], fontweight="bold")
        ax.annotate(f"shown: h = {h[0]:.3f}", (0, 0.07), color=TEXT["h"], fontweight="bold")
        ax.annotate(f"{h[6]:.3f}", (7.5, h[6] - 0.14), ha="center", color=TEXT["h"], fontweight="bold")
        ax.set(xlabel="time step", ylabel="value", ylim=(-0.05, 1.78), xlim=(-0.5, len(c) - 0.5))
        ax.set_title("The cell keeps 1.5 all the time; the output gate decides when it is seen")
    return show(
        fig,
        f"Two step curves over {len(c)} time steps. The stored cell value is flat at {c[0]:g}. The shown hidden value "
        f"is {h[0]:.3f}, and {h[6]:.3f} in the two shaded spans in which the output gate is open.",
    )


# ---------------------------------------------------------------- 7. gates over a text


def lines_of(text, width=58):
    """Where to break ``text`` so that lines hold at most ``width`` characters: a list of (first, past the last)."""
    lines, start = [], 0
    while start < len(text):
        stop = text.find("\n", start, start + width) + 1
        if not stop:
            rest = len(text) <= start + width
            stop = len(text) if rest else text.rfind(" ", start, start + width) + 1 or start + width
        lines.append((start, stop))
        start = stop
    return lines


def over_text(text, f, labels):
    """A strip per unit under each line of ``text``: coloured where the forget gate closes. f (T, H), H labels."""
    lines = lines_of(text)
    H = f.shape[1]
    height = 1.35 + 0.62 * H
    with look():
        fig, ax = plt.subplots(figsize=(9.2, 0.27 * height * len(lines) + 0.9))
        for row, (start, stop) in enumerate(lines):
            y = row * height
            for column, t in enumerate(range(start, stop)):
                character = "↵" if text[t] == "\n" else text[t]
                ax.annotate(
                    character, (column + 0.5, y + 0.5), ha="center", va="center", family="monospace", fontsize=11
                )
                for unit in range(H):
                    shut = float(1 - f[t, unit])
                    box = Rectangle((column + 0.03, y + 1 + 0.62 * unit), 0.94, 0.52, linewidth=0)
                    box.set_facecolor((*plt.matplotlib.colors.to_rgb(COLOURS["f"]), 0.10 + 0.90 * shut))
                    ax.add_patch(box)
            if row == 0:
                for unit, label in enumerate(labels):
                    ax.annotate(label, (-0.6, y + 1.27 + 0.62 * unit), ha="right", va="center", fontsize=9)
        ax.set(xlim=(-5, max(stop - start for start, stop in lines)), ylim=(len(lines) * height, -0.2))
        ax.axis("off")
        ax.set_title("Every character sets every gate anew (dark: closed, the unit forgets)", pad=8)
    closed = [int((f[:, unit] < 0.5).sum()) for unit in range(H)]
    parts = "; ".join(f"{label} is closed at {n}" for label, n in zip(labels, closed, strict=True))
    return show(
        fig,
        f"The first {len(text)} characters of the novel, with one coloured strip per unit below each line, dark where "
        f"the forget gate is below 0.5. Of {len(text)} characters {parts}.",
    )


def two_readers(text, without, with_note):
    """One unit's forget gate over a short text, from the input alone and with h as well. Both gates (T,)."""
    steps = np.arange(len(text))
    with look():
        fig, ax = plt.subplots(figsize=(9.8, 3.1))
        ax.step(steps, without, where="mid", color=PALE, linewidth=4)
        ax.step(steps, with_note, where="mid", color=COLOURS["f"])
        stop = text.index("Mr.") + 2
        ax.annotate("input alone:\nforgets after “Mr.”", (stop, 0.1), (stop + 1.4, 0.22), color=GREY, va="center")
        ax.annotate(
            "with h: keeps",
            (stop, with_note[stop]),
            (stop, 1.06),
            ha="center",
            color=TEXT["f"],
            fontweight="bold",
        )
        ax.set_xticks(steps, ["↵" if ch == "\n" else ch for ch in text], family="monospace")
        ax.tick_params(axis="x", length=0)
        ax.grid(axis="x", visible=False)
        ax.set(xlabel="character read (one per time step)", ylabel="forget gate (fraction)", ylim=(-0.04, 1.18))
        ax.set_xlim(-0.5, len(text) - 0.5)
        ax.set_title("The same full stop, another answer: the gate also reads h")
    return show(
        fig,
        f"Step curves of a forget gate over the characters {text.strip()!r}. From the input alone the gate falls to "
        f"{without[stop]:.3f} at the full stop of Mr.; with the previous hidden state it stays at "
        f"{with_note[stop]:.3f} there. Elsewhere the two agree.",
    )
