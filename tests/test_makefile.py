"""``make lab`` sets the course up once, and anew where the environment that it finds is of no use any more."""

import os
import shutil
import subprocess
import sys

import pytest

from tests import ROOT

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the README names other commands for Windows")

# What takes minutes and the network stands aside: an environment without the real pip, which leaves what pip leaves.
PYTHON = """#!/bin/sh
if [ "$1 $2" = "-m venv" ]; then
  "{python}" -m venv --without-pip "$3" && mkdir "$(echo "$3"/lib/python3*/site-packages)/pip"
else
  exec "{python}" "$@"
fi
"""
PIP = r"""
import sys, pathlib
here = pathlib.Path.cwd()
(site,) = here.glob(".venv/lib/python3*/site-packages")
print("pip", *sys.argv[1:])
if "--editable" in sys.argv:
    (site / "course.pth").write_text(str(here))
    command = here / ".venv/bin/lstm-course"
    says = "import lstm_helpers, sys; print('RUNS', lstm_helpers.__file__, sys.argv[1])"
    command.write_text('#!/bin/sh\nexec "%s" -c "%s" "$@"\n' % (here / ".venv/bin/python", says))
    command.chmod(0o755)
"""
ANEW = "it is made anew"


@pytest.fixture
def folder(tmp_path):
    """A small course folder, not set up yet."""
    made = tmp_path / "my course"
    for name in ("Makefile", "requirements.lock", "pyproject.toml", "lstm_helpers/__init__.py"):
        (made / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, made / name)
    for name in ("tests/run.py", "tests/benchmarks/__main__.py"):
        (made / name).parent.mkdir(parents=True, exist_ok=True)
        (made / name).write_text("import lstm_helpers\nprint('RUNS', lstm_helpers.__file__)")
    (tmp_path / "python").write_text(PYTHON.format(python=os.path.realpath(sys.executable)))
    (tmp_path / "python").chmod(0o755)
    (tmp_path / "pip.py").write_text(PIP)
    return made


def make(folder, target="lab"):
    """What `make target` says there."""
    tools = folder.parent
    asked = ["make", target, f"PYTHON={tools / 'python'}", f"PIP='{sys.executable}' '{tools / 'pip.py'}'"]
    kept = {key: value for key, value in os.environ.items() if key not in ("MAKEFLAGS", "MAKELEVEL", "PYTHONPATH")}
    ran = subprocess.run(asked, cwd=folder, env=kept, capture_output=True, text=True, timeout=300)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def moved(folder):
    return folder.rename(folder.with_name("elsewhere"))


def copied(folder):
    return shutil.copytree(folder, folder.with_name("copy"), symlinks=True)


def moved_and_another_put_in_its_place(folder):
    there = moved(folder)
    shutil.copytree(there, folder, symlinks=True)
    return there


def without_its_python(folder):
    for link in (folder / ".venv" / "bin").glob("python*"):
        link.unlink()
        link.symlink_to(folder / "gone" / "python3.11")
    return folder


def with_a_newer_python_in_its_place(folder):
    (lib,) = (folder / ".venv" / "lib").glob("python3*")
    lib.rename(lib.with_name("python3.0"))  # what is asked now looks for its packages in its own folder
    return folder


LOST = (moved, copied, moved_and_another_put_in_its_place, without_its_python, with_a_newer_python_in_its_place)


def is_set_up(said):
    return "pip install --constraint" in said


def test_the_course_is_set_up_once(folder):
    assert is_set_up(first := make(folder))
    assert ANEW not in first
    again = make(folder)
    assert not is_set_up(again)
    assert f"RUNS {folder}/lstm_helpers/__init__.py lab" in again


@pytest.mark.parametrize("what", LOST)
def test_an_environment_that_is_lost_is_made_anew_and_said_to_be(folder, what):
    make(folder)
    there = what(folder)
    said = make(there)
    assert said.count(ANEW) == 1
    assert f"RUNS {there}/lstm_helpers/__init__.py lab" in said
    again = make(there)
    assert not is_set_up(again)
    assert ANEW not in again


@pytest.mark.parametrize("target", ["lab", "test", "check", "course", "bench", "site"])
def test_every_target_sees_that_the_folder_was_moved(folder, target):
    make(folder, target)
    there = moved(folder)
    said = make(there, target)
    assert ANEW in said
    assert f"RUNS {there}/lstm_helpers/__init__.py" in said


def test_a_setup_that_was_stopped_goes_on_where_it_was(folder):
    make(folder, ".venv/.torch")
    said = make(folder)
    assert ANEW not in said
    assert "pip install --no-deps torch" not in said
    assert f"RUNS {folder}/lstm_helpers/__init__.py lab" in said
