"""The student edition, opened as a student would: unzip it, open an exercise, answer, read the feedback."""

import os
import re
import shutil
import subprocess
import sys
import zipfile

import nbformat
import pytest

from lstm_helpers import checks
from lstm_helpers.commands import build, bundle, cli
from tests import ROOT
from tests.checks.solved import code_cells

RUN = """
import sys
import nbformat
from nbclient import NotebookClient
from lstm_helpers.course import work

print(*work.lay_out())
notebook = nbformat.read("work/03_gates.ipynb", as_version=4)
for cell in notebook.cells:
    for name, body in {"sigmoid": "return np.tanh(z)", "gate_bias": "return np.log(p / (1 - p))"}.items():
        if cell.source.startswith(f"def {name}("):
            cell.source = cell.source.replace("...", body)
NotebookClient(notebook, resources={"metadata": {"path": "work"}},
               extra_arguments=["--IPKernelApp.log_level=ERROR"]).execute()
nbformat.write(notebook, "work/03_gates.ipynb")
"""


@pytest.fixture(scope="module")
def unzipped(tmp_path_factory):
    """The folder that a student has after unzipping."""
    folder = tmp_path_factory.mktemp("student")
    with zipfile.ZipFile(bundle.write(folder / "course.zip")) as zipped:
        zipped.extractall(folder)
    return folder / bundle.NAME


