"""Lesson 6: the backward pass drawn, compared, trained with, and followed over 200 steps.

Shapes here: ``T`` time steps, ``B`` batch, ``D`` input features, ``H`` hidden units; gates in the order i, f, g, o.
"""

import numpy as np
from matplotlib import pyplot as plt

from lstm_helpers import nn
from lstm_helpers.figures import COLOURS, look, show
from lstm_helpers.nn.functional import sigmoid
from lstm_helpers.training import Adam

BACK, ROAD = "#7a1f5c", "#B8860B"  # gradients that travel; the road along the cell state
SHADES = {"RNN": "#444444", 0: "#0072B2", 1: "#009E73", 3: "#E69F00", 5: "#D55E00"}  # one for each network

# ---------------------------------------------------------------- two gradients compared


def agreement(ours, theirs, tolerance=1e-6):
    """A table that compares two dictionaries of gradients, array by array: the largest difference and the cosine.

    An array is ok when its largest difference is below ``tolerance`` times the largest value of ``theirs``.
    Returns (name, largest difference, cosine, ok) for each array, and prints them.
    """
    rows = []
    print(f"{'array':<6} {'shape':<13} {'max difference':<15} {'cosine':<9} ok")
    for name, a in ours.items():
        n = theirs[name]
        off = np.abs(a - n).max()
        cosine = np.sum(a * n) / (np.linalg.norm(a) * np.linalg.norm(n) or np.inf)
        rows.append((name, off, cosine, bool(off <= tolerance * np.abs(n).max())))
        print(f"{name:<6} {a.shape!s:<13} {off:<15.7f} {cosine:<9.5f} {'yes' if rows[-1][-1] else 'NO'}")
    return rows


def central_differences(loss, array, d=1e-5):
    """dL/d(array), any shape: each number of ``array`` is moved up and down by ``d``, and loss() looked at."""
    slope = np.empty_like(array)
    for k in np.ndindex(array.shape):
        kept = array[k]
        array[k] = kept + d
        up = loss()
        array[k] = kept - d
        slope[k] = (up - loss()) / (2 * d)
        array[k] = kept
    return slope


def gradient_check(forward, backward, T, B=2, D=3, H=4, seed=6):
    """Compare a backward pass with central differences on a small random case, and print the table of ``agreement``.

    The weights have the size of a usual start, the initial states are not zero, and the loss reads every h_t. forward
    and backward: as for ``learn_one_bit``. Returns the rows of the table.
    """
    rng = np.random.default_rng(seed)
    shapes = {"x": (T, B, D), "h_0": (B, H), "c_0": (B, H), "W_x": (D, 4 * H), "W_h": (H, 4 * H), "b": (4 * H,)}
    given = {name: rng.normal(size=shape) * (0.5 if name[0] in "Wb" else 1) for name, shape in shapes.items()}
    dh, nothing = rng.normal(size=(T, B, H)), np.zeros((B, H))
    found = backward(dh, nothing, nothing, given["x"], *forward(*given.values()), given["W_x"], given["W_h"])
    loss = lambda: np.sum(dh * forward(*given.values())[0][1:])  # noqa: E731
    judged = {name: central_differences(loss, array) for name, array in given.items()}
    return agreement(dict(zip(given, found, strict=True)), judged)


# ---------------------------------------------------------------- one step, drawn from right to left


