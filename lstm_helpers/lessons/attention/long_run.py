"""The table of lesson 10: exact match against the length of the source, with attention and without.

``python -m lstm_helpers.lessons.attention.long_run`` trains what is missing of it, one network at a time, and adds a
line for each run to ``data/benchmarks/attention.csv``. It can be stopped at any time: a run in hand goes on from its
last checkpoint. A run belongs to its recipe: after a change of the network, the training, the data or the numbers below
all of them are missing; words and line breaks do not count.
"""

import sys
from datetime import date
from pathlib import Path

import numpy as np

from lstm_helpers import runs
from lstm_helpers.data import dates
from lstm_helpers.lessons.attention import experiments

RUNS = runs.BENCHMARKS / "attention.csv"
PLACE = Path(".attention")  # of the run in hand
STAGES = ((800, 1), (400, 2), (800, 3))  # batches, and how many dates a sentence holds at most
BATCH, LR, WORDS, SEEDS = 32, 5e-3, (0, 2), 3  # words: around each date
TESTED = 400  # sentences of unseen dates for each number of dates, 1 to 4: one more than is trained
ENDS = (20, 30, 40, 50, 60, 70, 80)  # a bin of lengths ends at each
NETWORKS = (("none", 64), ("general", 64))
WIDER = ("none", 112)  # a larger vector, for comparison
COLUMNS = ("kind", "H", "seed", "weights", "learned", *(f"to_{end}" for end in ENDS),
           *(f"dates_{n}" for n in range(1, 5)), *(f"each_{n}" for n in range(1, 5)), "date",
           "recipe")  # fmt: skip


def recipe():
    """A short hash of all that a run depends on."""
    settings = repr((STAGES, BATCH, LR, WORDS, TESTED, ENDS))
    return runs.version(runs.code(experiments.Translator, experiments.train, dates), settings)


def read(path=RUNS):
    """The runs as dictionaries, numbers as floats; none where there is no file."""
    return runs.read(path, {column: float for column in COLUMNS if column not in ("kind", "date", "recipe")})


def missing(path=RUNS):
    """(kind, H, seed) of the runs that the table does not hold yet."""
    held = {(run["kind"], run["H"], run["seed"], run["recipe"]) for run in read(path)}
    asked = [(*network, seed) for network in (*NETWORKS, WIDER) for seed in range(SEEDS)]
    return [run for run in asked if (*run, recipe()) not in held]


def carry_out(kind, H, seed, place=PLACE, stages=STAGES, tested=TESTED):
    """One run to its end. Returns its line of the table."""
    rng = np.random.default_rng(seed)
    model = experiments.Translator(kind, H, rng=rng)
    place.mkdir(exist_ok=True)
    file = place / f"{kind}-{H}-{seed}-{recipe()}.npz"
    history = experiments.train(model, stages, rng=rng, B=BATCH, lr=LR, words=WORDS, every=200, checkpoint=file)
    line = {"kind": kind, "H": H, "seed": seed, "weights": sum(p.size for p in model.params.values())}
    line |= {"learned": learned(history.loss), **measured(model, tested)}
    file.unlink(missing_ok=True)
    return line | {"date": date.today().isoformat(), "recipe": recipe()}


def learned(losses, below=0.1, over=20):
    """The first step at which the mean loss of the last 20 lies below 0.1, or 0."""
    means = np.convolve(losses, np.ones(over) / over, "valid")
    return int((means < below).argmax()) + over if (means < below).any() else 0


def measured(model, tested):
    """Shares of right answers on unseen dates: by length, by number of dates, and of each single date."""
    rng, texts, wanted, said = np.random.default_rng(2015), [], [], []
    for n in range(1, 5):
        some, answers = dates.sentences(rng, tested, (n, n), WORDS, unseen=True)
        texts, wanted = [*texts, *some], [*wanted, *answers]
        said += dates.spelled(model.greedy(*dates.numbered(some), most=60)[0])
    right, of = np.array([s == w for s, w in zip(said, wanted, strict=True)]), np.arange(4 * tested) // tested + 1
    length, line = np.array([len(text) for text in texts]), {}
    for low, end in zip((0, *ENDS), ENDS, strict=False):
        line[f"to_{end}"] = round(float(right[(length > low) & (length <= end) & (of < 4)].mean()), 4)
    for n in range(1, 5):
        line[f"dates_{n}"] = round(float(right[of == n].mean()), 4)
        each = [
            np.mean([a == b for a, b in zip((s + " " * 60)[: 11 * n].split(" "), w.split(" "), strict=False)])
            for s, w in zip(said[(n - 1) * tested : n * tested], wanted[(n - 1) * tested : n * tested], strict=True)
        ]
        line[f"each_{n}"] = round(float(np.mean(each)), 4)
    return line


def main():
    """Run what is missing."""
    for run in missing():
        line = carry_out(*run)
        runs.add(line, RUNS, COLUMNS)
        print(*run, line["dates_1"], line["dates_3"], flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
