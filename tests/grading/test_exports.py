"""Tables of points, as the learning platforms read them. What was not graded is empty there, and never 0."""

import csv
import re
import unicodedata
import zipfile

import pytest

from lstm_helpers.grading import run
from lstm_helpers.grading.gradebook import assemble, exports, roster
from lstm_helpers.grading.gradebook import tables as written_tables
from lstm_helpers.grading.gradebook.book import Person
from lstm_helpers.grading.gradebook.grade import BROKEN, Grade
from lstm_helpers.grading.pages import feedback, report
from tests.grading import handed
from tests.grading.handed import lay_out
from tests.grading.test_report import SHORT, book, graded, missing, short_sheets  # noqa: F401
from tests.grading.test_run import UNSAFE

FORMULAS = (
    "=1+1",
    "+1+1",
    "-1+1",
    "@SUM(A1)",
    "\t=1+1",
    "\r=1+1",
    " =1",
    "\u200b=1",
    "\ufeff=1",
    "＝1+1",
    "-2+3+cmd|'x'!A0",
)


def tables(shown, out):
    """{file: its rows}."""
    exports.write(shown, out)
    return {
        path.relative_to(out).as_posix(): list(csv.reader(path.read_text(encoding="utf-8").splitlines()))
        for path in out.rglob("*.csv")
    }


@pytest.fixture
def four():
    """Right; late; points by hand for a check; broken and missing. The second exercise was handed in by one."""
    by_hand = graded("cat", "ccccc")
    decision = roster.ByHand("cat", "03_gates", "sigmoid", 1.5, "right but for the warning")
    assemble.by_hand(by_hand, SHORT["03_gates"].checks["sigmoid"], decision)
    by_hand.together = by_hand.adjusted = 9.5
    return [
        graded("ann", "cwccn"),
        graded("ann", "ccccc", "04_cell_state"),
        graded("bob", "ccccc", together=10.0, adjusted=9.0, remarks=["5 hours late: 10% of the points are taken off"]),
        missing("bob", "04_cell_state"),
        by_hand,
        missing("cat", "04_cell_state"),
        Grade("dan", "03_gates", BROKEN, "an empty file", of=10),
        missing("dan", "04_cell_state"),
    ]


def test_our_own_table_has_a_row_for_each_exercise_and_a_column_for_each_check(four, tmp_path):
    rows = tables(book(four, {"ann": "Ann L"}), tmp_path)["grades.csv"]
    checks = [*SHORT["03_gates"].checks, *SHORT["04_cell_state"].checks]
    assert rows[0] == [
        *("student", "name", "exercise", "state", "points", "of"),
        *("by_checks", "by_hand", "together", "lateness"),
        *checks,
        *("note", "remarks", "seed"),
    ]
    told = {(row[0], row[2]): dict(zip(rows[0], row, strict=True)) for row in rows[1:]}
    ann = told["ann", "03_gates"]
    assert [ann[name] for name in checks] == ["2", "0", "2", "2", "0", *[""] * 5]
    assert (ann["name"], ann["points"], ann["of"], ann["by_checks"], ann["seed"]) == ("Ann L", "6", "10", "", "7")
    bob, cat, dan = (told[student, "03_gates"] for student in ("bob", "cat", "dan"))
    assert (bob["points"], bob["by_checks"], bob["lateness"]) == ("9", "10", "-1")
    assert bob["remarks"] == "5 hours late: 10% of the points are taken off"
    assert (cat["points"], cat["sigmoid"]) == ("9.5", "1.5")
    assert cat["remarks"] == "sigmoid: Points given by hand: 1.5. right but for the warning"
    assert (dan["state"], dan["points"], dan["note"]) == ("not readable", "", "an empty file")
    assert [dan[name] for name in checks] == [""] * 10


