"""What a person types into a table in the folder of the results is taken up or put aside: no run loses it."""

import csv

import pytest

from lstm_helpers import files
from lstm_helpers.commands import cli
from lstm_helpers.grading import results, run
from lstm_helpers.grading.gradebook import assemble, roster, store
from lstm_helpers.grading.gradebook.book import Person
from tests.grading.handed import lay_out, notebook
from tests.grading.test_appeals import HEAD, given, points
from tests.grading.test_run import counted  # noqa: F401
from tests.grading.test_sources import out  # noqa: F401

ASKED = "bob,03_gates,sigmoid,It is right for z > 0"


@pytest.fixture
def asked(out, tmp_path):  # noqa: F811
    """The folder of a class in which bob asks for another look, and its requests.csv."""
    assert cli.main(["report", "--out", str(out), "--requests", str(given(tmp_path, ASKED))]) == 0
    return out, out / "requests.csv"


def lines(path):
    return [(r["student"], r["decision"]) for r in csv.DictReader(path.open(encoding="utf-8"))]


def decide(path, decision, comment=""):
    """Fill the two columns of the only line in."""
    text = path.read_text(encoding="utf-8").rstrip()
    path.write_text(f"{text.removesuffix(',,')},{decision},{comment}\n", encoding="utf-8")


def pseudonyms(out):  # noqa: F811
    """{student: pseudonym} where names are hidden, else nothing."""
    key = out / "anonymous-key.csv"
    return {r["student"]: r["pseudonym"] for r in csv.DictReader(key.open(encoding="utf-8"))} if key.exists() else {}


def report(out, *more):  # noqa: F811
    return cli.main(["report", "--out", str(out), *map(str, more)])


@pytest.mark.parametrize("more", [(), ("--show", "cause"), ("--requests", "another.csv"), ("--anonymous",)])
def test_a_decision_that_was_typed_in_counts_whatever_the_next_run_is_told(asked, tmp_path, capsys, more):
    out, path = asked  # noqa: F811
    decide(path, "1.5", "half of it")
    another = tmp_path / "another.csv"
    another.write_text(f"{HEAD}\nann,03_gates,,Please\n", encoding="utf-8")
    assert report(out, *(another if text == "another.csv" else text for text in more)) == 0
    said = capsys.readouterr().out
    who = pseudonyms(out).get("bob", "bob")
    assert f"{path} was changed since it was written, and is taken up:\n  {who}, 03_gates, sigmoid: 1.5" in said
    assert report(out, "--no-anonymous") == 0
    assert points(out)["bob"] == "1.5"
    assert ("bob", "1.5") in lines(path)
    assert "taken up" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("separator", "encoding", "end"),
    [(";", "utf-8-sig", "\r\n"), ("\t", "utf-16", "\r\n"), (";", "cp1252", "\n"), (",", "utf-8", "\r\n")],
)
def test_a_spreadsheet_may_write_it_in_its_own_way(asked, separator, encoding, end):
    out, path = asked  # noqa: F811
    rows = [[*HEAD.split(","), "decision", "comment"], [*ASKED.split(","), "1,5", "für z > 0"]]
    text = end.join(separator.join(f'"{cell}"' for cell in row) for row in rows) + end
    path.write_bytes(text.encode(encoding))
    assert report(out) == 0
    assert points(out)["bob"] == "1.5"
    assert list(csv.DictReader(path.open(encoding="utf-8")))[0]["comment"] == "für z > 0"


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda text: text.replace(",,", ",1.x,"), "decision is '1.x', expected points such as 1.5, or keep"),
        (lambda text: text.replace("bob", "bobb").replace(",,", ",1,"), "line 2: nobody here is called 'bobb'"),
        (lambda text: text.replace("reason", "why"), "there is no column 'reason'"),
        (lambda text: text.replace(",,", ",1,well, done"), "7 cells, expected 6"),
    ],
)
def test_what_cannot_be_used_stays_as_it_is_and_the_run_says_so(asked, capsys, spoil, why):
    out, path = asked  # noqa: F811
    spoilt = spoil(path.read_text(encoding="utf-8"))
    for more in ((), ("--requests", "none"), ("--anonymous",)):
        path.write_text(spoilt, encoding="utf-8")
        assert report(out, *more) == 0
        said = capsys.readouterr().out
        assert f"{path} is left as it is, and what was changed there does not count yet" in said
        assert why in said
        assert path.read_text(encoding="utf-8") == spoilt


