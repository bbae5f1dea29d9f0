"""The doctor finds what is wrong on a machine and says what to do; the starter asks JupyterLab for the right things."""

import json
import os
import socket
import subprocess
import sys
from importlib import metadata
from types import SimpleNamespace

import pytest

from lstm_helpers import course
from lstm_helpers.commands import lab
from lstm_helpers.course import doctor


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A small course folder, and this process inside it."""
    for name in ("notebooks/00_start_here.ipynb", "exercises/03_gates.ipynb", "exercises/projects/speech.ipynb"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{}")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LSTM_COURSE_HOME", raising=False)
    return tmp_path


def found(name):
    """The one Finding of that name."""
    (finding,) = [f for f in doctor.examine() if f.name == name]
    return finding


# the report


def test_a_machine_that_runs_these_tests_has_no_problem(folder):
    findings = doctor.examine()
    assert [f.text for f in findings if f.needed and not f.ok] == []
    assert len({f.name for f in findings}) == len(findings)
    report = doctor.report(findings)
    assert "PROBLEM" not in report
    assert report.endswith("This machine has what the course needs.")


def test_every_dependency_is_looked_at():
    required = [r for r in metadata.requires("lstm-helpers") if "extra" not in r]
    assert len(required) >= 10
    names = {f.name for f in doctor.examine()}
    assert all(any(r.startswith(name) for name in names) for r in required)


def test_the_report_says_what_was_found_and_what_to_do():
    report = doctor.report([
        doctor.Finding("disk", False, True, "0.1 GB free; half a gigabyte is needed", "delete what you no longer need"),
        doctor.Finding("port", False, False, "8888 is in use", "nothing"),
        doctor.Finding("memory", True, False, "8.0 GB", "never said"),
    ])  # fmt: skip
    assert report.splitlines() == [
        "PROBLEM disk: 0.1 GB free; half a gigabyte is needed",
        "        What to do: delete what you no longer need.",
        "note    port: 8888 is in use",
        "        What to do: nothing.",
        "ok      memory: 8.0 GB",
        "",
        "1 problem to put right: disk.",
    ]


def test_examining_loads_none_of_the_packages_it_asks_about():
    code = (
        "import sys; from lstm_helpers.course import doctor; doctor.examine();"
        "print(*[m for m in ('torch', 'numpy', 'matplotlib', 'ipywidgets', 'jupyterlab') if m in sys.modules])"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == ""


# each thing that can be wrong


def test_an_old_python_is_a_problem(monkeypatch):
    monkeypatch.setattr(doctor.sys, "version_info", (3, 9, 2))
    finding = found("Python")
    assert (finding.ok, finding.needed) == (False, True)
    assert "3.9.2; 3.11 or newer is needed" in finding.text
    assert "make lab PYTHON=" in finding.remedy


def test_a_package_that_is_missing_is_a_problem(monkeypatch):
    real = metadata.version

    def version(name):
        if name == "nbval":
            raise metadata.PackageNotFoundError(name)
        return real(name)

    monkeypatch.setattr(doctor.importlib.metadata, "version", version)
    finding = found("nbval")
    assert (finding.ok, finding.needed, finding.text) == (False, True, "not installed; 0.11 or newer is needed")
    assert "make lab" in finding.remedy
    assert "environment.yml" in finding.remedy


def test_a_package_whose_files_are_gone_is_a_problem(monkeypatch):
    real = doctor.importlib.util.find_spec
    monkeypatch.setattr(doctor.importlib.util, "find_spec", lambda name: None if name == "tqdm" else real(name))
    assert "files are missing" in found("tqdm").text


def test_the_course_package_itself_may_be_missing(monkeypatch):
    def requires(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(doctor.importlib.metadata, "requires", requires)
    assert not found("lstm-helpers").ok


@pytest.mark.parametrize(
    ("version", "ok"),
    [("0.9.18", True), ("0.9.17", False), ("0.10", True), ("0.11.0.post1", True), ("1.0.0", False), ("1", False)],
)
def test_a_version_outside_its_range_is_a_problem(monkeypatch, version, ok):
    real = metadata.version
    monkeypatch.setattr(
        doctor.importlib.metadata, "version", lambda name: version if name == "anywidget" else real(name)
    )
    finding = found("anywidget")
    assert finding.ok is ok
    assert finding.text == f"version {version}; 0.9.18 or newer, below 1 is needed"


@pytest.mark.parametrize(("version", "ok"), [("0.3", True), ("0.6", True), ("0.2", False), ("1.0", False)])
def test_a_compatible_version_is_asked_for_as_pip_does(monkeypatch, version, ok):
    monkeypatch.setattr(doctor.importlib.metadata, "requires", lambda name: ["editables~=0.3", "tqdm~=4.66.1"])
    monkeypatch.setattr(doctor.importlib.metadata, "version", lambda name: version)
    assert (found("editables").ok, found("tqdm").ok) == (ok, False)
    assert found("tqdm").text.endswith("4.66.1 or newer, below 4.67 is needed")


def test_a_local_build_of_torch_counts_by_its_version(monkeypatch):
    real = metadata.version
    monkeypatch.setattr(doctor.importlib.metadata, "version", lambda name: "2.5+cpu" if name == "torch" else real(name))
    assert not found("torch").ok


@pytest.mark.parametrize("library", ["libtorch_cuda.so", "torch_cuda.dll"])
def test_a_cuda_build_of_torch_is_a_note(monkeypatch, tmp_path, library):
    (tmp_path / "torch" / "lib").mkdir(parents=True)
    real = doctor.importlib.util.find_spec
    spec = SimpleNamespace(origin=str(tmp_path / "torch" / "__init__.py"))
    monkeypatch.setattr(doctor.importlib.util, "find_spec", lambda name: spec if name == "torch" else real(name))
    assert found("torch's build").text == "for the processor"
    (tmp_path / "torch" / "lib" / library).touch()
    finding = found("torch's build")
    assert (finding.ok, finding.needed) == (False, False)
    assert "several gigabytes" in finding.text
    assert "CPU build" in finding.remedy


def test_little_memory_and_one_core_are_notes(monkeypatch):
    monkeypatch.setattr(doctor, "memory", lambda: 2 * doctor.GIB)
    monkeypatch.setattr(doctor.os, "sched_getaffinity", lambda pid: {0}, raising=False)
    memory, cores = found("memory"), found("processor")
    assert (memory.ok, memory.needed, memory.text) == (False, False, "2.0 GB; 4 GB is enough")
    assert (cores.ok, cores.needed) == (False, False)
    assert cores.text.startswith("1 core;")


def test_memory_is_a_plausible_number_or_unknown(monkeypatch):
    assert 2**28 < doctor.memory() < 2**50
    monkeypatch.delattr(doctor.os, "sysconf")
    assert doctor.memory() is None
    assert found("memory").ok


def test_outside_the_course_folder_is_a_problem(monkeypatch):
    def nowhere():
        raise FileNotFoundError("this is not inside the course folder")

    monkeypatch.setattr(course, "root", nowhere)
    finding = found("course folder")
    assert (finding.ok, finding.needed) == (False, True)


def test_a_course_home_that_is_no_course_is_a_problem(tmp_path, monkeypatch):
    monkeypatch.setenv("LSTM_COURSE_HOME", str(tmp_path))
    finding = found("course folder")
    assert (finding.ok, finding.needed) == (False, True)
    assert finding.text.startswith(f"LSTM_COURSE_HOME is {tmp_path}, which does not hold notebooks/00_start_here.ipynb")
    for told in (finding, found("your progress")):
        assert "set LSTM_COURSE_HOME to a course folder" in told.remedy
        assert "`unset LSTM_COURSE_HOME`, in PowerShell `Remove-Item Env:LSTM_COURSE_HOME`" in told.remedy


@pytest.mark.parametrize(
    ("variable", "value", "remedy"),
    [
        ("LSTM_COURSE_SHEETS", "nowhere", "set LSTM_COURSE_SHEETS to a folder with sheets of checks"),
        ("LSTM_COURSE_BROWSER", "/nowhere/chrome", "set LSTM_COURSE_BROWSER to a browser's program"),
        ("LSTM_COURSE_PROGRESS", "notebooks", "set LSTM_COURSE_PROGRESS to a file"),
        ("LSTM_COURSE_HOEM", "/a course", "write LSTM_COURSE_HOME, "),
    ],
)
def test_a_variable_of_the_course_with_a_wrong_value_is_named_with_it(folder, monkeypatch, variable, value, remedy):
    monkeypatch.setenv(variable, value)
    finding = found(variable)
    assert (finding.ok, finding.needed) == (False, False)
    assert finding.text.startswith(f"it is {value}, ")
    assert finding.remedy.startswith(remedy)


def test_variables_of_the_course_that_are_in_order_are_no_finding(folder, monkeypatch):
    for name, value in (("HOME", folder), ("SHEETS", folder), ("PROGRESS", "off"), ("STRICT", "1")):
        monkeypatch.setenv(f"LSTM_COURSE_{name}", str(value))
    assert not [f for f in doctor.examine() if f.name.startswith("LSTM_COURSE_")]
    assert found("course folder").text == f"{folder}, as LSTM_COURSE_HOME says ({folder})"


def test_progress_that_cannot_be_written_where_a_variable_says_names_it(folder, monkeypatch):
    (folder / "a file").write_text("")
    monkeypatch.setenv("LSTM_COURSE_PROGRESS", "a file/progress.json")
    finding = found("your progress")
    assert "(LSTM_COURSE_PROGRESS is a file/progress.json)" in finding.text
    assert "`unset LSTM_COURSE_PROGRESS`" in finding.remedy


def test_a_full_disk_is_a_problem(folder, monkeypatch):
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda path: SimpleNamespace(free=doctor.GIB // 10))
    disk = found("disk")
    assert (disk.ok, disk.needed, disk.text[:11]) == (False, True, "0.1 GB free")


def test_jupyterlab_without_its_parts_is_a_problem(monkeypatch, tmp_path):
    monkeypatch.setattr(doctor.sys, "prefix", str(tmp_path))
    for name in ("sliders in JupyterLab", "explorers in JupyterLab", "JupyterLab's pages", "Python in JupyterLab"):
        assert not found(name).ok, name
    assert found("fonts").text == "missing for formulas"


def test_a_port_in_use_is_a_note():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        finding = doctor._port(taken.getsockname()[1])
    assert (finding.ok, finding.needed) == (False, False)
    assert "in use" in finding.text


def test_the_browser_named_in_the_environment_comes_first(monkeypatch, tmp_path):
    browser = tmp_path / "my-browser"
    browser.touch()
    monkeypatch.setenv("LSTM_COURSE_BROWSER", str(browser))
    assert doctor.find_browser() == str(browser)
    monkeypatch.setenv("LSTM_COURSE_BROWSER", str(tmp_path / "none"))
    assert doctor.find_browser() is None
    finding = found("browser for the tests")
    assert (finding.ok, finding.needed) == (False, False)


# the starter


def test_the_command_opens_the_first_page_offline_and_without_the_news(folder):
    arguments = lab.command(folder)
    assert arguments[:3] == [sys.executable, "-m", "jupyterlab"]
    assert f"--ServerApp.root_dir={folder}" in arguments
    assert "--LabApp.default_url=/lab/tree/notebooks/00_start_here.ipynb" in arguments
    assert "--LabApp.extension_manager=readonly" in arguments
    assert f"--LabApp.app_settings_dir={lab.SETTINGS}" in arguments
    settings = json.loads((lab.SETTINGS / "overrides.json").read_text())
    assert settings == {
        "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False},
        "@jupyter-widgets/jupyterlab-manager:plugin": {"saveState": True},  # so that a guess shows when opened again
    }


def test_options_of_the_command(folder):
    plain, full = lab.command(folder), lab.command(folder, open_browser=False, port=8890, as_root=True)
    assert sorted(set(full) - set(plain)) == ["--ServerApp.port=8890", "--allow-root", "--no-browser"]


def test_threads_are_two_at_most_unless_the_student_says():
    assert lab.environment({"A": "1"})["OMP_NUM_THREADS"] in ("1", "2")
    assert lab.environment({"OMP_NUM_THREADS": "7"})["OMP_NUM_THREADS"] == "7"


@pytest.mark.skipif(os.name == "nt", reason="exec is used on other systems than Windows")
@pytest.mark.parametrize("user", [0, 1000])
def test_starting_lays_out_exercises_and_becomes_jupyterlab(folder, monkeypatch, capsys, user):
    calls = []
    monkeypatch.setattr(lab.os, "execve", lambda *call: calls.append(call))
    monkeypatch.setattr(lab.os, "geteuid", lambda: user)
    (folder / "work").mkdir()
    (folder / "work" / "03_gates.ipynb").write_text("mine")
    lab.start(open_browser=False, port=8890)
    ((program, arguments, environment),) = calls
    assert program == sys.executable
    assert arguments == lab.command(folder, False, 8890, as_root=user == 0)
    assert environment["OMP_NUM_THREADS"]
    assert environment["LSTM_COURSE_HOME"] == str(folder)
    assert (folder / "work" / "03_gates.ipynb").read_text() == "mine"
    assert (folder / "work" / "projects" / "speech.ipynb").is_file()
    said = capsys.readouterr().out
    assert "Laid out 1 notebook in" in said
    assert ("root" in said.replace(str(folder), "")) is (user == 0)


# the map


def test_the_root_is_found_from_below_and_named_by_the_environment(folder, monkeypatch):
    monkeypatch.chdir(folder / "exercises" / "projects")
    assert course.root() == folder.resolve()
    monkeypatch.chdir(folder.parent)
    monkeypatch.setenv("LSTM_COURSE_HOME", str(folder))
    assert course.root() == folder
