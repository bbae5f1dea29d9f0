"""What is written and said of a class: the tables, the report, the pages, and the summary at the end of a run."""

import shlex
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from lstm_helpers import wording
from lstm_helpers.grading import class_variant, hidden, limits, workers
from lstm_helpers.grading.box.sandbox import Confinement
from lstm_helpers.grading.gradebook import appeals, assemble, edited_tables, exports, identities, lateness, versions
from lstm_helpers.grading.gradebook.store import Store
from lstm_helpers.grading.gradebook.weights import earlier_maxima, of_maximum
from lstm_helpers.grading.pages import feedback, moves, similar, sources
from lstm_helpers.grading.pages import report as class_report
from lstm_helpers.grading.terminal import printable, some


def sheets_folder(out):
    """The folder of sheets that the store in ``out`` was graded with, or ""."""
    with Store(out, make=False) as store:
        return store.setting("own_sheets", "")


def report(out, display=None, own_sheets="", say=print):
    """Write everything that is shown once more, from the store of ``out`` alone. Returns 0.

    display: assemble.Display, what is to be shown in another way than before; own_sheets: a folder of check modules.
    Raises FileNotFoundError or ValueError with a plain sentence.
    """
    sheets = workers.sheets_of(own_sheets, class_variant.of_store(out))
    with Store(out, make=False) as store:
        hidden.of_class(store, sheets)
        display = display or assemble.Display()
        display.check(None, store)
        take_up(display, None, store, out, sheets, say)
        display.keep(store)
        say(write_all(store, out, sheets))
    return 0


def take_up(display, found, store, out, sheets, say):
    """Say which decisions were typed into the folder of the results, and let them count (Display.take_up)."""
    if display.hides(store):
        identities.secret(store)
    if messages := display.take_up(found, store, Path(out), sheets):
        say("\n".join(map(printable, messages)))


def write_all(store, out, sheets):
    """Write the report, the tables and the feedback pages of what the store holds. Returns the summary."""
    out = Path(out)
    if (confined := store.setting("held")) is None:
        raise ValueError(f"{store.path} holds no grades yet: `lstm-course grade DIR --out {out}` fills it")
    book = assemble.book(store, sheets, Confinement(**confined), datetime.now())
    book.similar = similar.find(assemble.codes(book.grades), sheets)
    with edited_tables.Watched(store, out, sheets) as tables:
        exports.write(book, out)
        class_report.write(book, out)
        feedback.write(book, out / "feedback")
        moves.write(book, out)
        sources.write(book, out)
        identities.write_key(store, book, out / "anonymous-key.csv")
    book.outdated = [*_outdated(store, sheets, book)]
    edited = appeals.write(store, out, sheets, book.grades.reader)
    return "\n".join([*map(printable, [*tables.messages, *edited.splitlines()]), summary(book, out)])


def _outdated(store, sheets, book):
    """Lines that say who stands on points of an earlier version of an exercise, and what mends it."""
    made = {e: versions.version_of(sheets[e], limits.of_class(store, sheets[e])) for e in store.exercises()}
    for exercise, changed, standing in versions.outdated(store, sheets, made):
        who = [book.people[book.grades.reader.called(graded.student)].shown for graded in standing]
        names = [name.removeprefix(versions.SHARED) or "what judges every check" for name in changed]
        yield f"{exercise}: {some(names)} changed since these were graded: {some(list(dict.fromkeys(who)))}"
        yield f"  they have the points of before; `{versions.again(store, exercise)}` grades them anew"
        if not any(name.startswith(versions.SHARED) for name in changed) and "" not in changed:
            asked = " ".join(f"--regrade {exercise}.{name}" for name in changed if name in sheets[exercise].checks)
            stays = _what_stays(store, sheets[exercise], standing)
            yield f"  `lstm-course grade {asked} --out {shlex.quote(str(store.path.parent))}` {stays}"


def _what_stays(store, sheet, standing):
    """What a regrading of these submissions lets nobody lose: points, or the share of a check whose maximum falls."""
    earlier = {}
    for graded in standing:
        earlier |= {r.check: r.of for r in store.grade(graded.handed).results}
    falls = [f"{n} ({earlier[n]:g} -> {c.points:g})" for n, c in sheet.checks.items() if c.points < earlier.get(n, 0)]
    if not falls:
        return "lowers nobody's points"
    return f"keeps everybody's share of each check: fewer points are to be had for {some(falls)}"


