"""Wrong nuclei that rank and mark in another way than the right answer, so that no edit of it makes them."""

import numpy as np


def _ranked(keep, finish, sign=-1):
    """A nucleus that keeps, in the order of the ranking, where keep(sums, ranked, top); finish(kept) is returned."""

    def slip(p, top):
        order = np.argsort(sign * p, axis=1)
        ranked = np.take_along_axis(p, order, axis=1)
        kept = np.zeros_like(p)
        np.put_along_axis(kept, order, np.where(keep(np.cumsum(ranked, axis=1), ranked, top), ranked, 0), axis=1)
        return finish(kept)

    return slip


def _placed(kept_of, finish):
    """A nucleus that ranks nothing: finish(kept_of(p, top))."""
    return lambda p, top: finish(kept_of(p, top))


def _shared(kept):
    return kept / kept.sum(axis=1, keepdims=True)


def _guarded(kept):
    return kept / np.maximum(kept.sum(axis=1, keepdims=True), 1e-12)


def _below(sums, ranked, top):
    return sums < top


def _at_most(sums, ranked, top):
    return sums <= top


def _reached(sums, ranked, top):
    return sums - ranked < top


def _and_first(keep):
    return lambda sums, ranked, top: keep(sums, ranked, top) | (np.arange(sums.shape[1]) == 0)


def _many(round_):
    """The k most likely, k a share of V."""
    return lambda sums, ranked, top: np.arange(sums.shape[1]) < np.maximum(round_(top * sums.shape[1]), 1)


def _misplaced(p, top):
    order = np.argsort(-p, axis=1)
    ranked = np.take_along_axis(p, order, axis=1)
    return p * np.take_along_axis(_reached(np.cumsum(ranked, axis=1), ranked, top), order, axis=1)


def _unplaced(p, top, keep=_reached):
    ranked = -np.sort(-p, axis=1)
    return np.where(keep(np.cumsum(ranked, axis=1), ranked, top), p, 0)


_DROPPED = "Together the kept ones must hold at least `top`: the one that reaches it belongs to them."
_RANK = "Rank by probability, the most likely first, before you sum up."
_PLACES = "Column k must stay character k: mark what is kept in p itself."
_SUM = "What counts is the sum of the ranking, not the single probability."
_SHARE = "The kept ones hold `top` of the probability, however many that takes."


def _without(which, keep):
    """(name, the wrong function, what to say) of nuclei that lack the character ``which``, by what they do then."""
    return (
        (f"{which} is dropped, 0 everywhere if it is the first", _ranked(keep, _guarded), _DROPPED),
        (f"{which} is dropped, if it is not the first", _ranked(_and_first(keep), _shared), _DROPPED),
        (
            f"{which} is dropped, and nothing renormalised",
            _ranked(keep, np.copy),
            f"{_DROPPED} And divide by the new sum.",
        ),
    )


WRONG = (  # name, the wrong function, what to say
    *_without("the character that reaches top", _below),
    ("the character that goes beyond top is dropped, NaN if it is the first", _ranked(_at_most, _shared), _DROPPED),
    *_without("the character that goes beyond top", _at_most),
    ("the ranking begins with the least likely", _ranked(_reached, _shared, sign=1), _RANK),
    (
        "the ranking begins with the least likely, and stops below top",
        _ranked(_at_most, _guarded, sign=1),
        f"{_RANK} {_DROPPED}",
    ),
    (
        "the least likely are kept, those beyond top",
        _ranked(lambda sums, ranked, top: sums > top, _guarded),
        "The nucleus is the top of the ranking, up to the character that reaches `top`.",
    ),
    ("no ranking at all", _placed(lambda p, top: np.where(np.cumsum(p, axis=1) - p < top, p, 0), _shared), _RANK),
    (
        "no ranking at all, and the character that reaches top is dropped",
        _placed(lambda p, top: np.where(np.cumsum(p, axis=1) <= top, p, 0), _guarded),
        f"{_RANK} {_DROPPED}",
    ),
    (
        "the ranking is put back by the wrong permutation",
        _placed(_misplaced, _shared),
        "`order` leads from places to ranks; np.put_along_axis, or argsort of order, leads back.",
    ),
    ("the ranks are taken for places", _placed(_unplaced, _shared), _PLACES),
    (
        "each character is compared with 1 - top, the likeliest is kept",
        _placed(lambda p, top: np.where(p >= np.minimum(1 - top, p.max(axis=1, keepdims=True)), p, 0), _shared),
        _SUM,
    ),
    (
        "each character is compared with 1 - top, 0 where nothing is left",
        _placed(lambda p, top: np.where(p >= 1 - top, p, 0), _guarded),
        _SUM,
    ),
    (
        "each character is compared with top, 0 where nothing is left",
        _placed(lambda p, top: np.where(p >= top, p, 0), _guarded),
        _SUM,
    ),
    ("what is above top is cut", _placed(lambda p, top: np.where(p <= top, p, 0), _shared), _SUM),
    (
        "each character is compared with top times the largest",
        _placed(lambda p, top: np.where(p >= top * p.max(axis=1, keepdims=True), p, 0), _shared),
        _SUM,
    ),
    (
        "each character is compared with 1 - top times the largest",
        _placed(lambda p, top: np.where(p >= (1 - top) * p.max(axis=1, keepdims=True), p, 0), _shared),
        _SUM,
    ),
    ("the share top of the characters, rounded", _ranked(_many(np.round), _shared), _SHARE),
    ("the share top of the characters, rounded up", _ranked(_many(np.ceil), _shared), _SHARE),
    ("the share top of the characters, rounded down", _ranked(_many(np.floor), _shared), _SHARE),
    (
        "in the order of the ranking, without the character that reaches top",
        lambda p, top: _guarded(np.where(np.cumsum(-np.sort(-p, axis=1), axis=1) <= top, -np.sort(-p, axis=1), 0)),
        f"{_PLACES} {_DROPPED}",
    ),
    (
        "divided by the sums of the columns, 0 where they are 0",
        _ranked(_reached, lambda kept: kept / np.maximum(kept.sum(axis=0), 1e-12)),
        "Divide each row by its own sum: axis 1.",
    ),
    (
        "divided by the sums of the columns",
        _ranked(_reached, lambda kept: kept / kept.sum(axis=0)),
        "Divide each row by its own sum: axis 1.",
    ),
    (
        "softmax of what is left, zeros and all",
        _ranked(_reached, lambda kept: np.exp(kept) / np.exp(kept).sum(axis=1, keepdims=True)),
        "Divide by the sum: a softmax changes the proportions, and makes something of the zeros.",
    ),
    ("1 for what is kept", _ranked(_reached, lambda kept: (kept > 0) * 1.0), "Keep the probabilities, over their sum."),
    (
        "what was cut is given to the likeliest",
        _ranked(
            _reached,
            lambda kept: np.where(
                kept == kept.max(axis=1, keepdims=True), kept + 1 - kept.sum(axis=1, keepdims=True), kept
            ),
        ),
        "The kept ones stay in proportion: divide by their sum.",
    ),
)
