"""How good translations are: BLEU from counts for each sentence, so that it can be drawn again for an interval."""

from collections import Counter

import numpy as np


def bleu_counts(said, wanted):
    """What BLEU is made of, a row for each sentence (N, 10): runs of 1 to 4 words that stand in ``wanted``, too, how
    many runs ``said`` has, and the words of both. Sentences are lists of words."""
    rows = []
    for ours, theirs in zip(said, wanted, strict=True):
        found, of = [], []
        for n in range(1, 5):
            mine, right = (Counter(tuple(s[k : k + n]) for k in range(len(s) - n + 1)) for s in (ours, theirs))
            found.append((mine & right).total())
            of.append(mine.total())
        rows.append([*found, *of, len(ours), len(theirs)])
    return np.array(rows)


def bleu(counts):
    """BLEU, from 0 to 100, of ``bleu_counts``, with one translation to compare with for each sentence.

    Source: Papineni et al. 2002; the same as sacrebleu's of words, but 0 where no run of 4 is right.
    """
    total = np.sum(counts, axis=0)
    found, of, ours, theirs = total[:4], total[4:8], total[8], total[9]
    if not found.all():
        return 0.0
    return float(100 * np.exp(min(0, 1 - theirs / ours) + np.log(found / of).mean()))


def exact(said, wanted):
    """Whether each translation is the other word by word: booleans (N,)."""
    return np.array([ours == theirs for ours, theirs in zip(said, wanted, strict=True)])
