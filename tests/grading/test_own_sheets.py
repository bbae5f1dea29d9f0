"""An instructor's own sheet, from the template of docs/own-sheets.md: made, handed out, checked, graded."""

import contextlib
import csv
import functools
import json
import os
import shutil
import subprocess
import sys
import zipfile
from concurrent.futures import Future

import nbformat
import pytest

from lstm_helpers import checks
from lstm_helpers.checks import own_sheets
from lstm_helpers.commands import build
from lstm_helpers.grading import executors, run, workers
from lstm_helpers.grading.box import sandbox
from lstm_helpers.grading.gradebook import versions
from tests import ROOT
from tests.grading.handed import lay_out, notebook, written

TEMPLATE = ROOT / "docs" / "own-sheets"
STEM = "20_leaky_memory"
KEPT = "return keep * c_prev + (1 - keep) * x_t"
CLASS = {  # student: (edits of the solution, points of leak, leak_all, half_life)
    "right": ([], "2", "3", "1"),
    "no scale": ([(KEPT, "return keep * c_prev + x_t")], "0", "3", "1"),
    "partial": ([("c = leak(c,", "c = leak(c_0,"), ("6.58", "7")], "2", "0", "0"),
}


def course(code, folder=ROOT, **environment):
    """Run Python in a process of its own, since a loaded sheet stays loaded."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith("LSTM_COURSE_")}
    environment = clean | {"PYTHONPATH": str(folder), "LSTM_COURSE_PROGRESS": "off", **environment}
    return subprocess.run(
        [sys.executable, "-c", code], cwd=folder, env=environment, capture_output=True, text=True, timeout=120
    )


def command(*arguments, folder=ROOT):
    return course(
        f"from lstm_helpers.commands import cli; raise SystemExit(cli.main({list(map(str, arguments))!r}))", folder
    )


@pytest.fixture
def copy(tmp_path, monkeypatch):
    """The template as an instructor copies it; what this process loads of it is forgotten afterwards."""
    before = checks.sheets()
    monkeypatch.setattr(checks, "sheets", functools.cache(lambda: dict(before)))
    yield shutil.copytree(TEMPLATE, tmp_path / "mine", ignore=shutil.ignore_patterns("__pycache__"))
    for name in [name for name in sys.modules if name.startswith("lstm_own_sheet_")]:
        del sys.modules[name]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The template after `lstm-course build --sheets`."""
    folder = shutil.copytree(TEMPLATE, tmp_path_factory.mktemp("own") / "mine")
    ran = command("build", "--sheets", folder)
    assert ran.returncode == 0, ran.stderr
    return folder


def answered(made, edits=()):
    notebook = nbformat.read(made / "solutions" / f"{STEM}.ipynb", as_version=4)
    for old, new in edits:
        assert any(old in cell.source for cell in notebook.cells), old
        for cell in notebook.cells:
            cell.source = cell.source.replace(old, new)
    return notebook


def test_build_makes_the_exercise_and_executes_the_solution(made):
    exercise = (made / "exercises" / f"{STEM}.ipynb").read_text(encoding="utf-8")
    assert "YOUR CODE HERE" in exercise
    assert "states" not in exercise
    solution = (made / "solutions" / f"{STEM}.ipynb").read_text(encoding="utf-8")
    for line in (
        "leak: correct, 2 of 2 points",
        "leak_all: correct, 3 of 3 points",
        "half_life: correct, 1 of 1 point",
    ):
        assert line in solution
    assert command("build", "--check", "--sheets", made).returncode == 0


def test_a_students_check_finds_the_sheet_beside_the_lessons_and_names_the_misconception(made, tmp_path):
    out = tmp_path / "course.zip"
    ran = command("bundle", "--sheets", made, "--out", out)
    assert ran.returncode == 0, ran.stderr
    with zipfile.ZipFile(out) as zipped:
        assert not [name for name in zipped.namelist() if "solutions" in name]
        zipped.extractall(tmp_path)
    code = (
        "from lstm_helpers.course import work; work.lay_out()\n"
        "import os; os.chdir('work')\n"
        "from lstm_helpers.checks import check\n"
        "def leak(c_prev, x_t, keep): return keep * c_prev + x_t\n"
        "print(check('leak', leak).text)"
    )
    ran = course(code, folder=tmp_path / "lstm-course")
    assert "leak: wrong, 0 of 2 points" in ran.stdout, ran.stderr
    assert "Likely cause: the input is not scaled" in ran.stdout
    assert (tmp_path / "lstm-course" / "work" / f"{STEM}.ipynb").is_file()


