"""The concept inventory: its questions, what is handed out, how answers are read, and what a class is said to gain."""

import csv
import io
import random
import re
from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lstm_helpers import checks
from lstm_helpers.commands import bundle, cli
from lstm_helpers.exam import bank
from lstm_helpers.exam.asked import LETTERS
from lstm_helpers.grading.gradebook.book import Person
from lstm_helpers.grading.gradebook.roster import Roster
from lstm_helpers.grading.gradebook.tables import TableError
from lstm_helpers.grading.inventory import (
    PUBLIC,
    WHEN,
    answers,
    asked,
    gain,
    handed_out,
    key,
    misconception,
    questions,
    report,
)
from tests import ROOT

N = 20
WRONG = [option for question in questions() for option in question.options if not option.right]


# ---------------------------------------------------------------- the questions


def test_there_are_twenty_questions_of_four_options_each_on_an_idea_of_its_own():
    assert len(questions()) == N
    assert {len(question.options) for question in questions()} == {4}
    assert len({question.objective for question in questions()}) == N


def test_every_wrong_option_is_a_misconception_that_is_documented_and_stands_in_one_question_alone():
    slips = {
        f"{check.name}/{slip.name}"
        for sheet in checks.sheets().values()
        for check in sheet.checks.values()
        for slip in check.misconceptions
    }
    known = [misconception(option) for option in WRONG]
    assert [each.name for each in known if each.name not in (slips if each.kind == "slip" else PUBLIC)] == []
    assert {name for name, count in Counter(each.name for each in known).items() if count > 1} == set()
    assert {each.name for each in known if each.kind == "public"} == PUBLIC.keys()
    assert all(len(each.why) > 20 for each in known)


def test_an_option_without_a_source_is_told_what_it_lacks():
    with pytest.raises(bank.BankError, match=re.escape("'It drops.': expected its source, `(slip: check/name)`")):
        misconception(bank.Option("It drops.", False, "That is 0."))


