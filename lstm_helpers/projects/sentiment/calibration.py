"""From votes to probabilities that mean what they say."""

import numpy as np

from lstm_helpers.projects.sentiment.network import sigmoid

TEMPERATURE = 0.82  # of the mean logit of three readers: ``temperature`` of the votes of the five folds
EDGES = np.linspace(0.5, 1, 11)


def cost(z, y):
    """The mean cost of logits z (N,) where the truth is y (N,) 0 or 1, in nats."""
    return float(np.mean(np.logaddexp(0, z) - y * z))


def temperature(z, y):
    """The number that logits are divided by so that they cost least: above 1 where a model is too sure.

    Source: Guo et al. 2017, "On calibration of modern neural networks", section 4.2.
    """
    low, high = np.log(0.05), np.log(20)
    for _ in range(60):  # golden section: the cost has one minimum in log T
        a, b = high - 0.618034 * (high - low), low + 0.618034 * (high - low)
        low, high = (low, b) if cost(z / np.exp(a), y) < cost(z / np.exp(b), y) else (a, high)
    return float(np.exp((low + high) / 2))


def reliability(z, y, edges=EDGES):
    """(K,) each: how many texts lie in each bin of sureness, how sure the model is there, and how often right.

    NaN in a bin without texts.
    """
    p = sigmoid(np.asarray(z, float))
    sure, right = np.maximum(p, 1 - p), (p > 0.5) == y
    place = np.digitize(sure, edges[1:-1])
    counts = np.bincount(place, minlength=len(edges) - 1)
    with np.errstate(invalid="ignore"):
        return counts, *(np.bincount(place, part, len(edges) - 1) / counts for part in (sure, right))


def expected_error(z, y, edges=EDGES):
    """How far a model's sureness is from how often it is right, on average over the texts (Naeini et al. 2015)."""
    counts, sure, right = reliability(z, y, edges)
    return float(np.nansum(counts * np.abs(sure - right)) / counts.sum())
