"""Causes that any function can have: one name each for all checks, given where they are seen and nowhere else."""

import numpy as np
import pytest

from lstm_helpers import checks
from lstm_helpers.checks import judge, shared
from lstm_helpers.checks.sheet import Sheet
from lstm_helpers.course import progress
from tests.checks.test_false_names import looks

SEEDS = range(4)

CAUSES = {  # (the cause, what the answer does): (check, answer)
    ("an input is changed in place", "the maximum is subtracted from the argument"): (
        "softmax",
        """
        def softmax(logits):
            logits -= logits.max(axis=-1, keepdims=True)
            e = np.exp(logits)
            return e / e.sum(axis=-1, keepdims=True)
        """,
    ),
    ("nothing is returned", "no return"): ("hidden_update", "def hidden_update(o, c):\n    h = o * np.tanh(c)"),
    ("nothing is returned", "no return of several"): ("cell_update_backward", "def cell_update_backward(*a): a = 1"),
    ("something is printed and nothing returned", "print"): (
        "hidden_update",
        "def hidden_update(o, c):\n    print(o * np.tanh(c))",
    ),
    ("nothing is returned in some cases", "no return after the loop"): (
        "early_stopping",
        """
        def early_stopping(validation, patience):
            best = 0
            for epoch, value in enumerate(validation):
                if value < validation[best]:
                    best = epoch
                if epoch - best >= patience:
                    return best, epoch
        """,
    ),
    ("a part of the result is None", "one of two"): (
        "lstm_step",
        "def lstm_step(x, h_prev, c_prev, W_x, W_h, b):\n    return None, c_prev",
    ),
    ("one object is returned where several are asked for", "the first of two"): (
        "lstm_step",
        "def lstm_step(x, h_prev, c_prev, W_x, W_h, b):\n    return h_prev",
    ),
    ("too few values are returned", "three of four"): (
        "cell_update_backward",
        "def cell_update_backward(dc, f, c_prev, i, g):\n    return dc * c_prev, dc * f, dc * g",
    ),
    ("too many values are returned", "the pre-activation, too"): (
        "next_pairs",
        "def next_pairs(ids):\n    return ids[:-1], ids[1:], len(ids)",
    ),
    ("the results stand in another order", "dW_x comes first"): (
        "rnn_step_backward",
        """
        def rnn_step_backward(dh, x, h_prev, h, W_x, W_h):
            dz = dh * (1 - h**2)
            return x.T @ dz, dz @ W_x.T, dz @ W_h.T, h_prev.T @ dz, dz.sum(axis=0)
        """,
    ),
    ("a tuple instead of an array", "a comma at the end"): (
        "hidden_update",
        "def hidden_update(o, c):\n    return o * np.tanh(c),",
    ),
    ("a list instead of an array", "a list of rows"): (
        "hidden_update",
        "def hidden_update(o, c):\n    return [a * np.tanh(b) for a, b in zip(o, c)]",
    ),
    ("a generator instead of an array", "rows one by one"): (
        "hidden_update",
        "def hidden_update(o, c):\n    return (a * np.tanh(b) for a, b in zip(o, c))",
    ),
    ("something other than an array", "a function"): ("hidden_update", "def hidden_update(o, c):\n    return np.tanh"),
    ("arguments other than those of the exercise", "one too few"): (
        "hidden_update",
        "def hidden_update(o):\n    return o",
    ),
    ("a name that is not defined", "misspelt"): ("hidden_update", "def hidden_update(o, c):\n    return o * tanh(c)"),
    ("a variable is read before it has a value", "h += before h"): (
        "hidden_update",
        "def hidden_update(o, c):\n    h += o * np.tanh(c)\n    return h",
    ),
    ("the result is transposed", "of two axes"): (
        "hidden_update",
        "def hidden_update(o, c):\n    return (o * np.tanh(c)).T",
    ),
    ("the right numbers in another shape", "flat"): (
        "hidden_update",
        "def hidden_update(o, c):\n    return (o * np.tanh(c)).ravel()",
    ),
    ("integers instead of floats", "one-hot vectors"): (
        "one_hot",
        "def one_hot(ids, vocab):\n    return 1 * (ids[..., None] == np.arange(len(vocab)))",
    ),
    ("booleans instead of floats", "one-hot vectors"): (
        "one_hot",
        "def one_hot(ids, vocab):\n    return ids[..., None] == np.arange(len(vocab))",
    ),
    ("the decimals are cut off", "an array of integers holds the result"): (
        "pre_activation_backward",
        """
        def pre_activation_backward(dz, x, h_prev, W_x, W_h):
            five = dz @ W_x.T, dz @ W_h.T, x.T @ dz, h_prev.T @ dz, dz.sum(0)
            return tuple(a.astype(int) for a in five)
        """,
    ),
    ("floats instead of integers", "places in the vocabulary"): (
        "encode",
        "def encode(codes, vocab):\n    return np.array([1.0 * list(vocab).index(c) for c in codes])",
    ),
    ("the result is rounded", "to four decimals, in the last line"): (
        "softmax",
        """
        def softmax(logits):
            e = np.exp(logits - logits.max(axis=-1, keepdims=True))
            return np.round(e / e.sum(axis=-1, keepdims=True), 4)
        """,
    ),
    ("the result is rounded", "to two decimals, one of two results"): (
        "hidden_update_backward",
        """
        def hidden_update_backward(dh, o, c):
            return (dh * np.tanh(c)).round(2), dh * o * (1 - np.tanh(c) ** 2)
        """,
    ),
    ("the result is rounded", "to three decimals, number by number"): (
        "tanh_backward",
        """
        def tanh_backward(dh, h):
            dz = dh * (1 - h**2)
            return np.array([[round(float(one), 3) for one in row] for row in dz]).astype(h.dtype)
        """,
    ),
    ("float32 instead of float64", "cast at the start"): (
        "hidden_update",
        """
        def hidden_update(o, c):
            o, c = o.astype(np.float32), c.astype(np.float32)
            return o + np.tanh(c) - o - np.tanh(c) + o * np.tanh(c) + 99 - 99
        """,
    ),
    ("float16 instead of float64", "cast at the end"): (
        "hidden_update",
        "def hidden_update(o, c):\n    return (o * np.tanh(c)).astype(np.float16)",
    ),
    ("the same call gives another result the second time", "NumPy's random numbers"): (
        "hidden_update",
        "def hidden_update(o, c):\n    return o * np.tanh(c) + np.random.normal(size=c.shape)",
    ),
    ("the same call gives another result the second time", "a state between calls"): (
        "hidden_update",
        "def hidden_update(o, c, calls=[]):\n    calls.append(0)\n    return o * np.tanh(c) * len(calls)",
    ),
    ("other inputs get the result of an earlier call", "a memory by shape"): (
        "hidden_update",
        "def hidden_update(o, c, known={}):\n    return known.setdefault(c.shape, o * np.tanh(c)).copy()",
    ),
    ("something other than a dictionary", "a list of its values"): (
        "train_adding",
        "def train_adding(params, batches, lr):\n    return list(params.values())",
    ),
    ("the same number everywhere", "zeros"): ("hidden_update", "def hidden_update(o, c):\n    return np.zeros_like(o)"),
    ("NaN everywhere", "0 / 0"): ("hidden_update", "def hidden_update(o, c):\n    return 0 * o / (0 * c)"),
    ("an empty result", "an empty slice"): ("hidden_update", "def hidden_update(o, c):\n    return (o * c)[:, 9:]"),
    ("an input is returned unchanged", "one of its two"): (
        "dropout",
        "def dropout(h, u, p): return u",
    ),
    ("right for one size only", "a size as a number"): (
        "hidden_update",
        """
        def hidden_update(o, c):
            h = np.zeros((3, 2))
            h[:] = o * np.tanh(c)
            return h
        """,
    ),
    ("right for one number of axes only", "the second axis"): (
        "from_onnx",
        """
        def from_onnx(a):
            i, o, f, g = np.split(a, 4, axis=-1)
            return np.concatenate([i, f, g, o], axis=-1) if a.ndim == 2 else a
        """,
    ),
}


