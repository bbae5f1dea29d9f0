"""A run over a class: what it takes on, what it survives, and what it shows."""

import contextlib
import csv
import dataclasses
import errno
import hashlib
import multiprocessing
import multiprocessing.connection
import os
import random
import signal
import subprocess
import sys
import time
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool

import pytest

from lstm_helpers.commands import cli
from lstm_helpers.grading import cluster, executors, results, run, workers
from lstm_helpers.grading.box import sandbox, watchdog
from lstm_helpers.grading.box.host import Limits
from lstm_helpers.grading.gradebook import assemble, policy, roster, store, versions
from lstm_helpers.grading.gradebook.grade import BROKEN, GRADED, MISSING, Grade
from lstm_helpers.grading.submissions import reading
from tests.grading.handed import SHEETS, SIGMOID, WRONG, lay_out, notebook, written

RIGHT, NONE = notebook(SIGMOID), notebook("x = 1")
LIMITS = Limits(cell=5.0, probe=2.0, start=60.0, notebook=30.0)


def holds():
    """Whether the sandbox works on this machine; these tests are about the run, and take what there is."""
    try:
        workers.confinement(False, "numpy")
    except sandbox.Refused:
        return False
    return True


UNSAFE = not holds()
CLASS = {
    "ann/03_gates.ipynb": RIGHT,
    "bob/03_gates.ipynb": notebook(WRONG),
    "cat/03_gates.ipynb": NONE,
    "dan/03_gates.ipynb": b"{",
    "eve/notes.txt": "",
    "fay/03_gates.ipynb": notebook("import os; os._exit(1)", SIGMOID),
}
EARNED = {"ann": "2", "bob": "0", "cat": "0", "dan": "", "eve": "", "fay": "2"}


def grade(folder, out, **more):
    said = []
    more = {"seed": 11, "jobs": 1, "limits": LIMITS, "unsafe": UNSAFE, "say": said.append, **more}
    assert run.grade(folder, out, **more) == 0
    return "\n".join(said)


def rows(out):
    return list(csv.DictReader((out / "grades.csv").open(encoding="utf-8")))


def points(out):
    return {row["student"]: row["points"] for row in rows(out)}


@pytest.fixture
def counted(monkeypatch):
    """The students whose files a worker got. Here it is this process; it gives a point for each byte of a file."""
    students = []

    class Here:
        def submit(self, fn, *given):
            students.extend(task.student for task in given if isinstance(task, workers.Task))
            future = Future()
            try:
                future.set_result(fn(*given))
            except Exception as error:
                future.set_exception(error)
            return future

    def result(task):
        sheet = SHEETS[task.exercise]
        content = hashlib.sha256(task.data).hexdigest()
        grade = Grade(task.student, task.exercise, GRADED, points=float(len(task.data)), of=sheet.points)
        grade.content = content
        return workers.Outcome(content, content, grade)

    monkeypatch.setattr(workers, "confinement", lambda *_: sandbox.Confinement("bubblewrap"))
    monkeypatch.setattr(workers, "grade_one", result)
    monkeypatch.setattr(executors, "local", lambda jobs: contextlib.nullcontext((Here(), 1)))
    return students


@pytest.fixture(scope="module")
def once(tmp_path_factory):
    """One undisturbed run over the class: (folder, out, what it said)."""
    folder, out = tmp_path_factory.mktemp("class"), tmp_path_factory.mktemp("out")
    return lay_out(folder, CLASS), out, grade(folder, out, jobs=2)


def test_everyone_has_a_row_and_what_was_not_graded_has_no_points(once):
    assert points(once[1]) == EARNED
    states = {row["student"]: row["state"] for row in rows(once[1])}
    assert (states["dan"], states["eve"], states["fay"]) == (BROKEN, MISSING, GRADED)


