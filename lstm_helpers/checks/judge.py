"""Judging: what was seen beside the student, against the oracle, and against the classic wrong answers."""

import functools
import html
import itertools
import re
from dataclasses import dataclass, field

import numpy as np

from lstm_helpers.checks import probe

NOT_ATTEMPTED, ERROR, WRONG, CORRECT = "not attempted", "error in your code", "wrong", "correct"
BADGE = {
    CORRECT: "#1a7f37",
    WRONG: "#9a6700",
    ERROR: "#b42318",
    NOT_ATTEMPTED: "#57606a",
}  # white on it: over 4.5:1


@dataclass
class Result:
    """One check's answer to the person.

    In a notebook it is HTML; its repr is the points as a number, which is how nbgrader reads partial credit; ``line``
    is the one plain line, ``text`` the whole feedback as plain text.
    """

    check: str
    state: str
    points: float
    of: float
    lines: list = field(default_factory=list)
    cause: str = ""  # the misconception that explains every case, if exactly one does
    advice: str = ""
    candidates: list = field(default_factory=list)  # every misconception that fits
    carried: list = field(default_factory=list)  # earlier functions that are at fault in place of this one
    hints: tuple = ()
    printed: str = ""
    table: str = ""  # HTML: the student's values beside the right ones

    @property
    def right(self):
        """Fully right: correct, and without help from a reference."""
        return self.state == CORRECT and not self.carried

    @property
    def failed(self):
        """Something was written and it is not right, be it through a fault of an earlier function that it calls."""
        return self.state in (ERROR, WRONG) or (self.state == NOT_ATTEMPTED and bool(self.lines))

    @property
    def line(self):
        unit = "point" if self.of == 1 else "points"
        return f"{self.check}: {self.state}, {self.points:g} of {self.of:g} {unit}"

    @property
    def cause_line(self):
        return f"Likely cause: {self.cause}. {self.advice}" if self.cause else ""

    @property
    def text(self):
        return "\n".join([self.line, *self.lines])

    def __repr__(self):
        return str(float(self.points))

    def _repr_html_(self):
        body = "".join(
            f'<div style="white-space:pre-wrap;margin:.3em 0;font-weight:{600 if line == self.cause_line else 400}">'
            f"{inline_code(line)}</div>"
            for line in self.lines
        )
        said = ""
        if self.printed:
            said = f"<details><summary>what your code printed</summary><pre>{html.escape(self.printed)}</pre></details>"
        unit = "point" if self.of == 1 else "points"
        return (
            f'<div role="status" style="border-left:4px solid {BADGE[self.state]};'
            f'padding:.2em 0 .2em .8em;max-width:60em">'
            f'<code style="font-weight:600">{html.escape(self.check)}</code> '
            f'<span style="background:{BADGE[self.state]};color:white;border-radius:.8em;padding:.05em .7em">'
            f"{self.state}</span> {self.points:g} of {self.of:g} {unit}"
            f"{body}{self.table}{said}{self._hints_html()}</div>"
        )

    def _hints_html(self):
        """Hints fold out one after the other: each lies inside the one before."""
        if self.state == CORRECT:
            return ""
        folded = ""
        for number, hint in reversed(list(enumerate(self.hints, 1))):
            folded = (
                f'<details style="margin:.3em 0"><summary>hint {number} of {len(self.hints)}</summary>'
                f'<div style="margin:.2em 0 .2em 1.2em">{inline_code(hint)}{folded}</div></details>'
            )
        return folded


def inline_code(text):
    """Escape; `code` becomes <code>."""
    parts = html.escape(text).split("`")
    return "".join(f"<code>{part}</code>" if k % 2 else part for k, part in enumerate(parts))


def close(got, want, case):
    """What differs between two tensors, or "": shape, a float dtype, every value.

    The lower precision of inputs and result sets the tolerance: 1e-6 relative and 1e-9 of the largest value, or 1e-3
    and 1e-5 in float32.
    """
    if got.shape != want.shape:
        return f"has shape {got.shape}, expected {want.shape}"
    if got.dtype.kind != "f" or got.itemsize < 4:
        return f"has dtype {got.dtype}, expected floats (float32 or float64)"
    if not (wrong := _differing(got, want, case)).any():
        return ""
    at = tuple(int(k) for k in np.argwhere(wrong)[0])
    where = f"[{', '.join(map(str, at))}] is" if at else "is"
    with np.errstate(invalid="ignore"):
        gap = np.abs(got - want)[wrong].max()
    more = f", largest difference {gap:.2g}" if np.isfinite(gap) else ""
    a, b = _unequal_digits(float(got[at]), float(want[at]))
    return f"{where} {a}, expected {b} ({wrong.sum()} of {wrong.size} values differ{more})"


