"""What every explorer is put together from: one script, one style sheet, and a picture for pages without a kernel."""

import base64
import html
import json
from pathlib import Path

import anywidget

from lstm_helpers.figures import COLOURS

HERE = Path(__file__).parent


def script(*own):
    """The ES module of an explorer: the colours of the course, ``shared.js``, then the files ``own`` with its own part.

    One text without imports, so that it works without a bundler, without the network and in a page without a kernel.
    """
    return "\n".join([f"export const COLOURS = {json.dumps(COLOURS)};\n", *map(read, [HERE / "shared.js", *own])])


def style(own):
    """The style sheet of an explorer: ``shared.css``, then the file ``own`` with the explorer's own rules."""
    return f"{read(HERE / 'shared.css')}\n{read(own)}"


# `model` is what an explorer knows of anywidget's: `set` tells the listeners of the changed trait; bytes are DataViews.
PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title><style>:root {{ color-scheme: light dark; }}
h1 {{ position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }}
{css}</style></head><body><main id="place"><h1>{title}</h1></main>
<script type="module">
const source = new Blob([{js}], {{ type: "text/javascript" }});
const module = await import(URL.createObjectURL(source));
const values = {values}, listeners = {{}};
for (const [key, text] of Object.entries({binary})) {{
  values[key] = new DataView(Uint8Array.from(atob(text), (byte) => byte.charCodeAt(0)).buffer);
}}
const model = {{
  get: (key) => values[key],
  set: (key, value) => {{ values[key] = value; for (const f of listeners[key] ?? []) f(); }},
  on: (name, f) => {{ (listeners[name.slice(7)] ??= new Set()).add(f); }},
  off: (name, f) => {{ listeners[name.slice(7)].delete(f); }},
  save_changes: () => {{}},
}};
const end = module.default.render({{ model, el: document.getElementById("place") }});
window.explorer = {{ module, model, values, listeners, end }};
</script></body></html>
"""


def values_of(widget):
    """The state that a widget's script sees: its own synced traits, by name."""
    own = set(widget.traits(sync=True)) - set(anywidget.AnyWidget.class_traits(sync=True))
    return {name: getattr(widget, name) for name in sorted(own) if not name.startswith("_")}


def parts_of(widget):
    """The same as two dictionaries that JSON can hold: plain values, and bytes in base64."""
    values = values_of(widget)
    binary = {name: base64.b64encode(value).decode() for name, value in values.items() if isinstance(value, bytes)}
    return {name: value for name, value in values.items() if name not in binary}, binary


def page(widget, title):
    """A widget as an HTML page of its own, without kernel or network: what it shows, it computes itself."""
    js, plain, binary = (json.dumps(part).replace("</", "<\\/") for part in (widget._esm, *parts_of(widget)))
    return PAGE.format(title=html.escape(title), css=widget._css, js=js, values=plain, binary=binary)


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
