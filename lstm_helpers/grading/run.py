"""``lstm-course grade``: submissions in; the store, the tables and the pages out."""

import contextlib
import functools
import hashlib
import itertools
import multiprocessing
import multiprocessing.connection
import multiprocessing.util
import os
import re
import shlex
import signal
import sys
import threading
from collections import Counter
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path

from lstm_helpers import checks, wording
from lstm_helpers.checks import own_sheets
from lstm_helpers.grading import cluster, score
from lstm_helpers.grading import limits as bounds
from lstm_helpers.grading.box import sandbox
from lstm_helpers.grading.box.host import Limits
from lstm_helpers.grading.box.sandbox import Held
from lstm_helpers.grading.gradebook import assemble, lateness, versions, who
from lstm_helpers.grading.gradebook.store import Key, Store
from lstm_helpers.grading.gradebook.weights import earlier_said, of_maximum
from lstm_helpers.grading.submissions import reading

LISTED = 8  # names in one line of the summary
UNREAD = ("SyntaxError", "IndentationError", "TabError")
SLIP = 120  # characters of what Python says of one


# --- one submission, in a worker's process -----------------------------------------------------------------------


@dataclass
class Task:
    """One submission as a worker gets it: a worker reads no file and knows no store."""

    data: bytes
    student: str
    exercise: str
    key: Key
    limits: Limits
    graded: frozenset = frozenset()  # hashes of this student's code that need no grading
    checks: frozenset = frozenset()  # names of the checks that are asked for; none: all of the sheet
    own_sheets: str = ""
    unsafe: bool = False


@dataclass
class Outcome:
    """What a worker sends back. ``grade`` is None when the code is graded already."""

    code: str
    content: str
    grade: score.Grade | None
    cells: list = field(default_factory=list)
    said: list = field(default_factory=list)


_ONE_AT_A_TIME = threading.Lock()  # a Dask worker may have several threads; judging captures a whole process's output


def one(task):
    """Grade one submission in this process, which keeps its boxes' zygotes for the next."""
    with _ONE_AT_A_TIME:
        sheet = sheets_of(task.own_sheets)[task.exercise]
        if versions.version_of(sheet, task.limits) != task.key.version:
            raise RuntimeError("this machine has another version of the course: install the same one everywhere")
        if task.checks:
            sheet = sheet.with_checks(check for check in sheet.checks.values() if check.name in task.checks)
        content = hashlib.sha256(task.data).hexdigest()
        try:
            notebook = reading.parse(task.data)
        except reading.Unreadable as why:
            return unreadable(task.student, sheet, str(why), content)
        code = reading.content_of(notebook.cells)
        if code in task.graded:
            return Outcome(code, content, None, said=notebook.remarks)
        boxes = _boxes(task.unsafe)
        if (name := boxes.held(sheet.profile).name) != task.key.held:
            raise RuntimeError(f"this machine confines code by {name}, not by {task.key.held}")
        grade = score.grade_notebook(notebook.cells, task.student, sheet, boxes, task.key.seed, task.limits)
        grade.content = content
        grade.note = "; ".join(filter(None, [grade.note, _slips(grade.failures, notebook.python)]))
        return Outcome(code, content, grade, notebook.cells, notebook.remarks)


def _slips(failures, theirs):
    """What to say of cells that are no Python to the version that graded them; ``theirs`` is the notebook's.

    Only where that is a newer one can it be the version and no slip: what a newer Python alone reads cannot be told.
    """
    cells = [(number, text) for number, kind, text in failures if kind in UNREAD]
    if not cells:
        return ""
    where = "; ".join(f"code cell {number} ({text[:SLIP]})" for number, text in cells[:LISTED])
    more = f" and {len(cells) - LISTED} more" if len(cells) > LISTED else ""
    note = f"syntax error{'s' if len(cells) > 1 else ''} in {where}{more}"
    newer = re.match(r"(\d+)\.(\d+)", theirs)
    if not newer or tuple(map(int, newer.groups())) <= sys.version_info[:2]:
        return note
    ours = ".".join(map(str, sys.version_info[:2]))
    return f"{note}. Python {ours} graded it, and the notebook names Python {theirs}: a slip, or newer grammar"


