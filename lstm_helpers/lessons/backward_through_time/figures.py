"""Pictures of lesson 6: one step from right to left, training with a wrong gradient, and gradients over 200 steps.

Each ``..._picture`` returns what ``figures.show`` makes of it. Shapes here: ``T`` time steps.
"""

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.colors import to_rgb
from matplotlib.patches import FancyBboxPatch

from lstm_helpers.figures import COLOURS, TEXT, look, show
from lstm_helpers.nn.functional import sigmoid

ON_THE_ROAD = ("f",)  # the factors between dc of a step and dc of the step before: the gates that _draw_road draws
BACK, ROAD = "#7a1f5c", COLOURS["c"]  # gradients that travel; the road along the cell state
SHADES = {
    "RNN": "#222222",
    "RNN, orthogonal": "#7a1f5c",
    0: COLOURS["o"],
    1: COLOURS["i"],
    3: "#E69F00",
    5: COLOURS["f"],
}  # one for each network


# ---------------------------------------------------------------- one step, drawn from right to left


def _arrow(ax, start, end, colour=BACK, width=2.0):
    style = {"arrowstyle": "-|>", "lw": width, "color": colour, "mutation_scale": 15, "shrinkA": 0, "shrinkB": 0}
    ax.annotate("", end, start, arrowprops=style)


def _node(ax, x, y, text, colour="white", w=0.62, h=0.62):
    if colour != "white":  # a tint of the layer's colour, on which words are read as well as on white
        colour = tuple(0.4 * v + 0.6 for v in to_rgb(colour))
    corner, shape = (x - w / 2, y - h / 2), "round,pad=0.02,rounding_size=0.12"
    ax.add_patch(FancyBboxPatch(corner, w, h, boxstyle=shape, fc=colour, ec="#555555", lw=1.3, zorder=3))
    ax.text(x, y, text, ha="center", va="center", zorder=4, color="black", weight="bold")


def _say(ax, x, y, text, colour=BACK, **more):
    ax.text(x, y, text, color=colour, **{"ha": "center", "va": "center", "fontsize": 10.5} | more)


def _draw_road(ax):
    """The road along the cell state, at the top."""
    y = 6.3
    _arrow(ax, (13.0, y), (11.0, y), ROAD, 4)
    _arrow(ax, (10.37, y), (6.84, y), ROAD, 4)
    _arrow(ax, (6.17, y), (3.39, y), ROAD, 4)
    _arrow(ax, (2.71, y), (0.3, y), ROAD, 4)
    _node(ax, 10.7, y, "+")
    _node(ax, 6.5, y, "+")
    for gate in ON_THE_ROAD:
        _node(ax, 3.05, y, "×", COLOURS[gate])
    _say(ax, 12.05, y + 0.42, r"$dc$ from step $t+1$", TEXT["c"])
    _say(ax, 8.65, y + 0.42, r"the whole $dc_t$", TEXT["c"], weight="bold")
    _say(ax, 4.75, y + 0.42, r"$dc_t$: a sum passes it on", TEXT["c"])
    _say(ax, 1.4, y + 0.42, r"$dc_{t-1} = dc_t \odot f_t$", TEXT["c"], weight="bold")


def _draw_hidden_update(ax):
    """From dh up through the hidden update to the road, at the right."""
    _arrow(ax, (13.0, 3.6), (11.05, 3.6))
    _say(ax, 12.15, 4.0, r"$dh_t$")
    _node(ax, 10.7, 3.6, "×", COLOURS["o"])
    _arrow(ax, (10.7, 3.95), (10.7, 4.62))
    _node(ax, 10.7, 4.95, "tanh", w=0.95, h=0.56)
    _arrow(ax, (10.7, 5.28), (10.7, 5.95))
    _say(ax, 10.85, 5.6, r"$dh_t \odot o_t \odot (1-\tanh^2 c_t)$", ha="left")


