"""The instructor's pages of code, of two alike, and of a regraded check in a real browser: led to, read, never run."""

import sqlite3

import pytest

from lstm_helpers.grading import results
from tests.browser.conftest import serving
from tests.browser.test_report import CONTRASTS, NARROW
from tests.grading import test_sources
from tests.grading.test_sources import out  # noqa: F401

pytestmark = pytest.mark.browser
EVIL = "<script>window.pwned = 1</script><img src=x onerror='pwned = 2'>"


@pytest.fixture
def address(out, monkeypatch):  # noqa: F811
    """Where the pages of a class are served in which one student's code is hostile, and a check was regraded."""
    with sqlite3.connect(out / "grades.sqlite") as opened:
        opened.execute("INSERT INTO regrade SELECT id, 'sigmoid', 0, 2, 2 FROM submission WHERE student = 'ann'")
    opened.close()
    results.report(out, say=str)
    with serving(out) as address:
        yield address


@pytest.fixture(autouse=True, scope="module")
def hostile():
    """Both students' code, and what one of them was told, hold elements that a page must not have."""
    with pytest.MonkeyPatch.context() as patch:
        cells = {student: [*listed, f"# {EVIL}\ngate_bias = 1"] for student, listed in test_sources.CELLS.items()}
        patch.setattr(test_sources, "CELLS", cells)
        yield


def test_the_report_leads_to_the_code_beside_its_check(address, page):
    page.goto(f"{address}/report.html")
    page.get_by_role("table", name="Causes in 03_gates").get_by_role("link", name="bob").click()
    page.wait_for_url(f"{address}/code/bob.html#03_gates-sigmoid")
    beside = page.locator("article .beside")
    code, said = (beside.locator(f"> div:nth-child({k})").bounding_box() for k in (1, 2))
    assert said["x"] >= code["x"] + code["width"]
    assert "return mine" in beside.inner_text()
    page.locator("details summary").click()
    assert EVIL in page.locator("main").inner_text()
    assert page.evaluate("'pwned' in window") is False
    assert page.locator("img, script").count() == 0


def test_two_alike_are_side_by_side_and_a_regraded_check_says_who_moved(address, page):
    page.goto(f"{address}/report.html")
    page.get_by_role("link", name="side by side").click()
    cells = page.locator("tbody tr").first.locator("td")
    left, right = (cells.nth(k).bounding_box() for k in (0, 1))
    assert left["y"] == right["y"]
    assert right["x"] >= left["x"] + left["width"]
    page.goto(f"{address}/report.html")
    page.get_by_role("link", name="who moved").click()
    assert "ann\t0\t2\t2\t+2" in page.locator("table").inner_text()


@pytest.mark.parametrize("name", ["code/ann.html", "code/cat.html", "similar/1.html", "regrade.html"])
def test_pages_can_be_read_on_a_narrow_screen_and_in_the_dark(address, page, name):
    page.set_viewport_size(NARROW)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.goto(f"{address}/{name}")
        assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
        assert [(what, ratio) for what, ratio in page.evaluate(CONTRASTS) if ratio < 4.5] == []
