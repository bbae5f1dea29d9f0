"""Whose clock says when something was handed in, what that costs, and how a sum comes about: told to all whom it
concerns, and to nobody else."""

import dataclasses
import json
import os
import re

import pytest

from lstm_helpers.checks import judge
from lstm_helpers.grading import results
from lstm_helpers.grading.box import sandbox
from lstm_helpers.grading.gradebook import appeals, assemble, lateness, policy, roster, store
from lstm_helpers.grading.gradebook.book import Person
from lstm_helpers.grading.gradebook.grade import BROKEN, GRADED, NOT_GRADED, Grade
from lstm_helpers.grading.submissions import reading
from tests.grading.handed import SHEETS, lay_out, notebook
from tests.grading.test_report import Page
from tests.grading.test_weights import EXERCISE, KEY, NAMES, SHEET, read

HOUR, DAY = 3600, 86400
DEADLINE = 1790899140.0  # 2026-10-01T23:59 in UTC
LATE = policy.Policy(policy.Rule(DEADLINE, 900, 0.1, 0.5))
FULL = SHEET.points
FIRST = SHEET.checks[NAMES[0]].points


@pytest.fixture
def out(tmp_path):
    """A class of three whose files are 33 hours late: all has everything right but the first check."""
    with store.Store(tmp_path) as opened:
        when = {"ann": 33 * HOUR, "bob": 34 * HOUR, "cat": 2 * DAY}
        listed = [reading.HandIn(s, EXERCISE, f"{EXERCISE}.ipynb", DEADLINE + late, None) for s, late in when.items()]
        opened.begin("dir", reading.Found({s: [] for s in when}, listed, [], [EXERCISE]))
        opened.set("held", dataclasses.asdict(sandbox.Confinement("bubblewrap", {"no network": True})))
        for handed in listed:
            made = [judge.Result(c.name, judge.CORRECT, c.points, c.points) for c in SHEET.checks.values()]
            made[0] = judge.Result(NAMES[0], judge.WRONG, 0, FIRST, ["[0] is 1", "[1] is 2"], cause="too much")
            total = sum(r.points for r in made)
            grade = Grade(handed.student, EXERCISE, GRADED, "", total, FULL, results=made)
            opened.add("dir", handed, KEY, handed.student, ["x = 1"], grade)
    return tmp_path


def people(**late):
    """A Roster of ann, bob and cat, with the times of some, in seconds after the deadline."""
    told = {student: {"": DEADLINE + seconds} for student, seconds in late.items()}
    return roster.Roster({s: Person(s) for s in ("ann", "bob", "cat")}, told)


def shown(out, **display):
    """What the terminal says, {student: row of grades.csv}, {student: text of the page}, text of the report's parts."""
    said = []
    results.report(out, assemble.Display(**display), say=said.append)
    rows = {row["student"]: row for row in read(out, "grades.csv")}
    pages = {s: text_of(out / f"feedback/{s}.html", "main") for s in rows}
    return "\n".join(said), rows, pages, text_of(out / "report.html", "main")


def text_of(path, tag):
    (part,) = Page(path.read_text(encoding="utf-8")).all(tag)
    return " ".join(part["text"].split())


# --- whose clock -------------------------------------------------------------------------------------------------


def test_where_the_roster_tells_times_a_file_costs_nobody_a_point(out):
    said, rows, pages, report = shown(out, roster=people(ann=-HOUR, bob=33 * HOUR), late=LATE)
    right = FULL - FIRST
    assert [rows[s]["points"] for s in ("ann", "bob", "cat")] == [f"{p:g}" for p in (right, right * 0.8, right)]
    assert "lateness of 2 by the roster's time" in said
    assert "time not known, nothing taken off for lateness: cat" in said
    assert lateness.NO_TIME in rows["cat"]["remarks"]
    assert "the roster's time" in rows["bob"]["remarks"]
    assert f"{EXERCISE}, time not known, nothing taken off: cat." in report
    assert f"Lateness was told in {EXERCISE} by the roster's time." in report
    assert "not known" not in pages["cat"]
    assert "not known" not in read(out, f"moodle/{EXERCISE}.csv")[2]["Feedback comments"]


