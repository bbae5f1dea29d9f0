"""The book: the whole course as a folder of pages, made by Sphinx from the notebooks as they are stored.

A page's source is the notebook or Markdown file of the same name in the course (``cells``, ``links``). Nothing is
executed but one check, on the start page's wrong answer. Mathematics is set in the browser, by a file that lies in the
book.
"""

import hashlib
import html
import importlib.metadata
import io
import re
import shutil
import tempfile
from functools import partial
from pathlib import Path

from lstm_helpers import course
from lstm_helpers.site import cells, live, slideshow, words
from lstm_helpers.site.links import RENAMED, Links

LOOK = Path(__file__).parent / "look"
TITLE = "LSTM from Scratch"
PLAIN = ("primer", "glossary")  # pages of the course beside its lessons
DOCUMENTS = (
    "docs/instructors.md",
    "docs/own-sheets.md",
    "docs/newer-version.md",
    "docs/container.md",
    "docs/grades-json.md",
    "docs/your-library.md",
    "docs/maintainers.md",
    *RENAMED,
)
TEACHING = "docs/teaching/README.md"  # the guides beside it follow, lesson by lesson
# MathJax 3.2.2 as npm has it, in one file; the package brings it over PyPI.
MATHJAX = "sphinx-mathjax-offline"
MATHJAX_FILE = "tex-svg.js"
MATHJAX_SHA256 = "d4295dc33744836935c1399feece5159577b34c5c8ffb9f1c6324cd82e03a882"
SHEET = "notebooks/formula_sheet.pdf"
MARK = ".nojekyll"  # a host that would leave out folders such as _static is told not to; and it says: this is a site
BESIDE = "lite"  # what lies in the same folder and is not the book's


def build(out):
    """Write the book into the folder ``out`` (made if need be; an older book there is replaced).

    Returns the number of pages. ValueError where something else lies there, or where a page is not in order: a link or
    a picture that leads nowhere, a heading that is left out.
    """
    out = Path(out)
    _make_room(out)
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "source")
        made = Sources(source, out / BESIDE)
        made.write()
        _run_sphinx(source, out, Path(folder, "doctrees"))
    _name_toggles(out)
    slideshow.build(made.decks, out / slideshow.FOLDER)
    for name, data in made.extra.items():
        path = out / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return len(made.links.pages) + len(made.written) + len(made.decks)


def _make_room(out):
    out.mkdir(parents=True, exist_ok=True)
    there = [path for path in out.iterdir() if path.name != BESIDE]
    if there and not (out / MARK).is_file():
        raise ValueError(f"{out} holds something else than a site: name another folder")
    for path in there:
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    (out / MARK).touch()


