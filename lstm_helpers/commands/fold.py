"""Stored answers of predictions: folded away in the executed lessons, and each question has one."""

import re

from lstm_helpers import course

CALL = re.compile(r"""^[ \t]*(predict|outcome|score)\(\s*["']([^"']+)["']""", re.MULTILINE)
HIDDEN = "outputs_hidden"  # JupyterLab folds the output of a cell away, until somebody asks for it


def calls(notebook):
    """[(number of the cell, "predict", "outcome" or "score", name)] of the code cells, in order."""
    code = ((k, cell) for k, cell in enumerate(notebook.cells) if cell.cell_type == "code")
    return [(k, what, name) for k, cell in code for what, name in CALL.findall(cell.source)]


def faults(notebook, stem):
    """What is not right about the predictions of the notebook of that stem: a sentence each."""
    lessons = {lesson.stem: lesson.number or lesson.stem for lesson in (*course.LESSONS, *course.PROJECTS)}
    own = lessons.get(stem, stem)
    found, asked, shown = [], [], []
    for _, what, name in calls(notebook):
        if what == "score":
            found += [] if name == own else [f"score({name!r}) is not of this notebook: score({own!r})"]
            continue
        if name.partition("-")[0] != own:
            found.append(f"{name!r} is no name for a prediction of this notebook: {own}-word")
        if what == "outcome" and name not in asked:
            found.append(f"outcome({name!r}, ...) has no predict({name!r}, ...) before it")
        seen = asked if what == "predict" else shown
        if name in seen:
            found.append(f"{what}({name!r}, ...) is there twice")
        seen.append(name)
    return found + [f"predict({name!r}, ...) has no outcome" for name in asked if name not in shown]


def folded(notebook):
    """The numbers of the cells that show the answer of a prediction: those after it up to its outcome, with that.

    A cell that only asks shows no answer, and its field has to be seen by whoever runs the notebook.
    """
    found = calls(notebook)
    asked = {name: k for k, what, name in found if what == "predict"}
    answers = {k for k, what, _ in found if what == "outcome"}
    spans = [range(asked[name], k + 1) for k, what, name in found if what == "outcome" and name in asked]
    asking = set(asked.values()) - answers
    code = {k for k, cell in enumerate(notebook.cells) if cell.cell_type == "code"}
    return {k for span in spans for k in span} & code - asking


def fold(notebook):
    """Fold away the outputs of these cells, and of no others. Returns whether anything was to be changed."""
    hidden, changed = folded(notebook), False
    for k, cell in enumerate(notebook.cells):
        jupyter = dict(cell.metadata.get("jupyter", {}))
        if bool(jupyter.pop(HIDDEN, False)) == (k in hidden):
            continue
        changed = True
        if k in hidden:
            jupyter[HIDDEN] = True
        cell.metadata["jupyter"] = jupyter
        if not jupyter:
            del cell.metadata["jupyter"]
    return changed
