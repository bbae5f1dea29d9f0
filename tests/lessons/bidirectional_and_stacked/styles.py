"""Sheet 09, right but different: loops, other indexing, sequence by sequence. None may raise a false alarm."""

import numpy as np

from lstm_helpers.nn import LSTM, Stack
from lstm_helpers.nn.functional import sigmoid
from lstm_helpers.nn.lstm import lstm_backward, lstm_forward_cached
from tests.checks.mutants import LAST_AXIS, PRODUCT


def turned_by_loop(x, lengths):
    out = x.copy()
    for b, n in enumerate(lengths):
        out[:n, b] = x[:n, b][::-1]
    return out


def turned_by_taking(x, lengths):
    T, B, _ = x.shape
    source = np.empty((T, B), int)
    for b in range(B):
        n = int(lengths[b])
        source[:, b] = list(range(n - 1, -1, -1)) + list(range(n, T))
    return np.take_along_axis(x, source[:, :, None], axis=0)


def turned_one_by_one(padded, n_steps):
    columns = [np.concatenate([np.flip(padded[:n, b], 0), padded[n:, b]]) for b, n in enumerate(n_steps)]
    return np.stack(columns, axis=1)


def ends_by_loop(h, c, lengths):
    h_n, c_n = np.empty_like(h[0]), np.empty_like(c[0])
    for b in range(len(lengths)):
        h_n[b], c_n[b] = h[lengths[b], b], c[lengths[b], b]
    return h_n, c_n


def ends_by_taking(h, c, lengths):
    at = lengths[None, :, None]
    return [np.take_along_axis(states, at, axis=0)[0] for states in (h, c)]


def ends_by_mask(h, c, lengths):
    here = (np.arange(len(h))[:, None] == lengths)[:, :, None]
    return (h * here).sum(axis=0), np.where(here, c, 0).sum(axis=0)


def both_sequence_by_sequence(x, lengths, W_x, W_h, b, W_x_r, W_h_r, b_r):
    H, (T, B, _) = W_h.shape[0], x.shape
    out, h_n, c_n = np.zeros((T, B, 2 * H)), np.zeros((2, B, H)), np.zeros((2, B, H))
    start = np.zeros((1, H))
    for k, n in enumerate(lengths):
        one = x[:n, k : k + 1]
        h, c, _ = lstm_forward_cached(one, start, start, W_x, W_h, b)
        out[:n, k, :H], h_n[0, k], c_n[0, k] = h[1:, 0], h[n, 0], c[n, 0]
        h, c, _ = lstm_forward_cached(one[::-1], start, start, W_x_r, W_h_r, b_r)
        out[:n, k, H:], h_n[1, k], c_n[1, k] = h[1:][::-1][:, 0], h[-1, 0], c[-1, 0]
    return out, h_n, c_n


def both_in_a_loop_over_directions(x, lengths, W_x, W_h, b, W_x_r, W_h_r, b_r):
    inside = (np.arange(len(x))[:, None] < lengths)[:, :, None]
    outs, ends = [], []
    for turn, weights in ((lambda a: a, (W_x, W_h, b)), (lambda a: turned_by_loop(a, lengths), (W_x_r, W_h_r, b_r))):
        start = np.zeros((x.shape[1], W_h.shape[0]), x.dtype)
        h, c, _ = lstm_forward_cached(turn(x), start, start, *weights)
        outs.append(turn(h[1:]) * inside)
        ends.append(ends_by_loop(h, c, lengths))
    (h_f, c_f), (h_b, c_b) = ends
    return np.dstack(outs), np.array([h_f, h_b]), np.array([c_f, c_b])


def _layer(W_x, W_h, b, W_x_r, W_h_r, b_r):
    layer = Stack(LSTM, *_sizes(W_x), bidirectional=True, rng=np.random.default_rng(0), dtype=W_x.dtype)
    for name, array in zip(("W_x", "W_h", "b"), (W_x, W_h, b), strict=True):
        layer.params[f"l0.{name}"] = array
    for name, array in zip(("W_x", "W_h", "b"), (W_x_r, W_h_r, b_r), strict=True):
        layer.params[f"l0r.{name}"] = array
    return layer


def _sizes(W_x):
    return W_x.shape[0], W_x.shape[1] // 4