def test_a_file_that_another_program_holds_is_left_and_named(asked, capsys, monkeypatch):
    out, path = asked  # noqa: F811
    decide(path, "1.5")
    whole = type(path).read_bytes

    def read_bytes(self):
        if self == path:
            raise PermissionError(13, "Permission denied", str(self))
        return whole(self)

    monkeypatch.setattr(type(path), "read_bytes", read_bytes)
    assert report(out) == 0
    assert "requests.csv cannot be read: Permission denied" in capsys.readouterr().out
    monkeypatch.undo()
    assert report(out) == 0
    assert points(out)["bob"] == "1.5"


def test_a_table_that_cannot_be_replaced_names_the_program_that_may_hold_it(asked, capsys, monkeypatch):
    out, path = asked  # noqa: F811
    decide(path, "1.5")
    whole = files._replace

    def replace(part, target):
        if target == path:
            raise PermissionError(13, "Permission denied", str(target))
        return whole(part, target)

    monkeypatch.setattr(files, "_replace", replace)
    assert report(out) == 2
    assert "requests.csv: you may not write there: close it if a program such as a spreadsheet has it open" in (
        capsys.readouterr().err
    )
    monkeypatch.undo()
    assert report(out) == 0
    assert (points(out)["bob"], lines(path)) == ("1.5", [("bob", "1.5")])


def test_taking_all_requests_off_puts_the_file_aside(asked, capsys):
    out, path = asked  # noqa: F811
    decide(path, "1.5", "half of it")
    text = path.read_bytes()
    assert report(out, "--requests", "none") == 0
    assert "held more than it does now: that one is requests.kept-1.csv" in capsys.readouterr().out
    assert not path.exists()
    assert (out / "requests.kept-1.csv").read_bytes() == text
    assert points(out)["bob"] == "0"
    assert report(out, "--requests", out / "requests.kept-1.csv") == 0
    assert points(out)["bob"] == "1.5"


def test_columns_of_ones_own_are_put_aside_and_the_decision_counts(asked, capsys):
    out, path = asked  # noqa: F811
    path.write_text(f"{HEAD},decision,comment,mine\n{ASKED},1.5,,ask Grace\n", encoding="utf-8")
    assert report(out) == 0
    assert "requests.kept-1.csv" in capsys.readouterr().out
    assert "ask Grace" in (out / "requests.kept-1.csv").read_text(encoding="utf-8")
    assert points(out)["bob"] == "1.5"


def test_a_decision_that_the_option_overrules_is_put_aside(asked, tmp_path, capsys):
    out, path = asked  # noqa: F811
    decide(path, "1.5")
    other = tmp_path / "other.csv"
    other.write_text(f"{HEAD},decision,comment\n{ASKED},1,\n", encoding="utf-8")
    assert report(out, "--requests", other) == 0
    assert points(out)["bob"] == "1"
    assert lines(out / "requests.kept-1.csv") == [("bob", "1.5")]


def test_a_decision_that_is_emptied_stays_and_the_run_says_so(asked, capsys):
    out, path = asked  # noqa: F811
    decide(path, "1.5")
    assert report(out) == 0
    path.write_text(f"{HEAD},decision,comment\n{ASKED},,\n", encoding="utf-8")
    capsys.readouterr()
    assert report(out) == 0
    assert "bob, 03_gates, sigmoid: no decision now; 1.5 stays" in capsys.readouterr().out
    assert points(out)["bob"] == "1.5"


def test_a_stale_file_of_a_run_that_was_stopped_overrules_nothing(asked):
    out, path = asked  # noqa: F811
    decide(path, "1")
    assert report(out) == 0
    with store.Store(out) as opened:  # a newer decision is kept, and the file is not written any more
        opened.set("requests", [dict(opened.setting("requests")[0], decision="1.5")])
    assert report(out) == 0
    assert (points(out)["bob"], lines(path)) == ("1.5", [("bob", "1.5")])


def test_a_request_under_the_folders_name_is_the_one_that_is_answered_under_the_rosters(out, tmp_path):  # noqa: F811
    people = roster.Roster({name: Person(name, folder) for name, folder in (("p1", "bob"), ("p2", "ann"))})
    results.report(out, assemble.Display(roster=people), say=str)
    assert report(out, "--requests", given(tmp_path, ASKED)) == 0
    decide(out / "requests.csv", "1.5")
    assert report(out, "--requests", out / "requests.csv") == 0
    assert lines(out / "requests.csv") == [("p1", "1.5")]