def test_points_taken_by_the_clock_of_a_file_are_said_to_be_that(out):
    said, rows, pages, report = shown(out, late=LATE)
    assert "lateness of 3 by the file's own time; copying or downloading a file can change it" in said
    assert rows["ann"]["remarks"] in pages["ann"]
    assert "late by the file's own time" in rows["ann"]["remarks"]
    assert f"{EXERCISE}, late by the file's own time: ann, bob, cat." in report


def test_a_time_for_another_exercise_is_none_for_this_one():
    clocks = lateness.Clocks({"ann": {"04_cell_state": 5.0}}, set())
    assert clocks.of("ann", "ann", "04_cell_state", 7.0) == (5.0, lateness.ROSTER)
    assert clocks.of("bob", "bob", "04_cell_state", 7.0) == (None, lateness.ROSTER)
    assert clocks.of("ann", "ann", "03_gates", 7.0) == (7.0, lateness.FILE)
    of = [(s, s, e, LATE.rule, DEADLINE + DAY) for e in ("03_gates", "04_cell_state") for s in ("ann", "bob", "cat")]
    with pytest.raises(ValueError, match="The roster tells no time for 03_gates: add a column `submitted`, or"):
        clocks.check(of)
    clocks.check(of[3:])


def test_where_an_export_tells_times_a_file_that_is_not_in_it_has_none(tmp_path, out):
    told = "submission_1:\n  :submitters:\n  - :name: Ann\n  :created_at: 2026-10-01 10:00:00.0 Z\n"
    files = {f"submission_{k}/{EXERCISE}.ipynb": notebook("x = 1") for k in (1, 2)}
    found = reading.find(lay_out(tmp_path / "gs", {**files, "submission_metadata.yml": told}), SHEETS)
    assert [(h.student, bool(h.submitted)) for h in found.handed_in] == [
        ("submission_1", True),
        ("submission_2", False),
    ]
    assert found.timed == {"submission_1"}
    clocks = lateness.Clocks({}, found.timed)
    assert clocks.of("submission_1", "Ann", EXERCISE, 5.0) == (5.0, lateness.PLATFORM)
    with store.Store(out) as opened:
        opened.begin("gs", found)
        assert opened.timed() == {"submission_1"}
        opened.begin("gs", dataclasses.replace(found, timed=set()))
        assert opened.timed() == set()


# --- what it costs -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("late", "said"),
    [
        (
            33 * HOUR,
            "1 day 9 hours late by the roster's time: 2 days begun, 10% each: 20% of the points are taken off",
        ),
        (5 * HOUR, "5 hours late by the roster's time: 1 day begun: 10% of the points are taken off"),
        (DAY, "1 day late by the roster's time: 1 day begun: 10% of the points are taken off"),
        (
            DAY + 0.5,
            "1 day 1 second late by the roster's time: 2 days begun, 10% each: 20% of the points are taken off",
        ),
        (
            58 * DAY,
            "58 days late by the roster's time: 58 days begun, 10% each, at most 50%: 50% of the points are taken off",
        ),
    ],
)
def test_the_words_let_a_student_follow_what_is_taken_off(late, said):
    assert lateness.remark(LATE.rule, late, lateness.ROSTER) == said


def test_what_costs_nothing_is_said_to_cost_nothing():
    free = policy.Rule(DEADLINE)
    assert lateness.remark(free, 2 * HOUR, lateness.FILE) == "2 hours late by the file's own time: nothing is taken off"


