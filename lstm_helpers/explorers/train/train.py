"""Train it here: a small RNN beside an LSTM, learning in the browser.

Try: three times the length. Which of the two still learns the task?

The browser makes the sequences, computes, and draws what comes of it (``train.js``); Python sees the same settings and
can set them, and ``TrainExplorer.train`` trains the same networks on the same numbers with ``lstm_helpers.nn``.
"""

import math
from pathlib import Path

import anywidget
import numpy as np
import traitlets

from lstm_helpers import nn
from lstm_helpers.explorers import shared
from lstm_helpers.explorers.chance import Random
from lstm_helpers.nn import initialisers
from lstm_helpers.training import Adam, clip_by_norm, gradients, parameters

HERE = Path(__file__).parent
SCRIPTS = shared.HERE / "maths.js", HERE / "train.js"
B, RECENT, LEARNED = 16, 20, 0.95  # as in train.js: sequences in a batch, batches counted, share of a learned task
TASKS = "recall", "parity", "adding"


class TrainExplorer(anywidget.AnyWidget):
    """An RNN and an LSTM with ``units`` units each learn the same task from the same batches of 16 new sequences.

    Optimiser: Adam, the gradient clipped by its norm. Traits, both ways between Python and the browser:

    - ``task``: "recall" (the first of many bits is asked for at the end), "parity" (odd or even so far, asked at every
      step, counted at the last) or "adding" (0.5 + a quarter of the sum of two marked numbers, right within 0.04);
    - ``length``: time steps of a sequence, 2 to 100; ``lr``: the learning rate; ``clip``: the limit of the gradient's
      norm, or None; ``forget_bias``: what the forget gates' biases start at; ``seed``: a whole number, that of the
      weights and of all sequences; ``units``: 1 to 64;
    - ``playing``: whether it trains; it stops by itself after each 500 updates;
    - ``result``, written when it stops: {"updates": ..., "rnn": {"right", "loss", "norm", "learned"}, "lstm": {...}}.
      right is the share of right answers in the last 20 batches, learned the first update at which it was 95 %, or 0.

    A new ``lr`` or ``clip`` acts from the next update on; any other new value begins the training anew.
    Raises traitlets.TraitError for what is no such value.
    """

    _esm = shared.script(*SCRIPTS)
    _css = shared.style(HERE / "train.css")

    task = traitlets.Enum(TASKS, "recall").tag(sync=True)
    length = traitlets.Int(10, min=2, max=100).tag(sync=True)
    lr = traitlets.Float(0.01).tag(sync=True)
    clip = traitlets.Float(1.0, allow_none=True).tag(sync=True)
    forget_bias = traitlets.Float(1.0).tag(sync=True)
    seed = traitlets.Int(0, min=0, max=2**31 - 1).tag(sync=True)
    units = traitlets.Int(16, min=1, max=64).tag(sync=True)
    playing = traitlets.Bool(False).tag(sync=True)
    result = traitlets.Dict().tag(sync=True)

    @traitlets.validate("lr", "clip", "forget_bias")
    def _finite(self, proposal):
        name, value = proposal.trait.name, proposal.value
        if value is not None and not math.isfinite(value):
            raise traitlets.TraitError(f"{name} = {value}: training needs a finite number")
        if name != "forget_bias" and value is not None and value <= 0:
            raise traitlets.TraitError(f"{name} = {value}: training needs a number above 0")
        return value

    def __repr__(self):
        """What stands in its place where it cannot move: in a notebook opened without its kernel, or as a script."""
        numbers = ("length", "lr", "clip", "forget_bias", "seed", "units")
        values = ((name, getattr(self, name)) for name in numbers)
        now = ", ".join(f"{name} = {'never' if value is None else format(value, 'g')}" for name, value in values)
        text = f"The train explorer. Run this cell to train an RNN beside an LSTM on {self.task}, at {now}."
        if not self.result:
            return text
        rnn, lstm = (self.result[kind]["right"] for kind in ("rnn", "lstm"))
        after = f"After {self.result['updates']} updates the RNN was right in {rnn:.0%} and the LSTM in {lstm:.0%}"
        return f"{text} {after} of fresh sequences."

    def train(self, updates=500):
        """What the browser shows after so many updates with these settings, trained with ``lstm_helpers.nn``.

        Returns {"rnn": {...}, "lstm": {...}}: loss, norm and right, arrays (updates,), and learned, as in ``result``.
        """
        rng, nets = Random(self.seed), {}
        D, K = (1 if self.task == "parity" else 2), (1 if self.task == "adding" else 2)
        for kind, layer in ("rnn", nn.RNN), ("lstm", nn.LSTM):
            cell = layer(D, self.units, rng=rng, dtype=np.float64)
            readout = nn.Linear(self.units, K, rng=rng, dtype=np.float64)
            if kind == "lstm":
                initialisers.forget_bias(cell, self.forget_bias)
            nets[kind] = cell, readout, Adam(parameters(cell=cell, readout=readout), self.lr)
        batch(rng, self.task, self.length, 1)  # the sequence that the browser shows
        seen = {kind: np.empty((updates, 3)) for kind in nets}
        for n in range(updates):
            x, targets = batch(rng, self.task, self.length, B)
            for kind, net in nets.items():
                seen[kind][n] = learn(*net, x, targets, self.clip)
        return {kind: history(*columns.T) for kind, columns in seen.items()}


