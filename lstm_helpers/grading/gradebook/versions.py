"""What decides the points of a check, as hashes: by them a store knows what has to be graded again."""

import functools
import hashlib
import inspect
import re
import shlex
import sys
from pathlib import Path

import numpy as np

from lstm_helpers.checks import cases, compare, diagnose, judge, probe, shared, sheet
from lstm_helpers.grading.box.host import Limits

SHARED = "all: "  # before the name of what every check of a sheet depends on; no check is called so
JUDGES = (cases, compare, diagnose, judge, probe, shared, sheet)  # what every check of every sheet depends on


@functools.cache
def _file_hash(module):  # the module and not its name: an own sheet can be loaded anew from another folder
    return hashlib.sha256(Path(module.__file__).read_bytes()).hexdigest()


def _hash(lines):
    return hashlib.sha256("\n".join(lines).encode("utf-8", "surrogatepass")).hexdigest()


def version_of(asked, limits=None):
    """A hash of what decides the points of a Sheet: its module, its oracles', judge, probe, points, what it reads.

    limits: box.Limits of its notebooks, where they are not the usual ones.
    """
    modules = {m.__name__ for m in JUDGES}
    for check in asked.checks.values():
        modules |= {check.cases.__module__, getattr(check.oracle, "__module__", None)}
    known = sorted(m for m in modules if getattr(sys.modules.get(m), "__file__", None))
    parts = [_file_hash(sys.modules[m]) for m in known] + [f"{c.name} {c.points:g}" for c in asked.checks.values()]
    parts += [hashlib.sha256(file.read_bytes()).hexdigest() for file in asked.reads]
    parts += [_hash([asked.hidden.text or ""])] if asked.hidden else []
    return _hash(parts if limits in (None, Limits()) else [*parts, repr(limits)])


def parts_of(asked):
    """{check: hash} of what decides the points of each check of a Sheet alone, and {SHARED + name: hash} of what all
    share.

    ``version_of`` changes with every letter of the sheet's module; by these it is seen which checks have changed.
    """
    common = {f"{m.__name__.replace('.', '/')}.py": _file_hash(m) for m in JUDGES}
    common |= {str(file): hashlib.sha256(file.read_bytes()).hexdigest() for file in asked.reads}
    if asked.hidden:
        common |= {"its hidden text": _hash([asked.hidden.text or ""])}
    common |= {"its profile": asked.profile, "its limits": repr(sorted(asked.limits.items()))}
    named = {SHARED + name: made_of for name, made_of in common.items()}
    return {**named, **{name: _hash(_told(check, {})) for name, check in asked.checks.items()}}


def _told(value, seen):
    """Lines that describe a value: functions by their source and by what they reach, and no line numbers."""
    if isinstance(value, str | bytes | int | float | complex | bool | None | slice | range | re.Pattern):
        yield repr(value)
        return
    if id(value) in seen:
        return
    seen[id(value)] = value  # kept, or its id could become another's
    if isinstance(value, np.ndarray):
        yield f"{value.dtype} {value.shape} {hashlib.sha256(value.tobytes()).hexdigest()}"
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from _told(name, seen)
            yield from _told(item, seen)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _told(item, seen)
    elif isinstance(value, set | frozenset):
        yield from sorted(map(repr, value))
    elif isinstance(value, functools.partial):
        yield from _told([value.func, value.args, value.keywords], seen)
    elif inspect.isfunction(inspect.unwrap(value) if callable(value) else None):
        yield from _reached(inspect.unwrap(value), seen)
    elif isinstance(value, sheet.Check | sheet.Misconception):
        yield from _told(vars(value), seen)
    else:
        yield f"{type(value).__module__}.{getattr(value, '__qualname__', type(value).__qualname__)}"


def _reached(fn, seen):
    """The source of a function, and what it reads: its defaults, what it closes over, the globals that it names."""
    try:
        yield inspect.getsource(fn)
    except (OSError, TypeError):  # made while the program runs
        yield fn.__code__.co_code.hex()
        yield from _told(fn.__code__.co_consts, seen)
    yield from _told([fn.__defaults__, fn.__kwdefaults__], seen)
    for cell in fn.__closure__ or ():
        yield from _told(cell.cell_contents, seen)
    if fn.__module__ in {m.__name__ for m in JUDGES}:
        return  # these are shared by all
    waiting = [fn.__code__]
    while waiting:  # functions inside it have names of their own
        code = waiting.pop()
        waiting += [c for c in code.co_consts if inspect.iscode(c)]
        for name in code.co_names:
            if name in fn.__globals__ and not isinstance(fn.__globals__[name], sheet.Sheet | sheet.Check):
                yield from _told(fn.__globals__[name], seen)


def outdated(store, sheets, made):
    """(exercise, names of what has changed, submissions that stand on earlier versions) of each where there are any.

    made: {exercise: today's version}. What an earlier course kept without its parts cannot be told.
    """
    known = store.setting("parts", {})
    for exercise, version in made.items():
        others = [graded for graded in store.counting(exercise) if graded.key.version != version]
        now = parts_of(sheets[exercise]) if others else {}
        changed, standing = {}, []
        for graded in others:
            before = known.get(graded.key.version, now)
            if names := [name for name in (*before, *now) if before.get(name) != now.get(name)]:
                changed |= dict.fromkeys(names)
                standing.append(graded)
        if standing:
            yield exercise, list(changed), standing


def again(store, exercise):
    """The command that grades an exercise anew."""
    folders = store.origins(exercise)
    where = shlex.quote(folders[0]) if len(folders) == 1 else "DIR"
    return f"lstm-course grade {where} --out {shlex.quote(str(store.path.parent))}"


def note(store, sheets, of):
    """Keep what each check is made of in the versions ``of``, {exercise: hash}: a regrading asks what has changed."""
    now = {version: parts_of(sheets[exercise]) for exercise, version in of.items()}
    store.set("parts", {**store.setting("parts", {}), **now})
