"""Pictures can be read: text has contrast with what lies beneath it, and is not too small on a narrow page."""

import ast
import itertools
import re
from xml.etree import ElementTree

import pytest
from matplotlib import pyplot as plt
from matplotlib.colors import to_rgb

from lstm_helpers.explorers import cell_picture
from lstm_helpers.explorers.cell.cell import HERE, LAYERS, _dimmed
from lstm_helpers.explorers.shared import read
from lstm_helpers.figures import COLOURS, TEXT, contrast, hard_to_read, look, show
from lstm_helpers.figures.vision import ALIKE, WITHOUT, distances, hard_to_tell, set_apart
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
        {"colour": "white", "box": COLOURS["c"]},
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


def test_where_no_html_is_shown_a_picture_is_told_in_words():
    assert repr(show(figure(), ALT)) == f"Picture: {ALT}"
    assert repr(cell_picture("i")).startswith("Picture: ")


# --- colours that some people do not tell apart --------------------------------------------------------------------

VERMILION, GOLD = "#D55E00", "#B8860B"  # 34 apart for most people, 3 for somebody without cones for green


@pytest.mark.parametrize("eyes", ["all", *WITHOUT])
def test_any_two_colours_of_the_course_are_told_apart_by_all_eyes(eyes):
    near = {
        (one, other): distances(to_rgb(one), to_rgb(other))[eyes]
        for one, other in itertools.combinations(sorted({*COLOURS.values()}), 2)
    }
    assert min(near.values()) >= ALIKE, min(near, key=near.get)


@pytest.mark.parametrize("page", ["#ffffff", "#15181c"])
def test_a_line_of_any_colour_of_the_course_is_seen_on_a_white_and_on_a_dark_page(page):
    faint = {name: contrast(to_rgb(colour), to_rgb(page)) for name, colour in COLOURS.items()}
    del faint["h"]  # the pale blue is drawn with its name beside it
    assert min(faint.values()) >= 2.8, min(faint, key=faint.get)


@pytest.mark.parametrize("eyes", WITHOUT)
def test_greys_look_the_same_to_all_eyes(eyes):
    for grey in (0.1, 0.5, 0.9):
        found = distances((grey, grey, grey), (1, 1, 1))
        assert found[eyes] == pytest.approx(found["all"], abs=0.1)


def test_red_and_green_of_the_same_lightness_are_far_apart_for_most_people_alone():
    found = distances((0.75, 0.30, 0.25), (0.45, 0.50, 0.10))
    assert found["all"] > 45
    assert found["green"] < 15
    assert found["blue"] > 45


def two(draw):
    with look():
        fig, ax = plt.subplots()
        draw(ax)
    return fig


@pytest.mark.parametrize(
    "draw",
    [
        lambda ax: [ax.plot([0, 1], [k, 1], color=colour) for k, colour in enumerate((VERMILION, GOLD))],
        lambda ax: ax.bar([0, 1], [2, 3], color=[VERMILION, GOLD]),
        lambda ax: ax.scatter([0, 1], [0, 1], c=[VERMILION, GOLD]),
    ],
    ids=["lines", "bars", "points"],
)
def test_two_marks_that_differ_in_a_colour_alone_are_found(draw):
    found = hard_to_tell(two(draw))
    assert [re.sub(r" \(.*", "", fault) for fault in found] == [
        f"#b8860b and #d55e00 look alike to people without cones for {eyes}" for eyes in ("red", "green")
    ]
    assert all(fault.endswith("apart, not 15): another dash, marker or colour of COLOURS") for fault in found)


