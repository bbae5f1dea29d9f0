"""Nearly the same solutions: by the shape of their syntax trees, so that other names and comments hide nothing.

Each function or class that a check asks for is turned into a string of tokens (its own names numbered in the order in
which they come), cut into overlapping pieces, of which a fixed share is kept (winnowing: Schleimer, Wilkerson &
Aiken 2003). Pieces that the exercise gives, or that most of the class wrote, tell nothing and are left out.
"""

import ast
import hashlib
from collections import Counter, defaultdict

from lstm_helpers.grading.book import Pair

PIECE, WINDOW = 12, 4  # tokens in a piece; of so many pieces in a row one is kept
LEAST = 8  # kept pieces that an answer must share: short functions have few right forms
ALIKE = 0.9  # share of all kept pieces of both
COMMON = 0.2  # of the class: a piece that so many wrote is no sign of copying
MOST = 200  # pairs that are listed
GROUP = 60  # students: pieces that more of them wrote are common in a class of any size


def find(codes, sheets):
    """The nearly equal pairs, the likest first.

    codes: iterable of (exercise, student, [source of a code cell, ...]); sheets: {exercise: Sheet}.
    """
    by_exercise = defaultdict(dict)
    for exercise, student, cells in codes:
        by_exercise[exercise][student] = {name: kept(tokens) for name, tokens in answers(cells, sheets[exercise])}
    pairs = []
    for exercise, students in by_exercise.items():
        pairs += _pairs(exercise, students)
    return sorted(pairs, key=lambda pair: (-pair.likeness, pair.exercise, pair.first, pair.second))[:MOST]


def answers(cells, sheet):
    """(name, tokens) of each function or class in the cells that a check of the sheet asks for; the last one counts."""
    found = {}
    for source in cells:
        try:
            tree = ast.parse(source)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        for node in tree.body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name in sheet.checks:
                found[node.name] = node
    for name, node in found.items():
        try:
            yield name, list(_tokens(node, {}))
        except RecursionError:
            continue


def _tokens(node, numbers):
    """The tree as a string of tokens; names are numbered in the order in which they come."""
    yield type(node).__name__
    for field, value in ast.iter_fields(node):
        if field in ("ctx", "type_comment", "kind", "annotation", "returns", "decorator_list"):
            continue
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, ast.AST):
                if not _docstring(item):
                    yield from _tokens(item, numbers)
            elif isinstance(node, ast.Attribute) or isinstance(item, int | float | complex | bool):
                yield repr(item)
            elif isinstance(item, str) and not isinstance(node, ast.Constant):
                yield f"name {numbers.setdefault(item, len(numbers))}"


def _docstring(item):
    return isinstance(item, ast.Expr) and isinstance(item.value, ast.Constant) and isinstance(item.value.value, str)


def kept(tokens):
    """The winnowed hashes of the pieces of a string of tokens."""
    pieces = [
        int.from_bytes(hashlib.blake2b("\0".join(tokens[k : k + PIECE]).encode(), digest_size=8).digest())
        for k in range(len(tokens) - PIECE + 1)
    ]
    return {min(pieces[k : k + WINDOW]) for k in range(max(1, len(pieces) - WINDOW + 1))} if pieces else set()


def _pairs(exercise, students):
    whole = {s: frozenset((name, p) for name, pieces in own.items() for p in pieces) for s, own in students.items()}
    written = Counter(piece for pieces in whole.values() for piece in pieces)
    most = min(max(3, COMMON * len(whole)), GROUP)
    telling = {s: {piece for piece in pieces if written[piece] <= most} for s, pieces in whole.items()}
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
