"""A text that a class is scored on and no student has seen: the course's own, or one that the instructor gives."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from lstm_helpers import wording

LONGEST, DIFFERENT = 1_000_000, 20  # characters at most, and how many different ones at least
PIECE, PIECES = 40, 2000  # characters in a piece of a text, and how many pieces are looked up


def _pieces(text):
    return ((k, text[k : k + PIECE]) for k in range(0, len(text) - PIECE + 1, max(PIECE, len(text) // PIECES)))


def _plain(text):
    """Line ends and spaces differ between copies of a text."""
    return " ".join(text.split())


def fault_of(text, known, title, least):
    """What is wrong with a text to score on, in a sentence, or "".

    known, title: the text that models are trained on, and what it is called; least: characters that are needed.
    """
    different = len({*text})
    if unknown := sorted({*text} - {*known}):
        return f"it holds characters that {title} has not, such as {', '.join(map(repr, unknown[:5]))}: replace them"
    if len(text) < least:
        return f"it has {wording.count(len(text), 'character')}, expected at least {least:,}"
    if len(text) > LONGEST:
        return f"it has {wording.count(len(text), 'character')}, expected at most {LONGEST:,}: cut a page out of it"
    if different < DIFFERENT:
        return f"it has {wording.count(different, 'different character')}, expected at least {DIFFERENT}: take prose"
    if (share := _found_in(text, known)) > 0.1:
        return f"{share:.0%} of it stands in {title}, which every student has: take a text that no student has"
    if (share := _repeated(text)) > 1 / 3:
        return f"{share:.0%} of it repeats what stands before: take a text that goes on"
    return ""


def _repeated(text):
    """Which share of a text, from 0 to 1, has stood in it before."""
    text = _plain(text)
    again = [text.find(piece) < k for k, piece in _pieces(text)]
    return sum(again) / max(len(again), 1)


def _found_in(text, known):
    """Which share of a text, from 0 to 1, stands in another one."""
    known = _plain(known)
    found = [piece in known for _, piece in _pieces(_plain(text))]
    return sum(found) / max(len(found), 1)


@dataclass
class HiddenText:
    """What a sheet holds as ``hidden`` where it scores on such a text.

    file: the course's own, which a student's edition has not; fault(text): what is wrong with a text, in a sentence, or
    "" where it can be used.
    """

    file: Path
    fault: Callable
    given: str | None = None

    def use(self, text):
        """Score on this text from now on; None: on the course's own. Raises ValueError with what was expected."""
        if text is not None and (fault := self.fault(text)):
            raise ValueError(fault)
        self.given = text

    @property
    def text(self):
        """The text that counts now, or None where there is none: in a student's edition."""
        if self.given is not None:
            return self.given
        return self.file.read_text(encoding="utf-8") if self.file.is_file() else None
