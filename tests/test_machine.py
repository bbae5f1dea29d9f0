"""A student's machine in a bad state: each command says in plain words what is wrong, the doctor knows it too, and
nothing is lost or left half done."""

import json
import os
import shutil
import subprocess
import sys
from types import SimpleNamespace

import pytest

from lstm_helpers import course, files
from lstm_helpers.course import copying, doctor, places, work
from lstm_helpers.lessons import start
from tests import ROOT, users

pytestmark = users.needs_posix
PAGE = "from lstm_helpers.lessons import start; page = start.course_map(); page._repr_html_(); print(repr(page))"
LAB = "import os; os.execve = lambda *call: print('JupyterLab starts'); from lstm_helpers.commands import cli; "
LAB += "import sys; sys.exit(cli.main(['lab', '--no-browser']))"


def make(folder):
    """A course folder with two exercises, without work/."""
    for name in ("03_gates.ipynb", "projects/text_generation.ipynb"):
        for where in ("exercises", "notebooks"):
            path = folder / where / name
            path.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / "exercises" / name, path)
    (folder / course.START_PAGE).write_text("{}")
    return folder


@pytest.fixture
def home(tmp_path, monkeypatch):
    home = make(tmp_path / "course")
    monkeypatch.setenv("LSTM_COURSE_HOME", str(home))
    monkeypatch.delenv("LSTM_COURSE_PROGRESS", raising=False)
    yield home
    home.chmod(0o755)


@pytest.fixture
def own(tmp_path):
    """A home folder of this user's."""
    (tmp_path / "ann").mkdir()
    return tmp_path / "ann"


def ask(home, own, **options):
    """What each command says, {name: finished process}; none may show a traceback."""
    options |= {"LSTM_COURSE_HOME": home, "HOME": own}
    ran = {
        "lab": users.run(LAB, **options),
        "reset": users.course("reset", "03_gates", **options),
        "page": users.run(PAGE, **options),
        "doctor": users.course("doctor", **options),
    }
    for name, process in ran.items():
        assert "Traceback" not in process.stderr + process.stdout, (name, process.stderr)
    return ran


def refused(home, own, sentence, finding, **options):
    """lab, reset and the doctor say the sentence and end with an error; the first page says it above the map."""
    ran = ask(home, own, **options)
    for name in ("lab", "reset"):
        assert ran[name].returncode == 2, name
        assert ran[name].stderr.startswith(f"lstm-course {name}: {sentence}"), name
        assert "JupyterLab starts" not in ran[name].stdout
    assert f"Not all is in place: {sentence}" in ran["page"].stdout
    assert "03_gates" in ran["page"].stdout
    assert ran["doctor"].returncode == 1
    assert f"PROBLEM {finding}: {sentence}" in ran["doctor"].stdout


def test_a_machine_in_order_starts(home, own):
    ran = ask(home, own)
    assert "JupyterLab starts" in ran["lab"].stdout, ran["lab"].stderr
    assert ran["reset"].returncode == ran["page"].returncode == 0
    assert "Not all is in place" not in ran["page"].stdout
    assert ran["doctor"].returncode == 0, ran["doctor"].stdout


def test_a_course_that_can_only_be_read(home, own):
    home.chmod(0o555)
    refused(home, own, f"{home}/work", "course folder")
    said = users.course("reset", "03_gates", LSTM_COURSE_HOME=home).stderr
    assert f"{home}/work: you may not write there: let yourself write there, or copy the course to a folder" in said


def test_work_that_can_only_be_read(home, own):
    (home / "work").mkdir(mode=0o555)
    refused(home, own, f"{home}/work", "course folder")


def test_work_that_is_a_link_to_what_is_gone(home, own):
    (home / "work").symlink_to("/gone/drive")
    refused(home, own, f"{home}/work is a link to /gone/drive, which is not there", "course folder")


def test_work_that_is_a_file(home, own):
    (home / "work").touch()
    refused(home, own, f"{home}/work is a file, where a folder is expected", "course folder")


def test_a_bundle_that_cannot_be_written(home, own, tmp_path):
    (tmp_path / "closed").mkdir(mode=0o555)
    ran = users.course("bundle", "--out", tmp_path / "closed" / "course.zip", HOME=own)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr.startswith(f"lstm-course bundle: {tmp_path / 'closed' / 'course.zip'}: you may not write there: ")


def test_a_bundle_of_what_is_no_course_says_what_is_missing(home, own, tmp_path):
    ran = users.course("bundle", "--out", tmp_path / "course.zip", LSTM_COURSE_HOME=home)
    assert ran.returncode == 2
    assert ran.stderr.startswith(f"lstm-course bundle: {home / 'CITATION.cff'}: it is not there")


