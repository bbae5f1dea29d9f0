"""Dates as people write them in many languages, and the same in ISO 8601: ten characters for each date.

The patterns and names are those of Unicode's CLDR, the table that operating systems and browsers write dates with.
Texts are in small letters. A text that is another date in another of the languages ("3/4/2001", "3 listopada 1999") is
never drawn: nobody could say which is meant.
"""

import json
import lzma
import unicodedata
import zlib
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files

import numpy as np

FIRST, LAST = date(1940, 1, 1).toordinal(), date(2030, 12, 31).toordinal()
HELD_OUT = ("pt", "gl", "sk", "et")  # languages that no model of the course is trained on
SPLIT = 15  # the number of the split: another one is another test
PARTS = {"test": (0,), "validation": (1,), "training": tuple(range(2, 10))}

START = "^"  # of an answer: it is read before the first character, and never written
TARGET = "0123456789-" + START
UNKNOWN = 0  # the number of every character that no language of the file writes; of what fills up a column, too


@dataclass(frozen=True)
class Language:
    """How one language writes dates.

    name: in English. patterns: such as "{EEEE}, {d} de {MMMM} de {y}"; names: {field: its 12 or 7 names}, for months
    (MMM short, MMMM long, LLLL alone) and for weekdays from Monday on (EEE, EEEE, cccc).
    """

    code: str
    name: str
    patterns: tuple
    names: dict

    def write(self, day, pattern):
        """A ``datetime.date`` in one of ``patterns``."""
        m, d, w = day.month, day.day, day.weekday()
        fields = {"y": day.year, "M": m, "MM": f"{m:02}", "d": d, "dd": f"{d:02}"}
        for field, names in self.names.items():
            fields[field] = names[m - 1] if len(names) == 12 else names[w]
        return pattern.format(**fields)


def read_languages(text):
    """The languages of a file such as ``world_dates.json.xz``, {code: Language}, and the texts that are never drawn."""
    held = json.loads(text)
    languages = {
        code: Language(code, row["name"], tuple(row["patterns"]), row["names"])
        for code, row in held["languages"].items()
    }
    return languages, frozenset(held["ambiguous"])


@cache
def shipped():
    """``read_languages`` of the file that ships with the course: 28 languages."""
    packed = files("lstm_helpers.data").joinpath("world_dates.json.xz").read_bytes()
    return read_languages(lzma.decompress(packed).decode("utf-8"))


def languages():
    """{code: Language}, the 28 of the course's file."""
    return shipped()[0]


def trained():
    """The codes of the 24 languages that models of the course learn."""
    return [code for code in languages() if code not in HELD_OUT]


@cache
def alphabet():
    """The characters that a reader knows, in one string: place 0 stands for every other character."""
    letters = set("0123456789 ")
    for language in languages().values():
        for pattern in language.patterns:
            letters |= set(pattern.format(**dict.fromkeys(("y", "M", "MM", "d", "dd", *language.names), "")))
        letters |= set("".join("".join(names) for names in language.names.values()))
    return "\0" + "".join(sorted(letters))


def part(code, day):
    """Which part of the data a date in one language belongs to: "training", "validation" or "test"."""
    digit = zlib.crc32(f"{SPLIT} {code} {day.isoformat()}".encode()) % 10
    return next(name for name, digits in PARTS.items() if digit in digits)


def draw(rng, count, codes=None, of="training", table=None):
    """``count`` dates, each in one of the languages ``codes`` (the trained ones): lists of texts, answers and codes.

    of: the part they are drawn from, or None for any. table: what ``read_languages`` made of another file.
    """
    held, ambiguous = table or shipped()
    codes = trained() if codes is None else list(codes)
    texts, answers, spoken = [], [], []
    while len(texts) < count:
        language, day = held[codes[rng.integers(len(codes))]], date.fromordinal(int(rng.integers(FIRST, LAST + 1)))
        pattern = language.patterns[rng.integers(len(language.patterns))]
        if of is not None and part(language.code, day) != of:
            continue
        text = language.write(day, pattern)
        if without_year(text, day) in ambiguous:
            continue
        texts.append(text)
        answers.append(day.isoformat())
        spoken.append(language.code)
    return texts, answers, spoken


def without_year(text, day):
    """A text with "{y}" for its year: by this it is looked up among those that two languages read differently."""
    return text.replace(str(day.year), "{y}")


def plain(text):
    """A text as the data have it: small letters, accents and letters as one character, one kind of space."""
    return " ".join(unicodedata.normalize("NFC", str(text)).casefold().split())


def numbered(texts):
    """Texts as columns of character numbers, shorter ones filled up with 0: ids (T, B), and their lengths (B,)."""
    place = {character: k for k, character in enumerate(alphabet())}
    lengths = np.array([len(text) for text in texts])
    ids = np.zeros((lengths.max(), len(texts)), int)
    for column, text in enumerate(texts):
        ids[: len(text), column] = [place.get(character, UNKNOWN) for character in text]
    return ids, lengths


def answers_as_ids(answers):
    """Dates in ISO 8601 as columns of numbers: (10, B)."""
    return np.array([[TARGET.index(character) for character in answer] for answer in answers]).T


def spelled(ids):
    """The strings that columns of numbers (10, B) spell."""
    return ["".join(TARGET[k] for k in column) for column in np.asarray(ids).T]
