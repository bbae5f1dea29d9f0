"""The honest corpus: right, wrong, partial and odd-shaped notebooks, each with exactly what its code deserves."""

import csv
import json

import pytest

from lstm_helpers.checks import judge
from lstm_helpers.grading import run
from lstm_helpers.grading.box import host
from lstm_helpers.grading.gradebook import assemble, store
from lstm_helpers.grading.gradebook.grade import BROKEN, GRADED, MISSING, TIMED_OUT
from tests import ROOT
from tests.checks.solved import solution
from tests.grading.handed import SHEETS, SIGMOID, lay_out, notebook
from tests.grading.test_reading import zipped
from tests.grading.test_run import UNSAFE

LIMITS = host.Limits(cell=3.0, probe=2.0, start=60.0, notebook=40.0)
GATES = {name: check.points for name, check in SHEETS["03_gates"].checks.items()}
CELL = {name: check.points for name, check in SHEETS["04_cell_state"].checks.items()}


def solved(exercise="03_gates"):
    """A solution as plain data."""
    return json.loads((ROOT / f"solutions/{exercise}.ipynb").read_text(encoding="utf-8"))


def code(book):
    return [cell for cell in book["cells"] if cell["cell_type"] == "code"]


def source(cell):
    return "".join(cell["source"])


def edited(*edits, exercise="03_gates"):
    """A solution with some of its text replaced, the first time that it comes."""
    book = solved(exercise)
    for old, new in edits:
        cell = next(cell for cell in code(book) if old in source(cell))
        cell["source"] = source(cell).replace(old, new, 1)
    return json.dumps(book)


def shaped(change, exercise="03_gates"):
    """A solution whose list of cells ``change`` replaces, or changes in place."""
    book = solved(exercise)
    book["cells"] = change(book["cells"]) or book["cells"]
    return json.dumps(book)


def answers(*cells):
    """A notebook whose cells answer the sigmoid and the four layers; the rest is as the course writes it."""
    return notebook("import numpy as np", *cells, REST)


def without(*names, of=GATES):
    return of | dict.fromkeys(names, 0)


