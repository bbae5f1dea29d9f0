"""``check`` as the box knows it: it only remembers what it was given. Staged there as ``lstm_helpers.checks``."""

from types import MappingProxyType

from lstm_helpers.checks import probe

given = {}  # check: (what it was given, what each name of the notebook stood for then)
before_answers = []  # as in a notebook; here nothing takes long
exercise = ""  # that is graded, where the box holds some of the student's library
notebook = {}  # the names of the notebook that runs here, in whose place the box puts its own


class Answered:
    """What ``check`` returns here: as a notebook's Result of a right answer, so that a cell that reads it goes on.

    Nothing is known of the answer yet; it is scored outside.
    """

    state, points, of, right, failed, cause, advice, cause_line = "correct", 1.0, 1.0, True, False, "", "", ""
    hints, printed, table, case = (), "", "", MappingProxyType({})

    def __init__(self, name):
        self.check = name
        self.line = self.text = f"{name}: {self.state}, 1 of 1 point"
        self.lines, self.candidates, self.carried = [], [], []

    def __repr__(self):
        return str(self.points)

    def as_data(self):
        """As of a notebook's Result: plain data."""
        return {"check": self.check, "state": self.state, "points": self.points, "of": self.of}


def check(name, obj):
    """Remember the object under the check's name, without its exercise; the grader scores it later, outside.

    What is still empty, such as a stub that was pasted once more, does not take the place of an answer.
    """
    asked = str(name).rpartition("/")[2]
    if asked not in given or not _is_empty(obj):
        given[asked] = obj, dict(notebook)
    return Answered(asked)


def variant(seed):
    """``check``, whatever number the notebook names: the grader knows its own."""
    return check


def under_way():
    """(exercise, the names of its notebook): here all that runs is looked at."""
    return exercise, notebook


def _is_empty(obj):
    if isinstance(obj, dict):
        return all(value is None or value is ... for value in obj.values())
    return obj is None or obj is ... or probe.is_untouched(obj)
