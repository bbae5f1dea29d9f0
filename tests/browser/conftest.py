"""A browser, a page that may not leave this machine, and a JupyterLab on a copy of the course."""

import contextlib
import functools
import http.server
import os
import re
import shutil
import signal
import socket
import subprocess
import threading
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from lstm_helpers import wording
from lstm_helpers.commands import lab as start
from lstm_helpers.course import doctor
from lstm_helpers.explorers import shared
from tests import ROOT

ARGS = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
]
START_SECONDS = 60
OUTSIDE = re.compile(r"^(?!http://127\.0\.0\.1:|data:|blob:)")  # the others never come to Python: hundreds for one page
JUPYTERS_OWN = (
    "Could not restore the debugger state",  # where a kernel is restarted while its debugger is asked
    "Cannot read properties of undefined (reading 'schema')",  # Notebook 7, of a plugin that has only begun to load
)
AS_ROOT = hasattr(os, "geteuid") and os.geteuid() == 0


def launched(playwright, path):
    """A browser without a window. Chromium's own sandbox refuses to start as root."""
    return playwright.chromium.launch(executable_path=path, args=ARGS, chromium_sandbox=not AS_ROOT)


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
    server.server_close()


@pytest.fixture(scope="session")
def browser():
    """A headless browser. None on the machine: the test is skipped, or fails where the environment says CI."""
    path = doctor.find_browser()
    if path is None:
        reason = "no Chromium, Chrome or Edge found: install one, or name it in LSTM_COURSE_BROWSER"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = launched(playwright, path)
        yield browser
        browser.close()


@contextlib.contextmanager
def watched(browser):
    """A page. Requests that leave 127.0.0.1 are stopped; one of these or a console error is an error at its end."""
    context = browser.new_context(viewport={"width": 1280, "height": 1000})
    outside, errors = [], []

    def stop(route):
        outside.append(route.request.url)
        route.abort()

    def failed(said, where=""):
        if not said.startswith(JUPYTERS_OWN):
            errors.append(f"{said} {where}".strip())

    context.route(OUTSIDE, stop)
    context.on("console", lambda message: message.type == "error" and failed(message.text, message.location["url"]))
    context.on("weberror", lambda weberror: failed(str(weberror.error)))
    yield context.new_page()  # and whatever else it opens
    context.close()
    assert not outside, f"requests that tried to leave this machine: {outside}"
    assert not errors, f"console errors: {errors}"


@pytest.fixture
def page(browser):
    """A page of one test, which fails at its end where a request left 127.0.0.1 or the console told an error."""
    with watched(browser) as page:
        yield page


class Lab:
    """A running JupyterLab: ``url``, and ``open`` to see a notebook in a page."""

    def __init__(self, port):
        self.url = f"http://127.0.0.1:{port}"

    def open(self, page, stem, run=True, timeout=300, view="lab/tree"):
        """Open ``notebooks/<stem>.ipynb`` in the page, wait for its kernel and, with ``run``, run all its cells.

        ``timeout`` is for the run, in seconds; ``view`` is what the address says of JupyterLab.
        """
        assert (ROOT / "notebooks" / f"{stem}.ipynb").is_file(), f"there is no notebook {stem}"
        page.set_default_timeout(60_000)
        page.goto(f"{self.url}/{view}/notebooks/{stem}.ipynb?token=test&reset")
        self.ready(page)
        if run:
            page.set_default_timeout(timeout * 1000)
            page.evaluate("() => window.jupyterapp.commands.execute('notebook:run-all-cells')")
        page.set_default_timeout(30_000)

    def ready(self, page):
        """Wait until the notebook in the page has its kernel."""
        page.wait_for_selector(".jp-Notebook .jp-Cell")
        page.evaluate(
            """async () => {
                const notebook = window.jupyterapp.shell.currentWidget;
                await notebook.context.ready;
                await notebook.sessionContext.ready;
                await notebook.sessionContext.session.kernel.info;
            }"""
        )

    def error_outputs(self, page):
        """The error outputs of the open notebook, from its model: cells outside the window are not drawn."""
        return page.evaluate(
            """() => window.jupyterapp.shell.currentWidget.context.model.toJSON().cells
                .flatMap((cell) => cell.outputs ?? [])
                .filter((output) => output.output_type === 'error')
                .map((output) => `${output.ename}: ${output.evalue}`)"""
        )

    def scroll_to(self, page, text):
        """Bring the first code cell whose source holds ``text`` into view; cells outside the window are not drawn."""
        page.evaluate(
            """async (text) => {
                const notebook = window.jupyterapp.shell.currentWidget.content;
                const k = notebook.widgets.findIndex(
                    (cell) => cell.model.type === 'code' && cell.model.sharedModel.getSource().includes(text));
                notebook.activeCellIndex = k;
                await notebook.scrollToItem(k, 'start');
            }""",
            text,
        )


