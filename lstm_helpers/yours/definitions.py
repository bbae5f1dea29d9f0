"""What of a student's notebook is loaded: the definitions that a piece is made of. Nothing else in it ever runs.

A definition is a function, a class, an import of NumPy, of the course or of a few modules of Python, and a name that
is given a plain value: numbers, texts, other names, and arithmetic with them, but no call. A value may be changed by
such a line, too (``half /= 2``, ``table["a"] = 3``); one that another statement changes is none any more. They run in
the order of the notebook, so that the last definition of a name wins, as in the notebook itself.
"""

import __future__

import ast
import dis
import linecache
import re
from dataclasses import asdict, dataclass

MODULES = ("collections", "copy", "dataclasses", "functools", "itertools", "lstm_helpers", "math", "numbers", "numpy",
           "operator", "typing")  # fmt: skip
TAKEN = ", ".join(module for module in MODULES if module not in ("lstm_helpers", "numpy"))
OURS = "lstm_helpers.yours"  # imported in a notebook it stands for the pieces of the exercises before
PLAIN = (ast.Constant, ast.Name, ast.Attribute, ast.UnaryOp, ast.BinOp, ast.BoolOp, ast.Compare, ast.IfExp, ast.Tuple,
         ast.List, ast.Dict, ast.Set, ast.Subscript, ast.Slice, ast.Starred, ast.expr_context, ast.operator,
         ast.unaryop, ast.boolop, ast.cmpop)  # fmt: skip
CHANGE = (
    "add",
    "append",
    "clear",
    "discard",
    "extend",
    "insert",
    "pop",
    "popitem",
    "remove",
    "reverse",
    "setdefault",
    "sort",
    "update",
)  # methods that change a list, a dictionary or a set
ASSIGNED = (ast.Assign, ast.AnnAssign, ast.AugAssign)
DEFINED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
MAGIC = re.compile(r"^(\s*)(?:[%!?].*|[\w, ]+=\s*[%!].*|.*\?)$")  # a line of IPython's, not Python's
RUNS_PYTHON = re.compile(r"\s*%%(?:time|capture|prun)\b.*")  # cell magics whose cell defines its names as any other


@dataclass(frozen=True)
class Segment:
    """A definition: the number of its code cell, the line there at which it starts, its text, the names it binds."""

    cell: int
    line: int
    text: str
    names: tuple

    asdict = asdict


def read(cells, wanted):
    """(segments, left): the Segments that the names ``wanted`` are made of, in the order of a notebook's cells.

    cells: the sources of the code cells. left: {name: why} of what the notebook defines and is not taken from it.
    """
    numbered = enumerate(filter(str.strip, cells), 1)  # as `lstm-course check` counts them
    found, left, values = [], {}, set()  # values: names that stand for a plain value so far
    for number, source in numbered:
        try:
            tree, lines = _parsed(source)
            for statement in tree.body:
                bound = _bindings(statement, number, lines, values)
                found += bound
                taken = {name for segment, _ in bound for name in segment.names}
                others = (_stored(statement) | (_changed(statement) & values)) - taken
                left |= {name: _why_left(statement, number, name in values) for name in others}
                gone = [Segment(number, statement.lineno, f"del {name}", (name,)) for name in sorted(others & values)]
                found += [(segment, set()) for segment in gone]
                values = (values | taken if isinstance(statement, ASSIGNED) else values - taken) - others
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            line = f", line {error.lineno}" if getattr(error, "lineno", None) else ""
            why = f"its cell is no Python: {getattr(error, 'msg', None) or error}{line}"
            left |= dict.fromkeys(re.findall(r"^def +(\w+)", source, re.M), why)
    needed, waiting = set(), set(wanted)
    while waiting:
        needed |= waiting
        waiting = set().union(*(reads for segment, reads in found if needed.intersection(segment.names))) - needed
    kept = [segment for segment, _ in found if "*" in segment.names or needed.intersection(segment.names)]
    last = {name: segment for segment in kept for name in segment.names}
    defined = {name for name, segment in last.items() if not segment.text.startswith("del ")}
    return kept, {name: why for name, why in left.items() if name not in defined}


def _stored(statement):
    """The names that a statement of a cell gives a value, wherever it does so."""
    flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    code = compile(ast.Module([statement], []), "cell", "exec", flags, dont_inherit=True)
    return {step.argval for step in dis.get_instructions(code) if step.opname in ("STORE_NAME", "STORE_GLOBAL")}


def _changed(statement):
    """The names that a statement of a cell takes away, or whose values it may change without giving them others."""
    changed = set()
    for part in () if isinstance(statement, DEFINED) else ast.walk(statement):
        match part:
            case ast.Subscript(ctx=ast.Store() | ast.Del()) | ast.Attribute(ctx=ast.Store() | ast.Del()):
                changed.add(_root(part))
            case ast.Call(func=ast.Attribute(value=held, attr=method)) if method in CHANGE:
                changed.add(_root(held))
            case ast.Name(id=name, ctx=ast.Del()):
                changed.add(name)
    return changed


def _root(part):
    """The name that an expression such as ``table["a"].b`` begins with, or None."""
    while isinstance(part, ast.Subscript | ast.Attribute):
        part = part.value
    return part.id if isinstance(part, ast.Name) else None


