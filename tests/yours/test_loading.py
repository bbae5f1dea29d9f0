"""What is taken from a notebook, and what is said of what cannot be taken."""

import inspect
import json
import os
import re
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from lstm_helpers import checks, yours
from lstm_helpers.nn import functional
from lstm_helpers.yours import definitions, loading, pieces, trial
from tests import ROOT

GATES, BACKWARD = "03_gates", "06_backward_through_time"
SIGMOID = "import numpy as np\ndef sigmoid(z):\n    return 0.5 * (1 + np.tanh(0.5 * z))"


def test_every_piece_has_the_signature_of_the_contract_and_a_check():
    for name, piece in pieces.PIECES.items():
        assert ", ".join(inspect.signature(pieces.reference(piece.exercise, name)).parameters) == piece.takes, name
        assert name in checks.sheets()[piece.exercise].checks


def test_what_is_right_is_the_students_and_the_report_says_from_where_and_when(solved):
    os.utime(solved.path(BACKWARD), (time.mktime((2026, 11, 12, 14, 3, 0, 0, 0, -1)),) * 2)
    found = yours.reload().found
    assert all(piece.theirs for piece in found.values()), str(yours.report())
    for name in found:
        own = getattr(yours, name).__wrapped__
        assert own.__code__.co_filename.startswith(f"work/{found[name].piece.exercise}.ipynb, cell")
    said = str(yours.report())
    assert "work/06_backward_through_time.ipynb, saved 12 Nov 14:03" in said
    assert "12 of 12 pieces are yours" in said
    assert max(map(len, said.splitlines())) <= 96
    layer = repr(yours.LSTM(3, 5, rng=np.random.default_rng(0)))
    assert "your quick backward pass (work/06_backward_through_time.ipynb, saved 12 Nov 14:03)" in layer


def test_without_notebooks_everything_is_the_reference_and_that_is_said(work, capsys):
    assert not any(found.theirs for found in yours.reload().found.values())
    assert "work/06_backward_through_time.ipynb is not there yet" in str(yours.report())
    assert yours.sigmoid.__wrapped__ is functional.sigmoid
    assert "sigmoid is the course's own: work/03_gates.ipynb is not there yet" in capsys.readouterr().out
    assert "the course's backward pass: work/06_backward_through_time.ipynb is not there yet" in repr(
        yours.LSTM(3, 5, rng=np.random.default_rng(0))
    )


def test_without_a_course_folder_everything_is_the_reference_and_that_is_said(work, monkeypatch):
    monkeypatch.setenv("LSTM_COURSE_HOME", str(work.folder))
    report = yours.reload()
    assert not any(found.theirs for found in report.found.values())
    assert "no course folder was found" in str(report)


def test_an_exercise_as_it_is_handed_out_is_not_written_yet(work):
    handed_out = json.loads((ROOT / "exercises" / f"{BACKWARD}.ipynb").read_text(encoding="utf-8"))
    work.path(BACKWARD).write_text(json.dumps(handed_out))
    assert yours.reload().found["lstm_backward"].why == "not written yet"


def test_nothing_but_definitions_runs(work, tmp_path):
    written = tmp_path / "written"
    report = work.write(
        GATES,
        f"open({str(written)!r}, 'w')",
        "while True:\n    pass",
        SIGMOID,
        f"a = open({str(written)!r}, 'w')",
        "sigmoid = print('called')",
        "import time, antigravity",
    )
    assert report.found["sigmoid"].theirs
    assert not written.exists()


