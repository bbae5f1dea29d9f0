"""`lstm-course grade`: a class of right, wrong, partial, broken and hostile notebooks, each with what it deserves."""

import csv
import io
import os
import struct
import subprocess
import time
from concurrent.futures import Future
from pathlib import Path

import nbformat
import numpy as np
import pytest

from lstm_helpers import checks, cli
from lstm_helpers.grading import box, frames, pages, run, score
from tests.checks.solved import ROOT

LIMITS = box.Limits(cell=2.0, probe=1.0, start=60.0, notebook=40.0)
FORGET = "gate = slice(H, 2 * H)"


def edited(exercise, *edits, source="solutions"):
    """A notebook of the course with some text of its code replaced."""
    notebook = nbformat.read(ROOT / source / f"{exercise}.ipynb", as_version=4)
    for old, new in edits:
        touched = [cell for cell in notebook.cells if cell.cell_type == "code" and old in cell.source]
        assert touched, old
        for cell in touched:
            cell.source = cell.source.replace(old, new)
    return nbformat.writes(notebook)


NO_METADATA = {
    "cells": [{"cell_type": "code", "source": "import numpy as np", "metadata": {}, "outputs": []}],
    "metadata": {},
    "nbformat": 4,
    "nbformat_minor": 0,
}
CHEAT = """
import lstm_helpers.checks.gates as gates
sigmoid = gates.F.sigmoid
"""
STUBBORN = "while True:\n try:\n  while True: pass\n except BaseException: pass\n"
PATCHED = "import numpy as np\nnp.allclose = np.isclose = np.array_equal = lambda *a, **k: True"
NOISY = "import sys; print('x' * 10000); print('y', file=sys.stderr); e = np.exp"
CLASS = {
    "ada": {"03_gates": edited("03_gates"), "04_cell_state": edited("04_cell_state")},
    "untouched": {"03_gates": edited("03_gates", source="exercises")},
    "partial": {"03_gates": edited("03_gates", (FORGET, "gate = slice(0, H)"))},
    "carried": {"03_gates": edited("03_gates", ("return np.where(z >= 0, 1, e) / (1 + e)", "return np.tanh(z)"))},
    "endless": {"03_gates": edited("03_gates", ("print(sigmoid(", "while True: pass\nprint(sigmoid("))},
    "stubborn": {"03_gates": edited("03_gates", ("print(sigmoid(", STUBBORN + "print(sigmoid("))},
    "endless function": {"03_gates": edited("03_gates", ("    e = np.exp(-np.abs(z))", "    while True: pass"))},
    "exits": {"03_gates": edited("03_gates", ("print(sigmoid(", "import os; os._exit(0)\nprint(sigmoid("))},
    "exits in a function": {"03_gates": edited("03_gates", (FORGET, "import os; os._exit(0)"))},
    "no checks": {"03_gates": edited("03_gates", ("check(", "print("))},
    "own check": {
        "03_gates": edited("03_gates", ("from lstm_helpers.checks import check", "check = print"), (FORGET, "return 1"))
    },
    "always equal": {"03_gates": edited("03_gates", ("import numpy as np", PATCHED), (FORGET, "return h_prev"))},
    "looks up": {
        "03_gates": edited(
            "03_gates", ("    ### BEGIN SOLUTION\n    e = np.exp(-np.abs(z))", CHEAT.replace("\n", "\n    "))
        )
    },
    "noisy": {"03_gates": edited("03_gates", ("e = np.exp", NOISY))},
    "asks": {"03_gates": edited("03_gates", ("print(sigmoid(", "input('?')\nprint(sigmoid("))},
    "imports torch": {"03_gates": edited("03_gates", ("print(sigmoid(", "import torch\nprint(sigmoid("))},
    "truncated": {"03_gates": edited("03_gates")[:900]},
    "empty": {"03_gates": ""},
    "not utf-8": {"03_gates": b"\xff\xfe\xfa"},
    "a list": {"03_gates": "[]"},
    "=1+1": {},
    "<script>alert(1)</script>".replace("/", "-"): {
        "03_gates": edited("03_gates", (FORGET, "raise ValueError('<script>alert(2)</script>')"))
    },
}


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """{(student, exercise): row of grades.csv}, {student: feedback page}, after one run over the class."""
    folder, out = tmp_path_factory.mktemp("class"), tmp_path_factory.mktemp("out")
    for student, notebooks in CLASS.items():
        (folder / student).mkdir()
        for exercise, text in notebooks.items():
            (folder / student / f"{exercise}.ipynb").write_bytes(text if isinstance(text, bytes) else text.encode())
    said = []
    run.grade(folder, out, seed=11, jobs=2, limits=LIMITS, say=said.append)
    rows = list(csv.DictReader((out / "grades.csv").open(encoding="utf-8")))
    read = {(row["student"].removeprefix("'"), row["exercise"]): row for row in rows}
    shown = {s: (out / "feedback" / pages.file_name(s)).read_text(encoding="utf-8") for s in CLASS}
    return read, shown, "\n".join(said)


