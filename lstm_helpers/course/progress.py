"""What a student's checks said, what was guessed, and the questions of the exam's bank that were answered.

All of it is in one local file, ``work/progress.json`` in the course folder: ``{"version": 4, "checks": {name: entry},
"predictions": {name: entry}, "questions": {name: entry}}``. An entry of a check holds ``state``, ``points`` and ``of``
of the last try, ``best``, the most points that any try earned, ``tries``, how many there were, ``when`` the last one
was, ``course``, the version of the course that judged it, and ``cause``, the slip that was last named in a wrong
answer; it stays when the answer becomes right, for the review before the exam. An entry of a prediction holds the
``guess``, the ``question`` that it belongs to, ``when`` it was made and in which ``course``; once its result was
shown, whether it was ``close``, how large the ``surprise``, and guess and result in a ``line`` of words. An entry of a
question of the bank holds how often it was ``asked`` and ``right``, ``when`` last, and the ``card`` of the schedule.
There is no more: no code, no earlier tries, guesses or answers. Nothing is sent anywhere.

Version 1, the dictionary of the checks' entries alone, version 2, without predictions, and version 3, in which they
name no question and none of the bank is kept, are read as well. What cannot be read is kept beside the file as
``progress.broken-*.json``. Delete the file to start anew.
LSTM_COURSE_PROGRESS names another file, or is "off".
"""

import json
import math
import os
from datetime import datetime
from pathlib import Path

import lstm_helpers
from lstm_helpers import course, files

VERSION = 4
MOST = 10**6  # no check has as many points, and no student as many tries
TEXTS = ("state", "when", "course", "cause")
LONGEST = 400  # characters of a guess


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
    return _load("checks")


def load_predictions():
    """The remembered predictions, {name: entry}, as ``load``."""
    return _load("predictions")


def load_questions():
    """The answered questions of the exam's bank, {name: entry}, as ``load``."""
    return _load("questions")


def _load(what):
    try:
        where = path()
    except FileNotFoundError:
        return {}
    return read(where, what) if where else {}


def read(where, what="checks"):
    """The entries of one progress file, as ``load``; or its "predictions" or "questions"."""
    try:
        return _read(where)[0][what]
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
    reason = _change(lambda held: _add(held["checks"], result))
    return f"(Your progress could not be remembered: {reason}. The check itself is fine.)" if reason else ""


def remember_prediction(name, entry):
    """Keep the entry of one prediction. Returns "", or a sentence that says why it could not be written."""
    new = {"when": _now(), **entry, "course": lstm_helpers.__version__}
    reason = _change(lambda held: held["predictions"].update({name: new}))
    return f"(It is kept only while this notebook's kernel runs: {reason}.)" if reason else ""


def remember_question(name, entry):
    """Keep the entry of one question. Returns "", or a sentence that says why it could not be written."""
    reason = _change(lambda held: held["questions"].update({name: {"when": _now(), **entry}}))
    return f"(It could not be remembered when to ask this again: {reason}.)" if reason else ""


def export(file):
    """Write what is remembered to ``file``, for another copy of the course to take in. Raises OSError or ValueError."""
    where = path()
    if where is None or not where.is_file():
        raise ValueError("nothing is remembered yet: run a check in an exercise first")
    files.export({file: where.read_bytes()})


def take_in(file):
    """Add what another copy of the course remembered, such as the one in the browser; what is here stays.

    Of two entries of one name the later one counts, with the better of their best points. The same file once more
    changes nothing. Returns how many entries are new or changed. Raises OSError, or ValueError where the file is none.
    """
    file = Path(file)
    if not file.is_file():
        raise ValueError(f"{file} is no file: get progress.json from the folder work/ of the other copy")
    theirs, whole = _read(file)
    if not whole:
        raise ValueError(f"{file} is no file of progress, or a part of one: download it again")
    changed = []

    def merge(held):
        for part, entries in theirs.items():
            new = {name: _later(held[part].get(name, {}), entry) for name, entry in entries.items()}
            changed.extend(name for name, entry in new.items() if entry != held[part].get(name))
            held[part].update(new)

    if reason := _change(merge):
        raise ValueError(f"it could not be taken in: {reason}")
    return len(changed)


def _later(ours, theirs):
    """One entry of two of the same name: the later one; of a check with the most of both."""
    later = theirs if theirs.get("when", "") > ours.get("when", "") else ours or theirs
    return later | {key: max(ours.get(key, 0), theirs[key]) for key in ("best", "tries") if key in theirs}


