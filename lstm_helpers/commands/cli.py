"""The command ``lstm-course``: one word for each thing that a student, an instructor or a maintainer does."""

import argparse
import contextlib
import errno
import io
import os
import shutil
import sys
from pathlib import Path

from lstm_helpers import files, wording
from lstm_helpers.commands import arguments
from lstm_helpers.commands.arguments import NONE, jobs, nonempty, path, seed

KEPT = "What is graded is kept: run the same command again to go on."
LEFT_OUT = (
    "lstm_helpers.commands",
    "lstm_helpers.grading",
)  # what the students' edition has not
FORMS = "03, gates, 03_gates, 03_gates.ipynb or work/03_gates.ipynb"  # of an exercise, for all that take one


def main(argv=None):
    """Run one command; returns the exit code. Errors that a person can mend are one plain sentence on stderr."""
    _open_streams()
    chosen = parser().parse_args(argv)
    try:
        code = chosen.run(chosen) or 0
        sys.stdout.flush()  # what cannot be written is an error of this run, not of Python's last breath
        return code
    except KeyboardInterrupt:
        return _say(130, f"\nStopped. {KEPT if chosen.command == 'grade' else ''}".rstrip())
    except BrokenPipeError:  # whoever read it, such as `head`, has seen enough
        return 141
    except ImportError as missing:
        if missing.name not in LEFT_OUT:
            raise
        return _say(2, f"lstm-course {chosen.command}: this is the students' edition, which does not hold it")
    except (OSError, ValueError) as trouble:
        return _say(2, f"lstm-course {chosen.command}: {_plainly(trouble, chosen.command)}")
    finally:
        _close_streams()


def parser():
    """The parser of all commands."""
    made = argparse.ArgumentParser(prog="lstm-course", description="LSTM from Scratch: open, check, grade, maintain.")
    commands = made.add_subparsers(dest="command", required=True, metavar="command")
    for add in (
        _add_lab,
        _add_check,
        _add_mine,
        _add_reset,
        _add_progress,
        _add_doctor,
        _add_grade,
        _add_report,
        _add_inventory,
        _add_variant,
        _add_bundle,
        _add_build,
        _add_site,
    ):
        add(commands)
    return made


def _open_streams():
    """Whoever started this may have closed standard input, output or error: the next file would take its number.

    And no name that a terminal cannot show may end a run.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError:
            null = os.open(os.devnull, os.O_RDWR)
            if null != number:
                os.dup2(null, number)
                os.close(null)
            os.set_inheritable(number, True)  # or the programs that are started have none
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "r" if name == "stdin" else "w", encoding="utf-8"))  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _close_streams():
    """What could not be written is not tried again when Python ends."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, stream.fileno())
            os.close(null)


def _say(code, text):
    with contextlib.suppress(OSError):  # nobody can be told
        print(wording.here(text), file=sys.stderr, flush=True)
    return code


def _plainly(trouble, command):
    """An error of the system in a sentence, with the file; others hold their own."""
    if isinstance(trouble, shutil.Error) and isinstance(trouble.args[0], list):  # of a whole folder: the first file's
        return str(trouble.args[0][0][-1])
    if not isinstance(trouble, OSError):
        return str(trouble)
    full = command == "grade" and trouble.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    return f"{files.why(trouble)}. {KEPT}" if full else files.why(trouble)


def _command(commands, name, text, run):
    parser = commands.add_parser(name, help=text, description=text)
    parser.set_defaults(run=run)
    return parser


def _add_lab(commands):
    parser = _command(commands, "lab", "open the course in JupyterLab", _lab)
    parser.add_argument("--no-browser", action="store_true", help="only print the address")
    parser.add_argument("--port", type=int, help="the port to use (default: 8888, or the next free one)")


def _lab(chosen):
    from lstm_helpers.commands import lab

    return lab.start(open_browser=not chosen.no_browser, port=chosen.port)


def _add_check(commands):
    parser = _command(commands, "check", "run notebooks top to bottom and say which cells are not right yet", _check)
    parser.add_argument(
        "notebooks",
        nargs="+",
        type=nonempty,
        metavar="NOTEBOOK",
        help=f"any notebook, or one of work/: {FORMS}",
    )


def _check(chosen):
    from lstm_helpers.commands import check

    return check.check(chosen.notebooks)


