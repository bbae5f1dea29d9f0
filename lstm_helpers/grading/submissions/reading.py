"""From a folder or zip of submissions to the code of each notebook. Nothing here trusts a name, a link or a size."""

import contextlib
import hashlib
import io
import json
import os
import re
import stat
import unicodedata
import zipfile
import zlib
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path, PurePosixPath

from lstm_helpers import course
from lstm_helpers.grading.submissions import without_outputs
from lstm_helpers.grading.submissions.other_files import MOST_NAMED, OtherFiles, looks_like_work
from lstm_helpers.notebook_file import Unreadable, parse

LARGEST_NOTEBOOK = 20 << 20  # bytes, without its outputs
LARGEST_ZIP = 100 << 20  # bytes, of a student's own zip with the zips inside of it
MOST_ZIPS = 100  # inside of a student's own zip
DEEPEST_ZIP = 3  # zips inside one another
MOST_FILES = 100_000  # looked at in one class
MOST_OWN = 1_000  # looked at in one student's folder or zip
MOST_OPENED = 16 << 20  # bytes of one student's files whose name says nothing: it takes time to look into them
MOST_COMPARED = 64 << 20  # bytes of one student's files for one exercise: which of them counts?
MOST_WALKED = 10_000  # files of any kind that are passed by in one student's folder
LONGEST_LABEL = 250  # characters
DEEPEST = 8  # folders below a student's own
AS_OLD = 60  # seconds: files that one download or clone wrote are of one age
SKIPPED = {"__MACOSX", ".ipynb_checkpoints", ".git"}
STORE = "grades.sqlite"  # in a folder of results
HIDDEN = "its name, or its folder's, begins with a dot, as of what nobody hands in: rename it to have it graded"
EXPECTED = "expected DIR/<student>/<exercise>.ipynb, or the zip of a class from Moodle, Canvas or Gradescope"

MOODLE = re.compile(r"(?P<name>.+?)_(?P<id>\d+)_assignsubmission_(?:file|onlinetext)_?(?P<file>.*)", re.DOTALL)
CANVAS = re.compile(
    r"(?:(?P<name>\d*[^\W\d_][^\W_]*)_(?:LATE_)?(?P<id>\d+)|(?:LATE_)?(?P<anonymous>anon_[^\W_]+))"
    r"_(?P<file_id>\d+_)?(?P<file>(?(file_id).+|(?:text|link)\.html))",
    re.DOTALL,
)
CLASSROOM = re.compile(r"(?P<name>.+?) - (?P<file>.+)", re.DOTALL)
GRADESCOPE = re.compile(r"submission_(?P<id>\d+)")
METADATA = "submission_metadata.yml"  # who handed in what, in Gradescope's export
STUB = re.compile(r"^[ \t]*\.\.\.[ \t]*$|[:=][ \t]*\.\.\.", re.MULTILINE)
# \s in place of [ \t] would try each empty line
DEFINED = re.compile(r"^[ \t]*(?:async[ \t]+)?(?:def|class)[ \t]+(\w+)|^(\w+)[ \t]*=(?!=)", re.MULTILINE)


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
    class_ = _Class(sheets)
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


# --- where the files are -----------------------------------------------------------------------------------------


@dataclass
class _File:
    """A plain file at or below ``root``, which no link may leave."""

    path: Path
    root: Path
    taken: int = 0  # bytes that were read of it, outputs with them

    def read(self, largest=LARGEST_NOTEBOOK):
        try:
            real = self.path.resolve(strict=True)
            if not real.is_relative_to(self.root):
                raise Unreadable("a link that leads out of the student's own folder: it is not followed")
            if not stat.S_ISREG(real.stat().st_mode):
                raise Unreadable("no file, but a folder, pipe or device")
            # Without O_NONBLOCK a named pipe would be waited for without end.
            handle = os.open(real, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0))
        except OSError as error:
            raise Unreadable(error.strerror or str(error)) from None
        except RuntimeError:
            raise Unreadable("a link that leads to itself") from None
        with os.fdopen(handle, "rb") as file:
            return _at_most(file, largest, self) if stat.S_ISREG(os.fstat(handle).st_mode) else b""

    @property
    def time(self):
        with contextlib.suppress(OSError):
            return self.path.lstat().st_mtime
        return None


