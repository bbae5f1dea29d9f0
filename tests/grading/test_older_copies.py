"""A copy of an exercise from before a check got another name is graded as what it is, and the report says so."""

import re

import pytest

from lstm_helpers import course
from lstm_helpers.checks import judge
from lstm_helpers.grading import score
from lstm_helpers.grading.box import host, sandbox
from lstm_helpers.grading.pages import flags, similar, sources
from lstm_helpers.grading.submissions import reading
from tests import ROOT
from tests.checks.solved import code_cells
from tests.grading.handed import SHEETS, SIGMOID, WRONG, lay_out, notebook
from tests.grading.test_run import UNSAFE

GATES = SHEETS["03_gates"]
LIMITS = host.Limits(cell=60.0, probe=60.0, notebook=600.0)
SAID = "`squash` is called `sigmoid` now: this is its answer."


@pytest.fixture(autouse=True)
def renamed(monkeypatch):
    """In this course ``sigmoid`` was once called ``squash``."""
    monkeypatch.setitem(course.RETIRED, "squash", course.Retired("03_gates", "sigmoid", same=True))


@pytest.fixture(scope="module")
def boxes():
    with sandbox.Boxes(unsafe=UNSAFE) as opened:
        yield opened


def older(source):
    return re.sub(r"\bsigmoid\b", "squash", source)


def solved():
    return [cell.source for cell in code_cells(ROOT / "solutions" / "03_gates.ipynb")]


def graded(boxes, cells, sheet=GATES):
    grade = score.grade_notebook(cells, "ann", sheet, boxes, 11, LIMITS)
    return grade, {result.check: result for result in grade.results}


def test_an_answer_under_the_older_name_earns_what_it_earns_today(boxes):
    grade, results = graded(boxes, [older(cell) for cell in solved()])
    assert (grade.points, grade.failures) == (GATES.points, [])
    assert [name for name, result in results.items() if SAID in result.lines] == ["sigmoid"]


def test_what_only_the_check_was_given_is_found_too(boxes):
    given = "import numpy as np\nfrom lstm_helpers.checks import check\ncheck('squash', lambda z: 1 / (1 + np.exp(-z)))"
    _, results = graded(boxes, [given])
    assert results["sigmoid"].state != judge.NOT_ATTEMPTED
    assert SAID in results["sigmoid"].lines


def test_an_error_in_it_is_carried_forward(boxes):
    cells = [older(cell) for cell in solved()]
    (place,) = [k for k, cell in enumerate(cells) if "def squash" in cell]
    cells[place] = older(WRONG)
    grade, results = graded(boxes, cells)
    assert grade.points == GATES.points - GATES.checks["sigmoid"].points
    assert results["lstm_layers"].carried == ["sigmoid"]


def test_a_cell_that_failed_is_told_of(boxes):
    _, results = graded(boxes, ["import numpy as np", "raise ValueError('no')\ndef squash(z):\n    return z"])
    assert results["sigmoid"].state == judge.ERROR
    assert "code cell 2, which defines it, did not run to its end" in results["sigmoid"].lines[0]


def test_todays_name_counts_where_a_notebook_has_both(boxes):
    _, results = graded(boxes, [older(WRONG), SIGMOID])
    assert results["sigmoid"].right
    assert SAID not in results["sigmoid"].lines


def test_an_answer_to_a_question_that_is_gone_is_not_passed_over_in_silence(boxes):
    cells = ["def next_character(contexts):\n    return contexts"]
    _, results = graded(
        boxes, cells, SHEETS["text_generation"].with_checks([SHEETS["text_generation"].checks["my_weights"]])
    )
    assert results["my_weights"].state == judge.NOT_ATTEMPTED
    assert (
        "`next_character` is no longer asked: in its place text_generation asks for `my_weights`"
        in results["my_weights"].lines[-1]
    )


PARTS = """
def layer(k, squash, x, h_prev, W_x, W_h, b):
    return squash(np.split(x @ W_x + h_prev @ W_h + b, 4, axis=1)[k])
def input_gate(*given): return layer(0, sigmoid, *given)
def forget_gate(*given): return layer(1, sigmoid, *given)
def candidate(*given): return layer(2, np.tanh, *given)
def output_gate(*given): return layer(3, sigmoid, *given)
"""


def test_four_answers_of_an_older_copy_are_todays_one(boxes):
    grade, results = graded(boxes, ["import numpy as np", SIGMOID, PARTS])
    assert results["lstm_layers"].right
    assert results["lstm_layers"].lines[-1].startswith("Your older copy asks for it in parts, forget_gate, ")
    assert grade.failures == []


@pytest.mark.parametrize(
    "wrong", [PARTS.replace("layer(2, np.tanh", "layer(2, sigmoid"), PARTS.replace("output_", "o_")]
)
def test_where_one_of_them_is_wrong_or_missing_the_one_of_today_is_still_to_do(boxes, wrong):
    _, results = graded(boxes, ["import numpy as np", SIGMOID, wrong])
    assert (results["lstm_layers"].state, results["lstm_layers"].points) == (judge.NOT_ATTEMPTED, 0)
    assert "is part of `lstm_layers` now" in results["lstm_layers"].lines[-1]


def test_a_library_is_seen_behind_the_older_name():
    cell = "import torch\ndef squash(z):\n    return torch.nn.Sigmoid()(z)"
    (found,) = flags.library_use([cell], GATES)
    assert "torch.nn.Sigmoid" in found


def test_copies_are_seen_behind_the_older_name_and_shown_beside_each_other():
    own = (
        "def {}(z):\n"
        + "".join(f"    t{k} = z ** {k} - {k + 1} / ({k + 2} + z)\n" for k in range(12))
        + "    return t3\n"
    )
    codes = [("03_gates", who, [own.format(name)], who) for who, name in (("ann", "squash"), ("ben", "sigmoid"))]
    (pair,) = similar.find(codes, {"03_gates": GATES})
    assert pair.shared == ["sigmoid"]


def test_a_file_is_known_by_the_older_name(tmp_path):
    folder = lay_out(tmp_path, {"ann/homework.ipynb": notebook("check('squash', f)")})
    assert [handed.exercise for handed in reading.find(folder, SHEETS).handed_in] == ["03_gates"]


def test_the_code_beside_a_failing_check_is_found():
    result = judge.Result("sigmoid", judge.WRONG, 0, 2, [])
    assert [number for number, _ in sources.defining(["x = 1", older(WRONG)], result, "03_gates")] == [2]
