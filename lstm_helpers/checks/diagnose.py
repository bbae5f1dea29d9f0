"""Diagnosing: what a wrong outcome shows by itself, which known slips explain it, and what its structure tells.

A slip is named only where no other fault is likely to have the same outcome: to name nothing is better than to name
wrongly.
"""

import re

import numpy as np

from lstm_helpers.checks.compare import differs, unequal, wrong_outputs

NO_OUTCOME, WARNS = "no outcome", "NumPy warns"  # what else can be wrong in a case, beside outputs and changed inputs


def diagnose(asked, seen, failing):
    """(lines, fitting, cause, advice) of a wrong answer: what to say, the misconceptions that may be named, the cause.

    asked: the check on its cases, with what our own answers give there; seen: one Seen for each case; failing: the
    numbers of the wrong cases, that which the feedback shows first.
    """
    check = asked.check
    wrong = {k: _wrong_parts(asked, seen[k], k) for k in failing}
    plain = _plain_outputs(asked, seen, set().union(*wrong.values())) if check.fresh else {}
    lines = [_plain_words(what, plain) for what in dict.fromkeys(plain.values())]
    # Values that depend on the inputs tell slips apart. A plain outcome and an error do not: an error names a slip only
    # where the same operation fails with the same message, a plain outcome only one that says no more than it.
    telling = any(seen[k].status == "ok" and not wrong[k] <= set(plain) for k in failing)
    errors = any(seen[k].status == "error" for k in failing)
    fitting = [
        misconception
        for number, misconception in enumerate(check.misconceptions)
        if (telling or errors or misconception.plain) and _explains(asked, number, seen, failing, strictly=not telling)
    ]
    if len(fitting) == 1:
        return lines, fitting, fitting[0].name, fitting[0].advice
    if not check.fresh and telling and not fitting and (two := _two_numbers(asked, seen[0], wrong[0])):
        return lines, fitting, *two
    if telling and not fitting and check.fresh and (two := _two_slips(asked, seen, failing, wrong)):
        return lines, fitting, *two
    return [*lines, *_clues(asked, seen, failing, wrong, plain)], fitting, "", ""


def _wrong_parts(asked, got, k):
    """What of one case is wrong: names of outputs, and what an answer must not do."""
    check, want = asked.check, asked.answered(None, k)
    if got.status != "ok" or want.status != "ok":
        return {*want.outputs, NO_OUTCOME}
    parts = set(wrong_outputs(check, got, want, asked.cases[k][1]))
    parts |= {f"changes {name}" for name in set(got.changed) ^ set(want.changed)}
    return parts | ({WARNS} if check.quiet and bool(got.floats) != bool(want.floats) else set())


# ---------------------------------------------------------------- outcomes that say nothing of how they came about


def _plain_outputs(asked, seen, wrong):
    """The wrong outputs that are the same plain thing in every case: {name: "empty", "NaN", a number, ("x",)}."""
    ended = [k for k, one in enumerate(seen) if one.status == "ok"]
    if len(ended) < 2:
        return {}
    found = {}
    for name in asked.answered(None, ended[0]).outputs:
        if name in wrong:
            arrays = [seen[k].outputs[name] for k in ended]
            what = _plain(arrays, [asked.cases[k][1] for k in ended])
            if what is not None:
                found[name] = what
    return found


def _plain(arrays, cases):
    if any(array.dtype.kind not in "fiub" for array in arrays):
        return None
    if not any(array.size for array in arrays):
        return "empty"
    first = next(array for array in arrays if array.size).flat[0]
    if all((array == first).all() for array in arrays):
        return float(first)
    if all((array != array).all() for array in arrays):
        return "NaN"
    for name in cases[0]:
        pairs = [(array, case[name]) for array, case in zip(arrays, cases, strict=True)]
        if all(a.shape == x.shape and not unequal(a, x, case).any() for (a, x), case in zip(pairs, cases, strict=True)):
            return (name,)
    return None


def _plain_words(what, plain):
    names = [name for name, other in plain.items() if other == what]
    your, are = f"Your {', '.join(names)}", "is" if len(names) == 1 else "are"
    if what == "empty":
        return f"{your} {are} empty in every case. A slice a[:, n:m] is empty where n is not less than m."
    if isinstance(what, tuple):
        return f"{your} {are} the input {what[0]}, unchanged, in every case."
    number = what if what == "NaN" else f"{what:.6g}"
    return f"{your} {are} {number} everywhere, in every case: it does not depend on the inputs."


# ---------------------------------------------------------------- slips


def _explains(asked, number, seen, failing, strictly=False):
    """Whether an answer of ours, by its number, gives what was seen on every case: a failing one is looked at first.

    strictly: errors agree in message and operation, too.
    """
    for k in [*failing, *(k for k in range(len(seen)) if k not in failing)]:
        ours = asked.answered(number, k)
        if differs(asked.check, seen[k], ours, asked.cases[k][1]):
            return False
        if strictly and seen[k].failing != ours.failing:
            return False
    return True


