"""Connected words without a recurrent network: each piece of a string is judged alone, and the best row of pieces wins.

A piece is squeezed to ten frames, two dense layers say which word it is or that it is none (a wrong cut), and dynamic
programming finds the pieces that go together best: the way of the 1970s (Vintsyuk 1971; Sakoe & Chiba 1978) with a
classifier of today.
"""

import numpy as np

from lstm_helpers.nn import Linear, softmax_cross_entropy
from lstm_helpers.training import AdamW, cosine, gradients, parameters

FRAMES, SHORTEST, LONGEST = 10, 6, 60  # frames that are looked at; of a piece, at least and at most
WEIGHED = 17  # a piece counts by its frames, as if a word had so many


def squeezed(x, starts, ends):
    """Pieces of x (T, D), from ``starts (N,)`` to ``ends (N,)``, as FRAMES frames each and the log of their length.

    Shape: (N, FRAMES * D + 1).
    """
    at = starts[:, None] + (ends - starts - 1)[:, None] * np.linspace(0, 1, FRAMES)
    low = np.minimum(at.astype(int), len(x) - 2)
    part = (at - low)[..., None]
    frames = x[low] * (1 - part) + x[low + 1] * part
    return np.hstack([frames.reshape(len(starts), -1), np.log(ends - starts)[:, None]]).astype(np.float32)


class Segments:
    """A classifier of pieces: ``words`` and "a wrong cut", the last class, and the row of pieces that it likes best."""

    def __init__(self, width, words, rng, units=256):
        self.layers = {"hidden": Linear(FRAMES * width + 1, units, rng=rng), "out": Linear(units, words + 1, rng=rng)}
        self.words, self.mean, self.deviation = words, 0.0, 1.0

    def scores(self, pieces, *, train=False):
        """pieces (N, FRAMES * D + 1) -> (N, words + 1)."""
        h = self.layers["hidden"].forward((pieces - self.mean) / self.deviation, train=train)
        return self.layers["out"].forward(np.maximum(h, 0), train=train)

    def learn(self, pieces, classes, rng, passes=40, B=64, lr=2e-3, dropout=0.3):
        """Train on pieces (N, ...) and their classes (N,); pieces are scaled by their own mean and deviation."""
        self.mean, self.deviation = pieces.mean(axis=0), pieces.std(axis=0) + 1e-3
        optimiser = AdamW(parameters(**self.layers), lr, weight_decay=1e-2)
        steps = passes * (len(pieces) // B)
        rate, hidden, out = cosine(lr, steps), self.layers["hidden"], self.layers["out"]
        for step in range(steps):
            if step % (len(pieces) // B) == 0:
                order = rng.permutation(len(pieces))
            rows = order[step % (len(pieces) // B) * B :][:B]
            h = hidden.forward((pieces[rows] - self.mean) / self.deviation)
            kept = (h > 0) * (rng.random(h.shape, dtype=np.float32) >= dropout) / np.float32(1 - dropout)
            _, dscores = softmax_cross_entropy(out.forward(h * kept), classes[rows])
            hidden.backward(out.backward(dscores) * kept)
            optimiser.lr = rate(step)
            optimiser.step(gradients(**self.layers))
        return self

    def pieces(self, x):
        """(starts, ends, log-probabilities (N, words + 1)) of every piece of x (T, D) that may be a word."""
        T = len(x)
        pairs = [
            (s, e) for e in range(min(SHORTEST, T), T + 1) for s in range(max(0, e - LONGEST), e - min(SHORTEST, T) + 1)
        ]
        starts, ends = np.array(pairs).T
        scores = self.scores(squeezed(x, starts, ends))
        scores = scores - scores.max(axis=1, keepdims=True)
        return starts, ends, scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))

    def words_in(self, x, price=0.0, judged=None):
        """The words of the best row of pieces that fills x (T, D): each piece costs ``price`` beside its own value."""
        starts, ends, log_p = self.pieces(x) if judged is None else judged
        word = log_p[:, : self.words].argmax(axis=1)
        value = np.maximum(log_p[np.arange(len(word)), word], -30) * (ends - starts) / WEIGHED - price
        best, back = np.full(len(x) + 1, -np.inf), np.full(len(x) + 1, -1)
        best[0] = 0
        for n in range(len(word)):  # in the order of their ends
            if (total := best[starts[n]] + value[n]) > best[ends[n]]:
                best[ends[n]], back[ends[n]] = total, n
        found, at = [], len(x)
        while at > 0 and back[at] >= 0:
            found.append(word[back[at]])
            at = starts[back[at]]
        return np.array(found[::-1], int)


def wrong_cuts(parts, rng):
    """A piece of one or two recordings (T, D) that is no whole word: (frames, start, end), or None where luck fails."""
    first, second = parts
    both, n, kind = np.concatenate(parts), len(first), rng.random()
    if kind < 0.4:  # across the cut
        start, end = int(rng.integers(0, n)), int(rng.integers(n, len(both) + 1))
        whole = max(min(end, n) - start, end - max(start, n)) > 0.8 * max(n, len(second)) and end - start < 1.25 * n
        if end - start > 0.8 * len(both) or whole:
            kind = 0.9
    elif kind < 0.7:  # the beginning of a word
        start, end = 0, max(4, int(n * rng.uniform(0.25, 0.8)))
    else:  # its end
        start, end = min(n - 4, int(n * rng.uniform(0.2, 0.75))), n
    if kind == 0.9:  # both words at once
        start, end = 0, len(both)
    return (both, max(start, 0), end) if end - max(start, 0) >= 4 else None
