"""A course folder with a student's notebooks in work/."""

import json

import pytest

from lstm_helpers import checks, course, yours
from lstm_helpers.yours import pieces
from tests import ROOT

ASKED = [name for name, piece in pieces.PIECES.items() if name in checks.sheets()[piece.exercise].checks]


class Work:
    """The folder work/ of a student."""

    def __init__(self, root):
        self.root, self.folder = root, root / "work"

    def path(self, exercise):
        return self.folder / f"{exercise}.ipynb"

    def write(self, exercise, *cells):
        """Save a notebook with these code cells, and read it."""
        held = [{"cell_type": "code", "metadata": {}, "source": source, "outputs": []} for source in cells]
        self.path(exercise).write_text(json.dumps({"cells": held, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))
        return yours.reload()

    def solve(self, exercise, *more):
        """Save the solution, with more code cells at its end, and read it."""
        held = json.loads((ROOT / "solutions" / f"{exercise}.ipynb").read_text(encoding="utf-8"))
        code = ["".join(cell["source"]) for cell in held["cells"] if cell["cell_type"] == "code"]
        return self.write(exercise, *code, *more)


@pytest.fixture
def work(tmp_path, monkeypatch):
    """An empty work/ in a course folder of its own; what was loaded is forgotten afterwards."""
    (tmp_path / "notebooks").mkdir()
    (tmp_path / course.START_PAGE).write_text("{}")
    (tmp_path / "work").mkdir()
    monkeypatch.setenv("LSTM_COURSE_HOME", str(tmp_path))
    monkeypatch.delenv("LSTM_COURSE_WORK", raising=False)
    monkeypatch.setattr(yours, "_loaded", None)
    return Work(tmp_path)


@pytest.fixture
def solved(work):
    """A work/ in which every exercise is solved."""
    for exercise in pieces.EXERCISES:
        work.solve(exercise)
    return work
