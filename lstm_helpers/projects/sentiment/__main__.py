"""``python -m lstm_helpers.projects.sentiment`` trains the readers of the project."""

import argparse
import json

import numpy as np

from lstm_helpers import yours
from lstm_helpers.nn import LSTM
from lstm_helpers.projects.sentiment.model import OWN, train_ensemble, train_own
from lstm_helpers.projects.sentiment.own_model import TRAINING


def main():
    parser = argparse.ArgumentParser(description="Train the readers of the project sentiment.")
    parser.add_argument("--resume", action="store_true", help="go on from the checkpoint, if there is one")
    parser.add_argument("--folder", default=TRAINING.folder, help="where checkpoint and result lie")
    parser.add_argument("--own", action="store_true", help="one smaller reader, for the exercise")
    parser.add_argument("--seed", type=int, default=0, help="of your own reader: other first weights")
    parser.add_argument("--units", type=int, default=OWN["H"], help="of your own reader, in each direction")
    parser.add_argument("--passes", type=int, default=OWN["passes"], help="of your own reader over the tweets")
    parser.add_argument("--layer", choices=("yours", "nn"), default="yours", help="whose LSTM your own reader has")
    asked = parser.parse_args()
    try:
        if asked.own:
            layer = LSTM if asked.layer == "nn" else yours.LSTM
            who = "The course's LSTM" if asked.layer == "nn" else "Your LSTM"
            pieces = str(layer(1, 1, rng=np.random.default_rng(0))).partition(": ")[2] if asked.layer == "yours" else ""
            print(f"{who} trains{pieces and f', with {pieces}'}.", flush=True)
            settings = OWN | {"H": asked.units, "passes": asked.passes, "seed": asked.seed}
            result = train_own(asked.folder, asked.resume, settings, layer=layer)
        else:
            result = train_ensemble(asked.folder, asked.resume)
    except (FileExistsError, ValueError) as trouble:
        parser.exit(1, f"{trouble}\n")
    if result:
        print(json.dumps(result, indent=1))
    if not result or result.get("ended") == "interrupted":
        print("Stopped. The same line with --resume goes on from here.")
    elif asked.own:
        print("Done. Run the cell with bring_in() in the exercise.")


if __name__ == "__main__":
    main()