def flow_picture():
    """One step backwards: where each gradient comes from, and what it is multiplied by on the way."""
    with look():
        fig, ax = plt.subplots(figsize=(10.2, 5.6))
        ax.set(xlim=(0, 13.2), ylim=(-0.15, 7.05))
        ax.axis("off")

        def arrow(start, end, colour=BACK, width=2.0, bend=0.0):
            style = {"arrowstyle": "-|>", "lw": width, "color": colour, "mutation_scale": 15}
            ax.annotate(
                "", end, start, arrowprops=style | {"connectionstyle": f"arc3,rad={bend}", "shrinkA": 0, "shrinkB": 0}
            )

        def node(x, y, text, colour="white", edge="#555555", w=0.62, h=0.62, ink="black"):
            ax.add_patch(
                plt.matplotlib.patches.FancyBboxPatch(
                    (x - w / 2, y - h / 2),
                    w,
                    h,
                    boxstyle="round,pad=0.02,rounding_size=0.12",
                    fc=colour,
                    ec=edge,
                    lw=1.3,
                    zorder=3,
                )
            )
            ax.text(x, y, text, ha="center", va="center", zorder=4, color=ink, weight="bold")

        def say(x, y, text, colour=BACK, **more):
            ax.text(x, y, text, color=colour, **{"ha": "center", "va": "center", "fontsize": 10.5} | more)

        # the road along the cell state
        y = 6.3
        arrow((13.0, y), (11.0, y), ROAD, 4)
        arrow((10.37, y), (6.84, y), ROAD, 4)
        arrow((6.17, y), (3.39, y), ROAD, 4)
        arrow((2.71, y), (0.3, y), ROAD, 4)
        node(10.7, y, "+")
        node(6.5, y, "+")
        node(3.05, y, "×", COLOURS["f"], ink="white")
        say(12.05, y + 0.42, r"$dc$ from step $t+1$", ROAD)
        say(8.65, y + 0.42, r"the whole $dc_t$", ROAD, weight="bold")
        say(4.75, y + 0.42, r"$dc_t$: a sum passes it on", ROAD)
        say(1.4, y + 0.42, r"$dc_{t-1} = dc_t \odot f_t$", ROAD, weight="bold")
        # through the hidden update
        arrow((13.0, 3.6), (11.05, 3.6))
        say(12.15, 4.0, r"$dh_t$")
        node(10.7, 3.6, "×", COLOURS["o"], ink="white")
        arrow((10.7, 3.95), (10.7, 4.62))
        node(10.7, 4.95, "tanh", w=0.95, h=0.56)
        arrow((10.7, 5.28), (10.7, 5.95))
        say(10.85, 5.6, r"$dh_t \odot o_t \odot (1-\tanh^2 c_t)$", ha="left")
        # down into the four layers
        x_i, x_f, x_g, x_o = 5.0, 3.05, 6.9, 9.0
        arrow((x_f, 5.95), (x_f, 2.75))
        say(x_f - 0.12, 4.4, r"$df = dc_t \odot c_{t-1}$", ha="right")
        arrow((6.5, 5.95), (6.5, 4.9))
        node(6.5, 4.55, "×", COLOURS["i"], ink="white")
        arrow((6.25, 4.2), (x_i, 2.75))
        arrow((6.65, 4.2), (x_g, 2.75))
        say(5.25, 3.75, r"$di = dc_t \odot g_t$", ha="right")
        say(6.92, 3.75, r"$dg = dc_t \odot i_t$", ha="left")
        arrow((10.4, 3.4), (x_o, 2.75))
        say(9.95, 2.85, r"$do = dh_t \odot \tanh c_t$", ha="left")
        for x, name in ((x_i, "i"), (x_f, "f"), (x_g, "g"), (x_o, "o")):
            slope = r"$1-g^2$" if name == "g" else rf"${name}(1-{name})$"
            node(x, 2.45, slope, COLOURS[name], w=1.35, h=0.55, ink="black" if name == "g" else "white")
            arrow((x, 2.15), (x, 1.62))
            say(x + 0.12, 1.9, rf"$dz_{name}$", ha="left")
        # the products
        ax.add_patch(plt.Rectangle((2.2, 1.05), 7.6, 0.52, fc="#f1e6ee", ec=BACK, lw=1.3))
        say(6.0, 1.31, r"$dz_t$ $(B, 4H)$: the four side by side, in the order i, f, g, o")
        arrow((2.2, 1.31), (0.3, 1.31))
        say(1.2, 1.72, r"$dh_{t-1} = dz_t\,W_h^\top$")
        arrow((4.0, 1.03), (4.0, 0.35))
        say(4.0, 0.1, r"$dx_t = dz_t\,W_x^\top$")
        arrow((7.6, 1.03), (7.6, 0.35))
        sums = (r"$dW_x$ += $x_t^\top dz_t$", r"$dW_h$ += $h_{t-1}^\top dz_t$", r"$db$ += $dz_t$ over the batch")
        say(8.6, 0.1, ",  ".join(sums))
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


def one_bit(rng, T, B):
    """A task of memory: which of two symbols stood at step 0? Then come T - 1 steps of noise.

    Returns x (T, B, 4): two columns for the symbol, two for the noise; and the answers (B,), 0 or 1.
    """
    answer = rng.integers(2, size=B)
    x = np.zeros((T, B, 4))
    x[0, np.arange(B), answer] = 1
    x[1:, :, 2:] = rng.normal(size=(T - 1, B, 2))
    return x, answer


