"""How soon an explorer answers the hand, and how smoothly: from a key press to the first frame in which the picture has
changed, and the frames of a second while a hand moves a control, or while networks train.

Each is shown in a page without Jupyter. Chromium sends every frame that it puts on the screen, with its time; a press
has the time of the browser's own event. So nothing that Python does in between counts. Where frames are counted, the
page moves the hand: each frame brings one event, as the browser makes of many of a mouse. The processor time of the
page's thread, per frame, tells what the explorer takes of it also where other programs want the machine.
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
from lstm_helpers.explorers.train import train
from tests.browser.conftest import launched

PRESSES = 40
FRAMES = 300
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


TALL = {"layers": 2, "bidirectional": True, "steps": 8, "padding": "lengths given"}
LARGE = {"units": 32, "length": 30}
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
    Watched("MemoryExplorer", {}, "[data-gate=f]", ".lstm-drawing", ("ArrowDown", "ArrowUp")),
    Watched("MemoryExplorer", {}, "[data-gate=f]", ".lstm-drawing"),
    Watched("UnrolledExplorer", TALL, ".lstm-sweep input", ".lstm-drawing", ("ArrowLeft", "ArrowRight")),
    Watched("UnrolledExplorer", TALL, ".lstm-steps", ".lstm-drawing", ("ArrowLeft", "ArrowRight")),
    Watched("UnrolledExplorer", TALL, ".lstm-drawing", ".lstm-drawing"),
    Watched("TrainExplorer", LARGE, "input[type=range][data-key=length]", ".lstm-drawing"),
    Watched("TrainExplorer", LARGE, "[data-act=step]", ".lstm-drawing", ("Enter",)),
]


class Moved(NamedTuple):
    """A row: the explorer with its state at first, the control, and what the hand does with it, a name in HANDS."""

    explorer: str
    state: dict
    control: str
    hand: str


MOVED = [
    Moved("CellExplorer", {"depth": "overview"}, FORGET_BIAS, "slides"),
    Moved("CellExplorer", {"depth": "full"}, FORGET_BIAS, "slides"),
    Moved("MemoryExplorer", {}, "[data-gate=f]", "draws"),
    Moved("MemoryExplorer", {}, "[data-gate=f]", "points"),
    Moved("GradientExplorer", {"length": 100}, "input[type=range][data-key=weight_scale]", "slides"),
    Moved("GradientExplorer", {"length": 150}, "input[type=range][data-key=forget_bias]", "slides"),
    Moved("GradientExplorer", {"length": 150}, "input[type=range][data-key=lag]", "slides"),
    Moved("OwnExplorer", {"model": Drawn(128)}, ".lstm-scrub", "slides"),
    Moved("OwnExplorer", {"model": Drawn(128)}, ".lstm-field", "points"),
    Moved("OwnExplorer", {}, ".lstm-scrub", "slides"),
    Moved("OwnExplorer", {}, ".lstm-field", "points"),
    Moved("AttentionExplorer", {"written": 10}, ".lstm-weights", "draws"),
    Moved("AttentionExplorer", {"written": 10}, ".lstm-weights", "points"),
    Moved("UnrolledExplorer", TALL, ".lstm-sweep input", "slides"),
    Moved("UnrolledExplorer", TALL, ".lstm-steps", "slides"),
    Moved("UnrolledExplorer", TALL, ".lstm-drawing", "points"),
    Moved("TrainExplorer", LARGE, "input[type=range][data-key=length]", "slides"),
    *(Moved("TrainExplorer", {**LARGE, "task": task}, "[data-act=play]", "presses once") for task in train.TASKS),
]

# What the page does at each frame n, with the control `there` whose place is `box`. There and back again, one stop of a
# slider or some pixels a frame.
HANDS = {
    "slides": """
        const stops = Math.round((there.max - there.min) / there.step);
        there.value = Number(there.min) + back(n, stops) * there.step;
        there.dispatchEvent(new Event("input", { bubbles: true }));""",
    "points": """
        const [clientX, clientY] = [box.x + back(7 * n, box.width), box.y + back(n, box.height)];
        const target = document.elementFromPoint(clientX, clientY);
        const event = { pointerId: 1, clientX, clientY, buttons: BUTTONS, bubbles: true };
        for (const name of ["pointerover", "pointermove"]) target.dispatchEvent(new PointerEvent(name, event));""",
    "presses once": "",
}
HANDS["draws"] = HANDS["points"].replace("BUTTONS", "1")
HANDS["points"] = HANDS["points"].replace("BUTTONS", "0")
MOVE = """([selector, frames]) => new Promise((done) => {
    const there = document.querySelector(selector), box = there.getBoundingClientRect(), times = [];
    const back = (n, size) => size - Math.abs((n % (2 * size)) - size);
    const go = (now) => {
        const n = times.push(now);
        if (n > frames) return done(times);
        HAND
        requestAnimationFrame(go);
    };
    requestAnimationFrame(go);
})"""


def latencies():
    """Rows (explorer, state, control, median ms, slowest ms), PRESSES each."""
    for page, row in _shown(WATCHED):
        times = _times(page, row)
        yield *_named(row), round(statistics.median(times), 1), round(max(times), 1)


def frames():
    """Rows (explorer, state, control, hand, frames a second: median and slowest twentieth, ms of processor a frame)."""
    for page, row in _shown(MOVED):
        gaps, busy = _gaps(page, row)
        rates = [round(1000 / gap, 1) for gap in (statistics.median(gaps), np.quantile(gaps, 0.95))]
        yield *_named(row), row.hand, *rates, round(busy, 1)


def _shown(rows):
    """Each row with a page that shows its explorer."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = launched(playwright, doctor.find_browser())
        for row in rows:
            page = browser.new_page(viewport={"width": 1280, "height": 800})
            page.set_content(shared.page(getattr(explorers, row.explorer)(**row.state), row.explorer))
            page.wait_for_function("window.explorer")
            yield page, row
            page.close()
        browser.close()


def _named(row):
    return row.explorer, " ".join(f"{name}={value}" for name, value in row.state.items()), row.control


def _gaps(page, row):
    """Milliseconds from frame to frame, and those of the page's thread on a processor, per frame."""
    control = page.locator(row.control)
    if row.hand == "presses once":
        control.click()
    if row.hand == "draws":
        control.hover()
        page.mouse.down()
    page.wait_for_timeout(1000)  # what is compiled at first is not what is measured
    metrics = page.context.new_cdp_session(page)
    metrics.send("Performance.enable", {"timeDomain": "threadTicks"})

    def busy():
        return next(
            m["value"] for m in metrics.send("Performance.getMetrics")["metrics"] if m["name"] == "TaskDuration"
        )

    before = busy()
    times = page.evaluate(MOVE.replace("HAND", HANDS[row.hand]), [row.control, FRAMES])
    spent = 1000 * (busy() - before) / FRAMES
    return np.diff(times), spent


def _times(page, row):
    """Milliseconds of each press."""
    page.evaluate(
        "addEventListener('keydown', (e) => { window.pressed = performance.timeOrigin + e.timeStamp; }, true)"
    )
    page.locator(row.control).focus()
    page.wait_for_timeout(PATIENCE / 5)  # a long text is read in slices, and what is drawn finds its place
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
    screen.remove_listener("Page.screencastFrame", shown)
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
