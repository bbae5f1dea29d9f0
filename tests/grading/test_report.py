"""The class report and the feedback pages: their numbers are the grades', and no student's text is more than text."""

import base64
import contextlib
import copy
import csv
import dataclasses
import hashlib
import html
import itertools
import random
import re
from collections import Counter
from concurrent.futures import Executor, Future
from datetime import datetime
from html.parser import HTMLParser

import numpy as np
import pytest

from lstm_helpers import checks
from lstm_helpers.checks import judge, shared
from lstm_helpers.grading import executors, results, run, workers
from lstm_helpers.grading.box.sandbox import Confinement
from lstm_helpers.grading.gradebook import assemble, exports, roster, store
from lstm_helpers.grading.gradebook.book import Book, Pair, Person
from lstm_helpers.grading.gradebook.grade import BROKEN, GRADED, MISSING, Grade
from lstm_helpers.grading.pages import feedback, report
from lstm_helpers.grading.submissions import reading
from tests.grading.handed import SHEETS, SIGMOID, lay_out, notebook


def short(sheet):
    """The sheet with its first five checks: numbers worked out by hand stay right when the course asks more.

    In 03_gates each is worth two points.
    """
    copied = copy.copy(sheet)
    copied.checks = dict(itertools.islice(sheet.checks.items(), 5))
    if sheet.exercise == "03_gates":
        copied.checks = {name: dataclasses.replace(check, points=2) for name, check in copied.checks.items()}
    return copied


SHORT = {exercise: short(sheet) for exercise, sheet in SHEETS.items()}
SHEET = SHORT["03_gates"]
STATES = {"c": judge.CORRECT, "w": judge.WRONG, "v": judge.WRONG, "e": judge.ERROR, "n": judge.NOT_ATTEMPTED}


