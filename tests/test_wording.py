"""A command that a message names can be typed as it stands, wherever it is read; one of a thing is not "1 things"."""

import ast
import itertools
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from lstm_helpers import checks, course, wording
from lstm_helpers.checks import Result, compare
from lstm_helpers.commands import cli
from lstm_helpers.course import doctor, places
from lstm_helpers.grading.submissions import reading
from tests import ROOT

needs_program = pytest.mark.skipif(
    not (wording.scripts() / wording.COMMAND).is_file(), reason="the course is not installed"
)


@pytest.fixture
def elsewhere(monkeypatch):
    """PATH as in a terminal in which nobody activated the environment of the course."""
    path = [folder for folder in os.environ["PATH"].split(os.pathsep) if Path(folder) != wording.scripts()]
    monkeypatch.setenv("PATH", os.pathsep.join(path))


def runs(command, folder):
    """Whether a shell in that folder takes the command."""
    return subprocess.run(f"{command} reset --help", shell=True, cwd=folder, capture_output=True).returncode == 0


@needs_program
@pytest.mark.parametrize("place", ["course", "beside"])
def test_what_a_message_says_to_type_runs_where_it_is_read(elsewhere, monkeypatch, tmp_path, place):
    folder = wording.scripts().parent.parent if place == "course" else tmp_path
    monkeypatch.chdir(folder)
    assert (place == "course") == (not os.path.isabs(wording.typed()))
    assert runs(wording.typed(), folder)


@needs_program
def test_a_command_that_is_on_path_is_named_alone_if_it_is_ours(elsewhere, monkeypatch, tmp_path):
    path = os.environ["PATH"]
    monkeypatch.setenv("PATH", f"{wording.scripts()}{os.pathsep}{path}")
    assert wording.typed() == "lstm-course"
    other = tmp_path / "lstm-course"
    other.write_text("#!/bin/sh\nexit 1\n")
    other.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{path}")
    assert wording.typed().endswith("/lstm-course")
    assert runs(wording.typed(), Path.cwd())


def test_a_folder_with_a_space_and_a_course_without_the_program(elsewhere, monkeypatch, tmp_path):
    scripts = tmp_path / "my course" / "bin"
    scripts.mkdir(parents=True)
    monkeypatch.setattr(wording, "scripts", lambda: scripts)
    assert wording.typed() == f"{wording._quoted(sys.executable)} -m lstm_helpers"
    assert runs(wording.typed(), tmp_path)
    (scripts / "lstm-course").write_text("#!/bin/sh\n")
    (scripts / "lstm-course").chmod(0o755)
    assert runs(wording.typed(), tmp_path)
    monkeypatch.setattr(wording.os, "name", "nt")
    assert wording._quoted("C:\\it's a course\\lstm-course.exe") == "& 'C:\\it''s a course\\lstm-course.exe'"
    assert wording._quoted(".venv\\Scripts\\lstm-course.exe") == ".venv\\Scripts\\lstm-course.exe"


def test_errors_the_doctor_and_checks_say_what_can_be_typed(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(wording, "typed", lambda: "there/lstm-course")
    assert cli.main(["report", "--out", str(tmp_path)]) == 2
    assert "first `there/lstm-course grade DIR --out " in capsys.readouterr().err
    finding = places.Finding("port", False, False, "in use", "name one: `lstm-course lab --port 8890`")
    assert "`there/lstm-course lab --port 8890`" in doctor.report([finding])
    monkeypatch.setenv("LSTM_COURSE_PROGRESS", "off")
    assert "`there/lstm-course reset text_generation`" in checks.check("next_character", ...).text
    assert "`lstm-course reset text_generation`" in course.RETIRED["next_character"].line("next_character")


def test_what_is_no_command_stays_as_it_is():
    said = "`lstm-course` and lstm-course doctor, in lstm-course/work"
    assert wording.here(said) == said


# ---------------------------------------------------------------- one of a thing

THINGS = "answer|block|case|cell|character|core|file|part|point|problem|request|second|student|symbol|unit|value"
MORE_THAN_ONE = {  # what is counted there is never 1
    "checks/probe.py: {len(returns)} values",
    "projects/text_generation/sheet.py: {points} points",
    "projects/sentiment/sheet.py: {points} points",
    "projects/speech/sheet.py: {points} points",
    "projects/speech/experiments.py: {len(sound_) / sound.RATE} seconds",
    "projects/forecasting/score.py: {points} points",
    "projects/action_recognition/sheet.py: {points} points",
    "grading/submissions/reading.py: {len(rivals)} files",
    "grading/submissions/reading.py: {len(candidates)} files",
    "grading/gradebook/appeals.py: {most} points",
    "course/places.py: {longest} characters",
    "data/sound.py: {len(samples) / own} seconds",
    "data/sound.py: {len(self.samples) / self.rate} seconds",
    "projects/judging.py: {most} units",
    "site/cells.py: {len(line) - 60} characters",
    "lessons/looking_inside/by_pencil.py: {n} values",
    "variants/texts.py: {len(turn.returns)} values",
}


def counted_by_hand(path):
    """Each "{number} things" of the texts in a file: how many there are of them decides between thing and things."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        parts = node.values if isinstance(node, ast.JoinedStr) else []
        for number, text in itertools.pairwise(parts):
            if isinstance(number, ast.FormattedValue) and isinstance(text, ast.Constant):
                found = re.match(rf" (?:code |more )?(?:{THINGS})s\b", text.value)
                if found and not re.fullmatch(r"[\w.]*[A-Z]{3,}", ast.unparse(number.value)):
                    yield f"{{{ast.unparse(number.value)}}}{found[0]}"


def test_no_message_counts_things_without_asking_how_many():
    package = ROOT / "lstm_helpers"
    found = {
        f"{path.relative_to(package).as_posix()}: {text}"
        for path in package.rglob("*.py")
        if path.stem != "figures"  # sentences about one picture, whose numbers are known
        for text in counted_by_hand(path)
    }
    assert found == MORE_THAN_ONE, "use wording.count"


@pytest.mark.parametrize(
    ("n", "said"), [(0, "0 points"), (1, "1 point"), (1.0, "1 point"), (1.5, "1.5 points"), (2, "2 points")]
)
def test_a_number_with_what_it_counts(n, said):
    assert wording.count(n, "point") == said
    assert wording.count(np.float64(n), "point") == said


def test_things_whose_plural_is_no_plain_s():
    assert [wording.count(n, "entry", "entries") for n in (1, 2)] == ["1 entry", "2 entries"]


def test_messages_about_one_of_a_thing():
    assert compare.how_many(np.array([True, False])) == " (1 of 2 values differs)"
    assert compare.how_many(np.array([True]), ", by 2") == " (1 of 1 value differs, by 2)"
    assert compare.how_many(np.array([True, True])) == " (2 of 2 values differ)"


def test_of_one_number_it_is_not_said_that_one_of_one_differs():
    assert compare.how_many(np.array(True), ", by 2") == ""
    solved = checks.examine(checks.find("order_solved_after"), lambda outputs, target, window: 0)
    assert "expected" in solved.text
    assert "1 of 1" not in solved.text


def test_messages_about_one_point_and_one_character():
    assert Result("bias", "wrong", 0, 1).line == "bias: wrong, 0 of 1 point"
    with pytest.raises(reading.Unreadable, match=r"cut short after 1 character$"):
        reading.parse(b"[")
