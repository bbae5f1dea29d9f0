"""``make course``: exercises are made from solutions; lessons and solutions are executed and stored clean.

A solution notebook marks the answer with ``### BEGIN SOLUTION`` and ``### END SOLUTION`` and carries nbgrader's cell
metadata, so that nbgrader reads it too. What its sheet says already (points, minutes, names, check cells) is filled in
from there (``fill``).
"""

import io
import os
import re
from pathlib import Path

import nbformat

from lstm_helpers import checks, course, files
from lstm_helpers.checks import own_sheets
from lstm_helpers.commands import fold, kernel, minutes
from lstm_helpers.commands.fill import COMPARED, TABLE, BuildError, fill
from lstm_helpers.lessons import formulas

REGION = re.compile(r"^(?P<indent>[ \t]*)### BEGIN SOLUTION\n.*?^[ \t]*### END SOLUTION[ \t]*(?:\n|\Z)", re.M | re.S)
ADDRESS = re.compile(r" at 0x[0-9a-f]{6,}>")
GOES_ON = "raises-exception"  # a cell whose error does not stop "Run all": the check below says what is wrong
TIMED = "timing"  # a cell that prints times: its stored outputs stay, so that a diff shows what changed
KEPT_METADATA = ("tags", "claim", "nbgrader", "editable", "deletable", "jupyter")
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
VOLATILE = {
    "LSTM_COURSE_PROGRESS": "off",
    "LSTM_COURSE_STRICT": "1",
    "PYTHONHASHSEED": "0",
    "OMP_NUM_THREADS": "2",
}


# As Jupyter writes it, without the version of Python: nbconvert and editors tell by it what the cells are.
NOTEBOOK_METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {
        "codemirror_mode": {"name": "ipython", "version": 3},
        "file_extension": ".py",
        "mimetype": "text/x-python",
        "name": "python",
        "nbconvert_exporter": "python",
        "pygments_lexer": "ipython3",
    },
}


def exercise_of(solution):
    """The exercise made from a solution notebook: answers replaced by ``...``, outputs gone, checks in locked cells.

    A cell that already leaves ``...`` to fill in, outside its answer, gets no second place to write.
    """
    exercise = nbformat.from_dict(solution)
    exercise.metadata = nbformat.from_dict(NOTEBOOK_METADATA)
    tried = _tried_out(exercise.cells)
    for cell in exercise.cells:
        cell.metadata = _kept(cell.metadata)
        if cell.cell_type != "code":
            continue
        cell.outputs, cell.execution_count = [], None
        cell.source, regions = REGION.subn(_stub(REGION.sub("", cell.source)), cell.source)
        marked = cell.metadata.get("nbgrader", {})
        if "### " in cell.source or bool(regions) != bool(marked.get("solution")):
            raise BuildError(f"cell {cell.id}: the solution markers and nbgrader's metadata do not agree")
        cell.source = cell.source.rstrip("\n")
        if marked.get("grade"):
            cell.metadata.update(editable=False, deletable=False)
        cell.metadata.tags = [tag for tag in cell.metadata.get("tags", []) if tag != COMPARED]
        cell.metadata.tags += [GOES_ON] if cell.id in tried else []
        if not cell.metadata.tags:
            del cell.metadata["tags"]
    return exercise


def _tried_out(cells):
    """The ids of the cells that try an answer out: code between an answer and its check."""
    found, waiting = set(), None
    for cell in cells:
        marked = cell.metadata.get("nbgrader", {}) if cell.cell_type == "code" else {}
        if marked.get("solution") or cell.cell_type == "markdown":
            waiting = [] if marked.get("solution") else None
        elif marked.get("grade"):
            found |= set(waiting or ())
            waiting = None
        elif waiting is not None:
            waiting.append(cell.id)
    return found


def _kept(metadata):
    return nbformat.from_dict({key: value for key, value in metadata.items() if key in KEPT_METADATA})


def _stub(rest):
    return "" if re.search(r"[:=]\s*\.\.\.", rest) else r"\g<indent># YOUR CODE HERE\n\g<indent>...\n"


def text_of(notebook):
    """The notebook as the text that is stored."""
    return nbformat.writes(notebook, version=nbformat.NO_CONVERT) + "\n"


def pairs(home=None):
    """(solution, exercise) paths of every solution notebook."""
    home = Path(home or course.root())
    solutions = sorted((home / "solutions").rglob("*.ipynb"))
    return [(s, home / "exercises" / s.relative_to(home / "solutions")) for s in solutions if not _checkpoint(s)]


def _checkpoint(path):
    return ".ipynb_checkpoints" in path.parts


