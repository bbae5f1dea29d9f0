"""Ridge regression on the words and letters of a text, in NumPy: what a network that reads has to beat."""

import re
from collections import Counter
from dataclasses import dataclass

import numpy as np

WORD = re.compile(r"\b\w\w+\b")


def features(text):
    """How often each word, pair of neighbouring words, and run of 2 to 5 characters inside a word occurs in a text.

    Two Counters: words and pairs, runs.
    """
    text = text.lower()
    words = WORD.findall(text)
    runs = Counter()
    for part in text.split():
        framed = f" {part} "
        for n in range(2, 6):
            runs.update(framed[k : k + n] for k in range(max(1, len(framed) - n + 1)))
    return Counter(words) + Counter(map(" ".join, zip(words, words[1:], strict=False))), runs


class TextRidge:
    """A number for each text: linear in its features, fitted by least squares with a penalty on the squared weights.

    A feature counts 1 + log(occurrences), times log((1 + N) / (1 + texts that hold it)) + 1 (tf-idf); those of words
    and those of runs are scaled to length 1 apart. A feature of fewer than two texts is left out. Close to
    scikit-learn's TfidfVectorizer (words and pairs; ``char_wb`` 2 to 5; ``min_df=2``, ``sublinear_tf``) and Ridge,
    where a word that is shorter than a run counts for each length of runs and not once.
    """

    def __init__(self, texts, targets, penalty=1.0):
        counted = [features(text) for text in texts]
        held = [Counter(name for both in counted for name in both[kind]) for kind in (0, 1)]
        names = [(kind, name) for kind in (0, 1) for name, n in held[kind].items() if n > 1]
        self.column = {name: k for k, name in enumerate(names)}
        self.rarity = np.array([1 + np.log((1 + len(texts)) / (1 + held[kind][name])) for kind, name in names])
        X = self._rows(counted)
        self.centre, self.mean = X.columns(np.ones(len(texts))) / len(texts), float(np.mean(targets))
        self.weights = np.zeros(len(names))
        self._solve(X, np.asarray(targets, float) - self.mean, penalty)

    def _solve(self, X, y, penalty):
        """Conjugate gradients for (X'X + penalty) w = X'y, with the columns of X centred."""
        rest = X.columns(y) - self.centre * y.sum()
        line, size, goal = rest.copy(), rest @ rest, 1e-10 * (rest @ rest)
        while size > goal:
            said = X @ line - self.centre @ line
            turned = X.columns(said) - self.centre * said.sum() + penalty * line
            step = size / (line @ turned)
            self.weights += step * line
            rest -= step * turned
            before, size = size, rest @ rest
            line = rest + size / before * line

    def _rows(self, counted):
        rows, columns, values = [], [], []
        for row, both in enumerate(counted):
            for kind, counts in enumerate(both):
                known = [(self.column[kind, name], n) for name, n in counts.items() if (kind, name) in self.column]
                if known:
                    places, n = np.array(known).T
                    found = (1 + np.log(n)) * self.rarity[places]
                    rows.append(np.full(len(places), row))
                    columns.append(places)
                    values.append(found / np.linalg.norm(found))
        return _Sparse(*map(np.concatenate, (rows, columns, values)), (len(counted), len(self.column)))

    def predict(self, texts):
        """(N,): the number of each text."""
        return self._rows([features(text) for text in texts]) @ self.weights - self.centre @ self.weights + self.mean


@dataclass
class _Sparse:
    """A matrix of few numbers: ``values`` in these ``rows`` and columns."""

    rows: np.ndarray
    places: np.ndarray
    values: np.ndarray
    shape: tuple

    def __matmul__(self, w):
        return np.bincount(self.rows, self.values * w[self.places], self.shape[0])

    def columns(self, r):
        """The transpose, times r."""
        return np.bincount(self.places, self.values * r[self.rows], self.shape[1])
