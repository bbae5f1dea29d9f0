"""The exam's questions in a real JupyterLab: answered with the mouse, with the keys alone, and unfolded results."""

import pytest

from .conftest import watched
from .test_lab import EXECUTE
from .test_predictions import RESTART, RUN

pytestmark = pytest.mark.browser

SETUP = """
import numpy as np
from lstm_helpers.exam import bank
from lstm_helpers.exam.asked import ask
from lstm_helpers.exam.page import Page
from lstm_helpers.exam.sitting import Sitting

def sit(*names, seconds=None):
    asked = [ask(bank.load().questions[name], np.random.default_rng(0)) for name in names]
    return Page(Sitting(asked, lambda *_: "", seconds))
"""


SIT = """(source) => {
    const model = window.jupyterapp.shell.currentWidget.content.model.sharedModel;
    if (model.getCell(0).getSource().startsWith('sit(')) model.deleteCell(0);
    model.insertCell(0, { cell_type: 'code', source });
}"""


@pytest.fixture(scope="module")
def seat(lab, browser):
    """A notebook for one sitting after the other: JupyterLab and a kernel cost 7 s of processor time for each page.

    Nobody else opens this one: two pages of one notebook share its kernel, and each would hear of the other's widgets.
    """
    with watched(browser) as page:
        yield ready(lab, page, "glossary")


def ready(lab, page, stem="00_start_here"):
    lab.open(page, stem, run=False)
    assert page.evaluate(EXECUTE, SETUP) == ""
    return page


def begun(page, call, width=1280):
    """The page of that sitting, in place of the one before."""
    page.set_viewport_size({"width": width, "height": 1000})
    page.evaluate(SIT, call)
    page.wait_for_function("!document.querySelector('.lstm-exam')")
    page.evaluate(RUN, 0)
    found = page.locator(".lstm-exam")
    found.wait_for()
    return found


def test_a_round_of_each_kind_with_the_mouse(seat):
    exam = begun(seat, 'sit("greff", "cell-by-pencil", "what-gates-read", "set-the-gates", "order-step", "label-cell")')
    said = exam.locator(".lstm-said")
    exam.get_by_role("button", name="Answer").click()
    assert said.inner_text() == "There is no answer yet."
    exam.get_by_text("Peepholes are needed").click()
    exam.get_by_role("button", name="Answer").click()
    exam.get_by_text("Not right.").wait_for()
    assert "Without them, results were about the same" in said.inner_text()
    exam.get_by_role("button", name="Next question").click()
    exam.get_by_label("Your answer").fill("zwei")
    exam.get_by_role("button", name="Answer").click()
    exam.get_by_text("'zwei' is not a number").wait_for()
    exam.get_by_label("Your answer").fill("1,000")
    exam.get_by_role("button", name="Answer").click()
    exam.get_by_text("is too high").wait_for()
    exam.get_by_role("button", name="Next question").click()
    exam.get_by_text("and the hidden state before").click()
    exam.get_by_role("button", name="Answer").click()
    exam.get_by_text("Right.", exact=True).wait_for()
    exam.get_by_role("button", name="Next question").click()
    exam.locator("select").first.wait_for()
    for select in exam.locator("select").all():
        select.select_option(index=1)
    exam.get_by_role("button", name="Answer").click()
    exam.get_by_text("Partly right.").wait_for()
    exam.get_by_role("button", name="Next question").click()
    exam.locator(".lstm-order li").first.wait_for()
    first = exam.locator(".lstm-order li").nth(1)
    words = first.locator("span").first.inner_text()
    first.get_by_role("button", name="Move up").click()
    assert exam.locator(".lstm-order li").first.locator("span").first.inner_text() == words
    exam.get_by_role("button", name="Answer").click()
    exam.get_by_role("button", name="Next question").click()
    exam.get_by_text("Question 6 of").wait_for()
    assert "upper line" in exam.locator("img").get_attribute("alt")


def test_long_answers_of_a_match_stay_on_a_narrow_page(seat):
    exam = begun(seat, 'sit("jobs-match")', width=800)
    for select in exam.locator("select").all():
        select.select_option(index=1)
    assert exam.evaluate("root => root.scrollWidth <= root.clientWidth")
    edge = exam.evaluate("root => root.getBoundingClientRect().right")
    assert all(s.evaluate("s => s.getBoundingClientRect().right") <= edge for s in exam.locator("select").all())


