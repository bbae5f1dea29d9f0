"""The right answers of the project, as the solution shows them."""

import numpy as np

from lstm_helpers.nn.functional import lstm_step


def track_features(tracks):
    """tracks (T, B, 2), where the hand is in each frame. Returns (T // 2, B, 8): two frames of place and step a row."""
    T, B, _ = tracks.shape
    steps = np.zeros_like(tracks)
    steps[1:] = tracks[1:] - tracks[:-1]  # the first frame has none before it
    rows = np.concatenate([tracks, steps], axis=2)[: T // 2 * 2]
    return rows.reshape(T // 2, 2, B, 4).swapaxes(1, 2).reshape(T // 2, B, 8)


def centroids(moving):
    """moving (T, B, S, S) >= 0, what moves in each frame. Returns its centre (T, B, 2): x, y, each from 0 to 1."""
    T, B, S = moving.shape[:3]
    place, centres = np.full((B, 2), 0.5), np.zeros((T, B, 2))
    at = np.arange(S) / (S - 1)
    for t in range(T):
        total = moving[t].sum(axis=(1, 2))
        x = (moving[t].sum(axis=1) * at).sum(axis=1)
        y = (moving[t].sum(axis=2) * at).sum(axis=1)
        seen = total > 0
        place[seen] = np.stack([x, y], axis=1)[seen] / total[seen, None]
        centres[t] = place  # nothing moves: where it was
    return centres


def backwards(clips, motion, chosen, becomes):
    """clips (T, B, S, S), motion (B,), chosen (B,) booleans. Returns both, the chosen ones run backwards in time."""
    clips, motion = clips.copy(), motion.copy()
    clips[:, chosen] = clips[::-1, chosen]
    motion[chosen] = becomes[motion[chosen]]
    return clips, motion


def attention_pool(h, w):
    """h (T, B, K), w (K,). Returns the pooled states (B, K) and the weights (T, B)."""
    scores = h @ w
    e = np.exp(scores - scores.max(axis=0))
    a = e / e.sum(axis=0)
    return (a[..., None] * h).sum(axis=0), a


def attention_pool_backward(dpooled, h, w, a):
    """dpooled (B, K), h (T, B, K), w (K,), a (T, B) as attention_pool gave it. Returns dh (T, B, K) and dw (K,)."""
    da = (dpooled * h).sum(axis=2)
    dscores = a * (da - (a * da).sum(axis=0))
    dh = a[..., None] * dpooled + dscores[..., None] * w
    dw = (dscores[..., None] * h).sum(axis=(0, 1))
    return dh, dw


def convolve(x, W, b):
    """x (N, C, S, S), W (K, C, 3, 3), b (K,). Returns (N, K, S // 2, S // 2): stride 2, one pixel of zeros around x."""
    S = x.shape[2]
    padded = np.pad(x, [(0, 0), (0, 0), (1, 1), (1, 1)])
    y = b[:, None, None]
    for i in range(3):
        for j in range(3):
            seen = padded[:, :, i : i + S : 2, j : j + S : 2]
            y = y + np.einsum("ncij,kc->nkij", seen, W[:, :, i, j])
    return y


def convlstm_step(x, h_prev, c_prev, W_x, W_h, b):
    """One step of an LSTM whose states are images: x (B, C, S, S), h_prev and c_prev (B, H, S, S).

    W_x (4H, C, 3, 3), W_h (4H, H, 3, 3), b (4H,), in the order i, f, g, o. Returns h and c, each (B, H, S, S).
    """
    z = conv(x, W_x) + conv(h_prev, W_h) + b[:, None, None]
    i, f, g, o = np.split(z, 4, axis=1)
    c = sigmoid(f) * c_prev + sigmoid(i) * np.tanh(g)
    h = sigmoid(o) * np.tanh(c)
    return h, c


def conv(x, W):
    """x (N, C, S, S), W (K, C, 3, 3). Returns (N, K, S, S): stride 1, no bias."""
    S = x.shape[2]
    padded = np.pad(x, [(0, 0), (0, 0), (1, 1), (1, 1)])
    y = 0
    for i in range(3):
        for j in range(3):
            seen = padded[:, :, i : i + S, j : j + S]
            y = y + np.einsum("ncij,kc->nkij", seen, W[:, :, i, j])
    return y


def sigmoid(z):
    """1 / (1 + exp(-z)), safe for large numbers of both signs."""
    return 0.5 * (1 + np.tanh(0.5 * z))


def motion_scores(clips, W_1, b_1, W_2, b_2, W_f, b_f, W_x, W_h, b, W_y, b_y):
    """A CNN looks at each frame of clips (T, B, S, S), an LSTM at what it saw. Returns the scores (B, M).

    W_1 (K_1, 2, 3, 3), W_2 (K_2, K_1, 3, 3), W_f (K_2 (S / 4)^2, D), W_x (D, 4H), W_h (H, 4H), b (4H,), W_y (H, M).
    """
    T, B = clips.shape[:2]
    seen = 2 * np.stack([clips, clips - clips.mean(axis=0)], axis=2)
    frames = seen.reshape(T * B, *seen.shape[2:])
    frames = np.maximum(convolve(frames, W_1, b_1), 0)
    frames = np.maximum(convolve(frames, W_2, b_2), 0)
    features = np.maximum(frames.reshape(T * B, -1) @ W_f + b_f, 0).reshape(T, B, -1)
    h = c = np.zeros((B, len(W_h)))
    late = []
    for t in range(T):
        h, c = lstm_step(features[t], h, c, W_x, W_h, b)
        late.append(h)
    return np.mean(late[T // 2 :], axis=0) @ W_y + b_y


def my_network():
    """The weights of the stored model, in the order in which motion_scores takes them."""
    from lstm_helpers.projects.action_recognition.networks import our_weights, stored

    return tuple(our_weights(stored("lstm")[0]).values())


__all__ = [
    "track_features",
    "centroids",
    "backwards",
    "attention_pool_backward",
    "convolve",
    "convlstm_step",
    "motion_scores",
    "my_network",
]