@pytest.fixture
def bare(page):
    """``bare(widget)``: the page that shows an explorer without Jupyter.

    In it ``module`` is its script, ``model`` and ``values`` its state, ``listeners`` who waits for a change, and
    ``end()`` takes it away.
    """

    def show(widget):
        page.set_content(shared.page(widget, "An explorer"))
        page.wait_for_function("window.explorer")
        page.evaluate("() => { Object.assign(window, window.explorer); }")
        return page

    return show


@pytest.fixture(scope="session")
def lab(tmp_path_factory):
    """A JupyterLab server on a copy of notebooks/ and exercises/, with settings and progress of its own."""
    home, own = tmp_path_factory.mktemp("course"), tmp_path_factory.mktemp("jupyter")
    for folder in ("notebooks", "exercises"):
        shutil.copytree(ROOT / folder, home / folder, ignore=shutil.ignore_patterns(".ipynb_checkpoints"))
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    folders = {
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_DATA_DIR": "data",
        "JUPYTER_RUNTIME_DIR": "runtime",
        "JUPYTERLAB_SETTINGS_DIR": "settings",
        "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
        "IPYTHONDIR": "ipython",
        "LSTM_COURSE_PROGRESS": "progress.json",
    }
    # As in a terminal in which nobody activated the environment.
    path = [folder for folder in os.environ["PATH"].split(os.pathsep) if Path(folder) != wording.scripts()]
    env = start.environment({**os.environ, "PATH": os.pathsep.join(path), "LSTM_COURSE_HOME": str(home)})
    env |= {name: str(own / file) for name, file in folders.items()}
    log = own / "server.log"
    command = [
        *start.command(home, open_browser=False, port=port, as_root=AS_ROOT),
        "--ServerApp.port_retries=0",
        "--IdentityProvider.token=test",
        "--LabApp.expose_app_in_browser=True",
        "--JupyterNotebookApp.expose_app_in_browser=True",
    ]
    with log.open("wb") as out:
        # A group of its own, so that the kernels end with the server.
        server = subprocess.Popen(command, env=env, stdout=out, stderr=out, start_new_session=True)
    try:
        _wait_until_up(f"http://127.0.0.1:{port}/api", server, log)
        yield Lab(port)
    finally:
        _end(server)


def _wait_until_up(url, server, log):
    for _ in range(START_SECONDS * 5):
        if server.poll() is not None:
            break
        try:
            urllib.request.urlopen(url, timeout=1)
            return
        except (urllib.error.URLError, TimeoutError):
            try:
                server.wait(0.2)
            except subprocess.TimeoutExpired:
                continue
    raise RuntimeError(f"JupyterLab did not start:\n{log.read_text(errors='replace')[-3000:]}")


def _end(server):
    if os.name == "nt":
        subprocess.run(["taskkill", "/F", "/T", "/PID", str(server.pid)], capture_output=True, check=False)
        server.wait(20)
        return
    os.killpg(server.pid, signal.SIGTERM)
    try:
        server.wait(20)
    except subprocess.TimeoutExpired:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait(20)
