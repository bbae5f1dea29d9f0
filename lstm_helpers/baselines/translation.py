"""What a translator has to beat: the nearest known sentence, and word by word by a dictionary learnt from pairs.

Sentences are lists of words.
"""

from collections import Counter

import numpy as np


class Neighbours:
    """Known sentences, each as a vector: words and pairs of neighbouring words, the rare ones heavier (TF-IDF).

    A term's weight is its count times ln((1 + N) / (1 + sentences that have it)) + 1, and a vector has length 1, as in
    scikit-learn's TfidfVectorizer. The similarity of two sentences is the cosine, from 0 to 1.
    """

    def __init__(self, sentences):
        counts = [Counter(self.terms(sentence)) for sentence in sentences]
        spread = Counter(term for row in counts for term in row)
        N = self.N = len(counts)
        self.idf = {term: np.log((1 + N) / (1 + n)) + 1 for term, n in spread.items()}
        rows = {term: ([], []) for term in self.idf}
        for k, row in enumerate(counts):
            for term, weight in self._vector(row).items():
                rows[term][0].append(k)
                rows[term][1].append(weight)
        self.rows = {term: (np.array(places), np.array(weights)) for term, (places, weights) in rows.items()}

    @staticmethod
    def terms(sentence):
        """Words, marks left out, and pairs of words side by side."""
        kept = [word for word in sentence if any(c.isalnum() for c in word)]
        return kept + list(zip(kept, kept[1:], strict=False))

    def _vector(self, counts):
        vector = {term: n * self.idf[term] for term, n in counts.items() if term in self.idf}
        length = sum(w * w for w in vector.values()) ** 0.5
        return {term: w / length for term, w in vector.items()}

    def nearest(self, sentences, leave_out=None):
        """The place of the most similar known sentence for each, and how similar it is: two arrays (N,).

        leave_out: for each of them the place of a known sentence that may not be taken, such as itself. Where nothing
        is similar it is the first one that may be taken, with 0.
        """
        found, similar = np.zeros(len(sentences), int), np.zeros(len(sentences))
        for k, sentence in enumerate(sentences):
            total = np.zeros(self.N)
            for term, weight in self._vector(Counter(self.terms(sentence))).items():
                places, weights = self.rows[term]
                total[places] += weight * weights
            if leave_out is not None:
                total[leave_out[k]] = -1
            found[k] = total.argmax()
            similar[k] = total[found[k]]
        return found, similar


def dictionary(sources, targets, rounds=6, end="</s>"):
    """The most probable translation of each source word: {word: word}, learnt from pairs of sentences.

    Which word of a pair belongs to which is not told: each round asks how probable that is and counts by it. Every
    source ends with ``end``, which takes what belongs to no word. Source: Brown et al. 1993, IBM model 1.
    """
    place, names = ({}, {}), ([], [])

    def number(side, word):
        if word not in place[side]:
            place[side][word] = len(names[side])
            names[side].append(word)
        return place[side][word]

    e, f, slot, slots = [], [], [], 0
    for source, target in zip(sources, targets, strict=True):
        ids = [number(0, word) for word in [*source, end]]
        for word in target:
            e += ids
            f += [number(1, word)] * len(ids)
            slot += [slots] * len(ids)
            slots += 1
    e, f, slot = np.array(e), np.array(f), np.array(slot)
    pairs, which = np.unique(e * len(names[1]) + f, return_inverse=True)
    source_of, t = pairs // len(names[1]), np.ones(len(pairs))
    for _ in range(rounds):
        p = t[which]
        counts = np.bincount(which, p / np.bincount(slot, p)[slot], len(pairs))
        t = counts / np.bincount(source_of, counts)[source_of]
    order = np.lexsort((t, source_of))
    best = order[np.append(np.flatnonzero(np.diff(source_of[order])), len(order) - 1)]
    return {names[0][pairs[k] // len(names[1])]: names[1][pairs[k] % len(names[1])] for k in best}