@pytest.mark.parametrize("seconds", [1, 59.2, 60, 3599, 3600, 5000, DAY - 1, DAY, DAY + 1, DAY + 61, 12 * DAY + 7])
def test_a_span_in_words_is_never_shorter_than_the_days_that_are_charged(seconds):
    sizes = {"day": DAY, "hour": HOUR, "minute": 60, "second": 1}
    parts = re.findall(r"(\d+) (\w+?)s?\b", lateness.span(seconds))
    told = sum(int(number) * sizes[unit] for number, unit in parts)
    assert policy.Rule(0.0).days(told) == policy.Rule(0.0).days(seconds)


# --- the sum -----------------------------------------------------------------------------------------------------


def test_every_number_of_a_sum_stands_on_page_table_report_and_json(out):
    granted = appeals.Request(
        "bob", EXERCISE, NAMES[0], "It is right", f"{FIRST:g}", "You are right.", "asked.csv, line 2"
    )
    said, rows, pages, report = shown(out, roster=people(bob=33 * HOUR), late=LATE, requests=[granted])
    by_checks, counts = FULL - FIRST, round(FULL * 0.8, 2)
    lost = f"{FULL - counts:g}"
    told = {"by_checks": f"{by_checks:g}", "by_hand": f"{FIRST:g}", "together": f"{FULL:g}", "lateness": f"-{lost}"}
    assert {name: rows["bob"][name] for name in told} == told
    assert rows["bob"]["points"] == f"{counts:g}"
    assert [rows["ann"][name] for name in told] == [""] * 4
    words = (
        f"{by_checks:g} points by the checks, +{FIRST:g} by hand, {FULL:g} together, −{lost} for lateness: "
        f"{counts:g} points count"
    )
    assert f"{words}." in pages["bob"]
    assert words in read(out, f"moodle/{EXERCISE}.csv")[1]["Feedback comments"]
    table = Page((out / "report.html").read_text(encoding="utf-8")).table("Points by the checks, and what changed them")
    assert table["bob"] == [EXERCISE, f"{by_checks:g}", f"+{FIRST:g}", f"{FULL:g}", f"−{lost}", f"{counts:g}"]
    data = json.loads((out / "grades.json").read_text(encoding="utf-8"))
    (grade,) = data["students"][1]["grades"]
    assert {name: grade[name] for name in told} == {name: float(number) for name, number in told.items()}
    assert (grade["points"], grade["clock"]) == (counts, "roster")


def test_a_sum_that_comes_out_where_it_began_is_told_all_the_same(out):
    late = policy.Policy(policy.Rule(DEADLINE, 0, FIRST / FULL, 1.0))
    decided = [roster.ByHand("bob", EXERCISE, NAMES[0], float(FIRST), "right")]
    _, rows, pages, _ = shown(out, roster=people(bob=HOUR), late=late, by_hand=decided)
    assert rows["bob"]["points"] == rows["bob"]["by_checks"] == f"{FULL - FIRST:g}"
    assert f"+{FIRST:g} by hand, {FULL:g} together, −{FIRST:g} for lateness" in pages["bob"]


def test_points_for_the_whole_exercise_are_no_riddle_either(out):
    decided = [roster.ByHand("bob", EXERCISE, "", 5.0, "was ill")]
    _, rows, pages, _ = shown(out, by_hand=decided)
    assert f"{FULL - FIRST:g} points by the checks, −{FULL - FIRST - 5:g} by hand: 5 points count." in pages["bob"]
    assert rows["bob"]["lateness"] == "0"


# --- whose words -------------------------------------------------------------------------------------------------


