"""What a check counts for the whole class: ``"03_gates".sigmoid = 0`` drops it, 0.5 halves it, 2 doubles it."""

import dataclasses
import math
import tomllib
from pathlib import Path

from lstm_helpers.grading.gradebook import tables

FORM = '["03_gates"] and below it sigmoid = 0'


def read(given, sheets, faults=None):
    """{exercise: {check: weight}} of a TOML file, or of a CSV file with the columns exercise, check, weight.

    Raises tables.TableError with the lines or the names, and what to do; ``faults`` as in tables.settle.
    """
    path, found, own = Path(given), {}, []
    if path.suffix.lower() != ".toml":
        told = lambda row: (row["exercise"], row["check"], row["weight"])  # noqa: E731
        add = lambda row: _add(found, sheets, *told(row), row.wrong, row.where)  # noqa: E731
        tables.lines(path, ["exercise", "check", "weight"], add, faults)
        return _by_exercise(found)
    wrong = lambda text: tables.TableError(text, str(path))  # noqa: E731
    for exercise, checks in _of_toml(path).items():
        if not isinstance(checks, dict):
            own.append(wrong(f"{exercise} = {checks!r} names no check; expected {FORM}"))
            continue
        for check, weight in checks.items():
            try:
                _add(found, sheets, exercise, check, weight, wrong, f'["{exercise}"]')
            except tables.TableError as fault:
                own.append(fault)
    tables.settle(own, faults)
    return _by_exercise(found)


def _by_exercise(found):
    told = {}
    for (exercise, check), (weight, _) in found.items():
        told.setdefault(exercise, {})[check] = weight
    return told


def _of_toml(path):
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise tables.TableError(f"--weights {path}: {error.strerror}. Expected a TOML or CSV file") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise tables.TableError(f"{path}: {error}; expected {FORM}") from None


def _add(found, sheets, exercise, check, given, wrong, place):
    """Add to ``found``, {(exercise, check): (weight, the place that names it)}."""
    exercise = tables.exercise(exercise, check, sheets, wrong)
    if not check:
        raise wrong(f"no check is named; {exercise} has: {', '.join(sheets[exercise].checks)}")
    try:
        weight = tables.number(given) if isinstance(given, str) else float(given)
    except (TypeError, ValueError):
        weight = math.nan
    if isinstance(given, bool) or not 0 <= weight < math.inf:
        raise wrong(f"the weight of {check} is {given!r}, expected a number from 0 up: 0 drops the check, 2 doubles it")
    if (exercise, check) in found:
        other, there = found[exercise, check]
        raise wrong(f"the weight of {check} is {weight:g} in {place}, and {other:g} in {there}: take one of them out")
    found[exercise, check] = weight, place


def points(earned, weight):
    """Points as they count."""
    return round(earned * weight, 4)


def of_maximum(earned, earlier, most):
    """Points of an earlier maximum as the same share of another one; of a maximum of 0 there is no share to keep."""
    return earned if earlier == most else round(earned * most / earlier, 4) if earlier else 0.0


def earlier_maxima(counted, most):
    """That some were graded out of another maximum, and how they enter a mean; "" if nobody was.

    counted: {maximum: students}; most: today's maximum.
    """
    parts = [f"{count} graded out of {of:g}" for of, count in sorted(counted.items()) if of != most]
    return f"{', '.join(parts)}, taken as the same share of {most:g}" if parts else ""


def weighted(sheets, weights):
    """The Sheets with the points that their checks count for; others are left as they are."""
    counted = dict(sheets)
    for exercise in weights.keys() & sheets.keys():
        sheet, of_exercise = sheets[exercise], weights[exercise]
        counted[exercise] = sheet.with_checks(
            dataclasses.replace(check, points=points(check.points, of_exercise.get(check.name, 1)))
            for check in sheet.checks.values()
        )
    return counted
