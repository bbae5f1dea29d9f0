"""From the store to the Book: who is who, what was late, what was decided by hand, and names that nobody may see."""

import contextlib
import dataclasses
import difflib
import functools
import itertools
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from lstm_helpers import checks, wording
from lstm_helpers.checks import judge
from lstm_helpers.grading.gradebook import appeals, identities, lateness, tables, weights
from lstm_helpers.grading.gradebook.book import VALUES, Book, Move, Person
from lstm_helpers.grading.gradebook.grade import MISSING, NOT_GRADED, Grade
from lstm_helpers.grading.gradebook.lateness import Clocks
from lstm_helpers.grading.gradebook.policy import Policy
from lstm_helpers.grading.gradebook.roster import ByHand, Roster

BLANK = "there is no answer in this file: is it the right one? The lesson and the untouched exercise have its name, too"
BY_HAND = "Points given by hand: "
KEPT = "Looked at again with a mended check"  # how the line of points begins that a regrading did not lower
EARLIER = "graded by another version of this exercise"
FEW = 3  # names in one message
OFF_ROSTER, TWICE, GROUP, SEVERAL = (
    "not on the roster",
    "handed in more than once",
    "handed in by a group",
    "files for this exercise: ",
)
FOR_INSTRUCTOR = (OFF_ROSTER, lateness.NO_TIME)  # remarks that no student can do anything about


@dataclass
class Display:
    """How a class is shown. None: as the last time. The store keeps it, so that `lstm-course report` needs no file."""

    roster: Roster | None = None
    late: Policy | None = None
    by_hand: list | None = None
    anonymous: bool | None = None
    weights: dict | None = None  # {exercise: {check: weight}}
    requests: list | None = None  # of appeals.Request: added to those of before, or none at all
    show: str | None = None  # how much of a failure the students see, one of book.SHOWN
    faults: list = dataclasses.field(default_factory=list)  # tables.TableError of lines that could not be read

    def check(self, found, store):
        """Raise ValueError for what cannot be applied to this class, before anything is graded."""
        folders = found.students if found else store.students()
        people = self.people(store)
        owner = identities.owners(people, folders)
        if self.roster and self.roster.people and folders and not set(owner.values()) & people.people.keys():
            raise ValueError(
                f"--roster: it has none of those who handed in ({few(folders)}); it has {few(people.people)}. One of "
                "its columns has to hold what the folders are called, or the ids or names in them"
            )
        faults = [*self.faults, *self._of_nobody(store, people, owner)]
        tables.refuse(faults or [*self._above_weights(store)])
        if found:
            handed, timed = [(h.student, h.exercise, h.submitted) for h in found.handed_in], found.timed
        else:
            handed, timed = [row[:3] for row in store.handed_in()], store.timed()
        late = self.late or Policy.of_data(store.setting("late", {}))
        Clocks(people.submitted, timed).check([(f, owner[f], e, late.of(e), time) for f, e, time in handed])

    def take_up(self, found, store, out, sheets):
        """Take up what somebody typed into the requests.csv of ``out``, whether or not an option names it.

        Returns lines that say so. A file that cannot be used is told of when the next one would be written.
        """
        people = self.people(store)
        folders = found.students if found else store.students()
        called = identities.caller(store, people, identities.owners(people, folders))
        if self.requests:
            self.requests = appeals.in_full(self.requests, store, called)
        taken, gone = [], []
        if self.requests != []:  # which takes them all off
            with contextlib.suppress(tables.TableError):
                taken, gone = appeals.typed(store, out, sheets, called)
        given = [dataclasses.astuple(request)[:-1] for request in self.requests or ()]
        taken = [request for request in taken if dataclasses.astuple(request)[:-1] not in given]
        if taken:
            self.requests = [*taken, *(self.requests or ())]
        shown_as = identities.shown_as(store, self.hides(store))
        return appeals.taken_up(taken, gone, store, out, called, lambda name: shown_as(called(name) or name))

    def hides(self, store):
        """Whether names are hidden from now on."""
        return store.setting("anonymous", False) if self.anonymous is None else self.anonymous

    def _of_nobody(self, store, people, owner):
        """A fault for each decision and request about somebody who is not in this class."""
        called = identities.caller(store, people, owner)
        known = identities.names_for_messages(store, people, owner, self.hides(store))
        for decision in (*(self.by_hand or ()), *(self.requests or ())):
            if called(decision.student) is None:
                like = difflib.get_close_matches(decision.student, known, n=1)
                hint = f", but somebody is called {like[0]!r}" if like else ""
                way = "write the student as in the roster, as the folder is named, or as in anonymous-key.csv"
                yield tables.TableError(f"nobody here is called {decision.student!r}{hint}: {way}", decision.where)

    def _above_weights(self, store):
        """A fault for points by hand for a whole exercise that are more than its checks count."""
        told = store.setting("weights", {}) if self.weights is None else self.weights
        given = store.setting("by_hand", []) if self.by_hand is None else [asdict(d) for d in self.by_hand]
        for decision in (ByHand(**data) for data in given):
            if decision.check or decision.points is None or decision.exercise not in told:
                continue
            most = weights.weighted(checks.sheets(), told)[decision.exercise].points
            if decision.points > most:
                points = wording.count(decision.points, "point")
                text = f"{points}, but with --weights {decision.exercise} has {most:g}"
                yield tables.TableError(text, decision.where)

    def people(self, store):
        """The Roster that is given, or that of before."""
        return self.roster or identities.of_store(store)

    def keep(self, store):
        """Write what is given into the store."""
        if self.roster is not None:
            store.set("roster", self.roster.as_data())
        if self.late is not None:
            store.set("late", self.late.as_data())
        if self.by_hand is not None:
            store.set("by_hand", [asdict(decision) for decision in self.by_hand])
        if self.anonymous is not None:
            store.set("anonymous", self.anonymous)
        if self.requests is not None:
            people = identities.of_store(store)
            called = identities.caller(store, people, identities.owners(people, store.students()))
            both = appeals.merged(appeals.of_store(store), self.requests, called) if self.requests else []
            store.set("requests", [asdict(request) for request in both])
        if self.show is not None:
            store.set("show", self.show)
        if self.weights is not None:
            store.set("weights", self.weights)