def test_lstm_course_sheets_names_a_folder_elsewhere(made):
    code = "from lstm_helpers.checks import check; check('half_life', {'steps': 6.58})"
    assert "half_life: correct" in course(code, LSTM_COURSE_SHEETS=str(made)).stdout
    assert "there is no check named 'half_life'" not in course(code, LSTM_COURSE_SHEETS=str(made)).stdout
    assert "half_life: not attempted" in course(code).stdout
    said = course(f"{code.replace('check(', 'print(check(', 1)}.text)", LSTM_COURSE_SHEETS=str(made / "gone"))
    assert "is not a folder" in said.stdout
    assert "(LSTM_COURSE_SHEETS names it: correct that, or unset it)" in said.stdout


@pytest.fixture(scope="module")
def graded(made, tmp_path_factory):
    folder, out = tmp_path_factory.mktemp("class"), tmp_path_factory.mktemp("out")
    for student, (edits, *_) in CLASS.items():
        (folder / student).mkdir()
        nbformat.write(answered(made, edits), folder / student / f"{STEM}.ipynb")
    ran = command("grade", folder, "--out", out, "--sheets", made, "--jobs", "1", "--seed", "3")
    assert ran.returncode == 0, ran.stderr
    with (out / "grades.csv").open(encoding="utf-8") as file:
        rows = {row["student"]: row for row in csv.DictReader(file)}
    pages = "\n".join(page.read_text(encoding="utf-8") for page in sorted((out / "feedback").glob("*.html")))
    return rows, pages, out


@pytest.mark.parametrize("student", CLASS)
def test_each_check_earns_what_it_deserves(graded, student):
    row, (_, *points) = graded[0][student], CLASS[student]
    assert row["state"] == "graded"
    assert [row[name] for name in ("leak", "leak_all", "half_life")] == points
    assert float(row["points"]) == sum(map(float, points))


def test_the_feedback_names_the_misconceptions_and_what_is_carried_forward(graded):
    for said in ("the input is not scaled", "each step starts from c_0", "Not right yet before it: leak"):
        assert said in graded[1]


def test_the_report_is_written_again_without_naming_the_folder(graded):
    ran = command("report", "--out", graded[2])
    assert ran.returncode == 0, ran.stderr


def test_the_grader_loads_no_sheet_that_lies_beside_a_submission(made, tmp_path):
    """A student could have put it there: GitHub Classroom hands in whole course folders."""
    home = tmp_path / "class" / "mallory"
    (home / "notebooks").mkdir(parents=True)
    (home / "notebooks" / "00_start_here.ipynb").write_text("{}")
    (home / "sheets").mkdir()
    (home / "sheets" / "evil.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')")
    shutil.copyfile(ROOT / "exercises" / "03_gates.ipynb", home / "03_gates.ipynb")
    code = (
        "import os; from lstm_helpers.commands import cli; os.chdir('class/mallory')\n"
        "raise SystemExit(cli.main(['grade', '..', '--out', '../../out', '--jobs', '1']))"
    )
    ran = course(code, folder=tmp_path, PYTHONPATH=str(ROOT), LSTM_COURSE_SHEETS=str(home / "sheets"))
    assert ran.returncode == 0, ran.stderr
    assert not (tmp_path / "ran").exists()


BROKEN = [
    ("sheet = Sheet(", "sheets = Sheet(", "NameError"),
    ("sheet = Sheet(", "import nothing_like_it\nsheet = Sheet(", r"line 13: ModuleNotFoundError"),
    ('exercise="20_leaky_memory"', 'exercise="20_leaky_memory", profile="jax"', "profile is 'jax'"),
    ('exercise="20_leaky_memory"', 'exercise="03_gates"', "there is an exercise '03_gates' already"),
    ('name="half_life"', 'name="leak"', "the sheet has a check 'leak' already"),
    ('(KEPT, "keep * c_prev + x_t")', '(KEPT, "1.0 * " + KEPT)', "'the input is not scaled' passes"),
    (
        '"the input is forgotten", (KEPT, "keep * c_prev")',
        '"2nd", (KEPT, "keep * c_prev + x_t")',
        "cannot be told from",
    ),
    (
        '(KEPT, "keep * c_prev + x_t")',
        '(KEPT, "keep * c_prev + x_tt")',
        r"nothing defines 'x_tt': is it misspelt",
    ),
    (  # where no case comes by
        '("in x:", "in x[::-1]:")',
        '("in x:", "in (x[::-1] if len(x) else reversd(x)):")',
        r"leaky_memory.py, line 80, leak_all, 'the last step first': nothing defines 'reversd': is it misspelt",
    ),
    ("    return np.stack(states)", "    return np.stack(states) * KEPT_SIZE", "own right answer gives NameError"),
    ("return np.stack(states)\n", "return np.stack(states) * math.e\n", "oracle reads math"),
    ('name="half_life"', 'name="half_time"', "20_leaky_memory.ipynb, .*defines `half_life`, and mine/leaky_memory.py"),
    ('uses=("leak",)', 'uses=("leek",)', "uses 'leek'"),
    ("size=H)}", 'size=H), "n": 3}', "n is no array"),
    ('exercise="20_leaky_memory"', 'exercise="21_other"', "there is no .*21_other.ipynb"),
]


