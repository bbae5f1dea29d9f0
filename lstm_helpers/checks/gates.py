"""Sheet 03: sigmoid and the four layers of the cell, one check each."""

import numpy as np

from lstm_helpers.checks.cases import SIZES, finish, weights
from lstm_helpers.checks.sheet import Sheet
from lstm_helpers.nn import functional as F

sheet = Sheet("gates", exercise="03_gates")


@sheet.check(
    oracle=F.sigmoid,
    returns="s",
    ranges={"s": (0, 1)},
    points=2,
    minutes=10,
    quiet=True,
    hints=[
        "`1 / (1 + np.exp(-z))` is the right formula. What does `np.exp` give for 1000, and when is `-z` that large?",
        "`np.exp` of a number that is never positive lies between 0 and 1. `-np.abs(z)` is never positive.",
        "With `e = np.exp(-np.abs(z))`: for z >= 0 sigmoid is `1 / (1 + e)`, for z < 0 it is `e / (1 + e)`. "
        "`np.where(z >= 0, ..., ...)` picks the numerator.",
    ],
)
def sigmoid(rng):
    """The logistic sigmoid of every number of an array, for inputs of any size and without a warning."""
    shapes = [
        ("a vector", 5),
        ("other values of the same shape", 5),
        ("a matrix", (3, 4)),
        ("three axes", (2, 3, 4)),
        ("float32", (4, 3)),
    ]
    for label, shape in shapes:
        yield finish(label, {"z": rng.normal(size=shape) * 3})
    yield "numbers around zero", {"z": np.array([-1e-3, 0.0, 1e-3])}
    yield "small and large numbers together", {"z": np.array([-1e4, -800.0, -30.0, 0.5, 30.0, 800.0, 1e4])}
    yield "large positive numbers", {"z": rng.uniform(720, 1e4, size=4)}
    yield "large negative numbers", {"z": -rng.uniform(720, 1e4, size=4)}


sigmoid.wrong(
    "np.exp overflows",
    lambda z: 1 / (1 + np.exp(-z)),
    "np.exp of a large number is inf: let it see only numbers that are not positive.",
)
sigmoid.wrong(
    "np.where computes both branches",
    lambda z: np.where(z >= 0, 1 / (1 + np.exp(-z)), np.exp(z) / (1 + np.exp(z))),
    "np.where picks afterwards, when both formulas have run on every number: use np.exp(-np.abs(z)) in both.",
)
sigmoid.wrong(
    "the brackets are missing",
    lambda z: 1 / 1 + np.exp(-z),
    "`1 / 1 + np.exp(-z)` divides first: write 1 / (1 + np.exp(-z)).",
)
sigmoid.wrong(
    "relu in place of the sigmoid", lambda z: np.maximum(z, 0), "relu has no upper end: a gate is a fraction."
)
sigmoid.wrong(
    "inf divided by inf",
    lambda z: np.exp(z) / (1 + np.exp(z)),
    "For large z both parts are inf and the quotient is NaN: divide both by exp(z) first.",
)
sigmoid.wrong(
    "the sign of z is wrong",
    lambda z: (1 - np.tanh(z / 2)) / 2,
    "sigmoid rises with z: it is 1 / (1 + exp(-z)). With np.where: the numerator is 1 where z >= 0, and e below.",
)
sigmoid.wrong(
    "the minus before z is missing",
    lambda z: 1 / (1 + np.exp(z)),
    "This curve falls with z. Write exp(-z); and when the values are right, mind the overflow.",
)
sigmoid.wrong(
    "exp(-z) in the numerator",
    lambda z: np.exp(-z) / (1 + np.exp(-z)),
    "That is 1 - sigmoid(z). Over 1 + exp(-z) stands 1; exp(z) / (1 + exp(z)) is the same curve.",
)
sigmoid.wrong(
    "one numerator for both signs",
    lambda z: 1 / (1 + np.exp(-np.abs(z))),
    "abs(z) has lost the sign: with e = exp(-abs(z)) the numerator is 1 where z >= 0, and e where z < 0.",
)
sigmoid.wrong("tanh in place of the sigmoid", np.tanh, "tanh runs from -1 to 1, the sigmoid from 0 to 1.")
sigmoid.wrong(
    "softmax in place of the sigmoid",
    lambda z: np.exp(z - z.max(-1, keepdims=True)) / np.exp(z - z.max(-1, keepdims=True)).sum(-1, keepdims=True),
    "Each number is squashed on its own: nothing is summed.",
)
sigmoid.wrong("the derivative of the sigmoid", lambda z: (1 - np.tanh(z / 2) ** 2) / 4, "Return s, not s * (1 - s).")
sigmoid.wrong("z is not halved", lambda z: (1 + np.tanh(z)) / 2, "sigmoid(z) is (1 + tanh(z / 2)) / 2.")
sigmoid.wrong(
    "a switch in place of the sigmoid",
    lambda z: (z >= 0) * 1.0,
    "A gate opens smoothly: half open at 0. Only then can it learn.",
)

