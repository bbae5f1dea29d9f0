"""What a box holds of the course: listed file by file, so that nothing new slips in, and nothing that is an answer."""

import ast
import dataclasses
import re
import subprocess
import sys

import pytest

from lstm_helpers.checks import own_sheets
from lstm_helpers.grading.box import profiles
from lstm_helpers.yours import pieces
from tests.grading.handed import SHEETS

EVERYWHERE = {
    "__init__.py",
    "checks/__init__.py",
    "checks/inspection.py",
    "checks/probe.py",
    "data/__init__.py",
    "data/clips.py",
    "data/connected_digits.npz",
    "data/dates.py",
    "data/digit_sounds.npz",
    "data/hand_signs.npz",
    "data/handwritten_digits.npz",
    "data/interface_en_fr.tsv.xz",
    "data/phrases.py",
    "data/pride_and_prejudice.txt.xz",
    "data/provenance.toml",
    "data/series.py",
    "data/sound.py",
    "data/spoken_digits.npz",
    "data/stocks_2013.npz",
    "data/tasks.py",
    "data/telephone_voice.npz",
    "data/tweets.py",
    "data/tweets.tsv.gz",
    "data/voice.py",
    "data/voice_detector.npz",
    "data/weather_2013.npz",
    "data/world_dates.json.xz",
    "data/world_dates.py",
    "figures/__init__.py",
    "grading/__init__.py",
    "grading/box/__init__.py",
    "grading/box/confinement.py",
    "grading/box/guest.py",
    "grading/box/messages.py",
    "grading/box/zygote.py",
}
LAYERS = {
    *("nn/__init__.py", "nn/_lstm_kernel.py", "nn/attention.py", "nn/base.py", "nn/exponential.py"),
    *("nn/functional.py", "nn/gru.py", "nn/initialisers.py", "nn/layers.py", "nn/linear.py", "nn/losses.py"),
    *("nn/lstm.py", "nn/recurrent.py", "nn/relatives.py", "nn/rnn.py"),
    *("nn/stack.py", "nn/variants.py"),
}
LIBRARY = {
    *("wording.py", "course/__init__.py", "course/course.toml", "yours/__init__.py", "yours/earlier.py"),
    *("yours/found.py", "yours/handing.py", "yours/loading.py", "yours/pieces.py"),
}
OWN_LAYER = LIBRARY | {
    *("nn/__init__.py", "nn/_lstm_kernel.py", "nn/base.py", "nn/functional.py", "nn/lstm.py", "nn/recurrent.py"),
    *("yours/layer.py", "training/__init__.py", "training/base.py", "training/clipping.py"),
}


def of_project(stem):
    """What brings a student's trained model into the exercise of a project."""
    return {
        "course/__init__.py",
        "course/course.toml",
        "projects/__init__.py",
        "projects/own_weights.py",
        f"projects/{stem}/__init__.py",
        f"projects/{stem}/own_model.py",
    }


STAGED = {
    "numpy": EVERYWHERE,
    "after_gates": EVERYWHERE | LIBRARY,
    "after_cell_state": EVERYWHERE | LIBRARY,
    "after_forward": EVERYWHERE | LIBRARY,
    "after_backward": EVERYWHERE | OWN_LAYER,
    "after_training": EVERYWHERE | OWN_LAYER,
    "torch": EVERYWHERE
    | LAYERS
    | {
        "course/__init__.py",
        "course/course.toml",
        "baselines/__init__.py",
        "baselines/ngrams.py",
        "live.py",
        "parity.py",
        "training/__init__.py",
    }
    | {f"training/{name}.py" for name in ("base", "checkpoint", "clipping", "loop", "optimisers", "schedules")},
    "text_generation": EVERYWHERE | LAYERS | of_project("text_generation"),
    "sentiment": EVERYWHERE | of_project("sentiment"),
    "translation": EVERYWHERE | of_project("translation"),
    "speech": EVERYWHERE | of_project("speech"),
    "forecasting": EVERYWHERE | LAYERS | of_project("forecasting"),
    "action_recognition": EVERYWHERE | {"nn/__init__.py", "nn/functional.py"} | of_project("action_recognition"),
}


# What no box may hold, whatever the table says: answers, questions, slips, and what a class is scored on.
ANSWERS = re.compile(r"(?:^|/)(?:answers\.py|sheet\.py|slips\.md|by_pencil\.py|hidden[^/]*|models/.*)$")