def test_neither_length_nor_letter_tells_which_option_is_right():
    for pick in (max, min):
        taken = [pick(question.options, key=lambda option: len(option.text)).right for question in questions()]
        assert sum(taken) <= 0.35 * N
    for when in WHEN:
        for seed in range(5):
            assert Counter(key(when, seed)) == dict.fromkeys("ABCD", N // 4)
    keys = [key(when, seed) for when in WHEN for seed in range(5)]
    assert len({*keys}) == len(keys)
    assert all(2 <= sum(a == b for a, b in zip(key("before", s), key("after", s), strict=True)) <= 12 for s in range(5))


def test_before_and_after_ask_the_same_in_another_order():
    before, after = (asked(when, 0) for when in WHEN)
    for one, two in zip(before, after, strict=True):
        assert one.text == two.text
        assert {*one.parts} == {*two.parts} == {*one.question.options}
    assert sum(one.parts != two.parts for one, two in zip(before, after, strict=True)) >= 0.8 * N


def test_students_cannot_practise_it():
    home = ROOT / "lstm_helpers"
    students_files = [path.relative_to(home) for path in bundle._files(home, ROOT)]
    assert students_files
    assert [path for path in students_files if "inventory" in path.parts] == []
    practised = bank.load().questions
    assert not practised.keys() & {question.name for question in questions()}
    options = {option.text for question in practised.values() for option in question.options}
    assert not options & {option.text for question in questions() for option in question.options}


def test_the_students_edition_says_that_it_has_no_such_command():
    assert any("lstm_helpers.grading.inventory".startswith(f"{name}.") for name in cli.LEFT_OUT)


# ---------------------------------------------------------------- what is handed out


def test_what_is_handed_out_is_whole_and_the_same_for_the_same_seed(tmp_path, capsys):
    assert cli.main(["inventory", "--out", str(tmp_path / "a")]) == 0
    assert cli.main(["inventory", "--out", str(tmp_path / "b")]) == 0
    names = {f"{when}{end}" for when in WHEN for end in (".pdf", "_key.pdf", ".html", ".csv")}
    assert {path.name for path in (tmp_path / "a").iterdir()} == names
    for name in names:
        one, two = (re.sub(rb"/ID \[[^]]*\]", b"", (tmp_path / x / name).read_bytes()) for x in "ab")
        assert one == two, name
    assert (tmp_path / "a" / "before.csv").read_bytes().startswith(b"\xef\xbb\xbfstudent,paper,answers\r\n,before-0,")


def test_a_table_that_was_filled_in_is_left_as_it_is_and_a_roster_stands_in_new_ones(tmp_path, capsys):
    (tmp_path / "before.csv").write_text("mine")
    (tmp_path / "class.csv").write_text("student,name\nada,Ada Lovelace\n'=x,Eve\n")
    given = ["--out", str(tmp_path), "--seed", "3", "--roster", str(tmp_path / "class.csv")]
    assert cli.main(["inventory", *given]) == 0
    assert (tmp_path / "before.csv").read_text() == "mine"
    assert "before.csv was there already and is as it was" in capsys.readouterr().out
    rows = list(csv.reader(io.StringIO((tmp_path / "after.csv").read_text(encoding="utf-8-sig"))))
    assert rows == [["student", "paper", "answers"], ["ada", "after-3", ""], ["'=x", "after-3", ""]]


def drawn(monkeypatch, make):
    """What ``make`` prints onto paper: [(text, style)] in its order."""
    said = []
    monkeypatch.setattr(handed_out, "say", lambda pdf, text, style="", **_: said.append((text, style)))
    make("after", 4)
    return said


def test_paper_form_key_and_scoring_agree(monkeypatch, tmp_path):
    paper = [text for text, _ in drawn(monkeypatch, handed_out._paper)]
    form = handed_out.form("after", 4)
    solution = [text for text, style in drawn(monkeypatch, handed_out._key) if style == "B"]
    letters = re.findall(r"\d+ ([A-D])", solution[0])
    at, chosen = 0, []
    for k, (question, letter) in enumerate(zip(questions(), letters, strict=True)):
        at = paper.index(question.text, at)
        shown = paper[at + 1 : at + 5]
        right = shown[LETTERS.index(letter)]
        assert solution[k + 1] == f"{letter}: {right}"
        assert right == next(option.text for option in question.options if option.right)
        in_form = re.findall(rf'name="q{k + 1}" value="(\w)"><b>\w</b><span>(.*?)</span>', form)
        assert [value for value, _ in in_form] == list("ABCD")
        plain = [re.sub(r"&\w+;|\W", "", text) for _, text in in_form]
        assert plain == [re.sub(r"&\w+;|\W", "", handed_out.inline(text)) for text in shown]
        chosen.append(letter)
    table = tmp_path / "after.csv"
    table.write_text(f"student,paper,answers\nada,after-4,{''.join(chosen)}\n")
    (tmp_path / "before.csv").write_text(f"student,paper,answers\nada,before-9,{key('before', 9)}\n")
    assert [sat["ada"].score for sat in answers.read(tmp_path / "before.csv", table)] == [N, N]


def test_the_form_needs_no_network_and_holds_no_answer():
    form = handed_out.form("before", 0)
    assert "default-src 'none'" in form
    assert not re.search(r"(?:src|href|action)=|https?:|@import|url\(", form)
    for question in questions():
        for option in question.options:
            assert option.why not in form
    assert key("before", 0) not in form
    script = form[form.index("<script>") : form.index("</script>")]
    assert "right" not in script
    assert handed_out.script_hash(script.removeprefix("<script>")) in form


# ---------------------------------------------------------------- reading answers


def line(student, when="before", right=N, seed=0):
    """A line of a table whose first ``right`` answers are right."""
    letters = key(when, seed)
    wrong = "".join("B" if letter == "A" else "A" for letter in letters[right:])
    return [student, f"{when}-{seed}", letters[:right] + wrong]


def table(path, rows, between=",", encoding="utf-8", end="\r\n"):
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=between, lineterminator=end).writerows([answers.COLUMNS, *rows])
    path.write_bytes(text.getvalue().encode(encoding))
    return path


@pytest.fixture
def both(tmp_path):
    """A function: the two tables of these lines, read."""

    def read(before, after, roster=None, **how):
        paths = [table(tmp_path / f"{when}.csv", rows, **how) for when, rows in zip(WHEN, (before, after), strict=True)]
        return answers.read(*paths, roster)

    return read


@pytest.mark.parametrize(
    "how",
    [
        {"encoding": "utf-8-sig"},
        {"between": ";", "encoding": "utf-8-sig"},
        {"between": ";", "encoding": "cp1252"},
        {"between": "\t", "encoding": "utf-16"},
        {"end": "\n"},
    ],
    ids=str,
)
def test_tables_of_spreadsheets_are_read(both, how):
    before = [line("Émilie"), line("Lee, Ann", right=3), ["", "", ""], ["", "before-0", ""]]
    sat = both(before, [line("émilie", "after"), line("Ann Lee", "after", right=9)], **how)
    assert [{name: each.score for name, each in told.items()} for told in sat] == [
        {"Émilie": N, "Lee, Ann": 3},
        {"Émilie": N, "Lee, Ann": 9},
    ]