BODY = """return np.where(z >= 0, 1, e) / (1 + e)"""
SUM = "x @ W_x[:, gate] + h_prev @ W_h[:, gate] + b[gate]"
ORDER, ALL = "z_i, z_f, z_g, z_o = np.split", "np.split(x @ W_x + h_prev @ W_h + b, 4, axis=1)"
FOUND = "return sigmoid(z_i), sigmoid(z_f), np.tanh(z_g), sigmoid(z_o)"
SWAPPED = "z_f, z_i, z_g, z_o = np.split"
WRONG = {  # student: (exercise, edits, what is lost, what the feedback says)
    "tanh for the sigmoid": ("03_gates", [(BODY, "return np.tanh(z)")], ["sigmoid"], "tanh in place of the sigmoid"),
    "sigmoid without return": ("03_gates", [(BODY, BODY.replace("return", "s ="))], ["sigmoid"], "`return` missing"),
    "sigmoid that overflows": ("03_gates", [(BODY, "return 1 / (1 + np.exp(-z))")], ["sigmoid"], "NumPy warns"),
    "input's slice": ("03_gates", [(ORDER, SWAPPED)], ["lstm_layers"], "the blocks are read in the order f, i, g, o"),
    "rows for columns": (
        "03_gates",
        [(FOUND, "return [sigmoid(x @ W_x[2 : 4])] * 4")],
        ["lstm_layers"],
        "W_x[2 : 4]",
    ),
    "no bias": ("03_gates", [(" + b, 4", ", 4")], ["lstm_layers"], "the bias is missing"),
    "sigmoid for the candidate": ("03_gates", [("np.tanh(z_g)", "sigmoid(z_g)")], ["lstm_layers"], "expected"),
    "order of the last two": (
        "03_gates",
        [(ORDER, "z_i, z_f, z_o, z_g = np.split")],
        ["lstm_layers"],
        "the blocks are read in the order i, f, o, g",
    ),
    "notebook's H": ("03_gates", [("H = h_prev.shape[-1]", "H = 2")], ["gru_layers"], "one size only"),
    "batch of one": ("03_gates", [("sigmoid(z_f)", "sigmoid(z_f)[:1]")], ["lstm_layers"], "has shape"),
    "a list": ("03_gates", [("sigmoid(z_f)", "sigmoid(z_f).tolist()")], ["lstm_layers"], "is a list"),
    "two slips": ("03_gates", [("r, z = np", "z, r = np"), (" + b, 4", ", 4")], ["lstm_layers", "gru_layers"], ""),
    "swapped gates": ("04_cell_state", [("f * c_prev + i * g", "i * c_prev + f * g")], ["cell_update"], "expected"),
    "in place": (
        "04_cell_state",
        [("return f * c_prev + i * g", "c_prev *= f\n    c_prev += i * g\n    return c_prev")],
        ["cell_update"],
        "changes its input",
    ),
    "no tanh": ("04_cell_state", [("o * np.tanh(c)", "o * c")], ["hidden_update"], "expected"),
    "c before h": ("04_cell_state", [("return h, c", "return c, h")], ["lstm_step"], "h"),
    "the old c": ("04_cell_state", [("hidden_update(o, c)  #", "hidden_update(o, c_prev)  #")], ["lstm_step"], "c"),
    "x before h": ("04_cell_state", [("[h_prev, x]", "[x, h_prev]")], ["lstm_step_stacked"], "expected"),
    "one value": ("04_cell_state", [("return h, c", "return h")], ["lstm_step"], "expected 2 values: h, c"),
    "decimal comma": ("04_cell_state", [('"f": 0.73', '"f": (0, 73)')], ["pencil"], "write the decimals with a point"),
    "rounded too far": ("04_cell_state", [('"c": 0.72', '"c": 0.7')], ["pencil"], "right to one decimal, but two are"),
    "text for a number": ("04_cell_state", [('"h": 0.55', '"h": "0.55"')], ["pencil"], "without quotes"),
    "half of the pencil": ("04_cell_state", [('"h": 0.55', '"h": ...')], ["pencil"], "h is still empty"),
    "no axis": ("04_cell_state", [("np.cumprod(f, axis=0)", "np.cumprod(f)")], ["kept_share"], "Without axis=0"),
    "a step too early": ("04_cell_state", [("i[t] * later", "i[t] * f[t] * later")], ["memory_weights"], "own forget"),
    "a memory that leaks": ("04_cell_state", [("[-6.0, 6.0,", "[-6.0, 5.0,")], ["latch"], "The memory leaks: c has"),
    "a memory without sizes": ("04_cell_state", [("np.zeros((1, 4))", "np.zeros(4)")], ["latch"], "W_h has shape (4,)"),
}


def first_slips():
    """Each slip with what it costs: the edits reach the first place that holds their text."""
    for student, (exercise, edits, lost, said) in WRONG.items():
        yield student, exercise, edited(*edits, exercise=exercise), lost, said


def strip(cells):
    for cell in cells:
        for name in ("metadata", "id", "outputs", "execution_count"):
            cell.pop(name, None)


def same_ids(cells):
    for cell in cells:
        cell["id"] = "same"


def upside_down(cells):
    """All answers in new cells at the end, the untouched stubs before them."""
    stubs = json.loads((ROOT / "exercises/03_gates.ipynb").read_text(encoding="utf-8"))["cells"]
    return [*stubs, *(dict(cell, metadata={}) for cell in cells)]


def one_cell(cells):
    joined = "\n\n".join(source(cell) for cell in cells if cell["cell_type"] == "code")
    return [{"cell_type": "code", "source": joined}]


def one_line_each(cells):
    for cell in cells:
        cell["source"] = source(cell).splitlines(keepends=True)


def colab(cells):
    """Colab adds forms, installs, its own modules, and ids of its own."""
    install = "#@title Setup {display-mode: 'form'}\n!pip install -q lstm-course\n%pip install numpy\nfive = 5 #@param"
    upload = "import pandas as pd, numpy as np\nfrom google.colab import files\nfiles.upload()"
    added = [{"cell_type": "code", "source": text} for text in (install, upload, "assert five == 5")]
    return [*added, *(dict(cell, id=None, metadata={"id": "aBc", "outputId": "d"}) for cell in cells)]


def spelt(old, new):
    """A solution in which all code is spelt in another way."""
    book = solved()
    for cell in code(book):
        cell["source"] = source(cell).replace(old, new)
    return json.dumps(book)


def as_text(cells):
    """The cell of the layers has become a text cell."""
    next(cell for cell in cells if "def lstm_layers" in source(cell))["cell_type"] = "markdown"


