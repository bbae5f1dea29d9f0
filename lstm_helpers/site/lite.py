"""The course in the browser: JupyterLite with Pyodide, the package, and the lessons and exercises that need no torch.

``build(out, pyodide)`` writes the folder ``out/lite``. It asks for nothing outside of it: what a kernel loads lies in
``static/pyodide``, under the hashes of Pyodide's own lock (``pyodide.json`` beside this file), and a lock of the
shipped set leads there. What else the package imports is packed from this Python's own packages, so the site has the
versions of requirements.lock.
"""

import hashlib
import importlib.metadata
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path, PurePosixPath

from lstm_helpers import course
from lstm_helpers.course import copying
from lstm_helpers.site import recorded

HERE = Path(__file__).resolve().parent
PACKAGE = HERE.parent
OFFICIAL = json.loads((HERE / "pyodide.json").read_text(encoding="utf-8"))
STEMS = (*(f"{k:02d}" for k in range(8)), "13")  # lessons and exercises that are there: those without torch
PAGES = ("glossary", "primer")
KERNEL = "@jupyterlite/pyodide-kernel-extension"
KERNEL_WHEEL = "jupyterlite_pyodide_kernel-0.6.1-py3-none-any.whl"
EXTENSIONS = ("@jupyter-widgets/jupyterlab-manager", "anywidget")
OF_KERNEL = ("piplite", "ipykernel", "pyodide_kernel")  # wheels that the kernel's extension brings; ipykernel is a mock
OF_PYTHON = ("anywidget", "comm", "fsrs", "ipywidgets", "mistune", "psygnal", "typing-extensions")
STARTED = ("piplite", "sqlite3", "ipykernel", "comm", "pyodide_kernel", "jedi", "ipython", "lstm-helpers")
SPARED = ("fonttools", "pytz")  # packages that matplotlib names as needed, and that nothing here uses: 1.6 MB
DEPENDS = {  # of what is not in Pyodide's lock, within the shipped set
    "anywidget": ["ipywidgets", "psygnal", "typing-extensions"],
    "fsrs": ["typing-extensions"],
    "ipykernel": ["ipython"],
    "ipywidgets": ["comm", "ipython", "traitlets"],
    "lstm-helpers": ["anywidget", "fsrs", "ipywidgets", "matplotlib", "mistune", "numpy"],
    "piplite": ["micropip"],
    "pyodide-kernel": ["ipykernel", "ipython", "ipywidgets"],
}
LEFT_OUT = ("commands", "grading", "paper", "projects", "site")  # rooms of the package
DATA = (
    "pride_and_prejudice.txt.xz",
    "telephone_voice.npz",
    "voice_detector.npz",
)  # packed data that the lessons there read
SAID = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
WHEN = (1980, 1, 1, 0, 0, 0)  # the same course gives the same bytes


def build(out, pyodide):
    """Write the course in the browser to ``out/lite``, anew, and return that path.

    pyodide: Pyodide's release archive (pyodide-0.27.7.tar.bz2), or a zip or wheel with the same files in a folder
    named pyodide. ValueError where a file is missing there or is another one than Pyodide's lock says.
    """
    place = Path(out).resolve() / "lite"
    official = distribution(pyodide)
    shutil.rmtree(place, ignore_errors=True)  # over an older build, JupyterLite forgets where Pyodide lies
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder)
        kernel = _unpacked_kernel(source / "kernel")
        _write_all(source / "static" / "pyodide", official | wheels(kernel))
        _write_all(source / "files", contents())
        (source / "jupyter-lite.json").write_text(json.dumps(_settings()))
        (source / "overrides.json").write_text(json.dumps(_of_lab()))
        (source / "jupyter_lite_config.json").write_text(json.dumps(_build_settings(source, place, kernel)))
        _run([sys.executable, "-m", "jupyterlite_core", "build"], source, {"PYTHONPATH": str(source / "kernel")})
    _change(place / "service-worker.js", KEPT)
    _change(place / "lab" / "index.html", LED)
    _change_scripts(place / "build", SESSIONS)
    return _sound(place)


def _change(path, changes, once=True):
    """Change what others wrote in a file. ValueError where something is not there as it was, ``once`` or often."""
    text = path.read_text(encoding="utf-8")
    for old, new in changes.items():
        if not text.count(old) or (once and text.count(old) > 1):
            raise ValueError(f"{path.name} is not as it was, {old!r}: see {__name__}")
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")


