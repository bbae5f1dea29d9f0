"""Diagnosing: what a wrong outcome shows by itself, which known slips explain it, and what its structure tells.

A slip is named only where no other fault is likely to have the same outcome: to name nothing is better than to name
wrongly.
"""

import itertools
import re

import numpy as np

from lstm_helpers.checks import shared
from lstm_helpers.checks.compare import agree, alike, inputs_named, unequal, wrong_outputs

NO_OUTCOME, WARNS = "no outcome", "NumPy warns"  # what else can be wrong in a case, beside outputs and changed inputs


def diagnose(reference, seen, failing):
    """(lines, fitting, cause, advice) of a wrong answer: what to say, the misconceptions that may be named, the cause.

    asked: the check on its cases, with what our own answers give there; seen: one Seen for each case; failing: the
    numbers of the wrong cases, that which the feedback shows first.
    """
    check = reference.check
    wrong = {k: _wrong_parts(reference, seen[k], k) for k in failing}
    plain = _plain_outputs(reference, seen, set().union(*wrong.values())) if check.fresh else {}
    lines = [_plain_words(what, plain) for what in dict.fromkeys(plain.values())]
    # Values that depend on the inputs tell slips apart. A plain outcome and an error do not: an error names a slip only
    # where the same operation fails with the same message, a plain outcome only one that says no more than it.
    telling = any(seen[k].status == "ok" and not wrong[k] <= set(plain) for k in failing)
    errors = any(seen[k].status == "error" for k in failing)
    fitting = [
        misconception
        for number, misconception in enumerate(check.misconceptions)
        if (telling or errors or misconception.plain)
        and _explains(reference, number, seen, failing, strictly=not telling)
    ]
    fitting = [misconception for misconception in fitting if misconception.first][:1] or fitting
    fitting = [misconception for misconception in fitting if not misconception.last] or fitting
    if len({misconception.name for misconception in fitting}) == 1:
        return lines, fitting, fitting[0].name, fitting[0].advice
    named = None
    if not fitting:
        named = shared.by_form(seen, failing, check.returns) or (
            shared.by_outcome(reference, seen, failing, wrong, plain) if check.fresh else None
        )
        if not named and telling and (two := _two_at_once(reference, seen, failing, wrong, plain)):
            clues = [] if check.fresh else _clues(reference, seen, failing, wrong, plain)
            return [*lines, *clues], fitting, *two
        if not named and check.fresh:
            named = shared.by_inputs(reference, seen, failing)
    return [*lines, *_clues(reference, seen, failing, wrong, plain)], fitting, *(named or ("", ""))


def _two_at_once(reference, seen, failing, wrong, plain):
    """(cause, advice) of two slips that together give what was seen, or None."""
    if not reference.check.fresh:
        return _in_numbers(reference, seen[0], wrong[0])
    return _slips_apart(reference, seen, failing, wrong, plain) or _two_slips(reference, seen, failing, wrong)


def _wrong_parts(reference, got, k):
    """What of one case is wrong: names of outputs, and what an answer must not do."""
    check, want = reference.check, reference.answered(None, k)
    if got.status != "ok" or want.status != "ok":
        return {*want.outputs, NO_OUTCOME}
    parts = set(wrong_outputs(check, got, want, reference.cases[k][1]))
    parts |= {f"changes {name}" for name in set(got.changed) ^ set(want.changed)}
    return parts | ({WARNS} if check.quiet and bool(got.floats) != bool(want.floats) else set())


def _spoilt(reference, number, k):
    """What of one case a misconception, by its number, makes wrong: worked out once, as every answer is compared."""
    if (number, k) not in reference.spoilt:
        reference.spoilt[number, k] = _wrong_parts(reference, reference.answered(number, k), k)
    return reference.spoilt[number, k]


# ---------------------------------------------------------------- outcomes that say nothing of how they came about


