"""The class report: one self-contained page that says what the class can do, and what it misunderstands."""

import base64
import hashlib
import statistics
from collections import Counter, defaultdict

import numpy as np

from lstm_helpers import checks
from lstm_helpers.checks import judge
from lstm_helpers.grading import pages, score

LISTED = 12  # names in one place
HELPED = 20  # students who are listed as needing help
FEWEST = 8  # students below which nothing is said of how a check separates them
SCRIPT = """
for (const [k, button] of document.querySelectorAll("#everyone th button").entries())
  button.addEventListener("click", () => {
    const head = button.parentElement, down = head.getAttribute("aria-sort") === "ascending";
    for (const other of head.parentElement.children) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    const body = document.querySelector("#everyone tbody"), value = row => row.children[k].dataset.value;
    const order = (a, b) => value(a) === undefined
      ? a.children[k].textContent.trim().localeCompare(b.children[k].textContent.trim())
      : Number(value(a)) - Number(value(b));
    const rows = [...body.rows].sort(order);
    body.append(...(down ? rows.reverse() : rows));
  });
"""


def write(book, out):
    """Write ``out/report.html``. It leads to the pages of ``pages.write(book, out / "feedback")``."""
    template = pages.environment().get_template("report.html.jinja")
    digest = base64.b64encode(hashlib.sha256(SCRIPT.encode()).digest()).decode()
    told = _Told(book)
    shown = template.render(
        book=book,
        people=book.people,
        pages=pages.file_names(book.people),
        when=f"{book.when:%d %B %Y, %H:%M}",
        listed=LISTED,
        script=SCRIPT,
        script_hash=f"sha256-{digest}",
        sections=[
            ("misunderstood", "What the class misunderstands"),
            ("exercises", "Exercises and checks"),
            ("help", "Who needs help"),
            ("review", "For you to look at"),
            ("class", "The class"),
        ],
        **told.shown(),
    )
    (out / "report.html").write_text(shown, encoding="utf-8")


class _Told:
    """What the report tells, gathered in one walk through the grades; of each it keeps numbers and names alone."""

    def __init__(self, book):
        sheets = checks.sheets()
        self.points = defaultdict(list)  # exercise -> [(points of each check) of each graded student]
        self.counts, self.finals = Counter(), defaultdict(list)
        self.states = defaultdict(Counter)  # (exercise, check) -> states
        self.made, self.untouched, self.ungraded = defaultdict(list), defaultdict(list), defaultdict(list)
        self.stopped, self.flags, self.cells = [], [], defaultdict(dict)
        for g in book.grades:
            self._add(g)
        self.exercises = [self._exercise(sheets[e]) for e in sheets if self.counts[e]]
        self.rows = [self._row(student) for student in book.people if student in self.cells]

    def _add(self, g):
        self.counts[g.exercise] += 1
        text = f"{g.final:g}" if g.final is not None else g.state
        self.cells[g.student][g.exercise] = {"value": -1 if g.final is None else g.final, "text": text, "of": g.of}
        if g.final is None:
            self.ungraded[g.exercise, g.state, g.note].append(g.student)
        else:
            self.finals[g.exercise].append(g.final)
            self.points[g.exercise].append([r.points for r in g.results])
        if g.stopped:
            self.stopped.append((g.student, g.exercise, g.stopped))
        if g.flags:
            self.flags.append((g.student, g.exercise, g.flags))
        for r in g.results:
            self.states[g.exercise, r.check][r.state] += 1
            if r.cause:
                self.made[g.exercise, r.check, r.cause, r.advice].append(g.student)
            if r.state == judge.NOT_ATTEMPTED:
                self.untouched[g.exercise, r.check].append(g.student)

    def _exercise(self, sheet):
        name, totals = sheet.exercise, self.finals[sheet.exercise]
        table = np.array([p for p in self.points[name] if len(p) == len(sheet.checks)], float)
        separates = len(table) >= FEWEST
        listed = []
        for k, check in enumerate(sheet.checks.values()):
            states = self.states[name, check.name]
            row = {"name": check.name, "points": check.points, "wrong": states[judge.WRONG]}
            row |= {"error": states[judge.ERROR], "untouched": self.untouched.get((name, check.name), [])}
            row["full"] = float((table[:, k] >= check.points).mean()) if len(table) else 0.0
            row["separation"] = separation(table[:, k], table.sum(axis=1) - table[:, k]) if separates else ""
            listed.append(row)
        told = {"exercise": name, "of": sheet.points, "count": self.counts[name], "totals": totals, "checks": listed}
        if totals:
            told |= {"mean": statistics.fmean(totals), "median": statistics.median(totals)}
        return told | {"separates": separates, "bars": _bars(totals, sheet.points)}

    def _row(self, student):
        cells = [self.cells[student][e["exercise"]] for e in self.exercises]
        return {"student": student, "cells": cells, "total": sum(max(0, c["value"]) for c in cells)}

    def _help(self):
        """Those who earned less than half, the least first; who handed nothing in is listed elsewhere."""
        for row in sorted(self.rows, key=lambda row: row["total"]):
            of = sum(c["of"] for c in row["cells"] if c["text"] != score.MISSING)
            if of and row["total"] < of / 2:
                skipped = sum(row["student"] in names for names in self.untouched.values())
                why = f"{row['total']:g} of {of:g} points in what was handed in"
                yield {"student": row["student"], "why": f"{why}, {skipped} not attempted" if skipped else why}

    def shown(self):
        """What the template asks for."""
        keys = ("exercise", "check", "cause", "advice")
        ranked = sorted(self.made.items(), key=lambda item: -len(item[1]))
        left = sorted(self.untouched.items(), key=lambda item: -len(item[1]))
        help_ = list(self._help())
        return {
            "exercises": self.exercises,
            "rows": self.rows,
            "misconceptions": [dict(zip(keys, made, strict=True), students=s) for made, s in ranked],
            "untouched": [{"exercise": e, "check": c, "students": s} for (e, c), s in left],
            "ungraded": self.ungraded,
            "stopped": self.stopped,
            "flags": self.flags,
            "help": help_[:HELPED],
            "more_help": max(0, len(help_) - HELPED),
        }


def separation(points, rest):
    """How well a check separates strong from weak students, in words: its correlation with the rest of the sheet."""
    if points.std() == 0 or rest.std() == 0:
        return "not at all: everybody did alike"
    r = float(np.corrcoef(points, rest)[0, 1])
    if r < 0:
        return f"the wrong way round ({r:.2f}): look at this check"
    return f"{'well' if r >= 0.4 else 'somewhat' if r >= 0.2 else 'hardly'} ({r:.2f})"


def _bars(totals, of):
    """Ten bins of points: where each bar stands, and what it says."""
    counts, edges = np.histogram(totals, bins=10, range=(0, of or 1))
    most = max(1, counts.max())
    bars = []
    for k, count in enumerate(map(int, counts)):
        low, high = edges[k], edges[k + 1]
        bar = {"x": 4 + 41 * k, "width": 37, "height": round(75 * count / most, 1), "count": count, "label": f"{low:g}"}
        bars.append(bar | {"text": f"{low:g} to {high:g}: {count}"})
    return bars
