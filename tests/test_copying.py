"""A lesson derives, an exercise builds: what a lesson's code gives, pasted into its exercise, earns next to nothing."""

import ast
import contextlib
import functools
import io
import re
import textwrap

import matplotlib
import nbformat
import pytest

from lstm_helpers import checks, course
from tests import ROOT

MOST = 0.2  # of a sheet's points
SHOWN = re.compile(r"^( *)```(?:python|py)\n(.*?)^ *```", re.M | re.S)
LESSONS = [lesson.stem for lesson in course.LESSONS if lesson.has_sheet]


def definitions(text):
    """{name: source} of the functions and values that a piece of code defines at its top level; {} if it is no code."""
    lines = [line for line in textwrap.dedent(text).splitlines() if not line.startswith(("%", "!"))]
    try:
        statements = ast.parse("\n".join(lines)).body
    except SyntaxError:
        return {}
    found = {}
    for statement in statements:
        if isinstance(statement, ast.FunctionDef):
            found[statement.name] = ast.unparse(statement)
        elif isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            found[statement.targets[0].id] = ast.unparse(statement)
    return found


def pieces(notebook):
    """The code cells of a lesson and the code that its text and its outputs display, in their order."""
    for cell in notebook.cells:
        if cell.cell_type == "code":
            yield cell.source
        shown = [cell.source] if cell.cell_type == "markdown" else []
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            shown += [data.get("text/markdown", ""), data.get("text/plain", ""), output.get("text", "")]
        for text in shown:
            yield from (code for _, code in SHOWN.findall(text))
            if text.lstrip().startswith("def "):  # printed by inspect.getsource
                yield text


def imports(notebook):
    """The import lines of a lesson's code cells."""
    for cell in notebook.cells:
        if cell.cell_type == "code":
            for line in re.findall(r"^(?:import|from) .*?(?:\([^)]*\)|$)", cell.source, re.M | re.S):
                yield line.strip()


@functools.cache
def lesson(stem):
    return nbformat.read(ROOT / "notebooks" / f"{stem}.ipynb", as_version=4)


def run(source, space):
    with contextlib.suppress(Exception), contextlib.redirect_stdout(io.StringIO()):
        exec(source, space)


def copied(stem):
    """The points that come out of an untouched exercise into which the code of all lessons up to it was pasted."""
    matplotlib.use("agg")
    sheet, space = checks.sheets()[stem], {"__name__": "__main__"}
    exercise = nbformat.read(ROOT / "exercises" / f"{stem}.ipynb", as_version=4)
    for cell in exercise.cells:
        if cell.cell_type == "code" and "check(" not in cell.source:
            run(cell.source, space)
    for earlier in LESSONS[: LESSONS.index(stem) + 1]:
        notebook = lesson(earlier)
        for line in imports(notebook):
            brought = {}
            run(line, brought)
            space |= {name: value for name, value in brought.items() if not name.startswith("__")}
        for code in pieces(notebook):
            for source in definitions(code).values():
                if source.startswith("def ") or any(source.startswith(f"{name} =") for name in sheet.checks):
                    run(source, space)
    results = [checks.examine(check, space.get(name, ...)) for name, check in sheet.checks.items()]
    return sum(result.points for result in results)


@pytest.mark.parametrize("stem", LESSONS)
def test_the_code_of_the_lessons_does_not_answer_the_exercise(stem):
    points, of = copied(stem), checks.sheets()[stem].points
    assert points <= MOST * of, f"{points:g} of {of:g} points by copying"


@pytest.mark.parametrize(
    ("cell", "finds"),
    [
        (nbformat.v4.new_code_cell("def f(x):\n    return x"), "f"),
        (nbformat.v4.new_markdown_cell("Read:\n\n```python\ndef f(x):\n    return x\n```\n"), "f"),
        (nbformat.v4.new_markdown_cell("- in a list\n\n  ```python\n  def f(x):\n      return x\n  ```\n"), "f"),
        (
            nbformat.v4.new_code_cell(
                "show(f)",
                outputs=[
                    nbformat.v4.new_output("display_data", {"text/markdown": "```python\ndef f(x):\n    return x\n```"})
                ],
            ),
            "f",
        ),
        (
            nbformat.v4.new_code_cell(
                "print(source(f))", outputs=[nbformat.v4.new_output("stream", text="def f(x):\n    return x\n")]
            ),
            "f",
        ),
        (nbformat.v4.new_markdown_cell("```\ndef f(x): is no Python that is shown as such\n```"), None),
    ],
)
def test_code_is_found_wherever_a_lesson_shows_it(cell, finds):
    notebook = nbformat.v4.new_notebook(cells=[cell])
    found = [name for code in pieces(notebook) for name in definitions(code)]
    assert found[-1:] == ([finds] if finds else [])
