"""A command that a message names can be typed as it stands, wherever it is read; one of a thing is not "1 things"."""

import ast
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from lstm_helpers import checks, cli, course, doctor, places, wording
from tests.checks.solved import ROOT

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
