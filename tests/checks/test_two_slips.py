"""Two slips at once: the feedback names both, or the one that is sure, or neither; never something else."""

import itertools

import numpy as np
import pytest

from lstm_helpers import checks
from lstm_helpers.checks import compare, judge, shared
from tests.checks.solved import compiled

ASKED = [c for sheet in checks.sheets().values() for c in sheet.checks.values() if c.fresh and not c.marks]


def same(check, one, other):
    """Whether two answers do the same: a swap and a slip in one of its places are two slips in two places, too."""
    cases = check.draw(0)
    ours, theirs = (judge.observe(check, answer, cases) for answer in (one, other))
    return not any(judge.differs(check, a, b, case) for a, b, (_, case) in zip(ours, theirs, cases, strict=True))


@pytest.mark.parametrize("check", ASKED, ids=lambda c: c.name)
def test_what_is_named_of_two_slips_was_made(check):
    pairs = list(itertools.combinations(check.misconceptions, 2))
    some = np.random.default_rng(0).permutation(len(pairs))[:12]
    for first, second in (pairs[k] for k in some):
        if answer := check.with_both(first, second):
            result = checks.examine(check, answer)
            if result.cause.startswith("two slips at once: "):
                named = next(
                    pair for pair in pairs if result.cause == f"two slips at once: {pair[0].name}; and {pair[1].name}"
                )
                assert all(slip.advice in result.text for slip in named)
                assert named == (first, second) or same(check, check.with_both(*named), answer)
            elif result.cause.endswith(", and one more slip beside it"):
                assert result.cause.removesuffix(", and one more slip beside it") in (first.name, second.name)


def test_two_slips_in_one_answer_are_both_named():
    def rnn_step(x, h_prev, W_x, W_h, b):
        return np.tanh(x @ W_x + h_prev @ W_h.T)

    result = checks.examine(checks.find("rnn_step"), rnn_step)
    assert result.cause == "two slips at once: the bias is missing; and W_h is transposed"
    assert result.candidates == []


BY_HAND = """
def rnn_backward(dh, x, h, W_x, W_h):
    T, dx, carried = len(x), np.zeros_like(x), np.zeros_like(h[0])
    dW_x, dW_h, db = np.zeros_like(W_x), np.zeros_like(W_h), np.zeros(len(W_h))
    for t in range(T - 1, -1, -1):
        dz = ({arrives}) * {slope}
        dx[t], carried = dz @ W_x.T, {carried}
        dW_x, dW_h, db = dW_x + x[t].T @ dz, dW_h + {product}, db + {bias}
    return dx, carried, dW_x, dW_h, db
"""
RIGHT = {
    "arrives": "dh[t] + carried",
    "slope": "(1 - h[t + 1] ** 2)",
    "carried": "dz @ W_h.T",
    "product": "h[t].T @ dz",
    "bias": "dz.sum(axis=0)",
}


@pytest.mark.parametrize(
    ("changed", "names"),
    [
        (
            {"carried": "dz", "bias": "dz.mean(axis=0)"},
            {"what is carried has not gone through W_h", "db is a mean over the batch"},
        ),
        (
            {"slope": "(1 - h[t + 1])", "product": "h[t - 1].T @ dz"},
            {"the square is missing in tanh'", "dW_h is made from the state one step earlier"},
        ),
        (  # one of them is written as an edit of the short answer, the other one of this
            {"arrives": "dh[t]", "bias": "dz.sum()"},
            {"the recurrent path is missing", "db is one number"},
        ),
        (
            {"arrives": "dh[-1] + carried", "slope": "(1 - np.tanh(h[t + 1]) ** 2)"},
            {"the last step's own gradient comes in at each step", "the tanh is taken a second time"},
        ),
    ],
)
def test_two_slips_in_a_function_that_can_be_written_in_two_ways_are_both_named(changed, names):
    answer = compiled(BY_HAND.format(**RIGHT | changed), "02_why_rnns_forget")
    cause = checks.examine(checks.find("rnn_backward"), answer).cause
    assert set(cause.removeprefix("two slips at once: ").split("; and ")) == names


def test_an_error_in_every_case_names_no_two_slips():
    def rnn_backward(dh, x, h, W_x, W_h):
        return dh[x]

    result = checks.examine(checks.find("rnn_backward"), rnn_backward)
    assert result.state == judge.ERROR
    assert not result.cause


def spoilt(check, wrong):
    """The outputs that a misconception makes wrong, or none where it does anything else."""
    cases, names = check.draw(0), set()
    ours, right = (judge.observe(check, answer, cases) for answer in (wrong.build(), check.oracle))
    for got, want, (_, case) in zip(ours, right, cases, strict=True):
        if got.status != "ok" or got.changed:
            return set()
        names |= set(compare.wrong_outputs(check, got, want, case))
    return names


def mixture(check, first, second):
    """An answer with the outputs that one misconception makes wrong, those of another one, and the right ones."""

    def pick(one, other, right, returns):
        if isinstance(returns, str):
            return one if returns in first[1] else other if returns in second[1] else right
        return tuple(itertools.starmap(pick, zip(one, other, right, returns, strict=True)))

    def answer(**case):
        answers = (first[0].build(), second[0].build(), check.oracle)
        one, other, right = (each(**{k: np.array(v) if np.ndim(v) else v for k, v in case.items()}) for each in answers)
        return pick(one, other, right, check.returns)

    return answer


@pytest.mark.parametrize("check", [c for c in ASKED if not isinstance(c.returns, str)], ids=lambda c: c.name)
def test_two_slips_in_different_outputs_are_both_named(check):
    parts = [(wrong, names) for wrong in check.misconceptions if (names := spoilt(check, wrong))]
    pairs = [pair for pair in itertools.combinations(parts, 2) if not pair[0][1] & pair[1][1]]
    in_other_words = {m.name for m in check.misconceptions}  # that both were made, or what came of it
    in_other_words |= {shared.SWAPPED[0], shared.PLAIN["input"][0]}
    for k in np.random.default_rng(2).permutation(len(pairs))[:5]:
        first, second = pairs[k]
        cause = checks.examine(check, mixture(check, first, second)).cause
        both = f"two slips at once: {first[0].name}; and {second[0].name}"
        assert cause == both or cause in in_other_words


def test_a_line_that_moves_reads_nothing_new():
    source = """
def memory_weights(i, f):
    return np.flip(np.cumprod(np.flip(f, axis=0), axis=0), axis=0)
"""
    cause = checks.examine(checks.find("memory_weights"), compiled(source, "04_cell_state")).cause
    assert cause == "two slips at once: the step's own forget gate is in it; and the input gate is missing"
