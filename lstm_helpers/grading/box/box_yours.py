"""The library of the grader's box: of every piece of the exercises before, the reference. Staged there in the place of
``yours.loading``, as all else of ``lstm_helpers.yours`` is in the box what it is at home.

Each exercise is graded by itself, so a student's own pieces of earlier ones are not here, nor is their mistake. A piece
that the exercise itself asks for is the one in the notebook that is graded (``yours.handing``).
"""

from lstm_helpers import checks
from lstm_helpers.yours import earlier, pieces
from lstm_helpers.yours.found import Found, Library, Notebook
from lstm_helpers.yours.handing import handed

HERE = "In the grader's box: the reference, every piece of the exercises before this one."
checks.exercise = earlier.EXERCISE


def load(again=False):
    """A Library without a student's earlier notebooks."""
    return reference_alone()


def reference_alone():
    """The Library that takes nothing from any notebook but the one that is graded."""
    notebook = Notebook("the notebook", trouble="is not in the grader's box")
    found = {
        name: Found(piece, notebook, handed(piece, getattr(earlier, name, None)), False, str(notebook))
        for name, piece in pieces.PIECES.items()
    }
    return Library(found, HERE)
