"""Lesson 4: the cell state drawn, and a cell with weights set by hand, so that what it remembers can be read.

Shapes here: ``T`` characters are read one after the other (B is 1 and left out), ``D`` characters are in the
alphabet, the cell has ``H`` units.
"""

import numpy as np

from lstm_helpers.figures import COLOURS, look, show
from lstm_helpers.nn import functional as fn

# ---------------------------------------------------------------- how long a memory lasts


def half_life(f):
    """After how many steps half of a cell value is left, when the forget gate stays at ``f`` (0 < f < 1)."""
    return np.log(0.5) / np.log(f)


def corner_cases(steps=30, event=10):
    """Four ways to use the two gates of the cell update, from the same start c = 0.8.

    Returns name -> {f, i, g, c}, each (steps + 1,); entry 0 of c is the start, of f, i and g unused.
    """
    keep, shut, value = np.ones(steps + 1), np.zeros(steps + 1), np.full(steps + 1, 0.5)
    once = shut.copy()
    once[event] = 1
    third = np.zeros(steps + 1)
    third[3::3] = 1
    cases = {
        "remember": {"f": keep, "i": shut, "g": value},
        "forget": {"f": keep - once, "i": shut, "g": value},
        "overwrite": {"f": keep - once, "i": once, "g": -value},
        "add": {"f": keep, "i": third, "g": value},
    }
    for case in cases.values():
        c = [0.8]
        for f, i, g in zip(case["f"][1:], case["i"][1:], case["g"][1:], strict=True):
            c.append(fn.cell_update(f, c[-1], i, g))
        case["c"] = np.array(c)
    return cases


def corner_case_picture():
    """The four corner cases over 30 steps: the cell state, with the two gates as strips under it."""
    from matplotlib import pyplot

    told = {
        "remember": "Remember: f = 1 and i = 0 at every step",
        "forget": "Forget: f = 0 for one step",
        "overwrite": "Overwrite: f = 0 and i = 1 for one step",
        "add": "Add: f = 1, and i = 1 at every third step",
    }
    with look():
        fig, axes = pyplot.subplots(
            4, 2, figsize=(9.6, 6.3), sharex=True, height_ratios=[4, 1, 4, 1], layout="constrained"
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
                         color=COLOURS["c"], weight="bold")  # fmt: skip
            for row, gate in enumerate("if"):
                strip.bar(step[1:], 0.8 * case[gate][1:], bottom=row, width=0.85, color=COLOURS[gate])
            strip.set_yticks([0.4, 1.4], ["i", "f"], weight="bold")
            strip.set_ylim(0, 1.9)
            strip.grid(False)
            for tick, gate in zip(strip.get_yticklabels(), "if", strict=True):
                tick.set_color(COLOURS[gate])
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
    """Left: what is left of a cell value for four constant forget gates. Right: half-life against z_f."""
    from matplotlib import pyplot

    with look():
        fig, (left, right) = pyplot.subplots(1, 2, figsize=(9.6, 3.9), layout="constrained")
        n = np.geomspace(1, 3000, 400)
        for f, alpha in ((0.5, 0.4), (0.9, 0.6), (0.99, 0.8), (0.999, 1)):
            left.plot(n, f**n, color=COLOURS["f"], alpha=alpha)
            left.plot(half_life(f), 0.5, "o", color=COLOURS["f"], alpha=alpha)
            left.annotate(f"f = {f}", (half_life(f), 0.5), (6, 3), textcoords="offset points")
        left.set_xscale("log")
        left.set(
            xlabel="steps (logarithmic)",
            ylabel="fraction of c that is left",
            xlim=(0.8, 4000),
            ylim=(-0.02, 1.05),
        )
        left.set_xticks([1, 10, 100, 1000], ["1", "10", "100", "1,000"])
        left.set_title("Each further 9 in f: ten times as long")
        z = np.linspace(-1, 8, 200)
        right.plot(z, half_life(fn.sigmoid(z)), color=COLOURS["f"])
        for mark in (0, 1, 3, 5, 7):
            f = fn.sigmoid(np.float64(mark))
            right.plot(mark, half_life(f), "o", color=COLOURS["f"])
            right.annotate(f"f = {f:.4g}", (mark, half_life(f)), (7, -9), textcoords="offset points")
        right.set_yscale("log")
        right.set_yticks([1, 10, 100, 1000], ["1", "10", "100", "1,000"])
        right.set(
            xlabel="forget gate's pre-activation $z_f$ (no unit)", ylabel="half-life of c (steps)", xlim=(-1, 9.4)
        )
        right.set_title("Half-life grows exponentially with $z_f$")
    return show(
        fig,
        "Left: the fraction of a cell value that is left, against steps on a logarithmic axis, for f of 0.5, 0.9, 0.99 "
        "and 0.999; half is left after 1, 6.6, 69 and 693 steps. Right: half-life against the pre-activation z of the "
        "forget gate: from 1 step at z = 0 to about 760 at z = 7, close to a straight line on a logarithmic axis.",
    )


