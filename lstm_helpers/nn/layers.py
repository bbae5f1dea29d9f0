"""The layers around a recurrent network: from symbols to vectors, and from vectors to scores."""

import numpy as np

from lstm_helpers.nn.base import Layer, expect, expect_integers, expect_sizes


class Embedding(Layer):
    """A vector for each of ``num`` symbols: row k of W is the vector of symbol k.

    params: W (num, dim), drawn from the normal distribution N(0, 1) as torch.nn does.

    >>> embedding = Embedding(10, 4, rng=np.random.default_rng(0))
    >>> embedding.forward(np.array([[1, 2], [3, 1]])).shape
    (2, 2, 4)
    """

    def __init__(self, num, dim, *, rng, dtype=np.float32):
        expect_sizes(num=num, dim=dim)
        super().__init__({"W": rng.standard_normal((num, dim))}, dtype)
        self.num, self.dim = num, dim

    def forward(self, ids, *, train=True):
        """The rows of the symbols ``ids (T, B)``, integers from 0 to num - 1: an array (T, B, dim)."""
        expect("ids", ids, ("T", "B"), "time comes first, then the batch")
        ids = expect_integers("ids", ids, self.num, f"this embedding knows no more, num = {self.num}")
        self._cache = ids.copy() if train else None
        return self.params["W"][ids]

    def backward(self, dx, *, accumulate=False):
        """Set ``grads`` from the gradient ``dx (T, B, dim)``; the ids themselves have none, so nothing is returned.

        A symbol that occurs more than once gathers the sum of its gradients.
        """
        ids = self._forward_cache()
        expect("dx", dx, (*ids.shape, self.dim), "the shape of what forward returned")
        # Sorted by symbol, each one's gradients are neighbours; with few symbols four times as fast as np.add.at.
        order = np.argsort(ids, axis=None, kind="stable")
        symbols, first = np.unique(ids.ravel()[order], return_index=True)
        dW = np.zeros_like(self.params["W"])
        if len(symbols):
            dW[symbols] = np.add.reduceat(np.asarray(dx, self.dtype).reshape(-1, self.dim)[order], first, axis=0)
        self._set_grads({"W": dW}, accumulate)


class Linear(Layer):
    """y = x W + b.

    params: W (D_in, D_out), b (D_out,), drawn uniformly from +-1/sqrt(D_in) as torch.nn does.

    >>> linear = Linear(3, 5, rng=np.random.default_rng(0))
    >>> linear.forward(np.zeros((7, 2, 3), np.float32)).shape
    (7, 2, 5)
    """

    def __init__(self, D_in, D_out, *, rng, dtype=np.float32):
        expect_sizes(D_in=D_in, D_out=D_out)
        bound = D_in**-0.5
        draw = lambda *shape: rng.uniform(-bound, bound, shape)  # noqa: E731
        super().__init__({"W": draw(D_in, D_out), "b": draw(D_out)}, dtype)
        self.D_in, self.D_out = D_in, D_out

    def forward(self, x, *, train=True):
        """``x (T, B, D_in)``, or with any other axes in front of the last, to y (T, B, D_out)."""
        front = tuple("TBNM"[: max(np.ndim(x) - 1, 0)])
        x = self._checked("x", x, (*front, self.D_in), "the last axis is the one that W multiplies")
        self._cache = x.copy() if train else None
        y = x.reshape(-1, self.D_in) @ self.params["W"]  # one product for all steps, not one for each
        y += self.params["b"]
        return y.reshape(*x.shape[:-1], self.D_out)

    def backward(self, dy, *, accumulate=False):
        """From the gradient ``dy`` of y to that of x, of x's shape; sets ``grads``."""
        x = self._forward_cache()
        expect("dy", dy, (*x.shape[:-1], self.D_out), "the shape of what forward returned")
        dy = np.asarray(dy, self.dtype)
        rows = dy.reshape(-1, self.D_out)
        self._set_grads({"W": x.reshape(-1, self.D_in).T @ rows, "b": rows.sum(axis=0)}, accumulate)
        return (rows @ self.params["W"].T).reshape(x.shape)
