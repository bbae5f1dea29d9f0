"""Dates as people write them inside a sentence, and the same in ISO 8601: ten characters for each date.

Self-made: every sentence is put together from a few forms, month names, weekdays and plain words. The weekday is the
right one. A date whose day number in the calendar is divisible by 7 is never drawn for training.
"""

from datetime import date

import numpy as np

MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
          "december")  # fmt: skip
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
FORMS = ("{d} {month} {y}", "{month} {d}, {y}", "the {nth} of {month} {y}", "{d} {mon} {y}", "{d}.{m}.{y}",
         "{weekday}, {d} {month} {y}", "{weekday}, {month} {nth}, {y}")  # fmt: skip
WORDS = ("we", "met", "her", "letter", "came", "rain", "the", "old", "house", "was", "sold", "and", "they", "left", "a",
         "note", "about", "wine", "from", "town", "it", "all", "began", "here", "born", "by", "sea")  # fmt: skip
FIRST, LAST = date(1950, 1, 1).toordinal(), date(2049, 12, 31).toordinal()
HELD_BACK = 7  # dates whose ordinal it divides are for tests alone

START, END = "^", "$"  # of an answer: neither is ever read, and START is never written
SOURCE = " .," + "0123456789" + "abcdefghijklmnopqrstuvwxyz"
TARGET = START + END + " -0123456789"


def written(day, form):
    """One date in one of FORMS."""
    nth = {1: "st", 2: "nd", 3: "rd"}.get(day.day % 10 if day.day // 10 != 1 else 0, "th")
    month = MONTHS[day.month - 1]
    return form.format(
        d=day.day, m=day.month, y=day.year, nth=f"{day.day}{nth}", month=month, mon=month[:3],
        weekday=WEEKDAYS[day.weekday()],
    )  # fmt: skip


def sentences(rng, count, many=(1, 1), words=(0, 6), *, unseen=False):
    """``count`` sentences and their dates in ISO 8601, a space between two of them: two lists of strings.

    many: how many dates a sentence holds, drawn from the first number to the second; words: how many plain words stand
    around each of them. unseen: dates that are never drawn for training.
    """
    texts, answers = [], []
    for _ in range(count):
        pieces, days = [], []
        for _ in range(rng.integers(many[0], many[1] + 1)):
            days.append(_day(rng, unseen))
            around = [WORDS[k] for k in rng.integers(len(WORDS), size=rng.integers(words[0], words[1] + 1))]
            around.insert(rng.integers(len(around) + 1), written(days[-1], FORMS[rng.integers(len(FORMS))]))
            pieces += around
        texts.append(" ".join(pieces))
        answers.append(" ".join(day.isoformat() for day in days))
    return texts, answers


def _day(rng, unseen):
    while ((day := int(rng.integers(FIRST, LAST + 1))) % HELD_BACK == 0) != unseen:
        pass
    return date.fromordinal(day)


def numbered(texts, alphabet=SOURCE):
    """Strings as columns of character numbers, shorter ones filled up with 0: ids (T, B), and their lengths (B,)."""
    place = {character: k for k, character in enumerate(alphabet)}
    lengths = np.array([len(text) for text in texts])
    ids = np.zeros((lengths.max(), len(texts)), int)
    for column, text in enumerate(texts):
        ids[: len(text), column] = [place[character] for character in text]
    return ids, lengths


def spelled(ids, alphabet=TARGET):
    """The strings that columns of character numbers (T, B) spell, each up to its END."""
    return ["".join(alphabet[k] for k in column).split(END)[0] for column in ids.T]
