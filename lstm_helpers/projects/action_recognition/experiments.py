"""The numbers of the project's notebook: from the table of runs, and small experiments with the stored networks."""

import numpy as np

from lstm_helpers import intervals
from lstm_helpers.baselines import tracks as baselines
from lstm_helpers.data import clips
from lstm_helpers.projects.action_recognition import networks, runs, video

DIVISIONS = 30  # of the clips in folds, drawn at random: one alone says little


def right(task, name, truth):
    """Whether each run of a model was right about each clip: (seeds, N) booleans."""
    return np.array([answer == truth for answer in runs.said(task, name).values()])


def accuracies(task, names, truth):
    """{name: the share of right answers of each seed} of those models that the table has."""
    found = {name: right(task, name, truth) for name in names}
    return {name: rows.mean(axis=1) for name, rows in found.items() if len(rows)}


def difference(task, one, other, truth, group=None):
    """By how much a model's accuracy is above another's, with its 95 % interval: (difference, low, high).

    The mean over the runs of each; clips are drawn, or whole groups of them, the same for both (paired bootstrap).
    """
    ours, theirs = (right(task, name, truth).mean(axis=0) for name in (one, other))
    return intervals.over_cases(lambda a, b: np.mean(a - b), ours, theirs, groups=group)


def nearest_by_folds(tracks, sign, group):
    """The accuracy of the nearest track in 5 folds, (2, DIVISIONS): with any clip in any fold, with copies in one."""
    distance, shares = baselines.distances(tracks, tracks), []
    for together in (np.arange(len(sign)), group):
        for seed in range(DIVISIONS):
            fold, said = clips.folds(together, sign, 5, seed=seed), np.empty(len(sign), int)
            for k in range(5):
                known = np.flatnonzero(fold != k)
                said[fold == k] = baselines.nearest(distance[np.ix_(known, fold == k)], sign[known])
            shares.append(float(np.mean(said == sign)))
    return np.array(shares).reshape(2, DIVISIONS)


def mistaken(said, sign):
    """Pairs of signs, by how often one was read as the other in some runs: [((sign, read as), times), ...]."""
    pairs = [(int(a), int(b)) for answers in said for a, b in zip(sign, answers, strict=True) if a != b]
    return sorted(((pair, pairs.count(pair)) for pair in set(pairs)), key=lambda item: (-item[1], item[0]))


def by_hidden(watcher, shares, number=150):
    """The accuracy of a Watcher when the moving digit is missing in these shares of the frames. Validation digits."""
    images, found = networks.images("validation"), []
    for share in shares:
        shown, motion = clips.moving_digits(images, number, seed=1, hidden=share)
        found.append(float(np.mean(networks.motions(watcher, shown) == motion)))
    return found


def drawn_video(*paths, frames=60, seed=0):
    """A video (T, 90, 120) of bright spots in front of a background. paths: share of the time -> x, y from 0 to 1."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[:90, :120]
    video = np.empty((frames, 90, 120), np.float32)
    for t in range(frames):
        video[t] = 0.3 + 0.15 * np.sin(columns / 17) + 0.1 * np.cos(rows / 11)
        for path in paths:
            x, y = path(t / (frames - 1))
            video[t] += 0.6 * np.exp(-((columns - 119 * x) ** 2 + (rows - 89 * y) ** 2) / (2 * 7**2))
    return np.clip(video + 0.02 * rng.standard_normal(video.shape), 0, 1).astype(np.float32)


def circles_read(reader, turn, points=8):
    """What is read in videos of a spot that goes round once, from each of some points on: a sign, or "refused".

    turn: 1 for clockwise, -1 for anti-clockwise.
    """
    said = []
    for start in np.arange(points) / points:
        frames = drawn_video(lambda share, start=start: _on_a_circle(start + turn * share))
        try:
            said.append(video.recognise(frames, reader).sign)
        except video.Refused:
            said.append("refused")
    return said


def _on_a_circle(rounds):
    """x, y of a point that has gone round so often, from the right on; y grows downwards."""
    return 0.5 + 0.25 * np.cos(2 * np.pi * rounds), 0.5 + 0.25 * np.sin(2 * np.pi * rounds)
