"""A sitting on the screen: one question at a time, with the mouse or with the keyboard alone."""

from pathlib import Path

import anywidget
import traitlets

from lstm_helpers.explorers.shared import script, style

HERE = Path(__file__).parent


class Page(anywidget.AnyWidget):
    """Shows a Sitting. What the browser sends, {"do": "answer", "with": ...}, is a call of one of its methods."""

    _esm = script(HERE / "page.js")
    _css = style(HERE / "page.css")

    shown = traitlets.Dict().tag(sync=True)
    turn = traitlets.Int(0).tag(sync=True)  # counts what was sent, so that each message is answered

    def __init__(self, sitting):
        super().__init__(shown=sitting.shown)
        self.sitting = sitting
        self.on_msg(self._sent)

    def _sent(self, _, content, __):
        do, given = content.get("do"), content.get("with")
        if do == "begin":
            self.sitting.begin()
        elif do == "answer":
            self.sitting.answer(given)
        elif do == "give":
            self.sitting.give(given)
        elif do == "go on":
            self.sitting.go_on()
        with self.hold_sync():
            self.shown = self.sitting.shown
            self.turn += 1

    def __repr__(self):
        return "Questions: run this cell in Jupyter to answer them."