def few(names):
    """The first names of a list, in quotes."""
    return ", ".join(map(repr, list(names)[:FEW])) + (", ..." if len(names) > FEW else "")


@dataclass(frozen=True)
class Entry:
    """One student and exercise: the id of what was handed in, or None; the time, by whose clock; what to remark."""

    student: str
    exercise: str
    handed: int | None = None
    submitted: float | None = None
    clock: str = ""  # one of lateness.CLOCKS
    remarks: tuple = ()


class Grades(Sequence):
    """The grades of a class, each read from the store when it is asked for; nobody changes one.

    Those of a class of the usual size are read once for all tables and pages, those of a large one never fill memory.
    """

    def __init__(self, entries, reader):
        self.entries, self.reader = entries, reader
        self._read = functools.lru_cache(maxsize=500)(reader)

    def __len__(self):
        return len(self.entries)

    def __getitem__(self, k):
        if isinstance(k, slice):
            return Grades(self.entries[k], self.reader)
        return self._read(self.entries[k])

    def cells(self, k):
        """The sources of the code cells behind one grade, without names where they are hidden."""
        entry = self.entries[k]
        cells = self.reader.store.cells(entry.handed) if entry.handed is not None else []
        return [*map(self.reader.mask(entry.student), cells)] if self.reader.hidden else cells


def book(store, sheets, confinement, when):
    """The Book of everything in the store. It reads from the store, which has to stay open."""
    people = identities.of_store(store)
    owner = identities.owners(people, store.students())
    graded = store.exercises()
    if unknown := sorted(set(graded) - set(sheets)):
        raise ValueError(
            f"{unknown[0]} was graded with sheets of your own, or by another course: give --sheets DIR again"
        )
    shown = people.people | {s: Person(s) for s in sorted(set(owner.values()) - people.people.keys())}
    exercises = [exercise for exercise in sheets if exercise in graded]
    latest = _latest(store, owner, people)
    entries = [latest.get((s, e), Entry(s, e)) for s in shown for e in exercises]
    strays = [(owner.get(student, student), file, why) for student, file, why in store.strays()]
    anonymous = store.setting("anonymous", False)
    hidden = identities.pseudonyms(store, shown) if anonymous else {}
    reader = _Reader(store, sheets, people, owner, strays, hidden)
    if anonymous:
        entries = sorted(entries, key=lambda e: (hidden[e.student], exercises.index(e.exercise)))
        shown = {hidden[s]: Person(hidden[s]) for s in sorted(shown, key=hidden.get)}
        strays = [(hidden.get(s, "nobody's"), "a file", reader.mask(s)(why)) for s, _, why in strays]
    moves = [reader.move(*told) for told in store.regraded()]
    grades = Grades(entries, reader)
    more = {"strays": strays, "regraded": moves, "sheets": reader.counted}
    more |= {"requests": [*map(reader.shown_request, appeals.of_store(store))], "show": store.setting("show", VALUES)}
    more["variant"] = store.setting("variant")
    off = [s for s in dict.fromkeys(owner.values()) if people.people and s not in people.people]
    more |= {
        "off_roster": [reader.hidden.get(s, s) for s in off],
        "idle": [*reader.idle({*owner.values(), *people.people})],
    }
    return Book(grades, shown, store.seed(), when, confinement, anonymous, **more)