def summary(book, out):
    """The end of a run in the terminal."""
    lines, by_exercise = [], {}
    for g in book.grades:
        by_exercise.setdefault(g.exercise, Tally(book.sheets[g.exercise].points)).add(g, book.people[g.student].shown)
    for exercise, tally in by_exercise.items():
        lines += tally.lines(exercise)
    if book.off_roster:
        lines.append(f"{assemble.OFF_ROSTER}: {some(book.off_roster)}")
    if book.idle:
        lines += ["Decided by hand, and it does not count as it stands:", *(f"  {note}" for note in book.idle)]
    lines += book.outdated
    if book.strays:
        files_that = wording.count(len(book.strays), "file answers", "files answer")
        lines.append(f"{files_that} no exercise: {some([f'{s}/{f}'.lstrip('/') for s, f, _ in book.strays])}")
    if waiting := sum(not request.decision for request in book.requests):
        lines.append(f"{wording.count(waiting, 'request')} for regrading to decide: see the report")
    if book.similar:
        lines.append(
            f"{wording.count(len(book.similar), 'pair')} of nearly the same solutions, side by side: see the report"
        )
    lines.append(f"Points: {out / 'grades.csv'}. Report: {out / 'report.html'}. Feedback: {out / 'feedback'}")
    return "\n".join(map(printable, lines))


@dataclass
class Tally:
    """What the summary says of one exercise."""

    of: float
    count: int = 0
    points: list = field(default_factory=list)  # as shares of ``of``, whatever they were graded out of
    maxima: Counter = field(default_factory=Counter)  # out of what -> students
    reasons: dict = field(default_factory=dict)
    causes: Counter = field(default_factory=Counter)
    flagged: list = field(default_factory=list)
    stopped: list = field(default_factory=list)
    clocks: Counter = field(default_factory=Counter)
    untimed: list = field(default_factory=list)
    otherwise: dict = field(default_factory=dict)  # remark on a notebook made for another class -> names

    def add(self, g, name):
        self.count += 1
        if g.clock:
            self.clocks[g.clock] += 1
        if lateness.NO_TIME in g.remarks:
            self.untimed.append(name)
        for remark in g.remarks:
            if remark.startswith(class_variant.OTHER):
                self.otherwise.setdefault(remark, []).append(name)
        if g.final is None:
            self.reasons.setdefault((g.state, g.note), []).append(name)
        else:
            self.points.append(of_maximum(g.final, g.of, self.of))
            self.maxima[g.of] += 1
        self.causes.update(f"{r.check}: {r.cause}" for r in g.results if r.cause and not assemble.settled(r))
        if g.flags:
            self.flagged.append(name)
        if g.stopped:
            self.stopped.append(name)

    def lines(self, exercise):
        of = wording.count(self.of, "point")
        mean = f", mean {sum(self.points) / len(self.points):.1f} of {of}" if self.points else ""
        earlier = f" ({told})" if (told := earlier_maxima(self.maxima, self.of)) else ""
        yield f"{exercise}: {len(self.points)} of {self.count} graded{mean}{earlier}"
        for (state, note), names in self.reasons.items():
            yield f"  {state}: {some(names)} ({note})"
        for clock, count in self.clocks.items():
            sure = "; copying or downloading a file can change it" if clock == lateness.FILE else ""
            yield f"  lateness of {count} by {lateness.CLOCKS[clock]}{sure}"
        if self.untimed:
            yield f"  time not known, nothing taken off for lateness: {some(self.untimed)}"
        for remark, names in self.otherwise.items():
            yield f"  {some(names)}: {remark}"
            yield from (f"  {said}" for said in class_variant.instead(remark, names, len(self.points)))
        for cause, count in self.causes.most_common(3):
            yield f"  {count} x {cause}"
        if self.flagged:
            yield f"  for review, a library may give the answer: {some(self.flagged)}"
        if self.stopped:
            yield f"  stopped by the sandbox: {some(self.stopped)}"
