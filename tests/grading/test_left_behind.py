"""What an honest cell does to its process stays in its process: later cells and checks work, as in JupyterLab.

Each notebook does many such things, one a cell, before the first answer, and again between an answer and its check.
"""

import pytest

from lstm_helpers import checks
from lstm_helpers.checks import judge
from lstm_helpers.grading import score
from lstm_helpers.grading.box import box_check, sandbox
from tests.grading.handed import SHEETS, SIGMOID
from tests.grading.test_mixtures import LIMITS, PATIENT, SEED, notebook, right_ones
from tests.grading.test_run import UNSAFE

LEFT = {
    "streams that are caught or gone": [
        "import io, sys; sys.stdout = io.StringIO()",
        "print('caught')",
        "assert sys.stdout.getvalue() == 'caught\\n'; sys.stdout = None",
        "print('lost')",
        "sys.stderr = None",
        "del sys.stdout, sys.stderr",
        "sys.stdout = sys.stderr = sys.__stdout__ = sys.__stderr__ = 3",
        "sys.stdout = sys.stderr = open('log', 'w')",
        "sys.stdout.close(); sys.stdin.close()",
        "class Half:\n    def write(self, text): self.last = text\nsys.stdout, sys.stdin = Half(), None",
        "sys.displayhook = sys.excepthook = lambda *a: 1 / 0\n3",
        "del sys.displayhook\n3",
    ],
    "names of Python and IPython": [
        "print = input = len = list = max = range = sum = zip = 3",
        "__name__ = 'mine'",
        "_ = __ = ___ = _i = In = Out = get_ipython = exit = display = None",
        "__doc__ = __file__ = __import__ = None",
        "from math import *\nfrom numpy import *",
        "import builtins; builtins.print = builtins.input = builtins.open = lambda *a, **k: None",
        "del print, get_ipython",
    ],
    "NumPy, warnings and numbers": [
        "import warnings; warnings.simplefilter('error')",
        "import numpy as np; np.seterr(all='raise'); np.set_printoptions(precision=1)",
        "np.random.seed = lambda *_: None",
        "draws = np.random; np.random.seed = np.random.get_state = np.random.set_state = None",
        "warnings.warn = warnings.catch_warnings = np.errstate = None",
        "import decimal; decimal.getcontext().prec = 1; decimal.getcontext().traps[decimal.Inexact] = True",
        "import locale; locale.setlocale(locale.LC_ALL, 'C')",
    ],
    "the process": [
        "import os; os.mkdir('x'); os.chdir('x'); os.rmdir('../x')",
        "import sys; sys.setrecursionlimit(100)",
        "import signal; signal.signal(signal.SIGALRM, signal.SIG_IGN); signal.alarm(1)",
        "signal.signal(signal.SIGINT, signal.SIG_IGN)",
        "import gc; gc.disable(); gc.set_threshold(1)",
        "os.environ.clear(); sys.argv.clear(); sys.path.clear()",
        "import logging; logging.disable()",
        "import time; time.sleep = time.time = lambda *_: 0",
        "import threading; threading.Thread(target=threading.Event().wait, args=(600,)).start()",
        "import atexit; atexit.register(lambda: 1 / 0)",
        "sys.settrace(lambda *_: None); sys.setprofile(lambda *_: None)",
        "import tempfile; tempfile.tempdir = '/nowhere'",
    ],
    "IPython and pictures": [
        "import matplotlib.pyplot as plt; plt.switch_backend('svg'); plt.show = plt.close = None",
        "get_ipython().ast_node_interactivity = 'all'",
        "get_ipython().events.register('post_run_cell', lambda *_: 1 / 0)",
        "get_ipython().set_custom_exc((Exception,), lambda *_, **__: None)",
        "%autocall 2",
        "%automagic off",
        "%pdb on\n1 / 0",
        "%xmode Verbose",
        "%reset -f",
    ],
}


