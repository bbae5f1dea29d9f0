"""Records the long trainings of lessons 1 and 2 for the browser: `python -m tests.site.record_training`, two minutes.

To be run again when what those lessons train has changed; a test says so.
"""

import json
import os

import numpy as np

from lstm_helpers.site import recorded
from tests import ROOT


def names_after(stem, last):
    """The names that a lesson's code cells have made, up to the one that holds ``last``."""
    names = {"__name__": "__main__", "display": lambda *_: None}
    for cell in json.loads((ROOT / "notebooks" / f"{stem}.ipynb").read_text())["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "code":
            exec(compile(source, stem, "exec"), names)
            if last in source:
                return names
    raise ValueError(f"{stem}: no cell holds {last!r}")


def main():
    os.environ |= {"OMP_NUM_THREADS": "1", "MPLBACKEND": "agg", "LSTM_COURSE_PROGRESS": "off"}
    first = names_after("01_sequences", "history = fit(")
    held = {f"01/weights/{name}": array.astype(np.float32) for name, array in first["optimiser"].params.items()}
    held["01/run/prices"] = np.array(first["prices"])
    held["01/run/samples"] = np.array(first["samples"])
    held["01/run/steps"] = np.array(first["history"].validation_step)
    second = names_after("02_why_rnns_forget", "kept = np.array(")
    held |= {f"02/{name}/ends": second[name] for name in ("plain", "kept")}
    np.savez_compressed(recorded.HERE / "trained.npz", **held)


if __name__ == "__main__":
    main()
