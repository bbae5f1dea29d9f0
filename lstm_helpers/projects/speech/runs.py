"""The table of runs that the notebook draws: ``python -m lstm_helpers.projects.speech.runs`` does what is missing.

Each run is a line of the table as soon as it has ended, so it can be stopped at any time. Words behind it name the runs
to do, such as ``"small" "one direction"``. The test part is not read.
"""

import sys
import time
from datetime import date

import numpy as np

from lstm_helpers import runs
from lstm_helpers.data import spoken_digits
from lstm_helpers.projects import stored as storing
from lstm_helpers.projects.speech import model, voices
from lstm_helpers.projects.speech.own_model import STORED

TABLE = runs.BENCHMARKS / "speech.csv"
MODELS = runs.BENCHMARKS.parent / "models"
COLUMNS = ("what", "seed", "weights", "validation", "unheard", "seconds", "date", "recipe")
NUMBERS = {"seed": int, "weights": int, "validation": float, "unheard": float, "seconds": float}
UNCHANGED = {"tempo": False, "noise": False, "throat": False, "masks": False}
WHAT = {
    "the model": model.SETTINGS,
    "small": model.SMALL,
    "one direction": model.SMALL | {"bidirectional": False, "H": 96},
    "recordings as they are": model.SMALL | UNCHANGED,
    "no other throats": model.SMALL | {"throat": False},
}
HELD = {f"without voice {k}": model.SETTINGS for k in range(voices.CLUSTERS)}
SEEDS = (0, 1, 2)
PLAN = (
    *((what, seed) for what in WHAT for seed in SEEDS),
    *((what, 0) for what in HELD),
)


def settings(what, seed):
    """The settings of a run."""
    return (WHAT | HELD)[what] | {"seed": seed}


def version(what, seed):
    """A short hash of how a run is made."""
    return runs.version(
        repr((what, settings(what, seed))), runs.code(model.trained, model.Change, model.Speech, model.ctc)
    )


def read(path=TABLE):
    """The runs of today's recipes as dictionaries, in the order of the file."""
    return [row for row in runs.read(path, NUMBERS) if row["recipe"] == version(row["what"], row["seed"])]


def weights_file(seed):
    """Where the weights of a seed of the model are stored: those of seed 0 are the model of the project."""
    return f"{STORED}.npz" if seed == 0 else f"{STORED}_{seed}.npz"


def weights(seed):
    """The weights of a seed of the model, as they are stored."""
    return storing.read_weights(MODELS / weights_file(seed))


def carry_out(what, seed, folder=MODELS):
    """One run; returns its line of the table. Of "the model" it writes the weights, too."""
    recordings, digits = spoken_digits()
    parts, unheard, start = model.split(digits), np.zeros(0, int), time.process_time()
    if what.startswith("without voice"):
        voice = voices.clusters(voices.portraits(recordings, digits)) == int(what.split()[2])
        rest = np.random.default_rng(model.SPLIT).permutation(np.flatnonzero(~voice))
        parts, unheard = {"training": rest[250:], "validation": rest[:250]}, np.flatnonzero(voice)
    speech = model.Speech(recordings, digits, parts["training"])
    strings = model.fixed(speech, parts["validation"], model.VALIDATION)
    looks = (lambda net, _: model.tested(net, strings)) if what == "the model" else None
    net, _, history = model.trained(settings(what, seed), parts["training"], evaluate=looks, data=(recordings, digits))
    other = model.tested(net, model.fixed(speech, unheard, model.VALIDATION, 1)) if len(unheard) else np.nan
    if what == "the model":
        storing.write_weights(folder / weights_file(seed), net.params)
        if seed == 0:
            storing.write_log(folder / f"{STORED}.csv", history)
    return {
        "what": what, "seed": seed, "weights": sum(p.size for p in net.params.values()),
        "validation": round(model.tested(net, strings), 4), "unheard": round(other, 4),
        "seconds": round(time.process_time() - start, 1), "date": date.today().isoformat(),
        "recipe": version(what, seed),
    }  # fmt: skip


def main(only=()):
    for what, seed in PLAN:
        done = {(row["what"], row["seed"]) for row in read()}
        if (what, seed) not in done and (not only or what in only):
            run = carry_out(what, seed)
            runs.add(run, TABLE, COLUMNS)
            print(*run.values(), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
