"""The course as a folder that any host can serve: the book, and the course in the browser beside it.

``book.build(out)`` writes the book, with the results that the notebooks store. Nothing of them is executed, and no page
asks for anything outside of its folder. ``lite.build(out, pyodide)`` puts the course into a JupyterLite beside it. What
they are made with is the extra ``site`` of ``pyproject.toml``.
"""
