"""Executors for a run: processes on this machine, and the order in which they are given work."""

import contextlib
import functools
import itertools
import multiprocessing
import os
import signal
import threading
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool

from lstm_helpers.grading import cluster, workers
from lstm_helpers.grading.pages import feedback


class _Processes(ProcessPoolExecutor):
    """Processes that begin while Ctrl-C waits: it would end in a traceback of each, until they leave it to the run."""

    def submit(self, *arguments, **named):
        with _interrupt_waits():
            return super().submit(*arguments, **named)


@contextlib.contextmanager
def _interrupt_waits():
    """Ctrl-C waits until the end of the block, and a process that is started there begins without it.

    It is blocked, which a process inherits, and kept by a handler: another thread of this process may receive it.
    """
    here = threading.current_thread() is threading.main_thread() and hasattr(signal, "pthread_sigmask")
    if not here or not callable(signal.getsignal(signal.SIGINT)):  # Windows; or ignored, which is inherited, too
        yield
        return
    came = []
    before = signal.signal(signal.SIGINT, lambda *_: came.append(1))
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        signal.signal(signal.SIGINT, before)
        if came:
            signal.raise_signal(signal.SIGINT)


def opener(address=None, jobs=None):
    """A function that opens an executor: ``jobs`` workers on this machine, or those of a Dask scheduler.

    It gives a context manager of (executor, number of workers).
    """
    return functools.partial(cluster.executor, address) if address else functools.partial(local, jobs)


def reopening(opened, open_executor):
    """A function for ``outcomes``: its first call gives the executor that is open already, each later one a new one."""
    executors = itertools.chain([contextlib.nullcontext(opened)], iter(open_executor, None))
    return functools.partial(next, executors)


@contextlib.contextmanager
def local(jobs=None):
    """(executor, number of workers) on this machine: each worker is a process with its own boxes."""
    count = jobs or os.cpu_count() or 1
    context = multiprocessing.get_context("spawn")
    executor = _Processes(count, mp_context=context, initializer=workers.start)
    interrupted = False
    try:
        yield executor, count
    except KeyboardInterrupt:
        interrupted = True
        raise
    finally:
        for worker in multiprocessing.active_children() if interrupted else ():
            worker.terminate()
        executor.shutdown(cancel_futures=True)  # no worker outlives the run


def outcomes(work, open_executor):
    """Yield (what, outcome, fault) for each (what, Task) of ``work``, in the order in which they end.

    open_executor() is a context manager that gives (executor, workers). Two tasks are in hand for each worker, and no
    outcome is kept. When a worker's process dies, what was in hand is done again, one at a time, in new workers; the
    one that ends its worker a second time has a fault.
    """
    work, once_more = iter(work), []
    while True:
        in_hand = {}
        try:
            with open_executor() as (executor, count):
                while once_more:  # one at a time, so that it is clear which one it is
                    what, task = once_more[-1]
                    result = _result(executor.submit(workers.grade_one, task))
                    once_more.pop()
                    yield what, *result
                yield from _side_by_side(executor, work, in_hand, 2 * count)
                return
        except BrokenProcessPool:
            if once_more:
                yield once_more.pop()[0], None, "a worker's process ended while it was graded, and once more alone"
            else:
                once_more = list(in_hand.values())


def _side_by_side(executor, work, in_hand, most):
    """The same for tasks that are graded side by side, at most ``most`` of them at once.

    ``in_hand`` is {number: (what, Task)}; after BrokenProcessPool it holds what has to be done again."""
    numbers, futures, more = itertools.count(), {}, True
    while more or futures:
        while more and len(futures) < most:
            if (item := next(work, None)) is None:
                more = False
            else:
                number = next(numbers)
                in_hand[number] = item
                futures[executor.submit(workers.grade_one, item[1])] = number
        for future in wait(futures, return_when=FIRST_COMPLETED).done:
            result = _result(future)
            what, _ = in_hand.pop(futures.pop(future))
            yield what, *result


def _result(future):
    """(outcome, fault): a fault of ours on one submission costs one row."""
    try:
        return future.result(), ""
    except BrokenProcessPool:
        raise
    except Exception as fault:
        return None, f"the grader failed on it: {type(fault).__name__}: {fault}"[:300]


def confinement(executor, count, unsafe, profiles, say):
    """The Confinement of the students' code. Every worker is asked, so that each has what its boxes are forked from."""
    profile = min(profiles, default="numpy")
    answers = [executor.submit(workers.confinement, unsafe, profile) for _ in range(count)]
    _read_templates()  # while they start
    try:
        confined = answers[0].result()
    except BrokenProcessPool:
        raise ValueError("a worker ended while it started: is there memory for them all? Try --jobs 1") from None
    if confined.name == "none":
        say(f"Not confined: {confined.why} Each notebook runs as you and could read or delete your files.")
    return confined


def _read_templates():
    for name in ("feedback", "report"):
        feedback.environment().get_template(f"{name}.html.jinja")