def unreadable(student, sheet, why, content):
    """The Outcome of a file that holds no notebook."""
    grade = score.Grade(student, sheet.exercise, score.BROKEN, why, of=sheet.points, content=content)
    return Outcome(f"unreadable {content}", content, grade)


@functools.cache
def sheets_of(own):
    """{exercise: Sheet} of the course, and of the folder ``own`` if one is given."""
    if own:
        checks.load_sheets(Path(own))
    return checks.sheets()


_opened = []  # the Boxes of this process


@functools.cache
def _boxes(unsafe):
    boxes = sandbox.Boxes(unsafe=unsafe).__enter__()
    _opened.append(boxes)
    multiprocessing.util.Finalize(None, boxes.__exit__, (None, None, None), exitpriority=10)
    return boxes


def holds(unsafe, profile):
    """What confines code on the machine that this runs on. Raises sandbox.Refused when nothing does.

    What boxes of this profile are forked from is there from then on.
    """
    return _boxes(unsafe).held(profile)


def _start_worker():
    """A worker leaves Ctrl-C to the run, and ends when the run is killed."""

    leaving = threading.Lock()

    def leave(*_):
        if leaving.acquire(blocking=False):  # SIGTERM may come twice, and the end of the run with it
            for boxes in _opened:
                boxes.abandon()  # their folders would stay
            os._exit(1)

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])  # which was held while this process began
    signal.signal(signal.SIGTERM, leave)
    run = multiprocessing.parent_process()

    def watch():
        multiprocessing.connection.wait([run.sentinel])
        leave()  # zygotes and boxes end with the process that started them

    threading.Thread(target=watch, daemon=True).start()


# --- all of them -------------------------------------------------------------------------------------------------


class _Workers(ProcessPoolExecutor):
    """Processes that begin while Ctrl-C waits: it would end in a traceback of each, until they leave it to the run."""

    def submit(self, *given, **named):
        with _interrupt_held():
            return super().submit(*given, **named)


@contextlib.contextmanager
def _interrupt_held():
    """Ctrl-C waits until the end of the block, and a process that is started there begins without it.

    It is blocked, which a process inherits, and kept by a handler: another thread of this process may receive it.
    """
    here = threading.current_thread() is threading.main_thread() and hasattr(signal, "pthread_sigmask")
    if not here or not callable(signal.getsignal(signal.SIGINT)):  # Windows; or ignored, which is inherited, too
        yield
        return
    came = []
    before = signal.signal(signal.SIGINT, lambda *_: came.append(1))
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        signal.signal(signal.SIGINT, before)
        if came:
            signal.raise_signal(signal.SIGINT)


@contextlib.contextmanager
def local(jobs=None):
    """(executor, number of workers) on this machine: each worker is a process with its own boxes."""
    workers = jobs or os.cpu_count() or 1
    context = multiprocessing.get_context("spawn")
    executor = _Workers(workers, mp_context=context, initializer=_start_worker)
    interrupted = False
    try:
        yield executor, workers
    except KeyboardInterrupt:
        interrupted = True
        raise
    finally:
        for worker in multiprocessing.active_children() if interrupted else ():
            worker.terminate()
        executor.shutdown(cancel_futures=True)  # no worker outlives the run


def in_turn(work, open_executor):
    """Yield (what, outcome, fault) for each (what, Task) of ``work``, in the order in which they end.

    open_executor() is a context manager that gives (executor, workers). Two tasks are in hand for each worker, and no
    outcome is kept. When a worker's process dies, what was in hand is done again, one at a time, in new workers; the
    one that ends its worker a second time has a fault.
    """
    work, again = iter(work), []
    while True:
        in_hand = {}
        try:
            with open_executor() as (executor, workers):
                while again:  # one at a time, so that it is clear which one it is
                    what, task = again[-1]
                    result = _result(executor.submit(one, task))
                    again.pop()
                    yield what, *result
                yield from _many(executor, work, in_hand, 2 * workers)
                return
        except BrokenProcessPool:
            if again:
                yield again.pop()[0], None, "a worker's process ended while it was graded, and once more alone"
            else:
                again = list(in_hand.values())


