"""What an answer gets of the library while it is looked at: the same in a notebook's check and in the grader's box."""

import functools

from lstm_helpers import checks
from lstm_helpers.checks import probe
from lstm_helpers.yours import pieces


def offered(name):
    """Whether this name of the library may be used now: always but by an answer whose exercise is graded without it."""
    looked_at = checks.under_way()
    return not looked_at or name in pieces.given_to(looked_at[0])


def require(name):
    """ImportError where a name of the library is not offered."""
    if not offered(name):
        some = pieces.given_to(checks.under_way()[0])
        dotted = f"lstm_helpers.yours.{name}" if some else "lstm_helpers.yours"
        raise ImportError(probe.NOT_THERE.format(dotted, probe.OUTSIDE))


def handed(piece, function):
    """The function of a Piece, as it is handed out.

    An answer does not get what its exercise asks for, but what its own notebook has under that name.
    """

    def run(*args, **kwargs):
        require(piece.name)
        exercise, names = checks.under_way() or ("", {})
        return (_own(piece, names) if piece.exercise == exercise else function)(*args, **kwargs)

    run.handed = True
    return functools.wraps(function or run)(run)


def _own(piece, names):
    found = names.get(piece.name)
    if found is None or hasattr(found, "handed"):
        raise ImportError(f"this notebook has no {piece.name} of its own yet: write that first")
    return found
