"""The command ``lstm-course``: one word for each thing that a student, an instructor or a maintainer does."""

import argparse
import sys
from pathlib import Path


def main(argv=None):
    """Run one command; returns the exit code. Errors that a person can mend are one plain sentence on stderr."""
    parser = argparse.ArgumentParser(prog="lstm-course", description="LSTM from Scratch: open, check, grade, maintain.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    for add in (_add_lab, _add_check, _add_reset, _add_doctor, _add_grade, _add_build):
        add(commands)
    chosen = parser.parse_args(argv)
    try:
        return chosen.run(chosen) or 0
    except (FileNotFoundError, NotADirectoryError, ValueError) as trouble:
        print(f"lstm-course {chosen.command}: {trouble}", file=sys.stderr)
        return 2


def _command(commands, name, text, run):
    parser = commands.add_parser(name, help=text, description=text)
    parser.set_defaults(run=run)
    return parser


def _add_lab(commands):
    parser = _command(commands, "lab", "open the course in JupyterLab", _lab)
    parser.add_argument("--no-browser", action="store_true", help="only print the address")
    parser.add_argument("--port", type=int, help="the port to use (default: 8888, or the next free one)")


def _lab(chosen):
    from lstm_helpers import lab

    return lab.start(open_browser=not chosen.no_browser, port=chosen.port)


def _add_check(commands):
    parser = _command(commands, "check", "run notebooks top to bottom and say which cells are not right yet", _check)
    parser.add_argument("notebooks", nargs="+", type=Path, metavar="NOTEBOOK")


def _check(chosen):
    from lstm_helpers import runner

    return runner.check(chosen.notebooks)


def _add_reset(commands):
    parser = _command(commands, "reset", "put a fresh copy of an exercise into work/, keeping the old one", _reset)
    parser.add_argument("exercise", help="for example 03_gates")


def _reset(chosen):
    from lstm_helpers import course

    copy, backup = course.reset(chosen.exercise.removesuffix(".ipynb"))
    print(f"{copy.relative_to(course.root())} is fresh." + (f" Your old copy is {backup.name}." if backup else ""))


def _add_doctor(commands):
    _command(commands, "doctor", "say what is missing or wrong on this machine", _doctor)


def _doctor(chosen):
    from lstm_helpers import doctor

    findings = doctor.examine()
    print(doctor.report(findings))
    return 0 if all(f.ok for f in findings if f.needed) else 1


def _add_grade(commands):
    parser = _command(commands, "grade", "grade DIR/<student>/<exercise>.ipynb with fresh cases", _grade)
    parser.add_argument("submissions", type=Path, metavar="DIR")
    parser.add_argument("--out", type=Path, required=True, help="folder for grades.csv and the feedback pages")
    parser.add_argument("--exercise", action="append", help="grade this exercise only (may be given again)")
    parser.add_argument("--seed", type=int, help="draw the cases of an earlier run again (it is in grades.csv)")
    parser.add_argument("--jobs", type=int, help="notebooks at once (default: one for each core)")


def _grade(chosen):
    from lstm_helpers.grading import run

    return run.grade(chosen.submissions, chosen.out, only=chosen.exercise, seed=chosen.seed, jobs=chosen.jobs)


def _add_build(commands):
    parser = _command(commands, "build", "make exercises/ from solutions/, execute lessons and solutions", _build)
    parser.add_argument("stems", nargs="*", help="only these notebooks, for example 03_gates")
    parser.add_argument(
        "--check", action="store_true", help="write nothing; fail if an exercise differs from its solution"
    )


def _build(chosen):
    from lstm_helpers import build

    if chosen.check:
        troubles = build.drift()
        print("\n".join(troubles) or "every exercise is what its solution gives")
        return bool(troubles)
    try:
        build.build(chosen.stems)
    except build.BuildError as trouble:
        raise ValueError(trouble) from None
