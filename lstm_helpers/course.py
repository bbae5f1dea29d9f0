"""The map of the course, and where its files lie."""

import os
import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

START_PAGE = "notebooks/00_start_here.ipynb"


@dataclass(frozen=True)
class Lesson:
    """One lesson or project: stem of its notebooks, title, the question it answers, minutes to read, check sheet, and
    the folder in which its notebooks lie below notebooks/, exercises/ and solutions/."""

    stem: str
    title: str
    question: str
    minutes: int
    sheet: str = ""
    folder: str = ""

    @property
    def path(self):
        """Where its notebooks lie in their folders, without the suffix."""
        return f"{self.folder}/{self.stem}" if self.folder else self.stem

    @property
    def number(self):
        """As in the stem; a project has none."""
        return "" if self.folder else self.stem[:2]


LESSONS = (
    Lesson("01_sequences", "Sequences", "How can a network read one thing after another?", 40, "sequences"),
    Lesson(
        "02_why_rnns_forget",
        "Why RNNs forget",
        "Why does a plain RNN lose what it read 50 steps ago?",
        45,
        "rnn_gradients",
    ),
    Lesson("03_gates", "Gates", "How can a network decide what to keep, add and show?", 40, "gates"),
    Lesson("04_cell_state", "The cell state", "How do four layers make one memory?", 45, "cell_state"),
    Lesson(
        "05_forward_through_time",
        "Forward through time",
        "How does the cell read a batch of texts?",
        50,
        "forward_pass",
    ),
    Lesson(
        "06_backward_through_time", "Backward through time", "How does the error reach the past?", 70, "backward_pass"
    ),
    Lesson("07_training_that_works", "Training that works", "Which choices make an LSTM learn?", 60, "optimising"),
    Lesson("08_long_term_memory", "Long-term memory", "How long does it really remember?", 45),
    Lesson("09_bidirectional_and_stacked", "Both directions, many layers", "What do more layers buy?", 40),
    Lesson("10_attention", "Attention", "How does a decoder look back at the input?", 50),
    Lesson("11_looking_inside", "Looking inside", "What have the gates learned?", 40),
    Lesson("12_today", "Today", "What replaced the LSTM, and where is it still right?", 30),
    Lesson("13_exam", "The exam", "Can you answer the ten-mark question?", 45),
)
PROJECTS = (
    Lesson(
        "text_generation",
        "Text generation",
        "Can an LSTM write a novel, one character at a time?",
        75,
        "text_generation",
        "projects",
    ),
)


@dataclass(frozen=True)
class Retired:
    """A check that an earlier version of the course had: the exercise it stood in, the check that has its place, and
    whether that one asks the same under another name, so that answers and points go over to it."""

    exercise: str
    successor: str
    same: bool

    def line(self, name):
        """What somebody is told whose older copy of the exercise still asks for it."""
        if self.same:
            return f"`{name}` is called `{self.successor}` now: this is its answer."
        return (
            f"`{name}` is no longer asked: in its place {self.exercise} asks for `{self.successor}`. "
            f"`lstm-course reset {self.exercise}` gives you the exercise as it is now and keeps yours beside it."
        )


RETIRED = {"next_character": Retired("text_generation", "my_weights", same=False)}


def todays(exercise, checks):
    """{name: today's name} of these checks of an exercise: each under its own name, and under those it had before."""
    before = {old: r.successor for old, r in RETIRED.items() if r.same and r.exercise == exercise}
    return {name: name for name in checks} | {old: name for old, name in before.items() if name in checks}


def belongs(stem, exercises):
    """Which of ``exercises`` a notebook with this stem copies, or "": 03_gates-Copy1, "03_gates (1)", 03_gates.old."""
    fits = [e for e in exercises if re.fullmatch(rf"{re.escape(e)}(?:[^\w].*)?", stem, re.DOTALL)]
    return max(fits, key=len, default="")


def meant(given, exercises, what="exercise"):
    """Which of ``exercises`` a person means by 03, gates, 03_gates, 03_gates.ipynb or work/03_gates.ipynb.

    Every command that takes an exercise asks here. ValueError with what there is when it is none of them, or several.
    """
    path = PurePosixPath(given.replace("\\", "/"))
    stem = re.sub(r"\.ipynb$", "", path.name, flags=re.IGNORECASE).casefold()
    known = {e.casefold(): e for e in exercises}
    fits = []
    if path.parent.name in ("", "exercises", "work", "solutions", "notebooks", "projects"):  # not in somebody else's
        whole = belongs(stem, known)
        of_number = [e for e in known if stem.isdecimal() and e.split("_")[0] == stem.zfill(2)]
        fits = [whole] if whole else of_number or [e for e in known if len(stem) > 2 and stem in e]
    if len(fits) == 1:
        return known[fits[0]]
    if fits:
        raise ValueError(f"{given!r} may be {' or '.join(known[e] for e in fits)}: name one of them")
    raise ValueError(f"there is no {what} {given!r}; there are: {', '.join(exercises)}")


def named(variable):
    """The path that an environment variable names, or None. A relative one counts from the course folder: each
    notebook has a working folder of its own."""
    given = os.environ.get(variable)
    return (Path(given) if os.path.isabs(given) else root() / given) if given else None


def root():
    """The folder of the course, as an absolute path.

    LSTM_COURSE_HOME names it, or it is the first folder upwards that holds notebooks/00_start_here.ipynb. A relative
    name counts from here or from a folder above: a notebook runs in its own folder, below the one where it was given.
    Raises FileNotFoundError with the way out when there is none.
    """
    here, given = Path.cwd().resolve(), os.environ.get("LSTM_COURSE_HOME", "")
    above = [folder / given for folder in (here, *here.parents)]
    own = [] if given else [Path(__file__).resolve().parent.parent]
    for folder in above + own:
        if os.path.isfile(folder / START_PAGE):
            return Path(os.path.abspath(folder))
    if given:
        raise FileNotFoundError(
            f"LSTM_COURSE_HOME is {given}, which does not hold {START_PAGE}: correct it or unset it"
        )
    raise FileNotFoundError(
        f"this is not inside the course folder: change into it (it holds {START_PAGE}), or set LSTM_COURSE_HOME to it"
    )
