"""What fits on a slide: its height, and what becomes of text, tables, formulas, code and output that are too large."""

import ast
import base64
import html
import re

WIDE, WIDE_TABLE = 80, 86  # characters of a line that fits: of text, of a table
ROW, ROW_GAP, TABLE_ROOM = 34, 15, 570  # pixels: a line of a table, what a row has around it, and what there is
ROOM = 13  # such lines that fit below a heading
CODE = 12  # lines of a cell that a slide still shows
PRINTED = 11  # lines of what a cell printed, and the characters of one
ACROSS, WIDEST = 78, 84  # with a slide's margins, and with hardly any
LARGE = 7, 60  # what is shorter and narrower is shown larger
WIDE_FORMULA = 46  # characters of a formula that fits
SETUP = 330  # characters of what leads up to a question
HEADING = re.compile(r"^(#{1,3}) (.+)\n?")
ITEM = re.compile(r"^(?:[-*]|\d+[.]) ", re.MULTILINE)
TABLE = re.compile(r"^\|", re.MULTILINE)
END = re.compile(r"(?<=[.!?])(?<!e\.g\.)(?<!i\.e\.)(?<!vs\.)(?<!al\.)((?:\*\*|[*)\"'])*)\s+(?=[^a-z])")
LOOKS = re.compile(r"(?:\*\*)?(?:Follow|Look|Compare|Read|See|Take|Mind|Count)\b")  # an errand rather than a finding
DISPLAY = re.compile(r"\$\$.+?\$\$", re.DOTALL)
TALL = 0.62  # a figure that is higher than this share of its width stands beside its sentence


def height(title, level, shows):
    """About how many pixels of a slide are taken, with the look of ``deck/slides.css``."""
    heading = lines(title, {1: 38, 2: 52}.get(level, 72)) * {1: 70, 2: 50}.get(level, 36)
    return 74 + heading + sum(18 + _height(block) for block in shows)


