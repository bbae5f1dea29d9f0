"""What confines the students' code: boxes forked from a warm zygote inside bubblewrap, and a probe that tries it.

The zygote's bubblewrap shows a read-only system, the Python in use and the staged public part of the course, and
nothing else: no network, no home, no course folder, no submission. Each box then enters namespaces of its own, gets
private places to write, and gives up capabilities and most of what system calls can do to others (``confine``).
"""

import contextlib
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
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from lstm_helpers.grading import box, profiles
from lstm_helpers.grading.box import Box, BoxDied, Limits

NOBODY = 65534  # who a box runs as when the grader is root
STAGED = "/course"
LOOK_AFTER = 0.1  # seconds between two looks at a box's memory
HEAD_START = 2.0  # seconds of processor time that are not counted
HEADROOM = 1.5  # what all processes of a box may hold together, in units of the limit for one
WAY_OUT = (
    "Grade on Linux with bubblewrap and user namespaces (a Linux machine, a virtual machine, WSL2, or a container that "
    "may make namespaces). To grade without, which lets every notebook do what you may do, add --unsafe-no-sandbox."
)
# What a from-scratch sheet's box must not find, besides the parts of the course that are not staged.
FRAMEWORKS = ("torch", "torchgen", "functorch", "tensorflow", "keras", "jax", "jaxlib", "flax", "mxnet", "nbgrader")
DENIED = """
mount umount2 mount_setattr move_mount open_tree fsopen fsmount fsconfig fspick pivot_root chroot unshare setns
ptrace process_vm_readv process_vm_writev process_madvise kcmp pidfd_getfd pidfd_open perf_event_open bpf userfaultfd
keyctl add_key request_key io_uring_setup io_uring_enter io_uring_register io_setup io_submit
socket connect bind listen accept accept4 setsockopt open_by_handle_at name_to_handle_at fanotify_init
kexec_load kexec_file_load init_module finit_module delete_module reboot swapon swapoff acct quotactl quotactl_fd
settimeofday clock_settime clock_adjtime adjtimex stime personality syslog vhangup iopl ioperm modify_ldt
sethostname setdomainname mknod mknodat mbind set_mempolicy migrate_pages move_pages lookup_dcookie nfsservctl
setuid setgid setreuid setregid setresuid setresgid setgroups capset landlock_create_ruleset memfd_secret
memfd_create shmget shmat shmctl msgget msgsnd semget semop semtimedop inotify_init inotify_init1 fanotify_mark
sync syncfs vmsplice seccomp
"""
CLONE_FLAGS = (0x00020000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000)  # new namespaces
# Calls that are denied for one of their arguments: (name, which argument, mask, what it then is).
DENIED_FOR = (
    *(("clone", 0, flag, flag) for flag in CLONE_FLAGS),
    *(("ioctl", 1, 0xFFFFFFFF, request) for request in (0x5412, 0x541C)),  # TIOCSTI, TIOCLINUX: another's terminal
    # F_SETLEASE, F_NOTIFY: who owns a file can make everybody wait who opens it
    *(("fcntl", 1, 0xFFFFFFFF, request) for request in (1024, 1026)),
    # PR_SET_SECCOMP could fill the kernel's log, PR_SCHED_CORE keeps others off half of a core
    *(("prctl", 0, 0xFFFFFFFF, option) for option in (22, 62)),
    # MAP_SHARED with MAP_ANONYMOUS: memory that no process is charged for, once it is out of its page tables
    ("mmap", 3, 0x21, 0x21),
    ("mmap", 3, 0x40000, 0x40000),  # MAP_HUGETLB: pages that were set aside for somebody
    # RLIMIT_CORE keeps its one byte (``confine``): with any other limit a crash may start a program of the host
    ("setrlimit", 0, 0xFFFFFFFF, 4),
    ("prlimit64", 1, 0xFFFFFFFF, 4),
)


SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/etc/ld.so.cache", "/etc/fonts", "/etc/localtime")


class Refused(Exception):
    """Student code cannot be confined on this machine; the text says why, and the way out."""


