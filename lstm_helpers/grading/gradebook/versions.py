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
import sys
import types
from pathlib import Path

import numpy as np

from lstm_helpers.checks import cases, compare, inspection, judge, probe, sheet
from lstm_helpers.grading.box.host import Limits
from lstm_helpers.grading.gradebook import code

SHARED = "all: "  # before the name of what every check of a sheet depends on; no check is called so
JUDGES = (cases, compare, inspection, judge, probe, sheet)  # what every check of every sheet depends on
# The fields of a Check that decide its points.
DECIDING = ("name", "points", "cases", "oracle", "returns", "uses", "probe", "compare", "ranges", "quiet", "marks")
IF_ANY = ("outcome", "processor")  # the same, of the few checks that have them
LIBRARIES = {"site-packages", "dist-packages"}  # folders of what others wrote
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
    return {**named, **{name: _hash(_lines_of_check(asked, check)) for name, check in asked.checks.items()}}


def _lines_of_check(asked, check):
    reached = {}
    for name in (*DECIDING, *(name for name in IF_ANY if getattr(check, name) is not None)):
        yield name
        try:
            yield from _lines(getattr(check, name), reached)
        except ValueError as trouble:
            raise ValueError(f"{asked.exercise}, {check.name}: {trouble}") from None


def _lines(value, reached):
    """Lines that describe a value: functions, classes and objects of the sheets by their code, by what they hold and by
    what they reach, and no line numbers; those of libraries by their names.

    reached: {id: value} of what was described before. Raises ValueError for what cannot be described, such as an open
    file: a change of it would not be seen.
    """
    if isinstance(value, PLAIN):
        yield repr(value)
    elif isinstance(value, np.generic):
        yield f"{value.dtype}"
        yield from _lines(value.item(), reached) if value.dtype.hasobject else [value.tobytes().hex()]
    elif type(value) is tuple:  # equal ones may be one object, or two
        yield f"tuple of {len(value)}"
        for item in value:
            yield from _lines(item, reached)
    elif id(value) in reached:
        yield f"once more: {list(reached).index(id(value))}"
    else:
        reached[id(value)] = value  # kept, or its id could become another's
        yield from _lines_of_new(value, reached)


def _lines_of_new(value, reached):
    """The lines of what was not described before."""
    if isinstance(value, sheet.Sheet | sheet.Check):  # with advices and hints; what decides points has its own lines
        yield f"{_name(type(value))} {value.name}"
    elif isinstance(value, np.ndarray):
        yield f"{value.dtype} {value.shape}"
        yield from (
            _lines(value.tolist(), reached) if value.dtype.hasobject else [hashlib.sha256(value.tobytes()).hexdigest()]
        )
    elif isinstance(value, dict | types.MappingProxyType):
        yield f"{_name(type(value))} of {len(value)}"
        for name, item in value.items():
            yield from _lines(name, reached)
            yield from _lines(item, reached)
    elif isinstance(value, set | frozenset):  # their order differs from run to run
        yield from sorted("\n".join(_lines(item, dict(reached))) for item in value)
    elif isinstance(value, types.ModuleType):
        yield f"module {value.__name__}"
        yield _module_hash(value) if _is_ours(value.__name__) else ""
    elif inspect.isclass(value):
        yield from _lines_of_class(value, reached) if _is_ours(value.__module__) else [_name(value)]
    elif inspect.isfunction(fn := inspect.unwrap(value) if callable(value) else None):
        yield from _lines_of_function(fn, reached) if _is_ours(fn.__module__) else [_name(fn)]
    else:
        yield from _lines_of_object(value, reached)


def _name(value):
    return f"{value.__module__}.{value.__qualname__}"


@functools.cache
def _is_ours(name):
    """Whether a module, by its name, belongs to the course or to an instructor; else it is a library's."""
    module = sys.modules.get(name)
    if name.partition(".")[0] == "lstm_helpers" or module is None:
        return True  # what was made while the program runs belongs to whoever made it
    file = getattr(module, "__file__", None)
    return name not in sys.stdlib_module_names and bool(file) and not LIBRARIES & set(Path(file).parts)


def _lines_of_object(value, reached):
    """An object by what would make it again, as a copy does."""
    try:
        made = value.__reduce_ex__(2)
    except Exception as trouble:  # whatever a class of somebody else raises
        raise ValueError(
            f"it reads {_name(type(value))}, of which cannot be told whether it has changed since ({trouble}): "
            "let it read numbers, texts, arrays, functions, and objects that hold such"
        ) from None
    if isinstance(made, str):  # the name of a global, such as that of a built-in function
        yield f"{getattr(value, '__module__', '')}.{made}"
        return
    maker, given, state, items, pairs = (*made, None, None, None)[:5]
    if isinstance(state, dict):  # what is worked out when first asked for is no part of it
        late = {
            n for cls in type(value).__mro__ for n, m in vars(cls).items() if isinstance(m, functools.cached_property)
        }
        state = {name: item for name, item in state.items() if name not in late} or None
    yield _name(type(value))
    yield from _lines((maker, given, state, tuple(items or ()), tuple(pairs or ())), reached)


def _lines_of_class(cls, reached):
    """The code of a class, its bases, what its attributes hold and what its methods reach."""
    yield (text := code.of_class(cls)) or _name(cls)
    yield from _lines(cls.__bases__, reached)
    for name, member in vars(cls).items():
        member = getattr(member, "__func__", getattr(member, "fget", getattr(member, "func", member)))
        if inspect.isfunction(member):
            if code.of_function(member) or not text:  # what a dataclass makes for itself follows from its text
                yield from _lines(member, reached)
        elif not name.startswith(("__", "_abc_")) and not inspect.isdatadescriptor(member):
            yield name
            yield from _lines(member, reached)


def _lines_of_function(fn, reached):
    """The code of a function, its defaults, what it closes over, and the globals that it names."""
    if fn.__module__ in {m.__name__ for m in JUDGES}:
        yield _name(fn)  # its module is shared by all
        return
    if text := code.of_function(fn):
        yield text
    else:  # made while the program runs
        for made in _with_inner(fn.__code__):
            yield f"{made.co_code.hex()} {made.co_names} {made.co_varnames}"
            yield from _lines(tuple(c for c in made.co_consts if not inspect.iscode(c)), reached)
    yield from _lines((fn.__defaults__, fn.__kwdefaults__), reached)
    for cell in fn.__closure__ or ():
        yield from _lines(_held(cell), reached)
    yield from _lines_of_reached(fn, reached)


def _held(cell):
    try:
        return cell.cell_contents
    except ValueError:  # nothing yet
        return None


def _with_inner(outer):
    """A code object and those of the functions inside it."""
    codes = [outer]
    for one in codes:
        codes += [c for c in one.co_consts if inspect.iscode(c)]
    return codes


def _lines_of_reached(fn, reached):
    for inner in _with_inner(fn.__code__):  # functions inside it have names of their own
        by_text = {c for c in inner.co_consts if isinstance(c, str)}  # globals()["TOLERANCE"]
        for value in _named(sorted({*inner.co_names, *by_text}), fn.__globals__):
            yield from _lines(value, reached)


def _named(names, space):
    """What the names of a code object stand for: globals, and what is taken from a module that is no library."""
    modules = [space[name] for name in names if isinstance(space.get(name), types.ModuleType)]
    modules += [importlib.import_module(name) for name in names if name.startswith("lstm_helpers.")]
    yield from (space[name] for name in names if name in space and not isinstance(space[name], types.ModuleType))
    for module in modules:
        if _is_ours(module.__name__) and module not in JUDGES:
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
