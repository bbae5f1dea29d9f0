"""A kernel runs a notebook, or it is said why none starts and what to do."""

import atexit
import errno
import logging
import os
import tempfile

from lstm_helpers import files
from lstm_helpers.course.places import SET_UP

TRIES = 2  # another program may take a port between its choice and its use: other ports are chosen then
DOCTOR = "try again; if it stays so, `lstm-course doctor` says what may be wrong here"
SAID = 300  # characters of a kernel's last words


class NotStarted(Exception):
    """No kernel got as far as the first cell: (what happened, what to do)."""

    def __str__(self):
        return ": ".join(self.args)


def execute(client, **options):
    """``client.execute(**options)`` of a NotebookClient. NotStarted where no kernel is ready for its first cell."""
    ready = []
    client.on_notebook_start = lambda **_: ready.append(True)
    client.log = logging.Logger(__name__)  # what it logs of a start that fails is said below
    client.log.addHandler(logging.NullHandler())
    client.shutdown_kernel = "immediate"  # with all its children; one that is asked to end may take seconds over it
    for left in reversed(range(TRIES)):
        with tempfile.TemporaryFile() as words:
            try:
                return client.execute(stderr=words, **options)
            except Exception as error:
                if ready:
                    raise
                atexit.unregister(client._cleanup_kernel)  # it forgets that where a start fails
                client.km = client.kc = None
                if not left or not isinstance(error, RuntimeError):
                    raise NotStarted(*_why(error, _last_line(words))) from error


def _why(error, said):
    """What kept a kernel from starting, and what to do."""
    from jupyter_client.kernelspec import NoSuchKernel

    if isinstance(error, NoSuchKernel | ImportError):
        return "there is no kernel of this Python", SET_UP
    if isinstance(error, OSError):
        what, remedy = files.explain(error)
        return what, remedy or DOCTOR
    if os.strerror(errno.EADDRINUSE).lower() in said.lower():
        return "another program uses the port that it was given", "try again in a minute"
    if "respond" in str(error):
        return "it gave no sign of life within a minute", f"end other programs, and {DOCTOR}"
    return f"it ended before it was ready{f', with {said!r}' if said else ''}", DOCTOR


def _last_line(file):
    file.seek(0)
    lines = file.read().decode(errors="replace").strip().splitlines()
    return lines[-1].strip()[:SAID] if lines else ""
