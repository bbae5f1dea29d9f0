"""The exam: questions over the whole lecture, drawn when they are due, a mock exam, its paper, and the essay.

    practise(10)              # ten questions: what was wrong comes back first
    mock(seed=1)              # forty marks against the clock
    write_paper("mock.pdf", seed=1)   # the same on paper, and its key
    cover(my_answer)          # which parts of the ten-mark question an answer touches

The questions are pages, ``bank/*.md``; what they look like stands in ``bank.py``.
"""

import numbers

import numpy as np

from lstm_helpers import wording
from lstm_helpers.course import progress
from lstm_helpers.exam import bank as pages
from lstm_helpers.exam import essay
from lstm_helpers.exam.asked import ask
from lstm_helpers.exam.essay import cover
from lstm_helpers.live import somebody_waits

__all__ = ["cover", "load_essay", "mock", "practise", "standing", "write_deck", "write_paper"]

load_essay = essay.load


def practise(count=10, topic=None, seed=None):
    """Ask ``count`` questions, each judged at once. topic: a part of a topic's title, such as "gates". Never graded.

    Those that are due by the schedule come first, then new ones: first where the exercises or earlier answers showed a
    slip. seed: the same questions with the same numbers again; by default others each time.
    """
    from lstm_helpers.exam import schedule

    _whole("count", count, 1)
    _whole("seed", seed, 0, or_none=True)
    bank = pages.load()
    if topic is not None:
        bank = _part(bank, str(topic))
    rng = np.random.default_rng(seed)
    slips = {check: entry.get("cause", "") for check, entry in progress.load().items()}
    names = schedule.draw(bank, progress.load_questions(), slips, count, rng)
    return _sit([ask(bank.questions[name], rng) for name in names])


def mock(seed=0):
    """A mock exam of 40 marks against the clock; nothing is said until the end. The essay is written beside it."""
    from lstm_helpers.exam import mock_exam

    _whole("seed", seed, 0)
    asked = mock_exam.draw(seed)
    return _sit(asked, mock_exam.seconds(asked))


def write_paper(path, seed=0):
    """The mock exam of ``seed`` as PDF, and its key beside it. Returns both paths. Raises ValueError, OSError."""
    from lstm_helpers.exam import mock_exam

    _whole("seed", seed, 0)
    return mock_exam.write(path, seed)


def write_deck(path):
    """All questions as a deck for Anki, an .apkg. Needs the package genanki: pip install genanki. Returns the path."""
    from lstm_helpers.exam import deck

    return deck.write(path)


def standing():
    """Where you stand: for each topic how many of its questions were asked, were mostly right, and are due."""
    from lstm_helpers.exam.table import Standing

    return Standing(pages.load(), progress.load_questions())


def _part(bank, topic):
    titles = [title for title in bank.topics if topic.casefold() in title.casefold()]
    if len(titles) != 1:
        raise ValueError(f"topic={topic!r}: give a part of one of the titles: {'; '.join(bank.topics)}")
    names = bank.topics[titles[0]]
    return pages.Bank(bank.objectives, {name: bank.questions[name] for name in names}, {titles[0]: names})


def _whole(name, given, least, or_none=False):
    if given is None and or_none:
        return
    if isinstance(given, bool) or not isinstance(given, numbers.Integral) or given < least:
        raise ValueError(f"{name}={given!r}: give a whole number, {least} or more")


def _sit(asked, seconds=None):
    from lstm_helpers.exam.sitting import Sitting

    sitting = Sitting(asked, _remember, seconds)
    if not somebody_waits():
        print(f"{wording.count(len(asked), 'question')}: run this cell in Jupyter to answer them.")
        return None
    from lstm_helpers.exam.page import Page

    return Page(sitting)


def _remember(name, share):
    from lstm_helpers.exam import schedule

    entry = progress.load_questions().get(name, {})
    return progress.remember_question(name, schedule.review(entry, share))
