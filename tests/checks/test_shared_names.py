"""An instructor's sheet may ask for a check of the course's name: each notebook, and the grader, means its own."""

import csv
import functools
import os
import subprocess
import sys

import nbformat
import numpy as np
import pytest

from lstm_helpers import checks
from lstm_helpers.checks import notebook
from lstm_helpers.commands import build, cli, fill
from lstm_helpers.course import progress
from lstm_helpers.grading import run, workers
from lstm_helpers.grading.submissions import notebooks, reading
from tests.grading.handed import SIGMOID, lay_out
from tests.grading.handed import notebook as handed
from tests.grading.test_run import LIMITS, UNSAFE

STEM = "20_hard_gates"
MODULE = '''
"""A sigmoid of straight lines, and a gate that uses it: both have names of the course's."""
import numpy as np
from lstm_helpers.checks.sheet import Sheet

sheet = Sheet("hard_gates", exercise="20_hard_gates")


def sigmoid(z):
    return np.clip(z / 6 + 0.5, 0, 1)


def forget_gate(z):
    return sigmoid(z)


def z_cases(rng):
    """What is asked."""
    for label, shape in [("a batch", (3, 2)), ("one sample", (1, 4))]:
        yield label, {"z": 4 * rng.normal(size=shape)}


for oracle, uses in ((sigmoid, ()), (forget_gate, ("sigmoid",))):
    more = dict(name=oracle.__name__, oracle=oracle, returns="s", points=1, minutes=5, hints=["clip"], uses=uses)
    sheet.check(**more)(z_cases)
'''
HARD = "import numpy as np\ndef sigmoid(z):\n    return np.clip(z / 6 + 0.5, 0, 1)\n"
SPACE = {"hard": {}, "soft": {}}
exec(HARD, SPACE["hard"])
exec(SIGMOID, SPACE["soft"])
hard, soft = (SPACE[kind]["sigmoid"] for kind in ("hard", "soft"))


