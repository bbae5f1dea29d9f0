"""Requests for regrading: ``requests.csv`` with what students ask, and beside it what the instructor decides."""

from dataclasses import dataclass

from lstm_helpers import wording
from lstm_helpers.grading import tables
from lstm_helpers.grading.roster import ByHand

ASKED = ("student", "exercise", "check", "reason")
ANSWERED = ("decision", "comment")  # may be missing where nothing is decided
KEEP = "keep"


@dataclass
class Request:
    """What a student asks about one check (``check`` is "": the whole exercise), and what was decided.

    decision: "" while it is open, KEEP, or points as a number.
    """

    student: str
    exercise: str
    check: str
    reason: str
    decision: str = ""
    comment: str = ""
    where: str = ""  # file and line, for errors

    @property
    def key(self):
        return self.student, self.exercise, self.check

    def by_hand(self):
        """What was decided, as points or a comment by hand; None while it is open."""
        if not self.decision:
            return None
        points = None if self.decision == KEEP else float(self.decision)
        return ByHand(self.student, self.exercise, self.check, points, self.said, self.where)

    @property
    def said(self):
        """The answer in words."""
        answer = "the points stay" if self.decision == KEEP else wording.count(float(self.decision), "point")
        return f"You asked: {self.reason} Answer: {answer}. {self.comment}".strip()


def read(path, sheets):
    """[Request] of a CSV file with the columns student, exercise, check, reason, and decision, comment if answered.

    A decision is a number of points, or ``keep``. Raises tables.TableError with the line and what to do.
    """
    _, rows = tables.read(path, list(ASKED))
    return [_request(row, sheets) for row in rows]


def _request(row, sheets):
    sheet = sheets.get(row["exercise"])
    if sheet is None:
        raise row.wrong(f"there is no exercise {row['exercise']!r}; there are: {', '.join(sheets)}")
    if row["check"] and row["check"] not in sheet.checks:
        raise row.wrong(f"{row['exercise']} has no check {row['check']!r}; it has: {', '.join(sheet.checks)}")
    if not row["student"] or not row["reason"]:
        raise row.wrong("student or reason is empty: a request says who asks, and why")
    decision = row.get("decision", "").lower()
    if decision not in ("", KEEP):
        most = sheet.checks[row["check"]].points if row["check"] else sheet.points
        try:
            points = float(decision.replace(",", "."))
        except ValueError:
            raise row.wrong(f"decision is {decision!r}, expected points such as 1.5, or {KEEP}") from None
        if not 0 <= points <= most:
            raise row.wrong(f"decision is {points:g}, expected 0 to {most:g} points, or {KEEP}")
        decision = f"{points:g}"
    told = [row[column] for column in ASKED]
    return Request(*told, decision, row.get("comment", ""), f"{row.path}, line {row.line}")


def merged(before, new):
    """The requests of before and the new ones; the newer one counts, but an answer is not lost to a copy without it."""
    kept = {request.key: request for request in before}
    for request in new:
        earlier = kept.get(request.key)
        if earlier and not request.decision:
            request.decision, request.comment = earlier.decision, request.comment or earlier.comment
        kept[request.key] = request
    return list(kept.values())


def write(book, path):
    """Write the requests of a Book as the file to fill in and to give to --requests again; not with pseudonyms."""
    path.unlink(missing_ok=True)
    if not book.requests or book.anonymous:
        return
    rows = [[r.student, r.exercise, r.check, r.reason, r.decision, r.comment] for r in book.requests]
    tables.write(path, [[*ASKED, *ANSWERED], *(map(tables.cell, row) for row in rows)])
