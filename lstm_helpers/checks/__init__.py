"""Checks: ``check("sigmoid", sigmoid)`` is all that a student's cell says.

A check looks at a function with many inputs, compares with the right answer, and says what is wrong and why. The
answers to one's own notebook are remembered in one local file (``lstm_helpers.course.progress``).
"""

import contextlib
import dataclasses
import difflib
import functools
import importlib
import os

import numpy as np

from lstm_helpers import course, wording
from lstm_helpers.checks import inspection, judge, notebook, own_sheets, probe
from lstm_helpers.checks.judge import Result
from lstm_helpers.course import progress
from lstm_helpers.live import in_a_notebook

SEED = 0  # in a notebook the cases stay the same from one attempt to the next; the grader draws fresh ones


class CheckFailed(Exception):
    """Raised under LSTM_COURSE_STRICT=1 (nbval, `lstm-course check`) for a check that is not fully right."""

    def _render_traceback_(self):
        return [f"CheckFailed: {self}"]


class CarriedForward(CheckFailed):
    """The same for an answer that is right itself, where an earlier one that it calls is not."""


LESSONS = {lesson.stem: lesson.home for lesson in (*course.LESSONS, *course.PROJECTS) if lesson.has_sheet}


@functools.cache
def sheets():
    """Every sheet by the stem of its exercise: the course's in the order of lessons and projects, then loaded ones."""
    modules = [importlib.import_module(f"lstm_helpers.{home}.sheet") for home in LESSONS.values()]
    return {module.sheet.exercise: module.sheet for module in modules}


def load_sheets(folder):
    """Add the sheets of an instructor's own folder to ``sheets()``; the same folder again changes nothing.

    Raises NotADirectoryError, or ValueError with the file and what to do.
    """
    for sheet in own_sheets.read(folder):
        if sheets().setdefault(sheet.exercise, sheet) is not sheet:
            raise ValueError(f"{folder}: there is an exercise {sheet.exercise!r} already: give yours another name")


@functools.cache
def _load_own_sheets():
    """In a notebook: the sheets of the folder that LSTM_COURSE_SHEETS names, else of sheets/ in the course folder.

    The grader never looks there, since a student could have put it there: it loads what --sheets names.
    """
    if given := course.named("LSTM_COURSE_SHEETS"):
        try:
            load_sheets(given)
        except (NotADirectoryError, ValueError) as trouble:
            raise ValueError(f"{trouble}{course.as_named('LSTM_COURSE_SHEETS')}") from None
        return
    with contextlib.suppress(FileNotFoundError):  # no course folder, so none in it
        beside = course.root() / "sheets"
        if beside.is_dir():
            load_sheets(beside)


def find(name, exercise=""):
    """The check of that name: "sigmoid", or "03_gates/sigmoid" where several exercises ask for a sigmoid.

    exercise: whose check it is if there are several. One that is called otherwise now is found by its old name, too.
    KeyError with what to write if there is none, or no telling which.
    """
    within, _, plain = str(name).rpartition("/")
    if within and within not in sheets():
        raise KeyError(f"there is no exercise {within!r}{_near(within, sheets())}")
    asked = {e: sheet.checks for e, sheet in sheets().items() if not within or e == within}
    fits = {e: of_sheet[plain] for e, of_sheet in asked.items() if plain in of_sheet}
    if not fits and (retired := course.RETIRED.get(plain)):
        if not retired.same:
            raise KeyError(retired.line(plain))
        return find(f"{within}/{retired.successor}".removeprefix("/"), exercise)
    if not fits:
        there = {other for of_sheet in asked.values() for other in of_sheet}
        raise KeyError(f"there is no check named {name!r}{_near(plain, there)}")
    if len(fits) > 1 and exercise not in fits:
        ways = " or ".join(f'check("{e}/{plain}", {plain})' for e in fits)
        raise KeyError(
            f"several exercises ask for {plain!r}, and which one this notebook is cannot be told: write {ways}"
        )
    return fits[exercise if exercise in fits else next(iter(fits))]


def _near(name, names):
    near = difflib.get_close_matches(str(name), names, 1)
    return f": did you mean {near[0]!r}?" if near else ""


before_answers = []  # functions of an exercise, called before an answer to it is looked at: their time is not its own
_under_way = []


