"""Recordings that sound like one voice: clusters found without knowing who speaks."""

import numpy as np

CLUSTERS = 6


def portraits(recordings, digits):
    """Mean and spread of each recording's coefficients, what its digit does to them taken out: (N, 26)."""
    portrait = np.array([np.concatenate([x.mean(axis=0), x.std(axis=0)]) for x in recordings])
    for digit in range(10):
        same = digits == digit
        portrait[same] = (portrait[same] - portrait[same].mean(axis=0)) / portrait[same].std(axis=0)
    return portrait


def clusters(points, k=CLUSTERS, seed=0, tries=10):
    """For each of points (N, D) the number of its cluster, 0 to k - 1: k-means, the best of some starts.

    The largest cluster is number 0. Sources: Lloyd 1982; starts: Arthur & Vassilvitskii 2007, "k-means++".
    """
    rng, best = np.random.default_rng(seed), (np.inf, None)
    for _ in range(tries):
        centres = points[rng.integers(len(points))][None]
        while len(centres) < k:
            gap = _squares(points, centres).min(axis=1)
            centres = np.vstack([centres, points[rng.choice(len(points), p=gap / gap.sum())]])
        for _ in range(100):
            nearest = _squares(points, centres).argmin(axis=1)
            moved = np.array(
                [points[nearest == j].mean(axis=0) if (nearest == j).any() else centres[j] for j in range(k)]
            )
            if np.allclose(moved, centres):
                break
            centres = moved
        gaps = _squares(points, centres)
        if gaps.min(axis=1).sum() < best[0]:
            best = gaps.min(axis=1).sum(), gaps.argmin(axis=1)
    order = np.argsort(-np.bincount(best[1], minlength=k), kind="stable")
    return np.argsort(order)[best[1]]


def _squares(points, centres):
    """The squared distance of each point to each centre: (N, k)."""
    apart = (points**2).sum(axis=1)[:, None] - 2 * points @ centres.T + (centres**2).sum(axis=1)
    return np.maximum(apart, 0)