@pytest.mark.parametrize("name", ["closed", "closed/missing", "file", "file/below", "gone"])
def test_a_home_folder_that_jupyter_cannot_write_in(home, tmp_path, name):
    (tmp_path / "closed").mkdir(mode=0o555)
    (tmp_path / "file").touch()
    (tmp_path / "gone").symlink_to(tmp_path / "closed" / "drive")
    ran = ask(home, tmp_path / name)
    assert ran["lab"].returncode == 2
    assert ran["lab"].stderr.startswith("lstm-course lab: JupyterLab cannot start here: ")
    assert "or name another home for Jupyter: set HOME to a folder in which you may write" in ran["lab"].stderr
    assert "PROBLEM Jupyter's folders: " in ran["doctor"].stdout
    assert ran["reset"].returncode == 0  # what needs no home goes on
    assert "Not all is in place" not in ran["page"].stdout


def test_a_course_home_that_is_no_course(own, tmp_path):
    ran = ask(tmp_path / "typo", own)
    sentence = f"LSTM_COURSE_HOME is {tmp_path / 'typo'}, which does not hold notebooks/00_start_here.ipynb: correct it"
    for name in ("lab", "reset"):
        assert ran[name].stderr.startswith(f"lstm-course {name}: {sentence}")
    assert f"Not all is in place: {sentence}" in ran["page"].stdout
    assert f"PROBLEM course folder: {sentence}" in ran["doctor"].stdout
    check = "from lstm_helpers import checks; print(checks.check('sigmoid', ...).text)"
    assert f"could not be remembered: {sentence}" in users.run(check, LSTM_COURSE_HOME=tmp_path / "typo").stdout
    assert not (tmp_path / "typo").exists()


def test_a_relative_course_home_means_the_same_in_a_notebook(home, own, monkeypatch):
    monkeypatch.setenv("LSTM_COURSE_HOME", ".")
    for below in (".", "notebooks", "notebooks/projects"):
        monkeypatch.chdir(home / below)
        assert course.root() == home.resolve()
    monkeypatch.setenv("LSTM_COURSE_HOME", home.name)
    monkeypatch.chdir(home / "notebooks")
    assert course.root() == home.resolve()


def test_a_relative_folder_of_own_sheets_counts_from_the_course_folder(home):
    shutil.copytree(ROOT / "docs" / "own-sheets", home / "mine")
    check = "import os; os.chdir('notebooks'); from lstm_helpers import checks; print(checks.check('leak', ...).text)"
    ran = users.run(f"import os; os.chdir({str(home)!r}); {check}", LSTM_COURSE_HOME=".", LSTM_COURSE_SHEETS="mine")
    assert "leak: wrong, 0 of 2 points" in ran.stdout, ran.stdout + ran.stderr


# ---------------------------------------------------------------- a full disk


