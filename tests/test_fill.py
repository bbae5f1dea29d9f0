"""What a solution takes from its sheet is typed in the sheet alone: `lstm-course build` fills it in."""

import copy
import dataclasses
import functools
import re
import shutil
import sys

import nbformat
import pytest

from lstm_helpers import checks
from lstm_helpers.checks import own_sheets
from lstm_helpers.commands import build, cli, fill
from tests import ROOT

TEMPLATE = ROOT / "docs" / "own-sheets"
SOLUTIONS = {solution.stem: solution for solution, _ in build.pairs(ROOT)}
STEM = "03_gates"


def read(stem):
    return nbformat.read(SOLUTIONS[stem], as_version=4)


def sheet(stem, **changes):
    """A copy of a sheet; changes: {name of a check: what is different in it}."""
    of_course = checks.sheets()[stem]
    changed = [dataclasses.replace(check, **changes.pop(name, {})) for name, check in of_course.checks.items()]
    assert not changes
    return of_course.with_checks(changed)


def cell(notebook, text):
    """The one cell whose source holds ``text``."""
    (found,) = [cell for cell in notebook.cells if text in cell.source]
    return found


def text(notebook):
    return "\n".join(cell.source for cell in notebook.cells)


def metadata(notebook):
    """nbgrader's metadata of all cells that have any, by grade_id."""
    marked = [cell.metadata.nbgrader for cell in notebook.cells if "nbgrader" in cell.metadata]
    assert len({of_cell.grade_id for of_cell in marked}) == len(marked)
    return {of_cell.grade_id: dict(of_cell) for of_cell in marked}


def stripped(stem):
    """A solution as an author may write it: first line of the table, titles, prose and answers."""
    notebook = read(stem)
    notebook.cells = [c for c in notebook.cells if not c.metadata.get("nbgrader", {}).get("grade")]
    for one in notebook.cells:
        one.metadata.pop("nbgrader", None)
        one.source = re.sub(r"^## \d+\. (.*) \(\d+ points?, \d+ minutes\)$", r"## \1", one.source, flags=re.M)
        one.source = re.sub(r"^\|---\|---\|---\|\n(\| \d+\. .*(?:\n|\Z))+", "", one.source, flags=re.M)
    return notebook


@pytest.mark.parametrize("stem", SOLUTIONS)
def test_a_solution_of_the_course_is_filled_in_already(stem):
    notebook = read(stem)
    assert fill.fill(notebook, checks.sheets()[stem]) == []
    assert build.text_of(notebook) == SOLUTIONS[stem].read_text(encoding="utf-8")


@pytest.mark.parametrize("stem", SOLUTIONS)
def test_all_that_is_filled_in_comes_back_from_titles_prose_and_answers_alone(stem):
    stored, notebook = read(stem), stripped(stem)
    assert not re.search(r"\(\d+ points?, |^\| \d+\. `|^check\(", text(notebook), re.M)
    assert not metadata(notebook)
    assert fill.fill(notebook, checks.sheets()[stem])
    assert [c.source for c in notebook.cells] == [c.source for c in stored.cells]
    assert metadata(notebook) == metadata(stored)
    assert [c.metadata.get("tags") for c in notebook.cells] == [c.metadata.get("tags") for c in stored.cells]
    nbformat.validate(notebook)
    again = copy.deepcopy(notebook)
    assert fill.fill(again, checks.sheets()[stem]) == []
    assert again == notebook


@pytest.mark.parametrize("stem", SOLUTIONS)
def test_nbgraders_metadata_are_complete(stem):
    notebook, of_course = read(stem), checks.sheets()[stem]
    marked = metadata(notebook)
    names = list(of_course.checks)
    assert [name for name, of_cell in marked.items() if of_cell["solution"] and name in names] == names
    assert [name for name, of_cell in marked.items() if of_cell["grade"]] == [f"check_{name}" for name in names]
    for name, of_cell in marked.items():
        graded = of_cell["grade"]
        assert set(of_cell) == {"grade", "grade_id", "locked", "schema_version", "solution", "task"} | (
            {"points"} if graded else set()
        )
        assert (of_cell["locked"], of_cell["solution"], of_cell["schema_version"]) == (graded, not graded, 3)
        assert not graded or of_cell["points"] == of_course.checks[name.removeprefix("check_")].points


