"""The host's end of the box: start it, run cells in it, ask for what it sees, and believe none of it blindly."""

import contextlib
import errno
import functools
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from lstm_helpers.checks.probe import Seen
from lstm_helpers.grading import frames

PACKAGE = Path(__file__).resolve().parent.parent
PUBLIC = {  # what a box can import of lstm_helpers: no oracle, no misconception, no solution
    "numpy": (
        *("__init__.py", "data", "figures", "tasks.py", "checks/probe.py"),
        *(f"grading/{name}.py" for name in ("frames", "inside", "confine", "zygote")),
    ),
}
PUBLIC["torch"] = (*PUBLIC["numpy"], "nn", "parity.py", "course.py", "ngrams.py", "training", "projects")
KEPT_BACK = ("__pycache__", "models")  # models that the course trained: a student's own is asked for
LONGEST_LINE = 600  # characters of the student's own line: it is searched by patterns
REFUSALS = tuple(os.strerror(n) for n in (errno.EPERM, errno.EROFS, errno.EACCES, errno.ENOSPC, errno.ENETUNREACH))
STATUSES = ("ok", "untouched", "misfit", "error", "timeout")


@dataclass(frozen=True)
class Limits:
    """Seconds: for one cell, for all cases of a check, for starting, for a whole notebook, and ``grace``, in which it
    may stop by itself before it is killed. Bytes; processes at once; processors that may be kept busy on average, as
    others are graded beside it."""

    cell: float = 20.0
    probe: float = 5.0
    start: float = 60.0
    notebook: float = 120.0
    grace: float = 1.0
    memory: int = 1 << 30
    disk: int = 1 << 26
    processes: int = 64
    processors: float = 1.5


class BoxDied(Exception):
    """The box ended, ran out of time, or sent what is no answer; the text says which."""


def stage(folder, profile):
    """Copy the public part of the package into ``folder``, for boxes of one profile. Returns the folder."""
    package = Path(folder) / "lstm_helpers"
    for name in PUBLIC[profile]:
        source, target = PACKAGE / name, package / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns(*KEPT_BACK))
        else:
            shutil.copyfile(source, target)
    (package / "grading" / "__init__.py").write_text("")
    shutil.copyfile(PACKAGE / "grading" / "box_check.py", package / "checks" / "__init__.py")
    return Path(folder)


class Seat:
    """Where a box runs: its two streams, how to end it, and what stopped it. This one is a plain process."""

    def __init__(self, staged, profile):
        self.stopped = ""  # why it was ended from outside
        self.scratch = tempfile.mkdtemp(prefix="lstm-box-", dir=staged.parent)  # which goes with the run
        program = (
            "import sys; root = sys.argv[1]; sys.path = [root, *(p for p in sys.path if p != sys.argv[2])]; "
            "from lstm_helpers.grading.inside import main; main()"
        )
        self.process = subprocess.Popen(
            [sys.executable, "-I", "-B", "-c", program, str(staged), str(PACKAGE.parent), profile],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=self.scratch,
            env=environment(self.scratch),
            start_new_session=True,
        )
        self.requests, self.replies = self.process.stdin, self.process.stdout

    @property
    def running(self):
        return self.process.poll() is None

    def kill(self):
        if hasattr(os, "killpg"):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)  # its children too
        self.process.kill()

    def close(self):
        self.kill()
        self.process.wait()
        shutil.rmtree(self.scratch, ignore_errors=True)


def environment(scratch):
    """The environment of a box: nothing of the grader's own but where programs are."""
    kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ}
    own = dict.fromkeys(("HOME", "TMPDIR", "IPYTHONDIR", "MPLCONFIGDIR"), scratch)
    return {**kept, **own, "MPLBACKEND": "Agg", "LANG": "C.UTF-8", "OMP_NUM_THREADS": "1"}


class _Alarms(threading.Thread):
    """Calls what is due. One thread for the whole process, as a box is asked a dozen times a submission."""

    def __init__(self):
        super().__init__(daemon=True)
        self._due, self._changed, self._wakes = {}, threading.Condition(), float("inf")
        self.start()

    @contextlib.contextmanager
    def after(self, seconds, call):
        """``call()`` when the block is not over after ``seconds``; never later than the end of the block."""
        due, token = time.monotonic() + seconds, object()
        with self._changed:
            self._due[token] = due, call
            if due < self._wakes:
                self._changed.notify()
        try:
            yield
        finally:
            with self._changed:
                self._due.pop(token, None)

    def run(self):
        with self._changed:
            while True:
                for token, (due, call) in list(self._due.items()):
                    if due <= time.monotonic():
                        del self._due[token]
                        call()
                self._wakes = min((due for due, _ in self._due.values()), default=float("inf"))
                self._changed.wait(min(threading.TIMEOUT_MAX, max(0, self._wakes - time.monotonic())))


_alarms = functools.cache(_Alarms)