@pytest.mark.parametrize(
    "draw",
    [
        lambda ax: (ax.plot([0, 1], color=VERMILION), ax.plot([1, 0], color=GOLD, ls="--")),
        lambda ax: (ax.plot([0, 1], color=VERMILION, marker="o"), ax.plot([1, 0], color=GOLD, marker="s")),
        lambda ax: (ax.bar([0], [2], color=VERMILION), ax.bar([1], [2], color=GOLD, hatch="/")),
        lambda ax: (ax.plot([0, 1], color=COLOURS["f"]), ax.plot([1, 0], color=COLOURS["c"])),
        lambda ax: (ax.plot([0, 1], color=VERMILION), ax.plot([1, 0], color=GOLD, visible=False)),
        lambda ax: [ax.plot([0, 1], [k, 1], color=plt.cm.viridis(k / 20)) for k in range(20)],
        lambda ax: [ax.plot([k], [k], "o", markerfacecolor="#222222") for k in range(8)],
        lambda ax: ax.bar([0, 1], [2, 3], yerr=[1, 2], color=COLOURS["f"]),
        lambda ax: ax.errorbar([0, 1], [2, 3], yerr=[1, 2], color=COLOURS["f"]),
        lambda ax: (ax.bar([0], [2], fc="none", ec="black"), ax.bar([1], [2], color="#ffff80")),
    ],
    ids=[
        "dash",
        "marker",
        "hatching",
        "colours of the course",
        "unseen",
        "a scale",
        "markers",
        "intervals",
        "points with them",
        "an empty bar",
    ],
)
def test_marks_that_differ_in_more_than_a_colour_are_told_apart(draw):
    assert hard_to_tell(two(draw)) == []


# --- on grey paper -------------------------------------------------------------------------------------------------


def named(*marks):
    """A plot with a legend: ``marks`` draw on its axes."""

    def draw(ax):
        for mark in marks:
            mark(ax)
        ax.legend()

    return two(draw)


def lines(*names, **more):
    return [lambda ax, k=k: ax.plot([0, 1], [k, 1], color=COLOURS[k], label=k, **more) for k in names]


def bars(*names):
    return [lambda ax, k=k: ax.bar([ord(k)], [1], color=COLOURS[k], label=k) for k in names]


LOOKS = {"lines": lambda mark: mark.get_linestyle(), "points": lambda mark: mark.get_marker(),
         "bars": lambda mark: mark.get_hatch()}  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "marks"),
    [("lines", lines("f", "o")), ("points", lines("f", "o", marker="o", linestyle="")), ("bars", bars("f", "o"))],
)
def test_what_a_legend_tells_apart_by_colour_alone_is_told_apart_on_grey_paper(kind, marks):
    fig = named(*marks)
    assert [fault.partition(":")[0] for fault in hard_to_tell(fig)] == ["'f' and 'o' are one grey on paper"]
    set_apart(fig)
    (ax,) = fig.axes
    drawn = ax.lines if kind != "bars" else [group.patches[0] for group in ax.containers]
    looks = [LOOKS[kind](mark) for mark in drawn]
    assert looks[0] != looks[1]
    assert looks == [LOOKS[kind](mark) for mark in ax.get_legend().legend_handles]
    assert hard_to_tell(fig) == []


def test_what_looks_like_the_changed_one_goes_with_it_and_the_new_dash_is_no_others():
    fig = named(*lines("f", "o"), lambda ax: ax.axhline(0.5, color="#999999", linestyle="--"))
    fig.axes[0].plot([0, 1], [2, 2], color=COLOURS["o"])
    fig.axes[0].plot([0, 1], [3, 3], ":", color=COLOURS["o"])  # looks otherwise already
    set_apart(fig)
    assert [line.get_linestyle() for line in fig.axes[0].lines] == ["-", "-.", "--", "-.", ":"]


def test_the_legend_of_a_whole_figure_counts_and_a_picture_that_is_shown_has_been_set_apart():
    fig = two(lambda ax: [mark(ax) for mark in lines("f", "o")])
    fig.legend(*fig.axes[0].get_legend_handles_labels())
    assert [fault.partition(":")[0] for fault in hard_to_tell(fig)] == ["'f' and 'o' are one grey on paper"]
    show(fig, ALT)
    assert [line.get_linestyle() for line in fig.axes[0].lines] == ["-", "--"]


