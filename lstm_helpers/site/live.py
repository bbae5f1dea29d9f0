"""The explorers as pages of their own, and how one stands in a page of the book."""

import ast
import html
import importlib
import inspect
from dataclasses import dataclass

from lstm_helpers import explorers as offered
from lstm_helpers.explorers import shared

ICON = '<link rel="icon" href="../_static/icon.svg">'  # or the browser asks the host for one

# What stands below an explorer on a page of its own. There it wears what the reader has chosen in the book; in a frame
# it is the book's page that calls `dress`.
AROUND = """</main><footer hidden><p>{about} {trying}</p><p><a href="../explorers.html">All explorers</a></p></footer>
<style>footer {{ max-width: 60em; margin: 1em; font: 15px/1.5 system-ui, sans-serif; }}</style>
<script>
const PAPER = {{ light: ["#ffffff", "#1f2328"], dark: ["#15181c", "#e6e8eb"] }};
function dress(theme) {{
  const {{ body, documentElement: root }} = document;
  root.style.colorScheme = theme;
  body.dataset.jpThemeLight = String(theme === "light");
  body.style.setProperty("--jp-layout-color0", PAPER[theme][0]);
  body.style.setProperty("--jp-content-font-color1", PAPER[theme][1]);
}}
if (self === top) {{
  const system = matchMedia("(prefers-color-scheme: dark)");
  const chosen = () => {{
    const mode = localStorage.getItem("mode") ?? "auto";
    dress(mode === "auto" ? (system.matches ? "dark" : "light") : mode);
  }};
  chosen();
  system.addEventListener("change", chosen);
  addEventListener("storage", chosen);
  document.querySelector("footer").hidden = false;
}}
</script>"""


@dataclass(frozen=True)
class Explorer:
    """One explorer: the folder it lives in, its class, what it is called and shows, what to try, its page and its still
    picture.
    """

    name: str
    kind: str
    title: str
    about: str
    trying: str
    page: str
    picture: str

    @property
    def file(self):
        return f"explorers/{self.name}.html"

    def framed(self, up, pictures):
        """HTML: the explorer, live; its still picture on paper and where there are no scripts."""
        still = pictures.taken_out(self.picture, up)
        return (
            f'<div class="explorer"><iframe src="{up}{self.file}" title="{self.title}: an explorer" loading="lazy">'
            f'</iframe><div class="still">{still}</div></div>'
        )


def explorers():
    """Every explorer that the course has, by its folder."""
    import anywidget

    found = []
    for kind in offered.__all__:
        made = getattr(offered, kind)
        if not (inspect.isclass(made) and issubclass(made, anywidget.AnyWidget)):
            continue
        name = made.__module__.rpartition(".")[2]
        first, *more = inspect.getdoc(importlib.import_module(made.__module__)).split("\n\n")
        title, _, about = first.partition(": ")
        about = f"{about[:1].upper()}{about[1:]}"
        trying = next(" ".join(part.split()) for part in more if part.startswith("Try: "))
        picture = getattr(offered, f"{name}_picture")().data
        page = shared.page(made(), title).replace("<title>", f"{ICON}<title>", 1)
        page = page.replace("</main>", AROUND.format(about=html.escape(about), trying=html.escape(trying)), 1)
        found.append(Explorer(name, kind, title, about, trying, page, picture))
    return sorted(found, key=lambda each: each.name)


def called(explorers, source):
    """The explorer that a cell shows, or None for any other cell."""
    try:
        last = ast.parse(source).body[-1:]
    except SyntaxError:
        return None
    value = last[0].value if last and isinstance(last[0], ast.Expr) else None
    for each in explorers:
        made = isinstance(value, ast.Call) and ast.unparse(value.func) == each.kind
        named = isinstance(value, ast.Name) and f"{value.id} = {each.kind}(" in source
        if made or named:
            return each
    return None


def shown(explorers, up, pictures, source):
    """What stands in the place of a cell that shows an explorer: HTML, or None for any other cell."""
    explorer = called(explorers, source)
    return explorer and explorer.framed(up, pictures)


def gallery(explorers, pictures):
    """The page of all explorers."""
    parts = ["# Explorers", "Each computes in your browser, and can be used with the mouse or by keyboard."]
    for each in explorers:
        parts += [f"## {each.title}", f"{each.about} {each.trying}", each.framed("", pictures)]
        parts.append(f'<p><a href="{each.file}">{each.title} on a page of its own</a></p>')
    return "\n\n".join(parts) + "\n"
