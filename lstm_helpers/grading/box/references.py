"""The source of our own functions, for a box that needs some of them and no more."""

import inspect
import textwrap

from lstm_helpers.variants.turns import Turned
from lstm_helpers.yours import pieces


def source_of(oracles):
    """The source of these functions and of what they call, and no more: the answers to other checks stay out."""
    needed, waiting = {}, list(oracles)
    while waiting:
        fn = waiting.pop()
        if isinstance(fn, Turned):
            needed.setdefault("", f"import inspect\n\n\n{inspect.getsource(Turned)}")
            needed[fn.__name__] = _source_of_turned(fn)
        elif fn.__name__ not in needed:
            needed[fn.__name__] = inspect.getsource(fn)
            called = (fn.__globals__.get(name) for name in fn.__code__.co_names)
            waiting += [other for other in called if inspect.isfunction(other)]
    return "import numpy as np\n\n\n" + "\n\n".join(needed.values())


def _source_of_turned(fn):
    """The source that makes a right answer of a variant again: what it calls may have the names of others."""
    inner = textwrap.indent(source_of([fn.fn]), "    ")
    given = ", ".join(map(repr, (fn.takes, fn.gives, fn.returns, fn.asked, fn.exchanged)))
    return f"def _made():\n{inner}\n    return {fn.__name__}\n\n\n{fn.__name__} = Turned(_made(), {given})\n"


def of_pieces_before(exercise):
    """The source of a module with the pieces of the exercises before one, and that one's name."""
    before = [piece for name, piece in pieces.PIECES.items() if name in pieces.given_to(exercise)]
    functions = [pieces.reference(piece.exercise, piece.name) for piece in before if piece.exercise != exercise]
    return f"{source_of(functions)}\n\nEXERCISE = {exercise!r}\n"
