"""What runs inside the box: the notebook's cells, then probes of what they defined. Everything it says is untrusted.

Requests and replies are frames on what were stdin and stdout; both are replaced by the null device before any cell
runs, so that prints never reach the grader.
"""

import ast
import builtins
import fnmatch
import importlib.abc
import json
import os
import re
import sys
import types
from dataclasses import asdict
from importlib.machinery import PathFinder

from lstm_helpers import checks
from lstm_helpers.checks import inspection, probe
from lstm_helpers.grading.box import messages

NOT_THERE = re.compile(re.escape(probe.NOT_THERE).replace(r"\{\}", ".*"))
SURE = {*sys.stdlib_module_names, "numpy", "matplotlib"}  # packages that every box has


class Refusal(importlib.abc.MetaPathFinder):
    """Says why an import that works in the notebook is not there when it is graded."""

    def __init__(self, refused):
        self.refused = refused  # package: why

    def find_spec(self, name, path=None, target=None):
        package = name.partition(".")[0]
        if package in self.refused:
            raise ImportError(probe.NOT_THERE.format(package, self.refused[package]))
        if name.startswith("lstm_helpers.") and PathFinder.find_spec(name, path) is None:
            raise ImportError(probe.NOT_THERE.format(name, probe.OUTSIDE))


class Apart(ast.NodeTransformer):
    """An import or a line magic that fails is remembered, and the rest of its cell runs, as it does after a statement
    that needs what is not there: what is absent when it is graded, and not used in an answer, costs nothing.

    absent: names that are not there, which grows; ``doubtful``: those that may be or become such names.
    """

    def __init__(self, absent):
        self.absent, self.doubtful = absent, set()

    def visit_Module(self, module):
        module.body = [part for statement in module.body for part in self.apart(statement)]
        return ast.fix_missing_locations(module)

    def needs_what_is_doubtful(self, statement):
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            return False
        names = [node for node in ast.walk(statement) if isinstance(node, ast.Name)]
        if self.doubtful.isdisjoint(node.id for node in names) and self.absent.keys().isdisjoint(n.id for n in names):
            return False
        self.doubtful.update(node.id for node in names if isinstance(node.ctx, ast.Store))
        return True

    def apart(self, statement):
        singles, error = [statement], "ImportError"
        if isinstance(statement, ast.Import):
            singles = [ast.Import([name]) for name in statement.names]
        elif isinstance(statement, ast.ImportFrom) and statement.module != "__future__":
            singles = [ast.ImportFrom(statement.module, [name], statement.level) for name in statement.names]
        elif isinstance(statement, ast.Expr) and ast.unparse(statement).startswith("get_ipython().run_line_magic("):
            error = "Exception"
        elif self.needs_what_is_doubtful(statement):
            return [ast.copy_location(ast.Try([statement], self.unless_absent(statement), [], []), statement)]
        else:
            return [statement]
        self.doubtful.update(name for one in singles for name in _doubtful(one))
        singles = [ast.copy_location(one, statement) for one in singles]
        return [ast.copy_location(ast.Try([one], self.handlers(one, error), [], []), statement) for one in singles]

    def unless_absent(self, statement):
        names = sorted({n.id for n in ast.walk(statement) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)})
        told = f"except Exception as _why:\n    if not get_ipython().goes_on_without(_why, {names}): raise"
        return ast.parse(f"try: pass\n{told}").body[0].handlers

    def handlers(self, one, error):
        names = [name.asname or name.name.partition(".")[0] for name in getattr(one, "names", [])]
        told = f"except {error} as _why: get_ipython().goes_without(_why, {names})"
        return ast.parse(f"try: pass\n{told}").body[0].handlers


def _doubtful(statement):
    """The names that an import may not bring here."""
    for name in getattr(statement, "names", ()):
        dotted = f"{getattr(statement, 'module', None) or ''}.{name.name}".removeprefix(".")
        if dotted.partition(".")[0] not in SURE and not dotted.startswith("lstm_helpers.checks"):
            yield name.asname or name.name.partition(".")[0]


class Remembered(dict):
    """What `%cd`, `%bookmark` and `%store` keep: IPython's database in the user's profile, which a box has not."""

    def keys(self, pattern="*"):
        return fnmatch.filter(super().keys(), pattern)


def main():
    """Serve requests on what were stdin and stdout, in a process of its own, which nothing confines."""
    requests, replies = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    null = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(null, standard)
    serve(requests, replies, make_shell(json.loads(sys.argv[3])["refused"]))