@pytest.mark.parametrize(
    ("cells", "of_piece"),
    [
        (["half = 1 / 2\none, two = 1, 2.0", "def sigmoid(z):\n    return half * (one + np.tanh(z / two))"], 3),
        (["def squash(z): return 0.5 * (1 + np.tanh(0.5 * z))", "sigmoid = lambda z: squash(z)"], 2),
        (["def sigmoid(z): return z", "def sigmoid(z): return 0.5 * (1 + np.tanh(0.5 * z))"], 2),
        (["%%time\ndef sigmoid(z):\n    return 0.5 * (1 + np.tanh(0.5 * z))", "%%bash\nls -l | wc"], 1),
        (["%matplotlib inline\n!ls\nx = !ls\nnp.exp?\ndef sigmoid(z): return 0.5 * (1 + np.tanh(0.5 * z))"], 1),
        (["def sigmoid(z: torch.Tensor) -> Any: return 0.5 * (1 + np.tanh(0.5 * z))", "import torch"], 1),
        (["from math import *", "def sigmoid(z): return (1 + np.tanh(z / floor(2.5))) / 2"], 2),
        (["def sigmoid(z): return 0.5 * (1 + np.tanh(0.5 * z))", "def sigmoid(z) return z"], 1),
    ],
)
def test_a_piece_brings_what_it_is_made_of(work, cells, of_piece):
    cells = ["import numpy as np", *cells]
    assert len(definitions.read(cells, ["sigmoid"])[0]) == of_piece + 1
    found = work.write(GATES, *cells).found["sigmoid"]
    assert found.theirs, found.why
    assert yours.sigmoid(np.zeros(1)) == 0.5


def test_a_piece_of_an_exercise_before_can_be_imported_in_a_notebook(work):
    work.write(GATES, SIGMOID)
    step = """
from lstm_helpers import yours
from lstm_helpers.yours import sigmoid
def lstm_step(x, h_prev, c_prev, W_x, W_h, b):
    i, f, g, o = np.split(x @ W_x + h_prev @ W_h + b, 4, axis=1)
    c = sigmoid(f) * c_prev + yours.sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(c), c
"""
    found = work.write("04_cell_state", "import numpy as np", step).found["lstm_step"]
    assert found.theirs, found.why
    assert yours.lstm_step.__wrapped__.__globals__["sigmoid"] is yours.sigmoid


# ---------------------------------------------------------------- what is not right


def test_a_wrong_piece_is_replaced_and_its_fault_is_said(work):
    found = work.write(GATES, "import numpy as np", "def sigmoid(z): return 1 / (1 + np.exp(z))").found["sigmoid"]
    assert not found.theirs
    assert "Likely cause" in found.why
    assert yours.sigmoid.__wrapped__ is functional.sigmoid


def test_a_piece_is_judged_by_itself_and_says_which_function_of_the_course_helps_it(work):
    wrong = "def gates_backward(di, df, dg, do, i, f, g, o):\n    return np.concatenate([di, df, dg, do], axis=1)"
    found = work.solve(BACKWARD, wrong).found
    assert found["lstm_step_backward"].theirs
    assert found["lstm_step_backward"].helped == ("gates_backward",)
    assert "yours, with the course's gates_backward" in str(yours.report())
    assert yours.lstm_step_backward.__wrapped__.__globals__["gates_backward"] is pieces.reference(
        BACKWARD, "gates_backward"
    )


def test_a_piece_without_end_is_named_and_the_others_are_theirs(work):
    report = work.solve(
        BACKWARD, "def lstm_step_backward(dh, dc, x, h_prev, c_prev, c, gates, W_x, W_h):\n    while 1: pass"
    )
    assert "Does a loop never end?" in report.found["lstm_step_backward"].why
    assert report.found["lstm_backward"].theirs
    assert report.found["lstm_backward"].helped == ("lstm_step_backward",)


SWALLOWS = """
def sigmoid(z):
    while True:
        try:
            while True:
                z = z + 0
        except BaseException:
            pass
"""


def test_a_piece_that_takes_no_end_from_within_is_ended_from_without(work, monkeypatch):
    monkeypatch.setattr(trial, "SILENCE", 7)  # beyond the 5 after which its check tries
    found = work.write(GATES, SWALLOWS).found["sigmoid"]
    assert found.why == trial.ENDLESS


