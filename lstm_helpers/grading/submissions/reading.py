"""From a folder or zip of submissions to the notebook that counts for each student and exercise."""

from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from lstm_helpers import course
from lstm_helpers.grading.submissions import notebooks
from lstm_helpers.grading.submissions.class_folder import EXPECTED, STORE, ClassFolder
from lstm_helpers.grading.submissions.notebooks import content_of
from lstm_helpers.grading.submissions.other_files import MOST_NAMED, OtherFiles
from lstm_helpers.grading.submissions.sources import LARGEST_NOTEBOOK, Broken
from lstm_helpers.notebook_file import LESSON_MARK, Unreadable, parse

__all__ = ["Found", "HandIn", "Unreadable", "content_of", "find", "parse"]
MOST_OPENED = 16 << 20  # bytes of one student's files whose name says nothing: it takes time to look into them
MOST_COMPARED = 64 << 20  # bytes of one student's files for one exercise: which of them counts?
AS_OLD = 60  # seconds: files that one download or clone wrote are of one age
LESSON = "a copy of the lesson, not of the exercise: the exercise lies in work/ itself"
HIDDEN = "its name, or its folder's, begins with a dot, as of what nobody hands in: rename it to have it graded"


@dataclass
class HandIn:
    """One file that a student handed in for an exercise. ``read()`` gives its bytes."""

    student: str
    exercise: str
    file: str  # where it lies, as a person would say it
    submitted: float | None  # seconds since 1970, or None when nobody knows
    source: object = field(repr=False)
    remarks: list = field(default_factory=list)

    def read(self):
        """The bytes of the file. Raises Unreadable for what is no plain file, too large, or cannot be opened."""
        return self.source.read()


@dataclass
class Found:
    """What a folder of submissions holds.

    students: every name, in order, with the other names each is known by ({student: [names, ids]}); handed_in: one
    HandIn for each student and exercise that there is a file for; strays: (student, file, why) of all other files;
    exercises: those looked for; files: (student, file) of everything that may be a notebook; timed: the students whose
    times stand in the platform's export.
    """

    students: dict
    handed_in: list
    strays: list
    exercises: list
    files: set = field(default_factory=set)
    timed: set = field(default_factory=set)


def find(folder, sheets, only=None, out=None):
    """Everything that was handed in below ``folder``, a folder or a zip. Returns Found; no notebook is run or changed.

    sheets: {exercise: Sheet}; only: exercises to look for (default: each that somebody handed in); out: the folder of
    the results, no student even if it lies beside them. Raises ValueError or NotADirectoryError, in a plain sentence.
    """
    folder = Path(folder)
    only = [course.meant(given, sheets) for given in only or ()]
    if not folder.exists():
        raise NotADirectoryError(f"{folder} is not a folder: {EXPECTED}")
    out = Path(out).resolve() if out else None
    if out and folder.is_dir():
        _check_apart(folder.resolve(), out)
    class_ = ClassFolder(sheets)
    class_.add(folder, out)
    if not class_.files:
        raise ValueError(f"{folder} holds no student's folder: {EXPECTED}")
    if mistaken := sorted(class_.files.keys() & sheets.keys()):
        raise ValueError(f"{folder} holds a folder {mistaken[0]}, an exercise where a student is expected: {EXPECTED}")
    return _sorted_out(class_, sheets, only, folder)


def _check_apart(folder, out):
    """Raise ValueError where results would be taken for submissions, or submissions replaced by results."""
    another = f"choose another --out, such as {folder.with_name(folder.name + '-grades')}"
    if out == folder:
        raise ValueError(f"--out is the folder of the submissions: its results would be students next time; {another}")
    if out.is_relative_to(folder):
        if out.parent != folder:
            raise ValueError(f"--out {out} lies in a folder of the submissions, {out.parent}: {another}")
        if out.is_dir() and not (out / STORE).exists() and next(out.rglob("*.ipynb"), None):
            raise ValueError(f"--out {out} holds notebooks: it is the folder of a student; {another}")
    if folder.is_relative_to(out) and folder.relative_to(out).parts[0] in ("feedback", "moodle", "code", "similar"):
        raise ValueError(f"{folder} lies where --out {out} writes its results: {another}")


def _sorted_out(class_, sheets, only, folder):
    handed_in, strays, exercises = {}, list(class_.loose), set()
    for student, files in sorted(class_.files.items()):
        by_exercise, budget = {}, MOST_OPENED
        files, lessons = _without_lessons(files, sheets)
        for label, source in files:
            exercise, remark = _by_file_name(label, sheets)
            if exercise is None and ".ipynb" not in label.lower() and not isinstance(source, Broken):
                class_.set_aside(student, label)  # some other .json
                continue
            if exercise is None and budget > 0:
                exercise, remark, read = _by_content(label, source, sheets, budget)
                budget -= read
            if exercise is None:
                strays.append((student, label, remark))
            else:
                remarks = [text for text in (remark, class_.remarks.get(student)) if text]
                time = class_.submitted.get(student, source.time)
                by_exercise.setdefault(exercise, []).append(HandIn(student, exercise, label, time, source, remarks))
        strays += [(student, label, LESSON) for label, exercise in lessons.items() if exercise not in by_exercise]
        for exercise, candidates in by_exercise.items():
            exercises.add(exercise)
            best = _that_counts(candidates, sheets[exercise])
            if student not in class_.submitted:
                own_clock = getattr(best.source, "handed_in", None) or best.submitted
                best.submitted = None if class_.submitted else own_clock  # the export tells it, of who handed in
            handed_in[student, exercise] = best
        others = class_.others.get(student, OtherFiles())
        listed = others.listed(by_exercise, lambda label: _by_file_name(label, sheets)[0])
        strays += [(student, *stray) for stray in listed]
    handed = {student for student, _ in handed_in}
    strays += [(s, label, HIDDEN) for s, labels in class_.hidden.items() if s not in handed for label in labels]
    wanted = [e for e in sheets if (e in only if only else e in exercises)]
    if not wanted:
        raise ValueError(
            f"{folder}: no student has a file named like an exercise; these are: {', '.join(sheets)} (.ipynb)"
        )
    students = {name: class_.known_as[name] for name in sorted(class_.files)}
    counting = [handed_in[s, e] for s in students for e in wanted if (s, e) in handed_in]
    files = {(student, label) for student, listed in class_.files.items() for label, _ in listed}
    return Found(students, counting, strays, wanted, files, set(class_.submitted))


