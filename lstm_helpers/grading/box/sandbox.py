"""What confines the students' code: boxes forked from a warm zygote inside bubblewrap, and a probe that tries it.

The zygote's bubblewrap shows a read-only system, the Python in use and the staged public part of the course, and
nothing else: no network, no home, no course folder, no submission. Each box then enters namespaces of its own, gets
private places to write, and gives up capabilities and most of what system calls can do to others (``confinement``).
"""

import contextlib
import itertools
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from lstm_helpers.grading.box import host, profiles, syscalls, watchdog
from lstm_helpers.grading.box.host import Box, BoxDied, Limits
from lstm_helpers.grading.box.keeper import Folder

# Who boxes run as when the grader is root: users that nobody else is. What the kernel counts for a user (pages of
# pipes, pending signals, descriptors under way) is then never shared, as each zygote has a user of its own.
FIRST_USER = 0x70000000
NOBODY = 65534  # in a container that has no such numbers
STAGED = "/course"
WAY_OUT = (
    "Grade on Linux with bubblewrap and user namespaces (a Linux machine, a virtual machine, WSL2, or a container that "
    "may make namespaces). To grade without, which lets every notebook do what you may do, add --unsafe-no-sandbox."
)
SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/etc/ld.so.cache", "/etc/fonts", "/etc/localtime")


class Refused(Exception):
    """Student code cannot be confined on this machine; the text says why, and the way out."""


@dataclass
class Confinement:
    """What confines the code: ``name`` is "bubblewrap" or "none". measures: each measure that was tried, and worked."""

    name: str
    measures: dict = field(default_factory=dict)
    why: str = ""


class Boxes:
    """Opens boxes; owns one zygote for each profile, started when it is first asked for.

    unsafe=True opens plain processes, which nothing confines. Raises Refused where code cannot be confined, when
    entered or with the first box.
    """

    def __init__(self, *, unsafe=False):
        self.unsafe = unsafe
        self._zygotes, self._staged, self._confinement = {}, {}, None

    def __enter__(self):
        if not self.unsafe:
            _require_sandbox()
        self._folder = Folder("lstm-stage-")
        return self

    def __exit__(self, *_):
        for zygote in self._zygotes.values():
            zygote.close()
        self._folder.remove()

    def abandon(self):
        """As when left, from a signal's handler of a process that ends now: nothing is waited for."""
        for zygote in self._zygotes.values():
            zygote.kill()

    def confinement(self, profile):
        """What confines the code, found by trying it once, in a box of this profile."""
        if self._confinement is None:
            if self.unsafe:
                self._confinement = Confinement(
                    "none", {}, "This run was told not to confine code (--unsafe-no-sandbox)."
                )
            else:
                self._confinement = _tried(self, profile)
        return self._confinement

    def prepare(self, profile, limits):
        """Start what boxes of this profile are forked from, if it is not there: that takes nobody's time."""
        if profile not in self._staged:
            self._staged[profile] = profiles.stage(self._folder.path / profile, profile)
        if not self.unsafe and (profile not in self._zygotes or not self._zygotes[profile].running):
            self._zygotes[profile] = _Zygote(self._staged[profile], profile, limits)

    def open(self, profile, limits):
        """A Box of one profile. BoxDied if it does not start, and another one does not start either."""
        try:
            return self._open(profile, limits)
        except BoxDied:  # a limit of the machine was reached for a moment, or the zygote is not what it was
            if profile in self._zygotes:
                self._zygotes.pop(profile).close()
            return self._open(profile, limits)

    def _open(self, profile, limits):
        self.prepare(profile, limits)
        if self.unsafe:
            return Box(host.Seat(self._staged[profile], profiles.PROFILES[profile].rules), limits)
        return Box(self._zygotes[profile].fork(limits), limits)


def _refuse(why):
    raise Refused(f"{why}. {WAY_OUT}")


def _require_sandbox():
    if sys.platform != "linux":
        _refuse(f"student code cannot be confined on {sys.platform}: namespaces and bubblewrap are there on Linux only")
    if shutil.which("bwrap") is None:
        _refuse("student code cannot be confined: bubblewrap is not installed (Debian, Ubuntu: apt install bubblewrap)")
    try:
        import pyseccomp  # noqa: F401
    except Exception as trouble:  # the library beneath it is missing
        _refuse(f"student code cannot be confined: seccomp is not there ({trouble}; apt install libseccomp2)")


