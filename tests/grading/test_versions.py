"""The version of a sheet: what decides points changes it, and what is said of an answer does not."""

import os
import subprocess
import sys

import pytest

from lstm_helpers.checks import own_sheets
from lstm_helpers.grading.gradebook import code, versions
from tests import ROOT
from tests.grading.handed import SHEETS

MODULE = '''"""A sheet."""

import numpy as np

from lstm_helpers.checks.cases import finish
from lstm_helpers.checks.compare import beyond
from lstm_helpers.checks.sheet import Sheet
from lstm_helpers.nn import functional as F

sheet = Sheet("mine", exercise="20_mine")
TOLERANCE = (1e-3, 1e-6)
SIZES = (3, 4)


def halved(x):
    """Half of it."""
    # a comment
    return x / 2


def near(got, want, case):
    """What differs."""
    return "differs" if beyond(got, want, TOLERANCE).any() else ""


@sheet.check(oracle=halved, returns="y", points=2, minutes=5, hints=["Divide."], compare=near)
def halved_cases(rng):
    """Half of a vector."""
    for size in SIZES:
        yield finish("a vector", {"x": rng.normal(size=size)})


halved_cases.wrong("doubled", ("/ 2", "* 2"), "Divide, do not multiply.")


def squashed(x):
    return F.sigmoid(halved(x))


@sheet.check(
    oracle=squashed, returns="y", points=1, minutes=5, hints=["sigmoid"], uses=("halved_cases",),
    compare=lambda got, want, case: near(got, want, case),
)
def squashed_cases(rng):
    """Squashed."""
    yield "one", {"x": rng.normal(size=3)}
'''
SAID = {
    "an advice": ("Divide, do not multiply.", "A half is less."),
    "the name of a misconception": ('"doubled"', '"twice as much"'),
    "another misconception": ("# a comment", "# another comment"),
    "a hint": ('["Divide."]', '["Divide.", "By two."]'),
    "what is asked": ("Half of a vector.", "Half of each number."),
    "a docstring": ("Half of it.", "One half of\n    it."),
    "the docstring of a comparison": ("What differs.", "Tells what differs."),
    "the docstring of the module": ("A sheet.", "A sheet of mine."),
    "a comment": ("    # a comment\n", "    # one\n    # two\n\n"),
    "a comment behind code": ("return x / 2", "return x / 2  # half"),
    "minutes": ('minutes=5, hints=["Divide', 'minutes=7, hints=["Divide'),
    "what stands above it": ("TOLERANCE = ", "OTHER = 1\nTOLERANCE = "),
    "no misconception any more": ('halved_cases.wrong("doubled", ("/ 2", "* 2"), "Divide, do not multiply.")', ""),
}
DECIDES = {
    "an oracle": ("return x / 2", "return x * 0.5", ["halved_cases", "squashed_cases"]),
    "a case": ("rng.normal(size=size)", "rng.uniform(size=size)", ["halved_cases"]),
    "sizes that cases read": ("SIZES = (3, 4)", "SIZES = (3, 5)", ["halved_cases"]),
    "the label of a case": ('"a vector"', '"large vector"', ["halved_cases"]),
    "points": ("points=2", "points=3", ["halved_cases"]),
    "a tolerance": ("(1e-3, 1e-6)", "(1e-4, 1e-6)", ["halved_cases", "squashed_cases"]),
    "a comparison": ("beyond(got, want, TOLERANCE).any()", "beyond(got, want, TOLERANCE).all()", None),
    "a comparison without a name": ("near(got, want, case),\n", "near(want, got, case),\n", ["squashed_cases"]),
    "uses": ('uses=("halved_cases",)', "uses=()", ["squashed_cases"]),
    "what is returned": ('returns="y", points=1', 'returns="z", points=1', ["squashed_cases"]),
    "a function of the course": ("F.sigmoid", "F.softmax", ["squashed_cases"]),
    "the profile": ('exercise="20_mine"', 'exercise="20_mine", profile="torch"', [f"{versions.SHARED}its profile"]),
    "limits": ('exercise="20_mine"', 'exercise="20_mine", limits={"cell": 9}', [f"{versions.SHARED}its limits"]),
}


