"""What a person should look at: a library that gives the answer, in the cells that define it. Nothing is taken off."""

import ast
import re
from collections import ChainMap

ANSWERS = (  # everything below these names is an answer...
    "torch.nn",
    "torch.nn.functional.multi_head_attention_forward",
    "torch.nn.functional.scaled_dot_product_attention",
    "torch.lstm",
    "torch.lstm_cell",
    "torch.gru",
    "torch.gru_cell",
    "torch.rnn_tanh",
    "torch.rnn_tanh_cell",
    "torch.rnn_relu",
    "torch.rnn_relu_cell",
    "torch._VF",
    "lstm_helpers.nn",
    "lstm_helpers.parity",
    "lstm_helpers.checks",
    "jax",
    "flax",
    "keras",
    "tensorflow",
)
ALLOWED = (  # ... but for what holds parameters or is one line of mathematics, and the check itself
    "torch.nn.functional",
    "torch.nn.Module",
    "torch.nn.ModuleList",
    "torch.nn.ModuleDict",
    "torch.nn.Parameter",
    "torch.nn.ParameterList",
    "torch.nn.ParameterDict",
    "torch.nn.Sequential",
    "torch.nn.init",
    "torch.nn.utils",
    "lstm_helpers.checks.check",
)
MOST = 10  # lines of evidence for one notebook
DATA = re.compile(r"""^(\w+ = )\w*\(?"[\w!#$%&()*+;<=>?@^`{|}~-]{1000,}"\)?$""", re.M)  # packed weights, for example
LARGEST = 1 << 16  # characters of code: a syntax tree takes a hundred times as much memory, and the host has no limit


def without_data(cells):
    """The sources of the cells; of a line that is nothing but a name for a long packed text, the name alone is left."""
    return [DATA.sub(r"\1...", source) for source in cells]


def library_use(cells, sheet):
    """Lines of evidence, ["code cell 3, line 4: ...", ...], that an answer to ``sheet`` is taken from a library.

    cells: the sources of the code cells. Looked at are the definitions of what the checks ask for, and of what these
    call. Code that Python cannot parse is left out: it defines nothing.
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
    for number, source in enumerate(cells, 1):
        for node in _parse(source):
            for name in _names(node):
                defined.setdefault(name, []).append((number, node))
            if isinstance(node, ast.Import | ast.ImportFrom):
                aliases.update(_aliases(node))
    waiting, done, found = list(sheet.checks), set(), {}
    lines = [source.splitlines() for source in cells]
    while waiting:
        name = waiting.pop()
        if name in done:
            continue
        done.add(name)
        for number, node in defined.get(name, ()):
            nodes = list(ast.walk(node))
            known = ChainMap(_inner_aliases(nodes), aliases)
            for line, library in _uses(nodes, known, (*ALLOWED, *sheet.gives)):
                text = lines[number - 1][line - 1].strip()[:160]
                found.setdefault((number, line), f"code cell {number}, line {line}: {text}  ({library[:160]})")
            waiting += {n.id for n in nodes if isinstance(n, ast.Name) and n.id in defined}
    return [found[where] for where in sorted(found)][:MOST]


def _parse(source):
    # IPython's own lines are no Python; the line keeps its number.
    plain = "\n".join("" if line.lstrip()[:1] in ("%", "!", "?") else line for line in source.splitlines())
    try:
        return ast.parse(plain).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
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
            if name and name != "torch.nn" and _length(name, ANSWERS) > _length(name, allowed):
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