def test_the_summary_says_what_happened(once):
    assert f"03_gates: 4 of 6 graded, mean 1.0 of {SHEETS['03_gates'].points} points" in once[2]
    assert "missing: eve (no 03_gates.ipynb was handed in; not recognised: notes.txt: it is no notebook" in once[2]
    assert "1 x sigmoid: tanh in place of the sigmoid" in once[2]


RUN = """
import sys
from lstm_helpers.grading.box import host
from lstm_helpers.grading import run
if __name__ == "__main__":
    limits = host.Limits(cell=5.0, probe=2.0, start=60.0, notebook=30.0)
    run.grade(sys.argv[1], sys.argv[2], seed=11, jobs=2, limits=limits, unsafe=sys.argv[3] == "True")
"""


def start(folder, out, program):
    program.write_text(RUN)
    given = [sys.executable, program, folder, out, str(UNSAFE)]
    return subprocess.Popen(given, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL")
def test_a_run_that_is_killed_again_and_again_ends_with_the_same_bytes(once, tmp_path):
    folder, undisturbed, _ = once
    out, moment, killed = tmp_path / "out", random.Random(5), 0
    for rows_before in (0, 1, 4):
        running = start(folder, out, tmp_path / "run.py")
        while written(out) < rows_before and running.poll() is None:
            time.sleep(0.01)
        time.sleep(moment.uniform(0, 0.2))
        killed += running.poll() is None
        running.send_signal(signal.SIGKILL)
        running.wait()
        running.stderr.close()
    assert killed >= 2
    last = start(folder, out, tmp_path / "run.py")
    last.communicate(timeout=60)
    assert last.returncode == 0
    assert (out / "grades.csv").read_bytes() == (undisturbed / "grades.csv").read_bytes()


def test_workers_end_with_a_run_that_is_killed(tmp_path):
    lay_out(tmp_path / "class", {"ann/03_gates.ipynb": notebook("import time; time.sleep(4)")})
    running = start(tmp_path / "class", tmp_path / "out", tmp_path / "run.py")
    workers = []
    for _ in range(100):
        listed = subprocess.run(["ps", "-o", "pid=", "--ppid", str(running.pid)], capture_output=True, text=True)
        workers = listed.stdout.split()
        if len(workers) > 1:  # the workers, and multiprocessing's own tracker
            break
        time.sleep(0.05)
    running.kill()
    running.wait()
    running.stderr.close()
    assert workers
    for _ in range(100):
        alive = [pid for pid in workers if os.path.exists(f"/proc/{pid}")]
        if not alive:
            break
        time.sleep(0.1)
    assert alive == []


BY_COMMAND = """
import sys
from lstm_helpers.commands import cli
if __name__ == "__main__":
    sys.exit(cli.main(sys.argv[1:]))
"""


@pytest.mark.skipif(os.name != "posix", reason="SIGINT")
def test_ctrl_c_stops_at_once_and_says_how_to_go_on(tmp_path):
    lay_out(tmp_path / "class", {"ann/03_gates.ipynb": notebook("import time; time.sleep(15)"), "run.py": BY_COMMAND})
    given = ["grade", tmp_path / "class", "--out", tmp_path / "out", *(["--unsafe-no-sandbox"] if UNSAFE else [])]
    program = [sys.executable, tmp_path / "class/run.py", *given]
    heeds = {
        "preexec_fn": lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)
    }  # what runs in the background ignores it
    with subprocess.Popen(program, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, **heeds) as running:
        while not (tmp_path / "out/grades.sqlite").exists() and running.poll() is None:
            time.sleep(0.05)
        time.sleep(0.5)
        running.send_signal(signal.SIGINT)
        _, said = running.communicate(timeout=10)
    assert running.returncode == 130
    assert "run the same command again to go on" in said
    assert "Traceback" not in said


def test_no_worker_outlives_the_run():
    with executors.local(1) as (executor, _):
        executor.submit(workers.confinement, UNSAFE, "numpy").result()
        assert multiprocessing.active_children()
    assert multiprocessing.active_children() == []


