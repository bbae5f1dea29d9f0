"""One student's exercises 03 to 07, graded together, with answers that call the student's own library: some right, some
wrong, some untouched, some gone.

The property: each answer earns in the box what ``check`` gives it at home, where the library is made of those very
notebooks; and one that is right loses nothing.
"""

import contextlib
import io
import random
import re
from dataclasses import replace
from unittest import mock

import pytest

from lstm_helpers import checks, yours
from lstm_helpers.checks import judge
from lstm_helpers.grading import score
from lstm_helpers.grading.box import host
from lstm_helpers.yours import pieces
from tests.grading import test_mixtures as mixtures
from tests.grading.handed import SHEETS
from tests.grading.test_mixtures import PATIENT, SEED, boxes  # noqa: F401  a fixture
from tests.yours.conftest import work  # noqa: F401  a fixture

PIECE = re.compile(rf"(?<!def )(?<![.\w])({'|'.join(pieces.PIECES)})\(")
KINDS = ("right", "right", "through yours", "through yours", "itself from yours", "names of yours", "imported",
         "reports", "wrong", "untouched", "gone")  # fmt: skip
IMPORTS = (
    "from lstm_helpers import yours\nfrom lstm_helpers.yours import LSTM, Adam, library, sigmoid as squash",
    "from lstm_helpers.yours import *\nfrom lstm_helpers import yours\nsquash = yours.sigmoid",
)
WITH_LAYERS = """
def train_adding(params, batches, lr):
    W_out, b_out = params["W_out"].copy(), params["b_out"].copy()
    lstm = yours.LSTM(2, len(W_out), rng=np.random.default_rng(0), dtype=W_out.dtype)
    for name, array in lstm.params.items():
        array[...] = params[name]
    optimiser = yours.Adam({**lstm.params, "W_out": W_out, "b_out": b_out}, lr)
    assert "Adam" in repr(optimiser) and "LSTM" in repr(lstm) and callable(yours.library()["lstm_backward"])
    for x, target in batches:
        h, (h_last, _) = lstm.forward(x)
        off = 2 * (h_last @ W_out + b_out - target) / len(target)
        lstm.backward(np.zeros_like(h), (np.outer(off, W_out), None))
        optimiser.step({**lstm.grads, "W_out": off @ h_last, "b_out": off.sum(keepdims=True)})
    return {**lstm.params, "W_out": W_out, "b_out": b_out}
"""


def written(exercise, name, kind, pick):
    check = SHEETS[exercise].checks[name]
    if kind in ("right", "wrong", "untouched", "gone") or not check.fresh:
        return mixtures.written(exercise, name, kind if kind in ("wrong", "untouched", "gone") else "right", pick)
    right = mixtures.text_at(exercise, name, "solutions")
    if kind == "through yours":
        return WITH_LAYERS if name == "train_adding" else PIECE.sub(r"yours.\1(", right)
    if kind == "itself from yours":
        return f"def {name}(*given):\n    return yours.{name}(*given)"
    if kind == "imported":
        return f"from lstm_helpers.yours import {name}"
    if kind == "reports":  # in a cell with other answers
        return f"yours.report()\nlstm = yours.LSTM(3, 5, rng=np.random.default_rng(0))\nprint(lstm)\n{right}"
    line = pick(["LSTM(1, 1, rng=np.random.default_rng(0))", "yours.lstm_backward", "squash(np.zeros(2))",
                 "yours.library()", "Adam({'p': np.zeros(1)})", "yours.lstm_step"])  # fmt: skip
    return f"{right}\nbefore = {name}\ndef {name}(*given, before=before):\n    {line}\n    return before(*given)"


def at_home(exercise, cells):
    """{check: Result} as ``check`` gives them in the notebook."""
    space = {"__name__": "__main__"}
    asked = SHEETS[exercise].checks
    with contextlib.redirect_stdout(io.StringIO()), mock.patch.object(checks, "check"):
        for source in cells:
            with contextlib.suppress(Exception):
                exec(source, space)
        told = {name: checks.examine(check, space[name]) for name, check in asked.items() if name in space}
    return {name: told.get(name, judge.Result(name, judge.NOT_ATTEMPTED, 0, 0)) for name in asked}


@pytest.mark.parametrize("seed", range(4))
def test_five_exercises_with_answers_that_use_the_library_earn_in_the_box_what_they_earn_at_home(work, boxes, seed):  # noqa: F811
    chance = random.Random(seed)
    kinds = {e: {name: chance.choice(KINDS) for name in mixtures.places(e)} for e in pieces.EXERCISES}
    notebooks = {}
    for exercise, of_answers in kinds.items():
        answers = {name: written(exercise, name, kind, chance.choice) for name, kind in of_answers.items()}
        notebooks[exercise] = [IMPORTS[chance.random() < 0.5], *mixtures.notebook(exercise, answers)]
        work.save(exercise, *notebooks[exercise])
    yours.reload()
    for exercise, cells in notebooks.items():
        home = at_home(exercise, cells)
        grade = score.grade_notebook(cells, "ann", SHEETS[exercise], boxes, SEED, PATIENT)
        there = {result.check: result for result in grade.results}
        got = {name: (result.points, there[name].points) for name, result in home.items()}
        lines = {name: (kinds[exercise].get(name), home[name].text, there[name].text) for name in got
                 if len(set(got[name])) > 1}  # fmt: skip
        assert not lines, (exercise, lines)
        for name, kind in kinds[exercise].items():
            check = SHEETS[exercise].checks[name]
            if kind in ("right", "reports") or kind == "through yours" and exercise == pieces.TRAINING:
                assert there[name].points == check.points, (exercise, name, kind, there[name].text)


def test_what_does_not_end_is_waited_for_once(boxes):  # noqa: F811
    """Cells that call what has run out of time get less, and so do answers; what is right in them keeps its points."""
    exercise, asked, seconds = pieces.TRAINING, [], 12.0
    answers = mixtures.right_ones(exercise) | {
        "adam_step": "def adam_step(p, grad, m, v, t, lr):\n    while True: pass"
    }
    tries = "p = adam_step(1.0, 1.0, 0.0, 0.0, 1, 0.1)"
    cells = [*mixtures.notebook(exercise, answers), tries, f"{tries}\nx = 3", "import time; time.sleep(2); y = 4"]
    see = host.Box.see

    def watched(self, check, cases, names, given, processor):
        asked.append((check.name, processor))
        return see(self, check, cases, names, given, processor)

    training = SHEETS[exercise].checks["train_adding"]
    with mock.patch.object(host.Box, "see", watched), mock.patch.object(training, "processor", seconds):
        limits = replace(PATIENT, cell=4.0, probe=1.0)
        grade = score.grade_notebook(cells, "ann", SHEETS[exercise], boxes, SEED, limits)
    late = [text for _, kind, text in grade.failures if kind == "TimedOut"]
    assert late[0] == "no end after 4 seconds"
    assert set(late[1:]) == {"no end after 1 second"}
    full = {name: check.points for name, check in SHEETS[exercise].checks.items()}
    assert {result.check: result.points for result in grade.results} == full | {"adam_step": 0}
    assert list(dict.fromkeys(asked))[-2:] == [("train_adding", seconds * score.AGAIN), ("train_adding", seconds)]
