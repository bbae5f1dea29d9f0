"""All bad lines of all tables are named at once; exercises are named in one way; equal values are no loss."""

import csv

import pytest

from lstm_helpers.grading import limits
from lstm_helpers.grading.gradebook import appeals, edited_tables, policy, roster, tables, weights
from tests.grading.handed import SHEETS
from tests.grading.test_appeals import HEAD, points
from tests.grading.test_edited_tables import ASKED, asked, decide, lines, pseudonyms, report  # noqa: F401
from tests.grading.test_sources import out  # noqa: F401

MANUAL = "student,exercise,check,points,comment\n"


def file(tmp_path, name, text):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def test_bad_lines_of_all_tables_are_named_at_once_in_their_order_and_nothing_is_applied(out, tmp_path, capsys):  # noqa: F811
    manual = file(
        tmp_path,
        "manual.csv",
        MANUAL + "bob,03_gates,sigmoid,1,good\n"
        "cat,03_gates,sigmoid,9,\nbobb,03_gates,sigmoid,1,\nbob,99,sigmoid,1,\nbob,03_gates,sigmoid,1,so, so\n",
    )
    asks = file(tmp_path, "asked.csv", f"{HEAD}\nnobody,03_gates,,why\nbob,03_gates,,\n")
    weigh = file(tmp_path, "weights.csv", "exercise,check,weight\n03_gates,sigmoid,0\n03_gates,sigmoid,-1\n")
    before = (out / "grades.csv").read_bytes()
    assert report(out, "--requests", asks, "--manual", manual, "--weights", weigh) == 2
    said = capsys.readouterr().err
    assert said.startswith("lstm-course report: 7 lines cannot be used, so nothing is taken from them:\n")
    wanted = [f"{manual}, line {k}: " for k in (3, 4, 5, 6)] + [f"{asks}, line {k}: " for k in (2, 3)]
    assert [line.partition(": ")[0] + ": " for line in said.splitlines()[1:]] == [
        f"  {place}" for place in [*wanted, f"{weigh}, line 3: "]
    ]
    assert report(out) == 0
    assert (out / "grades.csv").read_bytes() == before
    assert not (out / "requests.csv").exists()


def test_of_many_bad_lines_the_first_ten_are_named_and_the_others_counted(tmp_path):
    path = file(tmp_path, "m.csv", MANUAL + 17 * "bob,03_gates,sigmoid,9,\n")
    with pytest.raises(tables.TableError) as told:
        roster.read_by_hand(path, SHEETS)
    said = str(told.value).splitlines()
    assert said[0] == "17 lines cannot be used, so nothing is taken from them:"
    assert [line.partition(", ")[2].partition(":")[0] for line in said[1:-1]] == [f"line {k}" for k in range(2, 12)]
    assert said[-1] == "  and 7 more"


@pytest.mark.parametrize(
    ("read", "name", "text", "bad"),
    [
        (
            roster.read,
            "r.csv",
            "student,submitted\nann,soon\nbob,2026-10-01\nANN,2026-10-01\n,\nbob\n,x\n",
            (2, 4, 6, 7),
        ),
        (appeals.read, "q.csv", f"{HEAD}\nbob,03,sigmoid,why\nbob,99,,why\nbob,03,sigmoi,why\n", (3, 4)),
        (weights.read, "w.csv", "exercise,check,weight\n03,sigmoid,x\n03,sigmoid,1\n03,,1\n", (2, 4)),
    ],
)
def test_each_table_names_all_of_its_bad_lines(tmp_path, read, name, text, bad):
    with pytest.raises(tables.TableError) as told:
        read(file(tmp_path, name, text), SHEETS)
    for number in range(1, 10):
        assert (f"{name}, line {number}: " in str(told.value)) == (number in bad), number


@pytest.mark.parametrize(
    ("text", "line", "cell"),
    [
        ('bob,03_gates,sigmoid,1,"good\ncat,03_gates,sigmoid,0,copied from Zoe\ndan,03_gates,sigmoid,0,\n', 2, '"good'),
        ('bob,03_gates,sigmoid,1,"two\nlines"\ncat,03_gates,sigmoid,0,\n"dan,03_gates,sigmoid,0,\n', 5, '"dan,03'),
        ('bob,03_gates,sigmoid,1,"two\r\nlines ""\r\ncat,03_gates,,0,"copied"\r\ndan,03_gates,,0,\r\n', 2, '"two'),
        ('bob,03_gates,sigmoid,1,"good\n' + 9999 * "cat,03_gates,sigmoid,0,\n", 2, '"good'),
        ('bob,03_gates,sigmoid,1,"good" work\ncat,03_gates,sigmoid,0,\n', 2, '"good" work'),
    ],
    ids=[
        "the first cell",
        "behind two lines in one cell",
        "closed by another cell's",
        "a large table",
        "text behind it",
    ],
)
def test_a_double_quote_that_is_not_closed_hides_no_line(tmp_path, text, line, cell):
    path = file(tmp_path, "m.csv", "")
    path.write_bytes((MANUAL + text).encode())
    with pytest.raises(tables.TableError) as told:
        roster.read_by_hand(path, SHEETS)
    assert str(told.value).startswith(f"{path}, line {line}: the double quote that opens the cell {cell}")
    assert "close it or take it out" in str(told.value)