@pytest.mark.parametrize("kind", LEFT)
def test_what_a_cell_leaves_behind_costs_no_answer(kind):
    solved = notebook("03_gates", right_ones("03_gates"), asked=True)
    asks = next(k for k, source in enumerate(solved) if source.startswith("check("))
    between = [source for source in LEFT[kind] if source != "%reset -f"]  # which takes the answers with it
    cells = [*LEFT[kind], *solved[:asks], *between, *solved[asks:]]
    with sandbox.Boxes(unsafe=UNSAFE) as boxes:
        grade = score.grade_notebook(cells, "ann", SHEETS["03_gates"], boxes, SEED, PATIENT)
    assert grade.points == SHEETS["03_gates"].points, (grade.failures, grade.stopped)
    assert not [failure for failure in grade.failures if failure[1] == "BoxDied"]


def test_what_check_returns_can_be_read_as_in_the_notebook():
    public = lambda thing: {name for name in dir(thing) if not name.startswith("_")}  # noqa: E731
    assert public(box_check.Answered("sigmoid")) == public(checks.Result("sigmoid", "correct", 2, 2))

    solved = notebook("03_gates", right_ones("03_gates"), asked=True)
    read = "shown = {}\nassert shown.right and float(repr(shown)) == shown.points\nprint(shown.line, shown.text)"
    cells = [read.format(source) if source.startswith("check(") else source for source in solved]
    with sandbox.Boxes(unsafe=UNSAFE) as boxes:
        grade = score.grade_notebook(["\n".join(cells)], "ann", SHEETS["03_gates"], boxes, SEED, PATIENT)
    assert grade.points == SHEETS["03_gates"].points, grade.failures
    assert not grade.failures


def test_a_cell_may_ask_who_its_user_is():
    solved = notebook("03_gates", right_ones("03_gates"), asked=True)
    with sandbox.Boxes(unsafe=UNSAFE) as boxes:
        cells = ["\n".join(["import getpass", "assert getpass.getuser()", *solved])]
        grade = score.grade_notebook(cells, "ann", SHEETS["03_gates"], boxes, SEED, PATIENT)
    assert grade.points == SHEETS["03_gates"].points, grade.failures


def test_an_answer_that_was_to_be_imported_and_is_not_there_is_told_so():
    cells = ["from no_such_package import expit as sigmoid", 'check("sigmoid", sigmoid)']
    with sandbox.Boxes(unsafe=UNSAFE) as boxes:
        grade = score.grade_notebook(cells, "ann", SHEETS["03_gates"], boxes, SEED, PATIENT)
    (told,) = [result for result in grade.results if result.check == "sigmoid"]
    assert "defines no sigmoid, since its import failed: No module named 'no_such_package'" in told.text


@pytest.mark.parametrize("later", ["import os; os._exit(3)", "while True: pass"])
def test_a_right_answer_counts_though_its_name_is_taken_later_by_what_ends_the_program(later):
    asked = 'from lstm_helpers.checks import check\ncheck("sigmoid", sigmoid)'
    cells = [f"{SIGMOID}\n{asked}", f"def sigmoid(z):\n    {later}"]
    with sandbox.Boxes(unsafe=UNSAFE) as boxes:
        grade = score.grade_notebook(cells, "ann", SHEETS["03_gates"], boxes, SEED, LIMITS)
    (told,) = [result for result in grade.results if result.check == "sigmoid"]
    assert told.right, told.text
    assert told.points == 2


@pytest.mark.parametrize(
    ("source", "other"),
    [
        (SIGMOID.replace("sigmoid", "Sigmoid"), "Sigmoid"),
        (SIGMOID.replace("sigmoid", "sigmoids"), "sigmoids"),
        (SIGMOID.replace("sigmoid", "logistic"), ""),
        ("sigmoids = [0.5]", ""),  # a function is asked
    ],
)
def test_an_answer_under_a_name_that_is_nearly_the_one_asked_for_is_an_attempt_and_told_so(source, other):
    with sandbox.Boxes(unsafe=UNSAFE) as boxes:
        grade = score.grade_notebook(["import numpy as np", source], "ann", SHEETS["03_gates"], boxes, SEED, PATIENT)
    (told,) = [result for result in grade.results if result.check == "sigmoid"]
    assert told.points == 0
    if other:
        assert told.state == judge.ERROR
        assert f"defines no sigmoid, but {other}, in code cell 2" in told.text
    else:
        assert (told.state, told.lines) == (judge.NOT_ATTEMPTED, ["the notebook defines no sigmoid"])