@pytest.fixture(scope="module", autouse=True)
def short_sheets():
    """Report, feedback pages and tables find the short sheets in the place of the course's."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(checks, "sheets", lambda: SHORT)
        workers.sheets_of.cache_clear()  # it remembers what it was told
        yield
    workers.sheets_of.cache_clear()


def graded(student, states, exercise="03_gates", **more):
    """A Grade with a letter for each check: c(orrect), w(rong with a cause), v (wrong without), e(rror), n(othing)."""
    sheet = SHORT[exercise]
    results = []
    for letter, check in zip(states, sheet.checks.values(), strict=True):
        points = check.points if letter == "c" else 0
        result = judge.Result(check.name, STATES[letter], points, check.points, hints=check.hints)
        if letter == "w":
            cause = check.misconceptions[0]
            result.cause, result.advice = cause.name, cause.advice
        results.append(result)
    total = float(sum(r.points for r in results))
    return Grade(student, exercise, GRADED, points=total, of=sheet.points, results=results, **more)


def missing(student, exercise="03_gates"):
    return Grade(student, exercise, MISSING, f"no {exercise}.ipynb was handed in", of=SHORT[exercise].points)


def book(grades, names=(), **more):
    people = {g.student: Person(g.student, dict(names).get(g.student, "")) for g in grades}
    held = Confinement("bubblewrap", {"no network": True})
    return Book(grades, people, 7, datetime(2026, 10, 5, 12, 30), held, **more)


class Page(HTMLParser):
    """A page: its elements (tag, attributes, text), its tables by their captions, the text of each section."""

    EMPTY = ("meta", "input", "br", "img", "link")

    def __init__(self, text):
        super().__init__()
        self.elements, self.open = [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.elements.append({"tag": tag, "of": dict(attributes), "text": "", "in": list(self.open)})
        if tag not in self.EMPTY:
            self.open.append(self.elements[-1])

    def handle_endtag(self, tag):
        assert self.open.pop()["tag"] == tag, f"</{tag}> closes something else"

    def handle_data(self, data):
        for element in self.open:
            element["text"] += data

    def all(self, tag, inside=None):
        return [e for e in self.elements if e["tag"] == tag and (inside is None or any(o is inside for o in e["in"]))]

    def section(self, anchor):
        """The text of the section whose heading has this id."""
        return next(" ".join(s["text"].split()) for s in self.all("section") if s["of"]["aria-labelledby"] == anchor)

    def table(self, caption):
        """{first cell: [the other cells]} of a table, its first line under ""."""
        found = next(t for t in self.all("table") if self.all("caption", t)[0]["text"].startswith(caption))
        rows = {}
        for k, row in enumerate(self.all("tr", found)):
            cells = [" ".join(e["text"].split()) for e in self.elements if e["tag"] in ("td", "th") and row in e["in"]]
            rows["" if k == 0 else cells[0]] = cells[1:] if k else cells
        return rows


def written(shown, folder):
    report.write(shown, folder)
    return (folder / "report.html").read_text(encoding="utf-8")


SMALL = {  # sigmoid, lstm_layers, gru_layers, gate_bias, from_onnx
    "ann": "ccccc",
    "bob": "ccccc",
    "cat": "ccccc",
    "dan": "ccccc",
    "eve": "cwccn",
    "fay": "wcccn",
    "gil": "wwccn",
    "hal": "wwven",
}


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """The report of a class small enough to be worked out by hand."""
    grades = [graded(student, states) for student, states in SMALL.items()]
    grades += [missing("ida"), Grade("joe", "03_gates", BROKEN, "an empty file", of=10)]
    return Page(written(book(grades), tmp_path_factory.mktemp("small")))


def test_difficulty_and_separation_are_those_worked_out_by_hand(small):
    table = small.table("Checks of 03_gates")
    assert table[""] == [
        *("check", "points", "full points", "wrong", "error", "not attempted", "most common cause"),
        "tells strong from weak",
    ]
    full = {name: cells[1] for name, cells in table.items() if name}
    assert full == {
        **{"sigmoid": "62 %", "lstm_layers": "62 %", "gru_layers": "88 %"},
        **{"gate_bias": "88 %", "from_onnx": "50 %"},
    }
    assert [row[2:5] for name, row in table.items() if name] == [
        *(["3", "0", "0"], ["3", "0", "0"], ["1", "0", "0"], ["0", "1", "0"], ["0", "0", "4"])
    ]
    # from_onnx: 2, 2, 2, 2, 0, 0, 0, 0; the rest: 8, 8, 8, 8, 6, 6, 4, 0, mean 6: 16 / sqrt(8 * 56) = 0.76
    assert table["from_onnx"][6] == "well (0.76)"


def test_each_misconception_has_its_number_and_its_students(small):
    ranked = [" ".join(li["text"].split()) for li in small.all("li") if any(o["tag"] == "ol" for o in li["in"])]
    first, second = SHEET.checks["sigmoid"].misconceptions[0], SHEET.checks["lstm_layers"].misconceptions[0]
    first, second = (f"{known.name} {known.advice}".replace("`", "") for known in (first, second))  # set as code
    assert ranked == [
        f"3 of 8 sigmoid: {first} 03_gates: fay, gil, hal",
        f"3 of 8 lstm_layers: {second} 03_gates: eve, gil, hal",
    ]
    assert "Not in this list: 1 answer wrong in a way of its own and 1 answer with an error." in small.section(
        "misunderstood"
    )
    leads = {a["text"]: a["of"]["href"] for a in small.all("a", small.all("ol")[0])}
    assert leads == {name: f"feedback/{name}.html" for name in ("eve", "fay", "gil", "hal")}


def test_who_did_not_attempt_who_needs_help_and_who_handed_in_nothing(small):
    told = small.section("help")
    assert "03_gates, from_onnx, 4 students: eve, fay, gil, hal" in told
    assert "03_gates, 1 student: ida" in told
    needs = small.table("The least first")
    assert {k: v for k, v in needs.items() if k} == {
        "hal": ["0 of 10", "sigmoid, lstm_layers, gru_layers, gate_bias", "from_onnx"],
        "gil": ["4 of 10", "sigmoid, lstm_layers", "from_onnx"],
    }


def test_what_was_not_graded_is_no_0_and_has_its_reason(small):
    everyone = small.table("Points of each student")
    assert everyone["ida"] == ["missing", "–"]
    assert everyone["joe"] == ["not readable", "–"]
    assert everyone["hal"] == ["✗✗✗!–0", "0 of 10"]
    assert everyone["ann"] == ["✓✓✓✓✓10", "10 of 10"]
    assert "03_gates, not readable: joe. an empty file" in small.section("review")
    assert "8 of 10 graded; mean 7.0, median 8.0 of 10 points." in small.section("exercises")


def test_whose_file_and_which_one_is_for_the_instructor_to_look_at(tmp_path):
    grades = [graded("ann", "ccccc", remarks=["not on the roster"]), graded("bo", "ccccc", remarks=["5 days late"])]
    report.write(book(grades), tmp_path)
    said = Page((tmp_path / "report.html").read_text()).section("review")
    assert "Whose file, and which one" in said
    assert "ann. Not on the roster." in said
    assert "bo" not in said.split()


def test_a_cause_that_is_no_value_is_not_said_to_give_one(tmp_path):
    endless = graded("ann", "ewccc")
    endless.results[0].cause, endless.results[0].advice = shared.FORMS["TimedOut"]
    said = Page(written(book([endless]), tmp_path)).section("misunderstood")
    assert "no answer in time" in said
    assert "gave" not in said.partition("no answer in time")[0]
    assert "accounts for all that was seen of an answer" in said


def test_a_notebook_with_no_answer_in_it_is_told_from_one_that_left_checks_out(tmp_path):
    grades = [graded("ann", "nnnnn", remarks=[assemble.BLANK]), graded("bo", "ccnnc"), graded("cy", "ccnnn")]
    report.write(book(grades), tmp_path)
    said = Page((tmp_path / "report.html").read_text()).section("help")
    three, four, five = list(SHEET.checks)[2:5]
    assert "03_gates, nothing in it, 1 student: ann. Is it the right file?" in said
    assert f"03_gates, {three}, {four}, 2 students: bo, cy" in said
    assert f"03_gates, {five}, 1 student: cy" in said


def test_the_bars_are_the_distribution():
    shown = report.bars([0, 4, 8, 8, 9.9, 10], 10)
    assert {bar["low"]: bar["count"] for bar in shown if bar["count"]} == {0: 1, 4: 1, 8: 2, 9: 1, 10: 1}
    assert [bar["low"] for bar in shown] == list(range(11))
    coarse = report.bars([0, 2, 3, 20, 21], 21)
    assert [(b["low"], b["high"], b["count"]) for b in coarse][:2] == [(0, 3, 2), (3, 6, 1)]
    assert [(b["low"], b["high"], b["count"]) for b in coarse][-2:] == [(18, 21, 1), (21, 21, 1)]
    assert max(bar["height"] for bar in coarse) == 1
    odd = report.bars([16, 17, 17], 17)
    assert [(b["low"], b["high"], b["count"]) for b in odd][-2:] == [(16, 17, 1), (17, 17, 2)]


@pytest.mark.parametrize(
    ("points", "rest", "said"),
    [
        ([2, 2, 0, 0], [4, 4, 1, 1], "well (1.00)"),
        ([2, 2, 0, 0], [3, 1, 3, 1], "hardly (0.00)"),
        ([2, 2, 0, 0], [1, 1, 4, 4], "the wrong way round (-1.00): look at this check"),
        ([2, 0, 2, 0, 2], [1, 2, 3, 3, 1], "hardly (-0.46)"),  # of five students, that is chance
        ([2, 2, 2, 2], [1, 1, 4, 4], "not at all: everybody did alike"),
        ([2, 2, 0, 0], [4, 4, 4, 4], "nothing to compare with: everybody did alike on the rest"),
    ],
)
def test_how_a_check_separates_is_its_correlation_with_the_rest(points, rest, said):
    assert report.separation(np.array(points, float), np.array(rest, float)) == said


def test_the_numbers_of_any_class_are_those_of_its_grades(tmp_path):
    draw = random.Random(8)
    grades = []
    for k in range(60):
        for exercise in ("03_gates", "04_cell_state"):
            letters = "".join(draw.choices("cwven", (6, 2, 1, 1, 1), k=5))
            grades.append(
                missing(f"s{k:02}", exercise) if draw.random() < 0.1 else graded(f"s{k:02}", letters, exercise)
            )
    page = Page(written(book(grades), tmp_path))
    results = [(g.exercise, r) for g in grades for r in g.results]
    made = Counter((e, r.check, r.cause) for e, r in results if r.cause)
    listed = {}
    for li in [li for li in page.all("li") if any(o["tag"] == "ol" for o in li["in"])]:
        text = " ".join(li["text"].split())
        exercise = next(e for e in ("03_gates", "04_cell_state") if f" {e}: " in text)
        name, cause = next(p for p in page.all("p", li) if p["of"]["class"] == "cause")["text"].split(": ", 1)
        listed[exercise, name, cause] = int(text.split()[0])
        assert len(page.all("a", li)) == listed[exercise, name, cause]
    assert listed == made
    assert list(listed.values()) == sorted(made.values(), reverse=True)
    for exercise in ("03_gates", "04_cell_state"):
        for name, cells in list(page.table(f"Checks of {exercise}").items())[1:]:
            states = Counter(r.state for e, r in results if (e, r.check) == (exercise, name))
            counts = [str(states[s]) for s in (judge.WRONG, judge.ERROR, judge.NOT_ATTEMPTED)]
            assert cells[2:5] == counts
            assert cells[1] == f"{100 * states[judge.CORRECT] / sum(states.values()):.0f} %"
    totals = page.table("Points of each student")
    for student in {g.student for g in grades}:
        own = [g for g in grades if g.student == student and g.final is not None]
        asked = sum(g.of for g in grades if g.student == student)  # a sheet that was skipped was asked, too
        said = f"{sum(g.final for g in own):g} of {asked:g}" if own else "–"
        assert totals[student][-1] == said


def test_help_is_for_weak_answers_and_not_for_late_or_missing_ones(tmp_path):
    late = graded("late", "ccccc", late_by=9e5, together=10.0, adjusted=2.0)
    half = graded("half", "ccccc")
    page = Page(
        written(book([late, missing("late", "04_cell_state"), half, missing("half", "04_cell_state")]), tmp_path)
    )
    assert "Nobody who handed in earned less than half of the points." in page.section("help")
    assert page.table("Points of each student")["late"] == ["late ✓✓✓✓✓2", "missing", "2 of 22"]


def test_a_class_without_trouble_and_an_empty_one_say_so(tmp_path):
    page = Page(written(book([graded("ann", "ccccc")]), tmp_path))
    assert "No known misconception was found" in page.section("misunderstood")
    assert "Everybody handed in everything." in page.section("help")
    assert "Everybody who handed in tried every check." in page.section("help")
    assert page.section("review").endswith("no two solutions were nearly the same.")
    assert "Nothing was handed in." in Page(written(book([]), tmp_path)).section("exercises")


def test_a_class_that_nothing_confined_is_stamped_on_every_page(tmp_path):
    shown = book([graded("ann", "ccccc")])
    shown.confinement = Confinement("none", {}, "You said so.")
    feedback.write(shown, tmp_path / "feedback")
    assert "Graded WITHOUT a sandbox: You said so." in written(shown, tmp_path)
    assert "Graded WITHOUT a sandbox." in (tmp_path / "feedback/ann.html").read_text(encoding="utf-8")


# --- hostile text ------------------------------------------------------------------------------------------------


def evil(number):
    """Text that would be an element, end a script or leave an attribute, if a page did not escape it."""
    return f"</script><script>window.pwned = {number}</script><img id=x{number} src=x onerror='pwned = 1'>\"'`-->&lt;"


FIELDS = (
    *("name", "note", "remark", "line", "printed", "failure class", "failure", "stopped", "flag"),
    *("by hand", "stray file", "stray reason", "unreadable", "stray student"),
)


def hostile_book(student="<b onclick=alert(1)>&amp;\u202e"):
    """A class in which everything that a student can write is hostile; each field has its own number."""
    at = dict(zip(FIELDS, map(evil, range(len(FIELDS))), strict=True))
    told = graded(student, "wvenc")
    told.results[0].lines = [f"Points given by hand: 1. {at['by hand']}"]
    told.results[1].lines, told.results[1].printed = [at["line"]], at["printed"]
    told.note, told.remarks, told.flags, told.stopped = at["note"], [at["remark"]], [at["flag"]], [at["stopped"]]
    told.failures = [(1, at["failure class"], at["failure"])]
    broken = Grade("broken", "03_gates", BROKEN, at["unreadable"], of=10)
    others = [graded(f"s{k}", "wwccc") for k in range(3)]
    shown = book([told, broken, *others], {student: at["name"], "s0": "=HYPERLINK(1)", "s1": "محمد علي"})
    shown.similar = [Pair("03_gates", student, "s0", 0.95, ["sigmoid"])]
    shown.strays = [(at["stray student"], at["stray file"], at["stray reason"])]
    return shown


IN_REPORT = ("name", "stopped", "flag", "unreadable", "stray file", "stray reason", "stray student")
IN_FEEDBACK = ("name", "note", "remark", "line", "printed", "failure class", "failure", "stopped", "by hand")


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    """(report, feedback page of the hostile student) as text."""
    folder, shown = tmp_path_factory.mktemp("hostile"), hostile_book()
    feedback.write(shown, folder / "feedback")
    name = feedback.file_names(shown.people)[next(iter(shown.people))]
    return written(shown, folder), (folder / "feedback" / name).read_text(encoding="utf-8")


@pytest.mark.parametrize(("which", "fields"), [(0, IN_REPORT), (1, IN_FEEDBACK)], ids=["report", "feedback"])
def test_all_that_a_student_wrote_is_shown_as_text(hostile, which, fields):
    page = Page(hostile[which])
    for field in fields:
        number = FIELDS.index(field)
        assert any(evil(number) in e["text"] for e in page.elements), field
    assert not [e for e in page.elements if e["tag"] in ("img", "b", "link", "iframe", "object", "base", "form")]
    assert not [e for e in page.elements if any(a.startswith("on") or a in ("src", "srcdoc") for a in e["of"])]
    assert len(page.all("script")) == (1 if which == 0 else 0)


def test_a_page_is_one_file_that_asks_nobody_for_anything(hostile):
    for text in hostile:
        assert not re.search(r"https?://|//\w+\.|url\(|@import|<link|<iframe", html.unescape(text).replace(evil(0), ""))
        page = Page(text)
        policy = next(m for m in page.all("meta") if m["of"].get("http-equiv") == "Content-Security-Policy")
        assert "default-src 'none'" in policy["of"]["content"]
        assert "unsafe-eval" not in policy["of"]["content"]
        allowed = re.findall(r"script-src ('[^;]*')", policy["of"]["content"])
        script = [s["text"] for s in page.all("script")]
        digests = [base64.b64encode(hashlib.sha256(s.encode()).digest()).decode() for s in script]
        assert allowed == [f"'sha256-{digest}'" for digest in digests]
        links = [a["of"]["href"] for a in page.all("a")]
        assert all(href.startswith(("#", "feedback/", "code/", "similar/", "requests.csv")) for href in links)


@pytest.mark.parametrize("which", [0, 1], ids=["report", "feedback"])
def test_a_page_can_be_read_by_a_screen_reader(hostile, which):
    page = Page(hostile[which])
    assert page.all("html")[0]["of"]["lang"] == "en"
    assert len(page.all("main")) == len(page.all("header")) == len(page.all("h1")) == 1
    levels = [int(e["tag"][1]) for e in page.elements if re.fullmatch(r"h\d", e["tag"])]
    assert all(deeper <= level + 1 for level, deeper in zip(levels, levels[1:], strict=False))
    ids = [e["of"]["id"] for e in page.elements if "id" in e["of"]]
    assert len(ids) == len(set(ids))
    labels = [e["of"]["aria-labelledby"] for e in page.elements if "aria-labelledby" in e["of"]]
    inner = [a["of"]["href"][1:] for a in page.all("a") if a["of"]["href"].startswith("#")]
    assert {*labels, *inner} <= set(ids)
    for table in page.all("table"):
        assert page.all("caption", table)
        assert all(th["of"].get("scope") in ("col", "row", "rowgroup") for th in page.all("th", table))
    for picture in [e for e in page.elements if e["tag"] == "svg" or e["of"].get("role") == "img"]:
        assert picture["of"]["aria-label"]
    fields = {e["of"]["id"] for e in page.all("input")}
    assert fields == {e["of"]["for"] for e in page.all("label")}


# --- feedback ----------------------------------------------------------------------------------------------------


def test_a_feedback_page_says_what_was_asked_what_came_back_why_and_the_next_hint(tmp_path):
    told = graded(
        "ann",
        "wcncc",
        late_by=100.0,
        together=6.0,
        adjusted=5.4,
        remarks=["1 minute late: 10% of the points are taken off"],
    )
    wrong = told.results[0]
    wrong.lines = ["s[0] is 1, expected 2", f"Likely cause: {wrong.cause}. {wrong.advice}"]
    wrong.table = "<table><tr><td>0.5</td></tr></table>"
    feedback.write(book([told]), tmp_path)
    page = Page((tmp_path / "ann.html").read_text(encoding="utf-8"))
    articles = {a["of"]["id"]: a for a in page.all("article")}
    first = " ".join(articles["03_gates-sigmoid"]["text"].split())
    check = SHEET.checks["sigmoid"]
    asked, came, cause = first.index("Asked"), first.index("What came back"), first.index("Likely cause")
    assert asked < first.index(check.asks) < came < first.index("s[0] is 1, expected 2") < first.index("0.5") < cause
    assert first.index(wrong.cause) < first.index("Next hint") < first.index("hint 2 of 3") < first.index("hint 3 of 3")
    assert first.count("Likely cause") == 1
    assert "0 of 2" in first
    assert "Next hint" in articles["03_gates-gru_layers"]["text"]
    assert "Next hint" not in articles["03_gates-lstm_layers"]["text"]
    whole = " ".join(page.all("main")[0]["text"].split())
    assert "6 points by the checks, −0.6 for lateness: 5.4 points count." in whole
    assert "1 minute late: 10% of the points are taken off." in whole
    assert "5.4 of 10 points" in whole


def test_what_was_not_graded_is_said_to_be_no_0(tmp_path):
    feedback.write(book([missing("ann")]), tmp_path)
    told = " ".join(Page((tmp_path / "ann.html").read_text(encoding="utf-8")).all("main")[0]["text"].split())
    assert (
        "Not graded: missing. No 03_gates.ipynb was handed in. There are no points for it yet, which is not 0" in told
    )


def test_every_student_has_a_page_whose_name_every_system_takes():
    odd = [
        "a/b",
        "a_b",
        "A_B",
        "../..",
        "",
        "con",
        "LPT1.x",
        "x" * 500,
        "字" * 300,
        "𠀀" * 90,
        "a\u0301",
        "á",
        "..\\c",
        "q?",
    ]
    names = list(feedback.file_names(odd).values())
    assert len({name.casefold() for name in names}) == len(odd)
    for name in names:
        assert len(name.encode()) <= 255
        assert not re.search(r'[/\\?*<>|":\0]', name)
        assert not re.fullmatch(r"(con|lpt1)(\..*)?", name.removesuffix(".html"), re.IGNORECASE)
        assert not name.startswith(".")


def test_pages_of_who_is_no_longer_there_are_removed_and_no_page_of_somebody_else(tmp_path):
    feedback.write(book([graded("ann", "ccccc"), graded("bob", "ccccc")]), tmp_path)
    (tmp_path / "notes.html").write_text("<p>my own notes</p>")
    feedback.write(book([graded("bob", "ccccc")]), tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"bob.html", "notes.html"}


# --- a whole class, from its folder to its files -----------------------------------------------------------------


SECRET = {"annabel": ("Annabel Lee", "314159"), "bertrand": ("Bertrand Ó Briain", "271828")}
TELLING = ("annabel", "lee", "bertrand", "briain", "314159", "271828", "x.org")
LONG = "def lstm_layers(a, b, c, d, e):\n" + "".join(f"    a = a * {k} + b[{k}] - c\n" for k in range(30))


def talkative(task):
    """An Outcome in which everything that code can say says its student's name."""
    folder, (name, number) = next((k, v) for k, v in SECRET.items() if k in task.student)
    grade = graded(task.student, "wvecc")
    grade.results[1].lines = [f"line 1: raise Trouble('{name}')", f"Trouble: {name.upper()}, no. {number}"]
    grade.results[1].printed = f"made by {name.split()[0]}, {folder}, in {task.student}"
    grade.failures = [(1, "ValueError", f"{name} was here")]
    grade.flags, grade.stopped = [f"code cell 2, line 4: LSTM()  # {name}"], [f"refused: '/{folder}/x'"]
    grade.content = hashlib.sha256(task.data).hexdigest()
    if task.data == b"{}":
        return workers.unreadable_outcome(task.student, SHEET, f"gates {folder}.ipynb: no notebook", grade.content)
    return workers.Outcome(grade.content, grade.content, grade, cells=[LONG])


