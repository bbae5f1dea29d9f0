"""What a check shows of a wrong answer: numbers below one another, the student's own line as code."""

import dataclasses
import re
from types import SimpleNamespace

import IPython
import numpy as np
import pytest

from lstm_helpers import checks
from lstm_helpers.checks import compare, judge, show


def cells(mine, right):
    """The texts of the two tables, the student's first."""
    table = show.side_by_side("s", mine, right, {})
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


@pytest.mark.parametrize(
    ("mine", "right"),
    [
        ([5.671e11, 6.5612e11], [5.67e11, 6.5609e11]),
        ([1.00003, 0.5], [1.0, 0.25]),
        ([2e-9, 1.0000004e-3], [1e-9, 1.0e-3 + 5e-9]),
        ([1234567, 5], [1234560, 5]),
    ],
)
def test_numbers_that_differ_are_told_apart(mine, right):
    mine, right = np.array(mine), np.array(right)
    off = compare.unequal(mine, right, {})
    assert off.any()
    assert all(one != other for one, other, differs in zip(*cells(mine, right), off, strict=True) if differs)


def test_whole_numbers_stay_whole():
    assert cells(np.array([1, 2]), np.array([1, 3])) == [["1", "2"], ["1", "3"]]


def test_the_students_own_line_is_code():
    said = 'line 12: return "<b>"\nshapes there: z (5,)'
    assert show.inline_code(said) == "line 12: <code>return &quot;&lt;b&gt;&quot;</code>\nshapes there: z (5,)"
    shown = checks.examine(checks.find("sigmoid"), lambda z: z @ z[:2])._repr_html_()
    assert re.search(r"line \d+: <code>[^<]*z @ z\[:2\][^<]*</code>\nshapes there: z \(5,\)", shown), shown


def test_state_and_points_are_said_once_by_the_plain_line(capsys, monkeypatch):
    monkeypatch.setattr(IPython, "get_ipython", lambda: SimpleNamespace(kernel="a notebook's"))
    for answer in (np.tanh, checks.find("sigmoid").oracle, lambda z: ...):
        result = checks.check("sigmoid", answer)
        assert capsys.readouterr().out == f"{result.line}\n"
        seen = re.sub("<[^>]+>", " ", result._repr_html_())
        assert result.state not in seen
        assert "point" not in seen


# --- what is shown is what is named ------------------------------------------------------------------------------

OUTPUTS = [
    (exercise, name, output)
    for exercise, sheet in checks.sheets().items()
    for name, check in sheet.checks.items()
    if check.fresh and not check.marks
    for output in judge.observe(check, check.oracle, check.draw(0))[0].outputs
]


def altered(seen, output):
    """What was seen, with a wrong last value in that output, and wrong ones throughout in those after it."""
    names = list(seen.outputs)
    outputs = dict(seen.outputs)
    for name in names[names.index(output) :]:
        outputs[name] = outputs[name] + 1.0
    if seen.outputs[output].size:
        outputs[output] = np.array(seen.outputs[output], np.float64)
        outputs[output].flat[-1] += 1.0
    return dataclasses.replace(seen, outputs=outputs)


@pytest.mark.parametrize(("exercise", "name", "output"), OUTPUTS)
def test_the_table_holds_the_value_that_is_named(exercise, name, output):
    check = checks.sheets()[exercise].checks[name]
    result = judge.judge(
        check, 0, lambda _: [altered(s, output) for s in judge.observe(check, check.oracle, check.draw(0))]
    )
    said = next(line for line in result.lines if line != result.cause_line)
    assert re.match(rf"{output}[ \[]", said)
    named = re.match(r"(\w+)(?:\[([\d, ]+)\])? is (\S+), expected (\S+)(?: |$)", said)
    assert named or check.compare  # which has words of its own
    captions = r"<caption[^>]*>(?:your|expected) (\w+)(?:\[([\d, ]+)\])?</caption>(.*?)</table>"
    for side, (shown, place, rows) in enumerate(re.findall(captions, result.table)):
        assert shown == output
        if named:
            assert (named[2] or "").startswith(place)
            number = float(named[3 + side])
            assert float(re.search("<b>(.*?)</b>", rows)[1]) == pytest.approx(number, rel=1e-3, abs=1e-4)


def test_of_an_output_over_time_the_step_with_the_named_value_is_shown():
    mine, right = np.zeros((5, 2, 3)), np.zeros((5, 2, 3))
    mine[4, 1, 2] = 1
    table = show.side_by_side("h", mine, right, {})
    assert re.findall(r">(your .*?|expected .*?)</caption>", table) == ["your h[4]", "expected h[4]"]
    assert len(re.findall("</td>", table)) == 2 * 2 * 3
    assert show.side_by_side("h", np.ones((5, 2, 30)), np.zeros((5, 2, 30)), {}) == ""
