"""How soon an explorer answers the hand: from a key press to the first frame in which the picture has changed.

Each is shown in a page without Jupyter. Chromium sends every frame that it puts on the screen, with its time; a press
has the time of the browser's own event. So nothing that Python does in between counts.
"""

import base64
import io
import statistics
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageChops

from lstm_helpers import explorers
from lstm_helpers.course import doctor
from lstm_helpers.explorers import shared
from tests.browser.conftest import launched

PRESSES = 40
QUIET = 200  # ms before the next press
PATIENCE = 5000  # ms for a frame to arrive here, which may be long after it was shown


class Watched(NamedTuple):
    """A row: the explorer with its state at first, the control that is pressed on, and what has to change."""

    explorer: str
    state: dict
    control: str
    region: str
    keys: tuple = ("ArrowRight", "ArrowLeft")  # one after the other: each undoes what the one before did


class Drawn(dict):
    """Random weights of a model of one's own that reads the novel's characters; its row in the table says its size."""

    def __init__(self, units, characters=75):
        rng = np.random.default_rng(0)
        shapes = {"W_x": (characters, 4 * units), "W_h": (units, 4 * units), "b": (4 * units,)}
        super().__init__({f"lstm.{name}": rng.normal(0, 0.3, shape) for name, shape in shapes.items()})
        self |= {"readout.W": rng.normal(size=(units, characters)), "readout.b": np.zeros(characters)}
        self.units = units

    def __str__(self):
        return f"{self.units} units"


FORGET_BIAS = "input[type=range][data-key=b_f]"
WATCHED = [
    Watched("CellExplorer", {"depth": "overview"}, FORGET_BIAS, ".lstm-drawing"),
    Watched("CellExplorer", {"depth": "full"}, FORGET_BIAS, ".lstm-drawing"),
    Watched("OwnExplorer", {"model": Drawn(128)}, ".lstm-scrub", ".lstm-drawing", ("ArrowLeft", "ArrowRight")),
    Watched("OwnExplorer", {"model": Drawn(128)}, "textarea", ".lstm-drawing", ("s", "Backspace")),
    Watched("OwnExplorer", {"model": Drawn(128)}, ".lstm-drawing", ".lstm-field", ("ArrowDown", "ArrowUp")),
    Watched("OwnExplorer", {}, ".lstm-scrub", ".lstm-drawing", ("ArrowLeft", "ArrowRight")),
    Watched("OwnExplorer", {}, "textarea", ".lstm-drawing", ("s", "Backspace")),
    Watched("GradientExplorer", {"length": 100}, "input[type=range][data-key=weight_scale]", ".lstm-drawing"),
    Watched("GradientExplorer", {"length": 150}, "input[type=range][data-key=forget_bias]", ".lstm-drawing"),
    Watched("GradientExplorer", {"length": 100}, "input[type=range][data-key=lag]", ".lstm-drawing"),
    Watched("AttentionExplorer", {"written": 10}, ".lstm-weights", ".lstm-drawing", ("ArrowDown", "ArrowUp")),
    Watched("AttentionExplorer", {"written": 10}, ".lstm-rows", ".lstm-drawing", ("0", "Delete")),
    Watched("AttentionExplorer", {"written": 10}, "input[type=text]", ".lstm-drawing", ("1", "Backspace")),
]


def latencies():
    """Rows (explorer, state, control, median ms, slowest ms), PRESSES each."""
    from playwright.sync_api import sync_playwright

    path = doctor.find_browser()
    with sync_playwright() as playwright:
        browser = launched(playwright, path)
        for row in WATCHED:
            page = browser.new_page(viewport={"width": 1280, "height": 800})
            times = _times(page, row)
            page.close()
            state = " ".join(f"{name}={value}" for name, value in row.state.items())
            yield row.explorer, state, row.control, round(statistics.median(times), 1), round(max(times), 1)
        browser.close()


def _times(page, row):
    """Milliseconds of each press."""
    page.set_content(shared.page(getattr(explorers, row.explorer)(**row.state), row.explorer))
    page.wait_for_function("window.explorer")
    page.evaluate(
        "addEventListener('keydown', (e) => { window.pressed = performance.timeOrigin + e.timeStamp; }, true)"
    )
    page.locator(row.control).focus()
    box = page.locator(row.region).bounding_box()
    region = tuple(map(round, (box["x"], box["y"], box["x"] + box["width"], box["y"] + box["height"])))
    frames, screen = [], page.context.new_cdp_session(page)

    def shown(frame):
        frames.append((frame["metadata"]["timestamp"], frame["data"]))
        screen.send("Page.screencastFrameAck", {"sessionId": frame["sessionId"]})

    screen.on("Page.screencastFrame", shown)
    screen.send("Page.startScreencast", {"format": "png"})
    page.wait_for_timeout(PATIENCE / 5)
    times, before = [], _pixels(frames[-1][1], region)
    for n in range(PRESSES):
        frames.clear()
        page.keyboard.press(row.keys[n % len(row.keys)])
        shown_at = _changed(page, frames, region, before)
        times.append(1000 * shown_at - page.evaluate("pressed"))
        page.wait_for_timeout(QUIET)
        before = _pixels(frames[-1][1], region)
    return times


def _changed(page, frames, region, before):
    """When the first frame was shown, in seconds, whose region is not as before."""
    seen = 0
    for _ in range(PATIENCE // 10):
        page.wait_for_timeout(10)  # frames arrive meanwhile
        for when, data in frames[seen:]:
            seen += 1
            if ImageChops.difference(before, _pixels(data, region)).getbbox():
                return when
    raise RuntimeError(f"{PATIENCE} ms after a press the picture is as before ({len(frames)} frames)")


def _pixels(data, region):
    return Image.open(io.BytesIO(base64.b64decode(data))).convert("RGB").crop(region)