def made_of(folder, text):
    """(version, parts) of a sheet with this text."""
    folder.mkdir()
    (folder / "mine.py").write_text(text)
    try:
        (sheet,) = own_sheets.read(folder)
        return versions.version_of(sheet), versions.parts_of(sheet)
    finally:
        sys.modules.pop("lstm_own_sheet_mine", None)


@pytest.fixture
def both(tmp_path):
    """A function: the same of the sheet, and of the sheet with an edit."""

    def made(old, new):
        assert old in MODULE
        return made_of(tmp_path / "a", MODULE), made_of(tmp_path / "b", MODULE.replace(old, new))

    return made


HELD = {  # a tolerance as a module may hold it: (its definition with @@ for a number, two numbers, how it is read)
    "a NumPy scalar": ("T = np.float32(@@)", "1e-3", "1e-4", "(T, 1e-6)"),
    "a whole NumPy scalar": ("T = np.int64(@@)", "0", "1", "(T, 1e-6)"),
    "an attribute of a class": ("class T:\n    rough = @@", "1e-3", "1e-4", "(T.rough, 1e-6)"),
    "an attribute that another name gives": ("N = @@\nclass T:\n    rough = N", "1e-3", "1e-4", "(T.rough, 1e-6)"),
    "an inherited attribute": ("class A:\n    rough = @@\nclass T(A):\n    pass", "1e-3", "1e-4", "(T.rough, 1e-6)"),
    "a method": (
        "class T:\n    @staticmethod\n    def rough():\n        return @@",
        "1e-3",
        "1e-4",
        "(T.rough(), 1e-6)",
    ),
    "a property": (
        "class C:\n    @property\n    def rough(self):\n        return @@\nT = C()",
        "1e-3",
        "1e-4",
        "(T.rough, 1e-6)",
    ),
    "a method put into a class": (
        "class T:\n    pass\nT.rough = staticmethod(lambda: @@)",
        "1e-3",
        "1e-4",
        "(T.rough(), 1e-6)",
    ),
    "an object": (
        "class C:\n    def __init__(self, rough):\n        self.rough = rough\nT = C(@@)",
        "1e-3",
        "1e-4",
        "(T.rough, 1e-6)",
    ),
    "an object with slots": (
        "class C:\n    __slots__ = ('rough',)\n    def __init__(self, rough):\n        self.rough = rough\nT = C(@@)",
        "1e-3",
        "1e-4",
        "(T.rough, 1e-6)",
    ),
    "a dataclass": (
        "from dataclasses import dataclass\n@dataclass(frozen=True)\nclass C:\n    rough: float\nT = C(@@)",
        "1e-3",
        "1e-4",
        "(T.rough, 1e-6)",
    ),
    "a default of a dataclass": (
        "from dataclasses import dataclass\nN = @@\n@dataclass\nclass C:\n    rough: float = N\nT = C()",
        "1e-3",
        "1e-4",
        "(T.rough, 1e-6)",
    ),
    "a named tuple": (
        "from collections import namedtuple\nT = namedtuple('C', 'rough')(@@)",
        "1e-3",
        "1e-4",
        "(T.rough, 1e-6)",
    ),
    "an enumeration": ("import enum\nclass T(enum.Enum):\n    A = @@", "1e-3", "1e-4", "(T.A.value, 1e-6)"),
    "a namespace": ("import types\nT = types.SimpleNamespace(rough=@@)", "1e-3", "1e-4", "(T.rough, 1e-6)"),
    "a fraction": ("from fractions import Fraction\nT = Fraction(@@)", "1, 1000", "1, 9999", "(float(T), 1e-6)"),
    "a decimal": ("from decimal import Decimal\nT = Decimal('@@')", "1e-3", "1e-4", "(float(T), 1e-6)"),
    "a path": ("from pathlib import Path\nT = Path('@@')", "a", "b", "(len(T.name), 1e-6)"),
    "a bound method": (
        "class C:\n    def rough(self):\n        return @@\nT = C().rough",
        "1e-3",
        "1e-4",
        "(T(), 1e-6)",
    ),
    "a method bound to another object": (
        "class C:\n    def __init__(self, n):\n        self.n = n\n    def rough(self):\n        return self.n\n"
        "T = C(@@).rough",
        "1e-3",
        "1e-4",
        "(T(), 1e-6)",
    ),
    "an array of objects": ("T = np.array([@@, None], dtype=object)", "1e-3", "1e-4", "(T[0], 1e-6)"),
    "a record": ("T = np.array([(@@, 'x')], dtype=[('a', 'f8'), ('b', 'O')])[0]", "1e-3", "1e-4", "(T['a'], 1e-6)"),
    "which of two objects": (
        "A, B = [1e-3], [1e-4]\nT = [A, B, @@]",
        "A",
        "B",
        "(T[2][0], 1e-6)",
    ),
    "a set of objects": (
        "from fractions import Fraction\nT = {Fraction(1, 7), Fraction(@@), 'a', 'b', 'c'}",
        "1, 1000",
        "1, 9999",
        "(len(T), 1e-6)",
    ),
    "a name in a text": ("T = (@@, 1e-6)", "1e-3", "1e-4", "globals()['T']"),
    "a function made while it runs": (
        "exec('A, B = 1e-3, 1e-4\\ndef T():\\n    return @@, 1e-6')",
        "A",
        "B",
        "T()",
    ),
    "a partial": ("import functools\nT = functools.partial(max, @@)", "1e-3", "1e-4", "(T(0), 1e-6)"),
    "a method of a built-in object": ("T = [@@].pop", "1e-3", "1e-4", "(T(), 1e-6)"),
    "an iterator": ("T = iter([@@])", "1e-3", "1e-4", "(next(T), 1e-6)"),
}


