"""What a reader of dates has to beat: rules by hand, with tables counted from the same pairs."""

import difflib
import re
from collections import Counter, defaultdict

import numpy as np


class DateRules:
    """Reads a date by rule: four digits are the year, words say the month, what is left is the day.

    How often each word came with each month is counted from pairs of a text and its date in ISO 8601. The words of a
    text vote with the logarithms of these counts, and so does its form, the text without its words and numbers (naive
    Bayes). A word that was never met votes as the known word that is spelt most like it. Where two numbers are left,
    their order is the most frequent one in texts of this form; where that gives a month beyond 12, it is the other.
    """

    def __init__(self, texts, answers):
        self.counts, orders = defaultdict(lambda: np.full(12, 0.05)), defaultdict(Counter)
        for text, answer in zip(texts, answers, strict=True):
            _, month, day = (int(part) for part in answer.split("-"))
            for word in {*_words(text), _form(text)}:
                self.counts[word][month - 1] += 1
            numbers = _numbers(text)
            if len(numbers) == 2 and month != day:
                orders[_form(text)][numbers.index(day)] += 1
        self.counts = dict(self.counts)
        self.orders = {form: counts.most_common(1)[0][0] for form, counts in orders.items()}
        self._known = [word for word in self.counts if word.isalpha()]
        self._nearest = {}

    def read(self, text):
        """The date in ISO 8601, or "" where a part is missing."""
        years, numbers = re.findall(r"\d{4}", text), _numbers(text)
        if len(years) != 1 or len(numbers) not in (1, 2):
            return ""
        if len(numbers) == 2:
            order = self.orders.get(_form(text), 0)
            order = 1 - order if numbers[1 - order] > 12 else order
            day, month = numbers[order], numbers[1 - order]
        else:
            votes = [self.counts[self._like(word)] for word in _words(text)]
            votes += [self.counts[form] for form in [_form(text)] if form in self.counts]
            day, month = numbers[0], int(sum(np.log(v / v.sum()) for v in votes).argmax()) + 1 if votes else 0
        return f"{years[0]}-{month:02}-{day:02}"

    def _like(self, word):
        """The word itself where it is known, or the known one that is spelt most like it."""
        if word not in self.counts and word not in self._nearest:
            likeness = difflib.SequenceMatcher(b=word)
            ratios = []
            for known in self._known:
                likeness.set_seq1(known)
                ratios.append(likeness.ratio())
            self._nearest[word] = self._known[int(np.argmax(ratios))]
        return self._nearest.get(word, word)


def _words(text):
    return re.findall(r"[^\W\d_]+", text)


def _numbers(text):
    """All numbers but the year, in their order."""
    return [int(number) for number in re.findall(r"\d+", text) if len(number) != 4]


def _form(text):
    """A text without its words and numbers: "fri 31. dec 1999" is "w 0. w 0000"."""
    digits = re.sub(r"\d+", lambda m: "0000" if len(m[0]) == 4 else "0", text)
    return re.sub(r"[^\W\d_]+", "w", digits)
