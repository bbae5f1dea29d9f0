"""Experiments of lesson 4: how long a memory lasts, and a cell with weights set by hand, so that it can be read.

Shapes here: ``T`` characters are read one after the other (B is 1 and left out), ``D`` characters are in the
alphabet, the cell has ``H`` units.
"""

import numpy as np

from lstm_helpers.nn import functional as fn

# The lesson runs these pieces, which the student writes in the exercise, under names of its own.
read_out = fn.hidden_update
one_matrix_step = fn.lstm_step_stacked

# ---------------------------------------------------------------- how long a memory lasts


def tanh_unit(start, w, steps=100):
    """A plain RNN's unit with the weight ``w`` on itself and no input: h_t = tanh(w h_{t-1}), from h_0 = ``start``.

    Returns the last h, and the slope of it with respect to ``start``: the product of the slopes of all steps.
    """
    h, slope = start, 1.0
    for _ in range(steps):
        h = np.tanh(w * h)
        slope *= w * (1 - h**2)
    return h, slope


def half_life(f):
    """After how many steps half of a cell value is left, when the forget gate stays at ``f`` (0 < f < 1)."""
    return np.log(0.5) / np.log(f)


def corner_cases(steps=30, event=10):
    """Four ways to use the two gates of the cell update, from the same start c = 0.8.

    Returns name -> {f, i, g, c}, each (steps + 1,); entry 0 of c is the start, of f, i and g unused.
    """
    keep, shut, value = np.ones(steps + 1), np.zeros(steps + 1), np.full(steps + 1, 0.5)
    once = shut.copy()
    once[event] = 1
    third = np.zeros(steps + 1)
    third[3::3] = 1
    cases = {
        "remember": {"f": keep, "i": shut, "g": value},
        "forget": {"f": keep - once, "i": shut, "g": value},
        "overwrite": {"f": keep - once, "i": once, "g": -value},
        "add": {"f": keep, "i": third, "g": value},
    }
    for case in cases.values():
        c = [0.8]
        for f, i, g in zip(case["f"][1:], case["i"][1:], case["g"][1:], strict=True):
            c.append(fn.cell_update(f, c[-1], i, g))
        case["c"] = np.array(c)
    return cases


def held(cell, steps):
    """The cell states of a CellExplorer over ``steps`` steps, taken as by its button "Run 1 step". Returns (steps,)."""
    states = []
    for _ in range(steps):
        now = cell.compute()
        cell.c_prev, cell.h_prev = now["c"], now["h"]
        states.append(now["c"])
    return np.array(states)


def shown_twice(steps=30, written=5, value=1.5):
    """A cell value that is written at one step; the output gate opens at steps 12 to 17, and from 25 on.

    Returns o, c, h, each (steps + 1,).
    """
    step = np.arange(steps + 1)
    o = np.where((step >= 12) & (step < 18) | (step >= 25), 1.0, 0.0)
    c, h = np.zeros((2, steps + 1))
    for t in step[1:]:
        c[t] = fn.cell_update(f=1.0, c_prev=c[t - 1], i=float(t == written), g=value)
        h[t] = fn.hidden_update(o[t], c[t])
    return o, c, h


# ---------------------------------------------------------------- a cell that reads, with weights set by hand

UNITS = ("inside quotes", "letters in word", "capital word", "sentence ended")
STRONG = 20.0  # sigmoid(20) is 1 to 8 decimals, sigmoid(-20) is 0 to 8 decimals: a gate that is open or shut
FADE = 0.9  # the forget gate of the unit "sentence ended"


def readable_cell(alphabet):
    """LSTM weights set by hand for one-hot characters, four units with a job each (their names are in UNITS).

    inside quotes    c = 1 between quotation marks. One sign opens and closes, so the input gate looks at h.
    letters in word  c grows by 0.1 with each letter; any other character clears it.
    capital word     c = 1 from a capital letter to the end of its word; shown inside quotes only.
    sentence ended   c = 1 at a full stop, question or exclamation mark, then a tenth is lost each character.

    ``alphabet`` is a string of D different characters. Returns W_x (D, 16), W_h (4, 16), b (16,), gates in
    the order i, f, g, o.
    """
    H = len(UNITS)
    quotes, letters, capital, ended = range(H)
    i, f, g, o = (k * H + np.arange(H) for k in range(4))  # column of each gate and unit
    W_x, W_h, b = np.zeros((len(alphabet), 4 * H)), np.zeros((H, 4 * H)), np.zeros(4 * H)
    rows = lambda test: [k for k, character in enumerate(alphabet) if test(character)]  # noqa: E731
    # At rest: nothing comes in, everything is kept, the candidate is 1, everything is shown.
    b[i], b[f], b[g], b[o] = -STRONG, STRONG, STRONG, STRONG

    W_x[rows(lambda a: a == '"'), f[quotes]] = -2 * STRONG
    W_x[rows(lambda a: a == '"'), i[quotes]] = 2 * STRONG
    W_h[quotes, i[quotes]] = -2 * STRONG / np.tanh(1)  # already inside (h = tanh(1)): the input gate stays shut

    W_x[rows(str.isalpha), i[letters]] = 2 * STRONG
    W_x[rows(lambda a: not a.isalpha()), f[letters]] = -2 * STRONG
    b[g[letters]] = np.arctanh(0.1)

    W_x[rows(str.isupper), i[capital]] = 2 * STRONG
    W_x[rows(lambda a: a.isupper() or not a.isalpha()), f[capital]] = -2 * STRONG
    b[o[capital]] = -STRONG
    W_h[quotes, o[capital]] = 2 * STRONG / np.tanh(1)

    W_x[rows(lambda a: a in ".!?"), i[ended]] = 2 * STRONG
    W_x[rows(lambda a: a in ".!?"), f[ended]] = -2 * STRONG
    b[f[ended]] = np.log(FADE / (1 - FADE))
    return W_x, W_h, b


