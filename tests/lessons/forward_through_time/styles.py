"""Right but different answers to sheet 05: loops, other cuts, other algebra, masks of True and False."""

import itertools

import numpy as np

from tests.checks.mutants import LAST_AXIS
from tests.checks.solved import solution

SPACE = solution("05_forward_through_time")[0]
sigmoid, project_inputs, lstm_step_fused = (SPACE[name] for name in ("sigmoid", "project_inputs", "lstm_step_fused"))
lstm_forward, pad = SPACE["lstm_forward"], SPACE["pad"]


def project_as_one_table(x, W_x, b):
    T, B, D = x.shape
    return (x.reshape(T * B, D) @ W_x + b).reshape(T, B, -1)


def project_step_by_step(x, W_x, b):
    return np.array([x_t @ W_x + b for x_t in x])


def project_by_einsum(inputs, weights, bias):
    return np.einsum("tbd,dk->tbk", inputs, weights) + bias[None, None, :]


def project_gate_by_gate(x, W_x, b):
    H = len(b) // 4
    blocks = [x @ W_x[:, k * H : (k + 1) * H] + b[k * H : (k + 1) * H] for k in range(4)]
    return np.concatenate(blocks, axis=-1)


def step_by_slices(z_x, h_prev, c_prev, W_h):
    H = h_prev.shape[1]
    z = z_x + h_prev @ W_h
    gates = 1 / (1 + np.exp(-np.clip(z, -80, 80)))
    c = gates[:, H : 2 * H] * c_prev + gates[:, :H] * np.tanh(z[:, 2 * H : 3 * H])
    return gates[:, 3 * H :] * np.tanh(c), c


def step_by_one_tanh(z_x, h_prev, c_prev, W_h):
    z = (h_prev @ W_h + z_x).reshape(len(z_x), 4, -1)
    half = 0.5 * (1 + np.tanh(0.5 * z))
    c = half[:, 1] * c_prev + half[:, 0] * np.tanh(z[:, 2])
    return [half[:, 3] * np.tanh(c), c]


def step_with_split_weights(z, h, c, W):
    i, f, g, o = (z_k + h @ W_k for z_k, W_k in zip(np.hsplit(z, 4), np.hsplit(W, 4), strict=True))
    c = c * sigmoid(f) + np.tanh(g) * sigmoid(i)
    return np.tanh(c) * sigmoid(o), c


def step_on_a_copy(z_x, h_prev, c_prev, W_h):
    z = z_x.copy()
    z += h_prev @ W_h
    return lstm_step_fused(z, 0 * h_prev, c_prev, W_h)


def forward_into_an_array(x, h_0, c_0, W_x, W_h, b):
    z, h = project_inputs(x, W_x, b), np.empty((len(x), *h_0.shape), x.dtype)
    h_t, c_t = h_0, c_0
    for t in range(len(x)):
        h_t, c_t = lstm_step_fused(z[t], h_t, c_t, W_h)
        h[t] = h_t
    return h, (h[-1], c_t)


def forward_without_helpers(x, h, c, W_x, W_h, b):
    hs = []
    for x_t in x:
        z = np.hstack([x_t, h]) @ np.vstack([W_x, W_h]) + b
        i, f, g, o = np.split(z, 4, axis=1)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
        hs += [h]
    return [np.array(hs), [h, c]]


def forward_sequence_by_sequence(x, h_0, c_0, W_x, W_h, b):
    runs = [forward_without_helpers(x[:, [k]], h_0[[k]], c_0[[k]], W_x, W_h, b) for k in range(x.shape[1])]
    h = np.concatenate([h for h, _ in runs], axis=1)
    return h, tuple(np.concatenate(parts) for parts in zip(*(last for _, last in runs), strict=True))


def two_as_one(x_1, x_2, h_0, c_0, W_x, W_h, b):
    return lstm_forward(np.concatenate([x_1, x_2]), h_0, c_0, W_x, W_h, b)


def two_by_a_loop(x_1, x_2, h, c, W_x, W_h, b):
    hs = []
    for piece in (x_1, x_2):
        out, (h, c) = lstm_forward(piece, h, c, W_x, W_h, b)
        hs.extend(out)
    return np.stack(hs), (h, c)