@pytest.mark.parametrize(
    ("read", "text"),
    [
        (roster.read, 'student,name\nbob,"Bob\ncat,Cat\n'),
        (roster.read, '"student,name\nbob,Bob\n'),
        (appeals.read, f'{HEAD}\nbob,03,sigmoid,"why\ncat,03,sigmoid,why\n'),
        (weights.read, 'exercise,check,weight\n03,sigmoid,"1\n03,candidate,2\n'),
    ],
    ids=["roster", "first line", "requests", "weights"],
)
def test_no_table_takes_a_quote_that_is_not_closed(tmp_path, read, text):
    line = next(k for k, told in enumerate(text.splitlines(), 1) if '"' in told)
    with pytest.raises(tables.TableError, match=rf"t\.csv, line {line}: the double quote that opens the cell"):
        read(file(tmp_path, "t.csv", text), SHEETS)


def test_nothing_is_applied_of_a_table_with_an_open_quote(out, tmp_path, capsys):  # noqa: F811
    manual = file(tmp_path, "m.csv", MANUAL + 'bob,03_gates,sigmoid,1,"good\ncat,03_gates,sigmoid,0,copied\n')
    before = (out / "grades.csv").read_bytes()
    assert report(out, "--manual", manual) == 2
    assert f"{manual}, line 2: the double quote" in capsys.readouterr().err
    assert report(out) == 0
    assert (out / "grades.csv").read_bytes() == before


def test_a_quoted_cell_may_have_several_lines_separators_and_quotes(tmp_path):
    said = 'first, "so"\nsecond; cat,03_gates,sigmoid,0,\n\nlast'
    text = MANUAL + 'bob,03_gates,sigmoid,1,"{}"\ncat,03_gates,sigmoid,0,12" long\n'.format(said.replace('"', '""'))
    one, other = roster.read_by_hand(file(tmp_path, "m.csv", text), SHEETS)
    assert (one.student, one.comment, other.student, other.comment) == ("bob", said, "cat", '12" long')


def test_all_bad_names_of_a_toml_file_are_named(tmp_path):
    path = file(tmp_path, "w.toml", '["03_gates"]\nsigmoi = 1\nsigmoid = -1\n["99"]\nx = 1\n')
    with pytest.raises(tables.TableError, match="3 lines") as told:
        weights.read(path, SHEETS)
    assert all(word in str(told.value) for word in ("'sigmoi'", "the weight of sigmoid is -1", "'99'"))


TWICE = "the weight of sigmoid is 2 in {}, and 0.5 in {}: take one of them out"


@pytest.mark.parametrize(
    ("read", "name", "text", "said"),
    [
        (
            weights.read,
            "w.csv",
            'exercise,check,weight\n03_gates,sigmoid,"0,5"\n03_gates,candidate,1\n03,sigmoid,2\n',
            ", line 4: " + TWICE.format("{path}, line 4", "{path}, line 2"),
        ),
        (
            weights.read,
            "w.toml",
            "[03]\nsigmoid = 0.5\n[03_gates]\nsigmoid = 2\n",
            TWICE.format('["03_gates"]', '["03"]'),
        ),
        (
            policy.read,
            "late.toml",
            "[03]\ndeadline = 2026-10-01\n[gates]\ndeadline = 2026-10-08\n",
            "[03] and [gates] are both 03_gates",
        ),
        (
            roster.read,
            "r.csv",
            "student,name,student\nann,Ann,bob\n",
            "line 1: the columns 1 and 3 have one name, 'student'",
        ),
        (
            roster.read,
            "r.csv",
            "student,submitted 03,submitted gates\nann,2026-10-01,2026-10-08\n",
            "line 1: the columns 'submitted 03' and 'submitted gates' are both of 03_gates",
        ),
        (
            roster.read_by_hand,
            "m.csv",
            f"points,{MANUAL}1,bob,03,sigmoid,2,\n",
            "line 1: the columns 1 and 5 have one name, 'points'",
        ),
        (appeals.read, "q.csv", f"{HEAD},reason\nbob,03,sigmoid,why,so\n", "have one name, 'reason'"),
    ],
)
def test_of_two_values_for_one_thing_none_counts_and_both_are_named(tmp_path, read, name, text, said):
    path = file(tmp_path, name, text)
    with pytest.raises(tables.TableError) as told:
        read(str(path), SHEETS)
    assert said.format(path=path) in str(told.value)
    assert str(path) in str(told.value)