def test_a_worker_that_is_told_to_end_twice_ends():
    with executors.local(1) as (executor, _):
        executor.submit(workers.confinement, UNSAFE, "numpy").result()
        (worker,) = multiprocessing.active_children()
        for _ in range(3):
            worker.terminate()
        assert multiprocessing.connection.wait([worker.sentinel], 10)  # the executor itself takes its exit code
    assert worker.exitcode == 1


def test_a_second_run_at_the_same_time_is_refused_and_harms_nothing(once, tmp_path, capsys):
    folder, out, _ = once
    with store.Store(out):
        given = ["grade", str(folder), "--out", str(out), *(["--unsafe-no-sandbox"] if UNSAFE else [])]
        assert cli.main(given) == 2
    assert "another run writes to" in capsys.readouterr().err
    assert points(out) == EARNED


def test_only_what_changed_is_graded_again(tmp_path, counted):
    folder, out = lay_out(tmp_path / "class", CLASS), tmp_path / "out"
    grade(folder, out)
    assert counted == ["ann", "bob", "cat", "dan", "fay"]
    counted.clear()
    grade(folder, out)
    assert counted == []
    lay_out(folder, {"bob/03_gates.ipynb": RIGHT + " ", "new/03_gates.ipynb": NONE})
    grade(folder, out)
    assert counted == ["bob", "new"]
    counted.clear()
    grade(folder, out, seed=12)
    assert len(counted) == 6


def test_a_run_that_nothing_confines_says_so_and_its_grades_are_its_own(tmp_path, counted, monkeypatch):
    folder, out = lay_out(tmp_path / "class", {"ann/03_gates.ipynb": RIGHT}), tmp_path / "out"
    assert "Not confined" not in grade(folder, out)
    monkeypatch.setattr(workers, "confinement", lambda *_: sandbox.Confinement("none", {}, "You said so."))
    assert "Not confined: You said so. Each notebook runs as you" in grade(folder, out)
    assert counted == ["ann", "ann"]


def test_a_file_that_cannot_be_opened_has_a_row_that_says_why(tmp_path, counted):
    folder, out = lay_out(tmp_path / "class", {"ann/03_gates.ipynb": RIGHT, "bob/notes": ""}), tmp_path / "out"
    (folder / "bob/03_gates.ipynb").symlink_to(folder / "ann/03_gates.ipynb")
    for _ in range(2):
        grade(folder, out)
        assert [(row["student"], row["state"], row["points"]) for row in rows(out)] == [
            ("ann", GRADED, f"{len(RIGHT)}"),
            ("bob", BROKEN, ""),
        ]
    assert "a link that leads out of the student's own folder" in rows(out)[1]["note"]
    assert counted == ["ann"]


def test_a_file_that_was_only_saved_again_is_read_and_not_graded(tmp_path, monkeypatch):
    task = workers.Task(
        RIGHT.encode(), "ann", "03_gates", store.Key(versions.version_of(SHEETS["03_gates"], LIMITS), 1, "x"), LIMITS
    )
    code = reading.content_of([SIGMOID])
    monkeypatch.setattr(workers, "_boxes", lambda unsafe: pytest.fail("a box was opened"))
    saved = workers.grade_one(dataclasses.replace(task, data=RIGHT.encode() + b"\n", graded=frozenset([code])))
    assert (saved.code, saved.grade) == (code, None)


def test_a_worker_with_another_version_of_the_course_grades_nothing():
    task = workers.Task(RIGHT.encode(), "ann", "03_gates", store.Key("old", 1, "x"), LIMITS)
    with pytest.raises(RuntimeError, match="another version of the course"):
        workers.grade_one(task)


class Deadly:
    """A task that ends the process that receives it, as running out of memory would."""

    def __reduce__(self):
        return os._exit, (9,)


