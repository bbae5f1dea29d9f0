"""How a notebook and its links become a page, in small."""

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from lstm_helpers.commands import cli, site
from lstm_helpers.site import book, cells, live, words
from lstm_helpers.site.links import Links, slug

PAGES = ["README.md", "notebooks/03_gates.ipynb", "notebooks/glossary.ipynb", "exercises/03_gates.ipynb"]


@pytest.mark.parametrize(
    ("text", "page", "becomes"),
    [
        ("[it](../work/03_gates.ipynb)", "notebooks/03_gates.ipynb", "[it](../exercises/03_gates.ipynb)"),
        ("[l](../work/lessons/03_gates.ipynb)", "notebooks/glossary.ipynb", "[l](03_gates.ipynb)"),
        ("[w](glossary.ipynb#Half-life)", "notebooks/03_gates.ipynb", "[w](glossary.ipynb#half-life)"),
        ("[b](#Two-paths)", "notebooks/03_gates.ipynb", "[b](#two-paths)"),
        ("[paper](https://arxiv.org/abs/1)", "notebooks/03_gates.ipynb", "[paper](https://arxiv.org/abs/1)"),
        ("[lesson](notebooks/03_gates.ipynb)", "README.md", "[lesson](notebooks/03_gates.ipynb)"),
        ("[terms](LICENSE), read", "README.md", "terms, read"),
    ],
)
def test_a_link_leads_to_the_page_of_its_file(text, page, becomes):
    assert Links(PAGES).in_markdown(text, page) == becomes


def test_a_file_without_a_page_is_linked_where_the_course_is_on_the_web():
    links = Links(PAGES, "https://github.com/you/course/")
    assert (
        links.in_markdown("[terms](LICENSE)", "README.md") == "[terms](https://github.com/you/course/blob/HEAD/LICENSE)"
    )


def test_a_link_in_html_leads_to_the_finished_page():
    html = '<a href="../work/lessons/03_gates.ipynb#4">x</a>'
    assert Links(PAGES).in_html(html, "notebooks/glossary.ipynb") == '<a href="03_gates.html#4">x</a>'


def test_an_anchor_is_the_same_from_jupyter_and_from_the_heading():
    assert slug("Stacked LSTM") == slug("Stacked-LSTM") == "stacked-lstm"


def lesson(*made):
    return cells.lesson(new_notebook(cells=list(made)), shown=lambda source: None)


def predicted(name="01-x"):
    said = [new_output("stream", text="Your guess: a number. Run this cell in Jupyter to give it, or skip it.\n")]
    return new_code_cell(f'predict("{name}", number())', outputs=said)


def result(*outputs, source='outcome("01-x", 3)', **jupyter):
    return new_code_cell(source, outputs=list(outputs), metadata={"jupyter": {"outputs_hidden": True, **jupyter}})


def test_a_result_is_folded_away_with_its_reason_and_its_code_stays():
    page = lesson(predicted(), result(new_output("stream", text="three\n")), new_markdown_cell("Because.\n\nOn we go."))
    kinds = [(cell.cell_type, cell.source) for cell in page.cells]
    opened = next(k for k, cell in enumerate(page.cells) if cell.source.startswith('<details class="result"'))
    assert kinds[opened - 1] == ("code", 'outcome("01-x", 3)')
    assert page.cells[opened - 1].outputs == []
    assert page.cells[opened + 1].outputs[0].text == "three\n"
    assert kinds[opened + 2 : opened + 5] == [("markdown", text) for text in ("Because.", "</details>", "On we go.")]


def test_a_figure_between_a_result_and_its_reason_is_folded_away_with_both():
    page = lesson(predicted(), result(), new_code_cell("figures.it()"), new_markdown_cell("Because."))
    order = [cell.source for cell in page.cells]
    assert order.index("figures.it()") < order.index("Because.") < order.index("</details>")


def test_a_fold_ends_before_the_next_question():
    page = lesson(predicted(), result(), predicted("01-y"), result(source='outcome("01-y", 2)'))
    order = [cell.source for cell in page.cells]
    assert order.count("</details>") == sum(source.startswith("<details") for source in order) == 2
    asked = next(k for k, cell in enumerate(page.cells) if k > 3 and 'data-guess="01-y"' in str(cell.get("outputs")))
    assert "</details>" in order[:asked]


def test_a_guess_is_asked_for_by_a_field_with_a_label():
    page = lesson(predicted())
    assert "<label>Your guess: a number <input" in page.cells[0].outputs[0]["data"]["text/html"]
    assert page.cells[0].metadata.tags == ["remove-input"]


