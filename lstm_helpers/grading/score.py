"""One notebook, one grade: run its cells in a box, probe them with fresh cases, judge what came back."""

import contextlib
import dataclasses
import difflib
import functools
import re
import time

from lstm_helpers import checks, course, wording
from lstm_helpers.checks import judge
from lstm_helpers.grading.box.host import BoxDied, Limits, OutOfStep
from lstm_helpers.grading.box.references import source_of
from lstm_helpers.grading.gradebook.grade import GRADED, NOT_GRADED, TIMED_OUT, Grade
from lstm_helpers.grading.pages import flags
from lstm_helpers.grading.submissions.notebooks import defines

TOOK_TOO_LONG = "the notebook took more than {}"
NO_TIME = "The time of the whole notebook, {}, was over before this could be looked at."
OUT_OF_STEP = "the replies from its box do not belong to the questions, so no points can be told from them: {}"
MOST_FAILURES = 50  # cells that failed which are told of
AS_GIVEN = "This is what `check` was given: in the end, its name is gone, or it or one that it reads is something else."
RENAMED = "the notebook defines no {}, but {}, in code cell {}: give the answer the name that the exercise asks for"
IN_PARTS = "Your older copy asks for it in parts, {}, which are right."
FUNCTION, WORD = re.compile(r"^[ \t]*def[ \t]+(\w+)", re.MULTILINE), re.compile(r"\w+")
NUMBERS = re.compile(r"^(\w+)[ \t]*=(?!=)", re.MULTILINE)
ALIKE = 0.85  # of two names, by difflib: one letter more, less or other, whatever their capitals and underscores
AGAIN = 1 / 3  # of its processor time an answer gets where it, or one that it calls, has run out of time already
FOR_CELLS = 0.75  # of a notebook's time: the rest is kept for the checks


class _TimeOver(Exception):
    """The notebook's time is over; the text says so."""


class _Stuck(Exception):
    """What the cells left does not answer; the text says why."""


class _Session:
    """A box that has run the cells of one notebook. A cell that kills its box is left out in the next."""

    def __init__(self, cells, added, boxes, sheet, limits):
        self.handed_in, self.added = cells, added
        self.cells, self.boxes, self.limits = [*cells, *added], boxes, limits
        self.profile, self.exercise = sheet.profile, sheet.exercise
        start = time.monotonic()
        self.deadline = start + limits.notebook
        self.cells_deadline = start + FOR_CELLS * limits.notebook
        self.box = None
        self.endless = set()  # functions that ran out of time, in a cell or when they were looked at
        self.otherwise = set()  # checks that were given something else than what their names stand for in the end
        self.failures = {}  # cell number, counted from 1 -> (error class, text)
        self.stopped = []
        self.deadly = set()
        self.cut = 0  # the first cell for which there was no time

    def tighten_limits(self, box, until, cell=None):
        """No cell and no probe may take longer than what is left; in the end there is no time to be patient either."""
        left = max(0.01, until - time.monotonic())
        cell, probe = min(cell or self.limits.cell, left), min(self.limits.probe, left)
        grace = min(self.limits.grace, left - max(cell, probe) + self.limits.grace / 2)
        box.limits = dataclasses.replace(self.limits, cell=cell, probe=probe, grace=grace)

    def known_as(self, names):
        """{name: today's name}: these names, and the older ones under which this notebook may have them."""
        return course.todays(self.exercise, names)

    def require_time(self):
        """Before each thing that the box is asked once its cells have run: _TimeOver when there is no time for it."""
        if time.monotonic() >= self.deadline:
            raise _TimeOver(TOOK_TOO_LONG.format(wording.count(self.limits.notebook, "second")))
        self.tighten_limits(self.box, self.deadline)

    def close(self):
        if self.box is not None:
            self.box.close()
            self.stopped += [event for event in self.box.events if event not in self.stopped]
            self.box = None

    def ready(self, references, source):
        """Have the box ready to be probed with references in the place of functions: {theirs: its name in ``source``}.

        The probes of one look run in a fork of what the cells left, or where that ended, in another one. Raises
        _TimeOver when there is no time for it, _Stuck when the box does not answer.
        """
        if self.box is None or not self.box.alive:
            self.close()
            self._fill()
        if not self.box.forked:
            try:
                self.require_time()
                self.box.fork()
                if references:
                    self.require_time()
                    self.box.stand_in(references, source)
            except BoxDied as death:
                raise _Stuck(f"What the cells left did not answer: {death}.") from None

    def reset(self):
        """What the probes of the look before did is gone for this one. _TimeOver when there is no time for it."""
        if self.box is not None and self.box.alive:
            self.require_time()
            with contextlib.suppress(BoxDied):
                self.box.back()

    def _fill(self):
        """Open a box and run every cell in it but the deadly ones."""
        while True:
            if time.monotonic() >= self.cells_deadline:
                raise _TimeOver(TOOK_TOO_LONG.format(wording.count(self.limits.notebook, "second")))
            self.box = self.boxes.open(self.profile, self.limits)
            if self._run_all(self.box):
                return
            self.close()

    def _run_all(self, box):
        for number, source in enumerate(self.cells, 1):
            if number in self.deadly:
                continue
            if time.monotonic() >= self.cells_deadline:
                self.failures.setdefault(number, ("NotRun", "the time for the cells of this notebook was over"))
                self.cut = self.cut or number
                continue
            self.tighten_limits(box, self.cells_deadline, self._limit_of(source))
            try:
                error = box.run(source)
                self.endless |= box.endless
            except BoxDied as death:
                self.failures[number] = ("BoxDied", f"this cell ended the program: {death}; it was left out")
                self.deadly.add(number)
                return False
            if error is not None:
                self.failures[number] = error
        return True

    def _limit_of(self, source):
        """Seconds for a cell: one that calls what has run out of time before is not waited for as long once more."""
        self.endless = {name for name in self.endless if not defines(name).search(source)}
        called, waiting = set(), set(self.endless)
        while waiting:
            called |= waiting
            callers = (FUNCTION.findall(cell) for cell in self.cells if _mentions(cell, waiting))
            waiting = {name for names in callers for name in names} - called
        return min(self.limits.probe, self.limits.cell) if _mentions(source, called) else self.limits.cell

    def processor_for(self, check, faulty):
        """Seconds of processor time for an answer, of those that need many; ``faulty``: the names of references, which
        have taken the place of what did not end."""
        replaced = self.endless.intersection(self.known_as(faulty))
        again = self.endless.intersection(self.known_as([check.name, *check.uses]))
        return check.processor * AGAIN if check.processor and again and not replaced else check.processor


