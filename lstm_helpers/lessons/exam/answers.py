"""The right answers of exercise 13, as the solution shows them."""

import numpy as np

from lstm_helpers.nn.functional import lstm_step, sigmoid


def speech_step(x, h, c, weight_ih, weight_hh, bias_ih, bias_hh, weight_out, bias_out):
    """One step of a deployed voice detector, with its weights under torch's names.

    x (B, D): features of 32 ms; h, c (B, H); weight_ih (4H, D), weight_hh (4H, H), bias_ih, bias_hh (4H,), rows in
    the order i, f, g, o; weight_out (H,), bias_out (1,). Returns the probability of speech (B,), and the new h, c.
    """
    h, c = lstm_step(x, h, c, weight_ih.T, weight_hh.T, bias_ih + bias_hh)
    p = sigmoid(np.maximum(h, 0) @ weight_out + bias_out)
    return p, h, c


def listen(features, **weights):
    """The probability of speech at each step of a recording, (T, B), from states of zeros.

    features (T, B, D); weights: the six arrays of ``speech_step``, by name.
    """
    B, H = features.shape[1], weights["weight_hh"].shape[1]
    h = np.zeros((B, H))
    c = np.zeros((B, H))
    probabilities = []
    for x in features:
        p, h, c = speech_step(x, h, c, **weights)
        probabilities.append(p)
    return np.array(probabilities)


def speech_segments(p, start, stop, least):
    """The stretches of speech in the probabilities p (T,), as whole numbers (n, 2): first step, one past the last.

    A stretch opens at the first step with p >= start and ends before the next one with p < stop, or at T. Those
    shorter than ``least`` steps are left out. start is not below stop.
    """
    segments = []
    first = None
    for t in range(len(p)):
        if first is None and p[t] >= start:
            first = t
        elif first is not None and p[t] < stop:
            segments.append((first, t))
            first = None
    if first is not None:
        segments.append((first, len(p)))
    long_enough = [(a, b) for a, b in segments if b - a >= least]
    return np.array(long_enough, dtype=int).reshape(len(long_enough), 2)


__all__ = ["speech_step", "listen", "speech_segments"]
