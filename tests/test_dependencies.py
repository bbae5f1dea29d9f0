"""pyproject.toml, environment.yml and requirements.lock ask for the same things."""

import ast
import re
import tomllib
from importlib import metadata

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from tests import ROOT

PIP_BRINGS = {"fsrs"}  # what conda-forge may lack comes with the course itself, by pip
CONDA_NAMES = {"torch": "pytorch-cpu"}  # pyproject's name -> conda-forge's, where they differ
CONDA_ONLY = {"python", "pip"}

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
CONDA = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
LOCK = [
    Requirement(line)
    for line in (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
    if line.strip() and not line.startswith("#")
]
REQUIRED = [Requirement(text) for text in PROJECT["dependencies"]]
EXTRA = [
    Requirement(t) for group in PROJECT["optional-dependencies"].values() for t in group if PROJECT["name"] not in t
]


def conda_ranges():
    """{conda name: range} of environment.yml."""
    lines = [line for line in CONDA["dependencies"] if isinstance(line, str)]
    split = (re.fullmatch(r"([\w.-]+)\s*(.*)", line).groups() for line in lines)
    return {name: SpecifierSet(spec) for name, spec in split}


def locked(name):
    return [r for r in LOCK if r.name == name]


def test_environment_yml_asks_for_what_pyproject_asks_for():
    # What one system alone needs, pip brings with the course: environment.yml knows no systems.
    wanted = {
        CONDA_NAMES.get(r.name, r.name): r.specifier for r in REQUIRED if r.marker is None and r.name not in PIP_BRINGS
    }
    assert {k: v for k, v in conda_ranges().items() if k not in CONDA_ONLY} == wanted


def imported(folder):
    """The names of the modules that the Python files below a folder import."""
    nodes = [node for path in (ROOT / folder).rglob("*.py") for node in ast.walk(ast.parse(path.read_bytes()))]
    named = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    named |= {node.module for node in nodes if isinstance(node, ast.ImportFrom) and not node.level}
    return {name.partition(".")[0] for name in named}


def test_what_only_the_tests_import_is_not_asked_of_students():
    of_tests = imported("tests") - imported("lstm_helpers")
    assert {r.name for r in REQUIRED} & of_tests == set()
    assert "nbval" in {r.name for r in REQUIRED}, "students run notebooks with it, though nothing here imports it"


def test_every_name_in_the_map_is_used():
    assert set(CONDA_NAMES) <= {r.name for r in REQUIRED}


def test_environment_yml_takes_conda_forge_only_and_installs_the_course_itself():
    assert CONDA["channels"] == ["conda-forge", "nodefaults"]
    assert [part["pip"] for part in CONDA["dependencies"] if isinstance(part, dict)] == [["-e ."]]


def test_both_ask_for_the_same_python():
    assert conda_ranges()["python"] == SpecifierSet(PROJECT["requires-python"]) == SpecifierSet(">=3.11")


@pytest.mark.parametrize("requirement", [*REQUIRED, *EXTRA], ids=str)
def test_the_lock_satisfies_pyproject(requirement):
    found = locked(requirement.name)
    assert found, f"{requirement.name} is not in requirements.lock: run `make lock`"
    for line in found:
        (pin,) = line.specifier
        assert pin.operator == "=="
        assert requirement.specifier.contains(pin.version), f"{line} does not satisfy {requirement}: run `make lock`"


def test_torch_is_one_exact_version_on_every_platform():
    (torch,) = locked("torch")
    assert str(torch) == f"torch=={next(iter(torch.specifier)).version}"
    assert re.fullmatch(r"[\d.]+", next(iter(torch.specifier)).version)  # no +cpu: the index decides the build


def test_torch_comes_first_in_the_lock_as_make_takes_it_from_there():
    assert LOCK[0].name == "torch"
    assert "grep -m1 '^torch=='" in (ROOT / "Makefile").read_text(encoding="utf-8")


def needed_by(requirement, seen):
    """The names of all that a requirement brings on this machine, by the metadata of what is installed."""
    try:
        found = metadata.requires(requirement.name) or []
    except metadata.PackageNotFoundError:
        return
    for text in found:
        inner = Requirement(text)
        extras = requirement.extras or {""}
        applies = inner.marker is None or any(inner.marker.evaluate({"extra": extra}) for extra in extras)
        key = (inner.name.lower().replace("_", "-"), tuple(sorted(inner.extras)))
        if applies and key not in seen:
            seen.add(key)
            needed_by(inner, seen)


def test_the_lock_holds_all_that_is_needed_here():
    seen = set()
    for requirement in (*REQUIRED, *EXTRA):
        if requirement.marker is None or requirement.marker.evaluate():
            needed_by(requirement, seen)
    needed = {name for name, _ in seen if not name.startswith(("nvidia-", "cuda-")) and name != "triton"}
    assert len(needed) > 60
    assert needed - {r.name for r in LOCK} == set(), "run `make lock`"


def test_no_cuda_package_is_locked():
    cuda = [r.name for r in LOCK if r.name == "triton" or r.name.startswith(("nvidia-", "cuda-"))]
    assert cuda == []


def test_every_line_of_the_lock_is_one_exact_version():
    for line in LOCK:
        assert [pin.operator for pin in line.specifier] == ["=="], line