def _many(executor, work, in_hand, most):
    """``in_hand`` is {number: (what, Task)}; after BrokenProcessPool it holds what has to be done again."""
    numbers, futures, more = itertools.count(), {}, True
    while more or futures:
        while more and len(futures) < most:
            if (item := next(work, None)) is None:
                more = False
            else:
                number = next(numbers)
                in_hand[number] = item
                futures[executor.submit(one, item[1])] = number
        for future in wait(futures, return_when=FIRST_COMPLETED).done:
            result = _result(future)
            what, _ = in_hand.pop(futures.pop(future))
            yield what, *result


def _result(future):
    """(outcome, fault): a fault of ours on one submission costs one row."""
    try:
        return future.result(), ""
    except BrokenProcessPool:
        raise
    except Exception as fault:
        return None, f"the grader failed on it: {type(fault).__name__}: {fault}"[:300]


def grade(
    folder,
    out,
    *,
    only=None,
    students=None,
    seed=None,
    jobs=None,
    display=None,
    own_sheets="",
    address=None,
    unsafe=False,
    limits=None,
    own_limits=None,
    say=print,
):
    """Grade every submission in ``folder`` that is not in the store of ``out`` yet, and write all that is shown there.

    only: exercises (default: each that somebody handed in); seed: of the cases (default: the class's own, drawn once);
    jobs: workers on this machine; display: assemble.Display; own_sheets: a folder of check modules; address: of a Dask
    scheduler; unsafe: grade even if nothing confines the code; limits: the usual box.Limits; own_limits: {name: number}
    that a person gave (limits.read), kept from then on; students: names of those who are graded now (default: all).
    Returns 0, or 1 if a submission could not be graded through a fault of ours. Raises ValueError, NotADirectoryError
    or sandbox.Refused, each with a plain sentence, before anything is graded.
    """
    from lstm_helpers.grading import gone, plan

    sheets = sheets_of(own_sheets)
    found = reading.find(folder, sheets, only, out)
    display = display or assemble.Display()
    workers = functools.partial(cluster.executor, address) if address else functools.partial(local, jobs)
    with workers() as opened, contextlib.ExitStack() as stack:
        held = confined(*opened, unsafe, {sheets[exercise].profile for exercise in found.exercises}, say)
        store = stack.enter_context(Store(out))
        display.check(found, store)
        take_up(display, found, store, out, sheets, say)
        wanted = plan.chosen(students, found.students, display.people(store), store) if students else found.students
        if own_limits is not None:
            store.set("limits", own_limits)
        allowed = {e: limits_of(store, sheets[e], limits) for e in found.exercises}
        made = {e: versions.version_of(sheets[e], allowed[e]) for e in found.exercises}
        try_own_sheets(store, made, sheets)
        origin = str(Path(folder).resolve())
        for line in gone.told(store, folder, found, display.people(store), wanted, display.hides(store)):
            say(printable(line))
        store.begin(origin, found)
        found.handed_in = [handed for handed in found.handed_in if handed.student in wanted]
        display.keep(store)
        if own_sheets:
            store.set("own_sheets", own_sheets)
        store.set("held", asdict(held))
        versions.note(store, sheets, made)
        keys = {e: Key(made[e], store.seed(seed), held.name) for e in found.exercises}
        common = {"limits": allowed, "own_sheets": own_sheets, "unsafe": unsafe}
        those_and_new = itertools.chain([contextlib.nullcontext(opened)], iter(workers, None))
        faults = _grade_all(store, origin, found, sheets, keys, common, functools.partial(next, those_and_new))
        say(show(store, out, sheets))
    return 1 if faults else 0


