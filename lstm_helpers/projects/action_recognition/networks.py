"""Moving digits by networks that read pixels, in torch: a CNN per frame with an LSTM over frames, and a ConvLSTM.

A CNN in NumPy would take minutes for what torch does in seconds: here the convolutions decide, not the LSTM.
"""

from importlib import resources

import numpy as np
import torch
from torch import nn

from lstm_helpers.data.clips import MOTIONS, REVERSED, SIDE, handwritten_digits, moving_digits
from lstm_helpers.projects import own_weights
from lstm_helpers.projects.action_recognition.own_model import OWN
from lstm_helpers.projects.stored import prepared, read_weights, write_log, write_weights
from lstm_helpers.projects.torch_nets import arrays, put, step
from lstm_helpers.training import AdamW, cosine, fit, warm_up

SETTINGS = {"epochs": 36, "B": 32, "lr": 3e-3, "weight_decay": 1e-3, "clip": 1.0, "dropout": 0.2}
PARTS = {"training": (0.70, 3000), "validation": (0.15, 600), "test": (0.15, 1000)}  # of the images; clips
SPLIT = 2026
STORED = {"lstm": "clip_lstm", "convlstm": "clip_convlstm"}  # whose weights ship, and the names of their files
# What a motion becomes when its frames are mirrored left to right, top to bottom, or rows and columns exchanged.
MIRRORED = np.array([[1, 0, 2, 3, 5, 4], [0, 1, 3, 2, 5, 4], [2, 3, 0, 1, 5, 4]])


def images(name):
    """The digits (N, 8, 8) that the clips of a part are made of: no two parts have one in common."""
    every, _ = handwritten_digits()
    order, shares = np.random.default_rng(SPLIT).permutation(len(every)), [share for share, _ in PARTS.values()]
    ends = np.round(np.cumsum([0, *shares]) * len(every)).astype(int)
    k = list(PARTS).index(name)
    return every[order[ends[k] : ends[k + 1]]]


def part(name, number=None):
    """The clips (T, N, S, S) and motions (N,) of "training", "validation" or "test".

    number: as many of its first clips (default: all).
    """
    return moving_digits(images(name), number or PARTS[name][1], seed=SPLIT + list(PARTS).index(name))


def seen(clips):
    """What a network reads of clips (T, N, S, S): the frames, and less the clip's mean, (T, N, 2, S, S)."""
    clips = torch.as_tensor(clips)
    return torch.stack([clips, clips - clips.mean(0)], 2) * 2


class ConvLSTM(nn.Module):
    """An LSTM whose h and c are images, x (T, B, C, S, S) -> h (T, B, H, S, S): convolutions stand for its products.

    Source: Shi et al. 2015. Gates in the order i, f, g, o, without peepholes.
    """

    def __init__(self, channels, hidden):
        super().__init__()
        self.x, self.h, self.hidden = nn.Conv2d(channels, 4 * hidden, 3, padding=1), None, hidden
        self.h = nn.Conv2d(hidden, 4 * hidden, 3, padding=1, bias=False)

    def forward(self, x):
        from_x = self.x(x.flatten(0, 1)).unflatten(0, x.shape[:2])
        h = c = x.new_zeros(x.shape[1], self.hidden, *x.shape[3:])
        states = []
        for z in from_x:
            i, f, g, o = (z + self.h(h)).chunk(4, dim=1)
            c = f.sigmoid() * c + i.sigmoid() * g.tanh()
            h = o.sigmoid() * c.tanh()
            states.append(h)
        return torch.stack(states)


