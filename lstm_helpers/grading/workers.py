"""One submission in a worker's process: a worker reads no file and knows no store."""

import functools
import hashlib
import multiprocessing
import multiprocessing.connection
import multiprocessing.util
import os
import re
import signal
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path

from lstm_helpers import checks, variants
from lstm_helpers.grading import class_variant, hidden, score
from lstm_helpers.grading.box import sandbox
from lstm_helpers.grading.box.host import Limits
from lstm_helpers.grading.gradebook import versions
from lstm_helpers.grading.gradebook.grade import BROKEN, Grade
from lstm_helpers.grading.gradebook.store import Key
from lstm_helpers.grading.submissions import reading

LISTED = 8  # cells that are named in one note
UNREAD = ("SyntaxError", "IndentationError", "TabError")
SLIP = 120  # characters of what Python says of one


@dataclass
class Task:
    """One submission as a worker gets it: a worker reads no file and knows no store."""

    data: bytes
    student: str
    exercise: str
    key: Key
    limits: Limits
    graded: frozenset = frozenset()  # hashes of this student's code that need no grading
    checks: frozenset = frozenset()  # names of the checks that are asked for; none: all of the sheet
    own_sheets: str = ""
    variant: int | None = None
    hidden: dict = field(default_factory=dict)  # {exercise: text} in place of the course's own
    unsafe: bool = False


@dataclass
class Outcome:
    """What a worker sends back. ``grade`` is None when the code is graded already."""

    code: str
    content: str
    grade: Grade | None
    cells: list = field(default_factory=list)
    remarks: list = field(default_factory=list)  # made while its file was read


_ONE_AT_A_TIME = threading.Lock()  # a Dask worker may have several threads; judging captures a whole process's output


def grade_one(task):
    """Grade one submission in this process, which keeps its boxes' zygotes for the next."""
    with _ONE_AT_A_TIME:
        sheets = sheets_of(task.own_sheets, task.variant)
        hidden.use(sheets, task.hidden)
        sheet = sheets[task.exercise]
        if _version(sheet, task.limits, str(task.hidden)) != task.key.version:
            raise RuntimeError("this machine has another version of the course: install the same one everywhere")
        if task.checks:
            sheet = sheet.with_checks(check for check in sheet.checks.values() if check.name in task.checks)
        content = hashlib.sha256(task.data).hexdigest()
        try:
            notebook = reading.parse(task.data)
        except reading.Unreadable as why:
            return unreadable_outcome(task.student, sheet, str(why), content)
        code = reading.content_of(notebook.cells)
        remarks = [*notebook.remarks, *class_variant.remarks(notebook.cells, task.exercise, task.variant)]
        if code in task.graded:
            return Outcome(code, content, None, remarks=remarks)
        boxes = _boxes(task.unsafe)
        if (name := boxes.confinement(sheet.profile).name) != task.key.confined_by:
            raise RuntimeError(f"this machine confines code by {name}, not by {task.key.confined_by}")
        grade = score.grade_notebook(notebook.cells, task.student, sheet, boxes, task.key.seed, task.limits)
        grade.content = content
        grade.note = "; ".join(filter(None, [grade.note, _syntax_note(grade.failures, notebook.python)]))
        return Outcome(code, content, grade, notebook.cells, remarks)


@functools.lru_cache(maxsize=32)
def _version(sheet, limits, hidden):
    """The version of a Sheet, worked out once for a class; ``hidden``: what counts in place of its hidden text."""
    return versions.version_of(sheet, limits)


def _syntax_note(failures, theirs):
    """What to say of cells that are no Python to the version that graded them; ``theirs`` is the notebook's.

    Only where that is a newer one can it be the version and no slip: what a newer Python alone reads cannot be told.
    """
    cells = [(number, text) for number, kind, text in failures if kind in UNREAD]
    if not cells:
        return ""
    where = "; ".join(f"code cell {number} ({text[:SLIP]})" for number, text in cells[:LISTED])
    more = f" and {len(cells) - LISTED} more" if len(cells) > LISTED else ""
    note = f"syntax error{'s' if len(cells) > 1 else ''} in {where}{more}"
    newer = re.match(r"(\d+)\.(\d+)", theirs)
    if not newer or tuple(map(int, newer.groups())) <= sys.version_info[:2]:
        return note
    ours = ".".join(map(str, sys.version_info[:2]))
    return f"{note}. Python {ours} graded it, and the notebook names Python {theirs}: a slip, or newer grammar"


def unreadable_outcome(student, sheet, why, content):
    """The Outcome of a file that holds no notebook."""
    grade = Grade(student, sheet.exercise, BROKEN, why, of=sheet.points, content=content)
    return Outcome(f"unreadable {content}", content, grade)


@functools.cache
def sheets_of(folder, variant=None):
    """{exercise: Sheet} of the course, or of a ``variant`` of it, and of a ``folder`` of an instructor's own, if one is
    given."""
    if folder:
        checks.load_sheets(Path(folder))
    return checks.sheets() if variant is None else variants.sheets(variant)


_opened = []  # the Boxes of this process


@functools.cache
def _boxes(unsafe):
    boxes = sandbox.Boxes(unsafe=unsafe).__enter__()
    _opened.append(boxes)
    multiprocessing.util.Finalize(None, boxes.__exit__, (None, None, None), exitpriority=10)
    return boxes


def confinement(unsafe, profile):
    """What confines code on the machine that this runs on. Raises sandbox.Refused when nothing does.

    What boxes of this profile are forked from is there from then on.
    """
    return _boxes(unsafe).confinement(profile)


def start():
    """A worker leaves Ctrl-C to the run, and ends when the run is killed."""

    leaving = threading.Lock()

    def leave(*_):
        if leaving.acquire(blocking=False):  # SIGTERM may come twice, and the end of the run with it
            for boxes in _opened:
                boxes.abandon()  # their folders would stay
            os._exit(1)

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])  # which was held while this process began
    signal.signal(signal.SIGTERM, leave)
    run = multiprocessing.parent_process()

    def leave_with_the_run():
        multiprocessing.connection.wait([run.sentinel])
        leave()  # zygotes and boxes end with the process that started them

    threading.Thread(target=leave_with_the_run, daemon=True).start()
