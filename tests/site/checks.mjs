// Runs notebooks in the Python of a built browser course, in Node, cell by cell; prints a line of JSON for each.
// node checks.mjs PYODIDE_FOLDER FILES NOTEBOOK...   PYODIDE_FOLDER is site/lite/static/pyodide; FILES, what a student finds
import fs from "fs";
import path from "path";

const folder = path.resolve(process.argv[2]) + "/";
const { loadPyodide } = await import(folder + "pyodide.mjs");
const python = await loadPyodide({ indexURL: folder });
await python.loadPackage(["ipython", "lstm-helpers"], { messageCallback: () => {} });
python.mountNodeFS("/drive", path.resolve(process.argv[3]));
python.runPython(`
import contextlib, io, json, linecache, os

from js import process

os.environ["LSTM_COURSE_PROGRESS"] = "off"
os.environ["MPLBACKEND"] = "agg"
os.chdir("/drive/work/lessons")

def clock():  # seconds of the processor: what else a machine does is not counted
    spent = process.cpuUsage()
    return (spent.user + spent.system) / 1e6

def run(name, text):
    names, checks, wrong, seconds = {"__name__": "__main__"}, 0, [], {}
    for k, cell in enumerate(json.loads(text)["cells"]):
        source = "".join(cell["source"])
        if cell["cell_type"] != "code" or source.startswith("%"):
            continue
        label, said = f"<{name}, cell {k}>", io.StringIO()
        linecache.cache[label] = (len(source), None, source.splitlines(True), label)
        asks = source.lstrip().startswith("check(")
        checks += asks
        began = clock()
        try:
            with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
                exec(compile(source, label, "exec"), names)
            if (asks and "correct" not in said.getvalue()) or "no: off by" in said.getvalue():
                wrong.append([k, said.getvalue()[:300]])
        except BaseException as error:
            wrong.append([k, f"{type(error).__name__}: {error}"[:300]])
        seconds[k] = clock() - began
    return json.dumps({"name": name, "checks": checks, "wrong": wrong, "seconds": seconds})
`);
const run = python.globals.get("run");
for (const file of process.argv.slice(4)) console.log(run(path.basename(file), fs.readFileSync(file, "utf8")));
