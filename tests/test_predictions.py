"""Predictions: what a person may give, what is said, what is remembered; and that no lesson shows an answer first."""

import errno
import json
import os
import re
import subprocess
import sys

import nbformat
import numpy as np
import pytest

from lstm_helpers import predictions
from lstm_helpers.commands import fold
from lstm_helpers.course import copying, progress
from lstm_helpers.predictions import choice, number, outcome, point, predict, score
from lstm_helpers.predictions.field import Field
from lstm_helpers.predictions.kinds import Unclear, figure
from tests import ROOT

GIVE_IT = " Run this cell in Jupyter to give it, or skip it."
STEPS = number(unit="steps")
WHERE = choice("at once", "slowly", "never")
CURVE = point(x="lag", y="loss", xlim=(0, 100), ylim=(0, 1))


@pytest.fixture(autouse=True)
def file(tmp_path, monkeypatch):
    """The progress file of this test; nothing was asked in this process yet."""
    where = tmp_path / "progress.json"
    monkeypatch.setenv("LSTM_COURSE_PROGRESS", str(where))
    monkeypatch.delenv("LSTM_COURSE_STRICT", raising=False)
    for held in ("_asked", "_fields", "_held"):
        monkeypatch.setattr(predictions, held, {})
    monkeypatch.setattr(predictions, "_results", set())
    return where


def said(capsys, call, *given, **more):
    capsys.readouterr()
    assert call(*given, **more) is None
    return capsys.readouterr().out.rstrip("\n")


def kept(file):
    return {name: entry["guess"] for name, entry in json.loads(file.read_text())["predictions"].items()}


def test_where_no_field_is_shown_its_text_says_how_to_give_a_guess_without_it(capsys):
    text = repr(Field(lambda given: None, asked=STEPS.asked(), wanted=STEPS.wanted))
    assert text.startswith("Your guess: a number of steps. Run this cell to give it here, or write it behind")
    assert said(capsys, predict, "02-lag", STEPS, 15) == "Your guess: 15 steps, kept."


# ---------------------------------------------------------------- guess, result, score


@pytest.mark.parametrize(
    ("kind", "line"),
    [
        (STEPS, f"Your guess: a number of steps.{GIVE_IT}"),
        (number(), f"Your guess: a number.{GIVE_IT}"),
        (number("%"), f"Your guess: a number, in %.{GIVE_IT}"),
        (WHERE, f"Your guess: at once, slowly or never.{GIVE_IT}"),
        (
            choice("0 and 1", "2 and 3"),
            f"Your guess: 0 and 1; or 2 and 3.{GIVE_IT}",
        ),
        (
            CURVE,
            f"Your guess: a point, lag from 0 to 100 and loss from 0 to 1.{GIVE_IT}",
        ),
    ],
)
def test_without_a_front_end_a_question_is_one_line_and_leaves_nothing(kind, line, capsys, file):
    assert said(capsys, predict, "02-lag", kind) == line
    assert not file.exists()


@pytest.mark.parametrize(
    ("kind", "guess", "result", "line"),
    [
        (STEPS, 15, 16, "Your guess: 15 steps. Result: 16 steps. Close: 1 step too low."),
        (STEPS, "15 steps", 15, "Your guess: 15 steps. Result: 15 steps. Exactly right."),
        (STEPS, 15, np.int64(160), "Your guess: 15 steps. Result: 160 steps. Too low by a factor of 11."),
        (number(), "1,5", np.float32(1), "Your guess: 1.5. Result: 1. 0.5 too high."),
        (number("%"), "40 %", 41, "Your guess: 40 %. Result: 41 %. Close: 1 point too low."),
        (number("per cent"), 60, 71, "Your guess: 60 per cent. Result: 71 per cent. Close: 11 points too low."),
        (number("times"), 3, 2.9, "Your guess: 3 times. Result: 2.9 times. Close: 0.1 too high."),
        (number(), "12,000", 1.5e4, "Your guess: 12,000. Result: 15,000. Close: 3,000 too low."),
        (number(), "1/4", np.array([0.3]), "Your guess: 0.25. Result: 0.3. Close: 0.05 too low."),
        (number(), -1, 1, "Your guess: -1. Result: 1. 2 too low."),
        (number(), 1e-7, 0, "Your guess: 1.0e-07. Result: 0. 1.0e-07 too high."),
        (WHERE, " Slowly", "slowly", "Your guess: slowly. Result: slowly. Right."),
        (WHERE, "never", "slowly", "Your guess: never. Result: slowly. Not what you expected."),
        (CURVE, (30, 0.5), (33, 0.55), "Your guess: lag 30, loss 0.5. Result: lag 33, loss 0.55. "
         "Close: lag 3 too low and loss 0.05 too low."),
        (CURVE, (30, 0.5), (30, 0.8), "Your guess: lag 30, loss 0.5. Result: lag 30, loss 0.8. Loss 0.3 too low."),
    ],
)  # fmt: skip
def test_an_outcome_says_guess_result_and_how_close(kind, guess, result, line, capsys):
    assert said(capsys, predict, "02-lag", kind, guess).endswith(", kept.")
    assert said(capsys, outcome, "02-lag", result) == line