def _differing(got, want, case):
    low = min([got.dtype, *(a.dtype for a in case.values() if a.dtype.kind == "f")], key=lambda d: d.itemsize)
    rtol, atol = (1e-6, 1e-9) if low.itemsize >= 8 else (1e-3, 1e-5)
    finite = np.where(np.isfinite(want), np.abs(want), 0)
    return ~np.isclose(got, want, rtol, atol * max(1.0, finite.max(initial=0)), equal_nan=True)


def _unequal_digits(a, b):
    """Both numbers with as few digits as show the difference."""
    for digits in (4, 6, 9, 17):
        pair = f"{a:.{digits}g}", f"{b:.{digits}g}"
        if pair[0] != pair[1]:
            break
    return pair


def two_decimals(got, want, case):
    """Comparison for a number worked out by pencil: within 0.01, since rounding on the way adds up. It never shows
    the right one.
    """
    near = lambda number, by=0.0101: abs(number - want) <= by  # noqa: E731
    if near(got):
        return ""
    if near(got, 0.051):
        why = "close, but not near enough: keep four decimals on the way, and round at the end"
    elif near(got / 100):
        why = "write a fraction, not per cent"
    elif near(-got):
        why = "the sign is wrong"
    else:
        why = "not the number that the equation gives"
    return f"is {float(got):g}: {why}"


def differs(check, got, want, case):
    """ "" when two observations say the same thing, else the first difference in words."""
    if got.status != "ok" or want.status != "ok":
        misfit = lambda seen: seen.text if seen.status == "misfit" else ""  # noqa: E731
        same = (got.status, got.kind, misfit(got)) == (want.status, want.kind, misfit(want))
        return "" if same else got.text or "another outcome"
    for name, expected in want.outputs.items():
        if text := (check.compare or close)(got.outputs[name], expected, case):
            return f"{name}{'' if text.startswith('[') else ' '}{text}"
    if set(got.changed) != set(want.changed):
        names = ", ".join(got.changed)
        return f"the values are right, but your code changes its input {names}: work on a copy, without += or *= on it"
    if check.quiet and bool(got.floats) != bool(want.floats):
        return f"the values are right, but NumPy warns on the way: {', '.join(got.floats)}"
    return ""


def _exact(case):
    return {name: a.astype(np.float64) if a.dtype.kind == "f" else a for name, a in case.items()}


def observe(check, answer, cases):
    """What the oracle or a misconception gives on the cases, in float64, seen through the student's own probe."""
    return list(probe.watch_all(answer, [_exact(case) for _, case in cases], check.probe, check.returns))


def _explains(asked, number, seen, first=0):
    """Whether an answer of ours gives what was seen on every case. ``first`` is looked at first: it tells most."""
    order = [first, *(k for k in range(len(seen)) if k != first)]
    return all(not differs(asked.check, seen[k], asked.answered(number, k), asked.cases[k][1]) for k in order)


def _two_slips(asked, seen, first):
    """(cause, advice) where no single misconception explains what was seen, and two at once do; or None.

    Several pairs that explain it and have one misconception in common name that one.
    """
    known = asked.check.misconceptions
    fitting = [set(pair) for pair in asked.pairs if _explains(asked, pair, seen, first)]
    sure = [known[number] for number in sorted(set.intersection(*fitting))] if fitting else []
    if len(sure) == 2:
        return f"two slips at once: {sure[0].name}; and {sure[1].name}", f"{sure[0].advice} {sure[1].advice}"
    return (f"{sure[0].name}, and one more slip beside it", sure[0].advice) if sure else None


