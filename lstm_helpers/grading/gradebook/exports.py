"""Tables of points: our own, and one for each learning platform. What was not graded stays empty: it is never a 0.

Formats: Canvas, "How do I import grades in the Gradebook?"; Moodle, offline grading worksheet of an assignment
(read by its mod/assign/feedback/offline); Gradescope, the columns of its own export of grades.
"""

import itertools
import json
import re
from operator import attrgetter

from lstm_helpers import files
from lstm_helpers.grading.gradebook import assemble, lateness, tables
from lstm_helpers.grading.gradebook.book import NOTHING

JSON_FORMAT = 1  # goes up when a field of grades.json changes its meaning or goes
CANVAS = ("ID", "SIS User ID", "SIS Login ID", "Integration ID", "Root Account", "Section")
RARE = ("Integration ID", "Root Account")  # columns that only some exports of Canvas have
SUM = ("by_checks", "by_hand", "together", "lateness")  # what the points that count are made of
MOODLE = (
    "Identifier",
    "Full name",
    "Email address",
    "Grade",
    "Maximum Grade",
    "Last modified (grade)",  # without it Moodle takes the file for no worksheet
    "Feedback comments",
)


def write(book, out):
    """Write grades.csv, grades.json, canvas.csv, gradescope.csv and moodle/<exercise>.csv into the folder ``out``."""
    sheets = book.sheets
    used = {g.exercise for g in book.grades}
    exercises = [exercise for exercise in sheets if exercise in used]
    out.mkdir(parents=True, exist_ok=True)
    tables.write(out / "grades.csv", _own(book, sheets, exercises))
    tables.write(out / "canvas.csv", _canvas(book, sheets, exercises))
    tables.write(out / "gradescope.csv", _gradescope(book, exercises))
    _write_json(book, exercises, out / "grades.json")
    (out / "moodle").mkdir(exist_ok=True)
    for exercise in sheets.keys() - exercises:  # of an earlier run; what else lies there is not ours
        (out / "moodle" / f"{exercise}.csv").unlink(missing_ok=True)
    for exercise in exercises:
        tables.write(out / "moodle" / f"{exercise}.csv", _moodle(book, sheets, exercise))


def _sum(g):
    """Of what the points that count are made, where something changed those by the checks."""
    return dict(zip(SUM, (g.points, g.by_hand, g.together, g.lateness), strict=True))


def _points(value):
    return "" if value is None else f"{value:g}"


def _own(book, sheets, exercises):
    """One row for each student and exercise; a column of points for each check. No times: a run that was interrupted
    and went on gives the same bytes as one that was not."""
    columns = list(dict.fromkeys(name for exercise in exercises for name in sheets[exercise].checks))
    yield ["student", "name", "exercise", "state", "points", "of", *SUM, *columns, "note", "remarks", "seed"]
    for g in book.grades:
        earned = {r.check: _points(r.points) for r in g.results} if g.final is not None else {}
        sum_of = _sum(g).values() if g.together is not None else [None] * len(SUM)
        row = [tables.cell(g.student), tables.cell(book.people[g.student].name), g.exercise, g.state, _points(g.final)]
        row += [_points(g.of), *map(_points, sum_of), *(earned.get(name, "") for name in columns)]
        yield [*row, tables.cell(g.note), tables.cell("; ".join(_remarks(g, g.remarks))), book.seed]


def _write_json(book, exercises, path):
    """Everything that the tables and the report hold, for programs: docs/grades-json.md. One student at a time."""
    head = {
        "format": JSON_FORMAT,
        "seed": book.seed,
        "variant": book.variant,
        "confined_by": book.confinement.name,
        "anonymous": book.anonymous,
        "exercises": {
            e: {"points": book.sheets[e].points, "checks": {c.name: c.points for c in book.sheets[e].checks.values()}}
            for e in exercises
        },
        "similar": [vars(pair) for pair in book.similar],
        "not_recognised": [dict(zip(("student", "file", "why"), stray, strict=True)) for stray in book.strays],
        "regraded": [vars(move) for move in book.regraded],
        "decisions": book.idle,
    }
    students = []
    for person, grades in _by_student(book):
        data = {"student": person.student, "name": person.name, "columns": person.lms}
        data["grades"] = [_as_data(g) for g in grades.values()]
        students.append("\n" + json.dumps(data, ensure_ascii=False))
    begun = json.dumps(head, ensure_ascii=False, indent=1).removesuffix("\n}")
    files.write(path, f'{begun},\n "students": [{",".join(students)}\n]}}\n', sync=False)


