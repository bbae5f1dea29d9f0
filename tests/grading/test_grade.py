"""`lstm-course grade`: a class of right, wrong, partial, broken and hostile notebooks, each with what it deserves."""

import functools
import inspect
import io
import json
import struct
import time

import nbformat
import numpy as np
import pytest

from lstm_helpers import checks
from lstm_helpers.grading import run, score
from lstm_helpers.grading.box import host, messages, references, sandbox
from lstm_helpers.grading.gradebook import assemble, store
from lstm_helpers.grading.gradebook.grade import BROKEN, GRADED, MISSING, TIMED_OUT
from lstm_helpers.lessons.gates import answers
from tests import ROOT
from tests.checks.solved import code_cells
from tests.grading.handed import SHEETS, SIGMOID, lay_out
from tests.grading.test_run import UNSAFE

LIMITS = host.Limits(cell=2.0, probe=1.0, start=60.0, notebook=40.0)
LAYERS = "z_i, z_f, z_g, z_o = np.split("


def edited(exercise, *edits, source="solutions"):
    """A notebook of the course with some text of its code replaced."""
    notebook = nbformat.read(ROOT / source / f"{exercise}.ipynb", as_version=4)
    for old, new in edits:
        touched = [cell for cell in notebook.cells if cell.cell_type == "code" and old in cell.source]
        assert touched, old
        for cell in touched:
            cell.source = cell.source.replace(old, new)
    return nbformat.writes(notebook)


def doubled():
    """The check cells twice, unlocked, with other points; the solution in new cells at the end."""
    stubs = nbformat.read(ROOT / "exercises" / "03_gates.ipynb", as_version=4)
    solved = nbformat.read(ROOT / "solutions" / "03_gates.ipynb", as_version=4)
    cells = [{**cell, "metadata": {"nbgrader": {"points": 99, "locked": False}}} for cell in stubs.cells]
    for cell in solved.cells:
        cell.metadata.clear()
    return json.dumps({**stubs, "cells": [*cells, *cells, *solved.cells]})


CHEAT = """
import lstm_helpers.lessons.gates.sheet as gates
sigmoid = gates.F.sigmoid
"""
STUBBORN = "while True:\n try:\n  while True: pass\n except BaseException: pass\n"
PATCHED = "import numpy as np\nnp.allclose = np.isclose = np.array_equal = lambda *a, **k: True"
NOISY = "import sys; print('x' * 10000); print('y', file=sys.stderr); e = np.exp"
USES_TORCH = [
    ("import numpy as np", "import csv, torch as t, numpy as np"),
    ("e = np.exp(", "return t.sigmoid(t.as_tensor(z)).numpy()\n    e = np.exp("),
]
CLASS = {
    "ada": {"03_gates": edited("03_gates"), "04_cell_state": edited("04_cell_state")},
    "untouched": {"03_gates": edited("03_gates", source="exercises")},
    "partial": {"03_gates": edited("03_gates", (LAYERS, "z_f, z_i, z_g, z_o = np.split("))},
    "carried": {"03_gates": edited("03_gates", ("return np.where(z >= 0, 1, e) / (1 + e)", "return np.tanh(z)"))},
    "endless": {"03_gates": edited("03_gates", ("print(sigmoid(", "while True: pass\nprint(sigmoid("))},
    "stubborn": {"03_gates": edited("03_gates", ("print(sigmoid(", STUBBORN + "print(sigmoid("))},
    "endless function": {"03_gates": edited("03_gates", ("    e = np.exp(-np.abs(z))", "    while True: pass"))},
    "exits": {"03_gates": edited("03_gates", ("print(sigmoid(", "import os; os._exit(0)\nprint(sigmoid("))},
    "exits in a function": {"03_gates": edited("03_gates", (LAYERS, "import os; os._exit(0)\n    " + LAYERS))},
    "no checks": {"03_gates": edited("03_gates", ("check(", "print("))},
    "doubled": {"03_gates": doubled()},
    "own check": {
        "03_gates": edited(
            "03_gates", ("from lstm_helpers.checks import check", "check = print"), (LAYERS, "return 1\n    " + LAYERS)
        )
    },
    "always equal": {
        "03_gates": edited("03_gates", ("import numpy as np", PATCHED), (LAYERS, "return (h_prev,) * 4\n    " + LAYERS))
    },
    "looks up": {
        "03_gates": edited(
            "03_gates", ("    ### BEGIN SOLUTION\n    e = np.exp(-np.abs(z))", CHEAT.replace("\n", "\n    "))
        )
    },
    "noisy": {"03_gates": edited("03_gates", ("e = np.exp", NOISY))},
    "asks": {"03_gates": edited("03_gates", ("print(sigmoid(", "input('?')\nprint(sigmoid("))},
    "imports torch": {"03_gates": edited("03_gates", ("print(sigmoid(", "import torch\nprint(sigmoid("))},
    "uses torch": {"03_gates": edited("03_gates", *USES_TORCH)},
    "truncated": {"03_gates": edited("03_gates")[:900]},
    "empty": {"03_gates": ""},
    "not utf-8": {"03_gates": b"\xff\xfe\xfa"},
    "a list": {"03_gates": "[]"},
    "=1+1": {},
}


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """{(student, exercise): Grade}, and what the run said, after one run over the class."""
    folder, out = tmp_path_factory.mktemp("class"), tmp_path_factory.mktemp("out")
    for student, notebooks in CLASS.items():
        (folder / student).mkdir()
        lay_out(folder / student, {f"{exercise}.ipynb": text for exercise, text in notebooks.items()})
    said = []
    run.grade(folder, out, seed=11, jobs=2, limits=LIMITS, unsafe=UNSAFE, say=said.append)
    with store.Store(out) as opened:
        grades = {(g.student, g.exercise): g for g in assemble.book(opened, SHEETS, None, None).grades}
    return grades, "\n".join(said)


