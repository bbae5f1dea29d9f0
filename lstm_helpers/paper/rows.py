"""Every row of the paper's Tables 1 to 9 that trains an LSTM, and what its two successors added: task, rule, figures.

Sources: Hochreiter & Schmidhuber 1997, section 5; Gers, Schmidhuber & Cummins 2000, "Learning to forget", table 2;
Gers & Schmidhuber 2001, "LSTM recurrent networks learn simple context-free and context-sensitive languages".
"""

import math
from dataclasses import dataclass

from lstm_helpers.paper import problems
from lstm_helpers.paper.rules import BothSets, FreshSet, Recent, Successive, TrainingSet


@dataclass(frozen=True)
class Paper:
    """What the paper reached: training sequences until its rule was met, the share of runs that met it, the share of
    wrong answers to fresh sequences (None: not told), and its weights (None: not known).

    checked: whether the figures were read in the paper; otherwise they are from memory, and none to be quoted.
    """

    sequences: int
    weights: int | None
    wrong: float | None = None
    success: float = 1.0
    checked: bool = True


@dataclass(frozen=True)
class Row:
    """A row of a table (of 1997, or the year of a later paper), and how it is trained here.

    hidden: units of an LSTM; batch: sequences; lr and betas of Adam; pace: how far the cell goes of the step that Adam
    makes; mean_of: updates over which the weights are averaged; shortcut: the readout sees the input too, beside h.
    tested: fresh sequences for the share of wrong answers; training_set: sequences that come again and again, 0 where
    each one is fresh; testing: the problem of fresh sequences where they are longer; cells: which are compared; seeds:
    runs of each, fewer where one takes more than a minute.
    """

    name: str
    table: str
    problem: problems.Problem
    rule: object
    paper: Paper
    hidden: int = 8
    batch: int = 32
    lr: float = 0.03
    betas: tuple = (0.9, 0.999)
    pace: float = 1.0
    mean_of: int = 300
    shortcut: bool = False
    tested: int = 2560
    training_set: int = 0
    testing: problems.Problem | None = None
    cells: tuple = ("LSTM", "RNN")
    seeds: int = 10

    @property
    def fresh(self):
        """The problem of fresh sequences."""
        return self.testing or self.problem


def _lag(q, p, sequences, weights, **options):
    rule = Successive(10_000, 0.2)
    seeds = 5 if q >= 500 else 10
    problem, paper = problems.long_lag(q, p), Paper(sequences, weights)
    return Row(f"lag-{q}-{p}", "3", problem, rule, paper, tested=10_000, seeds=seeds, **options)


def _two(table, kind, T, N, sequences, wrong, **options):
    allowed, error, far = {"plain": (0, 0.01, 0.2), "noisy": (5, 0.04, 0.2), "targets": (0, 0.015, 0.1)}[kind]
    problem, rule = problems.two_sequences(T, N, kind), FreshSet(256, allowed, error, far)
    paper, seeds = Paper(sequences, 102, wrong), 5 if T >= 1000 else 10
    return Row(f"{kind}-{T}-{N}", table, problem, rule, paper, tested=10_000, seeds=seeds, **options)


def _of_2560(name, table, problem, rule, sequences, weights, wrong, **options):
    return Row(name, table, problem, rule, Paper(sequences, weights, wrong / 2560), **options)


def _adding(T, sequences, wrong, **options):
    problem, rule, seeds = problems.adding(T), Recent(2000, 1, 0.01, 0.04), 5 if T >= 500 else 10
    options |= {"cells": COMPARED, "seeds": seeds}
    return _of_2560(f"adding-{T}", "7", problem, rule, sequences, 93, wrong, **options)


def _multiplication(allowed, sequences, wrong, mean_of):
    problem, rule = problems.multiplication(100), Recent(2000, allowed, math.inf, 0.04)
    name, options = f"multiplication-{allowed}", {"batch": 8, "mean_of": mean_of, "seeds": 5}
    return _of_2560(name, "8", problem, rule, sequences, 93, wrong, **options)


