"""The pages beside the lessons: the primer's self-test, the glossary, the formula sheet, the links between them."""

import re

import matplotlib
import nbformat
import numpy as np
import pytest

from lstm_helpers import checks
from lstm_helpers.course import LESSONS, MAP, PROJECTS
from lstm_helpers.lessons import formulas, start
from lstm_helpers.lessons.cell_state.experiments import half_life
from lstm_helpers.lessons.primer import TOPICS, self_test
from lstm_helpers.nn.functional import sigmoid
from lstm_helpers.yours import pieces
from tests import ROOT
from tests.test_dependencies import locked

RIGHT = {name: right for _, _, questions in TOPICS.values() for name, right in questions.items()}
NOTEBOOKS = sorted(p for p in (ROOT / "notebooks").rglob("*.ipynb") if ".ipynb_checkpoints" not in p.parts)


def text(path):
    return "\n\n".join(c.source for c in nbformat.read(path, as_version=4).cells if c.cell_type == "markdown")


def anchors(path):
    """What JupyterLab makes of the headings: spaces become dashes."""
    return {m.strip().replace(" ", "-") for m in re.findall(r"^#+ (.+)$", text(path), re.M)}


def test_whoever_knows_it_all_starts_with_lesson_1(capsys):
    self_test(**RIGHT)
    said = capsys.readouterr().out
    assert said.count("3 of 3 right") == len(TOPICS)
    assert "start with lesson 1" in said
    assert "read" not in said


def test_one_slip_a_topic_sends_nobody_back_and_is_named(capsys):
    self_test(**RIGHT | {"product": (2, 3), "bias": None, "tanh": 0.78, "longest": 1.5})
    said = capsys.readouterr().out
    for missed in ("product", "bias", "tanh", "longest"):
        assert f"not yet: {missed}" in said
        assert re.search(rf"Look once more at .*{missed} \(section \d, before lesson \d\)", said)
    assert "read" not in said
    assert "start with lesson 1" in said


@pytest.mark.parametrize("topic", TOPICS)
def test_two_slips_in_a_topic_send_to_its_section(topic, capsys):
    section, lesson, questions = TOPICS[topic]
    self_test(**RIGHT | dict.fromkeys(list(questions)[:2], 1e9))
    assert f"On this page read section {section} ({topic}) before lesson {lesson}." in capsys.readouterr().out
    assert re.search(rf"^## {section}\. ", text(ROOT / "notebooks" / "primer.ipynb"), re.M)


def test_answers_of_any_kind_are_taken_and_unknown_questions_named(capsys):
    self_test(product="(3, 2)", layer=[5, 8], square=24, two_paths=object())
    said = capsys.readouterr().out
    assert "product is text: write product=(3, 2), without quotes." in said
    assert re.search(r"^matrix shapes +1 of 3 right", said, re.M)
    assert re.search(r"^the chain rule +1 of 3 right", said, re.M)
    with pytest.raises(TypeError, match="there is no question 'cube'; there are: product, layer"):
        self_test(cube=1)


@pytest.mark.parametrize(
    ("given", "write"),
    [("3x2", "product=(3, 2)"), ("[5 8]", "product=(5, 8)"), ("3,5,7", "product=(3, 5, 7)"), ("0.79", "product=0.79"),
     ("three by two", "a tuple such as (2, 7), or a number"), ("", "a tuple"), ("2/3", "a tuple")],
)  # fmt: skip
def test_what_a_text_is_to_be_replaced_by_is_python(given, write, capsys):
    self_test(product=given)
    assert f"product is text: write {write}" in capsys.readouterr().out


def test_what_the_primer_says_of_its_matrix_holds():
    M = np.array([[0.9, 0.0], [1.0, 0.5]])
    assert np.allclose([1, 0] @ M, [0.9, 0])
    assert np.allclose([1, -0.4] @ M, [0.5, -0.2])
    assert np.allclose(2.5 * np.array([1, 0]) - 2.5 * np.array([1, -0.4]), [0, 1])
    lengths = [np.linalg.norm([0, 1] @ np.linalg.matrix_power(M, k)) for k in range(30)]
    assert np.argmax(lengths) == 3
    assert np.all(np.diff(lengths[:4]) > 0)
    assert np.all(np.diff(lengths[3:]) < 0)
    assert [f"{value:.2f}" for value in np.linalg.svd(M, compute_uv=False)] == ["1.40", "0.32"]