def history(loss, norm, right):
    """The curves of one network with the update at which it had learned the task, or 0."""
    recent = np.convolve(right, np.ones(RECENT) / RECENT, "valid") if len(right) >= RECENT else np.zeros(0)
    there = np.flatnonzero(recent >= LEARNED - 1e-9)
    return {"loss": loss, "norm": norm, "right": right, "learned": int(there[0]) + RECENT if len(there) else 0}


def learn(cell, readout, optimiser, x, targets, clip):
    """One update on x (T, B, D) and targets (asked, B), those of the last steps. Returns loss, norm, share right."""
    asked = len(targets)
    h, _ = cell.forward(x)
    answers = readout.forward(h[-asked:])
    if answers.shape[2] == 1:
        loss, gradient = nn.mean_squared_error(answers, targets[..., None])
        right = np.abs(answers[-1, :, 0] - targets[-1]) <= 0.04
    else:
        loss, gradient = nn.softmax_cross_entropy(answers, targets)
        right = answers[-1].argmax(axis=1) == targets[-1]
    dh = np.zeros_like(h)
    dh[-asked:] = readout.backward(gradient)
    cell.backward(dh, input_gradient=False)
    grads = gradients(cell=cell, readout=readout)
    norm = clip_by_norm(grads, math.inf if clip is None else clip)
    optimiser.step(grads)
    return loss, norm, right.mean()


def batch(rng, task, T, B):
    """A batch of new sequences, the same numbers as in the browser: x (T, B, D) and targets (asked, B)."""
    x = np.zeros((T, B, 1 if task == "parity" else 2))
    if task == "adding":
        x[..., 0] = rng.uniform(-1, 1, (T, B))
        half, columns = T // 2, np.arange(B)
        marked = rng.integers(half, B), half + rng.integers(T - half, B)
        targets = 0.5 + sum(x[at, columns, 0] for at in marked) / 4
        for at in marked:
            x[at, columns, 1] = 1
        return x, targets[None]
    bits = rng.integers(2, (T, B))
    x[..., 0] = 2 * bits - 1
    if task == "parity":
        return x, bits.cumsum(axis=0) % 2
    x[0, :, 1] = 1
    return x, bits[:1]


ALT = (
    "Recall over 40 steps, forget bias 3. A small RNN and an LSTM train on the same sequences for 300 updates. Four "
    "curves: the LSTM's right answers rise from 50 to 100 % while the RNN stays at a guess; the LSTM's loss falls by "
    "orders of magnitude and the RNN's rests at 0.69; the gradient norms; and the means of the LSTM's gates: the "
    "forget gate stays near 1, input and output gates near one half."
)


def train_picture():
    """Recall over 40 steps after 300 updates as a still picture, for a page without a kernel. Returns HTML with alt."""
    return shared.still(shared.read(HERE / "train.svg"), ALT, width=680)
