"""The student's own copies of the exercises, in ``work/``: laid out once, then left alone, reset on request."""

import os
from datetime import datetime

from lstm_helpers import course, files


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


def reset(stem):
    """Put a fresh copy of one exercise into work/. Returns (copy, backup); backup may be None.

    Raises FileNotFoundError for an unknown stem, and OSError when it cannot be written: then all is as it was.
    """
    there = {source.stem: (source, copy) for source, copy in exercises()}
    if stem not in there:
        raise FileNotFoundError(f"there is no exercise {stem!r}; there are: {', '.join(sorted(there))}")
    source, copy = there[stem]
    copy.parent.mkdir(parents=True, exist_ok=True)
    backup = None
    with files.staged(copy, source.read_bytes()):
        if os.path.lexists(copy):
            backup = copy.with_name(f"{copy.stem}.{datetime.now():%Y-%m-%d-%H%M%S-%f}.ipynb")
            copy.rename(backup)
    return copy, backup
