"""Copies are found however they are renamed, libraries with their line, and honest work is left in peace."""

import ast

import pytest

from lstm_helpers.grading.gradebook.book import Person
from lstm_helpers.grading.gradebook.grade import GRADED, Grade
from lstm_helpers.grading.gradebook.policy import Policy
from lstm_helpers.grading.gradebook.roster import Roster
from lstm_helpers.grading.pages import flags, similar
from tests import ROOT
from tests.checks.solved import MARKERS, code_cells
from tests.grading.handed import SHEETS

GATES, CELL = SHEETS["03_gates"], SHEETS["04_cell_state"]
OWN = '''
def lstm_layers(x, h_prev, W_x, W_h, b):
    """My own way."""
    n = W_h.shape[1] // 4
    joined, stacked = np.hstack((x, h_prev)), np.vstack((W_x, W_h))
    z = np.zeros((x.shape[0], n))
    for row in range(x.shape[0]):  # every sample
        for unit in range(n):
            z[row, unit] = sum(joined[row] * stacked[:, n + unit]) + b[n + unit]
    return sigmoid(z)
'''
RENAMED = """
def lstm_layers(eingang, zustand, A, B, bias):
    anzahl = B.shape[1] // 4
    beide, gewichte = np.hstack((eingang, zustand)), np.vstack((A, B))
    # nothing to see here
    summe = np.zeros((eingang.shape[0], anzahl))
    for i in range(eingang.shape[0]):
        for j in range(anzahl):
            summe[i, j] = sum(beide[i] * gewichte[:, anzahl + j]) + bias[anzahl + j]
    return sigmoid(summe)
"""
OTHER = """
def lstm_layers(x, h_prev, W_x, W_h, b):
    H = h_prev.shape[-1]
    parts = []
    for sample, hidden in zip(x, h_prev):
        total = [float(value) for value in b[H:2 * H]]
        for k in range(H):
            total[k] += np.dot(sample, W_x[:, H + k]) + np.dot(hidden, W_h[:, H + k])
        parts.append(1 / (1 + np.exp(-np.array(total))))
    return np.stack(parts)
"""


def cells(exercise, *edits, folder="solutions"):
    sources = [MARKERS.sub("", cell.source) for cell in code_cells(ROOT / folder / f"{exercise}.ipynb")]
    for old, new in edits:
        assert any(old in source for source in sources), old
        sources = [source.replace(old, new) for source in sources]
    return sources


def with_answer(answer):
    """The solution of sheet 03 with another answer for the layers."""
    name = ast.parse(answer).body[0].name
    return [answer if source.startswith(f"def {name}(") else source for source in cells("03_gates")]


PLAIN = [("03_gates", f"plain{k}", cells("03_gates")) for k in range(20)]


def pairs(*more, others=PLAIN):
    return [(p.first, p.second, p.shared) for p in found(*others, *more)]


def found(*handed_in):
    """The pairs among (exercise, student, cells), each in a file of its own, or (..., the hash of the file)."""
    return similar.find([one if len(one) == 4 else (*one, one[1]) for one in handed_in], SHEETS)


def test_a_renamed_copy_is_found_among_a_class_and_only_it():
    found = pairs(("03_gates", "bob", with_answer(RENAMED)), ("03_gates", "ann", with_answer(OWN)))
    assert found == [("ann", "bob", ["lstm_layers"])]


def test_a_copy_in_another_cell_and_with_another_version_before_it_is_found():
    moved = [*cells("03_gates"), "x = 1\n" + RENAMED]
    assert pairs(("03_gates", "ann", with_answer(OWN)), ("03_gates", "bob", moved)) == [("ann", "bob", ["lstm_layers"])]


def test_names_comments_and_docstrings_leave_no_trace():
    assert similar.answers([OWN], GATES) == similar.answers([RENAMED], GATES) != similar.answers([OTHER], GATES)


def test_what_much_of_the_class_wrote_is_no_pair():
    taught = [("03_gates", f"s{k}", with_answer(OWN)) for k in range(8)]
    assert pairs(*taught) == []


def long(name, operator):
    lines = "".join(f"    y = y {operator} {k}\n" for k in range(60))
    return f"def {name}(z, *more):\n    y = z\n{lines}    return y"


def test_two_who_have_one_function_in_common_and_no_other_are_no_pair():
    ann, bob = ([answer, long("sigmoid", sign)] for answer, sign in ((OWN, "+"), (RENAMED, "-")))
    assert pairs(("03_gates", "ann", ann), ("03_gates", "bob", bob)) == []


