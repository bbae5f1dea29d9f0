"""The question bank as pages: what is asked, the right answer, and why every other one is wrong.

The pages in ``bank/`` are Markdown, so that whoever teaches can read and correct them. A page begins with its title and
the objectives of its topic, then come the questions::

    # The cell

    - **updates** Carry out the two updates by pencil. (checks: lstm_step)

    ## keep
    *choice · updates · C13*
    What does a forget gate of 1 do?

    - [x] It keeps the old value.
      c = 1 * c_prev + ...
    - [ ] It forgets the old value.
      That is a forget gate of 0.

The line in asterisks names the kind, the objective and, where they apply, a claim of the lecture and a picture
(``picture: cell``, of ``figures.PICTURES``). The checks of an objective are those of the exercises in which the same is
asked: what was named wrong there comes up here. What stands below the text depends on the kind:

choice, true-false, spot, plot
    options, ``- [x]`` the right one and ``- [ ]`` the others, each with its reason below, indented by two spaces.
order
    the steps in their order, numbered; steps with the same number may be swapped.
match
    ``- what is given: what belongs to it``.
number
    a table of what the numbers in braces are drawn from; ``- = `expression` (within 0.01) why``, or ``(within 2 %)``;
    and the usual wrong results, ``- ≠ `expression` why``.
short
    ``Model answer: ...``, and what earns a mark, ``- (1) ...``. Marked by whoever wrote the answer.

``Why: ...`` closes an order or a match.
"""

import functools
import itertools
import math
import re
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent / "bank"
PICKED = ("choice", "true-false", "spot", "plot")
KINDS = (*PICKED, "order", "match", "number", "short")
META = re.compile(r"\*(?P<parts>[^*]+)\*")
OBJECTIVE = re.compile(r"- \*\*(?P<name>[\w-]+)\*\* (?P<text>.+?)(?: \(checks: (?P<checks>[\w, ]+)\))?")
OPTION = re.compile(r"- \[(?P<mark>[x ])\] (?P<text>.+)")
STEP = re.compile(r"(?P<rank>\d+)\. (?P<text>.+)")
PAIR = re.compile(r"- (?P<left>.+?): (?P<right>.+)")
HEAD = re.compile(r"\| *number *\|.*|\|[-| ]+")
ROW = re.compile(r"\| (?P<name>\w+) \| (?P<values>[-\d., ]+) \|")
RESULT = re.compile(r"- (?P<sign>[=≠]) `(?P<code>[^`]+)`(?: \(within (?P<within>[\d.]+)(?P<share> %)?\))? (?P<why>.+)")
MARK = re.compile(r"- \((?P<marks>\d)\) (?P<text>.+)")
WORDS = {
    **{name: getattr(math, name) for name in ("ceil", "exp", "floor", "log", "sqrt", "tanh")},
    "sigmoid": lambda z: 1 / (1 + math.exp(-z)),
    "min": min,
    "max": max,
    "__builtins__": {},
}


class BankError(ValueError):
    """A page that cannot be read: where, what was found, what is expected."""


@dataclass(frozen=True)
class Objective:
    """What one is to be able to do. checks: those of the exercises that ask for the same."""

    name: str
    text: str
    checks: tuple
    topic: str


@dataclass(frozen=True)
class Option:
    """One of the answers to pick from, whether it is the right one, and why or why not."""

    text: str
    right: bool
    why: str


@dataclass(frozen=True)
class Result:
    """What a number comes out as: its expression, whether that is right, why or why not, and how exactly it is asked.

    share: ``within`` is a share of the result; else it is in its unit.
    """

    code: str
    right: bool
    why: str
    within: float = 0.0
    share: bool = False

    def value(self, numbers):
        """The result for ``numbers``, {name: number}."""
        try:
            return float(eval(self.code, WORDS, numbers))  # the page is the course's own, or the instructor's
        except (ArithmeticError, ValueError):  # 1 / 0, exp(1000), log(0)
            return math.nan


@dataclass(frozen=True)
class Question:
    """One question of the bank. Which of the fields are filled depends on its kind; see the module.

    options: of Option; steps: (rank, text) in order; pairs: (given, what belongs to it); numbers: {name: values};
    results: of Result, the right one first; marks: (marks, for what); why: what closes it; model: the model answer.
    """

    name: str
    kind: str
    objective: str
    text: str
    where: str
    claim: str = ""
    picture: str = ""
    options: tuple = ()
    steps: tuple = ()
    pairs: tuple = ()
    numbers: tuple = ()
    results: tuple = ()
    marks: tuple = ()
    why: str = ""
    model: str = ""

    @property
    def same_rank(self):
        """The steps in order, those that may be swapped together: a list of tuples."""
        return [tuple(steps) for _, steps in itertools.groupby(self.steps, key=lambda step: step[0])]

    @property
    def worth(self):
        """Marks in a mock exam."""
        if self.kind == "short":
            return sum(marks for marks, _ in self.marks)
        return 1 if self.kind in PICKED else 2


