"""What training makes small: a loss, and its gradient with respect to the network's output."""

import numpy as np

from lstm_helpers.nn.base import expect, expect_finite, expect_integers


def softmax_cross_entropy(logits, targets, mask=None):
    """The mean of -log softmax(logits)[target] over the steps that count, in nats.

    logits (T, B, V): one score for each class; targets (T, B): the right class, integers from 0 to V - 1; mask (T, B):
    true (or 1) where a step counts, all of them by default. What stands in targets elsewhere does not matter.
    Returns the loss, a float, and its gradient (T, B, V): (softmax(logits) - one_hot(targets)) / number of steps that
    count, 0 where the mask is. Any other axes may stand in front of V, the same in all three arrays.
    Raises ValueError or TypeError with what was given, what was expected and what to do.
    """
    logits = _floats("logits", logits)
    front, V = logits.shape[:-1], logits.shape[-1]
    expect("targets", targets, front, "one class for each row of logits")
    mask, count = _checked_mask(mask, front)
    targets = expect_integers("targets", targets, V, f"logits hold scores of no more classes, V = {V}", where=mask)
    right = np.arange(mask.size) * V + np.where(mask, targets, 0).ravel()  # its place
    rows, mask = logits.reshape(-1, V), mask.ravel()
    # The largest is 0: exp cannot overflow. Rows lie one behind the other, however the logits lie.
    gradient = np.subtract(rows, rows.max(axis=1, keepdims=True), order="C")
    flat = gradient.reshape(-1)
    losses = -flat[right]
    np.exp(gradient, gradient)
    total = gradient @ np.ones(V, logits.dtype)  # a product adds up short rows in a third of the time of their sum
    losses += np.log(total)
    by = mask / logits.dtype.type(count)
    gradient *= (by / total)[:, None]
    flat[right] -= by
    return float(losses.sum(where=mask, dtype=np.float64) / count), gradient.reshape(logits.shape)


def mean_squared_error(pred, target, mask=None):
    """The mean of (pred - target)^2 over the numbers that count.

    pred, target (T, B, D); mask (T, B): true (or 1) where a step counts, all of them by default. What stands in target
    elsewhere does not matter. Returns the loss, a float, and its gradient with respect to pred, (T, B, D), 0 where the
    mask is. Any other axes may stand in front of D.
    Raises ValueError or TypeError with what was given, what was expected and what to do.
    """
    pred = _floats("pred", pred)
    expect("target", target, pred.shape, "one number for each number of pred")
    mask, count = _checked_mask(mask, pred.shape[:-1])
    difference = np.where(mask[..., None], pred - np.asarray(target, pred.dtype), 0).astype(pred.dtype)
    expect_finite("target", difference)
    count *= pred.shape[-1]
    return float(np.square(difference, dtype=np.float64).sum() / count), difference * pred.dtype.type(2 / count)


def _floats(name, array):
    array = np.asarray(array)
    if array.ndim < 2:
        raise ValueError(f"expected {name} of shape (T, B, size), got {array.shape}: the last axis holds one step")
    if array.dtype not in (np.float32, np.float64):
        raise TypeError(f"expected {name} of float32 or float64, got {array.dtype}: convert with .astype('float32')")
    if not array.shape[-1]:
        raise ValueError(
            f"expected {name} of one number or more in a step, got {array.shape}: there is nothing to compare"
        )
    expect_finite(name, array)
    return array


def _checked_mask(mask, shape):
    """The mask as booleans of ``shape``, and how many of them are true."""
    if mask is None:
        mask = np.ones(shape, bool)
    expect("mask", mask, shape, "true or false for each step of each sequence")
    given, mask = np.asarray(mask), np.asarray(mask).astype(bool)
    if (given != mask).any():
        wrong = given[given != mask][0]
        raise ValueError(f"expected true or false (1 or 0) in mask, got {wrong}: a step counts or not")
    if not mask.any():
        got = "a mask that is false everywhere" if mask.size else f"arrays with none, {shape}"
        raise ValueError(f"expected at least one step that counts, got {got}")
    return mask, int(mask.sum())
