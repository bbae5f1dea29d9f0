"""What our LSTM costs: seconds of one forward and backward pass against T and B, and peak memory beside torch's.

``python -m tests.benchmarks.cost memory ours`` (or theirs) prints the MB that training adds to a fresh process.
"""

import resource
import sys
import time

import numpy as np

H = 32
BY_T = [(T, 8) for T in (10, 30, 100, 300, 1000, 3000, 10_000)]
BY_B = [(100, B) for B in (1, 2, 4, 8, 16, 32, 64, 128, 256)]
LARGE = (400, 64, 64, 256)  # T, B, D, H of the comparison of memory


def drawn(T, B, D, H):
    rng = np.random.default_rng(0)
    return (rng.standard_normal((T, B, n), np.float32) for n in (D, H))


def seconds():
    """Rows (varied, T, B, ms of a forward and a backward pass): the least of five or more.

    Whatever else the machine does can only add to a time.
    """
    from lstm_helpers.nn import LSTM

    for varied, cases in (("T", BY_T), ("B", BY_B)):
        for T, B in cases:
            layer, (x, dh) = LSTM(8, H, rng=np.random.default_rng(0)), drawn(T, B, 8, H)
            times, end = [], time.perf_counter() + 1
            while time.perf_counter() < end or len(times) < 6:
                start = time.perf_counter()
                layer.forward(x)
                layer.backward(dh)
                times.append(time.perf_counter() - start)
            yield varied, T, B, round(1e3 * min(times[1:]), 3)  # the first lays out the work arrays


def peak():
    """MB of memory that this process has held at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform == "linux" else 1024**2)


def memory(whose):
    """MB that three passes of training add to the process: inputs, weights and libraries are there before."""
    x, dh = drawn(*LARGE)
    if whose == "ours":
        from lstm_helpers.nn import LSTM

        layer = LSTM(*LARGE[2:], rng=np.random.default_rng(0))

        def train(x, dh):
            layer.forward(x)
            layer.backward(dh)
    else:
        import torch

        module = torch.nn.LSTM(*LARGE[2:])
        x, dh = torch.from_numpy(x).requires_grad_(), torch.from_numpy(dh)

        def train(x, dh):
            module.zero_grad()
            x.grad = None
            module(x)[0].backward(dh)

    small = x[:1, :1].copy() if whose == "ours" else x.detach()[:1, :1].clone().requires_grad_()
    train(small, dh[:1, :1])  # what is loaded or compiled at first use
    before = peak()
    for _ in range(3):
        train(x, dh)
    return peak() - before


if __name__ == "__main__":
    print(round(memory(sys.argv[2]), 1))