def earned(grade):
    return {result.check: result.points for result in grade.results}


def told(grade):
    """Everything that the student reads about the checks and the cells."""
    said = [line for result in grade.results for line in result.lines]
    return "\n".join([*said, *(f"{kind}: {text}" for _, kind, text in grade.failures)])


FULL = {name: check.points for name, check in SHEETS["03_gates"].checks.items()}
DESERVED = {
    "ada": FULL,
    "untouched": dict.fromkeys(FULL, 0),
    "partial": {**FULL, "lstm_layers": 0},
    "carried": {**FULL, "sigmoid": 0},
    "endless": FULL,
    "stubborn": FULL,
    "endless function": {**FULL, "sigmoid": 0},
    "exits": FULL,
    "exits in a function": {**FULL, "lstm_layers": 0},
    "no checks": FULL,
    "doubled": FULL,
    "own check": {**FULL, "lstm_layers": 0},
    "always equal": {**FULL, "lstm_layers": 0},
    "looks up": {**FULL, "sigmoid": 0},
    "noisy": FULL,
    "asks": FULL,
    "imports torch": FULL,
    "uses torch": {**FULL, "sigmoid": 0},
}


@pytest.mark.parametrize("student", DESERVED)
def test_each_check_earns_what_its_function_deserves(graded, student):
    grade = graded[0][student, "03_gates"]
    assert grade.state == GRADED
    assert {result.check: result.points for result in grade.results} == DESERVED[student]
    assert grade.points == sum(DESERVED[student].values())


@pytest.mark.parametrize(
    ("student", "state", "note"),
    [
        ("truncated", BROKEN, "not JSON, or cut short"),
        ("empty", BROKEN, "an empty file"),
        ("not utf-8", BROKEN, "not UTF-8"),
        ("a list", BROKEN, "no notebook"),
        ("=1+1", MISSING, "no 03_gates.ipynb was handed in"),
    ],
)
def test_what_cannot_be_graded_has_a_row_that_says_why_and_no_points(graded, student, state, note):
    grade = graded[0][student, "03_gates"]
    assert (grade.state, grade.points, grade.final, grade.results) == (state, None, None, [])
    assert note in grade.note


def test_every_student_has_a_row_for_every_exercise_handed_in(graded):
    assert set(graded[0]) == {(s, e) for s in CLASS for e in ("03_gates", "04_cell_state")}
    assert graded[0]["ada", "04_cell_state"].points == SHEETS["04_cell_state"].points