def test_definitions_that_never_end_are_never_run_here(work, monkeypatch):
    monkeypatch.setattr(trial, "SILENCE", 2)
    found = work.write(GATES, "def sigmoid(z, a=[x for x in iter(int, 1)]): return z").found["sigmoid"]
    assert found.why == trial.ENDLESS


def test_a_piece_that_ends_python_is_named_and_the_others_are_theirs(work):
    crash = "def project_inputs(x, W_x, b):\n    import os\n    os._exit(3)"
    found = work.solve("05_forward_through_time", crash).found
    assert found["project_inputs"].why == trial.CRASHED
    assert found["lstm_forward"].theirs


def test_a_definition_that_does_not_run_says_why(work):
    found = work.write(GATES, "@nothing\ndef sigmoid(z): return z", "def other(z): return z").found["sigmoid"]
    assert "does not run: NameError" in found.why


def test_a_cell_that_is_no_python_says_why(work):
    found = work.write(GATES, "\ndef sigmoid(z)\n    return z").found["sigmoid"]
    assert found.why == "its cell is no Python: expected ':', line 2"


@pytest.mark.parametrize("held", ["", '{"cells": [', "[]", '{"cells": 3}'])
def test_a_damaged_notebook_is_said_and_the_reference_used(work, held):
    work.path(BACKWARD).write_text(held)
    assert "06_backward_through_time.ipynb cannot be read: " in yours.reload().found["lstm_backward"].why
    assert yours.lstm_backward.__wrapped__ is pieces.reference(BACKWARD, "lstm_backward")


def test_where_no_process_can_be_started_pieces_are_tried_in_place(work, monkeypatch, capsys):
    def refused(*_, **__):
        raise BlockingIOError("no more processes")

    monkeypatch.setattr(trial.subprocess, "Popen", refused)
    assert work.write(GATES, SIGMOID).found["sigmoid"].theirs
    assert "restart the kernel" in capsys.readouterr().out


def test_whatever_a_cell_holds_the_others_count(work):
    deep = "a = " + "-" * 900 + "1"
    assert (
        work.write(GATES, "a\0b", deep, "a = '\ud800'", "(" * 300, "\tdef x(): pass", SIGMOID).found["sigmoid"].theirs
    )


def test_in_a_browser_pieces_are_tried_in_place_and_that_is_said(work, monkeypatch, capsys):
    monkeypatch.setattr(trial.sys, "platform", "emscripten")
    monkeypatch.setattr(trial.subprocess, "Popen", None)
    assert work.write(GATES, SIGMOID).found["sigmoid"].theirs
    assert "restart the kernel" in capsys.readouterr().out


NEEDS = "def sigmoid(z): return half * (1 + np.tanh(half * z))"


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        (["half = np.float64(0.5)", NEEDS], "it needs half: what defines it in cell 2 is not taken"),
        (["for half in (0.5,): pass", NEEDS], "it needs half: what defines it in cell 2 is not taken"),
        (["from fractions import half", NEEDS], "it needs half: the import in cell 2 is not taken"),
        (["half = = 0.5\ndef squash(z): pass", "def sigmoid(z): return squash(z)"], "it needs squash: its cell is no"),
        (["sigmoid = np.vectorize(abs)"], "what defines it in cell 2 is not taken"),
        (["if True:\n    def sigmoid(z): return z"], "what defines it in cell 2 is not taken"),
        (["def sigmoid(z): return quarter * z"], "there is no `quarter` here"),
    ],
)
def test_what_a_piece_needs_and_is_not_taken_is_named_with_its_cell(work, cells, said):
    found = work.write(GATES, "import numpy as np", *cells).found["sigmoid"]
    assert not found.theirs
    assert said in found.why


