"""Predictions: guess first, then look. Nothing here is graded, and skipping is always possible.

    predict("02-lag", number(unit="steps"))       # shows a field; or type: predict("02-lag", number(unit="steps"), 15)
    outcome("02-lag", measured)                   # in the cell of the experiment: your guess, the result, how close
    score("02")                                   # at the end of lesson 02: how well you predicted

A guess is remembered at once, beside the checks (``lstm_helpers.course.progress``), and can be changed until its
result has been shown; where a newer lesson asks for something else under its name, it is asked anew.
LSTM_COURSE_PROGRESS=off keeps it only as long as the notebook's kernel runs.
"""

import html
import os
import re

from lstm_helpers import wording
from lstm_helpers.course import progress
from lstm_helpers.figures import COLOURS
from lstm_helpers.live import somebody_waits
from lstm_helpers.predictions.kinds import Unclear, choice, figure, number, point

__all__ = ["choice", "number", "outcome", "point", "predict", "score"]

NAME = re.compile(r"\w+-\w[\w-]*")
MOST_SURPRISES = 2
_asked = {}  # name -> the kind of guess, of each question asked in this process
_fields = {}  # name -> the field that shows it
_held = {}  # name -> its entry, where the file does not hold it
_results = set()  # (name, question) of the results that this process has shown


def predict(name, kind, guess=None):
    """Ask for a guess: shows a field in a live notebook, elsewhere one line. Never raises for what a person typed.

    name: number of the lesson, dash, a word: "02-lag". kind: ``number(...)``, ``choice(...)`` or ``point(...)``.
    guess: typed here, in place of the field.
    """
    if not (isinstance(name, str) and NAME.fullmatch(name) and hasattr(kind, "judge")):
        return _fault(f'predict({name!r}, ...): write predict("02-lag", number(unit="steps")), for example')
    _asked[name] = kind
    if guess is not None:
        print(_keep(name, kind, guess)[1])
        return None
    kept, entry = _guess_in(name, kind)
    if somebody_waits():
        from IPython.display import display

        from lstm_helpers.predictions.field import Field

        _fields[name] = Field(
            asked=kind.asked(),
            wanted=kind.wanted,
            guess=kept,
            kept=kept is not None,
            locked="line" in entry,
            said=_kept_line(kind, kept, entry) if kept is not None else "",
            keep=lambda given: _keep(name, kind, given),
        )
        display(_fields[name])
    elif kept is not None:
        print(_kept_line(kind, kept, entry))
    else:
        print(f"Your guess: {kind.wanted}. Run this cell in Jupyter to give it, or skip it.")
    return None


def outcome(name, result, within=None, factor=None):
    """Show a result, beside the guess if there is one. Never raises in a student's notebook; returns nothing.

    result: as the guess: a number, one of the choices, or (x, y). What counts as close: ``within``, how far off (of a
    point: along x, along y), or ``factor``, how many times too large or small. Without either: a number within a
    quarter of the result or, of three and more, one off; a point within a tenth of each axis.
    """
    kind = _asked.get(name)
    if kind is None:
        if os.environ.get("LSTM_COURSE_STRICT"):
            return _fault(f"outcome({name!r}, ...): no predict({name!r}, ...) stands before it")
        return _show(*_without_question(name, result))
    try:
        result = kind.read(result)
        kind.judge(result, result, within, factor)  # so that a lesson is built only with what a guess can be held to
    except (Unclear, TypeError) as why:
        again = "Run the cell of its question once more, then this one"  # `ways` may be another question's by now
        return _fault(f"outcome({name!r}, ...): {why}. {again}")
    if name in _fields:
        _fields[name].results += 1
    said = f"Result: {kind.say(result)}."
    _results.add((name, kind.question))
    guess, entry = _guess_in(name, kind)
    if guess is None:
        return _show("", said, "")
    judged = kind.judge(guess, result, within, factor)
    guessed = f"Your guess: {kind.say(guess)}."
    words = f"{judged.words[0].upper()}{judged.words[1:]}."
    trouble = ""
    if "line" not in entry:
        line = f"your guess {kind.say(guess)}, the result {kind.say(result)}"
        trouble = _remember(name, entry | {"close": judged.close, "surprise": judged.surprise, "line": line})
    if name in _fields:
        _fields[name].locked = True
    return _show(guessed, said, " ".join(filter(None, (words, trouble))), judged.close)


def _without_question(name, result):
    """(guess, result, what to do) where the kernel does not know the question, as after a restart."""
    said, entry = f"Result: {result}.", _entries().get(name, {})
    first = f"run the cell with predict({name!r}) first, then this one again"
    if "guess" not in entry:
        return "", said, f"To see a guess beside it, {first}."
    guess = entry["guess"]
    shown = f"({', '.join(map(figure, guess))})" if isinstance(guess, list) else guess
    return f"Your guess: {shown if isinstance(shown, str) else figure(shown)}.", said, f"To compare them, {first}."


