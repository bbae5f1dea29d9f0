"""A sitting: practice says at once what was wrong and asks it again; a mock exam says nothing until its end."""

import json

import numpy as np
import pytest

from lstm_helpers.exam import bank as pages
from lstm_helpers.exam import mock_exam
from lstm_helpers.exam.asked import LETTERS, ask
from lstm_helpers.exam.sitting import Sitting

QUESTIONS = pages.load().questions


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


def sit(*names, seconds=None, clock=None):
    kept = []
    asked = [ask(QUESTIONS[name], np.random.default_rng(0)) for name in names]
    sitting = Sitting(asked, lambda name, share: kept.append((name, share)) or "", seconds, clock or Clock())
    sitting.begin()
    return sitting, asked, kept


def letter(each, right):
    return next(LETTERS[k] for k, part in enumerate(each.parts) if part.right == right)


def test_practice_judges_at_once_and_asks_what_was_wrong_again_at_the_end():
    sitting, (first, second), kept = sit("greff", "which-is-output")
    sitting.answer(letter(first, False))
    assert sitting.shown["right"] is False
    assert "Not right." in sitting.shown["said"]
    sitting.go_on()
    sitting.answer(letter(second, True))
    assert sitting.shown["right"] is True
    sitting.go_on()
    assert sitting.shown["head"] == "Question 3 of 3"
    assert sitting.shown["text"] == "<p>" + first.text.replace("\n", "\n") + "</p>"
    sitting.answer(letter(first, True))
    sitting.go_on()
    assert sitting.shown["phase"] == "result"
    assert "1 of 2 right at first" in sitting.shown["html"]
    assert kept == [("greff", 0.0), ("which-is-output", 1.0)], "a repetition is not remembered as a new answer"


def test_an_answer_counts_once_and_what_is_unclear_costs_nothing():
    sitting, (each,), kept = sit("greff")
    sitting.answer("none of these")
    assert "give a letter, A to D" in sitting.shown["said"]
    assert kept == []
    sitting.answer(letter(each, True))
    sitting.answer(letter(each, False))
    assert kept == [("greff", 1.0)]


def test_a_short_answer_is_marked_by_its_writer_beside_the_model_answer():
    sitting, _, kept = sit("states-short")
    sitting.answer("<b>c</b> keeps")
    shown = sitting.shown
    assert shown["phase"] == "marking"
    assert shown["own"] == "<b>c</b> keeps"
    assert len(shown["scheme"]) == 3
    assert "long-term memory" in shown["model"]
    sitting.give(2)
    assert sitting.shown["phase"] == "result"
    assert kept == [("states-short", pytest.approx(2 / 3))]


def test_a_mock_exam_says_nothing_until_its_end_and_then_everything():
    sitting, (first, second), _ = sit("greff", "cell-by-pencil", seconds=600)
    sitting.answer(letter(first, False))
    assert sitting.shown["said"] == ""
    assert sitting.shown["right"] is None
    sitting.go_on()
    html = sitting.shown["html"]
    assert "0 of 3 marks" in html
    assert next(option for option in first.parts if option.right).text in html
    assert "Not answered." in html
    assert second.solution in html


def test_when_time_is_over_nothing_more_is_taken_and_written_answers_are_marked():
    clock = Clock()
    sitting, (_, each), _ = sit("states-short", "greff", seconds=60, clock=clock)
    sitting.answer("The cell state keeps, the hidden state shows.")
    clock.now += 63
    sitting.answer(letter(each, True))
    assert sitting.shown["phase"] == "marking"
    sitting.give(3)
    assert "3 of 4 marks" in sitting.shown["html"]


def test_the_clock_of_a_mock_exam_starts_when_somebody_begins():
    clock = Clock()
    sitting = Sitting([ask(QUESTIONS["greff"], np.random.default_rng(0))], lambda *_: "", 600, clock)
    assert "1 question, 1 mark, 10 minutes" in sitting.shown["html"]
    assert sitting.shown["left"] is None
    clock.now += 5000
    sitting.answer("A")
    assert sitting.shown["phase"] == "ready"
    sitting.begin()
    assert sitting.shown["left"] == 600
    clock.now += 10
    sitting.begin()
    assert sitting.shown["left"] == 590


