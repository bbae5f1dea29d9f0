"""Words that messages share: our command as a person can type it here, and numbers with what they count."""

import contextlib
import os
import re
import shlex
import shutil
import sys
import sysconfig
from pathlib import Path

COMMAND = "lstm-course"
MISSING_NAME = re.compile(r"NameError: (?:name '|there is no `)(\w+)")  # as Python says it, and as a check does
# Control characters but tab and the ends of lines, and what changes the direction of writing.
STEERS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")


def scripts():
    """The folder in which this Python keeps the programs of its packages, ours among them."""
    return Path(sysconfig.get_path("scripts"))


def typed():
    """What to type for ``lstm-course`` where this message is read: that alone if it is on PATH, else the way to it."""
    program = scripts() / (f"{COMMAND}.exe" if os.name == "nt" else COMMAND)
    if not program.is_file():
        return f"{_quoted(sys.executable)} -m lstm_helpers"
    found = shutil.which(COMMAND)
    if found and os.path.samefile(found, program):
        return COMMAND
    with contextlib.suppress(FileNotFoundError, ValueError):  # the working folder is gone, or lies elsewhere
        return _quoted(program.relative_to(Path.cwd()))
    return _quoted(program)


def here(text):
    """A message whose commands, such as `lstm-course doctor`, can be typed as they stand there.

    Messages are written with the bare command. What a person reads on another machine, such as feedback, stays so.
    """
    return re.sub(rf"`{COMMAND}(?= )", lambda found: f"`{typed()}", text)


def _quoted(path):
    """A path as a shell takes it; on Windows that is PowerShell."""
    path = str(path)
    if os.name != "nt":
        return shlex.quote(path)
    doubled = path.replace("'", "''")
    return f"& '{doubled}'" if re.search(r"[^\w\\:.-]", path) else path


def count(n, thing, things=""):
    """A number with what it counts: "1 cell", "2 cells", "1.5 points"; ``things`` where it is no plain s."""
    number = f"{n:g}" if isinstance(n, float) else str(n)
    return f"{number} {thing if n == 1 else things or f'{thing}s'}"


def harmless(text):
    """The text with what steers a terminal, or turns a line around, written out: ESC as \\x1b."""
    return STEERS.sub(lambda found: ascii(found[0])[1:-1], text)
