"""The roster of a class, and points and comments by hand."""

import pytest

from lstm_helpers.grading.gradebook import assemble, identities, roster, tables
from lstm_helpers.grading.gradebook.store import Store
from lstm_helpers.grading.submissions import reading
from tests.grading.handed import SHEETS, lay_out, notebook


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


def test_lines_of_canvas_that_are_no_students_are_left_out(tmp_path):
    head = "Student,ID,SIS User ID,SIS Login ID,Section,03_gates (4711)\n"
    lines = ',,,,,Manual Posting\n    Points Possible,,,,,10\n"Lee, Ann",12,0042,alee,A,\n"Student, Test",99,,ab12,A,\n'
    assert list(read(tmp_path, head + lines).people) == ["Lee, Ann"]
    apart = lines.replace('"Lee, Ann"', "Lee,Ann").replace('"Student, Test"', "Student,Test")
    apart = apart.replace(",,,,,Man", ",,,,,,Man").replace("Possible", "Possible,")
    known = read(tmp_path, head.replace("Student", "LastName,FirstName") + apart)
    assert [(p.student, p.name) for p in known.people.values()] == [("12", "Ann Lee")]


def test_gradescopes_staff_is_not_in_the_class_and_who_has_no_number_is_their_address(tmp_path):
    known = read(
        tmp_path,
        "First Name,Last Name,SID,Email,Role\nAnn,Lee,0042,ann@x.org,Student\nBo,Li,,bo@x.org,Student\n"
        "A,Prof,,p@x.org,Instructor\n",
    )
    assert list(known.people) == ["ann@x.org", "bo@x.org"]
    assert known.resolve("submission_8", ["8", "Ann L", "42", "ANN@x.org"]) == "ann@x.org"


def test_a_clone_is_the_student_whose_username_ends_its_name(tmp_path):
    known = read(
        tmp_path,
        '"identifier","github_username","github_id","name"\n"ann@x.org","lee","1",""\n"bo@x.org","bo-lee","2",""\n',
    )
    assert known.resolve("lstm-lee", []) == "ann@x.org"
    assert known.resolve("lstm-gates-bo-lee", []) == "bo@x.org"
    assert known.resolve("lstm-elsie", []) is None


def test_a_clone_of_somebody_whose_username_ends_like_a_students_is_a_strangers(tmp_path):
    known = read(tmp_path, "identifier,github_username\nann,ada\nbo,bob\ncy,evil-cy\n")
    clones = ["gates-ada", "gates-bob", "gates-evil-cy", "gates-evil-ada", "gates-two-ada", "state-ada", "state-bob"]
    belongs = identities.owners(known, dict.fromkeys(clones, ()))
    assert [belongs[clone] for clone in clones[:3]] == ["ann", "bo", "cy"]
    assert [belongs[clone] for clone in clones[3:5]] == clones[3:5]
    assert [belongs[clone] for clone in clones[5:]] == ["ann", "bo"]


@pytest.mark.parametrize("written", ["Wednesday, 10 June 2026, 2:14 PM", "Wednesday, June 10, 2026, 2:14 PM"])
def test_moodles_worksheet_and_gradescopes_table_hold_the_times(tmp_path, written):
    moodle = read(
        tmp_path,
        "Identifier,Full name,Last modified (submission)\n"
        f'Participant 9,Ann Lee,"{written}"\nParticipant 10,Bo,-\nParticipant 11,Cy,"Mittwoch, 10. Juni 2026"\n',
    )
    assert moodle.submitted == {"Participant 9": {"": tables.moment("2026-06-10T14:14")}}
    scope = read(tmp_path, "Name,SID,Submission ID,Submission Time\nAnn,42,8,2026-06-10 14:14:00 -0700\n")
    assert scope.submitted == {"42": {"": 1781126040.0}}
    assert scope.resolve("submission_8", ["8"]) == "42"


def test_what_excel_does_to_a_roster_does_no_harm(tmp_path):
    text = 'sep=;\r\nstudent;name;;\r\n42;"Lee, Ann";;\r\n;;;\r\n43;"O’Brien ""Bo""";;;\r\n'
    known = read(tmp_path, text, "cp1252")
    assert known.resolve("0042", []) == "42"
    assert known.resolve("x", ["Ann Lee"]) == "42"
    assert known.people["43"].name == 'O’Brien "Bo"'


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
        ("student,submitted\nann,0001-01-01\n", "line 2: submitted is '0001-01-01', expected a time such as 2026-"),
        ("student,submitted 99\nann,2026-10-01\n", "line 1: the column 'submitted 99': there is no exercise '99'"),
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


def test_points_may_have_a_decimal_comma(tmp_path):
    assert by_hand(tmp_path, 'ann,03_gates,sigmoid,"1,5",\n')[0].points == 1.5


def test_points_and_comments_by_hand(tmp_path):
    one, whole, said = by_hand(tmp_path, 'ann,03_gates,sigmoid,1.5,"so, so"\nbob,03_gates,,7,\nbob,03_gates,,,hello\n')
    assert (one.check, one.points, one.comment) == ("sigmoid", 1.5, "so, so")
    assert (whole.check, whole.points) == ("", 7.0)
    assert (said.points, said.comment) == (None, "hello")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("ann,99,sigmoid,1,", "line 2: there is no exercise '99'; there are: 01_sequences"),
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


def test_points_for_a_name_that_is_spelt_wrongly_say_who_may_be_meant(tmp_path):
    found = reading.find(lay_out(tmp_path / "class", {"Ann Lee/03_gates.ipynb": notebook("x = 1")}), SHEETS)
    display = assemble.Display(by_hand=by_hand(tmp_path, "An Lee,03_gates,,1,\n"))
    with Store(tmp_path / "out") as store, pytest.raises(ValueError, match="but somebody is called 'Ann Lee'"):
        display.check(found, store)


def test_a_roster_of_another_class_is_refused_before_anything_is_graded(tmp_path):
    found = reading.find(lay_out(tmp_path / "class", {"ann/03_gates.ipynb": notebook("x = 1")}), SHEETS)
    with Store(tmp_path / "out") as store:
        assemble.Display(read(tmp_path, "student\nann\nbo\n")).check(found, store)
        with pytest.raises(ValueError, match=r"has none of those who handed in \('ann'\); it has 'bo', 'cy'"):
            assemble.Display(read(tmp_path, "student\nbo\ncy\n")).check(found, store)
