"""The book, built once, and served from this machine; the browser and its page are those of the browser tests."""

import contextlib
import functools
import http.server
import threading

import pytest

from lstm_helpers.site import book
from tests.browser.conftest import browser, page  # noqa: F401


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    """The folder of the whole book."""
    out = tmp_path_factory.mktemp("site")
    book.build(out)
    return out


@contextlib.contextmanager
def serving(folder):
    """The address of a folder, served as any static host does it."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *said):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@pytest.fixture(scope="session")
def served(built):
    """The address of the book."""
    with serving(built) as address:
        yield address