@pytest.mark.parametrize("more", [{"factor": 2}, {"within": 20}])
def test_the_lesson_says_what_counts_as_close(more, capsys):
    predict("02-lag", STEPS, 30)
    assert "Close: " not in said(capsys, outcome, "02-lag", 16)
    assert "Close: " in said(capsys, outcome, "02-lag", 16, **more)


def test_the_page_and_the_plain_line_say_the_same():
    shown = predictions._Shown("Your guess: <15>.", "Result: 16.", "Close.", True)
    assert repr(shown) == "Your guess: <15>. Result: 16. Close."
    assert "Your guess: &lt;15&gt;. <strong>Result: 16.</strong> Close.</p>" in shown._repr_html_()


def test_without_a_guess_the_result_stands_alone(capsys, file):
    predict("02-lag", STEPS)
    assert said(capsys, outcome, "02-lag", 16) == "Result: 16 steps."
    assert not file.exists()


def test_a_guess_can_be_changed_until_its_result_was_shown(capsys, file):
    predict("02-lag", STEPS, 15)
    predict("02-lag", STEPS, 20)
    assert kept(file) == {"02-lag": 20}
    assert said(capsys, predict, "02-lag", STEPS) == "Your guess: 20 steps, kept."
    outcome("02-lag", 16)
    assert said(capsys, predict, "02-lag", STEPS, 16) == "You have seen the result: your guess 20 steps stays."
    assert said(capsys, predict, "02-lag", STEPS) == "Your guess: 20 steps."
    first = file.read_text()
    outcome("02-lag", 400)  # the same cell with another setting: what counts is the first result
    assert file.read_text() == first


def test_a_question_that_has_become_another_is_asked_anew(capsys, file):
    predict("02-lag", STEPS, 15)
    outcome("02-lag", 15)
    assert said(capsys, predict, "02-lag", WHERE).startswith("Your guess: at once")
    predict("02-lag", WHERE, "never")
    assert kept(file) == {"02-lag": "never"}


@pytest.mark.parametrize(
    ("before", "guess", "now"),
    [
        (STEPS, 15, number(unit="characters")),
        (STEPS, 15, number()),
        (number("%"), 15, STEPS),
        (WHERE, "never", choice("never", "at step 10")),
        (WHERE, "never", choice("at once", "slowly", "never", "in the end")),
        (CURVE, (1, 0.5), point(x="steps", y="loss", xlim=(0, 100), ylim=(0, 1))),
    ],
)
@pytest.mark.parametrize("shown", [True, False])
def test_a_question_with_another_unit_or_other_choices_is_asked_anew(capsys, file, before, guess, now, shown):
    predict("02-lag", before, guess)
    if shown:
        outcome("02-lag", guess)
    assert said(capsys, predict, "02-lag", now).endswith(GIVE_IT)
    assert "No guess of this lesson" in said(capsys, score, "02")
    assert "Your guess" not in said(capsys, outcome, "02-lag", guess)
    assert ", kept. The result stands below already" in said(capsys, predict, "02-lag", now, guess)
    assert said(capsys, outcome, "02-lag", guess).startswith("Your guess: ")
    assert "You made 1 guess in this lesson; 1 came close." in said(capsys, score, "02")


