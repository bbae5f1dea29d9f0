"""Sheets build on the student's own library; in their boxes, in the grader's eyes, that is the reference."""

from lstm_helpers.checks import judge
from lstm_helpers.grading.box.host import Box, Limits, Seat
from lstm_helpers.grading.box.profiles import PROFILES, stage
from lstm_helpers.grading.pages import flags
from tests.grading.handed import SHEETS
from tests.yours.conftest import solution

SHEET = SHEETS["07_training_that_works"]
CELLS = [
    "import numpy as np",
    "from lstm_helpers import yours\nfrom lstm_helpers.yours import lstm_backward, weight_gradients",
    'assert "In the grader\'s box: the reference" in str(yours.report())',
    """
def chrono_bias(b, u):
    dW_x, dW_h, db = weight_gradients(b[None, None], np.ones((1, 1, 2)), np.ones((2, 1, len(u))))
    b = db + 0
    b[: len(u)], b[len(u) : 2 * len(u)] = -np.log(u), np.log(u)
    return b
""",
]


def test_the_pieces_of_earlier_sheets_are_there_and_work(tmp_path):
    asked = SHEET.checks["chrono_bias"]
    with Box(Seat(stage(tmp_path, SHEET.profile), PROFILES[SHEET.profile].rules), Limits()) as box:
        assert [box.run(cell) for cell in CELLS] == [None] * len(CELLS)
        assert judge.judge(asked, 0, lambda cases: box.see(asked, cases, ["chrono_bias"])).right


def test_the_pieces_of_this_sheet_are_those_of_the_notebook(tmp_path):
    asked = SHEET.checks["train_adding"]
    solved = "\n".join(solution("07_training_that_works")).replace("= adam_step(", "= yours.adam_step(")
    cells = ["from lstm_helpers import yours\nfrom lstm_helpers.yours import adam_step", solved]
    wrong = "def adam_step(p, grad, m, v, t, lr):\n    return p, m, v"
    with Box(Seat(stage(tmp_path, SHEET.profile), PROFILES[SHEET.profile].rules), Limits(notebook=600.0)) as box:
        for cell in cells:
            box.run(cell)
        look = lambda cases: box.see(asked, cases, ["train_adding"])  # noqa: E731
        assert judge.judge(asked, 0, look).right
        box.run(wrong)
        assert judge.judge(asked, 0, look).state == judge.WRONG
    assert flags.library_use(cells, SHEET) == []


def test_a_name_that_the_library_has_not_takes_no_other_with_it(tmp_path):
    asked = SHEET.checks["chrono_bias"]
    line = "from lstm_helpers.yours import LSTN, lstm_backward, weight_gradients"
    with Box(Seat(stage(tmp_path, SHEET.profile), PROFILES[SHEET.profile].rules), Limits()) as box:
        ran = [box.run(cell) for cell in (CELLS[0], line, CELLS[3])]
        assert judge.judge(asked, 0, lambda cases: box.see(asked, cases, ["chrono_bias"])).right
    assert [error and error[0] for error in ran] == [None, "ImportError", None]
    assert "LSTN" in ran[1][1]


def test_their_use_is_no_answer_from_a_library_and_that_of_others_is():
    assert flags.library_use(CELLS, SHEET) == []
    cell = "from lstm_helpers.lessons.training_that_works.answers import adam_step"
    assert flags.library_use([cell], SHEET)