FULL = dict.fromkeys(("sigmoid", "forget_gate", "input_gate", "candidate", "output_gate"), "2")
DESERVED = {
    "ada": FULL,
    "untouched": dict.fromkeys(FULL, "0"),
    "partial": {**FULL, "forget_gate": "0"},
    "carried": {**FULL, "sigmoid": "0"},
    "endless": FULL,
    "stubborn": FULL,
    "endless function": {**FULL, "sigmoid": "0"},
    "exits": FULL,
    "exits in a function": {**FULL, "forget_gate": "0"},
    "no checks": FULL,
    "own check": {**FULL, "forget_gate": "0"},
    "always equal": {**FULL, "forget_gate": "0"},
    "looks up": {**FULL, "sigmoid": "0"},
    "noisy": FULL,
    "asks": FULL,
    "imports torch": FULL,
}


@pytest.mark.parametrize("student", DESERVED)
def test_each_check_earns_what_its_function_deserves(graded, student):
    row = graded[0][student, "03_gates"]
    assert row["state"] == score.GRADED
    assert {name: row[name] for name in FULL} == DESERVED[student]
    assert float(row["points"]) == sum(map(float, DESERVED[student].values()))


@pytest.mark.parametrize(
    ("student", "state", "note"),
    [
        ("truncated", score.BROKEN, "no notebook"),
        ("empty", score.BROKEN, "an empty file"),
        ("not utf-8", score.BROKEN, "not UTF-8"),
        ("a list", score.BROKEN, "no notebook"),
        ("=1+1", score.MISSING, "there is no 03_gates.ipynb"),
    ],
)
def test_what_cannot_be_graded_has_a_row_that_says_why_and_no_points(graded, student, state, note):
    row = graded[0][student, "03_gates"]
    assert (row["state"], row["points"], row["sigmoid"]) == (state, "", "")
    assert note in row["note"]
    assert f"Not graded: {state}." in graded[1][student]


def test_every_student_has_a_row_for_every_exercise_handed_in(graded):
    assert set(graded[0]) == {(s, e) for s in CLASS for e in ("03_gates", "04_cell_state")}
    assert graded[0]["ada", "04_cell_state"]["points"] == "11"


def test_the_feedback_page_says_what_is_wrong_why_and_gives_a_hint(graded):
    page = graded[1]["partial"]
    assert "Likely cause: the slice of the input gate." in page
    assert "The forget gate is the second block of H columns" in page
    assert "8 of 10 points" in page
    assert "Not right yet before it: sigmoid" in graded[1]["carried"]


def test_cells_that_failed_are_named(graded):
    assert "no end after 2 seconds" in graded[1]["endless"]
    assert "it was left out" in graded[1]["exits"]
    assert "torch is not there when this exercise is graded: " in graded[1]["imports torch"]
    assert "BoxDied" not in graded[1]["ada"]


def test_student_text_is_escaped_and_formulas_do_not_run(graded, tmp_path):
    hostile = next(s for s in CLASS if "script" in s)
    assert "<script>" not in graded[1][hostile]
    assert "&lt;script&gt;alert(2)" in graded[1][hostile]
    grades = [score.Grade("=1+1", "03_gates", score.MISSING, "@x")]
    run.write_csv(grades, tmp_path / "g.csv", seed=0)
    assert "'=1+1,03_gates" in (tmp_path / "g.csv").read_text()


def test_the_instructor_is_told_that_this_is_no_sandbox_and_what_the_class_got_wrong(graded):
    assert "it runs as you" in graded[2]
    assert "forget_gate: the slice of the input gate" in graded[2]


def test_the_same_seed_gives_the_same_cases_and_another_seed_others():
    check = checks.find("forget_gate")
    one, same, other = (check.draw(seed)[0][1]["x"] for seed in (1, 1, 2))
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)