@pytest.mark.parametrize(
    "cells",
    [
        ["half = 1", "half /= 2", NEEDS],
        ["half = 1", NEEDS, "half = half + 1\nhalf /= 2 * half"],
        ["half = other = 1", "other /= 2\nhalf = other", NEEDS],
        ["half: float = 1\nhalf -= half / 2", NEEDS],
        ["parts = {'half': 1}", "parts['half'] /= 2", NEEDS.replace("half", "parts['half']")],
        ["parts = [1, 2]", "parts[0] = 0.5\nparts[1:] = [7]", NEEDS.replace("half", "parts[0]")],
        ["parts = {'b': [1]}", "parts['b'][0] = 1 / 2", NEEDS.replace("half", "parts['b'][0]")],
        ["half = 3", "half = np.exp(half)", "half = 0.5", NEEDS],
        ["half = 3", "del half", "half = 0.5", NEEDS],
    ],
)
def test_a_value_is_what_it_is_at_the_end_of_the_notebook(work, cells):
    found = work.write(GATES, "import numpy as np", *cells).found["sigmoid"]
    assert found.theirs, found.why
    assert yours.sigmoid(np.zeros(1)) == 0.5


@pytest.mark.parametrize(
    "change",
    ["half = np.float64(3)", "half /= np.float64(3)", "for half in range(4): pass", "if True: half = 3", "del half",
     "try:\n    half += 1\nexcept NameError: pass"],
)  # fmt: skip
def test_a_value_that_is_changed_by_what_is_not_taken_is_none_any_more(work, change):
    cells = ["import numpy as np", "half = 0.5", NEEDS, change]
    found = work.write(GATES, *cells).found["sigmoid"]
    assert not found.theirs
    assert "it needs half: what changes it in cell 4 is not taken" in found.why


@pytest.mark.parametrize("change", ["parts[0] = float(7)", "parts.append(7)", "del parts[0]", "parts.insert(0, 7)"])
def test_a_list_that_is_changed_by_what_is_not_taken_is_none_any_more(work, change):
    needs = NEEDS.replace("half", "parts[0]")
    found = work.write(GATES, "import numpy as np", "parts = [0.5]", needs, change).found["sigmoid"]
    assert not found.theirs
    assert "it needs parts: what changes it in cell 4 is not taken" in found.why


ONCE = SIGMOID.replace("def", "did = []\ndef").replace("    return", "    if not did: did.append({})\n    return")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="a system without forks")
def test_a_fork_of_a_piece_goes_on_with_nothing(work, tmp_path):
    """Else every call makes as many processes as there are, and what the last of them says would count."""
    went_on = tmp_path / "went_on"
    text = ONCE.format(f"__import__('os').fork() or open({str(went_on)!r}, 'w')")
    assert work.write(GATES, text).found["sigmoid"].theirs
    assert not went_on.exists()


@pytest.mark.skipif(sys.platform != "linux", reason="a system that limits no memory")
def test_a_piece_that_takes_too_much_memory_is_told_so(work):
    found = work.write(GATES, SIGMOID.replace("    return", "    np.zeros(10**9)\n    return")).found["sigmoid"]
    assert not found.theirs
    assert "Unable to allocate 7.45 GiB" in found.why


def test_a_notebook_under_another_name_is_named(work):
    work.save("03_gates-Copy1", SIGMOID)
    work.save("03_gates_of_mine", SIGMOID)
    assert "03_gates.ipynb is not there, but 03_gates-Copy1.ipynb is: rename that" in str(yours.reload())


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="no /proc to see processes in")
def test_what_a_piece_has_started_ends_with_its_trial(work, tmp_path):
    told = tmp_path / "pid"
    started = f"open({str(told)!r}, 'w').write(str(__import__('subprocess').Popen(['sleep', '600']).pid))"
    assert work.write(GATES, ONCE.format(started)).found["sigmoid"].theirs
    for _ in range(100):
        try:
            if Path(f"/proc/{told.read_text()}/stat").read_text().split()[2] == "Z":
                return
        except (FileNotFoundError, ProcessLookupError):
            return
        time.sleep(0.05)
    pytest.fail("it still runs")


