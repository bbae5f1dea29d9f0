"""Checks: ``check("forget_gate", forget_gate)`` is all that a student's cell says.

A check looks at a function with many inputs, compares with the right answer, and says what is wrong and why. The
answers to one's own notebook are remembered in one local file (``lstm_helpers.progress``).
"""

import contextlib
import difflib
import functools
import importlib
import os

from lstm_helpers import course, progress
from lstm_helpers.checks import judge, own, probe
from lstm_helpers.checks.judge import Result

SEED = 0  # in a notebook the cases stay the same from one attempt to the next; the grader draws fresh ones


class CheckFailed(Exception):
    """Raised under LSTM_COURSE_STRICT=1 (nbval, `lstm-course check`) for a check that is not fully right."""

    def _render_traceback_(self):
        return [f"CheckFailed: {self}"]


@functools.cache
def sheets():
    """Every sheet by the stem of its exercise: the course's in the order of lessons and projects, then loaded ones."""
    written = [lesson.sheet for lesson in (*course.LESSONS, *course.PROJECTS) if lesson.sheet]
    modules = [importlib.import_module(f"{__name__}.{sheet}") for sheet in written]
    return {module.sheet.exercise: module.sheet for module in modules}


def load_sheets(folder):
    """Add the sheets of an instructor's own folder to ``sheets()``; the same folder again changes nothing.

    Raises NotADirectoryError, or ValueError with the file and what to do.
    """
    for sheet in own.read(folder):
        if (there := sheets().get(sheet.exercise)) is sheet:
            continue
        if there:
            raise ValueError(f"{folder}: there is an exercise {sheet.exercise!r} already: give yours another name")
        if taken := [name for other in sheets().values() for name in sheet.checks if name in other.checks]:
            raise ValueError(f"{folder}: there is a check {taken[0]!r} already: give yours another name")
        sheets()[sheet.exercise] = sheet


@functools.cache
def _load_own_sheets():
    """In a notebook: the sheets of the folder that LSTM_COURSE_SHEETS names, else of sheets/ in the course folder.

    The grader never looks there, since a student could have put it there: it loads what --sheets names.
    """
    if given := course.named("LSTM_COURSE_SHEETS"):
        load_sheets(given)
        return
    with contextlib.suppress(FileNotFoundError):  # no course folder, so none in it
        beside = course.root() / "sheets"
        if beside.is_dir():
            load_sheets(beside)


def find(name):
    """The check of that name, or the one that it is called now. KeyError with where it went, or the nearest name."""
    name, every = str(name), {check.name: check for sheet in sheets().values() for check in sheet.checks.values()}
    if name not in every and (retired := course.RETIRED.get(name)):
        if not retired.same:
            raise KeyError(retired.line(name))
        name = retired.successor
    if name not in every:
        near = difflib.get_close_matches(name, every, 1)
        raise KeyError(f"there is no check named {name!r}" + (f": did you mean {near[0]!r}?" if near else ""))
    return every[name]


def examine(check, obj, seed=SEED):
    """Run one check on an object in this process and return its Result; earlier faults are not held against it."""

    def see(cases):
        return list(probe.watch_all(obj, cases, check.probe, check.returns))

    result = judge.look(check, seed, see)
    if result.failed and (faulty := _faulty_helpers(check, obj, seed)):
        with probe.standing_in(obj, {name: find(name).oracle for name in faulty}):
            return with_references(result, judge.look(check, seed, see), faulty)
    return result


def _faulty_helpers(check, obj, seed):
    """Which of the earlier functions that this one may call are not there, or not right themselves."""
    space = probe.namespace(obj)
    if not space:
        return []  # nothing can stand in where an object has no names of its own to look up
    return [name for name in check.uses if name not in space or not examine(find(name), space[name], seed).right]


def with_references(first, again, faulty):
    """The Result of a second look, in which references stood in for the earlier functions in ``faulty``.

    Right now: the points are earned, error carried forward. Wrong still: what is said is this function's own fault; and
    where nothing has changed, it calls none of them.
    """
    if again.state != judge.CORRECT and again.lines == first.lines:
        return first
    names = ", ".join(faulty)
    if again.state == judge.CORRECT:
        again.carried = list(faulty)
        again.lines = [
            f"This function itself is right: these points are yours. Not right yet before it: {names}. Repair that."
        ]
    else:
        again.lines.insert(0, f"With a right {names} in the place of yours:")
    return again


def check(name, obj):
    """Check one answer: prints one plain line, returns the feedback, remembers the points. Never raises in a notebook.

    name: the check's name, as the exercise gives it; obj: your function (its name, no brackets), or your numbers.
    """
    try:
        _load_own_sheets()
        asked = find(name)
    except (KeyError, FileNotFoundError, NotADirectoryError, ValueError) as trouble:
        result = Result(str(name), judge.NOT_ATTEMPTED, 0, 0, [trouble.args[0]])
    else:
        result = examine(asked, obj)
        if asked.name != name:  # an older copy of the exercise asks
            result.lines.append(course.RETIRED[name].line(name))
        if trouble := progress.remember(result):
            result.lines.append(trouble)
    print(result.line if not result.carried else f"{result.line}, carried forward from {', '.join(result.carried)}")
    if os.environ.get("LSTM_COURSE_STRICT") and not result.right:
        raise CheckFailed(result.text)
    return result
