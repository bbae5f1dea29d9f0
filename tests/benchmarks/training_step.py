"""A training step as a person writes it (layer, readout, loss, clip, Adam), and a step of generation, against torch.

``python -m tests.benchmarks.training_step steps THREADS`` (or generation) prints one CSV row a case: its sizes, the
median of the pair ratios (ours / torch, below 1 is faster) and our median time in ms. Float32, the same weights and
numbers on both sides, interleaved in one process.
"""

import os
import sys

from tests.benchmarks.lstm_speed import SECONDS, ratios

STEPS = [  # T, B, D, H, V
    (64, 32, 75, 128, 75), (64, 32, 75, 512, 75), (100, 32, 2, 32, 2), (64, 32, 64, 64, 10), (28, 128, 28, 128, 10),
]  # fmt: skip
GENERATION = [(1, 75, 512), (1, 75, 128), (16, 75, 128), (16, 75, 512)]  # B, D, H


def a_training_step(T, B, D, H, V):
    """Two functions: one step of ours, one of torch's."""
    import numpy as np
    import torch

    from lstm_helpers import nn, parity
    from lstm_helpers.training import Adam, clip_by_norm, gradients, parameters

    rng = np.random.default_rng(0)
    x, targets = rng.normal(size=(T, B, D)).astype(np.float32), rng.integers(V, size=(T, B))
    module, head = torch.nn.LSTM(D, H), torch.nn.Linear(H, V)
    lstm, readout = parity.from_torch(module), nn.Linear(H, V, rng=rng)
    optimiser = Adam(parameters(lstm=lstm, readout=readout), lr=1e-3)

    def ours():
        h, _ = lstm.forward(x)
        _, dscores = nn.softmax_cross_entropy(readout.forward(h), targets)
        lstm.backward(readout.backward(dscores), input_gradient=False)  # as torch: its x asks for no gradient
        grads = gradients(lstm=lstm, readout=readout)
        clip_by_norm(grads, 1.0)
        optimiser.step(grads)

    weights = [*module.parameters(), *head.parameters()]
    their_optimiser = torch.optim.Adam(weights, lr=1e-3)
    xt, yt = torch.tensor(x), torch.tensor(targets.ravel())

    def theirs():
        their_optimiser.zero_grad()
        scores = head(module(xt)[0])
        torch.nn.functional.cross_entropy(scores.reshape(-1, V), yt).backward()
        torch.nn.utils.clip_grad_norm_(weights, 1.0)
        their_optimiser.step()

    return ours, theirs


def a_step_of_generation(B, D, H):
    """Two functions: one time step with the state carried over, ours and torch's."""
    import numpy as np
    import torch

    from lstm_helpers import parity

    module = torch.nn.LSTM(D, H)
    lstm, x = parity.from_torch(module), np.random.default_rng(0).normal(size=(1, B, D)).astype(np.float32)
    xt, states = torch.tensor(x), {"ours": None, "theirs": None}

    def ours():
        _, states["ours"] = lstm.forward(x, states["ours"], train=False)

    @torch.inference_mode()
    def theirs():
        _, states["theirs"] = module(xt, states["theirs"])

    return ours, theirs


def measure(kind):
    make, cases = {"steps": (a_training_step, STEPS), "generation": (a_step_of_generation, GENERATION)}[kind]
    for case in cases:
        ratio, seconds = ratios(*make(*case), SECONDS)
        yield *case, round(ratio, 2), round(1e3 * seconds, 3)


if __name__ == "__main__":
    kind, threads = sys.argv[1:]
    os.environ |= {"OMP_NUM_THREADS": threads, "OPENBLAS_NUM_THREADS": threads}  # before NumPy is imported
    import torch

    torch.set_num_threads(int(threads))
    for row in measure(kind):
        print(*row, sep=",", flush=True)
