"""When something was handed in, by whose clock, and what that costs, in words by which a student can follow the sum."""

import itertools
import math
from dataclasses import dataclass
from datetime import datetime

from lstm_helpers import wording

ROSTER, PLATFORM, FILE = "roster", "platform", "file"
CLOCKS = {  # in words for all
    ROSTER: "the roster's time",
    PLATFORM: "the time in the platform's export",
    FILE: "the file's own time",
}
NO_TIME = "when this was handed in is not known, so nothing is taken off for lateness"
ONE_DOWNLOAD = 3600  # seconds: so long it may take to clone or download a class
FEWEST = 3  # students below which nothing can be said of when files were downloaded
WAY_OUT = (
    "Give a --roster with a column `submitted` (2026-10-01T23:59); Moodle's grading worksheet and Gradescope's "
    "export of grades hold the times"
)


@dataclass
class Clocks:
    """Whose clock says when something was handed in.

    roster_times: {student: {exercise, or "" for all: seconds since 1970}} of the roster; timed: the folders whose times
    are those of the platform's export. Where either of them tells times, the clock of a file is nobody's word: a
    student whose time is missing there has none.
    """

    roster_times: dict
    timed: set

    def tells(self, exercise):
        """Whether the roster has the time of anybody for this exercise."""
        return any(exercise in times or "" in times for times in self.roster_times.values())

    def of(self, folder, student, exercise, written):
        """(seconds since 1970 or None, clock) of what a student handed in. ``written``: the time kept with the file."""
        times = self.roster_times.get(student, {})
        if (time := times.get(exercise, times.get(""))) is not None:
            return time, ROSTER
        if folder in self.timed:
            return written, PLATFORM
        return (None, ROSTER) if self.tells(exercise) else (written, FILE)

    def check(self, handed):
        """Raise ValueError if nobody knows when anything was handed in.

        handed: (folder, student, exercise, Rule or None, the file's time) of everything.
        """
        asked = [one for one in handed if one[3]]
        untold = [(s, e, rule, time) for f, s, e, rule, time in asked if self.of(f, s, e, time)[1] == FILE]
        if not untold:
            return
        times = [time for *_, time in untold if time]
        missing = self._missing({exercise for _, exercise, *_ in untold})
        if not times and len(untold) == len(asked):
            raise ValueError(f"--late: nobody knows when anything was handed in: these files carry no time. {missing}")
        all_late = len({student for student, *_ in untold}) >= FEWEST and len(times) == len(untold)
        if all_late and max(times) - min(times) < ONE_DOWNLOAD and all(rule.late_by(t) for *_, rule, t in untold):
            raise ValueError(
                f"--late: the files carry times from {datetime.fromtimestamp(min(times)):%Y-%m-%d %H:%M} to "
                f"{datetime.fromtimestamp(max(times)):%H:%M} alone, all after the deadline: that is when they were "
                f"downloaded or copied, not when they were handed in. {missing}"
            )

    def _missing(self, exercises):
        """What to do about the times of these exercises, of which nobody has one in the roster."""
        if not self.roster_times:
            return WAY_OUT
        of = sorted(exercises)
        return f"The roster tells no time for {', '.join(of)}: add a column `submitted`, or `submitted {of[0]}`"


def remark(rule, late_by, clock):
    """What lateness costs by a policy.Rule, as a remark for the student and the instructor."""
    late = f"{span(late_by)} late by {CLOCKS[clock]}"
    off, days = 1 - rule.keeps(late_by), rule.days(late_by)
    if not off:
        return f"{late}: nothing is taken off"
    most = f", at most {_percent(rule.max)}" if rule.per_day * days > rule.max else ""
    each = f", {_percent(rule.per_day)} each" if days > 1 else ""
    return f"{late}: {wording.count(days, 'day')} begun{each}{most}: {_percent(off)} of the points are taken off"


def _percent(part):
    return f"{100 * part:g}%"


def span(seconds):
    """Seconds in words, of the two largest units that it takes; a second that has begun counts."""
    left, parts = math.ceil(seconds), []
    for size, unit in ((86400, "day"), (3600, "hour"), (60, "minute"), (1, "second")):
        number, left = divmod(left, size)
        if number:
            parts.append(wording.count(number, unit))
    return " ".join(itertools.islice(parts, 2))


def signed(points):
    """Points that are added or taken, with their sign."""
    return f"{points:+g}".replace("-", "−")


def sum_of(grade):
    """How the points of a Grade that count come about, in words; "" where they are those by the checks."""
    if grade.together is None:
        return ""
    parts = [] if grade.points is None else [f"{wording.count(grade.points, 'point')} by the checks"]
    if grade.by_hand:
        parts.append(f"{signed(grade.by_hand)} by hand")
    if grade.lateness:
        parts += [f"{grade.together:g} together"] if len(parts) > 1 else []
        parts.append(f"{signed(grade.lateness)} for lateness")
    return f"{', '.join(parts)}: {wording.count(grade.final, 'point counts', 'points count')}"
