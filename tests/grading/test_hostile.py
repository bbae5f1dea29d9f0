"""Hostile notebooks in one class with honest ones: none gains a point, none outlives its time, none harms anybody.

Each file of hostile/ is named for what it tries; its metadata say which points are honestly earned in it. A notebook
that succeeds where it must not says BREACH, writes a file, reaches a listener, or signals a bystander. What would be
too large for a file is made here (``HUGE``, ``STRANGE``).
"""

import contextlib
import csv
import hashlib
import html.parser
import io
import json
import os
import select
import shutil
import signal
import socket
import sqlite3
import struct
import subprocess
import sys
import sysconfig
import tempfile
import time
import zipfile
from pathlib import Path

import numpy as np
import psutil
import pytest

from lstm_helpers.checks import sheet
from lstm_helpers.grading import run, score, workers
from lstm_helpers.grading.box import host, sandbox
from lstm_helpers.grading.gradebook import assemble, store
from lstm_helpers.grading.gradebook.grade import BROKEN, GRADED, MISSING, NOT_GRADED, TIMED_OUT
from lstm_helpers.grading.submissions import reading
from tests import ROOT
from tests.grading.handed import SHEETS, SIGMOID, lay_out, notebook, written

LIMITS = host.Limits(cell=2.0, probe=3.0, start=60.0, notebook=10.0, memory=1 << 29)
PATIENT = host.Limits(cell=60.0, probe=60.0, start=60.0, notebook=120.0, memory=LIMITS.memory)
LATE = 3 * LIMITS.notebook  # ended, and not waited for without end; how soon depends on what else the machine does
HOSTILE = {
    path.stem: (path.read_text(encoding="utf-8"), json.loads(path.read_text(encoding="utf-8"))["metadata"]["hostile"])
    for path in sorted((Path(__file__).parent / "hostile").glob("*.ipynb"))
}
EATERS = {name for name, (_, told) in HOSTILE.items() if told.get("stopped") in ("MB of memory", "ended for")}
PORT, ABSTRACT = 47113, "\0lstm-hostile-listener"  # where some of the notebooks try to call
CANARIES = [Path("/tmp/lstm-hostile-canary"), Path("/var/tmp/lstm-hostile-canary")]  # which some try to write to
BREACHES = ("lstm-breach", "lstm-trace", "psm_lstm")  # names of files that they leave where they can

# Honest ones, before, between and after the hostile ones, and what they deserve.
FULL = SHEETS["03_gates"].points
HONEST = {"a_honest": FULL, "f_honest": FULL, "m_honest": FULL - 4, "s_honest": FULL, "zzz_honest": FULL}
SLIP = ("z_i, z_f, z_g, z_o = np.split", "z_f, z_i, z_g, z_o = np.split")


