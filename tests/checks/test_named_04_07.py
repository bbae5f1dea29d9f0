"""Wrong answers of other hands to sheets 04 to 07 and to the project: the cause that each is told, on any seed."""

import pytest

from lstm_helpers import checks
from tests.checks.test_false_names import EXERCISE, compiled, looks

STEP = "dh, dc, x, h_prev, c_prev, c, gates, W_x, W_h"
TOLD = {  # what was done: (check, arguments, lines, cause)
    "H is a number in the step": (
        "lstm_step_fused",
        "z_x, h_prev, c_prev, W_h",
        "i, f, g, o = ((z_x + h_prev @ W_h)[:, k : k + 2] for k in (0, 2, 4, 6))\n"
        "c = sigmoid(f) * c_prev + sigmoid(i) * np.tanh(g)\nreturn sigmoid(o) * np.tanh(c), c",
        "right for one size only",
    ),
    "an end beyond the array becomes the first step": (
        "last_states",
        "h, lengths",
        "return np.stack([h[n % len(h), k] for k, n in enumerate(lengths)])",
        "one step too late, and beyond the array the first step",
    ),
    "empty sequences are dropped": (
        "pad",
        "rows, lengths",
        "lengths = [n for n in lengths if n]\nx = np.zeros((max(lengths), len(lengths), rows.shape[1]))\n"
        "mask, k = np.zeros(x.shape[:2]), 0\nfor b, n in enumerate(lengths):\n"
        "    x[:n, b], mask[:n, b], k = rows[k : k + n], 1, k + n\nreturn x, mask",
        "a sequence of no steps is left out",
    ),
    "every step's row is a copy of the last c": (
        "lstm_forward",
        "x, h_0, c_0, W_x, W_h, b",
        "h, c, out = h_0, c_0, []\nfor z in project_inputs(x, W_x, b):\n    h, c = lstm_step_fused(z, h, c, W_h)\n"
        "    out.append(h)\nreturn np.array(out), (h, np.array(len(x) * [c]))",
        "c_last is repeated for each step",
    ),
    "a function moves the blocks, and one bias is left": (
        "weights_from_torch",
        "weight_ih, weight_hh, bias_ih, bias_hh",
        "def moved(a):\n    i, f, g, o = np.split(a, 4)\n    return np.concatenate([i, g, f, o])\n"
        "return moved(weight_ih).T, moved(weight_hh).T, moved(bias_hh)",
        "two slips at once: the gates are put in the order i, g, f, o; and bias_ih is forgotten",
    ),
    "a gate is squashed again": (
        "gates_backward",
        "di, df, dg, do, i, f, g, o",
        "s = sigmoid(o)\nreturn np.hstack([di * i * (1 - i), df * f * (1 - f), dg * (1 - g * g), do * s * (1 - s)])",
        "the output gate is squashed once more",
    ),
    "base 2 for one gate": (
        "chrono_bias",
        "b, u",
        "n = len(u)\nreturn np.concatenate([-np.log(u), np.log2(u), b[2 * n :]])",
        "the logarithm to base 2 for the forget gate",
    ),
    "t + 1 in one correction": (
        "adam_step",
        "p, grad, m, v, t, lr",
        "m, v = 0.9 * m + 0.1 * grad, 0.999 * v + 0.001 * grad * grad\n"
        "return p - lr * m / (1 - 0.9 ** (t + 1)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8), m, v",
        "t + 1 is the exponent in the correction of m",
    ),
    "t times the rate in one correction": (
        "adam_step",
        "p, grad, m, v, t, lr",
        "m, v = 0.9 * m + 0.1 * grad, 0.999 * v + 0.001 * grad * grad\n"
        "return p - lr * m / (1 - 0.9 * t) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8), m, v",
        "t multiplies in the correction of m",
    ),
    "the mean of the means that there are": (
        "masked_mse",
        "pred, target, lengths",
        "real = [k for k, n in enumerate(lengths) if n]\nloss, dpred = 0.0, np.zeros_like(pred)\nfor k in real:\n"
        "    e = (pred - target)[: lengths[k], k]\n    loss += (e**2).mean() / len(real)\n"
        "    dpred[: lengths[k], k] = 2 * e / lengths[k] / len(real)\nreturn loss, dpred",
        "each sequence is averaged by itself, an empty one does not count",
    ),
    "the mask is read off pred": (
        "masked_mse",
        "pred, target, lengths",
        "there = ~np.isnan(pred)\ne = np.where(there, pred - target, 0)\n"
        "return (e**2).sum() / there.sum(), 2 * e / there.sum()",
        "NaN alone is taken for padding",
    ),
    "dropped in place and left as it is": (
        "dropout",
        "h, u, p",
        "h *= u >= p\nreturn h",
        "two slips at once: what is left is not scaled; and h is changed in place",
    ),
    "a small margin": (
        "early_stopping",
        "validation, patience",
        "best = 0\nfor k, v in enumerate(validation):\n    if v < validation[best] - 1e-5:\n        best = k\n"
        "    if k - best >= patience:\n        break\nreturn best, k",
        "an improvement has to exceed a margin",
    ),
    "N // B steps, in a list of streams": (
        "cut_streams",
        "series, B, T",
        "n = len(series) // B\nused = n // T * T\nfirst = np.array([series[k * n : k * n + used] for k in range(B)])\n"
        "after = np.array([series[k * n + 1 : k * n + 1 + used] for k in range(B)])\n"
        "return first.reshape(B, -1, T).transpose(1, 2, 0), after.reshape(B, -1, T).transpose(1, 2, 0)",
        "N // B steps in each stream, cut one by one",
    ),
    "totals without an axis": (
        "beam_step",
        "log_p, total",
        "every = log_p + total\nbest = np.argsort(-every, axis=None)[: len(total)]\n"
        "return every.ravel()[best], *np.divmod(best, log_p.shape[1])",
        "the totals are added along the characters",
    ),
    "totals in a row": (
        "beam_step",
        "log_p, total",
        "K, V = log_p.shape\nscore = (total[None, :] + log_p).ravel()\nbest = np.argsort(-score)[:K]\n"
        "return score[best], best // V, best % V",
        "the totals are added along the characters",
    ),
    "adam without correction after many steps": (
        "adam_step",
        "p, grad, m, v, t, lr",
        "m, v, t = 0.9 * m + 0.1 * grad, 0.999 * v + 0.001 * grad * grad, min(t, 100)\n"
        "return p - lr * m / (1 - 0.9**t) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8), m, v",
        "",
    ),
}


