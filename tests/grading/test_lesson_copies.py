"""A student's copy of a lesson has its exercise's file name, and is never taken for an answer to it."""

import io
import json
import os
import shutil
import zipfile

import pytest

from lstm_helpers.course import work
from lstm_helpers.grading.submissions import notebooks, reading
from tests import ROOT
from tests.grading.handed import SHEETS, SIGMOID, lay_out, notebook
from tests.grading.test_run import grade, points

ANSWER = notebook(SIGMOID, 'check("sigmoid", sigmoid)')
# The worst lesson: it defines what the exercise asks for.
COPY = notebook(SIGMOID, metadata={"lstm_course": {"lesson": "03_gates", "as_of": "0"}})
UNMARKED = notebook(SIGMOID)  # as a program leaves it that drops metadata that it does not know


def handed_in(folder):
    return [(h.student, h.exercise, h.file) for h in reading.find(folder, SHEETS).handed_in]


def why(folder):
    return {(student, file): text for student, file, text in reading.find(folder, SHEETS).strays}


@pytest.fixture
def student(tmp_path, monkeypatch):
    """What work/ holds after the first start of the course, with the first answer to 03_gates."""
    home = tmp_path / "course"
    for folder in ("notebooks", "exercises"):
        shutil.copytree(ROOT / folder, home / folder, ignore=shutil.ignore_patterns(".*"))
    monkeypatch.setenv("LSTM_COURSE_HOME", str(home))
    work.lay_out()
    (home / "work" / "03_gates.ipynb").write_text(ANSWER)
    for _, copy in work.lessons():  # opened last, so newer than every exercise
        os.utime(copy, (2e9, 2e9))
    return home / "work"


def zip_of(folder, top=""):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for path in sorted(folder.rglob("*.ipynb")):
            archive.write(path, f"{top}{path.relative_to(folder).as_posix()}")
    return packed.getvalue()


@pytest.mark.parametrize("way", ["folder", "in work", "zip of work", "zip of its content", "moodle", "canvas"])
def test_a_whole_work_folder_gives_its_exercises_and_no_lesson(student, tmp_path, way):
    given = tmp_path / "class"
    name = "ann"
    if way in ("folder", "in work"):
        shutil.copytree(student, given / "ann" / ("work" if way == "in work" else ""), dirs_exist_ok=True)
    elif way == "moodle":
        name = "Ann Bee"
        lay_out(given, {"Ann Bee_12_assignsubmission_file/work.zip": zip_of(student, "work/")})
    elif way == "canvas":
        name = "beeann"
        lay_out(given, {"beeann_12_34_work.zip": zip_of(student, "work/")})
    else:
        lay_out(given, {"ann/work.zip": zip_of(student, "work/" if way == "zip of work" else "")})
    found = handed_in(given)
    assert len(found) == len(SHEETS)
    assert {exercise for _, exercise, _ in found} == set(SHEETS)
    assert len({who for who, _, _ in found}) == 1, name
    assert not [file for _, _, file in found if "lessons" in file]
    assert not [file for _, file in why(given) if "lessons" in file]  # and none of them is worth a word


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("03_gates.ipynb", COPY),
        ("03_gates (1).ipynb", COPY),
        ("lessons/03_gates.ipynb", COPY),
        ("lessons/03_gates.ipynb", UNMARKED),
        ("work/lessons/03_gates-Copy1.ipynb", UNMARKED),
    ],
)
def test_a_lesson_alone_is_listed_with_the_reason(tmp_path, file, content):
    lay_out(tmp_path, {f"ann/{file}": content, "bob/03_gates.ipynb": ANSWER})
    assert handed_in(tmp_path) == [("bob", "03_gates", "03_gates.ipynb")]
    assert why(tmp_path)["ann", file] == reading.LESSON


def test_a_lesson_under_a_name_that_says_nothing_is_none_either(tmp_path):
    lay_out(tmp_path, {"ann/mine.ipynb": COPY, "bob/03_gates.ipynb": ANSWER})
    assert handed_in(tmp_path) == [("bob", "03_gates", "03_gates.ipynb")]
    assert why(tmp_path)["ann", "mine.ipynb"] == reading.LESSON


