"""What a box holds of the course: listed file by file, so that nothing new slips in, and nothing that is an answer."""

import ast

import pytest

from lstm_helpers.grading.box import profiles
from tests.grading.handed import SHEETS

EVERYWHERE = {
    "__init__.py",
    "checks/__init__.py",
    "checks/probe.py",
    "data/__init__.py",
    "data/tasks.py",
    "data/pride_and_prejudice.txt.xz",
    "data/provenance.toml",
    "figures/__init__.py",
    "grading/__init__.py",
    "grading/box/__init__.py",
    "grading/box/confinement.py",
    "grading/box/guest.py",
    "grading/box/messages.py",
    "grading/box/zygote.py",
}
LAYERS = {
    *("nn/__init__.py", "nn/_lstm_kernel.py", "nn/attention.py", "nn/base.py", "nn/functional.py", "nn/gru.py"),
    *("nn/initialisers.py", "nn/layers.py", "nn/losses.py", "nn/lstm.py", "nn/recurrent.py", "nn/rnn.py"),
    *("nn/stack.py", "nn/variants.py"),
}
STAGED = {
    "numpy": EVERYWHERE,
    "torch": EVERYWHERE
    | LAYERS
    | {
        "course/__init__.py",
        "course/course.toml",
        "baselines/__init__.py",
        "baselines/ngrams.py",
        "parity.py",
        "training/__init__.py",
    }
    | {f"training/{name}.py" for name in ("checkpoint", "clipping", "loop", "optimisers", "schedules")},
    "text_generation": EVERYWHERE
    | LAYERS
    | {
        "course/__init__.py",
        "course/course.toml",
        "projects/__init__.py",
        "projects/text_generation/__init__.py",
        "projects/text_generation/own_model.py",
    },
}


@pytest.fixture(scope="module", params=profiles.PROFILES)
def staged(request, tmp_path_factory):
    """(profile, {path: file}) of what is staged."""
    folder = profiles.stage(tmp_path_factory.mktemp("staged"), request.param) / "lstm_helpers"
    files = [path for path in folder.rglob("*") if path.is_file()]
    return request.param, {path.relative_to(folder).as_posix(): path for path in files}


def test_what_is_staged_is_known_file_by_file(staged):
    profile, files = staged
    benchmarks = {name for name in files if name.startswith("data/benchmarks/")}  # tables that lesson 05 draws
    assert set(files) - benchmarks == STAGED[profile]
    assert all(name.endswith(".csv") for name in benchmarks)


def test_no_staged_module_defines_what_a_sheet_of_its_profile_asks_for(staged):
    profile, files = staged
    asked = {name for sheet in SHEETS.values() if sheet.profile == profile for name in sheet.checks}
    defined = {
        (path, node.name)
        for path, file in files.items()
        if path.endswith(".py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
    }
    assert [(path, name) for path, name in defined if name in asked] == []


def test_no_sheet_oracle_or_solution_is_staged(staged):
    for path, file in staged[1].items():
        if path.endswith(".py"):
            text = file.read_text(encoding="utf-8")
            assert "BEGIN SOLUTION" not in text
            assert "@sheet.check" not in text
            assert ".wrong(" not in text
