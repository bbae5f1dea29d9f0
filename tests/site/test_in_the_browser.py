"""A student in the course in the browser: lessons, checks, explorers, the exam, and all of it without a network."""

import functools
import http.server
import json
import os
import threading
import time

import pytest

from tests import ROOT

MOST_BYTES, MOST_SECONDS = 50e6, 60  # of a first visit: sent, and until the first check has answered
EXERCISE, LESSON = "work/03_gates.ipynb", "work/lessons/03_gates.ipynb"


class Served:
    """A folder on 127.0.0.1: ``url``, ``sent`` bytes, what was ``missing``, and ``stop``; ``slow``: seconds by name."""

    def __init__(self, folder, slow=()):
        served, slow = self, dict(slow)
        self.sent, self.missing = 0, []

        class Handler(http.server.SimpleHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def send_error(self, code, *rest):
                served.missing.append(self.path)
                super().send_error(code, *rest)

            def copyfile(self, source, outputfile):
                time.sleep(slow.get(self.path.partition("?")[0].rpartition("/")[2], 0))
                data = source.read()
                served.sent += len(data)
                outputfile.write(data)

        self.server = http.server.ThreadingHTTPServer(
            ("127.0.0.1", 0), functools.partial(Handler, directory=str(folder))
        )
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def served(lite_folder):
    server = Served(lite_folder.parent)
    yield server
    server.stop()


PATIENCE = 400  # seconds until a Python that does not start is given up
OPENED = """async (seconds) => {
    const opened = async () => {
        const notebook = window.jupyterapp.shell.currentWidget;
        await notebook.context.ready;
        await notebook.sessionContext.ready;
        await notebook.sessionContext.session.kernel.info;
    };
    const late = (_, no) => setTimeout(() => no(new Error(`no Python after ${seconds} s`)), 1000 * seconds);
    await Promise.race([opened(), new Promise(late)]);
}"""
RUN = """async (code) => {  // in the notebook's Python, without a cell
    const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
    let said = "";
    const future = kernel.requestExecute({ code });
    future.onIOPub = ({ header, content }) => {
        if (header.msg_type === "stream") said += content.text;
        if (header.msg_type === "error") said += `${content.ename}: ${content.evalue}`;
    };
    const late = (_, no) => setTimeout(() => no(new Error("no answer")), 400_000);
    await Promise.race([future.done, new Promise(late)]);
    return said;
}"""
SIGMOID = """def sigmoid(z):
    return np.exp(-np.logaddexp(0, -np.asarray(z, float)))"""
WRONG = """def lstm_layers(x, h_prev, W_x, W_h, b):
    z_i, z_f, z_g, z_o = np.split(x @ W_x + h_prev @ W_h + b, 4, axis=1)
    return sigmoid(z_i), np.tanh(z_f), np.tanh(z_g), sigmoid(z_o)"""
TYPE = """([begins, source]) => {
    const { widgets } = window.jupyterapp.shell.currentWidget.content;
    const cell = widgets.find(({ model }) => model.sharedModel.getSource().startsWith(begins));
    cell.model.sharedModel.setSource(source);
}"""
OUTPUTS = """() => window.jupyterapp.shell.currentWidget.context.model.toJSON().cells
    .flatMap((cell) => cell.outputs ?? [])
    .map((output) => output.text ?? output.evalue ?? JSON.stringify(output.data)).join("\\n")"""
SHOW = """async (text) => {  // cells outside of the window are not drawn
    const notebook = window.jupyterapp.shell.currentWidget.content;
    const k = notebook.widgets.findIndex(({ model }) => model.sharedModel.getSource().includes(text));
    notebook.activeCellIndex = k;
    await notebook.scrollToItem(k, "start");
}"""
BESIDE = "async (path) => { await window.jupyterapp.commands.execute('docmanager:open', { path }); }"
TABS = """[...document.querySelectorAll("#jp-main-dock-panel .lm-TabBar-tabLabel")]
    .map((tab) => getComputedStyle(tab, "::before").content.replace(/none|"/g, "") + tab.textContent).join()"""
RUN_ALL = "() => window.jupyterapp.commands.execute('notebook:run-all-cells')"
EXPLORER = """from lstm_helpers.explorers import CellExplorer, TrainExplorer

explorer = CellExplorer()
display(explorer, TrainExplorer(clip=None))"""
NOTHING = """async () => {  // how Python's None comes to what is shown
    const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
    const code = `display({"application/json": {"a": None, "b": [None, {"c": None}]}}, raw=True)`;
    const future = kernel.requestExecute({ code });
    let came;
    future.onIOPub = ({ header, content }) => {
        if (header.msg_type === "display_data") came = JSON.stringify(content.data["application/json"]);
    };
    await future.done;
    return came;
}"""
FIGURE = """from IPython.display import display
from matplotlib import pyplot

from lstm_helpers import figures

with figures.look():
    fig, ax = pyplot.subplots()
    ax.plot([0, 1], [0, 1])
display(figures.show(fig, "A line that rises from 0 to 1"))"""


def open_notebook(page, url, path=EXERCISE):
    page.set_default_timeout(600_000)
    page.goto(f"{url}/lite/lab/index.html?path={path}")
    page.wait_for_selector(".jp-Notebook .jp-Cell")
    page.evaluate(OPENED, PATIENCE)


def look(page, name):
    """A picture for a person, in the folder look-out/."""
    page.screenshot(path=ROOT / "look-out" / f"in_the_browser_{name}.png")


def quiet():
    """Whether this machine does little else, so that seconds mean something."""
    return os.getloadavg()[0] <= 2 * os.cpu_count()


def test_a_student_works_in_the_browser_and_goes_on_without_a_network(page, served):
    """One visit after the other, as each start of its Python costs ten seconds."""
    began = time.perf_counter()
    open_notebook(page, served.url)
    page.evaluate(TYPE, ["def sigmoid", SIGMOID])
    page.evaluate(TYPE, ["def lstm_layers", WRONG])
    page.evaluate(TYPE, ["print(sigmoid", EXPLORER])
    page.evaluate(TYPE, ["print(lstm_layers", FIGURE])
    page.evaluate(TYPE, ["print(gru_layers", "from lstm_helpers import exam\nexam.mock(seed=1)"])
    page.evaluate(RUN_ALL)
    seconds, said = time.perf_counter() - began, page.evaluate(OUTPUTS)
    assert "font cache" not in said
    print(f"first visit: {served.sent / 1e6:.1f} MB; the whole exercise has answered after {seconds:.0f} s")
    assert "sigmoid: correct" in said
    assert "tanh for the forget gate" in said
    assert not served.missing
    assert served.sent <= MOST_BYTES
    assert seconds <= MOST_SECONDS or not quiet()

    page.evaluate(SHOW, 'check("lstm_layers"')
    look(page, "diagnosis")
    page.evaluate(SHOW, "CellExplorer()")
    slider = page.locator(".jp-OutputArea input[type=range]").first
    slider.focus(timeout=60_000)
    page.keyboard.press("End")
    look(page, "explorer")
    assert page.evaluate(RUN, "print(explorer.x)").strip() == "2.0"
    assert page.locator("output[data-key=clip]").inner_text() == "never"
    assert page.evaluate(NOTHING) == '{"a":null,"b":[null,{"c":null}]}'
    assert '"image/png' not in said  # pictures have a text
    assert "A line that rises from 0 to 1" in said

    said = page.evaluate(RUN, "if True:\n    x = 1\n  y = 2")  # an error that ends, though its text is no Python
    assert "unindent does not match any outer indentation level" in said
    page.evaluate(SHOW, "exam.mock")
    page.get_by_role("button", name="Begin").click(timeout=60_000)
    page.get_by_text("Question 1 of").first.wait_for(timeout=60_000)
    look(page, "exam")

    page.evaluate("""() => {
        const { kernel } = window.jupyterapp.shell.currentWidget.sessionContext.session;
        kernel.requestExecute({ code: "while True:\\n    pass" });
    }""")
    page.wait_for_timeout(2000)
    page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.restartKernel()")
    assert page.evaluate(RUN, "print(6 * 7)").strip() == "42"

    served.stop()  # what one visit asked for, the service worker keeps
    again = page.context.new_page()
    open_notebook(again, served.url)
    held = json.loads(again.evaluate(RUN, "print(open('/drive/work/progress.json').read())"))
    assert held["checks"]["lstm_layers"]["cause"] == "tanh for the forget gate"
    assert held["checks"]["sigmoid"]["state"] == "correct"
    assert "sigmoid: wrong" in again.evaluate(
        RUN, "from lstm_helpers.checks import check\ncheck('sigmoid', lambda z: z)"
    )
    look(again, "without_a_network")
    again.goto(f"{served.url}/lite/lab/index.html")  # as a reload does
    again.wait_for_function("window.jupyterapp?.shell.currentWidget?.context?.path === '" + EXERCISE + "'")


def test_a_lesson_beside_its_exercise_has_a_python_and_a_tab_of_its_own_and_stays_in_front(page, served):
    open_notebook(page, served.url)
    page.evaluate(RUN, "mine = 1")
    page.evaluate(BESIDE, LESSON)
    page.wait_for_function(f"{TABS} === '03_gates.ipynb,lessons/03_gates.ipynb'")
    page.wait_for_function("window.jupyterapp.shell.currentWidget.sessionContext.session?.kernel?.status === 'idle'")
    assert "NameError" in page.evaluate(RUN, "print(mine)")
    page.evaluate(BESIDE, EXERCISE)
    assert page.evaluate(RUN, "print(mine)").strip() == "1"
    page.evaluate(BESIDE, LESSON)
    page.goto(f"{served.url}/lite/lab/index.html")  # as a reload does
    page.wait_for_function(f"window.jupyterapp?.shell.currentWidget?.context?.path === '{LESSON}'")


def test_what_is_on_its_way_when_the_service_worker_takes_over_is_kept_too(page, lite_folder):
    server = Served(lite_folder.parent, slow={"service-worker.js": 1, "en.json": 4})
    page.goto(f"{server.url}/lite/lab/index.html?path={EXERCISE}")
    page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=60_000)
    came = page.evaluate("performance.getEntriesByType('resource').find(({ name }) => name.endsWith('/en.json'))")
    assert came["workerStart"] == 0  # so it came past the service worker
    page.evaluate("""async () => {
        const kept = await caches.open("precache");
        for (let k = 0; !(await kept.match("../api/translations/en.json")); k++) {
            if (k === 600) throw new Error("not kept after a minute");
            await new Promise((on) => setTimeout(on, 100));
        }
    }""")
    page.goto("about:blank")  # nothing is asked for any more
    server.stop()
