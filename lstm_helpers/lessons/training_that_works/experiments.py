"""Experiments of lesson 7: one small task with a switch for every choice of training, and a small text to overfit.

Shapes here: ``T`` time steps, ``B`` sequences in a batch, ``H`` hidden units. "Error" is the mean absolute error on
1,000 sequences of the adding problem that nobody trained on.
"""

import functools
import io
import math
import zipfile
from dataclasses import dataclass

import numpy as np

from lstm_helpers import files, nn
from lstm_helpers.data import opening
from lstm_helpers.data.tasks import adding
from lstm_helpers.nn.initialisers import chrono, forget_bias
from lstm_helpers.training import SGD, Adam, History, chunks, clip_by_norm, cosine, counted, fit, gradients, parameters

T, B, H = 50, 32, 8
STEPS = 300  # batches of one run: 9,600 sequences
LR = 0.03  # of the recipe
FAR = 0.04  # an answer further off than this is wrong: Hochreiter & Schmidhuber 1997, section 5.4
SOLVED = 0.02  # a run counts as solved if a smaller share of its fresh answers is wrong

# ---------------------------------------------------------------- the adding problem, every choice a switch


@dataclass
class Run:
    """One training run: its History, the error and the share of wrong answers on fresh sequences."""

    history: History
    error: float
    wrong: float


def _input_biases(lstm):
    return lstm.params["b"][: lstm.hidden_size]  # a view: what is written into it is the layer's


def _remember_and_shut(lstm, T, rng):
    forget_bias(lstm, 3.0)
    _input_biases(lstm)[...] = -3.0


def _chrono_forget_only(lstm, T, rng):
    drawn = _input_biases(lstm).copy()
    chrono(lstm, T, rng=rng)
    _input_biases(lstm)[...] = drawn


def _chrono_input_only(lstm, T, rng):
    H = lstm.hidden_size
    drawn = lstm.params["b"][H : 2 * H].copy()
    chrono(lstm, T, rng=rng)
    lstm.params["b"][H : 2 * H] = drawn


STARTS = {  # what is done to a network as it was drawn, for sequences of T steps
    "as drawn": lambda lstm, T, rng: None,
    "chrono": chrono,
    "forget bias 1": lambda lstm, T, rng: forget_bias(lstm, 1.0),
    "forget bias 3": lambda lstm, T, rng: forget_bias(lstm, 3.0),
    "forget bias 3, input bias -3": _remember_and_shut,
    "chrono, forget gate only": _chrono_forget_only,
    "chrono, input gate only": _chrono_input_only,
}


def network(seed, start="chrono", T=T, H=H, layer=nn.LSTM):
    """(rng, lstm, readout): an untrained network. start: a name in STARTS; layer: ``nn.LSTM`` or ``yours.LSTM``."""
    rng = np.random.default_rng(seed)
    lstm, readout = layer(2, H, rng=rng), nn.Linear(H, 1, rng=rng)
    STARTS[start](lstm, T, rng=rng)
    return rng, lstm, readout


def fresh_errors(lstm, readout, T=T, count=1000, **reading):
    """Absolute errors (count,) on sequences from a seed that no run trains with. ``reading`` as in ``last_state``."""
    x, target, lengths = adding(np.random.default_rng(1997), T, count)
    h_last, _ = last_state(lstm, x, lengths, train=False, **reading)
    return np.abs(readout.forward(h_last, train=False)[:, 0] - target)


def last_state(lstm, x, lengths, *, train, window=None, carry=True, use_lengths=True):
    """The hidden state at each sequence's end, (B, H), and how many steps ``backward`` will see.

    window: the gradient sees the last so many steps of x; carry: whether the state of those before is handed on.
    use_lengths: False reads the padding as if it were input.
    """
    state, seen = None, len(x) if window is None else window
    if seen < len(x) and carry:
        _, state = lstm.forward(x[:-seen], train=False)
    ends = lengths - (len(x) - seen) if use_lengths else None
    _, (h_last, _) = lstm.forward(x[-seen:], state, ends, train=train)
    return h_last, seen


