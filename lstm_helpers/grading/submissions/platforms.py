"""What learning platforms write into the names of files and folders: whose they are, and when they were handed in."""

import re
from datetime import datetime

from lstm_helpers.notebook_file import Unreadable

MOODLE = re.compile(r"(?P<name>.+?)_(?P<id>\d+)_assignsubmission_(?:file|onlinetext)_?(?P<file>.*)", re.DOTALL)
CANVAS = re.compile(
    r"(?:(?P<name>\d*[^\W\d_][^\W_]*)_(?:LATE_)?(?P<id>\d+)|(?:LATE_)?(?P<anonymous>anon_[^\W_]+))"
    r"_(?P<file_id>\d+_)?(?P<file>(?(file_id).+|(?:text|link)\.html))",
    re.DOTALL,
)
CLASSROOM = re.compile(r"(?P<name>.+?) - (?P<file>.+)", re.DOTALL)
GRADESCOPE = re.compile(r"submission_(?P<id>\d+)")
METADATA = "submission_metadata.yml"  # who handed in what, in Gradescope's export


def platform_of(name):
    """The match of a file's name that a platform put together from its student and its own name, or None.

    The platform's part comes first; the rest is the student's, who may write into it what another platform writes.
    """
    classroom = CLASSROOM.fullmatch(name) if ".ipynb" in name.lower() else None
    if match := CANVAS.fullmatch(name) or MOODLE.fullmatch(name):
        return classroom if classroom and " - " in match["name"] else match
    return classroom


def student_of(name, platform=None):
    """(key, other names and ids) of a student, from the name of a folder, or of a file that ``platform`` matched."""
    m = platform or MOODLE.fullmatch(name)
    if m and m.re is MOODLE:
        return f"{m['name']}_{m['id']}", [m["name"], m["id"], f"Participant {m['id']}"]
    if m and m.re is CLASSROOM:
        return m["name"], []
    if m:
        return (m["anonymous"], []) if m["anonymous"] else (f"{m['name']}_{m['id']}", [m["name"], m["id"]])
    if m := GRADESCOPE.fullmatch(name):
        return name, [m["id"]]
    return name, []


def gradescope(source):
    """(folder, names and ids of each who handed it in, seconds since 1970 or None), from the file in its export."""
    import yaml

    try:
        content = yaml.safe_load(source.read())
    except (Unreadable, yaml.YAMLError, ValueError, RecursionError):
        return
    for folder, about in content.items() if isinstance(content, dict) else ():
        people = about.get(":submitters") if isinstance(about, dict) else None
        if isinstance(people, list):
            people = [[str(value) for value in p.values() if value] for p in people if isinstance(p, dict)]
            when = about.get(":created_at")
            yield folder, people, when.timestamp() if isinstance(when, datetime) else None
