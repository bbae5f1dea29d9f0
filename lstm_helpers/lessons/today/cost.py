"""What a layer costs against T: time, the state that it carries, and the memory that training takes."""

import platform
import time
import tracemalloc
from datetime import date
from functools import partial

import numpy as np

from lstm_helpers import nn
from lstm_helpers.nn import linear

B, D, H = 8, 64, 64
LENGTHS = (64, 256, 1024, 4096)
LAYERS = {
    "LSTM": nn.LSTM,
    "minLSTM, loop": nn.MinLSTM,
    "minLSTM, scan": partial(nn.MinLSTM, recurrence=linear.scan),
    "mLSTM": nn.MLSTM,
    "attention": nn.SelfAttention,
}
COLUMNS = ("layer", "T", "time", "machine", "date")


def made(name):
    """A layer of this name with H units."""
    return LAYERS[name](D, H, rng=np.random.default_rng(0))


def inputs(T, size=B):
    return np.random.default_rng(1).standard_normal((T, size, D), np.float32)


def carried(name, T):
    """Bytes of the state that one sequence hands to step T + 1, as ``forward`` returns it."""
    _, state = made(name).forward(inputs(T, 1), train=False)
    return sum(part.nbytes for part in (state if isinstance(state, tuple) else (state,)))


def training_bytes(name, T, size=1):
    """Bytes of arrays at the peak of a forward and a backward pass, counted by Python itself."""
    layer, x = made(name), inputs(T, size)
    tracemalloc.start()
    h, _ = layer.forward(x)
    layer.backward(np.ones_like(h))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak


def seconds(name, T, *, repeats):
    """The least time of a forward pass: whatever else the machine does can only add to it."""
    layer, x, best = made(name), inputs(T), np.inf
    for _ in range(repeats + 1):  # the first lays out work arrays
        start = time.perf_counter()
        layer.forward(x, train=False)
        best = min(best, time.perf_counter() - start)
    return best


def measured(lengths=LENGTHS, repeats=7):
    """Rows of the stored table: the time of each layer over that of the LSTM at the shortest length."""
    found = {(name, T): seconds(name, T, repeats=repeats) for T in lengths for name in LAYERS}
    machine = f"{platform.system()} {platform.machine()}, 2 cores, one thread, NumPy {np.__version__}"
    for (name, T), spent in found.items():
        over = round(spent / found["LSTM", lengths[0]], 2)
        yield {"layer": name, "T": T, "time": over, "machine": machine, "date": date.today().isoformat()}