def written(name, given, lines):
    return f"def {name}({given}):\n" + "".join(f"    {line}\n" for line in lines.split("\n"))


@pytest.mark.parametrize(("name", "given", "lines", "cause"), TOLD.values(), ids=TOLD)
def test_what_was_done_is_what_is_told(name, given, lines, cause):
    assert {result.cause for result in looks(name, written(name, given, lines), range(6))} == {cause}


def test_results_taken_in_a_wrong_order_are_told_the_order_in_which_they_come():
    lines = (
        "i, f, g, o = np.split(gates, 4, axis=1)\ndo, dc_h = hidden_update_backward(dh, o, c)\n"
        "di, dc_prev, df, dg = cell_update_backward(dc + dc_h, f, c_prev, i, g)\n"
        "dz = gates_backward(di, df, dg, do, i, f, g, o)\n"
        "dx, dh_prev, dW_x, dW_h, db = pre_activation_backward(dz, x, h_prev, W_x, W_h)\n"
        "return dx, dh_prev, dc_prev, dW_x, dW_h, db"
    )
    for result in looks("lstm_step_backward", written("lstm_step_backward", STEP, lines)):
        assert "cell_update_backward returns df, dc_prev, di, dg" in result.advice


# ---------------------------------------------------------------- what a case is called is all that is special about it

ONLY = {  # (check, lines): the one case that is right, or wrong
    ("score_text", "the cell state is not carried; the last step's is returned"): "Right only with: one step",
    ("dropout", "divided by p"): "",
}


@pytest.mark.parametrize(("name", "slip"), ONLY)
def test_a_slip_is_not_told_of_a_case_that_differs_in_something_else(name, slip):
    check = checks.find(name)
    for seed in range(6):
        text = checks.examine(check, next(m for m in check.misconceptions if m.name == slip).build(), seed).text
        told = [line for line in text.splitlines() if line.startswith(("Right only with", "Wrong only with"))]
        assert told == [ONLY[name, slip]] * bool(ONLY[name, slip])


def test_three_samples_of_four_are_not_told_as_a_matter_of_large_inputs():
    lines = "return dz @ W_x.T, dz @ W_h.T, x.T @ dz, h_prev[:3].T @ dz[:3], dz.sum(axis=0)"
    for result in looks(
        "pre_activation_backward", written("pre_activation_backward", "dz, x, h_prev, W_x, W_h", lines)
    ):
        assert "Wrong only with: large positive inputs; large negative inputs; a larger batch" in result.text


# ---------------------------------------------------------------- several results in one array

IN_ONE_ARRAY = {
    "early_stopping": "np.array(right(*a, **k))",
    "gradient_agreement": "np.array(right(*a, **k))",
    "cut_streams": "np.stack(right(*a, **k))",
    "lstm_step_fused": "np.stack(right(*a, **k))",
    "hidden_update_backward": "np.array(right(*a, **k))",
    "lstm_forward": "(lambda h, last: (h, np.stack(last)))(*right(*a, **k))",
}


@pytest.mark.parametrize("name", IN_ONE_ARRAY)
def test_one_array_that_can_be_taken_apart_is_the_several_results(name):
    exercise = EXERCISE[name]
    right = checks.find(name).oracle
    answer = compiled(f"def {name}(*a, **k):\n    return {IN_ONE_ARRAY[name]}", exercise)
    answer.__globals__["right"] = right
    assert checks.examine(checks.find(name), answer).right


def test_one_result_of_two_is_one_object_also_where_its_rows_are_two():
    source = "def hidden_update_backward(dh, o, c):\n    return dh * np.tanh(c)"
    assert {result.cause for result in looks("hidden_update_backward", source)} == {
        "one object is returned where several are asked for"
    }
