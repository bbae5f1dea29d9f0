"""Pages with students' code, for the instructor alone: beside each failing check, and two alike side by side."""

import ast
import contextlib
import difflib
import itertools
import re

from lstm_helpers import course, files, pages
from lstm_helpers.checks import judge
from lstm_helpers.grading.gradebook.grade import MISSING
from lstm_helpers.grading.pages import feedback
from lstm_helpers.grading.pages.flags import without_data
from lstm_helpers.grading.pages.similar import LARGEST
from lstm_helpers.grading.submissions import notebooks


def write(book, out):
    """Write ``out/code/<student>.html`` and ``out/similar/<number>.html``; older pages are removed."""
    for name in ("code", "similar"):
        (out / name).mkdir(parents=True, exist_ok=True)
        feedback.clear(out / name)
    page = feedback.environment().get_template("code.html.jinja")
    names = feedback.file_names(book.people)
    common = {"marks": feedback.MARKS, "parts": feedback.parts, "when": pages.day(book.when), "sheets": book.sheets}
    numbered = enumerate(book.grades)
    for student, grades in itertools.groupby(numbered, lambda pair: pair[1].student):
        submissions = [_with_code(g, book.grades.cells(k)) for k, g in grades if g.state != MISSING]
        shown = page.render(
            student=student, name=book.people[student].shown, told=submissions, file=names[student], **common
        )
        files.write(out / "code" / names[student], shown, sync=False)
    _write_pairs(book, out / "similar")


def _with_code(grade, cells):
    """A Grade, each Result that is not fully right with the cells that define what it asks for, and all cells."""
    cells = without_data(cells)
    beside = [(r, defining(cells, r, grade.exercise)) for r in grade.results if r.state != judge.CORRECT or r.carried]
    return {"grade": grade, "beside": beside, "cells": list(enumerate(cells, 1))}


def defining(cells, result, exercise):
    """[(cell number, [(line, whether it is the one that failed)])] of the cells that define a check's name."""
    definition = notebooks.defines(*course.todays(exercise, [result.check]))
    message = result.lines[0] if result.state == judge.ERROR and result.lines else ""
    listed = []
    for number, source in enumerate(cells, 1):
        if definition.search(source):
            lines = source.split("\n")
            listed.append((number, [(line, len(line.strip()) > 3 and line.strip() in message) for line in lines]))
    return listed


def requests(book):
    """What the students of a Book ask to be looked at again, the open ones first: request, Result, grade, code."""
    wanted = {(r.student, r.exercise) for r in book.requests}
    place = {(g.student, g.exercise): k for k, g in enumerate(book.grades)} if wanted else {}
    listed = []
    for request in sorted(book.requests, key=lambda r: bool(r.decision)):
        k = place.get((request.student, request.exercise))
        grade = book.grades[k] if k is not None else None
        result = next((r for r in grade.results if r.check == request.check), None) if grade else None
        cells = without_data(book.grades.cells(k)) if result else []
        told = {
            "request": request,
            "grade": grade,
            "result": result,
            "code": defining(cells, result, request.exercise) if result else [],
        }
        listed.append(told | {"said": feedback.parts(result) if result else None})
    return listed


# --- two alike ---------------------------------------------------------------------------------------------------


def _write_pairs(book, folder):
    """A page for each Pair of the Book, by its place in the report's table, from 1."""
    page = feedback.environment().get_template("similar.html.jinja")
    wanted = {(pair.exercise, who) for pair in book.similar for who in (pair.first, pair.second)}
    cells = {}
    if wanted:
        cells = {(g.exercise, g.student): k for k, g in enumerate(book.grades) if (g.exercise, g.student) in wanted}
    for number, pair in enumerate(book.similar, 1):
        names = course.todays(pair.exercise, book.sheets[pair.exercise].checks)
        both = [_answers(book.grades.cells(cells[pair.exercise, who]), names) for who in (pair.first, pair.second)]
        names = [name for name in book.sheets[pair.exercise].checks if any(name in answers for answers in both)]
        names.sort(key=lambda name: name not in pair.shared)
        compared = [(name, side_by_side(*(answers.get(name, "") for answers in both))) for name in names]
        shown = page.render(
            pair=pair, compared=compared, link=feedback.links(book.people, "../"), when=pages.day(book.when)
        )
        files.write(folder / f"{number}.html", shown, sync=False)


def _answers(cells, names):
    """{name: source} of the functions and classes in the cells by today's names; the last one counts."""
    cells, found = without_data(cells), {}
    if sum(map(len, cells)) > LARGEST:
        return found
    for source in cells:
        with contextlib.suppress(SyntaxError, ValueError, RecursionError, MemoryError):
            for node in ast.parse(source).body:
                if isinstance(node, ast.FunctionDef | ast.ClassDef):
                    found[names.get(node.name, node.name)] = ast.get_source_segment(source, node) or ""
    return found


def side_by_side(first, second):
    """[(line, line, how)] of two sources, white space and comments left out: "same", "renamed" or "other"."""
    one, two = first.split("\n"), second.split("\n")
    bare = [[re.sub(r"\s+|#.*", "", line) for line in lines] for lines in (one, two)]
    nameless = [[re.sub(r"[^\W\d]\w*", "_", line) for line in lines] for lines in bare]
    rows = []
    for kind, a, b, c, d in difflib.SequenceMatcher(None, *nameless, False).get_opcodes():
        for i, j in itertools.zip_longest(range(a, b), range(c, d)):
            alike = "same" if kind == "equal" and bare[0][i] == bare[1][j] else "renamed"
            left, right = one[i] if i is not None else "", two[j] if j is not None else ""
            rows.append((left, right, alike if kind == "equal" else "other"))
    return rows
