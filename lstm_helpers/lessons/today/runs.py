"""The tables of lesson 12: ``python -m lstm_helpers.lessons.today.runs`` trains what is missing of them.

Each run is a line of ``today.csv`` as soon as it has ended, so it can be stopped at any time and goes on with the next
one. A run belongs to its recipe. ``... .runs cost`` measures time and memory against T anew, into ``today_cost.csv``.
"""

import sys
from datetime import date
from functools import cache

from lstm_helpers import runs
from lstm_helpers.lessons.today import cost, machines

TABLE, COST = runs.BENCHMARKS / "today.csv", runs.BENCHMARKS / "today_cost.csv"
SEEDS = range(3)
STEPS = (16, 64, 256)  # what was learned, and beyond: the share of right states in the four steps up to each
PAIRS = (2, 4, 8, 16, 32)  # the last one is beyond what was learned
COLUMNS = (
    "task", "layer", "hidden", "seed", "weights", *(f"at_{T}" for T in STEPS), *(f"pairs_{n}" for n in PAIRS),
    "date", "recipe",
)  # fmt: skip
SHORT, LONG = {"H": 32, "steps": 1000}, {"H": 128, "steps": 3000, "growing": True}
PLAN = (
    *(("parity", layer, SHORT) for layer in machines.LAYERS),
    *(("mod 3", layer, SHORT) for layer in machines.LAYERS),
    *(("S3", layer, SHORT) for layer in machines.LAYERS),
    *(("recall", layer, {"H": 32, "steps": 1500}) for layer in machines.LAYERS),
    ("recall", "LSTM", {"H": 128, "steps": 1500}),
    *(("A5", layer, LONG) for layer in ("LSTM", "minGRU, signed", "attention")),
)


@cache
def recipe(task, layer, hidden):
    """A short hash of how a run is made, or None for one that is no longer asked for."""
    for planned in PLAN:
        if (*planned[:2], planned[2]["H"]) == (task, layer, hidden):
            return runs.version(repr(planned), runs.code(machines))
    return None


def _number(text):
    return float(text) if text else None


def read(path=TABLE):
    """The runs of today's recipes as dictionaries."""
    kinds = {column: _number for column in COLUMNS if "_" in column} | {"hidden": int, "seed": int, "weights": int}
    return [row for row in runs.read(path, kinds) if row["recipe"] == recipe(row["task"], row["layer"], row["hidden"])]


def read_cost(path=COST):
    """The stored times as dictionaries."""
    return runs.read(path, {"T": int, "time": float})


def missing(rows):
    """(task, layer, options, seed) of the runs that ``rows`` do not hold yet."""
    held = {(row["task"], row["layer"], row["hidden"], row["seed"]) for row in rows}
    asked = [(*planned, seed) for planned in PLAN for seed in SEEDS]
    return [run for run in asked if (*run[:2], run[2]["H"], run[3]) not in held]


def carry_out(task, layer, options, seed):
    """One run; returns its line of the table."""
    kind, found = machines.LAYERS[layer], {}
    if task == "recall":
        network = machines.reminder(kind, seed=seed, **options)
        found = {f"pairs_{n}": round(machines.recalled(network, n), 4) for n in PAIRS}
    else:
        network = machines.tracker(kind, task, seed=seed, **options)
        right = machines.tracked(network, task, max(STEPS))
        found = {f"at_{T}": round(float(right[T - 4 : T].mean()), 4) for T in STEPS}
    return {
        "task": task, "layer": layer, "hidden": options["H"], "seed": seed,
        "weights": sum(p.size for p in network.params.values()), **found,
        "date": date.today().isoformat(), "recipe": recipe(task, layer, options["H"]),
    }  # fmt: skip


def main(arguments=()):
    """Carry out what is missing, one run after the other; or measure the cost."""
    if "cost" in arguments:
        COST.unlink(missing_ok=True)
        for row in cost.measured():
            runs.add(row, COST, cost.COLUMNS)
        return 0
    while todo := missing(read()):
        row = carry_out(*todo[0])
        runs.add(row, TABLE, COLUMNS)
        print({name: value for name, value in row.items() if name not in ("weights", "date", "recipe")}, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