def test_points_and_minutes_are_typed_in_the_sheet_alone():
    notebook = read(STEM)
    changed = fill.fill(notebook, sheet(STEM, gru_layers={"points": 1, "minutes": 1}, sigmoid={"points": 1.5}))
    assert "## 3. The layers of another cell (1 point, 1 minute)\n" in text(notebook)
    assert "| 3. `gru_layers` | 1 | 1 |\n" in text(notebook)
    assert metadata(notebook)["check_gru_layers"]["points"] == 1
    assert "## 1. The sigmoid (1.5 points, 10 minutes)\n" in text(notebook)
    assert "| 1. `sigmoid` | 1.5 | 10 |\n" in text(notebook)
    assert metadata(notebook)["check_sigmoid"]["points"] == 1.5
    assert changed == [
        "sigmoid: its row of the table is '| 1. `sigmoid` | 2 | 10 |', by the sheet '| 1. `sigmoid` | 1.5 | 10 |'",
        "gru_layers: its row of the table is '| 3. `gru_layers` | 3 | 12 |', "
        "by the sheet '| 3. `gru_layers` | 1 | 1 |'",
        "sigmoid: its heading is '## 1. The sigmoid (2 points, 10 minutes)', "
        "by the sheet '## 1. The sigmoid (1.5 points, 10 minutes)'",
        "check_sigmoid: nbgrader's metadata of cell 03-07 are {'points': 2}, by the sheet {'points': 1.5}",
        "gru_layers: its heading is '## 3. The layers of another cell (3 points, 12 minutes)', "
        "by the sheet '## 3. The layers of another cell (1 point, 1 minute)'",
        "check_gru_layers: nbgrader's metadata of cell 03-47 are {'points': 3}, by the sheet {'points': 1}",
    ]
    assert fill.fill(notebook, checks.sheets()[STEM])
    assert build.text_of(notebook) == SOLUTIONS[STEM].read_text(encoding="utf-8")


def test_a_new_question_needs_a_title_prose_and_the_answer():
    notebook, asked = read(STEM), checks.sheets()[STEM]
    place = notebook.cells.index(cell(notebook, "## 2. The four layers"))
    notebook.cells[place:place] = [
        nbformat.v4.new_markdown_cell("## A half\n\nHalf of every number."),
        nbformat.v4.new_code_cell("def half(z):\n    ### BEGIN SOLUTION\n    return z / 2\n    ### END SOLUTION"),
        nbformat.v4.new_code_cell("print(half(3))"),
    ]
    new = dataclasses.replace(asked.checks["sigmoid"], name="half", points=1, minutes=2)
    first, *others = asked.checks.values()
    fill.fill(notebook, asked.with_checks([first, new, *others]))
    added = notebook.cells[place : place + 4]
    assert [one.source for one in added] == [
        "## 2. A half (1 point, 2 minutes)\n\nHalf of every number.",
        "def half(z):\n    ### BEGIN SOLUTION\n    return z / 2\n    ### END SOLUTION",
        "print(half(3))",
        'check("half", half)',
    ]
    assert "| 1. `sigmoid` | 2 | 10 |\n| 2. `half` | 1 | 2 |\n| 3. `lstm_layers` | 4 | 15 |\n" in text(notebook)
    assert "## 7. How long a memory lasts (3 points, 12 minutes)\n" in text(notebook)
    nbformat.validate(notebook)
    made = build.exercise_of(notebook)
    assert made.cells[place + 1].source == "def half(z):\n    # YOUR CODE HERE\n    ..."
    assert made.cells[place + 3].metadata.editable is False


def test_columns_of_an_author_stay_in_the_table():
    notebook = read(STEM)
    first = cell(notebook, fill.TABLE)
    first.source = first.source.replace(
        f"{fill.TABLE}\n|---|---|---|\n| 1. `sigmoid` | 2 | 10 |\n| 2. `lstm_layers` | 4 | 15 |\n",
        "| points | question | what for | minutes |\n|--:|---|:-:|---|\n| 7 | 1. `sigmoid` | a \\| b | 1 |\n",
    )
    fill.fill(notebook, checks.sheets()[STEM])
    assert (
        "| points | question | what for | minutes |\n|--:|---|:-:|---|\n"
        "| 2 | 1. `sigmoid` | a \\| b | 10 |\n| 4 | 2. `lstm_layers` |  | 15 |\n"
    ) in first.source
    assert fill.fill(notebook, checks.sheets()[STEM]) == []


FORGET = "## 2. The four layers (4 points, 15 minutes)"


