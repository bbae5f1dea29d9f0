"""The field in which a person makes a guess: a box, buttons, or axes. Python reads and remembers what is sent."""

from pathlib import Path

import anywidget
import traitlets

from lstm_helpers.course.copying import FOLDED
from lstm_helpers.explorers.shared import script, style

HERE = Path(__file__).parent


class Field(anywidget.AnyWidget):
    """Shows one question; each guess that the browser sends goes to ``keep``.

    asked: the question as the kinds' ``asked()`` gives it; wanted: the same in words; guess: what is kept, or None;
    said: what to tell the person; locked: the result has been shown; kept: what was sent last is the guess that counts.
    keep: given -> (the guess that now counts, what to say, whether it is locked, whether it is the one that was given).
    """

    _esm = script(HERE / "field.js")
    _css = style(HERE / "field.css")

    asked = traitlets.Dict().tag(sync=True)
    wanted = traitlets.Unicode().tag(sync=True)
    guess = traitlets.Any(None, allow_none=True).tag(sync=True)
    said = traitlets.Unicode().tag(sync=True)
    locked = traitlets.Bool(False).tag(sync=True)
    kept = traitlets.Bool(False).tag(sync=True)
    results = traitlets.Int(0).tag(sync=True)  # how often the result was shown: its explanation is unfolded then
    folded = traitlets.Unicode(FOLDED).tag(sync=True)  # the line under which it is folded
    answered = traitlets.Int(0).tag(sync=True)  # counts what was sent, so that each message is answered

    def __init__(self, keep, **traits):
        super().__init__(**traits)
        self._keep = keep
        self.on_msg(self._sent)

    def _sent(self, _, content, __):
        told = self._keep(content.get("guess") if isinstance(content, dict) else None)
        with self.hold_sync():
            self.guess, self.said, self.locked, self.kept = told
            self.answered += 1

    def __repr__(self):
        """What stands in its place: after the notebook was closed, and where widgets are not shown."""
        how = "Run this cell to give it here, or write it behind the question, as in predict(name, number(), 15)"
        return f"Your guess: {self.wanted}. {how}; or skip it."
