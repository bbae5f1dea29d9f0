"""4,196 short messages with the mean rating of twenty or more people: the part of them that ships with the course."""

import gzip
import html
from dataclasses import dataclass
from importlib.resources import files

import numpy as np


@dataclass(frozen=True)
class Tweets:
    """texts, a list; ratings (N,) from -4 to 4, none 0; families (N,): versions of one text have the same number."""

    texts: list
    ratings: np.ndarray
    families: np.ndarray

    def __len__(self):
        return len(self.texts)

    def __getitem__(self, rows):
        """Those with these numbers, or where a mask (N,) is true."""
        rows = np.arange(len(self))[rows]
        return Tweets([self.texts[k] for k in rows], self.ratings[rows], self.families[rows])

    @property
    def positive(self):
        """(N,): whether the mean rating is above 0."""
        return self.ratings > 0


def read(path):
    """The Tweets of a file with a line for each: rating, family, text."""
    lines = gzip.decompress(path.read_bytes()).decode("utf-8").splitlines()
    ratings, families, texts = zip(*(line.split("\t", 2) for line in lines), strict=True)
    return Tweets(list(texts), np.array(ratings, float), np.array(families, int))


def tweets():
    """The 3,846 Tweets that a student may have: 346 more were taken out before anything was trained."""
    return read(files(__name__.rpartition(".")[0]).joinpath("tweets.tsv.gz"))


def cleaned(text):
    """A text as the course stores it: ``&lt;`` and the like turned into the characters they stand for, on one line."""
    return " ".join(html.unescape(text).split())
