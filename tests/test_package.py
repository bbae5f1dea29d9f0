"""The package as a whole: instant to import, floor upon floor, and bound to no machine."""

import ast
import re
import subprocess
import sys

import pytest

from tests import ROOT

PACKAGE = ROOT / "lstm_helpers"

# Each floor imports only from below. Modules on one line share a floor and do not import one another.
FLOORS = [
    {"intervals", "live", "runs"},
    {"data", "figures", "files", "nn", "training", "wording"},
    {"baselines", "explorers", "notebook_file", "pages", "paper", "parity"},
    {"course"},
    {"checks", "predictions"},
    {"variants"},
    {"exam", "yours"},
    {"grading", "lessons", "projects"},
    {"site"},
    {"commands"},
    {"__main__"},
]
HEIGHT = {name: height for height, floor in enumerate(FLOORS) for name in floor}
MODULES = sorted(p for p in PACKAGE.rglob("*.py") if p != PACKAGE / "__init__.py")


def fresh(code):
    """What ``code`` prints in an interpreter of its own."""
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


def loaded(module, of):
    """Those of the packages ``of`` that importing ``module`` loads."""
    return fresh(f"import sys, {module}; print(*[m for m in {of!r} if m in sys.modules])").split()


def own_imports(path):
    """The modules of lstm_helpers that a file imports, wherever the import stands: {"nn", "data", ...}."""
    package = ["lstm_helpers", *path.relative_to(PACKAGE).parts[:-1]]
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*base, *([node.module] if node.module else [])])
            names = [f"{base}.{alias.name}" for alias in node.names]
        else:
            continue
        found |= {name.split(".")[1] for name in names if name.startswith("lstm_helpers.")}
    return found & HEIGHT.keys()


def floor(path):
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def test_importing_the_package_loads_nothing_heavy():
    heavy = ["torch", "matplotlib", "ipywidgets", "numpy", "IPython", "nbformat"]
    assert loaded("lstm_helpers", heavy) == []


@pytest.mark.parametrize(
    "module", ["lstm_helpers.nn", "lstm_helpers.data", "lstm_helpers.figures", "lstm_helpers.commands.cli"]
)
def test_torch_matplotlib_and_widgets_load_only_when_used(module):
    assert loaded(module, ["torch", "matplotlib", "ipywidgets"]) == []


@pytest.mark.parametrize("path", MODULES, ids=lambda p: p.relative_to(PACKAGE).as_posix())
def test_a_module_imports_only_from_below(path):
    assert floor(path) in HEIGHT, f"{floor(path)} has no floor yet: give it one in FLOORS"
    above = {m for m in own_imports(path) - {floor(path)} if HEIGHT[m] >= HEIGHT[floor(path)]}
    assert not above, f"{floor(path)} imports from its own floor or above: {sorted(above)}"


def test_the_import_reader_sees_every_way_to_import(tmp_path, monkeypatch):
    monkeypatch.setattr(sys.modules[__name__], "PACKAGE", tmp_path)
    (tmp_path / "nn").mkdir()
    module = tmp_path / "nn" / "new.py"
    module.write_text(
        "from lstm_helpers import data\nimport lstm_helpers.parity\nfrom .. import figures\nfrom . import lstm\n"
        "def f():\n    from lstm_helpers.checks.judge import Result\n    from ..grading import run\n"
    )
    assert own_imports(module) == {"data", "parity", "figures", "checks", "grading", "nn"}


# No file names a place that only one machine has. The words are put together here, so that this file is clean too.
ELSEWHERE = re.compile("|".join(map(re.escape, ["/work" + "/main", ".." + "/shared", "/ro" + "ot/", "/ho" + "me/"])))
REGISTRIES = re.compile("|".join(map(re.escape, ["download.py" + "torch.org", "files.python" + "hosted.org"])))
SKIPPED = {
    ".git",
    ".venv",
    "work",
    "grades",
    "look-out",
    ".paper",
    "__pycache__",
    ".ipynb_checkpoints",
    ".pytest_cache",
    ".ruff_cache",
    ".hypothesis",
    "hostile",
}  # fmt: skip  (hostile notebooks look for places of any machine)
TEXT = {".py", ".md", ".toml", ".yml", ".json", ".js", ".css", ".svg", ".html", ".lock", ".ipynb", ""}


def text_files():
    for path in sorted(ROOT.rglob("*")):
        outside = SKIPPED & set(path.relative_to(ROOT).parts)
        if path.is_file() and path.suffix in TEXT and not outside:
            yield path


def test_no_file_names_a_place_of_one_machine():
    files = list(text_files())
    assert {"Makefile", "pyproject.toml", "run.py"} <= {p.name for p in files}
    named = {}
    for path in files:
        text = path.read_text(encoding="utf-8")
        text = re.sub(r"base64,[A-Za-z0-9+/=]+", "", text)  # a picture is no text
        hits = [m[0] for pattern in (ELSEWHERE, REGISTRIES) for m in pattern.finditer(text)]
        if hits:
            named[str(path.relative_to(ROOT))] = sorted(set(hits))
    assert named == {}


def test_the_package_brings_its_data_and_its_settings():
    for name in (
        "data/pride_and_prejudice.txt.xz",
        "data/provenance.toml",
        "commands/lab_settings/overrides.json",
        "course/course.toml",
    ):
        assert (PACKAGE / name).is_file(), name


def test_a_folder_of_the_package_can_be_imported():
    folders = {path.parent for path in PACKAGE.rglob("*.py")}
    assert sorted(folder.name for folder in folders if not (folder / "__init__.py").is_file()) == []