@pytest.mark.parametrize(
    "line",
    [
        "## The four layers",
        "## 2. The four layers",
        "## 7. The four layers (9 points, 99 minutes)",
        "##  2.  The four layers  (4 point, 15 min)  ",
        "## 2. The four layers (4 points, 15 minutes",
        "## The four layers (15 minutes)",
    ],
)
def test_a_heading_is_mended_around_its_title(line):
    notebook = read(STEM)
    heading = cell(notebook, FORGET)
    heading.source = heading.source.replace(FORGET, line)
    assert fill.fill(notebook, checks.sheets()[STEM]) == [
        f"lstm_layers: its heading is {line!r}, by the sheet {FORGET!r}"
    ]
    assert build.text_of(notebook) == SOLUTIONS[STEM].read_text(encoding="utf-8")


@pytest.mark.parametrize("title", ["2 steps (by pencil)", "Points (0 to 1)", "What is $(a + b)$?", "A (small) minute"])
def test_numbers_and_brackets_of_a_title_are_the_authors(title):
    notebook = read(STEM)
    heading = cell(notebook, FORGET)
    heading.source = heading.source.replace("The four layers", title)
    fill.fill(notebook, checks.sheets()[STEM])
    assert heading.source.startswith(f"## 2. {title} (4 points, 15 minutes)\n")


def test_a_damaged_check_cell_is_mended():
    notebook = read(STEM)
    damaged = cell(notebook, 'check("lstm_layers"')
    damaged.source = 'check("gru_layers", lstm_layers)'
    damaged.metadata.nbgrader = {"grade": True, "solution": True, "grade_id": "check_gru_layers"}
    del cell(notebook, "def lstm_layers").metadata["nbgrader"]
    changed = fill.fill(notebook, checks.sheets()[STEM])
    assert changed[0] == (
        "lstm_layers: its check cell is 'check(\"gru_layers\", lstm_layers)', "
        "by the sheet 'check(\"lstm_layers\", lstm_layers)'"
    )
    assert [line.partition(":")[0] for line in changed[1:]] == ["check_lstm_layers", "lstm_layers"]
    assert build.text_of(notebook) == SOLUTIONS[STEM].read_text(encoding="utf-8")


def _without(*parts):
    """A damage: the cells that hold one of these texts are gone."""

    def damage(notebook):
        notebook.cells = [c for c in notebook.cells if not any(part in c.source for part in parts)]

    return damage


def _replaced(old, new):
    def damage(notebook):
        found = cell(notebook, old)
        found.source = found.source.replace(old, new)

    return damage


def _moved(notebook):
    at = notebook.cells.index(cell(notebook, "## 4. The bias"))
    notebook.cells[at:-1] = notebook.cells[at + 4 : -1] + notebook.cells[at : at + 4]


def _answered_again(notebook):
    notebook.cells.append(copy.deepcopy(cell(notebook, "def sigmoid")))


OF_FORGET = ("## 2. The four layers", "def lstm_layers", "print(lstm_layers", 'check("lstm_layers"')
REFUSED = {
    "a question of the sheet alone": (
        _without(*OF_FORGET),
        r"03_gates.ipynb has no answer of `lstm_layers`, which gates/sheet.py asks: add a Markdown cell",
    ),
    "a question of the solution alone": (
        _replaced("def lstm_layers(", "def forgetful_gate("),
        r"03_gates.ipynb, '## 2. The four layers .*defines `forgetful_gate`, and gates/sheet.py has no check of that",
    ),
    "no heading": (_replaced("## 1. The sigmoid", "The sigmoid"), "03_gates.ipynb, cell 03-05: .*under no heading"),
    "a heading of another level": (
        _replaced("## 2. The four layers", "### 2. The four layers"),
        r"03_gates.ipynb, '## 1. The sigmoid .*answers sigmoid and lstm_layers: give each question a heading",
    ),
    "a heading without a title": (_replaced(FORGET, "## 2. (4 points, 15 minutes)"), "this heading has no title"),
    "no answer": (_without("def lstm_layers"), r"there is a check cell \(03-43\) and no answer: put ### BEGIN"),
    "two check cells": (
        lambda notebook: notebook.cells.insert(8, copy.deepcopy(cell(notebook, 'check("sigmoid"'))),
        "'## 1. The sigmoid .*there are 2 check cells: delete all but one",
    ),
    "a check cell with more in it": (
        _replaced('check("lstm_layers", lstm_layers)', 'check("lstm_layers", lstm_layers)\nassert x.any()'),
        'cell 03-43 is graded and holds other things .* leave `check\\("lstm_layers", lstm_layers\\)`',
    ),
    "another order": (_moved, "order sigmoid, .*from_onnx, steps_to_half, gate_bias, but gates/sheet.py asks them in"),
    "an answer twice": (_answered_again, "`sigmoid` is answered|answers steps_to_half and sigmoid"),
    "no table": (_replaced(fill.TABLE, "| question | points |"), r"no table of questions: write the line '\| question"),
}


