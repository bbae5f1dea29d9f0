"""Sheet of the project action recognition: tracks, a tracker, clips that run backwards, convolutions, a ConvLSTM."""

import functools
from importlib.resources import files

import numpy as np

from lstm_helpers.checks.cases import ONE_APART, finish, weights, without_units
from lstm_helpers.checks.judge import integers
from lstm_helpers.checks.sheet import Sheet
from lstm_helpers.data import clips as data
from lstm_helpers.projects.action_recognition import answers
from lstm_helpers.projects.judging import COPIED, alike, no_model

ROWS = without_units(ONE_APART)
_DATA = files("lstm_helpers").joinpath("data")
_HIDDEN = files("lstm_helpers").joinpath("projects", "action_recognition", "hidden_digits.npz")
READS = (_DATA.joinpath("handwritten_digits.npz"), _DATA.joinpath("models", "clip_lstm.npz"))
sheet = Sheet.of(answers, profile="action_recognition", reads=(*READS, *([_HIDDEN] if _HIDDEN.is_file() else [])))


@sheet.check(
    returns="rows",
    points=2,
    minutes=12,
    hints=[
        "Make `steps` of the shape of `tracks`: zeros, then from frame 1 on `tracks[1:] - tracks[:-1]`.",
        "Place and step side by side are `np.concatenate([tracks, steps], axis=2)`, (T, B, 4). Cut it to an even "
        "number of frames, `[: T // 2 * 2]`.",
        "`.reshape(T // 2, 2, B, 4)` makes pairs of frames; `.swapaxes(1, 2)` puts the clips in front of the pair; "
        "then `.reshape(T // 2, B, 8)`.",
    ],
)
def track_features(rng):
    """What the LSTM reads of tracks: two frames a row, place and step of each."""
    for label, T, B in (
        ("an ordinary track", 6, 3),
        ("other values of the same shapes", 6, 3),
        ("an odd number of frames", 7, 3),
        ("one clip", 4, 1),
        ("two frames", 2, 3),
        ("three frames", 3, 5),
        ("as many clips as frames", 4, 4),
        ("large positive places", 6, 5),
        ("large negative places", 6, 5),
        ("float32", 8, 3),
        ("more clips", 6, 5),
        ("more frames", 8, 3),
    ):
        yield finish(label, {"tracks": rng.normal(size=(T, B, 2))}, scaled=("tracks",))


@sheet.check(
    returns="centres",
    ranges={"centres": (0, 1)},
    points=2,
    minutes=15,
    hints=[
        "Go through the frames one by one, with an array `place` (B, 2) that starts at 0.5 and remembers.",
        "x: `moving[t].sum(axis=1)` adds up the rows, (B, S). Times `np.arange(S) / (S - 1)`, summed, and divided by "
        "all that moves, it is the mean column.",
        "`seen = moving[t].sum(axis=(1, 2)) > 0` says in which clips something moves. Change `place[seen]` alone, then "
        "`centres[t] = place`.",
    ],
)
def centroids(rng):
    """The tracker: the centre of what moves; the place before, where nothing does."""
    for label, T, B, S in (
        ("an ordinary clip", 5, 3, 6),
        ("other values of the same shapes", 5, 3, 6),
        ("one clip", 4, 1, 5),
        ("one frame", 1, 3, 4),
        ("as many clips as pixels in a row", 3, 4, 4),
        ("strong movement", 5, 2, 7),
        ("faint movement", 5, 2, 7),
        ("float32", 6, 2, 8),
        ("other sizes", 5, 2, 7),
        ("longer clips", 6, 2, 8),
    ):
        moving = rng.uniform(0.2, 1, size=(T, B, S, S)) * (rng.random((T, B, S, S)) < 0.3)
        moving[:, :, 0, 1] += 0.3  # no frame without movement, but those below
        if T > 1:
            moving[0, 0] = moving[2, -1] = 0  # before the first movement, and between two
            moving[-1, 0] = 0
        if label in ("strong movement", "faint movement"):
            moving *= 1e4 if label.startswith("strong") else 1e-4
        yield finish(label, {"moving": moving})
    alone = np.zeros((3, 2, 5, 5))
    alone[1, 0, 0, 4] = alone[2, 0, 4, 0] = 2.0  # corners; nothing ever moves in the other clip
    yield "one clip in which nothing moves", {"moving": alone}


