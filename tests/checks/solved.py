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
from lstm_helpers.checks import compare, probe
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


def beside(home, name, holds):
    """The path of a file that the tests of a lesson have to have; what it ``holds`` is said if it is gone."""
    path = ROOT / "tests" / home.replace(".", "/") / name
    assert path.is_file(), f"{path.relative_to(ROOT).as_posix()} is missing: write it, {holds} (docs/maintainers.md)"
    return path


def every_styles():
    """The module ``styles`` of every sheet: right but different answers, and mutants that compute the same."""
    holds = "with STYLES = {check: functions that are right in another style}"
    homes = [home for home in checks.LESSONS.values() if beside(home, "styles.py", holds)]
    return [importlib.import_module(f"tests.{home}.styles") for home in homes]


def released(home):
    """The names of all checks that a lesson or project has had, also under earlier names."""
    holds = "with the name of each check of the sheet, a name per line"
    return beside(home, "released.txt", holds).read_text(encoding="utf-8").split()


@functools.cache
def without_outcome(check):
    """The check that compares with the right answer alone: a whole training under every seed would take minutes."""
    return dataclasses.replace(check, outcome=None)


def fails(check, answer, cases, wanted):
    """Whether an answer is wrong on at least one of the cases, given what is wanted there; no cause is looked for.

    Most wrong answers are told by their bare outputs on the first case; only what gives all the right ones is watched.
    """
    inputs = [case for _, case in cases]
    with probe.random_state_kept():
        for number, (want, case) in enumerate(zip(wanted, inputs, strict=True)):
            (found,) = probe.outcomes([answer], case, check.probe, check.returns, number, seconds=0.5)
            if found is None or not all(compare.agree(check, found[n], w, case) for n, w in want.outputs.items()):
                return True
    watched = probe.watch_all(answer, inputs, check.probe, check.returns, seconds=1.0 * len(inputs))
    return not all(compare.alike(check, next(watched), want, case) for want, case in zip(wanted, inputs, strict=True))