@pytest.fixture
def nowhere(monkeypatch):
    """No notebook: nobody tells which one it is."""
    for name in ("JPY_SESSION_NAME", "PYTEST_CURRENT_TEST"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def both(tmp_path, monkeypatch, nowhere):
    """The course's sheets and one that asks for a ``sigmoid``, too; progress is kept in a file of the test's own."""
    before = checks.sheets()
    monkeypatch.setattr(checks, "sheets", functools.cache(lambda: dict(before)))
    monkeypatch.setenv("LSTM_COURSE_PROGRESS", str(tmp_path / "progress.json"))
    folder = lay_out(tmp_path / "own", {"hard_gates.py": MODULE})
    workers.sheets_of.cache_clear()
    checks.load_sheets(folder)
    yield folder
    workers.sheets_of.cache_clear()
    for name in [name for name in sys.modules if name.startswith("lstm_own_sheet_")]:
        del sys.modules[name]


def test_the_notebook_decides_whose_check_it_is(both, monkeypatch):
    for path, right, wrong in ((f"/c/work/{STEM}.ipynb", hard, soft), ("/c/work/03_gates.ipynb", soft, hard)):
        monkeypatch.setenv("JPY_SESSION_NAME", path)
        assert checks.check("sigmoid", right).right
        assert not checks.check("sigmoid", wrong).right


def test_the_exercise_may_stand_before_the_name_anywhere(both):
    assert checks.check(f"{STEM}/sigmoid", hard).right
    assert checks.check("03_gates/sigmoid", soft).right
    assert "there is no exercise '03_gate': did you mean '03_gates'?" in checks.check("03_gate/sigmoid", soft).text
    assert "did you mean 'sigmoid'?" in checks.check(f"{STEM}/sigmoit", hard).text


@pytest.mark.parametrize("path", ["", "/c/work/scratch.ipynb", "/c/work/04_cell_state.ipynb", "5f3a-console"])
def test_where_it_cannot_be_told_nobody_guesses_and_the_way_out_is_said(both, monkeypatch, path):
    monkeypatch.setenv("JPY_SESSION_NAME", path)
    for answer in (hard, soft):
        result = checks.check("sigmoid", answer)
        assert result.state == "not attempted"
        assert 'write check("03_gates/sigmoid", sigmoid) or check("20_hard_gates/sigmoid", sigmoid)' in result.text
    assert not progress.load()


def test_a_name_that_one_exercise_has_needs_no_notebook(both):
    cell = checks.find("hidden_update")
    assert cell.sheet.exercise == "04_cell_state"
    assert checks.check("hidden_update", cell.oracle).right


def test_earlier_functions_are_those_of_the_same_sheet(both, monkeypatch):
    monkeypatch.setenv("JPY_SESSION_NAME", f"{STEM}.ipynb")
    space = {}
    exec(SIGMOID + "def forget_gate(z):\n    return sigmoid(z)\n", space)  # right in the course, a fault here
    result = checks.check("forget_gate", space["forget_gate"])
    assert result.carried == ["sigmoid"]
    assert result.points == 1


def test_progress_does_not_mix_the_two(both):
    checks.check("03_gates/sigmoid", soft)
    checks.check(f"{STEM}/sigmoid", np.tanh)
    remembered = progress.load()
    assert remembered["sigmoid"]["best"] == 2
    assert remembered[f"{STEM}/sigmoid"]["best"] == 0


def kernel_says(environment, before=""):
    """What a kernel in this environment takes its notebook for."""
    code = f"{before}\nfrom lstm_helpers.checks import notebook\nprint(notebook.stem())"
    clean = {k: v for k, v in os.environ.items() if k not in ("JPY_SESSION_NAME", "PYTEST_CURRENT_TEST")}
    ran = subprocess.run([sys.executable, "-c", code], env=clean | environment, capture_output=True, text=True)
    return ran.stdout.strip()


def test_what_tells_the_notebook():
    session, tested = {"JPY_SESSION_NAME": "/c/work/a.ipynb"}, {"PYTEST_CURRENT_TEST": "c/b.ipynb::Cell 0 (setup)"}
    code = r"__vsc_ipynb_file__ = 'C:\\c\\work\\c.ipynb'"
    assert kernel_says({}) == ""
    assert kernel_says(session) == "a"
    assert kernel_says(session, code) == "c"
    assert kernel_says(session | tested, code) == "b"
    assert kernel_says({"PYTEST_CURRENT_TEST": "tests/test_a.py::test (call)"}) == ""


@pytest.mark.parametrize("name", ["03_gates", "03_gates-Copy1", "03_gates (1)", "03_gates.2026-10-01-101010-5"])
def test_a_copy_belongs_to_its_exercise(monkeypatch, nowhere, name):
    monkeypatch.setenv("JPY_SESSION_NAME", f"/c/work/{name}.ipynb")
    assert notebook.exercise(["03_gates", "03_gates_2", "04_cell_state"]) == "03_gates"
    assert notebook.exercise(["03", "gates", "3_gates", "03_gate"]) == ""


def solution(tmp_path):
    """A solution notebook of the sheet, whose check cell names no exercise."""
    cells = [nbformat.v4.new_code_cell("from lstm_helpers.checks import check"), nbformat.v4.new_code_cell(HARD)]
    cells.append(nbformat.v4.new_code_cell('check("sigmoid", sigmoid)'))
    cells.append(nbformat.v4.new_code_cell("def forget_gate(z):\n    return sigmoid(z)"))
    cells.append(nbformat.v4.new_code_cell('check("forget_gate", forget_gate)'))
    path = tmp_path / f"{STEM}.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    return path


def test_build_and_check_tell_the_kernel_whose_notebook_it_is(both, tmp_path, monkeypatch, capfd):
    path = solution(tmp_path)
    assert "sigmoid: correct, 1 of 1 point" in str(build.execute(path, sheets=both))
    monkeypatch.setenv("LSTM_COURSE_SHEETS", str(both))
    assert cli.main(["check", str(path)]) == 0, capfd.readouterr().out


def test_a_file_is_known_by_the_checks_that_it_names(both):
    def answers(*cells):
        return notebooks.by_code(reading.parse(handed(*cells).encode()), checks.sheets())

    assert answers(f'check("{STEM}/sigmoid", sigmoid)') == STEM
    assert answers('check("03_gates/sigmoid", sigmoid)') == "03_gates"
    assert answers('check("sigmoid", sigmoid)') is None


def test_the_grader_knows_the_exercise(both, tmp_path):
    files = {f"ann/{STEM}.ipynb": handed(HARD), "ann/03_gates.ipynb": handed(SIGMOID)}
    files |= {f"bob/{STEM}.ipynb": handed(SIGMOID), "bob/03_gates.ipynb": handed(HARD)}
    out = tmp_path / "out"
    run.grade(
        lay_out(tmp_path / "class", files), out, own_sheets=str(both), jobs=1, seed=1, limits=LIMITS, unsafe=UNSAFE
    )
    rows = list(csv.reader((out / "grades.csv").open(encoding="utf-8")))
    assert rows[0].count("sigmoid") == 1
    at = rows[0].index("sigmoid")
    assert {(row[0], row[2]): row[at] for row in rows[1:]} == {
        ("ann", STEM): "1", ("ann", "03_gates"): "2", ("bob", STEM): "0", ("bob", "03_gates"): "0",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("written", "built"),
    [
        ('check("sigmoid", sigmoid)', 'check("sigmoid", sigmoid)'),
        (f'check("{STEM}/sigmoid", sigmoid)', f'check("{STEM}/sigmoid", sigmoid)'),
        ('check("03_gates/sigmoid", sigmoid)', f'check("{STEM}/sigmoid", sigmoid)'),
        (None, f'check("{STEM}/sigmoid", sigmoid)'),
    ],
)
def test_a_check_cell_may_name_its_exercise_and_does_where_build_makes_it(both, written, built):
    cells = [nbformat.v4.new_markdown_cell(fill.TABLE)]
    for name in ("sigmoid", "forget_gate"):
        answer = f"### BEGIN SOLUTION\ndef {name}(z):\n    return z\n### END SOLUTION"
        cells += [nbformat.v4.new_markdown_cell(f"## The {name}"), nbformat.v4.new_code_cell(answer)]
    if written:
        cells.insert(3, nbformat.v4.new_code_cell(written))
    own = nbformat.v4.new_notebook(cells=cells)
    fill.fill(own, checks.sheets()[STEM])
    assert [cell.source for cell in own.cells[3::3]] == [built, 'check("forget_gate", forget_gate)']
