"""Experiments of lesson 12 that are made while it runs: a matrix as a memory, machines kept by matrices, one unit."""

import numpy as np

from lstm_helpers.lessons.today import machines

# On 15B tokens of SlimPajama; each row is the one above and one change. Source: Beck et al. 2024, table 2.
PERPLEXITY = {
    "LSTM": 2417.86,
    "residual backbone": 35.46,
    "up-projection": 26.01,
    "exponential gates": 17.70,
    "matrix memory": 13.48,
}


def signs_read(count, d=16, trials=200, seed=0):
    """The share of signs that come back right: ``count`` vectors of d signs are stored in one matrix (d, d) under
    random keys of length 1, and each is read with its own key."""
    rng, right = np.random.default_rng(seed), []
    for _ in range(trials):
        values = rng.choice([-1.0, 1.0], size=(count, d))
        keys = rng.normal(size=(count, d))
        keys /= np.linalg.norm(keys, axis=1, keepdims=True)
        C = values.T @ keys
        right.append(np.mean(np.sign(keys @ C.T) == values))
    return float(np.mean(right))


def followed_by_matrices(task, T=10_000, B=20, seed=0):
    """A linear recurrence without a bias, h_t = A(x_t) h_{t-1}, one matrix of zeros and ones for each symbol, follows
    a machine. Returns the share of steps at which the largest number of h names the state."""
    table = machines.moves(task)
    V = len(table)
    A = np.zeros((V, V, V))
    A[np.arange(V)[:, None], table, np.arange(V)] = 1
    x, states = machines.words(table, np.random.default_rng(seed), T, B)
    h, right = np.tile(np.eye(V)[0], (B, 1)), 0
    for symbols, wanted in zip(x[0], states, strict=True):
        h = np.einsum("bij,bj->bi", A[symbols], h)
        right += np.mean(h.argmax(axis=1) == wanted)
    return right / T


def order_and_sign(T=64, steps=1000, seed=0):
    """A signed minGRU learns S3 over 16 steps. Returns two shares of the last four of T steps: the order of three
    things is right; it has the right sign, that is, an even or an odd number of exchanges."""
    network = machines.tracker(machines.LAYERS["minGRU, signed"], "S3", seed=seed, steps=steps)
    x, wanted = machines.words(machines.moves("S3"), np.random.default_rng(2024), T, 256)
    said = network.scores(x).argmax(axis=2)[-4:]
    signs = np.array([round(np.linalg.det(np.eye(3)[order])) for order in machines.permutations(3)])
    return float(np.mean(said == wanted[-4:])), float(np.mean(signs[said] == signs[wanted[-4:]]))


def all_ones(keep, new, T=16):
    """h_1 ... h_T of h = keep h + new from 0: what a linear unit makes of a word that repeats one symbol."""
    h = [0.0]
    for _ in range(T):
        h.append(keep * h[-1] + new)
    return np.array(h[1:])


def median(rows, task, layer, column, hidden=32):
    """The middle one of the three seeds, in per cent."""
    of = [row[column] for row in rows if (row["task"], row["layer"], row["hidden"]) == (task, layer, hidden)]
    return 100 * float(np.median(of))


def weights(rows, task, layer, hidden):
    """How many numbers the network learned."""
    return next(row["weights"] for row in rows if (row["task"], row["layer"], row["hidden"]) == (task, layer, hidden))