def _without_lessons(files, sheets):
    """(files, {label: exercise}): the files that are no copies of lessons, and the others that have an exercise.

    A copy has the exercise's file name; its content tells, or where there was no looking, the folder.
    """
    kept, lessons, budget = [], {}, MOST_COMPARED
    for label, source in files:
        exercise = _by_file_name(label, sheets)[0]
        if (exercise or "lessons/" in label) and budget > 0:
            is_lesson, read = _is_lesson(label, source, exercise, sheets)
            budget -= read
            if is_lesson:
                lessons |= {label: exercise} if exercise else {}
                continue
        kept.append((label, source))
    return kept, lessons


def _is_lesson(label, source, exercise, sheets):
    """(whether a file is a student's copy of a lesson, bytes read)."""
    try:
        data = source.read()
        if LESSON_MARK.encode() not in data and "lessons/" not in label:  # no need to parse it
            return False, source.taken
        notebook = parse(data)
        return notebooks.is_lesson(label, notebook, sheets.get(exercise or notebook.lesson)), source.taken
    except Unreadable:
        return False, max(LARGEST_NOTEBOOK, source.taken)


def _that_counts(candidates, sheet):
    """The file that counts of several for one exercise: the newest that holds an answer; of one age, the plainer name.

    The lesson of the same name, whatever was written into it without a check, and the exercise as it was handed out,
    count only if there is nothing else. The same
    holds for what cannot be read.
    """
    if len(candidates) == 1:
        return candidates[0]
    answers, budget = {}, MOST_COMPARED
    for h in candidates:
        answers[h.file], read = _answer_in(h, sheet) if budget > 0 else (2, 0)
        budget -= read
    top = max(answers.values())
    rivals = [h for h in candidates if answers[h.file] == top]
    newest = max(h.submitted or 0 for h in rivals)
    of_one_age = [h for h in rivals if newest - (h.submitted or 0) <= AS_OLD]
    best = min(of_one_age, key=lambda h: (len(h.file), h.file))
    if top > 0 and (others := sorted(h.file for h in rivals if h is not best)):
        which = "they are of one age, and the plainer name counts" if len(of_one_age) > 1 else "the newest counts"
        best.remarks.append(f"{len(rivals)} files for this exercise: {which}, {best.file}, not {_first(others)}")
    broken = sorted(h.file for h in candidates if answers[h.file] < 0 <= top)
    if broken:
        best.remarks.append(
            f"{len(candidates)} files for this exercise: {_first(broken)} cannot be read, {best.file} counts"
        )
    return best


def _first(names):
    return f"{', '.join(names[:MOST_NAMED])}{f' and {more} more' if (more := len(names) - MOST_NAMED) > 0 else ''}"


def _answer_in(handed, sheet):
    """(what a HandIn holds, bytes read): 2 an answer to the sheet, 1 one that stands in a copy of the lesson and asks
    for no check, 0 none, -1 nothing that can be read."""
    source = handed.source
    try:
        notebook = parse(source.read())
    except Unreadable:
        return -1, max(LARGEST_NOTEBOOK, source.taken)
    if notebooks.of_lesson(handed.file, notebook):
        return int(notebooks.written(notebook, sheet) > notebooks.SHOWN), source.taken
    return 2 * (notebooks.written(notebook, sheet) > 0), source.taken


def _by_file_name(label, sheets):
    """(exercise, remark) of a file; (None, why) if its name is none of an exercise."""
    stem = PurePosixPath(label).stem
    if stem in sheets:
        return stem, ""
    by_name = notebooks.by_name(stem, sheets)
    if by_name:
        return by_name, f"taken for {by_name} by its name, {label}"
    return None, f"its name is none of an exercise, and it lies behind {MOST_OPENED >> 20} MB of such files"


def _by_content(label, source, sheets, most):
    """(exercise, remark, bytes read) of a file by its code; (None, why, bytes) if it answers none."""
    read = most
    try:
        data = source.read(most)
        read = source.taken
        notebook = parse(data)
    except Unreadable as why:
        return None, str(why), max(read, source.taken)
    if notebooks.is_lesson(label, notebook, sheets.get(notebook.lesson)):
        return None, LESSON, read
    by_code = notebooks.by_code(notebook, sheets)
    if by_code:
        return by_code, f"taken for {by_code} by its code; its name is {label}", read
    return None, "it answers no exercise: its name is none, and no check is asked in it", read