def as_student(unzipped, code):
    """Run Python in the unzipped folder, which stands first on the path, as after `make lab`."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("LSTM_COURSE_")}
    environment |= {"PYTHONPATH": str(unzipped), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-c", code]
    return subprocess.run(command, cwd=unzipped, env=environment, capture_output=True, text=True, timeout=120)


def test_a_student_opens_an_exercise_answers_and_reads_what_is_right_and_what_is_wrong_and_why(unzipped):
    ran = as_student(unzipped, RUN)
    assert ran.returncode == 0, ran.stderr
    assert str(unzipped / "work" / "03_gates.ipynb") in ran.stdout
    said = {}
    for cell in code_cells(unzipped / "work" / "03_gates.ipynb"):
        if cell.source.startswith("check("):
            line, feedback = cell.outputs
            said[line.text.partition(":")[0]] = line.text + feedback.data["text/html"]
    assert "correct" in said["gate_bias"]
    assert "tanh in place of the sigmoid" in said["sigmoid"]
    assert "not attempted" in said["lstm_layers"]


def test_the_helpers_are_the_ones_in_the_folder(unzipped):
    ran = as_student(
        unzipped, "import lstm_helpers, lstm_helpers.checks as c; print(c.__file__, lstm_helpers.__file__)"
    )
    assert ran.stdout.count(str(unzipped)) == 2, ran.stderr


@pytest.mark.parametrize(
    "module",
    [
        "commands.cli",
        "commands.lab",
        "course.doctor",
        "lessons.start",
        "commands.check",
        "training",
        "explorers",
        "figures",
    ],
)
def test_nothing_that_a_student_uses_needs_what_is_left_out(unzipped, module):
    ran = as_student(unzipped, f"import lstm_helpers.{module}")
    assert ran.returncode == 0, ran.stderr


def test_the_doctor_finds_the_folder_whole(unzipped):
    ran = as_student(unzipped, "from lstm_helpers.commands import cli; raise SystemExit(cli.main(['doctor']))")
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_the_first_page_shows_the_map(unzipped):
    ran = as_student(unzipped, "from lstm_helpers.lessons import start; print(repr(start.course_map()))")
    assert "03_gates" in ran.stdout, ran.stderr


def test_no_hidden_data_is_in_the_edition(unzipped):
    hidden = [path for path in (ROOT / "lstm_helpers").rglob("hidden*") if path.suffix not in (".py", ".pyc")]
    # Of the course: it is known what there is to hide.
    assert sorted(f"{path.parent.name}/{path.name}" for path in hidden) == [
        "action_recognition/hidden_digits.npz",
        "forecasting/hidden_weeks.npz",
        "sentiment/hidden_tweets.tsv.gz",
        "speech/hidden_digits.npz",
        "text_generation/hidden_page.txt",
        "translation/hidden_dates.json",
    ]
    assert {sheet.hidden.file for sheet in checks.sheets().values() if sheet.hidden} <= {*hidden}
    texts = {path.read_bytes() for path in hidden}
    for path in unzipped.rglob("*"):
        if path.is_file():
            assert not path.match("hidden*") or path.suffix in (".py", ".pyc"), path
            assert path.read_bytes() not in texts, path


@pytest.mark.parametrize(
    ("project", "module", "instead", "many"),
    [
        ("text_generation", "sheet", "len(sheet._page()[0])", "34239"),  # the validation text
        ("sentiment", "sheet", "len(sheet._held()[0])", "432"),  # the validation tweets
        (
            "translation",
            "score",
            "' '.join(score._languages()[1])",
            "pt gl sk et",
        ),  # the languages that the course holds out
        ("action_recognition", "sheet", "len(sheet._images())", "229"),  # the validation digits
    ],
)
def test_a_student_is_scored_on_the_validation_part(unzipped, project, module, instead, many):
    ran = as_student(unzipped, f"from lstm_helpers.projects.{project} import {module}; print({instead})")
    assert ran.stdout.strip() == many, ran.stderr


@pytest.mark.parametrize("name", ["hidden_page.txt", "hidden.csv", "hidden_words.json"])
def test_hidden_data_is_known_by_its_name_wherever_it_lies(tmp_path, name):
    home = tmp_path / "lstm_helpers" / "projects" / "names"
    home.mkdir(parents=True)
    for each in (name, "names.csv", "hidden.py"):
        (home / each).write_text("x")
    assert [path.name for path in bundle._files(tmp_path / "lstm_helpers", tmp_path)] == ["hidden.py", "names.csv"]


def test_no_answer_is_in_a_notebook_and_nothing_of_the_instructors_is_there(unzipped):
    names = {path.relative_to(unzipped).as_posix() for path in unzipped.rglob("*") if path.is_file()}
    assert {"notebooks/00_start_here.ipynb", "exercises/03_gates.ipynb", "lstm_helpers/lessons/gates/sheet.py"} <= names
    top = {name.split("/")[0] for name in names}
    assert not top & {"solutions", "tests", "docs", ".ci", ".git", "grades"}
    hidden = ("lstm_helpers/grading", "lstm_helpers/commands/build", "lstm_helpers/commands/fill")
    assert not [name for name in names if name.startswith(hidden)]
    answers = [
        answer.strip()
        for notebook in sorted((ROOT / "solutions").rglob("*.ipynb"))
        for cell in code_cells(notebook)
        for answer in re.findall(r"### BEGIN SOLUTION\n(.*?)### END SOLUTION", cell.source, re.S)
    ]
    assert len(answers) >= 5
    for name in sorted(names - {n for n in names if n.startswith("work/")}):
        if name.startswith("lstm_helpers/"):
            continue  # the references of the checks are there, and the page for instructors says so
        if name.endswith(".pdf"):
            continue  # drawn from lstm_helpers/lessons/formulas.py
        text = (unzipped / name).read_bytes().decode("utf-8")
        assert "BEGIN SOLUTION" not in text, name
        if name.endswith(".ipynb"):
            text = "\n\n".join(cell.source for cell in nbformat.reads(text, as_version=4).cells)
        if name.startswith("exercises/"):
            assert not [answer for answer in answers if answer in text], name


def test_every_link_and_every_folder_that_the_readme_names_is_there(unzipped):
    readme = (unzipped / "README.md").read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)#]+)\)", readme)
    assert "LICENSE" in links
    assert [link for link in links if not (unzipped / link).exists()] == []
    for gone in ("solutions", "tests/", "docs/", "make test", "grade", "instructor"):
        assert gone not in readme
    assert "make lab" in readme
    assert "One command, in this folder" in readme
    assert "py -3 -m venv" in readme


def test_make_lab_is_there_and_what_needs_the_instructors_files_is_not(unzipped):
    def make(target):
        return subprocess.run(["make", "-n", target], cwd=unzipped, capture_output=True, text=True)

    lab = make("lab")
    assert lab.returncode == 0, lab.stderr
    assert "--editable ." in lab.stdout
    assert "lstm-course lab" in lab.stdout
    for target in ("test", "course", "bench", "site", "lock"):
        assert "No rule to make target" in make(target).stderr


def test_pip_can_make_a_wheel_of_the_folder(unzipped, tmp_path):
    ran = as_student(unzipped, f"import hatchling.build; hatchling.build.build_wheel({str(tmp_path)!r})")
    assert ran.returncode == 0, ran.stderr
    (wheel,) = tmp_path.glob("*.whl")
    assert {"lstm_helpers/lessons/gates/sheet.py", "lstm_helpers/data/provenance.toml"} <= set(
        zipfile.ZipFile(wheel).namelist()
    )


def test_the_same_course_gives_the_same_bytes_twice(tmp_path):
    first, second = (bundle.write(tmp_path / name) for name in ("a.zip", "b.zip"))
    assert first.read_bytes() == second.read_bytes()
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".")] == []


@pytest.fixture
def course_copy(tmp_path, monkeypatch):
    """A course whose files a test may change."""
    copy = tmp_path / "course"
    (copy / "notebooks").mkdir(parents=True)
    shutil.copyfile(ROOT / "notebooks" / "00_start_here.ipynb", copy / "notebooks" / "00_start_here.ipynb")
    for folder in ("exercises", "LICENSES"):
        shutil.copytree(ROOT / folder, copy / folder)
    for name in (*bundle.FILES, "README.md", "Makefile", ".gitignore"):
        shutil.copyfile(ROOT / name, copy / name)
    monkeypatch.setenv("LSTM_COURSE_HOME", str(copy))
    return copy


def test_an_exercise_that_holds_an_answer_is_not_handed_out(course_copy, tmp_path):
    target = tmp_path / "out.zip"
    target.write_text("the old one")
    shutil.copyfile(ROOT / "solutions" / "03_gates.ipynb", course_copy / "exercises" / "03_gates.ipynb")
    with pytest.raises(ValueError, match=r"exercises/03_gates\.ipynb holds an answer"):
        bundle.write(target)
    assert target.read_text() == "the old one"


def test_what_lies_about_in_the_folders_is_not_handed_out(course_copy, tmp_path):
    for name in (".ipynb_checkpoints/03_gates.ipynb", "notes.tmp", ".secret.md"):
        stray = course_copy / "exercises" / name
        stray.parent.mkdir(exist_ok=True)
        stray.write_text("mine")
    names = zipfile.ZipFile(bundle.write(tmp_path / "out.zip")).namelist()
    assert [n for n in names if n.startswith("lstm-course/exercises/")] == [
        f"lstm-course/{exercise.relative_to(ROOT).as_posix()}" for _, exercise in build.pairs(ROOT)
    ]


def test_the_edition_of_a_variant_has_its_exercises_in_place_of_the_courses_and_neither_its_key_nor_what_is_hidden(
    tmp_path, capsys
):
    plain, own = (tmp_path / name for name in ("plain.zip", "own.zip"))
    bundle.write(plain)
    assert cli.main(["bundle", "--variant", "7", "--out", str(own)]) == 0
    assert "grade with --variant 7" in capsys.readouterr().out
    with zipfile.ZipFile(plain) as course, zipfile.ZipFile(own) as edition:
        assert edition.namelist() == course.namelist()
        differing = {name for name in course.namelist() if course.read(name) != edition.read(name)}
        exercises = {name for name in course.namelist() if f"{bundle.NAME}/exercises/" in name}
        assert {name for name in exercises if name.split("/")[-1][:-6] in checks.sheets()} == differing
        for name in differing:
            text = edition.read(name).decode()
            assert "check = variant(7)" in text
            assert bundle.MARKER not in text
    assert own.read_bytes() == bundle.write(tmp_path / "again.zip", variant=7).read_bytes()
