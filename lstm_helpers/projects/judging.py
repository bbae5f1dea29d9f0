"""How the weights that a student hands in are looked at before they are run."""

import numpy as np

from lstm_helpers import wording

# What the weights of a model that is ``alike`` to the course's own earn: points, what is said, the name of the cause.
COPIED = (
    0,
    "This is a model that the course trained, or one made from it: it agrees with that model where models that were "
    "trained apart differ. With its units or vectors turned, split, cut, scaled, joined to others or a little noisy, "
    "or trained on from there, it is still the same model. Train your own: its line is above.",
    "the course's own model",
)


def no_model(given, recurrent, shapes, most, lines=""):
    """(what is said, the name of the cause) of arrays that are not the weights of the model asked for; () if they are.

    given: {name: array}. recurrent: the name of the W_h (H, 4H) that says how many units there are, ``most`` at most.
    shapes(H) -> {name: shape}. lines: what the rows of the first of them stand for, such as "character": said where
    their number is wrong.
    """
    W_h = given[recurrent]
    H = len(W_h) if W_h.ndim else 0
    if not 1 <= H <= most:
        said = f"{recurrent} has shape {W_h.shape}, expected (H, 4H) with 1 to {most:,} units"
        if H and W_h.ndim == 2 and W_h.shape[1] * 4 == H:
            return f"{said}: transpose it (torch keeps it so)", f"{recurrent} is transposed"
        many = H and W_h.shape == (H, 4 * H)
        return said, "more units than are allowed" if many else f"{recurrent} is no matrix (H, 4H)"
    if W_h.shape != (H, 4 * H):
        said = f"{recurrent} has shape {W_h.shape}, expected (H, 4H): is another array in its place?"
        return said, f"{recurrent} is no matrix (H, 4H)"
    first = next(iter(shapes(H)))
    for name, shape in shapes(H).items():
        array = given[name]
        if array.shape != shape:
            said = f"{name} has shape {array.shape}, expected {shape} with {recurrent} of {wording.count(H, 'unit')}"
            if array.shape == shape[::-1]:
                return f"{said}: transpose it (torch keeps it so)", f"{name} is transposed"
            if lines and name == first and array.shape[1:] == shape[1:]:
                return said, f"a row of {name} for each of {wording.count(len(array), lines)}, expected {shape[0]}"
            return said, f"{name} has another shape than that of {wording.count(H, 'unit')}"
        if array.dtype.kind != "f":
            kind = "whole numbers in place of floats" if array.dtype.kind in "iu" else "no floating-point numbers"
            return f"{name} holds {array.dtype}, expected floating-point numbers", kind
        if not (np.abs(array.astype(np.float64)) < 1e6).all():
            said = f"{name} holds NaN or a number beyond a million: such a model did not train well"
            return said, "NaN or huge numbers in the weights"
    return ()


def alike(h, stored):
    """How much the units of two models do the same on the same inputs, from 0 to 1.

    h (N, H), stored (N, H'): what each unit says at N places. Of each unit of one model the largest correlation (its
    size alone) with a unit of the other; the median over the units; the larger of both directions. So it is 1 for a
    copy, in any order, with signs turned or its inputs scaled, cut to a part of its units or hidden among others that
    say nothing, and near 1 for one that was trained on from there. What models trained apart have is to be measured:
    a project's own threshold lies between.
    """
    both = np.abs(_standard(h).T @ _standard(stored)) / len(h)
    return max(np.median(both.max(axis=1)), np.median(both.max(axis=0)))


def own_parts(stored):
    """What is each stored model's own: of its units, what no linear rule over those of the other models tells.

    stored: of each model h (N, H) at the same N places, N many times the units of all. Returns for each (a basis of the
    others' units (N, K), what is left of its own (N, H)): what ``told`` asks for.
    """
    stored, parts = [_standard(h) for h in stored], []
    for k, h in enumerate(stored):
        basis = np.linalg.qr(np.concatenate(stored[:k] + stored[k + 1 :], axis=1))[0]
        parts.append((basis, h - basis @ (basis.T @ h)))
    return parts


def told(h, parts):
    """How much a linear rule over h (N, H) tells of what is a stored model's own, from 0 to 1.

    Of each unit the share of what is left of it; the median over a model's units; the largest of all models. It is 1
    for a copy, however its units were mixed, split or joined to others: ``alike`` wants each to have one like itself.
    What all good models have in common, which makes units of models trained apart alike, does not count.
    """
    h = _standard(h)
    shares = []
    for basis, left in parts:
        more = h - basis @ (basis.T @ h)
        rest = left - more @ np.linalg.lstsq(more, left)[0]
        shares.append(np.median(1 - (rest**2).mean(axis=0) / np.maximum((left**2).mean(axis=0), 1e-9)))
    return max(shares)


def _standard(h):
    """Each column with mean 0 and spread 1; one that never changes is 0."""
    h = np.asarray(h, np.float64) - np.mean(h, axis=0, dtype=np.float64)
    return h / np.maximum(h.std(axis=0), 1e-9)
