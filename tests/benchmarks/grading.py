"""The grader at work: submissions a second beside nbgrader and otter, and a class of ten thousand.

The other graders are measured where they are installed, in this environment or in another one: LSTM_BENCH_NBGRADER
and LSTM_BENCH_OTTER name the commands. Each grader gets the same notebooks in the same run.
"""

import itertools
import os
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import nbformat
import psutil
from nbformat.v4 import new_code_cell, new_notebook

from tests import ROOT

SHEETS = Path(__file__).parent / "sheets"
CLASS = {"bench": 300, "bench_torch": 200, "03_gates": 100, "04_cell_state": 60}  # submissions
NBGRADER, OTTER = 12, 4  # submissions: they take seconds each
LARGE = 10_000
COMPUTE = """
end = time.process_time() + 0.05
a = {array}
while time.process_time() < end:
    a = {step}"""
NUMPY = ("import time\nimport numpy as np", "np.ones((64, 64))", "np.tanh(a @ a / 64)")
TORCH = ("import time\nimport numpy as np\nimport torch", "torch.ones(64, 64)", "torch.tanh(a @ a / 64)")
ANSWERS = {"scale": ("x", "2 * x"), "mix": ("x, y", "{own}_scale(x) - y"), "squash": ("x", "np.tanh(x)")}
SLIPS = [
    {},
    {},
    {"scale": "x / 2"},
    {"scale": "1.0 * x"},
    {"mix": "2 * x + y"},
    {"squash": "1.0 * x"},
    {"mix": "1 / 0"},
]


def notebook(number, kind="bench", slips=None):
    """A submission for a bench sheet: 50 ms of computing and three answers, unlike any other in its text."""
    own, (imports, array, step) = ("torch", TORCH) if kind == "bench_torch" else ("bench", NUMPY)
    cells = [new_code_cell(f"{imports}\nfrom lstm_helpers.checks import check\nnumber = {number}")]
    cells.append(new_code_cell(COMPUTE.format(array=array, step=step).strip()))
    for k, (name, (arguments, right)) in enumerate(ANSWERS.items()):
        answer = (slips or {}).get(name, right).format(own=own)
        marks = {"schema_version": 3, "grade_id": f"{own}_{name}", "task": False}
        told = {"nbgrader": {**marks, "grade": False, "locked": False, "solution": True}}
        cells.append(new_code_cell(f"def {own}_{name}({arguments}):\n    return {answer}", metadata=told))
        told = {
            "nbgrader": {
                **marks,
                "grade_id": f"check_{k}",
                "grade": True,
                "locked": True,
                "solution": False,
                "points": 1,
            }
        }
        cells.append(new_code_cell(f'check("{own}_{name}", {own}_{name})', metadata=told))
    for k, cell in enumerate(cells):
        cell.id = f"cell-{k}"
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return new_notebook(cells=cells, metadata={"kernelspec": kernel})


def hand_in(folder, kind, count):
    """Write DIR/<student>/<exercise>.ipynb. Returns the exercise."""
    exercise = {"bench": "50_bench", "bench_torch": "51_bench_torch"}.get(kind, kind)
    for number, slips in zip(range(count), itertools.cycle(SLIPS)):
        own = folder / f"student{number:05d}"
        own.mkdir(parents=True)
        if kind in CLASS and not kind.startswith("bench"):
            solution = nbformat.read(ROOT / "solutions" / f"{kind}.ipynb", as_version=4)
            solution.cells.append(new_code_cell(f"number = {number}"))
            nbformat.write(solution, own / f"{exercise}.ipynb")
        else:
            nbformat.write(notebook(number, kind, slips), own / f"{exercise}.ipynb")
    return exercise


def _environment(tool=None):
    environment = {k: v for k, v in os.environ.items() if not k.startswith("LSTM_COURSE_")}
    environment |= {"PYTHONPATH": str(ROOT), "LSTM_COURSE_PROGRESS": "off", "LSTM_COURSE_SHEETS": str(SHEETS)}
    environment |= {"OMP_NUM_THREADS": "1"}
    if tool:  # they call programs that lie beside them
        environment["PATH"] = f"{Path(tool).parent}{os.pathsep}{environment['PATH']}"
    return environment


def _tool(name):
    """The command of another grader, or None where it is not installed."""
    beside = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return os.environ.get(f"LSTM_BENCH_{name.upper()}") or shutil.which(name, path=beside)