def with_tolerance(definition, number, read):
    text = MODULE.replace("TOLERANCE = (1e-3, 1e-6)", definition.replace("@@", number))
    return text.replace("TOLERANCE).any()", f"{read}).any()")


@pytest.mark.parametrize("held", HELD.values(), ids=HELD)
def test_whatever_holds_a_tolerance_a_change_of_it_is_noticed_and_nothing_else(tmp_path, held):
    definition, number, other, read = held
    before, parts = made_of(tmp_path / "a", with_tolerance(definition, number, read))
    assert made_of(tmp_path / "b", with_tolerance(definition, number, read)) == (before, parts)
    after, others = made_of(tmp_path / "c", with_tolerance(definition, other, read))
    assert after != before
    assert [name for name in parts if others[name] != parts[name]] == ["halved_cases", "squashed_cases"]


def test_a_version_is_the_same_in_every_process(tmp_path):
    """Sets of texts have another order there, and objects another place in memory."""
    definition, number, _, read = HELD["a set of objects"]
    (tmp_path / "mine.py").write_text(with_tolerance(definition, number, read))
    program = (
        "import sys\nfrom lstm_helpers.checks import own_sheets\nfrom lstm_helpers.grading.gradebook import versions\n"
        "print(versions.version_of(own_sheets.read(sys.argv[1])[0]))"
    )
    told = {
        subprocess.run(
            [sys.executable, "-c", program, str(tmp_path)],
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
            cwd=ROOT,
        ).stdout
        for seed in "123"
    }
    assert len(told) == 1


def test_checks_in_a_list_bring_no_advice_in(tmp_path):
    listed = (
        MODULE.replace("    for size in SIZES:", "    for size in SIZES[: len(ALL) + 9]:")
        + "\nALL = [sheet, halved_cases]\n"
    )
    before = made_of(tmp_path / "a", listed)
    assert made_of(tmp_path / "b", listed.replace("Divide, do not multiply.", "A half is less.")) == before
    assert made_of(tmp_path / "c", listed.replace("return x / 2", "return x * 0.5")) != before


def test_what_is_worked_out_when_first_asked_for_changes_no_version(tmp_path):
    text = with_tolerance(
        "import functools\nclass C:\n    @functools.cached_property\n    def rough(self):\n        return @@\nT = C()",
        "1e-3",
        "(T.rough, 1e-6)",
    )
    before = made_of(tmp_path / "a", text)
    assert made_of(tmp_path / "b", f"{text}\nT.rough\n") == before


