"""The ten-mark question: its model answer and mark scheme, and what a program can and cannot say about an answer.

All of it stands on one page, ``essay.md``: the question, then ``## Model answer``, ``## Mark scheme`` with an item per
criterion, ``- **name** (1) what earns the mark (words: ...)``, and ``## Where marks are lost``.
"""

import functools
import re
from dataclasses import dataclass
from pathlib import Path

from lstm_helpers.exam.bank import BankError

PAGE = Path(__file__).parent / "essay.md"
CRITERION = re.compile(r"- \*\*(?P<name>[^*]+)\*\* \((?P<marks>\d)\) (?P<text>.+) \(words: (?P<words>.+)\)")
SECTIONS = ("Model answer", "Mark scheme", "Where marks are lost")


@dataclass(frozen=True)
class Criterion:
    """One line of the mark scheme. words: beginnings of words by which a first look finds where it is dealt with."""

    name: str
    marks: int
    text: str
    words: tuple


@dataclass(frozen=True)
class Essay:
    """The page: question, model answer, criteria, and where marks are lost."""

    question: str
    model: str
    scheme: tuple
    losses: tuple


@functools.cache
def load(page=PAGE):
    """Read the page. Raises BankError with the place and what is missing."""
    text = page.read_text(encoding="utf-8")
    head, *sections = re.split(r"^## ", text, flags=re.MULTILINE)
    parts = {title.strip(): body.strip() for title, _, body in (section.partition("\n") for section in sections)}
    if missing := [title for title in SECTIONS if not parts.get(title)]:
        raise BankError(f"{page.name}: expected a section `## {missing[0]}`")
    scheme = []
    for line in filter(None, parts["Mark scheme"].splitlines()):
        found = CRITERION.fullmatch(line)
        if not found:
            at = f"{page.name}, line {text.splitlines().index(line) + 1}"
            raise BankError(f"{at}: expected `- **name** (1) what earns it (words: one, two)`; found {line!r}")
        words = tuple(word.strip().casefold() for word in found["words"].split(","))
        scheme.append(Criterion(found["name"], int(found["marks"]), found["text"], words))
    losses = tuple(line.removeprefix("- ") for line in parts["Where marks are lost"].splitlines() if line)
    return Essay(head.partition("\n")[2].strip(), parts["Model answer"], tuple(scheme), losses)


@dataclass(frozen=True)
class Coverage:
    """Which criteria an answer has words of: {name: words found}. It is no score; ``repr`` says why."""

    found: dict
    words: int

    @property
    def silent(self):
        """The criteria of which no word was found."""
        return [name for name, words in self.found.items() if not words]

    def __repr__(self):
        lines = [f"{self.words} words. Where the parts of the mark scheme may be dealt with:"]
        width = max(map(len, self.found))
        for name, words in self.found.items():
            lines.append(f"  {name:<{width}}  {', '.join(words) if words else '- no word of it found'}")
        lines.append(
            "This looks for words. It cannot judge whether what you say about them\n"
            "is right, whether reasons are given, or whether the order makes sense:\n"
            "'the forget gate makes new values' would be listed, too. So there is no score\n"
            "here: compare with the mark scheme yourself, or let somebody else do it."
        )
        return "\n".join(lines)


def cover(text):
    """Look in an answer for words of each criterion. Returns a Coverage."""
    plain = _plain(str(text))
    found = {
        each.name: tuple(word for word in each.words if re.search(rf"(?<!\w){re.escape(_plain(word))}", plain))
        for each in load().scheme
    }
    return Coverage(found, len(str(text).split()))


def _plain(text):
    """In small letters; hyphens are spaces, products a star without spaces, and the index t is left out."""
    text = re.sub(r"_(t\b|\{t\})", "", text.casefold()).replace("-", " ")
    return " ".join(re.sub(r"\s*(\\odot\b|\\cdot\b|\\times\b|[*\u00b7\u2299\u00d7\u2218])\s*", "*", text).split())