def train(
    seed, *, start="chrono", optimiser="Adam", lr=LR, momentum=0.0, clip=1.0, schedule=None, dropout=0.0,
    spoiled=None, steps=STEPS, told="step", **reading,
):  # fmt: skip
    """Train on the adding problem, T = 50, and measure on fresh sequences. Returns a Run.

    The defaults are the recipe of the lesson; each argument switches one choice. spoiled: the step at which one target
    of the batch is 1,000 times too large, as by a slip of the decimal point; told: what ``counted`` calls a step.
    ``reading`` as in ``last_state``.
    """
    rng, lstm, readout = network(seed, start)
    params = parameters(lstm=lstm, readout=readout)
    update = Adam(params, lr) if optimiser == "Adam" else SGD(params, lr, momentum)

    def step(batch):
        x, target, lengths = batch
        h_last, seen = last_state(lstm, x, lengths, train=True, **reading)
        kept = (rng.random(h_last.shape) >= dropout).astype(np.float32) / np.float32(1 - dropout) if dropout else 1
        error = readout.forward(h_last * kept)[:, 0] - target
        dh_last = readout.backward(2 * error[:, None] / B) * kept
        lstm.backward(np.zeros((seen, B, H), np.float32), (dh_last, None), input_gradient=False)
        return np.mean(error**2), gradients(lstm=lstm, readout=readout)

    def batches(rng):
        for number in counted(range(steps), told):
            x, target, lengths = adding(rng, T, B)
            if number == spoiled:
                target[0] *= 1000
            yield x, target, lengths

    history = fit(step, batches, update, rng=rng, steps=steps, clip=clip, schedule=schedule, progress=False).whole()
    errors = fresh_errors(lstm, readout, **reading)
    return Run(history, float(errors.mean()), float((errors > FAR).mean()))


CHOICES = {  # what one row of the table changes in the recipe
    "the recipe": {},
    "SGD, lr 0.1": {"optimiser": "SGD", "lr": 0.1},
    "SGD, biases as drawn": {"optimiser": "SGD", "lr": 0.1, "start": "as drawn"},
    "SGD, momentum 0.9, lr 1": {"optimiser": "SGD", "lr": 1.0, "momentum": 0.9},
    "lr 10 times smaller": {"lr": LR / 10},
    "lr 10 times larger": {"lr": LR * 10},
    "lr falls to 0 (cosine)": {"schedule": cosine(LR, STEPS)},
    "biases as drawn": {"start": "as drawn"},
    "forget bias 1": {"start": "forget bias 1"},
    "forget bias 3": {"start": "forget bias 3"},
    "forget bias 3, input bias -3": {"start": "forget bias 3, input bias -3"},
    "chrono, forget gate only": {"start": "chrono, forget gate only"},
    "chrono, input gate only": {"start": "chrono, input gate only"},
    "no clipping": {"clip": math.inf},
    "a spoiled batch": {"spoiled": 200},
    "a spoiled batch, no clipping": {"spoiled": 200, "clip": math.inf},
    "gradient through 40 steps": {"window": 40},
    "the same, state not carried": {"window": 40, "carry": False},
    "padding read as input": {"use_lengths": False},
    "dropout 0.2": {"dropout": 0.2},
}
SEEDS = (0, 1, 2)
_OFF = adding(np.random.default_rng(1997), T, 1000)[1] - 0.5
ALWAYS_HALF, PLATEAU = float(np.abs(_OFF).mean()), float((_OFF**2).mean())  # error and squared error of a fixed answer


@functools.cache
def runs(name):
    """The three Runs of a row of CHOICES, one for each seed; trained when first asked for."""
    return [train(seed, told=f"{name}, seed {seed}: step", **CHOICES[name]) for seed in SEEDS]


def compare(*names):
    """A table of the named rows: the error of each seed, their mean, and how many of the three count as solved."""
    lines = [f"{'':<30} {'error, three seeds':<22} mean    solved"]
    for name in names:
        errors, solved = [run.error for run in runs(name)], sum(run.wrong < SOLVED for run in runs(name))
        lines.append(f"{name:<30} {'  '.join(f'{e:.3f}' for e in errors):<22} {np.mean(errors):.3f}   {solved} of 3")
    return "\n".join(lines)


