"""``make bench``: how long things take. Prints tables (the quick ones, or those named), writes them to results/ as CSV.

Times depend on the machine and on what else it does; nothing here is a test.
"""

import argparse
import csv
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy

from lstm_helpers import checks
from lstm_helpers.commands import build
from lstm_helpers.site import lite
from tests import ROOT
from tests.benchmarks import cost, explorers, grading
from tests.site import python_of_the_browser

RESULTS = Path(__file__).parent / "results"
SHIPPED = ROOT / "lstm_helpers" / "data" / "benchmarks"  # tables that a lesson shows are written here too
ROUNDS = 15


def machine():
    """The machine in general terms."""
    blas = numpy.show_config(mode="dicts")["Build Dependencies"]["blas"]
    system = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"
    return f"{system}, NumPy {numpy.__version__} with {blas['name']} {blas['version']}"


def _median(action, rounds=ROUNDS):
    seconds = []
    for _ in range(rounds):
        start = time.perf_counter()
        action()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds)


def import_times():
    """Milliseconds of a fresh interpreter, without and with an import."""
    for what in ("pass", "import lstm_helpers", "from lstm_helpers.checks import check"):
        yield (
            what,
            round(1e3 * _median(lambda what=what: subprocess.run([sys.executable, "-c", what], check=True), 7), 1),
        )


def check_times():
    """Milliseconds of one check on a right answer, and on each wrong one (median over its misconceptions)."""
    for sheet in checks.sheets().values():
        for check in sheet.checks.values():
            right = _median(lambda check=check: checks.examine(check, check.oracle))
            answers = [misconception.build() for misconception in check.misconceptions]
            wrong = [_median(lambda c=check, w=answer: checks.examine(c, w), 3) for answer in answers]
            told = (statistics.median(wrong), max(wrong)) if wrong else ()
            row = [round(1e3 * seconds, 1) for seconds in (right, *told)]
            yield check.name, *row, *[""] * (3 - len(row))


def notebook_times():
    """Seconds to run each lesson and each solution from a cold kernel."""
    for folder in ("notebooks", "solutions"):
        for path in sorted((ROOT / folder).rglob("*.ipynb")):
            yield path.relative_to(ROOT).as_posix(), round(_median(lambda path=path: build.execute(path), 1), 1)


def lstm_speed():
    """Our LSTM's time over torch's, for training and for inference, with one and with two threads."""
    for threads in ("1", "2"):
        command = [sys.executable, "-m", "tests.benchmarks.lstm_speed", threads]
        printed = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT).stdout
        rows = [[float(cell) for cell in line.split(",")] for line in printed.splitlines()]
        for T, B, D, H, *rest in rows:
            yield threads, int(T), int(B), int(D), int(H), *rest
        means = [round(statistics.geometric_mean(row[k] for row in rows), 2) for k in (4, 5)]
        yield threads, "all", "", "", "", *means, "", ""


def _against_torch(kind):
    """Rows of ``training_step``, with one and with two threads, and the geometric mean of their ratios."""
    for threads in ("1", "2"):
        command = [sys.executable, "-m", "tests.benchmarks.training_step", kind, threads]
        printed = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT).stdout
        rows = [line.split(",") for line in printed.splitlines()]
        for row in rows:
            yield threads, *row
        mean = round(statistics.geometric_mean(float(row[-2]) for row in rows), 2)
        yield threads, "all", *[""] * (len(rows[0]) - 3), mean, ""


def limit():
    """NumPy's unavoidable calls, and our whole call, over torch's time of the same, and their geometric means."""
    printed = subprocess.check_output([sys.executable, "-m", "tests.benchmarks.limit"], text=True, cwd=ROOT)
    rows = [line.split(",") for line in printed.splitlines()]
    yield from rows
    for what in ("inference", "training", "step"):
        columns = zip(*(map(float, row[5:]) for row in rows if row[0] == what), strict=True)
        yield what, "all", "", "", "", *(round(statistics.geometric_mean(column), 2) for column in columns)


