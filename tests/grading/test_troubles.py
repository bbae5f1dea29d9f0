"""What a command meets on a bad day: it ends in one plain sentence, what is graded is kept, the next run goes on."""

import contextlib
import errno
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import zipfile

import psutil
import pytest

from lstm_helpers import files, wording
from lstm_helpers.checks import show
from lstm_helpers.commands import bundle, cli
from lstm_helpers.grading import results, workers
from lstm_helpers.grading.gradebook import assemble, roster, store
from lstm_helpers.grading.gradebook.grade import GRADED
from lstm_helpers.grading.submissions import reading
from tests.grading.handed import SHEETS, SIGMOID, lay_out, notebook, written
from tests.grading.test_run import LIMITS, UNSAFE, counted, grade, points, rows  # noqa: F401  a fixture

OPEN = ["--unsafe-no-sandbox"] if UNSAFE else []
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def command(*given, shell="", **more):
    """Run lstm-course in a process of its own; ``shell`` is what stands behind it on the command line."""
    line = [sys.executable, "-m", "lstm_helpers", *map(str, given)]
    if shell:
        line = ["bash", "-c", f'"$@" {shell}', "bash", *line]
    return subprocess.run(line, cwd=ROOT, capture_output=True, text=True, timeout=300, **more)


@pytest.fixture
def graded(tmp_path, counted):  # noqa: F811
    """The folder of results of a class of one."""
    grade(lay_out(tmp_path / "class", {"ann/03_gates.ipynb": notebook(SIGMOID)}), tmp_path / "out")
    return tmp_path / "out"


# --- the command line ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("module", ["lstm_helpers", "lstm_helpers.commands.cli"])
def test_the_package_and_its_module_are_the_command(module):
    ran = subprocess.run([sys.executable, "-m", module, "report", "--out", "gone"], capture_output=True, text=True)
    assert ran.returncode == 2
    assert ran.stderr.startswith("lstm-course report: gone holds no grades.sqlite")


@pytest.mark.parametrize(
    "option",
    ["DIR", "--out", "--roster", "--late", "--manual", "--sheets", "--cluster", "--exercise", "--seed", "--jobs"],
)
def test_an_empty_value_is_refused_and_never_means_a_folder(option, tmp_path, monkeypatch, capsys):
    """A shell makes it of a variable that is not set."""
    monkeypatch.chdir(tmp_path)
    lay_out(tmp_path, {"ann/03_gates.ipynb": notebook("x = 1")})
    given = ["grade", "" if option == "DIR" else "ann", "--out", "out", *([] if option == "DIR" else [option, ""])]
    try:
        code = cli.main(given)
    except SystemExit as stop:  # argparse ends by itself
        code = stop.code
    assert code == 2
    assert re.search(r"it is empty|'' is no whole number|there is no exercise '';", capsys.readouterr().err)
    assert os.listdir(tmp_path) == ["ann"]


def test_none_takes_off_what_an_earlier_run_was_given(tmp_path, counted):  # noqa: F811
    folder, out = lay_out(tmp_path / "class", {"ann/03_gates.ipynb": notebook("x = 1")}), tmp_path / "out"
    os.utime(folder / "ann/03_gates.ipynb", (2e9, 2e9))
    lay_out(tmp_path, {"r.csv": "student,name\nann,Ann\nbob,Bob\n", "m.csv": "student,exercise,check,points,comment\n"})
    with (tmp_path / "m.csv").open("a") as file:
        file.write("ann,03_gates,,,hello\n")
    given = ["--roster", str(tmp_path / "r.csv"), "--late", "deadline=2026-10-01, per_day=50%, max=50%"]
    assert cli.main(["grade", str(folder), "--out", str(out), *given, "--manual", str(tmp_path / "m.csv")]) == 0
    before = {row["student"]: row for row in rows(out)}
    assert list(before) == ["ann", "bob"]
    assert before["ann"]["by_checks"]
    assert "hello" in before["ann"]["remarks"]
    for option, still in (("--roster", ["ann"]), ("--late", ["ann"]), ("--manual", ["ann"])):
        assert cli.main(["report", "--out", str(out), option, "none"]) == 0
        assert [row["student"] for row in rows(out)] == still
    (row,) = rows(out)
    assert (row["by_checks"], row["remarks"]) == ("", "")
    assert row["points"] == before["ann"]["by_checks"]
    assert cli.main(["grade", str(folder), "--out", str(out), "--roster", "none", "--late", "none"]) == 0


