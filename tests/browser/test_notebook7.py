"""The course in Notebook 7, which the same server offers: map, exercise, guess and explorer, as in JupyterLab."""

import pytest

from .test_lab import EXECUTE
from .test_predictions import RESTART, RUN, active, field, said

pytestmark = pytest.mark.browser
VIEW = "notebooks"  # of JupyterLab it is lab/tree
CELL = """([sign, source]) => {
    const cells = window.jupyterapp.shell.currentWidget.content.model.sharedModel.cells;
    const k = cells.findIndex((cell) => cell.cell_type === 'code' && cell.getSource().includes(sign));
    if (source) cells[k].setSource(source);
    return k;
}"""


def cell(page, sign, source=None):
    """The number of the first code cell that holds ``sign``; ``source`` is written into it."""
    return page.evaluate(CELL, [sign, source])


def followed(lab, page, name):
    """The page that a link of this one opens, when its kernel is there."""
    with page.context.expect_page() as opened:
        page.get_by_role("link", name=name).first.click()
    lab.ready(opened.value)
    return opened.value


def answer(page, code):
    """Answer exercise 03's first question: the sigmoid returns ``code``."""
    page.evaluate(RUN, cell(page, "def sigmoid", f"def sigmoid(z):\n    return {code}"))
    page.evaluate(RUN, cell(page, 'check("sigmoid"'))


def test_the_map_leads_to_an_exercise_and_a_lesson_and_knows_what_was_done_there(lab, page):
    lab.open(page, "00_start_here", view=VIEW)
    assert lab.error_outputs(page) == []

    exercise = followed(lab, page, "exercise 03")
    assert exercise.url.endswith("/notebooks/work/03_gates.ipynb")
    exercise.evaluate(RUN, cell(exercise, "import check"))
    answer(exercise, "np.tanh(z)")
    wrong = exercise.get_by_role("status").filter(has_text="Likely cause: tanh in place of the sigmoid.")
    wrong.get_by_text("hint 1 of 3").click()
    assert wrong.get_by_text("hint 2 of 3").is_visible()
    answer(exercise, "0.5 + 0.5 * np.tanh(z / 2)")
    exercise.get_by_role("status").filter(has_text="Right.").wait_for()

    page.bring_to_front()
    lesson = followed(lab, page, "03 Gates")
    assert lesson.url.endswith("/notebooks/work/lessons/03_gates.ipynb")
    question = cell(lesson, 'predict("03-both-units"')
    lesson.evaluate(RUN, cell(lesson, "MemoryExplorer"))
    lesson.evaluate(RUN, question)
    field(lesson, "choice", question).get_by_role("button", name="both open").click()
    said(lesson, "choice", "Your guess: both open, kept.")
    active(lesson, question + 1)
    lesson.evaluate(RESTART)
    lesson.evaluate(RUN, cell(lesson, "MemoryExplorer"))
    lesson.evaluate(RUN, question)
    said(lesson, "choice", "Your guess: both open, kept.")
    lesson.evaluate(RUN, cell(lesson, "unit = MemoryExplorer()"))
    lab.scroll_to(lesson, "unit = MemoryExplorer()")
    lesson.locator(".lstm-memory").get_by_role("button", name="latch").click()
    lesson.wait_for_function(f"async () => (await ({EXECUTE})('print(unit.challenge)')).trim() === 'latch'")

    page.bring_to_front()
    page.evaluate(RUN, cell(page, "course_map()"))
    row = page.locator("tr", has_text="03 Gates")
    row.get_by_text("2 of 16 points").wait_for()
    row.get_by_text("1 guess made").wait_for()
