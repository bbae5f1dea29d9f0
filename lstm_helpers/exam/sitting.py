"""One sitting with questions of the bank: which one is on the table, what was answered, what comes next.

It holds no widget and draws nothing: ``shown`` is plain data, ``page.py`` puts it on the screen.
"""

import functools
import time
from dataclasses import dataclass

from lstm_helpers import wording
from lstm_helpers.exam.markup import block, inline
from lstm_helpers.predictions.kinds import Unclear, figure

AGAIN = "This one comes again at the end."


@dataclass
class Answered:
    """A question with what was answered (read, or the text of a short answer) and its Mark; None until it is marked."""

    asked: object
    answer: object = None
    mark: object = None


class Sitting:
    """Asks questions in turn. ``shown`` after each step is what a page has to show.

    asked: list of Asked. remember: called with (question name, share) when a question has been marked for the first
    time; returns "" or what went wrong. seconds: how long a mock exam takes: then nothing is said until the end; None
    for practice, in which each answer is judged at once, and wrong ones come once more at the end.
    """

    def __init__(self, asked, remember, seconds=None, clock=time.time):
        self.answered = [Answered(each) for each in asked]
        self._remember, self._clock = remember, clock
        self.seconds, self.ends = seconds, 0
        self._at, self._phase, self._said, self._trouble = 0, "ready" if seconds else "question", "", ""
        self._first = len(self.answered)  # those behind are repetitions

    @property
    def mock(self):
        """Whether this is an exam: nothing is said until the end."""
        return self.seconds is not None

    @property
    def shown(self):
        """What is on the table, as plain data."""
        if self._phase == "ready":
            return {"phase": "ready", "html": self._announced(), "deadline": 0}
        if self._phase == "result":
            return {"phase": "result", "html": self._result(), "deadline": 0}
        now = self.answered[self._at]
        question = now.asked.question
        marks = wording.count(question.worth, "mark")
        return {
            "phase": self._phase,
            "number": self._at,
            "head": f"Question {self._at + 1} of {len(self.answered)}" + (f" ({marks})" if self.mock else ""),
            "kind": "choice" if now.asked.question.options else question.kind,
            "text": block(now.asked.text),
            "picture": picture(question.picture) if question.picture else "",
            "parts": [inline(_part(part)) for part in now.asked.parts],
            "choices": [inline(choice) for choice in now.asked.choices],
            "said": self._said,
            "right": None if now.mark is None or self.mock else now.mark.right,
            "model": block(question.model) if question.kind == "short" else "",
            "scheme": [[marks, inline(text)] for marks, text in question.marks],
            "own": now.answer if question.kind == "short" and isinstance(now.answer, str) else "",
            "deadline": self.ends,
            "last": self._at + 1 == len(self.answered),
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
        if self.mock and self._clock() > self.ends:
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
            self._said = f"{inline(str(why))}."
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
        if self.mock and self._clock() > self.ends:
            return self._close()
        self._next()

    def _next(self):
        if self._at + 1 < len(self.answered):
            self._at, self._phase = self._at + 1, "question"
        else:
            self._close()

    def _close(self):
        """The first short answer that waits for its marks, or the result."""
        waiting = [
            k
            for k, each in enumerate(self.answered)
            if each.mark is None and each.asked.question.kind == "short" and each.answer
        ]
        if self.mock and waiting:
            self._at, self._phase = waiting[0], "marking"
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
        self._said = " ".join(filter(None, (f"<strong>{verdict}</strong>", inline(mark.said), AGAIN if again else "")))

    def _announced(self):
        marks = wording.count(sum(each.asked.question.worth for each in self.answered), "mark")
        count = wording.count(len(self.answered), "question")
        time = wording.count(round(self.seconds / 60), "minute")
        return f"<p><strong>{count}, {marks}, {time}.</strong> The clock starts when you begin.</p>"

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
    said = inline(each.mark.said) if each.mark else "Not answered."
    if each.mark is None or each.asked.question.kind == "order":
        said += f" Right is: {inline(each.asked.solution)}"
    asked = inline(each.asked.text.splitlines()[0])
    return f"<details><summary>Question {number}: {asked}</summary><p>{said}</p></details>"


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
