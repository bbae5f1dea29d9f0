"""How near inference is to what NumPy can do: the calls that no arrangement of the LSTM can leave out, against torch.

A step needs one product of the weights with x and h, three sigmoids and two tanh of H x B numbers. Here each is called
on its own, on arrays that are laid out for it, and nothing else is done: no sums, no checks, no result.
``python -m tests.benchmarks.limit`` prints one CSV row a case, on one thread: T, B, D, H, then over torch's time of
the same call the medians of these calls alone and of our whole call.
"""

import os
import statistics
import time

from tests.benchmarks.lstm_speed import CASES, SECONDS


def measure(case):
    import numpy as np
    import torch

    from lstm_helpers import parity
    from lstm_helpers.nn.lstm import _product

    T, B, D, H = case
    module = torch.nn.LSTM(D, H)
    layer, x = parity.from_torch(module), np.random.default_rng(0).normal(size=(T, B, D)).astype(np.float32)
    xt, K = torch.tensor(x), D + 1 + H
    shape, product = _product(4 * H, K, B)
    W, seen, z = (np.full(size, 0.1, np.float32) for size in ((*shape, K), (K, B), (*shape, B)))
    three, two = np.full((3 * H, B), 0.1, np.float32), np.full((2 * H, B), 0.1, np.float32)
    into_three, into_two = np.empty_like(three), np.empty_like(two)

    def calls():
        for _ in range(T):
            product(W, seen, z)
            np.exp(three, into_three)
            np.tanh(two, into_two)

    @torch.inference_mode()
    def theirs():
        module(xt)

    functions = (calls, lambda: layer.forward(x, train=False), theirs)
    times, end = [], time.perf_counter() + SECONDS
    for f in functions:
        f()
    while time.perf_counter() < end or len(times) < 5:
        stamps = [time.perf_counter()]
        for f in functions:
            f()
            stamps.append(time.perf_counter())
        times.append(np.diff(stamps))
    return (*case, *(round(statistics.median(row[k] / row[2] for row in times), 2) for k in (0, 1)))


if __name__ == "__main__":
    os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}  # before NumPy is imported
    import torch

    torch.set_num_threads(1)
    for case in CASES:
        print(*measure(case), sep=",", flush=True)