def test_a_real_0_is_a_0_and_what_was_not_graded_is_empty_in_every_table(four, tmp_path):
    found = tables(book([*four, graded("eve", "wvenn"), missing("eve", "04_cell_state")]), tmp_path)
    grade = {"canvas.csv": 5, "gradescope.csv": 3, "moodle/03_gates.csv": 3}
    for name, column in grade.items():
        points = [row[column] for row in found[name] if row[0].strip() != "Points Possible"][1:]
        assert points == ["6", "9", "9.5", "", "0"], name


CANVAS = {"ID": "0042", "SIS User ID": "U007", "SIS Login ID": "al+1@x.org", "Section": "LSTM 1, Monday"}


def test_canvas_finds_its_students_and_its_assignments(four, tmp_path):
    shown = book(four)
    shown.people["ann"] = Person("Lovelace, Ada", "", {"Student": "Lovelace, Ada", **CANVAS, "03_gates (4711)": ""})
    rows = tables(shown, tmp_path)["canvas.csv"]
    assert rows[0] == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "03_gates (4711)", "04_cell_state"]
    assert rows[1] == ["    Points Possible", "", "", "", "", "10", "12"]
    assert rows[2] == ["Lovelace, Ada", "0042", "U007", "al+1@x.org", "LSTM 1, Monday", "6", "12"]
    assert rows[5] == ["dan", "", "", "", "", "", ""]


def test_canvas_columns_that_only_some_schools_have_are_kept_in_their_place(four, tmp_path):
    shown = book(four)
    shown.people["ann"].lms = {**CANVAS, "Root Account": "x.org", "Integration ID": "i1"}
    head, _, ann, *_ = tables(shown, tmp_path)["canvas.csv"]
    assert head[:7] == ["Student", "ID", "SIS User ID", "SIS Login ID", "Integration ID", "Root Account", "Section"]
    assert ann[:7] == ["ann", "0042", "U007", "al+1@x.org", "i1", "x.org", "LSTM 1, Monday"]


MOODLE = {
    "Identifier": "Participant 000123",
    "Full name": "Ada Lovelace",
    "ID number": "0099",
    "Email address": "+ada@x.org",
    "Status": "Submitted for grading",
    "Grade": "3.00",
    "Maximum Grade": "10.00",
    "Grade can be changed": "Yes",
    "Last modified (submission)": "Thursday, 1 October 2026, 10:00 PM",
    "Last modified (grade)": "Friday, 2 October 2026, 9:00 AM",
    "Feedback comments": "old",
}


def test_moodle_gets_its_own_worksheet_back_with_our_grades_in_it(four, tmp_path):
    shown = book(four)
    for student in ("ann", "dan"):
        shown.people[student] = Person(student, "Ada Lovelace", dict(MOODLE))
    rows = tables(shown, tmp_path)["moodle/03_gates.csv"]
    assert rows[0] == list(MOODLE)
    ann, dan = dict(zip(rows[0], rows[1], strict=True)), dict(zip(rows[0], rows[4], strict=True))
    ours = ("Grade", "Maximum Grade", "Feedback comments")
    assert {k: v for k, v in ann.items() if k not in ours} == {k: v for k, v in MOODLE.items() if k not in ours}
    slip = SHORT["03_gates"].checks["lstm_layers"].misconceptions[0].name
    said = f"sigmoid: 2 of 2; lstm_layers: 0 of 2 ({slip}); gru_layers: 2 of 2; gate_bias: 2 of 2; from_onnx: 0 of 2"
    assert [ann[column] for column in ours] == ["6", "10", said]
    assert [dan[column] for column in ours] == ["", "10", "Not graded: not readable. an empty file"]


def test_moodle_has_the_columns_that_it_refuses_to_do_without(four, tmp_path):
    rows = tables(book(four), tmp_path)["moodle/03_gates.csv"]
    assert {"Identifier", "Grade", "Last modified (grade)"} <= set(rows[0])
    assert rows[1][0] == "ann"


