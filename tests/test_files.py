"""Files are written whole or not at all; two programs do not write at once; hindrances are said in plain words."""

import errno
import os
import time

import pytest

from lstm_helpers import files
from tests import users


def test_a_file_is_written_with_its_folder_and_takes_the_place_of_the_old_one(tmp_path):
    path = tmp_path / "new folder" / "ü [1].txt"
    files.write(path, "größer")
    files.write(path, b"second")
    assert path.read_bytes() == b"second"
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_the_new_file_may_be_read_by_whom_the_old_one_could(tmp_path):
    path = tmp_path / "file"
    path.write_text("old")
    path.chmod(0o640)
    files.write(path, "new")
    assert path.stat().st_mode & 0o777 == 0o640


def test_a_block_that_fails_leaves_the_old_file_and_nothing_beside_it(tmp_path):
    path = tmp_path / "file"
    path.write_text("old")
    with pytest.raises(ZeroDivisionError), files.staged(path, b"new"):
        1 / 0  # noqa: B018
    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == [("file", "old")]


@users.needs_posix
def test_on_a_full_disk_the_old_file_stays_and_the_error_names_it(tmp_path):
    path = tmp_path / "file"
    path.write_text("old")
    code = "import sys; from lstm_helpers import files\n"
    code += "try: files.write(sys.argv[1], b'?' * 100_000)\nexcept OSError as error: print(files.why(error))"
    ran = users.run(code, path, room=50_000)
    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == [("file", "old")]
    assert ran.stdout.startswith(f"{path}: no file of this size may be written there: "), ran.stderr


def test_windows_is_asked_again_while_another_program_reads_the_file(tmp_path, monkeypatch):
    refusals, real = [1, 2], os.replace

    def replace(old, new):
        if refusals and refusals.pop():
            raise PermissionError(errno.EACCES, "Access is denied", str(old))
        real(old, new)

    monkeypatch.setattr(files.os, "replace", replace)
    monkeypatch.setattr(files.sys, "platform", "win32")
    files.write(tmp_path / "file", "new")
    assert (tmp_path / "file").read_text() == "new"


@pytest.mark.parametrize(
    "error", [NotImplementedError("no flock"), OSError(errno.ENOLCK, "No locks"), OSError(errno.ENOSYS, "No flock")]
)
def test_a_disk_that_knows_no_locks_is_written_to_without(tmp_path, monkeypatch, error):
    def acquire(self, **options):
        raise error

    monkeypatch.setattr(files.FileLock, "acquire", acquire)
    with files.alone(tmp_path / "file"):
        (tmp_path / "file").write_text("written")
    assert (tmp_path / "file").read_text() == "written"


def test_a_lock_that_is_never_opened_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "PATIENCE", 0)
    with files.alone(tmp_path / "file"), pytest.raises(OSError, match="busy") as caught, files.alone(tmp_path / "file"):
        pass
    assert files.why(caught.value).startswith(f"{tmp_path / 'file.lock'}: another program holds it: end that program")


@users.needs_posix
def test_a_disk_that_says_of_every_lock_that_it_is_held_is_known_at_once(tmp_path, monkeypatch):
    import fcntl

    def flock(number, operation):
        raise OSError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(fcntl, "flock", flock)
    for most in (5, 0.2):  # seconds; of a folder it is asked once
        start = time.monotonic()
        with files.alone(tmp_path / "file"):
            (tmp_path / "file").write_text("written")
        assert time.monotonic() - start < most
    assert {path.name for path in tmp_path.iterdir()} <= {"file", "file.lock"}


def test_a_folder_in_which_no_lock_can_be_made_is_told_at_once(tmp_path, monkeypatch):
    """As Windows does it: there a file that may not be made looks like one that is held."""

    def touch(self, **options):
        raise PermissionError(errno.EACCES, "Access is denied", str(self))

    monkeypatch.setattr(files.FileLock, "acquire", lambda self, **options: held(self))
    monkeypatch.setattr(files.Path, "touch", touch)
    start = time.monotonic()
    with pytest.raises(OSError, match="denied"), files.alone(tmp_path / "file"):
        pass
    assert time.monotonic() - start < 5


def held(lock):
    raise files.Timeout(lock.lock_file)


def test_a_lock_that_somebody_holds_on_to_is_waited_for_once(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "PATIENCE", 2)
    with files.alone(tmp_path / "file"):
        for least, most in ((2, 60), (0, 1.9)):
            start = time.monotonic()
            with pytest.raises(OSError, match="busy"), files.alone(tmp_path / "file"):
                pass
            assert least <= time.monotonic() - start < most
    with files.alone(tmp_path / "file"):
        pass


def trouble(call):
    with pytest.raises(OSError) as caught:  # noqa: PT011 - each system has a class of its own
        call()
    return files.why(caught.value)


def test_each_hindrance_names_the_path_and_what_to_do(tmp_path):
    link, file = tmp_path / "link", tmp_path / "file"
    file.touch()
    said = trouble(lambda: files.write(file / "below" / "x", ""))
    assert said == f"{file} is a file, where a folder is expected: rename it"
    if os.name != "nt":
        link.symlink_to(tmp_path / "gone")
        said = trouble(lambda: files.write(link / "below" / "x", ""))
        assert (
            said == f"{link} is a link to {tmp_path / 'gone'}, which is not there: bring that back, or delete the link"
        )
        long = tmp_path / ("x" * 300)
        assert "the path is too long for this system: move the course" in trouble(lambda: files.write(long / "x", ""))
    assert "it is a folder, where a file is expected" in trouble(tmp_path.read_bytes) or os.name == "nt"


def test_an_error_of_ours_is_said_as_it_stands():
    assert files.why(FileNotFoundError("there is no exercise 'x'")) == "there is no exercise 'x'"
    assert files.why(FileNotFoundError(errno.ENOENT, "No usable temporary directory found")).startswith("No usable")


@users.needs_posix
def test_what_keeps_from_writing_is_found_by_trying(tmp_path):
    assert files.hindrance(tmp_path) is None
    assert files.hindrance(tmp_path / "not" / "yet") is None
    (tmp_path / "file").touch()
    assert (
        files.hindrance(tmp_path / "file" / "below")[0] == f"{tmp_path / 'file'} is a file, where a folder is expected"
    )
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o555)
    code = "import sys; from lstm_helpers import files; print(files.hindrance(sys.argv[1]))"
    assert "closed: you may not write there" in users.run(code, closed).stdout
    below = users.run(code, closed / "home").stdout
    assert f"{closed / 'home'} is not there and cannot be made, since {closed}: you may not write there" in below
    full = users.run(code, tmp_path, room=100).stdout
    assert "no file of this size may be written there" in full
    assert sorted(p.name for p in tmp_path.iterdir()) == ["closed", "file"]