@pytest.mark.parametrize(("named", "name", "source"), [(n, *of) for (n, _), of in CAUSES.items()], ids=map(str, CAUSES))
def test_a_cause_that_any_function_can_have_is_named(named, name, source):
    for result in looks(name, source, SEEDS):
        assert result.state in (judge.WRONG, judge.ERROR)
        assert result.cause == named, result.text
        assert result.lines[0] == f"Likely cause: {named}. {result.advice}"  # before numbers and shapes
        assert result.candidates == []


RESULTS = {  # another number of results: (check, answer, the advice)
    "all cell states in place of the last pair": (
        "lstm_forward",
        """
        def lstm_forward(x, h_0, c_0, W_x, W_h, b):
            h, c, hs, cs = h_0, c_0, [], []
            for z in project_inputs(x, W_x, b):
                h, c = lstm_step_fused(z, h, c, W_h)
                hs.append(h)
                cs.append(c)
            return np.array(hs), np.array(cs)
        """,
        "The exercise asks for h, (h_last, c_last), in this order, with the brackets as they stand here.",
    ),
    "one of two": (
        "lstm_step",
        "def lstm_step(x, h_prev, c_prev, W_x, W_h, b):\n    return h_prev",
        "The exercise asks for h, c, in this order.",
    ),
    "three of four": (
        "cell_update_backward",
        "def cell_update_backward(dc, f, c_prev, i, g):\n    return dc * c_prev, dc * f, dc * g",
        "The exercise asks for df, dc_prev, di, dg, in this order.",
    ),
}