def codes(grades):
    """(exercise, student, cells, sha256 of the file) of every submission that holds code, one at a time."""
    reader = grades.reader
    for entry in grades.entries:
        if entry.handed is not None and (cells := reader.store.cells(entry.handed)):
            hidden = reader.hidden.get(entry.student, entry.student)
            yield entry.exercise, hidden, cells, reader.store.file_hash(entry.handed)


def _latest(store, owner, people):
    """{(student, exercise): Entry} of the newest hand-in of each, from whichever folder it came."""
    latest, clocks = {}, Clocks(people.submitted, store.timed())
    for folder, exercise, submitted, number, file, _ in store.handed_in():
        student, remarks = owner.get(folder, folder), ()
        if earlier := latest.get((student, exercise)):
            remarks = (*earlier.remarks, f"{TWICE}: {folder}/{file} is the newest and counts")
        elif people.people and student not in people.people:
            remarks = (OFF_ROSTER,)
        when = clocks.of(folder, student, exercise, submitted)
        latest[student, exercise] = Entry(student, exercise, number, *when, remarks)
    return latest


@dataclass
class _Reader:
    """Makes the Grade of an Entry."""

    store: object
    sheets: dict
    people: Roster
    owner: dict
    strays: list
    hidden: dict = dataclasses.field(default_factory=dict)  # {student: pseudonym}

    def __post_init__(self):
        self.folders = {}  # {student: what their folders are called}
        for folder, names in self.store.students().items():
            self.folders.setdefault(self.owner.get(folder, folder), []).extend([folder, *names])
        self.late = Policy.of_data(self.store.setting("late", {}))
        self.weights = self.store.setting("weights", {})
        self.counted = weights.weighted(self.sheets, self.weights)
        self.known = identities.caller(self.store, self.people, self.owner)
        self.decided = {}
        requests = map(self._without_names, appeals.of_store(self.store))
        answers = [answer for request in requests if (answer := request.by_hand())]
        given = (self._without_names(ByHand(**data)) for data in self.store.setting("by_hand", []))
        for decision in (*given, *answers):
            self.decided.setdefault((self.student_of(decision.student), decision.exercise), []).append(decision)
        self.overruled = []  # (decision that does not count, the one that counts)
        for key, decisions in self.decided.items():
            self.decided[key] = self._last_words(decisions)
        self.unread = {}
        for student, file, why in self.strays:
            self.unread.setdefault(student, []).append(f"{file}: {why}")

    def _last_words(self, decisions):
        """The decisions about one submission with one that gives points for each check; of the others the comment."""
        last = {d.check: d for d in decisions if d.points is not None}
        counting = []
        for decision in decisions:
            if decision.points is not None and decision is not last[decision.check]:
                self.overruled.append((decision, last[decision.check]))
                decision = dataclasses.replace(decision, points=None) if decision.comment else None
            elif decision.points is not None and decision.check and "" in last:
                self.overruled.append((decision, last[""]))
            if decision is not None:
                counting.append(decision)
        return counting

    def idle(self, students):
        """A line for the instructor about each decision by hand that does not count as it stands, and why."""
        for decision in itertools.chain(*self.decided.values()):
            student = self.student_of(decision.student)
            given = "its comment" if decision.points is None else f"{decision.points:g}"
            if student not in students and not self.hidden:
                yield f"{decision.where}: nobody here is called {decision.student!r} any more: {given} reaches nobody"
            elif decision.points is not None and self.weights.get(decision.exercise, {}).get(decision.check) == 0:
                yield f"{self._about(decision)}: {given} ({decision.where}) counts nothing: --weights drops this check"
        for less, more in self.overruled:
            whose = "for the whole exercise " if less.check and not more.check else ""
            counts = f"{more.points:g} {whose}({more.where}) counts"
            yield f"{self._about(less)}: {counts}, not {less.points:g} ({less.where})"

    def _about(self, decision):
        student = self.student_of(decision.student)
        return f"{self.hidden.get(student, student)}, {decision.exercise}, {decision.check or 'the whole exercise'}"

    def student_of(self, name):
        """The student whom a table calls so."""
        return self.known(name) or name

    def shown_request(self, request):
        """A Request as the Book shows it."""
        student = self.student_of(request.student)
        called = self.hidden.get(student, "nobody's") if self.hidden else student
        return dataclasses.replace(self._without_names(request), student=called)

    def called(self, folder):
        """The student that a folder belongs to, as the Book calls them."""
        student = self.owner.get(folder, folder)
        return self.hidden.get(student, student)

    def move(self, folder, exercise, check, before, gave, after):
        """The Move of a check that was looked at again, with the points of each step as they count for the class."""
        weight = self.weights.get(exercise, {}).get(check, 1)
        before, gave, after = (weights.points(value, weight) for value in (before, gave, after))
        decided = self.decided.get((self.owner.get(folder, folder), exercise), ())
        given = {d.check: d.points for d in decided if d.points is not None}
        if check in given:
            after = weights.points(given[check], weight)
        whole = given.get("")
        by_hand = f"{given[check]:g}" if check in given else ""
        by_hand = by_hand if whole is None else f"{whole:g} for the whole exercise"
        return Move(self.called(folder), exercise, check, before, gave, after, by_hand)

    def __call__(self, entry):
        sheet = self.counted[entry.exercise]
        if entry.handed is None:
            grade = Grade(entry.student, entry.exercise, MISSING, f"no {entry.exercise}.ipynb was handed in")
            if others := self.unread.get(entry.student):
                grade.note += f"; not recognised: {'; '.join(others[:5])}"
        else:
            grade = self.store.grade(entry.handed)
        grade.student, grade.of = entry.student, sheet.points
        grade.remarks += entry.remarks
        if grade.results and all(result.state == judge.NOT_ATTEMPTED for result in grade.results):
            grade.remarks.append(BLANK)
        if own := self.weights.get(entry.exercise):
            _weigh(grade, own)
        if grade.results and {r.check: r.of for r in grade.results} != {
            c.name: c.points for c in sheet.checks.values()
        }:
            grade.of = round(sum(result.of for result in grade.results), 4)
            grade.remarks.append(f"{EARLIER}, which asked for {wording.count(grade.of, 'point')}")
        self._adjust(grade, entry, sheet)
        if self.hidden:
            self._hide(grade)
        return grade

    def _adjust(self, grade, entry, sheet):
        points, whole = grade.points, None
        for decision in self.decided.get((entry.student, entry.exercise), ()):
            asked = any(decision.check == name for name in (*sheet.checks, *(r.check for r in grade.results)))
            if decision.check and not asked:
                given = (
                    ""
                    if decision.points is None
                    else f"{wording.count(decision.points, 'point')} by hand not counted. "
                )
                said = f"{decision.check}, which is no longer asked: {given}{decision.comment}"
                grade.remarks.append(said.strip(": "))
            elif decision.check and decision.points is not None:
                weight = self.weights.get(entry.exercise, {}).get(decision.check, 1)
                by_hand(grade, self.sheets[entry.exercise].checks.get(decision.check), decision, weight)
                points = sum(result.points for result in grade.results)
            else:
                whole = decision.points if decision.points is not None else whole
                where = f"{decision.check}: " if decision.check else ""
                given = "" if decision.points is None else f"{wording.count(decision.points, 'point')} by hand. "
                grade.remarks.append(f"{where}{given}{decision.comment}".strip())
        together = points if whole is None else whole
        counts = self._after_lateness(grade, entry, together, whole is not None)
        if (together, counts) != (grade.points, grade.points):
            grade.together, grade.adjusted = together, counts

    def _after_lateness(self, grade, entry, points, settled):
        """The points that are left; ``settled``: those of a whole exercise that a person gave are the last word."""
        rule = self.late.of(entry.exercise)
        if not rule or entry.handed is None:
            return points
        if entry.submitted is None:
            grade.remarks.append(lateness.NO_TIME)
            return points
        grade.clock, grade.late_by = entry.clock, rule.late_by(entry.submitted)
        if settled or points is None or not grade.late_by:
            return points
        grade.remarks.append(lateness.remark(rule, grade.late_by, entry.clock))
        return round(points * rule.keeps(grade.late_by), 2)

    def _hide(self, grade):
        """No name, also not in what the code printed, and no remark about a file, whose name may tell."""
        mask, grade.student = self.mask(grade.student), self.hidden[grade.student]
        remarks = [r for r in grade.remarks if not r.startswith("taken for ") and not about_files(r)]
        if grade.state == MISSING:
            grade.note = grade.note.partition(";")[0]
        else:
            grade.note = mask(grade.note)
        grade.remarks, grade.stopped, grade.flags = (
            [mask(t) for t in ts] for ts in (remarks, grade.stopped, grade.flags)
        )
        grade.failures = [(number, kind, mask(text)) for number, kind, text in grade.failures]
        for result in grade.results:
            result.lines = [line if line == result.cause_line else mask(line) for line in result.lines]
            result.printed = mask(result.printed)

    def mask(self, student):
        """A function that takes what a student is called, and names of files, out of a text."""
        return identities.mask(identities.names_of(self.people, student, self.folders.get(student, ())))

    @functools.cached_property
    def _everybody(self):
        """The same for all names of the class: code may use such a word for something else, but not what people write.

        Short numbers stay, which are points and shapes there.
        """
        students = {**self.folders, **self.people.people}
        called = set().union(*(identities.names_of(self.people, s, self.folders.get(s, ())) for s in students))
        return identities.mask(identities.no_numbers(called))

    def _without_names(self, written):
        """A Request or ByHand as it is shown: where names are hidden, its texts hold those of nobody in the class."""
        if not self.hidden:
            return written
        own = self.mask(self.student_of(written.student))
        texts = {text: own(self._everybody(getattr(written, text))) for text in appeals.TEXTS if hasattr(written, text)}
        return dataclasses.replace(written, **texts)


