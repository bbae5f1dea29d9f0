"""The slides of each lesson: whole, in order, readable from the back row, and without a network."""

import re

import nbformat
import pytest

from lstm_helpers import course
from lstm_helpers.site import cells, fitting, live, slides
from lstm_helpers.site.links import Links
from tests import ROOT
from tests.browser.seen import grave
from tests.site.test_book import Read

LESSONS = ["00_start_here", *(lesson.path for lesson in course.LESSONS)]
STEMS = [*LESSONS, *(lesson.path for lesson in course.PROJECTS)]
LOOKED_AT = ("02_why_rnns_forget", "04_cell_state", "07_training_that_works")


@pytest.fixture(scope="module")
def decks(built):
    """{stem: text of its page}."""
    return {stem: (built / "slides" / f"{stem}.html").read_text(encoding="utf-8") for stem in STEMS}


def made(*sources, explorers=()):
    """The slides of a lesson of these cells: text, or a code cell."""
    title = nbformat.v4.new_markdown_cell("# 1. A lesson\n\n**Why?**\n\nWhen you are through, you can\n- tell.")
    given = [nbformat.v4.new_markdown_cell(each) if isinstance(each, str) else each for each in sources]
    deck = slides.Deck("01_sequences", Links(["notebooks/01_sequences.ipynb"]), explorers, cells.Pictures())
    return deck.read(nbformat.v4.new_notebook(cells=[title, *given]))


def ran(source, *outputs, **metadata):
    return nbformat.v4.new_code_cell(source, outputs=list(outputs), metadata=metadata)


def says(text):
    return nbformat.v4.new_output("stream", text=text)


def shows(html):
    return nbformat.v4.new_output("display_data", {"text/html": html})


def guess(what):
    return says(f"Your guess: {what}. Run this cell in Jupyter to give it, or skip it.\n")


# ---------------------------------------------------------------- how a lesson becomes slides


def test_the_room_votes_before_the_result_is_shown():
    asked = "ways = 'up', 'down'\npredict('01-x', choice(*ways))"
    told = shows("<p><strong>Result: up.</strong></p>")
    deck = made(
        "## Part\n\nFirst words.\n\nIt has two states.\n\n**Predict.** Which way?",
        ran(asked, guess("up or down")),
        ran("outcome('01-x', 'up')", says("one: up\ntwo: up\n"), told),
        "Both go up, since nothing holds them where they are. More follows.",
    )
    kinds = [slide.kind for slide in deck]
    assert kinds == ["title", "section", "question", "result", "last"]
    question, result = deck[2], deck[3]
    assert '<ol class="choices"><li>up</li><li>down</li></ol>' in question.shows
    assert "It has two states." in question.shows[0]
    assert result.title == "Result: up"
    assert result.shows[-1] == "Both go up, since nothing holds them where they are."
    assert "Both go up, since nothing holds them where they are. More follows." in result.says


def test_a_question_that_is_torn_from_its_prediction_is_refused():
    asked = ran("predict('01-x', number())", guess("a number"))
    with pytest.raises(ValueError, match=r"directly above its predict.*How many[?]"):
        made("## Part\n\nFirst.\n\n**Predict.** How many?", "Something else.\n\n**Predict.** Which?", asked)


def test_a_short_question_stands_with_what_it_is_about():
    deck = made(
        "## Part",
        ran("outcome('01-w', 1)", says("The number, by a count:\n"), shows("<strong>Result: 1.</strong>")),
        "One is right, as a look at the list has told. The paper needed 31,390 of them.\n\n**Predict.** And yours?",
        ran("predict('01-x', number())", guess("a number")),
    )
    result, question = deck[-3], deck[-2]
    assert result.shows == ["One is right, as a look at the list has told."]  # no line that leads to nothing
    assert "The paper needed 31,390 of them." in question.shows[0]
    assert "One is right" not in question.shows[0]