class Here(Executor):
    def submit(self, fn, *given):
        done = Future()
        done.set_result(fn(*given))
        return done


@pytest.fixture
def files_of(tmp_path, monkeypatch):
    """A function: display options -> {file: its text} after a run over a class of two; no notebook is run."""
    monkeypatch.setattr(workers, "confinement", lambda *_: Confinement("bubblewrap", {"no network": True}))
    monkeypatch.setattr(workers, "grade_one", talkative)
    monkeypatch.setattr(executors, "local", lambda jobs: contextlib.nullcontext((Here(), 1)))
    at = {name: f"{name}_{number}_assignsubmission_file" for name, (_, number) in SECRET.items()}
    files = {f"{folder}/gates_{name}.ipynb": notebook(SIGMOID, name) for name, folder in at.items()}
    more = {"annabel lee.ipynb": "{}", "bertrand.zip": b"no zip", "04_cell_state.ipynb": "{}"}
    folder = lay_out(tmp_path / "class", {**files, **{f"{at['bertrand']}/{name}": text for name, text in more.items()}})
    lines = [f"{name},{full},Participant {no},{name}@x.org" for name, (full, no) in SECRET.items()]
    (tmp_path / "r.csv").write_text("\n".join(["student,name,Identifier,Email address", *lines]), encoding="utf-8")
    out = tmp_path / "out"
    people = roster.read(tmp_path / "r.csv", SHORT)
    by_hand = [roster.ByHand("annabel", "03_gates", "sigmoid", 1.0, "Well done, Annabel")]

    def files(**display):
        run.grade(folder, out, display=assemble.Display(roster=people, by_hand=by_hand, **display), jobs=1, say=str)
        return read(out)

    files.out = out
    return files


