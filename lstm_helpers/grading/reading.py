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
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path, PurePosixPath

LARGEST_NOTEBOOK = 20 << 20  # bytes
LARGEST_ZIP = 100 << 20  # bytes, of a student's own zip inside a zip
MOST_FILES = 100_000  # looked at in one class
MOST_OWN = 1_000  # looked at in one student's folder or zip
MOST_OPENED = 16 << 20  # bytes of one student's files whose name says nothing: it takes time to look into them
DEEPEST = 8  # folders below a student's own
SKIPPED = {"__MACOSX", ".ipynb_checkpoints"}
EXPECTED = "expected DIR/<student>/<exercise>.ipynb, or the zip of a class from Moodle, Canvas or Gradescope"

MOODLE = re.compile(r"(?P<name>.+)_(?P<id>\d+)_assignsubmission_(?:file|onlinetext)_?(?P<file>.*)", re.DOTALL)
CANVAS = re.compile(r"(?P<name>\d*[^\W\d_][^\W_]*)_(?:LATE_)?(?P<id>\d+)_(?P<file_id>\d+)_(?P<file>.+)", re.DOTALL)
GRADESCOPE = re.compile(r"submission_(?P<id>\d+)")


class Unreadable(Exception):
    """This file is no notebook; the text says why."""


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
    exercises: those looked for.
    """

    students: dict
    handed_in: list
    strays: list
    exercises: list


def find(folder, sheets, only=None, out=None):
    """Everything that was handed in below ``folder``, a folder or a zip. Returns Found; no notebook is run or changed.

    sheets: {exercise: Sheet}; only: exercises to look for (default: each that somebody handed in); out: the folder of
    the results, no student even if it lies there too. Raises ValueError or NotADirectoryError, in a plain sentence.
    """
    folder = Path(folder)
    if unknown := sorted(set(only or ()) - set(sheets)):
        raise ValueError(f"there is no exercise {', '.join(unknown)}; there are: {', '.join(sheets)}")
    if not folder.exists():
        raise NotADirectoryError(f"{folder} is not a folder: {EXPECTED}")
    class_ = _Class()
    class_.add(folder, Path(out).resolve() if out else None)
    if not class_.files:
        raise ValueError(f"{folder} holds no student's folder: {EXPECTED}")
    if mistaken := sorted(class_.files.keys() & sheets.keys()):
        raise ValueError(f"{folder} holds a folder {mistaken[0]}, an exercise where a student is expected: {EXPECTED}")
    return _sorted_out(class_, sheets, only, folder)


# --- where the files are -----------------------------------------------------------------------------------------


@dataclass
class _File:
    """A plain file at or below ``root``, which no link may leave."""

    path: Path
    root: Path

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
            return _at_most(file, largest) if stat.S_ISREG(os.fstat(handle).st_mode) else b""

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

    def read(self, largest=LARGEST_NOTEBOOK):
        if self.info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise Unreadable("packed in a way that is not opened here: zip it again in the ordinary way")
        try:
            with self.zip.open(self.info) as file:
                return _at_most(file, largest)  # what the zip claims as its size is not believed
        except (OSError, RuntimeError, ValueError, EOFError, zipfile.BadZipFile, zlib.error) as error:
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

    def read(self, largest=0):
        raise Unreadable(self.why)


def _at_most(file, largest):
    data = file.read(largest + 1)
    if len(data) > largest:
        raise Unreadable(f"larger than {largest >> 20} MB")
    return data


class _Class:
    """Every file of every student: ``files`` is {student: [(label, source)]}, ``known_as`` {student: [names]}."""

    def __init__(self):
        self.files, self.known_as, self.loose = {}, {}, []
        self.count = 0

    def student(self, folder_name):
        """The key of a student, from the name of a folder or file as the learning platforms write it."""
        name, others = _student(folder_name)
        self.files.setdefault(name, [])
        self.known_as.setdefault(name, list(others))
        return name

    def put(self, student, label, source):
        self.count += 1
        if self.count > MOST_FILES:
            raise ValueError(f"more than {MOST_FILES:,} files: grade one class, or one exercise, at a time")
        if len(self.files[student]) < MOST_OWN:
            self.files[student].append((label, source))

    def add(self, folder, out):
        if zipfile.is_zipfile(folder) if folder.is_file() else False:
            self._add_zip(_open_zip(folder))
            return
        if not folder.is_dir():
            raise NotADirectoryError(f"{folder} is neither a folder nor a zip: {EXPECTED}")
        try:
            entries = sorted(os.scandir(folder), key=lambda e: e.name)
        except OSError as error:
            raise NotADirectoryError(f"{folder} cannot be read: {error.strerror}") from None
        for entry in entries:
            path = folder / entry.name
            if entry.name.startswith(".") or entry.name in SKIPPED or path.resolve() == out:
                continue
            if entry.is_dir():
                self._add_folder(path)
            elif entry.name.lower().endswith((".ipynb", ".zip")):
                self._add_loose(_text(entry.name), _File(path, folder.resolve() / entry.name))
        self._add_gradescope(folder / "submission_metadata.yml")

    def _add_folder(self, folder):
        student = self.student(_text(folder.name))
        if folder.is_symlink():
            self.put(student, "", _Broken("a link in place of a folder: it is not followed"))
            return
        root, seen = folder.resolve(), 0
        refused = []
        for where, folders, names in os.walk(folder, followlinks=False, onerror=refused.append):
            depth = len(Path(where).relative_to(folder).parts)
            folders[:] = sorted(f for f in folders if depth < DEEPEST and f[0] != "." and f not in SKIPPED)
            for name in sorted(names):
                seen += 1
                if seen > MOST_OWN:
                    return
                if name.lower().endswith((".ipynb", ".zip")) and name[0] != ".":
                    path = Path(where, name)
                    label = _text(path.relative_to(folder).as_posix())
                    self._put_or_open(student, label, _File(path, root))
        for error in refused:
            self.put(student, "", _Broken(f"the folder cannot be read: {error.strerror}"))

    def _add_loose(self, name, source):
        """A file that lies beside the students' folders: Canvas and Moodle name it after its student."""
        if platform := CANVAS.fullmatch(name) or MOODLE.fullmatch(name):
            student = self.student(name)
            self._put_or_open(student, platform["file"] or name, source)
        elif name.lower().endswith(".zip"):
            self._put_or_open(self.student(name[:-4]), name, source)
        else:
            self.loose.append(("", name, f"it lies in no student's folder: {EXPECTED}"))

    def _put_or_open(self, student, label, source):
        """A student's own zip is opened, one level deep."""
        if not label.lower().endswith(".zip"):
            self.put(student, label, source)
            return
        try:
            inner = _open_zip(io.BytesIO(source.read(LARGEST_ZIP)))
        except (Unreadable, ValueError) as why:
            self.put(student, label, _Broken(f"{label}: {why}"))
            return
        for info in _members(inner)[:MOST_OWN]:
            name = _member_name(info)
            if name.lower().endswith(".ipynb"):
                self.put(student, f"{label}/{name}", _Member(inner, info))

    def _add_zip(self, opened):
        infos = [(PurePosixPath(_member_name(info)).parts, info) for info in _members(opened)]
        infos = [(parts, info) for parts, info in infos if parts]
        tops = {parts[0] for parts, _ in infos}
        if len(tops) == 1 and all(len(parts) > 2 for parts, _ in infos):
            infos = [(parts[1:], info) for parts, info in infos]  # a zip of the one folder that holds the students'
        for parts, info in infos:
            if not parts[-1].lower().endswith((".ipynb", ".zip")):
                continue
            if len(parts) == 1:
                self._add_loose(parts[0], _Member(opened, info))
            else:
                self._put_or_open(self.student(parts[0]), "/".join(parts[1:]), _Member(opened, info))

    def _add_gradescope(self, path):
        """Names and ids of the students, from the file that Gradescope's export brings."""
        if not path.is_file():
            return
        import yaml

        try:
            told = yaml.safe_load(_File(path, path.parent.resolve()).read())
        except (Unreadable, yaml.YAMLError, ValueError, RecursionError):
            return
        for folder, about in told.items() if isinstance(told, dict) else ():
            submitters = about.get(":submitters") if isinstance(about, dict) else None
            if folder in self.known_as and isinstance(submitters, list):
                people = [person for person in submitters if isinstance(person, dict)]
                self.known_as[folder] += [str(value) for person in people for value in person.values() if value]