def both_by_the_library(x, lengths, W_x, W_h, b, W_x_r, W_h_r, b_r):
    out, (h_n, c_n) = _layer(W_x, W_h, b, W_x_r, W_h_r, b_r).forward(x, lengths=lengths)
    return out, h_n, c_n


NAMES = [f"{end}.{name}" for end in ("l0", "l0r") for name in ("W_x", "W_h", "b")]


def back_by_the_library(dout, dh_n, x, lengths, W_x, W_h, b, W_x_r, W_h_r, b_r):
    layer = _layer(W_x, W_h, b, W_x_r, W_h_r, b_r)
    layer.forward(x, lengths=lengths)
    dx, _ = layer.backward(dout, (dh_n, None))
    return dx, *(layer.grads[name] for name in NAMES)


def back_sequence_by_sequence(dout, dh_n, x, lengths, W_x, W_h, b, W_x_r, W_h_r, b_r):
    H, start, dx = len(W_h), np.zeros((1, len(W_h))), np.zeros(x.shape)
    grads = [np.zeros(w.shape) for w in (W_x, W_h, b, W_x_r, W_h_r, b_r)]
    for k, n in enumerate(lengths):
        one, d = x[:n, k : k + 1], dout[:n, k : k + 1]
        states = lstm_forward_cached(one, start, start, W_x, W_h, b)
        back = lstm_backward(d[:, :, :H], dh_n[0, k : k + 1], start, one, *states, W_x, W_h)
        states = lstm_forward_cached(one[::-1], start, start, W_x_r, W_h_r, b_r)
        back_r = lstm_backward(d[::-1, :, H:], dh_n[1, k : k + 1], start, one[::-1], *states, W_x_r, W_h_r)
        dx[:n, k] = (back[0] + back_r[0][::-1])[:, 0]
        for total, found in zip(grads, (*back[3:], *back_r[3:]), strict=True):
            total += found
    return dx, *grads


def back_in_a_loop_over_directions(dout, dh_n, x, lengths, W_x, W_h, b, W_x_r, W_h_r, b_r):
    T, B, H = len(x), len(lengths), len(W_h)
    step = np.arange(T).reshape(T, 1)
    arriving = dout * (step < lengths)[:, :, None]
    last = (step == lengths - 1)[:, :, None]
    turn = lambda a: turned_by_taking(a, lengths)  # noqa: E731
    forward = arriving[:, :, :H] + last * dh_n[0]
    backward = turn(arriving[:, :, H:]) + last * dh_n[1]
    zeros = np.zeros((B, H))
    found = []
    for dh, given, W in ((forward, x, (W_x, W_h, b)), (backward, turn(x), (W_x_r, W_h_r, b_r))):
        cache = lstm_forward_cached(given, zeros, zeros, *W)
        found.append(lstm_backward(dh, zeros, zeros, given, *cache, *W[:2]))
    return found[0][0] + turn(found[1][0]), *found[0][3:], *found[1][3:]


def tower_by_zip(x, W_x, W_h, b):
    ends, start = [], np.zeros((x.shape[1], W_h.shape[1]), x.dtype)
    for weights in zip(W_x, W_h, b, strict=True):
        h, c, _ = lstm_forward_cached(x, start, start, *weights)
        ends.append((h[-1], c[-1]))
        x = h[1:]
    h_n, c_n = zip(*ends, strict=True)
    return x, np.stack(h_n), np.stack(c_n)


def tower_in_arrays(x, W_x, W_h, b):
    L, H, _ = W_h.shape
    T, B, _ = x.shape
    h_n, c_n = np.empty((2, L, B, H))
    inputs = np.copy(x)
    for k in range(L):
        h, c, _ = lstm_forward_cached(inputs, np.zeros((B, H)), np.zeros((B, H)), W_x[k], W_h[k], b[k])
        inputs, h_n[k], c_n[k] = h[1:], h[T], c[T]
    return inputs, h_n, c_n


def tower_by_recursion(x, W_x, W_h, b):
    start = np.zeros((x.shape[1], W_h.shape[-2]))
    h, c, _ = lstm_forward_cached(x, start, start, W_x[0], W_h[0], b[0])
    if len(b) == 1:
        return h[1:], h[-1:], c[-1:]
    top, h_n, c_n = tower_by_recursion(h[1:], W_x[1:], W_h[1:], b[1:])
    return top, np.concatenate([h[-1:], h_n]), np.concatenate([c[-1:], c_n])


