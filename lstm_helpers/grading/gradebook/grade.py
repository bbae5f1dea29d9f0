"""What one submission earned, and the states that it can be in."""

from dataclasses import asdict, dataclass, field, replace

GRADED, MISSING, BROKEN, TIMED_OUT, NOT_GRADED = "graded", "missing", "not readable", "out of time", "not graded"


@dataclass
class Grade:
    """What one submission earned. ``points`` is None when it was not graded: that is not 0."""

    student: str
    exercise: str
    state: str
    note: str = ""
    points: float | None = None
    of: float = 0
    seconds: float = 0.0
    results: list = field(default_factory=list)  # one judge.Result for each check
    failures: list = field(default_factory=list)  # (cell number, error class, text) of cells that failed
    stopped: list = field(default_factory=list)  # what the sandbox stopped
    flags: list = field(default_factory=list)  # for review by a person, with the evidence; they cost nothing
    content: str = ""  # sha256 of the file
    late_by: float = 0.0  # seconds after the deadline
    clock: str = ""  # by which that was told, one of lateness.CLOCKS
    together: float | None = None  # the points by the checks and by hand, before lateness, if anything changes them
    adjusted: float | None = None  # the same after lateness
    remarks: list = field(default_factory=list)

    @property
    def final(self):
        """The points that count, or None when it was not graded."""
        return self.points if self.adjusted is None else self.adjusted

    @property
    def by_hand(self):
        """What points by hand add to those by the checks, or take; None when nothing changed them."""
        return None if self.together is None else round(self.together - (self.points or 0), 4)

    @property
    def lateness(self):
        """What lateness takes, 0 or less; None when nothing changed the points."""
        return None if self.together is None else round(self.adjusted - self.together, 4)

    def as_data(self):
        """Plain JSON data."""
        return asdict(replace(self, results=[])) | {"results": [result.as_data() for result in self.results]}
