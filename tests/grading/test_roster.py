"""The roster of a class, and points and comments by hand."""

import pytest

from lstm_helpers.grading import roster, tables
from tests.grading.handed import SHEETS


def read(tmp_path, text, encoding="utf-8"):
    (tmp_path / "r.csv").write_bytes(text.encode(encoding))
    return roster.read(tmp_path / "r.csv", SHEETS)


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("student,name,SID\nann,Ann Ünal,1\nbob,Bob,2\n", "utf-8"),
        ("student;name;SID\r\nann;Ann Ünal;1\r\n\r\nbob;Bob;2\r\n", "utf-8-sig"),
        ("student\tname\tSID\nann\tAnn Ünal\t1\nbob\tBob\t2\n", "utf-16"),
        ("student,name,SID\nann,Ann Ünal,1\nbob,Bob,2\n", "latin-1"),
    ],
)
def test_a_roster_of_any_spreadsheet_is_read(tmp_path, text, encoding):
    people = read(tmp_path, text, encoding).people
    assert [(p.student, p.name, p.lms) for p in people.values()] == [
        ("ann", "Ann Ünal", {"SID": "1"}),
        ("bob", "Bob", {"SID": "2"}),
    ]


def test_the_exports_of_the_platforms_are_rosters_as_they_are(tmp_path):
    canvas = read(
        tmp_path,
        'Student,ID,SIS Login ID,Section\n    Points Possible,,,\n"Lovelace, Ada",123,al1,A\n"Li, Bo",77,bl,A\n',
    )
    assert list(canvas.people) == ["Lovelace, Ada", "Li, Bo"]
    assert canvas.resolve("lovelaceada_123", ["lovelaceada", "123"]) == "Lovelace, Ada"
    assert canvas.people["Li, Bo"].lms == {"Student": "Li, Bo", "ID": "77", "SIS Login ID": "bl", "Section": "A"}
    moodle = read(tmp_path, "Identifier,Full name,Email address\nParticipant 9,Ada Lovelace,a@x.org\n")
    assert moodle.resolve("Ada Lovelace_9", ["Ada Lovelace", "9", "Participant 9"]) == "Participant 9"
    assert moodle.people["Participant 9"].name == "Ada Lovelace"
    scope = read(tmp_path, "First Name,Last Name,SID,Email\nAda,Lovelace,55,a@x.org\n")
    assert scope.resolve("submission_9", ["9", "Ada", "55", "a@x.org"]) == "55"
    assert scope.people["55"].name == "Ada Lovelace"


def test_a_folder_is_its_students_however_it_is_written(tmp_path):
    known = read(tmp_path, "student,name,Section\nÅsa,Åsa B,1\nbob,Same Name,1\ncat,Same Name,2\n")
    assert known.resolve("a\u030asa", []) == "Åsa"
    assert known.resolve("x", ["SAME NAME"]) is None
    assert known.resolve("y", ["1"]) is None
    assert known.resolve("cat", ["Same Name"]) == "cat"


def test_times_of_submission_for_all_exercises_and_for_one(tmp_path):
    told = read(tmp_path, "student,submitted,submitted 03_gates\nann,2026-10-01T00:00+00:00,2026-10-02T00:00Z\nbob,,\n")
    assert told.submitted == {"ann": {"": 1790812800.0, "03_gates": 1790899200.0}}
    assert told.people["ann"].lms == {}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("pupil,name\nann,Ann\n", "line 1: there is no column 'student'; there are: pupil, name"),
        ("", "line 1: there is no column 'student'; there are: none"),
        ("student\n", "there is no student below the first line"),
        ("student,name\nann,Ann\n\nANN ,Ann\n", "line 4: 'ANN' is there twice"),
        ("student,name\nann,Ann\n,Bob\n", "line 3: the column 'student' is empty"),
        ("student,name\nann,Lovelace, Ann\n", "line 2: 3 cells, expected 2: put text with a comma"),
        ("student,submitted\nann,yesterday\n", "line 2: submitted is 'yesterday', expected a time such as 2026-"),
        ("student,submitted 99\nann,2026-10-01\n", "line 2: the column 'submitted 99' names no exercise"),
    ],
)
def test_an_error_of_the_roster_says_where_and_what_to_do(tmp_path, text, said):
    with pytest.raises(tables.TableError) as error:
        read(tmp_path, text)
    assert said in str(error.value)


def test_a_roster_that_is_not_there(tmp_path):
    with pytest.raises(tables.TableError, match=r"no\.csv cannot be read: No such file"):
        roster.read(tmp_path / "no.csv", SHEETS)


def test_a_roster_comes_back_from_plain_data(tmp_path):
    known = read(tmp_path, "student,name,ID,submitted\nann,Ann,3,2026-10-01\n")
    again = roster.Roster.of_data(known.as_data())
    assert (again.people, again.submitted) == (known.people, known.submitted)


HEAD = "student,exercise,check,points,comment\n"


def by_hand(tmp_path, lines):
    (tmp_path / "m.csv").write_text(HEAD + lines)
    return roster.read_by_hand(tmp_path / "m.csv", SHEETS)


def test_points_and_comments_by_hand(tmp_path):
    one, whole, said = by_hand(tmp_path, 'ann,03_gates,sigmoid,1.5,"so, so"\nbob,03_gates,,7,\nbob,03_gates,,,hello\n')
    assert (one.check, one.points, one.comment) == ("sigmoid", 1.5, "so, so")
    assert (whole.check, whole.points) == ("", 7.0)
    assert (said.points, said.comment) == (None, "hello")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("ann,03,sigmoid,1,", "line 2: there is no exercise '03'; there are: 01_sequences"),
        ("ann,03_gates,sigmo,1,", "line 2: 03_gates has no check 'sigmo'; it has: sigmoid"),
        ("ann,03_gates,sigmoid,one,", "points is 'one', expected a number such as 1.5"),
        ("ann,03_gates,sigmoid,20,", "points is 20, expected 0 to 2"),
        ("ann,03_gates,sigmoid,-1,", "points is -1, expected 0 to 2"),
        ("ann,03_gates,sigmoid,nan,", "points is nan, expected 0 to 2"),
        ("ann,03_gates,sigmoid,,", "neither points nor a comment"),
    ],
)
def test_an_error_of_the_points_by_hand_says_where_and_what_to_do(tmp_path, line, said):
    with pytest.raises(tables.TableError) as error:
        by_hand(tmp_path, line + "\n")
    assert said in str(error.value)


def test_pseudonyms_are_stable_distinct_and_tell_nothing():
    students = [f"student {k}" for k in range(500)]
    names = roster.pseudonyms(students, "secret")
    assert names == roster.pseudonyms(reversed(students), "secret")
    assert len(set(names.values())) == 500
    assert not set(names.values()) & set(roster.pseudonyms(students, "other").values())
