"""The cause that a student is told in the notebook is the one that the grader gives."""

import inspect

from lstm_helpers import checks
from lstm_helpers.checks import judge
from lstm_helpers.grading.box.host import Box, Limits, Seat
from lstm_helpers.grading.box.profiles import PROFILES, stage
from tests.checks.test_false_names import ERRORS, looks


def test_the_grader_names_what_the_notebook_names_and_gives_numbers_too(tmp_path):
    answers = {
        "from_onnx": """
            def from_onnx(a):
                one, two, three, four = np.split(a, 4, axis=-1)
                return np.concatenate(one, three, four, two)
            """,
        "solved_after": """
            def solved_after(errors, window):
                return int(len([0.0] * window) < 0)
            """,
        **dict([ERRORS["the same sizes in another product"]]),
    }
    causes = {"from_onnx": "the list's brackets are missing", "solved_after": "the same number everywhere"}
    with Box(Seat(stage(tmp_path, "numpy"), PROFILES["numpy"].rules), Limits()) as box:
        assert box.run("\n".join(["import numpy as np", *map(inspect.cleandoc, answers.values())])) is None
        for name, source in answers.items():
            asked = checks.find(name)
            graded = judge.judge(asked, 0, lambda cases: box.see(asked, cases, [name]))  # noqa: B023
            (told,) = looks(name, source, [0])
            assert (graded.state, graded.cause, graded.candidates) == (told.state, told.cause, told.candidates)
            assert graded.cause == causes.get(name, "")
            assert graded.state == (judge.WRONG if name == "solved_after" else judge.ERROR)
