"""The same solutions, or nearly: by the shape of their syntax trees, so that other names and comments hide nothing.

Each function or class that a check asks for is turned into a string of tokens (its own names numbered in the order in
which they come), cut into overlapping pieces, of which a fixed share is kept (winnowing: Schleimer, Wilkerson &
Aiken 2003). Pieces of the course's own right answer, or that much of the class wrote, tell nothing and are left out.
Two files that do not differ in a byte are a pair whatever they hold, but for the exercise as it was handed out.
"""

import ast
import contextlib
import functools
import hashlib
import inspect
import itertools
import textwrap
from collections import Counter, defaultdict

from lstm_helpers import course
from lstm_helpers.grading.gradebook.book import Pair
from lstm_helpers.grading.pages.flags import without_data
from lstm_helpers.nn import functional

PIECE, WINDOW = 12, 4  # tokens in a piece; of so many pieces in a row one is kept
LEAST = 20  # kept pieces that only these two share or few do: one slip of the classic kind leaves up to 17
ALIKE = 0.9  # share of all kept pieces of both
COMMON = 0.2  # of the class: a piece that so many wrote is no sign of copying
STUBS = ("...", "pass", "return", "raise NotImplementedError", "raise NotImplementedError()")
MOST = 200  # pairs that are listed
LARGEST = 1 << 16  # characters of a notebook's code: nobody copies more by hand, and no limit stops the search
GROUP = 60  # students: pieces that more of them wrote are common in a class of any size


def find(codes, sheets):
    """The equal and nearly equal pairs, the likest first.

    codes: iterable of (exercise, student, [source of a code cell, ...], hash of the file); sheets: {exercise: Sheet}.
    """
    by_exercise = defaultdict(dict)
    files = defaultdict(list)
    for exercise, student, cells, file in codes:
        by_exercise[exercise][student] = answers(cells, sheets[exercise])
        if _begun(cells, sheets[exercise]):
            files[exercise, file].append(student)
    pairs = {}
    for exercise, students in by_exercise.items():
        found = _pairs(exercise, students, _known(sheets[exercise]))
        pairs |= {(exercise, pair.first, pair.second): pair for pair in found}
    for (exercise, _), group in files.items():
        for a, b in itertools.combinations(sorted(group), 2):
            shared = sorted(by_exercise[exercise][a])
            pairs[exercise, a, b] = Pair(exercise, a, b, 1.0, shared, same_file=True)
    order = lambda p: (not p.same_file, -p.likeness, p.exercise, p.first, p.second)  # noqa: E731
    return sorted(pairs.values(), key=order)[:MOST]


def _begun(cells, sheet):
    """Whether anything that the sheet asks for was written: not so in the exercise as it was handed out."""
    names = course.todays(sheet.exercise, sheet.checks)
    for source in without_data(cells):
        if any(name in source for name in names) and len(source) <= LARGEST:
            with contextlib.suppress(SyntaxError, ValueError, RecursionError, MemoryError):
                if any(_answers(node, names) for node in ast.parse(source).body):
                    return True
    return False


def _answers(node, names):
    """Whether a statement of a cell is an answer to one of the checks, and no stub."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        body = [part for part in node.body if not _docstring(part)]
        return node.name in names and not (len(body) == 1 and ast.unparse(body[0]) in STUBS)
    targets = [target.id for target in getattr(node, "targets", ()) if isinstance(target, ast.Name)]
    return any(name in names for name in targets) and "..." not in ast.unparse(node)


def answers(cells, sheet):
    """{name: kept pieces} of the functions and classes in the cells that a check asks for; the last one counts."""
    found, cells = {}, without_data(cells)
    names = course.todays(sheet.exercise, sheet.checks)
    if sum(map(len, cells)) <= LARGEST:
        for source in cells:
            found |= {names[name]: pieces for name, pieces in _defined(source, tuple(names)).items()}
    return found


@functools.lru_cache(4096)  # many cells are alike in a class: what the exercise gives, what has one form
def _defined(source, names):
    found = {}
    if not any(name in source for name in names):
        return found
    try:
        for node in ast.parse(source).body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name in names:
                found[node.name] = fingerprints(_tokens(node, {}, []))
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # ValueError: also a number of too many digits
        return {}
    return found


def _tokens(node, numbers, said):
    """The tree as a list of tokens, ``said``; names are numbered in the order in which they come."""
    said.append(type(node).__name__)
    for field in node._fields:
        value = getattr(node, field, None)
        if field in ("ctx", "type_comment", "kind", "annotation", "returns", "decorator_list"):
            continue
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, ast.AST):
                if not _docstring(item):
                    _tokens(item, numbers, said)
            elif isinstance(node, ast.Attribute) or isinstance(item, int | float | complex | bool):
                said.append(repr(item))
            elif isinstance(item, str) and not isinstance(node, ast.Constant):
                said.append(f"name {numbers.setdefault(item, len(numbers))}")
    return said


def _docstring(item):
    return isinstance(item, ast.Expr) and isinstance(item.value, ast.Constant) and isinstance(item.value.value, str)


def _pieces(tokens):
    return [
        int.from_bytes(hashlib.blake2b("\0".join(tokens[k : k + PIECE]).encode(), digest_size=8).digest())
        for k in range(len(tokens) - PIECE + 1)
    ]


def _known(sheet):
    """The pieces of the right answers as the course itself writes them: they tell nothing, in a class of any size."""
    known = set()
    ways = [(name, check.oracle) for name, check in sheet.checks.items()]
    ways += [(name, getattr(functional, name, None)) for name in sheet.checks]  # as lessons and solutions quote it
    for name, way in ways:
        if not inspect.isfunction(way) and not inspect.isclass(way):
            continue
        with contextlib.suppress(OSError, SyntaxError):  # a lambda, or made while the program runs
            node = ast.parse(textwrap.dedent(inspect.getsource(way))).body[0]
            known |= {(name, piece) for piece in _pieces(_tokens(node, {}, []))}
    return known


def fingerprints(tokens):
    """The winnowed hashes of the pieces of a string of tokens."""
    pieces = _pieces(tokens)
    whole = range(max(1, len(pieces) - WINDOW + 1))
    return frozenset(min(pieces[k : k + WINDOW]) for k in whole) if pieces else frozenset()


def _pairs(exercise, students, known):
    whole = {s: frozenset((name, p) for name, pieces in own.items() for p in pieces) for s, own in students.items()}
    written = Counter(piece for pieces in whole.values() for piece in pieces)
    most = min(max(3, COMMON * len(whole)), GROUP)
    telling = {s: {p for p in pieces if written[p] <= most and p not in known} for s, pieces in whole.items()}
    wrote = defaultdict(list)
    for student, pieces in telling.items():
        for piece in pieces:
            wrote[piece].append(student)
    shared = Counter()
    for group in wrote.values():
        shared.update((a, b) for k, a in enumerate(group) for b in group[k + 1 :])
    for (a, b), count in shared.items():
        likeness = len(whole[a] & whole[b]) / len(whole[a] | whole[b])
        if count >= LEAST and likeness >= ALIKE:
            names = sorted({name for name, _ in telling[a] & telling[b]})
            yield Pair(exercise, *sorted((a, b)), likeness, names)
