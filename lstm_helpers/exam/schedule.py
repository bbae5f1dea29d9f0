"""Which questions come next: spaced repetition, and first what went wrong, here or in the exercises.

When a question comes back is decided by FSRS (the package fsrs, "free spaced repetition scheduler"), without its random
part, so that the same answers always give the same dates.
"""

import math
from datetime import UTC, datetime, timedelta

from fsrs import Card, Rating, Scheduler, State

GOOD, HARD = 0.999, 0.5  # shares of the marks
DRIFT = timedelta(days=1)  # by which the clocks of two machines may differ


def review(entry, share, now=None):
    """The entry of a question after an answer that earned a ``share`` of its marks. entry: the one before, or {}."""
    rating = Rating.Good if share >= GOOD else Rating.Hard if share >= HARD else Rating.Again
    scheduler = Scheduler(learning_steps=(), relearning_steps=(), enable_fuzzing=False)  # in days, not minutes
    now = now or datetime.now(UTC)
    card, _ = scheduler.review_card(_card(entry, now), rating, now)
    return {
        "asked": entry.get("asked", 0) + 1,
        "right": entry.get("right", 0) + (share >= GOOD),
        "card": card.to_dict(),
    }


def due(entry, now=None):
    """When a question is to come back, or None for one that has not been asked. now: what is later is not believed."""
    return _card(entry, now).due if entry else None


def draw(bank, entries, slips, count, rng, now=None):
    """Names of up to ``count`` questions: those whose time has come, then new ones, then those that come back soonest.

    entries: {question: entry}; slips: {check: what was named wrong in its last wrong answer}. Among new questions come
    first those whose objective has a slip in the exercises or an answer here that was not right; the rest take turns by
    topic. ``rng`` shuffles what is alike.
    """
    now = now or datetime.now(UTC)
    known = {name: due(entries[name], now) for name in bank.questions if entries.get(name)}
    late = sorted((name for name, when in known.items() if when <= now), key=known.get)
    weak = {o.name for o in bank.objectives.values() if any(slips.get(check) for check in o.checks)}
    weak |= {bank.questions[name].objective for name in known if entries[name]["right"] < entries[name]["asked"]}
    new = [name for name in _in_turns(bank, rng) if name not in known]
    new.sort(key=lambda name: bank.questions[name].objective not in weak)
    soon = sorted((name for name, when in known.items() if when > now), key=known.get)
    return [*late, *new, *soon][:count]


def _in_turns(bank, rng):
    """All questions: of each topic one, in random order, then the next of each."""
    shuffled = [[names[k] for k in rng.permutation(len(names))] for names in bank.topics.values()]
    longest = max(map(len, shuffled))
    return [names[k] for k in range(longest) for names in shuffled if k < len(names)]


def _card(entry, now=None):
    """The card of an entry; a new one, due at once, where there is none, or one that cannot be used.

    It cannot be used when it is damaged, or from the future: a clock that once was wrong would put it off for years.
    """
    new = Card(card_id=1, due=now or datetime.now(UTC))
    try:
        card = Card.from_dict(entry["card"])
        sound = card.last_review - (now or card.last_review) < DRIFT and card.due >= card.last_review
        sound = sound and card.state == State.Review
        sound = sound and all(0 < value < math.inf for value in (card.stability, card.difficulty))
    except (AttributeError, KeyError, OverflowError, TypeError, ValueError):
        return new
    return card if sound else new
