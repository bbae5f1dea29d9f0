"""``lstm-course check`` praises what ran and nothing else, whatever a notebook is called and wherever it lies."""

import contextlib
import errno
import io
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from unittest import mock

import nbclient
import nbformat
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jupyter_client.kernelspec import NoSuchKernel

from lstm_helpers.commands import check, cli, kernel
from lstm_helpers.course import places
from lstm_helpers.grading.submissions import reading
from tests import ROOT

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
    assert said.startswith(f"{path}: 1 of 2 code cells is not right yet\n  cell 2: sigmoid: wrong, 0 of 2 points")


def test_an_untouched_exercise_and_its_solution(say, tmp_path):
    folder = tmp_path / "[CS 101]" / "week::3"
    folder.mkdir(parents=True)
    for name in ("exercises", "solutions"):
        (folder / f"{name} [1].ipynb").write_bytes((ROOT / name / "01_sequences.ipynb").read_bytes())
    code, said = say(folder / "exercises [1].ipynb", folder / "solutions [1].ipynb")
    assert code == 1
    assert "encode: not attempted, 0 of " in said
    assert said.count("code cells are not right yet") == 1
    assert said.splitlines()[-1].endswith("code cells run (34), and all checks are correct (11)")


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
    assert "its exercise also asks for lstm_layers, gru_layers, " in said
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
    assert "1 of 4 code cells is not right yet\n  cell 2: it ended the whole process" in said
    assert "2 cells were not run" in said


def test_an_endless_cell_is_interrupted_and_the_next_one_is_run(say, tmp_path, monkeypatch):
    monkeypatch.setattr(check, "LONGEST", 2)
    code, said = say(store(tmp_path / "n.ipynb", "while True: pass", "1 / 0"))
    assert code == 1
    assert "cell 1: TimeoutError: it ran longer than 2 seconds" in said
    assert "cell 2: " in said
    assert "not run" not in said


@pytest.fixture
def managers(monkeypatch):
    """Functions that change the managers of kernels, one for each start in turn."""
    waiting, real = [], nbclient.NotebookClient.create_kernel_manager

    def create(self):
        made = real(self)
        if waiting:
            waiting.pop(0)(made)
        return made

    monkeypatch.setattr(nbclient.NotebookClient, "create_kernel_manager", create)
    return waiting


