"""A character model of Pride and Prejudice: one LSTM and a readout, trained for long.

    python -m lstm_helpers.projects.text_generation --resume

trains for ten minutes on one free core and writes weights, log and samples. Stop it whenever you like (Ctrl-C): with
``--resume`` it goes on to the last bit as if it had never stopped. ``--own`` trains a smaller model, for the last
question of the exercise, on the student's own LSTM.
"""

import json
import math
import sys
from importlib import resources

import numpy as np

from lstm_helpers import files
from lstm_helpers.data import pride_and_prejudice
from lstm_helpers.data.letters import Alphabet, split
from lstm_helpers.nn import LSTM, Linear, softmax_cross_entropy
from lstm_helpers.parity import grads_from_torch, to_torch
from lstm_helpers.projects import own_weights
from lstm_helpers.projects.stored import prepared, read_weights, write_log, write_weights
from lstm_helpers.projects.text_generation.own_model import STORED
from lstm_helpers.training import AdamW, chunks, cosine, fit, gradients, parameters, warm_up
from lstm_helpers.training import checkpoint as checkpoints

SETTINGS = {
    "H": 512, "dropout": 0.3, "drop_connect": 0.15, "B": 32, "T": 64, "lr": 4e-3, "weight_decay": 0.01, "clip": 1.0,
    "to_half": 7, "to_zero": 3, "seed": 1813,
}  # fmt: skip
OWN = {**SETTINGS, "H": 192, "dropout": 0.15, "drop_connect": 0.1, "B": 16, "lr": 5e-3, "to_half": 16, "to_zero": 6}


class TorchLSTM:
    """``torch.nn.LSTM`` with the interface of ``nn.LSTM``: the same forward, backward, params and grads, in float32.

    params are views of torch's own weights, so our optimisers train it as they train ours. torch keeps a second bias:
    it is 0 and stays 0. bfloat16: multiply in 16 bits when training: quicker on a processor that can.
    """

    dtype = np.dtype(np.float32)

    def __init__(self, input_size, hidden_size, *, rng, forget_bias=None, bfloat16=False):
        import torch

        self.input_size, self.hidden_size, self.bfloat16 = input_size, hidden_size, bfloat16
        self._torch, self.module = torch, to_torch(LSTM(input_size, hidden_size, rng=rng, forget_bias=forget_bias))
        ours = {"W_x": self.module.weight_ih_l0, "W_h": self.module.weight_hh_l0, "b": self.module.bias_ih_l0}
        self.params, self.grads, self._h = {name: p.detach().numpy().T for name, p in ours.items()}, {}, None

    def forward(self, x, state=None, *, train=True):
        """As ``nn.LSTM.forward``, without lengths."""
        torch = self._torch
        with torch.set_grad_enabled(train), torch.autocast("cpu", torch.bfloat16, enabled=self.bfloat16 and train):
            start = None if state is None else tuple(torch.tensor(part)[None] for part in state)
            h, end = self.module(torch.tensor(x), start)
        self._h = h if train else None
        return h.detach().float().numpy(), tuple(part[0].detach().float().numpy() for part in end)

    def backward(self, dh, *, input_gradient=False):
        """As ``nn.LSTM.backward``, for the gradients of the weights alone."""
        if input_gradient:
            raise ValueError("expected input_gradient=False: TorchLSTM gives the gradients of the weights alone")
        self.module.zero_grad()
        self._h.backward(self._torch.tensor(dh).to(self._h.dtype))
        self.grads = grads_from_torch(self.module)


