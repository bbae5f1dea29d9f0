"""Run what is still missing of the table: ``make paper``, or ``python -m lstm_helpers.paper --rows reber words``.

Each core trains one network at a time. A run that is stopped, even by force, goes on the next time from where it was a
minute before; one that has ended is a line of the table. Ctrl-C stops all of them at once. One sitting at a time.
"""

import argparse
import dataclasses
import multiprocessing
import os
import signal
import threading
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from datetime import date
from pathlib import Path

import numpy as np
from filelock import FileLock, Timeout
from tqdm import tqdm

from lstm_helpers import files, runs
from lstm_helpers.paper import results, rows, training
from lstm_helpers.paper.cells import CELLS

PLACE = Path(".paper")  # of the runs in hand
UNTRAINED = ("name", "table", "problem", "paper", "testing", "seeds", "cells")  # of a Row: these change no run
SETTINGS = [field.name for field in dataclasses.fields(rows.Row) if field.name not in UNTRAINED]


def recipe(row, cell):
    """A short hash of how a row is trained: a batch of its task, its settings, and the code that they go through.

    Another recipe makes the row's runs anew; what is changed of other rows and cells does not touch it.
    """
    settings = [(name, getattr(row, name)) for name in SETTINGS]
    parts = [repr((settings, row.problem.longest, row.problem.every, cell))]
    code = [training, CELLS[cell], *type(row.rule).__mro__[:-1], *type(row.problem).__mro__[:-1]]
    parts += [runs.code(*code)]
    for problem, size in ((row.problem, 4), (row.fresh, 1)):
        batch = problem.draw(np.random.default_rng(0), size)
        parts += [array.tobytes() for array in (batch.x, batch.lengths, batch.target, batch.truth)]
    return runs.version(*parts)


def missing(wanted, cells=None, seeds=None, path=results.RUNS):
    """(row name, cell, seed) of the runs that the table does not hold yet, the shortest rows first.

    cells, seeds: which and how many of each row, those that it names by default.
    """
    held = {(run["row"], run["cell"], run["seed"], run["recipe"]) for run in results.read(path)}
    asked = [(row, cell, recipe(row, cell)) for row in wanted for cell in cells or row.cells]
    asked.sort(key=lambda one: one[0].paper.sequences * one[0].problem.longest)
    return [
        (row.name, cell, seed)
        for row, cell, version in asked
        for seed in range(seeds or row.seeds)
        if (row.name, cell, seed, version) not in held
    ]


def carry_out(name, cell, seed, place=PLACE):
    """One run to its end, saved every minute; from its start where what was saved is damaged. Returns its line."""
    row = rows.BY_NAME[name]
    version = recipe(row, cell)
    run, file = training.Run(row, cell, seed), Path(place) / f"{name}-{cell}-{seed}-{version}.npz"
    file.parent.mkdir(exist_ok=True)
    if file.exists():
        try:
            run.load(file)
        except ValueError:
            run = training.Run(row, cell, seed)
    saved = time.monotonic()
    while not run.over:
        run.step()
        if time.monotonic() - saved > training.SAVE_EVERY:
            run.save(file)
            saved = time.monotonic()
    result = run.result() | {"date": date.today().isoformat(), "recipe": version}
    file.unlink(missing_ok=True)
    return result


def main(arguments=None):
    """Run what is missing; returns the exit code."""
    asked = argparse.ArgumentParser(prog="make paper", description=__doc__)
    asked.add_argument("--rows", nargs="+", choices=rows.BY_NAME, default=list(rows.BY_NAME), metavar="ROW")
    asked.add_argument("--cells", nargs="+", choices=CELLS, metavar="CELL", help="by default those of each row")
    asked.add_argument("--seeds", type=_positive, help="by default as many as each row has")
    asked.add_argument("--table", type=Path, default=results.RUNS, help="the CSV that holds the runs")
    asked.add_argument("--processes", type=_positive, default=os.cpu_count())
    given = asked.parse_args(arguments)
    try:
        PLACE.mkdir(exist_ok=True)
        given.table.open("ab").close()  # before hours of work, not after them
    except OSError as error:
        asked.error(files.why(error))
    try:
        with FileLock(PLACE / "sitting.lock", timeout=0):
            return _sit(given)
    except runs.Damaged as damaged:
        print(damaged)
        return 1
    except Timeout:
        print("Another sitting is at work here: wait for its end, or stop it with Ctrl-C.")
        return 1


def _positive(text):
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"expected a whole number, 1 or more, got {text}")
    return int(text)


def _sit(given):
    todo = missing([rows.BY_NAME[name] for name in given.rows], given.cells, given.seeds, given.table)
    if not todo:
        print("Nothing is missing: every run that was asked for is in the table.")
        return 0
    os.environ["OMP_NUM_THREADS"] = "1"  # of the processes that start now
    anew = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(given.processes, anew, _begin) as pool, tqdm(total=len(todo), unit="run") as bar:
        futures = [pool.submit(carry_out, *one) for one in todo]
        try:
            for done in as_completed(futures):
                result = done.result()
                results.add(result, given.table)
                ended = f"after {result['sequences']:,} sequences" if result["met"] else "not met"
                bar.write(f"{result['row']}, {result['cell']}, seed {result['seed']}: {ended}")
                bar.update()
        except BaseException as stop:
            pool.shutdown(cancel_futures=True, wait=False)
            for worker in multiprocessing.active_children():
                worker.terminate()
            if not isinstance(stop, KeyboardInterrupt | BrokenProcessPool):
                raise
            why = "a run was ended by force" if isinstance(stop, BrokenProcessPool) else "stopped"
            bar.write(f"The rest is still to do: {why}. `make paper` goes on from here.")
            return 130
    return 0


def _begin():
    """In a process that trains: the sitting alone hears Ctrl-C, and when it is gone, even by force, so is this."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_the_sitting, daemon=True).start()


def _end_with_the_sitting():
    multiprocessing.parent_process().join()
    os._exit(1)