def test_what_sends_to_a_cell_or_to_a_table_elsewhere_is_said_and_not_shown():
    title, part, *_ = made(
        "## Set-up\n\nClick into the cell below. It runs.",
        "## Part\n\nA first word.",
    )
    assert part.title == "Part"
    assert "Click into the cell below. It runs." in title.says
    picture = shows('<img alt="a line that falls" src="data:image/gif;base64,R0lGODlhAQABAAAAACw=">')
    figure = made(
        "## Part", ran("draw()", picture), "Read the left half of the table first. With one date it is as good."
    )
    assert figure[-2].shows[-1] == "With one date it is as good."


def test_a_lesson_without_a_motto_opens_with_its_first_sentence():
    opening = nbformat.v4.new_markdown_cell("# Start\n\nYou build a network here, by hand.\n\n**You need** Python.")
    deck = slides.Deck("00_start_here", Links([]), [], cells.Pictures())
    assert deck.read(nbformat.v4.new_notebook(cells=[opening]))[0].shows == ["You build a network here, by hand."]


def test_a_picture_comes_again_only_with_something_said_of_it():
    picture = '<img alt="a drawing of something" src="data:image/gif;base64,R0lGODlhAQABAAAAACw=">'
    explorer = live.Explorer("x", "Explorer", "Try it", "", "", "", picture)
    drawn, tried = ran("draw()", shows(picture)), ran("Explorer()")
    twice = made(
        "## Part", drawn, "It is a drawing.", tried, ran("draw()", shows(picture)), "- one", explorers=[explorer]
    )
    assert sum("figure" in slide.kind for slide in twice) == 1
    assert 'explorers/x.html">' in twice[1].shows[-1]
    said = made("## Part", tried, drawn, "It shows a line, as was to be expected.", explorers=[explorer])
    assert said[-2].shows[-1] == "It shows a line, as was to be expected."
    assert sum("figure" in slide.kind for slide in said) == 2


def test_formulas_stand_together_or_each_with_its_words():
    pair = made("## Part\n\nFirst words.\n\n- a list\n\nWe add, then halve:\n\n$$c = a + b$$\n\n$$d = c / 2$$")
    assert pair[-2].shows == ["We add, then halve:", "$$c = a + b$$", "$$d = c / 2$$"]
    tall = "$$" + r" \\ ".join("abcdefg") + "$$"
    apart = made(f"## Part\n\nFirst words.\n\n- a list\n\nWe add, then halve:\n\n{tall}\n\n{tall}")
    assert [slide.shows for slide in apart[-3:-1]] == [["We add, then halve:", tall]] * 2
    once = made("## Part\n\nAll that counts is here. Take it. Then we add one to another:\n\n$$c = a + b$$")
    assert once[1].shows == ["All that counts is here. Take it. Then we add one to another:", "$$c = a + b$$"]


def test_a_formula_stands_with_its_shapes_and_what_leads_to_it():
    deck = made("## Part\n\nOne. We add:\n\n$$c = a + b$$\n\nshapes: all $(B, H)$. They never change.\n\nAnd on.")
    slide = deck[1]
    assert slide.kind == "section equation"
    assert slide.shows[1:] == ["$$c = a + b$$", '<div class="shapes">\n\nshapes: all $(B, H)$.\n\n</div>']
    assert "They never change." in " ".join(slide.says)


def test_a_formula_wider_than_a_slide_becomes_lines():
    wide = r"$$\boxed{\;" + r" \qquad ".join("abcdefghij = klmnopqrs" for _ in range(4)) + r"\;}$$"
    rows = fitting.fitted(wide).split(r"\\[8pt]")
    assert len(rows) == 2
    assert all(fitting.formula_width(row) < 1.6 * fitting.WIDE_FORMULA for row in rows)
    assert fitting.fitted(r"$$a \qquad b$$") == r"$$a \qquad b$$"


def test_long_output_is_shortened_and_says_so():
    text = fitting.printed("\n".join(f"line {k}" for k in range(30)))
    assert text.count("\n") == fitting.PRINTED
    assert f"… and {30 - fitting.PRINTED} more lines" in text


