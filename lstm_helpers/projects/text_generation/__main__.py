"""``python -m lstm_helpers.projects.text_generation`` trains the character model of the project."""

import argparse
import json
from functools import partial

import numpy as np

from lstm_helpers import yours
from lstm_helpers.nn import LSTM
from lstm_helpers.projects.text_generation.model import OWN, SETTINGS, TorchLSTM, train
from lstm_helpers.projects.text_generation.own_model import TRAINING

SAID = {"nn": "The course's LSTM trains.", "torch": "torch.nn.LSTM trains."}
LAYERS = {"yours": yours.LSTM, "nn": LSTM, "torch": partial(TorchLSTM, bfloat16=True)}


def main():
    parser = argparse.ArgumentParser(description="Train the character model of the project text_generation.")
    parser.add_argument("--resume", action="store_true", help="go on from the checkpoint, if there is one")
    parser.add_argument("--folder", default=TRAINING.folder, help="where checkpoint and result lie")
    parser.add_argument("--own", action="store_true", help="a smaller model, for the exercise")
    parser.add_argument("--units", type=int, help="how many units the LSTM has")
    parser.add_argument("--passes", type=int, help="how often the novel is read; the last quarter lets the rate fall")
    parser.add_argument("--dropout", type=float, help="the share of h that the readout does not see")
    parser.add_argument(
        "--layer",
        choices=LAYERS,
        help="whose LSTM trains: yours (the default with --own), the course's (nn), or torch's (else the default)",
    )
    asked = parser.parse_args()
    settings = dict(OWN if asked.own else SETTINGS)
    settings |= {k: v for k, v in {"H": asked.units, "dropout": asked.dropout}.items() if v is not None}
    if asked.passes:
        settings |= {"to_half": asked.passes - asked.passes // 4, "to_zero": asked.passes // 4}
    name = asked.layer or ("yours" if asked.own else "torch")
    if name == "yours":
        pieces = str(yours.LSTM(1, 1, rng=np.random.default_rng(0))).partition(": ")[2]
        print(f"Your LSTM trains, with {pieces}. (--layer torch is quicker.)", flush=True)
    else:
        print(SAID[name], flush=True)
    try:
        result = train(asked.folder, asked.resume, settings, layer=LAYERS[name])
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
