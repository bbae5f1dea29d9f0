"""Predictions in a real JupyterLab: made with mouse and keys, remembered at once, still there after a restart."""

import pytest

from .conftest import watched
from .test_cell_explorer import CONTRASTS
from .test_lab import EXECUTE

pytestmark = pytest.mark.browser

IMPORT = "from lstm_helpers.predictions import choice, number, outcome, point, predict, score"
NUMBER = 'predict("00-half", number(unit="steps"))'
CHOICE = 'predict("00-where", choice("at once", "slowly", "never"))'
POINT = 'predict("00-curve", point(x="lag", y="loss", xlim=(0, 100), ylim=(0, 1)))'
OUTCOMES = 'outcome("00-half", 16)\noutcome("00-where", "never")\noutcome("00-curve", (52, 0.5))'
ASK = """(sources) => {  // in place of the cells of the test before: the lesson itself begins with text
    const model = window.jupyterapp.shell.currentWidget.content.model.sharedModel;
    while (model.getCell(0).cell_type === 'code') model.deleteCell(0);
    sources.forEach((source, k) => model.insertCell(k, { cell_type: 'code', source }));
}"""
RUN = """async (k) => {
    const notebook = window.jupyterapp.shell.currentWidget.content;
    notebook.deselectAll();
    notebook.activeCellIndex = k;
    await notebook.scrollToItem(k, 'start');
    await window.jupyterapp.commands.execute('notebook:run-cell');
}"""
RESTART = "() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()"
OUTPUT = """(k) => JSON.stringify(
    window.jupyterapp.shell.currentWidget.context.model.toJSON().cells[k].outputs ?? [])"""


@pytest.fixture(scope="module")
def notebook(lab, browser):
    """A page for one test after the other, of a notebook that no other page shows: see ``seat`` in test_exam.py."""
    with watched(browser) as page:
        lab.open(page, "glossary", run=False)
        yield page


@pytest.fixture
def asked(notebook, request):
    """The page with the three questions asked; each test uses names of its own."""
    page = notebook
    word = request.node.name.partition("[")[0].removeprefix("test_").replace("_", "-")
    sources = [source.replace("00-", f"00-{word}-") for source in (IMPORT, NUMBER, CHOICE, POINT, OUTCOMES)]
    page.evaluate(ASK, sources)
    page.wait_for_function("!document.querySelector('.lstm-field')")
    for k in range(4):
        page.evaluate(RUN, k)
    page.evaluate(RUN, 1)
    return page


def said(page, kind, text):
    page.locator(f".lstm-field-{kind} .lstm-said", has_text=text).first.wait_for()


def field(page, kind, k):
    """The field of that kind, which the cell k shows, brought into view."""
    page.evaluate(
        """async (k) => { const notebook = window.jupyterapp.shell.currentWidget.content;
            notebook.activeCellIndex = k; await notebook.scrollToItem(k, 'start'); }""",
        k,
    )
    found = page.locator(f".lstm-field-{kind}").first
    found.wait_for()
    return found


def shown(page, k, text):
    """Wait until the outputs of cell k hold ``text``."""
    page.wait_for_function(f"([k, text]) => ({OUTPUT})(k).includes(text)", arg=[k, text])


def active(page, k):
    """Wait until cell k is the active one."""
    page.wait_for_function("(k) => window.jupyterapp.shell.currentWidget.content.activeCellIndex === k", arg=k)


def test_guesses_with_the_mouse_are_kept_shown_beside_the_result_and_there_after_a_restart(asked):
    page = asked
    box = field(page, "number", 1).get_by_label("Your guess", exact=True)
    box.fill("fifteen")
    field(page, "number", 1).get_by_role("button", name="Keep").click()
    said(page, "number", "'fifteen' is not a number: give a number of steps")
    active(page, 1)
    box.fill("15")
    field(page, "number", 1).get_by_role("button", name="Keep").click()
    said(page, "number", "Your guess: 15 steps, kept.")
    active(page, 2)

    slowly = field(page, "choice", 2).get_by_role("button", name="slowly")
    slowly.click()
    said(page, "choice", "Your guess: slowly, kept.")
    assert slowly.get_attribute("aria-pressed") == "true"

    axes = field(page, "point", 3).locator(".lstm-axes")
    axes.scroll_into_view_if_needed()
    frame = axes.locator("svg rect").first.bounding_box()
    page.mouse.click(frame["x"] + 0.5 * frame["width"], frame["y"] + 0.25 * frame["height"])
    said(page, "point", "Your guess: lag 50, loss 0.75, kept.")

    page.evaluate(RUN, 4)
    shown(page, 4, "Your guess: 15 steps. Result: 16 steps. Close: 1 step too low.")
    shown(page, 4, "Your guess: slowly. Result: never. Not what you expected.")
    shown(page, 4, "Your guess: lag 50, loss 0.75. Result: lag 52, loss 0.5.")
    assert field(page, "choice", 2).get_by_role("button", name="never").is_disabled()  # the result was seen

    page.evaluate(RESTART)
    for k in range(4):
        page.evaluate(RUN, k)
    said(page, "number", "Your guess: 15 steps.")
    assert field(page, "number", 1).get_by_label("Your guess", exact=True).input_value() == "15"
    assert field(page, "choice", 2).get_by_role("button", name="slowly").get_attribute("aria-pressed") == "true"
    assert field(page, "point", 3).locator(".lstm-axes circle").count() == 1