FIRST_STEPS = {  # what each optimiser subtracts at its first update, for a learning rate lr
    "SGD": lambda grad, lr: lr * grad,
    "Adam": lambda grad, lr: lr * grad / (np.sqrt(grad**2) + 1e-8),
    "Adam, uncorrected": lambda grad, lr: lr * 0.1 * grad / (np.sqrt(0.001 * grad**2) + 1e-8),
}


def smooth(values, over=20):
    """The mean of each ``over`` neighbours."""
    return np.convolve(values, np.ones(over) / over, mode="valid")


def reach(start, seeds=5):
    """How strongly the last hidden state depends on the input of each earlier step, before training: (T,), lag 0 first.

    The norm of the gradient with respect to x_t, over the same at the last step; the median of ``seeds`` networks.
    """
    norms = []
    for seed in range(seeds):
        rng, lstm, _ = network(seed, start)
        x = adding(rng, T, B)[0][:T]
        dh = np.zeros((T, B, H), np.float32)
        lstm.forward(x)
        dh[-1] = 1
        dx, _ = lstm.backward(dh)
        norms.append(np.linalg.norm(dx.reshape(T, -1), axis=1)[::-1])
    norms = np.median(norms, axis=0)
    return norms / norms[0]


def what_cells_hold(start, seeds=5, count=4000):
    """An untrained network after T steps: (how far the cells are from 0, what can be read of the marked numbers).

    The first is the mean of |c|. The second is the share of the variance of the two marked values' sum that a straight
    line through the cells' values c (B, H) accounts for on sequences that it was not fitted to: 0 to 1. Medians of
    ``seeds`` networks.
    """
    found = []
    for seed in range(seeds):
        _, lstm, _ = network(seed, start)
        x, _, lengths = adding(np.random.default_rng(9), T, count)
        lstm.forward(x, lengths=lengths)
        c = lstm.gates()["c"][T - 1].astype(np.float64)
        wanted = np.sum(x[..., 0] * (x[..., 1] == 1), axis=0)
        columns, half = np.column_stack([c, np.ones(count)]), count // 2
        line, *_ = np.linalg.lstsq(columns[:half], wanted[:half])
        left = columns[half:] @ line - wanted[half:]
        found.append((np.mean(np.abs(c)), 1 - np.mean(left**2) / np.var(wanted[half:])))
    return np.median(found, axis=0)


# ---------------------------------------------------------------- one batch, to learn by heart

SMALL = 8  # sequences in the one batch


def _at_the_first_step(dh_last, steps):
    dh = np.zeros((steps, *dh_last.shape), np.float32)
    dh[0] = dh_last
    return dh, None


FAULTS = {  # what is broken in a step of training
    "the gradient enters at step 0": {"enter": _at_the_first_step},
    "the LSTM gets no update": {"trained": "readout"},
    "the targets are shuffled": {"shuffled": True},
}


def one_batch(fault=None, *, seed=0, start="as drawn", steps=STEPS, layer=nn.LSTM):
    """Train with Adam on the same few sequences again and again: (losses (steps,), the loss of a fixed answer).

    fault: a name in FAULTS, or None for the step as it should be.
    """
    return _one_batch(seed, start, steps, layer, **FAULTS.get(fault, {}))


def _one_batch(seed, start, steps, layer, enter=None, trained="", shuffled=False):
    rng, lstm, readout = network(seed, start, layer=layer)
    x, target, lengths = adding(rng, T, SMALL)
    update, losses = Adam(parameters(lstm=lstm, readout=readout), LR), []
    for _ in counted(range(steps), f"seed {seed}: update"):
        _, (h_last, _) = lstm.forward(x, lengths=lengths)
        error = readout.forward(h_last)[:, 0] - (rng.permutation(target) if shuffled else target)
        dh_last = readout.backward(2 * error[:, None] / SMALL)
        if enter:
            lstm.backward(*enter(dh_last, len(x)), input_gradient=False)
        else:
            zeros = np.zeros((len(x), *dh_last.shape), np.float32)
            lstm.backward(zeros, (dh_last, None), input_gradient=False)
        grads = gradients(lstm=lstm, readout=readout)
        clip_by_norm(grads, 1.0)
        update.step({name: grad if name.startswith(trained) else 0 * grad for name, grad in grads.items()})
        losses.append(np.mean(error**2))
    return np.array(losses), float(np.var(target))


