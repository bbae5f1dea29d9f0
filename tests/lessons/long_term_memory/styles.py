"""Right but different answers to sheet 08: loops, other algebra, other orders. None raises an alarm."""

import numpy as np

from tests.checks.mutants import LAST_AXIS
from tests.checks.solved import solution

SPACE = solution("08_long_term_memory")[0]
B, T, P, S, X, V, E = range(7)
NUMBERED = dict(zip("BTPSXVE", range(7), strict=True))
GRAMMAR = [{NUMBERED[letter]: after for letter, after in arrows.items()} for arrows in SPACE["GRAMMAR"]]

# ---------------------------------------------------------------- the tasks


def sequence_by_sequence(letters, places, marks, lengths):
    steps, batch = letters.shape
    x, target = np.zeros((steps, batch, 8), np.float32), np.zeros(batch, int)
    for n in range(batch):
        symbols = list(letters[: lengths[n], n])
        symbols[0], symbols[-1] = 0, 1
        for place, mark in zip(places[:, n], marks[:, n], strict=True):
            symbols[place] = 7 if mark else 6
        for t, symbol in enumerate(symbols):
            x[t, n, symbol] = 1
        target[n] = int("".join(str(mark) for mark in marks[:, n]), 2)
    return x, target


def by_comparison(letters, places, marks, lengths):
    index, steps = letters + 0, np.arange(len(letters))[:, None]
    for place, mark in zip(places, marks, strict=True):
        index = np.where(steps == place, 6 + mark, index)
    index = np.where(steps == 0, 0, np.where(steps == lengths - 1, 1, index))
    index = np.where(steps < lengths, index, -1)
    powers = 2 ** np.arange(len(marks))[::-1]
    return (index[..., None] == np.arange(8)).astype(int), powers @ marks


def with_put_along_axis(letters, places, marks, lengths):
    index = np.array(letters)
    np.put_along_axis(index, places, marks + 6, axis=0)
    np.put_along_axis(index, (lengths - 1)[None], 1, axis=0)
    index[0, :] = 0
    x = np.zeros((*index.shape, 8))
    np.put_along_axis(x, index[..., None], 1, axis=2)
    x *= (np.arange(len(index))[:, None] < lengths)[..., None]
    target = sum(mark << (len(marks) - 1 - k) for k, mark in enumerate(marks))
    return [x, target]


def string_by_string(symbols):
    """Each string is taken apart first: B, the outer symbol, the inner string, the outer one, E."""
    symbols, rows = list(symbols), []

    def row(*after):
        rows.append([1.0 if k in after else 0.0 for k in range(7)])

    while symbols:
        symbols.pop(0)
        row(T, P)
        if not symbols:
            break
        outer = symbols.pop(0)
        row(B)
        node = 0
        while symbols and node is not None:
            node = GRAMMAR[node][symbols.pop(0)]
            row(*([outer] if node is None else GRAMMAR[node]))
        if symbols:
            symbols.pop(0)
            row(E)
        if symbols:
            symbols.pop(0)
            row(B)
    return np.array(rows)


def one_automaton(symbols):
    """The whole embedded grammar as one table: a copy of the inner one for each outer symbol."""
    table = {"start": {B: "choose"}, "choose": {T: (T, 0), P: (P, 0)}}
    for outer in (T, P):
        for node, arrows in enumerate(GRAMMAR):
            table[outer, node] = {k: (outer, 7 if after is None else after) for k, after in arrows.items()}
        table[outer, 7] = {outer: "last"}
    table["last"] = {E: "start"}
    legal, place = np.zeros((len(symbols), 7), bool), "start"
    for t, symbol in enumerate(symbols):
        place = table[place][int(symbol)]
        legal[t, list(table[place])] = True
    return legal


def with_a_generator(symbols):
    def after():
        while True:
            yield [T, P]
            outer = yield_from.pop()
            yield [B]
            node = GRAMMAR[0][B]
            yield_from.pop()
            while node is not None:
                yield list(GRAMMAR[node])
                node = GRAMMAR[node][yield_from.pop()]
            yield [outer]
            yield [E]
            yield [B]
            del yield_from[-3:]

    yield_from = list(symbols[::-1])[:-1]
    rows = after()
    legal = np.zeros((len(symbols), 7), int)
    for t in range(len(symbols)):
        legal[t, next(rows)] = 1
    return legal


# ---------------------------------------------------------------- the rule


def rule_by_sequence(outputs, target, window):
    wrong, error = [], []
    for answer, right in zip(outputs, target, strict=True):
        off = np.abs(answer)
        off[right] = abs(1 - answer[right])
        wrong.append(any(off > 0.3))
        error.append(off)
        if len(wrong) >= window and not any(wrong[-window:]) and np.mean(error[-window:]) < 0.1:
            return len(wrong)
    return 0


def rule_with_a_streak(outputs, target, window):
    right = np.zeros_like(outputs)
    right[np.arange(len(target)), target] = 1
    off, streak = abs(right - outputs), 0
    for n, row in enumerate(off, start=1):
        streak = streak + 1 if row.max() <= 0.3 else 0
        if streak >= window and off[n - window : n].mean() < 0.1:
            return n
    return 0


def rule_of_all_windows(outputs, target, window):
    off = np.abs(outputs - (target[:, None] == np.arange(outputs.shape[1])))
    if len(off) < window:
        return 0
    views = np.lib.stride_tricks.sliding_window_view(off, window, axis=0)
    met = (views.max(axis=(1, 2)) <= 0.3) & (views.mean(axis=(1, 2)) < 0.1)
    return int(met.argmax()) + window if met.any() else 0


