"""Every explorer in Debian's own Firefox, driven by WebDriver BiDi: it opens and obeys a key without a complaint."""

import itertools
import json
import os
import shutil
import subprocess
import time

import pytest
import websocket

from lstm_helpers import explorers
from lstm_helpers.explorers import shared
from tests.benchmarks.explorers import WATCHED

pytestmark = pytest.mark.browser

START_SECONDS = 60
KEYS = {"ArrowLeft": "\ue012", "ArrowUp": "\ue013", "ArrowRight": "\ue014", "ArrowDown": "\ue015"}
FIRST = {row.explorer: row for row in reversed(WATCHED)}  # a control of each explorer, and what moves with it
NOWHERE = {
    "type": 1,
    "http": "127.0.0.1",
    "http_port": 9,
    "ssl": "127.0.0.1",
    "ssl_port": 9,
}  # a proxy that is not there
READY = "new Promise((ready) => { const look = () => window.explorer ? ready(true) : setTimeout(look, 20); look(); })"
PICTURE = """(async () => {
  for (let n = 0; n < 3; n++) await new Promise(requestAnimationFrame);
  const drawing = document.querySelector(".lstm-drawing");
  return drawing.innerHTML + [...drawing.querySelectorAll("canvas")].map((one) => one.toDataURL()).join();
})()"""


class Firefox:
    """A Firefox without a window and its one page. ``complaints``: console errors and errors that nobody caught."""

    def __init__(self, path, profile):
        prefs = "".join(f'user_pref("network.proxy.{name}", {json.dumps(value)});\n' for name, value in NOWHERE.items())
        (profile / "user.js").write_text(prefs)
        command = [path, "--headless", "--no-remote", "--profile", str(profile), "--remote-debugging-port=0"]
        with (profile / "log").open("wb") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            self.socket = websocket.create_connection(self._address(profile), START_SECONDS, suppress_origin=True)
        except BaseException:
            self.process.kill()
            raise
        self.numbers, self.complaints = itertools.count(1), []
        self.send("session.new", capabilities={})
        self.send("session.subscribe", events=["log.entryAdded"])
        self.page = self.send("browsingContext.getTree")["contexts"][0]["context"]

    def _address(self, profile):
        told = profile / "WebDriverBiDiServer.json"
        for _ in range(START_SECONDS * 10):
            if told.exists() and (text := told.read_text()):
                return "ws://{ws_host}:{ws_port}/session".format(**json.loads(text))
            if self.process.poll() is not None:
                break
            time.sleep(0.1)
        raise RuntimeError(f"Firefox did not start:\n{(profile / 'log').read_text(errors='replace')[-3000:]}")

    def send(self, method, **params):
        """A command's result; what is logged meanwhile is kept."""
        number = next(self.numbers)
        self.socket.send(json.dumps({"id": number, "method": method, "params": params}))
        while True:
            message = json.loads(self.socket.recv())
            if message["type"] == "event":
                if message["params"]["level"] == "error":
                    self.complaints.append(message["params"]["text"])
            elif message["id"] == number:
                assert message["type"] == "success", message
                return message["result"]

    def open(self, address):
        self.send("browsingContext.navigate", context=self.page, url=address, wait="complete")

    def evaluate(self, code):
        told = self.send("script.evaluate", expression=code, target={"context": self.page}, awaitPromise=True)
        assert told["type"] == "success", told
        return told["result"].get("value")

    def press(self, key):
        actions = [{"type": way, "value": KEYS[key]} for way in ("keyDown", "keyUp")]
        keyboard = {"type": "key", "id": "keyboard", "actions": actions}
        self.send("input.performActions", context=self.page, actions=[keyboard])

    def close(self):
        self.socket.close()
        self.process.terminate()
        self.process.wait(20)


@pytest.fixture(scope="module")
def firefox(tmp_path_factory):
    """A Firefox. None on the machine: the test is skipped, or fails where the environment says CI."""
    path = shutil.which("firefox-esr") or shutil.which("firefox")
    if path is None:
        reason = "no Firefox found: install Debian's firefox-esr"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    firefox = Firefox(path, tmp_path_factory.mktemp("firefox"))
    yield firefox
    firefox.close()


def test_a_control_of_every_explorer_is_looked_at():
    assert set(FIRST) == {name for name in explorers.__all__ if isinstance(getattr(explorers, name), type)}


@pytest.mark.parametrize("name", FIRST)
def test_a_key_moves_the_picture_and_nothing_is_complained_of(firefox, tmp_path, name):
    row = FIRST[name]
    page = tmp_path / "page.html"
    page.write_text(shared.page(getattr(explorers, name)(**row.state), name), encoding="utf-8")
    firefox.complaints.clear()
    firefox.open(page.as_uri())
    assert firefox.evaluate(READY)
    before = firefox.evaluate(PICTURE)
    firefox.evaluate(f"document.querySelector({json.dumps(row.control)}).focus()")
    firefox.press(row.keys[0])
    assert firefox.evaluate(PICTURE) != before
    assert firefox.complaints == []
