"""What is missing or wrong on this machine, in plain words. Imports none of the packages it asks about."""

import importlib.metadata
import importlib.util
import os
import re
import shutil
import socket
import sys
from pathlib import Path

from lstm_helpers import wording
from lstm_helpers.course import places
from lstm_helpers.course.places import SET_UP, Finding

BROWSERS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "msedge",
    "microsoft-edge",
)
USUAL_PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",
)
GIB = 2**30


def examine():
    """Look at everything, and return a list of Findings. Takes about a second and changes nothing."""
    if sys.platform == "emscripten":  # a browser: all else came with the page
        return places.in_the_browser()
    return [
        _python(),
        *_packages(),
        _torch_build(),
        _cores(),
        _memory(),
        *places.examine(),
        *_jupyterlab(),
        _port(),
        _fonts(),
        _test_browser(),
    ]


def report(findings):
    """The findings as text: a line for each, the remedy below what is not in order, a verdict at the end."""
    lines = []
    for finding in findings:
        mark = "ok     " if finding.ok else ("PROBLEM" if finding.needed else "note   ")
        lines.append(f"{mark} {finding.name}: {finding.text}")
        if finding.remedy and not finding.ok:
            lines.append(wording.here(f"        What to do: {finding.remedy}."))
    problems = [finding.name for finding in findings if finding.needed and not finding.ok]
    if problems:
        count = wording.count(len(problems), "problem")
        return "\n".join([*lines, "", f"{count} to put right: {', '.join(problems)}."])
    return "\n".join([*lines, "", "This machine has what the course needs."])


def find_browser():
    """The path of a Chromium, Chrome or Edge, or None.

    Looks at the environment variable LSTM_COURSE_BROWSER first, then at PATH, then at the usual places.
    """
    named = os.environ.get("LSTM_COURSE_BROWSER")
    known = [named] if named else [*map(shutil.which, BROWSERS), *USUAL_PLACES]
    return next((path for path in known if path and os.path.isfile(path)), None)


def _python():
    found = "{}.{}.{}".format(*sys.version_info[:3])
    return Finding(
        "Python",
        sys.version_info >= (3, 11),
        True,
        f"{found}; 3.11 or newer is needed",
        "install a newer Python, then `make lab PYTHON=python3.12`, naming the one you installed",
    )


def _packages():
    """One Finding for each dependency of the package's own metadata, the optional ones left out."""
    try:
        required = importlib.metadata.requires("lstm-helpers") or []
    except importlib.metadata.PackageNotFoundError:
        return [Finding("lstm-helpers", False, True, "not installed in this Python", SET_UP)]
    return [_package(text) for text in required if "extra ==" not in text and _applies(text)]


def _applies(requirement):
    """Some packages are for one system alone: "...; sys_platform == 'linux'"."""
    system = re.search(r"sys_platform == ['\"](\w+)", requirement)
    return system is None or system[1] == sys.platform


def _package(requirement):
    name, wanted = re.match(r"([\w.-]+)(.*)", requirement.split(";")[0].strip()).groups()
    bounds = sorted(_bounds(wanted), reverse=True)  # the lower bound first: > comes after <
    spoken = [bound[2:] + " or newer" if bound.startswith(">=") else "below " + bound[1:] for bound in bounds]
    needs = f"{', '.join(spoken)} is needed"
    try:
        version = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return Finding(name, False, True, f"not installed; {needs}", SET_UP)
    module = {"fpdf2": "fpdf", "ipython": "IPython", "pyyaml": "yaml"}.get(name, name)
    if importlib.util.find_spec(module) is None:
        return Finding(name, False, True, f"version {version} is listed, but its files are missing", SET_UP)
    fits = all(_satisfies(version, bound) for bound in bounds)
    return Finding(name, fits, True, f"version {version}; {needs}", SET_UP)


def _bounds(wanted):
    """ ">=2.6,<3" as its bounds; "~=2.6" means the same."""
    for bound in wanted.split(","):
        if bound.startswith("~="):
            *start, last, _ = map(int, bound[2:].split("."))
            yield f">={bound[2:]}"
            yield "<" + ".".join(map(str, [*start, last + 1]))
        else:
            yield bound


