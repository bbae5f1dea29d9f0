"""Comparing: whether two arrays, or two observations, say the same thing, and if not, the first difference in words."""

import numpy as np

from lstm_helpers import wording

SINGLE = (1e-3, 1e-5)  # relative, and as a part of the largest value: inputs in float32 leave no more
DOUBLE = (1e-6, 1e-9)
ROUNDED = (2e-6, 1e-6)  # a right value that float32 has rounded, and a few roundings on the way


def close(got, want, case):
    """What differs between two tensors, or "": shape, a float dtype, every value.

    The precision of the inputs sets the tolerance. That of the result alone allows for its own rounding, and no more:
    what was computed in float32 where the inputs are float64 is told to be so.
    """
    if got.shape != want.shape:
        return f"has shape {got.shape}, expected {want.shape}"
    if not _is_float(got):
        return f"has dtype {got.dtype}, expected floats (float32 or float64)"
    if not (wrong := unequal(got, want, case)).any():
        return ""
    if got.dtype.itemsize < 8 and not beyond(got, want, SINGLE).any():
        gap = np.abs(got - want)[wrong].max()
        return (
            f"is {got.dtype}, and differs from the right values by up to {gap:.2g}, more than rounding a right result "
            f"to {got.dtype} explains: compute in float64, and do not round on the way"
        )
    at, where = first_of(wrong)
    with np.errstate(invalid="ignore"):
        gap = np.abs(got - want)[wrong].max()
    more = f", largest difference {gap:.2g}" if np.isfinite(gap) else ""
    a, b = unequal_digits(float(got[at]), float(want[at]))
    return f"{where} {a}, expected {b}{how_many(wrong, more)}"


def whole_number(got, want, case):
    """Comparison for a count or an index: an integer, or a float that is one."""
    if got.shape != want.shape:
        return f"has shape {got.shape}, expected one number"
    if got.dtype.kind not in "biuf":
        return f"has dtype {got.dtype}, expected a whole number"
    whole = "" if float(got).is_integer() else "the whole number "  # NaN and inf are none
    return "" if got == want else f"is {got.item():.6g}, expected {whole}{want.item():.6g}"


def integers(they_are):
    """The comparison for integers: the shape, an integer dtype, every value; ``they_are`` says what of another dtype.

    Where a slip gives floats, it compares as ``close``.
    """

    def compare(got, want, case):
        if want.dtype.kind not in "iu":
            return close(got, want, case)
        if got.shape != want.shape:
            return f"has shape {got.shape}, expected {want.shape}"
        if got.dtype.kind not in "iu":
            return f"has dtype {got.dtype}, expected integers: {they_are}"
        wrong = got != want
        if not wrong.any():
            return ""
        at, where = first_of(wrong)
        return f"{where} {got[at]}, expected {want[at]}{how_many(wrong)}"

    return compare


def first_of(wrong):
    """The place of the first True in an array of booleans, and the words for it: ((1, 2), "[1, 2] is")."""
    at = tuple(int(k) for k in np.argwhere(wrong)[0])
    return at, f"[{', '.join(map(str, at))}] is" if at else "is"


def how_many(wrong, more=""):
    """What is said in brackets of an array of booleans, True where a value is wrong; of a single number nothing."""
    n = wrong.sum()
    return f" ({n} of {wording.count(wrong.size, 'value')} differ{'s' if n == 1 else ''}{more})" if wrong.ndim else ""


def unequal(got, want, case):
    """Where two arrays of one shape differ by more than the precision of the inputs, or the result's own, explains."""
    if any(a.dtype.char in "ef" for a in case.values()):
        return beyond(got, want, SINGLE)
    wrong = beyond(got, want, DOUBLE)
    if wrong.any() and got.dtype.kind == "f" and got.itemsize < 8:
        wrong &= beyond(got, want, ROUNDED, floor=0.0)
    return wrong


def beyond(got, want, tolerance, floor=1.0):
    """Where two arrays differ by more than ``tolerance``: relative, and as a part of the largest value.

    floor: the least of the largest value, so that a result of zeros has a tolerance too.
    """
    relative, part = tolerance
    want = np.asarray(want, np.result_type(want, 1.0))  # the difference of two unsigned integers is one
    size = np.abs(want)
    with np.errstate(invalid="ignore", over="ignore"):
        largest = size.max(initial=0)
        if np.isfinite(largest):  # as nearly always, and then a third of the work is enough
            return ~(np.abs(got - want) <= part * max(floor, largest) + relative * size)
        finite = np.isfinite(want)
        largest = size.max(initial=0, where=finite)
        near = (np.abs(got - want) <= part * max(floor, largest) + relative * size) & finite
    return ~(near | (got == want) | ((got != got) & (want != want)))


