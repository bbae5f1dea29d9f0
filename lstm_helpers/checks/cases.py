"""Inputs that bring slips to light: the sizes, and the weights; and the slip that every check of numbers knows.

B, D, H all differ, and D is never 4H, so that a transposed matrix does not fit by luck; one case is square, so that
it does, and the diagnosis can name it. Large inputs have one sign in a case, so that the diagnosis never hangs on the
seed.
"""

import numpy as np

from lstm_helpers import wording

SIZES = [
    ("an ordinary batch", 3, 4, 2),
    ("other values of the same shapes", 3, 4, 2),
    ("one sample in the batch", 1, 3, 5),
    ("one hidden unit", 2, 3, 1),
    ("square shapes, B = D = H", 3, 3, 3),
    ("large positive inputs", 4, 2, 3),
    ("large negative inputs", 4, 2, 3),
    ("float32", 2, 5, 3),
]
# Two more: where large inputs or float32 have sizes of their own, ordinary ones have them, too, so that a slip that
# hangs on a size is not told as one of large numbers, or of float32.
ONE_APART = [
    *SIZES,
    ("a larger batch", *SIZES[5][1:]),
    ("longer inputs", *SIZES[7][1:]),
]


def without_units(sizes):
    """The same sizes for functions that know no units and no D: a label names only what they have."""
    other, square = "other sizes", "square shapes"
    names = {"one hidden unit": other, "longer inputs": other, "square shapes, B = D = H": square}
    return [(names.get(label, label), *size) for label, *size in sizes]


def weights(rng, D, H):
    """W_x (D, 4H), W_h (H, 4H), b (4H,): every bias distinct and none zero."""
    return {
        "W_x": rng.normal(size=(D, 4 * H)),
        "W_h": rng.normal(size=(H, 4 * H)),
        "b": rng.permutation(4 * H) / (2 * H) - 0.93,
    }


def finish(label, case, scaled=("x",)):
    """Apply what the label promises: large inputs of one sign in the arrays of ``scaled``, or float32."""
    if label.startswith("large"):
        sign = 1 if "positive" in label else -1
        case = {name: sign * np.abs(array) * 1e3 if name in scaled else array for name, array in case.items()}
    if label == "float32":
        case = {name: array.astype(np.float32) for name, array in case.items()}
    return label, case


def add_tables(sheet, often, rare):
    """The slips of two tables, {check: [(name, change, advice), or with a True at the end where the slip is plain]}.

    often: two of them may come together in one answer; rare: each is looked for by itself.
    """
    for table, alone in ((often, False), (rare, True)):
        for check, slips in table.items():
            for name, change, advice, *plain in slips:
                sheet.checks[check].wrong(name, change, advice, plain=bool(plain), alone=alone)


def add_rounded(check, *digits):
    """The slip of rounding a right answer to so many decimals."""
    for n in digits:
        check.wrong(
            f"rounded to {wording.count(n, 'decimal')}",
            lambda n=n, **case: np.round(check.oracle(**case), n),
            "Do not round: the check compares all digits, and whatever is computed from it next loses them.",
        )
