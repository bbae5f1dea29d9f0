"""The course in the browser: what is served, and that nothing else is asked for."""

import importlib.metadata
import io
import itertools
import json
import re
import subprocess
import sys
import tarfile
import zipfile

import numpy as np
import pytest
from packaging.requirements import Requirement

from lstm_helpers import course, files
from lstm_helpers.course import doctor
from lstm_helpers.site import lite, recorded
from tests import ROOT
from tests.site import python_of_the_browser

QUICK = ("13_exam", "04_cell_state")  # lessons that take seconds in the browser's Python


# ---------------------------------------------------------------- what is served


def settings(folder):
    held = json.loads((folder / "jupyter-lite.json").read_text())["jupyter-config-data"]
    return held, held["litePluginSettings"]["@jupyterlite/pyodide-kernel-extension:kernel"]


def test_pyodide_comes_from_the_folder_and_packages_from_nowhere_else_in_a_second_build_too(lite_folder):
    _, kernel = settings(lite_folder)
    assert kernel["pyodideUrl"] == "./static/pyodide/pyodide.js"
    assert kernel["disablePyPIFallback"] is True
    assert all(url.startswith("./") for url in kernel["pipliteUrls"])


@pytest.mark.parametrize("lost", ["pyodideUrl", "disablePyPIFallback"])
def test_a_build_that_would_ask_elsewhere_is_refused(lite_folder, tmp_path, lost):
    held, kernel = settings(lite_folder)
    del kernel[lost]
    (tmp_path / "jupyter-lite.json").write_text(json.dumps({"jupyter-config-data": held}))
    with pytest.raises(ValueError, match="from elsewhere"):
        lite._sound(tmp_path)


def test_the_lock_names_what_lies_there_and_nothing_needs_what_does_not(lite_folder):
    place = lite_folder / "static" / "pyodide"
    packages = json.loads((place / "pyodide-lock.json").read_text())["packages"]
    for name, package in packages.items():
        assert lite._digest((place / package["file_name"]).read_bytes()) == package["sha256"], name
        assert {lite.canonical(needed) for needed in package["depends"]} <= packages.keys(), name
    assert {lite.canonical(name) for name in lite.STARTED} <= packages.keys()
    wheels = {path.name for path in place.iterdir() if path.suffix in (".whl", ".zip")} - {"python_stdlib.zip"}
    assert wheels == {package["file_name"] for package in packages.values()}


def test_what_pyodide_brings_is_as_its_own_lock_says(lite_folder):
    packages = json.loads((lite_folder / "static" / "pyodide" / "pyodide-lock.json").read_text())["packages"]
    for name, official in lite.OFFICIAL["packages"].items():
        spared = set(official["depends"]) - set(packages[name]["depends"])
        assert spared <= set(lite.SPARED), name
        assert packages[name] == official | {"depends": packages[name]["depends"]}


def test_the_widgets_of_the_page_fit_those_of_the_kernel(lite_folder):
    manager = json.loads((lite_folder / "extensions" / "@jupyter-widgets/jupyterlab-manager/package.json").read_text())
    assert "jupyterlab" in manager
    wanted = {Requirement(text).name: Requirement(text) for text in importlib.metadata.requires("ipywidgets")}
    assert wanted["jupyterlab_widgets"].specifier.contains(importlib.metadata.version("jupyterlab_widgets"))
    assert (lite_folder / "extensions" / "anywidget" / "package.json").is_file()
    names = [path.name for path in (lite_folder / "static" / "pyodide").iterdir()]
    assert not [name for name in names if name.startswith("widgetsnbextension")]  # 2 MB for another page