def _two_slips(asked, seen, failing, wrong):
    """(cause, advice) where no single misconception explains what was seen, and two at once do; or None.

    Several pairs that explain it and have one misconception in common name that one.
    """
    fitting = [set(pair) for pair in asked.pairs if _explains(asked, pair, seen, failing)]
    sure = sorted(set.intersection(*fitting)) if fitting else []
    if not sure or not all(_is_shown(asked, number, seen, wrong) for number in sure):
        return None
    one, *other = (asked.check.misconceptions[number] for number in sure)
    if other and asked.check.entangled(one, *other):
        return None
    if other:
        return f"two slips at once: {one.name}; and {other[0].name}", f"{one.advice} {other[0].advice}"
    return f"{one.name}, and one more slip beside it", one.advice


def _two_numbers(asked, seen, wrong):
    """(cause, advice) where two slips of a calculation give just these numbers, each without blaming a right one."""
    (_, case), check = asked.cases[0], asked.check
    off = lambda got, want: {name for name in want if check.compare(got[name], want[name], case)}  # noqa: E731
    fitting = [pair for pair, numbers in check.two_numbers.items() if not off(seen.outputs, numbers)]
    slips = [check.misconceptions[number] for number in sorted(set.intersection(*map(set, fitting)))] if fitting else []
    if len(slips) < 2 or any(not off(slip.build(), check.oracle) <= wrong for slip in slips):
        return None
    return f"two slips at once: {slips[0].name}; and {slips[1].name}", f"{slips[0].advice} {slips[1].advice}"


def _is_shown(asked, number, seen, wrong):
    """Whether a slip does by itself what was seen: it blames nothing that is right, and loses no number that is there.

    Where it brings NaN or infinity and the answer has a number, the second slip of a pair would have undone the first.
    """
    changes = False
    for k, got in enumerate(seen):
        alone = asked.answered(number, k)
        parts = _wrong_parts(asked, alone, k)
        if not parts <= wrong.get(k, set()):
            return False
        if any(_loses_numbers(array, got.outputs.get(name)) for name, array in alone.outputs.items()):
            return False
        changes = changes or bool(parts)
    return changes


def _loses_numbers(alone, got):
    same = got is not None and got.shape == alone.shape and got.dtype.kind == alone.dtype.kind == "f"
    return same and bool((np.isfinite(got) & ~np.isfinite(alone)).any())


# ---------------------------------------------------------------- what the structure tells


def _clues(asked, seen, failing, wrong, plain):
    """What can be said when no misconception is named: most slips match no list."""
    check, first = asked.check, seen[failing[0]]
    if first.reads:
        yield f"Your code reads {', '.join(first.reads)} from the notebook, not from its arguments."
    if rows := re.search(r"\b(W_x|W_h|W|z)\[(?![^\]]*,)[^\]]*[:\w][^\]]*\]", first.line):
        yield f"`{rows[0]}` cuts rows. Columns are cut with a `:` and a comma before them: `{rows[1]}[:, ...]`."
    if first.changed and wrong[failing[0]] - {f"changes {name}" for name in first.changed}:
        yield f"Your code also changes its input {', '.join(first.changed)}: work on a copy."
    if any(seen[k].status != "ok" for k in failing):
        return
    names = list(first.outputs)
    off = [name for name in names if any(name in wrong[k] for k in failing)]
    if right := [name for name in names if name not in off and _is_exact(check, asked, first, name)] if off else []:
        alone = f" The fault is in {', '.join(off)} alone." if check.fresh else ""
        yield f"Right: {', '.join(right)}.{alone}"
    for name in off:
        if name not in plain:
            mine = [
                (seen[k].outputs[name], asked.answered(None, k).outputs, asked.cases[k][1])
                for k in failing
                if name in wrong[k]
            ]
            yield from _clues_of(check, name, mine)


def _is_exact(check, asked, seen, name):
    """A value check lets numbers pass that are near enough: those are not called right."""
    return check.fresh or abs(seen.outputs[name] - asked.answered(None, 0).outputs[name]) <= 0.0051


def _clues_of(check, name, wrong):
    """Clues of one output, from its (got, wanted outputs, inputs) in the cases where it is wrong."""
    got, want, _ = wrong[0]
    if got.dtype.kind != "f" or not got.size:
        return
    low, high = check.ranges.get(name, (-np.inf, np.inf))
    if got.min() < low or got.max() > high:
        beyond = got.min() if got.min() < low else got.max()
        yield f"Your {name} holds {beyond:.4g}, but it lies between {low} and {high}."
    same = lambda a, b: a.shape == b.shape and np.allclose(a, b, rtol=1e-3, atol=1e-6)  # noqa: E731
    everywhere = lambda holds: all(holds(mine, outputs) for mine, outputs, _ in wrong)  # noqa: E731
    if got.ndim == 2 and got.shape[0] != got.shape[1] and everywhere(lambda mine, right: same(mine.T, right[name])):
        yield f"Your {name} is the transpose of what is expected."
    elif everywhere(lambda mine, right: same(-mine, right[name])):
        yield f"Your {name} has the opposite sign."
    elif np.isnan(got).any() and not np.isnan(want[name]).any():
        yield f"Your {name} holds NaN: inf - inf, inf / inf, 0 / 0 or the logarithm of a negative number gives it."
    if got.size < 2:
        return  # two numbers may be alike by chance
    for other in want:
        if other != name and everywhere(lambda mine, right, other=other: same(mine, right[other])):
            yield f"Your {name} holds what {other} should hold."
            return
