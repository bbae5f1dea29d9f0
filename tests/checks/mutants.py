"""Every mutant of a function that differs from it in one node of its syntax tree, by a fixed list of operators."""

import ast
import itertools

# Reasons why a mutant computes the same, for the lists of the sheets.
LAST_AXIS = "the last axis of a (B, H) array is axis 1"
FROM_THE_END = "of 4H columns, the one 2H from the end is column 2H"
BEYOND = "a slice that ends beyond the last column ends at the last column"
PRODUCT = "a product does not depend on the order of its factors"

BINARY = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.MatMult, ast.Pow)
COMPARISONS = (ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Eq, ast.NotEq)
CALLS = {
    "tanh": ("sin", "exp", "arctan"),
    "exp": ("tanh", "expm1", "exp2"),
    "abs": ("square", "sign"),
    "where": (),
    "concatenate": ("stack",),
}


def _with(node, **changes):
    fields = {name: getattr(node, name) for name in node._fields}
    return ast.copy_location(type(node)(**{**fields, **changes}), node)


def _operators(node):
    for op in BINARY:
        if not isinstance(node.op, op):
            yield _with(node, op=op()), "operator"
    if isinstance(node, ast.BinOp):
        yield node.left, "right operand dropped"
        yield node.right, "left operand dropped"
        if not isinstance(node.op, (ast.Add, ast.Mult)):  # a sum or a product does not depend on its order
            yield _with(node, left=node.right, right=node.left), "operands swapped"


def _comparisons(node):
    for op in COMPARISONS:
        if not isinstance(node.ops[0], op):
            yield _with(node, ops=[op()]), "comparison"


def _constants(node):
    if type(node.value) in (int, float):
        for value in sorted({node.value + 1, node.value - 1, -node.value, 2 * node.value} - {node.value}):
            yield _with(node, value=value), "constant"


def _slices(node):
    for part in ("lower", "upper"):
        bound = getattr(node, part)
        if bound is not None:
            yield _with(node, **{part: None}), "bound dropped"
            for op in (ast.Add, ast.Sub):
                yield _with(node, **{part: ast.BinOp(bound, op(), ast.Constant(1))}), "bound moved"
    yield _with(node, step=ast.UnaryOp(ast.USub(), ast.Constant(1))), "reversed"


def _calls(node, calls):
    callee = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    for other in calls.get(callee, ()):
        if isinstance(node.func, ast.Attribute):
            yield _with(node, func=_with(node.func, attr=other)), "call"
        else:
            yield _with(node, func=ast.parse(other, mode="eval").body), "call"
    if len(node.args) == 1 and not node.keywords:
        yield node.args[0], "call dropped"
    for a, b in itertools.combinations(range(len(node.args)), 2):
        args = list(node.args)
        args[a], args[b] = args[b], args[a]
        yield _with(node, args=args), "arguments swapped"
    if callee == "slice":  # the bounds of a gate's block, as an object
        for k in range(len(node.args)):
            for op in (ast.Add, ast.Sub):
                args = list(node.args)
                args[k] = ast.BinOp(args[k], op(), ast.Constant(1))
                yield _with(node, args=args), "bound moved"
    for k in range(len(node.keywords)):
        yield _with(node, keywords=node.keywords[:k] + node.keywords[k + 1 :]), "keyword dropped"


def _sequences(node):
    for a, b in itertools.combinations(range(len(node.elts)), 2):
        elts = list(node.elts)
        elts[a], elts[b] = elts[b], elts[a]
        yield _with(node, elts=elts), "elements swapped"
        yield (
            _with(node, elts=[node.elts[a] if k == b else e for k, e in enumerate(node.elts)]),
            "element repeated",
        )


def _swaps(node, names, calls):
    """Replacements of one node, each with a word on what was done. names: the variables of the function; calls: what
    may stand in the place of a call, {name: other functions}."""
    if isinstance(node, (ast.BinOp, ast.AugAssign)):
        yield from _operators(node)
    elif isinstance(node, ast.Compare):
        yield from _comparisons(node)
    elif isinstance(node, ast.Constant):
        yield from _constants(node)
    elif isinstance(node, ast.UnaryOp):
        yield node.operand, "sign dropped"
    elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in names:
        for other in sorted(names - {node.id}):
            yield _with(node, id=other), "name"
    elif isinstance(node, ast.Slice):
        yield from _slices(node)
    elif isinstance(node, ast.Call):
        yield from _calls(node, calls)
    elif isinstance(node, (ast.Tuple, ast.List)) and isinstance(node.ctx, ast.Load):
        yield from _sequences(node)


def _nodes_below(body):
    """Every (parent, field, index or None, child) in the statements of a function."""
    for node in ast.walk(ast.Module(body, [])):
        for field, value in ast.iter_fields(node):
            for index, child in enumerate(value) if isinstance(value, list) else [(None, value)]:
                if isinstance(child, ast.AST):
                    yield node, field, index, child


def mutants(source, calls=None):
    """Yield (what was done, line, source) for each mutant of the one function in ``source``, no two alike.

    calls: beside CALLS, what may stand in the place of a call of the sheet's own functions.
    """
    calls = {**CALLS, **(calls or {})}
    tree = ast.parse(source)
    (function,) = tree.body
    if ast.get_docstring(function) is not None:
        function.body = function.body[1:]
    stored = {n.id for n in ast.walk(function) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    names = stored | {a.arg for a in function.args.args}
    seen = {ast.unparse(tree)}

    def new(what, line):
        text = ast.unparse(tree)
        if text not in seen:
            seen.add(text)
            return [(what, line, text)]
        return []

    for parent, field, index, child in list(_nodes_below(function.body)):
        holder = getattr(parent, field) if index is not None else None
        for replacement, what in _swaps(child, names, calls):
            if holder is not None:
                holder[index] = replacement
            else:
                setattr(parent, field, replacement)
            made = new(what, child.lineno if hasattr(child, "lineno") else function.lineno)
            if holder is not None:
                holder[index] = child
            else:
                setattr(parent, field, child)
            yield from made
    for index, statement in enumerate(list(function.body)):
        function.body[index] = ast.Pass()
        made = new("statement dropped", statement.lineno)
        function.body[index] = statement
        yield from made
