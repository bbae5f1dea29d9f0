"""Tables that an instructor writes: CSV from a spreadsheet, whatever it puts between the columns."""

import contextlib
import csv
import io
import re
from datetime import datetime
from pathlib import Path

from lstm_helpers import course, files, wording

WRITTEN_OUT = ("%A, %d %B %Y, %I:%M %p", "%A, %d %B %Y, %H:%M", "%A, %B %d, %Y, %I:%M %p")  # Moodle in English
FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")  # what makes a spreadsheet run a cell

MOST_FAULTS = 10  # lines that are named at once


class TableError(ValueError):
    """A table cannot be used; the text names file and line, and says what to do.

    where: the file and line of a single fault, such as "manual.csv, line 3", or the file alone.
    """

    def __init__(self, text, where=""):
        super().__init__(f"{where}: {text}" if where else text)
        self.where = where

    @property
    def place(self):
        """(file, line), to sort by."""
        file, line, number = self.where.rpartition(", line ")
        return (file, int(number)) if line else (self.where, 0)


class Row(dict):
    """One line of a table, {column: text}. ``wrong(text)`` is the error that points at it."""

    def __init__(self, cells, path, line):
        super().__init__(cells)
        self.where = f"{path}, line {line}"

    def wrong(self, text):
        return TableError(text, self.where)


def refuse(faults):
    """Raise one TableError that names these, file by file in the order of their lines; nothing if there are none."""
    if len(faults) == 1:
        raise faults[0]
    if faults:
        files_of = list(dict.fromkeys(fault.place[0] for fault in faults))
        ordered = sorted(faults, key=lambda fault: (files_of.index(fault.place[0]), fault.place[1]))
        more = len(faults) - MOST_FAULTS
        told = [*map(str, ordered[:MOST_FAULTS]), *([f"and {more} more"] if more > 0 else ())]
        raise TableError("\n  ".join([f"{len(faults)} lines cannot be used, so nothing is taken from them:", *told]))


def settle(own, faults):
    """The faults of one table go to ``faults``, a list that is refused later with others; None: refuse them now."""
    if faults is None:
        refuse(own)
    else:
        faults += own


def lines(path, needed, made, faults=None):
    """[made(row)] of the rows of a CSV file. All lines that cannot be used are named together (``settle``)."""
    own, listed = [], []
    for row in read(path, needed, own)[1]:
        try:
            listed.append(made(row))
        except TableError as fault:
            own.append(fault)
    settle(own, faults)
    return listed


def read(path, needed, faults=None):
    """(columns, rows) of a CSV file. ``needed`` are columns that must be there; empty lines are left out.

    faults: of single lines (``settle``); without columns there is nothing to read, which is an error at once.
    """
    path, own = Path(path), []
    found = cells(path, own)
    columns = next(found, (1, []))[1]
    if not columns:
        refuse(own)
    if missing := [name for name in needed if name not in columns]:
        raise TableError(
            f"{path}, line 1: there is no column {missing[0]!r}; there are: {', '.join(columns) or 'none'}. "
            f"The first line names the columns, among them {', '.join(needed)}"
        )
    if twice := [name for name in columns if name and columns.count(name) > 1]:
        which = " and ".join(str(k) for k, name in enumerate(columns, 1) if name == twice[0])
        raise TableError(
            f"{path}, line 1: the columns {which} have one name, {twice[0]!r}: take one of them out, or rename it"
        )
    rows = []
    for number, told in found:
        while len(told) > len(columns) and not told[-1]:
            told.pop()
        row = Row(zip(columns, map(plain, told), strict=False), path, number)
        if len(told) == len(columns):
            rows.append(row)
        elif any(told):
            found_of = f"{wording.count(len(told), 'cell')}, expected {len(columns)}"
            own.append(row.wrong(f"{found_of}: put text with a comma into double quotes"))
    settle(own, faults)
    return columns, [row for row in rows if any(row.values())]


def cells(path, faults):
    """(line, cells) of each line of a CSV file, whatever a spreadsheet puts between them and around them."""
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
    between = sep[1] if sep else max(",;\t", key=first.count)
    found = csv.reader(io.StringIO(text, newline=""), delimiter=between, strict=True)
    try:
        if sep:
            next(found)
        for told in found:
            yield found.line_num, [cell.strip() for cell in told]
    except csv.Error as error:
        line, why = _open_quote(text, between) or (found.line_num, str(error))
        faults.append(TableError(why, f"{path}, line {line}"))


def _open_quote(text, between):
    """(line, what to do) of the first cell whose double quotes do not match; None if they all do.

    The error of the csv module names the line where the text ended, many lines below.
    """
    cell = re.compile(rf'(?:"(?:[^"]|"")*"|(?!")[^{re.escape(between)}\r\n]*)(?:{re.escape(between)}|\r\n?|\n|\Z)')
    at = 0
    while at < len(text):
        if not (fits := cell.match(text, at)):
            begins = wording.harmless(text[at : at + 30].splitlines()[0])
            why = f"the double quote that opens the cell {begins} is not closed at the cell's end, and hides what "
            why += 'follows: close it or take it out; a double quote inside of quoted text is written twice ("")'
            return len(re.findall(r"\r\n?|\n", text[:at])) + 1, why
        at = fits.end()
    return None


def pairs(text, where):
    """{name: value} of a text such as "cell=60, memory=2GB"; ``where`` begins the TableError of a name given twice."""
    values = {}
    for part in filter(str.strip, re.split(r"[,;]", text)):
        name, _, value = map(str.strip, part.partition("="))
        if name in values:
            raise TableError(
                f"{where}: {name} is given twice, as {values[name]!r} and as {value!r}: take one of them out"
            )
        values[name] = value
    return values


def exercise(given, check, sheets, wrong):
    """The exercise that a table means (course.meant), which has the check if one is named.

    wrong(text): the error of that line, which is raised otherwise.
    """
    try:
        meant = course.meant(given, sheets)
    except ValueError as why:
        raise wrong(str(why)) from None
    if check and check not in sheets[meant].checks:
        raise wrong(f"{meant} has no check {check!r}; it has: {', '.join(sheets[meant].checks)}")
    return meant


def number(text):
    """The number in a cell, with a decimal point or comma. ValueError when it is none."""
    return float(text.replace(",", "."))


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
    """Text on one line that a spreadsheet shows and does not run: an apostrophe stands before what may be a formula.

    In many countries a semicolon ends a cell, too. A comma, for which ``write`` puts the cell into quotes, takes its
    place where a formula would begin behind it: there an apostrophe would be shown, in the middle of a sentence.
    """
    first, *others = wording.harmless(" ".join(str(value).split())).split(";")
    text = first + "".join(("," if _runs(part) else ";") + part for part in others)
    return f"'{text}" if _runs(text) else text


def _runs(text):
    """Whether a spreadsheet would take the text for a formula."""
    seen = "".join(filter(str.isprintable, text)).lstrip(' "')  # a sign that nobody sees may stand before it
    return seen.startswith(FORMULA) and not _number(seen)


def _number(text):
    try:
        float(text)
    except ValueError:
        return False
    return True


def plain(text):
    """The text that ``cell`` made safe, without the apostrophe."""
    return text[1:] if text[:1] == "'" and _runs(text[1:]) else text


def write(path, rows):
    """Write the rows to a CSV file, whole or not at all."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    files.write(path, text.getvalue(), sync=False)
