"""The library is found: which pieces are the student's, from which notebook, and what stands in for the others.

What the trial of a notebook said is remembered in ``work/.yours.json``, under a hash of the definitions and of all
that judges them, so that only what has changed is tried again.
"""

import contextlib
import functools
import hashlib
import json
import os
import platform
from datetime import datetime
from pathlib import Path

import numpy as np

from lstm_helpers import course, files, notebook_file, variants, wording
from lstm_helpers.course import work
from lstm_helpers.yours import definitions, pieces, trial
from lstm_helpers.yours.found import Found, Library, Notebook
from lstm_helpers.yours.handing import handed

PACKAGE = Path(__file__).resolve().parents[1]
JUDGES = (
    "checks",
    "nn",
    "variants",
    "yours",
)  # folders on which a verdict depends, besides the lessons' own
MEMORY = ".yours.json"
REMEMBERED = 40  # trials: of each exercise the last few
ELSEWHERE = "LSTM_COURSE_WORK"  # another folder than work/: the course's own notebooks are made with the solutions


def load(again=False):
    """Read the student's notebooks and try what is new. Returns a Library; whatever they hold, it raises nothing.

    again: what was written and not right is tried once more, too: it may have been ended for want of time or memory.
    """
    try:
        root = course.root()
        folder = course.named(ELSEWHERE) or root / "work"
    except FileNotFoundError as none:
        why = f"no course folder was found, so every piece is the reference: {none}"
        return Library(_all_ours(Notebook("no notebook", trouble="without a course folder")), why)
    dated = folder == root / "work"  # elsewhere a file's time is when it was copied
    notebooks = {exercise: _read(folder / f"{exercise}.ipynb", root, dated) for exercise in pieces.EXERCISES}
    told = _tried(
        {exercise: (notebook.called, segments) for exercise, (notebook, segments, _) in notebooks.items() if segments},
        root / "work" / MEMORY,
        again,
    )
    found = {}
    for exercise, (notebook, segments, left) in notebooks.items():
        found |= _found(exercise, notebook, segments, left, told.get(exercise, {}), found)
    return Library(found, _wrong_folder(folder))


def _wrong_folder(folder):
    """What is wrong with a folder that was named in place of work/, or ""."""
    if not os.environ.get(ELSEWHERE) or any(os.path.lexists(folder / f"{e}.ipynb") for e in pieces.EXERCISES):
        return ""
    what = "holds none of your notebooks" if folder.is_dir() else "is no folder"
    return f"{folder} {what}{course.as_named(ELSEWHERE)}, so every piece is the reference."


def reference_alone():
    """The Library that takes nothing from any notebook."""
    return Library(_all_ours(Notebook("no notebook", trouble="is read here")))


def known():
    """{name: whether it is the student's} of the pieces of which that is known without trying anything: those that are
    not written, as in a fresh copy, and those of notebooks that are as they were when they were tried."""
    root, told = course.root(), {}
    remembered = _remembered(root / "work" / MEMORY)
    for exercise in pieces.EXERCISES:
        (_, segments, _), (_, handed_out, _) = (
            _read(root / folder / f"{exercise}.ipynb", root, True) for folder in ("work", "exercises")
        )
        mine, stubs = _texts(segments), _texts(handed_out)
        verdicts = remembered.get(_key(exercise, segments), {})
        for piece in pieces.of(exercise):
            if mine.get(piece.name) in (None, stubs.get(piece.name)):
                told[piece.name] = False
            elif piece.name in verdicts:
                told[piece.name] = verdicts[piece.name]["right"]
    return told


def _texts(segments):
    """{name: its text}, of the last definition of each name."""
    return {segment.names[0]: segment.text for segment in segments}


def _all_ours(notebook):
    return {
        name: Found(piece, notebook, handed(piece, pieces.reference(piece.exercise, name)), False, str(notebook))
        for name, piece in pieces.PIECES.items()
    }


def _read(path, root, dated):
    """(Notebook, its Segments, {name: why it is not taken}) of one file."""
    called = path.relative_to(root).as_posix() if dated else path.name
    if not os.path.lexists(path):
        return Notebook(called, trouble=_not_there(path)), [], {}
    try:
        cells = notebook_file.code_of(path)
        saved = datetime.fromtimestamp(path.stat().st_mtime) if dated else None
    except (notebook_file.Unreadable, OSError) as why:
        remedy = work.remedy(path)
        said = f"cannot be read: {why}" + (f". {wording.here(remedy)}" if remedy else "")
        return Notebook(called, trouble=said), [], {}
    segments, left = definitions.read(cells, [piece.name for piece in pieces.of(path.stem)])
    number = variants.named(cells)
    segments = segments if number is None else [trial.of_variant(number), *segments]
    return Notebook(called, saved), segments, left