def _plain_outputs(reference, seen, wrong):
    """The wrong outputs that are the same plain thing in every case: {name: "empty", "NaN", a number, ("x",)}."""
    ended = [k for k, one in enumerate(seen) if one.status == "ok"]
    if len(ended) < 2:
        return {}
    found = {}
    for name in reference.answered(None, ended[0]).outputs:
        if name in wrong:
            arrays = [seen[k].outputs[name] for k in ended]
            what = _plain(arrays, [reference.cases[k][1] for k in ended])
            if what is not None and not _right_in_value(reference, name, arrays, ended):
                found[name] = what
    return found


def _right_in_value(reference, name, arrays, numbers):
    """Whether an output has the right values in each of these cases, and is wrong by its dtype alone."""
    pairs = [(mine, reference.answered(None, k).outputs[name]) for mine, k in zip(arrays, numbers, strict=True)]
    return all(
        mine.shape == right.shape and not unequal(mine, right, reference.cases[k][1]).any()
        for (mine, right), k in zip(pairs, numbers, strict=True)
    )


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
    for name in (name for name in cases[0] if all(name in case for case in cases)):
        pairs = [(array, case[name]) for array, case in zip(arrays, cases, strict=True)]
        if all(a.shape == x.shape and not unequal(a, x, case).any() for (a, x), case in zip(pairs, cases, strict=True)):
            return (name,)
    return None


def _plain_words(what, plain):
    names = [name for name, other in plain.items() if other == what]
    your, are = ("Your result", "is") if len(names) == 1 else ("Your results", "are")
    your = f"{your} {', '.join(names)}"
    if what == "empty":
        return f"{your} {are} empty in every case."
    if isinstance(what, tuple):
        return f"{your} {are} the input {what[0]}, unchanged, in every case."
    number = what if what == "NaN" else f"{what + 0.0:.6g}"  # 0 has no sign
    return f"{your} {are} {number} everywhere, in every case."


# ---------------------------------------------------------------- slips


def _explains(reference, number, seen, failing, strictly=False):
    """Whether an answer of ours, by its number, gives what was seen on every case: a failing one is looked at first.

    strictly: the error that is shown, the first, agrees in message and operation, too.
    """
    for k in [*failing, *(k for k in range(len(seen)) if k not in failing)]:
        ours = reference.answered(number, k)
        if not alike(reference.check, seen[k], ours, reference.cases[k][1]):
            return False
        if strictly and k == failing[0] and seen[k].failing != ours.failing:
            return False
    return True


def _slips_apart(reference, seen, failing, wrong, plain):
    """(cause, advice) of two misconceptions that make different outputs wrong, each as if it were alone; or None.

    They share all the wrong outputs between them, and no other two do.
    """
    names = set().union(*wrong.values())
    if any(one.status != "ok" for one in seen) or len(names) < 2:
        return None
    parts = {n: _part_of(reference, n, seen, failing, wrong) for n in range(len(reference.check.misconceptions))}
    known = reference.check.misconceptions
    parts = {n: part for n, part in parts.items() if part and (known[n].plain or not part <= set(plain))}
    both = [(a, b) for a, b in itertools.combinations(parts, 2) if parts[a] | parts[b] == names]
    both = [(a, b) for a, b in both if not parts[a] & parts[b]]
    return _both_named(known[both[0][0]], known[both[0][1]]) if len(both) == 1 else None


def _part_of(reference, number, seen, failing, wrong):
    """The outputs that a slip alone makes wrong, if all of them are in every case as it makes them; else none."""
    check, part = reference.check, set()
    for k in [*failing, *(k for k in range(len(seen)) if k not in failing)]:
        off = _spoilt(reference, number, k)
        if not off <= wrong.get(k, set()) & set(seen[k].outputs):
            return set()
        part |= off
    for k, got in enumerate(seen):
        alone = reference.answered(number, k).outputs
        if not all(agree(check, got.outputs[name], alone[name], reference.cases[k][1]) for name in part):
            return set()
    return part


def _both_named(one, other):
    return f"two slips at once: {one.name}; and {other.name}", f"{one.advice} {other.advice}"


