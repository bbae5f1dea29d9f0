"""Every check of the course, in stages: ``python tests/run.py``, or some of them: ``tests/run.py unit``.

The commands of a stage run side by side, on a core each; the output of the first is shown as it comes, that of the
others behind it. A stage that fails does not stop the later ones. The exit code is 0 only if all passed.
"""

import contextlib
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
THREADS = {"OMP_NUM_THREADS": "2", "MKL_NUM_THREADS": "2", "PYTHONHASHSEED": "0"}
PYTEST = ("pytest", "-q")
STRICT = {"LSTM_COURSE_STRICT": "1", "LSTM_COURSE_PROGRESS": "off"}
LESSONS = tuple(sorted(str(path.relative_to(ROOT)) for path in ROOT.glob("tests/test_lesson_*.py")))
BESIDE = ("tests/checks", "tests/nn", "tests/training", *LESSONS)  # about half of the time of all unit tests
TRAINING = ("notebooks/07_training_that_works.ipynb", "notebooks/projects")  # about half of that of all notebooks
NBVAL = ["--nbval-lax", "--nbval-current-env", "--nbval-cell-timeout=600"]
STAGES = {  # name: (commands, environment)
    "style": (
        [("ruff", "check", "lstm_helpers", "tests"), ("ruff", "format", "--check", "lstm_helpers", "tests")],
        {},
    ),
    "unit": (
        [
            (*PYTEST, "tests", *(f"--ignore={path}" for path in BESIDE), "-m", "not browser"),
            (*PYTEST, *BESIDE),
        ],
        {},
    ),
    "notebooks": (
        [
            (*PYTEST, *NBVAL, "notebooks", "solutions", *(f"--ignore={path}" for path in TRAINING)),
            (*PYTEST, *NBVAL, *TRAINING),
        ],
        STRICT,
    ),
    "browser": ([(*PYTEST, "tests", "-m", "browser")], {}),
}


def run(name):
    """Run one stage with its output shown as it comes. Returns (passed, seconds)."""
    commands, extra = STAGES[name]
    print(f"\n===== {name}", flush=True)
    start = time.perf_counter()
    environment = os.environ | THREADS | extra
    first, *others = ([sys.executable, "-m", *command] for command in commands)
    with contextlib.ExitStack() as stack:
        told = [stack.enter_context(tempfile.TemporaryFile()) for _ in others]
        beside = [
            subprocess.Popen(command, cwd=ROOT, env=environment, stdout=out, stderr=subprocess.STDOUT)
            for command, out in zip(others, told, strict=True)
        ]
        codes = [subprocess.run(first, cwd=ROOT, env=environment).returncode]
        for process, out in zip(beside, told, strict=True):
            codes.append(process.wait())
            out.seek(0)
            print(out.read().decode(errors="replace"), flush=True)
    seconds = time.perf_counter() - start
    print(f"===== {name}: {seconds:.1f} s", flush=True)
    return not any(codes), seconds


def main(names):
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
