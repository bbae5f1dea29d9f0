"""The host's end of the box: start it, run cells in it, ask for what it sees, and believe none of it blindly."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path

from lstm_helpers.checks.probe import Seen
from lstm_helpers.grading import frames

PACKAGE = Path(__file__).resolve().parent.parent
PUBLIC = {  # what a box can import of lstm_helpers: no oracle, no misconception, no solution
    "numpy": ("__init__.py", "data", "figures", "checks/probe.py", "grading/frames.py", "grading/inside.py"),
}
PUBLIC["torch"] = (*PUBLIC["numpy"], "nn", "parity.py")
STATUSES = ("ok", "untouched", "misfit", "error", "timeout")


@dataclass(frozen=True)
class Limits:
    """Seconds: for one cell, for one probe, for starting, and for a whole notebook."""

    cell: float = 20.0
    probe: float = 5.0
    start: float = 60.0
    notebook: float = 120.0


class BoxDied(Exception):
    """The box ended, ran out of time, or sent what is no answer; the text says which."""


def stage(folder, profile):
    """Copy the public part of the package into ``folder``, for boxes of one profile. Returns the folder."""
    package = Path(folder) / "lstm_helpers"
    for name in PUBLIC[profile]:
        source, target = PACKAGE / name, package / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copyfile(source, target)
    (package / "grading" / "__init__.py").write_text("")
    shutil.copyfile(PACKAGE / "grading" / "box_check.py", package / "checks" / "__init__.py")
    return Path(folder)


class Box:
    """One process that runs one notebook's code.

    staged: the folder that ``stage`` filled; profile: its profile; limits: seconds.
    """

    def __init__(self, staged, profile, limits):
        self.limits, self.dead = limits, False
        self.scratch = tempfile.mkdtemp(prefix="lstm-box-")
        program = (
            "import sys; root = sys.argv[1]; sys.path = [root, *(p for p in sys.path if p != sys.argv[2])]; "
            "from lstm_helpers.grading.inside import main; main()"
        )
        self.process = subprocess.Popen(
            [sys.executable, "-I", "-B", "-c", program, str(staged), str(PACKAGE.parent)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=self.scratch,
            env=self._environment(),
            start_new_session=True,
        )
        try:
            self._ask({"profile": profile}, {}, limits.start)
        except BoxDied:
            self.close()
            raise

    def _environment(self):
        kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ}
        own = {"HOME": self.scratch, "TMPDIR": self.scratch, "IPYTHONDIR": self.scratch, "MPLCONFIGDIR": self.scratch}
        return {**kept, **own, "MPLBACKEND": "Agg", "LANG": "C.UTF-8", "OMP_NUM_THREADS": "1"}

    def _ask(self, header, arrays, seconds):
        """Send a frame and return the reply; kill the box when none comes in time."""
        late = threading.Event()

        def stop():
            late.set()
            self._kill()

        timer = threading.Timer(seconds, stop)
        timer.start()
        try:
            frames.write(self.process.stdin, header, arrays)
            return frames.read(self.process.stdout)
        except (EOFError, OSError, ValueError, frames.FrameError) as error:
            self._kill()
            if late.is_set():
                raise BoxDied(f"no answer after {seconds:g} seconds") from None
            raise BoxDied(
                "sent something that is no answer" if isinstance(error, frames.FrameError) else "the process ended"
            ) from None
        finally:
            timer.cancel()

    def run(self, source):
        """Run one cell. Returns None, or (error class, text). BoxDied when the cell took the box with it."""
        # The box stops an endless cell itself and goes on; only one that will not be stopped is killed from here.
        header, _ = self._ask({"ask": "run", "source": source, "seconds": self.limits.cell}, {}, self.limits.cell + 1)
        error = header.get("error")
        return None if error is None else (_text(error, 0, 80), _text(error, 1, 500))

    def see(self, check, case):
        """What one probe saw on one case; anything malformed in the reply is a misfit."""
        request = {"ask": "see", "name": check.name, "probe": check.probe, "returns": check.returns}
        request["seconds"] = self.limits.probe
        try:
            return _believable(*self._ask(request, case, self.limits.probe + 1), check.returns, case)
        except BoxDied as death:
            return Seen(status="timeout", kind="BoxDied", text=f"your function stopped the program: {death}")

    def stand_in(self, names, source):
        """Put the reference functions ``names``, defined in ``source``, in the place of the student's own."""
        self._ask({"ask": "stand_in", "names": list(names), "source": source}, {}, self.limits.cell)

    @property
    def alive(self):
        return not self.dead and self.process.poll() is None

    def _kill(self):
        self.dead = True
        if hasattr(os, "killpg"):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)  # its children too
        self.process.kill()

    def close(self):
        """End the process and everything it started, and remove its scratch folder."""
        self._kill()
        self.process.wait()
        self.process.stdout.close()
        with contextlib.suppress(OSError):  # what was not sent yet has nobody to go to
            self.process.stdin.close()
        shutil.rmtree(self.scratch, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def _text(value, index, longest):
    part = value[index] if isinstance(value, list) and len(value) > index else ""
    return str(part)[:longest]


def _names(returns):
    return [returns] if isinstance(returns, str) else [name for part in returns for name in _names(part)]


def _believable(header, arrays, returns, case):
    """The reply as a Seen: only fields of the right type survive, cut to length, and only the outputs asked for."""

    def texts(key):
        given = header.get(key)
        return [str(item)[:200] for item in given[:20]] if isinstance(given, list) else []

    seen = Seen(
        outputs=arrays,
        status=header.get("status") if header.get("status") in STATUSES else "misfit",
        changed=[name for name in texts("changed") if name in case],
        floats=texts("floats"),
        reads=texts("reads"),
    )
    seen.text, seen.kind, seen.line, seen.printed = (
        str(header.get(key, ""))[:2000] for key in ("text", "kind", "line", "printed")
    )
    if seen.status == "ok" and set(arrays) != set(_names(returns)):
        seen.status, seen.text = "misfit", "the reply holds other arrays than were asked for"
    return seen
