"""Causes that any function can have: each is named from what was seen alone, and says no more than that.

They come after the misconceptions of the check itself, and have one name for all checks, so that they can be counted.
"""

import itertools

import numpy as np

from lstm_helpers.checks.compare import DOUBLE, agree, beyond, unequal
from lstm_helpers.checks.probe import spelled

ORDER = "Return them all, and in the order that the exercise gives."
ASKED = "The exercise asks for {results}"  # by_form names them
NOTHING = "nothing"  # the kind of misfit that the probe tells of a function without a result
FORMS = {  # the kind of a misfit or of an error, as the probe tells it: (cause, advice)
    NOTHING: ("nothing is returned", "End the function with `return` and the result."),
    "a part is None": ("a part of the result is None", "Each value that is returned has to be an array."),
    "too few": ("too few values are returned", ASKED),
    "too many": ("too many values are returned", ASKED),
    "one": ("one object is returned where several are asked for", ASKED),
    "tuple": ("a tuple instead of an array", "Return the array itself, with nothing beside it."),
    "list": ("a list instead of an array", "np.array makes an array of numbers, np.stack one of arrays."),
    "generator": ("a generator instead of an array", "Collect its values in a list, and make an array of that."),
    "other": ("something other than an array", "Return a NumPy array of numbers."),
    "no dictionary": ("something other than a dictionary", "Return one dictionary, with each array under its name."),
    "arguments": (
        "arguments other than those of the exercise",
        "Keep the `def` line of the exercise: its names, in its order.",
    ),
    "no function": ("no function is given to the check", "Write the function's name, without brackets."),
    "NameError": (
        "a name that is not defined",
        "Spell it as in the line that gives it its value, and run that cell first.",
    ),
    "UnboundLocalError": (
        "a variable is read before it has a value",
        "Give it a value before that line, whichever way the code takes.",
    ),
    "TimedOut": ("no answer in time", "See that each loop comes to its end, and does not grow with the values."),
}
SOMETIMES = ("nothing is returned in some cases", "Each way through the function has to end with the result.")
PRINTED = ("something is printed and nothing returned", "print only shows a value: `return` hands it on.")
IN_PLACE = (
    "an input is changed in place",
    "Work on a copy, without +=, *=, out= or an assignment to a part of an argument.",
)
UNEQUAL_CALLS = (
    "the same call gives another result the second time",
    "The arguments alone decide: draw no random numbers, keep nothing between calls, fill what np.empty makes.",
)
AGAIN = (
    "other inputs get the result of an earlier call",
    "Work the result out from all the arguments, each time: keep nothing between calls.",
)
ONE_SIZE = ("right for one size only", "Take every size from the arguments, such as x.shape[0].")
ONE_RANK = ("right for one number of axes only", "axis=-1 and `[..., k]` mean the last axis of any array.")
ROUNDED = (
    "the result is rounded",
    "Do not round: the check compares all digits, and whatever is computed from it next loses them.",
)
SWAPPED = ("the results stand in another order", ORDER)
PLAIN = {
    "empty": ("an empty result", "Look at the bounds of each slice: a[n:m] needs n < m, counted from the start."),
    "NaN": ("NaN everywhere", "Print each step for one small input: the first NaN shows the line."),
    "number": ("the same number everywhere", "Work the result out from the arguments."),
    "input": ("an input is returned unchanged", "Work the result out from the arguments."),
}
FLOATS_DUE = "Make the array that holds the result one of floats."
ARRAYS = {
    "integers": ("integers instead of floats", FLOATS_DUE),
    "cut off": ("the decimals are cut off", f"An array of integers keeps no decimals. {FLOATS_DUE}"),
    "booleans": ("booleans instead of floats", "Make floats of them: .astype(float)."),
    "floats": ("floats instead of integers", "Places and numbers of things are integers: .astype(int)."),
    "float16": ("float16 instead of float64", "Compute in float64, or in the dtype of the inputs."),
    "float32": ("float32 instead of float64", "Compute in float64, or in the dtype of the inputs."),
    "transposed": ("the result is transposed", "The numbers are right: exchange the axes."),
    "shape": ("the right numbers in another shape", "Give the result the shape that the exercise states."),
}