@sheet.check(
    returns=("clips", "motion"),
    points=2,
    minutes=10,
    compare=integers("a motion is a number of a motion"),
    hints=[
        "Copy both arrays first, `clips.copy()`, so that yours can be changed.",
        "`clips[:, chosen]` are the chosen clips, `clips[::-1, chosen]` the same with their frames reversed.",
        "The table `becomes` says for each motion which one it becomes: `motion[chosen] = becomes[motion[chosen]]`.",
    ],
)
def backwards(rng):
    """Some clips run backwards in time, with the name of the motion that this makes."""
    for label, T, B, S, M in (
        ("some of the clips", 4, 6, 3, 6),
        ("other clips, the same sizes", 4, 6, 3, 6),
        ("one clip, chosen", 5, 1, 4, 6),
        ("one clip, not chosen", 5, 1, 4, 6),
        ("an odd number of frames", 5, 7, 2, 6),
        ("one frame", 1, 5, 3, 6),
        ("as many frames as clips", 4, 4, 4, 8),
        ("float32", 3, 5, 4, 8),
        ("all of them", 3, 5, 2, 6),
        ("other motions", 3, 5, 4, 8),
    ):
        pairs = rng.permutation(M).reshape(-1, 2)
        becomes = np.empty(M, int)
        becomes[pairs] = pairs[:, ::-1]
        chosen = rng.permutation(np.arange(B) % 2 == 0) if B > 1 else np.array([label.endswith(", chosen")])
        if label.startswith("all"):
            chosen[:] = True
        _, shown = finish(label, {"clips": rng.normal(size=(T, B, S, S))})
        motion = rng.permutation(np.arange(B) % M)
        yield label, {**shown, "motion": motion, "chosen": chosen, "becomes": becomes}


@sheet.check(
    returns=("dh", "dw"),
    points=3,
    minutes=20,
    hints=[
        "Backwards, line by line. pooled is the sum of a times h: so the gradient of a is `(dpooled * h).sum(axis=2)`, "
        "(T, B), and one part of dh is a times dpooled.",
        "Through the softmax over time: `dscores = a * (da - (a * da).sum(axis=0))`.",
        "scores are h @ w: dscores times w is the other part of dh, and dw is "
        "`(dscores[..., None] * h).sum(axis=(0, 1))`.",
    ],
)
def attention_pool_backward(rng):
    """Back through the pooling: h gets a gradient in two ways, w in one."""
    for label, B, K, T in ROWS:
        T, K = (B, B) if label.startswith("square") else (T + 3, K + 2)
        h, w = rng.normal(size=(T, B, K)), rng.normal(size=K)
        _, case = finish(label, {"dpooled": rng.normal(size=(B, K)), "h": h, "w": w}, scaled=("dpooled",))
        a = answers.attention_pool(h, w)[1]
        yield label, {**case, "a": a.astype(case["h"].dtype)}
    h, w = rng.normal(size=(1, 3, 4)), rng.normal(size=4)
    yield "one step", {"dpooled": rng.normal(size=(3, 4)), "h": h, "w": w, "a": np.ones((1, 3))}


@sheet.check(
    returns="y",
    points=3,
    minutes=20,
    hints=[
        "`np.pad(x, [(0, 0), (0, 0), (1, 1), (1, 1)])` puts one row and column of zeros around each picture.",
        "Nine products, not S * S: for each place (i, j) of the kernel, take all the pixels that it meets at once, "
        "`padded[:, :, i : i + S : 2, j : j + S : 2]`, (N, C, S // 2, S // 2).",
        '`np.einsum("ncij,kc->nkij", seen, W[:, :, i, j])` adds up the channels. Add the nine to `b[:, None, None]`.',
    ],
)
def convolve(rng):
    """The convolution of a CNN: 3 by 3, stride 2, one pixel of zeros around the picture."""
    for label, N, C, S, K in (
        ("ordinary pictures", 2, 3, 6, 4),
        ("other values of the same shapes", 2, 3, 6, 4),
        ("one picture", 1, 2, 4, 3),
        ("one channel", 3, 1, 6, 2),
        ("one kernel", 3, 2, 6, 1),
        ("pictures of two by two", 3, 2, 2, 5),
        ("as many of everything", 4, 4, 4, 4),
        ("large positive pixels", 2, 2, 8, 3),
        ("large negative pixels", 2, 2, 8, 3),
        ("float32", 3, 2, 8, 5),
        ("larger pictures", 2, 2, 8, 3),
        ("more kernels", 3, 2, 8, 5),
    ):
        case = {"x": rng.normal(size=(N, C, S, S)), "W": rng.normal(size=(K, C, 3, 3)), "b": _distinct(rng, K)}
        yield finish(label, case)


def _distinct(rng, n):
    """n biases, none alike and none zero."""
    return rng.permutation(n) / (n + 1) - 0.93


