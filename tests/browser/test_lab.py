"""The course in a real JupyterLab: the first pages run without an error, the explorer obeys keyboard and mouse."""

import json

import pytest

from .conftest import ROOT
from .test_cell_explorer import CONTRASTS, SLIDERS

pytestmark = pytest.mark.browser
EXECUTE = """async (code) => {
    const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
    const texts = [];
    const future = kernel.requestExecute({ code });
    future.onIOPub = (message) => texts.push(message.content.text ?? message.content.evalue ?? '');
    await future.done;
    return texts.join('');
}"""
TERMINAL = """async (line) => {
    const session = await window.jupyterapp.serviceManager.terminals.startNew();
    window.shown = '';
    session.messageReceived.connect((_, message) => { window.shown += (message.content ?? []).join(''); });
    session.send({ type: 'stdin', content: [line + '\\r'] });
}"""


def notebook_with(text):
    """The stem of the first lesson with ``text`` in one of its code cells."""
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        if any(cell["cell_type"] == "code" and text in "".join(cell["source"]) for cell in cells):
            return path.stem
    pytest.fail(f"no notebook uses {text}")


@pytest.mark.parametrize("stem", ["00_start_here", "03_gates"])
def test_a_lesson_runs_without_an_error(lab, page, stem):
    lab.open(page, stem)
    assert lab.error_outputs(page) == []
    counts = page.evaluate(
        """() => window.jupyterapp.shell.currentWidget.context.model.toJSON().cells
            .filter((cell) => cell.cell_type === 'code' && [].concat(cell.source).join('').trim())
            .map((cell) => cell.execution_count)"""
    )
    assert counts
    assert None not in counts


def test_the_explorer_obeys_keyboard_and_mouse_in_either_theme(lab, page):
    lab.open(page, notebook_with("CellExplorer()"), run=False)
    for text in ("import CellExplorer", "CellExplorer()"):  # the cells of the lesson that it needs
        lab.scroll_to(page, text)
        page.evaluate("() => window.jupyterapp.commands.execute('notebook:run-cell')")
    for theme, place in (("light", 0.9), ("dark", 0.2)):
        page.evaluate(
            "(theme) => window.jupyterapp.commands.execute('apputils:change-theme', { theme })",
            f"JupyterLab {theme.title()}",
        )
        page.wait_for_function(f"document.body.dataset.jpThemeLight === '{str(theme == 'light').lower()}'")
        lab.scroll_to(page, "CellExplorer()")
        explorer = page.locator(".lstm-cell").first
        explorer.wait_for()
        explorer.get_by_role("button", name="In full").click()  # where each number is seen to move, a shut gate's, too
        for key in SLIDERS:
            obeys(page, explorer, key, place)
        weak = [(what, round(ratio, 2)) for what, ratio in page.evaluate(CONTRASTS) if ratio < 4.5]
        assert not weak, theme


def obeys(page, explorer, key, place):
    """A slider is moved by arrow keys, and by a click at that part of its width."""
    slider = explorer.locator(f"input[type=range][data-key={key}]")
    drawing = explorer.locator(".lstm-drawing")
    slider.scroll_into_view_if_needed()

    before, picture = float(slider.input_value()), drawing.inner_html()
    slider.focus()
    page.keyboard.press("ArrowRight")
    assert float(slider.input_value()) == pytest.approx(before + 0.05), f"{key}: ArrowRight"
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    assert float(slider.input_value()) == pytest.approx(before - 0.05), f"{key}: ArrowLeft"
    for _ in range(50):  # it is drawn with the next frame
        if drawing.inner_html() != picture:
            break
        page.wait_for_timeout(100)
    else:
        pytest.fail(f"{key}: the drawing did not follow")

    box = slider.bounding_box()
    page.mouse.click(box["x"] + place * box["width"], box["y"] + box["height"] / 2)
    low, high = (float(slider.get_attribute(end)) for end in ("min", "max"))
    assert (float(slider.input_value()) - low) / (high - low) == pytest.approx(place, abs=0.1), f"{key}: mouse"


def test_browser_and_python_share_their_values(lab, page):
    lab.open(page, notebook_with("CellExplorer()"), run=False)
    page.evaluate(
        """async () => {
            const notebook = window.jupyterapp.shell.currentWidget.content;
            notebook.model.sharedModel.insertCell(0, { cell_type: 'code', source:
                'from lstm_helpers.explorers import CellExplorer; shared = CellExplorer(); shared' });
            notebook.activeCellIndex = 0;
            await window.jupyterapp.commands.execute('notebook:run-cell');
        }"""
    )
    slider = page.locator(".lstm-cell input[type=range][data-key=c_prev]").first
    slider.wait_for()
    assert page.evaluate(EXECUTE, "shared.c_prev = 2.0") == ""
    page.wait_for_function("document.querySelector('.lstm-cell input[data-key=c_prev]').value === '2'")
    slider.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_timeout(500)
    assert page.evaluate(EXECUTE, "print(round(shared.c_prev, 4))").strip() == "2.05"
    hidden = page.evaluate(EXECUTE, "print(f\"{shared.compute()['h']:.2f}\")").strip()
    assert f"the new hidden state is {hidden}." in page.locator(".lstm-sentence").first.inner_text()


def test_the_map_leads_to_the_students_own_copy_and_a_check_answers(lab, page):
    lab.open(page, "00_start_here")
    page.get_by_role("link", name="exercise 03").first.click()
    page.wait_for_function("window.jupyterapp.shell.currentWidget.context?.path === 'work/03_gates.ipynb'")
    page.evaluate(
        """async () => {
            const notebook = window.jupyterapp.shell.currentWidget;
            await notebook.context.ready;
            await notebook.sessionContext.ready;
            const cells = notebook.content.model.sharedModel.cells;
            const gate = cells.find((cell) => cell.getSource().startsWith('def sigmoid'));
            gate.setSource('def sigmoid(z):\\n    return np.tanh(z)');
            await window.jupyterapp.commands.execute('notebook:run-all-cells');
        }"""
    )
    assert lab.error_outputs(page) == []
    lab.scroll_to(page, 'check("sigmoid"')
    feedback = page.locator('[role=status]:has-text("sigmoid")').first
    feedback.wait_for()
    assert "Likely cause: tanh in place of the sigmoid." in feedback.inner_text()
    second = feedback.get_by_text("hint 2 of 3")
    assert not second.is_visible()
    feedback.get_by_text("hint 1 of 3").click()
    assert second.is_visible()


def test_the_command_is_found_in_a_terminal_and_in_a_cell(lab, page):
    lab.open(page, "00_start_here", run=False)
    asked = "reset nothing"
    assert "there is no exercise 'nothing'" in page.evaluate(EXECUTE, f"!lstm-course {asked}")
    page.evaluate(TERMINAL, f"lstm-course {asked}; echo ended $?")
    page.wait_for_function("/ended \\d/.test(window.shown)", timeout=60_000)
    shown = page.evaluate("window.shown")
    assert "there is no exercise" in shown, shown
    assert "ended 2" in shown
