"""Judging: what was seen beside the student, against the oracle, and against the classic wrong answers."""

import functools
import itertools

import numpy as np

from lstm_helpers import wording
from lstm_helpers.checks import probe, shared
from lstm_helpers.checks.compare import (
    alike,
    close,
    counted,
    differs,
    integers,
    two_decimals,
    whole_number,
    wrong_outputs,
)
from lstm_helpers.checks.diagnose import diagnose
from lstm_helpers.checks.show import CORRECT, ERROR, NOT_ATTEMPTED, WRONG, Result, inputs_in_brief, side_by_side

__all__ = [  # what the sheets and the grader take from here
    "CORRECT", "ERROR", "NOT_ATTEMPTED", "WRONG", "Result", "close", "counted", "differs", "integers", "judge",
    "observe", "two_decimals", "whole_number",
]  # fmt: skip


def _exact(case):
    return {name: a.astype(np.float64) if a.dtype.kind == "f" else a for name, a in case.items()}


def observe(check, answer, cases):
    """What the oracle or a misconception gives on the cases, in float64, seen through the student's own probe."""
    return list(probe.watch_all(answer, [_exact(case) for _, case in cases], check.probe, check.returns))


class _Reference:
    """A check on the cases of one seed, with a memory of what our own answers give there: a class shares its cases."""

    def __init__(self, check, seed):
        self.check, self.cases = check, check.draw(seed)
        self._answered, self._both, self._outcomes = {}, {}, {}
        self.spoilt = {}  # (number of a misconception, number of a case): what it makes wrong there

    @functools.cached_property
    def exact(self):
        """The inputs of each case in float64."""
        return [_exact(case) for _, case in self.cases]

    @functools.cached_property
    def pairs(self):
        """The numbers of each two misconceptions that may be made in one answer."""
        return set(itertools.combinations([n for n, m in enumerate(self.check.misconceptions) if m.paired], 2))

    def both(self, pair):
        """The answer with two slips at once, or None where they do not fit together."""
        if pair not in self._both:
            self._both[pair] = self.check.with_both(*(self.check.misconceptions[number] for number in pair))
        return self._both[pair]

    def outcomes(self, pairs, k):
        """The bare outputs on case ``k`` of each of these pairs that fits together; None where it raises."""
        if new := [pair for pair in pairs if (pair, k) not in self._outcomes and self.both(pair)]:
            answers, check = [self.both(pair) for pair in new], self.check
            found = probe.outcomes(answers, self.exact[k], check.probe, check.returns, k)
            self._outcomes.update(zip([(pair, k) for pair in new], found, strict=True))
        return {pair: self._outcomes[pair, k] for pair in pairs if self.both(pair)}

    def answered(self, number, k):
        """What a misconception, by its number, two at once, by both, or the oracle, by None, gives on case ``k``."""
        if (number, k) not in self._answered:
            if number is None:
                answer = self.check.oracle
            else:
                answer = self.both(number) if isinstance(number, tuple) else self.check.misconceptions[number].build()
            self._answered[number, k] = probe.watch(answer, self.exact[k], self.check.probe, self.check.returns, k)
        return self._answered[number, k]


_reference = functools.lru_cache(maxsize=32)(_Reference)


def judge(check, seed, see):
    """The Result of what ``see`` sees on the cases of a seed: it gets their inputs, and returns one Seen for each.

    It stops after a status of ``probe.LAST``. RuntimeError for any other number of them: nothing can be graded then.
    Where all of them are right, what the check's outcome asks is seen and judged after them.
    """
    reference = _reference(check, seed)
    seen = _seen(check, reference.cases, see)
    with probe.random_state_kept():
        result = _judge(reference, seen)
    if result.state != CORRECT or check.outcome is None:
        return result
    cases = check.outcome.draw(seed)
    return _marked(check, check.outcome.marks, [case for _, case in cases], _seen(check, cases, see), result)


