"""What a solution notebook takes from its sheet: points, minutes and names are typed there, once.

An author writes the table's first line, a heading, the prose and the answer; ``lstm-course build`` fills in the rest:
the rows of the table of questions, number, points and minutes in the headings, the check cells, nbgrader's metadata.
"""

import re
from dataclasses import dataclass

import nbformat

from lstm_helpers import checks, wording

BEGIN = "### BEGIN SOLUTION"
COMPARED = "nbval-check-output"  # the tag of a cell whose stored output CI compares
TABLE = "| question | points | minutes |"
COLUMNS = {"question", "points", "minutes"}  # of a table of questions; an author may add columns of prose
# A number and "(2 points, 10 minutes)" are filled in around the title, however they stand there now.
HEADING = re.compile(r"## +(?:\d+\.(?: +|$))?(?P<title>.*?)(?: *\((?=[^()]*\d *(?:point|min))[^()]*\)?)? *")
GIVEN = re.compile(r"^(?:def|class) +(\w+)|^(\w+) *(?::[^=\n]*)?=(?!=)", re.M)  # what a cell defines at its top level
CHECK = re.compile(r'\s*check\("[^"\n]*", *\w+\)\s*')
RULE = re.compile(r"[|:\- ]+")  # the line between a table's header and its rows


class BuildError(Exception):
    """A notebook cannot be built; the text says which cell, and why."""


@dataclass
class Question:
    """Where one check of a sheet stands in a solution: its heading, and the cell that checks it (or None)."""

    name: str
    heading: dict
    checked: dict | None
    last: dict  # of the answer and the code that tries it out: a new check cell comes after it


def fill(notebook, sheet):
    """Bring a solution notebook in line with its sheet, in place. Returns a sentence for each thing that was changed.

    Raises BuildError, before anything is changed, where notebook and sheet do not have the same questions.
    """
    questions = _questions(notebook, sheet)
    table = _table(notebook, sheet)
    changed = list(_fill_table(*table, sheet))
    for number, question in enumerate(questions, 1):
        check = sheet.checks[question.name]
        line = question.heading.source.split("\n")[0]
        points, minutes = wording.count(check.points, "point"), wording.count(check.minutes, "minute")
        wanted = f"## {number}. {_title(line)} ({points}, {minutes})"
        if line != wanted:
            question.heading.source = wanted + question.heading.source.removeprefix(line)
            changed.append(f"{check.name}: its heading is {line!r}, by the sheet {wanted!r}")
        if question.checked is None:
            question.checked = _new_check_cell(notebook, question)
            changed.append(f"{check.name}: it has no check cell")
        changed += _fill_source(question.checked, check)
        changed += _fill_metadata(question.checked, f"check_{check.name}", points=check.points)
    for cell in filter(_is_answer, notebook.cells):
        changed += _fill_metadata(cell, _answered(cell, sheet))
    return changed


def _title(line):
    return HEADING.fullmatch(line)["title"]


def _is_answer(cell):
    return cell.cell_type == "code" and BEGIN in cell.source


def _is_checked(cell):
    graded = cell.metadata.get("nbgrader", {}).get("grade")
    return cell.cell_type == "code" and not _is_answer(cell) and (graded or bool(CHECK.fullmatch(cell.source)))


def _given(cell):
    """The names that a cell defines, in their order, each once."""
    return list(dict.fromkeys("".join(names) for names in GIVEN.findall(cell.source)))


def _answered(cell, sheet):
    """The name under which nbgrader knows an answer: the check's, else the first one that the cell defines."""
    given = _given(cell)
    return next((name for name in given if name in sheet.checks), given[0] if given else cell.id)


# ---------------------------------------------------------------- the questions of both sides


