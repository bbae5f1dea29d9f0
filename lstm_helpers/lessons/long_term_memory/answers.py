"""The right answers of exercise 08, as the solution shows them."""

import numpy as np

from lstm_helpers.nn.functional import sigmoid

LETTERS = "BTPSXVE"
GRAMMAR = [
    {"B": 1}, {"T": 2, "P": 3}, {"S": 2, "X": 4}, {"T": 3, "V": 5}, {"X": 3, "S": 6}, {"P": 4, "V": 6}, {"E": None},
]  # fmt: skip


def order_sequences(letters, places, marks, lengths):
    """One batch of the temporal order problem, from what was drawn for it.

    letters (T, B): a, b, c, d as 2, 3, 4, 5; places (M, B): the steps of the M marks; marks (M, B): 0 for X, 1 for Y;
    lengths (B,). Returns x (T, B, 8), one-hot over E B a b c d X Y, all zero from a sequence's length on, and target
    (B,): the marks read as a binary number, the first one counting most.
    Source: Hochreiter & Schmidhuber 1997, section 5.6.
    """
    every = np.arange(len(lengths))
    index = letters.copy()
    index[0] = 0
    index[lengths - 1, every] = 1
    index[places, every] = 6 + marks
    x = np.eye(8)[index]
    x[np.arange(len(x))[:, None] >= lengths] = 0
    target = 0 * lengths
    for mark in marks:
        target = 2 * target + mark
    return x, target


def may_follow(symbols):
    """Which symbols may follow each one of a stream of embedded Reber strings.

    symbols (T,): places in BTPSXVE; the first one begins a string, and after the end of a string comes the next one.
    Returns legal (T, 7): 1 for a symbol that may come next, else 0.
    Source: Hochreiter & Schmidhuber 1997, section 5.1; Gers, Schmidhuber & Cummins 2000 for the stream.
    """
    legal, node = np.zeros((len(symbols), 7)), "first B"
    for t, symbol in enumerate(symbols):
        letter = LETTERS[symbol]
        if node == "first B":
            node, after = "outer", "TP"
        elif node == "outer":
            outer, node, after = letter, 0, "B"
        elif node == "outer again":
            node, after = "last E", "E"
        elif node == "last E":
            node, after = "first B", "B"
        else:
            node = GRAMMAR[node][letter]
            after = outer if node is None else GRAMMAR[node]
            node = "outer again" if node is None else node
        legal[t, [LETTERS.index(each) for each in after]] = 1
    return legal


def order_solved_after(outputs, target, window):
    """After how many sequences temporal order counts as solved by the rule of 1997, or 0 if never: a whole number.

    outputs (N, K): the answers to the training sequences in order; target (N,): the right class of each, 0 to K - 1.
    A sequence is wrong if any of its K outputs is off by more than 0.3. Solved after n: of the ``window`` most recent
    ones none is wrong, and the mean of all their errors is below 0.1.
    Source: Hochreiter & Schmidhuber 1997, section 5.6, there with a window of 2,000.
    """
    error = np.abs(outputs - np.eye(outputs.shape[1])[target])
    for n in range(window, len(error) + 1):
        recent = error[n - window : n]
        if np.max(recent) <= 0.3 and np.mean(recent) < 0.1:
            return n
    return 0


def lstm1997_step(x, h_prev, c_prev, W_x, W_h, b):
    """One step of the cell of 1997, without a forget gate; columns in the order i, g, o.

    x (B, D), h_prev, c_prev (B, H), W_x (D, 3H), W_h (H, 3H), b (3H,). Returns h and c, each (B, H).
    Source: Hochreiter & Schmidhuber 1997, section 4 and the appendix, A.1.
    """
    z_i, z_g, z_o = np.split(x @ W_x + h_prev @ W_h + b, 3, axis=1)
    i, g, o = sigmoid(z_i), 4 * sigmoid(z_g) - 2, sigmoid(z_o)
    c = c_prev + i * g
    h = o * (2 * sigmoid(c) - 1)
    return h, c


def deaf_after(i, g, least):
    """How long a cell without a forget gate can still be taught, from c = 0 on.

    i, g (T, B, H); least: a slope. Returns (B, H), whole numbers: the first step t after which the slope of tanh(c_t)
    is below ``least``, or T where that never happens.
    """
    c = np.cumsum(i * g, axis=0)
    deaf = 1 - np.tanh(c) ** 2 < least
    return np.where(deaf.any(axis=0), deaf.argmax(axis=0), len(i))


def bias_to_keep(share, steps):
    """The bias of a forget gate, with no weights, that leaves ``share`` of a cell state after ``steps`` steps.

    share and steps: arrays of one shape, share between 0 and 1, steps 1 or more. Returns b, in that shape.
    """
    f = share ** (1 / steps)
    return np.log(f / (1 - f))


def counter():
    """Weights of one LSTM unit that counts, D = 2 and H = 1, columns i, f, g, o.

    Returns W_x (2, 4), W_h (1, 4), b (4,).
    """
    a = [0.0, 0.0, 3.0, 0.0]  # an a adds tanh(3) = 0.995
    b = [0.0, 0.0, -3.0, 0.0]  # a b takes the same away
    W_h = np.zeros((1, 4))
    bias = np.array([10.0, 20.0, 0.0, 10.0])  # all gates open: 1 - sigmoid(20) is 2e-9
    return np.array([a, b]), W_h, bias


__all__ = [
    "order_sequences",
    "may_follow",
    "order_solved_after",
    "lstm1997_step",
    "deaf_after",
    "bias_to_keep",
    "counter",
]