def read(out):
    found = [path for path in sorted(out.rglob("*")) if path.suffix in (".csv", ".html", ".json")]
    return {path.relative_to(out).as_posix(): path.read_text(encoding="utf-8") for path in found}


def test_an_anonymous_class_shows_no_name_in_any_file_nor_in_its_name(files_of):
    files = files_of(anonymous=True)
    assert "annabel" in files.pop("anonymous-key.csv")
    for name, text in files.items():
        seen = f"{name} {html.unescape(text)}".lower()
        assert not [secret for secret in TELLING if re.search(rf"(?<![a-z]){re.escape(secret)}(?![a-z])", seen)], name
    page = next(text for name, text in files.items() if name.startswith("feedback/") and "by hand" in text.lower())
    for said in ("Trouble: [name], no. [name]", "[name] was here", "Well done, [name]", "made by [name]"):
        assert said in html.unescape(page)
    assert "Nearly the same solutions" in files["report.html"]
    assert "not readable" in files["report.html"]


def test_with_names_each_leads_to_a_page_and_the_comment_is_there(files_of):
    files = files_of(anonymous=False)
    assert set(files) == {
        *("report.html", "grades.csv", "canvas.csv", "gradescope.csv", "feedback/annabel.html"),
        *("feedback/bertrand.html", "moodle/03_gates.csv", "moodle/04_cell_state.csv"),
        *("code/annabel.html", "code/bertrand.html", "similar/1.html", "grades.json"),
    }
    leads = {a["text"]: a["of"]["href"] for a in Page(files["report.html"]).all("a") if "feedback" in a["of"]["href"]}
    assert leads == {full: f"feedback/{name}.html" for name, (full, _) in SECRET.items()}
    assert "Well done, Annabel" in files["feedback/annabel.html"]


