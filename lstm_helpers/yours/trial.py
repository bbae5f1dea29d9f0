"""Trying a student's definitions with the checks of their exercises, in a process that can be ended.

The process gets the definitions as JSON on its standard input. It says on its standard output, a line of JSON each,
what it looks at next and what it found, so that whoever ends it knows which piece it was.
"""

import contextlib
import functools
import json
import os
import queue
import signal
import subprocess
import sys
import threading
from pathlib import Path

from lstm_helpers.yours import definitions, pieces

SILENCE = 60  # seconds without a word, then it is ended: a check ends what takes longer than 5 where it can
MEMORY = 4 << 30  # bytes: more would make the whole machine swap; the grader allows a quarter
ENDLESS = "it does not come to an end: does a loop never stop?"
CRASHED = "it ended the whole of Python, by exit(), a crash, or for want of memory"
UNWRITTEN = "not written yet"
VARIANT = "__variant__"  # the name under which the definitions of a notebook hold the number of its variant


def verdicts(notebooks):
    """{exercise: {check: verdict}} on the pieces of some notebooks, and on the functions of theirs that they may call.

    notebooks: {exercise: (how errors name it, its Segments)}. A verdict is {"right": bool, "why": what is wrong or "",
    "helped": names of the course's functions that it calls in place of the student's}.
    """
    known = {exercise: {} for exercise in notebooks}
    try:
        _in_a_process(notebooks, known)
    except OSError:  # a browser has no second process
        print("Your pieces are tried here, as no second process can be started. If it never ends, restart the kernel.")
        for exercise, name, verdict in examine(notebooks, known):
            known[exercise].update({name: verdict} if verdict else {})
    return known


def _in_a_process(notebooks, known):
    """Add to ``known`` what is found in one process after the other, each ended where a piece does not come to its end.

    Raises OSError where no process can be started, as in a browser.
    """
    if sys.platform == "emscripten":
        raise OSError("a browser starts no process")
    while notebooks and (unfinished := _ask(notebooks, known)):
        exercise, name, why = unfinished
        # A piece is set aside, and the others are tried without it; if it was no piece, then its whole notebook.
        for each in [name] if name else [piece.name for piece in pieces.of(exercise)]:
            known[exercise][each] = _wrong(why)
        if not name:
            notebooks = {other: given for other, given in notebooks.items() if other != exercise}


def _wrong(why, helped=()):
    return {"right": False, "why": why, "helped": list(helped)}


