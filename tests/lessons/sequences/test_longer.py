"""Lesson 1 says what five times as much text would change: its network was trained on pieces of 100 characters."""

import json
import subprocess
import sys

import pytest

from tests import lessons
from tests.lessons.sequences import longer

PROSE = " ".join(lessons.prose(lessons.read("01_sequences")).split())
AGAIN = f"""
import json, sys
from tests.lessons.sequences import longer
json.dump(longer.carry_out({longer.SHORT}), sys.stdout)
"""


def test_both_runs_belong_to_the_recipe():
    assert set(longer.read()) == {longer.SHORT, longer.WHOLE}, (
        "the lesson or what it calls has changed: train anew, python -m tests.lessons.sequences.longer"
    )


def test_a_run_made_again_gives_what_is_stored():
    made = subprocess.run([sys.executable, "-c", AGAIN], check=True, stdout=subprocess.PIPE, timeout=1800)
    again, stored = json.loads(made.stdout), longer.read()[longer.SHORT]
    for name in ("final", "reach_10", "reach_100"):
        assert again[name] == pytest.approx(stored[name], abs=0.02), name


def test_five_times_as_much_text_beats_the_4_grams_and_lengthens_no_memory():
    run = longer.read()[longer.WHOLE]
    assert "Give it pieces of 100 characters" in PROSE
    assert "and it reaches 2.0 bits, below the 4-gram counts" in PROSE
    assert f"{run['final']:.1f}" == "2.0"
    assert "it, too, gains next to nothing: about 0.02 bits" in PROSE
    assert 0.005 < run["reach_10"] - run["reach_100"] < 0.035
