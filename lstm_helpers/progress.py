"""What a student's checks said, remembered in one local file: ``work/progress.json`` in the course folder.

The file is a dictionary: check name -> {"state", "points", "of", "best", "tries", "when"}; ``best`` is the most points
that any try earned. Delete it to start anew. LSTM_COURSE_PROGRESS names another file, or is "off".
"""

import json
import os
import tempfile
from datetime import datetime
from pathlib import Path

from lstm_helpers import course


def path():
    """Where progress is kept, or None when it is switched off."""
    given = os.environ.get("LSTM_COURSE_PROGRESS", "")
    if given == "off":
        return None
    return Path(given) if given else course.root() / "work" / "progress.json"


def load():
    """The remembered results; empty when there are none, or when the file cannot be read (it is then left alone)."""
    try:
        where = path()
        remembered = json.loads(where.read_text(encoding="utf-8")) if where else {}
    except (OSError, ValueError):
        return {}
    whole = isinstance(remembered, dict) and all(isinstance(entry, dict) for entry in remembered.values())
    return remembered if whole else {}


def remember(result):
    """Add one Result. Returns "", or a sentence that says why it could not be written: no check fails on that."""
    try:
        where = path()
        if where is None:
            return ""
        remembered = load()
        if not remembered and where.exists():  # unreadable: bad input loses nothing
            os.replace(where, where.with_suffix(".broken.json"))
        before = remembered.get(result.check, {})
        remembered[result.check] = {
            "state": result.state,
            "points": result.points,
            "of": result.of,
            "best": max(result.points, before.get("best", 0)),
            "tries": before.get("tries", 0) + 1,
            "when": datetime.now().isoformat(timespec="seconds"),
        }
        where.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=where.parent, delete=False, encoding="utf-8") as new:
            json.dump(remembered, new, indent=1)
        os.replace(new.name, where)  # whole or not at all, whatever happens meanwhile
    except OSError as error:
        return f"(Your progress could not be remembered: {error.strerror or error}. The check itself is fine.)"
    return ""
