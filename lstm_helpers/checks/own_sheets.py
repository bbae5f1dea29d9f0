"""An instructor's own sheets: check modules in a folder of theirs (docs/own-sheets.md)."""

import importlib.util
import inspect
import math
import re
import sys
import traceback
from pathlib import Path

import numpy as np

from lstm_helpers import wording
from lstm_helpers.checks import judge, probe
from lstm_helpers.checks.sheet import Sheet
from lstm_helpers.checks.slips import SlipError

PROFILES = ("numpy", "torch")  # of grading/box/profiles.py, which a student's edition has not


def read(folder):
    """The Sheets of the check modules in ``folder``, in the order of the file names.

    Raises NotADirectoryError, or ValueError with the file, the line and what to do.
    """
    folder = Path(folder).resolve()
    if not folder.is_dir():
        raise NotADirectoryError(f"{folder} is not a folder: expected one with check modules, such as my_sheet.py")
    modules = sorted(folder.glob("*.py"))
    if not modules:
        raise ValueError(f"{folder} holds no check module: expected a file such as my_sheet.py (docs/own-sheets.md)")
    return [_sheet(path) for path in modules]


def _sheet(path):
    sheet = getattr(_module(path), "sheet", None)
    if not isinstance(sheet, Sheet):
        raise ValueError(f"{path} defines no sheet: expected `sheet = Sheet('my_sheet', exercise='20_my_exercise')`")
    if sheet.profile not in PROFILES:
        raise ValueError(f"{path}: profile is {sheet.profile!r}, expected one of {', '.join(map(repr, PROFILES))}")
    if not sheet.checks:
        raise ValueError(f"{path}: the sheet has no check: expected a generator of cases under `@sheet.check(...)`")
    if wrong := next(_misshapen(sheet), ""):
        raise ValueError(f"{path}: {wrong}")
    return sheet


def _misshapen(sheet):
    """One sentence for each option whose value would end grading, or a page, later on."""
    if not re.fullmatch(r"\w[\w .-]*", str(sheet.exercise)) or str(sheet.exercise).endswith(".ipynb"):
        yield f"exercise is {sheet.exercise!r}, expected the notebook's name alone, such as '20_my_exercise'"
    if gone := [str(file) for file in sheet.reads if not Path(file).is_file()]:
        yield f"reads names {gone[0]!r}, which is no file: name it from this module, Path(__file__).with_name('...')"
    for slip in sheet.slips:
        if unknown := [name for name in slip.checks if name not in sheet.checks]:
            yield f"{slip.where}: there is no check {unknown[0]!r}; there are: {', '.join(sheet.checks)}"
    for check in sheet.checks.values():
        for wrong in _misshapen_check(check):
            yield f"{check.name}: {wrong}"


def _misshapen_check(check):
    number = lambda value: isinstance(value, int | float) and math.isfinite(value) and value > 0  # noqa: E731
    texts = lambda values: all(isinstance(value, str) and value.strip() for value in values)  # noqa: E731
    bounds = check.ranges.items() if isinstance(check.ranges, dict) else [(check.ranges, ())]
    expected = {
        "it has no docstring: write what is asked into the first line below its `def`": check.asks.strip(),
        "its name is no name of a function: give name='...'": check.name.isidentifier(),
        f"points is {check.points!r}, expected a number above 0": number(check.points),
        f"minutes is {check.minutes!r}, expected a number above 0": number(check.minutes),
        f"hints is {check.hints!r}, expected a list of texts": texts(check.hints),
        f"uses is {check.uses!r}, expected names of earlier checks": texts(check.uses),
        f"returns is {check.returns!r}, expected a name, or a tuple of names": _names_outputs(check.returns),
        f"probe is {check.probe!r}, expected one of {', '.join(map(repr, probe.PROBES))}": check.probe in probe.PROBES,
        "there is no oracle, the right answer: give oracle=..., or marks=... where there is none": check.marks
        or check.oracle is not None,
        "oracle is no function: for numbers, add probe='value' and give a dictionary": check.oracle is None
        or (isinstance(check.oracle, dict) if check.probe == "value" else callable(check.oracle)),
        f"compare is {check.compare!r}, expected a function": check.compare is None or callable(check.compare),
        f"marks is {check.marks!r}, expected a function": check.marks is None or callable(check.marks),
        f"ranges is {check.ranges!r}, expected {{name of an output: (lowest, highest)}}": all(
            isinstance(name, str) and isinstance(pair, tuple | list) and len(pair) == 2 for name, pair in bounds
        ),
        "a misconception has no name or no advice: expected wrong('name', change, 'advice')": texts(
            text for m in check.misconceptions for text in (m.name, m.advice)
        ),
    }
    yield from (wrong for wrong, holds in expected.items() if not holds)


def _names_outputs(returns):
    if isinstance(returns, str):
        return returns.isidentifier()
    return isinstance(returns, tuple) and bool(returns) and all(map(_names_outputs, returns))


