"""What a check counts for all: one number in every table and page, remembered, and taken off again."""

import csv
import dataclasses

import pytest

from lstm_helpers.checks import judge
from lstm_helpers.commands import cli
from lstm_helpers.grading import results
from lstm_helpers.grading.box import sandbox
from lstm_helpers.grading.gradebook import appeals, assemble, roster, store, tables, weights
from lstm_helpers.grading.gradebook.grade import GRADED, Grade
from lstm_helpers.grading.submissions import reading
from tests.grading.handed import SHEETS
from tests.grading.test_report import Page

EXERCISE = "03_gates"
SHEET = SHEETS[EXERCISE]
NAMES = list(SHEET.checks)
KEY = store.Key("version", 11, "bubblewrap")
CAUSE = "one too many"


@pytest.fixture
def out(tmp_path):
    """A store with two students: everything right, and the first check wrong."""
    with store.Store(tmp_path) as opened:
        listed = [reading.HandIn(s, EXERCISE, f"{EXERCISE}.ipynb", 1.0, None) for s in ("ann", "bob")]
        opened.begin("dir", reading.Found({"ann": [], "bob": []}, listed, [], [EXERCISE]))
        opened.set("held", dataclasses.asdict(sandbox.Confinement("bubblewrap", {"no network": True})))
        for handed, wrong in zip(listed, ((), (NAMES[0],)), strict=True):
            made = [
                judge.Result(
                    c.name, judge.WRONG, 0, c.points, ["[0] is 1"], cause=CAUSE, advice="Less.", hints=["Look."]
                )
                if c.name in wrong
                else judge.Result(c.name, judge.CORRECT, c.points, c.points)
                for c in SHEET.checks.values()
            ]
            total = sum(r.points for r in made)
            grade = Grade(handed.student, EXERCISE, GRADED, "", total, SHEET.points, results=made)
            opened.add("dir", handed, KEY, handed.student, ["x = 1"], grade)
    return tmp_path


def given(tmp_path, text, name="weights.toml"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def read(out, name):
    with (out / name).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def totals(out):
    """{student: (points, of)} of every table, which have to agree."""
    own = {row["student"]: (row["points"], row["of"]) for row in read(out, "grades.csv")}
    rows = read(out, "canvas.csv")
    most = rows[0][EXERCISE]
    assert {row["Student"]: (row[EXERCISE], most) for row in rows[1:]} == own
    assert {r["Name"]: (r[EXERCISE], r[f"{EXERCISE} - Max Points"]) for r in read(out, "gradescope.csv")} == own
    moodle = read(out, f"moodle/{EXERCISE}.csv")
    assert {row["Full name"]: (row["Grade"], row["Maximum Grade"]) for row in moodle} == own
    for student, (points, of) in own.items():
        page = (out / f"feedback/{student}.html").read_text(encoding="utf-8")
        assert f'<span class="points">{points} of {of} points</span>' in page
        assert f"{points} <small" in (out / "report.html").read_text(encoding="utf-8")
    return own


def test_a_dropped_and_a_doubled_check_count_so_everywhere_until_it_is_taken_off(out, tmp_path, capsys):
    assert cli.main(["report", "--out", str(out)]) == 0
    whole, first, second = SHEET.points, SHEET.checks[NAMES[0]].points, SHEET.checks[NAMES[1]].points
    assert totals(out) == {"ann": (f"{whole}", f"{whole}"), "bob": (f"{whole - first}", f"{whole}")}
    told = given(tmp_path, f'["{EXERCISE}"]\n{NAMES[0]} = 0\n{NAMES[1]} = 2\n')
    assert cli.main(["report", "--out", str(out), "--weights", str(told)]) == 0
    most = f"{whole - first + second}"
    assert totals(out) == {"ann": (most, most), "bob": (most, most)}
    assert "not counted" in (out / "feedback/bob.html").read_text(encoding="utf-8")
    assert f"{NAMES[0]}: not counted" in read(out, f"moodle/{EXERCISE}.csv")[0]["Feedback comments"]
    told.unlink()
    assert cli.main(["report", "--out", str(out)]) == 0  # remembered
    assert totals(out)["bob"] == (most, most)
    assert cli.main(["report", "--out", str(out), "--weights", "none"]) == 0
    assert totals(out)["bob"] == (f"{whole - first}", f"{whole}")


def test_points_by_hand_are_weighed_like_the_check_they_replace(out):
    decision = roster.ByHand("bob", EXERCISE, NAMES[0], 1.0, "nearly")
    display = assemble.Display(by_hand=[decision], weights={EXERCISE: {NAMES[0]: 0.5}})
    results.report(out, display, say=str)
    lost = SHEET.checks[NAMES[0]].points * 0.5
    assert totals(out)["bob"] == (f"{SHEET.points - lost - lost + 0.5:g}", f"{SHEET.points - lost:g}")


def test_points_by_hand_for_the_whole_are_not_more_than_what_counts(out):
    decision = roster.ByHand("bob", EXERCISE, "", float(SHEET.points), "", "manual.csv, line 2")
    display = assemble.Display(by_hand=[decision], weights={EXERCISE: {NAMES[0]: 0}})
    with pytest.raises(ValueError, match=r"manual.csv, line 2: \d+ points, but with --weights 03_gates has \d+"):
        results.report(out, display, say=str)


def test_csv_and_toml_say_the_same(tmp_path):
    csv_file = given(tmp_path, f"exercise;check;weight\n{EXERCISE};{NAMES[0]};0,5\n", "weights.csv")
    toml = given(tmp_path, f"{EXERCISE}.{NAMES[0]} = 0.5\n")
    assert weights.read(csv_file, SHEETS) == weights.read(toml, SHEETS) == {EXERCISE: {NAMES[0]: 0.5}}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("03_gates.sigmoid = -1", "the weight of sigmoid is -1, expected a number from 0 up"),
        ("03_gates.sigmoid = true", "the weight of sigmoid is True"),
        ("03_gates.sigmoid = inf", "the weight of sigmoid is inf"),
        ("03_gates.sigmoid = [1]", r"the weight of sigmoid is \[1\]"),
        ("03_gates.sigmoi = 1", "03_gates has no check 'sigmoi'; it has: sigmoid, "),
        ("03_door.sigmoid = 1", "there is no exercise '03_door'; there are: 01_"),
        ("sigmoid = 1", "sigmoid = 1 names no check; expected"),
        ("03_gates.sigmoid = ", "weights.toml: .*; expected"),
    ],
)
def test_what_is_no_weight_is_refused_with_the_reason(tmp_path, text, why):
    with pytest.raises(tables.TableError, match=why):
        weights.read(given(tmp_path, text), SHEETS)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(tables.TableError, match="--weights .*nothing.toml: No such file"):
        weights.read(tmp_path / "nothing.toml", SHEETS)


