"""What stands in the browser in place of what does not run there, or not in a time that a student waits.

``torch_gave.npz`` holds inputs, weights and results of lessons 4 to 6, as their cells make them; a test lets torch
compute the results again. ``trained.npz`` holds what the long trainings of lessons 1 and 2 end with, as
``python -m tests.site.record_training`` writes it. ``CELLS`` are the cells that stand in the place of others;
``in_the_browser.toml`` has what the text says otherwise.
"""

import tomllib
from importlib.resources import files

import numpy as np

HERE = files(__name__.rpartition(".")[0])

WHY = "torch does not run in the browser: these are its numbers"
LONG = "in a browser this takes many minutes: one part runs here, the rest ran elsewhere"


def torch(name):
    """{name: array} of one part, such as "04/float32"."""
    return _part("torch_gave.npz", name)


def trained(name):
    """{name: array} of what a long training left behind, such as "01/weights"."""
    return _part("trained.npz", name)


def _part(archive, name):
    with HERE.joinpath(archive).open("rb") as file, np.load(file) as held:
        return {key.rpartition("/")[2]: held[key] for key in held.files if key.startswith(f"{name}/")}


# {lesson: {how a cell begins: what stands there in the browser; SAID is the text that it printed}}
CELLS = {
    "01_sequences": {
        "report()": f"""from itertools import islice  # {LONG}

from lstm_helpers import training
from lstm_helpers.site import recorded

report()
optimiser = Adam(parameters(rnn=rnn, readout=readout))
history = fit(
    step, lambda rng: training.counted(islice(chunks(train, 16, 20), 200), "step", 200), optimiser,
    rng=rng, steps=200, carry=carried, schedule=cosine(0.004, 6000), clip=1.0, evaluate=report, every=200,
    progress=False,
)
print(f"200 steps here: {{prices[1]:.1f}} bits")
run = recorded.trained("01/run")
prices, samples = run["prices"].tolist(), run["samples"].tolist()
history.validation_step = run["steps"].tolist()
for name, w in recorded.trained("01/weights").items():
    optimiser.params[name][...] = w
print(f"{{run['steps'][-1]:,}} steps elsewhere")
print(f"{{prices[0]:.1f}} bits before, {{prices[-1]:.1f}} after")
outcome("01-rivals", [name for name in names if prices[-1] < counted[name]][-1])""",
    },
    "02_why_rnns_forget": {
        "LAGS = (5, 10": f"""from lstm_helpers.site import recorded  # {LONG}

LAGS = (5, 10, 20, 50, 100)
print(f"one network here, lag 10: {{experiments.learn(10).end:.1f}} of the loss of guessing")
print("the middle of three elsewhere:")
plain = recorded.trained("02/plain")["ends"]
middle = np.median(plain, axis=0)
for lag, loss in zip(LAGS, middle, strict=True):
    print(f"lag {{lag:3d}}: {{loss:.1f}} of the loss of guessing")
outcome("02-border", ways[np.argmax([*(middle > 0.9), True])])""",
        "FAR = LAGS[2:]": f"""FAR = LAGS[2:]  # {LONG}
learn = lambda lag, seed: experiments.learn(lag, seed, start="orthogonal").end
print(f"one network here, lag 20: {{learn(20, 0):.1f}} of the loss of guessing")
print("the middle of three elsewhere:")
kept = recorded.trained("02/kept")["ends"]
middle = np.median(kept, axis=0)
for lag, loss in zip(FAR, middle, strict=True):
    print(f"lag {{lag:3d}}: {{loss:.1f}} of the loss of guessing")
outcome("02-orthogonal", ways[max([0, *np.flatnonzero(middle < 0.1) + 1])])""",
    },
    "03_gates": {
        "z = np.array([-1000.0, 1000.0])": """z = np.array([-1000.0, 1000.0])
second = np.exp(z) / (1 + np.exp(z))
print(SAID)  # in a browser NumPy does not warn: this is what it prints elsewhere
outcome("03-thousand", ways[1 if np.isnan(second[1]) else 2 if np.isinf(second[1]) else 0])""",
    },
    "04_cell_state": {
        "import torch": f"""from lstm_helpers.site import recorded  # {WHY}

theirs = recorded.torch("04/float32")
print({{name: theirs[name].shape for name in ("h", "c")}})""",
        "from lstm_helpers.parity import": """from lstm_helpers.parity import compare

for dtype, tolerance in [(np.float32, 1e-6), (np.float64, 1e-12)]:
    theirs = recorded.torch(f"04/{dtype.__name__}")
    weights = {name: w.astype(dtype) for name, w in recorded.torch("04/weights").items()}
    ours = experiments.run_cell(x[:200].astype(dtype), **weights)
    print(dtype.__name__)
    print(compare({"h": ours["h"], "c": ours["c"]}, theirs, tolerance))""",
    },
    "05_forward_through_time": {
        "import torch": f"print(SAID)  # {WHY}",
        "torch.manual_seed(5)": f"""from lstm_helpers.site import recorded  # {WHY}

module = recorded.torch("05/weights")
for name, parameter in module.items():
    print(f"{{name:<13}} {{parameter.shape}}")""",
        "from lstm_helpers.parity import": """from lstm_helpers.parity import compare


def copy_of(module, dtype):
    w_ih, w_hh, b_ih, b_hh = (array.astype(dtype) for array in module.values())
    return {"W_x": w_ih.T, "W_h": w_hh.T, "b": b_ih + b_hh}


copied = copy_of(module, np.float32)
print("the copy holds:")
print({name: array.shape for name, array in copied.items()})
ours = sum(array.size for array in copied.values())
theirs = sum(array.size for array in module.values())
print(f"numbers: {theirs:,} in torch, {ours:,} here")
outcome("05-more", theirs - ours)""",
        "part = long[:200]": """part = long[:200].astype(np.float32)
h_torch = recorded.torch("05/float32")["h"]
off = experiments.orders(**copied, x=part, wanted=h_torch)
for order in sorted(off, key=off.get)[:3]:
    print(f"{order}: off by {off[order]:.3f}")
print(f"h itself reaches {abs(h_torch).max():.3f}")""",
        "tables = {}": """tables = {}
for dtype, tolerance in [(np.float32, 1e-5), (np.float64, 1e-12)]:
    nothing, copied = np.zeros((4, H), dtype), copy_of(module, dtype)
    h, (h_last, c_last) = experiments.forward(part.astype(dtype), nothing, nothing, **copied)
    ours = {"h": h, "h_last": h_last, "c_last": c_last}
    tables[dtype.__name__] = compare(ours, recorded.torch(f"05/{dtype.__name__}"), tolerance)
    print(dtype.__name__, tables[dtype.__name__], sep="\\n")""",
        "from torch.nn.utils.rnn": """theirs = recorded.torch("05/packed")
h, (h_end, c_end) = experiments.forward_masked(sevens, mask, zeros, zeros, **copied)
print(compare({"h": h, "h_end": h_end, "c_end": c_end}, theirs, 1e-12))""",
        'print("furthest from torch': f'print(SAID)  # {WHY}\noutcome("05-slips", 1, within=0.5)',
    },
    "06_backward_through_time": {
        "import torch": f"""from lstm_helpers.site import recorded  # {WHY}

T, B, D, H = 50, 8, 5, 16
x, h_0, c_0, dh = (rng.normal(size=s) for s in [(T, B, D), (B, H), (B, H), (T, B, H)])
theirs = recorded.torch("06/grads")
print({{name: array.shape for name, array in theirs.items()}})""",
        "p = params_from_torch": """p = recorded.torch("06/weights")
h, c, gates = experiments.forward(x, h_0, c_0, **p)
zeros = np.zeros((B, H))
found = experiments.backward(dh, zeros, zeros, x, h, c, gates, p["W_x"], p["W_h"])
rows = experiments.agreement(dict(zip(names, found, strict=True)), theirs, tolerance=1e-12)""",
    },
}