class _Asked:
    """A check on the cases of one seed, with a memory of what our own answers give there: a class shares its cases."""

    def __init__(self, check, seed):
        self.check, self.cases, self._answered = check, check.draw(seed), {}

    @functools.cached_property
    def pairs(self):
        """The answers with two slips at once, by the numbers of the two misconceptions."""
        numbered = list(enumerate(self.check.misconceptions))
        both = {(a, b): self.check.with_both(m, n) for (a, m), (b, n) in itertools.combinations(numbered, 2)}
        return {pair: answer for pair, answer in both.items() if answer}

    def answered(self, number, k):
        """What a misconception, by its number, two at once, by both, or the oracle, by None, gives on case ``k``."""
        if (number, k) not in self._answered:
            if number is None:
                answer = self.check.oracle
            else:
                answer = self.pairs[number] if isinstance(number, tuple) else self.check.misconceptions[number].build()
            self._answered[number, k] = observe(self.check, answer, self.cases[k : k + 1])[0]
        return self._answered[number, k]


_asked = functools.lru_cache(maxsize=32)(_Asked)


def look(check, seed, see):
    """The Result of what ``see`` sees on the cases of a seed: it gets their inputs, and returns one Seen for each.

    It stops after a status of ``probe.LAST``. RuntimeError for any other number of them: nothing can be graded then.
    """
    asked = _asked(check, seed)
    seen = see([case for _, case in asked.cases])
    ended = bool(seen) and seen[-1].status in probe.LAST
    if len(seen) > len(asked.cases) or (len(seen) < len(asked.cases) and not ended):
        raise RuntimeError(f"{check.name}: {len(seen)} answers to {len(asked.cases)} cases")
    return _judge(asked, seen)


def _judge(asked, seen):
    """The Result of what was seen on the cases. Knows nothing of where, or in which process, it was seen."""
    check, cases = asked.check, asked.cases[: len(seen)]
    printed = next((s.printed for s in seen if s.printed), "")
    result = Result(check.name, CORRECT, check.points, check.points, printed=printed)
    if untouched := next((s for s in seen if s.status == "untouched"), None):
        result.state, result.points, result.hints = NOT_ATTEMPTED, 0, check.hints
        result.lines = [text for text in (untouched.line, untouched.text) if text]
        return result
    if check.marks:
        return _marked(check, [case for _, case in cases], seen, result)
    wanted = [asked.answered(None, k) for k in range(len(seen))]
    gaps = [differs(check, s, w, case) for s, w, (_, case) in zip(seen, wanted, cases, strict=True)]
    failing = [k for k, gap in enumerate(gaps) if gap]
    if not failing:
        return result

    errors = [k for k in failing if seen[k].status in ("error", "timeout")]
    first = (errors or failing)[0]
    s, w, (label, case) = seen[first], wanted[first], cases[first]
    result.state, result.points, result.hints = ERROR if errors else WRONG, 0, check.hints
    result.lines = [text for text in ((s.line, s.text) if errors else (gaps[first],)) if text]
    if check.fresh:
        result.lines.append(_circumstances(check, cases, failing, label, case))
    # Exceptions alone prove little: a misconception is named on values, or on one and the same text in every case.
    values = any(seen[k].status == "ok" for k in failing)
    telling = values or len({s.text for s in seen}) == 1
    fitting = [m for number, m in enumerate(check.misconceptions) if telling and _explains(asked, number, seen)]
    result.candidates = [m.name for m in fitting]
    if len(fitting) == 1:
        result.cause, result.advice = fitting[0].name, fitting[0].advice
        result.lines.append(result.cause_line)
    elif values and not fitting and check.fresh and (two := _two_slips(asked, seen, first)):
        result.cause, result.advice = two
        result.lines.append(result.cause_line)
    else:
        result.lines += _clues(check, s, w, gaps[first], case)
    if check.fresh and not errors and s.status == "ok":
        result.table = _side_by_side(s.outputs, w.outputs, case)
    return result


def _marked(check, cases, seen, result):
    """The Result of what has no right answer: the check itself gives the points, for all cases together."""
    bad = next((s for s in seen if s.status != "ok"), None)
    if bad:
        result.state, result.points = ERROR if bad.status in ("error", "timeout") else WRONG, 0
        result.lines = [text for text in (bad.line, bad.text) if text]
    else:
        result.points, said, result.cause = check.marks([s.outputs for s in seen], cases)
        result.state, result.lines = CORRECT if result.points else WRONG, [said]
    if result.state != CORRECT:
        result.hints = check.hints
    return result