def version_3():
    listed = [{"cell_type": "code", "input": source(c), "language": "python", "outputs": []} for c in code(solved())]
    return json.dumps({"worksheets": [{"cells": listed}], "metadata": {}, "nbformat": 3, "nbformat_minor": 0})


GATE = "    H = h_prev.shape[-1]\n    gate = slice({0} * H, {1} * H)\n    return {2}(" + SUM + ")\n"
FOUR = {"input_gate": (0, 1), "forget_gate": (1, 2), "candidate": (2, 3), "output_gate": (3, 4)}
REST = "\n".join(answer for name, answer in solution("03_gates")[1].items() if name not in ("sigmoid", "lstm_layers"))
TOGETHER = (
    "def lstm_layers(x, h_prev, W_x, W_h, b):\n"
    "    return [f(x, h_prev, W_x, W_h, b) for f in (input_gate, forget_gate, candidate, output_gate)]\n"
)
DEFS = "\n".join(
    f"def {name}(x, h_prev, W_x, W_h, b):\n" + GATE.format(*k, "np.tanh" if name == "candidate" else "sigmoid")
    for name, k in FOUR.items()
)
DEFS = f"{DEFS}\n{TOGETHER}"
COMPACT = "lambda x, h, U, V, b: {2}((x @ U + h @ V + b)[:, {0} * h.shape[1] : {1} * h.shape[1]])"
LAMBDAS = "\n".join(
    f"{name} = " + COMPACT.format(*k, "np.tanh" if name == "candidate" else "sigmoid") for name, k in FOUR.items()
)
LAMBDAS = f"{LAMBDAS}\n{TOGETHER}"
CLASS = """
class Layer:
    def __init__(self, k, squash):
        self.k, self.squash = k, squash
    def __call__(self, x, h_prev, W_x, W_h, b):
        H = h_prev.shape[-1]
        return self.squash((x @ W_x + h_prev @ W_h + b)[:, self.k * H : (self.k + 1) * H])
input_gate, forget_gate, output_gate = Layer(0, sigmoid), Layer(1, sigmoid), Layer(3, sigmoid)
candidate = Layer(2, np.tanh)
lstm_layers = lambda *given: [layer(*given) for layer in (input_gate, forget_gate, candidate, output_gate)]
"""
PARTIAL = """
import functools
def layer(k, squash, x, h_prev, W_x, W_h, b):
    z = x @ W_x + h_prev @ W_h + b
    return squash(np.split(z, 4, axis=-1)[k])
input_gate, forget_gate = functools.partial(layer, 0, sigmoid), functools.partial(layer, 1, sigmoid)
candidate, output_gate = functools.partial(layer, 2, np.tanh), functools.partial(layer, 3, sigmoid)
lstm_layers = lambda *given: [gate(*given) for gate in (input_gate, forget_gate, candidate, output_gate)]
"""
EINSUM = DEFS.replace("x @ W_x[:, gate]", "np.einsum('bd,dh->bh', x, W_x[:, gate])")
DEFAULTS = DEFS.replace("W_h, b):", "W_h, b, verbose=False, *, eps=0.0):")
TYPED = DEFS.replace("x, h_prev, W_x, W_h, b):", "x: np.ndarray, h_prev: np.ndarray, W_x, W_h, b) -> np.ndarray:")
STARS = DEFS.replace("(x, h_prev, W_x, W_h, b):", "(*args):\n    x, h_prev, W_x, W_h, b = args")
KEYWORDS = DEFS.replace("(x, h_prev, W_x, W_h, b):", "(**given):\n    x, h_prev, W_x, W_h, b = given.values()")
KEYWORDS = KEYWORDS.replace("f(x, h_prev, W_x, W_h, b) for", "f(**given) for")
RENAMED = DEFS.replace(
    "x, h_prev, W_x, W_h, b):", "inp, hid, U, V, bias):\n    x, h_prev, W_x, W_h, b = inp, hid, U, V, bias"
)
LOOPS = """
import math
def sigmoid(z):
    out = np.zeros(np.shape(z))
    for k in np.ndindex(np.shape(z)):
        v = float(z[k])
        out[k] = 1 / (1 + math.exp(-v)) if v > -700 else 0.0
    return out
"""
TANH = "def sigmoid(z):\n    return 0.5 * (1 + np.tanh(0.5 * z))"
FAILS = "raise ValueError('not this time')"
GIVEN = f"from lstm_helpers.checks import check\n{SIGMOID.replace('def sigmoid', 'def mine')}\ncheck('sigmoid', mine)"
STYLES = {  # other ways of writing the right thing
    "lambdas": answers(SIGMOID, LAMBDAS),
    "a class": answers(SIGMOID, CLASS),
    "partial functions": answers(SIGMOID, PARTIAL),
    "einsum": answers(SIGMOID, EINSUM),
    "extra defaults": answers(SIGMOID, DEFAULTS),
    "type hints": answers(SIGMOID, TYPED),
    "any arguments": answers(SIGMOID, STARS),
    "keywords alone": answers(SIGMOID, KEYWORDS),
    "other names": answers(SIGMOID, RENAMED),
    "loops and math": answers(LOOPS, DEFS),
    "by tanh": answers(TANH, DEFS),
    "inside an if": answers("if True:\n" + "\n".join(f"    {line}" for line in (SIGMOID + DEFS).splitlines())),
    "timed": answers("%%time\n" + SIGMOID, "%matplotlib inline\n" + DEFS),
}
ODD = {  # how a right notebook can look when it arrives: (content, what is lost)
    "no metadata, ids or outputs": (shaped(strip), []),
    "one id for all": (shaped(same_ids), []),
    "answers after the stubs": (shaped(upside_down), []),
    "all in one cell": (shaped(one_cell), []),
    "lists of lines": (shaped(one_line_each), []),
    "nbformat 3": (version_3(), []),
    "latin-1": (edited(("# never a positive", "# né à Lausanne, never a positive")).encode("latin-1"), []),
    "utf-16": (edited().encode("utf-16"), []),
    "right in the end": (answers("def sigmoid(z):\n    return z", SIGMOID, DEFS), []),
    "wrong in the end": (answers(SIGMOID, DEFS, "def sigmoid(z):\n    return np.tanh(z)"), ["sigmoid"]),
    "deleted in the end": (answers(SIGMOID, DEFS, "del lstm_layers"), ["lstm_layers"]),
    "helper deleted": (
        answers(SIGMOID, "def f(z):\n    return np.tanh(z)", DEFS.replace("np.tanh", "f"), "del f"),
        ["lstm_layers"],
    ),
    "checks of other names": (
        edited(('check("sigmoid", sigmoid)', 'check("sigmoid", np.tanh); check("x", 1)')),
        [],
    ),
    "answer under another name": (notebook(GIVEN), [name for name in GATES if name != "sigmoid"]),
    "a cell of text": (shaped(as_text), ["lstm_layers"]),
    "cells that fail": (answers(FAILS, SIGMOID, FAILS, DEFS, FAILS, "1 +", "import nothing_of_this_name"), []),
    "syntax error in one answer": (edited(("return r, z, n", "return (r, z, n")), ["gru_layers"]),
    "error half way down a cell": (
        answers(SIGMOID, DEFS.replace("def lstm_layers", "1 / 0\ndef lstm_layers")),
        ["lstm_layers"],
    ),
    "forgot the import": (notebook(SIGMOID.replace("import numpy as np", ""), "import numpy as np", DEFS, REST), []),
    "colab": (shaped(colab), []),
    "vs code": (shaped(lambda cells: [dict(c, metadata={"vscode": {"languageId": "python"}}) for c in cells]), []),
    "carriage returns": (spelt("\n", "\r\n"), []),
    "tabs": (spelt("    ", "\t"), []),
    "byte order mark": (b"\xef\xbb\xbf" + edited().encode(), []),
    "unused libraries": (answers("import tensorflow as tf, torch\n" + SIGMOID, "import seaborn\n" + DEFS), []),
    "a library that is not there": (answers("from scipy.special import expit as sigmoid", DEFS), ["sigmoid"]),
    "a module of its own": (answers("%%writefile mine.py" + SIGMOID, "from mine import sigmoid", DEFS), []),
    "a module that was left at home": (answers("from mine import plot\n" + SIGMOID, DEFS), []),
    "asks the reader": (answers("name = input('Who? ')", SIGMOID, DEFS), []),
    "commands": (answers("!ls\nhere = !pwd\nimport math\n" + SIGMOID, "%%bash\necho x", "%%capture\n" + DEFS), []),
    "its own check": (answers("def check(*_):\n    return 'correct'", SIGMOID, DEFS, "check('sigmoid', 1)"), []),
    "a decorator elsewhere": (
        answers(SIGMOID, "def log(f):\n    return lambda *a: f(*a)", "@log\n" + DEFS),
        [],
    ),
    "a file between cells": (
        answers(
            "open('one', 'w').write('1')", "one = int(open('one').read())", SIGMOID, DEFS.replace("(x @", "(one * x @")
        ),
        [],
    ),
    "stub left in": (edited(("### BEGIN SOLUTION", "raise NotImplementedError()")), ["sigmoid"]),
    "figures and files": (
        answers(SIGMOID, "import matplotlib.pyplot as plt\nplt.plot([1])\nplt.savefig('a.png')", DEFS),
        [],
    ),
    "changes the random numbers": (answers("np.random.seed(1); np.random.rand(3)", SIGMOID, DEFS), []),
    "reads the arrays given": (
        edited((FOUND, f"b = b if True else globals()['b']\n    {FOUND}")),
        [],
    ),
}
EXTRA = {  # what needs its own file name
    "renamed": ("gates (1).ipynb", edited()),
    "no name at all": ("Untitled.ipynb", edited()),
    "in a folder": ("week 3/hw/03_gates.ipynb", edited()),
    "in a zip": ("homework.zip", zipped({"a/03_gates.ipynb": edited()})),
}
CARRIED = {  # a wrong helper, and functions that use it and are right themselves
    "sigmoid": ("03_gates", [(BODY, "return np.tanh(z)")], without("sigmoid")),
    "cell": ("04_cell_state", [("f * c_prev + i * g", "f * c_prev - i * g")], without("cell_update", of=CELL)),
    "both": (
        "04_cell_state",
        [("f * c_prev + i * g", "f + c_prev"), ("o * np.tanh(c)", "np.tanh(o * c)"), ("return h, c", "return h, h")],
        without("cell_update", "hidden_update", "lstm_step", of=CELL),
    ),
}
UNGRADED = {
    "empty": ("", BROKEN),
    "truncated": (edited()[:2000], BROKEN),
    "a picture": (b"\x89PNG\r\n\x1a\n\x00\x00", BROKEN),
    "another file": (None, MISSING),
    "sleeps": (notebook("import time", *["time.sleep(30)"] * 12, SIGMOID), TIMED_OUT),
}
SHORT = host.Limits(cell=0.4, probe=1.0, start=60.0, notebook=3.0)


