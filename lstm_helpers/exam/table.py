"""Where somebody stands in the bank of questions, as a table."""

from dataclasses import dataclass
from datetime import UTC, datetime

from lstm_helpers.exam import schedule


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
        head = f"{'topic':<{width}}  questions  asked  mostly right  due"
        lines = [f"{t:<{width}}  {n:9d}  {a:5d}  {r:12d}  {d:3d}" for t, n, a, r, d in self.rows]
        return "\n".join([head, *lines])