def test_the_columns_of_a_wide_table_stand_closer_before_a_line_is_broken():
    row = "    ".join(f"{k:12}" for k in range(5))
    assert len(row) == 76
    text = fitting.printed(f"{row}    1234\n{row}       5")
    lines = re.search(">(.*)</pre>", text, re.DOTALL)[1].split("\n")
    assert max(map(len, lines)) <= fitting.ACROSS
    assert [line.split() for line in lines] == [f"{row} 1234".split(), f"{row} 5".split()]
    assert 'class="printed wide"' in fitting.printed("x" * fitting.WIDEST)
    assert 'class="printed"' in fitting.printed("x" * (fitting.WIDEST + 1))


def test_a_long_table_goes_on_with_its_head():
    table = "| a | b |\n|---|---|\n" + "\n".join(f"| {k} | {'long words ' * 12} |" for k in range(12))
    parts = fitting.tables(table)
    assert len(parts) > 1
    assert all(part.startswith("| a | b |\n|---|---|\n") for part in parts)
    assert sum(part.count("long words") for part in parts) == 12 * 12


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("c = f * c + i * g\nprint(c)", True),
        ("import numpy as np\nc = 1", False),
        ("print(1)\nprint(2)", False),
        ("yours.report()", False),
        ("\n".join(f"x_{k} = {k}" for k in range(13)), False),
    ],
)
def test_code_is_shown_where_it_is_short_and_does_something(source, shown):
    assert fitting.worth_showing(source) is shown


def test_a_sentence_is_not_cut_inside_a_formula_or_an_abbreviation():
    assert fitting.sentences("Take $f(x. Y)$, e.g. Two. Then go.") == ["Take $f(x. Y)$, e.g. Two.", "Then go."]


def test_all_that_a_lesson_says_is_in_the_notes():
    """Each paragraph, word for word, in the order of the lesson."""
    for stem in STEMS:
        deck = slides.Deck(stem, Links([]), [], cells.Pictures())
        notebook = nbformat.read(ROOT / "notebooks" / f"{stem}.ipynb", as_version=4)
        said = re.sub(r"\s+", " ", " ".join(part for slide in deck.read(notebook) for part in slide.says + slide.shows))
        for cell in notebook.cells[1:]:
            parts = fitting.blocks(cell.source) if cell.cell_type == "markdown" else []
            for part in parts:
                if re.match(r"[#|<>]|\$\$|```|\*\*(?:Predict|In an exam)", part):
                    continue
                assert re.sub(r"\s+", " ", part).strip() in said, f"{stem}: {part[:80]}"


# ---------------------------------------------------------------- the decks


def test_every_lesson_has_a_deck_and_its_page_leads_there(built, decks):
    for stem in STEMS:
        up = "../" * (1 + stem.count("/"))
        page = (built / "notebooks" / f"{stem}.html").read_text(encoding="utf-8")
        assert f'href="{up}slides/{stem}.html"' in page
        assert decks[stem].count("<section") > 10
    overview = (built / "docs" / "teaching" / "README.html").read_text(encoding="utf-8")
    assert [stem for stem in STEMS if f'href="../../slides/{stem}.html"' not in overview] == []


def test_the_last_slide_leads_to_the_teaching_guide(decks):
    for stem in LESSONS:
        end = decks[stem].rpartition('data-kind="last"')[2]
        assert f'href="../docs/teaching/{stem}.html"' in end, stem


@pytest.mark.parametrize("stem", STEMS)
def test_every_question_of_a_lesson_comes_before_its_result(decks, stem):
    order = re.findall(r'data-(asks|tells)="([^"]+)"', decks[stem])
    notebook = nbformat.read(ROOT / "notebooks" / f"{stem}.ipynb", as_version=4)
    asked = [m["name"] for cell in notebook.cells if (m := cells.PREDICT.search(cell.source))]
    assert [name for what, name in order if what == "asks"] == asked
    assert [name for what, name in order if what == "tells"] == asked
    assert all(order.index(("asks", name)) < order.index(("tells", name)) for name in asked)