def serve(requests, replies, shell):
    """Say that the box is ready, then answer until the host closes its end of the stream."""
    messages.write(replies, {"re": 0, "part": 0, "ready": True})
    here = last = 0  # the number of the request that made this fork; of the last request
    while True:
        try:
            request, arrays = messages.read(requests)
        except EOFError:
            return
        number = request["number"]
        if number <= last:
            os._exit(1)  # this was answered before
        last = number
        if request["fork"] != here:
            continue  # for a fork that has ended
        if request["ask"] == "back":
            os._exit(0)
        _give_streams_back()
        if request["ask"] == "see":
            part = see_all(replies, shell, request, arrays)
            otherwise = not request["given"] and _given_another(shell, request["names"])
            messages.write(replies, {"re": number, "part": part, "end": True, "otherwise": otherwise})
            continue
        header = ANSWERS[request["ask"]](shell, request, arrays)
        if header.get("forked"):
            here = number
        messages.write(replies, {**header, "re": number, "part": header.get("part", 0), "end": True})


def _give_streams_back():
    """A cell that took them away did so for itself: IPython runs no cell and nothing is probed without them."""
    for name in ("stdout", "stderr"):
        if not hasattr(getattr(sys, name, None), "write"):
            setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115  it stays open


def see_all(replies, shell, request, arrays):
    """Send what is seen on each case as soon as it is there. Returns how many replies that were."""
    part = -1
    for part, (header, outputs) in enumerate(_see(shell, request, arrays)):  # noqa: B007  counts them, too
        place = {"re": request["number"], "part": part}
        try:
            messages.write(replies, {**header, **place}, outputs)
        except messages.FrameError as error:
            status = header["status"] if header["status"] in probe.LAST else "misfit"
            messages.write(replies, {"status": status, "text": str(error), **place})
    return part + 1


def make_shell(refused):
    """A shell that has run a cell and drawn nothing, with what notebooks import already there.

    refused: {package: why an import of it fails}.
    """
    import matplotlib.pyplot  # noqa: F401  loads its fonts
    import numpy.random  # noqa: F401
    from IPython.core.displaypub import CapturingDisplayPublisher
    from IPython.core.error import UsageError
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    class Shell(InteractiveShell):
        def enable_gui(self, gui=None):
            """`%matplotlib inline` asks for it; there is no screen here."""

        def showtraceback(self, *_, **__):
            """Nobody reads it, and to lay it out takes longer than the cell."""

        def run_cell_magic(self, magic_name, line, cell):
            """One that is not installed here is passed over, and its cell runs."""
            if self.find_cell_magic(magic_name) is not None:
                return super().run_cell_magic(magic_name, line, cell)
            self.missed.append(UsageError(f"%%{magic_name} is not there when this is graded"))
            self.run_cell(cell, store_history=False).raise_error()

        def goes_without(self, why, names):
            """An import or a magic failed: why, and the names that it would have brought."""
            self.missed.append(why)
            self.absent.update(dict.fromkeys(names, _message(why)))

        def goes_on_without(self, why, names):
            """Whether a statement failed for want of what is not there; the names that it would have given a value."""
            name = getattr(why, "name", None) if isinstance(why, NameError) else None
            lacks = name in self.absent or isinstance(why, ImportError) and NOT_THERE.search(_message(why))
            if lacks:
                self.missed.append(why)
                told = self.absent.get(name) or _message(why)
                self.absent.update({missing: told for missing in names if missing not in self.user_ns})
            return lacks

        showsyntaxerror = showindentationerror = showtraceback
        system = InteractiveShell.system_raw  # `!pip install ...` needs a terminal otherwise, and its cell would fail

    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.display_pub_class = CapturingDisplayPublisher
    config.InteractiveShell.cache_size = 0
    shell = Shell.instance(config=config)
    shell.missed, shell.absent, shell.db = [], {}, Remembered()
    checks.notebook = shell.user_ns
    shell.ast_transformers.append(Apart(shell.absent))
    shell.extension_manager.load_extension("storemagic")  # as in every notebook
    sys.path.append("")  # a module that the notebook wrote beside itself
    shell.run_cell("%matplotlib inline", store_history=False)  # walks the paths that are slow the first time
    sys.meta_path.insert(0, Refusal(refused))
    return shell


