"""Start JupyterLab on the course: first page, offline, no question about news; what fields show is saved."""

import os
import subprocess
import sys
from pathlib import Path

from lstm_helpers import course, wording
from lstm_helpers.course import copying, places, work

SETTINGS = Path(__file__).resolve().parent / "lab_settings"


def start(open_browser=True, port=None):
    """Lay out exercises and lessons in work/ and become JupyterLab. Ctrl-C in the terminal stops it.

    ``port`` is the first one tried, 8888 by default. On Windows it returns JupyterLab's exit code; elsewhere
    this process becomes JupyterLab and nothing returns. Raises FileNotFoundError outside the course folder, OSError
    when they cannot be laid out, and ValueError when JupyterLab could not start.
    """
    new, root = work.lay_out(), course.root()
    if not (jupyter := places.jupyter()).ok:
        raise ValueError(f"JupyterLab cannot start here: {jupyter.text}: {jupyter.remedy}")
    if new:
        print(f"Laid out {wording.count(len(new), 'notebook')} in {root / 'work'}: these are yours.")
    if not (mine := places.copies()).ok:
        print(wording.here(f"{mine.text}\n  {mine.remedy}"))
    as_root = hasattr(os, "geteuid") and os.geteuid() == 0
    if as_root:
        print("You are the administrator (root) of this machine. JupyterLab will run with all your rights.")
    print("Starting JupyterLab. To stop it, press Ctrl-C here.", flush=True)
    arguments = command(root, open_browser, port, as_root)
    surroundings = environment({**os.environ, "LSTM_COURSE_HOME": str(root)})
    if os.name == "nt":  # exec there would give the terminal back while JupyterLab still writes to it
        return _wait(subprocess.Popen(arguments, cwd=root, env=surroundings))
    os.chdir(root)
    os.execve(arguments[0], arguments, surroundings)


def command(root, open_browser=True, port=None, as_root=False):
    """The command line of JupyterLab for the course folder ``root``, as a list."""
    optional = {
        "--no-browser": not open_browser,
        f"--ServerApp.port={port}": port is not None,
        "--allow-root": as_root,
        # A login shell, Jupyter's choice when nobody sees its output, would set PATH anew and lose our command.
        f"--ServerApp.terminado_settings={{'shell_command': [{os.environ.get('SHELL') or 'sh'!r}]}}": os.name != "nt",
    }
    return [
        sys.executable, "-m", "jupyterlab",
        f"--ServerApp.root_dir={root}",
        f"--LabApp.default_url=/lab/tree/{copying.place_of(course.START_PAGE)}",
        f"--LabApp.app_settings_dir={SETTINGS}",
        "--LabApp.extension_manager=readonly",
        *(argument for argument, wanted in optional.items() if wanted),
    ]  # fmt: skip


def environment(given):
    """The environment for JupyterLab: ``given``, with our commands, and with two threads unless it says otherwise.

    So its terminals, and `!lstm-course` in a cell, find the command and the Python that the notebooks have.
    """
    path = os.pathsep.join(filter(None, (str(wording.scripts()), given.get("PATH"))))
    return {"OMP_NUM_THREADS": str(min(2, os.cpu_count() or 1)), **given, "PATH": path}


def _wait(process):
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:  # JupyterLab has it too, and asks whether to stop
            continue
