"""``lstm-course grade --regrade CHECK``: a check that was mended looks again at what the store holds, and it alone.

The other checks keep what they gave, and the store takes the submissions for graded by the mended sheet. So the next
run grades nothing again because of this check. Nobody loses points unless the instructor says so; where the maximum of
the check changed, nobody's share of it falls.
"""

import dataclasses
import json
import sys
from datetime import datetime

from lstm_helpers import course, wording
from lstm_helpers.grading import class_variant, executors, hidden, plan, results, run, terminal, workers
from lstm_helpers.grading import limits as bounds
from lstm_helpers.grading.box.sandbox import Confinement
from lstm_helpers.grading.gradebook import assemble, identities, versions
from lstm_helpers.grading.gradebook.grade import GRADED
from lstm_helpers.grading.gradebook.store import Store
from lstm_helpers.grading.gradebook.weights import of_maximum
from lstm_helpers.grading.pages.moves import SHARE, STEP


def regrade(
    out,
    asked,
    *,
    allow_lower=False,
    students=None,
    jobs=None,
    display=None,
    own_sheets="",
    address=None,
    unsafe=False,
    limits=None,
    say=print,
):
    """Run some checks again on every submission in the store of ``out`` that counts, and write all that is shown.

    asked: names of checks, ``sigmoid`` or ``03_gates.sigmoid``; allow_lower: whether a student may lose points; the
    others are those of run.grade. Returns 0, or 1 if a submission could not be looked at. Raises ValueError or
    sandbox.Refused, each with a plain sentence, before anything is changed.
    """
    variant = class_variant.of_store(out)
    sheets = workers.sheets_of(own_sheets, variant)
    open_executor = executors.opener(address, jobs)
    with Store(out, make=False) as store:
        texts = hidden.of_class(store, sheets)
        wanted = checks_named(asked, sheets, store.exercises())
        for exercise, names in wanted.items():
            _check_the_rest(store, sheets[exercise], _with_those_that_use(sheets[exercise], names))
        made = {e: versions.version_of(sheets[e], bounds.of_class(store, sheets[e], limits)) for e in wanted}
        run.try_own_sheets(store, made, sheets)
        display = display or assemble.Display()
        display.check(None, store)
        results.take_up(display, None, store, out, sheets, say)
        display.keep(store)
        with open_executor() as opened:
            confined = executors.confinement(*opened, unsafe, {sheets[exercise].profile for exercise in wanted}, say)
            if confined.name != (before := store.setting("held")["name"]):
                raise ValueError(
                    f"this class was graded with code confined by {before}, and here it would be by {confined.name}: "
                    "regrade it in the same way"
                )
            common = {"own_sheets": own_sheets, "variant": variant, "hidden": texts, "unsafe": unsafe}
            folders = plan.chosen(students, store.students(), identities.of_store(store), store) if students else None
            regrading = _Regrading(store, sheets, wanted, allow_lower, limits, common)
            regrading.run(executors.reopening(opened, open_executor), folders)
        versions.note(store, sheets, regrading.versions)
        summary = results.write_all(store, out, sheets)
        book = assemble.book(store, sheets, Confinement(**store.setting("held")), datetime.now())
        moves = [book.grades.reader.move(*moved) for moved in regrading.moves]
        say(table(book, moves, wanted, regrading.maxima))
        for graded, why in regrading.faults:
            called = book.people[book.grades.reader.called(graded.student)].shown
            say(terminal.printable(f"{called}, {graded.exercise}: left as it was; {why}"))
        say(summary)
    return 1 if regrading.faults else 0