LAYERS = {  # name: (what it is called, its letter, its slice in the oracle's text)
    "input_gate": ("input gate", "i", "slice(0, H)"),
    "forget_gate": ("forget gate", "f", "slice(H, 2 * H)"),
    "candidate": ("candidate layer", "g", "slice(2 * H, 3 * H)"),
    "output_gate": ("output gate", "o", "slice(3 * H, 4 * H)"),
}


def _gate_cases(rng):
    for label, B, D, H in SIZES:
        case = {"x": rng.normal(size=(B, D)), "h_prev": rng.uniform(-1, 1, size=(B, H)), **weights(rng, D, H)}
        yield finish(label, case)


def _add_layer(name, asks, minutes, hints):
    title, letter, own = LAYERS[name]
    oracle = getattr(F, name)
    squash = "np.tanh" if name == "candidate" else "sigmoid"
    product, recurrent = "x @ W_x[:, gate]", "h_prev @ W_h[:, gate]"

    def cases(rng):
        yield from _gate_cases(rng)

    cases.__name__, cases.__doc__ = name, asks
    start, end = own.removeprefix("slice(").removesuffix(")").split(", ")
    whole = f"{product} + {recurrent} + b[gate]"
    uses = ("sigmoid",) if squash == "sigmoid" else ()
    ranges = {letter: (-1, 1) if squash == "np.tanh" else (0, 1)}
    check = sheet.check(
        oracle=oracle, returns=letter, points=2, minutes=minutes, hints=hints, uses=uses, ranges=ranges
    )(cases)

    for other, (their_title, their_letter, theirs) in LAYERS.items():
        if other != name:
            check.wrong(
                f"the slice of the {their_title}",
                (own, theirs),
                f"The gates lie in the order i, f, g, o: {letter} is {own[5:]}, and you took {their_letter}.",
            )
    if squash == "sigmoid":
        check.wrong(
            "tanh in place of the sigmoid",
            ("sigmoid(", "np.tanh("),
            "A gate is a fraction between 0 and 1: that is the sigmoid.",
        )
        check.wrong(
            "softmax in place of the sigmoid",
            [
                ("return sigmoid(", "z = ("),
                (
                    "b[gate])",
                    "b[gate])\n    e = np.exp(z - z.max(-1, keepdims=True))\n    return e / e.sum(-1, keepdims=True)",
                ),
            ],
            "Each unit has its own gate: nothing is summed over the units.",
        )
        check.wrong(
            "the part that is left out",
            ("return sigmoid(", "return 1 - sigmoid("),
            f"{letter} is the fraction that passes: 1 means everything.",
        )
    else:
        check.wrong(
            "the sigmoid in place of tanh",
            ("np.tanh(", "sigmoid("),
            "A new value may be negative: that is tanh, from -1 to 1.",
        )
        check.wrong(
            "relu in place of tanh",
            (f"np.tanh({whole})", f"np.maximum(0, {whole})"),
            "relu knows no negative value and no upper end: np.tanh goes from -1 to 1.",
        )
        check.wrong(
            "tanh made of a sigmoid, without the 2 inside",
            (f"np.tanh({whole})", f"2 * sigmoid({whole}) - 1"),
            "tanh(z) is 2 * sigmoid(2 * z) - 1. np.tanh has it ready.",
        )
        check.wrong(
            "the input gate is applied already",
            ("return np.tanh(", "return sigmoid(x @ W_x[:, :H] + h_prev @ W_h[:, :H] + b[:H]) * np.tanh("),
            "The candidate is the proposal alone. It meets i later, in the cell update.",
        )
    check.wrong(
        "rows are cut, not columns",
        (whole, "(x @ W_x + h_prev @ W_h + b)[gate]"),
        "Units lie along the columns: cut z[:, gate], or cut the weights before the product.",
    )
    check.wrong(
        "the two parts are squashed apart",
        (f"{product} + {recurrent}", f"{product}) + {squash}({recurrent}"),
        "Add everything up first, then squash once.",
    )
    check.wrong("the bias is subtracted", (" + b[gate]", " - b[gate]"), "The bias is added.")
    check.wrong("the bias is multiplied", (whole, f"({product} + {recurrent}) * b[gate]"), "The bias is added.")
    check.wrong("the bias is missing", (" + b[gate]", ""), "Add this layer's slice of b before you squash.")
    check.wrong(
        "the bias is added after squashing",
        (" + b[gate])", ") + b[gate]"),
        "Add b inside the brackets, then squash.",
    )
    check.wrong(
        "the whole sum is not squashed",
        (f"{squash}(", "("),
        f"Put the sum through {squash.removeprefix('np.')}.",
    )
    check.wrong(
        "the previous hidden state is missing",
        (f" + {recurrent}", ""),
        "The layer reads two things: add h_prev @ W_h[:, gate].",
    )
    check.wrong("the input is missing", (f"{product} + ", ""), "The layer reads two things: add x @ W_x[:, gate].")
    check.wrong(
        "W_x and W_h are exchanged",
        [(product, "x @ W_h[:, gate]"), (recurrent, "h_prev @ W_x[:, gate]")],
        "W_x (D, 4H) belongs to x (B, D), W_h (H, 4H) to h_prev (B, H). With D = H the mistake gives numbers.",
    )
    check.wrong(
        "the weights are transposed",
        [(product, f"{product}.T"), (recurrent, f"{recurrent}.T")],
        "W_x[:, gate] is (D, H) already: (B, D) @ (D, H) gives (B, H) without .T.",
    )
    check.wrong(
        "all four gates at once",
        [(product, "x @ W_x"), (recurrent, "h_prev @ W_h"), ("b[gate]", "b")],
        f"Take this layer's H columns only: W_x[:, gate] with gate = {own}.",
    )
    check.wrong(
        "one column is taken, not H of them",
        (own, start),
        f"A layer has H columns: from {start} up to, not including, {end}, which is {own}.",
    )
    check.wrong(
        "the slice is one column short",
        (own, f"slice({start}, {end} - 1)"),
        f"Python leaves the end out by itself: {own} has H columns.",
    )
    check.wrong(
        "every fourth column is taken",
        (own, f"slice({'ifgo'.index(letter)}, None, 4)"),
        "The columns of one layer stand together, as a block of H; the layers do not take turns.",
    )
    check.wrong(
        "H is read off the batch",
        ("h_prev.shape[-1]", "h_prev.shape[0]"),
        "h_prev is (B, H): shape[0] is the size of the batch, shape[-1] is H.",
    )
    check.wrong(
        "H is read off the input",
        ("h_prev.shape[-1]", "x.shape[-1]"),
        "x is (B, D): its last size is D. H is the last size of h_prev.",
    )
    check.wrong(
        "H is that of the notebook",
        ("h_prev.shape[-1]", "2"),
        "H = 2 is true in the notebook only. Here it is h_prev.shape[-1].",
    )
    # Whoever copies an earlier cell and changes the slice in two of three places
    copied = next(other for other in ("forget_gate", "input_gate") if other != name)
    for array, there in {"W_x": "W_x[:, gate]", "W_h": "W_h[:, gate]", "b": "b[gate]"}.items():
        check.wrong(
            f"{array} is cut for the {LAYERS[copied][0]}",
            (there, there.replace("gate", LAYERS[copied][2])),
            f"One slice for all three arrays: W_x, W_h and b are cut alike, by {own}.",
        )
    return check