class Watcher(nn.Module):
    """Clips (T, B, S, S) -> scores of the motions (B, 6).

    memory: "lstm", a CNN of each frame and an LSTM over the frames; "convlstm", whose memory keeps the form of an
    image, below the last layer of the CNN; "none", the CNN alone: the mean of the frames, in whatever order.
    """

    def __init__(self, memory="lstm", H=64, dropout=0.2):
        super().__init__()
        self.memory = memory
        self.first, self.second = nn.Conv2d(2, 12, 3, stride=2, padding=1), nn.Conv2d(12, 16, 3, stride=2, padding=1)
        self.features = nn.Linear(16 * (SIDE // 4) ** 2, H)
        self.recurrent = {"lstm": nn.LSTM(H, H), "convlstm": ConvLSTM(16, 16), "none": None}[memory]
        self.dropout, self.readout = nn.Dropout(dropout), nn.Linear(H, len(MOTIONS))

    def forward(self, clips):
        x, (T, B) = seen(clips), clips.shape[:2]
        x = self.second(self.first(x.flatten(0, 1)).relu()).relu().unflatten(0, (T, B))
        if self.memory == "convlstm":
            x = self.recurrent(x)[T // 2 :]
        x = self.features(x.flatten(2)).relu()
        if self.memory == "lstm":
            x = self.recurrent(x)[0][T // 2 :]
        return self.readout(self.dropout(x.mean(0)))


def augment(clips, motion, rng):
    """Clips as they look mirrored or backwards, with the motion that this makes of theirs, and shifted a little."""
    clips, motion = torch.as_tensor(clips), np.array(motion)
    changes = (lambda x: x.flip(3), lambda x: x.flip(2), lambda x: x.transpose(2, 3), lambda x: x.flip(0))
    for change, becomes in zip(changes, [*MIRRORED, REVERSED], strict=True):
        chosen = rng.random(len(motion)) < 0.5
        clips = torch.where(torch.as_tensor(chosen)[:, None, None], change(clips), clips)
        motion = np.where(chosen, becomes[motion], motion)
    return clips.roll(tuple(rng.integers(-2, 3, 2).tolist()), (2, 3)), motion


def train_watcher(memory, seed, clips, motion, settings=SETTINGS, *, H=64, held=None, checkpoint=None, progress=False):
    """A Watcher trained on clips (T, N, S, S) and motions (N,), and its History. held: the validation part."""
    rng = np.random.default_rng(seed)
    torch.manual_seed(seed)
    watcher = Watcher(memory, H, dropout=settings["dropout"])
    a_pass = -(-len(motion) // settings["B"])
    steps = settings["epochs"] * a_pass

    def batches(rng):
        order = rng.permutation(len(motion))
        for k in range(0, len(order), settings["B"]):
            rows = order[k : k + settings["B"]]
            yield augment(clips[:, rows], motion[rows], rng)

    def loss(batch):
        return nn.functional.cross_entropy(watcher(batch[0]), torch.as_tensor(batch[1]))

    def evaluate():
        return 1 - np.mean(motions(watcher, held[0]) == held[1])

    optimiser = AdamW(arrays(watcher), settings["lr"], weight_decay=settings["weight_decay"])
    history = fit(
        step(watcher, loss, rng), batches, optimiser, rng=rng, epochs=settings["epochs"], clip=settings["clip"],
        schedule=warm_up(cosine(settings["lr"], steps), steps // 7), evaluate=evaluate if held else None,
        checkpoint=checkpoint, progress=progress and steps,
    )  # fmt: skip
    return watcher, history


@torch.no_grad()
def motions(watcher, clips, at_once=250):
    """What the watcher takes each of the clips (T, N, S, S) for: (N,)."""
    watcher.eval()
    parts = [watcher(torch.as_tensor(clips[:, k : k + at_once])) for k in range(0, clips.shape[1], at_once)]
    return torch.cat(parts).argmax(1).numpy()


def shuffled(clips, seed):
    """The clips (T, N, S, S), each with its frames in an order of its own."""
    rng = np.random.default_rng(seed)
    order = rng.permuted(np.tile(np.arange(len(clips))[:, None], clips.shape[1]), axis=0)
    return clips[order, np.arange(clips.shape[1])]


def our_weights(watcher):
    """The weights of a Watcher with an LSTM as ``answers.motion_scores`` takes them, {name: array}."""
    p = arrays(watcher)
    lstm = {f"lstm.{k}": p[f"recurrent.{name}_l0"].T for k, name in (("W_x", "weight_ih"), ("W_h", "weight_hh"))}
    convolutions = {f"{k}.{w}": p[f"{k}.{n}"] for k in ("first", "second") for w, n in (("W", "weight"), ("b", "bias"))}
    return (
        convolutions
        | {"features.W": p["features.weight"].T, "features.b": p["features.bias"]}
        | lstm
        | {"lstm.b": p["recurrent.bias_ih_l0"] + p["recurrent.bias_hh_l0"]}
        | {"readout.W": p["readout.weight"].T, "readout.b": p["readout.bias"]}
    )


def stored(memory):
    """(Watcher, log) of the long training of one memory, "lstm" or "convlstm": seed 0 of the table of runs."""
    folder, name = resources.files("lstm_helpers.data").joinpath("models"), STORED[memory]
    rows = own_weights.log(folder.joinpath(f"{name}.csv"))
    weights = read_weights(folder.joinpath(f"{name}.npz"))
    watcher = put(Watcher(memory, H=len(weights["features.bias"])), weights)
    return watcher, [{key: float(value) for key, value in row.items()} for row in rows]


def train_own(folder, resume, settings=SETTINGS, *, seed, H=64, progress=True):
    """Train a CNN with an LSTM of H units on the training clips; checkpoint and result lie in ``folder``.

    Returns the result; None when it was stopped before its first look at the validation part. Raises FileExistsError
    for a checkpoint that is there already, unless ``resume``.
    """
    folder, checkpoint = prepared(folder, OWN, resume)
    training, held = part("training"), part("validation")
    if progress:
        print(f"{settings['epochs']} passes over {len(training[1]):,} clips. Ctrl-C stops and saves.")
        print("validation: the share of wrong answers on clips of other digits, after each pass.", flush=True)
    watcher, history = train_watcher(
        "lstm", seed, *training, settings, H=H, held=held, checkpoint=checkpoint, progress=progress
    )
    if not history.validation:
        return None
    write_log(folder / f"{OWN}.csv", history)
    return {
        "settings": settings | {"seed": seed, "H": H},
        "ended": history.ended,
        "validation wrong": round(history.best[1], 4),
        "seconds": round(history.seconds[-1]),
        "sha256": write_weights(folder / f"{OWN}.npz", our_weights(watcher)),
    }
