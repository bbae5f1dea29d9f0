"""An instructor's own sheets: check modules in a folder of theirs (docs/own-sheets.md)."""

import importlib.util
import inspect
import sys
import traceback
from pathlib import Path

import numpy as np

from lstm_helpers.checks import judge
from lstm_helpers.checks.sheet import Sheet

PROFILES = ("numpy", "torch")  # of grading/profiles.py, which a student's edition has not


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
    return sheet


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
        if check.marks:
            continue  # no answer of ours to try
        if found := list(_own_faults(check, examine, seeds if check.fresh else (0,))):
            yield from found
            return  # what comes later may rest on it
        if check.fresh and (missing := sorted(set(_needed_globals(check.oracle)))):
            yield (
                f"{check.name}: its oracle reads {', '.join(missing)} from the module: write that into the function, "
                "since it may have to stand in for a student's, where only NumPy (np) and its own functions are"
            )
        if check.fresh and check.oracle.__name__ != check.name:
            yield f"{check.name}: its oracle is named {check.oracle.__name__}: give both the student's name"


def _own_faults(check, examine, seeds):
    for label, case in check.draw(0):
        if wrong := [name for name, value in case.items() if not isinstance(value, np.ndarray)]:
            yield f"{check.name}: in the case {label!r}, {wrong[0]} is no array: np.asarray({wrong[0]}) makes one"
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


def _needed_globals(fn, seen=()):
    for name, value in inspect.getclosurevars(fn).globals.items():
        if inspect.isfunction(value):
            if value not in seen:
                yield from _needed_globals(value, (*seen, value))
        elif name != "np":
            yield name
