"""Experiments of lesson 5: a text in sentences and in pieces, four ways to run a batch, padding, and stored times.

What the lesson derives runs here behind short names: writing it out is what the exercise asks for. The times of
``nn.LSTM`` come from the tables that ``make bench`` stored with the package. Shapes: ``T`` characters (time steps),
``B`` texts, ``D`` characters in the alphabet, ``H`` units.
"""

import csv
import re
import time
from importlib.resources import files
from itertools import permutations

import numpy as np

from lstm_helpers.lessons.forward_through_time import answers
from lstm_helpers.nn import functional as fn
from lstm_helpers.nn import lstm

step, forward, forward_masked = lstm.lstm_step_fused, lstm.lstm_forward, lstm.lstm_forward_masked
own_ends = answers.last_states


def sentences(text):
    """The sentences of a text, in order: cut after . ! ? (and a closing quotation mark), not after Mr. and Mrs."""
    cut = r'(?<=[.!?])(?<!Mr\.)(?<!Mrs\.)\s+|(?<=[.!?]["])\s+'
    return re.split(cut, text.strip())


# ---------------------------------------------------------------- one product or eight


def run_gate_by_gate(x, h, c, W_x, W_h, b):
    """The loop of lesson 4 over x (T, B, D): each gate multiplies for itself, at every step. Returns h (T, B, H)."""
    hs = []
    for x_t in x:
        h, c = fn.lstm_step(x_t, h, c, W_x, W_h, b)
        hs.append(h)
    return np.stack(hs)


def run_one_product(x, h, c, W_x, W_h, b):
    """One product with W_x and one with W_h at every step, for all four gates. Returns h (T, B, H)."""
    hs = []
    for x_t in x:
        h, c = _updates(x_t @ W_x + h @ W_h + b, c)
        hs.append(h)
    return np.stack(hs)


def run_inputs_ahead(x, h, c, W_x, W_h, b):
    """All inputs in one product before the loop, one product with W_h at every step. Returns h (T, B, H)."""
    hs = []
    for z_x in x @ W_x + b:
        h, c = _updates(z_x + h @ W_h, c)
        hs.append(h)
    return np.stack(hs)


def _updates(z, c_prev):
    i, f, g, o = np.split(z, 4, axis=1)
    c = fn.cell_update(fn.sigmoid(f), c_prev, fn.sigmoid(i), np.tanh(g))
    return fn.hidden_update(fn.sigmoid(o), c), c


def run_one_tanh(x, h, c, W_x, W_h, b):
    """As ``run_inputs_ahead``, with one tanh for all four gates: sigmoid(z) = (1 + tanh(z / 2)) / 2."""
    H, hs = h.shape[1], []
    half = np.full(4 * H, 0.5, x.dtype)
    half[2 * H : 3 * H] = 1  # the candidate is tanh itself
    W_h = W_h * half
    for z_x in (x @ W_x + b) * half:
        a = np.tanh(z_x + h @ W_h)
        s = 0.5 * (1 + a)
        c = s[:, H : 2 * H] * c + s[:, :H] * a[:, 2 * H : 3 * H]
        h = s[:, 3 * H :] * np.tanh(c)
        hs.append(h)
    return np.stack(hs)


RUNS = {
    "gate by gate": run_gate_by_gate,
    "one product for four gates": run_one_product,
    "+ all inputs before the loop": run_inputs_ahead,
    "+ one tanh for four gates": run_one_tanh,
}


class _Counted(np.ndarray):
    """An array that counts the calls of @ on it and its slices, and the multiplications of two numbers in them."""

    def __array_finalize__(self, whole):
        self.count = getattr(whole, "count", None)

    def __array_ufunc__(self, ufunc, method, *inputs, **more):
        plain = [np.asarray(array) for array in inputs]
        if ufunc is np.matmul:
            self.count["calls"] += 1
            self.count["multiplications"] += plain[0].size * plain[1].shape[-1]
        return getattr(ufunc, method)(*plain, **more)


def count_products(name, T, B, D, H):
    """{"calls", "multiplications"} of @ in one run of a way of ``RUNS``, counted while it runs on zeros."""
    W_x, W_h = (np.zeros((rows, 4 * H)).view(_Counted) for rows in (D, H))
    W_x.count = W_h.count = {"calls": 0, "multiplications": 0}
    RUNS[name](np.zeros((T, B, D)), *np.zeros((2, B, H)), W_x, W_h, np.zeros(4 * H))
    return W_x.count


def race(batch, T=20, D=62, H=32, seconds=1.0):
    """Seconds of each way to run the same ``batch`` sequences in float32: name -> the least, all taken in turn.

    Whatever else the machine does can only add to a time, so the least one says most. A run is short, so that it fits
    between two interruptions.
    """
    rng = np.random.default_rng(5)
    x, h, c = rng.normal(size=(T, batch, D)), np.zeros((batch, H)), np.zeros((batch, H))
    weights = [rng.uniform(-(H**-0.5), H**-0.5, shape) for shape in [(D, 4 * H), (H, 4 * H), 4 * H]]
    given = [array.astype(np.float32) for array in (x, h, c, *weights)]
    least, end = dict.fromkeys(RUNS, np.inf), time.perf_counter() + seconds
    while time.perf_counter() < end:
        for name, run in RUNS.items():
            start = time.perf_counter()
            run(*given)
            least[name] = min(least[name], time.perf_counter() - start)
    return least


