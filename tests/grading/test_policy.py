"""What lateness costs."""

import os
import time

import pytest

from lstm_helpers.grading.gradebook import assemble, lateness, policy, roster, tables
from lstm_helpers.grading.gradebook.book import Person
from lstm_helpers.grading.gradebook.store import Store
from lstm_helpers.grading.submissions import reading
from tests.grading.handed import SHEETS, lay_out, notebook

DEADLINE = 1790899140.0  # 2026-10-01T23:59 in UTC
TEXT = "deadline=2026-10-01T23:59Z, grace=15m, per_day=10%, max=50%"
HOUR, DAY = 3600, 86400


@pytest.mark.parametrize(
    ("late", "kept"),
    [(-DAY, 1), (0, 1), (900, 1), (901, 0.9), (DAY, 0.9), (DAY + 1, 0.8), (4 * DAY + 1, 0.5), (99 * DAY, 0.5)],
)
def test_each_day_that_has_begun_costs_and_the_grace_does_not(late, kept):
    rule = policy.read(TEXT, SHEETS).of("03_gates")
    assert rule.keeps(rule.late_by(DEADLINE + late)) == pytest.approx(kept)


@pytest.fixture
def berlin(monkeypatch):
    """A computer in Berlin, where the clock goes back on 2026-10-25 at 3:00 and forward on 2026-03-29 at 2:00."""
    monkeypatch.setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("deadline", "submitted", "said"),
    [
        ("2026-10-24T23:59", "2026-10-25T23:58", "23 hours 59 minutes late {}: 1 day begun: 10% of"),
        ("2026-10-24T23:59", "2026-10-25T23:59", "1 day late {}: 1 day begun: 10% of"),
        ("2026-10-24T23:59", "2026-10-26T00:00", "1 day 1 minute late {}: 2 days begun, 10% each: 20% of"),
        ("2026-10-24T23:59", "2026-10-30T23:59", "6 days late {}: 6 days begun, 10% each, at most 50%: 50% of"),
        ("2026-10-24T21:59Z", "2026-10-25T22:58Z", "23 hours 59 minutes late {}: 1 day begun: 10% of"),
        ("2026-03-28T23:59", "2026-03-29T23:59", "23 hours late {}: 1 day begun: 10% of"),
        ("2026-03-28T23:59", "2026-03-30T00:30", "23 hours 31 minutes late {}: 1 day begun: 10% of"),
        ("2026-03-28T23:59", "2026-03-30T01:00", "1 day 1 minute late {}: 2 days begun, 10% each: 20% of"),
    ],
)
def test_a_day_late_over_a_change_of_the_clock_costs_one_day_and_the_words_say_so(berlin, deadline, submitted, said):
    rule = policy.read(f"deadline={deadline}, per_day=10%, max=50%", SHEETS).of("03_gates")
    late = rule.late_by(tables.moment(submitted))
    assert lateness.remark(rule, late, lateness.ROSTER).startswith(said.format("by the roster's time"))
    assert rule.keeps(late) == pytest.approx(1 - float(said.rpartition(": ")[2].split("%")[0]) / 100)


@pytest.mark.parametrize(
    ("submitted", "late"),
    [("2026-10-25T01:29+02:00", 0), ("2026-10-25T02:29+01:00", 0), ("2026-10-25T02:31+01:00", 9060)],
)
def test_the_grace_is_as_long_by_the_clock_in_the_night_of_the_change(berlin, submitted, late):
    rule = policy.read("deadline=2026-10-25T00:00, grace=150m, per_day=10%", SHEETS).of("03_gates")
    assert rule.late_by(tables.moment(submitted)) == late


@pytest.mark.parametrize(("written", "late"), [(-9.2e18, 0), (9.2e18, 9.2e18)])
def test_a_file_may_carry_a_time_that_is_in_no_calendar(written, late):
    assert policy.read(TEXT, SHEETS).of("03_gates").late_by(written) == pytest.approx(late)


def test_a_day_ends_at_midnight_and_nothing_is_taken_off_without_a_rate():
    rule = policy.read("deadline=2026-10-01", SHEETS).of("03_gates")
    assert rule.deadline == tables.moment("2026-10-01T23:59:59")
    assert rule.keeps(DAY * 30) == 1