@pytest.mark.parametrize(
    "written",
    [
        lambda k: k.lower(),
        lambda k: " ".join(k),
        lambda k: "  ".join([k[:5], k[5:10], k[10:]]),
        lambda k: ", ".join(k),
        lambda k: "".join(chr(ord(x) + 0xFEE0) for x in k),
    ],
    ids=["small", "spaces", "blocks", "commas", "full width"],
)
def test_letters_count_however_they_are_typed(both, written):
    before, _ = both([["ada", " Before-0", written(key("before", 0))]], [line("ada", "after")])
    assert before["ada"].score == N


def test_no_answer_is_not_right_and_is_told_apart(both):
    _, after = both([line("ada")], [["ada", "after-0", "...-…-" + key("after", 0)[8:]]])
    assert after["ada"].score == N - 8
    assert after["ada"].picked[:8] == (None,) * 8


FAULTS = {
    "letters outside": (
        ["ada", "before-0", "E" + "A" * 18 + "7"],
        "'E' for question 1, '7' for question 20: expected A",
    ),
    "too few": (["ada", "before-0", "ABC"], "answers has 3 letters, expected 20: one for each question, '.' where"),
    "too many": (["ada", "before-0", "A" * 21], "answers has 21 letters, expected 20"),
    "none": (["ada", "before-0", ""], "answers has 0 letters, expected 20"),
    "a formula": (["ada", "before-0", "#NAME?"], "a spreadsheet took the answers for a formula (#NAME?)"),
    "no student": (["", "before-0", "A" * 20], "the column 'student' is empty: whose answers are these?"),
    "a rounded number": (
        ["1,23457E+11", "before-0", "A" * 20],
        "a spreadsheet has rounded the student's number to 1,2",
    ),
    "no paper": (
        ["ada", "", "A" * 20],
        "paper is '', expected what stands at the foot of each sheet, such as before-0",
    ),
    "another paper": (["ada", "after-0", "A" * 20], "paper is after-0, among the answers of before: were the files"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_line_that_cannot_be_used_is_named_and_nothing_is_taken(both, fault):
    row, said = FAULTS[fault]
    with pytest.raises(TableError, match=rf"before\.csv, line 3: .*{re.escape(said)}"):
        both([line("grace"), row], [line("grace", "after")])


def test_all_faults_of_both_tables_are_named_at_once(both):
    with pytest.raises(TableError, match="2 lines cannot be used") as raised:
        both([["ada", "before-0", "A"]], [["ada", "after-0", "B"]])
    assert "before.csv, line 2" in str(raised.value)
    assert "after.csv, line 2" in str(raised.value)


@pytest.mark.parametrize(("right", "said"), [(N, "the same"), (3, "other")])
def test_a_student_who_is_there_twice_is_named(both, right, said):
    with pytest.raises(TableError, match=rf"line 4: 'ADA' is there twice, first in line 2, with {said} answers"):
        both([line("ada"), line("grace"), line("ADA", right=right)], [line("ada", "after")])


def test_who_is_not_on_the_roster_is_named_and_any_of_their_names_will_do(both):
    roster = Roster({"al17": Person("al17", "Ada Lovelace", {"ID": "0042"}), "gh": Person("gh", "Grace Hopper")})
    before, after = both([line("42"), line("Hopper, Grace")], [line("Ada Lovelace", "after")], roster)
    assert (list(before), list(after)) == (["al17", "gh"], ["al17"])
    found = gain.measure(before, after, roster)
    assert ([s.name for s in found.students], found.only_before) == (["Ada Lovelace"], ["Grace Hopper"])
    with pytest.raises(
        TableError, match="'Eve' is not on the roster, which has al17, gh, ...: write the name or an id"
    ):
        both([line("Eve")], [line("al17", "after")], roster)


def test_tables_that_hold_nothing_are_missing_or_are_the_same_one_are_told_so(both, tmp_path, capsys):
    with pytest.raises(TableError, match=r"after\.csv: there are no answers below the first line"):
        both([line("ada")], [["", "after-0", ""]])
    one = str(table(tmp_path / "one.csv", [line("ada")]))
    assert cli.main(["inventory", "--report", one, one, "--out", str(tmp_path / "x")]) == 2
    assert "it is given twice: give the answers of before, then those of after" in capsys.readouterr().err
    assert cli.main(["inventory", "--report", one, str(tmp_path / "no.csv"), "--out", str(tmp_path / "x")]) == 2
    assert "no.csv cannot be read" in capsys.readouterr().err
    assert cli.main(["inventory", "--report", one, one, "--seed", "1", "--out", str(tmp_path / "x")]) == 2
    assert "--seed belongs to the papers" in capsys.readouterr().err
    assert not (tmp_path / "x").exists()


CELL = st.one_of(
    st.sampled_from(["ada", "before-0", "after-0", key("before", 0), "", "'", '"', "=1+1", "#NAME?", "1E+5", "\ufeff"]),
    st.text(max_size=12),
)
SHEET = st.builds(
    lambda head, rows, between, end: end.join(between.join(row) for row in [head, *rows]),
    st.sampled_from([["student", "paper", "answers"], ["answers", "student", "paper", ""], ["student"], []]),
    st.lists(st.lists(CELL, max_size=5), max_size=5),
    st.sampled_from(",;\t"),
    st.sampled_from(["\n", "\r\n", "\r"]),
)
DATA = st.one_of(
    st.binary(max_size=60),
    st.builds(
        lambda text, encoding: text.encode(encoding, "replace"),
        SHEET,
        st.sampled_from(["utf-8", "utf-8-sig", "cp1252", "utf-16"]),
    ),
)


@settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=DATA)
def test_any_file_is_read_whole_or_refused_in_words(tmp_path, data):
    (tmp_path / "before.csv").write_bytes(data)
    table(tmp_path / "after.csv", [line("ada", "after")])
    try:
        before, _ = answers.read(tmp_path / "before.csv", tmp_path / "after.csv")
    except TableError as refused:
        said = str(refused)
    else:
        said = ""
        assert before
        assert all(len(sat.picked) == N for sat in before.values())
    assert not said or re.match(r".*before\.csv|\d+ lines cannot be used", said)


# ---------------------------------------------------------------- the gain

SCORES = st.lists(st.tuples(st.integers(0, N), st.integers(0, N)), min_size=1, max_size=30)


def measured(scores, order=None):
    """The Gain of a class with these (before, after) scores, its lines in this order."""
    told = []
    for w, when in enumerate(WHEN):
        rows = {f"s{k}": (line("", when, both[w])[2]) for k, both in enumerate(scores)}
        parts = answers._parts(when, 0)
        sat = {
            name: answers.Sat(name, tuple(part[LETTERS.index(x)] for part, x in zip(parts, letters, strict=True)))
            for name, letters in rows.items()
        }
        told.append({name: sat[name] for name in (order or sat)})
    return gain.measure(*told)


@given(scores=st.lists(st.integers(0, N - 1), min_size=1, max_size=30))
@settings(deadline=None, max_examples=15)
def test_a_class_that_does_not_change_gains_0_and_one_that_gets_everything_gains_1(scores):
    same, all_right = (measured([(s, after(s)) for s in scores]) for after in (lambda s: s, lambda s: N))
    assert same.gain == 0
    assert {student.gain for student in same.students} == {0}
    assert all_right.gain == 1
    assert {student.gain for student in all_right.students} == {1}
    if len(scores) >= gain.FEWEST:
        assert (same.low, same.high, all_right.low, all_right.high) == (0, 0, 1, 1)


@given(scores=SCORES, seed=st.integers(0, 99))
@settings(deadline=None, max_examples=15)
def test_the_order_of_the_lines_changes_nothing(scores, seed):
    names = [f"s{k}" for k in range(len(scores))]
    random.Random(seed).shuffle(names)
    assert measured(scores) == measured(scores, names)


@given(scores=SCORES)
@settings(deadline=None, max_examples=15)
def test_the_gain_is_that_of_the_means_and_every_answer_is_counted(scores):
    found = measured(scores)
    before, after = (100 * sum(both[w] for both in scores) / N / len(scores) for w in (0, 1))
    assert (found.before, found.after) == pytest.approx((before, after))
    assert (found.gain is None) == (before == 100)
    if found.gain is not None:
        assert found.gain == pytest.approx((after - before) / (100 - before))
    if found.low is not None:
        assert found.low <= found.gain + 1e-9
        assert found.gain - 1e-9 <= found.high
    for item in found.items:
        for w, when in enumerate(WHEN):
            assert sum(getattr(choice, when) for choice in item.choices) + item.empty[w] == len(scores)
            right = next(choice for choice in item.choices if not choice.known)
            assert getattr(right, when) == getattr(item, when)
    assert sum(item.after for item in found.items) == sum(after for _, after in scores)


def test_an_interval_is_told_of_five_and_no_fewer_and_the_band_is_that_of_hake():
    few, enough = (measured([(5, 9), (7, 8), (2, 11), (9, 9), (4, 6)][:n]) for n in (4, 5))
    assert (few.low, few.high) == (None, None)
    assert enough.low < enough.gain < enough.high
    for after, band in ((19, "high"), (17, "high"), (16, "medium"), (13, "medium"), (12, "low"), (9, "low")):
        assert measured([(10, after)]).band == band


def test_the_commonest_misconception_and_the_largest_fall_come_first():
    one, two, all_right = 19, 18, 20  # wrong: the last question, the last two
    stayed = measured([(all_right, one), (all_right, two), (all_right, two)])
    went = measured([(one, all_right), (two, all_right), (two, all_right)])
    for listed, size in ((stayed.stayed, lambda c: -c.after), (went.went, lambda c: c.after - c.before)):
        assert len(listed) > 1
        assert [size(c) for _, c in listed] == sorted(size(c) for _, c in listed)


def test_the_ceiling_and_losses_of_single_students_are_told_as_what_they_are():
    found = measured([(20, 20), (20, 15), (19, 10), (0, 0), (10, 15)])
    assert [s.gain for s in found.students] == [None, -0.25, pytest.approx(-9 / 19), 0, 0.5]


def test_where_everything_was_right_before_there_is_no_gain_and_the_page_says_so(tmp_path):
    found = measured([(20, 20), (20, 18)])
    assert (found.gain, found.low, found.high) == (None, None, None)
    assert "there was nothing to gain" in report.write(found, tmp_path).read_text(encoding="utf-8")


def test_misconceptions_are_sorted_into_those_that_went_and_those_that_stayed_or_grew(both):
    wrong = {when: next(k for k, part in enumerate(asked(when, 0)[0].parts) if part == WRONG[0]) for when in WHEN}

    def chose(student, when, misled):
        name, paper, letters = line(student, when)
        return [name, paper, LETTERS[wrong[when]] + letters[1:] if misled else letters]

    for before, after, listed in ((2, 1, "went"), (1, 1, "stayed"), (1, 2, "stayed"), (0, 1, "stayed"), (1, 0, "went")):
        told = [[chose(f"s{k}", when, k < n) for k in range(3)] for when, n in zip(WHEN, (before, after), strict=True)]
        found = gain.measure(*both(*told))
        other = {"went": "stayed", "stayed": "went"}[listed]
        (item, choice), *rest = getattr(found, listed)
        assert (item.number, choice.text, choice.before, choice.after) == (1, WRONG[0].text, before, after)
        assert not rest
        assert not getattr(found, other)


def test_nobody_in_both_tables_is_told_with_a_name_of_each(both):
    with pytest.raises(TableError, match="nobody is in both tables: before there is 'ada', after 'al17'"):
        gain.measure(*both([line("ada")], [line("al17", "after")]))


def test_the_report_holds_the_class_the_students_and_who_is_missing(tmp_path, capsys):
    evil = "<script>alert(1)</script>"
    before = [line(f"s{k}", right=k) for k in range(6)] + [line("left", right=9), line(evil, right=2)]
    after = [line(f"s{k}", "after", right=k + 9) for k in range(6)] + [line("came", "after"), line(evil, "after")]
    paths = [str(table(tmp_path / f"{w}.csv", rows)) for w, rows in zip(WHEN, (before, after), strict=True)]
    roster = tmp_path / "class.csv"
    names = [row[0] for row in before] + ["came", "=absent"]
    roster.write_text("student\n" + "\n".join(f'"{name}"' for name in names))
    out = tmp_path / "gain"
    assert cli.main(["inventory", "--report", *paths, "--out", str(out), "--roster", str(roster)]) == 0
    page = (out / "gain.html").read_text(encoding="utf-8")
    assert evil not in page
    assert "7 students" in page
    for said in ("Not there after: left", "Not there before: came", "In neither, but on the roster: =absent"):
        assert said in page
    assert not re.search(r"(?:src|action)=|https?:|None", page.replace("<p>None.</p>", ""))
    numbers = dict(zip(*csv.reader((out / "class.csv").open(newline="", encoding="utf-8")), strict=True))
    assert (numbers["sat_both"], numbers["sat_before"], numbers["sat_after"]) == ("7", "8", "8")
    assert float(numbers["gain"]) == pytest.approx((89 - 17) / (140 - 17), abs=1e-4)
    students = list(csv.reader((out / "students.csv").open(newline="", encoding="utf-8")))
    assert {row[0]: row[4] for row in students if row[4]} == {
        "left": "not there after",
        "came": "not there before",
        "'=absent": "in neither",
        "student": "missing",
    }
    rows = list(csv.DictReader((out / "questions.csv").open(newline="", encoding="utf-8")))
    assert len(rows) == 5 * N
    assert {sum(int(r["before"]) for r in rows if r["question"] == str(k)) for k in range(1, N + 1)} == {7}
