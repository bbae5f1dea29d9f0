"""The right answer that a sheet judges by is the answer that the solution notebook shows, to the letter."""

import ast
import inspect
import textwrap

import pytest

from lstm_helpers import checks
from tests.checks import solved

# Why a solution shows another text than the one whose edits are the slips.
SHOWN_OTHERWISE = {
    name: why for styles in solved.every_styles() for name, why in getattr(styles, "SHOWN_OTHERWISE", {}).items()
}
CHECKS = [check for sheet in checks.sheets().values() for check in sheet.checks.values() if callable(check.oracle)]


def tree(source):
    """A function's syntax tree without its docstring, as text."""
    (function,) = ast.parse(textwrap.dedent(source)).body
    if ast.get_docstring(function) is not None:
        function.body = function.body[1:]
    return ast.dump(function, indent=1)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: f"{check.sheet.exercise}/{check.name}")
def test_the_solution_shows_the_answer_that_the_sheet_judges_by(check):
    shown = tree(solved.solution(check.sheet.exercise)[1][check.name])
    if check.name in SHOWN_OTHERWISE:
        assert shown != tree(inspect.getsource(check.oracle)), f"{check.name} needs no exception any more"
    else:
        assert shown == tree(inspect.getsource(check.oracle))


def test_every_answer_that_is_a_function_is_compared():
    asked = {check.name for sheet in checks.sheets().values() for check in sheet.checks.values() if check.fresh}
    assert {check.name for check in CHECKS} == asked
    assert asked.issuperset(SHOWN_OTHERWISE)