QUESTION = '    """The memory after each time step of a sequence."""\n'
MISSHAPEN = [  # what passed `build` or ended it in a traceback, and ended `grade`, a page or a table later on
    (QUESTION, "", "leak_all: it has no docstring"),
    (QUESTION, '    """   """\n', "leak_all: it has no docstring"),
    ("points=3", "points=0", "leak_all: points is 0, expected a number above 0"),
    ("points=3", 'points="3"', "leak_all: points is '3', expected a number above 0"),
    ("points=3", "points=math.inf", "leak_all: points is inf, expected a number above 0"),
    ("minutes=10", "minutes=None", "leak_all: minutes is None, expected a number above 0"),
    ('uses=("leak",)', 'uses="leak"', r"uses is one text, 'leak': put it into a list, \['leak'\]"),
    (
        'hints=[\n        "Two terms',
        'hints=7 and [None,\n        "Two terms',
        r"leak: hints is \(None, .*expected a list",
    ),
    (
        'returns="c",\n    points=2',
        'returns=["c"],\n    points=2',
        r"leak: returns is \['c'\], expected a name, or a tup",
    ),
    ('returns="c",\n    points=2', 'returns="",\n    points=2', "leak: returns is '', expected a name, or a tuple"),
    ('probe="value"', 'probe="values"', "half_life: probe is 'values', expected one of 'call', 'made', 'value'"),
    ('probe="value",\n', "", "half_life: oracle is no function: for numbers, add probe='value'"),
    ("    oracle=leak_all,\n", "", "leak_all: there is no oracle"),
    ("compare=two_decimals", 'compare="two_decimals"', "half_life: compare is 'two_decimals', expected a function"),
    ("minutes=5,", "minutes=5, ranges=(0, 1),", r"leak: ranges is \(0, 1\), expected"),
    ("minutes=5,", 'minutes=5, ranges={"c": 1},', r"leak: ranges is \{'c': 1\}, expected"),
    ("minutes=5,", "minutes=5, colour=1,", "unexpected keyword argument 'colour'"),
    ('"Hand each memory on."', "None", "leak_all: a misconception has no name or no advice"),
    (
        'exercise="20_leaky_memory"',
        'exercise="mine/20_leaky_memory"',
        "exercise is 'mine/20_leaky_memory', expected the",
    ),
    ('exercise="20_leaky_memory"', 'exercise="20_leaky_memory.ipynb"', "expected the notebook's name alone"),
    ('exercise="20_leaky_memory"', 'exercise="20_leaky_memory", reads=["gone.csv"]', "'gone.csv', which is no file"),
    ('exercise="20_leaky_memory"', 'exercise="20_leaky_memory", reads="x.csv"', "reads is one text, 'x.csv'"),
    ("x, c_0 = rng.normal", "x, c_0 = rnd.normal", r"leak_all: line \d+: NameError: name 'rnd' is not defined"),
    (
        '        yield label, {"x"',
        '        label, {"x"',
        r"leak_all: .*TypeError|leak_all: its generator of cases has to",
    ),
    ('yield label, {"x": x,', 'yield {"x": x,', "leak_all: its generator of cases has to yield a label"),
    ('in [("a sequence", 5, 3, 2), ("one time step", 1, 2, 3), ("one sample", 4, 1, 2)]', "in []", "at least once"),
    ("compare=two_decimals", "compare=lambda got, want: ''", "half_life: .*TypeError: .*takes 2 positional"),
    (
        "compare=two_decimals",
        "marks=lambda outputs, cases: (2, 'fine', '')",
        "its own answer is correct, 2 of 1 point",
    ),
    (
        '("c = leak(c,", "c = leak(c_0,")',
        '("c = leek(c,", "c = leak(c_0,")',
        "leak_all, '.*': .*lost its anchor",
    ),
    (
        '("in x:", "in x[::-1]:")',
        '("in x:", "in x[::-1]")',
        "leak_all, 'the last step first': not Python: expected ':'",
    ),
]
BROKEN += MISSHAPEN


