"""Which table an instructor has given: each option takes one kind, and says where another one belongs."""

import contextlib
import tomllib
from pathlib import Path

from lstm_helpers.grading.gradebook import policy, roster, tables

WHAT = {
    "roster": "a roster: who is in the class",
    "manual": "points by hand",
    "requests": "requests for regrading",
    "weights": "weights of checks",
    "late": "a rule for lateness",
    "": "a table of points that this command wrote",
}
COLUMNS = {  # the first of these that are all there say what it is; a table may be of several kinds
    "manual": {"student", "exercise", "check", "points"},
    "requests": {"student", "exercise", "check", "reason"},
    "weights": {"exercise", "check", "weight"},
    "": {"student", "exercise", "state", "points", "of"},
}


def check(option, given):
    """Raise tables.TableError if what is given to an option (such as "roster") is plainly what another one takes."""
    in_words = "=" in given and not Path(given).exists()
    kinds = {"late"} if in_words else _kinds(Path(given))
    if not kinds or option in kinds:
        return
    kind = min(kinds)
    way = f"give it as --{kind}" if kind else f"it is no {option} table"
    raise tables.TableError(f"--{option} {given}: this looks like {WHAT[kind]}: {way}")


def _kinds(path):
    """The options that may take a file: none if it cannot be told, which its own reader says better."""
    with contextlib.suppress(OSError, ValueError):
        told = tomllib.loads(path.read_text(encoding="utf-8-sig"))
        keys = {*told, *(key for table in told.values() if isinstance(table, dict) for key in table)}
        return {"late"} if keys & {*policy.KEYS} else {"weights"} if keys else set()
    with contextlib.suppress(tables.TableError):
        columns = {name.casefold() for name in tables.read(path, [], faults=[])[0]}
        if kinds := {kind for kind, needed in COLUMNS.items() if needed <= columns}:
            return kinds
        if columns & {name.casefold() for name in roster.KEYS} and not {"exercise", "check"} <= columns:
            return {"roster"}
    return set()