def test_one_colour_twice_is_no_fault_and_as_pale_as_it_is_drawn_a_bar_is_another_grey():
    assert hard_to_tell(named(*lines("f"), *lines("f"))) == []
    pale = lambda ax: ax.bar([0], [1], color=COLOURS["f"], alpha=0.2, label="pale")  # noqa: E731
    assert hard_to_tell(named(pale, *bars("o"))) == []


@pytest.mark.parametrize("marks", [lines("o", "h"), [*lines("f"), *lines("o", linestyle="--")]], ids=["light", "dash"])
def test_what_grey_paper_shows_is_left_as_it_is(marks):
    fig = named(*marks)
    before = [line.get_linestyle() for line in fig.axes[0].lines]
    set_apart(fig)
    assert [line.get_linestyle() for line in fig.axes[0].lines] == before
    assert hard_to_tell(fig) == []


def test_a_dash_may_come_again_where_its_grey_is_far_away():
    fig = named(*lines("f", "o"))
    fig.axes[0].plot([0, 1], [2, 2], "-.", color="#bbbbbb")
    fig.axes[0].plot([0, 1], [3, 3], ":", color="#bbbbbb")
    fig.axes[0].plot([0, 1], [4, 4], "--", color="#555555")
    set_apart(fig)
    assert fig.axes[0].lines[1].get_linestyle() == "-."


def test_nested_areas_are_left_to_where_they_lie():
    fig = named(
        *[lambda ax, a=a: ax.fill_between([0, 1], -a, a, color="#56B4E9", alpha=a, label=a) for a in (0.5, 0.6)]
    )
    set_apart(fig)
    assert [key.get_hatch() for key in fig.axes[0].get_legend().legend_handles] == [None, None]


def test_more_lines_of_one_grey_than_there_are_dashes_are_refused():
    fig = named(*[lambda ax, k=k: ax.plot([0, 1], [k, 1], color=(0.4, 0.4, 0.4 + k / 90), label=k) for k in range(5)])
    set_apart(fig)
    assert any("are one grey on paper" in fault for fault in hard_to_tell(fig))


@pytest.mark.parametrize(("cmap", "faults"), [("cividis", 0), ("Blues", 0), ("PuOr_r", 1), ("jet", 1)])
def test_a_colour_map_that_is_no_scale_of_greys_is_refused(cmap, faults):
    found = hard_to_tell(two(lambda ax: ax.imshow([[0, 1]], cmap=cmap)))
    assert len(found) == faults
    assert all(cmap in fault for fault in found)


def test_a_word_for_a_colour_is_refused_in_a_figure():
    (fault,) = hard_to_tell(two(lambda ax: (ax.set_title("Orange leads back"), ax.set_xlabel("Orange leads back"))))
    assert fault.startswith("'Orange leads back' names a colour")  # once, however often it stands there
    assert hard_to_tell(two(lambda ax: ax.set_title("The reduced gradient"))) == []


def test_such_a_picture_gives_a_warning_where_the_course_is_strict(monkeypatch):
    monkeypatch.setenv("LSTM_COURSE_STRICT", "1")
    with pytest.warns(UserWarning, match="look alike to people without cones for green"):
        show(two(lambda ax: ax.bar([0, 1], [2, 3], color=[VERMILION, GOLD])), ALT)


# --- README's picture ------------------------------------------------------------------------------------------------


def test_the_moving_picture_of_the_readme_is_small_and_comes_to_rest_within_five_seconds():
    """Who cannot look away from what moves has no button to stop it (WCAG 2, 2.2.2)."""
    from PIL import Image

    (path,) = re.findall(r"!\[[^\]]{80,}\]\((\S+\.gif)\)", (ROOT / "README.md").read_text(encoding="utf-8"))
    assert (ROOT / path).stat().st_size < 500_000
    with Image.open(ROOT / path) as picture:
        assert "loop" not in picture.info  # it plays once
        seconds = 0
        for number in range(picture.n_frames):
            picture.seek(number)
            seconds += picture.info["duration"] / 1000
        assert picture.n_frames > 20
        assert 2 < seconds < 5


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
