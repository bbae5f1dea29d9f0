"""The table of runs: a CSV with a line for each, ended or not, and what it says of each row."""

import statistics
from dataclasses import dataclass

from lstm_helpers import runs

RUNS = runs.BENCHMARKS / "paper.csv"
COLUMNS = ("row", "cell", "seed", "met", "sequences", "wrong", "of", "error", "weights", "seconds", "date", "recipe")
NUMBERS = {"seed": int, "met": int, "sequences": int, "wrong": int, "of": int, "error": float, "weights": int}


def read(path=RUNS):
    """The runs as dictionaries, in the order of the file; none where there is no file."""
    return runs.read(path, NUMBERS)


def add(result, path=RUNS):
    """Write one more line at the end: what was there stays whatever happens."""
    runs.add(result, path, COLUMNS)


@dataclass(frozen=True)
class Reached:
    """What the runs of one cell on one row reached: medians, ranges, and which of the paper's three figures they hold.

    sequences: (median, least, most) of the runs that met the rule, or None; wrong: the median share of wrong answers.
    """

    runs: int
    met: int
    sequences: tuple | None
    wrong: float | None
    fewer: bool
    as_often: bool
    no_more_wrong: bool

    @property
    def holds(self):
        """Whether nothing is worse than in the paper."""
        return self.fewer and self.as_often and self.no_more_wrong


def reached(row, of_cell):
    """``Reached`` of the runs of one cell on a Row."""
    met = [run for run in of_cell if run["met"]]
    counts = [run["sequences"] for run in met]
    middle = statistics.median(counts) if counts else None
    wrong = statistics.median(run["wrong"] / run["of"] for run in met) if met else None
    return Reached(
        runs=len(of_cell),
        met=len(met),
        sequences=(middle, min(counts), max(counts)) if counts else None,
        wrong=wrong,
        fewer=bool(counts) and middle < row.paper.sequences,
        as_often=bool(of_cell) and len(met) / len(of_cell) >= row.paper.success,
        no_more_wrong=row.paper.wrong is None or wrong is not None and wrong <= row.paper.wrong,
    )
