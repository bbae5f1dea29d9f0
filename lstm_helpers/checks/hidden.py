"""A text that a class is scored on and no student has seen: the course's own, or one that the instructor gives."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


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
