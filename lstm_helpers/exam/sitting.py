"""One sitting with questions of the bank: which one is on the table, what was answered, what comes next.

It holds no widget and draws nothing: ``shown`` is plain data, ``page.py`` puts it on the screen.
"""

import functools
import html
import time
from dataclasses import dataclass

from lstm_helpers import wording
from lstm_helpers.exam.markup import block, inline
from lstm_helpers.predictions.kinds import Unclear, figure

AGAIN = "This one comes again at the end."
GRACE = 2  # seconds: what a message takes on its way does not decide whether an answer was in time


@dataclass
class Answered:
    """A question with what was answered (read, or the text of a short answer) and its Mark; None until it is marked."""

    asked: object
    answer: object = None
    mark: object = None


class Sitting:
    """Asks questions in turn. ``shown`` after each step is what a page has to show.

    asked: list of Asked. remember: called with (question name, share) when a question has been marked for the first
    time; returns "" or what went wrong. seconds: how long a mock exam takes: then nothing is said until the end, and
    what was skipped comes once more; None for practice, in which each answer is judged at once, and wrong ones come
    once more at the end. clock: seconds that only ever grow; the clock of the machine may be set meanwhile.
    """

    def __init__(self, asked, remember, seconds=None, clock=time.monotonic):
        self.answered = [Answered(each) for each in asked]
        self._remember, self._clock = remember, clock
        self.seconds, self.ends = seconds, 0
        self._phase, self._said, self._trouble = "ready" if seconds else "question", "", ""
        self._first = len(self.answered)  # those behind are repetitions
        self._order = list(range(self._first))  # in which they come; what was skipped comes at its end, too
        self.turn = 0  # place in that order

    @property
    def mock(self):
        """Whether this is an exam: nothing is said until the end."""
        return self.seconds is not None

    @property
    def left(self):
        """Seconds until a mock exam ends, below 0 when it is over; None while no clock runs."""
        return self.ends - self._clock() if self.mock and self._phase == "question" else None

    @property
    def _at(self):
        return self._order[self.turn]

    @property
    def shown(self):
        """What is on the table, as plain data."""
        if self._phase == "ready":
            return {"phase": "ready", "html": self._announced(), "left": None}
        if self._phase == "result":
            return {"phase": "result", "html": self._result(), "left": None}
        now = self.answered[self._at]
        question = now.asked.question
        marks = wording.count(question.worth, "mark")
        again = ", skipped before" if self._phase == "question" and self._at in self._order[: self.turn] else ""
        return {
            "phase": self._phase,
            "turn": self.turn,
            "head": f"Question {self._at + 1} of {len(self.answered)}" + (f" ({marks}{again})" if self.mock else ""),
            "kind": "choice" if now.asked.question.options else question.kind,
            "exactness": now.asked.exactness,
            "text": block(now.asked.text),
            "picture": picture(question.picture) if question.picture else "",
            "parts": [inline(_part(part)) for part in now.asked.parts],
            "choices": [inline(choice) for choice in now.asked.choices],
            "said": self._said,
            "right": None if now.mark is None or self.mock else now.mark.right,
            "model": block(question.model) if question.kind == "short" else "",
            "scheme": [[marks, inline(text)] for marks, text in question.marks],
            "own": now.answer if question.kind == "short" and isinstance(now.answer, str) else "",
            "left": self.left,
            "last": self.turn + 1 == len(self._order),
        }

    def begin(self):
        """Start the clock of a mock exam, and put the first question on the table."""
        if self._phase == "ready":
            self.ends, self._phase = self._clock() + self.seconds, "question"

    def answer(self, given):
        """An answer to the question on the table, as it was typed or picked; of a short answer its text."""
        now = self.answered[self._at]
        if self._phase != "question" or now.mark is not None:
            return
        if self.mock and self.left < -GRACE:
            return self._close()
        if now.asked.question.kind == "short":
            now.answer = str(given)
            if self.mock:
                return self.go_on()
            self._phase = "marking"
            return
        try:
            now.answer = now.asked.read(given)
        except Unclear as why:
            self._said = f"{html.escape(str(why))}."
            return
        self._mark(now, now.asked.mark(now.answer))
        if self.mock:
            self.go_on()

    def give(self, marks):
        """The marks that the writer of a short answer gives it, by the scheme."""
        now = self.answered[self._at]
        if self._phase != "marking":
            return
        self._mark(now, now.asked.mark(min(max(float(marks), 0), now.asked.question.worth)))
        self.go_on()

    def go_on(self):
        """To the next question; after the last one, to what is left to be marked, then to the result."""
        self._said = ""
        if self._phase == "marking":
            return self._close() if self.mock else self._next()
        if self._phase != "question":
            return
        if self.mock and self.left < 0:
            return self._close()
        now, last = self.answered[self._at], self.turn + 1 == len(self._order)
        if self.mock and now.answer is None and not last and self._at not in self._order[: self.turn]:
            self._order.append(self._at)
        self._next()

    def stop(self, given=None):
        """The page's clock has run down: what stands there unsent counts, if it can be read. Too early: nothing."""
        if self.left is None or self.left > GRACE:
            return
        now = self.answered[self._at]
        if given is not None and now.asked.question.kind == "short":
            now.answer = str(given)
        elif given is not None:
            try:
                now.answer = now.asked.read(given)
            except Unclear:
                pass
            else:
                self._mark(now, now.asked.mark(now.answer))
        self._close()

    def _next(self):
        if self.turn + 1 < len(self._order):
            self.turn, self._phase = self.turn + 1, "question"
        else:
            self._close()

    def _close(self):
        """The first short answer that waits for its marks, or the result."""
        waiting = [
            k
            for k, each in enumerate(self.answered)
            if each.mark is None and each.asked.question.kind == "short" and each.answer
        ]
        self._said = ""
        if self.mock and waiting:
            self._order.append(waiting[0])
            self.turn, self._phase = len(self._order) - 1, "marking"
        else:
            self._phase = "result"

    def _mark(self, now, mark):
        now.mark = mark
        first = self.answered.index(now) < self._first
        if first:
            self._trouble = self._remember(now.asked.question.name, mark.share)
        verdict = "Right." if mark.right else "Partly right." if mark.share else "Not right."
        again = not mark.right and first and not self.mock and now.asked.question.kind != "short"
        if again:
            self.answered.append(Answered(now.asked))
            self._order.append(len(self.answered) - 1)
        self._said = " ".join(filter(None, (f"<strong>{verdict}</strong>", inline(mark.said), AGAIN if again else "")))

    def _announced(self):
        marks = wording.count(sum(each.asked.question.worth for each in self.answered), "mark")
        count = wording.count(len(self.answered), "question")
        time = wording.count(round(self.seconds / 60), "minute")
        return (
            f"<p><strong>{count}, {marks}, {time}.</strong> The clock starts when you begin. What you skip comes once "
            "more at the end. Your answers are kept by the kernel of this notebook: do not restart it meanwhile.</p>"
        )

    def _result(self):
        asked = self.answered[: self._first]
        right = sum(each.mark is not None and each.mark.right for each in asked)
        trouble = f"<p>{inline(self._trouble)}</p>" if self._trouble else ""
        if not self.mock:
            return f"<p><strong>{right} of {len(asked)} right at first.</strong></p>{trouble}"
        got = sum(each.mark.share * each.asked.question.worth for each in asked if each.mark)
        of = sum(each.asked.question.worth for each in asked)
        rows = "".join(_review(k, each) for k, each in enumerate(asked, 1) if each.mark is None or not each.mark.right)
        head = (
            f"<p><strong>{figure(got, 3)} of {wording.count(of, 'mark')}.</strong> {right} of {len(asked)} right.</p>"
        )
        return head + trouble + (f"<p>What was missing:</p>{rows}" if rows else "")


def _review(number, each):
    question = each.asked.question
    said = inline(each.mark.said) if each.mark else "Not answered."
    if each.mark and question.options:
        said = f"You took: {inline(each.asked.parts[each.answer].text)}<br>{said}"
    right = ""
    if question.kind == "order":  # on the screen steps have no letters
        steps = "".join(f"<li value={rank}>{inline(step)}</li>" for rank, step in question.steps)
        right = f"<p>Right is, the same number in either order:</p><ol>{steps}</ol>"
    elif each.mark is None or question.kind == "short":
        right = f"<p>Right is: {inline(each.asked.solution)}</p>"
    asked = inline(each.asked.text.partition("\n\n")[0])
    return f"<details><summary>Question {number}: {asked}</summary><p>{said}</p>{right}</details>"


@functools.cache
def picture(name):
    """A picture of the bank as HTML with alternative text; drawn once, since it is shown again after each answer."""
    from lstm_helpers.exam.figures import PICTURES
    from lstm_helpers.figures import show

    return show(*PICTURES[name]()).data


def _part(part):
    """The text of an option, of a step (rank, text), or of what is given in a pair."""
    if isinstance(part, tuple):
        return part[1] if isinstance(part[0], int) else part[0]
    return part.text