@pytest.mark.parametrize(
    ("read", "text", "said"),
    [
        (
            lambda text: policy.read(text, SHEETS),
            "deadline=2026-10-01,deadline=2026-10-08",
            "--late '{}': deadline is given twice, as '2026-10-01' and as '2026-10-08'",
        ),
        (limits.read, "cell=10, memory=1GB, cell=20", "--limits '{}': cell is given twice, as '10' and as '20'"),
    ],
)
def test_an_option_that_gives_one_name_twice_is_refused(read, text, said):
    with pytest.raises(tables.TableError) as told:
        read(text)
    assert str(told.value) == f"{said.format(text)}: take one of them out"


def test_columns_without_a_name_are_no_two_of_one_name(tmp_path):
    assert list(roster.read(file(tmp_path, "r.csv", "student,name,,\nann,Ann,,\n"), SHEETS).people) == ["ann"]


@pytest.mark.parametrize("given", ["03", "3", "gates", "03_gates.ipynb", "03_GATES"])
def test_every_table_takes_an_exercise_by_what_a_person_calls_it(tmp_path, given):
    line = f"bob,{given},sigmoid,1,\n"
    assert roster.read_by_hand(file(tmp_path, "m.csv", MANUAL + line), SHEETS)[0].exercise == "03_gates"
    assert appeals.read(file(tmp_path, "q.csv", f"{HEAD}\n{line[:-3]}why"), SHEETS)[0].exercise == "03_gates"
    for name, text in (
        ("w.csv", f"exercise,check,weight\n{given},sigmoid,0\n"),
        ("w.toml", f'["{given}"]\nsigmoid=0\n'),
    ):
        assert weights.read(file(tmp_path, name, text), SHEETS) == {"03_gates": {"sigmoid": 0}}
    late = file(tmp_path, "late.toml", f'["{given}"]\ndeadline = 2026-10-01\n')
    assert list(policy.read(str(late), SHEETS).by_exercise) == ["03_gates"]
    known = roster.read(file(tmp_path, "r.csv", f"student,submitted {given}\nbob,2026-10-01T10:00\n"), SHEETS)
    assert list(known.submitted["bob"]) == ["03_gates"]


@pytest.mark.parametrize("typed", ['"1,5"', "1.50", "01.5"])
def test_a_decision_in_another_spelling_is_no_loss(asked, capsys, typed):  # noqa: F811
    out, path = asked  # noqa: F811
    path.write_text(f"{HEAD},decision,comment\n{ASKED.replace('03_gates', '03')},{typed},\n", encoding="utf-8")
    assert report(out) == 0
    assert "held more" not in capsys.readouterr().out
    assert not list(out.glob("*.kept-*"))
    assert (points(out)["bob"], lines(path)) == ("1.5", [("bob", "1.5")])


@pytest.mark.parametrize("how", ["semicolons", "numbers"])
def test_a_table_that_a_spreadsheet_saved_with_the_same_values_is_no_work_of_a_person(out, capsys, how):  # noqa: F811
    path = out / "grades.csv"
    rows = list(csv.reader(path.open(encoding="utf-8")))
    if how == "semicolons":
        path.write_bytes("\r\n".join(";".join(f'"{c}"' for c in row) for row in rows).encode("utf-8-sig"))
    else:
        assert any(cell == "16" for row in rows for cell in row)
        tables.write(path, [["16,0" if cell == "16" else cell for cell in row] for row in rows])
    assert report(out) == 0
    assert "not as the last run left it" not in capsys.readouterr().out
    assert not list(out.glob("*.kept-*"))
    rows[1][4] = "15"
    tables.write(path, rows)
    assert report(out) == 0
    assert (out / "grades.kept-1.csv").exists()


def test_a_request_whose_line_was_taken_out_is_written_again_and_the_terminal_says_so(asked, capsys):  # noqa: F811
    out, path = asked  # noqa: F811
    decide(path, "1.5")
    assert report(out) == 0
    whole = path.read_text(encoding="utf-8")
    for gone in (lambda: path.write_text(f"{HEAD},decision,comment\n", encoding="utf-8"), path.unlink):
        capsys.readouterr()
        gone()
        assert report(out) == 0
        said = capsys.readouterr().out
        assert "has no line any more for these, which stay as they were and are written again:" in said
        assert "\n  bob, 03_gates, sigmoid: 1.5\n" in said
        assert path.read_text(encoding="utf-8") == whole
        assert points(out)["bob"] == "1.5"
    assert report(out) == 0
    assert "no line any more" not in capsys.readouterr().out


