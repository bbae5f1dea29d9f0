"""Notebooks in the Python of a built course in the browser, in Node (Playwright's own), without a browser."""

import json
import shutil
import subprocess
import tempfile
from pathlib import Path

from playwright._impl._driver import compute_driver_executable


def run(folder, notebooks):
    """For each notebook: ``name``, ``checks``, ``wrong`` cells and what they said, processor ``seconds`` by cell."""
    script = Path(__file__).with_name("checks.mjs")
    with tempfile.TemporaryDirectory() as copy:
        files = shutil.copytree(folder / "files", Path(copy) / "files")
        command = [compute_driver_executable()[0], script, folder / "static" / "pyodide", files, *notebooks]
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return [json.loads(line) for line in said.splitlines() if line.startswith("{")]
