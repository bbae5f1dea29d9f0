"""A check is data: cases, the right answer, the classic wrong ones. A sheet is the checks of one exercise."""

import ast
import builtins
import contextlib
import copy
import dis
import functools
import inspect
import itertools
import os
import re
import sys
import textwrap
import types
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from lstm_helpers import course
from lstm_helpers.checks.slips import SlipError, read

HERE = os.path.dirname(__file__)


@functools.cache
def _source(fn):
    return textwrap.dedent(inspect.getsource(fn))


def edit(fn, *changes, within=None):
    """The readable solution ``fn`` with some of its text replaced: one (old, new) pair for each slip.

    ``within``: names beside those that ``fn`` itself can use. A text that is not there raises ValueError, so that a
    change of the solution cannot leave a misconception behind that is none.
    """
    text = _source(fn)
    for change in changes:
        text = _replaced(fn, text, *change)
    return _run(text, fn, within)


def _replaced(fn, text, old, new):
    if old not in text:
        raise ValueError(
            f"{fn.__name__} holds no {old!r}: this misconception has lost its anchor; "
            "take the text from the right answer as it stands there, or delete the misconception"
        )
    return text.replace(old, new)


def _from_page(slip, check, names=False):
    """The wrong function that a Slip makes for a Check. SlipError with file, line and what to do where it is none.

    names: also where it reads a name that nothing defines.
    """
    where, head = slip.where, ""
    try:
        fn = _edited_by(slip, check)
        text = _source(fn)
        if slip.body:
            first = ast.parse(text).body[0].body[0]
            head = "".join(text.splitlines(keepends=True)[: first.lineno - 1])
            text = f"{head}{textwrap.indent(slip.body, '    ')}\n"
        for number, (old, new) in enumerate(slip.edits):
            where = slip.code[number]
            if (several := text.count(old)) > 1 and number not in slip.everywhere:
                raise ValueError(
                    f"{fn.__name__} holds {old!r} {several} times: take a longer text that stands once, "
                    "or write `everywhere` behind the edit"
                )
            text = _replaced(fn, text, old, new)
        where = slip.code[0]
        made = _run(text, fn, check.within)
        if names:
            _has_its_names(made)
    except (ValueError, SyntaxError) as trouble:
        said = str(trouble)
        if isinstance(trouble, SyntaxError):
            said = f"{'this body' if slip.body else f'{fn.__name__} with this edit'} is not Python: {trouble.msg}"
        if head and (line := getattr(trouble, "lineno", 0)):
            where = slip.code[min(max(line - head.count("\n") - 1, 0), len(slip.code) - 1)]
        raise SlipError(f"{where}, {check.name}, {slip.name!r}: {said}") from None
    return made


def _edited_by(slip, check):
    """The readable answer whose text a Slip edits."""
    if slip.of and not inspect.isfunction(check.within.get(slip.of)):
        raise ValueError(
            f"the sheet's module has no function {slip.of!r}: correct the heading `### of {slip.of}`, or write it there"
        )
    fn = check.within[slip.of] if slip.of else check.oracle
    if not inspect.isfunction(fn):
        raise ValueError("there is no function to edit: numbers have their slips in the sheet, with .wrong(...)")
    return fn


class _Undefined(ValueError):
    """A function reads what nothing defines; lineno: in which line of its text."""

    def __init__(self, said, lineno):
        super().__init__(said)
        self.lineno = lineno


def _has_its_names(fn):
    """_Undefined where a function reads a name, or takes something from a module, that does not exist."""
    codes = [fn.__code__]
    for code in codes:
        codes += [inner for inner in code.co_consts if inspect.iscode(inner)]
        module = None
        for step in dis.get_instructions(code):
            line = step.positions.lineno
            if step.opname in ("LOAD_ATTR", "LOAD_METHOD") and module and not hasattr(module, step.argval):
                raise _Undefined(f"{module.__name__} has no {step.argval!r}: is it misspelt?", line)
            module = None
            if step.opname in ("LOAD_GLOBAL", "LOAD_NAME"):
                if step.argval not in fn.__globals__ and not hasattr(builtins, step.argval):
                    raise _Undefined(f"nothing defines {step.argval!r}: is it misspelt?", line)
                value = fn.__globals__.get(step.argval)
                module = value if isinstance(value, types.ModuleType) else None


