"""What a check shows of a wrong answer: numbers below one another, the student's own line as code."""

import re

import numpy as np
import pytest

from lstm_helpers import checks
from lstm_helpers.checks import show


def cells(mine, right):
    """The texts of the two tables, the student's first."""
    table = show.side_by_side({"s": mine}, {"s": right}, {})
    halves = table.split("expected s")
    return [re.findall(r">(?:<b>)?([^<>]+)(?:</b>)?</td>", half) for half in halves]


def test_points_stand_below_one_another():
    assert cells(np.array([0.5, 0.958, -1.0]), np.array([0.25, 0.578, 0.0])) == [
        ["0.5000", "0.9580", "-1.0000"],
        ["0.2500", "0.5780", "0.0000"],
    ]


@pytest.mark.parametrize("odd", [1e-7, 12345.678, np.inf, np.nan])
def test_a_number_that_four_decimals_would_spoil_keeps_its_digits(odd):
    mine, right = cells(np.array([0.5, odd]), np.array([0.25, 0.5]))
    assert mine == ["0.5", f"{odd:.4g}"]
    assert right == ["0.25", "0.5"]


def test_whole_numbers_stay_whole():
    assert cells(np.array([1, 2]), np.array([1, 3])) == [["1", "2"], ["1", "3"]]


def test_the_students_own_line_is_code():
    said = 'line 12: return "<b>"\nshapes there: z (5,)'
    assert show.inline_code(said) == "line 12: <code>return &quot;&lt;b&gt;&quot;</code>\nshapes there: z (5,)"
    shown = checks.examine(checks.find("sigmoid"), lambda z: z @ z[:2])._repr_html_()
    assert re.search(r"line \d+: <code>[^<]*z @ z\[:2\][^<]*</code>\nshapes there: z \(5,\)", shown), shown