def test_lstm_course_report_writes_the_same_files_again(files_of):
    first = files_of(anonymous=False)
    results.report(files_of.out, say=str)
    assert read(files_of.out) == first


def test_how_much_a_failure_shows_is_the_instructors_choice(tmp_path):
    wrong = graded("ann", "wvecn")
    for result in wrong.results:
        result.lines = [f"{assemble.BY_HAND}1. well tried", f"{assemble.KEPT}: it gives 0.", "[0] is 7, expected 8"]
        result.table, result.printed = "<b>seven</b>", "printed"
    wrong.failures, wrong.stopped = [(3, "ValueError", "failed here")], ["killed"]
    wrong.remarks, cause = ["two days late"], wrong.results[0]
    always = ["well tried", f"{assemble.KEPT}: it gives 0.", "Two days late", "2 of 10 points"]
    named = [html.escape(cause.cause).split("`")[0], html.escape(cause.advice).split("`")[0]]
    values = ["is 7, expected 8", "<b>seven</b>", "printed", "failed here", "killed", "hint 2 of"]
    for show, there, absent in (
        ("none", always, named + values),
        ("cause", always + named, values),
        ("values", always + named + values, []),
    ):
        feedback.write(book([wrong], show=show), tmp_path)
        page = (tmp_path / "ann.html").read_text(encoding="utf-8")
        assert [text for text in there if text not in page] == []
        assert [text for text in absent if text in page] == []