def _why_left(statement, cell, there):
    """Why what a statement defines is not taken, or, where that is ``there`` already, changes, and what to write."""
    if isinstance(statement, ast.Import | ast.ImportFrom):
        return f"the import in cell {cell} is not taken, only those of NumPy, of the course and of {TAKEN}"
    verb = "changes" if there else "defines"
    return f"what {verb} it in cell {cell} is not taken: write a def, or a value without a call, at the start of a line"


def _parsed(source):
    """(tree, lines) of a cell, with `pass` in place of IPython's own lines. Raises SyntaxError if it is no Python."""
    source = source.replace("\r\n", "\n").replace("\r", "\n")
    flags = ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    try:
        return compile(source, "cell", "exec", flags, dont_inherit=True), source.split("\n")
    except SyntaxError:
        lines = source.split("\n")
        first = next(k for k, line in enumerate(lines) if line.strip())
        if RUNS_PYTHON.fullmatch(lines[first]):
            lines[first] = ""
        elif lines[first].lstrip().startswith("%%"):
            return ast.Module([], []), lines  # another language
        plain = [MAGIC.sub(r"\1pass", line) for line in lines]
        if plain == source.split("\n"):
            raise
        return compile("\n".join(plain), "cell", "exec", flags, dont_inherit=True), plain


def _bindings(statement, cell, lines, values):
    """[(Segment, the names that it reads)] of a statement at the top level of a cell; none if it defines nothing.

    values: the names that stand for a plain value so far, which a statement may change.
    """
    if isinstance(statement, DEFINED):
        first = min([statement.lineno, *(decorator.lineno for decorator in statement.decorator_list)])
        text = "\n".join(lines[first - 1 : statement.end_lineno])
        return [(Segment(cell, first, text, (statement.name,)), _names(statement))]
    if isinstance(statement, ast.Import | ast.ImportFrom):
        return [(Segment(cell, statement.lineno, *one), set()) for one in _imports(statement)]
    targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
    value = getattr(statement, "value", None)
    if not isinstance(statement, ASSIGNED) or value is None or not _is_plain(value):
        return []
    if isinstance(statement, ast.AugAssign) or any(isinstance(target, ast.Subscript) for target in targets):
        if len(targets) > 1 or not _is_plain(targets[0]) or _root(targets[0]) not in values:
            return []
        return [(Segment(cell, statement.lineno, ast.unparse(statement), (_root(targets[0]),)), _names(statement))]
    parts = [name for target in targets for name in ast.walk(target) if not isinstance(name, ast.expr_context)]
    if not all(isinstance(part, ast.Name | ast.Tuple) for part in parts):
        return []
    names = tuple(part.id for part in parts if isinstance(part, ast.Name))
    return [(Segment(cell, statement.lineno, ast.unparse(statement), names), _names(value))]


def _imports(statement):
    """(text, names) of each name that an import brings from one of MODULES."""
    for alias in statement.names:
        if isinstance(statement, ast.Import):
            module, one = alias.name, ast.Import([alias])
        else:
            module, one = statement.module or "", ast.ImportFrom(statement.module, [alias], statement.level)
        allowed = module.partition(".")[0] in (("numpy", "math") if alias.name == "*" else MODULES)
        if allowed and not getattr(statement, "level", 0):
            yield ast.unparse(one), (alias.asname or alias.name.partition(".")[0],)


def _is_plain(value):
    return isinstance(value, ast.Lambda) or all(isinstance(part, PLAIN) for part in ast.walk(value))


def _names(node):
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}


class _Earlier:
    """What ``from lstm_helpers import yours`` is in a student's notebook: the pieces of the exercises before."""

    def __init__(self, give):
        self._give = give

    def __getattr__(self, name):
        try:
            return self._give(name)
        except ImportError as error:
            raise AttributeError(*error.args) from None


def run(segments, notebook, earlier):
    """Run definitions; returns (their namespace, {name: why it could not be defined}).

    notebook: how errors name it. earlier: a function that gives the piece of an exercise before, for an import of
    ``lstm_helpers.yours``.
    """
    space, faults = {"__name__": notebook}, {}
    for segment in segments:
        # Named and numbered as in the notebook, so that an error shows the student's own line.
        place = f"{notebook}, cell {segment.cell}, {segment.names[0]}"
        text = "\n" * (segment.line - 1) + segment.text
        linecache.cache[place] = (len(text), None, text.splitlines(keepends=True), place)
        faults = {name: why for name, why in faults.items() if name not in segment.names}
        try:
            tree = _without_us(compile(text, place, "exec", ast.PyCF_ONLY_AST, dont_inherit=True), space, earlier)
            flags = __future__.annotations.compiler_flag  # annotations are not looked up
            exec(compile(tree, place, "exec", flags, dont_inherit=True), space)
        except Exception as error:
            said = f"its definition, in cell {segment.cell}, does not run: {type(error).__name__}: {error}"
            faults |= dict.fromkeys(segment.names, said)
    return space, faults


def _without_us(tree, space, earlier):
    """``tree`` without an import from ``lstm_helpers.yours``, whose name is put into ``space`` straight away.

    The library is being loaded just now: the import itself would have to wait for that.
    """
    for statement in tree.body:
        if isinstance(statement, ast.ImportFrom):
            for alias in statement.names:
                dotted, called = f"{statement.module}.{alias.name}", alias.asname or alias.name
                if dotted == OURS or statement.module == OURS:
                    space[called] = _Earlier(earlier) if dotted == OURS else earlier(alias.name)
                    return ast.Module([], [])
    return tree