def _command(staged, profile, program, user):
    """The command line that runs ``program`` where the zygote lives; ``user``: its number, if the grader is root."""
    options = ["--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL", "--hostname", "box"]
    for path in SYSTEM:
        if os.path.islink(path) and path.count("/") == 1:
            options += ["--symlink", os.readlink(path), path]
        elif os.path.exists(path):
            options += ["--ro-bind", path, path]
    options += ["--tmpfs", "/tmp"]
    for path in _pythons():  # after /tmp, as a Python may lie there
        options += ["--ro-bind", path, path]
    options += ["--ro-bind", str(staged), STAGED, "--proc", "/proc", "--dev", "/dev"]
    options += ["--ro-bind", "/dev/zero", "/dev/zero"]  # cannot be opened: shared, it is memory that nobody counts
    for hidden in _hidden(profile):
        options += ["--tmpfs", hidden]
    options += ["--dir", "/scratch", "--chdir", "/", "--clearenv"]
    for name, value in {**host.environment("/scratch"), "MPLCONFIGDIR": "/tmp", "PYTHONPATH": STAGED}.items():
        options += ["--setenv", name, value]
    for path in (*_hidden(profile), "/dev", "/"):
        options += ["--remount-ro", path]
    inner = ["bwrap", *options, "--", *program]
    return inner if os.geteuid() else [*_as_nobody(staged, user), *inner]


def _pythons():
    """The folders of the Python in use that are not part of the system."""
    return [p for p in dict.fromkeys((sys.base_prefix, sys.prefix)) if not Path(p).is_relative_to("/usr")]


def _hidden(profile):
    """Folders that a box must not find: of this Python's packages the forbidden ones, of all others' every one."""
    names = ("lstm_helpers", *profiles.PROFILES[profile].hidden)
    ours = {sysconfig.get_path(kind) for kind in ("purelib", "platlib")}
    others = {
        str(folder)
        for root in (sys.base_prefix, "/usr", "/usr/local")
        for folder in Path(root).glob("lib/python3*/*-packages")
        if folder.is_dir()
    } - ours
    if sys.prefix == sys.base_prefix:  # this Python may need some of these itself
        ours, others = ours | others & set(sys.path), others - set(sys.path)
    found = [str(path) for folder in ours for name in names if (path := Path(folder, name)).is_dir()]
    return sorted({*found, *others})


def _as_nobody(staged, user):
    """For root: leave root behind first, with the Python in use still in reach, whosever home it is in."""
    options = ["--die-with-parent", "--dev-bind", "/", "/"]
    for path in map(Path, dict.fromkeys((*_pythons(), str(staged)))):
        closed = [p for p in reversed(path.parents) if not p.stat().st_mode & 0o001]
        if closed:
            options += ["--perms", "0755", "--tmpfs", str(closed[0])]
            for between in reversed(path.parents):
                if between.is_relative_to(closed[0]) and between != closed[0]:
                    options += ["--perms", "0755", "--dir", str(between)]
            options += ["--ro-bind", str(path), str(path)]
    drop = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups", "--no-new-privs"]
    return ["bwrap", *options, "--", *drop]


_zygotes = itertools.count()  # of this process


def _free_user():
    """The number of a user that no other zygote on this machine has, where there are so many."""
    number = FIRST_USER + os.getpid() * 16 + next(_zygotes) % 16
    for kind in ("uid", "gid"):
        lines = Path(f"/proc/self/{kind}_map").read_text().splitlines()
        if not any(first <= number < first + count for first, _, count in (map(int, line.split()) for line in lines)):
            return NOBODY
    return number


class _Zygote:
    """The host's end of one zygote."""

    def __init__(self, staged, profile, limits):
        (Path(staged) / "seccomp").write_text("\n".join(program.hex() for program in syscalls.programs()))
        for path in (Path(staged).parent, Path(staged), *Path(staged).rglob("*")):
            path.chmod(path.stat().st_mode | (0o055 if path.is_dir() else 0o044))  # whoever it runs as reads it
        self._empty = None  # bytes that a box holds before it is asked anything
        self._control, theirs = socket.socketpair()
        rules = profiles.PROFILES[profile].rules
        program = [sys.executable, "-B", "-s", "-m", "lstm_helpers.grading.box.zygote", rules, f"{STAGED}/seccomp"]
        with tempfile.TemporaryFile() as said:
            self._process = subprocess.Popen(
                _command(staged, profile, [*program, str(theirs.fileno())], _free_user()),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=said,
                pass_fds=[theirs.fileno()],
                cwd="/",
            )
            theirs.close()
            self._control.settimeout(limits.start)
            try:
                ready = self._control.recv(1 << 12)
            except TimeoutError:
                ready = b""
            if not ready:
                self.close()
                said.seek(0)
                lines = said.read().decode(errors="replace").strip().splitlines() or ["it ended without a word"]
                _refuse(f"student code cannot be confined: {lines[-1][:300]}")
        if json.loads(ready)["threads"] != 1:
            self.close()
            _refuse("student code cannot be confined: a thread was started before the first box")

    @property
    def running(self):
        return self._process.poll() is None

    def fork(self, limits):
        """A _Forked seat for one box."""
        ours, theirs = socket.socketpair()
        wanted = {"memory": limits.memory, "disk": limits.disk, "processes": limits.processes}
        wanted["seconds"] = int(limits.notebook) + 10
        try:
            with theirs:
                socket.send_fds(self._control, [json.dumps(wanted).encode()], [theirs.fileno()])
            reply, handles, *_ = socket.recv_fds(self._control, 1 << 12, 2)
            if not handles:
                raise OSError(json.loads(reply)["trouble"] if reply else "the zygote ended")
        except OSError as trouble:
            ours.close()
            raise BoxDied(f"no box could be opened: {trouble}") from None
        if self._empty is None:
            self._empty, _ = watchdog.memory(handles[1])
        return _Forked(ours, *handles, self._empty, limits)

    def kill(self):
        self._control.close()
        self._process.kill()

    def close(self):
        self.kill()
        self._process.wait()


