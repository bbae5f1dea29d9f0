"""``python -m lstm_helpers.projects.speech`` trains the recogniser of the project."""

import argparse
import json

import numpy as np

from lstm_helpers import yours
from lstm_helpers.nn import LSTM
from lstm_helpers.projects.speech.model import OWN, SETTINGS, train
from lstm_helpers.projects.speech.own_model import TRAINING

LAYERS = {"yours": yours.LSTM, "nn": LSTM}


def main():
    parser = argparse.ArgumentParser(description="Train the recogniser of the project speech.")
    parser.add_argument("--resume", action="store_true", help="go on from the checkpoint, if there is one")
    parser.add_argument("--folder", default=TRAINING.folder, help="where checkpoint and result lie")
    parser.add_argument("--own", action="store_true", help="two layers of fewer units, for the exercise")
    parser.add_argument("--units", type=int, help="how many units a layer has in each direction")
    parser.add_argument("--passes", type=int, help="how often the recordings are heard, in tens")
    parser.add_argument("--dropout", type=float, help="the share of h that is left out in training")
    parser.add_argument(
        "--layer", choices=LAYERS, default="nn", help="whose LSTM trains: the course's (nn, the default), or yours"
    )
    asked = parser.parse_args()
    settings = dict(OWN if asked.own else SETTINGS)
    given = {"H": asked.units, "passes": asked.passes, "dropout": asked.dropout}
    settings |= {name: value for name, value in given.items() if value is not None}
    if asked.layer == "yours":
        pieces = str(yours.LSTM(1, 1, rng=np.random.default_rng(0))).partition(": ")[2]
        print(f"Your LSTM trains, with {pieces}. (--layer nn is quicker.)", flush=True)
    else:
        print("The course's LSTM trains.", flush=True)
    try:
        result = train(asked.folder, asked.resume, settings, layer=LAYERS[asked.layer])
    except (FileExistsError, ValueError) as trouble:
        parser.exit(1, f"{trouble}\n")
    if result:
        print(json.dumps(result, indent=1))
    if not result or result["ended"] == "interrupted":
        print("Stopped. The same line with --resume goes on from here.")
    elif asked.own:
        print("Done. Run the cell with bring_in() in the exercise.")


if __name__ == "__main__":
    main()
