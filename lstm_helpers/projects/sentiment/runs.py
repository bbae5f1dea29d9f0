"""The long runs of this project: ``python -m lstm_helpers.projects.sentiment.runs`` makes what is missing.

Five folds, cut by families, so that versions of one text never stand on both sides. A contestant is trained on four
folds and gives the fifth a number for each text, its vote: above 0 is positive. A run is five trainings of one seed:
a line in the table, and a vote for every tweet. Every choice was made inside the training folds, on a ninth of their
families (``split.validation``); the folds are opened for one set of choices (``held_out``).
"""

import io
import sys
import time
from datetime import date
from functools import cache, partial

import numpy as np

from lstm_helpers import files, runs
from lstm_helpers.baselines.text_ridge import TextRidge
from lstm_helpers.data.tweets import tweets
from lstm_helpers.projects.held_out import HeldOut
from lstm_helpers.projects.sentiment import network, text
from lstm_helpers.projects.sentiment.model import SETTINGS, Reader, train
from lstm_helpers.projects.sentiment.split import FOLDS, SPLIT, folds

TABLE = runs.BENCHMARKS / "sentiment.csv"
VOTES = runs.BENCHMARKS.with_name("models") / "tweets_votes.npz"
COLUMNS = ("contestant", "seed", "accuracy", "seconds", "date", "recipe")
NUMBERS = {"seed": int, "accuracy": float, "seconds": float}
SEEDS = 3  # of a contestant that draws its first weights


def read_by(options, training, seed):
    """A Reader with these options, trained: a function from texts to votes."""
    reader = Reader(SETTINGS, np.random.default_rng(seed), **options)
    train(reader, training, progress=False)
    return reader.logits


def logistic(training, seed):
    """scikit-learn's logistic regression on words and pairs."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    words = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True)
    return make_pipeline(words, LogisticRegression(C=10, max_iter=2000)).fit(
        training.texts, training.positive
    ).decision_function  # fmt: skip


def ridge(training, seed):
    """Ridge on words and characters, for the rating."""
    return TextRidge(training.texts, training.ratings).predict


CONTESTANTS = {
    "TF-IDF + LR": logistic,
    "words + characters, ridge": ridge,
    "LSTM": partial(read_by, {}),
    "no characters": partial(read_by, {"characters": False}),
    "ends instead of pooling": partial(read_by, {"ways": ("ends",)}),
    "forwards only": partial(read_by, {"directions": 1}),
}
CHOICES = {
    "folds": FOLDS, "split": SPLIT, "settings": SETTINGS, "contestants": list(CONTESTANTS),
    "C": 10, "penalty": 1, "columns": "words 1-2, char_wb 2-5, min_df 2",
}  # fmt: skip


def seeds(contestant):
    """The seeds of its runs."""
    return range(SEEDS if isinstance(CONTESTANTS[contestant], partial) else 1)


@cache
def version(contestant):
    """A short hash of how a contestant is trained; None for one that is no more."""
    if contestant not in CONTESTANTS:
        return None
    if contestant == "TF-IDF + LR":
        return runs.version(runs.code(logistic), repr((FOLDS, SPLIT)))
    if contestant == "words + characters, ridge":
        return runs.version(runs.code(sys.modules[TextRidge.__module__]), repr((FOLDS, SPLIT)))
    options = repr((CONTESTANTS[contestant].args, SETTINGS, FOLDS, SPLIT))
    return runs.version(options, runs.code(text, network, Reader, train))


def table():
    """The runs of today's recipes, as dictionaries."""
    return [row for row in runs.read(TABLE, NUMBERS) if row["recipe"] == version(row["contestant"])]


def votes():
    """The closed test: a HeldOut whose parts are {contestant: (seeds, N)}, what each run says of each tweet that it
    was not trained on, and the Tweets."""
    with np.load(VOTES) as saved:
        held = {name: saved[name].astype(np.float64) for name in saved.files}
    return HeldOut(f"tweets, {FOLDS} folds of families, split {SPLIT}", (held, tweets()))


def carry_out(contestant, seed):
    """One run: (its line of the table, the vote for each tweet)."""
    held = tweets()
    fold, vote, start = folds(held), np.zeros(len(held)), time.process_time()
    for k in range(FOLDS):
        says = CONTESTANTS[contestant](held[fold != k], seed=[seed, k])
        vote[fold == k] = says(held[fold == k].texts)
    row = {
        "contestant": contestant, "seed": seed, "accuracy": round(((vote > 0) == held.positive).mean(), 4),
        "seconds": round(time.process_time() - start, 1), "date": date.today().isoformat(),
        "recipe": version(contestant),
    }  # fmt: skip
    return row, vote


def _keep(contestant, seed, vote):
    """Write the vote beside those that are there."""
    held = {}
    if VOTES.exists():
        with np.load(VOTES) as saved:
            held = dict(saved)
    before = held.get(contestant, np.zeros((0, len(vote)), np.float16))[:seed]
    held[contestant] = np.concatenate([before, vote[None].astype(np.float16)])
    packed = io.BytesIO()
    np.savez_compressed(packed, **held)
    files.write(VOTES, packed.getvalue())


def main():
    for contestant in CONTESTANTS:
        done = {row["seed"] for row in table() if row["contestant"] == contestant}
        for seed in seeds(contestant):
            if seed in done:
                continue
            row, vote = carry_out(contestant, seed)
            _keep(contestant, seed, vote)
            runs.add(row, TABLE, COLUMNS)
            print(row, flush=True)


if __name__ == "__main__":
    main()