def _order(marks, sequences, weights, wrong):
    rule = Recent(2000, 1, 0.1, 0.3)
    problem = problems.temporal_order(marks)
    return _of_2560(f"order-{marks}", "9", problem, rule, sequences, weights, wrong, cells=COMPARED)


def _words(name, table, regular, sequences, **options):
    problem, rule = problems.two_words(100, regular), Successive(10_000, 0.25)
    return Row(name, table, problem, rule, Paper(sequences, 10_504), mean_of=50, tested=10_000, **options)


def _counting(letters, sequences, reach):
    """Trained on n of 1 to 10, tested with n of 1 to 1,000, so right up to n is a share of 1 - n / 1,000 wrong."""
    return Row(
        "".join(f"{letter}n" for letter in "abc"[:letters]),
        "2001",
        problems.counting(letters, 10),
        TrainingSet(),
        Paper(sequences, None, 1 - reach / 1000, checked=False),
        tested=1000,
        training_set=100,
        testing=problems.counting(letters, 1000),
        cells=(*COMPARED, "LSTM with peepholes"),
    )


COMPARED = ("LSTM", "LSTM of 1997", "RNN")
STREAM = 8700  # strings of a test stream, which is 100,000 symbols
ROWS = (
    Row("reber", "1", problems.embedded_reber(), BothSets(), Paper(8440, 276), 10, 4, training_set=256, cells=COMPARED),
    # What follows each symbol but the last is learned through the shortcut, before the cell has moved far.
    _words("words", "2a", True, 5040, batch=4, lr=0.1, betas=(0.9, 0.98), pace=0.03, shortcut=True),
    _words("random-words", "2b", False, 5680, batch=8, hidden=16),
    _lag(50, 50, 30_000, 364),
    _lag(100, 100, 31_000, 664),
    _lag(200, 200, 33_000, 1264),
    _lag(500, 500, 38_000, 3064),
    _lag(1000, 1000, 49_000, 6064, batch=8),
    _lag(1000, 500, 49_000, 3064, batch=8),  # with 32, seed 0 never begins to learn
    _lag(1000, 200, 75_000, 1264),
    _lag(1000, 100, 135_000, 664),
    _lag(1000, 50, 203_000, 364),
    _two("4", "plain", 100, 3, 39_850, 0.000195),
    _two("4", "plain", 100, 1, 64_330, 0.000117),
    _two("4", "plain", 1000, 3, 452_460, 0.000078, batch=128),
    _two("5", "noisy", 100, 3, 43_250, 0.00828),
    _two("5", "noisy", 100, 1, 78_430, 0.01500),
    _two("5", "noisy", 1000, 1, 485_080, 0.01207, batch=128, lr=0.01, hidden=16),
    _two("6", "targets", 100, 3, 269_650, 0.00558),
    _two("6", "targets", 100, 1, 565_640, 0.00441),
    _adding(100, 74_000, 1),
    _adding(500, 209_000, 0, mean_of=600),
    _adding(1000, 853_000, 1),
    _multiplication(140, 482_000, 139, mean_of=1000),
    _multiplication(13, 1_273_000, 14, mean_of=3000),
    _order(2, 31_390, 156, 1),
    _order(3, 571_100, 308, 2),
    Row(
        "continual-reber",
        "2000",
        problems.continual_reber(20),
        Successive(10, 0.5, chunk=1, every=1600),
        # Streams that end with the first wrong symbol; with a learning rate that decays (without: 18,889, and 18 %).
        Paper(14_087, 424, success=0.62),
        batch=4,
        tested=10,
        testing=problems.continual_reber(STREAM),
        cells=COMPARED,
        seeds=5,
    ),
    _counting(2, 22_000, 118),
    _counting(3, 54_000, 28),
)
BY_NAME = {row.name: row for row in ROWS}