def training_steps():
    """A whole training step's time over torch's."""
    return _against_torch("steps")


def generation():
    """The time over torch's of one time step with the state carried over, without training."""
    return _against_torch("generation")


def peak_memory():
    """MB that training adds to a process of its own, ours and torch's, on one thread, and their ratio."""
    one_thread = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "tests.benchmarks.cost", "memory"]
    ours, theirs = (
        float(subprocess.check_output([*command, whose], text=True, cwd=ROOT, env=one_thread))
        for whose in ("ours", "theirs")
    )
    yield *cost.LARGE, ours, theirs, round(ours / theirs, 2)


def browser():
    """Each exercise and lesson in the Python of the course in the browser: checks, cells that went wrong, and
    processor time, of all and of the slowest cell."""
    archive = os.environ.get("PYODIDE") or max((ROOT / ".cache").glob("*.whl"))
    with tempfile.TemporaryDirectory() as folder:
        built = lite.build(folder, archive)
        for number in lite.STEMS:
            lessons = (built / "files" / "work" / "lessons").glob(f"{number}_*.ipynb")
            for path in (*(ROOT / "solutions").glob(f"{number}_*.ipynb"), *lessons):
                (row,) = python_of_the_browser.run(built, [path])
                name = path.relative_to(built if path.is_relative_to(built) else ROOT).as_posix()
                seconds = row["seconds"].values()
                yield name, row["checks"], len(row["wrong"]), round(sum(seconds), 1), round(max(seconds), 1)


TABLES = {
    "imports": (("statement", "ms"), import_times),
    "checks": (("check", "right, ms", "wrong, median ms", "wrong, slowest ms"), check_times),
    "notebooks": (("notebook", "s"), notebook_times),
    "lstm_speed": (("threads", "T", "B", "D", "H", "training / torch", "inference / torch", "ms", "ms"), lstm_speed),
    "training_step": (("threads", "T", "B", "D", "H", "V", "step / torch", "ms"), training_steps),
    "generation": (("threads", "B", "D", "H", "step / torch", "ms"), generation),
    "limit": (("what", "T", "B", "D", "H", "products, exp, tanh", "limit", "ours / torch", "ours / limit"), limit),
    "memory": (("T", "B", "D", "H", "ours, MB", "torch, MB", "ours / torch"), peak_memory),
    "explorers": (("explorer", "state", "control", "press to pixel, median ms", "slowest ms"), explorers.latencies),
    "frames": (
        ("explorer", "state", "control", "hand", "frames a second, median", "slowest 5 %", "processor, ms a frame"),
        explorers.frames,
    ),
    "cost": (("varied", "T", "B", "ms"), cost.seconds),
    "grading": (("grader", "submissions", "s each", "submissions a second", "times as long as ours"), grading.rates),
    "browser": (("notebook", "checks", "cells that went wrong", "s", "slowest cell, s"), browser),
    "grading_scale": (("what", "measured"), grading.scale),
}
SLOW = {"browser", "grading_scale"}  # many minutes, or an archive: only when named


def main(arguments):
    asked = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    asked.add_argument("tables", nargs="*", metavar="TABLE", help=", ".join(TABLES))
    chosen = asked.parse_args(arguments).tables
    if unknown := [name for name in chosen if name not in TABLES]:
        asked.error(f"there is no table {unknown[0]}: expected some of {', '.join(TABLES)}")
    print(machine())
    for name in chosen or [name for name in TABLES if name not in SLOW]:
        head, rows = TABLES[name]
        measured = list(rows())
        print(f"\n{name}\n" + "\n".join("  ".join(f"{cell!s:<17}" for cell in row) for row in [head, *measured]))
        for folder in (RESULTS, SHIPPED):
            path = folder / f"{name}.csv"
            if folder == RESULTS or path.exists():
                with path.open("w", newline="", encoding="utf-8") as file:
                    csv.writer(file).writerows([head, *measured, [f"machine: {machine()}"]])


if __name__ == "__main__":
    main(sys.argv[1:])
