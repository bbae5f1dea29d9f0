"""The class as it is shown: read from the store by ``run``, written by report, exports and feedback pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from lstm_helpers import checks

if TYPE_CHECKING:
    from lstm_helpers.grading.box.sandbox import Confinement
    from lstm_helpers.grading.gradebook.grade import Grade


NOTHING, CAUSE, VALUES = SHOWN = ("none", "cause", "values")  # what a student sees of a failing check


@dataclass
class Person:
    """One student. ``lms`` holds the other columns of the roster as they are, for the learning platform."""

    student: str  # the key of this person's grades: the roster's `student`, or the folder's name
    name: str = ""
    lms: dict[str, str] = field(default_factory=dict)

    @property
    def shown(self):
        """The name that a page shows."""
        return self.name or self.student


@dataclass
class Pair:
    """Two students whose answers to one exercise are the same or nearly so. ``likeness`` is 0 to 1."""

    exercise: str
    first: str
    second: str
    likeness: float
    shared: list[str] = field(default_factory=list)  # the names of the functions and classes that are alike
    same_file: bool = False  # to the last byte


@dataclass
class Move:
    """A check that looked again at one student's answer: its points before, what it gives now, what counts.

    All with the weight of the check, before lateness. by_hand: points that a person gave, which count in place of the
    check's, such as "1.5" or "9 for the whole exercise"; else "".
    """

    student: str
    exercise: str
    check: str
    before: float
    gave: float
    after: float
    by_hand: str = ""

    @property
    def by(self):
        """By how much what counts has moved: points by hand stay."""
        return 0.0 if self.by_hand else self.after - self.before

    @property
    def keeps_earlier(self):
        return not self.by_hand and self.gave < self.after


@dataclass
class Book:
    """Everything that is shown of one class.

    grades: in the order of the roster, one for each student and exercise, also for what is missing. It is read from
    the store as it is walked through, as often as wanted: walk through it, and keep no copy of a large class.
    people: by ``Grade.student``; seed: of the cases; variant: of the exercises, or None; confinement: what confined the
    students' code; strays: files that belong to no exercise, (student, file, why); sheets: {exercise: Sheet}, with the
    points that each check counts for;
    requests: appeals.Request of students who ask for another look; show: one of SHOWN, how much of a failure they see;
    off_roster: students whom a roster does not name; idle, outdated: lines for the instructor about
    decisions by hand that do not count as they stand, and points of an earlier version of an exercise.
    """

    grades: Sequence[Grade]
    people: dict[str, Person]
    seed: int
    when: datetime
    confinement: Confinement
    anonymous: bool = False
    similar: list[Pair] = field(default_factory=list)
    strays: list[tuple[str, str, str]] = field(default_factory=list)
    regraded: list[Move] = field(default_factory=list)
    requests: list = field(default_factory=list)
    show: str = VALUES
    off_roster: list[str] = field(default_factory=list)
    idle: list[str] = field(default_factory=list)
    outdated: list[str] = field(default_factory=list)
    variant: int | None = None
    sheets: dict = field(default_factory=lambda: checks.sheets())
