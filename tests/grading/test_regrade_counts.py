"""What a regrading tells: who moves in this run, what counts before and after, and the same in every place."""

import csv
import dataclasses
import re

import pytest

from lstm_helpers.checks import judge
from lstm_helpers.grading import regrade, results, run, workers
from lstm_helpers.grading.gradebook import assemble, roster
from lstm_helpers.grading.gradebook.grade import GRADED, Grade
from tests.grading.handed import SHEETS, lay_out, notebook
from tests.grading.test_report import Page
from tests.grading.test_run import counted  # noqa: F401

EXERCISE = "03_gates"
CLASS = ("ada", "alan", "grace", "mary")


@pytest.fixture
def graded(tmp_path, counted, monkeypatch):  # noqa: F811
    """(out, said, give) of a class whose sigmoid earned nothing; ``give[student]``: what it gives from now on."""
    give = dict.fromkeys(CLASS, 0.0)

    def one(task):
        sheet = SHEETS[task.exercise]
        points = {name: check.points for name, check in sheet.checks.items()} | {"sigmoid": give[task.student]}
        made = [judge.Result(name, judge.CORRECT, points[name], c.points) for name, c in sheet.checks.items()]
        made = [r for r in made if not task.checks or r.check in task.checks]
        grade = Grade(task.student, EXERCISE, GRADED, "", sum(r.points for r in made), sheet.points)
        grade.results = made
        return workers.Outcome(task.student, task.student, grade, ["x = 1"])

    monkeypatch.setattr(workers, "grade_one", one)
    folder = lay_out(tmp_path / "class", {f"{name}/{EXERCISE}.ipynb": notebook(f"x = '{name}'") for name in CLASS})
    out, said = tmp_path / "out", []
    run.grade(folder, out, say=said.append)
    return out, said, give


def again(graded, *asked, **more):
    """The lines in the terminal of one regrading."""
    out, said, _ = graded
    said.clear()
    assert regrade.regrade(out, asked or ["sigmoid"], say=said.append, **more) == 0
    return said[0].splitlines()


def grades(out):
    """{student: row} of grades.csv."""
    return {r["student"]: r for r in csv.DictReader((out / "grades.csv").open(encoding="utf-8"))}


def sigmoid(out):
    """{student: row} of regrade.csv."""
    listed = csv.DictReader((out / "regrade.csv").open(encoding="utf-8"))
    return {r["student"]: r for r in listed if r["check"] == "sigmoid"}


def test_who_moved_in_an_earlier_run_does_not_move_again(graded):
    out, _, give = graded
    give["grace"] = 2.0
    assert again(graded)[:2] == [
        "03_gates.sigmoid: 4 looked at again, 1 moved, 0 kept more",
        "  grace  0 -> 2  +2",
    ]
    assert again(graded)[0] == "03_gates.sigmoid: 4 looked at again, 0 moved, 0 kept more"
    assert not any("->" in line for line in again(graded))
    assert sigmoid(out)["grace"]["moves_by"] == "2"  # the table tells it since the check was mended


def test_one_student_alone_is_told_as_one(graded):
    _, _, give = graded
    give.update(grace=2.0, ada=2.0)
    assert again(graded, students=["grace"])[:2] == [
        "03_gates.sigmoid: 1 looked at again, 1 moved, 0 kept more",
        "  grace  0 -> 2  +2",
    ]
    assert again(graded, students=["mary"])[0] == "03_gates.sigmoid: 1 looked at again, 0 moved, 0 kept more"


@pytest.mark.parametrize("weight", [1, 0.5])
def test_points_by_hand_stay_and_every_place_says_so(graded, weight):
    out, _, give = graded
    decisions = [roster.ByHand("ada", EXERCISE, "sigmoid", 1.5, ""), roster.ByHand("alan", EXERCISE, "", 9.0, "")]
    results.report(out, assemble.Display(by_hand=decisions, weights={EXERCISE: {"sigmoid": weight}}), say=str)
    before = {student: row["points"] for student, row in grades(out).items()}
    give.update(dict.fromkeys(("ada", "alan", "grace"), 2.0))
    told = again(graded)
    assert told[0] == "03_gates.sigmoid: 4 looked at again, 1 moved, 0 kept more"
    full, hand = f"{2 * weight:g}", f"{1.5 * weight:g}"
    assert f"  grace  0 -> {full}  +{full}" in told
    assert f"  ada    {hand} -> {hand}  +0 (by hand: 1.5; the check gives {full} now)" in told
    assert f"  alan   {full} -> {full}  +0 (by hand: 9 for the whole exercise; the check gives {full} now)" in told
    assert any("with weights and points by hand, before lateness" in line for line in told)
    after, listed = grades(out), sigmoid(out)
    for student, row in listed.items():
        assert row["counts"] == after[student]["sigmoid"]
        assert float(after[student]["points"]) == float(before[student]) + float(row["moves_by"]), student
        assert row["step"] == "with weights and points by hand, before lateness"
    assert [listed[s]["by_hand"] for s in CLASS] == ["1.5", "9 for the whole exercise", "", ""]
    assert [listed[s]["before"] for s in CLASS] == ["0"] * 4  # what the check gave, whatever a person gave
    page = " ".join(Page((out / "regrade.html").read_text(encoding="utf-8")).all("body")[0]["text"].split())
    assert "“Before” is what the check gave before it was mended" in page
    assert "with weights and points by hand, before lateness" in page
    assert "4 looked at again: 1 moved, 2 have points by hand, which stay" in page


