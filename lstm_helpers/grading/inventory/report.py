"""The report of a class: one page for whoever teaches, and its numbers as tables."""

from datetime import datetime

from markupsafe import Markup

from lstm_helpers import files, pages
from lstm_helpers.exam.markup import block, inline, plain
from lstm_helpers.grading.gradebook import tables
from lstm_helpers.grading.inventory import questions
from lstm_helpers.grading.inventory.gain import FEWEST

FIRST = 6  # misconceptions of a list that are shown at once


def write(gain, out):
    """Write the page and three tables of a Gain into the folder ``out``. Returns the page's path. Raises OSError."""
    out.mkdir(parents=True, exist_ok=True)
    template = _templates().get_template("gain.html.jinja")
    when = pages.day(datetime.now())
    page = template.render(gain=gain, when=when, most=len(questions()), fewest=FEWEST, first=FIRST)
    files.write(out / "gain.html", page)
    tables.write(out / "class.csv", _class(gain))
    tables.write(out / "students.csv", _students(gain))
    tables.write(out / "questions.csv", _questions(gain))
    return out / "gain.html"


def _templates():
    made = pages.templates(__package__)
    made.filters["block"] = lambda text: Markup(block(text))
    made.filters["inline"] = lambda text: Markup(inline(text))
    return made


def _number(value):
    return "" if value is None else round(value, 4)


def _class(gain):
    (mean_before, sat_before), (mean_after, sat_after) = gain.everybody
    return [
        ["sat_both", "before", "after", "gain", "gain_low", "gain_high", "sat_before", "mean_of_all_before",
         "sat_after", "mean_of_all_after"],
        [len(gain.students), *map(_number, (gain.before, gain.after, gain.gain, gain.low, gain.high)),
         sat_before, _number(mean_before), sat_after, _number(mean_after)],
    ]  # fmt: skip


def _students(gain):
    told = [[tables.cell(s.name), s.before, s.after, _number(s.gain), ""] for s in gain.students]
    for names, where in (
        (gain.only_before, "not there after"),
        (gain.only_after, "not there before"),
        (gain.neither, "in neither"),
    ):
        told += [[tables.cell(name), "", "", "", where] for name in names]
    return [["student", "before", "after", "gain", "missing"], *told]


def _questions(gain):
    rows = [["question", "topic", "option", "right", "before", "after", "source"]]
    for item in gain.items:
        for c in item.choices:
            source = tables.cell(c.known.source) if c.known else ""
            right = "" if c.known else "yes"
            rows.append([item.number, item.topic, tables.cell(plain(c.text)), right, c.before, c.after, source])
        rows.append([item.number, item.topic, "(no answer)", "", *item.empty, ""])
    return rows