def test_a_lesson_uploaded_beside_the_exercise_gives_way_though_it_is_newer(tmp_path):
    lay_out(tmp_path, {"ann/03_gates.ipynb": ANSWER, "ann/03_gates-1.ipynb": COPY})
    os.utime(tmp_path / "ann/03_gates-1.ipynb", (2e9, 2e9))
    assert handed_in(tmp_path) == [("ann", "03_gates", "03_gates.ipynb")]


@pytest.mark.parametrize("asked", ['check("sigmoid", sigmoid)', 'check(name = "sigmoid", obj=sigmoid)'])
def test_answers_that_were_checked_in_a_copy_of_the_lesson_are_answers(tmp_path, asked):
    solved = json.loads(COPY)
    solved["cells"] += json.loads(notebook(SIGMOID, asked))["cells"]
    lay_out(tmp_path, {"ann/03_gates.ipynb": json.dumps(solved)})
    assert handed_in(tmp_path) == [("ann", "03_gates", "03_gates.ipynb")]


SOLVED = notebook(SIGMOID, "def gate_bias(p):\n    return np.log(p / (1 - p))", metadata=json.loads(COPY)["metadata"])


def test_answers_in_a_copy_of_the_lesson_are_graded_without_a_check(tmp_path):
    """Cells with checks are not what is graded: to delete them all changes nothing."""
    lay_out(tmp_path / "class", {"ann/03_gates.ipynb": SOLVED, "bob/lessons/03_gates.ipynb": SOLVED})
    grade(tmp_path / "class", tmp_path / "out")
    assert points(tmp_path / "out") == {"ann": "4", "bob": "4"}


@pytest.mark.parametrize("other", [ANSWER, notebook(SIGMOID)])
def test_they_give_way_to_those_in_the_exercise_though_they_are_newer(tmp_path, other):
    lay_out(tmp_path, {"ann/03_gates.ipynb": other, "ann/03_gates-1.ipynb": SOLVED})
    os.utime(tmp_path / "ann/03_gates-1.ipynb", (2e9, 2e9))
    assert handed_in(tmp_path) == [("ann", "03_gates", "03_gates.ipynb")]


def test_stubs_in_a_copy_of_the_lesson_are_no_answers(tmp_path):
    stubs = [f"def {name}(z):\n    ..." for name in SHEETS["03_gates"].checks]
    copy = notebook(*stubs, metadata=json.loads(COPY)["metadata"])
    lay_out(tmp_path, {"ann/03_gates.ipynb": copy, "bob/03_gates.ipynb": ANSWER})
    assert handed_in(tmp_path) == [("bob", "03_gates", "03_gates.ipynb")]


@pytest.mark.parametrize("exercise", SHEETS)
def test_no_lesson_shows_more_pieces_of_its_exercise_than_the_grader_knows_of(exercise):
    (path,) = (ROOT / "notebooks").rglob(f"{exercise}.ipynb")
    assert notebooks.written(reading.parse(path.read_bytes()), SHEETS[exercise]) <= notebooks.SHOWN


def test_a_student_whose_folder_is_called_lessons_is_graded(tmp_path):
    lay_out(tmp_path, {"lessons/03_gates.ipynb": ANSWER, "bob/03_gates.ipynb": ANSWER})
    assert {who for who, _, _ in handed_in(tmp_path)} == {"lessons", "bob"}


def test_a_prediction_in_an_exercise_does_the_grade_no_harm(tmp_path):
    guess = (
        "from lstm_helpers.predictions import number, outcome, predict, score\n"
        'predict("03-a", number(), 3)\noutcome("03-a", 4)\nscore("03")\n'
    )
    lay_out(tmp_path / "class", {"ann/03_gates.ipynb": notebook(guess, SIGMOID, guess)})
    said = grade(tmp_path / "class", tmp_path / "out")
    assert "1 of 1 graded" in said
    assert points(tmp_path / "out") == {"ann": "2"}