def test_the_feedback_says_what_is_wrong_why_and_gives_a_hint(graded):
    partial = graded[0]["partial", "03_gates"]
    assert "Likely cause: the blocks are read in the order f, i, g, o." in told(partial)
    layers = next(r for r in partial.results if r.check == "lstm_layers")
    assert "The blocks lie in the order i, f, g, o" in "".join(layers.hints)
    assert "Not right yet before it: sigmoid" in told(graded[0]["carried", "03_gates"])


def test_cells_that_failed_are_named(graded):
    assert "no end after 2 seconds" in told(graded[0]["endless", "03_gates"])
    assert "it was left out" in told(graded[0]["exits", "03_gates"])
    assert "torch is not there when this exercise is graded: " in told(graded[0]["imports torch", "03_gates"])
    assert "BoxDied" not in told(graded[0]["ada", "03_gates"])


def test_a_function_that_uses_what_is_not_there_says_that_it_is_not_there(graded):
    sigmoid = graded[0]["uses torch", "03_gates"].results[0]
    assert any(
        "torch is not there when this exercise is graded: it is built from NumPy" in line for line in sigmoid.lines
    )
    assert "spelled" not in sigmoid.text
    assert sigmoid.cause == ""


def test_what_the_sandbox_stopped_is_told(graded):
    assert graded[0]["exits", "03_gates"].stopped == ["the process ended"]
    assert graded[0]["ada", "03_gates"].stopped == []


def test_a_library_is_flagged_with_its_line_and_costs_nothing(graded):
    assert any("lstm_helpers.lessons.gates.sheet" in flag for flag in graded[0]["looks up", "03_gates"].flags)
    assert graded[0]["ada", "03_gates"].flags == []


def test_the_instructor_is_told_what_the_class_got_wrong(graded):
    assert "1 x sigmoid: tanh in place of the sigmoid" in graded[1]


@pytest.fixture(scope="module")
def boxes():
    with sandbox.Boxes(unsafe=UNSAFE) as opened:
        yield opened


SLOW = "while True: pass"


def grade_cells(boxes, *cells, **limits):
    limits = host.Limits(**{"cell": 1.0, "probe": 0.5, "start": 60.0, "notebook": 4.0, **limits})
    boxes.prepare("numpy", limits)  # what boxes are forked from takes nobody's time
    start = time.monotonic()
    grade = score.grade_notebook(cells, "ann", SHEETS["03_gates"], boxes, 11, limits)
    assert time.monotonic() - start < limits.notebook + 1
    return grade


def test_a_notebook_ends_in_its_time_and_keeps_what_it_earned(boxes):
    grade = grade_cells(boxes, SIGMOID, *[SLOW] * 9)
    assert (grade.state, grade.points) == (GRADED, 2)
    assert grade.failures[-1][:2] == (10, "NotRun")
    assert "the time for its cells was over: from code cell" in grade.note


def test_what_did_not_run_has_not_earned_0(boxes):
    grade = grade_cells(boxes, *[SLOW] * 9, SIGMOID)
    assert (grade.state, grade.points) == (TIMED_OUT, None)


def test_deadly_cells_cannot_outlast_the_notebook(boxes):
    grade = grade_cells(boxes, *["import time, os; time.sleep(0.6); os._exit(1)"] * 30, SIGMOID)
    assert (grade.state, grade.points) == (TIMED_OUT, None)


def test_functions_that_never_end_cannot_outlast_the_notebook(boxes):
    names = ("lstm_layers", "gru_layers", "gate_bias", "from_onnx", "steps_to_half")
    defined = [f"def {name}(*given):\n    {SLOW}" for name in names]
    grade = grade_cells(boxes, SIGMOID, *defined, probe=2.0, notebook=5.0)
    assert grade.points == 2
    assert "was over before this could be looked at" in told(grade)


def test_a_function_that_kills_the_second_box_keeps_the_first_look(boxes):
    once = (
        "import pathlib, os\nclass D(dict):\n  def update(self, *_): os._exit(1)\nget_ipython().user_ns = D(globals())"
    )
    wrong = "def sigmoid(z): return z\ndef lstm_layers(x, h_prev, W_x, W_h, b): return (x,) * 4"
    grade = grade_cells(boxes, wrong, once, notebook=20.0)
    assert (grade.state, grade.points) == (GRADED, 0)