@pytest.mark.parametrize("definition", ["T = (k for k in [1e-3])", "import threading\nT = threading.Lock()"])
def test_what_cannot_be_described_is_refused_in_words(tmp_path, definition):
    with pytest.raises(ValueError, match=r"20_mine, halved_cases: it reads \w+\.\w+, of which cannot be told whether"):
        made_of(tmp_path / "a", with_tolerance(definition, "", "(len(str(T)), 1e-6)"))


def test_files_that_points_are_measured_against_decide_them(tmp_path, monkeypatch):
    asked = SHEETS["text_generation"]
    assert {file.name for file in asked.reads} == {"pride_and_prejudice.txt.xz", "pride_lstm.npz"}
    before = versions.parts_of(asked)
    for number, file in enumerate(asked.reads):
        other = tmp_path / file.name
        other.write_bytes(file.read_bytes() + b" ")
        monkeypatch.setattr(asked, "reads", (*asked.reads[:number], other, *asked.reads[number + 1 :]))
        after = versions.parts_of(asked)
        assert [name for name in before if before[name] != after[name]] == [f"{versions.SHARED}{file.name}"]
        before = after


@pytest.mark.parametrize("edit", SAID.values(), ids=SAID)
def test_what_is_said_changes_no_version(both, edit):
    before, after = both(*edit)
    assert after == before


@pytest.mark.parametrize("edit", DECIDES.values(), ids=DECIDES)
def test_what_decides_points_changes_the_version_and_it_is_told_of_which_check(both, edit):
    old, new, changed = edit
    (before, parts), (after, others) = both(old, new)
    assert after != before
    assert [name for name in parts if others[name] != parts[name]] == (changed or ["halved_cases", "squashed_cases"])


def test_the_same_sheet_in_another_folder_has_the_same_version(tmp_path):
    assert made_of(tmp_path / "a", MODULE) == made_of(tmp_path / "b", MODULE)


def test_the_judges_count_without_comments_and_docstrings(tmp_path):
    text = (ROOT / "lstm_helpers" / "checks" / "compare.py").read_text(encoding="utf-8")
    path = tmp_path / "compare.py"

    def now(*edit):
        path.write_text(text.replace(*edit) if edit else text, encoding="utf-8")
        return code.of_module(path)

    before = now()
    assert "DOUBLE = (1e-6, 1e-9)" in before
    assert now('"""What differs between two tensors', '"""How two tensors differ') == before
    assert now("# relative, and as a part", "# two parts: relative, and as a part") == before
    assert now("DOUBLE = (1e-6, 1e-9)", "DOUBLE = (1e-6, 1e-8)") != before


@pytest.mark.parametrize("exercise", SHEETS)
def test_of_the_courses_sheets_no_misconception_and_no_hint_counts(exercise, monkeypatch):
    sheet = SHEETS[exercise]
    before = versions.version_of(sheet)
    for check in sheet.checks.values():
        monkeypatch.setattr(check, "misconceptions", [])
        monkeypatch.setattr(check, "hints", ("another",))
        monkeypatch.setattr(check, "asks", "Something else.")
    assert versions.version_of(sheet) == before
    for check in sheet.checks.values():
        monkeypatch.setattr(check, "points", check.points + 1)
        assert versions.version_of(sheet) != before
        monkeypatch.setattr(check, "points", check.points - 1)


def test_a_constant_that_a_sheet_takes_from_another_module_decides_points(monkeypatch):
    from lstm_helpers.lessons.cell_state import unit

    asked = SHEETS["04_cell_state"]
    before = versions.parts_of(asked)
    monkeypatch.setattr(unit, "STEPS", 50)
    after = versions.parts_of(asked)
    assert [name for name in before if before[name] != after[name]] == ["latch"]


@pytest.mark.parametrize("edit", ["what it has to bring about", "the seconds that it may compute"])
def test_what_a_check_asks_beyond_its_cases_decides_points(edit, monkeypatch):
    from lstm_helpers.lessons.training_that_works import trained

    asked = SHEETS["07_training_that_works"]
    before = versions.parts_of(asked)
    if edit == "what it has to bring about":
        monkeypatch.setattr(trained, "WRONG", 0.2)
    else:
        monkeypatch.setattr(asked.checks["train_adding"], "processor", 20.0)
    after = versions.parts_of(asked)
    assert [name for name in before if before[name] != after[name]] == ["train_adding"]