@pytest.mark.parametrize(("old", "new", "why"), MISSHAPEN, ids=[why for *_, why in MISSHAPEN])
def test_grade_refuses_what_build_refuses(copy, tmp_path, old, new, why, monkeypatch):
    """Nobody has to build before they grade: a sheet may have been changed since it was handed out."""
    (copy / "leaky_memory.py").write_text(
        (copy / "leaky_memory.py").read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8"
    )
    monkeypatch.setattr(workers, "confinement", lambda *_: sandbox.Confinement("bubblewrap"))
    monkeypatch.setattr(executors, "local", lambda jobs: contextlib.nullcontext((InPlace(), 1)))
    monkeypatch.setattr(workers, "sheets_of", workers.sheets_of.__wrapped__)
    files = {f"ann/{STEM}.ipynb": notebook("x = 1"), "ann/21_other.ipynb": notebook("x = 1")}
    with pytest.raises(ValueError, match=why):
        run.grade(lay_out(tmp_path / "class", files), tmp_path / "out", own_sheets=str(copy))
    assert not written(tmp_path / "out")


class InPlace:
    """An executor that does the work where it is asked for."""

    def submit(self, fn, *given):
        future = Future()
        try:
            future.set_result(fn(*given))
        except Exception as error:
            future.set_exception(error)
        return future


def test_grade_tries_a_sheet_out_once_and_again_when_it_changes(copy, tmp_path, monkeypatch):
    monkeypatch.setattr(workers, "confinement", lambda *_: sandbox.Confinement("bubblewrap"))
    monkeypatch.setattr(executors, "local", lambda jobs: contextlib.nullcontext((InPlace(), 1)))
    monkeypatch.setattr(workers, "sheets_of", workers.sheets_of.__wrapped__)
    tried, faults = [], own_sheets.faults
    monkeypatch.setattr(
        own_sheets, "faults", lambda sheet, examine: tried.append(sheet.exercise) or faults(sheet, examine)
    )
    folder = lay_out(tmp_path / "class", {f"ann/{STEM}.ipynb": b"{", "ann/03_gates.ipynb": b"{"})
    for _ in range(2):
        run.grade(folder, tmp_path / "out", own_sheets=str(copy), say=str)
    assert tried == [STEM]
    monkeypatch.setattr(checks.sheets()[STEM].checks["leak"], "points", 9)
    run.grade(folder, tmp_path / "out", own_sheets=str(copy), say=str)
    assert tried == [STEM, STEM]


@pytest.mark.parametrize(("old", "new", "why"), BROKEN, ids=[why for *_, why in BROKEN])
def test_a_sheet_that_would_mislead_is_refused_with_the_reason(copy, old, new, why):
    module = copy / "leaky_memory.py"
    text = module.read_text(encoding="utf-8")
    assert old in text
    module.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises((ValueError, build.BuildError), match=why):
        build.build(sheets=copy)
    assert not (copy / "exercises").exists()


def test_a_sheet_that_is_loaded_anew_from_another_folder_has_a_version_of_its_own(copy, tmp_path):
    (first,) = own_sheets.read(copy)
    other = shutil.copytree(copy, tmp_path / "other")
    module = other / "leaky_memory.py"
    module.write_text(module.read_text(encoding="utf-8").replace("points=3", "points=4"), encoding="utf-8")
    version = versions.version_of(first)
    del sys.modules["lstm_own_sheet_leaky_memory"]
    (second,) = own_sheets.read(other)
    assert versions.version_of(second) != version


def test_the_same_folder_may_be_loaded_twice(copy):
    checks.load_sheets(copy)
    checks.load_sheets(copy)
    assert list(checks.sheets())[-1] == STEM


def test_a_folder_without_sheets_says_what_was_expected(tmp_path):
    with pytest.raises(ValueError, match="holds no check module"):
        own_sheets.read(tmp_path)
    with pytest.raises(NotADirectoryError, match="is not a folder"):
        own_sheets.read(tmp_path / "gone")


def test_the_template_is_stored_without_results():
    text = (TEMPLATE / "solutions" / f"{STEM}.ipynb").read_text(encoding="utf-8")
    assert not [cell for cell in json.loads(text)["cells"] if cell.get("outputs")]