def under_way():
    """(its exercise, the names of its notebook) of the answer that runs just now; None where none is looked at."""
    return _under_way[-1] if _under_way else None


@np.errstate(all="ignore")  # what a notebook set by np.seterr(all="raise") is not for our own arithmetic
def examine(check, obj, seed=SEED):
    """Run one check on an object in this process and return its Result; earlier faults are not held against it."""

    for prepare in before_answers:
        prepare(check.sheet.exercise)

    def see(cases):
        _under_way.append((check.sheet.exercise, inspection.namespace(obj)))
        try:
            return list(probe.watch_all(obj, cases, check.probe, check.returns, processor=check.processor))
        finally:
            _under_way.pop()

    result = judge.judge(check, seed, see)
    if result.failed and (faulty := _faulty_helpers(check, obj, seed)):
        with probe.standing_in(obj, {name: check.sheet.checks[name].oracle for name in faulty}):
            again = judge.judge(check, seed, see)
        return with_references(result, again, [name for name, itself in faulty.items() if itself])
    return result


def _faulty_helpers(check, obj, seed):
    """The earlier functions that this one may call and that are not right, or not there.

    {name: whether the fault is its own}: one that is right but for those it calls is replaced, and not named.
    """
    space, earlier, faulty = inspection.namespace(obj), check.sheet.checks, {}
    for name in check.uses:
        if name in space:
            helper = examine(earlier[name], space[name], seed)
            if not helper.right:
                faulty[name] = helper.state != judge.CORRECT
        else:  # it may be called by way of another function
            faulty[name] = True
    return faulty


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
        again.lines.insert(0, f"With a correct {names} in place of yours:")
    return again


def remembered_as(check):
    """A check's name in the file of progress: plain for the course's own, with its exercise for an instructor's."""
    exercise = check.sheet.exercise
    return check.name if exercise in LESSONS else f"{exercise}/{check.name}"


def check(name, obj):
    """Check one answer: prints one plain line, returns the feedback, remembers the points. Never raises in a notebook.

    Outside of notebooks, where the feedback is not shown by itself, it prints that, too.
    name: the check's name, as the exercise gives it; obj: your function (its name, no brackets), or your numbers.
    Of a wrong answer, ``case`` of what is returned holds the inputs that were first seen to fail, to play with.
    """
    return _check(name, obj)


def variant(seed):
    """The ``check`` of an exercise that a class has of its own (``lstm-course variant``); seed: as that exercise says.

    Whoever grades goes by the number that the class was given, whatever is written here.
    """
    if not isinstance(seed, int) or seed < 0:
        raise ValueError(f"variant({seed!r}): expected the whole number that this exercise was handed out with")
    # By its name, as lessons are found by theirs: variants stand above the checks that they turn.
    variants = importlib.import_module("lstm_helpers.variants")

    def check(name, obj):
        return _check(name, obj, lambda asked: variants.sheet(asked.sheet.exercise, seed).checks[asked.name])

    check.__doc__ = globals()["check"].__doc__
    return check


def _check(name, obj, turned=lambda asked: asked):
    try:
        _load_own_sheets()
        asked = turned(find(name, notebook.exercise(sheets())))
    except (KeyError, FileNotFoundError, NotADirectoryError, ValueError) as trouble:
        result = Result(str(name), judge.NOT_ATTEMPTED, 0, 0, [trouble.args[0]])
    else:
        result = examine(asked, obj)
        if (called := str(name).rpartition("/")[2]) != asked.name:  # an older copy of the exercise asks
            result.lines.append(course.RETIRED[called].line(called))
        if trouble := progress.remember(dataclasses.replace(result, check=remembered_as(asked))):
            result.lines.append(trouble)
    if result.case:
        call = f'`case = check("{name}", {asked.name}).case`, then `{asked.name}(**case)`'
        result.lines.append(f"The failing input, to play with: {call}")
    result.lines = [wording.here(line) for line in result.lines]
    print(result.line if not result.carried else f"{result.line}, carried forward from {', '.join(result.carried)}")
    if os.environ.get("LSTM_COURSE_STRICT") and not result.right:
        raise (CarriedForward if result.state == judge.CORRECT else CheckFailed)(result.text)
    if result.lines and not in_a_notebook():  # nobody sees its HTML
        print(*result.lines, sep="\n")
    return result
