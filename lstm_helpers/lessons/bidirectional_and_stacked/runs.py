"""The long runs of this lesson: ``python -m lstm_helpers.lessons.bidirectional_and_stacked.runs`` does what is missing.

Every network of a task may learn the same number of weights, so that what is compared is how they are spent. Its
learning rate is the best of ``rates`` for a sixth seed; then come ``SEEDS`` runs with it. Each run is a line of the
table as soon as it has ended, so it can be stopped at any time and goes on with the next one.
"""

import sys
from datetime import date
from functools import cache, partial

from lstm_helpers import nn, runs
from lstm_helpers.lessons.bidirectional_and_stacked import networks
from lstm_helpers.lessons.bidirectional_and_stacked.networks import NextCharacter, Recipe, SpokenDigits, WordEnds

TABLE = runs.BENCHMARKS / "family.csv"
COLUMNS = ("task", "network", "seed", "lr", "hidden", "weights", "figure", "seconds", "date", "recipe")
NUMBERS = {"seed": int, "lr": float, "hidden": int, "weights": int, "figure": float, "seconds": float}
SEEDS, TRIAL, RATES = range(5), 100, (0.01, 0.03)

LATER = {f"word ends, {delay} later": delay for delay in (1, 2, 4)}
TASKS = {
    "spoken digits": SpokenDigits,
    "next character": NextCharacter,
    "word ends": WordEnds,
    **{task: partial(WordEnds, delay) for task, delay in LATER.items()},
}
WEIGHTS = {"spoken digits": 5_888, "next character": 14_016}  # those of one LSTM with 32 and 48 units
WORD_ENDS = 8_360  # with 38 units
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
RECIPES = FAMILY | {
    "both directions": Recipe(nn.LSTM, bidirectional=True),
    "both directions, 2 layers": Recipe(nn.LSTM, layers=2, bidirectional=True),
    "2 layers": Recipe(nn.LSTM, layers=2),
    "4 layers": Recipe(nn.LSTM, layers=4),
    "4 layers, residual": Recipe(nn.LSTM, layers=4, residual=True),
    "peephole, rate 0.03": Recipe(nn.PeepholeLSTM),  # its trials on the digits are a tie: the other rate
}
DEEP = ("2 layers", "4 layers", "4 layers, residual")
PLAN = (
    *(("spoken digits", network) for network in FAMILY),
    *(("next character", network) for network in FAMILY),
    *(("word ends", network) for network in ("LSTM", "both directions", "both directions, 2 layers")),
    *((task, "LSTM") for task in LATER),
    *(("next character", network) for network in DEEP),
    *(("spoken digits", network) for network in ("both directions", *DEEP[:2], "peephole, rate 0.03")),
)


def rates(task, network):
    """The learning rates that are tried. Of the LSTM a lower and a higher one, too, to see what a rate does."""
    if task.startswith("word ends") or network.endswith("rate 0.03"):
        return (0.03,)
    return (0.003, *RATES, 0.1) if network == "LSTM" else RATES


def read(path=TABLE):
    """The runs of today's recipes as dictionaries, in the order of the file."""
    return [row for row in runs.read(path, NUMBERS) if row["recipe"] == version(row["task"], row["network"])]


@cache
def version(task, network):
    """A short hash of how a network is trained: another recipe makes its runs anew. None for one that is no more."""
    if (task, network) not in PLAN:
        return None
    settings = repr((task, RECIPES[network], WEIGHTS.get(task, WORD_ENDS), rates(task, network)))
    return runs.version(settings, runs.code(networks))


@cache
def made(task):
    """The task itself: read once."""
    return TASKS[task]()


def carry_out(task, network, seed, lr):
    """One run; returns its line of the table."""
    recipe, weights = RECIPES[network], WEIGHTS.get(task, WORD_ENDS)
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


def chosen(tried, task, network):
    """The rate of the five runs: the best of ``RATES``, from which every network may choose. None before its trials."""
    tries, figures = rates(task, network), tried.get((task, network), {})
    if len(tries) == 1:
        return tries[0]
    return min(RATES, key=figures.get) if len(figures) == len(tries) else None


def missing(rows):
    """(task, network, seed, lr) of the runs that ``rows`` do not hold yet, in the order of the plan: the trials of a
    network, and once these are there its five runs with the best rate."""
    held = {(row["task"], row["network"], row["seed"], row["lr"]) for row in rows}
    tried, todo = trials(rows), []
    for task, network in PLAN:
        best = chosen(tried, task, network)
        if best is None:
            todo += [(task, network, TRIAL, lr) for lr in rates(task, network)]
        else:
            todo += [(task, network, seed, best) for seed in SEEDS]
    return [run for run in todo if run not in held]


def main(path=TABLE):
    """Carry out what is missing, one run after the other."""
    while todo := missing(read(path)):
        row = carry_out(*todo[0])
        runs.add(row, path, COLUMNS)
        print(f"{row['task']}, {row['network']}, seed {row['seed']}, lr {row['lr']}: {row['figure']}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
