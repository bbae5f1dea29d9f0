"""``python -m lstm_helpers.projects.text_generation`` trains the character model of the project."""

import argparse
import json
from functools import partial

from lstm_helpers.nn import LSTM
from lstm_helpers.projects.text_generation.model import OWN, SETTINGS, TorchLSTM, train
from lstm_helpers.projects.text_generation.own_model import default_folder


def main():
    parser = argparse.ArgumentParser(description="Train the character model of the project text_generation.")
    parser.add_argument("--resume", action="store_true", help="go on from the checkpoint, if there is one")
    parser.add_argument("--folder", default=default_folder(), help="where checkpoint and result lie")
    parser.add_argument("--own", action="store_true", help="a smaller model, five minutes: for the exercise")
    parser.add_argument("--units", type=int, help="how many units the LSTM has")
    parser.add_argument("--passes", type=int, help="how often the novel is read; the last quarter lets the rate fall")
    parser.add_argument("--dropout", type=float, help="the share of h that the readout does not see")
    parser.add_argument(
        "--numpy", action="store_true", help="the LSTM of nn, in float32: no framework, half as long again"
    )
    asked = parser.parse_args()
    settings = dict(OWN if asked.own else SETTINGS)
    settings |= {k: v for k, v in {"H": asked.units, "dropout": asked.dropout}.items() if v is not None}
    if asked.passes:
        settings |= {"to_half": asked.passes - asked.passes // 4, "to_zero": asked.passes // 4}
    layer = LSTM if asked.numpy else partial(TorchLSTM, bfloat16=True)
    try:
        result = train(asked.folder, asked.resume, settings, layer=layer)
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