def _run(text, fn, within):
    space = {**(within or {}), **fn.__globals__}
    space.pop(fn.__name__, None)
    with warnings.catch_warnings():  # such as `6[0]`, which two edits in one line may leave
        warnings.simplefilter("error", SyntaxWarning)
        exec(text, space)
    if fn.__name__ not in space:
        raise ValueError(f"the edit leaves no function {fn.__name__}: keep its name in the `def` line")
    return space[fn.__name__]


def _names(text):
    return set(re.findall(r"\b[a-zA-Z_]\w*", text))


def _assigned(fn, text):
    """The names to which ``fn`` assigns in the lines that hold ``text``."""
    lines = [line for line in _source(fn).splitlines() if text.strip().splitlines()[0] in line]
    targets = [re.sub(r"\[.*?\]", "", line.split(" = ")[0]) for line in lines if " = " in line]  # an index is only read
    return set().union(*map(_names, targets))


def _docstring(fn):
    """What a function says of itself, "" if nothing; read from its source where Python runs without docstrings."""
    if sys.flags.optimize < 2:
        return inspect.getdoc(fn) or ""
    return ast.get_docstring(ast.parse(_source(fn)).body[0]) or ""


def _calling_line():
    """The file and line of a sheet that calls this package."""
    frame = sys._getframe(1)
    while frame.f_back and os.path.dirname(frame.f_code.co_filename) == HERE:
        frame = frame.f_back
    return f"{frame.f_code.co_filename}, line {frame.f_lineno}"


def _pairs(change):
    return [change] if change and isinstance(change[0], str) else list(change)


@dataclass
class Misconception:
    """A wrong implementation and one sentence of advice. ``build()`` gives the function, made when first needed.

    edits: the (old, new) changes of the oracle's text, or of another readable answer's that ``of`` names, where it may
    come together with a second slip. ``plain``: its
    outcome is so plain (zeros, an input as it came, another structure) that much else leads to it; the name then says
    what comes out, never why. ``numbers``: for a value check what gives the wrong numbers, where it may come together
    with a second slip; its keywords are what is changed. ``first``: it is the one that is named where others have the
    same outcome; ``last``: it is named only where no other has.
    """

    name: str
    advice: str
    make: Callable
    edits: tuple = ()
    plain: bool = False
    numbers: functools.partial | None = None
    of: str = ""
    first: bool = False
    last: bool = False

    def build(self):
        """The wrong answer: a function, or for a value check its numbers."""
        return self._built

    def verified(self):
        """As ``build``; SlipError also where it reads a name that nothing defines: for whoever tries a page or a sheet,
        since looking takes ten times as long as building."""
        return self.make(names=True)

    @functools.cached_property
    def _built(self):
        return self.make()

    @property
    def paired(self):
        """Whether it may come together with a second slip."""
        return bool(self.edits)

    @property
    def reads(self):
        """The names that its edits bring into the text, and do not only move there."""
        old, new = (set().union(*map(_names, texts)) for texts in zip(*self.edits, strict=True))
        return new - old


@dataclass(frozen=True)
class Outcome:
    """What an answer has to bring about in the end, where it is right in every case, such as a model that learns.

    cases(rng) yields (label, {argument: array}) as those of a Check do. ``marks(outputs, cases)`` judges what came out:
    (points, what is said, the name of a cause or ""), as in a Check that has no one right answer. The student's
    function runs where all of it runs; this runs at the judge.
    """

    cases: Callable
    marks: Callable

    def draw(self, seed):
        """The cases of one seed; a stream of their own, so that ordinary cases do not depend on them."""
        return list(self.cases(np.random.default_rng([seed, 1])))