def by_form(seen, failing, returns):
    """(cause, advice) of results that are no arrays, and of errors of one kind, or None.

    returns: as of the check, the names that the advice gives where another number of results came.
    """
    kinds = {(seen[k].status == "misfit", seen[k].kind) for k in failing}
    if (True, "one") in kinds:
        kinds.discard((False, ""))  # one array with as many rows as results are asked for is taken apart by chance
    misfit, kind = kinds.pop()
    if kinds or kind not in FORMS or misfit != kind[0].islower():
        return None
    if kind == "NameError" and not all(seen[k].failing.startswith("name ") for k in failing):
        return None  # somebody's own
    if kind == NOTHING and all(seen[k].printed for k in failing):
        return PRINTED
    cause, advice = SOMETIMES if kind == NOTHING and len(failing) < len(seen) else FORMS[kind]
    if advice is ASKED:
        nested = not all(isinstance(part, str) for part in returns)
        brackets = ", with the brackets as they stand here" if nested else ""
        advice = f"{ASKED.format(results=spelled(returns))}, in this order{brackets}."
    return cause, advice


def by_outcome(reference, seen, failing, wrong, plain):
    """(cause, advice) of what the arrays that came out show, or None.

    asked, seen, failing, wrong, plain: as in ``diagnose``.
    """
    if _unequal_calls(seen):
        return UNEQUAL_CALLS
    return _of_arrays(reference, seen, failing, wrong, plain) if all(seen[k].status == "ok" for k in failing) else None


def by_inputs(reference, seen, failing):
    """(cause, advice) of an answer that is right for inputs of one form alone, or None."""
    alike = len({frozenset(case) for _, case in reference.cases}) == 1  # a list of more batches has other inputs
    if alike and _alone_right(reference, seen, failing, lambda array: array.ndim, kinds=1):
        return ONE_RANK
    ordinary = 0 not in failing  # large inputs can hide what is wrong, and have a size of their own
    one_size = ordinary and (
        _alone_right(reference, seen, failing, lambda a: a.shape, kinds=2) or _one_axis(reference, seen, failing)
    )
    return ONE_SIZE if one_size else None


def _of_arrays(reference, seen, failing, wrong, plain):
    parts = set().union(*(wrong[k] for k in failing))
    if all(part.startswith("changes ") for part in parts):
        return IN_PLACE
    if parts <= set(plain):
        kinds = {"input" if isinstance(what, tuple) else what for name, what in plain.items() if name in parts}
        kinds = {"number" if isinstance(kind, float) else kind for kind in kinds}
        return PLAIN[kinds.pop()] if len(kinds) == 1 else None
    if not parts <= set(seen[failing[0]].outputs):
        return None
    forms = set.intersection(
        *(
            _forms(
                reference.check, seen[k].outputs[name], reference.answered(None, k).outputs[name], reference.cases[k][1]
            )
            for k in failing
            for name in wrong[k]
        )
    )
    if forms:  # whole numbers that are integers are cut off, too
        return ARRAYS["integers" if "integers" in forms else forms.pop()]
    if _in_another_order(reference, seen, failing, parts):
        return SWAPPED
    if _rounded(reference, seen, wrong):
        return ROUNDED
    return AGAIN if _come_again(reference, seen, failing) else None


def _forms(check, got, want, case):
    """In which ways only the kind of an array is wrong: keys of ARRAYS, none where its numbers are."""
    if got.dtype.kind not in "biuf" or want.dtype.kind not in "iuf":
        return set()
    if got.ndim == want.ndim and any(
        agree(check, got.transpose(axes), want, case) for axes in itertools.permutations(range(got.ndim))
    ):
        return {"transposed"}
    if got.shape != want.shape:
        return {"shape"} if got.size == want.size and agree(check, got.reshape(want.shape), want, case) else set()
    if want.dtype.kind in "iu":
        return {"floats"} if got.dtype.kind == "f" and (got == want).all() else set()
    if got.dtype.kind in "biu":
        whole = not unequal(got.astype(float), want, case).any()
        cut = {"cut off"} if got.dtype.kind != "b" and (got == np.trunc(want)).all() else set()
        return cut | ({"booleans" if got.dtype.kind == "b" else "integers"} if whole else set())
    rough = {2: (2e-3, 1e-3), 4: (1e-4, 1e-5)}.get(got.itemsize)  # what rounding on the way can explain
    return {f"float{8 * got.itemsize}"} if rough and not beyond(got, want, rough).any() else set()