def test_a_worker_that_dies_is_replaced():
    def task(student):
        return workers.Task(
            b"{}", student, "03_gates", store.Key(versions.version_of(SHEETS["03_gates"], LIMITS), 1, "x"), LIMITS
        )

    work = [("a", task("a")), ("deadly", Deadly()), ("b", task("b"))]
    ended = {what: (outcome, fault) for what, outcome, fault in executors.outcomes(work, lambda: executors.local(1))}
    assert {what for what, (_, fault) in ended.items() if fault} == {"deadly"}
    assert {ended[what][0].grade.student for what in "ab"} == {"a", "b"}


class Pool:
    """Workers whose process ends with some submissions."""

    def __init__(self, deadly, log):
        self.deadly, self.log, self.broken = deadly, log, False

    def submit(self, fn, task):
        self.log.append(task)
        future = Future()
        self.broken = self.broken or task in self.deadly
        if self.broken:
            future.set_exception(BrokenProcessPool("gone"))
        elif task == "raises":
            future.set_exception(MemoryError("no memory"))
        else:
            future.set_result(f"graded {task}")
        return future


def test_a_submission_that_ends_its_worker_costs_one_row_and_no_other():
    log = []
    work = ((task.upper(), task) for task in ["a", "b", "deadly", "c", "raises", "d"])
    ended = list(executors.outcomes(work, lambda: contextlib.nullcontext((Pool({"deadly"}, log), 2))))
    assert {(what, outcome) for what, outcome, fault in ended if not fault} == {
        (t.upper(), f"graded {t}") for t in "abcd"
    }
    assert {what: fault for what, _, fault in ended if fault} == {
        "DEADLY": "a worker's process ended while it was graded, and once more alone",
        "RAISES": "the grader failed on it: MemoryError: no memory",
    }
    assert log.count("deadly") == 2


def test_few_submissions_are_in_hand_however_many_there_are():
    taken = 0

    def endless():
        nonlocal taken
        while True:
            taken += 1
            yield taken, str(taken)

    ended = executors.outcomes(endless(), lambda: contextlib.nullcontext((Pool(set(), []), 2)))
    for _ in range(50):
        next(ended)
    assert taken <= 50 + 2 * 2


def test_a_fault_is_a_row_without_points_and_is_tried_again(tmp_path, counted, monkeypatch):
    folder, out = lay_out(tmp_path / "class", {"ann/03_gates.ipynb": RIGHT, "bob/03_gates.ipynb": NONE}), tmp_path / "o"
    fail, graded = {"bob"}, workers.grade_one

    def one(task):
        if task.student in fail:
            raise MemoryError("none left")
        return graded(task)

    monkeypatch.setattr(workers, "grade_one", one)
    assert run.grade(folder, out, seed=1, limits=LIMITS, unsafe=UNSAFE, say=str) == 1
    assert [(r["state"], r["points"]) for r in rows(out)] == [("graded", f"{len(RIGHT)}"), ("not graded", "")]
    assert "MemoryError: none left" in rows(out)[1]["note"]
    fail.clear()
    counted.clear()
    grade(folder, out, seed=1)
    assert counted == ["bob"]
    assert points(out) == {"ann": f"{len(RIGHT)}", "bob": f"{len(NONE)}"}


def shown(folder, out, **display):
    """The Book's grades as a list, after a run and with these display options."""
    grade(folder, out, display=assemble.Display(**display))
    with store.Store(out) as opened:
        book = assemble.book(opened, SHEETS, None, None)
        return book, list(book.grades)


def people(tmp_path, text):
    (tmp_path / "r.csv").write_text(text)
    return roster.read(tmp_path / "r.csv", SHEETS)


def test_the_roster_orders_lists_the_missing_and_keeps_strangers(tmp_path, counted):
    folder = lay_out(tmp_path / "class", {"zoe/03_gates.ipynb": RIGHT, "x/03_gates.ipynb": RIGHT})
    book, grades = shown(folder, tmp_path / "o", roster=people(tmp_path, "student,name\nzoe,Zoe\nann,Ann\n"))
    assert [(g.student, g.state) for g in grades] == [("zoe", "graded"), ("ann", "missing"), ("x", "graded")]
    assert "not on the roster" in grades[2].remarks
    assert book.people["ann"].name == "Ann"


