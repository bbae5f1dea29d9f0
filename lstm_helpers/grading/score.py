"""One notebook, one grade: read it, run it in a box, probe it with fresh cases, judge what came back."""

import functools
import inspect
import time
import warnings
from dataclasses import asdict, dataclass, field

import nbformat

from lstm_helpers import checks
from lstm_helpers.checks import judge
from lstm_helpers.grading.box import Box, BoxDied, Limits

GRADED, MISSING, BROKEN, TIMED_OUT, NOT_GRADED = "graded", "missing", "not readable", "out of time", "not graded"
LARGEST_NOTEBOOK = 20 << 20  # bytes


@dataclass
class Grade:
    """What one submission earned. ``points`` is None when it was not graded: that is not 0."""

    student: str
    exercise: str
    state: str
    note: str = ""
    points: float | None = None
    of: float = 0
    seconds: float = 0.0
    results: list = field(default_factory=list)  # one judge.Result for each check
    failures: list = field(default_factory=list)  # (cell number, error class, text) of cells that failed

    def as_data(self):
        """Plain JSON data."""
        return asdict(self)


class Unreadable(Exception):
    """This file is no notebook; the text says why."""


def code_cells(path):
    """The sources of a notebook's code cells, in order. Unreadable if the file is no notebook."""
    try:
        if path.stat().st_size > LARGEST_NOTEBOOK:
            raise Unreadable(f"larger than {LARGEST_NOTEBOOK >> 20} MB")
        text = path.read_bytes().decode("utf-8-sig")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # missing cell ids and the like are no reason not to grade
            notebook = nbformat.reads(text, as_version=4)
        return [str(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]
    except FileNotFoundError:
        raise
    except UnicodeDecodeError as error:
        raise Unreadable(f"not UTF-8 text: byte {error.start} cannot be read") from None
    except OSError as error:
        raise Unreadable(error.strerror or str(error)) from None
    except (nbformat.reader.NotJSONError, nbformat.ValidationError) as error:
        raise Unreadable("an empty file" if not text.strip() else f"no notebook: {str(error)[:80]}") from None
    except (KeyError, TypeError, AttributeError, ValueError, RecursionError) as error:
        raise Unreadable(f"no notebook: {type(error).__name__} while reading it") from None


class _Session:
    """Boxes that run the same cells. A cell that kills its box is left out in the next."""

    def __init__(self, cells, staged, profile, limits):
        self.cells, self.staged, self.profile, self.limits = cells, staged, profile, limits
        self.deadline = time.monotonic() + limits.notebook
        self.failures = {}  # cell number, counted from 1 -> (error class, text)
        self.deadly = set()

    def fresh_box(self):
        """A box in which every cell has run but the deadly ones. BoxDied when the notebook's time is over."""
        while True:
            box = Box(self.staged, self.profile, self.limits)
            try:
                if self._run_all(box):
                    return box
            except BaseException:
                box.close()
                raise
            box.close()

    def _run_all(self, box):
        for number, source in enumerate(self.cells, 1):
            if time.monotonic() > self.deadline:
                raise BoxDied(f"the notebook took more than {self.limits.notebook:g} seconds")
            if number in self.deadly:
                continue
            try:
                error = box.run(source)
            except BoxDied as death:
                self.failures[number] = ("BoxDied", f"this cell ended the program: {death}; it was left out")
                self.deadly.add(number)
                return False
            if error is not None:
                self.failures[number] = error
        return True


def grade_notebook(path, student, sheet, staged, seed, limits=None):
    """Grade one submission file. Never raises for anything the file holds or its code does.

    path: the notebook; sheet: the Sheet it answers; staged: the folder of ``box.stage`` for the sheet's profile;
    seed: of the cases; limits: seconds.
    """
    start = time.monotonic()
    grade = Grade(student, sheet.exercise, GRADED, of=sheet.points)
    try:
        cells = code_cells(path)
        session = _Session(cells, staged, sheet.profile, limits or Limits())
        try:
            grade.results = _score(session, sheet, seed)
        finally:
            grade.failures = [(number, *what) for number, what in sorted(session.failures.items())]
        grade.points = sum(result.points for result in grade.results)
    except FileNotFoundError:
        grade.state, grade.note = MISSING, f"there is no {path.name}"
    except Unreadable as why:
        grade.state, grade.note = BROKEN, str(why)
    except BoxDied as why:
        grade.state, grade.note = TIMED_OUT, str(why)
    grade.seconds = round(time.monotonic() - start, 2)
    return grade


def _score(session, sheet, seed):
    results = _look(session, sheet.checks.values(), seed)
    # Error carried forward. References enter another box, when the functions they replace have been scored.
    again = {}
    for check in sheet.checks.values():
        failed = results[check.name].state in (judge.ERROR, judge.WRONG)
        if failed and (faulty := tuple(name for name in check.uses if not results[name].right)):
            again.setdefault(faulty, []).append(check)
    for faulty, failed in again.items():
        for name, result in _look(session, failed, seed, faulty).items():
            results[name] = checks.with_references(result, faulty)
    return list(results.values())


def _look(session, asked, seed, faulty=()):
    """{check name: Result} of some checks in a fresh box, references in the place of the functions in ``faulty``."""
    source = reference_source([checks.find(name).oracle for name in faulty])
    results, box = {}, None
    try:
        for check in asked:
            if box is None:
                box = session.fresh_box()
                if faulty:
                    box.stand_in(faulty, source)
            results[check.name] = judge.look(check, seed, functools.partial(box.see, check))
            if not box.alive:
                box.close()
                box = None
    finally:
        if box is not None:
            box.close()
    return results


def reference_source(oracles):
    """The source of these functions and of what they call, and no more: the answers to other checks stay out."""
    needed, waiting = {}, list(oracles)
    while waiting:
        fn = waiting.pop()
        if fn.__name__ not in needed:
            needed[fn.__name__] = inspect.getsource(fn)
            called = (fn.__globals__.get(name) for name in fn.__code__.co_names)
            waiting += [other for other in called if inspect.isfunction(other)]
    return "import numpy as np\n\n\n" + "\n\n".join(needed.values())
