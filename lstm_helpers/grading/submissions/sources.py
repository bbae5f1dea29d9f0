"""The files that students hand in, one by one: on disk, inside a zip, or unreadable. No link or size is trusted."""

import contextlib
import io
import os
import re
import stat
import unicodedata
import zipfile
import zlib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath

from lstm_helpers.grading.submissions import without_outputs
from lstm_helpers.notebook_file import Unreadable

LARGEST_NOTEBOOK = 20 << 20  # bytes, without its outputs
MOST_FILES = 100_000  # looked at in one class
LONGEST_LABEL = 250  # characters
SKIPPED = {"__MACOSX", ".ipynb_checkpoints", ".git"}


@dataclass
class File:
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
class Member:
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
class Broken:
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


def is_hidden(label):
    return any(part.startswith(".") for part in PurePosixPath(label).parts)


def may_be_notebook(name):
    """Whether it is worth looking into: browsers and mail programs add endings, some systems name a notebook .json."""
    lower = PurePosixPath(name).name.lower()
    return ".ipynb" in lower or lower.endswith(".json")


def open_zip(file):
    try:
        return zipfile.ZipFile(file)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise ValueError(f"no zip that can be opened: {error}") from None


def own_zip(source, largest):
    """(the opened zip, its bytes) of a student's own zip. Raises Unreadable or ValueError."""
    data = source.read(largest)
    if data.count(b"PK\x01\x02") > MOST_FILES:  # one for each file, which takes 600 bytes of memory
        raise Unreadable(f"a zip of more than {MOST_FILES:,} files")
    return open_zip(io.BytesIO(data)), len(data)


def members(opened):
    return [info for info in opened.infolist()[:MOST_FILES] if not info.filename.endswith("/")]


def member_name(info):
    """The member's path without anything that leads upwards. It is a label: nothing is ever unpacked to disk."""
    name = info.filename
    if not info.flag_bits & 0x800:  # macOS writes UTF-8 and does not say so
        with contextlib.suppress(UnicodeError):
            name = name.encode("cp437").decode("utf-8")
    parts = [part for part in re.split(r"[/\\]", name) if part not in ("", ".", "..")]
    return "" if set(parts) & SKIPPED else "/".join(map(text, parts))


def text(name):
    """A name as text that every file and table can hold; macOS writes accents in another way than Linux."""
    return unicodedata.normalize("NFC", name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace"))


def end_of(label):
    """A label as a person can read it: a zip may hold names of 65,535 characters."""
    return label if len(label) <= LONGEST_LABEL else f"…{label[-LONGEST_LABEL:]}"