def tower_back_by_recursion(dh, x, W_x, W_h, b):
    start = np.zeros((x.shape[1], W_h.shape[-2]))
    states = lstm_forward_cached(x, start, start, W_x[0], W_h[0], b[0])
    above = ()
    if len(b) > 1:
        dh, *above = tower_back_by_recursion(dh, states[0][1:], W_x[1:], W_h[1:], b[1:])
    dx, _, _, *own = lstm_backward(dh, start, start, x, *states, W_x[0], W_h[0])
    return dx, *(np.array([g, *a]) for g, a in zip(own, above or ((), (), ()), strict=True))


def tower_back_in_arrays(dh, x, W_x, W_h, b):
    L, B, H = len(b), x.shape[1], W_h.shape[1]
    start, inputs, caches = np.zeros((B, H)), [x], []
    for k in range(L):
        caches.append(lstm_forward_cached(inputs[k], start, start, W_x[k], W_h[k], b[k]))
        inputs.append(caches[k][0][1:])
    dW_x, dW_h, db = np.zeros(W_x.shape), np.zeros(W_h.shape), np.zeros(b.shape)
    for k in range(L - 1, -1, -1):
        back = lstm_backward(dh, start, start, inputs[k], *caches[k], W_x[k], W_h[k])
        dh, dW_x[k], dW_h[k], db[k] = back[0], back[3], back[4], back[5]
    return dh, dW_x, dW_h, db


def tower_back_by_the_library(dh, x, W_x, W_h, b):
    L, H = len(b), W_h.shape[1]
    stack = Stack(LSTM, H, H, layers=L, rng=np.random.default_rng(0), dtype=x.dtype)
    for name, arrays in (("W_x", W_x), ("W_h", W_h), ("b", b)):
        for k in range(L):
            stack.params[f"l{k}.{name}"] = arrays[k]
    stack.forward(x)
    dx, _ = stack.backward(dh)
    return dx, *(np.stack([stack.grads[f"l{k}.{name}"] for k in range(L)]) for name in ("W_x", "W_h", "b"))


def weights_in_one_formula(D, H, layers, directions, blocks):
    columns = directions * blocks * H
    return columns * (D + H + 1) + (layers - 1) * columns * (directions * H + H + 1)


def weights_by_sizes(D, H, layers, directions, blocks):
    sizes, reads = [], D
    for _ in range(layers):
        for _ in range(directions):
            sizes += [np.prod([reads, blocks * H]), np.prod([H, blocks * H]), blocks * H]
        reads = directions * H
    return sum(sizes)


def weights_by_arrays(D, H, layers, directions, blocks):
    reads = np.full(int(layers), directions * H)
    reads[0] = D
    return float((directions * blocks * H * (reads + H + 1)).sum())


def peephole_by_slices(x, h_prev, c_prev, W_x, W_h, b, p):
    H = h_prev.shape[1]
    z = x @ W_x + h_prev @ W_h + b
    i = sigmoid(z[:, :H] + c_prev * p[:H])
    f = sigmoid(z[:, H : 2 * H] + c_prev * p[H : 2 * H])
    c = i * np.tanh(z[:, 2 * H : 3 * H]) + c_prev * f
    return sigmoid(z[:, 3 * H :] + c * p[2 * H :]) * np.tanh(c), c


def peephole_with_diagonal_matrices(x, h_prev, c_prev, W_x, W_h, b, p):
    p_i, p_f, p_o = (np.diag(part) for part in p.reshape(3, -1))
    z_i, z_f, z_g, z_o = np.hsplit(np.hstack([x, h_prev]) @ np.vstack([W_x, W_h]) + b, 4)
    c = sigmoid(z_f + c_prev @ p_f) * c_prev + sigmoid(z_i + c_prev @ p_i) * np.tanh(z_g)
    return np.tanh(c) * sigmoid(z_o + c @ p_o), c


