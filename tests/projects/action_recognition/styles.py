"""The sheet of the project action recognition: right but different answers raise no false alarm."""

import numpy as np

from lstm_helpers.nn.functional import lstm_step
from lstm_helpers.projects.action_recognition.answers import conv, convolve, sigmoid
from tests.checks.mutants import LAST_AXIS

NEGATIVE = "any negative size is worked out by reshape"
BOTH = "the sum over two axes does not depend on their order"
SQUARE = "pictures are square"
EVEN = "S is even, and with stride 2 the last row and column are never met"
EITHER = "a maximum does not depend on the order"

# ---------------------------------------------------------------- what the LSTM reads of a track


def by_slices(tracks):
    T = len(tracks) // 2 * 2
    steps = np.diff(tracks, axis=0, prepend=tracks[:1])
    return np.concatenate([tracks[0:T:2], steps[0:T:2], tracks[1:T:2], steps[1:T:2]], axis=-1)


def by_loops(tracks):
    rows = np.empty((len(tracks) // 2, tracks.shape[1], 8), tracks.dtype)
    for r in range(len(rows)):
        for k in (0, 1):
            t = 2 * r + k
            rows[r, :, 4 * k : 4 * k + 2] = tracks[t]
            rows[r, :, 4 * k + 2 : 4 * k + 4] = tracks[t] - tracks[t - 1] if t else 0
    return rows


def by_stacking(tracks):
    tracks = tracks[: tracks.shape[0] - tracks.shape[0] % 2]
    four = np.dstack([tracks, tracks - np.concatenate([tracks[:1], tracks[:-1]])])
    return np.dstack([four[::2], four[1::2]])


# ---------------------------------------------------------------- the tracker


def by_products(moving):
    T, B, S, _ = moving.shape
    line = np.linspace(0, 1, S)
    total = np.einsum("tbij->tb", moving)
    x, y = np.einsum("tbij,j->tb", moving, line), np.einsum("tbij,i->tb", moving, line)
    out = np.full((T, B, 2), 0.5)
    for b in range(B):
        for t in range(T):
            if total[t, b] > 0:
                out[t, b] = x[t, b] / total[t, b], y[t, b] / total[t, b]
            elif t:
                out[t, b] = out[t - 1, b]
    return out


def by_average(moving):
    T, B, S = moving.shape[:3]
    rows, columns = np.mgrid[:S, :S] / (S - 1)
    centres = []
    for t in range(T):
        now = []
        for b in range(B):
            if moving[t, b].any():
                now.append([np.average(grid, weights=moving[t, b]) for grid in (columns, rows)])
            else:
                now.append(centres[-1][b] if centres else [0.5, 0.5])
        centres.append(now)
    return np.array(centres)


def by_filling(moving):
    S = moving.shape[-1]
    total = moving.sum((2, 3))
    with np.errstate(invalid="ignore"):
        weights = moving / total[:, :, None, None]
    at = np.arange(S) / (S - 1)
    places = np.stack([(weights.sum(2) * at).sum(-1), (weights.sum(3) * at).sum(-1)], -1)
    last = np.full(places.shape[1:], 0.5)
    for t, place in enumerate(places):
        last = np.where(np.isnan(place), last, place)
        places[t] = last
    return places


# ---------------------------------------------------------------- clips that run backwards


def by_where(clips, motion, chosen, becomes):
    shown = np.where(chosen[:, None, None], np.flip(clips, 0), clips)
    return shown, np.where(chosen, becomes[motion], motion)


def one_by_one(clips, motion, chosen, becomes):
    clips, motion = np.array(clips), np.array(motion)
    for b in np.flatnonzero(chosen):
        clips[:, b] = clips[:, b][::-1].copy()
        motion[b] = becomes[motion[b]]
    return clips, motion


def by_places(clips, motion, chosen, becomes):
    T = len(clips)
    frames = np.where(chosen, np.arange(T)[::-1, None], np.arange(T)[:, None])
    new = [becomes[m] if turned else m for m, turned in zip(motion, chosen, strict=True)]
    return clips[frames, np.arange(clips.shape[1])], np.array(new)


# ---------------------------------------------------------------- the gradient through attention


def by_einsum(dpooled, h, w, a):
    da = np.einsum("bk,tbk->tb", dpooled, h)
    de = a * da - a * np.einsum("tb,tb->b", a, da)
    return np.einsum("tb,bk->tbk", a, dpooled) + np.multiply.outer(de, w), np.einsum("tb,tbk->k", de, h)


def by_jacobian(dpooled, h, w, a):
    dh, dw = np.zeros_like(h), np.zeros_like(w)
    for b in range(h.shape[1]):
        jacobian = np.diag(a[:, b]) - np.outer(a[:, b], a[:, b])
        de = jacobian @ (h[:, b] @ dpooled[b])
        dh[:, b] = np.outer(a[:, b], dpooled[b]) + np.outer(de, w)
        dw += de @ h[:, b]
    return dh, dw


def by_pooled(dpooled, h, w, a):
    pooled = (a[:, :, None] * h).sum(0)
    de = a * ((h - pooled) * dpooled).sum(-1)
    return a[:, :, None] * dpooled + de[:, :, None] * w, np.tensordot(de, h, axes=2)


# ---------------------------------------------------------------- the convolution


def by_windows(x, W, b):
    padded = np.pad(x, ((0,), (0,), (1,), (1,)))
    seen = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(2, 3))[:, :, ::2, ::2]
    return np.einsum("ncrsij,kcij->nkrs", seen, W) + b.reshape(-1, 1, 1)


def by_pixels(x, W, b):
    N, C, S, _ = x.shape
    padded = np.zeros((N, C, S + 2, S + 2), x.dtype)
    padded[:, :, 1:-1, 1:-1] = x
    y = np.empty((N, len(W), S // 2, S // 2), np.result_type(x, W))
    for r in range(S // 2):
        for s in range(S // 2):
            window = padded[:, :, 2 * r : 2 * r + 3, 2 * s : 2 * s + 3]
            y[:, :, r, s] = window.reshape(N, -1) @ W.reshape(len(W), -1).T + b
    return y


def by_columns(x, W, b):
    N, C, S, _ = x.shape
    padded = np.pad(x, [(0, 0), (0, 0), (1, 1), (1, 1)])
    columns = [padded[:, :, i : i + S - 1 : 2, j : j + S - 1 : 2] for i in range(3) for j in range(3)]
    seen = np.stack(columns, axis=2).reshape(N, C * 9, -1)
    return (W.reshape(len(W), -1) @ seen).reshape(N, -1, S // 2, S // 2) + b[None, :, None, None]


# ---------------------------------------------------------------- an LSTM whose memory is an image


def gate_by_gate(x, h_prev, c_prev, W_x, W_h, b):
    H = h_prev.shape[1]
    z = [conv(x, W_x[k : k + H]) + conv(h_prev, W_h[k : k + H]) + b[k : k + H, None, None] for k in range(0, 4 * H, H)]
    i, f, g, o = sigmoid(z[0]), sigmoid(z[1]), np.tanh(z[2]), sigmoid(z[3])
    c = f * c_prev + i * g
    return o * np.tanh(c), c


def both_at_once(x, h_prev, c_prev, W_x, W_h, b):
    H = len(b) // 4
    z = conv(np.concatenate([x, h_prev], axis=1), np.concatenate([W_x, W_h], axis=1)) + b.reshape(1, -1, 1, 1)
    gates = 0.5 * (1 + np.tanh(z / 2))
    c = gates[:, H : 2 * H] * c_prev + gates[:, :H] * np.tanh(z[:, 2 * H : 3 * H])
    return gates[:, 3 * H :] * np.tanh(c), c


def by_stretching(x, h_prev, c_prev, W_x, W_h, b):
    z = conv(x, W_x) + conv(h_prev, W_h)
    z = z.reshape(len(x), 4, -1, *x.shape[2:]) + b.reshape(4, -1, 1, 1)
    i, f, g, o = z[:, 0], z[:, 1], z[:, 2], z[:, 3]
    c = np.tanh(g) * sigmoid(i)
    c = c + c_prev * sigmoid(f)
    return np.tanh(c) * sigmoid(o), c


# ---------------------------------------------------------------- a network watches a clip


def frame_by_frame(clips, W_1, b_1, W_2, b_2, W_f, b_f, W_x, W_h, b, W_y, b_y):
    T, B = clips.shape[:2]
    mean, h, c, total = clips.mean(0), np.zeros((B, len(W_h))), np.zeros((B, len(W_h))), 0
    for t in range(T):
        x = np.stack([clips[t], clips[t] - mean], axis=1) * 2
        for W, bias in ((W_1, b_1), (W_2, b_2)):
            x = convolve(x, W, bias).clip(0)
        h, c = lstm_step((x.reshape(B, -1) @ W_f + b_f).clip(0), h, c, W_x, W_h, b)
        total = total + h * (t >= T // 2)
    return total / (T - T // 2) @ W_y + b_y


def clip_by_clip(clips, W_1, b_1, W_2, b_2, W_f, b_f, W_x, W_h, b, W_y, b_y):
    relu = lambda z: np.where(z > 0, z, 0)  # noqa: E731
    scores = []
    for clip in clips.swapaxes(0, 1):
        seen = 2 * np.concatenate([clip[:, None], (clip - clip.mean(0))[:, None]], axis=1)
        seen = relu(convolve(relu(convolve(seen, W_1, b_1)), W_2, b_2)).reshape(len(clip), -1)
        h = c = np.zeros((1, W_h.shape[0]))
        states = []
        for row in relu(seen @ W_f + b_f):
            h, c = lstm_step(row[None], h, c, W_x, W_h, b)
            states.append(h[0])
        scores.append(np.mean(states[len(clip) // 2 :], axis=0) @ W_y + b_y)
    return np.array(scores)


def scores_first(clips, W_1, b_1, W_2, b_2, W_f, b_f, W_x, W_h, b, W_y, b_y):
    T, B, S, _ = clips.shape
    x = np.empty((T, B, 2, S, S))
    x[:, :, 0], x[:, :, 1] = 2 * clips, 2 * (clips - clips.mean(axis=0, keepdims=True))
    x = np.maximum(0, convolve(np.maximum(0, convolve(x.reshape(-1, 2, S, S), W_1, b_1)), W_2, b_2))
    x = np.maximum(0, x.reshape(T, B, -1) @ W_f + b_f)
    h = c = np.zeros((B, W_x.shape[1] // 4))
    scores = []
    for t in range(T):
        h, c = lstm_step(x[t], h, c, W_x, W_h, b)
        scores.append(h @ W_y + b_y)
    return np.stack(scores)[T // 2 :].mean(0)


STYLES = {
    "track_features": (by_slices, by_loops, by_stacking),
    "centroids": (by_products, by_average, by_filling),
    "backwards": (by_where, one_by_one, by_places),
    "attention_pool_backward": (by_einsum, by_jacobian, by_pooled),
    "convolve": (by_windows, by_pixels, by_columns),
    "convlstm_step": (gate_by_gate, both_at_once, by_stretching),
    "motion_scores": (frame_by_frame, clip_by_clip, scores_first),
}
# Mutants of the solution that compute the same: the changed line, and why.
SAME = {
    "rows = np.stack([tracks, steps], axis=2)[:T // 2 * 2]": "reshape makes the same rows of it",
    **{
        f"return rows.reshape({first}, {two}, B, {four}).swapaxes({axes}).reshape({last}, B, {eight})": why
        for first, two, four, axes, last, eight, why in (
            ("T // 2", "2", "4", "1, 2", "T // 2", "-8", NEGATIVE),
            ("T // 2", "2", "4", "1, 2", "T // -2", "8", NEGATIVE),
            ("T // 2", "-2", "4", "1, 2", "T // 2", "8", NEGATIVE),
            ("T // 2", "2", "-4", "1, 2", "T // 2", "8", NEGATIVE),
            ("T // -2", "2", "4", "1, 2", "T // 2", "8", NEGATIVE),
            ("T // 2", "2", "4", "2, 1", "T // 2", "8", "two axes are exchanged in either order"),
            ("T // 2", "2", "4", "1, -2", "T // 2", "8", "of four axes, 2 is -2"),
        )
    },
    "seen = total != 0": "nothing that moves is below 0",
    "total = moving[t].sum(axis=(2, 1))": BOTH,
    "x = (moving[t].sum(axis=1) * at).sum(axis=-1)": LAST_AXIS,
    "y = (moving[t].sum(axis=2) * at).sum(axis=-1)": LAST_AXIS,
    "place[seen] = np.stack([x, y], axis=-1)[seen] / total[seen, None]": LAST_AXIS,
    "dw = (dscores[..., None] * h).sum(axis=(1, 0))": BOTH,
    "S = x.shape[-2]": SQUARE,
    "S = x.shape[3]": SQUARE,
    "padded = np.pad(x, [(0, 0), (0, 0), (1, 0), (1, 1)])": EVEN,
    "padded = np.pad(x, [(0, 0), (0, 0), (1, 2), (1, 1)])": EVEN,
    "padded = np.pad(x, [(0, 0), (0, 0), (1, 1), (1, 0)])": EVEN,
    "padded = np.pad(x, [(0, 0), (0, 0), (1, 1), (1, 2)])": EVEN,
    "seen = padded[:, :, i:i + S - 1:2, j:j + S:2]": EVEN,
    "seen = padded[:, :, i:i + S:2, j:j + S - 1:2]": EVEN,
    "frames = np.maximum(0, convolve(frames, W_1, b_1))": EITHER,
    "frames = np.maximum(0, convolve(frames, W_2, b_2))": EITHER,
    "features = np.maximum(0, frames.reshape(T * B, -1) @ W_f + b_f).reshape(T, B, -1)": EITHER,
    "T, B = clips.shape[:-2]": "clips have four axes",
    "features = np.maximum(frames.reshape(T * B, -1) @ W_f + b_f, 0).reshape(T, B, -2)": NEGATIVE,
    "features = np.maximum(frames.reshape(T * B, -2) @ W_f + b_f, 0).reshape(T, B, -1)": NEGATIVE,
    "h = c = np.zeros((B, len(W_y)))": "W_y has a row for each unit, too",
    "return np.mean(late[T // -2:], axis=0) @ W_y + b_y": "counted from the end it is the same half",
}
SHOWN_OTHERWISE = {"my_network": "the oracle takes the stored model, the notebook the one in its variable my_model"}
