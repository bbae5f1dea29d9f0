"""The map of the course, and where its files lie."""

import os
import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path


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


def root():
    """The folder of the course.

    LSTM_COURSE_HOME names it, or it is the first folder upwards that holds notebooks/00_start_here.ipynb.
    Raises FileNotFoundError with the way out when there is none.
    """
    if home := os.environ.get("LSTM_COURSE_HOME"):
        return Path(home)
    here = Path.cwd().resolve()
    for folder in (here, *here.parents, Path(__file__).resolve().parent.parent):
        if (folder / "notebooks" / "00_start_here.ipynb").is_file():
            return folder
    raise FileNotFoundError(
        "this is not inside the course folder: change into it (it holds notebooks/00_start_here.ipynb), "
        "or set LSTM_COURSE_HOME to it"
    )


def open_exercises():
    """Copy each exercise that has no copy in work/ yet; return the new copies. Old ones stay as they are."""
    exercises, work = root() / "exercises", root() / "work"
    new = []
    for source in sorted(exercises.rglob("*.ipynb")):
        copy = work / source.relative_to(exercises)
        if ".ipynb_checkpoints" not in source.parts and not copy.exists():
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, copy)
            new.append(copy)
    return new


def reset(stem):
    """Put a fresh copy of one exercise into work/. Returns (copy, backup); backup may be None."""
    exercises = root() / "exercises"
    there = {p.stem: p for p in exercises.rglob("*.ipynb") if ".ipynb_checkpoints" not in p.parts}
    if stem not in there:
        raise FileNotFoundError(f"there is no exercise {stem!r}; there are: {', '.join(sorted(there))}")
    source = there[stem]
    copy, backup = root() / "work" / source.relative_to(exercises), None
    if copy.exists():
        backup = copy.with_name(f"{copy.stem}.{datetime.now():%Y-%m-%d-%H%M%S-%f}.ipynb")
        copy.rename(backup)
    copy.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, copy)
    return copy, backup
