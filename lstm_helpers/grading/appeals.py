"""Requests for regrading: ``requests.csv`` with what students ask, and beside it what the instructor decides."""

import dataclasses
from dataclasses import dataclass

from lstm_helpers import wording
from lstm_helpers.grading import kept, tables
from lstm_helpers.grading.roster import ByHand

ASKED = ("student", "exercise", "check", "reason")
ANSWERED = ("decision", "comment")  # may be missing where nothing is decided
KEEP = "keep"
FILE = "requests.csv"  # in the folder of the results
WRITTEN = "requests_written"  # in the store: the lines of that file as they were written


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
        return f"You asked: “{self.reason}”\nAnswer: {answer}. {self.comment}".strip()


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


def merged(before, new, called):
    """The requests of before and the new ones; the newer one counts, but an answer is not lost to a copy without it.

    called(name): the student whom a table calls so. Two names of one student are one request.
    """
    key_of = lambda r: (called(r.student) or r.student, r.exercise, r.check)  # noqa: E731
    together = {key_of(request): request for request in before}
    for request in new:
        key = key_of(request)
        earlier = together.get(key)
        if earlier and not request.decision:
            answer = {"decision": earlier.decision, "comment": request.comment or earlier.comment}
            request = dataclasses.replace(request, **answer)
        together[key] = request
    return list(together.values())


def of_store(store):
    """[Request] of all that were given."""
    return [Request(**data) for data in store.setting("requests", [])]


def typed(store, out, sheets, called):
    """[Request] of the lines of ``out/requests.csv`` that somebody changed since it was written.

    called(name): the student whom a table calls so, or None. Raises tables.TableError with the line when one of them
    cannot be used.
    """
    path = out / FILE
    if not path.is_file():
        return []
    known = {tuple(line) for line in store.setting(WRITTEN, [])}
    known |= {tuple(_line(request, called)) for request in of_store(store)}
    found = [request for request in read(path, sheets) if tuple(_line(request, called)) not in known]
    for request in found:
        if called(request.student) is None:
            raise tables.TableError(f"{request.where}: nobody here is called {request.student!r}")
    return found


def taken_up(requests, store, out, called):
    """Lines that tell what somebody typed into requests.csv, and that it counts from now on."""
    if not requests:
        return []
    before = {(called(r.student), r.exercise, r.check): r.decision for r in of_store(store)}
    lines = [f"{out / FILE} was changed since it was written, and is taken up:"]
    for r in requests:
        stays = before.get((called(r.student), r.exercise, r.check), "") if not r.decision else ""
        emptied = f"no decision now; {stays} stays (`{KEEP}` would take points back)" if stays else "open"
        lines.append(f"  {r.student}, {r.exercise}, {r.check or 'the whole exercise'}: {r.decision or emptied}")
    return lines


def write(store, out, sheets, called, anonymous):
    """Write the requests as the file to fill in; with pseudonyms there is none. Returns what to say, or "".

    Nothing that somebody wrote there is lost: lines that cannot be used are left as they are, and a file that holds
    more than the new one is put aside.
    """
    path, said = out / FILE, ""
    try:
        typed(store, out, sheets, called)
    except tables.TableError as why:
        return f"{path} is left as it is, and what was changed there does not count yet: {why}. Mend it, and run again"
    lines = [_line(request, called) for request in of_store(store)]
    if path.is_file() and not _holds(lines, path):
        said = f"{path} held more than it does now: that one is {kept.put_aside(path).name}"
    if lines and not anonymous:
        tables.write(path, [[*ASKED, *ANSWERED], *(map(tables.cell, line) for line in lines)])
    else:
        path.unlink(missing_ok=True)
    store.set(WRITTEN, lines)
    return said


def _line(request, called):
    """The cells of a Request, as they are read again."""
    told = [request.reason, request.decision, request.comment]
    student = called(request.student) or request.student
    return [tables.plain(tables.cell(text)) for text in (student, request.exercise, request.check, *told)]


def _holds(lines, path):
    """Whether each line of a file, with all of its cells, is among ``lines``."""
    _, rows = tables.read(path, list(ASKED))
    ours = [{*zip((*ASKED, *ANSWERED), line, strict=True)} for line in lines]
    return all(any({(c, text) for c, text in row.items() if text} <= line for line in ours) for row in rows)