def _as_data(g):
    data = {"exercise": g.exercise, "state": g.state, "points": g.final, "of": g.of, **_sum(g)}
    data |= {"late_seconds": g.late_by, "clock": g.clock}
    data |= {"note": g.note, "remarks": g.remarks, "flags": g.flags, "stopped": g.stopped}
    data["failures"] = [dict(zip(("cell", "error", "text"), f, strict=True)) for f in g.failures]
    fields = ("check", "state", "points", "of", "cause", "advice", "candidates", "carried", "lines")
    return data | {"checks": [{name: getattr(r, name) for name in fields} for r in g.results]}


def _by_student(book):
    """(Person, {exercise: Grade}) in the order of the book, which keeps a student's grades together."""
    for student, grades in itertools.groupby(book.grades, attrgetter("student")):
        yield book.people[student], {g.exercise: g for g in grades}


def _remarks(g, remarks):
    """What a person wrote beside single checks, and these of the remarks on all of it."""
    return [*(f"{r.check}: {r.lines[0]}" for r in g.results if assemble.is_by_hand(r)), *remarks]


def _canvas(book, sheets, exercises):
    roster = {column for person in book.people.values() for column in person.lms}
    columns = [column for column in CANVAS if column not in RARE or column in roster]
    yield ["Student", *columns, *(_assignment(exercise, roster) for exercise in exercises)]
    yield ["    Points Possible", *[""] * len(columns), *(_points(sheets[e].points) for e in exercises)]
    for person, grades in _by_student(book):
        known = [person.lms.get(column, "") for column in columns]  # as they came, or Canvas finds nobody
        yield [tables.cell(person.shown), *known, *(_points(grades[e].final) for e in exercises)]


def _assignment(exercise, columns):
    """The column of Canvas's own export, "03_gates (4711)": it leads to the assignment that is there already."""
    return next((c for c in sorted(columns) if re.fullmatch(rf"{re.escape(exercise)} \(\d+\)", c)), exercise)


def _gradescope(book, exercises):
    yield ["Name", "SID", "Email", *itertools.chain.from_iterable((e, f"{e} - Max Points") for e in exercises)]
    for person, grades in _by_student(book):
        number = person.lms.get("SID") or tables.cell(person.student)
        row = [tables.cell(person.shown), number, person.lms.get("Email", "")]
        yield row + [_points(value) for e in exercises for value in (grades[e].final, grades[e].of)]


def _moodle(book, sheets, exercise):
    """The grading worksheet: the columns of Moodle's own one, if that is the roster, with our grades in it."""
    theirs = next((person.lms for person in book.people.values() if "Identifier" in person.lms), {})
    columns = [*theirs, *(column for column in MOODLE if column not in theirs)]
    yield columns
    for person, grades in _by_student(book):
        g = grades[exercise]
        ours = {
            "Full name": tables.cell(person.shown),
            "Grade": _points(g.final),
            "Maximum Grade": _points(sheets[exercise].points),
            "Feedback comments": tables.cell(_comment(g, book.show)),
        }
        row = {"Identifier": tables.cell(person.student), "Last modified (grade)": "-", **person.lms, **ours}
        yield [row.get(column, "") for column in columns]


def _comment(g, show):
    note, remarks = assemble.for_student(g)
    if g.final is None:
        return "; ".join([f"Not graded: {g.state}. {note or 'Ask your instructor.'}", *remarks])
    said = [
        f"{r.check}: {f'{r.points:g} of {r.of:g}' if r.of else 'not counted'}"
        f"{f' ({r.cause})' if r.cause and show != NOTHING and not assemble.settled(r) else ''}"
        for r in g.results
    ]
    return "; ".join(filter(None, [*said, *_remarks(g, remarks), lateness.sum_of(g)]))
