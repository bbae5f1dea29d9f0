"""Who moved in a regrading: ``regrade.csv`` and ``regrade.html``."""

import itertools

from lstm_helpers import files, pages
from lstm_helpers.grading.gradebook import tables
from lstm_helpers.grading.pages import feedback

STEP = "with weights and points by hand, before lateness"  # the step of the sum that is shown of a regraded check
SHARE = "points of before stand as the same part of the new maximum"


def write(book, out):
    """Write ``regrade.csv`` and ``regrade.html`` of a Book in which a check was looked at again; else remove them."""
    table_path, page_path = out / "regrade.csv", out / "regrade.html"
    table_path.unlink(missing_ok=True)
    page_path.unlink(missing_ok=True)
    if not book.regraded:
        return
    columns = ("before", "it_gives_now", "counts", "moves_by", "by_hand")
    rows = [["student", "name", "exercise", "check", *columns, "step"]]
    for m in book.regraded:
        points = [f"{value:g}" for value in (m.before, m.gave, m.after, m.by)]
        about = [tables.cell(m.student), tables.cell(book.people[m.student].name), m.exercise, m.check]
        rows.append([*about, *points, tables.cell(m.by_hand), STEP])
    tables.write(table_path, rows)
    groups = itertools.groupby(book.regraded, lambda m: (m.exercise, m.check))
    checks = [{"exercise": e, "check": c, "moves": list(moves)} for (e, c), moves in groups]
    page = feedback.environment().get_template("regrade.html.jinja")
    shown = page.render(
        checks=checks, link=feedback.links(book.people), when=pages.day(book.when), step=STEP, share=SHARE
    )
    files.write(page_path, shown, sync=False)