@pytest.mark.parametrize("damage", REFUSED)
def test_a_solution_without_the_questions_of_its_sheet_is_refused_and_left_as_it_is(damage):
    notebook = read(STEM)
    do, why = REFUSED[damage]
    do(notebook)
    before = copy.deepcopy(notebook)
    with pytest.raises(build.BuildError, match=why):
        fill.fill(notebook, checks.sheets()[STEM])
    assert notebook == before
    assert notebook != read(STEM)


# ---------------------------------------------------------------- an instructor's own


@pytest.fixture
def own(tmp_path, monkeypatch):
    """The template as an instructor copies it; what this process loads of it is forgotten afterwards."""
    before = checks.sheets()
    monkeypatch.setattr(checks, "sheets", functools.cache(lambda: dict(before)))
    monkeypatch.setattr(own_sheets, "faults", lambda sheet, examine: [])
    monkeypatch.setattr(build, "execute", lambda path, sheets: nbformat.read(path, as_version=4))
    yield shutil.copytree(TEMPLATE, tmp_path / "mine", ignore=shutil.ignore_patterns("__pycache__"))
    for name in [name for name in sys.modules if name.startswith("lstm_own_sheet_")]:
        del sys.modules[name]


def test_the_template_of_an_own_sheet_is_filled_in_already(own):
    build.build(sheets=own, say=str)
    for path in (TEMPLATE / "solutions").glob("*.ipynb"):
        assert (own / "solutions" / path.name).read_text(encoding="utf-8") == path.read_text(encoding="utf-8")


def test_an_own_solution_follows_its_sheet(own, capsys):
    module, solution = own / "leaky_memory.py", own / "solutions" / "20_leaky_memory.ipynb"
    module.write_text(module.read_text(encoding="utf-8").replace("points=3,", "points=4,"), encoding="utf-8")
    assert cli.main(["build", "--check", "--sheets", str(own)]) == 1
    told = capsys.readouterr().out
    assert "solutions/20_leaky_memory.ipynb is not what its sheet says: run `" in told
    assert f" build --sheets {own}`" in told
    assert "leak_all: its heading is '## 2. A sequence (3 points, 10 minutes)', by the sheet" in told
    assert cli.main(["build", "--sheets", str(own)]) == 0
    assert "filled    solutions/20_leaky_memory.ipynb\n          leak_all: its row" in capsys.readouterr().out
    for path in (solution, own / "exercises" / solution.name):
        notebook = nbformat.read(path, as_version=4)
        assert "## 2. A sequence (4 points, 10 minutes)" in text(notebook)
        assert "| 2. `leak_all` | 4 | 10 |" in text(notebook)
        assert metadata(notebook)["check_leak_all"]["points"] == 4
    assert cli.main(["build", "--check", "--sheets", str(own)]) == 0


def test_a_refused_solution_leaves_every_file_as_it_was(own):
    solution = own / "solutions" / "20_leaky_memory.ipynb"
    solution.write_text(solution.read_text(encoding="utf-8").replace("## 2. A", "A"), encoding="utf-8")
    before = solution.read_bytes()
    with pytest.raises(build.BuildError, match="give each question a heading of its own"):
        build.build(sheets=own)
    assert solution.read_bytes() == before
    assert not (own / "exercises").exists()


# ---------------------------------------------------------------- the drift


def test_the_drift_says_by_name_what_the_sheet_and_the_solution_disagree_about(monkeypatch):
    changed = {**checks.sheets(), STEM: sheet(STEM, from_onnx={"minutes": 9})}
    monkeypatch.setattr(checks, "sheets", lambda: changed)
    (trouble,) = build.drift(ROOT)[:1]
    assert trouble.startswith("solutions/03_gates.ipynb is not what its sheet says: run `lstm-course build`\n")
    assert "from_onnx: its row of the table is '| 7. `from_onnx` | 2 | 8 |', by the sheet" in trouble
    assert "from_onnx: its heading is" in trouble
    assert "03_gates.ipynb differs from what solutions/03_gates.ipynb gives" in build.drift(ROOT)[1]
    assert len(build.drift(ROOT)) == 2


def test_the_drift_names_a_question_that_is_missing(monkeypatch):
    first, *others = checks.sheets()[STEM].checks.values()
    changed = {**checks.sheets(), STEM: checks.sheets()[STEM].with_checks(others)}
    monkeypatch.setattr(checks, "sheets", lambda: changed)
    (trouble,) = build.drift(ROOT)
    assert "the answer defines `sigmoid`, and gates/sheet.py has no check of that name" in trouble
