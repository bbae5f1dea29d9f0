"""``lstm-course grade``: a folder of submissions in, grades.csv and feedback pages out."""

import csv
import os
import secrets
import sys
import tempfile
from collections import Counter
from concurrent.futures import ProcessPoolExecutor, as_completed
from datetime import datetime
from multiprocessing import get_context
from pathlib import Path

from lstm_helpers import checks
from lstm_helpers.grading import box, pages, score

NOT_SANDBOXED = (
    "Note: each notebook runs in a process of its own, under time limits, and never sees the answers it is compared\n"
    "with. But it runs as you: it could read or delete your files. Grade only people you trust, or inside a container."
)


def submissions(folder, only=None, out=None):
    """[(student, exercise, path)] of every student folder and every exercise, whether the file is there or not.

    folder: holds one folder a student, with <exercise>.ipynb inside; only: exercises to grade (default: every one
    that at least one student handed in); out: the folder of the results, no student even if it lies there too.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise NotADirectoryError(f"{folder} is not a folder: expected DIR/<student>/<exercise>.ipynb")
    own = Path(out).resolve() if out else None
    students = sorted(p for p in folder.iterdir() if p.is_dir() and p.name[0] != "." and p.resolve() != own)
    if not students:
        raise ValueError(f"{folder} holds no student's folder: expected DIR/<student>/<exercise>.ipynb")
    known = list(checks.sheets())
    if unknown := sorted(set(only or ()) - set(known)):
        raise ValueError(f"there is no exercise {', '.join(unknown)}; there are: {', '.join(known)}")
    wanted = [e for e in known if (e in only if only else any((s / f"{e}.ipynb").exists() for s in students))]
    if not wanted:
        raise ValueError(f"no student has a file named like an exercise; these are: {', '.join(known)} (.ipynb)")
    return [(student.name, exercise, student / f"{exercise}.ipynb") for student in students for exercise in wanted]


def grade(folder, out, only=None, seed=None, jobs=None, limits=None, say=print):
    """Grade every submission below ``folder`` and write grades.csv and feedback/<student>.html to ``out``.

    seed: of the cases, drawn anew by default and the same for all; jobs: notebooks at once; limits: seconds.
    Returns 0. Raises ValueError or NotADirectoryError with a plain sentence if there is nothing to grade.
    """
    work = submissions(folder, only, out)
    seed = secrets.randbits(32) if seed is None else seed
    out = Path(out)
    say(NOT_SANDBOXED)
    with tempfile.TemporaryDirectory(prefix="lstm-grade-") as stages:
        staged = {p: box.stage(Path(stages) / p, p) for p in {s.profile for s in checks.sheets().values()}}
        grades = _run_all(work, staged, seed, jobs, limits or box.Limits())
    out.mkdir(parents=True, exist_ok=True)
    write_csv(grades, out / "grades.csv", seed)
    pages.write(grades, out / "feedback", datetime.now())
    say(_summary(grades, out))
    return 0


def _run_all(work, staged, seed, jobs, limits):
    from tqdm import tqdm

    grades = {}
    # Workers are processes: judging captures output and warnings, which belong to a whole process.
    with ProcessPoolExecutor(jobs or os.cpu_count() or 1, mp_context=get_context("spawn")) as executor:
        futures = {}
        for student, exercise, path in work:
            sheet = checks.sheets()[exercise]
            futures[executor.submit(_one, path, student, exercise, staged[sheet.profile], seed, limits)] = (
                student,
                exercise,
            )
        for future in tqdm(as_completed(futures), total=len(futures), desc="graded", unit="notebook", file=sys.stderr):
            try:
                grades[futures[future]] = future.result()
            except Exception as fault:  # ours, or the worker was killed: this notebook gets a row, the rest are graded
                student, exercise = futures[future]
                of = checks.sheets()[exercise].points
                note = f"the grader failed on it: {type(fault).__name__}: {fault}"[:200]
                grades[student, exercise] = score.Grade(student, exercise, score.NOT_GRADED, note, of=of)
    return [grades[student, exercise] for student, exercise, _ in work]


def _one(path, student, exercise, staged, seed, limits):
    return score.grade_notebook(path, student, checks.sheets()[exercise], staged, seed, limits)


def _cell(value):
    """Text that a spreadsheet shows and does not run."""
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value


def write_csv(grades, path, seed):
    """One row for each student and exercise; a column of points for each check. What was not graded stays empty."""
    exercises = dict.fromkeys(g.exercise for g in grades)
    columns = [name for exercise in exercises for name in checks.sheets()[exercise].checks]
    head = ["student", "exercise", "state", "points", "of", *columns, "note", "seconds", "seed"]
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(head)
        for g in grades:
            points = {result.check: f"{result.points:g}" for result in g.results} if g.points is not None else {}
            total = "" if g.points is None else f"{g.points:g}"
            row = [g.student, g.exercise, g.state, total, f"{g.of:g}", *(points.get(c, "") for c in columns)]
            table.writerow(map(_cell, [*row, g.note, f"{g.seconds:g}", seed]))


def _summary(grades, out):
    lines = []
    for exercise in dict.fromkeys(g.exercise for g in grades):
        here = [g for g in grades if g.exercise == exercise]
        graded = [g.points for g in here if g.points is not None]
        mean = f", mean {sum(graded) / len(graded):.1f} of {here[0].of:g} points" if graded else ""
        lines.append(f"{exercise}: {len(graded)} of {len(here)} graded{mean}")
        for reason in dict.fromkeys((g.state, g.note) for g in here if g.points is None):
            who = [g.student for g in here if (g.state, g.note) == reason and g.points is None]
            lines.append(f"  {reason[0]}: {', '.join(who)} ({reason[1]})")
        causes = Counter(f"{r.check}: {r.cause}" for g in here for r in g.results if r.cause)
        lines += [f"  {count} x {cause}" for cause, count in causes.most_common(3)]
    lines.append(f"Points: {out / 'grades.csv'}. Feedback, one page a student: {out / 'feedback'}")
    return "\n".join(lines)
