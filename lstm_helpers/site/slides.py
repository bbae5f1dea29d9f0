"""Slides of each lesson, made from its notebook as it is stored: what a room looks at, and the prose for who speaks.

A slide shows a heading with its first sentence, an equation with its shapes, a figure, what a cell printed, or a
question; its result stands on the next one. All that the lesson says goes into the speaker's notes of the slide that it
belongs to. ``markdown`` writes what Sphinx reads; ``slideshow.py`` makes the pages of it.
"""

import html
import posixpath
import re
from dataclasses import dataclass, field

from lstm_helpers.course import copying
from lstm_helpers.site import cells, live
from lstm_helpers.site.fitting import (
    CODE,
    DISPLAY,
    HEADING,
    ITEM,
    LOOKS,
    TABLE,
    blocks,
    choices,
    code,
    figure_kind,
    first,
    fitted,
    height,
    items,
    last,
    literal,
    packed,
    plain,
    printed,
    sentences,
    tables,
    told,
    worth_showing,
)
from lstm_helpers.site.links import to_book

TALLEST = 720  # pixels of a slide; a sentence below an element is left out where it no longer fits
SENTENCE, SHAPES = 84, 125  # what such a sentence takes, and a line of shapes with what stands around it
ALONE = 70  # characters of a question that is not understood without what has been said before
QUESTION = re.compile(r"\*\*Predict(?P<dot>[.]?)\*\*,?\s*")
EXAM = re.compile(r"\*\*In an exam:\*\*\s*")
DETAILS = re.compile(r"\A<details[^>]*>\s*<summary>(?P<summary>.*?)</summary>(?P<inside>.*)</details>\s*\Z", re.DOTALL)
RESULT = re.compile(r"<strong>Result: (?P<what>.*?)[.]?</strong>", re.DOTALL)
IMAGE = re.compile(r"<img\b[^>]*>")
SOURCE = re.compile(r'\bsrc="[^"]*"')
TABLES = re.compile(r"\b(?:table|rows?|columns?)\b")
OF_CELLS = re.compile(r"\bcells? (?:above|below)\b|\bnext cells?\b")  # a sentence about cells of a notebook
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
        self.before = ""  # the paragraph above what comes
        self.last = ""  # the block right above it
        self.seen = set()  # the pictures that slides show
        self.again = ""  # one of them that the lesson has shown once more: a slide does so for the sake of its text

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
        for slide in self.slides:
            if slide.kind == "question" and "asks" not in slide.marks:
                question = plain(slide.shows[-1]).strip()
                raise ValueError(f"{self.name}: a question has to stand directly above its predict(...): {question}")
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
        if lead and together and (lead.rstrip(":") in together[0] or lead.startswith(together[0])):
            told = max(lead.rstrip(":"), together[0].rstrip(":"), key=len)
            together = [told + ":" * (lead.endswith(":") and told.endswith(lead.rstrip(":")))]
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
            elif re.fullmatch(r"\*\*[^*]+\*\*", part) and not slide.shows:
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
                if self.again:
                    self._element(figure_kind(self.again), self._figure(self.again))
                if finding := self._finding(start):
                    self._add(finding)
                self._say(start)
                self.spoken = self.before = start
                source = source.removeprefix(start)
        self.again = ""
        for part in blocks(source):
            self._block(part)
            self.spoken, self.last = "", part
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
            self.before = part
        elif part.startswith("```python"):
            self._fence(part)
        elif TABLE.match(part):
            self._tables(part)
        elif details:
            self._folded(details)
        elif ITEM.match(part):
            self._list(part)
            self.before = ""
        elif re.search(r"^(?:[-*]|1[.]) ", part, re.MULTILINE):  # a paragraph that runs into its list
            intro, listed = re.split(r"^(?=(?:[-*]|1[.]) )", part, maxsplit=1, flags=re.MULTILINE)
            self._block(intro.strip())
            self._list(listed)
        else:
            self._paragraph(part)

    def _heading(self, level, title):
        self._say_held()
        self._join_bare()
        self.topic, self.before = title, ""
        self.closed = title == "Your turn"
        if level == 2 and not self.closed:
            self.section = title
            slide = self._slide(title, "section")
            slide.level = 2
            self.waits = True
        elif level == 3:
            self.waits = False

    def _join_bare(self):
        """Of a section that shows nothing, only what is said stays."""
        if self.slides[-1].kind == "section" and not self.slides[-1].shows:
            bare = self.slides.pop()
            self.slides[-1].says += [f"**{bare.title}**", *bare.says]

    def _paragraph(self, part):
        if self.waits and self.slides[-1].kind == "section" and (finding := self._finding(part)):
            self.slides[-1].shows.append(finding)
        self.waits = False
        self._say_held()
        self.held = self.before = part

    def _finding(self, part):
        """The sentence of a paragraph that a slide shows: none that sends to a cell, or to a table that is not here."""
        said = sentences(re.sub(r"\s*\n\s*", " ", part.strip()))
        if not any(re.search(r'<pre|^\||alt="Table', block) for block in self.slides[-1].shows):
            errand = LOOKS.match(said[0]) and TABLES.search(said[0])
            said = (said[1:] if errand else said) or said
        return "" if OF_CELLS.search(said[0]) else first(" ".join(said))

    def _question(self, part):
        asked = QUESTION.match(part)
        text = part[asked.end() :] if asked["dot"] or "," in asked[0] else f"Predict {part[asked.end() :]}"
        text = text[:1].upper() + text[1:]
        before = self.held
        if not before and len(plain(text)) < ALONE:
            before = re.sub(r"\s*\n\s*", " ", self.spoken).removeprefix(first(self.spoken)).lstrip()
        setup = last(before) if before and not before.startswith("<") else ""
        shows = [f'<div class="setup">\n\n{setup}\n\n</div>'] if setup else []
        self.asked = last(text, 160)
        self._slide("Predict", "question", *shows, f'<div class="asked">\n\n{text}\n\n</div>')

    def _lead(self):
        """The sentence that leads to an element."""
        led = self.held or (self.spoken if self.spoken.rstrip().endswith((":", ",")) else "")
        if not led or led.startswith("<"):
            return ""
        said = sentences(re.sub(r"\s*\n\s*", " ", led.strip()))
        return last(" ".join(said[OF_CELLS.search(said[0]) is not None :]), 150)

    def _equations(self, part):
        before = part[: DISPLAY.search(part).start()].strip()
        lead = before or self.before
        found = [fitted(formula) for formula in DISPLAY.findall(part)]
        slide = self.slides[-1]
        goes_on = not before and self.last.endswith("$$") and "equation" in slide.kind
        if goes_on and self._fits([*slide.shows, *found], room=SHAPES):
            slide.shows += found
        else:
            slide = self._element("equation", *found, lead=last(lead, 150) if lead else "")
        rest = part[DISPLAY.search(part).start() :]
        slide.says += [before] if before else []
        self.before = before or self.before
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
        self.again = ""
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
        said = re.sub(r"(?m)(?:^.*:\s*)+\Z", "", said)  # lines that lead to the result
        rows = said.strip().count("\n") + 1 if said.strip() else 0
        title = f"Result: {html.unescape(result)}"
        shows = []
        if rows > 2 or (rows and not images):
            shows.append(printed(said))
        elif rows:
            shows.append(f"<p>{html.escape(said.strip())}</p>")
        if not images and self.asked:
            shows.insert(0, f'<div class="setup">\n\n{self.asked}\n\n</div>')
        beside = images[:1] if not rows or rows <= 2 else []
        shows += [self._figure(image) for image in beside]
        kind = f"result {figure_kind(beside[0])}" if beside else "result"
        self._slide(literal(title), kind, *shows, tells=name)
        for image in images[len(beside) :]:
            self._slide(self.topic, figure_kind(image), self._figure(image))
        self.wants = True

    def _explorer(self, explorer):
        (image,) = IMAGE.findall(explorer.picture)
        link = f'<p class="live"><a href="{self.up}{explorer.file}">Open the explorer: {explorer.title}</a></p>'
        if self._is_seen(image) and self._fits([*self.slides[-1].shows, link]):
            self._say_held()
            self.slides[-1].shows.append(link)
        else:
            self._element(figure_kind(image), self._figure(image), link)

    def _shown(self, source, said, images, outputs):
        for image in images:
            if self._is_seen(image):
                self.again, self.wants = image, True
            else:
                self._element(figure_kind(image), self._figure(image), wants=True)
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

    def _is_seen(self, image):
        """Whether a slide shows that picture already."""
        return SOURCE.search(image)[0] in self.seen

    def _figure(self, image):
        """The picture of an output, as large as the slide lets it be."""
        alt = re.search(r'\balt="([^"]*)"', image)
        data = SOURCE.search(image)[0]
        self.seen.add(data)
        kept = self.pictures.taken_out(f'<img alt="{alt[1]}" {data}>', self.up, lazy=False)
        return f'<div class="picture">{kept}</div>'

    # ---------------------------------------------------------------- the end

    def _exam(self, part):
        self._slide("In an exam", "exam", f'<div class="asked">\n\n{part.strip()}\n\n</div>')

    def _model_answer(self, details):
        said = [sentence for part in blocks(details["inside"]) for sentence in told(part)]
        for group in packed(said):
            shown = [f'<div class="fragment">\n\n{sentence}\n\n</div>' for sentence in group]
            self._slide(details["summary"], "answer", *shown)

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
        return to_book(text, posixpath.dirname(self.name), self.up, self.stem) + "\n"


EXERCISE = re.compile(r"\*\*Exercise:\*\* \[[^\]]*\]\([^)]*\)[.]?\s*")
