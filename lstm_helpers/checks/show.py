"""What a check says to the person: the Result, as HTML, as one line, as points; and values side by side."""

import dataclasses
import html
import re
from dataclasses import asdict, dataclass, field

import numpy as np

from lstm_helpers import wording
from lstm_helpers.checks import probe
from lstm_helpers.checks.compare import unequal

NOT_ATTEMPTED, ERROR, WRONG, CORRECT = "not attempted", "error in your code", "wrong", "correct"
COLOUR = {  # of the bar beside what is said
    CORRECT: "#1a7f37",
    WRONG: "#9a6700",
    ERROR: "#b42318",
    NOT_ATTEMPTED: "#57606a",
}
LARGEST = 24  # numbers that are read side by side
OWN_LINE = re.compile(r"^(line \d+: )([^`\n]+)$", re.M)


@dataclass
class Result:
    """One check's answer to the person.

    In a notebook it is HTML, below the plain ``line`` that ``check`` prints, and does not say that again. Its repr is
    the points as a number, which is how nbgrader reads partial credit; ``text`` is the whole feedback as plain text.
    """

    check: str
    state: str
    points: float
    of: float
    lines: list = field(default_factory=list)
    cause: str = ""  # the misconception that explains every case, if exactly one does
    advice: str = ""
    candidates: list = field(default_factory=list)  # every misconception that fits
    carried: list = field(default_factory=list)  # earlier functions that are at fault in place of this one
    hints: tuple = ()
    printed: str = ""
    table: str = ""  # HTML: the student's values beside the right ones
    _case: dict = field(default_factory=dict, repr=False, compare=False)  # the inputs of the case that is shown

    @property
    def case(self):
        """The inputs with which the answer was first seen to be wrong, {argument: array}; each time new copies.

        Empty where the answer is right or was not tried. ``sigmoid(**check("sigmoid", sigmoid).case)`` calls a function
        with them.
        """
        return probe.grouped({name: a.copy() if a.ndim else a.item() for name, a in self._case.items()})

    def as_data(self):
        """Plain JSON data, as a gradebook stores it: without the case."""
        data = asdict(dataclasses.replace(self, _case={}))
        del data["_case"]
        return data

    @property
    def right(self):
        """Fully right: correct, and without help from a reference."""
        return self.state == CORRECT and not self.carried

    @property
    def failed(self):
        """Something was written and it is not right, be it through a fault of an earlier function that it calls."""
        return self.state in (ERROR, WRONG) or (self.state == NOT_ATTEMPTED and bool(self.lines))

    @property
    def line(self):
        return f"{self.check}: {self.state}, {self.points:g} of {wording.count(self.of, 'point')}"

    @property
    def cause_line(self):
        return f"Likely cause: {self.cause}. {self.advice}" if self.cause else ""

    @property
    def text(self):
        return "\n".join([self.line, *self.lines])

    def __repr__(self):
        return str(float(self.points))

    def _repr_html_(self):
        body = "".join(
            f'<div style="white-space:pre-wrap;margin:.3em 0;font-weight:{600 if line == self.cause_line else 400}">'
            f"{inline_code(line)}</div>"
            for line in self.lines
        )
        said = ""
        if self.printed:
            said = f"<details><summary>what your code printed</summary><pre>{html.escape(self.printed)}</pre></details>"
        return (
            f'<div role="status" style="border-left:4px solid {COLOUR[self.state]};'
            f'padding:.2em 0 .2em .8em;max-width:60em">'
            f"{body or self._nothing_more()}{self.table}{said}{self._hints_html()}</div>"
        )

    def _nothing_more(self):
        """For the place of the lines where there is none: the row of the notebook would be empty."""
        return "Right." if self.right else ""

    def _hints_html(self):
        """Hints fold out one after the other: each lies inside the one before."""
        if self.state == CORRECT:
            return ""
        folded = ""
        for number, hint in reversed(list(enumerate(self.hints, 1))):
            folded = (
                f'<details style="margin:.3em 0"><summary>hint {number} of {len(self.hints)}</summary>'
                f'<div style="margin:.2em 0 .2em 1.2em">{inline_code(hint)}{folded}</div></details>'
            )
        return folded


