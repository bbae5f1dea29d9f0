"""``lstm-course variant``: exercises of a class's own, made from the solutions, with the key beside them."""

import re
from pathlib import Path

import nbformat

from lstm_helpers import checks, course, files, variants, wording
from lstm_helpers.commands import build, fill
from lstm_helpers.variants import plans, texts

IMPORT = "from lstm_helpers.checks import check"
INSTEAD = "from lstm_helpers.checks import variant"
HEAD = (
    "**Variant {}.** Some questions of this sheet ask otherwise than the lesson: in bold, at their head, it says how."
)
SAYS = "**Here, unlike in the lesson, {}.**"


def write(seed, out, say=print):
    """Write the exercises and the key of a variant into ``out``, and say how much of each is turned.

    Raises ValueError where a text that has to be changed is not there, and where ``out`` is a course folder or holds
    another variant.
    """
    out, made = Path(out), {}
    _refuse_what_is_there(out, seed)
    for name, key in keys(seed):
        made |= {out / "solutions" / name: key, out / "exercises" / name: build.exercise_of(key)}
    for path, notebook in made.items():
        files.write(path, build.text_of(notebook))
    turned, of = 0, 0
    for exercise, sheet in checks.sheets().items():
        points = variants.turned_points(exercise, seed)
        turned, of = turned + points, of + sheet.points
        say(f"{exercise:<28} {points:>3g} of {wording.count(sheet.points, 'point')} asked otherwise")
    say(f"{turned / of:.0%} of all points. The rest is asked as in the course, whose solutions are public.")
    say(f"Hand out {out / 'exercises'}; {out / 'solutions'} is your key. Grade with --variant {seed}.")


def keys(seed):
    """Yield (path in the folder of exercises, the key) of every exercise of a variant. ValueError as of ``key_of``."""
    for solution, _ in build.pairs():
        if solution.stem in checks.sheets():
            yield solution.relative_to(course.root() / "solutions"), key_of(solution, seed)


def _refuse_what_is_there(out, seed):
    """The key belongs into no edition of the course, nor the exercises of two classes into one folder."""
    if (out / course.START_PAGE).is_file():
        raise ValueError(f"{out} is a course folder, and the key would lie in it: give a folder of its own")
    for path in sorted(path for part in ("exercises", "solutions") for path in (out / part).rglob("*.ipynb")):
        cells = nbformat.read(path, as_version=4).cells
        if (named := variants.named(cell.source for cell in cells if cell.cell_type == "code")) != seed:
            whose = "of no variant" if named is None else f"of variant {named}"
            raise ValueError(f"{path} is an exercise {whose}: give each variant a folder of its own")


def key_of(solution, seed):
    """The solution notebook of a variant, without outputs. ValueError where a text has lost its place."""
    notebook, exercise = nbformat.read(solution, as_version=4), solution.stem
    drawn = variants.plan(exercise, seed) if exercise in plans.PLANS else plans.UNTURNED
    variants.sheet(exercise, seed)  # hints and advice are edited, too
    for number, section in enumerate(fill.sections(notebook.cells)):
        name = next((found[1] for cell in section if (found := re.search(r'^check\("([\w/]+)",', cell.source))), "")
        name = name.rpartition("/")[2]
        for cell in section:
            try:
                _turn(cell, drawn, name)
            except texts.Lost as lost:
                raise ValueError(f"{exercise}.ipynb, cell {cell.id}: {lost}") from None
        if turn := drawn.turns.get(name):
            _say(section[0], SAYS.format(", and ".join(turn.said)))
        if not number and drawn.turns:
            _say(section[0], HEAD.format(seed))
    if unused := [old for old, _ in drawn.edits if old not in drawn.used]:
        raise ValueError(f"{exercise}: the text to be changed for a variant is not there: {unused[0]!r}")
    _ask(notebook, exercise, seed)
    return notebook


def _turn(cell, drawn, name):
    if cell.cell_type == "code":
        cell.source = texts.source(cell.source, drawn, name)
        cell.outputs, cell.execution_count = [], None
    else:
        cell.source = texts.prose(cell.source, drawn, name)


def _say(cell, line):
    """A line of its own below the heading of a Markdown cell."""
    heading, _, rest = cell.source.partition("\n")
    cell.source = f"{heading}\n\n{line}\n{rest}".rstrip("\n")


def _ask(notebook, exercise, seed):
    """The cell of imports asks the variant's checks."""
    cell = next((c for c in notebook.cells if c.cell_type == "code" and IMPORT in c.source.split("\n")), None)
    if cell is None:
        raise ValueError(f"{exercise}.ipynb: no cell has the line {IMPORT!r}")
    cell.source = f"{cell.source.replace(IMPORT, INSTEAD)}\n\ncheck = variant({seed})"