def test_a_file_gives_each_exercise_its_own_deadline(tmp_path):
    path = tmp_path / "late.toml"
    path.write_text(
        'deadline = 2026-10-01T23:59:00Z\ngrace = "2h"\nper_day = "25%"\n'
        '[04_cell_state]\ndeadline = "2026-10-08T23:59Z"\nmax = "50%"\n'
    )
    read = policy.read(str(path), SHEETS)
    assert read.of("03_gates") == policy.Rule(DEADLINE, 2 * HOUR, 0.25, 1.0)
    assert read.of("04_cell_state") == policy.Rule(DEADLINE + 7 * DAY, 2 * HOUR, 0.25, 0.5)
    assert policy.Policy.of_data(read.as_data()) == read
    path.write_text("[03_gates]\ndeadline = 2026-10-01\n")
    assert policy.read(str(path), SHEETS).of("04_cell_state") is None


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("deadline=soon", "deadline is 'soon', expected a time such as 2026-10-01T23:59"),
        ("deadline=soon T", "deadline is 'soon T', expected a time such as 2026-10-01T23:59"),
        (
            "deadline=0001-01-01",
            "--late 'deadline=0001-01-01': deadline is '0001-01-01', expected a time such as 2026-10",
        ),
        ("deadline=0001-01-01T00:00", "deadline is '0001-01-01T00:00', expected a time such as 2026-10-01T23:59"),
        ("grace=15m", "there is no deadline; expected for example 'deadline=2026-"),
        ("deadline=2026-10-01, grace=15", "grace is '15', expected minutes, hours or days such as 15m"),
        ("deadline=2026-10-01, per_day=10", "per_day is '10', expected a percentage such as 10%"),
        ("deadline=2026-10-01, max=150%", "max is '150%', expected a percentage"),
        ("deadline=2026-10-01, perday=10%", "'perday' is not known; known are deadline, grace, per_day, max"),
        ("nowhere.toml", "nowhere.toml: No such file or directory. Expected a TOML file, or a text such as"),
    ],
)
def test_an_error_says_what_was_given_and_what_was_expected(given, said):
    with pytest.raises(tables.TableError) as error:
        policy.read(given, SHEETS)
    assert said in str(error.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[99]\ndeadline = 1", "there is no exercise '99'; there are: 01_sequences"),
        ("deadline = ", "Invalid value"),
        ("deadline = 0001-01-01", "deadline is 0001-01-01, expected a time such as 2026-10-01T23:59"),
        ("deadline = 0001-01-01T00:00:00", "deadline is 0001-01-01 00:00:00, expected a time such as 2026-10-01T23:59"),
    ],
)
def test_an_error_in_a_file_names_the_file(tmp_path, text, said):
    (tmp_path / "late.toml").write_text(text)
    with pytest.raises(tables.TableError) as error:
        policy.read(str(tmp_path / "late.toml"), SHEETS)
    assert said in str(error.value)
    assert "late.toml" in str(error.value)


def check(folder, times, people=()):
    """Look at a class whose files have these times, in seconds after the deadline."""
    files = {f"{student}/03_gates.ipynb": notebook("x = 1") for student in times}
    lay_out(folder / "class", files)
    for path, late in zip(files, times.values(), strict=True):
        os.utime(folder / "class" / path, (DEADLINE + late, DEADLINE + late))
    known = roster.Roster({s: Person(s) for s in times}, {s: {"": DEADLINE} for s in people}) if people else None
    display = assemble.Display(known, policy.read(TEXT, SHEETS))
    with Store(folder / "out") as store:
        display.check(reading.find(folder / "class", SHEETS), store)


def test_times_of_one_download_make_nobody_late(tmp_path):
    with pytest.raises(ValueError, match="when they were downloaded or copied, not when they were handed in"):
        check(tmp_path, {"ann": DAY, "bo": DAY + 5, "cy": DAY + HOUR / 2})


@pytest.mark.parametrize(
    ("times", "people"),
    [
        ({"ann": DAY, "bo": DAY, "cy": -HOUR}, ()),
        ({"ann": DAY, "bo": DAY, "cy": 3 * DAY}, ()),
        ({"ann": DAY, "bo": DAY}, ()),
        ({"ann": -DAY, "bo": -DAY, "cy": -DAY}, ()),
        ({"ann": DAY, "bo": DAY, "cy": DAY}, ("ann", "bo", "cy")),
    ],
    ids=["one in time", "on different days", "two", "all in time", "the roster knows"],
)
def test_times_that_can_be_those_of_students_are_taken(tmp_path, times, people):
    check(tmp_path, times, people)
