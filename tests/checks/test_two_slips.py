"""Two slips at once: the feedback names both, or the one that is sure, or neither; never something else."""

import itertools

import numpy as np
import pytest

from lstm_helpers import checks
from lstm_helpers.checks import judge

ASKED = [c for sheet in checks.sheets().values() for c in sheet.checks.values() if c.fresh and not c.marks]


@pytest.mark.parametrize("check", ASKED, ids=lambda c: c.name)
def test_what_is_named_of_two_slips_was_made(check):
    pairs = list(itertools.combinations(check.misconceptions, 2))
    some = np.random.default_rng(0).permutation(len(pairs))[:12]
    for first, second in (pairs[k] for k in some):
        if answer := check.with_both(first, second):
            result = checks.examine(check, answer)
            if result.cause.startswith("two slips at once: "):
                assert result.cause == f"two slips at once: {first.name}; and {second.name}"
                assert first.advice in result.text
                assert second.advice in result.text
            elif result.cause.endswith(", and one more slip beside it"):
                assert result.cause.removesuffix(", and one more slip beside it") in (first.name, second.name)


def test_two_slips_in_one_answer_are_both_named():
    def rnn_step(x, h_prev, W_x, W_h, b):
        return np.tanh(x @ W_x + h_prev @ W_h.T)

    result = checks.examine(checks.find("rnn_step"), rnn_step)
    assert result.cause == "two slips at once: the bias is missing; and W_h is transposed"
    assert result.candidates == []


def test_an_error_in_every_case_names_no_two_slips():
    def rnn_backward(dh, x, h, W_x, W_h):
        return dh[x]

    result = checks.examine(checks.find("rnn_backward"), rnn_backward)
    assert result.state == judge.ERROR
    assert not result.cause