def _mentions(source, names):
    return not names.isdisjoint(WORD.findall(source))


def grade_notebook(cells, student, sheet, boxes, seed, limits=None):
    """Grade one submission. Never raises for anything its code does.

    cells: the sources of its code cells, in order; sheet: the Sheet it answers; boxes: the sandbox.Boxes of this
    process; seed: of the cases; limits: seconds. Raises BoxDied when no box can be opened.
    """
    limits = limits or Limits()
    boxes.prepare(sheet.profile, limits)
    start = time.monotonic()
    grade = Grade(student, sheet.exercise, GRADED, of=sheet.points, flags=flags.library_use(cells, sheet))
    session = _Session(cells, _put_together(cells, sheet.exercise), boxes, sheet, limits)
    try:
        grade.results = [_finished(result, session, sheet) for result in _score(session, sheet, seed)]
        grade.points = sum(result.points for result in grade.results)
        if session.cut:
            grade.note = f"the time for its cells was over: from code cell {session.cut} on, they did not run"
            if not grade.points:  # what was not run has not earned 0
                grade.state, grade.points, grade.results = TIMED_OUT, None, []
    except _TimeOver as why:
        grade.state, grade.note = TIMED_OUT, str(why)
    except OutOfStep as why:  # a fault of ours, or a notebook that writes into our channel: no grade is told from it
        grade.state, grade.note = NOT_GRADED, OUT_OF_STEP.format(why)
    finally:
        session.close()
    grade.failures = [(number, *what) for number, what in sorted(session.failures.items())]
    if more := len(grade.failures[MOST_FAILURES:]):
        number, kind, text = grade.failures[MOST_FAILURES - 1]
        grade.failures[MOST_FAILURES - 1 :] = [
            (number, kind, f"{text} (and {wording.count(more, 'more cell')} after this one)")
        ]
    grade.stopped = session.stopped[:MOST_FAILURES]
    grade.seconds = round(time.monotonic() - start, 2)
    return grade


def _score(session, sheet, seed):
    named = _look(session, sheet, sheet.checks.values(), seed)
    # An answer was right when its check was asked, and its name, or one that it reads, is taken again further down.
    taken = [check for check in sheet.checks.values() if not named[check.name].right]
    redefined = [check for check in taken if check.name in session.otherwise]
    given = _another_look(session, sheet, redefined, seed, (), True)
    results = {name: _better_of(result, given.get(name)) for name, result in named.items()}
    # Error carried forward. References enter another fork, when the functions they replace have been scored for good.
    second_looks = {}
    for check in taken:
        if results[check.name].failed and (faulty := tuple(name for name in check.uses if not named[name].right)):
            second_looks.setdefault(faulty, []).append(check)
    for faulty, failed in second_looks.items():
        at_fault = tuple(name for name in faulty if results[name].state != judge.CORRECT)
        for looked, as_given in ((named, False), (given, True)):
            wanted = [c for c in failed if results[c.name].failed and c.name in looked and looked[c.name].failed]
            for name, second in _another_look(session, sheet, wanted, seed, faulty, as_given).items():
                looked[name] = _carried(looked[name], second, faulty, at_fault)
                results[name] = _better_of(named[name], given.get(name))
    return list(results.values())


