"""The folders that the course reads and writes on this machine, and what is wrong with them, for the doctor and lab."""

import ast
import contextlib
import difflib
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from lstm_helpers import course, files
from lstm_helpers.course import progress, work

SET_UP = (
    "set the course up again: delete the folder .venv and run `make lab` "
    "(with conda: `conda env update -f environment.yml`; on Windows: the README's commands)"
)
GIB = 2**30
PREFIX = "LSTM_COURSE_"
VARIABLES = {  # what each names, and how that is seen
    "HOME": (f"a course folder, which holds {course.START_PAGE}", lambda path: (path / course.START_PAGE).is_file()),
    "SHEETS": ("a folder with sheets of checks", Path.is_dir),
    "WORK": ("a folder with notebooks as in work/", Path.is_dir),
    "BROWSER": ("a browser's program", Path.is_file),
    "PROGRESS": ("a file", lambda path: not path.is_dir()),  # "off" is none
    "STRICT": ("nothing: it is a switch", lambda path: True),
}
WINDOWS_LONGEST, OURS_LONGEST = 259, 190  # characters: of a path in Windows; of one in .venv, counted from the course


@dataclass(frozen=True)
class Finding:
    """One thing looked at: is it ok, is it needed to work through the course, what was found, what to do."""

    name: str
    ok: bool
    needed: bool
    text: str
    remedy: str = ""


def examine():
    """What is found in each folder, as Findings; nothing that was there is changed."""
    try:
        root = course.root()
    except FileNotFoundError as error:
        remedy = _unset("HOME") if os.environ.get(f"{PREFIX}HOME") else "change into the course folder, and try again"
        here = [Finding("course folder", False, True, str(error), remedy)]
    else:
        here = [_course(root), copies(), _disk(root), _package(root), _length(root)]
    return [*here, *_variables(), _finding("your progress", _progress(), needed=False), jupyter(), _temporary()]


def in_the_browser():
    """What is found of the folders of the course in the browser."""
    return [_finding("course folder", files.hindrance(course.root() / "work")), _finding("your progress", _progress())]


def _unset(name):
    """What to do about a variable of ours with a value that is none."""
    named, (what, _) = f"{PREFIX}{name}", VARIABLES[name]
    return f"set {named} to {what}; or do without it: `unset {named}`, in PowerShell `Remove-Item Env:{named}`"


def _variables():
    """A Finding for each environment variable of the course that names what is not there, or is misspelt."""
    for variable, value in sorted(os.environ.items()):
        name = variable.removeprefix(PREFIX)
        if name == variable or not value:
            continue
        if name not in VARIABLES:
            for other in difflib.get_close_matches(name, VARIABLES, n=1):
                said = f"it is {value}, and the course reads no such variable"
                yield Finding(variable, False, False, said, f"write {PREFIX}{other}, if that is meant")
            continue
        what, fits = VARIABLES[name]
        with contextlib.suppress(FileNotFoundError):  # a relative one of a course that is not there: told already
            if name != "HOME" and not fits(course.named(variable)):
                yield Finding(variable, False, False, f"it is {value}, which is not {what}", _unset(name))


def _progress():
    trouble, given = progress.trouble(), os.environ.get(f"{PREFIX}PROGRESS")
    if trouble and given:
        said, remedy = trouble
        return f"{said} ({PREFIX}PROGRESS is {given})", f"{remedy}; or {_unset('PROGRESS')}"
    if trouble and os.environ.get(f"{PREFIX}HOME") and trouble[1] == "":
        return trouble[0], _unset("HOME")
    return trouble


def _finding(name, trouble, text="in order", needed=True):
    return Finding(name, False, needed, *trouble) if trouble else Finding(name, True, needed, text)


def _course(root):
    """In the course folder only work/ is written."""
    given = os.environ.get(f"{PREFIX}HOME")
    return _finding("course folder", files.hindrance(root / "work"), f"{root}{_by_home(given)}")


def _by_home(given):
    return f", as {PREFIX}HOME says ({given})" if given else ""


def copies():
    """The student's own notebooks: one that cannot be read shows an error in JupyterLab, and no way out.

    A lesson that has become another since the student opened it is named, too.
    """
    changed = "it is not as the lesson is now, which has changed"
    bad = work.damaged() or [(copy, changed) for copy in work.outdated()]
    said = "; ".join(f"{copy.relative_to(course.root())}: {why}" for copy, why in bad)
    return _finding("your notebooks", (said, work.remedy(bad[0][0])) if bad else None, needed=False)


def _disk(root):
    free = shutil.disk_usage(root).free
    return Finding(
        "disk",
        free >= GIB / 2,
        True,
        f"{free / GIB:.1f} GB free; half a gigabyte is needed for your work",
        "delete what you no longer need",
    )


def _package(root):
    """Notebooks run in other folders than this one: Python has to find the package there too, and this one."""
    asked = [sys.executable, "-P", "-c", "import lstm_helpers; print(ascii(lstm_helpers.__file__))"]
    ran = subprocess.run(asked, capture_output=True, text=True)
    if ran.returncode:
        return Finding("the course's package", False, True, "Python does not find it from other folders", SET_UP)
    found, own = Path(ast.literal_eval(ran.stdout)).parent, root / "lstm_helpers"
    same = not own.is_dir() or os.path.samefile(found, own)
    given = os.environ.get(f"{PREFIX}HOME")
    elsewhere = f", which is not in this folder, {root}{_by_home(given)}"
    remedy = f"{_unset('HOME')}. Or, if that folder is meant, {SET_UP}" if given else SET_UP
    return Finding(
        "the course's package", same, False, f"notebooks take it from {found}{'' if same else elsewhere}", remedy
    )


def _length(root):
    """Windows cuts paths short; the other systems say so at once when one is too long."""
    longest = len(str(root)) + 1 + OURS_LONGEST
    fits = sys.platform != "win32" or longest <= WINDOWS_LONGEST
    return Finding(
        "length of paths",
        fits,
        False,
        "in order" if fits else f"up to {longest} characters; Windows may stop at {WINDOWS_LONGEST}",
        "move the course to a folder with a shorter path, such as C:\\course, and set it up again there",
    )


def jupyter():
    """Whether JupyterLab can write what it keeps for you: settings, and the addresses of running notebooks."""
    name = "Jupyter's folders"
    if importlib.util.find_spec("jupyter_core") is None:
        return Finding(name, True, True, "JupyterLab is not installed, so there is nothing to see here")
    from jupyter_core import paths

    try:
        folders = [paths.jupyter_config_dir(), paths.jupyter_data_dir(), paths.jupyter_runtime_dir()]
    except RuntimeError:
        return Finding(name, False, True, "this system names no home folder", "set HOME to a folder of your own")
    trouble = next(filter(None, map(files.hindrance, folders)), None)
    if trouble:
        said, remedy = trouble
        trouble = said, f"{remedy}; or name another home for Jupyter: set HOME to a folder in which you may write"
    return _finding(name, trouble)


def _temporary():
    try:
        trouble = files.hindrance(tempfile.gettempdir())
    except FileNotFoundError:
        trouble = "there is none that can be written to", "free some of the disk, or name a folder in TMPDIR"
    return _finding("temporary folder", trouble)