@sheet.check(
    returns=("h", "c"),
    ranges={"h": (-1, 1)},
    points=4,
    minutes=20,
    hints=[
        "The step of lesson 4: `conv(x, W_x)` stands for `x @ W_x`, and `conv(h_prev, W_h)` for `h @ W_h`.",
        "All four gates at once are `z`, (B, 4H, S, S). The bias has one number for each of its 4H pictures: "
        "`b[:, None, None]`. `np.split(z, 4, axis=1)` gives i, f, g, o.",
        "`c = sigmoid(f) * c_prev + sigmoid(i) * np.tanh(g)`, `h = sigmoid(o) * np.tanh(c)`: pixel by pixel.",
    ],
)
def convlstm_step(rng):
    """One step of an LSTM whose states are images. Source: Shi et al. 2015, equation 3, without peepholes."""
    for label, B, C, H, S in (
        ("an ordinary step", 2, 3, 4, 5),
        ("other values of the same shapes", 2, 3, 4, 5),
        ("one clip", 1, 2, 3, 5),
        ("one channel of memory", 3, 2, 1, 4),
        ("one channel of input", 3, 1, 2, 5),
        ("as many of everything", 3, 3, 3, 3),
        ("large positive inputs", 2, 3, 2, 4),
        ("large negative inputs", 2, 3, 2, 4),
        ("float32", 2, 2, 3, 6),
        ("other sizes", 2, 3, 2, 4),
        ("larger pictures", 2, 2, 3, 6),
    ):
        case = {
            "x": rng.normal(size=(B, C, S, S)),
            "h_prev": rng.uniform(-1, 1, size=(B, H, S, S)),
            "c_prev": 2 * rng.normal(size=(B, H, S, S)),
            "W_x": rng.normal(size=(4 * H, C, 3, 3)) / 2,
            "W_h": rng.normal(size=(4 * H, H, 3, 3)) / 2,
            "b": _distinct(rng, 4 * H),
        }
        yield finish(label, case)


