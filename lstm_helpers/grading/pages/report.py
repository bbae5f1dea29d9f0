"""The class report: one self-contained page that says what the class misunderstands, and who needs help."""

import base64
import bisect
import hashlib
import itertools
import math
import statistics
from collections import Counter, defaultdict

import numpy as np
from markupsafe import Markup

from lstm_helpers import files, pages
from lstm_helpers.checks import judge
from lstm_helpers.grading.gradebook import assemble, lateness
from lstm_helpers.grading.gradebook.grade import MISSING
from lstm_helpers.grading.gradebook.weights import earlier_maxima, of_maximum
from lstm_helpers.grading.pages import feedback, sources

FIRST = 8  # misconceptions that are shown at once
LISTED = 12  # names in one place...
FOLDED = 100  # ... and so many more that fold out
SHOWN = 500  # rows of the class table at once: more make a browser slow
HELPED = 20  # students who are listed as needing help
FEWEST = 8  # students below which nothing is said of how a check tells strong from weak ones
UNNAMED = {
    judge.WRONG: "wrong in a way of its own",
    judge.ERROR: "an error in the code",
    judge.NOT_ATTEMPTED: "not attempted",
}
LAST = (math.inf, math.inf)  # the place of a check that is no longer asked
FINE = 12  # points up to which each has its own bar
SCRIPT = """
const table = document.querySelector("#everyone"), body = table.tBodies[0], said = document.querySelector("#said");
const heads = [...table.tHead.rows[0].cells], words = new Intl.Collator(undefined, { numeric: true });
const find = document.querySelector("#find"), all = document.querySelector("#all");
const names = new Map([...body.rows].map(row => [row, row.cells[0].textContent.trim()]));
let most = Number(table.dataset.most);
function show(how) {
  const wanted = find.value.trim().toLowerCase();
  let fitting = 0;
  for (const row of body.rows) row.hidden = !names.get(row).toLowerCase().includes(wanted) || ++fitting > most;
  all.hidden = fitting <= most;
  said.textContent = `${how}${Math.min(fitting, most)} of ${names.size} students shown.`;
}
for (const [k, head] of heads.entries()) {
  const button = head.querySelector("button");
  button.addEventListener("click", () => {
    const down = head.getAttribute("aria-sort") === "ascending";
    for (const other of heads) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    const keyed = [...names].map(([row, name]) => [k ? Number(row.cells[k].dataset.value) : name, row]);
    keyed.sort(k ? (a, b) => a[0] - b[0] : (a, b) => words.compare(a[0], b[0]));
    if (down) keyed.reverse();
    for (const [, row] of keyed) row.hidden = true;
    body.append(...keyed.map(pair => pair[1]));
    show(`Sorted by ${button.textContent}, ${down ? "downwards" : "upwards"}. `);
  });
}
find.parentElement.hidden = false;
find.addEventListener("input", () => show(""));
function whole() { most = Infinity; show(""); }
all.addEventListener("click", () => { whole(); body.rows[0].querySelector("a").focus(); });
addEventListener("beforeprint", () => {
  whole();
  for (const folded of document.querySelectorAll("details")) folded.open = true;
});
"""


def write(book, out):
    """Write ``out/report.html``. It leads to the pages of ``feedback.write(book, out / "feedback")``."""
    template = feedback.environment().get_template("report.html.jinja")
    digest = base64.b64encode(hashlib.sha256(SCRIPT.encode()).digest()).decode()
    summary = _Summary(book)
    shown = template.render(
        book=book,
        link=feedback.links(book.people),
        code=feedback.addresses(book.people, "code"),
        when=pages.day(book.when),
        script=SCRIPT,
        script_hash=f"sha256-{digest}",
        sections=[
            ("misunderstood", "What the class misunderstands"),
            ("help", "Who needs help"),
            ("review", "For you to look at"),
            ("exercises", "How each check went"),
            ("class", "The class"),
            ("how", "How this was graded"),
        ],
        fewest=FEWEST,
        most=SHOWN,
        first=FIRST,
        listed=LISTED,
        folded=FOLDED,
        marks=feedback.MARKS,
        given=feedback.GIVEN,
        asked=sources.requests(book),
        **summary.shown(),
    )
    files.write(out / "report.html", shown, sync=False)


