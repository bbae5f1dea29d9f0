"""``lstm-course grade --dry-run``: whom it found, what would be graded, what is not recognised. No box is opened."""

import contextlib
import difflib
import hashlib
import tempfile
from collections import defaultdict
from pathlib import Path

from lstm_helpers import wording
from lstm_helpers.grading import hidden, limits, removed, terminal, workers
from lstm_helpers.grading.gradebook import assemble, identities, versions
from lstm_helpers.grading.gradebook.store import Key, Store
from lstm_helpers.grading.submissions import reading


def chosen(names, folders, people, store):
    """The folders of the students that somebody names. ``folders``: {folder: other names}; people: a Roster.

    A name is that of the folder or in the roster, an id, or a pseudonym. ValueError says who is called nearly so.
    """
    wanted, owner = set(), identities.owners(people, folders)
    called = identities.caller(store, people, owner)
    for name in names:
        student = called(name)
        fits = {
            folder
            for folder, others in folders.items()
            if name in (folder, *others) or (student is not None and owner[folder] == student)
        }
        if not fits:
            known = identities.names_for_messages(store, people, owner, store.setting("anonymous", False))
            like = difflib.get_close_matches(name, known, n=1)
            hint = f": did you mean {like[0]!r}?" if like else f"; there are {assemble.few(known)}"
            raise ValueError(f"--student {name}: nobody who handed in is called so{hint}")
        wanted |= fits
    return wanted


def dry_run(
    folder,
    out,
    *,
    only=None,
    students=None,
    seed=None,
    display=None,
    own_sheets="",
    variant=None,
    own_limits=None,
    hidden_texts=None,
    say=print,
):
    """Say what ``run.grade`` would do with the same arguments; nothing is written to ``out``. Returns 0."""
    sheets = workers.sheets_of(own_sheets, variant)
    found = reading.find(folder, sheets, only, out)
    display = display or assemble.Display()
    with contextlib.ExitStack() as stack:
        empty = not (Path(out) / "grades.sqlite").is_file()
        place = stack.enter_context(tempfile.TemporaryDirectory()) if empty else out
        store = stack.enter_context(Store(place, make=empty))
        display.check(found, store)
        hidden.use(sheets, store.setting(hidden.SETTING, {}) if hidden_texts is None else hidden_texts)
        decisions = display.take_up(found, store, Path(out), sheets)
        people = display.people(store)
        wanted = chosen(students, found.students, people, store) if students else found.students
        gone = removed.messages(store, folder, found, people, wanted, display.hides(store))
        to_grade, done, unreadable, anew = _sorted(store, folder, found, wanted, sheets, seed, own_limits)
        owner, hides = identities.owners(people, found.students), display.hides(store)
        shown_as = identities.shown_as(store, hides)
    called = {folder: shown_as(owner[folder]) if hides else folder for folder in found.students}
    lines = [f"{wording.count(len(found.students), 'student')} found in {folder}", *gone, *decisions]
    for exercise in found.exercises:
        counts = [f"{len(to_grade[exercise])} to grade", f"{len(done[exercise])} graded already"]
        lines.append(f"{exercise}: {', '.join(counts)}")
        if to_grade[exercise]:
            lines.append(f"  to grade: {terminal.some([called[student] for student in to_grade[exercise]])}")
        if anew[exercise]:
            lines.append(f"  of these, {len(anew[exercise])} have points from another version of its checks or limits")
        handed = {h.student for h in found.handed_in if h.exercise == exercise}
        if without := [called[student] for student in found.students if student in wanted and student not in handed]:
            lines.append(f"  nothing handed in: {terminal.some(without)}")
        lines += [f"  cannot be read: {called[student]}: {why}" for student, why in unreadable[exercise]]
    if absent := [shown_as(student) for student in people.people if student not in {*owner.values()}]:
        lines.append(f"on the roster, without a folder: {terminal.some(absent)}")
    if people.people and (strange := [called[f] for f, student in owner.items() if student not in people.people]):
        lines.append(f"not on the roster: {terminal.some(strange)}")
    if hides:
        lines += [f"not recognised: a file of {called.get(student, 'nobody')}" for student, _, _ in found.strays]
    else:
        lines += [f"not recognised: {f'{student}/{file}'.lstrip('/')}: {why}" for student, file, why in found.strays]
        lines += [f"{h.student}/{h.file}: {remark}" for h in found.handed_in for remark in h.remarks]
    say("\n".join(map(terminal.printable, [*lines, "Nothing was graded, nothing was written."])))
    return 0


def _sorted(store, folder, found, wanted, sheets, seed, own_limits):
    """Who is to be graded, who is graded already, which files cannot be read, and who of the first was graded by
    another version of the sheet: each {exercise: [student]}, of the files [(student, why)]."""
    to_grade, done, unreadable, anew = (defaultdict(list) for _ in range(4))
    held = store.setting("held", {"name": ""})["name"]
    seed = store.setting("seed") if seed is None else seed
    given = store.setting("limits", {}) if own_limits is None else own_limits
    keys = {e: Key(versions.version_of(sheets[e], limits.of(sheets[e], given)), seed, held) for e in found.exercises}
    for handed in found.handed_in:
        if handed.student not in wanted:
            continue
        key = keys[handed.exercise]
        try:
            data = handed.read()
            code = reading.content_of(reading.parse(data).cells)
        except reading.Unreadable as why:
            unreadable[handed.exercise].append((handed.student, str(why)))
            continue
        origin = str(Path(folder).resolve())
        known = store.knows(origin, handed, hashlib.sha256(data).hexdigest(), key) or code in store.codes(handed, key)
        (done if known else to_grade)[handed.exercise].append(handed.student)
        if not known and store.graded_otherwise(handed, code, key):
            anew[handed.exercise].append(handed.student)
    return to_grade, done, unreadable, anew
