"""How near our LSTM is to what NumPy can do: the calls that no arrangement of it can leave out, against torch.

Forward, a step needs one product of the weights with x and h, three sigmoids, two tanh and the arithmetic between them;
backward, one product in each step, two over all steps, and the chain rule. Here each is called on its own, in as few
calls as we know, on arrays that are laid out for it; nothing else is done: no checks, no copies, no result. Of a whole
training step, the products of the readout and the exp of the loss are counted too, its optimiser is not.
``python -m tests.benchmarks.limit`` prints one CSV row a case, on one thread: what is measured, T, B, D, H; over
torch's time of the same the medians of products, exp and tanh alone, of these with the arithmetic (the limit), and of
our whole call; then our time over the limit. A goal below the limit cannot be reached with NumPy.
"""

import os
import statistics
import time

from tests.benchmarks.lstm_speed import CASES, SECONDS, sides
from tests.benchmarks.training_step import STEPS, a_training_step


def _full(*shape):
    import numpy as np

    return np.full(shape, 0.1, np.float32)


def forward_calls(T, B, D, H):
    """Two functions: the products, exp and tanh of a forward pass, and the arithmetic between them."""
    import numpy as np

    from lstm_helpers.nn._lstm_kernel import product_in_pieces

    K, one, (shape, product) = D + 1 + H, np.array(1, np.float32), product_in_pieces(4 * H, D + 1 + H, B)
    W, seen, z, gates, into = _full(*shape, K), _full(K, B), _full(*shape, B), _full(3, H, B), _full(3, H, B)

    def needed():
        for _ in range(T):
            product(W, seen, z)
            np.exp(gates, into)
            np.tanh(gates[0], into[0])  # g
            np.tanh(gates[0], into[0])  # of c

    def arithmetic():
        for _ in range(T):
            np.add(gates, one, into)
            np.divide(one, gates, into)
            np.multiply(gates[:2], gates[:2], into[:2])  # i g, f c
            np.add(gates[0], gates[1], into[0])
            np.multiply(gates[0], gates[1], into[0])  # h

    return needed, arithmetic


def backward_calls(T, B, D, H, *, input_gradient):
    """Two functions: the products of a backward pass, and the arithmetic of the chain rule."""
    import numpy as np

    from lstm_helpers.nn._lstm_kernel import product_in_pieces

    K, (shape, product) = D + 1 + H, product_in_pieces(H, 4 * H, B)
    W_h, dz, dh, blocks, into = _full(*shape, 4 * H), _full(4 * H, B), _full(*shape, B), _full(5, H, B), _full(5, H, B)
    dzs, seen, W_x, gradient, dx = (
        _full(4 * H, T * B),
        _full(K, T * B),
        _full(4 * H, D),
        _full(K, 4 * H),
        _full(T * B, D),
    )

    def needed():
        for _ in range(T):
            product(W_h, dz, dh)
        np.dot(seen, dzs.T, gradient)
        if input_gradient:
            np.dot(dzs.T, W_x, dx)

    def arithmetic():
        for _ in range(T):
            np.multiply(blocks[:2], blocks[:2], into[:2])  # i g, f c
            np.multiply(blocks, blocks, into)  # local derivatives: p a, then p - p a, of o, i, f, g, tanh(c)
            np.subtract(blocks, blocks, into)
            np.add(blocks[0], blocks[1], into[0])  # dL/dh
            np.multiply(blocks[:2], blocks[0], into[:2])
            np.add(blocks[0], blocks[1], into[0])  # dL/dc
            np.multiply(blocks[:4], blocks[0], into[:4])

    return needed, arithmetic


def readout_calls(T, B, H, V):
    """The products of a readout, there and back, and the exp of its loss."""
    import numpy as np

    h, W, scores, into = _full(T * B, H), _full(H, V), _full(T * B, V), _full(T * B, V)

    def needed():
        np.dot(h, W, into)
        np.exp(scores, into)
        np.dot(h.T, scores)
        np.dot(scores, W.T)

    return needed


def measure(needed, arithmetic, ours, theirs):
    """Medians over torch's time: what is needed, with the arithmetic, ours; and ours over the second."""
    rows, end = [], time.perf_counter() + SECONDS
    groups = (needed, arithmetic, [ours], [theirs])
    while time.perf_counter() < end or len(rows) < 6:
        seconds = []
        for group in groups:
            start = time.process_time()
            for function in group:
                function()
            seconds.append(time.process_time() - start)
        rows.append(seconds)
    rows = [(n / t, (n + a) / t, o / t, o / (n + a)) for n, a, o, t in rows[1:]]  # the first lays out the work arrays
    return [round(statistics.median(column), 2) for column in zip(*rows, strict=True)]


def table():
    """The rows of all cases."""
    for case in CASES:
        forward, backward = forward_calls(*case), backward_calls(*case, input_gradient=True)
        training, inference = sides(*case)
        yield "inference", *case, *measure(forward[:1], forward[1:], *inference)
        both = tuple(zip(forward, backward, strict=True))
        yield "training", *case, *measure(*both, *training)
    for T, B, D, H, V in STEPS:
        backward = backward_calls(T, B, D, H, input_gradient=False)  # neither side is asked for it in a step
        needed, arithmetic = zip(forward_calls(T, B, D, H), backward, strict=True)
        needed = (*needed, readout_calls(T, B, H, V))
        yield "step", T, B, D, H, *measure(needed, arithmetic, *a_training_step(T, B, D, H, V))


if __name__ == "__main__":
    os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}  # before NumPy is imported
    import torch

    torch.set_num_threads(1)
    for row in table():
        print(*row, sep=",", flush=True)
