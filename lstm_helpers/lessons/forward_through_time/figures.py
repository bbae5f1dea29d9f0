"""Lesson 5: the cell over a batch of texts: what waits for what, pieces, padding, and how long it all takes.

Shapes: ``T`` characters (time steps), ``B`` texts, ``D`` characters in the alphabet, ``H`` units. Functions without a
picture give the numbers that the pictures draw, so that a test can ask them.
"""

import re
import time

import numpy as np

from lstm_helpers.figures import COLOURS, look, show
from lstm_helpers.nn import functional as fn

INK = "#222222"
SHADES = ("#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7")  # one for each sentence: safe for colour-blind eyes


def sentences(text):
    """The sentences of a text, in order: cut after . ! ? (and a closing quotation mark), not after Mr. and Mrs."""
    cut = r'(?<=[.!?])(?<!Mr\.)(?<!Mrs\.)\s+|(?<=[.!?]["])\s+'
    return re.split(cut, text.strip())


# ---------------------------------------------------------------- one product or eight


def run_gate_by_gate(x, h, c, W_x, W_h, b):
    """The loop of lesson 4 over x (T, B, D): each gate multiplies for itself, at every step. Returns h (T, B, H)."""
    hs = []
    for x_t in x:
        h, c = fn.lstm_step(x_t, h, c, W_x, W_h, b)
        hs.append(h)
    return np.stack(hs)


def run_one_product(x, h, c, W_x, W_h, b):
    """One product with W_x and one with W_h at every step, for all four gates. Returns h (T, B, H)."""
    hs = []
    for x_t in x:
        h, c = _updates(x_t @ W_x + h @ W_h + b, c)
        hs.append(h)
    return np.stack(hs)


def run_inputs_ahead(x, h, c, W_x, W_h, b):
    """All inputs in one product before the loop, one product with W_h at every step. Returns h (T, B, H)."""
    hs = []
    for z_x in x @ W_x + b:
        h, c = _updates(z_x + h @ W_h, c)
        hs.append(h)
    return np.stack(hs)


def _updates(z, c_prev):
    i, f, g, o = np.split(z, 4, axis=1)
    c = fn.cell_update(fn.sigmoid(f), c_prev, fn.sigmoid(i), np.tanh(g))
    return fn.hidden_update(fn.sigmoid(o), c), c


def run_one_tanh(x, h, c, W_x, W_h, b):
    """As ``run_inputs_ahead``, with one tanh for all four gates: sigmoid(z) = (1 + tanh(z / 2)) / 2."""
    H, hs = h.shape[1], []
    half = np.full(4 * H, 0.5, x.dtype)
    half[2 * H : 3 * H] = 1  # the candidate is tanh itself
    W_h = W_h * half
    for z_x in (x @ W_x + b) * half:
        a = np.tanh(z_x + h @ W_h)
        s = 0.5 * (1 + a)
        c = s[:, H : 2 * H] * c + s[:, :H] * a[:, 2 * H : 3 * H]
        h = s[:, 3 * H :] * np.tanh(c)
        hs.append(h)
    return np.stack(hs)


RUNS = {
    "gate by gate": run_gate_by_gate,
    "one product for four gates": run_one_product,
    "+ all inputs before the loop": run_inputs_ahead,
    "+ one tanh for four gates": run_one_tanh,
}


def race(batch, T=20, D=62, H=32, seconds=1.0):
    """Seconds of each way to run the same ``batch`` sequences in float32: name -> the least, all taken in turn.

    Whatever else the machine does can only add to a time, so the least one says most. A run is short, so that it fits
    between two interruptions.
    """
    rng = np.random.default_rng(5)
    x, h, c = rng.normal(size=(T, batch, D)), np.zeros((batch, H)), np.zeros((batch, H))
    weights = [rng.uniform(-(H**-0.5), H**-0.5, shape) for shape in [(D, 4 * H), (H, 4 * H), 4 * H]]
    given = [array.astype(np.float32) for array in (x, h, c, *weights)]
    least, end = dict.fromkeys(RUNS, np.inf), time.perf_counter() + seconds
    while time.perf_counter() < end:
        for name, run in RUNS.items():
            start = time.perf_counter()
            run(*given)
            least[name] = min(least[name], time.perf_counter() - start)
    return least


def race_picture(races):
    """{batch: what ``race`` returned} as bars, a panel for each batch: milliseconds of a run."""
    from matplotlib import pyplot

    names = list(RUNS)
    with look():
        fig, axes = pyplot.subplots(1, len(races), figsize=(9.8, 2.7), sharey=True, squeeze=False, layout="constrained")
        for ax, (batch, seconds) in zip(axes[0], races.items(), strict=True):
            times = 1e3 * np.array([seconds[name] for name in names])
            ax.barh(names, times, height=0.62, color=[COLOURS["x"], COLOURS["h"], COLOURS["h"], COLOURS["o"]])
            for k, ms in enumerate(times):
                ax.annotate(f" {ms:.2f} ms", (ms, k), va="center", color=INK)
            ax.grid(axis="y", visible=False)
            ax.set(xlabel="time of one run, 20 steps (ms)", xlim=(0, 1.3 * times.max()))
            ax.set_title(f"B = {batch}: {times[0] / times[-1]:.1f} times as fast in the end")
        axes[0, 0].invert_yaxis()
    told = "; ".join(
        f"B = {batch}: " + ", ".join(f"{name} {1e3 * seconds[name]:.2f} ms" for name in names)
        for batch, seconds in races.items()
    )
    return show(fig, f"Bars of the time of one run of 20 steps, on the machine that made this page. {told}.")