def test_points_by_hand_for_a_check_that_is_gone_are_a_remark(graded):
    with store.Store(graded) as opened:
        decision = roster.ByHand("ann", "03_gates", "gone", 1.0, "as agreed")
        assemble.Display(by_hand=[decision]).keep(opened)
    results.report(graded, say=str)
    said = "gone, which is no longer asked: 1 point by hand not counted. as agreed"
    assert said in rows(graded)[0]["remarks"]


# --- streams ------------------------------------------------------------------------------------------------------

BASH = pytest.mark.skipif(os.name != "posix" or not shutil.which("bash"), reason="redirections of a shell")


@BASH
@pytest.mark.parametrize("shell", ["2>&-", ">&-", ">&- 2>&- <&-", "2>/dev/full", "2> >(true)"])
def test_whatever_the_streams_are_the_class_is_graded(tmp_path, shell):
    folder = lay_out(tmp_path / "class", {f"s{k}/03_gates.ipynb": notebook(SIGMOID, f"x = {k}") for k in range(3)})
    ran = command("grade", folder, "--out", tmp_path / "out", "--jobs", 1, *OPEN, shell=shell)
    assert ran.returncode == 0, ran.stderr
    assert points(tmp_path / "out") == {"s0": "2", "s1": "2", "s2": "2"}


@BASH
def test_output_that_nobody_reads_or_that_finds_no_room_is_told_apart(graded):
    full = command("report", "--out", graded, shell=">/dev/full")
    assert (full.returncode, full.stderr) == (2, "lstm-course report: No space left on device\n")
    cut = command("report", "--out", graded, shell="> >(exec <&-; sleep 1)")
    assert "Traceback" not in cut.stderr
    assert "Exception ignored" not in cut.stderr


def test_a_name_that_the_terminal_cannot_show_ends_no_run(tmp_path, graded):
    roster_ = lay_out(tmp_path, {"r.csv": "student,name\nann,Ann\nŽofie,Žofie Ü\n"}) / "r.csv"
    ran = command("report", "--out", graded, "--roster", roster_, env={**os.environ, "PYTHONIOENCODING": "ascii"})
    assert ran.returncode == 0, ran.stderr
    assert r"\u017dofie" in ran.stdout


def test_without_docstrings_pages_still_say_what_was_asked(tmp_path):
    folder = lay_out(tmp_path / "class", {"ann/03_gates.ipynb": notebook(SIGMOID)})
    line = [
        sys.executable,
        "-OO",
        "-m",
        "lstm_helpers",
        "grade",
        folder,
        "--out",
        tmp_path / "out",
        "--jobs",
        "1",
        *OPEN,
    ]
    ran = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert ran.returncode == 0, ran.stderr
    asked = SHEETS["03_gates"].checks["sigmoid"].asks
    page = (tmp_path / "out/feedback/ann.html").read_text(encoding="utf-8")
    assert show.inline_code(asked) in page


# --- room on the disk, and the store ------------------------------------------------------------------------------


