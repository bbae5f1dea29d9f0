"""Gradient clipping: exploding gradients are cut before the optimiser sees them."""

import math

import numpy as np


def clip_by_norm(grads, limit):
    """Scale all gradients by one factor, in place, so that their global norm is at most ``limit``.

    grads: dictionary name -> array; an array that stands under two names counts once. The direction stays.
    ``limit=inf`` measures and leaves them as they are.
    Returns the norm before clipping, of all arrays together.
    Raises FloatingPointError for NaN or inf, naming the parameter; no gradient has changed then.
    Source: Pascanu, Mikolov & Bengio 2013, algorithm 1; the same numbers as torch.nn.utils.clip_grad_norm_.
    """
    _expect_positive(limit)
    largest, ratio = _norm(grads)
    norm = largest * ratio
    scale = limit / (norm + 1e-6) if math.isfinite(norm) else limit / ratio / largest
    if scale < 1:
        dtype = np.float64 if scale < 1e-30 else None  # float32 cannot hold such a factor
        for g in _distinct(grads):
            np.multiply(g, scale, out=g, dtype=dtype, casting="same_kind")
    return norm


def clip_by_value(grads, limit):
    """Cut every entry of every gradient to [-limit, limit], in place. The direction may change.

    Raises FloatingPointError for NaN or inf, naming the parameter; no gradient has changed then.
    """
    _expect_positive(limit)
    expect_finite_gradients(grads)
    for g in grads.values():
        np.clip(g, -limit, limit, out=g)


def expect_finite_gradients(grads):
    """Raise FloatingPointError, naming the parameter, if a gradient holds NaN or inf."""
    for name, grad in grads.items():
        # Squares add up in a tenth of the time that a look at each number takes; a sum that overflows proves nothing.
        if not (math.isfinite(_sum_of_squares(grad)) or np.isfinite(grad).all()):
            raise FloatingPointError(
                f"the gradient of {name} holds {'NaN' if np.isnan(grad).any() else 'inf'}; no parameter was changed. "
                "Lower lr, clip the gradients (clip=1.0), and look whether the loss was finite one step before"
            )


def _norm(grads):
    """The global norm as two factors: their product may be larger than a float can be."""
    arrays = _distinct(grads)
    total = sum(map(_sum_of_squares, arrays))
    if 1e-20 < total < math.inf:
        return 1.0, math.sqrt(total)
    # Squares that overflow, or that are lost because they are too small: divide by the largest number first.
    expect_finite_gradients(grads)
    largest = max((float(np.abs(g).max(initial=0)) for g in arrays), default=0.0)
    if largest == 0:
        return 1.0, 0.0
    return largest, math.sqrt(sum(float(np.square(g / largest, dtype=np.float64).sum()) for g in arrays))


def _sum_of_squares(array):
    """In the array's own precision; inf where that overflows."""
    flat = np.ravel(array, order="K")
    with np.errstate(over="ignore", invalid="ignore"):
        return float(np.dot(flat, flat))


def _distinct(grads):
    """The arrays, each once."""
    return list({id(g): g for g in grads.values()}.values())


def _expect_positive(limit):
    if limit is None or not limit > 0:
        raise ValueError(
            f"expected a limit above 0, got {limit}: a limit of 0 would stop all learning; inf does not clip"
        )