def hand_in():
    files = {f"slip {s}/{exercise}.ipynb": text for s, exercise, text, *_ in first_slips()}
    files |= {f"style {s}/03_gates.ipynb": text for s, text in STYLES.items()}
    files |= {f"odd {s}/03_gates.ipynb": text for s, (text, _) in ODD.items()}
    files |= {f"extra {s}/{name}": text for s, (name, text) in EXTRA.items()}
    files |= {f"carried {s}/{e}.ipynb": edited(*edits, exercise=e) for s, (e, edits, _) in CARRIED.items()}
    return files


def graded(folder, out, limits):
    assert run.grade(folder, out, seed=11, jobs=2, limits=limits, unsafe=UNSAFE, say=str) == 0
    with store.Store(out) as opened:
        return {(g.student, g.exercise): g for g in assemble.book(opened, SHEETS, None, None).grades}


@pytest.fixture(scope="module")
def grades(tmp_path_factory):
    return graded(lay_out(tmp_path_factory.mktemp("class"), hand_in()), tmp_path_factory.mktemp("out"), LIMITS)


def earned(grade):
    assert (grade.state, grade.points) == (GRADED, sum(result.points for result in grade.results)), grade.note
    return {result.check: result.points for result in grade.results}


def told(grade):
    return "\n".join([*(line for r in grade.results for line in r.lines), *(f"{k} {t}" for _, k, t in grade.failures)])


