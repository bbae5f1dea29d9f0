"""Sheet 01: from characters to one-hot rows, the RNN step and its loop over time, and the price of a guess in bits.

Shapes: ``N`` characters of a text, ``V`` of the vocabulary, ``T`` time steps, ``B`` sequences, ``D`` input features,
``H`` units. The functions in front of each check are its readable answers; a later one calls the earlier ones.
"""

import numpy as np

from lstm_helpers.checks.cases import SIZES, finish, without_units
from lstm_helpers.checks.judge import two_decimals
from lstm_helpers.checks.sheet import Sheet, edit
from lstm_helpers.nn.functional import rnn_step

sheet = Sheet("sequences", exercise="01_sequences")

ROWS = without_units(SIZES)  # for functions of rows of V numbers
TIMES = (4, 4, 5, 6, 3, 5, 5, 3)  # time steps T of each of SIZES; never B, D or H but in the square case


def whole_numbers(got, want, case):
    """Comparison for numbers of symbols: the shape, an integer dtype, every value. Says what differs, or ""."""
    if got.shape != want.shape:
        return f"has shape {got.shape}, expected {want.shape}"
    if got.dtype.kind not in "iu":
        return f"has dtype {got.dtype}, expected integers: they are places in the vocabulary"
    wrong = got != want
    if not wrong.any():
        return ""
    at = tuple(int(k) for k in np.argwhere(wrong)[0])
    return f"[{', '.join(map(str, at))}] is {got[at]}, expected {want[at]} ({wrong.sum()} of {wrong.size} differ)"


def rnn_weights(rng, D, H):
    """W_x (D, H), W_h (H, H), b (H,): every bias distinct and none zero."""
    return {
        "W_x": rng.normal(size=(D, H)),
        "W_h": rng.normal(size=(H, H)),
        "b": rng.permutation(H) / H - 0.77,
    }


# ---------------------------------------------------------------- 1. characters become integers


def encode(codes, vocab):
    """codes (N,) of characters, vocab (V,) with each code once, in any order. Returns ids (N,): vocab[ids] is codes."""
    place = {code: k for k, code in enumerate(vocab)}
    return np.array([place[code] for code in codes])


@sheet.check(
    name="encode",
    oracle=encode,
    returns="ids",
    compare=whole_numbers,
    points=1,
    minutes=5,
    hints=[
        "The id of a character is its place in `vocab`, counted from 0.",
        "A dictionary finds places fast. `for k, code in enumerate(vocab)` runs through codes and places together.",
        "`place = {code: k for k, code in enumerate(vocab)}`, then look up `place[code]` for every code of `codes`, "
        "and make an array of the list.",
    ],
)
def encode_cases(rng):
    """The place of each character in the vocabulary."""
    letters = np.arange(97, 123)
    shapes = [
        ("an ordinary text", 12, 6),
        ("another text of the same length", 12, 6),
        ("a text of one character", 1, 4),
        ("a vocabulary of one character", 3, 1),
        ("as many characters as in the vocabulary", 5, 5),
        ("a long text", 100, 26),
    ]
    for label, N, V in shapes:
        vocab = rng.permutation(letters)[:V]
        if V > 2:
            vocab = np.roll(np.sort(vocab), 1)  # neither rising nor falling, whatever the seed
        yield label, {"codes": rng.choice(vocab, size=N), "vocab": vocab}
    vocab = np.array([122, 101, 32, 116, 97])
    yield "the text is part of the vocabulary", {"codes": vocab[[1, 3, 4, 3]], "vocab": vocab}
    beyond = np.array([8364, 97, 228, 0, 128512])  # a code is any number, not one byte
    yield "characters beyond the keyboard's", {"codes": beyond[[4, 0, 2, 1, 3, 0]], "vocab": beyond}


PLACE, LOOKED_UP = "{code: k for k, code in enumerate(vocab)}", "place[code] for code in codes"
encode_cases.wrong(
    "the vocabulary is taken to be sorted",
    lambda codes, vocab: np.searchsorted(np.sort(vocab), codes),
    "The place in `vocab` as it is given is asked, not the place in a sorted copy.",
)
encode_cases.wrong(
    "np.searchsorted in an unsorted vocabulary",
    lambda codes, vocab: np.searchsorted(vocab, codes),
    "np.searchsorted halves the array again and again, and that needs a sorted one: use a dictionary of places.",
)
encode_cases.wrong(
    "places are counted from 1", (PLACE, PLACE.replace("(vocab)", "(vocab, 1)")), "Python counts from 0: so do ids."
)
encode_cases.wrong(
    "the codes themselves are returned",
    (LOOKED_UP, "code for code in codes"),
    "A code such as 101 is not a place: with V symbols the ids run from 0 to V - 1.",
    plain=True,
)
encode_cases.wrong(
    "a new vocabulary is made from the text",
    (PLACE, PLACE.replace("(vocab)", "(np.unique(codes))")),
    "Use the vocabulary that is given: another text would give other numbers to the same letters.",
)
encode_cases.wrong(
    "the places where a character is found in the text",
    lambda codes, vocab: np.array([list(codes).index(code) for code in codes]),
    "Look in `vocab`, not in the text itself.",
)
encode_cases.wrong(
    "codes counted from the smallest",
    lambda codes, vocab: codes - vocab.min(),
    "Codes have gaps (no two letters of the vocabulary need be neighbours): look each one up.",
)
encode_cases.wrong(
    "the inverse: vocab at the place of the code",
    lambda codes, vocab: vocab[codes % len(vocab)],
    "`vocab[ids]` turns ids back into codes; here codes are given and ids are asked.",
)
encode_cases.wrong(
    "one row of True and False for each character",
    lambda codes, vocab: (codes[:, None] == vocab).astype(int),
    "That is one-hot, the next question. Here one integer is asked for each character: `.argmax(axis=1)` finds it.",
)
for _name, _axes in (("np.where gives an array for each character", "[:, None]"),
                     ("np.where gives a tuple with an array for each character", "[:, None, None]")):  # fmt: skip
    encode_cases.wrong(
        _name,
        (f"np.array([{LOOKED_UP}])", f"np.array([{LOOKED_UP}]){_axes}"),
        "np.where returns a tuple of arrays: `np.where(vocab == code)[0][0]` is the number inside.",
    )
for _name, _change, _advice in (
    (
        "the places in the text are numbered",
        lambda codes, vocab: np.arange(len(codes)),
        "The id is the place of the character in `vocab`, not its place in the text.",
    ),
    (
        "codes counted from 97",
        lambda codes, vocab: codes - 97,
        "Only the letters a to z in their order would start at 97. Look each code up in `vocab`.",
    ),
    (
        "the order that would sort the vocabulary",
        lambda codes, vocab: np.argsort(vocab)[np.searchsorted(np.sort(vocab), codes) - 1],
        "np.searchsorted with `- 1` points one place too far to the left: an equal value is found at its own place.",
    ),
    ("the first character alone", (LOOKED_UP, LOOKED_UP + "[:1]"), "Each of the N characters gets its id."),
    (
        "one id for each symbol of the vocabulary",
        lambda codes, vocab: (codes[:, None] == vocab).argmax(axis=0),
        "`codes[:, None] == vocab` is (N, V): search along the vocabulary, axis 1, to get one id for each character.",
    ),
):
    encode_cases.wrong(_name, _change, _advice)


def _place(codes, vocab):
    return (codes[:, None] == vocab).argmax(axis=1)


def _overwritten(codes, vocab):
    ids = codes.copy()
    for k, code in enumerate(vocab):
        ids[ids == code] = k
    return ids


def _by_table(size):
    def by_table(codes, vocab):
        table = np.zeros(size, dtype=int)
        table[vocab] = np.arange(len(vocab))
        return table[codes]

    return by_table


for _name, _change, _advice in (
    (
        "places are counted from the end",
        lambda codes, vocab: len(vocab) - 1 - _place(codes, vocab),
        "The first code of `vocab` has the id 0, the last one V - 1.",
    ),
    (
        "places are counted from the end, the last one as 1",
        lambda codes, vocab: len(vocab) - _place(codes, vocab),
        "The first code of `vocab` has the id 0, the last one V - 1.",
    ),
    (
        "each id is one too small",
        lambda codes, vocab: _place(codes, vocab) - 1,
        "The first code of `vocab` has the id 0: take nothing from its place.",
    ),
    (
        "the vocabulary is sorted the other way round",
        lambda codes, vocab: _place(codes, np.sort(vocab)[::-1]),
        "The place in `vocab` as it is given is asked: leave it in its order.",
    ),
    (
        "places in a sorted vocabulary, counted from 1",
        lambda codes, vocab: np.searchsorted(np.sort(vocab), codes, side="right"),
        "The place in `vocab` as it is given is asked, counted from 0: sort nothing.",
    ),
    (
        "the vocabulary has lost its order in a set",
        lambda codes, vocab: _place(codes, np.array(list(set(vocab.tolist())))),
        "A set keeps no order: run through `vocab` itself.",
    ),
    (
        "numbered in the order in which they come in the text",
        lambda codes, vocab: _place(codes, np.array(list(dict.fromkeys(codes.tolist())))),
        "Use the vocabulary that is given: another text would give other numbers to the same letters.",
    ),
    (
        "the ids are in reverse order",
        lambda codes, vocab: _place(codes, vocab)[::-1],
        "The first id belongs to the first character of the text.",
    ),
    (
        "the ids are sorted",
        lambda codes, vocab: np.sort(_place(codes, vocab)),
        "Keep the order of the text. `np.where(vocab[:, None] == codes)` lists the hits in the vocabulary's order.",
    ),
    (
        "the places in the text, in the order of the vocabulary",
        lambda codes, vocab: np.where(vocab[:, None] == codes)[1],
        "Those are places in the text. A place in `vocab` is asked, for one character of the text after the other.",
    ),
    (
        "the first place with another code",
        lambda codes, vocab: (codes[:, None] == vocab).argmin(axis=1),
        "np.argmin finds the first False, the first code that differs: np.argmax finds the one that is equal.",
    ),
    (
        "codes counted from the first of the vocabulary",
        lambda codes, vocab: codes - vocab[0],
        "Codes have gaps, and `vocab` is in any order: a difference of codes is no place. Look each one up.",
    ),
    (
        "codes counted from the smallest of the text",
        lambda codes, vocab: codes - codes.min(),
        "Codes have gaps, and `vocab` is in any order: a difference of codes is no place. Look each one up.",
    ),
    (
        "the code's remainder by V",
        lambda codes, vocab: codes % len(vocab),
        "A remainder is below V, but it is no place in `vocab`: look each code up.",
    ),
    (
        "every character gets the place of the smallest code",
        lambda codes, vocab: np.full(len(codes), vocab.argmin()),
        "The id has to depend on the character: look its code up. (np.argmin of differences needs their np.abs.)",
    ),
    (
        "every character gets the place of the largest code",
        lambda codes, vocab: np.full(len(codes), vocab.argmax()),
        "The id has to depend on the character: find where `vocab == code`, not where `vocab` is largest.",
    ),
    (
        "the count goes on from one character to the next",
        lambda codes, vocab: _place(codes, vocab) + len(vocab) * np.arange(len(codes)),
        "Begin to count at 0 again for each character.",
    ),
    (
        "an id that is written already is taken for a code",
        _overwritten,
        "An id may be equal to another character's code: write the ids into a new array, and compare `codes`.",
    ),
    (
        "a table of 128 places",
        _by_table(128),
        "A code may be any number. A dictionary needs no size; a table needs `vocab.max() + 1` places.",
    ),
    (
        "a table of 256 places",
        _by_table(256),
        "A code may be any number. A dictionary needs no size; a table needs `vocab.max() + 1` places.",
    ),
    (
        "the dictionary leads from places to codes",
        ("{code: k for", "{k: code for"),
        "A dictionary is asked by its keys: the code has to be the key and the place the value.",
    ),
    (
        "the dictionary is asked for a letter",
        (LOOKED_UP, "place[chr(code)] for code in codes"),
        "`vocab` and `codes` hold numbers, and so the keys are numbers: no chr.",
    ),
    (
        "a letter's code is asked of a code",
        (LOOKED_UP, "ord(code) for code in codes"),
        "`codes` holds numbers already: no ord. Look up the place of each one in `vocab`.",
    ),
    (
        "an array has no index",
        (LOOKED_UP, "vocab.index(code) for code in codes"),
        "Lists have `.index`: `list(vocab).index(code)`. Or use a dictionary of places.",
    ),
    (
        "the codes are used as places",
        lambda codes, vocab: vocab[codes],
        "`vocab[ids]` turns places into codes. Here the codes are given, and their places are asked.",
    ),
    (
        "the order that sorts the text",
        lambda codes, vocab: np.argsort(codes),
        "np.argsort of the text says nothing of `vocab`: look each code up there.",
    ),
):
    encode_cases.wrong(_name, _change, _advice, alone=True)
encode_cases.wrong(
    "every id is 0",
    lambda codes, vocab: 0 * codes,
    "The id has to depend on the character. If you compare, compare with the codes of `vocab`, not with places.",
    plain=True,
)
encode_cases.wrong(
    "every id is 1",
    lambda codes, vocab: 0 * codes + 1,
    "The id has to depend on the character: its place in `vocab`, not how often it is there.",
    plain=True,
)


# ---------------------------------------------------------------- 2. integers become rows


def one_hot(ids, vocab):
    """ids of any shape (...), vocab (V,). Returns (..., V): 1 at the place that the id names, 0 elsewhere."""
    return np.eye(len(vocab))[ids]


def _codes(rng, V):
    """A vocabulary of V codes with gaps between them, in no order."""
    return rng.permutation(np.arange(97, 123))[:V]


@sheet.check(
    name="one_hot",
    oracle=one_hot,
    returns="x",
    points=1,
    minutes=4,
    hints=[
        "Row `k` of the unit matrix has its 1 in column `k`. `np.eye` makes unit matrices.",
        "An array of integers may be used as an index: `a[ids]` takes one row of `a` for each id, and keeps the shape.",
        "`np.eye(len(vocab))`, indexed with `ids`.",
    ],
)
def one_hot_cases(rng):
    """A row of V numbers for each id: one 1, else 0."""
    for (label, B, V, _), T in zip(ROWS, TIMES, strict=True):
        if label.startswith("large") or label == "float32":
            continue  # ids have no size and no precision
        ids = rng.integers(V - 1, size=(T, B))
        ids[0, 0] = 1  # the last symbol never occurs; one that is not the first does
        yield label, {"ids": ids, "vocab": _codes(rng, V)}
    yield "one axis", {"ids": np.array([2, 0, 4, 4, 1]), "vocab": _codes(rng, 7)}
    yield "three axes", {"ids": rng.integers(4, size=(3, 2, 5)), "vocab": _codes(rng, 4)}
    yield "the last symbol occurs", {"ids": np.array([[4, 0], [3, 4], [1, 2]]), "vocab": _codes(rng, 5)}


EYE = "np.eye(len(vocab))[ids]"
one_hot_cases.wrong(
    "the length of a row is taken from the ids",
    (EYE, "np.eye(ids.max() + 1)[ids]"),
    "A symbol that does not occur needs its column too: the rows have `len(vocab)` numbers.",
)
one_hot_cases.wrong(
    "ones and zeros are exchanged", (EYE, f"1 - {EYE}"), "One 1 in each row, at the id, and zeros elsewhere."
)
one_hot_cases.wrong(
    "the ids stand in the row",
    (EYE, "ids[..., None] * " + EYE),
    "The number is always 1; its place says which symbol it is. A larger number would mean 'more'.",
)
one_hot_cases.wrong(
    "counted from 1",
    (EYE, "np.eye(len(vocab))[ids - 1]"),
    "Id 0 has its 1 in column 0.",
)
one_hot_cases.wrong(
    "the symbols come first", (EYE, f"np.moveaxis({EYE}, -1, 0)"), "The V numbers of a symbol lie on the last axis."
)
one_hot_cases.wrong(
    "a staircase of ones",
    (EYE, "np.tri(len(vocab))[ids]"),
    "Only the place of the id itself is 1. Ones below it would say that the symbols have an order.",
)
one_hot_cases.wrong(
    "all axes but the last are run together",
    (EYE, "np.eye(len(vocab))[ids.ravel()]"),
    "Keep the shape of `ids` and add one axis: (T, B) becomes (T, B, V).",
)
one_hot_cases.wrong(
    "x is 0 everywhere",
    (EYE, "(ids[..., None] == vocab).astype(float)"),
    "Each row needs its 1. An id is a place, 0 to V - 1, and never equal to a code such as 101: compare it "
    "with `np.arange(len(vocab))`.",
    plain=True,
)
one_hot_cases.wrong(
    "one row of numbers for each row of ids",
    lambda ids, vocab: np.array([np.isin(np.arange(len(vocab)), some) * 1.0 for some in ids]),
    "`x[n, ids[n]] = 1` writes the ones of a whole row of ids: `ids` (T, B) has to give (T, B, V).",
)
one_hot_cases.wrong(
    "every row holds the ones of all ids",
    lambda ids, vocab: np.zeros((*ids.shape, len(vocab))) + np.isin(np.arange(len(vocab)), ids),
    "`x[..., ids] = 1` writes the columns of all ids into every row. A row gets the 1 of its own id alone.",
)
one_hot_cases.wrong(
    "vocab stands for its length",
    (EYE, "np.eye(vocab)[ids]"),
    "np.eye takes the number of rows: `len(vocab)`.",
)
one_hot_cases.wrong(
    "all times are summed",
    (EYE, f"{EYE}.sum(axis=0)"),
    "A sum over time is a bag of letters: it has forgotten the order.",
)
for _name, _change, _advice in (
    (
        "one column more than there are symbols",
        (EYE, "np.eye(len(vocab) + 1)[ids]"),
        "Ids run from 0 to V - 1, so V columns are enough: `len(vocab)`.",
    ),
    (
        "the code stands in the row",
        (EYE, EYE + " * vocab"),
        "The number in the row is always 1. Which symbol it is shows in the column alone.",
    ),
    (
        "as many columns as the largest code",
        lambda ids, vocab: np.eye(vocab.max() + 1)[vocab[ids]],
        "Ids are places already, and the rows have V numbers: neither codes nor `vocab.max()` are needed here.",
    ),
    (
        "an axis of size 1 too many",
        (EYE, "np.eye(len(vocab))[ids[..., None]]"),
        "Indexing adds the axis of size V by itself: `ids` needs no `[..., None]` here.",
    ),
    (
        "the columns count from the right",
        (EYE, "np.eye(len(vocab))[:, ::-1][ids]"),
        "Id 0 has its 1 in the first column from the left.",
    ),
    (
        "the rows of a step are put end to end",
        (EYE, f"{EYE}.reshape(len(ids), -1)"),
        "Keep every axis of `ids` and add one of size V: (T, B) becomes (T, B, V).",
    ),
):
    one_hot_cases.wrong(_name, _change, _advice)


