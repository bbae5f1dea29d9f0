"""Training: optimisers, clipping, learning-rate schedules, chunks of a long sequence, and the loop.

Everything works on dictionaries of arrays, as the layers of ``nn`` keep them.

>>> optimiser = Adam(parameters(lstm=lstm, readout=readout), lr=1e-3)
>>> history = fit(step, batches, optimiser, rng=rng, epochs=5, clip=1.0, evaluate=evaluate, patience=2)
"""

from lstm_helpers.training.base import SGD, gradients, parameters
from lstm_helpers.training.clipping import clip_by_norm, clip_by_value
from lstm_helpers.training.loop import History, chunks, counted, fit
from lstm_helpers.training.optimisers import Adam, AdamW
from lstm_helpers.training.schedules import constant, cosine, step_decay, warm_up

__all__ = [
    "SGD",
    "Adam",
    "AdamW",
    "History",
    "chunks",
    "clip_by_norm",
    "clip_by_value",
    "constant",
    "cosine",
    "counted",
    "fit",
    "gradients",
    "parameters",
    "step_decay",
    "warm_up",
]
