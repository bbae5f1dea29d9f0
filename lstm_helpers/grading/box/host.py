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

from lstm_helpers import wording
from lstm_helpers.checks.probe import IDLE, LAST, Seen
from lstm_helpers.grading.box import messages
from lstm_helpers.grading.box.profiles import PACKAGE

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


class OutOfStep(Exception):
    """A reply came that answers another question, or one is missing: nothing that the box says can be graded."""


class Seat:
    """Where a box runs: its two streams, how to end it, and what stopped it. This one is a plain process.

    staged: the folder of profiles.stage; rules: what the guest is told (profiles.Profile.rules).
    """

    def __init__(self, staged, rules):
        self.stopped = ""  # why it was ended from outside
        self.scratch = tempfile.mkdtemp(prefix="lstm-box-", dir=staged.parent)  # which goes with the run
        program = (
            "import sys; root = sys.argv[1]; sys.path = [root, *(p for p in sys.path if p != sys.argv[2])]; "
            "from lstm_helpers.grading.box.guest import main; main()"
        )
        self.process = subprocess.Popen(
            [sys.executable, "-I", "-B", "-c", program, str(staged), str(PACKAGE.parent), rules],
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
    """The environment of a box: nothing of the grader's own but where programs are.

    Nothing can be installed there: what tries to says so at once, and does not wait for a network until time is up.
    """
    inherited = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ}
    private = dict.fromkeys(("HOME", "TMPDIR", "IPYTHONDIR", "MPLCONFIGDIR"), scratch)
    offline = {"PIP_NO_INDEX": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1", "UV_OFFLINE": "1", "CONDA_OFFLINE": "1"}
    fixed = {"MPLBACKEND": "Agg", "LANG": "C.UTF-8", "OMP_NUM_THREADS": "1", "USER": "student"}
    return {**inherited, **private, **offline, **fixed}


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

    ``forked``: the number of the request that made the fork which answers now, and what that is asked leaves no trace
    in the box itself; 0 when the box itself answers. ``otherwise``: the checks that were asked of something else than
    what their names stand for in the end, as far as the box has been seen through.
    """

    def __init__(self, seat, limits):
        self.seat, self.limits, self.dead, self.events = seat, limits, False, []
        self.forked = self._number = 0
        self.otherwise, self.endless = set(), set()
        try:
            with self._within(limits.start):
                self._reply(0, 0)
        except BoxDied:
            self.close()
            raise

    def _request(self, ask, arrays=None, **more):
        """The frame of the next request. FrameError for what cannot be sent: that is a fault of ours."""
        self._number += 1
        return messages.pack({"ask": ask, "number": self._number, "fork": self.forked, **more}, arrays)

    def _send(self, frame):
        self.seat.requests.write(frame)
        self.seat.requests.flush()

    def _ask(self, ask, arrays=None, **more):
        """Ask what has one reply, and return its header. BoxDied when none comes in the time of a cell."""
        frame = self._request(ask, arrays, **more)
        with self._within(self.limits.cell + self.limits.grace):
            self._send(frame)
            header, _ = self._reply(self._number, 0)
            if header.get("end") is not True:
                raise messages.FrameError("a reply without an end")
        return header

    def _reply(self, number, part):
        """The next (header, arrays), which has to be the reply at that place to the request of that number.

        BoxDied when the fork has ended; the box itself is as it was. OutOfStep when it answers another question.
        """
        header, arrays = messages.read(self.seat.replies)
        place = header.get("re"), header.get("part")
        if place == (number, part):
            return header, arrays
        if self.forked and place == (self.forked, 1):
            self.forked = 0
            self.events.append("the process ended")
            raise BoxDied("the process ended")
        if all(type(n) is int for n in place):
            raise OutOfStep(f"reply {place[1]} to question {place[0]} came in place of {part} to {number}")
        raise messages.FrameError("a reply to no question")

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
        except OutOfStep:
            self._kill()
            self.events.append("sent replies to other questions than were asked")
            raise
        except (EOFError, OSError, ValueError, messages.FrameError) as error:
            self._kill()
            if late.is_set():
                why = f"no answer after {wording.count(seconds, 'second')}"
            elif isinstance(error, messages.FrameError):
                why = "sent something that is no answer"
            else:
                why = self.seat.stopped or "the process ended"
            self.events.append(why)
            raise BoxDied(why) from None

    def run(self, source):
        """Run one cell. Returns None, or (error class, text). BoxDied when the cell took the box with it."""
        # The box stops an endless cell itself and goes on; only one that will not be stopped is killed from here.
        header = self._ask("run", {"source": messages.text_array(source)}, seconds=self.limits.cell)
        error = header.get("error")
        if error is None:
            return None
        named = header.get("endless")
        if isinstance(named, list):
            self.endless.update(str(name)[:80] for name in named[:20])
        kind, text = _text(error, 0, 80), _text(error, 1, 500)
        if any(refusal in text for refusal in REFUSALS):
            self.events.append(f"refused: {text[:120]}")
        return kind, text

    def see(self, check, cases, names, given=False, processor=None):
        """What one probe saw, case by case, up to the first that ended it: a status of ``probe.LAST``, or its death.

        names: what the answer may be called, the likeliest first; given: look at what the notebook gave to that check,
        as things were then, for a check in ``otherwise``; processor: seconds, in place of the check's own.

        Anything malformed in a reply is a misfit; a reply too few or too many is OutOfStep.
        """
        processor = processor or check.processor
        arrays = {f"{number}:{name}": array for number, case in enumerate(cases) for name, array in case.items()}
        frame = self._request(
            *("see", arrays),
            **{"names": list(names), "probe": check.probe, "returns": check.returns},
            **{"cases": len(cases), "seconds": self.limits.probe, "processor": processor, "given": given},
        )
        observations, size = [], 0
        try:
            longest = max(self.limits.probe, IDLE * (processor or 0))
            with self._within(longest + self.limits.grace):
                self._send(frame)
                while not (reply := self._reply(self._number, len(observations)))[0].get("end"):
                    if len(observations) == len(cases):
                        raise OutOfStep(f"more replies than cases, {len(cases)}")
                    observations.append(
                        _believable(*reply, check.returns, cases[len(observations)], numbers=check.probe == "value")
                    )
                    size += sum(array.nbytes for array in observations[-1].outputs.values())
                    if size > messages.LARGEST_ARRAYS:
                        raise messages.FrameError("the arrays of all cases together take too much memory")
                if len(observations) < len(cases) and not (observations and observations[-1].status in LAST):
                    raise OutOfStep(f"fewer replies than cases, {len(observations)} to {len(cases)}")
                if reply[0].get("otherwise") is True:
                    self.otherwise.add(check.name)
                if observations and observations[-1].kind == "TimedOut":
                    self.endless.add(check.name)
        except BoxDied as death:
            if len(observations) < len(cases):
                observations.append(
                    Seen(status="timeout", kind="BoxDied", text=f"your function stopped the program: {death}")
                )
            if not given:  # it cannot say any more whether its check was given something else
                self.otherwise.add(check.name)
        return observations

    def fork(self):
        """Let a fork answer from here on. Without forks on this system the box itself does, and can do so only once."""
        header = self._ask("fork")
        self.forked = self._number if header.get("forked") is True else 0

    def back(self):
        """End the fork: the box is as its cells left it. Where there was none, nothing is left to go back to."""
        if not self.forked:
            self._kill()
            return
        frame = self._request("back")
        with self._within(self.limits.cell + self.limits.grace):
            self._send(frame)
            self._reply(self.forked, 1)
            self.forked = 0

    def stand_in(self, names, source):
        """Put references, which ``source`` defines, in the place of the student's own; names: {theirs: ours}."""
        self._ask("stand_in", {"source": messages.text_array(source)}, names=names)

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
    seen.text, seen.kind, seen.line, seen.failing, seen.printed = (
        str(header.get(key, ""))[:2000] for key in ("text", "kind", "line", "failing", "printed")
    )
    seen.line = seen.line[:LONGEST_LINE]
    if seen.status == "ok" and set(arrays) != set(_names(returns)):
        seen.status, seen.text = "misfit", "the reply holds other arrays than were asked for"
    elif numbers and not all(array.shape == () and array.dtype == float for array in arrays.values()):
        seen.status, seen.text = "misfit", "the reply holds something else than one number for each name"
    if seen.status != "ok":
        seen.outputs = {}  # nobody looks at them
    return seen
