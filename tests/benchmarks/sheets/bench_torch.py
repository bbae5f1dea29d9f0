"""A sheet of the torch profile, like bench.py: the students' own cells compute with torch for 50 ms."""

import numpy as np

from lstm_helpers.checks.sheet import Sheet

sheet = Sheet("bench_torch", exercise="51_bench_torch", profile="torch")


def torch_scale(x):
    return 2 * x


def torch_mix(x, y):
    return torch_scale(x) - y


def torch_squash(x):
    return np.tanh(x)


def _check(oracle, arguments, uses=()):
    def cases(rng):
        """One array out, of the shape of the arrays that go in."""
        for label, shape in [("a batch", (3, 4)), ("one sample", (1, 5)), ("one unit", (4, 1)), ("square", (3, 3))]:
            yield label, {name: rng.normal(size=shape) for name in arguments}

    hints = ["Read the heading.", "Count the terms.", "Look at the sign."]
    return sheet.check(name=oracle.__name__, oracle=oracle, returns="y", points=1, minutes=1, hints=hints, uses=uses)(
        cases
    )


scale = _check(torch_scale, ["x"])
scale.wrong("x as it came", ("2 * x", "1.0 * x"), "Twice x.", plain=True)
scale.wrong("halved", ("2 * x", "x / 2"), "Twice x.")
mix = _check(torch_mix, ["x", "y"], uses=("torch_scale",))
mix.wrong("added", ("- y", "+ y"), "Take y away.")
squash = _check(torch_squash, ["x"])
squash.wrong("x as it came", ("np.tanh(x)", "1.0 * x"), "tanh of x.", plain=True)
