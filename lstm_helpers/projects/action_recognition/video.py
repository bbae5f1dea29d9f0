"""A video of one's own: file -> grey frames -> what moves -> a track, and the sign that it looks like.

The tracker is a **motion centroid**: the background is the median of each pixel over time, what differs from it by more
than the noise moves, and the hand is taken to be in its centre. It knows nothing of hands: it finds the one thing that
moves before a camera that stands still, and refuses whatever is not that, with the reason.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lstm_helpers import wording
from lstm_helpers.data import clips
from lstm_helpers.projects.action_recognition.answers import centroids
from lstm_helpers.projects.action_recognition.model import inputs

SHORTEST, LONGEST, SIDE = 16, 900, 64  # frames; and pixels of a side, to which frames are made smaller
STILL, SHAKEN, TWO, SEEN = 0.0005, 0.35, 0.17, 0.5  # the limits of what is refused, each said where it is used
UNDECIDED = 0.5  # the least share of the likeliest sign
QUIETEST, LOUDEST = 0.06, 0.15  # a change of brightness counts as movement from here on, the more noise, the later


class Refused(ValueError):
    """A clip outside of what this can read: what was found, and what to do."""


def read(path):
    """The frames of a video file, grey from 0 to 1: (T, height, width).

    Any format that imageio reads, such as MP4, AVI, WebM and GIF. Raises Refused with what to do.
    """
    path = Path(path)
    if not path.is_file():
        found = "is a folder" if path.is_dir() else "is not there"
        raise Refused(f"{path.name} {found}: expected a video file in {path.parent.resolve().name}")
    if not path.stat().st_size:
        raise Refused(f"{path.name} is empty: record it again, or copy it again once it is whole")
    try:
        import imageio.v3 as imageio
    except ImportError:
        raise Refused("reading videos needs imageio and PyAV: pip install 'lstm-helpers[media]'") from None
    frames = []
    try:
        plugin = None if path.suffix.lower() == ".gif" else "pyav"
        for frame in imageio.imiter(path, plugin=plugin):
            frames.append(grey(frame))
            if len(frames) > LONGEST:
                raise Refused(f"{path.name} has more than {LONGEST} frames: cut out the few seconds of one sign")
    except Refused:
        raise
    except Exception as trouble:
        raise Refused(
            f"{path.name} is no video that can be read, or not a whole one ({type(trouble).__name__}): copy it again, "
            "or save it as MP4 (H.264)"
        ) from None
    if len({frame.shape for frame in frames}) != 1:
        raise Refused(f"{path.name} has {'no frames' if not frames else 'frames of several sizes'}: record it anew")
    return np.stack(frames)


def grey(frame):
    """A frame (height, width) or (height, width, channels) of 0 to 255 as grey (about SIDE, about SIDE), 0 to 1.

    The larger side keeps at most SIDE blocks of pixels, each the mean of its pixels.
    """
    frame = np.asarray(frame, np.float32)
    if frame.ndim == 3:
        frame = frame[..., :3].mean(axis=-1)
    block = max(1, -(-max(frame.shape) // SIDE))
    height, width = (n // block * block for n in frame.shape)
    blocks = frame[:height, :width].reshape(height // block, block, width // block, block)
    return blocks.mean(axis=(1, 3)) / 255


def moving_part(frames):
    """How much each pixel moves (T, height, width): what differs from the clip's median by more than its noise."""
    difference = np.abs(frames - np.median(frames, axis=0))
    return np.clip(difference - np.clip(8 * np.median(difference), QUIETEST, LOUDEST), 0, None)


@dataclass
class Reading:
    """What was read in a clip: the track (45, 1, 2), and the share of each sign, {name: share}, the likeliest first."""

    track: np.ndarray
    shares: dict

    @property
    def sign(self):
        return next(iter(self.shares))

    def __repr__(self):
        named = ", ".join(f"{name} {share:.0%}" for name, share in list(self.shares.items())[:3])
        return f"tracked by motion centroid: {named}"


