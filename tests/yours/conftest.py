"""A course folder with a student's notebooks in work/."""

import json

import pytest

from lstm_helpers import course, yours
from lstm_helpers.yours import pieces
from tests import ROOT


class Work:
    """The folder work/ of a student."""

    def __init__(self, root):
        self.root, self.folder = root, root / "work"

    def path(self, exercise):
        return self.folder / f"{exercise}.ipynb"

    def save(self, exercise, *cells):
        """Save a notebook with these code cells."""
        held = [{"cell_type": "code", "metadata": {}, "source": source, "outputs": []} for source in cells]
        self.path(exercise).write_text(json.dumps({"cells": held, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))

    def write(self, exercise, *cells):
        """Save a notebook with these code cells, and read it."""
        self.save(exercise, *cells)
        return yours.reload()

    def solve(self, exercise, *more):
        """Save the solution, with more code cells at its end, and read it."""
        self.save(exercise, *solution(exercise), *more)
        return yours.reload()

    def solve_all(self):
        for exercise in pieces.EXERCISES:
            self.save(exercise, *solution(exercise))
        yours.reload()
        return self


def solution(exercise):
    """The code cells of a solution."""
    held = json.loads((ROOT / "solutions" / f"{exercise}.ipynb").read_text(encoding="utf-8"))
    return ["".join(cell["source"]) for cell in held["cells"] if cell["cell_type"] == "code"]


def course_in(folder, patch):
    """The Work of a student in a course folder of its own; ``patch``: a MonkeyPatch, which forgets it afterwards."""
    (folder / "notebooks").mkdir()
    (folder / course.START_PAGE).write_text("{}")
    (folder / "work").mkdir()
    patch.setenv("LSTM_COURSE_HOME", str(folder))
    patch.delenv("LSTM_COURSE_WORK", raising=False)
    patch.setattr(yours, "_loaded", None)
    return Work(folder)


@pytest.fixture
def work(tmp_path, monkeypatch):
    """An empty work/."""
    return course_in(tmp_path, monkeypatch)


@pytest.fixture
def solved(work):
    """A work/ in which every exercise is solved."""
    return work.solve_all()


@pytest.fixture(scope="module")
def solved_once(tmp_path_factory):
    """The same for tests that change nothing in it."""
    with pytest.MonkeyPatch.context() as patch:
        yield course_in(tmp_path_factory.mktemp("course"), patch).solve_all()
