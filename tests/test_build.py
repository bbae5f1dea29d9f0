"""Exercises are made from solutions, never by hand; what is stored is clean."""

import shutil

import nbformat
import pytest

from lstm_helpers import checks
from lstm_helpers.commands import build
from tests import ROOT

PAIRS = build.pairs(ROOT)


def test_every_exercise_is_what_its_solution_gives():
    assert build.drift(ROOT) == []


FOLDERS = ("notebooks", "exercises", "solutions", "docs")
STORED = [p for f in FOLDERS for p in sorted((ROOT / f).rglob("*.ipynb")) if ".ipynb_checkpoints" not in p.parts]


@pytest.mark.parametrize("path", STORED, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_stored_notebook_says_what_language_it_is_in(path):
    assert nbformat.read(path, as_version=4).metadata == build.NOTEBOOK_METADATA


def test_a_notebook_becomes_a_python_file_as_a_script(tmp_path):
    exporter = pytest.importorskip("nbconvert", reason="JupyterLab brings it").ScriptExporter()
    _, resources = exporter.from_filename(ROOT / "exercises" / "03_gates.ipynb")
    assert resources["output_extension"] == ".py"


def test_every_sheet_has_its_exercise_and_its_solution():
    stems = {solution.stem for solution, _ in PAIRS}
    assert stems == set(checks.sheets())


def test_a_solution_without_a_sheet_says_what_is_missing(tmp_path):
    stray = shutil.copyfile(ROOT / "solutions" / "03_gates.ipynb", tmp_path / "33_stray.ipynb")
    with pytest.raises(
        build.BuildError, match=r"33_stray.ipynb has a table of questions .* row with the stem '33_stray'"
    ):
        build._made(stray)


@pytest.fixture
def course_copy(tmp_path):
    for folder in ("solutions", "exercises"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns(".ipynb_checkpoints"))
    return tmp_path


def test_a_change_of_one_side_alone_is_a_drift(course_copy):
    assert build.drift(course_copy) == []
    exercise = course_copy / "exercises" / "03_gates.ipynb"
    exercise.write_text(exercise.read_text().replace("forget gate", "forgetful gate"))
    assert "03_gates.ipynb differs" in build.drift(course_copy)[0]
    exercise.unlink()
    assert "03_gates.ipynb is missing" in build.drift(course_copy)[0]
    (course_copy / "exercises" / "99_own.ipynb").write_text("{}")
    assert any("99_own.ipynb has no solution" in trouble for trouble in build.drift(course_copy))


@pytest.mark.parametrize("exercise", [e for _, e in PAIRS], ids=lambda e: e.stem)
def test_an_exercise_holds_no_answer_and_its_checks_are_locked(exercise):
    cells = [c for c in nbformat.read(exercise, as_version=4).cells if c.cell_type == "code"]
    assert not any("SOLUTION" in cell.source or cell.outputs or cell.execution_count for cell in cells)
    marked = [cell for cell in cells if cell.metadata.get("nbgrader")]
    answers = [cell for cell in marked if cell.metadata.nbgrader.solution]
    graded = [cell for cell in marked if cell.metadata.nbgrader.grade]
    sheet = checks.sheets()[exercise.stem]
    named = [cell.metadata.nbgrader.grade_id for cell in answers]
    assert [name for name in named if name in sheet.checks] == list(sheet.checks)
    assert all("..." in cell.source for cell in answers if cell.metadata.nbgrader.grade_id in sheet.checks)
    for cell, check in zip(graded, sheet.checks.values(), strict=True):
        assert cell.source == f'check("{check.name}", {check.name})'
        assert cell.metadata.nbgrader.points == check.points
        assert cell.metadata.nbgrader.locked
        assert cell.metadata.editable is cell.metadata.deletable is False


@pytest.mark.parametrize("exercise", [e for _, e in PAIRS], ids=lambda e: e.stem)
def test_points_and_minutes_in_the_headings_are_those_of_the_checks(exercise):
    text = "\n".join(c.source for c in nbformat.read(exercise, as_version=4).cells if c.cell_type == "markdown")
    for number, check in enumerate(checks.sheets()[exercise.stem].checks.values(), 1):
        unit = "point" if check.points == 1 else "points"
        assert f"({check.points} {unit}, {check.minutes} minutes)" in text
        assert f"| {number}. `{check.name}` | {check.points} | {check.minutes} |" in text


@pytest.mark.parametrize("exercise", [e for _, e in PAIRS], ids=lambda e: e.stem)
def test_an_untouched_exercise_is_not_attempted_and_shows_no_error(exercise, monkeypatch):
    monkeypatch.setitem(build.VOLATILE, "LSTM_COURSE_STRICT", "")
    executed = build.execute(exercise)  # raises on an error page, or on anything in stderr
    graded = [c for c in executed.cells if c.metadata.get("nbgrader", {}).get("grade")]
    sheet = checks.sheets()[exercise.stem]
    for cell, check in zip(graded, sheet.checks.values(), strict=True):
        line, result = cell.outputs
        assert line.text == f"{check.name}: not attempted, 0 of {check.points} point{'s' * (check.points != 1)}\n"
        assert float(result.data["text/plain"]) == 0  # how nbgrader reads partial credit
        assert "hint 1 of" in result.data["text/html"]
        assert "not attempted" not in result.data["text/html"]  # the plain line has said it


def notebook(*sources, **metadata):
    cells = [nbformat.v4.new_code_cell(source, metadata=metadata) for source in sources]
    return nbformat.v4.new_notebook(cells=cells)


ANSWER = {"nbgrader": {"solution": True, "grade": False}}


def test_the_stub_keeps_the_indentation_and_leaves_what_stands_around():
    source = "def f(x):\n    y = x\n    ### BEGIN SOLUTION\n    y = 2 * x\n    ### END SOLUTION\n    return y"
    (cell,) = build.exercise_of(notebook(source, **ANSWER)).cells
    assert cell.source == "def f(x):\n    y = x\n    # YOUR CODE HERE\n    ...\n    return y"


@pytest.mark.parametrize(
    ("source", "metadata"),
    [
        ("### BEGIN SOLUTION\nx = 1", ANSWER),
        ("x = 1", ANSWER),
        ("### BEGIN SOLUTION\nx = 1\n### END SOLUTION", {}),
    ],
)
def test_markers_that_do_not_fit_the_metadata_are_refused(source, metadata):
    with pytest.raises(build.BuildError, match="do not agree"):
        build.exercise_of(notebook(source, **metadata))


NOISE = [
    ("object()", "shows an object's address"),
    ("print(object())", "shows an object's address"),
    ("import sys; print('careful', file=sys.stderr)", "stderr"),
    ("import os; print(os.getcwd())", "path of this machine"),
    ("1 / 0", "ZeroDivisionError"),
]


@pytest.mark.parametrize(("source", "why"), NOISE)
def test_a_notebook_with_noise_in_its_output_is_not_stored(source, why, tmp_path, monkeypatch):
    monkeypatch.setenv("LSTM_COURSE_HOME", str(tmp_path))
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks" / "00_start_here.ipynb").touch()
    nbformat.write(notebook(source), tmp_path / "noisy.ipynb")
    with pytest.raises(build.BuildError, match=why):
        build.execute(tmp_path / "noisy.ipynb")


def test_a_picture_with_text_that_is_too_pale_is_refused(tmp_path):
    source = (
        "from matplotlib import pyplot as plt\nfrom lstm_helpers.figures import show\n"
        "fig, ax = plt.subplots()\nax.text(0.5, 0.5, 'word', color='#dddddd')\nshow(fig, 'a word in pale grey')"
    )
    path = tmp_path / "note.ipynb"
    nbformat.write(notebook(source), path)
    with pytest.raises(build.BuildError, match="'word' has a contrast of 1"):
        build.execute(path)


def test_a_widget_that_asks_to_be_run_leaves_its_words(tmp_path):
    source = "from lstm_helpers.explorers import CellExplorer\nCellExplorer()"
    path = tmp_path / "note.ipynb"
    nbformat.write(notebook(source), path)
    (output,) = build.execute(path).cells[0].outputs
    assert list(output.data) == ["text/plain"]
    assert "Run this cell to move its sliders" in output.data["text/plain"]


def test_stored_notebooks_hold_no_times_no_widget_views_and_joined_streams(tmp_path):
    source = "import ipywidgets\nprint('a', flush=True); print('b')\nipywidgets.IntSlider()"
    nbformat.write(notebook(source, tags=["nbval-check-output"], claim="C01", noise=1), tmp_path / "n.ipynb")
    executed = build.execute(tmp_path / "n.ipynb")
    (cell,) = executed.cells
    assert [output.text for output in cell.outputs] == ["a\nb\n"]
    assert dict(cell.metadata) == {"tags": ["nbval-check-output"], "claim": "C01"}
    assert set(executed.metadata) == {"kernelspec", "language_info"}


def test_what_a_notebook_takes_from_the_students_library_is_the_solutions_code(tmp_path):
    source = (
        "from lstm_helpers import yours\nprint(yours.report().count)\n"
        "print(yours.lstm_backward.__wrapped__.__code__.co_filename)"
    )
    nbformat.write(notebook(source + "\nyours.report()"), tmp_path / "n.ipynb")
    printed, reported = build.execute(tmp_path / "n.ipynb").cells[0].outputs
    assert printed.text.startswith("12 of 12 pieces are yours\n06_backward_through_time.ipynb, cell")
    assert "saved" not in reported.data["text/plain"]  # a file's time is another at each checkout


def test_a_cell_that_prints_times_keeps_what_is_stored_until_it_is_cleared(tmp_path):
    timed = notebook("print('2.5 ms')", tags=["timing"])
    nbformat.write(timed, tmp_path / "n.ipynb")
    assert build.execute(tmp_path / "n.ipynb").cells[0].outputs[0].text == "2.5 ms\n"
    timed.cells[0].outputs = [nbformat.v4.new_output("stream", text="2.4 ms\n")]
    nbformat.write(timed, tmp_path / "n.ipynb")
    assert build.execute(tmp_path / "n.ipynb").cells[0].outputs[0].text == "2.4 ms\n"