def _module(path):
    """The module in a file, under a name that is the same on every machine."""
    name = f"lstm_own_sheet_{path.stem}"
    if name in sys.modules:
        if sys.modules[name].__file__ != str(path):
            raise ValueError(f"{path}: another sheet was loaded from {sys.modules[name].__file__}: rename one of them")
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, path)
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except SlipError:  # it names its own file and line
        del sys.modules[name]
        raise
    except Exception as error:
        del sys.modules[name]
        lines = [step.lineno for step in traceback.extract_tb(error.__traceback__) if step.filename == str(path)]
        line = getattr(error, "lineno", None) or (lines[-1] if lines else 1)
        raise ValueError(f"{path}, line {line}: {type(error).__name__}: {error}") from None
    return module


def faults(sheet, examine, seeds=range(3)):
    """One sentence for each thing in a sheet that would mislead students, found by trying; none when it holds.

    ``examine(check, answer, seed)`` gives a Result. The right answer must pass, every misconception must fail and be
    the only one that is named, and a reference must work where nothing but it and NumPy is.
    """
    known = []
    for check in sheet.checks.values():
        if unknown := [name for name in check.uses if name not in known]:
            yield f"{check.name}: uses {unknown[0]!r}, which is no earlier check of this sheet"
            return
        known.append(check.name)
        try:
            found = list(_own_faults(check, examine, seeds if check.fresh else (0,)))
        except SlipError as error:
            found = [str(error)]
        except Exception as error:  # whatever a module of somebody else raises
            found = [f"{check.name}: {_where(error, check)}{type(error).__name__}: {error}"]
        if found:
            yield from found
            return  # what comes later may rest on it
        if check.marks:
            continue  # no reference stands in for an answer that nobody else can give
        if check.fresh and (missing := sorted(set(_needed_globals(check.oracle)))):
            yield (
                f"{check.name}: its oracle reads {', '.join(missing)} from the module: write that into the function, "
                "since it may have to stand in for a student's, where only NumPy (np) and its own functions are"
            )
        if check.fresh and check.oracle.__name__ != check.name:
            yield f"{check.name}: its oracle is named {check.oracle.__name__}: give both the student's name"


def _where(error, check):
    """The line of the check's own module that raised, where there is one."""
    file = inspect.getsourcefile(check.cases)
    lines = [step.lineno for step in traceback.extract_tb(error.__traceback__) if step.filename == file]
    return f"line {lines[-1]}: " if lines else ""


def _own_faults(check, examine, seeds):
    given = list(check.cases(np.random.default_rng(0)))
    if not given or not all(isinstance(c, tuple) and len(c) == 2 and isinstance(c[1], dict) for c in given):
        yield f"{check.name}: its generator of cases has to yield a label and {{argument: array}}, at least once"
        return
    for label, case in given:
        if wrong := [name for name, value in case.items() if not isinstance(value, np.ndarray)]:
            yield f"{check.name}: in the case {label!r}, {wrong[0]} is no array: np.asarray({wrong[0]}) makes one"
            return
    if check.marks:
        yield from _marks_faults(check, examine)
        return
    for seed in seeds:
        for seen in judge.observe(check, check.oracle, check.draw(seed)):
            if seen.status != "ok":  # the same error on both sides would pass for right
                yield f"{check.name}: its own right answer gives {seen.text or seen.status} (seed {seed})"
                return
        result = examine(check, check.oracle, seed)
        if result.state != judge.CORRECT:
            yield f"{check.name}: its own right answer is {result.state} (seed {seed}): {' '.join(result.lines)}"
            return
    for misconception in check.misconceptions:
        misconception.verified()
        for seed in seeds:
            result = examine(check, misconception.build(), seed)
            if result.state == judge.CORRECT:
                yield f"{check.name}: {misconception.name!r} passes (seed {seed}): add a case in which it is wrong"
                break
            if result.candidates != [misconception.name]:
                also = [name for name in result.candidates if name != misconception.name]
                why = f"cannot be told from {also[0]!r}" if also else "fails but is not recognised"
                if not also and not misconception.plain:
                    why += ": if its outcome is zeros, an input or another structure, name it so and give plain=True"
                yield f"{check.name}: {misconception.name!r} {why} (seed {seed})"
                break


def _marks_faults(check, examine):
    """Where an answer of the sheet's own is given, it has to earn points, and no more than there are."""
    if check.oracle is None:
        return
    result = examine(check, check.oracle, 0)
    if result.state != judge.CORRECT or not 0 < result.points <= check.points:
        earned = f"{result.points:g} of {wording.count(check.points, 'point')}"
        yield f"{check.name}: its own answer is {result.state}, {earned}: {' '.join(result.lines)}"


def _needed_globals(fn, seen=()):
    for name, value in inspect.getclosurevars(fn).globals.items():
        if inspect.isfunction(value):
            if value not in seen:
                yield from _needed_globals(value, (*seen, value))
        elif name != "np":
            yield name
