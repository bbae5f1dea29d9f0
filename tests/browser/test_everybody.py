"""Pages that people get outside of Jupyter, as a screen reader meets them: axe finds nothing serious in any of them."""

import nbformat
import pytest
from nbconvert import HTMLExporter

from lstm_helpers.explorers import CellExplorer
from lstm_helpers.grading.inventory import WHEN, handed_out
from tests import ROOT
from tests.browser.seen import grave
from tests.browser.test_report import hostile, served  # noqa: F401
from tests.browser.test_sources import address  # noqa: F401
from tests.grading.test_sources import out  # noqa: F401

pytestmark = pytest.mark.browser

EXPORTED = ["04_cell_state", "projects/sentiment"]
NBCONVERTS = {"exclude": [[".jp-InputPrompt"], [".jp-OutputPrompt"], [".highlight"]]}  # its look is not ours to choose
LIBRARIES = ("mathjax_url", "require_js_url", "jquery_url", "mermaid_js_url", "jupyter_widgets_base_url")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_class_report_and_a_feedback_page(hostile, page, scheme):  # noqa: F811
    page.emulate_media(color_scheme=scheme)
    for where in hostile:
        page.goto(where)
        page.evaluate("for (const folded of document.querySelectorAll('details')) folded.open = true")
        assert grave(page) == {}


def test_the_pages_of_code_of_two_alike_and_of_a_regraded_check(address, page):  # noqa: F811
    for name in ("report.html", "code/ann.html", "similar/1.html", "regrade.html"):
        page.goto(f"{address}/{name}")
        assert grave(page) == {}, name


@pytest.mark.parametrize("when", WHEN)
def test_the_form_of_the_inventory(page, when):
    page.set_content(handed_out.form(when, seed=1))
    assert grave(page) == {}


def test_the_page_of_an_explorer_says_what_it_is(bare):
    page = bare(CellExplorer())
    heading = page.get_by_role("heading", level=1)
    assert heading.inner_text() == page.title() == "An explorer"
    box = page.locator(".lstm-explorer").bounding_box()
    assert box["y"] < 10, "the heading takes no room from it"
    assert grave(page) == {}


@pytest.mark.parametrize("stem", EXPORTED)
def test_a_lesson_that_was_exported(page, stem):
    notebook = nbformat.read(ROOT / "notebooks" / f"{stem}.ipynb", as_version=4)
    exporter = HTMLExporter(template_name="lab")
    for library in LIBRARIES:  # nbconvert asks the network for them
        setattr(exporter, library, "")
    page.set_content(exporter.from_notebook_node(notebook)[0], wait_until="load")
    assert grave(page, NBCONVERTS, without=["link-in-text-block"]) == {}
