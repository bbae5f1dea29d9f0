"""The watchdog of a box: ends it when its processes together hold too much memory or take other boxes' processors.

It reads the box's own /proc, which shows the processes of this box, all of them, and no others.
"""

import contextlib
import errno
import os
import threading
import time

from lstm_helpers import wording

LOOK_AFTER = 0.1  # seconds between two looks
HEAD_START = 2.0  # seconds of processor time that are not counted
HEADROOM = 1.5  # what all processes of a box may hold together, in units of the limit for one
TRIES = 4  # how often one look reads the memory of what comes and goes meanwhile
PATIENCE = 10  # looks, one after the other, that may fail to see all memory
TICK = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100  # of the processor times in /proc


class Watchdog:
    """Looks at a box, in a thread of its own, until ``end`` is called, or calls stop(why).

    proc: a descriptor of the box's own /proc; empty: bytes that a box holds before its first cell; limits: host.Limits.
    """

    def __init__(self, proc, empty, limits, stop):
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._look, args=(proc, empty, limits, stop), daemon=True)
        self._thread.start()

    def end(self):
        """Stop looking; the descriptor is not used any more."""
        self._done.set()
        self._thread.join()

    def _look(self, proc, empty, limits, stop):
        most, since = limits.memory * HEADROOM, time.monotonic()
        last, ran, unseen = since, 0.0, 0
        while not self._done.wait(LOOK_AFTER):
            try:
                used, complete = memory(proc)
                busy, ready = processors(proc)
            except OSError:  # what may not be looked at is no reason to look away
                used, complete, busy, ready = empty, False, 0.0, 0
            unseen = 0 if complete else unseen + 1
            now = time.monotonic()
            ran, last = ran + ready * (now - last), now  # also of those that ended and nobody waited for
            why = ""
            if used - empty > most:
                why = f"ended for holding more than {most / 2**20:,.0f} MB of memory"
            elif max(busy, ran) > HEAD_START + limits.processors * (now - since):
                why = f"ended for keeping more than {wording.count(limits.processors, 'processor')} busy"
            elif unseen > PATIENCE:
                why = "ended for hiding its memory behind processes or threads that come and go"
            if why:
                stop(why)
                return


def memory(proc):
    """(bytes that all processes of a box hold, whether all could be read). PSS: shared memory counts once."""
    amounts = {}
    for _ in range(TRIES):
        there = _processes(proc)
        unread = [number for number in there if amounts.get(number) is None]
        if not unread:
            return sum(amounts[number] for number in there), True
        for number in unread:
            with contextlib.suppress(
                ProcessLookupError, FileNotFoundError
            ):  # it has ended; another may have its memory
                amounts[number] = _memory_of(proc, number)
    return sum(amounts.get(number) or 0 for number in there), False


def processors(proc):
    """(seconds of processor time, threads that run or wait for a processor) of all processes of a box."""
    busy = ready = 0
    for number in _processes(proc):
        try:
            state = _stat(proc, number)
            # its own time, and that of children it has waited for: user and system
            busy += sum(map(int, state[11:15])) / TICK
            if state[17] == b"1":  # threads
                ready += state[0] == b"R"
            else:
                threads = _list(proc, f"{number}/task")
                ready += sum(_stat(proc, f"{number}/task/{thread}")[0] == b"R" for thread in threads)
        except (ProcessLookupError, FileNotFoundError):
            ready += 1  # it ran, to its end
    return busy, ready


def _processes(proc):
    return [name for name in _list(proc, ".") if name.isdigit()]


def _memory_of(proc, number):
    """Bytes that one process holds: its share of the memory, and what of it was swapped out. None if nobody can say.

    When the first thread of a process has ended, only the other threads still show its memory.
    """
    if (amount := _rollup(proc, number)) is not None:
        return amount
    ended = True
    for thread in _list(proc, f"{number}/task"):
        if (amount := _rollup(proc, f"{number}/task/{thread}")) is not None:
            return amount
        try:
            ended = ended and _stat(proc, f"{number}/task/{thread}")[0] in b"ZX"
        except (ProcessLookupError, FileNotFoundError):  # it may have started another one, and left the memory to it
            ended = False
    return 0 if ended else None


def _rollup(proc, place):
    try:
        text = _read(proc, f"{place}/smaps_rollup")
    except OSError as trouble:
        if trouble.errno in (errno.ESRCH, errno.ENOENT):
            return None
        raise
    lines = [line.split() for line in text.splitlines()]
    return sum(int(line[1]) << 10 for line in lines if line[0] in (b"Pss:", b"Swap:")) if lines else None


def _stat(proc, place):
    """The fields of a stat file from the third one on: the state."""
    return _read(proc, f"{place}/stat").rpartition(b") ")[2].split()


def _list(proc, place):
    folder = os.open(place, os.O_RDONLY | os.O_DIRECTORY, dir_fd=proc)
    try:
        return os.listdir(folder)
    finally:
        os.close(folder)


def _read(proc, place):
    file = os.open(place, os.O_RDONLY, dir_fd=proc)
    try:
        parts = []
        while part := os.read(file, 1 << 14):
            parts.append(part)
        return b"".join(parts)
    finally:
        os.close(file)
