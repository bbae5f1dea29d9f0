"""The explorers as pages of their own, and how one stands in a page of the book."""

import ast
import importlib
import inspect
from dataclasses import dataclass

from lstm_helpers import explorers as offered
from lstm_helpers.explorers import shared

ICON = '<link rel="icon" href="../_static/icon.svg">'  # or the browser asks the host for one


@dataclass(frozen=True)
class Explorer:
    """One explorer: the folder it lives in, its class, what it is called and shows, its page and its still picture."""

    name: str
    kind: str
    title: str
    about: str
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
        about = inspect.getdoc(importlib.import_module(made.__module__)).partition("\n")[0]
        title, _, about = about.partition(": ")
        picture = getattr(offered, f"{name}_picture")().data
        page = shared.page(made(), title).replace("<title>", f"{ICON}<title>", 1)
        found.append(Explorer(name, kind, title, about, page, picture))
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
        parts += [f"## {each.title}", f"{each.about[:1].upper()}{each.about[1:]}", each.framed("", pictures)]
        parts.append(f'<p><a href="{each.file}">{each.title} on a page of its own</a></p>')
    return "\n\n".join(parts) + "\n"
