"""What a notebook's file holds: read alike by the commands for students and by the grader. Nothing in it is trusted."""

import json
import re
from dataclasses import dataclass, field

from lstm_helpers import files, wording

MOST_BRACKETS = 1_000_000  # in a notebook: each may become a list, of twenty times its size
LESSON_MARK = "lstm_course"  # in a student's copy of a lesson, among the metadata: {"lesson": stem, ...}
SIGNS = {  # how the files begin that people hand in under the name of a notebook, in small letters
    b"\x1f\x8b": "a gzip archive",
    b"pk\x03\x04": "a zip archive",
    b"7z\xbc\xaf": "a 7z archive",
    b"rar!": "a rar archive",
    b"bzh": "a bzip2 archive",
    b"\xfd7zxz": "an xz archive",
    b"%pdf": "a PDF",
    b"\x89png": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"{\\rtf": "a text of a word processor",
    b"<!doctype": "a web page",
    b"<html": "a web page",
}


class Unreadable(Exception):
    """This file is no notebook; the text says why."""


@dataclass
class Notebook:
    """The sources of the code cells, in order, and what there was to say about the file."""

    cells: list
    remarks: list = field(default_factory=list)
    grade_ids: list = field(default_factory=list)
    python: str = ""  # the version that the notebook says it was written with, "3.12.1", if it does
    lesson: str = ""  # the lesson that it says it is a student's copy of, if it does


def parse(data):
    """The Notebook in the bytes of a file, of nbformat 3, 4 or later. Raises Unreadable if it is none.

    Ids, metadata and outputs are not looked at: a file that lost them is graded like any other.
    """
    if what := next((what for sign, what in SIGNS.items() if data[:400].lstrip().lower().startswith(sign)), ""):
        raise Unreadable(f"no notebook: it is {what}, whatever its name. Hand in the .ipynb itself, or a zip of it")
    text, remarks = _decoded(data)
    if not text.strip():
        raise Unreadable("an empty file")
    if text.count("[") + text.count("{") > MOST_BRACKETS:
        raise Unreadable(f"no notebook: it holds more than {MOST_BRACKETS:,} brackets")
    try:
        content = json.loads(text)
    except RecursionError:
        raise Unreadable("no notebook: nested too deep") from None
    except ValueError as error:
        where = (
            f" after {wording.count(error.pos, 'character')}"
            if isinstance(error, json.JSONDecodeError)
            else f" ({error})"
        )
        raise Unreadable(f"no notebook: it is not JSON, or cut short{where}"[:200]) from None
    if not isinstance(content, dict):
        raise Unreadable("no notebook: it holds no cells")
    sheets = content.get("worksheets")  # nbformat 3
    listed = [content, *(sheets if isinstance(sheets, list) else ())]
    cells = [part["cells"] for part in listed if isinstance(part, dict) and isinstance(part.get("cells"), list)]
    if not cells:
        raise Unreadable("no notebook: it holds no cells")
    notebook = Notebook([], remarks, python=_python(content), lesson=_lesson(content))
    for cell in (cell for part in cells for cell in part if isinstance(cell, dict)):
        if cell.get("cell_type") == "code":
            notebook.cells.append(_source(cell))
        metadata = cell.get("metadata")
        marked = metadata.get("nbgrader") if isinstance(metadata, dict) else None
        if isinstance(marked, dict) and isinstance(marked.get("grade_id"), str):
            notebook.grade_ids.append(marked["grade_id"])
    return notebook


def _python(content):
    told = content.get("metadata")
    told = told.get("language_info") if isinstance(told, dict) else None
    version = told.get("version") if isinstance(told, dict) else None
    return version if isinstance(version, str) and re.fullmatch(r"\d{1,3}(\.\w{1,8}){1,3}", version, re.ASCII) else ""


def _lesson(content):
    told = content.get("metadata")
    mark = told.get(LESSON_MARK) if isinstance(told, dict) else None
    lesson = mark.get("lesson") if isinstance(mark, dict) else None
    return lesson if isinstance(lesson, str) else ""


def _source(cell):
    source = cell.get("source", cell.get("input", ""))
    if isinstance(source, list):
        source = "".join(line for line in source if isinstance(line, str))
    return source if isinstance(source, str) else ""


def _decoded(data):
    """(text, remarks) of UTF-8, UTF-16 or UTF-32, with or without a byte order mark, else of Latin-1."""
    encoding = json.detect_encoding(data)
    try:
        return data.decode(encoding), []
    except UnicodeDecodeError as error:
        if encoding != "utf-8" or b"{" not in data[:100]:
            raise Unreadable(f"not UTF-8 text: byte {error.start} cannot be read") from None
        return data.decode("latin-1"), ["read as Latin-1: the file is not UTF-8"]


def read(path):
    """The Notebook in the file ``path``. Raises Unreadable, which says why there is none."""
    try:
        return parse(path.read_bytes())
    except OSError as error:
        raise Unreadable(files.why(error)) from None


def code_of(path):
    """The sources of the code cells of an exercise or lesson, in order: at least one holds something.

    Raises Unreadable, which says why there is none to run.
    """
    cells = read(path).cells
    if not any(map(str.strip, cells)):
        raise Unreadable("it holds no code cell")
    return cells