def test_the_same_choices_in_another_order_and_longer_axes_are_the_same_question(capsys, file):
    predict("02-lag", WHERE, "never")
    assert said(capsys, predict, "02-lag", choice("never", "slowly", "at once")) == "Your guess: never, kept."
    predict("02-curve", CURVE, (1, 0.5))
    longer = point(x="lag", y="loss", xlim=(0, 200), ylim=(0, 2))
    assert said(capsys, predict, "02-curve", longer) == "Your guess: lag 1, loss 0.5, kept."


def test_a_guess_of_an_older_file_belongs_to_the_question_of_its_name(capsys, file):
    file.write_text(json.dumps({"version": 3, "checks": {}, "predictions": {"02-lag": {"guess": 15}}}))
    assert said(capsys, predict, "02-lag", STEPS) == "Your guess: 15 steps, kept."
    predict("02-lag", STEPS, 16)
    assert json.loads(file.read_text())["predictions"]["02-lag"]["question"] == "a number of steps"
    assert not list(file.parent.glob("*broken*"))


def test_after_a_restart_the_guess_is_there_and_the_outcome_alone_says_what_to_do(capsys, monkeypatch):
    predict("02-lag", STEPS, 15)
    monkeypatch.setattr(predictions, "_asked", {})
    assert said(capsys, outcome, "02-lag", 16) == (
        "Your guess: 15. Result: 16. To compare them, run the cell with predict('02-lag') first, then this one again."
    )
    assert said(capsys, outcome, "02-gap", 16).startswith("Result: 16. To see a guess beside it, run the cell with ")
    assert said(capsys, predict, "02-lag", STEPS) == "Your guess: 15 steps, kept."
    assert said(capsys, outcome, "02-lag", 16).startswith("Your guess: 15 steps.")


def test_a_guess_after_its_result_is_told_where_that_stands_and_is_judged_there(capsys):
    predict("02-lag", STEPS)
    outcome("02-lag", 16)
    assert said(capsys, predict, "02-lag", STEPS, 15) == (
        "Your guess: 15 steps, kept. The result stands below already: run its cell again to compare."
    )
    assert said(capsys, outcome, "02-lag", 16).endswith("Close: 1 step too low.")


def test_a_score_names_how_many_were_close_and_the_two_largest_surprises(capsys):
    for name, guess, result in (("a", 10, 10), ("b", 10, 40), ("long-way", 10, 4000), ("c", 10, 14), ("d", 1, None)):
        predict(f"02-{name}", STEPS, guess)
        if result:
            outcome(f"02-{name}", result)
    predict("03-other", STEPS, 1)
    outcome("03-other", 1000)
    text = said(capsys, score, "02")
    assert text.startswith("You made 4 guesses in this lesson; 1 came close. Furthest off: 02-long-way (your ")
    assert (
        "02-long-way (your guess 10 steps, the result 4,000 steps); 02-b (your guess 10 steps, the result 40 " in text
    )
    assert "02-c (" not in text
    assert text.endswith("1 guess waits to be compared: 02-d. Run the question's cell and that of its result.")
    assert "None was far off" not in text


def test_a_score_without_guesses_is_kind_and_one_of_good_guesses_glad(capsys):
    assert said(capsys, score, "02").startswith("No guess of this lesson has been compared")
    predict("02-a", STEPS, 10)
    outcome("02-a", 10)
    assert said(capsys, score, "02") == (
        "You made 1 guess in this lesson; 1 came close. None was far off: well predicted."
    )


# ---------------------------------------------------------------- what a person may give