def test_a_folder_that_holds_no_submissions_is_refused_in_plain_words(tmp_path, capsys):
    assert cli.main(["grade", str(tmp_path / "nowhere"), "--out", str(tmp_path / "out")]) == 2
    assert "expected DIR/<student>/<exercise>.ipynb" in capsys.readouterr().err
    (tmp_path / "ann").mkdir()
    assert cli.main(["grade", str(tmp_path), "--out", str(tmp_path / "out")]) == 2
    assert "no student has a file named like an exercise" in capsys.readouterr().err
    assert cli.main(["grade", str(tmp_path), "--out", str(tmp_path / "out"), "--exercise", "99"]) == 2
    assert "there is no exercise 99; there are: 03_gates" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_fault_of_the_grader_itself_costs_one_row(tmp_path, monkeypatch):
    class Broken:
        def submit(self, run_one, path, student, *_):
            future = Future()
            if student == "bad":
                future.set_exception(RuntimeError("no memory"))
            else:
                future.set_result(score.Grade(student, "03_gates", score.GRADED, points=1.0, of=10))
            return future

        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

    monkeypatch.setattr(run, "ProcessPoolExecutor", lambda *a, **k: Broken())
    for student in ("bad", "good", "out"):
        (tmp_path / student).mkdir()
        (tmp_path / student / "03_gates.ipynb").write_text("{}")
    run.grade(tmp_path, tmp_path / "out", seed=1, say=str)
    rows = list(csv.DictReader((tmp_path / "out" / "grades.csv").open()))
    assert [(row["student"], row["state"], row["points"]) for row in rows] == [
        ("bad", "not graded", ""),
        ("good", "graded", "1"),
    ]
    assert "RuntimeError: no memory" in rows[0]["note"]


@pytest.fixture
def numpy_box(tmp_path):
    with box.Box(box.stage(tmp_path, "numpy"), "numpy", box.Limits()) as opened:
        yield opened


@pytest.mark.parametrize(
    "module", ["lstm_helpers.nn", "lstm_helpers.checks.gates", "lstm_helpers.checks.judge", "torch"]
)
def test_the_box_of_a_from_scratch_sheet_cannot_import_the_answers(numpy_box, module):
    kind, _ = numpy_box.run(f"import {module}")
    assert kind in ("ImportError", "ModuleNotFoundError")


def test_the_box_can_import_what_an_exercise_needs(numpy_box):
    for line in (
        "import numpy, matplotlib.pyplot",
        "from lstm_helpers.checks import check",
        "import lstm_helpers.data",
        "import lstm_helpers.figures",
        "%matplotlib inline",
    ):
        assert numpy_box.run(line) is None, line


def test_a_box_leaves_nothing_behind(tmp_path):
    opened = box.Box(box.stage(tmp_path, "numpy"), "numpy", LIMITS)
    opened.run("import subprocess; child = subprocess.Popen(['sleep', '600']); open('pid', 'w').write(str(child.pid))")
    child = int(Path(opened.scratch, "pid").read_text())
    opened.close()
    assert not opened.alive
    assert not os.path.exists(opened.scratch)
    assert _has_ended(child)


def _has_ended(pid):
    """Gone, or a zombie that nobody has collected; waits up to five seconds."""
    for _ in range(50):
        listed = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True).stdout.strip()
        if not listed or listed.startswith("Z"):
            return True
        time.sleep(0.1)
    return False


def test_references_that_enter_the_box_hold_no_other_answer():
    source = score.reference_source([checks.find("sigmoid").oracle])
    assert "def sigmoid" in source
    assert "gate" not in source


GOOD = io.BytesIO()
frames.write(GOOD, {"a": 1}, {"x": np.arange(6.0).reshape(2, 3), "empty": np.zeros((0, 4), np.float32)})


def test_a_frame_comes_back_as_it_was_sent():
    header, arrays = frames.read(io.BytesIO(GOOD.getvalue()))
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
    with pytest.raises(frames.FrameError):
        frames.read(io.BytesIO(data))


def test_a_cut_frame_is_the_end():
    with pytest.raises(EOFError):
        frames.read(io.BytesIO(GOOD.getvalue()[:-1]))


def test_a_forged_reply_scores_nothing():
    check = checks.find("sigmoid")
    forged = {"status": "correct", "points": 99, "outputs": {"s": 1}, "changed": "x", "floats": [{}] * 999, "text": 5}
    seen = box._believable(forged, {"other": np.zeros(3)}, check.returns, {"z": np.zeros(3)})
    assert seen.status == "misfit"
    assert seen.changed == []