def two_with_vstack(x_1, x_2, h_0, c_0, W_x, W_h, b):
    first, last_1 = lstm_forward(x_1, h_0, c_0, W_x, W_h, b)
    second, last_2 = lstm_forward(x_2, *last_1, W_x, W_h, b)
    return np.vstack((first, second)), last_2


def pad_by_mask(rows, lengths):
    mask = np.arange(max(lengths))[:, None] < lengths
    x = np.zeros((len(lengths), max(lengths), rows.shape[-1]), rows.dtype)
    x[mask.T] = rows
    return x.transpose(1, 0, 2), mask


def pad_by_split(rows, lengths):
    T = int(np.max(lengths))
    parts = np.split(rows, np.cumsum(lengths)[:-1])
    x = np.stack([np.pad(part, [(0, T - len(part)), (0, 0)]) for part in parts], axis=1)
    return x, np.stack([np.repeat([1.0, 0.0], [n, T - n]) for n in lengths], axis=1)


def pad_row_by_row(rows, lengths):
    T, B = lengths.max(), lengths.size
    x, mask, left = np.zeros((T, B, rows.shape[1])), np.zeros((T, B), int), iter(rows)
    for k in range(B):
        for t, row in enumerate(itertools.islice(left, int(lengths[k]))):
            x[t, k], mask[t, k] = row, 1
    return x, mask


def last_by_loop(h, lengths):
    return np.array([h[n - 1, k] for k, n in enumerate(lengths)])


def last_by_take(h, lengths):
    return np.take_along_axis(h, (lengths - 1)[None, :, None], axis=0)[0]


def last_by_mask(h, lengths):
    at_end = np.arange(len(h))[:, None] == lengths - 1
    return (h * at_end[:, :, None]).sum(axis=0)


def masked_by_where(x, mask, h_0, c_0, W_x, W_h, b):
    h, c, hs = h_0, c_0, np.zeros((len(x), *h_0.shape))
    for t, real in enumerate(mask[:, :, None] > 0):
        new = lstm_step_fused(x[t] @ W_x + b, h, c, W_h)
        h, c = (np.where(real, after, before) for after, before in zip(new, (h, c), strict=True))
        hs[t] = np.where(real, h, 0)
    return hs, (h, c)


def masked_on_real_rows(x, mask, h_0, c_0, W_x, W_h, b):
    h, c, hs = h_0.copy(), c_0.copy(), np.zeros((len(x), *h_0.shape))
    for t in range(len(x)):
        rows = np.flatnonzero(mask[t])
        h[rows], c[rows] = lstm_step_fused(x[t, rows] @ W_x + b, h[rows], c[rows], W_h)
        hs[t, rows] = h[rows]
    return hs, (h, c)


def masked_sequence_by_sequence(x, mask, h_0, c_0, W_x, W_h, b):
    T, B, H = len(x), x.shape[1], W_h.shape[0]
    h, ends = np.zeros((T, B, H)), []
    for k in range(B):
        n = int(mask[:, k].sum())
        h[:n, k : k + 1], last = lstm_forward(x[:n, k : k + 1], h_0[k : k + 1], c_0[k : k + 1], W_x, W_h, b)
        ends.append(last)
    return h, tuple(np.concatenate(parts) for parts in zip(*ends, strict=True))


def weights_as_copies(weight_ih, weight_hh, bias_ih, bias_hh):
    return np.ascontiguousarray(weight_ih.T), weight_hh.T.copy(), np.add(bias_ih, bias_hh)


def weights_by_transpose(w_ih, w_hh, b_ih, b_hh):
    return [np.transpose(w_ih), w_hh.swapaxes(0, 1), b_hh + b_ih]


def weights_gate_by_gate(weight_ih, weight_hh, bias_ih, bias_hh):
    W_x, W_h = (np.hstack([block.T for block in np.split(w, 4)]) for w in (weight_ih, weight_hh))
    return W_x, W_h, np.sum([bias_ih, bias_hh], axis=0)


