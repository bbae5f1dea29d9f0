"""Run what is still missing of the table: ``make paper``, or ``python -m lstm_helpers.paper --rows reber words``.

Each core trains one network at a time. A run that is stopped, even by force, goes on the next time from where it was a
minute before; one that has ended is a line of the table. Ctrl-C stops all of them at once.
"""

import argparse
import hashlib
import inspect
import multiprocessing
import os
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from datetime import date
from pathlib import Path

from tqdm import tqdm

from lstm_helpers.paper import problems, results, rows, rules, training

SEEDS = 5
PLACE = Path(".paper")  # of the runs in hand


def recipe(row, cell):
    """A short hash of how a row is trained: another recipe makes its runs anew."""
    parts = [repr((row.hidden, row.batch, row.lr, row.tested, row.training_set, row.rule, cell))]
    parts += [inspect.getsource(module) for module in (problems, rules, training)]
    return hashlib.sha256("".join(parts).encode()).hexdigest()[:8]


def missing(wanted, cells, seeds, path=results.RUNS):
    """(row name, cell, seed) of the runs that the table does not hold yet, the shortest rows first."""
    held = {(run["row"], run["cell"], run["seed"], run["recipe"]) for run in results.read(path)}
    asked = [(row, cell, seed) for row in wanted for cell in cells for seed in range(seeds)]
    asked.sort(key=lambda one: one[0].paper.sequences * one[0].problem.longest)
    return [
        (row.name, cell, seed) for row, cell, seed in asked if (row.name, cell, seed, recipe(row, cell)) not in held
    ]


def carry_out(name, cell, seed, place=PLACE):
    """One run to its end, saved every minute. Returns its line of the table."""
    row = rows.BY_NAME[name]
    version = recipe(row, cell)
    run, file = training.Run(row, cell, seed), Path(place) / f"{name}-{cell}-{seed}-{version}.npz"
    file.parent.mkdir(exist_ok=True)
    if file.exists():
        run.load(file)
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
    asked.add_argument("--cells", nargs="+", choices=training.CELLS, default=["LSTM"], metavar="CELL")
    asked.add_argument("--seeds", type=int, default=SEEDS)
    asked.add_argument("--table", type=Path, default=results.RUNS, help="the CSV that holds the runs")
    asked.add_argument("--processes", type=int, default=os.cpu_count())
    given = asked.parse_args(arguments)
    todo = missing([rows.BY_NAME[name] for name in given.rows], given.cells, given.seeds, given.table)
    if not todo:
        print("Nothing is missing: every run that was asked for is in the table.")
        return 0
    os.environ["OMP_NUM_THREADS"] = "1"  # of the processes that start now
    anew = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(given.processes, anew) as pool, tqdm(total=len(todo), unit="run") as bar:
        futures = [pool.submit(carry_out, *one) for one in todo]
        try:
            for done in as_completed(futures):
                result = done.result()
                results.add(result, given.table)
                ended = f"after {result['sequences']:,} sequences" if result["met"] else "not met"
                bar.write(f"{result['row']}, {result['cell']}, seed {result['seed']}: {ended}")
                bar.update()
        except (KeyboardInterrupt, BrokenProcessPool) as stop:
            pool.shutdown(cancel_futures=True, wait=False)
            why = "a run was ended by force" if isinstance(stop, BrokenProcessPool) else "stopped"
            bar.write(f"The rest is still to do: {why}. `make paper` goes on from here.")
            return 130
    return 0