def test_comments_by_hand_and_lateness_reach_the_student_in_moodle(four, tmp_path):
    rows = tables(book(four), tmp_path)["moodle/03_gates.csv"]
    comments = {row[0]: row[-1] for row in rows}
    assert comments["bob"].endswith(
        "; 5 hours late: 10% of the points are taken off; 10 points by the checks, −1 for lateness: 9 points count"
    )
    assert comments["cat"].endswith(
        "; sigmoid: Points given by hand: 1.5. right but for the warning; 10 points by the checks, −0.5 by hand: "
        "9.5 points count"
    )


def test_gradescope_has_points_and_the_most_there_are_for_each_exercise(four, tmp_path):
    shown = book(four)
    shown.people["ann"] = Person("55", "Ada Lovelace", {"SID": "0055", "Email": "a@x.org"})
    rows = tables(shown, tmp_path)["gradescope.csv"]
    maxima = ["03_gates", "03_gates - Max Points", "04_cell_state", "04_cell_state - Max Points"]
    assert rows[0] == ["Name", "SID", "Email", *maxima]
    assert rows[1] == ["Ada Lovelace", "0055", "a@x.org", "6", "10", "12", "12"]
    assert rows[4] == ["dan", "dan", "", "", "10", "", "12"]


def test_moodle_takes_all_feedback_pages_in_one_zip(four, tmp_path):
    shown = book(four)
    shown.people["ann"] = Person("ann", "Ada_M. O'Neil", dict(MOODLE))
    feedback.write(shown, tmp_path)
    with zipfile.ZipFile(tmp_path / "moodle.zip") as packed:
        (name,) = packed.namelist()
        assert name == "Ada M. O Neil_000123_assignfeedback_file_feedback.html"
        assert packed.read(name) == (tmp_path / "ann.html").read_bytes()
    feedback.write(book(four), tmp_path)
    assert not (tmp_path / "moodle.zip").exists()


@pytest.mark.parametrize("text", FORMULAS)
def test_no_name_and_no_text_of_a_student_is_a_formula_in_any_table(text, tmp_path):
    told = graded(text, "wcccc", remarks=[text])
    broken = Grade(f"{text} 2", "03_gates", BROKEN, text, of=10)
    for rows in tables(book([told, broken], {text: text}), tmp_path).values():
        for cell in [cell for row in rows for cell in row if cell]:
            first = "".join(filter(str.isprintable, cell)).strip()[:1]
            assert first not in ("=", "+", "-", "@", "＝") or cell == "-", cell
            assert "\r" not in cell
            assert "\t" not in cell


@pytest.mark.parametrize(
    "text", ["x;=1+1", 'x; "=1+1"', "x;\u200b@SUM(1)", ";=1+1", "+3;=1+1", "+3; b", "=1;=2;-3+1", "y, z; +1 b"]
)
def test_a_formula_behind_a_semicolon_is_text_where_that_ends_a_cell(text, tmp_path):
    written_tables.write(tmp_path / "t.csv", [["ann", written_tables.cell(text), "3"]])
    for separator in ",;":
        (row,) = csv.reader((tmp_path / "t.csv").open(encoding="utf-8"), delimiter=separator)
        first = ["".join(filter(str.isprintable, cell)).lstrip(' "')[:1] for cell in row]
        assert not {*first} & {"=", "+", "-", "@"}, row


@pytest.mark.parametrize("said", ["sent by mail", "good; -1 for style", "well; =) done", "see; @ada"])
def test_no_apostrophe_is_put_into_the_middle_of_what_a_person_reads(said, tmp_path):
    remark = f"9 points by hand. {said}"
    mailed = Grade("jon", "03_gates", BROKEN, said, of=10, remarks=[remark], together=9.0, adjusted=9.0)
    written = tables(book([mailed, graded("ann", "wcccc", remarks=[said])]), tmp_path)
    assert not [cell for rows in written.values() for row in rows for cell in row if "'" in cell]
    (comment,) = [row[-1] for row in written["moodle/03_gates.csv"] if row[0] == "jon"]
    assert comment == re.sub(r"; (?=[-=@])", ", ", f"{remark}, +9 by hand: 9 points count")


