"""A stored lesson as its test reads it: its text, what its cells printed, and what they print when they run again."""

import contextlib
import io

import nbformat

from tests import ROOT

NOTEBOOKS = ROOT / "notebooks"


def read(name):
    """The notebook notebooks/<name>.ipynb."""
    return nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4)


def prose(notebook):
    """All of its Markdown as one text."""
    return "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


def printed(notebook, beginning):
    """The stored text output of the one code cell whose source holds ``beginning``."""
    (cell,) = (cell for cell in notebook.cells if cell.cell_type == "code" and beginning in cell.source)
    return stored(cell)


def stored(cell):
    """What a cell printed when it was stored."""
    return "".join(output.get("text", "") for output in cell.outputs)


def run(notebook, names):
    """[(cell, what it prints)] of its code cells, run in ``names``; those that draw a picture are left out."""
    said = []
    for cell in notebook.cells:
        if cell.cell_type == "code" and "_picture(" not in cell.source:
            out = io.StringIO()
            with contextlib.redirect_stdout(out):
                exec(cell.source, names)
            said.append((cell, out.getvalue()))
    return said
