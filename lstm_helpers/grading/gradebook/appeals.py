"""Requests for regrading: ``requests.csv`` with what students ask, and beside it what the instructor decides."""

import dataclasses
from dataclasses import dataclass

from lstm_helpers import wording
from lstm_helpers.grading.gradebook import edited_tables, tables
from lstm_helpers.grading.gradebook.roster import ByHand

COLUMNS = ("student", "exercise", "check", "reason")
ANSWER_COLUMNS = ("decision", "comment")  # may be missing where nothing is decided
TEXTS = ("reason", "comment")  # of them, what may hold a name
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
        return ByHand(self.student, self.exercise, self.check, points, self.answer, self.where)

    @property
    def answer(self):
        """The answer in words."""
        decision = "the points stay" if self.decision == KEEP else wording.count(float(self.decision), "point")
        return f"You asked: “{self.reason}”\nAnswer: {decision}. {self.comment}".strip()


def read(path, sheets, faults=None):
    """[Request] of a CSV file with the columns student, exercise, check, reason, and decision, comment if answered.

    A decision is a number of points, or ``keep``. Raises tables.TableError with the lines and what to do; ``faults`` as
    in tables.settle.
    """
    return tables.lines(path, list(COLUMNS), lambda row: _request(row, sheets), faults)


def _request(row, sheets):
    exercise = tables.exercise(row["exercise"], row["check"], sheets, row.wrong)
    sheet = sheets[exercise]
    if not row["student"] or not row["reason"]:
        raise row.wrong("student or reason is empty: a request says who asks, and why")
    decision = row.get("decision", "").lower()
    if decision not in ("", KEEP):
        most = sheet.checks[row["check"]].points if row["check"] else sheet.points
        try:
            points = tables.number(decision)
        except ValueError:
            raise row.wrong(f"decision is {decision!r}, expected points such as 1.5, or {KEEP}") from None
        if not 0 <= points <= most:
            raise row.wrong(f"decision is {points:g}, expected 0 to {most:g} points, or {KEEP}")
        decision = f"{points:g}"
    return Request(row["student"], exercise, row["check"], row["reason"], decision, row.get("comment", ""), row.where)


def merged(before, new, called):
    """The requests of before and the new ones; the newer one counts, but an answer is not lost to a copy without it.

    called(name): the student whom a table calls so. Two names of one student are one request.
    """
    together = {_key(request, called): request for request in before}
    for request in new:
        key = _key(request, called)
        earlier = together.get(key)
        if earlier and not request.decision:
            answer = {"decision": earlier.decision, "comment": request.comment or earlier.comment}
            request = dataclasses.replace(request, **answer)
        together[key] = request
    return list(together.values())


def _key(request, called):
    """What makes two requests one: the same student, exercise and check."""
    return called(request.student) or request.student, request.exercise, request.check


def of_store(store):
    """[Request] of all that were given."""
    return [Request(**data) for data in store.setting("requests", [])]


def in_full(requests, store, called):
    """Requests from a file that we wrote with names hidden: reasons and comments as they stood before that.

    What somebody has written anew in that file stays as it is written.
    """
    written = {_key(Request(*line), called): line for line in store.setting(WRITTEN, [])}
    before = {_key(request, called): request for request in of_store(store)}
    return [_in_full(r, written.get(_key(r, called)), before.get(_key(r, called))) for r in requests]


def _in_full(request, line, before):
    if line is None or before is None:
        return request
    shown = Request(*line)
    own = {name: getattr(before, name) for name in TEXTS if getattr(request, name) == getattr(shown, name)}
    return dataclasses.replace(request, **own)