def _add_mine(commands):
    parser = _command(
        commands, "mine", "show your own LSTM: which pieces are yours, what proves it, what is next", _mine
    )
    parser.add_argument(
        "--page", nargs="?", const="", metavar="FILE", help="write it as a page, too (default: work/your_lstm.html)"
    )


def _mine(chosen):
    from lstm_helpers.commands import mine

    mine.show(chosen.page)


def _add_reset(commands):
    parser = _command(
        commands, "reset", "put a fresh copy of an exercise or lesson into work/, keeping the old one", _reset
    )
    parser.add_argument("exercise", type=nonempty, help=f"one of work/: {FORMS}; a lesson: lessons/03")


def _reset(chosen):
    from lstm_helpers import course
    from lstm_helpers.course import work

    copy, backup = work.reset(chosen.exercise)
    there = "Nothing of yours was in the old one."
    if backup:
        there = f"Your old copy, with what you wrote and its outputs, is {backup.relative_to(course.root())}."
    print(f"{copy.relative_to(course.root())} is fresh. {there}")
    print("Is the notebook open in JupyterLab? Close its tab without saving, and open it again.")
    if lesson := work.lesson_beside(copy):
        print(wording.here(f"That is the exercise; for the lesson: `lstm-course reset {lesson}`"))


def _add_progress(commands):
    text = "carry what is remembered about you to another copy of the course, such as the one in the browser"
    parser = _command(commands, "progress", text, _progress)
    one = parser.add_mutually_exclusive_group(required=True)
    one.add_argument("--export", type=path, metavar="FILE", help="write it to this file")
    one.add_argument("--import", type=path, metavar="FILE", dest="take_in", help="add what this file holds")


def _progress(chosen):
    from lstm_helpers.course import progress

    if chosen.export:
        progress.export(chosen.export)
        print(f"{chosen.export} holds what is remembered about you. Your notebooks are in work/: copy them, too.")
        return
    taken = progress.take_in(chosen.take_in)
    print(f"{wording.count(taken, 'entry', 'entries')} of {chosen.take_in} taken in; what was here has stayed.")


def _add_doctor(commands):
    _command(commands, "doctor", "say what is missing or wrong on this machine", _doctor)


def _doctor(chosen):
    from lstm_helpers.course import doctor

    findings = doctor.examine()
    print(doctor.report(findings))
    return 0 if all(f.ok for f in findings if f.needed) else 1


def _add_grade(commands):
    parser = _command(commands, "grade", "grade a class with fresh cases, and go on where a run was stopped", _grade)
    parser.add_argument(
        "submissions",
        type=path,
        nargs="?",
        metavar="DIR",
        help="DIR/<student>/<exercise>.ipynb, or the zip of a class from Moodle, Canvas or Gradescope",
    )
    parser.add_argument("--out", type=path, required=True, help="folder for the store, the tables and the pages")
    parser.add_argument(
        "--exercise", action="append", help="grade this exercise only, for example 03 (may be given again)"
    )
    parser.add_argument(
        "--regrade",
        type=nonempty,
        metavar="CHECK",
        action="append",
        help="without DIR: run this check, which was mended, on what the store holds (may be given again)",
    )
    parser.add_argument(
        "--allow-lower", action="store_true", help="with --regrade: a student may lose points (default: keeps them)"
    )
    parser.add_argument(
        "--student",
        type=nonempty,
        metavar="NAME",
        action="append",
        help="grade this student alone (may be given again)",
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="only say whom it found and what would be graded; no code is run"
    )
    parser.add_argument("--seed", type=seed, help="of the cases (default: drawn once for each --out)")
    parser.add_argument(
        "--variant",
        type=arguments.variant,
        metavar="N",
        help=f"the class was given the exercises of `lstm-course variant --seed N`; {NONE}: the course's own again",
    )
    parser.add_argument("--jobs", type=jobs, help="notebooks at once (default: one for each core)")
    parser.add_argument(
        "--limits",
        type=nonempty,
        metavar="LIMITS",
        help=f'time and memory of a notebook: "cell=60, notebook=5m, memory=2GB"; {NONE}: the usual ones again',
    )
    parser.add_argument(
        "--hidden",
        type=nonempty,
        metavar="FILE",
        help=f"a text to score text_generation on, in place of the course's hidden page; {NONE}: the course's again",
    )
    _add_display(parser)
    _add_where(parser)