def tree(folder, profile):
    """{path: file} of what is staged for one profile."""
    package = profiles.stage(folder, profile) / "lstm_helpers"
    return {path.relative_to(package).as_posix(): path for path in package.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def trees(tmp_path_factory):
    return {profile: tree(tmp_path_factory.mktemp(profile), profile) for profile in profiles.PROFILES}


@pytest.fixture(params=SHEETS)
def sheet(request):
    return SHEETS[request.param]


def faults(sheet, files):
    """(path, why) of what may not be staged for a sheet."""
    benchmarks = {name for name in files if name.startswith("data/benchmarks/")}  # tables that lesson 05 draws
    yield from ((path, "new") for path in files.keys() - benchmarks - STAGED[sheet.profile])
    yield from ((path, "an answer") for path in files if ANSWERS.search(path))
    yield from ((path, "no table") for path in benchmarks if not path.endswith(".csv"))
    asked = {*sheet.checks, *(getattr(check.oracle, "__name__", "") for check in sheet.checks.values())}
    for path, file in files.items():
        if path.endswith(".py"):
            text = file.read_text(encoding="utf-8")
            yield from ((path, word) for word in ("BEGIN SOLUTION", "@sheet.check", ".wrong(") if word in text)
            yield from ((path, name) for name in defined(ast.parse(text)) if name in asked)


def defined(module):
    """The functions and classes of a module, wherever they stand, the names that it gives to something, and those that
    it takes from elsewhere in the course."""
    for node in ast.walk(module):
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith("lstm_helpers"):
            yield from (alias.name for alias in node.names)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
    for node in module.body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        yield from (target.id for target in targets if isinstance(target, ast.Name))


def test_what_is_staged_for_a_sheet_is_known_file_by_file_and_holds_no_answer_to_it(sheet, trees):
    assert sorted(faults(sheet, trees[sheet.profile])) == []


def test_nothing_is_missing_from_what_is_staged(trees):
    assert {profile: STAGED[profile] - files.keys() for profile, files in trees.items()} == {p: set() for p in STAGED}


def test_the_library_of_a_box_holds_the_reference_of_the_pieces_before_its_exercise_and_no_other(trees):
    for exercise in pieces.EXERCISES[1:]:
        text = trees[SHEETS[exercise].profile]["yours/earlier.py"].read_text(encoding="utf-8")
        before = {name for name, piece in pieces.PIECES.items() if piece.exercise < exercise}
        assert set(defined(ast.parse(text))) & pieces.PIECES.keys() == before
        assert f"EXERCISE = {exercise!r}" in text


@pytest.mark.parametrize("exercise", pieces.EXERCISES[:-1])
def test_the_library_of_a_later_box_would_answer_an_exercise_of_its_pieces(exercise, trees):
    later = pieces.EXERCISES[pieces.EXERCISES.index(exercise) + 1]
    sheet = SHEETS[exercise]
    library = {"yours/earlier.py": trees[SHEETS[later].profile]["yours/earlier.py"]}
    asked = {name for path, name in faults(sheet, trees[sheet.profile] | library) if path == "yours/earlier.py"}
    assert asked >= {piece.name for piece in pieces.of(exercise)}


def test_a_box_has_of_the_library_what_is_given_to_its_exercise_and_it_says_what_it_is(tmp_path):
    for exercise in pieces.EXERCISES[1:]:
        folder = profiles.stage(tmp_path / exercise, SHEETS[exercise].profile)
        program = (
            f"import sys; sys.path.insert(0, {str(folder)!r}); from lstm_helpers import yours\n"
            "there = {}; exec('from lstm_helpers.yours import *', there)\n"
            "print(*sorted(there.keys() - {'__builtins__'}))\n"
            "try: print(yours.report())\nexcept ImportError as why: print(why)"
        )
        ran = subprocess.run([sys.executable, "-I", "-c", program], capture_output=True, text=True)
        assert ran.returncode == 0, ran.stderr
        names, *report = [line for line in ran.stdout.splitlines() if "is the course's own" not in line]
        assert {*names.split()} == pieces.given_to(exercise) | {"PIECES"}
        whole = exercise == pieces.TRAINING
        assert ("In the grader's box: the reference" in " ".join(report)) == whole
        assert ("lstm_helpers.yours.report is not there when this exercise is graded" in report[0]) != whole


@pytest.mark.parametrize(
    ("name", "origin"),
    [
        ("nn/functional.py", "nn/functional.py"),
        ("lessons/gates/sheet.py", "lessons/gates/sheet.py"),
        ("tasks.py", "lessons/gates/sheet.py"),
        ("yours/layer.py", "yours/layer.py"),
        ("commands", "commands"),
    ],
)
def test_a_line_too_many_in_the_table_is_found(tmp_path, monkeypatch, name, origin):
    files = profiles.EVERYWHERE | {name: origin}
    monkeypatch.setitem(profiles.PROFILES, "numpy", profiles.Profile("numpy", files))
    assert list(faults(SHEETS["03_gates"], tree(tmp_path, "numpy")))


def test_of_a_folder_no_answer_is_staged(tmp_path, monkeypatch):
    files = profiles.EVERYWHERE | {"lessons": "lessons", "projects": "projects"}
    monkeypatch.setitem(profiles.PROFILES, "numpy", profiles.Profile("numpy", files))
    assert [path for path in tree(tmp_path, "numpy") if ANSWERS.search(path)] == []


def test_a_module_that_holds_the_answer_to_a_sheet_is_left_out_for_it_and_the_rest_can_be_imported(
    tmp_path, monkeypatch
):
    torch = profiles.PROFILES["torch"]
    without = dataclasses.replace(torch, without=("nn/attention.py", "training/schedules.py"))
    monkeypatch.setitem(profiles.PROFILES, "attention", without)
    files = tree(tmp_path, "attention")
    assert STAGED["torch"] - files.keys() == {"nn/attention.py", "training/schedules.py"}
    program = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r}); from lstm_helpers import nn, training; "
        "print(nn.__file__, hasattr(nn, 'LSTM'), hasattr(nn, 'DotAttention'), 'DotAttention' in nn.__all__)"
    )
    ran = subprocess.run([sys.executable, "-I", "-c", program], capture_output=True, text=True)
    assert ran.stdout.split() == [str(tmp_path / "lstm_helpers/nn/__init__.py"), "True", "False", "False"], ran.stderr


def test_every_sheet_names_a_profile_of_the_table():
    assert {sheet.profile for sheet in SHEETS.values()} <= profiles.PROFILES.keys()
    assert {*own_sheets.PROFILES} <= profiles.PROFILES.keys()