def test_what_stands_on_the_page_when_time_runs_out_counts_and_a_page_whose_clock_is_fast_ends_nothing():
    for name, given, said in (
        ("cell-by-pencil", "{right}", "2 of 2 marks"),
        ("cell-by-pencil", "two, I think", "0 of 2 marks"),
        ("cell-by-pencil", None, "0 of 2 marks"),
    ):
        clock = Clock()
        sitting, (each,), _ = sit(name, seconds=60, clock=clock)
        right = given and given.format(right=each.question.results[0].value(each.numbers))
        clock.now += 30
        sitting.stop(right)
        assert sitting.shown["phase"] == "question"
        clock.now += 29.9
        sitting.stop(right)
        assert said in sitting.shown["html"]
    clock = Clock()
    sitting, _, _ = sit("states-short", seconds=60, clock=clock)
    clock.now += 60
    sitting.stop("half a sentence")
    assert sitting.shown["own"] == "half a sentence"


def test_what_was_skipped_comes_once_more_at_the_end():
    sitting, asked, _ = sit("greff", "who-when", "noise", seconds=600)
    sitting.go_on()
    sitting.answer(letter(asked[1], True))
    sitting.answer(letter(asked[2], True))
    shown = sitting.shown
    assert shown["head"] == "Question 1 of 3 (1 mark, skipped before)"
    assert shown["last"]
    sitting.go_on()
    assert "2 of 3 marks" in sitting.shown["html"]
    assert "Not answered." in sitting.shown["html"]


def test_what_is_no_answer_is_shown_as_it_was_typed_and_never_as_html():
    sitting, _, _ = sit("cell-by-pencil")
    sitting.answer("<b>2</b> *2* `3`")
    assert "&lt;b&gt;2&lt;/b&gt; *2* `3`" in sitting.shown["said"]


def test_the_review_shows_a_question_whole_and_the_model_of_a_short_answer():
    sitting, (each, short), _ = sit("vanish-by-pencil", "states-short", seconds=600)
    sitting.answer("17")
    sitting.answer("They differ.")
    sitting.give(1)
    html = sitting.shown["html"]
    assert "change over" in html
    assert each.text.endswith("steps?")
    assert "steps?" in html
    assert "long-term memory" in html


def test_the_review_tells_what_was_taken_and_an_order_by_its_steps():
    sitting, (greff, _), _ = sit("greff", "order-recipe", seconds=600)
    wrong = letter(greff, False)
    sitting.answer(wrong)
    sitting.go_on()
    html = sitting.shown["html"]
    assert f"You took: {greff.parts[LETTERS.index(wrong)].text}<br>" in html
    assert (
        "<li value=1>compare the loss before the first update with that of guessing</li><li value=2>learn one" in html
    )


class Sent:
    """What a browser sends to a page."""

    def __init__(self, sitting):
        from lstm_helpers.exam.page import Page

        self.page = Page(sitting)

    def __call__(self, do, given=None, turn=None):
        turn = self.page.sitting.turn if turn is None else turn
        self.page._sent(None, {"do": do, "with": given, "turn": turn}, None)
        return self.page.shown


def test_the_second_half_of_a_double_click_answers_and_skips_no_other_question():
    for seconds in (None, 600):
        sitting, asked, _ = sit("greff", "who-when", "noise", seconds=seconds)
        sent = Sent(sitting)
        turn = sitting.turn
        for do, given in (("answer", letter(asked[0], True)), ("go on", None)):
            for _ in range(2):
                sent(do, given, turn)
        assert sent.page.shown["turn"] == 1
        assert sitting.answered[1].answer is None


@pytest.mark.parametrize("seed", range(6))
def test_a_mock_exam_has_its_marks_every_topic_and_its_end(seed):
    asked = mock_exam.draw(seed)
    names = [each.question.name for each in asked]
    assert sum(each.question.worth for each in asked) == mock_exam.MARKS
    assert len(set(names)) == len(names)
    topics = pages.load().topics
    assert all(set(held) & set(names) for held in topics.values())
    assert {each.question.kind for each in asked} == set(pages.KINDS)
    sitting = Sitting(asked, lambda *_: "", 3600)
    sitting.begin()
    while sitting.shown["phase"] == "question":
        json.dumps(sitting.shown)
        sitting.go_on()
    assert f"0 of {mock_exam.MARKS} marks" in sitting.shown["html"]


def test_the_same_number_is_the_same_exam():
    one, two, other = (
        [(each.question.name, each.numbers, each.parts) for each in mock_exam.draw(s)] for s in (3, 3, 4)
    )
    assert one == two != other
