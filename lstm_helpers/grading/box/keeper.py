"""A temporary folder that does not outlive the process that made it, in whatever way that ends."""

import subprocess
import sys
import tempfile
from pathlib import Path

# Its standard input ends when the process that made the folder does: SIGKILL, too, closes all that a process held.
KEEPER = "import shutil, sys; sys.stdin.read(); shutil.rmtree(sys.argv[1], ignore_errors=True)"


class Folder:
    """A new temporary folder, ``path``. ``remove`` waits until it is gone; without it, a small process sees to that."""

    def __init__(self, prefix):
        self.path = Path(tempfile.mkdtemp(prefix=prefix))
        self._keeper = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", KEEPER, str(self.path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=self.path.parent,
            start_new_session=True,  # Ctrl-C, and the end of a group of processes, are not meant for it
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
        )

    def remove(self):
        """Remove the folder now, with everything in it."""
        self._keeper.stdin.close()
        self._keeper.wait()