class Box:
    """One process that runs one notebook's code, in a Seat. ``events`` says what the sandbox stopped.

    ``forked``: a fork of it answers, and what it is asked leaves no trace in the box itself.
    """

    def __init__(self, seat, limits):
        self.seat, self.limits, self.dead, self.events = seat, limits, False, []
        self.forked = False
        try:
            with self._within(limits.start):
                greeting, _ = frames.read(seat.replies)
            if "trouble" in greeting:
                raise BoxDied(_text([greeting["trouble"]], 0, 200))
        except BoxDied:
            self.close()
            raise

    def _ask(self, header, arrays, seconds):
        """Send a frame and return the reply. BoxDied when none comes in time."""
        with self._within(seconds):
            frames.write(self.seat.requests, header, arrays)
            return self._reply()

    def _reply(self):
        """The next (header, arrays). BoxDied when the fork has ended; the box itself is as it was."""
        header, arrays = frames.read(self.seat.replies)
        if self.forked and header.get("ended"):
            self.forked = False
            self.events.append("the process ended")
            raise BoxDied("the process ended")
        return header, arrays

    @contextlib.contextmanager
    def _within(self, seconds):
        """Talk to the box in the block; it is killed when that takes longer, or when it says what is no answer."""
        late = threading.Event()

        def stop():
            late.set()
            self._kill()

        try:
            with _alarms().after(seconds, stop):
                yield
        except (EOFError, OSError, ValueError, frames.FrameError) as error:
            self._kill()
            if late.is_set():
                why = f"no answer after {seconds:g} seconds"
            elif isinstance(error, frames.FrameError):
                why = "sent something that is no answer"
            else:
                why = self.seat.stopped or "the process ended"
            self.events.append(why)
            raise BoxDied(why) from None

    def run(self, source):
        """Run one cell. Returns None, or (error class, text). BoxDied when the cell took the box with it."""
        # The box stops an endless cell itself and goes on; only one that will not be stopped is killed from here.
        request = {"ask": "run", "source": source, "seconds": self.limits.cell}
        header, _ = self._ask(request, {}, self.limits.cell + self.limits.grace)
        error = header.get("error")
        if error is None:
            return None
        kind, said = _text(error, 0, 80), _text(error, 1, 500)
        if any(refusal in said for refusal in REFUSALS):
            self.events.append(f"refused: {said[:120]}")
        return kind, said

    def see(self, check, cases):
        """What one probe saw, case by case, up to the first that ran out of time or ended the box.

        Anything malformed in a reply is a misfit.
        """
        request = {"ask": "see", "name": check.name, "probe": check.probe, "returns": check.returns}
        request |= {"cases": len(cases), "seconds": self.limits.probe}
        arrays = {f"{number}:{name}": array for number, case in enumerate(cases) for name, array in case.items()}
        seen, kept = [], 0
        try:
            with self._within(self.limits.probe + self.limits.grace):
                frames.write(self.seat.requests, request, arrays)
                for case in cases:
                    seen.append(_believable(*self._reply(), check.returns, case, numbers=check.probe == "value"))
                    kept += sum(array.nbytes for array in seen[-1].outputs.values())
                    if kept > frames.LARGEST_ARRAYS:
                        raise frames.FrameError("the arrays of all cases together take too much memory")
                    if seen[-1].status in ("timeout", "untouched"):
                        break
        except BoxDied as death:
            seen.append(Seen(status="timeout", kind="BoxDied", text=f"your function stopped the program: {death}"))
        return seen

    def fork(self):
        """Let a fork answer from here on. Without forks on this system the box itself does, and can do so only once."""
        header, _ = self._ask({"ask": "fork"}, {}, self.limits.cell + self.limits.grace)
        self.forked = header.get("forked") is True

    def back(self):
        """End the fork: the box is as its cells left it. Where there was none, nothing is left to go back to."""
        if self.forked:
            self._ask({"ask": "back"}, {}, self.limits.cell + self.limits.grace)
            self.forked = False
        else:
            self._kill()

    def stand_in(self, names, source):
        """Put the reference functions ``names``, defined in ``source``, in the place of the student's own."""
        request = {"ask": "stand_in", "names": list(names), "source": source}
        self._ask(request, {}, self.limits.cell + self.limits.grace)

    @property
    def alive(self):
        return not self.dead and self.seat.running

    def _kill(self):
        self.dead = True
        self.seat.kill()

    def close(self):
        """End the box and everything that it started."""
        self._kill()
        for stream in (self.seat.replies, self.seat.requests):
            with contextlib.suppress(OSError):  # what was not sent yet has nobody to go to
                stream.close()
        self.seat.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def _text(value, index, longest):
    part = value[index] if isinstance(value, list) and len(value) > index else ""
    return str(part)[:longest]


def _names(returns):
    return [returns] if isinstance(returns, str) else [name for part in returns for name in _names(part)]


def _believable(header, arrays, returns, case, numbers=False):
    """The reply as a Seen: only fields of the right type survive, cut to length, and only the outputs asked for.

    numbers: each output is one number, as the probe of a value check sends it.
    """

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
    seen.line = seen.line[:LONGEST_LINE]
    if seen.status == "ok" and set(arrays) != set(_names(returns)):
        seen.status, seen.text = "misfit", "the reply holds other arrays than were asked for"
    elif numbers and not all(array.shape == () and array.dtype == float for array in arrays.values()):
        seen.status, seen.text = "misfit", "the reply holds something else than one number for each name"
    if seen.status != "ok":
        seen.outputs = {}  # nobody looks at them
    return seen