def _open_zip(file):
    try:
        return zipfile.ZipFile(file)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise ValueError(f"no zip that can be opened: {error}") from None


def _members(opened):
    return [info for info in opened.infolist()[:MOST_FILES] if not info.is_dir()]


def _member_name(info):
    """The member's path without anything that leads upwards. It is a label: nothing is ever unpacked to disk."""
    parts = [part for part in re.split(r"[/\\]", info.filename) if part not in ("", ".", "..")]
    return "" if set(parts) & SKIPPED or any(p[0] == "." for p in parts) else "/".join(map(_text, parts))


def _text(name):
    """A name as text that every file and table can hold; macOS writes accents in another way than Linux."""
    return unicodedata.normalize("NFC", name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace"))


def _student(name):
    """(key, other names and ids) of a student, from the name of a folder or of a file."""
    if m := MOODLE.fullmatch(name):
        return f"{m['name']}_{m['id']}", [m["name"], m["id"], f"Participant {m['id']}"]
    if name.lower().endswith((".ipynb", ".zip")) and (m := CANVAS.fullmatch(name)):
        return f"{m['name']}_{m['id']}", [m["name"], m["id"]]
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
            if exercise is None and left:
                exercise, remark, read = _by_content(label, source, sheets, left)
                left -= read
            if exercise is None:
                strays.append((student, label, remark))
            else:
                handed = HandIn(student, exercise, label, source.time, source, [remark] if remark else [])
                own.setdefault(exercise, []).append(handed)
        for exercise, candidates in own.items():
            exercises.add(exercise)
            handed_in[student, exercise] = _newest(candidates)
    wanted = [e for e in sheets if (e in only if only else e in exercises)]
    if not wanted:
        raise ValueError(
            f"{folder}: no student has a file named like an exercise; these are: {', '.join(sheets)} (.ipynb)"
        )
    students = {name: class_.known_as[name] for name in sorted(class_.files)}
    kept = [handed_in[s, e] for s in students for e in wanted if (s, e) in handed_in]
    return Found(students, kept, strays, wanted)


def _newest(candidates):
    """The newest of several files for one exercise; of two of one age, the one with the plainer name."""
    best = min(candidates, key=lambda h: (-(h.submitted or 0), len(h.file), h.file))
    if others := sorted(h.file for h in candidates if h is not best):
        best.remarks.append(f"{len(candidates)} files for this exercise: the newest counts, {best.file}, not {others}")
    return best


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
        read = len(data)
        notebook = parse(data)
    except Unreadable as why:
        return None, str(why), read
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
    asked = set(re.findall(r"\bcheck\(\s*[\"'](\w+)", code)) | set(notebook.grade_ids)
    defined = set(re.findall(r"^[ \t]*(?:def|class)[ \t]+(\w+)", code, re.MULTILINE))  # \s would try each empty line
    for named in (asked, defined):
        votes = {exercise: len(named & set(sheet.checks)) for exercise, sheet in sheets.items()}
        most = max(votes.values(), default=0)
        if most and list(votes.values()).count(most) == 1:
            return max(votes, key=votes.get)
    return None


# --- what a notebook holds ---------------------------------------------------------------------------------------


@dataclass
class Notebook:
    """The sources of the code cells, in order, and what there was to say about the file."""

    cells: list
    remarks: list = field(default_factory=list)
    grade_ids: list = field(default_factory=list)


def parse(data):
    """The Notebook in the bytes of a file, of nbformat 3, 4 or later. Raises Unreadable if it is none.

    Ids, metadata and outputs are not looked at: a file that lost them is graded like any other.
    """
    text, remarks = _decoded(data)
    if not text.strip():
        raise Unreadable("an empty file")
    try:
        content = json.loads(text)
    except RecursionError:
        raise Unreadable("no notebook: nested too deep") from None
    except ValueError as error:
        raise Unreadable(f"no notebook: it is not JSON, or cut short ({error})"[:200]) from None
    if not isinstance(content, dict):
        raise Unreadable("no notebook: it holds no cells")
    sheets = content.get("worksheets")  # nbformat 3
    listed = [content, *(sheets if isinstance(sheets, list) else ())]
    cells = [part["cells"] for part in listed if isinstance(part, dict) and isinstance(part.get("cells"), list)]
    if not cells:
        raise Unreadable("no notebook: it holds no cells")
    notebook = Notebook([], remarks)
    for cell in (cell for part in cells for cell in part if isinstance(cell, dict)):
        if cell.get("cell_type") == "code":
            notebook.cells.append(_source(cell))
        metadata = cell.get("metadata")
        marked = metadata.get("nbgrader") if isinstance(metadata, dict) else None
        if isinstance(marked, dict) and isinstance(marked.get("grade_id"), str):
            notebook.grade_ids.append(marked["grade_id"])
    return notebook


def _source(cell):
    source = cell.get("source", cell.get("input", ""))
    if isinstance(source, list):
        source = "".join(line for line in source if isinstance(line, str))
    return source if isinstance(source, str) else ""


def _decoded(data):
    """(text, remarks) of UTF-8, UTF-16 or UTF-32, with or without a byte order mark, else of Latin-1."""
    encoding = json.detect_encoding(data)
    try:
        return data.decode(encoding), []
    except UnicodeDecodeError as error:
        if encoding != "utf-8" or b"{" not in data[:100]:
            raise Unreadable(f"not UTF-8 text: byte {error.start} cannot be read") from None
        return data.decode("latin-1"), ["read as Latin-1: the file is not UTF-8"]


def content_of(cells):
    """The hash of a notebook's code, the same for a file that was saved again or lost its outputs."""
    return hashlib.sha256(json.dumps(cells).encode()).hexdigest()
