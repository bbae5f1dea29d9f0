"""What reaches the student and how near a result has to be: numbers, warnings, the precision of a result."""

import warnings

import numpy as np
import pytest

from lstm_helpers import checks
from lstm_helpers.checks import judge, probe
from lstm_helpers.nn import functional as F
from tests.checks.solved import without_outcome


def notebook(source):
    """The names that a notebook's cell defines."""
    space = {"np": np, "sigmoid": F.sigmoid}
    exec(source, space)
    return space


def check(name, answer):
    return checks.examine(checks.find(name), answer)


ONE_NUMBER = {
    "solved_after": """
from collections import deque
def solved_after(errors, window):
    recent = deque(maxlen=window)
    for n, error in enumerate(errors, 1):
        recent.append(error)
        if len(recent) == window and sum(recent) / window < 0.01 and max(recent) <= 0.04:
            return n
    return 0
""",
    "cut_streams": """
def cut_streams(series, B, T):
    rows = (len(series) - 1) // B
    chunks, results = rows // T, []
    for shift in (0, 1):
        columns = [None] * B
        for n in range(B):
            columns[n] = series[n * rows + shift : n * rows + shift + chunks * T]
        results.append(np.array(columns).T.reshape(chunks, T, B))
    return results[0], results[1]
""",
    "early_stopping": """
def early_stopping(validation, patience):
    last = [False] * patience
    best = 0
    for epoch in range(len(validation)):
        if validation[epoch] < validation[best] or epoch == 0:
            best, last = epoch, [False] * patience
        else:
            last = last[1:] + [True]
        if all(last):
            break
    return best, epoch
""",
}


@pytest.mark.parametrize("name", ONE_NUMBER)
def test_one_number_is_a_number_of_python(name):
    answer = notebook(ONE_NUMBER[name])[name]
    result = check(name, answer)
    assert result.right, result.text


def test_a_number_keeps_its_kind_and_is_no_input_that_could_be_changed():
    case = {"a": np.array(3), "b": np.array(0.5), "c": np.array(True), "d": np.float32([1, 2])}
    kinds = []

    def f(a, b, c, d):
        kinds.append([type(given) for given in (a, b, c, d)])
        a += 1
        return d * b

    (seen,) = probe.watch_all(f, [case], "call", "y")
    assert kinds == [[int, float, bool, np.ndarray]]
    assert (seen.status, seen.changed, seen.outputs["y"].dtype) == ("ok", [], np.float32)


QUIET = {
    "np.errstate": "with np.errstate(over='ignore'):\n        return 1 / (1 + np.exp(-z))",
    "np.seterr": "old = np.seterr(all='ignore')\n    s = 1 / (1 + np.exp(-z))\n    np.seterr(**old)\n    return s",
    "warnings": (
        "import warnings\n    with warnings.catch_warnings():\n        warnings.simplefilter('ignore')\n"
        "        return 1 / (1 + np.exp(-z))"
    ),
    "filterwarnings": "import warnings\n    warnings.filterwarnings('ignore')\n    return 1 / (1 + np.exp(-z))",
}


@pytest.mark.parametrize("way", QUIET)
def test_a_function_may_silence_an_overflow_in_any_way(way):
    assert check("sigmoid", notebook(f"def sigmoid(z):\n    {QUIET[way]}")["sigmoid"]).right
    loud = check("sigmoid", notebook("def sigmoid(z):\n    return 1 / (1 + np.exp(-z))")["sigmoid"])
    assert "NumPy warns on the way: overflow" in loud.text


def test_a_sigmoid_that_overflows_in_float32_alone_is_told_so():
    result = check("sigmoid", notebook("def f(z): return 1 / (1 + np.exp(-np.clip(z, -500, 500)))")["f"])
    assert result.state == judge.WRONG
    assert "NumPy warns on the way: overflow" in result.text
    assert "Wrong only with: large numbers in float32" in result.text
    assert "in float32 from 89 on" in result.text
    with np.errstate(over="ignore"):
        assert np.isfinite(np.exp(np.float32([88, 89]))).tolist() == [True, False]


