"""The student's own copies of the exercises, in ``work/``: laid out once, then left alone, reset on request."""

import json
import os
from datetime import datetime

from lstm_helpers import course, files, notebook_file


def open_exercises():
    """Copy each exercise that has no copy in work/ yet; return the new copies. Old ones stay as they are.

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
            files.write(copy, source.read_bytes())
    return [copy for _, copy in new]


def exercises():
    """(exercise, the student's copy) paths of every exercise in the course folder."""
    root = course.root()
    found = (p for p in sorted((root / "exercises").rglob("*.ipynb")) if ".ipynb_checkpoints" not in p.parts)
    return [(source, root / "work" / source.relative_to(root / "exercises")) for source in found]


def _missing():
    return [(source, copy) for source, copy in exercises() if not os.path.lexists(copy) or broken_off(source, copy)]


def broken_off(source, copy):
    """Whether a copy is no more than the beginning of its exercise."""
    if not os.path.isfile(copy) or copy.stat().st_size >= source.stat().st_size:
        return False
    return source.read_bytes().startswith(copy.read_bytes())


def copy_of(given):
    """(exercise, the student's copy) paths of the exercise that a person means; ValueError if there is none."""
    there = {source.stem: (source, copy) for source, copy in exercises()}
    return there[course.meant(given, there)]


def damaged():
    """The student's copies that are there and cannot be run as a notebook, as [(copy, why)]."""
    found = []
    for _, copy in exercises():
        if os.path.lexists(copy):
            try:
                notebook_file.code_of(copy)
            except notebook_file.Unreadable as why:
                found.append((copy, str(why)))
    return found


def remedy(path):
    """What to do about a file that is damaged, if it is the student's copy of an exercise, else ""."""
    try:
        copies = [copy for _, copy in exercises()]
    except FileNotFoundError:  # no course folder
        return ""
    stem = next((copy.stem for copy in copies if os.path.realpath(copy) == os.path.realpath(path)), "")
    return f"`lstm-course reset {stem}` gives you a fresh one and keeps the old" if stem else ""


def reset(given):
    """Put a fresh copy of one exercise into work/. Returns (copy, backup); backup is None if nothing of it was changed.

    Raises ValueError for what is no exercise, and OSError when it cannot be written: then all is as it was.
    """
    source, copy = copy_of(given)
    copy.parent.mkdir(parents=True, exist_ok=True)
    backup = None
    with files.staged(copy, source.read_bytes()):
        if os.path.lexists(copy) and not _untouched(source, copy):
            backup = copy.with_name(f"{copy.stem}.{datetime.now():%Y-%m-%d-%H%M%S-%f}.ipynb")
            copy.rename(backup)
    return copy, backup


def _untouched(source, copy):
    """Whether a copy holds nothing but what was handed out: run and saved, perhaps, but nothing was written in it."""
    if os.path.islink(copy):  # what it leads to is not ours to leave behind
        return False
    written = _written(copy)
    return written is not None and written == _written(source)


def _written(path):
    """What a person can write in a notebook, cell by cell; None if it cannot be read."""
    try:
        cells = json.loads(path.read_bytes())["cells"]
        return [(cell["cell_type"], "".join(cell["source"]), cell.get("attachments")) for cell in cells]
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