class _Summary:
    """What the report tells, gathered in one walk through the grades; of each it keeps numbers and names alone."""

    def __init__(self, book):
        self.book = book
        self.sheets = book.sheets
        self.points = defaultdict(list)  # exercise -> [(points of each check) of each graded student]
        self.counts, self.finals = Counter(), defaultdict(list)  # the points as shares of today's maximum...
        self.maxima = defaultdict(Counter)  # ... and exercise -> {out of what: graded students}
        self.states = defaultdict(Counter)  # (exercise, check) -> states
        self.made, self.untouched = defaultdict(list), defaultdict(list)
        self.missing, self.ungraded = defaultdict(list), defaultdict(list)
        self.unnamed = defaultdict(list)  # (exercise, check, state) -> who has it without a known cause
        self.unexplained = Counter()  # state -> wrong answers without a known cause
        self.blank, self.unsure = defaultdict(list), defaultdict(list)  # nothing attempted; whose or which file?
        self.untimed, self.by_file = defaultdict(list), defaultdict(list)  # no time; late by the file's own
        self.clocks = defaultdict(list)  # exercise -> by what lateness was told, in words
        self.stopped, self.flags, self.sums, self.cells = [], [], [], defaultdict(dict)
        self._drawn = {}  # the marks of a row: few are different
        for g in book.grades:
            self._add(g)
        order = [exercise for exercise in self.sheets if self.counts[exercise]]
        self.place = {(e, c): (k, j) for k, e in enumerate(order) for j, c in enumerate(self.sheets[e].checks)}
        self.exercises = [self._exercise(self.sheets[exercise]) for exercise in order]
        self.rows = [self._row(student) for student in book.people if student in self.cells]

    def _add(self, g):
        self.counts[g.exercise] += 1
        states = [judge.CORRECT if assemble.settled(r) else r.state for r in g.results]
        self.cells[g.student][g.exercise] = {
            "value": -1 if g.final is None else g.final,
            "text": f"{g.final:g}" if g.final is not None else g.state,
            "exercise": g.exercise,
            "of": g.of,
            "late": g.late_by > 0,
            "earned": sum(r.points for r in g.results),
            "asked": sum(r.of for r in g.results),
            "states": tuple(states),
            "marks": self._marks(tuple((r.check, _words(r), feedback.mark(r)) for r in g.results)),
        }
        if g.state == MISSING:
            self.missing[g.exercise].append(g.student)
        elif g.final is None:
            self.ungraded[g.exercise, g.state, g.note].append(g.student)
        if g.final is not None:
            sheet = self.sheets[g.exercise]
            most = {check.name: check.points for check in sheet.checks.values()}
            self.finals[g.exercise].append(of_maximum(g.final, g.of, sheet.points))
            self.maxima[g.exercise][g.of] += 1
            earned = [of_maximum(r.points, r.of, most.get(r.check, r.of)) for r in g.results]
            self.points[g.exercise].append(earned)
        if g.stopped:
            self.stopped.append((g.student, g.exercise, g.stopped))
        if g.flags:
            self.flags.append((g.student, g.exercise, g.flags))
        for remark in filter(assemble.about_files, g.remarks):
            self.unsure[g.exercise, remark].append(g.student)
        if blank := assemble.BLANK in g.remarks:
            self.blank[g.exercise].append(g.student)
        self._add_time(g)
        if g.together is not None:
            told = ("student", "exercise", "points", "by_hand", "together", "lateness", "final")
            self.sums.append({name: getattr(g, name) for name in told})
        for r, state in zip(g.results, states, strict=True):
            self.states[g.exercise, r.check][state] += 1
            if r.cause and not assemble.settled(r):
                self.made[g.exercise, r.check, r.cause, r.advice].append(g.student)
            elif state in UNNAMED:
                self.unnamed[g.exercise, r.check, state].append(g.student)
                if state != judge.NOT_ATTEMPTED:
                    self.unexplained[state] += 1
            if state == judge.NOT_ATTEMPTED and not blank:
                self.untouched[g.exercise, r.check].append(g.student)

    def _add_time(self, g):
        if lateness.NO_TIME in g.remarks:
            self.untimed[g.exercise].append(g.student)
        if g.clock == lateness.FILE and g.late_by:
            self.by_file[g.exercise].append(g.student)
        if g.clock and (words := lateness.CLOCKS[g.clock]) not in self.clocks[g.exercise]:
            self.clocks[g.exercise].append(words)

    def _marks(self, states):
        """One sign for each check, in words for who cannot see it."""
        if states not in self._drawn:
            runs = [(mark, len(list(run))) for mark, run in itertools.groupby(mark for *_, mark in states)]
            signs = [Markup('<i class="{}">{}</i>').format(name, sign * count) for (sign, name), count in runs]
            words = ", ".join(f"{check} {state}" for check, state, _ in states)
            form = Markup('<span class="marks" role="img" aria-label="{}">{}</span>')
            self._drawn[states] = form.format(words, Markup().join(signs)) if states else ""
        return self._drawn[states]

    def _exercise(self, sheet):
        name, totals = sheet.exercise, self.finals[sheet.exercise]
        table = np.array([p for p in self.points[name] if len(p) == len(sheet.checks)], float)
        separates = len(table) >= FEWEST
        listed = []
        for k, check in enumerate(sheet.checks.values()):
            states = self.states[name, check.name]
            row = {"name": check.name, "asks": check.asks, "points": check.points}
            row |= {feedback.MARKS[state][1]: states[state] for state in feedback.MARKS}
            row["full"] = float((table[:, k] >= check.points).mean()) if len(table) else 0.0
            compared = separates and check.points  # one that was dropped tells nothing
            row["separation"] = separation(table[:, k], table.sum(axis=1) - table[:, k]) if compared else ""
            causes = [(len(who), cause) for (e, c, cause, _), who in self.made.items() if (e, c) == (name, check.name)]
            row["cause"] = max(causes, default=(0, ""), key=lambda pair: pair[0])
            listed.append(row)
        told = {
            "exercise": name,
            "causes": list(self._causes(sheet)),
            "of": sheet.points,
            "earlier": earlier_maxima(self.maxima[name], sheet.points),
            "count": self.counts[name],
            "totals": totals,
            "checks": listed,
        }
        if totals:
            told |= {"mean": statistics.fmean(totals), "median": statistics.median(totals)}
        return told | {"separates": separates, "bars": bars(totals, sheet.points)}

    def _causes(self, sheet):
        """For each check that somebody has not right: {check, rows: [(what, students)]}, named causes first."""
        for check in sheet.checks:
            named = [(c, who) for (e, k, c, _), who in self.made.items() if (e, k) == (sheet.exercise, check)]
            rows = sorted(named, key=lambda row: (-len(row[1]), row[0]))
            for state, text in UNNAMED.items():
                if who := self.unnamed[sheet.exercise, check, state]:
                    rows.append((text, who))
            if rows:
                yield {"check": check, "rows": rows}

    def _row(self, student):
        cells = [self.cells[student][e["exercise"]] for e in self.exercises]
        graded = [c for c in cells if c["value"] >= 0]
        total = sum(c["value"] for c in graded) if graded else -1
        return {"student": student, "cells": cells, "total": total, "of": sum(c["of"] for c in cells)}

    def _help(self):
        """Those whose answers earned less than half, the least first. Lateness and what is missing do not count."""
        weak = []
        for row in self.rows:
            asked = sum(c["asked"] for c in row["cells"])
            earned = sum(c["earned"] for c in row["cells"])
            if asked and earned < asked / 2:
                weak.append((earned / asked, earned, asked, row))
        weak.sort(key=lambda told: told[0])
        return [self._helped(*told) for told in weak]

    def _helped(self, share, earned, asked, row):
        unlike = defaultdict(list)
        for e, cell in zip(self.exercises, row["cells"], strict=True):
            if len(cell["states"]) == len(e["checks"]):
                for check, state in zip(e["checks"], cell["states"], strict=True):
                    unlike[state].append(check["name"])
        told = {"student": row["student"], "share": share, "earned": earned, "asked": asked}
        wrong = unlike[judge.WRONG] + unlike[judge.ERROR]
        return told | {"wrong": wrong, "untouched": unlike[judge.NOT_ATTEMPTED]}

    def _misconceptions(self):
        """The most common first."""

        def place(item):
            (exercise, check, cause, _), who = item
            return -len(who), self.place.get((exercise, check), LAST), cause

        for (exercise, check, cause, advice), who in sorted(self.made.items(), key=place):
            told = {"exercise": exercise, "check": check, "cause": cause, "advice": advice, "students": who}
            yield told | {"of": len(self.finals[exercise]) or len(who)}

    def shown(self):
        """What the template asks for."""
        alike = defaultdict(list)  # checks that the same students left out
        for (e, c), who in sorted(
            self.untouched.items(), key=lambda item: (-len(item[1]), self.place.get(item[0], LAST))
        ):
            alike[e, tuple(who)].append(c)
        help_ = self._help()
        nothing = [row["student"] for row in self.rows if all(c["text"] == MISSING for c in row["cells"])]
        looked_at = (self.ungraded, self.unsure, self.stopped, self.flags, self.book.similar, self.book.strays)
        looked_at += (self.book.idle, self.untimed, self.by_file)
        asked = [request for request in self.book.requests if not request.decision]
        return {
            "exercises": self.exercises,
            "rows": self.rows,
            "misconceptions": list(self._misconceptions()),
            "unexplained": self.unexplained,
            "untouched": [{"exercise": e, "checks": checks, "students": who} for (e, who), checks in alike.items()],
            "blank": self.blank,
            "unsure": self.unsure,
            "missing": self.missing,
            "nothing": nothing,
            "ungraded": self.ungraded,
            "untimed": self.untimed,
            "by_file": self.by_file,
            "clocks": self.clocks,
            "sums": self.sums,
            "stopped": self.stopped,
            "flags": self.flags,
            "help": help_[:HELPED],
            "more_help": max(0, len(help_) - HELPED),
            "to_look_at": sum(map(len, looked_at)) + len(asked),
        }


