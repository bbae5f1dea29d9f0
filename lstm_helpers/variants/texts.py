"""What a student reads of a variant, made from the course's own text: prose, hints, advice, and code.

Three things change: names of layers in their order, and what cuts their blocks; names and values of results in their
order; and what ``plans`` edits by hand. Only what stands there can be changed: whatever is not found raises.
"""

import ast
import functools
import re

from lstm_helpers.checks.probe import spelled
from lstm_helpers.checks.shared import SWAPPED

LAYER = (
    r"(?:[\w.]+\((?:z_)?{0}\)|\$(?:z_)?{0}\$|(?:z_)?{0}|d{0} \* [^,\]]+)"  # i, z_i, $i$, sigmoid(z_i), di * i * (1 - i)
)
KEPT = "\x01{}\x01"  # stands for what was edited by hand and is not looked at again
CLAIMS = (  # of one order that is not the course's: in a variant another order stands there
    (
        r"(?:Old TensorFlow cells keep|Many (?:textbooks|lecture notes) write) that order;",
        "You cut them in that order;",
    ),
    (r"(the order (?:\w, )+\w) of lecture notes", r"\1"),
    (r", as in (?:many textbooks|old TensorFlow)\.", "."),
)
COUNTED = ("first", "second", "third", "last")
GAP = re.compile(r",? and |, ")
REST = re.compile(
    r"(?:, each [^.;]*| after it|, (?:floats|integers|two numbers|new arrays)[^.;]*)?(?:[:.]\s.*|\.?\s*)", re.S
)
TAIL = re.compile(r"(?:, (?:each|all) [^.]*)?")


class Lost(ValueError):
    """A text that a variant has to change is not there, or has another form."""


# ---- the order of the layers ----------------------------------------------------------------------------------------


def _slices(n):
    """What cuts the columns of each of n blocks, as the course writes it."""
    starts = ["", "H", *(f"{k} * H" for k in range(2, n))]
    ends = [*starts[1:], ""]
    return [f"{a} : {b}".strip() if a else f":{b}" for a, b in zip(starts, ends, strict=True)]


@functools.cache
def _patterns(layers):
    """What finds all these layers named in some order, what cuts a block of them, and what numbers one in two ways."""
    item = f"({LAYER.format(f'[{layers}]')})"
    several = rf"(?<![\w.])(?<!do, ){item}" + rf"(,\s+){item}" * (len(layers) - 1) + r"(?!\w)"
    cuts = "|".join(map(re.escape, _slices(len(layers))))
    numbered = rf"\b([{layers}]) is number \d of"
    counted = rf"\b([{layers}]) is the (?:{'|'.join(COUNTED)})\b"
    return re.compile(several), re.compile(rf"(\[:, |\bb\[)({cuts})\]"), re.compile(numbered), re.compile(counted)


def reordered(text, layers, order):
    """The text with the blocks of these layers in another order, whichever order it names."""
    several, cutting, numbered, counted = _patterns(layers)
    cuts = _slices(len(layers))
    place = {cut: cuts[order.index(layer)] for cut, layer in zip(cuts, layers, strict=True)}

    def moved(found):
        items, between = found.groups()[::2], found.groups()[1::2]
        named = [_layer_of(item) for item in items]
        if sorted(named) != sorted(layers):
            return found[0]
        there = [items[layers.index(layer)] for layer in order]
        return "".join(a + b for a, b in zip(there, (*between, ""), strict=True))

    text = several.sub(moved, text)
    for claim, instead in CLAIMS:
        text = re.sub(claim, instead, text)
    text = cutting.sub(lambda found: f"{found[1]}{place[found[2]]}]", text)
    ordinals = (*COUNTED[: len(layers) - 1], COUNTED[-1])
    text = counted.sub(lambda found: f"{found[1]} is the {ordinals[order.index(found[1])]}", text)
    return numbered.sub(lambda found: f"{found[1]} is number {order.index(found[1])} of", text)