def typed(store, out, sheets, called):
    """([Request] of the lines of ``out/requests.csv`` that somebody changed since it was written, those whose lines
    somebody took out).

    called(name): the student whom a table calls so, or None. Raises tables.TableError with the lines that cannot be
    used.
    """
    path, faults = out / FILE, []
    read_now = read(path, sheets, faults) if path.is_file() else []
    nobody = "nobody here is called {!r}"
    faults += [tables.TableError(nobody.format(r.student), r.where) for r in read_now if called(r.student) is None]
    tables.refuse(faults)
    before = {_key(request, called): request for request in of_store(store)}
    written = {_key(Request(*line), called): Request(*line) for line in store.setting(WRITTEN, [])}
    both = list(zip(read_now, in_full(read_now, store, called), strict=True))
    keys = [_key(request, called) for request in read_now]
    found = [
        whole
        for key, (request, whole) in zip(keys, both, strict=True)
        if not _alike(request, written.get(key)) and not _alike(whole, before.get(key))
    ]
    return found, [request for key, request in before.items() if key in written and key not in keys]


def _alike(one, other):
    """Whether two requests of one key say the same."""
    return other is not None and _texts_of(one) == _texts_of(other)


def _texts_of(request):
    """What a person wrote into a Request, as it is read again from a table."""
    return [tables.plain(tables.cell(getattr(request, name))) for name in (*TEXTS, "decision")]


def taken_up(requests, gone, store, out, called, shown_as):
    """Lines that tell what somebody typed into requests.csv and that it counts from now on, and which requests they
    took out. shown_as(name): how the terminal may call somebody whom a table calls so.
    """
    about = lambda r: f"  {shown_as(r.student)}, {r.exercise}, {r.check or 'the whole exercise'}"  # noqa: E731
    lines = [f"{out / FILE} was changed since it was written, and is taken up:"] if requests else []
    before = {_key(r, called): r.decision for r in of_store(store)}
    for r in requests:
        stays = before.get(_key(r, called), "") if not r.decision else ""
        emptied = f"no decision now; {stays} stays (`{KEEP}` would take points back)" if stays else "open"
        lines.append(f"{about(r)}: {r.decision or emptied}")
    if gone:
        lines.append(f"{out / FILE} has no line any more for these, which stay as they were and are written again:")
        lines += [f"{about(r)}: {r.decision or 'open'}" for r in gone]
        lines.append(
            f"  a request stands until it is answered: `{KEEP}` lets the points be, --requests none takes all off"
        )
    return lines


def write(store, out, sheets, reader):
    """Write the requests as the file to fill in, under pseudonyms where names are hidden. Returns what to say, or "".

    reader: knows the class, as the Book's. Nothing that somebody wrote there is lost: lines that cannot be used are
    left as they are, and a file that holds more than the new one is put aside.
    """
    path, message, requests = out / FILE, "", of_store(store)
    try:
        typed(store, out, sheets, reader.known)
    except tables.TableError as why:
        return f"{path} is left as it is, and what was changed there does not count yet: {why}. Mend it, and run again"
    if path.is_file() and not _says_all(requests, path, sheets, store, reader.known):
        message = f"{path} held more than it does now: that one is {edited_tables.put_aside(path).name}"
    lines = [_line(reader.shown_request(request)) for request in requests]
    if lines:
        tables.write(path, [[*COLUMNS, *ANSWER_COLUMNS], *(map(tables.cell, line) for line in lines)])
    else:
        path.unlink(missing_ok=True)
    store.set(WRITTEN, lines)
    return message


def _line(request):
    """The cells of a Request, as they are read again."""
    cells = (request.student, request.exercise, request.check, request.reason, request.decision, request.comment)
    return [tables.plain(tables.cell(text)) for text in cells]


def _says_all(requests, path, sheets, store, called):
    """Whether these requests say all that a file says: each of its lines, and no column of somebody's own."""
    columns, rows = tables.read(path, list(COLUMNS))
    own = [name for name in columns if name not in (*COLUMNS, *ANSWER_COLUMNS)]
    if any(row[name] for row in rows for name in own):
        return False
    ours = {_key(request, called): _texts_of(request) for request in requests}
    for request in in_full(read(path, sheets), store, called):
        said = ours.get(_key(request, called))
        if said is None or any(text and text != now for text, now in zip(_texts_of(request), said, strict=True)):
            return False
    return True
