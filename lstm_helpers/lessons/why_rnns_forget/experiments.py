"""Experiments of lesson 2: a plain RNN that has to remember, the gradient on its way back, and what clipping does.

Shapes: ``T`` time steps, ``B`` batch, ``H`` hidden units. A loss is a share of the loss of guessing.
What the lesson derives runs here behind short names: writing it out is what the exercise asks for.
"""

from dataclasses import dataclass, field
from functools import cache, partial

import numpy as np

from lstm_helpers.data.tasks import recall
from lstm_helpers.nn import RNN
from lstm_helpers.training import SGD, Adam
from lstm_helpers.training.clipping import clip_by_norm
from lstm_helpers.training.loop import counted

GUESSING = 1 / 3  # the squared error of answering 0 to a number drawn evenly from -1 to 1


# ---------------------------------------------------------------- a network that has to remember


@dataclass
class Run:
    """What training left behind. ``losses`` are shares of the loss of guessing, one per update, as is ``end``."""

    end: float = 0.0  # on 2,000 fresh sequences, after the last update
    answers: np.ndarray | None = None  # what the network says to them, (2000,)
    losses: list = field(default_factory=list)
    norms: list = field(default_factory=list)  # of the gradient, before clipping
    worst: dict = field(default_factory=dict)  # parameters, gradients and batch at the largest norm


def loss_of(h_last, target):
    """The squared error of unit 0, as a share of guessing, and the gradient of h_last (B, H)."""
    error = h_last[:, 0] - target
    dh_last = np.zeros_like(h_last)
    dh_last[:, 0] = 2 * error / len(error)
    return float(np.mean(error**2)) / GUESSING, dh_last


def start_of(kind, H, rng):
    """The recurrent weights W_h (H, H) that training starts from.

    kind: "torch", uniform between +-1/sqrt(H); "orthogonal", which keeps every length; or a spectral radius.
    """
    if kind == "torch":
        return rng.uniform(-1, 1, (H, H)) / np.sqrt(H)
    W = rng.normal(size=(H, H))
    if kind == "orthogonal":
        return np.linalg.qr(W)[0]
    return W * kind / np.abs(np.linalg.eigvals(W)).max()


def learn(lag, seed=0, *, start="torch", optimiser=Adam, lr=2e-3, limit=np.inf, updates=600, backward=None):
    """Train a plain RNN of 32 units to say its first number again after ``lag`` steps: a Run.

    The answer is unit 0 of the last hidden state. Each update reads 32 new sequences. limit: the norm to clip at, if
    any; backward: a function instead of the right backward pass, called as ``backward_with``.
    """
    rng = np.random.default_rng(seed)
    rnn = _network(start, rng)
    stepper, run, largest = optimiser(rnn.params, lr), Run(), 0
    for _ in counted(range(updates), f"lag {lag}, seed {seed}: update"):
        x, target, h = _batch(rnn, lag, 32, rng)
        loss, dh_last = loss_of(h[-1], target)
        grads = _gradients(rnn.params, dh_last, x, h, backward)
        norm = clip_by_norm(grads, np.inf)
        if norm > largest:
            largest = norm
            kept = ({name: a.copy() for name, a in arrays.items()} for arrays in (rnn.params, grads))
            run.worst = dict(zip(("params", "grads"), kept, strict=True)) | {"x": x, "target": target, "lr": lr}
        clip_by_norm(grads, limit)
        run.losses.append(loss)
        run.norms.append(norm)
        stepper.step(grads)
    _, target, h = _batch(rnn, lag, 2000, rng)
    run.end, run.answers = loss_of(h[-1], target)[0], h[-1, :, 0]
    return run


def _network(start, rng):
    rnn = RNN(2, 32, rng=rng, dtype=np.float64)
    rnn.params["W_h"][:] = start_of(start, 32, rng)
    return rnn


def _batch(rnn, lag, size, rng):
    """x (T, B, 2) and target (B,) of the task, and what the network makes of them: h (T + 1, B, H), from zeros."""
    x, target = recall(rng, lag, size)
    x = x.astype(np.float64)
    h, _ = rnn.forward(x, train=False)
    return x, target, np.concatenate([np.zeros_like(h[:1]), h])