def _run(shell, request, arrays):
    """One cell. Replies with the error's class and text, or with None, and with the functions that did not end."""
    try:
        with probe.time_limit(request["seconds"]):
            shell.missed.clear()
            ran = shell.run_cell(messages.array_text(arrays["source"]), store_history=False)
        error = ran.error_before_exec or next(iter(shell.missed), None) or ran.error_in_exec
    except (probe.TimedOut, Exception) as trouble:  # of IPython itself: what the cell did to it costs this cell alone
        error = trouble
    if error is None:
        return {"error": None}
    if isinstance(error, probe.TimedOut):
        said = f"no end after {request['seconds']:g} second{'s' * (request['seconds'] != 1)}"
        return {"error": ["TimedOut", said], "endless": inspection.functions_on(error.__traceback__, shell.user_ns)}
    return {"error": [type(error).__name__, _message(error)]}


def _message(error):
    try:
        if isinstance(error, SyntaxError) and error.lineno:
            return f"{error.msg}, in line {error.lineno}"[:500]
        return str(error)[:500]
    except Exception:  # an exception whose own __str__ fails
        return ""


def _see(shell, request, arrays):
    """What the notebook defined under one of the names, probed on each case.

    given: what it gave to that check, instead, with each name of the notebook standing for what it stood for then.
    """
    names = request["names"]
    if request["given"]:
        answers = []
        if given := _given_to_check(names):
            answers, space = [given[0]], given[1]
            shell.user_ns.clear()
            shell.user_ns.update(space)
    else:
        answers = [shell.user_ns[name] for name in names if name in shell.user_ns]
    if not answers:
        why = next((f", since its import failed: {shell.absent[name]}" for name in names if name in shell.absent), "")
        yield asdict(probe.Seen(status="untouched", text=f"the notebook defines no {names[0]}{why}")), {}
        return
    obj = next((answer for answer in answers if not probe.is_untouched(answer)), answers[0])
    cases, returns = _cases(request["cases"], arrays), _names(request["returns"])
    for seen in probe.watch_all(
        obj, cases, request["probe"], returns, request["seconds"], processor=request.get("processor")
    ):
        name = re.search(r"`(\w+)`", seen.text) if seen.kind == "NameError" else None
        if name and name[1] in shell.absent:
            seen.kind, seen.text = "ImportError", shell.absent[name[1]]
        header = asdict(seen)
        yield header, header.pop("outputs")


def _given_to_check(names):
    """(what a check was given, what each name stood for then), or None when it was not asked."""
    return next((checks.given[name] for name in names if name in checks.given), None)


def _given_another(shell, names):
    """Whether a check was given something else than what its name stands for in the end, or what a name that it reads
    stood for was something else: the answer may then be right as it was given, and nowhere else."""
    if (given := _given_to_check(names)) is None:
        return False
    obj, before = given
    now = shell.user_ns
    if not any(now.get(name) is obj for name in names):
        return True
    waiting, reads = [obj], set()
    while waiting:
        fn = waiting.pop()
        if type(fn) is not types.FunctionType or fn.__closure__:  # what else it may call cannot be told
            reads.update(before, vars(builtins))
            break
        new = inspection.names_in(fn) - reads
        reads |= new
        waiting += [before[name] for name in new if type(before.get(name)) is types.FunctionType]
    return any(before.get(name, reads) is not now.get(name, reads) for name in reads)


def _fork(shell, request, arrays):
    """From here on a fork answers, until the host asks for what is as the cells left it, or the fork ends by itself."""
    try:
        child = os.fork()
    except (AttributeError, OSError):  # this system has none, or the notebook left no room for another process
        return {"forked": False}
    if child == 0:
        return {"forked": True}
    os.waitpid(child, 0)
    return {"part": 1}  # asked for or not, the fork has ended


def _cases(count, arrays):
    """One dictionary of inputs a case, from arrays that are named "number:name"."""
    cases = [{} for _ in range(count)]
    for label, array in arrays.items():
        number, name = label.split(":", 1)
        cases[int(number)][name] = array
    return cases


def _names(returns):
    """JSON knows no tuples."""
    return returns if isinstance(returns, str) else tuple(map(_names, returns))


def _stand_in(shell, request, arrays):
    """References take the place of earlier functions that were wrong; they come here only after those were scored."""
    space = {}
    exec(messages.array_text(arrays["source"]), space)
    references = {theirs: space[ours] for theirs, ours in request["names"].items()}
    for names in (shell.user_ns, *(then for _, then in checks.given.values())):
        names.update(references)
    return {}


ANSWERS = {"run": _run, "fork": _fork, "stand_in": _stand_in}
