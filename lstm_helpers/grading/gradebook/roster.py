"""Who is in the class, and what was decided by hand: the roster, and points and comments for single checks."""

import contextlib
import functools
import hashlib
import hmac
import re
import unicodedata
from collections import Counter, defaultdict
from dataclasses import dataclass, field

from lstm_helpers import course
from lstm_helpers.grading.gradebook import tables
from lstm_helpers.grading.gradebook.book import Person

OWN = ("student", "name")  # the columns that are ours; all others go back to the learning platform as they are
# The first of these that every line has says who it is.
KEYS = ("student", "Student", "Identifier", "identifier", "SID", "ID", "ID number", "Email address", "Email")
NAMES = ("name", "Name", "Full name")
FIRST, LAST = ("First Name", "First name", "FirstName"), ("Last Name", "Last name", "LastName", "Surname")
SUBMITTED = "submitted"  # "submitted" holds for every exercise, "submitted 03_gates" for one
THEIRS = ("Last modified (submission)", "Submission Time")  # the same in the exports of Moodle and Gradescope
USERNAME = "github_username"  # GitHub Classroom's column: a clone's folder ends with it


def _same(text):
    """Text as it is compared: 0042 and 42 are one number, which a spreadsheet writes in either way."""
    return re.sub(r"^0+(?=\d+$)", "", unicodedata.normalize("NFC", str(text)).strip().casefold())


def _turned(name):
    """ "Ann Lee" for "Lee, Ann"; other names stay."""
    last, comma, first = name.partition(",")
    return f"{first.strip()} {last.strip()}" if comma and "," not in first else name


@dataclass
class Roster:
    """The people of a class in the order of its table. Empty: everyone who handed in, by the names of their folders.

    people: {student: Person}; submitted: {student: {exercise, or "" for all: seconds since 1970}}.
    """

    people: dict = field(default_factory=dict)
    submitted: dict = field(default_factory=dict)

    def resolve(self, folder, names):
        """The student that a folder belongs to, or None. ``names``: other names and ids that the folder told."""
        called = (_same(text) for given in (folder, *names) for text in (given, _turned(given)))
        found = next((text for text in called if text in self._index), None)
        return self._index[found] if found is not None else self._clone(folder)[0]

    @functools.cached_property
    def _usernames(self):
        """{how a clone ends: student}, of those whose GitHub username the roster tells."""
        return {f"-{_same(p.lms[USERNAME])}": s for s, p in self.people.items() if p.lms.get(USERNAME)}

    def _clone(self, folder):
        """(the student, the assignment) of a clone, which GitHub Classroom calls assignment-username; else two None."""
        folder = _same(folder)
        end = max((end for end in self._usernames if folder.endswith(end)), key=len, default=None)
        return (self._usernames[end], folder.removesuffix(end)) if end else (None, None)

    def strangers(self, folders):
        """Which clones only seem to be a student's: gates-x-ada beside gates-ada is the one of somebody called x-ada.

        The assignment "gates-x" is rarer then than "gates" is, with which it begins.
        """
        clones = {folder: self._clone(folder) for folder in folders} if self._usernames else {}
        common, own = Counter(assignment for _, assignment in clones.values()), defaultdict(set)
        for student, assignment in clones.values():
            own[student].add(assignment)
        return {
            folder
            for folder, (student, assignment) in clones.items()
            if student
            and any(assignment.startswith(f"{plain}-") and common[assignment] < common[plain] for plain in own[student])
        }

    def is_one(self, text):
        """Whether only one student is called so, or has this id."""
        return _same(text) in self._index

    @functools.cached_property
    def _index(self):
        """{what somebody may be called: student}; a name or id that several people share is nobody's."""
        counts = Counter()
        index = {}
        for student, person in self.people.items():
            names = (person.name, _turned(person.name), _turned(student))
            called = {_same(value) for value in (*names, *person.lms.values()) if value}
            counts.update(called)
            index.update(dict.fromkeys(called, student))
        index = {called: student for called, student in index.items() if counts[called] == 1}
        return {**index, **{_same(student): student for student in self.people}}

    def as_data(self):
        """Plain JSON data, for the store."""
        people = [[person.student, person.name, person.lms] for person in self.people.values()]
        return {"people": people, "submitted": self.submitted}

    @classmethod
    def of_data(cls, data):
        """The Roster that ``as_data`` described."""
        return cls({student: Person(student, name, lms) for student, name, lms in data["people"]}, data["submitted"])