def test_the_primer_gives_the_answers_that_the_self_test_expects():
    shown = text(ROOT / "notebooks" / "primer.ipynb")
    for name, right in RIGHT.items():
        told = re.search(rf"- `{name}` \*\*(.+?)\*\*", shown)[1]
        assert told == (str(right) if isinstance(right, tuple) else f"{right:g}")


def test_the_words_of_the_glossary_are_in_order_and_none_twice():
    words = re.findall(r"^#### (.+)$", text(ROOT / "notebooks" / "glossary.ipynb"), re.M)
    assert len(words) > 40
    assert words == sorted(set(words), key=str.lower)


def test_the_glossary_sends_nobody_to_a_lesson_that_is_not_written():
    """Lessons are named by links alone, and a test below follows each link."""
    shown = text(ROOT / "notebooks" / "glossary.ipynb")
    assert not re.findall(r"lessons? \d", shown)
    assert all(re.search(r"\]\(", where) for where in re.findall(r"→(.*)$", shown, re.M))


def test_the_glossary_has_an_index_of_its_letters():
    shown = text(ROOT / "notebooks" / "glossary.ipynb")
    first = {}
    for word in re.findall(r"^#### (.+)$", shown, re.M):
        first.setdefault(word[0].upper(), f"[{word[0].upper()}](#{word.replace(' ', '-')})")
    assert " · ".join(first.values()) in shown


def shown_by(cell):
    """The table that a cell of the start page stores."""
    page = nbformat.read(ROOT / "notebooks" / "00_start_here.ipynb", as_version=4)
    (found,) = (c for c in page.cells if c.source.endswith(f"\n{cell}"))
    return found.outputs[0]["data"]["text/html"]


def test_each_cell_of_the_start_page_can_be_run_first(monkeypatch, capsys):
    monkeypatch.chdir(ROOT / "notebooks")
    page = nbformat.read(ROOT / "notebooks" / "00_start_here.ipynb", as_version=4)
    for cell in (cell for cell in page.cells if cell.cell_type == "code"):
        exec(cell.source, {})  # on the next day nothing of the day before is there
    assert len(capsys.readouterr().out.splitlines()) == 1


def test_no_day_of_the_plan_is_longer_than_two_hours_and_nothing_is_left_out():
    days = start.plan().days
    assert max(sum(minutes for _, _, minutes in parts) for parts in days) <= 120
    parts = [part for parts in days for part in parts]
    assert parts[0] == ("work/lessons/primer", "the primer's self-test", 10)
    for lesson in (lesson for lesson in LESSONS if lesson.has_sheet):
        assert [m for path, _, m in parts if path == f"work/lessons/{lesson.path}"] == [lesson.minutes]
        asked = checks.sheets()[lesson.stem].checks.values()
        assert sum(m for path, _, m in parts if path == f"work/{lesson.path}") == sum(c.minutes for c in asked)


def test_an_exercise_too_long_for_the_day_goes_on_the_next_day_at_the_next_question():
    days = start.Plan(limit=60).days
    (first, then, *_) = [text for parts in days for path, text, _ in parts if path == "work/03_gates"]
    end = int(re.fullmatch(r"exercise 03, questions? (?:1 to )?(\d+)", first)[1])
    assert re.fullmatch(rf"exercise 03, questions? {end + 1}( to \d+)?", then)
    lone = [parts for parts in days if sum(minutes for _, _, minutes in parts) > 60]
    assert all(len(parts) == 1 for parts in lone)


def test_the_stored_start_page_shows_the_plan_and_the_map_as_they_are_now(monkeypatch):
    monkeypatch.chdir(ROOT / "notebooks")
    assert shown_by("start.plan()") == start.plan()._repr_html_()
    for lesson in (lesson for lesson in LESSONS if lesson.has_sheet):
        assert f">{lesson.number} {lesson.title}</a>, {lesson.minutes} min" in shown_by("start.course_map()")


def test_the_start_page_leads_to_the_copies_and_to_nothing_with_results():
    links = re.findall(r"\]\(([^)\s]+\.ipynb)", text(ROOT / "notebooks" / "00_start_here.ipynb"))
    assert links
    assert [link for link in links if not link.startswith(f"../{start.LESSONS}")] == []


