"""The table of runs: a CSV with a line for each, ended or not, and what it says of each row."""

import csv
import statistics
from dataclasses import dataclass
from pathlib import Path

RUNS = Path(__file__).resolve().parents[1] / "data" / "benchmarks" / "paper.csv"
COLUMNS = ("row", "cell", "seed", "met", "sequences", "wrong", "of", "error", "weights", "seconds", "date", "recipe")
NUMBERS = {"seed": int, "met": int, "sequences": int, "wrong": int, "of": int, "error": float, "weights": int}


def read(path=RUNS):
    """The runs as dictionaries, in the order of the file; none where there is no file."""
    if not path.exists():
        return []
    with open(path, newline="", encoding="utf-8") as stream:
        return [{k: NUMBERS.get(k, str)(v) for k, v in line.items()} for line in csv.DictReader(stream)]


def add(result, path=RUNS):
    """Write one more line at the end: what was there stays whatever happens."""
    new = not path.exists()
    with open(path, "a", newline="", encoding="utf-8") as stream:
        table = csv.DictWriter(stream, COLUMNS, lineterminator="\n")
        if new:
            table.writeheader()
        table.writerow(result)


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


def reached(row, runs):
    """``Reached`` of the runs of one cell on a Row."""
    met = [run for run in runs if run["met"]]
    counts = [run["sequences"] for run in met]
    middle = statistics.median(counts) if counts else None
    wrong = statistics.median(run["wrong"] / run["of"] for run in met) if met else None
    return Reached(
        runs=len(runs),
        met=len(met),
        sequences=(middle, min(counts), max(counts)) if counts else None,
        wrong=wrong,
        fewer=bool(counts) and middle < row.paper.sequences,
        as_often=bool(runs) and len(met) / len(runs) >= row.paper.success,
        no_more_wrong=row.paper.wrong is None or wrong is not None and wrong <= row.paper.wrong,
    )