class CharModel:
    """One-hot characters -> LSTM -> dropout -> readout: scores of the next character.

    lstm: a layer with the forward and backward of ``nn.LSTM``, reading V numbers and giving H; readout: H -> V.
    dropout: the share of h that the readout does not see in training, the same units at all steps of a chunk (Gal &
    Ghahramani 2016). drop_connect: the share of W_h that a training
    step does without (Wan et al. 2013; in recurrent weights: Merity, Keskar & Socher 2018). ``rng`` draws both.
    """

    def __init__(self, lstm, readout, *, dropout=0.0, drop_connect=0.0, rng=None):
        self.lstm, self.readout = lstm, readout
        self.dropout, self.drop_connect, self.rng = dropout, drop_connect, rng
        self.one_hot = np.eye(lstm.input_size, dtype=lstm.dtype)

    @property
    def params(self):
        return parameters(lstm=self.lstm, readout=self.readout)

    def scores(self, ids, state=None):
        """The scores (T, B, V) of the character after each of ``ids (T, B)``, and the state to go on from."""
        h, state = self.lstm.forward(self.one_hot[ids], state, train=False)
        return self.readout.forward(h, train=False), state

    def loss(self, inputs, targets, state=None):
        """Forward and backward over one chunk (T, B): the loss in nats, the gradients, and the state to carry on."""
        lstm, W_h = self.lstm, self.lstm.params["W_h"]
        whole, kept = W_h.copy(), self._kept(W_h.shape, self.drop_connect)
        W_h *= kept
        h, state = lstm.forward(self.one_hot[inputs], state)
        seen = self._kept((1, *h.shape[1:]), self.dropout)  # one mask for all steps of a chunk
        loss, dscores = softmax_cross_entropy(self.readout.forward(h * seen), targets)
        lstm.backward(self.readout.backward(dscores) * seen, input_gradient=False)
        W_h[...] = whole
        lstm.grads["W_h"] *= kept
        return loss, gradients(lstm=lstm, readout=self.readout), state

    def _kept(self, shape, chance):
        """1 / (1 - chance) where a number stays, 0 where it is dropped; 1 when nothing is ever dropped."""
        dtype = self.lstm.dtype.type
        if not chance:
            return dtype(1)
        return (self.rng.random(shape, dtype=np.float32) >= chance) * dtype(1 / (1 - chance))

    def log_p(self, ids, start, streams=32, warm=200):
        """Log-probabilities of every character at each place of ``ids (N,)`` from ``start`` on: (N - start, V).

        The text is read in ``streams`` pieces side by side. Each starts ``warm`` characters early, so that its state is
        warm when it begins to count.
        """
        ids = np.asarray(ids)
        count = len(ids) - start
        length = -(-count // streams)
        places = start + np.arange(streams) * length + np.arange(-warm, length)[:, None]  # (warm + length, streams)
        places = np.clip(places, 1, len(ids) - 1)
        parts, state = [], None
        for part in np.array_split(places, -(-len(places) // 200)):
            scores, state = self.scores(ids[part - 1], state)
            parts.append(log_softmax(scores))
        return np.concatenate(parts)[warm:].swapaxes(0, 1).reshape(-1, self.readout.D_out)[:count]

    def nats(self, ids, start, streams=32, warm=200):
        """-log p of each character of ``ids (N,)`` from place ``start`` on, given those before it: (N - start,)."""
        log_p = self.log_p(ids, start, streams, warm)
        return -log_p[np.arange(len(log_p)), ids[start:]].astype(np.float64)


def log_softmax(scores):
    """log p from scores, over the last axis, safe for large ones."""
    shifted = scores - scores.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


def bits(nats):
    """The mean of losses in nats, in bits: what one character costs."""
    return float(np.mean(nats) / math.log(2))


def with_temperature(scores, temperature):
    """softmax(scores / temperature) over the last axis: below 1 sharper, above 1 flatter, at 0 the highest score alone.

    Raises ValueError for a temperature below 0.
    """
    if not temperature >= 0:
        raise ValueError(f"expected a temperature of 0 or more, got {temperature}: 0 always takes the likeliest")
    scores = np.asarray(scores, np.float64)
    shifted = scores - scores.max(axis=-1, keepdims=True)
    if temperature == 0:
        p = (shifted == 0).astype(np.float64)  # equal scores share
    else:
        with np.errstate(over="ignore"):  # -inf is right where the temperature is tiny: exp makes it 0
            p = np.exp(shifted / temperature)
    return p / p.sum(axis=-1, keepdims=True)


def nucleus(p, top):
    """``p (V,)`` cut to the fewest most likely characters that hold ``top`` of it together, and made to sum to 1.

    The most likely one always stays, with ``top`` 0 alone. Raises ValueError for ``top`` outside 0 to 1.
    Source: Holtzman et al. 2020, "The curious case of neural text degeneration".
    """
    if not 0 <= top <= 1:
        raise ValueError(f"expected top from 0 to 1, got {top}: it is the share of the probability that is kept")
    order = np.argsort(-p)
    before = np.cumsum(p[order]) - p[order]  # what the more likely ones hold
    stays = before < top
    stays[0] = True
    kept = np.where(stays, p[order], 0)
    cut = np.empty_like(p)
    cut[order] = kept / kept.sum()
    return cut


def sample(model, first, length, rng, temperature=1.0, top=1.0):
    """``first (N,)`` and ``length`` numbers drawn one after the other, each from what the model says comes next.

    temperature, top: as in ``with_temperature`` and ``nucleus``. Raises ValueError for an empty ``first``.
    """
    ids = _beginning(first)
    scores, state = model.scores(np.array(ids)[:, None])
    for _ in range(length):
        p = nucleus(with_temperature(scores[-1, 0], temperature), top)
        ids.append(int(rng.choice(len(p), p=p)))
        scores, state = model.scores(np.array([[ids[-1]]]), state)
    return ids


def beam_search(model, first, length, beams):
    """``first (N,)`` and the most likely ``length`` numbers that a search with ``beams`` lines at once finds.

    Each step goes on from every line with every character and keeps the ``beams`` best of all. One beam is the greedy
    choice. Raises ValueError for an empty ``first`` or for no beams.
    """
    if beams < 1:
        raise ValueError(f"expected beams of 1 or more, got {beams}: 1 is the greedy choice")
    first = _beginning(first)
    scores, state = model.scores(np.repeat(np.array(first)[:, None], beams, axis=1))
    lines, total = np.repeat(np.array(first)[None], beams, axis=0), np.full(beams, -np.inf)
    total[0] = 0.0  # all lines are the same as yet: only one of them may go on
    for _ in range(length):
        every = (total[:, None] + log_softmax(scores[-1].astype(np.float64))).ravel()
        best = np.argsort(-every)[:beams]
        total, (line, character) = every[best], np.divmod(best, scores.shape[-1])
        lines = np.concatenate([lines[line], character[:, None]], axis=1)
        scores, state = model.scores(character[None], tuple(part[line] for part in state))
    return lines[0].tolist()


def _beginning(first):
    """``first`` as a list of numbers, at least one."""
    if not len(first):
        raise ValueError(
            "expected a beginning of one character or more, got none: the model continues what it has read"
        )
    return list(first)


def new_model(V, H, rng, *, layer=LSTM, **options):
    """An untrained model with forget bias 1. layer: ``nn.LSTM``, ``yours.LSTM`` or ``TorchLSTM``, of the same first
    weights.

    A one-hot input picks one row of W_x. Drawn from +-1/sqrt(H) it would say next to nothing beside the H terms of h:
    W_x is drawn from -1 to 1.
    """
    lstm = layer(V, H, rng=rng, forget_bias=1.0)
    lstm.params["W_x"] *= H**0.5
    return CharModel(lstm, Linear(H, V, rng=rng), rng=rng, **options)


def stored():
    """(model, log, samples) of the long training: float16 weights, one row for each pass, what it wrote after it.

    Raises FileNotFoundError when nothing is stored yet: run the script.
    """
    folder = resources.files("lstm_helpers.data").joinpath("models")
    model = with_weights(read_weights(folder.joinpath(f"{STORED}.npz")))
    log = own_weights.log(folder.joinpath(f"{STORED}.csv"))
    log = [{name: float(value) for name, value in row.items()} for row in log]
    return model, log, json.loads(folder.joinpath(f"{STORED}.json").read_text(encoding="utf-8"))


def with_weights(weights):
    """The model with these weights: {"lstm.W_x", "lstm.W_h", "lstm.b", "readout.W", "readout.b"}."""
    model = new_model(len(weights["lstm.W_x"]), len(weights["lstm.W_h"]), np.random.default_rng(0))
    for name, array in model.params.items():
        array[...] = weights[name]
    return model


def train(folder, resume, settings=SETTINGS, layer=LSTM, progress=True):
    """Train by ``settings`` on the first 85 %; the checkpoint and the result lie in ``folder``. Returns the result.

    layer: as in ``new_model``. The passes are chosen by the validation text. The test text is not read here. Stopped
    before the first pass was over, there is a checkpoint, but no result yet: None.
    Raises FileExistsError for a checkpoint that is there already, unless ``resume``.
    """
    folder, checkpoint = prepared(folder, STORED, resume)
    text = pride_and_prejudice()
    letters = Alphabet(text)
    learned, held, _ = split(letters.encode(text))
    rng = np.random.default_rng(settings["seed"])
    model = new_model(
        len(letters), settings["H"], rng, layer=layer,
        dropout=settings["dropout"], drop_connect=settings["drop_connect"],
    )  # fmt: skip
    optimiser = AdamW(model.params, settings["lr"], weight_decay=settings["weight_decay"])
    B, T = settings["B"], settings["T"]
    a_pass = -(-((len(learned) - 1 - T) // B) // T)  # steps, when the start moves by up to T characters
    schedule = _falling(settings["lr"], settings["to_half"] * a_pass, settings["to_zero"] * a_pass)
    carry, samples_file = {}, folder / f"{STORED}.json"
    samples = json.loads(samples_file.read_text(encoding="utf-8")) if resume and samples_file.exists() else {}

    def batches(rng):
        return chunks(learned[rng.integers(T) :], B, T)

    def step(batch):
        loss, grads, carry["state"] = model.loss(*batch, carry.get("state"))
        return loss, grads

    def evaluate():
        drawn = sample(model, letters.encode("\n\n"), 300, np.random.default_rng(0))
        samples[str(optimiser.steps)] = letters.decode(drawn)
        files.write(samples_file, json.dumps(samples, indent=0))
        seen = np.concatenate([learned, held])
        return bits(model.nats(seen, len(learned)))

    passes = settings["to_half"] + settings["to_zero"]
    expected = passes * a_pass
    if progress:
        _announce(passes, a_pass, checkpoint)
    history = fit(
        step, batches, optimiser, rng=rng, epochs=passes, clip=settings["clip"],
        schedule=schedule, evaluate=evaluate, carry=carry, checkpoint=checkpoint, progress=progress and expected,
    )  # fmt: skip
    if not history.validation:
        return None
    write_log(folder / f"{STORED}.csv", history, bits)
    return {
        "settings": settings,
        "ended": history.ended,
        "validation bits": round(history.best[1], 4),
        "seconds": round(history.seconds[-1]),
        "sha256": write_weights(folder / f"{STORED}.npz", model.params),
    }


def _announce(passes, a_pass, checkpoint):
    """Say what a training is about to do, and where it goes on."""
    print(f"{passes} passes over the novel, {a_pass} steps each. Ctrl-C stops and saves.")
    print("loss: nats per character of the last step. validation: bits per character, after each pass.")
    if checkpoint.exists():
        done = len(checkpoints.read(checkpoint)["history"]["step"])
        print(f"It goes on after step {done:,} of {passes * a_pass:,}.")
    sys.stdout.flush()


def _falling(lr, to_half, to_zero):
    """A learning rate: 100 steps of warm-up, on a cosine down to lr / 2 at step ``to_half``, then straight to 0."""
    slowly = warm_up(cosine(lr, 2 * to_half), 100)
    return lambda step: slowly(step) if step < to_half else lr / 2 * max(0.0, 1 - (step - to_half) / to_zero)
