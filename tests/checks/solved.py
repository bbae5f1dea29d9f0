"""The functions of a solution notebook: their source, and the names that the notebook gives them to work with."""

import ast
import contextlib
import dataclasses
import functools
import importlib
import io
import re

import nbformat

from lstm_helpers import checks
from lstm_helpers.checks import judge, probe
from tests import ROOT

MARKERS = re.compile(r"^[ \t]*### (BEGIN|END) SOLUTION[ \t]*\n?", re.M)


def code_cells(notebook):
    return [cell for cell in nbformat.read(notebook, as_version=4).cells if cell.cell_type == "code"]


@functools.cache
def solution(exercise):
    """(namespace, {check name: source of the solution function}) of solutions/<exercise>.ipynb."""
    space, sources = {"__name__": "__main__"}, {}
    (notebook,) = (ROOT / "solutions").rglob(f"{exercise}.ipynb")
    for cell in code_cells(notebook):
        if cell.metadata.get("nbgrader", {}).get("grade"):
            continue  # the check cells themselves
        source = MARKERS.sub("", cell.source)
        with contextlib.redirect_stdout(io.StringIO()):
            exec(source, space)
        if cell.metadata.get("nbgrader", {}).get("solution"):
            for node in ast.parse(source).body:
                if isinstance(node, ast.FunctionDef):
                    sources[node.name] = ast.unparse(node)
    return space, sources


def compiled(source, exercise):
    """The function in ``source``, in its own copy of the notebook's namespace."""
    space = dict(solution(exercise)[0])
    exec(source, space)
    return space[ast.parse(source).body[-1].name]


def functions():
    """(exercise, check name, source) of every solution function of every sheet that has one right answer."""
    return [
        (sheet.exercise, name, source)
        for sheet in checks.sheets().values()
        for name, source in solution(sheet.exercise)[1].items()
        if not sheet.checks[name].marks
    ]


def every_styles():
    """The module ``styles`` of every sheet: right but different answers, and mutants that compute the same."""
    return [importlib.import_module(f"tests.{home}.styles") for home in checks.LESSONS.values()]


@functools.cache
def without_outcome(check):
    """The check that compares with the right answer alone: a whole training under every seed would take minutes."""
    return dataclasses.replace(check, outcome=None)


def fails(check, answer, cases, wanted):
    """Whether an answer is wrong on at least one of the cases, given what is wanted there; no cause is looked for."""
    for (_, case), want in zip(cases, wanted, strict=True):
        seen = next(probe.watch_all(answer, [case], check.probe, check.returns, seconds=1.0))
        if judge.differs(check, seen, want, case):
            return True
    return False
