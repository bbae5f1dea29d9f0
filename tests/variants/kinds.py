"""What the tests of variants share: the turned checks, and what the course's own answers are worth there."""

import functools

from lstm_helpers import checks, variants
from lstm_helpers.checks import judge
from lstm_helpers.variants.asking import TurnedCheck
from tests.checks.solved import without_outcome

SEEDS = range(1, 11)
TURNED = [
    (exercise, name)
    for exercise in checks.sheets()
    for name, check in variants.sheet(exercise, SEEDS[0]).checks.items()
    if isinstance(check, TurnedCheck)
]


def turned(exercise, name, seed):
    """(the check of a variant, the course's)."""
    return variants.sheet(exercise, seed).checks[name], checks.sheets()[exercise].checks[name]


def judged(check, answer, seed=checks.SEED):
    """The Result of one of our own answers, which calls no other."""
    see = lambda cases: judge.observe(check, answer, [("", case) for case in cases])  # noqa: E731
    return judge.judge(without_outcome(check), seed, see)


@functools.cache
def key(exercise, seed):
    """The key of a variant, as ``lstm-course variant`` writes it."""
    from lstm_helpers.commands import build, variant

    (solution,) = (path for path, _ in build.pairs() if path.stem == exercise)
    return variant.key_of(solution, seed)
