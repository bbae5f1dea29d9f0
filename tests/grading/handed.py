"""Small notebooks to hand in, and folders of them."""

import contextlib
import json
import sqlite3

from lstm_helpers import checks

SIGMOID = """
import numpy as np
def sigmoid(z):
    e = np.exp(-np.abs(z))
    return np.where(z >= 0, 1, e) / (1 + e)
"""
WRONG = "import numpy as np\ndef sigmoid(z):\n    return np.tanh(z)\n"
SHEETS = checks.sheets()


def notebook(*cells, **more):
    """The text of a notebook with these code cells."""
    listed = [{"cell_type": "code", "source": source, "metadata": {}, "outputs": []} for source in cells]
    return json.dumps({"cells": listed, "metadata": {}, "nbformat": 4, "nbformat_minor": 5, **more})


def lay_out(folder, files):
    """Write {path: text or bytes} below ``folder``; returns the folder."""
    for path, content in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def written(out):
    """How many submissions are in the store of a run that may be under way."""
    try:
        with contextlib.closing(sqlite3.connect(f"file:{out / 'grades.sqlite'}?mode=ro", uri=True)) as opened:
            return opened.execute("SELECT count(*) FROM submission").fetchone()[0]
    except sqlite3.Error:
        return 0