def _made(path):
    """What a solution's file gives: (the solution, filled in; what was filled in, a sentence each; the exercise)."""
    solution = nbformat.read(path, as_version=4)
    sheet = checks.sheets().get(path.stem)
    if sheet is None and any(TABLE in cell.source for cell in solution.cells):
        raise BuildError(
            f"{path.name} has a table of questions and no sheet asks them: a lesson or project needs a row "
            f"with the stem {path.stem!r} in course/course.toml and sheet.py in its folder, an exercise of your own a "
            f"module with exercise={path.stem!r}"
        )
    filled = fill(solution, sheet) if sheet else []
    try:
        return solution, filled, exercise_of(solution)
    except BuildError as error:
        raise BuildError(f"{path.name}, {error}") from None


def drift(home=None, sheets=None):
    """One sentence for each solution or exercise that `lstm-course build` would change; empty when all agree.

    sheets: the folder of an instructor's own sheets, to look there.
    """
    if sheets:
        checks.load_sheets(sheets)
    home = Path(sheets or home or course.root())
    command = f"lstm-course build --sheets {sheets}" if sheets else "lstm-course build"
    made = {exercise: solution for solution, exercise in pairs(home)}
    found = [e for e in sorted((home / "exercises").rglob("*.ipynb")) if not _checkpoint(e)]
    troubles = [
        f"{e.name} has no solution: exercises are made by `lstm-course build`, never by hand"
        for e in found
        if e not in made
    ]
    for exercise, solution in made.items():
        try:
            _, filled, wanted = _made(solution)
        except BuildError as error:
            troubles.append(str(error))
            continue
        if filled:
            differences = "\n  ".join(filled)
            troubles.append(f"solutions/{solution.name} is not what its sheet says: run `{command}`\n  {differences}")
        if not exercise.exists():
            troubles.append(f"{exercise.name} is missing: run `{command}`")
        elif exercise.read_text(encoding="utf-8") != text_of(wanted):
            troubles.append(f"{exercise.name} differs from what solutions/{solution.name} gives: run `{command}`")
    troubles += _drift_of_predictions(home, command)
    return troubles if sheets else [*troubles, *_wrong_minutes(home, command)]


def _drift_of_predictions(home, command):
    troubles = []
    for path in sorted((home / "notebooks").rglob("*.ipynb")):
        if not _checkpoint(path):
            notebook = nbformat.read(path, as_version=4)
            troubles += [f"notebooks/{path.name}: {fault}" for fault in fold.faults(notebook, path.stem)]
            if fold.fold(notebook):
                troubles.append(f"notebooks/{path.name}: answers of predictions are not folded away: run `{command}`")
    return troubles


def _lessons(home):
    """(row of the map, path) of every lesson and project that has a notebook."""
    rows = [(row, home / "notebooks" / f"{row.path}.ipynb") for row in (*course.LESSONS, *course.PROJECTS)]
    return [(row, path) for row, path in rows if path.exists()]


def _wrong_minutes(home, command):
    """One sentence for each lesson that does not say how long it takes, or whose row of the map does not."""
    for row, path in _lessons(home):
        notebook = nbformat.read(path, as_version=4)
        try:
            changed = minutes.fill_time(notebook, path.name)
        except BuildError as error:
            yield str(error)
            continue
        if changed:
            yield f"notebooks/{path.name}: {changed}: run `{command}`"
        if row.minutes != (counted := minutes.about(notebook)):
            yield f"course/course.toml gives {row.stem} {row.minutes} minutes, counted: {counted}: run `{command}`"


def _fill_minutes(home, chosen, say):
    """Fill what a lesson takes into its notebook and into the map, which the start page shows."""
    before = text = minutes.MAP.read_text(encoding="utf-8")
    for row, path in _lessons(home):
        if chosen(path):
            notebook = nbformat.read(path, as_version=4)
            if changed := minutes.fill_time(notebook, path.name):
                files.write(path, text_of(notebook))
                say(f"filled    {path.relative_to(home)}\n          {changed}")
            text = minutes.in_map(text, row.stem, minutes.about(notebook))
    if text != before:
        files.write(minutes.MAP, text)
        say("filled    course/course.toml: minutes, which the start page shows: build 00_start_here, too")


def execute(path, timeout=600, sheets=None):
    """Run a notebook top to bottom in its own folder and return it, clean. BuildError on an error or on stderr.

    sheets: the folder of an instructor's own sheets, for a notebook that answers one of them.
    """
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(
        notebook,
        timeout=timeout,
        kernel_name="python3",
        resources={"metadata": {"path": str(path.parent)}},
        extra_arguments=["--IPKernelApp.log_level=ERROR"],  # else each start warns that loopback is not encrypted
    )
    timed = {cell.id: cell.outputs for cell in notebook.cells if TIMED in cell.metadata.get("tags", [])}
    setting = VOLATILE | {"JPY_SESSION_NAME": str(path)}  # as Jupyter's server tells a kernel whose it is
    setting |= {"LSTM_COURSE_SHEETS": str(Path(sheets).resolve())} if sheets else {}
    setting |= {"LSTM_COURSE_WORK": str(course.root() / "solutions")}  # what yours takes for a student's notebooks
    before = {name: os.environ.get(name) for name in setting}
    os.environ.update(setting)
    try:
        kernel.execute(client)
    except (CellExecutionError, CellTimeoutError, DeadKernelError, kernel.NotStarted) as error:
        raise BuildError(f"{path.name}: {error}") from None
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})
    for cell in notebook.cells:
        if timed.get(cell.id):
            cell.outputs = timed[cell.id]
    if faults := fold.faults(notebook, path.stem):
        raise BuildError("\n  ".join([f"{path.name}: its predictions are not right yet:", *faults]))
    clean(notebook, path.name)
    fold.fold(notebook)
    return notebook


