"""Files that students hand in and that are no notebook: which of them look like work, and what is said of each."""

from pathlib import PurePosixPath

from lstm_helpers import wording

MOST_NAMED = 20  # files of one student that are listed, and no notebook
ARCHIVES = (".rar", ".7z", ".tar", ".gz", ".tgz", ".xz", ".bz2")
DOCUMENTS = (".pdf", ".doc", ".docx", ".odt", ".rtf", ".pages", ".tex", ".html", ".htm")
CODE = (".py", ".r", ".rmd", ".jl", ".m", ".nb")
NO_WORK = {"readme", "license", "formula_sheet", "your_lstm", "onlinetext"}  # stems: of the course, of a platform
NOT_THEIRS = {"lstm_helpers", "site-packages", "node_modules", "__pycache__", "data"}  # folders: the course's, caches


def looks_like_work(label):
    """Whether somebody may have handed this in to be marked: a document, code or an archive.

    Data, pictures and plain text, which is mostly notes and data, do not look like it.
    """
    path = PurePosixPath(label.lower())
    if path.stem in NO_WORK or NOT_THEIRS & {*path.parts[:-1]}:
        return False
    return path.suffix in ARCHIVES + DOCUMENTS + CODE


class OtherFiles:
    """The files of one student that are no notebook: of many, the first ones, and how many more look like work."""

    def __init__(self):
        self.work, self.rest, self.more = [], [], 0

    def add(self, label):
        """Keep the name of a file. What looks like work is never crowded out by data and pictures."""
        work = looks_like_work(label)
        listed = self.work if work else self.rest
        if len(listed) < MOST_NAMED:
            listed.append(label)
        else:
            self.more += work

    def listed(self, answered, exercise_of):
        """(file, why) of those that the instructor should see.

        answered: exercises that the student has a notebook for; exercise_of(label): the one that a name says, or None.
        A copy beside the notebook, such as 03_gates.pdf, is not listed; without any notebook every file is.
        """
        if not answered:
            shown = [*self.work, *self.rest][:MOST_NAMED]
        else:
            shown = [label for label in self.work if exercise_of(label) not in answered]
            shown += [label for label in self.rest if exercise_of(label) not in (None, *answered)]
        told = [(label, _why(label)) for label in shown]
        return [*told, ("", f"{wording.count(self.more, 'more file')} like these")] if self.more else told


def _why(label):
    if label.lower().endswith(ARCHIVES):
        return "an archive of a kind that is not opened here: .ipynb and .zip are"
    return "it is no notebook (.ipynb)"