@pytest.mark.parametrize(
    ("kind", "given", "why"),
    [
        (STEPS, "fifteen", "'fifteen' is not a number: give a number of steps, in digits"),
        (STEPS, "", "'' is not a number"),
        (STEPS, "nan", "'nan' is not a number"),
        (STEPS, "1/0", "'1/0' is not a number"),
        (STEPS, True, "True is not a number"),
        (STEPS, [1, 2], "[1, 2] is not a number"),
        (STEPS, float("inf"), "inf is not a number"),
        (STEPS, 10**400, "is not a number"),
        pytest.param(STEPS, 10**5000, "is not a number", id="an integer that cannot be written out"),
        (STEPS, "3 1/2", "is not a number"),
        (STEPS, "15 step by step", "is not a number"),
        (STEPS, "9" * 5000, "is not a number"),
        (WHERE, "quickly", "'quickly' is not one of the choices: at once, slowly or never"),
        (WHERE, 1, "1 is not one of the choices"),
        (CURVE, 3, "3 is not a point: give two numbers, lag and loss, such as (50, 0.5)"),
        (CURVE, (1, 2, 3), "is not a point"),
        (CURVE, ("a", 1), "is not a point"),
        (CURVE, {"x": 1}, "is not a point"),
    ],
)
def test_a_guess_that_is_none_is_answered_in_words_and_the_earlier_one_stays(kind, given, why, capsys, file):
    first = {STEPS: 7, WHERE: "never", CURVE: [1.0, 0.5]}[kind]
    predict("02-lag", kind, first)
    text = said(capsys, predict, "02-lag", kind, given)
    assert why in text
    assert len(text) < 200
    assert kept(file) == {"02-lag": first}


@pytest.mark.parametrize(
    ("unit", "given", "value"),
    [
        ("percent", "50%", 50),
        ("%", "50 per cent", 50),
        ("steps", "15 Steps", 15),
        ("steps", "1 step", 1),
        ("passes", "1 pass", 1),
        ("times", "4x", 4),
        ("powers of ten", "3 powers of ten", 3),
        ("", "12 000", 12000),
        ("", "1 / 2", 0.5),
        ("", "-3", -3),
    ],
)
def test_a_number_may_be_written_as_people_write_it(unit, given, value):
    assert number(unit).read(given) == value


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: predict("lag", STEPS),
        lambda: predict("02-lag", "number"),
        lambda: outcome("02-none", 3),
        lambda: [predict("02-lag", STEPS), outcome("02-lag", "x")],
        lambda: [predict("02-lag", WHERE), outcome("02-lag", "fast")],
        lambda: [predict("02-lag", STEPS), outcome("02-lag", 3, factor=1)],
        lambda: [predict("02-lag", STEPS), outcome("02-lag", 3, within=0)],
        lambda: [predict("02-lag", CURVE), outcome("02-lag", (1, 1), within=3)],
        lambda: [predict("02-lag", CURVE), outcome("02-lag", (1, 1), factor=3)],
    ],
)
def test_a_mistake_of_the_lesson_stops_its_build_and_never_a_student(wrong, monkeypatch, capsys):
    wrong()
    assert capsys.readouterr().out
    monkeypatch.setattr(predictions, "_asked", {})
    monkeypatch.setenv("LSTM_COURSE_STRICT", "1")
    with pytest.raises(ValueError, match=r"(predict|outcome)\("):
        wrong()


def test_who_comes_back_to_a_choice_after_others_is_told_to_run_its_question_again(capsys):
    predict("02-lag", choice("yes", "no"), "no")  # by now `ways` is another question's
    assert said(capsys, outcome, "02-lag", "none").endswith("Run the cell of its question once more, then this one")


def test_what_a_person_typed_wrongly_stops_no_strict_run(monkeypatch, capsys):
    monkeypatch.setenv("LSTM_COURSE_STRICT", "1")
    assert "is not a number" in said(capsys, predict, "02-lag", STEPS, "many")
    assert said(capsys, outcome, "02-lag", 3) == "Result: 3 steps."


@pytest.mark.parametrize(
    "make",
    [
        lambda: choice("one"),
        lambda: choice("a", "A"),
        lambda: choice("a", ""),
        lambda: point(x="x", y="y", xlim=(1, 0), ylim=(0, 1)),
        lambda: point(x="x", y="y", xlim=(0, 1), ylim=(0, float("nan"))),
    ],
)
def test_a_question_that_cannot_be_asked_is_refused(make):
    with pytest.raises(ValueError, match="give "):
        make()


