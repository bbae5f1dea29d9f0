"""How far apart two colours are on grey paper and for people whose eyes have two kinds of cones, and in which figures
that matters; ``set_apart`` gives what a legend tells apart by colour alone another dash, marker or hatching.

Sources: Machado, Oliveira & Fernandes 2009, "A physiologically-based model for simulation of color vision deficiency",
table 1 at severity 1; the distance is that of CIE 1976 L*a*b*, in which 2 is just seen side by side.
"""

import itertools
import re

import numpy as np
from matplotlib.colors import to_hex, to_rgba
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.text import Text

from lstm_helpers.figures import linear

# Turns linear red, green and blue into those that look the same to somebody without one kind of cones.
WITHOUT = {
    "red": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "green": np.array([[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]]),
    "blue": np.array([[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]]),
}
LINEAR_TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])  # sRGB
WHITE = LINEAR_TO_XYZ.sum(axis=1)
APART, ALIKE = 30, 15  # meant to be told apart by their colour; too near to be
GREY = 15  # of lightness, from 0 to 100: nearer than that, two greys in a legend are one
DASHES, MARKERS, HATCHES = ("-", "--", "-.", ":"), ("o", "s", "^", "D", "v"), (None, "///", "...", "xxx")
HUES = re.compile(r"\b(?:blue|brown|gold|golden|green|orange|pink|purple|red|yellow)\b", re.IGNORECASE)
MARKS = 12  # more colours than this in one plot are a scale, and nobody reads their names