@dataclass(frozen=True)
class Bank:
    """All objectives and questions, by name, in the order of the pages; topics: {title: names of its questions}."""

    objectives: dict
    questions: dict
    topics: dict


@functools.cache
def load(folder=HERE):
    """Read all pages of a folder. Raises BankError with the file, the line and what to write."""
    objectives, questions, topics = {}, {}, {}
    for page in sorted(Path(folder).glob("*.md")):
        try:
            text = page.read_text(encoding="utf-8")
        except UnicodeDecodeError as error:
            raise BankError(f"{page.name}: cannot be read as UTF-8 ({error.reason}): save it as UTF-8") from None
        title, found, asked = _page(page.name, text)
        for each, into in ((found, objectives), (asked, questions)):
            for name, (where, held) in each.items():
                if name in into:
                    raise BankError(f"{where}: {name!r} is the name of another one: take a new name")
                into[name] = held
        topics[title] = tuple(asked)
    from lstm_helpers.exam.figures import PICTURES

    for question in questions.values():
        if question.objective not in objectives:
            raise BankError(
                f"{question.where}: no page has an objective {question.objective!r}: {', '.join(objectives)}"
            )
        if question.picture and question.picture not in PICTURES:
            raise BankError(f"{question.where}: there is no picture {question.picture!r}: {', '.join(PICTURES)}")
    return Bank(objectives, questions, topics)


def _page(file, text):
    lines = [(f"{file}, line {number}", line.rstrip()) for number, line in enumerate(text.splitlines(), 1)]
    heads = [k for k, (_, line) in enumerate(lines) if line.startswith("## ")] + [len(lines)]
    title, objectives = "", {}
    for where, line in lines[: heads[0]]:
        if line.startswith("# "):
            title = line[2:].strip()
        elif line:
            found = _matched(OBJECTIVE, line, where, "an objective, `- **name** Say why ... (checks: lstm_step)`")
            checks = tuple(re.findall(r"\w+", found["checks"] or ""))
            _named(objectives, where, Objective(found["name"], found["text"], checks, title))
    if not title:
        raise BankError(f"{file}, line 1: expected the topic's title, `# The cell`")
    questions = {}
    for a, b in itertools.pairwise(heads):
        _named(questions, lines[a][0], _question(lines[a:b]))
    return title, objectives, questions


def _named(held, where, new):
    """Put an objective or a question under its name, with its place, unless the name is taken."""
    if new.name in held:
        raise BankError(f"{where}: {new.name!r} is the name of another one: take a new name")
    held[new.name] = where, new


def _question(lines):
    where, name = lines[0][0], lines[0][1][3:].strip()
    for at, line in lines[1:]:
        if line.startswith("#"):
            raise BankError(f"{at}: expected the name of a question, `## keep`; found {line!r}")
    if len(lines) < 3 or not (meta := META.fullmatch(lines[1][1])):
        raise BankError(f"{where}: expected a line such as `*choice · updates*` below the name of the question")
    kind, objective, *more = (part.strip() for part in meta["parts"].split("·"))
    if kind not in KINDS:
        raise BankError(f"{lines[1][0]}: {kind!r} is no kind of question: {', '.join(KINDS)}")
    if strange := [part for part in more if not re.fullmatch(r"C\d\d|picture: *\w+", part)]:
        raise BankError(f"{lines[1][0]}: expected a claim, `C07`, or a picture, `picture: cell`; found {strange[0]!r}")
    picture = next((part.removeprefix("picture:").strip() for part in more if part.startswith("picture:")), "")
    claim = next((part for part in more if re.fullmatch(r"C\d\d", part)), "")
    body = lines[2:]
    ends = next((k for k, (_, line) in enumerate(body) if _begins(kind, line)), len(body))
    text = "\n".join(line for _, line in body[:ends]).strip()
    parts = (_options if kind in PICKED else PARTS[kind])(_joined(body[ends:]), where)
    if not text:
        raise BankError(f"{where}: {name} asks nothing: write the question below its kind")
    if kind == "number":
        _same_names(text, [row for row, _ in parts["numbers"]], where)
    return Question(name, kind, objective, text, where, claim, picture, **parts)


def _begins(kind, line):
    signs = {"order": "1. ", "number": "| number |", "short": "Model answer:"}
    return line.startswith(signs.get(kind, "- "))


def _joined(lines):
    """(where, text, what stands below it indented), an item each: lines that go on are joined."""
    items = []
    for where, line in lines:
        if not line:
            continue
        if line.startswith("  ") and items:
            items[-1][2].append(line.strip())
        elif items and not re.match(r"- |\d+\. |\| |\|-|Why: |Model answer: ", line):
            (items[-1][2] or items[-1][1]).append(line)
        else:
            items.append((where, [line], []))
    return [(where, " ".join(text), " ".join(below)) for where, text, below in items]