def learn_one_bit(forward, backward, T, seed, steps=150, B=32, H=16):
    """Train an LSTM and a readout on ``one_bit`` with Adam. Returns the loss of each step, (steps,), in nats.

    forward(x, h_0, c_0, W_x, W_h, b) -> h, c (T + 1, B, H), gates (T, B, 4H); backward(dh, dh_next, dc_next, x, h, c,
    gates, W_x, W_h) -> dx, dh_0, dc_0, dW_x, dW_h, db. Runs with the same seed start alike and see the same batches.
    """
    rng = np.random.default_rng(seed)
    drawn = {"W_x": (4, 4 * H), "W_h": (H, 4 * H), "V": (H, 2)}
    params = {name: rng.uniform(-1, 1, shape) / H**0.5 for name, shape in drawn.items()}
    params |= {"b": np.repeat([0.0, 2.0, 0.0, 0.0], H), "a": np.zeros(2)}  # a forget bias of 2
    optimiser, zeros, losses = Adam(params, lr=0.01), np.zeros((B, H)), []
    for _ in range(steps):
        x, answer = one_bit(rng, T, B)
        weights = params["W_x"], params["W_h"]
        h, c, gates = forward(x, zeros, zeros, *weights, params["b"])
        loss, dscore = nn.softmax_cross_entropy(h[-1] @ params["V"] + params["a"], answer)
        dh = np.zeros((T, B, H))
        dh[-1] = dscore @ params["V"].T
        *_, dW_x, dW_h, db = backward(dh, zeros, zeros, x, h, c, gates, *weights)
        optimiser.step({"W_x": dW_x, "W_h": dW_h, "b": db, "V": h[-1].T @ dscore, "a": dscore.sum(axis=0)})
        losses.append(loss)
    return np.array(losses)


LEARNERS = {"right": ("#0072B2", "right gradient"), "dc cut": ("#D55E00", "dc through f cut")}  # colour and label
PLACES = {10: [(46, 0.08), (46, 0.33)], 30: [(100, 0.06), (100, 0.58)]}  # of the labels


def learning_picture(curves):
    """Loss against training step. curves: T -> {name: losses (seeds, steps)} for T of 10 and 30."""
    told, ends = {10: "10 steps: both curves fall", 30: "30 steps: one of them stays at chance"}, []
    with look():
        fig, axes = plt.subplots(1, len(curves), figsize=(9.8, 3.6), sharey=True, layout="constrained")
        for ax, (T, runs) in zip(axes, curves.items(), strict=True):
            ax.axhline(np.log(2), color="#888888", lw=1.2, ls="--")
            for (name, losses), place in zip(runs.items(), PLACES[T], strict=True):
                steps = np.arange(1, losses.shape[1] + 1)
                ax.plot(steps, losses.T, color=LEARNERS[name][0], lw=0.8, alpha=0.35)
                ax.plot(steps, np.median(losses, axis=0), color=LEARNERS[name][0])
                ends.append(f"{name} {np.median(losses[:, -20:]):.3f} at {T}")
                ax.text(
                    *place, LEARNERS[name][1], color=LEARNERS[name][0], weight="bold",
                    bbox={"fc": "white", "ec": "none", "alpha": 0.85, "pad": 1.5},
                )  # fmt: skip
            ax.set(xlabel="training step (batch of 32)", ylim=(0, 0.95))
            ax.set_title(told[T])
        axes[0].set_ylabel("loss (nats)")
        axes[0].text(149, np.log(2) + 0.015, "chance: ln 2", ha="right", color="#666666")
    return show(
        fig,
        "Loss against training step, four seeds and their median, for the right gradient and one whose dc through the "
        "forget gate is cut. Left, a bit to be kept for 10 steps: both fall to nearly 0. Right, 30 steps: the right "
        "one falls to nearly 0, the other stays near ln 2 = 0.69. Medians of the last 20 steps: "
        + "; ".join(ends)
        + ".",
    )


# ---------------------------------------------------------------- gradients over 200 steps


def rnn_norms(T=200, B=16, D=8, H=32, seed=0):
    """Norm of dL/dh_t for a plain RNN with the usual start, where only the last h has a gradient. Returns {h: (T,)}."""
    rng = np.random.default_rng(seed)
    rnn = nn.RNN(D, H, rng=rng, dtype=np.float64)
    h, _ = rnn.forward(rng.normal(size=(T, B, D)))
    dh, norms = rng.normal(size=(B, H)), np.empty(T)
    for t in reversed(range(T)):
        norms[t] = np.linalg.norm(dh)
        dh = (dh * (1 - h[t] ** 2)) @ rnn.params["W_h"].T
    return {"h": norms}


def lstm_norms(bias, T=200, B=16, D=8, H=32, seed=0, before=0):
    """Norms of dL/dh_t and dL/dc_t for an LSTM with the usual start and this forget bias, from the last h alone.

    The network reads ``before`` steps first, and the gradient is followed back over the T steps after them.
    Returns {h, c, road}, each (T,): road is that part of dL/dc_t which comes along the cell state all the way.
    """
    rng = np.random.default_rng(seed)
    lstm = nn.LSTM(D, H, rng=rng, dtype=np.float64, forget_bias=bias)
    lstm.forward(rng.normal(size=(before + T, B, D)))
    i, f, g, o, c = lstm.gates().values()
    c_prev = np.concatenate([np.zeros((1, B, H)), c[:-1]])
    i, f, g, o, c, c_prev = (values[before:] for values in (i, f, g, o, c, c_prev))
    dh, dc, norms = rng.normal(size=(B, H)), np.zeros((B, H)), np.empty((3, T))
    road = dh * o[-1] * (1 - np.tanh(c[-1]) ** 2)
    for t in reversed(range(T)):
        shown = np.tanh(c[t])
        dc = dc + dh * o[t] * (1 - shown**2)
        norms[:, t] = [np.linalg.norm(a) for a in (dh, dc, road)]
        dz = [dc * g[t] * i[t] * (1 - i[t]), dc * c_prev[t] * f[t] * (1 - f[t]), dc * i[t] * (1 - g[t] ** 2)]
        dz.append(dh * shown * o[t] * (1 - o[t]))
        dh = np.concatenate(dz, axis=1) @ lstm.params["W_h"].T
        dc, road = dc * f[t], road * f[t]
    return dict(zip(("h", "c", "road"), norms, strict=True))


