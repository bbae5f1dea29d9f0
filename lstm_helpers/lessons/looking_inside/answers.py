"""The right answers of exercise 11, as the solution shows them."""

import numpy as np

from lstm_helpers.nn.functional import lstm_step


def saturation(gate, lengths):
    """How often each unit's gate is nearly shut, below 0.1, and nearly open, above 0.9, over all steps that count.

    Shapes: gate (T, B, H), lengths (B,). Returns shut and wide, each (H,), shares from 0 to 1. Source: Karpathy,
    Johnson & Li 2015, section 4.2.
    """
    seen = gate[np.arange(len(gate))[:, None] < lengths]
    return (seen < 0.1).mean(axis=0), (seen > 0.9).mean(axis=0)


def top_places(values, count, apart):
    """Where a unit's values (T, B) are highest, no two places of one sequence closer than ``apart`` steps.

    Returns whole numbers (count, 2), a row (t, b) for each place, the highest first.
    """
    left, found = values.copy(), []
    for _ in range(count):
        t, b = np.unravel_index(left.argmax(), left.shape)
        found.append((t, b))
        left[max(0, t - apart + 1) : t + apart, b] = -np.inf
    return np.array(found)


def ablated_forward(x, h_0, c_0, W_x, W_h, b, unit, value, when):
    """The cell over x with h of one unit replaced by ``value`` at the steps where ``when (T,)`` is true.

    Shapes: x (T, B, D), h_0, c_0 (B, H), W_x (D, 4H), W_h (H, 4H), b (4H,). Returns h (T, B, H).
    """
    h, c, hs = h_0, c_0, []
    for x_t, now in zip(x, when, strict=True):
        h, c = lstm_step(x_t, h, c, W_x, W_h, b)
        if now:
            h[:, unit] = value
        hs.append(h)
    return np.array(hs)


def linear_probe(states, yes, strength):
    """Least squares from states (N, H) to +1 where ``yes (N,)`` and -1 elsewhere, the weights held small.

    Returns w (H + 1,), the bias last; ``strength`` holds all but the bias.
    """
    A = np.column_stack([states, np.ones(len(states))])
    held = strength * np.eye(A.shape[1])
    held[-1, -1] = 0
    return np.linalg.solve(A.T @ A + held, A.T @ np.where(yes, 1, -1))


def selectivity(states, yes, words, unseen, unseen_yes, unseen_words, coins, strength):
    """The accuracy of a probe on unseen states, and that of its control. Source: Hewitt & Liang 2019, section 2.

    Shapes: states (N, H), yes (N,) booleans, words (N,) whole numbers; unseen, unseen_yes, unseen_words likewise with
    M; coins (V,) booleans, one for each word. Returns two shares.
    """

    def accuracy(train, test):
        w = linear_probe(states, train, strength)
        return np.mean((unseen @ w[:-1] + w[-1] > 0) == test)

    return accuracy(yes, unseen_yes), accuracy(coins[words], coins[unseen_words])


def contributions(i, f, g, c_0):
    """What the start and each step have left in the last cell state. Source: Murdoch & Szlam 2017, section 3.2.

    Shapes: i, f, g (T, B, H), c_0 (B, H). Returns (T + 1, B, H), the start first; their sum is the last cell state.
    """
    parts = np.concatenate([c_0[None], i * g])
    for t, f_t in enumerate(f):
        parts[: t + 1] *= f_t
    return parts


def occlusion(x, stand_in, h_0, c_0, W_x, W_h, b, w):
    """By how much the score w . h_T falls when one input is replaced by ``stand_in (D,)``, for each step by itself.

    Shapes: x (T, B, D), h_0, c_0 (B, H), W_x (D, 4H), W_h (H, 4H), b (4H,), w (H,). Returns (T, B).
    Source: Zeiler & Fergus 2014, section 4.2, there for images.
    """

    def score(x):
        h, c = h_0, c_0
        for x_t in x:
            h, c = lstm_step(x_t, h, c, W_x, W_h, b)
        return h @ w

    falls = []
    for t in range(len(x)):
        changed = x.copy()
        changed[t] = stand_in
        falls.append(score(x) - score(changed))
    return np.array(falls)


__all__ = [
    "ablated_forward",
    "contributions",
    "linear_probe",
    "occlusion",
    "saturation",
    "selectivity",
    "top_places",
]
