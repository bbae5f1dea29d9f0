"""A question of a variant, built around the course's: its cases, right answer and slips, each turned.

So whatever judges, probes and diagnoses sees the variant's own arrays alone, and slips keep their names.
"""

import copy
import dataclasses
import functools
from dataclasses import dataclass, field

from lstm_helpers.checks.sheet import Check, Misconception
from lstm_helpers.variants import texts
from lstm_helpers.variants.turns import Numbers, Turn

OWN = "the course's own {}"
PARTS = {  # which part of a turn an answer may have left out: {the part: what stands in its name}
    "order": "order of the layers",
    "returns": "order of the results",
    "axes": "order of the axes",
}


@dataclass(frozen=True)
class TurnedCases:
    """The cases of a question of the course, turned."""

    base: object
    turn: Turn

    def __call__(self, rng):
        for label, case in self.base(rng):
            yield label, self.turn.into(case)


@dataclass(frozen=True)
class TurnedMarks:
    """The marks of an answer that has no right one, given to what it is on the course's side."""

    base: object
    turn: Turn
    points: float

    def __call__(self, outputs, cases):
        cases = [self.turn.out_of(case) for case in cases]
        found = self.base([self.turn.out_of(made) for made in outputs], cases)
        if found[0] < self.points and self.base(outputs, cases)[0] == self.points:
            return found[0], _asks(self.turn), OWN.format(PARTS["order"])
        points, said, cause = found
        return points, texts.reordered(said, self.turn.layers, self.turn.order), cause


@dataclass
class TurnedMisconception(Misconception):
    """A slip of the course on the side of a variant; ``base`` is the course's own."""

    base: Misconception | None = None

    @property
    def reads(self):
        return self.base.reads


@dataclass(eq=False)
class TurnedCheck(Check):
    """One question of a variant; ``base`` is the course's, ``turn`` what differs."""

    base: Check | None = None
    turn: Turn | None = field(default=None, repr=False)

    @property
    def within(self):
        return self.base.within

    def with_both(self, first, second):
        made = self.base.with_both(first.base, second.base)
        return made and self.turn.of(made)

    def entangled(self, first, second):
        return self.base.entangled(first.base, second.base)


def turned(sheet, drawn):
    """The Sheet of a variant that a ``plans.Drawn`` makes of one of the course's."""
    other = copy.copy(sheet)
    other.checks = {}
    for name, check in sheet.checks.items():
        hints = tuple(texts.prose(hint, drawn, name) for hint in check.hints)
        said = {"hints": hints, "asks": texts.prose(check.asks, drawn, name), "sheet": other}
        if turn := drawn.turns.get(name):
            other.checks[name] = _turned_check(check, turn, drawn, said)
        else:
            told = [_told(slip, slip.make, drawn, name) for slip in check.misconceptions]
            other.checks[name] = dataclasses.replace(check, misconceptions=told, **said)
    return other


def _told(slip, make, drawn, name):
    """A slip of the course with its words as the variant's student reads them."""
    words = texts.slip(slip.name, slip.advice, drawn, name)
    return TurnedMisconception(*words, make, slip.edits, slip.plain, slip.numbers, slip.of, base=slip)


def _turned_check(check, turn, drawn, said):
    fields = {f.name: getattr(check, f.name) for f in dataclasses.fields(Check)} | said
    if isinstance(turn, Numbers):
        return _with_numbers(check, turn, fields)
    slips = [_told(slip, lambda names=False, slip=slip: turn.of(slip.build()), drawn, check.name)
             for slip in check.misconceptions]  # fmt: skip
    fields |= {
        "cases": TurnedCases(check.cases, turn),
        "oracle": turn.of(check.oracle),
        "returns": turn.asked,
        "misconceptions": [*_unturned(check, turn), *slips],
        "marks": check.marks and TurnedMarks(check.marks, turn, check.points),
    }
    return TurnedCheck(**fields, base=check, turn=turn)


def _with_numbers(check, turn, fields):
    own = Misconception(OWN.format("numbers"), _asks(turn), lambda names=False: check.oracle, first=True)
    made = TurnedCheck(**fields | {"oracle": turn.given.work_out(), "misconceptions": [own]}, base=check, turn=turn)
    for name, changed, advice in turn.given.slips():
        made.wrong(name, functools.partial(turn.given.work_out, **changed), advice)
    return made


def _unturned(check, turn):
    """The misconceptions of who answers as the course asks, in one of several parts or in all of it.

    A part comes first: where results do not even have the form that was asked for, no more can be told than that.
    """
    if check.marks:
        return
    differs = [part for part in PARTS if turn != turn.without(**{part: True})]
    left_out = [(part,) for part in differs] if len(differs) > 1 else []
    for parts in (*left_out, tuple(differs)):
        rest = turn.without(**dict.fromkeys(parts, True))
        make = lambda names=False, rest=rest: rest.of(check.oracle)  # noqa: E731
        name = OWN.format(" and ".join(PARTS[part] for part in parts))
        yield Misconception(name, _asks(turn), make, plain=True, first=True)


def _asks(turn):
    return f"Your sheet asks otherwise: {', and '.join(turn.said)}. Read the question."
