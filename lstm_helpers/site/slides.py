"""Slides of each lesson, made from its notebook as it is stored: what a room looks at, and the prose for who speaks.

A slide shows a heading with its first sentence, an equation with its shapes, a figure, what a cell printed, or a
question; its result stands on the next one. All that the lesson says goes into the speaker's notes of the slide that it
belongs to. ``markdown`` writes what Sphinx reads, and ``build`` lets it make pages that reveal.js shows.
"""

import ast
import base64
import html
import io
import posixpath
import re
import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import nbformat

from lstm_helpers import course
from lstm_helpers.course import copying
from lstm_helpers.site import cells, live

LOOK = Path(__file__).parent / "deck"
ICON = Path(__file__).parent / "look" / "icon.svg"
FOLDER = "slides"  # in the site
MATHJAX = "../../_static/tex-svg.js"  # the book's, from where Sphinx looks for a deck's own
REVEAL = "_static/revealjs"  # of what its package brings, a deck uses these alone
USED = ("LICENSE", "dist/reveal.js", "dist/reveal.css", "plugin/notes/notes.js")
WIDE, WIDE_TABLE = 80, 86  # characters of a line that fits: of text, of a table
ROW, ROW_GAP, TABLE_ROOM = 34, 15, 570  # pixels: a line of a table, what a row has around it, and what there is
ROOM = 13  # such lines that fit below a heading
TALLEST = 720  # pixels of a slide; a sentence below an element is left out where it no longer fits
SENTENCE = 84  # what such a sentence takes
CODE = 12  # lines of a cell that a slide still shows
PRINTED = 11  # lines of what a cell printed, and the characters of one
ACROSS = 78
LARGE = 7, 60  # what is shorter and narrower is shown larger
WIDE_FORMULA = 46  # characters of a formula that fits
TALL = 0.62  # a figure that is higher than this share of its width stands beside its sentence
SETUP = 330  # characters of what leads up to a question

HEADING = re.compile(r"^(#{1,3}) (.+)\n?")
DISPLAY = re.compile(r"\$\$.+?\$\$", re.DOTALL)
QUESTION = re.compile(r"\*\*Predict(?P<dot>[.]?)\*\*,?\s*")
EXAM = re.compile(r"\*\*In an exam:\*\*\s*")
ITEM = re.compile(r"^(?:[-*]|\d+[.]) ", re.MULTILINE)
TABLE = re.compile(r"^\|", re.MULTILINE)
DETAILS = re.compile(r"\A<details[^>]*>\s*<summary>(?P<summary>.*?)</summary>(?P<inside>.*)</details>\s*\Z", re.DOTALL)
END = re.compile(r"(?<=[.!?])(?<!e\.g\.)(?<!i\.e\.)(?<!vs\.)(?<!al\.)((?:\*\*|[*)\"'])*)\s+(?=[^a-z])")
LOOKS = re.compile(r"(?:\*\*)?(?:Follow|Look|Compare|Read|See|Take|Mind|Count)\b")  # an errand rather than a finding
RESULT = re.compile(r"<strong>Result: (?P<what>.*?)[.]?</strong>", re.DOTALL)
IMAGE = re.compile(r"<img\b[^>]*>")
OUTCOME_NAME = re.compile(r"outcome\([ \t]*[\"']([^\"']+)")


@dataclass
class Slide:
    """One slide: its heading, its kind for the look, what it shows and what is said, each a list of Markdown blocks."""

    title: str
    kind: str
    shows: list = field(default_factory=list)
    says: list = field(default_factory=list)
    marks: dict = field(default_factory=dict)
    level: int = 3

    def markdown(self):
        kept = "\n".join(f":data-{name}: {value}" for name, value in {"kind": self.kind, **self.marks}.items())
        parts = [f"{'#' * self.level} {self.title}", f"```{{revealjs-section}}\n{kept}\n```", *self.shows]
        if self.says:
            parts += ['<aside class="notes">', *self.says, "</aside>"]
        return "\n\n".join(parts)


def height(title, level, shows):
    """About how many pixels of a slide are taken, with the look of ``deck/slides.css``."""
    heading = lines(title, {1: 38, 2: 52}.get(level, 72)) * {1: 70, 2: 50}.get(level, 36)
    return 74 + heading + sum(18 + _height(block) for block in shows)


