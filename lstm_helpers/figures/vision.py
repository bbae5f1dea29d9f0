"""How far apart two colours are for people whose eyes have two kinds of cones, and in which figures that matters.

Sources: Machado, Oliveira & Fernandes 2009, "A physiologically-based model for simulation of color vision deficiency",
table 1 at severity 1; the distance is that of CIE 1976 L*a*b*, in which 2 is just seen side by side.
"""

import itertools

import numpy as np

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
    differs: not the dash, the marker or the hatching.
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
    return list(dict.fromkeys(found))


def _hex(colour):
    from matplotlib.colors import to_hex

    return to_hex(colour)


def _ink(line):
    """The colour of a line, or of its markers where there is nothing else of it."""
    return line.get_markerfacecolor() if line.get_linestyle() == "None" else line.get_color()


def _marks(ax):
    """{(look without its colour, (red, green, blue) on white)} of the lines, points and bars of a plot."""
    from matplotlib.colors import to_rgba

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
