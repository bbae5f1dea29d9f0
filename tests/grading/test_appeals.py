"""Requests for regrading: read, listed beside answer and code, decided in the same file, and answered."""

import csv
import re

import pytest

from lstm_helpers.commands import cli
from lstm_helpers.grading import results
from lstm_helpers.grading.gradebook import appeals, assemble, roster, tables
from lstm_helpers.grading.gradebook.book import Person
from tests.grading.handed import SHEETS
from tests.grading.test_report import Page
from tests.grading.test_sources import CELLS, out  # noqa: F401

HEAD = "student,exercise,check,reason"


def given(tmp_path, *lines, head=HEAD):
    path = tmp_path / "asked.csv"
    path.write_text("\n".join([head, *lines]), encoding="utf-8")
    return path


def report(out, path):  # noqa: F811
    assert cli.main(["report", "--out", str(out), "--requests", str(path)]) == 0
    return " ".join(Page((out / "report.html").read_text(encoding="utf-8")).section("review").split())


def points(out):  # noqa: F811
    return {r["student"]: r["points"] for r in csv.DictReader((out / "grades.csv").open(encoding="utf-8"))}


def test_a_request_is_listed_decided_and_answered(out, tmp_path, capsys):  # noqa: F811
    told = report(out, given(tmp_path, "bob,03_gates,sigmoid,It is <right> for z > 0"))
    assert "1 request for regrading to decide: see the report" in capsys.readouterr().out
    assert "bob, 03_gates, sigmoid: It is <right> for z > 0" in told
    assert "wrong, 0 of 2 points. too much. [0] is 1, expected 2" in told
    assert " ".join(CELLS["bob"][1].split()) in told
    assert "Open." in told
    rows = list(csv.DictReader((out / "requests.csv").open(encoding="utf-8")))
    assert rows[0] == {"student": "bob", "exercise": "03_gates", "check": "sigmoid", "decision": "", "comment": "",
                       "reason": "It is <right> for z > 0"}  # fmt: skip
    assert points(out)["bob"] == "0"

    text = (out / "requests.csv").read_text(encoding="utf-8").rstrip()
    assert text.endswith(",,")
    (out / "requests.csv").write_text(text[:-2] + ",1.5,half of it", encoding="utf-8")
    told = report(out, out / "requests.csv")
    assert "Decided: 1.5 points. half of it" in told
    assert points(out)["bob"] == "1.5"
    page = (out / "feedback/bob.html").read_text(encoding="utf-8")
    assert "You asked: “It is &lt;right&gt; for z &gt; 0”\nAnswer: 1.5 points. half of it" in page

    report(out, given(tmp_path, "bob,03_gates,sigmoid,It is <right> for z > 0", "ann,03_gates,,Please"))
    assert points(out)["bob"] == "1.5"  # an old copy undoes no decision
    rows = list(csv.DictReader((out / "requests.csv").open(encoding="utf-8")))
    assert [(r["student"], r["decision"]) for r in rows] == [("bob", "1.5"), ("ann", "")]
    assert cli.main(["report", "--out", str(out), "--requests", "none"]) == 0
    assert points(out)["bob"] == "0"
    assert not (out / "requests.csv").exists()


def test_kept_points_are_answered_too(out, tmp_path):  # noqa: F811
    head = HEAD + ",decision,comment"
    report(out, given(tmp_path, "bob,03_gates,sigmoid,Why?,keep,See the hint", head=head))
    assert points(out)["bob"] == "0"
    page = (out / "feedback/bob.html").read_text(encoding="utf-8")
    assert "You asked: “Why?”\nAnswer: the points stay. See the hint" in page


def test_with_pseudonyms_no_name_is_told(out, tmp_path):  # noqa: F811
    path = given(tmp_path, "bob,03_gates,sigmoid,Bob is right")
    results.report(out, assemble.Display(requests=appeals.read(path, SHEETS), anonymous=True), say=str)
    assert "[name] is right" in (out / "report.html").read_text(encoding="utf-8")
    assert "bob" not in (out / "report.html").read_text(encoding="utf-8").lower()
    assert "bob" not in (out / "requests.csv").read_text(encoding="utf-8").lower()


def test_with_pseudonyms_no_text_that_somebody_writes_names_anybody_of_the_class(out, tmp_path):  # noqa: F811
    people = {
        "ann": Person("ann", "Ann-Marie O. Lee", {"ID number": "204711", "seat": "17"}),
        "bob": Person("bob", "Roberto Núñez", {"ID number": "204712", "seat": "2"}),
    }  # cat handed in, and is not on the roster
    reason = "ANN says 2 of 17 is wrong, cat and Lee too (204711); Roberto's annex is in bob.ipynb"
    comment = "As Núñez and Ann-Marie O. Lee wrote, catch 17"
    by_hand = [roster.ByHand("ann", "03_gates", "gate_bias", 1.0, "With bob and Cat"),
               roster.ByHand("ann", "03_gates", "", None, "Not with bob")]  # fmt: skip
    asked = [appeals.Request("bob", "03_gates", "sigmoid", reason, "1.5", comment)]
    display = assemble.Display(roster=roster.Roster(people), by_hand=by_hand, requests=asked, anonymous=True)
    results.report(out, display, say=str)
    files = [path for path in out.rglob("*") if path.suffix in (".csv", ".html", ".json") and "-key" not in path.name]
    assert len(files) > 8
    for path in files:
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"(?i)\b(ann|bob|cat|lee|roberto|núñez|marie|20471\d)\b", text), path
    row = next(csv.DictReader((out / "requests.csv").open(encoding="utf-8")))
    assert row["reason"] == "[name] says 2 of 17 is wrong, [name] and [name] too ([name]); [name]'s annex is in [file]"
    assert row["comment"] == "As [name] and [name] wrote, catch 17"
    assert "With [name] and [name]" in (out / "grades.json").read_text(encoding="utf-8")
    changed = (out / "requests.csv").read_text(encoding="utf-8").replace(",1.5,", ",2,")
    (out / "requests.csv").write_text(changed, encoding="utf-8")
    results.report(out, assemble.Display(anonymous=False), say=str)
    row = next(csv.DictReader((out / "requests.csv").open(encoding="utf-8")))
    assert [row[name] for name in ("reason", "decision", "comment")] == [reason, "2", comment]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("bob,03_door,sigmoid,why,,", "line 2: there is no exercise '03_door'"),
        ("bob,03_gates,sigmoi,why,,", "line 2: 03_gates has no check 'sigmoi'"),
        ("bob,03_gates,sigmoid,,,", "line 2: student or reason is empty"),
        ("bob,03_gates,sigmoid,why,yes,", "decision is 'yes', expected points such as 1.5, or keep"),
        ("bob,03_gates,sigmoid,why,9,", "decision is 9, expected 0 to 2 points, or keep"),
        ("bob,03_gates,sigmoid,why,nan,", "decision is nan, expected 0 to 2 points"),
    ],
)
def test_what_is_no_request_is_refused_with_its_line(tmp_path, line, why):
    with pytest.raises(tables.TableError, match=why):
        appeals.read(given(tmp_path, line, head=HEAD + ",decision,comment"), SHEETS)


def test_a_request_of_nobody_is_refused_before_anything_is_written(out, tmp_path, capsys):  # noqa: F811
    path = given(tmp_path, "bobb,03_gates,sigmoid,why")
    assert cli.main(["report", "--out", str(out), "--requests", str(path)]) == 2
    assert "line 2: nobody here is called 'bobb', but somebody is called 'bob'" in capsys.readouterr().err