def test_hashes_of_tables_tell_numbers_and_texts_apart(tmp_path):
    same = [file(tmp_path, "a.csv", "x,y\n1.5,a\n"), file(tmp_path, "b.csv", 'x;y\n"1,50";a\n')]
    other = [file(tmp_path, "c.csv", "x,y\n1.5,b\n"), file(tmp_path, "d.csv", "x,y\n1.5,a\n,c\n")]
    assert len({edited_tables._hash(path) for path in same}) == 1
    assert len({edited_tables._hash(path) for path in [*same, *other]}) == 3


# --- a working day under pseudonyms


def test_requests_are_decided_under_pseudonyms_and_no_name_is_told_but_in_the_key(out, tmp_path, capsys):  # noqa: F811
    asks = file(tmp_path, "asked.csv", f"{HEAD}\nbob,03_gates,sigmoid,I am Bob and right\nann,03_gates,,Ann asks\n")
    assert report(out, "--requests", asks, "--anonymous") == 0
    path, hidden = out / "requests.csv", pseudonyms(out)
    assert lines(path) == [(hidden["bob"], ""), (hidden["ann"], "")]
    rows = list(csv.DictReader(path.open(encoding="utf-8")))
    assert [r["reason"] for r in rows] == ["I am [name] and right", "[name] asks"]
    assert 'href="requests.csv"' in (out / "report.html").read_text(encoding="utf-8")
    text = path.read_text(encoding="utf-8").replace("and right,,", "and right,1.5,well seen")
    manual = file(tmp_path, "manual.csv", MANUAL + f"{hidden['ann']},03_gates,gate_bias,1,by hand\n")
    for more in ((), ("--requests", path), ("--manual", manual)):
        path.write_text(text, encoding="utf-8")
        capsys.readouterr()
        assert report(out, *more) == 0
        for written in (*out.glob("*.csv"), *out.glob("*.json"), *out.rglob("*.html"), *out.rglob("moodle/*.csv")):
            if written.name not in ("anonymous-key.csv", asks.name, manual.name):
                told = written.read_text(encoding="utf-8").lower()
                assert "bob" not in told, written
                assert not any(f"{sign}ann{sign}" in told for sign in ",\"' "), written
        assert "bob" not in capsys.readouterr().out.replace(str(out), "").lower()
        assert points(out)[hidden["bob"]] == "1.5"
        assert not list(out.glob("*.kept-*"))
    assert report(out, "--no-anonymous") == 0
    assert (points(out)["bob"], points(out)["ann"]) == ("1.5", "3")
    rows = list(csv.DictReader(path.open(encoding="utf-8")))
    assert [(r["student"], r["reason"], r["decision"], r["comment"]) for r in rows] == [
        ("bob", "I am Bob and right", "1.5", "well seen"),
        ("ann", "Ann asks", "", ""),
    ]
    assert not list(out.glob("*.kept-*"))


def test_a_file_with_names_becomes_one_with_pseudonyms_and_back_with_what_was_typed(asked, capsys):  # noqa: F811
    out, path = asked  # noqa: F811
    decide(path, "1.5")
    assert report(out, "--anonymous") == 0
    assert lines(path) == [(pseudonyms(out)["bob"], "1.5")]
    path.write_text(path.read_text(encoding="utf-8").replace(",1.5,", ",1,"), encoding="utf-8")
    assert report(out, "--no-anonymous") == 0
    assert (points(out)["bob"], lines(path)) == ("1", [("bob", "1")])
    assert "held more" not in capsys.readouterr().out


def test_a_misspelt_name_is_answered_with_pseudonyms_alone_where_names_are_hidden(out, tmp_path, capsys):  # noqa: F811
    manual = file(tmp_path, "manual.csv", MANUAL + "bobb,03_gates,,1,\n")
    assert report(out, "--anonymous") == 0
    near = pseudonyms(out)["bob"]
    for wrong, like in (("bobb", ""), (f"{near}x", near)):
        manual.write_text(f"{MANUAL}{wrong},03_gates,,1,\n", encoding="utf-8")
        assert report(out, "--manual", manual) == 2
        said = capsys.readouterr().err
        assert "'bob'" not in said
        assert (f"somebody is called '{like}'" in said) == bool(like)
