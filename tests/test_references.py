"""What a page says of other places in the course: which questions a cell waits for, and what is still to be written."""

import re

import nbformat
import pytest

from lstm_helpers.course import LESSONS, PROJECTS
from tests import ROOT

WAITS = re.compile(r"With questions ([\d, ]+ and \d+) answered")
SOLUTIONS = [ROOT / "solutions" / f"{lesson.path}.ipynb" for lesson in (*LESSONS, *PROJECTS) if lesson.has_sheet]
PAGES = [ROOT / "notebooks" / f"{lesson.path}.ipynb" for lesson in (*LESSONS, *PROJECTS)]


def waited_for(cells):
    """(the questions that a text says a cell waits for, those whose functions the code below it calls), one a text."""
    asked = [name for cell in cells for name in re.findall(r'^check\("(\w+)"', cell.source, re.MULTILINE)]
    for k, cell in enumerate(cells):
        if cell.cell_type == "markdown" and (said := WAITS.search(cell.source)):
            last = next((n for n in range(k + 1, len(cells)) if cells[n].cell_type != "code"), len(cells))
            code = "\n".join(other.source for other in cells[k + 1 : last])
            called = {n for n, name in enumerate(asked, 1) if re.search(rf"\b{name}\(", code)}
            yield {int(n) for n in re.findall(r"\d+", said[1])}, called


@pytest.mark.parametrize("path", SOLUTIONS, ids=lambda path: path.stem)
def test_a_cell_waits_for_the_questions_that_the_text_above_it_names(path):
    assert all(said == called for said, called in waited_for(nbformat.read(path, as_version=4).cells))


def test_a_question_that_is_named_by_another_ones_number_is_found():
    made = nbformat.v4
    cells = [
        made.new_code_cell('check("first", first)'),
        made.new_code_cell('check("second", second)'),
        made.new_code_cell('check("third", third)'),
        made.new_markdown_cell("With questions 1 and 2 answered, the two lines are the same."),
        made.new_code_cell("print(first(x))"),
        made.new_code_cell("print(third(x))"),
    ]
    assert list(waited_for(cells)) == [({1, 2}, {1, 3})]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_no_page_says_of_a_lesson_that_it_is_in_preparation(path):
    """The start page shows that, from the map; a page that says it by hand goes on when the lesson is there."""
    assert "in preparation" not in " ".join(cell.source for cell in nbformat.read(path, as_version=4).cells)
