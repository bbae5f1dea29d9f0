"""Synthetic sequences with a known answer: tasks that say exactly what a network has to remember, and for how long.

Each function draws one batch from ``rng``, a NumPy generator, time-major and in float32.
"""

import numpy as np


def adding(rng, T, batch):
    """The adding problem: two marked numbers of a long sequence, their sum asked at its end.

    A step is a pair (value, marker), the value from -1 to 1. Two steps carry the marker 1: one of the first ten, and
    one of the first T/2 - 1 of the others. The first and the last step have the marker -1, all others 0. Where a mark
    falls on the first step, that step keeps its -1 and counts as 0. The target is 0.5 + (X1 + X2) / 4, from 0 to 1.
    Returns x (T + T // 10, batch, 2), zeros beyond a sequence's end, target (batch,), and lengths (batch,), integers
    drawn from T to T + T // 10. Raises ValueError for T below 20.
    Source: Hochreiter & Schmidhuber 1997, section 5.4.
    """
    value, marker, lengths = marked(rng, T, batch, -1)
    target = 0.5 + np.where(marker == 1, value, 0).sum(axis=0) / 4
    return np.stack([value, marker], axis=2).astype(np.float32), target.astype(np.float32), lengths


def marked(rng, T, batch, low):
    """Sequences of numbers from ``low`` to 1, two of each marked: value and marker (T + T // 10, batch), and lengths.

    The marks are those of ``adding``. Raises ValueError for T below 20.
    """
    if T < 20:
        raise ValueError(f"expected T of 20 steps or more, got {T}: one mark falls among the first ten, one behind it")
    every = np.arange(batch)
    lengths = rng.integers(T, T + T // 10 + 1, batch)
    inside = np.arange(T + T // 10)[:, None] < lengths
    value = np.where(inside, rng.uniform(low, 1, inside.shape), 0)
    first, second = rng.integers(10, size=batch), rng.integers(T // 2 - 1, size=batch)
    second += second >= first  # of the steps that are not marked yet
    marker = np.zeros(inside.shape)
    marker[first, every] = marker[second, every] = 1
    marker[0] = marker[lengths - 1, every] = -1
    return value, marker, lengths


def recall(rng, lag, batch):
    """Say the first number again: what was read at the first step is asked after the last one, ``lag`` steps later.

    A step is a pair (value, marker), the value drawn from -1 to 1, the marker 1 at the first step and 0 after it: the
    later values are there to be ignored. The target is the first value, so guessing its mean, 0, costs a squared error
    of 1/3. Returns x (lag + 1, batch, 2) and target (batch,). Raises ValueError for a lag below 1.
    """
    if lag < 1:
        raise ValueError(f"expected a lag of 1 step or more, got {lag}: with none there is nothing to remember")
    value = rng.uniform(-1, 1, (lag + 1, batch)).astype(np.float32)
    marker = np.zeros_like(value)
    marker[0] = 1
    return np.stack([value, marker], axis=2), value[0]