@pytest.mark.parametrize(
    ("weight", "said", "earned"),
    [
        (0, "1; this check is not counted. nearly", 0),
        (0.5, "1; they count 0.5 times, as 0.5. nearly", 0.5),
        (1, "1. nearly", 1),
    ],
)
def test_points_by_hand_are_told_as_they_were_given_and_what_they_count(out, weight, said, earned):
    decision = roster.ByHand("bob", EXERCISE, NAMES[0], 1.0, "nearly")
    results.report(out, assemble.Display(by_hand=[decision], weights={EXERCISE: {NAMES[0]: weight}}), say=str)
    row = read(out, "grades.csv")[1]
    assert row["remarks"] == f"{NAMES[0]}: {assemble.BY_HAND}{said}"
    assert row[NAMES[0]] == f"{earned:g}"
    assert said in (out / "feedback/bob.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("weight", [0, 0.5, 1])
@pytest.mark.parametrize("in_full", [True, False])
def test_points_given_in_full_mean_right_whatever_the_check_counts(out, weight, in_full):
    """Cause, advice and hint are told only where the instructor did not say that the answer is right."""
    most, said = SHEET.checks[NAMES[0]].points, []
    decision = f"{most if in_full else most / 2:g}"
    results.report(
        out,
        assemble.Display(
            requests=[appeals.Request("bob", EXERCISE, NAMES[0], "Why?", decision, "", "asked.csv, line 2")],
            weights={EXERCISE: {NAMES[0]: weight}},
        ),
        say=said.append,
    )
    told = not in_full
    assert (f"1 x {NAMES[0]}: {CAUSE}" in said[0]) == told
    page = (out / "feedback/bob.html").read_text(encoding="utf-8")
    assert ("Likely cause" in page, "Next hint" in page, "What the check saw" in page) == (told, told, not told)
    report = Page((out / "report.html").read_text(encoding="utf-8"))
    assert (CAUSE in report.section("misunderstood")) == told
    comment = read(out, f"moodle/{EXERCISE}.csv")[1]["Feedback comments"]
    assert (CAUSE in comment) == told
    request = " ".join(report.section("review").split())
    assert ("given in full by hand" in request) == in_full
    assert "0 of 0" not in request
    assert ("not counted" in request) == (weight == 0)


def test_a_decided_request_on_a_dropped_check_tells_what_was_decided_and_that_it_does_not_count(out):
    request = appeals.Request("bob", EXERCISE, NAMES[0], "Why?", "1", "Half.", "asked.csv, line 2")
    said = []
    results.report(out, assemble.Display(requests=[request], weights={EXERCISE: {NAMES[0]: 0}}), say=said.append)
    assert f"bob, {EXERCISE}, {NAMES[0]}: 1 (asked.csv, line 2) counts nothing: --weights drops this check" in said[0]
    told = "1; this check is not counted. You asked: “Why?” Answer: 1 point. Half."
    assert read(out, "grades.csv")[1]["remarks"] == f"{NAMES[0]}: {assemble.BY_HAND}{told}"