def test_of_a_check_whose_maximum_falls_the_share_is_kept_and_every_place_says_so(graded, monkeypatch):
    out, said, give = graded
    give.update(ada=2.0, alan=1.0)
    again(graded)  # with points to lose
    assert "graded out of" not in said[-1] + (out / "report.html").read_text(encoding="utf-8")
    full = SHEETS[EXERCISE].points
    fewer = SHEETS[EXERCISE].with_checks(
        dataclasses.replace(c, points=1) if c.name == "sigmoid" else c for c in SHEETS[EXERCISE].checks.values()
    )
    monkeypatch.setitem(SHEETS, EXERCISE, fewer)
    monkeypatch.setattr(workers, "sheets_of", lambda own="", variant=None: SHEETS)
    results.report(out, say=said.append)
    assert "lowers nobody's points" not in said[-1]
    assert "keeps everybody's share of each check: fewer points are to be had for sigmoid (2 -> 1)" in said[-1]
    rows = grades(out)
    assert [rows[s]["of"] for s in CLASS] == [f"{full}"] * 4
    shares = [float(rows[s]["points"]) / full * (full - 1) for s in CLASS]
    mean = f"{sum(shares) / 4:.1f} of {full - 1} points (4 graded out of {full}, taken as the same share of {full - 1})"
    assert f"03_gates: 4 of 4 graded, mean {mean}" in said[-1]
    report = Page((out / "report.html").read_text(encoding="utf-8"))
    assert f"median {sorted(shares)[1] / 2 + sorted(shares)[2] / 2:.1f} of {full - 1} points (4 graded out of" in (
        " ".join(report.section("exercises").split())
    )
    assert f"mean of 4 (4 graded out of {full}" in " ".join(report.all("body")[0]["text"].split())
    assert re.search(r"sigmoid\s*1\s+25 %", report.section("exercises"))  # 1 of 4 had its full 2 points
    give.update(dict.fromkeys(CLASS, 0.0))
    told = again(graded)
    assert told[0] == "03_gates.sigmoid: 4 looked at again, 0 moved, 2 kept more"
    assert told[1] == "  its maximum was 2 and is 1 now: points of before stand as the same part of the new maximum"
    assert "  ada   1 -> 1  +0 (it gives 0 now; --allow-lower would take it)" in told
    assert "  alan  0.5 -> 0.5  +0 (it gives 0 now; --allow-lower would take it)" in told
    assert [grades(out)[s]["sigmoid"] for s in CLASS] == ["1", "0.5", "0", "0"]
    assert [sigmoid(out)[s]["before"] for s in CLASS] == ["1", "0.5", "0", "0"]
    page = " ".join(Page((out / "regrade.html").read_text(encoding="utf-8")).all("body")[0]["text"].split())
    assert "Of a check whose maximum changed, the share is kept" in page
    assert "2 of 2 became 1 of 1. You keep the 1 of before." in (out / "feedback/ada.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "given", ["sigmoid", "03.sigmoid", "gates.sigmoid", "03_gates.sigmoid", "03_gates.ipynb.sigmoid"]
)
def test_a_check_is_asked_for_by_what_its_exercise_is_called_on_the_command_line(given):
    assert regrade.checks_named([given], SHEETS, [EXERCISE]) == {EXERCISE: ("sigmoid",)}


def test_an_exercise_that_is_none_or_was_not_graded_is_named():
    with pytest.raises(ValueError, match=r"--regrade 99\.sigmoid: there is no exercise '99'; there are: 01_"):
        regrade.checks_named(["99.sigmoid"], SHEETS, [EXERCISE])
    with pytest.raises(ValueError, match=r"--regrade 04\.sigmoid: nothing that was graded has such a check"):
        regrade.checks_named(["04.sigmoid"], SHEETS, [EXERCISE])
