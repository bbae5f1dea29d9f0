"""An editable install finds the course in a folder of any name, whatever code page the system reads files in."""

import os
import shutil
import subprocess
import sys
import zipfile

import editables
import pytest

from tests import ROOT

PAGES = [
    "cp1252",
    "cp437",
    "cp932",
    "utf-8",
]  # of Windows in Western Europe and its terminals, in Japan, with UTF-8 switched on


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """(course folder, what pip would put into site-packages for it)."""
    folder, site = tmp_path_factory.mktemp("Jürgen 深い") / "it's [1]", tmp_path_factory.mktemp("site")
    (folder / "lstm_helpers").mkdir(parents=True)
    for name in ("pyproject.toml", "README.md", "LICENSE", "lstm_helpers/__init__.py"):
        shutil.copyfile(ROOT / name, folder / name)
    shutil.copytree(ROOT / "LICENSES", folder / "LICENSES")
    code = f"import hatchling.build; hatchling.build.build_editable({str(site)!r})"
    subprocess.run([sys.executable, "-c", code], cwd=folder, check=True, timeout=300)
    (wheel,) = site.glob("*.whl")
    with zipfile.ZipFile(wheel) as zipped:
        zipped.extractall(site)
    return folder, site


@pytest.mark.parametrize("page", PAGES)
def test_python_finds_the_course_in_a_folder_with_letters_of_any_language(installed, page, tmp_path):
    folder, site = installed
    read = tmp_path / "site"
    shutil.copytree(site, read)
    for pth in read.glob("*.pth"):  # Python 3.11 and 3.12 read it in the code page
        pth.write_text(pth.read_bytes().decode(page), encoding="utf-8")
    code = "import site, sys; site.addsitedir(sys.argv[1]); import lstm_helpers; print(ascii(lstm_helpers.__file__))"
    # Without the environment's own site-packages, where this course is installed; what the finder needs lies apart.
    needed = tmp_path / "needed"
    needed.mkdir()
    shutil.copytree(os.path.dirname(editables.__file__), needed / "editables")
    environment = {**os.environ, "PYTHONPATH": str(needed)}
    ran = subprocess.run(
        [sys.executable, "-S", "-P", "-c", code, str(read)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert ran.stdout.strip() == ascii(str(folder / "lstm_helpers" / "__init__.py")), ran.stderr