def _two_slips(reference, seen, failing, wrong):
    """(cause, advice) where no single misconception explains what was seen, and two at once do; or None.

    Several pairs that explain it and have one misconception in common name that one.
    """
    ended = [k for k in failing if seen[k].status == "ok"]
    shown = {
        n
        for n in range(len(reference.check.misconceptions))
        if _is_shown_by(reference, n, seen[ended[0]], wrong, ended[0])
    }
    likely = {
        pair for pair in reference.pairs if shown.intersection(pair)
    }  # what is sure is in each pair that explains it
    fitting = _pairs_that_explain(reference, likely, seen, failing, ended)
    if not fitting:
        return None
    fitting += _pairs_that_explain(reference, reference.pairs - likely, seen, failing, ended)
    sure = sorted(set.intersection(*map(set, fitting)))
    if not sure or not all(_is_shown(reference, number, seen, wrong) for number in sure):
        return None
    one, *other = (reference.check.misconceptions[number] for number in sure)
    if other and reference.check.entangled(one, *other):
        return None
    if other:
        return _both_named(one, *other)
    return f"{one.name}, and one more slip beside it", one.advice


def _pairs_that_explain(reference, pairs, seen, failing, ended):
    """Which of ``pairs`` give what was seen on every case: they are all tried on the smallest wrong one that ended."""
    size = lambda k: sum(array.size for array in reference.cases[k][1].values())  # noqa: E731
    for k in dict.fromkeys((min(ended, key=size), ended[0])):
        case, outputs = reference.cases[k][1], seen[k].outputs
        pairs = [
            pair
            for pair, found in reference.outcomes(sorted(pairs), k).items()
            if found and all(agree(reference.check, outputs[name], array, case) for name, array in found.items())
        ]
    return [pair for pair in pairs if _explains(reference, pair, seen, failing)]


def _in_numbers(reference, seen, wrong):
    """(cause, advice) of slips of a calculation, each without blaming a right number; or None.

    Two that together give just these numbers, or else the one that alone is known to give the first of them.
    """
    (_, case), check = reference.cases[0], reference.check
    as_seen = lambda numbers, names: all(  # noqa: E731
        agree(check, seen.outputs[name], np.asarray(numbers[name]), case) for name in names
    )
    fitting = [pair for pair, numbers in check.two_numbers.items() if as_seen(numbers, numbers)]
    sure = sorted(set.intersection(*map(set, fitting))) if fitting else []
    if len(sure) > 1 and all(_spoilt(reference, number, 0) <= wrong for number in sure):
        return _both_named(*(check.misconceptions[number] for number in sure))
    made = {}  # own numbers alone: what follows from a wrong one may have been worked out wrongly, too
    for number, slip in enumerate(check.misconceptions):
        spoilt = _spoilt(reference, number, 0)
        own = (slip.numbers and spoilt & slip.numbers.keywords.keys()) or spoilt
        if spoilt and spoilt <= wrong and as_seen(reference.answered(number, 0).outputs, own):
            made[number] = own
    widest = {number: own for number, own in made.items() if not any(own < other for other in made.values())}
    narrowest = {number: own for number, own in made.items() if not any(own > other for other in made.values())}
    for name, some in itertools.product(seen.outputs, (widest, narrowest)):
        known = [number for number, own in some.items() if name in own]
        if len(known) == 1:
            slip, where = check.misconceptions[known[0]], [each for each in seen.outputs if each in made[known[0]]]
            return f"{slip.name}, and more beside it", f"In {', '.join(where)}: {slip.advice}"
    return None


def _is_shown(reference, number, seen, wrong):
    """Whether a slip does by itself what was seen: it blames nothing that is right, and loses no number that is there.

    Where it brings NaN or infinity and the answer has a number, the second slip of a pair would have undone the first.
    """
    cases = range(len(seen))
    return all(_is_shown_by(reference, number, seen[k], wrong, k) for k in cases) and any(
        _spoilt(reference, number, k) for k in cases
    )


