"""Every row of the paper's Tables 1 to 9 that trains an LSTM: its task, its stopping rule, and what the paper reached.

Source: Hochreiter & Schmidhuber 1997, section 5.
"""

import math
from dataclasses import dataclass

from lstm_helpers.paper import problems
from lstm_helpers.paper.rules import FreshSet, Recent, Successive, WholeSets


@dataclass(frozen=True)
class Paper:
    """What the paper reached: training sequences until its rule was met, the share of runs that met it, the share of
    wrong answers to fresh sequences (None: not told), and its weights."""

    sequences: int
    weights: int
    wrong: float | None = None
    success: float = 1.0


@dataclass(frozen=True)
class Row:
    """A row of the table, and how it is trained here.

    hidden, batch, lr: of today's LSTM with Adam; tested: fresh sequences for the share of wrong answers; training_set:
    sequences that come again and again, 0 where each one is fresh.
    """

    name: str
    table: str
    problem: problems.Problem
    rule: object
    paper: Paper
    hidden: int = 8
    batch: int = 32
    lr: float = 0.03
    tested: int = 2560
    training_set: int = 0


def _lag(q, p, sequences, weights):
    rule = Successive(10_000, 0.2)
    return Row(f"lag-{q}-{p}", "3", problems.long_lag(q, p), rule, Paper(sequences, weights), tested=10_000)


def _two(table, kind, T, N, sequences, wrong):
    allowed, error, far = {"plain": (0, 0.01, 0.2), "noisy": (5, 0.04, 0.2), "targets": (0, 0.015, 0.1)}[kind]
    problem, rule = problems.two_sequences(T, N, kind), FreshSet(256, allowed, error, far)
    return Row(f"{kind}-{T}-{N}", table, problem, rule, Paper(sequences, 102, wrong), tested=10_000)


def _of_2560(name, table, problem, rule, sequences, weights, wrong):
    return Row(name, table, problem, rule, Paper(sequences, weights, wrong / 2560))


def _adding(T, sequences, wrong):
    return _of_2560(f"adding-{T}", "7", problems.adding(T), Recent(2000, 1, 0.01, 0.04), sequences, 93, wrong)


def _multiplication(allowed, sequences, wrong):
    rule = Recent(2000, allowed, math.inf, 0.04)
    name = f"multiplication-{allowed}"
    return _of_2560(name, "8", problems.multiplication(100), rule, sequences, 93, wrong)


def _order(marks, sequences, weights, wrong):
    rule = Recent(2000, 1, 0.1, 0.3)
    return _of_2560(f"order-{marks}", "9", problems.temporal_order(marks), rule, sequences, weights, wrong)


_WORDS = {"batch": 2, "tested": 10_000}
ROWS = (
    Row("reber", "1", problems.embedded_reber(), WholeSets(256), Paper(8440, 276), 10, 4, training_set=256),
    Row("words", "2a", problems.two_words(100, True), Successive(10_000, 0.25), Paper(5040, 10_504), **_WORDS),
    Row("random-words", "2b", problems.two_words(100, False), Successive(10_000, 0.25), Paper(5680, 10_504), **_WORDS),
    _lag(50, 50, 30_000, 364),
    _lag(100, 100, 31_000, 664),
    _lag(200, 200, 33_000, 1264),
    _lag(500, 500, 38_000, 3064),
    _lag(1000, 1000, 49_000, 6064),
    _lag(1000, 500, 49_000, 3064),
    _lag(1000, 200, 75_000, 1264),
    _lag(1000, 100, 135_000, 664),
    _lag(1000, 50, 203_000, 364),
    _two("4", "plain", 100, 3, 39_850, 0.000195),
    _two("4", "plain", 100, 1, 64_330, 0.000117),
    _two("4", "plain", 1000, 3, 452_460, 0.000078),
    _two("5", "noisy", 100, 3, 43_250, 0.00828),
    _two("5", "noisy", 100, 1, 78_430, 0.01500),
    _two("5", "noisy", 1000, 1, 485_080, 0.01207),
    _two("6", "targets", 100, 3, 269_650, 0.00558),
    _two("6", "targets", 100, 1, 565_640, 0.00441),
    _adding(100, 74_000, 1),
    _adding(500, 209_000, 0),
    _adding(1000, 853_000, 1),
    _multiplication(140, 482_000, 139),
    _multiplication(13, 1_273_000, 14),
    _order(2, 31_390, 156, 1),
    _order(3, 571_100, 308, 2),
)
BY_NAME = {row.name: row for row in ROWS}