def _rounded(reference, seen, wrong):
    """Whether each wrong output is the right one with some number of decimals, the same in every case."""
    pairs = [(seen[k].outputs[n], reference.answered(None, k).outputs[n]) for k, names in wrong.items() for n in names]
    if not pairs or any(
        got.dtype.kind != "f" or want.dtype.kind != "f" or got.shape != want.shape for got, want in pairs
    ):
        return False
    if sum(np.unique(got).size for got, _ in pairs) < 4:  # a few numbers may be alike by chance
        return False
    return any(
        all(np.allclose(got, np.round(want, decimals), rtol=1e-6, atol=1e-9) for got, want in pairs)
        for decimals in range(8)
    )


def _unequal_calls(seen):
    """Whether the second case, the first one again, has another result."""
    if len(seen) < 2 or seen[0].status != "ok" or seen[1].status != "ok":
        return False
    pairs = [(seen[0].outputs[name], again) for name, again in seen[1].outputs.items()]
    return any(a.shape != b.shape or beyond(a, b, DOUBLE).any() for a, b in pairs if a.dtype.kind in "biuf")


def _in_another_order(reference, seen, failing, parts):
    """Whether each wrong output holds in every case what one other should hold, each another one."""
    if len(parts) < 2:
        return False
    holds = {}
    for name in parts:
        for other in parts - {name}:
            pairs = [(seen[k].outputs[name], reference.answered(None, k).outputs[other], k) for k in range(len(seen))]
            if all(agree(reference.check, got, want, reference.cases[k][1]) for got, want, k in pairs):
                holds.setdefault(name, set()).add(other)
    return (
        len(holds) == len(parts) and set().union(*holds.values()) == parts and all(len(h) == 1 for h in holds.values())
    )


def _come_again(reference, seen, failing):
    """Whether each of several wrong results is bit by bit that of an earlier call with other inputs."""
    same = lambda a, b: all(a.outputs[name].tobytes() == b.outputs[name].tobytes() for name in a.outputs)  # noqa: E731
    small = sum(array.size for array in seen[failing[0]].outputs.values()) < 4  # a few numbers may be alike by chance
    return (
        not small
        and len(failing) > 1
        and all(any(seen[j].status == "ok" and same(seen[j], seen[k]) for j in range(k)) for k in failing if k > 1)
        and not {0, 1} & set(failing)
    )


def _alone_right(reference, seen, failing, form, kinds):
    """Whether just those cases are right whose inputs have one form; there are several, and ``kinds`` others at least.

    The second case, the first one again, counts for none.
    """
    forms = {
        k: tuple((name, form(a)) for name, a in sorted(reference.cases[k][1].items()))
        for k in range(len(seen))
        if k != 1
    }
    return _of_one_form(reference, seen, failing, forms, kinds)


def _one_axis(reference, seen, failing):
    """Whether just those cases are right in which some axis of an input has one size, and two others at least fail."""
    shapes = {k: {name: a.shape for name, a in reference.cases[k][1].items()} for k in range(len(seen)) if k != 1}
    axes = [(name, axis) for name, shape in shapes[0].items() for axis in range(len(shape))]
    return any(
        all(len(shape.get(name, ())) > axis for shape in shapes.values())
        and _of_one_form(reference, seen, failing, {k: shape[name][axis] for k, shape in shapes.items()}, kinds=2)
        for name, axis in axes
    )


def _of_one_form(reference, seen, failing, forms, kinds):
    """Whether just those cases are right that have one of these ``forms``, {number of the case: form}."""
    right = {forms[k] for k in forms if k not in failing}
    others = {forms[k] for k in failing if k in forms}
    several = sum(k not in failing for k in forms) > 1
    return (
        len(seen) == len(reference.cases)
        and len(right) == 1
        and several
        and len(others) >= kinds
        and not right & others
    )