def test_a_store_that_finds_no_room_keeps_what_is_in_it_and_the_next_run_goes_on(
    tmp_path,
    counted,  # noqa: F811
    monkeypatch,
    capsys,
):
    folder = lay_out(tmp_path / "class", {f"s{k:02}/03_gates.ipynb": notebook(f"x = {k}") for k in range(12)})
    out, graded = tmp_path / "out", workers.grade_one

    def with_code(task):
        outcome = graded(task)
        outcome.cells = [os.urandom(4000).hex()]
        return outcome

    monkeypatch.setattr(workers, "grade_one", with_code)
    given = ["grade", str(folder), "--out", str(out), *OPEN]
    with monkeypatch.context() as small:
        small.setattr(store, "TABLES", store.TABLES + "PRAGMA max_page_count = 24;")
        assert cli.main(given) == 2
    said = capsys.readouterr().err
    assert "grades.sqlite could not be written (database or disk is full): is there room left on the disk?" in said
    assert "run the same command again to go on" in said
    kept, first = written(out), len(counted)
    assert 0 < kept < 12
    assert cli.main(given) == 0
    assert len(points(out)) == 12
    assert len(counted) - first == 12 - kept


@pytest.mark.parametrize(
    "file", ["grades.csv", "report.html", "feedback/ann.html", "moodle/03_gates.csv", "canvas.csv"]
)
def test_a_table_or_page_that_finds_no_room_stays_as_it_was(graded, file, monkeypatch, capsys):
    whole, replace = (graded / file).read_bytes(), files._replace

    def full(part, path):
        if path == graded / file:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        replace(part, path)

    with monkeypatch.context() as small:
        small.setattr(files, "_replace", full)
        assert cli.main(["report", "--out", str(graded)]) == 2
    assert f"{file}: the disk is full: delete what you no longer need, and try again" in capsys.readouterr().err
    assert (graded / file).read_bytes() == whole
    assert not [path for path in graded.rglob("*") if path.suffix == ".part"]
    assert cli.main(["report", "--out", str(graded)]) == 0


def test_an_empty_store_is_filled_by_the_next_run(graded, tmp_path, capsys):
    (graded / "grades.sqlite").write_bytes(b"")
    assert cli.main(["report", "--out", str(graded)]) == 2
    said = capsys.readouterr().err
    assert f"grades.sqlite holds no grades yet: `{wording.typed()} grade DIR --out" in said
    assert cli.main(["grade", str(tmp_path / "class"), "--out", str(graded), *OPEN]) == 0
    assert list(points(graded)) == ["ann"]


def test_what_lies_in_the_folder_of_the_tables_and_is_not_ours_stays(graded):
    lay_out(graded, {"moodle/worksheet.csv": "theirs", "moodle/04_cell_state.csv": "of an earlier run"})
    results.report(graded, say=str)
    there = {path.name: path.read_text() for path in (graded / "moodle").iterdir()}
    assert sorted(there) == ["03_gates.csv", "04_cell_state.kept-1.csv", "worksheet.csv"]
    assert there["04_cell_state.kept-1.csv"] == "of an earlier run"  # ours by its name, not by what it holds


# --- Ctrl-C, workers ----------------------------------------------------------------------------------------------


@pytest.mark.skipif(os.name != "posix", reason="SIGINT")
@pytest.mark.parametrize("worked", [0, 0.05, 0.15, 0.3])
def test_ctrl_c_while_workers_start_shows_no_traceback(tmp_path, worked):
    """A terminal sends it to every process: to those, too, that have just begun, or import what they need."""
    folder = lay_out(tmp_path / "class", {f"s{k}/03_gates.ipynb": notebook("x = 1") for k in range(4)})
    line = [sys.executable, "-m", "lstm_helpers", "grade", folder, "--out", tmp_path / "out", "--jobs", "3", *OPEN]
    heeds = {"preexec_fn": lambda: signal.signal(signal.SIGINT, signal.SIG_DFL), "start_new_session": True}
    with subprocess.Popen(
        line, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **heeds
    ) as running:
        while running.poll() is None and not a_worker_of(running.pid, worked):
            time.sleep(0.002)
        os.killpg(running.pid, signal.SIGINT)
        _, said = running.communicate(timeout=120)
    assert running.returncode == 130
    assert "Stopped. What is graded is kept" in said
    assert "Traceback" not in said


def a_worker_of(run_, worked):
    """Whether a worker of a run has used so many seconds of a processor: the first ones go into its imports."""
    for child in psutil.Process(run_).children():
        with contextlib.suppress(psutil.Error):
            if "spawn_main" in " ".join(child.cmdline()) and child.cpu_times().user >= worked:
                return True
    return False


