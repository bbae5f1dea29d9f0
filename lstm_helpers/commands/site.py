"""``lstm-course site``: the course as a folder that any host can serve."""

import importlib.util

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
    print(f"{out} holds {pages} pages. `python -m http.server -d {out}` serves them at http://localhost:8000")