@dataclass(eq=False)
class Check:
    """One question of a sheet.

    cases(rng) yields (label, {argument: array}); the label is part of the feedback. ``oracle`` has the student's
    signature. ``returns`` names the outputs, nested as returned. ``probe`` is the name of a function in
    ``checks.probe``. ``compare(got, want, case)`` says what differs, or "". ``ranges`` gives the bounds of an output
    that has any. ``quiet`` makes a floating-point warning a fault. ``uses`` names earlier checks whose functions the
    student's answer may call. ``fresh`` is False for a value check: it has one fixed case. ``words`` stand for the
    {words} in braces of its slips on the page. ``marks(outputs, cases)`` is for what has no one right answer, such as a
    model that the student trained. It gives (points, what is said, the name of a cause or "") in place of ``compare``
    and misconceptions; an ``oracle`` is then one answer of many, as the course writes it. ``outcome`` is looked at
    where all cases are right. ``processor``: seconds of processor time for all cases, and again for the outcome, for an
    answer that needs longer than the few seconds by the clock that others have.
    """

    name: str
    asks: str
    points: float
    minutes: int
    cases: Callable
    oracle: object
    returns: object
    hints: tuple
    uses: tuple = ()
    probe: str = "call"
    compare: Callable | None = None
    ranges: dict = field(default_factory=dict)
    quiet: bool = False
    words: dict = field(default_factory=dict)
    misconceptions: list = field(default_factory=list)
    marks: Callable | None = None
    outcome: Outcome | None = None
    processor: float | None = None
    sheet: object = field(default=None, repr=False)  # whose check it is; ``uses`` are names there

    @property
    def fresh(self):
        return self.probe != "value"

    @property
    def within(self):
        """The names that a slip may use beside those of the right answer: those of the sheet."""
        return self.cases.__globals__

    def wrong(self, name, change, advice, *, plain=False, alone=False):
        """Add a misconception that is computed, or is one of an own sheet; others stand on the sheet's page of slips.

        change: one (old, new) edit of the oracle's text, a list of them, or the wrong answer itself (a function; for a
        value check a dictionary, or a ``partial`` of the function that works the numbers out). plain: the name says
        only what comes out (Misconception). alone: too rare a slip to look for it beside a second one, as pairs grow
        as the square of the slips.
        """
        whole = callable(change) or isinstance(change, dict)

        where = _calling_line()

        def make(names=False):
            if isinstance(change, functools.partial):
                return change()
            try:
                made = change if whole else edit(self.oracle, *_pairs(change), within=self.within)
                if names and inspect.isfunction(made):
                    _has_its_names(made)
            except (ValueError, SyntaxError) as trouble:
                said = f"not Python: {trouble.msg}" if isinstance(trouble, SyntaxError) else trouble
                raise SlipError(f"{where}, {self.name}, {name!r}: {said}") from None
            return made

        edits = () if whole or alone else tuple(_pairs(change))
        numbers = None if alone else self._numbers(change)
        self._add(Misconception(name, advice, make, edits, plain, numbers))

    def add_slip(self, slip):
        """Add a misconception from a page: a ``slips.Slip``."""
        slip = slip.said_for(self.words)

        edits = () if slip.alone else slip.edits
        make = functools.partial(_from_page, slip, self)
        try:
            self._add(Misconception(slip.name, slip.advice, make, edits, slip.plain, of=slip.of))
        except ValueError as trouble:
            raise SlipError(f"{slip.where}: {trouble}") from None

    def _add(self, misconception):
        if misconception.name in self._named:
            raise ValueError(f"{self.name} has a slip {misconception.name!r} already: give this one another name")
        self._named.add(misconception.name)
        self.misconceptions.append(misconception)

    @functools.cached_property
    def _named(self):
        """The names of its misconceptions; they are looked up seven thousand times when the sheets are read."""
        return {misconception.name for misconception in self.misconceptions}

    def with_both(self, first, second):
        """The answer with the slips of two misconceptions at once, or None where the two edits do not fit together."""
        for fn in self._holding(first, second):
            for changes in (first.edits + second.edits, second.edits + first.edits):
                with contextlib.suppress(ValueError, SyntaxError):
                    return edit(fn, *changes, within=self.within)
        return None

    @functools.cached_property
    def _readable(self):
        """{name: function} of the readable answers that slips edit; the right answer's name is ""."""
        others = dict.fromkeys(m.of for m in self.misconceptions if m.of)
        return {"": self.oracle, **{name: self.within[name] for name in others}}

    def _holding(self, *misconceptions):
        """The readable answers to which the edits of all these belong, or where each of their old texts stands once."""
        if not all(one.edits for one in misconceptions):
            return []
        return [
            fn
            for name, fn in self._readable.items()
            if all(one.of == name or all(_source(fn).count(old) == 1 for old, _ in one.edits) for one in misconceptions)
        ]

    @functools.cached_property
    def two_numbers(self):
        """For a value check: {the places of two misconceptions: the numbers that both at once give}.

        They are slips of the same calculation, in different places.
        """
        numbered = [(k, m.numbers) for k, m in enumerate(self.misconceptions) if m.numbers]
        return {
            (a, b): one(**other.keywords)
            for (a, one), (b, other) in itertools.combinations(numbered, 2)
            if one.func == other.func and not one.keywords.keys() & other.keywords.keys()
        }

    def _numbers(self, change):
        """What gives the numbers of a slip in a value check, its keywords being what is changed; else None."""
        if isinstance(change, dict):
            return functools.partial(self._changed, **{n: v for n, v in change.items() if v != self.oracle.get(n)})
        return change if isinstance(change, functools.partial) else None

    def _changed(self, **numbers):
        """The right numbers of a value check, with some of them changed."""
        return {**self.oracle, **numbers}

    def entangled(self, first, second):
        """Whether one slip reads, where the right answer does not, what the other one changes: together they are a
        third thing.
        """
        return any(
            one.reads & set().union(*(_assigned(fn, old) for old, _ in other.edits))
            for fn in self._holding(first, second)
            for one, other in ((first, second), (second, first))
        )

    def draw(self, seed):
        """The cases of one seed; the first one comes twice in a row, which shows code that keeps a memory."""
        cases = list(self.cases(np.random.default_rng(seed)))
        again = [("the same call twice", cases[0][1])] if self.fresh and not self.marks else []
        return cases[:1] + again + cases[1:]