def _satisfies(version, bound):
    """Whether a version such as 2.13.0+cpu fits a bound such as >=2.6 or <3."""
    numbers = lambda text: tuple(map(int, re.match(r"\d+(\.\d+)*", text)[0].split(".")))  # noqa: E731
    sign, limit = re.match(r"(>=|<)(.*)", bound).groups()
    have, limit = numbers(version), numbers(limit)
    width = max(len(have), len(limit))
    have, limit = (n + (0,) * (width - len(n)) for n in (have, limit))
    return have >= limit if sign == ">=" else have < limit


def _torch_build():
    spec = importlib.util.find_spec("torch")
    if spec is None or spec.origin is None:
        return Finding("torch's build", True, False, "torch is not installed, so there is nothing to see here")
    libraries = Path(spec.origin).parent / "lib"
    cuda = any((libraries / name).exists() for name in ("libtorch_cuda.so", "torch_cuda.dll"))
    return Finding(
        "torch's build",
        not cuda,
        False,
        "for NVIDIA graphics cards: it works, and fills several gigabytes" if cuda else "for the processor",
        "nothing, unless the disk is short: then see the CPU build of torch in the README",
    )


def _cores():
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return Finding(
        "processor",
        count >= 2,
        False,
        f"{wording.count(count, 'core')}; the lessons' times are for two",
        "nothing; everything works, some lessons take twice as long",
    )


def _memory():
    total = memory()
    if total is None:
        return Finding("memory", True, False, "this system does not say; 4 GB is enough")
    return Finding(
        "memory",
        total >= 3.7 * GIB,
        False,
        f"{total / GIB:.1f} GB; 4 GB is enough",
        "close other programs while you work, and keep one notebook open at a time",
    )


def memory():
    """Bytes of memory that this process may use, or None where the system does not say."""
    if not hasattr(os, "sysconf") or "SC_PHYS_PAGES" not in os.sysconf_names:
        return None
    total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    limit = Path("/sys/fs/cgroup/memory.max")  # a container's own limit
    text = limit.read_text().strip() if limit.exists() else "max"
    return total if text == "max" else min(total, int(text))


def _jupyterlab():
    share = Path(sys.prefix) / "share" / "jupyter"
    parts = {
        "sliders in JupyterLab": (
            share / "labextensions" / "@jupyter-widgets" / "jupyterlab-manager",
            "ipywidgets",
        ),
        "explorers in JupyterLab": (share / "labextensions" / "anywidget", "anywidget"),
        "JupyterLab's pages": (share / "lab" / "static" / "index.html", "JupyterLab"),
        "Python in JupyterLab": (share / "kernels" / "python3" / "kernel.json", "ipykernel"),
    }
    return [
        Finding(name, path.exists(), True, "in place" if path.exists() else f"{owner}'s {path} is missing", SET_UP)
        for name, (path, owner) in parts.items()
    ]


def _port(port=8888):
    with socket.socket() as probe:
        free = probe.connect_ex(("127.0.0.1", port)) != 0
    return Finding(
        "port",
        free,
        False,
        f"{port} is {'free' if free else 'in use, perhaps by another JupyterLab'}",
        "nothing, the course takes the next free one; or name one: `lstm-course lab --port 8890`",
    )


def _fonts():
    """Text in figures and formulas on the page need files that the packages bring; nothing is fetched."""
    spec = importlib.util.find_spec("matplotlib")
    figures = Path(spec.origin).parent / "mpl-data/fonts/ttf/DejaVuSans.ttf" if spec and spec.origin else Path("no")
    formulas = any((Path(sys.prefix) / "share/jupyter/lab/static").glob("*.woff"))
    absent = [what for what, here in (("figures", figures.exists()), ("formulas", formulas)) if not here]
    return Finding("fonts", not absent, True, f"missing for {' and '.join(absent)}" if absent else "in place", SET_UP)


def _test_browser():
    found = find_browser()
    return Finding(
        "browser for the tests",
        found is not None,
        False,
        found or "no Chromium, Chrome or Edge found",
        "nothing, to work through the course. `make test` leaves the browser tests out; to run them, "
        "install Chromium or name a browser in LSTM_COURSE_BROWSER",
    )