def _options(items, where):
    found = [
        Option(match["text"], match["mark"] == "x", below)
        for at, line, below in items
        if (match := _matched(OPTION, line, at, "an option, `- [x] right` or `- [ ] wrong`, its reason below it"))
    ]
    if sum(option.right for option in found) != 1 or len(found) < 3 or not all(option.why for option in found):
        raise BankError(f"{where}: expected three options or more, one of them right, each with its reason below it")
    if len({option.text for option in found}) < len(found):
        raise BankError(f"{where}: two options are the same: write another one")
    return {"options": tuple(found)}


def _order(items, where):
    items, why = _closing(items)
    steps = [_matched(STEP, line, at, "a step, `1. what comes first`") for at, line, _ in items]
    ranked = tuple((int(step["rank"]), step["text"]) for step in steps)
    if len(ranked) < 3 or [rank for rank, _ in ranked] != sorted(rank for rank, _ in ranked):
        raise BankError(f"{where}: expected three steps or more, numbered in their order")
    return {"steps": ranked, "why": why}


def _match(items, where):
    items, why = _closing(items)
    pairs = [_matched(PAIR, line, at, "a pair, `- what is given: what belongs to it`") for at, line, _ in items]
    if len(pairs) < 3:
        raise BankError(f"{where}: expected three pairs or more")
    return {"pairs": tuple((pair["left"], pair["right"]) for pair in pairs), "why": why}


def _number(items, where):
    rows, results = [], []
    for at, line, _ in items:
        if line.startswith("|"):
            if not HEAD.fullmatch(line):
                rows.append(_row(line, at))
            continue
        found = _matched(RESULT, line, at, "a result, `- = `f * c` (within 0.01) why` or `(within 2 %)`")
        if found["why"].startswith("(within"):
            raise BankError(f"{at}: expected `(within 0.01)` or `(within 2 %)`; found {found['why']!r}")
        within, right = float(found["within"] or 0), found["sign"] == "="
        shared = bool(found["share"])
        if right and not within:
            raise BankError(f"{at}: how exactly is it asked? Write `(within 0.01)` or `(within 2 %)` behind the result")
        result = Result(found["code"], right, found["why"], within / 100 if shared else within, shared)
        try:
            result.value({name: values[0] for name, values in rows})
        except Exception as error:
            names = ", ".join([*(name for name, _ in rows), *(word for word in WORDS if word.isalpha())])
            raise BankError(f"{at}: `{result.code}` cannot be computed ({error}); it may use {names}") from None
        results.append(result)
    if not rows or len(results) < 3 or [result.right for result in results] != [True] + [False] * (len(results) - 1):
        raise BankError(f"{where}: expected a table of numbers, then `- =` once, then `- ≠` twice or more")
    return {"numbers": tuple(rows), "results": tuple(results)}


def _row(line, at):
    """(name, values) of a row of the table."""
    found = _matched(ROW, line, at, "a row such as `| f | 0.1, 0.5, 0.9 |`")
    try:
        return found["name"], tuple(map(float, found["values"].split(",")))
    except ValueError as error:
        raise BankError(f"{at}: expected numbers with commas between them, `| f | 0.1, 0.5 |`; {error}") from None


def _same_names(text, rows, where):
    """What stands in braces in a question, and what the table draws, are the same names."""
    asked = re.findall(r"\{(\w+)\}", text)
    for name in asked:
        if name not in rows:
            raise BankError(f"{where}: {{{name}}} is in the question and not in its table: add `| {name} | 1, 2 |`")
    for name in rows:
        if name not in asked:
            raise BankError(
                f"{where}: {name} is in the table and not in the question: write {{{name}}} where it belongs"
            )


def _short(items, where):
    (_, model, _), *rest = items or [("", "", "")]
    marks = [_matched(MARK, line, at, "what earns a mark, `- (1) says that ...`") for at, line, _ in rest]
    if not model.startswith("Model answer:") or not marks:
        raise BankError(f"{where}: expected `Model answer: ...`, then what earns a mark, `- (1) ...`")
    listed = tuple((int(mark["marks"]), mark["text"]) for mark in marks)
    return {"model": model.removeprefix("Model answer:").strip(), "marks": listed}


PARTS = {"order": _order, "match": _match, "number": _number, "short": _short}


def _closing(items):
    if items and items[-1][1].startswith("Why:"):
        return items[:-1], items[-1][1].removeprefix("Why:").strip()
    return items, ""


def _matched(pattern, line, where, expected):
    if found := pattern.fullmatch(line):
        return found
    raise BankError(f"{where}: expected {expected}; found {line!r}")