def test_keys_alone_make_every_guess(asked):
    page = asked
    box = field(page, "number", 1).get_by_label("Your guess", exact=True)
    box.focus()
    page.keyboard.type("1,5")
    page.keyboard.press("Enter")
    said(page, "number", "Your guess: 1.5 steps, kept.")
    active(page, 2)  # so that the keys go on from there
    page.keyboard.press("Shift+Enter")
    active(page, 3)

    field(page, "choice", 2).get_by_role("button", name="never").focus()
    page.keyboard.press("Space")
    said(page, "choice", "Your guess: never, kept.")
    active(page, 3)

    axes = field(page, "point", 3).locator(".lstm-axes")
    axes.focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowUp")
    said(page, "point", "lag 56, loss 0.52: not kept yet")
    page.keyboard.press("Enter")
    said(page, "point", "Your guess: lag 56, loss 0.52, kept.")
    active(page, 4)
    page.evaluate(RUN, 4)
    shown(page, 4, "Your guess: lag 56, loss 0.52. Result: lag 52, loss 0.5. Close: ")


def test_every_text_of_a_field_stands_out_in_both_themes(asked):
    page = asked
    for theme in ("light", "dark"):
        page.evaluate(
            "(theme) => window.jupyterapp.commands.execute('apputils:change-theme', { theme })",
            f"JupyterLab {theme.title()}",
        )
        page.wait_for_function(f"document.body.dataset.jpThemeLight === '{str(theme == 'light').lower()}'")
        for k, kind in enumerate(("number", "choice"), 1):
            field(page, kind, k)
            weak = page.evaluate(CONTRASTS.replace(".lstm-cell", f".lstm-field-{kind}").replace(
                'root.querySelector(".lstm-drawing rect")', "null"))  # fmt: skip
            assert weak
            assert [(what, round(ratio, 2)) for what, ratio in weak if ratio < 4.5] == [], theme


def test_a_guess_typed_in_the_cell_needs_no_field(notebook):
    call = 'predict("00-typed", number(unit="steps"), 15); outcome("00-typed", 15)'
    assert "Your guess: 15 steps, kept." in notebook.evaluate(EXECUTE, f"{IMPORT}\n{call}")


OPEN = """async (path) => {
    const notebook = await window.jupyterapp.commands.execute('docmanager:open', { path });
    await notebook.context.ready;
    await notebook.sessionContext.ready;
}"""


def test_a_lesson_that_is_opened_again_still_shows_the_guess(lab, page):
    lab.open(page, "00_start_here", run=False)
    code = [{"cell_type": "code", "source": source, "metadata": {}, "outputs": []} for source in (IMPORT, CHOICE)]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    content = {"cells": code, "metadata": kernel, "nbformat": 4, "nbformat_minor": 4}
    page.evaluate(
        """(content) => window.jupyterapp.serviceManager.contents.save(
            'again.ipynb', { type: 'notebook', format: 'json', content })""",
        content,
    )
    page.evaluate(OPEN, "again.ipynb")
    for k in range(2):
        page.evaluate(RUN, k)
    field(page, "choice", 1).get_by_role("button", name="slowly").click()
    said(page, "choice", "Your guess: slowly, kept.")
    page.evaluate(
        """async () => {
            const notebook = window.jupyterapp.shell.currentWidget;
            await notebook.context.save();
            await notebook.sessionContext.shutdown();
            notebook.dispose();
        }"""
    )
    page.evaluate(OPEN, "again.ipynb")
    slowly = field(page, "choice", 1).get_by_role("button", name="slowly")
    assert slowly.get_attribute("aria-pressed") == "true"
    field(page, "choice", 1).get_by_role("button", name="never").click()
    said(page, "choice", "run this cell again")
