"""Lesson 1 with pieces of 100 characters: ``python -m tests.lessons.sequences.longer`` trains it, in a minute or two.

Its two runs, the whole one and a short one that the test trains again, are lines of ``longer.csv``. They belong to
their recipe: after a change of the cells that train and measure, or of what these call, both are missing.
"""

import contextlib
import functools
import io
import itertools
import re
import sys
from pathlib import Path

from lstm_helpers import nn, runs, training
from lstm_helpers.lessons.sequences import experiments
from tests import lessons

TABLE = Path(__file__).with_suffix(".csv")
COLUMNS = ("steps", "final", "reach_10", "reach_100", "recipe")
WHOLE, SHORT = 6000, 200
TRAINING = "history = fit("
MATTERS = re.compile(r"vocab = |train, valid, test = |def step\(|history = fit\(|price_by_reach\(")
CALLED = (nn.base, nn.recurrent, nn.rnn, nn.linear, nn.losses, training.base, training.clipping, training.loop,
          training.optimisers, training.schedules, experiments.numbered, experiments.unit_rows, experiments.bits_on,
          experiments.price_by_reach)  # fmt: skip


@functools.cache
def cells():
    """The sources of the lesson's code cells."""
    return [cell.source for cell in lessons.read("01_sequences").cells if cell.cell_type == "code"]


def recipe():
    """A short hash of how a run is made."""
    return runs.version(*filter(MATTERS.search, cells()), runs.code(*CALLED))


def read():
    """{steps: run} of today's recipe."""
    kinds = dict.fromkeys(COLUMNS[:-1], float)
    return {run["steps"]: run for run in runs.read(TABLE, kinds) if run["recipe"] == recipe()}


def carry_out(steps):
    """One run, its line of the table: the cells before the training, it, and how far back the network reaches.

    In a process of its own: the first cell sets the number of threads.
    """
    names = {}
    (trains,) = (source for source in cells() if TRAINING in source)
    (reaches,) = (source for source in cells() if "price_by_reach(" in source)
    with contextlib.redirect_stdout(io.StringIO()):
        for source in itertools.takewhile(lambda source: source != trains, cells()):
            if not source.startswith("figures."):
                exec(source, names)
        exec("carried.clear(); rng = np.random.default_rng(1)", names)
        exec("rnn, readout = nn.RNN(V, 128, rng=rng), nn.Linear(128, V, rng=rng)", names)
        longer = trains.replace("length=20", "length=100").replace("every=200", f"every={steps}")
        exec(longer.replace("6000", str(steps)), names)
        exec(reaches.partition("outcome(")[0], names)
    final = experiments.bits_on(names["rnn"], names["readout"], names["test"])
    at = {f"reach_{k}": round(float(names["at"][k]), 3) for k in (10, 100)}
    return {"steps": steps, "final": round(float(final), 3), **at, "recipe": recipe()}


def main():
    """Train both anew."""
    TABLE.unlink(missing_ok=True)
    for steps in (SHORT, WHOLE):
        runs.add(carry_out(steps), TABLE, COLUMNS)


if __name__ == "__main__":
    sys.exit(main())