def read(path, exercises):
    """The Roster in a CSV file. Raises tables.TableError with the line and what to do.

    Columns: student (the name of the folder, or an id that the learning platform puts into it), name, submitted or
    "submitted 03_gates" (times), and any others. The exports of Canvas, Moodle, Gradescope and GitHub Classroom can be
    used as they are.
    """
    faults = []
    columns, rows = tables.read(path, [], faults)
    rows = [row for row in rows if _is_student(row)]
    there = [name for name in KEYS if name in columns]
    if not there:
        raise tables.TableError(
            f"{path}, line 1: there is no column 'student'; there are: {', '.join(columns) or 'none'}. "
            "It holds the name of each student's folder, or the id that your learning platform puts into it. "
            "(Platforms translate the columns of their exports: switch yours to English before you export)"
        )
    key = next((name for name in there if all(row[name] for row in rows)), there[0])
    told_for = _told_for(columns, rows, exercises, path)
    roster, seen, listed = Roster(), set(), Counter(_same(row[key]) for row in rows)
    for row in rows:
        student = row[key]
        if key == "Student" and listed[_same(student)] > 1 and row.get("ID"):  # two people of one name
            student = f"{student} ({row['ID']})"
        try:
            if not student:
                raise row.wrong(f"the column {key!r} is empty: every line needs a student")
            if _same(student) in seen:
                raise row.wrong(f"{student!r} is there twice: take one of the lines out")
            seen.add(_same(student))
            times = _times(row, told_for)
        except tables.TableError as fault:
            faults.append(fault)
            continue
        if times:
            roster.submitted[student] = times
        others = {name: row[name] for name in columns if name not in OWN and name.split(" ")[0] != SUBMITTED}
        roster.people[student] = Person(student, _name(row), others)
    tables.refuse(faults)
    if not roster.people:
        raise tables.TableError(f"{path}: there is no student below the first line")
    return roster


def _is_student(row):
    """Canvas writes lines without an ID above the students, and its own test student below; Gradescope lists staff.

    A table of the instructor's own, which says who is a student, has nobody else in it.
    """
    if OWN[0] in row:
        return True
    if "SIS Login ID" in row and "ID" in row:
        return bool(row.get("ID")) and (row.get("Student") or _name(row)) not in ("Student, Test", "Test Student")
    return row.get("Role", "Student") in ("Student", "")


def _name(row):
    if full := next((row[column] for column in NAMES if row.get(column)), ""):
        return full
    return " ".join(next((row[part] for part in parts if row.get(part)), "") for parts in (FIRST, LAST)).strip()


def _told_for(columns, rows, exercises, path):
    """{column: exercise, or "" for all} of the columns that tell when something was handed in, and are not empty."""
    told = {}
    for column in columns:
        word, _, given = column.partition(" ")
        if word == SUBMITTED and any(row[column] for row in rows):
            try:
                exercise = course.meant(given, exercises) if given else ""
            except ValueError as why:
                raise tables.TableError(f"the column {column!r}: {why}", f"{path}, line 1") from None
            if other := next((name for name in told if told[name] == exercise), None):
                text = f"the columns {other!r} and {column!r} are both of {exercise}: take one of them out"
                raise tables.TableError(text, f"{path}, line 1")
            told[column] = exercise
    return told


def _times(row, told_for):
    times = {}
    for column in THEIRS:
        with contextlib.suppress(ValueError):  # "-", or the words of another language
            times[""] = tables.moment(row.get(column, ""))
    for column, exercise in told_for.items():
        if text := row[column]:
            try:
                times[exercise] = tables.moment(text)
            except ValueError:
                raise row.wrong(f"{column} is {text!r}, expected a time such as 2026-10-01T23:59") from None
    return times


@dataclass
class ByHand:
    """What a person decided about one check of one submission, or about all of it (``check`` is "")."""

    student: str
    exercise: str
    check: str
    points: float | None
    comment: str
    where: str = ""  # file and line, for errors


def read_by_hand(path, sheets, faults=None):
    """[ByHand] from a CSV file with the columns student, exercise, check, points, comment.

    An empty check means the whole exercise; empty points leave them as they are and add the comment. Raises
    tables.TableError with the lines and what to do; ``faults`` as in tables.settle.
    """
    needed = ["student", "exercise", "check", "points", "comment"]
    return tables.lines(path, needed, lambda row: _decision(row, sheets), faults)


def _decision(row, sheets):
    exercise = tables.exercise(row["exercise"], row["check"], sheets, row.wrong)
    sheet = sheets[exercise]
    most, points = sheet.checks[row["check"]].points if row["check"] else sheet.points, None
    if row["points"]:
        try:
            points = tables.number(row["points"])
        except ValueError:
            raise row.wrong(f"points is {row['points']!r}, expected a number such as 1.5") from None
        if not 0 <= points <= most:
            raise row.wrong(f"points is {points:g}, expected 0 to {most:g}")
    elif not row["comment"]:
        raise row.wrong("neither points nor a comment: fill in one of them, or take the line out")
    return ByHand(row["student"], exercise, row["check"], points, row["comment"], row.where)


def pseudonyms(students, secret):
    """{student: "anonymous-..."}: the same in every run that has the same secret, and telling nothing without it."""
    names = {}
    for student in students:
        digest = hmac.digest(secret.encode(), student.encode("utf-8", "backslashreplace"), hashlib.sha256).hex()
        names[student] = f"anonymous-{digest[:10]}"
    return names