def test_what_an_instructor_granted_is_not_shown_as_wrong(out):
    granted = appeals.Request("bob", EXERCISE, NAMES[0], "It is right", f"{FIRST:g}", "So it is.", "asked.csv, line 2")
    _, _, pages, report = shown(out, requests=[granted])
    page = Page((out / "feedback/bob.html").read_text("utf-8"))
    article = page.all("article")[0]
    text = " ".join(article["text"].split())
    assert f"✎ points by your instructorthe check: wrong{FIRST:g} of {FIRST:g}" in text
    assert "“It is right” Answer:" in text
    assert "too much" not in text
    assert "✗" not in text
    assert "too much" in pages["ann"]
    overview = page.all("li")[0]
    assert overview["text"].split()[0] == "✎"
    everyone = Page((out / "report.html").read_text("utf-8")).table("Points of each student")
    assert everyone["bob"][0].startswith("✎✓")
    assert everyone["ann"][0].startswith("✗✓")
    assert f"{NAMES[0]}: too much" in report
    misunderstood = Page((out / "report.html").read_text("utf-8")).section("misunderstood")
    assert "ann, cat" in misunderstood
    assert "bob" not in misunderstood


def test_request_and_feedback_are_told_apart_line_by_line(out):
    asked = appeals.Request("bob", EXERCISE, NAMES[0], "Why", "", "", "asked.csv, line 2")
    shown(out, requests=[asked])
    page = Page((out / "report.html").read_text("utf-8"))
    (part,) = [e for e in page.all("div") if e["of"].get("class") == "asked"]
    lines = [" ".join(p["text"].split()) for p in page.all("p", part)]
    assert lines[1:4] == [f"wrong, 0 of {FIRST:g} points. too much.", "[0] is 1", "[1] is 2"]


def test_what_is_for_the_instructor_does_not_reach_the_student(out):
    with_others = roster.Roster({"ann": Person("ann"), "bob": Person("bob")})
    _, rows, pages, report = shown(out, roster=with_others)
    assert rows["cat"]["remarks"] == assemble.OFF_ROSTER
    assert "Not on the roster" in report
    assert "roster" not in pages["cat"].lower()
    assert "roster" not in read(out, f"moodle/{EXERCISE}.csv")[2]["Feedback comments"]


def test_a_fault_of_the_grader_is_for_the_instructor():
    fault = Grade("ann", EXERCISE, NOT_GRADED, "the grader failed on it: KeyError: 'x'", of=FULL)
    assert assemble.for_student(fault) == ("", [])
    assert assemble.for_student(dataclasses.replace(fault, state=BROKEN))[0] == fault.note


def test_decisions_that_contradict_each_other_stand_in_report_and_json(out):
    asked = appeals.Request("bob", EXERCISE, NAMES[0], "Why?", "1", "", "asked.csv, line 2")
    decided = [roster.ByHand("bob", EXERCISE, NAMES[0], 0.5, "", "manual.csv, line 3")]
    said, _, _, report = shown(out, requests=[asked], by_hand=decided)
    line = f"bob, {EXERCISE}, {NAMES[0]}: 1 (asked.csv, line 2) counts, not 0.5 (manual.csv, line 3)"
    assert line in said
    assert line in report
    assert json.loads((out / "grades.json").read_text(encoding="utf-8"))["decisions"] == [line]


def test_no_list_of_files_is_shown_as_python_writes_it(tmp_path):
    names = [f"{EXERCISE}.ipynb", f"{EXERCISE} (1).ipynb", f"{EXERCISE} (2).ipynb"]
    lay_out(tmp_path, {f"ann/{name}": notebook(f"def {NAMES[0]}(z):\n    return z") for name in names})
    for k, name in enumerate(names):
        os.utime(tmp_path / "ann" / name, (1e9 + 1000 * k, 1e9 + 1000 * k))
    (handed,) = reading.find(tmp_path, SHEETS).handed_in
    assert handed.remarks[-1].endswith(f"{names[2]}, not {names[1]}, {names[0]}")


def test_what_a_policy_file_holds_is_told_as_it_stands_there(tmp_path):
    path = tmp_path / "late.toml"
    path.write_text("deadline = 2026-10-01\ngrace = 00:15:00\n")
    with pytest.raises(ValueError, match="grace is 00:15:00, expected minutes"):
        policy.read(str(path), SHEETS)