def _are_lists(**options):
    """ValueError for a text where several are expected: its letters would be taken for them."""
    for option, given in options.items():
        if isinstance(given, str):
            raise ValueError(f"{option} is one text, {given!r}: put it into a list, [{given!r}]")


class Sheet:
    """The checks of one exercise, in the order of its cells. ``profile`` says what the box may import (grading).

    ``answers``: the module of its right answers, each under the name of its check; ``slips``: the page of what goes
    wrong (checks.slips). ``reads``: files besides its modules that decide its points; ``gives``: what of the libraries
    the exercise hands out, so that its use is no sign of a library's answer; ``limits``: time and memory for its
    notebook when it is graded, where the usual ones do not fit, such as {"notebook": "5m", "memory": "2GB"}.
    """

    hidden = None  # a hidden.HiddenText, where answers are scored on a text that no student has

    def __init__(self, name, *, exercise, answers=None, slips=None, profile="numpy", reads=(), gives=(), limits=None):
        _are_lists(reads=reads, gives=gives)
        self.name, self.exercise, self.profile = name, exercise, profile
        self.reads, self.gives = tuple(reads), tuple(gives)
        self.limits = dict(limits or {})
        self.answers = answers
        self.slips = read(slips) if slips else []
        self.checks = {}

    @classmethod
    def of(cls, answers, **options):
        """The sheet of a lesson or project of the course, found by the folder of its module ``answers``."""
        folder = Path(answers.__file__).parent
        stems = {f"lstm_helpers.{row.home}.answers": row.stem for row in (*course.LESSONS, *course.PROJECTS)}
        if answers.__name__ not in stems:
            raise ValueError(f"{folder} belongs to no row of course/course.toml: add one, with its stem")
        return cls(folder.name, exercise=stems[answers.__name__], answers=answers, slips=folder / "slips.md", **options)

    @property
    def points(self):
        return sum(check.points for check in self.checks.values())

    def with_checks(self, checks):
        """A copy of the sheet that asks these Checks and no others."""
        other = copy.copy(self)
        other.checks = {check.name: check for check in checks}
        return other

    def check(self, *, returns, points, minutes, hints, oracle=None, name="", **more):
        """Decorator: a generator of cases becomes the check of its name; its docstring is what is asked.

        ``name`` is another name for it, where the oracle has that one in the same module.
        """
        _are_lists(hints=hints, uses=more.get("uses", ()))

        def add(cases):
            called = name or cases.__name__
            answer = getattr(self.answers, called, None) if oracle is None else oracle
            if answer is None and self.answers and not more.get("marks"):
                raise ValueError(f"{self.answers.__file__} has no {called!r}: write the right answer there")
            check = Check(
                called,
                _docstring(cases),
                points,
                minutes,
                cases,
                answer,
                returns,
                tuple(hints),
                sheet=self,
                **more,
            )
            if check.name in self.checks:
                raise ValueError(f"the sheet has a check {check.name!r} already: give this one another name")
            self.checks[check.name] = check
            for slip in self.slips:
                if check.name in slip.checks:
                    check.add_slip(slip)
            return check

        return add
