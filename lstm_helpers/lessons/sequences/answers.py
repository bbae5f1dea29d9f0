"""The right answers of exercise 01, as the solution shows them."""

import numpy as np

from lstm_helpers.nn.functional import rnn_step
from lstm_helpers.nn.rnn import rnn_forward


def encode(codes, vocab):
    """codes (N,) of characters, vocab (V,) with each code once, in any order. Returns ids (N,): vocab[ids] is codes."""
    place = {code: k for k, code in enumerate(vocab)}
    return np.array([place[code] for code in codes])


def one_hot(ids, vocab):
    """ids of any shape (...), vocab (V,). Returns (..., V): 1 at the place that the id names, 0 elsewhere."""
    return np.eye(len(vocab))[ids]


def next_pairs(ids):
    """ids (T + 1, B), one text a column. Returns inputs and targets, each (T, B): the target is what comes next."""
    return ids[:-1], ids[1:]


def softmax(logits):
    """logits (..., V). Returns probabilities (..., V): along the last axis they are positive and add up to 1."""
    e = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def cross_entropy(logits, targets):
    """logits (T, B, V), targets (T, B), integers. Returns one number: the mean of -log2 p(target), in bits."""
    shifted = logits - logits.max(axis=-1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    right = np.take_along_axis(log_p, targets[..., None], axis=-1)
    return -right.mean() / np.log(2)


def perplexity(p):
    """p (N,): what each character that came had been given. Returns one number: 2 to the mean price in bits."""
    return 2 ** -np.log2(p).mean()


def loss_gradient(logits, targets):
    """logits (T, B, V), targets (T, B), integers. Returns (T, B, V): how the mean price in bits reacts."""
    p = softmax(logits)
    correct = np.eye(logits.shape[-1])[targets]
    return (p - correct) / (targets.size * np.log(2))


def sampling_probabilities(logits, temperature):
    """logits (B, V), temperature (B,), positive, one per row. Returns probabilities (B, V): softmax(logits / temp.)."""
    return softmax(logits / temperature[:, None])


__all__ = [
    "encode",
    "one_hot",
    "next_pairs",
    "rnn_step",
    "rnn_forward",
    "softmax",
    "cross_entropy",
    "perplexity",
    "loss_gradient",
    "sampling_probabilities",
]