def test_the_second_look_sees_what_the_cells_left_and_nothing_of_the_first(boxes):
    cases = len(checks.find("lstm_layers").draw(11))
    right = inspect.getsource(answers.lstm_layers).replace("def lstm_layers", "def right")
    forgets = f"""seen = []
{right}
def lstm_layers(x, h_prev, W_x, W_h, b):
    seen.append(1)
    return right(x, h_prev, W_x, W_h, b) if len(seen) <= {cases} else (x,) * 4"""
    grade = grade_cells(boxes, "import numpy as np\ndef sigmoid(z): return z", forgets, notebook=20.0)
    assert earned(grade)["lstm_layers"] == 4


def test_a_function_that_ends_the_program_costs_its_own_points_and_no_second_run_of_the_cells(boxes):
    ends = "import numpy as np\ndef sigmoid(z):\n    import os\n    os._exit(3)"
    late = "import time; time.sleep(0.9)"
    grade = grade_cells(boxes, ends, inspect.getsource(answers.gate_bias), late, late, notebook=4.0)
    assert {name for name, points in earned(grade).items() if points} == {"gate_bias"}
    assert "stopped the program" in told(grade)
    assert grade.seconds < 3.6  # twice the cells


def test_a_notebook_that_leaves_no_room_for_a_process_is_probed_all_the_same(boxes):
    full = """import os, time
try:
    while True:
        if not os.fork():
            time.sleep(60)
except OSError:
    pass"""
    assert grade_cells(boxes, full, SIGMOID, notebook=20.0).points == 2


def test_a_box_that_does_not_answer_after_its_cells_costs_points_and_is_no_fault_of_ours(boxes):
    grade = grade_cells(boxes, SIGMOID, "import os\nos.fork = lambda: os._exit(5)", notebook=20.0)
    assert (grade.state, grade.points) == (GRADED, 0)
    assert "What the cells left did not answer" in told(grade)


def test_a_notebook_that_keeps_several_processors_busy_is_ended_and_graded_without_that_cell(boxes):
    busy = "import os\nfor _ in range(6):\n    if not os.fork():\n        while True: pass\nwhile True: pass"
    grade = grade_cells(boxes, SIGMOID, busy, cell=20.0, notebook=30.0, processors=0.05)
    assert grade.points == 2
    assert "ended for keeping more than 0.05 processors busy" in grade.stopped
    assert grade.failures[0][0] == 2


def test_the_same_seed_gives_the_same_cases_and_another_seed_others():
    check = checks.find("lstm_layers")
    one, same, other = (check.draw(seed)[0][1]["x"] for seed in (1, 1, 2))
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)


@pytest.fixture
def numpy_box(boxes):
    with boxes.open("numpy", host.Limits()) as opened:
        yield opened


@pytest.mark.parametrize(
    "module", ["lstm_helpers.nn", "lstm_helpers.lessons.gates.sheet", "lstm_helpers.checks.judge", "torch"]
)
def test_the_box_of_a_from_scratch_sheet_cannot_import_the_answers(numpy_box, module):
    kind, _ = numpy_box.run(f"import {module}")
    assert kind in ("ImportError", "ModuleNotFoundError")


def test_the_box_can_import_what_an_exercise_needs(numpy_box):
    for line in (
        "import numpy, matplotlib.pyplot",
        "from lstm_helpers.checks import check",
        "import lstm_helpers.data",
        "import lstm_helpers.figures, lstm_helpers.data.tasks",
        "%matplotlib inline",
    ):
        assert numpy_box.run(line) is None, line


