"""The student's own model of the project text generation, on its way from the training script to the grader.

The weights travel in the notebook as one line of text. This module is all of the project that the grader's box
holds: the others hold answers to the exercise.
"""

import base64
import csv
import io
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lstm_helpers import course

STORED = "pride_lstm"  # the name of the stored files
SCRIPT = "lstm_helpers.projects.text_generation"


@dataclass
class OwnModel:
    """The weights of a trained model, by name: "lstm.W_x" (V, 4H), "lstm.W_h" (H, 4H), "lstm.b" (4H,), "readout.W"
    (H, V), "readout.b" (V,)."""

    params: dict


def pack(params):
    """Weights as one line of text, a byte for each and a scale for each column: for a notebook's cell.

    Rounded to 1 part in 254 of the largest of its column, a weight costs the model less than 0.01 bits.
    """
    parts = {}
    for name, w in params.items():
        scale = np.maximum(np.abs(w).max(axis=0), 1e-9) / 127
        parts[name], parts[f"{name} scale"] = np.round(w / scale).astype(np.int8), scale.astype(np.float32)
    zipped = io.BytesIO()
    np.savez_compressed(zipped, **parts)
    return base64.b85encode(zipped.getvalue()).decode()


def unpack(text):
    """The OwnModel whose weights ``pack`` made a text of. Raises ValueError when a part of the text is missing."""
    try:
        with np.load(io.BytesIO(base64.b85decode(text))) as saved:
            parts = dict(saved)
        names = [name for name in parts if not name.endswith(" scale")]
        return OwnModel({name: parts[name] * parts[f"{name} scale"] for name in names})
    except Exception as trouble:
        raise ValueError(f"this is not all of a packed model ({trouble}): run bring_in() again") from None


def command():
    """The line that trains a model of one's own, with the Python that this notebook runs on."""
    python = Path(sys.executable)
    inside = home() in python.parents  # the environment of `make lab`, which a terminal does not know by itself
    return f"{python.relative_to(home()) if inside else 'python'} -m {SCRIPT} --own"


def home():
    """The course folder; where there is none, as in the grader's box, the folder that this runs in."""
    try:
        return course.root()
    except FileNotFoundError:
        return Path.cwd()


def default_folder():
    """Where the script writes the student's model."""
    return home() / "work" / "text_generation"


def bring_in(folder=None):
    """Put the model that the script trained into a new cell below, as text: so it is handed in with the notebook.

    folder: where the script wrote it (default: work/text_generation in the course folder). Without a model there, it
    says what to do: train, or go on with a training that was stopped.
    """
    from IPython import get_ipython

    shell = get_ipython()
    if shell is None:
        print("bring_in() makes a cell: call it in a notebook.")
        return
    folder = Path(folder or default_folder())
    file = folder / f"{STORED}.npz"
    if not file.is_file():
        if folder.joinpath(f"{STORED}.checkpoint.npz").is_file():
            print("The training in work/text_generation is not over: it still runs, or it was stopped. If it was,")
            print("the line that began it, with --resume at its end, goes on. In a terminal, in the course folder:")
            print(command(), "--resume")
        else:
            print("There is no trained model in work/text_generation yet. In a terminal, in the course folder:")
            print(command())
        print("Until a model is there and brought in, there is no my_model, and the check below says so.")
        return
    with np.load(file) as saved:
        packed = pack({name: saved[name].astype(np.float32) for name in saved.files})
    values = [float(row["validation"]) for row in rows(folder)]
    print(f"Your model: {min(values):.2f} bits per character on the validation text, the best of {len(values)} passes.")
    shell.set_next_input(f'my_model = unpack("{packed}")')
    print("Run the new cell below. It is one very long line: your model.")


def rows(folder):
    """The log in a folder, one dictionary a pass."""
    return list(csv.DictReader(folder.joinpath(f"{STORED}.csv").read_text(encoding="utf-8").splitlines()))
