"""The code of functions, classes and modules as text, without comments and docstrings, whatever line it stands on."""

import ast
import functools
import inspect
import io
import os
import textwrap
import tokenize
from collections import defaultdict

DOCUMENTED = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def of_module(path):
    """The code of a file."""
    return "\n".join(_without_blank(_file(path).lines))


def of_class(cls):
    """The code of a class, "" if nobody knows it."""
    try:
        path, (_, line) = inspect.getsourcefile(cls), inspect.getsourcelines(cls)
    except (OSError, TypeError):
        return ""
    return _file(path).at(line, ast.ClassDef)


def of_function(fn):
    """The code of a function, "" if nobody knows it. Of decorators ``check`` is left out, whose options are data."""
    path = fn.__code__.co_filename
    if not os.path.isfile(path):  # made while the program runs
        return ""
    return _file(path).at(fn.__code__.co_firstlineno, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)


def _file(path):
    state = os.stat(path)
    return _read(os.fspath(path), state.st_mtime_ns, state.st_size)


@functools.cache
def _read(path, *_):
    with tokenize.open(path) as file:
        return _File(file.read())


class _File:
    """``lines``: those of the text, as bytes, with spaces in place of comments and docstrings."""

    def __init__(self, text):
        tree = ast.parse(text)
        self.lines = [line.encode() for line in io.StringIO(text)]
        self._nodes = defaultdict(list)  # {first line: nodes}
        for node in ast.walk(tree):
            if isinstance(node, DOCUMENTED) and ast.get_docstring(node, clean=False) is not None:
                said = node.body[0]
                self._blank(said.lineno, said.col_offset, said.end_lineno, said.end_col_offset)
            if isinstance(node, ast.Lambda | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", ()))])
                self._nodes[first].append(node)
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.COMMENT:
                begin = len(token.line[: token.start[1]].encode())
                self._blank(token.start[0], begin, token.end[0], begin + len(token.string.encode()))

    def at(self, line, kinds):
        """The code of the nodes of these kinds that begin on a line."""
        found = []
        for node in (node for node in self._nodes[line] if isinstance(node, kinds)):
            kept = [d for d in getattr(node, "decorator_list", ()) if not _is_check(d)]
            found += [self._segment(part) for part in (*kept, node)]
        return "\n".join(found)

    def _segment(self, node):
        lines = self.lines[node.lineno - 1 : node.end_lineno]
        lines[-1] = lines[-1][: node.end_col_offset]
        lines[0] = b" " * node.col_offset + lines[0][node.col_offset :]
        return textwrap.dedent("\n".join(_without_blank(lines)))

    def _blank(self, line, begin, last, end):
        for k in range(line - 1, last):
            text = self.lines[k]
            a, b = begin if k == line - 1 else 0, end if k == last - 1 else len(text.rstrip(b"\r\n"))
            self.lines[k] = text[:a] + b" " * (b - a) + text[b:]


def _without_blank(lines):
    return [line.decode().rstrip() for line in lines if line.strip()]


def _is_check(decorator):
    return isinstance(decorator, ast.Call) and getattr(decorator.func, "attr", "") == "check"