def _draw_layers(ax):
    """From the road and the hidden update down into the four layers."""
    x_i, x_f, x_g, x_o = 5.0, 3.05, 6.9, 9.0
    _arrow(ax, (x_f, 5.95), (x_f, 2.75))
    _say(ax, x_f - 0.12, 4.4, r"$df = dc_t \odot c_{t-1}$", ha="right")
    _arrow(ax, (6.5, 5.95), (6.5, 4.9))
    _node(ax, 6.5, 4.55, "×", COLOURS["i"])
    _arrow(ax, (6.25, 4.2), (x_i, 2.75))
    _arrow(ax, (6.65, 4.2), (x_g, 2.75))
    _say(ax, 5.25, 3.75, r"$di = dc_t \odot g_t$", ha="right")
    _say(ax, 6.92, 3.75, r"$dg = dc_t \odot i_t$", ha="left")
    _arrow(ax, (10.4, 3.4), (x_o, 2.75))
    _say(ax, 9.95, 2.85, r"$do = dh_t \odot \tanh c_t$", ha="left")
    for x, name in ((x_i, "i"), (x_f, "f"), (x_g, "g"), (x_o, "o")):
        slope = r"$1-g^2$" if name == "g" else rf"${name}(1-{name})$"
        _node(ax, x, 2.45, slope, COLOURS[name], w=1.35, h=0.55)
        _arrow(ax, (x, 2.15), (x, 1.62))
        _say(ax, x + 0.12, 1.9, rf"$dz_{name}$", ha="left")


def _draw_products(ax):
    """The four layers side by side, and the products that leave the step."""
    ax.add_patch(plt.Rectangle((2.2, 1.05), 7.6, 0.52, fc="#f1e6ee", ec=BACK, lw=1.3))
    _say(ax, 6.0, 1.31, r"$dz_t$ $(B, 4H)$: the four side by side, stored in the order i, f, g, o")
    _arrow(ax, (2.2, 1.31), (0.3, 1.31))
    _say(ax, 1.2, 1.72, r"$dh_{t-1} = dz_t\,W_h^\top$")
    _arrow(ax, (4.0, 1.03), (4.0, 0.35))
    _say(ax, 4.0, 0.1, r"$dx_t = dz_t\,W_x^\top$")
    _arrow(ax, (7.6, 1.03), (7.6, 0.35))
    sums = (r"$dW_x$ += $x_t^\top dz_t$", r"$dW_h$ += $h_{t-1}^\top dz_t$", r"$db$ += $dz_t$ over the batch")
    _say(ax, 8.6, 0.1, ",  ".join(sums))


def flow_picture():
    """One step backwards: where each gradient comes from, and what it is multiplied by on the way."""
    with look():
        fig, ax = plt.subplots(figsize=(8.9, 5.6))
        ax.set(xlim=(0, 13.2), ylim=(-0.15, 7.05))
        ax.axis("off")
        for draw in (_draw_road, _draw_hidden_update, _draw_layers, _draw_products):
            draw(ax)
        ax.set_title("Backwards, only one factor lies on the road of the cell state: the forget gate", pad=2)
        fig.subplots_adjust(0.01, 0.01, 0.99, 0.94)
    return show(
        fig,
        "One LSTM step read from right to left. Along the top runs the road of the cell state: the gradient dc from "
        "step t + 1 meets, at a plus sign, what comes from dh through output gate and tanh, and becomes the whole "
        "dc; a second plus passes it on unchanged, and it leaves at the left as dc of step t - 1, multiplied by the "
        "forget gate alone. Branches lead down: df is dc times the old cell state, di is dc times g, dg is dc times "
        "i, do is dh times tanh of c. Each is multiplied by its slope, i(1-i), f(1-f), 1-g squared, o(1-o). Side by "
        "side they form dz, of shape (B, 4H), which gives dh of step t - 1, dx, and the gradients of the weights.",
    )


# ---------------------------------------------------------------- a wrong backward pass that learns

LEARNERS = {"right": ("#0072B2", "right gradient"), "dc cut": ("#B34700", "dc along the cell state cut")}


def _learners(ax, runs):
    """The losses of both versions against the training step. runs: name -> losses (seeds, steps)."""
    ax.axhline(np.log(2), color="#888888", lw=1.2, ls="--")
    for name, losses in runs.items():
        colour, label = LEARNERS[name]
        steps = np.arange(1, losses.shape[1] + 1)
        lines = ax.plot(steps, losses.T, color=colour, lw=1.3, ls="-" if name == "right" else (0, (4, 1)))
        lines[0].set_label(label)
    ax.set(ylim=(0, 0.95))


