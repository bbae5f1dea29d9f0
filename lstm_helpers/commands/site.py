"""``lstm-course site``: the course as a folder that any host can serve."""

import importlib.util
import re

from lstm_helpers import course, files
from lstm_helpers.site.links import first_click

FIRST_CLICK = r"(?ms)^\*\*In the browser, .*?(?=\n\n)"
NEEDED = "sphinx"  # of the extra `site`


def write(out, pyodide=None):
    """Write the book into ``out`` and, where ``pyodide`` names a release archive, the course in the browser beside it.

    ValueError where the extra ``site`` is not installed, or with what is not in order.
    """
    if importlib.util.find_spec(NEEDED) is None:
        raise ValueError("the site is made with Sphinx: `make site` brings it, or `pip install --editable '.[site]'`")
    from lstm_helpers.site import book

    if pyodide:
        from lstm_helpers.site import lite

        lite.build(out, pyodide)
    pages = book.build(out)
    _bring_readme_in_line()
    print(f"{out} holds {pages} pages. `python -m http.server -d {out}` serves them at http://localhost:8000")


def _bring_readme_in_line():
    """Write into README where the course is on the web, as the setting says it."""
    readme = course.root() / "README.md"
    text = readme.read_text(encoding="utf-8")
    new = re.sub(FIRST_CLICK, lambda _: first_click(course.MAP.get("site", {})), text, count=1)
    if new != text:
        files.write(readme, new.encode())
        print(f"{readme} leads to the address that course.toml names.")