@pytest.mark.parametrize("command_", ["grade", "report", "bundle", "doctor"])
def test_ctrl_c_during_an_import_is_a_sentence_in_every_command(command_, monkeypatch, capsys):
    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, f"_{command_}", stop)
    given = {"grade": ["class", "--out", "out"], "report": ["--out", "out"]}.get(command_, [])
    assert cli.main([command_, *given]) == 130
    assert "Stopped." in capsys.readouterr().err


def end(*_):
    os._exit(3)


def test_a_worker_that_ends_while_it_starts_is_a_sentence(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(workers, "start", end)
    folder = lay_out(tmp_path / "class", {"ann/03_gates.ipynb": notebook("x = 1")})
    assert cli.main(["grade", str(folder), "--out", str(tmp_path / "out"), "--jobs", "1"]) == 2
    assert "a worker ended while it started: is there memory for them all? Try --jobs 1" in capsys.readouterr().err


# --- editions and versions ----------------------------------------------------------------------------------------


def test_the_students_edition_says_that_it_does_not_grade(tmp_path):
    with zipfile.ZipFile(bundle.write(tmp_path / "course.zip")) as zipped:
        zipped.extractall(tmp_path)
    for given in (["grade", "a", "--out", "b"], ["report", "--out", "b"], ["bundle"], ["build"]):
        ran = subprocess.run(
            [sys.executable, "-m", "lstm_helpers", *given],
            cwd=tmp_path / "lstm-course",
            env={**os.environ, "PYTHONPATH": str(tmp_path / "lstm-course")},
            capture_output=True,
            text=True,
        )
        assert ran.returncode == 2
        assert ran.stderr == f"lstm-course {given[0]}: this is the students' edition, which does not hold it\n"


NEWER = "def sigmoid[T](z: T) -> T:\n    return z"
OURS = ".".join(map(str, sys.version_info[:2]))


SLIP = "syntax error in code cell 1 (invalid syntax, in line 1)"
EITHER = f"{SLIP}. Python {OURS} graded it, and the notebook names Python 3.99.1: a slip, or newer grammar"


@pytest.mark.parametrize(
    ("told", "note"),
    [
        ({"language_info": {"version": "3.99.1"}}, EITHER),
        ({}, SLIP),
        ({"language_info": {"version": f"{OURS}.99"}}, SLIP),
        ({"language_info": {"version": "3.4.1"}}, SLIP),
        ({"language_info": {"version": "<b>3.12"}}, SLIP),
        ({"language_info": [3.12]}, SLIP),
    ],
)
def test_a_slip_is_called_one_and_a_version_is_named_only_where_it_can_be_the_reason(told, note):
    failures = [(1, "SyntaxError", "invalid syntax, in line 1"), (2, "NameError", "z")]
    parsed = reading.parse(notebook(NEWER, "z", metadata=told).encode())
    assert workers._syntax_note(failures, parsed.python) == note
    assert workers._syntax_note(failures[1:], parsed.python) == ""


def test_every_cell_with_a_slip_is_named():
    failures = [
        (2, "IndentationError", "unexpected indent, in line 3"),
        (5, "SyntaxError", "invalid syntax, in line 1"),
    ]
    said = workers._syntax_note(failures, "")
    assert (
        said == "syntax errors in code cell 2 (unexpected indent, in line 3); code cell 5 (invalid syntax, in line 1)"
    )


def test_the_note_of_a_syntax_error_reaches_the_table(tmp_path):
    text = notebook("def sigmoid(z) return z", metadata={"language_info": {"version": "3.99.1"}})
    grade(lay_out(tmp_path / "class", {"ann/03_gates.ipynb": text}), tmp_path / "out", limits=LIMITS)
    (row,) = rows(tmp_path / "out")
    assert row["note"].startswith("syntax error in code cell 1 (")
    assert row["note"].endswith(f", in line 1). {EITHER.partition('. ')[2]}")
    assert row["state"] == GRADED
