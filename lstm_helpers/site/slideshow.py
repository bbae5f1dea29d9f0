"""The pages of all decks, which reveal.js shows: made by Sphinx, beside the book and with its pictures and formulas."""

import io
import shutil
import tempfile
from pathlib import Path

import nbformat

from lstm_helpers import course
from lstm_helpers.site.slides import Deck

LOOK = Path(__file__).parent / "deck"
ICON = Path(__file__).parent / "look" / "icon.svg"
FOLDER = "slides"  # in the site
MATHJAX = "../../_static/tex-svg.js"  # the book's, from where Sphinx looks for a deck's own
REVEAL = "_static/revealjs"  # of what its package brings, a deck uses these alone
USED = ("LICENSE", "dist/reveal.js", "dist/reveal.css", "plugin/notes/notes.js")


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
