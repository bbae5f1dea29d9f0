"""A notebook of the course as a page of the book: what Sphinx reads in its place."""

import base64
import hashlib
import html
import json
import mimetypes
import re

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output

from lstm_helpers.course import copying
from lstm_helpers.site.links import slug

PREDICT = re.compile(r"^[ \t]*predict\([ \t]*[\"'](?P<name>[^\"']+)[\"'].*\)[ \t]*$", re.MULTILINE)
SCORE = re.compile(r"^[ \t]*score\(", re.MULTILINE)
GUESS = re.compile(r"^Your guess: (?P<what>.*)\. Run this cell .*\n?", re.MULTILINE)
DATA = re.compile(r"\bsrc=\"data:(?P<kind>[\w/+.-]+);base64,(?P<data>[^\"]*)\"")
BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"
CHECK = re.compile(r"^check\(", re.MULTILINE)
LONGEST = 300  # characters of a line of code on a page
RESULT, ANSWER, OUTPUT, VERDICT = "The result, and why", "The answer", "What it prints", "What the check says"


class Pictures:
    """What pages show and hear, as files of their own: each once, and a browser loads it when it comes into view."""

    FOLDER = "figures"

    def __init__(self):
        self.files = {}  # {name: bytes}

    def taken_out(self, text, up, lazy=True):
        """HTML in which data in the text have become files; ``up`` leads from the page to the book's folder.

        lazy: whether a browser may wait with a picture until it comes into view.
        """

        def to_file(found):
            data = base64.b64decode(found["data"])
            ending = {"image/svg+xml": ".svg"}.get(found["kind"]) or mimetypes.guess_extension(found["kind"]) or ""
            name = hashlib.sha256(data).hexdigest()[:16] + ending
            self.files[name] = data
            wait = ' loading="lazy"' if lazy and found["kind"].startswith("image/") else ""
            return f'src="{up}{self.FOLDER}/{name}"{wait}'

        return DATA.sub(to_file, text)


def lesson(notebook, shown):
    """A lesson or project: what a prediction asks is asked, and its result and the reason are folded away below it.

    shown: what is shown for a cell in place of its stored output, HTML, or None: a live explorer.
    """
    cells, open_result = [], False  # a result has been unfolded, and its reason not been reached
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            lead, rest = copying.explanation(cell.source) if open_result else ("", cell.source)
            if open_result:
                cells += _text(lead), _text("</details>")
                open_result = False
            cells += (_text(rest),)
            continue
        folded = bool(cell.metadata.get("jupyter", {}).pop("outputs_hidden", False))
        asks = PREDICT.search(cell.source)
        if open_result and (folded or asks or SCORE.search(cell.source)):
            cells += (_text("</details>"),)
            open_result = False
        if SCORE.search(cell.source):
            continue
        if asks:
            _ask(cell, asks)
        if live := shown(cell.source):
            cell.outputs = [_as_html(live)]
        if not folded:
            cells += (cell,)
            continue
        outcome = copying.OUTCOME.search(cell.source)
        name = re.search(r"outcome\([ \t]*[\"']([^\"']+)", cell.source) if outcome else None
        mark = f' data-guess="{name[1]}"' if name else ""
        summary = f'<details class="result"{mark}>\n<summary>{RESULT if outcome else OUTPUT}</summary>\n'
        # A cell without code has no outputs, says myst-nb: this one has some that nobody sees.
        said = new_code_cell("...", outputs=cell.outputs, metadata={"tags": ["remove-input"]})
        cell.outputs = []
        cells += cell, _text(summary), said
        if outcome:
            open_result = True
        else:
            cells += (_text("</details>"),)
    if open_result:
        cells += (_text("</details>"),)
    notebook.cells = [cell for cell in cells if cell.cell_type == "code" or cell.source.strip()]
    return notebook


def _text(source):
    return new_markdown_cell(source)


def _as_html(text):
    return new_output("display_data", {"text/html": text, "text/plain": ""})


def _ask(cell, found):
    """A field for a guess in place of the line that says that there is one."""
    for output in cell.outputs:
        told = GUESS.search(output.get("text", ""))
        if not told:
            continue
        field = (
            f'<div class="guess"><label>Your guess: {html.escape(told["what"])} '
            f'<input type="text" autocomplete="off" data-guess="{html.escape(found["name"])}"></label></div>'
        )
        before = output["text"][: told.start()].strip("\n")
        cell.outputs = [*([new_output("stream", text=before + "\n")] if before else []), _as_html(field)]
        if cell.source.strip() == found[0].strip():
            cell.metadata["tags"] = ["remove-input"]
        return


def _short(line):
    """A line of code as it can be read: a model that was handed in as text is one of half a megabyte."""
    return line if len(line) <= LONGEST else f"{line[:60]}...  # {len(line) - 60:,} characters more"


def solution(notebook):
    """A solved exercise: each answer, and what comes of it, is folded away below its question."""
    cells = []
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cells.append(cell)
            continue
        if BEGIN in cell.source:
            lines = [_short(line) for line in cell.source.split("\n") if line.strip() not in (BEGIN, END)]
            cell.source = "\n".join(lines)
            cells += _text(f'<details class="answer">\n<summary>{ANSWER}</summary>\n'), cell, _text("</details>")
        elif cell.outputs:
            summary = VERDICT if CHECK.search(cell.source) else OUTPUT
            cells += _text(f'<details class="answer">\n<summary>{summary}</summary>\n'), cell, _text("</details>")
        else:
            cells.append(cell)
    notebook.cells = cells
    title = notebook.cells[0]
    title.source = re.sub(r"^# Exercise", "# Solution of exercise", title.source)
    return notebook


def glossary(notebook):
    """The glossary: its words one level below the title, where no other heading stands."""
    for cell in notebook.cells:
        cell.source = re.sub(r"^#### ", "## ", cell.source, flags=re.MULTILINE)
    return notebook


def page(path, name, links, pictures, change, head="", below=()):
    """What Sphinx reads for the notebook in the file ``path``, called ``name`` in the course. Returns JSON.

    change: what becomes of the cells; head: HTML below the title; below: pages that belong under this one.
    """
    notebook = change(nbformat.read(path, as_version=4))
    up = "../" * name.count("/")
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = links.in_html(links.in_markdown(cell.source, name), name)
            continue
        cell.metadata.pop("claim", None)
        for output in cell.outputs:
            data = output.get("data", {})
            if "text/html" in data:
                data["text/html"] = pictures.taken_out(links.in_html(data["text/html"], name), up)
            if "text/markdown" in data:
                data["text/markdown"] = links.in_markdown(data["text/markdown"], name)
    if head:
        title, _, rest = notebook.cells[0].source.partition("\n")
        notebook.cells[0].source = f"{title}\n\n{head}\n{rest}"
    if below:
        notebook.cells.append(_text("\n".join(["```{toctree}", ":hidden:", "", *below, "```"])))
    return json.dumps(notebook)


def anchors(text):
    """The anchors of the headings in Markdown."""
    return {slug(title) for title in re.findall(r"^#+ (.+)$", text, re.MULTILINE)}
