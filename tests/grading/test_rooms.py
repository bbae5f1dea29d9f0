"""The grader's rooms: each imports only from below, and no module leads back to itself, wherever an import stands."""

import ast
import graphlib

import pytest

from tests import ROOT

GRADING = ROOT / "lstm_helpers" / "grading"
# Each room imports only from the ones before it; those on one line do not import one another. "": the modules above.
ROOMS = [{"box", "submissions"}, {"gradebook"}, {"inventory", "pages"}, {""}]
HEIGHT = {room: height for height, rooms in enumerate(ROOMS) for room in rooms}


def modules(folder):
    """{dotted name below ``lstm_helpers.grading``: path}."""
    paths = sorted(folder.rglob("*.py"))
    return {".".join(p.relative_to(folder).with_suffix("").parts).removesuffix(".__init__"): p for p in paths}


def imports(path, known, name):
    """The modules of the grader that a file imports, also inside of functions and for type checkers."""
    found = set()
    room = ["lstm_helpers", "grading", *name.split(".")[:-1]]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = [*room[: len(room) - node.level + 1], *filter(None, [node.module])] if node.level else [node.module]
            names = [".".join([*base, alias.name]) for alias in node.names]
        else:
            continue
        for dotted in names:
            below = dotted.removeprefix("lstm_helpers.grading.")
            if below != dotted:
                found |= {below} & known or {below.rpartition(".")[0]} & known
    return found


def graph(folder):
    known = modules(folder)
    return {name: imports(path, set(known), name) - {name} for name, path in known.items()}


def room(name):
    return name.rpartition(".")[0] or (name if name in HEIGHT else "")


def upward(edges):
    """The imports that lead to a room that is not below."""
    return sorted(
        (name, other)
        for name, others in edges.items()
        for other in others
        if room(other) != room(name) and HEIGHT[room(other)] >= HEIGHT[room(name)]
    )


def circle(edges):
    """The modules of a circle, or none."""
    try:
        graphlib.TopologicalSorter(edges).prepare()
    except graphlib.CycleError as found:
        return found.args[1]
    return []


def test_each_room_imports_only_from_below():
    edges = graph(GRADING)
    assert {"run", "box.guest", "gradebook.store", "pages.report", "submissions.reading"} <= edges.keys()
    assert upward(edges) == []


def test_no_module_leads_back_to_itself():
    assert circle(graph(GRADING)) == []


@pytest.mark.parametrize(
    "line",
    [
        "from lstm_helpers.grading import run",
        "import lstm_helpers.grading.run",
        "from lstm_helpers.grading.run import grade",
        "from .. import run",
        "from ..run import grade",
        "def f():\n    from lstm_helpers.grading import run",
    ],
)
def test_every_way_to_import_is_seen(tmp_path, line):
    (tmp_path / "gradebook").mkdir()
    (tmp_path / "gradebook" / "store.py").write_text(line)
    (tmp_path / "run.py").write_text("from lstm_helpers.grading.gradebook import store")
    edges = graph(tmp_path)
    assert upward(edges) == [("gradebook.store", "run")]
    assert set(circle(edges)) == {"gradebook.store", "run"}
