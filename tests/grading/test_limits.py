"""Time and memory by sheet and by command line: read strictly, kept, and part of what a grade depends on."""

import pytest

from lstm_helpers.checks.sheet import Sheet
from lstm_helpers.grading import limits, workers
from lstm_helpers.grading.box.host import Limits
from lstm_helpers.grading.gradebook import versions
from tests.grading.handed import SHEETS, lay_out
from tests.grading.test_run import RIGHT, counted, grade, run  # noqa: F401


def test_text_and_sheet_are_read_alike():
    told = {"cell": 60.0, "notebook": 300.0, "memory": 2 << 30}
    assert limits.read("cell=60, notebook = 5m; memory=2GB") == told
    sheet = Sheet("mine", exercise="20_mine", limits={"cell": 60, "notebook": "5m", "memory": "2 gb"})
    assert limits.of(sheet) == Limits(cell=60.0, notebook=300.0, memory=2 << 30)
    assert limits.of(sheet, {"notebook": 30.0}) == Limits(cell=60.0, notebook=30.0, memory=2 << 30)
    assert limits.read("") == {}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("cells=60", "'cells' is not known; known are cell, probe, notebook, memory, as in"),
        ("cell=-1", "cell is '-1', expected seconds or minutes such as 60 or 5m"),
        ("cell=0", "cell is '0', expected seconds"),
        ("cell", "cell is '', expected seconds"),
        ("cell=1e999", "cell is '1e999', expected seconds"),
        ("memory=2", "memory is '2', expected a size such as 512MB or 2GB"),
        ("memory=5m", "memory is '5m', expected a size"),
    ],
)
def test_what_is_no_limit_is_refused_with_the_reason(text, why):
    with pytest.raises(ValueError, match=f"--limits '{text}': {why}"):
        limits.read(text)


def test_a_sheet_with_a_limit_that_is_none_is_named():
    with pytest.raises(ValueError, match="20_mine, limits of its sheet: 'cpu' is not known"):
        limits.of(Sheet("mine", exercise="20_mine", limits={"cpu": 3}))


def test_limits_are_part_of_the_version_and_the_usual_ones_change_nothing():
    sheet = SHEETS["03_gates"]
    assert versions.version_of(sheet, Limits()) == versions.version_of(sheet)
    assert versions.version_of(sheet, Limits(cell=60.0)) != versions.version_of(sheet)


def test_given_limits_reach_the_worker_are_kept_and_taken_off(tmp_path, counted, monkeypatch):  # noqa: F811
    folder, out, seen, one = (
        lay_out(tmp_path / "class", {"ann/03_gates.ipynb": RIGHT}),
        tmp_path / "out",
        [],
        workers.grade_one,
    )

    def watched(task):
        seen.append(task.limits.notebook)
        return one(task)

    monkeypatch.setattr(workers, "grade_one", watched)
    grade(folder, out, own_limits={"notebook": 300.0})
    grade(folder, out)  # kept: there is nothing to grade
    assert seen == [300.0]
    grade(folder, out, own_limits={})
    assert seen == [300.0, 30.0]
