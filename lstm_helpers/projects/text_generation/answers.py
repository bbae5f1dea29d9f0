"""The right answers of the project, as the solution shows them."""

import numpy as np

from lstm_helpers.nn.functional import lstm_step


def witten_bell(counts, below):
    """counts (N, V) of what followed N contexts, below (N, V) the shorter contexts' probabilities. Returns p (N, V)."""
    s = counts.sum(axis=1, keepdims=True)
    u = np.maximum((counts > 0).sum(axis=1, keepdims=True), 1)  # 1 for a context never seen: p_below is left
    return (counts + u * below) / (s + u)


def bits_per_character(log_p, targets, mask):
    """log_p (T, B, V) natural logarithms, targets (T, B) integers, mask (T, B) booleans. Returns one number."""
    chosen = np.take_along_axis(log_p, targets[..., None], axis=2)[..., 0]
    return -(chosen * mask).sum() / mask.sum() / np.log(2)


def streams(ids, h):
    """ids (N,) one long text, h (B, H) the state that is carried. Returns inputs and targets, each (rows, B)."""
    B = len(h)
    rows = (len(ids) - 1) // B
    inputs = ids[: rows * B].reshape(B, rows).T
    targets = ids[1 : rows * B + 1].reshape(B, rows).T
    return inputs, targets


def with_temperature(scores, tau):
    """scores (B, V), tau (B, 1), a temperature for each row. Returns the probabilities p (B, V)."""
    z = scores / tau
    e = np.exp(z - z.max(axis=1, keepdims=True))  # the largest exponent is 0: no overflow
    return e / e.sum(axis=1, keepdims=True)


def nucleus(p, top):
    """p (B, V), top (B, 1), the share to keep. Returns the cut and renormalised probabilities (B, V)."""
    ranked = -np.sort(-p, axis=1)  # the most likely first
    before = np.cumsum(ranked, axis=1) - ranked  # what the more likely ones hold already
    least = np.where(before < top, ranked, 1).min(axis=1, keepdims=True)
    kept = np.where(p >= least, p, 0)
    return kept / kept.sum(axis=1, keepdims=True)


def beam_step(log_p, total):
    """log_p (K, V) of the next character of each line, total (K,) so far. Returns total, line, character, each (K,)."""
    K, V = log_p.shape
    every = (total[:, None] + log_p).ravel()
    best = np.argsort(-every)[:K]
    return every[best], best // V, best % V


def log_softmax(scores):
    """Logarithms of the softmax over the last axis."""
    shifted = scores - scores.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


def score_text(ids, h, c, W_x, W_h, b, W_y, b_y):
    """ids (T + 1, B), h and c (B, H), W_y (H, V), b_y (V,). Returns nats (T, B) and the h and c to carry on."""
    nats = []
    for t in range(len(ids) - 1):
        x = np.eye(len(W_x))[ids[t]]
        h, c = lstm_step(x, h, c, W_x, W_h, b)
        log_p = log_softmax(h @ W_y + b_y)
        nats.append(-log_p[np.arange(len(h)), ids[t + 1]])
    return np.stack(nats), h, c


def my_weights():
    """The weights of the stored model: W_x (V, 4H), W_h (H, 4H), b (4H,), W_y (H, V), b_y (V,)."""
    from lstm_helpers.projects.text_generation.model import stored

    p = stored()[0].params
    return p["lstm.W_x"], p["lstm.W_h"], p["lstm.b"], p["readout.W"], p["readout.b"]


V = 75  # characters of the novel

__all__ = [
    "witten_bell",
    "bits_per_character",
    "streams",
    "with_temperature",
    "nucleus",
    "beam_step",
    "score_text",
    "my_weights",
]
