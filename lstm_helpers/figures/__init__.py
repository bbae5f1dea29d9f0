"""Matplotlib figures with one look, shown with alternative text.

``show(fig, alt)`` is the only way a picture enters a notebook: JupyterLab and nbconvert drop the alt text of plain
image outputs and keep that of an HTML ``<img alt>``.
"""

import base64
import html
import io
from contextlib import contextmanager

# Okabe & Ito's palette: told apart by readers with any form of colour blindness. One colour a quantity, everywhere.
COLOURS = {
    "i": "#009E73",
    "f": "#D55E00",
    "g": "#CC79A7",
    "o": "#0072B2",
    "c": "#B8860B",
    "h": "#56B4E9",
    "x": "#666666",
    "tanh": "#CC79A7",
    "sigmoid": "#0072B2",
}

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


def show(fig, alt):
    """Turn a figure into HTML with alternative text, and close it. Return it last in a cell, or display() it.

    ``alt`` says what the picture shows, in at least 15 characters.
    """
    from IPython.display import HTML
    from matplotlib import pyplot

    if len(alt.strip()) < 15:
        raise ValueError(f"alt text of length {len(alt.strip())}: say what the picture shows, in a sentence")
    buffer = io.BytesIO()
    fig.savefig(
        buffer, format="png", dpi=DETAIL * STYLE["figure.dpi"], bbox_inches="tight", metadata={"Software": None}
    )
    pyplot.close(fig)
    data = base64.b64encode(buffer.getvalue()).decode()
    width = round(int.from_bytes(buffer.getvalue()[16:20]) / DETAIL)  # a PNG's width in pixels stands there
    return HTML(
        f'<img alt="{html.escape(alt)}" src="data:image/png;base64,{data}" '
        f'style="width:{width}px;max-width:100%;background:white;border-radius:6px">'
    )
