"""The store: nothing is graded twice, nothing is lost, nothing is mixed."""

import contextlib
import dataclasses
import json
import sqlite3
import subprocess
import sys

import pytest

from lstm_helpers.checks import judge
from lstm_helpers.grading.gradebook import store
from lstm_helpers.grading.gradebook.grade import GRADED, NOT_GRADED, Grade
from lstm_helpers.grading.submissions import reading

KEY = store.Key("version", 11, "bubblewrap")
EXERCISE = "03_gates"


def handed(student="ann", submitted=1.0, **more):
    return reading.HandIn(student, EXERCISE, f"{EXERCISE}.ipynb", submitted, None, **more)


def found(*listed, strays=(), exercises=(EXERCISE,)):
    return reading.Found({h.student: [] for h in listed}, list(listed), list(strays), list(exercises))


def graded(points=2.0, state=GRADED, content="file", **more):
    lines = ["half a surrogate \ud800 and a null \0"]
    result = judge.Result("sigmoid", judge.WRONG, points, 2.0, lines, hints=("a", "b"))
    more = {"failures": [(3, "ValueError", "x\ud800")], "stopped": ["killed"], "flags": ["torch"], **more}
    return Grade("ann", EXERCISE, state, "note \ud800", points, 10.0, 0.1, [result], content=content, **more)


def all_grades(opened):
    return [opened.grade(number) for _, _, _, number, _, _ in opened.handed_in()]


def test_a_grade_comes_back_as_it_was_written(tmp_path):
    with store.Store(tmp_path) as opened:
        opened.begin("dir", found(handed(remarks=["renamed"])))
        opened.add("dir", handed(remarks=["renamed"]), KEY, "code", ["x = '\ud800'"], graded(), ["latin-1"])
    with store.Store(tmp_path) as opened:
        (read,) = all_grades(opened)
        ((_, _, _, number, _, _),) = opened.handed_in()
        assert opened.cells(number) == ["x = '\ud800'"]
    expected = graded(remarks=["renamed", "latin-1"])
    assert json.dumps(read.as_data()) == json.dumps(expected.as_data()).replace("\\ud800", "?")


def test_only_the_same_file_sheet_seed_and_sandbox_need_no_grading(tmp_path):
    with store.Store(tmp_path) as opened:
        opened.begin("dir", found(handed()))
        assert not opened.has("dir", handed(), "file", KEY)
        opened.add("dir", handed(), KEY, "code", [], graded())
        assert opened.has("dir", handed(), "file", KEY)
        assert opened.codes(handed(), KEY) == {"code": 1}
        for other in ({"version": "2"}, {"seed": 12}, {"confined_by": "none"}):
            key = dataclasses.replace(KEY, **other)
            assert not opened.has("dir", handed(), "file", key)
            assert opened.codes(handed(), key) == {}
        assert not opened.has("dir", handed(), "another file", KEY)
        assert not opened.has("dir", handed("bob"), "file", KEY)


def test_a_changed_notebook_counts_and_the_old_one_is_kept(tmp_path):
    with store.Store(tmp_path) as opened:
        opened.begin("dir", found(handed()))
        opened.add("dir", handed(), KEY, "old", ["old"], graded(1.0, content="1"))
        opened.begin("dir", found(handed()))
        opened.add("dir", handed(), KEY, "new", ["new"], graded(2.0, content="2"))
        assert [g.points for g in all_grades(opened)] == [2.0]
        assert set(opened.codes(handed(), KEY)) == {"old", "new"}
        opened.link("dir", handed(), "1", opened.codes(handed(), KEY)["old"])  # the student went back
        assert [g.points for g in all_grades(opened)] == [1.0]


def test_what_was_not_graded_is_tried_again_and_is_never_0(tmp_path):
    with store.Store(tmp_path) as opened:
        opened.begin("dir", found(handed()))
        (waiting,) = all_grades(opened)
        assert (waiting.state, waiting.points) == (NOT_GRADED, None)
        opened.add("dir", handed(), KEY, "fault", [], fault())
        assert not opened.has("dir", handed(), "", KEY)
        assert opened.codes(handed(), KEY) == {}
        assert all_grades(opened)[0].points is None
        opened.add("dir", handed(), KEY, "fault", [], fault())
        opened.add("dir", handed(), KEY, "code", [], graded())
        assert [g.points for g in all_grades(opened)] == [2.0]


def fault():
    return Grade("ann", EXERCISE, NOT_GRADED, "a fault", of=10)


def test_what_is_no_longer_handed_in_goes_but_another_folder_and_exercise_stay(tmp_path):
    with store.Store(tmp_path) as opened:
        opened.begin("dir", found(handed("ann"), handed("bob"), strays=[("bob", "x", "why")]))
        opened.begin("late", found(handed("cat")))
        opened.begin("dir", found(handed("ann")))
        assert [row[0] for row in opened.handed_in()] == ["ann", "cat"]
        assert opened.strays() == []
        opened.begin("dir", found(handed("dan"), exercises=["04_cell_state"]))
        assert [row[0] for row in opened.handed_in()] == ["ann", "cat", "dan"]
        assert list(opened.students()) == ["ann", "cat", "dan"]