class Sources:
    """What Sphinx reads, and what lies in the book beside its pages: ``extra``, {name: bytes}."""

    def __init__(self, folder, lite):
        self.folder, self.lite, self.root = folder, lite, course.root()
        self.lessons = [lesson for lesson in (*course.LESSONS, *course.PROJECTS) if self._has("notebooks", lesson)]
        self.site = course.MAP.get("site", {})
        stems = [lesson.path for lesson in self.lessons]
        self.taught = ["00_start_here", *stems]
        kinds = {"notebooks": [*self.taught, *PLAIN]}
        kinds |= {kind: [lesson.path for lesson in self.lessons if self._has(kind, lesson)] for kind in EXERCISES}
        pages = [f"{kind}/{stem}.ipynb" for kind, stems in kinds.items() for stem in stems]
        guides = sorted(path.relative_to(self.root).as_posix() for path in self.root.glob("docs/teaching/[0-9]*.md"))
        self.documents = [*DOCUMENTS, TEACHING, *guides]
        self.links = Links([*pages, *self.documents], self.site.get("repository", ""))
        self.pictures, self.extra, self.written, self.decks = cells.Pictures(), {}, [], {}

    def _has(self, kind, lesson):
        return (self.root / kind / f"{lesson.path}.ipynb").is_file()

    def write(self):
        explorers = live.explorers()
        for each in explorers:
            self.extra[each.file] = each.page.encode()
        for name in sorted(self.links.pages):
            if name.endswith(".ipynb"):
                self._save(name, self._notebook(name, explorers))
            else:
                text = self._with_slides(name, (self.root / name).read_text(encoding="utf-8"))
                self._save(RENAMED.get(name, name), self.links.in_markdown(text, name))
        self._write("formulas.md", _formulas())
        self._write("explorers.md", live.gallery(explorers, self.pictures))
        self._write("index.md", _start_page(self, explorers))
        for name in (SHEET, "lstm_helpers/explorers/cell/cell.gif"):
            self._save(name, (self.root / name).read_bytes())
        self.extra[SHEET] = (self.root / SHEET).read_bytes()  # where the slides look for it
        static = self.folder / "_static"
        shutil.copytree(LOOK, static, ignore=lambda _, names: [n for n in names if n.endswith(".md")])
        (static / MATHJAX_FILE).write_bytes(_mathjax())
        self.decks = slideshow.decks(self.taught, self.links, explorers, self.pictures)
        self.extra |= {f"{cells.Pictures.FOLDER}/{name}": data for name, data in self.pictures.files.items()}

    def _with_slides(self, name, text):
        """The text of a page for teachers with links to the slides: of its lesson, or of all."""
        stem = Path(name).stem
        if name == TEACHING:
            titles = {lesson.path: f"{lesson.number} {lesson.title}" for lesson in self.lessons}
            ways = [f'<a href="{_slides(each, name)}">{titles.get(each, "Start here")}</a>' for each in self.taught]
            return f"{text}\n<p>{', '.join(ways)}</p>\n"
        if not name.startswith("docs/teaching/") or stem not in self.taught:
            return text
        title, _, rest = text.partition("\n")
        return f'{title}\n\n<p class="open"><a href="{_slides(stem, name)}">Slides of this lesson</a></p>\n{rest}'

    def _write(self, name, text):
        self.written.append(name)
        self._save(name, text)

    def _save(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())

    def _notebook(self, name, explorers):
        kind, _, rest = name.partition("/")
        up = "../" * name.count("/")
        of_lesson = rest.removesuffix(".ipynb") in {lesson.path for lesson in self.lessons}
        change = {
            "notebooks": partial(cells.lesson, shown=partial(live.shown, explorers, up, self.pictures)),
            "exercises": lambda notebook: notebook,
            "solutions": cells.solution,
        }[kind]
        if name == f"{words.GLOSSARY}.ipynb":
            change = cells.glossary
        head, below = self.ways_to_open(name), []
        if kind == "exercises":
            self.extra[name] = (self.root / name).read_bytes()
            at = rest.rpartition("/")[2]
            head = (
                f'<p class="open">To work on it, open <code>work/{html.escape(rest)}</code> in the course '
                f'(<a href="{up}set_up.html">how to set it up</a>), or <a href="{html.escape(at)}" download>take the '
                f"notebook</a>.{head}</p>"
            )
        elif kind == "solutions":
            asked = f"{up}exercises/{rest.removesuffix('.ipynb')}.html"
            head = f'<p class="open">Each answer is folded away: <a href="{asked}">try the exercise</a> first.</p>'
        elif rest.removesuffix(".ipynb") in self.taught:
            to = _slides(rest.removesuffix(".ipynb"), name)
            head = f'<p class="open"><a href="{to}">Slides</a>, with the text as speaker notes.{head}</p>'
        elif head:
            head = f'<p class="open">{head}</p>'
        follower = {"notebooks": "exercises", "exercises": "solutions"}.get(kind)
        if of_lesson and follower and f"{follower}/{rest}" in self.links.pages:
            below = [f"/{follower}/{rest.removesuffix('.ipynb')}"]
        path = self.root / name
        return cells.page(path, name, self.links, self.pictures, change, head, below)

    def ways_to_open(self, name):
        """Links that open a page's notebook in a browser: what there is of them."""
        ways = []
        up = "../" * name.count("/")
        kind, _, rest = name.partition("/")
        if kind != "solutions":
            copy = rest if kind == "exercises" else f"lessons/{rest}"
            if (self.lite / "files" / "work" / copy).is_file():
                ways.append((f"{up}lite/lab/index.html?path=work/{copy}", "in this browser, without an installation"))
            if github := re.fullmatch(r"https://github[.]com/([^/]+/[^/]+)", self.links.repository):
                ways.append((f"https://mybinder.org/v2/gh/{github[1]}/HEAD?urlpath=lab/tree/{name}", "on Binder"))
                ways.append((f"https://colab.research.google.com/github/{github[1]}/blob/HEAD/{name}", "in Colab"))
        links = [f'<a href="{html.escape(to)}">{label}</a>' for to, label in ways]
        return f" Open it {', '.join(links)}." if links else ""


EXERCISES = ("exercises", "solutions")


def _slides(stem, page):
    """Where the page's link to the slides of a lesson leads."""
    return f"{'../' * page.count('/')}{slideshow.FOLDER}/{stem}.html"


def _mathjax():
    """The file that sets formulas, from the package that holds it; ValueError where it is not that."""
    try:
        files = importlib.metadata.files(MATHJAX) or []
    except importlib.metadata.PackageNotFoundError:
        raise ValueError(f"the book needs the package {MATHJAX}: install the extra `site`") from None
    path = next(file for file in files if file.name == MATHJAX_FILE).locate()
    data = Path(path).read_bytes()
    if hashlib.sha256(data).hexdigest() != MATHJAX_SHA256:
        raise ValueError(f"{path} is not the {MATHJAX_FILE} of MathJax 3.2.2: install {MATHJAX} again")
    return data


def _formulas():
    """The formula sheet as a page."""
    from lstm_helpers.lessons import formulas

    def cell(text):
        return text.replace(r"\|", r"\Vert ").replace("|", r"\vert ")

    parts = [
        "# Formulas",
        formulas.SHAPES.replace("   ", ", ").replace(".,", "."),
        "The same on one page of A4, with a drawing of the cell: [formula sheet](notebooks/formula_sheet.pdf).",
    ]
    for title, lesson, lines in (*formulas.LEFT, *formulas.RIGHT):
        parts.append(f"## {title}\n\n*{lesson[0].upper()}{lesson[1:]}*")
        rows = [f"| {cell(formula)} | {cell(note)} |" for formula, note in lines]
        parts.append("\n".join(["| formula | what it says |", "|---|---|", *rows]))
    return "\n\n".join(parts) + "\n"


