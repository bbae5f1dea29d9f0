"""Tables of long runs: a CSV with a line for each, added as soon as it has ended."""

import csv


def read(path, kinds):
    """The runs as dictionaries, in the order of the file; none where there is no file.

    kinds: {column: what makes its value of the text}; the other columns are text.
    """
    if not path.exists():
        return []
    with path.open(newline="", encoding="utf-8") as stream:
        return [{k: kinds.get(k, str)(v) for k, v in line.items()} for line in csv.DictReader(stream)]


def add(run, path, columns):
    """Write one more run, {column: value}, at the end: what was there stays whatever happens."""
    new = not path.exists()
    with path.open("a", newline="", encoding="utf-8") as stream:
        table = csv.DictWriter(stream, columns, lineterminator="\n")
        if new:
            table.writeheader()
        table.writerow(run)
