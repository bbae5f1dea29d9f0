"""Gradient clipping: exploding gradients are cut before the optimiser sees them."""

import math

import numpy as np


def clip_by_norm(grads, limit):
    """Scale all gradients by one factor, in place, so that their global norm is at most ``limit``.

    grads: dictionary name -> array. The direction stays. ``limit=inf`` measures and leaves them as they are.
    A norm that is not finite leaves them too: the optimiser then names the parameter at fault.
    Returns the norm before clipping, of all arrays together.
    Source: Pascanu, Mikolov & Bengio 2013, algorithm 1; the same numbers as torch.nn.utils.clip_grad_norm_.
    """
    _expect_positive(limit)
    norm = math.sqrt(sum(float(np.square(g, dtype=np.float64).sum()) for g in grads.values()))
    scale = limit / (norm + 1e-6)
    if math.isfinite(norm) and scale < 1:
        for g in grads.values():
            g *= scale
    return norm


def clip_by_value(grads, limit):
    """Cut every entry of every gradient to [-limit, limit], in place. The direction may change."""
    _expect_positive(limit)
    for g in grads.values():
        np.clip(g, -limit, limit, out=g)


def _expect_positive(limit):
    if not limit > 0:
        raise ValueError(f"expected a limit above 0, got {limit}: a limit of 0 would stop all learning")