# ---------------------------------------------------------------- a text in pieces


def in_pieces(x, size, W_x, W_h, b):
    """As ``forward`` from zeros, but x (T, B, D) is read in pieces of ``size`` steps, both states handed on."""
    h, c = np.zeros((2, x.shape[1], len(W_h)), x.dtype)
    parts = []
    for k in range(0, len(x), size):
        part, (h, c) = forward(x[k : k + size], h, c, W_x, W_h, b)
        parts.append(part)
    return np.concatenate(parts), (h, c)


def cell_states(x, size, W_x, W_h, b, keep=(1, 1)):
    """The cell state of every step, (T, B, H), of x (T, B, D) read in pieces of ``size`` steps from zeros.

    keep: what h and c are multiplied by at each cut; 1 carries a state, 0 loses it.
    """
    h, c = np.zeros((2, x.shape[1], len(W_h)), x.dtype)
    cs = []
    for t, z_x in enumerate(x @ W_x + b):
        if t and t % size == 0:
            h, c = keep[0] * h, keep[1] * c
        h, c = _updates(z_x + h @ W_h, c)
        cs.append(c)
    return np.stack(cs)


# ---------------------------------------------------------------- sentences of different lengths


def side_by_side(tables):
    """Sequences of different lengths, tables (n, D), as one padded array: x (T, B, D), mask (T, B), lengths (B,)."""
    lengths = np.array([len(table) for table in tables])
    x, mask = answers.pad(np.concatenate(tables), lengths)
    return x, mask, lengths


def padding_share(lengths, size):
    """Which fraction of all steps is padding, if sequences are taken ``size`` at a time, in the order given."""
    batches = [lengths[k : k + size] for k in range(0, len(lengths), size)]
    steps = sum(batch.max() * len(batch) for batch in batches)
    return 1 - lengths.sum() / steps


# ---------------------------------------------------------------- weights copied from torch


def orders(W_x, W_h, b, x, wanted):
    """{order of the gates, such as "ifgo": furthest from ``wanted`` (T, B, H)}, if the weights' blocks lie like that.

    All 24 orders are tried on x (T, B, D), from zeros.
    """
    H, off = len(W_h), {}
    zeros = np.zeros((x.shape[1], H), x.dtype)
    for order in permutations("ifgo"):
        columns = np.concatenate([np.arange(H) + H * order.index(gate) for gate in "ifgo"])
        h, _ = forward(x, zeros, zeros, W_x[:, columns], W_h[:, columns], b[columns])
        off["".join(order)] = np.abs(h - wanted).max()
    return off


def copying_slips(module, x, wanted):
    """What three slips in copying a ``torch.nn.LSTM`` do: {slip: furthest from ``wanted``, or the error's name}."""
    w_ih, w_hh, b_ih, b_hh = (parameter.detach().numpy() for parameter in module.parameters())
    H = w_hh.shape[1]
    copies = {
        "bias_hh forgotten": (w_ih.T, w_hh.T, b_ih),
        "reshaped, not transposed": (w_ih.reshape(-1, 4 * H), w_hh.reshape(H, -1), b_ih + b_hh),
        "not transposed": (w_ih, w_hh, b_ih + b_hh),
    }
    found, zeros = {}, np.zeros((x.shape[1], H), x.dtype)
    for name, copied in copies.items():
        try:
            found[name] = np.abs(forward(x, zeros, zeros, *copied)[0] - wanted).max()
        except ValueError as error:
            found[name] = type(error).__name__
    return found


# ---------------------------------------------------------------- the stored times of ``nn.LSTM``


def table(name):
    """A stored table of ``data/benchmarks``: its rows as dictionaries, and the machine it was measured on."""
    text = files("lstm_helpers.data").joinpath("benchmarks", f"{name}.csv").read_text(encoding="utf-8")
    head, *rows, machine = csv.reader(text.splitlines())
    return [dict(zip(head, row, strict=True)) for row in rows], machine[0].removeprefix("machine: ")


def speed_against_torch():
    """{(threads, "training" or "inference"): {(T, B, D, H): our time / torch's}}, with the mean as "all"."""
    rows, _ = table("lstm_speed")
    ratios = {}
    for row in rows:
        case = "all" if row["T"] == "all" else tuple(int(row[size]) for size in "TBDH")
        for kind in ("training", "inference"):
            ratios.setdefault((int(row["threads"]), kind), {})[case] = float(row[f"{kind} / torch"])
    return ratios


def cost(varied):
    """(sizes, seconds) of one forward and backward pass, both (n,), where ``varied`` ("T" or "B") changes alone."""
    rows = [row for row in table("cost")[0] if row["varied"] == varied]
    return np.array([int(row[varied]) for row in rows]), np.array([float(row["ms"]) for row in rows]) / 1e3


def slope(sizes, seconds):
    """The slope of the straight line through the logarithms: 1 means twice the work for twice the size."""
    return np.polyfit(np.log(sizes), np.log(seconds), 1)[0]