def clean(notebook, name):
    """Keep what a diff should show: no times, no widget state or views, no version noise; split streams joined."""
    notebook.metadata = nbformat.from_dict(NOTEBOOK_METADATA)
    home = str(course.root())
    for cell in notebook.cells:
        cell.metadata = _kept(cell.metadata)
        if cell.cell_type != "code":
            continue
        cell.outputs = _joined(o for o in map(_still, cell.outputs) if o is not None)
        for output in cell.outputs:
            if output.output_type == "error" or output.get("name") == "stderr":
                left = output.get("ename") or f"stderr, {output.text.strip()!r},"
                raise BuildError(f"{name}, cell {cell.id}: leaves {left} in its output")
            if ADDRESS.search(output.get("data", output).get("text/plain", output.get("text", ""))):
                raise BuildError(f"{name}, cell {cell.id}: shows an object's address, which says nothing to a reader")
            if home in str(output):
                raise BuildError(f"{name}, cell {cell.id}: its output names a path of this machine")
            if output.output_type == "execute_result":
                output.execution_count = cell.execution_count
    return notebook


def _still(output):
    """An output as it is stored. A widget is its own words, which ask to run the cell; one without them is None."""
    if WIDGET_VIEW not in output.get("data", {}):
        return output
    said = output.data.get("text/plain", "")
    output.data = nbformat.from_dict({"text/plain": said})
    return output if "Run this cell" in said else None


def _joined(outputs):
    joined = []
    for output in outputs:
        if output.output_type == "stream" and joined and joined[-1].get("name") == output.name:
            joined[-1].text += output.text
        else:
            joined.append(output)
    return joined


def build(only=(), say=print, sheets=None):
    """Fill in every solution, make every exercise, execute every lesson and solution, and store them clean.

    only: the stems to do it for, or their numbers. sheets: a folder of an instructor's own sheets, to do the same
    there: its check modules are tried out first. Raises BuildError, and then writes no exercise.
    """
    home = Path(sheets) if sheets else course.root()
    page = home / "notebooks" / "formula_sheet.pdf"
    there = [path for folder in ("notebooks", "solutions") for path in sorted((home / folder).rglob("*.ipynb"))]
    stems = dict.fromkeys(path.stem for path in [*there, page] if not _checkpoint(path))
    wanted = [course.meant(given, stems, "notebook") for given in only]
    chosen = lambda path: not wanted or path.stem in wanted  # noqa: E731
    if sheets:
        _try_out(sheets, chosen)
    for solution, exercise, made in [(*pair, _made(pair[0])) for pair in pairs(home) if chosen(pair[0])]:
        notebook, filled, handed_out = made
        if filled:
            files.write(solution, text_of(notebook))
            say("\n          ".join([f"filled    {solution.relative_to(home)}", *filled]))
        files.write(exercise, text_of(handed_out))
        say(f"made      exercises/{exercise.relative_to(home / 'exercises')}")
    if not sheets:
        _fill_minutes(home, chosen, say)
    for folder in ("notebooks", "solutions"):
        for path in sorted((home / folder).rglob("*.ipynb")):
            if chosen(path) and not _checkpoint(path):
                files.write(path, text_of(execute(path, sheets=sheets)))
                say(f"executed  {path.relative_to(home)}")
    if chosen(page) and not sheets:
        drawn = io.BytesIO()
        formulas.write(drawn)
        files.write(page, drawn.getvalue())
        say(f"drawn     {page.relative_to(home)}")


def _try_out(folder, chosen):
    """BuildError when the sheets in a folder and their solutions do not hold what a student relies on."""
    checks.load_sheets(folder)
    solutions = {solution.stem: solution for solution, _ in pairs(folder)}
    troubles = []
    for sheet in own_sheets.read(folder):
        path = solutions.get(sheet.exercise)
        if path is None:
            troubles.append(f"there is no {Path(folder) / 'solutions' / sheet.exercise}.ipynb")
        elif chosen(path):
            troubles += own_sheets.faults(sheet, checks.examine)
    if troubles:
        raise BuildError("\n  ".join([f"{folder} is not right yet:", *troubles]))
