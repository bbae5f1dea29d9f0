"""Draws README's moving picture anew: ``python -m tests.browser.moving_picture``, after a change of the cell explorer.

Two hands on the cell, one after the other: the forget gate closes and the cell state is lost; the input gate opens and
a new one is written. It plays once, in less than five seconds, as a picture must that has no button to stop it.
"""

import io

import numpy as np

from lstm_helpers import explorers
from lstm_helpers.course import doctor
from lstm_helpers.explorers import shared
from lstm_helpers.explorers.cell import cell
from tests import ROOT
from tests.browser.conftest import launched

PATH = cell.HERE / "cell.gif"
WIDTH, HEIGHT, SECONDS = 980, 640, 4.4
STEPS = 18  # frames a move of a hand takes
START = {"c_prev": 1.5, "b_f": 4.0, "b_i": -4.0, "b_g": 1.0, "b_o": 3.0}
MOVES = [("b_f", -4.0), ("b_i", 4.0)]


def frames(page):
    """The pictures of the explorer, as PNG, of which the first and the last of a move are seen longer."""
    yield page.screenshot()
    for name, end in MOVES:
        start = page.evaluate("(name) => model.get(name)", name)
        for part in np.linspace(0, 1, STEPS + 1)[1:]:
            slow = (1 - np.cos(np.pi * part)) / 2
            page.evaluate("([name, value]) => model.set(name, value)", [name, start + (end - start) * float(slow)])
            page.evaluate("() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))")
            yield page.screenshot()


def main():
    from PIL import Image
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = launched(playwright, doctor.find_browser())
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light")
        page.set_content(shared.page(explorers.CellExplorer(**START), "The cell"))
        page.wait_for_function("window.explorer")
        page.evaluate("() => { window.model = window.explorer.model; }")
        pictures = [Image.open(io.BytesIO(png)).convert("RGB") for png in frames(page)]
        browser.close()
    colours = pictures[len(pictures) // 2].quantize(128)
    flat = [picture.quantize(palette=colours, dither=Image.Dither.NONE) for picture in pictures]
    rest = 500  # milliseconds, at the start and after each move
    step = round((1000 * SECONDS - 3 * rest) / (2 * STEPS) / 10) * 10
    shown = [rest, *([step] * (STEPS - 1) + [rest]) * 2]
    flat[0].save(PATH, save_all=True, append_images=flat[1:], duration=shown, optimize=True)
    print(f"{PATH.relative_to(ROOT)}: {len(flat)} pictures, {sum(shown) / 1000:.1f} s, {PATH.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