def _gradients(params, dh_last, x, h, backward=None):
    """The gradients of W_x, W_h and b, from that of the last hidden state (B, H)."""
    if backward is not None:
        dh = np.concatenate([np.zeros_like(h[2:]), dh_last[None]])
        return dict(zip(("W_x", "W_h", "b"), backward(dh, x, h, params["W_x"], params["W_h"])[2:], strict=True))
    dz, dh = 1 - h[1:] ** 2, dh_last
    for t in reversed(range(len(x))):
        dz[t] *= dh
        dh = dz[t] @ params["W_h"].T
    # One small product per step and their sum: one large product would be shared out to threads, which takes longer
    # where the other cores are busy.
    return {
        "W_x": (x.swapaxes(1, 2) @ dz).sum(axis=0),
        "W_h": (h[:-1].swapaxes(1, 2) @ dz).sum(axis=0),
        "b": dz.sum(axis=(0, 1)),
    }


# ---------------------------------------------------------------- the way back


def step_back(dh, x, h_prev, h, W_x, W_h):
    """The gradients of one step: dx, dh_prev, dW_x, dW_h, db. Shapes: dh, h_prev, h (B, H), x (B, D)."""
    dz = dh * (1 - h**2)
    return dz @ W_x.T, dz @ W_h.T, x.T @ dz, h_prev.T @ dz, dz.sum(axis=0)


def backward_with(dh, x, h, W_x, W_h, *, recurrent=True, slope=True, accumulate=True, previous=True, db=np.sum):
    """Back-propagation through time with one of its parts left out, if asked for; right as it stands.

    Shapes: dh (T, B, H), dh[t] the loss's own gradient of h[t + 1]; x (T, B, D); h (T + 1, B, H). Returns dx, the
    gradient of the initial state, dW_x, dW_h, db. recurrent: what later steps send back; slope: tanh'; accumulate:
    the weights' gradients of all steps; previous: the old hidden state in dW_h; db: how the bias gathers its rows.
    """
    dx, carried, sums = np.empty_like(x), np.zeros_like(h[0]), [0, 0, 0]
    for t in reversed(range(len(x))):
        arrived = dh[t] + recurrent * carried
        dx[t], carried, *parts = step_back(arrived, x[t], h[t], slope * h[t + 1], W_x, W_h)
        dz = arrived * (1 - (slope * h[t + 1]) ** 2)
        parts[1] = h[t if previous else t + 1].T @ dz
        parts[2] = db(dz, axis=0)
        sums = [accumulate * a + b for a, b in zip(sums, parts, strict=True)]
    return dx, carried, *sums


def slips():
    """Right, and five backward passes with a slip each: name -> function, called as ``backward_with``."""
    return {
        "right": backward_with,
        "no recurrent path": partial(backward_with, recurrent=False),
        "tanh' left out": partial(backward_with, slope=0),
        "weights of the first step only": partial(backward_with, accumulate=0),
        "dW_h from the new h": partial(backward_with, previous=False),
        "db a mean, not a sum": partial(backward_with, db=np.mean),
    }


def measured(loss, array, eps=1e-5):
    """The slope of ``loss()`` in every number of ``array``, by central differences: an array of the same shape."""
    slope = np.empty_like(array)
    for k in np.ndindex(array.shape):
        kept = array[k]
        array[k] = kept + eps
        up = loss()
        array[k] = kept - eps
        slope[k] = (up - loss()) / (2 * eps)
        array[k] = kept
    return slope


def agrees(derived, slopes, tolerance=1e-6):
    """Is no number of ``derived`` further from the measured slopes than this share of the largest of them?"""
    return bool(np.abs(derived - slopes).max() <= tolerance * np.abs(slopes).max())


def difference_errors(loss, array, index, exact, eps):
    """The relative errors of the one-sided and of the central difference of ``loss()`` in one entry of ``array``."""
    here, kept = loss(), array[index]
    array[index] = kept + eps
    up = loss()
    array[index] = kept - eps
    down = loss()
    array[index] = kept
    return abs((up - here) / eps - exact) / abs(exact), abs((up - down) / (2 * eps) - exact) / abs(exact)


# ---------------------------------------------------------------- vanishing and exploding


def arriving(dh, h, W_h):
    """The norm of the gradient 0, 1, ... T steps before the end. dh (B, H), h (T + 1, B, H), W_h (H, H)."""
    norms = [np.linalg.norm(dh)]
    for t in reversed(range(1, len(h))):
        dh = (dh * (1 - h[t] ** 2)) @ W_h.T
        norms.append(np.linalg.norm(dh))
    return np.array(norms)