def test_a_file_beside_the_notebooks_is_no_module_of_python(work, monkeypatch):
    (work.folder / "queue.py").write_text("raise SystemExit")
    monkeypatch.chdir(work.folder)
    assert work.write(GATES, SIGMOID).found["sigmoid"].theirs


# ---------------------------------------------------------------- once more


def test_what_a_busy_machine_ended_is_tried_again_after_reload(work, monkeypatch):
    monkeypatch.setattr(trial, "SILENCE", 0.001)
    assert work.write(GATES, SIGMOID).found["sigmoid"].why == trial.ENDLESS
    monkeypatch.undo()
    monkeypatch.setenv("LSTM_COURSE_HOME", str(work.root))
    assert loading.load().found["sigmoid"].why == trial.ENDLESS
    assert yours.reload().found["sigmoid"].theirs


def test_what_has_not_changed_is_not_tried_again(work, monkeypatch):
    work.write(GATES, SIGMOID)
    monkeypatch.setattr(trial, "verdicts", None)
    assert work.write(GATES, "", SIGMOID, "1 / 0").found["sigmoid"].theirs


def test_what_has_changed_is_tried_again_after_reload(work):
    assert work.write(GATES, SIGMOID).found["sigmoid"].theirs
    assert not work.write(GATES, SIGMOID.replace("0.5 * z", "z")).found["sigmoid"].theirs
    assert work.write(GATES, SIGMOID).found["sigmoid"].theirs


def test_another_check_tries_everything_again(work, monkeypatch):
    work.write(GATES, SIGMOID)
    asked = []
    monkeypatch.setattr(loading, "_version", lambda: "another")
    monkeypatch.setattr(trial, "verdicts", lambda notebooks: asked.extend(notebooks) or {})
    yours.reload()
    assert asked == [GATES]


def test_a_memory_with_something_else_in_place_of_a_name_is_not_used(work):
    work.write(GATES, SIGMOID)
    memory = work.folder / loading.MEMORY
    memory.write_text(memory.read_text().replace('"helped": []', '"helped": [3]'))
    assert re.search(r"sigmoid +yours", str(yours.reload()))


@pytest.mark.parametrize("held", ["", "[]", '{"tried": {"a": {"sigmoid": 1}}}', '{"tried": 3}', "\xff"])
def test_a_damaged_memory_only_costs_time(work, held):
    work.write(GATES, SIGMOID)
    (work.folder / loading.MEMORY).write_text(held, encoding="latin-1")
    assert yours.reload().found["sigmoid"].theirs


def test_the_memory_holds_the_last_trials_alone(work, monkeypatch):
    monkeypatch.setattr(loading, "REMEMBERED", 2)
    for text in ("0.25 * z", "z", "2 * z", "3 * z"):
        work.write(GATES, SIGMOID.replace("0.5 * z", text))
    assert len(json.loads((work.folder / loading.MEMORY).read_text())["tried"]) == 2


def test_another_folder_can_be_named_and_its_files_have_neither_a_folder_nor_a_time(work, monkeypatch):
    work.write(GATES, SIGMOID)
    work.folder.rename(work.root / "elsewhere")
    monkeypatch.setenv("LSTM_COURSE_WORK", "elsewhere")
    assert re.search(r"\n03_gates\.ipynb\n  sigmoid +yours", str(yours.reload()))


@pytest.mark.parametrize(
    ("named", "said"), [("no_such", "no_such is no folder"), ("notebooks", "notebooks holds none")]
)
def test_another_folder_that_is_none_is_named_with_its_variable(solved, monkeypatch, named, said):
    monkeypatch.setenv("LSTM_COURSE_WORK", named)
    report = " ".join(str(yours.reload()).split())
    assert f"{solved.root}/{said}" in report
    assert "(LSTM_COURSE_WORK names it: correct that, or unset it)" in report


def test_names_that_are_no_piece_are_refused():
    with pytest.raises(AttributeError, match="lstm_forwards"):
        yours.lstm_forwards  # noqa: B018
    assert set(pieces.PIECES) <= set(dir(yours))
