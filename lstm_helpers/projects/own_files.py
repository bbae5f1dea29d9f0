"""Files that a person brings along, and what is given in their place: read with clear errors."""

import csv
from pathlib import Path

LARGEST = 100_000_000  # bytes of a file of texts or numbers
TABLES = (".csv", ".tsv")
MISSING = ("", "na", "nan", "null", "-")  # what programs write where there is nothing, in small letters


def text_of(path):
    """What stands in a file of text. Raises ValueError, with what was given and what to do, for one that is not there,
    is empty or too large, is no text, or is not UTF-8."""
    path = Path(path)
    if path.is_dir():
        raise ValueError(f"{path}: this is a folder, expected a file in it")
    if not path.is_file():
        raise ValueError(f"{path}: there is no such file. A path starts at this notebook's folder; or give a full one")
    if (size := path.stat().st_size) > LARGEST:
        raise ValueError(
            f"{path.name} has {size / 1e6:,.0f} MB, expected at most {LARGEST / 1e6:.0f}: cut a part out of it"
        )
    data = path.read_bytes()
    if not data.strip():
        raise ValueError(f"{path.name} is empty: expected a text, or a table")
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise ValueError(f"{path.name} is UTF-16, as Excel writes it. Save it as UTF-8 (in Excel: 'CSV UTF-8')")
    if b"\x00" in data:
        raise ValueError(
            f"{path.name} is binary, no text (a .docx, .xlsx or .pdf is). Save it as plain text, or as CSV in UTF-8"
        )
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as trouble:
        place = data[: trouble.start].count(b"\n") + 1
        raise ValueError(
            f"{path.name} is not UTF-8: line {place} holds the byte 0x{data[trouble.start]:02x}. "
            "It may be Latin-1: open it in an editor and save it as UTF-8. If it is no text, export it as CSV"
        ) from None


def separator(path, line):
    """What separates the columns of a table whose first line this is: a comma, a semicolon or a tab."""
    return "\t" if Path(path).suffix.lower() == ".tsv" else max(",;\t", key=line.count)


def rows_of(name, lines, delimiter):
    """The rows of a table, each a list of texts. lines: of the file, in order; name: of the file, for the error.

    Raises ValueError where a quotation mark is opened and not closed: the rest of the file would be one field.
    """
    try:
        return list(csv.reader(lines, delimiter=delimiter, strict=True))
    except csv.Error as trouble:
        raise ValueError(
            f'{name}: a quotation mark " is opened and not closed, or a field is too long ({trouble}). '
            'Close it, or write "" for a mark that belongs to the text'
        ) from None


def texts_of(given, reading):
    """A list of texts: those of a list, or the one that is given.

    reading: how a file is read, "lines_of({})", for the error. Raises ValueError for the name of a file, and for what
    is no text, such as the NaN of an empty cell of a table.
    """
    if isinstance(given, Path) or (isinstance(given, str) and given.lower().endswith((".txt", *TABLES))):
        raise ValueError(
            f"{str(given)!r} is the name of a file, expected texts: write {reading.format(repr(str(given)))}"
        )
    try:
        texts = [given] if isinstance(given, str) else [] if isinstance(given, bytes | dict) else list(given)
    except TypeError:
        texts = []
    for n, text in enumerate(texts):
        if not isinstance(text, str):
            raise ValueError(
                f"text {n + 1} of {len(texts)} is {text!r}, expected words in quotation marks: leave it out"
            )
    if not texts:
        raise ValueError(f"there is no text here: expected a text or a list of them, got {given!r}")
    return texts
