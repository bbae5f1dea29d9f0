"""Pictures of every page and explorer for a person to look through: ``python -m tests.browser.pictures --out DIR``.

Each lesson and project is taken from the book in ``--site`` (default ``site/``, as ``make site`` writes it), 1280 and
800 pixels wide, each explorer from a page of its own, 1280 and 600 wide; all of them light and dark. DIR/index.html
shows them side by side. Words behind it, such as ``Cell 04``: only what has one of them in its name.
"""

import argparse
import html
from pathlib import Path

from lstm_helpers import explorers
from lstm_helpers.course import doctor
from lstm_helpers.explorers import shared
from tests import ROOT
from tests.browser.conftest import launched, serving

SCHEMES = "light", "dark"
TALL = 8_000  # pixels of a picture; a longer page becomes several

# Scrolls there. What is loaded only where it comes into view is loaded then, and drawn.
SHOWN = """async (top) => {
  scrollTo(0, top);
  await new Promise((then) => setTimeout(then, 500));
  const inView = ({ top, bottom }) => bottom > 0 && top < innerHeight;
  const images = [...document.images].filter((one) => inView(one.getBoundingClientRect()));
  await Promise.all(images.map((one) => one.decode().catch(() => {})));
}"""


def taken(browser, name, show, widths, out):
    """The pictures of one page, which ``show`` brings into the page that it is given: {name of the file: its title}."""
    found = {}
    for scheme in SCHEMES:
        for width in widths:
            page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
            show(page)
            height = max(800, page.evaluate("document.documentElement.scrollHeight"))
            page.set_viewport_size({"width": width, "height": min(TALL, height)})
            for part, top in enumerate(range(0, height, TALL), 1):
                page.evaluate(SHOWN, top)
                file = f"{name}-{width}-{scheme}-{part}.png"
                page.screenshot(path=out / file)
                found[file] = f"{name}, {width} pixels wide, {scheme}, part {part}"
            page.close()
    return found


def explorer(name):
    def show(page):
        page.set_content(shared.page(getattr(explorers, name)(), name))
        page.wait_for_function("window.explorer")

    return show


def lesson(address):
    def show(page):
        page.goto(address)
        page.wait_for_function("!window.MathJax || MathJax.startup?.promise")

    return show


def index(found):
    shown = [
        f'<figure><a href="{file}"><img src="{file}" alt="" loading="lazy" width="640"></a>'
        f"<figcaption>{html.escape(title)}</figcaption></figure>"
        for file, title in found.items()
    ]
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Every lesson and explorer</title>'
        "<style>body { display: flex; flex-wrap: wrap; align-items: flex-start } figure { margin: 8px }</style>"
        f"{''.join(shown)}</html>"
    )


def main():
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="the folder to write into")
    parser.add_argument("--site", type=Path, default=ROOT / "site", help="the book")
    parser.add_argument("words", nargs="*")
    asked = parser.parse_args()
    pages = sorted(asked.site.glob("notebooks/**/*.html"))
    if not pages:
        parser.error(f"no book in {asked.site}: make site writes one")
    names = [name for name in explorers.__all__ if isinstance(getattr(explorers, name), type)]

    def wanted(name):
        return not asked.words or any(word in name for word in asked.words)

    asked.out.mkdir(parents=True, exist_ok=True)
    found = {}
    with sync_playwright() as playwright, serving(asked.site) as address:
        browser = launched(playwright, doctor.find_browser())
        for name in filter(wanted, names):
            found |= taken(browser, name, explorer(name), (1280, 600), asked.out)
        for page in (page for page in pages if wanted(page.stem)):
            show = lesson(f"{address}/{page.relative_to(asked.site).as_posix()}")
            found |= taken(browser, page.stem, show, (1280, 800), asked.out)
        browser.close()
    (asked.out / "index.html").write_text(index(found), encoding="utf-8")
    print(f"{len(found)} pictures: open {asked.out / 'index.html'}")


if __name__ == "__main__":
    main()