# ---------------------------------------------------------------- a small text, to overfit

CHARACTERS, PASSES = 4000, 16


def read_text(seed, dropout):
    """Train on 4,000 characters of the novel, 16 passes, with the state carried: (training, validation), each (16,).

    Both in bits per character, after each pass; the validation text is as long, and from further on. ``dropout`` acts
    on what the readout sees of h.
    """
    return _reader(seed, dropout)[:2]


@functools.cache
def _reader(seed, dropout):
    """What ``read_text`` gives, and the weights of the best pass with the characters that they are for."""
    text = opening(100_000 + CHARACTERS)
    alphabet = sorted(set(text))
    vectors = np.eye(len(alphabet), dtype=np.float32)
    codes = np.array([alphabet.index(character) for character in text])
    seen, unseen = codes[:CHARACTERS], codes[100_000:]
    rng = np.random.default_rng(seed)
    lstm, readout = nn.LSTM(len(alphabet), 48, rng=rng, forget_bias=1.0), nn.Linear(48, len(alphabet), rng=rng)
    update, carried = Adam(parameters(lstm=lstm, readout=readout), lr=LR), {}
    passes = iter(range(1, PASSES + 1))

    def step(batch):
        x, target = batch
        h, carried["state"] = lstm.forward(vectors[x], carried.get("state"))
        kept = (rng.random(h.shape) >= dropout).astype(np.float32) / np.float32(1 - dropout)
        loss, dz = nn.softmax_cross_entropy(readout.forward(h * kept), target)
        lstm.backward(readout.backward(dz) * kept, input_gradient=False)
        return loss, gradients(lstm=lstm, readout=readout)

    def batches(rng):
        return counted(list(chunks(seen, 10, 25)), f"seed {seed}, pass {next(passes)} of {PASSES}: step")

    def bits():
        (x, target), *_ = chunks(unseen, 40, len(unseen))
        h, _ = lstm.forward(vectors[x], train=False)
        return nn.softmax_cross_entropy(readout.forward(h, train=False), target)[0] / math.log(2)

    history = fit(
        step, batches, update, rng=rng, epochs=PASSES, clip=1.0, evaluate=bits, carry=carried,
        progress=False,
    ).whole()  # fmt: skip
    training = np.reshape(history.loss, (PASSES, -1)).mean(axis=1) / math.log(2)
    weights = parameters(lstm=lstm, readout=readout)
    return training, np.array(history.validation), weights | {"characters": np.array("".join(alphabet))}


KEPT = "reader_of_lesson_07.npz"


def _kept():
    """Where the reader is kept: beside the student's progress; None where nothing is remembered."""
    from lstm_helpers.course import progress

    path = progress.path()
    return path and path.with_name(KEPT)


def keep_reader(seed, dropout):
    """Keep the weights of a reader that ``read_text`` trained, for lesson 11, and say where; nothing where the course's
    memory is off."""
    path = _kept()
    if path is None:
        return
    packed = io.BytesIO()
    np.savez_compressed(packed, **_reader(seed, dropout)[2])
    files.write(path, packed.getvalue())
    print(f"Its weights are kept for lesson 11, in {path.parent.name}/{path.name}.")


def kept_reader():
    """(weights {name: array}, characters) of the reader that was kept. Raises FileNotFoundError where there is none."""
    path = _kept()
    if path is None or not path.is_file():
        raise FileNotFoundError("no reader of yours is kept yet: run section 10 of lesson 7, which trains and keeps it")
    try:
        with np.load(path, allow_pickle=False) as held:
            weights = {name: held[name] for name in held.files}
    except (OSError, ValueError, zipfile.BadZipFile) as trouble:
        raise ValueError(f"{path} cannot be read ({trouble}): run section 10 of lesson 7 again") from None
    return weights, str(weights.pop("characters"))