def _height(block):
    if "<pre" in block:
        text = html.unescape(re.sub("<[^>]+>", "", block))
        across = WIDEST if "wide" in block.partition(">")[0] else ACROSS
        rows = sum(max(1, -(-len(row) // across)) for row in text.strip("\n").split("\n"))
        return 28 + rows * (41 if "large" in block else 33)
    if block.startswith("$$"):
        rows = 1 + block.count(r"\\")
        return 56 + rows * (135 if re.search(r"frac|sum|prod", block) else 75)
    if TABLE.match(block):
        takes = rows_of(block)
        return ROW * (sum(takes) - takes[1]) + ROW_GAP * (len(takes) - 1)
    if "picture" in block:
        return 400
    if block.startswith('<div class="asked">'):
        return 50 * lines(block, 56)
    if ITEM.match(block):
        return 40 * lines(block) + 8 * block.count("\n")
    return 42 * lines(re.sub("<[^>]*>", "", block).strip(), 76)


def blocks(source):
    """The paragraphs, lists, tables, formulas and folded parts of Markdown, each in one piece."""
    made, open_part = [], ""
    for part in re.split(r"\n{2,}", source.strip("\n")):
        open_part = f"{open_part}\n\n{part}" if open_part else part
        whole = (
            len(re.findall(r"^ *```", open_part, re.MULTILINE)) % 2 == 0
            and open_part.count("$$") % 2 == 0
            and open_part.count("<details") == open_part.count("</details>")
        )
        if whole and made and open_part.startswith("  ") and ITEM.match(made[-1]):
            made[-1], open_part = f"{made[-1]}\n\n{open_part}", ""
        elif whole:
            heading = HEADING.match(open_part)
            if heading and open_part[heading.end() :].strip():
                made.append(heading[0].strip())
                open_part = open_part[heading.end() :]
            made.append(open_part)
            open_part = ""
    return [part for part in made if part.strip()]


def plain(text):
    """Markdown as about as many characters as one sees of it."""
    text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", text)
    text = re.sub(r"\\(?:text|mathrm|frac|tfrac|boxed|left|right)\b", "", text)
    return re.sub(r"[*`${}^_]|<[^>]+>", "", re.sub(r"\\[a-zA-Z]+", "x", text))


def lines(text, across=WIDE):
    """How many lines it takes."""
    return sum(max(1, -(-len(plain(line)) // across)) for line in text.split("\n"))


def sentences(text):
    """The sentences of a paragraph."""
    found, begin = [], 0
    for end in END.finditer(text):
        candidate = text[begin : end.start()] + end[1]
        if candidate.count("$") % 2 == 0 and candidate.count("**") % 2 == 0:
            found.append(candidate)
            begin = end.end()
    return [*found, text[begin:]] if text[begin:].strip() else found


def first(text, least=45, most=150):
    """What a paragraph says first: a sentence, and the next one where that is short or only says where to look."""
    taken, looks = [], True
    for sentence in sentences(re.sub(r"\s*\n\s*", " ", text.strip())):
        long = len(plain(" ".join([*taken, sentence])))
        if len(plain(" ".join(taken))) >= least / 2 and not looks and long > most:
            break
        taken.append(sentence)
        looks = bool(LOOKS.match(sentence))
        if long >= least and not looks:
            break
    return " ".join(taken).removesuffix(":").rstrip()


def last(text, most=SETUP):
    """The last sentences of a paragraph, as many as are at most that long; at least one."""
    taken = []
    for sentence in reversed(sentences(re.sub(r"\s*\n\s*", " ", text.strip()))):
        if taken and len(plain(" ".join([sentence, *taken]))) > most:
            break
        taken.insert(0, sentence)
    return " ".join(taken)


def items(text):
    """The items of a list, without their marks."""
    found = re.split(r"^(?:[-*]|\d+[.]) +", text, flags=re.MULTILINE)
    return [re.sub(r"\s*\n\s*", " ", item).strip() for item in found if item.strip()]


def shared(parts, takes, room):
    """The parts, of which each takes some room, in as few groups as fit, about equally full."""
    slides = -(-sum(takes) // room)
    groups, used = [[]], 0
    for part, takes_up in zip(parts, takes, strict=True):
        fair = sum(takes) * len(groups) / slides  # of all slides up to this one
        now = used + takes_up
        if groups[-1] and (now - takes_up / 2 > fair or sum(t for _, t in groups[-1]) + takes_up > room):
            groups.append([])
        groups[-1].append((part, takes_up))
        used = now
    return [[part for part, _ in group] for group in groups]


def packed(parts, room=ROOM, gap=0.3):
    """Paragraphs in groups, each of which fits on a slide."""
    return shared(parts, [lines(part) + gap for part in parts], room)


def rows_of(table):
    """How many lines each row of a table in Markdown takes: its columns share the width by their longest cells."""
    cells_of = [[plain(cell).strip() for cell in row.strip().strip("|").split("|")] for row in table.split("\n")]
    width = max(map(len, cells_of))
    cells_of = [row + [""] * (width - len(row)) for row in cells_of]
    longest = [max(4, *(len(row[k]) for row in cells_of)) for k in range(width)]
    free = WIDE_TABLE - 2 * width
    share = [max(4, min(long, free * long // sum(longest))) for long in longest]
    return [max(-(-len(cell) // wide) for cell, wide in zip(row, share, strict=True)) for row in cells_of]


def tables(table):
    """A table as tables that fit on a slide, each with its head."""
    table = "\n".join(line.strip() for line in table.strip().split("\n"))
    head, rule, *rows = table.split("\n")
    takes = [ROW * high + ROW_GAP for high in rows_of(table)]
    return ["\n".join([head, rule, *part]) for part in shared(rows, takes[2:], TABLE_ROOM - takes[0])]


def narrowed(rows):
    """Printed lines whose columns stand closer together, if that makes them fit: two blanks are left between two."""
    wide = max(map(len, rows))
    blank = [all(row[k : k + 3].strip() == "" for row in rows) for k in range(wide - 2)]
    free = [k for k, is_blank in enumerate(blank) if is_blank]
    if not ACROSS < wide <= WIDEST + len(free):
        return rows
    left_out = set(free[: wide - ACROSS])
    return ["".join(mark for k, mark in enumerate(row) if k not in left_out) for row in rows]


def printed(text):
    """What a cell printed, as HTML: shortened where it is longer than a slide."""
    rows = narrowed(text.rstrip().split("\n"))
    wide = ACROSS < max(map(len, rows)) <= WIDEST
    taken, used = [], 0
    for row in rows:
        used += max(1, -(-len(row) // (WIDEST if wide else ACROSS)))
        if used > PRINTED:
            break
        taken.append(row)
    taken = taken or [rows[0][: ACROSS * PRINTED]]
    left = len(rows) - len(taken)
    if left == 1 and used <= PRINTED + 1:
        taken, left = rows, 0
    more = f"\n… and {left} more lines" if left else ""
    size = " large" if len(rows) <= LARGE[0] and max(map(len, rows)) <= LARGE[1] else " wide" if wide else ""
    return f'<pre class="printed{size}">{html.escape(chr(10).join(taken))}{more}</pre>'


def formula_width(text):
    """A formula's width in characters; what stands below and above the line is smaller."""
    text = re.sub(r"\\[,;!: ]|\\(?:sum|prod)_(?:\{[^}]*\}|\S)", "", text)
    small = re.compile(r"[_^](?:\{((?:[^{}]|\{[^{}]*\})*)\}|(\\?\w))")
    return len(plain(small.sub("", text))) + 0.6 * sum(len(plain(a or b)) for a, b in small.findall(text))


def fitted(formula):
    """A displayed formula, in lines where it is wider than a slide."""
    inner = formula.strip("$").strip()
    parts = re.split(r"\s*(?:\\qquad|\\quad)\s*", re.sub(r"\s+", " ", inner))
    boxed = inner.startswith(r"\boxed{") and inner.endswith("}")
    if formula_width(inner) <= WIDE_FORMULA or len(parts) == 1 or r"\\" in inner or r"\begin" in inner:
        return formula
    if boxed:
        parts[0], parts[-1] = parts[0].removeprefix(r"\boxed{").removeprefix(r"\;"), parts[-1].removesuffix("}")
    rows = [[]]
    for part in parts:
        if rows[-1] and formula_width(" ".join([*rows[-1], part])) > WIDE_FORMULA:
            rows.append([])
        rows[-1].append(part)
    made = r"\begin{gathered}" + r"\\[8pt]".join(r" \quad ".join(row) for row in rows) + r"\end{gathered}"
    return f"$$\\boxed{{{made}}}$$" if boxed else f"$${made}$$"


def code(source):
    """Python as HTML, with colours."""
    from pygments import highlight
    from pygments.formatters import HtmlFormatter
    from pygments.lexers import PythonLexer

    made = re.sub(r"\n+(?=</pre>)", "", highlight(source, PythonLexer(), HtmlFormatter())).strip()
    return re.sub(r"\n(?=\n)", "\n<span></span>", made)  # an empty line would end the HTML


def worth_showing(source):
    """Whether a cell is short enough to be read from a slide, and more than imports and lines that print."""
    rows = source.split("\n")
    takes = sum(-(-len(row) // ACROSS) or 1 for row in rows)
    if takes > min(CODE, len(rows) + 1) or re.search(r"^\s*(?:from|import) ", source, re.MULTILINE):
        return False
    does = any(re.match(r"\s*(?:def|class|for|while)\b|[^(]*[^=!<>(]=(?!=)", row) for row in rows)
    return does and sum("print(" in row for row in rows) <= len(rows) / 2


def choices(source, said):
    """What a prediction offers: the list of choices, or how the guess is asked for ("a number of steps")."""
    tree = ast.parse(source)
    names = {
        node.targets[0].id: node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }

    def meant(node):
        while isinstance(node, (ast.Name, ast.Starred)):
            node = node.value if isinstance(node, ast.Starred) else names.get(node.id)
        return node

    asked = next(n for n in ast.walk(tree) if isinstance(n, ast.Call) and getattr(n.func, "id", "") == "predict")
    way = meant(asked.args[1])
    if isinstance(way, ast.Call) and getattr(way.func, "id", "") == "choice":
        given = []
        for argument in way.args:
            node = meant(argument)
            given += node.elts if isinstance(node, (ast.Tuple, ast.List)) else [node]
        if all(isinstance(node, ast.Constant) for node in given):
            return [str(node.value) for node in given]
    return said


def figure_kind(image):
    """Whether a figure stands above its sentence or beside it."""
    kind, data = re.search(r"data:image/(png|svg|gif)[^,]*,([^\"]*)", image).groups()
    head = base64.b64decode(data[:8000])
    if kind == "png":
        wide, high = int.from_bytes(head[16:20], "big"), int.from_bytes(head[20:24], "big")
    elif kind == "gif":
        wide, high = int.from_bytes(head[6:8], "little"), int.from_bytes(head[8:10], "little")
    else:
        wide, high = map(float, re.search(rb'viewBox="\S+ \S+ (\S+) (\S+)"', head).groups())
    return "figure tall" if high > TALL * wide else "figure"


def told(part):
    """The sentences of a part of a model answer, short ones and brackets with those before them."""
    if DISPLAY.search(part) or TABLE.match(part) or ITEM.match(part):
        return [part]
    found = [""]
    for sentence in sentences(re.sub(r"\s*\n\s*", " ", part)):
        if found[-1] and (len(plain(found[-1])) < 45 or sentence.startswith("(")):
            found[-1] += f" {sentence}"
        else:
            found.append(sentence)
    return [each for each in found if each]


def literal(text):
    """Text as Markdown that shows just that."""
    return re.sub(r"([\\*_`$\[\]<>#|~])", r"\\\1", text)