def try_own_sheets(store, made, sheets):
    """ValueError when a sheet of the instructor's own would mislead. What held is not tried again until it changes.

    made: {exercise: version of its sheet}.
    """
    tried = store.setting("tried_sheets", {})
    for exercise in made.keys() - checks.LESSONS.keys():
        if tried.get(exercise) != made[exercise] and (
            faults := list(own_sheets.faults(sheets[exercise], checks.examine))
        ):
            raise ValueError(
                "\n  ".join([f"the sheet of {exercise} is not right yet, and nothing is graded:", *faults])
            )
    store.set("tried_sheets", tried | {e: v for e, v in made.items() if e not in checks.LESSONS})


def limits_of(store, sheet, usual=None):
    """The Limits of a Sheet in this class."""
    return bounds.of(sheet, store.setting("limits", {}), usual)


def confined(executor, workers, unsafe, profiles, say):
    """The Held of what confines the code. Every worker is asked, so that each has what its boxes are forked from."""
    profile = min(profiles, default="numpy")
    asked = [executor.submit(holds, unsafe, profile) for _ in range(workers)]
    _templates()  # while they start
    try:
        held = asked[0].result()
    except BrokenProcessPool:
        raise ValueError("a worker ended while it started: is there memory for them all? Try --jobs 1") from None
    if held.name == "none":
        say(f"Not confined: {held.why} Each notebook runs as you and could read or delete your files.")
    return held


def _templates():
    from lstm_helpers.grading.pages import feedback

    for name in ("feedback", "report"):
        feedback.environment().get_template(f"{name}.html.jinja")


class _Shown:
    """A stream that the progress is shown on: that nobody can read it any more ends no run."""

    def __init__(self, stream):
        self._stream = stream

    def __getattr__(self, name):
        return getattr(self._stream, name)

    def write(self, text):
        with contextlib.suppress(OSError):
            self._stream.write(text)

    def flush(self):
        with contextlib.suppress(OSError):
            self._stream.flush()


def _grade_all(store, origin, found, sheets, keys, common, workers):
    """Grade what is not in the store; each outcome is written when it comes. Returns how many faults of ours."""
    from tqdm import tqdm

    faults, ungraded = 0, 0
    with tqdm(total=len(found.handed_in), desc="graded", unit="notebook", file=_Shown(sys.stderr)) as bar:
        work = _not_yet(store, origin, found, sheets, keys, common, bar)
        for handed, outcome, fault in in_turn(work, workers):
            key = keys[handed.exercise]
            if fault:
                faults += 1
                sheet = sheets[handed.exercise]
                grade = score.Grade(handed.student, sheet.exercise, score.NOT_GRADED, fault, of=sheet.points)
                outcome = Outcome("fault", "", grade)
            if outcome.grade is None:
                store.link(origin, handed, outcome.content, store.codes(handed, key)[outcome.code], outcome.said)
            else:
                store.add(origin, handed, key, outcome.code, outcome.cells, outcome.grade, outcome.said)
                ungraded += outcome.grade.points is None
            bar.update()
            if ungraded:
                bar.set_postfix_str(f"{ungraded} without points", refresh=False)
    return faults


def _not_yet(store, origin, found, sheets, keys, common, bar):
    """(HandIn, Task) of each submission that has to be graded; files are read one by one, as they are asked for."""
    for handed in found.handed_in:
        key, sheet = keys[handed.exercise], sheets[handed.exercise]
        try:
            data = handed.read()
        except reading.Unreadable as why:
            outcome = unreadable(handed.student, sheet, str(why), hashlib.sha256(str(why).encode()).hexdigest())
            store.add(origin, handed, key, outcome.code, [], outcome.grade)
            bar.update()
            continue
        if store.has(origin, handed, hashlib.sha256(data).hexdigest(), key):
            bar.update()
            continue
        graded = frozenset(store.codes(handed, key))
        more = {**common, "limits": common["limits"][handed.exercise]}
        yield handed, Task(data, handed.student, handed.exercise, key, graded=graded, **more)


