"""The map of the course, and where its files lie."""

import os
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

START_PAGE = "notebooks/00_start_here.ipynb"


HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Lesson:
    """One lesson or project: stem of its notebooks, title, the question it answers, minutes to read, the claims that it
    settles, and the folder in which its notebooks lie below notebooks/, exercises/ and solutions/."""

    stem: str
    title: str
    question: str
    minutes: int
    claims: tuple = ()
    folder: str = ""

    @property
    def path(self):
        """Where its notebooks lie in their folders, without the suffix."""
        return f"{self.folder}/{self.stem}" if self.folder else self.stem

    @property
    def number(self):
        """As in the stem; a project has none."""
        return "" if self.folder else self.stem[:2]

    @property
    def home(self):
        """The package that holds all that belongs to it, named by the stem without its number: "lessons.gates"."""
        return f"{self.folder}.{self.stem}" if self.folder else f"lessons.{self.stem[3:]}"

    @property
    def has_sheet(self):
        """Whether there is an exercise, with its checks."""
        return HERE.parent.joinpath(*self.home.split("."), "sheet.py").is_file()


KEYS = ("stem", "title", "question", "minutes", "claims")


def read_map(text):
    """The map, course.toml, as a dictionary. ValueError says what is wrong with it, by row, and what to do."""
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"course.toml is no TOML: {error}") from None
    if missing := [part for part in ("lesson", "project", "planned", "claims") if part not in found]:
        raise ValueError(f"course.toml has no part [{missing[0]}]: put it back")
    stems = set()
    for row in (*found["lesson"], *found["project"]):
        named = f"course.toml, the row of {row.get('stem', 'a lesson without a stem')}"
        if unknown := row.keys() - set(KEYS):
            raise ValueError(f"{named}: there is no key {min(unknown)!r}; the keys are {', '.join(KEYS)}")
        if missing := [key for key in KEYS if key not in row]:
            raise ValueError(f"{named}: it has no {missing[0]}; the keys are {', '.join(KEYS)}")
        if unknown := set(row["claims"]) - found["claims"].keys():
            raise ValueError(f"{named}: there is no claim {min(unknown)!r} under [claims]: correct it, or add it there")
        if row["stem"] in stems:
            raise ValueError(f"{named} stands twice: delete one of the two")
        stems.add(row["stem"])
    return found


def _rows(kind, folder):
    return tuple(Lesson(**{**row, "claims": tuple(row["claims"])}, folder=folder) for row in MAP[kind])


MAP = read_map((HERE / "course.toml").read_text(encoding="utf-8"))
LESSONS, PROJECTS = _rows("lesson", ""), _rows("project", "projects")


@dataclass(frozen=True)
class Retired:
    """A check that an earlier version of the course had: the exercise it stood in, the check that has its place, and
    whether that one asks the same under another name, so that answers and points go over to it. ``part``: where that
    one asks for this and for other retired ones at once, how its answer is made of theirs, as Python."""

    exercise: str
    successor: str
    same: bool
    part: str = ""

    def line(self, name):
        """What somebody is told whose older copy of the exercise still asks for it."""
        if self.same:
            return f"`{name}` is called `{self.successor}` now: this is its answer."
        if self.part:
            return (
                f"`{name}` is part of `{self.successor}` now, which asks for all of them at once. "
                f"`lstm-course reset {self.exercise}` gives you the exercise as it is now and keeps yours beside it."
            )
        return (
            f"`{name}` is no longer asked: in its place {self.exercise} asks for `{self.successor}`. "
            f"`lstm-course reset {self.exercise}` gives you the exercise as it is now and keeps yours beside it."
        )


LAYERS = """def lstm_layers(x, h_prev, W_x, W_h, b):
    return [layer(x, h_prev, W_x, W_h, b) for layer in (input_gate, forget_gate, candidate, output_gate)]
"""
RETIRED = {
    "next_character": Retired("text_generation", "my_weights", same=False),
    **dict.fromkeys(
        ("forget_gate", "input_gate", "candidate", "output_gate"),
        Retired("03_gates", "lstm_layers", same=False, part=LAYERS),
    ),
}


def merged():
    """{check: the names of the retired ones that it asks for at once}."""
    parts = {}
    for name, retired in RETIRED.items():
        if retired.part:
            parts.setdefault(retired.successor, []).append(name)
    return parts


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


def as_named(variable):
    """What is said behind a path that an environment variable names, and that is no good; "" where it names none."""
    return f" ({variable} names it: correct that, or unset it)" if os.environ.get(variable) else ""


def root():
    """The folder of the course, as an absolute path.

    LSTM_COURSE_HOME names it, or it is the first folder upwards that holds notebooks/00_start_here.ipynb. A relative
    name counts from here or from a folder above: a notebook runs in its own folder, below the one where it was given.
    Raises FileNotFoundError with the way out when there is none.
    """
    here, given = Path.cwd().resolve(), os.environ.get("LSTM_COURSE_HOME", "")
    above = [folder / given for folder in (here, *here.parents)]
    own = [] if given else [HERE.parents[1]]
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
