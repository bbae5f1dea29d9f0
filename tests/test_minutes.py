"""How long a lesson takes is counted, stands in its notebook and on the map, and is no more than an hour."""

import nbformat
import pytest

from lstm_helpers import course
from lstm_helpers.commands import build, minutes
from lstm_helpers.commands.fill import BuildError
from tests import ROOT

MOST = 60
LESSONS = [row for row in (*course.LESSONS, *course.PROJECTS) if (ROOT / "notebooks" / f"{row.path}.ipynb").exists()]


def lesson(*cells):
    made = {"m": nbformat.v4.new_markdown_cell, "c": nbformat.v4.new_code_cell}
    return nbformat.v4.new_notebook(cells=[made[kind](text) for kind, text in cells])


@pytest.mark.parametrize("row", LESSONS, ids=lambda row: row.stem)
def test_no_lesson_takes_more_than_an_hour(row):
    counted = minutes.minutes(nbformat.read(ROOT / "notebooks" / f"{row.path}.ipynb", as_version=4))
    assert counted <= MOST, f"{counted:.1f} minutes"


@pytest.mark.parametrize(
    ("cells", "counted"),
    [
        ([("m", "word " * 200)], 1),
        ([("c", "print(1)"), ("c", "  ")], 0.5),
        ([("c", 'predict("02-lag", number())')], 1.5),
        ([("c", 'predict("02-lag", number())\npredict("02-where", number())')], 3),
        ([("c", "model.predict(x)")], 0.5),
        ([("m", "**Predict.** one two three"), ("c", "run()")], 4 / 200 + 1.5 + 0.5),
        ([("m", "Where it says **Predict**, guess")], 5 / 200),
        ([("m", "**Before you look** x")], 4 / 200 + 1.5),
        ([("m", "**Predict.** a"), ("c", 'predict("02-lag", number())')], 2 / 200 + 1.5),  # asked once
    ],
)
def test_words_predictions_and_cells_are_counted(cells, counted):
    assert minutes.minutes(lesson(*cells)) == pytest.approx(counted)


def test_the_line_of_a_lesson_is_filled_in():
    notebook = lesson(("m", "# T\n\n**Time:** 50 minutes, without the exercise."), ("m", "word " * 3000))
    assert "counted: '**Time:** about 15 minutes'" in minutes.fill_time(notebook, "x")
    assert notebook.cells[0].source == "# T\n\n**Time:** about 15 minutes, without the exercise."
    assert minutes.fill_time(notebook, "x") == ""


def test_a_lesson_without_the_line_is_told_what_to_write():
    with pytest.raises(BuildError, match=r"01_x.ipynb has no line '\*\*Time:\*\* about 5 minutes'"):
        minutes.fill_time(lesson(("m", "# T")), "01_x.ipynb")


def test_the_row_of_the_map_is_changed_and_no_other():
    text = '[[lesson]]\nstem = "01_a"\nminutes = 40\n\n[[lesson]]\nstem = "02_b"\ntitle = "B"\nminutes = 45\n'
    assert minutes.in_map(text, "02_b", 30) == text.replace("45", "30")
    with pytest.raises(BuildError, match="03_c"):
        minutes.in_map(text, "03_c", 30)


def test_build_check_notices_and_build_fills_in(tmp_path, monkeypatch):
    row = course.LESSONS[0]
    path = tmp_path / "notebooks" / f"{row.path}.ipynb"
    path.parent.mkdir()
    notebook = lesson(("m", "**Time:** about 50 minutes"), ("m", "word " * 2000))
    path.write_text(build.text_of(notebook), encoding="utf-8")
    copy = tmp_path / "course.toml"
    copy.write_text(minutes.MAP.read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.setattr(minutes, "MAP", copy)
    assert any("counted: '**Time:** about 10 minutes'" in trouble for trouble in build.drift(tmp_path))
    said = []
    build._fill_minutes(tmp_path, lambda path: True, said.append)
    assert "about 10 minutes" in path.read_text(encoding="utf-8")
    assert f'stem = "{row.stem}"' in copy.read_text(encoding="utf-8")
    assert "minutes = 10\n" in copy.read_text(encoding="utf-8")
    assert len(said) == 2
    assert not any("**Time:**" in trouble for trouble in build.drift(tmp_path))