def _change_scripts(folder, changes):
    """Change the scripts of a folder that hold something of it. ValueError where none does, or one not all of it."""
    scripts = {path: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.js"))}
    found = [path for path, text in scripts.items() if any(old in text for old in changes)]
    if not found:
        raise ValueError(f"no script in {folder.name}/ is as it was, {min(changes)!r}: see {__name__}")
    for path in found:
        _change(path, changes, once=False)


SESSIONS = {  # a lesson and its exercise have one name, and a Python each: else both lose it when the second is opened
    "a=this._sessions.find((e=>e.name===o))": "a=this._sessions.find((e=>e.path===r))"
}
KEPT = {  # the service worker keeps lists of files, too, one page for all addresses of it, and goes on when woken up
    't.pathname.includes("/api/")': "/\\/api\\/(?!contents|translations)/.test(t.pathname)",
    "t.match(e)": 't.match(e,{ignoreSearch:"navigate"===e.mode})',
    "let enableCache=!1": 'let enableCache="true"===new URL(location.href).searchParams.get("enableCache")',
}
LED = {
    "    <title>JupyterLite</title>": """    <title>LSTM from Scratch</title>
    <link rel="icon" type="image/x-icon" href="./favicon.ico" />
    <style>
      [data-folder="work/lessons"] .lm-TabBar-tabLabel::before { content: "lessons/"; }
      [data-folder="notebooks"] .lm-TabBar-tabLabel::before { content: "notebooks/"; }
      [data-folder="exercises"] .lm-TabBar-tabLabel::before { content: "exercises/"; }
    </style>""",
    # The page after a reload has no path any more, and gets that of the notebook in front. A lesson and its exercise
    # have one name: a tab has the folder, too. And the service worker has to keep what came past it: what came before
    # it, and what was on its way when it took over.
    "        await import(": """        const path = new URLSearchParams(search).get("path");
        if (path === null) {
          const last = sessionStorage.getItem("path") ?? "work/lessons/00_start_here.ipynb";
          window.location.replace(`${pathname}?path=${encodeURIComponent(last)}${hash}`);
          return;
        }
        sessionStorage.setItem("path", path);
        addEventListener("pagehide", () => {
          const front = window.jupyterapp?.shell.currentWidget?.context?.path;
          if (front) sessionStorage.setItem("path", front);
        });
        const began = setInterval(() => {
          const shell = window.jupyterapp?.shell;
          if (!shell) return;
          clearInterval(began);
          const name = () => {  // by its dataset: another label would be another name of the file
            for (const { title, context } of shell.widgets("main")) {
              if (context) title.dataset = { ...title.dataset, folder: context.path.replace(/\\/[^/]*$/, "") };
            }
          };
          shell.layoutModified.connect(name);
          name();
        }, 100);
        performance.setResourceTimingBufferSize(2000);
        navigator.serviceWorker?.addEventListener("controllerchange", () => {
          const kept = new Set();
          const keep = (url) => {
            if (kept.has(url) || !url.startsWith(origin) || /\\/api\\/(?!contents|translations)/.test(url)) return;
            kept.add(url);
            fetch(url);
          };
          keep(`${origin}${pathname}`);
          new PerformanceObserver((list) => {
            list.getEntries().forEach(({ name, workerStart }) => workerStart || keep(name));
          }).observe({ type: "resource", buffered: true });
        });
        await import(""",
}


def distribution(archive):
    """{file name: bytes} of what the course takes of Pyodide's archive, each with the hash that it must have."""
    wanted = dict(OFFICIAL["core"])
    wanted |= {package["file_name"]: package["sha256"] for package in OFFICIAL["packages"].values()}
    found = {name: data for name, data in _members(Path(archive)) if name in wanted}
    for name, digest in wanted.items():
        if name not in found:
            raise ValueError(f"{archive} does not hold pyodide/{name}: take Pyodide {OFFICIAL['info']['version']}")
        if _digest(found[name]) != digest:
            raise ValueError(f"{archive}: {name} is not the file that Pyodide's lock names; get the archive again")
    return found


def _of_pyodide():
    """Pyodide's entries of the lock, without the names of what is spared."""
    return {
        name: package | {"depends": [needed for needed in package["depends"] if needed not in SPARED]}
        for name, package in OFFICIAL["packages"].items()
    }


def _members(archive):
    """(name, bytes) of each file in a folder called pyodide, of a tar or zip archive."""
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as opened:
            for name in opened.namelist():
                if PurePosixPath(name).parent.name == "pyodide" and not name.endswith("/"):
                    yield PurePosixPath(name).name, opened.read(name)
        return
    with tarfile.open(archive) as opened:
        for member in opened:
            if member.isfile() and PurePosixPath(member.name).parent.name == "pyodide":
                yield PurePosixPath(member.name).name, opened.extractfile(member).read()


def canonical(name):
    """A package's name as the keys of Pyodide's lock have it."""
    return name.replace("_", "-").lower()


def _digest(data):
    return hashlib.sha256(data).hexdigest()


def wheels(kernel):
    """{file name: bytes} of the wheels that come to Pyodide's own, and of the lock of the whole set."""
    brought = [next(kernel.joinpath("static", "pypi").glob(f"{name}-*.whl")) for name in OF_KERNEL]
    made = {path.name: _mended(path.read_bytes()) for path in brought}
    made |= dict(_repacked(name) for name in OF_PYTHON)
    made |= dict([_course()])
    packages = _of_pyodide()
    packages |= {entry["name"]: entry for entry in (_entry(name, data) for name, data in made.items())}
    lock = {"info": OFFICIAL["info"], "packages": packages}
    return made | {"pyodide-lock.json": json.dumps(lock, indent=1).encode()}


MENDED = {  # in the kernel's wheel
    "pyodide_kernel/kernel.py": (
        """        code = await self.lite_transform_manager.transform_cell(code)
        exec_code = self.interpreter.transform_cell(code)
""",
        """        try:
            code = await self.lite_transform_manager.transform_cell(code)
            exec_code = self.interpreter.transform_cell(code)
        except SyntaxError:  # run_cell says it; raised here, the cell would never end
            exec_code = ""
""",
    ),
    "pyodide_kernel/patches.py": (
        "ALL_PATCHES = [\n",
        '''def patch_fonts():
    """The list of fonts in Pyodide's matplotlib is of another version, and names fonts that are not there: without
    this, matplotlib reads every font anew in each kernel."""
    import json, pathlib, re, sys

    for folder in map(pathlib.Path, sys.path):
        if (fonts := folder / "matplotlib" / "fontlist.json").is_file():
            held = json.loads(fonts.read_text())
            source = (folder / "matplotlib" / "font_manager.py").read_text()
            held["_version"] = int(re.search(r"__version__ = (\\d+)", source)[1])
            held["ttflist"] = [font for font in held["ttflist"] if not font["fname"].startswith("/")]
            fonts.write_text(json.dumps(held))


ALL_PATCHES = [
    patch_fonts,
''',
    ),
}


def _mended(wheel):
    """A wheel of the kernel's with what is mended in it."""
    with zipfile.ZipFile(io.BytesIO(wheel)) as opened:
        members = {name: opened.read(name) for name in opened.namelist()}
    for name in MENDED.keys() & members.keys():
        old, new = (text.encode() for text in MENDED[name])
        if members[name].count(old) != 1:
            raise ValueError(f"{name} of {KERNEL_WHEEL} is not as it was: see {__name__}.MENDED")
        members[name] = members[name].replace(old, new)
    return _zipped(members)


def _entry(file_name, data):
    """A wheel's entry in Pyodide's lock."""
    stem, version, *_ = file_name.split("-")
    name = canonical(stem)
    with zipfile.ZipFile(io.BytesIO(data)) as opened:
        tops = {PurePosixPath(inside).parts[0].removesuffix(".py") for inside in opened.namelist()}
    return {
        "depends": DEPENDS.get(name, []),
        "file_name": file_name,
        "imports": sorted(top for top in tops if top.isidentifier()),
        "install_dir": "site",
        "name": name,
        "package_type": "package",
        "sha256": _digest(data),
        "unvendored_tests": False,
        "version": version,
    }


def _repacked(name):
    """(file name, bytes): an installed package as a wheel of its Python files; what is compiled is left out."""
    held = importlib.metadata.distribution(name)
    version, stem = held.version, re.sub("[-_.]+", "_", name)
    members = {
        str(path): path.locate().read_bytes()
        for path in held.files
        if ".." not in path.parts and "__pycache__" not in path.parts and path.suffix not in (".so", ".pyd")
    }
    return f"{stem}-{version}-py3-none-any.whl", _zipped(members)


def _course():
    """(file name, bytes): the course's package as far as the lessons there need it, with a map of these alone."""
    version = importlib.metadata.version("lstm-helpers")
    kept = [lesson for lesson in course.LESSONS if lesson.number in STEMS]
    homes = {PACKAGE.joinpath(*lesson.home.split(".")) for lesson in kept}
    members = {}
    for path in sorted(path for path in PACKAGE.rglob("*") if path.is_file() and "__pycache__" not in path.parts):
        room, *rest = path.relative_to(PACKAGE).parts
        of_lesson = room == "lessons" and len(rest) > 1
        packed = path.suffix in (".npz", ".xz", ".gz")
        left_out = room in LEFT_OUT or (packed and path.name not in DATA) or path.name.startswith(".")
        if not left_out and (path.parent in homes or not of_lesson):
            members[f"lstm_helpers/{'/'.join((room, *rest))}"] = path.read_bytes()
    for name in ("__init__.py", "recorded.py", "torch_gave.npz", "trained.npz"):
        members[f"lstm_helpers/site/{name}"] = (HERE / name).read_bytes()
    members["lstm_helpers/course/course.toml"] = _map(kept).encode()
    info = f"lstm_helpers-{version}.dist-info"
    members[f"{info}/METADATA"] = f"Metadata-Version: 2.1\nName: lstm-helpers\nVersion: {version}\n".encode()
    members[f"{info}/WHEEL"] = b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    members[f"{info}/RECORD"] = b""
    return f"lstm_helpers-{version}-py3-none-any.whl", _zipped(_unpacked(members))


def _map(lessons):
    """course.toml with these lessons alone."""
    rows = [row for row in course.MAP["lesson"] if row["stem"] in {lesson.stem for lesson in lessons}]
    lines = ["project = []"]
    for part in ("planned", "claims"):
        lines += [f"[{part}]", *(f"{json.dumps(key)} = {json.dumps(value)}" for key, value in course.MAP[part].items())]
    for row in rows:
        lines += ["[[lesson]]", *(f"{key} = {json.dumps(value)}" for key, value in row.items())]
    return "\n".join(lines) + "\n"


def _zipped(members):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as zipped:
        for name, data in sorted(members.items()):
            zipped.writestr(zipfile.ZipInfo(name, WHEN), data, zipfile.ZIP_DEFLATED, 9)
    return packed.getvalue()


def _labextension(name):
    return Path(sys.prefix, "share", "jupyter", "labextensions", *name.split("/"))


WORKER = {  # in the scripts that run Python
    '["ssl","sqlite3",': '["sqlite3",',  # ssl: 2.1 MB that a kernel asks for at its start, and that nothing here uses
    "this.mapToObject(e):e})),t}": "this.mapToObject(e):e??null})),t}",  # None comes as null, as in any other Jupyter
}


def _unpacked_kernel(folder):
    """The extension that brings Python into the page, unpacked in ``folder``.

    It is not installed: JupyterLab itself would find it, load it, and say at each start that it cannot.
    """
    wheel = course.root() / ".cache" / KERNEL_WHEEL
    if not wheel.is_file():
        raise ValueError(f"{wheel} is missing: `make site PYODIDE=<archive>` brings it")
    with zipfile.ZipFile(wheel) as opened:
        opened.extractall(folder)
    (found,) = (path.parent for path in folder.rglob("package.json") if path.parent.name == KERNEL.rpartition("/")[2])
    _change_scripts(found / "static", WORKER)
    return found


def _unpacked(members):
    """Members of a wheel with each .xz as what is packed in it: the browser's Python has no lzma."""
    import lzma

    packed = [name for name in members if name.endswith(".xz")]
    plain = {name.removesuffix(".xz"): lzma.decompress(members[name]) for name in packed}
    return {name: data for name, data in members.items() if name not in packed} | plain


def contents():
    """{path: bytes} of what a student finds there: the folders of the course, with the student's copies laid out."""
    root, held = course.root(), {}
    stems = [lesson.stem for lesson in course.LESSONS if lesson.number in STEMS]
    lessons = [course.START_PAGE, *(f"notebooks/{stem}.ipynb" for stem in (*stems, *PAGES))]
    exercises = [f"exercises/{stem}.ipynb" for stem in stems if (root / f"exercises/{stem}.ipynb").is_file()]
    for path in (*lessons, *exercises):
        held[path] = (root / path).read_bytes()
        held[copying.place_of(path)] = copying.laid_out(root / path)
    held["notebooks/formula_sheet.pdf"] = (root / "notebooks" / "formula_sheet.pdf").read_bytes()
    return {path: _adapted(path, data, held.keys()) for path, data in held.items()}


START = (HERE / "in_the_browser.md").read_text(encoding="utf-8")
LOOP = (
    "> **In the browser** nothing ends a loop that does not end. If a cell keeps its star, choose *Kernel*, "
    "*Restart Kernel*."
)
NOT_SO = re.compile(r"\s*\(If the link finds nothing,[^)]*\)")  # the copies are there from the start
ELSEWHERE = re.compile(r"\[([^\]]*)\]\(([^)\s#]+\.ipynb)(#[^)]*)?\)")


def _adapted(path, data, there):
    """A notebook as it is in the browser: what differs is said, and links lead to what is there."""
    if not path.endswith(".ipynb"):
        return data
    held = json.loads(data)

    def link(found):
        leads = os.path.normpath(os.path.join(os.path.dirname(path), found[2]))
        return found[0] if leads in there else f"{found[1]} (in the installed course)"

    stem = PurePosixPath(path).stem
    if path.startswith("work/lessons/"):
        run = json.loads((course.root() / "notebooks" / f"{stem}.ipynb").read_bytes())["cells"]
        held["cells"] = recorded.adapted(stem, held["cells"], run)
    for cell in held["cells"]:
        if cell["cell_type"] == "markdown":
            said = NOT_SO.sub("", ELSEWHERE.sub(link, "".join(cell["source"])))
            cell["source"] = said.replace(
                "`lstm-course mine` in a terminal", "`lstm-course mine` in the installed course"
            )
    if path == copying.place_of(course.START_PAGE):
        held["cells"][:1] = _around(held["cells"][0], _note(START))
    elif path.startswith("work/"):
        held["cells"].insert(1, _note(LOOP))
    return json.dumps(held, indent=1, ensure_ascii=False).encode()


def _note(said):
    return {"cell_type": "markdown", "id": "in-the-browser", "metadata": {}, "source": said}


def _around(cell, note):
    """A cell of text with the note before its last section, which says what to do with the cell below it."""
    before, heading, last = cell["source"].rpartition("\n## ")
    return [cell | {"source": before}, note, note | {"id": f"{cell['id']}-below", "source": (heading + last).lstrip()}]


def _settings():
    """jupyter-lite.json: what the page reads when it starts."""
    kernel = {
        "pyodideUrl": "./static/pyodide/pyodide.js",
        "disablePyPIFallback": True,
        "loadPyodideOptions": {"packages": list(STARTED)},
    }
    page = {
        "appName": "LSTM from Scratch",
        "enableServiceWorkerCache": "true",
        "exposeAppInBrowser": True,
        "litePluginSettings": {f"{KERNEL}:kernel": kernel},
    }
    return {"jupyter-lite-schema-version": 0, "jupyter-config-data": page}


def _of_lab():
    """The settings of JupyterLab: as in the installed course, and what a browser needs besides."""
    held = json.loads((PACKAGE / "commands" / "lab_settings" / "overrides.json").read_text(encoding="utf-8"))
    held["@jupyterlab/docmanager-extension:plugin"] = {"autosaveInterval": 10}  # seconds
    held["@jupyterlab/apputils-extension:themes"] = {"adaptive-theme": True}
    return held


def _build_settings(source, place, kernel):
    """jupyter_lite_config.json: what ``jupyter lite build`` reads."""
    return {
        "LiteBuildConfig": {
            "apps": ["lab"],
            "cache_dir": str(source / "cache"),
            "contents": [str(source / "files")],
            "federated_extensions": [*map(str, [*map(_labextension, EXTENSIONS), kernel])],
            "ignore_sys_prefix": True,
            "no_sourcemaps": True,
            "no_unused_shared_packages": True,
            "output_dir": str(place),
            "settings_overrides": [str(source / "overrides.json")],
        }
    }


def _run(command, folder, more):
    done = subprocess.run(command, cwd=folder, env=os.environ | more, **SAID)
    if done.returncode:
        raise ValueError(f"JupyterLite could not be built:\n{done.stdout[-3000:]}")


def _sound(place):
    """The folder, if the page that is served will take Pyodide from it and packages from nowhere else."""
    held = json.loads((place / "jupyter-lite.json").read_text(encoding="utf-8"))["jupyter-config-data"]
    kernel = held["litePluginSettings"][f"{KERNEL}:kernel"]
    if kernel.get("pyodideUrl") != "./static/pyodide/pyodide.js" or kernel.get("disablePyPIFallback") is not True:
        raise ValueError(f"{place}/jupyter-lite.json would fetch Pyodide from elsewhere: {kernel}")
    return place


def _write_all(folder, members):
    for name, data in members.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
