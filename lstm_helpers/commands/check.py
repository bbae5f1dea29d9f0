"""``lstm-course check``: run notebooks top to bottom, strictly, and say in plain words what is not right."""

import ast
import dis
import os
import re
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from lstm_helpers import checks, notebook_file, wording
from lstm_helpers.checks.show import CORRECT, Result
from lstm_helpers.commands import kernel
from lstm_helpers.course import progress, work

LONGEST = 120  # seconds for one cell; it is then interrupted
ESCAPES = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True)
class Fault:
    """A cell that is not right: its number, why, and the names that it defines, which are not there if it failed.

    carried: its own answer is right, and one before it that it calls is not.
    """

    cell: int
    reason: str
    defines: frozenset = frozenset()
    carried: bool = False


@dataclass
class Ran:
    """What running one notebook showed: its code cells, how many of them ran, the Faults, and what each check
    that was asked for said, as an entry of ``progress``."""

    cells: int = 0
    ran: int = 0
    faults: list = field(default_factory=list)
    asked: dict = field(default_factory=dict)


def check(notebooks):
    """Run each notebook, print what is not right. Returns 0 if all is, else 1.

    A file may have any name and lie in any folder: it is told by its content, and runs in its folder. What is no file
    is the student's copy of an exercise: 03 or gates. Raises ValueError or FileNotFoundError if there is neither.
    """
    right = [_tell(path) for path in [_file(given) for given in notebooks]]
    return int(not all(right))


def _file(given):
    path = Path(given)
    if path.is_file():
        return path
    if path.is_dir():
        raise FileNotFoundError(f"there is no notebook {given}: it is a folder")
    try:
        copy = work.copy_of(given)[1]
    except ValueError as none:
        raise ValueError(f"there is no notebook {given}, and {none}") from None
    if not copy.is_file():
        raise FileNotFoundError(f"{copy} is not there yet: `lstm-course reset {copy.stem}` puts it there")
    here = Path.cwd()
    return copy.relative_to(here) if copy.is_relative_to(here) else copy


def _tell(path):
    """Run one notebook and print what was found; returns whether all of it is right."""
    try:
        sources = notebook_file.code_of(path)
    except notebook_file.Unreadable as why:
        print(f"{path}: {why}, so nothing was run")
        if remedy := work.remedy(path):
            print(wording.here(f"  {remedy}"))
        return False
    try:
        found = _run(sources, path.resolve())
    except kernel.NotStarted as none:
        what, remedy = none.args
        print(f"{path}: its kernel, the program that runs it, did not start, so nothing was run: {what}")
        print(wording.here(f"  {remedy}"))
        return False
    left_out = _left_out(found.asked.keys())
    wrong, carried = ([f for f in found.faults if f.carried is state] for state in (False, True))
    if found.faults:
        verb = "is" if len(wrong) == 1 else "are"
        print(f"{path}: {len(wrong)} of {wording.count(found.cells, 'code cell')} {verb} not right yet")
        print("".join(f"{line}\n" for line in _faults(wrong)), end="")
        if carried:
            print(
                f"  {wording.count(len(carried), 'cell has', 'cells have')} a right answer that builds on a wrong one:"
            )
            print("\n".join(_faults(carried)))
        if found.ran < found.cells:
            print(f"  {wording.count(found.cells - found.ran, 'cell was', 'cells were')} not run")
    else:
        count = len(found.asked)
        said = f"and all checks are correct ({count})" if count else "but there is no check: no answer was looked at"
        print(f"{path}: all code cells run ({found.cells}), {said}")
    if left_out:
        print(f"  its exercise also asks for {', '.join(left_out)}: no check of that was run")
    if noted := _noted(found.asked, path):
        print(f"  {noted}")
    return not found.faults and not left_out


def _noted(asked, path):
    """Remember what is right in a student's own copy, as its checks in the notebook do. Returns what to say of it."""
    right = [(name, entry) for name, entry in asked.items() if entry.get("state") == CORRECT]
    if not right or not work.copy_at(path) or progress.path() is None:
        return ""
    for name, entry in right:
        if trouble := progress.remember(Result(name, *(entry[key] for key in ("state", "points", "of")))):
            return trouble
    return "the map on 00_start_here counts what is right"


