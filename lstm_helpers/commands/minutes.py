"""How long a lesson takes: counted from its notebook, and filled into its "**Time:**" line and the course's map."""

import re
from pathlib import Path

from lstm_helpers import course
from lstm_helpers.commands.fill import BuildError

WORDS_A_MINUTE, PREDICTION, CELL = 200, 1.5, 0.5
CALL = re.compile(r"(?<![\w.])predict\(")
IN_WORDS = re.compile(r"(?<!says )\*\*(?:Predict|Before you look)")  # of a lesson whose predictions are asked in prose
TIME = re.compile(r"\*\*Time:\*\* (?:about )?(\d+) minutes")
MAP = Path(course.__file__).with_name("course.toml")


def minutes(notebook):
    """Minutes for reading a lesson, predicting, and looking at what its cells show."""
    text = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
    code = [cell.source for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]
    calls = sum(len(CALL.findall(source)) for source in code)
    others = sum(not CALL.search(source) for source in code)
    predictions = calls or sum(len(IN_WORDS.findall(source)) for source in text)
    return sum(len(source.split()) for source in text) / WORDS_A_MINUTE + PREDICTION * predictions + CELL * others


def about(notebook):
    """The same as a person says it, to five minutes."""
    return max(5, 5 * round(minutes(notebook) / 5))


def fill_time(notebook, name):
    """Bring the line "**Time:** about N minutes" in line with the notebook, in place.

    Returns what was changed, a sentence or "". BuildError where there is no such line.
    """
    wanted = f"**Time:** about {about(notebook)} minutes"
    for cell in notebook.cells:
        if cell.cell_type == "markdown" and (found := TIME.search(cell.source)):
            cell.source = cell.source.replace(found[0], wanted)
            return "" if found[0] == wanted else f"its time is {found[0]!r}, counted: {wanted!r}"
    raise BuildError(f"{name} has no line '{wanted}': write it into its first cell; the number is filled in")


def in_map(text, stem, number):
    """The text of the map of the course with this many minutes in the row of that stem."""
    row = re.compile(rf'(^stem = "{re.escape(stem)}"\n(?:(?!\[\[).*\n)*?minutes = )\d+', re.M)
    changed, rows = row.subn(rf"\g<1>{number}", text)
    if rows != 1:
        raise BuildError(f"course/course.toml has no row with the stem {stem!r} and a line `minutes = {number}`")
    return changed