@dataclass
class _Member:
    """A file inside an open zip."""

    zip: zipfile.ZipFile
    info: zipfile.ZipInfo
    handed_in: float | None = None  # the time of a student's own zip: what stands inside of it the student wrote
    taken: int = 0

    def read(self, largest=LARGEST_NOTEBOOK):
        if self.info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise Unreadable("packed in a way that is not opened here: zip it again in the ordinary way")
        try:
            with self.zip.open(self.info) as file:
                return _at_most(file, largest, self)  # what the zip claims as its size is not believed
        except (OSError, RuntimeError, ValueError, OverflowError, EOFError, zipfile.BadZipFile, zlib.error) as error:
            raise Unreadable(f"cannot be unpacked: {error}"[:200]) from None

    @property
    def time(self):
        if self.info.date_time[0] <= 1980:  # what zip writers put when they know no time
            return None
        try:
            return datetime(*self.info.date_time).timestamp()
        except (ValueError, OverflowError):
            return None


@dataclass
class _Broken:
    """Something that cannot be read at all; it costs its student one row and nobody else."""

    why: str
    time: float | None = None
    taken: int = 0

    def read(self, largest=0):
        raise Unreadable(self.why)


def _at_most(file, largest, source):
    """The bytes of a file that holds no more; of a notebook (no limit is higher) without its outputs, if need be."""
    data = file.read(largest + 1)
    source.taken = len(data)
    if len(data) <= largest:
        return data
    if largest > LARGEST_NOTEBOOK:
        raise Unreadable(f"larger than {largest >> 20} MB")
    file.seek(0)
    data, source.taken = without_outputs.read(file, largest)
    if data is None:
        raise Unreadable(f"larger than {largest >> 20} MB: clear its outputs, and hand it in again")
    return data