def score(lesson):
    """Show how well the guesses of one lesson, such as "02", came out, and what was most surprising. Not graded."""
    there = {name: entry for name, entry in _entries().items() if name.partition("-")[0] == str(lesson)}
    there = {name: entry for name, entry in there.items() if name not in _asked or _belongs(entry, _asked[name])}
    shown = {name: entry for name, entry in there.items() if "line" in entry}
    if not shown:
        waiting = f" {_waiting(there)}" if there else ""
        return _show(
            "No guess of this lesson has been compared with its result."
            f"{waiting} Try one or two next time: what you did not expect is what you remember."
        )
    close = sum(entry["close"] for entry in shown.values())
    parts = [f"You made {wording.count(len(shown), 'guess', 'guesses')} in this lesson; {close} came close."]
    far = sorted((n for n in shown if not shown[n]["close"]), key=lambda n: -shown[n]["surprise"])[:MOST_SURPRISES]
    if far:
        listed = "; ".join(f"{name} ({shown[name]['line']})" for name in far)
        parts.append(f"Furthest off: {listed}. Say in one sentence why, and you will remember it.")
    else:
        parts.append("None was far off: well predicted.")
    if waiting := {name: entry for name, entry in there.items() if name not in shown}:
        parts.append(_waiting(waiting))
    return _show(" ".join(parts))


def _waiting(entries):
    """Which guesses have not been compared with their results, and what to do."""
    waits, ends = ("guess waits", "its result") if len(entries) == 1 else ("guesses wait", "their results")
    return f"{len(entries)} {waits} to be compared: {', '.join(entries)}. Run the question's cell and that of {ends}."


def _entries():
    """All remembered entries: those of the file, and those that this process alone holds."""
    return progress.load_predictions() | _held


def _guess_in(name, kind):
    """(guess, entry) that is remembered for a question, or (None, {}).

    One of another kind, with another unit or of other choices is none: the lesson has changed, and asks anew.
    """
    entry = _entries().get(name, {})
    if not _belongs(entry, kind):
        return None, {}
    try:
        return (kind.read(entry["guess"]), entry) if "guess" in entry else (None, {})
    except Unclear:
        return None, {}


def _belongs(entry, kind):
    """Whether an entry is one of this question; those of version 3 of the file do not say."""
    return entry.get("question", kind.question) == kind.question


def _keep(name, kind, given):
    """Remember a guess.

    Returns (the guess that now counts, what to say, whether its result has been seen, whether it is the one given).
    """
    kept, entry = _guess_in(name, kind)
    locked = "line" in entry
    try:
        guess = kind.read(given)
    except Unclear as why:
        return kept, f"{why}.", locked, False
    if locked:
        same = guess == kept
        return (
            kept,
            _kept_line(kind, kept, entry) if same else f"You have seen the result: your guess {kind.say(kept)} stays.",
            True,
            same,
        )
    trouble = _remember(name, {"guess": guess, "question": kind.question})
    shown = (name, kind.question) in _results
    late = "The result stands below already: run its cell again to compare." if shown else ""
    return guess, " ".join(filter(None, (_kept_line(kind, guess, {}), late, trouble))), False, True


def _kept_line(kind, guess, entry):
    return f"Your guess: {kind.say(guess)}{'' if 'line' in entry else ', kept'}."


def _remember(name, entry):
    """Keep an entry; returns "" or why it could not be written to the file: then this process holds it."""
    trouble = progress.remember_prediction(name, entry)
    if trouble or progress.path() is None:
        _held[name] = entry
    else:
        _held.pop(name, None)
    return trouble


def _fault(text):
    """A lesson that is written wrongly: an error where it is built and tested, a line for a student."""
    if os.environ.get("LSTM_COURSE_STRICT"):
        raise ValueError(text)
    print(text)


class _Shown:
    """A guess and its result, or either, as one plain line, and as a paragraph that wraps between words."""

    def __init__(self, guessed, said, words, close):
        self.parts, self.close = (guessed, said, words), close

    def __repr__(self):
        return " ".join(filter(None, self.parts))

    def _repr_html_(self):
        guessed, said, words = map(html.escape, self.parts)
        edge = "#888888" if self.close is None else COLOURS["i"] if self.close else COLOURS["c"]
        inner = " ".join(filter(None, (guessed, said and f"<strong>{said}</strong>", words)))
        return f'<p style="margin:4px 0;padding:2px 10px;border-left:4px solid {edge}">{inner}</p>'


def _show(guessed, said="", words="", close=None):
    from IPython.display import display

    display(_Shown(guessed, said, words, close))