@pytest.fixture
def taken():
    """Give a kernel a port that another program listens on."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()

        def take(manager):
            manager.cache_ports, manager.shell_port = False, other.getsockname()[1]

        yield take


def test_where_a_port_is_taken_another_one_is_tried(say, tmp_path, managers, taken):
    managers.append(taken)
    path = store(tmp_path / "n.ipynb", "x = 1")
    assert say(path) == (0, f"{path}: all code cells run (1), but there is no check: no answer was looked at\n")
    assert not managers


def raises(error):
    def start_kernel(*_, **__):
        raise error

    return lambda manager: setattr(manager, "start_kernel", start_kernel)


def with_command(*command):
    """Start this in place of a kernel."""
    return lambda manager: setattr(manager.kernel_spec, "argv", [sys.executable, *command])


NEVER = {  # what keeps a kernel from starting: what is said
    "no kernel": (raises(NoSuchKernel("python3")), "there is no kernel of this Python\n  set the course up again"),
    "no room": (
        raises(OSError(errno.ENOSPC, "No space", "/run/k.json")),
        "/run/k.json: the disk is full\n  delete what",
    ),
    "no process": (raises(OSError(errno.EAGAIN, "Resource temporarily unavailable")), "Resource temporarily un"),
    "no folder": (raises(PermissionError(errno.EACCES, "Denied", "/run/k.json")), "k.json: you may not write there\n"),
    "broken": (
        with_command("-c", "import no_such_part"),
        'it ended before it was ready, with "ModuleNotFoundError: No',
    ),
    "silent": (with_command("-c", "raise SystemExit(3)"), "it ended before it was ready\n  try again; if it stays so"),
    "no answer": (raises(RuntimeError("Kernel didn't respond in 60 seconds")), "it gave no sign of life within a min"),
}


@pytest.mark.parametrize("why", NEVER)
def test_a_kernel_that_does_not_start_is_told_with_what_to_do_and_the_next_file_is_run(say, tmp_path, managers, why):
    change, expected = NEVER[why]
    managers += [change] * (kernel.TRIES if why in ("broken", "silent", "no answer") else 1)
    path, other = store(tmp_path / "n.ipynb", "x = 1"), store(tmp_path / "other.ipynb", "x = 1")
    code, said = say(path, other)
    assert code == 1
    assert said.startswith(f"{path}: its kernel, the program that runs it, did not start, so nothing was run: ")
    assert expected in said
    assert f"{other}: all code cells run (1)" in said


def test_a_port_that_stays_taken_is_told(tmp_path):
    """In a process of its own: nothing but the two lines is left of it, on standard error neither."""
    code = (
        "import nbclient, socket, sys\nreal = nbclient.NotebookClient.create_kernel_manager\n"
        "other = socket.socket(); other.bind(('127.0.0.1', 0)); other.listen()\n"
        "def create(self):\n    made = real(self)\n    made.cache_ports = False\n"
        "    made.shell_port = other.getsockname()[1]\n    return made\n"
        "nbclient.NotebookClient.create_kernel_manager = create\n"
        "from lstm_helpers.commands import cli; sys.exit(cli.main(['check', sys.argv[1]]))"
    )
    path = store(tmp_path / "n.ipynb", "x = 1")
    ran = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, cwd=ROOT)
    assert (ran.returncode, ran.stderr) == (1, "")
    assert ran.stdout.endswith("another program uses the port that it was given\n  try again in a minute\n")


ODD = {  # what a file may hold: why nothing of it is run
    b"": "an empty file",
    b"{}": "no notebook: it holds no cells",
    b"[1]": "no notebook: it holds no cells",
    b"null": "no notebook: it holds no cells",
    b"\xff\xfe": "an empty file",
    b"{half": "no notebook: it is not JSON, or cut short after 1 character",
    b'{"cells": 1}': "no notebook: it holds no cells",
    b'{"cells": []}': "it holds no code cell",
    b"%PDF-1.7": "no notebook: it is a PDF",
}


@pytest.mark.parametrize("data", ODD)
def test_what_is_no_notebook_is_said_and_the_next_file_is_run(say, tmp_path, data):
    (tmp_path / "odd.ipynb").write_bytes(data)
    code, said = say(tmp_path / "odd.ipynb", store(tmp_path / "n.ipynb", "x = 1"))
    assert code == 1
    assert said.startswith(f"{tmp_path / 'odd.ipynb'}: {ODD[data]}")
    assert "all code cells run (1)" in said
    assert "reset" not in said  # it is no exercise of theirs


def test_half_a_character_is_the_fault_of_its_cell_alone(say, tmp_path):
    half = store(tmp_path / "half.ipynb", "x = 1", "y = 2\nz = 'HALF'", "print(x)", "print(z)")
    half.write_text(half.read_text(encoding="utf-8").replace("HALF", "\\ud800"), encoding="utf-8")
    code, said = say(half, store(tmp_path / "n.ipynb", "x = 1"))
    assert code == 1
    assert f"{half}: 2 of 4 code cells are not right yet\n" in said
    assert "cell 2: UnicodeError: line 2 holds half of a character, '\\ud800': delete it and type it anew\n" in said
    assert "cell 4 follows from it, for want of z" in said
    assert "n.ipynb: all code cells run (1)" in said


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


# ---------------------------------------------------------------- one cause, many cells


def test_cells_that_lack_what_a_failed_cell_defines_stand_below_it(say, tmp_path):
    broken = "import numpi\nimport numpy as np"
    path = store(tmp_path / "n.ipynb", broken, SIGMOID.split("\n")[1], "x = np.ones(3)", "x + 1", "1 / 0", "qqq")
    code, said = say(path)
    assert code == 1
    assert said.splitlines()[1:] == [
        "  cell 1: ModuleNotFoundError: No module named 'numpi'",
        "    cells 3, 4 follow from it, for want of np, x: repair cell 1 first",
        "  cell 5: ZeroDivisionError: division by zero",
        "  cell 6: NameError: name 'qqq' is not defined",
    ]


def test_a_check_of_a_function_whose_cell_failed_follows_from_it(say, tmp_path):
    imports, function = RIGHT.split("def ")
    bad = f"%matplotlib inline\nawait 1\ndef {function}\n)"
    said = say(store(tmp_path / "n.ipynb", imports, bad, ASKED, "%%time\nsigmoid = sigmoid", ASKED))[1].splitlines()
    assert said[0].endswith("4 of 5 code cells are not right yet")
    assert said[1].startswith("  cell 2: SyntaxError: ")
    assert said[2] == "    cells 3, 4, 5 follow from it, for want of sigmoid: repair cell 2 first"


def test_a_check_that_meets_a_name_of_a_failed_cell_follows_from_it(say, tmp_path):
    head = "from lstm_helpers.checks import check"
    path = store(
        tmp_path / "n.ipynb", "1 / 0\nimport numpy as np", head, "def sigmoid(z):\n    return np.exp(z)", ASKED
    )
    assert "    cell 4 follows from it, for want of np: repair cell 1 first" in say(path)[1].splitlines()


def test_a_name_that_no_failed_cell_defines_has_a_cause_of_its_own(say, tmp_path):
    said = say(store(tmp_path / "n.ipynb", "1 / 0", "y = 1", "x", "x"))[1]
    assert "follow" not in said
    assert said.count("name 'x' is not defined") == 2


# ---------------------------------------------------------------- what is counted is what is listed


def counted(said):
    """(cells that the headline counts, cells listed as not right, cells listed as right after a wrong one)."""
    headline, *listed = said.splitlines()
    wrong, right = set(), set()
    group = wrong
    for line in listed:
        if "right answer" in line:
            group = right
        elif match := re.match(r"  cell (\d+): |    cells? ([\d, ]+) follow", line):
            group |= {int(number) for number in re.findall(r"\d+", match[1] or match[2])}
    return int(re.search(r": (\d+) of \d+ code cells? (?:is|are) not right yet", headline)[1]), wrong, right


FAULTS = st.lists(
    st.tuples(
        st.sampled_from(["wrong", "carried", "lacks", "raises"]),
        st.sampled_from("abc"),
        st.sets(st.sampled_from("abc")),
    ),
    min_size=1,
    max_size=12,
)
REASONS = {
    "wrong": "{}: wrong, 0 of 2 points\n{} is 1, expected 2",
    "carried": "{}: correct, 2 of 2 points\nThis function itself is right: these points are yours.",
    "lacks": "NameError: name '{}' is not defined",
    "raises": "ValueError: {}",
}


@settings(deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(FAULTS)
def test_the_headline_counts_the_cells_that_are_listed_as_not_right(faults):
    made = [
        check.Fault(cell, REASONS[kind].format(name, name), frozenset(defines), kind == "carried")
        for cell, (kind, name, defines) in enumerate(faults, 1)
    ]
    with (
        tempfile.TemporaryDirectory() as folder,
        mock.patch.object(check, "_run", return_value=check.Ran(cells=20, ran=20, faults=made)),
        contextlib.redirect_stdout(io.StringIO()) as said,
    ):
        assert check.check([store(Path(folder) / "n.ipynb", "x = 1")]) == 1
    carried = {fault.cell for fault in made if fault.carried}
    wrong = {fault.cell for fault in made} - carried
    assert counted(said.getvalue()) == (len(wrong), wrong, carried)


def test_a_right_answer_after_a_wrong_one_is_listed_and_not_counted_as_wrong(say, tmp_path):
    text = (ROOT / "solutions/05_forward_through_time.ipynb").read_text(encoding="utf-8")
    slip = text.replace("h = sigmoid(o) * np.tanh(c)\\n", "h = sigmoid(o) * c\\n", 1)
    assert slip != text
    (tmp_path / "05_forward_through_time.ipynb").write_text(slip, encoding="utf-8")
    code, said = say(tmp_path / "05_forward_through_time.ipynb")
    assert code == 1
    count, wrong, right = counted(said)
    assert count == len(wrong)
    assert right
    assert not wrong & right
    before, _, after = said.partition("right answer")
    assert ": correct, " not in before
    assert "lstm_forward: correct, 4 of 4 points" in after


# ---------------------------------------------------------------- an exercise by its name


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A course folder with two exercises and the student's copy of one, and this process inside it."""
    for path in ("notebooks/00_start_here.ipynb", "exercises/03_gates.ipynb", "exercises/04_cell_state.ipynb"):
        store(tmp_path / path, "1")
    store(tmp_path / "work" / "03_gates.ipynb", "mine = 1", "mine")
    monkeypatch.delenv("LSTM_COURSE_HOME", raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", ["03", "3", "gates", "03_gates", "03_Gates.ipynb", "work/03_gates.ipynb"])
def test_an_exercise_is_the_students_own_copy(say, home, name):
    assert say(name)[1].startswith(f"{os.path.join('work', '03_gates.ipynb')}: all code cells run (2)")


def test_what_is_right_in_the_students_own_copy_counts_on_the_map(say, home, monkeypatch):
    monkeypatch.setenv("LSTM_COURSE_PROGRESS", str(home / "progress.json"))
    store(home / "work" / "03_gates.ipynb", RIGHT, ASKED, "check('gate', lambda x: x)")
    code, said = say("03")
    assert code == 1
    assert said.endswith("  the map on 00_start_here counts what is right\n")
    held = json.loads((home / "progress.json").read_text())["checks"]
    assert {name: (entry["state"], entry["points"]) for name, entry in held.items()} == {"sigmoid": ("correct", 2)}


def test_with_progress_switched_off_nothing_is_said_of_the_map(say, home, monkeypatch):
    monkeypatch.setenv("LSTM_COURSE_PROGRESS", "off")
    store(home / "work" / "03_gates.ipynb", RIGHT, ASKED)
    assert "the map" not in say("03")[1]


def test_a_file_comes_before_an_exercise(say, home):
    assert say("exercises/03_gates.ipynb")[1].startswith("exercises/03_gates.ipynb: all code cells run (1)")
    store(home / "gates", "1")
    assert say("gates")[1].startswith("gates: all code cells run (1)")


@pytest.mark.parametrize("name", ["7", "nothing.ipynb", "ann/03_gates.ipynb", "ga"])
def test_what_is_neither_is_said_with_what_there_is(home, capsys, name):
    assert cli.main(["check", name]) == 2
    said = f"there is no notebook {name}, and there is no exercise '{name}'; there are: 03_gates, 04_cell_state"
    said = f"{said}. A lesson is named with its folder: lessons/03_gates\n"
    assert capsys.readouterr().err == f"lstm-course check: {said}"


def test_a_copy_that_is_not_there_is_said(home, capsys):
    assert cli.main(["check", "04"]) == 2
    said = capsys.readouterr().err
    assert f"{home / 'work' / '04_cell_state.ipynb'} is not there yet: " in said
    assert "reset 04_cell_state` puts it there" in said


@pytest.mark.parametrize("data", ODD)
def test_an_exercise_that_cannot_be_read_is_named_by_check_doctor_and_lab_with_the_way_out(say, home, data):
    (home / "work" / "03_gates.ipynb").write_bytes(data)
    code, said = say("03")
    assert code == 1
    assert said.startswith(f"{os.path.join('work', '03_gates.ipynb')}: {ODD[data]}")
    way_out = "lstm-course reset 03_gates` gives you a fresh one and keeps the old"
    assert way_out in said
    found = places.copies()
    assert found.text.startswith(f"{os.path.join('work', '03_gates.ipynb')}: {ODD[data]}")
    assert way_out in found.remedy


OLD = {"nbformat": 3, "nbformat_minor": 0, "metadata": {}}
OLD["worksheets"] = [{"cells": [{"cell_type": "code", "input": ["x = 1\n", "x"], "language": "python", "outputs": []}]}]
READ = [OLD, {"cells": [{"cell_type": "code", "source": "x = 1"}]}]


@pytest.mark.parametrize("content", READ, ids=["of nbformat 3", "that lost all but its code"])
def test_a_notebook_that_the_grader_reads_is_run_and_in_order(say, home, content):
    data = json.dumps(content).encode()
    assert reading.parse(data).cells
    (home / "work" / "03_gates.ipynb").write_bytes(data)
    assert "all code cells run (1)" in say("03")[1]
    assert places.copies().ok
