"""Sheet 03: sigmoid, the four layers of the cell, and what a forget gate's bias means for the memory.

Shapes: ``B`` samples, ``D`` input features, ``H`` units. The functions in front of the last three checks are their
readable answers.
"""

import itertools

import numpy as np

from lstm_helpers.checks.cases import SIZES, add_rounded, finish, weights
from lstm_helpers.checks.compare import beyond, close, how_many, unequal_digits
from lstm_helpers.checks.sheet import Sheet
from lstm_helpers.nn import functional as F

sheet = Sheet("gates", exercise="03_gates")


def of_any_shape(name, draw):
    """Cases of a function that works value by value: ``draw(shape)`` makes its one input."""
    shapes = {
        "a vector": 5,
        "other values of the same shape": 5,
        "a matrix": (3, 4),
        "three axes": (2, 3, 4),
        "float32": (4, 3),
    }
    for label, shape in shapes.items():
        yield finish(label, {name: draw(shape)})


def _small_too(got, want, case):
    """As ``close``, but a small number is told from 0: nothing is excused but what (1 + tanh(z / 2)) / 2 rounds."""
    if (text := close(got, want, case)) or any(array.dtype.itemsize < 8 for array in case.values()):
        return text
    if not (wrong := beyond(got, want, (2e-6, np.finfo(float).eps))).any():
        return ""
    at = tuple(int(k) for k in np.argwhere(wrong)[0])
    mine, right = unequal_digits(float(got[at]), float(want[at]))
    return f"[{', '.join(map(str, at))}] is {mine}, expected {right} ({how_many(wrong)})"


