"""What lateness costs: ``deadline=2026-10-01T23:59, grace=15m, per_day=10%, max=50%``."""

import math
import re
import time
import tomllib
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

from lstm_helpers import course
from lstm_helpers.grading.gradebook import tables

DAY = 86400.0
LAST = 253370764800.0  # the year 9999: the time of a file may be any number, also one that no calendar reaches
UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": DAY}
FORM = "deadline=2026-10-01T23:59, grace=15m, per_day=10%, max=50%"
KEYS = ("deadline", "grace", "per_day", "max")


@dataclass(frozen=True)
class Rule:
    """deadline: seconds since 1970; grace: seconds that are not late yet; per_day, max: parts of the points earned."""

    deadline: float
    grace: float = 0.0
    per_day: float = 0.0
    max: float = 1.0

    def late_by(self, submitted):
        """Seconds after the deadline; 0 within the grace.

        An hour that this computer's time zone repeats in between, at the end of daylight saving, is not counted: who
        hands in at the deadline's time of day on the next day is one day late. An hour that it leaves out in spring
        was not there to work in, and is not counted either.
        """
        if submitted - self.deadline <= self.grace:
            return 0.0
        offset, offset_then = (time.localtime(min(t, LAST)).tm_gmtoff for t in (submitted, self.deadline))
        late = submitted - self.deadline - max(offset_then - offset, 0)
        return late if late > self.grace else 0.0

    def days(self, late_by):
        """The days that have begun since the deadline: each counts whole."""
        return math.ceil(late_by / DAY)

    def keeps(self, late_by):
        """The part of the points that is left: each day that has begun costs ``per_day``, all days at most ``max``."""
        return 1.0 - min(self.max, self.per_day * self.days(late_by))


@dataclass
class Policy:
    """A Rule for every exercise (``rule``), others for some (``by_exercise``). An exercise may have none."""

    rule: Rule | None = None
    by_exercise: dict = field(default_factory=dict)

    def of(self, exercise):
        """The Rule of an exercise, or None."""
        return self.by_exercise.get(exercise, self.rule)

    def as_data(self):
        """Plain JSON data, for the store."""
        return {name: vars(rule) for name, rule in {"": self.rule, **self.by_exercise}.items() if rule}

    @classmethod
    def of_data(cls, data):
        """The Policy that ``as_data`` described."""
        rules = {name: Rule(**values) for name, values in data.items()}
        return cls(rules.pop("", None), rules)


def read(given, exercises):
    """The Policy of a text such as FORM, or of a TOML file with the same keys.

    In the file, a table named like an exercise (``[03_gates]``) overrides single keys for it. Raises
    tables.TableError with what was given and what was expected.
    """
    path = Path(given)
    if path.suffix == ".toml" or "=" not in given:
        return _of_file(path, exercises)
    where = f"--late {given!r}"
    return Policy(_rule(tables.pairs(given, where), where))


def _of_file(path, exercises):
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise tables.TableError(
            f"--late {path}: {error.strerror}. Expected a TOML file, or a text such as {FORM!r}"
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise tables.TableError(f"{path}: {error}") from None
    try:
        meant = {name: course.meant(name, exercises) for name, table in told.items() if isinstance(table, dict)}
    except ValueError as why:
        raise tables.TableError(f"{path}: {why}") from None
    own, named = {}, {}
    for name, exercise in meant.items():
        if exercise in named:
            text = f"[{named[exercise]}] and [{name}] are both {exercise}: put them into one"
            raise tables.TableError(f"{path}: {text}")
        own[exercise], named[exercise] = told[name], name
    common = {name: value for name, value in told.items() if not isinstance(value, dict)}
    rule = _rule(common, str(path)) if common.get("deadline") or not own else None
    return Policy(rule, {name: _rule({**common, **table}, f"{path}, [{name}]") for name, table in own.items()})


def _rule(told, where):
    if unknown := [key for key in told if key not in KEYS]:
        raise tables.TableError(f"{where}: {unknown[0]!r} is not known; known are {', '.join(KEYS)}, as in {FORM!r}")
    if "deadline" not in told:
        raise tables.TableError(f"{where}: there is no deadline; expected for example {FORM!r}")
    return Rule(
        _deadline(told["deadline"], where),
        _seconds(told.get("grace", "0s"), where),
        _part(told.get("per_day", "0%"), "per_day", where),
        _part(told.get("max", "100%"), "max", where),
    )


def _deadline(value, where):
    try:
        if isinstance(value, datetime):
            return value.timestamp()
        if "T" in str(value) or " " in str(value):
            return tables.moment(str(value))
        day = date.fromisoformat(str(value))
        return datetime(day.year, day.month, day.day, 23, 59, 59).timestamp()  # a day ends at midnight
    except ValueError:  # also of a year that this computer's time zone moves out of the calendar
        expected = "expected a time such as 2026-10-01T23:59"
        raise tables.TableError(f"{where}: deadline is {_as_written(value)}, {expected}") from None


def _as_written(value):
    """A value as it stands in the text or the TOML file that it comes from."""
    return repr(value) if isinstance(value, str) else str(value)


def _seconds(value, where):
    fits = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([smhd])", str(value))
    if not fits:
        raise tables.TableError(
            f"{where}: grace is {_as_written(value)}, expected minutes, hours or days such as 15m, 2h, 1d"
        )
    return float(fits[1]) * UNITS[fits[2]]


def _part(value, key, where):
    fits = re.fullmatch(r"(\d+(?:\.\d+)?)\s*%", str(value))
    if not fits or float(fits[1]) > 100:
        raise tables.TableError(f"{where}: {key} is {_as_written(value)}, expected a percentage such as 10%")
    return float(fits[1]) / 100
