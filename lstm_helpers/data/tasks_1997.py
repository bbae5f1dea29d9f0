"""The tasks of the LSTM's first papers, drawn from the paper's own description; the adding problem is in ``tasks``.

Each function draws one batch from ``rng``, a NumPy generator, time-major and in float32. Symbols are one-hot: each task
names its ``SYMBOLS`` in the order of the columns. Sequences end at ``lengths`` (B,); beyond it x is 0.
Source: Hochreiter & Schmidhuber 1997, section 5, unless a function names another.
"""

import numpy as np

from lstm_helpers.data import tasks

REBER = "BTPSXVE"
GRAMMAR = (  # node -> (symbol, the node it leads to): figure 3 of the paper; the sixth node has only the way out
    (("B", 1),),
    (("T", 2), ("P", 3)),
    (("S", 2), ("X", 4)),
    (("T", 3), ("V", 5)),
    (("X", 3), ("S", 6)),
    (("P", 4), ("V", 6)),
    (("E", None),),
)
ORDER = "EBabcdXY"  # of ``temporal_order``


def one_hot(indices, symbols):
    """x (T, B, symbols) in float32 from ``indices (T, B)``; a row of zeros where an index is negative."""
    return (np.asarray(indices)[..., None] == np.arange(symbols)).astype(np.float32)


def padded(columns, fill=-1):
    """Lists of unequal length as the columns of one array (T, B), filled up with ``fill``; and their lengths (B,)."""
    lengths = np.array([len(column) for column in columns])
    held = np.full((lengths.max(), len(columns)), fill)
    for b, column in enumerate(columns):
        held[: lengths[b], b] = column
    return held, lengths


# ---------------------------------------------------------------- experiment 1: Reber's grammar


def reber_string(rng):
    """One string of Reber's grammar, and after each symbol the symbols that may follow: ("BTXSE", ["TP", ...])."""
    text, follow, node = "", [], 0
    while node is not None:
        symbol, node = GRAMMAR[node][rng.integers(len(GRAMMAR[node]))]
        text += symbol
        follow.append("" if node is None else "".join(next_symbol for next_symbol, _ in GRAMMAR[node]))
    return text, follow


def embedded_string(rng):
    """One string of the embedded grammar, B (T or P) <Reber string> (the same T or P) E, and what may follow where."""
    inner, follow = reber_string(rng)
    outer = "TP"[rng.integers(2)]
    return f"B{outer}{inner}{outer}E", ["TP", "B", *follow[:-1], outer, "E", ""]


def embedded_reber(rng, batch):
    """Strings of the embedded Reber grammar: after each symbol, say which may follow.

    The symbol before the last is the second one again, after a string of any length: to know it is to remember.
    Returns x (T, batch, 7), legal (T, batch, 7), 1 for each symbol that may follow, and lengths; the last symbol of a
    string is not read, as nothing follows it.
    Source: section 5.1; Reber 1967, "Implicit learning of artificial grammars".
    """
    return _predicting([embedded_string(rng) for _ in range(batch)])


def continual_reber(rng, strings, batch):
    """The same without ends: ``strings`` embedded strings after each other, with no sign where a new one begins.

    Returns x, legal and lengths as ``embedded_reber``. After the last E of a string, B follows.
    Source: Gers, Schmidhuber & Cummins 2000, "Learning to forget", section 4.
    """
    streams = []
    for _ in range(batch):
        drawn = [embedded_string(rng) for _ in range(strings)]
        text = "".join(text for text, _ in drawn) + "B"
        streams.append((text, [after or "B" for _, follow in drawn for after in follow] + [""]))
    return _predicting(streams)


def _predicting(drawn):
    """x, legal and lengths of strings and what may follow each symbol."""
    index, lengths = padded([[REBER.index(symbol) for symbol in text[:-1]] for text, _ in drawn])
    legal = np.zeros((*index.shape, len(REBER)), np.float32)
    marks = {}  # the row of legal symbols for each text of them
    for b, (_, follow) in enumerate(drawn):
        for after in set(follow[:-1]) - marks.keys():
            marks[after] = np.isin(list(REBER), list(after))
        legal[: lengths[b], b] = [marks[after] for after in follow[:-1]]
    return one_hot(index, len(REBER)), legal, lengths


# ---------------------------------------------------------------- experiment 2: long time lags


def two_words(rng, p, batch, *, regular=True):
    """One of two words, equal but for their first symbol, which comes again at their end: p steps later.

    The symbols are a_1 .. a_(p-1), x, y, as p + 1 columns. A word is y a_1 .. a_(p-1) y, or x a_1 .. a_(p-1) x; with
    regular=False the symbols between are drawn from the p - 1 at random. The net reads p symbols and predicts the next
    one at each step. Returns x (p, batch, p + 1) and target (p, batch), the index of the next symbol.
    Raises ValueError for p below 2.
    Source: section 5.2, experiments 2a and 2b.
    """
    if p < 2:
        raise ValueError(f"expected p of 2 or more, got {p}: between the two ends there is a symbol")
    word = np.empty((p + 1, batch), int)
    word[0] = word[p] = p - 1 + rng.integers(2, size=batch)
    word[1:p] = np.arange(p - 1)[:, None] if regular else rng.integers(p - 1, size=(p - 1, batch))
    return one_hot(word[:p], p + 1), word[1:]