def _lab(linear):
    ratio = LINEAR_TO_XYZ @ np.clip(linear, 0, 1) / WHITE
    x, y, z = np.where(ratio > 0.008856, np.cbrt(ratio), 7.787 * ratio + 16 / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def distances(one, other):
    """{"all": distance for most people, "red", "green", "blue": for somebody without these cones} of two colours, each
    (red, green, blue) from 0 to 1.
    """
    seen = {"all": np.eye(3), **WITHOUT}
    one, other = linear(one), linear(other)
    return {name: float(np.linalg.norm(_lab(eye @ one) - _lab(eye @ other))) for name, eye in seen.items()}


def hard_to_tell(fig):
    """One sentence for each pair of colours in a plot that some people cannot tell apart, where nothing but the colour
    differs: not the dash, the marker or the hatching. The same for a legend on grey paper, and for words that name a
    colour, which nobody sees there.
    """
    found = []
    for ax in fig.axes:
        marks = _marks(ax)
        if len({colour for _, colour in marks}) > MARKS:
            continue
        for (look, one), (same, other) in itertools.combinations(sorted(marks), 2):
            apart = distances(one, other)
            for eyes in WITHOUT if look == same and apart["all"] >= APART else ():
                if apart[eyes] < ALIKE:
                    found.append(
                        f"{_hex(one)} and {_hex(other)} look alike to people without cones for {eyes} "
                        f"({apart[eyes]:.0f} apart, not {ALIKE}): another dash, marker or colour of COLOURS"
                    )
    for legend in _legends(fig):
        found += [
            f"{label!r} and {other!r} are one grey on paper: another dash, marker or hatching"
            for (label, one), (other, two) in itertools.combinations(_entries(legend, fig), 2)
            if _one_grey(one, two)
        ]
    scales = [each for ax in fig.axes for each in (*ax.images, *ax.collections) if each.get_array() is not None]
    found += [
        f"the colour map {each.get_cmap().name} is as light at one end as in between: on grey paper take cividis"
        for each in scales
        if not _rises_or_falls(each.get_cmap())
    ]
    found += [
        f"{text!r} names a colour, which nobody sees on grey paper: say where it is, or how it is drawn"
        for text in dict.fromkeys(text.get_text() for text in fig.findobj(Text) if HUES.search(text.get_text()))
    ]
    return list(dict.fromkeys(found))


def _rises_or_falls(cmap):
    """Whether a colour map becomes lighter from one end to the other, or darker."""
    steps = np.diff([_lab(np.array(linear(rgb)))[0] for rgb in cmap(np.linspace(0, 1, 17))[:, :3]])
    return (steps >= 0).all() or (steps <= 0).all()


def set_apart(fig):
    """Change what a legend tells apart by its colour alone, where grey paper shows one grey: dash, marker or hatching.

    The first of them stays. In the whole figure all that looks like the changed one goes with it. The new look is one
    that nothing in the figure has; where none is left, that nothing of a similar grey has.
    """
    for legend in _legends(fig):
        for (_, one), (_, other) in itertools.combinations(_entries(legend, fig), 2):
            if _one_grey(one, other):
                _change(other, fig)


def _legends(fig):
    return [*fig.legends, *(ax.get_legend() for ax in fig.axes if ax.get_legend())]


def _entries(legend, fig):
    """(label, mark) of the lines and bars of a legend; no areas, which are told by where they lie."""
    bars = {_rgb(mark) for mark in _drawn(fig) if isinstance(mark, Rectangle)}
    named = zip(legend.get_texts(), legend.legend_handles, strict=True)
    return [
        (text.get_text(), mark)
        for text, mark in named
        if isinstance(mark, Line2D) or isinstance(mark, Rectangle) and _rgb(mark) in bars
    ]


def _drawn(fig):
    """The lines and bars of all plots of a figure."""
    bars = (bar for ax in fig.axes for group in ax.containers for bar in getattr(group, "patches", ()))
    return [*(line for ax in fig.axes for line in ax.lines), *bars]


def _look(mark):
    """How a line or bar is drawn, without its colour."""
    if isinstance(mark, Line2D):
        return "line", mark.get_linestyle(), str(mark.get_marker())
    return "bar", mark.get_hatch(), ""


def _rgb(mark):
    """The colour of a line or bar on white paper."""
    *rgb, opacity = to_rgba(_ink(mark) if isinstance(mark, Line2D) else mark.get_facecolor(), mark.get_alpha())
    return tuple(round(opacity * value + 1 - opacity, 3) for value in rgb)


def _near(one, other):
    """Whether two marks have one grey on paper."""
    lightness = [_lab(np.array(linear(_rgb(mark))))[0] for mark in (one, other)]
    return abs(lightness[0] - lightness[1]) < GREY


def _one_grey(one, other):
    """Whether two marks differ in their colour, and on grey paper in nothing."""
    return _look(one) == _look(other) and _rgb(one) != _rgb(other) and _near(one, other)


def _change(mark, fig):
    """Give all that looks like this mark, drawn or in a legend, another look."""
    marks = [*_drawn(fig), *(key for legend in _legends(fig) for _, key in _entries(legend, fig))]
    same = [each for each in marks if _look(each) == _look(mark) and _rgb(each) == _rgb(mark)]
    kind, dash, _ = _look(mark)
    choices, part = (HATCHES, 1) if kind == "bar" else (MARKERS, 2) if dash == "None" else (DASHES, 1)
    of_kind = [each for each in marks if _look(each)[0] == kind]
    taken = [{_look(each)[part] for each in of_kind}, {_look(each)[part] for each in of_kind if _near(each, mark)}]
    free = next((choice for used in taken for choice in choices if choice not in used), None)
    for each in same if free else ():
        if kind == "bar":
            each.set(hatch=free, edgecolor="white", linewidth=0)
        elif part == 1:
            each.set_linestyle(free)
        else:
            each.set_marker(free)


def _hex(colour):
    return to_hex(colour)


def _ink(line):
    """The colour of a line, or of its markers where there is nothing else of it."""
    return line.get_markerfacecolor() if line.get_linestyle() == "None" else line.get_color()


def _marks(ax):
    """{(look without its colour, (red, green, blue) on white)} of the lines, points and bars of a plot."""
    looks = [(("line", a.get_linestyle(), str(a.get_marker())), _ink(a), a) for a in ax.lines]
    bars = [bar for group in ax.containers for bar in getattr(group, "patches", ())]
    looks += [(("bar", str(a.get_hatch()), ""), a.get_facecolor(), a) for a in bars]  # boxes of a diagram hold words
    for points in ax.collections:
        shape = str([len(path) for path in points.get_paths()[:1]])
        looks += [(("points", shape, ""), colour, None) for colour in np.unique(points.get_facecolor(), axis=0)]
    found = set()
    for look, colour, artist in looks:
        if artist is None or artist.get_visible():
            *rgb, opacity = to_rgba(colour, None if artist is None else artist.get_alpha())
            if opacity > 0:
                found.add((look, tuple(float(round(opacity * v + 1 - opacity, 3)) for v in rgb)))
    return found