# ---------------------------------------------------------------- the cell of 1997, and what it cannot do


def cell_by_tanh(x, h_prev, c_prev, W_x, W_h, b):
    z = x @ W_x + h_prev @ W_h + b
    H = c_prev.shape[1]
    i, o = ((1 + np.tanh(z[:, k : k + H] / 2)) / 2 for k in (0, 2 * H))
    c = c_prev + i * 2 * np.tanh(z[:, H : 2 * H] / 2)
    return o * np.tanh(c / 2), c


def cell_gate_by_gate(x, h_prev, c_prev, W_x, W_h, b):
    parts = []
    for W, V, a in zip(np.split(W_x, 3, axis=1), np.split(W_h, 3, axis=1), np.split(b, 3), strict=True):
        parts.append(0.5 + 0.5 * np.tanh((np.dot(x, W) + np.dot(h_prev, V) + a) / 2))
    i, g, o = parts
    c = c_prev + i * (4 * g - 2)
    return [o * np.tanh(c / 2), c]


def cell_stacked(x, h_prev, c_prev, W_x, W_h, b):
    z = np.hstack([x, h_prev]) @ np.vstack([W_x, W_h]) + b
    i, g, o = np.split(np.exp(-np.logaddexp(0, -z)), 3, axis=-1)
    c = i * (4 * g - 2) + c_prev
    return o * (2 * np.exp(-np.logaddexp(0, -c)) - 1), c


def deaf_by_loop(i, g, least):
    steps, batch, units = i.shape
    c, found = np.zeros((batch, units)), np.full((batch, units), steps)
    for t in range(steps):
        c = c + i[t] * g[t]
        now = (1 - np.tanh(c) ** 2 < least) & (found == steps)
        found[now] = t
    return found


def deaf_by_size(i, g, least):
    """The slope is below least where |c| is beyond the arctanh of the root of 1 - least."""
    beyond = np.abs(np.add.accumulate(i * g, axis=0)) > np.arctanh(np.sqrt(1 - least))
    return np.argmax(np.concatenate([beyond, np.ones((1, *beyond.shape[1:]), bool)]), axis=0)


def deaf_by_cosh(i, g, least):
    c = (i * g).cumsum(0)
    never_yet = np.logical_and.accumulate(1 / np.cosh(c) ** 2 >= least, axis=0)
    return never_yet.sum(axis=0).astype(float)


def bias_by_logs(share, steps):
    return -np.log(np.expm1(-np.log(share) / steps))


def bias_by_powers(share, steps):
    root = np.power(share, -1.0 / steps)
    return -np.log(root - 1)


def bias_one_by_one(share, steps):
    gates = [float(s) ** (1 / int(n)) for s, n in zip(share, steps, strict=True)]
    return np.array([np.log(f) - np.log(1 - f) for f in gates])


STYLES = {
    "order_sequences": (sequence_by_sequence, by_comparison, with_put_along_axis),
    "may_follow": (string_by_string, one_automaton, with_a_generator),
    "order_solved_after": (rule_by_sequence, rule_with_a_streak, rule_of_all_windows),
    "lstm1997_step": (cell_by_tanh, cell_gate_by_gate, cell_stacked),
    "deaf_after": (deaf_by_loop, deaf_by_size, deaf_by_cosh),
    "bias_to_keep": (bias_by_logs, bias_by_powers, bias_one_by_one),
}
PENCIL = "levels"
NUMBERS = (
    {"guess": 12.5, "second": 50, "fixed": 0.25, "loss": 1.3863, "stream": 6.25, "memory": 20.0855},
    {"guess": 12.5, "second": 50.0, "fixed": 0.25, "loss": 1.39, "stream": 6.25, "memory": 20.09},
    {
        "guess": np.float32(12.5),
        "second": 50,
        "fixed": 1 / 4,
        "loss": np.log(4),
        "stream": 100 / 16,
        "memory": np.exp(3),
    },
)
# Mutants of the solution that compute the same: the changed line, and why.
ZEROS = "a zero for each sequence, as every length is 1 or more"
AS_LONG = "all of them hold T steps"
SAME = {
    "target = 0 / lengths": ZEROS,
    "target = 0 ** lengths": ZEROS,
    "target = 0 * every": ZEROS,
    "target = 0": "the first row of marks makes an array of it",
    "x[np.arange(len(index))[:, None] >= lengths] = 0": AS_LONG,
    "x[np.arange(len(letters))[:, None] >= lengths] = 0": AS_LONG,
    "after = outer if node == None else GRAMMAR[node]": "a node is a number or None",
    "node = 'outer again' if node == None else node": "a node is a number or None",
    "error = np.abs(np.eye(outputs.shape[1])[target] - outputs)": "a distance does not depend on the order",
    "error = np.abs(outputs - np.eye(outputs.shape[-1])[target])": "the last axis of a (N, K) array is axis 1",
    "for n in range(window, len(outputs) + 1):": "as many errors as outputs",
    "for n in range(window, len(target) + 1):": "as many errors as targets",
    "i, g, o = (4 * sigmoid(z_g) - 2, sigmoid(z_i), sigmoid(z_o))": "i and g are only multiplied by each other",
    "z_i, z_g, z_o = np.split(x @ W_x + h_prev @ W_h + b, 3, axis=-1)": LAST_AXIS,
    "return np.where(deaf.any(axis=0), deaf.argmax(axis=0), len(c))": AS_LONG,
    "return np.where(deaf.any(axis=0), deaf.argmax(axis=0), len(deaf))": AS_LONG,
    "return np.where(deaf.any(axis=0), deaf.argmax(axis=0), len(g))": AS_LONG,
}
