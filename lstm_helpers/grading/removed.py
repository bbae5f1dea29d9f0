"""Files that counted and are no longer in the folder that is graded: which they are, and what counts now."""

from pathlib import Path

from lstm_helpers import wording
from lstm_helpers.grading import terminal
from lstm_helpers.grading.gradebook import identities

NOW = float("inf")  # the run that is about to begin


def messages(store, folder, found, people, wanted, hides=False):
    """Lines for the terminal, before the run begins that takes these files off.

    found: reading.Found of ``folder``; people: a Roster; wanted: folders of the students who are graded now, as the
    others keep what they have unless all of it is gone; hides: whether names are hidden.
    """
    listed, origin = store.listed(), str(Path(folder).resolve())
    owner = identities.owners(people, {**store.students(), **found.students})
    here = {(h.student, h.exercise) for h in found.handed_in}
    removed = [
        (student, exercise, file)
        for where, student, exercise, file, *_ in listed
        if where == origin and exercise in found.exercises and (student, file) not in found.files
    ]
    removed = [row for row in removed if row[0] in wanted or row[:2] not in here]
    instead, nothing, shown_as = [], [], identities.shown_as(store, hides)
    for student, exercise, file in removed:
        whose = owner.get(student, student)
        theirs = lambda row, e=exercise, w=whose: (owner.get(row[1], row[1]), row[2]) == (w, e)  # noqa: E731
        others = [row for row in listed if row[0] != origin and theirs(row)]
        others += [row for h in found.handed_in if theirs(row := _row(origin, h))]
        named = f"a file of {shown_as(whose)}" if hides else f"{student}/{file}"
        if others:
            instead.append(f"{named}. For {exercise}, {_counts(max(others, key=_age), origin, hides)} counts now")
        else:
            nothing.append(named)
    lines = [f"no longer in {folder}: {line}" for line in instead[: terminal.LISTED]]
    if more := instead[terminal.LISTED :]:
        lines.append(f"no longer in {folder}: {wording.count(len(more), 'more file')} that gave way to another")
    if nothing:
        back = "Back in its place, it counts again"
        lines.append(f"no longer in {folder}, so it does not count: {terminal.some(nothing)}. {back}")
    return lines


def _row(origin, handed):
    return origin, handed.student, handed.exercise, handed.file, handed.submitted, NOW


def _age(row):
    *_, submitted, number = row
    return submitted or 0, number


def _counts(row, origin, hides):
    where, student, _, file, *_ = row
    return "another file" if hides else f"{student}/{file}{'' if where == origin else f' of {where}'}"