def _is_shown_by(reference, number, got, wrong, k):
    alone = reference.answered(number, k)
    lost = any(_loses_numbers(array, got.outputs.get(name)) for name, array in alone.outputs.items())
    return not lost and _spoilt(reference, number, k) <= wrong.get(k, set())


def _loses_numbers(alone, got):
    same = got is not None and got.shape == alone.shape and got.dtype.kind == alone.dtype.kind == "f"
    return same and bool((np.isfinite(got) & ~np.isfinite(alone)).any())


# ---------------------------------------------------------------- what the structure tells


def _clues(reference, seen, failing, wrong, plain):
    """What can be said when no misconception is named: most slips match no list."""
    check, first = reference.check, seen[failing[0]]
    if first.reads:
        yield f"Your code reads {', '.join(first.reads)} from the notebook, not from its arguments."
    rows = re.search(r"\b(W_x|W_h|z)\[[^],\[]*:[^],\[]*\]", first.line)
    if rows and re.search(rf"shapes there:.*\b{rows[1]} \(\d+, \d+\)", first.line):
        yield f"`{rows[0]}` cuts rows. Columns are cut with a `:` and a comma before them: `{rows[1]}[:, ...]`."
    if first.changed and wrong[failing[0]] - {f"changes {name}" for name in first.changed}:
        yield f"Your code also changes its {inputs_named(first.changed)}: work on a copy."
    if any(seen[k].status != "ok" for k in failing):
        return
    names = list(first.outputs)
    off = [name for name in names if any(name in wrong[k] for k in failing)]
    if off and (right := [name for name in names if name not in off]):
        yield _right_ones(reference, first, right) + (f" Wrong: {', '.join(off)}." if check.fresh else "")
    for name in off:
        if name not in plain:
            mine = [
                (seen[k].outputs[name], reference.answered(None, k).outputs, reference.cases[k][1])
                for k in failing
                if name in wrong[k]
            ]
            yield from _clues_of(check, name, mine, first.floats)


def _right_ones(reference, seen, right):
    """Which outputs are right. A value check lets near numbers pass: a wrong method may have made those."""
    want = {} if reference.check.fresh else reference.answered(None, 0).outputs
    near = [name for name in right if name in want and abs(seen.outputs[name] - want[name]) > 0.0051]
    parts = {"Right": [name for name in right if name not in near], "Near enough to count": near}
    return " ".join(f"{which}: {', '.join(names)}." for which, names in parts.items() if names)


def _clues_of(check, name, wrong, floats):
    """Clues of one output, from its (got, wanted outputs, inputs) in the cases where it is wrong.

    floats: NumPy's warnings in the first of them.
    """
    got, want, _ = wrong[0]
    if got.dtype.kind != "f" or not got.size:
        return
    low, high = check.ranges.get(name, (-np.inf, np.inf))
    if got.min() < low or got.max() > high:
        beyond = got.min() if got.min() < low else got.max()
        yield f"Your result {name} holds {beyond:.4g}, but it lies between {low} and {high}."
    same = lambda a, b, case: a.shape == b.shape and not unequal(a, b, case).any()  # noqa: E731
    everywhere = lambda holds: all(holds(*one) for one in wrong)  # noqa: E731
    if got.ndim == 2 and everywhere(lambda mine, right, case: same(mine.T, right[name], case)):
        yield f"Your result {name} is the transpose of what is expected."
    elif everywhere(lambda mine, right, case: same(-mine, right[name], case)):
        yield f"Your result {name} has the opposite sign."
    elif np.isnan(got).any() and not np.isnan(want[name]).any():
        yield f"Your result {name} holds NaN where a number is expected."
        if "invalid value" in floats:
            yield "On the way NumPy met an invalid value, such as inf - inf, 0 / 0 or the log of a negative number."
    if got.size < 2:
        return  # two numbers may be alike by chance
    for other in want:
        if other != name and everywhere(lambda mine, right, case, other=other: same(mine, right[other], case)):
            yield f"Your result {name} holds what {other} should hold."
            return
