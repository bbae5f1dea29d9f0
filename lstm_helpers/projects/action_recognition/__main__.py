"""``python -m lstm_helpers.projects.action_recognition`` trains the sign reader of the project, or a model of your own.

With ``--own`` it is a CNN with an LSTM for moving digits, for the last question of the exercise.
"""

import argparse
import json

import numpy as np

from lstm_helpers import yours
from lstm_helpers.nn import LSTM
from lstm_helpers.projects.action_recognition.own_model import TRAINING
from lstm_helpers.projects.own_weights import OWN_SEEDS

LAYERS = {"yours": yours.LSTM, "nn": LSTM}
SEED = 1509  # of the stored sign reader


def main():
    parser = argparse.ArgumentParser(description="Train the models of the project action_recognition.")
    parser.add_argument("--resume", action="store_true", help="go on from the checkpoint, if there is one")
    parser.add_argument("--folder", help="where checkpoint and result lie")
    parser.add_argument("--own", action="store_true", help="a CNN with an LSTM for moving digits, for the exercise")
    parser.add_argument("--units", type=int, default=64, help="how many units the LSTM has")
    parser.add_argument("--passes", type=int, help="how often the clips are read")
    parser.add_argument("--seed", type=int, help="what draws the first weights (with --own another one each time)")
    parser.add_argument("--layer", choices=LAYERS, default="nn", help="of the sign reader: yours, or the course's (nn)")
    asked = parser.parse_args()
    try:
        result = (own if asked.own else sign_reader)(asked)
    except (FileExistsError, ValueError) as trouble:
        parser.exit(1, f"{trouble}\n")
    if result:
        print(json.dumps(result, indent=1))
    if not result or result["ended"] == "interrupted":
        print("Stopped. The same line with --resume goes on from here.")
    elif asked.own:
        print("Done. Run the cell with bring_in() in the exercise.")


def own(asked):
    import torch

    from lstm_helpers.projects.action_recognition.networks import SETTINGS, train_own

    torch.set_num_threads(1)  # the same result on every number of cores, and no slower: the pictures are small
    settings = SETTINGS | ({"epochs": asked.passes} if asked.passes else {})
    # A resumed run takes its weights and its generator from the checkpoint. No seed is one of the course's own runs:
    # its seed 0 would train the stored model once more, and the check would take that for a copy.
    seed = int(np.random.default_rng().integers(2**31)) if asked.seed is None else OWN_SEEDS + asked.seed
    return train_own(asked.folder or TRAINING.folder, asked.resume, settings, seed=seed, H=asked.units)


def sign_reader(asked):
    from lstm_helpers.projects.action_recognition.model import SETTINGS, train

    settings = SETTINGS | {"H": asked.units} | ({"epochs": asked.passes} if asked.passes else {})
    if asked.layer == "yours":
        pieces = str(yours.LSTM(1, 1, rng=np.random.default_rng(0))).partition(": ")[2]
        print(f"Your LSTM trains, with {pieces}. (--layer nn is quicker.)", flush=True)
    folder = asked.folder or TRAINING.folder.with_name("sign_reader")
    seed = SEED if asked.seed is None else asked.seed
    return train(folder, asked.resume, settings, seed=seed, layer=LAYERS[asked.layer])


if __name__ == "__main__":
    main()
