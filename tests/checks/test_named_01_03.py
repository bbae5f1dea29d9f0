"""Wrong answers to sheets 01 to 03 in styles of their own: each has the name of its kind, which says what is true."""

import pytest

from tests.checks.test_false_names import looks

CLIP = """
def clip_by_norm(dW_x, dW_h, db, limit):
    norm = np.sqrt(sum((g**2).sum() for g in (dW_x, dW_h, db)))
    {line}
    return dW_x * k, dW_h * k, db * k
"""
ENLARGED = "small gradients are enlarged to the limit"
CLIPPED = {  # the line that makes the factor: the cause
    "k = limit / norm if norm**2 > limit else 1": "the square of the norm is compared",
    "k = limit / norm if norm > 1 else 1": "another number than the limit is compared",
    "k = limit / norm if norm > limit**2 else 1": "the square of the limit is compared",
    "k = limit / norm if norm > 0 else 1": f"{ENLARGED}, all but zeros",
    "k = limit / norm if dW_x.any() else 1": f"{ENLARGED}, all but zeros",
    "k = limit / max(norm, 1e-12)": f"{ENLARGED}, all but zeros",
    "k = limit / (norm + 1e-12)": f"{ENLARGED}, all but zeros",
    "k = limit / (norm + 1e-6)": f"{ENLARGED}, and 1e-06 is added to the norm",
    "k = limit / norm": ENLARGED,
    "k = 1 / norm if norm else 0": "divided by the norm in any case, but for zeros",
    "k = 1 if norm == 0 else max(1, limit / norm)": "max in place of min, but for zeros",
}


@pytest.mark.parametrize("line", CLIPPED)
def test_what_is_compared_and_what_is_enlarged_is_told_as_it_is(line):
    assert {result.cause for result in looks("clip_by_norm", CLIP.format(line=line))} == {CLIPPED[line]}
