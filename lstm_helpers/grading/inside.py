"""What runs inside the box: the notebook's cells, then probes of what they defined. Everything it says is untrusted.

Requests and replies are frames on what were stdin and stdout; both are replaced by the null device before any cell
runs, so that prints never reach the grader.
"""

import ast
import importlib.abc
import os
import sys
from dataclasses import asdict

from lstm_helpers.grading import frames

BACK = 71  # the exit code of a fork that was asked to make way
REFUSED = {
    "torch": "this exercise is built from NumPy alone",
    "lstm_helpers.nn": "this exercise asks you to build it",
    "lstm_helpers.parity": "this exercise is built from NumPy alone",
}


class Refusal(importlib.abc.MetaPathFinder):
    """Says why an import that works in the notebook is not there when it is graded."""

    def __init__(self, names):
        self.names = names

    def find_spec(self, name, path=None, target=None):
        for refused in self.names:
            if name == refused or name.startswith(refused + "."):
                raise ImportError(f"{refused} is not there when this exercise is graded: {REFUSED[refused]}")


class ImportsApart(ast.NodeTransformer):
    """An import that fails is remembered, and the rest of its cell runs: what is not used costs nothing."""

    def visit_Module(self, module):
        module.body = [part for statement in module.body for part in self.apart(statement)]
        return ast.fix_missing_locations(module)

    def apart(self, statement):
        if isinstance(statement, ast.Import):
            singles = [ast.copy_location(ast.Import([name]), statement) for name in statement.names]
        elif isinstance(statement, ast.ImportFrom) and statement.module != "__future__":
            singles = [statement]
        else:
            return [statement]
        handler = ast.parse("try: pass\nexcept ImportError as _why: get_ipython().missed.append(_why)").body[0].handlers
        return [ast.copy_location(ast.Try([one], handler, [], []), statement) for one in singles]


def main():
    """Serve requests on what were stdin and stdout, in a process of its own, which nothing confines."""
    requests, replies = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    null = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(null, standard)
    serve(requests, replies, make_shell(sys.argv[3]))


def serve(requests, replies, shell):
    """Say that the box is ready, then answer until the host closes its end of the stream."""
    frames.write(replies, {"ready": True})
    while True:
        try:
            request, arrays = frames.read(requests)
        except EOFError:
            return
        if request["ask"] == "back":
            os._exit(BACK)
        for header, outputs in ANSWERS[request["ask"]](shell, request, arrays):
            try:
                frames.write(replies, header, outputs)
            except frames.FrameError as error:
                frames.write(replies, {"status": "misfit", "text": str(error)})


def make_shell(profile):
    """A shell that has run a cell and drawn nothing, with what the notebooks of a profile import already there."""
    import matplotlib.pyplot  # noqa: F401  loads its fonts
    import numpy.random  # noqa: F401
    from IPython.core.displaypub import CapturingDisplayPublisher
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    from lstm_helpers.checks import probe  # noqa: F401

    class Shell(InteractiveShell):
        def enable_gui(self, gui=None):
            """`%matplotlib inline` asks for it; there is no screen here."""

        def showtraceback(self, *_, **__):
            """Nobody reads it, and to lay it out takes longer than the cell."""

        showsyntaxerror = showindentationerror = showtraceback
        system = InteractiveShell.system_raw  # `!pip install ...` needs a terminal otherwise, and its cell would fail

    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.display_pub_class = CapturingDisplayPublisher
    config.InteractiveShell.cache_size = 0
    shell = Shell.instance(config=config)
    shell.missed = []
    shell.ast_transformers.append(ImportsApart())
    sys.path.append("")  # a module that the notebook wrote beside itself
    shell.run_cell("%matplotlib inline", store_history=False)  # walks the paths that are slow the first time
    if profile == "numpy":
        sys.meta_path.insert(0, Refusal(REFUSED))
    return shell


def _run(shell, request, arrays):
    """One cell. Replies with the error's class, text and line, or with None."""
    from lstm_helpers.checks.probe import TimedOut, time_limit

    try:
        with time_limit(request["seconds"]):
            shell.missed.clear()
            ran = shell.run_cell(request["source"], store_history=False)
        error = ran.error_before_exec or next(iter(shell.missed), None) or ran.error_in_exec
    except TimedOut as late:
        error = late
    if error is None:
        yield {"error": None}, {}
    elif isinstance(error, TimedOut):
        yield {"error": ["TimedOut", f"no end after {request['seconds']:g} seconds"]}, {}
    else:
        yield {"error": [type(error).__name__, _said(error)]}, {}


def _said(error):
    try:
        if isinstance(error, SyntaxError) and error.lineno:
            return f"{error.msg}, in line {error.lineno}"[:500]
        return str(error)[:500]
    except Exception:  # an exception whose own __str__ fails
        return ""


def _see(shell, request, arrays):
    """What the notebook defined under a name, else what it gave to that check, probed on each case."""
    from lstm_helpers import checks
    from lstm_helpers.checks import probe

    name = request["name"]
    if name not in shell.user_ns and name not in checks.given:
        yield asdict(probe.Seen(status="untouched", text=f"the notebook defines no {name}")), {}
        return
    obj = shell.user_ns.get(name, checks.given.get(name))
    cases, returns = _cases(request["cases"], arrays), _names(request["returns"])
    for seen in probe.watch_all(obj, cases, request["probe"], returns, request["seconds"]):
        header = asdict(seen)
        yield header, header.pop("outputs")


def _fork(shell, request, arrays):
    """From here on a fork answers, until the host asks for what is as the cells left it, or the fork ends by itself."""
    try:
        child = os.fork()
    except (AttributeError, OSError):  # this system has none, or the notebook left no room for another process
        yield {"forked": False}, {}
        return
    if child:
        _, status = os.waitpid(child, 0)
        yield {"back": True} if os.waitstatus_to_exitcode(status) == BACK else {"ended": True}, {}
    else:
        yield {"forked": True}, {}


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
    exec(request["source"], space)
    shell.user_ns.update({name: space[name] for name in request["names"]})
    yield {}, {}


ANSWERS = {"run": _run, "fork": _fork, "see": _see, "stand_in": _stand_in}
