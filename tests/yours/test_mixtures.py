"""What a student's work/ really holds on the way through the seven exercises: some pieces right, some wrong, untouched,
raising or gone, mended and broken again between two readings.

The property: whatever the others are, a piece is the student's exactly where it is right by itself; and the layer and
the optimiser give what the course's own give.
"""

import ast
import random

import numpy as np
import pytest

from lstm_helpers import checks, training, yours
from lstm_helpers.yours import pieces
from tests.grading import test_mixtures as mixtures
from tests.yours.test_layer import both, passes

WRONG = """
{right}
def {name}({given}):
    found = {name}_at_first({names})
    return (found[0] + 1, *found[1:]) if isinstance(found, tuple) else found + 1
"""
KINDS = ("right", "right", "right", "wrong", "untouched", "a hole inside", "nothing", "raises", "gone")
READINGS = 3
DRAWN = np.random.default_rng(0)


def written(exercise, name, kind, pick):
    if kind != "wrong" or not checks.sheets()[exercise].checks[name].fresh:
        return mixtures.written(exercise, name, kind, pick)
    right = mixtures.text_at(exercise, name, "solutions")
    (function,) = ast.parse(right).body
    names = ", ".join(argument.arg for argument in function.args.args)
    at_first = right.replace(f"def {name}(", f"def {name}_at_first(", 1)
    return WRONG.format(right=at_first, name=name, given=ast.unparse(function.args), names=names)


def save(work, kinds, pick):
    for exercise in pieces.EXERCISES:
        answers = {name: written(exercise, name, kinds[name], pick) for name in checks.sheets()[exercise].checks}
        work.save(exercise, *mixtures.notebook(exercise, answers))


def one_step_of(optimiser):
    p = np.array([1.0, -2.0])
    optimiser({"p": p}, 0.1).step({"p": np.array([0.5, 3.0])})
    return p


@pytest.mark.parametrize("seed", range(3))
def test_a_piece_is_the_students_where_it_is_right_whatever_the_others_are(work, seed):
    rng = random.Random(seed)
    names = [name for exercise in pieces.EXERCISES for name in checks.sheets()[exercise].checks]
    kinds = {name: rng.choice(KINDS) for name in names}
    for reading in range(READINGS):
        save(work, kinds, rng.choice)
        found = yours.reload().found
        for name, piece in found.items():
            assert piece.theirs == (kinds[name] == "right"), f"reading {reading}, {name} ({kinds[name]}): {piece.why}"
            assert all(kinds[helper] != "right" for helper in piece.helped), (name, piece.helped)
        assert f"{sum(kinds[name] == 'right' for name in found)} of 12" in str(yours.report())
        x, dh = DRAWN.normal(size=(4, 3, 2)), DRAWN.normal(size=(4, 3, 3))
        theirs, ours = (passes(layer, x, None, np.array([4, 1, 3]), dh, None) for layer in both(2, 3, "float64", seed))
        for name, wanted in ours.items():
            np.testing.assert_allclose(theirs[name], wanted, rtol=0, atol=1e-12, err_msg=name)
        np.testing.assert_allclose(one_step_of(yours.Adam), one_step_of(training.Adam), rtol=0, atol=1e-14)
        for name in rng.sample(names, 8):
            kinds[name] = rng.choice(KINDS)
