"""Texts of the user's own: read from a file with clear errors, judged by the stored readers, with what they look at."""

import functools
import io
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lstm_helpers import wording
from lstm_helpers.data.tweets import cleaned, tweets
from lstm_helpers.projects.own_files import MISSING, TABLES, rows_of, separator, text_of, texts_of
from lstm_helpers.projects.sentiment import calibration, text
from lstm_helpers.projects.sentiment.model import stored

COLUMNS = ("text", "tweet", "message", "comment", "review", "content", "body", "sentence")
MOST = 2000  # texts that are judged at once
STRANGE = 0.5  # below this share of known words a text is no English that the readers know


@dataclass(frozen=True)
class Judged:
    """What three readers say of a text: the probability that it is positive, the lowest and the highest of the three,
    its tokens, and how much attention each of them gets (mean of the readers)."""

    text: str
    p: float
    lowest: float
    highest: float
    tokens: list
    weights: np.ndarray


def read_texts(path):
    """The texts of a file: a line each (.txt), or a row each of a table (.csv, .tsv), in the column of texts.

    Raises ValueError, with what was given and what to do, for a file that ``text_of`` cannot read, and for a table
    without a column of texts.
    """
    path = Path(path)
    written = text_of(path)
    found = _column(path, written) if path.suffix.lower() in TABLES else written.splitlines()
    found = [line for line in map(cleaned, found) if line]
    if not found:
        raise ValueError(f"{path.name} holds no text. Expected one text per line, or a table with a column of texts")
    if len(found) > MOST:
        raise ValueError(f"{path.name} holds {len(found):,} texts, expected at most {MOST:,}: cut it")
    return found


def _column(path, written):
    """The column of texts of a table: the one that is named so, or else the one with the longest entries."""
    delimiter = separator(path, written.split("\n", 1)[0])
    rows = [row for row in rows_of(path.name, io.StringIO(written, newline=""), delimiter) if row]
    names = [name.strip().lower() for name in rows[0]]
    if named := [names.index(name) for name in COLUMNS if name in names]:
        texts = [row[named[0]] for row in rows[1:] if len(row) > named[0]]
        return [text for text in texts if text.strip().lower() not in MISSING]
    wide = max(map(len, rows))
    columns = [[row[k] for row in rows if len(row) > k] for k in range(wide)]
    texts = max(columns, key=lambda column: np.mean([len(entry) for entry in column]))
    if np.mean([len(entry.split()) for entry in texts]) < 2:
        raise ValueError(
            f"{path.name} has no column of texts: its columns begin {', '.join(rows[0][:6])}. "
            f"Name the one with the texts 'text'"
        )
    return texts[1:] if len(texts[0].split()) < 2 else texts  # a column's name is one word


@functools.cache
def _known():
    """The words that stand in two of the course's tweets or more."""
    held = Counter(token.lower() for line in tweets().texts for token in {*text.tokens(line)})
    return {word for word, n in held.items() if n > 1}


def known_share(texts):
    """The share of the words of some texts that the readers have met: about 0.9 in English, 0.1 to 0.4 elsewhere."""
    words = [token.lower() for line in texts for token in text.tokens(line) if token[0].isalpha()]
    return float(np.mean([word in _known() for word in words])) if words else 0.0


def warning(texts):
    """One sentence where the readers do not know most of the words, or ""."""
    if (share := known_share(texts)) >= STRANGE:
        return ""
    known = f"only {share:.0%} of these words" if share else "no word of this"
    return (
        f"Careful: the readers know {known}. Is this English, and does it read like a short "
        "message? They learned nothing else, and answer anyway."
    )


def judge(texts):
    """A Judged for each text: a string, a list of them, or the path (a Path) of a file for ``read_texts``.

    Raises ValueError for what cannot be read, and for no text at all.
    """
    given = read_texts(texts) if isinstance(texts, Path) else texts_of(texts, "Path({})")
    texts = [cleaned(line) for line in given]
    if not any(texts):
        raise ValueError("there is no text here. Expected a sentence, a list of them, or Path('your_file.csv')")
    readings = [reader.read(texts) for reader in stored()]
    z = np.array([[reading.z for reading in of] for of in readings]) / calibration.TEMPERATURE
    p = 0.5 * (1 + np.tanh(z / 2))
    together = 0.5 * (1 + np.tanh(z.mean(axis=0) / 2))
    return [
        Judged(line, float(together[k]), float(p[:, k].min()), float(p[:, k].max()), readings[0][k].tokens,
               np.mean([of[k].weights for of in readings], axis=0))
        for k, line in enumerate(texts)
    ]  # fmt: skip


def report(judged, most=12):
    """Print a warning where one is due, then a line for each text: its probability, and the range of the readers."""
    if said := warning([j.text for j in judged]):
        print(said)
    for j in judged[:most]:
        print(f"{j.p:4.0%} positive ({j.lowest:.0%} to {j.highest:.0%})  {j.text[:90]}")
    if len(judged) > most:
        positive = sum(j.p > 0.5 for j in judged)
        print(f"... {wording.count(len(judged) - most, 'text')} more. Of all, {positive} are taken for positive.")