def _layer_of(item):
    """Which layer an item names: "sigmoid(z_i)" and "di * i * (1 - i)" both name i."""
    inner = re.search(r"\((?:z_)?(\w)\)$", item) if item[0] != "d" else re.match(r"d(\w)", item)
    return inner[1] if inner else re.sub(r"\W|z_", "", item)


# ---- the order of the results ---------------------------------------------------------------------------------------


def _leaves(names):
    return [names] if isinstance(names, str) else [leaf for name in names for leaf in _leaves(name)]


def _places(turn):
    """For each result of the variant its place among the course's; both at the outermost level."""
    leaves = [sorted(_leaves(name)) for name in turn.returns]
    return [leaves.index(sorted(_leaves(name))) for name in turn.asked]


def _pairs(turn):
    """(the course's, the variant's) names of each result that is itself several, in the course's order."""
    places = _places(turn)
    return {k: (name, turn.asked[places.index(k)]) for k, name in enumerate(turn.returns) if not isinstance(name, str)}


def _shown(name):
    """The regular expression of one result in a docstring, its shape included."""
    if isinstance(name, str):
        return rf"\b{re.escape(name)}\b(?: \([^()]*\))?"
    return rf"(?:the pair )?\({', '.join(name)}\)"


def _returns_line(docstring, turn):
    """A docstring whose sentence "Returns h (T, B, H), c (B, H)." has the results in the variant's order."""
    start = docstring.find("Returns ")
    if start < 0:
        raise Lost("its docstring has no sentence that begins with 'Returns'")
    head, sentence = docstring[:start], docstring[start:]
    spans, at = [], 0
    for name in turn.returns:
        found = re.compile(_shown(name)).search(sentence, at)
        if not found:
            raise Lost(f"its docstring does not say {spelled(turn.returns)} in this order: {sentence!r}")
        spans.append(found.span())
        at = found.end()
    items = [sentence[a:b] for a, b in spans]
    for k, (theirs, ours) in _pairs(turn).items():
        items[k] = items[k].replace(", ".join(theirs), ", ".join(ours))
    shapes = [re.search(r" \([^()]*\)$", item) if isinstance(n, str) else None for n, item in zip(turn.returns, items)]  # noqa: B905
    tail = TAIL.match(sentence, spans[-1][1])[0]
    end = spans[-1][1]
    if any(shapes):  # what has no shape of its own has the next one's; "each (B, H)" belongs to the last
        items[-1], end = items[-1] + tail, end + len(tail)
        for k in reversed(range(len(items) - 1)):
            if not shapes[k] and isinstance(turn.returns[k], str) and shapes[k + 1]:
                shapes[k], items[k] = shapes[k + 1], items[k] + shapes[k + 1][0]
    between = [sentence[a:b] for (_, a), (b, _) in zip(spans, spans[1:], strict=False)]
    if not all(map(GAP.fullmatch, between)) or not REST.fullmatch(sentence, end):
        raise Lost(f"its docstring tells more than names and shapes: {sentence!r}")
    there = [items[place] for place in _places(turn)]
    between = [
        f",{gap}" if gap == " and " and ", each" in item else gap for item, gap in zip(there, between, strict=False)
    ]
    there = "".join(item + gap for item, gap in zip(there, (*between, ""), strict=True))
    return head + sentence[: spans[0][0]] + there + sentence[end:]