WRONG = """def lstm_layers(x, h_prev, W_x, W_h, b):
    z = x @ W_x + h_prev @ W_h + b
    z_f, z_i, z_g, z_o = np.split(z, 4, axis=1)
    return (sigmoid(z_i), sigmoid(z_f),
            np.tanh(z_g), sigmoid(z_o))"""


def _verdict():
    """What the course's own check says to ``WRONG``, as HTML: computed, never written by hand."""
    import numpy as np

    from lstm_helpers import checks
    from lstm_helpers.nn.functional import sigmoid

    names = {"np": np, "sigmoid": sigmoid}
    exec(WRONG, names)
    result = checks.examine(checks.find("lstm_layers"), names["lstm_layers"])
    return f"<p><code>{html.escape(result.line)}</code></p>{result._repr_html_()}"


def _start_page(sources, explorers):
    """index.md: what the course does, and its map."""
    from jinja2 import Environment, FileSystemLoader

    made = Environment(loader=FileSystemLoader(LOOK), autoescape=True, trim_blocks=True, lstrip_blocks=True)
    cell = next(each for each in explorers if each.name == "cell")
    return made.get_template("index.md").render(
        title=TITLE,
        wrong=WRONG,
        verdict=_verdict(),
        explorer=cell.framed("", sources.pictures),
        lessons=[lesson for lesson in sources.lessons if lesson.number],
        projects=[lesson for lesson in sources.lessons if not lesson.number],
        in_browser=sources.lite.is_dir(),
        documents=[name.removesuffix(".md") for name in sources.documents if name.startswith("docs/")],
    )


def _settings(root):
    glossary = words.entries(root / f"{words.GLOSSARY}.ipynb")
    return {
        "project": TITLE,
        "html_title": TITLE,
        "extensions": ["myst_nb", "sphinx.ext.mathjax", "lstm_helpers.site.words"],
        "lstm_words": glossary,
        "nb_execution_mode": "off",
        "nb_merge_streams": True,
        "nb_render_markdown_format": "myst",
        "myst_enable_extensions": ["dollarmath", "amsmath"],
        "myst_dmath_double_inline": True,
        "myst_heading_anchors": 4,
        "myst_heading_slug_func": "lstm_helpers.site.links.slug",
        "mathjax_path": MATHJAX_FILE,
        "mathjax3_config": {"options": {"enableMenu": False}, "svg": {"fontCache": "global"}},
        "html_theme": "sphinx_book_theme",
        "html_baseurl": course.MAP.get("site", {}).get("address", ""),
        "html_static_path": ["_static"],
        "html_css_files": ["book.css"],
        "html_js_files": [("book.js", {"defer": "defer"})],
        "html_favicon": "_static/icon.svg",
        "html_logo": "_static/icon.svg",
        "html_use_index": False,
        "html_copy_source": False,
        "html_show_sourcelink": False,
        "html_show_sphinx": False,
        "html_show_copyright": False,
        "html_sidebars": {"index": []},
        "html_context": {"default_mode": "auto"},
        "html_theme_options": {
            "use_download_button": False,
            "use_fullscreen_button": False,
            "show_navbar_depth": 1,
            "show_toc_level": 2,
            "toc_title": "On this page",
            "logo": {"text": TITLE, "alt_text": ""},
            "navbar_persistent": [],
            "footer_content_items": [],
            "primary_sidebar_end": [],
            "secondary_sidebar_items": {"**": ["page-toc.html"], "index": []},
        },
        "language": "en",
        "exclude_patterns": ["_static"],
    }


def _name_toggles(out):
    """Say which pages an arrow of the sidebar unfolds: the theme gives it no name, and a screen reader needs one."""
    toggle = re.compile(r'(<a class="[^"]*" href="[^"]*">([^<]*)</a><details[^>]*><summary)>')
    for path in out.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        path.write_text(toggle.sub(r'\1 aria-label="Pages of \2">', text), encoding="utf-8")


def _run_sphinx(source, out, doctrees):
    from sphinx.application import Sphinx
    from sphinx.util.docutils import docutils_namespace

    said = io.StringIO()
    with docutils_namespace():
        app = Sphinx(source, None, out, doctrees, "html", _settings(course.root()), status=None, warning=said)
        app.build()
    shutil.rmtree(out / "_sources", ignore_errors=True)
    for name in ("objects.inv", ".buildinfo", "_static/webpack-macros.html", "_static/sbt-webpack-macros.html"):
        (out / name).unlink(missing_ok=True)
    if trouble := re.sub(r"\x1b\[[0-9;]*m", "", said.getvalue()).replace(f"{source}/", "").strip():
        raise ValueError(f"the book is not in order:\n{trouble}")
