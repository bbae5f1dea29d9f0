"""A sitting on the screen: one question at a time, with the mouse or with the keyboard alone."""

from pathlib import Path

import anywidget
import traitlets

from lstm_helpers.explorers.shared import script, style

HERE = Path(__file__).parent


class Page(anywidget.AnyWidget):
    """Shows a Sitting. What the browser sends, {"do": "answer", "with": ..., "turn": 3}, calls one of its methods.

    What belongs to another turn than the one on the table, such as the second half of a double click, does nothing.
    """

    _esm = script(HERE / "page.js")
    _css = style(HERE / "page.css")

    shown = traitlets.Dict().tag(sync=True)
    replies = traitlets.Int(0).tag(sync=True)  # counts what was sent, so that each message is answered

    def __init__(self, sitting):
        super().__init__(shown=sitting.shown)
        self.sitting = sitting
        self.on_msg(self._sent)

    def _sent(self, _, content, __):
        do, given = content.get("do"), content.get("with")
        if do == "begin":
            self.sitting.begin()
        elif content.get("turn") == self.sitting.turn:
            if do == "answer":
                self.sitting.answer(given)
            elif do == "give":
                self.sitting.give(given)
            elif do == "go on":
                self.sitting.go_on()
            elif do == "stop":
                self.sitting.stop(given)
        with self.hold_sync():
            self.shown = self.sitting.shown
            self.replies += 1

    def __repr__(self):
        return 'Questions: run this cell to answer them here. On paper: exam.write_paper("mock.pdf").'
