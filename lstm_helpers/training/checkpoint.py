"""The file of a run: nested values as arrays and JSON in one .npz, without pickles, written whole or not at all."""

import json
import os

import numpy as np


def write(file, values):
    """Write the dictionary ``values`` beside ``file`` and move it there: whole or not at all, whatever happens.

    values: text names -> arrays, numbers, text, None, and tuples, lists and dictionaries of them.
    Raises TypeError for anything else, and OSError when the file cannot be written; an older file stays then.
    """
    arrays = {}
    described = _described(values, "", arrays)
    part = file.with_name(file.name + ".part")
    try:
        with open(part, "wb") as stream:
            np.savez(stream, json=json.dumps(described), **arrays)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(part, file)
    except OSError:
        part.unlink(missing_ok=True)
        raise


def read(file):
    """The dictionary that ``write`` was given. Raises ValueError for an empty, damaged or foreign file."""
    with open(file, "rb") as stream:
        try:
            with np.load(stream, allow_pickle=False) as saved:
                arrays = {key: saved[key] for key in saved.files}
            described = json.loads(str(arrays.pop("json")))
            return _restored(described, arrays) if "dict" in described else _first_format(described, arrays)
        except Exception as trouble:  # zipfile, NumPy and json have many ways to stumble over a damaged file
            # NumPy advises to load what it does not know unsafely, which would run what somebody put there.
            why = "another format" if "pickle" in str(trouble) else trouble or type(trouble).__name__
            raise unreadable(file, why) from trouble


def unreadable(file, why):
    """The error for a file that is not a whole checkpoint."""
    return ValueError(
        f"{file.name} is not a whole checkpoint of fit ({why}): delete it to start anew, or name another file"
    )


def prepare(file):
    """Make the folder of ``file`` and try to write there. Raises OSError, before the first step, if that fails."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        if file.is_dir():
            raise IsADirectoryError("it is a folder: name a file in it")
        part = file.with_name(file.name + ".part")
        part.write_bytes(b"")
        part.unlink()
    except OSError as trouble:
        raise type(trouble)(
            f"expected checkpoint to name a file that can be written, got {file} ({trouble.strerror or trouble})"
        ) from trouble


def expect_storable(name, value):
    """Raise TypeError, saying where, if ``value`` holds something that a checkpoint cannot store."""
    _described(value, name, {})


def _described(value, place, arrays):
    """``value`` as JSON; its arrays go into ``arrays`` under a number, which stands for them. place: for the error."""
    if (type(value) is np.ndarray or isinstance(value, np.generic)) and not value.dtype.hasobject:
        number = str(len(arrays))  # a name made of the caller's own might be one that a zip file cannot hold
        arrays[number] = value
        return {"array" if isinstance(value, np.ndarray) else "number": number}
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if type(value) in (tuple, list):
        return {type(value).__name__: [_described(v, f"{place}/{k}", arrays) for k, v in enumerate(value)]}
    if type(value) is dict and all(type(key) is str for key in value):
        return {"dict": {k: _described(v, f"{place}/{k}" if place else k, arrays) for k, v in value.items()}}
    kind = "a dictionary whose keys are not all text" if type(value) is dict else f"a {type(value).__name__}"
    raise TypeError(
        f"expected NumPy arrays, numbers, text, None, and tuples, lists and dictionaries of them in {place}, "
        f"got {kind}: a checkpoint cannot store it, so convert it"
    )


def _restored(described, arrays):
    if not isinstance(described, dict):
        return described
    ((kind, inner),) = described.items()
    match kind:
        case "array":
            return arrays[inner]
        case "number":
            return arrays[inner][()]
        case "dict":
            return {key: _restored(value, arrays) for key, value in inner.items()}
        case "tuple" | "list":
            return {"tuple": tuple, "list": list}[kind](_restored(value, arrays) for value in inner)
    raise ValueError(f"it holds a {kind}")


def _first_format(values, arrays):
    """A file that was written when the state carried over could only be arrays and tuples of arrays."""
    nested = {"params": {}, "best": {}, "optimiser": {}, "carry": {}}
    for key, array in arrays.items():
        kind, name = key.split("/", 1)
        if kind == "tuple":  # tuple/0/state, in order
            name = name.split("/", 1)[1]
            nested["carry"][name] = (*nested["carry"].get(name, ()), array)
        else:
            nested[kind][name] = array
    return values | nested