def long_lag(rng, q, p, batch):
    """Remember one symbol over q or more distractors: b, (x or y), q + k of p distractors, e, the same x or y again.

    The columns are the p distractors, then b, e, x, y. k is drawn for each sequence: after each further distractor the
    next one ends it with probability 1/10. Returns x (T, batch, p + 4), target (batch,), 0 for x and 1 for y, and
    lengths: at its last step, e, a net says which of the two comes.
    Source: section 5.2, experiment 2c.
    """
    target = rng.integers(2, size=batch)
    columns = []
    for which in target:
        distractors = rng.integers(p, size=q + rng.geometric(0.1) - 1)
        columns.append([p, p + 2 + which, *distractors, p + 1])
    index, lengths = padded(columns)
    return one_hot(index, p + 4), target, lengths


# ---------------------------------------------------------------- experiment 3: two classes in noise

KINDS = ("plain", "noisy", "targets")  # experiments 3a, 3b and 3c


def two_sequences(rng, T, N, batch, kind="plain"):
    """Two classes, told apart by the first N of T numbers: +1 for the first, -1 for the second; the others are noise.

    The noise is normal with variance 0.2. kind: "plain" (3a): targets 1 and 0; "noisy" (3b): the first N numbers carry
    the noise too; "targets" (3c): as 3a with targets 0.2 and 0.8, to which noise of variance 0.1 is added in training.
    Returns x (T + T // 10, batch, 1), target (batch,) without noise, the same with the noise of "targets", and lengths
    from T to T + T // 10.
    Source: section 5.3.
    """
    if kind not in KINDS:
        raise ValueError(f"expected kind of {', '.join(KINDS)}, got {kind!r}")
    lengths = rng.integers(T, T + T // 10 + 1, batch)
    first = rng.integers(2, size=batch).astype(bool)
    value = rng.normal(0, np.sqrt(0.2), (T + T // 10, batch))
    shown = np.where(first, 1.0, -1.0)
    value[:N] = shown + value[:N] * (kind == "noisy")
    value[np.arange(len(value))[:, None] >= lengths] = 0
    low, high = ((0.2, 0.8), (0.0, 1.0))[kind != "targets"]
    target = np.where(first, low, high) if kind == "targets" else np.where(first, high, low)
    given = target + rng.normal(0, np.sqrt(0.1), batch) if kind == "targets" else target
    return value[..., None].astype(np.float32), target.astype(np.float32), given.astype(np.float32), lengths


# ---------------------------------------------------------------- experiments 5 and 6


def multiplication(rng, T, batch):
    """The adding problem with a product: two marked numbers from 0 to 1, and X1 * X2 asked at the end.

    Steps, markers, lengths, shapes and the error are those of ``tasks.adding``, but a mark on the first step counts as
    1, which leaves the product as it is.
    Source: section 5.5.
    """
    value, marker, lengths = tasks.marked(rng, T, batch, 0)
    target = np.where(marker == 1, value, 1).prod(axis=0)
    return np.stack([value, marker], axis=2).astype(np.float32), target.astype(np.float32), lengths


def temporal_order(rng, batch, marks=2):
    """Which of X and Y came when: two (or three) of them among a hundred random symbols, in 4 (or 8) orders.

    A sequence is E, then letters of a, b, c, d, and B; 100 to 110 symbols. X or Y stands at one place each of 10 to 20
    and 50 to 60 (three: 10 to 20, 33 to 43, 66 to 76). Returns x (110, batch, 8), the class (batch,), which reads the
    marks as a binary number (X is 0, Y is 1, the first one counts most), and lengths.
    Source: section 5.6, experiments 6a and 6b.
    """
    places = {2: (10, 50), 3: (10, 33, 66)}.get(marks)
    if places is None:
        raise ValueError(f"expected marks of 2 or 3, got {marks}")
    every, lengths = np.arange(batch), rng.integers(100, 111, batch)
    index = rng.integers(2, 6, (110, batch))
    index[0], index[lengths - 1, every] = 0, 1
    index[np.arange(110)[:, None] >= lengths] = -1
    target = np.zeros(batch, int)
    for start in places:
        mark = rng.integers(2, size=batch)
        index[rng.integers(start, start + 11, batch), every] = 6 + mark
        target = 2 * target + mark
    return one_hot(index, len(ORDER)), target, lengths


# ---------------------------------------------------------------- counting


def counting(rng, letters, low, high, batch):
    """Strings a^n b^n, or a^n b^n c^n, with n from ``low`` to ``high``: after each symbol, say which may follow.

    letters: 2 or 3. A string is S a..a b..b T. While the a come, a and b may follow; from the first b on, only a count
    tells. Columns: S, the letters, T. Returns x, legal, each (T, batch, letters + 2), and lengths; T is not read.
    Source: Gers & Schmidhuber 2001, "LSTM recurrent networks learn simple context-free and context-sensitive
    languages".
    """
    if letters not in (2, 3) or not 1 <= low <= high:
        raise ValueError(f"expected letters of 2 or 3 and 1 <= low <= high, got {letters}, {low} and {high}")
    columns = [[0, *np.repeat(np.arange(1, letters + 1), n), letters + 1] for n in rng.integers(low, high + 1, batch)]
    index, lengths = padded(columns)
    following = one_hot(index[1:], letters + 2)
    following[1:][index[1:-1] == 1, 1:3] = 1  # after an a
    return one_hot(np.where(index[:-1] == letters + 1, -1, index[:-1]), letters + 2), following, lengths - 1
