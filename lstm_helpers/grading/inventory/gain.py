"""What a class gained between two sittings, as a whole, student by student, and misconception by misconception.

The gain of a class is normalised: the share of what could still be gained, <g> = (after - before) / (100 - before), of
its mean percentages. Source: Hake 1998, Interactive-engagement versus traditional methods, American Journal of Physics
66, 64-74. Only students who sat both times count.
"""

import math
from dataclasses import dataclass

import numpy as np

from lstm_helpers import intervals
from lstm_helpers.grading.gradebook import tables
from lstm_helpers.grading.inventory import misconception, questions

FEWEST = 5  # students below whom no interval is told: redrawing four tells nothing
BANDS = ((0.7, "high"), (0.3, "medium"), (-math.inf, "low"))  # as Hake calls them


@dataclass(frozen=True)
class Student:
    """One student's scores. gain: None where everything was right before and after: there was nothing to gain."""

    name: str
    before: int
    after: int

    @property
    def gain(self):
        """The share of what could be gained; where fewer are right than before, the share that was lost, negative.

        Source: Marx and Cummings 2007, Normalized change, American Journal of Physics 75, 87-91. Divided by the few
        that were missing, a loss of one at 19 of 20 would count as the whole.
        """
        if self.after < self.before:
            return (self.after - self.before) / self.before
        most = len(questions())
        return None if self.before == most else (self.after - self.before) / (most - self.before)


@dataclass(frozen=True)
class Choice:
    """An option and how many chose it. known: the Misconception of a wrong one, None of the right one."""

    number: int
    text: str
    known: object
    before: int
    after: int


@dataclass(frozen=True)
class Item:
    """A question: how many were right, how many left it empty, and what the others chose."""

    number: int
    text: str
    topic: str
    before: int
    after: int
    empty: tuple
    choices: tuple


@dataclass(frozen=True)
class Gain:
    """All that the report tells.

    before, after: mean per cent of those who sat both times; gain, low, high: <g> and its 95 % interval, None where
    there is none; everybody: ((mean per cent, students) of before, of after), whoever sat it; only_before, only_after,
    neither: who is missing.
    """

    before: float
    after: float
    gain: float | None
    low: float | None
    high: float | None
    students: list
    items: list
    everybody: tuple
    only_before: list
    only_after: list
    neither: list

    @property
    def band(self):
        """What Hake calls a gain of this size: "high", "medium" or "low"."""
        return next(word for least, word in BANDS if self.gain >= least)

    @property
    def stayed(self):
        """The misconceptions that as many or more hold after as before: [(Item, Choice)], the commonest first."""
        return sorted(self._wrong(lambda c: c.after >= max(c.before, 1)), key=lambda x: -x[1].after)

    @property
    def went(self):
        """Those that fewer hold: [(Item, Choice)], the largest fall first."""
        return sorted(self._wrong(lambda c: c.after < c.before), key=lambda x: x[1].after - x[1].before)

    def _wrong(self, fits):
        return [(item, c) for item in self.items for c in item.choices if c.known and fits(c)]


def measure(before, after, roster=None):
    """The Gain of a class. before, after: {student: answers.Sat}; roster: a Roster, whose others are in neither.

    Raises tables.TableError where nobody sat both times.
    """
    both = sorted(before.keys() & after.keys(), key=_alphabet)
    if not both:
        raise tables.TableError(
            f"nobody is in both tables: before there is {min(before, key=_alphabet)!r}, after "
            f"{min(after, key=_alphabet)!r}. Write the names "
            "in one way, or give a --roster, which knows several names of a student"
        )
    called = {student: roster.people[student].shown for student in roster.people} if roster else {}
    students = [Student(called.get(s, s), before[s].score, after[s].score) for s in both]
    scores = np.array(sorted((s.before, s.after) for s in students))  # sorted: the order of lines changes no draw
    gain, low, high = intervals.over_cases(_of_class, scores[:, 0], scores[:, 1])
    certain = len(both) >= FEWEST and math.isfinite(low) and math.isfinite(high)
    sat = [(before[s], after[s]) for s in both]

    def missing(some, others):
        return sorted((called.get(s, s) for s in some.keys() - others.keys()), key=_alphabet)

    return Gain(
        *(_per_cent(scores[:, k]) for k in (0, 1)),
        gain if math.isfinite(gain) else None,
        *((low, high) if certain else (None, None)),
        students,
        [_item(k, question, sat) for k, question in enumerate(questions())],
        tuple((_per_cent([each.score for each in told.values()]), len(told)) for told in (before, after)),
        missing(before, after),
        missing(after, before),
        missing(roster.people, before | after) if roster else [],
    )


def _alphabet(name):
    return name.casefold(), name


def _per_cent(scores):
    return 100 * float(np.mean(scores)) / len(questions())


def _of_class(before, after):
    """<g> of whole scores; NaN where everything was right before."""
    most = len(before) * len(questions())
    return (after.sum() - before.sum()) / (most - before.sum()) if before.sum() < most else math.nan


def _item(k, question, sat):
    right = [sum(both[w].right[k] for both in sat) for w in (0, 1)]
    empty = tuple(sum(both[w].picked[k] is None for both in sat) for w in (0, 1))
    choices = tuple(
        Choice(
            k + 1,
            option.text,
            None if option.right else misconception(option),
            *(sum(both[w].picked[k] == option for both in sat) for w in (0, 1)),
        )
        for option in question.options
    )
    return Item(k + 1, question.text, question.name.replace("-", " "), *right, empty, choices)