def peephole_row_by_row(x, h_prev, c_prev, W_x, W_h, b, p):
    H = len(W_h)
    h, c = np.zeros(h_prev.shape), np.zeros(c_prev.shape)
    for k in range(len(x)):
        z = x[k] @ W_x + h_prev[k] @ W_h + b
        gate_i, gate_f = sigmoid(z[:H] + p[:H] * c_prev[k]), sigmoid(z[H : 2 * H] + p[H : 2 * H] * c_prev[k])
        c[k] = gate_f * c_prev[k] + gate_i * np.tanh(z[2 * H : 3 * H])
        h[k] = sigmoid(z[3 * H :] + p[2 * H :] * c[k]) * np.tanh(c[k])
    return h, c


STYLES = {
    "reverse_within": (turned_by_loop, turned_by_taking, turned_one_by_one),
    "end_states": (ends_by_loop, ends_by_taking, ends_by_mask),
    "bidirectional_forward": (both_sequence_by_sequence, both_in_a_loop_over_directions, both_by_the_library),
    "bidirectional_backward": (back_by_the_library, back_sequence_by_sequence, back_in_a_loop_over_directions),
    "stacked_forward": (tower_by_zip, tower_in_arrays, tower_by_recursion),
    "stacked_backward": (tower_back_by_recursion, tower_back_in_arrays, tower_back_by_the_library),
    "stack_weights": (weights_in_one_formula, weights_by_sizes, weights_by_arrays),
    "peephole_step": (peephole_by_slices, peephole_with_diagonal_matrices, peephole_row_by_row),
}
PENCIL = "which_end"
NUMBERS = (
    {"forward_end": 3, "backward_end": 0, "backward_read": 1, "padding_read": 2, "top_backward": 3, "second_reads": 16},
    {
        "forward_end": 3.0, "backward_end": 0.0, "backward_read": 1.0,
        "padding_read": 2.0, "top_backward": 3.0, "second_reads": 16.0,
    },
    dict(
        zip(
            ("forward_end", "backward_end", "backward_read", "padding_read", "top_backward", "second_reads"),
            np.array([3, 0, 1, 2, 3, 16]),
            strict=True,
        )
    ),
)  # fmt: skip
LAYERS = "all three arrays of weights have an entry for each layer"
STEPS = "they have as many steps as x"
SIZES = "both directions have the same size"
LAST_OF_TWO = "the last of two is the one at 1"
# Mutants of the solution that compute the same: the changed line, and why.
SAME = {
    "zeros = np.zeros((len(lengths), len(W_h_r)))": SIZES,
    "H, rows = (len(W_h_r), np.arange(len(lengths)))": SIZES,
    "zero = np.zeros((len(rows), H))": "there is a row for each sequence",
    "inside = np.arange(len(_))[:, None] < lengths": STEPS,
    "inside = np.arange(len(out))[:, None] < lengths": STEPS,
    "inside = np.arange(len(x_r))[:, None] < lengths": STEPS,
    "inside = np.arange(len(dout))[:, None] < lengths": STEPS,
    "return (out, np.stack([ends[0], ends_r[0]]), np.stack([ends[-1], ends_r[1]]))": LAST_OF_TWO,
    "return (out, np.stack([ends[0], ends_r[0]]), np.stack([ends[1], ends_r[-1]]))": LAST_OF_TWO,
    "dh_r[lengths - 1, rows] += dh_n[-1]": LAST_OF_TWO,
    "for layer in range(len(W_h)):": LAYERS,
    "for layer in range(len(b)):": LAYERS,
    "for layer in reversed(range(len(W_h))):": LAYERS,
    "for layer in reversed(range(len(b))):": LAYERS,
    "for layer in reversed(range(len(kept))):": LAYERS,
    "zeros = np.zeros((x.shape[1], W_x.shape[1]))": "x has as many features as a layer has units",
    "zeros = np.zeros((dh.shape[1], W_h.shape[1]))": "there is a gradient for each sequence",
    "dW_x, dW_h, db = (np.array(of_layers) for of_layers in zip(*grads))": "each layer has three gradients",
    "inputs = D if layer <= 0 else directions * H": "layers are counted from 0",
    "inputs = D if total == 0 else directions * H": "only before the lowest layer nothing is counted",
    "i, f, g, o = np.split(x @ W_x + h_prev @ W_h + b, 4, axis=-1)": LAST_AXIS,
    "c = cell_update(c_prev, f, i, np.tanh(g))": PRODUCT,
    "c = cell_update(f, c_prev, np.tanh(g), i)": PRODUCT,
}
