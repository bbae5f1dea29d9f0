"""Files are written whole or not at all, and what hinders it is said in plain words."""

import contextlib
import errno
import os
import sys
import tempfile
import time
import uuid
from pathlib import Path

BROWSER = sys.platform == "emscripten"  # its files are one person's own, and no lock can be had there
if not BROWSER:
    from filelock import FileLock, Timeout

PATIENCE = 10  # seconds; whoever writes holds a lock for milliseconds
AT_ONCE = 0.5  # seconds, after which it is asked whether locks can be had there at all
MOVE = "copy the course to a folder of your own, and go on there"
HINDRANCES = {  # what the system says: (what it means, what to do)
    errno.EACCES: ("you may not write there", f"let yourself write there, or {MOVE}"),
    errno.EPERM: ("the system does not allow it", f"let yourself write there, or {MOVE}"),
    errno.EROFS: ("it lies on a disk that can only be read", MOVE),
    errno.ENOSPC: ("the disk is full", "delete what you no longer need, and try again"),
    errno.EDQUOT: ("your share of the disk is used up", "delete what you no longer need, and try again"),
    errno.EFBIG: ("no file of this size may be written there", "ask for more room (`ulimit -f` shows the limit)"),
    errno.EBUSY: ("another program holds it", "end that program, or delete this file"),
    errno.ENAMETOOLONG: ("the path is too long for this system", "move the course to a folder with a shorter path"),
    errno.ENOENT: ("it is not there", "look whether the folder was moved or renamed"),
    errno.EISDIR: ("it is a folder, where a file is expected", "rename that folder"),
}


@contextlib.contextmanager
def staged(path, data, sync=True):
    """``data`` (bytes) lies whole on the disk beside ``path`` while the block runs, and is ``path`` when it ends well.

    The folder has to be there. sync: a power cut keeps it, which takes milliseconds; not for what is made again at
    will. Whatever fails, in here or in the block, leaves ``path`` as it was and nothing beside
    it. Raises OSError with the path.
    """
    path = Path(path)
    part = path.with_name(f".{uuid.uuid4().hex}.part")
    try:
        with open(part, "xb") as new:
            new.write(data)
            new.flush()
            if sync:
                os.fsync(new.fileno())
        if path.exists():
            part.chmod(path.stat().st_mode & 0o7777)
        yield
        _replace(part, path)
    except OSError as error:
        named = str(path) if error.filename in (None, str(part)) else error.filename
        raise OSError(error.errno, error.strerror, named) from None
    finally:
        with contextlib.suppress(OSError):
            part.unlink()


def write(path, data, sync=True):
    """Write ``data`` (bytes, or text that becomes UTF-8) to ``path``, whole or not at all; makes its folder."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with staged(path, data.encode("utf-8", "replace") if isinstance(data, str) else data, sync):
        pass


def export(contents):
    """Write ``contents``, {path: bytes}, all or none, where somebody asked for them.

    Raises OSError with a sentence that says what hinders it and what to do. No folder is made: a name that was
    mistyped makes none.
    """
    try:
        with contextlib.ExitStack() as stack:
            for path, data in contents.items():
                if os.path.isdir(path):
                    raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
                if not os.path.isdir(folder := Path(path).parent):
                    raise OSError(errno.ENOENT, os.strerror(errno.ENOENT), str(folder))
                stack.enter_context(staged(path, data))
    except OSError as error:
        raise type(error)(why(error)) from None


@contextlib.contextmanager
def alone(path):
    """Only one program at a time is inside this block for ``path``; the lock is a file beside it.

    Raises OSError with the lock's path, or with that of the folder where no file can be made. A lock that somebody
    holds on to is waited for once in this process; later it is only tried. A disk that knows no locks gives none, and
    a browser neither: there one notebook writes at a time.
    """
    if BROWSER:
        yield
        return
    lock = FileLock(f"{path}.lock")
    if Path(path).parent not in _lockless:
        _acquire(lock, path)
    try:
        yield
    finally:
        lock.release()  # nothing where there is none


_given_up, _lockless = set(), set()  # locks that were waited for in vain; folders on a disk that knows no locks


def _acquire(lock, path):
    folder, name = Path(path).parent, lock.lock_file
    try:
        held = not _locked(lock, AT_ONCE)
        if held and not _gives_locks(folder):
            _lockless.add(folder)
            held = False
    except (NotImplementedError, OSError) as error:
        if getattr(error, "errno", errno.ENOSYS) not in (errno.ENOSYS, errno.ENOLCK, errno.ENOTSUP):
            raise OSError(error.errno, error.strerror, str(path)) from None
        held = False
    if held and (name in _given_up or not _locked(lock, PATIENCE)):
        _given_up.add(name)
        raise OSError(errno.EBUSY, os.strerror(errno.EBUSY), name)
    _given_up.discard(name)


def _locked(lock, seconds):
    try:
        lock.acquire(timeout=seconds, poll_interval=0.005)
    except Timeout:
        return False
    return True


def _gives_locks(folder):
    """Whether a lock can be had in a folder: of a file that nobody else can hold. OSError where none can be made.

    Some disks say of a lock that they do not know what others say of one that is held.
    """
    own = folder / f".{uuid.uuid4().hex}.lock"
    try:
        own.touch(exist_ok=False)
        lock = FileLock(own)
        given = _locked(lock, 0)
        lock.release()
        return given
    finally:
        own.unlink(missing_ok=True)


def _replace(part, path):
    """Windows refuses while another program reads the file, as a virus scanner does: there it is tried again."""
    for pause in (0.02, 0.1, 0.5) if sys.platform == "win32" else ():
        try:
            return os.replace(part, path)
        except PermissionError:
            time.sleep(pause)
    return os.replace(part, path)


def explain(error):
    """An OSError as (which path and what is wrong with it, what to do); without a path, (what it says, "")."""
    if error.filename is None:
        return error.strerror or str(error), ""
    path = Path(os.path.abspath(os.fsdecode(error.filename)))
    for place in (path, *path.parents):
        if dangling(place):
            said = f"{place} is a link to {os.readlink(place)}, which is not there"
            return said, "bring that back, or delete the link"
        if os.path.isfile(place) and (place != path or error.errno in (errno.EEXIST, errno.ENOTDIR)):
            return f"{place} is a file, where a folder is expected", "rename it"
    said, remedy = HINDRANCES.get(error.errno, (error.strerror or "the system does not allow it", "try again"))
    if error.errno in (errno.EACCES, errno.EPERM) and os.path.isfile(path):  # as Windows says of a file in use
        remedy = f"close it if a program such as a spreadsheet has it open, {remedy}"
    return f"{path}: {said}", remedy


def why(error):
    """What ``explain`` says, in one sentence."""
    return ": ".join(filter(None, explain(error)))


def dangling(path):
    """Whether ``path`` is a link to what is not there."""
    return os.path.islink(path) and not os.path.exists(path)


def hindrance(folder):
    """What keeps this program from writing in ``folder``, as ``explain`` says it, or None.

    It is tried, with a file that is gone at once: permissions alone do not tell. A folder that is not there yet is
    judged by the nearest one above it.
    """
    folder = Path(os.path.abspath(folder))
    there = next(place for place in (folder, *folder.parents) if os.path.lexists(place))
    if not os.path.isdir(there):
        return explain(NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(there)))
    try:
        with tempfile.TemporaryFile(dir=there) as new:
            new.write(b"?" * 1000)
    except OSError as error:
        said, remedy = explain(OSError(error.errno, error.strerror, str(there)))
        return said if there == folder else f"{folder} is not there and cannot be made, since {said}", remedy
    return None