def _change(change):
    """Apply ``change`` to what the file holds, and write it. Returns "", or why that was not possible."""
    try:
        where = path()
        if where is None:
            return ""
        where.parent.mkdir(parents=True, exist_ok=True)
        with files.alone(where):  # each notebook adds to what the others wrote
            held, whole = _read(where)
            change(held)
            if not whole:  # bad input loses nothing
                kept = _kept_as(where, f"{datetime.now():%Y-%m-%d-%H%M%S-%f}")
                files.write(where.with_name(kept), where.read_bytes())
            files.write(where, json.dumps({"version": VERSION, **held}, indent=1) + "\n")
    except OSError as error:
        return f"{files.why(error)}{course.as_named('LSTM_COURSE_PROGRESS')}"
    except Newer as newer:
        return f"{': '.join(newer.args)}{course.as_named('LSTM_COURSE_PROGRESS')}"
    return ""


def _add(remembered, result):
    before = remembered.get(result.check, {})
    remembered[result.check] = {
        "state": result.state,
        "points": result.points,
        "of": result.of,
        "best": max(result.points, before.get("best", 0)),
        "tries": before.get("tries", 0) + 1,
        "when": _now(),
        "course": lstm_helpers.__version__,
        "cause": result.cause or before.get("cause", ""),
    }


def _now():
    return datetime.now().isoformat(timespec="seconds")


def _kept_as(where, when):
    return f"{where.stem}.broken-{when}{where.suffix}"


def _read(where):
    """(held, whole): {"checks": entries, "predictions": ..., "questions": ...} of the file; was that all it held?

    Raises OSError, or Newer.
    """
    nothing = {"checks": {}, "predictions": {}, "questions": {}}
    try:
        text = where.read_bytes().decode("utf-8-sig")
        held = json.loads(text)
    except FileNotFoundError:
        return nothing, True
    except (ValueError, RecursionError):  # no text, no JSON, or nested beyond all measure
        return nothing, False
    if not isinstance(held, dict):
        return nothing, False
    whole, parts = True, {"checks": held}  # version 1
    if "version" in held:
        if isinstance(held["version"], int) and held["version"] > VERSION:
            raise Newer(f"{where} was written by a newer version of the course", "get that version, or rename the file")
        expected = {2: {"checks"}, 3: {"checks", "predictions"}, VERSION: nothing.keys()}
        whole = held.keys() - {"version"} == expected.get(_plain(held["version"]))
        parts = held
    checks, sound = _part(parts.get("checks", {}), _entry)
    later = parts if "version" in held else {}
    predictions, sound_too = _part(later.get("predictions", {}), _prediction)
    questions, sound_as_well = _part(later.get("questions", {}), _question)
    for name, retired in course.RETIRED.items():
        if retired.same and name in checks:
            checks.setdefault(retired.successor, checks[name])
    for successor, names in course.merged().items():
        parts = [checks[name] for name in names if name in checks]
        if len(parts) == len(names) and all(part["best"] >= part["of"] for part in parts):
            total = {key: sum(part[key] for part in parts) for key in ("points", "of", "best")}
            checks.setdefault(successor, max(parts, key=lambda part: part["when"]) | total)
    held = {"checks": checks, "predictions": predictions, "questions": questions}
    return held, whole and sound and sound_too and sound_as_well


def _plain(version):
    return version if isinstance(version, int) and not isinstance(version, bool) else None


def _part(held, entry_of):
    """(entries, sound): what can be used of one part of the file, and whether that was all of it."""
    if not isinstance(held, dict):
        return {}, False
    tried = {name: entry_of(entry) for name, entry in held.items()}
    return {name: entry for name, (entry, _) in tried.items() if entry}, all(sound for _, sound in tried.values())


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


def _prediction(held):
    """(entry, sound) of a prediction: without a guess that can be used there is none, and a result only as a whole."""
    if not isinstance(held, dict) or not _guess(held.get("guess")):
        return {}, False
    texts = ("question", "when", "course")
    entry = {"guess": held["guess"]} | {key: held[key] for key in texts if isinstance(held.get(key), str)}
    result = {key: held[key] for key in ("close", "surprise", "line") if key in held}
    if (
        isinstance(result.get("close"), bool)
        and _finite(result.get("surprise"))
        and isinstance(result.get("line"), str)
    ):
        entry |= result
    return entry, entry == held


def _question(held):
    """(entry, sound) of a question of the bank: its counts, and the card of the schedule where that is whole."""
    if not isinstance(held, dict) or not all(_number(held.get(key)) for key in ("asked", "right")):
        return {}, False
    entry = {key: held[key] for key in ("asked", "right")} | {
        k: held[k] for k in ("when",) if isinstance(held.get(k), str)
    }
    if isinstance(held.get("card"), dict):
        entry["card"] = held["card"]
    return entry, entry == held


def _guess(value):
    if isinstance(value, list):
        return len(value) == 2 and all(map(_finite, value))
    return _finite(value) or isinstance(value, str) and 0 < len(value) <= LONGEST


def _finite(value):
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < math.inf