@pytest.mark.parametrize("end", [25, 30, 34])
def test_a_sigmoid_that_stops_falling_is_wrong_however_late(end):
    source = f"def f(z): return sigmoid(np.clip(z, -{end}, {end}))"
    assert check("sigmoid", notebook(source)["f"]).state == judge.WRONG


def test_a_sigmoid_worked_out_in_float32_is_wrong_where_it_loses_what_is_small():
    source = "def f(z): return 0.5 * (1 + np.tanh(z.astype(np.float32) / 2)).astype(float)"
    assert check("sigmoid", notebook(source)["f"]).state == judge.WRONG


SINGLE = {  # wrong values that a result in float32 does not excuse
    "sigmoid rounded": ("sigmoid", "def f(z): return np.round(sigmoid(z), 3).astype(np.float32)"),
    "sigmoid cut at 20": ("sigmoid", "def f(z): return sigmoid(np.clip(z, -20, 20)).astype(np.float32)"),
    "a small number added": (
        "softmax",
        "def f(logits):\n    e = np.exp(logits - logits.max(-1, keepdims=True))\n"
        "    return (e / e.sum(-1, keepdims=True) + 1e-5).astype(np.float32)",
    ),
    "one side only": (
        "central_difference",
        "def f(w, x, y, eps=1e-5):\n    loss = lambda w: ((np.tanh(x @ w) - y) ** 2).mean()\n"
        "    grad = np.empty_like(w)\n    for k in np.ndindex(w.shape):\n        up = w.copy()\n        up[k] += eps\n"
        "        grad[k] = (loss(up) - loss(w)) / eps\n    return grad.astype(np.float32)",
    ),
}


@pytest.mark.parametrize(("name", "source"), SINGLE.values(), ids=SINGLE)
def test_float32_excuses_no_wrong_value(name, source):
    for seed in range(6):
        assert checks.examine(checks.find(name), notebook(source)["f"], seed).state == judge.WRONG


@pytest.mark.parametrize(
    "asked", [c for s in checks.sheets().values() for c in s.checks.values() if not (c.compare or c.marks)]
)
def test_a_right_result_rounded_to_float32_is_right(asked):
    def rounded(value):
        if isinstance(value, dict):
            return {name: rounded(entry) for name, entry in value.items()}
        return tuple(map(rounded, value)) if isinstance(value, tuple) else np.float32(value)

    for seed in range(4):
        check = without_outcome(asked) if seed else asked
        result = checks.examine(check, lambda **case: rounded(asked.oracle(**case)), seed)
        assert result.right, result.text


def test_work_in_float32_where_the_inputs_are_float64_is_told_as_that():
    def rnn_step(x, h_prev, W_x, W_h, b):
        x, h_prev, W_x, W_h, b = (a.astype(np.float32) for a in (x, h_prev, W_x, W_h, b))
        return np.tanh(x @ W_x + h_prev @ W_h + b) + np.float32(2e-5)  # as if by many roundings

    result = check("rnn_step", rnn_step)
    assert result.state == judge.WRONG
    assert "is float32, and differs from the right values by up to" in result.text
    assert result.cause == ""


def test_a_zero_is_shown_without_a_sign():
    assert judge.close(np.array([0.25]), np.array([-0.0]), {}).startswith("[0] is 0.25, expected 0 (")


def test_a_result_in_float32_that_is_rounded_is_not_told_to_agree_to_three_digits():
    softmax = checks.find("softmax").oracle
    text = check("softmax", lambda logits: np.round(softmax(logits), 5).astype(np.float32)).text
    assert "three digits" not in text
    assert "do not round on the way" in text


@pytest.mark.parametrize("asked", [c for s in checks.sheets().values() for c in s.checks.values() if not c.marks])
def test_what_a_notebook_sets_for_its_own_arithmetic_is_not_held_against_it(asked):
    with np.errstate(all="raise"), warnings.catch_warnings():  # as np.seterr(all="raise") in a cell
        warnings.simplefilter("error")
        assert checks.examine(asked, asked.oracle).right
        assert checks.examine(asked, asked.misconceptions[0].build()).failed
