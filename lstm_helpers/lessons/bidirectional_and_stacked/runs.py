"""The long runs of this lesson: ``python -m lstm_helpers.lessons.bidirectional_and_stacked.runs`` does what is missing.

Every network of a task may learn the same number of weights, so that what is compared is how they are spent. Its
learning rate is the best of ``rates`` for a sixth seed; then come ``SEEDS`` runs with it. Each run is a line of the
table as soon as it has ended, so it can be stopped at any time and goes on with the next one.
"""

import csv
import hashlib
import inspect
import sys
from datetime import date
from functools import cache
from pathlib import Path

from lstm_helpers import data, nn
from lstm_helpers.lessons.bidirectional_and_stacked import networks
from lstm_helpers.lessons.bidirectional_and_stacked.networks import NextCharacter, Recipe, SpokenDigits, WordEnds

TABLE = Path(data.__file__).parent / "benchmarks" / "family.csv"
COLUMNS = ("task", "network", "seed", "lr", "hidden", "weights", "figure", "seconds", "date", "recipe")
NUMBERS = {"seed": int, "lr": float, "hidden": int, "weights": int, "figure": float, "seconds": float}
SEEDS, TRIAL, RATES = range(5), 100, (0.01, 0.03, 0.1)

TASKS = {
    "next character": NextCharacter,
    "spoken digits": SpokenDigits,
    "word ends": WordEnds,
    **{f"word ends, {delay} later": lambda delay=delay: WordEnds(delay) for delay in (1, 2, 4, 8)},
}
WEIGHTS = {"next character": 24_832, "spoken digits": 15_680}  # those of one LSTM with 64 and 56 units
WORD_ENDS = 20_736  # with 64 units
FAMILY = {
    "LSTM": Recipe(nn.LSTM),
    "forget bias 1": Recipe(nn.LSTM, {"forget_bias": 1.0}),
    "GRU": Recipe(nn.GRU),
    "peephole": Recipe(nn.PeepholeLSTM),
    "coupled gates": Recipe(nn.CoupledLSTM),
    "no forget gate": Recipe(nn.LSTM1997),
    "layer norm": Recipe(nn.LayerNormLSTM),
    "plain RNN": Recipe(nn.RNN),
}
DEEP = {
    "2 layers": Recipe(nn.LSTM, layers=2),
    "4 layers": Recipe(nn.LSTM, layers=4),
    "4 layers, residual": Recipe(nn.LSTM, layers=4, residual=True),
    "8 layers": Recipe(nn.LSTM, layers=8),
    "8 layers, residual": Recipe(nn.LSTM, layers=8, residual=True),
}
BOTH = {"both directions": Recipe(nn.LSTM, bidirectional=True)}
BOTH_DEEP = {"both directions, 2 layers": Recipe(nn.LSTM, layers=2, bidirectional=True)}
NETWORKS = {
    "next character": FAMILY | DEEP,
    "spoken digits": FAMILY | BOTH | {name: DEEP[name] for name in ("2 layers", "4 layers")},
    "word ends": {"LSTM": FAMILY["LSTM"]} | BOTH | BOTH_DEEP,
    **{name: {"LSTM": FAMILY["LSTM"]} for name in TASKS if "later" in name},
}


def rates(network):
    """The learning rates that are tried: for stacks and both directions not the highest, too high for one LSTM."""
    return RATES if network in FAMILY else RATES[:2]


def read(path=TABLE):
    """The runs of today's recipes as dictionaries, in the order of the file."""
    if not path.exists():
        return []
    with open(path, newline="", encoding="utf-8") as stream:
        rows = [{k: NUMBERS.get(k, str)(v) for k, v in row.items()} for row in csv.DictReader(stream)]
    return [row for row in rows if row["recipe"] == version(row["task"], row["network"])]


@cache
def version(task, network):
    """A short hash of how a network is trained: another recipe makes its runs anew. None for one that is no more."""
    recipe = NETWORKS.get(task, {}).get(network)
    parts = [repr((task, recipe, WEIGHTS.get(task, WORD_ENDS), RATES)), inspect.getsource(networks)]
    return hashlib.sha256("".join(parts).encode()).hexdigest()[:8] if recipe else None


@cache
def made(task):
    """The task itself: read once."""
    return TASKS[task]()


def carry_out(task, network, seed, lr):
    """One run; returns its line of the table."""
    recipe, weights = NETWORKS[task][network], WEIGHTS.get(task, WORD_ENDS)
    hidden = recipe.fitted(made(task).inputs, weights)
    run, seconds = networks.trained(made(task), recipe, hidden_size=hidden, lr=lr, seed=seed)
    return {
        "task": task, "network": network, "seed": seed, "lr": lr, "hidden": hidden,
        "weights": networks.count(run.stack), "figure": round(run.tested(), 4), "seconds": round(seconds, 2),
        "date": date.today().isoformat(), "recipe": version(task, network),
    }  # fmt: skip


def trials(rows):
    """{(task, network): {lr: figure}} of the sixth seed."""
    found = {}
    for row in rows:
        if row["seed"] == TRIAL:
            found.setdefault((row["task"], row["network"]), {})[row["lr"]] = row["figure"]
    return found


def missing(rows):
    """(task, network, seed, lr) of the runs that ``rows`` do not hold yet, trials before the runs that need them.

    Where a network's trials are not complete, its five runs come with the next call.
    """
    held = {(row["task"], row["network"], row["seed"], row["lr"]) for row in rows}
    tried, todo = trials(rows), []
    for task, recipes in NETWORKS.items():
        for network in recipes:
            figures = tried.get((task, network), {})
            if len(figures) < len(rates(network)):
                todo += [(task, network, TRIAL, lr) for lr in rates(network)]
            else:
                todo += [(task, network, seed, min(figures, key=figures.get)) for seed in SEEDS]
    return [run for run in todo if run not in held]


def main(path=TABLE):
    """Carry out what is missing, one run after the other."""
    while todo := missing(read(path)):
        for run in todo:
            row, new = carry_out(*run), not path.exists()
            with open(path, "a", newline="", encoding="utf-8") as stream:
                table = csv.DictWriter(stream, COLUMNS, lineterminator="\n")
                if new:
                    table.writeheader()
                table.writerow(row)
            print(f"{row['task']}, {row['network']}, seed {row['seed']}, lr {row['lr']}: {row['figure']}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
