"""What a person should look at: a library that gives the answer, in the cells that define it. Nothing is taken off."""

import ast
import builtins
import re
from collections import ChainMap

from lstm_helpers import course
from lstm_helpers.grading.box import profiles

WHOLE = ("torch.nn", "lstm_helpers", "lstm_helpers.yours")  # named without a part of it, it has given nothing yet
MOST = 10  # lines of evidence for one notebook
MOST_PASSED_OVER = 20  # lines of a cell that are no Python
DATA = re.compile(r"""^(\w+ = )\w*\(?"[\w!#$%&()*+;<=>?@^`{|}~-]{1000,}"\)?$""", re.M)  # packed weights, for example
LINE_END = re.compile(r"\r\n|\r|\n")  # as Python sees it; str.splitlines knows more
LARGEST = 1 << 16  # characters of code: a syntax tree takes a hundred times as much memory, and the host has no limit


def without_data(cells):
    """The sources of the cells; of a line that is nothing but a name for a long packed text, the name alone is left."""
    return [DATA.sub(r"\1...", source) for source in cells]


def library_use(cells, sheet):
    """Lines of evidence, ["code cell 3, line 4: ...", ...], that an answer to ``sheet`` is taken from a library.

    cells: the sources of the code cells. Looked at are the definitions of what the checks ask for, and of what these
    call. Lines that are no Python are passed over.
    """
    cells = without_data(cells)
    if sum(map(len, cells)) > LARGEST:
        return [f"more than {LARGEST >> 10} kB of code: not searched for library calls"]
    try:
        return _evidence(cells, sheet)
    except RecursionError:
        return ["code nested too deep to be searched for library calls"]


def _evidence(cells, sheet):
    defined, aliases = {}, {}
    lines = [LINE_END.split(source) for source in cells]
    parsed = [_parse(of_cell) for of_cell in lines]
    for number, body in enumerate(parsed, 1):
        for node in body:
            for name in _names(node):
                defined.setdefault(name, []).append((number, node))
            if isinstance(node, ast.Import | ast.ImportFrom):
                aliases.update(_aliases(node))
    aliases = {**_star_aliases(parsed), **aliases}
    waiting, done, found, searched = [*course.todays(sheet.exercise, sheet.checks)], set(), {}, set()
    while waiting:
        name = waiting.pop()
        if name in done:
            continue
        done.add(name)
        for number, node in defined.get(name, ()):
            if id(node) in searched:  # one statement may define thousands of names
                continue
            searched.add(id(node))
            nodes = list(ast.walk(node))
            known = ChainMap(_inner_aliases(nodes), aliases)
            for line, library in _uses(nodes, known, profiles.allowed(sheet)):
                text = lines[number - 1][line - 1].strip()[:160]
                found.setdefault((number, line), f"code cell {number}, line {line}: {text}  ({library[:160]})")
            waiting += {n.id for n in nodes if isinstance(n, ast.Name) and n.id in defined}
    return [found[where] for where in sorted(found)][:MOST]


def _parse(lines):
    """The statements in the lines of a cell. One that is no Python, such as `files = !ls`, hides no other."""
    lines = list(lines)
    for _ in range(1 + min(MOST_PASSED_OVER, LARGEST // (1 + sum(map(len, lines))))):
        try:
            return ast.parse("\n".join(lines)).body
        except SyntaxError as error:
            place = (error.lineno or 0) - 1
            if not 0 <= place < len(lines):
                break
            lines[place] = re.match(r"\s*", lines[place])[0] + "pass"  # the others keep their numbers
        except (ValueError, RecursionError, MemoryError):
            break
    return []


def _names(node):
    """The names that a statement of a cell defines."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return [node.name]
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    if isinstance(node, ast.Import | ast.ImportFrom):
        return [alias.asname or alias.name.split(".")[0] for alias in node.names]
    return [n.id for target in targets if target is not None for n in ast.walk(target) if isinstance(n, ast.Name)]


def _aliases(node):
    """{local name: dotted name} of an import."""
    if isinstance(node, ast.Import):
        return {a.asname or a.name.split(".")[0]: a.name if a.asname else a.name.split(".")[0] for a in node.names}
    return {a.asname or a.name: f"{node.module}.{a.name}" for a in node.names if node.module}


def _star_aliases(parsed):
    """What `from torch.nn import *` may have given: the names that are read and nobody defines."""
    nodes = [node for body in parsed for statement in body for node in ast.walk(statement)]
    stars = [n.module for n in nodes if isinstance(n, ast.ImportFrom) and n.module and n.names[0].name == "*"]
    stars = [module for module in stars if _length(module, profiles.FLAGGED)]
    if not stars:
        return {}
    names = [(n.id, isinstance(n.ctx, ast.Load)) for n in nodes if isinstance(n, ast.Name)]
    known = {name for name, is_read in names if not is_read} | {n.arg for n in nodes if isinstance(n, ast.arg)}
    known |= {name for body in parsed for statement in body for name in _names(statement)} | set(dir(builtins))
    return {name: f"{stars[-1]}.{name}" for name, _ in names if name not in known}


def _inner_aliases(nodes):
    found = {}
    for inner in nodes:
        if isinstance(inner, ast.Import | ast.ImportFrom):
            found.update(_aliases(inner))
    return found


def _uses(nodes, aliases, allowed):
    """(line, dotted name) of each library's answer that is named in ``nodes``."""
    inside = {id(inner.value) for inner in nodes if isinstance(inner, ast.Attribute)}
    for inner in nodes:
        if id(inner) in inside:
            continue  # of a.b.c the whole is looked at, and not once more each part
        if isinstance(inner, ast.Import | ast.ImportFrom):
            dotted = list(_aliases(inner).values()) + [a.name for a in inner.names if isinstance(inner, ast.Import)]
        else:
            dotted = [_dotted(inner, aliases)]
        for name in dotted:
            if name and name not in WHOLE and _length(name, profiles.FLAGGED) > _length(name, allowed):
                yield inner.lineno, name


def _dotted(node, aliases):
    """The full name of ``nn.LSTM``, ``getattr(nn, "LSTM")`` or ``import_module("torch.nn")``, or ""."""
    if isinstance(node, ast.Name):
        return aliases.get(node.id, "")
    if isinstance(node, ast.Attribute):
        base = _dotted(node.value, aliases)
        return base and f"{base}.{node.attr}"
    if isinstance(node, ast.Call) and node.args:
        *base, last = node.args[:2]
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        text = last.value if isinstance(last, ast.Constant) and isinstance(last.value, str) else ""
        if called in ("__import__", "import_module"):
            return node.args[0].value if isinstance(node.args[0], ast.Constant) else ""
        if called == "getattr" and base and text:
            owner = _dotted(base[0], aliases)
            return owner and f"{owner}.{text}"
    return ""


def _length(name, prefixes):
    """Of the longest prefix that ``name`` is, or lies below; 0 if there is none."""
    return max((len(p) for p in prefixes if name == p or str(name).startswith(f"{p}.")), default=0)