def inline_code(text):
    """Escape; `code` becomes <code>, and so does the student's own line in "line 2: return z"."""
    parts = OWN_LINE.sub(r"\1`\2`", html.escape(text)).split("`")
    return "".join(f"<code>{part}</code>" if k % 2 else part for k, part in enumerate(parts))


def inputs_in_brief(case):
    """The inputs of a case, {name: array}, in one line: "validation = [5, 4, 6], patience = 2", "x (4, 3), W_x (3, 8)".

    By their values: numbers, short rows of whole numbers, and all short rows where nothing has a second axis. The
    others by their shapes.
    """
    rows_alone = all(array.ndim < 2 for array in case.values())
    said = []
    for name, array in case.items():
        short = array.ndim == 1 and 0 < array.size <= LARGEST and array.dtype.kind in "fiu"
        if short and (rows_alone or array.dtype.kind in "iu"):
            said.append(f"{name} = [{', '.join(_told_apart(array))}]")
        else:
            said.append(f"{name} {array.shape if array.ndim else f'= {array:.4g}'}")
    return ", ".join(said)


def _told_apart(row):
    """The numbers of a row as texts with the fewest digits that tell them apart: the same text is the same number."""
    for digits in (3, 6, 9, 17):
        texts = [f"{number:.{digits}g}" for number in (row + 0).tolist()]
        if len(set(texts)) == len(np.unique(row)):
            break
    return texts


def side_by_side(name, mine, expected, case):
    """An output that differs, the student's beside the right one: the part with the first value that does, which is
    the one that is named. "" where that is too large to be read."""
    if mine.shape != expected.shape or mine.dtype.kind not in "fiub":
        return ""
    off = unequal(mine, expected, case)
    if not off.any():
        return ""
    at = np.argwhere(off)[0]
    part = next((k for k in range(max(0, off.ndim - 2), off.ndim) if off[tuple(at[:k])].size <= LARGEST), None)
    if part is None:
        return ""
    place = tuple(int(k) for k in at[:part])
    mine, expected, off = mine[place] + 0, expected[place] + 0, off[place]  # no sign before a 0; booleans as numbers
    where = f"[{', '.join(map(str, place))}]" if place else ""
    spec = _one_format(mine, expected, off)
    grids = (
        _grid(title, np.atleast_2d(array), np.atleast_2d(off), spec)
        for title, array in ((f"your {name}{where}", mine), (f"expected {name}{where}", expected))
    )
    return f"<div style='display:flex;flex-wrap:wrap;gap:0 2em;margin:.4em 0'>{''.join(grids)}</div>"


def _one_format(mine, expected, off):
    """Four decimals for all, so that points stand below one another, where that shows each number well enough.

    off: where the two differ; there they are told apart, as far as the digits go.
    """
    numbers = np.abs(np.concatenate([np.ravel(array).astype(np.float64) for array in (mine, expected)]))
    plain = np.isfinite(numbers).all() and numbers.max() < 1000 and not ((numbers > 0) & (numbers < 0.01)).any()
    decimals = [".4f"] if plain and "f" in (mine.dtype.kind, expected.dtype.kind) else []
    pairs = list(zip(mine[off].tolist(), expected[off].tolist(), strict=True))
    apart = lambda spec: all(f"{a:{spec}}" != f"{b:{spec}}" for a, b in pairs)  # noqa: E731
    return next(filter(apart, [*decimals, ".4g", ".6g", ".9g"]), ".17g")


def _grid(title, array, off, spec):
    cell = "padding:.1em .5em;text-align:right;font-family:monospace;white-space:nowrap"
    rows = "".join(
        "<tr style='background:none'>"
        + "".join(
            f"<td style='{cell}'>{f'<b>{number:{spec}}</b>' if wrong else f'{number:{spec}}'}</td>"
            for number, wrong in zip(row, marks, strict=True)
        )
        + "</tr>"
        for row, marks in zip(array, off, strict=True)
    )
    caption = f"<caption style='text-align:left;caption-side:top;color:inherit'>{title}</caption>"
    return f"<table style='font-size:inherit;border:1px solid #8886;margin:.2em 0'>{caption}{rows}</table>"
