"""Time and memory that a notebook may take: the course's own limits, a sheet's, and what the command line says."""

import dataclasses
import math
import re

from lstm_helpers.grading.box.host import Limits
from lstm_helpers.grading.gradebook import tables

UNITS = {"": 1, "s": 1, "m": 60, "h": 3600}
SIZES = {"kb": 1 << 10, "mb": 1 << 20, "gb": 1 << 30}
SECONDS = ("cell", "probe", "notebook")  # one cell; all cases of one check; the whole notebook
NAMES = (*SECONDS, "memory")
FORM = "cell=60, notebook=5m, memory=2GB"


def read(text):
    """{name: number} of a text such as FORM. ValueError says what was expected."""
    where = f"--limits {text!r}"
    return numbers(tables.pairs(text, where), where)


def numbers(values, where):
    """The same of a mapping, in seconds and bytes; ``where`` begins the text of an error."""
    limits = {}
    for name, value in dict(values).items():
        if name not in NAMES:
            raise ValueError(f"{where}: {name!r} is not known; known are {', '.join(NAMES)}, as in {FORM!r}")
        units = SIZES if name == "memory" else UNITS
        fits = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([a-z]*)", str(value).lower())
        number = float(fits[1]) * units[fits[2]] if fits and fits[2] in units else math.nan
        if not 0 < number < math.inf:
            expected = "a size such as 512MB or 2GB" if name == "memory" else "seconds or minutes such as 60 or 5m"
            raise ValueError(f"{where}: {name} is {value!r}, expected {expected}")
        limits[name] = int(number) if name == "memory" else number
    return limits


def of(sheet, given=None, base=None):
    """The Limits for a Sheet: its own in place of those of the course (``base``), those ``given`` in place of both."""
    of_sheet = numbers(sheet.limits, f"{sheet.exercise}, limits of its sheet")
    return dataclasses.replace(base or Limits(), **{**of_sheet, **(given or {})})


def of_class(store, sheet, base=None):
    """The Limits of a Sheet in the class of a Store: with what a person gave on the command line."""
    return of(sheet, store.setting("limits", {}), base)