def hidden_state_picture():
    """Left: c counts to 12 and h = tanh(c) stays below 1. Right: a closed output gate hides c, c stays."""
    from matplotlib import pyplot

    with look():
        fig, (left, right) = pyplot.subplots(1, 2, figsize=(9.6, 3.6), layout="constrained")
        step = np.arange(13)
        left.plot(step, step, "o-", color=COLOURS["c"], markersize=4)
        left.plot(step, np.tanh(step), "o-", color=COLOURS["h"], markersize=4)
        left.text(8.6, 10.3, "cell state c", color=COLOURS["c"], weight="bold", ha="right")
        left.text(12, 1.4, "hidden state h (o = 1)", color="#2878a8", weight="bold", ha="right")
        left.set(xlabel="time step (count)", ylabel="value (no unit)", yticks=[0, 1, 4, 8, 12])
        left.set_title("c counts to 12, h stays below 1")
        step = np.arange(31)
        c = np.where(step < 5, 0.0, 1.5)
        o = np.where((step >= 12) & (step < 18) | (step >= 25), 1.0, 0.0)
        right.step(step, c, where="mid", color=COLOURS["c"])
        right.step(step, fn.hidden_update(o, c), where="mid", color=COLOURS["h"])
        for start, stop in ((11.5, 17.5), (24.5, 30.5)):
            right.axvspan(start, stop, color=COLOURS["o"], alpha=0.12, lw=0)
            right.text((start + stop) / 2, 1.68, "o = 1", color=COLOURS["o"], weight="bold", ha="center")
        right.text(6, 1.36, "c", color=COLOURS["c"], weight="bold")
        right.text(6, 0.07, "h", color="#2878a8", weight="bold")
        right.set(xlabel="time step (count)", ylabel="value (no unit)", ylim=(-0.08, 1.85))
        right.set_title("A closed output gate hides c, c stays")
    return show(
        fig,
        "Left: over 12 steps the cell state counts in a straight line to 12 while the hidden state flattens just below "
        "1. Right: the cell state stays at 1.5 from step 5 on; the hidden state is 0 except while the output gate is "
        "open, where it is 0.91 both times.",
    )


# ---------------------------------------------------------------- a cell that reads, with weights set by hand

UNITS = ("inside quotes", "letters in word", "capital word", "sentence ended")
STRONG = 20.0  # sigmoid(20) is 1 to 8 decimals, sigmoid(-20) is 0 to 8 decimals: a gate that is open or shut
FADE = 0.9  # the forget gate of the unit "sentence ended"


def readable_cell(alphabet):
    """LSTM weights set by hand for one-hot characters, four units with a job each (their names are in UNITS).

    inside quotes    c = 1 between quotation marks. One sign opens and closes, so the input gate looks at h.
    letters in word  c grows by 0.1 with each letter; any other character clears it.
    capital word     c = 1 from a capital letter to the end of its word; shown inside quotes only.
    sentence ended   c = 1 at a full stop, question or exclamation mark, then a tenth is lost each character.

    ``alphabet`` is a string of D different characters. Returns W_x (D, 16), W_h (4, 16), b (16,), gates in
    the order i, f, g, o.
    """
    H = len(UNITS)
    quotes, letters, capital, ended = range(H)
    i, f, g, o = (k * H + np.arange(H) for k in range(4))  # column of each gate and unit
    W_x, W_h, b = np.zeros((len(alphabet), 4 * H)), np.zeros((H, 4 * H)), np.zeros(4 * H)
    rows = lambda test: [k for k, character in enumerate(alphabet) if test(character)]  # noqa: E731
    # At rest: nothing comes in, everything is kept, the candidate is 1, everything is shown.
    b[i], b[f], b[g], b[o] = -STRONG, STRONG, STRONG, STRONG

    W_x[rows(lambda a: a == '"'), f[quotes]] = -2 * STRONG
    W_x[rows(lambda a: a == '"'), i[quotes]] = 2 * STRONG
    W_h[quotes, i[quotes]] = -2 * STRONG / np.tanh(1)  # already inside (h = tanh(1)): the input gate stays shut

    W_x[rows(str.isalpha), i[letters]] = 2 * STRONG
    W_x[rows(lambda a: not a.isalpha()), f[letters]] = -2 * STRONG
    b[g[letters]] = np.arctanh(0.1)

    W_x[rows(str.isupper), i[capital]] = 2 * STRONG
    W_x[rows(lambda a: a.isupper() or not a.isalpha()), f[capital]] = -2 * STRONG
    b[o[capital]] = -STRONG
    W_h[quotes, o[capital]] = 2 * STRONG / np.tanh(1)

    W_x[rows(lambda a: a in ".!?"), i[ended]] = 2 * STRONG
    W_x[rows(lambda a: a in ".!?"), f[ended]] = -2 * STRONG
    b[f[ended]] = np.log(FADE / (1 - FADE))
    return W_x, W_h, b


