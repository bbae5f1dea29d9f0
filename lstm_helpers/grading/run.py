"""``lstm-course grade``: submissions in; the store, the tables and the pages out."""

import contextlib
import hashlib
import sys
from dataclasses import asdict
from pathlib import Path

from lstm_helpers import checks
from lstm_helpers.checks import own_sheets
from lstm_helpers.grading import executors, hidden, plan, removed, results, workers
from lstm_helpers.grading import limits as bounds
from lstm_helpers.grading.gradebook import assemble, versions
from lstm_helpers.grading.gradebook.grade import NOT_GRADED, Grade
from lstm_helpers.grading.gradebook.store import Key, Store
from lstm_helpers.grading.submissions import reading
from lstm_helpers.grading.terminal import printable


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
    variant=None,
    address=None,
    unsafe=False,
    limits=None,
    own_limits=None,
    hidden_texts=None,
    say=print,
):
    """Grade every submission in ``folder`` that is not in the store of ``out`` yet, and write all that is shown there.

    only: exercises (default: each that somebody handed in); seed: of the cases (default: the class's own, drawn once);
    jobs: workers on this machine; display: assemble.Display; own_sheets: a folder of check modules; variant: of the
    exercises, by its number; address: of a Dask scheduler; unsafe: grade even if nothing confines the code; limits: the
    usual host.Limits; own_limits: {name:
    number} that a person gave (limits.read), kept from then on; students: names of those who are graded now (default:
    all); hidden_texts: {exercise: text} to score on in place of the course's (hidden.read), kept from then on.
    Returns 0, or 1 if a submission could not be graded through a fault of ours. Raises ValueError, NotADirectoryError
    or sandbox.Refused, each with a plain sentence, before anything is graded.
    """
    sheets = workers.sheets_of(own_sheets, variant)
    found = reading.find(folder, sheets, only, out)
    display = display or assemble.Display()
    open_executor = executors.opener(address, jobs)
    with open_executor() as opened, contextlib.ExitStack() as stack:
        profiles = {sheets[exercise].profile for exercise in found.exercises}
        confined = executors.confinement(*opened, unsafe, profiles, say)
        store = stack.enter_context(Store(out))
        display.check(found, store)
        results.take_up(display, found, store, out, sheets, say)
        wanted = plan.chosen(students, found.students, display.people(store), store) if students else found.students
        for setting, given in {"limits": own_limits, hidden.SETTING: hidden_texts}.items():
            if given is not None:
                store.set(setting, given)
        texts = hidden.of_class(store, sheets)
        allowed = {e: bounds.of_class(store, sheets[e], limits) for e in found.exercises}
        made = {e: versions.version_of(sheets[e], allowed[e]) for e in found.exercises}
        try_own_sheets(store, made, sheets)
        origin = str(Path(folder).resolve())
        for line in removed.messages(store, folder, found, display.people(store), wanted, display.hides(store)):
            say(printable(line))
        store.begin(origin, found)
        found.handed_in = [handed for handed in found.handed_in if handed.student in wanted]
        display.keep(store)
        _remember(store, own_sheets, variant, confined)
        versions.note(store, sheets, made)
        keys = {e: Key(made[e], store.seed(seed), confined.name) for e in found.exercises}
        common = {"limits": allowed, "own_sheets": own_sheets, "variant": variant, "hidden": texts, "unsafe": unsafe}
        faults = _grade_all(store, origin, found, sheets, keys, common, executors.reopening(opened, open_executor))
        say(results.write_all(store, out, sheets))
    return 1 if faults else 0


def _remember(store, own_sheets, variant, confined):
    """Keep how a class is graded, for reports and for looking again."""
    if own_sheets:
        store.set("own_sheets", own_sheets)
    store.set("variant", variant)
    store.set("held", asdict(confined))


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


class _Progress:
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


def _grade_all(store, origin, found, sheets, keys, common, open_executor):
    """Grade what is not in the store; each outcome is written when it comes. Returns how many faults of ours."""
    from tqdm import tqdm

    faults, ungraded = 0, 0
    with tqdm(total=len(found.handed_in), desc="graded", unit="notebook", file=_Progress(sys.stderr)) as bar:
        work = _ungraded(store, origin, found, sheets, keys, common, bar)
        for handed, outcome, fault in executors.outcomes(work, open_executor):
            key = keys[handed.exercise]
            if fault:
                faults += 1
                sheet = sheets[handed.exercise]
                grade = Grade(handed.student, sheet.exercise, NOT_GRADED, fault, of=sheet.points)
                outcome = workers.Outcome("fault", "", grade)
            if outcome.grade is None:
                store.link(origin, handed, outcome.content, store.codes(handed, key)[outcome.code], outcome.remarks)
            else:
                store.add(origin, handed, key, outcome.code, outcome.cells, outcome.grade, outcome.remarks)
                ungraded += outcome.grade.points is None
            bar.update()
            if ungraded:
                bar.set_postfix_str(f"{ungraded} without points", refresh=False)
    return faults


def _ungraded(store, origin, found, sheets, keys, common, bar):
    """(HandIn, Task) of each submission that has to be graded; files are read one by one, as they are asked for."""
    for handed in found.handed_in:
        key, sheet = keys[handed.exercise], sheets[handed.exercise]
        try:
            data = handed.read()
        except reading.Unreadable as why:
            content = hashlib.sha256(str(why).encode()).hexdigest()
            outcome = workers.unreadable_outcome(handed.student, sheet, str(why), content)
            store.add(origin, handed, key, outcome.code, [], outcome.grade)
            bar.update()
            continue
        if store.has(origin, handed, hashlib.sha256(data).hexdigest(), key):
            bar.update()
            continue
        graded = frozenset(store.codes(handed, key))
        text = {e: text for e, text in common["hidden"].items() if e == handed.exercise}
        more = {**common, "limits": common["limits"][handed.exercise], "hidden": text}
        yield handed, workers.Task(data, handed.student, handed.exercise, key, graded=graded, **more)