def _words(result):
    """What the sign of a Result says."""
    return f"{result.state}, points by hand" if assemble.is_by_hand(result) else result.state


def separation(points, rest):
    """How well a check tells strong from weak students, in words: its correlation with the rest of the sheet."""
    if points.std() == 0:
        return "not at all: everybody did alike"
    if rest.std() == 0:
        return "nothing to compare with: everybody did alike on the rest"
    r = float(np.corrcoef(points, rest)[0, 1])
    if r <= -2 / math.sqrt(len(points)) + 1e-9:  # below what chance alone makes of a check that tells nothing
        return f"the wrong way round ({r:.2f}): look at this check"
    return f"{'well' if r >= 0.4 else 'somewhat' if r >= 0.2 else 'hardly'} ({r:.2f})"


def bars(totals, of):
    """The distribution of points: [{low, high, count, height: 0 to 1}]. Full points have a bar of their own."""
    width = 1 if of <= FINE else math.ceil(of / 10)
    lows = [*range(0, math.ceil(of), width), of]
    counts = Counter(bisect.bisect_right(lows, total) - 1 for total in totals)
    most = max(counts.values(), default=1)
    return [
        {"low": low, "high": min(low + width, of), "count": counts[k], "height": counts[k] / most}
        for k, low in enumerate(lows)
    ]
