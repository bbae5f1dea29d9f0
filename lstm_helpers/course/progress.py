"""What a student's checks said, remembered in one local file: ``work/progress.json`` in the course folder.

The file is ``{"version": 2, "checks": {name: entry}}``. An entry holds ``state``, ``points`` and ``of`` of the last
try, ``best``, the most points that any try earned, ``tries``, how many there were, ``when`` the last one was,
``course``, the version of the course that judged it, and ``cause``, the slip that was last named in a wrong answer; it
stays when the answer becomes right, for the review before the exam. There is no more: no code, no earlier tries.
Nothing is sent anywhere.

Version 1, the dictionary of entries alone, is read as well. What cannot be read is kept beside the file as
``progress.broken-*.json``. Delete the file to start anew. LSTM_COURSE_PROGRESS names another file, or is "off".
"""

import json
import os
from datetime import datetime
from pathlib import Path

import lstm_helpers
from lstm_helpers import course, files

VERSION = 2
MOST = 10**6  # no check has as many points, and no student as many tries
TEXTS = ("state", "when", "course", "cause")


class Newer(ValueError):
    """The file was written by a version of the course that this one does not know."""


def path():
    """Where progress is kept, or None when it is switched off. Raises FileNotFoundError where there is no course."""
    if os.environ.get("LSTM_COURSE_PROGRESS") == "off":
        return None
    return Path(os.path.realpath(course.named("LSTM_COURSE_PROGRESS") or course.root() / "work" / "progress.json"))


def load():
    """The remembered entries, {check: entry}: each is whole, whatever stands in the file. Changes nothing.

    Empty when there are none, or none can be read.
    """
    try:
        where = path()
    except FileNotFoundError:
        return {}
    return read(where) if where else {}


def read(where):
    """The entries of one progress file, as ``load``."""
    try:
        return _read(where)[0]
    except (OSError, Newer):
        return {}


def trouble():
    """(what is wrong with the file, what to do), or None: for the doctor."""
    try:
        where = path()
        if where is None:
            return None
        if not _read(where)[1]:
            return (
                f"{where} is damaged",
                "nothing: what can be read counts, and the next check in a notebook "
                f"keeps the file as {_kept_as(where, '*')}",
            )
    except OSError as error:
        return files.explain(error)
    except Newer as newer:
        return newer.args
    return files.hindrance(where.parent)


def remember(result):
    """Add one Result. Returns "", or a sentence that says why it could not be written: no check fails on that."""
    try:
        where = path()
        if where is None:
            return ""
        where.parent.mkdir(parents=True, exist_ok=True)
        with files.alone(where):  # each notebook adds to what the others wrote
            _add(where, result)
    except OSError as error:
        reason = files.why(error)
    except Newer as newer:
        reason = ": ".join(newer.args)
    else:
        return ""
    return f"(Your progress could not be remembered: {reason}. The check itself is fine.)"


def _add(where, result):
    remembered, whole = _read(where)
    before = remembered.get(result.check, {})
    remembered[result.check] = {
        "state": result.state,
        "points": result.points,
        "of": result.of,
        "best": max(result.points, before.get("best", 0)),
        "tries": before.get("tries", 0) + 1,
        "when": datetime.now().isoformat(timespec="seconds"),
        "course": lstm_helpers.__version__,
        "cause": result.cause or before.get("cause", ""),
    }
    if not whole:  # bad input loses nothing
        files.write(where.with_name(_kept_as(where, f"{datetime.now():%Y-%m-%d-%H%M%S-%f}")), where.read_bytes())
    files.write(where, json.dumps({"version": VERSION, "checks": remembered}, indent=1) + "\n")


def _kept_as(where, when):
    return f"{where.stem}.broken-{when}{where.suffix}"


def _read(where):
    """(entries, whole): the file's entries, and whether it held nothing else. Raises OSError, or Newer."""
    try:
        text = where.read_bytes().decode("utf-8-sig")
        held = json.loads(text)
    except FileNotFoundError:
        return {}, True
    except (ValueError, RecursionError):  # no text, no JSON, or nested beyond all measure
        return {}, False
    whole = isinstance(held, dict)
    if whole and "version" in held:
        if isinstance(held["version"], int) and held["version"] > VERSION:
            raise Newer(f"{where} was written by a newer version of the course", "get that version, or rename the file")
        whole = held["version"] == VERSION and held.keys() == {"version", "checks"}
        held = held.get("checks")
    if not isinstance(held, dict):
        return {}, False
    tried = {name: _entry(entry) for name, entry in held.items()}
    entries = {name: entry for name, (entry, _) in tried.items() if entry}
    for name, retired in course.RETIRED.items():
        if retired.same and name in entries:
            entries.setdefault(retired.successor, entries[name])
    return entries, whole and all(sound for _, sound in tried.values())


def _entry(held):
    """(entry, sound): an entry of the file with what can be used of it, and whether that was all of it."""
    if not isinstance(held, dict):
        return {}, False
    entry = {key: value for key, value in held.items() if key in TEXTS and isinstance(value, str)}
    entry |= {key: held[key] for key in ("points", "of", "best") if _number(held.get(key))}
    entry["best"] = entry.get("best", entry.get("points", 0))
    tries = held.get("tries")
    counted = _number(tries) and isinstance(tries, int)
    entry["tries"] = tries if counted else 1
    return entry, counted and entry == held


def _number(value):
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= MOST