def _height(block):
    if "<pre" in block:
        text = html.unescape(re.sub("<[^>]+>", "", block))
        rows = sum(max(1, -(-len(row) // ACROSS)) for row in text.strip("\n").split("\n"))
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


def printed(text):
    """What a cell printed, as HTML: shortened where it is longer than a slide."""
    rows = text.rstrip().split("\n")
    taken, used = [], 0
    for row in rows:
        used += max(1, -(-len(row) // ACROSS))
        if used > PRINTED:
            break
        taken.append(row)
    taken = taken or [rows[0][: ACROSS * PRINTED]]
    left = len(rows) - len(taken)
    if left == 1 and used <= PRINTED + 1:
        taken, left = rows, 0
    more = f"\n… and {left} more lines" if left else ""
    large = " large" if len(rows) <= LARGE[0] and max(map(len, rows)) <= LARGE[1] else ""
    return f'<pre class="printed{large}">{html.escape(chr(10).join(taken))}{more}</pre>'


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


class Deck:
    """The slides of one lesson: ``slides``, made while its cells are read one after the other."""

    def __init__(self, stem, links, explorers, pictures):
        self.stem, self.links, self.explorers, self.pictures = stem, links, explorers, pictures
        self.name = f"notebooks/{stem}.ipynb"
        self.up = "../" * (1 + stem.count("/"))
        self.slides, self.closing = [], []
        self.held = ""  # a paragraph that is said with the slide that comes, or with this one
        self.spoken = ""  # the same, of which the slide has shown the first sentence
        self.section = self.topic = ""
        self.waits = False  # the first paragraph below a heading
        self.wants = False  # a figure or a result has been shown, and its sentence has not been reached
        self.asked = ""  # the question whose result has not been shown
        self.about = []  # what folded cells before an outcome have shown
        self.closed = False  # "Your turn" has been reached: its text belongs to the last slide

    def read(self, notebook):
        opening, *rest = notebook.cells
        self._open(opening.source)
        for cell in rest:
            if cell.cell_type == "markdown":
                self._text(cell.source)
            else:
                self._cell(cell)
        self._say_held()
        self._close()
        return self.slides

    # ---------------------------------------------------------------- slides

    def _slide(self, title, kind, *shows, **marks):
        """A new slide; a paragraph that leads to it is said with it."""
        slide = Slide(title, kind, list(shows), [self.held] if self.held else [], marks)
        self.held, self.waits = "", False
        self.slides.append(slide)
        return slide

    def _element(self, kind, *shows, lead="", wants=False):
        """A slide for an element; if there is room for it, it goes onto its section's own slide.

        wants: whether the sentence that follows in the lesson belongs to it.
        """
        now = self.slides[-1]
        together = list(now.shows)
        if lead and together and (lead in together[0] or lead.startswith(together[0])):
            together = [max(lead, together[0], key=len)]
        elif lead:
            together.append(lead)
        together += shows
        self.wants = wants
        tall = "tall" in kind
        if now.kind != "section" or not (tall or self._fits(together, room=SENTENCE * wants)):
            return self._slide(self.topic, kind, *([lead] if lead else []), *shows)
        now.kind, now.shows = f"section {kind}", together
        self._say_held()
        self.waits = False
        return now

    def _fits(self, shows, room=0):
        """Whether this slide would hold that, and as much more room."""
        now = self.slides[-1]
        return height(now.title, now.level, shows) + room <= TALLEST

    def _add(self, block):
        """Show one more block on this slide, if there is room."""
        now = self.slides[-1]
        if "tall" in now.kind or self._fits([*now.shows, block]):
            now.shows.append(block)

    def _say(self, text):
        self.slides[-1].says.append(text)

    def _say_held(self):
        if self.held:
            self._say(self.held)
        self.held = ""

    # ---------------------------------------------------------------- text

    def _open(self, source):
        parts = [part for part in blocks(source) if not HEADING.match(part)]
        title = HEADING.match(source)[2]
        slide = Slide(title, "title", level=1)
        self.slides.append(slide)
        listed = next((part for part in parts if re.search(r"^- ", part, re.MULTILINE)), "")
        for part in parts:
            if part == listed:
                intro, *rest = re.split(r"^(?=- )", part, maxsplit=1, flags=re.MULTILINE)
                slide.shows.append(f"{intro.strip() or 'When you are through, you can'}\n\n{rest[0]}")
            elif part.startswith("**") and len(slide.shows) == 0:
                slide.shows.append(part.strip("*"))
            else:
                slide.says.append(part)
        if not slide.shows:
            slide.shows.append(first(parts[0]))
        begun = next((k for k, part in enumerate(blocks(source)) if part.startswith("## ")), None)
        if begun is not None:  # the start page: its first sections stand in the cell of the title
            del slide.says[begun - 1 :]
            slide.shows = slide.shows[:1]
            self._text("\n\n".join(blocks(source)[begun:]))

    def _text(self, source):
        if self.wants:
            self.wants = False
            lead, _ = copying.explanation(source)
            start = re.split(r"\n(?=(?:[-*]|1[.]) )", blocks(lead or source)[0], maxsplit=1)[0]
            if not re.match(r"[#|<>]|\$\$|```", start) and not ITEM.match(start) and not QUESTION.match(start):
                self._add(first(start))
                self._say(start)
                self.spoken = start
                source = source.removeprefix(start)
        for part in blocks(source):
            self._block(part)
            self.spoken = ""

    def _block(self, part):
        heading = HEADING.match(part)
        details = DETAILS.match(part.strip())
        if heading:
            self._heading(len(heading[1]), heading[2].strip())
        elif self.closed and EXAM.match(part):
            self._exam(EXAM.sub("", part))
        elif self.closed and details:
            self._model_answer(details)
        elif self.closed:
            self.closing.append(part)
        elif QUESTION.match(part):
            self._question(part)
        elif DISPLAY.search(part):
            self._equations(part)
        elif part.lower().startswith("shapes:") and "equation" in self.slides[-1].kind:
            self._shapes(part)
            self._say(part)
        elif part.startswith("```python"):
            self._fence(part)
        elif TABLE.match(part):
            self._tables(part)
        elif details:
            self._folded(details)
        elif ITEM.match(part):
            self._list(part)
        elif re.search(r"^(?:[-*]|1[.]) ", part, re.MULTILINE):  # a paragraph that runs into its list
            intro, listed = re.split(r"^(?=(?:[-*]|1[.]) )", part, maxsplit=1, flags=re.MULTILINE)
            self._block(intro.strip())
            self._list(listed)
        else:
            self._paragraph(part)

    def _heading(self, level, title):
        self._say_held()
        self.topic = title
        self.closed = title == "Your turn"
        if level == 2 and not self.closed:
            self.section = title
            slide = self._slide(title, "section")
            slide.level = 2
            self.waits = True
        elif level == 3:
            self.waits = False

    def _paragraph(self, part):
        if self.waits and self.slides[-1].kind == "section":
            self.slides[-1].shows.append(first(part))
        self.waits = False
        self._say_held()
        self.held = part

    def _question(self, part):
        setup = last(self.held) if self.held and not self.held.startswith("<") else ""
        asked = QUESTION.match(part)
        text = part[asked.end() :] if asked["dot"] or "," in asked[0] else f"Predict {part[asked.end() :]}"
        text = text[:1].upper() + text[1:]
        shows = [f'<div class="setup">\n\n{setup}\n\n</div>'] if setup else []
        self.asked = last(text, 160)
        self._slide("Predict", "question", *shows, f'<div class="asked">\n\n{text}\n\n</div>')

    def _lead(self):
        """The sentence that leads to an element."""
        led = self.held or (self.spoken if self.spoken.rstrip().endswith((":", ",")) else "")
        return last(led, 150) if led and not led.startswith("<") else ""

    def _equations(self, part):
        before = part[: DISPLAY.search(part).start()].strip()
        lead = before or self._lead()
        found = [fitted(formula) for formula in DISPLAY.findall(part)]
        slide = self._element("equation", *found, lead=last(lead, 150) if lead else "")
        rest = part[DISPLAY.search(part).start() :]
        slide.says += [before] if before else []
        after = DISPLAY.sub("", rest).strip()
        if after.lower().startswith("shapes:"):
            self._shapes(after)
        slide.says.append(rest)

    def _shapes(self, text):
        """The line of shapes, right below its formula."""
        shows, line = self.slides[-1].shows, f'<div class="shapes">\n\n{first(text, least=10)}\n\n</div>'
        below = max((k + 1 for k, each in enumerate(shows) if each.startswith("$$")), default=len(shows))
        if self._fits([*shows, line]):
            shows.insert(below, line)

    def _fence(self, part):
        source = part.strip().removeprefix("```python").removesuffix("```").strip("\n")
        shown = code(source)
        if "equation" in self.slides[-1].kind and self._fits([*self.slides[-1].shows, shown]):
            self.slides[-1].shows.append(shown)
        elif source.count("\n") < CODE:
            self._element("code", shown, lead=self._lead())

    def _tables(self, part):
        for table in tables(part):
            self._element("table", table)
        self._say_held()

    def _list(self, part):
        short = items(part) if self.section.startswith("What you") else [first(item) for item in items(part)]
        marks = [f"{k + 1}." if part[0].isdigit() else "-" for k in range(len(short))]
        lead = self._lead()
        for group in packed([f"{mark} {item}" for mark, item in zip(marks, short, strict=True)]):
            self._element("list", "\n".join(group), lead=lead)
            lead = ""
        self._say(part)

    def _folded(self, details):
        inside = blocks(details["inside"])
        if not any(TABLE.match(part) for part in inside):
            self._say_held()
            self._say(f"**{details['summary']}.**")
            for part in inside:
                self._say(part)
            return
        for part in inside:
            if TABLE.match(part):
                for table in tables(part):
                    self._slide(details["summary"], "table", table)
            else:
                self._say(part)

    # ---------------------------------------------------------------- cells

    def _cell(self, cell):
        source, outputs = cell.source, cell.get("outputs", [])
        if cells.SCORE.search(source):
            return
        said = "".join(output.text for output in outputs if output.output_type == "stream")
        pages = [output.data.get("text/html", "") for output in outputs if "data" in output]
        images = [image for page in pages for image in IMAGE.findall(page)]
        asks = cells.PREDICT.search(source)
        explorer = live.called(self.explorers, source)
        if asks:
            self._asked(cell, asks["name"], said, images)
        elif copying.OUTCOME.search(source):
            result = next((found["what"] for page in pages if (found := RESULT.search(page))), "")
            self._result(OUTCOME_NAME.search(source)[1], result, said, images)
        elif cell.metadata.get("jupyter", {}).get("outputs_hidden"):
            self.about.append((said, images))
        elif explorer:
            self._explorer(explorer)
        else:
            self._shown(source, said, images, outputs)

    def _asked(self, cell, name, said, images):
        told = cells.GUESS.search(said)
        before = said[: told.start()].strip("\n") if told else ""
        if self.slides[-1].kind != "question" or "asks" in self.slides[-1].marks:
            self._say_held()
            self._slide("Predict", "question", f'<div class="asked">\n\n{last(self.slides[-1].says[-1])}\n\n</div>')
        slide = self.slides[-1]
        slide.marks["asks"] = name
        slide.says.insert(0, f"Prediction `{name}`.")
        slide.shows += [self._figure(image) for image in images] + ([printed(before)] if before else [])
        offered = choices(cell.source, told["what"] if told else "")
        if isinstance(offered, list):
            listed = "".join(f"<li>{html.escape(each)}</li>" for each in offered)
            slide.shows.append(f'<ol class="choices">{listed}</ol>')
        elif offered:
            slide.shows.append(f'<p class="guess">Your guess: {html.escape(offered)}</p>')

    def _result(self, name, result, said, images):
        for more, others in self.about:
            said, images = more + said, others + images
        self.about = []
        rows = said.strip().count("\n") + 1 if said.strip() else 0
        title = f"Result: {html.unescape(result)}"
        shows = []
        if rows > 2 or (rows and not images):
            shows.append(printed(said))
        elif rows and not said.rstrip().endswith(":"):
            shows.append(f"<p>{html.escape(said.strip())}</p>")
        if not images and self.asked:
            shows.insert(0, f'<div class="setup">\n\n{self.asked}\n\n</div>')
        beside = images[:1] if not rows or rows <= 2 else []
        shows += [self._figure(image) for image in beside]
        kind = f"result {self._figure_kind(beside[0])}" if beside else "result"
        self._slide(_literal(title), kind, *shows, tells=name)
        for image in images[len(beside) :]:
            self._slide(self.topic, self._figure_kind(image), self._figure(image))
        self.wants = True

    def _explorer(self, explorer):
        (image,) = IMAGE.findall(explorer.picture)
        link = f'<p class="live"><a href="{self.up}{explorer.file}">Open the explorer: {explorer.title}</a></p>'
        self._element(self._figure_kind(image), self._figure(image), link)

    def _shown(self, source, said, images, outputs):
        for image in images:
            self._element(self._figure_kind(image), self._figure(image), wants=True)
        markdown = [output.data["text/markdown"] for output in outputs if "text/markdown" in output.get("data", {})]
        for text in markdown:
            for part in blocks(text):
                self._block(part)
        bare = [output.data["text/plain"] for output in outputs if set(output.get("data", {})) == {"text/plain"}]
        said = said or "\n".join(bare)
        short = worth_showing(source)
        rows = said.strip().count("\n") + 1
        if images or markdown or not (short if not said.strip() or rows < 3 else said.strip()):
            return
        shows = [code(source)] if short else []
        lead = self._lead() if self.held.rstrip().endswith(":") else ""
        if short and said.strip() and height(self.topic, 3, [lead, *shows, printed(said)]) + SENTENCE > TALLEST:
            self._element("code", *shows, lead=lead)
            shows, lead = [], ""
        if said.strip():
            shows.append(printed(said))
        self._element("code" if short else "printed", *shows, lead=lead, wants=bool(said.strip()))

    @staticmethod
    def _figure_kind(image):
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

    def _figure(self, image):
        """The picture of an output, as large as the slide lets it be."""
        alt = re.search(r'\balt="([^"]*)"', image)
        data = re.search(r'\bsrc="[^"]*"', image)[0]
        kept = self.pictures.taken_out(f'<img alt="{alt[1]}" {data}>', self.up, lazy=False)
        return f'<div class="picture">{kept}</div>'

    # ---------------------------------------------------------------- the end

    def _exam(self, part):
        self._slide("In an exam", "exam", f'<div class="asked">\n\n{part.strip()}\n\n</div>')

    def _model_answer(self, details):
        said = [sentence for part in blocks(details["inside"]) for sentence in self._told(part)]
        for group in packed(said):
            shown = [f'<div class="fragment">\n\n{sentence}\n\n</div>' for sentence in group]
            self._slide(details["summary"], "answer", *shown)

    @staticmethod
    def _told(part):
        if DISPLAY.search(part) or TABLE.match(part) or ITEM.match(part):
            return [part]
        told = [""]
        for sentence in sentences(re.sub(r"\s*\n\s*", " ", part)):
            if told[-1] and (len(plain(told[-1])) < 45 or sentence.startswith("(")):
                told[-1] += f" {sentence}"
            else:
                told.append(sentence)
        return [each for each in told if each]

    def _close(self):
        stem = self.stem
        ways = [(f"{self.up}notebooks/{stem}.html", "The lesson, with everything that is said")]
        if f"exercises/{stem}.ipynb" in self.links.pages:
            ways.insert(0, (f"{self.up}exercises/{stem}.html", "The exercise"))
        guide = f"docs/teaching/{stem}.md"
        if guide in self.links.pages:
            ways.append((f"{self.up}{guide.removesuffix('.md')}.html", "For the teacher: the guide to this lesson"))
        listed = "".join(f'<li><a href="{to}">{what}</a></li>' for to, what in ways)
        shows = [first(EXERCISE.sub("", self.closing[0]))] if self.closing and EXERCISE.match(self.closing[0]) else []
        slide = self._slide("Your turn", "last", *shows, f'<ul class="ways">{listed}</ul>')
        slide.level = 2
        slide.says += self.closing

    def markdown(self):
        """What Sphinx reads."""
        text = "\n\n".join(slide.markdown() for slide in self.slides)
        text = self.links.in_html(self.links.in_markdown(text, self.name), self.name)
        return _to_book(text, posixpath.dirname(self.name), self.up, self.stem) + "\n"


EXERCISE = re.compile(r"\*\*Exercise:\*\* \[[^\]]*\]\([^)]*\)[.]?\s*")


def _literal(text):
    """Text as Markdown that shows just that."""
    return re.sub(r"([\\*_`$\[\]<>#|~])", r"\\\1", text)


def _to_book(text, folder, up, stem):
    """Links of a lesson's page, as its deck needs them."""

    def link(found):
        path, part = found[2], found[3] or ""
        if re.match(r"[a-z]+:|/", path) or path.startswith(up):
            return found[0]
        path = posixpath.join(folder, path) if path else f"notebooks/{stem}.html"
        return f"{found[1]}{up}{re.sub(r'[.](ipynb|md)$', '.html', posixpath.normpath(path))}{part})"

    return re.sub(r"(?<!!)(\[(?:[^\[\]]|\[[^\]]*\])*\]\()([^)\s#]*)(#[^)\s]*)?\)", link, text)


def decks(stems, links, explorers, pictures):
    """{stem: Markdown} of the slides of lessons and projects; their pictures go to ``pictures``."""
    made = {}
    for stem in stems:
        deck = Deck(stem, links, explorers, pictures)
        deck.read(nbformat.read(course.root() / deck.name, as_version=4))
        made[stem] = deck.markdown()
    return made


def build(made, out):
    """Make the pages of the decks in the folder ``out`` of a book; ValueError where Sphinx has something to say."""
    from sphinx.application import Sphinx
    from sphinx.util.docutils import docutils_namespace

    said = io.StringIO()
    with tempfile.TemporaryDirectory() as folder, docutils_namespace():
        source = Path(folder, "source")
        for name, text in made.items():
            path = source / f"{name}.md"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        settings = _settings(next(iter(made)))
        app = Sphinx(source, None, out, Path(folder, "trees"), "revealjs", settings, status=None, warning=said)
        app.build()
    if trouble := said.getvalue().strip():
        raise ValueError(f"the slides are not in order:\n{trouble}")
    _keep(out, out / REVEAL, [out / REVEAL / name for name in USED])


def _settings(first_page):
    return {
        "project": "LSTM from Scratch",
        "root_doc": first_page,
        "source_suffix": {".md": "markdown"},  # the book, made before in this process, has named another parser
        "extensions": ["myst_parser", "sphinx.ext.mathjax", "sphinx_revealjs"],
        "suppress_warnings": ["toc.not_included", "myst.header"],
        "myst_enable_extensions": ["dollarmath", "amsmath"],
        "myst_dmath_double_inline": True,
        "myst_all_links_external": True,
        "mathjax_path": MATHJAX,
        "html_favicon": str(ICON),
        "mathjax3_config": {"options": {"enableMenu": False}, "svg": {"fontCache": "local"}},
        "html_use_index": False,
        "html_copy_source": False,
        "html_show_sourcelink": False,
        "html_domain_indices": False,
        "language": "en",
        "revealjs_html_theme": "revealjs-simple",
        "revealjs_style_theme": "slides.css",
        "revealjs_static_path": [str(LOOK)],
        "revealjs_script_files": ["slides.js"],
        "revealjs_script_plugins": [{"name": "RevealNotes", "src": "revealjs/plugin/notes/notes.js"}],
        "revealjs_script_conf": {
            "width": 1280,
            "height": 720,
            "margin": 0,
            "center": False,
            "display": "flex",
            "hash": True,
            "navigationMode": "linear",
            "slideNumber": "c/t",
            "transition": "none",
            "controlsTutorial": False,
            "pdfSeparateFragments": False,
        },
    }


def _keep(out, folder, used):
    """Leave of ``folder`` what is ``used``, and of Sphinx's own files what a page asks for."""
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_dir() and not any(path.iterdir()):
            path.rmdir()
        elif path.is_file() and path not in used:
            path.unlink()
    for name in (".buildinfo", "objects.inv", "search.html", "searchindex.js", "_static/pygments.css"):
        (out / name).unlink(missing_ok=True)
    shutil.rmtree(out / "_sources", ignore_errors=True)
