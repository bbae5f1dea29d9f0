"""What a layer costs against T: processor time, the state that it carries, and the memory that training takes."""

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
LAYERS = {"LSTM": nn.LSTM, "minLSTM": nn.MinLSTM, "minGRU": nn.MinGRU, "mLSTM": nn.MLSTM, "attention": nn.SelfAttention}
RECURRENCES = {"the loop alone": linear.loop, "the scan alone": linear.scan}  # with the gates known
COLUMNS = ("what", "T", "time", "machine", "date")


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
    """The least processor time of a forward pass, or of a recurrence alone: all else that runs only adds to it."""
    if name in RECURRENCES:
        keep, new = 1 / (1 + np.exp(-inputs(T))), inputs(T)
        work = partial(RECURRENCES[name], keep, new, new[0])
    else:
        work = partial(made(name).forward, inputs(T), train=False)
    best = np.inf
    for _ in range(repeats + 1):  # the first lays out work arrays
        start = time.process_time()
        work()
        best = min(best, time.process_time() - start)
    return best


def measured(lengths=LENGTHS, repeats=8):
    """Rows of the stored table: each time over that of the LSTM at the shortest length."""
    found = {(name, T): seconds(name, T, repeats=repeats) for T in lengths for name in (*LAYERS, *RECURRENCES)}
    machine = f"{platform.system()} {platform.machine()}, 2 cores, one thread, NumPy {np.__version__}"
    for (name, T), spent in found.items():
        over = round(spent / found["LSTM", lengths[0]], 2)
        yield {"what": name, "T": T, "time": over, "machine": machine, "date": date.today().isoformat()}
