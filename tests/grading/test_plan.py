"""One student alone, a dry run, and grades for programs."""

import csv
import json
import re

import pytest

from lstm_helpers.commands import cli
from lstm_helpers.grading import plan, workers
from lstm_helpers.grading.gradebook import assemble, roster
from tests import ROOT
from tests.grading.handed import SHEETS, WRONG, lay_out, notebook
from tests.grading.test_run import NONE, RIGHT, counted, grade, points  # noqa: F401

CLASS = {
    "ann lee/03_gates.ipynb": RIGHT,
    "bob/03_gates.ipynb": notebook(WRONG),
    "cat/03_gates.ipynb": b"{",
    "dan/notes.txt": "",
}


def test_one_student_alone_is_graded_and_the_others_stay(tmp_path, counted):  # noqa: F811
    folder, out = lay_out(tmp_path / "class", CLASS), tmp_path / "out"
    grade(folder, out, students=["bob"])
    assert counted == ["bob"]
    assert points(out) == {"ann lee": "", "bob": f"{len(notebook(WRONG))}", "cat": "", "dan": ""}
    grade(folder, out)
    assert counted == ["bob", "ann lee", "cat"]
    lay_out(folder, {"ann lee/03_gates.ipynb": NONE, "bob/03_gates.ipynb": NONE})
    grade(folder, out, students=["Ann Lee"], display=assemble.Display(roster=people(tmp_path)))
    assert counted == ["bob", "ann lee", "cat", "ann lee"]
    assert (out / "feedback/bob.html").exists()


def people(tmp_path):
    (tmp_path / "roster.csv").write_text("student,name\nann lee,Ann Lee\nbob,Bob\neve,Eve\n")
    return roster.read(tmp_path / "roster.csv", {})


def test_a_student_who_is_nobody_is_refused_with_the_nearest(tmp_path, counted):  # noqa: F811
    folder = lay_out(tmp_path / "class", CLASS)
    with pytest.raises(ValueError, match="--student bobb: nobody who handed in is called so: did you mean 'bob'"):
        grade(folder, tmp_path / "out", students=["bobb"])
    assert counted == []


def test_a_dry_run_says_what_would_happen_and_writes_nothing(tmp_path, counted, monkeypatch):  # noqa: F811
    folder, out, said = lay_out(tmp_path / "class", CLASS), tmp_path / "out", []
    (tmp_path / "roster.csv").write_text("student,name\nann lee,Ann Lee\nbob,Bob\neve,Eve\n")
    display = assemble.Display(roster=roster.read(tmp_path / "roster.csv", {}))
    monkeypatch.setattr(workers, "_boxes", lambda unsafe: pytest.fail("a box was opened"))
    plan.dry_run(folder, out, display=display, say=said.append)
    assert not out.exists()
    lines = said.pop().splitlines()
    assert lines[1:4] == ["03_gates: 2 to grade, 0 graded already", "  to grade: ann lee, bob",
                          "  nothing handed in: dan"]  # fmt: skip
    assert re.match("  cannot be read: cat: no notebook", lines[4])
    assert "on the roster, without a folder: eve" in lines
    assert "not on the roster: cat, dan" in lines
    assert any(line.startswith("not recognised: dan/notes.txt: it is no notebook") for line in lines)
    assert lines[-1] == "Nothing was graded, nothing was written."
    grade(folder, out, limits=None, students=["bob"])
    before = (out / "grades.csv").read_bytes()
    plan.dry_run(folder, out, say=said.append)
    assert "03_gates: 1 to grade, 1 graded already\n  to grade: ann lee\n" in said.pop()
    assert (out / "grades.csv").read_bytes() == before
    assert counted == ["bob"]


def test_the_command_takes_a_folder_or_a_check_and_no_dry_regrading(tmp_path, capsys):
    assert cli.main(["grade", "--out", str(tmp_path)]) == 2
    assert "give either the folder of the submissions, or --regrade CHECK" in capsys.readouterr().err
    assert cli.main(["grade", str(tmp_path), "--regrade", "sigmoid", "--out", str(tmp_path)]) == 2
    assert "give either the folder of the submissions, or --regrade CHECK" in capsys.readouterr().err
    folder_alone = (
        ["--dry-run"],
        ["--seed", "1"],
        ["--limits", "cell=3"],
        ["--exercise", "03_gates"],
        ["--variant", "7"],
    )
    for more in folder_alone:
        assert cli.main(["grade", "--regrade", "sigmoid", "--out", str(tmp_path), *more]) == 2
        assert f"{more[0]} belongs to grading a folder" in capsys.readouterr().err
    folder = lay_out(tmp_path / "class", CLASS)
    assert cli.main(["grade", str(folder), "--out", str(tmp_path / "out"), "--allow-lower"]) == 2
    assert "--allow-lower belongs to --regrade" in capsys.readouterr().err
    assert cli.main(["grade", str(folder), "--out", str(tmp_path / "out"), "--dry-run"]) == 0
    assert "03_gates: 2 to grade" in capsys.readouterr().out
    assert not (tmp_path / "out").exists()


def test_json_holds_what_the_table_holds_and_is_described(tmp_path, counted):  # noqa: F811
    folder, out = lay_out(tmp_path / "class", CLASS), tmp_path / "out"
    grade(folder, out)
    told = json.loads((out / "grades.json").read_text(encoding="utf-8"))
    rows = list(csv.DictReader((out / "grades.csv").open(encoding="utf-8")))
    flat = [(s["student"], g["state"], g["points"]) for s in told["students"] for g in s["grades"]]
    assert flat == [(r["student"], r["state"], float(r["points"]) if r["points"] else None) for r in rows]
    assert told["not_recognised"] == [{"student": "dan", "file": "notes.txt", "why": told["not_recognised"][0]["why"]}]
    described = (ROOT / "docs/grades-json.md").read_text(encoding="utf-8")
    names = {*told, *told["students"][0], *told["students"][0]["grades"][0]}
    assert [name for name in names if f"`{name}`" not in described] == []


def test_a_dry_run_tells_who_would_be_graded_anew_by_other_checks(tmp_path, monkeypatch):
    folder, out, said = lay_out(tmp_path / "class", {"ann/03_gates.ipynb": RIGHT}), tmp_path / "out", []
    grade(folder, out, limits=None)
    plan.dry_run(folder, out, say=said.append)
    assert "0 to grade, 1 graded already" in said.pop()
    monkeypatch.setattr(SHEETS["03_gates"].checks["sigmoid"], "points", 3)
    plan.dry_run(folder, out, say=said.append)
    assert "of these, 1 have points from another version of its checks or limits" in said.pop()
