"""Our LSTM against torch.nn.LSTM: the same weights, threads and inputs, float32, interleaved in one process.

``python -m tests.benchmarks.lstm_speed THREADS`` prints one CSV row a case: T, B, D, H, then the median of the pair
ratios (ours / torch, below 1 is faster) for training (forward and backward to weights and inputs) and for inference,
and our median times in ms.
"""

import os
import statistics
import sys
import time

CASES = [
    (100, 32, 2, 32), (64, 32, 64, 64), (64, 32, 64, 128), (128, 32, 64, 256), (50, 64, 32, 64),
    (400, 16, 8, 32), (64, 64, 128, 512), (30, 1, 16, 32), (28, 128, 28, 128),
]  # fmt: skip
SECONDS = 2.0  # for each case, and at least five pairs


def ratios(ours, theirs, seconds):
    """(median of the pair ratios, our median time in seconds)."""
    ours(), theirs()
    pairs, end = [], time.perf_counter() + seconds
    while time.perf_counter() < end or len(pairs) < 5:
        a = time.perf_counter()
        ours()
        b = time.perf_counter()
        theirs()
        pairs.append((b - a, time.perf_counter() - b))
    return statistics.median(x / y for x, y in pairs), statistics.median(x for x, _ in pairs)


def sides(T, B, D, H):
    """Functions in pairs, ours and torch's with the same weights and inputs: of training, and of inference."""
    import numpy as np
    import torch

    from lstm_helpers import parity

    rng = np.random.default_rng(0)
    x, dh = (rng.normal(size=(T, B, n)).astype(np.float32) for n in (D, H))
    module = torch.nn.LSTM(D, H)
    layer, xt, dht, xi = (
        parity.from_torch(module),
        torch.tensor(x, requires_grad=True),
        torch.tensor(dh),
        torch.tensor(x),
    )

    def our_training():
        layer.forward(x)
        layer.backward(dh)

    def their_training():
        module.zero_grad()
        xt.grad = None
        module(xt)[0].backward(dht)

    def our_inference():
        layer.forward(x, train=False)

    @torch.inference_mode()
    def their_inference():
        module(xi)

    return (our_training, their_training), (our_inference, their_inference)


def measure(case):
    """One row: the case, training ratio, inference ratio, training ms, inference ms."""
    training, inference = sides(*case)
    train, train_seconds = ratios(*training, SECONDS)
    infer, infer_seconds = ratios(*inference, SECONDS / 2)
    return (*case, round(train, 2), round(infer, 2), round(1e3 * train_seconds, 2), round(1e3 * infer_seconds, 2))


if __name__ == "__main__":
    threads = sys.argv[1]
    os.environ |= {"OMP_NUM_THREADS": threads, "OPENBLAS_NUM_THREADS": threads}  # before NumPy is imported
    import torch

    torch.set_num_threads(int(threads))
    for case in CASES:
        print(*measure(case), sep=",", flush=True)