def test_a_question_with_the_keys_alone(seat):
    page, exam = seat, begun(seat, 'sit("greff", "which-is-output")')
    exam.locator("input").first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    exam.get_by_role("button", name="Next question").wait_for()
    page.wait_for_function("() => document.activeElement?.dataset.on !== undefined")
    page.keyboard.press("Enter")
    exam.get_by_text("Question 2 of").wait_for()
    assert page.evaluate("() => document.activeElement.className") == "lstm-head"


def test_a_mock_exam_counts_down_marks_what_was_written_and_says_what_was_missing(seat):
    exam = begun(seat, 'sit("states-short", "greff", seconds=600)')
    exam.get_by_role("button", name="Begin").click()
    exam.get_by_text("left").wait_for()
    exam.locator("textarea").fill("c keeps, h shows")
    exam.get_by_role("button", name="Answer and go on").click()
    exam.get_by_text("Question 2 of 2").wait_for()
    exam.get_by_role("button", name="Skip and finish").click()
    exam.get_by_text("What you wrote").wait_for()
    assert exam.locator("blockquote").inner_text() == "c keeps, h shows"
    exam.get_by_text("cell state: carried along").click()
    exam.get_by_role("button", name="Take these marks").click()
    exam.get_by_text("1 of 4 marks").wait_for()


FOLDED = """from IPython.display import Markdown
from lstm_helpers.predictions import number, outcome, predict"""


def test_what_explains_a_result_unfolds_when_the_result_is_shown(lab, page):
    lab.open(page, "00_start_here", run=False)
    page.evaluate(
        """async (sources) => {
            const model = window.jupyterapp.shell.currentWidget.content.model.sharedModel;
            sources.forEach(([cell_type, source], k) => model.insertCell(k, { cell_type, source }));
        }""",
        [
            ["code", FOLDED],
            ["code", 'predict("00-unfolds", number())'],
            ["code", 'outcome("00-unfolds", 3)'],
            ["markdown", "<details>\n<summary>What came out, and why</summary>\n\nBecause of *this*.\n\n</details>"],
        ],
    )
    page.evaluate(RUN, 3)
    page.evaluate(RUN, 0)
    page.evaluate(RUN, 1)
    page.locator(".lstm-field").first.wait_for()
    assert not page.get_by_text("Because of this.").first.is_visible()
    page.evaluate(RUN, 2)
    page.get_by_text("Because of this.").first.wait_for(state="visible")


def test_a_double_click_answers_one_question_and_the_order_that_nobody_touched_is_none(seat):
    exam = begun(seat, 'sit("states-short", "greff", "order-step", seconds=5)')
    exam.get_by_role("button", name="Begin").click()
    exam.locator("textarea").fill("c keeps, h shows")
    exam.get_by_role("button", name="Answer and go on").dblclick()
    exam.get_by_text("Question 2 of 3").wait_for()
    exam.get_by_text("Peepholes are needed").click()
    exam.get_by_role("button", name="Answer and go on").dblclick()
    exam.get_by_text("Question 3 of 3").wait_for()
    exam.get_by_text("What you wrote").wait_for(timeout=15_000)
    exam.get_by_role("button", name="Take these marks").click()
    exam.get_by_text("0 of 6 marks").wait_for()
    assert "Not answered." in exam.inner_html()


def test_what_is_written_when_time_runs_out_is_not_lost_and_another_clock_in_the_browser_ends_nothing(lab, page):
    exam = begun(ready(lab, page), 'sit("greff", "states-short", seconds=6)')
    page.evaluate("() => { const now = Date.now; Date.now = () => now() + 3_600_000; }")
    exam.get_by_role("button", name="Begin").click()
    exam.get_by_role("button", name="Skip").click()
    exam.get_by_text("Question 2 of 2").wait_for()
    exam.locator("textarea").fill("c keeps, h sh")
    exam.get_by_text("What you wrote").wait_for(timeout=15_000)
    assert exam.locator("blockquote").inner_text() == "c keeps, h sh"


def test_after_a_restart_of_the_kernel_the_page_says_what_to_do(lab, page):
    exam = begun(ready(lab, page), 'sit("greff", "states-short", seconds=600)')
    exam.get_by_role("button", name="Begin").click()
    exam.get_by_text("Question 1 of 2").wait_for()
    page.evaluate(RESTART)
    exam.get_by_text("Peepholes are needed").click()
    exam.get_by_role("button", name="Answer and go on").click()
    exam.get_by_text("If it was restarted, this round has ended: run the cell again.").wait_for(timeout=15_000)