def _timed(command, cwd, tool=None):
    """Seconds of a command. What it said is shown when it fails."""
    start = time.perf_counter()
    ran = subprocess.run(command, cwd=cwd, env=_environment(tool), capture_output=True, text=True)
    if ran.returncode:
        raise RuntimeError(f"{' '.join(map(str, command))}\n{ran.stdout[-2000:]}{ran.stderr[-2000:]}")
    return time.perf_counter() - start


def _ours(*arguments):
    return [
        sys.executable,
        "-c",
        "from lstm_helpers.commands.cli import main; raise SystemExit(main())",
        *map(str, arguments),
    ]


def _grade_ours(kind, count):
    with tempfile.TemporaryDirectory() as folder:
        hand_in(Path(folder) / "class", kind, count)
        command = _ours("grade", "class", "--out", "out", "--sheets", SHEETS, "--seed", 1, *_options())
        seconds = _timed(command, folder)
        pages = len(list((Path(folder) / "out" / "feedback").glob("*.html")))
        if pages < count:
            raise RuntimeError(f"{pages} feedback pages for {count} students")
    return seconds / count


def _options():
    return os.environ.get("LSTM_BENCH_OPTIONS", "").split()  # for example --unsafe-no-sandbox


def _grade_nbgrader(count):
    """(seconds a submission to autograde, to write feedback), one process for the whole class each."""
    if not (tool := _tool("nbgrader")):
        return None
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        (folder / "nbgrader_config.py").write_text('c = get_config()\nc.CourseDirectory.course_id = "bench"\n')
        source = folder / "source" / "50_bench"
        source.mkdir(parents=True)
        nbformat.write(notebook(0), source / "50_bench.ipynb")
        _timed([tool, "generate_assignment", "50_bench", "--create"], folder, tool)
        hand_in(folder / "class", "bench", count)
        for student in sorted((folder / "class").iterdir()):
            released = nbformat.read(folder / "release" / "50_bench" / "50_bench.ipynb", as_version=4)
            answered = nbformat.read(student / "50_bench.ipynb", as_version=4)
            for cell, answer in zip(released.cells, answered.cells, strict=True):
                cell.source = answer.source  # nbgrader takes back only what it released
            (folder / "submitted" / student.name / "50_bench").mkdir(parents=True)
            nbformat.write(released, folder / "submitted" / student.name / "50_bench" / "50_bench.ipynb")
        grading = _timed([tool, "autograde", "50_bench", "--create"], folder, tool)
        if (graded := len(list((folder / "autograded").glob("*/*/*.ipynb")))) < count:
            raise RuntimeError(f"nbgrader graded {graded} of {count}")
        return grading / count, _timed([tool, "generate_feedback", "50_bench"], folder, tool) / count


def _grade_otter(count):
    """Seconds a submission, one `otter run` each, as it is meant."""
    if not (tool := _tool("otter")):
        return None
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        (folder / "tests").mkdir()
        for name, (arguments, _) in ANSWERS.items():
            given = ", ".join(["np.ones((3, 4))"] * len(arguments.split(",")))
            code = f">>> bool(np.isfinite(bench_{name}({given})).all())\nTrue"
            test = {
                "name": name,
                "points": 1,
                "suites": [{"cases": [{"code": code}], "scored": True, "type": "doctest"}],
            }
            (folder / "tests" / f"{name}.py").write_text(f"OK_FORMAT = True\ntest = {test!r}\n")
        _timed(
            [tool, "generate", "-t", "tests", "-o", "grader.zip", "--no-requirements", "--no-environment"], folder, tool
        )
        hand_in(folder / "class", "bench", count)
        files = sorted((folder / "class").glob("*/*.ipynb"))
        command = [tool, "run", "-a", "grader.zip", "--no-logo"]
        return statistics.median(_timed([*command, file], folder, tool) for file in files)


