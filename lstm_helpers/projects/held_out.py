"""A test that is opened once: every choice is made on the validation part, and whoever looks has chosen before.

The ledger is a table with a line for each opening. The course's own ships with it; a student's lies in ``work/``.
"""

import json
from dataclasses import dataclass
from datetime import date

from lstm_helpers import course, runs

OPENED = runs.BENCHMARKS / "opened.csv"
COLUMNS = ("test", "who", "choices", "date")


class AlreadyOpened(RuntimeError):
    """The test was opened before, for other choices: a figure on it would be one of several looks."""


@dataclass
class HeldOut:
    """Inputs and answers that nothing may be chosen by.

    name: of the test; it names its split, too ("tweets, split 7"), since a new split is another test.
    parts: what is given out when it is opened, in any form.
    """

    name: str
    parts: object

    def __repr__(self):
        return f"HeldOut({self.name!r}): closed"

    def open(self, choices, who="course"):
        """The parts, once all is chosen. The same choices may come again: that is no second look.

        choices: the settings of everything that is to be measured, in what JSON can hold; all contestants together.
        who: "course" for the course's stored runs; any other name for a model of your own, which gets one look, too.
        Raises AlreadyOpened where this test was opened for other choices.
        """
        told = json.dumps(choices, sort_keys=True)
        ledger = OPENED if who == "course" else course.root() / "work" / "opened.csv"
        before = [row for row in runs.read(ledger, {}) if (row["test"], row["who"]) == (self.name, who)]
        if before and before[0]["choices"] != runs.version(told):
            raise AlreadyOpened(
                f"the test {self.name!r} was opened on {before[0]['date']} with other choices than these: {told}. "
                "Choose by the validation part, as often as you like. To measure new choices, draw a new split "
                "(another seed), choose on its validation part, and open its test."
            )
        if not before:
            ledger.parent.mkdir(parents=True, exist_ok=True)
            row = {"test": self.name, "who": who, "choices": runs.version(told), "date": date.today().isoformat()}
            runs.add(row, ledger, COLUMNS)
        return self.parts