@dataclass
class Held:
    """What confines the code: ``name`` is "bubblewrap" or "none". measures: each measure that was tried, and held."""

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
        self._zygotes, self._staged, self._held = {}, {}, None

    def __enter__(self):
        if not self.unsafe:
            _need()
        self._folder = tempfile.TemporaryDirectory(prefix="lstm-stage-", ignore_cleanup_errors=True)
        return self

    def __exit__(self, *_):
        for zygote in self._zygotes.values():
            zygote.close()
        self._folder.cleanup()

    def abandon(self):
        """As when left, from a signal's handler: nothing is waited for, since what is interrupted may hold the lock."""
        for zygote in self._zygotes.values():
            zygote.kill()
        self._folder.cleanup()

    def held(self, profile):
        """What confines the code, found by trying it once, in a box of this profile."""
        if self._held is None:
            if self.unsafe:
                self._held = Held("none", {}, "This run was told not to confine code (--unsafe-no-sandbox).")
            else:
                self._held = _try(self, profile)
        return self._held

    def prepare(self, profile, limits):
        """Start what boxes of this profile are forked from, if it is not there: that takes nobody's time."""
        if profile not in self._staged:
            self._staged[profile] = profiles.stage(Path(self._folder.name) / profile, profile)
        if not self.unsafe and (profile not in self._zygotes or not self._zygotes[profile].running):
            self._zygotes[profile] = _Zygote(self._staged[profile], profile, limits)

    def open(self, profile, limits):
        """A Box of one profile. BoxDied if it does not start."""
        self.prepare(profile, limits)
        if self.unsafe:
            return Box(box.Seat(self._staged[profile], profiles.PROFILES[profile].framework), limits)
        return Box(self._zygotes[profile].fork(limits), limits)


def _refuse(why):
    raise Refused(f"{why}. {WAY_OUT}")


def _need():
    if sys.platform != "linux":
        _refuse(f"student code cannot be confined on {sys.platform}: namespaces and bubblewrap are there on Linux only")
    if shutil.which("bwrap") is None:
        _refuse("student code cannot be confined: bubblewrap is not installed (Debian, Ubuntu: apt install bubblewrap)")
    try:
        import pyseccomp  # noqa: F401
    except Exception as trouble:  # the library beneath it is missing
        _refuse(f"student code cannot be confined: seccomp is not there ({trouble}; apt install libseccomp2)")


def _filter():
    """The filter of system calls as a program: what reaches beyond the box's own processes and files is refused."""
    import errno

    import pyseccomp as seccomp

    allowed = seccomp.SyscallFilter(seccomp.ALLOW)
    for name in DENIED.split():
        with contextlib.suppress(ValueError, OSError, RuntimeError):  # this machine has no such call
            allowed.add_rule(seccomp.ERRNO(errno.EPERM), name)
    allowed.add_rule(seccomp.ERRNO(errno.ENOSYS), "clone3")  # its flags are out of sight; clone's are not
    for name, place, mask, value in DENIED_FOR:
        allowed.add_rule(seccomp.ERRNO(errno.EPERM), name, seccomp.Arg(place, seccomp.MASKED_EQ, mask, value))
    with tempfile.TemporaryFile() as file:
        allowed.export_bpf(file)
        file.seek(0)
        return file.read()


def _command(staged, profile, program):
    """The command line that runs ``program`` where the zygote lives."""
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
    for name, value in {**box.environment("/scratch"), "MPLCONFIGDIR": "/tmp", "PYTHONPATH": STAGED}.items():
        options += ["--setenv", name, value]
    for path in (*_hidden(profile), "/dev", "/"):
        options += ["--remount-ro", path]
    inner = ["bwrap", *options, "--", *program]
    return inner if os.geteuid() else [*_as_nobody(staged), *inner]


def _pythons():
    """The folders of the Python in use that are not part of the system."""
    return [p for p in dict.fromkeys((sys.base_prefix, sys.prefix)) if not Path(p).is_relative_to("/usr")]


def _hidden(profile):
    """Folders that a box must not find: of this Python's packages the forbidden ones, of all others' every one."""
    names = ("lstm_helpers", *(FRAMEWORKS if profiles.PROFILES[profile].framework == "numpy" else ()))
    own = {sysconfig.get_path(kind) for kind in ("purelib", "platlib")}
    others = {
        str(folder)
        for root in (sys.base_prefix, "/usr", "/usr/local")
        for folder in Path(root).glob("lib/python3*/*-packages")
        if folder.is_dir()
    } - own
    if sys.prefix == sys.base_prefix:  # this Python may need some of these itself
        own, others = own | others & set(sys.path), others - set(sys.path)
    found = [str(path) for folder in own for name in names if (path := Path(folder, name)).is_dir()]
    return sorted({*found, *others})


def _as_nobody(staged):
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
    drop = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--no-new-privs"]
    return ["bwrap", *options, "--", *drop]