def parse(text):
    """What the four units should hold after each character, worked out by plain Python. Returns (T, 4)."""
    inside, letters, capital, ended, held = False, 0, False, 0.0, []
    for character in text:
        inside = not inside if character == '"' else inside
        letters = letters + 1 if character.isalpha() else 0
        capital = character.isalpha() and (capital or character.isupper())
        ended = 1.0 if character in ".!?" else ended * FADE
        held.append((inside, letters / 10, capital, ended))
    return np.array(held, float)


def one_hot(text, alphabet):
    """One row for each character: 1 in the character's column, 0 elsewhere. Returns (T, D)."""
    place = {character: k for k, character in enumerate(alphabet)}
    return np.eye(len(alphabet))[[place[character] for character in text]]


def run_cell(x, W_x, W_h, b, step=fn.lstm_step):
    """Read ``x (T, D)`` row by row from zero states. Returns {i, f, g, o, c, h}, each (T, H).

    ``step`` takes and returns what ``lstm_step`` does. The gates are what the weights give at the states met.
    """
    H = len(W_h)
    h, c = np.zeros((2, len(x) + 1, H), W_x.dtype)  # row 0: the states before the first step
    for t, x_t in enumerate(x):
        h[t + 1 : t + 2], c[t + 1 : t + 2] = step(x_t[None], h[t : t + 1], c[t : t + 1], W_x, W_h, b)
    layers = {"i": fn.input_gate, "f": fn.forget_gate, "g": fn.candidate, "o": fn.output_gate}
    seen = {name: layer(x, h[:-1], W_x, W_h, b) for name, layer in layers.items()}
    return seen | {"c": c[1:], "h": h[1:]}


def activity_picture(text, seen, title, units=None):
    """Every layer and both states while the cell reads: a row for each unit, a column for each character.

    ``text`` has n characters, ``seen`` is {i, f, g, o, c, h}, each (n, H). Gates are drawn from 0 (white)
    to 1, g, c and h from -1 to 1 with white at 0; values beyond are drawn as the end of the scale.
    """
    from matplotlib import pyplot

    told = {"i": "input\ngate i", "f": "forget\ngate f", "g": "candi-\ndate g", "o": "output\ngate o",
            "c": "cell\nstate c", "h": "hidden\nstate h"}  # fmt: skip
    n, H = seen["c"].shape
    units = units or [f"unit {k}" for k in range(H)]
    signs = [{" ": "·", "\n": "¶"}.get(character, character) for character in text]
    with look():
        fig, axes = pyplot.subplots(6, 1, figsize=(10.4, 8.4), layout="constrained")
        fig.suptitle(title, x=0.01, ha="left", weight="bold", fontsize=11.5)
        for k, (ax, name) in enumerate(zip(axes, told, strict=True)):
            gate = name in "ifo"
            image = ax.pcolormesh(
                np.arange(n + 1), np.arange(H + 1), seen[name].T, edgecolors="white", linewidth=0.4,
                cmap="Blues" if gate else "PuOr_r", vmin=0 if gate else -1, vmax=1,
            )  # fmt: skip
            ax.invert_yaxis()
            ax.grid(False)
            ax.set_yticks(np.arange(H) + 0.5, units, fontsize=9.5)
            ax.set_xticks([])
            ax.tick_params(length=0)
            ax.spines[:].set_visible(False)
            ax.set_ylabel(told[name], rotation=0, ha="right", va="center", weight="bold", fontsize=10.5, labelpad=10,
                          color="#2878a8" if name == "h" else COLOURS[name])  # fmt: skip
            if k in (0, 5):
                ax.set_xticks(np.arange(n) + 0.5, signs, family="monospace", fontsize=9.5)
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


# ---------------------------------------------------------------- cells that are wrong and still run


def wrong_steps():
    """Four classic mistakes, each as a step function that runs without an error: what was written -> step."""

    def layers(*given):
        return fn.input_gate(*given), fn.forget_gate(*given), fn.candidate(*given), fn.output_gate(*given)

    def no_tanh(x, h_prev, c_prev, *weights):
        i, f, g, o = layers(x, h_prev, *weights)
        c = f * c_prev + i * g
        return o * c, c

    def c_for_h(x, h_prev, c_prev, *weights):
        _, c = fn.lstm_step(x, h_prev, c_prev, *weights)
        return c, c

    def swapped(x, h_prev, c_prev, *weights):
        i, f, g, o = layers(x, h_prev, *weights)
        c = i * c_prev + f * g
        return o * np.tanh(c), c

    def c_not_carried(x, h_prev, c_prev, *weights):
        return fn.lstm_step(x, h_prev, np.zeros_like(c_prev), *weights)

    return {"h = o * c": no_tanh, "return c, c": c_for_h, "c = i * c_prev + f * g": swapped,
            "c_prev = 0 at each step": c_not_carried}  # fmt: skip