# --- what is shown -----------------------------------------------------------------------------------------------


def sheets_folder(out):
    """The folder of sheets that the store in ``out`` was graded with, or ""."""
    with Store(out, make=False) as store:
        return store.setting("own_sheets", "")


def report(out, display=None, own="", say=print):
    """Write everything that is shown once more, from the store of ``out`` alone. Returns 0.

    display: assemble.Display, what is to be shown in another way than before; own: a folder of check modules. Raises
    FileNotFoundError or ValueError with a plain sentence.
    """
    sheets = sheets_of(own)
    with Store(out, make=False) as store:
        display = display or assemble.Display()
        display.check(None, store)
        take_up(display, None, store, out, sheets, say)
        display.keep(store)
        say(show(store, out, sheets))
    return 0


def take_up(display, found, store, out, sheets, say):
    """Say which decisions were typed into the folder of the results, and let them count (Display.take_up)."""
    if display.hides(store):
        who.secret(store)
    if said := display.take_up(found, store, Path(out), sheets):
        say("\n".join(map(printable, said)))


def show(store, out, sheets):
    """Write the report, the tables and the feedback pages of what the store holds. Returns the summary."""
    from lstm_helpers.grading import regrade
    from lstm_helpers.grading.gradebook import appeals, exports, kept
    from lstm_helpers.grading.pages import feedback, similar, sources
    from lstm_helpers.grading.pages import report as class_report

    out = Path(out)
    if (held := store.setting("held")) is None:
        raise ValueError(f"{store.path} holds no grades yet: `lstm-course grade DIR --out {out}` fills it")
    book = assemble.book(store, sheets, Held(**held), datetime.now())
    book.similar = similar.find(assemble.codes(book.grades), sheets)
    with kept.Tables(store, out, sheets) as tables:
        exports.write(book, out)
        class_report.write(book, out)
        feedback.write(book, out / "feedback")
        regrade.write(book, out)
        sources.write(book, out)
        who.write_key(store, book, out / "anonymous-key.csv")
    book.outdated = [*_outdated(store, sheets, book)]
    edited = appeals.write(store, out, sheets, book.grades.reader)
    return "\n".join([*map(printable, [*tables.said, *edited.splitlines()]), summary(book, out)])


def _outdated(store, sheets, book):
    """Lines that say who stands on points of an earlier version of an exercise, and what mends it."""
    made = {e: versions.version_of(sheets[e], limits_of(store, sheets[e])) for e in store.exercises()}
    for exercise, changed, standing in versions.outdated(store, sheets, made):
        who = [book.people[book.grades.reader.called(graded.student)].shown for graded in standing]
        names = [name.removeprefix(versions.SHARED) or "what judges every check" for name in changed]
        yield f"{exercise}: {some(names)} changed since these were graded: {some(list(dict.fromkeys(who)))}"
        yield f"  they have the points of before; `{versions.again(store, exercise)}` grades them anew"
        if not any(name.startswith(versions.SHARED) for name in changed) and "" not in changed:
            asked = " ".join(f"--regrade {exercise}.{name}" for name in changed if name in sheets[exercise].checks)
            kept = _kept(store, sheets[exercise], standing)
            yield f"  `lstm-course grade {asked} --out {shlex.quote(str(store.path.parent))}` {kept}"


def _kept(store, sheet, standing):
    """What a regrading of these submissions lets nobody lose: points, or the share of a check whose maximum falls."""
    earlier = {}
    for graded in standing:
        earlier |= {r.check: r.of for r in store.grade(graded.handed).results}
    falls = [f"{n} ({earlier[n]:g} -> {c.points:g})" for n, c in sheet.checks.items() if c.points < earlier.get(n, 0)]
    if not falls:
        return "lowers nobody's points"
    return f"keeps everybody's share of each check: fewer points are to be had for {some(falls)}"