def test_the_seed_is_drawn_once_and_can_be_named(tmp_path):
    with store.Store(tmp_path) as opened:
        drawn = opened.seed()
    with store.Store(tmp_path) as opened:
        assert opened.seed() == drawn
        assert opened.seed(5) == opened.seed() == 5
    with store.Store(tmp_path / "other") as opened:
        assert opened.seed() != drawn


def test_half_a_grade_is_never_written(tmp_path):
    broken = graded()
    broken.results.append(dataclasses.replace(broken.results[0], points=None))  # the table refuses it
    with store.Store(tmp_path) as opened:
        opened.begin("dir", found(handed()))
        with pytest.raises(Exception, match="NOT NULL"):
            opened.add("dir", handed(), KEY, "code", [], broken)
        assert opened.codes(handed(), KEY) == {}
        assert all_grades(opened)[0].state == NOT_GRADED


HOLD = """
import sys
from lstm_helpers.grading.gradebook import store
from lstm_helpers.grading.gradebook.grade import GRADED, NOT_GRADED, Grade
with store.Store(sys.argv[1]):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_second_process_is_told_and_a_killed_one_holds_nothing(tmp_path):
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen([sys.executable, "-c", HOLD, tmp_path], **pipes) as holder:
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(store.Busy, match="another run writes to .*: wait until it has ended, or choose another"):
            store.Store(tmp_path)
        holder.kill()
        holder.wait()
    with store.Store(tmp_path) as opened:
        assert opened.handed_in() == []


def test_a_store_that_is_none_says_so(tmp_path):
    with pytest.raises(FileNotFoundError, match="first `lstm-course grade DIR --out"):
        store.Store(tmp_path / "new", make=False)
    assert not (tmp_path / "new").exists()
    (tmp_path / "file").touch()
    with pytest.raises(ValueError, match="nothing can be written to .*file: File exists. Choose another --out"):
        store.Store(tmp_path / "file")
    (tmp_path / "grades.sqlite").write_bytes(b"this is no database" * 100)
    with pytest.raises(ValueError, match=r"is no store, or a damaged one \(file is not a database\). Move it away"):
        store.Store(tmp_path)
    (tmp_path / "grades.sqlite").unlink()
    for written in (99, "x"):
        with store.Store(tmp_path) as opened:
            opened.set("format", written)
        with pytest.raises(ValueError, match=f"a later version of the course .format {written}; this one knows 2.: "):
            store.Store(tmp_path)
        (tmp_path / "grades.sqlite").unlink()


def test_the_database_of_another_program_is_left_as_it_is(tmp_path):
    with contextlib.closing(sqlite3.connect(tmp_path / "grades.sqlite")) as other, other:
        other.execute("CREATE TABLE music (title TEXT)")
    with pytest.raises(ValueError, match="is the database of another program. Move it away"):
        store.Store(tmp_path)
    with contextlib.closing(sqlite3.connect(tmp_path / "grades.sqlite")) as other:
        assert other.execute("SELECT name FROM sqlite_master").fetchall() == [("music",)]


@pytest.mark.parametrize("what", ["a folder", "cut short", "a page overwritten", "a setting that is no JSON"])
def test_a_damaged_store_is_one_plain_sentence_and_is_let_go(tmp_path, what):
    file = tmp_path / "grades.sqlite"
    if what == "a folder":
        file.mkdir()
    else:
        with store.Store(tmp_path) as opened:
            opened.set("held", ["bubblewrap"] * 5000)
        data = file.read_bytes()
        if what == "cut short":
            file.write_bytes(data[: len(data) // 2 - 100])
        elif what == "a page overwritten":
            file.write_bytes(data[:8192] + b"?" * (len(data) - 8192))
        else:
            with contextlib.closing(sqlite3.connect(file)) as broken, broken:
                broken.execute("UPDATE setting SET value = '{' WHERE name = 'held'")
    why = r"grades\.sqlite (is no store, or a damaged one|cannot be used) \(.*Move"
    for _ in range(2):  # the second time, nobody holds it
        with pytest.raises(ValueError, match=why), store.Store(tmp_path) as opened:
            opened.setting("held")


def test_a_store_of_an_earlier_course_is_copied_and_brought_up_to_date(tmp_path):
    with store.Store(tmp_path) as opened:
        opened.begin("dir", found(handed()))
        opened.add("dir", handed(), KEY, "code", [], graded())
        opened._db.execute("DROP TABLE regrade")
        opened.set("format", 1)
    with store.Store(tmp_path) as opened:
        assert opened.setting("format") == store.FORMAT
        assert opened.regraded() == []
        assert [g.points for g in all_grades(opened)] == [2.0]
    (tmp_path / "copy").mkdir()
    (tmp_path / "grades.format-1.sqlite").rename(tmp_path / "copy/grades.sqlite")
    with store.Store(tmp_path / "copy") as opened:
        assert [g.points for g in all_grades(opened)] == [2.0]
    with store.Store(tmp_path):
        assert not (tmp_path / "grades.format-1.sqlite").exists()  # only once