def _add_where(parser):
    parser.add_argument(
        "--cluster",
        type=nonempty,
        metavar="ADDRESS",
        help="a Dask scheduler, for example tcp://10.0.0.1:8786",
    )
    parser.add_argument(
        "--unsafe-no-sandbox",
        action="store_true",
        help="grade where nothing confines the students' code: it then runs as you, and can do what you can do",
    )


def _add_display(parser):
    off = f"; {NONE}: without, from now on"
    parser.add_argument(
        "--roster",
        type=nonempty,
        metavar="CSV",
        help=f"who is in the class: student, name, and your platform's columns{off}",
    )
    parser.add_argument(
        "--late",
        type=nonempty,
        metavar="POLICY",
        help=f'"deadline=2026-10-01T23:59, per_day=10%%, max=50%%", or TOML{off}',
    )
    parser.add_argument(
        "--manual",
        type=nonempty,
        metavar="CSV",
        help=f"points by hand: student, exercise, check, points, comment{off}",
    )
    parser.add_argument(
        "--requests",
        type=nonempty,
        metavar="CSV",
        help=f"requests for regrading: student, exercise, check, reason, and decision, comment{off}",
    )
    parser.add_argument(
        "--weights",
        type=nonempty,
        metavar="FILE",
        help=f"what checks count for all: a TOML or CSV file; 0 drops one{off}",
    )
    parser.add_argument(
        "--show",
        choices=("none", "cause", "values"),
        help="what a student sees of a failing check: its points alone, the named cause, or the values too (default)",
    )
    parser.add_argument("--anonymous", action=argparse.BooleanOptionalAction, help="show pseudonyms in place of names")
    parser.add_argument("--sheets", type=path, metavar="DIR", help="a folder with check modules of your own")


def _display(chosen, sheets):
    """What the display options give; None for what is not given, so that it stays as in the last run."""
    from lstm_helpers.grading.gradebook import appeals, assemble, policy, roster, table_kinds, weights

    faults = []  # of all tables of decisions, to be named together once it is known who is in the class

    def option_value(option, read, nothing, **more):
        given = getattr(chosen, option)
        if given in (None, NONE):
            return given and nothing
        table_kinds.check(option, given)
        return read(given, sheets, **more)

    return assemble.Display(
        roster=option_value("roster", roster.read, roster.Roster()),
        late=option_value("late", policy.read, policy.Policy()),
        by_hand=option_value("manual", roster.read_by_hand, [], faults=faults),
        anonymous=chosen.anonymous,
        requests=option_value("requests", appeals.read, [], faults=faults),
        show=chosen.show,
        weights=option_value("weights", weights.read, {}, faults=faults),
        faults=faults,
    )


def _grade(chosen):
    from lstm_helpers.grading import class_variant, hidden, limits, plan, regrade, results, run, workers
    from lstm_helpers.grading.box import sandbox

    arguments.check_together(chosen)
    own = str(chosen.sheets.resolve()) if chosen.sheets else results.sheets_folder(chosen.out) if chosen.regrade else ""
    variant = class_variant.of_store(chosen.out) if chosen.variant is None else chosen.variant
    variant = None if variant == NONE else variant
    sheets = workers.sheets_of(own, variant)
    common = {"students": chosen.student, "display": _display(chosen, sheets), "own_sheets": own}
    folder = {
        "variant": variant,
        "only": chosen.exercise,
        "seed": chosen.seed,
        "own_limits": chosen.limits and ({} if chosen.limits == NONE else limits.read(chosen.limits)),
        "hidden_texts": chosen.hidden and ({} if chosen.hidden == NONE else hidden.read(chosen.hidden, sheets)),
    }
    where = {"jobs": chosen.jobs, "address": chosen.cluster, "unsafe": chosen.unsafe_no_sandbox}
    try:
        if chosen.regrade:
            return regrade.regrade(chosen.out, chosen.regrade, allow_lower=chosen.allow_lower, **common, **where)
        if chosen.dry_run:
            return plan.dry_run(chosen.submissions, chosen.out, **common, **folder)
        return run.grade(chosen.submissions, chosen.out, **common, **folder, **where)
    except sandbox.Refused as refused:
        raise ValueError(refused) from None


def _add_report(commands):
    parser = _command(commands, "report", "write the report, the tables and the feedback of a class once more", _report)
    parser.add_argument("--out", type=path, required=True, help="the folder that `lstm-course grade` wrote to")
    _add_display(parser)