def test_what_is_shown_is_remembered_and_reaches_moodles_comment(tmp_path):
    with store.Store(tmp_path) as opened:
        opened.set("held", {"name": "bubblewrap"})
        assemble.Display(show="cause").keep(opened)
        assemble.Display().keep(opened)
        assert assemble.book(opened, SHORT, Confinement("bubblewrap"), datetime(2026, 1, 1)).show == "cause"
    for show in ("none", "cause"):
        exports.write(book([graded("ann", "wcccc")], show=show), tmp_path)
        told = (tmp_path / "moodle/03_gates.csv").read_text(encoding="utf-8")
        assert (SHEET.checks["sigmoid"].misconceptions[0].name in told) == (show == "cause")


def test_the_causes_of_each_check_are_in_one_table_that_leads_to_the_code(tmp_path):
    grades = [graded("ann", "wvcec"), graded("bob", "wcccn"), graded("cat", "vcccc")]
    page = Page(written(book(grades), tmp_path))
    (table,) = [t for t in page.all("table") if page.all("caption", t)[0]["text"].startswith("Causes in 03_gates")]
    rows = [[" ".join(e["text"].split()) for e in page.elements if row in e["in"] and e["tag"] in ("th", "td")]
            for row in page.all("tr", table)[1:]]  # fmt: skip
    cause = SHEET.checks["sigmoid"].misconceptions[0].name
    assert rows == [
        ["sigmoid", cause.replace("`", ""), "2", "ann, bob"],
        ["wrong in a way of its own", "1", "cat"],
        ["lstm_layers", "wrong in a way of its own", "1", "ann"],
        ["gate_bias", "an error in the code", "1", "ann"],
        ["from_onnx", "not attempted", "1", "bob"],
    ]
    leads = [a["of"]["href"] for a in page.all("a", table)]
    assert leads[:3] == [f"code/{name}.html#03_gates-sigmoid" for name in ("ann", "bob", "cat")]