class _Zygote:
    """The host's end of one zygote."""

    def __init__(self, staged, profile, limits):
        (Path(staged) / "seccomp").write_bytes(_filter())
        for path in (Path(staged).parent, Path(staged), *Path(staged).rglob("*")):
            path.chmod(path.stat().st_mode | (0o055 if path.is_dir() else 0o044))  # whoever it runs as reads it
        self._control, theirs = socket.socketpair()
        framework = profiles.PROFILES[profile].framework
        program = [sys.executable, "-B", "-s", "-m", "lstm_helpers.grading.zygote", framework, f"{STAGED}/seccomp"]
        with tempfile.TemporaryFile() as said:
            self._process = subprocess.Popen(
                _command(staged, profile, [*program, str(theirs.fileno())]),
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
            said, handles, *_ = socket.recv_fds(self._control, 1 << 12, 1)
        except OSError as trouble:
            ours.close()
            raise BoxDied(f"no box could be opened: {trouble}") from None
        if not handles:
            ours.close()
            reason = json.loads(said)["trouble"] if said else "the zygote ended"
            _refuse(f"student code cannot be confined: {reason}")
        return _Forked(ours, handles[0], limits)

    def kill(self):
        self._control.close()
        self._process.kill()

    def close(self):
        self.kill()
        self._process.wait()


class _Forked:
    """The seat of a box that was forked from a zygote: one kill of its first process ends all of its processes."""

    def __init__(self, stream, handle, limits):
        self.stopped = ""
        self._stream, self._handle = stream, handle
        self.requests, self.replies = stream.makefile("wb"), stream.makefile("rb")
        self._done = threading.Event()
        self._watch = threading.Thread(target=self._watch_over, args=(limits,), daemon=True)
        self._watch.start()

    @property
    def running(self):
        return not select.select([self._handle], [], [], 0)[0]

    @property
    def number(self):
        """The number of its first process, as the host counts; -1 when that has ended."""
        with open(f"/proc/self/fdinfo/{self._handle}") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("Pid:"))

    def kill(self):
        with contextlib.suppress(ProcessLookupError, OSError):
            signal.pidfd_send_signal(self._handle, signal.SIGKILL)
        with contextlib.suppress(OSError):
            self._stream.shutdown(socket.SHUT_RDWR)  # whoever waits for an answer wakes up

    def close(self):
        self._done.set()
        self._watch.join()
        self.kill()
        select.select([self._handle], [], [], 5)
        os.close(self._handle)
        self._stream.close()

    def _watch_over(self, limits):
        """End the box when its processes together hold too much memory or take other boxes' processors."""
        import psutil

        if self._done.wait(LOOK_AFTER):
            return
        if (number := self.number) <= 0:
            return
        with contextlib.suppress(psutil.NoSuchProcess):
            first = psutil.Process(number)
            start, most, since = _held(first), limits.memory * HEADROOM, time.monotonic()
            last, ran = since, 0.0
            while not self._done.wait(LOOK_AFTER):
                held = busy = ready = 0
                for process in (first, *first.children(recursive=True)):
                    with contextlib.suppress(psutil.Error, OSError):
                        held += _held(process)
                        busy += sum(process.cpu_times()[:4])  # its own, and that of children it has waited for
                        ready += _ready(process.pid)
                now = time.monotonic()
                ran, last = ran + ready * (now - last), now  # also of those that ended and nobody waited for
                if held - start > most:
                    self.stopped = f"ended for holding more than {most / 2**20:,.0f} MB of memory"
                elif max(busy, ran) > HEAD_START + limits.processors * (now - since):
                    self.stopped = f"ended for keeping more than {limits.processors:g} processors busy"
                if self.stopped:
                    self.kill()
                    return


def _held(process):
    """Bytes that a process holds: its share of the memory, and what of it was swapped out."""
    told = process.memory_full_info()
    return told.pss + told.swap


def _ready(number):
    """How many threads of a process run, or wait for a processor."""
    folder, ready = f"/proc/{number}/task", 0
    for thread in os.listdir(folder):
        with open(f"{folder}/{thread}/stat", "rb") as file:
            ready += file.read().rpartition(b") ")[2][:1] == b"R"
    return ready


TRIES = """
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
raise RuntimeError(json.dumps([name for name in found if not found[name]] + [len(found)]))
"""


def _try(boxes, profile):
    """Open a box, try in it what must not succeed, and say what held. Raises Refused if anything did succeed."""
    import psutil

    limits = Limits()
    try:
        with boxes.open(profile, limits) as opened:
            kind, said = opened.run(TRIES % (sys.prefix, str(profiles.PACKAGE), limits.disk)) or ("", "")
            _held(psutil.Process(opened.seat.number))
    except psutil.Error as trouble:
        _refuse(f"student code cannot be confined: its memory cannot be watched ({trouble})")
    except BoxDied as death:
        _refuse(f"student code cannot be confined: {death}")
    if kind != "RuntimeError":
        _refuse(f"student code cannot be confined: the trial ended with {kind} {said}")
    *failed, count = json.loads(said)
    if failed:
        _refuse(f"student code cannot be confined: {', '.join(failed)}: not so on this machine")
    names = [line.split('"')[1] for line in TRIES.splitlines() if line.startswith('    "')]
    names = [*names, "memory watched"] if len(names) == count else []
    return Held("bubblewrap", dict.fromkeys(names, True), "")
