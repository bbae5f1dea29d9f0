"""A question as somebody gets it: its numbers drawn, its options shuffled; and the marking of an answer."""

import itertools
import math
import re
from dataclasses import dataclass, field

from lstm_helpers.exam.bank import PICKED, BankError, Question
from lstm_helpers.predictions.kinds import Unclear, figure, number

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
TRIES = 200  # draws until no usual wrong result lies where the right one or another one does
WHOLE = 0.4  # who asks no more exactly than this asks for a whole number


@dataclass(frozen=True)
class Mark:
    """How an answer was marked. share: from 0 to 1; said: the reason, in sentences; solution: the right answer."""

    share: float
    said: str
    solution: str

    @property
    def right(self):
        """Whether nothing was missing."""
        return self.share == 1


@dataclass(frozen=True)
class Asked:
    """One question as it is asked; ``ask`` makes it.

    text: with its numbers; parts: the options, steps or given things in the order shown; choices: what can be matched.
    """

    question: Question
    text: str
    parts: tuple = ()
    choices: tuple = ()
    numbers: dict = field(default_factory=dict)

    @property
    def wanted(self):
        """What an answer looks like, in words."""
        kind = self.question.kind
        if kind in PICKED:
            return f"a letter, {LETTERS[0]} to {LETTERS[len(self.parts) - 1]}"
        if kind == "order":
            return f"the letters in order, such as {''.join(LETTERS[: len(self.parts)])}"
        if kind == "match":
            return (
                f"a number for each letter, in its order, such as {' '.join(map(str, range(1, len(self.parts) + 1)))}"
            )
        return "a number" if kind == "number" else "the marks that your answer earns"

    def read(self, given):
        """An answer, as ``mark`` takes it, from what was typed: "b", "CAB", "2 1 3", "0.25". Raises Unclear."""
        kind, typed = self.question.kind, str(given).strip()
        if kind == "number":
            return self._figure(typed)
        if kind == "short":
            most, value = self.question.worth, number().read(typed)
            if not 0 <= value <= most:
                raise Unclear(f"{typed} is not from 0 to {most}: give {self.wanted}")
            return value
        if kind == "match":
            words = re.split(r"[\s,;]+", typed)
            found = [int(word) - 1 for word in words if re.fullmatch(r"\d{1,2}", word)]
            if (
                len(words) != len(found)
                or len(found) != len(self.parts)
                or not all(0 <= k < len(self.choices) for k in found)
            ):
                raise Unclear(f"{typed!r} is no match: give {self.wanted}")
            return found
        letters = [LETTERS.find(letter) for letter in re.sub(r"[\s,;.>-]", "", typed.upper())]
        if kind == "order" and sorted(letters) != list(range(len(self.parts))):
            raise Unclear(f"{typed!r} is not each letter once: give {self.wanted}")
        if kind in PICKED and (len(letters) != 1 or not 0 <= letters[0] < len(self.parts)):
            raise Unclear(f"{typed!r} is none of the options: give {self.wanted}")
        return letters if kind == "order" else letters[0]

    def _figure(self, typed):
        """The number that was typed. A comma before three digits is a decimal one where only that can be meant."""
        if not self.in_per_cent and (share := re.fullmatch(r"(.*\d)\s*(?:%|per ?cent)", typed, re.IGNORECASE)):
            return number().read(share[1]) / 100
        value = number("%" if self.in_per_cent else "").read(typed)
        if re.fullmatch(r"\D?\d{1,3},\d{3}", typed) and _close(value / 1000, self.question.results[0], self.numbers):
            return value / 1000
        return value

    @property
    def in_per_cent(self):
        """Whether the number is asked for in per cent: then 12 and 12 % are the same, else 0.12 and 12 %."""
        return "per cent" in self.text

    @property
    def exactness(self):
        """How exactly a number is asked for, in words; "" for what is no number."""
        if self.question.kind != "number":
            return ""
        asked = self.question.results[0]
        if asked.share:
            return f"to within {100 * asked.within:g} %"
        return "a whole number" if WHOLE <= asked.within < 1 else f"to within {asked.within:g}"

    def mark(self, answer):
        """The Mark of an answer: the number of an option, the order of steps, a choice for each part, or a number.

        A short answer is marked by whoever wrote it: ``answer`` is the marks given.
        """
        kind = self.question.kind
        return getattr(self, f"_{'picked' if kind in PICKED else kind}")(answer)

    @property
    def solution(self):
        """The right answer, in words."""
        question = self.question
        if question.kind in PICKED:
            k = next(k for k, part in enumerate(self.parts) if part.right)
            return f"{LETTERS[k]}: {self.parts[k].text}"
        if question.kind == "order":
            return ", ".join(map(self._letters, question.same_rank))
        if question.kind == "match":
            return "; ".join(f"{left}: {right}" for left, right in self.parts)
        if question.kind == "number":
            return figure(question.results[0].value(self.numbers), 4)
        return question.model

    def _letters(self, steps):
        letters = " and ".join(sorted(LETTERS[self.parts.index(step)] for step in steps))
        return f"{letters} (in either order)" if len(steps) > 1 else letters

    def _picked(self, answer):
        option = self.parts[answer]
        if option.right:
            return Mark(1.0, option.why, self.solution)
        right = next(part for part in self.parts if part.right)
        return Mark(0.0, f"{option.why} Right is {self.solution} {right.why}", self.solution)

    def _order(self, answer):
        given = [self.parts[k] for k in answer]
        why = self.question.why
        ranks = [rank for rank, _ in given]
        if ranks == sorted(ranks):
            return Mark(1.0, why, self.solution)
        pairs = list(itertools.combinations(ranks, 2))
        share = sum(a <= b for a, b in pairs) / len(pairs)
        late, early = next((b, a) for a, b in itertools.pairwise(given) if a[0] > b[0])
        said = f'"{late[1]}" has to come before "{early[1]}". {why}'.strip()
        return Mark(max(0.0, 2 * share - 1) / 2, said, self.solution)  # at best half; nothing for an order by chance

    def _match(self, answer):
        wrong = [
            (left, self.choices[k], right)
            for (left, right), k in zip(self.parts, answer, strict=True)
            if self.choices[k] != right
        ]
        share = 1 - len(wrong) / len(self.parts)
        said = " ".join(f'{left}: "{right}", where you have "{given}".' for left, given, right in wrong)
        return Mark(share, f"{said} {self.question.why}".strip(), self.solution)

    def _number(self, answer):
        right, *slips = self.question.results
        if _close(answer, right, self.numbers):
            return Mark(1.0, right.why, self.solution)
        slip = next((slip for slip in slips if _close(answer, slip, self.numbers, right)), None)
        said = slip.why if slip else _off(answer, right.value(self.numbers))
        return Mark(
            0.0, f"{said} Right is {self.solution}: `{_filled(right.code, self.numbers)}`. {right.why}", self.solution
        )

    def _short(self, marks):
        return Mark(marks / self.question.worth, "", self.solution)


