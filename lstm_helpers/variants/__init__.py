"""Variants: the course's exercises with other orders, numbers and shapes, since its solutions are public.

``sheets(seed)`` are the sheets of a variant; what they turn is in ``plans``, how in ``turns`` and ``asking``, and what
a student reads of it is made in ``texts``.
"""

import functools
import re

from lstm_helpers import checks
from lstm_helpers.variants import asking, plans

NAMED = re.compile(r"^[^#\n]*\bvariant\(\s*(?:seed\s*=\s*)?(\d+)\s*\)", re.MULTILINE)


def named(cells):
    """The number of the variant that a notebook names in its code cells; None where it names none."""
    found = [int(number) for source in cells for number in NAMED.findall(source)]
    return found[-1] if found else None


@functools.cache
def plan(exercise, seed):
    """What a variant turns in one exercise: a ``plans.Drawn``."""
    return plans.draw(checks.sheets()[exercise], seed)


@functools.cache
def sheet(exercise, seed):
    """The Sheet of one exercise in a variant; the course's own where nothing of it is turned."""
    given = checks.sheets()[exercise]
    return asking.turned(given, plan(exercise, seed)) if exercise in plans.PLANS else given


def sheets(seed):
    """{exercise: Sheet} of a variant; exercises of an instructor's own are as they are."""
    return {exercise: sheet(exercise, seed) for exercise in checks.sheets()}


def as_course(check, fn):
    """An answer to a Check of a variant, as one that takes and gives what the course's does."""
    return check.turn.undone(fn) if isinstance(check, asking.TurnedCheck) else fn


def turned_points(exercise, seed):
    """How many of the points of an exercise the course's own answers do not earn in a variant."""
    return sum(check.points for check in sheet(exercise, seed).checks.values() if isinstance(check, asking.TurnedCheck))