def inputs_named(names):
    """ "input h", "inputs h, c": the inputs of these names."""
    return f"input{'s' * (len(names) != 1)} {', '.join(names)}"


def unequal_digits(a, b):
    """Both numbers with as few digits as show the difference; 0 has no sign there."""
    a, b = a + 0.0, b + 0.0
    for digits in (4, 6, 9, 17):
        pair = f"{a:.{digits}g}", f"{b:.{digits}g}"
        if pair[0] != pair[1]:
            break
    return pair


def two_decimals(got, want, case):
    """Comparison for a number worked out by pencil: within 0.01, since rounding on the way adds up. It never shows
    the right one, and speaks of rounding only where that alone makes the number: a wrong method may come near, too.
    """
    near = lambda number, by=0.0101: abs(number - want) <= by  # noqa: E731
    if near(got):
        return ""
    to_one_decimal = np.array([np.round(want, 1), np.trunc(10 * want) / 10, np.floor(10 * want + 0.5) / 10])
    if got and np.abs(got - to_one_decimal).min() < 1e-9:
        why = "right to one decimal, but two are asked: keep four on the way, and round at the end"
    elif abs(want) <= 1 and near(got / 100, min(0.0101, 0.1 * abs(want))):
        why = "write a fraction, not per cent"
    elif near(-got, min(0.0101, 0.1 * abs(want))):
        why = "the sign is wrong"
    else:
        why = "not the number that the question asks for"
    return f"is {float(got) + 0.0:g}: {why}"


def counted(got, want, case):
    """Comparison for a number that is counted by pencil. It never shows the right one."""
    if got == want:
        return ""
    if any(abs(got * unit - want) < 1e-3 for unit in (1e3, 1e6)):
        why = "write the number itself, not its thousands or millions"
    elif any(float(f"{want:.{digits}g}") == got * unit for digits in (2, 3, 4) for unit in (1, 1e3, 1e6)):
        why = "all its digits are asked, do not round"
    else:
        why = "not the number that the question asks for"
    return f"is {float(got):,.12g}: {why}"


def wrong_outputs(check, got, want, case):
    """The names of the outputs that differ, of observations that both came to an end."""
    return [name for name, expected in want.outputs.items() if not agree(check, got.outputs[name], expected, case)]


def agree(check, got, want, case):
    """Whether two arrays of one output say the same thing, without words on what differs, which take their time."""
    if check.compare:
        return not check.compare(got, want, case)
    if not _is_float(want):  # no right answer, but what a slip gives, such as a bare 0
        return got.dtype.kind == want.dtype.kind and np.array_equal(got, want)
    return got.shape == want.shape and _is_float(got) and not unequal(got, want, case).any()


def _is_float(array):
    return array.dtype.kind == "f" and array.itemsize >= 4


def alike(check, got, want, case):
    """Whether two observations say the same thing."""
    if got.status != "ok" or want.status != "ok":
        misfit = lambda seen: seen.text if seen.status == "misfit" else ""  # noqa: E731
        return (got.status, got.kind, misfit(got)) == (want.status, want.kind, misfit(want))
    return (
        all(agree(check, got.outputs[name], expected, case) for name, expected in want.outputs.items())
        and set(got.changed) == set(want.changed)
        and not _warns_otherwise(check, got, want)
    )


def _warns_otherwise(check, got, want):
    return check.quiet and bool(got.floats) != bool(want.floats)


def differs(check, got, want, case):
    """ "" when two observations say the same thing, else the first difference in words."""
    if alike(check, got, want, case):
        return ""
    if got.status != "ok" or want.status != "ok":
        return got.text or "another outcome"
    for name, expected in want.outputs.items():
        if text := (check.compare or close)(got.outputs[name], expected, case):
            return f"{name}{'' if text.startswith('[') else ' '}{text}"
    if set(got.changed) != set(want.changed):
        them = "them" if len(got.changed) > 1 else "it"
        return (
            f"the values are right, but your code changes its {inputs_named(got.changed)}: work on a copy, "
            f"without += or *= on {them}"
        )
    said = f"the values are right, but NumPy warns on the way: {', '.join(got.floats)}"
    if "overflow" in got.floats and any(getattr(array, "dtype", None) == np.float32 for array in case.values()):
        said += ". np.exp overflows from 710 on in float64, in float32 from 89 on"
    return said
