"""Functions stay below 60 lines and files below 500, but for data, pages, and tables of slips by pencil."""

import ast

import pytest

from tests import ROOT

PACKAGE = ROOT / "lstm_helpers"
LONGEST_FUNCTION, LONGEST_FILE = 60, 500


def sizes(folder):
    """{file, or file and function: lines} of what is beyond a limit."""
    found = {}
    for path in sorted(folder.rglob("*.py")):
        text, name = path.read_text(encoding="utf-8"), path.relative_to(folder).as_posix()
        if name.startswith("data/"):
            continue
        lines = {name: (len(text.splitlines()), LONGEST_FILE)}
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and path.name != "by_pencil.py":
                lines[f"{name} {node.name}"] = node.end_lineno - node.lineno + 1, LONGEST_FUNCTION
        found |= {what: count for what, (count, most) in lines.items() if count > most}
    return found


def test_no_function_and_no_file_is_too_long_to_be_read():
    assert sizes(PACKAGE) == {}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("def f():\n" + "    x = 1\n" * 60, {"a/b.py f": 61}),
        ("class A:\n    async def f(self):\n" + "        x = 1\n" * 60, {"a/b.py f": 61}),
        ("def f():\n" + "    x = 1\n" * 59, {}),
        ("x = 1\n" * 501, {"a/b.py": 501}),
        ("x = 1\n" * 500, {}),
    ],
)
def test_what_is_too_long_is_found(tmp_path, text, found):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "b.py").write_text(text)
    assert sizes(tmp_path) == found