def test_a_disk_that_is_full_at_the_first_start_leaves_no_copy_in_part_and_the_next_start_makes_it(home, own):
    sizes = sorted(path.stat().st_size for path in (home / "exercises").rglob("*.ipynb"))
    ran = users.run(LAB, room=(sizes[0] + sizes[1]) // 2, LSTM_COURSE_HOME=home, HOME=own)
    assert ran.returncode == 2
    assert "no file of this size may be written there" in ran.stderr
    laid_out = {path for _, path in work.exercises() if path.exists()}
    assert len(laid_out) < 2
    assert not list((home / "work").rglob("*.part"))
    work.lay_out()
    pairs = [*work.exercises(), *work.lessons()]
    assert len(pairs) == 5
    assert all(path.read_bytes() == copying.laid_out(source) for source, path in pairs)


@pytest.mark.parametrize("share", [0, 0.5])
def test_a_copy_that_a_full_disk_cut_off_earlier_is_made_anew(home, share):
    source, copy = work.exercises()[0]
    whole = copying.laid_out(source)
    files.write(copy, whole[: int(share * len(whole))])
    assert doctor_says(home, "your notebooks").text.startswith("work/03_gates.ipynb: ")
    assert copy in work.lay_out()
    assert copy.read_bytes() == whole


def test_a_copy_that_is_damaged_is_named_when_the_course_is_opened(home, own):
    work.lay_out()
    (home / "work" / "03_gates.ipynb").write_text("{}")
    ran = users.run(LAB, LSTM_COURSE_HOME=home, HOME=own)
    assert "work/03_gates.ipynb: no notebook: it holds no cells" in ran.stdout, ran.stderr
    assert "lstm-course reset 03_gates` gives you a fresh one" in ran.stdout
    assert "JupyterLab starts" in ran.stdout


def test_work_of_the_students_own_is_never_made_anew(home):
    source, copy = work.exercises()[0]
    for mine in (source.read_bytes() + b" ", b"{}", b"broken"):
        files.write(copy, mine)
        work.lay_out()
        assert copy.read_bytes() == mine


def test_a_reset_on_a_full_disk_leaves_the_copy_where_it_is(home, own):
    files.write(home / "work" / "03_gates.ipynb", "mine")
    ran = users.course("reset", "03_gates", room=1000, LSTM_COURSE_HOME=home, HOME=own)
    assert ran.returncode == 2
    assert [(p.name, p.read_text()) for p in (home / "work").iterdir()] == [("03_gates.ipynb", "mine")]


def test_a_copy_that_is_a_link_to_what_is_gone_is_kept_by_a_reset(home):
    copy = home / "work" / "03_gates.ipynb"
    copy.parent.mkdir()
    copy.symlink_to("/gone/drive")
    assert copy not in work.lay_out()
    assert "`lstm-course reset 03_gates`" in doctor_says(home, "your notebooks").remedy
    fresh, backup = work.reset("03_gates")
    assert fresh.read_bytes() == copying.laid_out(home / "exercises" / "03_gates.ipynb")
    assert os.readlink(backup) == "/gone/drive"


# ---------------------------------------------------------------- names of folders

NAMES = ["[CS 101]", "week::3", "Übung ß 深い", "a  b ", "100% {x}", "--out", "x" * 200, "l/" * 60]


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_a_course_may_lie_in_a_folder_of_any_name(tmp_path, own, name):
    home = make(tmp_path / name)
    ran = ask(home, own)
    assert "JupyterLab starts" in ran["lab"].stdout, ran["lab"].stderr
    assert ran["reset"].returncode == ran["doctor"].returncode == 0
    assert "Not all is in place" not in ran["page"].stdout


def test_what_a_terminal_cannot_show_is_shown_as_it_can(tmp_path, own):
    home = make(tmp_path / "深い")
    ran = users.course("doctor", LSTM_COURSE_HOME=home, HOME=own, PYTHONIOENCODING="ascii")
    assert "course folder: " in ran.stdout, ran.stderr
    assert "\\u6df1" in ran.stdout


def test_a_command_may_be_run_in_a_notebook_whose_output_is_no_terminal(home, own):
    code = "import sys; from lstm_helpers.commands import cli; "
    code += "plain = {'write': sys.stdout.write, 'flush': lambda self: None}\n"
    code += "sys.stdout = type('Out', (), plain)(); cli.main(['reset', '03_gates'])"
    ran = users.run(code, LSTM_COURSE_HOME=home, HOME=own)
    assert "work/03_gates.ipynb is fresh." in ran.stdout, ran.stderr


# ---------------------------------------------------------------- what the doctor sees


def doctor_says(home, name):
    (finding,) = [finding for finding in doctor.examine() if finding.name == name]
    return finding


def test_the_doctor_knows_a_damaged_progress_file_and_one_that_cannot_be_written(home):
    files.write(home / "work" / "progress.json", "{half")
    finding = doctor_says(home, "your progress")
    assert (finding.ok, finding.needed) == (False, False)
    assert finding.text.endswith("progress.json is damaged")
    assert "the next check in a notebook keeps the file as progress.broken-*.json" in finding.remedy
    files.write(home / "work" / "progress.json", json.dumps({"version": 99}))
    assert "newer version" in doctor_says(home, "your progress").text


def test_the_doctor_finds_a_temporary_folder_that_is_not_there(home, monkeypatch):
    def none():
        raise FileNotFoundError("No usable temporary directory found")

    assert doctor_says(home, "temporary folder").ok
    monkeypatch.setattr(places.tempfile, "gettempdir", none)
    assert "TMPDIR" in doctor_says(home, "temporary folder").remedy


def test_the_doctor_finds_a_package_that_only_this_folder_gives(home, monkeypatch):
    monkeypatch.setattr(places.subprocess, "run", lambda *a, **k: SimpleNamespace(returncode=1, stdout=""))
    finding = doctor_says(home, "the course's package")
    assert (finding.ok, finding.needed) == (False, True)
    assert "make lab" in finding.remedy


def test_the_doctor_finds_a_package_of_another_course_folder(home):
    assert doctor_says(home, "the course's package").ok
    (home / "lstm_helpers").mkdir()
    finding = doctor_says(home, "the course's package")
    assert (finding.ok, finding.needed) == (False, False)
    assert "which is not in this folder" in finding.text


def test_the_doctor_says_when_windows_may_find_a_path_too_long(home, monkeypatch):
    assert doctor_says(home, "length of paths").ok
    monkeypatch.setattr(places.sys, "platform", "win32")
    assert places._length("C:\\Users\\Jürgen\\lstm-course").ok
    assert "shorter path" in places._length("C:\\Users\\" + "x" * 70).remedy


def test_the_doctor_finds_a_user_without_any_home(home, monkeypatch):
    from jupyter_core import paths

    def none():
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(paths, "jupyter_config_dir", none)
    assert "names no home folder" in doctor_says(home, "Jupyter's folders").text


# ---------------------------------------------------------------- two first pages at once

LAYER = "from lstm_helpers.course import work; print(len(work.lay_out()))"


def test_two_first_pages_at_once_lay_out_each_notebook_once(home):
    environment = os.environ | {"LSTM_COURSE_HOME": str(home)}
    command = [sys.executable, "-c", LAYER]
    opened = [subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    assert sum(int(process.communicate(timeout=300)[0]) for process in opened) == 5
    assert start.course_map().trouble == ""
