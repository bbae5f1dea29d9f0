"""A question of a variant, built around the course's: its cases, right answer and slips, each turned.

So whatever judges, probes and diagnoses sees the variant's own arrays alone, and slips keep their names.
"""

import copy
import dataclasses
import functools
import inspect
import types
from dataclasses import dataclass, field

from lstm_helpers.checks.probe import spelled
from lstm_helpers.checks.sheet import Check, Misconception
from lstm_helpers.variants import texts
from lstm_helpers.variants.turns import Numbers, Turn

OWN = "the course's own {}"
PARTS = {  # which part of a turn an answer may have left out: what stands in its name
    "order": "of the layers",
    "returns": "of the results",
    "axes": "of the axes",
}
CALLED = "order of what other functions return"
OTHERS = "the numbers of another class"


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
            return found[0], _asks(self.turn), OWN.format(f"order {PARTS['order']}")
        points, said, cause = found
        return points, texts.reordered(said, self.turn.layers, self.turn.order), cause


@dataclass
class TurnedMisconception(Misconception):
    """A slip of the course on the side of a variant; ``base`` is the course's own."""

    base: Misconception | None = None

    @property
    def reads(self):
        return self.base.reads


@dataclass
class UnturnedMisconception(Misconception):
    """That of who answers as the course asks, but for what ``rest`` turns; any slip of the course may come with it."""

    rest: Turn | None = None
    paired = True


@dataclass(eq=False)
class TurnedCheck(Check):
    """One question of a variant; ``base`` is the course's, ``turn`` what differs."""

    base: Check | None = None
    turn: Turn | None = field(default=None, repr=False)

    @property
    def within(self):
        return self.base.within

    def with_both(self, first, second):
        unturned = [one for one in (first, second) if isinstance(one, UnturnedMisconception)]
        if len(unturned) == 1:
            (slip,) = (one for one in (first, second) if one is not unturned[0])
            return unturned[0].rest.of(slip.base.build())
        made = None if unturned else self.base.with_both(first.base, second.base)
        return made and self.turn.of(made)

    def entangled(self, first, second):
        both = (first, second)
        return not any(isinstance(one, UnturnedMisconception) for one in both) and self.base.entangled(
            *(one.base for one in both)
        )


def turned(sheet, drawn):
    """The Sheet of a variant that a ``plans.Drawn`` makes of one of the course's."""
    other = copy.copy(sheet)
    other.checks = {}
    for name, check in sheet.checks.items():
        hints = tuple(texts.prose(hint, drawn, name) for hint in check.hints)
        said = {"hints": hints, "asks": texts.prose(check.asks, drawn, name), "sheet": other}
        calls = list(_calls_ours(check, sheet, drawn))
        if turn := drawn.turns.get(name):
            other.checks[name] = _turned_check(check, turn, drawn, said, calls)
        else:
            told = [_told(slip, slip.make, drawn, name) for slip in check.misconceptions]
            other.checks[name] = dataclasses.replace(check, misconceptions=[*calls, *told], **said)
    return other


def _told(slip, make, drawn, name):
    """A slip of the course with its words as the variant's student reads them."""
    words = texts.slip(slip.name, slip.advice, drawn, name)
    return TurnedMisconception(*words, make, slip.edits, slip.plain, slip.numbers, slip.of, base=slip)


def _turned_check(check, turn, drawn, said, calls):
    fields = {f.name: getattr(check, f.name) for f in dataclasses.fields(Check)} | said
    if isinstance(turn, Numbers):
        return _with_numbers(check, turn, fields)
    slips = [_told(slip, lambda names=False, slip=slip: turn.of(slip.build()), drawn, check.name)
             for slip in check.misconceptions]  # fmt: skip
    fields |= {
        "cases": TurnedCases(check.cases, turn),
        "oracle": turn.of(check.oracle),
        "returns": turn.asked,
        "misconceptions": [*_unturned(check, turn), *calls, *slips],
        "marks": check.marks and TurnedMarks(check.marks, turn, check.points),
    }
    return TurnedCheck(**fields, base=check, turn=turn)


def _with_numbers(check, turn, fields):
    own = Misconception(OWN.format("numbers"), _asks(turn), lambda names=False: check.oracle, first=True)
    others = [  # as somebody hands in who was given the exercise of another class, or its answers
        Misconception(OTHERS, _asks(turn), lambda names=False, other=other: other.work_out(), first=True)
        for other in check.within["by_pencil"].OTHERS
        if other != turn.given
    ]
    slips = [own, *others]
    made = TurnedCheck(**fields | {"oracle": turn.given.work_out(), "misconceptions": slips}, base=check, turn=turn)
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
        name = OWN.format("order " + " and ".join(PARTS[part] for part in parts))
        yield UnturnedMisconception(name, _asks(turn), make, plain=True, first=True, rest=rest)


def _calls_ours(check, sheet, drawn):
    """The misconceptions of who takes the results of an earlier function in the course's order, where that function
    is right: in an answer that is right otherwise, or in one that was copied from the course's."""
    fn, turn = check.oracle, drawn.turns.get(check.name)
    names = fn.__code__.co_names if inspect.isfunction(fn) else ()
    called = {n: t for n in check.uses if n in names and isinstance(t := drawn.turns.get(n), Turn)}
    if not any(other.returned for other in called.values()):
        return

    def calling(without):
        ours = {
            name: other.without(order=without, axes=without).of(sheet.checks[name].oracle)
            for name, other in called.items()
        }
        return types.FunctionType(fn.__code__, fn.__globals__ | ours, fn.__name__, fn.__defaults__)

    returned = [f"`{name}` returns `{spelled(other.asked)}`" for name, other in called.items() if other.returned]
    advice = f"In your sheet {', '.join(returned)}. Take the results in that order."
    ways = [(advice, lambda names=False: calling(True))]
    if turn:
        ways = [  # it cuts the layers itself, or hands them on as they are; or it is the course's own in all
            (advice, lambda names=False: turn.of(calling(True))),
            (advice, lambda names=False: turn.without(order=True, axes=True).of(calling(False))),
            (f"{_asks(turn)} {advice}", lambda names=False: calling(False)),
        ]
    for said, make in ways:
        yield Misconception(OWN.format(CALLED), said, make, plain=True, last=True)


def _asks(turn):
    return f"Your sheet asks otherwise: {', and '.join(turn.said)}. Read the question."