def driven(W_h, strength, T, B, rng):
    """Hidden states (T + 1, B, H) of a tanh network whose every unit reads normal noise of the given strength."""
    h = [np.zeros((B, len(W_h)))]
    for _ in range(T):
        h.append(np.tanh(strength * rng.normal(size=h[0].shape) + h[-1] @ W_h))
    return np.stack(h)


def before_training(start, lag=100, seed=0):
    """The network of ``learn`` before its first update: W_h, and what arrives of the gradient at lags 0 to ``lag``."""
    rng = np.random.default_rng(seed)
    rnn = _network(start, rng)
    _, target, h = _batch(rnn, lag, 32, rng)
    norms = arriving(loss_of(h[-1], target)[1], h, rnn.params["W_h"])
    return rnn.params["W_h"], norms[: lag + 1]


def factor_a_step(norms):
    """By how much the gradient is multiplied per step, on average from lag 20 to lag 70."""
    return float((norms[70] / norms[20]) ** (1 / 50))


def turned(dh, W_h, slopes, steps):
    """A gradient dh of one sequence on its way back through ``steps`` steps: (steps + 1, H), dh itself first.

    W_h (H, H); slopes: those of the units' tanh, the same at each step, one number or (H,).
    """
    way = [np.array(dh, float)]
    for _ in range(steps):
        way.append((way[-1] * slopes) @ W_h.T)
    return np.array(way)


# ---------------------------------------------------------------- near and far


def by_lag(start, T=100, B=32, seed=0):
    """The gradient of W_h where the loss looks at every step, taken apart by lag, before any training.

    The network is that of ``learn``; its inputs, and the gradients that the loss sends to the steps, are drawn at
    random. Returns (T, H, H): entry k holds what the loss of all steps says about the use of W_h k steps before.
    """
    rng = np.random.default_rng(seed)
    rnn = _network(start, rng)
    h, _ = rnn.forward(rng.uniform(-1, 1, (T, B, 2)), train=False)
    h = np.concatenate([np.zeros_like(h[:1]), h])
    arrived = rng.normal(size=(T, B, h.shape[-1]))  # arrived[t]: at h[t + 1], from the loss k steps later
    parts = []
    for _ in range(T):
        dz = arrived * (1 - h[1:] ** 2)
        parts.append((h[:-1].swapaxes(1, 2) @ dz).sum(axis=0))
        arrived = np.concatenate([dz[1:] @ rnn.params["W_h"].T, np.zeros_like(dz[:1])])
    return np.array(parts)


def share_beyond(parts, lag):
    """The norm of what lags of ``lag`` and more add to a gradient, as a share of the norm of the whole."""
    return float(np.linalg.norm(parts[lag:].sum(axis=0)) / np.linalg.norm(parts.sum(axis=0)))


# ---------------------------------------------------------------- explosion and clipping


def scaled(grads, limit):
    """All arrays of ``grads`` times one factor, so that their common norm is at most ``limit``: a list."""
    by_name = {k: g.copy() for k, g in enumerate(grads)}
    clip_by_norm(by_name, limit)
    return list(by_name.values())


@cache
def explosion(limit, lr=0.2, seed=0):
    """Plain gradient descent on lag 20 from an orthogonal start, clipped at the norm ``limit``: a Run."""
    return learn(20, seed, start="orthogonal", optimiser=SGD, lr=lr, limit=limit, updates=800)


def share_cut(run, limit):
    """The share of a Run's updates whose gradient was longer than ``limit``."""
    return float(np.mean(np.array(run.norms) > limit))


def along_the_gradient(run, lengths):
    """The loss on the batch of a Run's worst update, ``lengths`` down its gradient (as a share of guessing)."""
    worst = run.worst
    norm = np.sqrt(sum((g**2).sum() for g in worst["grads"].values()))
    rnn = RNN(2, 32, rng=np.random.default_rng(0), dtype=np.float64)
    losses = []
    for length in lengths:
        for name, p in worst["params"].items():
            rnn.params[name][:] = p - length * worst["grads"][name] / norm
        losses.append(loss_of(rnn.forward(worst["x"], train=False)[0][-1], worst["target"])[0])
    return np.array(losses), worst["lr"] * norm
