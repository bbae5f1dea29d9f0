"""The student's own copies of exercises and lessons, in ``work/``: laid out once, then left alone, reset on request."""

import json
import os
from datetime import datetime
from pathlib import PurePosixPath

from lstm_helpers import course, files, notebook_file
from lstm_helpers.course import copying


def lay_out():
    """Copy each exercise and lesson that has no copy in work/ yet; return the new copies. Old ones stay as they are.

    A copy that breaks off, as a full disk leaves it, holds nobody's work and is made anew. Raises OSError with the
    path (``files.why`` says it in a sentence); then no copy is there in part.
    """
    if not _missing():
        return []
    work = course.root() / "work"
    work.mkdir(exist_ok=True)
    with files.alone(work / ".opening"):  # two first pages at once: the second one finds what the first laid out
        new = _missing()
        for source, copy in new:
            files.write(copy, copying.laid_out(source))
    return [copy for _, copy in new]


def exercises():
    """(exercise, the student's copy) paths of every exercise in the course folder."""
    return _pairs("exercises")


def lessons():
    """(lesson, the student's copy) paths of every lesson and project, of the start page, glossary and primer."""
    return _pairs("notebooks")


def _pairs(folder):
    root = course.root()
    found = (p for p in sorted((root / folder).rglob("*.ipynb")) if ".ipynb_checkpoints" not in p.parts)
    places = [(source, copying.place_of(source.relative_to(root).as_posix())) for source in found]
    return [(source, root / place) for source, place in places if place]


def _missing():
    pairs = [*exercises(), *lessons()]
    return [(source, copy) for source, copy in pairs if not os.path.lexists(copy) or broken_off(source, copy)]


def broken_off(source, copy):
    """Whether a copy is no more than the beginning of what was laid out."""
    if not os.path.isfile(copy):
        return False
    data = copy.read_bytes()
    try:
        json.loads(data)
    except (ValueError, RecursionError):  # a part of a notebook is no JSON
        wholes = copying.laid_out(source), source.read_bytes()  # and as earlier versions of the course laid it out
        return any(len(data) < len(whole) and whole.startswith(data) for whole in wholes)
    return False


def copy_of(given):
    """(source, the student's copy) paths of the exercise, or with lessons/ before it the lesson, that a person means.

    ValueError if there is none, or several.
    """
    path = PurePosixPath(given.replace("\\", "/"))
    if copying.LESSONS in path.parts[-3:-1]:
        there = {source.stem: (source, copy) for source, copy in lessons()}
        return there[course.meant(path.name, there, "lesson")]
    there = {source.stem: (source, copy) for source, copy in exercises()}
    try:
        return there[course.meant(given, there)]
    except ValueError as none:
        raise ValueError(f"{none}. A lesson is named with its folder: {copying.LESSONS}/03_gates") from None


def name_of(copy):
    """What a person calls a copy in a command: 03_gates, or lessons/03_gates."""
    return f"{copying.LESSONS}/{copy.stem}" if copy in [of for _, of in lessons()] else copy.stem


def lesson_beside(copy):
    """What a person calls the lesson of an exercise's copy in a command, or "" where it has none."""
    return next((name_of(of) for _, of in lessons() if of != copy and of.name == copy.name), "")


def outdated():
    """The student's copies of lessons that have changed since they were laid out."""
    return [copy for source, copy in lessons() if copying.outdated(source, copy)]


def damaged():
    """The student's copies that are there and cannot be run as a notebook, as [(copy, why)]."""
    found = []
    for read, pairs in ((notebook_file.code_of, exercises()), (notebook_file.read, lessons())):
        for _, copy in pairs:
            if os.path.lexists(copy):
                try:
                    read(copy)
                except notebook_file.Unreadable as why:
                    found.append((copy, str(why)))
    return found


def copy_at(path):
    """The student's copy of an exercise or lesson that a path leads to, or None."""
    try:
        copies = [copy for _, copy in [*exercises(), *lessons()]]
    except FileNotFoundError:  # no course folder
        return None
    return next((copy for copy in copies if os.path.realpath(copy) == os.path.realpath(path)), None)


def remedy(path):
    """What to do about a file that is damaged, if it is a student's copy, else ""."""
    found = copy_at(path)
    return f"`lstm-course reset {name_of(found)}` gives you a fresh one and keeps the old" if found else ""


def reset(given):
    """Put a fresh copy of one exercise or lesson into work/. Returns (copy, backup).

    backup is None if nothing was written in the old one and no run has left outputs there. Raises ValueError for what
    is neither, and OSError when it cannot be written: then all is as it was.
    """
    source, copy = copy_of(given)
    copy.parent.mkdir(parents=True, exist_ok=True)
    backup = None
    fresh = copying.laid_out(source)
    with files.staged(copy, fresh):
        if os.path.lexists(copy) and not _untouched(fresh, copy):
            backup = copy.with_name(f"{copy.stem}.{datetime.now():%Y-%m-%d-%H%M%S-%f}.ipynb")
            copy.rename(backup)
    return copy, backup


def _untouched(fresh, copy):
    """Whether a copy holds nothing but what was handed out: saved, perhaps, but neither words nor outputs are new."""
    if os.path.islink(copy):  # what it leads to is not ours to leave behind
        return False
    try:
        held = _held(copy.read_bytes())
    except OSError:
        return False
    return held is not None and held == _held(fresh)


def _held(data):
    """What a person writes in a notebook and what a run leaves there, cell by cell; None if it is none."""
    try:
        cells = json.loads(data)["cells"]
        return [
            (cell["cell_type"], "".join(cell["source"]), cell.get("attachments"), cell.get("outputs")) for cell in cells
        ]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
