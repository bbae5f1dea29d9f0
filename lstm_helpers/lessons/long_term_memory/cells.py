"""Five cells on three tasks, five seeds or three of each: ``python -m lstm_helpers.lessons.long_term_memory.cells``.

Adds a line for each run that the table does not hold yet; it can be stopped at any time. A run belongs to its recipe, a
hash of how it is trained: after a change all of them are missing.
"""

import argparse
import sys
import time
from datetime import date
from pathlib import Path

from lstm_helpers import runs
from lstm_helpers.lessons.long_term_memory import experiments
from lstm_helpers.lessons.long_term_memory.experiments import CELLS, LAGS, Network
from lstm_helpers.paper import problems

RUNS = runs.BENCHMARKS / "long_term_memory.csv"
COLUMNS = ("task", "size", "cell", "seed", "met", "sequences", "score", "seconds", "date", "recipe")


def lag(size, cell, seed):
    """One of two symbols, remembered over ``size`` distractors and a few more. Score: the share of fresh ones right."""
    net = Network(problems.long_lag(size, 4), cell, seed)
    met, sequences = experiments.learn_until(net, window=640, far=0.2, most=12_800)
    return met, sequences, experiments.share_right(net)


def strings(size, cell, seed):
    """Streams of ``size`` strings. Score: symbols before the first mistake in streams of 100 strings, the median."""
    net = Network(problems.continual_reber(size), cell, seed, H=16, lr=0.01).practise(600)
    first, wrong, _ = experiments.read_stream(net)
    return wrong == 0, 600 * 16, first


def counting(size, cell, seed):
    """a^n b^n (size 2) or a^n b^n c^n (3), n up to 10. Score: the largest n up to which all are right."""
    net = Network(problems.counting(size, 10), cell, seed, lr=0.01).practise(1600)
    reached = experiments.counts_to(net, size)
    return reached >= 10, 1600 * 16, reached


TASKS = [*((lag, n, 5) for n in LAGS), (counting, 2, 5), (counting, 3, 5), (strings, 8, 3)]  # task, size, seeds


def recipe(task, cell):
    """A short hash of how a cell is trained on a task."""
    return runs.version(runs.code(task, Network, experiments.learn_until), repr((cell, CELLS[cell][1:])))


def missing(path=RUNS):
    """(task, size, cell, seed) of the runs that the table does not hold yet."""
    held = {(run["task"], run["size"], run["cell"], run["seed"], run["recipe"]) for run in runs.read(path, {})}
    asked = [(task, size, cell, seed) for task, size, seeds in TASKS for seed in range(seeds) for cell in CELLS]
    return [one for one in asked if (one[0].__name__, *map(str, one[1:]), recipe(one[0], one[2])) not in held]


def main(arguments=None):
    """Run what is missing; returns the exit code."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--table", type=Path, default=RUNS, help="the CSV that holds the runs")
    path = asked.parse_args(arguments).table
    for task, size, cell, seed in missing(path):
        start = time.perf_counter()
        met, sequences, score = task(size, cell, seed)
        line = [task.__name__, size, cell, seed, int(met), sequences, round(score, 4)]
        line += [round(time.perf_counter() - start, 1), date.today().isoformat(), recipe(task, cell)]
        runs.add(dict(zip(COLUMNS, line, strict=True)), path, COLUMNS)
        print(*line[:7])
    return 0


if __name__ == "__main__":
    sys.exit(main())