def _not_there(path):
    others = (other for other in path.parent.glob("*.ipynb") if course.belongs(other.stem, [path.stem]))
    named = min((other.name for other in others), default="")
    return f"is not there, but {named} is: rename that to use it" if named else "is not there yet"


def _found(exercise, notebook, segments, left, verdicts, earlier):
    """{name: Found} of the pieces of one exercise; ``earlier``: those of the exercises before."""

    def piece_before(name):
        return earlier[name].function if name in earlier else trial.reference(exercise, name)

    # Definitions of which nothing is right are not run here: they may be what never came to an end.
    of_use = segments if any(verdict["right"] for verdict in verdicts.values()) else []
    space, _ = definitions.run(of_use, notebook.called, piece_before)
    asked = trial.sheet_of(exercise, segments).checks
    for name, verdict in verdicts.items():
        if not verdict["right"]:
            space[name] = asked[name].oracle
    texts, found = _texts(segments), {}
    for piece in pieces.of(exercise):
        missing = str(notebook) if notebook.trouble else left.get(piece.name, trial.UNWRITTEN)
        verdict = verdicts.get(piece.name) or {"right": False, "why": trial.UNWRITTEN, "helped": []}
        why = missing if verdict["why"] == trial.UNWRITTEN else _with_names(verdict["why"], left)
        theirs = verdict["right"] and piece.name in space
        function = (
            variants.as_course(asked[piece.name], space[piece.name])
            if theirs
            else pieces.reference(exercise, piece.name)
        )
        helped, source = tuple(verdict["helped"]), texts.get(piece.name, "")
        found[piece.name] = Found(piece, notebook, handed(piece, function), theirs, why, helped, source)
    return found


def _with_names(why, left):
    """What is wrong with a piece; where it lacks a name that its notebook defines, why that is not here."""
    name = next((name for name in wording.MISSING_NAME.findall(why) if name in left), "")
    return f"it needs {name}: {left[name]}" if name else why


# ---------------------------------------------------------------- what was tried before


def _tried(notebooks, memory, again):
    """The verdicts of ``trial.verdicts``: remembered where neither the definitions nor their judges have changed."""
    keys = {exercise: _key(exercise, segments) for exercise, (_, segments) in notebooks.items()}
    remembered = _remembered(memory)
    usable = {key for key, held in remembered.items() if not (again and any(map(_failed, held.values())))}
    told = {exercise: remembered[key] for exercise, key in keys.items() if key in usable}
    new = {exercise: given for exercise, given in notebooks.items() if exercise not in told}
    if not new:
        return told
    tried = trial.verdicts(new)
    remembered |= {keys[exercise]: verdicts for exercise, verdicts in tried.items()}
    kept = dict(list(remembered.items())[-REMEMBERED:])
    if memory.parent.is_dir():
        with contextlib.suppress(OSError):  # then it is tried again the next time
            files.write(memory, json.dumps({"version": 1, "tried": kept}, indent=1) + "\n", sync=False)
    return told | tried


def _remembered(memory):
    """{key: verdicts} that the file holds; what is no such thing is left out."""
    try:
        held = json.loads(memory.read_bytes())["tried"]
        return {key: verdicts for key, verdicts in held.items() if _is_sound(verdicts)}
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return {}


def _failed(verdict):
    return not verdict["right"] and verdict["why"] != trial.UNWRITTEN


def _is_sound(verdicts):
    kinds = {"right": bool, "why": str, "helped": list}
    return all(
        verdict.keys() == kinds.keys()
        and all(isinstance(verdict[key], kind) for key, kind in kinds.items())
        and all(isinstance(name, str) for name in verdict["helped"])
        for verdict in verdicts.values()
    )


def _key(exercise, segments):
    parts = [exercise, _version(), *(json.dumps(segment.asdict()) for segment in segments)]
    return hashlib.sha256("\n".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


@functools.cache
def _version():
    """A hash of all that decides a verdict besides the student's definitions."""
    rooms = [*JUDGES, *(pieces.HOMES[exercise].replace(".", "/") for exercise in pieces.EXERCISES)]
    texts = [path for room in rooms for path in sorted((PACKAGE / room).rglob("*")) if path.suffix in (".py", ".md")]
    hashed = hashlib.sha256(f"{platform.python_version()} {np.__version__}".encode())
    for path in texts:
        hashed.update(path.read_bytes())
    return hashed.hexdigest()
