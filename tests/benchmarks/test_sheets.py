"""The grader refuses a sheet of an instructor's own that misleads: the ones that it is measured with have to pass."""

from lstm_helpers import checks
from lstm_helpers.checks import own_sheets
from tests.benchmarks.grading import SHEETS


def test_the_grader_takes_every_sheet_that_it_is_measured_with():
    sheets = list(own_sheets.read(SHEETS))
    assert sorted(sheet.exercise for sheet in sheets) == ["50_bench", "51_bench_torch"]
    assert [fault for sheet in sheets for fault in own_sheets.faults(sheet, checks.examine)] == []
