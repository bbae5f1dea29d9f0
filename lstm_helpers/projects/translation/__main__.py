"""``python -m lstm_helpers.projects.translation --own`` trains a reader of dates, for the exercise.

The runs that the page shows are made by ``python -m lstm_helpers.projects.translation.runs``.
"""

import argparse
import json
from pathlib import Path

import numpy as np

from lstm_helpers import yours
from lstm_helpers.data import world_dates
from lstm_helpers.nn import LSTM
from lstm_helpers.projects.stored import write_log, write_weights
from lstm_helpers.projects.translation.model import OWN, SETTINGS, train_dates
from lstm_helpers.projects.translation.own_model import STORED, TRAINING

LAYERS = {"yours": yours.LSTM, "nn": LSTM}


def main():
    parser = argparse.ArgumentParser(description="Train a reader of dates in many languages.")
    parser.add_argument("--own", action="store_true", help="a smaller model, for the exercise")
    parser.add_argument("--resume", action="store_true", help="go on from the checkpoint, if there is one")
    parser.add_argument("--folder", default=TRAINING.folder, type=Path, help="where checkpoint and result lie")
    parser.add_argument("--units", type=int, help="how many units each direction of the encoder has")
    parser.add_argument("--steps", type=int, help="how many batches are learnt from")
    parser.add_argument("--dropout", type=float, help="the share of the embeddings that training does without")
    parser.add_argument("--unknown", type=float, help="the share of characters that it reads as unknown ones")
    parser.add_argument("--languages", nargs="+", metavar="CODE", help='"all", or codes such as en_GB fr (default: 24)')
    parser.add_argument("--seed", type=int, help="of the first weights and the batches (default: another each time)")
    parser.add_argument(
        "--layer", choices=LAYERS, help="whose LSTM trains: yours (default with --own), or the course's"
    )
    asked = parser.parse_args()
    settings = dict(OWN if asked.own else SETTINGS)
    given = {"H": asked.units, "steps": asked.steps, "dropout": asked.dropout, "unknown": asked.unknown}
    settings |= {name: value for name, value in given.items() if value is not None}
    known = list(world_dates.languages())
    codes = known if asked.languages == ["all"] else asked.languages
    if unknown := sorted(set(codes or ()) - set(known)):
        parser.exit(1, f"{unknown[0]} is no language of the data. They are: {' '.join(known)}\n")
    checkpoint = asked.folder / f"{STORED}.checkpoint.npz"
    if checkpoint.exists() and not asked.resume:
        parser.exit(1, f"{checkpoint} is there: go on with --resume, or delete its folder to start anew\n")
    layer = LAYERS[asked.layer or ("yours" if asked.own else "nn")]
    print(f"{settings['steps']:,} batches of {settings['B']} dates. Ctrl-C stops and saves.")
    if layer is not LSTM:
        pieces = str(layer(1, 1, rng=np.random.default_rng(0))).partition(": ")[2]
        print(f"Your LSTM trains, with {pieces}. (--layer nn is quicker.)")
    print("validation: the share of 1,000 dates that are read wrong.", flush=True)
    asked.folder.mkdir(parents=True, exist_ok=True)
    seed = np.random.SeedSequence().entropy if asked.seed is None else [asked.seed, 1]  # none of the course's own
    try:
        reader, history = train_dates(settings, seed, layer=layer, codes=codes, checkpoint=checkpoint, progress=True)
    except ValueError as trouble:
        parser.exit(1, f"{trouble}\n")
    if history.validation:
        write_log(asked.folder / f"{STORED}.csv", history)
        written = write_weights(asked.folder / f"{STORED}.npz", reader.params)
        reached = {"settings": settings, "ended": history.ended, "validation": round(history.best[1], 4)}
        print(json.dumps(reached | {"seconds": round(history.seconds[-1]), "sha256": written}, indent=1))
    if not history.validation or history.ended == "interrupted":
        print("Stopped. The same line with --resume goes on from here.")
    else:
        print("Done. Run the cell with bring_in() in the exercise.")


if __name__ == "__main__":
    main()
