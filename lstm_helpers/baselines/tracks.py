"""What a sequence network has to beat on tracks and clips: the nearest track, and hand-made features of motion.

The features are for any classifier of vectors; the table of runs used scikit-learn's support vector machine.
"""

import numpy as np


def distances(one, other):
    """The root mean square distance between tracks (T, N, 2) and (T, M, 2), place by place in time: (N, M)."""
    one, other = (np.asarray(t, float).swapaxes(0, 1).reshape(t.shape[1], -1) for t in (one, other))
    squares = (one**2).sum(1)[:, None] + (other**2).sum(1) - 2 * one @ other.T
    return np.sqrt(np.maximum(squares, 0) / (one.shape[1] / 2))


def warped_distances(one, other, band=6):
    """Dynamic time warping between tracks (T, N, 2) and (T, M, 2), at most ``band`` frames apart: (N, M).

    The cheapest sum of squared distances over all ways to walk through both from start to end. Source: Sakoe & Chiba
    1978, the symmetric form without slope constraints.
    """
    one, other = np.asarray(one, np.float32), np.asarray(other, np.float32)
    T, shape = len(one), (one.shape[1], other.shape[1])
    before = np.full((T + 1, *shape), np.inf, np.float32)
    before[0] = 0
    for i in range(T):
        now = np.full_like(before, np.inf)
        for j in range(max(0, i - band), min(T, i + band + 1)):
            cost = ((one[i][:, None] - other[j][None]) ** 2).sum(-1)
            now[j + 1] = cost + np.minimum(np.minimum(before[j], before[j + 1]), now[j])
        before = now
    return before[T]


def nearest(distance, label):
    """The label of the nearest: distance (N, M), label (N,) of those that are known. (M,)"""
    return np.asarray(label)[distance.argmin(axis=0)]


def track_vectors(tracks):
    """Tracks (T, N, 2) as vectors: places around their centre, steps, and the centre. (N, 4 T)"""
    x = np.asarray(tracks).swapaxes(0, 1)
    centre = x.mean(axis=1)
    parts = (x - centre[:, None]).reshape(len(x), -1), 5 * np.diff(x, axis=1).reshape(len(x), -1), centre
    return np.hstack(parts)


def motion_vectors(clips, noise):
    """Where the moving part of each clip (T, N, S, S) is, and its steps, as vectors (N, 4 T - 2).

    The clip's median frame is taken away, since what stands still is in most frames, and twice the noise.
    """
    moving = np.clip(clips - np.median(clips, axis=0) - 2 * noise, 0, None)
    total, at = moving.sum(axis=(2, 3)) + 1e-3, np.arange(clips.shape[2]) - (clips.shape[2] - 1) / 2
    places = np.stack([(moving.sum(2) * at).sum(2) / total, (moving.sum(3) * at).sum(2) / total], axis=-1)
    places = places.swapaxes(0, 1)
    return np.hstack([places.reshape(len(places), -1), np.diff(places, axis=1).reshape(len(places), -1)])