def test_a_figure_says_what_it_shows_and_a_question_can_be_answered(decks):
    for stem, text in decks.items():
        images = Read(text).images
        assert [image for image in images if len(image.get("alt", "")) < 15] == [], stem
        assert len(images) > 1 or stem == "00_start_here"
        for question in re.findall(r"data-asks=.*?</section>", text, re.DOTALL):
            assert 'class="choices"' in question or 'class="guess"' in question, question[:200]


def test_the_model_answer_comes_a_step_later(decks):
    for stem in LESSONS[1:-1]:  # the exam's lesson asks its question at its beginning
        answers = re.findall(r'<section [^>]*data-kind="answer".*?</section>', decks[stem], re.DOTALL)
        assert answers, stem
        assert decks[stem].index('data-kind="exam"') < decks[stem].index('data-kind="answer"')
        assert all("fragment" in answer for answer in answers)


# ---------------------------------------------------------------- in a browser

MEASURE = """() => {
  const found = [];
  for (const slide of Reveal.getSlides()) {
    const { h, v } = Reveal.getIndices(slide);
    Reveal.slide(h, v);
    const place = slide.getBoundingClientRect();
    const name = `${Reveal.getSlidePastCount() + 1} ${slide.querySelector("h1, h2, h3").textContent}`;
    for (const part of slide.querySelectorAll("*")) {
      if (part.closest("aside, mjx-assistive-mml, svg *")) continue;
      const box = part.getBoundingClientRect();
      if (box.width && box.height && (box.bottom > place.bottom - 5 || box.right > place.right - 20))
        found.push(`${name}: ${part.tagName} ends at ${Math.round(box.right)}, ${Math.round(box.bottom)}`);
    }
    const walk = document.createTreeWalker(slide, NodeFilter.SHOW_TEXT);
    while (walk.nextNode()) {
      const at = walk.currentNode.parentElement;
      if (!walk.currentNode.data.trim() || at.closest("aside, mjx-container")) continue;
      if (parseFloat(getComputedStyle(at).fontSize) < 24) found.push(`${name}: small text ${walk.currentNode.data}`);
    }
    for (const formula of slide.querySelectorAll(":scope > div.math")) {
      const svg = formula.querySelector("svg");
      const wide = svg.getBoundingClientRect().width / parseFloat(svg.getAttribute("width"));
      const high = svg.getBoundingClientRect().height / parseFloat(svg.getAttribute("height"));
      const size = parseFloat(getComputedStyle(formula).fontSize);
      if (Math.min(wide, high) * 2 < 24) found.push(`${name}: small formula ${wide} ${size}`);
    }
  }
  return found;
}"""


def opened(page, address, theme="light"):
    page.set_default_timeout(120_000)
    page.emulate_media(color_scheme=theme)
    page.set_viewport_size({"width": 1280, "height": 720})
    page.goto(address)
    page.wait_for_function("window.Reveal?.isReady() && window.MathJax?.startup?.promise")
    page.evaluate("async () => { await MathJax.startup.promise; }")
    return page


@pytest.mark.browser
@pytest.mark.parametrize("stem", LESSONS)
def test_nothing_is_cut_or_small_and_nothing_is_asked_for_elsewhere(page, served, stem):
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    opened(page, f"{served}/slides/{stem}.html")
    assert page.evaluate(MEASURE) == []
    assert [url for url in asked if not url.startswith((served, "data:"))] == []
    assert page.locator("mjx-merror, [data-mjx-error]").count() == 0


ONE_OF_EACH_KIND = """() => {  // the others leave, and all notes: for each slide axe reads the whole page
  const seen = new Set();
  for (const slide of Reveal.getSlides()) {
    const kinds = slide.dataset.kind.split(" ");
    if (kinds.every((kind) => seen.has(kind))) slide.remove();
    kinds.forEach((kind) => seen.add(kind));
  }
  document.querySelectorAll(".slides aside, .slides > .stack:not(:has(section))").forEach((part) => part.remove());
  Reveal.sync();
  return Reveal.getSlides().length;
}"""
SHOW = """(k) => {
  const { h, v } = Reveal.getIndices(Reveal.getSlides()[k]);
  Reveal.slide(h, v, 99);
}"""


