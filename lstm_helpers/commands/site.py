"""``lstm-course site``: the course as a folder that any host can serve."""

import importlib.util

from lstm_helpers.site import book

NEEDED = "sphinx"  # of the extra `site`


def write(out, pyodide=None):
    """Write the book into ``out`` and, where ``pyodide`` names a release archive, the course in the browser beside it.

    ModuleNotFoundError where the extra ``site`` is not installed; ValueError with what is not in order.
    """
    if importlib.util.find_spec(NEEDED) is None:
        raise ValueError("the site is made with Sphinx: `pip install --editable '.[site]'` brings it")
    if pyodide:
        from lstm_helpers.site import lite

        lite.build(out, pyodide)
    pages = book.build(out)
    print(
        f"{out} holds {pages} pages. To look at them: python -m http.server -d {out} 8000, then http://localhost:8000"
    )