def reset_by_where(x, starts, h_0, c_0, W_x, W_h, b):
    h, c, hs = h_0, c_0, np.zeros((len(x), *h_0.shape), x.dtype)
    for t in range(len(x)):
        begins = starts[t, :, None] == 1
        h, c = np.where(begins, np.zeros_like(h), h), np.where(begins, np.zeros_like(c), c)
        hs[t], c = lstm_step_fused(x[t] @ W_x + b, h, c, W_h)
        h = hs[t]
    return hs, (h, c)


def reset_in_place(x, starts, h_0, c_0, W_x, W_h, b):
    h, c, hs = h_0.copy(), c_0.copy(), []
    for z_x, begins in zip(project_inputs(x, W_x, b), starts.astype(bool), strict=True):
        h[begins] = c[begins] = 0
        h, c = lstm_step_fused(z_x, h, c, W_h)
        hs.append(h.copy())
    return np.array(hs), (h, c)


def reset_piece_by_piece(x, starts, h_0, c_0, W_x, W_h, b):
    h, ends = np.empty((len(x), *h_0.shape), x.dtype), []
    for k in range(x.shape[1]):
        state, row = (h_0[[k]], c_0[[k]]), slice(k, k + 1)
        cuts = [0, *np.flatnonzero(starts[:, k]), len(x)]
        for first, last in itertools.pairwise(cuts):
            if first in cuts[1:-1]:
                state = np.zeros_like(h_0[[k]]), np.zeros_like(c_0[[k]])
            if last > first:
                h[first:last, row], state = lstm_forward(x[first:last, row], *state, W_x, W_h, b)
        ends.append(state)
    return h, tuple(np.concatenate(parts) for parts in zip(*ends, strict=True))


def sgd_with_both_biases(W_x, W_h, b, dW_x, dW_h, db, lr):
    bias_ih, bias_hh = 0.3 * b, 0.7 * b
    bias_ih, bias_hh = bias_ih - lr * db, bias_hh - lr * db
    return W_x - lr * dW_x, W_h - lr * dW_h, bias_ih + bias_hh


def sgd_one_after_the_other(W_x, W_h, b, dW_x, dW_h, db, lr):
    steps = {"x": lr * dW_x, "h": lr * dW_h, "b": lr * (db + db)}
    return [W_x - steps["x"], W_h - steps["h"], b - steps["b"]]


def sgd_on_copies(W_x, W_h, b, dW_x, dW_h, db, rate):
    W_x, W_h, b = W_x.copy(), W_h.copy(), b.copy()
    W_x -= rate * dW_x
    W_h -= rate * dW_h
    for _ in ("bias_ih", "bias_hh"):
        b -= rate * db
    return W_x, W_h, b


STYLES = {
    "project_inputs": (project_as_one_table, project_step_by_step, project_by_einsum, project_gate_by_gate),
    "lstm_step_fused": (step_by_slices, step_by_one_tanh, step_with_split_weights, step_on_a_copy),
    "lstm_forward": (forward_into_an_array, forward_without_helpers, forward_sequence_by_sequence),
    "forward_in_two": (two_as_one, two_by_a_loop, two_with_vstack),
    "pad": (pad_by_mask, pad_by_split, pad_row_by_row),
    "last_states": (last_by_loop, last_by_take, last_by_mask),
    "lstm_forward_masked": (masked_by_where, masked_on_real_rows, masked_sequence_by_sequence),
    "lstm_forward_reset": (reset_by_where, reset_in_place, reset_piece_by_piece),
    "torch_sgd_step": (sgd_with_both_biases, sgd_one_after_the_other, sgd_on_copies),
    "weights_from_torch": (weights_as_copies, weights_by_transpose, weights_gate_by_gate),
}
PENCIL = "pencil_counts"
NUMBERS = (
    SPACE["pencil_counts"],
    {name: float(number) for name, number in SPACE["pencil_counts"].items()},
    {**SPACE["pencil_counts"], "padding": 60 / 200, "in_torch": np.int64(2560)},
)
# Mutants of the solution that compute the same: the changed line, and why.
SAME = {
    "i, f, g, o = np.split(z, 4, axis=-1)": LAST_AXIS,
    "T, B, D = (lengths.max(), len(lengths), rows.shape[-1])": "the last axis of a (N, D) array is axis 1",
    "hs.append(m * h_new)": "a mask is 1 or 0, and then m * h is m * h_new",
}
