"""What comes next: what was wrong sooner than what was right, and first what the exercises showed."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lstm_helpers.exam import bank as pages
from lstm_helpers.exam import schedule
from lstm_helpers.exam.table import Standing

BANK = pages.load()
NOW = datetime(2026, 11, 1, 9, tzinfo=UTC)


def draw(entries=(), slips=(), count=10, seed=0, now=NOW):
    return schedule.draw(BANK, dict(entries), dict(slips), count, np.random.default_rng(seed), now)


def test_what_was_not_right_comes_back_the_next_day_and_what_was_right_later():
    wrong, half, right = (schedule.due(schedule.review({}, share, NOW)) for share in (0, 0.5, 1))
    assert wrong - NOW == half - NOW == timedelta(days=1)
    assert right - NOW >= timedelta(days=2)


def test_right_answers_in_a_row_come_back_ever_later():
    entry, now, gaps = {}, NOW, []
    for _ in range(5):
        entry = schedule.review(entry, 1.0, now)
        gaps.append(schedule.due(entry) - now)
        now = schedule.due(entry)
    assert gaps == sorted(gaps)
    assert gaps[-1] > 10 * gaps[0]
    assert entry["asked"] == entry["right"] == 5


def test_the_same_answers_give_the_same_dates():
    assert schedule.review({}, 0.0, NOW) == schedule.review({}, 0.0, NOW)


def test_a_new_student_gets_questions_of_every_topic():
    names = draw(count=len(BANK.topics))
    assert {topic for topic, held in BANK.topics.items() for name in names if name in held} == set(BANK.topics)


def test_a_slip_in_an_exercise_brings_its_objective_first():
    for objective in BANK.objectives.values():
        for check in objective.checks:
            first = draw(slips={check: "f and i are swapped"}, count=1)[0]
            meant = {o.name for o in BANK.objectives.values() if check in o.checks}
            assert BANK.questions[first].objective in meant
    assert draw(slips={"lstm_step": ""}) == draw(), "a right answer names no slip"


def test_what_was_wrong_here_brings_more_of_its_objective():
    entries = {"greff": schedule.review({}, 0.0, NOW)}
    assert BANK.questions[draw(entries, count=1)[0]].objective == "family"


def test_what_is_due_comes_first_and_the_longest_due_before_all():
    early, late = schedule.review({}, 0.0, NOW - timedelta(days=9)), schedule.review({}, 0.0, NOW - timedelta(days=3))
    assert draw({"greff": late, "chrono": early}, {"lstm_step": "a slip"})[:2] == ["chrono", "greff"]


@given(
    shares=st.dictionaries(st.sampled_from(list(BANK.questions)), st.floats(0, 1), max_size=40),
    count=st.integers(0, 200),
    seed=st.integers(0, 99),
)
def test_no_question_is_drawn_twice_and_none_is_made_up(shares, count, seed):
    entries = {name: schedule.review({}, share, NOW - timedelta(days=2)) for name, share in shares.items()}
    names = draw(entries, count=count, seed=seed)
    assert len(names) == len(set(names)) == min(count, len(BANK.questions))
    assert set(names) <= set(BANK.questions)


def test_a_damaged_card_is_as_good_as_none():
    for card in ({}, {"due": "soon"}, None, 7):
        assert schedule.review({"asked": 3, "right": 1, "card": card}, 1.0, NOW)["asked"] == 4
        assert draw({"greff": {"asked": 3, "right": 1, "card": card}}, count=5)


ODD_CARDS = [
    {"due": "2026-01-01T00:00:00"},
    {"last_review": "2026-01-01T00:00:00"},
    {"last_review": "2099-01-01T00:00:00+00:00"},
    {"last_review": "2099-01-01T00:00:00+00:00", "due": "2099-01-03T00:00:00+00:00"},
    {"last_review": None},
    {"stability": -1},
    {"stability": 0},
    {"stability": None},
    {"stability": float("nan")},
    {"stability": "much"},
    {"difficulty": None},
    {"state": 1, "step": -5},
    {"state": 9},
    {"due": 5},
    {"due": "0001-01-01T00:00:00+00:00"},
]


@pytest.mark.parametrize("odd", ODD_CARDS, ids=repr)
def test_a_question_whose_card_is_damaged_or_from_the_future_is_due_at_once_and_can_be_answered(odd):
    entry = schedule.review({}, 1.0, NOW)
    entry = entry | {"card": entry["card"] | odd}
    assert schedule.due(entry, NOW) <= NOW
    assert draw({"greff": entry})[0] == "greff"
    answered = schedule.review(entry, 1.0, NOW)
    assert answered["asked"] == 2
    assert timedelta() < schedule.due(answered, NOW) - NOW < timedelta(days=30)


def test_what_was_answered_on_a_machine_whose_clock_is_a_little_fast_keeps_its_date():
    entry = schedule.review({}, 1.0, NOW + timedelta(hours=3))
    assert schedule.due(entry, NOW) > NOW + timedelta(days=1)


def test_the_standing_counts_what_was_asked_and_says_the_same_as_text_and_as_a_table():
    entry = schedule.review({}, 1.0, NOW)
    missed = schedule.review({}, 0.0, NOW)
    shown = Standing(BANK, {"greff": entry, "noise": missed, "a question that is gone": entry})
    row = next(row for row in shown.rows if row[0].startswith("Variants"))
    assert row[1:4] == (18, 2, 1)
    text, table = repr(shown), shown._repr_html_()
    assert len(text.splitlines()) == table.count("<tr>") == 1 + len(BANK.topics)
    variants = '<td style="text-align:left">Variants: both directions, layers, the family, attention</td>'
    assert f"{variants}<td>18</td><td>2</td><td>1</td>" in table