def rates():
    """Seconds a submission of each grader, submissions a second, and how many times faster ours is."""
    ours = {kind: _grade_ours(kind, count) for kind, count in CLASS.items()}
    for kind, seconds in ours.items():
        yield f"ours, {kind}", CLASS[kind], round(seconds, 4), round(1 / seconds, 2), ""
    theirs = _grade_nbgrader(NBGRADER) or (None, None)
    others = [("nbgrader autograde", NBGRADER, theirs[0]), ("nbgrader generate_feedback", NBGRADER, theirs[1])]
    others += [
        ("nbgrader, both", NBGRADER, sum(theirs) if theirs[0] else None),
        ("otter run", OTTER, _grade_otter(OTTER)),
    ]
    for name, count, seconds in others:
        if seconds is None:
            yield name, 0, "not measured: not installed", "", ""
        else:
            yield name, count, round(seconds, 3), round(1 / seconds, 2), round(seconds / ours["bench"], 1)


class _Watch(threading.Thread):
    """Every second: how many rows the store holds, and the memory of the run and of its workers, without the boxes."""

    def __init__(self, store, process):
        super().__init__(daemon=True)
        self.store, self.process, self.seen = store, psutil.Process(process.pid), []

    def run(self):
        start = time.perf_counter()
        while self.process.is_running() and self.process.status() != psutil.STATUS_ZOMBIE:
            try:
                with sqlite3.connect(f"file:{self.store}?mode=ro", uri=True, timeout=5) as db:
                    (done,) = db.execute("SELECT count(*) FROM submission").fetchone()
                workers = [p for p in self.process.children() if "spawn_main" in " ".join(p.cmdline())]
                memory = [p.memory_info().rss >> 10 for p in (self.process, *workers)]
                self.seen.append((time.perf_counter() - start, done, memory[0], sum(memory[1:])))
            except (sqlite3.Error, psutil.Error):
                pass  # not there yet, or just gone
            time.sleep(1)

    def between(self, low, high):
        """Submissions a second while the store grew from one part of the class to another."""
        most = self.seen[-1][1]
        part = [(when, done) for when, done, *_ in self.seen if low * most <= done <= high * most]
        return (part[-1][1] - part[0][1]) / (part[-1][0] - part[0][0])

    def memory(self, low, high, column):
        """MB, the median over a part of the class."""
        most = self.seen[-1][1]
        return statistics.median(row[column] for row in self.seen if low * most <= row[1] <= high * most) / 1024


def scale(count=LARGE):
    """A large class: is it as fast and as small at its end as at its start, and how long do store and report take?"""
    with tempfile.TemporaryDirectory() as folder:
        folder, out = Path(folder), Path(folder) / "out"
        hand_in(folder / "class", "bench", count)
        command = _ours("grade", "class", "--out", "out", "--sheets", SHEETS, "--seed", 1, *_options())
        with (folder / "log").open("w") as log:
            start = time.perf_counter()
            process = subprocess.Popen(command, cwd=folder, env=_environment(), stdout=log, stderr=log)
            watch = _Watch(out / "grades.sqlite", process)
            watch.start()
            if process.wait():
                raise RuntimeError((folder / "log").read_text()[-2000:])
            whole = time.perf_counter() - start
        watch.join()
        first, last = watch.between(0.02, 0.2), watch.between(0.8, 0.98)
        yield "submissions", count
        yield "whole run, submissions a second", round(count / whole, 2)
        yield "at the start (2 to 20 %), submissions a second", round(first, 2)
        yield "at the end (80 to 98 %), submissions a second", round(last, 2)
        yield "end / start", round(last / first, 3)
        for name, column in (("run", 2), ("workers", 3)):
            before, after = watch.memory(0.02, 0.2, column), watch.memory(0.8, 0.98, column)
            yield f"memory of the {name} at the start, MB", round(before, 1)
            yield f"memory of the {name}, growth to the end, MB", round(after - before, 1)
        yield "store, MB", round((out / "grades.sqlite").stat().st_size / 1e6, 1)
        yield "same run again, s", round(_timed(command, folder), 1)
        yield "lstm-course report, s", round(_timed(_ours("report", "--out", "out"), folder), 1)
        yield "report.html, MB", round((out / "report.html").stat().st_size / 1e6, 2)
        yield "report.html opens in a browser, s", _opens(out / "report.html")


def _opens(page):
    """Seconds until a headless browser has loaded and drawn a page."""
    from playwright.sync_api import sync_playwright

    path = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        tab = browser.new_page()
        start = time.perf_counter()
        tab.goto(page.as_uri(), wait_until="load")
        tab.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
        seconds = time.perf_counter() - start
        browser.close()
    return round(seconds, 2)
