"""``lstm-course bundle``: the student edition, one zip with lessons, exercises and helpers, without the solutions."""

import io
import re
import zipfile
from pathlib import Path

from lstm_helpers import course, files
from lstm_helpers.commands import build
from lstm_helpers.commands import variant as variants

NAME = "lstm-course"  # the folder that unzips
FOLDERS = ("notebooks", "exercises", "lstm_helpers", "LICENSES")
FILES = ("CITATION.cff", "LICENSE", "environment.yml", "pyproject.toml", "requirements.lock")
INSTRUCTORS = (
    "lstm_helpers/grading",
    "lstm_helpers/site",
    *(f"lstm_helpers/commands/{word}.py" for word in ("build", "bundle", "fill", "fold", "site", "variant")),
)
HIDDEN = "hidden*"  # data that a class is scored on: no student's edition holds any, wherever it lies
SUFFIXES = {".ipynb", ".pdf", ".py", ".md", ".toml", ".json", ".js", ".css", ".svg", ".gif", ".png", ".xz", ".csv",
            ".txt", ".gz", ".npz", ".html", ".jinja", ".typed"}  # fmt: skip
WHEN = (1980, 1, 1, 0, 0, 0)  # the same files give the same bytes
MARKER = "### BEGIN SOLUTION"
# What a student types; the course's own checks and the making of notebooks need the instructor's files.
TARGETS = re.compile(r"(?:test|course|bench|site|lock|\$\(VENV\)/\.(?:test|site)):")
OWN_WORK = ("\nwork/\n", "\nwork/progress.*\nwork/.*\n")  # students hand in work/, so their git has to see it


def write(path, sheets=None, variant=None):
    """Write the student edition to ``path`` and return it. Whole or not at all; the same course, the same bytes.

    sheets: a folder of an instructor's own sheets (docs/own-sheets.md) to hand out with it; variant: the number of the
    variant whose exercises it holds, in the place of the course's. Raises ValueError when an
    exercise still holds an answer or a file is not what a student's edition is made from, FileNotFoundError when
    there is no course here.
    """
    members = _members(course.root(), sheets, variant)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as zipped:
        for name, data in sorted(members.items()):
            info = zipfile.ZipInfo(f"{NAME}/{name}", WHEN)
            info.create_system, info.external_attr = 3, 0o100644 << 16
            zipped.writestr(info, data, zipfile.ZIP_DEFLATED, 9)
    files.write(path, packed.getvalue())
    return Path(path)


def _members(home, sheets, variant):
    """{name in the folder: bytes}."""
    members = {name: (home / name).read_bytes() for name in FILES}
    for folder in FOLDERS:
        members |= {str(p.relative_to(home).as_posix()): p.read_bytes() for p in _files(home / folder, home)}
    if variant is not None:
        members |= {f"exercises/{name.as_posix()}": _exercise(key) for name, key in variants.keys(variant)}
    if sheets:
        members |= _own_sheets(Path(sheets), members)
    for name, data in members.items():
        if name.endswith(".ipynb") and MARKER.encode() in data:
            raise ValueError(f"{name} holds an answer ({MARKER}): run `lstm-course build`, which makes it anew")
    members["README.md"] = _text(home, "README.md", student_readme)
    members["Makefile"] = _text(home, "Makefile", student_makefile)
    members[".gitignore"] = _text(home, ".gitignore", lambda text: _replaced(text, *OWN_WORK))
    return members


def _exercise(key):
    return build.text_of(build.exercise_of(key)).encode()


def _files(folder, home):
    for path in sorted(folder.rglob("*")):
        relative = path.relative_to(home)
        skipped = any(part.startswith((".", "__pycache__")) for part in relative.parts)
        for_instructors = _is_hidden(path) or any(relative.is_relative_to(place) for place in INSTRUCTORS)
        if path.is_file() and path.suffix in SUFFIXES and not skipped and not for_instructors:
            yield path


def _is_hidden(path):
    return path.match(HIDDEN) and path.suffix != ".py"


def _own_sheets(folder, members):
    made = sorted(p for p in (folder / "exercises").rglob("*.ipynb") if ".ipynb_checkpoints" not in p.parts)
    if not made:
        raise ValueError(f"{folder}/exercises holds no exercise: first `lstm-course build --sheets {folder}`")
    own = {f"sheets/{path.name}": path.read_bytes() for path in sorted([*folder.glob("*.py"), *folder.glob("*.md")])}
    own |= {f"exercises/{path.relative_to(folder / 'exercises').as_posix()}": path.read_bytes() for path in made}
    if taken := sorted(own.keys() & members.keys()):
        raise ValueError(f"{taken[0]} is there twice, in the course and in {folder}: give yours another name")
    return own


def _text(home, name, change):
    return change((home / name).read_text(encoding="utf-8")).encode()


def _replaced(text, old, new):
    if old not in text:
        raise ValueError(
            f"the student edition changes {old.strip()!r}, which is no longer there: see commands/bundle.py"
        )
    return text.replace(old, new)


def student_readme(text):
    """The README without what only instructors and maintainers have."""
    text = re.sub(r"^## For (?:instructors|maintainers)\n.*?(?=^## )", "", text, flags=re.M | re.S)
    text = re.sub(r"^make test .*\n", "", text, flags=re.M).replace("Two commands, in", "One command, in")
    text = re.sub(r"^\*\*In the browser, (?:(?!\n\n).)*instructor.*?\n\n", "", text, flags=re.M | re.S)
    text = re.sub(r"^\| `(?:solutions|tests|docs)/` .*\n", "", text, flags=re.M)
    text = _replaced(text, "the exercises, made from the solutions", "the exercises, as they are handed out")
    return _replaced(text, "the data, the grader |", "the data |")


def student_makefile(text):
    """The Makefile with `make lab` and `make clean` alone."""
    kept = [part for part in text.split("\n\n") if not TARGETS.match(part)]
    text = re.sub(r"^# make (?:test|course|site|lock) .*\n", "", "\n\n".join(kept), flags=re.M)
    text = re.sub(r"^\.PHONY:.*$", ".PHONY: lab clean", text, flags=re.M)
    return text.rstrip("\n") + "\n"