def test_the_box_of_a_sheet_with_the_framework_has_no_model_that_the_course_trained(boxes):
    with boxes.open("torch", host.Limits()) as opened:
        for line in (
            "import torch, lstm_helpers.nn, lstm_helpers.parity, lstm_helpers.baselines.ngrams",
            "from lstm_helpers.training import Adam",
        ):
            assert opened.run(line) is None, line
    with boxes.open("text_generation", host.Limits()) as opened:
        for line in (
            "import torch, lstm_helpers.nn",
            "from lstm_helpers.projects.text_generation import unpack, bring_in",
        ):
            assert opened.run(line) is None, line
        for answer in ("stored", "nucleus", "with_temperature"):
            assert opened.run(f"from lstm_helpers.projects.text_generation.model import {answer}")[0] == "ImportError"
        parts = [f"projects.text_generation.{name}" for name in ("model", "figures", "experiments", "sheet")]
        for module in ("training", "baselines", "parity", *parts):
            kind, said = opened.run(f"import lstm_helpers.{module}")
            assert (kind, said.split(":")[0]) == (
                "ImportError",
                f"lstm_helpers.{module} is not there when this exercise is graded",
            )
        found = (
            "from pathlib import Path; 1 / len([*Path('/').glob('**/hidden_page*'), *Path('/').glob('**/pride_lstm*')])"
        )
        assert opened.run(found)[0] == "ZeroDivisionError"


@pytest.mark.parametrize("exercise", SHEETS)
def test_every_solution_of_the_course_earns_all_points_and_is_not_flagged(boxes, exercise):
    (notebook,) = (ROOT / "solutions").rglob(f"{exercise}.ipynb")
    cells = [cell.source for cell in code_cells(notebook)]
    for seed in (1, 2):
        grade = score.grade_notebook(cells, "ann", SHEETS[exercise], boxes, seed)
        assert {r.check: r.text for r in grade.results if r.points < r.of} == {}
        assert (grade.state, grade.points, grade.failures, grade.flags) == (
            GRADED,
            SHEETS[exercise].points,
            [],
            [],
        )


def test_references_that_enter_the_box_hold_no_other_answer():
    source = references.source_of([checks.find("sigmoid").oracle])
    assert "def sigmoid" in source
    assert "gate" not in source


GOOD = io.BytesIO()
messages.write(GOOD, {"a": 1}, {"x": np.arange(6.0).reshape(2, 3), "empty": np.zeros((0, 4), np.float32)})


def test_a_frame_comes_back_as_it_was_sent():
    header, arrays = messages.read(io.BytesIO(GOOD.getvalue()))
    assert header == {"a": 1}
    assert np.array_equal(arrays["x"], np.arange(6.0).reshape(2, 3))
    assert arrays["empty"].shape == (0, 4)


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\n",
        struct.pack("<4sI", b"LSTM", 1 << 30),
        struct.pack("<4sI", b"LSTM", 2) + b"[]",
        struct.pack("<4sI", b"LSTM", 3) + b"\xff{}",
        *(
            struct.pack("<4sI", b"LSTM", len(text)) + text
            for text in (
                b'{"arrays": [["x", "object", [1]]]}',
                b'{"arrays": [["x", "float64", [-1]]]}',
                b'{"arrays": [["x", "float64", [99999999999, 99999999999]]]}',
                b'{"arrays": 7}',
            )
        ),
    ],
)
def test_what_is_no_frame_is_refused(data):
    with pytest.raises(messages.FrameError):
        messages.read(io.BytesIO(data))


def test_a_cut_frame_is_the_end():
    with pytest.raises(EOFError):
        messages.read(io.BytesIO(GOOD.getvalue()[:-1]))


def test_a_forged_reply_scores_nothing():
    check = checks.find("sigmoid")
    forged = {"status": "correct", "points": 99, "outputs": {"s": 1}, "changed": "x", "floats": [{}] * 999, "text": 5}
    seen = host._believable(forged, {"other": np.zeros(3)}, check.returns, {"z": np.zeros(3)})
    assert seen.status == "misfit"
    assert seen.changed == []


def test_what_is_late_is_called_once_in_its_order_and_what_has_ended_never():
    called, alarms = [], host._Alarms()
    far, second, first, over = (
        alarms.after(seconds, functools.partial(called.append, name))
        for name, seconds in (("far", 60), ("second", 0.3), ("first", 0.1), ("over", 0.05))
    )
    with far, second, first:
        with over:
            pass
        time.sleep(0.6)
    assert called == ["first", "second"]
