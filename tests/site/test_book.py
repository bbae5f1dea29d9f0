"""The book as it is served: whole, with every link leading somewhere, folded where it should be, and open to all."""

import re
from functools import cache
from html.parser import HTMLParser
from urllib.parse import unquote, urlsplit

import nbformat
import pytest

from lstm_helpers import course
from tests import ROOT
from tests.browser.seen import grave

STEMS = [lesson.path for lesson in (*course.LESSONS, *course.PROJECTS)]


class Read(HTMLParser):
    """A page: its anchors, what it refers to, and its text."""

    def __init__(self, text):
        super().__init__()
        self.anchors, self.refers, self.images, self.text = set(), [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.anchors |= {given[key] for key in ("id", "name") if given.get(key)}
        self.refers += [(tag, given[key]) for key in ("href", "src") if given.get(key)]
        if tag == "img":
            self.images.append(given)

    def handle_data(self, data):
        self.text.append(data)


@pytest.fixture(scope="module")
def pages(built):
    """{path in the book: Read} of every page of the book, explorers among them."""
    found = {p.relative_to(built).as_posix(): p for p in built.rglob("*.html")}
    return {name: Read(path.read_text(encoding="utf-8")) for name, path in found.items() if name[:5] != "lite/"}


def test_every_page_of_the_course_is_there(built):
    missing = [
        f"{kind}/{path.relative_to(ROOT / kind).with_suffix('.html')}"
        for kind in ("notebooks", "exercises", "solutions")
        for path in (ROOT / kind).rglob("*.ipynb")
        if ".ipynb_checkpoints" not in path.parts
        and not (built / kind / path.relative_to(ROOT / kind).with_suffix(".html")).is_file()
    ]
    assert missing == []
    others = ["index", "set_up", "formulas", "explorers", "changes", "search", "docs/instructors", "docs/maintainers"]
    assert [name for name in others if not (built / f"{name}.html").is_file()] == []


def test_every_link_leads_somewhere(built, pages):
    """To a page and a place in it, or to a file that lies in the book."""

    @cache
    def exists(path):
        return path.is_file()

    broken, checked = [], 0
    for name, page in pages.items():
        for tag, to in page.refers:
            parts = urlsplit(to)
            if parts.scheme in ("http", "https", "mailto", "data"):
                continue
            checked += 1
            path = (built / name).parent / unquote(parts.path) if parts.path else built / name
            if path.is_dir():
                path /= "index.html"
            target = path.resolve()
            if not exists(target):
                broken.append(f"{name}: {to}")
            elif parts.fragment and tag == "a":
                of = pages.get(target.relative_to(built.resolve()).as_posix())
                if of and unquote(parts.fragment) not in of.anchors | {"main-content"}:
                    broken.append(f"{name}: {to} (no such place)")
    print(f"{checked} links of {len(pages)} pages")
    assert broken == []
    assert checked > 10_000


def test_what_a_page_loads_lies_in_the_book(pages):
    """Links may lead out; nothing is fetched from there."""
    outside = [
        f"{name}: <{tag}> {to}"
        for name, page in pages.items()
        for tag, to in page.refers
        if tag != "a" and urlsplit(to).scheme in ("http", "https")
    ]
    assert outside == []


def test_every_picture_says_what_it_shows(pages):
    silent = [f"{name}: {i.get('src')}" for name, page in pages.items() for i in page.images if i.get("alt") is None]
    assert silent == []
    short = [i["src"] for page in pages.values() for i in page.images if "figures/" in i["src"] and len(i["alt"]) < 15]
    assert short == []


def test_every_picture_of_a_lesson_is_on_its_page(pages):
    """Told by its alternative text: whatever a cell shows is shown, folded away or not."""
    missing = []
    for stem in STEMS:
        shown = {image.get("alt") for image in pages[f"notebooks/{stem}.html"].images}
        for cell in nbformat.read(ROOT / "notebooks" / f"{stem}.ipynb", as_version=4).cells:
            for output in cell.get("outputs", []):
                images = Read(output.get("data", {}).get("text/html", "")).images
                missing += [f"{stem}: {image['alt']}" for image in images if image["alt"] not in shown]
    assert missing == []


def test_no_exercise_shows_an_answer(built):
    """Answers stand on the pages of solutions, folded away."""
    for stem in STEMS:
        solved = (built / "solutions" / f"{stem}.html").read_text(encoding="utf-8")
        asked = (built / "exercises" / f"{stem}.html").read_text(encoding="utf-8")
        answers = re.findall(r'<details class="answer">.*?</details>', solved, re.DOTALL)
        assert answers, stem
        assert "BEGIN SOLUTION" not in solved
        assert "YOUR CODE HERE" in asked, stem
        assert '<details class="answer">' not in asked
        bare = re.sub(r'<details class="answer">.*?</details>', "", solved, flags=re.DOTALL)
        assert bare.count("def ") <= asked.count("def "), stem


@pytest.mark.parametrize("stem", STEMS)
def test_a_prediction_comes_before_its_folded_result(built, stem):
    text = (built / "notebooks" / f"{stem}.html").read_text(encoding="utf-8")
    asked = re.findall(r'<input [^>]*data-guess="([^"]+)"', text)
    told = re.findall(r'<details class="result" data-guess="([^"]+)"', text)
    assert sorted(asked) == sorted(told)
    assert len(asked) >= 5
    assert text.count("<strong>Result: ") == len(asked)
    bare = re.sub(r"<details\b.*?</details>", "", text, flags=re.DOTALL)
    assert "<strong>Result: " not in bare
    assert all(text.index(f'data-guess="{name}"') < text.rindex(f'data-guess="{name}"') for name in asked)


def test_the_start_page_shows_a_real_verdict(built):
    text = (built / "index.html").read_text(encoding="utf-8")
    assert "the blocks are read in the order f, i, g, o" in text
    assert "lstm_layers: wrong, 0 of 4 points" in text


def test_words_of_the_glossary_are_linked_once_on_a_page(built):
    text = (built / "notebooks" / "05_forward_through_time.html").read_text(encoding="utf-8")
    links = re.findall(r'class="word[^"]*" href="glossary.html#([^"]+)"', text)
    assert len(links) > 10
    assert len(links) == len(set(links))


def test_the_foot_of_a_page_names_nobody_who_is_not_known(built):
    assert "Author name not set" not in (built / "notebooks" / "03_gates.html").read_text(encoding="utf-8")


def test_without_an_address_on_the_web_no_page_links_to_one(built):
    text = (built / "notebooks" / "03_gates.html").read_text(encoding="utf-8")
    assert "mybinder" not in text
    assert "colab" not in text.lower()


READ = (
    "index.html",
    "notebooks/04_cell_state.html",
    "notebooks/13_exam.html",
    "notebooks/projects/sentiment.html",
    "docs/instructors.html",
)


def opened(page, address, theme="light", width=1280):
    page.set_default_timeout(120_000)
    page.emulate_media(color_scheme=theme)
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(address)
    return page


@pytest.mark.browser
@pytest.mark.parametrize("name", READ)
def test_everybody_can_read_a_page_in_light_and_dark(page, served, name):
    """Nothing that axe calls serious or critical, with all that is folded unfolded."""
    for theme in ("light", "dark"):
        opened(page, f"{served}/{name}", theme)
        page.evaluate("document.querySelectorAll('article details').forEach((d) => { d.open = true; })")
        for frame in page.locator(".explorer iframe").all():
            frame.scroll_into_view_if_needed()
            frame.content_frame.locator(".lstm-explorer").wait_for()
        assert grave(page) == {}, theme


@pytest.mark.browser
def test_no_page_is_wider_than_a_telephone(page, served):
    for name in READ:
        opened(page, f"{served}/{name}", width=400)
        assert page.evaluate("document.documentElement.scrollWidth") <= 400, name


WIDE = """(all) => all.map((e) => [e.getBoundingClientRect().width, e.closest("div.math").clientWidth])
    .filter(([wide, room]) => wide > room + 1)"""


@pytest.mark.browser
@pytest.mark.parametrize("width", [1280, 1600])
def test_no_line_of_code_and_no_formula_is_cut(page, served, width):
    cut = "(all) => all.filter((e) => e.clientWidth && e.scrollWidth > e.clientWidth).map((e) => e.textContent)"
    for name in ("notebooks/02_why_rnns_forget.html", "solutions/02_why_rnns_forget.html"):
        opened(page, f"{served}/{name}", width=width)
        page.evaluate("document.querySelectorAll('article details').forEach((d) => { d.open = true; })")
        code = page.locator("div.cell_input pre")
        assert code.count() > 10
        assert code.evaluate_all(cut) == []
        page.evaluate("() => MathJax.startup.promise")
        formulas = page.locator("article mjx-container[display=true] > svg")
        assert formulas.count() > 2
        assert formulas.evaluate_all(WIDE) == []


@pytest.mark.browser
def test_formulas_are_set_without_a_network(page, served):
    opened(page, f"{served}/formulas.html")
    page.locator("mjx-container svg").first.wait_for()
    assert page.locator("mjx-container").count() == page.locator(".math").count()
    assert page.locator("mjx-merror, [data-mjx-error]").count() == 0


@pytest.mark.browser
def test_a_guess_is_kept_and_stands_beside_its_result(page, served):
    address = f"{served}/notebooks/03_gates.html"
    summary = opened(page, address).locator('details[data-guess="03-four"] > summary')
    page.get_by_label("Your guess: a number", exact=True).first.fill("0.9")
    assert summary.text_content() == "The result, and why. Your guess: 0.9"
    page.reload()
    assert summary.text_content() == "The result, and why. Your guess: 0.9"
    assert not page.get_by_text("Result: 0.982.").is_visible()
    summary.click()
    page.get_by_text("Result: 0.982.").wait_for()


@pytest.mark.browser
def test_an_explorer_moves_on_the_start_page_and_under_a_hand(page, served):
    inside = opened(page, f"{served}/index.html").locator(".moving iframe").content_frame
    said = inside.locator("body")
    before = said.inner_text()
    page.wait_for_function(
        "(before) => document.querySelector('.moving iframe').contentDocument.body.innerText !== before", arg=before
    )
    slider = inside.locator("input[type=range]").first
    slider.press("End")
    ended = page.evaluate("document.querySelector('.moving iframe').contentWindow.explorer.model.get('x')")
    page.wait_for_timeout(300)
    assert page.evaluate("document.querySelector('.moving iframe').contentWindow.explorer.model.get('x')") == ended


@pytest.mark.browser
def test_an_explorer_wears_the_theme_of_the_page(page, served):
    opened(page, f"{served}/explorers.html", "dark")
    frame = page.locator(".explorer iframe").first
    frame.scroll_into_view_if_needed()
    paper = "(at) => getComputedStyle(at).backgroundColor"
    explorer = frame.content_frame.locator(".lstm-explorer")
    assert explorer.evaluate(paper) == "rgb(21, 24, 28)"
    page.evaluate("document.documentElement.dataset.theme = 'light'")
    page.wait_for_timeout(100)
    assert explorer.evaluate(paper) == "rgb(255, 255, 255)"


@pytest.mark.browser
def test_on_paper_all_is_unfolded_and_an_explorer_is_a_picture(page, served):
    opened(page, f"{served}/notebooks/04_cell_state.html")
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("article details:not([open])").count() == 0
    assert page.locator(".explorer .still img").is_visible()
    assert not page.locator(".explorer iframe").is_visible()
    assert not page.locator(".bd-sidebar-primary").is_visible()
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator("article details.result[open]").count() == 0


@pytest.mark.browser
def test_the_search_finds_a_word_of_a_lesson(page, served):
    opened(page, f"{served}/search.html?q=peephole")
    page.locator("#search-results li a").first.wait_for()
    assert "glossary" in page.locator("#search-results").inner_html()