def _circumstances(check, cases, failing, label, case):
    sizes = ", ".join(f"{name} {array.shape}" for name, array in case.items())
    text = f"First seen with: {label} ({sizes})"
    bad = list(dict.fromkeys(cases[k][0] for k in failing))
    good = list(dict.fromkeys(label for k, (label, _) in enumerate(cases) if k not in failing))
    if 0 < len(good) <= 2:
        text += f"\nRight only with: {'; '.join(good)}"
    elif good and len(bad) <= 3:
        text += f"\nWrong only with: {'; '.join(bad)}"
    return text


def _clues(check, seen, want, gap, case):
    """What the structure tells when no misconception fits: most slips match no list."""
    if seen.reads:
        yield f"Your code reads {', '.join(seen.reads)} from the notebook, not from its arguments."
    if rows := re.search(r"\b(W_x|W_h|W|z)\[(?![^\]]*,)[^\]]*[:\w][^\]]*\]", seen.line):
        yield f"`{rows[0]}` cuts rows. Columns are cut with a `:` and a comma before them: `{rows[1]}[:, ...]`."
    if seen.changed and "changes its input" not in gap:
        yield f"Your code also changes its input {', '.join(seen.changed)}: work on a copy."
    wrong = [
        n for n, w in want.outputs.items() if n in seen.outputs and (check.compare or close)(seen.outputs[n], w, case)
    ]
    if 0 < len(wrong) < len(seen.outputs):
        good = [name for name in seen.outputs if name not in wrong]
        yield f"Right: {', '.join(good)}. The fault is in {', '.join(wrong)} alone."
    for name, expected in want.outputs.items():
        got = seen.outputs.get(name)
        if name not in wrong or got.dtype.kind != "f" or not got.size:
            continue
        low, high = check.ranges.get(name, (-np.inf, np.inf))
        if got.min() < low or got.max() > high:
            beyond = got.min() if got.min() < low else got.max()
            yield f"Your {name} holds {beyond:.4g}, but it lies between {low} and {high}."
        same = lambda a, b: a.shape == b.shape and np.allclose(a, b, rtol=1e-3, atol=1e-6)  # noqa: E731
        if got.ndim == 2 and got.shape[0] != got.shape[1] and same(got.T, expected):
            yield f"Your {name} is the transpose of what is expected."
        elif same(-got, expected):
            yield f"Your {name} has the opposite sign."
        elif np.isnan(got).any() and not np.isnan(expected).any():
            yield f"Your {name} holds NaN: inf - inf, inf / inf or 0 / 0 happened on the way."
        others = [other for other, array in want.outputs.items() if other != name and same(got, array)]
        if others and not same(got, expected):
            yield f"Your {name} holds what {others[0]} should hold."


def _side_by_side(got, want, case):
    """The first output that differs, the student's beside the right one, if it is small enough to be read."""
    for name, expected in want.items():
        mine = got[name]
        if mine.shape != expected.shape or mine.ndim not in (1, 2) or mine.size > 24 or mine.dtype.kind not in "fiub":
            continue
        off = np.atleast_2d(_differing(mine, expected, case))
        if not off.any():
            continue
        grids = (
            _grid(title, np.atleast_2d(array), off)
            for title, array in ((f"your {name}", mine), (f"expected {name}", expected))
        )
        return f"<div style='display:flex;flex-wrap:wrap;gap:0 2em;margin:.4em 0'>{''.join(grids)}</div>"
    return ""


def _grid(title, array, off):
    cell = "padding:.1em .5em;text-align:right;font-family:monospace;white-space:nowrap"
    rows = "".join(
        "<tr style='background:none'>"
        + "".join(
            f"<td style='{cell}'>{f'<b>{number:.4g}</b>' if wrong else f'{number:.4g}'}</td>"
            for number, wrong in zip(row, marks, strict=True)
        )
        + "</tr>"
        for row, marks in zip(array, off, strict=True)
    )
    caption = f"<caption style='text-align:left;caption-side:top;color:inherit'>{title}</caption>"
    return f"<table style='font-size:inherit;border:1px solid #8886;margin:.2em 0'>{caption}{rows}</table>"