@pytest.mark.parametrize(("name", "source", "advice"), RESULTS.values(), ids=RESULTS)
def test_another_number_of_results_is_told_with_those_that_are_asked(name, source, advice):
    for result in looks(name, source, SEEDS):
        assert result.advice == advice, result.text


def test_every_shared_cause_is_tried_here():
    tables = (shared.FORMS, shared.PLAIN, shared.ARRAYS)
    single = [value for value in vars(shared).values() if isinstance(value, tuple) and isinstance(value[0], str)]
    known = {cause for cause, _ in [*single, *(pair for table in tables for pair in table.values())]}
    elsewhere = {"no function is given to the check", "no answer in time"}
    assert {cause for cause, _ in CAUSES} | elsewhere == known


def test_what_is_no_function_and_what_never_ends_is_named(monkeypatch):
    assert checks.examine(checks.find("hidden_update"), np.ones(3)).cause == "no function is given to the check"
    monkeypatch.setattr("lstm_helpers.checks.probe.SECONDS", 0.2)
    one = checks.find("hidden_update")
    see = lambda cases: list(checks.probe.watch_all(endless, cases, one.probe, one.returns, 0.2))  # noqa: E731
    result = judge.judge(one, 0, see)
    assert result.cause == "no answer in time"
    assert "after 0.2 seconds" in result.text
    assert "Right only with" not in result.text  # nobody knows how the later cases would have gone


def endless(o, c):
    while len(o) != 1 and len(c[0]) == 1:
        pass
    return o * np.tanh(c)


