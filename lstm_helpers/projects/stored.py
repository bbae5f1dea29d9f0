"""What a long training leaves behind: weights with their hash, and a log with a row for each look at the validation."""

import csv
import hashlib
import io
from pathlib import Path

import numpy as np

from lstm_helpers import files


def prepared(folder, name, resume):
    """(folder, checkpoint): where a training leaves its files ``name``; the folder is made where there is none.

    Raises FileExistsError for a checkpoint that is there already, unless ``resume``.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    if not resume and (there := sorted(folder.glob(f"{name}.checkpoint*.npz"))):
        raise FileExistsError(f"{there[0]} is there already: go on with --resume, or delete its folder to start anew")
    return folder, folder / f"{name}.checkpoint.npz"


def write_weights(file, params):
    """Write weights {name: array} in 16 bits (.npz), and return their SHA-256."""
    packed = io.BytesIO()
    np.savez_compressed(packed, **{name: array.astype(np.float16) for name, array in params.items()})
    files.write(file, packed.getvalue())
    return hashlib.sha256(packed.getvalue()).hexdigest()


def read_weights(file):
    """The weights that ``write_weights`` wrote, {name: array}, in float32."""
    with file.open("rb") as stream, np.load(stream, allow_pickle=False) as saved:
        return {name: saved[name].astype(np.float32) for name in saved.files}


def write_log(file, history, scale=float):
    """Write a History with a row for each look: steps and seconds so far, mean training loss since the look before,
    and the validation value.

    scale(losses) -> the number that stands for them.
    """
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(["step", "seconds", "training", "validation"])
    before = 0
    for step, value in zip(history.validation_step, history.validation, strict=True):
        trained = scale(np.mean(history.loss[before:step]))
        writer.writerow([step, round(history.seconds[step - 1]), round(trained, 4), round(value, 4)])
        before = step
    files.write(file, stream.getvalue())
