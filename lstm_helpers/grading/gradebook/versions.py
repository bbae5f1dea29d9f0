"""What decides the points of a check, as hashes: by them a store knows what has to be graded again.

Code counts without its comments and docstrings; advices, hints and misconceptions do not count. A text inside of code
does, such as the label of a case: it cannot be told from a text that an answer is compared with.
"""

import functools
import hashlib
import importlib
import inspect
import re
import shlex
import types

import numpy as np

from lstm_helpers.checks import cases, compare, inspection, judge, probe, sheet
from lstm_helpers.grading.box.host import Limits
from lstm_helpers.grading.gradebook import code

SHARED = "all: "  # before the name of what every check of a sheet depends on; no check is called so
JUDGES = (cases, compare, inspection, judge, probe, sheet)  # what every check of every sheet depends on
# The fields of a Check that decide its points.
DECIDING = ("name", "points", "cases", "oracle", "returns", "uses", "probe", "compare", "ranges", "quiet", "marks")
PLAIN = str | bytes | int | float | complex | bool | None | slice | range | re.Pattern


def _hash(lines):
    return hashlib.sha256("\n".join(lines).encode("utf-8", "surrogatepass")).hexdigest()


def _module_hash(module):
    return _hash([code.of_module(module.__file__)])


def version_of(asked, limits=None):
    """A hash of what decides the points of a Sheet: its checks, what judges them, what it reads.

    limits: host.Limits of its notebooks, where they are not the usual ones.
    """
    parts = [f"{name} {made_of}" for name, made_of in parts_of(asked).items()]
    return _hash(parts if limits in (None, Limits()) else [*parts, repr(limits)])


def parts_of(asked):
    """{check: hash} of what decides the points of each check of a Sheet alone, and {SHARED + name: hash} of what all
    share.

    By these it is seen which checks have changed.
    """
    common = {f"{m.__name__.replace('.', '/')}.py": _module_hash(m) for m in JUDGES}
    for file in asked.reads:  # by its name: it lies elsewhere on another machine
        content = hashlib.sha256(file.read_bytes()).hexdigest()
        common[file.name] = _hash([common[file.name], content]) if file.name in common else content
    if asked.hidden:
        common |= {"its hidden text": _hash([asked.hidden.text or ""])}
    common |= {"its profile": asked.profile, "its limits": repr(sorted(asked.limits.items()))}
    named = {SHARED + name: made_of for name, made_of in common.items()}
    return {**named, **{name: _hash(_lines_of_check(check)) for name, check in asked.checks.items()}}


def _lines_of_check(check):
    reached = {}
    for name in DECIDING:
        yield name
        yield from _lines(getattr(check, name), reached)


def _lines(value, reached):
    """Lines that describe a value: functions and classes by their code and by what they reach, and no line numbers.

    reached: {id: value} of what was described before.
    """
    if isinstance(value, PLAIN):
        yield repr(value)
        return
    if id(value) in reached:
        return
    reached[id(value)] = value  # kept, or its id could become another's
    if isinstance(value, np.ndarray):
        yield f"{value.dtype} {value.shape} {hashlib.sha256(value.tobytes()).hexdigest()}"
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from _lines(name, reached)
            yield from _lines(item, reached)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _lines(item, reached)
    elif isinstance(value, set | frozenset):
        yield from sorted(map(repr, value))
    elif isinstance(value, functools.partial):
        yield from _lines([value.func, value.args, value.keywords], reached)
    elif inspect.isclass(value) and value.__module__.startswith("lstm_helpers."):
        yield from _lines_of_class(value, reached)
    elif inspect.isfunction(inspect.unwrap(value) if callable(value) else None):
        yield from _lines_of_function(inspect.unwrap(value), reached)
    else:
        name = getattr(value, "__qualname__", getattr(value, "__name__", ""))
        yield f"{type(value).__module__}.{type(value).__qualname__} {name}"


def _lines_of_class(cls, reached):
    """The code of a class, its bases, and what its methods reach."""
    yield code.of_class(cls)
    yield from _lines(list(cls.__bases__), reached)
    for member in vars(cls).values():
        member = getattr(member, "__func__", getattr(member, "fget", getattr(member, "func", member)))
        if inspect.isfunction(member) and code.of_function(member):
            yield from _lines_of_reached(member, reached)


def _lines_of_function(fn, reached):
    """The code of a function, its defaults, what it closes over, and the globals that it names."""
    if fn.__module__ in {m.__name__ for m in JUDGES}:
        yield f"{fn.__module__}.{fn.__qualname__}"  # its module is shared by all
        return
    if text := code.of_function(fn):
        yield text
    else:  # made while the program runs
        yield fn.__code__.co_code.hex()
        yield from _lines(fn.__code__.co_consts, reached)
    yield from _lines([fn.__defaults__, fn.__kwdefaults__], reached)
    for cell in fn.__closure__ or ():
        yield from _lines(cell.cell_contents, reached)
    yield from _lines_of_reached(fn, reached)


def _lines_of_reached(fn, reached):
    waiting = [fn.__code__]
    while waiting:  # functions inside it have names of their own
        inner = waiting.pop()
        waiting += [c for c in inner.co_consts if inspect.iscode(c)]
        for value in _named(sorted(inner.co_names), fn.__globals__):
            if not isinstance(value, sheet.Sheet | sheet.Check):
                yield from _lines(value, reached)


def _named(names, space):
    """What the names of a code object stand for: globals, and what is taken from a module of the course."""
    modules = [space[name] for name in names if isinstance(space.get(name), types.ModuleType)]
    modules += [importlib.import_module(name) for name in names if name.startswith("lstm_helpers.")]
    yield from (space[name] for name in names if name in space and not isinstance(space[name], types.ModuleType))
    for module in modules:
        if module.__name__.startswith("lstm_helpers.") and module not in JUDGES:
            found = (vars(module)[name] for name in names if name in vars(module))
            yield from (value for value in found if not isinstance(value, types.ModuleType))


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