@pytest.mark.parametrize("name", ["grades.csv", "canvas.csv", "gradescope.csv", "moodle/03_gates.csv"])
def test_a_table_that_was_edited_or_laid_there_is_put_aside(out, capsys, name):  # noqa: F811
    path = out / name
    changed = path.read_text(encoding="utf-8") + "my own line\n"
    for k in (1, 2):
        path.write_text(changed, encoding="utf-8")
        assert report(out) == 0
        aside = path.with_name(f"{path.stem}.kept-{k}.csv")
        assert f"{path} was not as the last run left it: that one is {aside.name} now" in capsys.readouterr().out
        assert aside.read_text(encoding="utf-8") == changed
        assert "my own line" not in path.read_text(encoding="utf-8")
    assert report(out) == 0
    assert "not as the last run" not in capsys.readouterr().out


def test_a_run_that_was_stopped_while_it_wrote_leaves_no_copies(out, monkeypatch):  # noqa: F811
    with store.Store(out) as opened:
        opened.set("tables", {})
    assert report(out) == 0
    assert not list(out.rglob("*.kept-*"))


def test_of_two_decisions_the_answer_to_the_request_counts_and_the_terminal_says_so(asked, tmp_path, capsys):
    out, path = asked  # noqa: F811
    manual = tmp_path / "manual.csv"
    manual.write_text("student,exercise,check,points,comment\nbob,03_gates,sigmoid,0.5,by hand\n", encoding="utf-8")
    decide(path, "1.5")
    for more in (("--manual", manual), ()):
        assert report(out, *more) == 0
        said = f"  bob, 03_gates, sigmoid: 1.5 ({path}, line 2) counts, not 0.5 ({manual}, line 2)"
        assert said in capsys.readouterr().out
        assert points(out)["bob"] == "1.5"
        page = (out / "feedback/bob.html").read_text(encoding="utf-8")
        assert "by hand" in page
        assert "0.5" not in page
    assert report(out, "--requests", "none") == 0
    assert points(out)["bob"] == "0.5"
    assert "does not count as it stands" not in capsys.readouterr().out


def test_of_two_lines_the_later_counts_and_points_of_the_whole_before_those_of_a_check(out, tmp_path, capsys):  # noqa: F811
    manual = tmp_path / "manual.csv"
    told = ("sigmoid,0.5,first", "sigmoid,1,second", ",3,whole", ",2,no: this")
    lines = "\n".join(["student,exercise,check,points,comment", *(f"bob,03_gates,{line}" for line in told)])
    manual.write_text(lines, encoding="utf-8")
    assert report(out, "--manual", manual) == 0
    said = capsys.readouterr().out
    assert f"  bob, 03_gates, sigmoid: 1 ({manual}, line 3) counts, not 0.5 ({manual}, line 2)" in said
    assert (
        f"bob, 03_gates, sigmoid: 2 for the whole exercise ({manual}, line 5) counts, not 1 ({manual}, line 3)" in said
    )
    assert f"bob, 03_gates, the whole exercise: 2 ({manual}, line 5) counts, not 3 ({manual}, line 4)" in said
    assert points(out)["bob"] == "2"
    row = next(r for r in csv.DictReader((out / "grades.csv").open(encoding="utf-8")) if r["student"] == "bob")
    for comment in ("first", "second", "whole", "no: this"):
        assert comment in row["remarks"]


def test_a_decision_about_somebody_who_is_gone_is_told(out, tmp_path, capsys):  # noqa: F811
    manual = tmp_path / "manual.csv"
    manual.write_text("student,exercise,check,points,comment\ncat,03_gates,,1,see me\n", encoding="utf-8")
    assert report(out, "--manual", manual) == 0
    with store.Store(out) as opened:  # the folder was renamed
        opened._db.execute("UPDATE known SET student = 'kate' WHERE student = 'cat'")
    capsys.readouterr()
    assert report(out) == 0
    said = f"{manual}, line 2: nobody here is called 'cat' any more: 1 reaches nobody"
    assert said in capsys.readouterr().out


def test_a_submission_that_is_no_longer_there_is_named_and_counts_again_when_it_is_back(tmp_path, counted):  # noqa: F811
    files = {f"{name}/03_gates.ipynb": notebook(f"x = '{name}'") for name in ("ann", "bob")}
    folder, out, said = lay_out(tmp_path / "class", files), tmp_path / "out", []  # noqa: F811
    run.grade(folder, out, say=said.append)
    (folder / "bob").rename(tmp_path / "bob")
    assert not [line for line in said if "no longer" in line]
    run.grade(folder, out, students=["ann"], say=said.append)
    assert (
        f"no longer in {folder}, so it does not count: bob/03_gates.ipynb. Back in its place, it counts again" in said
    )
    (tmp_path / "bob").rename(folder / "bob")
    run.grade(folder, out, say=said.append)
    assert points(out)["bob"] != ""
