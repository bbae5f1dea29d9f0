"""A lesson's ``answers.py`` holds the right answers as its solution notebook shows them, to the letter."""

import ast
import importlib
import inspect
import textwrap

import pytest

from lstm_helpers import checks
from tests.checks import solved


def exceptions(kind):
    """{check: why} of all modules ``styles`` that name such an exception."""
    return {name: why for styles in solved.every_styles() for name, why in getattr(styles, kind, {}).items()}


SHOWN_OTHERWISE, JUDGED_OTHERWISE = exceptions("SHOWN_OTHERWISE"), exceptions("JUDGED_OTHERWISE")
CHECKS = [check for sheet in checks.sheets().values() for check in sheet.checks.values() if check.fresh]
everyone = pytest.mark.parametrize("check", CHECKS, ids=lambda check: f"{check.sheet.exercise}/{check.name}")


def answer(check):
    module = importlib.import_module(f"lstm_helpers.{checks.LESSONS[check.sheet.exercise]}.answers")
    return getattr(module, check.name)


def tree(source):
    """A function's syntax tree without its docstring, as text."""
    (function,) = ast.parse(textwrap.dedent(source)).body
    if ast.get_docstring(function) is not None:
        function.body = function.body[1:]
    return ast.dump(function, indent=1)


@everyone
def test_the_solution_shows_the_answer(check):
    shown = tree(solved.solution(check.sheet.exercise)[1][check.name])
    kept = tree(inspect.getsource(answer(check)))
    if check.name in SHOWN_OTHERWISE:
        assert shown != kept, f"{check.name} is no exception any more: take it out of SHOWN_OTHERWISE"
    else:
        assert shown == kept


@everyone
def test_the_sheet_judges_by_the_answer(check):
    assert (check.oracle is answer(check)) == (check.name not in JUDGED_OTHERWISE)