def flow_picture(steps=4):
    """What can be computed at once, and what has to wait: inputs above, the loop below."""
    from matplotlib import pyplot
    from matplotlib.patches import Rectangle

    with look():
        fig, ax = pyplot.subplots(figsize=(9.6, 4.9))
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
            ax.annotate(f"$h_{t + 1}$", (left + 0.8, 0.02), ha="center", va="center", fontsize=13, color="#2878a8")
            ax.annotate("", (left - 0.03, 1.12), (left - 0.6, 1.12), arrowprops=arrow)
            ax.annotate(f"$h_{t}, c_{t}$", (left - 0.31, 1.72), ha="center", va="center", fontsize=11)
        right = 2.2 * steps - 0.1
        ax.annotate("before the loop:\nno step needs another.\nOne product, $x\\,W_x + b$", (right, 4.05), va="center")
        ax.annotate(
            "in the loop:\neach step waits for\nthe one before.\nOne product a step", (right, 0.95), va="center"
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


def cell_states(x, size, W_x, W_h, b, keep=(1, 1)):
    """The cell state of every step, (T, B, H), of x (T, B, D) read in pieces of ``size`` steps from zeros.

    keep: what h and c are multiplied by at each cut; 1 carries a state, 0 loses it.
    """
    h, c = np.zeros((2, x.shape[1], len(W_h)), x.dtype)
    cs = []
    for t, z_x in enumerate(x @ W_x + b):
        if t and t % size == 0:
            h, c = keep[0] * h, keep[1] * c
        h, c = _updates(z_x + h @ W_h, c)
        cs.append(c)
    return np.stack(cs)


def pieces_picture(carried, lost, size, first, last):
    """The cell state of one unit over a text read in pieces of ``size``: states carried, and set to 0 at each cut.

    carried, lost: (T,), the same unit in both runs; the steps from first up to last are drawn.
    """
    from matplotlib import pyplot

    step, carried, lost = np.arange(first, last), carried[first:last], lost[first:last]
    off = np.abs(carried - lost) > 0.5
    with look():
        fig, axes = pyplot.subplots(2, 1, figsize=(9.6, 3.6), sharex=True, sharey=True, layout="constrained")
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
    from matplotlib import pyplot
    from matplotlib.patches import Rectangle

    T, B = max(map(len, batch)), len(batch)
    padding = 1 - sum(map(len, batch)) / (T * B)
    with look():
        fig, ax = pyplot.subplots(figsize=(9.8, 0.46 * B + 1.3))
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
        ax.set(xlim=(-0.1, T + 0.1), ylim=(B + 0.05, -0.1), xlabel="time step t (orange: the sentence's own end)")
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
    from matplotlib import pyplot

    T, B, _ = h.shape
    places = np.arange(T)
    shades = [SHADES[k % len(SHADES)] for k in range(B)]
    with look():
        fig, ax = pyplot.subplots(figsize=(9.6, 3.6), layout="constrained")
        for k in np.argsort(lengths):
            n = lengths[k]
            ax.plot(places[:n], h[:n, k, unit], color=shades[k], alpha=0.45, linewidth=1.6)
            ax.plot(places[n - 1 :], h[n - 1 :, k, unit], ":", color=shades[k], linewidth=1.8)
            ax.plot(n - 1, h[n - 1, k, unit], "o", color=shades[k], markersize=8)
            ax.annotate(f"{k}", (n - 1, h[n - 1, k, unit]), (8, 7), textcoords="offset points", weight="bold",
                        bbox={"boxstyle": "round,pad=0.15", "facecolor": "white", "linewidth": 0})  # fmt: skip
        ax.set(
            xlabel="time step t (dot: the end of the sentence with that number)", ylabel=f"hidden state of unit {unit}"
        )
        ax.set_title("The cell goes on through the padding (dotted), and its end states melt into one")
    ends, last = h[lengths - 1, np.arange(B), unit], h[-1, :, unit]
    return show(
        fig,
        f"The hidden state of unit {unit} for {B} sentences over {T} steps, solid up to a dot at each one's own end, "
        f"dotted beyond. At their own ends the values are {_list(ends)}; at the last step they are {_list(last)}.",
    )


def _list(numbers):
    return ", ".join(f"{number:.2f}" for number in numbers)


def padding_share(lengths, size):
    """Which fraction of all steps is padding, if sequences are taken ``size`` at a time, in the order given."""
    batches = [lengths[k : k + size] for k in range(0, len(lengths), size)]
    steps = sum(batch.max() * len(batch) for batch in batches)
    return 1 - lengths.sum() / steps