def checks_named(asked, sheets, graded):
    """{exercise: (check, ...)} of names as an instructor writes them: ``sigmoid``, ``03.sigmoid``, ``gates.sigmoid``.

    ValueError says which there are.
    """
    wanted = {}
    for text in asked:
        exercise, _, name = text.rpartition(".")
        try:
            meant = [course.meant(exercise, sheets)] if exercise else graded
        except ValueError as why:
            raise ValueError(f"--regrade {text}: {why}") from None
        fits = [e for e in graded if e in meant and e in sheets and name in sheets[e].checks]
        if len(fits) > 1:
            raise ValueError(f"--regrade {text}: {' and '.join(fits)} have it: write {fits[0]}.{name}")
        if not fits:
            there = "; ".join(f"{e}: {', '.join(sheets[e].checks)}" for e in graded if e in sheets)
            raise ValueError(f"--regrade {text}: nothing that was graded has such a check. There are {there or 'none'}")
        wanted.setdefault(fits[0], []).append(name)
    return {exercise: tuple(dict.fromkeys(names)) for exercise, names in wanted.items()}


def _check_the_rest(store, sheet, names):
    """Raise ValueError when more has changed since the class was graded than the checks in ``names``."""
    known, now = store.setting("parts", {}), versions.parts_of(sheet)
    for version in {graded.key.version for graded in store.counting(sheet.exercise)}:
        before = known.get(version, now)  # a store of an earlier course does not tell
        changed = [name for name in (*before, *now) if before.get(name) != now.get(name)]
        others = [name for name in dict.fromkeys(changed) if name not in names]
        if shared := [name for name in others if not name or name.startswith(versions.SHARED)]:
            raise ValueError(_all_anew(store, sheet, shared))
        if others:
            raise ValueError(
                f"{sheet.exercise}: since it was graded, {', '.join(others)} changed as well. "
                "Name them too (--regrade may be given again), or grade the submissions anew"
            )


def _all_anew(store, sheet, shared):
    """Why one check cannot be looked at alone, and the two ways on."""
    named = [] if "" in shared else [name.removeprefix(versions.SHARED) for name in shared]  # "": kept without names
    return (
        f"{sheet.exercise}: since it was graded, what judges every check has changed as well"
        f"{': ' if named else ''}{', '.join(named)}. Nothing was changed. "
        f"`{versions.again(store, sheet.exercise)}` grades all of it anew, with the mended check; "
        "points by hand, lateness and requests stay. Or undo that change: then this command goes on"
    )


class _Regrading:
    """Looks at the submissions of some exercises again.

    faults: (Graded, why) of what could not be; moves: (folder, exercise, check, points before this run, what the check
    gives now, what it keeps or gets) of all others, as shares of its maximum now; maxima: {(exercise, check): (earlier
    maximum, maximum now)} where they differ.
    """

    def __init__(self, store, sheets, wanted, allow_lower, limits, common):
        self.store, self.sheets, self.wanted = store, sheets, wanted
        self.allow_lower, self.common, self.faults, self.moves = allow_lower, common, [], []
        self.maxima = {}
        self.limits = {e: bounds.of_class(store, sheets[e], limits) for e in wanted}
        self.versions = {e: versions.version_of(sheets[e], self.limits[e]) for e in wanted}
        self.checks = {e: _with_those_that_use(sheets[e], names) for e, names in wanted.items()}

    def run(self, open_executor, folders=None):
        """Write each submission's points as soon as they are there; ``folders``: of those alone."""
        from tqdm import tqdm

        listed = [graded for exercise in self.wanted for graded in self.store.counting(exercise)]
        listed = [graded for graded in listed if folders is None or graded.student in folders]
        with tqdm(total=len(listed), desc="looked at again", unit="notebook", file=sys.stderr) as bar:
            for graded, outcome, fault in executors.outcomes(map(self._task, listed), open_executor):
                if not fault and outcome.grade.state != GRADED:
                    fault = f"{outcome.grade.state}: {outcome.grade.note}"
                elif not fault and {r.check for r in outcome.grade.results}.isdisjoint(self.checks[graded.exercise]):
                    fault = "the check was not run"
                if fault:
                    self.faults.append((graded, fault))
                else:
                    self._write(graded, outcome.grade)
                bar.update()

    def _task(self, graded):
        sheet, names = self.sheets[graded.exercise], self.checks[graded.exercise]
        cells = [{"cell_type": "code", "source": source} for source in self.store.cells(graded.handed)]
        key = dataclasses.replace(graded.key, version=self.versions[graded.exercise])
        used = {name for check in names for name in sheet.checks[check].uses}
        data = json.dumps({"cells": cells}).encode()
        more = {"checks": frozenset({*names, *used}), "limits": self.limits[graded.exercise], **self.common}
        return graded, workers.Task(data, graded.student, graded.exercise, key, **more)

    def _write(self, graded, new):
        sheet = self.sheets[graded.exercise]
        grade = self.store.grade(graded.handed)
        fresh = {r.check: r for r in new.results if r.check in self.checks[graded.exercise]}
        results, moves = {r.check: r for r in grade.results if r.check in sheet.checks}, []
        for name, result in fresh.items():
            before = results.get(name)
            if before is not None:
                result = result if self.allow_lower else higher(before, result)
                if before.of != result.of:
                    self.maxima[graded.exercise, name] = before.of, result.of
            results[name] = result
            earned = of_maximum(before.points, before.of, result.of) if before else 0.0
            moves.append((name, earned, fresh[name].points, result.points))
        grade.results = [results[name] for name in sheet.checks if name in results]
        grade.points, grade.of = sum(r.points for r in grade.results), sheet.points
        self.store.regrade(graded, self.versions[graded.exercise], grade, moves)
        self.moves += [(graded.student, graded.exercise, *move) for move in moves]


