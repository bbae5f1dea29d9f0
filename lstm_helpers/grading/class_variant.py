"""The variant of the exercises that a class was given: ``lstm-course grade --variant N``.

The grader goes by that number alone; what a notebook says of itself is only told where it differs.
"""

from pathlib import Path

from lstm_helpers import checks, variants
from lstm_helpers.grading.gradebook.store import Store

OTHER = "the notebook was made for "  # begins every remark on one that was made for another class


def of_store(out):
    """The variant by which the class in the folder ``out`` was graded, or None."""
    if not (Path(out) / "grades.sqlite").is_file():
        return None
    with Store(out, make=False) as store:
        return store.setting("variant")


def remarks(cells, exercise, variant):
    """What to say of a notebook of the course, given as its code cells, that was made for another class."""
    if exercise in checks.LESSONS and (named := variants.named(cells)) != variant:
        yield f"{OTHER}{_called(named)}, and was graded as {_called(variant)}"


def _called(variant):
    return "no variant" if variant is None else f"variant {variant}"
