"""What confines a box, piece by piece: its folders, its user, its system calls, and the watch over it."""

import contextlib
import errno
import json
import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from lstm_helpers.grading.box import sandbox, syscalls, watchdog, zygote
from lstm_helpers.grading.box.host import BoxDied, Limits
from tests.grading.test_run import UNSAFE

confined = pytest.mark.skipif(UNSAFE, reason="nothing confines code on this machine")

OWNER = """
import os, signal, sys, time
from lstm_helpers.grading.box import host, sandbox
if __name__ == "__main__":
    for how in ("SIGTERM", "SIGHUP"):  # whoever runs these tests by nohup ignores the second one, and so does this
        signal.signal(getattr(signal, how), signal.SIG_DFL)
    boxes = sandbox.Boxes(unsafe=sys.argv[1] == "True").__enter__()
    opened = boxes.open("numpy", host.Limits())
    print("open", flush=True)
    time.sleep(600)
"""


def gone(folder, names="*"):
    """Whether ``folder`` holds nothing of these names before long."""
    end = time.monotonic() + 30
    while (there := list(folder.glob(names))) and time.monotonic() < end:
        time.sleep(0.05)
    return there == []


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL")
@pytest.mark.parametrize("unsafe", [True, pytest.param(False, marks=confined)])
@pytest.mark.parametrize("how", ["SIGKILL", "SIGTERM", "SIGHUP"])
def test_no_folder_outlives_its_owner_however_that_ends(tmp_path, unsafe, how):
    (tmp_path / "temp").mkdir()
    (tmp_path / "owner.py").write_text(OWNER)
    environment = os.environ | {"TMPDIR": str(tmp_path / "temp")}
    given = [sys.executable, tmp_path / "owner.py", str(unsafe)]
    with subprocess.Popen(given, env=environment, stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout.readline() == "open\n"
        assert os.listdir(tmp_path / "temp")
        owner.send_signal(getattr(signal, how))
    assert gone(tmp_path / "temp")


def test_folders_go_when_boxes_are_left(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with sandbox.Boxes(unsafe=True) as boxes, boxes.open("numpy", Limits()) as opened:
        assert opened.run("open('a file', 'w').close()") is None
        assert len(list(tmp_path.rglob("a file"))) == 1
    assert os.listdir(tmp_path) == []


@confined
@pytest.mark.parametrize("times", [1, 2])
def test_a_box_that_does_not_open_is_tried_once_more_from_another_zygote(monkeypatch, times):
    fork, asked = sandbox._Zygote.fork, []

    def failing(zygote, limits):
        asked.append(zygote)
        if len(asked) <= times:
            raise BoxDied("too many references")
        return fork(zygote, limits)

    monkeypatch.setattr(sandbox._Zygote, "fork", failing)
    with sandbox.Boxes() as boxes:
        if times > 1:
            with pytest.raises(BoxDied, match="too many references"):
                boxes.open("numpy", Limits())
        else:
            with boxes.open("numpy", Limits()) as opened:
                assert opened.run("x = 1") is None
        assert len(set(asked)) == 2
        assert not asked[0].running


@confined
def test_what_a_zygote_says_too_late_is_not_taken_for_the_answer_to_another_question(monkeypatch):
    with sandbox.Boxes() as boxes:
        boxes.prepare("numpy", Limits())
        zygote = boxes._zygotes["numpy"]
        monkeypatch.setattr(zygote, "_control", Deaf(zygote._control))
        with boxes.open("numpy", Limits()) as opened:
            assert opened.run("x = 1") is None
        assert boxes._zygotes["numpy"] is not zygote


class Deaf:
    """A socket on which no answer comes in time."""

    def __init__(self, control):
        self.control = control

    def __getattr__(self, name):
        return getattr(self.control, name)

    def recvmsg(self, *_):
        raise TimeoutError("timed out")


@confined
def test_a_box_that_cannot_be_settled_says_why(monkeypatch):
    with sandbox.Boxes() as boxes, pytest.raises(BoxDied, match="no box could be opened: .*mount tmpfs on /scratch"):
        boxes.open("numpy", Limits(disk=-1))


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give users away")
@confined
def test_no_two_boxes_have_the_same_user_and_nobody_else_has_it():
    with contextlib.ExitStack() as stack:
        opened = [stack.enter_context(stack.enter_context(sandbox.Boxes()).open("numpy", Limits())) for _ in range(2)]
        users = [os.stat("1", dir_fd=box.seat.proc).st_uid for box in opened]
    assert len({*users, 0, os.getuid(), sandbox.NOBODY}) == 4


FILES = "import tempfile\nwith tempfile.NamedTemporaryFile() as file:\n    file.write(b'x')"
OPTIMIZER = "import torch\nm = torch.nn.Linear(2, 2)\ntorch.optim.Adam(m.parameters()).step()"


@confined
@pytest.mark.parametrize(("profile", "source"), [("numpy", FILES), ("torch", OPTIMIZER)])
def test_a_box_has_a_place_for_temporary_files(profile, source):
    if profile == "torch":
        pytest.importorskip("torch")
    with sandbox.Boxes() as boxes, boxes.open(profile, Limits(cell=120, notebook=300)) as opened:
        assert opened.run(source) is None


TRACES = """
import builtins, json, sys, warnings
from lstm_helpers import checks
shell = get_ipython()
found = {
    "names": sorted(set(globals()) - {"builtins", "json", "sys", "warnings", "checks", "shell"}),
    "builtins": len(vars(builtins)),
    "given to a check": sorted(checks.given),
    "cells": shell.execution_count,
    "last error": str(getattr(sys, "last_value", "")),
    "filters": len(warnings.filters),
}
said = json.dumps(found)
assert len(said) < 500, len(said)
raise RuntimeError(said)
"""


@confined
def test_a_box_shows_nothing_of_what_ran_before_it_was_forked():
    """A plain process has run nothing before. What a box is forked from has run cells, so that its forks are quick."""
    shown = []
    for unsafe in (True, False):
        with sandbox.Boxes(unsafe=unsafe) as boxes, boxes.open("numpy", Limits(cell=120, notebook=300)) as opened:
            kind, said = opened.run(TRACES)
            assert kind == "RuntimeError", said
            shown.append(json.loads(said))
    assert shown[0] == shown[1]


@confined
def test_what_boxes_are_forked_from_has_run_every_kind_of_cell():
    with sandbox.Boxes() as boxes, boxes.open("numpy", Limits(cell=120, notebook=300)) as opened:
        failed = [source for source in zygote.WARMING if opened.run(source) is not None]
    assert failed == ["1 / 0"]


UNFILTERED = {335, 336}  # uretprobe and uprobe of x86-64: the kernel asks no filter, and ends who calls them by hand
EVERY = """
import ctypes, errno, json, sys
libc = ctypes.CDLL(None, use_errno=True)
odd = {{}}
for number in {numbers}:
    ctypes.set_errno(0)
    if libc.syscall(number, -1, -1, -1, -1, -1, -1) != -1 or ctypes.get_errno() != {expected}:
        odd[number] = ctypes.get_errno()
raise RuntimeError(json.dumps(odd))
"""


@confined
@pytest.mark.parametrize("known", [True, False])
def test_every_call_that_is_not_allowed_fails_with_an_error_that_says_so(known):
    import pyseccomp

    names, allowed = syscalls.calls(pyseccomp.system_arch()), set(syscalls.ALLOWED.split())
    if known:
        numbers, expected = [n for n, name in names.items() if name not in {*allowed, "clone3"}], errno.EPERM
    else:
        unknown = {n for n in range(1200) if names.get(n, "clone3") == "clone3"} - UNFILTERED
        numbers, expected = sorted(unknown), errno.ENOSYS
    assert len(numbers) > 100
    with sandbox.Boxes() as boxes, boxes.open("numpy", Limits()) as opened:
        kind, said = opened.run(EVERY.format(numbers=numbers, expected=int(expected)))
        assert (kind, json.loads(said)) == ("RuntimeError", {})


@confined
def test_the_list_serves_another_architecture_too():
    import pyseccomp

    allowed = set(syscalls.ALLOWED.split())
    known = {*syscalls.calls(pyseccomp.Arch.X86_64).values(), *syscalls.calls(pyseccomp.Arch.AARCH64).values()}
    assert allowed <= known  # no name is misspelt
    # what the C library of aarch64 does instead of what only older architectures have
    needed = "openat newfstatat clone execve mmap ppoll pselect6 epoll_pwait readlinkat unlinkat mkdirat pipe2 dup3"
    assert {*needed.split()} <= allowed & {*syscalls.calls(pyseccomp.Arch.AARCH64).values()}
    assert {name for name, *_ in syscalls.DENIED_FOR} <= allowed


HOLDS = """
import ctypes, threading, time
kept = bytearray(64 << 20)
threading.Thread(target=time.sleep, args=(600,)).start()
print("held", flush=True)
ctypes.CDLL(None).syscall({exit}, 0)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="/proc")
def test_the_memory_of_a_process_whose_first_thread_has_ended_is_seen():
    import pyseccomp

    exit = pyseccomp.resolve_syscall(pyseccomp.system_arch(), "exit")
    proc = os.open("/proc", os.O_RDONLY | os.O_DIRECTORY)
    started = subprocess.Popen([sys.executable, "-c", HOLDS.format(exit=exit)], stdout=subprocess.PIPE, text=True)
    try:
        assert started.stdout.readline() == "held\n"
        while watchdog._stat(proc, str(started.pid))[0] != b"Z":
            time.sleep(0.01)
        assert watchdog._memory_of(proc, str(started.pid)) > 64 << 20
    finally:
        started.kill()
        started.communicate()
        os.close(proc)


@pytest.mark.skipif(sys.platform != "linux", reason="/proc")
def test_a_process_that_has_ended_holds_nothing_and_hides_nothing():
    proc = os.open("/proc", os.O_RDONLY | os.O_DIRECTORY)
    ended = subprocess.Popen([sys.executable, "-c", ""])
    try:
        while watchdog._stat(proc, str(ended.pid))[0] != b"Z":
            time.sleep(0.01)
        assert watchdog._memory_of(proc, str(ended.pid)) == 0
    finally:
        ended.wait()
        os.close(proc)


def unseen(proc):
    return 0, False


def refused(proc):
    raise PermissionError(errno.EACCES, "Permission denied")


@pytest.mark.parametrize("memory", [unseen, refused])
def test_a_box_whose_memory_cannot_be_seen_for_long_is_ended(monkeypatch, memory):
    monkeypatch.setattr(watchdog, "LOOK_AFTER", 0.001)
    monkeypatch.setattr(watchdog, "memory", memory)
    monkeypatch.setattr(watchdog, "processors", lambda proc: (0, 0))
    stopped, ended = [], threading.Event()
    looking = watchdog.Watchdog(None, 0, Limits(), lambda why: (stopped.append(why), ended.set()))
    assert ended.wait(60)
    looking.end()
    assert "hiding its memory" in stopped[0]
