"""Students' code for the instructor: beside what it fails, and side by side where two are alike."""

import dataclasses

import pytest

from lstm_helpers.checks import judge
from lstm_helpers.grading import results
from lstm_helpers.grading.box import sandbox
from lstm_helpers.grading.gradebook import assemble, store
from lstm_helpers.grading.gradebook.grade import GRADED, Grade
from lstm_helpers.grading.pages import sources
from lstm_helpers.grading.submissions import reading
from tests.grading.handed import SHEETS
from tests.grading.test_report import Page

EXERCISE = "03_gates"
KEY = store.Key("version", 11, "bubblewrap")
LONG = """def sigmoid(z):
    total = np.zeros_like(z)
    for k in range(len(z)):
        if z[k] > 3:
            total[k] = 1 - np.exp(-z[k]) * 7
        elif z[k] < -3:
            total[k] = np.exp(z[k]) * 11 + 13
        else:
            total[k] = z[k] / 4 + 0.5 - z[k] ** 3 / 48
    while total.max() > 17:
        total = total - total.mean() / 19
    return total + 0 * z
"""
CELLS = {
    "ann": ["import numpy as np", LONG, "def gate_bias(p):\n    return np.log(p / 1 - <p>)", "x = 3"],
    "bob": ["import numpy as np", LONG.replace("total", "mine").replace("* 7", "* 7  # mine"), "y = 4"],
}


def result(name, state, lines=(), **more):
    check = SHEETS[EXERCISE].checks[name]
    return judge.Result(name, state, check.points if state == judge.CORRECT else 0, check.points, list(lines), **more)


@pytest.fixture
def out(tmp_path):
    made = {
        "ann": [
            result("sigmoid", judge.CORRECT),
            result("gate_bias", judge.ERROR, ["return np.log(p / 1 - <p>)", "SyntaxError: <p>"]),
        ],
        "bob": [result("sigmoid", judge.WRONG, ["[0] is 1, expected 2"], cause="too much", advice="Less.")],
    }
    with store.Store(tmp_path) as opened:
        listed = [reading.HandIn(s, EXERCISE, f"{EXERCISE}.ipynb", 1.0, None) for s in CELLS]
        opened.begin("dir", reading.Found({"ann": [], "bob": [], "cat": []}, listed, [], [EXERCISE]))
        opened.set("held", dataclasses.asdict(sandbox.Confinement("bubblewrap", {"no network": True})))
        for handed in listed:
            own = made[handed.student]
            total = sum(r.points for r in own)
            grade = Grade(handed.student, EXERCISE, GRADED, "", total, 17, results=own)
            opened.add("dir", handed, KEY, handed.student, CELLS[handed.student], grade)
    results.report(tmp_path, say=str)
    return tmp_path


def test_the_code_stands_beside_the_check_that_it_fails(out):
    page = Page((out / "code/ann.html").read_text(encoding="utf-8"))
    (article,) = page.all("article")
    assert article["of"]["id"] == "03_gates-gate_bias"
    (code,) = page.all("pre", article)
    assert code["text"].strip() == CELLS["ann"][2]
    assert [m["text"] for m in page.all("mark", article)] == ["    return np.log(p / 1 - <p>)"]
    assert "SyntaxError: <p>" in article["text"]
    (folded,) = page.all("details")
    assert [pre["text"].strip() for pre in page.all("pre", folded)] == [cell.strip() for cell in CELLS["ann"]]
    bob = Page((out / "code/bob.html").read_text(encoding="utf-8"))
    assert "too much. Less." in " ".join(bob.all("article")[0]["text"].split())
    assert "Nothing was handed in." in (out / "code/cat.html").read_text(encoding="utf-8")


def test_the_report_leads_to_the_code_and_to_the_pair(out):
    leads = {a["of"]["href"] for a in Page((out / "report.html").read_text(encoding="utf-8")).all("a")}
    assert {"code/ann.html#03_gates", "code/bob.html#03_gates", "similar/1.html"} <= leads
    assert all((out / href.partition("#")[0]).is_file() for href in leads if not href.startswith("#"))


def test_two_alike_stand_side_by_side(out):
    page = Page((out / "similar/1.html").read_text(encoding="utf-8"))
    assert [h["text"] for h in page.all("h2")] == ["sigmoid alike"]
    rows = page.all("tr", page.all("table")[0])[1:]
    assert ["".join(td["text"] for td in page.all("td", row)[:1]) for row in rows] == LONG.rstrip().split("\n")
    assert {row["of"]["class"] for row in rows} == {"same", "renamed"}
    assert [row["of"]["class"] for row in rows].count("same") == sum("total" not in line for line in LONG.splitlines())


def test_white_space_and_comments_hide_nothing():
    rows = sources.side_by_side("a = 1\nb = 2\nc = 3\nx = 7", "a  =  1 # one\nc = 3\nd = 4\ny = 7")
    assert rows == [
        ("a = 1", "a  =  1 # one", "same"),
        ("b = 2", "", "other"),
        ("c = 3", "c = 3", "same"),
        ("", "d = 4", "other"),
        ("x = 7", "y = 7", "renamed"),
    ]


def test_pages_of_a_student_who_is_gone_go(out):
    (out / "code/bob.html").rename(out / "code/zoe.html")
    results.report(out, say=str)
    assert sorted(p.name for p in (out / "code").iterdir()) == ["ann.html", "bob.html", "cat.html"]


def test_with_pseudonyms_the_code_tells_no_name(tmp_path):
    with store.Store(tmp_path) as opened:
        handed = reading.HandIn("ann lee", EXERCISE, f"{EXERCISE}.ipynb", 1.0, None)
        opened.begin("dir", reading.Found({"ann lee": []}, [handed], [], [EXERCISE]))
        opened.set("held", dataclasses.asdict(sandbox.Confinement("bubblewrap")))
        wrong = [result("sigmoid", judge.WRONG, ["[0] is 1"])]
        grade = Grade("ann lee", EXERCISE, GRADED, "", 0, 17, results=wrong)
        opened.add("dir", handed, KEY, "code", ["# by Ann Lee\ndef sigmoid(z):\n    return z"], grade)
    results.report(tmp_path, assemble.Display(anonymous=True), say=str)
    (page,) = (tmp_path / "code").iterdir()
    assert "# by [name]\ndef sigmoid" in page.read_text(encoding="utf-8")
    assert "ann" not in page.read_text(encoding="utf-8").lower()
