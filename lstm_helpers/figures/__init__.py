"""Matplotlib figures with one look, shown with alternative text.

``show(fig, alt)`` is the only way a picture enters a notebook: JupyterLab and nbconvert drop the alt text of plain
image outputs and keep that of an HTML ``<img alt>``.
"""

import base64
import html
import io
import os
import warnings
from contextlib import contextmanager
from dataclasses import dataclass

# Okabe & Ito's palette, with a darker f and a gold c, so that all are told apart by readers with any form of colour
# blindness, on white and on a dark page (tests/test_figures.py simulates it). One colour a quantity, everywhere.
COLOURS = {
    "i": "#009E73",
    "f": "#A84A00",
    "g": "#CC79A7",
    "o": "#0072B2",
    "c": "#AD9000",
    "h": "#56B4E9",
    "x": "#666666",
    "tanh": "#CC79A7",
    "sigmoid": "#0072B2",
}

# The same, dark enough for words: at least 4.5 to 1 on white and on pale tints of the palette.
TEXT = {"i": "#00664b", "f": "#a84a00", "g": "#963b6e", "o": "#005f96", "c": "#7a5a06", "h": "#1f6591"}

STYLE = {
    "figure.dpi": 110,
    "figure.facecolor": "white",
    "font.size": 10.5,
    "axes.titlesize": 11.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#e6e6e6",
    "grid.linewidth": 0.8,
    "axes.axisbelow": True,
    "lines.linewidth": 2.2,
    "legend.frameon": False,
    "image.cmap": "cividis",
    "svg.hashsalt": "lstm",
}


DETAIL = 1.5  # pixels of the picture for each pixel of the page: sharp on fine screens too


@contextmanager
def look():
    """The course's matplotlib style, for the figures made inside the ``with`` block."""
    import matplotlib

    with matplotlib.rc_context(STYLE):
        yield


# What a reader can make out: WCAG 2's contrast of text, and its size where JupyterLab is 800 pixels wide and leaves
# 620 of them to a picture.
CONTRAST, SMALLEST, NARROW = 4.5, 10, 620


def linear(rgb):
    """Red, green and blue as amounts of light, from the numbers of a screen; all from 0 to 1."""
    return [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in rgb]


def _luminance(rgb):
    red, green, blue = linear(rgb)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    """The contrast of two colours by WCAG 2, from 1 to 21. Each is (red, green, blue) from 0 to 1."""
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def hard_to_read(fig):
    """One sentence for each text of a figure that is too pale for what lies beneath it, or too small when narrow."""
    import numpy as np
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.colors import to_rgba
    from matplotlib.text import Text

    canvas = FigureCanvasAgg(fig)
    canvas.draw()
    texts = [t for t in fig.findobj(Text) if t.get_visible() and t.get_text().strip()]
    places = [t.get_window_extent().extents.round().astype(int) for t in texts]
    alphas = [t.get_alpha() for t in texts]
    width = fig.get_tightbbox().width * STYLE["figure.dpi"]
    for text in texts:
        text.set_alpha(0)
    canvas.draw()
    under = np.asarray(canvas.buffer_rgba())[::-1, :, :3] / 255  # row 0 at the bottom, as the places count
    found = []
    for text, alpha, (left, bottom, right, top) in zip(texts, alphas, places, strict=True):
        text.set_alpha(alpha)
        area = under[max(bottom, 0) : max(top, 0), max(left, 0) : max(right, 0)].reshape(-1, 3)
        paper = np.median(area, axis=0) if len(area) else np.ones(3)
        *ink, opacity = to_rgba(text.get_color(), alpha)
        ratio = contrast(opacity * np.array(ink) + (1 - opacity) * paper, paper)
        size = text.get_fontsize() * STYLE["figure.dpi"] / 72 * min(1, NARROW / width)
        if ratio < CONTRAST:
            found.append(f"{text.get_text()!r} has a contrast of {ratio:.1f}, not {CONTRAST}: take a colour of TEXT")
        if size < SMALLEST:
            found.append(
                f"{text.get_text()!r} is {size:.1f} pixels high at {NARROW}, not {SMALLEST}: a narrower figure"
            )
    return found


@dataclass(frozen=True, repr=False)
class Picture:
    """A picture as HTML, ``data``, and what it shows in words, which stand for it where no HTML is shown."""

    data: str
    alt: str

    def _repr_html_(self):
        return self.data

    def __repr__(self):
        return f"Picture: {self.alt}"


def show(fig, alt):
    """Turn a figure into a Picture, and close it. Return it last in a cell, or display() it.

    What its legend tells apart by colour alone is told apart on grey paper, too (``vision.set_apart``).

    ``alt`` says what the picture shows, in at least 15 characters. Under LSTM_COURSE_STRICT a figure with text that is
    hard to read, or with colours that some people cannot tell apart, gives a warning, and a build takes none.
    """
    from matplotlib import pyplot

    from lstm_helpers.figures import vision

    if len(alt.strip()) < 15:
        raise ValueError(f"alt text of length {len(alt.strip())}: say what the picture shows, in a sentence")
    vision.set_apart(fig)
    if os.environ.get("LSTM_COURSE_STRICT") and (faults := hard_to_read(fig) + vision.hard_to_tell(fig)):
        warnings.warn("\n  ".join(["what is hard to read or to tell apart:", *faults]), stacklevel=2)
    buffer = io.BytesIO()
    fig.savefig(
        buffer, format="png", dpi=DETAIL * STYLE["figure.dpi"], bbox_inches="tight", metadata={"Software": None}
    )
    pyplot.close(fig)
    data = base64.b64encode(buffer.getvalue()).decode()
    width = round(int.from_bytes(buffer.getvalue()[16:20]) / DETAIL)  # a PNG's width in pixels stands there
    return Picture(
        f'<img alt="{html.escape(alt)}" src="data:image/png;base64,{data}" '
        f'style="width:{width}px;max-width:100%;background:white;border-radius:6px">',
        alt,
    )
