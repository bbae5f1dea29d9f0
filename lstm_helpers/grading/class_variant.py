"""The variant of the exercises that a class was given: ``lstm-course grade --variant N``.

The grader goes by that number alone; what a notebook says of itself is only told where it differs.
"""

import re
from pathlib import Path

from lstm_helpers import checks
from lstm_helpers.grading.gradebook.store import Store

SETTING = "variant"  # in the store
OTHER = "the notebook was made for "  # begins every remark on one that was made for another class
NAMED = re.compile(r"^[^#\n]*\bvariant\((\d+)\)", re.MULTILINE)


def of_store(out):
    """The variant by which the class in the folder ``out`` was graded, or None."""
    if not (Path(out) / "grades.sqlite").is_file():
        return None
    with Store(out, make=False) as store:
        return store.setting(SETTING)


def remarks(cells, exercise, variant):
    """What to say of a notebook of the course, given as its code cells, that was made for another class."""
    named = [int(number) for source in cells for number in NAMED.findall(source)]
    if exercise in checks.LESSONS and (named or [None])[-1] != variant:
        yield f"{OTHER}{_called(*named[-1:])}, and was graded as {_called(*([] if variant is None else [variant]))}"


def _called(*variant):
    return f"variant {variant[0]}" if variant else "no variant"