@sheet.check(
    returns="scores",
    points=3,
    minutes=20,
    uses=("convolve",),
    hints=[
        "The clip's mean frame is `clips.mean(axis=0)`. Stack the frames and what differs from it as channels, axis 2, "
        "times 2: (T, B, 2, S, S). The CNN reads T * B pictures: `.reshape(T * B, 2, S, S)`.",
        "`np.maximum(convolve(frames, W_1, b_1), 0)`, the same with W_2, then one row for each picture, "
        "`frames.reshape(T * B, -1) @ W_f + b_f`, a last ReLU, and back to (T, B, D).",
        "Carry h and c from zeros through the T steps with `lstm_step`, keep each h, and return "
        "`np.mean(late[T // 2 :], axis=0) @ W_y + b_y`.",
    ],
)
def motion_scores(rng):
    """A CNN looks at each frame, an LSTM at what the CNN saw."""
    for label, T, B, S, D, H in (
        ("an ordinary clip", 4, 3, 8, 5, 2),
        ("other values of the same shapes", 4, 3, 8, 5, 2),
        ("one clip", 4, 1, 8, 3, 4),
        ("an odd number of frames", 5, 3, 4, 3, 2),
        ("one unit", 4, 2, 4, 3, 1),
        ("as many clips as frames", 3, 3, 4, 4, 4),
        ("float32", 6, 2, 8, 4, 3),
        ("longer clips", 6, 2, 8, 4, 3),
    ):
        K_1, K_2, M = 3, 2, 5
        lstm = weights(rng, D, H)
        case = {
            "clips": rng.normal(size=(T, B, S, S)) + np.arange(T)[:, None, None, None] * 0.3,
            "W_1": rng.normal(size=(K_1, 2, 3, 3)) / 2, "b_1": _distinct(rng, K_1) / 2,
            "W_2": rng.normal(size=(K_2, K_1, 3, 3)) / 2, "b_2": _distinct(rng, K_2) / 2,
            "W_f": rng.normal(size=(K_2 * (S // 4) ** 2, D)) / 2, "b_f": _distinct(rng, D) / 2 + 0.4,
            "W_x": lstm["W_x"] / 2, "W_h": lstm["W_h"], "b": lstm["b"],
            "W_y": rng.normal(size=(H, M)), "b_y": _distinct(rng, M),
        }  # fmt: skip
        yield finish(label, case)


SHOWN = 400  # clips that a model is scored on, each time others
TIERS = ((0.97, 6), (0.96, 4), (0.95, 2))  # the share of right answers -> points
RIVAL = 0.94  # what the hand-made tracker and a support vector machine get right: the notebook measures it
MOST_UNITS, CHANNELS = 128, (12, 16)
ALIKE, PLACES = 0.7, 100  # the correlation from which two units are taken for one, and the clips on which it is asked
WEIGHTS = ("W_1", "b_1", "W_2", "b_2", "W_f", "b_f", "W_x", "W_h", "b", "W_y", "b_y")


def _shapes(H):
    one, two = CHANNELS
    return {
        "W_1": (one, 2, 3, 3), "b_1": (one,), "W_2": (two, one, 3, 3), "b_2": (two,),
        "W_f": (two * (data.SIDE // 4) ** 2, H), "b_f": (H,), "W_x": (H, 4 * H), "W_h": (H, 4 * H), "b": (4 * H,),
        "W_y": (H, len(data.MOTIONS)), "b_y": (len(data.MOTIONS),),
    }  # fmt: skip


@functools.cache
def _images():
    """Digits that clips to score on are made of.

    Where a class is graded they are hidden ones, which no student has; in a student's edition, those of the validation
    part.
    """
    if _HIDDEN.is_file():
        return data.handwritten_digits(_HIDDEN)[0]
    from lstm_helpers.projects.action_recognition.networks import images

    return images("validation")


def _says(model, clips):
    """What each unit of a model says of each clip, (B, H): its mean state, by question 7."""
    H = len(model["W_h"])
    return answers.motion_scores(clips, **{**model, "W_y": np.eye(H), "b_y": np.zeros(H)})


@functools.cache
def _stored_says():
    return tuple(_says(dict(zip(WEIGHTS, answers.my_network(), strict=True)), clips) for clips in _strange_clips())


@functools.cache
def _strange_clips():
    """Clips of which networks that were trained apart have no common habit, of two kinds.

    Noise with a spot here and there; and frames that are real, but each from another clip: a kernel that is added to a
    copy, and wakes on such noise alone, changes nothing there.
    """
    rng = np.random.default_rng(0)
    noise = rng.normal(size=(data.LENGTH, PLACES, data.SIDE, data.SIDE)) ** 3 / 5
    clips, _ = data.moving_digits(_images(), PLACES, 0)
    shape = clips.shape[:2]
    return noise, clips[rng.integers(shape[0], size=shape), rng.integers(shape[1], size=shape)]


def _copied(model):
    """How much its units do what those of the stored network do, from 0 to 1: the larger of both kinds of clips."""
    both = zip(_strange_clips(), _stored_says(), strict=True)
    return max(alike(_says(model, clips), stored) for clips, stored in both)


def marks(outputs, cases):
    """Points for the weights of a model, by how many motions it gets right on clips that are made for this grading.

    The model is run here, by question 7, and is a CNN with an LSTM whatever the notebook holds: a rule cannot be handed
    in, and nothing can be looked up.
    """
    given = dict(zip(WEIGHTS, (np.asarray(array) for array in outputs[0].values()), strict=True))
    if trouble := no_model(given, "W_h", _shapes, MOST_UNITS):
        return 0, *trouble
    model = {name: array.astype(np.float64) for name, array in given.items()}
    if _copied(model) > ALIKE:
        return COPIED
    clips, motion = data.moving_digits(_images(), SHOWN, int(cases[0]["seed"]))
    right = np.mean(answers.motion_scores(clips, **model).argmax(axis=1) == motion)
    points = next((points for share, points in TIERS if right >= share), 0)
    asked = ", ".join(f"{points} points from {share:.0%} on" for share, points in reversed(TIERS))
    said = f"{right:.1%} of {SHOWN} new clips right, where the hand-made tracker gets {RIVAL:.0%} ({asked})"
    if points:
        return points, said, ""
    if right < 0.7:  # a good network whose input and forget gate are exchanged gets up to a half
        said += (
            f"\nOne of {len(data.MOTIONS)} is right by guessing, and half with the direction left open. Are the gates "
            "in the order i, f, g, o? Are torch's matrices transposed, and its two biases added? If so, the training "
            "did not leave its plateau: train anew, or for more passes."
        )
        return 0, said, "no better than guessing" if right < 0.3 else "weights out of order, or a training too short"
    return 0, said, "not far enough above the hand-made tracker"


@sheet.check(
    returns=WEIGHTS,
    probe="made",
    marks=marks,
    points=6,
    minutes=20,
    hints=[
        "`my_model.params` is a dictionary of arrays. Print its keys, and the shape of each array.",
        "Eleven arrays, in the order in which motion_scores takes them. The dictionary holds them in this order, under "
        "longer names: `first.W`, `first.b`, `second.W`, ...",
        "`return tuple(my_model.params.values())`. Right, but too few points? Look at the validation value that "
        "bring_in() prints: below 2 % wrong is enough. Now and then a training stays on its plateau: train anew.",
    ],
)
def my_network(rng):
    """Your own model on clips that nobody has seen: it has to tell the motions better than the hand-made tracker.

    The clips are no part of the case: the answer is made without them.
    """
    yield f"{SHOWN} new clips", {"seed": np.array(rng.integers(2**31))}