def test_an_answer_is_shown_without_its_marks_and_a_model_as_text_in_brief():
    weights = f'mine = unpack("{"x" * 5000}")'
    cell = new_code_cell(f"### BEGIN SOLUTION\n{weights}\nprint(mine)\n### END SOLUTION")
    page = cells.solution(new_notebook(cells=[new_markdown_cell("# Exercise 1"), cell]))
    (code,) = [cell.source for cell in page.cells if cell.cell_type == "code"]
    assert code == f"{weights[:60]}...  # {len(weights) - 60:,} characters more\nprint(mine)"


def test_pictures_become_files_each_once():
    pictures = cells.Pictures()
    text = pictures.taken_out(
        '<img alt="a" src="data:image/png;base64,AAAA"><img src="data:image/png;base64,AAAA">', "../"
    )
    (name,) = pictures.files
    assert pictures.files[name] == b"\0\0\0"
    assert text.count(f'src="../figures/{name}"') == 2


def test_entries_of_the_glossary_are_read_with_what_they_say():
    found = words.entries(book.course.root() / "notebooks" / "glossary.ipynb")
    anchor, said = found["gate"]
    assert anchor == "gate"
    assert said.startswith("A fraction between 0 and 1")
    assert len(found) > 100


def test_where_the_course_is_on_the_web_is_one_setting(tmp_path, monkeypatch):
    """It gives each lesson and exercise its links; the course in the browser gives one where it has the notebook."""
    lesson, exercise = "notebooks/03_gates.ipynb", "exercises/03_gates.ipynb"
    assert book.Sources(tmp_path / "book", tmp_path / "lite").ways_to_open(lesson) == ""
    monkeypatch.setitem(book.course.MAP, "site", {"repository": "https://github.com/you/course"})
    (tmp_path / "lite/files/work").mkdir(parents=True)
    (tmp_path / "lite/files/work/03_gates.ipynb").touch()
    found = book.Sources(tmp_path / "book", tmp_path / "lite")
    assert "mybinder.org/v2/gh/you/course/HEAD?urlpath=lab/tree/notebooks/03_gates.ipynb" in found.ways_to_open(lesson)
    assert "colab.research.google.com/github/you/course/blob/HEAD/exercises" in found.ways_to_open(exercise)
    assert '"../lite/lab/index.html?path=work/03_gates.ipynb"' in found.ways_to_open(exercise)
    assert "lite/" not in found.ways_to_open(lesson)
    assert found.ways_to_open("solutions/03_gates.ipynb") == ""


def test_without_sphinx_the_command_says_what_brings_it(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(site.importlib.util, "find_spec", lambda name: None)
    assert cli.main(["site", "--out", str(tmp_path / "site")]) == 2
    assert "make site" in capsys.readouterr().err
    assert not (tmp_path / "site").exists()


def test_something_that_is_no_site_is_never_replaced(tmp_path):
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(ValueError, match="something else than a site"):
        book.build(tmp_path)
    assert (tmp_path / "thesis.txt").read_text() == "mine"


@pytest.mark.browser
def test_an_explorer_on_a_page_of_its_own_wears_what_was_chosen_says_what_to_try_and_leads_back(page):
    cell = next(each for each in live.explorers() if each.name == "cell")
    page.route("http://127.0.0.1:1/**", lambda route: route.fulfill(body=cell.page, content_type="text/html"))
    page.emulate_media(color_scheme="light")
    paper = "getComputedStyle(document.querySelector('.lstm-explorer')).backgroundColor"
    for mode, wanted in (("dark", "rgb(21, 24, 28)"), ("light", "rgb(255, 255, 255)"), ("auto", "rgb(255, 255, 255)")):
        page.goto("http://127.0.0.1:1/explorers/cell.html")
        page.evaluate("(mode) => localStorage.setItem('mode', mode)", mode)
        page.reload()
        page.wait_for_selector(".lstm-explorer")
        assert page.evaluate(paper) == wanted
    assert cell.trying.startswith("Try: ")
    assert f"{cell.about} {cell.trying}" in page.locator("footer").inner_text()
    assert page.locator("footer a").evaluate("(a) => a.href") == "http://127.0.0.1:1/explorers.html"
    framed = "<iframe src='http://127.0.0.1:1/explorers/cell.html'></iframe>"
    page.route("http://127.0.0.1:1/book.html", lambda route: route.fulfill(body=framed, content_type="text/html"))
    page.goto("http://127.0.0.1:1/book.html")
    inside = page.locator("iframe").content_frame
    inside.locator(".lstm-explorer").wait_for()
    assert not inside.locator("footer").is_visible()
