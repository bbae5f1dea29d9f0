"""Experiments of lesson 6: gradients compared, a wrong backward pass that learns, and gradients over 200 steps.

Shapes here: ``T`` time steps, ``B`` batch, ``D`` input features, ``H`` hidden units; gates in the order i, f, g, o.
What the lesson derives runs here behind short names: writing it out is what the exercise asks for.
"""

import numpy as np

from lstm_helpers import nn
from lstm_helpers.nn import functional as fn
from lstm_helpers.nn import initialisers, lstm
from lstm_helpers.training import Adam, counted

forward, backward, step_back = lstm.lstm_forward_cached, lstm.lstm_backward, lstm.lstm_step_backward

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


def _squash(z):
    z_i, z_f, z_g, z_o = np.split(z, 4, axis=1)
    return np.concatenate([fn.sigmoid(z_i), fn.sigmoid(z_f), np.tanh(z_g), fn.sigmoid(z_o)], axis=1)


def _squash_back(dgates, z):
    return (lstm.gates_backward(*np.split(dgates, 4, axis=1), *np.split(_squash(z), 4, axis=1)),)


PIECES = {  # name: (forward, back from what arrives and the arguments of forward)
    "cell update": (fn.cell_update, lstm.cell_update_backward),
    "squashings": (_squash, _squash_back),
    "products": (
        lambda x, h_prev, W_x, W_h, b: x @ W_x + h_prev @ W_h + b,
        lambda dz, x, h_prev, W_x, W_h, b: lstm.pre_activation_backward(dz, x, h_prev, W_x, W_h),
    ),
}


def judge(piece, arriving, **arrays):
    """Print how far the formulas of a piece of ``PIECES`` are from central differences; returns what they give.

    arriving: the gradient of the piece's result. arrays: its arguments by name, in their order. The loss is the sum of
    arriving times the result.
    """
    ahead, back = PIECES[piece]
    arriving, arrays = arriving.copy(), {name: array.copy() for name, array in arrays.items()}  # one may be given twice
    found = dict(zip(arrays, back(arriving, *arrays.values()), strict=True))
    for name, array in arrays.items():
        off = np.abs(found[name] - central_differences(lambda: np.sum(arriving * ahead(*arrays.values())), array)).max()
        print(f"d{name:<8} {found[name].shape!s:<9} furthest from the judge {off:.8f}")
    return found


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


def backward_cut(dh, dh_next, dc_next, x, h, c, gates, W_x, W_h):
    """As ``backward``, with a mistake: nothing goes back along the cell state, dc_{t-1} is always 0."""
    dx, totals = np.empty_like(x), [0, 0, 0]
    for t in reversed(range(len(x))):
        dx[t], dh_next, dc_prev, *share = step_back(
            dh[t] + dh_next, dc_next, x[t], h[t], c[t], c[t + 1], gates[t], W_x, W_h
        )
        dc_next = np.zeros_like(dc_prev)
        totals = [total + part for total, part in zip(totals, share, strict=True)]
    return dx, dh_next, dc_next, *totals


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
    for _ in counted(range(steps), f"{T} steps to bridge, start {seed}: update"):
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


def angles(T, seed, steps):
    """While ``learn_one_bit`` trains with the cut gradient: its angle to the right one, in degrees, (steps,).

    Of all gradients of W_x, W_h and b as one vector, at the weights and on the batch of each update.
    """
    found = []

    def compared(*given):
        cut = backward_cut(*given)
        one, other = (np.concatenate([a.ravel() for a in grads[3:]]) for grads in (cut, backward(*given)))
        found.append(np.degrees(np.arccos(one @ other / (np.linalg.norm(one) * np.linalg.norm(other)))))
        return cut

    learn_one_bit(forward, compared, T, seed, steps)
    return np.array(found)


# ---------------------------------------------------------------- gradients over 200 steps


def rnn_norms(T=200, B=16, D=8, H=32, seed=0, orthogonal=False):
    """Norm of dL/dh_t for a plain RNN, where only the last h has a gradient: the usual start, or an orthogonal W_h.

    Returns {h: (T,)}.
    """
    rng = np.random.default_rng(seed)
    rnn = nn.RNN(D, H, rng=rng, dtype=np.float64)
    if orthogonal:
        initialisers.orthogonal(rnn, rng=rng)
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
    layer = nn.LSTM(D, H, rng=rng, dtype=np.float64, forget_bias=bias)
    layer.forward(rng.normal(size=(before + T, B, D)))
    i, f, g, o, c = layer.gates().values()
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
        dh = np.concatenate(dz, axis=1) @ layer.params["W_h"].T
        dc, road = dc * f[t], road * f[t]
    return dict(zip(("h", "c", "road"), norms, strict=True))


def norms_over_time(biases=(0, 1, 3, 5), seeds=5, before=0):
    """{"RNN": {h}, "RNN, orthogonal": {h}, bias: {h, c, road}}: norms (seeds, T), each divided by its last."""
    starts = {"RNN": False, "RNN, orthogonal": True}
    runs = {name: [rnn_norms(seed=s, orthogonal=start) for s in range(seeds)] for name, start in starts.items()}
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