@pytest.mark.parametrize("text", [*FORMULAS, "x; 1+1", "=1; 2", "O'Brien", "'quoted'", "-1.5", "a; '=b"])
def test_what_was_made_safe_is_read_back_as_it_was(text, tmp_path):
    written_tables.write(tmp_path / "t.csv", [["who"], [written_tables.cell(text)]])
    _, (row,) = written_tables.read(tmp_path / "t.csv", ["who"])
    assert row["who"] == " ".join(text.split())


@pytest.mark.parametrize("text", ["-1.5", "+3", "-0", "1e3"])
def test_a_number_stays_a_number(text):
    assert written_tables.cell(text) == text


def test_tables_of_an_exercise_that_is_no_longer_there_go(four, tmp_path):
    exports.write(book(four), tmp_path)
    exports.write(book([g for g in four if g.exercise == "03_gates"]), tmp_path)
    assert [path.name for path in (tmp_path / "moodle").iterdir()] == ["03_gates.csv"]


def test_two_students_of_one_name_on_a_canvas_roster_stay_two(tmp_path):
    (tmp_path / "r.csv").write_text(
        "Student,ID,SIS Login ID,Section\n    Points Possible,,,\n"
        '"Li, Bo",77,bl1,A\n"Li, Bo",78,bl2,A\n"Li, Di",79,d,A\n'
    )
    people = roster.read(tmp_path / "r.csv", SHORT)
    assert list(people.people) == ["Li, Bo (77)", "Li, Bo (78)", "Li, Di"]
    assert people.resolve("libo_78_9_gates.ipynb", ["libo", "78"]) == "Li, Bo (78)"
    assert people.resolve("Li, Bo", []) is None


STEERING = "\x1b]0;breach\x07\x1b[2Jann\x9b31m\u202ebob"


def test_no_table_and_no_page_holds_what_steers_a_terminal_and_the_name_can_still_be_told(tmp_path):
    told = graded(STEERING, "wcccc", remarks=[STEERING])
    other = Grade(f"{STEERING} 2", "03_gates", BROKEN, STEERING, of=10)
    shown = book([told, other], {STEERING: STEERING})
    rows = tables(shown, tmp_path)
    feedback.write(shown, tmp_path / "feedback")
    report.write(shown, tmp_path)
    written = [path.read_text(encoding="utf-8") for path in tmp_path.rglob("*") if path.suffix in (".csv", ".html")]
    assert len(written) > 5
    for text in written:
        assert not [
            c for c in text if not c.isprintable() and unicodedata.category(c) in ("Cc", "Cf") and c not in "\r\n\t"
        ]
    assert rows["grades.csv"][1][0] == r"\x1b]0;breach\x07\x1b[2Jann\x9b31m\u202ebob"


@pytest.mark.parametrize("student", [STEERING, "ann;=b", "=b"])
def test_points_by_hand_reach_who_is_called_as_the_table_writes_it(student, tmp_path):
    folder, out = (
        lay_out(tmp_path / "class", {f"{student}/03_gates.ipynb": handed.notebook("x = 1")}),
        tmp_path / "out",
    )
    decided = [
        roster.ByHand(written_tables.plain(written_tables.cell(student)), "03_gates", "sigmoid", 1.0, "well tried")
    ]
    more = {"jobs": 1, "say": str, "unsafe": UNSAFE}
    run.grade(folder, out, display=assemble.Display(by_hand=decided), **more)
    (row,) = csv.DictReader((out / "grades.csv").open(encoding="utf-8"))
    assert (row["student"], row["points"]) == (written_tables.cell(student), "1")
