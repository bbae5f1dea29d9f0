"""Notebooks in the Python of a built course in the browser, in Node (Playwright's own), without a browser."""

import json
import subprocess
from pathlib import Path

from playwright._impl._driver import compute_driver_executable


def run(folder, notebooks):
    """A dictionary for each notebook: ``name``, ``checks``, ``wrong`` cells with what they said, and ``seconds``."""
    script = Path(__file__).with_name("checks.mjs")
    command = [compute_driver_executable()[0], script, folder / "static" / "pyodide", *notebooks]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return [json.loads(line) for line in said.splitlines() if line.startswith("{")]
