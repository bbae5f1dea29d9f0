"""``python -m lstm_helpers.projects.forecasting`` trains what is missing of the project's runs; ``--own`` one model."""

import argparse
import json
from pathlib import Path

import numpy as np

from lstm_helpers import wording, yours
from lstm_helpers.data import series
from lstm_helpers.nn import LSTM
from lstm_helpers.projects.forecasting import model, runs
from lstm_helpers.projects.forecasting.own_model import STORED, TRAINING
from lstm_helpers.projects.forecasting.score import MOST_UNITS
from lstm_helpers.projects.own_weights import OWN_SEEDS
from lstm_helpers.projects.stored import prepared, read_weights, write_log, write_weights

LAYERS = {"yours": yours.LSTM, "nn": LSTM}


def own(folder, resume, layer, seed, settings, progress=True):
    """Train one model on three airports (``model.seasons``). Returns what to print, or None before its first pass.

    The pass with the lowest loss on six weeks of all seasons is kept. The test is not read here. Raises
    FileExistsError for a checkpoint that is there already, unless ``resume``.
    """
    folder, checkpoint = prepared(folder, STORED, resume)
    weather = series.weather()
    scale, sides = model.Scale.of(weather), model.seasons(weather)
    learned, choice = (model.together(side, model.STATIONS, 0, len(side.hours), scale) for side in sides)
    ridge = model.RidgePlus(model.cases(sides[0], "JFK", 0, len(weather.hours), scale))
    if progress:
        passes = wording.count(settings["epochs"], "pass", "passes")
        print(f"{len(learned.now):,} windows, {passes}. Ctrl-C stops and saves.")
        hard = model.loss_of(ridge.quantiles(choice.X), choice.change)
        print(f"validation: pinball loss in degrees, after each pass. Ridge+ has {hard:.3f}.", flush=True)
    forecaster, history = model.trained(
        learned, scale.change, settings, OWN_SEEDS + seed, layer=layer, checkpoint=checkpoint, progress=progress,
        evaluate=lambda now: model.loss_of(now.quantiles(choice.X), choice.change),
    )  # fmt: skip
    if not history.validation:
        return None
    write_log(folder / f"{STORED}.csv", history)
    digest = write_weights(folder / f"{STORED}.npz", forecaster.params)
    best = round(history.best[1], 4)
    return {"settings": settings, "seed": seed, "ended": history.ended, "validation loss": best, "sha256": digest}


def table(folder, layer, progress=True):
    """Make the runs that are missing; at the end write the weights of the final ones to ``folder``."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    names = {recipe: name for name, recipe in runs.FINAL.items()}
    for recipe, seed, part in runs.missing():
        row, weights = runs.run(recipe, seed, part, layer, progress)
        print(json.dumps(row), flush=True)
        if part == "test":
            write_weights(folder / f"{names[recipe]} {seed}.npz", weights)
    kept = {f"{name} {seed}": folder / f"{name} {seed}.npz" for name in runs.FINAL for seed in runs.SEEDS}
    if all(file.is_file() for file in kept.values()):
        every = {f"{run}/{k}": w for run, file in kept.items() for k, w in read_weights(file).items()}
        print(f"{STORED}.npz", write_weights(folder / f"{STORED}.npz", every))
    print(f"{runs.ROLLING}.npz", runs.write_rolling(folder / f"{runs.ROLLING}.npz", runs.rolling(layer)))


def main():
    parser = argparse.ArgumentParser(description="Train the models of the project forecasting.")
    parser.add_argument("--own", action="store_true", help="one model, for the exercise; else the runs of the table")
    parser.add_argument("--resume", action="store_true", help="go on from the checkpoint, if there is one")
    parser.add_argument("--folder", help="where checkpoint and result lie")
    parser.add_argument("--units", type=int, default=model.SETTINGS["H"], help="how many units the LSTM has")
    parser.add_argument("--passes", type=int, default=model.SETTINGS["epochs"], help="how often all windows are read")
    parser.add_argument(
        "--noise", type=float, default=model.SETTINGS["noise"], help="the spread of noise on the inputs"
    )
    parser.add_argument("--dropout", type=float, default=model.SETTINGS["dropout"], help="the share of h not read out")
    parser.add_argument("--seed", type=int, help="of first weights, order and noise; by default drawn anew")
    parser.add_argument(
        "--layer", choices=LAYERS, default="yours", help="whose LSTM trains: yours, or the course's (nn)"
    )
    asked = parser.parse_args()
    if asked.layer == "yours":
        pieces = str(yours.LSTM(1, 1, rng=np.random.default_rng(0))).partition(": ")[2]
        print(f"Your LSTM trains, with {pieces}.", flush=True)
    if not asked.own:
        table(asked.folder or TRAINING.folder / "runs", LAYERS[asked.layer])
        return
    if not 1 <= asked.units <= MOST_UNITS:
        parser.error(f"--units {asked.units}: the exercise takes 1 to {MOST_UNITS}")
    settings = model.SETTINGS | {"H": asked.units, "epochs": asked.passes}
    settings |= {"noise": asked.noise, "dropout": asked.dropout}
    folder = Path(asked.folder or TRAINING.folder)
    seed = _seed(folder, asked.seed, asked.resume)
    try:
        result = own(folder, asked.resume, LAYERS[asked.layer], seed, settings)
    except (FileExistsError, ValueError) as trouble:
        parser.exit(1, f"{trouble}\n")
    if result:
        print(json.dumps(result, indent=1))
    if not result or result["ended"] == "interrupted":
        print("Stopped. The same line with --resume goes on from here.")
    else:
        print("Done. Run the cell with bring_in() in the exercise.")


def _seed(folder, asked, resume):
    """The seed of this training: the one asked for, that of the training to go on with, or a new one."""
    file = folder / "seed.txt"
    if asked is None:
        asked = int(file.read_text()) if resume and file.is_file() else int(np.random.default_rng().integers(10_000))
    folder.mkdir(parents=True, exist_ok=True)
    file.write_text(f"{asked}\n")
    return asked


if __name__ == "__main__":
    main()