class _Class:
    """Every file of every student: ``files`` is {student: [(label, source)]}, ``known_as`` {student: [names]}.

    others: {student: OtherFiles} of what is no notebook; hidden: {student: [label]} of notebooks that a file manager
    does not show; submitted: {student: seconds}
    that the platform told; remarks: {student: text}.
    """

    def __init__(self, exercises):
        self.exercises = set(exercises)
        self.files, self.known_as, self.loose = {}, {}, []
        self.others, self.hidden, self.submitted, self.remarks = {}, {}, {}, {}
        self.count = 0

    def student(self, name, platform=None):
        """The key of a student, from the name of a folder, or of a file that ``platform`` matched."""
        name, others = _student(name, platform)
        self.files.setdefault(name, [])
        self.known_as.setdefault(name, list(others))
        return name

    def put(self, student, label, source):
        own = self.files[student]
        if len(own) >= MOST_OWN:
            other = next((k for k, (there, _) in enumerate(own) if ".ipynb" not in there.lower()), None)
            if other is None or ".ipynb" not in label.lower():
                return
            del own[other]  # some .json gives way to a notebook
        self.count += 1
        if self.count > MOST_FILES:
            raise ValueError(f"more than {MOST_FILES:,} files: grade one class, or one exercise, at a time")
        self.files[student].append((_end_of(label), source))

    def add(self, folder, out):
        if zipfile.is_zipfile(folder) if folder.is_file() else False:
            self._add_zip(_open_zip(folder))
            return
        if not folder.is_dir():
            raise NotADirectoryError(f"{folder} is neither a folder nor a zip: {EXPECTED}")
        entries = [e for e in _entries(folder) if Path(os.path.realpath(folder / e.name)) != out]
        if len(entries) == 1 and entries[0].is_dir(follow_symlinks=False):
            inside = _entries(folder / entries[0].name)
            folders = {e.name for e in inside if os.path.isdir(e)}
            if self._is_class(folders, {e.name for e in inside} - folders):
                self.add(folder / entries[0].name, out)
                return
        for entry in entries:
            path = folder / entry.name
            if os.path.isdir(path):  # False also for a link that leads to itself
                if (path / STORE).is_file():
                    self.loose.append((_text(entry.name), STORE, "the results of a run, and no student's folder"))
                else:
                    self._add_folder(path)
            else:
                self._add_loose(_text(entry.name), _File(path, folder.resolve() / entry.name))
        for name in sorted(name for name in os.listdir(folder) if _is_hidden(name) and name not in SKIPPED):
            if os.path.isdir(folder / name):
                self._hide_folder(_text(name), folder / name)
            else:
                self.hide("", _text(name))
        self._add_gradescope(_File(folder / METADATA, folder.resolve()))

    def _is_class(self, folders, files):
        """Whether a folder that lies alone holds a class, and is not the folder of one student."""
        if METADATA in files:
            return True
        return all(map(_platform, files)) if files else len(folders) > 1 and not folders & self.exercises

    def _add_folder(self, folder):
        student = self.student(_text(folder.name))
        if folder.is_symlink():
            self.put(student, "", _Broken("a link in place of a folder: it is not followed"))
            return
        root, seen = folder.resolve(), 0
        refused = []
        for where, folders, names in os.walk(folder, followlinks=False, onerror=refused.append):
            if "pyvenv.cfg" in names:  # an environment of Python: thousands of files, none of them the student's
                folders.clear()
                continue
            depth = len(Path(where).relative_to(folder).parts)
            hidden = sorted(f for f in folders if _is_hidden(f) and f not in SKIPPED)
            folders[:] = sorted(f for f in folders if depth < DEEPEST and not _is_hidden(f) and f not in SKIPPED)
            for name in hidden:
                self._hide_folder(student, Path(where, name), Path(where, name).relative_to(folder))
            for name in sorted(names, key=lambda name: (".ipynb" not in name.lower(), name)):
                seen += 1
                if seen > MOST_WALKED:
                    why = f"the folder holds more than {MOST_WALKED:,} files: what comes after them was not looked at"
                    self.put(student, "", _Broken(why))
                    return
                path = Path(where, name)
                label = _text(path.relative_to(folder).as_posix())
                if _is_hidden(label):
                    self.hide(student, label)
                else:
                    self._put_or_open(student, label, _File(path, root))
        for error in refused:
            self.put(student, "", _Broken(f"the folder cannot be read: {error.strerror}"))

    def _add_loose(self, name, source):
        """A file that lies beside the students' folders: a platform may have named it after its student."""
        if platform := _platform(name):
            student = self.student(name, platform)
            if platform.re is CANVAS and "LATE" in name[: platform.start("file")].split("_"):
                self.remarks[student] = "late, says Canvas"
            self._put_or_open(student, platform["file"] or name, source)
        elif name.lower().endswith(".zip"):
            self._put_or_open(self.student(name[:-4]), name, source)
        elif ".ipynb" in name.lower() or looks_like_work(name):
            self.loose.append(("", name, f"it lies in no student's folder: {EXPECTED}"))

    def _put_or_open(self, student, label, source):
        """A notebook is kept. A student's own zip is opened, and zips inside of it while they are few and small."""
        waiting, left, zips = deque([(label, source, 0)]), LARGEST_ZIP, 0
        while waiting:
            label, file, depth = waiting.popleft()
            if not label.lower().endswith(".zip"):
                (self.put(student, label, file) if _may_be_notebook(label) else self.set_aside(student, label))
                continue
            zips += 1
            try:
                if depth == DEEPEST_ZIP or zips > MOST_ZIPS:
                    raise Unreadable("a zip inside of zips, too deep or one too many: hand in the notebook itself")
                inner, size = _own_zip(file, left)
            except (Unreadable, ValueError) as why:
                named = _may_be_notebook(label) and not isinstance(why, Unreadable)
                self.put(student, label, file if named else _Broken(f"{label}: {why}"))
                continue
            left -= size
            for info in _members(inner):
                name = _member_name(info)
                if _is_hidden(name):
                    self.hide(student, f"{label}/{name}")
                elif name:
                    waiting.append((f"{label}/{name}", _Member(inner, info, source.time), depth + 1))

    def _hide_folder(self, student, folder, label=""):
        seen = 0
        for where, folders, names in os.walk(folder) if not folder.is_symlink() else ():
            folders[:] = sorted(f for f in folders if f not in SKIPPED and "pyvenv.cfg" not in names)
            for name in sorted(names):
                seen += 1
                if seen > MOST_OWN:
                    return
                self.hide(student, _text(Path(label, Path(where, name).relative_to(folder)).as_posix()))

    def hide(self, student, label):
        """Keep the name of a notebook that is not looked at, since it, or its folder, is hidden; of many, the first."""
        hidden = self.hidden.setdefault(student, [])
        if _may_be_notebook(label) and not PurePosixPath(label).name.startswith("._") and len(hidden) < MOST_NAMED:
            hidden.append(_end_of(label))

    def set_aside(self, student, label):
        """Keep the name of a file that is no notebook."""
        self.others.setdefault(student, OtherFiles()).add(_end_of(label))

    def _add_zip(self, opened):
        infos = [(PurePosixPath(_member_name(info)).parts, info) for info in _members(opened)]
        infos = [(parts, info) for parts, info in infos if parts]
        if len({parts[0] for parts, _ in infos}) == 1 and all(len(parts) > 1 for parts, _ in infos):
            inside = [parts[1:] for parts, _ in infos if not _is_hidden(parts[1])]
            folders = {parts[0] for parts in inside if len(parts) > 1}
            if self._is_class(folders, {parts[0] for parts in inside if len(parts) == 1}):
                infos = [(parts[1:], info) for parts, info in infos]
        for parts, info in infos:
            if _is_hidden(parts[0]):
                self.hide(parts[0] if len(parts) > 1 else "", "/".join(parts[1:] or parts))
            elif len(parts) == 1:
                self._add_loose(parts[0], _Member(opened, info))
            elif _is_hidden("/".join(parts)):
                self.hide(self.student(parts[0]), "/".join(parts[1:]))
            else:
                self._put_or_open(self.student(parts[0]), "/".join(parts[1:]), _Member(opened, info))
        for parts, info in infos:
            if parts == (METADATA,):
                self._add_gradescope(_Member(opened, info))

    def _add_gradescope(self, source):
        """Names, ids and times, from the file in Gradescope's export. All of a group have what it handed in."""
        import yaml

        try:
            told = yaml.safe_load(source.read())
        except (Unreadable, yaml.YAMLError, ValueError, RecursionError):
            return
        for folder, about in told.items() if isinstance(told, dict) else ():
            people = about.get(":submitters") if isinstance(about, dict) else None
            if folder not in self.known_as or not isinstance(people, list):
                continue
            people = [[str(value) for value in p.values() if value] for p in people if isinstance(p, dict)]
            when, names = about.get(":created_at"), self.known_as[folder]
            for number, called in enumerate(people[:MOST_OWN], 1):
                one = folder if number == 1 else f"{folder} ({number})"
                self.files[one], self.known_as[one] = self.files[folder], [*names, *called]
                if isinstance(when, datetime):
                    self.submitted[one] = when.timestamp()
                if len(people) > 1:
                    self.remarks[one] = f"handed in by a group of {len(people)}: {folder}"