@pytest.mark.parametrize(
    ("student", "exercise", "lost", "said"), [(s, e, lost, t) for s, e, _, lost, t in first_slips()]
)
def test_a_slip_costs_its_own_function_and_nothing_else(grades, student, exercise, lost, said):
    grade = grades[f"slip {student}", exercise]
    assert earned(grade) == without(*lost, of=GATES if exercise == "03_gates" else CELL)
    assert said in told(grade)


@pytest.mark.parametrize("student", STYLES)
def test_any_right_way_of_writing_it_has_full_marks(grades, student):
    grade = grades[f"style {student}", "03_gates"]
    assert earned(grade) == GATES, told(grade)


@pytest.mark.parametrize("student", ODD)
def test_an_odd_notebook_earns_what_its_code_deserves(grades, student):
    grade = grades[f"odd {student}", "03_gates"]
    assert earned(grade) == without(*ODD[student][1]), told(grade)


@pytest.mark.parametrize("student", EXTRA)
def test_an_odd_place_or_name_changes_no_point_and_is_remarked_on(grades, student):
    grade = grades[f"extra {student}", "03_gates"]
    assert earned(grade) == GATES
    assert bool(grade.remarks) == (student in ("renamed", "no name at all"))


@pytest.mark.parametrize("student", CARRIED)
def test_what_uses_a_wrong_function_is_not_punished_for_it(grades, student):
    exercise, _, points = CARRIED[student]
    grade = grades[f"carried {student}", exercise]
    assert earned(grade) == points, told(grade)
    assert [r.check for r in grade.results if r.carried]
    assert all(r.state == judge.CORRECT for r in grade.results if r.carried and r.points)


