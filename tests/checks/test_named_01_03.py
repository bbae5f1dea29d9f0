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


STOPS = """
def rnn_backward(dh, x, h, W_x, W_h):
    dx, carried = np.zeros_like(x), 0
    dW_x, dW_h, db = {start}
    for t in range(len(x) - 1, 0, -1):
        dx[t], carried, a, b, c = rnn_step_backward(dh[t] + carried, x[t], h[t], h[t + 1], W_x, W_h)
        dW_x, dW_h, db = dW_x + a, dW_h + b, db + c
    return dx, carried, dW_x, dW_h, db
"""
STARTS = {
    "np.zeros_like(W_x), np.zeros_like(W_h), np.zeros(len(W_h))": "the number 0 is",
    "0, 0, 0": "numbers 0 are",
}


@pytest.mark.parametrize("start", STARTS)
def test_a_slip_that_leaves_a_whole_number_behind_is_named(start):
    causes = {result.cause for result in looks("rnn_backward", STOPS.format(start=start))}
    assert causes == {f"the first step is left out, and {STARTS[start]} what the walk starts with"}