def _seen(check, cases, see):
    """What is seen on these cases, one Seen for each, up to the first with a status of ``probe.LAST``."""
    seen = see([case for _, case in cases])
    ended = bool(seen) and seen[-1].status in probe.LAST
    if len(seen) > len(cases) or (len(seen) < len(cases) and not ended):
        counts = wording.count(len(seen), "answer"), wording.count(len(cases), "case")
        raise RuntimeError(f"{check.name}: {' to '.join(counts)}")
    return seen


def _judge(reference, seen):
    """The Result of what was seen on the cases. Knows nothing of where, or in which process, it was seen."""
    check, cases = reference.check, reference.cases[: len(seen)]
    printed = next((s.printed for s in seen if s.printed), "")
    result = Result(check.name, CORRECT, check.points, check.points, printed=printed)
    if untouched := next((s for s in seen if s.status == "untouched"), None):
        result.state, result.points, result.hints = NOT_ATTEMPTED, 0, check.hints
        result.lines = [text for text in (untouched.line, untouched.text) if text]
        return result
    if check.marks:
        return _marked(check, check.marks, [case for _, case in cases], seen, result)
    wanted = [reference.answered(None, k) for k in range(len(seen))]
    failing = [k for k, (_, case) in enumerate(cases) if not alike(check, seen[k], wanted[k], case)]
    if not failing:
        return result

    errors = [k for k in failing if seen[k].status in ("error", "timeout")]
    as_one = [k for k in failing if seen[k].kind == "one"]  # in others its rows may have been taken for the results
    first = (errors or as_one or failing)[0]
    s, w, (label, case) = seen[first], wanted[first], cases[first]
    result.state, result.points, result.hints = ERROR if errors else WRONG, 0, check.hints
    result.lines = [text for text in ((s.line, s.text) if errors else (differs(check, s, w, case),)) if text]
    if check.fresh:
        result._case = case
        result.lines.append(
            _circumstances(check, cases, failing, label, case, untried=len(reference.cases) - len(seen))
        )
    lines, fitting, result.cause, result.advice = diagnose(
        reference, seen, [first, *(k for k in failing if k != first)]
    )
    result.candidates = [misconception.name for misconception in fitting]
    result.lines = [*([result.cause_line] if result.cause else []), *result.lines, *lines]
    if check.fresh and not errors and s.status == "ok":
        named = next(iter(wrong_outputs(check, s, w, case)), None)
        result.table = side_by_side(named, s.outputs[named], w.outputs[named], case) if named else ""
    return result


def _marked(check, marks, cases, seen, result):
    """The Result of what has no right answer: ``marks`` gives the points, for all cases together."""
    bad = next((s for s in seen if s.status != "ok"), None)
    if bad:
        result.state, result.points = ERROR if bad.status in ("error", "timeout") else WRONG, 0
        failing = [k for k, s in enumerate(seen) if s.status != "ok"]
        result.cause, result.advice = shared.by_form(seen, failing, check.returns) or ("", "")
        result.lines = [text for text in (result.cause and result.cause_line, bad.line, bad.text) if text]
    else:
        result.points, said, result.cause = marks([s.outputs for s in seen], cases)
        result.state, result.lines = WRONG if result.cause or not result.points else CORRECT, [said]
    if result.state != CORRECT:
        result.hints = check.hints
    return result


def _circumstances(check, cases, failing, label, case, untried):
    text = f"First seen with: {label} ({inputs_in_brief(case)})"
    bad = list(dict.fromkeys(cases[k][0] for k in failing))
    good = list(dict.fromkeys(label for k, (label, _) in enumerate(cases) if k not in failing))
    if untried or "float32" in good[:2] and len(good) <= 2:  # it has sizes and a tolerance of its own, too
        return text
    if 0 < len(good) <= 2:
        text += f"\nRight only with: {'; '.join(good)}"
    elif good and len(bad) <= 3:
        text += f"\nWrong only with: {'; '.join(bad)}"
    return text
