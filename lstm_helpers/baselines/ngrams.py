"""Counting as a language model: character n-grams, and what file compressors reach. Baselines for a character LSTM."""

import bz2
import math
import zlib
from importlib import import_module

import numpy as np

COMPRESSORS = {
    "gzip": lambda data: zlib.compress(data, 9),
    "bz2": bz2.compress,
    "xz": lambda data: import_module("lzma").compress(data, preset=9),  # the browser's Python has none
}


class WittenBell:
    """Character n-grams of every order from 1 to ``order``, each smoothed by the one below (Witten & Bell 1991).

    A context that was followed by s characters, u of them distinct, gives the character x after it
    p(x) = (count(x) + u * p_below(x)) / (s + u), where p_below is that of the context without its first character.
    Below order 1 all V characters are equally likely. A context that was never seen leaves p_below as it is.

    ids (N,): integers from 0 to V - 1. V**order has to fit into 63 bits.
    Raises ValueError if it does not.
    """

    def __init__(self, ids, V, order):
        if order < 1 or order * math.log2(V) >= 63:
            raise ValueError(f"expected order from 1 to {int(63 / math.log2(V))} with V = {V}, got {order}")
        self.V, self.order = V, order
        self._tables = [self._counted(np.asarray(ids, np.int64), n) for n in range(order)]

    def _counted(self, ids, n):
        """Everything seen after contexts of n characters: (grams, counts, contexts, totals, distinct)."""
        grams, counts = np.unique(self._codes(ids, n + 1, n), return_counts=True)
        contexts, first = np.unique(grams // self.V, return_index=True)
        return grams, counts, contexts, np.add.reduceat(counts, first), np.diff(np.append(first, len(grams)))

    def _codes(self, ids, length, start):
        """The number that the ``length`` characters up to and with each place from ``start`` on spell in base V."""
        codes = np.zeros(len(ids) - start, np.int64)
        for back in range(length - 1, -1, -1):
            codes = codes * self.V + ids[start - back : len(ids) - back]
        return codes

    def nats(self, ids, start):
        """-log p of each character of ``ids (N,)`` from place ``start`` on, for each order: (order, N - start).

        Raises ValueError if there are fewer than order - 1 characters before ``start``.
        """
        ids = np.asarray(ids, np.int64)
        if start < self.order - 1:
            raise ValueError(f"expected start of {self.order - 1} or more, got {start}: each character needs a context")
        p, losses = np.full(len(ids) - start, 1 / self.V), []
        for n in range(self.order):
            grams = self._codes(ids, n + 1, start)
            p = self._smoothed(n, grams, p)
            losses.append(-np.log(p))
        return np.array(losses)

    def _smoothed(self, n, grams, below):
        """The probability of each of ``grams``, n characters and the one after them, from that of the order below."""
        known, counts, contexts, totals, distinct = self._tables[n]
        count, s, u = (
            _look_up(known, counts, grams),
            *(_look_up(contexts, values, grams // self.V) for values in (totals, distinct)),
        )
        return np.where(s > 0, (count + u * below) / np.maximum(s + u, 1), below)

    def distribution(self, context):
        """The probabilities (V,) of the character after ``context``, of which the last order - 1 count."""
        following = np.arange(self.V)
        p = np.full(self.V, 1 / self.V)
        for n in range(min(self.order, len(context) + 1)):
            code = 0
            for k in context[len(context) - n :]:
                code = code * self.V + int(k)
            p = self._smoothed(n, code * self.V + following, p)
        return p


def _look_up(keys, values, wanted):
    """The value of each wanted key, 0 where there is none. keys are sorted."""
    place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[place] == wanted, values[place], 0)


def compressed_bits(known, new):
    """Bits per character that each compressor spends on the string ``new`` when it follows the string ``known``."""
    return {
        name: 8 * (len(pack((known + new).encode())) - len(pack(known.encode()))) / len(new)
        for name, pack in COMPRESSORS.items()
    }
