"""The book, built once, and served from this machine; the browser and its page are those of the browser tests."""

import os

import pytest
from filelock import FileLock

from lstm_helpers.site import book
from tests.browser.conftest import browser, page, serving  # noqa: F401


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    """The folder of the whole book: the first worker that needs it builds it, and the others read it."""
    own = tmp_path_factory.getbasetemp()
    out = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "site"
    with FileLock(f"{out}.lock"):
        if not out.exists():
            half = out.with_name("half a site")
            book.build(half)
            half.rename(out)
    return out


@pytest.fixture(scope="session")
def served(built):
    """The address of the book."""
    with serving(built) as address:
        yield address
