"""A class moves to a newer version in mid-term: older copies in work/ ask for checks that have gone elsewhere."""

import json
import shutil

import numpy as np
import pytest

from lstm_helpers import checks, course
from lstm_helpers.checks import check, judge
from lstm_helpers.course import progress, work
from lstm_helpers.lessons import start
from lstm_helpers.nn import functional as F
from tests import ROOT
from tests.checks.solved import released

RELEASED = {exercise: released(home) for exercise, home in checks.LESSONS.items()}
NOW = {name: sheet.exercise for sheet in checks.sheets().values() for name in sheet.checks}


@pytest.fixture(autouse=True)
def newer(tmp_path, monkeypatch):
    """The folder of the newer version, with nobody's work in it."""
    for folder in ("exercises", "notebooks"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns(".*"))
    monkeypatch.setenv("LSTM_COURSE_HOME", str(tmp_path))
    monkeypatch.delenv("LSTM_COURSE_PROGRESS", raising=False)
    return tmp_path


@pytest.mark.parametrize("exercise", RELEASED)
def test_every_name_that_was_ever_handed_out_is_a_check_or_says_where_it_went(exercise):
    gone = [name for name, retired in course.RETIRED.items() if retired.exercise == exercise]
    known = [*checks.sheets()[exercise].checks, *gone]
    missing, lost = sorted({*known} - {*RELEASED[exercise]}), sorted({*RELEASED[exercise]} - {*known})
    assert not missing, f"add to released.txt beside the tests of {exercise}: {', '.join(missing)}"
    assert not lost, f"a check that is gone needs a line in course.RETIRED, which says where it went: {', '.join(lost)}"
    assert len(RELEASED[exercise]) == len(known), "a name stands twice in released.txt"


@pytest.mark.parametrize("name", course.RETIRED)
def test_a_retired_check_has_a_successor_in_its_exercise(name):
    retired = course.RETIRED[name]
    assert name not in NOW
    assert NOW[retired.successor] == retired.exercise


def test_a_check_with_another_question_in_its_place_says_so_and_how_to_get_it(newer, capsys):
    result = check("next_character", lambda contexts: contexts)
    assert (result.state, result.points, result.of) == (judge.NOT_ATTEMPTED, 0, 0)
    assert "in its place text_generation asks for `my_weights`" in result.text
    assert "lstm-course reset text_generation` gives you the exercise as it is now and keeps yours" in result.text
    assert progress.load() == {}


def test_a_part_of_what_is_asked_at_once_today_says_so(newer):
    for name in course.merged()["lstm_layers"]:
        result = check(name, F.forget_gate)
        assert (result.state, result.of) == (judge.NOT_ATTEMPTED, 0)
        assert f"`{name}` is part of `lstm_layers` now" in result.text
        assert "lstm-course reset 03_gates` gives you the exercise as it is now and keeps yours" in result.text
    assert progress.load() == {}


def test_a_check_with_another_name_is_answered_under_it(newer, monkeypatch):
    monkeypatch.setitem(course.RETIRED, "squash", course.Retired("03_gates", "sigmoid", same=True))
    assert check("squash", np.tanh).state == judge.WRONG
    result = check("squash", F.sigmoid)
    assert (result.check, result.points) == ("sigmoid", 2)
    assert "`squash` is called `sigmoid` now: this is its answer." in result.text
    assert progress.load()["sigmoid"]["tries"] == 2
    assert checks.find("squash") is checks.find("sigmoid")


@pytest.mark.parametrize("name", [["sigmoid"], np.zeros(3), None, F.sigmoid])
def test_a_name_that_is_none_is_answered_without_an_error(name):
    assert "there is no check named" in check(name, F.sigmoid).text


def test_copies_and_progress_of_the_older_version_survive_the_move(newer):
    old = {"state": "correct", "points": 2, "of": 2, "best": 2, "tries": 1, "when": "2026-10-01T10:00:00"}
    (newer / "work").mkdir()
    (newer / "work" / "03_gates.ipynb").write_text("my work of the older version")
    (newer / "work" / "progress.json").write_text(json.dumps({"sigmoid": old, "gone_for_good": old}))
    shown = start.course_map()
    assert (newer / "work" / "03_gates.ipynb").read_text() == "my work of the older version"
    assert all(copy.exists() for _, copy in work.exercises())
    (row,) = [row for row in shown.rows if row["lesson"].stem == "03_gates"]
    assert (row["state"], row["got"]) == (start.STARTED, 2)
    check("gate_bias", lambda p: np.log(p / (1 - p)))
    kept = progress.load()
    assert kept["sigmoid"] == kept["gone_for_good"] == old
    assert not list((newer / "work").glob("progress.broken*"))