def track(frames):
    """The track (45, 1, 2) of the one thing that moves in frames (T, height, width). Raises Refused for other clips."""
    frames = np.asarray(frames, np.float32)
    if frames.ndim != 3:
        raise Refused(f"expected frames of shape (T, height, width), got {frames.shape}: make them grey")
    if frames.size and not (frames.min() >= 0 and frames.max() <= 1):  # of NaN neither holds
        raise Refused(
            f"expected grey from 0 to 1, got {frames.min():g} to {frames.max():g}: video.grey(frame) makes it of a "
            "frame of 0 to 255"
        )
    if len(frames) < SHORTEST:
        raise Refused(
            f"the clip has {wording.count(len(frames), 'frame')}, expected {SHORTEST} or more: a sign takes some "
            "seconds"
        )
    moving = _square(moving_part(frames))
    share = (moving > 0).mean(axis=(1, 2))
    if share.max() < STILL:
        raise Refused("nothing moves in it: the tracker follows what differs from the background")
    if np.median(share) > SHAKEN:
        raise Refused(
            f"{np.median(share):.0%} of the picture changes: the camera moves, or the light does. Put it on a table"
        )
    if (seen := (share >= STILL).mean()) < SEEN:
        raise Refused(f"something moves in only {seen:.0%} of the frames: cut the clip to the movement")
    spread = np.median(_spread(moving))
    if spread > TWO:
        raise Refused(
            f"what moves is spread over {2 * spread:.0%} of the picture: several things move, or one large one. The "
            "tracker follows one hand: keep the rest still, or step back"
        )
    places = centroids(moving[:, None])
    when = np.linspace(0, len(places) - 1, clips.FRAMES)
    sampled = [np.interp(when, np.arange(len(places)), places[:, 0, k]) for k in (0, 1)]
    return np.stack(sampled, axis=1)[:, None].astype(np.float32)


def _square(moving):
    """Frames with rows or columns of zeros around them, so that they are square."""
    _, height, width = moving.shape
    side = max(height, width)
    above, left = (side - height) // 2, (side - width) // 2
    return np.pad(moving, [(0, 0), (above, side - height - above), (left, side - width - left)])


def _spread(moving):
    """The spread of what moves around its centre in each frame in which something does, in widths of the picture."""
    at = np.arange(moving.shape[1]) / (moving.shape[1] - 1)
    total = moving.sum(axis=(1, 2))
    moving, total = moving[total > 0], total[total > 0]
    spreads = 0
    for axis in (1, 2):
        line = moving.sum(axis=axis) / total[:, None]
        spreads = spreads + (line * at**2).sum(axis=1) - (line * at).sum(axis=1) ** 2
    return np.sqrt(np.maximum(spreads, 0))


def recognise(frames, reader):
    """The Reading of frames (T, height, width) by a SignReader. Raises Refused for clips outside of its task.

    A track that is unlike all signs it was trained on is refused: a network names one of its 15 signs whatever it sees.
    """
    found = track(frames)
    known, _ = clips.hand_signs()
    far, limit = _nearest(found, known)[0], _nearest(known, known, itself=True).max()
    if far > limit:
        raise Refused(
            f"the movement is unlike all {len(clips.SIGNS)} signs: its distance to the nearest clip is {far:.2f}, "
            f"and no clip is farther from its own nearest one than {limit:.2f}"
        )
    scores = reader.scores(found)[0]
    p = np.exp(scores - scores.max())
    p /= p.sum()
    reading = Reading(found, {clips.SIGNS[k]: float(p[k]) for k in np.argsort(-p)})
    if p.max() < UNDECIDED:
        raise Refused(f"no sign is likely enough ({reading}): make it larger, and from start to end")
    return reading


def _nearest(tracks, known, itself=False):
    """The distance of each track to the nearest of the known ones, in what the LSTM reads."""
    one, other = (inputs(t).swapaxes(0, 1).reshape(t.shape[1], -1) for t in (tracks, known))
    far = np.sqrt(((one[:, None] - other[None]) ** 2).mean(axis=-1))
    far[far == 0] = np.inf if itself else 0  # a clip and its copies say nothing
    return far.min(axis=1)