def test_independent_ways_are_no_pair():
    assert pairs(("03_gates", "ann", with_answer(OWN)), ("03_gates", "bob", with_answer(OTHER))) == []


@pytest.mark.parametrize("exercise", ["03_gates", "04_cell_state"])
@pytest.mark.parametrize("size", [2, 3, 5, 60])
def test_answers_as_the_course_writes_them_are_no_pair_in_a_class_of_any_size(size, exercise):
    assert pairs(others=[(exercise, f"s{k}", cells(exercise)) for k in range(size)]) == []


SLIPS = [
    ("z_i, z_f, z_g, z_o = np.split", "z_i, z_f, z_o, z_g = np.split"),
    ("x @ W_x[:, new] + (r * h_prev) @ W_h[:, new] + b[new]", "x @ W_x[:, new] + b[new]"),
    ("    return np.where(z >= 0, 1, e) / (1 + e)", "    return 1 / (1 + np.exp(-z))"),
]


@pytest.mark.parametrize("slip", SLIPS, ids=["slice", "term", "overflow"])
def test_two_who_make_the_same_classic_mistake_are_no_pair(slip):
    assert pairs(("03_gates", "ann", cells("03_gates", slip)), ("03_gates", "bob", cells("03_gates", slip))) == []


def test_what_the_exercise_gives_is_not_compared():
    stubs = cells("04_cell_state", folder="exercises")
    assert pairs(*[("04_cell_state", f"s{k}", stubs) for k in range(4)], others=[]) == []
    given = "def layer(squash, k, x, h_prev, W_x, W_h, b):  # for lstm_step\n" + "".join(
        f"    y = squash(x * {k})\n" for k in range(40)
    )
    assert pairs(("04_cell_state", "ann", [given]), ("04_cell_state", "bob", [given]), others=[]) == []


@pytest.mark.parametrize("source", ["def lstm_layers(:", "x" * 200_000, "(" * 5000, "\0", "%matplotlib inline", ""])
def test_code_that_cannot_be_compared_is_left_out(source):
    assert pairs(("03_gates", "ann", [source]), ("03_gates", "bob", [source]), others=[]) == []


def test_pairs_of_different_exercises_are_not_mixed():
    assert pairs(("03_gates", "ann", [OWN]), ("04_cell_state", "bob", [OWN])) == []


# --- a library gives the answer ----------------------------------------------------------------------------------

LIBRARY = [  # (cells, where it is used, what)
    (["import torch\ndef sigmoid(z):\n    return torch.nn.Sigmoid()(z)"], "code cell 1, line 3", "torch.nn.Sigmoid"),
    (
        ["from lstm_helpers.nn import functional as F", "x = 1\ndef sigmoid(z):\n    return F.sigmoid(z)"],
        "code cell 2, line 3",
        "lstm_helpers.nn.functional.sigmoid",
    ),
    (
        ["import lstm_helpers.lessons.gates.sheet as g\nsigmoid = g.F.sigmoid"],
        "code cell 1, line 2",
        "lstm_helpers.lessons",
    ),
    (
        [
            "def helper(z):\n    import torch.nn as t\n    return t.LSTM(1, 1)(z)",
            "def sigmoid(z):\n    return helper(z)",
        ],
        "code cell 1, line 3",
        "torch.nn.LSTM",
    ),
    (
        ["def sigmoid(z):\n    import importlib\n    return importlib.import_module('torch.nn').LSTM(1, 1)(z)"],
        "code cell 1, line 3",
        "torch.nn",
    ),
    (
        ["%matplotlib inline\nimport torch\n\ndef sigmoid(z):\n    return getattr(torch, 'lstm')(z)"],
        "line 5",
        "torch.lstm",
    ),
]


@pytest.mark.parametrize(("code", "where", "what"), LIBRARY, ids=[what for *_, what in LIBRARY])
def test_a_library_in_an_answer_is_flagged_with_its_cell_and_line(code, where, what):
    evidence = flags.library_use(code, GATES)
    assert any(where in line and what in line for line in evidence), evidence