def test_the_lecture_note_is_answered_claim_by_claim(monkeypatch):
    monkeypatch.chdir(ROOT / "notebooks")
    note, table = start.lecture_note(), shown_by("start.lecture_note()")
    assert table == note._repr_html_()
    for claim, said in MAP["claims"].items():
        assert f">{claim}<" in table
        assert note.claims[claim][0] == said
    for lesson in (*LESSONS, *PROJECTS):
        assert [claim for claim, (_, homes) in note.claims.items() if lesson.path in dict(homes)] == sorted(
            lesson.claims
        )
    assert '<a href="../work/lessons/03_gates.ipynb">lesson 3, Gates</a>' in table
    monkeypatch.setitem(MAP["planned"], "projects/later_on", ["C18"])
    assert "project, Later on (in preparation)" in start.lecture_note()._repr_html_()


def test_the_start_page_names_the_pieces_of_the_students_own_lstm_in_their_order():
    page = text(ROOT / "notebooks" / "00_start_here.ipynb")
    rows = re.findall(r"^\| (\d) \| (`.+`) \| .+ \|$", page, re.M)
    named = {int(number): re.findall(r"`(\w+)`", cell) for number, cell in rows}
    assert named == {int(stem[:2]): [piece.name for piece in pieces.of(stem)] for stem in pieces.EXERCISES}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_links_between_the_pages_lead_somewhere(path):
    for target in re.findall(r"\]\(([^)\s]+)\)", text(path)):
        file, _, anchor = target.partition("#")
        if re.match(r"\w+:", target):
            continue  # elsewhere
        # A student's own copy is made from what lies here.
        file = re.sub(r"\bwork/(lessons/)?", lambda to: "notebooks/" if to[1] else "exercises/", file)
        there = (path.parent / file) if file else path
        assert there.exists(), target
        if anchor:
            assert anchor in anchors(there), target


def test_the_start_page_leads_to_lessons_that_show_no_answer_yet():
    page = text(ROOT / "notebooks" / "00_start_here.ipynb")
    assert not [link for link in re.findall(r"\]\(([^)\s]+\.ipynb)", page) if not link.startswith("../work/")]


def test_the_stored_formula_sheet_is_the_one_that_is_drawn(tmp_path):
    stored = (ROOT / "notebooks" / "formula_sheet.pdf").read_bytes()
    assert stored.count(b"/Type /Page ") == 1
    (lock,) = locked("matplotlib")
    if matplotlib.__version__ not in lock.specifier:
        pytest.skip("another version of matplotlib than the locked one draws other bytes")
    formulas.write(tmp_path / "sheet.pdf")
    same = (tmp_path / "sheet.pdf").read_bytes() == stored  # pytest would explain two files of bytes for a minute
    assert same, "run `make course`"


def test_no_line_of_the_formula_sheet_leaves_its_column_or_the_page():
    fig = formulas.sheet()
    fig.canvas.draw()
    width, height = fig.canvas.get_width_height()
    for line in fig.texts:
        box = line.get_window_extent()
        if line.get_position()[1] < formulas.TOP:
            assert box.x1 <= (0.96 if box.x0 > 0.5 * width else 0.51) * width, line.get_text()
        assert box.y0 > 0.03 * height


def test_what_one_step_sends_to_the_step_before_is_named_apart_from_the_whole_gradient_there():
    (lines,) = (lines for title, _, lines in formulas.RIGHT if title == "One LSTM step backwards")
    before = [formula for formula, _ in lines for _ in re.findall(r"d[hc]_\{t-1\}", formula)]
    assert len(before) == 2
    assert all(re.search(r"d[hc]_\{t-1\}\^\{\\,\\mathrm\{next\}\}", formula) for formula in before)
    assert not [formula for formula in before if re.search(r"d[hc]_\{t-1\}(?!\^)", formula)]


def test_the_numbers_on_the_formula_sheet_hold():
    said = "\n".join(says for _, _, lines in formulas.LEFT + formulas.RIGHT for _, says in lines)
    assert ": 0.5, 0.73, 0.95, 0.993 for" in said
    assert [float(f"{sigmoid(b):.2f}") for b in (0.0, 1.0, 3.0)] == [0.5, 0.73, 0.95]
    assert f"{sigmoid(5.0):.3f}" == "0.993"
    assert f"{half_life(0.99):.0f} steps for f = 0.99, {half_life(0.999):.0f} for 0.999" in said
