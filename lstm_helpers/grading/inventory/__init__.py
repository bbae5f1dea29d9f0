"""A concept inventory: twenty questions before the course and again after it, and what a class gained between them.

The questions are a page in the format of ``exam.bank``. They are no practice: no student's edition holds them, and
nothing says to a student which answers are right. Each wrong option is a misconception that is known from elsewhere,
which the end of its reason names: ``(slip: check/name)``, one of the slips of an exercise, or ``(public: name)``, one
of ``PUBLIC``. A paper is called by when it is given and by the seed of its order: ``before-0``.
"""

import functools
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lstm_helpers.exam import bank
from lstm_helpers.exam.asked import LETTERS, Asked

HERE = Path(__file__).parent
WHEN = ("before", "after")
OPTIONS = 4
SOURCE = re.compile(r"(?P<why>.*) \((?P<kind>slip|public): (?P<name>.+)\)")
PUBLIC = {  # what people say where they ask for help or explain: {name: (the misconception, where it was seen)}
    "units as steps": (
        "the number of units is taken for the number of steps that are remembered",
        "Stack Overflow, questions 44273249 and 51932767",
    ),
    "two stores": (
        "hidden state and cell state are taken for two stores side by side",
        "Cross Validated, question 245024",
    ),
    "vanishing abolished": (
        "the LSTM is said to abolish vanishing, so that nothing is lost on its way",
        "answers on Cross Validated that copy one another, and pages of frequent questions",
    ),
    "attention as reason": (
        "the weight of attention is read as the share that a word has in the decision",
        "Jain and Wallace 2019, Attention is not Explanation, which tests it",
    ),
}


@dataclass(frozen=True)
class Misconception:
    """What a wrong option shows. why: why it is wrong; kind and name: its source (see the module)."""

    why: str
    kind: str
    name: str

    @property
    def source(self):
        """The source, in a sentence."""
        if self.kind == "public":
            return "Seen in public: {} ({}).".format(*PUBLIC[self.name])
        check, _, slip = self.name.partition("/")
        return f'The check {check} calls it "{slip}".'


@functools.cache
def questions():
    """The questions in the order in which they are asked, each with four options: a tuple of bank.Question."""
    return tuple(bank.load(HERE / "questions").questions.values())


def misconception(option):
    """The Misconception of a wrong option of a question. Raises BankError where no source is named."""
    found = SOURCE.fullmatch(option.why)
    if not found:
        raise bank.BankError(f"{option.text!r}: expected its source, `(slip: check/name)` or `(public: name)`")
    return Misconception(found["why"], found["kind"], found["name"])


def asked(when, seed):
    """The questions with their options as the paper of ``when`` and ``seed`` shows them: a list of Asked.

    Each letter is right equally often, in an order that the seed draws: no rule of a guesser gains by it.
    """
    rng = np.random.default_rng([seed, WHEN.index(when)])
    places = rng.permutation(np.arange(len(questions())) % OPTIONS)
    listed = []
    for question, place in zip(questions(), places, strict=True):
        wrong = [option for option in question.options if not option.right]
        parts = [wrong[k] for k in rng.permutation(len(wrong))]
        parts.insert(place, next(option for option in question.options if option.right))
        listed.append(Asked(question, question.text, tuple(parts)))
    return listed


def key(when, seed):
    """The right letters of a paper, such as "BDAC...": what an answer of a student is held against."""
    return "".join(
        LETTERS[next(k for k, option in enumerate(each.parts) if option.right)] for each in asked(when, seed)
    )