def _ask(notebooks, known):
    """Try what is not in ``known`` yet in a process, and add what it says. None if it comes to its end, else
    (exercise, check, why) of where it did not."""
    asked = [
        {"exercise": e, "called": called, "segments": [s.asdict() for s in segments], "known": known[e]}
        for e, (called, segments) in notebooks.items()
    ]
    home = str(Path(__file__).resolve().parents[2])
    path = os.pathsep.join(filter(None, [home, os.environ.get("PYTHONPATH")]))
    process = subprocess.Popen(
        [sys.executable, "-P", "-c", "from lstm_helpers.yours import trial; trial.serve()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=os.environ | {"PYTHONPATH": path, "OMP_NUM_THREADS": "1"},
        text=True,
        encoding="utf-8",
        start_new_session=True,
    )
    lines = queue.Queue()
    threading.Thread(target=_pass_on, args=(process, json.dumps(asked), lines), daemon=True).start()
    exercise, name = next(iter(notebooks), ""), ""
    try:
        while True:
            said = lines.get(timeout=SILENCE)
            if said is None:
                return exercise, name, CRASHED
            if not said:
                return None
            exercise, name, verdict = said
            known[exercise].update({name: verdict} if verdict else {})
    except queue.Empty:
        return exercise, name, ENDLESS
    finally:
        _end(process)


def _end(process):
    """End a process with all that the student's code has started in it."""
    if hasattr(os, "killpg"):
        os.killpg(process.pid, signal.SIGKILL)  # it is there at least until it was waited for
    process.kill()
    process.wait()


def _pass_on(process, text, lines):
    """Give a process its standard input, and put what it says into the queue ``lines``; None when it ends."""
    with contextlib.suppress(OSError, ValueError), process.stdout:
        process.stdin.write(text)
        process.stdin.close()
        for line in process.stdout:
            lines.put(json.loads(line))
    lines.put(None)


def examine(notebooks, known):
    """Yield (exercise, check, None) before each check, or with "" before the definitions run, then the verdict.

    known: {exercise: {check: verdict}} of what need not be tried any more.
    """
    from lstm_helpers import yours

    with yours.without_notebooks():
        for exercise, (called, segments) in notebooks.items():
            yield exercise, "", None
            space, faults = definitions.run(segments, called, functools.partial(reference, exercise))
            asked = sheet_of(exercise, segments).checks
            wanted = {piece.name for piece in pieces.of(exercise)} & asked.keys()
            wanted |= {name for each in wanted for name in asked[each].uses}
            replaced = set()
            for name, check in asked.items():
                if name not in wanted:
                    continue
                yield exercise, name, None
                verdict = known[exercise].get(name) or _verdict(check, space, faults, replaced)
                if not verdict["right"]:  # those that call it are then judged by themselves
                    space[name] = check.oracle
                    replaced.add(name)
                yield exercise, name, verdict


def of_variant(number):
    """The Segment that says for which variant of its exercise a notebook was made."""
    return definitions.Segment(0, 1, f"{VARIANT} = {number}", (VARIANT,))


def sheet_of(exercise, segments):
    """The Sheet that a notebook with these Segments answers: the course's, or that of a variant."""
    from lstm_helpers import checks, variants

    numbers = [int(segment.text.rpartition(" ")[2]) for segment in segments if VARIANT in segment.names]
    return variants.sheet(exercise, numbers[-1]) if numbers else checks.sheets()[exercise]


def reference(exercise, name):
    """The course's own answer for a piece of an exercise before this one; ImportError, as the import of another name
    would give."""
    piece = pieces.PIECES.get(name)
    if piece is None or piece.exercise == exercise or name not in pieces.given_to(exercise):
        raise ImportError(f"{name} is no piece of an exercise before this one")
    return pieces.reference(piece.exercise, name)


def _verdict(check, space, faults, replaced):
    from lstm_helpers import checks
    from lstm_helpers.checks import judge

    if check.name not in space:
        return _wrong(faults.get(check.name, UNWRITTEN))
    result = checks.examine(check, space[check.name])
    helped = sorted(_reached(check.name, space) & replaced)
    if result.right:
        return {"right": True, "why": "", "helped": helped}
    if result.state == judge.NOT_ATTEMPTED:
        return _wrong(UNWRITTEN)
    # The first sentence says what is seen, and for an error in which line; the check itself says more.
    lines = [line for line in result.lines if line != result.cause_line]
    seen = ": ".join(lines[: 2 if result.state == judge.ERROR else 1]).replace("\n", ", ")
    return _wrong(". ".join(filter(None, (seen.rstrip("."), result.cause_line))), helped)


def _reached(name, space):
    """The names of a namespace that a function of it calls, and those that these call."""
    from lstm_helpers.checks import inspection

    reached, waiting = set(), [name]
    while waiting:
        new = inspection.names_in(space.get(waiting.pop())) & space.keys() - reached
        reached |= new
        waiting += new
    return reached


def serve():
    """In the process: answer what stands on the standard input. What the student's code prints goes nowhere."""
    asked = json.load(sys.stdin)
    told = os.fdopen(os.dup(1), "w", encoding="utf-8")
    null = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(null, standard)
    with contextlib.suppress(ImportError, OSError, ValueError):  # Windows has no such limit
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    if hasattr(os, "register_at_fork"):  # each would go on with all that is left to try, and fork once more
        os.register_at_fork(after_in_child=functools.partial(os._exit, 0))
    notebooks = {
        one["exercise"]: (one["called"], [definitions.Segment(**segment) for segment in one["segments"]])
        for one in asked
    }
    for said in examine(notebooks, {one["exercise"]: one["known"] for one in asked}):
        print(json.dumps(said), file=told, flush=True)
    print("[]", file=told, flush=True)
