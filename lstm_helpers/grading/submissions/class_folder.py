"""Every file of every student of a class, from a folder or a zip as a platform hands it out."""

import os
import zipfile
from collections import deque
from pathlib import Path, PurePosixPath

from lstm_helpers.grading.submissions import platforms, sources
from lstm_helpers.grading.submissions.other_files import MOST_NAMED, OtherFiles, looks_like_work
from lstm_helpers.grading.submissions.sources import SKIPPED, Broken, File, Member
from lstm_helpers.notebook_file import Unreadable

LARGEST_ZIP = 100 << 20  # bytes, of a student's own zip with the zips inside of it
MOST_ZIPS = 100  # inside of a student's own zip
DEEPEST_ZIP = 3  # zips inside one another
MOST_OWN = 1_000  # looked at in one student's folder or zip
MOST_WALKED = 10_000  # files of any kind that are passed by in one student's folder
DEEPEST = 8  # folders below a student's own
STORE = "grades.sqlite"  # in a folder of results
EXPECTED = "expected DIR/<student>/<exercise>.ipynb, or the zip of a class from Moodle, Canvas or Gradescope"


class ClassFolder:
    """Every file of every student: ``files`` is {student: [(label, source)]}, ``known_as`` {student: [names]}.

    others: {student: OtherFiles} of what is no notebook; hidden: {student: [label]} of notebooks that a file manager
    does not show; submitted: {student: seconds} that the platform told; remarks: {student: text}.
    """

    def __init__(self, exercises):
        self.exercises = set(exercises)
        self.files, self.known_as, self.loose = {}, {}, []
        self.others, self.hidden, self.submitted, self.remarks = {}, {}, {}, {}
        self.count = 0

    def student(self, name, platform=None):
        """The key of a student, from the name of a folder, or of a file that ``platform`` matched."""
        name, others = platforms.student_of(name, platform)
        self.files.setdefault(name, [])
        self.known_as.setdefault(name, list(others))
        return name

    def put(self, student, label, source):
        files = self.files[student]
        if len(files) >= MOST_OWN:
            other = next((k for k, (there, _) in enumerate(files) if ".ipynb" not in there.lower()), None)
            if other is None or ".ipynb" not in label.lower():
                return
            del files[other]  # some .json gives way to a notebook
        self.count += 1
        if self.count > sources.MOST_FILES:
            raise ValueError(f"more than {sources.MOST_FILES:,} files: grade one class, or one exercise, at a time")
        files.append((sources.end_of(label), source))

    def add(self, folder, out):
        if zipfile.is_zipfile(folder) if folder.is_file() else False:
            self._add_zip(sources.open_zip(folder))
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
                    why = "the results of a run, and no student's folder"
                    self.loose.append((sources.text(entry.name), STORE, why))
                else:
                    self._add_folder(path)
            else:
                self._add_loose(sources.text(entry.name), File(path, folder.resolve() / entry.name))
        for name in sorted(name for name in os.listdir(folder) if sources.is_hidden(name) and name not in SKIPPED):
            if os.path.isdir(folder / name):
                self._hide_folder(sources.text(name), folder / name)
            else:
                self.hide("", sources.text(name))
        self._add_gradescope(File(folder / platforms.METADATA, folder.resolve()))

    def _is_class(self, folders, files):
        """Whether a folder that lies alone holds a class, and is not the folder of one student."""
        if platforms.METADATA in files:
            return True
        return all(map(platforms.platform_of, files)) if files else len(folders) > 1 and not folders & self.exercises

    def _add_folder(self, folder):
        student = self.student(sources.text(folder.name))
        if folder.is_symlink():
            self.put(student, "", Broken("a link in place of a folder: it is not followed"))
            return
        root, count = folder.resolve(), 0
        refused = []
        for where, folders, names in os.walk(folder, followlinks=False, onerror=refused.append):
            if "pyvenv.cfg" in names:  # an environment of Python: thousands of files, none of them the student's
                folders.clear()
                continue
            depth = len(Path(where).relative_to(folder).parts)
            hidden = sorted(f for f in folders if sources.is_hidden(f) and f not in SKIPPED)
            folders[:] = sorted(f for f in folders if depth < DEEPEST and not sources.is_hidden(f) and f not in SKIPPED)
            for name in hidden:
                self._hide_folder(student, Path(where, name), Path(where, name).relative_to(folder))
            for name in sorted(names, key=lambda name: (".ipynb" not in name.lower(), name)):
                count += 1
                if count > MOST_WALKED:
                    why = f"the folder holds more than {MOST_WALKED:,} files: what comes after them was not looked at"
                    self.put(student, "", Broken(why))
                    return
                path = Path(where, name)
                label = sources.text(path.relative_to(folder).as_posix())
                if sources.is_hidden(label):
                    self.hide(student, label)
                else:
                    self._put_or_open(student, label, File(path, root))
        for error in refused:
            self.put(student, "", Broken(f"the folder cannot be read: {error.strerror}"))

    def _add_loose(self, name, source):
        """A file that lies beside the students' folders: a platform may have named it after its student."""
        if platform := platforms.platform_of(name):
            student = self.student(name, platform)
            if platform.re is platforms.CANVAS and "LATE" in name[: platform.start("file")].split("_"):
                self.remarks[student] = "late, says Canvas"
            self._put_or_open(student, platform["file"] or name, source)
        elif name.lower().endswith(".zip"):
            self._put_or_open(self.student(name[:-4]), name, source)
        elif ".ipynb" in name.lower() or looks_like_work(name):
            self.loose.append(("", name, f"it lies in no student's folder: {EXPECTED}"))

    def _put_or_open(self, student, label, source):
        """A notebook is kept. A student's own zip is opened, and zips inside of it while they are few and small."""
        waiting, budget, zips = deque([(label, source, 0)]), LARGEST_ZIP, 0
        while waiting:
            label, file, depth = waiting.popleft()
            if not label.lower().endswith(".zip"):
                (self.put(student, label, file) if sources.may_be_notebook(label) else self.set_aside(student, label))
                continue
            zips += 1
            try:
                if depth == DEEPEST_ZIP or zips > MOST_ZIPS:
                    raise Unreadable("a zip inside of zips, too deep or one too many: hand in the notebook itself")
                inner, size = sources.own_zip(file, budget)
            except (Unreadable, ValueError) as why:
                named = sources.may_be_notebook(label) and not isinstance(why, Unreadable)
                self.put(student, label, file if named else Broken(f"{label}: {why}"))
                continue
            budget -= size
            for info in sources.members(inner):
                name = sources.member_name(info)
                if sources.is_hidden(name):
                    self.hide(student, f"{label}/{name}")
                elif name:
                    waiting.append((f"{label}/{name}", Member(inner, info, source.time), depth + 1))

    def _hide_folder(self, student, folder, label=""):
        count = 0
        for where, folders, names in os.walk(folder) if not folder.is_symlink() else ():
            folders[:] = sorted(f for f in folders if f not in SKIPPED and "pyvenv.cfg" not in names)
            for name in sorted(names):
                count += 1
                if count > MOST_OWN:
                    return
                self.hide(student, sources.text(Path(label, Path(where, name).relative_to(folder)).as_posix()))

    def hide(self, student, label):
        """Keep the name of a notebook that is not looked at, since it, or its folder, is hidden; of many, the first."""
        hidden = self.hidden.setdefault(student, [])
        of_macos = PurePosixPath(label).name.startswith("._")
        if sources.may_be_notebook(label) and not of_macos and len(hidden) < MOST_NAMED:
            hidden.append(sources.end_of(label))

    def set_aside(self, student, label):
        """Keep the name of a file that is no notebook."""
        self.others.setdefault(student, OtherFiles()).add(sources.end_of(label))

    def _add_zip(self, opened):
        infos = [(PurePosixPath(sources.member_name(info)).parts, info) for info in sources.members(opened)]
        infos = [(parts, info) for parts, info in infos if parts]
        if len({parts[0] for parts, _ in infos}) == 1 and all(len(parts) > 1 for parts, _ in infos):
            inside = [parts[1:] for parts, _ in infos if not sources.is_hidden(parts[1])]
            folders = {parts[0] for parts in inside if len(parts) > 1}
            if self._is_class(folders, {parts[0] for parts in inside if len(parts) == 1}):
                infos = [(parts[1:], info) for parts, info in infos]
        for parts, info in infos:
            if sources.is_hidden(parts[0]):
                self.hide(parts[0] if len(parts) > 1 else "", "/".join(parts[1:] or parts))
            elif len(parts) == 1:
                self._add_loose(parts[0], Member(opened, info))
            elif sources.is_hidden("/".join(parts)):
                self.hide(self.student(parts[0]), "/".join(parts[1:]))
            else:
                self._put_or_open(self.student(parts[0]), "/".join(parts[1:]), Member(opened, info))
        for parts, info in infos:
            if parts == (platforms.METADATA,):
                self._add_gradescope(Member(opened, info))

    def _add_gradescope(self, source):
        """Names, ids and times, from the file in Gradescope's export. All of a group have what it handed in."""
        for folder, people, when in platforms.gradescope(source):
            if folder not in self.known_as:
                continue
            names = self.known_as[folder]
            for number, called in enumerate(people[:MOST_OWN], 1):
                one = folder if number == 1 else f"{folder} ({number})"
                self.files[one], self.known_as[one] = self.files[folder], [*names, *called]
                if when is not None:
                    self.submitted[one] = when
                if len(people) > 1:
                    self.remarks[one] = f"handed in by a group of {len(people)}: {folder}"


def _entries(folder):
    """What lies in the folder of a class, in order, without what no student put there."""
    try:
        entries = sorted(os.scandir(folder), key=lambda e: e.name)
    except OSError as error:
        raise NotADirectoryError(f"{folder} cannot be read: {error.strerror}") from None
    return [e for e in entries if not sources.is_hidden(e.name) and e.name not in SKIPPED]