def _questions(notebook, sheet):
    """The Questions of a solution, in the order of the sheet's checks. BuildError where they are not the sheet's."""
    file, module = f"{sheet.exercise}.ipynb", _module(sheet)
    found = {}
    for section in sections(notebook.cells):
        if not any(_is_answer(cell) or _is_checked(cell) for cell in section):
            continue
        question = _question(section, sheet, file, module)
        if question.name in found:
            raise BuildError(f"{file}: `{question.name}` is answered under two headings: delete one of the questions")
        found[question.name] = question
    if missing := [name for name in sheet.checks if name not in found]:
        raise BuildError(
            f"{file} has no answer of `{missing[0]}`, which {module} asks: add a Markdown cell that begins with a "
            f"heading, '## ' and a title, and a code cell that defines {missing[0]} between {BEGIN} and "
            "### END SOLUTION. Number, points, minutes, check cell and metadata are filled in."
        )
    if list(found) != list(sheet.checks):
        raise BuildError(
            f"{file} has its questions in the order {', '.join(found)}, but {module} asks them in the order "
            f"{', '.join(sheet.checks)}: move them in one of the two"
        )
    return list(found.values())


def _module(sheet):
    """The module of a sheet, as a person finds it: its folder and its file."""
    code = next(iter(sheet.checks.values())).cases.__code__
    return "/".join(re.split(r"[/\\]", code.co_filename)[-2:])


def sections(cells):
    """The cells under each heading of the second level; the first ones stand under none."""
    sections = [[]]
    for cell in cells:
        if cell.cell_type == "markdown" and cell.source.startswith("## "):
            sections.append([])
        sections[-1].append(cell)
    return sections


def _question(section, sheet, file, module):
    """The Question of a section that holds an answer or a check cell."""
    heading, answers = section[0], [cell for cell in section if _is_answer(cell)]
    checked = [cell for cell in section if _is_checked(cell)]
    if heading.cell_type != "markdown" or not heading.source.startswith("## "):
        first = (answers or checked)[0]
        raise BuildError(
            f"{file}, cell {first.id}: this question stands under no heading: begin a Markdown cell above it with "
            "'## ' and a title"
        )
    line = heading.source.split("\n")[0]
    where = f"{file}, {line!r}"
    if not _title(line):
        raise BuildError(f"{where}: this heading has no title: write one after '## '")
    if not answers:
        raise BuildError(
            f"{where}: there is a check cell ({checked[0].id}) and no answer: put {BEGIN} and ### END SOLUTION "
            "around the answer, or delete the question"
        )
    named = [(name, cell) for cell in answers for name in _given(cell) if name in sheet.checks]
    names = list(dict.fromkeys(name for name, _ in named))
    if not names:
        given = ", ".join(f"`{name}`" for cell in answers for name in _given(cell)) or "nothing"
        raise BuildError(
            f"{where}: the answer defines {given}, and {module} has no check of that name: add the check, or delete "
            "the question"
        )
    if len(names) > 1:
        raise BuildError(f"{where}: it answers {' and '.join(names)}: give each question a heading of its own")
    (name,) = names
    if len({id(cell) for _, cell in named}) > 1:
        raise BuildError(f"{where}: `{name}` is answered in two cells: delete one of them")
    if len(checked) > 1:
        raise BuildError(f"{where}: there are {len(checked)} check cells: delete all but one")
    if checked and checked[0].source.strip() and not CHECK.fullmatch(checked[0].source):
        raise BuildError(
            f"{where}: cell {checked[0].id} is graded and holds other things than a check: move them into a cell "
            f'of their own and leave `check("{name}", {name})`'
        )
    return Question(name, heading, checked[0] if checked else None, _last(section, named[0][1]))


def _last(section, answer):
    """The last one of the code cells that follow the answer without a break."""
    after = section[next(k for k, cell in enumerate(section) if cell is answer) :]
    prose = next((k for k, cell in enumerate(after) if cell.cell_type != "code"), len(after))
    return after[prose - 1]


# ---------------------------------------------------------------- the check cells


