"""The modules of every lesson and project: experiments compute, figures draw, and a notebook calls each by its name."""

import ast
import json
import re

import pytest

from tests import ROOT

IMPORTS = (ast.Import, ast.ImportFrom)
# A lesson or project that has pictures has figures.py, and experiments.py where there are numbers to draw.
MODULES = ("experiments", "figures")
FOLDERS = sorted(
    path.parent for room in ("lessons", "projects") for path in (ROOT / "lstm_helpers" / room).glob("*/figures.py")
)
USED = re.compile(rf"(?<![\w.])({'|'.join(MODULES)})\.(\w+)")

every = pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)


def modules(folder):
    """Those of MODULES that a folder has."""
    return [module for module in MODULES if (folder / f"{module}.py").is_file()]


def tree(folder, module):
    return ast.parse((folder / f"{module}.py").read_text(encoding="utf-8"))


def defined(folder, module):
    """The names that a module defines itself; what it imports is not among them."""
    names = set()
    for node in tree(folder, module).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign):
            targets = (part for target in node.targets for part in ast.walk(target))
            names |= {part.id for part in targets if isinstance(part, ast.Name)}
    return names


def sources(folder):
    """The text of the cells of a folder's notebook."""
    (notebook,) = (path for path in (ROOT / "notebooks").rglob("*.ipynb") if path.stem.endswith(folder.name))
    return ["".join(cell["source"]) for cell in json.loads(notebook.read_text(encoding="utf-8"))["cells"]]


@pytest.mark.parametrize(
    "folder", [folder for folder in FOLDERS if "experiments" in modules(folder)], ids=lambda folder: folder.name
)
def test_experiments_draw_nothing(folder):
    imports = [ast.unparse(node) for node in ast.walk(tree(folder, "experiments")) if isinstance(node, IMPORTS)]
    assert [line for line in imports if "matplotlib" in line or "figures" in line] == []


@every
def test_a_notebook_takes_numbers_from_experiments_and_pictures_from_figures(folder):
    text = "\n".join(sources(folder))
    imports = re.findall(rf"^from lstm_helpers\.{folder.parent.name}\.{folder.name} import (.*)$", text, re.M)
    imported = sorted(name for line in imports for name in re.findall(r"\w+", line) if name in MODULES)
    assert imported == modules(folder), "import each once: from ... import experiments, figures"
    used = {module: {name for at, name in USED.findall(text) if at == module} for module in MODULES}
    assert used["figures"]
    for module in MODULES:
        missing = used[module] - (defined(folder, module) if module in imported else set())
        assert not missing, f"{module}.py does not define {', '.join(sorted(missing))}"
