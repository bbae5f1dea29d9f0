"""The library as it was found: whose each piece is, from which notebook, and what that means for the layer."""

import textwrap
from dataclasses import dataclass
from datetime import datetime

from lstm_helpers import wording
from lstm_helpers.yours import pieces

QUICK = ("pre_activation_gradients", "weight_gradients")
LAYER = ("lstm_forward", "lstm_forward_cached", "lstm_backward", *QUICK)  # what the layer itself calls,
INSIDE = ("sigmoid", "lstm_step", "project_inputs", "lstm_step_fused", "lstm_step_backward")  # and what these call
NOT_THEIRS = "the course's own"
WIDTH = 96  # columns of the report


@dataclass(frozen=True)
class Notebook:
    """A student's notebook: its name as a person reads it, when it was saved, and why it gives nothing, or "": "is not
    there yet"."""

    called: str
    saved: datetime | None = None
    trouble: str = ""

    def __str__(self):
        if self.trouble or self.saved is None:
            return f"{self.called} {self.trouble}".strip()
        return f"{self.called}, saved {self.saved.day} {self.saved:%b} {self.saved:%H:%M}"


@dataclass(frozen=True)
class Found:
    """A piece of the library: the function that runs, whether it is the student's, and if not, why.

    helped: functions of the course that it calls in place of the student's; source: the student's text, or "".
    """

    piece: pieces.Piece
    notebook: Notebook
    function: object
    theirs: bool
    why: str = ""
    helped: tuple = ()
    source: str = ""

    @property
    def whose(self):
        return "your" if self.theirs else "the course's"

    def said(self, words):
        """Whose it is, in words: "your backward pass (work/06_..., saved 12 Nov 14:03)"."""
        helped = f", with the course's {', '.join(self.helped)}" if self.helped and self.theirs else ""
        return f"your {words} ({self.notebook}{helped})" if self.theirs else f"the course's {words}: {self.why}"


class Library:
    """``found``: {name: Found} of every piece of the contract, and ``trouble``: what concerns all of it, or ""."""

    def __init__(self, found, trouble=""):
        self.found, self.trouble = found, trouble

    def __getitem__(self, name):
        """The function that runs for a piece."""
        return self.found[name].function

    @property
    def quick(self):
        """Whether both halves of the quick backward pass are the student's: then it runs, not ``lstm_backward``."""
        return all(self.found[name].theirs for name in QUICK)

    def backward(self):
        """The function that runs for the whole backward pass: it takes and gives what ``lstm_backward`` does."""
        if not self.quick:
            return self["lstm_backward"]
        loop, weight_gradients = (self[name] for name in QUICK)

        def in_one_product(dh, dh_next, dc_next, x, h, c, gates, W_x, W_h):
            dz, dh_0, dc_0 = loop(dh, dh_next, dc_next, c, gates, W_h)
            return dz @ W_x.T, dh_0, dc_0, *weight_gradients(dz, x, h)

        return in_one_product

    def __str__(self):
        lines = [f"Your library: {self.count}."] + ([self.trouble] if self.trouble else [])
        for exercise in pieces.EXERCISES:
            those = [self.found[piece.name] for piece in pieces.of(exercise)]
            notebook = those[0].notebook
            lines.append(str(notebook))
            lines += [_row(found) for found in those]
        lines.append(self.runs)
        return "\n".join(
            line if len(line) <= WIDTH else textwrap.fill(line, WIDTH, subsequent_indent=" " * 8) for line in lines
        )

    __repr__ = __str__

    @property
    def count(self):
        """How many pieces are the student's, in words."""
        theirs = sum(found.theirs for found in self.found.values())
        return f"{theirs} of {wording.count(len(self.found), 'piece')} {'is' if theirs == 1 else 'are'} yours"

    @property
    def runs(self):
        """Whose pieces the layer runs on, as a sentence."""
        cached, back, plain = (
            self.found[name].whose for name in ("lstm_forward_cached", "lstm_backward", "lstm_forward")
        )
        back = "your quick" if self.quick else back
        said = f"LSTM trains with {cached} forward pass and {back} backward pass, and runs with {plain} forward pass."
        waiting = [name for name in INSIDE if self.found[name].theirs]
        if not waiting or any(self.found[name].theirs for name in LAYER):
            return said
        return f"{said} Nothing there calls your {' and '.join(waiting)} yet: your own forward and backward pass will."

    @property
    def nothing_yet(self):
        """That no piece is the student's, and what stands for it, as a sentence, or ""."""
        if any(found.theirs for found in self.found.values()):
            return ""
        return "Nothing in it is yours yet: what is proved below is the course's own code, which stands in for yours."


def _row(found):
    helped = f", with the course's {', '.join(found.helped)}" if found.helped else ""
    said = f"yours{helped}" if found.theirs else NOT_THEIRS if found.notebook.trouble else f"{NOT_THEIRS}: {found.why}"
    return f"  {found.piece.name:<{max(map(len, pieces.PIECES))}} {said}"
