"""A table that is given to the wrong option is named for what it is; whose work is not on the roster is told."""

import itertools

import pytest

from lstm_helpers.commands import cli
from lstm_helpers.grading.gradebook import table_kinds
from tests.grading.test_edited_tables import report
from tests.grading.test_sources import out  # noqa: F401

GIVEN = {  # option: a table of its kind
    "roster": "student,name\nbob,Bob\nann,Ann\ncat,Cat\n",
    "manual": "student,exercise,check,points,comment\nbob,03_gates,sigmoid,1,well\n",
    "requests": "student,exercise,check,reason\nbob,03_gates,sigmoid,why\n",
    "weights": "exercise,check,weight\n03_gates,sigmoid,0.5\n",
    "late": "deadline = 2026-10-01T23:59:00\n",
}
TOML = {"weights": '["03_gates"]\nsigmoid = 0\n', "late": '["03_gates"]\ndeadline = 2026-10-01\n'}
TABLES = [*GIVEN.items(), *TOML.items()]


def in_a_file(tmp_path, text, encoding="utf-8"):
    path = tmp_path / f"given.{'toml' if ' = ' in text else 'csv'}"
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize(("option", "table"), list(itertools.product(GIVEN, TABLES)), ids=lambda x: str(x)[:12])
def test_each_option_takes_its_own_table_and_names_every_other(out, tmp_path, capsys, option, table):  # noqa: F811
    kind, text = table
    path = in_a_file(tmp_path, text)
    before = (out / "grades.csv").read_bytes()
    code = report(out, f"--{option}", path)
    if kind == option:
        assert code == 0
    else:
        assert code == 2
        assert (
            f"--{option} {path}: this looks like {table_kinds.WHAT[kind]}: give it as --{kind}"
            in capsys.readouterr().err
        )
        assert (out / "grades.csv").read_bytes() == before


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_table_of_a_spreadsheet_is_known_as_well(tmp_path, encoding):
    path = in_a_file(tmp_path, GIVEN["manual"].replace(",", ";").replace("\n", "\r\n"), encoding)
    with pytest.raises(ValueError, match="this looks like points by hand: give it as --manual"):
        table_kinds.check("roster", str(path))


def test_our_own_table_is_no_roster_and_a_text_is_a_rule_for_lateness(out):  # noqa: F811
    with pytest.raises(ValueError, match="a table of points that this command wrote: it is no roster table"):
        table_kinds.check("roster", str(out / "grades.csv"))
    with pytest.raises(ValueError, match="this looks like a rule for lateness: give it as --late"):
        table_kinds.check("weights", "deadline=2026-10-01")
    table_kinds.check("late", "deadline=2026-10-01")


def test_decided_requests_and_what_cannot_be_told_are_left_to_their_reader(out, tmp_path):  # noqa: F811
    table_kinds.check("requests", str(in_a_file(tmp_path, "student,exercise,check,reason,decision,comment\n")))
    table_kinds.check("roster", str(out / "canvas.csv"))
    table_kinds.check("roster", str(in_a_file(tmp_path, "pupil,age\nbob,9\n")))
    table_kinds.check("roster", str(tmp_path / "nowhere.csv"))


def test_who_is_not_on_the_roster_is_told_in_the_terminal(out, tmp_path, capsys):  # noqa: F811
    path = in_a_file(tmp_path, "student,name\nann,Ann\n")
    assert report(out, "--roster", path) == 0
    assert "not on the roster: bob, cat" in capsys.readouterr().out
    assert report(out, "--anonymous") == 0
    assert "not on the roster: anonymous-" in capsys.readouterr().out
    assert cli.main(["report", "--out", str(out), "--roster", "none"]) == 0
    assert "not on the roster" not in capsys.readouterr().out