def _better_of(named, given):
    """The Result of an answer as it stands in the end, or as it was given to its check: what ``check`` said of it."""
    if given is None or given.state == judge.NOT_ATTEMPTED or given.points < named.points:
        return named
    if given.state == judge.CORRECT:
        return dataclasses.replace(given, lines=[*given.lines, AS_GIVEN])
    return given


def _carried(first, again, faulty, at_fault):
    """The Result of a second look with references for ``faulty``, of which those in ``at_fault`` are not right: the
    names of the others were taken again later, and that is nobody's fault."""
    if again.state == judge.CORRECT and not at_fault:
        return again
    return checks.with_references(first, again, at_fault or faulty)


def _another_look(session, sheet, wanted, seed, faulty, given):
    """As ``_look``; nothing of what there is no time for: the look before it stands."""
    try:
        return _look(session, sheet, wanted, seed, faulty, given) if wanted else {}
    except (_TimeOver, BoxDied):
        return {}


def _look(session, sheet, wanted, seed, faulty=(), given=False):
    """{check name: Result} of some checks, references in the place of the functions in ``faulty``.

    given: look at what was given to the checks, as things were then.
    """
    session.reset()
    oracles = {name: sheet.checks[name].oracle for name in faulty}
    source = source_of(oracles.values())
    references = {theirs: oracles[name].__name__ for theirs, name in session.known_as(faulty).items()}
    results = {}

    def see(check, cases):
        session.require_time()
        names, processor = session.known_as([check.name]), session.processor_for(check, faulty)
        observations = session.box.see(check, cases, names, given, processor)
        session.otherwise |= session.box.otherwise
        session.endless |= session.box.endless
        return observations

    for check in wanted:
        try:
            session.ready(references, source)
            results[check.name] = judge.judge(check, seed, functools.partial(see, check))
            continue
        except _TimeOver:
            if not results:
                raise
            why = NO_TIME.format(wording.count(session.limits.notebook, "second"))
        except _Stuck as stuck:
            why = str(stuck)
        if not (faulty or given):  # of a second look, the first one stands
            results[check.name] = judge.Result(check.name, judge.ERROR, 0, check.points, [why], hints=check.hints)
    return results


def _put_together(cells, exercise):
    """What to add to the cells of an older copy: an answer of today, made from those that are its parts."""

    def there(name):
        return any(defines(name).search(source) for source in cells)

    merged = {name: parts for name, parts in course.merged().items() if course.RETIRED[parts[0]].exercise == exercise}
    return [
        course.RETIRED[parts[0]].part for name, parts in merged.items() if all(map(there, parts)) and not there(name)
    ]


def _finished(result, session, sheet):
    """The Result, which says what became of an answer whose cell failed, and what is called otherwise by now."""
    result = _attempted(result, session, sheet)
    parts = course.merged().get(result.check, ())
    if parts and course.RETIRED[parts[0]].part in session.added:
        if result.state == judge.CORRECT:
            return dataclasses.replace(result, lines=[*result.lines, IN_PARTS.format(", ".join(parts))])
        result = dataclasses.replace(result, state=judge.NOT_ATTEMPTED, points=0, lines=[], cause="")
    place = (sheet.exercise, result.check)
    older = {old: r for old, r in course.RETIRED.items() if (r.exercise, r.successor) == place}
    if not older or any(defines(result.check).search(source) for source in session.handed_in):
        return result
    told = []
    for old, retired in older.items():
        if retired.same or result.state == judge.NOT_ATTEMPTED:
            mention = re.compile(rf"""{defines(old).pattern}|\bcheck\([ \t]*["']{re.escape(old)}["']""", re.MULTILINE)
            if any(mention.search(source) for source in session.cells):
                told.append(retired.line(old))
    return dataclasses.replace(result, lines=[*result.lines, *told]) if told else result


def _attempted(result, session, sheet):
    """An answer whose cell failed, or that has another name, was attempted: the Result says what became of it."""
    if result.state == judge.NOT_ATTEMPTED:
        defining = defines(*session.known_as([result.check]))
        for number, (kind, text) in session.failures.items():
            if defining.search(session.cells[number - 1]):
                why = f"code cell {number}, which defines it, did not run to its end: {kind}: {text}"
                return dataclasses.replace(result, state=judge.ERROR, lines=[why])
        if not any(defining.search(source) for source in session.cells):
            known = session.known_as(sheet.checks)
            kind = NUMBERS if sheet.checks[result.check].probe == "value" else FUNCTION
            for number, source in enumerate(session.cells, 1):
                if other := [n for n in kind.findall(source) if n not in known and _alike(n, result.check)]:
                    why = RENAMED.format(result.check, other[0], number)
                    return dataclasses.replace(result, state=judge.ERROR, lines=[why])
    return result


def _alike(name, other):
    """Whether two names are the same but for a letter, and for capitals and underscores."""
    plain = [text.replace("_", "").lower() for text in (name, other)]
    return difflib.SequenceMatcher(None, *plain).ratio() >= ALIKE