def _first_alone(ids, vocab):
    x = np.zeros((*ids.shape, len(vocab)))
    x[(0,) * ids.ndim][ids.flat[0]] = 1
    return x


def _rows_and_ids(ids, vocab):
    x = np.zeros((len(ids), len(vocab)))
    x[np.arange(len(ids)), ids] = 1
    return x


def _by_rows(ids, vocab):
    x = np.zeros((*ids.shape, len(vocab)))
    x[ids] = 1
    return x


def _by_columns(ids, vocab):
    x = np.zeros((*ids.shape, len(vocab)))
    x[:, ids] = 1
    return x


def _two_axes(ids, vocab):
    T, B = ids.shape
    return np.eye(len(vocab))[ids].reshape(T, B, len(vocab))


def _second_axis(ids, vocab):
    return np.eye(len(vocab))[ids].reshape(ids.shape[0], ids.shape[1], len(vocab))


def _put_without_axis(ids, vocab):
    x = np.zeros((*ids.shape, len(vocab)))
    np.put_along_axis(x, ids, 1, axis=-1)
    return x


def _not_cleared(ids, vocab):
    rows = np.eye(len(vocab))[ids.ravel()]
    return np.maximum.accumulate(rows).reshape(*ids.shape, len(vocab))


for _name, _new, _advice in (
    (
        "the ones stand one column to the right",
        "np.eye(len(vocab))[ids + 1]",
        "Id 0 has its 1 in column 0: `ids` as it is.",
    ),
    (
        "the ones stand one column to the right, and that of the last symbol is lost",
        "np.eye(len(vocab), k=1)[ids]",
        "Id 0 has its 1 in column 0: np.eye needs no `k`.",
    ),
    (
        "the ones stand one column to the left, and that of the first symbol is lost",
        "np.eye(len(vocab), k=-1)[ids]",
        "Id 0 has its 1 in column 0: np.eye needs no `k`.",
    ),
    (
        "ones up to the place, without the place itself",
        "np.tri(len(vocab), k=-1)[ids]",
        "Only the place of the id itself is 1. Ones before it would say that the symbols have an order.",
    ),
    (
        "ones from the place on",
        "np.tri(len(vocab)).T[ids]",
        "Only the place of the id itself is 1. Ones after it would say that the symbols have an order.",
    ),
    (
        "ones behind the place, without the place itself",
        "np.tri(len(vocab), k=-1).T[ids]",
        "Only the place of the id itself is 1. Ones after it would say that the symbols have an order.",
    ),
    ("the columns count from the end, from 0", "np.eye(len(vocab))[-ids]", "Id k has its 1 in column k: no minus."),
    ("-1 in place of 1", f"-{EYE}", "Each row has one 1, and it is positive."),
    (
        "the ids, counted from 1, stand in the row",
        "(ids + 1)[..., None] * " + EYE,
        "The number is always 1; its place says which symbol it is. A larger number would mean 'more'.",
    ),
    (
        "divided by the sum of the whole array",
        f"{EYE} / ids.size",
        "The number is 1 in each row, however many rows there are.",
    ),
    (
        "as many columns as there are rows of ids",
        "np.eye(len(ids))[ids]",
        "The rows have one number for each symbol: `len(vocab)`, not `len(ids)`.",
    ),
    (
        "as many columns as there are ids",
        "np.eye(ids.size)[ids]",
        "The rows have one number for each symbol: `len(vocab)`, not `ids.size`.",
    ),
    (
        "as many columns as the largest id",
        "np.eye(ids.max())[ids]",
        "Ids count from 0, and a symbol that does not occur needs its column too: `len(vocab)` columns.",
    ),
    (
        "as many columns as different ids",
        "np.eye(len(np.unique(ids)))[ids]",
        "A symbol that does not occur needs its column too: the rows have `len(vocab)` numbers.",
    ),
    (
        "one column too few",
        "np.eye(len(vocab) - 1)[ids]",
        "Ids run from 0 to V - 1, which are V columns: `len(vocab)`.",
    ),
    (
        "as many columns as the largest code, at the ids",
        "np.eye(vocab.max())[ids]",
        "The codes have no part here: the rows have one number for each symbol, `len(vocab)`.",
    ),
    (
        "all axes are turned round",
        f"{EYE}.T",
        "`.T` turns all axes round. Indexing puts the V numbers on the last axis by itself.",
    ),
    (
        "the ids are transposed",
        "np.eye(len(vocab))[ids.T]",
        "Keep the order of the axes of `ids`: (T, B) becomes (T, B, V).",
    ),
    (
        "the first two axes are exchanged",
        f"np.swapaxes({EYE}, 0, 1)",
        "Keep the order of the axes of `ids` and add one of size V at the end.",
    ),
    (
        "the symbols lie on the last axis but one",
        f"np.swapaxes({EYE}, -1, -2)",
        "The V numbers of a symbol lie on the last axis.",
    ),
    (
        "the numbers are put into another shape, not onto other axes",
        f"{EYE}.reshape(len(vocab), *ids.shape)",
        "The V numbers of a symbol lie on the last axis, and reshape moves no axis: it deals the numbers out anew.",
    ),
    ("all numbers in one row", f"{EYE}.ravel()", "Keep the shape of `ids` and add one axis: (T, B) becomes (T, B, V)."),
    (
        "the last axis of ids is summed",
        f"{EYE}.sum(axis=-2)",
        "Each id has a row of its own. A sum of rows is a bag of letters: it has forgotten which came where.",
    ),
    ("the unit matrix itself", "np.eye(len(vocab))", "Index the unit matrix with `ids`: one of its rows for each id."),
    (
        "the codes take rows of the unit matrix",
        "np.eye(len(vocab))[vocab]",
        "The ids take the rows. A code such as 101 is no place.",
    ),
    (
        "the ids' codes take rows of the unit matrix",
        "np.eye(len(vocab))[vocab[ids]]",
        "Ids are places already. A code such as 101 is none.",
    ),
    (
        "the size is a shape",
        "np.eye(vocab.shape)[ids]",
        "np.eye takes the number of rows, not a shape: `len(vocab)`.",
    ),
    (
        "the first row of ids alone",
        "np.eye(len(vocab))[ids[0]]",
        "Every id gets its row: index with the whole of `ids`.",
    ),
):
    one_hot_cases.wrong(_name, (EYE, _new), _advice, alone=True)
for _name, _change, _advice in (
    (
        "the first id alone gets its 1",
        _first_alone,
        "Every row needs its 1: does the loop end too early, at a `return` that stands inside it?",
    ),
    (
        "rows and ids that do not fit together",
        _rows_and_ids,
        "`np.arange(len(ids))` fits ids of one axis alone, but they may have any shape. Use `np.eye(len(vocab))[ids]`.",
    ),
    (
        "the ids name whole rows",
        _by_rows,
        "`x[ids] = 1` fills rows along the first axis. The id is a column, on the last axis of its own row.",
    ),
    (
        "the ids name the second axis",
        _by_columns,
        "`x[:, ids] = 1` writes along axis 1, for all rows. A row gets the 1 of its own id alone, on the last axis.",
    ),
    (
        "ids are taken to have two axes",
        _two_axes,
        "`ids` may have any shape: `ids.shape` is not always `T, B`. np.eye(len(vocab))[ids] works for each.",
    ),
    (
        "a second axis is asked for where there is one only",
        _second_axis,
        "`ids` may have any shape: `ids.shape[1]` is not always there. np.eye(len(vocab))[ids] works for each.",
    ),
    (
        "ids have an axis too few for put_along_axis",
        _put_without_axis,
        "np.put_along_axis wants as many axes in both: `ids[..., None]`.",
    ),
    (
        "the ones of the rows before stay",
        _not_cleared,
        "Begin each row with zeros: it gets the 1 of its own id alone.",
    ),
):
    one_hot_cases.wrong(_name, _change, _advice)
one_hot_cases.wrong(
    "x is 1 everywhere",
    (EYE, f"0 * {EYE} + 1"),
    "One 1 in each row, at the id, and zeros elsewhere: begin with np.zeros.",
    plain=True,
)


# ---------------------------------------------------------------- 3. what is read, what is to be guessed


def next_pairs(ids):
    """ids (T + 1, B), one text a column. Returns inputs and targets, each (T, B): the target is what comes next."""
    return ids[:-1], ids[1:]


@sheet.check(
    name="next_pairs",
    oracle=next_pairs,
    returns=("inputs", "targets"),
    compare=whole_numbers,
    points=1,
    minutes=4,
    hints=[
        "The character after the last one is not known, so the last one is never an input. Which is never a target?",
        "Time is the first axis. Both results have one row less than `ids`.",
        "`ids[:-1]` is everything but the last row, `ids[1:]` everything but the first.",
    ],
)
def next_pairs_cases(rng):
    """Inputs, and as targets the same texts one step later."""
    shapes = [
        ("an ordinary batch", 5, 3),
        ("other values of the same shape", 5, 3),
        ("one time step", 2, 4),
        ("one text", 7, 1),
        ("a square", 4, 4),
        ("more texts than steps", 3, 6),
    ]
    for label, rows, B in shapes:
        yield label, {"ids": rng.permutation(rows * B).reshape(rows, B) + 1}


