"""Tables of long runs: a CSV with a line for each, added when it has ended; and the code that a run stands for."""

import ast
import csv
import hashlib
import inspect
import io
import textwrap
import tokenize
from pathlib import Path

BENCHMARKS = Path(__file__).resolve().parent / "data" / "benchmarks"  # the tables that ship with the course


class Damaged(ValueError):
    """A line of a table that is no run: where, and what to do."""


def read(path, kinds):
    """The runs as dictionaries, in the order of the file; none where there is no file.

    kinds: {column: what makes its value of the text}; the other columns are text. A last line that was cut off when it
    was written is none. Raises Damaged, with its place, for any other line that is none.
    """
    if not path.exists():
        return []
    text = path.read_text(encoding="utf-8")
    table = csv.DictReader(io.StringIO(text, newline=""))
    runs = []
    for line in table:
        try:
            if None in line or None in line.values():
                raise ValueError(f"expected {len(table.fieldnames)} columns")
            runs.append({k: kinds.get(k, str)(v) for k, v in line.items()})
        except ValueError as error:
            if table.line_num == len(text.splitlines()) and not text.endswith("\n"):
                break
            raise Damaged(
                f"{path}, line {table.line_num}: this is no run ({error}): delete the line, and the run is made again"
            ) from None
    return runs


def add(run, path, columns):
    """Write one more run, {column: value}, at the end: what was there stays whatever happens.

    What is left of a line that was cut off when it was written makes room.
    """
    with path.open("a+b") as stream:
        stream.seek(0)
        before = stream.read()
        new = io.StringIO(newline="")
        table = csv.DictWriter(new, columns, lineterminator="\n")
        whole, end, cut = before.rpartition(b"\n")
        if not whole:
            stream.truncate(0)
            table.writeheader()
        elif cut.count(b",") == len(columns) - 1:
            new.write("\n")
        else:
            stream.truncate(len(whole + end))
        table.writerow(run)
        stream.write(new.getvalue().encode())


def version(*parts):
    """A short hash of texts and bytes, in this order: the name of a recipe."""
    return hashlib.sha256(b"".join(p if isinstance(p, bytes) else p.encode() for p in parts)).hexdigest()[:8]


def code(*parts):
    """The text of functions, classes and modules without comments, docstrings and white space, for a recipe's hash.

    So a run stays valid when what is said of its code changes, and on every version of Python.
    """
    return "".join(_bare(textwrap.dedent(inspect.getsource(part))) for part in parts)


def _bare(source):
    lines = source.splitlines()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            row, column = token.start
            lines[row - 1] = lines[row - 1][:column]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)) and ast.get_docstring(node) is not None:
            said = node.body[0]
            lines[said.lineno - 1 : said.end_lineno] = [""] * (said.end_lineno - said.lineno + 1)
    return "".join("".join(lines).split())
