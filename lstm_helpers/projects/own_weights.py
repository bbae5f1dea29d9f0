"""A model that a student trained, on its way from a project's script to the grader.

The weights travel in the notebook as one line of text. Nothing here answers an exercise: the grader's box holds it.
"""

import base64
import csv
import io
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lstm_helpers import course

OWN_SEEDS = 100_000  # are added to a student's: none of theirs starts where a stored model did
LARGEST = 20_000_000  # bytes of a model, a byte for each weight: more than that of any size that an exercise takes


class Weights(dict):
    """{name: array} of a model, which says what it holds when it is asked for another name."""

    def __missing__(self, name):
        raise KeyError(f"this model has no {name}: it has {', '.join(self)}. Is it that of another project?")


@dataclass
class OwnModel:
    """The weights of a trained model: {name: array}."""

    params: Weights


def saved(params):
    """Weights as the bytes of a small .npz: a byte for each and a scale for each column.

    Each is rounded to 1 part in 254 of the largest of its column.
    """
    parts = {}
    for name, w in params.items():
        scale = np.maximum(np.abs(w).max(axis=0), 1e-9) / 127
        parts[name], parts[f"{name} scale"] = np.round(w / scale).astype(np.int8), scale.astype(np.float32)
    zipped = io.BytesIO()
    np.savez_compressed(zipped, **parts)
    return zipped.getvalue()


def loaded(data):
    """The weights that ``saved`` made bytes of, {name: array}.

    The bytes may be anybody's: nothing is unpacked that takes more than LARGEST bytes, whatever shape it says it has,
    and nothing in it is run. Raises ValueError, or what ``zipfile`` raises, for what ``saved`` has not made.
    """
    with zipfile.ZipFile(io.BytesIO(data)) as zipped:
        members = zipped.infolist()
        size = sum(member.file_size for member in members)
        if size > LARGEST:
            raise ValueError(f"unpacked it would take {size / 1e6:,.0f} MB, expected at most {LARGEST / 1e6:.0f} MB")
        parts = {member.filename.removesuffix(".npy"): _array(zipped.read(member)) for member in members}
    names = [name for name in parts if not name.endswith(" scale")]
    if not names:
        raise ValueError("there are no weights in it")
    if missing := [name for name in names if f"{name} scale" not in parts]:
        raise ValueError(f"{missing[0]} has no scale")
    return {name: _restored(name, parts[name], parts[f"{name} scale"]) for name in names}


def _array(stored):
    """The array of a .npy file's bytes. ``np.load`` would first make room for the shape that stands there."""
    stream = io.BytesIO(stored)
    if np.lib.format.read_magic(stream) != (1, 0):
        raise ValueError("an array in it has another format than NumPy's 1.0")
    shape, by_columns, dtype = np.lib.format.read_array_header_1_0(stream)
    if dtype.hasobject:
        raise ValueError("an array in it holds Python objects")
    return np.frombuffer(stream.read(), dtype).reshape(shape, order="F" if by_columns else "C")


def _restored(name, w, scale):
    if (w.dtype, scale.dtype) != (np.int8, np.float32) or scale.shape != w.shape[1:]:
        given = f"{w.dtype} {w.shape} with scales {scale.dtype} {scale.shape}"
        raise ValueError(f"{name} is {given}, expected int8 with a scale in float32 for each column")
    return w * scale


def pack(params):
    """Weights as one line of text, rounded as in ``saved``: for a notebook's cell."""
    return base64.b85encode(saved(params)).decode()


def unpack(text):
    """The OwnModel whose weights ``pack`` made a text of, on whatever lines an editor has put it.

    Raises ValueError when a part of the text is missing, or when it is not what ``pack`` makes.
    """
    try:
        return OwnModel(Weights(loaded(base64.b85decode("".join(text.split())))))
    except Exception as trouble:
        raise ValueError(f"this is no model, or not all of a packed model ({trouble}): run bring_in() again") from None


def home():
    """The course folder; where there is none, as in the grader's box, the folder that this runs in."""
    try:
        return course.root()
    except FileNotFoundError:
        return Path.cwd()


def log(file):
    """The rows of a training's log, one dictionary a look, its values as text."""
    return list(csv.DictReader(file.read_text(encoding="utf-8").splitlines()))


@dataclass(frozen=True)
class Training:
    """The script of a project that trains a student's own model, and what it leaves behind.

    stem: of the project; its script is run as a module, with ``--own``. stored: the name of the files that it writes:
    weights (.npz), log (.csv, with a column "validation", lower is better) and checkpoint. said: what is said of the
    best validation value, with ``{value}`` in it.
    """

    stem: str
    stored: str
    said: str

    @property
    def folder(self):
        """Where the script writes the student's model."""
        return home() / "work" / self.stem

    def command(self):
        """The line that trains a model of one's own, with the Python that this notebook runs on."""
        python = Path(sys.executable)
        inside = home() in python.parents  # the environment of `make lab`, which a terminal does not know by itself
        called = python.with_name("python.exe" if python.suffix == ".exe" else "python")  # it may be python3 itself
        return f"{called.relative_to(home()) if inside else 'python'} -m lstm_helpers.projects.{self.stem} --own"

    def bring_in(self, folder=None):
        """Put the model that the script trained into a new cell below, as text: so it is handed in with the notebook.

        folder: where the script wrote it (default: the project's folder in ``work/``). Without a model there, it says
        what to do: train, or go on with a training that was stopped.
        """
        from IPython import get_ipython

        shell = get_ipython()
        if shell is None:
            print("bring_in() makes a cell: call it in a notebook.")
            return
        folder = Path(folder or self.folder)
        file = folder / f"{self.stored}.npz"
        if not file.is_file():
            if folder.joinpath(f"{self.stored}.checkpoint.npz").is_file():
                print(f"The training in work/{self.stem} is not over: it still runs, or it was stopped. If it was,")
                print(
                    "the line that began it, with its options and --resume at its end, goes on. In a terminal, in the"
                )
                print("course folder, if there were no options:")
                print(self.command(), "--resume")
            else:
                print(f"There is no trained model in work/{self.stem} yet. In a terminal, in the course folder:")
                print(self.command())
            print("Until a model is there and brought in, there is no my_model, and the check below says so.")
            return
        with np.load(file) as saved:
            packed = pack({name: saved[name].astype(np.float32) for name in saved.files})
        values = [float(row["validation"]) for row in log(file.with_suffix(".csv"))]
        print(f"Your model: {self.said.format(value=min(values))}, the best of {len(values)} passes.")
        shell.set_next_input(f'my_model = unpack("{packed}")')
        print("Run the new cell below. It is one very long line: your model.")
