"""A user's own texts: dates in a text file or a column of a table, and English sentences, read with clear errors."""

import re
from datetime import date
from pathlib import Path

from lstm_helpers import wording
from lstm_helpers.data import world_dates
from lstm_helpers.projects.own_files import MISSING, TABLES, rows_of, separator, text_of, texts_of

LONGEST = 60  # characters of a text that can be a date
SENTENCE = 40  # words of a sentence


def lines_of(path, column=None):
    """The texts of a file: a line each, or of a table (.csv, .tsv) the named column; empty ones are left out.

    Raises ValueError with what was given, what was expected and what to do.
    """
    path = Path(path)
    text = text_of(path)
    if path.suffix.lower() not in TABLES:
        if column is not None:
            raise ValueError(f"{path.name} is no table: leave column out, or give a .csv or .tsv file")
        found = [line.strip() for line in text.splitlines()]
    else:
        found = _column(path, text, column)
    found = [line for line in found if line]
    if not found:
        raise ValueError(f"{path.name} has no text in it: expected one date or sentence in each line")
    return found


def _column(path, text, column):
    lines = text.strip("\r\n").splitlines()
    mark = separator(path, lines[0])
    names, *rows = rows_of(path.name, lines, mark)
    names = [name.strip() for name in names]
    if column not in names:
        raise ValueError(
            f"{path.name} has the columns {', '.join(names)}; expected one of them, such as column={names[0]!r}, got "
            f"column={column!r}"
        )
    for n, row in enumerate(rows, start=2):
        if row and len(row) != len(names):
            raise ValueError(
                f"{path.name}, line {n}: {wording.count(len(row), 'column')}, expected {len(names)} as in the header: "
                f"put quotation marks around a text that holds {mark!r}"
            )
    texts = [row[names.index(column)].strip() for row in rows if row]
    return [text for text in texts if text.lower() not in MISSING]


def read_dates(texts, reader, least=0.9):
    """What a reader makes of texts: (text, date in ISO 8601 or "", why not) for each; nothing is ever left out.

    least: how sure it has to be, from 0 to 1. A text is refused that is too long, that has characters which no language
    of the data writes, of whose date the reader is not sure, which is no day of the calendar, or whose year is another
    one: the reader has learned the years of its data alone, and makes one of them of any other. Raises ValueError for
    what is no text.
    """
    from lstm_helpers.projects.translation.model import read

    texts = texts_of(texts, "lines_of({})")
    plain = [world_dates.plain(text) for text in texts]
    fits = [k for k, text in enumerate(plain) if 0 < len(text) <= LONGEST]
    said, sure = read(reader, [plain[k] for k in fits]) if fits else ([], [])
    rows = [(text, "", f"it has {wording.count(len(text), 'character')}, expected 1 to {LONGEST}") for text in texts]
    for k, answer, p in zip(fits, said, sure, strict=True):
        rows[k] = (texts[k], *_judged(plain[k], answer, p, least))
    return rows


def _judged(text, answer, p, least):
    year = re.search(r"\d{4}", text)
    if not year:
        return "", "it has no year of four digits: expected 1999, since 99 may be 1899 or 1999"
    if len(years := re.findall(r"(?<!\d)\d{4}(?!\d)", text)) > 1:
        return "", f"it has {len(years)} years, {' and '.join(years)}: expected one date"
    unpadded = re.sub(r"\b0(?=\d\b)", "", text.replace(year[0], "{y}"))
    if unpadded in world_dates.shipped()[1]:
        return "", "it is two dates: day first in most languages, month first in the United States"
    strange = "".join(sorted({*text} - {*world_dates.alphabet()}))
    if len(strange) > len(set(text)) / 2:
        return "", f"it is written in characters that none of the languages has: {strange}"
    if answer[:4] != year[0]:
        first, last = (date.fromordinal(day).year for day in (world_dates.FIRST, world_dates.LAST))
        return "", f"it says {year[0]}, and the reader, which has learned {first} to {last}, makes {answer} of it"
    if p < least:
        return "", f"not sure: {p:.0%} for {answer}"
    try:
        date.fromisoformat(answer)
    except ValueError:
        return "", f"{answer} is no day of the calendar"
    return answer, ""


def sentences(texts):
    """English sentences as the translator takes them. Raises ValueError for one that is too long or has no words, and
    for what is no text."""
    from lstm_helpers.data.phrases import words

    texts = texts_of(texts, "lines_of({})")
    for text in texts:
        count = len(words(text))
        if not 0 < count <= SENTENCE:
            raise ValueError(
                f"{text[:40]!r} has {wording.count(count, 'word')}, expected 1 to {SENTENCE}: the translator learned "
                "from texts of 2 to 12 words, so cut longer ones into sentences"
            )
    return [(text, "") for text in texts]
