"""nbgrader reads the solutions, and gives the points that `lstm-course grade` gives."""

import csv
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from tests import ROOT
from tests.grading.handed import SHEETS

pytest.importorskip("nbgrader", reason="nbgrader is not installed: pip install 'lstm-helpers[nbgrader]'")

CONFIG = r"""
c = get_config()
c.CourseDirectory.course_id = "lstm"
c.ClearSolutions.code_stub = {"python": "# YOUR CODE HERE\n..."}
c.IPKernelApp.log_level = "ERROR"
"""
LAYERS = "z_i, z_f, z_g, z_o = np.split"
SIGMOID = "return np.where(z >= 0, 1, e) / (1 + e)"
CLASS = {  # (student, exercise): edits of the right answers; None leaves the exercise as it was handed out
    ("right", "03_gates"): [],
    ("right", "04_cell_state"): [],
    ("wrong", "03_gates"): [("return ", "return 1 + ")],
    ("wrong", "04_cell_state"): None,
    ("partial", "03_gates"): [(LAYERS, "z_f, z_i, z_g, z_o = np.split"), ("r, z = np.split", "1 / 0; r, z = np.split")],
    ("partial", "04_cell_state"): [("return f * c_prev + i * g", "return f * c_prev - i * g"), ('"h": 0.55', '"h": 5')],
    ("carried", "03_gates"): [(SIGMOID, "return np.tanh(z)")],
    ("noisy", "03_gates"): [(LAYERS, f"import sys; print('here', file=sys.stderr); print('there'); {LAYERS}")],
}
FULL = {exercise: SHEETS[exercise].points for _, exercise in CLASS}
DESERVED = {  # what is lost is worked out by hand
    ("right", "03_gates"): FULL["03_gates"],
    ("right", "04_cell_state"): FULL["04_cell_state"],
    ("wrong", "03_gates"): 0,
    ("wrong", "04_cell_state"): 0,
    ("partial", "03_gates"): FULL["03_gates"] - 7,
    ("partial", "04_cell_state"): FULL["04_cell_state"] - 3,
    ("carried", "03_gates"): FULL["03_gates"] - 2,
    ("noisy", "03_gates"): FULL["03_gates"],
}
EXERCISES = sorted({exercise for _, exercise in CLASS})


def run(folder, *command):
    """Run a module of this environment in ``folder`` as a person with no settings of their own."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("LSTM_COURSE_", "JUPYTER"))}
    environment |= {"HOME": str(folder), "PYTHONPATH": str(ROOT), "LSTM_COURSE_PROGRESS": "off", "OMP_NUM_THREADS": "1"}
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment.get('PATH', '')}"  # it calls alembic
    ran = subprocess.run(
        [sys.executable, *command], cwd=folder, env=environment, capture_output=True, text=True, timeout=300
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """An nbgrader course with the exercises, released, handed in, graded and exported."""
    folder = tmp_path_factory.mktemp("nbgrader")
    (folder / "nbgrader_config.py").write_text(CONFIG)
    for exercise in EXERCISES:
        source = folder / "source" / exercise
        source.mkdir(parents=True)
        (source / f"{exercise}.ipynb").write_bytes((ROOT / "solutions" / f"{exercise}.ipynb").read_bytes())
        run(folder, "-m", "nbgrader", "generate_assignment", exercise, "--create")
    for (student, exercise), edits in CLASS.items():
        released = nbformat.read(folder / "release" / exercise / f"{exercise}.ipynb", as_version=4)
        if edits is not None:
            _answer(released, exercise, edits)
        (folder / "submitted" / student / exercise).mkdir(parents=True)
        nbformat.write(released, folder / "submitted" / student / exercise / f"{exercise}.ipynb")
    for exercise in EXERCISES:
        run(folder, "-m", "nbgrader", "autograde", exercise, "--create")
    run(folder, "-m", "nbgrader", "export")
    return folder


def _answer(notebook, exercise, edits):
    right = nbformat.read(ROOT / "solutions" / f"{exercise}.ipynb", as_version=4)
    for cell, solved in zip(notebook.cells, right.cells, strict=True):
        if cell.metadata.get("nbgrader", {}).get("solution"):
            cell.source = solved.source
            for old, new in edits:
                cell.source = cell.source.replace(old, new)


def rows(path):
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_nbgrader_gives_the_points_that_are_deserved(course):
    exported = {(row["student_id"], row["assignment"]): row for row in rows(course / "grades.csv")}
    assert {key: float(exported[key]["score"]) for key in CLASS} == DESERVED
    assert {float(row["max_score"]) for row in exported.values()} == set(FULL.values())


def test_the_grader_gives_the_same_points_to_the_same_files(course, tmp_path):
    grade = f"raise SystemExit(cli.main(['grade', 'submitted', '--out', {str(tmp_path)!r}, '--jobs', '1']))"
    run(course, "-c", f"from lstm_helpers.commands import cli; {grade}")
    ours = {
        (row["student"], row["exercise"]): float(row["points"])
        for row in rows(tmp_path / "grades.csv")
        if row["points"]
    }
    assert ours == DESERVED


@pytest.mark.parametrize("exercise", EXERCISES)
def test_nbgrader_releases_the_exercises_of_the_course(course, exercise):
    released = nbformat.read(course / "release" / exercise / f"{exercise}.ipynb", as_version=4)
    ours = nbformat.read(ROOT / "exercises" / f"{exercise}.ipynb", as_version=4)
    for theirs, mine in zip(released.cells, ours.cells, strict=True):
        # A cell that leaves a `...` to fill in has a second place to write in nbgrader's.
        assert theirs.source.removesuffix("\n# YOUR CODE HERE\n...") == mine.source.removesuffix(
            "\n# YOUR CODE HERE\n..."
        )