def _new_check_cell(notebook, question):
    cell = nbformat.v4.new_code_cell(id=f"check-{question.name}"[:64], metadata={"tags": [COMPARED]})
    place = next(k for k, other in enumerate(notebook.cells) if other is question.last)
    notebook.cells.insert(place + 1, cell)
    return cell


def _fill_source(cell, check):
    name, exercise = check.name, check.sheet.exercise
    short, long = f'check("{name}", {name})', f'check("{exercise}/{name}", {name})'
    if cell.source in (short, long):
        return
    shared = any(name in sheet.checks for stem, sheet in checks.sheets().items() if stem != exercise)
    wanted = long if shared else short
    yield f"{name}: its check cell is {cell.source!r}, by the sheet {wanted!r}"
    cell.source = wanted


def _fill_metadata(cell, grade_id, points=None):
    """nbgrader's metadata of an answer, or of the check cell that gives these points."""
    graded = points is not None
    wanted = {"grade": graded, "grade_id": grade_id, "locked": graded, "schema_version": 3, "solution": not graded}
    wanted |= {"task": False} | ({"points": points} if graded else {})
    there = cell.metadata.get("nbgrader", {})
    if there == wanted:
        return
    differ = [key for key in sorted(wanted.keys() | there.keys()) if there.get(key) != wanted.get(key)]
    was, by_sheet = ({key: values[key] for key in differ if key in values} for values in (there, wanted))
    yield f"{grade_id}: nbgrader's metadata of cell {cell.id} are {was}, by the sheet {by_sheet}"
    cell.metadata["nbgrader"] = nbformat.from_dict(wanted)


# ---------------------------------------------------------------- the table of questions


def _table(notebook, sheet):
    """(cell, first line, line after the last) of the table of questions."""
    for cell in notebook.cells:
        lines = cell.source.split("\n") if cell.cell_type == "markdown" else []
        for first, line in enumerate(lines):
            if line.lstrip().startswith("|") and set(_columns(line)) >= COLUMNS:
                after = (k for k in range(first, len(lines)) if not lines[k].lstrip().startswith("|"))
                return cell, first, next(after, len(lines))
    raise BuildError(
        f"{sheet.exercise}.ipynb has no table of questions: write the line '{TABLE}' into its first cell. "
        "The rows are filled in."
    )


def _columns(row):
    return [text.strip() for text in re.split(r"(?<!\\)\|", row.strip().removeprefix("|").removesuffix("|"))]


def _fill_table(cell, first, end, sheet):
    """Fill in the rows of the table of questions; what authors write into columns of their own stays."""
    lines = cell.source.split("\n")
    header, body = _columns(lines[first]), lines[first + 1 : end]
    rule = next(filter(RULE.fullmatch, body), "|" + "---|" * len(header))
    there = {_name(row): row for row in body if row != rule}
    wanted = {}
    for number, check in enumerate(sheet.checks.values(), 1):
        row = dict(zip(header, _columns(there.get(check.name, "")), strict=False))
        row |= {"question": f"{number}. `{check.name}`", "points": f"{check.points:g}", "minutes": f"{check.minutes:g}"}
        wanted[check.name] = f"| {' | '.join(row.get(column, '') for column in header)} |"
    if body == [rule, *wanted.values()]:
        return
    lines[first + 1 : end] = [rule, *wanted.values()]
    cell.source = "\n".join(lines)
    for name in dict.fromkeys([*wanted, *there]):
        was, by_sheet = there.get(name, "missing"), wanted.get(name, "not there")
        if was != by_sheet:
            yield f"{name}: its row of the table is {was!r}, by the sheet {by_sheet!r}"
    if list(there) != list(wanted):
        yield f"the table has the rows {', '.join(there) or 'of no question'}, the sheet {', '.join(wanted)}"


def _name(row):
    found = re.search(r"`(\w+)`", row)
    return found[1] if found else row
