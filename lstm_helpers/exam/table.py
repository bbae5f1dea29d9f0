"""Where somebody stands in the bank of questions, as a table."""

import html
from dataclasses import dataclass
from datetime import UTC, datetime

from lstm_helpers.exam import schedule

HEADS = ("topic", "questions", "asked", "mostly right", "due")


@dataclass(frozen=True)
class Standing:
    """Per topic: how many questions there are, were asked, were mostly right, and are due."""

    bank: object
    entries: dict

    @property
    def rows(self):
        """(topic, questions, asked, mostly right, due now), a row each."""
        now = datetime.now(UTC)
        for title, names in self.bank.topics.items():
            known = [self.entries[name] for name in names if self.entries.get(name)]
            firm = sum(entry["right"] * 2 > entry["asked"] for entry in known)
            yield title, len(names), len(known), firm, sum(schedule.due(entry, now) <= now for entry in known)

    def __repr__(self):
        width = max(len(row[0]) for row in self.rows)
        head = "  ".join([f"{HEADS[0]:<{width}}", *HEADS[1:]])
        lines = [f"{t:<{width}}  {n:9d}  {a:5d}  {r:12d}  {d:3d}" for t, n, a, r, d in self.rows]
        return "\n".join([head, *lines])

    def _repr_html_(self):
        """As a table that fits a narrow page, its topics at the left."""
        return f"<table>{_row(HEADS, 'th')}{''.join(_row(cells, 'td') for cells in self.rows)}</table>"


def _row(cells, kind):
    topic, *numbers = (html.escape(str(cell)) for cell in cells)
    others = "".join(f"<{kind}>{number}</{kind}>" for number in numbers)
    return f'<tr><{kind} style="text-align:left">{topic}</{kind}>{others}</tr>'
