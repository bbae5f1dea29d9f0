"""Short clips for the project action_recognition: hand signs as tracks, and digits that move about.

Time comes first: a track is (T, B, 2), clips are (T, B, S, S). Everything here needs NumPy alone.
"""

from importlib.resources import files

import numpy as np

FRAMES = 45  # of a hand sign: its video has about seven seconds
# The source numbers its signs; its description lists their names in this order, but with "tremble" at the end. By their
# shapes the ninth is the tremble: the hand stays where it is.
SIGNS = (
    "curved swing", "horizontal swing", "vertical swing", "anti-clockwise arc", "clockwise arc", "circle",
    "horizontal line", "vertical line", "tremble", "horizontal zigzag", "vertical zigzag", "horizontal wavy",
    "vertical wavy", "face-up curve", "face-down curve",
)  # fmt: skip

MOTIONS = ("left", "right", "up", "down", "clockwise", "anti-clockwise")
REVERSED = np.array([1, 0, 3, 2, 5, 4])  # what each motion becomes when its clip runs backwards
SIDE, DIGIT, LENGTH = 24, 8, 16  # pixels of a frame, of a digit, and frames of a clip
HIDDEN, NOISE = 0.25, 0.15  # the chance that a frame does not show what moves, and the spread of the noise


def hand_signs():
    """360 signs of Brazilian Sign Language, where the hand was in each of 45 frames: tracks (45, 360, 2), sign (360,).

    x to the right and y downwards, as in an image, from 0 to 1, float32; a sign is a place in ``SIGNS``. Who signs is
    not told. 30 clips are exact copies of others: see ``groups``.
    """
    tracks, sign = _read(files("lstm_helpers.data").joinpath("hand_signs.npz"))
    return np.ascontiguousarray(tracks.swapaxes(0, 1).astype(np.float32) / 65535), sign


def _read(file):
    with file.open("rb") as stream, np.load(stream, allow_pickle=False) as held:
        return held["X"], held["y"].astype(int)


def groups(tracks):
    """A number for each of the tracks (T, B, 2): the same for exact copies. (B,)"""
    flat = np.asarray(tracks).swapaxes(0, 1).reshape(tracks.shape[1], -1)
    return np.unique(flat, axis=0, return_inverse=True)[1].ravel()


def folds(group, sign, number, seed):
    """The fold of each clip, (B,): copies together, and each sign spread over the folds as evenly as can be."""
    rng, fold, turn = np.random.default_rng(seed), np.empty(len(group), int), 0
    for k in np.unique(sign):
        for g in rng.permutation(np.unique(group[sign == k])):
            fold[group == g], turn = turn % number, turn + 1
    return fold


def handwritten_digits(file=None):
    """1,527 digits of 13 writers: images (1527, 8, 8) from 0 to 1, float32, and which digit each is (1527,).

    Who wrote which is not told. file: another one of that form.
    """
    images, digit = _read(file or files("lstm_helpers.data").joinpath("handwritten_digits.npz"))
    return images.astype(np.float32) / 16, digit


def moving_digits(images, number, seed, hidden=HIDDEN, noise=NOISE):
    """``number`` clips of one of the images moving, by ``seed``: clips (16, number, 24, 24) float32, motion (number,).

    images (N, 8, 8). Four motions are straight, and wrap at the edge; two are circles. Start, speed and radius are
    random, each step is a little uneven, and a second digit stands still. The moving digit is missing in each frame
    with the chance ``hidden``; on top comes noise. A motion is a place in ``MOTIONS``: two by two, one is the other
    backwards in time, so that no single frame and no set of frames without their order tells the two apart.
    """
    rng = np.random.default_rng(seed)
    room, clips = SIDE - DIGIT, np.zeros((LENGTH, number, SIDE, SIDE), np.float32)
    motion = rng.integers(len(MOTIONS), size=number)
    for b, kind in enumerate(motion):
        moving, still = images[rng.integers(len(images), size=2)]
        top, left = rng.integers(room + 1, size=2)
        clips[:, b, top : top + DIGIT, left : left + DIGIT] = still
        time = np.arange(LENGTH) + rng.uniform(-0.35, 0.35, size=LENGTH)
        there = rng.random(LENGTH) >= hidden
        for t, (row, column) in enumerate(_path(rng, kind, time, room)):
            if there[t]:
                place = clips[t, b, row : row + DIGIT, column : column + DIGIT]
                np.maximum(place, moving, out=place)
    return clips + noise * rng.standard_normal(clips.shape, dtype=np.float32), motion


def _path(rng, kind, time, room):
    """Row and column of the digit's corner at each time: (T, 2) integers from 0 to ``room``."""
    if kind < 4:
        step = np.array([(0, -1), (0, 1), (-1, 0), (1, 0)][kind]) * rng.uniform(0.6, 1.8)
        places = (rng.uniform(0, room, size=2) + time[:, None] * step) % room
    else:
        radius, angle = rng.uniform(3, room / 2), rng.uniform(0, 2 * np.pi)
        turned = angle + rng.uniform(0.3, 0.75) * time * (1 if kind == 4 else -1)
        places = rng.uniform(radius, room - radius, size=2) + radius * np.stack([np.sin(turned), np.cos(turned)], 1)
    return np.clip(np.round(places), 0, room).astype(int)