def test_of_two_folders_of_one_student_the_newest_counts(tmp_path, counted):
    names = ("li_1_8_gates.ipynb", "li_1_9_gates.ipynb")
    folder = lay_out(tmp_path / "class", {names[0]: "old", "bo/03_gates.ipynb": "newer"})
    os.utime(folder / names[0], (1e9, 1e9))
    _, grades = shown(folder, tmp_path / "o", roster=people(tmp_path, "student,ID\nbo,1\n"))
    assert [(g.student, g.points) for g in grades] == [("bo", 5.0)]
    assert "handed in more than once: bo/03_gates.ipynb is the newest and counts" in grades[0].remarks


def test_lateness_and_points_by_hand(tmp_path, counted):
    folder = lay_out(tmp_path / "class", {f"{s}/03_gates.ipynb": "x" * 10 for s in ("ann", "bob", "cat", "dan")})
    listed = (
        "student,submitted\nann,2026-10-01T10:00\nbob,2026-10-03T00:00\ncat,2026-10-03T00:00\ndan,2026-10-09\neve,\n"
    )
    decided = [
        roster.ByHand("cat", "03_gates", "sigmoid", 1.5, "nearly"),
        roster.ByHand("dan", "03_gates", "", 9.0, "was ill"),
        roster.ByHand("eve", "03_gates", "", None, "left the course"),
    ]
    late = policy.read("deadline=2026-10-01T23:59, per_day=10%, max=50%", SHEETS)
    book, grades = shown(folder, tmp_path / "o", roster=people(tmp_path, listed), late=late, by_hand=decided)
    ann, bob, cat, dan, eve = grades
    assert (ann.final, ann.adjusted, ann.late_by) == (10.0, None, 0.0)
    assert (bob.points, bob.final) == (10.0, 8.0)
    assert (
        "1 day 1 minute late by the roster's time: 2 days begun, 10% each: 20% of the points are taken off"
        in bob.remarks
    )
    assert cat.final == 1.2  # 1.5 for the only check, and 20% off
    assert cat.results[0].lines[0] == "Points given by hand: 1.5. nearly"
    assert (dan.final, dan.late_by > 0) == (9.0, True)
    assert "9 points by hand. was ill" in dan.remarks
    assert (eve.final, eve.remarks) == (None, ["left the course"])


def test_what_cannot_be_applied_is_said_before_anything_is_graded(tmp_path, counted):
    folder = lay_out(tmp_path / "class", {"ann/03_gates.ipynb": RIGHT})
    stranger = assemble.Display(by_hand=[roster.ByHand("nan", "03_gates", "", 1.0, "", "m.csv, line 2")])
    with pytest.raises(ValueError, match="m.csv, line 2: nobody here is called 'nan'"):
        grade(folder, tmp_path / "o", display=stranger)
    timeless = assemble.Display(late=policy.read("deadline=2026-10-01", SHEETS))
    os.utime(folder / "ann/03_gates.ipynb", (0, 0))
    with pytest.raises(ValueError, match="nobody knows when anything was handed in"):
        grade(folder, tmp_path / "o", display=timeless)
    assert counted == []


def test_an_anonymous_class_shows_no_name_and_a_key_that_does(tmp_path, counted):
    folder = lay_out(tmp_path / "class", {"annabel/gates_annabel.ipynb": RIGHT, "bob/annabel.ipynb": "{"})
    out = tmp_path / "o"
    book, grades = shown(
        folder, out, anonymous=True, roster=people(tmp_path, "student,name\nannabel,Annabel L\nbob,B\n")
    )
    told = repr(grades) + repr(book.people) + repr(book.strays) + (out / "grades.csv").read_text()
    assert "annabel" not in told.lower()
    key = {row["student"]: row for row in csv.DictReader((out / "anonymous-key.csv").open())}
    assert key["annabel"]["name"] == "Annabel L"
    assert {row["pseudonym"] for row in key.values()} == {g.student for g in grades}
    again, _ = shown(folder, out)
    assert list(again.people) == list(book.people)
    assert results.report(out, assemble.Display(anonymous=False), say=str) == 0
    assert "annabel" in (out / "grades.csv").read_text()
    assert not (out / "anonymous-key.csv").exists()