def parse(text):
    """What the four units should hold after each character, worked out by plain Python. Returns (T, 4)."""
    inside, letters, capital, ended, held = False, 0, False, 0.0, []
    for character in text:
        inside = not inside if character == '"' else inside
        letters = letters + 1 if character.isalpha() else 0
        capital = character.isalpha() and (capital or character.isupper())
        ended = 1.0 if character in ".!?" else ended * FADE
        held.append((inside, letters / 10, capital, ended))
    return np.array(held, float)


def one_hot(text, alphabet):
    """One row for each character: 1 in the character's column, 0 elsewhere. Returns (T, D)."""
    place = {character: k for k, character in enumerate(alphabet)}
    return np.eye(len(alphabet))[[place[character] for character in text]]


def run_cell(x, W_x, W_h, b, step=fn.lstm_step, h_0=0.0, c_0=0.0):
    """Read ``x (T, D)`` row by row from the states ``h_0`` and ``c_0``. Returns {i, f, g, o, c, h}, each (T, H).

    ``step`` takes and returns what ``lstm_step`` does. The gates are what the weights give at the states met.
    """
    H = len(W_h)
    h, c = np.zeros((2, len(x) + 1, H), W_x.dtype)
    h[0], c[0] = h_0, c_0
    for t, x_t in enumerate(x):
        h[t + 1 : t + 2], c[t + 1 : t + 2] = step(x_t[None], h[t : t + 1], c[t : t + 1], W_x, W_h, b)
    layers = {"i": fn.input_gate, "f": fn.forget_gate, "g": fn.candidate, "o": fn.output_gate}
    seen = {name: layer(x, h[:-1], W_x, W_h, b) for name, layer in layers.items()}
    return seen | {"c": c[1:], "h": h[1:]}


def what_moves_the_input_gate(alphabet):
    """How far the input gate of "inside quotes" moves at a quotation mark, when one thing changes at a time.

    Returns three numbers: another character comes next, the unit's last output was tanh(1), its cell state was 1.
    """
    weights = readable_cell(alphabet)
    gate = lambda read='""', **start: run_cell(one_hot(read, alphabet), *weights, **start)["i"][0, 0]  # noqa: E731
    moved = gate('"a'), gate(h_0=[np.tanh(1), 0, 0, 0]), gate(c_0=[1, 0, 0, 0])
    return [abs(value - gate()) for value in moved]


# ---------------------------------------------------------------- cells that are wrong and still run


def steps_with_mistakes():
    """The right step, and four classic mistakes that run without an error: what was written -> step function."""

    def layers(*given):
        return fn.input_gate(*given), fn.forget_gate(*given), fn.candidate(*given), fn.output_gate(*given)

    def no_tanh(x, h_prev, c_prev, *weights):
        i, f, g, o = layers(x, h_prev, *weights)
        c = f * c_prev + i * g
        return o * c, c

    def c_for_h(x, h_prev, c_prev, *weights):
        _, c = fn.lstm_step(x, h_prev, c_prev, *weights)
        return c, c

    def swapped(x, h_prev, c_prev, *weights):
        i, f, g, o = layers(x, h_prev, *weights)
        c = i * c_prev + f * g
        return o * np.tanh(c), c

    def c_not_carried(x, h_prev, c_prev, *weights):
        return fn.lstm_step(x, h_prev, np.zeros_like(c_prev), *weights)

    return {
        "right": fn.lstm_step,
        "h = o * c": no_tanh,
        "return c, c": c_for_h,
        "c = i * c_prev + f * g": swapped,
        "c_prev = 0 at each step": c_not_carried,
    }
