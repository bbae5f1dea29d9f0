"""What has to be true of a misconception: it fails its check, is the one that is named, and is no misspelt edit."""

import numpy as np

from lstm_helpers import checks
from lstm_helpers.checks import judge, probe

ASKED = [check for sheet in checks.sheets().values() for check in sheet.checks.values()]
WITH_MISCONCEPTIONS = [check for check in ASKED if check.misconceptions]


def amiss(check, seeds_of):
    """What is amiss with the misconceptions of a check, a text for each, on the seeds that ``seeds_of(number)`` gives.

    One test looks at all of a check, since there are thousands of them and they share their cases: it names each one.
    """
    found = []
    for number, wrong in enumerate(check.misconceptions):
        for seed in seeds_of(number):
            try:
                _fails_and_is_named(check, wrong, seed)
            except Exception as error:  # one that does not even build hides none of the others
                found.append(f"{check.name}: {wrong.name}: seed {seed}: {type(error).__name__}: {error}")
    return "\n\n".join(found)


@np.errstate(all="ignore")
def _fails_and_is_named(check, wrong, seed):
    seen = []

    def see(cases):
        seen.extend(probe.watch_all(wrong.build(), cases, check.probe, check.returns))
        return seen

    result = judge.judge(check, seed, see)
    assert result.state in (judge.WRONG, judge.ERROR), (
        f"it passes, so it is no slip: add a case in which it is wrong ({result.state})"
    )
    assert result.points == 0
    assert result.candidates == [wrong.name], f"{_instead(result, wrong)}\n{result.text}"
    assert wrong.advice in result.text, result.text
    assert not {one.kind for one in seen} & {"NameError", "SyntaxError"}, "its edit is misspelt: a name that is none"


def _instead(result, wrong):
    """Why a misconception is not the one that is named, and what to do."""
    if others := [name for name in result.candidates if name != wrong.name]:
        return f"it has the outcome of {others[0]!r}: make one of the two, or add a case that tells them apart"
    if result.cause:
        return (
            f"it is named {result.cause!r}, as in every check (checks/shared.py): take it off the page; if it is more "
            "than that, put it under `### plain` and name it by its outcome"
        )
    return "it is not recognised: a later case may hide it, or its name stands twice"
