"""What a reader of short messages has beside the layers of ``nn``: token vectors, pooling, a loss. NumPy alone."""

import numpy as np

from lstm_helpers.nn.base import Layer

SPREAD = {"words": 0.0, "pieces": 0.1}  # of the first values of the tables


class TokenVectors(Layer):
    """A vector for each token: the row of its word, and the rows of its pieces over the root of their number.

    params: words (W, E), which start at 0, so that a word never met says nothing of its own, and pieces (P, E).
    A reader without characters has a table of pieces with 0 rows.
    """

    def __init__(self, words, pieces, size, *, rng, dtype=np.float32):
        drawn = {"words": (words, size), "pieces": (pieces, size)}
        super().__init__({name: rng.normal(size=shape) * SPREAD[name] for name, shape in drawn.items()}, dtype)

    def forward(self, batch, *, train=True):
        """The vectors (T, B, E) of a Batch; its shared tokens are looked up once."""
        vectors = self.params["words"][batch.words]
        roots = np.sqrt(np.bincount(batch.of))[:, None].astype(self.dtype)
        if len(self.params["pieces"]):
            vectors = vectors + summed(self.params["pieces"][batch.pieces], batch.of, len(vectors)) / roots
        self._cache = (batch, roots) if train else None
        return vectors[batch.kinds]

    def backward(self, dx):
        """Set ``grads`` from the gradient dx (T, B, E): a row that was used more than once gathers their sum."""
        batch, roots = self._forward_cache()
        dvectors = summed(dx.reshape(-1, dx.shape[2]), batch.kinds.ravel(), len(batch.words))
        words, pieces = (len(self.params[name]) for name in ("words", "pieces"))
        dpieces = summed((dvectors / roots)[batch.of], batch.pieces, pieces) if pieces else self.params["pieces"]
        self._set_grads({"words": summed(dvectors, batch.words, words), "pieces": dpieces}, False)


def summed(rows, places, size):
    """(size, E): the sum of the ``rows (N, E)`` that belong to each place, ``places (N,)``; 0 where none does."""
    order = np.argsort(places, kind="stable")
    used, first = np.unique(places[order], return_index=True)
    sums = np.zeros((size, rows.shape[1]), rows.dtype)
    sums[used] = np.add.reduceat(rows[order], first, axis=0)
    return sums


class Attention:
    """The mean of h with weights that h decides: a_t = softmax over the text of v . tanh(h_t)."""

    def __init__(self, params):
        self.params, self.grads = params, {}

    def forward(self, h, mask):
        e = np.where(mask, np.tanh(h) @ self.params["v"], -np.inf)
        a = np.exp(e - e.max(axis=0))
        self.weights = a / a.sum(axis=0)
        return (self.weights[..., None] * h).sum(axis=0)

    def backward(self, dcontext, h, mask):
        a, u = self.weights, np.tanh(h)
        da = (h * dcontext).sum(axis=2)
        de = a * (da - (a * da).sum(axis=0))
        self.grads["v"] = np.tensordot(de, u, 2)
        return a[..., None] * dcontext + de[..., None] * self.params["v"] * (1 - u * u)


class Maximum:
    """The largest value of each unit over the text."""

    grads = {}

    def forward(self, h, mask):
        self.place = np.where(mask[..., None], h, -np.inf).argmax(axis=0)[None]
        return np.take_along_axis(h, self.place, axis=0)[0]

    def backward(self, dlargest, h, mask):
        dh = np.zeros_like(h)
        np.put_along_axis(dh, self.place, dlargest[None], axis=0)
        return dh


class Ends:
    """What each direction says when it has read all: the last step forwards, step 0 backwards. Two directions alone."""

    grads = {}

    def forward(self, h, mask):
        H, B = h.shape[2] // 2, h.shape[1]
        self.last = mask.sum(axis=0) - 1, np.arange(B)
        return np.concatenate([h[self.last][:, :H], h[0, :, H:]], axis=1)

    def backward(self, dends, h, mask):
        H, dh = h.shape[2] // 2, np.zeros_like(h)
        dh[(*self.last, slice(H))] = dends[:, :H]
        dh[0, :, H:] = dends[:, H:]
        return dh


class Pooling(Layer):
    """From h (T, B, D) of each text to one row: what each of ``ways`` makes of it, side by side.

    ways: of "attention", "max", "ends". params: v (D,), which the attention multiplies.
    """

    def __init__(self, size, ways, *, rng, dtype=np.float32):
        super().__init__({"v": rng.uniform(-1, 1, size) / size**0.5} if "attention" in ways else {}, dtype)
        made = {"attention": lambda: Attention(self.params), "max": Maximum, "ends": Ends}
        self.ways = {way: made[way]() for way in ways}

    def forward(self, h, mask, *, train=True):
        """h (T, B, D), mask (T, B) to (B, D * number of ways)."""
        self._cache = (h, mask) if train else None
        return np.concatenate([way.forward(h, mask) for way in self.ways.values()], axis=1)

    def backward(self, dpooled):
        """From the gradient of what forward returned to that of h; sets ``grads``."""
        h, mask = self._forward_cache()
        parts = np.split(dpooled, len(self.ways), axis=1)
        dh = sum(way.backward(d, h, mask) for way, d in zip(self.ways.values(), parts, strict=True))
        self._set_grads({name: g for way in self.ways.values() for name, g in way.grads.items()}, False)
        return dh


def soft_loss(z, ratings, sharp):
    """The mean cross-entropy of logits z (B,) with soft targets, and its gradient (B,).

    The target of a rating is sigmoid(sharp * rating): near 1/2 where people did not agree, near 0 or 1 where they did.
    """
    target = sigmoid(sharp * ratings)
    loss = np.maximum(z, 0) + np.log1p(np.exp(-np.abs(z))) - target * z
    return loss.mean(), (sigmoid(z) - target) / len(z)


def sigmoid(z):
    """1 / (1 + exp(-z)), in halves, so that nothing overflows."""
    return 0.5 * (1 + np.tanh(z / 2))