def _with_those_that_use(sheet, names):
    """``names``, and the checks whose points may depend on them: errors are carried forward."""
    return tuple(name for name, check in sheet.checks.items() if name in names or set(check.uses) & set(names))


def higher(before, again):
    """The Result that counts when nobody may lose points; the earlier one says that it was kept.

    Where the maximum changed, the share is kept: 2 of 2 become 1 of 1.
    """
    points = of_maximum(before.points, before.of, again.of)
    if again.points >= points:
        return again
    lines = [line for line in before.lines if not line.startswith(assemble.KEPT)]
    now = f"it gives {again.points:g} of {wording.count(again.of, 'point')} now"
    earlier = f" {before.points:g} of {before.of:g} became {points:g} of {again.of:g}." if before.of != again.of else ""
    line = f"{assemble.KEPT}: {now}.{earlier} You keep the {points:g} of before."
    return dataclasses.replace(before, points=points, of=again.of, lines=[line, *lines])


# --- who moves ---------------------------------------------------------------------------------------------------


def table(book, moves, wanted, maxima):
    """Who moves in this run, and by how much, for the terminal.

    moves: book.Move of all that it looked at; maxima: as of _Regrading.
    """
    lines = []
    for exercise, names in wanted.items():
        for check in dict.fromkeys((*names, *(m.check for m in moves if m.exercise == exercise))):
            of_check = [move for move in moves if (move.exercise, move.check) == (exercise, check)]
            named = [m for m in of_check if m.by] + [m for m in of_check if not m.by and (m.keeps_earlier or m.by_hand)]
            moved, kept = sum(m.by != 0 for m in of_check), sum(m.keeps_earlier for m in of_check)
            lines.append(f"{exercise}.{check}: {len(of_check)} looked at again, {moved} moved, {kept} kept more")
            if (exercise, check) in maxima:
                earlier, now = maxima[exercise, check]
                lines.append(f"  its maximum was {earlier:g} and is {now:g} now: {SHARE}")
            called = {m.student: book.people[m.student].shown for m in named}
            width = max(map(len, called.values()), default=0)
            for m in named:
                lines.append(f"  {called[m.student]:<{width}}  {m.after - m.by:g} -> {m.after:g}  {m.by:+g}{_why(m)}")
    lines.append(f"These are points of the check as they count: {STEP}.")
    return "\n".join(map(terminal.printable, lines))


def _why(move):
    if move.by_hand:
        return f" (by hand: {move.by_hand}; the check gives {move.gave:g} now)"
    return f" (it gives {move.gave:g} now; --allow-lower would take it)" if move.keeps_earlier else ""