def norms_over_time(biases=(0, 1, 3, 5), seeds=5, before=0):
    """{"RNN": {h}, bias: {h, c, road}}: norms (seeds, T), each divided by its value at the last step."""
    runs = {"RNN": [rnn_norms(seed=s) for s in range(seeds)]}
    runs |= {bias: [lstm_norms(bias, seed=s, before=before) for s in range(seeds)] for bias in biases}
    return {
        name: {key: np.array([run[key] / run[key][-1] for run in many]) for key in many[0]}
        for name, many in runs.items()
    }


def rate(norms, ends=25):
    """By what factor the median norm changes for each step back, the ``ends`` steps at both ends left out.

    norms (seeds, T).
    """
    inner = np.median(norms, axis=0)[ends:-ends]
    return (inner[0] / inner[-1]) ** (1 / (len(inner) - 1))


def spread(values):
    """The median of some numbers, and the least and the greatest, as a text."""
    middle, least, most = (f"{v:.2g}" if v < 10 else f"{v:.0f}" for v in (np.median(values), min(values), max(values)))
    return f"{middle} ({least} to {most})"


def norms_picture(norms):
    """What ``norms_over_time`` gives: left dL/dh_t, right dL/dc_t, against the number of steps back."""
    T = norms["RNN"]["h"].shape[1]
    middle = {name: {key: np.median(norm, axis=0) for key, norm in run.items()} for name, run in norms.items()}
    back = np.arange(T)
    with look():
        fig, axes = plt.subplots(1, 2, figsize=(10.2, 4.5), sharey=True, layout="constrained")
        for ax, key in zip(axes, "hc", strict=True):
            for name, run in middle.items():
                if key in run:
                    least, most = (end(norms[name][key], axis=0)[::-1] for end in (np.min, np.max))
                    ax.fill_between(back, least, most, color=SHADES[name], alpha=0.2, linewidth=0)
                    ax.plot(back, run[key][::-1], color=SHADES[name])
                    y = run[key][0] * (30 if name == 5 else 0.02 if name == 3 else 1)
                    title = "RNN" if name == "RNN" else f"bias {name}"
                    ax.annotate(
                        title,
                        (T, y),
                        (3, 0),
                        textcoords="offset points",
                        va="center",
                        color=SHADES[name],
                        weight="bold",
                    )
                if key == "c" and name != "RNN":
                    ax.plot(back, sigmoid(np.float64(name)) ** back, color=SHADES[name], lw=1.2, ls="--")
            ax.set_yscale("log")
            ax.set(xlabel="steps back from the end", xlim=(0, T * 1.16), ylim=(1e-62, 1e8))
            ax.set_xticks(range(0, T + 1, 50))
        axes[0].set_ylabel("norm of the gradient\n(1 at the last step, logarithmic)")
        axes[0].set_title("$dL/dh_t$: the RNN vanishes, and so does bias 0")
        axes[1].set_title("$dL/dc_t$: above the road alone, $\\sigma(b)^n$ (dashed)")
    ends = "; ".join(f"bias {b}: {middle[b]['c'][0]:.0e}" for b in norms if b != "RNN")
    return show(
        fig,
        "Norms of gradients against steps back from the end, 0 to 199, on a logarithmic axis: medians of five random "
        "starts, with a band from the least to the greatest. Left, dL/dh: straight "
        f"lines fall to {middle['RNN']['h'][0]:.0e} for the RNN and {middle[0]['h'][0]:.0e} for an LSTM with bias 0; "
        f"bias 1 ends at {middle[1]['h'][0]:.0e}. Bias 3 and 5 fall at the first steps, then stay level and rise "
        f"towards the first step of the text, to {middle[3]['h'][0]:.2f} and {middle[5]['h'][0]:.1f}. "
        f"Right, dL/dc of the LSTM ends at {ends}; dashed lines, "
        "the forget gate at sigmoid(bias) to the power of the steps, lie below each.",
    )