UNNAMED = {  # what could be taken for a shared cause and is none
    "right where large inputs hide what is wrong, in cases that have one size": (
        "lstm_step",
        """
        def lstm_step(x, h_prev, c_prev, W_x, W_h, b):
            H = h_prev.shape[1]
            z = x @ W_x + h_prev @ W_h + b
            s = 1 / (1 + np.exp(-np.clip(z + 1e-3 * np.tile(c_prev, 4), -700, 700)))
            i, f, o = s[:, :H], s[:, H : 2 * H], s[:, 3 * H :]
            c = f * c_prev + i * np.tanh(z[:, 2 * H : 3 * H])
            return o * np.tanh(c), c
        """,
    ),
    "an error of one's own that names no missing name": (
        "hidden_update",
        "def hidden_update(o, c):\n    raise NameError('no such gate')",
    ),
    "an input is changed, and the values are wrong, too": (
        "hidden_update",
        "def hidden_update(o, c):\n    o += 0.1\n    return o * np.tanh(c) + 0.3",
    ),
    "None and an error": (
        "hidden_update",
        "def hidden_update(o, c):\n    return None if len(o) == 3 else o + [1] * 99",
    ),
    "wrong numbers of another shape": ("hidden_update", "def hidden_update(o, c):\n    return (2.5 * o * c).ravel()"),
    "right at the first step only, whose inputs stand in another order": (
        "adam_step",
        """
        def adam_step(p, grad, m, v, t, lr):
            m = 0.9 * m + 0.1 * grad
            v = 0.999 * v + 0.001 * grad**2
            if t == 1:
                return p - lr * (m / 0.1) / (np.sqrt(v / 0.001) + 1e-8), m, v
            return p - lr * (m / (1 - 0.83**t)) / (np.sqrt(v / (1 - 0.77**t)) + 1e-8), m, v
        """,
    ),
    "rounded on the way, not at the end": (
        "hidden_update",
        "def hidden_update(o, c):\n    return o * np.round(np.tanh(c), 2)",
    ),
    "rounded, and wrong": ("hidden_update", "def hidden_update(o, c):\n    return np.round(o * np.tanh(c) + 0.01, 2)"),
    "a few numbers that were seen before": (
        "early_stopping",
        "def early_stopping(validation, patience):\n    return 0, min(len(validation) - 1, patience)",
    ),
}


@pytest.mark.parametrize(("name", "source"), UNNAMED.values(), ids=UNNAMED)
def test_what_only_looks_like_a_shared_cause_is_not_named_so(name, source):
    assert {result.cause for result in looks(name, source, SEEDS)} == {""}


def test_a_shared_cause_is_remembered_and_shown_like_any_other(tmp_path, monkeypatch):
    monkeypatch.setenv("LSTM_COURSE_PROGRESS", str(tmp_path / "progress.json"))
    result = checks.check("hidden_update", lambda o, c: (o * np.tanh(c)).ravel())
    assert progress.load()["hidden_update"]["cause"] == "the right numbers in another shape"
    assert 'font-weight:600">Likely cause: the right numbers in another shape' in result._repr_html_()


def test_a_check_without_a_right_answer_names_what_was_returned():
    sheet = Sheet("own", exercise="91_own")

    @sheet.check(
        returns=("a", "b"), points=1, minutes=1, hints=("a", "b", "c"), marks=lambda outputs, cases: (1, "", "")
    )
    def pair(rng):
        """Two of anything."""
        yield "one case", {"x": np.ones(2)}

    answers = {lambda x: x.sort(): "nothing is returned", lambda x: (x,): "too few values are returned"}
    for answer, cause in answers.items():
        result = checks.examine(sheet.checks["pair"], answer)
        assert (result.cause, result.points) == (cause, 0)
        assert result.lines[0] == result.cause_line


def test_inputs_that_not_every_case_has_do_not_end_the_search_for_a_cause():
    source = """
        def train_adding(params, batches, lr):
            from lstm_helpers import checks
            return checks.find("train_adding").oracle(params, batches, lr) if len(batches) == 2 else dict(params)
        """
    (result,) = looks("train_adding", source, SEEDS[:1])  # right with two batches, and some cases have another number
    assert (result.state, result.cause) == (judge.WRONG, "")