def _report(chosen):
    from lstm_helpers.grading import class_variant, results, workers

    own = str(chosen.sheets.resolve()) if chosen.sheets else results.sheets_folder(chosen.out)
    sheets = workers.sheets_of(own, class_variant.of_store(chosen.out))
    return results.report(chosen.out, _display(chosen, sheets), own)


def _add_inventory(commands):
    parser = _command(
        commands,
        "inventory",
        "write the concept inventory of a class, to sit before and after the course; later report what was gained",
        _inventory,
    )
    parser.add_argument("--out", type=path, required=True, help="folder for the papers, or for the report")
    metavar, said = ("BEFORE", "AFTER"), "the two tables, filled in: say what was gained"
    parser.add_argument("--report", type=path, nargs=2, metavar=metavar, help=said)
    parser.add_argument("--seed", type=seed, help="of the order of the options (default: 0)")
    parser.add_argument("--roster", type=path, metavar="CSV", help="who is in the class, as for `grade`")


def _inventory(chosen):
    from lstm_helpers.grading import workers
    from lstm_helpers.grading.gradebook import roster
    from lstm_helpers.grading.inventory import answers, gain, handed_out, report

    people = chosen.roster and roster.read(chosen.roster, workers.sheets_of(""))
    if chosen.report:
        if chosen.seed is not None:
            raise ValueError("--seed belongs to the papers: leave it out. The tables say which paper each answer is of")
        found = gain.measure(*answers.read(*chosen.report, people), people)
        print(f"{report.write(found, chosen.out)} says what the class gained; the tables beside it hold the numbers.")
        return
    written, left = handed_out.write(chosen.out, chosen.seed or 0, people)
    print(f"{chosen.out} holds, for before and for after, the paper with its key, a form, and a table for the answers.")
    for table in left:
        print(f"{table} was there already and is as it was: it may hold answers.")


def _add_variant(commands):
    text = "make exercises of a class's own: other orders and numbers, since the course's solutions are public"
    parser = _command(commands, "variant", text, _variant_of)
    parser.add_argument(
        "--seed", type=seed, required=True, help="the number of the variant, also for `grade --variant`"
    )
    parser.add_argument("--out", type=path, required=True, metavar="DIR", help="folder for exercises/ and solutions/")


def _variant_of(chosen):
    from lstm_helpers.commands import variant

    variant.write(chosen.seed, chosen.out)


def _add_bundle(commands):
    parser = _command(commands, "bundle", "write the zip that students get: lessons, exercises, no solutions", _bundle)
    parser.add_argument("--out", type=path, default=Path("lstm-course.zip"), metavar="ZIP")
    parser.add_argument("--sheets", type=path, metavar="DIR", help="hand out the exercises of your own sheets with it")
    parser.add_argument("--variant", type=seed, metavar="N", help="with the exercises of this variant")


def _bundle(chosen):
    from lstm_helpers.commands import bundle

    print(f"{bundle.write(chosen.out, chosen.sheets, chosen.variant)} is what a student needs.")
    if chosen.variant is not None:
        print(f"Its exercises are those of variant {chosen.variant}: grade with --variant {chosen.variant}.")


def _add_build(commands):
    parser = _command(commands, "build", "make exercises/ from solutions/, execute lessons and solutions", _build)
    parser.add_argument("stems", nargs="*", help="only these notebooks, for example 03_gates or 03")
    parser.add_argument(
        "--check", action="store_true", help="write nothing; fail if an exercise differs from its solution"
    )
    parser.add_argument("--sheets", type=path, metavar="DIR", help="do it in a folder with sheets of your own")


def _build(chosen):
    from lstm_helpers.commands import build

    if chosen.check:
        troubles = build.drift(sheets=chosen.sheets)
        print(wording.here("\n".join(troubles)) or "every exercise is what its solution gives")
        return bool(troubles)
    try:
        build.build(chosen.stems, sheets=chosen.sheets)
    except build.BuildError as trouble:
        raise ValueError(trouble) from None


def _add_site(commands):
    parser = _command(commands, "site", "write the course as a folder of pages that any host can serve", _site)
    parser.add_argument("--out", type=path, default=Path("site"), metavar="DIR")
    parser.add_argument(
        "--pyodide", metavar="ARCHIVE", help="Pyodide's release archive, a path: adds the browser course"
    )


def _site(chosen):
    from lstm_helpers.commands import site

    site.write(chosen.out, chosen.pyodide)


if __name__ == "__main__":
    sys.exit(main())