def learning_picture(curves):
    """Loss against training step. curves: T -> {name: losses (4, steps)} for T of 10, in one panel, and 30, in four."""
    with look():
        fig = plt.figure(figsize=(7.6, 6.6), layout="constrained")
        upper, lower = fig.subfigures(2, 1)
        above = upper.subplots()
        _learners(above, curves[10])
        above.set(title="10 steps: with either gradient all four runs learn", ylabel="loss (nats)")
        above.legend(loc="center right", title="four runs each")
        above.text(150, np.log(2) + 0.02, "chance: ln 2", ha="right", color="#555555")
        below = lower.subplots(1, 4, sharey=True)
        for start, ax in enumerate(below):
            _learners(ax, {name: losses[start : start + 1] for name, losses in curves[30].items()})
            ax.set_title(f"start {start}", fontsize=10, fontweight="normal")
        below[0].set_ylabel("loss (nats)")
        told = "30 steps: with the cut one no run stays solved"
        lower.suptitle(told, x=0.01, ha="left", fontsize="medium", fontweight="bold")
        lower.supxlabel("training step (batch of 32)", fontsize=10)
    ends = "; ".join(
        f"{name} at {T}: " + ", ".join(f"{end:.1f}" for end in losses[:, -20:].mean(axis=1))
        for T, runs in curves.items()
        for name, losses in runs.items()
    )
    return show(
        fig,
        "Loss against training step, four runs for the right gradient and four for one without dc along the cell "
        "state. Above, a bit to be kept for 10 steps: all eight fall to nearly 0. Below, 30 steps, a panel for each "
        "start: the right ones fall to nearly 0, that of start 2 with spikes; of the others 1 and 3 stay near ln 2 = "
        "0.69, 0 falls and returns, 2 falls and rises by half. "
        f"Means of the last 20 steps: {ends}.",
    )


# ---------------------------------------------------------------- gradients over 200 steps


def _label(name):
    return name if isinstance(name, str) else f"LSTM, bias {name}"


def _lines(ax, norms, key, names):
    """The medians of some networks against the steps back, each with a band from the least to the greatest."""
    for name in names:
        values = norms[name][key][:, ::-1]
        back, middle = np.arange(values.shape[1]), np.median(values, axis=0)
        ax.fill_between(back, values.min(axis=0), values.max(axis=0), color=SHADES[name], alpha=0.2, linewidth=0)
        ax.plot(back, middle, color=SHADES[name], label=_label(name))
    ax.set_yscale("log")
    ax.set_xticks(range(0, len(back) + 1, 50))
    ax.legend(loc="center left", bbox_to_anchor=(1, 0.5))


def norms_picture(norms):
    """What ``norms_over_time`` gives: above dL/dh_t of all networks, below dL/dc_t of the LSTMs with open gates."""
    names, open_gates = list(norms), (3, 5)
    with look():
        fig, (above, below) = plt.subplots(2, 1, figsize=(8, 7.6), layout="constrained")
        _lines(above, norms, "h", sorted(names, key=lambda name: -np.median(norms[name]["h"][:, 0])))
        _lines(below, norms, "c", open_gates[::-1])
        for bias in open_gates:
            back = np.arange(norms[bias]["c"].shape[1])
            below.plot(back, sigmoid(np.float64(bias)) ** back, color=SHADES[bias], lw=1.4, ls="--")
        for ax in (above, below):
            ax.set(xlabel="steps back from the end", ylabel="norm (1 at the last step)")
        above.set_title("$dL/dh_t$: a constant factor per step, unless the gate is open")
        below.set_title("$dL/dc_t$: above the cell state alone, $\\sigma(b)^n$ (dashed)")
    ends = {name: {key: np.median(norm[:, 0]) for key, norm in run.items()} for name, run in norms.items()}
    listed = "; ".join(
        f"{name if isinstance(name, str) else f'bias {name}'} {end['h']:.0e}" for name, end in ends.items()
    )
    return show(
        fig,
        "Norms of gradients against steps back from the end, 0 to 199, on logarithmic axes: medians of five random "
        f"starts, with a band from the least to the greatest. Above, dL/dh ends at {listed}: straight lines but for "
        "bias 3 and 5, which fall at the first steps, then stay level and rise towards the first step of the text. "
        f"Below, dL/dc of bias 3 and 5, which rise to {ends[3]['c']:.1f} and {ends[5]['c']:.0f}, above the dashed "
        "lines of the forget gate at sigmoid(bias) to the power of the steps.",
    )