def test_no_answer_no_grader_and_nothing_for_torch_is_served(lite_folder):
    texts = {path: path.read_text() for path in (lite_folder / "files").rglob("*.ipynb")}
    assert {path.name for path in texts if path.parent.name == "work"} == {
        f"{lesson.stem}.ipynb" for lesson in course.LESSONS if lesson.number in lite.STEMS and lesson.has_sheet
    }
    for path, text in texts.items():
        assert "### BEGIN SOLUTION" not in text, path
        own = "work" in path.parts
        code = ["".join(cell["source"]) for cell in json.loads(text)["cells"] if cell["cell_type"] == "code"]
        assert not own or not [source for source in code if re.search(r"^ *(?:import|from) torch\b", source, re.M)], (
            path
        )
    (wheel,) = (lite_folder / "static" / "pyodide").glob("lstm_helpers-*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert not [name for name in names if re.search(r"/(?:grading|commands|projects)/|hidden.*\.npz|\.xz$", name)]


def test_every_page_says_how_to_end_a_loop_and_the_first_one_where_work_is_kept(lite_folder):
    for path in (lite_folder / "files" / "work").rglob("*.ipynb"):
        assert "*Restart Kernel*" in path.read_text(), path
    first = (lite_folder / "files" / "work" / "lessons" / "00_start_here.ipynb").read_text()
    assert "work/progress.json" in first
    assert "lstm-course progress --import" in first


def test_what_the_first_page_says_of_the_cell_below_stands_above_it(lite_folder):
    first = (lite_folder / "files" / "work" / "lessons" / "00_start_here.ipynb").read_text()
    said, code = next(pair for pair in itertools.pairwise(json.loads(first)["cells"]) if pair[1]["cell_type"] == "code")
    assert "Click into the cell below" in "".join(said["source"])
    assert "check_environment()" in "".join(code["source"])


def test_no_page_of_a_students_asks_for_a_terminal_or_for_copies_that_are_there(lite_folder):
    for path in (lite_folder / "files" / "work").rglob("*.ipynb"):
        for cell in json.loads(path.read_text())["cells"]:
            if cell["id"] != "in-the-browser":
                said = "".join(cell["source"])
                assert not re.search(r"(?i)\bterminal\b|lstm-course (?!mine)|the link finds nothing", said), path


def test_a_file_of_others_that_has_changed_is_not_mended_but_refused(tmp_path):
    (tmp_path / "service-worker.js").write_text("let enableCache=!1,enableCache=!1")
    with pytest.raises(ValueError, match="service-worker.js is not as it was"):
        lite._change(tmp_path / "service-worker.js", {"enableCache=!1": "enableCache=!0"})


def test_scripts_of_others_of_which_none_is_as_it_was_are_refused(tmp_path):
    (tmp_path / "1.js").write_text("find((e=>e.title===o))")
    with pytest.raises(ValueError, match="no script in .* is as it was, 'e.name===o'"):
        lite._change_scripts(tmp_path, {"e.name===o": "e.path===r"})


def test_the_start_page_opens_where_no_other_is_named(lite_folder):
    (start,) = re.findall(r'\?\? "(work/[^"]+)"', (lite_folder / "lab" / "index.html").read_text())
    assert (lite_folder / "files" / start).is_file()


def test_links_lead_to_what_is_there_or_say_that_it_is_in_the_installed_course(lite_folder):
    files = lite_folder / "files"
    for path in files.rglob("*.ipynb"):
        for cell in json.loads(path.read_text())["cells"]:
            if cell["cell_type"] == "markdown":
                for _, target, _ in lite.ELSEWHERE.findall("".join(cell["source"])):
                    assert (path.parent / target).is_file(), f"{path.relative_to(files)} links to {target}"


# ---------------------------------------------------------------- the archive


def packed(files, folder="pyodide"):
    """A .tar.bz2 of {name: bytes} in a folder, as Pyodide is released."""
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w:bz2") as made:
        for name, content in files.items():
            info = tarfile.TarInfo(f"{folder}/{name}")
            info.size = len(content)
            made.addfile(info, io.BytesIO(content))
    return data.getvalue()


@pytest.fixture
def small(monkeypatch):
    """A Pyodide of two small files."""
    files = {"pyodide.js": b"core", "numpy-1-any.whl": b"numpy"}
    official = {"core": {"pyodide.js": lite._digest(b"core")}, "info": {"version": "0.0"}, "packages": {}}
    official["packages"]["numpy"] = {"file_name": "numpy-1-any.whl", "sha256": lite._digest(b"numpy")}
    monkeypatch.setattr(lite, "OFFICIAL", official)
    return files


def test_a_release_is_read_whatever_else_it_holds(small, tmp_path):
    (tmp_path / "pyodide-0.0.tar.bz2").write_bytes(packed(small | {"scipy-1-any.whl": b"scipy"}))
    assert lite.distribution(tmp_path / "pyodide-0.0.tar.bz2") == small


def test_a_file_that_was_changed_is_refused_by_name(small, tmp_path):
    (tmp_path / "a.tar.bz2").write_bytes(packed(small | {"numpy-1-any.whl": b"other"}))
    with pytest.raises(ValueError, match="numpy-1-any.whl is not the file"):
        lite.distribution(tmp_path / "a.tar.bz2")


def test_an_archive_without_a_file_is_refused_by_its_name(small, tmp_path):
    (tmp_path / "a.tar.bz2").write_bytes(packed({"pyodide.js": b"core"}))
    with pytest.raises(ValueError, match="does not hold pyodide/numpy-1-any.whl"):
        lite.distribution(tmp_path / "a.tar.bz2")


# ---------------------------------------------------------------- torch's numbers


def test_torch_still_gives_the_numbers_that_stand_in_for_it():
    import torch

    x = torch.tensor(recorded.torch("04/input")["x"], dtype=torch.float64)
    weights = {name: torch.tensor(w, dtype=torch.float64) for name, w in recorded.torch("04/weights").items()}
    cell = torch.nn.LSTMCell(x.shape[1], len(weights["W_h"])).double()
    cell.load_state_dict(
        {"weight_ih": weights["W_x"].T, "weight_hh": weights["W_h"].T, "bias_ih": weights["b"]}
        | {"bias_hh": torch.zeros_like(weights["b"])}
    )
    state, seen = None, []
    with torch.no_grad():
        for x_t in x:
            state = cell(x_t[None], state)
            seen.append(torch.cat(state).numpy())
    for name, values in zip("hc", np.stack(seen, 1), strict=True):
        np.testing.assert_allclose(values, recorded.torch("04/float64")[name], atol=1e-12)


def test_a_lesson_whose_cell_has_changed_is_refused():
    cell = {"cell_type": "code", "source": "import numpy", "outputs": []}
    with pytest.raises(ValueError, match="04_cell_state: no cell begins with"):
        recorded.adapted("04_cell_state", [cell], [cell])


def test_a_lesson_whose_words_have_changed_is_refused():
    cell = {"cell_type": "markdown", "source": "another text", "outputs": []}
    with pytest.raises(ValueError, match="does not say 'whether everything is installed"):
        recorded.adapted("00_start_here", [cell], [cell])


# ---------------------------------------------------------------- long trainings


def test_what_was_trained_elsewhere_is_what_lesson_1_trains():
    """Else: `python -m tests.site.record_training`."""
    from lstm_helpers import nn
    from lstm_helpers.data import pride_and_prejudice
    from lstm_helpers.lessons.sequences import experiments

    text, weights, run = pride_and_prejudice(), recorded.trained("01/weights"), recorded.trained("01/run")
    vocab = np.array(sorted(set(text)))
    ids = experiments.numbered(text, vocab)
    rng = np.random.default_rng(1)
    parts = {"rnn": nn.RNN(len(vocab), 128, rng=rng), "readout": nn.Linear(128, len(vocab), rng=rng)}
    untrained = experiments.bits_on(**parts, ids=ids[int(0.8 * len(ids)) :][:20_000])
    for name, w in weights.items():
        part, _, of = name.partition(".")
        parts[part].params[of][...] = w
    trained = experiments.bits_on(**parts, ids=ids[int(0.8 * len(ids)) :][:20_000])
    np.testing.assert_allclose(run["prices"][[0, -1]], [untrained, trained], atol=0.01)
    assert len(run["prices"]) == len(run["samples"]) == 1 + len(run["steps"])
    assert run["steps"].tolist() == list(range(200, 6001, 200))


# ---------------------------------------------------------------- its Python, without a browser


OVERFLOWS = """def sigmoid(z):
    return 1 / (1 + np.exp(-z))"""
POWER = """def sigmoid(z):
    return 1 / (1 + 2.718281828459045 ** -z)"""
DIVIDES = """def steps_to_half(b):
    return np.log(0.5) / np.log(1 / (1 + np.exp(-b)))"""


def test_in_its_python_right_is_right_and_wrong_is_wrong_and_lessons_run(lite_folder, tmp_path):
    """All sheets and all lessons: `python -m tests.benchmarks browser`."""
    naive = tmp_path / "naive.ipynb"
    sources = ["import numpy as np\nfrom lstm_helpers.checks import check", OVERFLOWS, 'check("sigmoid", sigmoid)']
    sources += [POWER, 'check("sigmoid", sigmoid)', DIVIDES, 'check("steps_to_half", steps_to_half)']
    naive.write_text(json.dumps({"cells": [{"cell_type": "code", "source": source} for source in sources]}))
    lessons = [lite_folder / "files" / "work" / "lessons" / f"{stem}.ipynb" for stem in QUICK]
    right, wrong, *run = python_of_the_browser.run(
        lite_folder, [ROOT / "solutions" / "03_gates.ipynb", naive, *lessons]
    )
    assert right["wrong"] == []
    assert right["checks"] == 6
    (_, overflow), (_, power), (_, by_zero) = wrong["wrong"]
    assert "the values are right, but NumPy warns on the way: overflow" in overflow
    assert "the values are right, but NumPy warns on the way: overflow" in power
    assert "Likely cause: sigmoid(b) is rounded before the logarithm" in by_zero
    assert {row["name"]: row["wrong"] for row in run} == {f"{stem}.ipynb": [] for stem in QUICK}


# ---------------------------------------------------------------- the package in such a Python

POORER = """import sys
for name in ("lzma", "torch", "psutil", "jupyterlab"):
    sys.modules[name] = None
from importlib import import_module
from lstm_helpers import course, data, exam, explorers, yours
from lstm_helpers.baselines import ngrams
from lstm_helpers.site import lite
for lesson in course.LESSONS:
    if lesson.number in lite.STEMS:
        for name in ("sheet", "experiments", "figures"):
            if (lite.PACKAGE.joinpath(*lesson.home.split(".")) / f"{name}.py").is_file():
                import_module(f"lstm_helpers.{lesson.home}.{name}")
print(ngrams.compressed_bits.__name__)"""


def test_what_is_shipped_is_imported_without_lzma_torch_psutil_and_jupyterlab():
    said = subprocess.run([sys.executable, "-c", POORER], capture_output=True, text=True)
    assert said.stdout.strip() == "compressed_bits", said.stderr


def test_in_a_browser_the_first_page_looks_at_what_can_be_missing_there(monkeypatch, tmp_path):
    (tmp_path / "notebooks").mkdir()
    (tmp_path / course.START_PAGE).write_text("{}")
    monkeypatch.setenv("LSTM_COURSE_HOME", str(tmp_path))
    monkeypatch.setattr(sys, "platform", "emscripten")
    assert [(found.name, found.ok) for found in doctor.examine()] == [("course folder", True), ("your progress", True)]


def test_in_a_browser_files_are_written_without_a_lock(monkeypatch, tmp_path):
    monkeypatch.setattr(files, "BROWSER", True)
    with files.alone(tmp_path / "progress.json"):
        assert list(tmp_path.iterdir()) == []
