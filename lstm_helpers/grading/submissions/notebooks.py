"""The code of a notebook: its hash, the names that it defines, and the exercise that it answers."""

import hashlib
import json
import re
from pathlib import PurePosixPath

from lstm_helpers import course

STUB = re.compile(r"^[ \t]*\.\.\.[ \t]*$|[:=][ \t]*\.\.\.", re.MULTILINE)
# \s in place of [ \t] would try each empty line
DEFINED = re.compile(r"^[ \t]*(?:async[ \t]+)?(?:def|class)[ \t]+(\w+)|^(\w+)[ \t]*=(?!=)", re.MULTILINE)
SHOWN = 1  # pieces of its exercise that a lesson defines itself, at most
ASKED = re.compile(r"\bcheck\(\s*(?:name\s*=\s*)?[\"'](?:([\w .-]+)/)?(\w+)[\"']")


def names_of(sheet):
    """What the checks of a sheet are called, or were called once."""
    return course.todays(sheet.exercise, sheet.checks).keys()


def definitions(code):
    return {either for both in DEFINED.findall(code) for either in both if either}


def _squeezed(text):
    return re.sub(r"[\W_]+", "", text.lower())


def by_name(stem, sheets):
    """The one exercise whose name, or whose name without its number, is in the file's name; the longest name wins."""
    wanted = _squeezed(stem)
    fits = {}
    for exercise in sheets:
        last = PurePosixPath(exercise).name
        topic = re.sub(r"^\d+[_-]", "", last)
        for name in (_squeezed(last), _squeezed(topic)):
            if name and name in wanted:
                fits[exercise] = max(len(name), fits.get(exercise, 0))
    best = [e for e, length in fits.items() if length == max(fits.values())]
    return best[0] if len(best) == 1 else None


def by_code(notebook, sheets):
    """The exercise that most of the checks asked in the cells belong to; where none is asked, of the definitions."""
    code = "\n".join(notebook.cells)
    checked = {(of, name) for of, name in ASKED.findall(code)}
    checked |= {("", name) for name in notebook.grade_ids}
    defined = {("", name) for name in definitions(code)}
    for named in (checked, defined):
        votes = {
            exercise: len({name for of, name in named if of in ("", exercise)} & names_of(sheet))
            for exercise, sheet in sheets.items()
        }
        most = max(votes.values(), default=0)
        if most and list(votes.values()).count(most) == 1:
            return max(votes, key=votes.get)
    return None


def written(notebook, sheet):
    """How many definitions of what the checks of a Sheet ask for hold more than a stub."""
    names = names_of(sheet)
    return sum(max(0, len(definitions(cell) & names) - len(STUB.findall(cell))) for cell in notebook.cells)


def of_lesson(label, notebook):
    """Whether a file is a student's copy of a lesson in which no check is asked.

    It says so itself, or lies in the folder lessons/, where programs that drop what it says leave it.
    """
    folders = PurePosixPath(label).parts[-3:-1]
    told = notebook.lesson or "lessons" in folders[-1:] or folders == ("lessons", "projects")
    return bool(told) and not any(ASKED.search(cell) for cell in notebook.cells) and not notebook.grade_ids


def is_lesson(label, notebook, sheet):
    """Whether a file is a copy of a lesson and no answer to its exercise: nobody has written into it what the exercise,
    a Sheet or None, asks for. The lesson itself shows one such piece at most."""
    return of_lesson(label, notebook) and (sheet is None or written(notebook, sheet) <= SHOWN)


def content_of(cells):
    """The hash of a notebook's code, the same for a file that was saved again or lost its outputs."""
    return hashlib.sha256(json.dumps(cells).encode()).hexdigest()


def defines(*names):
    """A pattern that is found in the source of a cell that defines one of the names."""
    name = f"(?:{'|'.join(map(re.escape, names))})"
    return re.compile(rf"^[ \t]*(?:async[ \t]+)?(?:def|class)[ \t]+{name}\b|^{name}[ \t]*=(?!=)", re.MULTILINE)