def test_figures_are_written_as_a_person_writes_them():
    values = [0, -0.0, 1, 12000, 123456789, 0.1 + 0.2, 2 / 3, 1e-9, 3.14159e12, -5.5]
    written = ["0", "0", "1", "12,000", "123,456,789", "0.3", "0.6667", "1.0e-09", "3.1e+12", "-5.5"]
    assert [figure(value) for value in values] == written


def test_every_kind_reads_back_what_it_kept():
    for kind, given in ((STEPS, "3"), (WHERE, "NEVER"), (CURVE, (1, 0.25))):
        value = kind.read(given)
        assert kind.read(json.loads(json.dumps(value))) == value
        with pytest.raises(Unclear):
            kind.read(None)


# ---------------------------------------------------------------- the file


def test_guesses_stand_beside_the_checks_of_an_older_file(file):
    check = {"state": "correct", "points": 2, "of": 2, "best": 2, "tries": 1}
    file.write_text(json.dumps({"version": 2, "checks": {"sigmoid": check}}))
    predict("02-lag", STEPS, 15)
    held = json.loads(file.read_text())
    assert (held["version"], held["checks"], kept(file)) == (progress.VERSION, {"sigmoid": check}, {"02-lag": 15})
    assert not list(file.parent.glob("*broken*"))


@pytest.mark.parametrize(
    "entry", [7, {}, {"guess": None}, {"guess": [1]}, {"guess": float("inf")}, {"guess": "x" * 1000},
              {"guess": 1, "line": 3, "close": True, "surprise": 0.0}, {"guess": 1, "more": "?"}],
)  # fmt: skip
def test_a_damaged_entry_costs_only_itself_and_the_file_is_kept(entry, file, capsys):
    whole = {"guess": 3, "when": "2026-10-01T10:00:00", "course": "0.1.0"}
    held = {"version": 3, "checks": {}, "predictions": {"02-bad": entry, "02-good": whole}}
    file.write_text(json.dumps(held))
    before = file.read_bytes()
    assert progress.trouble()
    assert said(capsys, predict, "02-good", STEPS) == "Your guess: 3 steps, kept."
    predict("02-bad", STEPS)
    score("02")
    predict("02-new", STEPS, 4)
    assert [path.read_bytes() for path in file.parent.glob("progress.broken-*")] == [before]
    assert progress.trouble() is None
    assert json.loads(file.read_text())["predictions"]["02-good"] == whole


def test_a_file_of_a_newer_course_is_left_alone_and_the_guess_lives_as_long_as_the_kernel(file, capsys):
    text = json.dumps({"version": progress.VERSION + 1})
    file.write_text(text)
    line = said(capsys, predict, "02-lag", STEPS, 15)
    assert line.startswith("Your guess: 15 steps, kept. (It is kept only while this notebook's kernel runs: ")
    assert "newer version" in line
    assert said(capsys, outcome, "02-lag", 16).startswith("Your guess: 15 steps. Result")
    assert file.read_text() == text


def test_a_full_disk_is_said_and_the_guess_lives_as_long_as_the_kernel(file, capsys, monkeypatch):
    predict("02-lag", STEPS, 15)

    def full(path, data, sync=True):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))

    with monkeypatch.context() as patched:
        patched.setattr(progress.files, "write", full)
        assert "the disk is full" in said(capsys, predict, "02-lag", STEPS, 20)
        assert said(capsys, predict, "02-lag", STEPS) == "Your guess: 20 steps, kept."
    assert kept(file) == {"02-lag": 15}
    predict("02-lag", STEPS, 30)
    assert kept(file) == {"02-lag": 30}
    assert said(capsys, predict, "02-lag", STEPS) == "Your guess: 30 steps, kept."


def test_switched_off_nothing_is_written(file, capsys, monkeypatch):
    monkeypatch.setenv("LSTM_COURSE_PROGRESS", "off")
    predict("02-lag", STEPS, 15)
    assert said(capsys, outcome, "02-lag", 16).startswith("Your guess: 15 steps. Result")
    assert "1 came close" in said(capsys, score, "02")
    assert not file.exists()


