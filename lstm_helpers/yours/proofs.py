"""What proves the library: it is equal to torch.nn.LSTM, and it learns. torch is imported when it is needed."""

import time
from dataclasses import dataclass

import numpy as np

from lstm_helpers import nn, parity, training
from lstm_helpers.data.tasks import adding
from lstm_helpers.yours.layer import LSTM, Adam, in_use

TOLERANCE = 1e-10
T, B, H, STEPS, LR = 50, 32, 8, 300, 0.03  # of the training, as lesson 07 does it
FAR = 0.04  # an answer of the adding problem that is further off is wrong: Hochreiter & Schmidhuber 1997, section 5.4
FRESH = 1000  # sequences on which it is measured


def against_torch(seed=0):
    """The student's layer beside torch.nn.LSTM with the same weights, in float64: a ``parity.Comparison``.

    Sequences of several lengths, from states that are not zero; outputs, last states and every gradient.
    """
    import torch
    from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

    rng = np.random.default_rng(seed)
    steps, batch, D, hidden, lengths = 9, 4, 3, 5, np.array([4, 9, 1, 6])
    layer = LSTM(D, hidden, rng=rng, dtype=np.float64)
    x, dh = rng.normal(size=(steps, batch, D)), rng.normal(size=(steps, batch, hidden))
    state, dstate = (tuple(rng.normal(size=(2, batch, hidden))) for _ in range(2))

    h, (h_n, c_n) = layer.forward(x, state, lengths)
    dx, (dh_0, dc_0) = layer.backward(dh, dstate)
    mine = {"h": h, "h_n": h_n, "c_n": c_n, "dx": dx, "dh_0": dh_0, "dc_0": dc_0}
    mine |= {f"d{name}": gradient for name, gradient in layer.grads.items()}

    module = parity.to_torch(layer)
    inputs = [torch.tensor(array, requires_grad=True) for array in (x, *state)]
    packed = pack_padded_sequence(inputs[0], torch.tensor(lengths), enforce_sorted=False)
    packed_h, (h_n, c_n) = module(packed, tuple(start[None] for start in inputs[1:]))
    h, _ = pad_packed_sequence(packed_h, total_length=steps)
    upstream = [torch.tensor(array) for array in (dh, *dstate)]
    sum((out * up).sum() for out, up in zip((h, h_n[0], c_n[0]), upstream, strict=True)).backward()
    theirs = {"h": h, "h_n": h_n[0], "c_n": c_n[0]}
    theirs |= {name: array.grad for name, array in zip(("dx", "dh_0", "dc_0"), inputs, strict=True)}
    theirs |= {f"d{name}": gradient for name, gradient in parity.grads_from_torch(module).items()}
    return parity.compare(mine, theirs, TOLERANCE)


@dataclass(frozen=True)
class Learnt:
    """How a training went: the share of wrong answers on fresh sequences before and after, and the seconds it took."""

    before: float
    after: float
    seconds: float


def learns(T=T, steps=STEPS, seed=0, layer=LSTM, optimiser=Adam):
    """Train on the adding problem with sequences of T steps or a little more: the student's layer, their start and
    their optimiser. Returns Learnt."""
    rng = np.random.default_rng(seed)
    lstm, readout = layer(2, H, rng=rng), nn.Linear(H, 1, rng=rng)
    lstm.params["b"][...] = in_use()["chrono_bias"](lstm.params["b"], rng.uniform(1, T - 1, H))
    update = optimiser(training.parameters(lstm=lstm, readout=readout), LR)

    def wrong():
        x, target, lengths = adding(np.random.default_rng(1997), T, FRESH)
        _, (h_n, _) = lstm.forward(x, lengths=lengths, train=False)
        return float(np.mean(np.abs(readout.forward(h_n, train=False)[:, 0] - target) > FAR))

    def step(batch):
        x, target, lengths = batch
        h, (h_n, _) = lstm.forward(x, lengths=lengths)
        error = readout.forward(h_n)[:, 0] - target
        dh_n = readout.backward(2 * error[:, None] / B)
        lstm.backward(np.zeros_like(h), (dh_n, None), input_gradient=False)
        return np.mean(error**2), training.gradients(lstm=lstm, readout=readout)

    before, start = wrong(), time.perf_counter()
    batches = lambda rng: (adding(rng, T, B) for _ in range(steps))  # noqa: E731
    training.fit(step, batches, update, rng=rng, steps=steps, clip=1.0, progress=False)
    return Learnt(before, wrong(), time.perf_counter() - start)
