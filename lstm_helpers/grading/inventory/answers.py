"""The answers of a class, from the table that forms and papers were put into."""

import functools
import re
import unicodedata
from dataclasses import dataclass

from lstm_helpers import wording
from lstm_helpers.exam.asked import LETTERS
from lstm_helpers.grading.gradebook import tables
from lstm_helpers.grading.gradebook.book import Person
from lstm_helpers.grading.gradebook.roster import Roster
from lstm_helpers.grading.inventory import OPTIONS, WHEN, asked, questions

COLUMNS = ("student", "paper", "answers")
EMPTY = "."  # in place of a letter: no answer
PAPER = re.compile(r"(before|after)-(\d{1,9})")
ROUNDED = re.compile(r"\d+(?:[.,]\d+)?E\+\d+")  # what a spreadsheet makes of a long number
NAMED = 3  # that are given as examples


@dataclass(frozen=True)
class Sat:
    """What one student answered once. picked: for each question the option as the page has it, None for no answer."""

    student: str
    picked: tuple

    @property
    def right(self):
        """For each question whether the answer is right."""
        return tuple(option is not None and option.right for option in self.picked)

    @property
    def score(self):
        """How many answers are right."""
        return sum(self.right)


def read(before, after, roster=None):
    """({student: Sat}, {student: Sat}) of the tables of before and after. roster: a Roster; None: who stands in them.

    Raises tables.TableError, which names all lines of both that cannot be used, and what to do.
    """
    faults, rows = [], []
    if before.exists() and after.exists() and before.samefile(after):
        raise tables.TableError("it is given twice: give the answers of before, then those of after", str(before))
    for path in (before, after):
        found = tables.read(path, COLUMNS, faults)[1]
        rows.append([row for row in found if row["student"] or row["answers"]])
        if not rows[-1] and not faults:
            faults.append(tables.TableError("there are no answers below the first line", str(path)))
    known = [roster] if roster else [Roster(_people(told)) for told in rows]
    sat = [_sat(when, told, known, roster, faults) for when, told in zip(WHEN, rows, strict=True)]
    tables.refuse(faults)
    return tuple(sat)


def _people(rows):
    return {row["student"]: Person(row["student"]) for row in rows if row["student"]}


def _sat(when, rows, known, roster, faults):
    """{student: Sat} of one table; what cannot be used goes to ``faults``."""
    sat, lines = {}, {}
    for row in rows:
        try:
            student = _student(row, known, roster)
            if student in lines:
                answers = "the same answers" if row["answers"] == lines[student]["answers"] else "other answers"
                raise row.wrong(
                    f"{row['student']!r} is there twice, first in line {lines[student].where.rpartition(' ')[2]}, with "
                    f"{answers}: take one of the lines out"
                )
            lines[student] = row
            sat[student] = Sat(student, _picked(row, when))
        except tables.TableError as fault:
            faults.append(fault)
    return sat


def _student(row, known, roster):
    told = row["student"]
    if not told:
        raise row.wrong("the column 'student' is empty: whose answers are these?")
    if ROUNDED.fullmatch(told.upper()):
        raise row.wrong(
            f"a spreadsheet has rounded the student's number to {told}: make that column text, type it again"
        )
    if found := next((student for people in known if (student := people.resolve(told, ()))), None):
        return found
    some = ", ".join([*roster.people][:NAMED])
    raise row.wrong(f"{told!r} is not on the roster, which has {some}, ...: write the name or an id as it has them")


def _picked(row, when):
    paper = PAPER.fullmatch(row["paper"].casefold())
    if not paper:
        raise row.wrong(f"paper is {row['paper']!r}, expected what stands at the foot of each sheet, such as {when}-0")
    if paper[1] != when:
        raise row.wrong(f"paper is {paper[0]}, among the answers of {when}: were the files exchanged, or the papers?")
    if re.fullmatch(r"#\w+[?!]?|#N/A", row["answers"].upper()):
        raise row.wrong(f"a spreadsheet took the answers for a formula ({row['answers']}): type them again, as text")
    letters = re.sub(r"[\s,;|/]", "", unicodedata.normalize("NFKC", row["answers"]).upper()).replace("-", EMPTY)
    allowed = LETTERS[:OPTIONS] + EMPTY
    if strange := [(k, letter) for k, letter in enumerate(letters, 1) if letter not in allowed]:
        which = ", ".join(f"{letter!r} for question {k}" for k, letter in strange[:NAMED])
        raise row.wrong(f"answers has {which}: expected {allowed[0]} to {allowed[-2]}, or {EMPTY!r} for no answer")
    if len(letters) != len(questions()):
        raise row.wrong(
            f"answers has {wording.count(len(letters), 'letter')}, expected {len(questions())}: one for each "
            f"question, {EMPTY!r} where there is no answer"
        )
    shown = _parts(when, int(paper[2]))
    return tuple(None if letter == EMPTY else shown[k][LETTERS.index(letter)] for k, letter in enumerate(letters))


@functools.cache
def _parts(when, seed):
    return [each.parts for each in asked(when, seed)]
