"""Tables in the folder of the results that are not as a run wrote them: somebody's work, which no run may lose."""

import hashlib
import itertools
import json
from pathlib import Path

from lstm_helpers.grading.gradebook import tables

NAMES = ("grades.csv", "canvas.csv", "gradescope.csv", "regrade.csv", "anonymous-key.csv")
SETTING = "tables"  # in the store: {path: sha256 of its values} of the tables as they were written


def put_aside(path):
    """Give a file another name beside it, which is free. Returns the new path."""
    path = Path(path)
    names = (path.with_name(f"{path.stem}.kept-{k}{path.suffix}") for k in itertools.count(1))
    return path.rename(next(name for name in names if not name.exists()))


class Watched:
    """A context manager around the writing of a class's tables: what a person changed in one of them since, or laid
    there under its name, is put aside first. ``messages`` tell of it at the end.
    """

    def __init__(self, store, out, exercises):
        self.store, self.out = store, Path(out)
        self.paths = [*NAMES, *(f"moodle/{exercise}.csv" for exercise in exercises)]
        self.messages, self._aside = [], {}

    def __enter__(self):
        written = self.store.setting(SETTING, {})
        for path, found in self._hashes().items():
            if found != written.get(path):
                self._aside[path] = put_aside(self.out / path)
        return self

    def __exit__(self, kind, *_):
        now = self._hashes()
        for path, aside in self._aside.items():
            if now.get(path) == _hash(aside):  # of a run that was stopped while it wrote, or of an earlier course
                aside.unlink()
            else:
                self.messages.append(f"{self.out / path} was not as the last run left it: that one is {aside.name} now")
        if kind is None:
            self.store.set(SETTING, now)

    def _hashes(self):
        return {path: _hash(self.out / path) for path in self.paths if (self.out / path).is_file()}


def _hash(path):
    """Of what a table says: a spreadsheet that saves it without a change writes other bytes and the same values."""
    faults = []
    values = [[*map(_value, cells)] for _, cells in tables.cells(path, faults)]
    content = path.read_bytes() if faults else json.dumps(values).encode()
    return hashlib.sha256(content).hexdigest()


def _value(text):
    try:
        return tables.number(text)
    except ValueError:
        return text
