"""The class report and a feedback page of a hostile class in a real browser: seen, sorted by keyboard, never run."""

from urllib.parse import quote

import pytest

from lstm_helpers.grading.pages import feedback, report
from tests.browser.conftest import serving
from tests.browser.seen import measuring
from tests.grading.test_report import book, graded, hostile_book, short_sheets  # noqa: F401

pytestmark = pytest.mark.browser

NARROW = {"width": 390, "height": 800}
LARGE = 2 * report.SHOWN

# [what, contrast] of every piece of text that is seen
CONTRASTS = measuring("""
  const backs = (e) => (e ? [...backs(e.parentElement), [getComputedStyle(e).backgroundColor, 1]] : []);
  const own = (e) => [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
  return [...document.body.querySelectorAll("*")].filter((e) => own(e) && e.checkVisibility()).map((e) => {
    const style = getComputedStyle(e), colour = e instanceof SVGElement ? style.fill : style.color;
    return [e.textContent.trim(), ratio(light(paint(backs(e))), light(paint([...backs(e), [colour, 1]])))];
  });
""")


@pytest.fixture
def served(tmp_path):
    """A function: a Book -> the address of its report; ``.feedback(student)`` is the address of a page."""

    def serve(shown):
        report.write(shown, tmp_path)
        feedback.write(shown, tmp_path / "feedback")
        names = feedback.file_names(shown.people)
        serve.feedback = lambda student: f"{address}/feedback/{quote(names[student])}"
        return f"{address}/report.html"

    with serving(tmp_path) as address:
        yield serve


@pytest.fixture
def hostile(served):
    """The addresses of a hostile class's report and of the feedback page of its worst student."""
    shown = hostile_book()
    return served(shown), served.feedback(next(iter(shown.people)))


def names(page):
    return page.locator("#everyone tbody th:visible").all_inner_texts()


def test_no_script_of_a_student_runs_and_nothing_is_asked_of_anybody(hostile, page):
    dialogs, asked = [], []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    page.on("request", lambda request: asked.append(request.url))
    for address in hostile:
        page.goto(address)
        for folded in page.locator("summary").all():
            if folded.is_visible():
                folded.click()
        assert page.evaluate("'pwned' in window") is False
        assert page.locator("img, iframe, object, [onerror], [onclick]").count() == 0
        assert "window.pwned" in page.locator("body").inner_text()
    assert dialogs == []
    assert asked == list(hostile)


def test_each_name_leads_to_its_page(hostile, page):
    page.goto(hostile[0])
    page.locator("#everyone tbody a").first.click()
    page.wait_for_url(hostile[1])
    assert page.locator("h1").inner_text().startswith("Feedback for </script>")


def test_inside_the_page_even_an_injected_script_would_not_run(hostile, browser):
    refused = []
    for address in hostile:
        context = browser.new_context()
        other = context.new_page()
        other.on("console", lambda message: refused.append(message.text))
        other.goto(address)
        other.evaluate("""() => {
            const script = document.createElement("script");
            script.textContent = "window.pwned = 1";
            document.body.append(script);
            document.body.insertAdjacentHTML("beforeend", "<b onclick='window.pwned = 2' id=trap>x</b>");
            document.querySelector("#trap").click();
        }""")
        assert other.evaluate("'pwned' in window") is False
        context.close()
    assert any("Content Security Policy" in text for text in refused)


@pytest.fixture
def three(served, page):
    """The report of a class of three, open."""
    grades = [graded("ann 10", "wwccc"), graded("ann 9", "ccccc"), graded("Bob", "wwwwc")]
    page.goto(served(book(grades)))
    return page


def test_the_class_is_sorted_by_keyboard_alone(three):
    heads = three.locator("#everyone th button")
    heads.last.focus()
    three.keyboard.press("Enter")
    assert names(three) == ["Bob", "ann 10", "ann 9"]
    assert three.locator("#everyone thead th").last.get_attribute("aria-sort") == "ascending"
    assert three.evaluate("document.activeElement.textContent") == "total"
    three.keyboard.press("Space")
    assert names(three) == ["ann 9", "ann 10", "Bob"]
    assert three.locator("[role=status]").inner_text() == "Sorted by total, downwards. 3 of 3 students shown."
    heads.first.focus()
    three.keyboard.press("Enter")
    assert names(three) == ["ann 9", "ann 10", "Bob"]
    assert three.locator("th[aria-sort]").count() == 1


def test_tab_goes_through_the_page_in_its_order_and_shows_where_it_is(three):
    places, hidden = [], []
    for _ in range(60):
        three.keyboard.press("Tab")
        at = three.evaluate("""() => {
            const e = document.activeElement, style = getComputedStyle(e), box = e.getBoundingClientRect();
            return e === document.body ? null : { top: box.top + scrollY, text: e.textContent.slice(0, 30),
                seen: parseFloat(style.outlineWidth) >= 2 && style.outlineStyle !== "none" };
        }""")
        if at is None:
            break
        places.append(at)
        hidden += [at["text"]] if not at["seen"] else []
    assert len(places) > 15
    assert hidden == []
    tops = [place["top"] for place in places]
    assert all(later >= earlier - 40 for earlier, later in zip(tops, tops[1:], strict=False))
    reached = [place["text"] for place in places]
    assert {"student", "03_gates", "total", "ann 10"} <= set(reached)


def test_a_student_is_found_by_a_part_of_the_name(three):
    three.get_by_label("Find a student").fill("BO")
    assert names(three) == ["Bob"]
    assert three.locator("[role=status]").inner_text() == "1 of 3 students shown."
    three.get_by_label("Find a student").fill("")
    assert len(names(three)) == 3


def test_of_a_large_class_some_rows_are_shown_and_all_can_be_sorted_found_and_printed(served, page):
    grades = [graded(f"s{k:04}", "ccccc" if k else "nnnnn") for k in range(LARGE)]
    page.goto(served(book(grades[::-1])))
    assert len(names(page)) == report.SHOWN
    page.locator("#everyone th button").last.press("Enter")
    assert names(page)[0] == "s0000"
    page.get_by_label("Find a student").fill("s0001")
    assert names(page) == ["s0001"]
    page.get_by_label("Find a student").fill("")
    page.get_by_role("button", name="Show all").press("Enter")
    assert len(names(page)) == LARGE
    assert page.get_by_role("button", name="Show all").count() == 0
    page.reload()
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert len(names(page)) == LARGE


@pytest.mark.parametrize("which", [0, 1], ids=["report", "feedback"])
def test_nothing_runs_out_of_a_narrow_window(hostile, page, which):
    page.set_viewport_size(NARROW)
    page.goto(hostile[which])
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("which", [0, 1], ids=["report", "feedback"])
def test_every_text_stands_out_in_both_themes_and_on_paper(hostile, page, which, scheme):
    page.emulate_media(color_scheme=scheme)
    page.goto(hostile[which])
    page.evaluate("for (const folded of document.querySelectorAll('details')) folded.open = true")
    for media in ("screen", "print"):
        page.emulate_media(media=media, color_scheme=scheme)
        contrasts = page.evaluate(CONTRASTS)
        assert len(contrasts) > 30
        assert [(what, round(ratio, 2)) for what, ratio in contrasts if ratio < 4.5] == []
