"""``lstm-course check``: run notebooks as nbval does, strictly, and say in plain words what is not right."""

import contextlib
import io
import os
import re

STRICT = {"LSTM_COURSE_STRICT": "1", "LSTM_COURSE_PROGRESS": "off"}
NBVAL = ["--nbval-lax", "--nbval-current-env", "--nbval-cell-timeout=120"]
ESCAPES = re.compile(r"\x1b\[[0-9;]*m")


class _Collector:
    """A pytest plugin that keeps what failed instead of printing tracebacks."""

    def __init__(self):
        self.cells, self.failed = 0, []

    def pytest_runtest_logreport(self, report):
        if report.when == "call":
            self.cells += 1
        if report.failed:
            self.failed.append((report.nodeid.rpartition("::")[2], _reason(str(report.longrepr))))

    def pytest_collectreport(self, report):
        if report.failed:
            self.failed.append(("the notebook", _reason(str(report.longrepr))))


def _reason(text):
    """The telling part of nbval's report of a cell: the check's own words, else the error."""
    text = ESCAPES.sub("", text)
    if found := re.search(r"CheckFailed: (.*?)(?:\n\s*\n|\Z)", text, re.S):
        return found[1].strip()
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if errors := [line for line in lines if re.match(r"(E +)?[\w.]*(Error|Exception|Interrupt)\b", line)]:
        return errors[-1].removeprefix("E").strip()
    said = re.search(r"^Cell \d+: (.*)$", text, re.M)
    return said[1] if said else lines[-1] if lines else "failed"


def check(paths):
    """Run each notebook, print what is not right. Returns 0 if all is, else 1. FileNotFoundError if one is missing."""
    import pytest

    for path in paths:
        if not path.is_file():
            raise FileNotFoundError(f"there is no notebook {path}")
    os.environ.update(STRICT)
    troubles = 0
    for path in paths:
        collector = _Collector()
        with contextlib.redirect_stdout(io.StringIO()):  # pytest's own report; ours follows
            pytest.main([str(path), *NBVAL, "-p", "no:cacheprovider", "--override-ini=addopts="], plugins=[collector])
        troubles += len(collector.failed) or not collector.cells
        if collector.failed:
            print(f"{path}: {len(collector.failed)} of {collector.cells} code cells are not right yet")
            for cell, reason in collector.failed:
                print(f"  {cell}: " + reason.replace("\n", "\n    "))
        else:
            print(f"{path}: all {collector.cells} code cells run, and every check is correct")
    return int(troubles > 0)
