"""A stored lesson as its test reads it: its text, what its cells printed, and what they define."""

import contextlib
import io
import re

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


def alts(notebook):
    """The alternative text of each of its pictures, in their order. Raises TypeError for a picture that has none."""
    outputs = (output for cell in notebook.cells for output in cell.get("outputs", []))
    shown = (output.get("data", {}).get("text/html", "") for output in outputs)
    return [re.search(r'<img alt="([^"]+)"', page)[1] for page in shown if "<img" in page]


def compared(notebook):
    """How many of its cells have a stored output that is compared with what they print (stage ``notebooks``)."""
    return sum("nbval-check-output" in cell.metadata.get("tags", []) and bool(stored(cell)) for cell in notebook.cells)


def define(notebook, names, leave_out=r"_picture\("):
    """Run its code cells in ``names``, but for those in which the pattern ``leave_out`` is found. Returns ``names``."""
    with contextlib.redirect_stdout(io.StringIO()):
        for cell in notebook.cells:
            if cell.cell_type == "code" and not re.search(leave_out, cell.source):
                exec(cell.source, names)
    return names