def test_two_notebooks_at_once_lose_no_guess(tmp_path):
    code = (
        "import sys; from lstm_helpers.predictions import *\n"
        "for k in range(10): predict(f'02-{sys.argv[1]}{k}', number(), k)"
    )
    where = tmp_path / "shared.json"
    names = "abc"
    environment = os.environ | {"LSTM_COURSE_PROGRESS": str(where)}
    running = [subprocess.Popen([sys.executable, "-c", code, name], env=environment) for name in names]
    assert [process.wait(300) for process in running] == [0, 0, 0]
    assert set(kept(where)) == {f"02-{name}{k}" for name in names for k in range(10)}


# ---------------------------------------------------------------- the lessons

PAGES = [p for p in sorted((ROOT / "notebooks").rglob("*.ipynb")) if ".ipynb_checkpoints" not in p.parts]
LESSONS = [path for path in PAGES if copying.place_of(path.relative_to(ROOT).as_posix())]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_every_prediction_of_a_lesson_has_its_outcome_and_a_name_of_its_own(path):
    assert fold.faults(nbformat.read(path, as_version=4), path.stem) == []


def test_no_two_lessons_use_one_name():
    names = [
        call[2] for path in PAGES for call in fold.calls(nbformat.read(path, as_version=4)) if call[1] == "predict"
    ]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_what_a_student_opens_shows_no_answer(path, monkeypatch):
    monkeypatch.setenv("LSTM_COURSE_HOME", str(ROOT))
    opened = nbformat.reads(copying.laid_out(path).decode(), as_version=4)
    executed = nbformat.read(path, as_version=4)
    code = [cell for cell in opened.cells if cell.cell_type == "code"]
    assert [cell.source for cell in code] == [c.source for c in executed.cells if c.cell_type == "code"]
    assert [cell for cell in code if cell.outputs or cell.execution_count is not None] == []
    assert not any(fold.HIDDEN in cell.metadata.get("jupyter", {}) for cell in code)  # what they run, they see


def cells(*sources):
    made = [nbformat.v4.new_code_cell(source) for source in sources]
    return nbformat.v4.new_notebook(cells=made)


def test_the_answers_between_a_prediction_and_its_outcome_are_folded_away_and_no_others():
    notebook = cells(
        'predict("03-a", number())', "show()", 'outcome("03-a", 1)', "1",
        'predict("03-b", number())', 'predict("03-c", number())', 'outcome("03-c", 1)\noutcome("03-b", 2)', "2",
    )  # fmt: skip
    notebook.cells[3].metadata["jupyter"] = {"outputs_hidden": True, "source_hidden": True}
    assert fold.faults(notebook, "03_gates") == []
    assert fold.fold(notebook)
    assert [k for k, cell in enumerate(notebook.cells) if cell.metadata.get("jupyter", {}).get(fold.HIDDEN)] == [
        1,
        2,
        6,
    ]
    assert notebook.cells[3].metadata == {"jupyter": {"source_hidden": True}}
    assert not fold.fold(notebook)


@pytest.mark.parametrize(
    ("sources", "fault"),
    [
        (['predict("03-a", number())'], "has no outcome"),
        (['outcome("03-a", 1)'], r"has no predict\('03-a', ...\) before it"),
        (['outcome("03-a", 1)', 'predict("03-a", number())'], "before it"),
        (['predict("04-a", number())', 'outcome("04-a", 1)'], "03-word"),
        (['predict("03-a", number())'] * 2 + ['outcome("03-a", 1)'], "there twice"),
        (['score("04")'], r"score\('03'\)"),
    ],
)
def test_a_prediction_that_is_not_whole_is_named(sources, fault):
    assert any(re.search(fault, text) for text in fold.faults(cells(*sources), "03_gates"))


def test_names_of_a_project_begin_with_its_stem():
    notebook = cells('predict("text_generation-a", number())\noutcome("text_generation-a", 1)')
    assert fold.faults(notebook, "text_generation") == []