class _Forked:
    """The seat of a box that was forked from a zygote: one kill of its first process ends all of its processes."""

    def __init__(self, stream, handle, proc, empty, limits):
        self.stopped, self.proc = "", proc
        self._stream, self._handle = stream, handle
        self.requests, self.replies = stream.makefile("wb"), stream.makefile("rb")
        self._watchdog = watchdog.Watchdog(proc, empty, limits, self._stop)

    @property
    def running(self):
        return not select.select([self._handle], [], [], 0)[0]

    def _stop(self, why):
        self.stopped = why
        self.kill()

    def kill(self):
        with contextlib.suppress(ProcessLookupError, OSError):
            signal.pidfd_send_signal(self._handle, signal.SIGKILL)
        with contextlib.suppress(OSError):
            self._stream.shutdown(socket.SHUT_RDWR)  # whoever waits for an answer wakes up

    def close(self):
        self._watchdog.end()
        self.kill()
        select.select([self._handle], [], [], 5)
        os.close(self._handle)
        os.close(self.proc)
        self._stream.close()


TRIALS = """
import ctypes, json, os, socket
def tried(what):
    try:
        what()
        return False
    except OSError:
        return True
def write_system():
    for folder in ("/", "/usr", "/etc", "/dev", "/tmp", "/course", %r):
        try:
            open(os.path.join(folder, "mark"), "w")
        except OSError:
            continue
        return
    raise OSError
def namespace():
    if ctypes.CDLL(None).unshare(0x10000000) == -1:
        raise OSError
def status(key):
    return next(line.split()[1] for line in open("/proc/self/status") if line.startswith(key))
import resource
found = {
    "no network": tried(lambda: socket.socket(socket.AF_INET).connect(("127.0.0.1", 9))),
    "read-only system": tried(write_system),
    "no other process in sight": sorted(n for n in os.listdir("/proc") if n.isdigit()) == ["1"],
    "no course folder in sight": not os.path.exists(%r),
    "no new namespaces": tried(namespace),
    "system calls filtered": status("Seccomp:") == "2",
    "no capabilities": int(status("CapEff"), 16) == int(status("CapBnd"), 16) == 0,
    "memory limited": resource.getrlimit(resource.RLIMIT_AS)[0] > 0,
    "processes limited": 0 < resource.getrlimit(resource.RLIMIT_NPROC)[0] < 1000,
    "disk limited": os.statvfs("/scratch").f_blocks * os.statvfs("/scratch").f_frsize <= %d,
}
raise RuntimeError(json.dumps(found))
"""


def _tried(boxes, profile):
    """Open a box, try in it what must not succeed, and say what held. Raises Refused if anything did succeed."""
    limits = Limits()
    try:
        with boxes.open(profile, limits) as opened:
            kind, text = opened.run(TRIALS % (sys.prefix, str(profiles.PACKAGE), limits.disk)) or ("", "")
            if not all(watchdog.memory(opened.seat.proc)):
                raise OSError("nothing is told of it")
    except OSError as trouble:
        _refuse(f"student code cannot be confined: its memory cannot be watched ({trouble})")
    except BoxDied as death:
        _refuse(f"student code cannot be confined: {death}")
    if kind != "RuntimeError":
        _refuse(f"student code cannot be confined: the trial ended with {kind} {text}")
    measures = json.loads(text)
    if failed := [name for name, worked in measures.items() if not worked]:
        _refuse(f"student code cannot be confined: {', '.join(failed)}: not so on this machine")
    return Confinement("bubblewrap", {**measures, "memory watched": True}, "")
