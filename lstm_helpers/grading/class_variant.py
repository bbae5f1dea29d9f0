"""The variant of the exercises that a class was given: ``lstm-course grade --variant N``.

The grader goes by that number alone; what a notebook says of itself is only told where it differs.
"""

from pathlib import Path

from lstm_helpers import checks, variants
from lstm_helpers.grading.gradebook.store import Store

OTHER = "the notebook names "  # begins every remark on one that names another class than the one that is graded


def of_store(out):
    """The variant by which the class in the folder ``out`` was graded, or None."""
    if not (Path(out) / "grades.sqlite").is_file():
        return None
    with Store(out, make=False) as store:
        return store.setting("variant")


def remarks(cells, exercise, variant):
    """What to say of a notebook of the course, given as its code cells, that names another class, or none."""
    if exercise in checks.LESSONS and (named := variants.named(cells)) != variant:
        graded = "the course's own exercise" if variant is None else f"variant {variant}"
        yield f"{OTHER}{'no variant' if named is None else f'variant {named}'}, and was graded as {graded}"


def instead(remark, names, graded):
    """What to do where most of the graded notebooks have this remark: the number given may be the wrong one."""
    if 2 * len(names) > graded:
        named = remark.removeprefix(OTHER).partition(",")[0]
        number = named.removeprefix("variant ") if named != "no variant" else "none"
        yield f"most of them name {named}: if the class was given that, grade with --variant {number}"