def _entries(folder):
    """What lies in the folder of a class, in order, without what no student put there."""
    try:
        entries = sorted(os.scandir(folder), key=lambda e: e.name)
    except OSError as error:
        raise NotADirectoryError(f"{folder} cannot be read: {error.strerror}") from None
    return [e for e in entries if not _is_hidden(e.name) and e.name not in SKIPPED]


def _is_hidden(label):
    return any(part.startswith(".") for part in PurePosixPath(label).parts)


def _platform(name):
    """The match of a file's name that a platform put together from its student and its own name, or None.

    The platform's part comes first; the rest is the student's, who may write into it what another platform writes.
    """
    classroom = CLASSROOM.fullmatch(name) if ".ipynb" in name.lower() else None
    if match := CANVAS.fullmatch(name) or MOODLE.fullmatch(name):
        return classroom if classroom and " - " in match["name"] else match
    return classroom


def _may_be_notebook(name):
    """Whether it is worth looking into: browsers and mail programs add endings, some systems name a notebook .json."""
    lower = PurePosixPath(name).name.lower()
    return ".ipynb" in lower or lower.endswith(".json")


def _open_zip(file):
    try:
        return zipfile.ZipFile(file)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise ValueError(f"no zip that can be opened: {error}") from None


def _own_zip(source, largest):
    """(the opened zip, its bytes) of a student's own zip. Raises Unreadable or ValueError."""
    data = source.read(largest)
    if data.count(b"PK\x01\x02") > MOST_FILES:  # one for each file, which takes 600 bytes of memory
        raise Unreadable(f"a zip of more than {MOST_FILES:,} files")
    return _open_zip(io.BytesIO(data)), len(data)


