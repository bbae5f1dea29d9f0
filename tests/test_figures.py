"""Pictures can be read: text has contrast with what lies beneath it, and is not too small on a narrow page."""

import ast
import re
from xml.etree import ElementTree

import pytest
from matplotlib import pyplot as plt

from lstm_helpers.explorers import cell_picture
from lstm_helpers.explorers.cell.cell import HERE, LAYERS, _dimmed
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


# What belongs to each layer: what it reads, itself, what it multiplies and the product.
SHOWN = {
    "f": {"+0.50", "+0.20", "forget gate", "+0.80", "keep"},
    "i": {"+0.50", "+0.20", "input gate", "i = 0.58", "i \u00b7 g = +0.31"},
    "g": {"+0.50", "+0.20", "candidate", "g = +0.54", "i \u00b7 g = +0.31"},
    "o": {"+0.50", "+0.20", "output gate", "tanh(+0.92)", "show", "+0.41"},
}


def labels(svg):
    """The texts of a drawing: those in full, and those drawn faintly."""
    name = "{http://www.w3.org/2000/svg}"
    of = {False: set(), True: set()}
    for child in ElementTree.fromstring(svg):
        for text in child.iter(f"{name}text"):
            of["opacity" in child.attrib].add("".join(text.itertext()).replace("\u200b", ""))
    return of[False], of[True]


@pytest.mark.parametrize("lit", LAYERS)
def test_a_lit_layer_is_drawn_in_full_and_the_other_three_faintly(lit):
    clear, faint = labels(_dimmed(SVG, lit))
    assert clear | faint == labels(SVG)[0]
    assert SHOWN[lit] <= clear
    assert set(LAYERS.values()) & clear == {LAYERS[lit]}
    assert any("A thicker wire" in text for text in clear)
    assert f"The {LAYERS[lit]} is lit" in cell_picture(lit).data


def test_every_picture_of_a_lesson_or_project_has_a_title():
    untitled = []
    for path in sorted((ROOT / "lstm_helpers").glob("*/*/figures.py")):
        text = path.read_text(encoding="utf-8")
        for function in ast.parse(text).body:
            source = isinstance(function, ast.FunctionDef) and ast.get_source_segment(text, function)
            if source and re.search(r"\breturn show\(", source) and "title" not in source:
                untitled.append(f"{path.parent.name}: {function.name}")
    assert untitled == []