SHAPES = "The docstring has every shape. (B, D) @ (D, H) gives (B, H); so does (B, H) @ (H, H); b[gate] is (H,)."

forget_gate = _add_layer(
    "forget_gate",
    "The forget gate from input, previous hidden state and the stacked weights.",
    8,
    [
        "The forget gate is the second block of H columns: the order is i, f, g, o. `H` is `h_prev.shape[-1]`.",
        SHAPES,
        "`gate = slice(H, 2 * H)`, then the sigmoid of `x @ W_x[:, gate] + h_prev @ W_h[:, gate] + b[gate]`.",
    ],
)
input_gate = _add_layer(
    "input_gate",
    "The input gate layer from input, previous hidden state and the stacked weights.",
    5,
    [
        "It is the forget gate with another block of columns: the first one.",
        SHAPES,
        "`gate = slice(0, H)`, and the rest stays as it was.",
    ],
)
candidate = _add_layer(
    "candidate",
    "The candidate layer from input, previous hidden state and the stacked weights.",
    5,
    [
        "It reads the same two things as the gates, but its values may be negative.",
        SHAPES,
        "`gate = slice(2 * H, 3 * H)`, and `np.tanh` in place of the sigmoid.",
    ],
)
output_gate = _add_layer(
    "output_gate",
    "The output gate from input, previous hidden state and the stacked weights.",
    5,
    ["It is the last block of columns.", SHAPES, "`gate = slice(3 * H, 4 * H)`, and the sigmoid."],
)