def test_a_check_that_is_no_longer_asked_keeps_its_points_and_its_place(tmp_path):
    with store.Store(tmp_path) as opened:
        opened.set("held", {"name": "bubblewrap"})
        for student, states in (("ann", "ccccc"), ("bob", "wcccn")):
            handed = reading.HandIn(student, "03_gates", "03_gates.ipynb", 1.0, None)
            opened.begin(student, reading.Found({student: []}, [handed], [], ["03_gates"]))
            grade = graded(student, states)
            for result in grade.results[:1] + grade.results[-1:]:
                result.check = f"old_{result.check}"
            opened.add(student, handed, store.Key("v", 1, "bubblewrap"), student, ["x = 1"], grade)
        decided = [roster.ByHand("ann", "03_gates", "old_sigmoid", 1.0, "mended", ""),
                   roster.ByHand("ann", "03_gates", "older", 1.0, "gone", "")]  # fmt: skip
        assemble.Display(by_hand=decided).keep(opened)
    assert results.report(tmp_path, say=str) == 0
    rows = list(csv.DictReader((tmp_path / "grades.csv").open(encoding="utf-8")))
    assert [(row["student"], row["points"], row["of"]) for row in rows] == [("ann", "9", "10"), ("bob", "6", "10")]
    assert f"{assemble.EARLIER}, which asked for 10 points" in rows[0]["remarks"]
    page = (tmp_path / "feedback/ann.html").read_text(encoding="utf-8")
    assert "An earlier version of the course asked this" in page
    assert "Older, which is no longer asked: 1 point by hand not counted. gone." in page
