"""A notebook's bytes without what its cells showed: outputs and pasted pictures may take many times more than code."""

import re

LARGEST_WHOLE = 200 << 20  # bytes that are read of one file
MOST_PIECES = 5_000_000  # strings, brackets and what is between them: about three seconds
CHUNK = 1 << 20
# Outputs of cells, pictures in text cells, what widgets held: nothing of it is graded.
SHOWN = re.compile(rb'"(?:outputs|attachments|widgets)"\s{0,9}:\s{0,9}\Z')
PIECE = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"|"|[\[{]|[\]}]|[^"\[\]{}]++', re.DOTALL)
PLAIN = re.compile(rb'[^"]++')  # no key of SHOWN, and no bracket that follows one
REST = re.compile(rb'(?:[^"\\]++|\\.)*+(")?', re.DOTALL)  # of a string, and its end if that is there


def read(file, largest):
    """(bytes, how many were read): of a file of JSON, at most ``largest`` of what is left, else None in their place.

    Nothing that is left out is held in memory. None, too, for a file that takes too long.
    """
    lean, taken, rest = _Lean(), 0, b""
    while chunk := file.read(CHUNK):
        taken += len(chunk)
        rest = lean.take(rest + chunk)
        if len(lean.data) > largest or lean.pieces > MOST_PIECES or taken > LARGEST_WHOLE:
            return None, taken
    return bytes(lean.data + rest), taken


class _Lean:
    """``data``: the bytes so far without the values of the keys in SHOWN, of which the brackets alone are left."""

    def __init__(self):
        self.data, self.pieces = bytearray(), 0
        self._text, self._open_brackets = False, 0  # within a string; how many brackets are open in such a value

    def take(self, data):
        """Take the next bytes, and return those at their end that cannot be told without more."""
        at = 0
        while at < len(data):
            self.pieces += 1
            found = (REST if self._text else PIECE).match(data, at)
            piece, at = found[0], found.end()
            before = self._open_brackets
            if self._text:
                self._text = found[1] is None
            elif piece == b'"':
                self._text = True
            elif piece in (b"[", b"{"):
                if before or SHOWN.search(self.data[-40:]):
                    self._open_brackets += 1
                elif run := PLAIN.match(data, at):
                    piece, at = piece + run[0], run.end()
            elif before and piece in (b"]", b"}"):
                self._open_brackets -= 1
            if not (before and self._open_brackets):
                self.data += piece
            if self._text and data[at:] == b"\\":
                return data[at:]
        return b""