def test_the_report_is_made_again_from_the_store_alone(once, tmp_path, capsys):
    _, out, said = once
    before = (out / "grades.csv").read_bytes()
    (out / "grades.csv").unlink()
    assert cli.main(["report", "--out", str(out)]) == 0
    assert (out / "grades.csv").read_bytes() == before
    assert capsys.readouterr().out.strip() == said.strip().removeprefix(notice(said))
    assert cli.main(["report", "--out", str(tmp_path / "none")]) == 2
    assert "holds no grades.sqlite" in capsys.readouterr().err


def notice(said):
    return said[: said.index("03_gates:")]


def test_grading_is_refused_in_plain_words_where_nothing_confines_the_code(tmp_path, capsys, counted, monkeypatch):
    def refuse(*_):
        raise sandbox.Refused("no user namespaces: use a Linux machine")

    monkeypatch.setattr(workers, "confinement", refuse)
    folder = lay_out(tmp_path / "class", {"ann/03_gates.ipynb": RIGHT})
    assert cli.main(["grade", str(folder), "--out", str(tmp_path / "o")]) == 2
    assert "no user namespaces: use a Linux machine" in capsys.readouterr().err
    assert not (tmp_path / "o").exists()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["--seed", "-1"], "is no whole number from 0 up"),
        (["--seed", "\u00b2"], "is no whole number from 0 up"),
        (["--variant", "seven"], "is no whole number from 0 up"),
        (["--roster", " "], "it is empty: give a value, or leave the option out"),
        (["--jobs", "0"], "is no whole number from 1 up"),
        (["--roster", "nowhere.csv"], "nowhere.csv cannot be read"),
        (["--late", "soon"], "Expected a TOML file, or a text such as"),
        (["--manual", "nowhere.csv"], "nowhere.csv cannot be read"),
        (["--cluster", "tcp://127.0.0.1:1"], "no Dask scheduler answers"),
    ],
)
def test_an_option_that_makes_no_sense_is_refused(tmp_path, capsys, given, said, monkeypatch):
    monkeypatch.setattr(cluster, "PATIENCE", 1)
    folder = lay_out(tmp_path / "class", {"ann/03_gates.ipynb": RIGHT})
    with contextlib.suppress(SystemExit):  # argparse's way; ours is the exit code
        assert cli.main(["grade", str(folder), "--out", str(tmp_path / "o"), *given]) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "o").exists()


@pytest.mark.parametrize("environment", [True, False])
def test_frameworks_of_every_python_are_hidden(tmp_path, environment, monkeypatch):
    other, own = (tmp_path / f"lib/python3.{k}/dist-packages" for k in (98, 99))
    for folder in (other, own):
        (folder / "torch").mkdir(parents=True)
    monkeypatch.setattr(sys, "base_prefix", str(tmp_path))
    monkeypatch.setattr(sys, "prefix", "elsewhere" if environment else str(tmp_path))
    monkeypatch.setattr(sys, "path", [*sys.path, str(own)])
    hidden = sandbox._hidden("numpy")
    assert str(other) in hidden
    assert str(own if environment else own / "torch") in hidden


def test_grading_is_refused_where_memory_cannot_be_watched(monkeypatch):
    def denied(proc):
        raise PermissionError(errno.EACCES, "Permission denied")

    with sandbox.Boxes() as boxes:
        try:
            boxes.confinement("numpy")
        except sandbox.Refused as why:
            pytest.skip(str(why))
        monkeypatch.setattr(watchdog, "memory", denied)
        with pytest.raises(sandbox.Refused, match="memory cannot be watched"):
            sandbox._tried(boxes, "numpy")