def test_an_answer_whose_cell_failed_was_attempted(grades):
    results = {r.check: r for r in grades["odd syntax error in one answer", "03_gates"].results}
    assert results["gru_layers"].state == judge.ERROR
    assert results["gru_layers"].lines[0].startswith("code cell 9, which defines it, did not run to its end")


def test_scipy_answers_nothing_wherever_the_class_is_graded(grades):
    """It comes with other packages, so that it may or may not be installed beside the grader."""
    said = told(grades["odd a library that is not there", "03_gates"])
    assert "scipy is not there when this exercise is graded: it is built from NumPy alone" in said


def test_an_import_that_failed_is_named_and_the_rest_of_its_cell_runs(grades):
    failed = grades["odd unused libraries", "03_gates"].failures
    assert [(number, kind) for number, kind, _ in failed] == [(2, "ModuleNotFoundError"), (3, "ModuleNotFoundError")]
    assert "tensorflow" in failed[0][2]


def test_a_cell_that_fails_is_named_with_its_number(grades):
    failed = grades["odd cells that fail", "03_gates"].failures
    assert [(number, kind) for number, kind, _ in failed] == [
        (2, "ValueError"),
        (4, "ValueError"),
        (6, "ValueError"),
        (7, "SyntaxError"),
        (8, "ModuleNotFoundError"),
    ]


def test_a_zip_of_a_class_is_graded_like_its_folder(tmp_path, grades):
    slip = edited((ORDER, SWAPPED))
    files = {"class/ann/03_gates.ipynb": edited(), "class/bob/gates (2).ipynb": slip, "class/cat/03_gates.ipynb": ""}
    (tmp_path / "class.zip").write_bytes(zipped(files))
    of = graded(tmp_path / "class.zip", tmp_path / "out", LIMITS)
    assert {s: g.points for (s, _), g in of.items()} == {
        "ann": sum(GATES.values()),
        "bob": sum(without("lstm_layers").values()),
        "cat": None,
    }


@pytest.fixture(scope="module")
def ungraded(tmp_path_factory):
    """(grades, folder of the tables) of a class in which most could not be graded, and one earned nothing."""
    files = {f"{s}/03_gates.ipynb": text for s, (text, _) in UNGRADED.items() if text is not None}
    files |= {"another file/notes.txt": "", "nothing right/03_gates.ipynb": notebook("x = 1")}
    out = tmp_path_factory.mktemp("out")
    return graded(lay_out(tmp_path_factory.mktemp("class"), files), out, SHORT), out


@pytest.mark.parametrize("student", UNGRADED)
def test_what_was_not_graded_has_a_row_that_says_why(ungraded, student):
    grade = ungraded[0][student, "03_gates"]
    assert (grade.state, grade.points, grade.results) == (UNGRADED[student][1], None, [])
    assert grade.note


def test_in_no_table_is_it_a_0(ungraded):
    tables = sorted(ungraded[1].rglob("*.csv"))
    assert {table.name for table in tables} == {"grades.csv", "canvas.csv", "gradescope.csv", "03_gates.csv"}
    for table in tables:
        with table.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.reader(file))
        zeros = {student: [row for row in rows if student in row] for student in (*UNGRADED, "nothing right")}
        assert all(zeros.values()), table.name
        for student in UNGRADED:
            assert not {"0", "0.0", "0.00"} & set(zeros[student][0]), (table.name, student)
        assert "0" in zeros["nothing right"][0]
