"""What every explorer is put together from: one script, one style sheet, and a picture for pages without a kernel."""

import base64
import html
import json
from pathlib import Path

from lstm_helpers.figures import COLOURS

HERE = Path(__file__).parent


def script(own):
    """The ES module of an explorer: the colours of the course, ``shared.js``, then the file ``own`` with its own part.

    One text without imports, so that it works without a bundler, without the network and in a page without a kernel.
    """
    return f"export const COLOURS = {json.dumps(COLOURS)};\n\n{read(HERE / 'shared.js')}\n{read(own)}"


def style(own):
    """The style sheet of an explorer: ``shared.css``, then the file ``own`` with the explorer's own rules."""
    return f"{read(HERE / 'shared.css')}\n{read(own)}"


def still(svg, alt, width):
    """The drawing ``svg``, a text, as HTML, at most ``width`` pixels wide. ``alt`` says what it shows."""
    from IPython.display import HTML

    data = base64.b64encode(svg.encode()).decode()
    return HTML(
        f'<img alt="{html.escape(alt)}" src="data:image/svg+xml;base64,{data}" style="width:{width}px;max-width:100%">'
    )


def read(path):
    """The text of one of an explorer's files."""
    return path.read_text(encoding="utf-8")