def ask(question, rng):
    """The question with numbers drawn and options shuffled by ``rng``, a NumPy generator."""
    if question.kind in PICKED:
        return Asked(question, question.text, _shuffled(question.options, rng))
    if question.kind == "order":
        return Asked(question, question.text, _disordered(question.steps, rng))
    if question.kind == "match":
        parts = question.pairs if question.picture else _shuffled(question.pairs, rng)
        return Asked(question, question.text, parts, _shuffled(dict.fromkeys(r for _, r in question.pairs), rng))
    if question.kind == "number":
        drawn = _drawn(question, rng)
        return Asked(question, _filled(question.text, drawn, braces=True), numbers=drawn)
    return Asked(question, question.text)


def _shuffled(parts, rng):
    parts = list(parts)
    return tuple(parts[k] for k in rng.permutation(len(parts)))


def _disordered(steps, rng):
    while True:
        shown = _shuffled(steps, rng)
        ranks = [rank for rank, _ in shown]
        if ranks != sorted(ranks):
            return shown


def _drawn(question, rng):
    """Numbers with which no usual wrong result is taken for the right one, nor two of them for each other."""
    for _ in range(TRIES):
        drawn = {name: values[rng.integers(len(values))] for name, values in question.numbers}
        right = question.results[0]
        pairs = itertools.combinations(question.results, 2)
        if math.isfinite(right.value(drawn)) and not any(
            _close(one.value(drawn), other, drawn, right) for other, one in pairs
        ):
            return drawn
    raise BankError(
        f"{question.where}: with all numbers that were drawn two of the results are equal, or the right one is none: "
        "draw from others, or leave out a wrong result"
    )


def _close(answer, result, numbers, as_exact_as=None):
    """Whether an answer is this result, as exactly as asked (a usual wrong one: as exactly as the right one)."""
    value, asked = result.value(numbers), as_exact_as or result
    within = asked.within * abs(value) if asked.share else asked.within
    return abs(answer - value) <= within * (1 + 1e-9) + 1e-12


def _off(answer, right):
    if math.isclose(answer, -right, rel_tol=0.02):
        return "The size is right, the sign is not."
    if right and abs(answer / right - 1) < 0.1:
        return "Close, but further off than rounding explains: check the last digits."
    return f"{figure(answer)} is too {'high' if answer > right else 'low'}."


def _filled(text, numbers, braces=False):
    """Text with names replaced by their numbers: those in braces, or, in an expression, the names themselves."""
    pattern = r"\{(\w+)\}" if braces else r"\b([A-Za-z]\w*)\b"
    return re.sub(pattern, lambda m: figure(numbers[m[1]]) if m[1] in numbers else m[0], text)
