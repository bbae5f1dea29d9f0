"""Pictures can be read: text has contrast with what lies beneath it, and is not too small on a narrow page."""

import ast
import re

import pytest
from matplotlib import pyplot as plt

from lstm_helpers.explorers import cell_picture
from lstm_helpers.explorers.cell.cell import HERE, LIT, READ, _dimmed
from lstm_helpers.explorers.shared import read
from lstm_helpers.figures import COLOURS, TEXT, contrast, hard_to_read, look, show
from tests import ROOT

ALT = "A box with a word in it, to see whether it can be read."


def figure(colour="black", box="white", size=10.5, width=6, alpha=None):
    """A figure with one word on a box."""
    with look():
        fig, ax = plt.subplots(figsize=(width, 2))
        ax.axis("off")
        ax.add_patch(plt.Rectangle((0, 0), 1, 1, color=box))
        ax.text(0.5, 0.5, "word", ha="center", color=colour, fontsize=size, alpha=alpha)
    return fig


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def test_contrast_is_that_of_wcag():
    assert contrast((0, 0, 0), (1, 1, 1)) == pytest.approx(21)
    assert contrast((1, 1, 1), (1, 1, 1)) == 1
    assert contrast((0.467, 0.467, 0.467), (1, 1, 1)) == pytest.approx(4.48, abs=0.01)  # #777777


@pytest.mark.parametrize("name", TEXT)
def test_words_in_a_colour_of_the_course_are_read_on_white_and_on_a_tint(name):
    tint = tuple(0.12 * int(COLOURS["o"][k : k + 2], 16) / 255 + 0.88 for k in (1, 3, 5))
    assert hard_to_read(figure(TEXT[name])) == []
    assert hard_to_read(figure(TEXT[name], box=tint)) == []


@pytest.mark.parametrize(
    "flaw",
    [
        {"colour": COLOURS["c"]},
        {"colour": "white", "box": COLOURS["f"]},
        {"colour": "black", "box": "#333333"},
        {"alpha": 0.3},
    ],
    ids=str,
)
def test_text_that_is_too_pale_for_its_box_is_found(flaw):
    (found,) = hard_to_read(figure(**flaw))
    assert found.startswith("'word' has a contrast of ")


def test_text_that_is_too_small_on_a_narrow_page_is_found():
    assert hard_to_read(figure(width=8.5)) == []
    assert len(hard_to_read(figure(width=14))) == 1
    assert len(hard_to_read(figure(size=6))) == 1


def test_looking_at_a_figure_leaves_its_text_as_it_was():
    fig = figure(alpha=0.9)
    hard_to_read(fig)
    assert [text.get_alpha() for text in fig.axes[0].texts] == [0.9]


def test_a_picture_that_is_hard_to_read_gives_a_warning_where_the_course_is_strict_alone(monkeypatch, recwarn):
    monkeypatch.delenv("LSTM_COURSE_STRICT", raising=False)
    show(figure(COLOURS["c"]), ALT)
    assert not recwarn.list
    monkeypatch.setenv("LSTM_COURSE_STRICT", "1")
    show(figure(TEXT["c"]), ALT)
    assert not recwarn.list
    with pytest.warns(UserWarning, match="'word' has a contrast of"):
        assert "<img" in show(figure(COLOURS["c"]), ALT).data


SVG = read(HERE / "cell.svg")


@pytest.mark.parametrize("lit", LIT)
def test_a_lit_layer_is_drawn_in_full_and_the_other_three_faintly(lit):
    names = {"f": "forget gate", "i": "input gate", "g": "candidate", "o": "output gate"}
    faint = [line.startswith('<g opacity=".2">') for line in _dimmed(SVG, lit).split("\n")]
    lines = SVG.strip().split("\n")
    for name, word in names.items():
        (box,) = [k for k, line in enumerate(lines) if f">{word}</text>" in line]
        assert faint[box] == (name != lit), word
    (caption,) = [k for k, line in enumerate(lines) if "A thicker wire" in line]
    assert not faint[caption]
    assert f"The {names[lit]} is lit" in cell_picture(lit).data


@pytest.mark.parametrize("mark", sorted({*READ, *(mark for marks in LIT.values() for mark in marks)}))
def test_what_is_lit_is_found_in_the_drawing(mark):
    assert any(mark in line for line in SVG.split("\n"))


def test_every_picture_of_a_lesson_or_project_has_a_title():
    untitled = []
    for path in sorted((ROOT / "lstm_helpers").glob("*/*/figures.py")):
        text = path.read_text(encoding="utf-8")
        for function in ast.parse(text).body:
            source = isinstance(function, ast.FunctionDef) and ast.get_source_segment(text, function)
            if source and re.search(r"\breturn show\(", source) and "title" not in source:
                untitled.append(f"{path.parent.name}: {function.name}")
    assert untitled == []