def adapted(stem, cells, run):
    """The cells of a lesson's copy as they are in the browser; ``run`` are the lesson's own, with outputs."""
    wanted = CELLS.get(stem, {})
    for cell, of in zip(cells, run, strict=True):
        for begin in [
            begin for begin in wanted if of["cell_type"] == "code" and "".join(of["source"]).startswith(begin)
        ]:
            said = "".join("".join(output["text"]) for output in of["outputs"] if output["output_type"] == "stream")
            cell["source"] = wanted[begin].replace("SAID", repr(said.rstrip()))
            cell["outputs"] = []
            wanted = {other: source for other, source in wanted.items() if other != begin}
    if wanted:
        raise ValueError(f"{stem}: no cell begins with {min(wanted)!r} any more: see {__name__}.CELLS")
    return _said_otherwise(stem, cells)


def _said_otherwise(stem, cells):
    """The cells with the words of in_the_browser.toml in their text."""
    texts = [cell for cell in cells if cell["cell_type"] == "markdown"]
    for words in tomllib.loads(HERE.joinpath("in_the_browser.toml").read_text(encoding="utf-8")).get(stem, []):
        found = [cell for cell in texts if words["from"] in "".join(cell["source"])]
        if not found:
            raise ValueError(f"{stem} does not say {words['from']!r} any more: see in_the_browser.toml")
        for cell in found:
            cell["source"] = "".join(cell["source"]).replace(words["from"], words["to"])
    return cells