def summary(book, out):
    """The end of a run in the terminal."""
    lines, by_exercise = [], {}
    for g in book.grades:
        by_exercise.setdefault(g.exercise, Tally(book.sheets[g.exercise].points)).add(g, book.people[g.student].shown)
    for exercise, tally in by_exercise.items():
        lines += tally.lines(exercise)
    if book.off_roster:
        lines.append(f"{assemble.OFF_ROSTER}: {some(book.off_roster)}")
    if book.idle:
        lines += ["Decided by hand, and it does not count as it stands:", *(f"  {note}" for note in book.idle)]
    lines += book.outdated
    if book.strays:
        files_that = wording.count(len(book.strays), "file answers", "files answer")
        lines.append(f"{files_that} no exercise: {some([f'{s}/{f}'.lstrip('/') for s, f, _ in book.strays])}")
    if waiting := sum(not request.decision for request in book.requests):
        lines.append(f"{wording.count(waiting, 'request')} for regrading to decide: see the report")
    if book.similar:
        lines.append(
            f"{wording.count(len(book.similar), 'pair')} of nearly the same solutions, side by side: see the report"
        )
    lines.append(f"Points: {out / 'grades.csv'}. Report: {out / 'report.html'}. Feedback: {out / 'feedback'}")
    return "\n".join(map(printable, lines))


def printable(text):
    """The text without what steers a terminal: names of folders and files hold whatever their owner wrote."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def some(names):
    """The first names of a list, and how many more there are."""
    more = f" and {len(names) - LISTED} more" if len(names) > LISTED else ""
    return ("; " if any("," in name for name in names) else ", ").join(names[:LISTED]) + more


@dataclass
class Tally:
    """What the summary says of one exercise."""

    of: float
    count: int = 0
    points: list = field(default_factory=list)  # as shares of ``of``, whatever they were graded out of
    maxima: Counter = field(default_factory=Counter)  # out of what -> students
    reasons: dict = field(default_factory=dict)
    causes: Counter = field(default_factory=Counter)
    flagged: list = field(default_factory=list)
    stopped: list = field(default_factory=list)
    clocks: Counter = field(default_factory=Counter)
    untimed: list = field(default_factory=list)

    def add(self, g, name):
        self.count += 1
        if g.clock:
            self.clocks[g.clock] += 1
        if lateness.NO_TIME in g.remarks:
            self.untimed.append(name)
        if g.final is None:
            self.reasons.setdefault((g.state, g.note), []).append(name)
        else:
            self.points.append(of_maximum(g.final, g.of, self.of))
            self.maxima[g.of] += 1
        self.causes.update(f"{r.check}: {r.cause}" for r in g.results if r.cause and not assemble.settled(r))
        if g.flags:
            self.flagged.append(name)
        if g.stopped:
            self.stopped.append(name)

    def lines(self, exercise):
        of = wording.count(self.of, "point")
        mean = f", mean {sum(self.points) / len(self.points):.1f} of {of}" if self.points else ""
        earlier = f" ({told})" if (told := earlier_said(self.maxima, self.of)) else ""
        yield f"{exercise}: {len(self.points)} of {self.count} graded{mean}{earlier}"
        for (state, note), names in self.reasons.items():
            yield f"  {state}: {some(names)} ({note})"
        for clock, count in self.clocks.items():
            sure = "; copying or downloading a file can change it" if clock == lateness.FILE else ""
            yield f"  lateness of {count} by {lateness.CLOCKS[clock]}{sure}"
        if self.untimed:
            yield f"  time not known, nothing taken off for lateness: {some(self.untimed)}"
        for cause, count in self.causes.most_common(3):
            yield f"  {count} x {cause}"
        if self.flagged:
            yield f"  for review, a library may give the answer: {some(self.flagged)}"
        if self.stopped:
            yield f"  stopped by the sandbox: {some(self.stopped)}"
