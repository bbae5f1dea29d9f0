"""From a text to numbers: tokens, and for each of them rows of two tables, hashed so that no token is unknown."""

import functools
import re
import zlib
from dataclasses import dataclass

import numpy as np

LONGEST = 60  # tokens of a text that are read
CAPITALS = "<ALL CAPITALS>"
NAMES = re.compile(r"https?://\S+|www\.\S+|@\w+")  # links and names of people: the model sees only that there is one
EMOTICON = r"[<>]?[:;=8xX][-o'^]?[()\[\]{}dDpPoOsS/\\|*3@]+(?!\w)|[(\[]['-]?[:;=]|<3|\\o/|\^[_.]*\^"
TOKEN = re.compile(rf"{EMOTICON}|\w+(?:['’]\w+)*|(\S)\1*")
RUN = re.compile(r"(.)\1{2,}")


def tokens(text):
    """The words, emoticons and signs of a text, in order; a sign three times or more is written twice: "soooo", "soo".

    Links and @names become "@". A text of white space alone has one token, ".".
    """
    found = [match.group() for match in TOKEN.finditer(NAMES.sub("@", text))]
    return [RUN.sub(r"\1\1", token) for token in found[:LONGEST]] or ["."]


def pieces(token):
    """What the letters of a token say: its runs of 3 to 5 characters, "<" and ">" at its ends, and whether all of it
    is in capitals."""
    framed = f"<{token.lower()}>"
    found = {framed[k : k + n] for n in (3, 4, 5) for k in range(len(framed) - n + 1)}
    return sorted(found | ({CAPITALS} if token.isupper() and len(token) > 1 else set()))


def bucket(name, size):
    """The row of a table of ``size`` rows that a name falls into: the same on every machine."""
    return zlib.crc32(name.encode("utf-8")) % size


@functools.lru_cache(maxsize=100_000)
def _rows(token, words, size):
    return bucket(token.lower(), words), np.array([bucket(piece, size) for piece in pieces(token)])


@dataclass(frozen=True)
class Batch:
    """Texts side by side, time first, made of K different tokens.

    lengths (B,): tokens of each text; kinds (T, B): which token stands there, 0 beyond a text's end; words (K,): the
    row of each token in the table of words; pieces (P,): the rows of all their pieces in the table of pieces, one
    token after the other; of (P,): whose piece it is.
    """

    lengths: np.ndarray
    kinds: np.ndarray
    words: np.ndarray
    pieces: np.ndarray
    of: np.ndarray

    @property
    def mask(self):
        """(T, B): where a token stands."""
        return np.arange(len(self.kinds))[:, None] < self.lengths


def batch(lines, words, size):
    """The Batch of texts, each a list of tokens, for tables of ``words`` and of ``size`` rows."""
    number = {}
    kinds = np.zeros((max(map(len, lines)), len(lines)), int)
    for b, line in enumerate(lines):
        kinds[: len(line), b] = [number.setdefault(token, len(number)) for token in line]
    rows = [_rows(token, words, size) for token in number]
    return Batch(
        lengths=np.array([len(line) for line in lines]),
        kinds=kinds,
        words=np.array([word for word, _ in rows]),
        pieces=np.concatenate([part for _, part in rows]),
        of=np.repeat(np.arange(len(rows)), [len(part) for _, part in rows]),
    )
