"""Feedback pages: one a student, self-contained HTML, printable, with every piece of student text escaped."""

import re

from lstm_helpers import checks
from lstm_helpers.checks import judge


def file_name(student):
    """A file name for a student's page that every system takes; the name itself stands on the page."""
    return (re.sub(r"[^\w.@ -]", "_", student).strip(" .") or "student") + ".html"


def write(grades, folder, when):
    """Write ``folder/<student>.html`` for every student among the grades (score.Grade), all exercises on one page."""
    from jinja2 import Environment, PackageLoader

    environment = Environment(loader=PackageLoader("lstm_helpers.grading", "."), autoescape=True, trim_blocks=True)
    environment.filters["code"] = judge.inline_code
    page = environment.get_template("feedback.html.jinja")
    folder.mkdir(parents=True, exist_ok=True)
    for student in dict.fromkeys(grade.student for grade in grades):
        own = [grade for grade in grades if grade.student == student]
        shown = page.render(
            student=student, grades=own, sheets=checks.sheets(), badge=judge.BADGE, when=f"{when:%d %B %Y, %H:%M}"
        )
        (folder / file_name(student)).write_text(shown, encoding="utf-8")
