"""The tables that lesson 5 shows are whole, say where they were measured, and show a cost that grows linearly."""

import re

import numpy as np
import pytest

from lstm_helpers.lessons.forward_through_time import experiments, figures
from tests.benchmarks import cost
from tests.benchmarks.__main__ import RESULTS, SHIPPED
from tests.benchmarks.lstm_speed import CASES

NAMES = ("lstm_speed", "cost", "memory")


@pytest.mark.parametrize("name", NAMES)
def test_a_stored_table_is_whole_and_names_its_machine_in_general_terms(name):
    rows, machine = experiments.table(name)
    assert all(value or row.get("T") == "all" for row in rows for value in row.values())
    assert re.fullmatch(r"\w+ \w+, \d+ cores, NumPy [\d.]+ with [\w-]+( [\d.]+)?", machine), machine
    assert (SHIPPED / f"{name}.csv").read_text() == (RESULTS / f"{name}.csv").read_text(), "written by make bench"


def test_every_case_is_there_with_the_geometric_mean_of_its_ratios():
    ratios = experiments.speed_against_torch()
    assert sorted(ratios) == [(1, "inference"), (1, "training"), (2, "inference"), (2, "training")]
    for of in ratios.values():
        assert set(of) == {*CASES, "all"}
        values = [of[case] for case in CASES]
        assert min(values) > 0
        assert of["all"] == pytest.approx(np.exp(np.log(values).mean()), abs=0.011)


def test_the_stored_cost_grows_linearly_in_t_and_not_faster_in_b():
    (T, by_T), (B, by_B) = experiments.cost("T"), experiments.cost("B")
    assert [(t, 8) for t in T] == cost.BY_T
    assert [(100, b) for b in B] == cost.BY_B
    assert experiments.slope(T, by_T) == pytest.approx(1, abs=0.1)
    assert experiments.slope(B[-4:], by_B[-4:]) < 1.1
    assert by_B[-1] > 4 * by_B[0]


def test_the_slope_is_that_of_the_power():
    sizes = np.array([1, 3, 10])
    assert experiments.slope(sizes, 5.0 * sizes**2) == pytest.approx(2)


def test_memory_is_within_a_fifth_more_than_the_frameworks():
    (row,), _ = experiments.table("memory")
    assert tuple(int(row[size]) for size in "TBDH") == cost.LARGE
    ours, theirs = float(row["ours, MB"]), float(row["torch, MB"])
    assert ours <= 1.2 * theirs
    assert float(row["ours / torch"]) == round(ours / theirs, 2)


@pytest.mark.parametrize("picture", [figures.speed_picture, figures.cost_picture])
def test_a_picture_has_its_numbers_in_words(picture):
    shown = picture().data
    assert "data:image/png;base64," in shown
    alt = re.search('alt="([^"]+)"', shown)[1]
    assert len(re.findall(r"\d", alt)) > 6