def _members(opened):
    return [info for info in opened.infolist()[:MOST_FILES] if not info.filename.endswith("/")]


def _member_name(info):
    """The member's path without anything that leads upwards. It is a label: nothing is ever unpacked to disk."""
    name = info.filename
    if not info.flag_bits & 0x800:  # macOS writes UTF-8 and does not say so
        with contextlib.suppress(UnicodeError):
            name = name.encode("cp437").decode("utf-8")
    parts = [part for part in re.split(r"[/\\]", name) if part not in ("", ".", "..")]
    return "" if set(parts) & SKIPPED else "/".join(map(_text, parts))


def _text(name):
    """A name as text that every file and table can hold; macOS writes accents in another way than Linux."""
    return unicodedata.normalize("NFC", name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace"))


def _end_of(label):
    """A label as a person can read it: a zip may hold names of 65,535 characters."""
    return label if len(label) <= LONGEST_LABEL else f"…{label[-LONGEST_LABEL:]}"


def _student(name, platform=None):
    """(key, other names and ids) of a student, from the name of a folder, or of a file that ``platform`` matched."""
    m = platform or MOODLE.fullmatch(name)
    if m and m.re is MOODLE:
        return f"{m['name']}_{m['id']}", [m["name"], m["id"], f"Participant {m['id']}"]
    if m and m.re is CLASSROOM:
        return m["name"], []
    if m:
        return (m["anonymous"], []) if m["anonymous"] else (f"{m['name']}_{m['id']}", [m["name"], m["id"]])
    if m := GRADESCOPE.fullmatch(name):
        return name, [m["id"]]
    return name, []


# --- which exercise a file answers -------------------------------------------------------------------------------


def _sorted_out(class_, sheets, only, folder):
    handed_in, strays, exercises = {}, list(class_.loose), set()
    for student, files in sorted(class_.files.items()):
        own, left = {}, MOST_OPENED
        for label, source in files:
            exercise, remark = _by_file_name(label, sheets)
            if exercise is None and ".ipynb" not in label.lower() and not isinstance(source, _Broken):
                class_.set_aside(student, label)  # some other .json
                continue
            if exercise is None and left > 0:
                exercise, remark, read = _by_content(label, source, sheets, left)
                left -= read
            if exercise is None:
                strays.append((student, label, remark))
            else:
                remarks = [text for text in (remark, class_.remarks.get(student)) if text]
                time = class_.submitted.get(student, source.time)
                own.setdefault(exercise, []).append(HandIn(student, exercise, label, time, source, remarks))
        for exercise, candidates in own.items():
            exercises.add(exercise)
            best = _that_counts(candidates, sheets[exercise])
            if student not in class_.submitted:
                own_clock = getattr(best.source, "handed_in", None) or best.submitted
                best.submitted = None if class_.submitted else own_clock  # the export tells it, of who handed in
            handed_in[student, exercise] = best
        others = class_.others.get(student, OtherFiles())
        strays += [(student, *told) for told in others.listed(own, lambda label: _by_file_name(label, sheets)[0])]
    handed = {student for student, _ in handed_in}
    strays += [(s, label, HIDDEN) for s, labels in class_.hidden.items() if s not in handed for label in labels]
    wanted = [e for e in sheets if (e in only if only else e in exercises)]
    if not wanted:
        raise ValueError(
            f"{folder}: no student has a file named like an exercise; these are: {', '.join(sheets)} (.ipynb)"
        )
    students = {name: class_.known_as[name] for name in sorted(class_.files)}
    kept = [handed_in[s, e] for s in students for e in wanted if (s, e) in handed_in]
    files = {(student, label) for student, listed in class_.files.items() for label, _ in listed}
    return Found(students, kept, strays, wanted, files, set(class_.submitted))


def _that_counts(candidates, sheet):
    """The file that counts of several for one exercise: the newest that holds an answer; of one age, the plainer name.

    The lesson of the same name, and the exercise as it was handed out, count only if there is nothing else. The same
    holds for what cannot be read.
    """
    if len(candidates) == 1:
        return candidates[0]
    holds, left = {}, MOST_COMPARED
    for h in candidates:
        holds[h.file], read = _holds(h.source, sheet) if left > 0 else (1, 0)
        left -= read
    top = max(holds.values())
    rivals = [h for h in candidates if holds[h.file] == top]
    newest = max(h.submitted or 0 for h in rivals)
    of_one_age = [h for h in rivals if newest - (h.submitted or 0) <= AS_OLD]
    best = min(of_one_age, key=lambda h: (len(h.file), h.file))
    if top > 0 and (others := sorted(h.file for h in rivals if h is not best)):
        which = "they are of one age, and the plainer name counts" if len(of_one_age) > 1 else "the newest counts"
        best.remarks.append(f"{len(rivals)} files for this exercise: {which}, {best.file}, not {_first(others)}")
    broken = sorted(h.file for h in candidates if holds[h.file] < 0 <= top)
    if broken:
        best.remarks.append(
            f"{len(candidates)} files for this exercise: {_first(broken)} cannot be read, {best.file} counts"
        )
    return best


def _first(names):
    return f"{', '.join(names[:MOST_NAMED])}{f' and {more} more' if (more := len(names) - MOST_NAMED) > 0 else ''}"


def _holds(source, sheet):
    """(what a file holds, bytes read): 1 an answer to the sheet, 0 none, -1 nothing that can be read."""
    try:
        cells = parse(source.read()).cells
    except Unreadable:
        return -1, max(LARGEST_NOTEBOOK, source.taken)
    names = _names(sheet)
    answers = any(len(_defined(cell) & names) > len(STUB.findall(cell)) for cell in cells)
    return int(answers), source.taken


def _names(sheet):
    """What the checks of a sheet are called, or were called once."""
    return course.todays(sheet.exercise, sheet.checks).keys()


def _defined(code):
    return {either for both in DEFINED.findall(code) for either in both if either}


def _by_file_name(label, sheets):
    """(exercise, remark) of a file; (None, why) if its name is none of an exercise."""
    stem = PurePosixPath(label).stem
    if stem in sheets:
        return stem, ""
    by_name = _by_name(stem, sheets)
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
    by_code = _by_code(notebook, sheets)
    if by_code:
        return by_code, f"taken for {by_code} by its code; its name is {label}", read
    return None, "it answers no exercise: its name is none, and no check is asked in it", read


def _squeezed(text):
    return re.sub(r"[\W_]+", "", text.lower())


def _by_name(stem, sheets):
    """The one exercise whose name, or whose name without its number, is in the file's name; the longest name wins."""
    given = _squeezed(stem)
    fits = {}
    for exercise in sheets:
        last = PurePosixPath(exercise).name
        topic = re.sub(r"^\d+[_-]", "", last)
        for name in (_squeezed(last), _squeezed(topic)):
            if name and name in given:
                fits[exercise] = max(len(name), fits.get(exercise, 0))
    best = [e for e, length in fits.items() if length == max(fits.values())]
    return best[0] if len(best) == 1 else None


def _by_code(notebook, sheets):
    """The exercise that most of the checks asked in the cells belong to; where none is asked, of the definitions."""
    code = "\n".join(notebook.cells)
    asked = {(of, name) for of, name in re.findall(r"\bcheck\(\s*[\"'](?:([\w .-]+)/)?(\w+)[\"']", code)}
    asked |= {("", name) for name in notebook.grade_ids}
    defined = {("", name) for name in _defined(code)}
    for named in (asked, defined):
        votes = {
            exercise: len({name for of, name in named if of in ("", exercise)} & _names(sheet))
            for exercise, sheet in sheets.items()
        }
        most = max(votes.values(), default=0)
        if most and list(votes.values()).count(most) == 1:
            return max(votes, key=votes.get)
    return None


def content_of(cells):
    """The hash of a notebook's code, the same for a file that was saved again or lost its outputs."""
    return hashlib.sha256(json.dumps(cells).encode()).hexdigest()
