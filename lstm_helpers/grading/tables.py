"""Tables that an instructor writes: CSV from a spreadsheet, whatever it puts between the columns."""

import contextlib
import csv
import io
import re
from datetime import datetime
from pathlib import Path

from lstm_helpers import files, wording

WRITTEN_OUT = ("%A, %d %B %Y, %I:%M %p", "%A, %d %B %Y, %H:%M", "%A, %B %d, %Y, %I:%M %p")  # Moodle in English
FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")  # what makes a spreadsheet run a cell

# Control characters but tab and the ends of lines, and what changes the direction of writing.
STEERS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")


class TableError(ValueError):
    """A table cannot be used; the text names file and line, and says what to do."""


class Row(dict):
    """One line of a table, {column: text}. ``wrong(text)`` is the error that points at it."""

    def __init__(self, cells, path, line):
        super().__init__(cells)
        self.path, self.line = path, line

    def wrong(self, text):
        return TableError(f"{self.path}, line {self.line}: {text}")


def read(path, needed):
    """(columns, rows) of a CSV file. ``needed`` are columns that must be there; empty lines are left out."""
    path = Path(path)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise TableError(f"{path} cannot be read: {error.strerror}") from None
    try:
        text = data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252", "replace")  # what Excel writes on Windows
    sep = re.match(r"sep=(.)\r?\n", text)  # Excel's own line, which says what stands between the columns
    first = text[sep.end() if sep else 0 :].partition("\n")[0]
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=sep[1] if sep else max(",;\t", key=first.count))
    try:
        if sep:
            next(lines)
        columns = [name.strip() for name in next(lines, [])]
        if missing := [name for name in needed if name not in columns]:
            raise TableError(
                f"{path}, line 1: there is no column {missing[0]!r}; there are: {', '.join(columns) or 'none'}. "
                f"The first line names the columns, among them {', '.join(needed)}"
            )
        rows = []
        for cells in lines:
            if not any(cell.strip() for cell in cells):
                continue
            while len(cells) > len(columns) and not cells[-1].strip():
                cells.pop()
            row = Row(zip(columns, (plain(cell.strip()) for cell in cells), strict=False), path, lines.line_num)
            if len(cells) != len(columns):
                found = wording.count(len(cells), "cell")
                raise row.wrong(f"{found}, expected {len(columns)}: put text with a comma into double quotes")
            rows.append(row)
    except csv.Error as error:
        raise TableError(f"{path}, line {lines.line_num}: {error}") from None
    return columns, rows


def moment(text):
    """Seconds since 1970 of "2026-10-01T23:59", in this computer's time zone unless it names one. Else ValueError.

    Also of the forms that learning platforms write: "2026-10-01 23:59:00 -0700", "Thursday, 1 October 2026, 11:59 PM".
    """
    text = " ".join(text.split())
    for form in WRITTEN_OUT:
        with contextlib.suppress(ValueError):
            return datetime.strptime(text, form).timestamp()
    return datetime.fromisoformat(re.sub(r" (?=[+-]\d\d:?\d\d$)", "", text.replace(" UTC", "Z"))).timestamp()


def cell(value):
    """Text on one line that a spreadsheet shows and does not run. In many countries a semicolon ends a cell, too."""
    return ";".join(map(_no_formula, harmless(" ".join(str(value).split())).split(";")))


def harmless(text):
    """The text with what steers a terminal, or turns a line around, written out: ESC as \\x1b."""
    return STEERS.sub(lambda found: ascii(found[0])[1:-1], text)


def _no_formula(text):
    seen = "".join(filter(str.isprintable, text)).lstrip(' "')  # a sign that nobody sees may stand before it
    return f"'{text}" if seen.startswith(FORMULA) and not _number(seen) else text


def _number(text):
    try:
        float(text)
    except ValueError:
        return False
    return True


def plain(text):
    """The text that ``cell`` made safe, as it was."""
    return ";".join(part[1:] if part[:1] == "'" and _no_formula(part[1:]) == part else part for part in text.split(";"))


def write(path, rows):
    """Write the rows to a CSV file, whole or not at all."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    files.write(path, text.getvalue(), sync=False)
