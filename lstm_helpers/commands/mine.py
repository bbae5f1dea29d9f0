"""``lstm-course mine``: the student's own library, and what proves it."""

from pathlib import Path

from lstm_helpers import course, files, wording, yours
from lstm_helpers.yours import shown

PAGE = "your_lstm.html"  # in work/


def show(page=None):
    """Print the library, its proofs and what comes next; with ``page``, a path or "" for the usual place, write them
    as a page, too. Raises OSError when it cannot be written, FileNotFoundError without a course folder."""
    path = Path(page or course.root() / "work" / PAGE) if page is not None else None
    print("Your pieces are tried, compared with torch, and trained: a few seconds.", flush=True)
    found = shown.look(yours.reload())
    print(wording.harmless(wording.here(str(found))))
    if path:
        files.write(path, found.page())
        print(f"{path} is the same as a page.")
