"""Feedback pages: one a student, self-contained HTML, printable, with every piece of student text escaped."""

import functools
import itertools
import re
from operator import attrgetter

from lstm_helpers import checks
from lstm_helpers.checks import judge

LONGEST = 80  # characters of a file name


@functools.cache
def environment():
    """The templates: whatever a student wrote is escaped."""
    from jinja2 import Environment, PackageLoader

    templates = Environment(loader=PackageLoader("lstm_helpers.grading", "."), autoescape=True, trim_blocks=True)
    templates.filters["code"] = judge.inline_code
    return templates


def file_names(students):
    """{student: file name of the page}: names that every system takes, no two of them alike."""
    names, taken = {}, set()
    for student in students:
        stem = re.sub(r"[^\w.@ -]", "_", student).strip(" .")[:LONGEST] or "student"
        name = next(n for k in itertools.count(1) if (n := stem if k == 1 else f"{stem} ({k})").casefold() not in taken)
        taken.add(name.casefold())  # Windows and macOS tell A.html from a.html no better
        names[student] = f"{name}.html"
    return names


def write(book, folder):
    """Write ``folder/<student>.html`` for everybody in the book, all exercises on one page; older pages are removed."""
    page = environment().get_template("feedback.html.jinja")
    folder.mkdir(parents=True, exist_ok=True)
    names = file_names(book.people)
    common = {
        "sheets": checks.sheets(),
        "badge": judge.BADGE,
        "when": f"{book.when:%d %B %Y, %H:%M}",
        "held": book.held,
    }
    for student, grades in itertools.groupby(book.grades, attrgetter("student")):
        shown = page.render(name=book.people[student].shown, grades=list(grades), **common)
        (folder / names[student]).write_text(shown, encoding="utf-8")
    for old in set(folder.glob("*.html")) - {folder / name for name in names.values()}:
        old.unlink()