def _weigh(grade, own):
    """The points of each check as they count for the class."""
    for result in grade.results:
        weight = own.get(result.check, 1)
        result.points, result.of = weights.points(result.points, weight), weights.points(result.of, weight)
    if grade.points is not None:
        grade.points = round(sum(result.points for result in grade.results), 4)


def about_files(remark):
    """Whether a remark says that it is not certain whose a file is, or which one counts."""
    return remark.startswith((OFF_ROSTER, TWICE, GROUP)) or SEVERAL in remark


def for_student(grade):
    """(note, remarks) of a Grade that its student reads: not what is for the instructor alone, or a fault of ours."""
    note = "" if grade.state == NOT_GRADED else grade.note
    return note, [remark for remark in grade.remarks if remark not in FOR_INSTRUCTOR]


def is_by_hand(result):
    """Whether a person gave the points of a Result."""
    return bool(result.lines) and result.lines[0].startswith(BY_HAND)


class InFull(judge.Result):
    """A Result to which a person gave all points of its check: it is right, also where --weights drops the check."""


def settled(result):
    """Whether a person gave full points to what its check may not have found right."""
    return isinstance(result, InFull)


def by_hand(grade, check, decision, weight=1):
    """Put points that a person gave in the place of a check's own. ``weight``: what the check counts for the class."""
    place = next((k for k, result in enumerate(grade.results) if result.check == decision.check), None)
    earned = weights.points(decision.points, weight)
    counts = "this check is not counted" if weight == 0 else f"they count {weight:g} times, as {earned:g}"
    said = f"{BY_HAND}{decision.points:g}{'' if weight == 1 else f'; {counts}'}. {decision.comment}".strip()
    if place is None:
        state = judge.CORRECT if decision.points == check.points else judge.NOT_ATTEMPTED
        of = weights.points(check.points, weight)
        grade.results.append(judge.Result(check.name, state, earned, of, [said]))
    else:
        result = grade.results[place]
        kind = InFull if _in_full(result, check, decision, weight) else judge.Result
        told = {field.name: getattr(result, field.name) for field in dataclasses.fields(result)}
        grade.results[place] = kind(**told | {"points": earned, "lines": [said, *result.lines]})


def _in_full(result, check, decision, weight):
    """Whether these are all points of a check. One that is dropped has none in its Result: those of its sheet count."""
    if weight:
        return 0 < result.of <= weights.points(decision.points, weight)
    return check is not None and 0 < check.points <= decision.points
