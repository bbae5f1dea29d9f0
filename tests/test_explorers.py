"""Every explorer found: what it shows where it cannot move, that its page asks for nothing, and the core it shares."""

import inspect
import json
import re
import subprocess
import sys
from pathlib import Path

import anywidget
import pytest
import traitlets

from lstm_helpers import explorers
from lstm_helpers.exam.page import Page
from lstm_helpers.explorers import shared
from lstm_helpers.figures import COLOURS
from lstm_helpers.predictions.field import Field
from tests import ROOT

FOLDER = ROOT / "lstm_helpers" / "explorers"
EXPLORERS = [getattr(explorers, name) for name in explorers.__all__ if isinstance(getattr(explorers, name), type)]
NETWORK = re.compile(r"\bimport\b|\bfetch\b|XMLHttpRequest|WebSocket|EventSource|sendBeacon|@import|url\(|\bsrc=")
W3 = "http://www.w3.org/2000/svg"  # the name of SVG's elements: nothing is loaded from there
FUNCTION = re.compile(r"^(?:export )?(?:function (\w+)|const (\w+) = \()", re.M)
DECLARED = re.compile(r"^(?:export )?(?:async )?(?:function|const|let|class) (\w+)", re.M)

every = pytest.mark.parametrize("explorer", EXPLORERS, ids=lambda explorer: explorer.__name__)


def folder(explorer):
    return Path(inspect.getfile(explorer)).parent


def functions(path):
    """The names of the functions that a script defines."""
    return {function or arrow for function, arrow in FUNCTION.findall(path.read_text(encoding="utf-8"))}


def test_every_folder_is_found_and_holds_one_explorer():
    folders = sorted(path.parent.name for path in FOLDER.glob("*/__init__.py"))
    assert sorted(folder(explorer).name for explorer in EXPLORERS) == folders
    assert all(issubclass(explorer, anywidget.AnyWidget) for explorer in EXPLORERS)
    assert set(explorers.__all__) <= set(dir(explorers))
    with pytest.raises(AttributeError, match="no attribute 'NoExplorer': it offers .*CellExplorer"):
        explorers.NoExplorer  # noqa: B018


def test_a_new_folder_is_all_that_a_new_explorer_needs(tmp_path):
    package = tmp_path / "explorers"
    (package / "gate").mkdir(parents=True)
    (package / "__init__.py").write_bytes((FOLDER / "__init__.py").read_bytes())
    (package / "gate" / "__init__.py").write_text('OFFERS = ("GateExplorer",)\n')
    (package / "gate" / "gate.py").write_text("class GateExplorer:\n    pass\n")
    code = (
        "import sys, explorers\n"
        "print(explorers.__all__, 'explorers.gate.gate' in sys.modules, 'GateExplorer' in dir(explorers))\n"
        "print(explorers.GateExplorer.__module__)\n"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert run.stdout.splitlines() == ["['GateExplorer'] False True", "explorers.gate.gate"]


@every
def test_an_explorer_without_saved_state_says_what_it_is_and_what_to_do(explorer):
    bundle = explorer()._repr_mimebundle_()
    text = (bundle[0] if isinstance(bundle, tuple) else bundle)["text/plain"]
    assert "object at 0x" not in text
    assert "Run this cell" in text


@every
def test_it_says_its_state(explorer):
    numbers = explorer.class_own_traits(sync=True)
    numbers = {name for name, kind in numbers.items() if isinstance(kind, (traitlets.Float, traitlets.Int))}
    now = explorer()
    assert numbers
    for name in numbers:
        setattr(now, name, getattr(now, name) + 1)
        assert f"{name} = {getattr(now, name):g}" in repr(now)


@every
def test_it_has_a_static_picture_with_alternative_text(explorer):
    picture = getattr(explorers, f"{folder(explorer).name}_picture")().data
    assert re.search(r'<img alt="[^"]{100,}" src="data:image/svg\+xml;base64,', picture)


@every
def test_its_docstring_says_what_it_shows_and_what_to_try(explorer):
    first, *more = inspect.getdoc(inspect.getmodule(explorer)).split("\n\n")
    assert re.fullmatch(r"[A-Z][^:\n]+: [^\n]+\.", first)
    assert [part for part in more if re.fullmatch(r"Try: .+[.?]", part, re.S)]


@every
def test_its_page_asks_for_nothing(explorer):
    for text in (explorer._esm, explorer._css):
        text = text.replace(W3, "")
        assert not NETWORK.findall(text)
        assert "//" not in re.sub(r"^\s*//.*$|\s// .*$", "", text, flags=re.M)  # no address, but for comments


@every
def test_it_is_built_from_the_shared_core(explorer):
    own = folder(explorer) / f"{folder(explorer).name}.js"
    maths = [FOLDER / "maths.js"] if (FOLDER / "maths.js").read_text(encoding="utf-8") in explorer._esm else []
    assert explorer._esm == shared.script(*maths, own)
    assert explorer._css == shared.style(own.with_suffix(".css"))
    assert not functions(own) & set.union(*map(functions, [FOLDER / "shared.js", *maths]))
    assert re.search(r"^export default (explorer|mounted)\(", own.read_text(encoding="utf-8"), re.M)


@pytest.mark.parametrize("widget", [*EXPLORERS, Field, Page], ids=lambda widget: widget.__name__)
def test_the_files_of_its_script_declare_no_name_twice(widget):
    """They are one ES module, and a browser runs no line of a module in which a name is declared twice."""
    names = DECLARED.findall(widget._esm)
    assert len(names) > 20
    assert [name for name in set(names) if names.count(name) > 1] == []


@every
def test_its_own_rules_change_no_other_explorer_on_the_page(explorer):
    """JupyterLab puts all their style sheets on one page: each rule begins with the class of its explorer. With that of
    all explorers beside it, it weighs more than their common look, which the next sheet repeats.
    """
    name = folder(explorer).name
    text = re.sub(r"/\*.*?\*/", "", (folder(explorer) / f"{name}.css").read_text(encoding="utf-8"), flags=re.S)
    heads = [head.strip() for head in re.findall(r"[{}]?([^{}]+)\{", text)]
    selectors = [one.strip() for head in heads if not head.startswith("@") for one in re.split(r",(?![^(]*\))", head)]
    assert len(selectors) > 5
    assert [one for one in selectors if f".lstm-explorer.lstm-{name}" not in one.split()[0]] == []


@every
def test_its_colours_are_those_of_the_figures(explorer):
    first = explorer._esm.splitlines()[0]
    assert json.loads(first.removeprefix("export const COLOURS = ").removesuffix(";")) == COLOURS
    written = re.findall(r"#[0-9a-fA-F]{6}", explorer._esm.removeprefix(first) + explorer._css)
    assert not {colour.upper() for colour in written} & set(COLOURS.values())  # none is typed a second time


def test_the_cell_explorer_says_its_values_and_what_they_give():
    text = repr(explorers.CellExplorer(x=0.25, b_f=8))
    assert "x = 0.25, h_prev = 0.2, c_prev = 0.8, b_i = 0, b_f = 8, b_g = 0, b_o = 0" in text
    assert f"c = {explorers.CellExplorer(x=0.25, b_f=8).compute()['c']:.3f}" in text