@pytest.mark.browser
def test_everybody_can_read_the_slides_in_light_and_dark(page, served):
    for theme in ("light", "dark"):
        opened(page, f"{served}/slides/{LOOKED_AT[1]}.html", theme)
        kinds = page.evaluate(ONE_OF_EACH_KIND)
        assert kinds > 6
        for k in range(kinds):
            page.evaluate(SHOW, k)
            assert page.evaluate("Reveal.getCurrentSlide() === Reveal.getSlides().at(-1)") == (k == kinds - 1)
            assert grave(page, ".slides .present:not(.stack)") == {}, (theme, k)


@pytest.mark.browser
def test_keys_lead_through_a_deck_and_change_its_theme(page, served):
    opened(page, f"{served}/slides/{LOOKED_AT[0]}.html")
    seen = []
    for _ in range(4):
        page.keyboard.press("ArrowRight")
        seen.append(page.evaluate("Reveal.getCurrentSlide().dataset.kind.split(' ')[0]"))
    assert seen == ["section", "question", "result", "figure"]
    page.keyboard.press("ArrowLeft")
    assert page.evaluate("Reveal.getCurrentSlide().dataset.tells") == "02-border"
    paper = "getComputedStyle(document.body).backgroundColor"
    assert page.evaluate(paper) == "rgb(255, 255, 255)"
    page.evaluate("document.dispatchEvent(new KeyboardEvent('keydown', {key: '?', keyCode: 219, bubbles: true}))")
    page.get_by_text("Dark or light").wait_for()
    page.keyboard.press("Escape")
    page.keyboard.press("d")
    assert page.evaluate(paper) == "rgb(21, 24, 28)"
    assert page.locator(".controls").evaluate("(e) => getComputedStyle(e).color") == "rgb(121, 184, 255)"
    page.reload()
    assert page.evaluate(paper) == "rgb(21, 24, 28)"


@pytest.mark.browser
def test_the_speaker_reads_the_lesson_with_its_formulas(page, served):
    opened(page, f"{served}/slides/{LOOKED_AT[1]}.html")
    with page.expect_popup() as popup:
        page.keyboard.press("s")
    notes = popup.value.locator(".speaker-controls-notes .value")
    page.keyboard.press("ArrowRight")
    notes.get_by_text("An LSTM carries two").wait_for()
    assert notes.locator("mjx-container svg").first.is_visible()
    assert notes.locator("mjx-assistive-mml").count() == 0


@pytest.mark.browser
@pytest.mark.parametrize("stem", ["07_training_that_works", "10_attention"])
def test_on_paper_each_slide_is_a_page_and_light(page, served, stem):
    opened(page, f"{served}/slides/{stem}.html?print-pdf", theme="dark")
    page.wait_for_selector(".pdf-page")
    assert page.locator(".pdf-page").count() == page.evaluate("Reveal.getTotalSlides()")
    pdf = page.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == page.locator(".pdf-page").count()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


@pytest.mark.browser
def test_a_deck_opens_without_a_server(browser, built):
    """By a double click on its file, with formulas, pictures and the speaker's window."""
    page, failed = browser.new_page(), []
    page.on("requestfailed", lambda request: failed.append(request.url))
    page.on("pageerror", lambda error: failed.append(str(error)))
    opened(page, (built / "slides" / f"{LOOKED_AT[1]}.html").as_uri())
    page.keyboard.press("ArrowRight")
    assert page.locator(".slides .present mjx-container svg").first.is_visible()
    assert page.evaluate("[...document.images].every((image) => image.complete && image.naturalWidth)")
    with page.expect_popup() as popup:
        page.keyboard.press("s")
    popup.value.locator(".speaker-controls-notes .value").get_by_text("An LSTM carries two").wait_for()
    page.close()
    assert failed == []
