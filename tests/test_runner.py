"""``lstm-course check`` praises what ran and nothing else, whatever a notebook is called and wherever it lies."""

import nbformat
import pytest

from lstm_helpers import cli, runner
from tests.checks.solved import ROOT

SIGMOID = "import numpy as np\nfrom lstm_helpers.checks import check\ndef sigmoid(z):\n    return {}"
RIGHT, WRONG = SIGMOID.format("np.exp(-np.logaddexp(0, -z))"), SIGMOID.format("np.tanh(z)")
ASKED = 'check("sigmoid", sigmoid)'


@pytest.fixture
def say(capsys):
    """Run ``lstm-course check`` on files; returns (exit code, what it says)."""

    def run(*paths):
        code = cli.main(["check", *map(str, paths)])
        return code, capsys.readouterr().out

    return run


def store(path, *sources, tags=(), kind=nbformat.v4.new_code_cell):
    cells = [kind(source, metadata={"tags": list(tags)}) for source in sources]
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    return path


NAMES = [
    "03_gates [1].ipynb", "[CS 101]/03_gates.ipynb", "week::3/03_gates.ipynb", "a::b.ipynb", "03_gates.IPYNB",
    "03_gates.ipynb.txt", "03_gates", "  .ipynb", "-k.ipynb", "Übung 深い.ipynb", "100% {x}.ipynb", "x" * 240,
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_of_any_name_is_run(say, tmp_path, name):
    path = store(tmp_path / name, WRONG, ASKED)
    code, said = say(path)
    assert code == 1
    assert said.startswith(f"{path}: 1 of 2 code cells are not right yet\n  cell 2: sigmoid: wrong, 0 of 2 points")


def test_an_untouched_exercise_and_its_solution(say, tmp_path):
    folder = tmp_path / "[CS 101]" / "week::3"
    folder.mkdir(parents=True)
    for name in ("exercises", "solutions"):
        (folder / f"{name} [1].ipynb").write_bytes((ROOT / name / "01_sequences.ipynb").read_bytes())
    code, said = say(folder / "exercises [1].ipynb", folder / "solutions [1].ipynb")
    assert code == 1
    assert "encode: not attempted, 0 of " in said
    assert said.count("code cells are not right yet") == 1
    assert said.splitlines()[-1].endswith("code cells run (28), and all checks are correct (9)")


def test_a_notebook_without_code_is_not_praised(say, tmp_path):
    words = store(tmp_path / "words.ipynb", "# A title", ASKED, kind=nbformat.v4.new_markdown_cell)
    blank = store(tmp_path / "blank.ipynb", " \n")
    for path in (words, blank, store(tmp_path / "empty.ipynb")):
        assert say(path) == (1, f"{path}: it holds no code cell, so nothing was run\n")


def test_a_notebook_without_a_check_is_not_said_to_have_right_answers(say, tmp_path):
    path = store(tmp_path / "lesson.ipynb", "x = 1", "x + 1")
    assert say(path) == (0, f"{path}: all code cells run (2), but there is no check: no answer was looked at\n")


def test_a_check_that_was_taken_out_is_missed(say, tmp_path):
    path = store(tmp_path / "half.ipynb", RIGHT, ASKED)
    code, said = say(path)
    assert code == 1
    assert "its exercise also asks for forget_gate, input_gate, " in said
    assert "sigmoid" not in said.splitlines()[-1]


@pytest.mark.parametrize("tag", ["nbval-skip", "skip-execution", "raises-exception", "nbval-raises-exception", "skip"])
def test_no_tag_of_a_cell_lets_it_pass(say, tmp_path, tag):
    code, said = say(store(tmp_path / "tagged.ipynb", WRONG, ASKED, tags=[tag]))
    assert code == 1
    assert "cell 2: sigmoid: wrong" in said


def test_an_error_names_its_cell_and_later_cells_are_run(say, tmp_path):
    code, said = say(store(tmp_path / "n.ipynb", "1 / 0", WRONG, ASKED, "input()"))
    assert code == 1
    assert (
        "3 of 4 code cells are not right yet\n  cell 1: ZeroDivisionError: division by zero\n  cell 3: sigmoid" in said
    )
    assert "cell 4: StdinNotImplementedError: " in said


def test_a_cell_that_ends_the_process_is_named_and_what_did_not_run_is_counted(say, tmp_path):
    code, said = say(store(tmp_path / "n.ipynb", "x = 1", "import os; os._exit(1)", "x", "x"))
    assert code == 1
    assert "1 of 4 code cells are not right yet\n  cell 2: it ended the whole process" in said
    assert "2 cells were not run" in said


def test_an_endless_cell_is_interrupted_and_the_next_one_is_run(say, tmp_path, monkeypatch):
    monkeypatch.setattr(runner, "LONGEST", 5)
    code, said = say(store(tmp_path / "n.ipynb", "while True: pass", "1 / 0"))
    assert code == 1
    assert "cell 1: TimeoutError: it ran longer than 5 seconds" in said
    assert "cell 2: " in said
    assert "not run" not in said


@pytest.mark.parametrize("data", [b"", b"{}", b"[1]", b"null", b"\xff\xfe", b"{half", b'{"cells": 1}', b"%PDF-1.7"])
def test_what_is_no_notebook_is_said_and_the_next_file_is_run(say, tmp_path, data):
    (tmp_path / "odd.ipynb").write_bytes(data)
    code, said = say(tmp_path / "odd.ipynb", store(tmp_path / "n.ipynb", "x = 1"))
    assert code == 1
    assert f"{tmp_path / 'odd.ipynb'}: it is not a notebook that can be read" in said
    assert "all code cells run (1)" in said


def test_a_notebook_runs_in_its_folder_and_neither_it_nor_the_progress_is_changed(say, tmp_path, monkeypatch):
    monkeypatch.setenv("LSTM_COURSE_PROGRESS", str(tmp_path / "progress.json"))
    path = store(tmp_path / "below" / "n.ipynb", "import helper", RIGHT, ASKED)
    (tmp_path / "below" / "helper.py").write_text("")
    before = path.read_bytes()
    assert "and all checks are correct (1)" in say(path)[1]
    assert path.read_bytes() == before
    assert not (tmp_path / "progress.json").exists()


def test_a_notebook_with_the_mark_that_windows_editors_write_is_read(say, tmp_path):
    path = store(tmp_path / "n.ipynb", "x = 1")
    path.write_text(path.read_text(encoding="utf-8"), encoding="utf-8-sig")
    assert say(path)[0] == 0


def test_a_folder_is_not_a_notebook(capsys, tmp_path):
    assert cli.main(["check", str(tmp_path)]) == 2
    assert "it is a folder" in capsys.readouterr().err