TEN_MB = 10 << 20
FORMULA = '=HYPERLINK("http:127.0.0.1:47113")'
BEYOND = b" " * (reading.LARGEST_NOTEBOOK + 1)
HUGE = {  # too large, or no notebooks, by intent: file name, what makes the content, state, points
    "cell of ten megabytes": ("03_gates.ipynb", lambda: notebook(SIGMOID, "#" * TEN_MB), GRADED, 2),
    "string of ten megabytes": ("03_gates.ipynb", lambda: notebook(SIGMOID, f"'{'x' * TEN_MB}'"), GRADED, 2),
    "source of a million lines": ("03_gates.ipynb", lambda: lines(1_000_000), GRADED, 0),
    "thousands of failing cells": ("03_gates.ipynb", lambda: notebook(SIGMOID, *["1/0"] * 20_000), GRADED, 2),
    "thousands of deadly cells": ("03_gates.ipynb", lambda: notebook(*[DEADLY] * 20_000), TIMED_OUT, None),
    "metadata nested deep": ("03_gates.ipynb", lambda: '{"metadata": ' + "[" * 500_000, BROKEN, None),
    "nulls": ("03_gates.ipynb", lambda: bytes(1 << 20), BROKEN, None),
    "beyond the limit of a file": ("03_gates.ipynb", lambda: BEYOND, BROKEN, None),
    "ten megabytes of empty lines": ("x.ipynb", lambda: notebook("\n" * (TEN_MB // 2)), MISSING, None),
    "spaces after check": ("x.ipynb", lambda: notebook("check(" + " " * TEN_MB), MISSING, None),
    "zip bomb": ("hw.zip", lambda: zipped({"03_gates.ipynb": BEYOND}), BROKEN, None),
    "many zip bombs": ("hw.zip", lambda: zipped({f"{k}.ipynb": brackets() for k in range(60)}), MISSING, None),
    "zip that climbs": ("hw.zip", lambda: zipped(climbing()), MISSING, None),
    "zip of a file without a name": ("hw.zip", lambda: entry(b"", 0), MISSING, None),
    "zip of a file beyond all memory": ("hw.zip", lambda: entry(b"03_gates.ipynb", 2**64 - 1), BROKEN, None),
    "zip of long names": ("hw.zip", lambda: zipped(dict.fromkeys(long_names(), "{")), BROKEN, None),
    "a million lists": ("03_gates.ipynb", lambda: brackets(), BROKEN, None),
    "formula in the name of a file": (f"x;{FORMULA};gates.ipynb", lambda: notebook("x = 1"), GRADED, 0),
}
DEADLY = "import os\nos._exit(1)"


def lines(count):
    return json.dumps({"cells": [{"cell_type": "code", "source": ["\n"] * count}]})


def brackets():
    """Four megabytes that take a hundred when they are read."""
    return '{"cells": [], "x": [' + "[]," * 1_300_000 + "0]}"


def entry(name, offset):
    """A zip that lists one file, which is not in it, at an offset of 64 bits."""
    extra = struct.pack("<HHQ", 1, 8, offset)
    sizes = (0, 10, 10, len(name), len(extra), 0, 0, 0, 0, 0xFFFFFFFF)
    listed = struct.pack("<4s4B4HL2L5H2L", b"PK\1\2", 20, 3, 20, 0, 0, 0, 0, 33, *sizes) + name + extra
    return listed + struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 1, 1, len(listed), 0, 0)


def long_names():
    return [f"{'x' * 4000}{k}gates.ipynb" for k in range(200)]


def climbing():
    return {f"../../../../tmp/lstm-hostile-canary/{k}.ipynb": "x" for k in range(30)}


def zipped(files):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return packed.getvalue()


STRANGE = (  # students' names, as a folder can be called
    "<img src=x onerror=breach()>",
    "'\"><svg onload=breach()>",
    "{{ 'ren' ~ 'dered' }}{% raw %}",
    FORMULA,
    "+1+1",
    "@SUM(1)",
    "-2+3",
    "\t=1+1",
    "\x1b]0;lstm-breach\x07\x1b[2J",
    "\u202e\u2066right to left",
    "two\nlines,and;more",
    "CON.ipynb",
    "%2e%2e%2f%2e%2e%2fetc",
    "x" * 250,
)


def solution(*edits):
    text = (ROOT / "solutions/03_gates.ipynb").read_text(encoding="utf-8")
    for old, new in edits:
        assert old in text
        text = text.replace(old, new)
    return text


def hand_in(folder, hostile):
    files = {f"{name}/03_gates.ipynb": solution(*[SLIP] * (points < FULL)) for name, points in HONEST.items()}
    if hostile:
        files |= {f"{name}/{told['exercise']}.ipynb": text for name, (text, told) in HOSTILE.items()}
        files |= {f"{name}/{file}": make() for name, (file, make, *_) in HUGE.items()}
        files |= {f"{name}/03_gates.ipynb": notebook("x = 1") for name in STRANGE}
        (folder / "a link out").mkdir(parents=True)
        (folder / "a link out/03_gates.ipynb").symlink_to("../a_honest/03_gates.ipynb")
        (folder / "a link to itself").symlink_to("a link to itself")
    return lay_out(folder, files)


def content(folder):
    return {str(p): hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(folder.rglob("*")) if p.is_file()}


@pytest.fixture(scope="module")
def confined():
    try:
        workers.confinement(False, "numpy")
    except sandbox.Refused as why:
        if os.environ.get("CI"):
            pytest.fail(f"on a machine that tests every change the sandbox must work: {why}")
        pytest.skip(str(why))


def bystander():
    """A process of the same user as the boxes, which some notebooks try to reach."""
    user = {"user": sandbox.NOBODY, "group": sandbox.NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
    waits = ["sh", "-c", "while :; do sleep 1; done", "lstm-bystander"]
    return subprocess.Popen(waits, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL, cwd="/", **user)


def state_of(process):
    p = psutil.Process(process.pid)
    limits = Path(f"/proc/{process.pid}/limits").read_text()
    return p.nice(), p.cpu_affinity(), p.ionice(), limits, p.status() == psutil.STATUS_STOPPED


def left_behind():
    """What notebooks and grader may have left on this machine: names of files, and of processes."""
    places = ["/", "/tmp", "/var/tmp", "/dev/shm", "/etc", "/usr", str(ROOT), sys.prefix, sysconfig.get_path("purelib")]
    places += map(str, CANARIES)
    files = {
        os.path.join(place, name)
        for place in places
        if os.path.isdir(place)
        for name in os.listdir(place)
        if name.startswith(BREACHES) or name in ("sitecustomize.py", "usercustomize.py", "lstm.pth", ".pythonrc")
    }
    running = set()
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if "lstm-hostile" in " ".join([process.name(), *process.cmdline()]):
                running.add(process.pid)
    return files, running


def children():
    """{process: its command} of everything that was started from here, but Python's own bookkeeper."""
    found = {}
    for process in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.Error):
            found[process.pid] = " ".join(process.cmdline()) or process.name()
    return {pid: command for pid, command in found.items() if "resource_tracker" not in command}


class Graded:
    """What there is after one run over a class."""

    def __init__(self, folder, out):
        self.folder, self.out, said = folder, out, []
        start = time.monotonic()
        self.code = run.grade(folder, out, seed=11, jobs=2, limits=LIMITS, say=said.append)
        self.seconds, self.said = time.monotonic() - start, "\n".join(said)
        with store.Store(out) as opened:
            self.grades = {(g.student, g.exercise): g for g in assemble.book(opened, SHEETS, None, None).grades}

    def of(self, student, exercise="03_gates"):
        return self.grades[student, exercise]


@pytest.fixture(scope="module")
def watched(confined, tmp_path_factory):
    """(Graded, what was seen around it): one run over everything, with all that could be harmed beside it."""
    # The temporary files of this run lie where nobody else's do.
    temp, set_here = tmp_path_factory.mktemp("temp"), pytest.MonkeyPatch()
    for canary in CANARIES:
        shutil.rmtree(canary, ignore_errors=True)
        canary.mkdir(parents=True)
        (canary / "canary").write_text("untouched")
        canary.chmod(0o777)
        (canary / "canary").chmod(0o666)
    folder = hand_in(tmp_path_factory.mktemp("class"), hostile=True)
    handed_in, around, alive = content(folder), left_behind(), children()
    beside = bystander()
    as_it_was = state_of(beside)
    with socket.create_server(("127.0.0.1", PORT)) as tcp, socket.socket(socket.AF_UNIX) as unix:
        unix.bind(ABSTRACT)
        unix.listen()
        try:
            set_here.setenv("TMPDIR", str(temp))
            set_here.setattr(tempfile, "tempdir", str(temp))
            graded = Graded(folder, tmp_path_factory.mktemp("out"))
            seen = {
                "called": select.select([tcp, unix], [], [], 0)[0],
                "bystander": beside.poll() is None and state_of(beside) == as_it_was,
            }
            beside.kill()
            beside.wait()
            seen |= {
                "handed in": content(folder) == handed_in,
                "canaries": [sorted(p.name for p in canary.iterdir()) for canary in CANARIES],
                "canary": {(canary / "canary").read_text() for canary in CANARIES},
                "left behind": [now - then for now, then in zip(left_behind(), around, strict=True)],
                "children": {pid: c for pid, c in children().items() if pid not in alive},
                "temporary": sorted(os.listdir(temp)),
            }
        finally:
            set_here.undo()
            beside.kill()
            beside.wait()
            for canary in CANARIES:
                shutil.rmtree(canary, ignore_errors=True)
    return graded, seen


def told(grade):
    """All text that came out of a box."""
    parts = [grade.note, *(f"{kind} {text}" for _, kind, text in grade.failures), *grade.stopped]
    for result in grade.results:
        parts += [*result.lines, result.printed, result.table]
    return "\n".join(map(str, parts))


def test_there_are_enough_of_them():
    assert len(HOSTILE) >= 65
    assert all(told["tries"] for _, told in HOSTILE.values())


@pytest.mark.parametrize("name", HOSTILE)
def test_it_earns_what_it_deserves_reaches_nothing_and_ends_in_time(watched, name):
    _, deserved = HOSTILE[name]
    grade = watched[0].of(name, deserved["exercise"])
    state = GRADED if deserved["points"] is not None else TIMED_OUT
    outcomes = [(deserved["points"], deserved.get("state", state))]
    if deserved.get("or_no_time"):  # it takes what it gets, and a slow machine has no time left to look
        outcomes.append((None, TIMED_OUT))
    if deserved.get("or_not_graded"):  # forks that live on may answer, too
        outcomes.append((None, NOT_GRADED))
    assert (grade.points, grade.state) in outcomes, told(grade)
    assert "BREACH" not in told(grade)
    assert grade.seconds <= LATE
    out_of_time = deserved.get("or_no_time") and any("no answer after" in why for why in grade.stopped)
    if name not in EATERS:  # on a busy machine the time of their cells is over before they hold much: see below
        assert out_of_time or deserved.get("stopped", "") in " ".join(grade.stopped)
    assert len(grade.flags) == deserved.get("flags", len(grade.flags))


@pytest.mark.parametrize("name", sorted(EATERS))
def test_where_time_stops_nothing_the_watch_over_memory_does(confined, name):
    text, deserved = HOSTILE[name]
    right_and_eating = reading.parse(text.encode()).cells[:2]  # the others only sleep, until somebody looks
    with sandbox.Boxes() as boxes:
        grade = score.grade_notebook(right_and_eating, "ann", SHEETS[deserved["exercise"]], boxes, 11, PATIENT)
    assert (grade.points, grade.state) == (deserved["points"], GRADED), told(grade)
    assert deserved["stopped"] in " ".join(grade.stopped), told(grade)


@pytest.mark.parametrize("name", HUGE)
def test_what_is_huge_or_no_notebook_ends_in_time_and_has_a_row_that_says_why(watched, name):
    grade = watched[0].of(name)
    assert (grade.state, grade.points) == HUGE[name][2:], told(grade)
    assert grade.note or grade.state == GRADED
    assert grade.seconds <= LATE
    assert len(grade.failures) <= score.MOST_FAILURES


@pytest.mark.parametrize("name", STRANGE)
def test_a_student_of_any_name_has_a_row_and_a_page(watched, name):
    grade = watched[0].of(name)
    assert (grade.state, grade.points) == (GRADED, 0)
    assert len(list((watched[0].out / "feedback").glob("*.html"))) == len({s for s, _ in watched[0].grades})


def test_the_run_itself_ends_well(watched):
    assert watched[0].code == 0
    forged = {name for name, (_, deserved) in HOSTILE.items() if deserved.get("state") == NOT_GRADED}
    perhaps = {name for name, (_, deserved) in HOSTILE.items() if deserved.get("or_not_graded")}
    assert {g.student for g in watched[0].grades.values() if g.state == NOT_GRADED} - perhaps == forged


def test_files_of_the_host_are_as_they_were(watched):
    _, seen = watched
    assert seen["handed in"]
    assert seen["canary"] == {"untouched"}
    assert seen["canaries"] == [["canary"], ["canary"]]
    assert seen["left behind"][0] == set()
    assert seen["temporary"] == []


def test_a_link_is_not_followed(watched):
    assert watched[0].of("a link out").state == BROKEN


def test_nobody_was_called(watched):
    assert watched[1]["called"] == []


def test_a_process_beside_it_lives_on_as_it_was(watched):
    assert watched[1]["bystander"]


def test_no_process_outlives_the_run(watched):
    assert watched[1]["left behind"][1] == set()
    assert watched[1]["children"] == {}


ANSWERS_LATE = """
import sys, time
import numpy as np
def late(x):
    from lstm_helpers.grading.box import messages
    frame = sys._getframe()
    while "replies" not in frame.f_locals:
        frame = frame.f_back
    while True:
        try:
            while True:
                time.sleep(0.35)
                messages.write(frame.f_locals["replies"], {"status": "ok"}, {"h": np.zeros(1)})
        except BaseException:
            pass
"""


def test_a_check_that_asks_often_ends_in_time_when_each_answer_is_late(confined):
    many = sheet.Sheet("many", exercise="many")

    @many.check(returns="h", points=1, minutes=1, hints=("",), marks=lambda outputs, cases: (1, ""))
    def late(rng):
        """One number, and forty questions."""
        for k in range(40):
            yield str(k), {"x": np.zeros(1)}

    limits = host.Limits(cell=1.0, probe=1.0, start=60.0, notebook=2.0)
    with sandbox.Boxes() as boxes:
        grade = score.grade_notebook([ANSWERS_LATE], "ann", many, boxes, 11, limits)
    assert not grade.points
    assert grade.seconds <= 5 * limits.notebook  # and not 40 times 0.35 for each of its second looks


@pytest.fixture(scope="module")
def alone(confined, tmp_path_factory):
    return Graded(hand_in(tmp_path_factory.mktemp("honest"), hostile=False), tmp_path_factory.mktemp("out"))


@pytest.mark.parametrize("name", HONEST)
def test_an_honest_notebook_has_the_same_grade_with_and_without_hostile_ones(watched, alone, name):
    beside, undisturbed = watched[0].of(name).as_data(), alone.of(name).as_data()
    assert beside["points"] == HONEST[name]
    assert beside | {"seconds": 0} == undisturbed | {"seconds": 0}


def rows(out):
    with contextlib.closing(sqlite3.connect(out / "grades.sqlite")) as opened:
        assert opened.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        opened.row_factory = sqlite3.Row
        listed = [dict(row) for row in opened.execute("SELECT * FROM submission")]
        results = sorted(map(tuple, opened.execute("SELECT * FROM result")))
    return {row["student"]: {name: value for name, value in row.items() if name != "cells"} for row in listed}, results


def graded_rows(out, apart):
    """The lines of grades.csv but those of some students."""
    with (out / "grades.csv").open(encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file) if row["student"] not in apart]


def test_the_store_is_whole_and_a_second_run_grades_only_what_was_not_graded(watched):
    graded, _ = watched
    first, results = rows(graded.out)
    apart = {name for name, row in first.items() if row["state"] == NOT_GRADED}  # these are tried again
    table = graded_rows(graded.out, apart)
    again = Graded(graded.folder, graded.out)
    assert again.code == 0
    now, results_now = rows(graded.out)
    assert now.keys() == first.keys()
    assert {name for name in now if now[name] != first[name]} <= apart < now.keys()
    tried_again = {first[name]["id"] for name in apart}
    assert [r for r in results_now if r[0] not in tried_again] == [r for r in results if r[0] not in tried_again]
    assert graded_rows(graded.out, apart) == table


class Tags(html.parser.HTMLParser):
    """Every tag of a page, with its attributes, and what is inside of scripts."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.scripts, self.inside = [], [], ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.inside = tag

    def handle_endtag(self, tag):
        self.inside = ""

    def handle_data(self, data):
        if self.inside == "script":
            self.scripts.append(data)


def test_no_page_holds_a_tag_or_a_script_that_a_student_wrote(watched):
    pages = [watched[0].out / "report.html", *(watched[0].out / "feedback").glob("*.html")]
    own = {"report.html": 1}
    for page in pages:
        text = page.read_text(encoding="utf-8")
        found = Tags(text)
        assert len(found.scripts) == own.get(page.name, 0), page.name
        assert not any("breach" in script for script in found.scripts), page.name
        for tag, attributes in found.tags:
            assert not [name for name in attributes if name.startswith("on")], (page.name, tag, attributes)
            for name in ("src", "href", "action", "formaction", "data", "xlink:href"):
                assert ":" not in (attributes.get(name) or "").split("/")[0], (page.name, tag, attributes)
            assert attributes.get("src") != "x", page.name
        assert "rendered" not in text, page.name
    shown = "".join(page.read_text(encoding="utf-8") for page in pages)
    assert "&lt;script&gt;breach()" in shown  # it is shown, as text


def tables(out):
    found = sorted([*out.glob("*.csv"), *out.glob("*/*.csv")])
    assert len(found) > 2
    return found


@pytest.mark.parametrize("delimiter", [",", ";"])  # what ends a cell depends on the country
def test_no_table_holds_a_formula(watched, delimiter):
    for table in tables(watched[0].out):
        with table.open(encoding="utf-8-sig", newline="") as file:
            for line in csv.reader(file, delimiter=delimiter):
                for cell in line:
                    with contextlib.suppress(ValueError):
                        float(cell)
                        continue
                    assert cell == "-" or not cell.startswith(tuple("=+-@\t\r\n")), (table.name, cell)


def test_nothing_steers_the_terminal(watched):
    assert all(c.isprintable() or c == "\n" for c in watched[0].said)
    assert "files answer no exercise" in watched[0].said


RUN = """
import sys
from lstm_helpers.grading import run
if __name__ == "__main__":
    run.grade(sys.argv[1], sys.argv[2], seed=11, jobs=2)
"""


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_a_run_that_is_killed_leaves_no_process_and_no_temporary_folder(confined, tmp_path, how):
    sleeps = notebook(SIGMOID, "import subprocess\nsubprocess.Popen(['sleep', '47113'])", "import time; time.sleep(60)")
    files = {"ann/03_gates.ipynb": notebook(SIGMOID), "bob/03_gates.ipynb": sleeps, "cat/03_gates.ipynb": sleeps}
    folder, out, temp = lay_out(tmp_path / "class", files), tmp_path / "out", tmp_path / "temp"
    temp.mkdir()
    (tmp_path / "run.py").write_text(RUN)
    given = [sys.executable, tmp_path / "run.py", folder, out]
    options = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "env": os.environ | {"TMPDIR": str(temp)}}
    heeds = {"preexec_fn": lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)}  # tests in the background do not
    with subprocess.Popen(given, **options, **heeds) as running:
        started = set()
        while running.poll() is None and (written(out) < 1 or not any("sleep" in name for _, name in started)):
            with contextlib.suppress(psutil.Error):
                started = {(p.pid, p.name()) for p in psutil.Process(running.pid).children(recursive=True)}
            time.sleep(0.05)
        assert started
        running.send_signal(how)
        running.wait()
    assert running.returncode == -how
    end = time.monotonic() + 10
    while time.monotonic() < end and (any(psutil.pid_exists(pid) for pid, _ in started) or os.listdir(temp)):
        time.sleep(0.05)
    assert [name for pid, name in started if psutil.pid_exists(pid)] == []
    assert os.listdir(temp) == []