def _faults(faults):
    """What is not right, cause by cause: a cell that lacks what an earlier one failed to define stands below that."""
    firsts, by_first, lost = [], {}, {}  # lost: {name: the first cell for whose fault it is not there}
    for fault in faults:
        missing = wording.MISSING_NAME.findall(fault.reason)
        first = next((lost[name] for name in missing if name in lost), None)
        for name in fault.defines:
            lost.setdefault(name, first or fault)
        if first is None:
            firsts.append(fault)
        else:
            by_first.setdefault(first.cell, []).append((fault.cell, missing))
    for fault in firsts:
        yield f"  cell {fault.cell}: " + fault.reason.replace("\n", "\n    ")
        if followers := by_first.get(fault.cell):
            cells, names = zip(*followers, strict=True)
            listed = ", ".join(dict.fromkeys(name for those in names for name in those))
            said = f"cell {cells[0]} follows" if len(cells) == 1 else f"cells {', '.join(map(str, cells))} follow"
            yield f"    {said} from it, for want of {listed}: repair cell {fault.cell} first"


def _defined(source):
    """The names that a cell defines at its outermost level, as far as it can be read."""
    from IPython.core.inputtransformer2 import TransformerManager

    try:
        code = compile(TransformerManager().transform_cell(source), "cell", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    except (SyntaxError, ValueError):
        return frozenset(re.findall(r"^(?:(?:async )?def[ \t]+|class[ \t]+)?(\w+)[ \t]*(?:\(|:|=(?!=))", source, re.M))
    return frozenset(i.argval for i in dis.get_instructions(code) if i.opname == "STORE_NAME")


def _run(sources, path):
    """Run a notebook's code cells where it lies, in a kernel of this Python; an error does not stop the next cell.

    Raises kernel.NotStarted.
    """
    import nbformat
    from nbclient import NotebookClient
    from nbclient.exceptions import DeadKernelError

    found = Ran(cells=sum(bool(source.strip()) for source in sources))

    def executed(cell, cell_index, execute_reply):
        found.ran += 1
        if (reply := execute_reply["content"])["status"] != "ok":
            carried = reply["ename"] == checks.CarriedForward.__name__
            found.faults.append(Fault(found.ran, _reason(reply), _defined(sources[cell_index]), carried))

    client = NotebookClient(
        nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(_sent(source)) for source in sources]),
        timeout=LONGEST,
        interrupt_on_timeout=True,
        error_on_timeout={"ename": "TimeoutError", "evalue": f"it ran longer than {LONGEST} seconds"},
        allow_errors=True,
        kernel_name="python3",
        resources={"metadata": {"path": str(path.parent)}},
        extra_arguments=["--IPKernelApp.log_level=ERROR"],
        on_cell_executed=executed,
    )
    with tempfile.TemporaryDirectory() as scratch:
        asked = Path(scratch) / "progress.json"
        told = {"LSTM_COURSE_STRICT": "1", "LSTM_COURSE_PROGRESS": str(asked), "JPY_SESSION_NAME": str(path)}
        try:
            kernel.execute(client, env=os.environ | told)
        except DeadKernelError:
            found.ran += 1
            found.faults.append(Fault(found.ran, "it ended the whole process: exit(), or no memory was left"))
        found.asked = progress.read(asked)
    return found


def _sent(source):
    """A cell as the kernel gets it: where half of a surrogate pair keeps it from being sent, an error that says so."""
    try:
        source.encode()
    except UnicodeEncodeError as error:
        line = source[: error.start].count("\n") + 1
        said = f"line {line} holds half of a character, {ascii(source[error.start])}: delete it and type it anew"
        return f"raise UnicodeError({said!r})"
    return source


def _reason(reply):
    """The check's own words, else the error."""
    said = ESCAPES.sub("", reply["evalue"])
    ours = (checks.CheckFailed.__name__, checks.CarriedForward.__name__)
    return said if reply["ename"] in ours else f"{reply['ename']}: {said}".removesuffix(": ")


def _left_out(asked):
    """The checks of the same exercise that a notebook with some of them does not ask for."""
    listed = [
        {checks.remembered_as(check): check.name for check in s.checks.values()} for s in checks.sheets().values()
    ]
    names = max(listed, key=lambda names: len(asked & names.keys()))
    return [name for key, name in names.items() if key not in asked] if asked & names.keys() else []
