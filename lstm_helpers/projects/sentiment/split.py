"""Who is tested on what: five folds, and inside the training folds a part by which everything is chosen.

Both are cut by families, so that versions of one text never stand on two sides.
"""

import numpy as np

FOLDS, SPLIT, INNER = 5, 20, 3  # how many; the seeds of the folds, and of the part inside


def folds(held):
    """(N,): the fold, 0 to 4, that each of the Tweets is tested in. A family lies in one fold."""
    names = np.unique(held.families)
    fold = np.random.default_rng(SPLIT).permutation(len(names)) % FOLDS
    return fold[np.searchsorted(names, held.families)]


def validation(training):
    """(learned, validation): the training folds without a ninth of their families, and that ninth."""
    names = np.unique(training.families)
    chosen = np.random.default_rng(INNER).choice(names, len(names) // 9, replace=False)
    inside = np.isin(training.families, chosen)
    return training[~inside], training[inside]
