"""Every check of the course, in stages: ``python tests/run.py``, or some of them: ``tests/run.py style unit``.

    style      ruff
    unit       whatever opens no box, runs no notebook and trains no network: a minute, the loop of a contributor
    lessons    the tests of lessons and projects: what a lesson says is what comes out
    grader     the grader and its box, and the commands that start a process of their own
    mutation   every mutant of every solution is told from the right answer, every slip on many cases, and no other
               answer is given a false name
    notebooks  lessons and solutions from top to bottom, each once, and what is stored is what comes out;
               the commands build and check
    browser    JupyterLab and the pages of the grader in a real browser
    site       the book as it is built and served: every link, what is folded, and whether everybody can read it

A test belongs to ``unit`` unless its file is named below. Each core has a worker (pytest-xdist), and a worker runs one
thread; the grader, which often waits, has one worker more. The slowest tests are told at the end of each stage. A stage
that fails does not stop the later ones. The exit code is 0 only if all passed. The tests of one lesson alone:
``python -m pytest tests/lessons/gates``.
"""

import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "PYTHONHASHSEED": "0"}
ENVIRONMENT["PYTHONDONTWRITEBYTECODE"] = ""  # each worker and each box would compile the package and the tests anew
STRICT = {"LSTM_COURSE_STRICT": "1", "LSTM_COURSE_PROGRESS": "off", "LSTM_COURSE_WORK": "solutions"}
WORKERS = min(os.cpu_count() or 1, 8)
PYTEST = ("pytest", "-q", "--durations=15", "--durations-min=1", "-p", "no:anyio")
LEAN = (*PYTEST, "-p", "no:nbval", "-p", "no:hypothesispytest")  # each worker starts in a second less
SPREAD = ("-n", str(WORKERS), "--dist", "worksteal")  # a worker without work takes some of another's
ORDERED = ("--dist", "loadfile", "--no-loadscope-reorder")
BY_FILE = ("-n", str(WORKERS), *ORDERED)  # a notebook has one kernel
WAITING = ("-n", str(WORKERS + 1), *ORDERED)  # for tests that often wait for what sleeps or never ends


def longest_first(longest, folders, pattern):
    """The files of some folders, the longest before all others: a stage ends when its last file does.

    A worker with a single test left takes the next file, too: behind a file that is one long test comes a short one.
    """
    found = sorted(p.relative_to(ROOT).as_posix() for folder in folders for p in (ROOT / folder).rglob(pattern))
    return (*longest, *(p for p in found if p not in longest and ".ipynb_checkpoints" not in p))


LESSONS = longest_first(
    (
        "tests/lessons/why_rnns_forget/test_lesson.py",
        "tests/lessons/sequences/test_lesson.py",
        "tests/lessons/backward_through_time/test_lesson.py",
        "tests/projects/text_generation/test_project.py",
    ),
    ("tests/lessons", "tests/projects"),
    "test_*.py",
)
LONG = ["mixtures", "hostile", "troubles", "grade", "with_yours", "own_sheets", "regrade", "sandbox", "nbgrader", "run"]
GRADER = (
    *longest_first([f"tests/grading/test_{name}.py" for name in LONG], ("tests/grading",), "test_*.py"),
    "tests/test_machine.py",
    "tests/checks/test_in_the_box.py",
    "tests/checks/test_shared_names.py",
    "tests/test_bundle.py",
    "tests/variants/test_grade.py",
    "tests/test_documented.py",
    "tests/test_makefile.py",
)
MUTATION = (
    *(f"tests/checks/test_{name}.py" for name in ("false_names", "mutants", "seeds", "shown", "two_slips")),
    "tests/variants/test_slips.py",
)
BROWSER = ("tests/browser",)
SITE = ("tests/site",)
KERNELS = ("tests/test_build.py", "tests/test_check_command.py")
FOLDERS = ("tests/lessons", "tests/projects", "tests/grading", "tests/browser", "tests/site")
ELSEWHERE = (*FOLDERS, *(path for path in (*GRADER, *MUTATION, *KERNELS) if not path.startswith(FOLDERS)))
NOTEBOOKS = longest_first(
    [
        "notebooks/projects/text_generation.ipynb",
        "notebooks/projects/sentiment.ipynb",
        "notebooks/07_training_that_works.ipynb",
        "notebooks/08_long_term_memory.ipynb",
        "notebooks/02_why_rnns_forget.ipynb",
        "notebooks/01_sequences.ipynb",
    ],
    ("notebooks", "solutions"),
    "*.ipynb",
)
NBVAL = ("--nbval-lax", "--nbval-current-env", "--nbval-cell-timeout=1200")
STAGES = {  # name: [(command, what it finds in the environment)]
    "style": [
        (("ruff", "check", "lstm_helpers", "tests"), {}),
        (("ruff", "format", "--check", "lstm_helpers", "tests"), {}),
    ],
    "unit": [((*PYTEST, "-p", "no:nbval", *SPREAD, "tests", *(f"--ignore={path}" for path in ELSEWHERE)), {})],
    "lessons": [((*LEAN, *BY_FILE, *LESSONS), {})],
    "grader": [((*LEAN, *WAITING, *GRADER), {})],
    "mutation": [((*LEAN, *SPREAD, *MUTATION), {})],
    "notebooks": [
        ((*PYTEST, "-p", "no:hypothesispytest", *BY_FILE, *NBVAL, *NOTEBOOKS), STRICT),
        ((*LEAN, *SPREAD, *KERNELS), {}),
    ],
    "browser": [((*LEAN, *BY_FILE, *BROWSER), {})],
    "site": [((*LEAN, *BY_FILE, *SITE), {})],
}


def run(name):
    """Run one stage with its output shown as it comes. Returns (passed, seconds)."""
    print(f"\n===== {name}", flush=True)
    start = time.perf_counter()
    codes = [
        subprocess.run([sys.executable, "-m", *command], cwd=ROOT, env=os.environ | ENVIRONMENT | extra).returncode
        for command, extra in STAGES[name]
    ]
    seconds = time.perf_counter() - start
    print(f"===== {name}: {seconds:.1f} s", flush=True)
    return not any(codes), seconds


def main(names):
    if {"-h", "--help"} & set(names):
        print(__doc__)
        return 0
    if unknown := set(names) - set(STAGES):
        print(f"there is no stage {', '.join(sorted(unknown))}; there are: {', '.join(STAGES)}", file=sys.stderr)
        return 2
    results = {name: run(name) for name in names or STAGES}
    print("\nstage        seconds  result")
    for name, (passed, seconds) in results.items():
        print(f"{name:<12} {seconds:7.1f}  {'passed' if passed else 'FAILED'}")
    print(f"{'all':<12} {sum(seconds for _, seconds in results.values()):7.1f}")
    return 0 if all(passed for passed, _ in results.values()) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