PAIR = "ids[:-1], ids[1:]"
INPUT, TARGET = "return ids[:-1]", ", ids[1:]"  # one side alone: slips on both sides make a pair
next_pairs_cases.wrong(
    "inputs and targets are exchanged",
    (PAIR, "ids[1:], ids[:-1]"),
    "The target is the character that comes after the input.",
)
next_pairs_cases.wrong(
    "the batch is shifted, not the time",
    (PAIR, "ids[:, :-1], ids[:, 1:]"),
    "Time is the first axis: cut rows.",
)
next_pairs_cases.wrong(
    "the batch comes first in the result",
    (PAIR, "ids[:-1].T, ids[1:].T"),
    "Time stays the first axis: both results are (T, B), without `.T`.",
)
next_pairs_cases.wrong(
    "the target is the input",
    (TARGET, ", ids[:-1]"),
    "A network that may see its target learns to copy: the target lies one step later, `ids[1:]`.",
)
next_pairs_cases.wrong(
    "the last input is left in",
    (INPUT, "return ids"),
    "The last character has no next one: leave it out of the inputs.",
    plain=True,
)
next_pairs_cases.wrong(
    "the end is joined to the beginning",
    (PAIR, "ids, np.roll(ids, -1, axis=0)"),
    "np.roll brings the first character to the end, as if it came after the last. Both results have T rows.",
)
next_pairs_cases.wrong(
    "every second character",
    (PAIR, "ids[:-1:2], ids[1::2]"),
    "Each character but the last is an input, and each but the first a target: the pairs overlap.",
)
next_pairs_cases.wrong(
    "the last row is the target of every input",
    (TARGET, ", ids[-1:]"),
    "`ids[-1:]` is the last row alone; `ids[1:]` is everything from the second row on.",
)
next_pairs_cases.wrong(
    "1 is added to the id",
    (TARGET, ", (ids[:-1] + 1)"),
    "The next character of the text is asked, not the next one of the vocabulary: `ids[1:]`.",
)
next_pairs_cases.wrong(
    "one step is lost", (PAIR, "ids[:-2], ids[1:-1]"), "Of T + 1 rows T pairs can be made: stop at `-1`, not earlier."
)
for _name, _change, _advice in (
    (
        "the input is the target",
        (INPUT, "return ids[1:]"),
        "The input is what was read before the target: everything but the last row, `ids[:-1]`.",
    ),
    (
        "the target lies two steps later",
        (PAIR, "ids[:-2], ids[2:]"),
        "The next character is one row on: `ids[:-1]` and `ids[1:]`.",
    ),
    (
        "two steps later, and one target is missing",
        (TARGET, ", ids[2:]"),
        "Python counts from 0, so that `ids[1:]` begins with the second character, the first target.",
    ),
    (
        "the first character is skipped",
        (PAIR, "ids[1:-1], ids[2:]"),
        "The first character is an input too: `ids[:-1]`.",
    ),
    (
        "np.roll moves backwards in time",
        (TARGET, ", np.roll(ids, 1, axis=0)[:-1]"),
        "np.roll by 1 brings the character before: the one after is `ids[1:]`.",
    ),
    (
        "np.roll without an axis",
        (TARGET, ", np.roll(ids, -1)[:-1]"),
        "Without `axis` np.roll runs through all texts as one long row: cut rows, `ids[1:]`.",
    ),
    (
        "the last target is the first character",
        (TARGET, ", np.concatenate([ids[1:-1], ids[:1]])"),
        "The last target is the last character of the text: `ids[1:]`.",
    ),
    (
        "the first two rows alone",
        (PAIR, "ids[0], ids[1]"),
        "A colon is missing: `ids[1]` is one row, `ids[1:]` is every row from there on.",
    ),
    (
        "a first half and a second half",
        lambda ids: (ids[: len(ids) // 2], ids[len(ids) // 2 :]),
        "Every character but the last is an input, and its target is the row right after it.",
    ),
    (
        "all texts in one row",
        (PAIR, "ids[:-1].ravel(), ids[1:].ravel()"),
        "Keep the texts apart, one a column: both results are (T, B).",
    ),
    (
        "time runs backwards",
        (PAIR, "ids[:-1][::-1], ids[1:][::-1]"),
        "Leave the rows in their order: the first input is the first character.",
    ),
    (
        "the last row alone is the target",
        (TARGET, ", ids[-1]"),
        "`ids[-1]` is the last row alone; each input has its own target, `ids[1:]`.",
    ),
):
    next_pairs_cases.wrong(_name, _change, _advice)


for _name, _new, _advice in (
    ("one input is missing at the end", "ids[:-2]", "Of T + 1 rows T are inputs, all but the last: `ids[:-1]`."),
    (
        "the first row alone is the input",
        "ids[0]",
        "A colon is missing: every row but the last is an input, `ids[:-1]`.",
    ),
    ("the inputs are the first row alone", "ids[:1]", "Every row but the last is an input: `ids[:-1]`."),
    ("the inputs are the last row alone", "ids[-1:]", "Every row but the last is an input: `ids[:-1]`."),
    (
        "the inputs run backwards",
        "ids[:-1][::-1]",
        "Leave the rows in their order: the first input is the first character.",
    ),
):
    next_pairs_cases.wrong(_name, (INPUT, f"return {_new}"), _advice)
for _name, _new, _advice in (
    ("the last target is missing", "ids[1:-1]", "The last character is a target too: `ids[1:]`."),
    ("the second row alone is the target", "ids[1]", "A colon is missing: `ids[1:]` is every row from the second on."),
    ("the first row alone is the target", "ids[0]", "Each input has its own target, one row later: `ids[1:]`."),
    (
        "the targets run backwards",
        "ids[1:][::-1]",
        "Leave the rows in their order: the first target is the second character.",
    ),
    (
        "the targets are the text read backwards",
        "ids[::-1][1:]",
        "The next character is one row further on: `ids[1:]`.",
    ),
    (
        "the difference to the next id",
        "np.diff(ids, axis=0)",
        "The next id itself is asked: ids are names, and the difference of two names says nothing.",
    ),
    (
        "np.roll along the batch",
        "np.roll(ids, -1, axis=1)[:-1]",
        "That brings the neighbouring text, not the next character: time is the first axis.",
    ),
    (
        "1 is added to every id",
        "(ids + 1)",
        "The next character of the text is asked, not the next one of the vocabulary.",
    ),
):
    next_pairs_cases.wrong(_name, (TARGET, f", {_new}"), _advice)
next_pairs_cases.wrong(
    "the first target is left in",
    (TARGET, ", ids"),
    "The first character comes after nothing: leave it out of the targets.",
    plain=True,
)
next_pairs_cases.wrong(
    "nothing is cut off",
    lambda ids: (ids, ids),
    "The last character is never an input, the first one never a target: cut a row from each.",
    plain=True,
)


def _side_by_side(ids):
    T = ids.shape[1]
    return ids[:T], ids[1 : T + 1]


for _name, _change, _advice in (
    (
        "pairs that do not overlap",
        lambda ids: (ids[::2], ids[1::2]),
        "Each character but the last is an input, and each but the first a target: the pairs overlap.",
    ),
    (
        "a first half and a second half, the first one larger",
        lambda ids: tuple(np.array_split(ids, 2)),
        "Every character but the last is an input, and its target is the row right after it.",
    ),
    (
        "np.roll brings the character before",
        lambda ids: (ids, np.roll(ids, 1, axis=0)),
        "np.roll by 1 brings the character before, and the last one to the top. Both results have T rows.",
    ),
    (
        "np.roll without an axis, and nothing is cut off",
        lambda ids: (ids, np.roll(ids, -1)),
        "Without `axis` np.roll runs through all texts as one long row: cut rows, `ids[:-1]` and `ids[1:]`.",
    ),
    (
        "the end is filled up with zeros",
        lambda ids: (ids, np.concatenate([ids[1:], 0 * ids[:1]])),
        "0 is a character's id too. What comes after the last is not known: both results have T rows.",
    ),
    (
        "the beginning is filled up with zeros",
        lambda ids: (np.concatenate([0 * ids[:1], ids[:-1]]), ids),
        "0 is a character's id too. The first character is an input and no target: both results have T rows.",
    ),
    (
        "the last character follows itself",
        lambda ids: (ids, np.concatenate([ids[1:], ids[-1:]])),
        "What comes after the last character is not known: leave it out of the inputs. Both results have T rows.",
    ),
    (
        "the batch is shifted, and then transposed",
        lambda ids: (ids[:, :-1].T, ids[:, 1:].T),
        "Time is the first axis: cut rows, and leave the axes as they are.",
    ),
    (
        "the texts are put end to end before they are cut",
        lambda ids: (ids.ravel()[:-1], ids.ravel()[1:]),
        "Keep the texts apart, one a column: both results are (T, B).",
    ),
    (
        "the first text alone",
        lambda ids: (ids[:-1, 0], ids[1:, 0]),
        "All B texts are asked, one a column: cut rows, and no columns.",
    ),
    (
        "the first text alone, as a column",
        lambda ids: (ids[:-1, :1], ids[1:, :1]),
        "All B texts are asked, one a column: cut rows, and no columns.",
    ),
    (
        "time and batch are both cut",
        lambda ids: (ids[:-1, :-1], ids[1:, 1:]),
        "Only time is shifted: cut rows, and no columns.",
    ),
    (
        "the number of steps is taken from the batch",
        _side_by_side,
        "`ids.shape` is (T + 1, B): the steps are `len(ids) - 1`. `ids[:-1]` needs no number.",
    ),
    (
        "the first row and the last",
        lambda ids: (ids[0], ids[-1]),
        "Every row but the last is an input, and every row but the first a target.",
    ),
    (
        "the rows come in an axis of their own at the end",
        lambda ids: (ids[:-1, :, None], ids[1:, :, None]),
        "Both results are (T, B), as `ids` is but for one row: no axis is added.",
    ),
):
    next_pairs_cases.wrong(_name, _change, _advice)


# ---------------------------------------------------------------- 4. one step


@sheet.check(
    name="rnn_step",
    oracle=rnn_step,
    returns="h",
    ranges={"h": (-1, 1)},
    points=2,
    minutes=8,
    hints=[
        "Three things are added up: what the input says, what the previous hidden state says, and the bias.",
        "(B, D) @ (D, H) gives (B, H); so does (B, H) @ (H, H); b is (H,) and is added to each row.",
        "`np.tanh` of `x @ W_x + h_prev @ W_h + b`.",
    ],
)
def rnn_step_cases(rng):
    """One step of the plain RNN."""
    for label, B, D, H in SIZES:
        case = {"x": rng.normal(size=(B, D)), "h_prev": rng.uniform(-1, 1, size=(B, H)), **rnn_weights(rng, D, H)}
        yield finish(label, case)


STEP = "x @ W_x + h_prev @ W_h + b"
NO_PAST, NO_INPUT = "h_prev @ W_h is missing", "x @ W_x is missing"
STEP_SLIPS = {  # name: (edit of rnn_step, advice); each is a slip of the whole loop too
    NO_PAST: (
        (" + h_prev @ W_h", ""),
        "Without `h_prev @ W_h` nothing of the past comes in: it is no recurrent network.",
    ),
    NO_INPUT: (("x @ W_x + ", ""), "The step reads the input: add `x @ W_x`."),
    "the bias is missing": ((" + b", ""), "Add `b` inside the brackets."),
    "the sum is not squashed": (("np.tanh(", "("), "Put the sum through `np.tanh`."),
    "the sigmoid in place of tanh": (
        (f"np.tanh({STEP})", f"1 / (1 + np.exp(-({STEP})))"),
        "A hidden value may be negative: tanh runs from -1 to 1.",
    ),
    "the two parts are squashed apart": (
        ("@ W_x + h_prev", "@ W_x) + np.tanh(h_prev"),
        "Add everything up first, then squash once.",
    ),
    "the bias is added after squashing": ((" + b)", ") + b"), "Add `b` inside the brackets, then squash."),
    "W_h is transposed": (("@ W_h", "@ W_h.T"), "`h_prev @ W_h`: (B, H) @ (H, H), without `.T`."),
    "the old state is added to the new": (
        (f"np.tanh({STEP})", f"h_prev + np.tanh({STEP})"),
        "The plain RNN writes its state anew at each step; what it keeps of the past comes through W_h.",
    ),
    "the bias is subtracted": ((" + b", " - b"), "The bias is added."),
    "the ReLU in place of tanh": (
        (f"np.tanh({STEP})", f"np.maximum(0, {STEP})"),
        "The ReLU cuts off what is negative and lets the rest grow without end: this network has `np.tanh`.",
    ),
    "the old state goes through W_h together with the input": (
        (STEP, "(x @ W_x + h_prev) @ W_h + b"),
        "Mind the brackets: W_h multiplies `h_prev` alone.",
    ),
    "[h_prev, x] meets W_x above W_h": (
        (STEP, "np.concatenate([h_prev, x], axis=1) @ np.concatenate([W_x, W_h]) + b"),
        "If you join h_prev and x, join the matrices in the same order: W_h above W_x.",
    ),
}
for _name, (_change, _advice) in STEP_SLIPS.items():
    rnn_step_cases.wrong(_name, _change, _advice)
rnn_step_cases.wrong(
    "the bracket of tanh closes after the input's part",
    (f"np.tanh({STEP})", "np.tanh(x @ W_x) + h_prev @ W_h + b"),
    "Add everything up inside the brackets of np.tanh: one pair around the whole sum.",
)
rnn_step_cases.wrong(
    "value by value in place of the product",
    ("h_prev @ W_h", "h_prev * np.diag(W_h)"),
    "`@` lets every unit read every other: `h_prev @ W_h`.",
)
rnn_step_cases.wrong(
    "W_x and W_h are exchanged",
    (STEP, "x @ W_h + h_prev @ W_x + b"),
    "W_x (D, H) belongs to x (B, D), W_h (H, H) to h_prev (B, H). Where D = H the mistake raises no error.",
)
for _name, _change, _advice in (
    (
        "the two parts are multiplied",
        (STEP, "(x @ W_x) * (h_prev @ W_h) + b"),
        "What the input says and what the past says are added up.",
    ),
    ("the bias is added twice", ("+ b", "+ b + b"), "Add `b` once, to the whole sum."),
    (
        "the past is subtracted",
        ("+ h_prev @ W_h", "- h_prev @ W_h"),
        "All three parts are added; a negative weight in `W_h` is how the past can count against the input.",
    ),
    (
        "the old state does not go through W_h",
        ("h_prev @ W_h", "h_prev"),
        "The previous state is multiplied by its own matrix: `h_prev @ W_h`.",
    ),
    (
        "the old state is squashed again",
        ("h_prev @ W_h", "np.tanh(h_prev) @ W_h"),
        "`h_prev` is the result of a tanh already: use it as it is.",
    ),
    (
        "the sum is squashed twice",
        (f"np.tanh({STEP})", f"np.tanh(np.tanh({STEP}))"),
        "Take `np.tanh` once, of the whole sum.",
    ),
    (
        "arctan in place of tanh",
        ("np.tanh", "np.arctan"),
        "The hyperbolic tangent is `np.tanh`; arctan is the inverse of the tangent.",
    ),
    ("tan in place of tanh", ("np.tanh", "np.tan"), "The hyperbolic tangent is `np.tanh`, with an h."),
    (
        "the result is (H, B)",
        (STEP, "W_x.T @ x.T + W_h.T @ h_prev.T + b[:, None]"),
        "Here samples are rows: `x @ W_x + h_prev @ W_h + b`, without a `.T`, gives (B, H).",
    ),
    (
        "the input goes through W_h too",
        (STEP, "(x @ W_x + b) @ W_h + h_prev"),
        "Mind which matrix belongs to what: `x @ W_x`, and `h_prev @ W_h`.",
    ),
    ("one bias for all units", ("+ b", "+ b[0]"), "Each unit has a bias of its own: add the whole `b`, (H,)."),
    (
        "value by value: the past times the bias",
        ("h_prev @ W_h", "h_prev * b"),
        "The past goes through its matrix, `h_prev @ W_h`; the bias is only added.",
    ),
    (
        "[x, h_prev] meets W_h above W_x",
        (STEP, "np.concatenate([x, h_prev], axis=1) @ np.concatenate([W_h, W_x]) + b"),
        "If you join x and h_prev, join the matrices in the same order: W_x above W_h.",
    ),
    (
        "three separate tanh",
        (f"np.tanh({STEP})", "np.tanh(x @ W_x) + np.tanh(h_prev @ W_h) + np.tanh(b)"),
        "Add everything up first, then take one tanh of the sum.",
    ),
    (
        "the mean of the two parts",
        (STEP, "(x @ W_x + h_prev @ W_h) / 2 + b"),
        "The parts are added, not averaged.",
    ),
    (
        "the new state is written into h_prev",
        (f"return np.tanh({STEP})", f"h_prev[:] = np.tanh({STEP})\n    return h_prev"),
        "`h_prev[:] = ...` overwrites the caller's array: return a new one.",
    ),
    (
        "the mean over the batch",
        (f"np.tanh({STEP})", f"np.tanh({STEP}).mean(axis=0)"),
        "Each sample has a state of its own: the result is (B, H).",
    ),
):
    rnn_step_cases.wrong(_name, _change, _advice)


TANH = f"np.tanh({STEP})"
MORE_STEP_SLIPS = {  # name: (what stands in the place of np.tanh(the sum), advice); they are slips of the loop as well
    "the result has the opposite sign": (f"-{TANH}", "No minus: the new state is np.tanh of the sum itself."),
    "tanh of half the sum": (
        f"np.tanh(({STEP}) / 2)",
        "Halve nothing: in tanh z = (e^2z - 1) / (e^2z + 1) the exponent is 2z. np.tanh does it all.",
    ),
    "tanh of half the sum, and np.exp overflows": (
        f"(np.exp({STEP}) - 1) / (np.exp({STEP}) + 1)",
        "In tanh z = (e^2z - 1) / (e^2z + 1) the exponent is 2z, and np.exp overflows for large z: use np.tanh.",
    ),
    "np.exp overflows on one side": (
        f"(np.exp(2 * ({STEP})) - 1) / (np.exp(2 * ({STEP})) + 1)",
        "np.exp of 800 is inf, and inf / inf is NaN: np.tanh is right for every sum.",
    ),
    "np.exp overflows on both sides": (
        f"(np.exp({STEP}) - np.exp(-({STEP}))) / (np.exp({STEP}) + np.exp(-({STEP})))",
        "np.exp of 800 is inf, and inf / inf is NaN: np.tanh is right for every sum.",
    ),
    "sinh in place of tanh": (
        f"np.sinh({STEP})",
        "sinh grows without end: tanh is sinh divided by cosh, and `np.tanh` gives it.",
    ),
    "cosh in place of tanh": (f"np.cosh({STEP})", "The hyperbolic tangent is `np.tanh`."),
    "the sine in place of tanh": (
        f"np.sin({STEP})",
        "The sine swings up and down: the hyperbolic tangent is `np.tanh`.",
    ),
    "the inverse of tanh": (f"np.arctanh({STEP})", "The sum goes through tanh itself, `np.tanh`, not its inverse."),
    "1 divided by tanh": (f"1 / {TANH}", "The new state is np.tanh of the sum itself."),
    "the slope of tanh": (
        f"1 - {TANH} ** 2",
        "That is the derivative, which the way back needs: the new state is np.tanh.",
    ),
    "cut off at -1 and 1": (f"np.clip({STEP}, -1, 1)", "tanh bends smoothly: `np.tanh`, not np.clip."),
    "the sign alone": (f"np.sign({STEP})", "tanh takes every value between -1 and 1: `np.tanh`, not np.sign."),
    "the sum divided by 1 plus its size": (
        f"({STEP}) / (1 + np.abs({STEP}))",
        "That is softsign: here it is `np.tanh`.",
    ),
    "the leaky ReLU in place of tanh": (
        f"np.where({STEP} > 0, {STEP}, 0.01 * ({STEP}))",
        "The ReLU lets large sums grow without end: this network has `np.tanh`.",
    ),
    "the sign of the result is lost": (f"np.abs({TANH})", "A hidden value may be negative: no np.abs."),
    "the input's part is subtracted": ("np.tanh(h_prev @ W_h + b - x @ W_x)", "All three parts are added."),
    "the sum is multiplied by the bias": ("np.tanh((x @ W_x + h_prev @ W_h) * b)", "The bias is added."),
    "the past's part is multiplied by the bias": ("np.tanh(x @ W_x + (h_prev @ W_h) * b)", "The bias is added."),
    "the bias goes through W_h": (
        "np.tanh(x @ W_x + (h_prev + b) @ W_h)",
        "Mind the brackets: W_h multiplies `h_prev` alone, and `b` is added to the product.",
    ),
    "the bias goes through W_h, with the input's part and the old state": (
        "np.tanh((x @ W_x + h_prev + b) @ W_h)",
        "Mind the brackets: W_h multiplies `h_prev` alone.",
    ),
    "two tanh, each with the bias": (
        "np.tanh(x @ W_x + b) + np.tanh(h_prev @ W_h + b)",
        "Add everything up first, with one b, then take one tanh of the sum.",
    ),
    "the mean of two tanh": (
        "(np.tanh(x @ W_x + b) + np.tanh(h_prev @ W_h + b)) / 2",
        "Add everything up first, with one b, then take one tanh of the sum.",
    ),
    "the product of two tanh": (
        "np.tanh(x @ W_x + b) * np.tanh(h_prev @ W_h + b)",
        "What the input says and what the past says are added up, then squashed once.",
    ),
    "the past's part alone is squashed": (
        "x @ W_x + np.tanh(h_prev @ W_h + b)",
        "Add everything up inside the brackets of np.tanh: one pair around the whole sum.",
    ),
    "the past's part alone is squashed, without the bias": (
        "x @ W_x + np.tanh(h_prev @ W_h) + b",
        "Add everything up inside the brackets of np.tanh: one pair around the whole sum.",
    ),
    "the past's part is added after squashing": (
        "np.tanh(x @ W_x + b) + h_prev @ W_h",
        "Add everything up inside the brackets of np.tanh: one pair around the whole sum.",
    ),
    "half of the old state is kept": (
        f"0.5 * h_prev + 0.5 * {TANH}",
        "The plain RNN writes its state anew at each step; what it keeps of the past comes through W_h.",
    ),
    "the new state is multiplied by the old one": (f"h_prev * {TANH}", "The old state comes in through W_h alone."),
    "the past's part comes in a second time, after squashing": (
        f"{TANH} + h_prev @ W_h",
        "`h_prev @ W_h` belongs inside the tanh, once.",
    ),
    "the old state comes in a second time, without W_h": (
        f"np.tanh({STEP} + h_prev)",
        "The old state comes in through W_h alone, `h_prev @ W_h`.",
    ),
    "the input's part comes in twice": (f"np.tanh({STEP} + x @ W_x)", "Each of the three parts is added once."),
    "the past's part comes in twice": (f"np.tanh({STEP} + h_prev @ W_h)", "Each of the three parts is added once."),
    "the past goes through W_h twice": (
        "np.tanh(x @ W_x + h_prev @ W_h @ W_h + b)",
        "One step is one product with W_h.",
    ),
    "the bias is summed over the units": (
        "np.tanh(x @ W_x + h_prev @ W_h + b.sum())",
        "Each unit has a bias of its own: add the whole `b`, (H,).",
    ),
    "the bias is a mean over the units": (
        "np.tanh(x @ W_x + h_prev @ W_h + b.mean())",
        "Each unit has a bias of its own: add the whole `b`, (H,).",
    ),
    "the old state of the first sample serves the whole batch": (
        "np.tanh(x @ W_x + h_prev[0] @ W_h + b)",
        "Each sample has an old state of its own: `h_prev @ W_h`.",
    ),
    "the input of the first sample serves the whole batch": (
        "np.tanh(x[0] @ W_x + h_prev @ W_h + b)",
        "Each sample has an input of its own: `x @ W_x`.",
    ),
    "the past is summed over the units": (
        "np.tanh(x @ W_x + (h_prev @ W_h).sum(axis=1, keepdims=True) + b)",
        "Each unit gets its own part of the past: `h_prev @ W_h`, without a sum.",
    ),
    "the old state alone is squashed": ("np.tanh(h_prev)", "The sum of all three parts is squashed."),
    "the softmax in place of tanh": (
        f"np.exp({STEP} - ({STEP}).max(axis=1, keepdims=True)) / "
        f"np.exp({STEP} - ({STEP}).max(axis=1, keepdims=True)).sum(axis=1, keepdims=True)",
        "Each unit is squashed by itself, and may be negative: `np.tanh`.",
    ),
}
for _name, (_new, _advice) in MORE_STEP_SLIPS.items():
    rnn_step_cases.wrong(_name, (TANH, _new), _advice, alone=True)
for _name, _new, _advice in (
    ("W_x is transposed", "np.tanh(x @ W_x.T + h_prev @ W_h + b)", "`x @ W_x`: (B, D) @ (D, H), without `.T`."),
    (
        "matrices stand in front, as for column vectors",
        "np.tanh(W_x @ x + W_h @ h_prev + b)",
        "Many books write samples as columns. Here they are rows: `x @ W_x + h_prev @ W_h + b`.",
    ),
    (
        "matrices and samples are transposed, the bias is not",
        "np.tanh(W_x.T @ x.T + W_h.T @ h_prev.T + b)",
        "Here samples are rows: `x @ W_x + h_prev @ W_h + b`, without a `.T`, gives (B, H).",
    ),
    (
        "value by value in place of both products",
        "np.tanh(x * W_x + h_prev * W_h + b)",
        "`*` multiplies number by number. The matrix product is `@`.",
    ),
    (
        "value by value in place of the product with W_h",
        "np.tanh(x @ W_x + h_prev * W_h + b)",
        "`*` multiplies number by number. The matrix product is `@`: `h_prev @ W_h`.",
    ),
    (
        "value by value in place of the product with W_x",
        "np.tanh(x * W_x + h_prev @ W_h + b)",
        "`*` multiplies number by number. The matrix product is `@`: `x @ W_x`.",
    ),
    (
        "the bias is a column",
        "np.tanh(x @ W_x + h_prev @ W_h + b[:, None])",
        "`b` (H,) fits the last axis of (B, H) as it is: one number for each unit.",
    ),
    (
        "x and h_prev are joined one below the other",
        "np.tanh(np.concatenate([x, h_prev]) @ np.concatenate([W_x, W_h]) + b)",
        "Samples are rows: join x and h_prev side by side, `np.concatenate([x, h_prev], axis=1)`.",
    ),
    (
        "x and h_prev are joined along axis 0",
        "np.tanh(np.concatenate([x, h_prev], axis=0) @ np.concatenate([W_x, W_h], axis=0) + b)",
        "Samples are rows: join x and h_prev side by side, `np.concatenate([x, h_prev], axis=1)`.",
    ),
    (
        "the sum over the batch",
        f"{TANH}.sum(axis=0)",
        "Each sample has a state of its own: the result is (B, H).",
    ),
    ("the first sample alone", f"{TANH}[0]", "Each sample has a state of its own: the result is (B, H)."),
):
    rnn_step_cases.wrong(_name, (TANH, _new), _advice, alone=True)


# ---------------------------------------------------------------- 5. the loop over time


def rnn_forward(x, h_0, W_x, W_h, b):
    """x (T, B, D), h_0 (B, H), W_x (D, H), W_h (H, H), b (H,). Returns the hidden states of all steps, (T, B, H)."""
    h, states = h_0, []
    for x_t in x:
        h = rnn_step(x_t, h, W_x, W_h, b)
        states.append(h)
    return np.stack(states)


@sheet.check(
    name="rnn_forward",
    oracle=rnn_forward,
    returns="h",
    ranges={"h": (-1, 1)},
    points=3,
    minutes=10,
    uses=("rnn_step",),
    hints=[
        "The state of one step is the previous state of the next. Before the first step it is `h_0`.",
        "`for x_t in x` walks along the first axis, time: each `x_t` is (B, D). Collect every state in a list.",
        "Start with `h, states = h_0, []`; in the loop `h = rnn_step(x_t, h, W_x, W_h, b)` and `states.append(h)`; at "
        "the end `np.stack(states)`.",
    ],
)
def rnn_forward_cases(rng):
    """The hidden states of all steps, from an initial state."""
    sizes = [(*size, T) for size, T in zip(SIZES, TIMES, strict=True)] + [("one time step", 2, 3, 4, 1)]
    for label, B, D, H, T in sizes:
        case = {"x": rng.normal(size=(T, B, D)), "h_0": rng.uniform(-1, 1, size=(B, H)), **rnn_weights(rng, D, H)}
        yield finish(label, case)


LOOP = "rnn_step(x_t, h, W_x, W_h, b)"
rnn_forward_cases.wrong(
    "every step starts from h_0",
    ("in x:\n", "in x:\n        h = h_0\n"),
    "Each step reads the state of the step before: hand `h` on.",
)
rnn_forward_cases.wrong(
    "the initial state is ignored",
    ("h, states = h_0, []", "h, states = np.zeros_like(h_0), []"),
    "Start from `h_0`: it may hold what was read before. (At t = 0 `h[t - 1]` is the last row, not `h_0`.)",
)
rnn_forward_cases.wrong(
    "the state before each step is kept",
    (f"h = {LOOP}\n        states.append(h)", f"states.append(h)\n        h = {LOOP}"),
    "Compute the new state first, then append it: the first row of the result is the state after the first input.",
)
rnn_forward_cases.wrong(
    "h_0 is among the results",
    ("states = h_0, []", "states = h_0, [h_0]"),
    "T inputs give T states: h_0 is where you start, not a result.",
)
rnn_forward_cases.wrong(
    "h_0 stands in place of the first state",
    [("states = h_0, []", "states = h_0, [h_0]"), ("in x:", "in x[1:]:")],
    "The first row of the result is the state after the first input, `x[0]`, which no step has read here.",
)
rnn_forward_cases.wrong(
    "append stands outside the loop",
    ("np.stack(states)", "h[None]"),
    "Indent `states.append(h)`, so that each step adds its state to the list.",
)
rnn_forward_cases.wrong(
    "return stands inside the loop",
    ("states.append(h)", "return h"),
    "`return` ends the loop at the first step: move it to the left, under the `for`.",
)
rnn_forward_cases.wrong(
    "the last state alone is returned",
    ("np.stack(states)", "h"),
    "The states of all steps are asked: collect them in a list and np.stack it.",
)
rnn_forward_cases.wrong("time runs backwards", ("in x:", "in x[::-1]:"), "Read the first row of x first.")
rnn_forward_cases.wrong(
    "the batch comes first in the result",
    ("np.stack(states)", "np.stack(states, axis=1)"),
    "The result is (T, B, H), time first, as x is: np.stack(states) needs no axis.",
)
rnn_forward_cases.wrong(
    "the states are added up over time",
    ("np.stack(states)", "np.cumsum(states, axis=0)"),
    "Each row of the result is the state of that step alone.",
)
rnn_forward_cases.wrong(
    "return stands inside the loop, after append",
    ("np.stack(states)", "np.stack(states[:1])"),
    "`return` ends the loop at the first step: move it to the left, under the `for`.",
)
rnn_forward_cases.wrong(
    "np.concatenate in place of np.stack",
    ("np.stack(states)", "np.concatenate(states)"),
    "np.concatenate makes T states (B, H) one long (T * B, H): np.stack gives them an axis of their own, time.",
)
rnn_forward_cases.wrong(
    "every new state is written over the old one",
    ("h = rnn_step(", "h[:] = rnn_step("),
    "`h[:] = ...` writes into one and the same array, so all rows of the list end up as the last state, and h_0 is "
    "lost: give the new state a new array, `h = ...`.",
)
rnn_forward_cases.wrong(
    "the past does not come in",
    (LOOP, "np.tanh(x_t @ W_x + b)"),
    "Each step adds `h @ W_h`, with the h of the step before.",
)
rnn_forward_cases.wrong("the bias is missing", (LOOP, "np.tanh(x_t @ W_x + h @ W_h)"), "Each step adds `b`.")
rnn_forward_cases.wrong(
    "the sum is not squashed", (LOOP, "x_t @ W_x + h @ W_h + b"), "Put the sum of each step through `np.tanh`."
)
rnn_forward_cases.wrong(
    "the new state is added to the old", (LOOP, f"h + {LOOP}"), "Each step writes the state anew: `h = rnn_step(...)`."
)


def _by_index(x, h_0, W_x, W_h, b):
    """rnn_forward as it is written with an index: the slips with ``t`` are edits of it."""
    h = np.zeros((len(x), *h_0.shape), x.dtype)
    for t in range(len(x)):
        h[t] = rnn_step(x[t], h[t - 1] if t else h_0, W_x, W_h, b)
    return h


BEFORE = "h[t - 1] if t else h_0"
for _name, _change, _advice in (
    (
        "h[t - 1] wraps round at t = 0",
        edit(_by_index, (BEFORE, "h[t - 1]"), ("    for t", "    h[0] = h_0\n    for t")),
        "At t = 0 `h[t - 1]` is h[-1], the last row, which is still empty: let the first step read `h_0`.",
    ),
    (
        "the last step is not computed",
        edit(_by_index, ("range(len(x))", "range(len(x) - 1)")),
        "`range(T - 1)` ends with T - 2: all T inputs are read with `range(T)`.",
    ),
    (
        "a step reads its own row",
        edit(_by_index, (BEFORE, "h[t] if t else h_0")),
        "Before the step, row t is still empty. The state of the step before is h[t - 1], and at t = 0 it is `h_0`.",
    ),
    (
        "the row two steps earlier",
        edit(_by_index, (BEFORE, "h[t - 2] if t > 1 else h_0")),
        "The previous state is that of one step earlier, h[t - 1].",
    ),
    (
        "every step reads the first input",
        ("rnn_step(x_t,", "rnn_step(x[0],"),
        "Step t reads its own input, x[t].",
    ),
    (
        "h_0 is added at each step",
        (LOOP, f"{LOOP} + h_0"),
        "`h_0` is what the first step reads as the previous state; nothing is added after the step.",
    ),
    ("W_h is transposed", (LOOP, "np.tanh(x_t @ W_x + h @ W_h.T + b)"), "`h @ W_h`, without `.T`."),
    ("the old state does not go through W_h", (LOOP, "np.tanh(x_t @ W_x + h + b)"), "Each step adds `h @ W_h`."),
    (
        "the bracket of tanh closes after the input's part",
        (LOOP, "np.tanh(x_t @ W_x) + h @ W_h + b"),
        "Put the whole sum inside the brackets of np.tanh, in each step.",
    ),
    (
        "the sigmoid in place of tanh",
        (LOOP, "1 / (1 + np.exp(-(x_t @ W_x + h @ W_h + b)))"),
        "A hidden value may be negative: tanh runs from -1 to 1.",
    ),
    (
        "the last input is not read",
        ("in x:", "in x[:-1]:"),
        "`x[:-1]` leaves out the last step: T inputs give T states.",
    ),
    (
        "the first input is not read",
        ("in x:", "in x[1:]:"),
        "`x[1:]` leaves out the first step: T inputs give T states.",
    ),
    (
        "the list runs from the last state to the first",
        ("np.stack(states)", "np.stack(states[::-1])"),
        "Leave the states in the order of time: the first row belongs to the first input.",
    ),
    (
        "the mean over time",
        ("np.stack(states)", "np.mean(states, axis=0)"),
        "The states of all steps are asked, (T, B, H), without a mean.",
    ),
    (
        "time is the last axis of the result",
        ("np.stack(states)", "np.stack(states, axis=-1)"),
        "The result is (T, B, H), time first: np.stack(states) needs no axis.",
    ),
    (
        "the states of a sample side by side",
        ("np.stack(states)", "np.hstack(states)"),
        "np.hstack puts the steps side by side, (B, T * H): np.stack gives them an axis of their own, time.",
    ),
):
    rnn_forward_cases.wrong(_name, _change, _advice)


def _in_the_loop(expression):
    """A step's expression with the names that the loop gives its parts."""
    return expression.replace("h_prev", "h").replace("x @", "x_t @").replace("x[0] @", "x_t[0] @")


IN_THE_LOOP = {name: (TANH.replace(*change), advice) for name, (change, advice) in STEP_SLIPS.items()} | MORE_STEP_SLIPS
NOT_THERE = {  # they have another name in the loop, or grow so fast there that rounding decides
    NO_PAST, "the old state is added to the new", "sinh in place of tanh", "cosh in place of tanh",
    *(misconception.name for misconception in rnn_forward_cases.misconceptions),
}  # fmt: skip
for _name, (_new, _advice) in IN_THE_LOOP.items():
    if _name not in NOT_THERE:
        rnn_forward_cases.wrong(_name, (LOOP, _in_the_loop(_new)), _advice, alone=_name not in STEP_SLIPS)
for _name, _new, _advice in (
    ("the sum is squashed twice", f"np.tanh({LOOP})", "Take `np.tanh` once, of the whole sum."),
    (
        "the old state is squashed again",
        "rnn_step(x_t, np.tanh(h), W_x, W_h, b)",
        "`h` is the result of a tanh already.",
    ),
    ("the bias is added twice", "np.tanh(x_t @ W_x + b + h @ W_h + b)", "Add `b` once, to the whole sum."),
    ("the two parts are multiplied", "np.tanh((x_t @ W_x) * (h @ W_h) + b)", "The parts are added up."),
    ("the past is subtracted", "np.tanh(x_t @ W_x - h @ W_h + b)", "All three parts are added."),
    (
        "value by value in place of W_h",
        "np.tanh(x_t @ W_x + h * np.diag(W_h) + b)",
        "Every unit reads every other: `h @ W_h`.",
    ),
    ("W_x and W_h are exchanged", "np.tanh(x_t @ W_h + h @ W_x + b)", "W_x belongs to the input, W_h to the state."),
    (
        "the mean state of the batch is handed on",
        "rnn_step(x_t, h.mean(axis=0), W_x, W_h, b)",
        "Each sample has its own state: hand the whole `h` on.",
    ),
    (
        "h_0 is added to what each step reads",
        "rnn_step(x_t, h + h_0, W_x, W_h, b)",
        "`h_0` is what the first step reads as the previous state; later ones read the state of the step before alone.",
    ),
    (
        "two steps with each input",
        "rnn_step(x_t, rnn_step(x_t, h, W_x, W_h, b), W_x, W_h, b)",
        "One input is one step: call the step once in the loop.",
    ),
    ("the mean input at each step", "rnn_step(x.mean(axis=0), h, W_x, W_h, b)", "Step t reads its own input, x[t]."),
    ("the last input at each step", "rnn_step(x[-1], h, W_x, W_h, b)", "Step t reads its own input, x[t]."),
):
    rnn_forward_cases.wrong(_name, (LOOP, _new), _advice, alone=True)
for _name, _edits, _advice in (
    (
        "the initial state is squashed",
        [(BEFORE, "h[t - 1] if t else np.tanh(h_0)")],
        "Start from `h_0` as it is given.",
    ),
    ("the initial state is 1 everywhere", [(BEFORE, "h[t - 1] if t else 0 * h_0 + 1")], "Start from `h_0`."),
    (
        "the initial state goes through W_h twice",
        [(BEFORE, "h[t - 1] if t else h_0 @ W_h")],
        "The step multiplies `h_0` by W_h itself: hand it `h_0`.",
    ),
    (
        "the input of the step before",
        [("x[t]", "x[t - 1]")],
        "Step t reads x[t]. (At t = 0 `x[t - 1]` is the last input.)",
    ),
    (
        "each state is written one row too early",
        [("h[t] = rnn", "h[t - 1] = rnn"), (BEFORE, "h[t - 2] if t else h_0")],
        "Step t writes row t. (At t = 0 `h[t - 1]` is the last row.)",
    ),
    (
        "the first step is not computed",
        [("range(len(x))", "range(1, len(x))"), (BEFORE, "h[t - 1] if t > 1 else h_0")],
        "All T inputs are read, the first one too: `range(T)`.",
    ),
    (
        "the first step is not computed, and its row is the state before the second",
        [("range(len(x))", "range(1, len(x))"), (BEFORE, "h[t - 1]")],
        "All T inputs are read, the first one too: `range(T)`, with `h_0` before the first step.",
    ),
    (
        "time runs backwards, and each state stands in its own row",
        [("range(len(x))", "reversed(range(len(x)))"), (BEFORE, "h[t + 1] if t + 1 < len(x) else h_0")],
        "Read the first row of x first: each state knows of what came before it.",
    ),
    (
        "the loop ends after its first step",
        [("    return h", "        return h")],
        "`return` stands inside the loop and ends it at the first step: move it to the left, under the `for`.",
    ),
    (
        "every second step is left out",
        [("range(len(x))", "range(0, len(x), 2)"), (BEFORE, "h[t - 2] if t else h_0")],
        "Every step counts: `range(T)`.",
    ),
    (
        "the rows before are added to each state",
        [("    return h", "    return np.cumsum(h, axis=0) / np.arange(1, len(x) + 1)[:, None, None]")],
        "Each row of the result is the state of that step alone, no mean.",
    ),
    (
        "the last state in every row",
        [("    return h", "    return np.repeat(h[-1:], len(x), axis=0)")],
        "Each row is the state of its own step. A state that is changed in place changes in every row of the list.",
    ),
    (
        "the last state alone is kept, in the last row",
        [("    return h", "    h[:-1] = 0\n    return h")],
        "Each step writes its own row: is the line inside the loop?",
    ),
    (
        "the first step has no input",
        [("rnn_step(x[t],", "rnn_step(x[t] if t else 0 * x[0],")],
        "The first step reads x[0] together with `h_0`.",
    ),
    (
        "a row more than there are steps, and it stays empty",
        [("len(x), *", "len(x) + 1, *")],
        "T inputs give T states: the result is (T, B, H).",
    ),
    (
        "the sum of all inputs so far",
        [("x[t]", "x[: t + 1].sum(axis=0)")],
        "Step t reads x[t] alone: what came before it is in the state.",
    ),
    (
        "a tanh more around each state in the result",
        [("    return h", "    return np.tanh(h)")],
        "The states are results of a tanh already: return them as they are.",
    ),
    (
        "the row after the step's own",
        [("h[t] = rnn", "h[t + 1] = rnn"), (BEFORE, "h[t] if t else h_0")],
        "Step t writes row t: the result has T rows, and h_0 is none of them.",
    ),
    (
        "the input of the step after",
        [("x[t]", "x[t + 1]")],
        "Step t reads x[t]; after the last step there is no further input.",
    ),
):
    rnn_forward_cases.wrong(_name, _edits, _advice, of=_by_index)


# ---------------------------------------------------------------- 6. scores become probabilities


def softmax(logits):
    """logits (..., V). Returns probabilities (..., V): along the last axis they are positive and add up to 1."""
    e = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def _logits(rng, front, V, label):
    """Scores that differ within a row by a few units; "large" ones lie far from 0, each row elsewhere."""
    logits = rng.normal(size=(*front, V)) * 2
    if label.startswith("large"):
        far = rng.uniform(800, 900, size=(*front, 1)) + 1000 * np.arange(np.prod(front)).reshape(*front, 1)
        logits = logits + (far if "positive" in label else -far)
    return logits


@sheet.check(
    name="softmax",
    oracle=softmax,
    returns="p",
    ranges={"p": (0, 1)},
    points=2,
    minutes=8,
    quiet=True,
    hints=[
        "Exponentials are positive; divided by their sum they add up to 1. The sum runs along the last axis.",
        "`keepdims=True` keeps the summed axis as an axis of size 1, so that the division fits: (..., V) / (..., 1).",
        "Subtract each row's maximum first, so that `np.exp` never overflows: "
        "`e = np.exp(logits - logits.max(axis=-1, keepdims=True))`, then `e / e.sum(axis=-1, keepdims=True)`.",
    ],
)
def softmax_cases(rng):
    """Probabilities along the last axis, for scores of any size and without a warning."""
    for (label, B, V, H), T in zip(ROWS, TIMES, strict=True):
        logits = _logits(rng, (T, B), V + (H == 1), label)
        yield label, {"logits": logits.astype(np.float32 if label == "float32" else np.float64)}
    yield "one row", {"logits": rng.normal(size=6)}
    yield "two axes", {"logits": rng.normal(size=(2, 5))}
    apart = rng.normal(size=(2, 3, 4))
    apart[..., 1] += 3000
    yield "one score far above the others", {"logits": apart}


EXP, SHARE = "np.exp(logits - logits.max(axis=-1, keepdims=True))", "e / e.sum(axis=-1, keepdims=True)"
softmax_cases.wrong(
    "np.exp overflows",
    (EXP, "np.exp(logits)"),
    "np.exp of 800 is inf: subtract each row's maximum first. That changes no probability.",
)
for _small in (1e-4, 1e-5):  # 1e-3 has a name below
    softmax_cases.wrong(
        f"{_small:g} is added below the fraction",
        (SHARE, f"e / (e.sum(axis=-1, keepdims=True) + {_small})"),
        "The sum is 1 or more, since the largest exponential is 1: it is never 0, and needs no help.",
        alone=True,
    )
softmax_cases.wrong(
    "one maximum for all rows",
    (EXP, "np.exp(logits - logits.max())"),
    "A row far below the largest score of all becomes 0 / 0: subtract the maximum of each row, "
    "`logits.max(axis=-1, keepdims=True)`.",
)
KEPT, NO_KEEPDIMS = "(axis=-1, keepdims=True)", "(axis=-1)"
softmax_cases.wrong(
    "keepdims is missing in the sum",
    (SHARE, SHARE.replace(KEPT, NO_KEEPDIMS)),
    "(..., V) / (...) divides along the wrong axis, or not at all: `keepdims=True` leaves an axis of size 1.",
)
softmax_cases.wrong(
    "keepdims is missing in maximum and sum",
    (KEPT, NO_KEEPDIMS),
    "Maximum and sum lose their axis and no longer fit the rows: `keepdims=True` leaves an axis of size 1.",
)
softmax_cases.wrong(
    "keepdims is missing, and so is the maximum",
    [(EXP, "np.exp(logits)"), (KEPT, NO_KEEPDIMS)],
    "Sum with `axis=-1, keepdims=True`; and subtract each row's maximum first, so that nothing overflows.",
)
softmax_cases.wrong(
    "all numbers together add up to 1",
    [(SHARE, "e / e.sum()")],
    "Each row is a guess of its own: sum along the last axis, with `axis=-1, keepdims=True`.",
)
softmax_cases.wrong(
    "the sum runs along the first axis",
    [(SHARE, "e / e.sum(axis=0, keepdims=True)")],
    "The V scores of one guess lie on the last axis: `axis=-1`.",
)
softmax_cases.wrong(
    "axis 1, which is the last one of a matrix only",
    ("axis=-1", "axis=1"),
    "In (T, B, V) axis 1 is the batch. The last axis is `axis=-1`, however many there are.",
)
softmax_cases.wrong(
    "one maximum and one sum for all rows",
    [(EXP, "np.exp(logits - logits.max())"), (SHARE, "e / e.sum()")],
    "Each row is a guess of its own: `axis=-1, keepdims=True` in the maximum and in the sum.",
)
softmax_cases.wrong(
    "one maximum for all rows, and a sum along the first axis",
    [(EXP, "np.exp(logits - logits.max())"), (SHARE, "e / e.sum(axis=0)")],
    "The V scores of one guess lie on the last axis (Python's sum() runs along the first): `axis=-1, keepdims=True`.",
)
softmax_cases.wrong(
    "another number than the maximum is subtracted",
    (EXP, "np.exp(logits - logits.mean(axis=-1, keepdims=True))"),
    "A score far above it still overflows: subtract the maximum, then no exponent is above 0.",
)
softmax_cases.wrong(
    "scores divided by their sum, and no np.exp",
    lambda logits: logits / logits.sum(axis=-1, keepdims=True),
    "Scores may be negative. Take `np.exp` first, which is always positive, then divide.",
)
softmax_cases.wrong(
    "the division by the sum is missing",
    (SHARE, "e"),
    "Divide by the sum along the last axis, so that the probabilities add up to 1.",
)
softmax_cases.wrong(
    "the logarithm of the probabilities",
    (SHARE, f"np.log({SHARE})"),
    "Return the probabilities themselves; their logarithm is the next question.",
)
softmax_cases.wrong(
    "powers of 2",
    (EXP, EXP.replace("np.exp", "np.exp2")),
    "Softmax takes `np.exp`, base e. Base 2 comes in when a price is given in bits.",
)
softmax_cases.wrong(
    "scores minus their minimum, divided by their sum",
    (EXP, "logits - logits.min(axis=-1, keepdims=True)"),
    "np.exp makes every score positive, whatever its sign.",
)
softmax_cases.wrong(
    "the sigmoid of each score",
    lambda logits: (1 + np.tanh(logits / 2)) / 2,
    "The sigmoid looks at one score alone. Here the V numbers of a row add up to 1: divide exponentials by the sum.",
)
softmax_cases.wrong(
    "all or nothing",
    lambda logits: (logits == logits.max(axis=-1, keepdims=True)) * 1.0,
    "Every symbol gets a probability above 0; the largest score gets the largest.",
)
softmax_cases.wrong(
    "the sign of the scores is turned",
    (EXP, "np.exp(logits.min(axis=-1, keepdims=True) - logits)"),
    "The largest score becomes the largest probability: exp(logits - maximum).",
)
for _name, _change, _advice in (
    (
        "divided by the mean",
        (SHARE, "e / e.mean(axis=-1, keepdims=True)"),
        "The exponentials are divided by their sum, so that the probabilities add up to 1.",
    ),
    (
        "divided by the root of the sum of squares",
        (SHARE, "e / np.linalg.norm(e, axis=-1, keepdims=True)"),
        "Probabilities add up to 1, their squares do not: divide by `e.sum(axis=-1, keepdims=True)`.",
    ),
    (
        "the maximum runs along the first axis",
        (EXP, "np.exp(logits - logits.max(axis=0, keepdims=True))"),
        "Subtract from each row its own maximum: `axis=-1`. Else a row far below another becomes 0 / 0.",
    ),
    (
        "the first axis in maximum and sum",
        ("axis=-1", "axis=0"),
        "The V scores of one guess lie on the last axis: `axis=-1` in the maximum and in the sum.",
    ),
    (
        "divided by the maximum before np.exp",
        (EXP, "np.exp(logits / logits.max(axis=-1, keepdims=True))"),
        "Subtract the maximum. A division changes the probabilities, and a negative maximum turns their order.",
    ),
    (
        "large scores are cut off",
        (EXP, "np.exp(np.clip(logits, -500, 500))"),
        "Scores that differ become equal where they are cut: cut nothing, subtracting each row's maximum is enough.",
    ),
    (
        "the sign of the scores is lost",
        (EXP, "np.exp(np.abs(logits) - np.abs(logits).max(axis=-1, keepdims=True))"),
        "A negative score means a small probability: no np.abs.",
    ),
    (
        "1 in place of the exponential",
        (SHARE, "1 / e.sum(axis=-1, keepdims=True) + 0 * e"),
        "Each symbol has its own exponential above the line: `e / e.sum(axis=-1, keepdims=True)`.",
    ),
    (
        "divided by the sum of the others",
        (SHARE, "e / (e.sum(axis=-1, keepdims=True) - e + 1e-300)"),
        "The sum below the line runs over all symbols, the symbol itself too.",
    ),
    (
        "1 is added to the sum",
        (SHARE, "e / (1 + e.sum(axis=-1, keepdims=True))"),
        "The sigmoid has a 1 below the line, softmax the sum of the exponentials alone.",
    ),
    (
        "the maximum is missing above the line",
        (SHARE, "np.exp(logits) / e.sum(axis=-1, keepdims=True)"),
        "Use the same exponentials above and below the line, both with the maximum subtracted.",
    ),
    (
        "divided by the sum of the scores",
        (SHARE, "e / logits.sum(axis=-1, keepdims=True)"),
        "Divide by the sum of the exponentials, not of the scores.",
    ),
    (
        "squares in place of exponentials",
        (EXP, "logits**2"),
        "The square of a negative score is as large as that of a positive one: `np.exp` keeps the order.",
    ),
):
    softmax_cases.wrong(_name, _change, _advice)


def _in_silence(softmax_of):
    """A softmax that tells NumPy not to warn."""

    def silent(logits):
        with np.errstate(all="ignore"):
            return softmax_of(logits)

    return silent


def _plain_softmax(logits, axis=-1):
    return np.exp(logits) / np.exp(logits).sum(axis=axis, keepdims=True)


def _by_blocks(logits):
    return np.array([softmax(np.ravel(row)).reshape(np.shape(row)) for row in logits])


def _two_or_three_axes(logits):
    axis = 1 if logits.ndim > 1 else 0
    e = np.exp(logits - logits.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


for _name, _edits, _advice in (
    (
        "np.exp overflows, and the sum runs along the first axis",
        [(EXP, "np.exp(logits)"), (SHARE, "e / e.sum(axis=0)")],
        "Sum along the last axis (Python's sum() runs along the first): `axis=-1, keepdims=True`; and subtract each "
        "row's maximum first.",
    ),
    (
        "np.exp overflows, and all numbers together add up to 1",
        [(EXP, "np.exp(logits)"), (SHARE, "e / e.sum()")],
        "Each row is a guess of its own: sum with `axis=-1, keepdims=True`; and subtract each row's maximum first.",
    ),
    (
        "the maximum is missing below the line",
        [(SHARE, "e / np.exp(logits).sum(axis=-1, keepdims=True)")],
        "Use the same exponentials above and below the line, both with the maximum subtracted.",
    ),
    (
        "the maximum is added",
        [(EXP, EXP.replace("logits - logits", "logits + logits"))],
        "Subtract the maximum: then no exponent is above 0, and nothing overflows.",
    ),
    (
        "the largest size in place of the maximum",
        [(EXP, EXP.replace("logits.max(", "np.abs(logits).max("))],
        "Where all scores are far below 0, that makes each exponential 0: subtract the maximum itself, without np.abs.",
    ),
    (
        "half of the maximum is subtracted",
        [(EXP, EXP.replace("keepdims=True)", "keepdims=True) / 2"))],
        "Subtract the whole maximum, so that the largest exponent is 0.",
    ),
    (
        "keepdims is missing in the maximum",
        [(EXP, EXP.replace(KEPT, NO_KEEPDIMS))],
        "The maximum loses its axis and no longer fits the rows: `keepdims=True` leaves an axis of size 1.",
    ),
    (
        "divided by the sum of the squares",
        [(SHARE, "e / (e**2).sum(axis=-1, keepdims=True)")],
        "Divide by the sum of the exponentials themselves.",
    ),
    (
        "divided by the sum of the shifted scores",
        [(SHARE, "e / (logits - logits.max(axis=-1, keepdims=True)).sum(axis=-1, keepdims=True)")],
        "Divide by the sum of the exponentials, not of the scores.",
    ),
    (
        "the exponentials are divided by the last one",
        [(SHARE, "e / e[..., -1:]")],
        "Divide by the sum along the last axis, so that the probabilities add up to 1.",
    ),
    (
        "multiplied by the sum",
        [(SHARE, "e * e.sum(axis=-1, keepdims=True)")],
        "Divide by the sum, so that the probabilities add up to 1.",
    ),
    (
        "the sum is subtracted",
        [(SHARE, "e - e.sum(axis=-1, keepdims=True)")],
        "Divide by the sum, so that the probabilities add up to 1.",
    ),
    (
        "the sum is divided by the exponentials",
        [(SHARE, "e.sum(axis=-1, keepdims=True) / e")],
        "The other way round: each exponential is divided by the sum.",
    ),
    (
        "the shifted scores stand above the line",
        [(SHARE, "(logits - logits.max(axis=-1, keepdims=True)) / e.sum(axis=-1, keepdims=True)")],
        "Above the line stands the exponential of the score: `e / e.sum(axis=-1, keepdims=True)`.",
    ),
    (
        "the scores stand above the line",
        [(SHARE, "logits / e.sum(axis=-1, keepdims=True)")],
        "Above the line stands the exponential of the score: `e / e.sum(axis=-1, keepdims=True)`.",
    ),
    (
        "log softmax, without the logarithm of 0",
        [
            (
                SHARE,
                "logits - logits.max(axis=-1, keepdims=True) - np.log(e.sum(axis=-1, keepdims=True))",
            )
        ],
        "Return the probabilities themselves; their logarithm is the next question.",
    ),
    ("1 minus the probabilities", [(SHARE, f"1 - {SHARE}")], "Return the probabilities themselves: no `1 -`."),
    (
        "powers of 10",
        [(EXP, EXP.replace("np.exp(", "10.0 ** ("))],
        "Softmax takes `np.exp`, base e.",
    ),
    (
        "1 is subtracted from each exponential",
        [(EXP, EXP.replace("np.exp", "np.expm1"))],
        "np.expm1 is np.exp minus 1, which is 0 for the largest score: use np.exp.",
    ),
    (
        "the sign of the shifted scores is turned",
        [(EXP, "np.exp(logits.max(axis=-1, keepdims=True) - logits)")],
        "The largest score becomes the largest probability: exp(logits - maximum).",
    ),
    (
        "sigmoids of the shifted scores in place of exponentials",
        [(EXP, "1 / (1 + np.exp(logits.max(axis=-1, keepdims=True) - logits))")],
        "The sigmoid flattens large scores: take np.exp of each, and divide by the sum.",
    ),
    (
        "sigmoids in place of exponentials",
        [(EXP, "(1 + np.tanh(logits / 2)) / 2")],
        "The sigmoid flattens large scores: take np.exp of each, and divide by the sum.",
    ),
    (
        "softmax twice",
        [
            (
                SHARE,
                f"np.exp({SHARE}) / np.exp({SHARE}).sum(axis=-1, keepdims=True)",
            )
        ],
        "Once is enough: the second softmax evens the probabilities out.",
    ),
    (
        "the probabilities are added up along the row",
        [(SHARE, f"np.cumsum({SHARE}, axis=-1)")],
        "Return each symbol's own probability: no cumulative sum.",
    ),
    (
        "each exponential is divided by the sum up to it",
        [(SHARE, "e / e.cumsum(axis=-1)")],
        "The sum below the line runs over all V symbols: np.sum, not np.cumsum.",
    ),
    (
        "the scores are divided by the length of their row",
        [(EXP, "np.exp(logits / np.linalg.norm(logits, axis=-1, keepdims=True))")],
        "Subtract the maximum. A division changes the probabilities.",
    ),
    (
        "the scores are divided by their sum before np.exp",
        [(EXP, "np.exp(logits / logits.sum(axis=-1, keepdims=True))")],
        "Subtract the maximum. A division changes the probabilities.",
    ),
    (
        "the scores are divided by the largest of all",
        [(EXP, "np.exp(logits / logits.max())")],
        "Subtract each row's maximum. A division changes the probabilities.",
    ),
    (
        "the scores are divided by the largest size of all",
        [(EXP, "np.exp(logits / np.abs(logits).max())")],
        "Subtract each row's maximum. A division changes the probabilities.",
    ),
    (
        "the scores are brought to mean 0 and deviation 1",
        [(EXP, "np.exp((logits - logits.mean(axis=-1, keepdims=True)) / logits.std(axis=-1, keepdims=True))")],
        "Subtract the maximum, and divide by nothing: that changes the probabilities.",
    ),
    (
        "the scores are brought between 0 and 1",
        [(EXP, "np.exp((logits - logits.min(axis=-1, keepdims=True)) / np.ptp(logits, axis=-1, keepdims=True))")],
        "Subtract the maximum, and divide by nothing: that changes the probabilities.",
    ),
    (
        "the scores are divided by the number of symbols",
        [(EXP, "np.exp((logits - logits.max(axis=-1, keepdims=True)) / logits.shape[-1])")],
        "That is a temperature: the exponent is the score minus the maximum, undivided.",
    ),
    (
        "a small number is added to the sum",
        [(SHARE, "e / (e.sum(axis=-1, keepdims=True) + 1e-3)")],
        "The sum of exponentials is at least 1, since the largest of them is 1: nothing needs to be added.",
    ),
    (
        "the axis before the last",
        [("axis=-1", "axis=-2")],
        "The V scores of one guess lie on the last axis: `axis=-1` in the maximum and in the sum.",
    ),
    (
        "the sum runs along the axis before the last",
        [(SHARE, "e / e.sum(axis=-2, keepdims=True)")],
        "The V scores of one guess lie on the last axis: `axis=-1`.",
    ),
    (
        "the sum runs along axis 1",
        [(SHARE, "e / e.sum(axis=1, keepdims=True)")],
        "In (T, B, V) axis 1 is the batch. The last axis is `axis=-1`, however many there are.",
    ),
    (
        "the maximum runs along axis 1",
        [(EXP, EXP.replace("axis=-1", "axis=1"))],
        "In (T, B, V) axis 1 is the batch. The last axis is `axis=-1`, however many there are.",
    ),
    (
        "axis 1, and np.exp overflows",
        [(EXP, "np.exp(logits)"), (SHARE, "e / e.sum(axis=1, keepdims=True)")],
        "In (T, B, V) axis 1 is the batch: `axis=-1` is the last one. And subtract each row's maximum first.",
    ),
    (
        "axis 2, which a matrix does not have",
        [("axis=-1", "axis=2")],
        "`logits` may have any number of axes. The last one is `axis=-1`.",
    ),
    (
        "the place of the largest score",
        [(SHARE, "1.0 * e.argmax(axis=-1)")],
        "The V probabilities of each row are asked, not the place of the largest.",
    ),
    ("all numbers in one row", [(SHARE, f"({SHARE}).ravel()")], "The result has the shape of `logits`."),
):
    softmax_cases.wrong(_name, _edits, _advice, alone=True)
for _name, _change, _advice in (
    (
        "each block of the first axis adds up to 1",
        _by_blocks,
        "`for row in logits` runs along the first axis, where each item may be a matrix: use the last axis, `axis=-1`.",
    ),
    (
        "axis 1 in two and three axes",
        _two_or_three_axes,
        "In (T, B, V) axis 1 is the batch. The last axis is `axis=-1`, however many there are.",
    ),
    (
        "np.exp overflows, and the warning is switched off",
        _in_silence(_plain_softmax),
        "Without the warning it is still inf / inf: subtract each row's maximum first. That changes no probability.",
    ),
    (
        "NaN is turned into 0",
        _in_silence(lambda logits: np.nan_to_num(_plain_softmax(logits))),
        "Those probabilities are not 0: subtract each row's maximum first, then no NaN comes up.",
    ),
    (
        "NaN is turned into 0, with a warning on the way",
        lambda logits: np.nan_to_num(_plain_softmax(logits)),
        "Those probabilities are not 0: subtract each row's maximum first, then no NaN comes up.",
    ),
    (
        "infinity is turned into a large number",
        lambda logits: np.nan_to_num(np.exp(logits)) / np.nan_to_num(np.exp(logits)).sum(axis=-1, keepdims=True),
        "Exponentials that are cut off are no longer in the right proportion: subtract each row's maximum first.",
    ),
):
    softmax_cases.wrong(_name, _change, _advice)


# ---------------------------------------------------------------- 7. the price of a guess


def cross_entropy(logits, targets):
    """logits (T, B, V), targets (T, B), integers. Returns one number: the mean of -log2 p(target), bits a character."""
    shifted = logits - logits.max(axis=-1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    right = np.take_along_axis(log_p, targets[..., None], axis=-1)
    return -right.mean() / np.log(2)


@sheet.check(
    name="cross_entropy",
    oracle=cross_entropy,
    returns="bits",
    ranges={"bits": (0, np.inf)},
    points=3,
    minutes=12,
    uses=("softmax",),
    hints=[
        "Of the V probabilities of a guess one counts: that of the character that did come. Its price is -log2 of it.",
        "log softmax needs no softmax: with `shifted = logits - maximum` it is "
        "`shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))`. So the logarithm never sees a 0.",
        "`np.take_along_axis(log_p, targets[..., None], axis=-1)` picks the log-probability of each target. Then minus "
        "the mean, divided by `np.log(2)`.",
    ],
)
def cross_entropy_cases(rng):
    """The mean price of a character in bits, for scores of any size."""
    for (label, B, V, H), T in zip(ROWS, TIMES, strict=True):
        V = V + (H == 1)
        logits = _logits(rng, (T, B), V, label).astype(np.float32 if label == "float32" else np.float64)
        targets = rng.integers(V, size=(T, B))
        targets[0, 0], targets[-1, -1] = V - 1, 0
        yield label, {"logits": logits, "targets": targets}
    sure = rng.normal(size=(2, 3, 5)) * 2
    targets = rng.integers(4, size=(2, 3))
    sure[..., 4] += 3000  # all but certain of a symbol that does not come
    yield "a sure guess that is wrong: p of the target is rounded to 0", {"logits": sure, "targets": targets}
    yield "one time step", {"logits": rng.normal(size=(1, 2, 4)), "targets": rng.integers(4, size=(1, 2))}


LOG_P = "shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))"
ROUNDED = "np.exp(shifted) / np.exp(shifted).sum(axis=-1, keepdims=True)"
PICK, MEAN = "np.take_along_axis(log_p, targets[..., None], axis=-1)", "-right.mean() / np.log(2)"
cross_entropy_cases.wrong(
    "nats, not bits", (MEAN, "-right.mean()"), "np.log is the natural logarithm: divide by `np.log(2)` to get bits."
)
cross_entropy_cases.wrong("multiplied by ln 2", ("/ np.log(2)", "* np.log(2)"), "Bits are nats divided by ln 2.")
cross_entropy_cases.wrong(
    "the minus sign is missing", (MEAN, MEAN[1:]), "The logarithm of a probability is negative, a price is positive."
)
cross_entropy_cases.wrong("the sum, not the mean", (".mean()", ".sum()"), "Bits per character: take the mean.")
cross_entropy_cases.wrong(
    "the sum over time, the mean over the batch",
    (".mean()", ".sum(axis=0).mean()"),
    "Take the mean over all T * B guesses, over time too.",
)
cross_entropy_cases.wrong(
    "the sum over the batch, the mean over time",
    (".mean()", ".sum(axis=1).mean()"),
    "Take the mean over all T * B guesses, over the batch too.",
)
cross_entropy_cases.wrong(
    "the mean runs over the V symbols, too",
    ("-right.mean()", "-right.mean() / logits.shape[-1]"),
    "Of the V numbers of a guess all but one are 0 after the product with the one-hot rows: sum over V, then the mean.",
)
cross_entropy_cases.wrong(
    "the targets pick time steps",
    (PICK, "log_p[targets]"),
    "`log_p[targets]` picks rows of the first axis, time. The symbols lie on the last: "
    "`np.take_along_axis(log_p, targets[..., None], axis=-1)`.",
)
for _name, _log_p in (("", "log_p"), (", and softmax rounds to 0", "np.log(np.exp(log_p))")):
    cross_entropy_cases.wrong(
        f"the targets of the whole batch are asked of every guess{_name}",
        (PICK, f"{_log_p}[:, :, targets]"),
        "`[:, :, targets]` makes all pairs. `np.take_along_axis(log_p, targets[..., None], axis=-1)` takes for each "
        "guess its own target.",
    )
cross_entropy_cases.wrong(
    "the targets have an axis too few",
    (PICK, "np.take_along_axis(log_p, targets, axis=-1)"),
    "log_p is (T, B, V), targets (T, B): `targets[..., None]` is (T, B, 1) and fits.",
)
cross_entropy_cases.wrong(
    "the sum of exponentials runs over the whole batch",
    (LOG_P, "shifted - np.log(np.exp(shifted).sum())"),
    "Each guess has a sum of its own: `axis=-1, keepdims=True`.",
)
cross_entropy_cases.wrong(
    "the entropy of the guess, without the target",
    (MEAN, "-(np.exp(log_p) * np.log2(np.exp(log_p))).sum(axis=-1).mean()"),
    "That is how unsure the network is. The price asks what it gave to the character that did come.",
)
cross_entropy_cases.wrong(
    "the common logarithm", (MEAN, "-right.mean() / np.log(10)"), "Bits need base 2: divide nats by `np.log(2)`."
)
cross_entropy_cases.wrong(
    "the likeliest character in place of the target",
    (PICK, "log_p.max(axis=-1)"),
    "What counts is the probability of the character that did come, however small it was.",
)
cross_entropy_cases.wrong(
    "all characters count", (PICK, "log_p"), "Of the V log-probabilities of a guess only the target's counts."
)
cross_entropy_cases.wrong(
    "the price of the mean probability",
    ("-right.mean()", "-np.log(np.exp(right).mean())"),
    "Take the logarithm of each probability first, then the mean: a single bad guess must show.",
)
cross_entropy_cases.wrong(
    "the logarithm of a probability that was rounded to 0",
    (LOG_P, f"np.log({ROUNDED})"),
    "softmax rounds a tiny probability to 0 and its logarithm is -inf: write log softmax as "
    "`shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))`.",
)
cross_entropy_cases.wrong(
    "nats, and the logarithm of a probability that was rounded to 0",
    [(LOG_P, f"np.log({ROUNDED})"), (MEAN, "-right.mean()")],
    "Divide by `np.log(2)` to get bits; and write log softmax as "
    "`shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))`, which never takes the logarithm of 0.",
)
cross_entropy_cases.wrong(
    "a small number keeps the probabilities away from 0",
    (LOG_P, f"np.log({ROUNDED} + 1e-12)"),
    "That caps the price of a sure wrong guess, and falsifies it. Log softmax can be written without a logarithm of 0.",
)
cross_entropy_cases.wrong("the mean is missing", (".mean()", ""), "One number is asked: the mean over all guesses.")
cross_entropy_cases.wrong(
    "np.exp overflows",
    ("logits - logits.max(axis=-1, keepdims=True)", "logits"),
    "np.exp of 800 is inf: subtract each row's maximum first.",
)
cross_entropy_cases.wrong(
    "no softmax: the scores are taken for log-probabilities",
    (LOG_P, "shifted"),
    "Scores are no log-probabilities: subtract the logarithm of the sum of their exponentials.",
)
cross_entropy_cases.wrong(
    "the probability, not its logarithm",
    (MEAN, "1 - np.exp(right).mean()"),
    "The price is -log2 p: 0 bits for a sure right guess, and no upper end for a sure wrong one.",
)
cross_entropy_cases.wrong(
    "perplexity", (MEAN, "np.exp(-right.mean())"), "exp(nats) is the perplexity. Bits are nats divided by ln 2."
)
for _name, _change, _advice in (
    (
        "the mean over time alone",
        (".mean()", ".mean(axis=0).squeeze(-1)"),
        "One number is asked: the mean over time and batch, `.mean()` without an axis.",
    ),
    (
        "the mean over the batch alone",
        (".mean()", ".mean(axis=1).squeeze(-1)"),
        "One number is asked: the mean over time and batch, `.mean()` without an axis.",
    ),
    ("the last time step alone", ("-right", "-right[-1]"), "All T steps count: take the mean over time too."),
    ("the first time step alone", ("-right", "-right[0]"), "All T steps count: take the mean over time too."),
    ("divided by 2 in place of ln 2", ("/ np.log(2)", "/ 2"), "Bits are nats divided by `np.log(2)`, which is 0.693."),
    (
        "bits are made twice",
        ("/ np.log(2)", "/ np.log(2) ** 2"),
        "Divide by `np.log(2)` once; np.log2 needs no division.",
    ),
    (
        "the median, not the mean",
        (MEAN, "-np.median(right) / np.log(2)"),
        "The price per character is the mean, in which the rare costly guesses count.",
    ),
    (
        "the first symbol in place of the target",
        (PICK, "log_p[..., 0]"),
        "Which symbol counts is different for each guess: `targets` names it.",
    ),
    (
        "the symbol before the target",
        (PICK, "np.take_along_axis(log_p, targets[..., None] - 1, axis=-1)"),
        "Ids count from 0, so the target's column is `targets` itself, without `- 1`.",
    ),
    (
        "the log-probabilities are multiplied by the ids",
        (PICK, "log_p * targets[..., None]"),
        "The target is a place, not a factor: it picks one of the V log-probabilities.",
    ),
    (
        "the least likely character in place of the target",
        (PICK, "log_p.min(axis=-1)"),
        "What counts is the probability of the character that did come: `targets` names it.",
    ),
    (
        "the targets of the first sequence serve the whole batch",
        (PICK, "np.take_along_axis(log_p, np.broadcast_to(targets[:, :1, None], (*targets.shape, 1)), axis=-1)"),
        "Each sequence of the batch has its own targets: `targets[..., None]`.",
    ),
    (
        "the targets count through all numbers",
        (PICK, "log_p.reshape(-1)[targets]"),
        "The target is a place on the last axis, within its own guess: np.take_along_axis looks there.",
    ),
    (
        "the probability of all the other characters",
        (PICK, "np.log1p(-np.exp(np.minimum(np.take_along_axis(log_p, targets[..., None], axis=-1), -1e-12)))"),
        "The price is made from the probability of the character that came, not from 1 minus it.",
    ),
    (
        "the sum of exponentials runs along time",
        (LOG_P, LOG_P.replace("axis=-1", "axis=0")),
        "The V scores of one guess lie on the last axis: `axis=-1`.",
    ),
    (
        "the sum of exponentials runs along the batch",
        (LOG_P, LOG_P.replace("axis=-1", "axis=1")),
        "In (T, B, V) axis 1 is the batch: the V scores of one guess lie on the last axis, `axis=-1`.",
    ),
    (
        "the maximum is not subtracted from the score itself",
        (LOG_P, LOG_P.replace("shifted - np", "logits - np")),
        "The maximum must go from both parts, or from neither: `shifted` in both places.",
    ),
    (
        "the logarithm of the sum is missing",
        (LOG_P, LOG_P.replace("np.log(np.exp(shifted)", "(np.exp(shifted)")),
        "From each score goes the logarithm of the sum of exponentials: np.log around the sum.",
    ),
    (
        "the logarithm of a quotient taken as a quotient",
        (LOG_P, LOG_P.replace("shifted - np.log", "shifted / np.log")),
        "The logarithm of a quotient is a difference: minus, not a division.",
    ),
    (
        "the logarithm of the sum is added",
        (LOG_P, LOG_P.replace("shifted - np.log", "shifted + np.log")),
        "The sum stands below the line of softmax, so its logarithm is subtracted.",
    ),
    (
        "the logarithm is taken before the sum",
        (LOG_P, "shifted - np.log(np.exp(shifted)).sum(axis=-1, keepdims=True)"),
        "First add the exponentials, then take the logarithm of the sum.",
    ),
    (
        "the probabilities are taken for their logarithms",
        (LOG_P, ROUNDED),
        "The price is a logarithm: the mean probability is no price.",
    ),
    (
        "one maximum for all guesses",
        ("logits - logits.max(axis=-1, keepdims=True)", "logits - logits.max()"),
        "A guess whose scores lie far below the largest of all gets the logarithm of 0: `axis=-1, keepdims=True`.",
    ),
):
    cross_entropy_cases.wrong(_name, _change, _advice)


MORE_LOG_P = (  # name, log softmax, advice
    (
        "the maximum is missing inside the logarithm",
        LOG_P.replace("np.exp(shifted)", "np.exp(logits)"),
        "The maximum must go from both parts, or from neither: `shifted` in both places.",
    ),
    (
        "no softmax, and the scores as they are",
        "logits",
        "Scores are no log-probabilities: subtract the logarithm of the sum of their exponentials.",
    ),
    (
        "the logarithm of the mean of the exponentials",
        LOG_P.replace(".sum(", ".mean("),
        "Below the line of softmax stands the sum of the exponentials, not their mean.",
    ),
    (
        "base 2 in the logarithm of the sum alone",
        LOG_P.replace("np.log(", "np.log2("),
        "The scores are exponents of e, so the sum needs np.log. The division by `np.log(2)` comes last, for all.",
    ),
    (
        "base 10 in the logarithm of the sum alone",
        LOG_P.replace("np.log(", "np.log10("),
        "The scores are exponents of e, so the sum needs np.log.",
    ),
    (
        "powers of 2 in the sum",
        LOG_P.replace("np.exp(", "np.exp2("),
        "Softmax takes np.exp. Base 2 comes in at the end: divide by `np.log(2)`.",
    ),
    (
        "1 is added to the sum of exponentials",
        LOG_P.replace("np.log(", "np.log1p("),
        "np.log1p adds a 1 that softmax does not have: np.log.",
    ),
    (
        "softmax twice",
        f"{ROUNDED} - np.log(np.exp({ROUNDED}).sum(axis=-1, keepdims=True))",
        "Once is enough: `shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))`.",
    ),
    (
        "the sigmoid in place of softmax",
        "-np.log1p(np.exp(-logits)) if logits.max() < 100 else -np.maximum(-logits, 0)",
        "The sigmoid looks at one score alone: the V probabilities of a guess add up to 1.",
    ),
    (
        "keepdims is missing in the sum",
        LOG_P.replace(KEPT, NO_KEEPDIMS),
        "(T, B, V) - (T, B) does not fit: `keepdims=True` leaves an axis of size 1.",
    ),
    *(
        (
            f"{small:g} keeps the probabilities away from 0",
            f"np.log({ROUNDED} + {small})",
            "That caps the price of a sure wrong guess, and falsifies it. Log softmax needs no logarithm of 0.",
        )
        for small in (1e-6, 1e-7, 1e-8, 1e-9, 1e-10, 1e-15, 1e-16, 1e-20, 1e-30, 1e-100, 1e-300)
    ),
)
for _name, _new, _advice in MORE_LOG_P:
    cross_entropy_cases.wrong(_name, (LOG_P, _new), _advice, alone=True)
cross_entropy_cases.wrong(
    "base 2 in the logarithm of the sum, and nothing is divided",
    [(LOG_P, LOG_P.replace("np.log(", "np.log2(")), (MEAN, "-right.mean()")],
    "The scores are exponents of e: take np.log of the sum, and divide the whole by `np.log(2)` in the end.",
    alone=True,
)
MAXIMUM = "logits.max(axis=-1, keepdims=True)"
for _name, _new, _advice in (
    (
        "the maximum runs along time",
        "logits.max(axis=0)",
        "Subtract from each guess its own maximum: `axis=-1, keepdims=True`.",
    ),
    (
        "the maximum runs along the batch",
        "logits.max(axis=1, keepdims=True)",
        "Subtract from each guess its own maximum: `axis=-1, keepdims=True`.",
    ),
    (
        "keepdims is missing in the maximum",
        "logits.max(axis=-1)",
        "(T, B, V) - (T, B) does not fit: `keepdims=True` leaves an axis of size 1.",
    ),
):
    cross_entropy_cases.wrong(_name, (MAXIMUM, _new), _advice, alone=True)
OF_TARGET = f"{PICK}[..., 0]"
for _name, _new, _advice in (
    (
        "every time step is paired with one sequence",
        "log_p[np.arange(len(targets)), np.arange(targets.shape[1]), targets]",
        "Time steps and sequences make a grid: `np.arange(T)[:, None]` beside `np.arange(B)`; or np.take_along_axis.",
    ),
    (
        "the targets are transposed",
        "log_p[np.arange(len(targets))[:, None], np.arange(targets.shape[1]), targets.T]",
        "`targets` (T, B) has the axes of `logits` already: no `.T`.",
    ),
    (
        "the targets pick time steps, with np.take_along_axis",
        "np.take_along_axis(log_p, targets[..., None], axis=0)",
        "The symbols lie on the last axis: `axis=-1`.",
    ),
    (
        "the targets pick sequences",
        "np.take_along_axis(log_p, targets[..., None], axis=1)",
        "The symbols lie on the last axis: `axis=-1`.",
    ),
    (
        "the targets pick whole guesses of the flat batch",
        "log_p.reshape(-1, logits.shape[-1])[targets.ravel()]",
        "A target is a place among the V symbols of its own guess, not the number of a guess.",
    ),
    (
        "all characters but the target",
        f"log_p.sum(axis=-1) - {OF_TARGET}",
        "What counts is the log-probability of the character that did come, and no other.",
    ),
    (
        "the log-probabilities times the ids, summed",
        "(log_p * targets[..., None]).sum(axis=-1)",
        "The target is a place, not a factor: multiply by its one-hot row, or pick with np.take_along_axis.",
    ),
    (
        "the log-probabilities of all characters are summed",
        "log_p.sum(axis=-1)",
        "Of the V log-probabilities of a guess only the target's counts.",
    ),
    (
        "the last symbol in place of the target",
        "log_p[..., -1]",
        "Which symbol counts is different for each guess: `targets` names it.",
    ),
    (
        "the symbol after the target",
        "np.take_along_axis(log_p, (targets[..., None] + 1) % logits.shape[-1], axis=-1)",
        "Ids count from 0, so the target's column is `targets` itself, without `+ 1`.",
    ),
    (
        "the first sequence alone",
        f"{PICK}[:, 0]",
        "All T * B guesses count: take the mean over the batch too.",
    ),
    (
        "each guess is priced with the target of the next step",
        "np.take_along_axis(log_p[:-1], targets[1:, :, None], axis=-1)",
        "`targets[t]` is what comes after step t already: shift nothing here.",
    ),
    (
        "each guess is priced with the target of the step before",
        "np.take_along_axis(log_p[1:], targets[:-1, :, None], axis=-1)",
        "`targets[t]` belongs to the guess of step t: shift nothing here.",
    ),
):
    cross_entropy_cases.wrong(_name, (PICK, _new), _advice, alone=True)
RIGHT_P = "np.exp(log_p)"
for _name, _new, _advice in (
    (
        "e to the power of the bits",
        "np.exp(-right.mean() / np.log(2))",
        "The bits themselves are asked: no np.exp at the end.",
    ),
    (
        "nats, and the minus sign is missing",
        "right.mean()",
        "The logarithm of a probability is negative, a price is positive; and divide by `np.log(2)` to get bits.",
    ),
    (
        "the sum of the nats",
        "-right.sum()",
        "Take the mean over all T * B guesses, and divide by `np.log(2)` to get bits.",
    ),
    (
        "a logarithm of the mean price",
        "np.log2(-right.mean())",
        "The price of each guess is a logarithm already. Bits are the mean of the nats divided by ln 2.",
    ),
    (
        "divided by the logarithm of V",
        "-right.mean() / np.log(logits.shape[-1])",
        "Bits have base 2, however many symbols there are: divide by `np.log(2)`.",
    ),
    (
        "one price for each guess",
        "-right[..., 0] / np.log(2)",
        "One number is asked: the mean over all T * B guesses.",
    ),
    ("the highest price", "-right.min() / np.log(2)", "The mean of all prices is asked."),
    ("the first step is left out", "-right[1:].mean() / np.log(2)", "All T steps count, the first one too."),
    ("the last step is left out", "-right[:-1].mean() / np.log(2)", "All T steps count, the last one too."),
    (
        "each price is weighted with its probability",
        "-(np.exp(right) * right).mean() / np.log(2)",
        "What came, came: its price counts in full, -log2 p.",
    ),
    (
        "the share of right guesses",
        "(log_p.argmax(axis=-1) == targets).mean()",
        "The price asks how probable the right character was, not whether it was the likeliest.",
    ),
    (
        "the share of wrong guesses",
        "(log_p.argmax(axis=-1) != targets).mean()",
        "The price asks how probable the right character was, not whether it was the likeliest.",
    ),
    (
        "the entropy of the guess, written without a logarithm of 0",
        "-(np.exp(log_p) * log_p).sum(axis=-1).mean() / np.log(2)",
        "That is how unsure the network is. The price asks what it gave to the character that did come.",
    ),
    (
        "the mean over all p log p",
        "-(np.exp(log_p) * log_p).mean() / np.log(2)",
        "That is how unsure the network is. The price asks what it gave to the character that did come.",
    ),
    (
        "the squared error",
        "((np.eye(logits.shape[-1])[targets] - np.exp(log_p)) ** 2).mean()",
        "A price is a logarithm: -log2 of the target's probability.",
    ),
    (
        "the squared error of each guess",
        "((np.eye(logits.shape[-1])[targets] - np.exp(log_p)) ** 2).sum(axis=-1).mean()",
        "A price is a logarithm: -log2 of the target's probability.",
    ),
    (
        "each price is rounded up",
        "np.ceil(-right / np.log(2)).mean()",
        "A price may be a part of a bit: round nothing.",
    ),
    (
        "the root of the mean price",
        "np.sqrt(-right.mean() / np.log(2))",
        "The mean price itself is asked: no root.",
    ),
):
    cross_entropy_cases.wrong(_name, (MEAN, _new), _advice, alone=True)


# ---------------------------------------------------------------- 8. probabilities to draw from


def sampling_probabilities(logits, temperature):
    """logits (B, V), temperature (B,), positive, one a row. Returns probabilities (B, V): softmax(logits / temp.)."""
    return softmax(logits / temperature[:, None])


@sheet.check(
    name="sampling_probabilities",
    oracle=sampling_probabilities,
    returns="p",
    ranges={"p": (0, 1)},
    points=2,
    minutes=7,
    uses=("softmax",),
    hints=[
        "Divide the scores first, then turn them into probabilities. A temperature below 1 makes differences larger.",
        "`logits` is (B, V) and `temperature` is (B,): each row has a temperature of its own, so make it a column.",
        "`temperature[:, None]` is (B, 1). Then `softmax(logits / temperature[:, None])`.",
    ],
)
def sampling_probabilities_cases(rng):
    """The probabilities to draw from at a temperature for each row."""
    for label, B, V, H in ROWS:
        case = {
            "logits": _logits(rng, (B,), V + (H == 1), label),
            "temperature": rng.permutation(np.linspace(0.3, 2.5, B + 2))[:B],  # all distinct, none 1
        }
        yield finish(label, case, scaled=())
    yield (
        "temperatures near 0 and far above 1",
        {"logits": rng.normal(size=(3, 4)) * [[1], [100], [1]], "temperature": np.array([0.02, 50.0, 1e-4])},
    )
    close = {"logits": 1e-7 * rng.normal(size=(2, 4)), "temperature": np.array([5e-8, 2e-7])}
    yield "scores that differ by as little as the temperature", close


TEMPERED = "softmax(logits / temperature[:, None])"
sampling_probabilities_cases.wrong(
    "multiplied by the temperature",
    ("/ temperature", "* temperature"),
    "A high temperature evens the probabilities out, so the scores become smaller: divide.",
)
sampling_probabilities_cases.wrong(
    "the temperature is not used",
    (TEMPERED, "softmax(logits)"),
    "Divide the scores by the temperature of their row. (Subtracted, or dividing the exponentials, it cancels.)",
)
sampling_probabilities_cases.wrong(
    "the probabilities are divided, not the scores",
    (TEMPERED, "softmax(logits) / temperature[:, None]"),
    "Divide the scores first: a quotient of probabilities does not add up to 1.",
)
sampling_probabilities_cases.wrong(
    "powers of the probabilities that do not add up to 1",
    (TEMPERED, "softmax(logits) ** (1 / temperature[:, None])"),
    "The power is right, the sum is not: divide each row by its sum, or divide the scores before the softmax.",
)
sampling_probabilities_cases.wrong(
    "the probabilities to the power of the temperature",
    (TEMPERED, "softmax(logits) ** temperature[:, None]"),
    "Divide the scores by the temperature before the softmax.",
)
sampling_probabilities_cases.wrong(
    "softmax of the probabilities",
    (TEMPERED, "softmax(softmax(logits) / temperature[:, None])"),
    "The scores are divided by the temperature, not the probabilities: one softmax is enough.",
)
sampling_probabilities_cases.wrong(
    "the temperatures lie along the wrong axis",
    (TEMPERED, "softmax(logits / temperature)"),
    "`temperature` is (B,), one number for each row: `temperature[:, None]` makes it a column, (B, 1).",
)
sampling_probabilities_cases.wrong(
    "the first temperature serves all rows",
    (TEMPERED, "softmax(logits / temperature[0])"),
    "Each row has its own temperature: divide by `temperature[:, None]`.",
)
sampling_probabilities_cases.wrong(
    "all numbers together add up to 1",
    (TEMPERED, "softmax((logits / temperature[:, None]).ravel()).reshape(logits.shape)"),
    "Each row is a guess of its own: divide it by its own sum, `axis=-1, keepdims=True`.",
)
sampling_probabilities_cases.wrong(
    "np.exp overflows",
    ("return " + TEMPERED, "e = np.exp(logits / temperature[:, None])\n    return e / e.sum(axis=-1, keepdims=True)"),
    "np.exp of 800 is inf: your own `softmax` subtracts each row's maximum first. Call it with the divided scores.",
)
sampling_probabilities_cases.wrong(
    "the softmax is missing",
    (TEMPERED, "logits / temperature[:, None]"),
    "To draw you need probabilities: put the divided scores through softmax.",
)
sampling_probabilities_cases.wrong(
    "always the likeliest",
    (TEMPERED, "(logits == logits.max(axis=-1, keepdims=True)) * 1.0"),
    "That is temperature 0. At any other temperature each symbol keeps a chance.",
)
sampling_probabilities_cases.wrong(
    "the square root of the temperature",
    (TEMPERED, "softmax(logits / np.sqrt(temperature[:, None]))"),
    "Divide by the temperature itself.",
)
for _name, _change, _advice in (
    (
        "the temperature is divided by the scores",
        (TEMPERED, "softmax(temperature[:, None] / logits)"),
        "The other way round: the scores are divided by the temperature.",
    ),
    (
        "the mean temperature serves all rows",
        (TEMPERED, "softmax(logits / temperature.mean())"),
        "Each row has its own temperature: divide by `temperature[:, None]`.",
    ),
    (
        "the last temperature serves all rows",
        (TEMPERED, "softmax(logits / temperature[-1])"),
        "Each row has its own temperature: divide by `temperature[:, None]`.",
    ),
    (
        "the largest temperature serves all rows",
        (TEMPERED, "softmax(logits / temperature.max())"),
        "Each row has its own temperature: divide by `temperature[:, None]`.",
    ),
    (
        "divided by the temperature twice",
        (TEMPERED, "softmax(logits / temperature[:, None] ** 2)"),
        "Divide by the temperature once, without a square.",
    ),
    (
        "the temperatures stand in reverse order",
        (TEMPERED, "softmax(logits / temperature[::-1, None])"),
        "Row n is divided by temperature n.",
    ),
    (
        "each column adds up to 1",
        (TEMPERED, "softmax((logits / temperature[:, None]).T).T"),
        "Each row is a guess of its own: the softmax runs along the last axis of `logits`.",
    ),
    (
        "the result is transposed",
        (TEMPERED, "softmax(logits / temperature[:, None]).T"),
        "The result is (B, V), as `logits` is.",
    ),
    (
        "the exponential of the temperature",
        (TEMPERED, "softmax(logits / np.exp(temperature[:, None]))"),
        "Divide by the temperature itself.",
    ),
    (
        "the logarithm of the probabilities",
        (TEMPERED, "np.log(np.maximum(softmax(logits / temperature[:, None]), 1e-300))"),
        "Return the probabilities themselves.",
    ),
    (
        "the temperature has no part in the sum",
        (
            TEMPERED,
            "np.exp((logits - logits.max(axis=-1, keepdims=True)) / temperature[:, None]) "
            "/ np.exp(logits - logits.max(axis=-1, keepdims=True)).sum(axis=-1, keepdims=True)",
        ),
        "Above and below the line stand the same exponentials, of the divided scores: one softmax of them does it.",
    ),
    (
        "a small number is added to the temperature",
        (TEMPERED, "softmax(logits / (temperature[:, None] + 1e-8))"),
        "The temperatures are positive, so nothing is divided by 0, and near 0 the extra number changes the result.",
    ),
    (
        "low temperatures are raised",
        (TEMPERED, "softmax(logits / np.maximum(temperature[:, None], 0.1))"),
        "Any positive temperature is allowed, however low: softmax subtracts the maximum, so nothing overflows.",
    ),
):
    sampling_probabilities_cases.wrong(_name, _change, _advice)


def _tempered_e(logits, temperature):
    z = logits / temperature[:, None]
    return np.exp(z - z.max(axis=-1, keepdims=True))


def _maximum_of_all(logits, temperature):
    z = logits / temperature[:, None]
    e = np.exp(z - z.max())
    return e / e.sum(axis=-1, keepdims=True)


def _maximum_of_columns(logits, temperature):
    z = logits / temperature[:, None]
    e = np.exp(z - z.max(axis=0))
    return e / e.sum(axis=-1, keepdims=True)


def _maximum_without_axis(logits, temperature):
    z = logits / temperature[:, None]
    e = np.exp(z - z.max(axis=-1))
    return e / e.sum(axis=-1, keepdims=True)


def _sum_without_axis(logits, temperature):
    e = _tempered_e(logits, temperature)
    return e / e.sum(axis=-1)


def _powers(logits, temperature):
    p = softmax(logits) ** (1 / temperature[:, None])
    return p / p.sum(axis=-1, keepdims=True)


TEMPERATURE = "temperature[:, None]"
for _name, _new, _advice in (
    *(
        (
            f"{small:g} is added to the temperature",
            f"({TEMPERATURE} + {small})",
            "The temperatures are positive, so nothing is divided by 0, and near 0 a number more changes the result.",
        )
        for small in (1e-3, 1e-5, 1e-6, 1e-7, 1e-9, 1e-10, 1e-12)
    ),
    *(
        (
            f"temperatures below {low:g} are raised",
            f"np.maximum({TEMPERATURE}, {low})",
            "Any positive temperature is allowed, however low: softmax subtracts the maximum, so nothing overflows.",
        )
        for low in (1.0, 0.5, 0.05, 0.01, 1e-3, 1e-5, 1e-6, 1e-7)
    ),
    (
        "temperatures above 1 are lowered",
        f"np.minimum({TEMPERATURE}, 1)",
        "Any positive temperature is allowed, however high: divide by the temperature itself.",
    ),
    ("1 is added to the temperature", f"(1 + {TEMPERATURE})", "Divide by the temperature itself."),
    ("1 minus the temperature", f"(1 - {TEMPERATURE})", "Divide by the temperature itself."),
    ("the logarithm of the temperature", f"np.log({TEMPERATURE})", "Divide by the temperature itself."),
    (
        "the sum of the temperatures",
        "temperature.sum()",
        "Each row has its own temperature: divide by `temperature[:, None]`.",
    ),
):
    sampling_probabilities_cases.wrong(_name, (TEMPERATURE, _new), _advice, alone=True)
for _name, _change, _advice in (
    (
        "the exponentials are not divided by their sum",
        _tempered_e,
        "Probabilities add up to 1: divide each row by its sum, or call your softmax.",
    ),
    (
        "the largest score of all is subtracted",
        _maximum_of_all,
        "A row far below another becomes 0 / 0: subtract each row's own maximum, as your softmax does.",
    ),
    (
        "the largest score of each column is subtracted",
        _maximum_of_columns,
        "Subtract from each row its own maximum, as your softmax does: one number for the whole row.",
    ),
    (
        "the exponentials are divided by the sum of their column",
        lambda logits, temperature: _tempered_e(logits, temperature) / _tempered_e(logits, temperature).sum(axis=0),
        "Each row is a guess of its own: divide it by its own sum, `axis=-1, keepdims=True`.",
    ),
    (
        "the exponentials are divided by the sum of all",
        lambda logits, temperature: _tempered_e(logits, temperature) / _tempered_e(logits, temperature).sum(),
        "Each row is a guess of its own: divide it by its own sum, `axis=-1, keepdims=True`.",
    ),
    (
        "keepdims is missing in the maximum",
        _maximum_without_axis,
        "The maximum loses its axis and no longer fits the rows: `keepdims=True` leaves an axis of size 1.",
    ),
    (
        "keepdims is missing in the sum",
        _sum_without_axis,
        "The sum loses its axis and no longer fits the rows: `keepdims=True` leaves an axis of size 1.",
    ),
    (
        "powers of probabilities that softmax has rounded to 0",
        _powers,
        "At a low temperature every power becomes 0, and 0 / 0 is NaN: divide the scores, before the softmax.",
    ),
):
    sampling_probabilities_cases.wrong(_name, _change, _advice)
for _name, _new, _advice in (
    (
        "the probabilities are divided by the temperature once more",
        f"{TEMPERED} / {TEMPERATURE}",
        "The scores are divided, and nothing else: the probabilities add up to 1 already.",
    ),
    (
        "the probabilities are multiplied by the temperature",
        f"softmax(logits) * {TEMPERATURE}",
        "Divide the scores by the temperature before the softmax.",
    ),
    (
        "the logarithm of the probabilities, with a logarithm of 0",
        f"np.log({TEMPERED})",
        "Return the probabilities themselves.",
    ),
    (
        "the probabilities are added up along the row",
        f"np.cumsum({TEMPERED}, axis=-1)",
        "Return each symbol's own probability: no cumulative sum.",
    ),
    (
        "powers of 2",
        "softmax(logits * np.log(2) / temperature[:, None])",
        "Softmax takes `np.exp`, base e.",
    ),
    (
        "the sign of the scores is turned",
        "softmax(-logits / temperature[:, None])",
        "The largest score keeps the largest probability: no minus.",
    ),
    (
        "the quotients are rounded down",
        "softmax(logits // temperature[:, None])",
        "`//` throws the digits after the point away: divide with `/`.",
    ),
    (
        "the maximum is divided by the temperature, and the score is not",
        "(lambda e: e / e.sum(axis=-1, keepdims=True))"
        "(np.exp(logits - logits.max(axis=-1, keepdims=True) / temperature[:, None]))",
        "Divide the scores first, then subtract the maximum of the quotients: the brackets around both are missing.",
    ),
    (
        "every row at every temperature",
        "np.array([softmax(logits / one) for one in temperature])",
        "Row n has temperature n alone: `logits / temperature[:, None]`.",
    ),
    (
        "the first row at every temperature",
        "softmax(logits[0] / temperature[:, None])",
        "Row n has temperature n: `logits / temperature[:, None]`.",
    ),
    (
        "softmax is given the temperature",
        "softmax(logits, temperature)",
        "`softmax` takes the scores alone: divide them by the temperature before you call it.",
    ),
    (
        "the probabilities are mixed with an even guess",
        "(1 - temperature[:, None]) * softmax(logits) + temperature[:, None] / logits.shape[1]",
        "The temperature divides the scores, before the softmax.",
    ),
    *(
        (
            f"{small:g} keeps the probabilities away from 0 before the division",
            f"softmax(np.log(softmax(logits) + {small}) / temperature[:, None])",
            "Divide the scores themselves: a probability that softmax rounds, or that gets a number added, has lost "
            "them.",
        )
        for small in (1e-8, 1e-9, 1e-10, 1e-12)
    ),
):
    sampling_probabilities_cases.wrong(_name, (TEMPERED, _new), _advice, alone=True)


# ---------------------------------------------------------------- 9. one guess by pencil


SHARES = {  # how the pencil makes two numbers of the scores of a and b
    "softmax": lambda e: e / e.sum(),
    "none": lambda e: e,
    "each by the other": lambda e: e / e[::-1],
    "each by 1 more": lambda e: e / (1 + e),
}
WORTH = np.array([2.0, -1.0]), np.array([0.0, 0.5])  # W_y and b_y, for a and b


def _pencil(*, z=0.6, h=None, scores=lambda h, W, b: W * h + b, power=np.exp, share="softmax", bits=None):
    """The numbers of the pencil question, or of a slip in it: state, probabilities of a and b, their prices."""
    h = np.tanh(z) if h is None else h
    p_a, p_b = p = SHARES[share](power(scores(h, *WORTH)))
    bits_a, bits_b = bits(p) if bits else -np.log2(p)
    return {"h": h, "p_a": p_a, "p_b": p_b, "bits_a": bits_a, "bits_b": bits_b}


@sheet.check(
    name="pencil_bits",
    oracle=_pencil(),
    returns=("h", "p_a", "p_b", "bits_a", "bits_b"),
    points=2,
    minutes=10,
    probe="value",
    compare=two_decimals,
    hints=[
        "First h = tanh(0.8 + 0.5 * (-0.6) + 0.1). The input is one-hot: its product with W_x is 0.8.",
        "Scores: 2h for a, -h + 0.5 for b. Take the exponential of both and divide each by their sum.",
        "A price is -log2 p = -ln p / 0.6931. The two probabilities add up to 1; the likelier letter costs less.",
    ],
)
def pencil_bits_cases(rng):
    """One step and one guess worked out by hand, five numbers to two decimals."""
    yield "the numbers of the question", {}


BEFORE_THE_PRICE = {  # name: (what the pencil does, advice); several slips give the same numbers and share a name
    "tanh is missing": ({"h": 0.6}, "h = tanh(0.6), which is less than 0.6."),
    "the previous state is left out": ({"z": 0.9}, "The sum has three parts: add h_prev * W_h = 0.5 * (-0.6)."),
    "the sign of W_h is lost, or the sum is doubled": (
        {"z": 1.2},
        "W_h is -0.6: 0.8 - 0.3 + 0.1 = 0.6, and h is the tanh of that.",
    ),
    "the sum inside the tanh is not complete": (
        {"z": 0.5},
        "All three parts stand inside one tanh, the bias too: 0.8 + 0.5 * (-0.6) + 0.1 = 0.6.",
    ),
    "the bias is added after the tanh": ({"h": np.tanh(0.5) + 0.1}, "b stands inside the brackets: tanh(0.5 + 0.1)."),
    "the bias is subtracted": ({"z": 0.4}, "The bias is added: 0.8 - 0.3 + 0.1 = 0.6."),
    "the bias is added twice": ({"z": 0.7}, "0.8 - 0.3 + 0.1 is 0.6: the bias counts once."),
    "the input's part is left out": ({"z": -0.2}, "The sum has three parts: the input's is 0.8."),
    "the input's part alone": ({"z": 0.8}, "The sum has three parts: add 0.5 * (-0.6) and 0.1."),
    "h_prev is left out of its product, or the sum is halved": (
        {"z": 0.3},
        "The past's part is h_prev * W_h = 0.5 * (-0.6), and h is the tanh of the whole sum: 0.8 - 0.3 + 0.1 = 0.6.",
    ),
    "W_h is left out of its product": ({"z": 1.4}, "The past's part is a product: h_prev * W_h = 0.5 * (-0.6) = -0.3."),
    "the input is multiplied by h_prev": ({"z": 0.2}, "0.8 is x W_x already: it is added as it is."),
    "W_h multiplies more than h_prev": (
        {"z": 1.3 * -0.6 + 0.1},
        "First the product, then the sum: 0.8 + 0.5 * (-0.6) + 0.1.",
    ),
    "the bias goes into the product, or h is rounded to one decimal": (
        {"z": 0.55},
        "First the product, then the sum: 0.8 + (0.5 * (-0.6)) + 0.1. Keep four decimals on the way.",
    ),
    "the old state is added to the new": ({"h": np.tanh(0.6) + 0.5}, "The new state is tanh(0.6), and nothing more."),
    "the sigmoid in place of tanh": ({"h": 1 / (1 + np.exp(-0.6))}, "The plain RNN squashes with tanh."),
    "the tangent in place of tanh": (
        {"h": np.tan(0.6)},
        "The key is tanh, or hyp and tan: tanh(0.6) is less than 0.6.",
    ),
    "the tangent of 0.6 degrees": (
        {"h": np.tan(np.radians(0.6))},
        "The key is tanh, or hyp and tan, and has no degrees.",
    ),
    "the inverse of tanh": ({"h": np.arctanh(0.6)}, "h = tanh(0.6), which is less than 0.6: not its inverse."),
    "sinh in place of tanh": ({"h": np.sinh(0.6)}, "h = tanh(0.6): sinh divided by cosh, less than 0.6."),
    "tanh is taken twice": ({"h": np.tanh(np.tanh(0.6))}, "h = tanh(0.6), once."),
    "the slope of tanh in place of tanh": ({"h": 1 - np.tanh(0.6) ** 2}, "h = tanh(0.6) itself, not 1 - tanh²."),
    "the bias b_y is left out, or added to both scores": (
        {"scores": lambda h, W, b: W * h},
        "Only b has a bias: its score is W_y h + b_y = -h + 0.5, that of a is 2h.",
    ),
    "the bias b_y counts for a, or with a minus": (
        {"scores": lambda h, W, b: W * h - b},
        "The bias 0.5 belongs to b and is added: its score is -h + 0.5, that of a is 2h.",
    ),
    "the sign of W_y for b is lost": (
        {"scores": lambda h, W, b: np.abs(W) * h + b},
        "W_y for b is -1: its score is -h + 0.5.",
    ),
    "W_y and h are added": (
        {"scores": lambda h, W, b: W + h + b},
        "A score is a product and a bias: W_y h + b_y.",
    ),
    "the sum before the tanh in the scores": (
        {"scores": lambda h, W, b: W * 0.6 + b},
        "The scores are made from h, after the tanh: 2h and -h + 0.5.",
    ),
    "b_y is multiplied by h as well": (
        {"scores": lambda h, W, b: (W + b) * h},
        "First the product, then the bias: -h + 0.5.",
    ),
    "the two letters are exchanged, or the signs of their scores": (
        {"scores": lambda h, W, b: (W * h + b)[::-1]},
        "The score of a is 2h, that of b -h + 0.5, and softmax takes e^score: a is the likelier letter.",
    ),
    "powers of 2 in place of exponentials": (
        {"power": np.exp2},
        "Softmax takes e^score. Base 2 comes in at the price.",
    ),
    "powers of 10 in place of exponentials": (
        {"power": lambda s: 10.0**s},
        "Softmax takes e^score: the key e^x, not 10^x.",
    ),
    "the scores in place of their exponentials": (
        {"power": np.abs},
        "Softmax takes the exponential of each score, then divides by their sum.",
    ),
    "the exponentials are not divided by their sum": (
        {"share": "none"},
        "Probabilities add up to 1: divide both by their sum. A price is never negative.",
    ),
    "each exponential is divided by the other": (
        {"share": "each by the other"},
        "Below the line stands the sum of both exponentials.",
    ),
    "the sigmoid of each score": (
        {"share": "each by 1 more"},
        "Below the line stands the sum of both exponentials, not 1 and one of them. The two add up to 1.",
    ),
}
IN_THE_PRICE = {  # name: (what the pencil makes of the two probabilities, advice)
    "nats, not bits": (lambda p: -np.log(p), "Divide ln p by ln 2 = 0.6931 to get bits."),
    "the common logarithm": (
        lambda p: -np.log10(p),
        "The key 'log' of many calculators has base 10: bits need base 2.",
    ),
    "the minus sign of the price is missing": (
        np.log2,
        "The logarithm of a probability is negative, a price is positive: -log2 p.",
    ),
    "nats, and the minus sign of the price is missing": (
        np.log,
        "A price is positive, -log2 p, and -ln p is divided by ln 2 = 0.6931 to get bits.",
    ),
    "multiplied by ln 2": (
        lambda p: -np.log(p) * np.log(2),
        "ln p is divided by ln 2 = 0.6931 to get bits, not multiplied by it.",
    ),
    "divided by 2 in place of ln 2": (lambda p: -np.log(p) / 2, "ln p is divided by ln 2, which is 0.6931."),
    "each price is weighted with its probability": (
        lambda p: -p * np.log2(p),
        "What came, came: its price counts in full, -log2 p. The weights belong to the entropy.",
    ),
    "the entropy in place of two prices": (
        lambda p: 0 * p - (p * np.log2(p)).sum(),
        "Each letter has a price of its own, -log2 p: no mean of the two.",
    ),
    "the two prices are exchanged": (
        lambda p: -np.log2(p)[::-1],
        "The likelier letter costs less: bits_a is made from p_a.",
    ),
    "1 minus the probability is taken for the price": (lambda p: 1 - p, "The price is a logarithm: -log2 p."),
    "the price is not a logarithm": (
        lambda p: 1 / p,
        "1 / p is the number of even choices. Its logarithm is the price.",
    ),
    "a power in place of the logarithm": (lambda p: 2.0**-p, "The price is a logarithm: -log2 p = -ln p / 0.6931."),
    "nats for a alone": (
        lambda p: -np.log(p) / [1, np.log(2)],
        "Both prices are in bits: divide ln p_a by ln 2 = 0.6931 too.",
    ),
    "nats for b alone": (
        lambda p: -np.log(p) / [np.log(2), 1],
        "Both prices are in bits: divide ln p_b by ln 2 = 0.6931 too.",
    ),
    "the price of b is 1 minus that of a": (
        lambda p: np.array([-np.log2(p[0]), 1 + np.log2(p[0])]),
        "The probabilities add up to 1, their prices do not: -log2 p_b.",
    ),
}


TOGETHER = tuple(IN_THE_PRICE)[:5]  # slips of the price that are likely to come after another one


def _pencil_slips():
    """Yield (name, numbers, advice): a slip, then two at once where nothing else gives numbers that are as good as
    theirs.
    """
    slips = [(name, _pencil(**slip), advice) for name, (slip, advice) in BEFORE_THE_PRICE.items()]
    slips += [(name, _pencil(bits=bits), advice) for name, (bits, advice) in IN_THE_PRICE.items()]
    yield from slips
    known = [list(numbers.values()) for numbers in (_pencil(), *(numbers for _, numbers, _ in slips))]
    for name, (slip, advice) in BEFORE_THE_PRICE.items():
        for second in TOGETHER:
            bits, more = IN_THE_PRICE[second]
            numbers = _pencil(**slip, bits=bits)
            row = list(numbers.values())
            if np.isfinite(row).all() and np.abs(np.array(known) - row).max(axis=1).min() > 0.03:
                known.append(row)
                yield f"{name}, and then {second}", numbers, f"{advice} {more}"


for _name, _numbers, _advice in _pencil_slips():
    pencil_bits_cases.wrong(_name, _numbers, _advice)
for _name, _numbers in {
    "two decimals on the way": _pencil(h=0.54, bits=lambda p: -np.log2(p.round(2))),
    "one decimal on the way": {"h": 0.5, "p_a": 0.7, "p_b": 0.3, "bits_a": -np.log2(0.7), "bits_b": -np.log2(0.3)},
}.items():
    pencil_bits_cases.wrong(_name, _numbers, "Keep four decimals on the way, and give two.")