class _Code:
    """The source of a cell, whose pieces are replaced by what stands in another one."""

    def __init__(self, source):
        self.source, self.tree, self.changes = source, ast.parse(source), []
        self.starts = [0]
        for line in source.encode().splitlines(keepends=True):
            self.starts.append(self.starts[-1] + len(line))

    def span(self, node):
        return self.starts[node.lineno - 1] + node.col_offset, self.starts[node.end_lineno - 1] + node.end_col_offset

    def text(self, node):
        a, b = self.span(node)
        return self.source.encode()[a:b]

    def permute(self, nodes, turn):
        """The values of a tuple in the variant's order; of one that is a tuple itself, its values, too."""
        texts = [self.text(node) for node in nodes]
        for k, (theirs, ours) in _pairs(turn).items():
            if isinstance(nodes[k], ast.Tuple):
                inner = [self.text(node).decode() for node in nodes[k].elts]
                texts[k] = f"({', '.join(inner[theirs.index(name)] for name in ours)})".encode()
        self.changes += [(self.span(node), texts[place]) for node, place in zip(nodes, _places(turn), strict=True)]

    def replace(self, node, text):
        self.changes.append((self.span(node), text.encode()))

    def changed(self):
        data = self.source.encode()
        for (a, b), new in sorted(self.changes, reverse=True):
            data = data[:a] + new + data[b:]
        return data.decode()


def _called(node, turns):
    """The Turn of the function that a node calls, also behind `cache and f(...)`."""
    if isinstance(node, ast.BoolOp):
        node = node.values[-1]
    return turns.get(node.func.id) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else None


def code(source, turns):
    """Code with results in the variant's order: where they are returned, unpacked, taken by number, told by hand.

    turns: {name of a function: its Turn}, of those whose results are in another order.
    """
    try:
        cell = _Code(source)
    except SyntaxError:
        return source
    holds = {}  # names that hold the results of a call
    for node in ast.walk(cell.tree):
        if isinstance(node, ast.FunctionDef) and node.name in turns:
            _return(cell, node, turns[node.name])
        elif isinstance(node, ast.Assign) and (turn := _called(node.value, turns)):
            target = node.targets[0]
            if isinstance(target, ast.Tuple):
                cell.permute(target.elts, turn)
            elif isinstance(target, ast.Name):
                holds[target.id] = turn
    for node in ast.walk(cell.tree):
        if isinstance(node, ast.Subscript):
            turn = _called(node.value, turns) or (isinstance(node.value, ast.Name) and holds.get(node.value.id))
            if turn:
                _taken_by_number(cell, node, turn)
    return _told_by_hand(cell.changed(), turns)


def _return(cell, function, turn):
    inner = {id(node) for other in ast.walk(function) if isinstance(other, ast.FunctionDef) and other is not function
             for node in ast.walk(other)}  # fmt: skip
    for node in ast.walk(function):
        if not isinstance(node, ast.Return) or not node.value or id(node) in inner:
            continue
        if not isinstance(node.value, ast.Tuple) or len(node.value.elts) != len(turn.returns):
            raise Lost(f"{function.name}: `{ast.unparse(node)}` has no {len(turn.returns)} values to exchange")
        cell.permute(node.value.elts, turn)


def _taken_by_number(cell, node, turn):
    try:
        number = ast.literal_eval(node.slice)
    except ValueError:
        raise Lost(
            f"`{ast.unparse(node)}` takes results of {spelled(turn.returns)} by a number that is not known"
        ) from None
    cell.replace(node.slice, str(_places(turn).index(range(len(turn.returns))[number])))


def _told_by_hand(source, turns):
    """Comments such as `# by hand: 0 and 1` beside the call of a turned function."""
    lines = source.split("\n")
    for k, line in enumerate(lines):
        found = re.search(r"by hand: (.*)$", line)
        turn = next((turn for name, turn in turns.items() if f"{name}(" in line), None)
        if found and turn:
            values = re.split(r", | and ", found[1])
            if len(values) != len(turn.returns):
                raise Lost(f"{line!r} tells another number of results than {spelled(turn.returns)}")
            lines[k] = line[: found.start(1)] + ", ".join(values[place] for place in _places(turn))
    return "\n".join(lines)