OURS = [  # (exercise, code, what of the course's own gives the answer)
    (
        "text_generation",
        "from lstm_helpers.projects.text_generation.model import nucleus",
        "projects.text_generation.model.nucleus",
    ),
    (
        "text_generation",
        "from lstm_helpers.projects.text_generation import model as p\n"
        "def score_text(*given):\n    return p.bits(given)",
        "projects.text_generation.model.bits",
    ),
    ("text_generation", "import lstm_helpers.training as t\nstreams = t.chunks", "lstm_helpers.training"),
    (
        "02_why_rnns_forget",
        "from lstm_helpers.lessons.why_rnns_forget import experiments as e\n"
        "def tanh_backward(dh, h):\n    return e.step_back(dh, h)",
        "lessons.why_rnns_forget.experiments.step_back",
    ),
    (
        "01_sequences",
        "import lstm_helpers\nsoftmax = lstm_helpers.baselines.ngrams.WittenBell",
        "lstm_helpers.baselines.ngrams.WittenBell",
    ),
]


@pytest.mark.parametrize(("exercise", "code", "what"), OURS)
def test_an_answer_taken_from_the_course_itself_is_flagged(exercise, code, what):
    lines = [line for line in flags.library_use([code], SHEETS[exercise]) if what in line]
    assert lines
    assert all(line.startswith("code cell 1, line ") for line in lines)


def test_what_an_exercise_hands_out_is_no_sign():
    given = [
        "from lstm_helpers.nn.functional import lstm_step",
        "from lstm_helpers.projects.text_generation import bring_in, unpack\nbring_in()\nmy_model = unpack('x')",
        "def score_text(ids, h, c, W_x, W_h, b, W_y, b_y):\n    return lstm_step(ids, h, c, W_x, W_h, b)",
        "def my_weights():\n    return my_model.params",
    ]
    assert flags.library_use(given, SHEETS["text_generation"]) == []


HONEST = {
    "solution 03": cells("03_gates"),
    "solution 04": cells("04_cell_state"),
    "stubs": cells("03_gates", folder="exercises"),
    "only compares": [
        "import torch",
        "def sigmoid(z):\n    return 1 / (1 + np.exp(-z))",
        "assert torch.allclose(torch.nn.Sigmoid()(torch.ones(1)), torch.tensor(sigmoid(np.ones(1))))",
    ],
    "parameters": [
        "import torch\nfrom torch import nn\nclass sigmoid(nn.Module):\n    def __init__(self):\n"
        "        super().__init__()\n        self.w = nn.Parameter(torch.zeros(1))\n    def forward(self, z):\n"
        "        return torch.sigmoid(z @ self.w)"
    ],
    "own names": ["class torch:\n    nn = 1\ndef sigmoid(z):\n    keras = z\n    return keras"],
    "a comment": ["def sigmoid(z):\n    'like torch.nn.LSTM'\n    return z  # not torch.nn.LSTM"],
    "no Python": ["import torch.nn as nn\ndef sigmoid(z):\n    return nn.LSTM(", "!pip install keras", ""],
}


@pytest.mark.parametrize("code", HONEST.values(), ids=HONEST)
def test_honest_code_is_not_flagged(code):
    assert flags.library_use(code, GATES) == []
    assert flags.library_use(code, CELL) == []


def test_too_much_code_is_said_and_not_searched():
    assert "not searched" in flags.library_use(["x = 1\n" * 100_000], GATES)[0]


def test_a_flag_costs_nothing():
    """Only lateness and what a person decides change points; a flag is neither."""
    from lstm_helpers.grading.gradebook import assemble

    class Kept:
        students, strays = staticmethod(dict), staticmethod(list)

        def setting(self, name, default=None):
            return default

        def grade(self, handed):
            return Grade("ann", "03_gates", GRADED, points=10.0, of=10, flags=["code cell 1, line 1: x"])

    reader = assemble._Reader(Kept(), SHEETS, Roster({"ann": Person("ann")}), {}, [])
    assert reader.late == Policy()
    grade = reader(assemble.Entry("ann", "03_gates", 1, 0.0))
    assert (grade.final, grade.adjusted, grade.flags) == (10.0, None, ["code cell 1, line 1: x"])


def named(*handed_in):
    return [(p.first, p.second, p.likeness, p.same_file) for p in found(*handed_in)]


def test_two_files_that_do_not_differ_in_a_byte_are_a_pair_also_where_the_answers_are_the_usual_ones():
    ann, bob = (("03_gates", name, cells("03_gates"), "hash") for name in ("ann", "bob"))
    assert named(*PLAIN, ann, bob) == [("ann", "bob", 1.0, True)]
    assert named(ann, bob) == [("ann", "bob", 1.0, True)]


def test_the_untouched_exercise_handed_in_twice_is_no_pair():
    for exercise in ("03_gates", "04_cell_state"):
        handed = cells(exercise, folder="exercises")
        assert named(*((exercise, name, handed, "hash") for name in ("ann", "bob"))) == []
