"""The long runs of lesson 11: the reader of toy pages, and each unit of the novel's model ablated once.

``python -m lstm_helpers.lessons.looking_inside.long_run`` trains the reader if it is not stored, then takes every unit
away that the table does not hold yet, and adds a line for each to ``data/benchmarks/ablation.csv``. It can be stopped
at any time. A line belongs to its recipe: after a change of the model, the text or the ablation all of them are
missing.
"""

import hashlib
import io
import sys
from datetime import date
from pathlib import Path

import numpy as np

from lstm_helpers import files, runs
from lstm_helpers.lessons.looking_inside import experiments, toy

RUNS = runs.BENCHMARKS / "ablation.csv"
KINDS = ("all", "closing", "opening", "line end")
COLUMNS = ("unit", "mean_h", *KINDS, "date", "recipe")


def recipe():
    """A short hash of all that a line depends on."""
    e = experiments
    code = runs.code(e.facts, e.reading, e.log_p, e.costs, e.without_unit, e.damage)
    return runs.version(code, repr((e.T, e.B, e.WARM)), e.NOVELIST.read_bytes())


def read(path=RUNS):
    """The lines as dictionaries, numbers as floats; none where there is no file."""
    return runs.read(path, {"unit": int} | dict.fromkeys(("mean_h", *KINDS), float))


def missing(path=RUNS):
    """The units that the table does not hold yet."""
    held = {line["unit"] for line in read(path) if line["recipe"] == recipe()}
    return [unit for unit in range(512) if unit not in held]


def ablate(units, path=RUNS):
    """Replace h of each unit by its mean on this text, one after the other, and write what that costs."""
    model, letters = experiments.novelist()
    text = experiments.reading(letters, "held")
    before, now = experiments.costs(model, text.x, text.y), recipe()
    h, _ = model.lstm.forward(model.one_hot[text.x], train=False)
    means = h[experiments.WARM :].mean(axis=(0, 1), dtype=np.float64)
    for unit in units:
        change = experiments.without_unit(model, unit, means[unit])
        cost = experiments.damage(change, text, before)
        line = {name: f"{value:.5f}" for name, value in cost.items()}
        line |= {"unit": unit, "mean_h": f"{means[unit]:.5f}", "date": date.today().isoformat(), "recipe": now}
        runs.add(line, path, COLUMNS)
        print(unit, line["closing"], flush=True)


def main():
    """Run what is missing."""
    if not toy.WEIGHTS.is_file():
        packed = io.BytesIO()
        np.savez_compressed(packed, **toy.trained().params)
        files.write(Path(toy.WEIGHTS), packed.getvalue())
        print(toy.WEIGHTS.name, hashlib.sha256(packed.getvalue()).hexdigest())
    ablate(missing())
    return 0


if __name__ == "__main__":
    sys.exit(main())