def _in_backticks(text, turns, own):
    """Prose whose pieces of code, in backticks, have the results in the variant's order.

    own: the Turn of the question that the text belongs to, whose results may stand there by themselves, or None.
    """

    def moved(found):
        piece = found[1]
        try:
            (statement,) = ast.parse(piece).body
        except (SyntaxError, ValueError):
            return found[0]
        cell = _Code(piece)
        value = getattr(statement, "value", None)
        whole = (
            isinstance(statement, ast.Return)
            or isinstance(statement, ast.Expr)
            and own
            and _names_of(value) == _leaves(own.returns)
        )
        if own and whole and isinstance(value, ast.Tuple) and len(value.elts) == len(own.returns):
            cell.permute(value.elts, own)
            return f"`{cell.changed()}`"
        return f"`{code(piece, turns)}`"

    return re.sub(r"`([^`]+)`", moved, text)


def _names_of(value):
    return [node.id for node in ast.walk(value) if isinstance(node, ast.Name)] if isinstance(value, ast.Tuple) else None


def _in_prose(text, turn):
    """Prose that names all results in the course's order: "h, c", "h first, then c", or a pair in brackets."""
    text = text.replace(spelled(turn.returns), spelled(turn.asked))
    for theirs, ours in _pairs(turn).values():
        text = text.replace(f"({', '.join(theirs)})", f"({', '.join(ours)})")
    names = turn.returns
    if not all(isinstance(name, str) for name in names):
        return text
    listed = r"(?<!, )(?<![\w.])" + r"(,\s+|\s+and\s+|,\s+and\s+)".join(rf"({re.escape(name)})" for name in names)

    def moved(found):
        groups = found.groups()
        gaps = (*groups[1::2], "")
        return "".join(groups[2 * place] + gap for place, gap in zip(_places(turn), gaps, strict=True))

    text = re.sub(listed + r"(?!\w|,\s+\w+\b(?!\s))", moved, text)
    if len(names) == 2:
        text = re.sub(rf"\b{names[0]} first, then {names[1]}\b", f"{names[1]} first, then {names[0]}", text)
    return text


def slip(name, advice, drawn, check):
    """The name and the advice of a slip of that check. One that is about the order of the results says no more than
    that in its name: which of them comes first is another one in the variant."""
    said = prose(advice, drawn, check)
    turn = drawn.returned.get(check)
    if turn and re.search(r"\b(?:first|last|before|beside|reversed)\b", name) and spelled(turn.asked) in said:
        return SWAPPED[0], said
    return prose(name, drawn, check), said


# ---- all together ---------------------------------------------------------------------------------------------------


def edited(text, edits, used=None):
    """The text with these edits by hand, and what restores them after everything else was changed."""
    kept = []
    for old, new in edits:
        if old in text:
            text = text.replace(old, KEPT.format(len(kept)))
            kept.append(new)
            if used is not None:
                used.add(old)

    def restore(text):
        return re.sub(KEPT.format(r"(\d+)"), lambda found: kept[int(found[1])], text)

    return text, restore


def prose(text, drawn, name=""):
    """A text that belongs to the check of that name (or to none), as the variant's student reads it."""
    text, restore = edited(text, drawn.edits, drawn.used)
    if layers := drawn.layers_of(name):
        text = reordered(text, layers, drawn.orders[layers])
    own = drawn.returned.get(name)
    text = _in_backticks(text, drawn.returned, own)
    for function, turn in drawn.returned.items():
        if function == name or function in text and turn.returns != getattr(own, "returns", None):
            pieces = text.split("`")
            pieces[::2] = [_in_prose(piece, turn) for piece in pieces[::2]]
            text = "`".join(pieces)
    return restore(text)


def source(text, drawn, name=""):
    """Code of a cell below the question of that name (or before the first), as it stands in the variant."""
    text, restore = edited(text, drawn.edits, drawn.used)
    if layers := drawn.layers_of(name):
        text = reordered(text, layers, drawn.orders[layers])
    if name in drawn.returned and f"def {name}(" in text:
        text = _with_docstring(text, name, drawn.returned[name])
    return restore(code(text, drawn.returned))


def _with_docstring(text, name, turn):
    start = text.index('"""', text.index(f"def {name}(")) + 3
    end = text.index('"""', start)
    if KEPT[0] in text[start:end]:
        return text
    return text[:start] + _returns_line(text[start:end], turn) + text[end:]