@sheet.check(
    oracle=F.sigmoid,
    returns="s",
    compare=_small_too,
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
    yield from of_any_shape("z", lambda shape: rng.normal(size=shape) * 3)
    yield "numbers around zero", {"z": np.array([-1e-3, 0.0, 1e-3])}
    yield "small and large numbers together", {"z": np.array([-1e4, -800.0, -30.0, 0.5, 30.0, 800.0, 1e4])}
    yield "large positive numbers", {"z": rng.uniform(720, 1e4, size=4)}
    yield "large negative numbers", {"z": -rng.uniform(720, 1e4, size=4)}
    yield "numbers down to -36", {"z": np.linspace(-36, -21, 6) + rng.uniform(-0.4, 0.4, size=6)}
    yield "large numbers in float32", {"z": np.float32([-1e4, 0.5, 1e4])}


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
sigmoid.wrong(
    "the minus before abs(z) is missing",
    lambda z: np.where(z >= 0, 1, np.exp(np.abs(z))) / (1 + np.exp(np.abs(z))),
    "e is to lie between 0 and 1: e = np.exp(-np.abs(z)).",
)
sigmoid.wrong(
    "z is cut off, not squashed",
    lambda z: np.clip(z, 0, 1),
    "Between 0 and 1 that leaves z as it is. The sigmoid bends: it is 1 / (1 + exp(-z)).",
)
sigmoid.wrong(
    "a ramp in place of the sigmoid",
    lambda z: np.clip(0.2 * z + 0.5, 0, 1),
    "That is the hard sigmoid, three straight pieces. Asked is 1 / (1 + exp(-z)).",
)
sigmoid.wrong(
    "the gate is rounded to 0 or 1",
    lambda z: np.round((1 + np.tanh(z / 2)) / 2),
    "Do not round: a gate is a fraction.",
)
for _name, _slip, _advice in (
    (
        "e over 1 + e for both signs",
        lambda z: np.exp(-np.abs(z)) / (1 + np.exp(-np.abs(z))),
        "abs(z) has lost the sign: with e = exp(-abs(z)) the numerator is 1 where z >= 0, and e where z < 0.",
    ),
    (
        "tanh of half of z",
        lambda z: np.tanh(z / 2),
        "That runs from -1 to 1. The sigmoid is (1 + tanh(z / 2)) / 2.",
    ),
    (
        "powers of 2",
        lambda z: (1 + np.tanh(z * np.log(2) / 2)) / 2,
        "The sigmoid has np.exp, base e, not base 2.",
    ),
    (
        "softsign in place of the sigmoid",
        lambda z: (1 + z / (1 + np.abs(z))) / 2,
        "z / (1 + abs(z)) bends another way. Asked is 1 / (1 + exp(-z)).",
    ),
    (
        "the exponential without the division",
        lambda z: np.exp(-np.abs(z)),
        "That is only the part e. The numerator, 1 or e, is divided by 1 + e.",
    ),
    (
        "1 - e below the fraction",
        lambda z: np.where(z >= 0, 1, np.exp(-np.abs(z))) / (1 - np.minimum(np.exp(-np.abs(z)), 1 - 1e-16)),
        "A plus stands below the fraction: 1 + e.",
    ),
    (
        "the arctangent in place of the sigmoid",
        lambda z: 0.5 + np.arctan(z) / np.pi,
        "It has the same shape and other values. Asked is 1 / (1 + exp(-z)).",
    ),
):
    sigmoid.wrong(_name, _slip, _advice)
sigmoid.wrong(
    "the brackets are missing, and the sign of z is lost",
    lambda z: 1 / 1 + np.exp(-np.abs(z)),
    "With e = np.exp(-np.abs(z)): 1 / (1 + e) where z >= 0, and e / (1 + e) where z < 0.",
)
for _end in (1, 2, 3, 4, 5, 6, 8, 10, 15, 20, 25, 30):
    sigmoid.wrong(
        f"z is cut at {_end}",
        lambda z, end=_end: 1 / (1 + np.exp(-np.clip(z, -end, end))),
        "sigmoid goes on falling there. Cut nothing: with e = np.exp(-np.abs(z)) no z is too large.",
    )
NO_CUT = "A gate may stand as near to 0 or 1 as a number comes: cut nothing off."
for _end in (1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8):
    sigmoid.wrong(
        f"the result is kept {_end:g} above 0", lambda z, end=_end: np.maximum(F.sigmoid(z), end), NO_CUT, alone=True
    )
    if _end > 1e-6:  # less is not told from 1
        sigmoid.wrong(
            f"the result is kept {_end:g} below 1",
            lambda z, end=_end: np.minimum(F.sigmoid(z), 1 - end),
            NO_CUT,
            alone=True,
        )
        sigmoid.wrong(
            f"the result is kept {_end:g} away from 0 and 1",
            lambda z, end=_end: np.clip(F.sigmoid(z), end, 1 - end),
            NO_CUT,
        )
for _name, _slope in {"0.25": 0.25, "one half": 0.5, "1/6": 1 / 6}.items():
    sigmoid.wrong(
        f"a ramp of slope {_name} in place of the sigmoid",
        lambda z, slope=_slope: np.clip(slope * z + 0.5, 0, 1),
        "Three straight pieces have corners. Asked is 1 / (1 + exp(-z)).",
    )
for _name, _slip, _advice in (
    (
        "a minus below the fraction",
        lambda z: 1 / (1 - np.exp(-z)),
        "A plus stands below the fraction: 1 + exp(-z). And mind the overflow.",
    ),
    (
        "exp(z) above and exp(-z) below",
        lambda z: np.exp(z) / (1 + np.exp(-z)),
        "Over 1 + exp(-z) stands 1; over 1 + exp(z) stands exp(z). Two forms have got mixed.",
    ),
    (
        "the two branches are exchanged",
        lambda z: np.where(z >= 0, np.exp(z) / (1 + np.exp(z)), 1 / (1 + np.exp(-z))),
        "exp(z) is for z < 0, exp(-z) for z >= 0. Either way np.where runs both formulas on every number: use "
        "np.exp(-np.abs(z)) in both.",
    ),
    (
        "one branch for the whole array",
        lambda z: 1 / (1 + np.exp(-z)) if (z >= 0).all() else np.exp(z) / (1 + np.exp(z)),
        "Large positive numbers go wrong when there are negative ones beside them: np.where chooses for each number.",
    ),
    (
        "nothing comes out where z is negative",
        lambda z: np.where(z >= 0, F.sigmoid(z), 0),
        "Below 0 the sigmoid is e / (1 + e), with e = exp(-abs(z)): it falls towards 0 and does not jump there.",
    ),
    (
        "the sign of z is the numerator",
        lambda z: np.sign(z) / (1 + np.exp(-np.abs(z))),
        "The numerator is 1 where z >= 0, and e = exp(-abs(z)) where z < 0: never negative.",
    ),
    (
        "the branch below 0 has a minus",
        lambda z: np.where(z >= 0, 1, -np.exp(-np.abs(z))) / (1 + np.exp(-np.abs(z))),
        "The numerator below 0 is e = exp(-abs(z)), without a minus: the sigmoid is never negative.",
    ),
    (
        "negative numbers are cut off first",
        lambda z: 1 / (1 + np.exp(-np.maximum(z, 0))),
        "Then every negative z gives one half. With e = exp(-abs(z)) the numerator is 1 where z >= 0, and e below.",
    ),
    (
        "z = 0 is in neither branch",
        lambda z: np.where(z == 0, 0, F.sigmoid(z)),
        "sigmoid(0) is one half: let one of the two conditions hold the 0, z >= 0.",
    ),
    (
        "the division by 1 + e is missing",
        lambda z: np.where(z >= 0, 1, np.exp(-np.abs(z))),
        "Those are the two numerators. Both are divided by 1 + e.",
    ),
    (
        "the division is missing where z is negative",
        lambda z: np.where(z >= 0, F.sigmoid(z), np.exp(-np.abs(z))),
        "Below 0 the numerator is e, and it is divided by 1 + e, too.",
    ),
    (
        "the brackets below the fraction are missing where z is negative",
        lambda z: np.where(z >= 0, F.sigmoid(z), 2 * np.exp(-np.abs(z))),
        "`e / 1 + e` divides first and is 2 * e: write e / (1 + e).",
    ),
    (
        "the brackets below both fractions are missing",
        lambda z: np.where(z >= 0, 1 + np.exp(-np.abs(z)), 2 * np.exp(-np.abs(z))),
        "`1 / 1 + e` and `e / 1 + e` divide first: write 1 / (1 + e) and e / (1 + e).",
    ),
    (
        "the sign of z is lost, and np.exp overflows",
        lambda z: 1 / (1 + np.exp(np.abs(z))),
        "With e = np.exp(-np.abs(z)) the numerator is 1 where z >= 0, and e where z < 0.",
    ),
    (
        "NaN is replaced by 0",
        lambda z: np.nan_to_num(np.exp(z) / (1 + np.exp(z))),
        "inf / inf is NaN at a large z, where the sigmoid is 1. Let np.exp see only numbers that are not positive.",
    ),
    ("the exponential alone", lambda z: np.exp(-z), "That is a part of it: the sigmoid is 1 / (1 + exp(-z))."),
    ("the exponential of z alone", lambda z: np.exp(z), "The sigmoid is 1 / (1 + exp(-z)), between 0 and 1."),
    ("softplus in place of the sigmoid", lambda z: np.logaddexp(0, z), "log(1 + exp(z)) has no upper end."),
    ("the logarithm of the sigmoid", lambda z: -np.logaddexp(0, -z), "That is log(s). Asked is s itself."),
    (
        "softsign as it is",
        lambda z: z / (1 + np.abs(z)),
        "That runs from -1 to 1 and bends another way. Asked is 1 / (1 + exp(-z)).",
    ),
    (
        "the 1 beside tanh is missing",
        lambda z: np.tanh(z / 2) / 2,
        "The sigmoid is (1 + tanh(z / 2)) / 2: without the 1 it lies around 0.",
    ),
    (
        "the 1 beside tanh has a minus",
        lambda z: (np.tanh(z / 2) - 1) / 2,
        "The sigmoid is (1 + tanh(z / 2)) / 2: with a plus it lies between 0 and 1.",
    ),
    (
        "tanh is halved, the 1 beside it is not",
        lambda z: 1 + np.tanh(z / 2) / 2,
        "The sigmoid is (1 + tanh(z / 2)) / 2: both are halved.",
    ),
    (
        "1 + tanh is not halved",
        lambda z: 1 + np.tanh(z / 2),
        "The sigmoid is (1 + tanh(z / 2)) / 2: without the half it goes up to 2.",
    ),
    (
        "tanh is not halved, the 1 beside it is",
        lambda z: 0.5 + np.tanh(z / 2),
        "The sigmoid is (1 + tanh(z / 2)) / 2: both are halved.",
    ),
    ("z is doubled in tanh", lambda z: (1 + np.tanh(2 * z)) / 2, "sigmoid(z) is (1 + tanh(z / 2)) / 2."),
    (
        "the largest number is subtracted first",
        lambda z: 1 / (1 + np.exp(-(z - z.max()))),
        "That helps softmax, where it changes nothing. The sigmoid of z - max(z) is another number.",
    ),
):
    sigmoid.wrong(_name, _slip, _advice)
add_rounded(sigmoid, 2, 3, 4, 5)

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
                f"The blocks lie in the order i, f, g, o: {letter} has the columns from {start} up to {end}, cut by "
                f"`{own}`. You took those of {their_letter}.",
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
            "the gate is rounded to 0 or 1",
            (f"sigmoid({whole})", f"np.round(sigmoid({whole}))"),
            "Do not round: a gate is a fraction, and only so can it learn.",
        )
        check.wrong(
            "the gate is applied already, to h_prev",
            (f"sigmoid({whole})", f"sigmoid({whole}) * h_prev"),
            f"Return {letter} alone. What it multiplies comes in lesson 4, and it is not h_prev.",
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
            "the sum is halved before tanh",
            (f"np.tanh({whole})", f"2 * sigmoid({whole}) - 1"),
            "tanh(z) is 2 * sigmoid(2 * z) - 1: without the 2 inside it is tanh(z / 2). np.tanh has it ready.",
            alone=True,
        )
        check.wrong(
            "the input gate is applied already",
            ("return np.tanh(", "return sigmoid(x @ W_x[:, :H] + h_prev @ W_h[:, :H] + b[:H]) * np.tanh("),
            "The candidate is the proposal alone. It meets i later, in the cell update.",
        )
        check.wrong(
            "the tangent in place of tanh", ("np.tanh(", "np.tan("), "np.tan is another function. Here it is np.tanh."
        )
        check.wrong(
            "the sum is cut off, not squashed",
            (f"np.tanh({whole})", f"np.clip({whole}, -1, 1)"),
            "np.clip leaves it as it is between -1 and 1. np.tanh bends.",
        )
        check.wrong(
            "the sign is lost",
            (f"np.tanh({whole})", f"np.abs(np.tanh({whole}))"),
            "A new value may be negative: leave its sign as it is.",
        )
        check.wrong(
            "the sum goes through the sigmoid and through tanh",
            (f"np.tanh({whole})", f"np.tanh(sigmoid({whole}))"),
            "tanh alone: after a sigmoid nothing is negative any more.",
        )
    check.wrong(
        "squashed twice",
        (f"{squash}({whole})", f"{squash}({squash}({whole}))"),
        f"Put the sum through {squash.removeprefix('np.')} once.",
    )
    check.wrong(
        "rows are cut, not columns",
        (whole, "(x @ W_x + h_prev @ W_h + b)[gate]"),
        "Units lie along the columns: cut z[:, gate], or cut the weights before the product.",
        plain=True,
    )
    number = list(LAYERS).index(name)
    check.wrong(
        "a quarter of the rows is cut, not of the columns",
        (f"{squash}({whole})", f"{squash}(np.array_split(x @ W_x + h_prev @ W_h + b, 4)[{number}])"),
        "Units lie along the columns: axis=1, or a slice z[:, gate].",
        plain=True,
        alone=True,
    )
    for most in (2, 3, 5, 10)[: 3 if name == "candidate" else 4]:  # tanh(10) is 1 to eight digits
        check.wrong(
            f"the sum is cut at {most}",
            (f"{squash}({whole})", f"{squash}(np.clip({whole}, -{most}, {most}))"),
            f"{squash.removeprefix('np.')} keeps the result between its ends by itself: cut nothing off.",
            alone=True,
        )
    check.wrong(
        "the two parts are squashed apart",
        (f"{product} + {recurrent}", f"{product}) + {squash}({recurrent}"),
        "Add everything up first, then squash once.",
    )
    check.wrong(
        "the two parts are squashed apart, and the bias is added after it",
        (f"{squash}({whole})", f"{squash}({product}) + {squash}({recurrent}) + b[gate]"),
        "Add everything up first, b too, then squash once.",
    )
    check.wrong(
        "the bias is squashed apart",
        (" + b[gate])", f") + {squash}(b[gate])"),
        "Add everything up first, b too, then squash once.",
    )
    check.wrong(
        "the two parts are multiplied",
        (f"{product} + {recurrent}", f"({product}) * ({recurrent})"),
        "x's part and h's part are added.",
    )
    check.wrong(
        "h_prev is squashed once more",
        ("h_prev @", "np.tanh(h_prev) @"),
        "h_prev is a hidden state already: use it as it is.",
    )
    check.wrong(
        "x is read twice",
        (recurrent, "x @ W_h[:, gate]"),
        "W_h belongs to h_prev. Where D = H the mistake raises no error.",
    )
    check.wrong(
        "h_prev stands before x, but W_x before W_h",
        (
            f"{product} + {recurrent}",
            "np.concatenate([h_prev, x], axis=-1) @ np.concatenate([W_x, W_h])[:, gate]",
        ),
        "Put side by side, they meet row by row: [x, h_prev] goes with W_x above W_h.",
    )
    check.wrong(
        "weights stand before inputs",
        [(product, "W_x[:, gate] @ x"), (recurrent, "W_h[:, gate] @ h_prev")],
        "(B, D) @ (D, H) gives (B, H): x stands before W_x, h_prev before W_h.",
    )
    check.wrong(
        "* in place of @",
        [(product, "x * W_x[:, gate]"), (recurrent, "h_prev * W_h[:, gate]")],
        "`@` is the matrix product, which makes weighted sums; `*` multiplies number by number.",
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
        "W_x (D, 4H) belongs to x (B, D), W_h (H, 4H) to h_prev (B, H). Where D = H the mistake raises no error.",
    )
    check.wrong(
        "the weights are transposed",
        [(product, f"{product}.T"), (recurrent, f"{recurrent}.T")],
        "W_x[:, gate] is (D, H) already: (B, D) @ (D, H) gives (B, H) without .T.",
    )
    check.wrong(
        "all four gates at once",
        [(product, "x @ W_x"), (recurrent, "h_prev @ W_h"), ("b[gate]", "b")],
        f"Take this layer's H columns only: `W_x[:, gate]` with `gate = {own}`.",
    )
    check.wrong(
        "one column is taken, not H of them",
        (own, start),
        f"A layer has H columns, from {start} up to but not including {end}: `{own}`.",
    )
    check.wrong(
        "the slice is one column short",
        (own, f"slice({start}, {end} - 1)"),
        f"Python leaves the end out by itself: `{own}` has H columns.",
    )
    check.wrong(
        "the slice starts one column late",
        (own, f"slice({start} + 1, {end})"),
        f"Columns are counted from 0: `{own}` has H of them.",
    )
    check.wrong(
        "one number of the bias serves all units",
        ("b[gate]", f"b[{start}]"),
        "Every unit has its own bias: b[gate] is (H,).",
    )
    if name != "output_gate":  # there are no columns beyond the last layer's
        check.wrong(
            "the slice is one column too long",
            (own, f"slice({start}, {end} + 1)"),
            f"Python leaves the end out by itself: `{own}` has H columns.",
        )
    else:
        check.wrong(
            "the slice of columns is empty",
            (own, "slice(4 * H, 5 * H)"),
            f"There are 4H columns, so nothing is left from 4 * H on. The last H are `{own}`.",
            plain=True,
        )
    if name in ("forget_gate", "candidate"):
        check.wrong(
            "the slice runs to the last column",
            (own, f"slice({start}, None)"),
            f"Stop after H columns: `{own}`.",
        )
        check.wrong(
            "the slice of columns is empty",
            ("h_prev.shape[-1]", "W_h.shape[-1]"),
            "H is the last size of h_prev. W_h has 4H columns, so that four slices of H lie side by side.",
            plain=True,
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
    for other, (their_title, _, theirs) in LAYERS.items():
        for array, there in {"W_x": "W_x[:, gate]", "W_h": "W_h[:, gate]", "b": "b[gate]"}.items():
            if other != name:
                check.wrong(
                    f"{array} is cut for the {their_title}",
                    (there, there.replace("gate", theirs)),
                    f"One slice for all three arrays: W_x, W_h and b are cut alike, by `{own}`.",
                )
    copied = next(other for other in ("forget_gate", "input_gate") if other != name)
    check.wrong(
        f"W_x and W_h are cut for the {LAYERS[copied][0]}",
        ("[:, gate]", f"[:, {LAYERS[copied][2]}]"),
        f"One slice for all three arrays: W_x, W_h and b are cut alike, by `{own}`.",
    )
    place = "ifgo".index(letter)
    _add_rarer_slips(check, letter, squash, own, start, end)
    for slip, change, advice in (
        (
            "the block is taken for a single column",
            (own, f"slice({place}, {place + 1})"),
            f"{place}:{place + 1} is one column. A block has H of them: `{own}`.",
        ),
        ("the bias is added twice", (" + b[gate]", " + b[gate] + b[gate]"), "Add this layer's slice of b once."),
        ("the recurrent part is subtracted", (f" + {recurrent}", f" - {recurrent}"), "All three parts are added."),
        (
            "h_prev does not go through W_h",
            (recurrent, "h_prev"),
            "h_prev meets its own weights: h_prev @ W_h[:, gate].",
        ),
        (
            "the mean over the batch",
            (f"{squash}({whole})", f"{squash}({whole}).mean(axis=0)"),
            f"Each sample has its own: {letter} is (B, H).",
        ),
        (
            "the slope in place of the value",
            (
                f"return {squash}({whole})",
                f"s = {squash}({whole})\n    return {'1 - s**2' if squash == 'np.tanh' else 's * (1 - s)'}",
            ),
            f"That is the derivative, for lesson 6. Return {letter} itself.",
        ),
    ):
        check.wrong(slip, change, advice)
    return check


def _add_rarer_slips(check, letter, squash, own, start, end):
    """Slips of a layer that are too rare to look for two at once; own: its slice, from start to end."""
    product, recurrent, place = "x @ W_x[:, gate]", "h_prev @ W_h[:, gate]", "ifgo".index(letter)
    whole = f"{product} + {recurrent} + b[gate]"
    apart = "Add everything up first, b too, then squash once."
    slips = [
        (
            "W_h is transposed",
            (recurrent, f"{recurrent}.T"),
            "W_h[:, gate] is (H, H), its rows for h_prev: without .T.",
        ),
        ("W_x is transposed", (product, f"{product}.T"), "W_x[:, gate] is (D, H) already: without .T."),
        ("the input part is subtracted", (product, f"-{product}"), "All three parts are added."),
        ("the input part stands in place of the recurrent part", (recurrent, product), f"Add {recurrent}, too."),
        ("the recurrent part stands in place of the input part", (product, recurrent), f"Add {product}, too."),
        (
            "one product after the other",
            (f"{product} + {recurrent}", f"{product} @ W_h[:, gate]"),
            "The layer reads two things, x and h_prev: two products are added.",
        ),
        (
            "h_prev is multiplied by W_h number by number",
            (recurrent, "h_prev * W_h[:, gate]"),
            "`@` is the matrix product, which makes weighted sums; `*` multiplies number by number.",
        ),
        (
            "the recurrent part is squashed before the sum",
            (recurrent, f"np.tanh({recurrent})"),
            "Add everything up first, then squash once.",
        ),
        (
            "each part gets the bias and is squashed apart",
            (f" + {recurrent}", f" + b[gate]) + {squash}({recurrent}"),
            apart,
        ),
        (
            "the input part is squashed with the bias, apart",
            (whole, f"{product} + b[gate]) + {squash}({recurrent}"),
            apart,
        ),
        (
            "the recurrent part is added after squashing",
            (f"{squash}({whole})", f"{squash}({product} + b[gate]) + {recurrent}"),
            apart,
        ),
        (
            "the input part is added after squashing",
            (f"{squash}({whole})", f"{squash}({recurrent} + b[gate]) + {product}"),
            apart,
        ),
        (
            "the mean of two squashed parts",
            (f"{squash}({whole})", f"({squash}({product} + b[gate]) + {squash}({recurrent} + b[gate])) / 2"),
            apart,
        ),
        (
            "the product of two squashed parts",
            (f"{squash}({whole})", f"{squash}({product} + b[gate]) * {squash}({recurrent} + b[gate])"),
            apart,
        ),
        ("x goes through tanh first", (product, product.replace("x @", "np.tanh(x) @")), "x is used as it is."),
        ("x goes through the sigmoid first", (product, product.replace("x @", "sigmoid(x) @")), "x is used as it is."),
        (
            "h_prev goes through the sigmoid first",
            (recurrent, recurrent.replace("h_prev @", "sigmoid(h_prev) @")),
            "h_prev is a hidden state already: use it as it is.",
        ),
        (
            "the two products are averaged",
            (f"{product} + {recurrent}", f"({product} + {recurrent}) / 2"),
            "x's part and h's part are added, not averaged.",
        ),
        (
            "softmax over the batch",
            (f"return {squash}({whole})", f"e = np.exp({whole})\n    return e / e.sum(axis=0)"),
            "Each sample has its own: nothing is summed.",
        ),
    ]
    if letter != "i":  # whose rows are all the rows of W_h
        slips += [
            (
                "rows of W_h are cut",
                ("W_h[:, gate]", "W_h[gate]"),
                "Columns are cut with a `:` and a comma: W_h[:, gate].",
            ),
            (
                "the slice is one column to the left",
                (own, f"slice({start} - 1, {end} - 1)"),
                f"Columns are counted from 0: `{own}` has H of them.",
            ),
            (
                "the slice has one column",
                (own, f"slice({start}, {start} + 1)"),
                f"A layer has H columns, from {start} up to but not including {end}: `{own}`.",
            ),
            (
                "the start of the slice is not multiplied by H",
                (own, f"slice({place}, {end})"),
                f"Each block before it takes H columns: `{own}`.",
            ),
            (
                "one number of the bias serves all units, and it is another layer's",
                ("b[gate]", f"b[{place}]"),
                "Every unit has its own bias: b[gate] is (H,).",
            ),
        ]
    rows = "Columns are cut with a `:` and a comma before them: W_x[:, gate]. W_x[gate] cuts rows."
    slips.append(("rows of the weights are cut", [("W_x[:, gate]", "W_x[gate]"), ("W_h[:, gate]", "W_h[gate]")], rows))
    slips.append(("b is cut as if it had rows", ("b[gate]", "b[:, gate]"), "b has one axis: b[gate], without a comma."))
    for bounds in {"i": (":H", "0:H"), "o": ("3 * H :", "3 * H : 4 * H")}.get(letter, (f"{start} : {end}",)):
        cut = [(f"{W}[:, gate]", f"{W}[{bounds}]") for W in ("W_x", "W_h")] + [("b[gate]", f"b[{bounds}]")]
        slips.append((f"rows {bounds} of the weights are cut", cut, rows))
        cut = [(f"{W}[:, gate]", f"{W}[:, {bounds}]") for W in ("W_x", "W_h")] + [("b[gate]", f"b[:, {bounds}]")]
        slips.append((f"b is cut at {bounds} as if it had rows", cut, "b has one axis: cut it without a comma."))
    slips += [
        ("the bias is not cut", ("b[gate]", "b"), f"b has 4H numbers: this layer's are b[{start}:{end}]."),
        ("W_h is not cut", ("W_h[:, gate]", "W_h"), f"One slice for all three: W_h has 4H columns, cut by `{own}`."),
        ("W_x is not cut", ("W_x[:, gate]", "W_x"), f"One slice for all three: W_x has 4H columns, cut by `{own}`."),
        (
            "np.split cuts rows",
            (
                f"return {squash}({whole})",
                f"z = x @ W_x + h_prev @ W_h + b\n    return {squash}(np.split(z, 4)[{place}])",
            ),
            "np.split cuts rows unless it is told axis=-1. The layers lie side by side, along the last axis.",
        ),
        (
            "the two weight matrices are joined side by side",
            (
                f"return {squash}({whole})",
                "W = np.concatenate([W_x, W_h], axis=1)\n"
                f"    return {squash}(np.concatenate([x, h_prev], axis=1) @ W[:, gate] + b[gate])",
            ),
            "[x, h_prev] side by side goes with W_x above W_h: np.concatenate([W_x, W_h]), without axis=1.",
        ),
    ]
    if letter in "fg":
        slips.append(
            ("the slice starts at column 0", (own, f"slice(0, {end})"), f"{letter} starts at column {start}: `{own}`.")
        )
    if letter != "o":
        slips.append(
            (
                "the slice is one column to the right",
                (own, f"slice({start} + 1, {end} + 1)"),
                f"Columns are counted from 0: `{own}` has H of them.",
            )
        )
    for name, change, advice in (*slips, *_squashings(letter, squash, whole)):
        check.wrong(name, change, advice, alone=True)
    add_rounded(check, 2, 3, 4)


def _squashings(letter, squash, whole):
    """Other functions, and other things done, in the place of the layer's own squashing: (name, edit, advice)."""
    squashed = f"{squash}({whole})"
    both = "After a sigmoid or a tanh no other follows: put the sum through one of them."
    if letter == "g":
        return [
            ("arctan in place of tanh", (squashed, f"np.arctan({whole})"), "The squashing function is np.tanh."),
            (
                "the sigmoid times tanh of the same sum",
                (squashed, f"sigmoid({whole}) * {squashed}"),
                "tanh alone: the input gate has columns of its own, and meets g later.",
            ),
            (
                "the sum times its sigmoid",
                (squashed, f"sigmoid({whole}) * ({whole})"),
                "Here it is np.tanh of the sum.",
            ),
            ("sinh in place of tanh", (squashed, f"np.sinh({whole})"), "sinh has no bounds. Here it is np.tanh."),
            (
                "the inverse of tanh",
                (squashed, f"np.arctanh({whole})"),
                "np.arctanh undoes np.tanh. Here it is np.tanh.",
            ),
            (
                "softsign in place of tanh",
                (f"return {squashed}", f"z = {whole}\n    return z / (1 + np.abs(z))"),
                "z / (1 + abs(z)) bends another way: np.tanh.",
            ),
            (
                "tanh made of a sigmoid, without the 1",
                (squashed, f"2 * sigmoid(2 * ({whole}))"),
                "tanh(z) is 2 * sigmoid(2 * z) - 1. np.tanh has it ready.",
            ),
            ("tanh and then the sigmoid", (squashed, f"sigmoid(np.tanh({whole}))"), both),
            (
                "tanh written out overflows",
                (
                    f"return {squashed}",
                    f"z = {whole}\n    return (np.exp(z) - np.exp(-z)) / (np.exp(z) + np.exp(-z))",
                ),
                "At a large number that is inf / inf, NaN. np.tanh has no such trouble.",
            ),
            ("the sign is turned", (squashed, f"-{squashed}"), "Leave the sign of tanh as it is."),
            (
                "h_prev is added to it",
                (squashed, f"{squashed} + h_prev"),
                "Return g alone: what was there before comes in through c, in lesson 4.",
            ),
            (
                "it is multiplied by h_prev",
                (squashed, f"{squashed} * h_prev"),
                "Return g alone. What it meets comes in lesson 4, and it is not h_prev.",
            ),
            (
                "the forget gate scales what it reads",
                (
                    f"return {squashed}",
                    "f = sigmoid(x @ W_x[:, H : 2 * H] + h_prev @ W_h[:, H : 2 * H] + b[H : 2 * H])\n"
                    f"    return {squashed.replace('h_prev @', '(f * h_prev) @')}",
                ),
                "That is the reset gate of the GRU. Here the candidate reads h_prev as it is.",
            ),
            (
                "the output gate is applied already",
                (f"return {squashed}", f"return sigmoid(x @ W_x[:, -H:] + h_prev @ W_h[:, -H:] + b[-H:]) * {squashed}"),
                "The candidate is the proposal alone.",
            ),
        ]
    new = "np.tanh(x @ W_x[:, 2 * H : 3 * H] + h_prev @ W_h[:, 2 * H : 3 * H] + b[2 * H : 3 * H])"
    alone = f"Return {letter} alone. What it multiplies comes in lesson 4."
    return [
        ("the sum is cut off, not squashed", (squashed, f"np.clip({whole}, 0, 1)"), "The sigmoid bends: sigmoid(z)."),
        (
            "relu in place of the sigmoid",
            (squashed, f"np.maximum(0, {whole})"),
            "relu has no upper end: a gate is a fraction.",
        ),
        (
            "a ramp in place of the sigmoid",
            (squashed, f"np.clip(0.2 * ({whole}) + 0.5, 0, 1)"),
            "That is the hard sigmoid, three straight pieces. Asked is the sigmoid.",
        ),
        ("the sigmoid and then tanh", (squashed, f"np.tanh({squashed})"), both),
        ("tanh and then the sigmoid", (squashed, f"sigmoid(np.tanh({whole}))"), both),
        (
            "the sum is doubled before the sigmoid",
            (squashed, f"(1 + np.tanh({whole})) / 2"),
            "sigmoid(z) is (1 + tanh(z / 2)) / 2: without the half inside it is sigmoid(2 * z).",
        ),
        ("the sum is halved", (whole, f"({whole}) / 2"), "Put the sum itself through sigmoid."),
        ("the gate is applied already, to tanh(h_prev)", (squashed, f"{squashed} * np.tanh(h_prev)"), alone),
        ("the gate is applied already, to the candidate", (squashed, f"{squashed} * {new}"), alone),
        (
            "softmax over all four layers",
            (
                f"return {squashed}",
                "z = x @ W_x + h_prev @ W_h + b\n    e = np.exp(z - z.max(-1, keepdims=True))\n"
                "    return (e / e.sum(-1, keepdims=True))[:, gate]",
            ),
            "Each unit of each layer has its own gate: nothing is summed over the units.",
        ),
    ]


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


# ---------------------------------------------------------------- 6. the bias for a fraction


def gate_bias(p):
    """p: fractions between 0 and 1, any shape. Returns b, the same shape: sigmoid(b) is p."""
    return np.log(p / (1 - p))


@sheet.check(
    name="gate_bias",
    oracle=gate_bias,
    returns="b",
    points=2,
    minutes=8,
    hints=[
        "With zeros as inputs only the bias is left: p = sigmoid(b). Solve 1 / (1 + exp(-b)) = p for b.",
        "Both sides inverted: 1 + exp(-b) = 1 / p, so exp(-b) = (1 - p) / p. Then the logarithm; mind the minus.",
        "`np.log(p / (1 - p))`. It is better than `-np.log(1 / p - 1)`: near 1 the difference `1 - p` is exact, and "
        "`1 / p` is rounded.",
    ],
)
def gate_bias_cases(rng):
    """The bias at which a gate that reads zeros stands at the fraction p, for p very near 0 and 1, too."""
    yield from of_any_shape("p", lambda shape: rng.uniform(0.03, 0.97, size=shape))
    yield "fractions around one half", {"p": np.array([0.499, 0.5, 0.501])}
    yield "fractions very near 0", {"p": 10 ** -rng.uniform(30, 300, size=4)}
    yield "fractions very near 1", {"p": 1 - 2.0 ** -np.array([*rng.integers(40, 50, size=2), 40, 53])}


LOGIT, ODDS = "np.log(p / (1 - p))", "p / (1 - p)"
gate_bias_cases.wrong(
    "the sigmoid in place of its inverse",
    lambda p: F.sigmoid(p),
    "p is what comes out of the sigmoid: find what goes in.",
)
gate_bias_cases.wrong(
    "1 / sigmoid in place of the inverse",
    lambda p: 1 / F.sigmoid(p),
    "The inverse undoes the sigmoid: it is no division by it. Solve p = 1 / (1 + exp(-b)) for b.",
)
gate_bias_cases.wrong(
    "the sign is wrong",
    (ODDS, "(1 - p) / p"),
    "exp(-b) = (1 - p) / p: the minus turns the fraction over. A gate above one half has a positive bias.",
)
gate_bias_cases.wrong(
    "the sign is wrong, and 1 / p is rounded",
    (ODDS, "1 / p - 1"),
    "exp(-b) = 1 / p - 1, so b has a minus before the logarithm. And near 1 write (1 - p) / p, which loses no digits.",
)
gate_bias_cases.wrong(
    "1 / p is rounded",
    (LOGIT, "-np.log(1 / p - 1)"),
    "Right on paper. But near p = 1 the quotient 1 / p is rounded, and what is left when 1 is taken away is mostly the "
    "error. (1 - p) / p loses nothing.",
)
gate_bias_cases.wrong(
    "2 * p - 1 is rounded in tanh's inverse",
    (LOGIT, "2 * np.arctanh(2 * p - 1)"),
    "Right on paper, but 2 * p - 1 is rounded to -1 for a small p. Keep p and 1 - p apart: p / (1 - p).",
)
gate_bias_cases.wrong(
    "tanh's inverse, without the 2 before it",
    (LOGIT, "np.arctanh(2 * p - 1)"),
    "sigmoid(b) is (1 + tanh(b / 2)) / 2: b is halved inside, so the inverse is doubled. log(p / (1 - p)) has no such "
    "trap.",
)
gate_bias_cases.wrong(
    "tanh's inverse in place of the sigmoid's",
    (LOGIT, "np.arctanh(p)"),
    "arctanh undoes tanh. To undo the sigmoid, solve p = 1 / (1 + exp(-b)) for b.",
)
gate_bias_cases.wrong(
    "tanh's inverse, doubled",
    (ODDS, "(1 + p) / (1 - p)"),
    "That is 2 * arctanh(p). For the sigmoid p stands above, not 1 + p.",
)
gate_bias_cases.wrong(
    "the logarithm is missing",
    (LOGIT, "p / (1 - p)"),
    "That is exp(b), how many times more is kept than lost: take its logarithm.",
)
gate_bias_cases.wrong(
    "the logarithm is missing, and the fraction is turned over",
    (LOGIT, "(1 - p) / p"),
    "That is exp(-b): take the logarithm, and mind the minus.",
)
gate_bias_cases.wrong(
    "the logarithm of 0",
    (LOGIT, "np.log(p / 1 - p)"),
    "A logarithm of 0 is -inf. `p / 1 - p`, for one, is p - p: write p / (1 - p).",
    plain=True,
)
gate_bias_cases.wrong("the logarithm of p alone", (ODDS, "p"), "The sigmoid has a 1 below, too: b is log(p / (1 - p)).")
gate_bias_cases.wrong(
    "the 1 below the fraction is lost",
    (LOGIT, "-np.log(p)"),
    "1 + exp(-b) = 1 / p: take the 1 away before the logarithm, exp(-b) = (1 - p) / p. "
    "log(1 + (1 - p) / p) is -log(p), too: no further 1 is added.",
)
gate_bias_cases.wrong(
    "the logarithm of 1 - p alone", (ODDS, "1 - p"), "exp(-b) is (1 - p) / p, a fraction: divide by p."
)
gate_bias_cases.wrong(
    "the logarithm of 1 - p alone, with a minus",
    (LOGIT, "-np.log(1 - p)"),
    "exp(-b) is (1 - p) / p, a fraction: divide by p. log(1 + p / (1 - p)) is -log(1 - p), too: no further 1 is added.",
)
gate_bias_cases.wrong(
    "the 1 is taken away after the logarithm",
    (LOGIT, "-np.log(1 / p) - 1"),
    "1 + exp(-b) = 1 / p: take the 1 away first, exp(-b) = 1 / p - 1, then the logarithm of all of it.",
)
gate_bias_cases.wrong(
    "1 + p in place of 1 - p",
    (ODDS, "p / (1 + p)"),
    "1 + exp(-b) = 1 / p: the 1 goes to the other side with a minus, exp(-b) = 1 / p - 1.",
)
gate_bias_cases.wrong(
    "1 + p in place of 1 - p, and the sign is wrong",
    (ODDS, "(1 + p) / p"),
    "1 + exp(-b) = 1 / p: the 1 goes to the other side with a minus, and so does b.",
)
gate_bias_cases.wrong(
    "b is NaN everywhere",
    (LOGIT, "np.log(p / (p - 1))"),
    "A negative number has no logarithm: is it 1 - p that p is divided by, and not p - 1?",
    plain=True,
)
gate_bias_cases.wrong(
    "only p goes through the logarithm",
    (LOGIT, "np.log(p) / (1 - p)"),
    "Divide first, then take the logarithm of the whole fraction: the bracket closes at the end.",
)
gate_bias_cases.wrong(
    "only 1 - p goes through the logarithm",
    (LOGIT, "np.log(1 - p) / p"),
    "Divide first, then take the logarithm of the whole fraction; and mind the minus.",
)
gate_bias_cases.wrong(
    "two logarithms are divided",
    (LOGIT, "np.log(p) / np.log(1 - p)"),
    "The logarithm of a quotient is a difference: log(p) - log(1 - p).",
)
gate_bias_cases.wrong(
    "two logarithms are added",
    (LOGIT, "np.log(p) + np.log(1 - p)"),
    "The logarithm of a quotient is a difference: log(p) - log(1 - p).",
)
gate_bias_cases.wrong(
    "the logarithm to base 2",
    ("np.log(", "np.log2("),
    "The sigmoid has exp, base e: its inverse has np.log, not np.log2.",
)
gate_bias_cases.wrong(
    "the logarithm to base 10",
    ("np.log(", "np.log10("),
    "The sigmoid has exp, base e: its inverse has np.log, not np.log10.",
)
gate_bias_cases.wrong(
    "a straight line through the middle",
    (LOGIT, "4 * (p - 0.5)"),
    "That is right near one half alone, where the slope is 0.25. Solve p = 1 / (1 + exp(-b)) for b.",
)
gate_bias_cases.wrong("the slope of the sigmoid", (LOGIT, "p * (1 - p)"), "That is how steep it is there. Asked is b.")
for _name, _change, _advice in (
    ("the sign is lost", "np.abs(np.log(p / (1 - p)))", "A gate below one half has a negative bias."),
    (
        "the result is halved",
        "np.log(p / (1 - p)) / 2",
        "That is what tanh's inverse would give. The sigmoid's has no half.",
    ),
    ("the result is doubled", "2 * np.log(p / (1 - p))", "log(p / (1 - p)) is b itself."),
    ("exp in place of the logarithm", "np.exp(-np.maximum(p, 0)) - 1", "The inverse of exp is the logarithm, np.log."),
    (
        "p is stretched to the range from -1 to 1",
        "2 * p - 1",
        "The curve between is bent: solve 1 / (1 + exp(-b)) = p for b.",
    ),
    (
        "centred at 0",
        "p - 0.5",
        "One half does give b = 0, but the curve between is bent: solve 1 / (1 + exp(-b)) = p for b.",
    ),
):
    gate_bias_cases.wrong(_name, (LOGIT, _change), _advice)
for _name, _slip, _advice in (
    ("the sigmoid of -p", lambda p: F.sigmoid(-p), "p is what comes out of the sigmoid: find what goes in."),
    ("tanh in place of the inverse", np.tanh, "Solve p = 1 / (1 + exp(-b)) for b: the logarithm of p / (1 - p)."),
    (
        "the result is turned over",
        lambda p: 1 / np.log(p / (1 - p)),
        "b is the logarithm itself, log(p / (1 - p)), not 1 over it.",
    ),
    (
        "the brackets around 1 - p are missing",
        lambda p: np.log(p) - p,
        "`np.log(p) / 1 - p` and `log(p) - log(1) - p` are log(p) - p: divide p by (1 - p), then take the logarithm.",
    ),
    ("1 and p are subtracted from the logarithm", lambda p: np.log(p) - 1 - p, "It is log(p) - log(1 - p)."),
    ("1 - p is subtracted from the logarithm", lambda p: np.log(p) - (1 - p), "It is log(p) - log(1 - p)."),
    (
        "two logarithms are multiplied",
        lambda p: np.log(p) * np.log(1 - p),
        "The logarithm of a quotient is a difference: log(p) - log(1 - p).",
    ),
    (
        "only 1 - p goes through the logarithm, with a minus",
        lambda p: -np.log(1 - p) / p,
        "Divide first, then take the logarithm of the whole fraction.",
    ),
    (
        "the logarithm is missing, and the fraction is turned over, with a minus",
        lambda p: 1 - 1 / p,
        "exp(-b) is 1 / p - 1: the logarithm of it, with a minus, is b.",
    ),
    (
        "the product p * (1 - p) below a fraction",
        lambda p: 1 / (p * (1 - p)),
        "That is how steep b is there. Asked is b itself.",
    ),
):
    gate_bias_cases.wrong(_name, _slip, _advice)
NO_HELP = "p is never 0 or 1 itself, so log(p / (1 - p)) needs no help; and what this falsifies is asked for."
KEPT = {
    **{
        f"p is kept {end:.3g} away from 0 and 1": end
        for end in (0.01, 1e-3, 1e-4, 1e-5, 1e-6, 1e-8, 1e-9, 1e-10, 1e-12, 1e-14, 1e-15)
    },
    "p is kept 2**-52 away from 0 and 1": 2.0**-52,
    # the digits that are compared do not tell these two apart
    "1e-07 is added to p and to 1 - p, or p is kept that far from 0 and 1": 1e-7,
    "1e-16 is added to p, or p is kept at least that far above 0": 1e-16,
}
for _name, _end in KEPT.items():
    gate_bias_cases.wrong(
        _name,
        lambda p, end=_end: np.log(np.clip(p, end, 1 - end) / (1 - np.clip(p, end, 1 - end))),
        NO_HELP,
    )
for _end in (0.01, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-9, 1e-10, 1e-12, 1e-14, 1e-15):
    gate_bias_cases.wrong(
        f"p is kept {_end:.3g} below 1",
        lambda p, end=_end: np.log(np.minimum(p, 1 - end) / (1 - np.minimum(p, 1 - end))),
        NO_HELP,
        alone=True,
    )
    if _end > 1e-10 or _end == 1e-14:  # the digits that are compared do not tell the others from what is added to p
        gate_bias_cases.wrong(
            f"p is kept {_end:.3g} above 0",
            lambda p, end=_end: np.log(np.maximum(p, end) / (1 - np.maximum(p, end))),
            NO_HELP,
            alone=True,
        )
for _end in (1e-3, 1e-5, 1e-6, 1e-7, 1e-8, 1e-9, 1e-10, 1e-12, 1e-15, 1e-16):
    gate_bias_cases.wrong(
        f"{_end:g} is added below the fraction", lambda p, end=_end: np.log(p / (1 - p + end)), NO_HELP
    )
    if _end != 1e-7:
        gate_bias_cases.wrong(
            f"{_end:g} is added above and below", lambda p, end=_end: np.log((p + end) / (1 - p + end)), NO_HELP
        )
    if _end != 1e-16:
        _what = "p" if _end > 1e-9 else "p or to the fraction"
        _what += "" if _end > 1e-10 else ", or p is kept that far above 0"
        gate_bias_cases.wrong(f"{_end:g} is added to {_what}", lambda p, end=_end: np.log((p + end) / (1 - p)), NO_HELP)
for _end in (1e-3, 1e-5, 1e-6, 1e-7, 1e-8):
    gate_bias_cases.wrong(f"{_end:g} is added to the fraction", lambda p, end=_end: np.log(p / (1 - p) + end), NO_HELP)
for _end in (5, 10, 20, 30, 40, 50, 100):
    gate_bias_cases.wrong(
        f"b stops at {_end}",
        lambda p, end=_end: np.clip(np.log(p / (1 - p)), -end, end),
        "A fraction of 1e-300 needs a b of -690: cut nothing off, and search in no smaller range.",
    )
add_rounded(gate_bias_cases, 2, 3, 4)


# ---------------------------------------------------------------- 7. weights that lie in another order


def from_onnx(a):
    """a (..., 4H): blocks in the order i, o, f, g along the last axis. Returns a new array with them as i, f, g, o."""
    i, o, f, g = np.split(a, 4, axis=-1)
    return np.concatenate([i, f, g, o], axis=-1)


@sheet.check(
    name="from_onnx",
    oracle=from_onnx,
    returns="result",
    points=2,
    minutes=8,
    hints=[
        "Cut the last axis into four blocks of H columns. Give each the name of its layer, in their order: i, o, f, g.",
        "Then put the four side by side in our order. `np.split` and `np.concatenate` both take `axis=-1`, the last "
        "axis of a matrix and of a vector.",
        "`i, o, f, g = np.split(a, 4, axis=-1)`, then `np.concatenate([i, f, g, o], axis=-1)`.",
    ],
)
def from_onnx_cases(rng):
    """Weights or biases from ONNX's order of the layers, i, o, f, c, into that of the course, i, f, g, o."""
    shapes = [
        ("weights of the input", (3, 8)),
        ("other values of the same shape", (3, 8)),
        ("weights of the hidden state", (3, 12)),
        ("a bias", (20,)),
        ("a bias of one hidden unit", (4,)),
        ("one hidden unit", (3, 4)),
        ("as many rows as columns", (8, 8)),
        ("three axes", (2, 3, 8)),
        ("float32", (5, 12)),
    ]
    for label, shape in shapes:
        yield finish(label, {"a": rng.normal(size=shape)})


CUT, JOINED = "i, o, f, g = np.split(a, 4, axis=-1)", "np.concatenate([i, f, g, o], axis=-1)"
WHOLE = f"{CUT}\n    return {JOINED}"
READ_AS = "Name the blocks as they come, i, o, f, g, and put them together as i, f, g, o."
from_onnx_cases.wrong(
    "nothing has moved",
    (JOINED, "np.concatenate([i, o, f, g], axis=-1)"),
    "The blocks come as i, o, f, g and are to lie as i, f, g, o: three of the four move.",
    plain=True,
)
from_onnx_cases.wrong(
    "the way back",
    (JOINED, "np.concatenate([i, g, o, f], axis=-1)"),
    "That turns our order into theirs. The second block of the result, f, is the third of those that come, i, o, f, g.",
)
for _name, _order in {
    "f and o have changed places, and g is still last": "i, f, o, g",
    "f and g have changed places, and o is still second": "i, o, g, f",
    "o and g have changed places, and f is still third": "i, g, f, o",
    "the order f, i, g, o of lecture notes": "f, i, g, o",
    "the order f, i, o, g of lecture notes": "f, i, o, g",
}.items():
    from_onnx_cases.wrong(_name, (JOINED, f"np.concatenate([{_order}], axis=-1)"), READ_AS)
from_onnx_cases.wrong(
    "rows are moved, not columns",
    [(CUT, CUT.replace("-1", "0")), (JOINED, JOINED.replace("-1", "0"))],
    "The layers lie side by side, along the last axis: axis=-1 in both calls.",
)
from_onnx_cases.wrong(
    "rows are cut, not columns",
    (CUT, CUT.replace("-1", "0")),
    "np.split cuts rows unless it is told axis=-1. The layers lie side by side, along the last axis.",
)
from_onnx_cases.wrong(
    "the blocks are put below each other",
    (JOINED, JOINED.replace("-1", "0")),
    "np.concatenate puts them below each other unless it is told axis=-1: the result has the shape of a.",
)
from_onnx_cases.wrong(
    "the blocks are stacked on a new axis",
    (JOINED, "np.stack([i, f, g, o])"),
    "np.stack makes a new axis. Side by side means np.concatenate with axis=-1: the result has the shape of a.",
)
from_onnx_cases.wrong(
    "the blocks are stacked on a new last axis",
    (JOINED, "np.stack([i, f, g, o], axis=-1)"),
    "np.stack makes a new axis. Side by side means np.concatenate with axis=-1: the result has the shape of a.",
)
from_onnx_cases.wrong(
    "vstack in place of hstack",
    (JOINED, "np.vstack([i, f, g, o])"),
    "np.vstack puts them below each other. Side by side means np.concatenate with axis=-1.",
)
from_onnx_cases.wrong(
    "the list's brackets are missing",
    (JOINED, "np.concatenate(i, f, g, o)"),
    "np.concatenate takes its arrays as one list: np.concatenate([i, f, g, o], axis=-1).",
)
from_onnx_cases.wrong(
    "the blocks are added up",
    (JOINED, "i + f + g + o"),
    "Side by side means np.concatenate with axis=-1: the result has the shape of a.",
)
from_onnx_cases.wrong(
    "rows are cut by slices",
    (
        WHOLE,
        "H = a.shape[-1] // 4\n    return np.concatenate([a[:H], a[2 * H : 3 * H], a[3 * H :], a[H : 2 * H]])",
    ),
    "The layers lie side by side, along the last axis: cut a[..., :H] and so on, and join with axis=-1.",
)
from_onnx_cases.wrong(
    "rows are cut by slices, and H is read off the rows",
    (
        WHOLE,
        "H = a.shape[0] // 4\n    return np.concatenate([a[:H], a[2 * H : 3 * H], a[3 * H :], a[H : 2 * H]])",
    ),
    "The layers lie side by side, along the last axis: H is a.shape[-1] // 4, and a[..., :H] is the first block.",
)
from_onnx_cases.wrong(
    "the numbers are cut into four without regard to rows",
    (WHOLE, "return a.reshape(4, -1)[[0, 2, 3, 1]].reshape(a.shape)"),
    "reshape reads row after row, so that a quarter of it is rows. Cut along the last axis: np.split(a, 4, axis=-1).",
)
from_onnx_cases.wrong(
    "single columns are moved, not blocks",
    (CUT, "i, o, f, g = (a[..., k::4] for k in range(4))"),
    "The columns of one layer stand together, as a block of H; the layers do not take turns.",
)
from_onnx_cases.wrong(
    "four columns are moved, not four blocks",
    (WHOLE, "return np.concatenate([a[..., [0, 2, 3, 1]], a[..., 4:]], axis=-1)"),
    "Each layer has H columns: move four blocks of H, with H = a.shape[-1] // 4.",
)
from_onnx_cases.wrong(
    "only four columns are left",
    (WHOLE, "return a[..., [0, 2, 3, 1]]"),
    "Each layer has H columns: move four blocks of H, with H = a.shape[-1] // 4.",
)
from_onnx_cases.wrong(
    "H is that of the notebook",
    (CUT, "i, o, f, g = a[..., :2], a[..., 2:4], a[..., 4:6], a[..., 6:]"),
    "H = 2 is true in the notebook only. Here it is a.shape[-1] // 4.",
)
from_onnx_cases.wrong(
    "H is read off the rows",
    (CUT, "H = len(a) // 4; i, o, f, g = (a[..., k * H : k * H + H] for k in range(4))"),
    "The layers share the last axis: H is a.shape[-1] // 4.",
)
from_onnx_cases.wrong(
    "a is read after it was written to",
    (
        WHOLE,
        "H = a.shape[-1] // 4\n    a[..., H : 2 * H] = a[..., 2 * H : 3 * H]\n"
        "    a[..., 2 * H : 3 * H] = a[..., 3 * H :]\n    a[..., 3 * H :] = a[..., H : 2 * H]\n    return a",
    ),
    "When o's turn comes, its block holds f already, and the caller's array is changed: make a new array.",
)
from_onnx_cases.wrong(
    "block f stands in place of block o",
    (
        WHOLE,
        "H = a.shape[-1] // 4\n    ours = a.copy()\n    ours[..., H : 2 * H] = ours[..., 2 * H : 3 * H]\n"
        "    ours[..., 2 * H : 3 * H] = ours[..., 3 * H :]\n    ours[..., 3 * H :] = ours[..., H : 2 * H]\n"
        "    return ours",
    ),
    "Block o comes nowhere. Where one array is read and written to, its block holds f already when o's turn comes: "
    "read from a, and write to the copy.",
)
from_onnx_cases.wrong(
    "the result is transposed",
    (JOINED, f"{JOINED}.T"),
    "The shape stays as it is: the layers lie along the last axis before and after.",
)


def _in_order(order):
    """The wrong answer that puts the blocks, by their letters, in this order; a block may come twice, "0" is zeros."""

    def answer(a):
        blocks = dict(zip("iofg", np.split(a, 4, axis=-1), strict=True))
        return np.concatenate([blocks[letter] if letter != "0" else 0 * blocks["i"] for letter in order], axis=-1)

    return answer


NAMED = "ifgo", "iofg", "igof", "ifog", "iogf", "igfo", "figo", "fiog"  # the right order, and those that have a name
for _order in map("".join, itertools.permutations("ifgo")):
    if _order not in NAMED:
        from_onnx_cases.wrong(f"the blocks come out in the order {', '.join(_order)}", _in_order(_order), READ_AS)
for _place, _letter in enumerate("ifgo"):
    for _other in "ifgo0":
        if _other != _letter and (_letter, _other) != ("o", "f"):  # which has its name above
            _what = f"block {_other} stands" if _other != "0" else "zeros stand"
            from_onnx_cases.wrong(
                f"{_what} in place of block {_letter}",
                _in_order("ifgo".replace(_letter, _other)),
                f"Each of the four blocks comes once: i, f, g, o. Where is {_letter}?",
            )


def _by_axis_1_but_a_bias(a):
    if a.ndim == 1:
        return from_onnx(a)
    i, o, f, g = np.split(a, 4, axis=1)
    return np.concatenate([i, f, g, o], axis=1)


def _by_axis_1_alone(a):
    H = a.shape[1] // 4
    return np.concatenate([a[:, :H], a[:, 2 * H : 3 * H], a[:, 3 * H :], a[:, H : 2 * H]], axis=1)


def _tail_rolled(a, by, axis):
    ours, H = a.copy(), a.shape[-1] // 4
    ours[..., H:] = np.roll(a[..., H:], -H if by == "H" else -1, axis=axis)
    return ours


def _by_rows(a):
    H = a.shape[0] // 4
    return np.concatenate([a[..., :H], a[..., 2 * H : 3 * H], a[..., 3 * H :], a[..., H : 2 * H]], axis=-1)


LAST = "The layers lie along the last axis, which is axis=-1 of a matrix, of a bias and of any other array."
for _name, _change, _advice in (
    ("axis=1 is taken for the last axis", [(CUT, CUT.replace("-1", "1")), (JOINED, JOINED.replace("-1", "1"))], LAST),
    ("axis=1 is taken for the last axis of all but a bias", _by_axis_1_but_a_bias, LAST),
    ("np.hsplit cuts axis 1", [(CUT, "i, o, f, g = np.hsplit(a, 4)"), (JOINED, "np.hstack([i, f, g, o])")], LAST),
    ("np.hstack joins along axis 1", (JOINED, "np.hstack([i, f, g, o])"), LAST),
    ("the second axis is taken for the last one", _by_axis_1_alone, LAST),
    ("four rows are moved", lambda a: a[[0, 2, 3, 1]], LAST),
    (
        "H is read off the rows, and the last block runs to the end",
        _by_rows,
        "The layers share the last axis: H is a.shape[-1] // 4.",
    ),
    (
        "the last three blocks are rolled without an axis",
        lambda a: _tail_rolled(a, "H", None),
        "np.roll without axis=-1 runs through all rows, one after the other.",
    ),
    (
        "the last three blocks are rolled by one column",
        lambda a: _tail_rolled(a, "1", -1),
        "A block has H columns: roll by H, with H = a.shape[-1] // 4.",
    ),
    (
        "the blocks are stacked on a new last axis and flattened",
        lambda a: np.stack([np.split(a, 4, axis=-1)[k] for k in (0, 2, 3, 1)], axis=-1).reshape(a.shape),
        "That makes the layers take turns, column by column. Side by side means np.concatenate with axis=-1.",
    ),
    (
        "the blocks are stacked on a new first axis and flattened",
        lambda a: np.stack([np.split(a, 4, axis=-1)[k] for k in (0, 2, 3, 1)]).reshape(a.shape),
        "reshape fills row after row, so a whole block goes into the first rows. Use np.concatenate with axis=-1.",
    ),
    (
        "single columns change places in every four",
        lambda a: a.reshape(*a.shape[:-1], -1, 4)[..., [0, 2, 3, 1]].reshape(a.shape),
        "The columns of one layer stand together, as a block of H: reshape to (..., 4, H), not (..., H, 4).",
    ),
    (
        "the cuts are at columns 1, 2 and 3",
        lambda a: np.concatenate([a[..., :1], a[..., 2:3], a[..., 3:], a[..., 1:2]], axis=-1),
        "Each layer has H columns: np.split(a, 4, axis=-1) makes four equal blocks.",
    ),
):
    from_onnx_cases.wrong(_name, _change, _advice)


# ---------------------------------------------------------------- 8. how long a memory lasts


def steps_to_half(b):
    """b: biases of a forget gate that reads zeros, any shape. Returns n, the same shape: sigmoid(b) ** n is 1/2."""
    return np.log(2) / np.log1p(np.exp(-b))


@sheet.check(
    name="steps_to_half",
    oracle=steps_to_half,
    returns="n",
    ranges={"n": (0, np.inf)},
    points=3,
    minutes=12,
    uses=("sigmoid",),
    quiet=True,
    hints=[
        "f ** n = 1/2. The logarithm of both sides: n * log(f) = log(1/2), and f = sigmoid(b).",
        "From b = 37 on f is rounded to 1, and log(1) is 0. So never make f: log(sigmoid(b)) = -log(1 + exp(-b)) on "
        "paper, and there the small number is still to be seen.",
        "`1 + np.exp(-b)` would round it away again. `np.log1p(x)` is log(1 + x) without that sum: "
        "`np.log(2) / np.log1p(np.exp(-b))`.",
    ],
)
def steps_to_half_cases(rng):
    """After how many steps half of the cell state is left, from the bias of the forget gate alone."""
    yield from of_any_shape("b", lambda shape: rng.uniform(-3, 5, size=shape))
    yield "biases around 0", {"b": np.array([-1e-3, 0.0, 1e-3])}
    yield "gates that are nearly shut", {"b": np.append(rng.uniform(-20, -5, size=3), -19.9)}
    yield "gates that are nearly open", {"b": rng.uniform(27, 30, size=4)}
    yield "gates so open that sigmoid(b) is rounded to 1", {"b": rng.uniform(38, 40, size=4)}


LOG_F, STEPS = "np.log1p(np.exp(-b))", "np.log(2) / np.log1p(np.exp(-b))"
F_ROUNDED = (
    "Near 1 a number is rounded, and how far it is from 1 is lost: in sigmoid(b), and in 1 + exp(-b). Make neither: "
    "log(sigmoid(b)) is -np.log1p(np.exp(-b)), where np.log1p(x) is log(1 + x) without that sum."
)


def _with_rounding(name, exact, rounded, advice):
    """A slip in the exact way, and the same slip by way of a sigmoid(b) that is rounded."""
    steps_to_half_cases.wrong(name, (STEPS, exact), advice)
    steps_to_half_cases.wrong(f"{name}, and sigmoid(b) is rounded", rounded, f"{advice} And: {F_ROUNDED}")


steps_to_half_cases.wrong(
    "sigmoid(b) is rounded before the logarithm", lambda b: np.log(0.5) / np.log(F.sigmoid(b)), F_ROUNDED
)
steps_to_half_cases.wrong("1 + exp(-b) is rounded before the logarithm", (LOG_F, "np.log(1 + np.exp(-b))"), F_ROUNDED)
steps_to_half_cases.wrong(
    "the difference of two large numbers loses its digits",
    (STEPS, "np.log(0.5) / (b - np.log1p(np.exp(b)))"),
    "On paper b - log(1 + exp(b)) is log(sigmoid(b)). For a large b the two are nearly alike, and what is left is "
    "their rounding: -np.log1p(np.exp(-b)) has no such difference.",
)
steps_to_half_cases.wrong(
    "log1p of 1 + x", (LOG_F, "np.log1p(1 + np.exp(-b))"), "np.log1p adds the 1 itself: give it np.exp(-b) alone."
)
steps_to_half_cases.wrong(
    "the minus before b is missing",
    (LOG_F, "np.log1p(np.exp(b))"),
    "log(sigmoid(b)) is -log1p(exp(-b)): an open gate, with a large b, remembers for long.",
)
_with_rounding(
    "the sign is wrong",
    f"-{STEPS}",
    lambda b: np.log(2) / np.log(F.sigmoid(b)),
    "log(1/2) and log(f) are both negative, and their quotient is positive: log(2) goes with -log(f).",
)
_with_rounding(
    "the time until 1/e is left",
    f"1 / {LOG_F}",
    lambda b: -1 / np.log(F.sigmoid(b)),
    "That is the time constant. Asked is one half: log(2) stands above.",
)
_with_rounding(
    "the logarithm of 1/2 is missing",
    f"-0.5 / {LOG_F}",
    lambda b: 0.5 / np.log(F.sigmoid(b)),
    "n * log(f) = log(1/2): both sides go through the logarithm.",
)
_with_rounding(
    "two kinds of logarithm",
    f"np.log(2) ** 2 / {LOG_F}",
    lambda b: np.log(0.5) / np.log2(F.sigmoid(b)),
    "One base above and below: np.log with np.log, or np.log2 with np.log2.",
)
_with_rounding(
    "whole steps, rounded up",
    f"np.ceil({STEPS})",
    lambda b: np.ceil(np.log(0.5) / np.log(F.sigmoid(b))),
    "Asked is n itself, 2.21 and not 3: do not round.",
)
steps_to_half_cases.wrong(
    "whole steps, rounded down", (STEPS, f"np.floor({STEPS})"), "Asked is n itself, 2.21 and not 2: do not round."
)
steps_to_half_cases.wrong(
    "whole steps", (STEPS, f"np.round({STEPS})"), "Asked is n itself, 2.21 and not 2: do not round."
)
steps_to_half_cases.wrong(
    "the quotient is inverted",
    lambda b: np.log(F.sigmoid(b)) / np.log(0.5),
    "n * log(f) = log(1/2): divide by log(f).",
)
steps_to_half_cases.wrong(
    "the logarithm of f is missing",
    lambda b: np.log(0.5) / F.sigmoid(b),
    "n * log(f) = log(1/2): both sides go through the logarithm.",
)
steps_to_half_cases.wrong(
    "two logarithms are subtracted",
    lambda b: np.log(0.5) - np.log(F.sigmoid(b)),
    "n * log(f) = log(1/2): n is a factor, so divide.",
)
steps_to_half_cases.wrong(
    "b is taken for the fraction",
    lambda b: np.log(0.5) / np.log(b),
    "b is the bias. The gate stands at f = sigmoid(b).",
)
steps_to_half_cases.wrong(
    "sigmoid and logarithm are taken to cancel",
    lambda b: np.log(0.5) / b,
    "The logarithm undoes exp, not the sigmoid: log(sigmoid(b)) is -log1p(exp(-b)).",
)
steps_to_half_cases.wrong(
    "1 - f in place of f",
    lambda b: np.log(0.5) / np.log(1 - F.sigmoid(b)),
    "f is the fraction that is kept. 1 - f is what is lost.",
)
steps_to_half_cases.wrong(
    "the same amount is lost at every step",
    lambda b: 0.5 / (1 - F.sigmoid(b)),
    "A gate takes a fraction of what is there, and there is less each time: f ** n, not 1 - n * (1 - f).",
)
steps_to_half_cases.wrong(
    "the mean time that a value stays",
    lambda b: 1 / (1 - F.sigmoid(b)),
    "That is the sum of f ** n over all steps. Asked is the n at which f ** n is one half.",
)
steps_to_half_cases.wrong(
    "half of it is divided by f", lambda b: 0.5 / F.sigmoid(b), "The steps multiply: f ** n = 1/2. Take logarithms."
)
steps_to_half_cases.wrong(
    "n is the base, not the exponent",
    lambda b: 0.5 ** F.sigmoid(b),
    "After n steps f ** n is left. Take logarithms on both sides to bring n down.",
)
steps_to_half_cases.wrong(
    "the fraction is returned, not the steps", lambda b: F.sigmoid(b), "That is f. Asked is the n with f ** n = 1/2."
)
steps_to_half_cases.wrong(
    "the rule of thumb for an open gate",
    (STEPS, "np.log(2) * np.exp(b)"),
    "For a large b, 1 - f is nearly exp(-b), and this is nearly right. For every other b it is not: use log1p.",
)
_with_rounding(
    "the logarithm of 2 is missing",
    f"2 / {LOG_F}",
    lambda b: -2 / np.log(F.sigmoid(b)),
    "n * log(f) = log(1/2): both sides go through the logarithm.",
)
_with_rounding(
    "one half stands above, not its logarithm",
    f"0.5 / {LOG_F}",
    lambda b: -0.5 / np.log(F.sigmoid(b)),
    "n * log(f) = log(1/2): both sides go through the logarithm.",
)
_with_rounding(
    "base 10 above, base e below",
    f"np.log10(2) / {LOG_F}",
    lambda b: np.log10(0.5) / np.log(F.sigmoid(b)),
    "One base above and below: np.log with np.log, or np.log10 with np.log10.",
)
_with_rounding(
    "base e above, base 10 below",
    f"np.log(10) * {STEPS}",
    lambda b: np.log(0.5) / np.log10(F.sigmoid(b)),
    "One base above and below: np.log with np.log, or np.log10 with np.log10.",
)
_with_rounding(
    "1 - f in place of -log(f)",
    "np.log(2) * (1 + np.exp(b))",
    lambda b: np.log(2) / (1 - F.sigmoid(b)),
    "They are nearly alike for an open gate only. Take the logarithm of f: np.log1p(np.exp(-b)) is -log(f).",
)
_with_rounding(
    "1 step is added",
    f"1 + {STEPS}",
    lambda b: 1 + np.log(0.5) / np.log(F.sigmoid(b)),
    "f ** n = 1/2 for n itself: no further step is counted.",
)
_with_rounding(
    "the root of one half",
    f"{STEPS} / 2",
    lambda b: np.log(0.5) / np.log(F.sigmoid(b)) / 2,
    "f ** n is to be 1/2 itself: log(1/2) stands above, without a further half.",
)
for _name, _slip, _advice in (
    (
        "the same amount is lost at every step, and nothing is rounded",
        lambda b: 0.5 * (1 + np.exp(b)),
        "A gate takes a fraction of what is there, and there is less each time: f ** n, not 1 - n * (1 - f).",
    ),
    (
        "the mean time that a value stays, and nothing is rounded",
        lambda b: 1 + np.exp(b),
        "That is the sum of f ** n over all steps. Asked is the n at which f ** n is one half.",
    ),
    ("exp(b) alone", np.exp, "exp(b) is how many times more is kept than lost. Asked is the n with f ** n = 1/2."),
    (
        "the logarithms are multiplied",
        lambda b: np.log(2) * np.log1p(np.exp(-b)),
        "n * log(f) = log(1/2): divide by log(f).",
    ),
    (
        "two slips: the logarithms are multiplied, and one has base 10",
        lambda b: np.log10(2) * np.log1p(np.exp(-b)),
        "n * log(f) = log(1/2): divide by log(f), and take both logarithms to one base.",
    ),
    (
        "exp(-b) in place of exp(b) in the rule of thumb",
        lambda b: np.log(2) * np.exp(-b),
        "An open gate, with a large b, remembers for long. And the rule holds for an open gate only: use log1p.",
    ),
    (
        "log1p of 1 - f with a plus",
        lambda b: np.log(2) / np.log1p(F.sigmoid(-b)),
        "f is 1 - sigmoid(-b): log(f) is np.log1p(-sigmoid(-b)), with a minus inside.",
    ),
    (
        "1 - exp(-b) in place of 1 + exp(-b)",
        lambda b: np.log(2) / -np.log1p(-np.exp(-b)),
        "f is 1 / (1 + exp(-b)): log(f) is -np.log1p(np.exp(-b)), with a plus inside.",
    ),
    (
        "log1p of f",
        lambda b: np.log(2) / np.log1p(F.sigmoid(b)),
        "np.log1p(f) is log(1 + f). Asked is log(f): np.log1p takes how far f is from 1, with its sign.",
    ),
    ("the root of f", lambda b: F.sigmoid(b) ** 0.5, "f ** n = 1/2: n is looked for, and 1/2 stands on the right."),
    ("one half to the power of 1 / f", lambda b: 0.5 ** (1 / F.sigmoid(b)), "Take logarithms: n = log(1/2) / log(f)."),
    ("f is subtracted from one half", lambda b: 0.5 - F.sigmoid(b), "f ** n = 1/2: take logarithms."),
    (
        "tanh in place of the sigmoid",
        lambda b: np.log(0.5) / np.log(np.tanh(b)),
        "A gate stands at sigmoid(b), between 0 and 1.",
    ),
    (
        "only the gates that are exactly 1 are mended",
        lambda b: np.where(b >= 37, np.log(2) * np.exp(b), np.log(0.5) / np.log(F.sigmoid(np.minimum(b, 36)))),
        F_ROUNDED,
    ),
    (
        "f is rounded, and never more than the number just below 1",
        lambda b: np.log(0.5) / np.log(np.minimum(F.sigmoid(b), 1 - 2.0**-53)),
        F_ROUNDED,
    ),
    ("f is rounded, and a gate of 1 gets infinity", lambda b: _quiet_half(F.sigmoid(b)), F_ROUNDED),
    ("1 + exp(-b) is rounded, and a gate of 1 gets infinity", lambda b: np.abs(_quiet_half(1 + np.exp(-b))), F_ROUNDED),
    (
        "f is rounded, and a gate of 1 gets the largest number",
        lambda b: np.nan_to_num(_quiet_half(F.sigmoid(b))),
        F_ROUNDED,
    ),
):
    steps_to_half_cases.wrong(_name, _slip, _advice)


def _quiet_half(f):
    with np.errstate(divide="ignore"):
        return np.log(0.5) / np.log(f)


for _end in (1e-3, 1e-5, 1e-6, 1e-7, 1e-8, 1e-9, 1e-10, 1e-12, 1e-15):
    steps_to_half_cases.wrong(
        f"f is kept {_end:g} below 1",
        lambda b, end=_end: np.log(0.5) / np.log(np.minimum(F.sigmoid(b), 1 - end)),
        f"What you cut off is asked for. {F_ROUNDED}",
    )
    if _end > 2.3e-9:  # no gate of the cases is more shut than that
        steps_to_half_cases.wrong(
            f"f is kept {_end:g} away from 0 and 1",
            lambda b, end=_end: np.log(0.5) / np.log(np.clip(F.sigmoid(b), end, 1 - end)),
            f"What you cut off is asked for. {F_ROUNDED}",
        )
for _end in (1e-6, 1e-8, 1e-9, 1e-10, 1e-12, 1e-15):
    steps_to_half_cases.wrong(
        f"{_end:g} is added to f",
        lambda b, end=_end: np.log(0.5) / np.log(F.sigmoid(b) + end),
        f"That is more than 1 for an open gate, and the answer turns negative. {F_ROUNDED}",
    )
    steps_to_half_cases.wrong(
        f"{_end:g} is added below the fraction",
        lambda b, end=_end: np.log(2) / (np.log1p(np.exp(-b)) + end),
        "log1p(exp(-b)) is never 0, so it needs no help; and for an open gate it is as small as what you add.",
    )
    if _end < 1e-10:  # more hides the rounding
        steps_to_half_cases.wrong(
            f"{_end:g} is added below the fraction, and sigmoid(b) is rounded",
            lambda b, end=_end: np.log(0.5) / (np.log(F.sigmoid(b)) - end),
            f"For an open gate log(f) is as small as what you add. {F_ROUNDED}",
        )
for _end in (20, 30, 35, 36):
    steps_to_half_cases.wrong(
        f"b is cut off at {_end}",
        lambda b, end=_end: np.log(2) / np.log1p(np.exp(-np.minimum(b, end))),
        "np.log1p(np.exp(-b)) is good for every b up to 40 and beyond: cut nothing off.",
    )
    if _end > 20:  # there nothing is rounded yet
        steps_to_half_cases.wrong(
            f"b is cut off at {_end}, and sigmoid(b) is rounded",
            lambda b, end=_end: np.log(0.5) / np.log(F.sigmoid(np.minimum(b, end))),
            f"What you cut off is asked for. {F_ROUNDED}",
        )
add_rounded(steps_to_half_cases, 1, 2, 3)
